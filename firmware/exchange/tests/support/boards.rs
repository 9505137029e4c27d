//! Boards to start an office on.

use exchange::board::{Board, Interface, Network, Site, Subnet};
use exchange::names::{InterfaceNo, Side};
use std::net::Ipv4Addr;
use wire::Mac;

/// Has the address [`kept_for`] says.
pub(crate) const RESERVED: [u8; 6] = [0x00, 0x04, 0x13, 0x00, 0x00, 0x07];

/// A LAN of 10.1.0.0/24 without ARP, whose pool is .10 to .59, and a WAN.
pub(crate) fn plain() -> Board {
    let subnet = subnet(InterfaceNo(0), Ipv4Addr::new(10, 1, 0, 0), 10, 59);
    Board {
        interfaces: vec![
            port(Side::Lan, Ipv4Addr::new(10, 1, 0, 1)),
            port(Side::Wan, Ipv4Addr::new(203, 0, 113, 1)),
        ],
        subnets: vec![subnet],
        http_port: 80,
        https_port: None,
        sips_port: None,
        sip_port: 5060,
        directory: "prov".into(),
        site: Site {
            time_zone: "Europe/Berlin".into(),
            ntp_server: None,
            poll_min: 1_440,
            realm: "dialtone".into(),
        },
    }
}

/// The same where phones are served by HTTPS as well.
pub(crate) fn secured() -> Board {
    Board { https_port: Some(443), sips_port: Some(5_061), ..plain() }
}

/// The same where clients are found by ARP.
pub(crate) fn probing() -> Board {
    let mut board = plain();
    for port in &mut board.interfaces {
        port.has_arp = true;
    }
    board
}

/// The same with a pool of four addresses.
pub(crate) fn small() -> Board {
    pool_of(plain(), 4)
}

/// The same with a pool of twenty addresses.
pub(crate) fn twenty() -> Board {
    pool_of(plain(), 20)
}

/// ARP, and a pool of four addresses.
pub(crate) fn small_probing() -> Board {
    pool_of(probing(), 4)
}

/// An address outside the pool is kept for [`RESERVED`], and one inside.
pub(crate) fn reserving() -> Board {
    let mut board = plain();
    for subnet in &mut board.subnets {
        subnet.reservations = vec![
            (Mac(RESERVED), Ipv4Addr::new(10, 1, 0, 100)),
            (Mac([0x00, 0x04, 0x13, 0x00, 0x00, 0x08]), Ipv4Addr::new(10, 1, 0, 10)),
        ];
    }
    board
}

/// A second port with 10.3.0.0/24, and 10.2.0.0/24 behind a relay on the first.
pub(crate) fn campus() -> Board {
    let mut board = plain();
    board.interfaces.push(port(Side::Lan, Ipv4Addr::new(10, 3, 0, 1)));
    board.subnets.push(subnet(InterfaceNo(2), Ipv4Addr::new(10, 3, 0, 0), 10, 59));
    let behind = subnet(InterfaceNo(0), Ipv4Addr::new(10, 2, 0, 0), 10, 59);
    board.subnets.push(Subnet { relayed: true, ..behind });
    board
}

/// Everything a subnet can be given.
pub(crate) fn furnished() -> Board {
    let mut board = plain();
    for subnet in &mut board.subnets {
        subnet.router = Some(Ipv4Addr::new(10, 1, 0, 254));
        subnet.dns = vec![Ipv4Addr::new(10, 1, 0, 53), Ipv4Addr::new(9, 9, 9, 9)];
        subnet.domain = Some("office.example".into());
        subnet.ntp = vec![Ipv4Addr::new(10, 1, 0, 123)];
        subnet.options = vec![(66, b"tftp.example".to_vec()), (252, b"wpad".to_vec())];
    }
    board
}

/// A pool as large as can be.
pub(crate) fn wide() -> Board {
    let mut board = plain();
    for port in &mut board.interfaces {
        port.prefix = 16;
    }
    for subnet in &mut board.subnets {
        subnet.network = network(Ipv4Addr::new(10, 1, 0, 0), 16);
        subnet.first = Ipv4Addr::new(10, 1, 16, 0);
        subnet.last = Ipv4Addr::new(10, 1, 31, 255);
    }
    board
}

fn pool_of(mut board: Board, addresses: u8) -> Board {
    for subnet in &mut board.subnets {
        subnet.last = Ipv4Addr::new(10, 1, 0, 9 + addresses);
    }
    board
}

fn port(side: Side, address: Ipv4Addr) -> Interface {
    Interface { side, address, prefix: 24, has_arp: false }
}

fn network(address: Ipv4Addr, prefix: u8) -> Network {
    let Some(network) = Network::new(address, prefix) else { panic!("no network") };
    network
}

fn subnet(interface: InterfaceNo, at: Ipv4Addr, first: u8, last: u8) -> Subnet {
    let [a, b, c, _] = at.octets();
    Subnet {
        interface,
        relayed: false,
        network: network(at, 24),
        first: Ipv4Addr::new(a, b, c, first),
        last: Ipv4Addr::new(a, b, c, last),
        router: None,
        dns: Vec::new(),
        domain: None,
        ntp: Vec::new(),
        options: Vec::new(),
        reservations: Vec::new(),
    }
}
