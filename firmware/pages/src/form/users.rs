//! The forms about users and who sits where.

use super::{echo, read_extension, read_line, read_name, Fields, INCOMPLETE};
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use exchange::command::{Command, Refusal, SeatFlaw, SeatWish};
use exchange::names::{HandsetNo, UserNo};
use exchange::note::Shown;

/// The form that adds a user, as it is shown again.
#[derive(Default, Debug)]
pub struct UserForm {
    /// The name as typed.
    pub name: String,
    /// The extension as typed.
    pub extension: String,
    /// What is wrong with the name.
    pub name_error: Option<String>,
    /// What is wrong with the extension.
    pub extension_error: Option<String>,
    /// What is wrong with the whole, or with another form of the page.
    pub form_error: Option<String>,
}

impl UserForm {
    /// Whether anything is wrong with what was typed into it.
    pub fn is_refused(&self) -> bool {
        self.name_error.is_some() || self.extension_error.is_some()
    }

    /// What was typed, and why the exchange refused it.
    pub fn refused(fields: &Fields, refusal: Refusal) -> UserForm {
        let mut form = UserForm::default();
        let adds = fields.field("user").is_none();
        let of_extension = matches!(
            refusal,
            Refusal::ExtensionTaken(_) | Refusal::Seat(SeatFlaw::ExtensionOfUser(_))
        );
        let place = if adds && of_extension {
            &mut form.extension_error
        } else if adds && refusal == Refusal::Seat(SeatFlaw::NoName) {
            &mut form.name_error
        } else {
            &mut form.form_error
        };
        *place = Some(refusal.to_string());
        if form.is_refused() {
            (form.name, form.extension) = (echo(fields, "name"), echo(fields, "extension"));
        }
        form
    }
}

/// Reads the form that adds a user.
pub fn add_user(fields: &Fields) -> Result<Command, Box<UserForm>> {
    match (read_name(fields), read_extension(fields)) {
        (Ok(name), Ok(extension)) => Ok(Command::Seat(SeatWish::AddUser { name, extension })),
        (name, extension) => Err(Box::new(UserForm {
            name: echo(fields, "name"),
            extension: echo(fields, "extension"),
            name_error: name.err(),
            extension_error: extension.err(),
            ..UserForm::default()
        })),
    }
}

/// Reads the form that changes a user.
pub fn change_user(fields: &Fields) -> Result<Command, Box<UserForm>> {
    let wrong = |error| Box::new(UserForm { form_error: Some(error), ..UserForm::default() });
    let user = user(fields).ok_or_else(|| wrong(INCOMPLETE.to_string()))?;
    let (name, extension) = (read_name(fields), read_extension(fields));
    let (name, extension) = (name.map_err(wrong)?, extension.map_err(wrong)?);
    let typed = fields.field("pin").unwrap_or_default().trim();
    let wanted = fields.field("new-pin").is_some() || !typed.is_empty();
    let pin = wanted.then(|| typed.chars().take(PIN_CHARS_READ).collect());
    Ok(Command::Seat(SeatWish::ChangeUser { user, name, extension, pin }))
}

/// Reads a form that has no field but which user is meant; `None` where that is not said.
pub fn delete_user(fields: &Fields) -> Option<Command> {
    Some(Command::Seat(SeatWish::DeleteUser { user: user(fields)? }))
}

/// Reads the form that asks for a code to dial, likewise.
pub fn code(fields: &Fields) -> Option<Command> {
    Some(Command::Seat(SeatWish::MakeCode { user: user(fields)? }))
}

/// Reads the form that sets the PIN for replacing phones, or takes it away.
pub fn install_pin(fields: &Fields) -> Command {
    let typed = fields.field("pin").unwrap_or_default();
    let set = fields.field("remove").is_none();
    let pin = set.then(|| typed.chars().take(PIN_CHARS_READ).collect());
    Command::Seat(SeatWish::SetInstallPin { pin })
}

/// Reads whose PIN is to be shown after the admin's password.
pub fn hidden(fields: &Fields) -> Option<Shown> {
    user(fields).map(Shown::PinOf)
}

/// Reads the form that makes a line a user's.
pub fn own(fields: &Fields, handset: HandsetNo) -> Option<Command> {
    let (line, user) = (read_line(fields)?, user(fields)?);
    Some(Command::Seat(SeatWish::Assign { handset, line, user }))
}

/// Reads the form that makes a user of who is assigned to a line.
pub fn make_user(fields: &Fields, handset: HandsetNo) -> Option<Command> {
    Some(Command::Seat(SeatWish::MakeUser { handset, line: read_line(fields)? }))
}

/// Reads the form that has a handset take over what another one is.
pub fn replace(fields: &Fields, handset: HandsetNo) -> Option<Command> {
    let old = fields.field("old")?.parse().ok().map(HandsetNo)?;
    Some(Command::Seat(SeatWish::Replace { old, new: handset }))
}

/// Characters of a PIN that are looked at; one of as many is none.
const PIN_CHARS_READ: usize = 16;

fn user(fields: &Fields) -> Option<UserNo> {
    fields.field("user")?.parse().ok().map(UserNo)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(body: &str) -> Fields {
        Fields::parse(body.as_bytes()).unwrap()
    }

    #[test]
    fn a_new_pin_is_typed_drawn_or_left() {
        for (typed, expected) in [
            ("", None),
            ("&pin=", None),
            ("&new-pin=yes", Some("")),
            ("&new-pin=yes&pin=4711", Some("4711")),
            ("&pin=4711", Some("4711")),
        ] {
            let body = alloc::format!("user=7&name=Ann&extension=204{typed}");
            let Ok(Command::Seat(SeatWish::ChangeUser { user, pin, .. })) =
                change_user(&fields(&body))
            else {
                panic!("not read");
            };
            assert_eq!((user, pin.as_deref()), (UserNo(7), expected), "{typed}");
        }
    }

    #[test]
    fn what_is_wrong_stands_beside_its_field() {
        let form = add_user(&fields("name=Ann&extension=2x")).err().unwrap();
        assert!(form.extension_error.is_some() && form.name_error.is_none());
        assert_eq!(form.name, "Ann");
        let typed = fields("name=&extension=204");
        let form = UserForm::refused(&typed, SeatFlaw::NoName.into());
        assert!(form.name_error.is_some() && form.extension == "204");
        let typed = fields("user=7&name=&extension=204");
        let form = UserForm::refused(&typed, SeatFlaw::NoName.into());
        assert!(form.form_error.is_some() && form.name_error.is_none());
        assert!(change_user(&fields("name=Ann")).err().unwrap().form_error.is_some());
        for bad in ["", "user=x", "user=70000", "user=-1"] {
            assert!(delete_user(&fields(bad)).is_none() && code(&fields(bad)).is_none(), "{bad}");
        }
    }

    #[test]
    fn what_is_to_be_shown_is_a_users() {
        assert_eq!(hidden(&fields("user=7")), Some(Shown::PinOf(UserNo(7))));
        assert_eq!(hidden(&fields("")), None);
        assert_eq!(hidden(&fields("user=me")), None);
    }
}
