//! Which pool an address comes from, whose it stays, and what becomes of a full one.

mod support;

use exchange::names::InterfaceNo;
use exchange::note::Note;
use phones::builders::{
    discover, release, request_init_reboot, request_renewing, request_selecting,
};
use std::net::Ipv4Addr;
use support::{address, boards, Office, PC, PHONE, PHONE_2, SERVER};

const RELAY: Ipv4Addr = Ipv4Addr::new(10, 2, 0, 1);
const DAY_S: u32 = 24 * 3600;

/// PHONE has .10 and PC has .11.
fn settled() -> Office {
    let mut office = Office::new(boards::plain);
    assert_eq!((office.boots(PHONE), office.boots(PC)), (address(10), address(11)));
    office
}

#[test]
fn a_reserved_address_is_for_its_device_only() {
    let mut office = Office::new(boards::reserving);
    assert_eq!(office.boots(boards::RESERVED), address(100));
    let wanting = discover(PHONE, 1).option(50, &address(100).octets());
    assert_eq!(office.hears(&wanting).reply().message.yiaddr(), address(11), ".10 is kept as well");
    let taking = request_selecting(PC, 1, SERVER, address(100));
    assert_eq!(office.hears(&taking).reply().kind, "NAK");
    assert_eq!(office.hears(&request_init_reboot(PC, 1, address(10))).says(), Vec::<String>::new());
}

#[test]
fn each_network_has_its_own_pool() {
    let mut office = Office::new(boards::campus);
    assert_eq!(office.boots(PHONE), address(10));
    let other = InterfaceNo(2);
    let heard = office.hears_on(other, &discover(PHONE_2, 1));
    heard.answers(["OFFER 10.3.0.10 to 00:15:65:00:00:02 as 10.3.0.10:68"]);
    assert_eq!(heard.reply().option(54), Some(&[10, 3, 0, 1][..]));
    let behind = office.hears(&discover(PC, 1).relayed_by(RELAY));
    behind.answers(["OFFER 10.2.0.10 to 10.2.0.1:67"]);
    assert_eq!(behind.reply().option(54), Some(&SERVER.octets()[..]), "reached through the relay");
    let moved = request_init_reboot(PHONE, 1, address(10));
    office.hears_on(other, &moved).answers(["NAK to all"]);
    let unknown = discover(PC, 1).relayed_by(Ipv4Addr::new(172, 16, 0, 1));
    office.hears(&unknown).answers([]);
    let wrong_port = discover(PC, 1).relayed_by(RELAY);
    office.hears_on(other, &wrong_port).answers([]);
}

#[test]
fn a_relay_may_name_another_link_and_the_address_it_is_reached_by() {
    let mut office = Office::new(boards::campus);
    let far = Ipv4Addr::new(10, 9, 0, 1);
    let select = discover(PC, 1).relayed_by(far).option(82, &[5, 4, 10, 2, 0, 0]);
    office.hears(&select).answers(["OFFER 10.2.0.10 to 10.9.0.1:67"]);
    let named = [5, 4, 10, 2, 0, 0, 11, 4, 10, 3, 0, 1];
    let overridden = office.hears(&discover(PC, 1).relayed_by(far).option(82, &named)).reply();
    assert_eq!(overridden.option(54), Some(&[10, 3, 0, 1][..]));
    let foreign = [5, 4, 10, 2, 0, 0, 11, 4, 9, 9, 9, 9];
    let kept = office.hears(&discover(PC, 1).relayed_by(far).option(82, &foreign)).reply();
    assert_eq!(kept.option(54), Some(&SERVER.octets()[..]));
    let by_client = discover(PHONE, 1).option(118, &[10, 2, 0, 0]);
    assert_eq!(office.hears(&by_client).reply().message.yiaddr(), address(10), "not the client's");
}

#[test]
fn an_offer_elsewhere_does_not_end_the_lease_a_phone_has() {
    let mut office = Office::new(boards::campus);
    assert_eq!(office.boots(PHONE), address(10));
    office.hears(&discover(PHONE, 7).relayed_by(RELAY));
    let own = office.fetch(support::from(address(10), 40_000), &support::own_file(PHONE));
    assert_eq!(own.0, "file text/plain; charset=utf-8");
}

#[test]
fn after_a_restart_each_device_finds_its_address() {
    let mut office = settled();
    office.hears(&release(PC, 5, SERVER, address(11)));
    office.restart();
    office.discovers(PHONE_2).answers(["OFFER 10.1.0.12 to 00:15:65:00:00:02 as 10.1.0.12:68"]);
    assert_eq!(office.hears(&request_init_reboot(PHONE, 1, address(10))).reply().kind, "ACK");
    assert_eq!(office.discovers(PC).reply().message.yiaddr(), address(11));
}

#[test]
fn a_full_pool_takes_the_address_that_lapsed_first() {
    let mut office = Office::new(boards::small);
    let pcs: Vec<[u8; 6]> = (0..3).map(|no| [0x3c, 0x97, 0x0e, 0, 0, no]).collect();
    office.boots(PHONE);
    office.fetch(support::from(address(10), 1), &support::own_file(PHONE));
    assert!(office.knows(PHONE));
    for pc in &pcs {
        office.after_ms(1_000);
        office.boots(*pc);
    }
    office.after_ms(4 * 3_600_000);
    office.discovers(PHONE_2).answers([]);
    assert_eq!(office.count(Note::PoolFull(address(0))), 1, "a live lease is not taken unasked");
    office.hears(&request_renewing([0x3c, 0x97, 0x0e, 0, 0, 0], 1, address(11)));
    office.after_ms(4 * 3_600_000);
    let heard = office.discovers(PHONE_2);
    heard.answers(["OFFER 10.1.0.12 to 00:15:65:00:00:02 as 10.1.0.12:68"]);
    assert_eq!(heard.facts(), ["AddressForgotten"]);
    let gone = office.hears(&request_renewing([0x3c, 0x97, 0x0e, 0, 0, 1], 1, address(12)));
    assert_eq!(gone.says(), ["NAK to all"]);
}

#[test]
fn what_strangers_released_serves_others_when_the_pool_is_full() {
    let mut office = Office::new(boards::small);
    for no in 0..40 {
        let mac = [2, 0, 0, 0, 3, no];
        let address = office.boots(mac);
        office.hears(&release(mac, 5, SERVER, address));
        office.wait_ms(1_000);
    }
}

#[test]
fn a_handsets_address_is_never_taken() {
    let mut office = Office::new(boards::small);
    for no in 0..4 {
        let mac = [0, 0x15, 0x65, 0, 1, no];
        let own = office.boots(mac);
        office.fetch(support::from(own, 1), &support::own_file(mac));
    }
    office.after_ms(90 * u64::from(DAY_S) * 1_000);
    let heard = office.discovers(PC);
    heard.answers([]);
    assert!(heard.notes.contains(&Note::PoolFull(address(0))));
}

#[test]
fn a_stranger_beyond_the_cap_gets_an_address_that_is_not_remembered() {
    let mut office = Office::new(boards::wide);
    let burst = exchange::limits::STRANGER_RECORDS_BURST;
    for no in 0..burst {
        let [_, _, high, low] = no.to_be_bytes();
        office.boots([2, 0, 0, 1, high, low]);
    }
    let address = office.discovers(PHONE).reply().message.yiaddr();
    let taken = office.hears(&request_selecting(PHONE, 2, SERVER, address));
    assert_eq!((taken.reply().kind, taken.records.len()), ("ACK", 0));
    assert!(taken.notes.contains(&Note::StrangersCapped));
    office
        .hears(&request_renewing(PHONE, 2, address))
        .answers([&format!("ACK {address} to {address}:68")]);
    office.wait_ms(3_600_000);
    assert_eq!(office.hears(&request_renewing(PHONE, 2, address)).facts(), ["AddressGiven"]);
}

/// Nobody remembers across a start what a device said of itself: where its holder cannot be asked,
/// an address counts as a phone's, for as long as one may have it.
#[test]
fn after_a_start_no_address_is_given_away_that_may_still_be_used() {
    let says_only = |mac| discover(mac, 1).option(60, b"Polycom-VVX410");
    for mac in [PHONE, [2, 0, 0, 0, 8, 1]] {
        let mut office = Office::new(boards::small);
        let own = office.hears(&says_only(mac)).reply();
        assert_eq!(own.number(51), Some(7 * DAY_S));
        let own = own.message.yiaddr();
        office.hears(&request_selecting(mac, 2, SERVER, own));
        office.restart();
        for no in 0..3 {
            office.boots([0x3c, 0x97, 0x0e, 0, 0, no]);
        }
        office.after_ms(6 * u64::from(DAY_S) * 1_000);
        for no in 3..6 {
            assert_ne!(office.boots([0x3c, 0x97, 0x0e, 0, 0, no]), own);
        }
        office.discovers(PHONE_2).answers([]);
        let renewed = office.hears(&request_renewing(mac, 3, own));
        assert_eq!(renewed.reply().kind, "ACK");
    }
}
