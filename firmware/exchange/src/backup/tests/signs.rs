//! What is wrong with the own signs in a text is said, each with its line.

use super::wrong;
use crate::catalog::{Family, Meaning, OwnKind, OwnSign};
use crate::limits::SIGNS_MAX;
use crate::names;
use crate::state::Event;
use alloc::format;
use alloc::string::{String, ToString};

fn sign(kind: OwnKind, pattern: &str, [model, version]: [&str; 2]) -> Event {
    let sign = OwnSign { kind, pattern: pattern.to_string() };
    let (model, version) = (names::text(model), names::text(version));
    Event::SignChanged { sign, means: Some(Meaning { family: Family::Yealink, model, version }) }
}

/// Every kind of them once.
pub(super) fn some() -> [Event; 4] {
    [
        sign(OwnKind::Oui, "805EC01", ["T46U", ""]),
        sign(OwnKind::VendorClass, "^\"Acme\" phone", ["X7", "1.2"]),
        sign(OwnKind::UserAgent, r"^Acme (?P<model>\w+)/{version}", ["", ""]),
        sign(OwnKind::FileName, r"^acme{mac12}\.cfg$", ["", ""]),
    ]
}

/// As many as there can be, as long as they can be.
pub(super) fn as_many_as_fit() -> impl Iterator<Item = Event> {
    let long = |number: usize| format!("^{number:03}[{}]", "\"".repeat(190));
    let text = "é".repeat(20);
    (0..SIGNS_MAX).map(move |number| sign(OwnKind::VendorClass, &long(number), [&text, &text]))
}

#[test]
fn a_bad_sign_is_told_with_its_line() {
    let head = "dialtone-state 1\n";
    let snom = "maker=snom";
    let line = |pattern: &str| format!("sign kind=vendor-class pattern={pattern} maker=snom\n");
    let many = (0..=SIGNS_MAX).map(|number| line(&format!("^a{number}"))).collect::<String>();
    let costly = (0..5).map(|number| line(&format!("{number}(?:[ab]{{30}}){{30}}")));
    for (text, said) in [
        (
            format!("sign kind=colour pattern=a {snom}"),
            "line 2: `kind` has to be oui, vendor-class, user-agent or file-name.\n".to_string(),
        ),
        (format!("sign kind=oui {snom}"), "line 2: `pattern` is missing.\n".to_string()),
        (
            "sign kind=file-name pattern=a maker=acme".to_string(),
            "line 2: `maker` has to be".to_string(),
        ),
        (format!("sign kind=oui pattern=80 {snom}"), "line 2: A prefix is".to_string()),
        (line("(a"), "line 2: A bracket of this pattern".to_string()),
        (line(".*"), "line 2: This pattern fits every device".to_string()),
        (line("^a") + &line("^a"), "line 3: This sign is in line 2 already.\n".to_string()),
        (many, format!("line {}: There are {SIGNS_MAX} signs", SIGNS_MAX + 2)),
        (costly.collect(), "line 6: All your patterns together".to_string()),
    ] {
        let told = wrong(&format!("{head}{text}"));
        assert!(told.starts_with(&said), "{text}\n{told}");
    }
}
