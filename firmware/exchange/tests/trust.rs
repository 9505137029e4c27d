//! How a phone that is used from the WAN comes to trust the box: its file names the authority, and
//! what it names is answered.

mod support;

use exchange::catalog::{Catalog, Family};
use exchange::certificates::Kept;
use exchange::command::{Command, Rule};
use exchange::layer::Layer;
use exchange::names::{InterfaceNo, Side};
use exchange::settings::Setting;
use exchange::{Arrival, Neighbour, PrivateKey, Way};
use std::net::{Ipv4Addr, SocketAddrV4};
use support::{address, boards, files, from, own_file, unhex, Office, PHONE};

const CA: &str = include_str!("../../../tests/golden/packets/x509/ca.hex");
const TYPE: &str = "file application/x-x509-ca-cert";

fn lan() -> Arrival {
    from(address(10), 1)
}

fn wan() -> Arrival {
    let from = SocketAddrV4::new(Ipv4Addr::new(198, 51, 100, 7), 40_000);
    Arrival { side: Side::Wan, interface: InterfaceNo(1), from, neighbour: Neighbour::Unknown }
}

/// An office with a handset that may be used from the WAN, and an authority or none.
fn office(authority: bool) -> Office {
    let mut office = Office::new(boards::secured);
    if authority {
        office.exchange.authority_made(Kept { chain: unhex(CA), key: PrivateKey(vec![1]) });
        office.drain();
    }
    office.boots(PHONE);
    office.fetch(lan(), &own_file(PHONE));
    let handset = office.handset(PHONE).handset;
    assert!(office.command(Command::Rule(Rule::MarkRemote { handset, remote: true })).is_ok());
    office
}

fn value(file: &[u8], word: &str) -> String {
    files::value(file, word).unwrap_or_default().to_string()
}

/// Without the host: what a phone asks for.
fn path(url: &str) -> String {
    let (_, rest) = url.split_once("://").unwrap_or_default();
    rest.split_once('/').unwrap_or_default().1.to_string()
}

/// The bytes of base64 digits (RFC 4648), read by the table and not as they were written.
fn decoded(digits: &str) -> Vec<u8> {
    let of = |digit: u8| match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        other => panic!("{other} is no digit"),
    };
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for digit in digits.bytes().filter(|digit| *digit != b'=') {
        (bits, count) = (bits << 6 | u32::from(of(digit)), count + 6);
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}

#[test]
fn the_file_of_a_remote_phone_names_the_authority_and_what_it_names_is_answered() {
    let mut office = office(true);
    let (_, file) = office.fetch(lan(), &own_file(PHONE));
    let url = value(&file, "authority");
    assert_eq!(url, "http://10.1.0.1/prov/dialtone-ca.crt", "it cannot trust the box yet");
    assert!(value(&file, "url").starts_with("https://203.0.113.1/prov/"));
    let (answer, pem) = office.fetch(lan(), &path(&url));
    assert_eq!(answer, TYPE);
    let pem = String::from_utf8(pem).unwrap();
    let mut lines = pem.lines();
    assert_eq!(lines.next(), Some("-----BEGIN CERTIFICATE-----"));
    assert_eq!(lines.next_back(), Some("-----END CERTIFICATE-----"));
    let digits: String = lines.clone().collect();
    assert!(pem.ends_with('\n') && lines.all(|line| line.len() <= 64));
    assert_eq!(decoded(&digits), unhex(CA));
    assert_eq!(value(&file, "pem"), digits);
    let (answer, der) = office.fetch(lan(), &path(&value(&file, "der")));
    assert_eq!((answer.as_str(), der), (TYPE, unhex(CA)));
    // A name without the box's folder is the same one, as phones ask by TFTP.
    assert_eq!(office.fetch(lan(), "dialtone-ca.crt").0, TYPE);
}

#[test]
fn from_the_wan_the_authority_is_for_whoever_has_proven_something() {
    let mut office = office(true);
    let (_, staged) = office.fetch(lan(), &own_file(PHONE));
    let folder = path(&value(&staged, "url"));
    let mut over_tls =
        |name: &str| office.fetch_by(wan(), name, "", Way { tls: true, ..Way::default() });
    let (_, file) = over_tls(&format!("{folder}{}", own_file(PHONE)));
    let url = value(&file, "authority");
    assert_eq!(url, format!("https://203.0.113.1/{folder}dialtone-ca.crt"));
    assert_eq!(over_tls(&path(&url)).0, TYPE);
    assert_eq!(over_tls("prov/dialtone-ca.crt").0, "unauthorized");
    assert_eq!(over_tls("prov/no-such-file.crt").0, "unauthorized");
    let clear = office.fetch_by(wan(), &path(&url), "", Way::default()).0;
    assert_eq!(clear, "forbidden", "the WAN is answered over TLS only");
}

#[test]
fn a_phone_of_the_lan_is_told_of_it_where_it_registers_by_tls() {
    let mut office = Office::new(boards::secured);
    office.exchange.authority_made(Kept { chain: unhex(CA), key: PrivateKey(vec![1]) });
    office.drain();
    office.boots(PHONE);
    let (_, file) = office.fetch(lan(), &own_file(PHONE));
    assert_eq!((value(&file, "authority").as_str(), value(&file, "pem").as_str()), ("", ""));
    let value_of = Some("tls".to_string());
    let setting = Setting::Transport;
    let change = Command::ChangeSetting { layer: Layer::Site, setting, value: value_of };
    assert!(office.command(change).is_ok());
    let (_, file) = office.fetch(lan(), &own_file(PHONE));
    assert_eq!(value(&file, "authority"), "http://10.1.0.1/prov/dialtone-ca.crt");
}

#[test]
fn without_an_authority_nothing_is_named_and_nothing_found() {
    let mut office = office(false);
    let (_, file) = office.fetch(lan(), &own_file(PHONE));
    assert_eq!(files::value(&file, "authority"), None);
    assert_eq!(office.fetch(lan(), "prov/dialtone-ca.crt").0, "not found");
}

#[test]
fn a_remote_phone_whose_model_trusts_the_box_registers_by_tls() {
    let mut office = office(true);
    let registers = |office: &mut Office| {
        let (_, file) = office.fetch(lan(), &own_file(PHONE));
        value(&file, "registers")
    };
    assert_eq!(registers(&mut office), "udp 5060", "its model is not known yet");
    let agent = "Yealink SIP-T46U 108.86.0.20 00:15:65:00:00:01";
    office.fetch_as(lan(), &own_file(PHONE), agent);
    assert_eq!(registers(&mut office), "tls 5061");
    let catalog = Catalog::new();
    let trusts = |family, model| catalog.trusts(family, model);
    for (family, model) in [
        (Family::Yealink, "T46U"),
        (Family::Snom, "D785"),
        (Family::Polycom, "VVX411"),
        (Family::Grandstream, "GXP2170"),
        (Family::AastraMitel, "6865i"),
        (Family::Fanvil, "X4U"),
    ] {
        assert!(trusts(family, model), "{family:?} {model}");
    }
    for (family, model) in [
        (Family::Yealink, "T28P"),
        (Family::Yealink, ""),
        (Family::Snom, "360"),
        (Family::Polycom, "SPIP550"),
        (Family::Grandstream, "GXP2000"),
        (Family::AastraMitel, "6731i"),
        (Family::CiscoSpa, "SPA504G"),
        (Family::CiscoEnterprise, "7961G"),
        (Family::Generic, "T46U"),
    ] {
        assert!(!trusts(family, model), "{family:?} {model}");
    }
}
