//! The `[board]` section: what the box has besides network ports, and how much of it is ours.
//!
//! On a computer that has an operating system of its own all of it is left out: then somebody else
//! sets addresses, and the daemon stays who started it.

use exchange::limits::{NETWORK_CONFIRM_MS, NETWORK_CONFIRM_S};
use exchange::time::SECOND_MS;
use serde::Deserialize;
use std::path::PathBuf;

/// Facts of the box and its operating system; nothing is taken for granted.
#[derive(Deserialize, Clone, Default)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct Hardware {
    /// What the board is called. A box with a name has nobody to turn to when it cannot use its
    /// state: it serves a page that says so instead of ending.
    pub(crate) name: Option<String>,
    /// Who the daemon is once everything is open.
    pub(crate) user: Option<String>,
    /// The device that starts the box anew when nobody pets it.
    pub(crate) watchdog: Option<PathBuf>,
    /// The button that says somebody stands in front of the box.
    pub(crate) button: Option<ButtonEntry>,
    /// The socket of the system's log.
    pub(crate) log: Option<PathBuf>,
    /// Where it is noted for whatever asks for an address on the WAN whether it should: `dhcp`, or
    /// `fixed` where the port has one, or `shut` where it must stay down.
    pub(crate) wan_note: Option<PathBuf>,
    /// Where the system reads whom to ask for names; written for a WAN port that an admin has given
    /// an address of its own.
    pub(crate) resolver: Option<PathBuf>,
    /// Whether the daemon gives the ports their addresses and shuts what is not offered on the WAN.
    pub(crate) bring_up: bool,
    /// Where firmware of phones is kept: a partition of its own, or a file that stands for one;
    /// none is kept where it is not said.
    pub(crate) firmware: Option<PathBuf>,
    /// How long changed settings of the network are on trial, in seconds; five minutes where it is
    /// not said.
    trial_seconds: Option<u32>,
}

impl Hardware {
    /// How long changed settings of the network are on trial.
    pub(crate) fn trial_ms(&self) -> u64 {
        self.trial_seconds.map_or(NETWORK_CONFIRM_MS, |seconds| u64::from(seconds) * SECOND_MS)
    }

    /// What makes no sense in it, in words.
    pub(super) fn flaw(&self) -> Option<String> {
        let (least, most) = (NETWORK_CONFIRM_S.start(), NETWORK_CONFIRM_S.end());
        let bad = self.trial_seconds.filter(|seconds| !NETWORK_CONFIRM_S.contains(seconds));
        bad.map(|seconds| format!("trial-seconds = {seconds}: it wants {least} to {most}"))
    }
}

/// A button on a line of a GPIO chip.
#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ButtonEntry {
    /// The chip's character device.
    pub(crate) chip: PathBuf,
    /// The line of the chip.
    pub(crate) line: u32,
    /// Whether a pressed button pulls the line down.
    #[serde(default)]
    pub(crate) active_low: bool,
}
