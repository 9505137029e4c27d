//! The page System: what the box is, how it is, and the way to start it anew.

use crate::moment::{Ago, Lasted, When};
use crate::status::Mark;
use crate::voip::profile_word;
use crate::{asset, html, Html, Viewer};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use askama::Template;
use core::fmt;
use core::net::Ipv4Addr;
use exchange::names::{Mac, Side};
use exchange::time::{DAY_MS, SECOND_MS};
use exchange::view::BoxView;

/// What only the daemon knows of the box it runs on; `None` is said as not known.
#[derive(Default)]
pub struct Machine {
    /// What the build was called by whoever made it.
    pub build: Option<String>,
    /// The board's name.
    pub board: Option<String>,
    /// The slot of the flash that it runs from.
    pub slot: Option<String>,
    /// How long the box has been on, in seconds.
    pub on_s: Option<u64>,
    /// Whether the clock follows a time server.
    pub synchronised: bool,
    /// The daemon's share of the memory, in bytes.
    pub memory_bytes: Option<u64>,
    /// What the flash has been through.
    pub flash: Wear,
    /// The network ports, in the order of the board.
    pub ports: Vec<Port>,
}

/// What the flash has been through, and how full it is.
#[derive(Default, Clone, Copy)]
pub struct Wear {
    /// Bytes of the bank that are used, obsolete ones among them.
    pub used_bytes: u64,
    /// Bytes written today; `None` while nobody knows what day it is.
    pub today_bytes: Option<u64>,
    /// Bytes written since the daemon started.
    pub since_start_bytes: u64,
    /// Bytes written since the flash was formatted.
    pub written_bytes: u64,
    /// Blocks erased since the flash was formatted.
    pub erases: u32,
    /// Whether they are all that were; soon after a start the last ones are not counted yet.
    pub counted: bool,
    /// How often the block was erased that was erased most often.
    pub erases_of_one: u32,
    /// Blocks that will not erase any more.
    pub retired: u32,
}

/// How often a block of a NOR flash can be erased, by the makers' data sheets.
const ERASES_MAX: u64 = 100_000;
/// More years than this are told as more.
const YEARS_TOLD_MAX: u64 = 1_000;

impl Wear {
    /// Years until the first block is worn out, if it goes on as in the time since the start; at
    /// most [`YEARS_TOLD_MAX`], and `None` in the first day, which is no measure.
    ///
    /// A block is erased once for each time that two banks are written full.
    fn years_left(&self, bank: u64, running_ms: u64) -> Option<u64> {
        const YEAR_MS: u128 = 365 * DAY_MS as u128;
        if running_ms < DAY_MS {
            return None;
        }
        let erases = u128::from(ERASES_MAX.saturating_sub(u64::from(self.erases_of_one)));
        let bytes_left = erases * 2 * u128::from(bank);
        let a_year = u128::from(self.since_start_bytes) * YEAR_MS / u128::from(running_ms);
        let years = bytes_left.checked_div(a_year).unwrap_or(u128::MAX);
        Some(u64::try_from(years).unwrap_or(u64::MAX).min(YEARS_TOLD_MAX))
    }
}

/// One network port.
pub struct Port {
    /// The kernel's name of it.
    pub name: String,
    /// Which side of the box it is.
    pub side: Side,
    /// Its address and the bits of its network part, while it has one.
    pub address: Option<(Ipv4Addr, u8)>,
    /// Its hardware address; the loopback has none.
    pub mac: Option<Mac>,
    /// Whether a cable leads to somebody.
    pub link: Link,
}

/// Whether a cable leads to somebody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Link {
    /// It does, at so many Mbit/s where that is known.
    Up(Option<u32>),
    /// It does not.
    Down,
    /// Nobody knows.
    Unknown,
}

#[derive(Template)]
#[template(path = "system.html")]
struct SystemPage<'a> {
    viewer: &'a Viewer<'a>,
    view: &'a BoxView,
    machine: &'a Machine,
}

/// The whole page.
pub fn system(view: &BoxView, machine: &Machine, viewer: &Viewer<'_>) -> Html {
    html(&SystemPage { viewer, view, machine }, 8 * 1024)
}

#[derive(Template)]
#[template(path = "restart.html")]
struct RestartPage<'a> {
    viewer: &'a Viewer<'a>,
}

/// The page that asks whether the daemon is really to be started anew.
pub fn restart(viewer: &Viewer<'_>) -> Html {
    html(&RestartPage { viewer }, 4 * 1024)
}

const NOT_KNOWN: &str = "not known";

impl SystemPage<'_> {
    fn facts(&self) -> Vec<(&'static str, String)> {
        let or = |known: &Option<String>, none: &str| known.clone().unwrap_or(none.to_string());
        let machine = self.machine;
        let on = machine.on_s.map(|seconds| Lasted(seconds.saturating_mul(SECOND_MS)));
        let memory = machine.memory_bytes.map(Amount);
        let mut facts = Vec::new();
        facts.push(("Version", self.viewer.version.to_string()));
        facts.push(("Build", or(&machine.build, "by hand")));
        facts.push(("Board", or(&machine.board, "a computer with an operating system of its own")));
        facts.extend(machine.slot.clone().map(|slot| ("Slot", slot)));
        let name = self.view.name.as_ref();
        facts.extend(name.map(|name| ("Name on the LAN", format!("{name}.local"))));
        facts.extend(on.map(|on| ("Box on for", on.to_string())));
        facts.push(("Dialtone running for", Lasted(self.view.now.mono.0).to_string()));
        facts.push(("Clock", self.clock()));
        facts.push(("New phones", profile_word(self.view.profile).to_string()));
        facts.push(("Memory in use", memory.map_or(NOT_KNOWN.to_string(), |it| it.to_string())));
        facts
    }

    fn clock(&self) -> String {
        let now = Ago::new(self.view.now, self.view.now.mono).when();
        let time = now.map(|now: When| format!(", {now}")).unwrap_or_default();
        match self.machine.synchronised {
            true => format!("follows a time server{time}"),
            false => format!("not set by a time server{time}"),
        }
    }

    fn flash(&self) -> Vec<(&'static str, String)> {
        let wear = self.machine.flash;
        let Wear { used_bytes, today_bytes, since_start_bytes, written_bytes, .. } = wear;
        let mut facts = Vec::new();
        if let Some(bank) = self.view.flash_bytes {
            let free = bank.saturating_sub(used_bytes);
            let (used, free, bank) = (Amount(used_bytes), Amount(free), Amount(bank));
            facts.push(("Bank", format!("{used} used, {free} free of {bank}")));
        }
        facts.push(("Settings and handsets", Amount(self.view.state_bytes).to_string()));
        let lately = match today_bytes {
            Some(today) => ("Written today", today),
            None => ("Written since the start", since_start_bytes),
        };
        facts.push((lately.0, Amount(lately.1).to_string()));
        facts.push(("Written in total", Amount(written_bytes).to_string()));
        facts.push(("Erased", self.erased()));
        if let Some(bank) = self.view.flash_bytes {
            facts.push(("Will last", self.will_last(bank)));
        }
        let stored = match self.view.read_only {
            true => "no: the memory is damaged or full, nothing new is stored",
            false => "yes",
        };
        facts.push(("Takes new records", stored.to_string()));
        facts
    }

    fn erased(&self) -> String {
        let Wear { erases, counted, erases_of_one, retired, .. } = self.machine.flash;
        let least = match (erases, counted) {
            (0, true) => return "no block so far".to_string(),
            (0, false) => return "not counted yet since the start".to_string(),
            (_, true) => "",
            (_, false) => "at least ",
        };
        let gone = match retired {
            0 => String::new(),
            1 => "; 1 block will not erase any more and is done without".to_string(),
            _ => format!("; {retired} blocks will not erase any more and are done without"),
        };
        let often = match erases_of_one {
            0 | 1 => "none of them more than once".to_string(),
            often => format!("none of them more than {often} times"),
        };
        format!("{least}{erases} blocks, {often}{gone}")
    }

    fn will_last(&self, bank: u64) -> String {
        match self.machine.flash.years_left(bank, self.view.now.mono.0) {
            None => "told after the first day".to_string(),
            Some(YEARS_TOLD_MAX) => "more than 1000 years, if it goes on like this".to_string(),
            Some(0) => "less than a year, if it goes on like this".to_string(),
            Some(years) => format!("about {years} years, if it goes on like this"),
        }
    }

    fn mark(&self, link: &Link) -> Mark {
        let (class, word) = match link {
            Link::Up(_) => ("ok", "Up"),
            Link::Down => ("away", "Down"),
            Link::Unknown => ("away", "Not known"),
        };
        Mark { class, word }
    }
}

impl Port {
    fn at(&self) -> String {
        match self.address {
            Some((address, prefix)) => format!("{address}/{prefix}"),
            None => "none at present".to_string(),
        }
    }
}

/// Bytes in the unit in which one thinks of them.
struct Amount(u64);

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const KIB: u64 = 1_024;
        let (unit, name) = match self.0 {
            ..KIB => return write!(f, "{} bytes", self.0),
            KIB..1_048_576 => (KIB, "KiB"),
            1_048_576.. => (KIB * KIB, "MiB"),
        };
        // Rounded to a tenth, without floating point.
        let tenths = self.0.saturating_mul(10).saturating_add(unit / 2) / unit;
        write!(f, "{}.{} {name}", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_the_flash_will_last_follows_from_what_was_written_since_the_start() {
        const BANK: u64 = 524_288;
        let wear = |since_start_bytes, erases_of_one| Wear {
            since_start_bytes,
            erases_of_one,
            ..Wear::default()
        };
        assert_eq!(wear(1_000, 0).years_left(BANK, DAY_MS - 1), None);
        assert_eq!(wear(0, 0).years_left(BANK, DAY_MS), Some(YEARS_TOLD_MAX));
        // Two banks a day are one erase of each block a day.
        let days = |erases: u64| Some(erases / 365);
        assert_eq!(wear(2 * BANK, 0).years_left(BANK, DAY_MS), days(100_000));
        assert_eq!(wear(20 * BANK, 60_000).years_left(BANK, 10 * DAY_MS), days(40_000));
        assert_eq!(wear(1_000 * BANK, 0).years_left(BANK, DAY_MS), Some(0));
        assert_eq!(wear(u64::MAX, u32::MAX).years_left(BANK, DAY_MS), Some(0));
    }

    #[test]
    fn bytes_are_told_in_the_unit_in_which_one_thinks_of_them() {
        let said = [0, 1_023, 1_024, 39_117, 524_288, 1_048_576, 3_000_000, u64::MAX];
        let words =
            ["0 bytes", "1023 bytes", "1.0 KiB", "38.2 KiB", "512.0 KiB", "1.0 MiB", "2.9 MiB"];
        let said = said.map(|bytes| Amount(bytes).to_string());
        assert_eq!(said[..7], words);
        assert!(said[7].ends_with("MiB"));
    }
}
