//! The network ports: switched on, given an address and a way out, and looked at.
//!
//! Orders go to the kernel over rtnetlink (RFC 3549) and need `CAP_NET_ADMIN`; [`links`] needs
//! nothing and also works once the daemon has given up root. Each order may be repeated: it asks
//! for a state, not for a change. Nothing waits, least of all for a cable: an address can be set
//! and a socket be bound to it before the port has a carrier.
//!
//! IPv4 only. Whether an address makes sense, and whose a port is, was decided before.

use crate::netlink::{attribute, order, Message, ACK, CREATE, REPLACE};
use nix::errno::Errno;
use nix::ifaddrs::getifaddrs;
use nix::net::if_::{if_nametoindex, InterfaceFlags};
use nix::sys::socket::SockProtocol;
use std::net::Ipv4Addr;
use wire::Mac;

const RTM_NEWLINK: u16 = 16;
const RTM_NEWADDR: u16 = 20;
const RTM_DELADDR: u16 = 21;
const RTM_NEWROUTE: u16 = 24;
const AF_UNSPEC: u8 = 0;
const AF_INET: u8 = 2;
const IFF_UP: u32 = 1;
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const IFA_BROADCAST: u16 = 4;
const RTA_GATEWAY: u16 = 5;
const RT_TABLE_MAIN: u8 = 254;
const RTPROT_STATIC: u8 = 4;
const RT_SCOPE_UNIVERSE: u8 = 0;
const RTN_UNICAST: u8 = 1;

/// Switches a port on.
pub(crate) fn bring_up(device: &str) -> Result<(), String> {
    switch(device, IFF_UP, "on")
}

/// Switches a port off.
pub(crate) fn shut_down(device: &str) -> Result<(), String> {
    switch(device, 0, "off")
}

fn switch(device: &str, flags: u32, to: &str) -> Result<(), String> {
    let index = index(device)?;
    let body = [
        &[AF_UNSPEC, 0, 0, 0][..],
        &index.to_ne_bytes(),
        // The flags, and which of them are meant.
        &flags.to_ne_bytes(),
        &IFF_UP.to_ne_bytes(),
    ];
    tell(RTM_NEWLINK, 0, body.concat())
        .map_err(|error| format!("{device} cannot be switched {to}: {}", error.desc()))
}

/// Makes this the only IPv4 address of a port; one that was right before is left as it is.
pub(crate) fn set_address(device: &str, address: Ipv4Addr, prefix: u8) -> Result<(), String> {
    let index = index(device)?;
    let wanted = Held { address, prefix };
    let refused = |held: &Held, error: Errno| {
        let Held { address, prefix } = held;
        format!("{device}: the kernel refuses {address}/{prefix}: {}", error.desc())
    };
    // The others first: with an address the kernel takes away all of its network that came later.
    for other in held(device)?.iter().filter(|held| **held != wanted) {
        match tell(RTM_DELADDR, 0, other.body(index)) {
            // Went with one of its network.
            Ok(()) | Err(Errno::EADDRNOTAVAIL) => {}
            Err(error) => return Err(refused(other, error)),
        }
    }
    tell(RTM_NEWADDR, CREATE | REPLACE, wanted.body(index)).map_err(|error| refused(&wanted, error))
}

/// Sends by this gateway whatever no port is near to; the gateway's own network must be known.
pub(crate) fn default_route(gateway: Ipv4Addr) -> Result<(), String> {
    let (to_prefix, from_prefix, tos, flags) = (0, 0, 0, [0; 4]);
    let scope = RT_SCOPE_UNIVERSE;
    let body = [
        &[AF_INET, to_prefix, from_prefix, tos][..],
        &[RT_TABLE_MAIN, RTPROT_STATIC, scope, RTN_UNICAST],
        &flags,
        &attribute(RTA_GATEWAY, &gateway.octets()),
    ];
    tell(RTM_NEWROUTE, CREATE | REPLACE, body.concat()).map_err(|error| {
        if error == Errno::ENETUNREACH {
            return format!("the gateway {gateway} is in the network of no port");
        }
        format!("the gateway {gateway} is refused: {}", error.desc())
    })
}

/// A network port as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    /// What the kernel calls it.
    pub(crate) name: String,
    /// Its hardware address.
    pub(crate) mac: Mac,
    /// Whether it is switched on.
    pub(crate) is_up: bool,
    /// Whether it is switched on and something is at the other end of its cable.
    pub(crate) has_carrier: bool,
    /// Its speed in Mbit/s, where it has a carrier and its driver tells.
    pub(crate) speed_mbit: Option<u32>,
}

/// All network ports in the kernel's order, without the loopback.
pub(crate) fn links() -> Result<Vec<Link>, String> {
    let entries = getifaddrs()
        .map_err(|error| format!("network ports cannot be listed: {}", error.desc()))?;
    let entries = entries.filter(|entry| !entry.flags.contains(InterfaceFlags::IFF_LOOPBACK));
    let links = entries.filter_map(|entry| {
        // Each port has one entry with its hardware address, whatever other addresses it has.
        let mac = Mac(entry.address.as_ref()?.as_link_addr()?.addr()?);
        let is_up = entry.flags.contains(InterfaceFlags::IFF_UP);
        let has_carrier = is_up && entry.flags.contains(InterfaceFlags::IFF_LOWER_UP);
        let speed_mbit = if has_carrier { speed_mbit(&entry.interface_name) } else { None };
        Some(Link { name: entry.interface_name, mac, is_up, has_carrier, speed_mbit })
    });
    Ok(links.collect())
}

/// What the driver tells; it writes -1 where it does not know.
fn speed_mbit(device: &str) -> Option<u32> {
    let text = std::fs::read_to_string(format!("/sys/class/net/{device}/speed")).ok()?;
    text.trim().parse().ok().filter(|speed| *speed > 0)
}

fn index(device: &str) -> Result<u32, String> {
    if_nametoindex(device).map_err(|_| format!("there is no network port {device}"))
}

/// An address that a port has.
#[derive(PartialEq, Eq)]
struct Held {
    address: Ipv4Addr,
    prefix: u8,
}

impl Held {
    /// Says of which port and which address an order is (`struct ifaddrmsg`).
    fn body(&self, index: u32) -> Vec<u8> {
        let Held { address, prefix } = *self;
        let host = u32::MAX.checked_shr(u32::from(prefix)).unwrap_or(0);
        let broadcast = Ipv4Addr::from(u32::from(address) | host);
        let (flags, scope) = (0, RT_SCOPE_UNIVERSE);
        let mut body = [
            &[AF_INET, prefix, flags, scope][..],
            &index.to_ne_bytes(),
            &attribute(IFA_LOCAL, &address.octets()),
            &attribute(IFA_ADDRESS, &address.octets()),
        ]
        .concat();
        // RFC 3021: a network of two has no broadcast address.
        if prefix < 31 {
            body.extend(attribute(IFA_BROADCAST, &broadcast.octets()));
        }
        body
    }
}

/// The IPv4 addresses of a port; one with a label of its own is listed as `eth0:label`.
fn held(device: &str) -> Result<Vec<Held>, String> {
    let entries = getifaddrs()
        .map_err(|error| format!("{device}: its addresses cannot be read: {}", error.desc()))?;
    let own = |name: &str| {
        name.strip_prefix(device).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    };
    let entries = entries.filter(|entry| own(&entry.interface_name));
    let held = entries.filter_map(|entry| {
        let address = entry.address.as_ref()?.as_sockaddr_in()?.ip();
        let mask = u32::from(entry.netmask.as_ref()?.as_sockaddr_in()?.ip());
        Some(Held { address, prefix: mask.count_ones() as u8 })
    });
    Ok(held.collect())
}

fn tell(kind: u16, flags: u16, body: Vec<u8>) -> Result<(), Errno> {
    order(SockProtocol::NetlinkRoute, &[Message { kind, flags: flags | ACK, body }])
}

#[cfg(test)]
mod tests;
