//! What an admin can have phones do from afar, and what came of it: fetching their files again, or
//! restarting.
//!
//! A phone is asked by a SIP NOTIFY with the event that its maker obeys (see
//! [`crate::catalog::Family::resync_event`]). That it answers the NOTIFY says nothing about whether
//! it obeys; only a phone that afterwards came for its own file has done what it was asked.
//!
//! ```text
//!  Planned ──▶ Waiting ──▶ Asked ──▶ Acknowledged ──▶ NeverCame
//!                 │          ├─────▶ Refused                         each of these five
//!                 ▼          └─────▶ Silent              its file ─▶ becomes Confirmed
//!            NotRegistered
//! ```
//!
//! The words are here; who is asked when, and the NOTIFY itself, is in `sip/resync.rs`.

use crate::limits::{EXTENSION_RANGES_MAX, RESYNC_COMES_MS};
use crate::names::{Extension, HandsetNo};
use crate::time::{Instant, MINUTE_MS, SECOND_MS};
use alloc::vec::Vec;
use core::fmt;

/// What a phone is asked to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Errand {
    /// To fetch its files again; phones of some makers restart for it.
    Resync,
    /// To restart, and so to fetch its files again.
    Restart,
}

/// What becomes of a phone that is rung to be found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rung {
    /// It is rung from now on.
    Begins,
    /// It was rung as long as it should, and that was taken back.
    Ended,
    /// Somebody took the handset off, or it answered by itself; it was hung up.
    Answered,
    /// It says by this status code of SIP that it will not.
    Refused(u16),
    /// It did not answer.
    Silent,
}

/// Which handsets are asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Selection {
    /// This one.
    One(HandsetNo),
    /// Every one.
    All,
    /// Those with an extension in one of these ranges, both ends included; at most
    /// [`EXTENSION_RANGES_MAX`] of them.
    Extensions(Vec<(Extension, Extension)>),
}

/// How far it has come with one handset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// It is asked in the quiet hour, at this time of the site's clock.
    Planned(ClockTime),
    /// Others are asked before it.
    Waiting,
    /// It was not registered when its turn came.
    NotRegistered,
    /// It was asked and has not answered yet.
    Asked,
    /// It has said that it will.
    Acknowledged,
    /// It has said that it will not, by this status code of SIP.
    Refused(u16),
    /// It has not answered in the time that SIP gives it (RFC 3261 section 17.1.2.2, timer F).
    Silent,
    /// It has said that it will, and did not come for its file within [`RESYNC_COMES_MS`].
    NeverCame,
    /// It came for its file after it was asked.
    Confirmed,
}

/// What a handset was last asked, for a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Asked {
    /// To do what.
    pub errand: Errand,
    /// What came of it.
    pub progress: Progress,
    /// Since when it is so.
    pub at: Instant,
    /// The same by the clock of the site; `None` while the box does not know the time.
    pub clock: Option<ClockTime>,
}

/// A time of day by the clock of the site, to the minute.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ClockTime(u16);

/// Minutes of a day.
const DAY_MIN: u16 = 24 * 60;

impl ClockTime {
    /// Reads a time as a browser's field sends it: `HH:MM`, seconds after it ignored.
    pub fn parse(text: &str) -> Option<ClockTime> {
        let two = |at: usize| {
            let digits = text.get(at..at + 2)?;
            let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| digits.parse::<u16>().ok()).flatten()
        };
        let (hour, minute) = (two(0)?, two(3)?);
        let seconds = text.get(5..).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'));
        let read = text.get(2..3) == Some(":") && seconds && text.len() <= 8;
        (read && hour < 24 && minute < 60).then_some(ClockTime(hour * 60 + minute))
    }

    /// The time of day that so many seconds since 1970, counted by the local clock, fall on.
    pub(crate) fn of_local(seconds: u64) -> ClockTime {
        ClockTime((seconds / 60 % u64::from(DAY_MIN)) as u16)
    }

    /// How many minutes go by from one time of day to the next time that the clock shows another.
    pub(crate) fn minutes_until(self, other: ClockTime) -> u16 {
        (other.0 + DAY_MIN - self.0) % DAY_MIN
    }
}

impl fmt::Display for ClockTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Selection {
    /// Whether a handset with these extensions is meant.
    pub(crate) fn means(&self, no: HandsetNo, extensions: impl Iterator<Item = Extension>) -> bool {
        match self {
            Selection::One(one) => *one == no,
            Selection::All => true,
            Selection::Extensions(ranges) => {
                let mut extensions = extensions;
                let ranges = ranges.get(..ranges.len().min(EXTENSION_RANGES_MAX));
                let ranges = ranges.unwrap_or_default();
                extensions.any(|it| ranges.iter().any(|(from, to)| *from <= it && it <= *to))
            }
        }
    }
}

impl Progress {
    /// Whether nothing more is done about it.
    pub fn is_over(self) -> bool {
        match self {
            Progress::Planned(_) | Progress::Waiting | Progress::Asked | Progress::Acknowledged => {
                false
            }
            Progress::NotRegistered
            | Progress::Refused(_)
            | Progress::Silent
            | Progress::NeverCame
            | Progress::Confirmed => true,
        }
    }
}

impl Asked {
    /// Whether its question can still be taken back: nothing was sent yet.
    pub fn is_before_sending(&self) -> bool {
        matches!(self.progress, Progress::Planned(_) | Progress::Waiting)
    }
}

impl fmt::Display for Errand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Errand::Resync => "fetch its configuration again",
            Errand::Restart => "restart",
        })
    }
}

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rung::Begins => f.write_str("Is rung to be found (INVITE)"),
            Rung::Ended => f.write_str("Was rung for ten seconds"),
            Rung::Answered => f.write_str("Was rung and answered; it was hung up"),
            Rung::Refused(code) => write!(f, "Would not ring ({})", Code(*code)),
            Rung::Silent => f.write_str("Did not answer when it was rung"),
        }
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errand = self.errand;
        match self.progress {
            Progress::Planned(at) => write!(f, "Will be asked at {at} to {errand}."),
            Progress::Waiting => write!(f, "Waits for its turn to be asked to {errand}."),
            Progress::NotRegistered => {
                write!(f, "Was not asked to {errand}: it was not registered at its turn.")
            }
            Progress::Asked => write!(f, "Was asked to {errand}; no answer yet."),
            Progress::Acknowledged => {
                write!(f, "Said that it will {errand}; it has not come for its file yet.")
            }
            Progress::Refused(code) => write!(f, "Refused to {errand} ({}).", Code(code)),
            Progress::Silent => {
                write!(f, "Did not answer when it was asked to {errand}.")
            }
            Progress::NeverCame => write!(
                f,
                "Did not answer: it said that it will {errand}, but did not come for its file \
                within {} minutes.",
                RESYNC_COMES_MS / MINUTE_MS
            ),
            Progress::Confirmed => {
                match self.clock {
                    Some(clock) => write!(f, "Confirmed at {clock}: ")?,
                    None => f.write_str("Confirmed: ")?,
                }
                f.write_str("it came for its file.")
            }
        }
    }
}

/// A status code of SIP with what it means here.
pub(crate) struct Code(pub(crate) u16);

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Code(code) = self;
        match code {
            401 | 407 => write!(f, "{code}: it wants a password for that"),
            489 => write!(f, "{code}: it does not know this event"),
            code => write!(f, "{code} {}", wire::sip::reason_phrase(*code)),
        }
    }
}

/// How long a phone that was asked has to answer, in milliseconds: 64 times T1 (RFC 3261 section
/// 17.1.2.2).
pub(crate) const ANSWER_MS: u64 = 32 * SECOND_MS;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn a_time_of_day_is_hours_and_minutes() {
        for (text, said) in [("22:30", "22:30"), ("00:00", "00:00"), ("07:05:59", "07:05")] {
            assert_eq!(ClockTime::parse(text).map(|it| it.to_string()).as_deref(), Some(said));
        }
        let bad = ["", "2:30", "24:00", "12:60", "12-30", "+1:30", "12:3", "12:30x", "12:30:000"];
        for text in bad.into_iter().chain(["１2:30", "12:30:59:1", "ab:cd"]) {
            assert_eq!(ClockTime::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_next_quiet_hour_is_today_or_tomorrow() {
        let time = |text| ClockTime::parse(text).unwrap();
        assert_eq!(time("21:00").minutes_until(time("22:30")), 90);
        assert_eq!(time("22:31").minutes_until(time("22:30")), 24 * 60 - 1);
        assert_eq!(time("22:30").minutes_until(time("22:30")), 0);
        assert_eq!(ClockTime::of_local(1_741_183_500), time("14:05"));
    }

    #[test]
    fn a_refusal_says_why_where_that_is_known() {
        let said = |code| Code(code).to_string();
        assert_eq!(said(401), "401: it wants a password for that");
        assert_eq!(said(403), "403 Forbidden");
        assert_eq!(said(489), "489: it does not know this event");
    }
}
