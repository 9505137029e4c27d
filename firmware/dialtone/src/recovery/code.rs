//! The code that the console shows, and how often it may be guessed.
//!
//! Its 40 random bits are drawn at each start. Ten wrong tries of one address are free, then each
//! makes the next one wait, twice as long as before; all addresses together have fifty. So even a
//! network full of machines that guess gets to see a tiny part of all codes before the next start,
//! at the price that it keeps others waiting for some seconds.

use crate::entropy;
use exchange::sorted::SortedMap;
use exchange::time::{Instant, SECOND_MS};
use std::fmt;
use std::net::Ipv4Addr;

/// Letters and digits that nobody confuses on a console; 32 of them, five bits each.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
const LETTERS: usize = 8;

/// Wrong tries of one address that cost nothing, and the longest wait after more of them.
const FREE_OF_ONE: u32 = 10;
const WAIT_OF_ONE_S: u64 = 60;
/// The same for all addresses together.
const FREE_OF_ALL: u32 = 50;
const WAIT_OF_ALL_S: u64 = 4;
/// Addresses whose wrong tries are counted apart; the one that may try soonest makes room.
const SOURCES: usize = 64;

/// The code of this start.
pub(super) struct Code([u8; LETTERS]);

impl Code {
    /// Draws a code.
    pub(super) fn draw() -> Result<Code, getrandom::Error> {
        let chance = entropy::salt()?;
        let mut letters = [0; LETTERS];
        for (letter, byte) in letters.iter_mut().zip(chance) {
            *letter = ALPHABET.get(usize::from(byte & 31)).copied().unwrap_or_default();
        }
        Ok(Code(letters))
    }

    /// Tells whether this is what was typed, in letters of either case, with or without hyphens and
    /// spaces; takes the same time for every wrong one of the same length.
    pub(super) fn is_right(&self, typed: &str) -> bool {
        let typed = typed.bytes().filter(|byte| *byte != b'-' && !byte.is_ascii_whitespace());
        let typed: Vec<u8> = typed.map(|byte| byte.to_ascii_lowercase()).collect();
        let differing = self.0.iter().zip(&typed).fold(0, |sum, (ours, one)| sum | (ours ^ one));
        typed.len() == LETTERS && std::hint::black_box(differing) == 0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, letter) in self.0.iter().enumerate() {
            if place == LETTERS / 2 {
                f.write_str("-")?;
            }
            write!(f, "{}", char::from(*letter))?;
        }
        Ok(())
    }
}

/// The wrong tries so far.
#[derive(Default)]
pub(super) struct Tries {
    of_one: SortedMap<Ipv4Addr, Count>,
    of_all: Count,
}

#[derive(Clone, Copy, Default)]
struct Count {
    wrong: u32,
    not_before: Instant,
}

impl Count {
    fn add(&mut self, now: Instant, free: u32, wait_max_s: u64) {
        self.wrong = self.wrong.saturating_add(1);
        let doublings = self.wrong.checked_sub(free).map(|beyond| beyond.min(16));
        let wait_s = doublings.map_or(0, |doublings| (1u64 << doublings).min(wait_max_s));
        self.not_before = now.after_ms(wait_s * SECOND_MS);
    }
}

impl Tries {
    /// For how many seconds no code of this address is looked at; `None` if one is.
    pub(super) fn wait_s(&self, now: Instant, source: Ipv4Addr) -> Option<u32> {
        let of_one = self.of_one.get(&source).map_or(Instant::default(), |one| one.not_before);
        let not_before = of_one.max(self.of_all.not_before);
        if not_before <= now {
            return None;
        }
        let seconds = not_before.since_ms(now).div_ceil(SECOND_MS);
        Some(u32::try_from(seconds).unwrap_or(u32::MAX))
    }

    /// Counts a wrong one.
    pub(super) fn wrong(&mut self, now: Instant, source: Ipv4Addr) {
        if !self.of_one.contains_key(&source) && self.of_one.len() >= SOURCES {
            let soonest = self.of_one.iter().min_by_key(|(_, one)| (one.not_before, one.wrong));
            if let Some(soonest) = soonest.map(|(source, _)| *source) {
                self.of_one.remove(&soonest);
            }
        }
        self.of_one.get_or_insert_with(source, Default::default).add(
            now,
            FREE_OF_ONE,
            WAIT_OF_ONE_S,
        );
        self.of_all.add(now, FREE_OF_ALL, WAIT_OF_ALL_S);
    }

    /// Forgets the wrong ones of an address that knew the right one.
    pub(super) fn right(&mut self, source: Ipv4Addr) {
        self.of_one.remove(&source);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(no: u8) -> Ipv4Addr {
        Ipv4Addr::new(10, 0, 0, no)
    }

    #[test]
    fn a_code_can_be_read_aloud_and_is_another_one_each_time() {
        let (one, other) = (Code::draw().unwrap(), Code::draw().unwrap());
        assert_ne!(one.to_string(), other.to_string());
        let shown = one.to_string();
        assert_eq!((shown.len(), shown.find('-')), (9, Some(4)));
        assert!(shown.bytes().all(|byte| byte == b'-' || ALPHABET.contains(&byte)));
        assert!(one.is_right(&shown) && !one.is_right(&other.to_string()));
    }

    #[test]
    fn how_a_code_is_typed_does_not_matter_but_every_letter_does() {
        let code = Code(*b"abcdefgh");
        for typed in ["abcd-efgh", "ABCDEFGH", " ab cd ef gh\t", "a-b-c-d-e-f-g-h"] {
            assert!(code.is_right(typed), "{typed}");
        }
        let wrong =
            ["", "-", "abcd", "abcd-efg", "abcd-efgj", "abcd-efghi", "jbcd-efgh", "abcd_efgh", "ä"];
        for typed in wrong {
            assert!(!code.is_right(typed), "{typed}");
        }
    }

    #[test]
    fn the_tenth_wrong_try_of_an_address_makes_the_next_one_wait_and_each_further_one_longer() {
        let mut tries = Tries::default();
        let mut now = Instant(1_000);
        for _ in 1..10 {
            tries.wrong(now, source(1));
            assert_eq!(tries.wait_s(now, source(1)), None);
        }
        for wait_s in [1, 2, 4, 8, 16, 32, 60, 60] {
            tries.wrong(now, source(1));
            assert_eq!(tries.wait_s(now, source(1)), Some(wait_s));
            assert_eq!(tries.wait_s(now, source(2)), None);
            now = now.after_ms(u64::from(wait_s) * SECOND_MS - 1);
            assert_eq!(tries.wait_s(now, source(1)), Some(1));
            now = now.after_ms(1);
            assert_eq!(tries.wait_s(now, source(1)), None);
        }
        tries.right(source(1));
        tries.wrong(now, source(1));
        assert_eq!(tries.wait_s(now, source(1)), None);
    }

    #[test]
    fn many_addresses_together_are_slowed_too_and_never_fill_the_memory() {
        let mut tries = Tries::default();
        let now = Instant(1_000);
        for no in 0..49 {
            tries.wrong(now, source(no));
            assert_eq!(tries.wait_s(now, source(250)), None);
        }
        tries.wrong(now, source(49));
        assert_eq!(tries.wait_s(now, source(250)), Some(1));
        for no in 0..=255 {
            tries.wrong(now, source(no));
        }
        assert_eq!(tries.wait_s(now, source(250)), Some(4));
        assert_eq!(tries.of_one.len(), SOURCES);
    }

    #[test]
    fn a_slowed_address_does_not_get_free_tries_by_having_others_guess() {
        let mut tries = Tries::default();
        let now = Instant(1_000);
        for _ in 0..16 {
            tries.wrong(now, source(1));
        }
        for no in 2..=255 {
            tries.wrong(now, source(no));
        }
        assert_eq!(tries.wait_s(now, source(1)), Some(60));
    }
}
