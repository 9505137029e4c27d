//! The forms of the page on how phones are recognised: a sign to add or remove, and one to try.

use super::{echo, Fields, INCOMPLETE};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use exchange::command::{Command, Meaning, OwnKind, OwnSign, Refusal};
use exchange::limits::{SIGN_BYTES_MAX, SIGN_TRIED_BYTES_MAX, TEXT_MAX};
use exchange::names::{text, Text};
use exchange::view::Family;

/// The form that adds a sign, as it is shown again.
#[derive(Default, Debug)]
pub struct SignForm {
    /// The kind chosen.
    pub kind: Option<OwnKind>,
    /// The pattern as typed.
    pub pattern: String,
    /// The maker as typed.
    pub maker: String,
    /// The model as typed.
    pub model: String,
    /// The firmware as typed.
    pub version: String,
    /// What is wrong with the pattern.
    pub pattern_error: Option<String>,
    /// What is wrong with the maker.
    pub maker_error: Option<String>,
    /// What is wrong with the model.
    pub model_error: Option<String>,
    /// What is wrong with the firmware.
    pub version_error: Option<String>,
    /// What is wrong with the whole.
    pub form_error: Option<String>,
}

impl SignForm {
    fn typed(fields: &Fields) -> SignForm {
        let pattern = fields.field("pattern").unwrap_or_default();
        SignForm {
            kind: kind(fields),
            pattern: pattern.chars().take(SIGN_BYTES_MAX + 1).collect(),
            maker: echo(fields, "maker"),
            model: echo(fields, "model"),
            version: echo(fields, "version"),
            ..SignForm::default()
        }
    }

    /// What was typed, and why the exchange refused it.
    pub fn refused(fields: &Fields, refusal: Refusal) -> SignForm {
        let mut form = SignForm::typed(fields);
        let beside = matches!(refusal, Refusal::Sign(_)) && fields.field("remove").is_none();
        let place = if beside { &mut form.pattern_error } else { &mut form.form_error };
        *place = Some(refusal.to_string());
        form
    }
}

/// Reads the form that adds a sign, or with a field `remove` removes one.
pub fn sign(fields: &Fields) -> Result<Command, Box<SignForm>> {
    let mut form = SignForm::typed(fields);
    let Some(kind) = form.kind else {
        form.form_error = Some(INCOMPLETE.to_string());
        return Err(Box::new(form));
    };
    let pattern = fields.field("pattern").unwrap_or_default();
    if fields.field("remove").is_some() {
        let sign = OwnSign { kind, pattern: pattern.to_string() };
        return Ok(Command::ChangeSign { sign, means: None });
    }
    let sign = OwnSign::read(kind, pattern).map_err(|flaw| flaw.to_string());
    let maker = fields.field("maker").unwrap_or_default().trim().to_ascii_lowercase();
    let family = Family::from_id(&maker);
    let (model, version) = (short(fields, "model"), short(fields, "version"));
    match (sign, family, model, version) {
        (Ok(sign), Some(family), Ok(model), Ok(version)) => {
            Ok(Command::ChangeSign { sign, means: Some(Meaning { family, model, version }) })
        }
        (sign, family, model, version) => {
            form.pattern_error = sign.err();
            form.maker_error = family.is_none().then(|| BAD_MAKER.to_string());
            (form.model_error, form.version_error) = (model.err(), version.err());
            Err(Box::new(form))
        }
    }
}

/// What somebody wants to know of: the kind of a sign, and the sign. `None` where nothing is asked.
pub fn tried(fields: &Fields) -> Option<(OwnKind, String)> {
    let kind = kind(fields)?;
    let typed = fields.field("text").filter(|text| !text.is_empty())?;
    let cut =
        (0..=SIGN_TRIED_BYTES_MAX.min(typed.len())).rev().find(|at| typed.is_char_boundary(*at));
    Some((kind, typed.get(..cut?)?.to_string()))
}

pub(super) const BAD_MAKER: &str = "This maker is not known. Take one of the list.";

fn kind(fields: &Fields) -> Option<OwnKind> {
    fields.field("kind").and_then(OwnKind::from_id)
}

fn short(fields: &Fields, name: &str) -> Result<Text, String> {
    let typed = fields.field(name).unwrap_or_default().trim();
    match typed.len() <= TEXT_MAX {
        true => Ok(text(typed)),
        false => Err(format!("This is too long: {TEXT_MAX} letters fit.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use exchange::command::SignFlaw;

    fn fields(body: &str) -> Fields {
        Fields::parse(body.as_bytes()).unwrap()
    }

    #[test]
    fn a_sign_is_added_and_removed() {
        let typed = "kind=oui&pattern=80:5e:c0:1&maker=+Yealink&model=T46U&version=";
        let Ok(Command::ChangeSign { sign, means: Some(means) }) = sign(&fields(typed)) else {
            panic!("not read");
        };
        assert_eq!((sign.kind, sign.pattern.as_str()), (OwnKind::Oui, "805EC01"));
        assert_eq!((means.family, means.model.as_str()), (Family::Yealink, "T46U"));
        let typed = "kind=user-agent&pattern=%5EAcme&remove=yes";
        let Ok(Command::ChangeSign { sign, means: None }) = super::sign(&fields(typed)) else {
            panic!("not read");
        };
        assert_eq!(sign.pattern, "^Acme");
    }

    #[test]
    fn each_bad_field_is_told_beside_it_and_what_was_typed_is_kept() {
        let long = "x".repeat(TEXT_MAX + 1);
        let body = alloc::format!("kind=oui&pattern=80:5e&maker=acme&model={long}&version={long}");
        let form = sign(&fields(&body)).err().unwrap();
        assert_eq!((form.pattern.as_str(), form.maker.as_str()), ("80:5e", "acme"));
        for error in
            [&form.pattern_error, &form.maker_error, &form.model_error, &form.version_error]
        {
            assert!(error.as_ref().is_some_and(|error| error.ends_with('.')), "{form:?}");
        }
        assert!(form.form_error.is_none());
        let form = sign(&fields("kind=colour&pattern=red&maker=snom")).err().unwrap();
        assert_eq!(form.form_error.as_deref(), Some(INCOMPLETE));
    }

    #[test]
    fn a_refusal_stands_beside_the_pattern_where_it_concerns_one() {
        let typed = fields("kind=oui&pattern=805ec0&maker=snom");
        let full = SignForm::refused(&typed, Refusal::Sign(SignFlaw::TooMany));
        assert!(full.pattern_error.is_some() && full.form_error.is_none());
        let full = SignForm::refused(&typed, Refusal::FlashFull);
        assert!(full.pattern_error.is_none() && full.form_error.is_some());
        let gone = fields("kind=oui&pattern=805EC0&remove=yes");
        assert!(SignForm::refused(&gone, Refusal::Sign(SignFlaw::NoneHere)).form_error.is_some());
    }

    #[test]
    fn what_is_tried_is_cut_at_a_letter() {
        let long = "é".repeat(SIGN_TRIED_BYTES_MAX);
        let body = alloc::format!("kind=vendor-class&text=x{long}");
        let (kind, text) = tried(&fields(&body)).unwrap();
        assert_eq!((kind, text.len()), (OwnKind::VendorClass, SIGN_TRIED_BYTES_MAX - 1));
        assert_eq!(tried(&fields("kind=oui&text=")), None);
        assert_eq!(tried(&fields("")), None);
    }
}
