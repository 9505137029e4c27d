//! A new address is given only after nobody answered for it, and no known phone waits for that.

mod support;

use exchange::cause::Cause;
use exchange::limits::{PROBES_MAX, PROBE_WAIT_MS};
use exchange::note::Note;
use exchange::view::Alarm;
use phones::builders::{discover, request_init_reboot, request_renewing, request_selecting};
use std::net::Ipv4Addr;
use support::{address, boards, Office, PC, PHONE, PHONE_2, SERVER};
use wire::Mac;

const OFFER_10: &str = "OFFER 10.1.0.10 to 00:15:65:00:00:01 as 10.1.0.10:68";

#[test]
fn a_newcomer_waits_until_its_address_stayed_silent() {
    let mut office = Office::new(boards::probing);
    let heard = office.discovers(PHONE);
    heard.answers([]);
    assert_eq!(heard.probes, [address(10)]);
    assert!(office.exchange.next_deadline(office.now().mono).0 <= office.now_ms + PROBE_WAIT_MS);
    office.after_ms(PROBE_WAIT_MS - 1).answers([]);
    office.discovers(PHONE).answers([]);
    office.after_ms(1).answers([OFFER_10]);
    let taken = office.hears(&request_selecting(PHONE, 2, SERVER, address(10)));
    assert_eq!(taken.reply().kind, "ACK");
}

/// A client asks until it is offered an address.
fn newcomer(office: &mut Office, mac: [u8; 6]) -> Ipv4Addr {
    for _ in 0..4 {
        let heard = office.discovers(mac);
        let heard = if heard.sent.is_empty() { office.after_ms(PROBE_WAIT_MS) } else { heard };
        if !heard.sent.is_empty() {
            return heard.reply().message.yiaddr();
        }
    }
    panic!("no offer for {}", Mac(mac));
}

#[test]
fn an_address_that_answers_is_noted_and_another_is_tried() {
    let mut office = Office::new(boards::probing);
    office.discovers(PHONE);
    let heard = office.answered(address(10), PC);
    assert_eq!(heard.notes, [Note::Conflict(address(10), Mac(PC))]);
    office.after_ms(PROBE_WAIT_MS).answers([]);
    assert_ne!(newcomer(&mut office, PHONE), address(10));
    assert_ne!(newcomer(&mut office, PHONE_2), address(10));
}

#[test]
fn a_newcomer_takes_over_a_probe_that_is_under_way() {
    let mut office = Office::new(boards::small_probing);
    assert_eq!(office.tick().probes.len(), 4);
    office.wait_ms(100);
    let heard = office.discovers(PHONE);
    assert!(heard.notes.is_empty() && heard.probes.is_empty(), "the pool is not full");
    office.after_ms(PROBE_WAIT_MS - 100).answers([OFFER_10]);
    assert!(office.exchange.view(office.now()).alarms.is_empty());
}

#[test]
fn an_answer_that_nobody_asked_for_changes_nothing() {
    let mut office = Office::new(boards::probing);
    let heard = office.answered(address(10), PC);
    assert!(heard.notes.is_empty());
    office.discovers(PHONE);
    office.after_ms(PROBE_WAIT_MS).answers([OFFER_10]);
}

#[test]
fn addresses_probed_ahead_are_offered_at_once() {
    let mut office = Office::new(boards::probing);
    let probes = office.tick().probes;
    assert!(!probes.is_empty() && probes.len() <= PROBES_MAX);
    office.after_ms(PROBE_WAIT_MS);
    let heard = office.discovers(PHONE);
    heard.answers([OFFER_10]);
    assert!(heard.probes.is_empty());
    office.discovers(PHONE_2).answers(["OFFER 10.1.0.11 to 00:15:65:00:00:02 as 10.1.0.11:68"]);
}

#[test]
fn what_was_silent_an_hour_ago_is_asked_again() {
    let mut office = Office::new(boards::probing);
    office.tick();
    office.after_ms(PROBE_WAIT_MS);
    office.wait_ms(3_600_001);
    let heard = office.discovers(PHONE);
    heard.answers([]);
    assert_eq!(heard.probes.len(), 1);
}

#[test]
fn a_known_phone_never_waits() {
    let mut office = Office::new(boards::probing);
    office.discovers(PHONE);
    office.after_ms(PROBE_WAIT_MS);
    office.hears(&request_selecting(PHONE, 2, SERVER, address(10)));
    for restarted in [false, true] {
        if restarted {
            office.restart();
        }
        for draft in [
            discover(PHONE, 1),
            request_init_reboot(PHONE, 1, address(10)),
            request_renewing(PHONE, 1, address(10)),
        ] {
            let heard = office.hears(&draft);
            assert_eq!((heard.says().len(), heard.probes.len()), (1, 0), "restarted {restarted}");
        }
    }
}

#[test]
fn no_more_probes_are_under_way_than_may_be() {
    let mut office = Office::new(boards::probing);
    let mut probes = 0;
    for no in 0..=u8::MAX {
        probes += office.discovers([2, 0, 0, 0, 2, no]).probes.len();
    }
    assert!((50..=PROBES_MAX).contains(&probes), "{probes}");
    let offers = office.after_ms(PROBE_WAIT_MS).says();
    assert_eq!(offers.len(), 50, "one for each address of the pool");
}

#[test]
fn a_computer_that_answers_keeps_the_address_that_was_to_be_taken() {
    let mut office = Office::new(boards::small_probing);
    let pcs: Vec<[u8; 6]> = (0..4).map(|no| [0x3c, 0x97, 0x0e, 0, 0, no]).collect();
    for (pc, expected) in pcs.iter().zip(10..) {
        let offered = newcomer(&mut office, *pc);
        assert_eq!(offered, address(expected));
        office.hears(&request_selecting(*pc, 2, SERVER, offered));
        office.wait_ms(1_000);
    }
    office.after_ms(7_200_000);
    let heard = office.discovers(PHONE);
    assert_eq!((heard.probes.as_slice(), heard.records.len()), (&[address(10)][..], 0));
    let heard = office.answered(address(10), [0x3c, 0x97, 0x0e, 0, 0, 0]);
    assert_eq!(heard.notes, [], "it is his");
    office.after_ms(PROBE_WAIT_MS).answers([]);
    let renewed = office.hears(&request_renewing([0x3c, 0x97, 0x0e, 0, 0, 0], 3, address(10)));
    renewed.answers(["ACK 10.1.0.10 to 10.1.0.10:68"]);
    let heard = office.discovers(PHONE);
    assert_eq!(heard.probes, [address(11)], "the next one is asked");
    let taken = office.after_ms(PROBE_WAIT_MS);
    taken.answers(["OFFER 10.1.0.11 to 00:15:65:00:00:01 as 10.1.0.11:68"]);
    assert_eq!(taken.facts(), ["AddressForgotten"], "once nobody answered");
}

/// The daemon calls when `next_deadline` says so, and at no other time.
#[test]
fn in_a_quiet_day_a_newcomer_always_finds_an_address_ready() {
    let mut office = Office::new(boards::probing);
    office.tick();
    let mut probes = 0;
    for _ in 0..10_000 {
        let due = office.exchange.next_deadline(office.now().mono).0;
        assert!(due > office.now_ms, "a deadline that is over was not seen to");
        office.now_ms = due;
        let reached = office.exchange.next_deadline(office.now().mono).0;
        assert!(reached <= due, "a deadline moved away before it came");
        probes += office.tick().probes.len();
        if due > 24 * 3_600_000 {
            break;
        }
    }
    assert!(office.now_ms > 24 * 3_600_000, "a day is over");
    assert!(probes > 24 * 40, "probed again every hour, {probes}");
    office.discovers(PHONE).answers([OFFER_10]);
}

#[test]
fn a_device_that_claims_the_address_of_a_phone_raises_an_alarm() {
    let mut office = Office::new(boards::plain);
    let leased = office.boots(PHONE);
    office.answered(leased, PHONE);
    let alarm = Note::Conflict(leased, Mac(PC));
    assert_eq!(office.count(alarm), 0, "the phone itself speaks");
    assert_eq!(office.answered(leased, PC).notes, [alarm]);
    assert_eq!(office.cause(PHONE), Some(Cause::AddressInUse(leased)));
    office.answered(leased, PC);
    assert_eq!(office.count(alarm), 1, "once a minute at most");
    assert_eq!(office.answered(address(99), PC).notes, [], "nobody's address");
}

/// Devices that look like phones and never fetch a file are no handsets: what they took is asked
/// for, and given to a phone that is.
#[test]
fn devices_that_only_look_like_phones_cannot_hold_a_pool() {
    let mut office = Office::new(boards::small_probing);
    let fakes: Vec<[u8; 6]> = (0..4).map(|no| [0x00, 0x15, 0x65, 0xff, 0, no]).collect();
    for fake in &fakes {
        let offered = newcomer(&mut office, *fake);
        office.hears(&request_selecting(*fake, 2, SERVER, offered));
        office.wait_ms(1_000);
    }
    office.after_ms(120_000);
    let heard = office.discovers(PHONE);
    assert_eq!((heard.probes.as_slice(), heard.records.len()), (&[address(10)][..], 0));
    office.after_ms(PROBE_WAIT_MS).answers([OFFER_10]);
}

#[test]
fn a_holder_that_renews_while_its_address_is_asked_for_keeps_it() {
    let mut office = Office::new(boards::small_probing);
    let pcs: Vec<[u8; 6]> = (0..4).map(|no| [0x3c, 0x97, 0x0e, 0, 0, no]).collect();
    for pc in &pcs {
        let offered = newcomer(&mut office, *pc);
        office.hears(&request_selecting(*pc, 2, SERVER, offered));
        office.wait_ms(1_000);
    }
    office.after_ms(7_200_000);
    assert_eq!(office.discovers(PHONE).probes, [address(10)]);
    office.wait_ms(PROBE_WAIT_MS / 2);
    let back = office.hears(&request_init_reboot(pcs[0], 3, address(10)));
    assert_eq!(back.reply().kind, "ACK");
    let over = office.after_ms(PROBE_WAIT_MS / 2);
    over.answers([]);
    assert_eq!(over.facts(), [""; 0]);
    let renewed = office.hears(&request_renewing(pcs[0], 4, address(10)));
    renewed.answers(["ACK 10.1.0.10 to 10.1.0.10:68"]);
    assert_eq!(office.discovers(PHONE).probes, [address(11)], "the phone asks again");
}

/// After a start a remembered lease counts for as long as it can have been given; whoever answers
/// for what is remembered as his even later has it.
#[test]
fn who_answers_for_a_remembered_address_that_lapsed_keeps_it() {
    let mut office = Office::new(boards::small_probing);
    let pcs: Vec<[u8; 6]> = (0..4).map(|no| [0x3c, 0x97, 0x0e, 0, 0, no]).collect();
    for pc in &pcs {
        let offered = newcomer(&mut office, *pc);
        office.hears(&request_selecting(*pc, 2, SERVER, offered));
    }
    office.restart();
    office.after_ms(9 * 3_600_000);
    assert_eq!(office.discovers(PHONE).probes, [address(10)]);
    assert_eq!(office.answered(address(10), pcs[0]).notes, [], "it is his");
    let renewed = office.hears(&request_renewing(pcs[0], 4, address(10)));
    renewed.answers(["ACK 10.1.0.10 to 10.1.0.10:68"]);
}

#[test]
fn the_alarm_is_raised_for_what_is_only_remembered_too() {
    let mut office = Office::new(boards::probing);
    let leased = newcomer(&mut office, PHONE);
    office.hears(&request_selecting(PHONE, 2, SERVER, leased));
    office.restart();
    let heard = office.answered(leased, PC);
    assert_eq!(heard.notes, [Note::Conflict(leased, Mac(PC))]);
    assert_eq!(office.cause(PHONE), Some(Cause::AddressInUse(leased)));
    let alarms = office.exchange.view(office.now()).alarms;
    assert!(matches!(alarms[..], [Alarm::AddressTaken { by: Mac(PC), .. }]), "{alarms:?}");
}
