//! What the box sends: responses, requests, and where they go; and how a stream is cut.

mod sip_support;

use std::net::{Ipv4Addr, SocketAddrV4};

use sip_support::{message, udp, SOURCE};
use wire::sip::{
    frame, reason_phrase, reply_address, Frame, Message, Method, Name, NoRoom, Transport, Writer,
    BODY_MAX, HEADER_MAX,
};

fn request(via: &str) -> String {
    format!(
        "REGISTER sip:192.0.2.1 SIP/2.0\r\nVia: {via}\r\nFrom: <sip:204@192.0.2.1>;tag=1\r\n\
         To: <sip:204@192.0.2.1>\r\nCall-ID: 1@2\r\nCSeq: 7 REGISTER\r\n\
         Content-Length: 0\r\n\r\n"
    )
}

#[allow(clippy::expect_used, reason = "a part of tests")]
fn answer(request: &str, code: u16) -> String {
    let mut buffer = [0; 4096];
    let writer = Writer::respond(&mut buffer, &udp(request.as_bytes()), code, "", SOURCE, "t4g");
    String::from_utf8(writer.finish(b"").expect("room").to_vec()).expect("text")
}

#[test]
fn a_response_says_who_asked_what() {
    let answer = answer(&request("SIP/2.0/UDP 192.0.2.77;branch=z9hG4bK1"), 200);
    assert_eq!(
        answer,
        "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.77;branch=z9hG4bK1\r\n\
         From: <sip:204@192.0.2.1>;tag=1\r\nTo: <sip:204@192.0.2.1>;tag=t4g\r\n\
         Call-ID: 1@2\r\nCSeq: 7 REGISTER\r\nContent-Length: 0\r\n\r\n"
    );
}

#[test]
fn the_top_hop_learns_the_address_it_came_from() {
    let rows = [
        ("SIP/2.0/UDP 192.0.2.77", "SIP/2.0/UDP 192.0.2.77"),
        ("SIP/2.0/UDP 10.0.0.5", "SIP/2.0/UDP 10.0.0.5;received=192.0.2.77"),
        ("SIP/2.0/UDP phone.example", "SIP/2.0/UDP phone.example;received=192.0.2.77"),
        (
            "SIP/2.0/UDP 192.0.2.77;rport;branch=b",
            "SIP/2.0/UDP 192.0.2.77;branch=b;rport=40000;received=192.0.2.77",
        ),
        ("SIP/2.0/UDP 10.0.0.5;rport=9", "SIP/2.0/UDP 10.0.0.5;rport=40000;received=192.0.2.77"),
        ("SIP/2.0/UDP 192.0.2.77;received=8.8.8.8", "SIP/2.0/UDP 192.0.2.77"),
        (
            "SIP/2.0/UDP 10.0.0.5 ;\r\n a = b ;received=8.8.8.8;RPORT",
            "SIP/2.0/UDP 10.0.0.5;a = b;rport=40000;received=192.0.2.77",
        ),
        ("not readable", "not readable"),
    ];
    for (via, expected) in rows {
        let answer = answer(&request(via), 400);
        assert_eq!(answer.lines().nth(1), Some(format!("Via: {expected}").as_str()));
    }
}

#[test]
fn every_hop_goes_back_in_its_order() {
    let via = "SIP/2.0/UDP 192.0.2.77;branch=z9hG4bK1, SIP/2.0/TCP b;x=\"1,2\"\r\n\
               v : SIP/2.0/UDP c;rport";
    let answer = answer(&request(via), 200);
    let vias: Vec<&str> = answer.lines().filter(|line| line.starts_with("Via: ")).collect();
    assert_eq!(vias[1..], ["Via: SIP/2.0/TCP b;x=\"1,2\"", "Via: SIP/2.0/UDP c;rport"]);
}

#[test]
fn a_to_gets_a_tag_only_where_it_has_none_and_never_in_a_100() {
    let plain = request("SIP/2.0/UDP a");
    assert!(!answer(&plain, 100).contains("t4g"));
    let tagged = plain.replace("To: <sip:204@192.0.2.1>", "To: <sip:204@192.0.2.1>;tag=old");
    assert!(!answer(&tagged, 200).contains("t4g"));
    let bare = plain.replace("To: <sip:204@192.0.2.1>", "t: sip:204@192.0.2.1");
    assert!(answer(&bare, 200).contains("\r\nTo: sip:204@192.0.2.1;tag=t4g\r\n"));
}

#[test]
fn what_is_missing_is_left_out_of_the_answer() {
    let bytes = message("rfc4475", "insuf.dat");
    let mut buffer = [0; 1024];
    let writer = Writer::respond(&mut buffer, &udp(&bytes), 400, "Missing From", SOURCE, "t");
    let text = String::from_utf8(writer.finish(b"").expect("room").to_vec()).expect("text");
    assert!(text.starts_with("SIP/2.0 400 Missing From\r\nVia: SIP/2.0/UDP 192.0.2.95;"));
    assert!(text.ends_with("\r\nCSeq: 193942 INVITE\r\nContent-Length: 0\r\n\r\n"));
    assert_eq!(text.lines().count(), 5);
}

#[test]
fn nothing_copied_or_written_can_begin_a_line_of_its_own() {
    let folded = request("SIP/2.0/UDP a").replace("From: <", "From: \"x\r\n \r\n\tEvil: 1\" <");
    let answer = answer(&folded, 200);
    assert!(answer.contains("\r\nFrom: \"x Evil: 1\" <sip:204@192.0.2.1>;tag=1\r\n"), "{answer}");
    let mut buffer = [0; 512];
    let source = SOURCE;
    let mut writer =
        Writer::request(&mut buffer, Method::Notify, "sip:a\r\nX: 1", Transport::Udp, source, "b");
    writer.header(Name::Server, "a\r\nX: 2\nX: 3").header(Name::Other("Y\nZ"), 4);
    let text = String::from_utf8(writer.finish(b"").expect("room").to_vec()).expect("text");
    assert!(!text.contains("\nX:") && !text.contains("\nZ"), "{text}");
}

#[test]
fn a_notify_is_a_request_that_reads_back() {
    let bytes = message("pnp", "snom-oem.dat");
    let subscribe = udp(&bytes);
    let here = SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 1), 5060);
    let mut buffer = [0; 1024];
    let mut writer = Writer::request(
        &mut buffer,
        Method::Notify,
        "sip:192.168.10.67:5060",
        Transport::Udp,
        here,
        "n1",
    );
    writer
        .copy(&subscribe, Name::From)
        .copy(&subscribe, Name::To)
        .copy(&subscribe, Name::CallId)
        .header(Name::CSeq, format_args!("{} NOTIFY", 2))
        .header(Name::SubscriptionState, "terminated;reason=timeout")
        .header(Name::ContentType, "application/url");
    let text = writer.finish(b"http://192.0.2.1/p").expect("room");
    let notify = udp(text);
    let essentials = notify.essentials().expect("valid");
    assert_eq!((essentials.cseq.number, essentials.max_forwards), (2, Some(70)));
    assert_eq!(essentials.via.branch(), Some("z9hG4bKn1"));
    assert_eq!(essentials.from.tag(), Some("658512961"));
    assert_eq!(notify.body, b"http://192.0.2.1/p");
}

#[test]
fn a_message_that_does_not_fit_is_not_sent() {
    let request = request("SIP/2.0/UDP a");
    let whole = answer(&request, 200).len();
    for room in 0..whole {
        let mut buffer = vec![0; room];
        let writer = Writer::respond(&mut buffer, &udp(request.as_bytes()), 200, "", SOURCE, "t4g");
        assert_eq!(writer.finish(b""), Err(NoRoom), "{room}");
    }
    let mut buffer = vec![0; whole];
    let writer = Writer::respond(&mut buffer, &udp(request.as_bytes()), 200, "", SOURCE, "t4g");
    assert_eq!(writer.finish(b"").map(<[u8]>::len), Ok(whole));
}

#[test]
fn a_reply_never_goes_to_an_address_the_request_did_not_come_from() {
    let rows = [
        ("SIP/2.0/UDP 198.51.100.9:7000", 7000),
        ("SIP/2.0/UDP 198.51.100.9", 5060),
        ("SIP/2.0/UDP 198.51.100.9:0", 5060),
        ("SIP/2.0/UDP 198.51.100.9:7000;rport", 40_000),
        ("SIP/2.0/UDP 198.51.100.9:7000;maddr=198.51.100.8;received=198.51.100.7", 7000),
        ("not readable", 40_000),
    ];
    for (via, port) in rows {
        let text = request(via);
        let reply = reply_address(&udp(text.as_bytes()), SOURCE);
        assert_eq!(reply, SocketAddrV4::new(*SOURCE.ip(), port), "{via}");
    }
}

#[test]
fn every_code_has_a_phrase() {
    for code in 100..700 {
        assert!(!reason_phrase(code).is_empty());
    }
    assert_eq!(reason_phrase(423), "Interval Too Brief");
    assert_eq!(reason_phrase(499), "Request Failure");
}

#[test]
fn a_stream_is_cut_into_messages_however_it_arrives() {
    let text = request("SIP/2.0/TCP a").replace("Length: 0\r\n\r\n", "Length: 4\r\n\r\nbody");
    let whole = text.len();
    let stream = format!("{text}{text}");
    for cut in 0..whole {
        assert_eq!(frame(&stream.as_bytes()[..cut]), Frame::Need, "{cut}");
    }
    for cut in whole..stream.len() {
        assert_eq!(frame(&stream.as_bytes()[..cut]), Frame::Message(whole), "{cut}");
    }
    let first = Message::parse(text.as_bytes(), Transport::Tcp).expect("a message");
    assert_eq!(first.body, b"body");
    assert_eq!(first.essentials().err(), None);
}

#[test]
fn a_ping_is_told_from_a_pong() {
    assert_eq!(frame(b"\r\n\r\n"), Frame::Ping(4));
    assert_eq!(frame(b"\r\n\r\nREG"), Frame::Ping(4));
    assert_eq!(frame(b"\r\nREG"), Frame::Blank(2));
    for partial in [&b""[..], b"\r", b"\r\n", b"\r\n\r"] {
        assert_eq!(frame(partial), Frame::Need);
    }
}

#[test]
fn a_stream_that_lost_its_framing_is_given_up() {
    let text = request("SIP/2.0/TCP a");
    for length in ["-1", "five", "", "99999999999", "0\r\nl: 1"] {
        let text = text.replace("Length: 0", &format!("Length: {length}"));
        assert_eq!(frame(text.as_bytes()), Frame::Malformed, "{length}");
    }
    assert_eq!(frame(text.replace("Content-Length: 0\r\n", "").as_bytes()), Frame::Malformed);
    for junk in [&b"\x16\x03\x01"[..], b"\n", b"\0", b"\r\r"] {
        assert!(matches!(frame(junk), Frame::Malformed), "{junk:?}");
    }
}

#[test]
fn a_stream_holds_no_more_than_its_limits() {
    let endless = format!("OPTIONS sip:a@b SIP/2.0\r\nX: {}", "x".repeat(HEADER_MAX));
    assert_eq!(frame(endless.as_bytes()), Frame::TooLarge);
    assert_eq!(frame(&endless.as_bytes()[..HEADER_MAX - 1]), Frame::Need);
    let with_body = |size: usize| {
        let text = request("SIP/2.0/TCP a").replace("Length: 0", &format!("Length: {size}"));
        frame(text.as_bytes())
    };
    assert_eq!(with_body(BODY_MAX), Frame::Need);
    assert_eq!(with_body(BODY_MAX + 1), Frame::TooLarge);
}
