//! What the clock on the wall shows in a zone.

use super::{Change, Rule, Summer, Zone};
use crate::time::Wall;

const DAY_S: i64 = 86_400;
/// Days from 0000-03-01 to 1970-01-01 in the Gregorian calendar.
const BEFORE_1970: i64 = 719_468;

impl Zone {
    /// Seconds since 1970 as the local clock counts them, for a moment.
    pub fn local(&self, at: Wall) -> u64 {
        let rule = Rule::parse(self.posix).unwrap_or(Rule::UTC);
        let utc = i64::try_from(at.0).unwrap_or(i64::MAX / 2);
        let offset_s = match &rule.summer {
            Some(summer) if is_summer(&rule, summer, utc) => summer.offset_s,
            Some(_) | None => rule.offset_s,
        };
        u64::try_from(utc.saturating_add(i64::from(offset_s))).unwrap_or(0)
    }
}

/// Whether summer time is in force; where it begins after it ends, it spans the new year.
fn is_summer(rule: &Rule<'_>, summer: &Summer<'_>, utc: i64) -> bool {
    let year = year_of((utc + i64::from(rule.offset_s)).div_euclid(DAY_S));
    let starts = summer.start.moment(year) - i64::from(rule.offset_s);
    let ends = summer.end.moment(year) - i64::from(summer.offset_s);
    match starts < ends {
        true => (starts..ends).contains(&utc),
        false => !(ends..starts).contains(&utc),
    }
}

impl Change {
    /// The moment of the change in a year, in seconds since 1970 by the clock before it.
    fn moment(self, year: i64) -> i64 {
        let month = i64::from(self.month);
        let first = day_of(year, month);
        // 1970-01-01 was a Thursday, day 4.
        let first_weekday = (first + 4).rem_euclid(7);
        let ahead = (i64::from(self.weekday) - first_weekday).rem_euclid(7);
        let mut day = first + ahead + (i64::from(self.week) - 1) * 7;
        let next_month = if month == 12 { day_of(year + 1, 1) } else { day_of(year, month + 1) };
        // The fifth is the last one of its month.
        while day >= next_month {
            day -= 7;
        }
        day * DAY_S + i64::from(self.at_s)
    }
}

/// The day, counted from 1970-01-01, on which a month begins. Years begin in March on the way, so
/// that a leap day is the last one of its year.
fn day_of(year: i64, month: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let march_month = (month + 9) % 12;
    let of_year = (153 * march_month + 2) / 5;
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    365 * year + leaps + of_year - BEFORE_1970
}

/// The year in which a day lies, counted from 1970-01-01.
fn year_of(day: i64) -> i64 {
    let guess = 1970 + day.div_euclid(365);
    // Leap days put the guess ahead, by a year in 1,460, or behind by one before 1970.
    (guess - 64..=guess + 1).rev().find(|year| day_of(*year, 1) <= day).unwrap_or(guess)
}

#[cfg(test)]
mod tests {
    use super::super::find;
    use super::*;

    /// The local time of day in seconds.
    fn clock(zone: &str, utc: u64) -> (u64, u64) {
        let local = find(zone).unwrap().local(Wall(utc)) % 86_400;
        (local / 3_600, local / 60 % 60)
    }

    // Made with GNU date 9.1, which has the tz database.
    #[test]
    fn the_clock_is_that_of_the_tz_database() {
        for (zone, utc, shown) in [
            ("Europe/Berlin", 1_741_183_500, (15, 5)),
            ("Europe/Berlin", 1_753_000_000, (10, 26)),
            // The second before and the second of both changes of 2026.
            ("Europe/Berlin", 1_774_745_999, (1, 59)),
            ("Europe/Berlin", 1_774_746_000, (3, 0)),
            ("Europe/Berlin", 1_792_889_999, (2, 59)),
            ("Europe/Berlin", 1_792_890_000, (2, 0)),
            ("America/New_York", 1_772_953_199, (1, 59)),
            ("America/New_York", 1_772_953_200, (3, 0)),
            // Summer in the south spans the new year.
            ("Australia/Sydney", 1_767_225_600, (11, 0)),
            ("Australia/Sydney", 1_782_864_000, (10, 0)),
            ("Asia/Kathmandu", 1_741_183_500, (19, 50)),
            ("UTC", 1_741_183_500, (14, 5)),
        ] {
            assert_eq!(clock(zone, utc), shown, "{zone} {utc}");
        }
    }

    #[test]
    fn days_and_years_agree() {
        for day in (-40_000..120_000).step_by(97) {
            let year = year_of(day);
            assert!(day_of(year, 1) <= day && day < day_of(year + 1, 1), "{day}");
        }
        assert_eq!((day_of(1970, 1), day_of(2000, 3), day_of(2100, 3)), (0, 11_017, 47_541));
    }
}
