//! Certificates in a text: their keys are secrets, and the authority of a box stays with it.

use crate::backup::tests::{key, state_of, wrong};
use crate::backup::{read, write, Ground, Secrets};
use crate::certificates::{CertificatePlace, Kept};
use crate::chance::Seed;
use crate::secret::{spell, PrivateKey};
use crate::state::{Durable, Event};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

const CA: &str = include_str!("../../../../../tests/golden/packets/x509/ca.hex");
const SITE: &str = include_str!("../../../../../tests/golden/packets/x509/site.hex");

fn der(text: &str) -> Vec<u8> {
    let digits: String = text.lines().filter(|line| !line.starts_with('#')).collect();
    let pairs = digits.as_bytes().chunks(2).filter_map(|two| core::str::from_utf8(two).ok());
    pairs.filter_map(|two| u8::from_str_radix(two, 16).ok()).collect()
}

fn kept(place: CertificatePlace, chain: Vec<u8>, key: &[u8]) -> Event {
    let key = PrivateKey(key.to_vec());
    Event::CertificateChanged { place, becomes: Some(Kept { chain, key }) }
}

fn authority(key: &[u8]) -> Event {
    kept(CertificatePlace::Authority, der(CA), key)
}

/// One in every place.
pub(in crate::backup) fn some() -> [Event; 3] {
    let shown = [der(SITE), der(CA)].concat();
    [
        authority(b"the authority's key"),
        kept(CertificatePlace::Installed, shown, b"the key of what is shown"),
        kept(CertificatePlace::Phones(2), der(CA), b""),
    ]
}

fn facts_onto(text: &str, before: &Durable) -> Vec<Event> {
    let ground = Ground { before, board: None, room: 512 * 1_024, network_stays: false };
    let read = read(text.as_bytes(), Some(&key()), &ground, Seed([5; 32])).ok();
    read.map(|read| read.facts).unwrap_or_default()
}

/// The certificates of a state, each with its place.
fn all(state: &Durable) -> Vec<(CertificatePlace, Kept)> {
    state.certificates().all().map(|(place, kept)| (place, kept.clone())).collect()
}

#[test]
fn keys_are_secrets_and_come_back() {
    let state = state_of(&some());
    let empty = Durable::default();
    for secrets in [Secrets::Clear, Secrets::Sealed(&key())] {
        let text = write(&state, secrets);
        let back = state_of(&facts_onto(&text, &empty));
        assert!(all(&back) == all(&state), "{text}");
    }
    let bare = write(&state, Secrets::LeftOut);
    assert!(!bare.contains("certificate-key"), "{bare}");
    let sealed = write(&state, Secrets::Sealed(&key()));
    assert!(!sealed.contains(&spell(b"the authority's key")), "{sealed}");
    // Without its key a certificate is of no use, but for one that is only believed.
    let back = state_of(&facts_onto(&bare, &empty));
    let places: Vec<CertificatePlace> = back.certificates().all().map(|(at, _)| at).collect();
    assert_eq!(places, [CertificatePlace::Phones(2)]);
    // On the same box the keys are known.
    let back = state_of(&facts_onto(&bare, &state));
    assert!(all(&back) == all(&state));
}

#[test]
fn a_text_without_an_authority_leaves_that_of_the_box() {
    let state = state_of(&[authority(b"mine")]);
    let text = write(&Durable::default(), Secrets::Clear);
    let back = state_of(&facts_onto(&text, &state));
    assert!(all(&back) == all(&state), "{text}");
    let other = write(&state_of(&[authority(b"theirs")]), Secrets::Clear);
    let back = state_of(&facts_onto(&other, &state));
    let kept = back.certificates().get(CertificatePlace::Authority).map(|it| it.key.0.clone());
    assert_eq!(kept.as_deref(), Some(&b"theirs"[..]));
}

#[test]
fn a_text_without_the_key_of_another_authority_leaves_that_of_the_box() {
    let state = state_of(&[authority(b"mine")]);
    let chain = [der(CA), der(SITE)].concat();
    let theirs = kept(CertificatePlace::Authority, chain, b"theirs");
    let text = write(&state_of(&[theirs]), Secrets::LeftOut);
    assert!(text.contains("certificate place=authority"), "{text}");
    let back = state_of(&facts_onto(&text, &state));
    assert!(all(&back) == all(&state), "{text}");
}

#[test]
fn a_bad_certificate_is_told_with_its_line() {
    let (ca, site) = (spell(&der(CA)), spell(&der(SITE)));
    let line = |place: &str, chain: &str| format!("certificate place={place} chain={chain}\n");
    let one = |place: &str| line(place, &ca);
    for (text, said) in [
        (one("roof"), "line 2: `place` has to be authority, installed, or"),
        (line("phones-0", "l"), "line 2: `chain` has to be the letters and digits"),
        (line("phones-0", "aa"), "line 2: There is no certificate in this file."),
        (line("phones-0", &site), "line 2: This certificate is no authority"),
        (line("authority", &site), "line 2: This certificate is no authority"),
        (one("phones-0") + &one("phones-0"), "line 3: A certificate in this place is in line 2"),
        (one("phones-0") + &one("phones-1"), "line 3: This authority is installed already."),
        (one("phones-8"), "line 2: `place` has to be"),
        (String::from("certificate-key place=installed key=x\n"), "line 2: `key` has to be"),
    ] {
        let told = wrong(&format!("dialtone-state 1\n{text}"));
        assert!(told.starts_with(said), "{text}\n{told}");
    }
}
