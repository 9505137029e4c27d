//! A TFTP transfer, packet by packet (RFC 1350, 1123, 2347, 2348, 2349, 7440).

mod support;

use exchange::limits::PROBE_WAIT_MS;
use exchange::note::{Note, Table};
use exchange::render::Render;
use exchange::{Line, To, TransferNo};
use phones::builders::{ack, error, request, request_selecting};
use std::collections::BTreeSet;
use support::files::{Bytes, LineEnds};
use support::tftp::{block, client, packet, says, Reader};
use support::{address, boards, own_file, Office, PHONE, SERVER};

/// A common file that anybody on the LAN may have.
const COMMON: &str = "y000000000000.cfg";

fn office(render: fn() -> Box<dyn Render>) -> Office {
    Office::with_render(boards::plain, render)
}

fn of_1300() -> Office {
    office(|| Box::new(Bytes(1_300)))
}

#[test]
fn a_file_comes_in_blocks_of_512_and_ends_with_a_short_one() {
    let mut office = of_1300();
    let mut reader = Reader::asks(&mut office, client(10, 2_000), COMMON, &[]);
    assert_eq!(reader.heard, ["DATA 1 of 512"]);
    assert_eq!(reader.acks(&mut office, 1), ["DATA 2 of 512"]);
    assert_eq!(reader.acks(&mut office, 2), ["DATA 3 of 276"]);
    assert_eq!(reader.acks(&mut office, 3), ["closed"]);
    assert_eq!(reader.acks(&mut office, 3), Vec::<String>::new());
}

#[test]
fn a_file_of_whole_blocks_ends_with_an_empty_one() {
    for (render, last) in [
        ((|| Box::new(Bytes(1_024)) as Box<dyn Render>) as fn() -> Box<dyn Render>, 3),
        (|| Box::new(Bytes(0)), 1),
        (|| Box::new(Bytes(511)), 1),
    ] {
        let mut office = office(render);
        let mut reader = Reader::asks(&mut office, client(10, 2_000), COMMON, &[]);
        for block in 1..last {
            assert_eq!(reader.heard, [format!("DATA {block} of 512")]);
            reader.acks(&mut office, block);
        }
        assert!(reader.heard[0].starts_with(&format!("DATA {last} of ")));
        assert_eq!(reader.acks(&mut office, last), ["closed"]);
    }
}

#[test]
fn options_are_agreed_within_our_bounds_and_others_passed_over() {
    let table: [(&[(&str, &str)], &str); 18] = [
        (&[("blksize", "1428")], "OACK blksize 1428"),
        (&[("BlkSize", "1468")], "OACK blksize 1468"),
        (&[("blksize", "65464")], "OACK blksize 1468"),
        (&[("blksize", "8")], "OACK blksize 8"),
        (&[("blksize", "7")], "DATA 1 of 512"),
        (&[("blksize", "65465")], "DATA 1 of 512"),
        (&[("blksize", "-5")], "DATA 1 of 512"),
        (&[("blksize", "")], "DATA 1 of 512"),
        (&[("tsize", "0")], "OACK tsize 1300"),
        (&[("tsize", "99")], "OACK tsize 1300"),
        (&[("timeout", "3")], "OACK timeout 3"),
        (&[("timeout", "0")], "DATA 1 of 512"),
        (&[("timeout", "256")], "DATA 1 of 512"),
        (&[("windowsize", "4")], "OACK windowsize 4"),
        (&[("windowsize", "65535")], "OACK windowsize 16"),
        (&[("windowsize", "0")], "DATA 1 of 512"),
        (&[("multicast", ""), ("x", "y")], "DATA 1 of 512"),
        (
            &[
                ("x", "y"),
                ("windowsize", "2"),
                ("tsize", "0"),
                ("timeout", "9"),
                ("blksize", "600"),
            ],
            "OACK blksize 600 tsize 1300 timeout 9 windowsize 2",
        ),
    ];
    for (port, (options, answer)) in (2_000..).zip(table) {
        let mut office = of_1300();
        let reader = Reader::asks(&mut office, client(10, port), COMMON, options);
        assert_eq!(reader.heard, [answer], "{options:?}");
    }
}

#[test]
fn after_the_options_the_client_confirms_with_block_0() {
    let mut office = of_1300();
    let mut reader = Reader::asks(&mut office, client(10, 2_000), COMMON, &[("blksize", "600")]);
    assert_eq!(reader.acks(&mut office, 1), Vec::<String>::new());
    assert_eq!(reader.acks(&mut office, 0), ["DATA 1 of 600"]);
    assert_eq!(reader.acks(&mut office, 0), Vec::<String>::new());
    assert_eq!(reader.acks(&mut office, 1), ["DATA 2 of 600"]);
    assert_eq!(reader.acks(&mut office, 2), ["DATA 3 of 100"]);
    assert_eq!(reader.acks(&mut office, 3), ["closed"]);
}

#[test]
fn block_numbers_go_on_after_65535_and_every_byte_arrives() {
    let size = 8 * 70_000 + 5;
    let mut office = office(|| Box::new(Bytes(8 * 70_000 + 5)));
    let options = [("blksize", "8"), ("tsize", "0")];
    let at = client(10, 2_000);
    let reader = Reader::asks(&mut office, at, COMMON, &options);
    assert_eq!(reader.heard, ["OACK blksize 8 tsize 560005"]);
    let mut file = Vec::new();
    let mut acked = 0_u16;
    loop {
        let heard = office.datagram(at, Line::Transfer(reader.no), &ack(acked));
        let Some((departure, _)) = heard.sent.first() else { break };
        file.extend_from_slice(block(&departure.bytes));
        acked = acked.wrapping_add(1);
        assert!(packet(&departure.bytes).starts_with(&format!("DATA {acked} ")));
    }
    let mut expected = Vec::new();
    let values = exchange_values();
    assert!(Bytes(size).render("", &values, &mut expected).is_ok());
    assert!(file == expected);
}

fn exchange_values() -> exchange::render::Values {
    use exchange::render::{SettingValues, SiteValues, Values};
    let zone = exchange::zone::UTC.values();
    let (server, provision_url) = (String::new(), String::new());
    let (provision_path, ntp_server) = (String::new(), String::new());
    let (sip_port, expires_s, poll_min) = (5060, 60, 60);
    let site = SiteValues {
        server,
        sip_port,
        expires_s,
        provision_url,
        provision_path,
        ntp_server,
        zone,
        poll_min,
        authority: None,
    };
    let (model, settings) = (String::new(), SettingValues::default());
    Values { handset: None, model, line_count: 0, screens_url: String::new(), site, settings }
}

#[test]
fn an_acknowledgement_that_comes_twice_sends_nothing_twice() {
    let mut office = of_1300();
    let mut reader = Reader::asks(&mut office, client(10, 2_000), COMMON, &[]);
    assert_eq!(reader.acks(&mut office, 1), ["DATA 2 of 512"]);
    for stray in [1, 1, 0, 3, 9, 65_535] {
        assert_eq!(reader.acks(&mut office, stray), Vec::<String>::new(), "{stray}");
    }
    assert_eq!(reader.acks(&mut office, 2), ["DATA 3 of 276"]);
}

#[test]
fn a_window_goes_back_to_what_is_missing_once() {
    let mut office = of_1300();
    let options = [("blksize", "200"), ("windowsize", "4")];
    let mut reader = Reader::asks(&mut office, client(10, 2_000), COMMON, &options);
    let first = ["DATA 1 of 200", "DATA 2 of 200", "DATA 3 of 200", "DATA 4 of 200"];
    assert_eq!(reader.acks(&mut office, 0), first);
    assert_eq!(reader.acks(&mut office, 0), first, "all of the window was lost");
    assert_eq!(reader.acks(&mut office, 0), Vec::<String>::new(), "and not again");
    let rest = ["DATA 3 of 200", "DATA 4 of 200", "DATA 5 of 200", "DATA 6 of 200"];
    assert_eq!(reader.acks(&mut office, 2), rest, "3 was lost");
    assert_eq!(reader.acks(&mut office, 6), ["DATA 7 of 100"]);
    assert_eq!(reader.acks(&mut office, 5), Vec::<String>::new());
    assert_eq!(reader.acks(&mut office, 7), ["closed"]);
}

#[test]
fn silence_is_met_with_patience_and_then_given_up() {
    let mut office = of_1300();
    office.boots(PHONE);
    let mut reader = Reader::asks(&mut office, client(10, 2_000), &own_file(PHONE), &[]);
    reader.acks(&mut office, 1);
    let mut heard = Vec::new();
    for second in 1..=30 {
        for said in says(&office.after_ms(1_000)) {
            heard.push(format!("{second}: {said}"));
        }
    }
    let again = |second| format!("{second}: DATA 2 of 512");
    assert_eq!(heard, [again(1), again(3), again(7), again(15), "23: closed".into()]);
    assert_eq!(
        office.story(PHONE).last().map(String::as_str),
        Some("Stopped answering during the transfer")
    );
}

#[test]
fn the_time_that_was_agreed_is_kept_to() {
    let mut office = of_1300();
    Reader::asks(&mut office, client(10, 2_000), COMMON, &[("timeout", "5")]);
    let mut seconds = Vec::new();
    for second in 1..=40 {
        if !says(&office.after_ms(1_000)).is_empty() {
            seconds.push(second);
        }
    }
    assert_eq!(seconds, [5, 10, 15, 20, 25]);
}

#[test]
fn a_repetition_after_silence_sends_the_window_again() {
    let mut office = of_1300();
    let options = [("blksize", "400"), ("windowsize", "2")];
    let mut reader = Reader::asks(&mut office, client(10, 2_000), COMMON, &options);
    assert_eq!(says(&office.after_ms(1_000)), ["OACK blksize 400 windowsize 2"]);
    reader.acks(&mut office, 0);
    reader.acks(&mut office, 2);
    assert_eq!(reader.heard, ["DATA 3 of 400", "DATA 4 of 100"]);
    assert_eq!(says(&office.after_ms(1_000)), ["DATA 3 of 400", "DATA 4 of 100"]);
    assert_eq!(reader.acks(&mut office, 4), ["closed"]);
}

#[test]
fn a_stranger_on_a_transfers_port_is_told_so_and_the_transfer_goes_on() {
    let mut office = of_1300();
    let mut reader = Reader::asks(&mut office, client(10, 2_000), COMMON, &[]);
    for stranger in [client(10, 2_001), client(11, 2_000)] {
        let heard = office.datagram(stranger, Line::Transfer(reader.no), &ack(1));
        assert_eq!(says(&heard), ["ERROR 5 not yours"]);
        let heard = office.datagram(stranger, Line::Transfer(reader.no), &error(0, "no"));
        assert_eq!(says(&heard), Vec::<String>::new(), "an error is never answered");
    }
    assert_eq!(reader.acks(&mut office, 1), ["DATA 2 of 512"]);
    let unknown = office.datagram(client(10, 2_000), Line::Transfer(TransferNo(77)), &ack(1));
    assert!(unknown.sent.is_empty());
}

#[test]
fn an_error_of_the_client_ends_the_transfer_without_a_word() {
    let mut office = of_1300();
    office.boots(PHONE);
    let mut reader = Reader::asks(&mut office, client(10, 2_000), &own_file(PHONE), &[]);
    assert_eq!(reader.sends(&mut office, &error(8, "only the size")), ["closed"]);
    assert!(office.story(PHONE).last().is_some_and(|step| step.contains("its own configuration")));
    for bytes in [error(1, "x"), vec![0, 5], vec![0, 5, 0]] {
        assert!(office.datagram(client(10, 2_000), Line::Tftp, &bytes).sent.is_empty());
    }
}

#[test]
fn nothing_can_be_stored_here() {
    let mut office = of_1300();
    office.boots(PHONE);
    let wanting = request(2, "001565000001-boot.log", "octet", &[]);
    let heard = office.datagram(client(10, 2_000), Line::Tftp, &wanting);
    assert_eq!(says(&heard), ["ERROR 2 this server takes no files", "closed"]);
    let last = office.story(PHONE).pop().unwrap_or_default();
    assert_eq!(last, "Asked for 001565000001-boot.log by TFTP: storing a file here is not allowed");
}

#[test]
fn names_that_climb_are_refused_and_names_of_nothing_not_found() {
    let mut office = of_1300();
    let long = "a".repeat(200);
    let bad = ["../etc/passwd", "/prov/../x", "a\\b", "%2e%2e/x", "x/./y", "a\nb", "/", &long];
    for (port, name) in (3_000..).zip(bad) {
        let heard = office.datagram(client(10, port), Line::Tftp, &request(1, name, "octet", &[]));
        assert_eq!(says(&heard), ["ERROR 2 no such name", "closed"], "{name:?}");
    }
    for (port, name) in (4_000..).zip(["etc/passwd", "nothing.at.all", "prov/nothing"]) {
        let heard = office.datagram(client(10, port), Line::Tftp, &request(1, name, "octet", &[]));
        assert_eq!(says(&heard), ["ERROR 1 no such file", "closed"], "{name:?}");
    }
    let latin = [&[0, 1, 0xe9, b'.', b'c', b'f', b'g', 0][..], b"octet\0"].concat();
    let heard = office.datagram(client(10, 5_000), Line::Tftp, &latin);
    assert_eq!(says(&heard), ["ERROR 2 no such name", "closed"]);
}

#[test]
fn the_directory_of_ours_may_stand_before_a_name() {
    let mut office = of_1300();
    for (port, name) in (2_000..).zip([
        COMMON,
        "/y000000000000.cfg",
        "prov/y000000000000.cfg",
        "/prov//y000000000000.cfg",
    ]) {
        let reader = Reader::asks(&mut office, client(10, port), name, &[]);
        assert_eq!(reader.heard, ["DATA 1 of 512"], "{name}");
    }
}

#[test]
fn a_request_that_comes_again_gets_its_answer_again() {
    let mut office = of_1300();
    let at = client(10, 2_000);
    let first = Reader::asks(&mut office, at, COMMON, &[]);
    let mut again = Reader::asks(&mut office, at, COMMON, &[]);
    assert_eq!((first.no, first.heard), (again.no, again.heard.clone()));
    assert_eq!(again.acks(&mut office, 1), ["DATA 2 of 512"]);
    assert_eq!(again.acks(&mut office, 2), ["DATA 3 of 276"]);
}

#[test]
fn another_file_asked_from_the_same_port_is_not_answered_with_the_former() {
    let mut office = Office::new(boards::plain);
    office.boots(PHONE);
    let at = client(10, 2_000);
    let common = Reader::asks(&mut office, at, COMMON, &[]);
    let own = office.datagram(at, Line::Tftp, &request(1, &own_file(PHONE), "octet", &[]));
    let Some((departure, _)) =
        own.sent.iter().find(|(departure, _)| block(&departure.bytes).starts_with(b"template"))
    else {
        panic!("no file")
    };
    assert!(String::from_utf8_lossy(&departure.bytes).contains("mac 001565000001"));
    assert_ne!(departure.line, Line::Transfer(common.no));
}

#[test]
fn one_address_cannot_have_all_transfers() {
    let mut office = of_1300();
    for port in 0..8 {
        Reader::asks(&mut office, client(10, 2_000 + port), COMMON, &[]);
    }
    let heard = office.datagram(client(10, 3_000), Line::Tftp, &request(1, COMMON, "octet", &[]));
    assert_eq!(says(&heard), ["ERROR 0 busy, try again", "closed"]);
    assert_eq!(heard.notes, [Note::Full(Table::Transfers)]);
    let other = Reader::asks(&mut office, client(11, 3_000), COMMON, &[]);
    assert_eq!(other.heard, ["DATA 1 of 512"]);
    for _ in 0..30 {
        office.after_ms(1_000);
    }
    let later = Reader::asks(&mut office, client(10, 3_000), COMMON, &[]);
    assert_eq!(later.heard, ["DATA 1 of 512"]);
}

#[test]
fn all_addresses_together_cannot_have_more_than_all_transfers() {
    let mut office = Office::with_render(boards::wide, || Box::new(Bytes(10)));
    let at = |no: u32| {
        let from = std::net::Ipv4Addr::from(0x0a01_4000 + no / 8);
        support::from(from, 2_000 + (no % 8) as u16)
    };
    for no in 0..exchange::limits::TRANSFERS_MAX as u32 {
        assert_eq!(Reader::asks(&mut office, at(no), COMMON, &[]).heard, ["DATA 1 of 10"]);
    }
    let heard = office.datagram(at(9_000), Line::Tftp, &request(1, COMMON, "octet", &[]));
    assert_eq!(says(&heard), ["ERROR 0 busy, try again", "closed"]);
}

#[test]
fn transfers_together_hold_no_more_bytes_than_may_be() {
    let mut office = office(|| Box::new(Bytes(5 * 1024 * 1024)));
    let asked =
        (0..8).map(|port| Reader::asks(&mut office, client(10, 2_000 + port), COMMON, &[]).heard);
    let served = asked.filter(|heard| heard.iter().any(|said| said.starts_with("DATA"))).count();
    assert_eq!(served, 3, "16 MiB hold three files of 5 MiB");
}

#[test]
fn lines_are_translated_for_a_client_that_asks_for_netascii() {
    let mut office = office(|| Box::new(LineEnds));
    let heard = office.datagram(
        client(10, 2_000),
        Line::Tftp,
        &request(1, COMMON, "NetASCII", &[("tsize", "0")]),
    );
    assert_eq!(says(&heard), ["OACK tsize 12"]);
    let heard =
        office.datagram(client(10, 2_001), Line::Tftp, &request(1, COMMON, "netascii", &[]));
    let Some((departure, _)) = heard.sent.first() else { panic!("no block") };
    assert_eq!(block(&departure.bytes), b"a\r\nb\r\nc\r\0d\r\0");
}

#[test]
fn garbage_on_a_transfers_port_does_not_end_it() {
    let mut office = of_1300();
    let mut reader = Reader::asks(&mut office, client(10, 2_000), COMMON, &[]);
    for garbage in [&[][..], &[0], &[0, 4], &[0, 9, 1, 2], &[0, 3, 0, 1, 7], &[0xff; 600]] {
        assert_eq!(reader.sends(&mut office, garbage), Vec::<String>::new());
    }
    assert_eq!(reader.acks(&mut office, 1), ["DATA 2 of 512"]);
}

#[test]
fn the_wan_and_other_networks_are_given_nothing() {
    let mut office = of_1300();
    let mut at = client(10, 2_000);
    at.side = exchange::names::Side::Wan;
    assert!(office.datagram(at, Line::Tftp, &request(1, COMMON, "octet", &[])).sent.is_empty());
    let outside = support::from(std::net::Ipv4Addr::new(172, 16, 0, 9), 2_000);
    assert!(office
        .datagram(outside, Line::Tftp, &request(1, COMMON, "octet", &[]))
        .sent
        .is_empty());
}

/// Whoever takes over the address of a phone, and sees to it that ARP knows nothing of him when he
/// asks, is sent nothing: the file goes to the hardware address that the lease is of.
#[test]
fn a_file_leaves_for_the_hardware_address_that_was_proven() {
    let mut office = Office::with_render(boards::probing, || Box::new(Bytes(700)));
    office.discovers(PHONE);
    office.after_ms(PROBE_WAIT_MS);
    office.hears(&request_selecting(PHONE, 2, SERVER, address(10)));
    let at = client(10, 2_000);
    let first = office.datagram(at, Line::Tftp, &request(1, &own_file(PHONE), "octet", &[]));
    let [(departure, _)] = first.sent.as_slice() else { panic!("one block") };
    let home = To::Hardware(wire::Mac(PHONE), at.from);
    assert_eq!(departure.to, home);
    let second = office.datagram(at, departure.line, &ack(1));
    assert_eq!(second.sent[0].0.to, home);
    let again = office.after_ms(1_000);
    assert_eq!(again.sent[0].0.to, home, "a repetition as well");
}

/// What is sent again for very many transfers at one instant does not fit the queue; that none of
/// them is forgotten open is what counts.
#[test]
fn every_transfer_that_is_lost_is_closed_however_many_are_due_at_once() {
    let mut office = office(|| Box::new(Bytes(1_300)));
    let options = [("blksize", "8"), ("windowsize", "16"), ("timeout", "1")];
    let mut open = BTreeSet::new();
    for (host, port) in (60..190).flat_map(|host| (0..7).map(move |port| (host, 2_000 + port))) {
        let mut reader = Reader::asks(&mut office, client(host, port), COMMON, &options);
        reader.acks(&mut office, 0);
        open.insert(Line::Transfer(reader.no));
    }
    assert_eq!(open.len(), 910);
    for _ in 0..400 {
        let due = office.exchange.next_deadline(office.now().mono).0.max(office.now_ms);
        office.now_ms = due;
        for line in office.tick().closed {
            assert!(open.remove(&line), "{line:?} was closed twice");
        }
    }
    assert_eq!(open, BTreeSet::new());
    assert_eq!(office.count(Note::Full(Table::Outputs)), 0);
}
