//! What survives of the network: as it is kept, and as it is proposed.

use super::{Durable, Event};
use crate::network::Settings;

impl Durable {
    /// What is kept has been proposed before.
    pub(super) fn network_facts(&self) -> impl Iterator<Item = Event> + '_ {
        let kept = Some(&self.network_kept).filter(|kept| **kept != Settings::default());
        let kept = kept.into_iter().flat_map(|kept| {
            [Event::NetworkProposed { settings: kept.clone() }, Event::NetworkKept]
        });
        let proposed = self.network_proposed.iter();
        kept.chain(proposed.map(|it| Event::NetworkProposed { settings: it.clone() }))
    }

    /// What an admin has set of the network, as it is in force after a start: what was proposed
    /// last, unless it was taken back.
    pub fn network(&self) -> &Settings {
        self.network_proposed.as_ref().unwrap_or(&self.network_kept)
    }

    /// Whether what is in force of the network was proposed, and neither kept nor taken back.
    pub fn network_is_proposed(&self) -> bool {
        self.network_proposed.is_some()
    }

    /// What an admin has set of the network and kept, whatever is on trial.
    pub(crate) fn network_kept(&self) -> &Settings {
        &self.network_kept
    }

    /// What was proposed of the network, and neither kept nor taken back.
    pub(crate) fn network_proposed(&self) -> Option<&Settings> {
        self.network_proposed.as_ref()
    }
}
