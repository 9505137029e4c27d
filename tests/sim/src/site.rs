//! The network plan of every world: one LAN with ARP, one network behind a relay, one WAN.

use exchange::board::{Board, Interface, Network, Site, Subnet};
use exchange::names::{InterfaceNo, Side};
use std::net::Ipv4Addr;
use wire::Mac;

/// The LAN port of the box.
pub(crate) const LAN: InterfaceNo = InterfaceNo(0);
/// The WAN port of the box.
pub(crate) const WAN: InterfaceNo = InterfaceNo(1);
/// The box on the LAN.
pub(crate) const BOX: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 1);
/// The box on the WAN.
pub(crate) const BOX_WAN: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 2);
/// Router and relay agent of the network behind it.
pub(crate) const RELAY: Ipv4Addr = Ipv4Addr::new(10, 20, 0, 1);
/// Somebody in the world.
pub(crate) const STRANGER: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 7);
/// The other DHCP server.
pub(crate) const ROGUE: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 9);
/// Its hardware address.
pub(crate) const ROGUE_MAC: Mac = Mac([0x02, 0x0c, 0x42, 0, 0, 9]);
/// Hardware address of the box's LAN port.
pub(crate) const BOX_MAC: Mac = Mac([0x02, 0xd1, 0xa1, 0x70, 0, 1]);
/// Hardware address of a PC with a fixed address.
pub(crate) const FIXED_MAC: Mac = Mac([0x02, 0xf1, 0, 0, 0, 1]);
/// Its address, the pool's third.
pub(crate) const FIXED: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 102);

/// Where noise on the LAN comes from: a fixed address outside the pool.
pub(crate) const NOISE: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 250);
/// Its hardware address.
pub(crate) const NOISE_MAC: Mac = Mac([0x02, 0xbb, 0, 0, 0, 1]);

const POOL: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 100);
const POOL_RELAYED: Ipv4Addr = Ipv4Addr::new(10, 20, 0, 100);

fn subnet(first: Ipv4Addr, addresses: u8, relayed: bool, router: Ipv4Addr) -> Option<Subnet> {
    let last = u32::from(first) + u32::from(addresses.min(150)) - 1;
    Some(Subnet {
        interface: LAN,
        relayed,
        network: Network::new(first, 24)?,
        first,
        last: Ipv4Addr::from(last),
        router: Some(router),
        dns: vec![router],
        domain: Some("office.example".to_owned()),
        ntp: Vec::new(),
        options: Vec::new(),
        reservations: Vec::new(),
    })
}

/// The board, with pools of so many addresses (1 to 150).
pub(crate) fn board(pool: u8) -> Board {
    let lan = subnet(POOL, pool, false, Ipv4Addr::new(192, 168, 1, 254));
    let relayed = subnet(POOL_RELAYED, pool, true, RELAY);
    Board {
        interfaces: vec![
            Interface { side: Side::Lan, address: BOX, prefix: 24, has_arp: true },
            Interface { side: Side::Wan, address: BOX_WAN, prefix: 24, has_arp: true },
        ],
        subnets: lan.into_iter().chain(relayed).collect(),
        http_port: 80,
        sips_port: None,
        https_port: Some(443),
        sip_port: 5060,
        directory: "p".to_owned(),
        site: Site {
            time_zone: "Europe/Berlin".to_owned(),
            ntp_server: None,
            poll_min: 1_440,
            realm: "dialtone".to_owned(),
        },
    }
}

/// Whether an address is one the box may lease out.
pub(crate) fn is_pooled(address: Ipv4Addr) -> bool {
    let [a, b, c, d] = address.octets();
    d >= 100 && ([a, b, c] == [192, 168, 1] || [a, b, c] == [10, 20, 0])
}
