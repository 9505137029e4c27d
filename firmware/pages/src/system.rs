//! The page System: what the box is, how it is, and the way to start it anew.

use crate::moment::{Ago, Lasted, When};
use crate::status::Mark;
use crate::{asset, html, Html, Viewer};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use askama::Template;
use core::fmt;
use core::net::Ipv4Addr;
use exchange::names::{Mac, Side};
use exchange::time::SECOND_MS;
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

/// What the flash has been through since the daemon started, and how full it is.
#[derive(Default, Clone, Copy)]
pub struct Wear {
    /// Bytes of the bank that are used, obsolete ones among them.
    pub used_bytes: u64,
    /// Bytes written.
    pub written_bytes: u64,
    /// Blocks erased.
    pub erases: u64,
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
        let Wear { used_bytes, written_bytes, erases } = self.machine.flash;
        let mut facts = Vec::new();
        if let Some(bank) = self.view.flash_bytes {
            let free = bank.saturating_sub(used_bytes);
            let (used, free, bank) = (Amount(used_bytes), Amount(free), Amount(bank));
            facts.push(("Bank", format!("{used} used, {free} free of {bank}")));
        }
        facts.push(("Settings and handsets", Amount(self.view.state_bytes).to_string()));
        let since = format!("{} written, {erases} blocks erased", Amount(written_bytes));
        facts.push(("Since the start", since));
        let stored = match self.view.read_only {
            true => "no: the memory is damaged or full, nothing new is stored",
            false => "yes",
        };
        facts.push(("Takes new records", stored.to_string()));
        facts
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
    fn bytes_are_told_in_the_unit_in_which_one_thinks_of_them() {
        let said = [0, 1_023, 1_024, 39_117, 524_288, 1_048_576, 3_000_000, u64::MAX];
        let words =
            ["0 bytes", "1023 bytes", "1.0 KiB", "38.2 KiB", "512.0 KiB", "1.0 MiB", "2.9 MiB"];
        let said = said.map(|bytes| Amount(bytes).to_string());
        assert_eq!(said[..7], words);
        assert!(said[7].ends_with("MiB"));
    }
}
