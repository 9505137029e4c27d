//! The network ports of a box that is ours: the WAN is shut first, then ports get their addresses.
//!
//! What asks for an address on the WAN is another program of the box; a note tells it whether to.
//! It finds `dhcp` there only once the WAN is shut.

use crate::config::{Hardware, Port};
use crate::firewall::{self, Transport};
use crate::link;
use crate::say::complain;
use exchange::board::Board;
use exchange::names::Side;
use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;

/// Where the first WAN port, with an address that an admin set, reaches everything else.
#[derive(Clone, Copy, Default)]
pub(super) struct WayOut {
    pub(super) gateway: Option<Ipv4Addr>,
    /// Whom to ask for names.
    pub(super) dns: Option<Ipv4Addr>,
}

/// Shuts the WAN and gives all ports their addresses. Needs root.
pub(super) fn bring_up(
    hardware: &Hardware,
    ports: &[Port],
    board: &Board,
    out: WayOut,
) -> Result<(), String> {
    let shut = shut(ports, board);
    if let Err(why) = &shut {
        complain(format_args!("{why}; the WAN stays down"));
    }
    link::bring_up("lo")?;
    let mut note = "shut";
    for (port, facts) in ports.iter().zip(&board.interfaces) {
        let name = port.name();
        if port.side == Side::Wan && shut.is_err() {
            link::shut_down(&name)?;
            continue;
        }
        answer_for_itself(&name);
        if port.address.is_unspecified() {
            note = "dhcp";
        } else {
            link::set_address(&name, port.address, facts.prefix)?;
            if port.side == Side::Wan {
                note = "fixed";
            }
        }
        link::bring_up(&name)?;
    }
    if let (Some(gateway), Ok(())) = (out.gateway, &shut) {
        link::default_route(gateway)?;
    }
    if let (Some(path), Some(server)) = (&hardware.resolver, out.dns) {
        written(path, &format!("options timeout:1 attempts:2\nnameserver {server}\n"))?;
    }
    match &hardware.wan_note {
        Some(path) => written(path, note),
        None => Ok(()),
    }
}

fn written(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

/// On the WAN the kernel drops what is not offered there.
fn shut(ports: &[Port], board: &Board) -> Result<(), String> {
    let wan = ports.iter().filter(|port| port.side == Side::Wan);
    let names: Vec<String> = wan.map(Port::name).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    firewall::install(&names, &offered(board))
}

/// What can be spoken to from the WAN; the table in `tests/lan/wan-ports.txt` says the same.
fn offered(board: &Board) -> Vec<(Transport, u16)> {
    let secured = [board.https_port, board.sips_port].into_iter().flatten();
    let secured = secured.map(|port| (Transport::Tcp, port));
    let sip = board.sip_port;
    [(Transport::Udp, sip), (Transport::Tcp, sip)].into_iter().chain(secured).collect()
}

/// Keeps a port from answering ARP for the address of another one: nobody on the WAN is to learn
/// of the LAN.
fn answer_for_itself(device: &str) {
    for (name, value) in [("arp_ignore", "1"), ("arp_announce", "2")] {
        let path = format!("/proc/sys/net/ipv4/conf/{device}/{name}");
        if let Err(error) = fs::write(&path, value) {
            log::warn!("{path}: {error}");
        }
    }
}
