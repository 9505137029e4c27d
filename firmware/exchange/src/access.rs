//! Who may ask: the admin's password, sessions, and log-ins that are slowed.
//!
//! Until the password was changed for the first time it is drawn anew at each start and its hash is
//! kept in memory only; the daemon prints it on the console. Passwords themselves never get here:
//! the daemon hashes and compares, off the loop, one at a time, and tells the outcome. Sessions are
//! in memory and die with the daemon.

use crate::chance::Chance;
use crate::limits::{LOGIN_SOURCES_MAX, SESSIONS_MAX, SESSION_IDLE_MS, SESSION_MS};
use crate::secret::PasswordHash;
use crate::time::{Instant, SECOND_MS};
use alloc::collections::BTreeMap;
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

/// The sessions, and who guessed wrong.
pub(crate) struct Access {
    first_password: Option<PasswordHash>,
    sessions: BTreeMap<[u8; 32], Open>,
    failures: BTreeMap<Ipv4Addr, Failures>,
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

/// After the third wrong password each further one doubles the wait, up to this many seconds.
const WAIT_MAX_S: u64 = 60;

impl Access {
    pub(crate) fn new(first_password: PasswordHash) -> Access {
        Access {
            first_password: Some(first_password),
            sessions: BTreeMap::new(),
            failures: BTreeMap::new(),
        }
    }

    /// The hash to compare with, if this source may try now.
    pub(crate) fn may_try(
        &self,
        now: Instant,
        source: Ipv4Addr,
        set: Option<&PasswordHash>,
    ) -> Result<PasswordHash, Slowed> {
        if let Some(failures) = self.failures.get(&source) {
            if failures.not_before > now {
                return Err(Slowed { retry_after_ms: failures.not_before.since_ms(now) });
            }
        }
        let hash = set.or(self.first_password.as_ref()).cloned();
        // An empty hash matches no password.
        Ok(hash.unwrap_or_default())
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
            self.failures.entry(source).or_insert(Failures { count: 0, not_before: now });
        failures.count = failures.count.saturating_add(1);
        let doublings = failures.count.saturating_sub(3).min(6);
        let wait_s = if failures.count < 3 { 0 } else { (1u64 << doublings).min(WAIT_MAX_S) };
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
}
