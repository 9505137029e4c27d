//! The small types that say which one: a handset is not a line, an extension is not a port.

use crate::limits::{CONTACT_MAX, LINES_MAX, TEXT_MAX};
use core::fmt;
use serde::{Deserialize, Serialize};

pub use wire::Mac;

/// A short text for people: a name, a model, a firmware version.
pub type Text = heapless::String<TEXT_MAX>;

/// A Contact URI as a phone sent it.
pub type ContactText = heapless::String<CONTACT_MAX>;

/// Cuts `text` to fit a [`Text`], at a character boundary, without control characters.
pub fn text(text: &str) -> Text {
    let mut short = Text::new();
    for letter in text.chars().filter(|letter| !letter.is_control()) {
        if short.push(letter).is_err() {
            break;
        }
    }
    short
}

/// A handset's number in this exchange; not given again before all others were.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct HandsetNo(pub u16);

/// A user's number in this exchange.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct UserNo(pub u16);

/// A line's place on its handset, counted from 1 as on the phone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct LineNo(u8);

impl LineNo {
    /// The first line.
    pub const FIRST: LineNo = LineNo(1);

    /// A line between 1 and [`LINES_MAX`].
    pub fn new(number: u8) -> Option<LineNo> {
        (1..=LINES_MAX as u8).contains(&number).then_some(LineNo(number))
    }

    /// The number, counted from 1.
    pub fn number(self) -> u8 {
        self.0
    }

    /// The place in a list, counted from 0.
    pub fn index(self) -> usize {
        usize::from(self.0.saturating_sub(1))
    }
}

/// A number that people dial: 2 to 6 digits, the first one not 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Extension(u32);

impl Extension {
    /// Reads an extension as typed, spaces around it aside.
    pub fn parse(text: &str) -> Option<Extension> {
        let digits = text.trim();
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
        if !plain || !(2..=6).contains(&digits.len()) {
            return None;
        }
        digits.parse().ok().map(Extension)
    }

    /// The extension of this number; `None` for one of fewer than 2 or more than 6 digits.
    pub fn new(number: u32) -> Option<Extension> {
        (10..1_000_000).contains(&number).then_some(Extension(number))
    }

    /// Its number.
    pub fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Which side of the box something came through. Stamped on every datagram by the socket, so that
/// no later code can forget to ask.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Side {
    /// The office network.
    Lan,
    /// The world.
    Wan,
}

/// An interface of the board, by its place in the board's list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct InterfaceNo(pub u8);

/// A record's number since this start, counted from 1; 0 stands for "relies on nothing new".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct RecordNo(pub u64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extension_has_two_to_six_digits_and_no_leading_zero() {
        for good in ["20", "204", " 204 ", "123456"] {
            assert!(Extension::parse(good).is_some(), "{good}");
        }
        for bad in ["", "2", "0204", "1234567", "20a", "-20", "+20", "2 0", "٢٠٤"] {
            assert!(Extension::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_text_is_cut_at_a_character_and_loses_control_characters() {
        assert_eq!(text("a\r\nb\u{7}"), "ab");
        assert_eq!(text(&"é".repeat(30)).len(), 40);
    }
}
