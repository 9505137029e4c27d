//! Settings as text: in every layer, secret or not, known here or not.

use super::*;
use crate::layer::{Firmware, Layer};
use crate::limits::SETTINGS_BYTES_MAX;
use crate::settings::Setting;

fn any_layer(chance: &mut Chance, handset: HandsetNo) -> Layer {
    let family = Family::ALL[below(chance, Family::ALL.len())];
    let model = any_text(chance);
    match below(chance, 4) {
        0 => Layer::Site,
        1 => Layer::Family(family),
        2 => {
            let firmware = Firmware { from: any_text(chance), to: any_text(chance) };
            Layer::Model { family, model, firmware }
        }
        _at_one => Layer::Handset(handset),
    }
}

pub(super) fn any(chance: &mut Chance, handset: HandsetNo) -> Event {
    // The last is of a later release.
    let (setting, value) = [
        (Setting::Keys.code(), "blf 204 Zoë '<&=#>; park *70"),
        (Setting::WebUserPassword.code(), "hunter22.-_!"),
        (Setting::DialPlan.code(), "[1-9]xx|0x."),
        (200, "any \"text\" \\ é"),
    ][below(chance, 4)];
    let layer = any_layer(chance, handset);
    Event::SettingChanged { layer, setting, value: Some(String::from(value)) }
}

fn set(layer: Layer, setting: Setting, value: &str) -> Event {
    Event::SettingChanged { layer, setting: setting.code(), value: Some(String::from(value)) }
}

/// Some of each kind, for the golden file.
pub(super) fn some(handset: HandsetNo) -> Vec<Event> {
    let firmware = Firmware { from: names::text("84"), to: names::text("86") };
    let model = Layer::Model { family: Family::Yealink, model: names::text("T46U"), firmware };
    vec![
        set(Layer::Site, Setting::Codecs, "G722 PCMA"),
        set(Layer::Family(Family::Snom), Setting::WebAdminPassword, "a.quiet-morning"),
        set(model, Setting::FirmwareUrl, "http://10.1.7.1/t46u.rom"),
        set(Layer::Handset(handset), Setting::Keys, "blf 204 Zoë; park 70"),
        set(Layer::Handset(handset), Setting::WebUserPassword, "another.morning"),
    ]
}

/// For each handset a password, which takes most letters, and a list of keys, up to the bound.
pub(super) fn as_many_as_fit() -> Vec<Event> {
    let long = ["blf 204"; 8].map(|key| format!("{key} {}", "x".repeat(40))).join("; ");
    let each = (1..=HANDSETS_MAX as u16).flat_map(|number| {
        let layer = Layer::Handset(HandsetNo(number));
        let secret = (Setting::WebUserPassword, "x".repeat(31));
        [secret, (Setting::Keys, long.clone())].map(|(it, value)| set(layer.clone(), it, &value))
    });
    let mut bytes = 0;
    let fits = |fact: &Event| {
        bytes += fact.record_bytes();
        bytes <= SETTINGS_BYTES_MAX
    };
    let facts: Vec<Event> = each.take_while(fits).collect();
    assert!(facts.len() > 100, "the bound was met at {}", facts.len());
    facts
}

#[test]
fn every_bad_line_of_a_setting_is_said() {
    let text = "dialtone-state 1\n\
        handset number=1 mac=00:15:65:00:00:01 maker=snom\n\
        line handset=1 place=1 login=aebagbaf\n\
        setting layer=site name=vlan_id value=5000\n\
        setting layer=sight name=vlan_id value=5\n\
        setting layer=site name=vlan_it value=5\n\
        setting layer=site name=vlan_id\n\
        setting layer=family maker=yealnk name=vlan_id value=5\n\
        setting layer=site name=firmware_url value=http://a/\n\
        setting layer=handset handset=9 name=vlan_id value=5\n\
        setting layer=handset handset=1 name=vlan_id value=5\n\
        setting layer=handset handset=1 name=vlan_id value=6\n\
        setting layer=site name=web_user_password value=hunter22\n\
        setting layer=site name=web_user_password secret=hunter22\n\
        setting layer=site name=web_admin_password secret=clear:short\n\
        setting layer=site name=setting-17 secret=clear:aa\n";
    let expected = "\
line 4: This has to be a number from 0 to 4094.
line 5: `layer` has to be site, family, model or handset.
line 6: `vlan_it` is no setting; did you mean `vlan_id`?
line 7: `value` is missing.
line 8: `maker` has to be a maker as Dialtone calls it, such as yealink, or generic.
line 9: This can be set for one maker, model or handset only.
line 10: No line before this one makes this handset.
line 12: This setting is in line 11 already.
line 14: `secret` has to be `clear:` or `sealed:` and the letters and digits that Dialtone wrote.
line 15: A password has 8 to 31 letters without accents, digits and - _ . ! * + = @ ~ only: \
more does not pass through all phones' files.
line 16: `setting-17` is no setting; did you mean `keys`?
";
    let told = wrong(text);
    assert!(!told.contains("hunter"), "{told}");
    assert_eq!(told, expected);
}

#[test]
fn a_password_that_is_left_out_stays_as_the_same_phone_has_it() {
    let here = example();
    let text = write(&here, Secrets::LeftOut);
    // In the text it has another number.
    let text = text.replace("number=3", "number=5").replace("handset=3", "handset=5");
    let read = read_onto(&text, None, &here).unwrap_or_else(|it| panic!("{it:?}"));
    let there = state_of(&read.facts);
    let (layer, setting) = (Layer::Handset(HandsetNo(5)), Setting::WebUserPassword);
    assert_eq!(there.settings().get(&layer, setting), Some("another.morning"));
    // On another box it is drawn, as all passwords are.
    let read = read_onto(&text, None, &Durable::default()).unwrap_or_else(|it| panic!("{it:?}"));
    let there = state_of(&read.facts);
    let drawn = there.settings().get(&layer, setting).unwrap();
    assert!(drawn.len() == 16 && setting.read(drawn).as_deref() == Ok(drawn));
    assert_eq!(there.settings().len(), 5);
}
