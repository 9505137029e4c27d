//! The page DHCP: whom the box answers and why, who else answers, and the lines that another server
//! needs to bring phones up.

use crate::moment::Ago;
use crate::{asset, html, Html, Viewer};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use askama::Template;
use exchange::time::Instant;
use exchange::view::{DhcpView, Elsewhere, Family, LanServed, OtherServer, Serving, Whom};

/// The lines that somebody wants to see.
#[derive(Clone, Copy, Default)]
pub struct Wanted {
    /// For which server; `None` where nothing was asked for.
    pub server: Option<Elsewhere>,
    /// For the phones of which maker; `None` for those of all that are known here.
    pub maker: Option<Family>,
}

#[derive(Template)]
#[template(path = "dhcp.html")]
struct DhcpPage<'a> {
    viewer: &'a Viewer<'a>,
    view: &'a DhcpView,
    wanted: Wanted,
    /// What is wrong with a wish.
    error: Option<&'a str>,
}

/// The whole page; `error` says why a wish was refused.
pub fn dhcp(view: &DhcpView, viewer: &Viewer<'_>, wanted: Wanted, error: Option<&str>) -> Html {
    html(&DhcpPage { viewer, view, wanted, error }, 8 * 1024)
}

impl DhcpPage<'_> {
    /// What happens in a network now, and why.
    fn now(&self, lan: &LanServed) -> String {
        let place = format!("{} to {}", lan.first, lan.last);
        let why = match (self.view.serving, lan.whom, lan.elder) {
            (_, Whom::Known, _) => {
                "Handsets that are known are answered. Before anybody else is, the box looks for \
                 some seconds whether another DHCP server is here."
                    .to_string()
            }
            (Serving::Automatic, _, _) if lan.relayed => {
                "Everybody is answered. Behind a relay the box cannot look for other servers."
                    .to_string()
            }
            (Serving::Automatic, Whom::Phones, Some(elder)) => format!(
                "Only phones are answered: the server {elder} was here before the box gave its \
                 first address, so it goes on serving everybody else."
            ),
            (Serving::Automatic, Whom::Phones, None) => PHONES_ONLY.to_string(),
            (Serving::Automatic, _, _) if !lan.looks => {
                "Everybody is answered. The box cannot look for other servers here.".to_string()
            }
            (Serving::Automatic, _, _) if self.view.others.is_empty() => {
                "Everybody is answered: no other DHCP server was heard.".to_string()
            }
            (Serving::Automatic, _, _) => {
                "Everybody is answered, although another server answers too: it came after the \
                 box had given its first address here."
                    .to_string()
            }
            (Serving::All, _, _) => "Everybody is answered, as it is set below.".to_string(),
            (Serving::PhonesOnly, _, _) => PHONES_ONLY.to_string(),
            (Serving::Off, _, _) => {
                "Nobody is answered, as it is set below. Phones that ask by SIP Plug-and-Play are \
                 told where their configuration is all the same."
                    .to_string()
            }
        };
        format!("{place}: {why}")
    }

    fn choices(&self) -> [(Serving, &'static str, &'static str); 4] {
        Serving::ALL.map(|serving| {
            let (title, hint) = choice(serving);
            (serving, title, hint)
        })
    }

    fn is_chosen(&self, id: &str) -> bool {
        self.view.serving.id() == id
    }

    fn ago(&self, at: &Instant) -> Ago {
        Ago::new(self.view.now, *at)
    }

    fn servers(&self) -> [Elsewhere; 5] {
        Elsewhere::ALL
    }

    fn is_wanted(&self, server: &Elsewhere) -> bool {
        self.wanted.server.unwrap_or(Elsewhere::Dnsmasq) == *server
    }

    /// Every maker that can be picked.
    fn makers(&self) -> Vec<Family> {
        Family::ALL.into_iter().filter(|family| !family.vendor().is_empty()).collect()
    }

    /// The lines that are wanted; empty where there is nothing to say to these phones.
    fn lines(&self) -> Option<(Elsewhere, String)> {
        let Wanted { server, maker } = self.wanted;
        let server = server?;
        Some((server, self.view.lines(server, maker)))
    }

    /// Where the lines belong.
    fn where_to(&self, server: &Elsewhere) -> &'static str {
        match server {
            Elsewhere::Dnsmasq => {
                "They belong into a file in /etc/dnsmasq.d; then restart dnsmasq."
            }
            Elsewhere::Kea => {
                "They belong into \"Dhcp4\" of kea-dhcp4.conf; where there are client classes \
                 already, put these among them."
            }
            Elsewhere::Dhcpd => "They belong at the top of dhcpd.conf; then restart dhcpd.",
            Elsewhere::MikroTik => {
                "They belong into the terminal, RouterOS 7.4 or later. Put the names of its own \
                 server and pool in place of SERVER and POOL. They were written after the maker's \
                 documents and not tried."
            }
            Elsewhere::Windows => {
                "They belong into PowerShell of an administrator on the server. They were written \
                 after the maker's documents and not tried."
            }
        }
    }
}

const PHONES_ONLY: &str =
    "Only phones are answered: devices that are recognised as phones, and known handsets.";

fn choice(serving: Serving) -> (&'static str, &'static str) {
    match serving {
        Serving::Automatic => (
            "Automatic",
            "Everybody is answered, unless another server was here before this box: then only \
             phones are. A server that comes later raises an alarm.",
        ),
        Serving::All => ("Serve all", "Everybody is answered, whoever else answers."),
        Serving::PhonesOnly => (
            "Phones only",
            "Phones and known handsets are answered. Another server has to serve all others.",
        ),
        Serving::Off => (
            "Off",
            "Nobody is answered. Another server has to serve phones too; the lines below tell it \
             what they need.",
        ),
    }
}

/// A server by its address, and what is known of its hardware.
pub(crate) fn named(other: &OtherServer) -> String {
    match (other.mac, other.maker) {
        (Some(mac), Some(maker)) => format!("{} ({maker}, MAC {mac})", other.server),
        (Some(mac), None) => format!("{} (MAC {mac})", other.server),
        (None, _) => other.server.to_string(),
    }
}
