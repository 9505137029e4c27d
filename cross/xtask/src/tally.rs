//! How many tests passed, failed and were skipped, counted from what `cargo test` prints.

use std::fmt;
use std::ops::AddAssign;

/// A count of tests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Tally {
    /// One test that passed.
    pub(crate) const PASSED: Tally = Tally { passed: 1, failed: 0, skipped: 0 };
    /// One test that failed.
    pub(crate) const FAILED: Tally = Tally { passed: 0, failed: 1, skipped: 0 };
    /// One test that could not be run.
    pub(crate) const SKIPPED: Tally = Tally { passed: 0, failed: 0, skipped: 1 };

    /// One test that passed or failed.
    pub(crate) fn one(passed: bool) -> Tally {
        if passed {
            Tally::PASSED
        } else {
            Tally::FAILED
        }
    }

    /// Reads `test result: ok. 3 passed; 0 failed; 1 ignored; ..`; `None` for any other line.
    pub(crate) fn read(line: &str) -> Option<Tally> {
        let counts = line.trim().strip_prefix("test result: ")?;
        let (_, counts) = counts.split_once(". ")?;
        let mut tally = Tally::default();
        for count in counts.split(';') {
            match count.split_whitespace().collect::<Vec<_>>().as_slice() {
                [number, "passed"] => tally.passed = number.parse().ok()?,
                [number, "failed"] => tally.failed = number.parse().ok()?,
                [number, "ignored"] => tally.skipped = number.parse().ok()?,
                _ => {}
            }
        }
        Some(tally)
    }

    /// Reads what is said of a count: `3 passed, 0 failed, 1 skipped`; `None` for any other line.
    pub(crate) fn told(line: &str) -> Option<Tally> {
        let mut counts = line.trim().split(", ");
        let mut count = |what| counts.next()?.strip_suffix(what)?.trim_end().parse().ok();
        let (passed, failed, skipped) = (count("passed")?, count("failed")?, count("skipped")?);
        counts.next().is_none().then_some(Tally { passed, failed, skipped })
    }

    /// Whether the whole counts as passed; where `strict`, a skipped test is a failure.
    pub(crate) fn is_good(self, strict: bool) -> bool {
        self.failed == 0 && !(strict && self.skipped > 0)
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { passed, failed, skipped } = self;
        write!(f, "{passed} passed, {failed} failed, {skipped} skipped")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_cargo_are_summed() {
        let lines = [
            "running 5 tests",
            "test a ... ok",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 9 filtered out; \
             finished in 0.07s",
            "test result: FAILED. 38 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out",
        ];
        let mut sum = Tally::default();
        lines.iter().filter_map(|line| Tally::read(line)).for_each(|it| sum += it);
        assert_eq!(sum, Tally { passed: 41, failed: 2, skipped: 1 });
        assert_eq!(sum.to_string(), "41 passed, 2 failed, 1 skipped");
    }

    #[test]
    fn a_skipped_test_fails_only_where_all_must_run() {
        assert!(Tally::SKIPPED.is_good(false));
        assert!(!Tally::SKIPPED.is_good(true));
        assert!(!Tally::FAILED.is_good(false));
        assert!(Tally::PASSED.is_good(true));
    }

    #[test]
    fn a_count_is_read_as_it_is_told() {
        let tally = Tally { passed: 77, failed: 6, skipped: 1 };
        assert_eq!(Tally::told(&tally.to_string()), Some(tally));
        for other in ["", "77 passed, 6 failed", "77 passed, 6 failed, 1 skipped, 2 lost", "rc 1"] {
            assert_eq!(Tally::told(other), None, "{other}");
        }
    }
}
