//! Messages with a known origin, and what is to be said to each of them.

mod sip_support;

use sip_support::{message, messages_in, table, udp, verdict, SOURCE};
use wire::sip::{frame, reply_address, Frame, Message, Method, Name, Start, Transport, Uri};

/// Walks a table row by row; a message without a row, or a row without a message, fails.
fn walk(folder: &str, path: &str, verdict_cell: usize) {
    let rows = table(path);
    let mut named: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    named.sort_unstable();
    assert_eq!(named, messages_in(folder), "{path} and the folder differ");
    for row in &rows {
        let said = verdict(&message(folder, &row[0]));
        assert_eq!(said, row[verdict_cell], "{folder}/{}", row[0]);
    }
}

#[test]
fn every_torture_message_of_rfc_4475_gets_its_verdict() {
    walk("rfc4475", "rfc4475/expected.txt", 3);
}

#[test]
fn every_ipv6_message_of_rfc_5118_gets_its_verdict() {
    walk("rfc5118", "rfc5118/expected.txt", 3);
}

#[test]
fn every_message_of_a_phone_or_a_stranger_gets_its_verdict() {
    walk("phones", "phones/index.txt", 1);
}

#[test]
fn every_phone_that_looks_for_its_configuration_is_understood() {
    let rows = table("pnp/index.txt");
    let mut named: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    named.sort_unstable();
    assert_eq!(named, messages_in("pnp"));
    for row in rows {
        let bytes = message("pnp", &row[0]);
        let message = udp(&bytes);
        message.essentials().expect(&row[0]);
        let Start::Request { method: Method::Subscribe, uri } = message.start else {
            panic!("{} is no SUBSCRIBE", row[0]);
        };
        let Some(Uri::Sip(uri)) = Uri::parse(uri) else { panic!("{uri}") };
        assert_eq!(uri.userinfo, Some(row[1].as_str()));
        let event = message.event().expect("an event");
        assert_eq!(
            (event.package, event.params.value("profile-type")),
            ("ua-profile", Some("device"))
        );
        let said =
            ["vendor", "model", "version"].map(|name| event.params.value(name).unwrap_or("-"));
        assert_eq!(said.join(", "), row[2], "{}", row[0]);
        let reply = reply_address(&message, SOURCE);
        assert_eq!((reply.ip(), reply.port().to_string()), (SOURCE.ip(), row[3].clone()));
    }
}

#[test]
fn a_display_name_with_an_unquoted_comma_is_answered_400() {
    let mut bytes = message("rfc4475", "baddn.dat");
    bytes.extend_from_slice(b"\r\n");
    assert_eq!(verdict(&bytes), "400 Bad From");
}

#[test]
fn sdp_with_ipv6_addresses_is_a_body_like_any_other() {
    let text = String::from_utf8(message("rfc5118", "ipv6-in-sdp.dat")).expect("text");
    assert_eq!(verdict(text.replace("268", "251").as_bytes()), "ok");
}

#[test]
fn the_tortuous_invite_is_read_to_its_last_fold() {
    let bytes = message("rfc4475", "wsinv.dat");
    let message = udp(&bytes);
    let essentials = message.essentials().expect("valid");
    assert_eq!(essentials.to.uri, "sip:vivekg@chair-dnrc.example.com");
    assert_eq!(essentials.to.tag(), Some("1918181833n"));
    assert_eq!(essentials.from.tag(), Some("98asjd8"));
    assert_eq!(essentials.from.display, br#"J Rosenberg \\\""#);
    assert_eq!((essentials.cseq.number, essentials.max_forwards), (9, Some(68)));
    assert_eq!(essentials.via.host, "192.0.2.2");
    assert_eq!(message.list(Name::Via).count(), 3);
    let contacts: Vec<_> = message.contacts().collect();
    let [Ok(wire::sip::Contact::At(contact))] = contacts.as_slice() else { panic!("{contacts:?}") };
    assert_eq!(contact.params.value("newparam"), Some("newvalue"));
    assert_eq!(contact.quality(), Some(330));
}

#[test]
fn every_token_character_is_taken_for_what_it_is() {
    let bytes = message("rfc4475", "intmeth.dat");
    let message = udp(&bytes);
    let essentials = message.essentials().expect("valid");
    assert_eq!(message.method(), Some(essentials.cseq.method));
    assert_eq!(essentials.via.branch(), Some("z9hG4bK-.!%66*_+`'~"));
    assert_eq!(essentials.from.tag(), Some("_token~1'+`*%!-."));
    assert_eq!(essentials.call_id, "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{");
    assert_eq!(essentials.to.display, b"BEL:\\\x07 NUL:\\\x00 DEL:\\\x7f");
}

#[test]
fn two_requests_in_a_datagram_are_one_and_on_a_stream_are_two() {
    let bytes = message("rfc4475", "dblreq.dat");
    assert_eq!(udp(&bytes).method(), Some(Method::Register));
    let Frame::Message(length) = frame(&bytes) else { panic!("no first message") };
    let (first, rest) = bytes.split_at(length);
    assert_eq!(frame(rest), Frame::Blank(2));
    let rest = &rest[2..];
    let first = Message::parse(first, Transport::Tcp).expect("first");
    assert_eq!(
        first.essentials().map(|it| it.call_id.to_string()),
        Ok("dblreq.0ha0isndaksdj99sdfafnl3lk233412".into())
    );
    let Frame::Message(length) = frame(rest) else { panic!("no second message") };
    let second = Message::parse(&rest[..length], Transport::Tcp).expect("second");
    assert_eq!(second.method(), Some(Method::Invite));
}
