//! Floods and garbage: tables stay within their bounds, and a known phone is served all the same.

mod support;

use exchange::limits::{
    NOTES_MAX, OUTPUTS_MAX, STORY_STEPS_MAX, STRANGER_RECORDS_BURST, TRANSFERS_MAX,
};
use exchange::names::{InterfaceNo, Side};
use exchange::{Arrival, Line, Neighbour, StreamNo, TransferNo};
use phones::builders::{
    decline, discover, inform, release, request, request_init_reboot, request_renewing,
    request_selecting, DhcpDraft,
};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::{Path, PathBuf};
use support::sip::{account, subscribe, Account, Wish};
use support::{address, boards, from, own_file, unhex, Dice, Office, PHONE, SERVER};

const FLOOD: usize = 100_000;

/// A phone that was here before the flood.
struct Regular {
    address: Ipv4Addr,
    account: Account,
}

fn office(board: fn() -> exchange::board::Board) -> (Office, Regular) {
    let mut office = Office::new(board);
    let address = office.boots(PHONE);
    let (_, file) = office.fetch(from(address, 5060), &own_file(PHONE));
    let account = account(&file, 1);
    assert_eq!(office.registers(from(address, 5060), &account, Wish::default()), 200);
    (office, Regular { address, account })
}

/// The phone renews, fetches and registers as ever.
#[track_caller]
fn served(office: &mut Office, regular: &Regular) {
    let at = from(regular.address, 5060);
    assert_eq!(office.hears(&request_renewing(PHONE, 1, regular.address)).reply().kind, "ACK");
    assert_eq!(office.discovers(PHONE).reply().message.yiaddr(), regular.address);
    assert!(office.fetch(at, &own_file(PHONE)).0.starts_with("file"));
    assert_eq!(office.registers(at, &regular.account, Wish::default()), 200);
}

/// What can be seen of the tables' bounds.
#[track_caller]
fn within_bounds(office: &Office) {
    let view = office.exchange.view(office.now());
    assert!(view.notes.len() <= NOTES_MAX && view.strangers.len() <= 100);
    assert!(view.alarms.len() <= 20, "{}", view.alarms.len());
    let longest = view.strangers.iter().map(|row| office.device(row.mac.0).story.len()).max();
    assert!(longest.unwrap_or(0) <= STORY_STEPS_MAX);
}

#[test]
fn a_flood_of_new_hardware_addresses_takes_nothing_from_a_known_phone() {
    let (mut office, regular) = office(boards::plain);
    let mut dice = Dice(1);
    let before = office.facts.len();
    for no in 0..FLOOD {
        let [a, b, c, d, e, _] = dice.bytes::<6>();
        let mac = [2, a, b, c, d, e];
        let heard = office.hears(&discover(mac, 1));
        let offer = heard.sent.first().map(|(departure, _)| support::dhcp::read(&departure.bytes));
        if let (Some(offer), true) = (offer, no % 4 == 0) {
            office.hears(&request_selecting(mac, 2, SERVER, offer.message.yiaddr()));
        }
        if no % 100 == 0 {
            office.after_ms(100);
        }
    }
    within_bounds(&office);
    assert!(office.facts.len() - before <= STRANGER_RECORDS_BURST as usize);
    served(&mut office, &regular);
    office.restart();
    served(&mut office, &regular);
}

#[test]
fn a_flood_of_requests_for_files_ends_when_it_ends() {
    let (mut office, regular) = office(boards::wide);
    let mut dice = Dice(2);
    let mut served_ones = 0;
    for _ in 0..FLOOD {
        let source = Ipv4Addr::from(0x0a01_4000 + dice.below(0x4000) as u32);
        let at = from(source, 1_024 + dice.below(60_000) as u16);
        let asking = request(1, "y000000000000.cfg", "octet", &[("blksize", "1468")]);
        let heard = office.datagram(at, Line::Tftp, &asking);
        served_ones += heard.sent.iter().filter(|(it, _)| it.bytes.starts_with(&[0, 6])).count();
    }
    assert!(served_ones <= 2 * TRANSFERS_MAX, "{served_ones}");
    assert!(office.fetch(from(regular.address, 1), &own_file(PHONE)).0.starts_with("file"));
    for _ in 0..60 {
        office.after_ms(1_000);
    }
    let asking = request(1, &own_file(PHONE), "octet", &[]);
    let heard = office.datagram(from(regular.address, 7_000), Line::Tftp, &asking);
    assert!(heard.sent.iter().any(|(departure, _)| departure.bytes.starts_with(&[0, 3, 0, 1])));
    within_bounds(&office);
    served(&mut office, &regular);
}

#[test]
fn a_scan_of_hardware_addresses_yields_nothing_and_little_noise() {
    let (mut office, regular) = office(boards::plain);
    let mut noise = 0;
    for no in 0..FLOOD as u32 {
        let [_, a, b, c] = no.to_be_bytes();
        let name = own_file([0x00, 0x15, 0x65, a, b, c]);
        let at = from(address(250), 1_024 + (no % 60_000) as u16);
        let heard = office.datagram(at, Line::Tftp, &request(1, &name, "octet", &[]));
        let refusal = heard.sent.first().map(|(departure, _)| departure.bytes.as_slice());
        assert_eq!(refusal, Some(&b"\0\x05\0\x02not for you\0"[..]));
        noise += heard.notes.len();
        office.wait_ms(1);
    }
    assert!(noise <= 101, "{noise} notes in a hundred seconds");
    assert_eq!(office.exchange.view(office.now()).handsets.len(), 1);
    served(&mut office, &regular);
}

#[test]
fn a_phone_that_moves_and_moves_does_not_wear_out_the_flash() {
    let mut office = Office::new(boards::campus);
    office.boots(PHONE);
    office.fetch(from(address(10), 1), &own_file(PHONE));
    assert!(office.knows(PHONE));
    let before = office.facts.len();
    for _ in 0..2_500 {
        office.boots(PHONE);
        office.boots_as(PHONE, |draft| draft.relayed_by(Ipv4Addr::new(10, 2, 0, 1)));
    }
    assert!(office.facts.len() - before <= STRANGER_RECORDS_BURST as usize);
}

#[test]
fn a_caller_that_does_not_drain_loses_no_record() {
    let mut office = Office::new(boards::wide);
    let now = office.now();
    let arrival = from(Ipv4Addr::UNSPECIFIED, 68);
    for no in 0..3 * OUTPUTS_MAX as u32 {
        let [_, a, b, c] = no.to_be_bytes();
        let bytes = discover([2, 0, 0, a, b, c], 1).bytes();
        office.exchange.datagram(now, arrival, Line::Dhcp, &bytes);
    }
    let mut outputs = 0;
    while office.exchange.poll_output().is_some() {
        outputs += 1;
    }
    assert_eq!(outputs, OUTPUTS_MAX);
}

fn golden() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/packets")
}

fn files_in(folder: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = std::fs::read_dir(folder) else { panic!("no {}", folder.display()) };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let wanted = paths.iter().filter(|path| path.extension().is_some_and(|it| it != "txt"));
    wanted
        .filter_map(|path| {
            let bytes = std::fs::read(path).ok()?;
            let hex = path.extension().is_some_and(|it| it == "hex");
            Some(if hex { unhex(&String::from_utf8_lossy(&bytes)) } else { bytes })
        })
        .collect()
}

/// Real packets for each door.
fn dhcp_seeds() -> Vec<Vec<u8>> {
    let drafts: [DhcpDraft; 7] = [
        discover(PHONE, 1).option(60, b"yealink").option(55, &[1, 3, 66, 43]),
        request_selecting(PHONE, 1, SERVER, address(10)).option(61, b"\x01abcdef"),
        request_init_reboot(PHONE, 1, address(10)),
        request_renewing(PHONE, 1, address(10)),
        decline(PHONE, 1, SERVER, address(10)),
        release(PHONE, 1, SERVER, address(10)),
        inform(PHONE, 1, address(77)),
    ];
    let own = drafts.iter().map(DhcpDraft::bytes);
    own.chain(files_in(&golden().join("dhcp"))).collect()
}

fn tftp_seeds() -> Vec<Vec<u8>> {
    let options = [("blksize", "1428"), ("tsize", "0"), ("timeout", "2"), ("windowsize", "4")];
    vec![
        request(1, "y000000000000.cfg", "octet", &options),
        request(1, &own_file(PHONE), "netascii", &[]),
        request(2, "a.log", "octet", &[]),
        vec![0, 4, 0, 1],
        vec![0, 5, 0, 0, b'x', 0],
        vec![0, 3, 0, 1, 9, 9],
        b"\0\x06blksize\x0099\0".to_vec(),
    ]
}

fn sip_seeds() -> Vec<Vec<u8>> {
    let mut seeds = files_in(&golden().join("sip/rfc4475"));
    seeds.extend(files_in(&golden().join("sip/pnp")));
    seeds.push(subscribe(from(address(250), 5060), PHONE).into_bytes());
    seeds
}

/// Somebody of whom nothing is proven.
fn nobody(dice: &mut Dice) -> Arrival {
    let port = 1_024 + dice.below(40) as u16;
    let side = if dice.below(8) == 0 { Side::Wan } else { Side::Lan };
    let interface = InterfaceNo(dice.below(4) as u8);
    let from = match dice.below(4) {
        0 => SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 68),
        1 => SocketAddrV4::new(Ipv4Addr::from(dice.roll() as u32 | 0xc000_0000), port),
        _on_the_lan => SocketAddrV4::new(address(250), port),
    };
    Arrival { side, interface, from, neighbour: Neighbour::Unknown }
}

#[test]
fn two_hundred_thousand_spoilt_packets_do_no_harm_at_any_door() {
    let mut office = Office::new(boards::campus);
    let doors = [
        (Line::Dhcp, dhcp_seeds()),
        (Line::Tftp, tftp_seeds()),
        (Line::Transfer(TransferNo(1)), tftp_seeds()),
        (Line::Sip, sip_seeds()),
        (Line::SipMulticast, sip_seeds()),
        (Line::SipStream(StreamNo(1)), sip_seeds()),
    ];
    let mut dice = Dice(4_711);
    for round in 0..200_000_usize {
        let Some((line, seeds)) = doors.get(round % doors.len()) else { continue };
        let mut bytes = seeds.get(dice.below(seeds.len())).cloned().unwrap_or_default();
        dice.spoil(&mut bytes);
        let arrival = nobody(&mut dice);
        let heard = office.datagram(arrival, *line, &bytes);
        assert!(heard.sent.len() <= 16 && heard.records.len() <= 2, "round {round}");
        let size = heard.sent.iter().map(|(departure, _)| departure.bytes.len()).max();
        assert!(size.unwrap_or(0) <= 16 * 1024, "round {round}");
        if round % 1_000 == 0 {
            office.after_ms(1_000);
            let name = String::from_utf8_lossy(&bytes).into_owned();
            assert_ne!(office.fetch(arrival, &name).0, "unavailable");
        }
    }
    within_bounds(&office);
    assert!(office.exchange.view(office.now()).handsets.is_empty(), "nobody proved anything");
    office.restart();
    let own = office.boots([0x00, 0x15, 0x65, 0xaa, 0xbb, 0xcc]);
    assert!(office.fetch(from(own, 1), "001565aabbcc.cfg").0.starts_with("file"));
}
