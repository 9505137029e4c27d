//! The page Network: what an admin can set of it, and what is said when the box starts anew for it.

use crate::form::{LanForm, WanForm};
use crate::moment::{Lasted, Left};
use crate::{asset, html, Html, Viewer};
use alloc::format;
use alloc::string::{String, ToString};
use askama::Template;
use core::net::Ipv4Addr;
use exchange::limits::DOMAIN_MAX;
use exchange::time::{Instant, Now};
use exchange::view::{BoxView, Wan, WanView};

/// Settings of the network that are on trial, as every page says it.
#[derive(Clone, Copy)]
pub struct OnTrial {
    /// When it is said.
    pub now: Now,
    /// When they go back, unless somebody keeps them.
    pub until: Instant,
}

impl OnTrial {
    pub(crate) fn left(&self) -> Left {
        Left { now: self.now, until: self.until }
    }
}

#[derive(Template)]
#[template(path = "network.html")]
struct NetworkPage<'a> {
    viewer: &'a Viewer<'a>,
    view: &'a BoxView,
    lan: Option<LanForm>,
    wan: Option<(&'a WanView, WanForm)>,
    /// Whether one of the forms came back with something wrong in it.
    refused: bool,
}

/// The whole page; `lan` or `wan` is what was typed into that form, with its errors.
pub fn network(
    view: &BoxView,
    viewer: &Viewer<'_>,
    lan: Option<LanForm>,
    wan: Option<WanForm>,
) -> Html {
    let refused = lan.is_some() || wan.is_some();
    let lan = view.lan.as_ref().map(|is| lan.unwrap_or_else(|| LanForm::of(is)));
    let wan = view.wan.as_ref().map(|is| (is, wan.unwrap_or_else(|| WanForm::of(is))));
    html(&NetworkPage { viewer, view, lan, wan, refused }, 8 * 1024)
}

impl NetworkPage<'_> {
    /// How the WAN port gets its address now.
    fn wan_now(&self, wan: &WanView) -> String {
        let here = wan.address.map(|(address, prefix)| format!("{address}/{prefix}"));
        match (wan.set, here) {
            (Some(Wan::Dhcp), _) => "by DHCP".to_string(),
            (Some(Wan::Fixed { .. }), Some(here)) => format!("fixed, {here}"),
            (Some(Wan::Fixed { .. }), None) => "fixed".to_string(),
            (None, Some(here)) => format!("as the configuration file says, {here}"),
            (None, None) => "as the configuration file says".to_string(),
        }
    }

    fn trial(&self) -> Lasted {
        Lasted(self.view.trial_ms)
    }
}

/// Why the box starts anew.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Leaving {
    /// An admin wished it; nothing else changes.
    Restart,
    /// The network is set anew, and the pages stay where they are.
    Network,
    /// The network is set anew, and the pages are here from then on.
    Moved {
        /// The box's new LAN address.
        to: Ipv4Addr,
        /// The port of the pages.
        http_port: u16,
    },
    /// The whole state was replaced by a backup.
    Restored {
        /// Where the pages are from then on, if not where they are: address and port.
        moved: Option<(Ipv4Addr, u16)>,
        /// Whether nobody has to start the program.
        by_itself: bool,
    },
}

#[derive(Template)]
#[template(path = "leaving.html")]
struct LeavingPage {
    leaving: Leaving,
    trial_ms: u64,
}

/// The last page before the box starts anew: what happens, where one goes on, and for how long new
/// settings are on trial.
pub fn leaving(leaving: Leaving, trial_ms: u64) -> Html {
    html(&LeavingPage { leaving, trial_ms }, 3 * 1024)
}

impl LeavingPage {
    /// Host and port as they stand in a URL.
    fn place(&self, to: &Ipv4Addr, http_port: &u16) -> String {
        match http_port {
            80 => to.to_string(),
            port => format!("{to}:{port}"),
        }
    }

    fn trial(&self) -> Lasted {
        Lasted(self.trial_ms)
    }
}
