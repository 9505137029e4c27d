//! The page on how phones are recognised: the signs of an admin's own, and what is made of a sign.

use crate::form::SignForm;
use crate::settings::maker;
use crate::{asset, html, Html, Viewer};
use alloc::string::{String, ToString};
use askama::Template;
use exchange::limits::{SIGNS_MAX, SIGN_BYTES_MAX, SIGN_TRIED_BYTES_MAX, TEXT_MAX};
use exchange::view::{Family, Meaning, OwnKind, SignsView, Tried};

#[derive(Template)]
#[template(path = "identity.html")]
struct IdentityPage<'a> {
    viewer: &'a Viewer<'a>,
    view: &'a SignsView,
    echo: &'a SignForm,
}

/// The whole page; `echo` is what was typed into the form that adds a sign, with its errors.
pub fn identity(view: &SignsView, viewer: &Viewer<'_>, echo: Option<&SignForm>) -> Html {
    let empty = SignForm::default();
    let echo = echo.unwrap_or(&empty);
    html(&IdentityPage { viewer, view, echo }, 16 * 1024)
}

impl IdentityPage<'_> {
    fn kinds(&self) -> [OwnKind; 4] {
        OwnKind::ALL
    }

    fn chosen(&self, kind: OwnKind, chosen: Option<OwnKind>) -> bool {
        chosen.unwrap_or(OwnKind::UserAgent) == kind
    }

    fn tried_kind(&self) -> Option<OwnKind> {
        self.view.tried.as_ref().map(|tried| tried.kind)
    }

    fn tried_text(&self) -> &str {
        self.view.tried.as_ref().map_or("", |tried| tried.text.as_str())
    }

    /// Every maker, by id and name.
    fn makers(&self) -> impl Iterator<Item = (&'static str, String)> {
        Family::ALL.into_iter().map(|family| (family.id(), maker(family)))
    }
}

/// What a sign says of a phone, in a few words.
fn meaning(means: &Meaning) -> String {
    let Meaning { family, model, version } = means;
    phone(family.vendor(), *family, model, version)
}

fn phone(vendor: &str, family: Family, model: &str, version: &str) -> String {
    let maker = match vendor {
        "" if family == Family::Generic => "a phone of another maker",
        "" => family.id(),
        vendor => vendor,
    };
    let mut words = maker.to_string();
    for (before, word) in [(" ", model), (", firmware ", version)] {
        if !word.is_empty() {
            words.push_str(before);
            words.push_str(word);
        }
    }
    words
}

/// What is made of a sign that was tried, and why.
fn verdict(tried: &Tried) -> (String, String) {
    let Tried { kind: _, text: _, family, vendor, model, version, by, own, hint } = tried;
    let Some(family) = *family else {
        return (
            "Nothing is known of it.".to_string(),
            "No prefix or pattern fits, neither shipped nor added here.".to_string(),
        );
    };
    let whose = if *own { "added here" } else { "shipped" };
    let why = match (by.as_str(), hint) {
        ("", _) => "By the names that its maker uses.".to_string(),
        (by, false) => alloc::format!("By {by}, {whose}."),
        (by, true) => alloc::format!(
            "By {by}, {whose}. Devices that are no phones have it too, so it does not count alone."
        ),
    };
    (phone(vendor, family, model, version), why)
}
