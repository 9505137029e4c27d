//! Scanners of SIP, as they are heard on every public address: what they learn, and what becomes of
//! the phone behind the same address.

mod sip_support;

use exchange::names::Side;
use exchange::note::{Note, RuleNote};
use sip_support::{Phone, SmallOffice};
use std::net::{Ipv4Addr, SocketAddrV4};
use wire::Mac;

const SITE: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 66);

/// Somebody at the site who names this account.
fn scanner(login: &str, agent: &str) -> Phone {
    let mut scanner = Phone::new(Mac([2, 0, 0, 0, 0, 66]), SocketAddrV4::new(SITE, 5_060));
    scanner.side = Side::Wan;
    scanner.accounts = vec![(login.to_owned(), "1234".to_owned())];
    if !agent.is_empty() {
        scanner.extra = format!("User-Agent: {agent}\r\n");
    }
    scanner
}

/// How many answers a REGISTER without a password gets.
fn asks(office: &mut SmallOffice, who: &mut Phone) -> usize {
    let message = who.says(&[], "");
    office.hears(who.arrival(), who.line, message.as_bytes()).sent.len()
}

/// A phone of the office that is at the site now.
fn remote(office: &mut SmallOffice) -> Phone {
    let mut phone = office.phone(20);
    office.send_away(&mut phone, SocketAddrV4::new(SITE, 40_000));
    phone
}

#[test]
fn whoever_says_that_he_is_a_scanner_hears_nothing_and_is_told_once() {
    let mut office = SmallOffice::default();
    let mut notes = Vec::new();
    for (number, agent) in
        ["friendly-scanner", "sipcli/v1.8", "sundayddr", "VaxSIPUserAgent/3.1"].iter().enumerate()
    {
        let mut scanner = scanner(&number.to_string(), agent);
        for method in ["REGISTER", "OPTIONS", "INVITE"] {
            let message = scanner.says(&[], "").replace("REGISTER", method);
            let outcome = office.hears(scanner.arrival(), scanner.line, message.as_bytes());
            assert!(outcome.sent.is_empty(), "{agent}: {method}");
            notes.extend(outcome.notes);
        }
    }
    assert_eq!(notes, [Note::Rule(RuleNote::Scanner(SITE))]);
}

#[test]
fn an_enumeration_learns_nothing_and_is_banned_and_the_phone_beside_it_still_registers() {
    let mut office = SmallOffice::default();
    let mut phone = remote(&mut office);
    let mut answered = Vec::new();
    let mut notes = Vec::new();
    for extension in 100..600u32 {
        office.now.mono = office.now.mono.after_ms(20);
        let mut scanner = scanner(&extension.to_string(), "");
        scanner.branch = extension;
        let message = scanner.says(&[], "");
        let outcome = office.hears(scanner.arrival(), scanner.line, message.as_bytes());
        answered.extend(outcome.sent.iter().map(|sent| sent.code()));
        notes.extend(outcome.notes);
    }
    assert!(answered.iter().all(|code| *code == 401), "{answered:?}");
    assert!(answered.len() < 200, "slowed after {}", answered.len());
    assert_eq!(notes, [Note::Rule(RuleNote::Scanner(SITE))]);
    // The phone asks again, as every phone does (RFC 3261 section 17.1.2.2).
    let mut heard = 0;
    for wait_ms in [500, 1_000, 2_000] {
        heard += asks(&mut office, &mut phone);
        office.now.mono = office.now.mono.after_ms(wait_ms);
    }
    assert!(heard >= 1, "it is heard within its own repetitions");
    let contact = phone.contact();
    assert_eq!(office.register(&mut phone, &[&contact]).answer().code(), 200);
}

#[test]
fn credentials_that_are_none_for_here_do_not_undo_the_slowing() {
    let digest = "Authorization: Digest username=\"x\", nonce=\"n\", response=\"00\"";
    for (header, code) in [
        ("Authorization: Basic eDp5\r\n".to_owned(), 401),
        (format!("{digest}, uri=\"sip:192.168.7.1\", realm=\"another\"\r\n"), 401),
        ("Authorization: Digest username\r\n".to_owned(), 400),
        (format!("{digest}, uri=\"sip:elsewhere\", realm=\"dialtone\"\r\n"), 400),
    ] {
        let mut office = SmallOffice::default();
        let (mut answered, mut notes) = (Vec::new(), Vec::new());
        for extension in 100..700u32 {
            office.now.mono = office.now.mono.after_ms(20);
            let mut scanner = scanner(&extension.to_string(), "");
            scanner.branch = extension;
            let message = scanner.says(&[], &header);
            let outcome = office.hears(scanner.arrival(), scanner.line, message.as_bytes());
            answered.extend(outcome.sent.iter().map(|sent| sent.code()));
            notes.extend(outcome.notes);
        }
        assert!(answered.iter().all(|answer| *answer == code), "{header}{answered:?}");
        assert!(answered.len() < 200, "{header}{}", answered.len());
        let banned = notes.contains(&Note::Rule(RuleNote::Scanner(SITE)));
        assert_eq!(banned, !header.contains("elsewhere"), "{header}{notes:?}");
    }
}

#[test]
fn no_other_method_is_heard_for_what_looks_like_a_password() {
    let mut office = SmallOffice::default();
    asks(&mut office, &mut scanner("x", "friendly-scanner"));
    for method in ["OPTIONS", "INVITE", "SUBSCRIBE", "MESSAGE"] {
        let mut scanner = scanner(&format!("9{}", method.len()), "");
        let message = scanner.answers("00", &[]).replace("REGISTER", method);
        let outcome = office.hears(scanner.arrival(), scanner.line, message.as_bytes());
        assert!(outcome.sent.is_empty(), "{method}");
    }
}

#[test]
fn an_account_that_exists_is_not_told_from_one_that_does_not_while_banned_either() {
    let mut heard = Vec::new();
    for known in [true, false] {
        let mut office = SmallOffice::default();
        let phone = remote(&mut office);
        let login = if known { phone.login().to_owned() } else { "zzzzzzzz".to_owned() };
        asks(&mut office, &mut scanner("x", "friendly-scanner"));
        let mut guesser = scanner(&login, "");
        let mut counts = Vec::new();
        for wait_ms in [100, 500, 500, 500, 60_000, 500] {
            counts.push(asks(&mut office, &mut guesser));
            office.now.mono = office.now.mono.after_ms(wait_ms);
        }
        let message = guesser.answers("00", &[]);
        counts.push(office.hears(guesser.arrival(), guesser.line, message.as_bytes()).sent.len());
        heard.push(counts);
    }
    assert_eq!(heard[0], heard[1]);
    assert_eq!(heard[0][..3], [0, 0, 0]);
    assert_eq!(heard[0].last(), Some(&0), "a wrong password of a banned one gets silence");
}

#[test]
fn wrong_passwords_for_one_account_from_many_addresses_are_slowed_together() {
    let mut office = SmallOffice::default();
    let mut phone = remote(&mut office);
    let mut answered = 0;
    for last in 1..=40 {
        let mut guesser = scanner(phone.login(), "");
        guesser.address = SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, last), 5_060);
        let message = guesser.answers("00", &[]);
        let outcome = office.hears(guesser.arrival(), guesser.line, message.as_bytes());
        answered += outcome.sent.len();
    }
    assert_eq!(answered, 10);
    let contact = phone.contact();
    assert_eq!(office.register(&mut phone, &[&contact]).answer().code(), 200, "it knows it");
}

#[test]
fn a_ban_ends_by_itself_and_concerns_no_other_address() {
    let mut office = SmallOffice::default();
    asks(&mut office, &mut scanner("x", "sipvicious"));
    assert_eq!(asks(&mut office, &mut scanner("100", "")), 0);
    let mut beside = scanner("100", "");
    beside.address = SocketAddrV4::new(Ipv4Addr::new(198, 51, 100, 67), 5_060);
    assert_eq!(asks(&mut office, &mut beside), 1);
    office.wait(15 * 60_000);
    assert_eq!(asks(&mut office, &mut scanner("101", "")), 1);
}

#[test]
fn a_handset_of_the_lan_is_not_told_from_one_that_does_not_exist() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    phone.side = Side::Wan;
    phone.address = SocketAddrV4::new(SITE, 40_000);
    let contact = phone.contact();
    let outcome = office.register(&mut phone, &[&contact]);
    assert_eq!(outcome.answer().code(), 401, "although its password is right");
    assert!(!outcome.answer().text.contains("stale"));
    assert!(!office.is_registered(&phone));
}

#[test]
fn where_a_remote_phone_comes_from_is_told_when_it_changes() {
    let mut office = SmallOffice::default();
    let mut phone = remote(&mut office);
    let contact = phone.contact();
    let notes = |office: &mut SmallOffice, phone: &mut Phone| {
        let notes = office.register(phone, &[&contact]).notes;
        notes.into_iter().filter(|note| !matches!(note, Note::Registered(_))).collect::<Vec<_>>()
    };
    assert_eq!(notes(&mut office, &mut phone), []);
    assert_eq!(notes(&mut office, &mut phone), []);
    let elsewhere = Ipv4Addr::new(203, 0, 113, 77);
    phone.address = SocketAddrV4::new(elsewhere, 40_001);
    assert_eq!(
        notes(&mut office, &mut phone),
        [Note::Rule(RuleNote::RemoteMoved(phone.mac, elsewhere))]
    );
    phone.extra = "User-Agent: another\r\n".into();
    assert_eq!(notes(&mut office, &mut phone), [Note::Rule(RuleNote::RemoteAgent(phone.mac))]);
}

#[test]
fn a_site_with_two_addresses_is_told_once_an_hour() {
    let mut office = SmallOffice::default();
    let mut phone = remote(&mut office);
    let contact = phone.contact();
    let mut told = 0;
    for minute in 0..120u8 {
        let last = 70 + minute % 2;
        phone.address = SocketAddrV4::new(Ipv4Addr::new(203, 0, 113, last), 40_001);
        phone.extra = format!("User-Agent: line {last}\r\n");
        let outcome = office.register(&mut phone, &[&contact]);
        let of_place = |note: &&Note| {
            matches!(note, Note::Rule(RuleNote::RemoteMoved(..) | RuleNote::RemoteAgent(_)))
        };
        told += outcome.notes.iter().filter(of_place).count();
        office.wait(60_000);
    }
    assert_eq!(told, 4, "both, in each of two hours");
}
