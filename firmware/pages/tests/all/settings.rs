//! The pages of settings, and what they have to say.

use crate::office::*;
use exchange::catalog::Family;
use exchange::command::Refusal;
use exchange::layer::{Firmware, Layer};
use exchange::names::text;
use exchange::settings::{Bad, Codec, Ground, KeyKind, Origin, Setting, TABLE};
use exchange::view::{SettingRow, SettingsView, Unsaid};
use pages::form::{Fields, SettingForm};
use pages::Html;

fn row(setting: Setting) -> SettingRow {
    let ground = setting.entry().ground;
    let value = match (ground, setting) {
        (Ground::Shipped(value), _) => Some(value.to_string()),
        (Ground::File, Setting::TimeZone) => Some("Europe/Berlin".to_string()),
        (Ground::File, Setting::NtpServer) => Some("this box".to_string()),
        (Ground::File, _) => Some("1440".to_string()),
        (Ground::OfBox, _) => Some("the phone book of this box".to_string()),
        (Ground::Remote, Setting::Transport) => Some("udp".to_string()),
        (Ground::Phone | Ground::Drawn | Ground::Remote, _) => None,
    };
    let (own, unsaid) = (None, Vec::new());
    SettingRow { setting, is_set: false, own, value, origin: Origin::Ground(ground), unsaid }
}

fn set(row: &mut SettingRow, value: &str, layer: Layer) {
    let shown = if row.setting.is_secret() { "" } else { value };
    (row.is_set, row.own) = (true, Some(shown.to_string()));
    (row.value, row.origin) = (Some(shown.to_string()), Origin::Layer(layer));
}

fn rows() -> Vec<SettingRow> {
    TABLE.iter().map(|entry| row(entry.setting)).collect()
}

fn of(rows: &mut [SettingRow], setting: Setting) -> &mut SettingRow {
    rows.iter_mut().find(|row| row.setting == setting).unwrap()
}

/// What is set of a handset here, and of its site and model.
pub(crate) fn rows_of_handset() -> Vec<SettingRow> {
    let mut rows = rows();
    let handset = Layer::Handset(exchange::names::HandsetNo(2));
    set(of(&mut rows, Setting::Keys), "blf 204 Lucía; speed 0301234; park 70 Park", handset);
    of(&mut rows, Setting::Keys).unsaid = vec![Unsaid::Key(KeyKind::Park)];
    for (setting, value, layer) in [
        (Setting::Codecs, "G722 OPUS", Layer::Site),
        (Setting::SyslogServer, "log.example", Layer::Family(Family::Snom)),
        (Setting::FirmwareUrl, "http://10.1.0.1/d785.bin", model("84", "86")),
    ] {
        let row = of(&mut rows, setting);
        (row.value, row.origin) = (Some(value.to_string()), Origin::Layer(layer));
    }
    of(&mut rows, Setting::Codecs).unsaid = vec![Unsaid::Codec(Codec::Opus), Unsaid::MoreCodecs];
    of(&mut rows, Setting::SyslogServer).unsaid = vec![Unsaid::All];
    rows
}

fn model(from: &str, to: &str) -> Layer {
    let firmware = Firmware { from: text(from), to: text(to) };
    Layer::Model { family: Family::Snom, model: text("D785 & co"), firmware }
}

pub(crate) fn view(layer: Layer) -> SettingsView {
    let mut rows = rows();
    set(of(&mut rows, Setting::VlanId), "42", layer.clone());
    set(of(&mut rows, Setting::WebUserPassword), "hunter22", layer.clone());
    SettingsView {
        now: NOW,
        revision: 31,
        layer,
        rows,
        set: vec![Layer::Site, model("84", "86"), Layer::Family(Family::CiscoSpa)],
        kinds: vec![(Family::Snom, text("D785")), (Family::Yealink, text(""))],
    }
}

fn refused(body: &str, refusal: Refusal) -> SettingForm {
    SettingForm::refused(&Fields::parse(body.as_bytes()).unwrap(), refusal)
}

pub(crate) fn all() -> Vec<(&'static str, Html)> {
    let bad = Refusal::Setting(Bad::Number(0, 4_094));
    let bad = refused("setting=vlan_id&value=5000", bad);
    let keys = Refusal::Setting(Bad::KeyKind);
    let keys = refused("setting=keys&value=blf+204%0D%0Acall+%3Cb%3E", keys);
    let full = refused("setting=vlan_id&value=50", Refusal::FlashFull);
    let page = |layer, echo| pages::settings(&view(layer), &VIEWER, echo);
    vec![
        ("settings", page(Layer::Site, None)),
        ("settings-bad", page(Layer::Site, Some(&bad))),
        ("settings-full", page(Layer::Family(Family::Snom), Some(&full))),
        ("settings-model", page(model("84", ""), None)),
        ("device-setting", pages::device_setting(&registered_device(), &VIEWER, &keys)),
    ]
}

#[test]
fn a_page_says_where_each_value_comes_from_and_never_a_password() {
    let html = pages::device(&registered_device(), &VIEWER, None);
    for said in ["from the site", "from Snom", "firmware 84 to 86", "set here", "Random"] {
        assert!(html.contains(said), "{said}");
    }
    for (name, html) in all() {
        assert!(!html.contains("hunter22"), "{name}");
    }
    assert!(pages::settings(&view(Layer::Site), &VIEWER, None).contains("Set, and not shown"));
}

#[test]
fn what_a_maker_cannot_say_is_named_on_the_handsets_page() {
    let html = pages::device(&registered_device(), &VIEWER, None);
    let said = "keys of the kind park, the codec OPUS, codecs behind the first, Syslog server.";
    assert!(html.contains(said), "{html}");
    let mut view = registered_device();
    view.settings.iter_mut().for_each(|row| row.unsaid.clear());
    assert!(!pages::device(&view, &VIEWER, None).contains("Not possible"));
}

#[test]
fn a_path_of_a_model_is_read_as_it_was_written() {
    let layer = model("8.9", "10 \u{e9}&x=1");
    let path = pages::settings_path(&layer);
    let (_, query) = path.split_once('?').unwrap();
    assert!(query.is_ascii() && !query.contains(' '));
    let fields = Fields::parse(query.as_bytes()).unwrap();
    assert_eq!(pages::form::place(&fields), Some(pages::form::Place::Layer(layer)));
}
