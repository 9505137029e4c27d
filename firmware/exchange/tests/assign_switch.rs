//! The switch "Disable Assign User at Phone" closes both ways in which somebody at a phone says
//! whose it is: the menu on its screen, and the code that is dialled. It does so at once, for
//! handsets that were there before and for new ones, and says so to whoever tries.

#![allow(clippy::unwrap_used, reason = "a test stops where it is wrong")]

mod support;

use exchange::command::{Command, Refusal, Rule, SeatFlaw, SeatWish};
use exchange::names::{text, Extension, LineNo, UserNo};
use exchange::policy::Switch;
use exchange::seat::{Seat, CLAIM_PREFIX};
use exchange::{Arrival, Line};
use phones::browser::{Browser, Page};
use phones::builders::{authorization, AuthorizationDraft};
use phones::Algorithm;
use support::sip::{account, Account, Wish};
use support::{boards, from, own_file, Office, PHONE, PHONE_2};

/// What is typed at a phone; nobody's PIN and code.
const SCREENS: [&str; 8] =
    ["start", "menu", "take/1", "pin/1?value=123456", "later", "web", "new", "replace"];

struct Desk {
    mac: [u8; 6],
    at: Arrival,
    account: Account,
}

/// A phone that was plugged in, has its file and is registered.
fn desk(office: &mut Office, mac: [u8; 6]) -> Desk {
    let at = from(office.boots(mac), 5_060);
    let (answer, file) = office.fetch(at, &own_file(mac));
    assert!(answer.starts_with("file"), "{answer}");
    let account = account(&file, 1);
    assert_eq!(office.registers(at, &account, Wish::default()), 200);
    Desk { mac, at, account }
}

fn disable(office: &mut Office, disabled: bool) {
    let rule = Rule::SetSwitch { switch: Switch::AssignAtPhone, disabled };
    office.command(Command::Rule(rule)).unwrap();
}

fn user(office: &mut Office) -> UserNo {
    let wish = SeatWish::AddUser { name: text("Anna"), extension: Extension::parse("201") };
    office.command(Command::Seat(wish)).unwrap();
    office.exchange.users_view(office.now()).users[0].user
}

/// A code for the user, without what is dialled before it.
fn code(office: &mut Office, user: UserNo) -> Result<String, Refusal> {
    office.command(Command::Seat(SeatWish::MakeCode { user }))?;
    let codes = office.exchange.users_view(office.now()).codes;
    Ok(codes[0].dialled.clone())
}

/// Opens a screen: its title, and whether anything came of it.
fn opens(office: &mut Office, desk: &Desk, name: &str) -> (String, usize) {
    office.wait_ms(300);
    let before = office.facts.len();
    let (answer, bytes) = office.fetch(desk.at, &format!("prov/screen/{name}"));
    let kind = answer.strip_prefix("file ");
    let page = kind.map(|kind| Browser::Yealink.read(kind, &bytes).unwrap());
    let title = page.as_ref().map_or(answer.clone(), |page: &Page| page.title().to_owned());
    (title, office.facts.len() - before)
}

/// Dials a code with the password of the phone's own line; the first line of what it hears.
fn dials(office: &mut Office, desk: &Desk, number: &str) -> String {
    let login = &desk.account.login;
    let mut said = String::new();
    let mut header = String::new();
    for cseq in 1..3 {
        office.now_ms += 500;
        let (from, now) = (desk.at.from, office.now_ms);
        let invite = format!(
            "INVITE sip:{number}@10.1.0.1 SIP/2.0\r\n\
             Via: SIP/2.0/UDP {from};branch=z9hG4bKd{now};rport\r\n\
             From: <sip:{login}@10.1.0.1>;tag=d\r\nTo: <sip:{number}@10.1.0.1>\r\n\
             Call-ID: dial-{from}-{number}-{cseq}\r\nCSeq: {cseq} INVITE\r\n\
             Contact: <sip:{login}@{from}>\r\nMax-Forwards: 70\r\n{header}Content-Length: 0\r\n\r\n"
        );
        let heard = office.datagram(desk.at, Line::Sip, invite.as_bytes());
        let first = heard.sent.first().map(|(departure, _)| departure.bytes.clone());
        said = String::from_utf8(first.unwrap_or_default()).unwrap();
        let Some((_, rest)) = said.split_once("nonce=\"") else { break };
        let nonce = rest.split('"').next().unwrap_or_default();
        let value = authorization(&AuthorizationDraft {
            algorithm: Algorithm::Md5,
            username: login,
            realm: "dialtone",
            password: &desk.account.password,
            method: "INVITE",
            uri: &format!("sip:{number}@10.1.0.1"),
            nonce,
            opaque: None,
            counted: Some(("c0ffee", 1)),
        });
        header = format!("Authorization: {value}\r\n");
    }
    said.lines().next().unwrap_or_default().to_owned()
}

fn owner(office: &Office, desk: &Desk) -> Option<UserNo> {
    let (_, known) = office.exchange.durable().handset_of(wire::Mac(desk.mac))?;
    known.line(LineNo::FIRST)?.owner
}

#[test]
fn the_menu_and_the_code_are_there_until_the_switch_closes_both() {
    let mut office = Office::new(boards::plain);
    let anna = user(&mut office);
    let before = desk(&mut office, PHONE);
    assert_eq!(opens(&mut office, &before, "menu").0, "Who uses this phone?");
    let dialled = code(&mut office, anna).unwrap();
    assert!(dialled.starts_with(CLAIM_PREFIX), "{dialled}");
    disable(&mut office, true);
    // One that comes only now is taken in, and asks nobody either.
    let after = desk(&mut office, PHONE_2);
    for desk in [&before, &after] {
        for name in SCREENS {
            let (title, facts) = opens(&mut office, desk, name);
            assert!(title != "Who uses this phone?" && facts == 0, "{name}: {title}");
        }
        let said = dials(&mut office, desk, &dialled);
        assert_eq!(said, "SIP/2.0 403 Assigning At Phones Is Disabled");
        let wrong = dials(&mut office, desk, "*44000000");
        assert_eq!(wrong, said, "a wrong one hears the same");
        assert_eq!(owner(&office, desk), None);
        assert_eq!(office.device(desk.mac).people.seat, Seat::New);
    }
    assert_eq!(code(&mut office, anna), Err(SeatFlaw::NotAtPhone.into()));
    assert!(!office.exchange.users_view(office.now()).at_phone);
    // On the web it goes on.
    let (handset, line) = (office.handset(PHONE).handset, LineNo::FIRST);
    let assign = SeatWish::Assign { handset, line, user: anna };
    office.command(Command::Seat(assign)).unwrap();
    assert_eq!(owner(&office, &before), Some(anna));
}

#[test]
fn it_stays_closed_after_a_restart_and_opens_as_it_was() {
    let mut office = Office::new(boards::plain);
    let anna = user(&mut office);
    disable(&mut office, true);
    office.restart();
    let one = desk(&mut office, PHONE);
    assert_ne!(opens(&mut office, &one, "menu").0, "Who uses this phone?");
    assert_eq!(code(&mut office, anna), Err(SeatFlaw::NotAtPhone.into()));
    disable(&mut office, false);
    assert_eq!(opens(&mut office, &one, "menu").0, "Who uses this phone?");
    let dialled = code(&mut office, anna).unwrap();
    let said = dials(&mut office, &one, &dialled);
    assert_eq!(said, "SIP/2.0 480 Assigned, Configuration Follows");
    assert_eq!(owner(&office, &one), Some(anna));
}

#[test]
fn a_handset_that_an_admin_added_shows_no_menu_whatever_the_switch_says() {
    let mut office = Office::new(boards::plain);
    let anna = user(&mut office);
    let (extension, name) = (None, text(""));
    let mac = wire::Mac(PHONE);
    office.command(Command::AddHandset { mac, extension, name }).unwrap();
    let added = desk(&mut office, PHONE);
    for disabled in [false, true] {
        disable(&mut office, disabled);
        let (title, facts) = opens(&mut office, &added, "start");
        assert!(title != "Who uses this phone?" && facts == 0, "{disabled}: {title}");
    }
    disable(&mut office, false);
    // A code is of an admin's making too, and counts there.
    let dialled = code(&mut office, anna).unwrap();
    let said = dials(&mut office, &added, &dialled);
    assert_eq!(said, "SIP/2.0 480 Assigned, Configuration Follows");
}
