//! How the box is addressed: what an admin may set of it, whether that makes sense, and the trial
//! that takes it back unless somebody confirms it.
//!
//! What nobody has set is as the configuration file says; LAN and WAN are set apart from each
//! other. A change is recorded as *proposed*, and the box starts anew with it: addresses and
//! sockets are opened once, at the start. From then on it is on trial for [`NETWORK_CONFIRM_MS`].
//! Whoever reaches the pages at the new LAN address and says so makes it *kept*; if nobody does,
//! the box records that it *returned* and starts anew as it was. A power cut begins the trial anew.
//! Every change is tried, that of a pool or a DNS server too: one rule, and none to get wrong.
//!
//! Nothing here sets an address. A box whose addresses are somebody else's business refuses to
//! change them; see [`crate::Exchange::set_appliance`].

mod sense;

use crate::board::{Board, Network, Subnet};
use crate::command::Refusal;
use crate::limits::{DNS_SERVERS_MAX, DOMAIN_MAX, NETWORK_CONFIRM_MS};
use crate::names::{InterfaceNo, Side};
use crate::note::Note;
use crate::office::Office;
use crate::output::Output;
use crate::state::{Durable, Event};
use crate::time::{Instant, Now};
use alloc::string::String;
use core::net::Ipv4Addr;
use serde::{Deserialize, Serialize};

pub use sense::{check, Flaw};
pub(crate) use sense::{check_lan, check_wan};

/// A domain as phones are told it.
pub type Domain = heapless::String<DOMAIN_MAX>;

/// The DNS servers that phones are told.
pub type DnsServers = heapless::Vec<Ipv4Addr, DNS_SERVERS_MAX>;

/// What an admin has set of the network; its bytes are on flash, so a field more is a new event.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Settings {
    /// The first LAN port and its own subnet; `None` as the file says.
    pub lan: Option<Lan>,
    /// The first WAN port; `None` as the file says.
    pub wan: Option<Wan>,
}

/// The first LAN port and the subnet that it is in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Lan {
    /// The box's address.
    pub address: Ipv4Addr,
    /// Bits of the network part, 8 to 30.
    pub prefix: u8,
    /// First address of the pool.
    pub first: Ipv4Addr,
    /// Last address of the pool.
    pub last: Ipv4Addr,
    /// Option 3.
    pub router: Option<Ipv4Addr>,
    /// Option 6.
    pub dns: DnsServers,
    /// Option 15; empty for none.
    pub domain: Domain,
}

/// How the first WAN port gets its address.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Wan {
    /// From a DHCP server out there.
    Dhcp,
    /// It has one of its own.
    Fixed {
        /// The address.
        address: Ipv4Addr,
        /// Bits of the network part, 8 to 30.
        prefix: u8,
        /// Where everything else is reached.
        gateway: Option<Ipv4Addr>,
        /// Whom the box asks for names, such as those of its time servers.
        dns: Option<Ipv4Addr>,
    },
}

impl Board {
    /// The board with what an admin has set; settings that make no sense on it, as after a change
    /// of the file, leave it as it is ([`check`] says why). A WAN port that gets its address by
    /// DHCP has none here.
    pub fn with_network(mut self, settings: &Settings) -> Board {
        if check(&self, settings).is_err() {
            return self;
        }
        if let Some(lan) = &settings.lan {
            self.readdress_lan(lan);
        }
        let wan = self.first(Side::Wan).zip(settings.wan);
        if let Some((place, wan)) = wan {
            if let Some(port) = self.interfaces.get_mut(usize::from(place.0)) {
                (port.address, port.prefix) = match wan {
                    Wan::Dhcp => (Ipv4Addr::UNSPECIFIED, 32),
                    Wan::Fixed { address, prefix, gateway: _, dns: _ } => (address, prefix),
                };
            }
        }
        self
    }

    fn readdress_lan(&mut self, lan: &Lan) {
        let Some(place) = self.first(Side::Lan) else { return };
        let Some(network) = Network::new(lan.address, lan.prefix) else { return };
        let own = self.subnets.iter_mut().find(|subnet| is_own(subnet, place));
        let Some(subnet) = own else { return };
        subnet.network = network;
        (subnet.first, subnet.last) = (lan.first, lan.last);
        subnet.router = lan.router;
        subnet.dns = lan.dns.to_vec();
        subnet.domain = Some(String::from(lan.domain.as_str())).filter(|name| !name.is_empty());
        // An address of the network that was is nobody's in the one that is.
        subnet.reservations.retain(|(_, address)| network.contains(*address));
        if let Some(port) = self.interfaces.get_mut(usize::from(place.0)) {
            (port.address, port.prefix) = (lan.address, lan.prefix);
        }
    }

    /// The first port of a side: the one an admin can set.
    pub fn first(&self, side: Side) -> Option<InterfaceNo> {
        let place = self.interfaces.iter().position(|port| port.side == side)?;
        u8::try_from(place).ok().map(InterfaceNo)
    }

    /// The first LAN port and its own subnet as they are; `None` where it has none, and only the
    /// file can set it. What does not fit a setting, such as a fourth DNS server, is left out.
    pub fn lan(&self) -> Option<Lan> {
        let place = self.first(Side::Lan)?;
        let port = self.interface(place)?;
        let subnet = self.subnets.iter().find(|subnet| is_own(subnet, place))?;
        let domain = subnet.domain.as_deref().unwrap_or_default();
        Some(Lan {
            address: port.address,
            prefix: port.prefix,
            first: subnet.first,
            last: subnet.last,
            router: subnet.router,
            dns: subnet.dns.iter().copied().take(DNS_SERVERS_MAX).collect(),
            domain: Domain::try_from(domain).unwrap_or_default(),
        })
    }
}

fn is_own(subnet: &Subnet, place: InterfaceNo) -> bool {
    subnet.interface == place && !subnet.relayed
}

/// Whether the settings in force are on trial, and until when.
pub(crate) struct Trial {
    until: Option<Instant>,
    /// How long a trial is.
    long_ms: u64,
    /// Whether the box's addresses are this program's business.
    ours: bool,
}

impl Trial {
    /// Begins a trial where a proposal survived the start.
    pub(crate) fn new(durable: &Durable) -> Trial {
        let until = durable.network_is_proposed().then_some(Instant(NETWORK_CONFIRM_MS));
        Trial { until, long_ms: NETWORK_CONFIRM_MS, ours: false }
    }

    /// The addresses are this program's business, and a trial is so long.
    pub(crate) fn be_ours(&mut self, long_ms: u64) {
        self.ours = true;
        self.long_ms = long_ms;
        self.until = self.until.map(|_| Instant(long_ms));
    }

    pub(crate) fn long_ms(&self) -> u64 {
        self.long_ms
    }

    pub(crate) fn until(&self) -> Option<Instant> {
        self.until
    }

    /// Why nothing of the network can be changed here, nor the box started anew; `None` where it
    /// can.
    pub(crate) fn hindrance(&self, board: &Board) -> Option<Refusal> {
        if self.ours {
            return None;
        }
        let lan = board.first(Side::Lan).and_then(|place| board.interface(place));
        let loopback = lan.is_some_and(|port| port.address.is_loopback());
        Some(if loopback { Refusal::Demonstration } else { Refusal::NotAppliance })
    }

    fn may_change(&self, office: &Office) -> Result<(), Refusal> {
        self.hindrance(&office.board).map_or(Ok(()), Err)
    }

    /// Proposes other settings of the LAN.
    pub(crate) fn propose_lan(
        &mut self,
        office: &mut Office,
        now: Now,
        source: Ipv4Addr,
        lan: Lan,
    ) -> Result<(), Refusal> {
        self.may_change(office)?;
        let is = office.board.lan().ok_or(Refusal::NetworkInFile)?;
        if lan == is {
            return Err(Refusal::Unchanged);
        }
        let settings = Settings { lan: Some(lan), ..office.durable.network().clone() };
        sense::check_lan(&office.board, &settings).map_err(Refusal::Network)?;
        self.propose(office, now, source, settings)
    }

    /// Proposes another way for the WAN port to get its address.
    pub(crate) fn propose_wan(
        &mut self,
        office: &mut Office,
        now: Now,
        source: Ipv4Addr,
        wan: Wan,
    ) -> Result<(), Refusal> {
        self.may_change(office)?;
        if office.durable.network().wan == Some(wan) {
            return Err(Refusal::Unchanged);
        }
        let settings = Settings { wan: Some(wan), ..office.durable.network().clone() };
        sense::check_wan(&office.board, &settings).map_err(Refusal::Network)?;
        self.propose(office, now, source, settings)
    }

    /// A proposal during a trial builds upon what is tried, and returns with it to what was kept.
    fn propose(
        &mut self,
        office: &mut Office,
        now: Now,
        source: Ipv4Addr,
        settings: Settings,
    ) -> Result<(), Refusal> {
        check(&office.board, &settings).map_err(Refusal::Network)?;
        office.record_site(Event::NetworkProposed { settings });
        office.note(now, Note::NetworkProposed(source));
        self.leave(office);
        Ok(())
    }

    /// Keeps what is on trial, if the wish came by the box's new LAN address, `through`.
    pub(crate) fn keep(
        &mut self,
        office: &mut Office,
        now: Now,
        source: Ipv4Addr,
        through: Ipv4Addr,
    ) -> Result<(), Refusal> {
        if self.until.is_none() {
            return Err(Refusal::NothingOnTrial);
        }
        let lan = office.board.first(Side::Lan).and_then(|place| office.board.interface(place));
        if lan.is_none_or(|port| port.address != through) {
            return Err(Refusal::NotByNewAddress);
        }
        office.record_site(Event::NetworkKept);
        office.note(now, Note::NetworkKept(source));
        self.until = None;
        Ok(())
    }

    /// Has the daemon started anew, with nothing changed.
    pub(crate) fn restart(
        &mut self,
        office: &mut Office,
        now: Now,
        source: Ipv4Addr,
    ) -> Result<(), Refusal> {
        self.may_change(office)?;
        office.note(now, Note::Restarting(source));
        office.push(Output::Restart(office.latest_record()));
        Ok(())
    }

    /// Returns to what was kept once the trial is over. Where nothing can be stored nothing can
    /// return either; such a box is started with what was kept.
    pub(crate) fn tick(&mut self, office: &mut Office, now: Now) {
        if self.until.is_none_or(|until| now.mono < until) || office.read_only {
            return;
        }
        office.record_site(Event::NetworkReturned);
        office.note(now, Note::NetworkReturned);
        self.leave(office);
    }

    /// When [`Trial::tick`] has something to do.
    pub(crate) fn next_deadline(&self, office: &Office) -> Option<Instant> {
        self.until.filter(|_| !office.read_only)
    }

    fn leave(&mut self, office: &mut Office) {
        self.until = None;
        office.push(Output::Restart(office.latest_record()));
    }
}
