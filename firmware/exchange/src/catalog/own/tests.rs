//! What may be added, what it tells, and what it weighs.

use super::*;
use crate::catalog::{Catalog, Guess};
use crate::names::text;
use crate::pattern::Flaw;
use alloc::format;

fn means(family: Family, model: &str) -> Meaning {
    Meaning { family, model: text(model), version: Text::new() }
}

fn read(kind: OwnKind, typed: &str) -> OwnSign {
    OwnSign::read(kind, typed).unwrap()
}

/// A catalogue that has learnt these.
fn with(own: &[(OwnKind, &str, Meaning)]) -> Catalog {
    let mut signs = OwnSigns::default();
    for (kind, typed, means) in own {
        let sign = read(*kind, typed);
        assert_eq!(signs.check(&sign, Some(means)), Ok(()), "{typed}");
        signs.apply(&sign, Some(means));
    }
    let mut catalog = Catalog::new();
    catalog.learn(&signs);
    catalog
}

const MAC: Mac = Mac([0x80, 0x5e, 0xc0, 0x1a, 0xbc, 0xde]);

#[test]
fn a_prefix_is_read_as_labels_print_it() {
    for (typed, kept) in
        [("80:5e:c0", "805EC0"), (" 80-5E-C0-1 ", "805EC01"), ("805e.c01a.b", "805EC01AB")]
    {
        assert_eq!(read(OwnKind::Oui, typed).pattern, kept);
    }
    for typed in ["80:5e", "805ec01a", "805ec01abc", "805ecg", "yealink", "٨٠٥"] {
        assert_eq!(OwnSign::read(OwnKind::Oui, typed), Err(SignFlaw::Prefix), "{typed}");
    }
}

#[test]
fn what_is_no_pattern_is_refused_with_the_reason() {
    let long = "a".repeat(SIGN_BYTES_MAX + 1);
    for (typed, flaw) in [
        ("", SignFlaw::Empty),
        ("  ", SignFlaw::Empty),
        (&long, SignFlaw::TooLong),
        ("a\u{7}b", SignFlaw::Control),
        ("(acme", SignFlaw::Pattern(Flaw::Unclosed)),
        ("acme)", SignFlaw::Pattern(Flaw::Unclosed)),
        (r"acme\q", SignFlaw::Pattern(Flaw::Unknown)),
        ("(?=acme)", SignFlaw::Pattern(Flaw::Unknown)),
        ("*acme", SignFlaw::Pattern(Flaw::Repetition)),
        ("a{65}", SignFlaw::Pattern(Flaw::Repetition)),
        ("(?:a{64}){64}", SignFlaw::Pattern(Flaw::TooLarge)),
        (".*", SignFlaw::FitsAll),
        ("(?i)", SignFlaw::FitsAll),
        ("acme|", SignFlaw::FitsAll),
    ] {
        let read = OwnSign::read(OwnKind::VendorClass, typed);
        assert_eq!(read, Err(flaw), "{typed}");
        let sentence = format!("{flaw}");
        assert!(sentence.ends_with('.') && sentence.len() < 160, "{sentence}");
    }
}

#[test]
fn an_own_sign_counts_before_the_shipped_ones_and_the_longest_of_them_first() {
    let catalog = with(&[
        (OwnKind::VendorClass, "^yea", means(Family::Generic, "")),
        (OwnKind::VendorClass, "^yealink", means(Family::Snom, "D1")),
        (OwnKind::UserAgent, r"^Acme (?P<model>\w+)/{version}", means(Family::Htek, "")),
        (OwnKind::Oui, "805ec0", means(Family::Fanvil, "")),
        (OwnKind::Oui, "805ec01ab", means(Family::Avaya, "J179")),
    ]);
    let told = catalog.identify(Sign::VendorClass(b"yealink\0"));
    assert_eq!((told.family, told.model.as_deref()), (Some(Family::Snom), Some("D1")));
    let told = catalog.identify(Sign::SipUserAgent(b"Acme X7/1.2.3"));
    assert_eq!((told.family, told.model.as_deref()), (Some(Family::Htek), Some("X7")));
    assert_eq!(told.version.as_deref(), Some("1.2.3"));
    assert_eq!(catalog.identify(Sign::Oui(MAC)).family, Some(Family::Avaya));
    let other = Mac([0x80, 0x5e, 0xc0, 0x2a, 0xbc, 0xde]);
    assert_eq!(catalog.identify(Sign::Oui(other)).family, Some(Family::Fanvil));
    // Each is compared with its own kind alone, and what is not said anew is as shipped.
    let snom = catalog.identify(Sign::HttpUserAgent(b"Yealink SIP-T46U 108.86.0.20"));
    assert_eq!((snom.family, snom.own), (Some(Family::Yealink), false));
}

#[test]
fn which_sign_decided_is_told() {
    let catalog = with(&[(OwnKind::Oui, "805ec01", means(Family::Fanvil, ""))]);
    assert_eq!(catalog.judge(Sign::Oui(MAC)).1, "805EC01");
    assert_eq!(catalog.judge(Sign::VendorClass(b"yealink")).1, "(?i)^yealink");
    assert_eq!(catalog.judge(Sign::FileName(b"y000000000066.cfg")).1, r"^y0{7,11}[0-9]{1,5}\.cfg$");
    assert_eq!(catalog.judge(Sign::VendorClass(b"nobody")).1, "");
}

#[test]
fn an_own_prefix_outweighs_what_a_phone_says_but_its_model_does_not() {
    let catalog = with(&[(OwnKind::Oui, "805ec01", means(Family::Yealink, "T19"))]);
    let mut guess = Guess::default();
    for sign in [
        Sign::Oui(MAC),
        Sign::VendorClass(b"snomD785"),
        Sign::HttpUserAgent(b"Yealink SIP-T46U 108.86.0.20"),
    ] {
        guess.add(sign.kind(), &catalog.identify(sign));
    }
    assert_eq!((guess.family(), guess.model()), (Some(Family::Yealink), Some("T46U")));
    let own: Vec<bool> = guess.led_by().map(|(_, own)| own).collect();
    assert_eq!(own, [true, false]);
    assert_eq!(guess.against().count(), 1);
}

#[test]
fn an_own_file_name_is_answered_with_the_file_of_its_family() {
    let catalog = with(&[
        (OwnKind::FileName, "^acme-{mac12}$", means(Family::Snom, "")),
        (OwnKind::FileName, "^acme-common$", means(Family::Snom, "")),
        (OwnKind::FileName, "^acme-flash$", means(Family::Thomson, "")),
    ]);
    let template = |name: &str| {
        let asked = catalog.file(name, Some(Family::Yealink))?;
        match asked.answer {
            super::super::Answer::Handset { template, .. } => Some((template, asked.mac)),
            super::super::Answer::Common { template, .. } => Some((template, None)),
            super::super::Answer::Absent(_)
            | super::super::Answer::Firmware
            | super::super::Answer::Book
            | super::super::Answer::Upload => None,
        }
    };
    assert_eq!(template("acme-805ec01abcde"), Some(("snom/mac.htm", Some(MAC))));
    assert_eq!(template("acme-common"), Some(("snom/model.htm", None)));
    // Nobody's file: no name of a handset is in it, and the family has none in common.
    assert_eq!(template("acme-flash"), None);
    assert_eq!(template("acme-000000000000"), None);
}

#[test]
fn there_are_so_many_and_no_more() {
    let mut signs = OwnSigns::default();
    let meaning = means(Family::Snom, "");
    for number in 0..SIGNS_MAX {
        let sign = read(OwnKind::VendorClass, &format!("^acme{number}$"));
        assert_eq!(signs.check(&sign, Some(&meaning)), Ok(()));
        signs.apply(&sign, Some(&meaning));
    }
    let one_more = read(OwnKind::VendorClass, "^other");
    assert_eq!(signs.check(&one_more, Some(&meaning)), Err(SignFlaw::TooMany));
    let known = read(OwnKind::VendorClass, "^acme1$");
    assert_eq!(signs.check(&known, Some(&meaning)), Err(SignFlaw::Same));
    assert_eq!(signs.check(&known, Some(&means(Family::Snom, "D785"))), Ok(()));
    assert_eq!(signs.check(&one_more, None), Err(SignFlaw::NoneHere));
    signs.apply(&known, None);
    assert_eq!(signs.check(&one_more, Some(&meaning)), Ok(()));
    assert_eq!(signs.record_bytes(), signs.facts().map(|fact| fact.record_bytes()).sum::<u64>());
}

#[test]
fn all_patterns_together_cost_so_much_and_no_more() {
    let mut signs = OwnSigns::default();
    let meaning = means(Family::Snom, "");
    let costly =
        |number: usize| read(OwnKind::UserAgent, &format!("x{number}(?:[ab]{{30}}){{30}}"));
    let added = (0..SIGNS_MAX).take_while(|number| {
        let fits = signs.check(&costly(*number), Some(&meaning));
        signs.apply(&costly(*number), Some(&meaning).filter(|_| fits.is_ok()));
        fits.is_ok()
    });
    assert_eq!(added.count(), 4);
    assert_eq!(signs.check(&costly(9), Some(&meaning)), Err(SignFlaw::TooCostly));
}
