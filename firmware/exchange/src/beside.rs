//! What survives of how the box serves DHCP beside others: whom it answers, and which servers were
//! there before it.

use crate::limits::ELDERS_MAX;
use crate::state::Event;
use alloc::vec::Vec;
use core::net::Ipv4Addr;
use serde::{Deserialize, Serialize};
use wire::Mac;

/// Whom the box answers by DHCP, as an admin has chosen; its number is on flash.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Serving {
    /// Everybody, or phones only on a LAN where another server was before the box.
    #[default]
    Automatic,
    /// Everybody.
    All,
    /// Devices that are recognised as phones, and known handsets.
    PhonesOnly,
    /// Nobody.
    Off,
}

impl Serving {
    /// Every one, in the order of the page.
    pub const ALL: [Serving; 4] =
        [Serving::Automatic, Serving::All, Serving::PhonesOnly, Serving::Off];

    /// Its name in backups and forms.
    pub fn id(self) -> &'static str {
        match self {
            Serving::Automatic => "automatic",
            Serving::All => "all",
            Serving::PhonesOnly => "phones-only",
            Serving::Off => "off",
        }
    }

    /// The one of this name.
    pub fn from_id(id: &str) -> Option<Serving> {
        Serving::ALL.into_iter().find(|serving| serving.id() == id)
    }
}

/// A DHCP server that was on a LAN before the box gave its first lease there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Elder {
    /// The network of the LAN, by its first address; after a move to another network it says
    /// nothing any more.
    pub network: Ipv4Addr,
    /// Its address.
    pub server: Ipv4Addr,
    /// Its hardware address, or that of the router before it.
    pub mac: Mac,
}

/// The part of the durable state that is about this.
#[derive(Default)]
pub struct Beside {
    serving: Serving,
    elders: Vec<Elder>,
}

impl Beside {
    /// Whom the box answers, as an admin has chosen.
    pub fn serving(&self) -> Serving {
        self.serving
    }

    /// The servers that were there before, at most [`ELDERS_MAX`].
    pub fn elders(&self) -> &[Elder] {
        &self.elders
    }

    /// Makes a fact about this true; of all others it knows nothing.
    pub(crate) fn apply(&mut self, event: &Event) {
        if let Event::ServingChosen { serving } = event {
            self.choose(*serving);
        }
        if let Event::ElderMet { network, server, mac } = event {
            let (network, server) = (Ipv4Addr::from(*network), Ipv4Addr::from(*server));
            self.met(Elder { network, server, mac: Mac(*mac) });
        }
        if let Event::ElderGone { network, server } = event {
            self.gone(Ipv4Addr::from(*network), Ipv4Addr::from(*server));
        }
    }

    pub(crate) fn choose(&mut self, serving: Serving) {
        self.serving = serving;
    }

    /// The latest ones count.
    pub(crate) fn met(&mut self, elder: Elder) {
        self.gone(elder.network, elder.server);
        if self.elders.len() >= ELDERS_MAX {
            self.elders.remove(0);
        }
        self.elders.push(elder);
    }

    pub(crate) fn gone(&mut self, network: Ipv4Addr, server: Ipv4Addr) {
        self.elders.retain(|elder| (elder.network, elder.server) != (network, server));
    }

    /// The facts that make it.
    pub(crate) fn facts(&self) -> impl Iterator<Item = Event> + '_ {
        let chosen = Some(self.serving).filter(|serving| *serving != Serving::default());
        let chosen = chosen.map(|serving| Event::ServingChosen { serving });
        let elders = self.elders.iter().map(|elder| Event::ElderMet {
            network: elder.network.octets(),
            server: elder.server.octets(),
            mac: elder.mac.0,
        });
        chosen.into_iter().chain(elders)
    }
}
