//! Who may ask: the admin's password, sessions, and log-ins that are slowed.
//!
//! Until the password was changed for the first time it is drawn anew at each start and its hash is
//! kept in memory only; the daemon prints it on the console. Passwords themselves never get here:
//! the daemon hashes and compares, off the loop, one at a time, and tells the outcome. Sessions are
//! in memory and die with the daemon.
//!
//! Whoever has his hands on the box may *claim* it: for two minutes then a new password can be set
//! from the LAN without the old one, once. That is the way in before the first log-in and after a
//! lost password. It touches nothing but the password and the sessions.

use crate::chance::Chance;
use crate::command::Refusal;
use crate::limits::{
    CLAIM_MS, LOGIN_SOURCES_MAX, LOGIN_WAIT_MAX_S, SESSIONS_MAX, SESSION_IDLE_MS, SESSION_MS,
};
use crate::secret::PasswordHash;
use crate::sorted::SortedMap;
use crate::time::{Instant, SECOND_MS};
use alloc::string::String;
use core::fmt::Write;
use core::net::Ipv4Addr;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// What a browser shows to be the one that logged in: 128 random bits in its cookie, and 128 more
/// in every form.
pub struct Session {
    /// For the cookie.
    pub token: String,
    /// For the forms.
    pub csrf: String,
}

/// What is known of whoever sent a request with a session's token.
#[derive(Clone)]
pub struct LoggedIn {
    /// What the forms of this session carry.
    pub csrf: String,
    /// Whether the first password is still in force: then only changing it is allowed.
    pub must_change_password: bool,
}

/// Why somebody may not try a password now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slowed {
    /// How long to wait.
    pub retry_after_ms: u64,
}

/// Why a password may not be set without the old one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unclaimed {
    /// Nobody in front of the box has claimed it, or somebody was faster, or two minutes are over.
    Closed,
    /// This source tried too often.
    Slowed(Slowed),
    /// It may not be set at all.
    Refused(Refusal),
}

/// The sessions, who guessed wrong, and until when the box is claimed.
pub(crate) struct Access {
    first_password: Option<PasswordHash>,
    claimed_until: Option<Instant>,
    sessions: SortedMap<[u8; 32], Open>,
    failures: SortedMap<Ipv4Addr, Failures>,
}

struct Open {
    csrf: String,
    opened: Instant,
    used: Instant,
    source: Ipv4Addr,
}

struct Failures {
    count: u32,
    not_before: Instant,
}

impl Access {
    pub(crate) fn new(first_password: PasswordHash) -> Access {
        Access {
            first_password: Some(first_password).filter(|hash| !hash.is_empty()),
            claimed_until: None,
            sessions: SortedMap::new(),
            failures: SortedMap::new(),
        }
    }

    /// The hash of the first password was made.
    pub(crate) fn first_password_made(&mut self, hash: PasswordHash) {
        self.first_password = Some(hash);
    }

    /// The hash of the first password, once it was made.
    pub(crate) fn first_password(&self) -> Option<&PasswordHash> {
        self.first_password.as_ref()
    }

    /// The hash to compare with, if this source may try now.
    pub(crate) fn may_try(
        &self,
        now: Instant,
        source: Ipv4Addr,
        set: Option<&PasswordHash>,
    ) -> Result<PasswordHash, Slowed> {
        self.is_patient(now, source)?;
        let hash = set.or(self.first_password()).cloned();
        // An empty hash matches no password.
        Ok(hash.unwrap_or_default())
    }

    fn is_patient(&self, now: Instant, source: Ipv4Addr) -> Result<(), Slowed> {
        match self.failures.get(&source).map(|failures| failures.not_before) {
            Some(not_before) if not_before > now => {
                Err(Slowed { retry_after_ms: not_before.since_ms(now) })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Somebody has his hands on the box. Whoever lost his password has tried many: all are
    /// forgiven, or he would wait while his two minutes pass.
    pub(crate) fn claim(&mut self, now: Instant) {
        self.claimed_until = Some(now.after_ms(CLAIM_MS));
        self.failures.clear();
    }

    pub(crate) fn is_claimed(&self, now: Instant) -> bool {
        self.claimed_until.is_some_and(|until| now < until)
    }

    /// Whether this source may set a password without the old one; asking in vain counts like a
    /// wrong password.
    pub(crate) fn may_claim(&mut self, now: Instant, source: Ipv4Addr) -> Result<(), Unclaimed> {
        self.is_patient(now, source).map_err(Unclaimed::Slowed)?;
        if !self.is_claimed(now) {
            self.failed(now, source);
            return Err(Unclaimed::Closed);
        }
        Ok(())
    }

    /// A password was set: the claim is used up.
    pub(crate) fn end_claim(&mut self) {
        self.claimed_until = None;
    }

    /// A wrong password was given.
    pub(crate) fn failed(&mut self, now: Instant, source: Ipv4Addr) {
        if !self.failures.contains_key(&source) && self.failures.len() >= LOGIN_SOURCES_MAX {
            let oldest = self.failures.iter().min_by_key(|(_, failures)| failures.not_before);
            if let Some(oldest) = oldest.map(|(source, _)| *source) {
                self.failures.remove(&oldest);
            }
        }
        let failures =
            self.failures.get_or_insert_with(source, || Failures { count: 0, not_before: now });
        failures.count = failures.count.saturating_add(1);
        let doublings = failures.count.saturating_sub(3).min(6);
        let wait_s = if failures.count < 3 { 0 } else { (1u64 << doublings).min(LOGIN_WAIT_MAX_S) };
        failures.not_before = now.after_ms(wait_s * SECOND_MS);
    }

    /// The right password was given: opens a session; the least recently used one makes room.
    pub(crate) fn open(&mut self, now: Instant, source: Ipv4Addr, chance: &mut Chance) -> Session {
        self.failures.remove(&source);
        self.sessions.retain(|_, session| session.is_alive(now));
        if self.sessions.len() >= SESSIONS_MAX {
            let idle = self.sessions.iter().min_by_key(|(_, session)| session.used);
            if let Some(idle) = idle.map(|(key, _)| *key) {
                self.sessions.remove(&idle);
            }
        }
        let token = hex(&chance.bytes::<16>());
        let csrf = hex(&chance.bytes::<16>());
        let open = Open { csrf: csrf.clone(), opened: now, used: now, source };
        self.sessions.insert(key(&token), open);
        Session { token, csrf }
    }

    /// Whose request this is, by the token in its cookie. A token is good for the address that
    /// logged in only.
    pub(crate) fn check(
        &mut self,
        now: Instant,
        source: Ipv4Addr,
        token: &str,
        password_set: bool,
    ) -> Option<LoggedIn> {
        let session = self.sessions.get_mut(&key(token))?;
        if !session.is_alive(now) || session.source != source {
            return None;
        }
        session.used = now;
        let csrf = session.csrf.clone();
        Some(LoggedIn { csrf, must_change_password: !password_set })
    }

    /// Ends one session.
    pub(crate) fn close(&mut self, token: &str) {
        self.sessions.remove(&key(token));
    }

    /// Ends all sessions, as a changed password does.
    pub(crate) fn close_all(&mut self) {
        self.sessions.clear();
    }
}

impl Open {
    fn is_alive(&self, now: Instant) -> bool {
        now.since_ms(self.opened) < SESSION_MS && now.since_ms(self.used) < SESSION_IDLE_MS
    }
}

impl LoggedIn {
    /// Whether a form carries this session's token; takes the same time for every wrong one.
    pub fn sent(&self, csrf: &str) -> bool {
        bool::from(self.csrf.as_bytes().ct_eq(csrf.as_bytes()))
    }
}

/// Sessions are found by the hash of their token, so that a look at memory or the time of a search
/// gives no token away.
fn key(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Seed;
    use crate::time::{HOUR_MS, MINUTE_MS};

    const HOME: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 5);

    fn access() -> (Access, Chance) {
        (Access::new(PasswordHash::try_from("hash").unwrap()), Chance::new(Seed([7; 32])))
    }

    #[test]
    fn a_session_is_good_for_its_address_and_its_time() {
        let (mut access, mut chance) = access();
        let session = access.open(Instant(0), HOME, &mut chance);
        assert!(access.check(Instant(1), HOME, &session.token, false).is_some());
        let elsewhere = Ipv4Addr::new(10, 0, 0, 6);
        assert!(access.check(Instant(2), elsewhere, &session.token, false).is_none());
        assert!(access.check(Instant(3), HOME, "", false).is_none());
        let idle = Instant(2 + 30 * MINUTE_MS);
        assert!(access.check(idle, HOME, &session.token, false).is_none());
    }

    #[test]
    fn a_session_in_use_ends_after_twelve_hours_all_the_same() {
        let (mut access, mut chance) = access();
        let session = access.open(Instant(0), HOME, &mut chance);
        for step in 1..36 {
            let now = Instant(step * 20 * MINUTE_MS);
            assert!(access.check(now, HOME, &session.token, true).is_some());
        }
        assert!(access.check(Instant(12 * HOUR_MS), HOME, &session.token, true).is_none());
    }

    #[test]
    fn the_third_wrong_password_begins_the_wait_and_the_right_one_ends_it() {
        let (mut access, mut chance) = access();
        for _ in 0..2 {
            access.failed(Instant(0), HOME);
            assert!(access.may_try(Instant(0), HOME, None).is_ok());
        }
        access.failed(Instant(0), HOME);
        let slowed = access.may_try(Instant(0), HOME, None).unwrap_err();
        assert_eq!(slowed.retry_after_ms, 1_000);
        assert!(access.may_try(Instant(1_000), HOME, None).is_ok());
        access.failed(Instant(1_000), HOME);
        assert!(access.may_try(Instant(2_999), HOME, None).is_err());
        access.open(Instant(3_000), HOME, &mut chance);
        access.failed(Instant(3_000), HOME);
        assert!(access.may_try(Instant(3_000), HOME, None).is_ok());
    }

    #[test]
    fn the_form_token_is_compared_whole() {
        let (mut access, mut chance) = access();
        let session = access.open(Instant(0), HOME, &mut chance);
        let admin = access.check(Instant(1), HOME, &session.token, false).unwrap();
        assert!(admin.must_change_password && admin.sent(&session.csrf));
        assert!(!admin.sent("") && !admin.sent(&session.csrf[1..]));
    }

    #[test]
    fn a_claim_lasts_two_minutes_and_forgives_wrong_passwords() {
        let (mut access, _) = access();
        assert_eq!(access.may_claim(Instant(0), HOME), Err(Unclaimed::Closed));
        for _ in 0..9 {
            access.failed(Instant(0), HOME);
        }
        assert!(matches!(access.may_claim(Instant(1), HOME), Err(Unclaimed::Slowed(_))));
        access.claim(Instant(1));
        assert_eq!(access.may_claim(Instant(1), HOME), Ok(()));
        assert_eq!(access.may_claim(Instant(2 * MINUTE_MS), HOME), Ok(()));
        assert_eq!(access.may_claim(Instant(2 * MINUTE_MS + 1), HOME), Err(Unclaimed::Closed));
        access.claim(Instant(3 * MINUTE_MS));
        access.end_claim();
        assert_eq!(access.may_claim(Instant(3 * MINUTE_MS), HOME), Err(Unclaimed::Closed));
    }

    #[test]
    fn whoever_tries_to_claim_in_vain_is_slowed() {
        let (mut access, _) = access();
        for _ in 0..3 {
            assert_eq!(access.may_claim(Instant(0), HOME), Err(Unclaimed::Closed));
        }
        let slowed = Unclaimed::Slowed(Slowed { retry_after_ms: 1_000 });
        assert_eq!(access.may_claim(Instant(0), HOME), Err(slowed));
        assert!(access.may_try(Instant(0), HOME, None).is_err(), "its log-ins, too");
    }

    #[test]
    fn while_the_first_hash_is_being_made_no_password_is_right() {
        let mut access = Access::new(PasswordHash::new());
        assert!(access.may_try(Instant(0), HOME, None).is_ok_and(|hash| hash.is_empty()));
        assert!(access.first_password().is_none());
        access.first_password_made(PasswordHash::try_from("made").unwrap());
        assert!(access.may_try(Instant(0), HOME, None).is_ok_and(|hash| hash == "made"));
    }
}
