//! The policy against a table that was written by hand, row by row; each row is then walked through
//! the real doors, with real packets.

mod support;

use exchange::command::{Command, Rule};
use exchange::names::{InterfaceNo, Side, Text};
use exchange::note::Shown;
use exchange::policy::{
    admit, Act, Asked, Ban, Door, Key, Mark, Profile, Standing, Switch, Verdict,
};
use exchange::{Arrival, Revealed, Way};
use phones::builders::discover;
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddrV4};
use support::sip::{account, Account, Wish};
use support::{address, boards, from_neighbour, own_file, Office, PHONE};
use wire::Mac;

/// Written from the product's rules, not from the code.
const TEXT: &str = include_str!("../../../tests/golden/policy.txt");

/// The words of a row: what is asked, and what is said to create, fetch and register.
type Row = [&'static str; 10];

fn rows() -> Vec<Row> {
    let lines = TEXT.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let words = lines.map(|line| line.split_whitespace().collect::<Vec<_>>());
    words
        .map(|row| row.try_into().unwrap_or_else(|row| panic!("ten words a row: {row:?}")))
        .collect()
}

/// One of two, by its word.
fn either<T>(word: &str, one: (&str, T), other: (&str, T)) -> T {
    match word {
        word if word == one.0 => one.1,
        word if word == other.0 => other.1,
        word => panic!("{word} is neither {} nor {}", one.0, other.0),
    }
}

fn side(word: &str) -> Side {
    either(word, ("lan", Side::Lan), ("wan", Side::Wan))
}

fn asked([ban, at, mark, standing, switch, gate, key, ..]: Row) -> Asked {
    let open = switch == "open" || gate == "open";
    assert!(["open", "closed"].contains(&switch) && ["open", "shut"].contains(&gate));
    Asked {
        ban: either(ban, ("banned", Ban::Banned), ("free", Ban::Free)),
        side: side(at),
        mark: either(mark, ("remote", Mark::Remote), ("lan-only", Mark::LanOnly)),
        standing: either(standing, ("known", Standing::Known), ("stranger", Standing::Stranger)),
        door: if open { Door::Open } else { Door::Closed },
        key: either(key, ("right", Key::Right), ("wrong", Key::Wrong)),
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "allow",
        Verdict::Already => "already",
        Verdict::Banned => "banned",
        Verdict::NotRemote => "not-remote",
        Verdict::Closed => "closed",
        Verdict::WrongKey => "wrong-key",
        Verdict::Unknown => "unknown",
    }
}

#[test]
fn the_table_has_every_row_once_and_no_other() {
    let rows = rows();
    let once: BTreeSet<&[&str]> = rows.iter().map(|row| &row[..7]).collect();
    assert_eq!((rows.len(), once.len()), (128, 128), "a row is missing or written twice");
    for place in 0..7 {
        let words: BTreeSet<&str> = rows.iter().map(|row| row[place]).collect();
        assert_eq!(words.len(), 2, "{words:?}");
    }
}

#[test]
fn every_row_is_what_the_policy_says() {
    for row in rows() {
        let said = [Act::Create, Act::Fetch, Act::Register].map(|act| word(admit(asked(row), act)));
        assert_eq!(said, row[7..], "{row:?}");
    }
}

#[test]
fn a_known_handset_is_never_asked_about_the_switches() {
    for row in rows().into_iter().filter(|row| row[3] == "known") {
        let open = Asked { door: Door::Open, key: Key::Right, ..asked(row) };
        let closed = Asked { door: Door::Closed, key: Key::Wrong, ..open };
        for act in [Act::Create, Act::Fetch, Act::Register] {
            assert_eq!(admit(open, act), admit(closed, act), "{row:?}");
        }
    }
}

/// An office in which a row is true, the right key, and the account of the phone if it is known.
fn office(row: Row) -> (Office, String, Option<Account>) {
    let [ban, at, mark, standing, switch, gate, ..] = row;
    let mut office = Office::new(boards::secured);
    let rule = |office: &mut Office, rule| assert!(office.command(Command::Rule(rule)).is_ok());
    rule(&mut office, Rule::DrawKey);
    let shown = office.exchange.show(office.now(), address(200), true, Shown::PnpKey);
    let Revealed::Secret(key) = shown else { panic!("there is no key") };
    let mut account_of = None;
    if standing == "known" {
        let (mac, remote) = (Mac(PHONE), mark == "remote");
        let (extension, name, make) = (None, Text::new(), None);
        rule(&mut office, Rule::Prestage { mac, extension, name, make, remote, sure: false });
        let (_, file) = office.fetch(lan(), &own_file(PHONE));
        account_of = Some(account(&file, 1));
        if remote {
            // To be claimed, as it was before it was seen here.
            let handset = office.handset(PHONE).handset;
            rule(&mut office, Rule::MarkRemote { handset, remote });
        }
    }
    let disabled = switch == "closed";
    rule(&mut office, Rule::SetSwitch { switch: Switch::creates(side(at)), disabled });
    if gate == "open" {
        rule(&mut office, Rule::OpenGate { side: side(at), minutes: 5 });
    }
    if ban == "banned" {
        rule(&mut office, Rule::Ban { mac: Mac(PHONE), banned: true });
    }
    office.drain();
    (office, key, account_of)
}

/// The phone on the LAN, where ARP finds it at an address that is not leased out.
fn lan() -> Arrival {
    from_neighbour(address(200), 5_060, PHONE)
}

fn arrival(row: Row) -> Arrival {
    let from = SocketAddrV4::new(Ipv4Addr::new(198, 51, 100, 7), 5_060);
    match side(row[1]) {
        Side::Lan => lan(),
        Side::Wan => Arrival { side: Side::Wan, interface: InterfaceNo(1), from, ..lan() },
    }
}

#[test]
fn every_row_is_kept_at_the_door_for_files() {
    for row in rows() {
        let (mut office, key, _) = office(row);
        let before = office.knows(PHONE);
        let shown = if row[6] == "right" { key } else { "abcdefghijkmnpqr".to_string() };
        let way = Way { tls: true, credentials: Some(("any", &shown)), certified: None };
        let (answer, file) = office.fetch_by(arrival(row), &own_file(PHONE), "", way);
        let [.., create, fetch, _] = row;
        // On the WAN a handset has to be proven too, here by the key.
        let proven = row[1] == "lan" || row[6] == "right";
        let created = create == "allow";
        let given = created || (fetch == "allow" && proven);
        assert_eq!(answer.starts_with("file"), given, "{row:?}: {answer}");
        assert_eq!(file.windows(6).any(|word| word == b"line 1"), given, "{row:?}");
        assert_eq!(office.knows(PHONE), before || created, "{row:?}");
    }
}

#[test]
fn every_row_is_kept_at_the_door_for_registrations() {
    for row in rows() {
        let (mut office, _, account) = office(row);
        let nobodys = Account { login: "aebagbaf".into(), password: "none".into() };
        let known = account.is_some();
        let account = account.unwrap_or(nobodys);
        let status = office.registers(arrival(row), &account, Wish::default());
        let [.., register] = row;
        assert_eq!(status == 200, register == "allow", "{row:?}: {status}");
        assert!(known || register != "allow");
        // Who may not is told no more than whoever does not exist.
        let silent = register == "banned" && row[1] == "lan";
        assert!(status == 200 || status == if silent { 0 } else { 401 }, "{row:?}: {status}");
    }
}

#[test]
fn every_row_of_the_lan_is_kept_at_the_door_for_addresses() {
    for row in rows().into_iter().filter(|row| row[1] == "lan") {
        let (mut office, _, _) = office(row);
        let heard = office.hears(&discover(PHONE, 1));
        let [.., create, _, _] = row;
        if create == "banned" {
            assert!(heard.sent.is_empty(), "{row:?}: a banned one gets nothing at all");
            continue;
        }
        let reply = heard.reply();
        assert_eq!(reply.kind, "OFFER", "{row:?}");
        // Option 66 is where a Yealink finds its configuration.
        let told = reply.options.iter().any(|(code, _)| *code == 66);
        assert_eq!(told, create != "closed", "{row:?}");
    }
}

#[test]
fn closing_the_switch_or_all_of_them_closes_the_gate_too() {
    let second = [0, 0x15, 0x65, 0, 0, 2];
    let beside = from_neighbour(address(201), 5_060, second);
    let closed = Rule::SetSwitch { switch: Switch::LanCreates, disabled: true };
    for closing in [closed, Rule::SetProfile(Profile::Locked)] {
        let mut office = Office::new(boards::secured);
        office.command(Command::Rule(Rule::OpenGate { side: Side::Lan, minutes: 2 })).unwrap();
        office.command(Command::Rule(closing)).unwrap();
        assert_eq!(office.fetch(beside, &own_file(second)).0, "forbidden");
    }
}

#[test]
fn a_gate_closes_itself_and_a_restart_closes_it() {
    let mut office = Office::new(boards::secured);
    let closed = Rule::SetSwitch { switch: Switch::LanCreates, disabled: true };
    office.command(Command::Rule(closed)).unwrap();
    let open = || Command::Rule(Rule::OpenGate { side: Side::Lan, minutes: 2 });
    office.command(open()).unwrap();
    office.wait_ms(2 * 60_000 - 1);
    assert!(office.fetch(lan(), &own_file(PHONE)).0.starts_with("file"), "the last moment");
    let second = [0, 0x15, 0x65, 0, 0, 2];
    let beside = from_neighbour(address(201), 5_060, second);
    office.command(open()).unwrap();
    office.wait_ms(2 * 60_000);
    assert_eq!(office.fetch(beside, &own_file(second)).0, "forbidden");
    office.command(open()).unwrap();
    office.restart();
    assert_eq!(office.fetch(beside, &own_file(second)).0, "forbidden");
    assert!(office.fetch(lan(), &own_file(PHONE)).0.starts_with("file"), "it is known");
}
