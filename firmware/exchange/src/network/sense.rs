//! Whether settings of the network make sense: for themselves, together, and beside what the
//! configuration file says of the other ports. The same rules as for the file, but one: here a
//! network has 8 to 30 bits, since nobody can mean another one and reach the box again.

use super::{is_own, Lan, Settings, Wan};
use crate::board::{Board, Network};
use crate::limits::ADDRESSES_MAX;
use crate::names::{InterfaceNo, Side};
use core::fmt;
use core::net::Ipv4Addr;

/// What makes no sense, by the field in which to mend it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flaw {
    /// The box cannot have this address on the LAN.
    LanAddress,
    /// The LAN's network is too large or too small.
    LanPrefix,
    /// The box's address is that of the network itself, or its broadcast address.
    LanEnds,
    /// The LAN is in the network of the WAN port.
    LanMeetsWan,
    /// The LAN is in another network that the configuration file names.
    LanTaken,
    /// The pool begins outside the network.
    FirstOutside,
    /// The pool ends outside the network.
    LastOutside,
    /// The pool ends before it begins.
    Backwards,
    /// The pool has more than [`ADDRESSES_MAX`] addresses.
    PoolTooLarge,
    /// The pool holds no address to give out.
    PoolEmpty,
    /// Phones do not reach this router.
    RouterOutside,
    /// No DNS server has this address.
    Dns(Ipv4Addr),
    /// The domain is no name.
    Domain,
    /// The board has no WAN port.
    NoWan,
    /// The box cannot have this address on the WAN.
    WanAddress,
    /// The WAN's network is too large or too small.
    WanPrefix,
    /// The WAN address is that of the network itself, or its broadcast address.
    WanEnds,
    /// The WAN is in a network of the LAN.
    WanMeetsLan,
    /// The gateway is not in the WAN's network, or is the box itself.
    Gateway,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ends = "This is the first or the last address of the network; neither can be the box.";
        let prefix = "The number behind the slash has to be between 8 and 30, such as 24.";
        f.write_str(match self {
            Flaw::LanAddress | Flaw::WanAddress => "A box cannot have this address.",
            Flaw::LanPrefix | Flaw::WanPrefix => prefix,
            Flaw::LanEnds | Flaw::WanEnds => ends,
            Flaw::LanMeetsWan => "The WAN port is in this network already.",
            Flaw::LanTaken => "This network belongs to another port or subnet of the box already.",
            Flaw::FirstOutside | Flaw::LastOutside => "This address is outside the network.",
            Flaw::Backwards => "The last address comes before the first.",
            Flaw::PoolTooLarge => {
                return write!(f, "The pool has more than {ADDRESSES_MAX} addresses.");
            }
            Flaw::PoolEmpty => "The pool holds no address that could be given out.",
            Flaw::RouterOutside => "The router is outside the network; no phone would reach it.",
            Flaw::Dns(server) => return write!(f, "{server} cannot be a DNS server's address."),
            Flaw::Domain => "A domain has letters, digits, hyphens and dots.",
            Flaw::NoWan => "This box has no WAN port.",
            Flaw::WanMeetsLan => "A LAN port is in this network already.",
            Flaw::Gateway => "The gateway has to be another address of the same network.",
        })
    }
}

/// Whether a board would work with these settings; what nobody has set is taken from the board.
pub fn check(board: &Board, settings: &Settings) -> Result<(), Flaw> {
    check_lan(board, settings)?;
    check_wan(board, settings)
}

/// Whether the LAN's settings make sense, for themselves and beside all others.
pub(crate) fn check_lan(board: &Board, settings: &Settings) -> Result<(), Flaw> {
    let Some(lan) = &settings.lan else { return Ok(()) };
    let network = by_itself(lan)?;
    match strangers(board, settings, Side::Lan).find(|(_, other)| meet(network, *other)) {
        Some((Side::Lan, _)) => return Err(Flaw::LanTaken),
        Some((Side::Wan, _)) => return Err(Flaw::LanMeetsWan),
        None => (),
    }
    holds_something(board, network, lan)
}

/// Whether the WAN's settings make sense, for themselves and beside all others.
pub(crate) fn check_wan(board: &Board, settings: &Settings) -> Result<(), Flaw> {
    let (address, prefix, gateway, dns) = match settings.wan {
        Some(_) if board.first(Side::Wan).is_none() => return Err(Flaw::NoWan),
        Some(Wan::Fixed { address, prefix, gateway, dns }) => (address, prefix, gateway, dns),
        Some(Wan::Dhcp) | None => return Ok(()),
    };
    let network = network(address, prefix, [Flaw::WanAddress, Flaw::WanPrefix])?;
    if is_end(network, address) {
        return Err(Flaw::WanEnds);
    }
    let reached = |gateway| network.contains(gateway) && !is_end(network, gateway);
    if gateway.is_some_and(|gateway| !reached(gateway) || gateway == address) {
        return Err(Flaw::Gateway);
    }
    if let Some(server) = dns.filter(|server| !is_host(*server)) {
        return Err(Flaw::Dns(server));
    }
    match strangers(board, settings, Side::Wan).any(|(_, other)| meet(network, other)) {
        true => Err(Flaw::WanMeetsLan),
        false => Ok(()),
    }
}

/// The network of an address that a box can have.
fn network(address: Ipv4Addr, prefix: u8, flaws: [Flaw; 2]) -> Result<Network, Flaw> {
    let [no_address, no_prefix] = flaws;
    if !is_host(address) {
        return Err(no_address);
    }
    let sound = (8..=30).contains(&prefix);
    Network::new(address, prefix).filter(|_| sound).ok_or(no_prefix)
}

/// Whether an address can be that of one device (RFC 6890).
fn is_host(address: Ipv4Addr) -> bool {
    let [first, ..] = address.octets();
    (1..224).contains(&first) && !address.is_loopback() && !address.is_link_local()
}

fn is_end(network: Network, address: Ipv4Addr) -> bool {
    address == network.address() || address == network.broadcast()
}

fn by_itself(lan: &Lan) -> Result<Network, Flaw> {
    let network = network(lan.address, lan.prefix, [Flaw::LanAddress, Flaw::LanPrefix])?;
    if is_end(network, lan.address) {
        return Err(Flaw::LanEnds);
    }
    if !network.contains(lan.first) {
        return Err(Flaw::FirstOutside);
    }
    if !network.contains(lan.last) {
        return Err(Flaw::LastOutside);
    }
    if lan.last < lan.first {
        return Err(Flaw::Backwards);
    }
    if u32::from(lan.last) - u32::from(lan.first) >= ADDRESSES_MAX as u32 {
        return Err(Flaw::PoolTooLarge);
    }
    if lan.router.is_some_and(|router| !network.contains(router) || is_end(network, router)) {
        return Err(Flaw::RouterOutside);
    }
    if let Some(server) = lan.dns.iter().find(|server| !is_host(**server)) {
        return Err(Flaw::Dns(*server));
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    match lan.domain.bytes().all(plain) {
        true => Ok(network),
        false => Err(Flaw::Domain),
    }
}

/// The networks of the box but that of the first port of a side and its own subnet, as they will
/// be.
fn strangers<'a>(
    board: &'a Board,
    settings: &'a Settings,
    side: Side,
) -> impl Iterator<Item = (Side, Network)> + 'a {
    let (lan, wan) = (board.first(Side::Lan), board.first(Side::Wan));
    let left_out = board.first(side);
    let new_lan = settings.lan.as_ref().filter(|_| lan.is_some());
    let ports = numbered(board).filter(move |(place, _)| Some(*place) != left_out);
    let ports = ports.filter_map(move |(place, port)| {
        let network = match (new_lan, settings.wan) {
            (Some(new), _) if Some(place) == lan => Network::new(new.address, new.prefix),
            (_, Some(Wan::Dhcp)) if Some(place) == wan => None,
            (_, Some(Wan::Fixed { address, prefix, .. })) if Some(place) == wan => {
                Network::new(address, prefix)
            }
            (Some(_) | None, _) => known(port.address, port.prefix),
        };
        network.map(|network| (port.side, network))
    });
    // The first LAN port's own subnet is the port's network, and was looked at with it.
    let others = board.subnets.iter().filter(move |it| lan.is_none_or(|lan| !is_own(it, lan)));
    ports.chain(others.map(|subnet| (Side::Lan, subnet.network)))
}

/// Whether the pool has an address that is not the box's, the router's or the network's own.
fn holds_something(board: &Board, network: Network, lan: &Lan) -> Result<(), Flaw> {
    let first = board.first(Side::Lan);
    let taken = |address: Ipv4Addr| {
        is_end(network, address)
            || address == lan.address
            || lan.router == Some(address)
            || numbered(board).any(|(no, port)| Some(no) != first && port.address == address)
    };
    let mut pool = (u32::from(lan.first)..=u32::from(lan.last)).map(Ipv4Addr::from);
    match pool.any(|address| !taken(address)) {
        true => Ok(()),
        false => Err(Flaw::PoolEmpty),
    }
}

fn numbered(board: &Board) -> impl Iterator<Item = (InterfaceNo, &crate::board::Interface)> {
    (0..=u8::MAX).map(InterfaceNo).zip(&board.interfaces)
}

/// The network of a port whose address is known.
fn known(address: Ipv4Addr, prefix: u8) -> Option<Network> {
    Network::new(address, prefix).filter(|_| !address.is_unspecified())
}

/// Whether two networks have an address in common: one then lies within the other.
fn meet(one: Network, other: Network) -> bool {
    one.contains(other.address()) || other.contains(one.address())
}
