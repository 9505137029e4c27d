//! Who gave wrong passwords or keys lately, so that he is not answered for a while.
//!
//! Ten wrong answers within a minute, and the next ones from that source, or for that account, get
//! silence for half a minute. Right passwords are always answered: a forged source address or a
//! neighbour behind the same router cannot lock a phone out. A password here has 120 random bits,
//! so what this saves is not the password but the work and the noise.

use crate::limits::{GUESSES_MAX, LOGIN_SOURCES_MAX};
use crate::sorted::SortedMap;
use crate::time::{Instant, MINUTE_MS, SECOND_MS};

/// The time in which they count together.
const WINDOW_MS: u64 = MINUTE_MS;
/// How long an address that gave more gets no answer to a wrong one.
const SILENCE_MS: u64 = 30 * SECOND_MS;

/// Who gave wrong answers: addresses, or accounts for which they were given.
pub(crate) struct Guesses<K> {
    sources: SortedMap<K, Source>,
}

#[derive(Clone, Copy)]
struct Source {
    since: Instant,
    guesses: u8,
    silent_until: Option<Instant>,
}

/// What a wrong answer earns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Earns {
    /// Another challenge; the first one in a while is worth a note.
    FirstChallenge,
    /// Another challenge.
    Challenge,
    /// Another challenge, and silence from then on.
    LastChallenge,
    /// Nothing.
    Silence,
}

impl<K> Default for Guesses<K> {
    fn default() -> Guesses<K> {
        Guesses { sources: SortedMap::new() }
    }
}

impl<K: Ord + Copy> Guesses<K> {
    /// Whether it earns silence now.
    pub(crate) fn is_silent(&self, now: Instant, who: K) -> bool {
        let source = self.sources.get(&who).filter(|source| source.counts(now));
        source.is_some_and(|source| source.silent_until.is_some())
    }

    /// Counts a wrong answer.
    pub(crate) fn wrong(&mut self, now: Instant, who: K) -> Earns {
        let known = self.sources.get_mut(&who);
        let Some(source) = known.filter(|source| source.counts(now)) else {
            self.make_room();
            let source = Source { since: now, guesses: 1, silent_until: None };
            self.sources.insert(who, source);
            return Earns::FirstChallenge;
        };
        if source.silent_until.is_some() {
            return Earns::Silence;
        }
        source.guesses = source.guesses.saturating_add(1);
        if source.guesses >= GUESSES_MAX {
            source.silent_until = Some(now.after_ms(SILENCE_MS));
            return Earns::LastChallenge;
        }
        Earns::Challenge
    }

    fn make_room(&mut self) {
        if self.sources.len() < LOGIN_SOURCES_MAX {
            return;
        }
        let oldest = self.sources.iter().min_by_key(|(_, source)| source.since);
        if let Some(who) = oldest.map(|(who, _)| *who) {
            self.sources.remove(&who);
        }
    }
}

impl Source {
    /// Whether what it did still matters.
    fn counts(&self, now: Instant) -> bool {
        match self.silent_until {
            Some(until) => now < until,
            None => now.since_ms(self.since) < WINDOW_MS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::net::Ipv4Addr;

    const GUESSER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);

    #[test]
    fn ten_wrong_answers_in_a_minute_earn_half_a_minute_of_silence() {
        let mut guesses = Guesses::default();
        assert_eq!(guesses.wrong(Instant(0), GUESSER), Earns::FirstChallenge);
        for at in 1..9 {
            assert_eq!(guesses.wrong(Instant(at), GUESSER), Earns::Challenge, "{at}");
        }
        assert!(!guesses.is_silent(Instant(9), GUESSER));
        assert_eq!(guesses.wrong(Instant(9), GUESSER), Earns::LastChallenge);
        assert!(guesses.is_silent(Instant(9), GUESSER));
        assert_eq!(guesses.wrong(Instant(10), GUESSER), Earns::Silence);
        assert_eq!(guesses.wrong(Instant(30_008), GUESSER), Earns::Silence);
        assert_eq!(guesses.wrong(Instant(30_009), GUESSER), Earns::FirstChallenge);
        let another = Ipv4Addr::new(192, 0, 2, 2);
        assert_eq!(guesses.wrong(Instant(11), another), Earns::FirstChallenge);
    }

    #[test]
    fn a_phone_that_is_wrong_once_a_minute_is_always_answered() {
        let mut guesses = Guesses::default();
        for minute in 0..100 {
            let at = Instant(minute * WINDOW_MS);
            assert_eq!(guesses.wrong(at, GUESSER), Earns::FirstChallenge);
        }
    }

    #[test]
    fn the_table_stays_within_its_bound() {
        let mut guesses = Guesses::default();
        for address in 0..10_000 {
            guesses.wrong(Instant(u64::from(address)), Ipv4Addr::from(address));
        }
        assert_eq!(guesses.sources.len(), LOGIN_SOURCES_MAX);
    }
}
