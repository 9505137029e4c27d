//! Certificates as openssl makes them, and spoiled ones.
//!
//! `WIRE_MUTATIONS` says how many are spoiled (a million when unset), `WIRE_SEED` where they begin.

#![allow(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use core::net::Ipv4Addr;
use std::env;
use wire::x509::{seconds, Certificate, Name};
use wire::Mac;

const SAMPLES: [(&str, &str); 8] = [
    ("ca", include_str!("../../../tests/golden/packets/x509/ca.hex")),
    ("cn", include_str!("../../../tests/golden/packets/x509/cn.hex")),
    ("rsa", include_str!("../../../tests/golden/packets/x509/rsa.hex")),
    ("san", include_str!("../../../tests/golden/packets/x509/san.hex")),
    ("sep", include_str!("../../../tests/golden/packets/x509/sep.hex")),
    ("site", include_str!("../../../tests/golden/packets/x509/site.hex")),
    ("state", include_str!("../../../tests/golden/packets/x509/state.hex")),
    ("v1", include_str!("../../../tests/golden/packets/x509/v1.hex")),
];

fn text(name: &str) -> &'static str {
    SAMPLES.iter().find(|(known, _)| *known == name).unwrap().1
}

fn sample(name: &str) -> Vec<u8> {
    let digits: String = text(name).lines().filter(|line| !line.starts_with('#')).collect();
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|two| u8::from_str_radix(str::from_utf8(two).unwrap(), 16).unwrap()).collect()
}

fn read(bytes: &[u8]) -> Certificate<'_> {
    let (read, rest) = Certificate::first(bytes).unwrap();
    assert!(rest.is_empty());
    assert_eq!(read.bytes, bytes);
    read
}

#[test]
fn whose_it_is_and_until_when_is_what_openssl_says() {
    let words = [
        ("ca", "Acme Phones Root", "Acme Phones Root"),
        ("cn", "0004f2123456", "Acme Phones Root"),
        ("rsa", "Räder GmbH", "Räder GmbH"),
        ("san", "phone", "Acme Phones Root"),
        ("site", "pbx.example.org", "Acme Phones Root"),
    ];
    for (name, subject, issuer) in words {
        let bytes = sample(name);
        let certificate = read(&bytes);
        assert_eq!((certificate.subject(), certificate.issuer()), (subject, issuer));
        let dates = format!("# from {} to {}", certificate.not_before, certificate.not_after);
        assert!(text(name).lines().any(|line| line == dates), "{name}: {dates}");
        let is_root = matches!(name, "ca" | "rsa");
        assert_eq!((certificate.is_authority(), certificate.is_self_issued()), (is_root, is_root));
    }
}

#[test]
fn which_version_it_is_of_is_what_openssl_says() {
    for (name, _) in SAMPLES {
        let bytes = sample(name);
        assert_eq!(read(&bytes).is_v3(), name != "v1", "{name}");
    }
    let old = sample("v1");
    let old = read(&old);
    assert_eq!((old.subject(), old.is_authority(), old.names().count()), ("old.example", false, 0));
}

#[test]
fn the_names_are_those_of_the_extension() {
    let bytes = sample("site");
    let expected = [
        Name::Dns("pbx.example.org"),
        Name::Dns("*.pbx.example.org"),
        Name::Ip(Ipv4Addr::new(192, 0, 2, 9)),
    ];
    assert!(read(&bytes).names().eq(expected));
    assert_eq!(read(&sample("ca")).names().count(), 0);
}

#[test]
fn a_phone_is_named_where_makers_name_it() {
    let phones = [
        ("cn", Some("0004f2123456")),
        ("sep", Some("001565123456")),
        ("san", Some("001565123456")),
        ("state", Some("000e08123456")),
        ("site", None),
        ("ca", None),
    ];
    for (name, mac) in phones {
        let mac = mac.map(|mac| Mac::parse(mac.as_bytes()).unwrap());
        assert_eq!(read(&sample(name)).mac(), mac, "{name}");
    }
}

#[test]
fn a_chain_is_taken_apart() {
    let chain = [sample("cn"), sample("ca"), b"rest".to_vec()].concat();
    let names: Vec<&str> = Certificate::all(&chain).map(|it| it.subject()).collect();
    assert_eq!(names, ["0004f2123456", "Acme Phones Root"]);
}

#[test]
fn moments_are_those_of_the_calendar() {
    let moments = [
        ([1970, 1, 1, 0, 0, 0], Some(0)),
        ([2000, 2, 29, 12, 0, 0], Some(951_825_600)),
        ([2026, 11, 30, 23, 59, 59], Some(1_796_083_199)),
        ([2100, 3, 1, 0, 0, 0], Some(4_107_542_400)),
        ([9999, 12, 31, 23, 59, 59], Some(253_402_300_799)),
        ([1969, 12, 31, 23, 59, 59], None),
        ([2026, 13, 1, 0, 0, 0], None),
        ([2026, 0, 1, 0, 0, 0], None),
        ([2026, 1, 1, 24, 0, 0], None),
    ];
    for (moment, expected) in moments {
        assert_eq!(seconds(moment), expected, "{moment:?}");
    }
}

#[test]
fn what_is_cut_off_is_no_certificate() {
    for (name, _) in SAMPLES {
        let bytes = sample(name);
        for len in 0..bytes.len() {
            assert!(Certificate::first(&bytes[..len]).is_none(), "{name} {len}");
        }
    }
}

#[test]
fn a_million_spoiled_certificates_are_read_within_their_bytes_or_refused() {
    let number = |name: &str, otherwise: u64| {
        env::var(name).ok().map_or(otherwise, |text| text.parse().unwrap())
    };
    let mut seed = number("WIRE_SEED", 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut below = |limit: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 16) as usize % limit
    };
    let samples = SAMPLES.map(|(name, _)| sample(name));
    let (mut read, mut refused) = (0, 0);
    for _ in 0..number("WIRE_MUTATIONS", 1_000_000) {
        let mut bytes = samples[below(samples.len())].clone();
        for _ in 0..=below(3) {
            let at = below(bytes.len());
            match below(3) {
                0 => bytes[at] ^= 1 << below(8),
                1 => bytes[at] = [0, 0x7f, 0x80, 0x81, 0x82, 0xff][below(6)],
                _cut => bytes.truncate(at + 1),
            }
        }
        match Certificate::first(&bytes) {
            Some((certificate, rest)) => {
                read += 1;
                assert_eq!([certificate.bytes, rest].concat(), bytes);
                // All that looks further, none of which may fall.
                let _ = (certificate.subject(), certificate.issuer(), certificate.is_authority());
                let _ = (certificate.mac(), certificate.names().count());
                assert!(certificate.mac().is_none_or(|mac| mac.is_device()));
            }
            None => refused += 1,
        }
    }
    assert!(read > 0 && refused > 0, "{read} read, {refused} refused");
}
