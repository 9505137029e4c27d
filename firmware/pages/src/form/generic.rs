//! The forms about a handset without a hardware address.

use super::{echo, read_extension, read_name, Fields};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use exchange::command::{Command, GenericWish, Refusal, SeatFlaw};
use exchange::limits::TEXT_MAX;
use exchange::names::{text, HandsetNo, Text};

/// The form that adds one, as it is shown again.
#[derive(Default, Debug)]
pub struct GenericForm {
    /// What it is, as typed.
    pub what: String,
    /// The extension as typed.
    pub extension: String,
    /// The name as typed.
    pub name: String,
    /// Whether it may be used from the WAN.
    pub remote: bool,
    /// What is wrong with what it is.
    pub what_error: Option<String>,
    /// What is wrong with the extension.
    pub extension_error: Option<String>,
    /// What is wrong with the name.
    pub name_error: Option<String>,
    /// What is wrong with the whole.
    pub form_error: Option<String>,
}

impl GenericForm {
    /// Whether anything is wrong with it.
    pub fn is_refused(&self) -> bool {
        let errors = [&self.what_error, &self.extension_error, &self.name_error, &self.form_error];
        errors.iter().any(|error| error.is_some())
    }

    /// What was typed, without errors.
    fn typed(fields: &Fields) -> GenericForm {
        GenericForm {
            what: echo(fields, "what"),
            extension: echo(fields, "extension"),
            name: echo(fields, "name"),
            remote: fields.field("remote").is_some(),
            ..GenericForm::default()
        }
    }

    /// What was typed, and why the exchange refused it.
    pub fn refused(fields: &Fields, refusal: Refusal) -> GenericForm {
        let mut form = GenericForm::typed(fields);
        let of_extension = matches!(
            refusal,
            Refusal::ExtensionTaken(_) | Refusal::Seat(SeatFlaw::ExtensionOfUser(_))
        );
        let place = if of_extension { &mut form.extension_error } else { &mut form.form_error };
        *place = Some(refusal.to_string());
        form
    }
}

/// Reads the form that adds one.
pub fn add_generic(fields: &Fields) -> Result<Command, Box<GenericForm>> {
    match (read_what(fields), read_extension(fields), read_name(fields)) {
        (Ok(what), Ok(extension), Ok(name)) => {
            let remote = fields.field("remote").is_some();
            Ok(Command::Generic(GenericWish::Add { what, extension, name, remote }))
        }
        (what, extension, name) => Err(Box::new(GenericForm {
            what_error: what.err(),
            extension_error: extension.err(),
            name_error: name.err(),
            ..GenericForm::typed(fields)
        })),
    }
}

/// The wish of the form that has a password drawn anew.
pub fn draw(handset: HandsetNo) -> Command {
    Command::Generic(GenericWish::Draw { handset })
}

fn read_what(fields: &Fields) -> Result<Text, String> {
    let typed = fields.field("what").unwrap_or_default().trim();
    match typed.len() <= TEXT_MAX {
        true => Ok(text(typed)),
        false => Err(format!("This is too long: {TEXT_MAX} letters fit.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(body: &str) -> Fields {
        Fields::parse(body.as_bytes()).unwrap()
    }

    #[test]
    fn what_is_typed_is_read() {
        let typed = fields("what=Front+door&extension=204&name=Ann&remote=yes");
        let Ok(Command::Generic(GenericWish::Add { what, extension, name, remote })) =
            add_generic(&typed)
        else {
            panic!("not read");
        };
        assert_eq!((what.as_str(), name.as_str(), remote), ("Front door", "Ann", true));
        assert!(extension.is_some());
        let bare = add_generic(&fields(""));
        assert!(matches!(bare, Ok(Command::Generic(GenericWish::Add { remote: false, .. }))));
    }

    #[test]
    fn what_is_wrong_stands_beside_its_field() {
        let long = "x".repeat(TEXT_MAX + 1);
        let form = add_generic(&fields(&format!("what={long}&extension=2x&name=Ann"))).err();
        let form = form.unwrap();
        assert!(form.what_error.is_some() && form.extension_error.is_some() && form.is_refused());
        assert_eq!(form.name, "Ann");
        let typed = fields("extension=204");
        let taken = exchange::names::Extension::parse("204").unwrap();
        let form = GenericForm::refused(&typed, Refusal::ExtensionTaken(taken));
        assert!(form.extension_error.is_some() && form.form_error.is_none());
        let form = GenericForm::refused(&typed, Refusal::HandsetsFull);
        assert!(form.form_error.is_some());
    }
}
