//! What the policy leaves to the proof of who asks: files on the WAN, against a table that was
//! written by hand, each row walked through the real door.

#![allow(clippy::unwrap_used, reason = "a test stops where it is wrong")]

mod support;

use exchange::command::{Command, Rule};
use exchange::names::{InterfaceNo, Side, Text};
use exchange::note::Shown;
use exchange::policy::Switch;
use exchange::state::Event;
use exchange::{Arrival, Neighbour, Revealed, Way};
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddrV4};
use support::{address, boards, from_neighbour, own_file, Office, PHONE, PHONE_2};
use wire::Mac;

const TEXT: &str = include_str!("../../../tests/golden/policy-doors.txt");
/// Common to Yealinks of a model, and without a hardware address in its name.
const COMMON: &str = "y000000000000.cfg";
const MADE_UP: &str = "abcdefghijkmnpqrstuvwxyz23";

/// The words of a row.
type Row = [&'static str; 7];

fn rows() -> Vec<Row> {
    let lines = TEXT.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>().try_into().unwrap()).collect()
}

fn rule(office: &mut Office, rule: Rule) {
    assert!(office.command(Command::Rule(rule)).is_ok());
}

fn wan() -> Arrival {
    let from = SocketAddrV4::new(Ipv4Addr::new(198, 51, 100, 7), 40_000);
    let neighbour = Neighbour::Unknown;
    Arrival { side: Side::Wan, interface: InterfaceNo(1), from, neighbour }
}

/// An office in which a row is true, the key, and the token of the phone where it has one.
fn office([_, ban, standing, door, ..]: Row) -> (Office, String, Option<String>) {
    let mut office = Office::new(boards::secured);
    rule(&mut office, Rule::DrawKey);
    let shown = office.exchange.show(office.now(), address(200), true, Shown::PnpKey);
    let Revealed::Secret(key) = shown else { panic!("there is no key") };
    let remote = match standing {
        "stranger" => None,
        "lan-only" => Some(false),
        "awaited" | "claimed" => Some(true),
        word => panic!("{word} is no standing"),
    };
    if let Some(remote) = remote {
        let (extension, name, make) = (None, Text::new(), None);
        let mac = Mac(PHONE);
        rule(&mut office, Rule::Prestage { mac, extension, name, make, remote, sure: false });
    }
    if standing == "claimed" {
        let lan = from_neighbour(address(200), 5_060, PHONE);
        assert!(office.fetch(lan, &own_file(PHONE)).0.starts_with("file"));
    }
    let disabled = door == "closed";
    assert!(disabled || door == "open");
    rule(&mut office, Rule::SetSwitch { switch: Switch::WanCreates, disabled });
    if ban == "banned" {
        rule(&mut office, Rule::Ban { mac: Mac(PHONE), banned: true });
    }
    let token = office.exchange.durable().facts().find_map(|fact| {
        let Event::RemoteMarked { mark: Some(mark), .. } = fact else { return None };
        Some(mark.token.text())
    });
    (office, key, token)
}

/// What somebody is told who asks for a file as the row says.
fn told(row: Row, name: &str) -> (String, bool) {
    let (mut office, key, token) = office(row);
    let [tls, _, _, _, shown, ..] = row;
    let (secret, certified) = match shown {
        "key" => (Some(key), None),
        "token" => (Some(token.unwrap_or_else(|| MADE_UP.to_owned())), None),
        "wrong" => (Some("abcdefghijkmnpqr".to_owned()), None),
        "certificate" => (None, Some(Mac(PHONE))),
        "other-certificate" => (None, Some(Mac(PHONE_2))),
        "nothing" => (None, None),
        word => panic!("{word} is nothing to show"),
    };
    let credentials = secret.as_deref().map(|secret| ("any", secret));
    let way = Way { tls: tls == "yes", credentials, certified };
    let known = office.knows(PHONE);
    let (answer, _) = office.fetch_by(wan(), name, "", way);
    let answer = answer.split(' ').next().unwrap_or_default().to_owned();
    assert!(!office.knows(PHONE_2), "{row:?}");
    (answer, office.knows(PHONE) && !known)
}

#[test]
fn the_table_has_every_row_once_and_no_other() {
    let rows = rows();
    let once: BTreeSet<&[&str]> = rows.iter().map(|row| &row[..5]).collect();
    assert_eq!((rows.len(), once.len()), (192, 192), "a row is missing or written twice");
    for (place, count) in [2, 2, 4, 2, 6].into_iter().enumerate() {
        let words: BTreeSet<&str> = rows.iter().map(|row| row[place]).collect();
        assert_eq!(words.len(), count, "{words:?}");
    }
}

#[test]
fn every_row_is_kept_for_the_file_of_a_phone() {
    for row in rows() {
        let [.., own, _] = row;
        let (answer, created) = told(row, &own_file(PHONE));
        assert_eq!(answer, own, "{row:?}");
        assert_eq!(created, own == "file" && row[2] == "stranger", "{row:?}");
    }
}

#[test]
fn every_row_is_kept_for_what_is_common() {
    for row in rows() {
        let [.., common] = row;
        let (answer, created) = told(row, COMMON);
        assert_eq!(answer, common, "{row:?}");
        assert!(!created, "{row:?}: by its name alone nobody is known");
    }
}
