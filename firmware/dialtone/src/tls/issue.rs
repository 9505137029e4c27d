//! Certificates that the box makes itself (RFC 5280): its authority, and what that signs.
//!
//! A certificate is a few nested lengths with a signature behind them, written here by the
//! distinguished encoding (X.690 section 10). Keys are ECDSA with P-256 (RFC 5480), which every
//! stack with TLS 1.2 has.

use super::Trouble;
use exchange::certificates::{Kept, Leaf, AUTHORITY_UNTIL, MADE_FROM};
use exchange::PrivateKey;
use ring::digest;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{EcdsaKeyPair, KeyPair, ECDSA_P256_SHA256_ASN1_SIGNING};
use std::net::Ipv4Addr;
use wire::x509::Certificate;

const INTEGER: u8 = 0x02;
const BITS: u8 = 0x03;
pub(super) const OCTETS: u8 = 0x04;
const UTF8: u8 = 0x0c;
const GENERAL_TIME: u8 = 0x18;
const UTC_TIME: u8 = 0x17;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
/// `[0]` and `[3]` of a certificate, and `dNSName` and `iPAddress` of a name.
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;
const DNS_NAME: u8 = 0x82;
const IP_ADDRESS: u8 = 0x87;

/// ecdsa-with-SHA256 (RFC 5758).
const SIGNED_BY: &[u8] = &[0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
/// id-ecPublicKey on prime256v1 (RFC 5480).
const KEY_OF: &[u8] =
    &[0x06, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
/// Objects of the extensions (RFC 5280 section 4.2.1): 2.5.29.19, 15, 37, 17, 14 and 35.
const BASIC_CONSTRAINTS: [u8; 3] = [0x55, 0x1d, 19];
const KEY_USAGE: [u8; 3] = [0x55, 0x1d, 15];
const EXTENDED_USAGE: [u8; 3] = [0x55, 0x1d, 37];
const ALTERNATIVE_NAMES: [u8; 3] = [0x55, 0x1d, 17];
const SUBJECT_KEY: [u8; 3] = [0x55, 0x1d, 14];
const AUTHORITY_KEY: [u8; 3] = [0x55, 0x1d, 35];
/// 2.5.4.3.
const COMMON_NAME: &[u8] = &[0x06, 3, 0x55, 4, 3];
/// id-kp-serverAuth.
const SERVER: &[u8] = &[0x06, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1];
/// `TRUE`, as it stands in an extension that must not be passed over.
const CRITICAL: &[u8] = &[0x01, 1, 0xff];
/// keyCertSign and cRLSign; digitalSignature.
const SIGNS_CERTIFICATES: &[u8] = &[BITS, 2, 1, 0x06];
const SIGNS: &[u8] = &[BITS, 2, 7, 0x80];

/// The authority of a box, with a key of its own; its name tells boxes apart.
pub(super) fn authority() -> Result<Kept, Trouble> {
    let key = Key::new()?;
    let [a, b, c, d, ..] = random()?;
    let name = named(&format!("Dialtone {a:02x}{b:02x}{c:02x}{d:02x}"));
    let constraints = sequence(&[CRITICAL, &[INTEGER, 1, 0]]);
    let extensions = [
        extension(BASIC_CONSTRAINTS, true, &constraints),
        extension(KEY_USAGE, true, SIGNS_CERTIFICATES),
        extension(SUBJECT_KEY, false, &element(OCTETS, &key.name())),
    ];
    let body = Body {
        issuer: &name,
        subject: &name,
        holds: (MADE_FROM, AUTHORITY_UNTIL),
        key: &key,
        extensions: extensions.concat(),
    };
    Ok(Kept { chain: body.signed(&key)?, key: PrivateKey(key.pkcs8) })
}

/// A certificate that says this, signed by the authority, which stands behind it.
pub(super) fn leaf(leaf: &Leaf, authority: &Kept) -> Result<Kept, Trouble> {
    let signer = Key::of(&authority.key)?;
    let first = Certificate::all(&authority.chain).next().ok_or(Trouble::NotMade)?;
    let issuer = element(SEQUENCE, first.name());
    let key = Key::new()?;
    let dns = leaf.names.iter().map(|name| element(DNS_NAME, name.as_bytes()));
    let ip = leaf.addresses.iter().map(|it: &Ipv4Addr| element(IP_ADDRESS, &it.octets()));
    let names: Vec<u8> = dns.chain(ip).flatten().collect();
    let extensions = [
        extension(BASIC_CONSTRAINTS, true, &element(SEQUENCE, &[])),
        extension(KEY_USAGE, true, SIGNS),
        extension(EXTENDED_USAGE, false, &sequence(&[SERVER])),
        extension(ALTERNATIVE_NAMES, false, &element(SEQUENCE, &names)),
        extension(SUBJECT_KEY, false, &element(OCTETS, &key.name())),
        // `keyIdentifier` is `[0]`.
        extension(AUTHORITY_KEY, false, &sequence(&[&element(0x80, &signer.name())])),
    ];
    let subject = named(leaf.names.first().map_or("dialtone", String::as_str));
    let body = Body {
        issuer: &issuer,
        subject: &subject,
        holds: (leaf.from, leaf.until),
        key: &key,
        extensions: extensions.concat(),
    };
    let chain = [body.signed(&signer)?, authority.chain.clone()].concat();
    Ok(Kept { chain, key: PrivateKey(key.pkcs8) })
}

/// A key with which something is signed.
struct Key {
    pkcs8: Vec<u8>,
    pair: EcdsaKeyPair,
}

impl Key {
    fn new() -> Result<Key, Trouble> {
        let made =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new());
        Key::of(&PrivateKey(made.map_err(|_| Trouble::NoEntropy)?.as_ref().to_vec()))
    }

    fn of(PrivateKey(pkcs8): &PrivateKey) -> Result<Key, Trouble> {
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8, &SystemRandom::new());
        Ok(Key { pkcs8: pkcs8.clone(), pair: pair.map_err(|_| Trouble::NotMade)? })
    }

    fn public(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    /// By what certificates name it (RFC 7093 section 2, method 1).
    fn name(&self) -> Vec<u8> {
        let digest = digest::digest(&digest::SHA256, self.public());
        digest.as_ref().iter().take(20).copied().collect()
    }
}

/// What is signed, but for its number.
struct Body<'a> {
    issuer: &'a [u8],
    subject: &'a [u8],
    holds: (u64, u64),
    key: &'a Key,
    extensions: Vec<u8>,
}

impl Body<'_> {
    fn signed(&self, by: &Key) -> Result<Vec<u8>, Trouble> {
        let mut number = random()?;
        // Neither negative nor with a zero before it (RFC 5280 section 4.1.2.2).
        number[0] = number[0] & 0x3f | 0x40;
        let algorithm = sequence(&[SIGNED_BY]);
        let (from, until) = self.holds;
        let public = [&[0], self.key.public()].concat();
        let body = sequence(&[
            &element(VERSION, &[INTEGER, 1, 2]),
            &element(INTEGER, &number),
            &algorithm,
            self.issuer,
            &sequence(&[&moment(from), &moment(until)]),
            self.subject,
            &sequence(&[&sequence(&[KEY_OF]), &element(BITS, &public)]),
            &element(EXTENSIONS, &element(SEQUENCE, &self.extensions)),
        ]);
        let signature = by.pair.sign(&SystemRandom::new(), &body);
        let signature = signature.map_err(|_| Trouble::NoEntropy)?;
        let bits = element(BITS, &[&[0], signature.as_ref()].concat());
        Ok(sequence(&[&body, &algorithm, &bits]))
    }
}

fn named(text: &str) -> Vec<u8> {
    let pair = sequence(&[COMMON_NAME, &element(UTF8, text.as_bytes())]);
    sequence(&[&element(SET, &pair)])
}

fn extension(object: [u8; 3], critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical { CRITICAL } else { &[] };
    let [a, b, c] = object;
    sequence(&[&[0x06, 3, a, b, c], critical, &element(OCTETS, value)])
}

/// RFC 5280 section 4.1.2.5: in two digits of the year before 2050, in four from then on.
fn moment(seconds: u64) -> Vec<u8> {
    let (year, month, day) = pages::civil(seconds / 86_400);
    let [hour, minute, second] = [seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60];
    let rest = format!("{month:02}{day:02}{hour:02}{minute:02}{second:02}Z");
    match year < 2050 {
        true => element(UTC_TIME, format!("{:02}{rest}", year % 100).as_bytes()),
        false => element(GENERAL_TIME, format!("{year:04}{rest}").as_bytes()),
    }
}

pub(super) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(SEQUENCE, &parts.concat())
}

/// An element of less than 64 KiB, as all of these are.
pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let [high, low] = (content.len() as u16).to_be_bytes();
    let heading: &[u8] = match content.len() {
        0..=0x7f => &[tag, low],
        0x80..=0xff => &[tag, 0x81, low],
        _longer => &[tag, 0x82, high, low],
    };
    [heading, content].concat()
}

fn random() -> Result<[u8; 16], Trouble> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Trouble::NoEntropy)?;
    Ok(bytes)
}
