//! The box itself: its network, what it is and how it is, and the way to start it anew.
//!
//! What is set of the network is answered with the page that says where one goes on: a second
//! later there is nobody to ask. What the exchange does not know of the box is looked up here, when
//! somebody looks; what cannot be looked up is said as not known.

use super::office::{notice, Wish};
use super::{reply, Admin};
use crate::config::Port;
use crate::device;
use crate::http::Answered;
use crate::link::{self, Link};
use crate::release;
use crate::synchronised::{self, Time};
use crate::wear::Wear;
use exchange::command::{Command, Lan, Refusal};
use hyper::StatusCode;
use pages::form::{self, Fields, LanForm, WanForm};
use pages::{system, Leaving};
use std::fs;

/// What is known of the box from its start on.
#[derive(Default)]
pub(crate) struct Facts {
    /// The board's name.
    pub(crate) board: Option<String>,
    /// The slot of the flash that it runs from.
    pub(crate) slot: Option<String>,
    /// Its network ports, as the sockets have them.
    pub(crate) ports: Vec<Port>,
}

impl Admin<'_> {
    pub(super) fn network(&self, query: &str) -> Answered {
        let viewer = self.viewer(notice(query));
        reply::html(StatusCode::OK, pages::network(&self.the_box, &viewer, None, None))
    }

    fn network_again(&self, lan: Option<LanForm>, wan: Option<WanForm>) -> Answered {
        let html = pages::network(&self.the_box, &self.viewer(None), lan, wan);
        reply::html(StatusCode::UNPROCESSABLE_ENTITY, html)
    }

    pub(super) async fn propose_lan(&self, fields: &Fields) -> Answered {
        if self.the_box.lan.is_none() {
            return reply::unknown();
        }
        let command = match form::lan(fields) {
            Ok(command) => command,
            Err(form) => return self.network_again(Some(*form), None),
        };
        let leaving = self.leaving_for(&command);
        match self.wish(fields, command).await {
            Wish::Done => reply::html(StatusCode::OK, self.leaving(leaving)),
            Wish::Refused(refusal) => {
                self.network_again(Some(LanForm::refused(fields, refusal)), None)
            }
            Wish::Unanswered => reply::unavailable(),
        }
    }

    pub(super) async fn propose_wan(&self, fields: &Fields) -> Answered {
        if self.the_box.wan.is_none() {
            return reply::unknown();
        }
        let command = match form::wan(fields) {
            Ok(command) => command,
            Err(form) => return self.network_again(None, Some(*form)),
        };
        match self.wish(fields, command).await {
            Wish::Done => reply::html(StatusCode::OK, self.leaving(Leaving::Network)),
            Wish::Refused(refusal) => {
                self.network_again(None, Some(WanForm::refused(fields, refusal)))
            }
            Wish::Unanswered => reply::unavailable(),
        }
    }

    fn leaving(&self, leaving: Leaving) -> pages::Html {
        pages::leaving(leaving, self.the_box.trial_ms)
    }

    /// Where the pages are once the box has started anew.
    fn leaving_for(&self, command: &Command) -> Leaving {
        let is = self.the_box.lan.as_ref().map(|lan| lan.address);
        if let Command::ProposeLan(Lan { address, .. }) = command {
            if is != Some(*address) {
                return Leaving::Moved { to: *address, http_port: self.the_box.http_port };
            }
        }
        Leaving::Network
    }

    /// Keeps what is on trial; the address by which the wish came is that of the socket.
    pub(super) async fn keep_network(&self, fields: &Fields) -> Answered {
        let command = Command::KeepNetwork { through: self.visitor.own };
        match self.wish(fields, command).await {
            Wish::Done => reply::see("/network?done=kept"),
            Wish::Refused(refusal) => refused("Not kept", refusal),
            Wish::Unanswered => reply::unavailable(),
        }
    }

    pub(super) fn system(&self) -> Answered {
        let machine = machine(&self.visitor.site.facts, self.wear, self.today);
        reply::html(StatusCode::OK, pages::system(&self.the_box, &machine, &self.viewer(None)))
    }

    /// Asks back once, then does it.
    pub(super) async fn restart(&self, fields: &Fields) -> Answered {
        if fields.field("sure") != Some("yes") {
            return reply::html(StatusCode::OK, pages::restart(&self.viewer(None)));
        }
        match self.wish(fields, Command::Restart).await {
            Wish::Done => reply::html(StatusCode::OK, self.leaving(Leaving::Restart)),
            Wish::Refused(refusal) => refused("Not restarted", refusal),
            Wish::Unanswered => reply::unavailable(),
        }
    }
}

fn refused(title: &str, refusal: Refusal) -> Answered {
    reply::message(StatusCode::UNPROCESSABLE_ENTITY, title, &refusal.to_string())
}

/// Looks up what changes.
fn machine(facts: &Facts, wear: Wear, today: Option<u64>) -> system::Machine {
    let links = link::links().unwrap_or_default();
    let ports = facts.ports.iter().map(|port| as_shown(port, &links));
    system::Machine {
        build: release::BUILD.map(str::to_owned),
        board: facts.board.clone(),
        slot: facts.slot.clone(),
        on_s: fs::read_to_string("/proc/uptime").ok().and_then(|text| seconds_of(&text)),
        synchronised: synchronised::time() == Time::Synchronised,
        memory_bytes: fs::read_to_string("/proc/self/smaps_rollup")
            .ok()
            .and_then(|text| share_of(&text)),
        flash: system::Wear {
            used_bytes: u64::from(wear.used),
            today_bytes: today,
            since_start_bytes: wear.since_start,
            written_bytes: wear.written,
            erases: wear.erases,
            counted: wear.counted,
            erases_of_one: wear.erases_of_one,
            retired: wear.retired,
        },
        ports: ports.collect(),
    }
}

/// A port with its address now, which DHCP may have changed.
fn as_shown(port: &Port, links: &[Link]) -> system::Port {
    let name = port.name();
    let link = links.iter().find(|link| link.name == name);
    let found = port.device.as_ref().and_then(|_| device::find(&name).ok());
    system::Port {
        side: port.side,
        address: found.and_then(|found| found.address),
        mac: port.device.as_ref().map(|device| device.mac),
        link: match link {
            Some(link) if link.is_up && link.has_carrier => system::Link::Up(link.speed_mbit),
            Some(_) => system::Link::Down,
            None => system::Link::Unknown,
        },
        name,
    }
}

/// The first figure of `/proc/uptime`, whole seconds only.
fn seconds_of(text: &str) -> Option<u64> {
    text.split(['.', ' ']).next()?.parse().ok()
}

/// The proportional share in a `smaps_rollup` (proc(5)), which is in units of 1,024 bytes.
fn share_of(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_from_what_the_kernel_writes() {
        assert_eq!(seconds_of("144012.83 281234.55\n"), Some(144_012));
        let rollup = "55d8-7ffd ---p 0 00:00 0  [rollup]\nRss:   5000 kB\nPss:   2650 kB\n\
            Pss_Dirty:  99 kB\n";
        assert_eq!(share_of(rollup), Some(2_650 * 1_024));
        for text in ["", "x", "Pss: 1\n", "Pss: x kB\n"] {
            assert_eq!((seconds_of(text), share_of(text)), (None, None));
        }
    }

    #[test]
    fn this_process_has_a_share_of_the_memory() {
        let machine = machine(&Facts::default(), Wear::default(), None);
        assert!(machine.memory_bytes.is_some_and(|bytes| bytes > 100_000));
        assert!(machine.on_s.is_some());
    }
}
