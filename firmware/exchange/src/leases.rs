//! Who has which address now, which addresses are known to be free, and which are left alone.
//!
//! The clocks of leases live here and die with the daemon: after a start every remembered address
//! counts as leased for a whole term, which errs on the side of not giving an address twice. What
//! is remembered across starts is in [`crate::state::Durable`].

use crate::board::{Board, Subnet};
use crate::catalog::{LEASE_HANDSET_S, LEASE_OTHER_S};
use crate::limits::{PROBED_AHEAD_MAX, PROBE_FRESH_MS, QUARANTINE_MAX, QUARANTINE_MS};
use crate::state::Durable;
use crate::time::{Instant, MINUTE_MS, SECOND_MS};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::net::Ipv4Addr;
use wire::Mac;

/// All leases and the state of the pools.
pub(crate) struct Leases {
    by_address: BTreeMap<Ipv4Addr, Lease>,
    by_mac: BTreeMap<Mac, Ipv4Addr>,
    quarantine: BTreeMap<Ipv4Addr, Instant>,
    probing: BTreeMap<Ipv4Addr, Probing>,
    pools: Vec<Pool>,
    swept: Instant,
}

/// One device's hold on one address.
#[derive(Clone, Copy)]
pub(crate) struct Lease {
    pub(crate) mac: Mac,
    pub(crate) term: Term,
    /// The relay it was asked through; `None` while nothing was heard since this start.
    pub(crate) relay: Option<Ipv4Addr>,
    pub(crate) seen: Instant,
}

/// How far a lease has come. An offer and a lease both keep the address from others.
#[derive(Clone, Copy)]
pub(crate) enum Term {
    Offered { until: Instant },
    Bound { until: Instant },
}

#[derive(Clone, Copy)]
struct Probing {
    pool: usize,
    until: Instant,
}

#[derive(Default)]
struct Pool {
    /// Where the search for a free address goes on.
    cursor: usize,
    /// Addresses that a probe found silent, and when.
    clean: BTreeMap<Ipv4Addr, Instant>,
    /// When a search of the whole pool last found nothing.
    exhausted: Option<Instant>,
}

/// How long a fruitless search of a pool is not repeated.
const SEARCH_AGAIN_MS: u64 = 1_000;

impl Term {
    fn until(self) -> Instant {
        match self {
            Term::Offered { until } | Term::Bound { until } => until,
        }
    }
}

impl Leases {
    /// Starts every remembered address on a whole term.
    pub(crate) fn new(board: &Board, durable: &Durable) -> Leases {
        let mut leases = Leases {
            by_address: BTreeMap::new(),
            by_mac: BTreeMap::new(),
            quarantine: BTreeMap::new(),
            probing: BTreeMap::new(),
            pools: board.subnets.iter().map(|_| Pool::default()).collect(),
            swept: Instant(0),
        };
        for (mac, address) in durable.addresses() {
            let known = durable.handset_of(mac).is_some();
            let term_s = if known { LEASE_HANDSET_S } else { LEASE_OTHER_S };
            let term = Term::Bound { until: Instant(u64::from(term_s) * SECOND_MS) };
            leases.put(address, Lease { mac, term, relay: None, seen: Instant(0) });
        }
        leases
    }

    /// Gives a device a hold on an address; whatever either had before is gone.
    pub(crate) fn put(&mut self, address: Ipv4Addr, lease: Lease) {
        self.end(lease.mac);
        if let Some(former) = self.by_address.insert(address, lease) {
            self.by_mac.remove(&former.mac);
        }
        self.by_mac.insert(lease.mac, address);
    }

    /// Takes a device's hold away.
    pub(crate) fn end(&mut self, mac: Mac) {
        if let Some(address) = self.by_mac.remove(&mac) {
            self.by_address.remove(&address);
        }
    }

    /// The live hold of a device.
    pub(crate) fn of(&self, mac: Mac, now: Instant) -> Option<(Ipv4Addr, Lease)> {
        let address = *self.by_mac.get(&mac)?;
        self.at(address, now).map(|lease| (address, lease))
    }

    /// The live hold on an address.
    pub(crate) fn at(&self, address: Ipv4Addr, now: Instant) -> Option<Lease> {
        self.by_address.get(&address).copied().filter(|lease| lease.term.until() > now)
    }

    /// The device that has a lease, not merely an offer, of an address.
    pub(crate) fn bound(&self, address: Ipv4Addr, now: Instant) -> Option<Lease> {
        self.at(address, now).filter(|lease| matches!(lease.term, Term::Bound { .. }))
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
            && self.at(address, now).is_none()
            && !self.is_quarantined(address, now)
    }

    /// Leaves an address alone for a day; `false` when so many are left alone already that a flood
    /// could empty the pool.
    pub(crate) fn quarantine(&mut self, subnet: &Subnet, address: Ipv4Addr, now: Instant) -> bool {
        let here = self.quarantine.iter().filter(|(address, _)| subnet.pools(**address)).count();
        if here >= QUARANTINE_MAX {
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

    fn is_clean(&self, pool: usize, address: Ipv4Addr) -> bool {
        self.pools.get(pool).is_some_and(|pool| pool.clean.contains_key(&address))
    }

    /// An address came free; the next search need not wait.
    pub(crate) fn search_again(&mut self, pool: usize) {
        if let Some(pool) = self.pools.get_mut(pool) {
            pool.exhausted = None;
        }
    }

    /// The address to be taken from a device that is no handset: a lapsed one first, then the one
    /// whose holder was heard least recently.
    pub(crate) fn reclaimable(
        &self,
        subnet: &Subnet,
        durable: &Durable,
        now: Instant,
    ) -> Option<(Ipv4Addr, Mac)> {
        let stranger = |mac: Mac| durable.handset_of(mac).is_none();
        let held = self.by_address.iter().filter(|(address, lease)| {
            subnet.pools(**address)
                && subnet.reserves(**address).is_none()
                && stranger(lease.mac)
                && (lease.term.until() <= now || now.since_ms(lease.seen) >= MINUTE_MS)
        });
        let (address, lease) =
            held.min_by_key(|(_, lease)| (lease.term.until() > now, lease.seen))?;
        Some((*address, lease.mac))
    }

    /// Marks an address as being probed.
    pub(crate) fn probe(&mut self, pool: usize, address: Ipv4Addr, until: Instant) {
        self.probing.insert(address, Probing { pool, until });
    }

    pub(crate) fn probes(&self) -> usize {
        self.probing.len()
    }

    /// Somebody answered a probe; `true` if we had asked.
    pub(crate) fn probe_answered(&mut self, address: Ipv4Addr) -> bool {
        self.probing.remove(&address).is_some()
    }

    /// An address whose probe stayed silent long enough.
    pub(crate) fn probe_over(&mut self, now: Instant) -> Option<(usize, Ipv4Addr)> {
        let over = self.probing.iter().find(|(_, probing)| probing.until <= now);
        let (address, probing) = over.map(|(address, probing)| (*address, *probing))?;
        self.probing.remove(&address);
        Some((probing.pool, address))
    }

    /// Keeps an address that a probe found silent for the next newcomer.
    pub(crate) fn keep_clean(&mut self, pool: usize, address: Ipv4Addr, now: Instant) {
        if let Some(pool) = self.pools.get_mut(pool) {
            if pool.clean.len() < PROBED_AHEAD_MAX {
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
        let over =
            |lease: &Lease| lease.term.until() <= now && durable.address_of(lease.mac).is_none();
        let gone: Vec<Mac> =
            self.by_address.values().filter(|lease| over(lease)).map(|lease| lease.mac).collect();
        for mac in gone {
            self.end(mac);
        }
    }

    /// The pools in which the last search, within the minute, found nothing to give.
    pub(crate) fn full_pools(&self, now: Instant) -> impl Iterator<Item = usize> + '_ {
        let full = move |pool: &Pool| {
            pool.clean.is_empty() && pool.exhausted.is_some_and(|at| now.since_ms(at) < MINUTE_MS)
        };
        let pools = self.pools.iter().enumerate();
        pools.filter(move |(_, pool)| full(pool)).map(|(place, _)| place)
    }

    /// When the next probe is over.
    pub(crate) fn next_probe(&self) -> Option<Instant> {
        self.probing.values().map(|probing| probing.until).min()
    }
}
