//! Settings as a page shows them: each with its value and where that comes from, no secret among
//! them, and what a maker's files cannot say of them.

use super::{codecs, keys, remote, Codec, Ground, KeyKind, Origin, Setting, TABLE};
use crate::catalog::Family;
use crate::layer::{Layer, Whom};
use crate::office::Office;
use crate::sorted::SortedSet;
use crate::time::Now;
use crate::view::{SettingRow, SettingsView, Unsaid};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use wire::Mac;

/// Every setting as a layer has it, and as it is in force there.
pub(crate) fn view(office: &Office, now: Now, layer: Layer) -> SettingsView {
    let store = office.durable.settings();
    let kinds: SortedSet<_> = office
        .durable
        .handsets()
        .filter_map(|(_, handset)| {
            Some((Family::from_code(handset.family)?, handset.model.clone()))
        })
        .collect();
    let set = store.layers().filter(|layer| !matches!(layer, Layer::Handset(_)));
    SettingsView {
        now,
        revision: office.settings_changed.0,
        rows: rows(office, &layer, layer.whom()),
        set: set.cloned().collect(),
        kinds: kinds.into_iter().collect(),
        layer,
    }
}

/// Every setting of a handset; empty for a device that is none.
pub(crate) fn of_handset(office: &Office, mac: Mac) -> Vec<SettingRow> {
    let known = office.known(mac);
    let Some(handset) = known.handset else { return Vec::new() };
    rows(office, &Layer::Handset(handset), known.whom())
}

fn rows(office: &Office, layer: &Layer, whom: Whom<'_>) -> Vec<SettingRow> {
    let cannot = whom.family.map(|family| office.catalog.cannot(family, whom.model));
    TABLE.iter().map(|entry| row(office, layer, whom, entry.setting, cannot)).collect()
}

fn row(
    office: &Office,
    layer: &Layer,
    whom: Whom<'_>,
    setting: Setting,
    cannot: Option<&[&'static str]>,
) -> SettingRow {
    let store = office.durable.settings();
    let own = store.get(layer, setting);
    let (value, origin) = store.resolve(whom, setting);
    let unsaid = match (&origin, value) {
        (Origin::Layer(_), Some(value)) => unsaid(setting, value, cannot.unwrap_or_default()),
        (Origin::Layer(_) | Origin::Ground(_), _) => Vec::new(),
    };
    let shown = |value: &str| if setting.is_secret() { String::new() } else { value.to_string() };
    let value = value.map(shown).or_else(|| match origin {
        Origin::Ground(Ground::File) => on_file(office, whom, setting),
        Origin::Ground(Ground::OfBox) => of_box(whom),
        Origin::Ground(Ground::Remote) => remote::shown(office, whom, setting),
        Origin::Ground(Ground::Phone | Ground::Shipped(_) | Ground::Drawn) | Origin::Layer(_) => {
            None
        }
    });
    SettingRow { setting, is_set: own.is_some(), own: own.map(shown), value, origin, unsaid }
}

/// What the configuration file says. On the WAN the box is nobody's time server.
fn on_file(office: &Office, whom: Whom<'_>, setting: Setting) -> Option<String> {
    let site = &office.board.site;
    let known = whom.handset.and_then(|handset| office.durable.handset(handset));
    let is_near = !known.is_some_and(|known| known.is_remote());
    match setting {
        Setting::TimeZone => Some(site.time_zone.clone()),
        Setting::NtpServer => {
            site.ntp_server.clone().or_else(|| is_near.then(|| "this box".to_string()))
        }
        Setting::ProvisioningInterval => Some(site.poll_min.to_string()),
        Setting::Keys
        | Setting::PhoneBookUrl
        | Setting::SummerTime
        | Setting::VlanId
        | Setting::VlanPriority
        | Setting::PcVlanId
        | Setting::Codecs
        | Setting::SyslogServer
        | Setting::WebAdminPassword
        | Setting::WebUserPassword
        | Setting::FirmwareUrl
        | Setting::Language
        | Setting::ToneCountry
        | Setting::DialPlan
        | Setting::SipPort
        | Setting::RtpPorts
        | Setting::KeepAlive
        | Setting::Transport => None,
    }
}

/// What the box has itself, unless the maker's phones do not read it.
fn of_box(whom: Whom<'_>) -> Option<String> {
    let is_read = whom.family.is_none_or(|family| family.book().is_some());
    is_read.then(|| "the phone book of this box".to_string())
}

/// What of a value a maker's files cannot say.
fn unsaid(setting: Setting, value: &str, cannot: &[&'static str]) -> Vec<Unsaid> {
    if cannot.contains(&setting.id()) {
        return [Unsaid::All].into();
    }
    let mut unsaid = Vec::new();
    let mut add = |part: &str, what: Unsaid| {
        if cannot.contains(&part) && !unsaid.contains(&what) {
            unsaid.push(what);
        }
    };
    if setting == Setting::Keys {
        for key in keys(value).unwrap_or_default() {
            add(part_of_keys(key.kind), Unsaid::Key(key.kind));
        }
    }
    match (setting, value) {
        (Setting::RtpPorts, _) => add("last_rtp_port", Unsaid::LastPort),
        (Setting::Transport, "tcp") => add("transport_tcp", Unsaid::All),
        (Setting::Transport, "tls") => add("transport_tls", Unsaid::All),
        (_other, _) => {}
    }
    if setting == Setting::Codecs {
        let codecs = codecs(value).unwrap_or_default();
        if codecs.len() > 1 {
            add("more_codecs", Unsaid::MoreCodecs);
        }
        for codec in codecs {
            match codec {
                Codec::G729 => add("codec_g729", Unsaid::Codec(codec)),
                Codec::Opus => add("codec_opus", Unsaid::Codec(codec)),
                Codec::G722 | Codec::Pcma | Codec::Pcmu => (),
            }
        }
    }
    unsaid
}

fn part_of_keys(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Line => "key_line",
        KeyKind::Blf => "key_blf",
        KeyKind::Speed => "key_speed",
        KeyKind::Park => "key_park",
    }
}
