//! The DHCP client: its states, its patience, and its complaints.

use super::office::{Office, PHONE};
use crate::{builders, reply_mac, reply_xid, Complaint, Input, KeepsAddress, Kind, Output, Phone};
use dhcproto::v4::{DhcpOption, Message, OptionCode};
use dhcproto::{Decodable, Decoder};
use std::net::Ipv4Addr;

type Spoil = fn(&mut Vec<u8>);

fn pc() -> Office {
    Office::new(Kind::Pc)
}

/// The complaints of a phone whose replies are spoilt in one way.
fn complaints(spoil: Spoil) -> Vec<Complaint> {
    let mut office = pc();
    office.spoil_dhcp = spoil;
    office.boot(100);
    office.phone.complaints().to_vec()
}

/// Overwrites the value of an option that is there.
fn set_option(bytes: &mut [u8], code: u8, value: &[u8]) {
    let mut at = 240;
    while let (Some(have), Some(len)) = (bytes.get(at).copied(), bytes.get(at + 1).copied()) {
        let end = at + 2 + usize::from(len);
        if have == code {
            if let Some(slot) = bytes.get_mut(at + 2..end) {
                slot.copy_from_slice(value);
            }
            return;
        }
        if have == 255 {
            panic!("no option {code}");
        }
        at = end;
    }
}

/// Turns an option into another one of the same length.
fn set_code(bytes: &mut [u8], code: u8, other: u8) {
    let mut at = 240;
    while let (Some(have), Some(len)) = (bytes.get(at).copied(), bytes.get(at + 1).copied()) {
        if have == code {
            if let Some(slot) = bytes.get_mut(at) {
                *slot = other;
            }
            return;
        }
        at += 2 + usize::from(len);
    }
}

#[test]
fn a_pc_gets_an_address_and_wants_nothing_more() {
    let mut office = pc();
    office.boot(10_000);
    assert_eq!(office.phone.ip(), Some(PHONE));
    assert_eq!(office.phone.complaints(), []);
    assert_eq!(office.dhcp_types, [(1, true), (3, true)]);
    assert!(office.asked.is_empty() && office.failures.is_empty());
}

#[test]
fn requests_carry_the_fixtures_strings_and_are_decoded_by_an_independent_decoder() {
    let mut phone = Phone::new(Kind::CiscoSpa, 3, 9);
    phone.start(0);
    let bytes = std::iter::from_fn(|| phone.poll_output())
        .find_map(|output| match output {
            Output::Dhcp { bytes, .. } => Some(bytes),
            Output::UdpOpen { .. }
            | Output::UdpClose { .. }
            | Output::Udp { .. }
            | Output::HttpGet { .. }
            | Output::Log(_)
            | Output::Registered
            | Output::Failed(_) => None,
        })
        .expect("a DISCOVER");
    let message = Message::decode(&mut Decoder::new(&bytes)).expect("decodes");
    let class = message.opts().get(OptionCode::ClassIdentifier);
    assert_eq!(class, Some(&DhcpOption::ClassIdentifier(b"Cisco SPA504G".to_vec())));
    assert_eq!(message.xid(), phone.xid());
    assert_eq!(message.chaddr(), phone.mac());
    assert_eq!(bytes.len(), 300);
}

#[test]
fn lost_answers_are_asked_for_again_and_again() {
    let mut office = pc();
    office.lose = 3;
    office.boot(60_000);
    assert_eq!(office.phone.ip(), Some(PHONE));
    assert_eq!(office.phone.tally().dhcp_resent, 3);
}

#[test]
fn a_lease_is_renewed_by_unicast_at_half_time() {
    let mut office = pc();
    office.lease_s = 3_600;
    office.boot(1_801_000);
    assert_eq!(office.dhcp_types, [(1, true), (3, true), (3, false)]);
    assert_eq!(office.phone.complaints(), []);
}

#[test]
fn an_unanswered_lease_is_rebound_and_then_lost() {
    let mut office = pc();
    office.lease_s = 3_600;
    office.boot(1_000);
    office.lose = u32::MAX;
    office.run(3_590_000);
    assert_eq!(office.phone.ip(), Some(PHONE));
    assert_eq!(office.dhcp_types.last(), Some(&(3, true)));
    office.run(30_000);
    assert_eq!(office.phone.ip(), None);
    assert_eq!(office.dhcp_types.last(), Some(&(1, true)));
}

#[test]
fn a_phone_that_remembers_its_address_asks_for_it_and_one_that_forgot_does_not() {
    let mut office = pc();
    office.boot(1_000);
    office.phone.forget(KeepsAddress::Yes);
    assert_eq!(office.phone.ip(), None);
    office.boot(1_000);
    assert_eq!(office.dhcp_types.get(2..), Some(&[(3, true)][..]));
    office.phone.forget(KeepsAddress::No);
    office.boot(1_000);
    assert_eq!(office.dhcp_types.get(3), Some(&(1, true)));
    office.phone.release(office.now);
    office.run(1_000);
    assert_eq!(office.dhcp_types.last(), Some(&(7, false)));
    assert_eq!(office.phone.complaints(), []);
}

#[test]
fn a_nak_sends_the_phone_back_to_the_beginning() {
    let mut office = pc();
    office.boot(1_000);
    office.phone.forget(KeepsAddress::Yes);
    office.lose = u32::MAX;
    office.phone.start(office.now);
    let mut nak = builders::DhcpDraft::new(6, office.phone.mac(), office.phone.xid());
    nak.op = 2;
    let mac = office.phone.mac();
    let id = [&[1][..], &mac[..]].concat();
    let nak = nak.option(54, &[192, 168, 1, 1]).option(61, &id).bytes();
    office.phone.receive(office.now, Input::Dhcp(&nak));
    office.lose = 0;
    office.run(5_000);
    assert_eq!(office.phone.ip(), Some(PHONE));
    assert_eq!(office.phone.complaints(), []);
    assert_eq!((reply_mac(&nak), nak.get(4..8).is_some()), (Some(mac), reply_xid(&nak).is_some()));
}

#[test]
fn wrong_replies_give_complaints() {
    let none = Ipv4Addr::UNSPECIFIED;
    let rows: [(Spoil, Complaint); 13] = [
        (|b| b.truncate(200), Complaint::DhcpShort(200)),
        (|b| b.truncate(290), Complaint::DhcpShort(290)),
        (|b| b[236] = 0, Complaint::DhcpHeader("cookie")),
        (|b| b[3] = 1, Complaint::DhcpHeader("hops")),
        (|b| b[16..20].fill(0), Complaint::DhcpAddress(none)),
        (|b| set_code(b, 51, 224), Complaint::DhcpMissing(51)),
        (|b| set_code(b, 54, 224), Complaint::DhcpMissing(54)),
        (|b| set_code(b, 1, 224), Complaint::DhcpMissing(1)),
        (|b| set_option(b, 51, &[0; 4]), Complaint::DhcpTimes(0, 0, 0)),
        (|b| set_option(b, 3, &[10, 0, 0, 1]), Complaint::DhcpRouter(Ipv4Addr::new(10, 0, 0, 1))),
        (|b| set_option(b, 61, &[9; 7]), Complaint::DhcpClientId),
        (|b| set_option(b, 53, &[4]), Complaint::DhcpType(4)),
        (|b| set_code(b, 3, 94), Complaint::DhcpUndecodable(94)),
    ];
    for (spoil, expected) in rows {
        let found = complaints(spoil);
        assert!(found.contains(&expected), "{expected:?} not in {found:?}");
    }
}

#[test]
fn replies_for_others_are_passed_over_and_unknown_transactions_are_not() {
    assert_eq!(complaints(|b| b[33] ^= 1), []);
    assert!(matches!(complaints(|b| b[4] ^= 1).as_slice(), [Complaint::DhcpUnknownXid(_)]));
}

#[test]
fn no_reply_makes_a_phone_panic() {
    let mut office = pc();
    office.boot(100);
    let good = {
        let mut draft = builders::DhcpDraft::new(5, office.phone.mac(), office.phone.xid());
        draft.op = 2;
        draft.option(52, &[3]).option(51, &[0, 0, 0, 9]).option(66, &[65; 300]).bytes()
    };
    let mut rng = crate::rng::Rng::new(1);
    for turn in 0..50_000 {
        let mut bytes = good.clone();
        for _ in 0..4 {
            let at = 240 + usize::try_from(rng.below(200)).expect("small");
            if let Some(byte) = bytes.get_mut(at) {
                *byte = rng.next_u32().to_le_bytes()[0];
            }
        }
        bytes.truncate(usize::try_from(rng.below(700)).expect("small").max(34));
        office.phone.receive(office.now + turn, Input::Dhcp(&bytes));
        while office.phone.poll_output().is_some() {}
    }
    assert!(office.phone.complaints().len() <= 64);
}
