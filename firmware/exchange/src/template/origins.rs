//! Where the values of a file come from, in words.

use crate::layer::Whom;
use crate::settings::{Ground, Origin, Setting, Store, TABLE};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Where each value of a file comes from.
///
/// Every page and command that names an origin asks here.
pub struct Origins(Vec<(&'static str, String)>);

impl Origins {
    /// Those of a file for somebody.
    pub(super) fn of(store: &Store, whom: Whom<'_>) -> Origins {
        let told = |setting: Setting| (path(setting), words(store.resolve(whom, setting).1));
        Origins(TABLE.iter().map(|entry| told(entry.setting)).collect())
    }

    /// The same where the URL of firmware is that of a file which is on the box.
    pub(super) fn with_firmware(mut self, is_here: bool) -> Origins {
        let of = path(Setting::FirmwareUrl);
        if let Some((_, words)) = self.0.iter_mut().find(|(path, _)| is_here && *path == of) {
            *words = String::from("the firmware file of its model");
        }
        self
    }

    /// Where a value comes from; `path` is as a template reads it, such as `site.ntp_server`.
    pub fn words(&self, path: &str) -> &str {
        let within = |of: &str| {
            path.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        // Of a setting that is made of two, what is said first.
        let mut own = self.0.iter().filter(|(of, _)| within(of)).map(|(_, words)| words.as_str());
        let default = match path.split('.').next() {
            Some("handset" | "model" | "line_count" | "screens_url") => "the handset",
            Some(_) | None => "the box",
        };
        own.next().unwrap_or(default)
    }
}

/// What a template reads of a setting.
fn path(setting: Setting) -> &'static str {
    match setting {
        Setting::Keys => "settings.keys",
        Setting::PhoneBookUrl => "settings.phone_book_url",
        Setting::TimeZone => "site.zone",
        Setting::SummerTime => "site.zone.summer",
        Setting::NtpServer => "site.ntp_server",
        Setting::VlanId => "settings.vlan_id",
        Setting::VlanPriority => "settings.vlan_priority",
        Setting::PcVlanId => "settings.pc_vlan_id",
        Setting::Codecs => "settings.codecs",
        Setting::SyslogServer => "settings.syslog_server",
        Setting::WebAdminPassword => "handset.web_password",
        Setting::WebUserPassword => "handset.user_password",
        Setting::ProvisioningInterval => "site.poll_min",
        Setting::FirmwareUrl => "settings.firmware_url",
        Setting::Language => "settings.language",
        Setting::ToneCountry => "settings.tone",
        Setting::DialPlan => "settings.dial_plan",
        Setting::SipPort => "settings.sip_port",
        Setting::RtpPorts => "settings.rtp",
        Setting::KeepAlive => "settings.keep_alive_s",
        Setting::Transport => "settings.transport",
    }
}

fn words(origin: Origin) -> String {
    match origin {
        Origin::Layer(layer) => layer.to_string(),
        Origin::Ground(Ground::Phone) => String::from("not set"),
        Origin::Ground(Ground::Shipped(_) | Ground::OfBox | Ground::Remote) => {
            String::from("shipped")
        }
        Origin::Ground(Ground::File) => String::from("the configuration file"),
        Origin::Ground(Ground::Drawn) => String::from("drawn for the handset"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Family;
    use crate::layer::Layer;
    use crate::names::HandsetNo;

    #[test]
    fn a_value_comes_from_the_nearest_layer_that_has_it_and_else_from_its_ground() {
        let mut store = Store::default();
        let site = Layer::Site;
        store.change(&site, Setting::Codecs.code(), Some("G722"));
        store.change(&site, Setting::NtpServer.code(), Some("time.example.com"));
        let handset = Layer::Handset(HandsetNo(3));
        store.change(&handset, Setting::Codecs.code(), Some("PCMA"));
        let whom = Whom {
            handset: Some(HandsetNo(3)),
            family: Some(Family::Snom),
            model: "D715",
            firmware: "",
        };
        let origins = Origins::of(&store, whom);
        for (path, words) in [
            ("settings.codecs", "handset 3"),
            ("site.ntp_server", "the site"),
            ("site.zone.name", "the configuration file"),
            ("handset.web_password", "drawn for the handset"),
            ("settings.keys", "not set"),
            ("handset.lines.login", "the handset"),
            ("site.server", "the box"),
        ] {
            assert_eq!(origins.words(path), words, "{path}");
        }
    }
}
