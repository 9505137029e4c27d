//! The admin's password: how it is hashed, compared, and drawn for the first time.
//!
//! A password is kept as an argon2id record (RFC 9106) in the usual text form, which carries the
//! parameters it was made with, so that later releases may choose others and still read old ones.
//! Hashing is slow and takes megabytes on purpose; so it is done off the loop and behind a [`Door`]
//! that lets one person in at a time: a flood of log-ins costs time, never memory, and never the
//! phones their exchange. How much is done depends on the CPU, which is measured before the first
//! hash of a start (see [`Strength`]); serving does not wait for that.
//!
//! Nothing in here keeps, prints or logs a password.

use crate::call::{Ask, Desk};
use crate::entropy;
use argon2::{Algorithm, Argon2, Params, Version};
use exchange::backup::{BackupKey, Recipe};
use exchange::limits::{PASSWORD_MEMORY_KIB_MAX, PASSWORD_ROUNDS_MAX, PASSWORD_TURN_MS};
use exchange::sorted::SortedSet;
use exchange::PasswordHash;
use nix::time::ClockId;
use std::fmt::{self, Write};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

const HASH_BYTES: usize = 32;
const SALT_BYTES: usize = 16;

/// Letters and digits that nobody confuses on a console; 32 of them, five bits each.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
const GROUP_LETTERS: usize = 4;

/// Why a password could not be hashed or drawn.
#[derive(Debug)]
pub(crate) enum Failed {
    /// The kernel gave no entropy.
    Entropy,
    /// There was no memory for hashing, or the thread that hashed was lost.
    Hash,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Failed::Entropy => "the kernel has no entropy to give",
            Failed::Hash => "a password could not be hashed",
        })
    }
}

/// Draws the first password, of 80 random bits; the text is for the console only.
pub(crate) fn first() -> Result<String, Failed> {
    let chance = entropy::salt().map_err(|_no_entropy| Failed::Entropy)?;
    let mut password = String::new();
    for (place, byte) in chance.iter().enumerate() {
        if place > 0 && place % GROUP_LETTERS == 0 {
            password.push('-');
        }
        password.extend(ALPHABET.get(usize::from(byte & 31)).copied().map(char::from));
    }
    Ok(password)
}

/// Has the first password hashed while the box serves already, and hands the hash in. Nobody else
/// is let in before that, so that a log-in meanwhile waits instead of failing.
pub(crate) fn make_first(door: &Door, password: String, desk: Desk) {
    let Some(turn) = door.first_turn() else {
        return log::error!("somebody was let in before the first password was there");
    };
    tokio::spawn(async move {
        match turn.hash(password).await {
            Ok(hash) => drop(desk.ask_access(Ask::FirstMade { hash }).await),
            Err(error) => log::error!("nobody can log in with the first password: {error}"),
        }
        drop(turn);
    });
}

/// How slow a hash is made: what it is to cost in memory, and how often that is gone over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Strength {
    memory_kib: u32,
    rounds: u32,
}

/// What a check is to take of this CPU: a person hardly waits, and a thief of the flash does.
const CHECK: Duration = Duration::from_millis(350);
/// Memory of one hash, in KiB: this much is worth more than further rounds (RFC 9106 section 4).
const MEMORY_KIB_MIN: u32 = 4 * 1_024;
/// Fewest rounds. With the least memory a CPU that needs more than 60 ms for one round over a MiB
/// takes longer than it should, and does.
const ROUNDS_MIN: u32 = 2;
const KIB_A_MIB: u32 = 1_024;

impl Strength {
    /// Measures one round over the least memory, in CPU time of this thread, so that a box that is
    /// busy while phones boot does not make weaker hashes.
    fn measured() -> Strength {
        let before = thread_time();
        // Without memory for this one the next will say so.
        let _done = derive("", &[0; SALT_BYTES], MEMORY_KIB_MIN, 1);
        Strength::of(thread_time().saturating_sub(before))
    }

    /// Memory and rounds that take [`CHECK`] where one round over the least memory takes `took`:
    /// first as much memory as fits, then rounds.
    fn of(took: Duration) -> Strength {
        let least_mib = f64::from(MEMORY_KIB_MIN / KIB_A_MIB);
        let mib_rounds = CHECK.as_secs_f64() * least_mib / took.as_secs_f64().max(1e-6);
        let mib = (mib_rounds / f64::from(ROUNDS_MIN)) as u32;
        let (least, most) = (MEMORY_KIB_MIN / KIB_A_MIB, PASSWORD_MEMORY_KIB_MAX / KIB_A_MIB);
        let mib = mib.clamp(least, most);
        let rounds = (mib_rounds / f64::from(mib)).round() as u32;
        let rounds = rounds.clamp(ROUNDS_MIN, PASSWORD_ROUNDS_MAX);
        Strength { memory_kib: mib * KIB_A_MIB, rounds }
    }
}

/// How much longer the key of the backups takes than a password: whoever finds a backup can guess
/// for as long as he likes, and nobody waits for it often.
const BACKUP_ROUNDS_TIMES: u32 = 3;

/// What a passphrase and a recipe make, slowly: the key of the backups.
pub(crate) fn backup_key(passphrase: &str, recipe: Recipe) -> Result<BackupKey, Failed> {
    let Recipe { salt, memory_kib, rounds } = recipe;
    let key = derive(passphrase, &salt, memory_kib, rounds).ok_or(Failed::Hash)?;
    Ok(BackupKey { recipe, key })
}

fn thread_time() -> Duration {
    ClockId::CLOCK_THREAD_CPUTIME_ID.now().map(Duration::from).unwrap_or_default()
}

/// Hashes a password into a record; slow on purpose.
pub(crate) fn record(
    password: &str,
    salt: [u8; SALT_BYTES],
    memory_kib: u32,
    rounds: u32,
) -> Result<PasswordHash, Failed> {
    let hash = derive(password, &salt, memory_kib, rounds).ok_or(Failed::Hash)?;
    let (salt, hash) = (base64(&salt), base64(&hash));
    let mut record = PasswordHash::new();
    write!(record, "$argon2id$v=19$m={memory_kib},t={rounds},p=1${salt}${hash}")
        .map(|()| record)
        .map_err(|_too_long| Failed::Hash)
}

/// Whether a password is the one of a record; slow on purpose, and never so for a record that
/// cannot be read, since no password is its.
pub(crate) fn is_right(password: &str, record: &str) -> bool {
    let Some((salt, hash, memory_kib, rounds)) = read(record) else { return false };
    let Some(made) = derive(password, &salt, memory_kib, rounds) else { return false };
    // Every byte is looked at, whichever differs first.
    let differing = made.iter().zip(&hash).fold(0, |sum, (ours, theirs)| sum | (ours ^ theirs));
    hash.len() == made.len() && std::hint::black_box(differing) == 0
}

fn derive(password: &str, salt: &[u8], memory_kib: u32, rounds: u32) -> Option<[u8; HASH_BYTES]> {
    let params = Params::new(memory_kib, rounds, 1, Some(HASH_BYTES)).ok()?;
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut hash = [0; HASH_BYTES];
    argon.hash_password_into(password.as_bytes(), salt, &mut hash).ok()?;
    Some(hash)
}

/// Salt, hash, memory and rounds of a record.
fn read(record: &str) -> Option<(Vec<u8>, Vec<u8>, u32, u32)> {
    let rest = record.strip_prefix("$argon2id$v=19$m=")?;
    let mut parts = rest.split('$');
    let (parameters, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
    let (memory_kib, rounds) = parameters.strip_suffix(",p=1")?.split_once(",t=")?;
    let (memory_kib, rounds) = (memory_kib.parse().ok()?, rounds.parse().ok()?);
    let sensible = memory_kib <= PASSWORD_MEMORY_KIB_MAX
        && rounds <= PASSWORD_ROUNDS_MAX
        && parts.next().is_none();
    sensible.then_some((from_base64(salt)?, from_base64(hash)?, memory_kib, rounds))
}

/// Lets people in to have a password hashed: one at a time, and of one address one may wait.
#[derive(Clone)]
pub(crate) struct Door {
    one: Arc<Semaphore>,
    waiting: Arc<Mutex<SortedSet<Ipv4Addr>>>,
    strength: Arc<OnceLock<Strength>>,
}

/// The right to have a password hashed now; the next one's turn comes when it is dropped.
pub(crate) struct Turn {
    _place: Place,
    // Shared with the thread that hashes: a browser that hangs up meanwhile must not let in the
    // next one beside it.
    permit: Arc<OwnedSemaphorePermit>,
    strength: Arc<OnceLock<Strength>>,
}

/// A place in the queue.
struct Place {
    waiting: Arc<Mutex<SortedSet<Ipv4Addr>>>,
    source: Ipv4Addr,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.source);
    }
}

impl Door {
    pub(crate) fn new() -> Door {
        let (waiting, strength) = (Arc::default(), Arc::default());
        Door { one: Arc::new(Semaphore::new(1)), waiting, strength }
    }

    /// A door behind which hashes are weak and fast.
    #[cfg(test)]
    pub(crate) fn weak() -> Door {
        let door = Door::new();
        let _ = door.strength.set(Strength { memory_kib: 64, rounds: 1 });
        door
    }

    /// Waits for a turn; `None` at once if somebody of the same address waits or has it already,
    /// and after 20 s in vain.
    pub(crate) async fn turn(&self, source: Ipv4Addr) -> Option<Turn> {
        let place = self.place(source)?;
        let patience = Duration::from_millis(PASSWORD_TURN_MS);
        let permit = tokio::time::timeout(patience, self.one.clone().acquire_owned()).await;
        Some(self.admit(place, permit.ok()?.ok()?))
    }

    /// A turn of the box itself, before anybody can ask for one.
    fn first_turn(&self) -> Option<Turn> {
        let place = self.place(Ipv4Addr::UNSPECIFIED)?;
        let permit = self.one.clone().try_acquire_owned().ok()?;
        Some(self.admit(place, permit))
    }

    fn place(&self, source: Ipv4Addr) -> Option<Place> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.insert(source).then(|| Place { waiting: self.waiting.clone(), source })
    }

    fn admit(&self, place: Place, permit: OwnedSemaphorePermit) -> Turn {
        Turn { _place: place, permit: Arc::new(permit), strength: self.strength.clone() }
    }
}

impl Turn {
    /// Whether a password is the one of a record, found out off the loop.
    pub(crate) async fn is_right(&self, password: String, record: PasswordHash) -> bool {
        self.apart(move || is_right(&password, &record)).await.unwrap_or(false)
    }

    /// Hashes a password off the loop, as slowly as a measurement of this CPU makes it.
    pub(crate) async fn hash(&self, password: String) -> Result<PasswordHash, Failed> {
        let salt = entropy::salt().map_err(|_no_entropy| Failed::Entropy)?;
        let strength = self.strength.clone();
        let hash = move || {
            let Strength { memory_kib, rounds } = *strength.get_or_init(Strength::measured);
            record(&password, salt, memory_kib, rounds)
        };
        self.apart(hash).await.unwrap_or(Err(Failed::Hash))
    }

    /// Makes a key of the backups off the loop, by a recipe as slow as this CPU affords.
    pub(crate) async fn new_backup_key(&self, passphrase: String) -> Result<BackupKey, Failed> {
        let salt = entropy::salt().map_err(|_no_entropy| Failed::Entropy)?;
        let strength = self.strength.clone();
        let make = move || {
            let Strength { memory_kib, rounds } = *strength.get_or_init(Strength::measured);
            let rounds = rounds.saturating_mul(BACKUP_ROUNDS_TIMES).min(PASSWORD_ROUNDS_MAX);
            backup_key(&passphrase, Recipe { salt, memory_kib, rounds })
        };
        self.apart(make).await.unwrap_or(Err(Failed::Hash))
    }

    /// Does something else that is slow or large off the loop, while nobody else does.
    pub(crate) async fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let permit = self.permit.clone();
        let thread = tokio::task::spawn_blocking(move || {
            let made = work();
            drop(permit);
            made
        });
        thread.await.ok()
    }
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 without padding (RFC 4648 section 4), as the records have it.
fn base64(bytes: &[u8]) -> String {
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let held = group
            .iter()
            .enumerate()
            .fold(0u32, |held, (place, byte)| held | u32::from(*byte) << (16 - 8 * place));
        for place in 0..=group.len() {
            let six = (held >> (18 - 6 * place)) as usize & 63;
            text.extend(BASE64.get(six).copied().map(char::from));
        }
    }
    text
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    let (mut held, mut bits, mut bytes) = (0u32, 0, Vec::new());
    for letter in text.bytes() {
        let six = BASE64.iter().position(|known| *known == letter)?;
        held = (held << 6 | six as u32) & 0xffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Call;

    #[test]
    fn a_password_is_right_for_its_own_record_only() {
        let hash = |password, salt| record(password, salt, 8_192, 2);
        let record = hash("correct horse", [7; 16]).unwrap();
        assert!(record.starts_with("$argon2id$v=19$m=8192,t=2,p=1$BwcHBwcHBwcHBwcHBwcHBw$"));
        assert!(is_right("correct horse", &record));
        assert!(!is_right("correct horse ", &record) && !is_right("", &record));
        assert_ne!(record, hash("correct horse", [8; 16]).unwrap());
    }

    #[test]
    fn a_record_with_other_parameters_is_still_read() {
        // From the tests of the reference implementation: 256 KiB, 2 rounds, salt "somesalt".
        let record = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$\
            nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        assert!(is_right("password", record));
    }

    #[test]
    fn no_password_is_right_for_a_record_that_cannot_be_read() {
        let whole = record("x", [7; 16], 8_192, 2).unwrap();
        let damaged = [
            "",
            "$argon2id$v=19$m=8192,t=2,p=1$",
            "$argon2id$v=19$m=8192,t=2,p=1$c29tc2FsdA$",
            "$argon2id$v=19$m=99999999,t=2,p=1$c29tc2FsdA$AAAA",
            "$argon2id$v=19$m=8192,t=99999,p=1$c29tc2FsdA$AAAA",
            "$argon2id$v=19$m=0,t=0,p=1$c29tc2FsdA$AAAA",
            whole.get(..whole.len() - 4).unwrap(),
        ];
        for record in damaged {
            assert!(!is_right("", record) && !is_right("x", record), "{record}");
        }
    }

    #[test]
    fn the_first_password_can_be_read_aloud_and_is_another_one_each_time() {
        let (one, other) = (first().unwrap(), first().unwrap());
        assert_ne!(one, other);
        assert_eq!((one.len(), one.split('-').count()), (19, 4));
    }

    #[test]
    fn a_check_takes_a_quarter_to_half_a_second_on_fast_and_slow_boxes() {
        // Milliseconds of one round over 4 MiB, memory, rounds.
        let known = [(0.5, 16_384, 64), (3.0, 16_384, 29), (20.0, 16_384, 4), (60.0, 11_264, 2)];
        let slow = [(120.0, 5_120, 2), (170.0, 4_096, 2), (1_000.0, 4_096, 2)];
        for (took_ms, memory_kib, rounds) in known.into_iter().chain(slow) {
            let made = Strength::of(Duration::from_secs_f64(took_ms / 1_000.0));
            assert_eq!(made, Strength { memory_kib, rounds }, "{took_ms}");
        }
        for took_us in (1_400..=240_000).step_by(50) {
            let Strength { memory_kib, rounds } = Strength::of(Duration::from_micros(took_us));
            let cost_us = u64::from(memory_kib * rounds) * took_us / u64::from(MEMORY_KIB_MIN);
            assert!((250_000..=500_000).contains(&cost_us), "{took_us} {cost_us}");
            assert!((MEMORY_KIB_MIN..=PASSWORD_MEMORY_KIB_MAX).contains(&memory_kib));
        }
        assert_eq!(Strength::of(Duration::ZERO).rounds, PASSWORD_ROUNDS_MAX);
    }

    #[test]
    fn what_is_measured_is_the_work_of_this_thread() {
        let before = thread_time();
        assert!(derive("", &[0; SALT_BYTES], MEMORY_KIB_MIN, 1).is_some());
        assert!(thread_time() > before);
    }

    #[tokio::test]
    async fn whoever_logs_in_before_the_first_password_is_hashed_waits() {
        let (desk, mut questions) = crate::call::desk();
        let door = Door::weak();
        make_first(&door, "first".to_owned(), desk);
        let guest = Ipv4Addr::new(10, 0, 0, 1);
        let mut turn = std::pin::pin!(door.turn(guest));
        let asked = tokio::select! {
            biased;
            _ = &mut turn => panic!("let in before"),
            asked = questions.recv() => asked.unwrap(),
        };
        let Call::Access(Ask::FirstMade { hash }) = asked.call else { panic!("another call") };
        assert!(is_right("first", &hash));
        let waits = Duration::from_millis(20);
        assert!(tokio::time::timeout(waits, &mut turn).await.is_err(), "not handed in yet");
        drop(asked.answer);
        assert!(turn.await.is_some());
    }

    #[test]
    fn base64_is_that_of_the_rfc() {
        let known = [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
        for (plain, coded) in known {
            assert_eq!(base64(plain.as_bytes()), coded);
            assert_eq!(from_base64(coded).as_deref(), Some(plain.as_bytes()));
        }
        assert_eq!(from_base64("Zg=="), None);
    }

    #[tokio::test]
    async fn one_at_a_time_and_one_of_each_address() {
        let door = Door::new();
        let [one, other] = [Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 0, 2)];
        let turn = door.turn(one).await.unwrap();
        assert!(door.turn(one).await.is_none());
        let waits = std::time::Duration::from_millis(20);
        assert!(tokio::time::timeout(waits, door.turn(other)).await.is_err());
        drop(turn);
        assert!(door.turn(other).await.is_some());
        assert!(door.turn(one).await.is_some());
    }
}
