//! First words of TLS, as openssl says them, and spoiled ones.
//!
//! `WIRE_MUTATIONS` says how many are spoiled (a million when unset), `WIRE_SEED` where they begin.

#![allow(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use wire::tls::{begins, first, Malformed, Spoken, Version, RECORD_MAX};

const SAMPLES: [(&str, &str); 9] = [
    ("hello-tls10", include_str!("../../../tests/golden/packets/tls/hello-tls10.hex")),
    ("hello-tls11", include_str!("../../../tests/golden/packets/tls/hello-tls11.hex")),
    ("hello-tls12", include_str!("../../../tests/golden/packets/tls/hello-tls12.hex")),
    ("hello-tls13", include_str!("../../../tests/golden/packets/tls/hello-tls13.hex")),
    ("hello-tls13-sni", include_str!("../../../tests/golden/packets/tls/hello-tls13-sni.hex")),
    ("alert-unknown-ca", include_str!("../../../tests/golden/packets/tls/alert-unknown-ca.hex")),
    ("alert-expired", include_str!("../../../tests/golden/packets/tls/alert-expired.hex")),
    ("alert-name", include_str!("../../../tests/golden/packets/tls/alert-name.hex")),
    ("alert-not-yet", include_str!("../../../tests/golden/packets/tls/alert-not-yet.hex")),
];

fn sample(name: &str) -> Vec<u8> {
    let (_, text) = SAMPLES.iter().find(|(known, _)| *known == name).unwrap();
    let digits: String = text.lines().filter(|line| !line.starts_with('#')).collect();
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|two| u8::from_str_radix(str::from_utf8(two).unwrap(), 16).unwrap()).collect()
}

fn version(bytes: &[u8]) -> Version {
    let Ok(Spoken::Hello { version, time: _ }) = first(bytes) else { panic!("{:?}", first(bytes)) };
    version
}

#[test]
fn the_highest_version_that_a_hello_offers_is_found() {
    assert_eq!(version(&sample("hello-tls10")), Version::TLS_1_0);
    assert_eq!(version(&sample("hello-tls11")), Version::TLS_1_1);
    assert_eq!(version(&sample("hello-tls12")), Version::TLS_1_2);
    assert_eq!(version(&sample("hello-tls13")), Version::TLS_1_3);
    assert_eq!(version(&sample("hello-tls13-sni")), Version::TLS_1_3);
}

#[test]
fn the_time_is_the_beginning_of_the_random() {
    let mut hello = sample("hello-tls10");
    hello[11..15].copy_from_slice(&60u32.to_be_bytes());
    let heard = Spoken::Hello { version: Version::TLS_1_0, time: 60 };
    assert_eq!(first(&hello), Ok(heard));
}

#[test]
fn alerts_are_read_by_their_code() {
    let codes = [
        ("alert-unknown-ca", 48),
        ("alert-expired", 45),
        ("alert-name", 42),
        ("alert-not-yet", 42),
    ];
    for (name, code) in codes {
        assert_eq!(first(&sample(name)), Ok(Spoken::Alert(code)), "{name}");
    }
}

#[test]
fn what_is_not_all_there_is_awaited_and_what_is_something_else_is_not() {
    for (name, _) in SAMPLES {
        let bytes = sample(name);
        for len in 0..bytes.len() {
            let part = bytes.get(..len).unwrap();
            assert_eq!(first(part), Err(Malformed::Short), "{name} {len}");
            assert!(begins(part) || len == 0, "{name} {len}");
        }
    }
    for other in ["GET / HTTP/1.1\r\n", "REGISTER sip:x SIP/2.0\r\n", "\r\n\r\n", "\u{16}x"] {
        assert!(!begins(other.as_bytes()), "{other:?}");
        assert_eq!(first(other.as_bytes()), Err(Malformed::NotTls), "{other:?}");
    }
}

#[test]
fn a_record_that_is_too_long_or_whose_lengths_disagree_is_none() {
    let mut long = vec![22, 3, 1];
    long.extend((RECORD_MAX as u16).to_be_bytes());
    assert_eq!(first(&long), Err(Malformed::NotTls));
    let mut hello = sample("hello-tls13");
    hello[8] += 1;
    assert_eq!(first(&hello), Err(Malformed::NotTls));
    // A hello without extensions (RFC 2246) is a whole one.
    let mut old = vec![22, 3, 0, 0, 45, 1, 0, 0, 41, 3, 0];
    old.extend([7; 32]);
    old.extend([0, 0, 2, 0, 5, 1, 0]);
    assert_eq!(version(&old), Version(0x0300));
}

#[test]
fn spoiled_first_words_are_read_or_refused() {
    let number =
        |name: &str, unset: u64| std::env::var(name).map_or(unset, |text| text.parse().unwrap());
    let mut seed = number("WIRE_SEED", 0x5eed);
    let mut roll = |end: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % end.max(1)
    };
    let samples = SAMPLES.map(|(name, _)| sample(name));
    let mut read = 0;
    for _ in 0..number("WIRE_MUTATIONS", 1_000_000) {
        let mut bytes = samples[roll(samples.len())].clone();
        for _ in 0..=roll(3) {
            let at = roll(bytes.len());
            match roll(4) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, roll(256) as u8),
                _ => {
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte = roll(256) as u8;
                    }
                }
            }
        }
        match first(&bytes) {
            Ok(Spoken::Hello { .. } | Spoken::Alert(_)) => {
                assert!(begins(&bytes));
                read += 1;
            }
            Err(Malformed::Short) => assert!(bytes.len() < RECORD_MAX),
            Err(Malformed::NotTls) => (),
        }
    }
    assert!(read > 0, "nothing was read at all");
}
