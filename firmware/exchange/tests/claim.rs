//! Whoever has his hands on the box gets in: before the first log-in, and with a lost password.

mod support;

use exchange::access::{Session, Unclaimed};
use exchange::command::Refusal;
use exchange::limits::CLAIM_MS;
use exchange::names::Side;
use exchange::note::Note;
use exchange::PasswordHash;
use std::net::Ipv4Addr;
use support::sip::{account, Wish};
use support::{address, boards, from, own_file, Heard, Office, PHONE};

fn hash(text: &str) -> PasswordHash {
    PasswordHash::try_from(text).unwrap_or_default()
}

fn claims(office: &mut Office) -> Heard {
    let now = office.now();
    office.exchange.claim(now);
    office.drain()
}

fn sets(office: &mut Office, source: Ipv4Addr) -> Result<Session, Unclaimed> {
    let now = office.now();
    let set = office.exchange.set_claimed_password(now, Side::Lan, source, hash("claimed"));
    set.map(|(session, _)| session)
}

fn in_force(office: &Office) -> Option<PasswordHash> {
    office.exchange.may_log_in(office.now(), address(99)).ok()
}

#[test]
fn before_the_first_log_in_the_button_is_as_good_as_the_printed_password() {
    let mut office = Office::new(boards::plain);
    assert_eq!(office.exchange.first_password(), Some(&hash("first")));
    assert_eq!(sets(&mut office, address(9)).err(), Some(Unclaimed::Closed));
    assert_eq!(claims(&mut office).notes, [Note::Claimed]);
    assert!(sets(&mut office, address(9)).is_ok());
    assert_eq!(office.drain().facts(), ["AdminPasswordSet"]);
    assert_eq!(in_force(&office), Some(hash("claimed")));
    assert_eq!(office.exchange.first_password(), None, "it is over");
}

#[test]
fn a_lost_password_is_replaced_and_handsets_do_not_notice() {
    let mut office = Office::new(boards::plain);
    office.boots(PHONE);
    let (_, file) = office.fetch(from(address(10), 5060), &own_file(PHONE));
    let account = account(&file, 1);
    assert_eq!(office.registers(from(address(10), 5060), &account, Wish::default()), 200);
    let now = office.now();
    let (old, _) = office.exchange.set_password(now, address(8), hash("lost")).unwrap();
    office.drain();

    claims(&mut office);
    let session = sets(&mut office, address(9)).unwrap();
    let heard = office.drain();
    assert_eq!(heard.facts(), ["AdminPasswordSet"]);
    assert_eq!(heard.notes, [Note::PasswordClaimed(address(9))]);
    let now = office.now();
    assert!(office.exchange.logged_in(now, address(8), &old.token).is_none(), "sessions end");
    let admin = office.exchange.logged_in(now, address(9), &session.token).unwrap();
    assert!(!admin.must_change_password);
    let (_, same) = office.fetch(from(address(10), 5060), &own_file(PHONE));
    assert!(same == file, "the phone keeps its file and its secrets");
    assert_eq!(office.registers(from(address(10), 5060), &account, Wish::default()), 200);
    office.restart();
    assert_eq!(in_force(&office), Some(hash("claimed")));
}

#[test]
fn a_claim_is_good_for_one_password_and_two_minutes() {
    let mut office = Office::new(boards::plain);
    claims(&mut office);
    assert!(sets(&mut office, address(9)).is_ok());
    assert_eq!(sets(&mut office, address(9)).err(), Some(Unclaimed::Closed));
    claims(&mut office);
    office.wait_ms(CLAIM_MS - 1);
    assert!(office.exchange.is_claimed(office.now()));
    office.wait_ms(1);
    assert!(!office.exchange.is_claimed(office.now()));
    assert_eq!(sets(&mut office, address(9)).err(), Some(Unclaimed::Closed));
    // Whoever is logged in and changes the password has used the claim up as well.
    claims(&mut office);
    let now = office.now();
    assert!(office.exchange.set_password(now, address(8), hash("known")).is_ok());
    assert_eq!(sets(&mut office, address(9)).err(), Some(Unclaimed::Closed));
    assert_eq!(in_force(&office), Some(hash("known")));
}

#[test]
fn a_claim_does_not_outlive_a_restart() {
    let mut office = Office::new(boards::plain);
    claims(&mut office);
    office.restart();
    assert!(!office.exchange.is_claimed(office.now()));
    assert_eq!(sets(&mut office, address(9)).err(), Some(Unclaimed::Closed));
}

#[test]
fn a_claim_is_for_the_lan_and_for_a_box_that_can_store_it() {
    let mut office = Office::new(boards::plain);
    claims(&mut office);
    let now = office.now();
    let outside = Ipv4Addr::new(203, 0, 113, 5);
    for (side, source) in [(Side::Wan, address(9)), (Side::Wan, outside), (Side::Lan, outside)] {
        let refused = Err(Unclaimed::Refused(Refusal::WrongSide));
        assert_eq!(office.exchange.may_claim(now, side, source), refused);
        let set = office.exchange.set_claimed_password(now, side, source, hash("x"));
        assert_eq!(set.map(|_| ()), refused);
    }
    office.exchange.set_read_only();
    let refused = Unclaimed::Refused(Refusal::NotStored);
    assert_eq!(sets(&mut office, address(9)).err(), Some(refused));
    assert!(office.drain().facts().is_empty());
}
