//! How many connections each address has, so that none takes the places of all.
//!
//! Only addresses that have a connection are remembered; what is refused leaves no trace.

use exchange::sorted::SortedMap;
use std::net::Ipv4Addr;

/// Connections, counted by the address they come from.
#[derive(Default)]
pub(crate) struct Sources {
    by_address: SortedMap<Ipv4Addr, usize>,
    all: usize,
}

impl Sources {
    /// Counts one more, unless this address has as many as one may have.
    #[must_use]
    pub(crate) fn enter(&mut self, source: Ipv4Addr, at_most: usize) -> bool {
        let here = self.by_address.get(&source).copied().unwrap_or_default();
        if here >= at_most {
            return false;
        }
        self.by_address.insert(source, here + 1);
        self.all += 1;
        true
    }

    /// Counts one less of an address that was counted.
    pub(crate) fn leave(&mut self, source: Ipv4Addr) {
        let Some(here) = self.by_address.get_mut(&source) else { return };
        *here -= 1;
        self.all -= 1;
        if *here == 0 {
            self.by_address.remove(&source);
        }
    }

    /// How many there are.
    pub(crate) fn all(&self) -> usize {
        self.all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);

    #[test]
    fn an_address_has_so_many_connections_and_gets_them_back() {
        let mut sources = Sources::default();
        assert!(sources.enter(HERE, 2) && sources.enter(HERE, 2) && !sources.enter(HERE, 2));
        assert!(sources.enter(Ipv4Addr::new(10, 0, 0, 2), 2));
        assert_eq!(sources.all(), 3);
        sources.leave(HERE);
        assert!(sources.enter(HERE, 2));
    }

    #[test]
    fn who_is_refused_or_has_left_is_forgotten() {
        let mut sources = Sources::default();
        for no in 0..1_000 {
            let stranger = Ipv4Addr::from(no);
            assert!(!sources.enter(stranger, 0));
            sources.leave(stranger);
        }
        assert!(sources.enter(HERE, 1));
        sources.leave(HERE);
        assert!(sources.by_address.is_empty() && sources.all() == 0);
    }
}
