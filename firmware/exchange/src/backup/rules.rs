//! The rules by which phones are taken in, in the text: `switch name=lan-creates disabled=yes
//! by=192.168.10.20 at=1764528000`, `pnp-key secret=sealed:...`, `ban mac=00:15:65:12:34:56`,
//! `reach host=phones.example.com`.
//!
//! Switches of which nobody knows who set them stand in the line `new-phones`. Where a text leaves
//! the key out, the one of this box stays.

use super::bad::Wrong;
use super::seal::Sealer;
use super::words::{pair, Entry};
use crate::limits::BANS_MAX;
use crate::policy::Switch;
use crate::rules::reach;
use crate::secret::PnpKey;
use crate::sorted::SortedSet;
use crate::state::{Event, Rules, SetBy};
use crate::time::Wall;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::Ipv4Addr;
use wire::Mac;

/// Under which name the key of Plug-and-Play is sealed.
pub(super) const PNP_KEY: &str = "pnp-key";

/// The lines of switches, of bans, and of how remote phones reach the box.
pub(super) fn lines(rules: &Rules) -> Vec<String> {
    let mut lines = Vec::new();
    for switch in Switch::ALL {
        let Some(SetBy { source, at }) = rules.set_by(switch) else { continue };
        let mut line = String::from("switch");
        pair(&mut line, "name", switch.id());
        pair(&mut line, "disabled", if rules.disabled(switch) { "yes" } else { "no" });
        pair(&mut line, "by", source);
        if let Some(Wall(seconds)) = at {
            pair(&mut line, "at", seconds);
        }
        lines.push(line);
    }
    for mac in rules.banned() {
        let mut line = String::from("ban");
        pair(&mut line, "mac", mac);
        lines.push(line);
    }
    if let Some(host) = rules.reach() {
        let mut line = String::from("reach");
        pair(&mut line, "host", host);
        lines.push(line);
    }
    lines
}

/// The rules as far as a text was read.
#[derive(Default)]
pub(super) struct Draft {
    switches: [Option<(usize, Event)>; Switch::ALL.len()],
    key: Option<(usize, Option<PnpKey>)>,
    bans: SortedSet<Mac>,
    reach: Option<(usize, String)>,
}

impl Draft {
    /// Takes a line in.
    pub(super) fn take(
        &mut self,
        at: usize,
        mut entry: Entry<'_>,
        sealer: Option<&Sealer>,
    ) -> Result<(), Wrong> {
        match entry.kind {
            "switch" => self.switch(at, entry),
            "ban" => {
                entry.knows(&["mac"])?;
                let mac = entry.mac()?;
                if self.bans.len() >= BANS_MAX {
                    return Err(Wrong::BansFull);
                }
                self.bans.insert(mac);
                Ok(())
            }
            "reach" => {
                entry.knows(&["host"])?;
                let wanted = "an IP address or a name such as phones.example.com";
                let host = entry.read_wanted("host", wanted, reach)?;
                match self.reach.replace((at, host)) {
                    Some((line, _)) => Err(Wrong::Again { what: "`reach`", line }),
                    None => Ok(()),
                }
            }
            _pnp_key => {
                entry.knows(&["secret"])?;
                if let Some((line, _)) = self.key {
                    return Err(Wrong::Again { what: "`pnp-key`", line });
                }
                self.key = Some((at, entry.secret("secret", PNP_KEY, sealer)?.map(PnpKey)));
                Ok(())
            }
        }
    }

    fn switch(&mut self, at: usize, mut entry: Entry<'_>) -> Result<(), Wrong> {
        entry.knows(&["name", "disabled", "by", "at"])?;
        let names = "lan-creates, wan-creates or assign-at-phone";
        let switch = entry.read_wanted("name", names, Switch::named)?;
        let disabled = entry.switch("disabled")?.ok_or(Wrong::Missing("disabled"))?;
        let address = |text: &str| text.parse::<Ipv4Addr>().ok();
        let by = entry.read_wanted("by", "an IP address such as 192.168.10.50", address)?;
        let seconds = |text: &str| text.parse::<u64>().ok();
        let when = entry.read("at", "a number of seconds since 1970", seconds)?;
        let fact = Event::SwitchSet { switch, disabled, by: by.octets(), at: when };
        match self.switches[switch as usize].replace((at, fact)) {
            Some((line, _)) => Err(Wrong::Again { what: "This switch", line }),
            None => Ok(()),
        }
    }

    /// The facts; `before` are the rules of this box.
    pub(super) fn facts(self, before: &Rules) -> Vec<Event> {
        let switches = self.switches.into_iter().flatten().map(|(_, fact)| fact);
        let key = self.key.and_then(|(_, key)| key).or(before.key());
        let key = key.map(|key| Event::PnpKeyDrawn { key });
        let bans = self.bans.into_iter().map(|mac| Event::MacBanned { mac: mac.0, banned: true });
        let reach = self.reach.map(|(_, host)| Event::ReachSet { host: Some(host) });
        switches.chain(key).chain(bans).chain(reach).collect()
    }
}
