//! Strangers that are turned away, what an admin makes of them, and bans.

mod support;

use exchange::command::{Command, Refusal, Rule, RuleFlaw};
use exchange::limits::{BANS_MAX, TURNED_AWAY_MAX};
use exchange::names::{Side, Text};
use exchange::policy::Switch;
use exchange::view::TurnedAwayRow;
use exchange::Line;
use phones::builders::{discover, request_renewing};
use support::sip::subscribe;
use support::{address, boards, from, from_neighbour, own_file, Office, PC, PHONE, PHONE_2};
use wire::Mac;

fn office() -> Office {
    let mut office = Office::new(boards::plain);
    rule(&mut office, Rule::SetSwitch { switch: Switch::LanCreates, disabled: true });
    office
}

fn rule(office: &mut Office, rule: Rule) {
    assert!(office.command(Command::Rule(rule)).is_ok());
}

fn rows(office: &Office) -> Vec<TurnedAwayRow> {
    office.exchange.strangers_view(office.now()).rows
}

fn prestage(mac: [u8; 6], sure: bool) -> Command {
    let (extension, name, make) = (None, Text::new(), None);
    Command::Rule(Rule::Prestage { mac: Mac(mac), extension, name, make, remote: false, sure })
}

#[test]
fn a_phone_that_is_turned_away_is_listed_with_all_that_is_known_and_no_flash_is_written() {
    let mut office = office();
    let at = office.boots(PHONE);
    office.boots(PC);
    let before = office.facts.len();
    assert_eq!(office.fetch_as(from(at, 1), &own_file(PHONE), "").0, "forbidden");
    let asks = from_neighbour(at, 5_060, PHONE);
    let silent = office.datagram(asks, Line::SipMulticast, subscribe(asks, PHONE).as_bytes());
    assert!(silent.sent.is_empty());
    let listed = rows(&office);
    let [row] = listed.as_slice() else { panic!("{} rows", listed.len()) };
    assert_eq!((row.mac, row.maker, row.side), (Mac(PHONE), Some("Yealink"), Side::Lan));
    assert_eq!((row.model.as_str(), row.address, row.count), ("T46U", Some(at), 3));
    assert_eq!(office.facts.len(), before);
}

#[test]
fn a_flood_of_strangers_fills_the_list_and_nothing_else() {
    let mut office = office();
    let before = office.facts.len();
    for number in 0..2_000u16 {
        let [high, low] = number.to_be_bytes();
        let mac = [0, 0x15, 0x65, 9, high, low];
        let at = from_neighbour(address(200), 5_060, mac);
        office.fetch(at, &own_file(mac));
    }
    assert_eq!(rows(&office).len(), TURNED_AWAY_MAX);
    assert_eq!(office.facts.len(), before);
}

#[test]
fn a_stranger_is_added_ignored_or_banned() {
    let mut office = office();
    for mac in [PHONE, PHONE_2] {
        let at = office.boots(mac);
        office.fetch(from(at, 1), &own_file(mac));
    }
    rule(&mut office, Rule::IgnoreStranger { mac: Mac(PHONE_2), ignored: true });
    let listed: Vec<_> = rows(&office).iter().map(|row| (row.mac, row.ignored)).collect();
    assert_eq!(listed, [(Mac(PHONE), false), (Mac(PHONE_2), true)]);
    office.command(prestage(PHONE, true)).unwrap();
    rule(&mut office, Rule::Ban { mac: Mac(PHONE_2), banned: true });
    assert!(rows(&office).is_empty() && office.knows(PHONE));
    let gone = Rule::IgnoreStranger { mac: Mac(PHONE_2), ignored: true };
    assert_eq!(office.command(Command::Rule(gone)), Err(Refusal::Rule(RuleFlaw::NoSuchStranger)));
}

#[test]
fn a_mac_that_is_one_digit_off_a_waiting_stranger_has_to_be_compared() {
    let mut office = office();
    let at = office.boots(PHONE);
    office.fetch(from(at, 1), &own_file(PHONE));
    let mistyped = [0x00, 0x15, 0x65, 0x00, 0x00, 0x07];
    let near = Err(Refusal::Rule(RuleFlaw::NearStranger(Mac(PHONE))));
    assert_eq!(office.command(prestage(mistyped, false)), near);
    assert!(!office.knows(mistyped));
    // The stranger itself is not nearly itself, and whoever has compared is believed.
    office.command(prestage(mistyped, true)).unwrap();
    assert_eq!(office.command(prestage(mistyped, true)), Err(Refusal::MacTaken));
    office.command(prestage(PHONE, false)).unwrap();
}

#[test]
fn what_is_typed_of_maker_and_model_is_known_before_the_phone_comes() {
    let mut office = office();
    let make = Some((exchange::catalog::Family::Snom, exchange::names::text("D785")));
    let (extension, name) = (None, Text::new());
    let mac = Mac([2, 0, 0, 0, 0, 9]);
    let wish = Rule::Prestage { mac, extension, name, make, remote: false, sure: false };
    rule(&mut office, wish);
    let row = office.handset(mac.0);
    assert_eq!((row.maker, row.model.as_str()), ("Snom", "D785"));
}

#[test]
fn a_banned_device_gets_nothing_at_all() {
    let mut office = Office::new(boards::plain);
    let at = office.boots(PHONE);
    let (_, file) = office.fetch(from(at, 1), &own_file(PHONE));
    let account = support::sip::account(&file, 1);
    let wish = support::sip::Wish::default;
    assert_eq!(office.registers(from(at, 5_060), &account, wish()), 200);
    let (screen, kept) = ("prov/screen/start", own_file(PHONE).replace(".cfg", "-local.cfg"));
    assert!(office.fetch(from(at, 1), screen).0.starts_with("file"));
    assert_eq!(office.puts(from(at, 1), &kept, b"linekey.1.label = Zoe"), "stored");
    rule(&mut office, Rule::Ban { mac: Mac(PHONE), banned: true });
    assert!(office.handset(PHONE).lines[0].registered_until.is_none(), "it ends at once");
    assert!(office.hears(&discover(PHONE, 2)).sent.is_empty());
    assert!(office.hears(&request_renewing(PHONE, 3, at)).sent.is_empty(), "not even a NAK");
    assert_eq!(office.fetch(from(at, 1), &own_file(PHONE)).0, "forbidden");
    assert_eq!(office.fetch(from(at, 1), "y000000000000.cfg").0, "forbidden");
    assert_eq!(office.fetch(from(at, 1), screen).0, "forbidden");
    assert_eq!(office.fetch(from(at, 1), "prov/screen/web").0, "forbidden");
    let facts = office.facts.len();
    assert_eq!(office.puts(from(at, 1), &kept, b"linekey.1.label = Bob"), "forbidden");
    assert_eq!(office.facts.len(), facts);
    assert_eq!(office.registers(from(at, 5_060), &account, wish()), 0);
    let asks = from_neighbour(at, 5_060, PHONE);
    let told = office.datagram(asks, Line::SipMulticast, subscribe(asks, PHONE).as_bytes());
    assert!(told.sent.is_empty());
    office.restart();
    assert!(office.hears(&discover(PHONE, 4)).sent.is_empty());
    assert!(office.story(PHONE).last().is_some_and(|step| step.contains("banned")));
    rule(&mut office, Rule::Ban { mac: Mac(PHONE), banned: false });
    assert_eq!(office.boots(PHONE), at);
    assert_eq!(office.registers(from(at, 5_060), &account, wish()), 200);
}

#[test]
fn bans_are_bounded_and_each_is_there_once() {
    let mut office = Office::new(boards::plain);
    for number in 0..BANS_MAX as u16 {
        let [high, low] = number.to_be_bytes();
        rule(&mut office, Rule::Ban { mac: Mac([2, 0, 0, 0, high, low]), banned: true });
    }
    let ban = |mac, banned| Command::Rule(Rule::Ban { mac: Mac(mac), banned });
    assert_eq!(office.command(ban(PHONE, true)), Err(Refusal::Rule(RuleFlaw::BansFull)));
    assert_eq!(office.command(ban([2, 0, 0, 0, 0, 1], true)), Err(Refusal::Unchanged));
    assert_eq!(office.command(ban(PHONE, false)), Err(Refusal::Unchanged));
    office.command(ban([2, 0, 0, 0, 0, 1], false)).unwrap();
    office.command(ban(PHONE, true)).unwrap();
    let durable = office.exchange.durable();
    let taken: u64 = durable.facts().map(|fact| fact.record_bytes()).sum();
    assert!(durable.record_bytes() >= taken);
}
