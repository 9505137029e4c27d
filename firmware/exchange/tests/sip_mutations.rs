//! Broken registrations: whatever is changed in one, nobody is bound without the right digest.
//!
//! `WIRE_MUTATIONS` says how many messages each test makes (a million when unset); they begin at 1
//! and 2, to which `WIRE_SEED` is added.

#![allow(clippy::expect_used, reason = "what is missing here should fail its test")]

mod mutation;
mod sip_support;

use exchange::{Arrival, Line, Neighbour};
use mutation::{total, Chance};
use sip_support::{Phone, Sent, SmallOffice};
use std::net::{Ipv4Addr, SocketAddrV4};

/// What is put in by chance: pieces that mean something to a registrar.
const PIECES: [&str; 24] = [
    "\r\n",
    "\r\n ",
    ";",
    ",",
    "\"",
    "<",
    ">",
    "@",
    ":",
    "*",
    "=",
    "%61",
    "\u{0}",
    "\u{e4}",
    "nc=",
    "qop=auth",
    "algorithm=SHA-256",
    "Expires: 0\r\n",
    "Contact: *\r\n",
    "Require: x\r\n",
    "sips:",
    "4294967296",
    "Authorization: Digest \r\n",
    ";reg-id=1;+sip.instance=\"<a>\"",
];

/// Breaks a message in one to three places.
fn mutate(chance: &mut Chance, message: &[u8]) -> Vec<u8> {
    let mut bytes = message.to_vec();
    for _ in 0..=chance.below(3) {
        let at = chance.below(bytes.len());
        let end = (at + chance.below(24)).min(bytes.len());
        match chance.below(7) {
            0 => drop(bytes.splice(at..at, chance.of(&PIECES).bytes())),
            1 => drop(bytes.splice(at..end, chance.of(&PIECES).bytes())),
            2 => drop(bytes.drain(at..end)),
            3 => bytes.extend_from_within(at..end),
            4 => bytes.truncate(at),
            5 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 0x20),
            _ => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = end as u8),
        }
    }
    bytes
}

/// Where a message of that number comes from; many places, so that none is met with silence.
fn from(number: usize) -> Arrival {
    let address = Ipv4Addr::from(0xc080_0000 + number as u32);
    let phone = Phone::new(wire::Mac([0; 6]), SocketAddrV4::new(address, 5_060));
    Arrival { neighbour: Neighbour::Unknown, ..phone.arrival() }
}

fn is_bound(sent: &[Sent]) -> bool {
    sent.iter().any(|sent| sent.code() == 200 && !sent.all("Contact").is_empty())
}

#[test]
fn no_change_to_a_wrong_answer_makes_it_right() {
    let mut office = SmallOffice::wide();
    let mut phone = office.phone(20);
    let nonce = office.challenge(&mut phone);
    phone.accounts[0].1.push('x');
    let contact = phone.contact();
    let wrong = phone.answers(&nonce, &[&contact]);
    let mut chance = Chance::new(1);
    let mut answered = 0;
    for number in 0..total() {
        let bytes = mutate(&mut chance, wrong.as_bytes());
        let outcome = office.hears(from(number), Line::Sip, &bytes);
        assert!(outcome.records.is_empty() && !is_bound(&outcome.sent), "message {number}");
        answered += outcome.sent.len();
    }
    assert!(answered > total() / 2, "{answered}");
    assert!(!office.is_registered(&phone));
}

#[test]
fn a_changed_answer_binds_only_while_its_digest_is_whole() {
    let mut office = SmallOffice::wide();
    let mut phone = office.phone(20);
    let contact = phone.contact();
    let nonce = office.challenge(&mut phone);
    let mut right = phone.answers(&nonce, &[&contact]);
    let mut whole = whole_parts(&phone, &right);
    let mut chance = Chance::new(2);
    let mut bound = 0;
    for number in 0..total() {
        let bytes = mutate(&mut chance, right.as_bytes());
        let outcome = office.hears(from(number), Line::Sip, &bytes);
        // A right answer to a request that is refused all the same uses its nonce up too.
        let used_up = outcome.sent.iter().any(|sent| sent.text.contains("stale=true"));
        let is_right = outcome.sent.iter().any(|sent| sent.code() == 200);
        if !used_up && !is_right {
            continue;
        }
        bound += usize::from(is_right);
        let text = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        for part in &whole {
            assert!(text.contains(part), "message {number}: {part} is not in {text}");
        }
        let nonce = office.challenge(&mut phone);
        right = phone.answers(&nonce, &[&contact]);
        whole = whole_parts(&phone, &right);
    }
    assert!(bound > total() / 100, "{bound}");
}

/// What a message that binds must hold: the response, and what it was made of.
fn whole_parts(phone: &Phone, message: &str) -> Vec<String> {
    let value = |name: &str| {
        let start = message.find(&format!("{name}=\"")).expect("a part") + name.len() + 2;
        message[start..].split('"').next().unwrap_or_default().to_ascii_lowercase()
    };
    let login = phone.login().to_string();
    vec![login, value("response"), value("nonce"), value("cnonce"), "00000001".into()]
}
