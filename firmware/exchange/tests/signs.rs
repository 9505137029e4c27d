//! Signs of an admin's own: what they change for a phone, and what they never do.

mod support;

use exchange::catalog::Family;
use exchange::command::{Command, Meaning, OwnKind, OwnSign, Refusal, SignFlaw};
use exchange::names::{text, Text};
use phones::builders::DhcpDraft;
use support::{address, boards, from, own_file, Office, PC, PHONE};

fn add(kind: OwnKind, pattern: &str, family: Family) -> Command {
    let means = Meaning { family, model: text("X7"), version: Text::new() };
    Command::ChangeSign { sign: sign(kind, pattern), means: Some(means) }
}

fn sign(kind: OwnKind, pattern: &str) -> OwnSign {
    OwnSign::read(kind, pattern).unwrap_or_else(|flaw| panic!("{pattern}: {flaw}"))
}

fn removal(kind: OwnKind, pattern: &str) -> Command {
    Command::ChangeSign { sign: sign(kind, pattern), means: None }
}

/// The maker, the model, and whether an own sign speaks for it.
fn judged(office: &Office, mac: [u8; 6]) -> (&'static str, String, bool) {
    let device = office.device(mac);
    let own = device.signs.iter().any(|sign| sign.own);
    let Some(row) = device.handset else { panic!("no handset") };
    (row.maker, row.model.to_string(), own)
}

#[test]
fn a_phone_that_nobody_knows_is_known_once_its_sign_was_added() {
    let mut office = Office::new(boards::plain);
    let class = |draft: DhcpDraft| draft.option(60, b"Acme desk phone 7");
    let at = from(office.boots_as(PC, class), 1);
    assert_eq!(office.fetch(at, "acme-3c970e000001").0, "not found");
    assert!(!office.knows(PC));
    office.command(add(OwnKind::VendorClass, "^Acme desk", Family::Snom)).unwrap();
    office.command(add(OwnKind::FileName, "^acme-{mac12}$", Family::Snom)).unwrap();
    office.boots_as(PC, class);
    let (answer, file) = office.fetch(at, "acme-3c970e000001");
    assert_eq!(answer, "file application/xml");
    assert!(file.starts_with(b"template snom/mac.htm\nmodel X7\n"));
    assert_eq!(judged(&office, PC), ("Snom", "X7".to_string(), true));
    // It survives a power cut, and an update is nothing else.
    office.restart();
    office.boots_as(PC, class);
    assert_eq!(judged(&office, PC), ("Snom", "X7".to_string(), true));
}

#[test]
fn an_own_sign_wins_over_the_shipped_one_until_it_is_removed() {
    let mut office = Office::new(boards::plain);
    let class = |draft: DhcpDraft| draft.option(60, b"yealink");
    let at = from(office.boots_as(PHONE, class), 1);
    office.fetch(at, &own_file(PHONE));
    assert_eq!(judged(&office, PHONE), ("Yealink", String::new(), false));
    office.command(add(OwnKind::Oui, "00:15:65", Family::Htek)).unwrap();
    office.boots_as(PHONE, class);
    assert_eq!(judged(&office, PHONE), ("Htek", "X7".to_string(), true));
    office.command(removal(OwnKind::Oui, "001565")).unwrap();
    office.wait_ms(25 * 60 * 60 * 1_000);
    office.boots_as(PHONE, class);
    assert_eq!(judged(&office, PHONE).0, "Yealink");
    assert!(!judged(&office, PHONE).2);
}

#[test]
fn an_own_sign_gives_nobody_a_file_of_another() {
    let mut office = Office::new(boards::plain);
    let at = from(office.boots(PHONE), 1);
    office.fetch(at, &own_file(PHONE));
    office.command(add(OwnKind::FileName, "^acme-{mac12}$", Family::Snom)).unwrap();
    office.command(add(OwnKind::UserAgent, "^Acme", Family::Snom)).unwrap();
    let stranger = from(office.boots(PC), 1);
    let named = "acme-001565000001";
    assert_eq!(office.fetch_as(stranger, named, "Acme 7").0, "forbidden");
    assert_eq!(office.fetch_as(from(address(200), 1), named, "Acme 7").0, "forbidden");
    assert_eq!(office.fetch_as(at, named, "Acme 7").0, "file application/xml");
}

#[test]
fn what_is_refused_changes_nothing() {
    let mut office = Office::new(boards::plain);
    let sign = add(OwnKind::VendorClass, "^Acme", Family::Snom);
    office.command(sign).unwrap();
    let facts = office.facts.len();
    let again = office.command(add(OwnKind::VendorClass, "^Acme", Family::Snom));
    assert_eq!(again, Err(Refusal::Sign(SignFlaw::Same)));
    let gone = office.command(removal(OwnKind::VendorClass, "^Acme phone"));
    assert_eq!(gone, Err(Refusal::Sign(SignFlaw::NoneHere)));
    // One that no form has read is read again.
    let sign = OwnSign { kind: OwnKind::UserAgent, pattern: ".*".into() };
    let means = Meaning { family: Family::Snom, model: Text::new(), version: Text::new() };
    let all = office.command(Command::ChangeSign { sign, means: Some(means) });
    assert_eq!(all, Err(Refusal::Sign(SignFlaw::FitsAll)));
    assert_eq!(office.facts.len(), facts);
}

#[test]
fn a_sign_that_is_tried_is_told_with_its_reason() {
    let mut office = Office::new(boards::plain);
    office.command(add(OwnKind::Oui, "00:15:65:A", Family::Htek)).unwrap();
    let tried = |kind, text: &str| {
        let tried = office.exchange.signs_view(Some((kind, text))).tried.unwrap();
        (tried.family, tried.by, tried.own, tried.hint)
    };
    let yealink = (Some(Family::Yealink), "001565".to_string(), false, false);
    assert_eq!(tried(OwnKind::Oui, "00:15:65:12:34:56"), yealink);
    assert_eq!(tried(OwnKind::Oui, "001565"), yealink);
    let own = (Some(Family::Htek), "001565A".to_string(), true, false);
    assert_eq!(tried(OwnKind::Oui, "00-15-65-ab"), own);
    assert!(tried(OwnKind::Oui, "00:04:0d").3, "Avaya's switches have it too");
    assert_eq!(tried(OwnKind::VendorClass, "MSFT 5.0").0, None);
    assert_eq!(tried(OwnKind::UserAgent, &"a".repeat(64 * 1024)).0, None);
}
