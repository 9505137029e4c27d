//! What only one handset may know. None of these types has `Debug` or a place in a view; they leave
//! the exchange in a rendered file and nowhere else.

use alloc::string::String;
use serde::{Deserialize, Serialize};

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
        if text.len() != 8 {
            return None;
        }
        let bits = text.bytes().try_fold(0u64, |bits, letter| {
            let five = ALPHABET.iter().position(|it| *it == letter)?;
            Some((bits << 5) | five as u64)
        })?;
        let [_, _, _, bytes @ ..] = bits.to_be_bytes();
        Some(LoginId(bytes))
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

/// An argon2id record of an admin's password: parameters, salt and hash as text.
pub type PasswordHash = heapless::String<128>;

fn spell(bytes: &[u8]) -> String {
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
    text
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
