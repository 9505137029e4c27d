//! What an admin sends back, read into a [`Command`], or into the same form with what was typed
//! and, beside each field, what is wrong with it.
//!
//! A form that comes back keeps every word typed, but for passwords, which are never shown again.
//! A [`Refusal`] of the exchange goes beside the field it concerns as well.

mod add;
mod certificate;
mod fields;
mod generic;
mod network;
mod place;
mod resync;
mod rules;
mod setting;
mod sign;
mod stream;
mod upload;
mod users;

pub use add::{add, AddForm};
pub use certificate::certificate_place;
pub use fields::{Fields, FormError, FIELDS_MAX, FORM_BYTES_MAX};
pub use generic::{add_generic, draw, GenericForm};
pub use network::{lan, wan, LanForm, Typed, WanForm};
pub use place::{place_fields, place_query, template_place, TypedPlace};
pub use resync::{resync, ResyncForm};
pub use rules::{rule, RuleFields, RuleForm};
pub use setting::{place, setting, Place, SettingForm};
pub use sign::{sign, tried, SignForm};
pub use stream::{Piece, UploadStream};
pub use upload::Upload;
pub use users::{
    add_user, change_user, code, delete_user, hidden, install_pin, make_user, own, replace,
    UserForm,
};

use crate::dhcp::Wanted;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use exchange::command::{Command, Refusal, SeatFlaw, Serving};
use exchange::limits::TEXT_MAX;
use exchange::names::Mac;
use exchange::names::{text, Extension, HandsetNo, LineNo, Side, Text};
use exchange::view::{Elsewhere, Family};

/// Fewest characters of a password.
pub const PASSWORD_CHARS_MIN: usize = 8;
/// Most characters of a password, so that hashing one stays cheap.
pub const PASSWORD_CHARS_MAX: usize = 128;

/// Characters of a typed field that are shown again.
const ECHO_CHARS_MAX: usize = 80;

const BAD_MAC: &str = "A MAC address is twelve characters, 0 to 9 and A to F, such as \
    00:15:65:12:34:56. It is printed on the back of the phone.";
const BAD_EXTENSION: &str = "An extension has 2 to 6 digits and does not begin with 0.";
const INCOMPLETE: &str =
    "This form came incomplete. Please look at it again and save it once more.";

/// The form that assigns one line, as it is shown again.
#[derive(Default, Debug)]
pub struct AssignForm {
    /// Which line; `None` for an error that concerns no field.
    pub line: Option<LineNo>,
    /// The extension as typed.
    pub extension: String,
    /// The name as typed.
    pub name: String,
    /// What is wrong with the extension.
    pub extension_error: Option<String>,
    /// What is wrong with the name.
    pub name_error: Option<String>,
    /// What is wrong with the whole.
    pub form_error: Option<String>,
}

impl AssignForm {
    /// The line in whose fields something is wrong.
    pub fn refused_line(&self) -> Option<LineNo> {
        self.line.filter(|_| self.extension_error.is_some() || self.name_error.is_some())
    }

    /// What was typed, without errors. Right for the forms that add or remove a line or delete
    /// the handset, too: they have no field to keep.
    pub fn typed(fields: &Fields) -> AssignForm {
        AssignForm {
            line: read_line(fields),
            extension: echo(fields, "extension"),
            name: echo(fields, "name"),
            ..AssignForm::default()
        }
    }

    /// What was typed, and why the exchange refused it.
    pub fn refused(fields: &Fields, refusal: Refusal) -> AssignForm {
        let mut form = AssignForm::typed(fields);
        let place = match refusal {
            Refusal::ExtensionTaken(_) | Refusal::Seat(SeatFlaw::ExtensionOfUser(_))
                if form.line.is_some() =>
            {
                &mut form.extension_error
            }
            Refusal::ExtensionTaken(_)
            | Refusal::NoSuchHandset
            | Refusal::NoSuchLine
            | Refusal::MacTaken
            | Refusal::MacUnusable
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
            | Refusal::Seat(_)
            | Refusal::Certificate(_)
            | Refusal::Rule(_) => &mut form.form_error,
        };
        *place = Some(refusal.to_string());
        form
    }
}

/// Reads the form that assigns a line of `handset`.
pub fn assign(fields: &Fields, handset: HandsetNo) -> Result<Command, Box<AssignForm>> {
    let extension = read_extension(fields);
    let name = read_name(fields);
    match (read_line(fields), extension, name) {
        (Some(line), Ok(extension), Ok(name)) => {
            Ok(Command::AssignLine { handset, line, extension, name })
        }
        (line, extension, name) => Err(Box::new(AssignForm {
            extension_error: extension.err(),
            name_error: name.err(),
            form_error: line.is_none().then(|| INCOMPLETE.to_string()),
            ..AssignForm::typed(fields)
        })),
    }
}

/// Reads one of the switches that let new phones in: `side=lan|wan` and `open=yes|no`; `None` for
/// anything else.
pub fn creation(fields: &Fields) -> Option<Command> {
    let side = match fields.field("side")? {
        "lan" => Side::Lan,
        "wan" => Side::Wan,
        _ => return None,
    };
    let open = match fields.field("open")? {
        "yes" => true,
        "no" => false,
        _ => return None,
    };
    Some(Command::AllowCreation { side, open })
}

/// Reads whom the box is to answer by DHCP; `None` for anything else.
pub fn serving(fields: &Fields) -> Option<Command> {
    fields.field("serve").and_then(Serving::from_id).map(Command::ChooseServing)
}

/// Reads which lines for another DHCP server somebody wants to see.
pub fn lines(fields: &Fields) -> Wanted {
    Wanted {
        server: fields.field("for").and_then(Elsewhere::from_id),
        maker: fields.field("maker").and_then(Family::from_id),
    }
}

/// Reads the log-in form; `None` for a password that nobody can have.
pub fn password(fields: &Fields) -> Option<&str> {
    let typed = fields.field("password")?;
    (1..=PASSWORD_CHARS_MAX).contains(&typed.chars().count()).then_some(typed)
}

/// The form for a new password, as it is shown again: errors only.
#[derive(Default, PartialEq, Eq, Debug)]
pub struct PasswordForm {
    /// What is wrong with the new password.
    pub new_error: Option<String>,
    /// What is wrong with its repetition.
    pub again_error: Option<String>,
}

/// Reads the form for a new password; the password is `Ok` only if it may be set.
pub fn new_password(fields: &Fields) -> Result<&str, PasswordForm> {
    let new = fields.field("new").unwrap_or_default();
    let again = fields.field("again").unwrap_or_default();
    let characters = new.chars().count();
    let new_error = if characters < PASSWORD_CHARS_MIN {
        Some(format!("Use at least {PASSWORD_CHARS_MIN} characters."))
    } else if characters > PASSWORD_CHARS_MAX {
        Some(format!("Use at most {PASSWORD_CHARS_MAX} characters."))
    } else if is_common(new) {
        Some(
            "This password is one of the first that anybody tries. Choose another one.".to_string(),
        )
    } else {
        None
    };
    if let Some(error) = new_error {
        return Err(PasswordForm { new_error: Some(error), again_error: None });
    }
    if new != again {
        let error = "This is not the same password. Type both again.".to_string();
        return Err(PasswordForm { new_error: None, again_error: Some(error) });
    }
    Ok(new)
}

/// Passwords that are tried first, one a line, lower case; shorter ones are refused anyway.
const COMMON_PASSWORDS: &str = include_str!("../assets/common-passwords.txt");

fn is_common(password: &str) -> bool {
    let lower = password.trim().to_lowercase();
    let mut letters = lower.chars();
    let first = letters.next();
    letters.all(|letter| Some(letter) == first)
        || COMMON_PASSWORDS.lines().any(|common| common == lower)
}

fn read_mac(fields: &Fields) -> Result<Mac, String> {
    let typed = fields.field("mac").unwrap_or_default().trim();
    // Some labels print the pairs with spaces between them.
    match Mac::parse(typed.replace(' ', "-").as_bytes()) {
        Some(mac) if mac.is_device() => Ok(mac),
        Some(_) => Err(Refusal::MacUnusable.to_string()),
        None => Err(BAD_MAC.to_string()),
    }
}

fn read_extension(fields: &Fields) -> Result<Option<Extension>, String> {
    let typed = fields.field("extension").unwrap_or_default().trim();
    if typed.is_empty() {
        return Ok(None);
    }
    Extension::parse(typed).map(Some).ok_or_else(|| BAD_EXTENSION.to_string())
}

fn read_name(fields: &Fields) -> Result<Text, String> {
    let typed = fields.field("name").unwrap_or_default().trim();
    if typed.len() > TEXT_MAX {
        return Err(format!(
            "This name is too long: {TEXT_MAX} letters fit, fewer if they have accents."
        ));
    }
    Ok(text(typed))
}

fn read_line(fields: &Fields) -> Option<LineNo> {
    fields.field("line").and_then(|typed| typed.parse().ok()).and_then(LineNo::new)
}

fn echo(fields: &Fields, name: &str) -> String {
    fields.field(name).unwrap_or_default().chars().take(ECHO_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use exchange::command::Rule;

    fn fields(body: &str) -> Fields {
        Fields::parse(body.as_bytes()).unwrap()
    }

    #[test]
    fn a_handset_is_added_with_or_without_a_person() {
        let full = add(&fields("mac=00-15-65-AA-BB-CC&extension=+204+&name=+Anna+Weber+"));
        let Ok(Command::Rule(Rule::Prestage { mac, extension, name, .. })) = full else {
            panic!("{:?}", full.err());
        };
        assert_eq!(mac, Mac([0x00, 0x15, 0x65, 0xaa, 0xbb, 0xcc]));
        assert_eq!((extension, name.as_str()), (Extension::parse("204"), "Anna Weber"));
        let bare = add(&fields("mac=001565aabbcc"));
        assert!(matches!(bare, Ok(Command::Rule(Rule::Prestage { extension: None, .. }))));
    }

    #[test]
    fn a_mac_address_is_read_as_labels_print_it() {
        let mac = Mac([0x00, 0x15, 0x65, 0x12, 0x34, 0x63]);
        for typed in ["00+15+65+12+34+63", "00:15:65:12:34:63", "00-15-65-12-34-63", "001565123463"]
        {
            assert_eq!(read_mac(&fields(&format!("mac={typed}"))), Ok(mac), "{typed}");
        }
        assert_eq!(read_mac(&fields("mac=00+15+65+12+34")), Err(BAD_MAC.to_string()));
    }

    #[test]
    fn every_bad_field_is_told_at_once_and_what_was_typed_is_kept() {
        let long = "x".repeat(TEXT_MAX + 1);
        let form = add(&fields(&format!("mac=nonsense&extension=0&name={long}"))).err().unwrap();
        assert_eq!((form.mac.as_str(), form.extension.as_str()), ("nonsense", "0"));
        assert_eq!(form.name, long);
        assert_eq!(form.mac_error.as_deref(), Some(BAD_MAC));
        assert_eq!(form.extension_error.as_deref(), Some(BAD_EXTENSION));
        assert!(form.name_error.is_some() && form.form_error.is_none());
    }

    #[test]
    fn a_group_address_is_no_phone() {
        let form = add(&fields("mac=01:00:5e:00:01:4b")).err().unwrap();
        assert_eq!(form.mac_error, Some(Refusal::MacUnusable.to_string()));
    }

    #[test]
    fn a_refusal_stands_beside_the_field_it_concerns() {
        let typed = fields("mac=001565aabbcc&line=2&extension=204");
        let taken = Refusal::ExtensionTaken(Extension::parse("204").unwrap());
        assert!(AddForm::refused(&typed, Refusal::MacTaken).mac_error.is_some());
        assert!(AddForm::refused(&typed, taken).extension_error.is_some());
        assert!(AddForm::refused(&typed, Refusal::HandsetsFull).form_error.is_some());
        let assign = AssignForm::refused(&typed, taken);
        assert_eq!(assign.line, LineNo::new(2));
        assert!(assign.extension_error.is_some() && assign.form_error.is_none());
        assert!(AssignForm::refused(&typed, Refusal::ChangedMeanwhile).form_error.is_some());
    }

    #[test]
    fn a_line_is_assigned_or_taken_from_everybody() {
        let given = assign(&fields("line=2&extension=204&name=Anna"), HandsetNo(7));
        assert!(matches!(
            given,
            Ok(Command::AssignLine { handset: HandsetNo(7), extension: Some(_), .. })
        ));
        let taken = assign(&fields("line=1&extension=&name="), HandsetNo(7));
        assert!(matches!(taken, Ok(Command::AssignLine { extension: None, .. })));
    }

    #[test]
    fn a_form_without_a_usable_line_changes_nothing() {
        for body in ["extension=204", "line=0&extension=204", "line=9", "line=x", "line=256"] {
            let form = assign(&fields(body), HandsetNo(7)).err().unwrap();
            assert_eq!(form.form_error.as_deref(), Some(INCOMPLETE), "{body}");
        }
    }

    #[test]
    fn a_switch_has_two_sides_and_two_states() {
        let read = |body| creation(&fields(body));
        assert!(matches!(
            read("side=lan&open=no"),
            Some(Command::AllowCreation { side: Side::Lan, open: false })
        ));
        assert!(matches!(
            read("side=wan&open=yes"),
            Some(Command::AllowCreation { side: Side::Wan, open: true })
        ));
        for body in ["side=lan", "open=yes", "side=moon&open=yes", "side=lan&open=1"] {
            assert!(read(body).is_none(), "{body}");
        }
    }

    #[test]
    fn a_new_password_is_long_uncommon_and_typed_twice() {
        let tried = |new: &str, again: &str| {
            let fields = fields(&format!("new={new}&again={again}"));
            new_password(&fields).map(String::from)
        };
        assert_eq!(tried("correct+horse", "correct+horse").unwrap(), "correct horse");
        assert!(tried("%C3%BC%C3%BC%C3%A4%C3%A4bcd", "").unwrap_err().new_error.is_some());
        for common in ["password1", "PassWord123", "dialtone", "zzzzzzzzzz", "+password+"] {
            assert!(tried(common, common).unwrap_err().new_error.is_some(), "{common}");
        }
        let long = "ab".repeat(PASSWORD_CHARS_MAX);
        assert!(tried(&long, &long).unwrap_err().new_error.is_some());
        let other = tried("correct+horse", "correct+house").unwrap_err();
        assert!(other.new_error.is_none() && other.again_error.is_some());
    }

    #[test]
    fn the_list_of_common_passwords_is_lower_case_sorted_and_long_enough() {
        let list: alloc::vec::Vec<&str> = COMMON_PASSWORDS.lines().collect();
        assert!(list.len() >= 200, "{}", list.len());
        assert!(list.windows(2).all(|pair| pair[0] < pair[1]));
        for common in list {
            assert!(common.len() >= PASSWORD_CHARS_MIN && common == common.to_lowercase());
        }
    }

    #[test]
    fn a_log_in_needs_a_password_of_possible_length() {
        assert_eq!(password(&fields("password=x")), Some("x"));
        assert_eq!(password(&fields("password=")), None);
        let long = format!("password={}", "x".repeat(PASSWORD_CHARS_MAX + 1));
        assert_eq!(password(&fields(&long)), None);
    }
}
