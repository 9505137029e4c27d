//! Who guessed wrong, and until when he has to wait: two guesses are free, each later one doubles
//! the wait, up to [`PIN_WAIT_MAX_S`].
//!
//! In memory only. A full table gives up the one whose wait is over first.

use crate::limits::{GUESSERS_MAX, PIN_WAIT_MAX_S};
use crate::sorted::SortedMap;
use crate::time::{Instant, SECOND_MS};

/// Guesses that are forgotten once nobody guessed for so long, beyond the longest wait.
const FORGOTTEN_MS: u64 = 4 * PIN_WAIT_MAX_S * SECOND_MS;
/// Guesses that cost nothing.
const FREE: u32 = 2;

/// Wrong guesses, by whoever made them or by what they were about.
#[derive(Default)]
pub(crate) struct Slow(SortedMap<u32, Guesses>);

struct Guesses {
    count: u32,
    not_before: Instant,
}

impl Slow {
    /// How long somebody has to wait, in milliseconds; 0 if he may try now.
    pub(crate) fn wait_ms(&self, now: Instant, who: u32) -> u64 {
        self.0.get(&who).map_or(0, |guesses| guesses.not_before.since_ms(now))
    }

    /// Somebody guessed wrong.
    pub(crate) fn wrong(&mut self, now: Instant, who: u32) {
        self.0.retain(|_, guesses| now.since_ms(guesses.not_before) < FORGOTTEN_MS);
        if !self.0.contains_key(&who) && self.0.len() >= GUESSERS_MAX {
            let first = self.0.iter().min_by_key(|(_, guesses)| guesses.not_before);
            if let Some(first) = first.map(|(who, _)| *who) {
                self.0.remove(&first);
            }
        }
        let guesses = self.0.get_or_insert_with(who, || Guesses { count: 0, not_before: now });
        guesses.count = guesses.count.saturating_add(1);
        let doublings = guesses.count.saturating_sub(FREE).min(16);
        let wait_s = if doublings == 0 { 0 } else { (1u64 << doublings).min(PIN_WAIT_MAX_S) };
        guesses.not_before = now.after_ms(wait_s * SECOND_MS);
    }

    /// Somebody was right.
    pub(crate) fn right(&mut self, who: u32) {
        self.0.remove(&who);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wrong_guess_doubles_the_wait_up_to_a_quarter_of_an_hour() {
        let mut slow = Slow::default();
        let mut now = Instant(0);
        let mut waits = [0; 12];
        for wait in &mut waits {
            slow.wrong(now, 7);
            *wait = slow.wait_ms(now, 7) / SECOND_MS;
            now = now.after_ms(slow.wait_ms(now, 7));
        }
        assert_eq!(waits, [0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900]);
        assert_eq!((slow.wait_ms(Instant(0), 8), slow.wait_ms(now, 7)), (0, 0));
        slow.right(7);
        slow.wrong(now, 7);
        assert_eq!(slow.wait_ms(now, 7), 0);
    }

    #[test]
    fn the_table_stays_within_its_bound_and_forgets() {
        let mut slow = Slow::default();
        for who in 0..10_000 {
            slow.wrong(Instant(u64::from(who)), who);
        }
        assert_eq!(slow.0.len(), GUESSERS_MAX);
        slow.wrong(Instant(FORGOTTEN_MS + 10_000), 1);
        assert_eq!(slow.0.len(), 1);
    }
}
