//! The form that has many handsets asked to fetch their files again, or to restart.

use super::{echo, Fields};
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use exchange::command::{ClockTime, Command, Errand, Refusal, Selection};
use exchange::limits::EXTENSION_RANGES_MAX;
use exchange::names::Extension;

const BAD_RANGES: &str = "Write extensions with commas between, such as 204, 210-220, \
    or leave the field empty for all handsets.";
const TOO_MANY: &str = "Name at most 32 extensions or ranges at once.";
const BAD_TIME: &str = "A time is hours and minutes, such as 22:30.";

/// The form as it is shown again.
#[derive(Default, Debug)]
pub struct ResyncForm {
    /// The extensions as typed.
    pub extensions: String,
    /// The time as typed.
    pub at: String,
    /// What is wrong with the extensions.
    pub extensions_error: Option<String>,
    /// What is wrong with the time.
    pub at_error: Option<String>,
    /// What is wrong with the whole.
    pub form_error: Option<String>,
}

impl ResyncForm {
    /// Whether anything is wrong with it.
    pub fn is_refused(&self) -> bool {
        let errors = [&self.extensions_error, &self.at_error, &self.form_error];
        errors.iter().any(|error| error.is_some())
    }

    /// What was typed, without errors.
    pub fn typed(fields: &Fields) -> ResyncForm {
        ResyncForm {
            extensions: echo(fields, "extensions"),
            at: echo(fields, "at"),
            ..ResyncForm::default()
        }
    }

    /// What was typed, and why the exchange refused it.
    pub fn refused(fields: &Fields, refusal: Refusal) -> ResyncForm {
        let mut form = ResyncForm::typed(fields);
        let place = match refusal {
            Refusal::NobodyMeant => &mut form.extensions_error,
            Refusal::OtherQuietHour(_) | Refusal::ClockUnknown => &mut form.at_error,
            Refusal::NoSuchHandset
            | Refusal::NoSuchLine
            | Refusal::MacTaken
            | Refusal::MacUnusable
            | Refusal::ExtensionTaken(_)
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
            | Refusal::NotReachable
            | Refusal::AskedAlready
            | Refusal::NothingToCallOff
            | Refusal::Setting(_)
            | Refusal::SettingsFull
            | Refusal::SettingsChangedMeanwhile
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

/// Reads the form: `extensions`, `at`, and `errand=resync|restart` by the button that was pressed.
pub fn resync(fields: &Fields) -> Result<Command, Box<ResyncForm>> {
    let whom = read_whom(fields.field("extensions").unwrap_or_default());
    let at = fields.field("at").unwrap_or_default().trim();
    let when = match at {
        "" => Ok(None),
        typed => ClockTime::parse(typed).map(Some).ok_or_else(|| BAD_TIME.to_string()),
    };
    let errand = match fields.field("errand") {
        Some("resync") => Ok(Errand::Resync),
        Some("restart") => Ok(Errand::Restart),
        _ => Err(super::INCOMPLETE.to_string()),
    };
    match (whom, when, errand) {
        (Ok(whom), Ok(when), Ok(errand)) => Ok(Command::Resync { whom, errand, when }),
        (whom, when, errand) => Err(Box::new(ResyncForm {
            extensions_error: whom.err(),
            at_error: when.err(),
            form_error: errand.err(),
            ..ResyncForm::typed(fields)
        })),
    }
}

fn read_whom(typed: &str) -> Result<Selection, String> {
    if typed.trim().is_empty() {
        return Ok(Selection::All);
    }
    let mut ranges = Vec::new();
    for part in typed.split([',', ';']).filter(|part| !part.trim().is_empty()) {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let both = Extension::parse(from).zip(Extension::parse(to));
        let (from, to) =
            both.filter(|(from, to)| from <= to).ok_or_else(|| BAD_RANGES.to_string())?;
        if ranges.len() >= EXTENSION_RANGES_MAX {
            return Err(TOO_MANY.to_string());
        }
        ranges.push((from, to));
    }
    match ranges.is_empty() {
        true => Err(BAD_RANGES.to_string()),
        false => Ok(Selection::Extensions(ranges)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    fn read(body: &str) -> Result<Command, Box<ResyncForm>> {
        resync(&Fields::parse(body.as_bytes()).unwrap())
    }

    fn extension(text: &str) -> Extension {
        Extension::parse(text).unwrap()
    }

    #[test]
    fn an_empty_field_is_everybody_at_once() {
        let Ok(Command::Resync { whom, errand, when }) = read("extensions=&at=&errand=resync")
        else {
            panic!("it is in order");
        };
        assert_eq!((whom, errand, when), (Selection::All, Errand::Resync, None));
    }

    #[test]
    fn ranges_and_an_hour_are_read() {
        let Ok(Command::Resync { whom, errand, when }) =
            read("extensions=204%2C+210-220%2C&at=22%3A30&errand=restart")
        else {
            panic!("it is in order");
        };
        let ranges = [("204", "204"), ("210", "220")];
        let ranges = ranges.map(|(from, to)| (extension(from), extension(to)));
        assert_eq!(whom, Selection::Extensions(ranges.to_vec()));
        assert_eq!((errand, when), (Errand::Restart, ClockTime::parse("22:30")));
    }

    #[test]
    fn whatever_else_is_typed_comes_back_with_a_sentence() {
        for typed in ["a", "204-", "-204", "220-210", "204+210", "%2C", "0204", "204-210-220"] {
            let form = read(&format!("extensions={typed}&at=&errand=resync")).err().unwrap();
            assert_eq!(form.extensions_error.as_deref(), Some(BAD_RANGES), "{typed}");
        }
        let many: String = (100..140).map(|no| format!("{no},")).collect();
        let form = read(&format!("extensions={many}&errand=resync")).err().unwrap();
        assert_eq!(form.extensions_error.as_deref(), Some(TOO_MANY));
        let form = read("extensions=204&at=25%3A00&errand=resync").err().unwrap();
        assert_eq!((form.at.as_str(), form.at_error.as_deref()), ("25:00", Some(BAD_TIME)));
        let form = read("extensions=204&at=&errand=explode").err().unwrap();
        assert!(form.form_error.is_some() && form.is_refused());
    }
}
