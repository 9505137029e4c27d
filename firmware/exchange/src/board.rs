//! The facts of the board and the settings of the site, as the exchange is started with them.

use crate::limits::ADDRESSES_MAX;
use crate::names::{InterfaceNo, Side};
use crate::settings::Transport;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::Ipv4Addr;
use wire::Mac;

/// What the exchange must know of the box it runs on and of its site.
#[derive(Clone)]
pub struct Board {
    /// The network ports, in the order of their [`InterfaceNo`].
    pub interfaces: Vec<Interface>,
    /// The LAN's subnets; at most [`crate::limits::SUBNETS_MAX`].
    pub subnets: Vec<Subnet>,
    /// Port on which phones fetch their files by HTTP.
    pub http_port: u16,
    /// Port on which phones fetch their files by HTTPS; `None` where there is none.
    pub https_port: Option<u16>,
    /// Port on which phones register by TLS; `None` where there is none.
    pub sips_port: Option<u16>,
    /// Port on which phones register.
    pub sip_port: u16,
    /// Directory under which phones find their files, without slashes.
    pub directory: String,
    /// The site's settings.
    pub site: Site,
}

/// One network port.
#[derive(Clone)]
pub struct Interface {
    /// Which side of the box it is.
    pub side: Side,
    /// The box's address there.
    pub address: Ipv4Addr,
    /// Bits of the network part.
    pub prefix: u8,
    /// Whether its clients are found by ARP. The loopback of a demonstration has none, so there is
    /// nothing to probe and no neighbour to ask for.
    pub has_arp: bool,
}

/// Settings of the site.
#[derive(Clone)]
pub struct Site {
    /// Time zone by its name in the tz database.
    pub time_zone: String,
    /// Time server for phones; the box itself where `None`.
    pub ntp_server: Option<String>,
    /// How often phones ask again for their files, in minutes.
    pub poll_min: u32,
    /// Digest realm.
    pub realm: String,
}

/// One network of the LAN with its pool.
#[derive(Clone)]
pub struct Subnet {
    /// Through which port its clients are heard, directly or by a relay.
    pub interface: InterfaceNo,
    /// Whether its clients are behind a relay (RFC 1542), not on the port's own network.
    pub relayed: bool,
    /// Its network.
    pub network: Network,
    /// First address of the pool.
    pub first: Ipv4Addr,
    /// Last address of the pool.
    pub last: Ipv4Addr,
    /// Option 3.
    pub router: Option<Ipv4Addr>,
    /// Option 6.
    pub dns: Vec<Ipv4Addr>,
    /// Option 15.
    pub domain: Option<String>,
    /// Option 42; the box itself where empty.
    pub ntp: Vec<Ipv4Addr>,
    /// Further options, sent to every client of this subnet; they win over what a maker reads.
    pub options: Vec<(u8, Vec<u8>)>,
    /// Addresses kept for certain devices.
    pub reservations: Vec<(Mac, Ipv4Addr)>,
}

/// A network by its address and the bits of its network part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Network {
    address: Ipv4Addr,
    prefix: u8,
}

impl Network {
    /// The network of `prefix` bits that `address` lies in; `None` beyond 32 bits.
    pub fn new(address: Ipv4Addr, prefix: u8) -> Option<Network> {
        (prefix <= 32).then(|| {
            let network = Network { address, prefix };
            Network { address: Ipv4Addr::from(u32::from(address) & network.mask_bits()), prefix }
        })
    }

    /// Its first address.
    pub fn address(self) -> Ipv4Addr {
        self.address
    }

    /// Option 1.
    pub fn mask(self) -> Ipv4Addr {
        Ipv4Addr::from(self.mask_bits())
    }

    /// Option 28.
    pub fn broadcast(self) -> Ipv4Addr {
        Ipv4Addr::from(u32::from(self.address) | !self.mask_bits())
    }

    /// Whether an address lies in it.
    pub fn contains(self, address: Ipv4Addr) -> bool {
        u32::from(address) & self.mask_bits() == u32::from(self.address)
    }

    fn mask_bits(self) -> u32 {
        u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0)
    }
}

impl Subnet {
    /// Whether an address lies in the pool.
    pub fn pools(&self, address: Ipv4Addr) -> bool {
        self.first <= address && address <= self.last
    }

    /// How many addresses the pool has.
    pub fn pool_len(&self) -> usize {
        let len = u32::from(self.last).saturating_sub(u32::from(self.first)).saturating_add(1);
        (len as usize).min(ADDRESSES_MAX)
    }

    /// The pool's address at a place, counted from 0.
    pub fn pool_at(&self, place: usize) -> Ipv4Addr {
        Ipv4Addr::from(u32::from(self.first).saturating_add(place as u32))
    }

    /// The address kept for a device.
    pub fn reserved_for(&self, mac: Mac) -> Option<Ipv4Addr> {
        self.reservations.iter().find(|(owner, _)| *owner == mac).map(|(_, address)| *address)
    }

    /// The device that an address is kept for.
    pub fn reserves(&self, address: Ipv4Addr) -> Option<Mac> {
        self.reservations.iter().find(|(_, kept)| *kept == address).map(|(owner, _)| *owner)
    }
}

impl Board {
    /// A port by its number.
    pub fn interface(&self, no: InterfaceNo) -> Option<&Interface> {
        self.interfaces.get(usize::from(no.0))
    }

    /// The port at which phones register by a transport; by TLS that of UDP where the box has none.
    pub fn sip_port_of(&self, transport: Transport) -> u16 {
        match transport {
            Transport::Udp | Transport::Tcp => self.sip_port,
            Transport::Tls => self.sips_port.unwrap_or(self.sip_port),
        }
    }

    /// Whether an address is one of the box's own.
    pub fn is_own(&self, address: Ipv4Addr) -> bool {
        self.interfaces.iter().any(|interface| interface.address == address)
    }

    /// Whether an address lies on the network of this port itself.
    pub fn on_link(&self, no: InterfaceNo, address: Ipv4Addr) -> bool {
        self.interface(no).is_some_and(|interface| {
            Network::new(interface.address, interface.prefix)
                .is_some_and(|network| network.contains(address))
        })
    }

    /// Whether a newcomer's address in a subnet is asked for by ARP before he is given it.
    pub fn probes(&self, subnet: &Subnet) -> bool {
        let has_arp = self.interface(subnet.interface).is_some_and(|port| port.has_arp);
        has_arp && !subnet.relayed
    }

    /// Whether an address lies in a subnet of the LAN.
    pub fn in_lan(&self, address: Ipv4Addr) -> bool {
        self.subnets.iter().any(|subnet| subnet.network.contains(address))
            || self.interfaces.iter().any(|interface| {
                interface.side == Side::Lan
                    && Network::new(interface.address, interface.prefix)
                        .is_some_and(|network| network.contains(address))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_knows_its_own() {
        let network = Network::new(Ipv4Addr::new(10, 1, 2, 77), 24).unwrap();
        assert_eq!(network.address(), Ipv4Addr::new(10, 1, 2, 0));
        assert_eq!(network.mask(), Ipv4Addr::new(255, 255, 255, 0));
        assert_eq!(network.broadcast(), Ipv4Addr::new(10, 1, 2, 255));
        assert!(network.contains(Ipv4Addr::new(10, 1, 2, 255)));
        assert!(!network.contains(Ipv4Addr::new(10, 1, 3, 0)));
    }

    #[test]
    fn the_widest_and_the_narrowest_network_have_masks() {
        let all = Network::new(Ipv4Addr::new(9, 9, 9, 9), 0).unwrap();
        assert!(all.contains(Ipv4Addr::new(1, 2, 3, 4)) && all.mask() == Ipv4Addr::UNSPECIFIED);
        let one = Network::new(Ipv4Addr::new(9, 9, 9, 9), 32).unwrap();
        assert_eq!(one.broadcast(), Ipv4Addr::new(9, 9, 9, 9));
        assert!(Network::new(Ipv4Addr::new(9, 9, 9, 9), 33).is_none());
    }
}
