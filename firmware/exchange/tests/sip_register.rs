//! REGISTER by the steps of RFC 3261 section 10.3, and what becomes of bindings.

mod sip_support;

use exchange::cause::Cause;
use exchange::command::Command;
use exchange::names::{LineNo, RecordNo};
use exchange::note::Note;
use exchange::state::Event;
use exchange::story::Step;
use exchange::time::Instant;
use sip_support::{at_nine, stream, Sent, SmallOffice, BOX};
use std::net::{Ipv4Addr, SocketAddrV4};

fn contacts(answer: &Sent) -> Vec<&str> {
    answer.all("Contact")
}

#[test]
fn a_phone_is_challenged_and_then_registered() {
    let mut office = SmallOffice::default();
    office.now.wall = Some(at_nine());
    let mut phone = office.phone(20);
    let contact = phone.contact();
    let outcome = office.register(&mut phone, &[&contact]);
    let answer = outcome.answer();
    assert_eq!(answer.code(), 200);
    assert_eq!(contacts(answer), [format!("{contact};expires=3600")]);
    assert_eq!(answer.header("Date"), "Sat, 13 Nov 2010 23:29:00 GMT");
    assert_eq!(outcome.notes, [Note::Registered(phone.mac)]);
    assert!(matches!(&outcome.records[..], [Event::ContactLearnt { .. }]));
    assert!(answer.after > RecordNo(0), "the answer waits for what it relies on");
    assert_eq!(office.story(&phone), [Step::Challenged, Step::Registered(LineNo::FIRST, 3_600)]);
    assert_eq!(office.registered_until(&phone, 1), Some(Instant(1_000 + 3_600_000)));
}

#[test]
fn a_refresh_writes_nothing_and_tells_nothing() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    let contact = phone.contact();
    office.register(&mut phone, &[&contact]);
    let story = office.story(&phone);
    for _ in 0..30 {
        office.wait(1_800_000);
        let outcome = office.register(&mut phone, &[&contact]);
        assert_eq!(outcome.answer().code(), 200);
        assert!(outcome.records.is_empty() && outcome.notes.is_empty());
    }
    assert_eq!(office.story(&phone), story);
}

#[test]
fn another_domain_is_not_found_and_the_story_says_so() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    let message =
        phone.says(&[], "").replace("REGISTER sip:192.168.7.1", "REGISTER sip:voip.example");
    let outcome = office.hears(phone.arrival(), phone.line, message.as_bytes());
    assert_eq!(outcome.answer().code(), 404);
    assert_eq!(office.story(&phone), [Step::RegisterRefused(Cause::OtherDomain)]);
    let message = phone.says(&[], "").replace("REGISTER sip:192.168.7.1", "REGISTER sip:dialtone");
    let outcome = office.hears(phone.arrival(), phone.line, message.as_bytes());
    assert_eq!(outcome.answer().code(), 401);
}

#[test]
fn an_extension_that_is_required_and_unknown_is_refused_by_name() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    let message = phone.says(&[], "Require: outbound, gruu\r\nRequire: path\r\n");
    let outcome = office.hears(phone.arrival(), phone.line, message.as_bytes());
    assert_eq!(outcome.answer().code(), 420);
    assert_eq!(outcome.answer().header("Unsupported"), "gruu, path");
}

#[test]
fn nobody_registers_for_another() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    let other = office.phone(21);
    let nonce = office.challenge(&mut phone);
    let message = phone.answers(&nonce, &[&phone.contact()]);
    let to = format!("To: <sip:{}@", phone.login());
    let message = message.replace(&to, &format!("To: <sip:{}@", other.login()));
    let outcome = office.hears(phone.arrival(), phone.line, message.as_bytes());
    assert_eq!(outcome.answer().code(), 403);
    assert!(!office.is_registered(&phone) && !office.is_registered(&other));
}

#[test]
fn the_user_of_the_to_may_be_escaped() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    let nonce = office.challenge(&mut phone);
    let message = phone.answers(&nonce, &[&phone.contact()]);
    let login = phone.login().to_string();
    let escaped = format!("%{:02x}{}", login.as_bytes()[0], &login[1..]);
    let message = message.replace(
        &format!("To: <sip:{login}@{BOX}>"),
        &format!("To: <sip:{escaped}@{BOX};user=phone>"),
    );
    let outcome = office.hears(phone.arrival(), phone.line, message.as_bytes());
    assert_eq!(outcome.answer().code(), 200);
    assert!(office.is_registered(&phone));
}

#[test]
fn a_register_without_contact_lists_what_is_bound() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    let contact = phone.contact();
    assert!(contacts(office.register(&mut phone, &[]).answer()).is_empty());
    office.register(&mut phone, &[&contact]);
    office.wait(600_000);
    let outcome = office.register(&mut phone, &[]);
    assert_eq!(contacts(outcome.answer()), [format!("{contact};expires=3000")]);
}

#[test]
fn a_star_ends_all_only_alone_and_with_expires_0() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    let contact = phone.contact();
    office.register(&mut phone, &[&contact, "<sip:two@192.168.7.20>"]);
    for (values, expires) in [
        (vec!["*"], ""),
        (vec!["*"], "Expires: 60\r\n"),
        (vec!["*", &contact], "Expires: 0\r\n"),
        (vec!["*", "*"], "Expires: 0\r\n"),
    ] {
        phone.extra = expires.into();
        let message = phone.says(&values, "");
        let outcome = office.hears(phone.arrival(), phone.line, message.as_bytes());
        assert_eq!(outcome.answer().code(), 400, "{values:?} {expires}");
        assert!(office.is_registered(&phone));
    }
    phone.extra = "Expires: 0\r\n".into();
    let outcome = office.register(&mut phone, &["*"]);
    assert_eq!((outcome.answer().code(), contacts(outcome.answer()).len()), (200, 0));
    assert!(!office.is_registered(&phone));
    assert_eq!(office.story(&phone).last(), Some(&Step::Unregistered(LineNo::FIRST)));
}

#[test]
fn a_star_that_comes_late_ends_nothing() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    let contact = phone.contact();
    office.register(&mut phone, &[&contact]);
    let nonce = office.challenge(&mut phone);
    phone.cseq -= 2;
    phone.extra = "Expires: 0\r\n".into();
    let message = phone.answers(&nonce, &["*"]);
    let outcome = office.hears(phone.arrival(), phone.line, message.as_bytes());
    assert_eq!(outcome.answer().code(), 500);
    assert!(office.is_registered(&phone));
}

#[test]
fn the_time_of_a_contact_goes_before_the_time_of_the_request() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    for (expires, param, granted) in [
        ("", "", 3_600),
        ("Expires: 120\r\n", "", 120),
        ("Expires: 120\r\n", ";expires=300", 300),
        ("", ";expires=86400", 3_600),
        ("Expires: 4294967296\r\n", "", 3_600),
        ("Expires: soon\r\n", "", 3_600),
        ("", ";expires=60", 60),
    ] {
        phone.extra = expires.into();
        let contact = phone.contact();
        let outcome = office.register(&mut phone, &[&format!("{contact}{param}")]);
        assert_eq!(contacts(outcome.answer()), [format!("{contact};expires={granted}")]);
    }
}

#[test]
fn a_registration_that_is_too_brief_is_answered_423() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    let contact = phone.contact();
    let outcome = office.register(&mut phone, &[&format!("{contact};expires=59")]);
    assert_eq!(outcome.answer().code(), 423);
    assert_eq!(outcome.answer().header("Min-Expires"), "60");
    assert!(!office.is_registered(&phone));
    assert_eq!(office.story(&phone).last(), Some(&Step::RegisterRefused(Cause::TooBrief)));
    let outcome = office.register(&mut phone, &[&format!("{contact};expires=0")]);
    assert_eq!(outcome.answer().code(), 200, "giving up is never too brief");
}

#[test]
fn a_request_is_carried_out_completely_or_not_at_all() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    let contact = phone.contact();
    office.register(&mut phone, &[&contact]);
    let nonce = office.challenge(&mut phone);
    phone.cseq -= 2;
    let message = phone.answers(&nonce, &["<sip:new@192.168.7.20>", &contact]);
    let outcome = office.hears(phone.arrival(), phone.line, message.as_bytes());
    assert_eq!(outcome.answer().code(), 500);
    let outcome = office.register(&mut phone, &[]);
    assert_eq!(contacts(outcome.answer()).len(), 1, "the new contact was not bound either");
}

#[test]
fn another_call_may_count_from_anywhere() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    let contact = phone.contact();
    phone.cseq = 1_000;
    office.register(&mut phone, &[&contact]);
    phone.cseq = 0;
    phone.call_id = "after-a-restart@phone".into();
    let outcome = office.register(&mut phone, &[&contact]);
    assert_eq!((outcome.answer().code(), contacts(outcome.answer()).len()), (200, 1));
}

#[test]
fn contacts_are_the_same_by_the_rules_for_uris() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    office.register(&mut phone, &["<sip:a@Host.example;lr>"]);
    for same in ["<sip:%61@hOST.example>", "\"A\" <SIP:a@host.example;x=1>"] {
        let outcome = office.register(&mut phone, &[same]);
        assert_eq!(contacts(outcome.answer()).len(), 1, "{same}");
    }
    for (count, other) in [(2, "<sip:A@host.example>"), (3, "<sip:a@host.example:5060>")] {
        let outcome = office.register(&mut phone, &[other]);
        assert_eq!(contacts(outcome.answer()).len(), count, "{other}");
    }
    let outcome = office.register(&mut phone, &["<sip:a@host.example;transport=tcp>"]);
    assert_eq!(contacts(outcome.answer()).len(), 4);
}

#[test]
fn a_full_line_gives_up_what_was_not_renewed_for_longest() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    for last in 1..=5u8 {
        office.wait(1_000);
        phone.address = SocketAddrV4::new(Ipv4Addr::new(192, 168, 7, 20), 6_000 + u16::from(last));
        let outcome = office.register(&mut phone, &[&format!("<sip:{last}@192.168.7.20>")]);
        let full = outcome.notes.iter().any(|note| matches!(note, Note::Full(_)));
        assert_eq!(full, last == 5);
    }
    let outcome = office.register(&mut phone, &[]);
    let listed = contacts(outcome.answer());
    assert_eq!(listed.len(), 4);
    assert!(listed.iter().all(|contact| !contact.starts_with("<sip:1@")), "{listed:?}");
    let many: Vec<String> = (0..5).map(|at| format!("<sip:m{at}@192.168.7.20>")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(office.register(&mut phone, &many).answer().code(), 403);
}

#[test]
fn a_registration_ends_with_its_time_and_is_missed() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    let contact = phone.contact();
    office.register(&mut phone, &[&format!("{contact};expires=120")]);
    assert!(office.exchange.next_deadline(office.now.mono) <= Instant(121_000));
    assert!(office.wait(119_999).notes.is_empty());
    assert!(office.is_registered(&phone));
    let outcome = office.wait(1);
    assert_eq!(outcome.notes, [Note::Lost(phone.mac)]);
    assert!(!office.is_registered(&phone));
    assert_eq!(office.story(&phone).last(), Some(&Step::Expired(LineNo::FIRST)));
    office.register(&mut phone, &[&contact]);
    let steps = office.story(&phone);
    let again = [Step::Challenged, Step::Registered(LineNo::FIRST, 3_600)];
    assert!(steps.ends_with(&again), "{steps:?}");
}

#[test]
fn a_handset_is_missed_with_its_last_line_only() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    office.add_line(&mut phone);
    let first = phone.contact();
    office.register(&mut phone, &[&format!("{first};expires=60")]);
    phone.account = 1;
    phone.call_id = "second@phone".into();
    let second = phone.contact();
    let outcome = office.register(&mut phone, &[&format!("{second};expires=120")]);
    assert!(outcome.notes.is_empty(), "it was registered already");
    assert_eq!(outcome.records.len(), 1, "each line's Contact is remembered");
    assert!(office.wait(60_000).notes.is_empty());
    assert_eq!(office.wait(60_000).notes, [Note::Lost(phone.mac)]);
}

#[test]
fn a_deleted_handset_is_unbound_at_once() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    let contact = phone.contact();
    office.register(&mut phone, &[&contact]);
    let handset = office.handset(&phone);
    office.command(Command::DeleteHandset { handset });
    let outcome = office.register(&mut phone, &[&contact]);
    assert_eq!(outcome.answer().code(), 401);
    assert!(office.wait(3_600_000).notes.is_empty(), "nothing is left to end");
}

#[test]
fn a_contact_is_written_once_a_day() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    let mut written = 0;
    for hour in 0..48 {
        let contact = format!("<sip:{hour}@192.168.7.20>;expires=60");
        written += office.register(&mut phone, &[&contact]).records.len();
        office.wait(3_600_000);
    }
    assert_eq!(written, 2);
}

#[test]
fn a_box_that_cannot_store_registers_all_the_same() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    office.exchange.set_read_only();
    let contact = phone.contact();
    let outcome = office.register(&mut phone, &[&contact]);
    assert_eq!(outcome.answer().code(), 200);
    assert!(outcome.records.is_empty());
}

#[test]
fn a_phone_may_register_from_the_wan_and_leaves_no_contact() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    office.send_away(&mut phone, SocketAddrV4::new(Ipv4Addr::new(198, 51, 100, 9), 40_000));
    let contact = phone.contact();
    let outcome = office.register(&mut phone, &[&contact]);
    assert_eq!(outcome.answer().code(), 200);
    assert!(outcome.records.is_empty());
}

#[test]
fn a_flow_is_bound_by_its_instance() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    phone.line = stream(1);
    phone.extra = "Supported: path, outbound\r\n".into();
    let flow = |at: &str, id: u32| {
        format!("<sip:x@{at};transport=tcp>;+sip.instance=\"<urn:uuid:1>\";reg-id={id}")
    };
    let outcome = office.register(&mut phone, &[&flow("192.168.7.20:1", 1)]);
    assert_eq!(outcome.answer().header("Require"), "outbound");
    let listed = contacts(outcome.answer());
    assert!(listed[0].ends_with(";+sip.instance=\"<urn:uuid:1>\";reg-id=1"), "{listed:?}");
    phone.call_id = "restarted@phone".into();
    let outcome = office.register(&mut phone, &[&flow("192.168.7.20:2", 1)]);
    assert_eq!(contacts(outcome.answer()).len(), 1, "the same flow from another port");
    let outcome = office.register(&mut phone, &[&flow("192.168.7.20:2", 2)]);
    assert_eq!(contacts(outcome.answer()).len(), 2);
    let both = [flow("192.168.7.20:3", 3), flow("192.168.7.20:4", 4)];
    let message = phone.says(&[&both[0], &both[1]], "");
    let outcome = office.hears(phone.arrival(), phone.line, message.as_bytes());
    assert_eq!(outcome.answer().code(), 400);
    phone.line = exchange::Line::Sip;
    let outcome = office.register(&mut phone, &[&flow("192.168.7.20:5", 1)]);
    assert_eq!(outcome.answer().header("Require"), "outbound", "STUN keeps it open");
}
