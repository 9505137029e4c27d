//! STUN on the SIP port: the published examples, what is no request, and spoiled bytes.

use std::net::{Ipv4Addr, SocketAddrV4};
use wire::stun::{answer, REPLY_BYTES_MAX};

const SOURCE: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 1), 32_853);
const TRANSACTION: [u8; 12] = *b"\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae";

/// The request of RFC 5769 section 2.1, with SOFTWARE, PRIORITY, ICE-CONTROLLED, USERNAME,
/// MESSAGE-INTEGRITY and FINGERPRINT.
const RFC_5769: &str = "
    000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74
    002400046e0001ff80290008932ff9b151263b36000600096576746a3a6836765920202000080014
    9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf";

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter_map(|it| Some(it.to_digit(16)? as u8)).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn request(attributes: &[u8]) -> Vec<u8> {
    let len = (attributes.len() as u16).to_be_bytes();
    [&[0, 1], &len[..], &[0x21, 0x12, 0xa4, 0x42], &TRANSACTION, attributes].concat()
}

fn old_request() -> Vec<u8> {
    let mut old = request(&[]);
    old[4] = 0x99;
    old
}

#[test]
fn who_asks_is_told_from_where_he_is_seen() {
    let reply = answer(&request(&[]), SOURCE).unwrap();
    assert_eq!(reply[..8], [1, 1, 0, 12, 0x21, 0x12, 0xa4, 0x42]);
    assert_eq!(reply[8..20], TRANSACTION);
    // The mapped address of RFC 5769 section 2.2 is this very one.
    assert_eq!(reply[20..], unhex("002000080001a147e112a643"));
}

#[test]
fn a_client_of_rfc_3489_is_told_without_the_cookie() {
    let reply = answer(&old_request(), SOURCE).unwrap();
    assert_eq!(reply[..4], [1, 1, 0, 12]);
    assert_eq!(reply[4..20], old_request()[4..20]);
    assert_eq!(reply[20..], [0, 1, 0, 8, 0, 1, 0x80, 0x55, 192, 0, 2, 1]);
}

#[test]
fn the_example_of_rfc_5769_has_a_right_fingerprint_and_one_attribute_not_understood() {
    let sample = unhex(RFC_5769);
    assert_eq!(sample.len(), 108);
    // PRIORITY (0x0024) belongs to ICE, of which a registrar understands nothing.
    let reply = answer(&sample, SOURCE).unwrap();
    assert_eq!(reply[..2], [1, 0x11]);
    assert_eq!(reply[20..36], unhex("0009000400000414000a000400240024"));
    let mut wrong = sample.clone();
    *wrong.last_mut().unwrap() ^= 1;
    assert!(answer(&wrong, SOURCE).is_none(), "the fingerprint is wrong");
}

#[test]
fn a_reply_has_a_fingerprint_where_the_request_has_one() {
    let sample = unhex(RFC_5769);
    let reply = answer(&sample, SOURCE).unwrap();
    assert_eq!(usize::from(reply[3]), reply.len() - 20);
    assert_eq!(reply[36..40], [0x80, 0x28, 0, 4]);
    let mut asked = reply.to_vec();
    asked[..2].copy_from_slice(&[0, 1]);
    assert!(answer(&asked, SOURCE).is_none(), "the type is under the fingerprint too");
}

#[test]
fn what_is_no_binding_request_is_met_with_silence() {
    let good = request(&[]);
    let spoilt = |at: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[at] = value;
        answer(&bytes, SOURCE).is_some()
    };
    // An indication, a response, another method, a length that is not that of the datagram.
    assert!(!spoilt(1, 0x11) && !spoilt(0, 1) && !spoilt(1, 3) && !spoilt(3, 4) && !spoilt(3, 1));
    assert!((0..good.len()).all(|len| answer(&good[..len], SOURCE).is_none()));
    assert!(answer(b"\r\n\r\n", SOURCE).is_none());
    // An attribute that reaches beyond the end.
    assert!(answer(&request(&[0x80, 0x22, 0, 8, 1, 2, 3, 4]), SOURCE).is_none());
}

#[test]
fn a_reply_is_at_most_twice_as_long_as_its_request() {
    let mut chance = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |bound: usize| {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        (chance >> 8) as usize % bound
    };
    let total: u32 = std::env::var("WIRE_MUTATIONS").map_or(1_000_000, |it| it.parse().unwrap());
    let corpus = [request(&[]), old_request(), unhex(RFC_5769), request(&[0, 3, 0, 4, 0, 0, 0, 6])];
    let mut answered = 0;
    for _ in 0..total {
        let mut bytes = corpus[next(corpus.len())].clone();
        for _ in 0..next(3) {
            let at = next(bytes.len());
            bytes[at] = next(256) as u8;
        }
        if let Some(reply) = answer(&bytes, SOURCE) {
            assert!(reply.len() <= 2 * bytes.len() && reply.len() <= REPLY_BYTES_MAX);
            answered += 1;
        }
    }
    assert!(answered > total / 50, "{answered} of {total}");
}
