//! A phone is rung to be found, and no call comes of it whatever it answers.
//!
//! RFC 3261 sections 9.1, 13.2.2.4 and 17.1.1 are walked on the wire.
#![allow(clippy::expect_used, reason = "what is missing here should fail its test")]

mod sip_support;

use exchange::command::{By, Command, Refusal};
use exchange::names::Side;
use sip_support::asking::SECOND_MS;
use sip_support::{stream, Outcome, Phone, Sent, SmallOffice, BOX};

fn rings(office: &mut SmallOffice, phone: &Phone) -> Result<Sent, Refusal> {
    let handset = office.handset(phone);
    let by = By { side: Side::Lan, source: BOX, seen: None };
    let done = office.exchange.command(office.now, &by, Command::Ring { handset });
    let outcome = office.drain();
    done.map(|_| outcome.answer().clone())
}

fn word(sent: &Sent) -> &str {
    sent.text.split(' ').next().unwrap_or_default()
}

/// What a phone says to a request, with more header lines and a body.
fn says(office: &mut SmallOffice, phone: &Phone, to: &Sent, status: &str, more: &str) -> Outcome {
    let (head, body) = more.split_once("\n\n").unwrap_or((more, ""));
    let mut text = format!("SIP/2.0 {status}\r\n");
    for name in ["Via", "From", "Call-ID", "CSeq"] {
        text += &format!("{name}: {}\r\n", to.header(name));
    }
    text += &format!("To: {};tag=p1\r\n{head}", to.header("To"));
    text += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
    office.hears(phone.arrival(), phone.line, text.as_bytes())
}

fn story(office: &SmallOffice, phone: &Phone) -> Vec<String> {
    let device = office.exchange.device(office.now, phone.mac).expect("a device");
    let steps: Vec<String> = device.story.iter().map(|(_, step)| step.to_string()).collect();
    let begun = steps.iter().rposition(|step| step.starts_with("Is rung"));
    steps.get(begun.expect("it is rung")..).unwrap_or_default().to_vec()
}

const CONTACT: &str = "Contact: <sip:line@192.168.7.20:5062;ob>\r\n";
const OFFER: &str =
    "Contact: <sip:line@192.168.7.20:5062;ob>\r\nContent-Type: application/sdp\r\n\n\n\
    v=0\r\no=p 1 1 IN IP4 192.168.7.20\r\ns=-\r\nc=IN IP4 192.168.7.20\r\nt=0 0\r\n\
    m=audio 16384 RTP/AVP 9 8 0\r\na=rtpmap:9 G722/8000\r\nm=video 16386 RTP/AVP 99\r\n";

#[test]
fn a_phone_rings_for_ten_seconds_and_is_taken_back() {
    let mut office = SmallOffice::default();
    let phone = office.registered(20);
    let invite = rings(&mut office, &phone).expect("it rings");
    let first = invite.text.lines().next().unwrap_or_default();
    assert_eq!(first, format!("INVITE sip:{}@192.168.7.20:5062 SIP/2.0", phone.login()));
    assert!(invite.text.ends_with("Content-Length: 0\r\n\r\n"), "no offer");
    assert!(!invite.header("Contact").is_empty() && invite.header("CSeq") == "1 INVITE");
    assert_eq!(rings(&mut office, &phone).err(), Some(Refusal::AskedAlready));
    says(&mut office, &phone, &invite, "180 Ringing", "");
    let sent = office.lives(10 * SECOND_MS);
    let [(at, cancel)] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!((*at, word(cancel)), (10 * SECOND_MS, "CANCEL"));
    // Section 9.1: the same branch, the same URI, and a To without a tag.
    assert_eq!(cancel.header("Via"), invite.header("Via"));
    assert_eq!(cancel.header("To"), invite.header("To"));
    assert_eq!(cancel.header("CSeq"), "1 CANCEL");
    assert!(says(&mut office, &phone, cancel, "200 OK", "").sent.is_empty());
    let ended = says(&mut office, &phone, &invite, "487 Request Terminated", "");
    let ack = ended.answer();
    assert_eq!((word(ack), ack.header("CSeq")), ("ACK", "1 ACK"));
    assert_eq!(ack.header("Via"), invite.header("Via"));
    assert!(ack.header("To").ends_with(";tag=p1"));
    // It comes again, and is acknowledged again.
    let again = says(&mut office, &phone, &invite, "487 Request Terminated", "");
    assert_eq!(again.answer().text, ack.text);
    assert!(office.lives(60 * SECOND_MS).is_empty());
    assert_eq!(
        story(&office, &phone),
        ["Is rung to be found (INVITE)", "Was rung for ten seconds"]
    );
    assert!(rings(&mut office, &phone).is_ok());
}

#[test]
fn a_phone_that_answers_is_hung_up_at_once() {
    let mut office = SmallOffice::default();
    let phone = office.registered(20);
    let invite = rings(&mut office, &phone).expect("it rings");
    says(&mut office, &phone, &invite, "180 Ringing", "");
    let answered = says(&mut office, &phone, &invite, "200 OK", OFFER);
    let [ack, bye] = answered.sent.as_slice() else { panic!("{:?}", answered.sent) };
    assert_eq!((word(ack), word(bye)), ("ACK", "BYE"));
    for sent in [ack, bye] {
        assert!(sent.text.contains(" sip:line@192.168.7.20:5062;ob SIP/2.0\r\n"), "{}", sent.text);
        assert!(
            sent.header("To").ends_with(";tag=p1") && sent.header("Via") != invite.header("Via")
        );
        assert_eq!(sent.header("Call-ID"), invite.header("Call-ID"));
        assert_eq!(sent.header("From"), invite.header("From"));
    }
    assert_eq!((ack.header("CSeq"), bye.header("CSeq")), ("1 ACK", "2 BYE"));
    // The answer takes none of the streams (RFC 3264 section 6).
    assert!(ack.text.contains("m=audio 0 RTP/AVP 9\r\nm=video 0 RTP/AVP 99\r\n"), "{}", ack.text);
    // The 200 comes again: it is acknowledged, and not hung up twice.
    let again = says(&mut office, &phone, &invite, "200 OK", OFFER);
    assert_eq!(word(again.answer()), "ACK");
    // The BYE is repeated until it is answered (section 17.1.2.2).
    let sent = office.lives(2 * SECOND_MS);
    assert!(sent.len() == 2 && sent.iter().all(|(_, sent)| sent.text == bye.text), "{sent:?}");
    says(&mut office, &phone, bye, "200 OK", "");
    assert!(office.lives(60 * SECOND_MS).is_empty());
    let last = story(&office, &phone).pop();
    assert_eq!(last.as_deref(), Some("Was rung and answered; it was hung up"));
}

#[test]
fn one_that_answers_while_it_is_taken_back_is_hung_up_too() {
    let mut office = SmallOffice::default();
    let phone = office.registered(20);
    let invite = rings(&mut office, &phone).expect("it rings");
    says(&mut office, &phone, &invite, "100 Trying", "");
    let sent = office.lives(10 * SECOND_MS);
    assert_eq!(word(&sent[0].1), "CANCEL");
    let crossed = says(&mut office, &phone, &invite, "200 OK", CONTACT);
    let words: Vec<&str> = crossed.sent.iter().map(word).collect();
    assert_eq!(words, ["ACK", "BYE"]);
    // It may hang up first.
    let text = format!(
        "BYE sip:dialtone@{BOX} SIP/2.0\r\nVia: SIP/2.0/UDP {};branch=z9hG4bKbye\r\n\
         From: {};tag=p1\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: 1 BYE\r\nMax-Forwards: 70\r\n\
         Content-Length: 0\r\n\r\n",
        phone.address,
        invite.header("To"),
        invite.header("From"),
        invite.header("Call-ID"),
    );
    let bye = office.hears(phone.arrival(), phone.line, text.as_bytes());
    assert_eq!(bye.answer().code(), 200);
}

#[test]
fn a_phone_that_will_not_ring_is_acknowledged() {
    for status in ["486 Busy Here", "603 Decline", "401 Unauthorized", "302 Moved", "500 No"] {
        let mut office = SmallOffice::default();
        let phone = office.registered(20);
        let invite = rings(&mut office, &phone).expect("it rings");
        let refused = says(&mut office, &phone, &invite, status, "");
        assert_eq!(word(refused.answer()), "ACK");
        assert!(office.lives(60 * SECOND_MS).is_empty(), "{status}");
        let last = story(&office, &phone).pop().unwrap_or_default();
        assert!(last.starts_with("Would not ring (") && last.contains(&status[..3]), "{last}");
    }
}

#[test]
fn a_silent_phone_is_asked_for_32_seconds_and_never_taken_back() {
    let mut office = SmallOffice::default();
    let phone = office.registered(20);
    let invite = rings(&mut office, &phone).expect("it rings");
    let sent = office.lives(60 * SECOND_MS);
    let times: Vec<u64> = sent.iter().map(|(at, _)| *at).collect();
    // Timer A of section 17.1.1.2: a CANCEL before any answer would be wrong (9.1).
    assert_eq!(times, [500, 1_500, 3_500, 7_500, 15_500, 31_500]);
    assert!(sent.iter().all(|(_, sent)| sent.text == invite.text));
    let last = story(&office, &phone).pop();
    assert_eq!(last.as_deref(), Some("Did not answer when it was rung"));
}

#[test]
fn over_a_stream_nothing_is_repeated() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    phone.line = stream(4);
    let contact = format!("<sip:{}@{};transport=tcp>", phone.login(), phone.address);
    assert_eq!(office.register(&mut phone, &[&contact]).answer().code(), 200);
    let invite = rings(&mut office, &phone).expect("it rings");
    assert_eq!(invite.line, stream(4));
    assert!(office.lives(5 * SECOND_MS).is_empty());
    says(&mut office, &phone, &invite, "180 Ringing", "");
    let sent = office.lives(20 * SECOND_MS);
    assert!(sent.len() == 1 && word(&sent[0].1) == "CANCEL", "{sent:?}");
}

#[test]
fn over_tls_every_request_says_so() {
    let mut office = SmallOffice::secured();
    let mut phone = office.phone(20);
    office.exchange.opened_secured(exchange::StreamNo(4));
    phone.line = stream(4);
    let contact = format!("<sip:{}@{};transport=tls>", phone.login(), phone.address);
    assert_eq!(office.register(&mut phone, &[&contact]).answer().code(), 200);
    let invite = rings(&mut office, &phone).expect("it rings");
    let via = format!("SIP/2.0/TLS {BOX}:5061;");
    assert!(invite.header("Via").starts_with(&via), "{}", invite.header("Via"));
    assert_eq!(invite.header("Contact"), format!("<sip:dialtone@{BOX}:5061;transport=tls>"));
    let answered = says(&mut office, &phone, &invite, "200 OK", CONTACT);
    let words: Vec<&str> = answered.sent.iter().map(word).collect();
    assert_eq!(words, ["ACK", "BYE"]);
    assert!(answered.sent.iter().all(|sent| sent.header("Via").starts_with(&via)));
}

#[test]
fn nobody_else_answers_for_a_phone_and_what_it_says_breaks_no_line() {
    let mut office = SmallOffice::default();
    let (phone, other) = (office.registered(20), office.registered(21));
    let invite = rings(&mut office, &phone).expect("it rings");
    assert!(says(&mut office, &other, &invite, "200 OK", CONTACT).sent.is_empty());
    let evil = "Contact: <sip:a@b>,\r\n <sip:c@d>\r\n";
    let answered = says(&mut office, &phone, &invite, "200 OK", evil);
    for sent in &answered.sent {
        assert!(!sent.text.contains("c@d"), "{}", sent.text);
    }
    let unreachable = office.phone(30);
    assert_eq!(rings(&mut office, &unreachable).err(), Some(Refusal::NotReachable));
}
