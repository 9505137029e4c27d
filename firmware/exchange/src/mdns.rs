//! Being found as `dialtone.local` (RFC 6762), so that nobody needs to know the box's address.
//!
//! ```text
//! start ─▶ Probing: "does anybody have this name?", three times, 250 ms apart
//!            │ silence                    │ somebody has it
//!            ▼                            ▼
//!          Telling: said twice, 1 s apart   the next name: dialtone-2, dialtone-3 ..
//!            ▼
//!          Known: answers questions; whoever says otherwise sends it back to Probing
//! ```
//!
//! Each port of the LAN goes this way by itself; the name is the same on all of them. The answer is
//! the box's address on the port that the question came through, and never leaves the LAN. Not
//! implemented: services, the passive observation of failures (section 10.5), suppression of
//! answers that somebody else has just given (section 7.4).

use crate::limits::{MDNS_NAMES_MAX, MDNS_PROBES};
use crate::names::{InterfaceNo, RecordNo, Side};
use crate::office::Office;
use crate::output::{Arrival, Line, To};
use crate::sorted::SortedMap;
use crate::time::{Instant, Now, SECOND_MS};
use alloc::format;
use alloc::string::String;
use core::net::{Ipv4Addr, SocketAddrV4};
use wire::mdns::{self, Manner, Message, Record};

/// Between two probes, in milliseconds (RFC 6762 section 8.1).
const PROBE_EVERY_MS: u64 = 250;
/// Pause of whoever lost a name, in milliseconds (section 8.2).
const DEFER_MS: u64 = SECOND_MS;
/// An answer is multicast once in this time (section 6).
const ANSWER_EVERY_MS: u64 = SECOND_MS;

/// The box's name on each port; silent until it is told to be found.
#[derive(Default)]
pub(crate) struct Mdns {
    host: Option<Host>,
    ports: SortedMap<InterfaceNo, Port>,
}

struct Host {
    name: String,
    number: u32,
}

struct Port {
    stage: Stage,
    /// When the answer was last multicast here.
    answered: Option<Instant>,
}

enum Stage {
    Probing { sent: u8, due: Instant },
    Telling { left: u8, due: Instant },
    Known,
}

impl Host {
    fn text(&self) -> String {
        match self.number {
            1 => self.name.clone(),
            number => format!("{}-{number}", self.name),
        }
    }
}

impl Mdns {
    /// From now on the box is to be found under this name on the LAN.
    pub(crate) fn be_found(&mut self, office: &Office, now: Now, name: &str) {
        self.host = Some(Host { name: String::from(name), number: 1 });
        self.probe_again(office, now.mono);
    }

    /// The name without its domain, once it is known that nobody else has it.
    pub(crate) fn host(&self) -> Option<String> {
        let known = self.ports.values().any(|port| !matches!(port.stage, Stage::Probing { .. }));
        self.host.as_ref().filter(|_| known).map(Host::text)
    }

    /// Takes a datagram of the LAN.
    pub(crate) fn datagram(&mut self, office: &mut Office, now: Now, at: Arrival, bytes: &[u8]) {
        let (Some(host), Some(own)) = (self.host.as_ref().map(Host::text), own(office, &at)) else {
            return;
        };
        // Section 11: what does not come from this link is not for us.
        if !office.board.on_link(at.interface, *at.from.ip()) {
            return;
        }
        let Ok(message) = Message::parse(bytes) else { return };
        if message.response {
            // Section 6: an answer that does not come from the port is nobody's.
            let lost = at.from.port() == mdns::PORT
                && message.records().any(|told| contradicts(&told, &host, own));
            if lost {
                self.contradicted(office, now, at.interface);
            }
            return;
        }
        if self.probed_by_another(now, &at, &message, &host, own) {
            return;
        }
        self.answer(office, now, &at, &message, (&host, own));
    }

    /// Two want one name at the same time: who has the larger address gets it (section 8.2).
    fn probed_by_another(
        &mut self,
        now: Now,
        at: &Arrival,
        message: &Message<'_>,
        host: &str,
        own: Ipv4Addr,
    ) -> bool {
        let Some(port) = self.ports.get_mut(&at.interface) else { return true };
        let Stage::Probing { .. } = port.stage else { return false };
        let mut rivals = message.records().filter(|told| contradicts(told, host, own));
        if rivals.any(|rival| rival.data > own.octets().as_slice()) {
            port.stage = Stage::Probing { sent: 0, due: now.mono.after_ms(DEFER_MS) };
        }
        true
    }

    fn answer(
        &mut self,
        office: &mut Office,
        now: Now,
        at: &Arrival,
        message: &Message<'_>,
        (host, own): (&str, Ipv4Addr),
    ) {
        let Some(asked) = message.questions().find(|question| question.asks_address(host)) else {
            return;
        };
        // Section 7.1: whoever says that it knows is not told again.
        let half = mdns::TTL_S / 2;
        let knows = |told: Record<'_>| {
            told.answers && told.kind == mdns::A && told.name.is_host(host) && told.ttl_s >= half
        };
        if message.records().any(knows) {
            return;
        }
        if at.from.port() != mdns::PORT {
            return tell(office, at.interface, at.from, Manner::Legacy(message.id), host, own);
        }
        if asked.unicast {
            return tell(office, at.interface, at.from, Manner::Multicast, host, own);
        }
        let Some(port) = self.ports.get_mut(&at.interface) else { return };
        // A probe is answered at once: it stands for somebody who is about to take the name.
        let lately = port.answered.is_some_and(|then| now.mono.since_ms(then) < ANSWER_EVERY_MS);
        if lately && asked.kind != mdns::ANY {
            return;
        }
        port.answered = Some(now.mono);
        tell(office, at.interface, group(), Manner::Multicast, host, own);
    }

    /// Somebody else has the name, or says so.
    fn contradicted(&mut self, office: &Office, now: Now, interface: InterfaceNo) {
        let Some(port) = self.ports.get_mut(&interface) else { return };
        if !matches!(port.stage, Stage::Probing { .. }) {
            // Section 9: whoever has it will say so again when it is asked.
            port.stage = Stage::Probing { sent: 0, due: now.mono };
            return;
        }
        let Some(host) = self.host.as_mut() else { return };
        host.number += 1;
        if host.number > MDNS_NAMES_MAX {
            // Somebody takes every name there is; being found is not worth a quarrel.
            self.host = None;
            self.ports.clear();
            return;
        }
        self.probe_again(office, now.mono);
    }

    fn probe_again(&mut self, office: &Office, now: Instant) {
        let ports = office.board.interfaces.iter().enumerate();
        let lan = ports.filter(|(_, port)| port.side == Side::Lan && port.has_arp);
        self.ports = lan
            .map(|(place, _)| {
                let stage = Stage::Probing { sent: 0, due: now };
                (InterfaceNo(place as u8), Port { stage, answered: None })
            })
            .collect();
    }

    /// Probes and tells what is due.
    pub(crate) fn tick(&mut self, office: &mut Office, now: Now) {
        let Some(host) = self.host.as_ref().map(Host::text) else { return };
        for (interface, port) in self.ports.iter_mut() {
            let Some(own) = office.board.interface(*interface).map(|port| port.address) else {
                continue;
            };
            match port.stage {
                Stage::Probing { sent, due } if due <= now.mono && sent < MDNS_PROBES => {
                    probe(office, *interface, &host, own);
                    let due = now.mono.after_ms(PROBE_EVERY_MS);
                    port.stage = Stage::Probing { sent: sent + 1, due };
                }
                Stage::Probing { due, .. } if due <= now.mono => {
                    port.stage = Stage::Telling { left: 1, due: now.mono.after_ms(SECOND_MS) };
                    port.answered = Some(now.mono);
                    tell(office, *interface, group(), Manner::Multicast, &host, own);
                }
                Stage::Telling { left, due } if due <= now.mono => {
                    port.stage = match left {
                        0 | 1 => Stage::Known,
                        more => {
                            Stage::Telling { left: more - 1, due: now.mono.after_ms(SECOND_MS) }
                        }
                    };
                    port.answered = Some(now.mono);
                    tell(office, *interface, group(), Manner::Multicast, &host, own);
                }
                Stage::Probing { .. } | Stage::Telling { .. } | Stage::Known => (),
            }
        }
    }

    /// When [`Mdns::tick`] has something to do.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let due = self.ports.values().filter_map(|port| match port.stage {
            Stage::Probing { due, .. } | Stage::Telling { due, .. } => Some(due),
            Stage::Known => None,
        });
        due.min()
    }
}

fn own(office: &Office, at: &Arrival) -> Option<Ipv4Addr> {
    let port = office.board.interface(at.interface)?;
    (port.side == Side::Lan && at.side == Side::Lan).then_some(port.address)
}

/// Whether a record gives the name to another address.
fn contradicts(told: &Record<'_>, host: &str, own: Ipv4Addr) -> bool {
    let other = told.data.len() == 4 && told.data != own.octets().as_slice();
    told.kind == mdns::A && other && told.ttl_s > 0 && told.name.is_host(host)
}

fn group() -> SocketAddrV4 {
    SocketAddrV4::new(mdns::GROUP, mdns::PORT)
}

fn tell(
    office: &mut Office,
    interface: InterfaceNo,
    to: SocketAddrV4,
    manner: Manner,
    host: &str,
    own: Ipv4Addr,
) {
    let mut buffer = [0; mdns::WRITTEN_MAX];
    let written = mdns::write_answer(&mut buffer, manner, host, own);
    if let Some(bytes) = written.map(<[u8]>::to_vec) {
        office.send(interface, Line::Mdns, To::Address(to), bytes, RecordNo(0));
    }
}

fn probe(office: &mut Office, interface: InterfaceNo, host: &str, own: Ipv4Addr) {
    let mut buffer = [0; mdns::WRITTEN_MAX];
    let written = mdns::write_probe(&mut buffer, host, own);
    if let Some(bytes) = written.map(<[u8]>::to_vec) {
        office.send(interface, Line::Mdns, To::Address(group()), bytes, RecordNo(0));
    }
}
