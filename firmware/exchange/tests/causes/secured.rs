//! Causes that have to do with TLS, certificates, clocks and passwords: bytes that openssl sent.

use super::support::sip::Wish;
use super::support::{from, unhex, Office, PC, PHONE};
use super::{address, at, fetches, going, office, provisioned, stuck};
use exchange::command::Command;
use exchange::names::{InterfaceNo, Side};
use exchange::note::Protocol;
use exchange::resync::{Errand, Selection};
use exchange::{Arrival, Line};

const HELLO_1_0: &str = include_str!("../../../../tests/golden/packets/tls/hello-tls10.hex");
const HELLO_1_2: &str = include_str!("../../../../tests/golden/packets/tls/hello-tls12.hex");
const HELLO_1_3: &str = include_str!("../../../../tests/golden/packets/tls/hello-tls13.hex");
const UNKNOWN_CA: &str = include_str!("../../../../tests/golden/packets/tls/alert-unknown-ca.hex");
const EXPIRED: &str = include_str!("../../../../tests/golden/packets/tls/alert-expired.hex");
/// Where the random of a ClientHello begins in its record.
const RANDOM: usize = 11;

const SPEAKS_TLS: &str = "It speaks TLS to a port of this box that has none.";
const PLAIN_HTTP: &str = "Set the phone to an address that begins with http:, and its account to \
    SIP by UDP or TCP; or reset it to factory settings.";

fn says(office: &mut Office, arrival: Arrival, at: Protocol, bytes: &[u8]) {
    let now = office.now();
    office.exchange.spoke_tls(now, arrival, at, bytes);
    office.drain();
}

#[test]
pub(super) fn it_speaks_tls_to_a_port_that_has_none() {
    for (hello, version) in [(HELLO_1_2, "TLS 1.2"), (HELLO_1_3, "TLS 1.3")] {
        let mut office = office();
        office.boots(PHONE);
        for _ in 0..40 {
            says(&mut office, at(), Protocol::Http, &unhex(hello));
        }
        stuck(&office, SPEAKS_TLS, PLAIN_HTTP);
        let story = office.story(PHONE);
        let last =
            format!("Spoke TLS to the port of HTTP, which has none; it offers {version} at most");
        assert_eq!(story.last(), Some(&last));
        assert_eq!(story.iter().filter(|step| step.contains("TLS")).count(), 1, "{story:#?}");
        fetches(&mut office);
    }
    // The same of a phone that has its file and registers by TLS.
    let (mut office, account) = provisioned();
    says(&mut office, at(), Protocol::Sip, &unhex(HELLO_1_2));
    stuck(&office, SPEAKS_TLS, PLAIN_HTTP);
    assert_eq!(office.registers(at(), &account, Wish::default()), 200);
    going(&office);
}

#[test]
pub(super) fn its_tls_is_too_old() {
    let mut office = office();
    office.boots(PHONE);
    says(&mut office, at(), Protocol::Http, &unhex(HELLO_1_0));
    let sentence = "It speaks TLS to this box, at the highest TLS 1.0, which is too old.";
    let next = "Set the phone to an address that begins with http:, or give it newer firmware.";
    stuck(&office, sentence, next);
    fetches(&mut office);
}

#[test]
pub(super) fn its_ciphers_are_too_weak() {
    let mut office = office();
    office.boots(PHONE);
    says(&mut office, at(), Protocol::Https, &unhex(HELLO_1_2));
    let sentence = "It speaks TLS to this box with ciphers only that are too weak.";
    let next = "Set the phone to an address that begins with http:, or give it newer firmware.";
    stuck(&office, sentence, next);
    let last = "Was refused TLS on the port of HTTPS: it knows no cipher that is used there";
    assert_eq!(office.story(PHONE).last().map(String::as_str), Some(last));
    fetches(&mut office);
}

#[test]
fn a_port_with_tls_says_that_it_has_it() {
    let mut office = office();
    office.boots(PHONE);
    says(&mut office, at(), Protocol::Https, &unhex(HELLO_1_0));
    let sentence = "It speaks TLS to this box, at the highest TLS 1.0, which is too old.";
    let next = "Set the phone to an address that begins with http:, or give it newer firmware.";
    stuck(&office, sentence, next);
    let last = "Was refused TLS on the port of HTTPS: it offers TLS 1.0 at most";
    assert_eq!(office.story(PHONE).last().map(String::as_str), Some(last));
    says(&mut office, at(), Protocol::Sips, &unhex(UNKNOWN_CA));
    let last = "Gave up TLS on the port of SIP over TLS by alert 48 (unknown CA)";
    assert_eq!(office.story(PHONE).last().map(String::as_str), Some(last));
}

#[test]
pub(super) fn it_has_not_got_the_time() {
    let clock = |seconds: u32| {
        let mut hello = unhex(HELLO_1_2);
        // What a stack of before TLS 1.3 puts there (RFC 5246 section 7.4.1.2).
        hello[RANDOM..RANDOM + 4].copy_from_slice(&seconds.to_be_bytes());
        let mut office = office();
        office.boots(PHONE);
        says(&mut office, at(), Protocol::Http, &hello);
        office
    };
    let sentence =
        "Its clock stands where clocks begin: most likely it has not got the time from anybody.";
    let next = "Check that the phone reaches its time server; until it has the time it trusts no \
        certificate.";
    for unset in [0, 95, 8 * 86_400 - 1, 946_684_800, 946_684_800 + 3_600] {
        let mut office = clock(unset);
        stuck(&office, sentence, next);
        fetches(&mut office);
    }
    for set in [8 * 86_400, 946_684_799, 1_741_183_500, u32::MAX] {
        stuck(&clock(set), SPEAKS_TLS, PLAIN_HTTP);
    }
}

#[test]
pub(super) fn it_refuses_a_certificate() {
    for alert in [UNKNOWN_CA, EXPIRED] {
        let mut office = office();
        office.boots(PHONE);
        says(&mut office, at(), Protocol::Http, &unhex(alert));
        let sentence = "It refuses the certificate that it was shown.";
        let next = "Check the phone's clock and whose certificates it trusts, or set it to an \
            address that begins with http:.";
        stuck(&office, sentence, next);
        fetches(&mut office);
    }
}

#[test]
fn whoever_is_not_proven_to_be_the_phone_says_nothing_about_it() {
    let mut office = office();
    office.boots(PHONE);
    office.boots(PC);
    let hello = unhex(HELLO_1_0);
    let wan = Arrival { side: Side::Wan, interface: InterfaceNo(1), ..at() };
    for arrival in [wan, from(address(55), 4_000), from([192, 0, 2, 9].into(), 4_000)] {
        says(&mut office, arrival, Protocol::Http, &hello);
    }
    says(&mut office, at(), Protocol::Http, b"GET / HTTP/1.1\r\n\r\n");
    says(&mut office, at(), Protocol::Http, hello.get(..60).unwrap_or_default());
    going(&office);
    says(&mut office, from(address(11), 4_000), Protocol::Http, &hello);
    assert_eq!(office.cause(PC), None, "it is no fault of a computer");
}

#[test]
pub(super) fn it_wants_a_password_to_obey() {
    let (mut office, account) = provisioned();
    assert_eq!(office.registers(at(), &account, Wish::default()), 200);
    let handset = office.handset(PHONE).handset;
    for status in ["401 Unauthorized", "407 Proxy Authentication Required", "403 Forbidden"] {
        let now = office.now();
        let by = exchange::command::By { side: Side::Lan, source: address(200), seen: None };
        let wish =
            Command::Resync { whom: Selection::One(handset), errand: Errand::Resync, when: None };
        office.exchange.command(now, &by, wish).unwrap();
        office.exchange.tick(now);
        let heard = office.drain();
        let notify = heard.sent.iter().find(|(sent, _)| sent.bytes.starts_with(b"NOTIFY"));
        let notify = String::from_utf8(notify.unwrap().0.bytes.clone()).unwrap();
        office.datagram(at(), Line::Sip, answer(&notify, status).as_bytes());
        match status.starts_with("403") {
            true => going(&office),
            false => {
                let sentence = "It asks for a password before it obeys this box: most likely it \
                    still has the admin password and the settings of another system.";
                let next = "Reset the phone to factory settings, so that it takes the password \
                    and the settings of this box.";
                stuck(&office, sentence, next);
            }
        }
        fetches(&mut office);
        office.wait_ms(60_000);
        office.exchange.tick(office.now());
        office.drain();
    }
}

/// What a phone says to a NOTIFY.
fn answer(notify: &str, status: &str) -> String {
    let kept = ["Via: ", "From: ", "Call-ID: ", "CSeq: "];
    let lines = notify.lines().filter(|line| kept.iter().any(|name| line.starts_with(name)));
    let to = notify.lines().find(|line| line.starts_with("To: ")).unwrap_or_default();
    let lines: String = lines.map(|line| format!("{line}\r\n")).collect();
    format!("SIP/2.0 {status}\r\n{lines}{to};tag=p1\r\nContent-Length: 0\r\n\r\n")
}
