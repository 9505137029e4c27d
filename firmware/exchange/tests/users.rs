//! Users and who sits where, as an admin and a phone meet them.
#![allow(clippy::expect_used, reason = "what is missing here should fail its test")]

mod sip_support;

use exchange::command::{By, Command, Refusal, SeatFlaw, SeatWish};
use exchange::names::{text, Extension, HandsetNo, LineNo, Side, UserNo};
use exchange::note::Shown;
use exchange::seat::{Seat, CLAIM_PREFIX};
use exchange::state::{Durable, Event};
use exchange::Revealed;
use sip_support::asking::SECOND_MS;
use sip_support::{md5_hex, Outcome, Phone, SmallOffice, BOX, REALM};
use std::net::Ipv4Addr;

fn extension(number: &str) -> Option<Extension> {
    Extension::parse(number)
}

fn wants(office: &mut SmallOffice, wish: SeatWish, seen: Option<u64>) -> Result<Outcome, Refusal> {
    let by = By { side: Side::Lan, source: BOX, seen };
    let done = office.exchange.command(office.now, &by, Command::Seat(wish));
    let outcome = office.drain();
    done.map(|_| outcome)
}

fn user(office: &mut SmallOffice, name: &str, number: &str) -> UserNo {
    let wish = SeatWish::AddUser { name: text(name), extension: extension(number) };
    wants(office, wish, None).expect("a user");
    let users = office.exchange.users_view(office.now).users;
    users.iter().find(|row| row.name == name).expect("the user").user
}

fn assigned(office: &SmallOffice, phone: &Phone) -> (Option<Extension>, String, Option<UserNo>) {
    let (_, known) = office.exchange.durable().handset_of(phone.mac).expect("a handset");
    let line = known.line(LineNo::FIRST).expect("a line");
    (line.extension, line.name.to_string(), line.owner)
}

fn seat(office: &SmallOffice, phone: &Phone) -> Seat {
    office.exchange.device(office.now, phone.mac).expect("a device").people.seat
}

fn restarted(office: &SmallOffice) -> SmallOffice {
    let mut durable = Durable::default();
    let facts: Vec<Event> = office.exchange.durable().facts().collect();
    facts.iter().for_each(|fact| durable.apply(fact));
    SmallOffice::with(durable, 2)
}

/// An INVITE to a number, from a phone's own line.
fn invite(phone: &mut Phone, number: &str, more: &str) -> String {
    phone.cseq += 1;
    phone.branch += 1;
    let (login, address) = (phone.login().to_owned(), phone.address);
    format!(
        "INVITE sip:{number}@{BOX} SIP/2.0\r\n\
         Via: SIP/2.0/UDP {address};branch=z9hG4bKi{}x{};rport\r\n\
         From: <sip:{login}@{BOX}>;tag=i\r\nTo: <sip:{number}@{BOX}>\r\n\
         Call-ID: dial-{}\r\nCSeq: {} INVITE\r\nContact: <sip:{login}@{address}>\r\n\
         Max-Forwards: 70\r\n{more}Content-Length: 0\r\n\r\n",
        phone.mac.bare(),
        phone.branch,
        phone.cseq,
        phone.cseq,
    )
}

/// Dials a number, gives the password when asked, and says what the first line of the answer was.
fn dials(office: &mut SmallOffice, phone: &mut Phone, number: &str) -> (String, Outcome) {
    let first = invite(phone, number, "");
    let asked = office.hears(phone.arrival(), phone.line, first.as_bytes());
    if asked.answer().code() != 401 {
        return (status(&asked), asked);
    }
    let nonce = asked.answer().challenge("nonce");
    let uri = format!("sip:{number}@{BOX}");
    let (login, password) = (phone.login().to_owned(), phone.password().to_owned());
    let ha1 = md5_hex(&format!("{login}:{REALM}:{password}"));
    let ha2 = md5_hex(&format!("INVITE:{uri}"));
    let response = md5_hex(&format!("{ha1}:{nonce}:00000001:0a4f113b:auth:{ha2}"));
    let header = format!(
        "Authorization: Digest username=\"{login}\", realm=\"{REALM}\", nonce=\"{nonce}\", \
         uri=\"{uri}\", response=\"{response}\", algorithm=MD5, qop=auth, nc=00000001, \
         cnonce=\"0a4f113b\"\r\n"
    );
    let second = invite(phone, number, &header);
    let outcome = office.hears(phone.arrival(), phone.line, second.as_bytes());
    (status(&outcome), outcome)
}

fn status(outcome: &Outcome) -> String {
    outcome.sent.first().and_then(|sent| sent.text.lines().next()).unwrap_or("").to_string()
}

fn code(office: &mut SmallOffice, user: UserNo) -> String {
    wants(office, SeatWish::MakeCode { user }, None).expect("a code");
    let codes = office.exchange.users_view(office.now).codes;
    codes.iter().find(|row| row.user == user).expect("the code").dialled.clone()
}

#[test]
fn a_code_that_is_dialled_at_a_phone_assigns_it_and_the_phone_is_asked_to_come() {
    let mut office = SmallOffice::default();
    let mut phone = office.registered(20);
    let zoe = user(&mut office, "Zoë", "204");
    let dialled = code(&mut office, zoe);
    assert!(dialled.starts_with(CLAIM_PREFIX) && dialled.len() == 9, "{dialled}");
    let (said, outcome) = dials(&mut office, &mut phone, &dialled);
    assert_eq!(said, "SIP/2.0 480 Assigned, Configuration Follows");
    assert_eq!(assigned(&office, &phone), (extension("204"), "Zoë".into(), Some(zoe)));
    assert_eq!(seat(&office, &phone), Seat::Assigned);
    // The answer waits for the fact, and then the phone is asked for by NOTIFY.
    assert_eq!(outcome.records.len(), 1);
    assert!(outcome.sent[0].after.0 > 0);
    assert!(outcome.sent[1].text.starts_with("NOTIFY "), "{}", outcome.sent[1].text);
    // The code is used up, and the phone is somebody's.
    let mut other = office.registered(21);
    assert_eq!(dials(&mut office, &mut other, &dialled).0, "SIP/2.0 403 Code Wrong Or Over");
    let again = code(&mut office, zoe);
    let said = dials(&mut office, &mut phone, &again).0;
    assert_eq!(said, "SIP/2.0 403 Phone Is Assigned Already");
    let office = restarted(&office);
    assert_eq!(assigned(&office, &phone), (extension("204"), "Zoë".into(), Some(zoe)));
}

#[test]
fn a_star_may_come_escaped_and_with_what_ended_the_dialling() {
    let mut office = SmallOffice::default();
    for (last, form) in [(20, "%2A44{}"), (21, "%2a44{}%23"), (22, "*44{}")] {
        let mut phone = office.registered(last);
        let zoe = user(&mut office, &format!("user {last}"), "");
        let digits = code(&mut office, zoe).split_off(CLAIM_PREFIX.len());
        let (said, _) = dials(&mut office, &mut phone, &form.replace("{}", &digits));
        assert_eq!(said, "SIP/2.0 480 Assigned, Configuration Follows", "{form}");
    }
}

#[test]
fn without_the_lines_password_or_from_the_wan_no_code_is_looked_at() {
    let mut office = SmallOffice::default();
    let phone = office.registered(20);
    let zoe = user(&mut office, "Zoë", "204");
    let dialled = code(&mut office, zoe);
    let mut liar = phone.clone();
    liar.accounts[0].1 = "guessed".into();
    assert_eq!(dials(&mut office, &mut liar, &dialled).0, "SIP/2.0 401 Unauthorized");
    let mut outside = Phone { accounts: phone.accounts.clone(), ..liar.clone() };
    outside.side = Side::Wan;
    assert_eq!(dials(&mut office, &mut outside, &dialled).0, "SIP/2.0 480 Temporarily Unavailable");
    assert_eq!(assigned(&office, &phone).2, None);
    // Every other number is answered as before, without a question.
    let mut phone = Phone { side: Side::Lan, ..outside.clone() };
    assert_eq!(dials(&mut office, &mut phone, "204").0, "SIP/2.0 480 Temporarily Unavailable");
}

#[test]
fn codes_end_by_themselves_and_by_guessing() {
    let mut office = SmallOffice::default();
    let mut phone = office.registered(20);
    let zoe = user(&mut office, "Zoë", "204");
    let dialled = code(&mut office, zoe);
    office.wait(10 * 60 * SECOND_MS);
    assert!(office.exchange.users_view(office.now).codes.is_empty());
    assert_eq!(dials(&mut office, &mut phone, &dialled).0, "SIP/2.0 403 Code Wrong Or Over");
    // One phone has to wait longer and longer.
    let dialled = code(&mut office, zoe);
    let wrong = if dialled.ends_with("000000") { "*44000001" } else { "*44000000" };
    let mut said = Vec::new();
    for _ in 0..3 {
        said.push(dials(&mut office, &mut phone, wrong).0);
    }
    assert!(said[0].contains("Wrong") && said[2].contains("Too Many Wrong Codes"), "{said:?}");
    // Many phones together end all codes there are.
    for last in 30..50 {
        let mut other = office.registered(last);
        dials(&mut office, &mut other, wrong);
    }
    assert!(office.exchange.users_view(office.now).codes.is_empty());
    let mut another = office.registered(60);
    assert_eq!(dials(&mut office, &mut another, &dialled).0, "SIP/2.0 403 Code Wrong Or Over");
}

#[test]
fn only_so_many_codes_wait_and_one_for_each_user() {
    let mut office = SmallOffice::default();
    let users: Vec<UserNo> =
        (0..9).map(|no| user(&mut office, &format!("user {no}"), "")).collect();
    for _ in 0..2 {
        for user in users.iter().take(8) {
            code(&mut office, *user);
        }
    }
    let full = wants(&mut office, SeatWish::MakeCode { user: users[8] }, None).err();
    assert_eq!(full, Some(Refusal::Seat(SeatFlaw::CodesFull)));
    let codes = office.exchange.users_view(office.now).codes;
    let all: std::collections::BTreeSet<_> = codes.iter().map(|row| &row.dialled).collect();
    assert_eq!((codes.len(), all.len()), (8, 8));
}

#[test]
fn the_lines_of_a_user_follow_him_and_end_with_him() {
    let mut office = SmallOffice::default();
    let (one, two) = (office.registered(20), office.registered(21));
    let zoe = user(&mut office, "Zoë", "204");
    for phone in [&one, &two] {
        let handset = office.handset(phone);
        let wish = SeatWish::Assign { handset, line: LineNo::FIRST, user: zoe };
        let outcome = wants(&mut office, wish, None).expect("assigned");
        assert!(outcome.sent[0].text.starts_with("NOTIFY "));
    }
    let change = |name: &str, number: &str, pin: Option<&str>| SeatWish::ChangeUser {
        user: zoe,
        name: text(name),
        extension: extension(number),
        pin: pin.map(String::from),
    };
    wants(&mut office, change("Zoë Q", "205", None), None).expect("changed");
    for phone in [&one, &two] {
        assert_eq!(assigned(&office, phone), (extension("205"), "Zoë Q".into(), Some(zoe)));
    }
    // One number, one entry of the book.
    let book = office.exchange.book_view().entries;
    assert_eq!(book.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>(), ["Zoë Q"]);
    // The number is his: no line and no other user can have it.
    let three = office.registered(22);
    let handset = office.handset(&three);
    let taken = Refusal::Seat(SeatFlaw::ExtensionOfUser(extension("205").expect("a number")));
    let command = Command::AssignLine {
        handset,
        line: LineNo::FIRST,
        extension: extension("205"),
        name: text(""),
    };
    let by = By { side: Side::Lan, source: BOX, seen: None };
    assert_eq!(office.exchange.command(office.now, &by, command).err(), Some(taken));
    let again = SeatWish::AddUser { name: text("Eve"), extension: extension("205") };
    assert_eq!(wants(&mut office, again, None).err(), Some(taken));
    // Saying a line's name and number anew takes it from him; and with him they all go.
    let command = Command::AssignLine {
        handset: office.handset(&two),
        line: LineNo::FIRST,
        extension: extension("300"),
        name: text("Door"),
    };
    office.command(command);
    wants(&mut office, SeatWish::DeleteUser { user: zoe }, None).expect("deleted");
    assert_eq!(assigned(&office, &one), (None, String::new(), None));
    assert_eq!(assigned(&office, &two), (extension("300"), "Door".into(), None));
    let after = restarted(&office);
    assert_eq!(assigned(&after, &two), (extension("300"), "Door".into(), None));
    assert!(after.exchange.durable().users().is_empty());
}

#[test]
fn two_admins_do_not_overwrite_each_others_users() {
    let mut office = SmallOffice::default();
    let zoe = user(&mut office, "Zoë", "204");
    let seen = Some(office.exchange.users_view(office.now).revision);
    let change = |name: &str| SeatWish::ChangeUser {
        user: zoe,
        name: text(name),
        extension: None,
        pin: None,
    };
    wants(&mut office, change("Ann"), seen).expect("changed");
    let late = wants(&mut office, change("Bea"), seen).err();
    assert_eq!(late, Some(Refusal::Seat(SeatFlaw::ChangedMeanwhile)));
    let none = wants(&mut office, change(" "), None).err();
    assert_eq!(none, Some(Refusal::Seat(SeatFlaw::NoName)));
    let gone = SeatWish::DeleteUser { user: UserNo(77) };
    assert_eq!(wants(&mut office, gone, None).err(), Some(Refusal::Seat(SeatFlaw::NoSuchUser)));
}

/// What an admin is shown whose password was right.
fn shown(office: &mut SmallOffice, what: Shown) -> Option<String> {
    match office.exchange.show(office.now, BOX, true, what) {
        Revealed::Secret(secret) => Some(secret),
        Revealed::Wrong | Revealed::Nothing => None,
    }
}

#[test]
fn a_pin_is_shown_on_purpose_only_and_changed_as_wanted() {
    let mut office = SmallOffice::default();
    let zoe = user(&mut office, "Zoë", "204");
    let pin = |office: &mut SmallOffice| {
        let pin = shown(office, Shown::PinOf(zoe)).expect("a PIN");
        assert_eq!(office.drain().notes.len(), 1, "it is noted");
        pin
    };
    let drawn = pin(&mut office);
    assert!(drawn.len() == 6 && drawn.bytes().all(|it| it.is_ascii_digit()), "{drawn}");
    let change = |pin: &str| SeatWish::ChangeUser {
        user: zoe,
        name: text("Zoë"),
        extension: extension("204"),
        pin: Some(pin.to_string()),
    };
    wants(&mut office, change("4711"), None).expect("changed");
    assert_eq!(pin(&mut office), "4711");
    for bad in ["123", "123456789", "12a4"] {
        let refused = wants(&mut office, change(bad), None).err();
        assert_eq!(refused, Some(Refusal::Seat(SeatFlaw::BadPin)), "{bad}");
    }
    wants(&mut office, change(""), None).expect("drawn anew");
    assert_eq!(pin(&mut office).len(), 6);
    assert_eq!(shown(&mut office, Shown::PinOf(UserNo(9))), None);
    assert_eq!(shown(&mut office, Shown::InstallPin), None);
    wants(&mut office, SeatWish::SetInstallPin { pin: Some("90817263".into()) }, None)
        .expect("set");
    assert_eq!(shown(&mut office, Shown::InstallPin).as_deref(), Some("90817263"));
    assert!(restarted(&office).exchange.durable().has_install_pin());
    wants(&mut office, SeatWish::SetInstallPin { pin: None }, None).expect("taken away");
    assert!(!restarted(&office).exchange.durable().has_install_pin());
}

#[test]
fn who_was_assigned_by_name_becomes_a_user() {
    let mut office = SmallOffice::default();
    let phone = office.registered(20);
    let handset = office.handset(&phone);
    let line = LineNo::FIRST;
    let command =
        Command::AssignLine { handset, line, extension: extension("204"), name: text("Zoë") };
    office.command(command);
    wants(&mut office, SeatWish::MakeUser { handset, line }, None).expect("a user");
    let users = office.exchange.users_view(office.now).users;
    let [zoe] = users.as_slice() else { panic!("one user") };
    assert_eq!((zoe.name.as_str(), zoe.extension), ("Zoë", extension("204")));
    assert_eq!(zoe.lines, [(phone.mac, line)]);
    assert_eq!(assigned(&office, &phone), (extension("204"), "Zoë".into(), Some(zoe.user)));
    let again = wants(&mut office, SeatWish::MakeUser { handset, line }, None).err();
    assert_eq!(again, Some(Refusal::Seat(SeatFlaw::NobodyThere)));
}

#[test]
fn a_phone_that_is_replaced_is_worth_nothing_and_the_new_one_has_it_all_after_its_file() {
    let mut office = SmallOffice::default();
    let (mut old, mut new) = (office.registered(20), office.registered(21));
    let zoe = user(&mut office, "Zoë", "204");
    let (old_no, new_no) = (office.handset(&old), office.handset(&new));
    let wish = SeatWish::Assign { handset: old_no, line: LineNo::FIRST, user: zoe };
    wants(&mut office, wish, None).expect("assigned");
    let outcome =
        wants(&mut office, SeatWish::Replace { old: old_no, new: new_no }, None).expect("replaced");
    assert_eq!(outcome.records.len(), 1, "one fact");
    assert_eq!(seat(&office, &new), Seat::Replaced);
    assert!(restarted(&office).exchange.durable().handset(old_no).is_none());
    let nonce = office.challenge(&mut old);
    let contact = old.contact();
    let message = old.answers(&nonce, &[&contact]);
    let refused = office.hears(old.arrival(), old.line, message.as_bytes());
    assert_eq!(refused.answer().code(), 401, "its password is worth nothing");
    office.fetch(&mut new);
    assert_eq!(seat(&office, &new), Seat::Assigned);
    assert_eq!(assigned(&office, &new), (extension("204"), "Zoë".into(), Some(zoe)));
    let itself = wants(&mut office, SeatWish::Replace { old: new_no, new: new_no }, None).err();
    assert_eq!(itself, Some(Refusal::Seat(SeatFlaw::Itself)));
    let gone = wants(&mut office, SeatWish::Replace { old: old_no, new: new_no }, None).err();
    assert_eq!(gone, Some(Refusal::NoSuchHandset));
    // Cleared, it is as new.
    wants(&mut office, SeatWish::Clear { handset: new_no }, None).expect("cleared");
    assert_eq!((seat(&office, &new), assigned(&office, &new).2), (Seat::New, None));
}

#[test]
fn from_the_wan_nobody_asks_for_anything() {
    let mut office = SmallOffice::default();
    let by = By { side: Side::Wan, source: Ipv4Addr::new(203, 0, 113, 9), seen: None };
    let wish = SeatWish::AddUser { name: text("Eve"), extension: None };
    let refused = office.exchange.command(office.now, &by, Command::Seat(wish)).err();
    assert_eq!(refused, Some(Refusal::WrongSide));
    office.exchange.set_read_only();
    let wish = SeatWish::AddUser { name: text("Eve"), extension: None };
    assert_eq!(wants(&mut office, wish, None).err(), Some(Refusal::NotStored));
    let replace = SeatWish::Replace { old: HandsetNo(1), new: HandsetNo(2) };
    assert_eq!(wants(&mut office, replace, None).err(), Some(Refusal::NotStored));
}
