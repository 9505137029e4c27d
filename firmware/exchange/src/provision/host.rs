//! Under which name or address the box is told to phones, by the side from which they come.

use super::values::address_at;
use crate::names::Side;
use crate::office::Office;
use alloc::string::{String, ToString};
use core::net::Ipv4Addr;

/// How the box is reached from one side; `None` where it has no address there, or none yet.
pub(crate) fn host_at(office: &Office, side: Side) -> Option<String> {
    match side {
        Side::Lan => own(office, side).map(|address| address.to_string()),
        Side::Wan => wan_host(office),
    }
}

/// What remote phones are told: the name or address that an admin has set, since only he knows what
/// a router before the box is called, else the box's own address there.
pub(crate) fn wan_host(office: &Office) -> Option<String> {
    office.board.first(Side::Wan)?;
    let own = || own(office, Side::Wan).map(|address| address.to_string());
    office.durable.reach().map(String::from).or_else(own)
}

/// The box's own address on the WAN, where it has one.
pub(crate) fn wan_address(office: &Office) -> Option<Ipv4Addr> {
    own(office, Side::Wan)
}

fn own(office: &Office, side: Side) -> Option<Ipv4Addr> {
    let address = office.board.first(side).map(|port| address_at(office, port))?;
    let later = office.found_on_wan.filter(|_| side == Side::Wan);
    Some(address).filter(|address| !address.is_unspecified()).or(later)
}
