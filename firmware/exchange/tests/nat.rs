//! Phones behind the router of another site: by which way they are reached, and what each is given
//! so that several may be behind one address.
#![allow(clippy::expect_used, reason = "what is missing here should fail its test")]

mod sip_support;
mod support;

use exchange::catalog::Family;
use exchange::command::{By, Command, Refusal, Rule};
use exchange::layer::Layer;
use exchange::names::{HandsetNo, Side};
use exchange::settings::{Setting, Transport};
use exchange::view::PortsUsed;
use exchange::{Line, To};
use sip_support::{stream, Outcome, Phone, Sent, SmallOffice, BOX};
use std::net::{Ipv4Addr, SocketAddrV4};
use support::{boards, files, from, own_file, Office, PHONE, PHONE_2};

/// What the router of the site makes of the address of a phone behind it.
fn outside(port: u16) -> SocketAddrV4 {
    SocketAddrV4::new(Ipv4Addr::new(198, 51, 100, 9), port)
}

/// A phone that was enrolled on the LAN and is used at another site by now.
fn away(office: &mut SmallOffice, port: u16) -> Phone {
    let mut phone = office.phone(20);
    office.send_away(&mut phone, outside(port));
    phone
}

/// Registers as a phone does that sees nothing but its own address behind the router.
fn registers(office: &mut SmallOffice, phone: &mut Phone, contact: &str, rport: bool) -> Outcome {
    let nonce = office.challenge(phone);
    let contact = format!("<sip:{}@{contact}>", phone.login());
    let asks = if rport { ";rport" } else { "" };
    let branch = format!("z9hG4bK{}x{}", phone.mac.bare(), phone.cseq);
    let own = format!("10.0.0.5:5061;branch={branch}{asks}");
    let text = phone.answers(&nonce, &[&contact]);
    let via = text.lines().find_map(|line| line.strip_prefix("Via: SIP/2.0/")).expect("a Via");
    let (_, sent_by) = via.split_once(' ').expect("a sender");
    let text = text.replace(sent_by, &own);
    let outcome = office.hears(phone.arrival(), phone.line, text.as_bytes());
    assert_eq!(outcome.answer().code(), 200, "{text}");
    outcome
}

fn rung(office: &mut SmallOffice, phone: &Phone) -> Result<Sent, Refusal> {
    let handset = office.handset(phone);
    let by = By { side: Side::Lan, source: BOX, seen: None };
    let done = office.exchange.command(office.now, &by, Command::Ring { handset });
    let outcome = office.drain();
    done.map(|_| outcome.answer().clone())
}

#[test]
fn a_phone_behind_a_nat_is_rung_by_the_way_that_its_registration_came() {
    for contact in ["10.0.0.5:5061", "198.51.100.9:5061", "phone.example", "203.0.113.77"] {
        let mut office = SmallOffice::default();
        let mut phone = away(&mut office, 40_000);
        let answer = registers(&mut office, &mut phone, contact, true);
        assert_eq!(answer.answer().to, To::Address(outside(40_000)));
        assert!(answer.answer().header("Via").contains(";rport=40000"));
        let invite = rung(&mut office, &phone).expect("it rings");
        assert_eq!(invite.to, To::Address(outside(40_000)), "{contact}");
        let asked = format!("INVITE sip:{}@{contact} SIP/2.0\r\n", phone.login());
        assert!(invite.text.starts_with(&asked), "{}", invite.text);
    }
}

#[test]
fn a_phone_that_does_not_hear_where_it_speaks_is_rung_at_the_port_that_is_forwarded() {
    let mut office = SmallOffice::default();
    let mut phone = away(&mut office, 40_000);
    let answer = registers(&mut office, &mut phone, "10.0.0.5:5061", false);
    assert_eq!(answer.answer().to, To::Address(outside(5_061)));
    assert_eq!(rung(&mut office, &phone).expect("it rings").to, To::Address(outside(5_061)));
}

#[test]
fn a_router_that_draws_another_port_moves_the_way_and_adds_none() {
    let mut office = SmallOffice::default();
    let mut phone = away(&mut office, 40_000);
    registers(&mut office, &mut phone, "10.0.0.5:5061", true);
    phone.address = outside(41_234);
    let moved = registers(&mut office, &mut phone, "10.0.0.5:5061", true);
    assert_eq!(moved.answer().all("Contact").len(), 1);
    assert_eq!(rung(&mut office, &phone).expect("it rings").to, To::Address(outside(41_234)));
}

#[test]
fn two_phones_behind_one_address_are_told_apart_by_its_ports() {
    let mut office = SmallOffice::default();
    let mut one = away(&mut office, 40_000);
    let mut other = office.phone(21);
    office.send_away(&mut other, outside(40_001));
    registers(&mut office, &mut one, "10.0.0.5:5060", true);
    registers(&mut office, &mut other, "10.0.0.5:5060", true);
    assert_eq!(rung(&mut office, &one).expect("it rings").to, To::Address(outside(40_000)));
    assert_eq!(rung(&mut office, &other).expect("it rings").to, To::Address(outside(40_001)));
}

#[test]
fn a_phone_that_keeps_a_connection_is_rung_by_it_while_it_is_open() {
    let mut office = SmallOffice::default();
    let mut phone = away(&mut office, 40_000);
    phone.line = stream(7);
    registers(&mut office, &mut phone, "10.0.0.5:5061;transport=tcp", true);
    let invite = rung(&mut office, &phone).expect("it rings");
    assert_eq!((invite.line, invite.to), (stream(7), To::Peer));
    office.exchange.closed(office.now, exchange::StreamNo(7));
    office.drain();
    office.wait(60_000);
    assert!(rung(&mut office, &phone).is_err(), "there is no way to it any more");
}

#[test]
fn what_keeps_a_way_open_is_answered_and_never_held_against_anybody() {
    let mut office = SmallOffice::default();
    let mut phone = away(&mut office, 40_000);
    registers(&mut office, &mut phone, "10.0.0.5:5061", true);
    for keeps in [&b"\r\n\r\n"[..], b"\r\n", b"\0\0\0\0", b"\0"] {
        let outcome = office.hears(phone.arrival(), Line::Sip, keeps);
        assert!(outcome.sent.is_empty() && outcome.notes.is_empty(), "{keeps:?}");
    }
    let mut binding = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    binding.extend(*b"twelve bytes");
    let outcome = office.hears(phone.arrival(), Line::Sip, &binding);
    assert_eq!(outcome.answer().to, To::Address(outside(40_000)));
    let ping = office.hears(phone.arrival(), stream(8), b"\r\n\r\n");
    assert_eq!((ping.answer().text.as_str(), ping.answer().line), ("\r\n", stream(8)));
    assert!(office.is_registered(&phone));
}

fn marked(office: &mut Office, mac: [u8; 6]) -> HandsetNo {
    office.boots(mac);
    let last = if mac == PHONE { 10 } else { 11 };
    office.fetch(from(support::address(last), 1), &own_file(mac));
    let handset = office.handset(mac).handset;
    assert!(office.command(Command::Rule(Rule::MarkRemote { handset, remote: true })).is_ok());
    handset
}

fn set(office: &mut Office, layer: Layer, setting: Setting, value: &str) {
    let value = Some(value.to_string());
    assert!(office.command(Command::ChangeSetting { layer, setting, value }).is_ok());
}

/// A few values of a handset's file.
fn told(office: &mut Office, last: u8, mac: [u8; 6]) -> [String; 4] {
    let (_, file) = office.fetch(from(support::address(last), 1), &own_file(mac));
    let value = |word| files::value(&file, word).unwrap_or("-").to_string();
    [value("sip"), value("rtp"), value("keep_alive"), value("registers")]
}

#[test]
fn each_remote_phone_has_ports_of_its_own_and_one_of_the_lan_keeps_its_own() {
    let mut office = Office::new(boards::plain);
    office.boots(PHONE);
    assert_eq!(told(&mut office, 10, PHONE), ["-", "-", "-", "udp 5060"]);
    assert_eq!(office.device(PHONE).ports, None);
    let (one, other) = (marked(&mut office, PHONE), marked(&mut office, PHONE_2));
    let plan = |no: HandsetNo| {
        let first = 16_374 + 10 * no.0;
        [format!("{}", 5_059 + no.0), format!("{first}-{}", first + 9), "25".into()]
    };
    for (last, mac, no) in [(10, PHONE, one), (11, PHONE_2, other)] {
        let told = told(&mut office, last, mac);
        assert_eq!(told[..3], plan(no), "{no:?}");
        assert_eq!(told[3], "udp 5060", "the box speaks no TLS");
    }
    let shown = office.device(PHONE_2).ports.expect("it is remote");
    let first = 16_374 + 10 * other.0;
    let voice = Some((first, Some(first + 9)));
    let (sip, keep_alive_s) = (Some(5_059 + other.0), Some(25));
    assert_eq!(shown, PortsUsed { transport: Transport::Udp, sip, keep_alive_s, voice });
}

#[test]
fn what_is_set_counts_for_a_remote_phone_too() {
    let mut office = Office::new(boards::plain);
    let handset = marked(&mut office, PHONE);
    set(&mut office, Layer::Site, Setting::KeepAlive, "40");
    set(&mut office, Layer::Handset(handset), Setting::RtpPorts, "20000-20019");
    set(&mut office, Layer::Handset(handset), Setting::Transport, "tls");
    let told = told(&mut office, 10, PHONE);
    assert_eq!(told[1..], ["20000-20019", "40", "udp 5060"]);
    let rows = office.device(PHONE).settings;
    let value = |setting| {
        let row = rows.iter().find(|row| row.setting == setting);
        row.and_then(|row| row.value.clone())
    };
    assert_eq!(value(Setting::SipPort), Some(told[0].clone()));
    assert_eq!(value(Setting::RtpPorts).as_deref(), Some("20000-20019"));
}

#[test]
fn a_transport_that_a_maker_cannot_say_is_never_half_said() {
    let mut office = Office::new(boards::secured);
    set(&mut office, Layer::Site, Setting::Transport, "tls");
    office.boots(PHONE);
    assert_eq!(told(&mut office, 10, PHONE)[3], "tls 5061");
    set(&mut office, Layer::Site, Setting::Transport, "tcp");
    assert_eq!(told(&mut office, 10, PHONE)[3], "tcp 5060");
    let catalog = exchange::catalog::Catalog::new();
    assert!(catalog.cannot(Family::CiscoEnterprise, "7961G").contains(&"transport_tls"));
    set(&mut office, Layer::Family(Family::CiscoEnterprise), Setting::Transport, "tls");
    let cisco = "SEP001565000001.cnf.xml";
    let (_, file) = office.fetch(from(support::address(10), 1), cisco);
    assert_eq!(files::value(&file, "registers"), Some("udp 5060"));
}
