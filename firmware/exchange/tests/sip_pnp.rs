//! A phone asks by multicast who configures it.

#![allow(clippy::expect_used, reason = "what is missing here should fail its test")]

mod sip_support;

use exchange::cause::Cause;
use exchange::command::Command;
use exchange::names::{RecordNo, Side};
use exchange::note::Note;
use exchange::story::Step;
use exchange::{Arrival, Line, Neighbour, To};
use sip_support::{corpus, Outcome, SmallOffice, LAN, WAN};
use std::fs;
use std::net::{Ipv4Addr, SocketAddrV4};
use wire::Mac;

const PHONE: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(192, 168, 7, 30), 40_000);

fn arrival(neighbour: Neighbour) -> Arrival {
    Arrival { side: Side::Lan, interface: LAN, from: PHONE, neighbour }
}

fn subscribe(office: &mut SmallOffice, name: &str, neighbour: Neighbour) -> Outcome {
    let bytes = fs::read(corpus().join("pnp").join(name)).expect("a message");
    office.hears(arrival(neighbour), Line::SipMulticast, &bytes)
}

fn steps(office: &SmallOffice, mac: Mac) -> Vec<Step> {
    let device = office.exchange.device(office.now, mac).expect("a device");
    device.story.into_iter().map(|(_, step)| step).collect()
}

const SNOM: Mac = Mac([0x00, 0x13, 0x5e, 0x87, 0x4b, 0x49]);

#[test]
fn every_phone_that_asks_is_told_twice() {
    for (name, port, mac) in [
        ("colon-unescaped.dat", 40_000, SNOM),
        ("gigaset-p8xx.dat", 40_000, Mac([0x7c, 0x2f, 0x80, 0xc0, 0xff, 0xee])),
        ("grandstream-grp2612w.dat", 40_000, Mac([0xc0, 0x74, 0xad, 0x11, 0x22, 0x33])),
        ("panasonic-vender.dat", 5_060, Mac([0x00, 0x80, 0xf0, 0x12, 0x34, 0x56])),
        ("planet-vip2140pt.dat", 5_060, Mac([0x00, 0x30, 0x4f, 0xa9, 0x99, 0x4a])),
        ("snom-d120.dat", 40_000, Mac([0x00, 0x04, 0x13, 0xa0, 0x00, 0x01])),
        ("snom-m700.dat", 40_000, Mac([0x00, 0x04, 0x13, 0x62, 0x00, 0x01])),
        ("snom-oem.dat", 40_000, SNOM),
        ("yealink-t21p.dat", 5_062, Mac([0x00, 0x15, 0x65, 0x73, 0x22, 0xf1])),
        ("yealink-w52p.dat", 5_059, Mac([0x00, 0x15, 0x65, 0xf4, 0xf9, 0xe1])),
    ] {
        let mut office = SmallOffice::default();
        let outcome = subscribe(&mut office, name, Neighbour::Is(mac));
        let [accepted, told] = &outcome.sent[..] else { panic!("{name}: {:?}", outcome.sent) };
        assert_eq!((accepted.code(), accepted.header("Expires")), (200, "0"), "{name}");
        assert_eq!(accepted.to, To::Address(SocketAddrV4::new(*PHONE.ip(), port)), "{name}");
        assert_eq!((accepted.line, told.line, told.after), (Line::Sip, Line::Sip, RecordNo(0)));
        assert!(told.text.starts_with("NOTIFY sip:"), "{name}: {}", told.text);
        assert!(told.text.contains("\r\n\r\n"), "{name}");
        let url = told.text.split("\r\n\r\n").nth(1).expect("a body");
        assert!(url.contains("192.168.7.1"), "{name}: {url}");
        assert_eq!(told.header("Content-Length"), url.len().to_string());
        assert_eq!(steps(&office, mac), [Step::PnpTold], "{name}");
        assert!(office.exchange.durable().handset_of(mac).is_none(), "it is no handset by that");
    }
}

#[test]
fn the_notify_belongs_to_the_subscription() {
    let mut office = SmallOffice::default();
    let outcome = subscribe(&mut office, "snom-oem.dat", Neighbour::Unknown);
    let [accepted, told] = &outcome.sent[..] else { panic!("{:?}", outcome.sent) };
    for name in ["From", "To", "Call-ID"] {
        assert_eq!(accepted.header(name), told.header(name));
        assert!(!told.header(name).is_empty());
    }
    assert!(told.header("To").contains(";tag="));
    assert_eq!((accepted.header("CSeq"), told.header("CSeq")), ("1 SUBSCRIBE", "3 NOTIFY"));
    assert_eq!(told.header("Subscription-State"), "terminated;reason=timeout");
    assert_eq!(told.header("Content-Type"), "application/url");
    assert!(told.header("Event").starts_with("ua-profile;profile-type=\"device\""));
    assert!(told.header("Via").starts_with("SIP/2.0/UDP 192.168.7.1:5060;branch=z9hG4bK"));
}

#[test]
fn every_repetition_is_answered_and_told_once() {
    let mut office = SmallOffice::default();
    let first = subscribe(&mut office, "snom-oem.dat", Neighbour::Is(SNOM));
    for _ in 0..4 {
        let again = subscribe(&mut office, "snom-oem.dat", Neighbour::Is(SNOM));
        assert_eq!(again.sent.len(), 2);
        assert_eq!(again.sent[0], first.sent[0], "the 200 is the same");
    }
    assert_eq!(steps(&office, SNOM), [Step::PnpTold]);
}

#[test]
fn both_answers_go_to_the_sender_whatever_it_wrote() {
    let mut office = SmallOffice::default();
    let text = fs::read_to_string(corpus().join("pnp/snom-oem.dat")).expect("a message");
    let evil = text.replace("192.168.10.67", "192.168.7.99");
    let outcome = office.hears(arrival(Neighbour::Unknown), Line::SipMulticast, evil.as_bytes());
    assert_eq!(outcome.sent.len(), 2);
    for sent in outcome.sent {
        assert!(matches!(sent.to, To::Address(to) if to.ip() == PHONE.ip()), "{:?}", sent.to);
    }
    let own = text.replace("192.168.10.67:5060>", "192.168.7.30:5077>");
    let outcome = office.hears(arrival(Neighbour::Unknown), Line::SipMulticast, own.as_bytes());
    let contact = SocketAddrV4::new(*PHONE.ip(), 5_077);
    assert_eq!(outcome.sent[1].to, To::Address(contact));
    assert!(outcome.sent[1].text.starts_with("NOTIFY sip:192.168.7.30:5077 SIP/2.0"));
}

#[test]
fn a_phone_that_claims_anothers_address_hears_nothing() {
    let mut office = SmallOffice::default();
    subscribe(&mut office, "snom-oem.dat", Neighbour::Is(SNOM));
    let other = Mac([0, 0x15, 0x65, 0, 0, 1]);
    let outcome = subscribe(&mut office, "snom-oem.dat", Neighbour::Is(other));
    assert!(outcome.sent.is_empty());
    assert_eq!(outcome.notes, [Note::TwoPlaces(SNOM)]);
}

#[test]
fn a_closed_door_is_silent_for_strangers_and_open_for_handsets() {
    let mut office = SmallOffice::default();
    office.command(Command::AllowCreation { side: Side::Lan, open: false });
    for _ in 0..3 {
        let outcome = subscribe(&mut office, "snom-oem.dat", Neighbour::Is(SNOM));
        assert!(outcome.sent.is_empty());
    }
    let closed = Step::PnpSilent(Cause::CreationClosed(Side::Lan));
    assert_eq!(steps(&office, SNOM), [closed]);
    let name = exchange::names::text("Desk");
    office.command(Command::AddHandset { mac: SNOM, extension: None, name });
    let outcome = subscribe(&mut office, "snom-oem.dat", Neighbour::Is(SNOM));
    assert_eq!(outcome.sent.len(), 2);
}

#[test]
fn nobody_outside_the_office_is_told() {
    let mut office = SmallOffice::default();
    let bytes = fs::read(corpus().join("pnp/snom-oem.dat")).expect("a message");
    let elsewhere = SocketAddrV4::new(Ipv4Addr::new(10, 1, 1, 1), 5_060);
    let stray = Arrival { from: elsewhere, ..arrival(Neighbour::Unknown) };
    assert!(office.hears(stray, Line::SipMulticast, &bytes).sent.is_empty());
    let wan = Arrival { side: Side::Wan, interface: WAN, ..arrival(Neighbour::Unknown) };
    for line in [Line::Sip, Line::SipMulticast] {
        assert!(office.hears(wan, line, &bytes).sent.is_empty());
    }
    assert!(office.exchange.device(office.now, SNOM).is_none());
    let unicast = office.hears(arrival(Neighbour::Unknown), Line::Sip, &bytes);
    assert_eq!(unicast.sent.len(), 2, "asked directly, from the office");
}
