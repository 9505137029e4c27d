//! The form that changes one setting, on the page of a layer or of a handset.

use super::{echo, Fields, INCOMPLETE};
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use exchange::command::{Command, Refusal};
use exchange::limits::{SETTING_BYTES_MAX, TEXT_MAX};
use exchange::names::{text, Mac, Text};
use exchange::view::{Family, Firmware, Layer, Setting, ValueKind};

/// Where a setting is changed, as the form says it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// In a layer that reaches more than one handset.
    Layer(Layer),
    /// At one handset.
    Handset(Mac),
}

/// The form as it is shown again.
#[derive(Default, Debug)]
pub struct SettingForm {
    /// Which setting; `None` for an error that concerns no field.
    pub setting: Option<Setting>,
    /// What was typed; never a password.
    pub typed: String,
    /// What is wrong with it.
    pub error: Option<String>,
    /// What is wrong with the whole.
    pub form_error: Option<String>,
}

/// Reads where a setting is to be changed, or which layer's page is wanted; `None` where that
/// makes no sense.
pub fn place(fields: &Fields) -> Option<Place> {
    if let Some(mac) = fields.field("mac") {
        return Mac::parse(mac.as_bytes()).map(Place::Handset);
    }
    let maker = fields.field("maker").unwrap_or_default().trim();
    if maker.is_empty() {
        return Some(Place::Layer(Layer::Site));
    }
    let family = Family::from_id(&maker.to_ascii_lowercase())?;
    let model = short(fields, "model")?;
    let firmware = Firmware { from: short(fields, "from")?, to: short(fields, "to")? };
    match (model.is_empty(), firmware.is_open()) {
        (true, true) => Some(Place::Layer(Layer::Family(family))),
        // A range of firmware says nothing without the model whose firmware it is.
        (true, false) => None,
        (false, _) => Some(Place::Layer(Layer::Model { family, model, firmware })),
    }
}

fn short(fields: &Fields, name: &str) -> Option<Text> {
    let typed = fields.field(name).unwrap_or_default().trim();
    (typed.len() <= TEXT_MAX).then(|| text(typed))
}

/// Reads the form that changes a setting of `layer`; what is wrong with a value, the exchange says.
pub fn setting(fields: &Fields, layer: Layer) -> Result<Command, Box<SettingForm>> {
    let Some(setting) = fields.field("setting").and_then(Setting::from_id) else {
        let form_error = Some(INCOMPLETE.to_string());
        return Err(Box::new(SettingForm { form_error, ..SettingForm::default() }));
    };
    let back = fields.field("back").is_some();
    let value = (!back).then(|| typed(fields, setting));
    Ok(Command::ChangeSetting { layer, setting, value })
}

/// What was typed; of a list, one thing on each row.
fn typed(fields: &Fields, setting: Setting) -> String {
    let typed = fields.field("value").unwrap_or_default();
    match setting.entry().kind == ValueKind::Keys {
        true => typed.replace(['\r', '\n'], ";"),
        false => typed.to_string(),
    }
}

impl SettingForm {
    /// What was typed, and why the exchange refused it.
    pub fn refused(fields: &Fields, refusal: Refusal) -> SettingForm {
        let setting = fields.field("setting").and_then(Setting::from_id);
        let shown = setting.filter(|setting| !setting.is_secret());
        let typed = match shown {
            Some(setting) if setting.entry().kind == ValueKind::Keys => {
                let typed = fields.field("value").unwrap_or_default();
                typed.chars().take(SETTING_BYTES_MAX).collect()
            }
            Some(_) => echo(fields, "value"),
            None => String::new(),
        };
        let sentence = Some(refusal.to_string());
        let beside = matches!(refusal, Refusal::Setting(_)) && setting.is_some();
        let (error, form_error) = if beside { (sentence, None) } else { (None, sentence) };
        SettingForm { setting, typed, error, form_error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use exchange::view::BadValue;

    fn fields(body: &str) -> Fields {
        Fields::parse(body.as_bytes()).unwrap()
    }

    #[test]
    fn a_layer_is_read_as_far_as_the_form_says_it() {
        let read = |body| place(&fields(body));
        assert_eq!(read(""), Some(Place::Layer(Layer::Site)));
        assert_eq!(read("maker=Snom&model="), Some(Place::Layer(Layer::Family(Family::Snom))));
        let Some(Place::Layer(Layer::Model { model, firmware, .. })) =
            read("maker=gigaset&model=Maxwell+3&from=2&to=")
        else {
            panic!("no model");
        };
        assert_eq!((model.as_str(), firmware.from.as_str()), ("Maxwell 3", "2"));
        let mac = Mac([0, 0x15, 0x65, 1, 2, 3]);
        assert_eq!(read("mac=001565010203"), Some(Place::Handset(mac)));
        let long = "x".repeat(TEXT_MAX + 1);
        for body in [
            "maker=atlantis",
            "maker=snom&from=8",
            "mac=x",
            &("maker=snom&model=".to_string() + &long),
        ] {
            assert_eq!(read(body), None, "{body}");
        }
    }

    #[test]
    fn a_setting_is_changed_or_set_back_and_keys_are_typed_in_rows() {
        let read = |body| setting(&fields(body), Layer::Site);
        let Ok(Command::ChangeSetting { setting: Setting::Keys, value: Some(value), .. }) =
            read("setting=keys&value=blf+204+Ann%0D%0Apark+70")
        else {
            panic!("no keys");
        };
        assert_eq!(Setting::Keys.read(&value).as_deref(), Ok("blf 204 Ann; park 70"));
        let back = read("setting=vlan_id&value=7&back=yes");
        assert!(matches!(back, Ok(Command::ChangeSetting { value: None, .. })));
        let form = read("setting=nonsense&value=7").err().unwrap();
        assert_eq!(form.form_error.as_deref(), Some(INCOMPLETE));
    }

    #[test]
    fn a_refusal_stands_beside_its_field_and_no_password_is_shown_again() {
        let body = fields("setting=web_user_password&value=hunter2");
        let form = SettingForm::refused(&body, Refusal::Setting(BadValue::Password));
        assert!(form.typed.is_empty() && form.error.is_some() && form.form_error.is_none());
        let body = fields("setting=vlan_id&value=4095");
        let form = SettingForm::refused(&body, Refusal::FlashFull);
        assert!(form.typed == "4095" && form.error.is_none() && form.form_error.is_some());
    }
}
