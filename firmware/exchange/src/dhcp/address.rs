//! Which address a device gets.

use super::Question;
use crate::limits::PROBES_MAX;
use crate::office::Office;
use crate::output::Output;
use crate::state::Event;
use crate::time::Now;
use core::net::Ipv4Addr;

/// What can be offered.
pub(crate) enum Choice {
    /// This address, now.
    Offer(Ipv4Addr),
    /// This one, if a probe finds it silent.
    Probe(Ipv4Addr),
    /// None just now: as many probes are under way as may be. The client asks again.
    Later,
    /// None: the pool has no address left.
    None,
}

/// RFC 2131 4.3.1: the current binding, else the previous one, else the one asked for if it is
/// free, else a new one. A reservation goes before all. Where ARP exists, an address that is new
/// to the device is probed first, so one found silent beforehand goes before the one asked for.
pub(crate) fn choose(office: &mut Office, now: Now, question: &Question<'_>) -> Choice {
    if let Some(address) = own(office, now, question) {
        return Choice::Offer(address);
    }
    let place = question.subnet;
    let Some(subnet) = office.board.subnets.get(place) else { return Choice::None };
    let has_arp = office.board.interface(subnet.interface).is_some_and(|port| port.has_arp);
    if has_arp && !subnet.relayed {
        return probed(office, now, place);
    }
    let asked = question.message.requested_ip().filter(|asked| {
        office.leases.is_free(subnet, &office.board, &office.durable, *asked, now.mono)
    });
    match asked.or_else(|| unprobed(office, now, place)) {
        Some(address) => Choice::Offer(address),
        None => Choice::None,
    }
}

fn probed(office: &mut Office, now: Now, place: usize) -> Choice {
    let (board, durable) = (&office.board, &office.durable);
    if let Some(address) = office.leases.take_clean(place, board, durable, now.mono) {
        return Choice::Offer(address);
    }
    if office.leases.probes() >= PROBES_MAX {
        return Choice::Later;
    }
    unprobed(office, now, place).map_or(Choice::None, Choice::Probe)
}

/// A free address, taken from the device that needs it least if the pool is full.
fn unprobed(office: &mut Office, now: Now, place: usize) -> Option<Ipv4Addr> {
    let free = office.leases.next_free(place, &office.board, &office.durable, now.mono);
    if free.is_some() || !reclaim(office, now, place) {
        return free;
    }
    office.leases.search_again(place);
    office.leases.next_free(place, &office.board, &office.durable, now.mono)
}

/// The address that is this device's already, if it lies in this subnet.
fn own(office: &Office, now: Now, question: &Question<'_>) -> Option<Ipv4Addr> {
    let mac = question.message.chaddr;
    let subnet = office.board.subnets.get(question.subnet)?;
    let usable = |address: &Ipv4Addr| {
        subnet.network.contains(*address)
            && !office.leases.is_quarantined(*address, now.mono)
            && office.leases.at(*address, now.mono).is_none_or(|lease| lease.mac == mac)
    };
    let reserved = subnet.reserved_for(mac).filter(usable);
    let pooled = |address: &Ipv4Addr| {
        usable(address) && subnet.pools(*address) && subnet.reserves(*address).is_none()
    };
    let leased = office.leases.of(mac, now.mono).map(|(address, _)| address).filter(pooled);
    let remembered = office.durable.address_of(mac).filter(pooled);
    reserved.or(leased).or(remembered)
}

/// Whether a device may have exactly this address: it is its own, or was offered to it.
pub(crate) fn holds(office: &Office, now: Now, question: &Question<'_>, address: Ipv4Addr) -> bool {
    own(office, now, question) == Some(address)
}

/// Takes an address from the device that needs it least; `false` when there is none to take.
fn reclaim(office: &mut Office, now: Now, place: usize) -> bool {
    let Some(subnet) = office.board.subnets.get(place) else { return false };
    let Some((_, mac)) = office.leases.reclaimable(subnet, &office.durable, now.mono) else {
        return false;
    };
    if office.durable.address_of(mac).is_some() {
        if !office.spend(now) {
            return false;
        }
        office.record(mac, Event::AddressForgotten { mac: mac.0 });
    }
    office.leases.end(mac);
    true
}

/// Asks the link whether an address is used.
pub(crate) fn ask(office: &mut Office, place: usize, address: Ipv4Addr, now: Now) {
    let Some(subnet) = office.board.subnets.get(place) else { return };
    let interface = subnet.interface;
    office.leases.probe(place, address, now.mono.after_ms(crate::limits::PROBE_WAIT_MS));
    office.push(Output::Probe(interface, address));
}
