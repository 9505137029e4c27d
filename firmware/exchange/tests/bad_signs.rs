//! Signs as nobody should send them: each has a stated answer, and a phone that sends one boots.

mod support;

use exchange::command::{Command, Refusal};
use exchange::names::Text;
use phones::builders::{discover, DhcpDraft};
use support::{boards, from, own_file, Office, PC, PHONE};
use wire::Mac;

/// A computer that says this boots, and is taken for no phone.
fn is_no_phone(more: fn(DhcpDraft) -> DhcpDraft) {
    let mut office = Office::new(boards::plain);
    office.boots_as(PC, more);
    let device = office.device(PC);
    let stranger = device.stranger.map(|row| (row.maker, row.model.to_string()));
    assert_eq!(stranger, Some((None, String::new())));
    assert!(device.signs.is_empty());
}

#[test]
fn a_vendor_class_of_nul_of_no_text_or_too_long_is_no_phones() {
    is_no_phone(|draft| draft.option(60, &[0; 255]));
    is_no_phone(|draft| draft.option(60, &[0xff; 255]));
    is_no_phone(|draft| draft.option(60, &[b'y'; 255]));
    is_no_phone(|draft| draft.option(60, b"\0yealink"));
    is_no_phone(|draft| draft.option(60, b"yea\0link"));
    // Two halves of an option are one (RFC 3396), and longer than any pattern looks.
    is_no_phone(|draft| {
        draft.option(60, &[b'a'; 255]).option(60, &[b'b'; 255]).option(60, &[b'c'; 255])
    });
}

#[test]
fn a_phone_that_pads_its_class_or_says_no_text_in_it_is_known_all_the_same() {
    for class in [&b"yealink\0\0\0\0"[..], b"yealink \xff\xfe", b"yealink\r\n"] {
        let mut office = Office::new(boards::plain);
        office.hears(&discover(PC, 1).option(60, class));
        let maker = office.device(PC).stranger.and_then(|row| row.maker);
        assert_eq!(maker, Some("Yealink"), "{class:?}");
    }
}

#[test]
fn a_user_agent_of_64_kib_tells_nothing_and_the_file_is_given() {
    let mut office = Office::new(boards::plain);
    let at = from(office.boots(PHONE), 1);
    let long = "Yealink SIP-T46U 108.86.0.20 ".to_string() + &"x".repeat(64 * 1024);
    let (answer, file) = office.fetch_as(at, &own_file(PHONE), &long);
    assert!(answer.starts_with("file ") && file.starts_with(b"template yealink/mac.cfg\n"));
    assert_eq!(office.handset(PHONE).model.as_str(), "");
    office.fetch_as(at, &own_file(PHONE), "Yealink SIP-T46U 108.86.0.20 \u{fffd}\0");
    assert_eq!(office.handset(PHONE).model.as_str(), "T46U");
}

#[test]
fn of_two_makers_in_one_packet_the_more_telling_sign_counts_and_both_are_kept() {
    let mut office = Office::new(boards::plain);
    let heard = office.hears(
        &discover(PHONE, 1)
            .option(60, b"snomD785")
            .option(77, b"Thomson ST2030S")
            .option(12, b"SIP-yealink"),
    );
    let device = office.device(PHONE);
    let row = device.stranger.map(|row| (row.maker, row.model.to_string()));
    assert_eq!(row, Some((Some("Snom"), "D785".to_string())));
    let led_by: Vec<_> = device.signs.iter().map(|sign| sign.name).collect();
    assert_eq!(led_by, ["vendor class"]);
    // It gets the options of one maker and not of the others.
    assert!(heard.reply().text(67).is_some_and(|path| path.ends_with("{mac}.htm")));
}

#[test]
fn a_mac_in_ten_spellings_is_one_phone() {
    let mut office = Office::new(boards::plain);
    let add = |text: &str| {
        let Some(mac) = Mac::parse(text.as_bytes()) else { panic!("{text} is not read") };
        Command::AddHandset { mac, extension: None, name: Text::new() }
    };
    office.command(add("00:15:65:f4:f9:e1")).unwrap();
    for spelling in [
        "001565f4f9e1",
        "001565F4F9E1",
        "001565f4F9e1",
        "00:15:65:F4:F9:E1",
        "00-15-65-f4-f9-e1",
        "00-15-65-F4-F9-E1",
        "0015.65f4.f9e1",
        "0015.65F4.F9E1",
        "00%3a15%3a65%3af4%3af9%3ae1",
        "00%3A15%3A65%3AF4%3AF9%3AE1",
    ] {
        assert_eq!(office.command(add(spelling)), Err(Refusal::MacTaken), "{spelling}");
    }
    assert_eq!(office.exchange.durable().handsets().count(), 1);
}
