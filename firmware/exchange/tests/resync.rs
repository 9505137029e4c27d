//! A phone is asked to fetch its files again, and the box says what really came of it.
//!
//! RFC 3261 section 17.1.2 is walked on the wire: when a NOTIFY is repeated, what ends that, and
//! what counts as its answer.

mod sip_support;

use exchange::command::Refusal;
use exchange::resync::{Errand, Progress, Selection};
use exchange::time::Wall;
use exchange::{Line, To};
use sip_support::asking::{response, MINUTE_MS, SECOND_MS};
use sip_support::{stream, Phone, SmallOffice, BOX};
use std::net::{Ipv4Addr, SocketAddrV4};

#[test]
fn a_phone_that_comes_for_its_file_is_confirmed_with_the_time_it_came() {
    let mut office = SmallOffice::default();
    office.now.wall = Some(Wall(1_741_183_500));
    let mut phone = office.registered(20);
    let notify = office.asks(&phone);
    let first = notify.text.lines().next().unwrap_or_default();
    assert_eq!(first, format!("NOTIFY sip:{}@192.168.7.20:5062 SIP/2.0", phone.login()));
    assert_eq!((notify.line, notify.to), (Line::Sip, To::Address(phone.address)));
    assert_eq!(notify.header("Event"), "check-sync;reboot=false");
    assert_eq!(notify.header("Subscription-State"), "terminated");
    assert_eq!(notify.header("CSeq"), "1 NOTIFY");
    assert_eq!(notify.header("To"), format!("<sip:{}@{BOX}>", phone.login()));
    assert!(notify.header("Via").starts_with("SIP/2.0/UDP 192.168.7.1:5060;branch=z9hG4bK"));
    assert!(notify.header("From").contains(";tag=") && !notify.header("Call-ID").is_empty());
    let said = |office: &SmallOffice, phone: &Phone| office.asked(phone).unwrap().to_string();
    assert_eq!(said(&office, &phone), "Was asked to fetch its configuration again; no answer yet.");
    office.wait(100);
    office.answers(&phone, &notify, "200 OK");
    assert_eq!(office.progress(&phone), Progress::Acknowledged);
    office.wait(2 * SECOND_MS);
    office.fetch(&mut phone);
    // 14:05 in UTC.
    assert_eq!(said(&office, &phone), "Confirmed at 15:05: it came for its file.");
    let story = office.told(&phone);
    let story: Vec<&str> = story.iter().map(String::as_str).collect();
    assert_eq!(
        story,
        [
            "Was asked by SIP to fetch its configuration again (NOTIFY)",
            "Said that it will",
            "Asked for 001565000014.cfg by HTTP: its own configuration, 4 bytes",
            "Came for its file after it was asked: confirmed",
        ]
    );
    assert!(office.lives(10 * MINUTE_MS).is_empty());
    assert_eq!(office.progress(&phone), Progress::Confirmed);
    office.lives(25 * 60 * MINUTE_MS);
    assert_eq!(office.asked(&phone), None, "after a day nobody wants to know");
}

#[test]
fn a_phone_that_acknowledges_and_never_comes_did_not_answer() {
    let mut office = SmallOffice::default();
    let mut phone = office.registered(20);
    office.wait(SECOND_MS);
    let notify = office.asks(&phone);
    office.answers(&phone, &notify, "200 OK");
    office.wait(5 * MINUTE_MS - 1);
    assert_eq!(office.progress(&phone), Progress::Acknowledged);
    office.wait(1);
    assert_eq!(office.progress(&phone), Progress::NeverCame);
    assert_eq!(
        office.asked(&phone).unwrap().to_string(),
        "Did not answer: it said that it will fetch its configuration again, but did not come for \
        its file within 5 minutes."
    );
    let late = "Did not come for its file within 5 minutes, though it had said that it will";
    assert_eq!(office.told(&phone).last().map(String::as_str), Some(late));
    office.fetch(&mut phone);
    assert_eq!(office.progress(&phone), Progress::NeverCame, "it came too late to be told so");
}

#[test]
fn what_was_fetched_before_confirms_nothing() {
    let mut office = SmallOffice::default();
    let mut phone = office.registered(20);
    office.fetch(&mut phone);
    office.asks(&phone);
    assert_eq!(office.progress(&phone), Progress::Asked);
    // Nor does a file that is everybody's.
    let fetch = exchange::Fetch {
        arrival: phone.arrival(),
        name: "y000000000028.cfg",
        user_agent: b"",
        upload: None,
        way: exchange::Way::default(),
    };
    office.exchange.fetch(office.now, &fetch);
    office.drain();
    assert_eq!(office.progress(&phone), Progress::Asked);
}

#[test]
fn a_silent_phone_is_asked_eleven_times_in_32_seconds_and_may_still_come() {
    let mut office = SmallOffice::default();
    let mut phone = office.registered(20);
    let notify = office.asks(&phone);
    let sent = office.lives(31_999);
    let times: Vec<u64> = sent.iter().map(|(at, _)| *at).collect();
    // Timer E of section 17.1.2.2 with T1 = 500 ms and T2 = 4 s.
    let due = [500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
    assert_eq!(times, due);
    assert!(sent.iter().all(|(_, again)| *again == notify), "the same bytes");
    assert_eq!(office.progress(&phone), Progress::Asked);
    assert!(office.lives(1).is_empty());
    assert_eq!(office.progress(&phone), Progress::Silent);
    let said = office.asked(&phone).unwrap().to_string();
    assert_eq!(said, "Did not answer when it was asked to fetch its configuration again.");
    assert!(office.lives(MINUTE_MS).is_empty());
    office.answers(&phone, &notify, "200 OK");
    assert_eq!(office.progress(&phone), Progress::Silent, "too late");
    office.fetch(&mut phone);
    assert_eq!(office.progress(&phone), Progress::Confirmed, "it restarted without a word");
}

#[test]
fn a_provisional_answer_slows_the_repetitions_and_a_final_one_ends_them() {
    let mut office = SmallOffice::default();
    let phone = office.registered(20);
    let notify = office.asks(&phone);
    office.wait(200);
    office.answers(&phone, &notify, "100 Trying");
    let times: Vec<u64> = office.lives(9_000).iter().map(|(at, _)| *at).collect();
    assert_eq!(times, [4_000, 8_000]);
    office.answers(&phone, &notify, "100 Trying");
    office.answers(&phone, &notify, "202 Accepted");
    assert_eq!(office.progress(&phone), Progress::Acknowledged);
    assert!(office.lives(MINUTE_MS).is_empty());
    office.answers(&phone, &notify, "403 Forbidden");
    assert_eq!(office.progress(&phone), Progress::Acknowledged, "its first answer counts");
}

#[test]
fn a_refusal_is_told_with_its_code() {
    for (status, said) in [
        ("403 No", "Refused to restart (403 Forbidden)."),
        ("401 Who", "Refused to restart (401: it wants a password for that)."),
        ("489 What", "Refused to restart (489: it does not know this event)."),
        ("302 There", "Refused to restart (302 Moved Temporarily)."),
        ("600 Busy", "Refused to restart (600 Global Failure)."),
    ] {
        let mut office = SmallOffice::default();
        let phone = office.registered(20);
        let one = Selection::One(office.handset(&phone));
        let outcome = office.wants(one, Errand::Restart, None).unwrap();
        let notify = outcome.answer().clone();
        assert_eq!(notify.header("Event"), "check-sync;reboot=true");
        office.answers(&phone, &notify, status);
        assert_eq!(office.asked(&phone).unwrap().to_string(), said);
        assert!(office.lives(10 * MINUTE_MS).is_empty());
        assert_eq!(office.asked(&phone).unwrap().to_string(), said);
    }
}

#[test]
fn only_the_phone_itself_answers_and_only_what_it_was_asked() {
    let mut office = SmallOffice::default();
    let phone = office.registered(20);
    let notify = office.asks(&phone);
    let good = response(&notify, "200 OK");
    let elsewhere = SocketAddrV4::new(Ipv4Addr::new(192, 168, 7, 66), 5_062);
    let forged = exchange::Arrival { from: elsewhere, ..phone.arrival() };
    let branch = notify.header("Via").split("branch=z9hG4bK").nth(1).unwrap().to_string();
    let id = branch.split(';').next().unwrap().to_string();
    let wrong = [
        (forged, Line::Sip, good.clone()),
        (phone.arrival(), stream(1), good.clone()),
        (phone.arrival(), Line::SipMulticast, good.clone()),
        (phone.arrival(), Line::Sip, good.replace(&id, "0123456789abcdef")),
        (phone.arrival(), Line::Sip, good.replace("1 NOTIFY", "2 NOTIFY")),
        (phone.arrival(), Line::Sip, good.replace("1 NOTIFY", "1 REGISTER")),
        (phone.arrival(), Line::Sip, good.replace("Via: ", "Way: ")),
        (phone.arrival(), Line::Sip, good.replace("CSeq: ", "Seq: ")),
    ];
    for (arrival, line, text) in wrong {
        office.hears(arrival, line, text.as_bytes());
        assert_eq!(office.progress(&phone), Progress::Asked, "{line:?} {text}");
    }
    // The port it answers from is its own affair (RFC 3581 is about requests).
    let other_port = SocketAddrV4::new(*phone.address.ip(), 40_000);
    let arrival = exchange::Arrival { from: other_port, ..phone.arrival() };
    office.hears(arrival, Line::Sip, good.as_bytes());
    assert_eq!(office.progress(&phone), Progress::Acknowledged);
}

#[test]
fn a_phone_is_asked_by_the_way_that_it_registered_by() {
    // By its connection, where nothing is repeated.
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    phone.line = stream(7);
    let contact = format!("<sip:{}@{};transport=tcp>", phone.login(), phone.address);
    office.register(&mut phone, &[&contact]);
    let notify = office.asks(&phone);
    assert_eq!((notify.line, notify.to), (stream(7), To::Peer));
    assert!(notify.header("Via").starts_with("SIP/2.0/TCP "));
    let other = Phone { line: stream(8), ..phone.clone() };
    office.answers(&other, &notify, "200 OK");
    assert_eq!(office.progress(&phone), Progress::Asked, "not by another connection");
    assert!(office.lives(31_000).is_empty());
    office.answers(&phone, &notify, "200 OK");
    assert_eq!(office.progress(&phone), Progress::Acknowledged);
    // A connection that is closed is no way.
    office.lives(10 * MINUTE_MS);
    office.exchange.closed(office.now, exchange::StreamNo(7));
    let one = Selection::One(office.handset(&phone));
    assert_eq!(office.wants(one, Errand::Resync, None).err(), Some(Refusal::NotReachable));
    // At the port of its Contact, if it listens elsewhere than it sends from.
    let mut sends_high = office.phone(21);
    let contact = format!("<sip:{}@192.168.7.21:5060>", sends_high.login());
    sends_high.address.set_port(51_000);
    office.register(&mut sends_high, &[&contact]);
    let to = SocketAddrV4::new(Ipv4Addr::new(192, 168, 7, 21), 5_060);
    assert_eq!(office.asks(&sends_high).to, To::Address(to));
    // Where a NAT lies between, back to where it came from; the headers of its URI stay away.
    let mut behind = office.phone(22);
    let contact = format!("<sip:{}@10.9.8.7:5060?a=b>", behind.login());
    office.register(&mut behind, &[&contact]);
    let notify = office.asks(&behind);
    assert_eq!(notify.to, To::Address(behind.address));
    assert!(notify.text.starts_with(&format!("NOTIFY sip:{}@10.9.8.7:5060 ", behind.login())));
}

#[test]
fn after_a_start_of_the_box_a_phone_is_asked_by_the_contact_that_is_remembered() {
    let mut office = sip_support_support::leased();
    let phone = office.registered(100);
    let one = Selection::One(office.handset(&phone));
    let mut again = office.started_again();
    let outcome = again.wants(one.clone(), Errand::Resync, None).unwrap();
    assert_eq!(outcome.answer().to, To::Address(phone.address));
    // Not where the address is somebody else's by now.
    let mut moved = office.started_again_without_lease();
    assert_eq!(moved.wants(one, Errand::Resync, None).err(), Some(Refusal::NotReachable));
}

mod sip_support_support {
    //! A phone with a lease, and boxes that start from what is on flash.

    use super::*;
    use exchange::state::{Durable, Event};

    pub(crate) fn leased() -> SmallOffice {
        let mut durable = Durable::default();
        let mac = [0x00, 0x15, 0x65, 0, 0, 100];
        durable.apply(&Event::AddressGiven { mac, address: [192, 168, 7, 100] });
        SmallOffice::with(durable, 1)
    }

    fn copy(office: &SmallOffice, keep: impl Fn(&Event) -> bool) -> SmallOffice {
        let mut durable = Durable::default();
        for event in office.exchange.durable().facts().filter(|event| keep(event)) {
            durable.apply(&event);
        }
        SmallOffice::with(durable, 2)
    }

    impl SmallOffice {
        pub(crate) fn started_again(&self) -> SmallOffice {
            copy(self, |_| true)
        }

        pub(crate) fn started_again_without_lease(&self) -> SmallOffice {
            copy(self, |event| !matches!(event, Event::AddressGiven { .. }))
        }
    }
}

#[test]
fn whoever_is_not_registered_is_not_asked_and_that_is_said() {
    let mut office = SmallOffice::default();
    let phone = office.phone(20);
    let one = Selection::One(office.handset(&phone));
    assert_eq!(office.wants(one, Errand::Resync, None).err(), Some(Refusal::NotReachable));
    assert_eq!(office.asked(&phone), None);
    let outcome = office.wants(Selection::All, Errand::Resync, None).unwrap();
    assert!(outcome.sent.is_empty());
    assert_eq!(
        office.asked(&phone).unwrap().to_string(),
        "Was not asked to fetch its configuration again: it was not registered at its turn."
    );
}
