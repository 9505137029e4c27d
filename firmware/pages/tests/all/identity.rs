//! The page on how phones are recognised, in every state worth looking at.

use crate::office::VIEWER;
use exchange::catalog::Family;
use exchange::command::{Meaning, OwnKind, OwnSign, Refusal, SignFlaw};
use exchange::names::text;
use exchange::view::{SignsView, Tried};
use pages::form::{self, Fields, SignForm};
use pages::Html;

fn sign(kind: OwnKind, pattern: &str) -> OwnSign {
    OwnSign { kind, pattern: pattern.to_string() }
}

fn means(family: Family, model: &str, version: &str) -> Meaning {
    Meaning { family, model: text(model), version: text(version) }
}

pub(crate) fn view(tried: Option<Tried>) -> SignsView {
    SignsView {
        signs: vec![
            (sign(OwnKind::Oui, "805EC01"), means(Family::Yealink, "T46U", "")),
            (sign(OwnKind::VendorClass, "^Acme <X> phone"), means(Family::Generic, "X7", "1.2")),
            (
                sign(OwnKind::UserAgent, r"^Acme (?P<model>[A-Z0-9]+)/{version}"),
                means(Family::Misc, "", ""),
            ),
        ],
        read_only: false,
        tried,
    }
}

fn tried(family: Option<Family>, own: bool, hint: bool) -> Tried {
    let known = family.is_some();
    Tried {
        kind: OwnKind::UserAgent,
        text: "Acme X7/1.2.3".to_string(),
        family,
        vendor: family.map_or("", Family::vendor),
        model: text(if known { "X7" } else { "" }),
        version: text(if known { "1.2.3" } else { "" }),
        by: if known { "^Acme".to_string() } else { String::new() },
        own,
        hint,
    }
}

fn bad(body: &str) -> SignForm {
    *form::sign(&Fields::parse(body.as_bytes()).unwrap()).err().unwrap()
}

pub(crate) fn all() -> Vec<(&'static str, Html)> {
    let page = |view: &SignsView, echo| pages::identity(view, &VIEWER, echo);
    let full = Fields::parse(b"kind=oui&pattern=805ec0&maker=snom").unwrap();
    let full = SignForm::refused(&full, Refusal::Sign(SignFlaw::TooMany));
    let nothing = SignsView { signs: Vec::new(), read_only: false, tried: None };
    let fixed = SignsView { read_only: true, ..view(None) };
    let own = tried(Some(Family::Htek), true, false);
    vec![
        ("identity", page(&view(Some(own)), None)),
        ("identity-none", page(&nothing, None)),
        ("identity-unknown", page(&view(Some(tried(None, false, false))), None)),
        ("identity-bad", page(&view(None), Some(&bad("kind=file-name&pattern=(acme&maker=acme")))),
        ("identity-full", page(&view(None), Some(&full))),
        ("identity-read-only", page(&fixed, None)),
    ]
}

#[test]
fn a_verdict_says_why() {
    let said = |tried| pages::identity(&view(Some(tried)), &VIEWER, None);
    assert!(said(tried(Some(Family::Htek), true, false)).contains("By ^Acme, added here."));
    let shared = said(tried(Some(Family::Avaya), false, true));
    assert!(shared.contains("By ^Acme, shipped. Devices that are no phones have it too"));
    assert!(shared.contains("<b>Avaya X7, firmware 1.2.3</b>"));
    assert!(said(tried(None, false, false)).contains("Nothing is known of it."));
}
