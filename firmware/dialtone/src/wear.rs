//! What the flash has been through, for the page that shows it.

use exchange::time::Now;
use journal::{Flash, Journal};

/// Seconds of a day.
const DAY_S: u64 = 24 * 60 * 60;

/// What the flash has been through, as the flash thread last said.
#[derive(Clone, Copy, Default)]
pub(crate) struct Wear {
    /// Bytes of the bank in use that are taken.
    pub(crate) used: u32,
    /// Bytes that a whole state may have; a block that will not erase makes it less.
    pub(crate) capacity: u32,
    /// Bytes programmed since the flash was formatted.
    pub(crate) written: u64,
    /// Bytes programmed since the daemon started.
    pub(crate) since_start: u64,
    /// Blocks erased since the flash was formatted.
    pub(crate) erases: u32,
    /// Whether they are all that were; soon after a start the last ones are not counted yet.
    pub(crate) counted: bool,
    /// How often the block was erased that was erased most often.
    pub(crate) erases_of_one: u32,
    /// Blocks that will not erase any more.
    pub(crate) retired: u32,
}

impl Wear {
    /// Reads it off a journal that had `at_start` bytes programmed when the daemon started.
    pub(crate) fn of<F: Flash>(journal: &Journal<F>, at_start: u64) -> Wear {
        Wear {
            used: journal.used(),
            capacity: journal.capacity(),
            written: journal.written(),
            since_start: journal.written().saturating_sub(at_start),
            erases: journal.erases(),
            counted: journal.erase_pending().is_some(),
            erases_of_one: journal.erases_of_one(),
            retired: journal.retired(),
        }
    }
}

/// How much was written on the day that it is, in UTC as all times of the pages.
#[derive(Default)]
pub(crate) struct Today {
    day: Option<u64>,
    /// What had been written since the start when the day began.
    before: u64,
    latest: u64,
}

impl Today {
    /// Takes note of how much was written by now since the start.
    pub(crate) fn note(&mut self, now: Now, since_start: u64) {
        self.turn(now);
        self.latest = since_start;
    }

    /// What was written today, or since the start where that was later; `None` while the box does
    /// not know what day it is.
    pub(crate) fn bytes(&mut self, now: Now) -> Option<u64> {
        self.turn(now);
        self.day.map(|_| self.latest - self.before)
    }

    fn turn(&mut self, now: Now) {
        let day = now.wall.map(|wall| wall.0 / DAY_S);
        // What was written before the day was known counts to the day that it turns out to be.
        if self.day.is_some() && day.is_some() && day != self.day {
            self.before = self.latest;
        }
        self.day = day.or(self.day);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use exchange::time::{Instant, Wall};

    #[test]
    fn a_day_counts_from_its_own_beginning() {
        let at = |wall: Option<u64>| Now { mono: Instant(0), wall: wall.map(Wall) };
        let mut today = Today::default();
        today.note(at(None), 100);
        assert_eq!(today.bytes(at(None)), None);
        assert_eq!(today.bytes(at(Some(20_000 * DAY_S))), Some(100));
        today.note(at(Some(20_001 * DAY_S - 1)), 150);
        assert_eq!(today.bytes(at(Some(20_001 * DAY_S - 1))), Some(150));
        assert_eq!(today.bytes(at(Some(20_001 * DAY_S))), Some(0));
        today.note(at(Some(20_001 * DAY_S + 5)), 170);
        assert_eq!(today.bytes(at(Some(20_001 * DAY_S + 9))), Some(20));
    }
}
