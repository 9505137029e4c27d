//! What the SIP door lets through, and what it says to the rest.

mod sip_support;

use exchange::names::{RecordNo, Side};
use exchange::note::Note;
use exchange::{Arrival, Line, Neighbour, To};
use sip_support::{corpus, stream, Phone, Sent, SmallOffice, LAN, WAN};
use std::fs;
use std::net::{Ipv4Addr, SocketAddrV4};

const SOMEBODY: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(192, 168, 7, 50), 5_071);

fn arrival() -> Arrival {
    Arrival { side: Side::Lan, interface: LAN, from: SOMEBODY, neighbour: Neighbour::Unknown }
}

fn request(method: &str, uri: &str, more: &str) -> String {
    format!(
        "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.7.50:5071;branch=z9hG4bK{method}\r\n\
         From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: one\r\nCSeq: 1 {method}\r\n{more}\r\n"
    )
}

#[test]
fn every_method_has_its_answer() {
    let mut office = SmallOffice::default();
    for (method, code) in [
        ("OPTIONS", 200),
        ("INVITE", 480),
        ("BYE", 481),
        ("CANCEL", 481),
        ("NOTIFY", 481),
        ("MESSAGE", 405),
        ("INFO", 405),
        ("PUBLISH", 405),
        ("REFER", 405),
        ("PRACK", 405),
        ("UPDATE", 405),
        ("SUBSCRIBE", 489),
        ("JUMP", 501),
        ("register", 501),
    ] {
        let text = request(method, "sip:192.168.7.1", "");
        let outcome = office.hears(arrival(), Line::Sip, text.as_bytes());
        let answer = outcome.answer();
        assert_eq!(answer.code(), code, "{method}");
        assert_eq!(answer.to, To::Address(SOMEBODY));
        assert!(answer.header("To").starts_with("<sip:c@d>;tag="));
        let allow = answer.header("Allow");
        assert_eq!(!allow.is_empty(), [200, 405, 501].contains(&code), "{method}");
        assert!(!allow.contains(method) || code == 200, "{method}");
    }
    let text = request("ACK", "sip:192.168.7.1", "");
    assert!(office.hears(arrival(), Line::Sip, text.as_bytes()).sent.is_empty());
}

#[test]
fn a_request_that_cannot_be_served_is_told_why() {
    let mut office = SmallOffice::default();
    for (uri, more, code) in [
        ("tel:+493012345", "", 416),
        ("sips:192.168.7.1", "", 416),
        ("sip:192.168.7.1", "Require: 100rel\r\n", 420),
        ("sip:192.168.7.1", "Require: outbound\r\n", 420),
        ("sip:192.168.7.1", "Max-Forwards: 0\r\n", 200),
        ("sip:voip.example", "Max-Forwards: 0\r\n", 483),
        ("sip:voip.example", "Max-Forwards: 1\r\n", 200),
        ("sip:192.168.7.1", "CSeq: 2 OPTIONS\r\n", 400),
        ("sip:192.168.7.1", "Content-Length: 1\r\n", 400),
    ] {
        let text = request("OPTIONS", uri, more);
        let text = text.replace("z9hG4bK", &format!("z9hG4bK{code}{}", uri.len() + more.len()));
        let outcome = office.hears(arrival(), Line::Sip, text.as_bytes());
        assert_eq!(outcome.answer().code(), code, "{uri} {more}");
    }
    let old = request("OPTIONS", "sip:192.168.7.1", "").replacen("SIP/2.0", "SIP/3.0", 1);
    assert_eq!(office.hears(arrival(), Line::Sip, old.as_bytes()).answer().code(), 505);
    let lost = request("OPTIONS", "sip:192.168.7.1", "").replacen("Via:", "X:", 1);
    assert!(office.hears(arrival(), Line::Sip, lost.as_bytes()).sent.is_empty());
}

#[test]
fn another_event_than_the_profile_is_refused_by_name() {
    let mut office = SmallOffice::default();
    for (event, code) in [("presence", 489), ("message-summary", 489), ("a b", 400)] {
        let text = request("SUBSCRIBE", "sip:192.168.7.1", &format!("Event: {event}\r\n"));
        let text = text.replace("z9hG4bK", &format!("z9hG4bK{}", event.len()));
        let outcome = office.hears(arrival(), Line::Sip, text.as_bytes());
        assert_eq!(outcome.answer().code(), code);
        let events = outcome.answer().header("Allow-Events");
        assert_eq!(events, if code == 489 { "ua-profile" } else { "" });
    }
}

#[test]
fn a_repeated_request_gets_the_same_bytes_and_changes_nothing() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    let hear = |office: &mut SmallOffice, phone: &Phone, text: &str| {
        office.hears(phone.arrival(), phone.line, text.as_bytes())
    };
    let asked = phone.says(&[], "");
    let first = hear(&mut office, &phone, &asked);
    assert_eq!(hear(&mut office, &phone, &asked).sent, first.sent);
    let nonce = first.answer().challenge("nonce");
    let answered = phone.answers(&nonce, &[&phone.contact()]);
    let bound = hear(&mut office, &phone, &answered);
    assert_eq!((bound.answer().code(), bound.records.len()), (200, 1));
    assert!(bound.answer().after > RecordNo(0));
    let again = hear(&mut office, &phone, &answered);
    assert_eq!(again.sent, bound.sent, "the same bytes, waiting for the same fact");
    assert!(again.records.is_empty() && again.notes.is_empty());
    office.wait(32_000);
    let late = hear(&mut office, &phone, &answered);
    assert_eq!(late.answer().code(), 401, "the nonce is used up");
}

#[test]
fn an_old_phone_without_a_branch_is_matched_by_its_headers() {
    let mut office = SmallOffice::default();
    let text = request("OPTIONS", "sip:192.168.7.1", "").replace(";branch=z9hG4bKOPTIONS", "");
    let first = office.hears(arrival(), Line::Sip, text.as_bytes());
    let again = office.hears(arrival(), Line::Sip, text.as_bytes());
    assert_eq!(first.sent, again.sent);
    let next = text.replace("CSeq: 1", "CSeq: 2");
    assert_ne!(office.hears(arrival(), Line::Sip, next.as_bytes()).sent, first.sent);
}

#[test]
fn nobody_is_given_what_was_said_to_another() {
    let mut office = SmallOffice::default();
    let text = request("OPTIONS", "sip:192.168.7.1", "");
    let first = office.hears(arrival(), Line::Sip, text.as_bytes());
    let from = SocketAddrV4::new(Ipv4Addr::new(192, 168, 7, 51), 5_071);
    let other = Arrival { from, ..arrival() };
    let second = office.hears(other, Line::Sip, text.as_bytes());
    assert_ne!(first.answer().text, second.answer().text);
    assert_eq!(second.answer().to, To::Address(from));
}

#[test]
fn a_flood_of_strangers_does_not_push_out_a_phones_answer() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    let nonce = office.challenge(&mut phone);
    let text = phone.answers(&nonce, &[&phone.contact()]);
    let bound = office.hears(phone.arrival(), phone.line, text.as_bytes());
    for flood in 0..5_000u32 {
        let address = Ipv4Addr::from(0xc633_6400 + flood % 250);
        let from = SocketAddrV4::new(address, 5_060);
        let stranger = Arrival { side: Side::Wan, interface: WAN, from, ..arrival() };
        let text = request("OPTIONS", "sip:192.168.7.1", "");
        let text = text.replace("z9hG4bK", &format!("z9hG4bK{flood}"));
        office.hears(stranger, Line::Sip, text.as_bytes());
    }
    let again = office.hears(phone.arrival(), phone.line, text.as_bytes());
    assert_eq!(again.sent, bound.sent);
}

#[test]
fn a_reply_goes_by_rport_or_by_via_but_never_elsewhere() {
    let mut office = SmallOffice::default();
    let from = SocketAddrV4::new(*SOMEBODY.ip(), 40_000);
    let arrival = Arrival { from, ..arrival() };
    for (via, port, said) in [
        ("192.168.7.50:5071;branch=z9hG4bKa", 5_071, ""),
        ("192.168.7.50:5071;branch=z9hG4bKb;rport", 40_000, ";rport=40000;received=192.168.7.50"),
        ("10.9.9.9:7;branch=z9hG4bKc;received=8.8.8.8", 7, ";received=192.168.7.50"),
    ] {
        let text = request("OPTIONS", "sip:192.168.7.1", "");
        let text = text.replace("192.168.7.50:5071;branch=z9hG4bKOPTIONS", via);
        let outcome = office.hears(arrival, Line::Sip, text.as_bytes());
        let to = SocketAddrV4::new(*SOMEBODY.ip(), port);
        assert_eq!(outcome.answer().to, To::Address(to));
        assert!(outcome.answer().header("Via").ends_with(said), "{}", outcome.answer().text);
        assert!(!outcome.answer().header("Via").contains("8.8.8.8"));
    }
}

#[test]
fn a_phone_on_a_stream_is_answered_on_it() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    phone.line = stream(3);
    let contact = phone.contact();
    let outcome = office.register(&mut phone, &[&contact]);
    let answer = outcome.answer();
    assert_eq!((answer.code(), answer.line, answer.to), (200, stream(3), To::Peer));
    let pong = office.hears(phone.arrival(), phone.line, b"\r\n\r\n");
    assert_eq!((pong.answer().text.as_str(), pong.answer().to), ("\r\n", To::Peer));
    assert!(office.hears(phone.arrival(), phone.line, b"\r\n").sent.is_empty());
    office.exchange.closed(office.now, exchange::StreamNo(3));
    assert!(office.is_registered(&phone), "it may come back before its time is over");
}

#[test]
fn a_lan_side_sender_from_elsewhere_is_not_heard() {
    let mut office = SmallOffice::default();
    let from = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 1), 5_060);
    let stray = Arrival { from, ..arrival() };
    let text = request("OPTIONS", "sip:192.168.7.1", "");
    let outcome = office.hears(stray, Line::Sip, text.as_bytes());
    assert!(outcome.sent.is_empty());
    assert!(matches!(outcome.notes[..], [Note::Outsider(..)]));
}

#[test]
fn keep_alives_and_responses_mean_nothing() {
    let mut office = SmallOffice::default();
    let response =
        request("OPTIONS", "sip:x", "").replacen("OPTIONS sip:x SIP/2.0", "SIP/2.0 200 OK", 1);
    for bytes in [b"\r\n\r\n".as_slice(), b"\0", &[0, 1, 0, 0], response.as_bytes(), b""] {
        let outcome = office.hears(arrival(), Line::Sip, bytes);
        assert!(outcome.sent.is_empty() && outcome.notes.is_empty(), "{bytes:?}");
    }
    let outcome = office.hears(arrival(), Line::Sip, b"GET / HTTP/1.1\r\n\r\n");
    assert!(matches!(outcome.notes[..], [Note::Malformed(..)]));
    assert!(office.hears(arrival(), Line::Sip, b"x").notes.is_empty(), "only counted");
    assert_eq!(office.exchange.counters()[0], 2);
}

#[test]
fn the_multicast_group_hears_nothing_but_phones_that_look_for_their_file() {
    let mut office = SmallOffice::default();
    for method in ["OPTIONS", "REGISTER", "INVITE", "SUBSCRIBE", "JUMP"] {
        let text = request(method, "sip:224.0.1.75", "");
        assert!(office.hears(arrival(), Line::SipMulticast, text.as_bytes()).sent.is_empty());
    }
}

#[test]
fn no_torture_message_panics_or_changes_anything() {
    let mut office = SmallOffice::default();
    let mut heard = 0;
    for folder in ["rfc4475", "rfc5118", "phones", "pnp"] {
        for entry in fs::read_dir(corpus().join(folder)).expect("the corpus") {
            let bytes = fs::read(entry.expect("an entry").path()).expect("a message");
            for line in [Line::Sip, Line::SipMulticast, stream(1)] {
                for side in [Side::Lan, Side::Wan] {
                    let arrival = Arrival { side, ..arrival() };
                    let outcome = office.hears(arrival, line, &bytes);
                    assert!(outcome.records.is_empty());
                    let bound = |sent: &Sent| {
                        sent.code() == 200 && sent.header("CSeq").ends_with("REGISTER")
                    };
                    assert!(!outcome.sent.iter().any(bound));
                    heard += 1;
                }
            }
        }
    }
    assert!(heard > 400, "{heard}");
    assert!(office.exchange.durable().handsets().next().is_none());
}

#[test]
fn the_torture_messages_that_concern_a_registrar_get_what_the_rfc_says() {
    let mut office = SmallOffice::default();
    for (name, code) in [
        ("cparam01", 401),
        ("cparam02", 401),
        ("regescrt", 401),
        ("escnull", 401),
        ("regaut01", 401),
        ("dblreq", 401),
        ("regbadct", 400),
        ("unksm2", 400),
        ("unkscm", 416),
        ("novelsc", 416),
        ("bext01", 420),
        ("mismatch01", 400),
        ("mismatch02", 501),
        ("scalar02", 400),
        ("badvers", 505),
        ("zeromf", 483),
        ("intmeth", 501),
    ] {
        let bytes = fs::read(corpus().join(format!("rfc4475/{name}.dat"))).expect("a message");
        let from = SocketAddrV4::new(Ipv4Addr::new(198, 51, 100, 7), 5_060);
        let arrival = Arrival { side: Side::Wan, interface: WAN, from, ..arrival() };
        let outcome = office.hears(arrival, Line::Sip, &bytes);
        assert_eq!(outcome.answer().code(), code, "{name}");
    }
}

#[test]
fn who_asks_by_stun_is_told_from_where_he_is_seen_by_the_same_socket() {
    let mut office = SmallOffice::default();
    let question = [&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42][..], &[7; 12]].concat();
    for (side, interface) in [(Side::Lan, LAN), (Side::Wan, WAN)] {
        let asked = Arrival { side, interface, ..arrival() };
        let now = office.now;
        office.exchange.datagram(now, asked, Line::Sip, &question);
        let Some(exchange::Output::Send(departure, _)) = office.exchange.poll_output() else {
            panic!("nothing was sent");
        };
        assert_eq!((departure.line, departure.to), (Line::Sip, To::Address(SOMEBODY)));
        assert_eq!(departure.interface, interface);
        // A success, with 192.168.7.50:5071 mixed with the cookie.
        assert_eq!(departure.bytes[..4], [1, 1, 0, 12]);
        assert_eq!(
            departure.bytes[20..],
            [0, 0x20, 0, 8, 0, 1, 0x32, 0xdd, 0xe1, 0xba, 0xa3, 0x70]
        );
        // The group is for phones that look for their configuration, and a connection has its own.
        for line in [Line::SipMulticast, stream(1)] {
            office.exchange.datagram(now, asked, line, &question);
            assert!(office.exchange.poll_output().is_none());
        }
    }
}
