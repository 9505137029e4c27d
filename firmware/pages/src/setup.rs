//! The page Setup of a handset without a hardware address: what is to be typed where, and, right
//! after its password was drawn, that password and all of it as a QR code. It is on no other page.

use crate::qr::{Qr, QR_BYTES_MAX};
use crate::{asset, device_path, html, Html, Viewer};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use askama::Template;
use exchange::limits::SETTING_HOST_BYTES_MAX;
use exchange::view::SetupView;

/// What a login and a password have of letters at most.
const ACCOUNT_CHARS: usize = 8 + 24;
// `sip:LOGIN:PASSWORD@HOST:PORT;transport=udp` has to fit.
const _: () = assert!(
    "sip:".len() + ACCOUNT_CHARS + ":@:65535;transport=udp".len() + SETTING_HOST_BYTES_MAX
        <= QR_BYTES_MAX
);

#[derive(Template)]
#[template(path = "setup.html")]
struct SetupPage<'a> {
    viewer: &'a Viewer<'a>,
    view: &'a SetupView,
    password: Option<&'a str>,
    wrong: Option<&'a str>,
}

/// The whole page.
pub fn setup(view: &SetupView, viewer: &Viewer<'_>, wrong: Option<&str>) -> Html {
    html(&SetupPage { viewer, view, password: None, wrong }, 12 * 1024)
}

/// The whole page with the password that was just drawn, for whoever had it drawn.
pub fn setup_shown(view: &SetupView, viewer: &Viewer<'_>, password: &str) -> Html {
    html(&SetupPage { viewer, view, password: Some(password), wrong: None }, 32 * 1024)
}

/// What an app asks for under some of these names, and what is typed there.
struct Field {
    name: &'static str,
    also: &'static str,
    value: String,
    is_typed: bool,
}

impl SetupPage<'_> {
    fn title(&self) -> String {
        match (self.view.extension, self.view.what.as_str()) {
            (Some(extension), "") => format!("Setup of {extension} {}", self.view.name),
            (Some(extension), what) => format!("Setup of {extension}, {what}"),
            (None, "") if !self.view.name.is_empty() => format!("Setup for {}", self.view.name),
            (None, "") => "Setup".to_string(),
            (None, what) => format!("Setup of {what}"),
        }
    }

    fn path(&self) -> String {
        device_path(self.view.mac)
    }

    /// The server that the app is told: away from the LAN where it may be used from there.
    fn host(&self) -> Option<&str> {
        self.view.wan.as_deref().or(self.view.lan.as_deref())
    }

    fn fields(&self) -> Vec<Field> {
        let typed = |name, also, value: &str| Field {
            name,
            also,
            value: value.to_string(),
            is_typed: true,
        };
        let said = |name, also, value: String| Field { name, also, value, is_typed: false };
        let hidden = "shown once, when it was drawn. Have a new one drawn below".to_string();
        let mut fields = Vec::from([typed("User name", "login, account", &self.view.login)]);
        fields.push(typed("Authentication name", "auth ID, where it is asked", &self.view.login));
        fields.push(match self.password {
            Some(password) => typed("Password", "secret", password),
            None => said("Password", "secret", hidden),
        });
        match self.host() {
            Some(host) => {
                let host = match self.view.sip_port {
                    5060 => host.to_string(),
                    port => format!("{host}:{port}"),
                };
                fields.push(typed("Server", "domain, registrar, SIP proxy", &host));
            }
            None => fields.push(said("Server", "domain", "the box has no address there".into())),
        }
        fields.push(typed("Port", "", &self.view.sip_port.to_string()));
        fields.push(said("Transport", "", self.transport()));
        if !self.view.name.is_empty() {
            fields.push(typed("Display name", "your name", &self.view.name));
        }
        let empty = "leave empty".to_string();
        fields.push(said("Outbound proxy, STUN server, voice mail", "", empty));
        fields
    }

    fn transport(&self) -> String {
        match self.view.sips_port {
            Some(port) => format!(
                "UDP or TCP. TLS, at port {port}, if the app trusts the certificate of this box",
            ),
            None => "UDP or TCP".to_string(),
        }
    }

    /// Where it may be used, and what follows for the server.
    fn reach(&self) -> String {
        match (&self.view.wan, &self.view.lan, self.view.is_remote) {
            (Some(wan), Some(lan), true) => format!(
                "It may be used from everywhere: {wan} is how the box is reached from elsewhere. \
                If that does not work in the office, the box is {lan} there.",
            ),
            (Some(wan), None, true) => {
                format!("It may be used from everywhere: the box is reached as {wan}.")
            }
            (None, _, true) => {
                "It may be used from the WAN, but the box has no address there at present.".into()
            }
            (_, _, false) => {
                "It registers on the LAN only. Its own page says how to let it be used from the \
                WAN."
                    .into()
            }
        }
    }

    /// Everything in one address (RFC 3261 section 19.1.1), for whoever is shown the password.
    fn uri(&self) -> Option<String> {
        let (password, host) = (self.password?, self.host()?);
        let (login, port) = (&self.view.login, self.view.sip_port);
        Some(format!("sip:{login}:{password}@{host}:{port};transport=udp"))
    }

    fn code(&self) -> Option<Qr> {
        Qr::of(self.uri()?.as_bytes())
    }
}
