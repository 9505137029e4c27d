//! Is an address really free? Asked before it is given to a newcomer, never in the way of a phone
//! that is known.
//!
//! Addresses are probed ahead while nothing else is to be done, so that a newcomer finds one ready;
//! only when none is ready does his DISCOVER wait for a probe of its own. Nothing in here waits: a
//! probe is an output and a deadline.

use super::{address, answer, lease_most_s, subnet_of, Question};
use crate::leases::{Lease, Silent};
use crate::limits::PROBES_MAX;
use crate::note::Note;
use crate::office::Office;
use crate::output::Arrival;
use crate::sorted::SortedMap;
use crate::time::{Now, SECOND_MS};
use alloc::vec::Vec;
use core::net::Ipv4Addr;
use wire::dhcp::Message;
use wire::Mac;

/// DISCOVERs that wait for a probe, by the address probed; at most [`PROBES_MAX`].
#[derive(Default)]
pub(crate) struct Waiting {
    by_address: SortedMap<Ipv4Addr, (Mac, Arrival, Vec<u8>)>,
}

impl Waiting {
    /// Whether a device waits already.
    pub(crate) fn has(&self, mac: Mac) -> bool {
        self.by_address.values().any(|(waiting, _, _)| *waiting == mac)
    }

    /// Probes an address and keeps the question until it is known to be free.
    pub(crate) fn add(
        &mut self,
        office: &mut Office,
        now: Now,
        question: &Question<'_>,
        address: Ipv4Addr,
    ) {
        if !office.leases.want(address) {
            address::ask(office, question.subnet, address, now);
            office.leases.want(address);
        }
        if self.by_address.len() < PROBES_MAX {
            let kept = (question.message.chaddr, question.arrival, question.bytes.to_vec());
            self.by_address.insert(address, kept);
        }
    }

    /// A device has gone on without waiting.
    pub(crate) fn forget(&mut self, mac: Mac) {
        self.by_address.retain(|_, (waiting, _, _)| *waiting != mac);
    }

    /// Somebody uses an address we asked for: it is left alone, and whoever waited for it is served
    /// with another when he asks again.
    pub(crate) fn answered(&mut self, office: &mut Office, now: Now, address: Ipv4Addr, mac: Mac) {
        if !office.leases.probe_answered(address) {
            return contradicted(office, now, address, mac);
        }
        self.by_address.remove(&address);
        // Whoever has it is alive: another one is taken instead.
        if office.leases.at(address, now.mono).is_some_and(|lease| lease.mac == mac) {
            return office.leases.touch(address, now.mono);
        }
        // It was given to him once, for longer than this box remembers.
        if office.durable.address_of(mac) == Some(address) {
            let until = now.mono.after_ms(u64::from(lease_most_s(office, mac)) * SECOND_MS);
            return office.leases.put(address, Lease { mac, until, relay: None, seen: now.mono });
        }
        let subnet = office.board.subnets.iter().find(|subnet| subnet.pools(address));
        if let Some(subnet) = subnet {
            office.leases.quarantine(subnet, address, now.mono);
        }
        office.note(now, Note::Conflict(address, mac));
    }

    /// Answers those whose address stayed silent.
    pub(crate) fn tick(&mut self, office: &mut Office, now: Now) {
        while let Some(Silent { pool, address, spoke }) = office.leases.probe_over(now.mono) {
            match self.by_address.remove(&address) {
                // Its holder came back in the meantime; whoever waited asks again.
                Some(_) | None if spoke => (),
                Some((_, arrival, bytes)) => offer(office, now, arrival, &bytes, address),
                None => office.leases.keep_clean(pool, address, now.mono),
            }
        }
    }
}

/// Somebody says that an address is his. If it is leased to another, two devices use it.
fn contradicted(office: &mut Office, now: Now, address: Ipv4Addr, mac: Mac) {
    let holder = office.leases.at(address, now.mono).map(|lease| lease.mac);
    if let Some(holder) = holder.filter(|holder| *holder != mac) {
        office.address_taken(now, holder, address, mac);
    }
}

fn offer(office: &mut Office, now: Now, arrival: Arrival, bytes: &[u8], address: Ipv4Addr) {
    let Ok(message) = Message::parse(bytes) else { return };
    let Some(subnet) = subnet_of(office, &arrival, &message) else { return };
    let question = Question { arrival, message: &message, subnet, bytes };
    if address::vacate(office, now, address) {
        answer::offer(office, now, &question, address);
    }
}

/// Starts as many probes as may be under way, for the pools that have few addresses ready.
pub(crate) fn ahead(office: &mut Office, now: Now) {
    for place in 0..office.board.subnets.len() {
        let subnet = &office.board.subnets[place];
        if !office.board.probes(subnet) {
            continue;
        }
        while office.leases.probes() < PROBES_MAX {
            let (board, durable) = (&office.board, &office.durable);
            let old = office.leases.ageing(place, now.mono);
            let wanted = old.is_none() && office.leases.wants_clean(place, now.mono);
            let new = wanted.then(|| office.leases.next_free(place, board, durable, now.mono));
            let Some(address) = old.or(new.flatten()) else { break };
            address::ask(office, place, address, now);
        }
    }
}
