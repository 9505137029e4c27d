//! Broken registrations: whatever is changed in one, nobody is bound without the right digest.

#![allow(clippy::expect_used, reason = "what is missing here should fail its test")]

mod sip_support;

use exchange::names::Side;
use exchange::{Arrival, Line};
use sip_support::{Phone, Sent, SmallOffice, WAN};
use std::net::{Ipv4Addr, SocketAddrV4};

/// Mutated messages of each of the two tests.
const MESSAGES: u32 = 100_000;

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

/// The generator of Marsaglia's paper, with shifts 13, 7 and 17.
struct Xorshift(u64);

impl Xorshift {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap_or(0) % limit.max(1)
    }
}

/// Breaks a message in one to three places.
fn mutate(chance: &mut Xorshift, message: &[u8]) -> Vec<u8> {
    let mut bytes = message.to_vec();
    for _ in 0..=chance.below(3) {
        let at = chance.below(bytes.len());
        let end = (at + chance.below(24)).min(bytes.len());
        match chance.below(7) {
            0 => drop(bytes.splice(at..at, PIECES[chance.below(PIECES.len())].bytes())),
            1 => drop(bytes.splice(at..end, PIECES[chance.below(PIECES.len())].bytes())),
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
fn from(number: u32) -> Arrival {
    let address = Ipv4Addr::from(0x0b00_0000 + number);
    let phone = Phone::new(wire::Mac([0; 6]), SocketAddrV4::new(address, 5_060));
    Arrival { side: Side::Wan, interface: WAN, ..phone.arrival() }
}

fn is_bound(sent: &[Sent]) -> bool {
    sent.iter().any(|sent| sent.code() == 200 && !sent.all("Contact").is_empty())
}

#[test]
fn no_change_to_a_wrong_answer_makes_it_right() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    let nonce = office.challenge(&mut phone);
    phone.accounts[0].1.push('x');
    let contact = phone.contact();
    let wrong = phone.answers(&nonce, &[&contact]);
    let mut chance = Xorshift(0x5ee_d001);
    let mut answered = 0;
    for number in 0..MESSAGES {
        let bytes = mutate(&mut chance, wrong.as_bytes());
        let outcome = office.hears(from(number), Line::Sip, &bytes);
        assert!(outcome.records.is_empty() && !is_bound(&outcome.sent), "message {number}");
        answered += outcome.sent.len();
    }
    assert!(answered > 50_000, "{answered}");
    assert!(!office.is_registered(&phone));
}

#[test]
fn a_changed_answer_binds_only_while_its_digest_is_whole() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    let contact = phone.contact();
    let nonce = office.challenge(&mut phone);
    let mut right = phone.answers(&nonce, &[&contact]);
    let mut whole = whole_parts(&phone, &right);
    let mut chance = Xorshift(0x5ee_d002);
    let mut bound = 0;
    for number in 0..MESSAGES {
        let bytes = mutate(&mut chance, right.as_bytes());
        let outcome = office.hears(from(number), Line::Sip, &bytes);
        // A right answer to a request that is refused all the same uses its nonce up too.
        let used_up = outcome.sent.iter().any(|sent| sent.text.contains("stale=true"));
        let is_right = outcome.sent.iter().any(|sent| sent.code() == 200);
        if !used_up && !is_right {
            continue;
        }
        bound += u32::from(is_right);
        let text = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        for part in &whole {
            assert!(text.contains(part), "message {number}: {part} is not in {text}");
        }
        let nonce = office.challenge(&mut phone);
        right = phone.answers(&nonce, &[&contact]);
        whole = whole_parts(&phone, &right);
    }
    assert!(bound > 1_000, "{bound}");
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
