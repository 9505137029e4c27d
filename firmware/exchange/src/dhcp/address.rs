//! Which address a device gets.

use super::Question;
use crate::board::Subnet;
use crate::limits::{OFFER_FIRM_MS, OFFER_MS, PROBES_MAX};
use crate::office::Office;
use crate::output::Output;
use crate::state::Event;
use crate::time::{Now, MINUTE_MS};
use core::net::Ipv4Addr;
use wire::Mac;

/// How long a pool that had nothing is not searched again, for a phone and for anybody else.
const BARREN_PHONE_MS: u64 = 20;
const BARREN_MS: u64 = 100;

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
    let mac = question.message.chaddr;
    // A flood in an empty pool is not worth searching it for each of its packets.
    let patience_ms = if office.family(mac).is_some() { BARREN_PHONE_MS } else { BARREN_MS };
    if office.leases.is_barren(place, patience_ms, now.mono) {
        return Choice::Later;
    }
    let choice = newly(office, now, question);
    if matches!(choice, Choice::None) {
        office.leases.found_barren(place, now.mono);
    }
    choice
}

/// An address that the device did not have before.
fn newly(office: &mut Office, now: Now, question: &Question<'_>) -> Choice {
    let place = question.subnet;
    let Some(subnet) = office.board.subnets.get(place) else { return Choice::None };
    if office.board.probes(subnet) {
        return probed(office, now, place, question.message.chaddr);
    }
    let asked = question.message.requested_ip().filter(|asked| {
        office.leases.is_free(subnet, &office.board, &office.durable, *asked, now.mono)
    });
    match asked.or_else(|| unprobed(office, now, place, question.message.chaddr)) {
        Some(address) => Choice::Offer(address),
        None => Choice::None,
    }
}

fn probed(office: &mut Office, now: Now, place: usize, mac: Mac) -> Choice {
    let (board, durable) = (&office.board, &office.durable);
    if let Some(address) = office.leases.take_clean(place, board, durable, now.mono) {
        return Choice::Offer(address);
    }
    // One that is being probed ahead anyway is found free sooner than a new one.
    if let Some(address) = office.leases.want_probed(place) {
        return Choice::Probe(address);
    }
    if office.leases.probes() >= PROBES_MAX {
        return Choice::Later;
    }
    let free = office.leases.next_free(place, board, durable, now.mono);
    if let (None, Some(address)) = (free, withdrawn(office, now, place, mac)) {
        return Choice::Offer(address);
    }
    let Some(subnet) = office.board.subnets.get(place) else { return Choice::None };
    // A held address is taken only once its holder was found silent; see `vacate`.
    let held = free.or_else(|| spare(office, now, subnet, Probing::Can));
    match held {
        Some(address) => Choice::Probe(address),
        // What is under probe is wanted by others, but not all of it need turn out free.
        None if office.leases.probes_in(place) => Choice::Later,
        None => Choice::None,
    }
}

/// A free address where nothing can be probed, taken from the device that needs it least if the
/// pool is full.
fn unprobed(office: &mut Office, now: Now, place: usize, mac: Mac) -> Option<Ipv4Addr> {
    let free = office.leases.next_free(place, &office.board, &office.durable, now.mono);
    let free = free.or_else(|| withdrawn(office, now, place, mac));
    if free.is_some() {
        return free;
    }
    let subnet = office.board.subnets.get(place)?;
    let address = spare(office, now, subnet, Probing::Cannot)?;
    vacate(office, now, address).then_some(address)
}

/// The address of an offer that nobody took up, taken back for somebody else. An offer is no
/// promise (RFC 2131 4.3.1), and whoever asks under made-up addresses must not lock the others out:
/// a phone may have what was offered to something that looks like none, its equals wait a little.
fn withdrawn(office: &mut Office, now: Now, place: usize, mac: Mac) -> Option<Ipv4Addr> {
    let phone = |mac: Mac| office.family(mac).is_some();
    let asker = phone(mac);
    let subnet = office.board.subnets.get(place)?;
    let stale = office.leases.offers_in(subnet, now.mono).filter_map(|(to, address, until)| {
        let age_ms = OFFER_MS.saturating_sub(until.since_ms(now.mono));
        let other = phone(to);
        let may = (asker && !other) || (asker == other && age_ms >= OFFER_FIRM_MS);
        may.then_some((other, until, to, address))
    });
    let (_, _, to, address) = stale.min()?;
    office.leases.withdraw(to);
    Some(address)
}

/// Whether the holder of an address can be asked if he is still there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Probing {
    Can,
    Cannot,
}

/// The address that is missed least: of a stranger whose lease has lapsed, else, where it can be
/// asked for first, of the one heard of least recently, and rather of one that is no phone. Never a
/// handset's.
fn spare(office: &Office, now: Now, subnet: &Subnet, probing: Probing) -> Option<Ipv4Addr> {
    let missed = office.leases.settled_in(subnet, now.mono).filter_map(|(address, lease)| {
        if office.durable.handset_of(lease.mac).is_some() {
            return None;
        }
        let device = office.devices.get(&lease.mac);
        let heard = device.map_or(lease.seen, |device| device.last_seen.max(lease.seen));
        let live = lease.until > now.mono;
        let phone = device.is_some_and(|device| device.guess.family().is_some());
        let silent = now.mono.since_ms(heard) >= MINUTE_MS;
        let taken = !live || (probing == Probing::Can && silent);
        taken.then_some((live, phone, heard, address))
    });
    missed.min().map(|(_, _, _, address)| address)
}

/// Takes an address from the stranger that has it; `false` if it turned out to be a handset's, or
/// strangers have caused too many records already.
pub(crate) fn vacate(office: &mut Office, now: Now, address: Ipv4Addr) -> bool {
    let leased = office.leases.at(address, now.mono).map(|lease| lease.mac);
    let remembered = office.durable.holder_of(address);
    for mac in leased.into_iter().chain(remembered) {
        if office.durable.handset_of(mac).is_some() {
            return false;
        }
        if office.durable.address_of(mac) == Some(address) {
            if !office.spend(now) {
                return false;
            }
            office.record(mac, Event::AddressForgotten { mac: mac.0 });
        }
        office.leases.end(mac);
    }
    true
}

/// The address that is this device's already, if it lies in this subnet.
fn own(office: &Office, now: Now, question: &Question<'_>) -> Option<Ipv4Addr> {
    let mac = question.message.chaddr;
    let subnet = office.board.subnets.get(question.subnet)?;
    let usable = |address: &Ipv4Addr| {
        subnet.network.contains(*address)
            && !office.leases.is_quarantined(*address, now.mono)
            && office.leases.holder(*address, now.mono).is_none_or(|holder| holder == mac)
    };
    let reserved = subnet.reserved_for(mac).filter(usable);
    let pooled = |address: &Ipv4Addr| {
        usable(address) && subnet.pools(*address) && subnet.reserves(*address).is_none()
    };
    let leased = office.leases.of(mac, now.mono).map(|(address, _)| address).filter(pooled);
    let remembered = office.durable.address_of(mac).filter(pooled);
    let offered = office.leases.offered_to(mac, now.mono).filter(pooled);
    reserved.or(leased).or(remembered).or(offered)
}

/// Whether a device may have exactly this address: it is its own, or was offered to it.
pub(crate) fn holds(office: &Office, now: Now, question: &Question<'_>, address: Ipv4Addr) -> bool {
    own(office, now, question) == Some(address)
}

/// Asks the link whether an address is used.
pub(crate) fn ask(office: &mut Office, place: usize, address: Ipv4Addr, now: Now) {
    let Some(subnet) = office.board.subnets.get(place) else { return };
    let interface = subnet.interface;
    office.leases.probe(place, address, now.mono.after_ms(crate::limits::PROBE_WAIT_MS));
    office.push(Output::Probe(interface, address));
}
