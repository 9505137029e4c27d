//! Whether a phone knows its password, without the password being said: digest authentication.
//!
//! RFC 7616 section 3.4 (and RFC 2617 section 3.2.2, which a phone without `qop` follows), RFC 3261
//! section 22, RFC 8760 section 2. MD5 and SHA-256, `qop=auth` or none. Not implemented: `-sess`,
//! `auth-int`, `userhash`, SHA-512/256.
//!
//! Pure functions: what is remembered (which nonce counts were used, which login has which hash) is
//! the caller's. A nonce is a number of the box's own signed by the box, so a challenge costs no
//! memory however many strangers ask for one. Every comparison of something secret takes the same
//! time whatever it compares, and no `Debug` prints a hash that opens a door.

use core::fmt::{self, Write};

use heapless::String;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use wire::sip::Credentials;

/// Hex digits of the longest hash here.
pub const HASH_DIGITS: usize = 64;

/// Bytes of a nonce: when, salt, signature.
const NONCE_BYTES: usize = 8 + 8 + SIGNATURE_BYTES;

/// Bytes of the signature that a nonce carries: 128 bits, beyond guessing.
const SIGNATURE_BYTES: usize = 16;

/// A nonce as it stands in a header: hex digits only.
pub type Nonce = String<{ 2 * NONCE_BYTES }>;

/// A hash a phone can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// What every phone knows.
    Md5,
    /// What newer phones know (RFC 8760).
    Sha256,
}

impl Algorithm {
    /// The algorithm a phone names; a phone that names none means MD5 (RFC 7616 section 3.4).
    pub fn named(name: Option<&str>) -> Option<Algorithm> {
        match name {
            None => Some(Algorithm::Md5),
            Some(name) if name.eq_ignore_ascii_case("MD5") => Some(Algorithm::Md5),
            Some(name) if name.eq_ignore_ascii_case("SHA-256") => Some(Algorithm::Sha256),
            Some(_) => None,
        }
    }

    /// The name that stands in a challenge.
    pub fn as_str(self) -> &'static str {
        match self {
            Algorithm::Md5 => "MD5",
            Algorithm::Sha256 => "SHA-256",
        }
    }

    /// The hash of the parts joined by colons, in lower-case hex.
    fn hash(self, parts: &[&str]) -> String<HASH_DIGITS> {
        match self {
            Algorithm::Md5 => hex(&joined::<Md5>(parts)),
            Algorithm::Sha256 => hex(&joined::<Sha256>(parts)),
        }
    }
}

fn joined<D: Digest>(parts: &[&str]) -> impl AsRef<[u8]> {
    let mut hash = D::new();
    for (place, part) in parts.iter().enumerate() {
        if place > 0 {
            hash.update(b":");
        }
        hash.update(part.as_bytes());
    }
    hash.finalize()
}

fn hex<const N: usize>(bytes: &impl AsRef<[u8]>) -> String<N> {
    let mut text = String::new();
    // Sized by its constant: no hash or nonce here is longer.
    let _ = bytes.as_ref().iter().try_for_each(|byte| write!(text, "{byte:02x}"));
    text
}

/// What stands for a password: as good as the password within its realm, and as secret.
#[derive(Clone)]
pub struct Ha1 {
    algorithm: Algorithm,
    hex: String<HASH_DIGITS>,
}

impl Ha1 {
    /// Makes it of a login, its realm and its password.
    pub fn of(algorithm: Algorithm, username: &str, realm: &str, password: &str) -> Ha1 {
        Ha1 { algorithm, hex: algorithm.hash(&[username, realm, password]) }
    }

    /// The algorithm it was made with, and the only one it can check.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

impl fmt::Debug for Ha1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ha1({}, ..)", self.algorithm.as_str())
    }
}

/// Whether an answer was made by somebody who knows the password.
///
/// Says nothing about the nonce (see [`check_nonce`]), the realm, the URI or the nonce count: those
/// the caller compares with what he asked. An algorithm other than the hash's, a `qop` other than
/// `auth`, and an `auth` without `cnonce` or a proper `nc` are wrong answers.
pub fn is_right(credentials: &Credentials<'_>, ha1: &Ha1, method: &str) -> bool {
    if Algorithm::named(credentials.algorithm) != Some(ha1.algorithm) {
        return false;
    }
    let protection = match (credentials.qop, credentials.nc, credentials.cnonce) {
        (None, _, _) => None,
        (Some(qop), Some(nc), Some(cnonce)) => {
            if !qop.eq_ignore_ascii_case("auth") || credentials.nonce_count().is_none() {
                return false;
            }
            Some(Protection { qop, nc, cnonce })
        }
        (Some(_), None, _) | (Some(_), Some(_), None) => return false,
    };
    let expected = response(ha1, method, credentials.uri, credentials.nonce, protection);
    is_same_hex(&expected, credentials.response)
}

/// What a phone adds to its answer when it was offered a `qop`.
#[derive(Clone, Copy, Debug)]
pub struct Protection<'a> {
    /// The quality of protection, which is `auth`.
    pub qop: &'a str,
    /// The nonce count, eight hex digits.
    pub nc: &'a str,
    /// The phone's own nonce.
    pub cnonce: &'a str,
}

/// The answer somebody who knows the password gives, in lower-case hex.
pub fn response(
    ha1: &Ha1,
    method: &str,
    uri: &str,
    nonce: &str,
    protection: Option<Protection<'_>>,
) -> String<HASH_DIGITS> {
    let asked = ha1.algorithm.hash(&[method, uri]);
    match protection {
        None => ha1.algorithm.hash(&[&ha1.hex, nonce, &asked]),
        Some(Protection { qop, nc, cnonce }) => {
            ha1.algorithm.hash(&[&ha1.hex, nonce, nc, cnonce, qop, &asked])
        }
    }
}

/// Whether two strings of hex digits are the same, whatever their case, in constant time.
///
/// Only their lengths show in the time it takes, and those are no secret.
pub fn is_same_hex(ours: &str, theirs: &str) -> bool {
    if ours.len() != theirs.len() {
        return false;
    }
    let pairs = ours.bytes().zip(theirs.bytes());
    let same = pairs.fold(subtle::Choice::from(1), |same, (a, b)| {
        same & a.to_ascii_lowercase().ct_eq(&b.to_ascii_lowercase())
    });
    same.into()
}

/// What a nonce that came back turns out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NonceAge {
    /// Ours, and young enough.
    Fresh {
        /// When it was made, in milliseconds of the clock it was made by.
        issued_ms: u64,
        /// What tells it from others of the same millisecond.
        salt: u64,
    },
    /// Ours, but too old, or of a time to come: ask again with `stale=true`.
    Stale,
    /// Not ours: ask again.
    Forged,
}

/// Makes a nonce that [`check_nonce`] will know again by the same secret.
///
/// The caller draws a new `secret` at each start, since `issued_ms` starts afresh too, and a new
/// `salt` for each nonce, so that two phones asked in one millisecond count apart.
pub fn make_nonce(secret: &[u8; 32], issued_ms: u64, salt: u64) -> Nonce {
    let mut bytes = [0; NONCE_BYTES];
    let (said, signature) = bytes.split_at_mut(16);
    let (when, salted) = said.split_at_mut(8);
    when.copy_from_slice(&issued_ms.to_be_bytes());
    salted.copy_from_slice(&salt.to_be_bytes());
    signature.copy_from_slice(&sign(secret, issued_ms, salt));
    hex(&bytes)
}

/// Says whether a nonce is ours, and whether it is at most `life_ms` old.
pub fn check_nonce(secret: &[u8; 32], nonce: &str, now_ms: u64, life_ms: u64) -> NonceAge {
    let read = |from: usize| {
        let digits = nonce.get(from..from.checked_add(16)?)?;
        let plain = digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        u64::from_str_radix(plain.then_some(digits)?, 16).ok()
    };
    let (Some(issued_ms), Some(salt)) = (read(0), read(16)) else { return NonceAge::Forged };
    if !is_same_hex(&make_nonce(secret, issued_ms, salt), nonce) {
        return NonceAge::Forged;
    }
    match now_ms.checked_sub(issued_ms) {
        Some(age) if age <= life_ms => NonceAge::Fresh { issued_ms, salt },
        Some(_) | None => NonceAge::Stale,
    }
}

fn sign(secret: &[u8; 32], issued_ms: u64, salt: u64) -> [u8; SIGNATURE_BYTES] {
    // HMAC pads a short key with zeros to its block (RFC 2104 section 2); done here, no length can
    // be wrong.
    let mut key = [0; 64];
    let (start, _) = key.split_at_mut(secret.len());
    start.copy_from_slice(secret);
    let mut mac = Hmac::<Sha256>::new(&key.into());
    mac.update(b"dialtone digest nonce");
    mac.update(&issued_ms.to_be_bytes());
    mac.update(&salt.to_be_bytes());
    let whole: [u8; 32] = mac.finalize().into_bytes().into();
    let mut signature = [0; SIGNATURE_BYTES];
    signature.iter_mut().zip(whole).for_each(|(to, from)| *to = from);
    signature
}

#[cfg(test)]
mod tests {
    use super::*;
    extern crate std;
    use std::format;

    const SECRET: [u8; 32] = [7; 32];
    const NONCE: &str = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
    const CNONCE: &str = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";

    /// The answer of RFC 7616 section 3.9.1, with the hash of either algorithm.
    fn answer(algorithm: &'static str, response: &'static str) -> Credentials<'static> {
        Credentials {
            username: "Mufasa",
            realm: "http-auth@example.org",
            nonce: NONCE,
            uri: "/dir/index.html",
            response,
            algorithm: Some(algorithm),
            cnonce: Some(CNONCE),
            qop: Some("auth"),
            nc: Some("00000001"),
            opaque: None,
        }
    }

    fn mufasa(algorithm: Algorithm) -> Ha1 {
        Ha1::of(algorithm, "Mufasa", "http-auth@example.org", "Circle of Life")
    }

    const SHA_256: &str = "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1";
    const MD5: &str = "8ca523f5e9506fed4657c9700eebdbec";

    #[test]
    fn the_answers_of_rfc_7616_are_right() {
        assert!(is_right(&answer("MD5", MD5), &mufasa(Algorithm::Md5), "GET"));
        assert!(is_right(&answer("SHA-256", SHA_256), &mufasa(Algorithm::Sha256), "GET"));
        let unnamed = Credentials { algorithm: None, ..answer("", MD5) };
        assert!(is_right(&unnamed, &mufasa(Algorithm::Md5), "GET"));
    }

    #[test]
    fn the_answer_of_rfc_2617_is_right_with_and_without_qop() {
        let ha1 = Ha1::of(Algorithm::Md5, "Mufasa", "testrealm@host.com", "Circle Of Life");
        let with_qop = Credentials {
            realm: "testrealm@host.com",
            nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
            cnonce: Some("0a4f113b"),
            ..answer("md5", "6629fae49393a05397450978507c4ef1")
        };
        assert!(is_right(&with_qop, &ha1, "GET"));
        let without = Credentials {
            qop: None,
            nc: None,
            cnonce: None,
            response: "670FD8C2DF070C60B045671B8B24FF02",
            ..with_qop
        };
        assert!(is_right(&without, &ha1, "GET"));
    }

    #[test]
    fn an_answer_with_anything_changed_is_wrong() {
        let ha1 = mufasa(Algorithm::Md5);
        let right = answer("MD5", MD5);
        let wrong = [
            Credentials { nonce: "other", ..right },
            Credentials { uri: "/", ..right },
            Credentials { response: "", ..right },
            Credentials { response: "8ca523f5e9506fed4657c9700eebdbed", ..right },
            Credentials { algorithm: Some("SHA-256"), ..right },
            Credentials { algorithm: Some("MD5-sess"), ..right },
            Credentials { cnonce: None, ..right },
            Credentials { cnonce: Some("x"), ..right },
            Credentials { qop: None, ..right },
            Credentials { qop: Some("auth-int"), ..right },
            Credentials { nc: None, ..right },
            Credentials { nc: Some("00000002"), ..right },
            Credentials { nc: Some("1"), ..right },
        ];
        for credentials in wrong {
            assert!(!is_right(&credentials, &ha1, "GET"), "{credentials:?}");
        }
        assert!(!is_right(&right, &ha1, "REGISTER"));
        let other = Ha1::of(Algorithm::Md5, "Mufasa", "http-auth@example.org", "circle of life");
        assert!(!is_right(&right, &other, "GET"));
    }

    #[test]
    fn a_nonce_is_ours_until_its_life_is_over() {
        let nonce = make_nonce(&SECRET, 1_000, 42);
        assert_eq!(nonce.len(), 64);
        let fresh = NonceAge::Fresh { issued_ms: 1_000, salt: 42 };
        assert_eq!(check_nonce(&SECRET, &nonce, 1_000, 500), fresh);
        assert_eq!(check_nonce(&SECRET, &nonce, 1_500, 500), fresh);
        assert_eq!(check_nonce(&SECRET, &nonce, 1_501, 500), NonceAge::Stale);
        assert_eq!(check_nonce(&SECRET, &nonce, 999, 500), NonceAge::Stale);
        assert_ne!(make_nonce(&SECRET, 1_000, 43), nonce);
    }

    #[test]
    fn a_nonce_with_any_digit_changed_is_forged() {
        let nonce = make_nonce(&SECRET, 1_000, 42);
        for place in 0..nonce.len() {
            let mut digits: std::vec::Vec<u8> = nonce.bytes().collect();
            digits[place] = if digits[place] == b'0' { b'1' } else { b'0' };
            let changed = std::string::String::from_utf8(digits).expect("digits");
            assert_eq!(check_nonce(&SECRET, &changed, 1_000, 500), NonceAge::Forged, "{place}");
        }
        for text in ["", "0", NONCE, "\u{e4}\u{e4}", &nonce[1..], &format!("{nonce}0")] {
            assert_eq!(check_nonce(&SECRET, text, 1_000, 500), NonceAge::Forged, "{text}");
        }
        assert_eq!(check_nonce(&[8; 32], &nonce, 1_000, 500), NonceAge::Forged);
    }

    #[test]
    fn a_password_hash_does_not_show_in_a_log() {
        let text = format!("{:?}", mufasa(Algorithm::Md5));
        assert_eq!(text, "Ha1(MD5, ..)");
    }

    #[test]
    fn only_the_two_algorithms_are_known() {
        assert_eq!(Algorithm::named(None), Some(Algorithm::Md5));
        for algorithm in [Algorithm::Md5, Algorithm::Sha256] {
            assert_eq!(Algorithm::named(Some(algorithm.as_str())), Some(algorithm));
        }
        for name in ["", "MD5-sess", "SHA-512-256", "SHA256"] {
            assert_eq!(Algorithm::named(Some(name)), None, "{name}");
        }
    }

    #[test]
    fn a_nonce_is_signed_by_plain_hmac() {
        // HMAC-SHA-256 of the label, 1000 and 42 under 32 bytes of 7, by Python's hmac module.
        assert!(make_nonce(&SECRET, 1_000, 42).ends_with("d6f3ea57948ed8f723f35fb611a4c722"));
    }
}
