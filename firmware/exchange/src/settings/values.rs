//! From what is stored to what a template reads.

use super::{
    codecs, country, keys, language, ports, rules, Codec, Rule, Setting, Store, Transport,
};
use crate::board::Site;
use crate::catalog::Family;
use crate::layer::Whom;
use crate::names::{text, HandsetNo, Text};
use crate::office::Office;
use crate::render::{KeyValues, LanguageValues, RuleValues, SettingValues, ToneValues};
use crate::seat::CLAIM_RULE;
use crate::zone::{self, Zone};
use alloc::string::{String, ToString};
use core::str::FromStr;
use wire::Mac;

/// What is known of the one for whom a file is made.
#[derive(Default)]
pub(crate) struct Known {
    pub(crate) handset: Option<HandsetNo>,
    pub(crate) family: Option<Family>,
    pub(crate) model: Text,
    pub(crate) firmware: Text,
}

impl Known {
    pub(crate) fn whom(&self) -> Whom<'_> {
        let Known { handset, family, model, firmware } = self;
        Whom { handset: *handset, family: *family, model, firmware }
    }

    /// The same for one of its files; one that is common is no handset's.
    pub(crate) fn for_file(&self, common: bool) -> Whom<'_> {
        let whom = self.whom();
        Whom { handset: whom.handset.filter(|_| !common), ..whom }
    }
}

impl Office {
    /// What is known of a device, whether it is a handset or not.
    pub(crate) fn known(&self, mac: Mac) -> Known {
        let handset = self.durable.handset_of(mac);
        let shown = self.devices.get(&mac).and_then(|device| device.guess.version().map(text));
        let remembered = || handset.map(|(_, handset)| handset.firmware.clone());
        Known {
            handset: handset.map(|(no, _)| no),
            family: self.family(mac),
            model: self.model(mac),
            firmware: shown.or_else(remembered).unwrap_or_default(),
        }
    }
}

/// What the layers say for somebody, but for passwords, what was of the site before and the
/// transport.
pub(super) fn values(store: &Store, whom: Whom<'_>) -> SettingValues {
    let layers = store.reaching(whom);
    let set = |setting| layers.iter().find_map(|layer| store.get(layer, setting));
    let owned = |setting| set(setting).map(String::from).unwrap_or_default();
    let keys = set(Setting::Keys).and_then(|text| keys(text).ok()).unwrap_or_default();
    let codecs = set(Setting::Codecs).and_then(|text| codecs(text).ok()).unwrap_or_default();
    let plan = set(Setting::DialPlan).and_then(|text| rules(text).ok()).unwrap_or_default();
    // A plan that is set must not keep anybody from dialling who sits at the phone.
    let claim = Rule { text: CLAIM_RULE, digits: CLAIM_RULE, open: false };
    let claim = Some(claim).filter(|_| !plan.is_empty());
    SettingValues {
        keys: (1..)
            .zip(keys)
            .map(|(place, key)| KeyValues {
                place,
                kind: key.kind.word().to_string(),
                number: key.number.to_string(),
                label: if key.label.is_empty() { key.number } else { key.label }.to_string(),
            })
            .collect(),
        phone_book_url: owned(Setting::PhoneBookUrl),
        vlan_id: number(set(Setting::VlanId)),
        vlan_priority: number(set(Setting::VlanPriority)),
        pc_vlan_id: number(set(Setting::PcVlanId)),
        codecs: codecs.into_iter().map(|codec| Codec::name(codec).to_string()).collect(),
        syslog_server: owned(Setting::SyslogServer),
        firmware_url: owned(Setting::FirmwareUrl),
        language: set(Setting::Language).and_then(language).map(|it| LanguageValues {
            code: it.code.to_string(),
            name: it.name.to_string(),
            own: it.own.to_string(),
        }),
        tone: set(Setting::ToneCountry).and_then(country).map(|it| ToneValues {
            code: it.code.to_string(),
            three: it.three.to_string(),
            name: it.name.to_string(),
        }),
        dial_plan: plan
            .into_iter()
            .chain(claim)
            .map(|rule| RuleValues { digits: rule.digits.to_string(), open: rule.open })
            .collect(),
        sip_port: number(set(Setting::SipPort)),
        rtp: set(Setting::RtpPorts).and_then(ports),
        keep_alive_s: number(set(Setting::KeepAlive)),
        transport: Transport::Udp,
    }
}

fn number<T: FromStr>(text: Option<&str>) -> Option<T> {
    text.and_then(|text| text.parse().ok())
}

/// The zone in force for somebody, and whether its summer time counts.
pub(crate) fn site_zone(store: &Store, site: &Site, whom: Whom<'_>) -> (&'static Zone, bool) {
    let (name, _) = store.resolve(whom, Setting::TimeZone);
    let (summer, _) = store.resolve(whom, Setting::SummerTime);
    let zone = zone::find(name.unwrap_or(&site.time_zone)).unwrap_or(&zone::UTC);
    (zone, summer != Some("no"))
}
