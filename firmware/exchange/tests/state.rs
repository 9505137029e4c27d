//! What is on flash: it is read as it was written, for ever, and nothing read can do harm.

#[path = "state/events.rs"]
mod events;
mod support;

use events::*;
use exchange::backup::{BackupKey, Recipe};
use exchange::beside::Serving;
use exchange::catalog::{Family, Meaning, OwnKind, OwnSign};
use exchange::certificates::{CertificatePlace, Kept};
use exchange::command::Command;
use exchange::layer::{Firmware, Layer};
use exchange::limits::{ELDERS_MAX, SITE_RECORD_BYTES_MAX};
use exchange::names::{ContactText, Extension, HandsetNo, Side, Text, UserNo};
use exchange::network::{Domain, Lan, Settings, Wan};
use exchange::policy::Switch;
use exchange::seat::Seat;
use exchange::state::{Durable, Event};
use exchange::template::{Change, Place};
use exchange::{OwnFile, PasswordHash, Pin, PnpKey, PrivateKey, Remote, RemoteToken};
use std::net::Ipv4Addr;
use std::path::PathBuf;
use support::{address, boards, from, kind, line, own_file, unhex, Dice, Office, PHONE};

fn bytes_of(event: &Event) -> Vec<u8> {
    let mut bytes = Vec::new();
    event.encode(&mut bytes);
    bytes
}

fn state_of(facts: &[Event]) -> Durable {
    let mut durable = Durable::default();
    facts.iter().for_each(|event| durable.apply(event));
    durable
}

/// A state as the bytes of its facts.
fn facts_of(durable: &Durable) -> Vec<Vec<u8>> {
    durable.facts().map(|event| bytes_of(&event)).collect()
}

fn text(text: &str) -> Text {
    exchange::names::text(text)
}

fn extension(number: &str) -> Option<Extension> {
    Extension::parse(number)
}

fn frozen(name: &str) -> Vec<u8> {
    let folder =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/journal/events/v1");
    let path = folder.join(format!("{name}.hex"));
    match std::fs::read_to_string(&path) {
        Ok(text) => unhex(&text),
        Err(error) => panic!("{}: {error}", path.display()),
    }
}

/// A handset from its frozen bytes, since nobody outside the exchange can make a secret.
fn created() -> Event {
    let Some(event) = Event::decode(&frozen("handset-created")) else { panic!("cannot be read") };
    event
}

fn line_added() -> Event {
    let Some(event) = Event::decode(&frozen("line-added")) else { panic!("cannot be read") };
    event
}

#[test]
fn the_bytes_of_every_fact_are_those_that_are_in_the_field() {
    for (name, event) in every_event() {
        assert!(
            bytes_of(&event) == frozen(name),
            "{name}: If this fails, do not change the test: flash in the field holds these bytes."
        );
    }
}

#[test]
fn every_fact_has_frozen_bytes() {
    let folder =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/journal/events/v1");
    let files = std::fs::read_dir(folder).map(|files| files.flatten().count()).unwrap_or(0);
    let kinds: std::collections::BTreeSet<_> =
        every_event().iter().map(|(_, event)| kind(event)).collect();
    assert_eq!((files, kinds.len()), (63, 37), "one more fact needs one more file");
}

#[test]
fn the_frozen_bytes_mean_what_they_meant() {
    let names =
        ["address-given", "handset-created", "line-added", "line-assigned", "contact-learnt"];
    let facts: Vec<Event> = names.iter().filter_map(|name| Event::decode(&frozen(name))).collect();
    assert_eq!(facts.len(), names.len());
    let mut office = Office::new(boards::plain);
    office.restart_with(&facts);
    let row = office.handset(PHONE);
    assert_eq!((row.handset, row.maker, row.model.as_str()), (HandsetNo(300), "Yealink", "T46U"));
    assert_eq!(row.address, Some(address(10)));
    let lines: Vec<_> = row.lines.iter().map(|line| (line.extension, line.name.as_str())).collect();
    assert_eq!(lines, [(None, ""), (extension("204"), "Zoë")]);
    let (_, file) = office.fetch(from(address(10), 1), &own_file(PHONE));
    let file = String::from_utf8_lossy(&file).into_owned();
    let accounts: Vec<_> = file.lines().filter(|line| line.starts_with("line ")).collect();
    let expected =
        ["line 1 aebagbaf aebagbafa2dsscikbnga4dsr", "line 2 a2dsscik ifbegtcfi3dwsukkjpge4vur"];
    assert_eq!(accounts, expected);
    assert!(file.contains("web easuei3eewvcqkbj"));
}

#[test]
fn every_fact_is_read_as_it_was_written() {
    for (name, event) in every_event() {
        let bytes = bytes_of(&event);
        let Some(read) = Event::decode(&bytes) else { panic!("{name} cannot be read") };
        assert!(kind(&read) == kind(&event) && bytes_of(&read) == bytes, "{name}");
        for cut in 0..bytes.len() {
            assert!(Event::decode(&bytes[..cut]).is_none(), "{name} cut at {cut}");
        }
        let longer = [&bytes[..], &[0]].concat();
        assert!(Event::decode(&longer).is_none(), "{name} with more behind");
    }
    assert!(Event::decode(&[90, 2]).is_none(), "a fact of a later release");
}

fn any_template(dice: &mut Dice, handset: HandsetNo) -> Event {
    let changes = [
        Change::Set(["a\n", "b\n"][dice.below(2)].to_owned()),
        Change::Set("c\n".to_owned()),
        Change::Removed,
        Change::Returned,
        Change::Forgotten,
    ];
    let layer = [Layer::Site, Layer::Handset(handset)][dice.below(2)].clone();
    template("yealink/mac.cfg", layer, changes[dice.below(5)].clone())
}

/// A fact about one of a few devices and handsets, whether that makes sense or not.
fn any_event(dice: &mut Dice) -> Event {
    let handset = HandsetNo(dice.below(6) as u16);
    let mac = [2, 0, 0, 0, 0, dice.below(6) as u8];
    let number = line(1 + dice.below(8) as u8);
    match dice.below(38) {
        0 => Event::AddressGiven { mac, address: [10, 1, 0, dice.below(6) as u8] },
        1 => Event::AddressForgotten { mac },
        2 | 3 => renumbered(dice, &created(), handset, mac),
        4 => Event::HandsetDeleted { handset },
        5 | 6 => renumbered(dice, &line_added(), handset, mac),
        7 => Event::LineRemoved { handset },
        8 => Event::LineAssigned {
            handset,
            line: number,
            extension: extension(["20", "204", "x"][dice.below(3)]),
            name: text(["", "Ann"][dice.below(2)]),
        },
        9 => {
            let contact = ContactText::try_from(["", "sip:a@b"][dice.below(2)]).unwrap_or_default();
            Event::ContactLearnt { handset, line: number, contact }
        }
        10 => Event::HandsetsNumbered { last: handset },
        11 => Event::NetworkProposed { settings: [settings(), by_dhcp()][dice.below(2)].clone() },
        12 => Event::NetworkKept,
        13 => Event::NetworkReturned,
        14 => Event::BackupKeySet { key: BackupKey { key: dice.bytes(), ..backup_key() } },
        15 | 16 => {
            let layers = [Layer::Site, Layer::Handset(handset), model()];
            let value = [None, Some("42"), Some("7")][dice.below(3)];
            setting(layers[dice.below(3)].clone(), 5 + dice.below(3) as u8, value)
        }
        17..=19 => any_template(dice, handset),
        20 | 21 => {
            let means = [None, Some(("X7", "")), Some(("", "1.2"))][dice.below(3)];
            let kind = [OwnKind::Oui, OwnKind::UserAgent][dice.below(2)];
            sign(kind, ["805EC0", "805EC01"][dice.below(2)], means)
        }
        22 | 23 => {
            let number = ["20", "204", "x"][dice.below(3)];
            user_set(dice.below(3) as u16, ["Ann", "Bea"][dice.below(2)], number, "1234")
        }
        24 => Event::UserDeleted { user: UserNo(dice.below(3) as u16) },
        25 | 26 => Event::LineOwned { handset, line: number, user: UserNo(dice.below(3) as u16) },
        27 => {
            let seats = [Seat::New, Seat::Later, Seat::ViaWeb, Seat::Replaced];
            Event::SeatChanged { handset, seat: seats[dice.below(4)] }
        }
        28 => {
            let keys = [None, Some("42")][dice.below(2)];
            replaced(handset, HandsetNo(dice.below(6) as u16), keys)
        }
        29 | 30 => {
            let mark = [None, Some(mark(0)), Some(mark(9))][dice.below(3)];
            Event::RemoteMarked { handset, mark }
        }
        31 => renumbered(dice, &passwords_drawn(), handset, mac),
        32 => Event::MacBanned { mac, banned: dice.below(2) == 0 },
        33 => Event::PnpKeyDrawn { key: PnpKey(dice.bytes()) },
        35 => Event::HandsetBanned { handset },
        36 => reach_set([None, Some("a.example"), Some("b")][dice.below(3)]),
        34 => switch_set(Switch::ALL[dice.below(3)], dice.below(2) == 0, None),
        _a_switch => Event::CreationAllowed {
            side: [Side::Lan, Side::Wan][dice.below(2)],
            open: dice.below(2) == 0,
        },
    }
}

/// The same event about another handset, with a login of its own: the number is the varint after
/// the first byte, here of two bytes.
fn renumbered(dice: &mut Dice, event: &Event, handset: HandsetNo, mac: [u8; 6]) -> Event {
    let mut bytes = bytes_of(event);
    let created = matches!(event, Event::HandsetCreated { .. });
    bytes.splice(1..3, [handset.0 as u8]);
    if created {
        bytes.splice(2..8, mac);
    }
    let secrets = bytes.len() - 20;
    for byte in bytes.iter_mut().skip(secrets) {
        *byte = dice.roll() as u8;
    }
    let Some(event) = Event::decode(&bytes) else { panic!("a secret of other bytes is no less") };
    event
}

#[test]
fn any_facts_in_any_order_make_a_state_that_its_own_facts_make_again() {
    for seed in 0..200 {
        let mut dice = Dice(seed);
        let mut durable = Durable::default();
        for step in 0..300 {
            durable.apply(&any_event(&mut dice));
            if step % 20 != 0 {
                continue;
            }
            let facts: Vec<Event> = durable.facts().collect();
            let again = state_of(&facts);
            assert!(facts_of(&again) == facts_of(&durable), "seed {seed}, step {step}");
            let taken: u64 = facts.iter().map(Event::record_bytes).sum();
            assert!(taken <= durable.record_bytes(), "seed {seed}, step {step}");
            for (mac, address) in durable.addresses() {
                assert_eq!(again.holder_of(address), Some(mac));
                assert_eq!(durable.holder_of(address), Some(mac), "seed {seed}, step {step}");
            }
            for (no, handset) in durable.handsets() {
                assert!((1..=8).contains(&handset.lines.len()), "seed {seed}, step {step}");
                assert_eq!(durable.handset_of(handset.mac).map(|(no, _)| no), Some(no));
            }
        }
    }
}

#[test]
fn a_fact_applied_again_changes_nothing() {
    let mut office = Office::new(boards::plain);
    office.boots(PHONE);
    office.fetch(from(address(10), 1), &own_file(PHONE));
    let facts: Vec<Event> = office.exchange.durable().facts().collect();
    let once = facts_of(&state_of(&facts));
    let mut twice = state_of(&facts);
    facts.iter().for_each(|event| twice.apply(event));
    assert!(once == facts_of(&twice));
}

#[test]
fn a_handset_with_the_login_of_another_is_not_created() {
    let mut bytes = bytes_of(&created());
    // Another number and hardware address.
    bytes.splice(1..9, [7, 2, 0, 0, 0, 0, 1]);
    let Some(second) = Event::decode(&bytes) else { panic!("cannot be read") };
    let durable = state_of(&[created(), second]);
    assert_eq!(durable.handsets().map(|(no, _)| no).collect::<Vec<_>>(), [HandsetNo(300)]);
    assert!(durable.handset_of(wire::Mac([2, 0, 0, 0, 0, 1])).is_none());
}

#[test]
fn a_number_of_a_handset_is_not_given_again() {
    let mut office = Office::new(boards::plain);
    let add = |office: &mut Office, last| {
        let mac = wire::Mac([2, 0, 0, 0, 0, last]);
        office.command(Command::AddHandset { mac, extension: None, name: Text::new() }).unwrap();
        office.handset(mac.0).handset
    };
    let first = add(&mut office, 1);
    let second = add(&mut office, 2);
    office.command(Command::DeleteHandset { handset: second }).unwrap();
    let third = add(&mut office, 3);
    assert!(first != third && second != third);
    office.restart();
    assert!(![first, second, third].contains(&add(&mut office, 4)));
}

#[test]
fn a_number_of_a_handset_is_not_given_again_after_a_snapshot() {
    let mut office = Office::new(boards::plain);
    let add = |office: &mut Office, last| {
        let mac = wire::Mac([2, 0, 0, 0, 0, last]);
        office.command(Command::AddHandset { mac, extension: None, name: Text::new() }).unwrap();
        office.handset(mac.0).handset
    };
    let (first, second) = (add(&mut office, 1), add(&mut office, 2));
    office.command(Command::DeleteHandset { handset: second }).unwrap();
    office.facts = facts_of(office.exchange.durable());
    office.restart();
    assert!(![first, second].contains(&add(&mut office, 3)));
}

#[test]
fn the_same_fact_twice_is_the_fact_once() {
    for (name, event) in every_event() {
        // A line that is taken away twice is two lines less; nothing tells that fact twice.
        if matches!(event, Event::LineRemoved { .. }) {
            continue;
        }
        let once = state_of(&[created(), line_added(), event.clone()]);
        let twice = state_of(&[created(), line_added(), event.clone(), event]);
        assert_eq!(facts_of(&once), facts_of(&twice), "{name}");
    }
}

#[test]
fn the_facts_about_the_site_fit_what_is_reckoned_for_them() {
    let most = |text: &str, len: usize| text.repeat(len);
    let hash = PasswordHash::try_from(most("h", 128).as_str()).unwrap_or_default();
    let mut most_key = backup_key();
    (most_key.recipe.memory_kib, most_key.recipe.rounds) = (u32::MAX, u32::MAX);
    let mut largest = settings();
    if let Some(lan) = &mut largest.lan {
        lan.domain = Domain::try_from(most("d", 64).as_str()).unwrap_or_default();
        let _ = lan.dns.push(Ipv4Addr::new(255, 255, 255, 255));
        assert_eq!((lan.domain.len(), lan.dns.is_full()), (64, true));
    }
    let facts = [
        Event::AdminPasswordSet { hash },
        Event::BackupKeySet { key: most_key },
        Event::HandsetsNumbered { last: HandsetNo(u16::MAX) },
        Event::PnpKeyDrawn { key: PnpKey([0xff; 10]) },
        switch_set(Switch::LanCreates, true, Some(u64::MAX)),
        switch_set(Switch::WanCreates, true, Some(u64::MAX)),
        switch_set(Switch::AssignAtPhone, true, Some(u64::MAX)),
        Event::NetworkProposed { settings: largest.clone() },
        Event::NetworkKept,
        Event::NetworkProposed { settings: largest },
        Event::ServingChosen { serving: Serving::Off },
        Event::InstallPinSet { pin: Pin::parse("98765432") },
        reach_set(Some(&most("h", 64))),
    ];
    let elders = (0..2 * ELDERS_MAX as u8).map(elder_met);
    let facts: Vec<Event> = facts.into_iter().chain(elders).collect();
    let durable = state_of(&facts);
    assert_eq!(durable.beside().elders().len(), ELDERS_MAX);
    let taken: u64 = durable.facts().map(|fact| fact.record_bytes()).sum();
    assert!(taken <= SITE_RECORD_BYTES_MAX, "{taken}");
    assert!(durable.record_bytes() >= taken);
}
