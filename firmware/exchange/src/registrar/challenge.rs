//! Asking for a password, and judging the answer.
//!
//! Everybody is asked the same, whatever login he names: one MD5 challenge, and a SHA-256 one
//! before it only for agents that show by their User-Agent that they cope, since some give up on
//! two (RFC 8760 section 2.4). An answer for a login that does not exist is computed all the same,
//! against a password of nobody's, so that neither the bytes nor the time tell which logins there
//! are.
//!
//! RFC 3261 section 22, RFC 7616 sections 3.3 and 3.4. `qop=auth` is offered; an answer without it
//! (RFC 2069) is taken too, but then its nonce is used up.

use crate::catalog::Sign;
use crate::digest::{check_nonce, is_right, make_nonce, Algorithm, Ha1, NonceAge};
use crate::limits::{NONCES_MAX, NONCE_LIFE_MS};
use crate::office::Office;
use crate::request::{Reply, Request};
use crate::secret::LineSecret;
use crate::sorted::SortedMap;
use crate::time::Instant;
use alloc::format;
use wire::sip::{Credentials, Name};

/// What the challenges of this start are made with.
#[derive(Default)]
pub(super) struct Challenger {
    secrets: Option<Secrets>,
    counts: Counts,
}

#[derive(Clone, Copy)]
struct Secrets {
    nonce: [u8; 32],
    /// The password of logins that do not exist.
    nobody: LineSecret,
}

/// What an answer to a challenge is worth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Judgement {
    /// Whoever gave it knows the password.
    Right,
    /// He knows it, but the challenge is not one that may be answered any more.
    Stale,
    /// He does not know it.
    Wrong,
}

impl Challenger {
    /// The 401.
    pub(super) fn challenge(
        &mut self,
        office: &mut Office,
        now: Instant,
        request: &Request<'_>,
        judged: Option<Judgement>,
    ) -> Reply {
        let secret = self.secrets(office).nonce;
        let nonce = make_nonce(&secret, now.0, office.chance.number());
        let realm = &office.board.site.realm;
        let stale = if judged == Some(Judgement::Stale) { ", stale=true" } else { "" };
        let ask = |algorithm: Algorithm| {
            let algorithm = algorithm.as_str();
            format!(
                "Digest realm=\"{realm}\", nonce=\"{nonce}\", \
                 algorithm={algorithm}, qop=\"auth\"{stale}"
            )
        };
        let reply = Reply::new(401);
        let reply = match copes_with_sha256(office, request) {
            true => reply.with(Name::WwwAuthenticate, ask(Algorithm::Sha256)),
            false => reply,
        };
        reply.with(Name::WwwAuthenticate, ask(Algorithm::Md5))
    }

    /// Judges an answer by the password of its login, `None` where there is no such login.
    pub(super) fn judge(
        &mut self,
        office: &mut Office,
        now: Instant,
        answer: &Credentials<'_>,
        method: &str,
        password: Option<LineSecret>,
    ) -> Judgement {
        let secrets = self.secrets(office);
        let Some(algorithm) = Algorithm::named(answer.algorithm) else { return Judgement::Wrong };
        let text = password.unwrap_or(secrets.nobody).text();
        let ha1 = Ha1::of(algorithm, answer.username, answer.realm, &text);
        let right = is_right(answer, &ha1, method);
        if !right || password.is_none() {
            return Judgement::Wrong;
        }
        // RFC 7616 section 3.3: `stale` is for him who knows the password, also where the nonce is
        // of another start, for many phones take a plain 401 for "wrong password" and give up.
        match check_nonce(&secrets.nonce, answer.nonce, now.0, NONCE_LIFE_MS) {
            NonceAge::Fresh { issued_ms, salt } => {
                let count = answer.qop.and(answer.nonce_count());
                match self.counts.spend((issued_ms, salt), count, now) {
                    true => Judgement::Right,
                    false => Judgement::Stale,
                }
            }
            NonceAge::Stale | NonceAge::Forged => Judgement::Stale,
        }
    }

    fn secrets(&mut self, office: &mut Office) -> Secrets {
        *self.secrets.get_or_insert_with(|| Secrets {
            nonce: office.chance.bytes(),
            nobody: LineSecret(office.chance.bytes()),
        })
    }
}

/// By what the request shows, never by whose account it names.
fn copes_with_sha256(office: &Office, request: &Request<'_>) -> bool {
    let agent = request.message.first(Name::UserAgent).unwrap_or_default();
    let family = office.catalog.identify(Sign::SipUserAgent(agent)).family;
    family.is_some_and(|family| family.wants_sha256())
}

/// Which counts of which nonces were used. Only right answers get in, so strangers fill nothing.
#[derive(Default)]
struct Counts {
    last: SortedMap<NonceId, u32>,
    /// What was forgotten to make room: this nonce and all before it count as used up.
    forgotten: Option<NonceId>,
}

/// When a nonce was made, in milliseconds, and its salt.
type NonceId = (u64, u64);

impl Counts {
    /// Uses a nonce up to a count, without one completely; `false` when that was done before.
    fn spend(&mut self, nonce: NonceId, count: Option<u32>, now: Instant) -> bool {
        if self.forgotten.is_some_and(|forgotten| nonce <= forgotten) {
            return false;
        }
        let is_old = |made: u64| now.0.saturating_sub(made) > NONCE_LIFE_MS;
        while self.last.first().is_some_and(|((made, _), _)| is_old(*made)) {
            self.last.pop_first();
        }
        let higher = match (self.last.get(&nonce), count) {
            (Some(last), Some(count)) => count > *last,
            (Some(_), None) => false,
            (None, Some(count)) => count > 0,
            (None, None) => true,
        };
        if !higher {
            return false;
        }
        self.last.insert(nonce, count.unwrap_or(u32::MAX));
        if self.last.len() > NONCES_MAX {
            self.forgotten = self.last.pop_first().map(|(oldest, _)| oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant(1_000);

    #[test]
    fn a_nonce_counts_upwards_only() {
        let mut counts = Counts::default();
        assert!(counts.spend((1, 1), Some(1), NOW));
        assert!(!counts.spend((1, 1), Some(1), NOW));
        assert!(counts.spend((1, 1), Some(5), NOW));
        assert!(!counts.spend((1, 1), Some(4), NOW));
        assert!(!counts.spend((1, 1), None, NOW));
        assert!(counts.spend((1, 2), Some(1), NOW));
        assert!(!counts.spend((1, 3), Some(0), NOW));
    }

    #[test]
    fn a_nonce_answered_without_qop_is_used_up() {
        let mut counts = Counts::default();
        assert!(counts.spend((1, 1), None, NOW));
        assert!(!counts.spend((1, 1), None, NOW));
        assert!(!counts.spend((1, 1), Some(2), NOW));
    }

    #[test]
    fn a_nonce_that_was_forgotten_cannot_be_used_again() {
        let mut counts = Counts::default();
        for salt in 0..=NONCES_MAX as u64 {
            assert!(counts.spend((1, salt), Some(1), NOW));
        }
        assert_eq!(counts.last.len(), NONCES_MAX);
        assert!(!counts.spend((1, 0), Some(2), NOW), "the oldest was forgotten");
        assert!(counts.spend((1, 1), Some(2), NOW));
    }

    #[test]
    fn nonces_past_their_life_are_not_kept() {
        let mut counts = Counts::default();
        assert!(counts.spend((1, 1), Some(1), NOW));
        let later = Instant(2 + NONCE_LIFE_MS);
        assert!(counts.spend((later.0, 1), Some(1), later));
        assert_eq!(counts.last.len(), 1);
    }
}
