//! The TFTP codec from outside: its rules one by one, and chance.

#[cfg(test)]
#[path = "dhcp/chance.rs"]
mod chance;

use chance::{mutations, Chance};
use wire::tftp::{self, ErrorCode, Malformed, Mode, NoRoom, Options, Packet, Request};

fn request(bytes: &[u8]) -> Request<'_> {
    match Packet::parse(bytes) {
        Ok(Packet::Read(request)) => request,
        other => panic!("{other:?}"),
    }
}

fn options(text: &[u8]) -> Options {
    request(&[b"\0\x01phone.cfg\0octet\0", text].concat()).options
}

#[test]
fn a_plain_request_names_a_file_and_a_mode() {
    let read = request(b"\0\x01/001565f4f9e1.cfg\0octet\0");
    assert_eq!(read.name, b"/001565f4f9e1.cfg", "the slash is the caller's to judge");
    assert_eq!(read.mode, Mode::Octet);
    assert!(read.options.is_empty());
    assert_eq!(request(b"\0\x01f\0OcTeT\0").mode, Mode::Octet);
    assert_eq!(request(b"\0\x01f\0NETASCII\0").mode, Mode::Netascii);
    assert_eq!(request(b"\0\x01f\0mail\0").mode, Mode::Other);
    let write = Packet::parse(b"\0\x02log\0octet\0");
    assert!(matches!(write, Ok(Packet::Write(Request { name: b"log", .. }))));
}

#[test]
fn options_are_read_in_either_case_and_any_order() {
    let expected =
        Options { blksize: Some(1428), tsize: Some(0), timeout: Some(5), windowsize: Some(8) };
    assert_eq!(options(b"WindowSize\x008\0TSIZE\x000\0timeout\x005\0blkSize\x001428\0"), expected);
}

#[test]
fn unknown_options_and_impossible_values_are_passed_over() {
    let none = Options::default();
    for text in [
        &b"multicast\0\0"[..],
        b"blksize2\x00512\0",
        b"blksize\x007\0",
        b"blksize\x0065465\0",
        b"blksize\x0065536\0",
        b"blksize\0-8\0",
        b"blksize\0+512\0",
        b"blksize\0\0",
        b"blksize\0 512\0",
        b"blksize\x000x200\0",
        b"timeout\x000\0",
        b"timeout\x00256\0",
        b"windowsize\x000\0",
        b"windowsize\x0065536\0",
        b"tsize\x0018446744073709551616\0",
        b"\xff\xfe\0\xff\0",
    ] {
        assert_eq!(options(text), none, "{}", text.escape_ascii());
    }
    assert_eq!(options(b"x\0y\0blksize\x0065464\0").blksize, Some(65_464));
    assert_eq!(options(b"blksize\x008\0").blksize, Some(8));
    assert_eq!(options(b"timeout\x00255\0windowsize\x0065535\0").windowsize, Some(65_535));
}

#[test]
fn the_first_of_a_repeated_option_counts() {
    assert_eq!(options(b"blksize\x00512\0blksize\x001024\0").blksize, Some(512));
}

#[test]
fn junk_after_the_options_is_tolerated() {
    for junk in [&b"\0"[..], b"\0\0\0\0", b"\xff\xff\xff", b"tsize", b"tsize\0", b"tsize\x000"] {
        let text = [b"blksize\x001024\0", junk].concat();
        let expected = Options { blksize: Some(1024), ..Options::default() };
        assert_eq!(options(&text), expected, "{}", junk.escape_ascii());
    }
}

#[test]
fn the_other_packets_are_read() {
    assert_eq!(Packet::parse(b"\0\x03\0\x07"), Ok(Packet::Data { block: 7, bytes: b"" }));
    assert_eq!(
        Packet::parse(b"\0\x03\xff\xffabc"),
        Ok(Packet::Data { block: 65_535, bytes: b"abc" })
    );
    assert_eq!(Packet::parse(b"\0\x04\x01\x02"), Ok(Packet::Ack(258)));
    assert_eq!(Packet::parse(b"\0\x04\x01\x02junk"), Ok(Packet::Ack(258)));
    let full = Packet::Error { code: ErrorCode::OptionsRefused, text: b"tsize only" };
    assert_eq!(Packet::parse(b"\0\x05\0\x08tsize only\0"), Ok(full));
    assert_eq!(Packet::parse(b"\0\x05\0\x08tsize only"), Ok(full));
    let odd = Packet::Error { code: ErrorCode::Undefined, text: b"" };
    assert_eq!(Packet::parse(b"\0\x05\x01\0"), Ok(odd));
    let accepted = Options { tsize: Some(12), ..Options::default() };
    assert_eq!(Packet::parse(b"\0\x06tsize\x0012\0"), Ok(Packet::OptionAck(accepted)));
}

#[test]
fn what_is_no_packet_is_named() {
    let long = [b"\0\x01", &[b'a'; 256][..], b"\0octet\0"].concat();
    for (bytes, fault) in [
        (&b""[..], Malformed::Short { have: 0 }),
        (b"\0", Malformed::Short { have: 1 }),
        (b"\0\x03\0", Malformed::Short { have: 3 }),
        (b"\0\x04", Malformed::Short { have: 2 }),
        (b"\0\x05\0", Malformed::Short { have: 3 }),
        (b"\0\0", Malformed::Opcode(0)),
        (b"\0\x07abc", Malformed::Opcode(7)),
        (b"\x01\x01f\0octet\0", Malformed::Opcode(257)),
        (b"\0\x01", Malformed::NoName),
        (b"\0\x01name", Malformed::NoName),
        (b"\0\x01\0octet\0", Malformed::NoName),
        (b"\0\x01name\0", Malformed::NoMode),
        (b"\0\x01name\0octet", Malformed::NoMode),
        (&long, Malformed::NameTooLong { have: 256 }),
    ] {
        assert_eq!(Packet::parse(bytes), Err(fault), "{}", bytes.escape_ascii());
    }
}

#[test]
fn every_error_code_travels_both_ways() {
    for code in 0..=8u8 {
        let Ok(Packet::Error { code: read, .. }) = Packet::parse(&[0, 5, 0, code, 0]) else {
            panic!("error {code} is not read");
        };
        let mut out = [0; 16];
        let len = tftp::error(&mut out, read, "no").unwrap();
        assert_eq!(&out[..len], [0, 5, 0, code, b'n', b'o', 0]);
    }
}

#[test]
fn packets_are_written_octet_by_octet() {
    let mut out = [0xaa; 600];
    let len = tftp::data(&mut out, 0x1234, b"abc").unwrap();
    assert_eq!(&out[..len], b"\0\x03\x12\x34abc");
    let len = tftp::ack(&mut out, 0).unwrap();
    assert_eq!(&out[..len], b"\0\x04\0\0");
    let options =
        Options { blksize: Some(1428), tsize: Some(u64::MAX), timeout: None, windowsize: Some(4) };
    let len = tftp::oack(&mut out, &options).unwrap();
    assert_eq!(
        &out[..len],
        b"\0\x06blksize\x001428\0tsize\x0018446744073709551615\0windowsize\x004\0"
    );
    assert_eq!(Packet::parse(&out[..len]), Ok(Packet::OptionAck(options)));
}

#[test]
fn an_error_text_is_bounded_and_ends_at_its_nul() {
    let mut out = [0xaa; 600];
    let len = tftp::error(&mut out, ErrorCode::FileNotFound, "gone\0secret").unwrap();
    assert_eq!(&out[..len], b"\0\x05\0\x01gone\0");
    let text = "é".repeat(64) + "x";
    let len = tftp::error(&mut out, ErrorCode::Undefined, &text).unwrap();
    assert_eq!(len, 4 + 128 + 1);
    let text = "x".to_string() + &"é".repeat(64);
    let len = tftp::error(&mut out, ErrorCode::Undefined, &text).unwrap();
    assert_eq!(len, 4 + 127 + 1, "no letter is cut in two");
}

#[test]
fn a_buffer_that_is_too_small_is_said_and_not_overrun() {
    let all = Options { blksize: Some(8), tsize: Some(1), timeout: Some(1), windowsize: Some(1) };
    for room in 0..7 {
        assert_eq!(tftp::data(&mut [0; 7][..room], 1, b"abcd"), Err(NoRoom));
        let refused = tftp::error(&mut [0; 7][..room], ErrorCode::Undefined, "abcd");
        assert_eq!(refused, Err(NoRoom));
        assert_eq!(tftp::oack(&mut [0; 7][..room], &all), Err(NoRoom));
    }
    assert_eq!(tftp::ack(&mut [0; 3], 1), Err(NoRoom));
}

#[test]
fn a_million_mutations_neither_panic_nor_exceed_a_bound() {
    let seeds: [&[u8]; 7] = [
        b"\0\x01001565f4f9e1\0octet\0blksize\x001428\0tsize\x000\0timeout\x005\0windowsize\x008\0",
        b"\0\x01/SEP001565F4F9E1.cnf.xml\0netascii\0",
        b"\0\x020004f2abcdef-boot.log\0octet\0tsize\x004096\0",
        b"\0\x03\0\x01some bytes of a file",
        b"\0\x04\0\x01",
        b"\0\x05\0\x08options refused\0",
        b"\0\x06blksize\x001428\0tsize\x0012288\0",
    ];
    let mut chance = Chance::new(4);
    let mut datagram = Vec::new();
    for _ in 0..mutations() {
        datagram.clear();
        datagram.extend_from_slice(seeds[chance.below(seeds.len())]);
        for _ in 0..=chance.below(3) {
            chance.spoil(&mut datagram);
        }
        match Packet::parse(&datagram) {
            Ok(Packet::Read(request) | Packet::Write(request)) => {
                assert!((1..=tftp::NAME_BYTES_MAX).contains(&request.name.len()));
                assert!(!request.name.contains(&0));
                assert!(request.options.blksize.is_none_or(|size| (8..=65_464).contains(&size)));
                assert_ne!(request.options.timeout, Some(0));
                assert_ne!(request.options.windowsize, Some(0));
            }
            Ok(Packet::Data { bytes, .. }) => assert_eq!(bytes.len() + 4, datagram.len()),
            Ok(Packet::Error { text, .. }) => assert!(!text.contains(&0)),
            Ok(Packet::Ack(_) | Packet::OptionAck(_)) | Err(_) => {}
        }
    }
}
