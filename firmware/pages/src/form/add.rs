//! The form that adds a handset by hand, before it comes or instead of its coming by itself.

use super::sign::BAD_MAKER;
use super::{echo, read_extension, read_mac, read_name, Fields};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use exchange::command::{Command, Refusal, Rule, RuleFlaw, SeatFlaw};
use exchange::limits::TEXT_MAX;
use exchange::names::{text, Text};
use exchange::view::Family;

/// The form that adds a handset by hand, as it is shown again.
#[derive(Default, Debug)]
pub struct AddForm {
    /// The hardware address as typed.
    pub mac: String,
    /// The extension as typed.
    pub extension: String,
    /// The name as typed.
    pub name: String,
    /// The maker as typed.
    pub maker: String,
    /// The model as typed.
    pub model: String,
    /// Whether it may be used from the WAN.
    pub remote: bool,
    /// Whether a stranger has nearly this hardware address, and it is to be compared.
    pub near: bool,
    /// What is wrong with the hardware address.
    pub mac_error: Option<String>,
    /// What is wrong with the extension.
    pub extension_error: Option<String>,
    /// What is wrong with the name.
    pub name_error: Option<String>,
    /// What is wrong with the maker.
    pub maker_error: Option<String>,
    /// What is wrong with the model.
    pub model_error: Option<String>,
    /// What is wrong with the whole.
    pub form_error: Option<String>,
}

impl AddForm {
    /// Whether anything is wrong with it.
    pub fn is_refused(&self) -> bool {
        let errors = [
            &self.mac_error,
            &self.extension_error,
            &self.name_error,
            &self.maker_error,
            &self.model_error,
            &self.form_error,
        ];
        errors.iter().any(|error| error.is_some())
    }

    /// What was typed, without errors.
    pub fn typed(fields: &Fields) -> AddForm {
        AddForm {
            mac: echo(fields, "mac"),
            extension: echo(fields, "extension"),
            name: echo(fields, "name"),
            maker: echo(fields, "maker"),
            model: echo(fields, "model"),
            remote: fields.field("remote").is_some(),
            ..AddForm::default()
        }
    }

    /// What was typed, and why the exchange refused it.
    pub fn refused(fields: &Fields, refusal: Refusal) -> AddForm {
        let mut form = AddForm::typed(fields);
        form.near = matches!(refusal, Refusal::Rule(RuleFlaw::NearStranger(_)));
        let place = match refusal {
            Refusal::MacTaken
            | Refusal::MacUnusable
            | Refusal::Rule(RuleFlaw::NearStranger(_) | RuleFlaw::MacBanned) => &mut form.mac_error,
            Refusal::ExtensionTaken(_) | Refusal::Seat(SeatFlaw::ExtensionOfUser(_)) => {
                &mut form.extension_error
            }
            Refusal::NoSuchHandset
            | Refusal::NoSuchLine
            | Refusal::HandsetsFull
            | Refusal::FlashFull
            | Refusal::LinesFull
            | Refusal::LastLine
            | Refusal::ChangedMeanwhile
            | Refusal::NotStored
            | Refusal::WrongSide
            | Refusal::Network(_)
            | Refusal::Unchanged
            | Refusal::NothingOnTrial
            | Refusal::NotByNewAddress
            | Refusal::NetworkInFile
            | Refusal::Demonstration
            | Refusal::NotAppliance
            | Refusal::Setting(_)
            | Refusal::SettingsFull
            | Refusal::SettingsChangedMeanwhile
            | Refusal::NobodyMeant
            | Refusal::NotReachable
            | Refusal::AskedAlready
            | Refusal::OtherQuietHour(_)
            | Refusal::NothingToCallOff
            | Refusal::ClockUnknown
            | Refusal::Template(_)
            | Refusal::Sign(_)
            | Refusal::Rule(_)
            | Refusal::Seat(_)
            | Refusal::Certificate(_) => &mut form.form_error,
        };
        *place = Some(refusal.to_string());
        form
    }
}

/// Reads the form that adds a handset by hand.
pub fn add(fields: &Fields) -> Result<Command, Box<AddForm>> {
    let mac = read_mac(fields);
    let extension = read_extension(fields);
    let name = read_name(fields);
    let (maker, model) = (read_maker(fields), read_model(fields));
    match (mac, extension, name, maker, model) {
        (Ok(mac), Ok(extension), Ok(name), Ok(maker), Ok(model)) => {
            let make = maker.map(|maker| (maker, model));
            let remote = fields.field("remote").is_some();
            let sure = fields.field("sure").is_some();
            Ok(Command::Rule(Rule::Prestage { mac, extension, name, make, remote, sure }))
        }
        (mac, extension, name, maker, model) => Err(Box::new(AddForm {
            mac_error: mac.err(),
            extension_error: extension.err(),
            name_error: name.err(),
            maker_error: maker.err(),
            model_error: model.err(),
            ..AddForm::typed(fields)
        })),
    }
}

fn read_maker(fields: &Fields) -> Result<Option<Family>, String> {
    let typed = fields.field("maker").unwrap_or_default().trim().to_ascii_lowercase();
    match (typed.as_str(), Family::from_id(&typed)) {
        ("", _) => Ok(None),
        (_, Some(family)) => Ok(Some(family)),
        (_, None) => Err(BAD_MAKER.to_string()),
    }
}

/// Without a maker a model says nothing: it is his name for it.
fn read_model(fields: &Fields) -> Result<Text, String> {
    let typed = fields.field("model").unwrap_or_default().trim();
    let maker = fields.field("maker").unwrap_or_default().trim();
    match (typed.len() <= TEXT_MAX, !typed.is_empty() && maker.is_empty()) {
        (false, _) => Err(format!("This is too long: {TEXT_MAX} letters fit.")),
        (true, true) => Err("Say its maker too.".to_string()),
        (true, false) => Ok(text(typed)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Command, Box<AddForm>> {
        add(&Fields::parse(body.as_bytes()).unwrap())
    }

    #[test]
    fn all_that_is_known_of_a_phone_is_read() {
        let typed =
            "mac=00-15-65-2f-00-01&extension=204&name=Ann&maker=Yealink&model=T46U&remote=yes";
        let Ok(Command::Rule(Rule::Prestage { make, remote, sure, .. })) = read(typed) else {
            panic!("not read");
        };
        assert_eq!(make, Some((Family::Yealink, text("T46U"))));
        assert!(remote && !sure);
        let Ok(Command::Rule(Rule::Prestage { make: None, remote: false, sure: true, .. })) =
            read("mac=00156500000a&sure=yes")
        else {
            panic!("not read");
        };
    }

    #[test]
    fn a_maker_that_nobody_knows_and_a_model_of_nobodys_are_told_beside_them() {
        let form = read("mac=001565000001&maker=acme&model=X").err().unwrap();
        assert!(form.maker_error.is_some() && form.model_error.is_none(), "{form:?}");
        let form = read("mac=001565000001&model=X").err().unwrap();
        assert!(form.model_error.is_some() && form.is_refused(), "{form:?}");
    }

    #[test]
    fn a_stranger_that_is_nearly_it_is_told_beside_the_mac_address() {
        let typed = Fields::parse(b"mac=001565000001&remote=yes").unwrap();
        let near =
            Refusal::Rule(RuleFlaw::NearStranger(exchange::names::Mac([0, 0x15, 0x65, 0, 0, 2])));
        let form = AddForm::refused(&typed, near);
        assert!(form.near && form.remote && form.mac_error.is_some());
    }
}
