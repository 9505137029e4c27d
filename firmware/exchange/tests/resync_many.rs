//! Many phones are asked to come again: in turn, by a selection, in a quiet hour.

mod sip_support;

use exchange::command::{By, Command, Refusal};
use exchange::limits::{HANDSETS_MAX, RESYNCS_AT_ONCE};
use exchange::names::{Extension, HandsetNo, LineNo, Side};
use exchange::resync::{ClockTime, Errand, Progress, Selection};
use exchange::time::Wall;
use exchange::To;
use sip_support::asking::{again, MINUTE_MS, SECOND_MS};
use sip_support::{Phone, Sent, SmallOffice, BOX};
use std::net::Ipv4Addr;

#[test]
fn ten_are_asked_at_once_and_the_others_wait_for_them() {
    let mut office = SmallOffice::default();
    let mut phones: Vec<Phone> = (20..45).map(|last| office.registered(last)).collect();
    let outcome = office.wants(Selection::All, Errand::Resync, None).unwrap();
    assert_eq!(outcome.sent.len(), RESYNCS_AT_ONCE);
    assert_eq!(office.progress(&phones[10]), Progress::Waiting);
    // One comes: the next has its turn at once.
    let first = outcome.sent.first().unwrap().clone();
    let mut one = phones[0].clone();
    office.answers(&one, &first, "200 OK");
    assert_eq!(office.progress(&phones[10]), Progress::Waiting, "to acknowledge is not to come");
    office.wait(1);
    let fetch_name = format!("{}.cfg", one.mac.bare());
    let arrival = one.arrival();
    let fetch = exchange::Fetch {
        arrival,
        name: &fetch_name,
        user_agent: b"",
        upload: None,
        way: exchange::Way::default(),
    };
    office.exchange.fetch(office.now, &fetch);
    let next = office.drain().sent;
    assert_eq!(next.len(), 1);
    assert_eq!(office.progress(&phones[10]), Progress::Asked);
    // One refuses: the next.
    let second = outcome.sent.get(1).unwrap().clone();
    let sent = office.answers(&phones[1], &second, "403 No").sent;
    assert_eq!((sent.len(), office.progress(&phones[11])), (1, Progress::Asked));
    // Eight acknowledge and do not come; they hold the others up for a minute and no longer.
    for (at, notify) in outcome.sent.iter().enumerate().skip(2) {
        office.answers(&phones[at], notify, "200 OK");
    }
    let rest: Vec<(u64, Sent)> = office.lives(10 * MINUTE_MS);
    let of = |phone: &Phone| {
        let uri = format!("NOTIFY sip:{}@", phone.login());
        rest.iter().find(|(_, it)| it.text.starts_with(&uri)).map(|(at, _)| *at)
    };
    for phone in &mut phones[12..] {
        assert_eq!(office.progress(phone), Progress::Silent);
    }
    // Silent ones are given up after 32 seconds, which is when two more have their turn.
    assert!(of(&phones[12]) >= Some(31_000) && of(&phones[12]) <= Some(32_000));
    assert!(of(&phones[14]) >= Some(59_000) && of(&phones[14]) <= Some(60_000));
    one.cseq += 1;
    assert_eq!(office.progress(&phones[2]), Progress::NeverCame);
    assert_eq!(office.progress(&one), Progress::Confirmed);
}

#[test]
fn a_selection_is_by_ranges_of_extensions() {
    let mut office = SmallOffice::default();
    let phones: Vec<Phone> = (20..24).map(|last| office.registered(last)).collect();
    let extension = |no: usize| Extension::parse(&no.to_string()).unwrap();
    for (at, phone) in phones.iter().enumerate() {
        let handset = office.handset(phone);
        let (line, extension) = (LineNo::FIRST, Some(extension(201 + at)));
        let name = exchange::names::text("x");
        office.command(Command::AssignLine { handset, line, extension, name });
    }
    let ranges = vec![(extension(202), extension(203)), (extension(300), extension(400))];
    let outcome = office.wants(Selection::Extensions(ranges), Errand::Resync, None).unwrap();
    assert_eq!(outcome.sent.len(), 2);
    assert_eq!(office.asked(&phones[0]), None);
    assert_eq!(office.progress(&phones[1]), Progress::Asked);
    assert_eq!(office.progress(&phones[2]), Progress::Asked);
    let nobody = Selection::Extensions(vec![(extension(900), extension(999))]);
    assert_eq!(office.wants(nobody, Errand::Resync, None).err(), Some(Refusal::NobodyMeant));
    let none = Selection::One(HandsetNo(999));
    assert_eq!(office.wants(none, Errand::Resync, None).err(), Some(Refusal::NoSuchHandset));
    // Twice is once, until it is over.
    let one = Selection::One(office.handset(&phones[1]));
    assert_eq!(office.wants(one.clone(), Errand::Restart, None).err(), Some(Refusal::AskedAlready));
    let rest = office.wants(Selection::All, Errand::Resync, None).unwrap();
    assert_eq!(rest.sent.len(), 2);
    office.lives(6 * MINUTE_MS);
    assert_eq!(office.wants(one, Errand::Restart, None).unwrap().sent.len(), 1);
}

#[test]
fn the_quiet_hour_is_by_the_clock_of_the_site() {
    let mut office = SmallOffice::default();
    let mut phone = office.registered(20);
    let all = || Selection::All;
    let none = office.wants(all(), Errand::Resync, Some("22:30")).err();
    assert_eq!(none, Some(Refusal::ClockUnknown));
    // 15:05 in Berlin, in winter.
    office.now.wall = Some(Wall(1_741_183_500));
    assert!(office.wants(all(), Errand::Resync, Some("22:30")).unwrap().sent.is_empty());
    let said = office.asked(&phone).unwrap().to_string();
    assert_eq!(said, "Will be asked at 22:30 to fetch its configuration again.");
    let view = office.exchange.view(office.now);
    assert_eq!(view.resync_planned, ClockTime::parse("22:30"));
    let other = office.wants(all(), Errand::Resync, Some("23:00")).err();
    assert_eq!(other, Some(Refusal::AskedAlready), "all that are meant are planned");
    let mut late = office.registered(21);
    let other = office.wants(all(), Errand::Resync, Some("23:00")).err();
    assert_eq!(other, ClockTime::parse("22:30").map(Refusal::OtherQuietHour));
    // Phones go on registering meanwhile.
    let hours = 7 * 60 * MINUTE_MS + 24 * MINUTE_MS;
    for _ in 0..8 {
        again(&mut office, &mut phone);
        again(&mut office, &mut late);
        assert!(office.lives(hours / 8).is_empty(), "not before its hour");
    }
    let sent = office.lives(70 * SECOND_MS);
    let (at, notify) = sent.first().cloned().unwrap();
    assert!((58 * SECOND_MS..=MINUTE_MS + SECOND_MS).contains(&at), "{at}");
    office.answers(&phone, &notify, "200 OK");
    assert_eq!(office.progress(&phone), Progress::Acknowledged);
    assert_eq!(office.exchange.view(office.now).resync_planned, None);
}

#[test]
fn a_clock_that_is_set_meanwhile_moves_the_quiet_hour() {
    let mut office = SmallOffice::default();
    let mut phone = office.registered(20);
    office.now.wall = Some(Wall(1_741_183_500));
    office.wants(Selection::All, Errand::Resync, Some("16:30")).unwrap();
    // It was five hours earlier than the box thought: 10:05.
    office.now.wall = Some(Wall(1_741_183_500 - 5 * 3_600));
    for _ in 0..6 {
        assert!(office.lives(50 * MINUTE_MS).is_empty());
        again(&mut office, &mut phone);
    }
    // The clock is put past the hour: within ten minutes the box sees that it is time.
    office.now.wall = Some(Wall(1_741_183_500 + 5_400));
    let sent = office.lives(10 * MINUTE_MS);
    assert_eq!(sent.first().map(|(_, it)| it.to), Some(To::Address(phone.address)));
}

#[test]
fn what_was_not_sent_yet_can_be_called_off() {
    let mut office = SmallOffice::default();
    office.now.wall = Some(Wall(1_741_183_500));
    let phones: Vec<Phone> = (20..35).map(|last| office.registered(last)).collect();
    let by = || By { side: Side::Lan, source: BOX, seen: None };
    let off = |office: &mut SmallOffice| {
        let done = office.exchange.command(office.now, &by(), Command::CallResyncOff).map(|_| ());
        office.drain();
        done
    };
    assert_eq!(off(&mut office), Err(Refusal::NothingToCallOff));
    office.wants(Selection::All, Errand::Resync, Some("16:00")).unwrap();
    assert_eq!(off(&mut office), Ok(()));
    assert_eq!(office.asked(&phones[0]), None);
    office.wants(Selection::All, Errand::Resync, None).unwrap();
    assert_eq!(off(&mut office), Ok(()));
    assert_eq!(office.progress(&phones[9]), Progress::Asked, "what was sent was sent");
    assert_eq!(office.asked(&phones[10]), None);
    let again = office.lives(10 * MINUTE_MS);
    assert_eq!(again.len(), 10 * RESYNCS_AT_ONCE, "only those that were asked are asked again");
}

#[test]
fn a_deleted_handset_is_asked_nothing_more() {
    let mut office = SmallOffice::default();
    let phone = office.registered(20);
    let notify = office.asks(&phone);
    let handset = office.handset(&phone);
    office.command(Command::DeleteHandset { handset });
    assert!(office.lives(MINUTE_MS).is_empty());
    office.answers(&phone, &notify, "200 OK");
    assert!(office.exchange.device(office.now, phone.mac).is_some_and(|it| it.handset.is_none()));
}

#[test]
fn nothing_from_the_wan_side_asks_anybody_anything() {
    let mut office = SmallOffice::default();
    office.registered(20);
    let by = By { side: Side::Wan, source: Ipv4Addr::new(203, 0, 113, 9), seen: None };
    for command in [
        Command::Resync { whom: Selection::All, errand: Errand::Restart, when: None },
        Command::CallResyncOff,
    ] {
        let done = office.exchange.command(office.now, &by, command);
        assert_eq!(done.err(), Some(Refusal::WrongSide));
    }
    assert!(office.drain().sent.is_empty());
}

#[test]
fn a_full_office_is_asked_in_time_and_its_deadlines_are_never_in_the_past() {
    let mut office = SmallOffice::default();
    for no in 0..HANDSETS_MAX as u32 {
        let [_, a, b, c] = no.to_be_bytes();
        let mac = wire::Mac([2, 0, 0, a, b, c]);
        let name = exchange::names::text("");
        office.command(Command::AddHandset { mac, extension: None, name });
    }
    let outcome = office.wants(Selection::All, Errand::Resync, None).unwrap();
    assert!(outcome.sent.is_empty());
    let view = office.exchange.view(office.now);
    let all = view.handsets.iter().filter_map(|row| row.asked);
    assert_eq!(all.filter(|it| it.progress == Progress::NotRegistered).count(), HANDSETS_MAX);
    office.wait(1);
    assert!(office.exchange.next_deadline(office.now.mono) > office.now.mono);
}
