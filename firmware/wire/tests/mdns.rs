//! Multicast DNS: messages written by hand after the RFCs, what is written here read byte by byte,
//! and a million broken messages.

use std::env;
use std::net::Ipv4Addr;
use wire::mdns::{
    write_answer, write_probe, Malformed, Manner, Message, A, ANY, NSEC, WRITTEN_MAX,
};

const HOST: &str = "dialtone";
const OWN: Ipv4Addr = Ipv4Addr::new(192, 168, 10, 1);

/// A header, then the rest.
fn message(id: u16, flags: u16, counts: [u16; 4], rest: &[&[u8]]) -> Vec<u8> {
    let head = [id, flags, counts[0], counts[1], counts[2], counts[3]];
    let mut bytes: Vec<u8> = head.iter().flat_map(|word| word.to_be_bytes()).collect();
    rest.iter().for_each(|part| bytes.extend_from_slice(part));
    bytes
}

/// As a Mac asks: for the address, answer by unicast if you like.
fn question() -> Vec<u8> {
    message(0, 0, [1, 0, 0, 0], &[b"\x08dialtone\x05local\x00", &[0, 1, 0x80, 1]])
}

/// Two questions, the second name compressed (RFC 1035 section 4.1.4), and a known answer.
fn crowded() -> Vec<u8> {
    message(
        7,
        0,
        [2, 1, 0, 0],
        &[
            b"\x07printer\x05local\x00",
            &[0, 28, 0, 1],
            b"\x08DialTone\xc0\x14",
            &[0, 255, 0, 1],
            &[0xc0, 31],
            &[0, 1, 0x80, 1, 0, 0, 0, 100, 0, 4, 192, 168, 10, 1],
        ],
    )
}

#[test]
fn a_question_is_read_as_it_was_asked() {
    let bytes = question();
    let message = Message::parse(&bytes).unwrap();
    assert!(!message.response);
    let questions: Vec<_> = message.questions().collect();
    assert_eq!(questions.len(), 1);
    assert!(questions[0].asks_address(HOST) && questions[0].unicast && questions[0].kind == A);
    assert!(!questions[0].name.is_host("dialtone-2") && !questions[0].name.is_host("dial"));
}

#[test]
fn names_are_found_behind_pointers_and_in_capitals() {
    let bytes = crowded();
    let message = Message::parse(&bytes).unwrap();
    let questions: Vec<_> = message.questions().collect();
    assert!(questions[0].name.is_host("PRINTER") && !questions[0].asks_address("printer"));
    assert!(questions[1].asks_address(HOST) && !questions[1].unicast && questions[1].kind == ANY);
    let records: Vec<_> = message.records().collect();
    assert_eq!((records.len(), records[0].ttl_s, records[0].answers), (1, 100, true));
    assert!(records[0].name.is_host(HOST));
    assert_eq!(records[0].data, OWN.octets());
}

#[test]
fn an_answer_says_the_address_and_that_there_is_no_other() {
    let mut buffer = [0; WRITTEN_MAX];
    let bytes = write_answer(&mut buffer, Manner::Multicast, HOST, OWN).unwrap();
    let wanted = message(
        0,
        0x8400,
        [0, 1, 0, 1],
        &[
            b"\x08dialtone\x05local\x00",
            &[0, 1, 0x80, 1, 0, 0, 0, 120, 0, 4, 192, 168, 10, 1],
            &[0xc0, 12, 0, 47, 0x80, 1, 0, 0, 0, 120, 0, 5, 0xc0, 12, 0, 1, 0x40],
        ],
    );
    assert_eq!(bytes, wanted);
    let read = Message::parse(bytes).unwrap();
    let kinds: Vec<_> = read.records().map(|it| (it.kind, it.answers)).collect();
    assert!(read.response);
    assert_eq!(kinds, [(A, true), (NSEC, false)]);
}

#[test]
fn an_old_resolver_gets_its_number_and_its_question_back() {
    let mut buffer = [0; WRITTEN_MAX];
    let bytes = write_answer(&mut buffer, Manner::Legacy(0xbeef), HOST, OWN).unwrap();
    let wanted = message(
        0xbeef,
        0x8400,
        [1, 1, 0, 1],
        &[
            b"\x08dialtone\x05local\x00",
            &[0, 1, 0, 1],
            &[0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 10, 0, 4, 192, 168, 10, 1],
            &[0xc0, 12, 0, 47, 0, 1, 0, 0, 0, 10, 0, 5, 0xc0, 12, 0, 1, 0x40],
        ],
    );
    assert_eq!(bytes, wanted);
}

#[test]
fn a_probe_asks_for_any_record_and_says_what_is_wanted() {
    let mut buffer = [0; WRITTEN_MAX];
    let bytes = write_probe(&mut buffer, HOST, OWN).unwrap();
    let wanted = message(
        0,
        0,
        [1, 0, 1, 0],
        &[
            b"\x08dialtone\x05local\x00",
            &[0, 255, 0x80, 1],
            &[0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 120, 0, 4, 192, 168, 10, 1],
        ],
    );
    assert_eq!(bytes, wanted);
    assert_eq!(write_probe(&mut [0; 40], HOST, OWN), None, "no room");
    assert_eq!(write_probe(&mut buffer, &"x".repeat(64), OWN), None, "no label is so long");
}

#[test]
fn what_ends_too_soon_or_runs_in_a_circle_is_refused() {
    for whole in [question(), crowded()] {
        for length in 0..whole.len() {
            assert!(Message::parse(&whole[..length]).is_err(), "{length} bytes");
        }
    }
    let circle = message(0, 0, [1, 0, 0, 0], &[&[0xc0, 12], &[0, 1, 0, 1]]);
    assert_eq!(Message::parse(&circle).unwrap_err(), Malformed::Name);
    let forwards = message(0, 0, [1, 0, 0, 0], &[&[0xc0, 16], &[0, 1, 0, 1], b"\x01x\x00"]);
    assert_eq!(Message::parse(&forwards).unwrap_err(), Malformed::Name);
    let label = [&[63][..], &[b'x'; 63]].concat();
    let long = message(0, 0, [1, 0, 0, 0], &[&label.repeat(4), b"\x00", &[0, 1, 0, 1]]);
    assert_eq!(Message::parse(&long).unwrap_err(), Malformed::Name);
    let update = message(0, 0x2800, [0; 4], &[]);
    assert_eq!(Message::parse(&update).unwrap_err(), Malformed::Opcode);
    assert_eq!(Message::parse(&[0; 9_001]).unwrap_err(), Malformed::Long);
}

#[test]
fn a_chain_of_pointers_ends() {
    // Each pointer leads to the one before; a question at the end of the chain.
    let mut rest = vec![0, 0, 1, 0, 1];
    let mut before = 12_u16;
    for _ in 0..40 {
        let here = 12 + rest.len() as u16;
        rest.extend((0xc000 | before).to_be_bytes());
        rest.extend([0, 1, 0, 1]);
        before = here;
    }
    let bytes = message(0, 0, [41, 0, 0, 0], &[&rest]);
    assert_eq!(Message::parse(&bytes).unwrap_err(), Malformed::Name);
}

#[test]
fn whatever_comes_is_read_or_refused() {
    let count: u64 =
        env::var("WIRE_MUTATIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let mut buffer = [0; WRITTEN_MAX];
    let answer = write_answer(&mut buffer, Manner::Multicast, HOST, OWN).unwrap().to_vec();
    let corpus = [question(), crowded(), answer];
    let mut state = 0x1234_5678_9abc_def1_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as usize
    };
    let (mut read, mut named) = (0_u64, 0_u64);
    for _ in 0..count {
        let mut bytes = corpus[next() % corpus.len()].clone();
        for _ in 0..=next() % 4 {
            let at = next() % bytes.len();
            match next() % 4 {
                0 => bytes[at] ^= 1 << (next() % 8),
                1 => bytes[at] = next() as u8,
                2 => bytes.truncate(at.max(1)),
                _ => bytes.insert(at, [0xc0, 0, 12, 0xff][next() % 4]),
            }
        }
        let Ok(message) = Message::parse(&bytes) else { continue };
        read += 1;
        named += message.questions().filter(|question| question.asks_address(HOST)).count() as u64;
        named += message.records().filter(|record| record.name.is_host(HOST)).count() as u64;
    }
    assert!(read > count / 20 && named > count / 40, "{read} read, {named} named of {count}");
}
