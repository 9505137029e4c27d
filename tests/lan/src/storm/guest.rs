//! One storm against a box that was not made here, such as an emulated one: the phones are at this
//! end of a cable that is there already, in the namespace of the caller.
//!
//! The box must have the addresses of this generator; how it got them is the caller's business.

use super::bench::LINK_UP;
use super::generator;
use super::packet::Wire;
use std::io;
use std::time::Duration;

/// How long the phones try: an emulated box is slow.
const DEADLINE: Duration = Duration::from_secs(300);

/// Boots so many phones at once on a device, and says how it went; whether all were registered.
pub(super) fn storm(device: &str, phones: u16) -> io::Result<bool> {
    let mut wire = Wire::open(nix::net::if_::if_nametoindex(device)?)?;
    generator::settle(&mut wire, LINK_UP, LINK_UP)?;
    let outcome = generator::storm(&mut wire, phones, 0, DEADLINE)?;
    let last_ms = outcome.done_ns.last().copied().unwrap_or_default() / 1_000_000;
    println!("registered {} of {phones}, the last after {last_ms} ms", outcome.done_ns.len());
    let again = outcome.again;
    println!(
        "said again: DHCP {}, ARP {}, TCP {}, SIP {}",
        again.dhcp, again.arp, again.tcp, again.sip
    );
    outcome.stuck.iter().for_each(|(why, count)| println!("stuck: {count}, {why}"));
    Ok(outcome.done_ns.len() == usize::from(phones))
}
