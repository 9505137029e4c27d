//! Who has which address now, which addresses are known to be free, and which are left alone.
//!
//! The clocks of leases live here and die with the daemon: after a start every remembered address
//! counts as leased for a whole term, which errs on the side of not giving an address twice. What
//! is remembered across starts is in [`crate::state::Durable`].

use crate::board::{Board, Subnet};
use crate::catalog::{family_by_oui, lease_s, Family, LEASE_HANDSET_S};
use crate::limits::{
    PROBED_AHEAD_MAX, PROBE_AGAIN_MS, PROBE_FRESH_MS, PROBE_WAIT_MS, QUARANTINE_MAX, QUARANTINE_MS,
};
use crate::office::Office;
use crate::sorted::SortedMap;
use crate::state::Durable;
use crate::time::{Instant, MINUTE_MS, SECOND_MS};
use alloc::vec::Vec;
use core::net::Ipv4Addr;
use wire::Mac;

/// All leases and the state of the pools.
pub(crate) struct Leases {
    by_address: SortedMap<Ipv4Addr, Lease>,
    by_mac: SortedMap<Mac, Ipv4Addr>,
    /// What was offered and not yet asked for; an offer does not end a lease.
    offers: SortedMap<Mac, (Ipv4Addr, Instant)>,
    offered: SortedMap<Ipv4Addr, Mac>,
    quarantine: SortedMap<Ipv4Addr, Instant>,
    probing: SortedMap<Ipv4Addr, Probing>,
    pools: Vec<Pool>,
    swept: Instant,
}

/// One device's lease of one address.
#[derive(Clone, Copy)]
pub(crate) struct Lease {
    pub(crate) mac: Mac,
    pub(crate) until: Instant,
    /// The relay it was asked through; `None` while nothing was heard since this start.
    pub(crate) relay: Option<Ipv4Addr>,
    pub(crate) seen: Instant,
}

#[derive(Clone, Copy)]
struct Probing {
    pool: usize,
    until: Instant,
    /// Whether somebody waits for this very address.
    wanted: bool,
}

/// A probe that nobody answered.
pub(crate) struct Silent {
    pub(crate) pool: usize,
    pub(crate) address: Ipv4Addr,
    /// Whether the address was taken or renewed while it was being asked for.
    pub(crate) spoke: bool,
}

#[derive(Default)]
struct Pool {
    /// Where the search for a free address goes on.
    cursor: usize,
    /// Addresses that a probe found silent, and when.
    clean: SortedMap<Ipv4Addr, Instant>,
    /// When a search of the whole pool last found nothing.
    exhausted: Option<Instant>,
    /// When nothing could be found for anybody, neither free nor taken back.
    barren: Option<Instant>,
}

/// How long a fruitless search of a pool is not repeated.
const SEARCH_AGAIN_MS: u64 = 1_000;

impl Leases {
    /// Starts every remembered address on a whole term.
    pub(crate) fn new(board: &Board, durable: &Durable) -> Leases {
        let mut leases = Leases {
            by_address: SortedMap::new(),
            by_mac: SortedMap::new(),
            offers: SortedMap::new(),
            offered: SortedMap::new(),
            quarantine: SortedMap::new(),
            probing: SortedMap::new(),
            pools: board.subnets.iter().map(|_| Pool::default()).collect(),
            swept: Instant(0),
        };
        for (mac, address) in durable.addresses() {
            let known = durable.handset_of(mac).map(|(_, known)| known.family);
            let known = known.map(|code| Family::from_code(code).unwrap_or(Family::Generic));
            let family = known.or_else(|| family_by_oui(durable.signs(), mac));
            // What else it said is forgotten. Where its holder can be asked, a term that is too
            // short does no harm; elsewhere it counts as a phone's.
            let asked_first = board.subnets.iter().any(|it| it.pools(address) && board.probes(it));
            let least_s = if asked_first { 0 } else { LEASE_HANDSET_S };
            let until = Instant(u64::from(lease_s(family).max(least_s)) * SECOND_MS);
            leases.put(address, Lease { mac, until, relay: None, seen: Instant(0) });
        }
        leases
    }

    /// Leases an address to a device; whatever either had before is gone.
    pub(crate) fn put(&mut self, address: Ipv4Addr, lease: Lease) {
        self.end(lease.mac);
        self.withdraw(lease.mac);
        if let Some(former) = self.by_address.insert(address, lease) {
            self.by_mac.remove(&former.mac);
        }
        self.by_mac.insert(lease.mac, address);
    }

    /// Ends a device's lease.
    pub(crate) fn end(&mut self, mac: Mac) {
        if let Some(address) = self.by_mac.remove(&mac) {
            self.by_address.remove(&address);
        }
    }

    /// Keeps an address for a device to ask for; an earlier offer to it is withdrawn.
    pub(crate) fn offer(&mut self, mac: Mac, address: Ipv4Addr, until: Instant) {
        self.withdraw(mac);
        if let Some(former) = self.offered.insert(address, mac) {
            self.offers.remove(&former);
        }
        self.offers.insert(mac, (address, until));
    }

    /// Withdraws what was offered to a device.
    pub(crate) fn withdraw(&mut self, mac: Mac) {
        if let Some((address, _)) = self.offers.remove(&mac) {
            self.offered.remove(&address);
        }
    }

    /// What is offered to a device at present.
    pub(crate) fn offered_to(&self, mac: Mac, now: Instant) -> Option<Ipv4Addr> {
        let (address, until) = self.offers.get(&mac)?;
        (*until > now).then_some(*address)
    }

    /// The live offers in a pool: to whom, which, and until when.
    pub(crate) fn offers_in<'a>(
        &'a self,
        subnet: &'a Subnet,
        now: Instant,
    ) -> impl Iterator<Item = (Mac, Ipv4Addr, Instant)> + 'a {
        let offers = self.offers.iter().map(|(mac, (address, until))| (*mac, *address, *until));
        offers.filter(move |(_, address, until)| *until > now && subnet.pools(*address))
    }

    /// The live lease of a device.
    pub(crate) fn of(&self, mac: Mac, now: Instant) -> Option<(Ipv4Addr, Lease)> {
        let address = *self.by_mac.get(&mac)?;
        self.at(address, now).map(|lease| (address, lease))
    }

    /// The live lease of an address.
    pub(crate) fn at(&self, address: Ipv4Addr, now: Instant) -> Option<Lease> {
        self.by_address.get(&address).copied().filter(|lease| lease.until > now)
    }

    /// The device that an address is kept for, by a lease or an offer.
    pub(crate) fn holder(&self, address: Ipv4Addr, now: Instant) -> Option<Mac> {
        let leased = self.at(address, now).map(|lease| lease.mac);
        leased.or_else(|| {
            let mac = *self.offered.get(&address)?;
            (self.offered_to(mac, now) == Some(address)).then_some(mac)
        })
    }

    /// The addresses that are leased, or were.
    pub(crate) fn all(&self) -> impl Iterator<Item = Ipv4Addr> + '_ {
        self.by_address.keys().copied()
    }

    /// Notes that the device at an address was heard.
    pub(crate) fn touch(&mut self, address: Ipv4Addr, now: Instant) {
        if let Some(lease) = self.by_address.get_mut(&address) {
            lease.seen = now;
        }
    }

    /// Whether an address may be given to a device that never had it.
    pub(crate) fn is_free(
        &self,
        subnet: &Subnet,
        board: &Board,
        durable: &Durable,
        address: Ipv4Addr,
        now: Instant,
    ) -> bool {
        subnet.pools(address)
            && address != subnet.network.address()
            && address != subnet.network.broadcast()
            && !board.is_own(address)
            && subnet.router != Some(address)
            && subnet.reserves(address).is_none()
            && durable.holder_of(address).is_none()
            && self.holder(address, now).is_none()
            && !self.is_quarantined(address, now)
    }

    /// Leaves an address alone for a day; `false` when so many are left alone already that a flood
    /// could empty the pool.
    pub(crate) fn quarantine(&mut self, subnet: &Subnet, address: Ipv4Addr, now: Instant) -> bool {
        let here = self.quarantine.iter().filter(|(address, _)| subnet.pools(**address)).count();
        // At most a quarter of a pool, so that a flood of DECLINEs leaves the rest of it.
        if here >= QUARANTINE_MAX.min(subnet.pool_len().div_ceil(4)) {
            return false;
        }
        self.quarantine.insert(address, now.after_ms(QUARANTINE_MS));
        true
    }

    pub(crate) fn is_quarantined(&self, address: Ipv4Addr, now: Instant) -> bool {
        self.quarantine.get(&address).is_some_and(|until| *until > now)
    }

    /// A free address that a probe found silent within the hour.
    pub(crate) fn take_clean(
        &mut self,
        pool: usize,
        board: &Board,
        durable: &Durable,
        now: Instant,
    ) -> Option<Ipv4Addr> {
        let subnet = board.subnets.get(pool)?;
        loop {
            let (address, at) = self.pools.get_mut(pool)?.clean.pop_first()?;
            let fresh = now.since_ms(at) < PROBE_FRESH_MS;
            if fresh && self.is_free(subnet, board, durable, address, now) {
                return Some(address);
            }
        }
    }

    /// The next free address nobody has probed; bounded by the size of the pool.
    pub(crate) fn next_free(
        &mut self,
        pool: usize,
        board: &Board,
        durable: &Durable,
        now: Instant,
    ) -> Option<Ipv4Addr> {
        let subnet = board.subnets.get(pool)?;
        let exhausted = self.pools.get(pool)?.exhausted;
        if exhausted.is_some_and(|at| now.since_ms(at) < SEARCH_AGAIN_MS) {
            return None;
        }
        let size = subnet.pool_len();
        let start = self.pools.get(pool)?.cursor;
        let found = (0..size).map(|step| (start + step) % size).find(|place| {
            let address = subnet.pool_at(*place);
            self.is_free(subnet, board, durable, address, now)
                && !self.probing.contains_key(&address)
                && !self.is_clean(pool, address)
        });
        let state = self.pools.get_mut(pool)?;
        let Some(place) = found else {
            state.exhausted = Some(now);
            return None;
        };
        state.cursor = (place + 1) % size;
        Some(subnet.pool_at(place))
    }

    /// Notes that a pool had nothing for somebody in any way.
    pub(crate) fn found_barren(&mut self, pool: usize, now: Instant) {
        if let Some(pool) = self.pools.get_mut(pool) {
            pool.barren = Some(now);
        }
    }

    /// Whether a pool had nothing for somebody so short a time ago.
    pub(crate) fn is_barren(&self, pool: usize, within_ms: u64, now: Instant) -> bool {
        let barren = self.pools.get(pool).and_then(|pool| pool.barren);
        barren.is_some_and(|at| now.since_ms(at) < within_ms)
    }

    fn is_clean(&self, pool: usize, address: Ipv4Addr) -> bool {
        self.pools.get(pool).is_some_and(|pool| pool.clean.contains_key(&address))
    }

    /// The leases in a pool, lapsed ones too, that nobody is just asking for.
    pub(crate) fn settled_in<'a>(
        &'a self,
        subnet: &'a Subnet,
        now: Instant,
    ) -> impl Iterator<Item = (Ipv4Addr, Lease)> + 'a {
        let leases = self.by_address.iter().map(|(address, lease)| (*address, *lease));
        leases.filter(move |(address, _)| {
            subnet.pools(*address)
                && subnet.reserves(*address).is_none()
                && !self.probing.contains_key(address)
                && !self.is_quarantined(*address, now)
                && !self.offered.contains_key(address)
        })
    }

    /// Marks an address as being probed.
    pub(crate) fn probe(&mut self, pool: usize, address: Ipv4Addr, until: Instant) {
        self.probing.insert(address, Probing { pool, until, wanted: false });
    }

    /// An address under probe that nobody waits for yet, wanted from now on.
    pub(crate) fn want_probed(&mut self, pool: usize) -> Option<Ipv4Addr> {
        let mut unwanted = self.probing.iter_mut().filter(|(_, it)| it.pool == pool && !it.wanted);
        let (address, probing) = unwanted.next()?;
        probing.wanted = true;
        Some(*address)
    }

    /// Marks a probe as waited for; `false` if there is none of this address.
    pub(crate) fn want(&mut self, address: Ipv4Addr) -> bool {
        self.probing.get_mut(&address).map(|probing| probing.wanted = true).is_some()
    }

    /// Whether probes of a pool are under way.
    pub(crate) fn probes_in(&self, pool: usize) -> bool {
        self.probing.values().any(|probing| probing.pool == pool)
    }

    pub(crate) fn probes(&self) -> usize {
        self.probing.len()
    }

    /// Somebody answered a probe; `true` if we had asked.
    pub(crate) fn probe_answered(&mut self, address: Ipv4Addr) -> bool {
        let Some(probing) = self.probing.remove(&address) else { return false };
        if let Some(pool) = self.pools.get_mut(probing.pool) {
            pool.clean.remove(&address);
        }
        true
    }

    /// An address whose probe stayed silent long enough.
    pub(crate) fn probe_over(&mut self, now: Instant) -> Option<Silent> {
        let over = self.probing.iter().find(|(_, probing)| probing.until <= now);
        let (address, probing) = over.map(|(address, probing)| (*address, *probing))?;
        self.probing.remove(&address);
        let asked = Instant(probing.until.0.saturating_sub(PROBE_WAIT_MS));
        let spoke = self.at(address, now).is_some_and(|lease| lease.seen >= asked);
        Some(Silent { pool: probing.pool, address, spoke })
    }

    /// Keeps an address that a probe found silent for the next newcomer.
    pub(crate) fn keep_clean(&mut self, pool: usize, address: Ipv4Addr, now: Instant) {
        if let Some(pool) = self.pools.get_mut(pool) {
            if pool.clean.len() < PROBED_AHEAD_MAX || pool.clean.contains_key(&address) {
                pool.clean.insert(address, now);
            }
        }
    }

    /// Whether a pool should have more addresses probed ahead.
    pub(crate) fn wants_clean(&self, pool: usize, now: Instant) -> bool {
        let underway = self.probing.values().filter(|probing| probing.pool == pool).count();
        let Some(state) = self.pools.get(pool) else { return false };
        let exhausted = state.exhausted.is_some_and(|at| now.since_ms(at) < MINUTE_MS);
        !exhausted && state.clean.len() + underway < PROBED_AHEAD_MAX
    }

    /// An address found silent so long ago that it should be asked for again before it counts as
    /// unknown.
    pub(crate) fn ageing(&self, pool: usize, now: Instant) -> Option<Ipv4Addr> {
        let clean = &self.pools.get(pool)?.clean;
        let mut old = clean.iter().filter(|(address, at)| {
            now.since_ms(**at) >= PROBE_AGAIN_MS && !self.probing.contains_key(address)
        });
        old.next().map(|(address, _)| *address)
    }

    /// Forgets what ran out, once a minute.
    pub(crate) fn sweep(&mut self, durable: &Durable, now: Instant) {
        if now.since_ms(self.swept) < MINUTE_MS {
            return;
        }
        self.swept = now;
        self.quarantine.retain(|_, until| *until > now);
        for pool in &mut self.pools {
            pool.clean.retain(|_, at| now.since_ms(*at) < PROBE_FRESH_MS);
        }
        let over = |lease: &Lease| lease.until <= now && durable.address_of(lease.mac).is_none();
        let gone: Vec<Mac> =
            self.by_address.values().filter(|lease| over(lease)).map(|lease| lease.mac).collect();
        for mac in gone {
            self.end(mac);
        }
        let lapsed = self.offers.iter().filter(|(_, (_, until))| *until <= now);
        let lapsed: Vec<Mac> = lapsed.map(|(mac, _)| *mac).collect();
        for mac in lapsed {
            self.withdraw(mac);
        }
    }

    /// The pools in which the last search, within the minute, found nothing to give.
    pub(crate) fn full_pools(&self, now: Instant) -> impl Iterator<Item = usize> + '_ {
        let full = move |pool: &Pool| {
            pool.clean.is_empty() && pool.exhausted.is_some_and(|at| now.since_ms(at) < MINUTE_MS)
        };
        let pools = self.pools.iter().enumerate();
        let full = pools.filter(move |(place, pool)| full(pool) && !self.probes_in(*place));
        full.map(|(place, _)| place)
    }

    /// When the next probe is over.
    pub(crate) fn next_probe(&self) -> Option<Instant> {
        self.probing.values().map(|probing| probing.until).min()
    }
}

impl Office {
    /// Whether an address is ours to lease: in a pool, or kept for somebody.
    pub(crate) fn leases_out(&self, address: Ipv4Addr) -> bool {
        self.board
            .subnets
            .iter()
            .any(|subnet| subnet.pools(address) || subnet.reserves(address).is_some())
    }
}
