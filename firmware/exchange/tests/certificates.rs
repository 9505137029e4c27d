//! Which certificate the box is to show, and which one an admin may bring.

mod support;

use exchange::certificates::{CertificatePlace, Kept, Leaf, AUTHORITY_UNTIL, MADE_FROM};
use exchange::command::{By, CertificateFlaw, CertificateWish, Command, Refusal};
use exchange::limits::{CHAIN_BYTES_MAX, PHONE_AUTHORITIES_MAX};
use exchange::names::Side;
use exchange::time::{Instant, Now, Wall};
use exchange::PrivateKey;
use std::net::Ipv4Addr;
use support::{address, boards, unhex, Office};

const CA: &str = include_str!("../../../tests/golden/packets/x509/ca.hex");
const RSA: &str = include_str!("../../../tests/golden/packets/x509/rsa.hex");
const OLD: &str = include_str!("../../../tests/golden/packets/x509/v1.hex");
const SITE: &str = include_str!("../../../tests/golden/packets/x509/site.hex");
/// When these were made, and a day on which they have run out.
const MADE: u64 = 1_796_061_936;
const OVER: u64 = 4_000_000_000;
const DAY: u64 = 86_400;

fn at(wall: Option<u64>) -> Now {
    Now { mono: Instant(1_000), wall: wall.map(Wall) }
}

fn wish(office: &mut Office, wall: Option<u64>, wish: CertificateWish) -> Result<(), Refusal> {
    let by = By { side: Side::Lan, source: address(200), seen: None };
    let done = office.exchange.command(at(wall), &by, Command::ChangeCertificate(wish));
    office.drain();
    done.map(|_| ())
}

fn flaw(office: &mut Office, wanted: CertificateWish) -> Option<CertificateFlaw> {
    match wish(office, Some(MADE), wanted) {
        Err(Refusal::Certificate(flaw)) => Some(flaw),
        Ok(()) | Err(_) => None,
    }
}

fn kept(chain: Vec<u8>) -> Kept {
    Kept { chain, key: PrivateKey(vec![1]) }
}

fn wanted(office: &Office, wall: Option<u64>, shown: Option<&Leaf>) -> Option<Leaf> {
    office.exchange.certificates_wanted(at(wall), &[], shown).leaf
}

#[test]
fn the_box_shows_one_for_its_addresses_that_holds_a_year() {
    let office = Office::new(boards::plain);
    let found = [Ipv4Addr::new(198, 51, 100, 7)];
    let leaf = office.exchange.certificates_wanted(at(Some(MADE)), &found, None).leaf.unwrap();
    assert_eq!(leaf.names, ["dialtone.local"]);
    assert!(leaf.addresses.contains(&address(1)) && leaf.addresses.contains(&found[0]));
    assert!(leaf.from < MADE - DAY && leaf.until > MADE + 390 * DAY);
    assert!(leaf.until - leaf.from <= 398 * DAY, "browsers refuse longer ones");
    let again = |wall, found: &[Ipv4Addr]| {
        office.exchange.certificates_wanted(at(Some(wall)), found, Some(&leaf)).leaf
    };
    assert_eq!(again(MADE + 300 * DAY, &found), None);
    assert!(again(MADE + 370 * DAY, &found).is_some(), "a month before its end");
    assert!(again(MADE, &[]).is_some(), "an address is gone");
    assert!(again(leaf.from - 1, &found).is_some(), "the clock was wrong when it was made");
}

#[test]
fn while_the_time_is_not_known_it_shows_one_that_holds_at_any() {
    let office = Office::new(boards::plain);
    let leaf = wanted(&office, None, None).unwrap();
    assert_eq!((leaf.from, leaf.until), (MADE_FROM, AUTHORITY_UNTIL));
    assert_eq!(wanted(&office, None, Some(&leaf)), None);
    let year = wanted(&office, Some(MADE), Some(&leaf)).unwrap();
    assert!(year.until < MADE + 400 * DAY);
    // The time may be lost again; what is shown is good.
    assert_eq!(wanted(&office, None, Some(&year)), None);
}

#[test]
fn an_authority_is_made_once() {
    let mut office = Office::new(boards::plain);
    assert!(office.exchange.certificates_wanted(at(None), &[], None).authority.is_none());
    let first = kept(unhex(CA));
    office.exchange.authority_made(first.clone());
    office.exchange.authority_made(kept(unhex(RSA)));
    office.drain();
    let is = office.exchange.certificates_wanted(at(None), &[], None).authority;
    assert!(is == Some(first.clone()));
    office.restart();
    let is = office.exchange.certificates_wanted(at(None), &[], None).authority;
    assert!(is == Some(first));
    let gone = CertificateWish::Remove(CertificatePlace::Authority);
    assert_eq!(flaw(&mut office, gone), Some(CertificateFlaw::Gone));
}

#[test]
fn what_is_no_authority_is_not_made_one() {
    let mut office = Office::new(boards::plain);
    office.exchange.authority_made(kept(unhex(SITE)));
    office.exchange.authority_made(Kept { chain: unhex(CA), key: PrivateKey(Vec::new()) });
    office.drain();
    assert!(office.exchange.certificates_wanted(at(None), &[], None).authority.is_none());
}

#[test]
fn another_one_is_installed_and_taken_back() {
    let mut office = Office::new(boards::plain);
    let chain = [unhex(SITE), unhex(CA)].concat();
    assert_eq!(
        wish(&mut office, Some(MADE), CertificateWish::Install(kept(chain.clone()))),
        Ok(())
    );
    let is = office.exchange.certificates_wanted(at(None), &[], None).installed;
    assert!(is == Some(kept(chain)));
    let view = office.exchange.certificates_view(at(Some(MADE)), None).installed.unwrap();
    assert_eq!(
        (view.subject.as_str(), view.issuer.as_str()),
        ("pbx.example.org", "Acme Phones Root")
    );
    assert_eq!(view.names, ["pbx.example.org", "*.pbx.example.org", "192.0.2.9"]);
    let gone = || CertificateWish::Remove(CertificatePlace::Installed);
    assert_eq!(wish(&mut office, None, gone()), Ok(()));
    assert_eq!(flaw(&mut office, gone()), Some(CertificateFlaw::Gone));
    assert!(office.exchange.certificates_wanted(at(None), &[], None).installed.is_none());
}

#[test]
fn what_cannot_be_shown_is_refused_for_its_reason() {
    let mut office = Office::new(boards::plain);
    let mut install = |chain: Vec<u8>| flaw(&mut office, CertificateWish::Install(kept(chain)));
    assert_eq!(install(Vec::new()), Some(CertificateFlaw::NoCertificate));
    assert_eq!(install(b"-----BEGIN".to_vec()), Some(CertificateFlaw::NoCertificate));
    let rest = [unhex(SITE), b"rest".to_vec()].concat();
    assert_eq!(install(rest), Some(CertificateFlaw::NoCertificate));
    let long = unhex(SITE).repeat(CHAIN_BYTES_MAX / 400);
    assert_eq!(install(long), Some(CertificateFlaw::TooLong));
    let bare = Kept { chain: unhex(SITE), key: PrivateKey(Vec::new()) };
    assert_eq!(flaw(&mut office, CertificateWish::Install(bare)), Some(CertificateFlaw::NoKey));
    let over = CertificateWish::Install(kept(unhex(SITE)));
    let expired = Err(Refusal::Certificate(CertificateFlaw::Expired));
    assert_eq!(wish(&mut office, Some(OVER), over), expired);
    // Without the time nothing is known to be over.
    assert_eq!(wish(&mut office, None, CertificateWish::Install(kept(unhex(SITE)))), Ok(()));
}

#[test]
fn authorities_of_phones_have_so_many_places() {
    let mut office = Office::new(boards::plain);
    let trust = |office: &mut Office, chain: Vec<u8>| flaw(office, CertificateWish::Trust(chain));
    assert_eq!(trust(&mut office, unhex(SITE)), Some(CertificateFlaw::NoAuthority));
    let two = [unhex(CA), unhex(RSA)].concat();
    assert_eq!(trust(&mut office, two), Some(CertificateFlaw::NotOne));
    assert_eq!(trust(&mut office, unhex(CA)), None);
    assert_eq!(trust(&mut office, unhex(CA)), Some(CertificateFlaw::There));
    // The number of a certificate makes it another one; no signature is looked at here.
    let other = |number: u8| {
        let mut chain = unhex(CA);
        chain[20] = number;
        chain
    };
    for number in 1..PHONE_AUTHORITIES_MAX as u8 {
        assert_eq!(trust(&mut office, other(number)), None);
    }
    assert_eq!(trust(&mut office, other(99)), Some(CertificateFlaw::PhonesFull));
    let gone = CertificateWish::Remove(CertificatePlace::Phones(3));
    assert_eq!(wish(&mut office, None, gone), Ok(()));
    assert_eq!(trust(&mut office, other(99)), None);
    let view = office.exchange.certificates_view(at(None), Some(&unhex(SITE)));
    assert_eq!(view.phones.len(), PHONE_AUTHORITIES_MAX);
    assert_eq!(view.shown.unwrap().subject, "pbx.example.org");
}

#[test]
fn one_of_an_old_version_is_refused_by_its_name() {
    let mut office = Office::new(boards::plain);
    for wanted in [CertificateWish::Install(kept(unhex(OLD))), CertificateWish::Trust(unhex(OLD))] {
        assert_eq!(flaw(&mut office, wanted), Some(CertificateFlaw::NotVersion3));
    }
    let said = CertificateFlaw::NotVersion3.to_string();
    assert!(said.contains("old version of X.509") && said.ends_with("Make one of version 3."));
    // Behind the first one it is somebody else's, and harms nobody.
    let chain = [unhex(SITE), unhex(OLD)].concat();
    assert_eq!(flaw(&mut office, CertificateWish::Install(kept(chain))), None);
}
