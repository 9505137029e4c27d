//! Firmware that is kept on flash of its own: who is told of it, who gets it, and how TFTP carries
//! it piece by piece.

mod support;

use exchange::command::Command;
use exchange::firmware::{About, Firmware, NotFirmware, Offered};
use exchange::layer::{Firmware as Versions, Layer};
use exchange::limits::{TFTP_PIECE_BYTES, TFTP_REPEATS_MAX};
use exchange::names::text;
use exchange::settings::Setting;
use exchange::time::Wall;
use exchange::view::Family;
use exchange::{FileNo, Line, TransferNo};
use phones::builders::{ack, request};
use support::tftp::{block, client, packet, says};
use support::{address, boards, from, own_file, Heard, Office, PHONE};

const ROM: &str = "T46U-108.86.0.20.rom";

fn file(no: u32, name: &str, bytes: u32, model: Option<(Family, &str)>) -> Firmware {
    let model = model.map(|(family, model)| (family, text(model)));
    let about = About { model, since: Some(Wall(1_796_083_199)) };
    Firmware { no: FileNo(no), name: name.to_string(), bytes, digest: [7; 32], about }
}

/// A phone with a lease, and this file.
fn office(bytes: u32, model: Option<(Family, &str)>) -> Office {
    let mut office = Office::new(boards::plain);
    office.boots(PHONE);
    office.exchange.firmware_kept(vec![file(1, ROM, bytes, model)]);
    office
}

fn content(at: usize, len: usize) -> Vec<u8> {
    (at..at + len).map(|at| (at ^ (at >> 8)) as u8).collect()
}

/// Answers what was asked for of a file of so many bytes, and hears what follows.
fn brings(office: &mut Office, heard: &Heard, bytes: u32) -> Heard {
    let [(no, FileNo(1), at, len)] = heard.reads[..] else { panic!("{} reads", heard.reads.len()) };
    assert_eq!(len, TFTP_PIECE_BYTES);
    let there = content(at as usize, len.min((bytes - at) as usize));
    let now = office.now();
    office.exchange.piece(now, no, Some(there));
    office.drain()
}

#[test]
fn only_a_proven_device_gets_it_and_its_story_says_so_once() {
    let mut office = office(1_000_000, None);
    let at = from(address(10), 1);
    for name in [ROM.to_string(), format!("/prov/{ROM}")] {
        assert_eq!(office.fetch(at, &name).0, "kept 1 of 1000000", "{name}");
    }
    let told = office.story(PHONE);
    let of_it = told.iter().filter(|step| step.contains("firmware, 1000000 bytes")).count();
    assert_eq!(of_it, 1, "{told:?}");
    assert_eq!(office.fetch(from(address(77), 1), ROM).0, "forbidden");
    office.exchange.firmware_kept(Vec::new());
    assert_eq!(office.fetch(at, ROM).0, "not found");
}

#[test]
fn phones_of_its_model_are_told_of_it_unless_a_nearer_url_was_set() {
    let told = |office: &mut Office| {
        let (_, bytes) = office.fetch(from(address(10), 1), &own_file(PHONE));
        let text = String::from_utf8(bytes).unwrap_or_default();
        text.lines().find_map(|line| line.strip_prefix("firmware ")).map(str::to_string)
    };
    let mut office = office(1_000, Some((Family::Yealink, "T46U")));
    let agent = "Yealink SIP-T46U 108.86.0.20 00:15:65:00:00:01";
    office.fetch_as(from(address(10), 1), &own_file(PHONE), agent);
    let here = format!("http://10.1.0.1/prov/{ROM}");
    assert_eq!(told(&mut office), Some(here.clone()));
    let mut set = |layer: Layer, value: &str, expected: &str| {
        let (setting, value) = (Setting::FirmwareUrl, Some(value.to_string()));
        assert!(office.command(Command::ChangeSetting { layer, setting, value }).is_ok());
        assert_eq!(told(&mut office).as_deref(), Some(expected));
    };
    set(Layer::Family(Family::Yealink), "http://else/a.rom", &here);
    let model = Layer::Model {
        family: Family::Yealink,
        model: text("T46U"),
        firmware: Versions::default(),
    };
    set(model, "http://else/b.rom", "http://else/b.rom");
    let view = office.exchange.firmware_view(office.now());
    assert!(!view.files[0].is_told && view.kinds == [(Family::Yealink, text("T46U"))]);
}

#[test]
fn a_file_for_another_model_or_for_nobody_is_told_to_nobody() {
    for model in [None, Some((Family::Yealink, "T48U")), Some((Family::Snom, "T46U"))] {
        let mut office = office(1_000, model);
        let agent = "Yealink SIP-T46U 108.86.0.20 00:15:65:00:00:01";
        let (_, bytes) = office.fetch_as(from(address(10), 1), &own_file(PHONE), agent);
        assert!(!String::from_utf8_lossy(&bytes).contains("firmware "), "{model:?}");
    }
}

#[test]
fn a_maker_whose_phones_look_in_a_folder_is_told_the_folder() {
    let folders: Vec<Family> =
        Family::ALL.into_iter().filter(|family| family.firmware_is_folder()).collect();
    let expected = [Family::Grandstream, Family::AastraMitel, Family::Fanvil, Family::Htek];
    assert_eq!(folders, expected);
}

#[test]
fn a_name_is_one_that_phones_can_ask_for_and_that_nothing_else_has() {
    let office = Office::new(boards::plain);
    let may = |name: &str, family, model: &str| {
        office.exchange.may_keep(office.now(), &Offered { name, family, model })
    };
    for good in [ROM, "sip.ld", "3111-46135-002.sip.ld", "gxp2130fw.bin", "6865i.st", "a", "x(1)~+"]
    {
        assert_eq!(may(good, None, "").err(), None, "{good}");
    }
    let long = "n".repeat(65);
    for bad in ["", " ", "a b", "a/b", "..", ".a", "-a", "a\\b", "a%20b", "a\0", "ä.rom", &long] {
        assert_eq!(may(bad, None, ""), Err(NotFirmware::Name), "{bad}");
    }
    for taken in [
        "001565000001.cfg",
        "y000000000028.cfg",
        "0004f2000001-app.log",
        "0004f2000001-phone.cfg",
        "site.cfg",
        "cfg000b82000001.xml",
        "y000000000000.boot",
    ] {
        assert_eq!(may(taken, None, ""), Err(NotFirmware::NameTaken), "{taken}");
    }
    let half = Err(NotFirmware::Half);
    assert_eq!(may(ROM, Some(Family::Yealink), " "), half);
    assert_eq!(may(ROM, None, "T46U"), half);
    let about = may(ROM, Some(Family::Snom), "snomD785");
    assert_eq!(about.map(|it| it.model), Ok(Some((Family::Snom, text("D785")))));
}

#[test]
fn what_is_written_down_about_a_file_is_read_again() {
    for about in [
        About::default(),
        About { model: Some((Family::Polycom, text("VVX 450"))), since: None },
        About {
            model: Some((Family::Yealink, text(&"x".repeat(40)))),
            since: Some(Wall(u64::MAX)),
        },
    ] {
        let bytes = about.encode();
        assert!(bytes.len() <= 64);
        assert_eq!(About::decode(&bytes), about);
    }
    for other in [&[][..], &[1; 8], &[255; 60], &[1, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF]] {
        assert_eq!(About::decode(other).model, None);
    }
}

/// Reads a whole file by TFTP, each window acknowledged by its last block; returns its bytes.
fn reads_all(office: &mut Office, bytes: u32, options: &[(&str, &str)]) -> Vec<u8> {
    let at = client(10, 2_000);
    let mut heard = office.datagram(at, Line::Tftp, &request(1, ROM, "octet", options));
    let mut line = None;
    let (mut got, mut expected, mut done) = (Vec::new(), 1_u64, false);
    let size: usize = options
        .iter()
        .find(|(name, _)| *name == "blksize")
        .map_or(512, |(_, n)| n.parse().unwrap_or(0));
    while !done {
        if !heard.reads.is_empty() {
            assert!(heard.sent.len() < 16);
            let more = brings(office, &heard, bytes);
            heard.reads.clear();
            heard.sent.extend(more.sent);
            heard.reads.extend(more.reads);
        }
        let mut last = 0;
        for (departure, _) in &heard.sent {
            line = Some(departure.line);
            if departure.bytes[..2] == [0, 6] {
                continue;
            }
            assert_eq!(departure.bytes[2..4], (expected as u16).to_be_bytes());
            got.extend_from_slice(block(&departure.bytes));
            done = block(&departure.bytes).len() < size;
            (last, expected) = (expected, expected + 1);
        }
        let Some(line) = line else { panic!("nothing was sent: {:?}", says(&heard)) };
        heard = office.datagram(at, line, &ack(last as u16));
    }
    assert_eq!(says(&heard), ["closed"]);
    got
}

#[test]
fn tftp_carries_it_in_pieces_whatever_the_blocks() {
    for bytes in [1, 511, 512, TFTP_PIECE_BYTES as u32, 100_000, 131_072] {
        for options in [
            &[][..],
            &[("blksize", "1468"), ("tsize", "0")],
            &[("blksize", "1468"), ("windowsize", "16")],
            &[("blksize", "1000"), ("windowsize", "7")],
        ] {
            let mut office = office(bytes, None);
            let got = reads_all(&mut office, bytes, options);
            assert!(got == content(0, bytes as usize), "{bytes} bytes with {options:?}");
        }
    }
}

#[test]
fn block_numbers_go_on_from_0_after_65535() {
    let bytes = 600_000;
    for options in [&[("blksize", "8")][..], &[("blksize", "8"), ("windowsize", "16")]] {
        let mut office = office(bytes, None);
        // 75,001 blocks.
        assert!(reads_all(&mut office, bytes, options) == content(0, bytes as usize));
    }
}

#[test]
fn the_size_is_told_and_netascii_refused() {
    let mut office = office(3_000_000_000, None);
    let at = client(10, 2_000);
    let asked = request(1, ROM, "octet", &[("tsize", "0"), ("blksize", "1468")]);
    let heard = office.datagram(at, Line::Tftp, &asked);
    assert_eq!(packet(&heard.sent[0].0.bytes), "OACK blksize 1468 tsize 3000000000");
    assert!(heard.reads.is_empty(), "nothing is read for one who only asks the size");
    let text = request(1, ROM, "netascii", &[]);
    let heard = office.datagram(client(10, 2_001), Line::Tftp, &text);
    assert!(says(&heard)[0].starts_with("ERROR 4 "), "{:?}", says(&heard));
}

#[test]
fn a_piece_that_is_missing_ends_the_transfer_and_a_late_one_changes_nothing() {
    let mut office = office(100_000, None);
    let at = client(10, 2_000);
    let heard = office.datagram(at, Line::Tftp, &request(1, ROM, "octet", &[]));
    let [(no, ..)] = heard.reads[..] else { panic!("no read") };
    // Asked again by an impatient client, it is read once.
    let again = office.datagram(at, Line::Tftp, &request(1, ROM, "octet", &[]));
    assert!(again.reads.is_empty() && again.sent.is_empty());
    let now = office.now();
    office.exchange.piece(now, no, None);
    let heard = office.drain();
    assert_eq!(says(&heard), ["ERROR 0 the file is gone, ask again", "closed"]);
    for late in [no, TransferNo(77)] {
        office.exchange.piece(now, late, Some(vec![0; TFTP_PIECE_BYTES]));
        assert!(office.drain().sent.is_empty());
    }
    // One that is shorter than it has to be is none.
    let heard = office.datagram(at, Line::Tftp, &request(1, ROM, "octet", &[]));
    let [(no, ..)] = heard.reads[..] else { panic!("no read") };
    office.exchange.piece(now, no, Some(vec![0; 10]));
    assert_eq!(says(&office.drain()), ["ERROR 0 the file is gone, ask again", "closed"]);
}

#[test]
fn flash_that_never_answers_ends_in_time() {
    let mut office = office(100_000, None);
    office.datagram(client(10, 2_000), Line::Tftp, &request(1, ROM, "octet", &[]));
    let mut closed = 0;
    for _ in 0..=TFTP_REPEATS_MAX {
        let heard = office.after_ms(20_000);
        assert!(heard.sent.is_empty() && heard.reads.is_empty());
        closed += heard.closed.len();
    }
    assert_eq!(closed, 1);
}
