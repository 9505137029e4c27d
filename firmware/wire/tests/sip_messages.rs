//! What makes bytes a message, and what is said of a message that is not quite one.

mod sip_support;

use sip_support::{udp, verdict};
use wire::sip::{Bad, Malformed, Message, Method, Name, Start, Transport};

const PLAIN: &str = "OPTIONS sip:box@192.0.2.1 SIP/2.0\r\n\
    Via: SIP/2.0/UDP 192.0.2.77:5060;branch=z9hG4bK1\r\n\
    From: <sip:204@192.0.2.1>;tag=1\r\n\
    To: <sip:box@192.0.2.1>\r\n\
    Call-ID: 1@192.0.2.77\r\n\
    CSeq: 7 OPTIONS\r\n\
    Content-Length: 0\r\n\r\n";

/// `PLAIN` with one piece of it replaced.
fn with(old: &str, new: &str) -> String {
    assert!(PLAIN.contains(old), "{old}");
    PLAIN.replacen(old, new, 1)
}

fn bad(text: &str) -> Option<Bad> {
    udp(text.as_bytes()).essentials().err()
}

fn malformed(bytes: &[u8]) -> Option<Malformed> {
    Message::parse(bytes, Transport::Udp).err()
}

#[test]
fn white_space_before_the_colon_does_not_make_another_name() {
    for spelling in ["Call-ID:", "Call-ID :", "Call-ID \t :", "CALL-id:", "i:", "I  :"] {
        let text = with("Call-ID:", spelling);
        let message = udp(text.as_bytes());
        assert_eq!(message.text(Name::CallId), Some("1@192.0.2.77"), "{spelling}");
        let text = with("Call-ID: 1", &format!("Call-ID: 2@2\r\n{spelling} 1"));
        assert_eq!(bad(&text), Some(Bad::Repeated(Name::CallId)), "{spelling}");
    }
}

#[test]
fn every_compact_name_is_its_long_name() {
    let pairs = [
        ("v", Name::Via),
        ("f", Name::From),
        ("t", Name::To),
        ("i", Name::CallId),
        ("m", Name::Contact),
        ("l", Name::ContentLength),
        ("c", Name::ContentType),
        ("e", Name::ContentEncoding),
        ("o", Name::Event),
        ("u", Name::AllowEvents),
        ("k", Name::Supported),
        ("s", Name::Subject),
    ];
    for (compact, name) in pairs {
        assert_eq!(Name::of(compact), name);
        assert_eq!(Name::of(&compact.to_uppercase()), name);
        assert_eq!(Name::of(name.as_str()), name);
    }
    assert_eq!(Name::of("mac"), Name::Other("MAC"));
    assert_ne!(Name::of("Mac"), Name::of("Mac2"));
    assert_eq!(Name::of("C%6Fntact"), Name::Other("C%6Fntact"));
}

#[test]
fn a_folded_value_is_one_value() {
    let text = with("CSeq: 7 OPTIONS", "CSeq:\r\n 7\r\n\t OPTIONS");
    assert_eq!(bad(&text), None);
    let text = with("Call-ID: 1@", "Subject:\r\n \r\nCall-ID: 1@");
    assert_eq!(udp(text.as_bytes()).first(Name::Subject), Some(&b""[..]));
    let text = with("Via: ", " folded\r\nVia: ");
    assert_eq!(malformed(text.as_bytes()), Some(Malformed::NotSip));
}

#[test]
fn a_datagram_may_go_on_after_its_message() {
    let text = with("Length: 0\r\n\r\n", "Length: 5\r\n\r\nhello, and more");
    assert_eq!(udp(text.as_bytes()).body, b"hello");
    assert_eq!(bad(&text), None);
}

#[test]
fn a_datagram_without_a_length_ends_its_body() {
    let text = with("Content-Length: 0\r\n\r\n", "\r\nhello");
    assert_eq!(udp(text.as_bytes()).body, b"hello");
    assert_eq!(bad(&text), None);
}

#[test]
fn a_length_that_lies_is_answered_400() {
    for length in ["1", "-1", "five", "", "4294967296", "99999999999999999999", "0x0", "+0"] {
        let text = with("Length: 0", &format!("Length: {length}"));
        assert_eq!(bad(&text), Some(Bad::Unreadable(Name::ContentLength)), "{length}");
    }
    let twice = with("Content-Length: 0", "Content-Length: 0\r\nl: 1");
    assert_eq!(bad(&twice), Some(Bad::Unreadable(Name::ContentLength)));
    let agreed = with("Content-Length: 0", "Content-Length: 0\r\nl: 00");
    assert_eq!(bad(&agreed), None);
}

#[test]
fn a_stream_needs_a_length() {
    let text = with("Content-Length: 0\r\n", "");
    let message = Message::parse(text.as_bytes(), Transport::Tcp).expect("a message");
    assert_eq!(message.essentials().err(), Some(Bad::Unreadable(Name::ContentLength)));
}

#[test]
fn what_is_missing_is_named() {
    let lines = [
        ("Via: SIP/2.0/UDP 192.0.2.77:5060;branch=z9hG4bK1\r\n", Name::Via),
        ("From: <sip:204@192.0.2.1>;tag=1\r\n", Name::From),
        ("To: <sip:box@192.0.2.1>\r\n", Name::To),
        ("Call-ID: 1@192.0.2.77\r\n", Name::CallId),
        ("CSeq: 7 OPTIONS\r\n", Name::CSeq),
    ];
    for (line, name) in lines {
        assert_eq!(bad(&with(line, "")), Some(Bad::Missing(name)));
        if name != Name::Via {
            assert_eq!(bad(&with(line, &line.repeat(2))), Some(Bad::Repeated(name)));
        }
        let empty = format!("{name}:\r\n");
        let expected = if name == Name::Via { Bad::Missing(name) } else { Bad::Unreadable(name) };
        assert_eq!(bad(&with(line, &empty)), Some(expected));
    }
    let twice = with("CSeq", "Max-Forwards: 70\r\nmax-forwards : 5\r\nCSeq");
    assert_eq!(bad(&twice), Some(Bad::Repeated(Name::MaxForwards)));
}

#[test]
fn a_phone_of_rfc_2543_is_let_in() {
    let text =
        with(";branch=z9hG4bK1", "").replace(";tag=1", "").replace("Content-Length: 0\r\n", "");
    let message = udp(text.as_bytes());
    let essentials = message.essentials().expect("valid");
    assert_eq!(essentials.via.branch(), None);
    assert_eq!(essentials.from.tag(), None);
    assert_eq!(essentials.max_forwards, None);
}

#[test]
fn a_sequence_number_that_does_not_fit_is_refused() {
    for number in ["4294967296", "36893488147419103232", "-1", "x", &"9".repeat(5000)] {
        let text = with("CSeq: 7", &format!("CSeq: {number}"));
        assert_eq!(bad(&text), Some(Bad::Unreadable(Name::CSeq)));
    }
    let text = with("CSeq: 7", "CSeq: 0000000000004294967295");
    assert_eq!(udp(text.as_bytes()).essentials().map(|it| it.cseq.number), Ok(u32::MAX));
}

#[test]
fn the_method_of_the_cseq_must_agree_unless_nobody_knows_it() {
    assert_eq!(bad(&with("7 OPTIONS", "7 REGISTER")), Some(Bad::OtherMethod));
    assert_eq!(bad(&with("7 OPTIONS", "7 options")), Some(Bad::OtherMethod));
    assert_eq!(verdict(with("OPTIONS", "NEW").as_bytes()), "application: 501");
}

#[test]
fn methods_are_told_apart_by_case() {
    assert_eq!(Method::parse(b"REGISTER"), Some(Method::Register));
    assert_eq!(Method::parse(b"register"), Some(Method::Other("register")));
    assert_eq!(Method::parse(b"RE GISTER"), None);
    assert_eq!(Method::parse(b""), None);
    for method in ["REGISTER", "UPDATE", "NOTIFY", "STRANGE"] {
        assert_eq!(Method::parse(method.as_bytes()).map(Method::as_str), Some(method));
    }
}

#[test]
fn another_version_is_answered_505() {
    assert_eq!(bad(&with("SIP/2.0\r\n", "SIP/7.0\r\n")), Some(Bad::Version));
    assert_eq!(Bad::Version.code(), 505);
    assert_eq!(bad(&with("SIP/2.0\r\n", "sip/2.0\r\n")), None);
}

#[test]
fn what_is_not_sip_is_met_with_silence() {
    for first in
        ["GET / HTTP/1.1", "OPTIONS", "OPTIONS sip:a@b", "SIP/2.0 99 x", "SIP/2.0 700 x", "SIP/2.0"]
    {
        let text = format!("{first}\r\nHost: x\r\n\r\n");
        assert_eq!(malformed(text.as_bytes()), Some(Malformed::NotSip), "{first}");
    }
    assert_eq!(malformed(b"\r\n\r\n"), Some(Malformed::Empty));
    assert_eq!(malformed(b""), Some(Malformed::Empty));
    assert_eq!(malformed(&[0, 0, 0, 0]), Some(Malformed::Truncated));
    assert_eq!(malformed(b"OPTIONS sip:a@b SIP/2.0\r\nVia: x"), Some(Malformed::Truncated));
    assert_eq!(malformed(b"OPTIONS sip:a@b SIP/2.0\r\nVia: x\r\n"), Some(Malformed::Truncated));
}

#[test]
fn a_header_line_without_a_name_is_met_with_silence() {
    for line in ["no colon", ": value", "two words: x", "N\u{e4}me: x"] {
        let text = with("CSeq", &format!("{line}\r\nCSeq"));
        assert_eq!(malformed(text.as_bytes()), Some(Malformed::HeaderLine), "{line}");
    }
}

#[test]
fn the_65th_header_is_one_too_many() {
    let accepts = |count| with("CSeq", &("Accept: application/url\r\n".repeat(count) + "CSeq"));
    assert_eq!(bad(&accepts(50)), None);
    assert_eq!(bad(&accepts(58)), None);
    assert_eq!(malformed(accepts(59).as_bytes()), Some(Malformed::TooManyHeaders));
}

#[test]
fn a_response_without_a_reason_is_read() {
    for status in ["SIP/2.0 200 OK", "SIP/2.0 200 ", "SIP/2.0 200"] {
        let text = with("OPTIONS sip:box@192.0.2.1 SIP/2.0", status);
        assert_eq!(udp(text.as_bytes()).start, Start::Response { code: 200 });
    }
    let text = with("OPTIONS sip:box@192.0.2.1 SIP/2.0", "SIP/2.0 200OK");
    assert_eq!(malformed(text.as_bytes()), Some(Malformed::NotSip));
}

#[test]
fn empty_lines_before_a_message_do_not_matter() {
    let text = format!("\r\n\r\n\n{PLAIN}");
    assert_eq!(bad(&text), None);
    assert_eq!(bad(&PLAIN.replace("\r\n", "\n")), None);
}

#[test]
fn bytes_that_are_no_text_do_not_spoil_a_message() {
    let mut bytes = with("From: <", "From: XX <").into_bytes();
    let at = bytes.windows(2).position(|pair| pair == b"XX").expect("marker");
    bytes[at..at + 2].copy_from_slice(&[0xfc, 0xff]);
    let message = udp(&bytes);
    let essentials = message.essentials().expect("valid");
    assert_eq!(essentials.from.display, [0xfc, 0xff]);
    assert_eq!(essentials.from.uri, "sip:204@192.0.2.1");
    assert_eq!(message.text(Name::From), None);
}

#[test]
fn a_branch_or_tag_of_64_kib_is_as_good_as_a_short_one() {
    let long = "x".repeat(64 * 1024);
    let text = with("z9hG4bK1", &format!("z9hG4bK{long}")).replace("tag=1", &format!("tag={long}"));
    let message = udp(text.as_bytes());
    let essentials = message.essentials().expect("valid");
    assert_eq!(essentials.via.branch().map(str::len), Some(long.len() + 7));
    assert_eq!(essentials.from.tag(), Some(long.as_str()));
}
