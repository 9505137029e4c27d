//! What only one handset may know, and the key of the backups. None of these types has `Debug` or a
//! place in a view; they leave the exchange in a rendered file or in a backup, the key never.

use crate::limits::{PIN_DIGITS_DRAWN, PIN_DIGITS_MAX, PIN_DIGITS_MIN};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

/// Digits and letters that no phone display or label confuses; 32 of them, five bits each.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// The user name of one line, 40 random bits: what a phone calls its account.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LoginId(pub [u8; 5]);

impl LoginId {
    /// Eight letters and digits.
    pub fn text(&self) -> String {
        spell(&self.0)
    }

    /// Reads what [`LoginId::text`] spelt; `None` for anything else.
    pub fn parse(text: &str) -> Option<LoginId> {
        unspell(text)?.try_into().ok().map(LoginId)
    }
}

/// The SIP password of one line, 120 random bits.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineSecret(pub [u8; 15]);

impl LineSecret {
    /// Twenty-four letters and digits.
    pub fn text(&self) -> String {
        spell(&self.0)
    }
}

/// The password of a phone's own web page, 80 random bits.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebSecret(pub [u8; 10]);

impl WebSecret {
    /// Sixteen letters and digits.
    pub fn text(&self) -> String {
        spell(&self.0)
    }
}

/// The secret key of Plug-and-Play from the WAN, 80 random bits: what a phone out there shows to be
/// taken in.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PnpKey(pub [u8; 10]);

impl PnpKey {
    /// Letters and digits of a key.
    pub const CHARS: usize = 16;

    /// Sixteen letters and digits.
    pub fn text(&self) -> String {
        spell(&self.0)
    }

    /// Whether somebody has typed it; takes the same time for every wrong one.
    pub(crate) fn is(&self, typed: &str) -> bool {
        bool::from(self.text().as_bytes().ct_eq(typed.as_bytes()))
    }
}

/// What stands in the provisioning URL of one handset that is used from the WAN, 128 random bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RemoteToken(pub [u8; 16]);

impl RemoteToken {
    /// Twenty-six letters and digits.
    pub fn text(&self) -> String {
        spell(&self.0)
    }

    /// Reads what [`RemoteToken::text`] spelt; `None` for anything else.
    pub fn parse(text: &str) -> Option<RemoteToken> {
        unspell(text)?.try_into().ok().map(RemoteToken)
    }
}

/// That a handset may be used from the WAN, and by what it is known there.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remote {
    /// What stands in its provisioning URL.
    pub token: RemoteToken,
    /// Whether it has its file for certain; from then on the key of Plug-and-Play is worth nothing
    /// to it.
    pub claimed: bool,
}

/// What a phone keeps here of changes that were made on it; there can be passwords in it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnFile(pub Vec<u8>);

/// Digits that somebody types to show who he is: a user's, or the site's for replacing phones.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin(heapless::String<PIN_DIGITS_MAX>);

impl Pin {
    /// Reads a PIN as typed, spaces around it aside; `None` for one that has other than 4 to 8
    /// digits.
    pub fn parse(text: &str) -> Option<Pin> {
        let digits = text.trim();
        let plain = digits.len() >= PIN_DIGITS_MIN && digits.bytes().all(|it| it.is_ascii_digit());
        plain.then(|| heapless::String::try_from(digits).ok().map(Pin)).flatten()
    }

    /// Six digits drawn from a random number.
    pub(crate) fn drawn(number: u64) -> Pin {
        let mut digits = heapless::String::new();
        let mut rest = number;
        for _ in 0..PIN_DIGITS_DRAWN {
            // A digit always fits: fewer are drawn than there can be.
            let _ = digits.push(char::from(b'0' + (rest % 10) as u8));
            rest /= 10;
        }
        Pin(digits)
    }

    /// The digits.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Whether these are its digits, in a time that says nothing of how many are right.
    pub(crate) fn is(&self, typed: &str) -> bool {
        bool::from(self.0.as_bytes().ct_eq(typed.trim().as_bytes()))
    }
}

/// The private key of a certificate as PKCS#8 (RFC 5958) or SEC 1 in DER; empty where the box has
/// none.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivateKey(pub Vec<u8>);

/// An argon2id record of an admin's password: parameters, salt and hash as text.
pub type PasswordHash = heapless::String<128>;

/// How the key of the backups is made of its passphrase: by argon2id (RFC 9106) with one lane.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Recipe {
    /// What makes the same passphrase another key on another site.
    pub salt: [u8; 16],
    /// Memory that is gone over, in KiB.
    pub memory_kib: u32,
    /// How often.
    pub rounds: u32,
}

/// The key by which secrets in a backup are sealed. It is kept so that a backup can be made by
/// somebody who does not know the passphrase; no text and no page ever has it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupKey {
    /// How it was made.
    pub recipe: Recipe,
    /// What argon2id made of the passphrase.
    pub key: [u8; 32],
}

/// Writes five bits a letter; what is left at the end is filled up with zeros.
pub(crate) fn spell(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 8 / 5 + 1);
    let (mut held, mut bits) = (0u16, 0u8);
    for byte in bytes {
        held = (held << 8) | u16::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            let five = usize::from((held >> bits) & 31);
            text.push(char::from(ALPHABET[five]));
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        let five = usize::from((held << (5 - bits)) & 31);
        text.push(char::from(ALPHABET[five]));
    }
    text
}

/// Reads what [`spell`] wrote; `None` for anything else, the same bytes in other letters among it.
pub(crate) fn unspell(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 5 / 8);
    let (mut held, mut bits) = (0u16, 0u8);
    for letter in text.bytes() {
        let five = ALPHABET.iter().position(|it| *it == letter)?;
        held = (held << 5) | five as u16;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
            held &= (1 << bits) - 1;
        }
    }
    (bits < 5 && held == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_has_four_to_eight_digits() {
        for (typed, read) in [("1234", "1234"), (" 00000000 ", "00000000"), ("098765", "098765")] {
            assert_eq!(Pin::parse(typed).as_ref().map(Pin::text), Some(read));
        }
        for typed in ["", "123", "123456789", "12a4", "12 34", "-1234", "１２３４"] {
            assert!(Pin::parse(typed).is_none(), "{typed}");
        }
        let drawn = Pin::drawn(9_876_543_210);
        assert_eq!(drawn.text(), "012345");
        assert!(drawn.is("012345") && drawn.is(" 012345 "));
        assert!(!drawn.is("01234") && !drawn.is("0123456") && !drawn.is("112345"));
    }

    #[test]
    fn every_five_bits_become_one_letter() {
        assert_eq!(LoginId([0; 5]).text(), "aaaaaaaa");
        assert_eq!(LoginId([0xff; 5]).text(), "99999999");
        assert_eq!(LineSecret([0x08; 15]).text().len(), 24);
        assert_eq!(WebSecret([1; 10]).text().len(), 16);
        assert_eq!(LoginId([0x08, 0x86, 0x42, 0x98, 0xe8]).text(), "bcdefghi");
    }

    #[test]
    fn every_login_is_read_as_it_is_spelt_and_nothing_else_is() {
        for seed in 0..=255u8 {
            let login = LoginId([seed, seed.wrapping_mul(7), !seed, seed ^ 0x5a, seed / 3]);
            assert!(LoginId::parse(&login.text()) == Some(login));
        }
        for text in
            ["", "aaaaaaa", "aaaaaaaaa", "aaaaaaal", "AAAAAAAA", "aaaaaaa\u{e4}", "aaaaaa1a"]
        {
            assert!(LoginId::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn bytes_of_any_number_are_read_as_they_are_spelt_and_in_one_spelling_only() {
        let bytes: Vec<u8> = (0..=255).map(|byte: u8| byte.wrapping_mul(151)).collect();
        for len in 0..bytes.len() {
            let text = spell(&bytes[..len]);
            assert_eq!(text.len(), (len * 8).div_ceil(5));
            assert_eq!(unspell(&text).as_deref(), Some(&bytes[..len]));
        }
        // A letter too many, and bits that stand for nothing.
        for text in ["a", "aaa", "ab", "l", "A", "aa="] {
            assert_eq!(unspell(text), None, "{text}");
        }
        assert_eq!(unspell("aa").as_deref(), Some(&[0][..]));
    }
}
