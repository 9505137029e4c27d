//! `dialtone demo`: the real daemon on loopback, without root or configuration, and simulated
//! phones of several makers that boot against it through real sockets.
//!
//! The phones share nothing with the daemon but the wire: they have their own thread, addresses in
//! 127.0.0.0/8, and readers of their own for all that the box says. DHCP alone goes through one
//! socket for all of them, since the loopback has no broadcast.

mod office;
mod report;

use crate::config::{Hardware, Port};
use crate::nor_file::Timing;
use crate::rehearsal::Rehearsals;
use crate::say::say;
use crate::serve::{self, Start};
use exchange::board::{Board, Interface, Network, Site, Subnet};
use exchange::names::{InterfaceNo, Side};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::PathBuf;
use std::time::Duration;

/// Phones at most: what the pool below holds.
pub(crate) const PHONES_MAX: u32 = 1_000;

/// The box, and where its phones listen for DHCP.
const BOX: Ipv4Addr = Ipv4Addr::LOCALHOST;
const DHCP_PORT: u16 = 6_767;
const CLIENTS: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 6_768);
const TFTP_PORT: u16 = 6_969;
const SIP_PORT: u16 = 5_070;

/// What the demonstration was asked to do.
pub(crate) struct Wish {
    pub(crate) phones: u32,
    /// End when all are registered.
    pub(crate) once: bool,
    pub(crate) deadline: Duration,
    pub(crate) web: SocketAddrV4,
    pub(crate) state: PathBuf,
}

impl Default for Wish {
    fn default() -> Self {
        Wish {
            phones: 12,
            once: false,
            deadline: Duration::from_secs(60),
            web: SocketAddrV4::new(Ipv4Addr::LOCALHOST, 8_080),
            state: PathBuf::from("dialtone.flash"),
        }
    }
}

/// Runs until Ctrl-C, or until all phones are registered. `Err` says in a sentence why not.
pub(crate) fn run(wish: &Wish, rehearsals: Option<Rehearsals>) -> Result<(), String> {
    let phones = office::Office::new(wish.phones, SIP_PORT, TFTP_PORT, wish.web.port());
    let start = Start {
        read_only: false,
        state: wish.state.clone(),
        timing: Timing::Host,
        ports: vec![port()],
        web: web(wish.web),
        board: board(wish.web),
        hardware: Hardware::default(),
        rehearsals,
    };
    let once = wish.once.then_some(wish.deadline);
    serve::run(start, |stop| {
        let state = wish.state.display();
        say(format_args!("State:      {state}   (to start afresh, delete it)"));
        say(format_args!("{} simulated phones boot now. Ctrl-C ends the demo.\n", wish.phones));
        std::thread::Builder::new()
            .name("phones".to_owned())
            .spawn(move || phones.run(SocketAddrV4::new(BOX, DHCP_PORT), CLIENTS, once, stop))
            .map_err(|error| format!("the phones' thread did not start: {error}"))
    })
}

/// Where the pages are wanted, and where the phones look for their files if that is elsewhere.
fn web(wanted: SocketAddrV4) -> Vec<(InterfaceNo, SocketAddrV4)> {
    let phones = SocketAddrV4::new(BOX, wanted.port());
    let apart = !wanted.ip().is_unspecified() && wanted != phones;
    let all = std::iter::once(wanted).chain(apart.then_some(phones));
    all.map(|at| (InterfaceNo(0), at)).collect()
}

fn port() -> Port {
    Port {
        side: Side::Lan,
        address: BOX,
        device: None,
        dhcp_port: DHCP_PORT,
        tftp_port: TFTP_PORT,
        sip_port: SIP_PORT,
        https_port: None,
        sips_port: None,
        client: Some(CLIENTS),
    }
}

fn board(web: SocketAddrV4) -> Board {
    let interface = Interface { side: Side::Lan, address: BOX, prefix: 8, has_arp: false };
    // The loopback's own network; the pool lies where nothing else does.
    let network = Network::new(BOX, 8).into_iter();
    let subnets = network.map(|network| Subnet {
        interface: InterfaceNo(0),
        relayed: false,
        network,
        first: Ipv4Addr::new(127, 77, 0, 10),
        last: Ipv4Addr::new(127, 77, 7, 250),
        router: Some(BOX),
        dns: vec![BOX],
        domain: None,
        ntp: Vec::new(),
        options: Vec::new(),
        reservations: Vec::new(),
    });
    Board {
        interfaces: vec![interface],
        subnets: subnets.collect(),
        http_port: web.port(),
        https_port: None,
        sips_port: None,
        sip_port: SIP_PORT,
        directory: "prov".to_owned(),
        site: Site {
            time_zone: "Europe/Berlin".to_owned(),
            ntp_server: None,
            poll_min: 1_440,
            realm: "dialtone".to_owned(),
        },
    }
}
