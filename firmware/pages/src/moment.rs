//! Moments in words: how long ago, how long still, and, where the box knows the time, when.

use core::fmt;
use exchange::time::{Instant, Now, Wall, DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};

/// A moment that has passed, such as `12 s ago`.
pub(crate) struct Ago {
    now: Now,
    at: Instant,
}

impl Ago {
    pub(crate) fn new(now: Now, at: Instant) -> Ago {
        Ago { now, at }
    }

    /// When it was by the clock, if the box knows the time.
    pub(crate) fn when(&self) -> Option<When> {
        let wall = self.now.wall?.0;
        let at = wall.checked_sub(self.now.mono.since_ms(self.at) / SECOND_MS)?;
        Some(When { at, today: wall / DAY_S })
    }
}

impl fmt::Display for Ago {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let passed_ms = self.now.mono.since_ms(self.at);
        if passed_ms < 2 * SECOND_MS {
            return f.write_str("just now");
        }
        span(passed_ms, f)?;
        f.write_str(" ago")
    }
}

/// How long something lasts still, such as `42 min`.
pub(crate) struct Left {
    pub(crate) now: Now,
    pub(crate) until: Instant,
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        span(self.until.since_ms(self.now.mono), f)
    }
}

/// How long something has lasted, in milliseconds, such as `3 h`.
pub(crate) struct Lasted(pub(crate) u64);

impl fmt::Display for Lasted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        span(self.0, f)
    }
}

/// How long after the step before it a step came, such as `+0.3 s`.
pub(crate) struct After {
    pub(crate) before: Instant,
    pub(crate) at: Instant,
}

impl fmt::Display for After {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let passed_ms = self.at.since_ms(self.before);
        f.write_str("+")?;
        if passed_ms < SECOND_MS {
            return write!(f, "{passed_ms} ms");
        }
        if passed_ms < 10 * SECOND_MS {
            return write!(f, "{}.{} s", passed_ms / SECOND_MS, passed_ms % SECOND_MS / 100);
        }
        span(passed_ms, f)
    }
}

/// A time of the clock, with its date unless that is today's.
pub(crate) struct When {
    at: u64,
    today: u64,
}

impl When {
    /// A moment of the clock, told on this day.
    pub(crate) fn on(at: Wall, today: Wall) -> When {
        When { at: at.0, today: today.0 / DAY_S }
    }
}

const DAY_S: u64 = DAY_MS / SECOND_MS;

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (day, second) = (self.at / DAY_S, self.at % DAY_S);
        if day != self.today {
            let (year, month, day) = civil(day);
            write!(f, "{year}-{month:02}-{day:02} ")?;
        }
        write!(f, "{:02}:{:02}:{:02} UTC", second / 3600, second / 60 % 60, second % 60)
    }
}

fn span(ms: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if ms < MINUTE_MS {
        write!(f, "{} s", ms / SECOND_MS)
    } else if ms < HOUR_MS {
        write!(f, "{} min", ms / MINUTE_MS)
    } else if ms < 2 * DAY_MS {
        write!(f, "{} h", ms / HOUR_MS)
    } else {
        write!(f, "{} days", ms / DAY_MS)
    }
}

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar. Years begin in
/// March here, so that a leap day is the last one of its year.
pub fn civil(days: u64) -> (u64, u64, u64) {
    let days = days.saturating_add(719_468);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use exchange::time::Wall;

    fn ago(passed_ms: u64) -> Ago {
        let now = Now { mono: Instant(10 * DAY_MS), wall: Some(Wall(1_709_251_199)) };
        Ago::new(now, Instant(10 * DAY_MS - passed_ms))
    }

    #[test]
    fn the_past_is_told_in_the_coarsest_unit_that_helps() {
        let said = [1_999, 2_000, 59_999, 60_000, 3_600_000, 47 * HOUR_MS, 48 * HOUR_MS]
            .map(|ms| ago(ms).to_string());
        let words =
            ["just now", "2 s ago", "59 s ago", "1 min ago", "1 h ago", "47 h ago", "2 days ago"];
        assert_eq!(said, words);
    }

    #[test]
    fn a_moment_ahead_of_now_is_just_now() {
        let now = Now { mono: Instant(5), wall: None };
        assert_eq!(Ago::new(now, Instant(9_999)).to_string(), "just now");
    }

    #[test]
    fn the_clock_is_shown_with_a_date_only_on_another_day() {
        let said = |ms| ago(ms).when().map(|when| when.to_string());
        assert_eq!(said(0).as_deref(), Some("23:59:59 UTC"));
        assert_eq!(said(DAY_MS).as_deref(), Some("2024-02-28 23:59:59 UTC"));
    }

    #[test]
    fn without_a_clock_nothing_is_said_of_it() {
        let now = Now { mono: Instant(5), wall: None };
        assert!(Ago::new(now, Instant(1)).when().is_none());
        let early = Now { mono: Instant(90_000), wall: Some(Wall(3)) };
        assert!(Ago::new(early, Instant(0)).when().is_none());
    }

    #[test]
    fn days_are_counted_through_leap_years() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(11_016), (2000, 2, 29));
        assert_eq!(civil(19_782), (2024, 2, 29));
        assert_eq!(civil(47_540), (2100, 2, 28));
        assert_eq!(civil(47_541), (2100, 3, 1));
    }

    #[test]
    fn steps_are_told_apart_by_milliseconds() {
        let after = |ms: u64| After { before: Instant(7), at: Instant(7 + ms) }.to_string();
        assert_eq!([after(12), after(1_250), after(75_000)], ["+12 ms", "+1.2 s", "+1 min"]);
    }
}
