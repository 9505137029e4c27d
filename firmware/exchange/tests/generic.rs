//! Handsets without a hardware address: an app, a door phone, a fax adapter. They register like
//! every other line, and nobody on the network can be taken for one.

#![allow(clippy::unwrap_used, reason = "a test stops where it is wrong")]

mod support;

use exchange::command::{By, Command, Errand, GenericWish, Refusal, Rule, RuleFlaw, SeatFlaw};
use exchange::command::{SeatWish, Selection};
use exchange::names::{text, Extension, HandsetNo, InterfaceNo, Side};
use exchange::note::{Note, RuleNote, Shown};
use exchange::state::Event;
use exchange::{is_made_up, Account, Arrival, Neighbour, Revealed, Way};
use phones::builders::discover;
use std::net::{Ipv4Addr, SocketAddrV4};
use support::sip::{subscribe, Account as Login, Wish};
use support::{address, boards, from, from_neighbour, own_file, Office, PHONE};
use wire::Mac;

fn wan() -> Arrival {
    let from = SocketAddrV4::new(Ipv4Addr::new(198, 51, 100, 7), 40_000);
    let neighbour = Neighbour::Unknown;
    Arrival { side: Side::Wan, interface: InterfaceNo(1), from, neighbour }
}

fn mobile() -> Arrival {
    from(address(77), 5_060)
}

fn add(remote: bool, extension: &str) -> Command {
    let extension = Extension::parse(extension);
    let (what, name) = (text("Mobile"), text(""));
    Command::Generic(GenericWish::Add { what, extension, name, remote })
}

/// What the admin is shown who has just had a password drawn.
fn shown(office: &mut Office) -> Option<Account> {
    let now = office.now();
    let account = office.exchange.account_made(now, address(200));
    office.drain();
    account
}

/// An account that was added, and what is typed into it.
fn added(office: &mut Office, remote: bool, extension: &str) -> (Mac, Login) {
    office.command(add(remote, extension)).unwrap();
    let account = shown(office).unwrap();
    let setup = office.exchange.setup_view(office.now(), account.mac).unwrap();
    (account.mac, Login { login: setup.login, password: account.password })
}

fn handset(office: &Office, mac: Mac) -> HandsetNo {
    office.handset(mac.0).handset
}

fn is_registered(office: &Office, mac: Mac) -> bool {
    office.handset(mac.0).lines.iter().any(|line| line.registered_until.is_some())
}

#[test]
fn it_registers_with_what_was_shown_once_and_after_a_restart_too() {
    let mut office = Office::new(boards::plain);
    let (mac, login) = added(&mut office, false, "204");
    assert!(is_made_up(mac) && !mac.is_device(), "nothing is ever sent from {mac}");
    assert!(shown(&mut office).is_none(), "it is shown once");
    assert_eq!(office.registers(mobile(), &login, Wish::default()), 200);
    assert!(is_registered(&office, mac));
    let row = office.handset(mac.0);
    assert_eq!((row.maker, row.model.as_str()), ("Generic SIP", "Mobile"));
    assert_eq!(row.lines[0].extension, Extension::parse("204"));
    let wrong = Login { password: "a".repeat(24), ..login.clone() };
    assert_eq!(office.registers(mobile(), &wrong, Wish::default()), 401);
    office.restart();
    assert!(!is_registered(&office, mac));
    assert_eq!(office.registers(mobile(), &login, Wish::default()), 200);
    // What it says of itself changes nothing of what the admin said it is.
    let agent = Wish { user_agent: "Yealink SIP-T46U 108.86.0.20", ..Wish::default() };
    assert_eq!(office.registers(mobile(), &login, agent), 200);
    assert_eq!(office.handset(mac.0).model.as_str(), "Mobile");
}

#[test]
fn from_the_wan_it_registers_only_where_it_is_marked() {
    let mut office = Office::new(boards::plain);
    let (mac, login) = added(&mut office, false, "");
    assert_eq!(office.registers(wan(), &login, Wish::default()), 401);
    assert!(!is_registered(&office, mac));
    let handset = handset(&office, mac);
    let mark = |remote| Command::Rule(Rule::MarkRemote { handset, remote });
    office.command(mark(true)).unwrap();
    assert_eq!(office.registers(wan(), &login, Wish::default()), 200);
    office.command(mark(false)).unwrap();
    assert!(!is_registered(&office, mac));
    let (_, other) = added(&mut office, true, "");
    assert_eq!(office.registers(wan(), &other, Wish::default()), 200);
    // A board without such a port has no remote handsets.
    let mut office = Office::new(|| {
        let mut board = boards::plain();
        board.interfaces.truncate(1);
        board
    });
    let refused = office.command(add(true, ""));
    assert_eq!(refused, Err(Refusal::Rule(RuleFlaw::NoWan)));
    assert!(office.facts.is_empty());
}

#[test]
fn nobody_on_the_network_is_taken_for_it() {
    let mut office = Office::new(boards::secured);
    office.command(Command::Rule(Rule::DrawKey)).unwrap();
    let now = office.now();
    let key = office.exchange.show(now, address(200), true, Shown::PnpKey);
    let Revealed::Secret(key) = key else { panic!("there is no key") };
    let open = Rule::SetSwitch { switch: exchange::policy::Switch::WanCreates, disabled: false };
    office.command(Command::Rule(open)).unwrap();
    let (mac, login) = added(&mut office, true, "");
    let own = own_file(mac.0);
    let names = [own.clone(), format!("prov/{own}"), format!("cfg{}.xml", mac.bare())];
    let from_arp = from_neighbour(address(78), 5_060, mac.0);
    for name in &names {
        // ARP is told whatever somebody likes.
        assert_eq!(office.fetch(from_arp, name).0, "forbidden", "{name}");
        for certified in [None, Some(mac)] {
            let way = Way { tls: true, credentials: Some(("", &key)), certified };
            let (answer, bytes) = office.fetch_by(wan(), name, "", way);
            assert!(!answer.starts_with("file") && bytes.is_empty(), "{name}: {answer}");
        }
    }
    // Nor by its token, which nobody is told.
    let durable = office.exchange.durable();
    let tokens = durable.facts().filter_map(|fact| {
        let Event::RemoteMarked { mark: Some(mark), .. } = fact else { return None };
        Some(mark.token.text())
    });
    let tokens: Vec<String> = tokens.collect();
    assert_eq!(tokens.len(), 1);
    for token in tokens {
        let way = Way { tls: true, credentials: Some(("", &token)), certified: None };
        assert_eq!(office.fetch_by(wan(), &names[0], "", way).0, "unauthorized");
    }
    assert!(office.hears(&discover(mac.0, 1)).sent.is_empty(), "no address");
    let multicast = exchange::Line::SipMulticast;
    let heard = office.datagram(from_arp, multicast, subscribe(from_arp, mac.0).as_bytes());
    assert!(heard.sent.is_empty(), "no Plug-and-Play");
    let story = office.exchange.device(office.now(), mac).unwrap().story;
    assert!(story.is_empty(), "{story:?}");
    assert_eq!(office.registers(wan(), &login, Wish::default()), 200, "it is as good as before");
}

#[test]
fn a_password_that_is_drawn_anew_ends_the_one_before() {
    let mut office = Office::new(boards::plain);
    let (mac, login) = added(&mut office, false, "");
    assert_eq!(office.registers(mobile(), &login, Wish::default()), 200);
    let handset = handset(&office, mac);
    office.command(Command::Generic(GenericWish::Draw { handset })).unwrap();
    assert!(!is_registered(&office, mac), "the registration ends");
    let drawn = shown(&mut office).unwrap();
    assert!(drawn.mac == mac && drawn.password != login.password);
    assert_eq!(office.registers(mobile(), &login, Wish::default()), 401);
    let new = Login { password: drawn.password, ..login };
    assert_eq!(office.registers(mobile(), &new, Wish::default()), 200);
    let noted = RuleNote::SecretShown(address(200), Shown::Account(mac));
    assert_eq!(office.count(Note::Rule(noted)), 2);
    let said: Vec<String> =
        office.exchange.view(office.now()).notes.iter().map(|(_, note)| note.to_string()).collect();
    assert!(said.iter().all(|note| !note.contains(&new.password)), "{said:?}");
    // A phone gets its passwords with its file, and they are shown to nobody.
    office.boots(PHONE);
    office.fetch(from(address(10), 1), &own_file(PHONE));
    let handset = office.handset(PHONE).handset;
    let refused = office.command(Command::Generic(GenericWish::Draw { handset }));
    assert_eq!(refused, Err(Refusal::Rule(RuleFlaw::HasFiles)));
    assert!(shown(&mut office).is_none());
}

#[test]
fn only_whoever_had_a_password_drawn_is_shown_it() {
    let mut office = Office::new(boards::plain);
    let source = |last| By { side: Side::Lan, source: address(last), seen: None };
    for last in 100..110 {
        office.command_by(&source(last), add(false, "")).unwrap();
    }
    let now = office.now();
    let mut seen = |last| office.exchange.account_made(now, address(last)).map(|it| it.mac);
    assert!(seen(99).is_none());
    // Of many that nobody came for, the latest are kept.
    assert!(seen(100).is_none() && seen(101).is_none());
    let (one, other) = (seen(102), seen(109));
    assert!(one.is_some() && other.is_some() && one != other && seen(109).is_none());
    let nobodys = Command::Generic(GenericWish::Draw { handset: HandsetNo(9_999) });
    let refused = office.command_by(&source(109), nobodys);
    assert_eq!(refused, Err(Refusal::NoSuchHandset));
    assert!(office.exchange.account_made(now, address(109)).is_none());
    // From the WAN nobody adds anything.
    let outside = By { side: Side::Wan, source: address(5), seen: None };
    assert_eq!(office.command_by(&outside, add(true, "")), Err(Refusal::WrongSide));
}

#[test]
fn an_extension_of_a_user_makes_the_line_his() {
    let mut office = Office::new(boards::plain);
    let user = SeatWish::AddUser { name: text("Zoë"), extension: Extension::parse("204") };
    office.command(Command::Seat(user)).unwrap();
    let (mac, _) = added(&mut office, false, "204");
    let (second, _) = added(&mut office, false, "204");
    for mac in [mac, second] {
        let line = office.handset(mac.0).lines.remove(0);
        assert!(line.owner.is_some() && line.name == "Zoë", "a user may have many lines");
    }
    let extension = Extension::parse("204").unwrap();
    let other = GenericWish::Add {
        what: text(""),
        extension: Some(extension),
        name: text("Ann"),
        remote: false,
    };
    let refused = office.command(Command::Generic(other));
    assert_eq!(refused, Err(Refusal::Seat(SeatFlaw::ExtensionOfUser(extension))));
    added(&mut office, false, "205");
    let taken = Extension::parse("205").unwrap();
    assert_eq!(office.command(add(false, "205")), Err(Refusal::ExtensionTaken(taken)));
}

#[test]
fn what_is_done_with_files_and_hardware_addresses_is_not_done_with_it() {
    let mut office = Office::new(boards::plain);
    let (mac, login) = added(&mut office, false, "204");
    let handset = handset(&office, mac);
    office.boots(PHONE);
    office.fetch(from(address(10), 1), &own_file(PHONE));
    let phone = office.handset(PHONE).handset;
    for (old, new) in [(handset, phone), (phone, handset)] {
        let refused = office.command(Command::Seat(SeatWish::Replace { old, new }));
        assert_eq!(refused, Err(SeatFlaw::NotCompatible.into()));
    }
    let people = office.device(PHONE).people;
    assert!(people.replaceable.is_empty(), "{:?}", people.replaceable);
    assert_eq!(office.registers(mobile(), &login, Wish::default()), 200);
    let one = |errand| Command::Resync { whom: Selection::One(handset), errand, when: None };
    assert_eq!(office.command(one(Errand::Resync)), Err(Refusal::NoSuchHandset));
    assert_eq!(office.command(one(Errand::Restart)), Err(Refusal::NoSuchHandset));
    let ban = Rule::DeleteAndBan { handset };
    assert_eq!(office.command(Command::Rule(ban)), Err(Refusal::Rule(RuleFlaw::NoMac)));
    let ban = Rule::Ban { mac, banned: true };
    assert_eq!(office.command(Command::Rule(ban)), Err(Refusal::MacUnusable));
    assert_eq!(office.command(Command::AddLine { handset }), Err(Refusal::LinesFull));
    assert_eq!(office.command(Command::Ring { handset }).map(|_| ()), Ok(()));
    office.command(Command::DeleteHandset { handset }).unwrap();
    assert!(!office.knows(mac.0) && office.exchange.device(office.now(), mac).is_none());
    assert_eq!(office.registers(mobile(), &login, Wish::default()), 401);
}

#[test]
fn what_is_typed_into_it_is_the_box_as_it_is_reached_from_there() {
    let mut office = Office::new(boards::secured);
    let (lan, _) = added(&mut office, false, "");
    let (remote, _) = added(&mut office, true, "");
    let hosts = |office: &Office, mac| {
        let view = office.exchange.setup_view(office.now(), mac).unwrap();
        (view.lan, view.wan)
    };
    let own = Some("10.1.0.1".to_string());
    assert_eq!(hosts(&office, lan), (own.clone(), None));
    assert_eq!(hosts(&office, remote), (own.clone(), Some("203.0.113.1".into())));
    let reach = Rule::SetReach { host: "Phones.Example.COM ".into() };
    office.command(Command::Rule(reach)).unwrap();
    assert_eq!(hosts(&office, lan), (own.clone(), None));
    assert_eq!(hosts(&office, remote), (own, Some("phones.example.com".into())));
    assert!(office.exchange.setup_view(office.now(), Mac(PHONE)).is_none());
}
