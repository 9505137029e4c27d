//! Time zones a site can choose, each with its POSIX rule, and that rule in the forms phones read.
//!
//! Phones know no tz database: they want an offset and two dates a year, each maker in its own
//! spelling. [`Zone::values`] gives a template the parts, read from the zone's POSIX TZ string
//! (IEEE Std 1003.1, section 8.3) by a small parser. The strings are those in force for the years
//! to come according to the tz database; history is not kept, as a phone shows only today.
//!
//! What phones cannot say is rounded here, once: a change outside 00:00 to 23:59 of its day
//! (Israel, Egypt, Chile, Greenland) is moved to the nearest hour of that day, and minutes of a
//! change are dropped (Chatham), so such a phone is wrong for at most three hours in the night of
//! the change. Ireland is written with summer time ahead of standard time, not behind it as its law
//! has it; the clock on the wall is the same.
//!
//! Not read: the `Jn` and `n` forms of a date, which no zone of this table uses.

mod local;
mod table;

use self::table::ZONES;
use crate::limits::ZONE_NAME_MAX;
use crate::render::{ChangeValues, SummerValues, ZoneValues};
use alloc::format;
use alloc::string::{String, ToString};

/// A time zone a site can choose.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Zone {
    /// Name in the tz database, such as `Europe/Berlin`.
    pub name: &'static str,
    /// POSIX TZ string, such as `CET-1CEST,M3.5.0,M10.5.0/3`.
    pub posix: &'static str,
    /// Two-letter country code in lower case; empty for UTC.
    pub country: &'static str,
}

/// Where a box stands that was not told better.
pub static UTC: Zone = Zone { name: "UTC", posix: "UTC0", country: "" };

/// Every zone, sorted by name.
pub fn all() -> &'static [Zone] {
    ZONES
}

/// Finds the zone of exactly this name.
pub fn find(name: &str) -> Option<&'static Zone> {
    if name == UTC.name {
        return Some(&UTC);
    }
    let place = ZONES.binary_search_by(|zone| zone.name.cmp(name)).ok()?;
    ZONES.get(place)
}

/// Finds the zone whose name, or city, looks most like `name`; `None` where nothing is close.
pub fn nearest(name: &str) -> Option<&'static Zone> {
    if name.is_empty() || name.len() > ZONE_NAME_MAX {
        return None;
    }
    let (steps, zone) = ZONES
        .iter()
        .map(|zone| {
            let city = zone.name.rsplit('/').next().unwrap_or(zone.name);
            (distance(zone.name, name).min(distance(city, name)), zone)
        })
        .min_by_key(|(steps, _)| *steps)?;
    (steps * 3 <= name.len()).then_some(zone)
}

impl Zone {
    /// Gives the parts of this zone that templates read.
    pub fn values(&self) -> ZoneValues {
        // A test walks the table, so the fallback to UTC is for a table that fails its tests.
        let rule = Rule::parse(self.posix).unwrap_or(Rule::UTC);
        ZoneValues {
            name: self.name.to_string(),
            posix: self.posix.to_string(),
            posix_plain: rule.plain(),
            offset_s: rule.offset_s,
            offset_text: hours_and_minutes(rule.offset_s),
            offset_hours: short_hours(rule.offset_s),
            summer: rule.summer.as_ref().map(|summer| SummerValues {
                start: summer.start.values(),
                end: summer.end.values(),
                save_min: rule.save_min(summer),
            }),
            country: self.country.to_string(),
        }
    }
}

impl ZoneValues {
    /// Leaves the clock at standard time all year.
    pub(crate) fn stop_summer(&mut self) {
        let Some(rule) = Rule::parse(&self.posix) else { return };
        let standard = Rule { summer: None, ..rule }.plain();
        let rest = take_name(&self.posix).and_then(|(_, rest)| take_clock(rest));
        let summer_len = rest.map_or(0, |(_, rest)| rest.len());
        self.posix.truncate(self.posix.len() - summer_len);
        (self.posix_plain, self.summer) = (standard, None);
    }
}

/// A POSIX TZ string, read.
struct Rule<'a> {
    name: &'a str,
    offset_s: i32,
    summer: Option<Summer<'a>>,
}

struct Summer<'a> {
    name: &'a str,
    offset_s: i32,
    start: Change,
    end: Change,
}

/// `Mm.w.d/time`; the time in seconds after midnight, which may lie outside the day.
#[derive(Clone, Copy)]
struct Change {
    month: u8,
    week: u8,
    weekday: u8,
    at_s: i32,
}

impl<'a> Rule<'a> {
    const UTC: Rule<'static> = Rule { name: "UTC", offset_s: 0, summer: None };

    fn parse(text: &'a str) -> Option<Rule<'a>> {
        let (name, rest) = take_name(text)?;
        let (behind_s, rest) = take_clock(rest)?;
        let offset_s = -behind_s;
        if rest.is_empty() {
            return Some(Rule { name, offset_s, summer: None });
        }
        let (summer_name, rest) = take_name(rest)?;
        let (summer_offset_s, rest) = match take_clock(rest) {
            Some((behind_s, rest)) => (-behind_s, rest),
            None => (offset_s + 3600, rest),
        };
        let (start, rest) = take_change(rest)?;
        let (end, rest) = take_change(rest)?;
        if !rest.is_empty() || summer_offset_s <= offset_s {
            return None;
        }
        let summer = Summer { name: summer_name, offset_s: summer_offset_s, start, end };
        Some(Rule { name, offset_s, summer: Some(summer) })
    }

    fn save_min(&self, summer: &Summer<'_>) -> u32 {
        u32::try_from((summer.offset_s - self.offset_s) / 60).unwrap_or(0)
    }

    /// The rule with nothing left to defaults and no `<+03>` names, which older phones misread.
    fn plain(&self) -> String {
        let standard = format!("{}{}", plain_name(self.name, "STD"), behind(self.offset_s));
        match &self.summer {
            None => standard,
            Some(summer) => format!(
                "{standard}{}{},{},{}",
                plain_name(summer.name, "DST"),
                behind(summer.offset_s),
                summer.start.plain(),
                summer.end.plain()
            ),
        }
    }
}

impl Change {
    fn hour(self) -> u8 {
        u8::try_from(self.at_s.div_euclid(3600).clamp(0, 23)).unwrap_or(0)
    }

    fn values(self) -> ChangeValues {
        let Change { month, week, weekday, at_s: _ } = self;
        ChangeValues { month, week, weekday, hour: self.hour() }
    }

    fn plain(self) -> String {
        format!("M{}.{}.{}/{}", self.month, self.week, self.weekday, self.hour())
    }
}

fn plain_name<'a>(name: &'a str, instead: &'a str) -> &'a str {
    if name.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        name
    } else {
        instead
    }
}

/// An offset as POSIX counts it: hours behind UTC, minutes only where there are any.
fn behind(offset_s: i32) -> String {
    let sign = if offset_s > 0 { "-" } else { "" };
    let minutes = offset_s.unsigned_abs() / 60;
    match minutes % 60 {
        0 => format!("{sign}{}", minutes / 60),
        odd => format!("{sign}{}:{odd:02}", minutes / 60),
    }
}

fn hours_and_minutes(offset_s: i32) -> String {
    let sign = if offset_s < 0 { '-' } else { '+' };
    let minutes = offset_s.unsigned_abs() / 60;
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

fn short_hours(offset_s: i32) -> String {
    let sign = match offset_s {
        0 => "",
        east if east > 0 => "+",
        _ => "-",
    };
    let minutes = offset_s.unsigned_abs() / 60;
    match minutes % 60 {
        0 => format!("{sign}{}", minutes / 60),
        odd => format!("{sign}{}:{odd:02}", minutes / 60),
    }
}

/// `CET` or `<+03>`.
fn take_name(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = match text.strip_prefix('<') {
        Some(quoted) => quoted.split_once('>')?,
        None => {
            let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
            text.split_at_checked(end)?
        }
    };
    (name.len() >= 3).then_some((name, rest))
}

/// `-10:30` in seconds; hours up to 167 as in the extension of the tz database.
fn take_clock(text: &str) -> Option<(i32, &str)> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (hours, mut rest) = take_number(rest, 167)?;
    let mut seconds = hours * 3600;
    for unit in [60, 1] {
        if let Some(more) = rest.strip_prefix(':') {
            let (number, after) = take_number(more, 59)?;
            seconds += number * unit;
            rest = after;
        }
    }
    Some((sign * seconds, rest))
}

/// `,M3.5.0/2`; the time is 02:00 where it is not written.
fn take_change(text: &str) -> Option<(Change, &str)> {
    let (month, rest) = take_number(text.strip_prefix(",M")?, 12)?;
    let (week, rest) = take_number(rest.strip_prefix('.')?, 5)?;
    let (weekday, rest) = take_number(rest.strip_prefix('.')?, 6)?;
    if month == 0 || week == 0 {
        return None;
    }
    let (at_s, rest) = match rest.strip_prefix('/') {
        Some(clock) => take_clock(clock)?,
        None => (2 * 3600, rest),
    };
    let month = u8::try_from(month).ok()?;
    let week = u8::try_from(week).ok()?;
    let weekday = u8::try_from(weekday).ok()?;
    Some((Change { month, week, weekday, at_s }, rest))
}

fn take_number(text: &str, max: i32) -> Option<(i32, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    let number = digits.parse().ok()?;
    (number <= max).then_some((number, rest))
}

/// Edit distance without regard to case; `right` is at most [`ZONE_NAME_MAX`] bytes.
fn distance(left: &str, right: &str) -> usize {
    let mut row = [0_usize; ZONE_NAME_MAX + 1];
    for (at, cell) in row.iter_mut().enumerate() {
        *cell = at;
    }
    for (line, a) in left.bytes().enumerate() {
        let mut diagonal = line;
        let mut before = line + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(right.bytes()) {
            let change = diagonal + usize::from(!a.eq_ignore_ascii_case(&b));
            diagonal = *cell;
            *cell = change.min(before + 1).min(diagonal + 1);
            before = *cell;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.get(right.len()).copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(name: &str) -> ZoneValues {
        find(name).unwrap().values()
    }

    #[test]
    fn every_zone_can_be_read_and_names_are_sorted() {
        for zone in all() {
            assert!(Rule::parse(zone.posix).is_some(), "{}", zone.name);
            assert!(zone.name.len() <= ZONE_NAME_MAX && find(zone.name) == Some(zone));
        }
        assert!(all().is_sorted_by(|a, b| a.name < b.name));
        assert!(all().len() >= 60);
    }

    #[test]
    fn berlin_changes_on_the_last_sundays_of_march_and_october() {
        let berlin = values("Europe/Berlin");
        assert_eq!(berlin.offset_s, 3600);
        assert_eq!((berlin.offset_text.as_str(), berlin.offset_hours.as_str()), ("+01:00", "+1"));
        assert_eq!(berlin.posix_plain, "CET-1CEST-2,M3.5.0/2,M10.5.0/3");
        let summer = berlin.summer.unwrap();
        assert_eq!(summer.save_min, 60);
        let ChangeValues { month, week, weekday, hour } = summer.start;
        assert_eq!((month, week, weekday, hour), (3, 5, 0, 2));
        let ChangeValues { month, week, weekday, hour } = summer.end;
        assert_eq!((month, week, weekday, hour), (10, 5, 0, 3));
    }

    #[test]
    fn half_hours_and_the_west_keep_their_sign() {
        let newfoundland = values("America/St_Johns");
        assert_eq!(newfoundland.offset_s, -12_600);
        assert_eq!(newfoundland.offset_text, "-03:30");
        assert_eq!(newfoundland.offset_hours, "-3:30");
        assert_eq!(newfoundland.posix_plain, "NST3:30NDT2:30,M3.2.0/2,M11.1.0/2");
        assert_eq!(values("Asia/Kathmandu").offset_hours, "+5:45");
        assert_eq!(values("Europe/London").offset_hours, "0");
        assert_eq!(values("Europe/London").offset_text, "+00:00");
    }

    #[test]
    fn a_zone_without_summer_time_has_none_and_a_plain_name() {
        let sao_paulo = values("America/Sao_Paulo");
        assert!(sao_paulo.summer.is_none());
        assert_eq!(sao_paulo.posix, "<-03>3");
        assert_eq!(sao_paulo.posix_plain, "STD3");
    }

    #[test]
    fn changes_outside_the_day_are_moved_to_its_nearest_hour() {
        let jerusalem = values("Asia/Jerusalem").summer.unwrap();
        assert_eq!((jerusalem.start.weekday, jerusalem.start.hour), (4, 23));
        let nuuk = values("America/Nuuk").summer.unwrap();
        assert_eq!((nuuk.start.hour, nuuk.end.hour), (0, 0));
    }

    #[test]
    fn texts_that_are_no_rule_are_refused() {
        for text in [
            "",
            "CET",
            "CE-1",
            "-1",
            "<+03-3",
            "CET-1CEST",
            "CET-1CEST,M3.5.0",
            "CET-168",
            "CET-1CEST,M13.5.0,M10.5.0",
            "CET-1CEST,M3.6.0,M10.5.0",
            "CET-1CEST,J60,J300",
            "CET-1CEST,M3.5.0,M10.5.0/",
            "CET-1CET-1,M3.5.0,M10.5.0",
            "CET-1:60",
            "CET-1 ",
            "CET-1CEST,M3.5.0,M10.5.0,M1.1.1",
            "CET-99999999999999999999",
        ] {
            assert!(Rule::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_misspelt_name_gets_the_nearest_one_suggested() {
        for (typed, meant) in [
            ("europe/berlin", "Europe/Berlin"),
            ("Europe/Berln", "Europe/Berlin"),
            ("Berlin", "Europe/Berlin"),
            ("America/Newyork", "America/New_York"),
            ("Zürich", "Europe/Zurich"),
        ] {
            assert_eq!(nearest(typed).map(|zone| zone.name), Some(meant), "{typed}");
        }
        assert!(nearest("").is_none());
        assert!(nearest("the time of day").is_none());
        assert!(nearest(&"x".repeat(10_000)).is_none());
    }
}
