//! How DHCP is served beside others in a text, a line each.
//!
//! ```text
//! dhcp serve=phones-only
//! elder network=192.168.10.0 ip=192.168.10.254 mac=00:0c:42:01:02:03
//! ```

use super::bad::Wrong;
use super::words::{pair, Entry};
use crate::beside::{Beside, Elder, Serving};
use crate::limits::ELDERS_MAX;
use crate::state::Event;
use alloc::string::String;
use alloc::vec::Vec;

/// The lines, without their ends.
pub(super) fn lines(beside: &Beside) -> Vec<String> {
    let mut lines = Vec::new();
    if beside.serving() != Serving::default() {
        let mut line = String::from("dhcp");
        pair(&mut line, "serve", beside.serving().id());
        lines.push(line);
    }
    for Elder { network, server, mac } in beside.elders() {
        let mut line = String::from("elder");
        pair(&mut line, "network", network);
        pair(&mut line, "ip", server);
        pair(&mut line, "mac", mac);
        lines.push(line);
    }
    lines
}

/// How DHCP is served as far as a text was read.
#[derive(Default)]
pub(super) struct Draft {
    beside: Beside,
    elders: Vec<(Elder, usize)>,
}

impl Draft {
    /// Takes a line `dhcp`.
    pub(super) fn serving(&mut self, mut entry: Entry<'_>) -> Result<(), Wrong> {
        entry.knows(&["serve"])?;
        let words = "automatic, all, phones-only or off";
        self.beside.choose(entry.read_wanted("serve", words, Serving::from_id)?);
        Ok(())
    }

    /// Takes a line `elder`.
    pub(super) fn elder(&mut self, at: usize, mut entry: Entry<'_>) -> Result<(), Wrong> {
        entry.knows(&["network", "ip", "mac"])?;
        let (network, server) = (entry.network_ip()?, entry.ip()?);
        let elder = Elder { network, server, mac: entry.any_mac()? };
        let mut known = self.elders.iter();
        let same = |(it, _): &&(Elder, usize)| (it.network, it.server) == (network, server);
        if let Some((_, line)) = known.find(same) {
            return Err(Wrong::Again { what: "This server", line: *line });
        }
        if self.elders.len() >= ELDERS_MAX {
            return Err(Wrong::EldersFull);
        }
        self.elders.push((elder, at));
        self.beside.met(elder);
        Ok(())
    }

    /// Their facts.
    pub(super) fn facts(&self) -> impl Iterator<Item = Event> + '_ {
        self.beside.facts()
    }
}
