//! The keys beside a phone's display, as a list in one text: `blf 204 Anna; park 70`.

use super::Bad;
use crate::limits::{KEYS_MAX, KEY_NUMBER_BYTES_MAX, TEXT_MAX};
use crate::names::{Extension, LineNo};
use alloc::string::String;
use alloc::vec::Vec;

/// One key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Key<'a> {
    /// What it does.
    pub kind: KeyKind,
    /// A line's place, an extension, a number or a place to park.
    pub number: &'a str,
    /// What stands beside it; empty where nothing does.
    pub label: &'a str,
}

/// What a key does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyKind {
    /// Takes one of the phone's lines.
    Line,
    /// Shows whether an extension is busy, and calls it.
    Blf,
    /// Dials a number.
    Speed,
    /// Parks a call, and takes it again.
    Park,
}

impl KeyKind {
    /// Every kind.
    pub const ALL: [KeyKind; 4] = [KeyKind::Line, KeyKind::Blf, KeyKind::Speed, KeyKind::Park];

    /// The word that stands for it.
    pub const fn word(self) -> &'static str {
        match self {
            KeyKind::Line => "line",
            KeyKind::Blf => "blf",
            KeyKind::Speed => "speed",
            KeyKind::Park => "park",
        }
    }
}

/// Reads a list of keys; what was stored reads without fault.
pub fn keys(text: &str) -> Result<Vec<Key<'_>>, Bad> {
    let each = text.split(';').map(str::trim).filter(|key| !key.is_empty());
    let mut keys = Vec::new();
    for typed in each {
        if keys.len() == KEYS_MAX {
            return Err(Bad::TooManyKeys);
        }
        keys.push(key(typed)?);
    }
    if keys.is_empty() {
        return Err(Bad::Empty);
    }
    Ok(keys)
}

fn key(typed: &str) -> Result<Key<'_>, Bad> {
    let (word, rest) = typed.split_once(' ').unwrap_or((typed, ""));
    let known = |kind: &KeyKind| kind.word().eq_ignore_ascii_case(word);
    let kind = KeyKind::ALL.into_iter().find(known).ok_or(Bad::KeyKind)?;
    let rest = rest.trim_start();
    let (number, label) = rest.split_once(' ').unwrap_or((rest, ""));
    let plain = |letter: u8| letter.is_ascii_digit() || matches!(letter, b'*' | b'+');
    let good = match kind {
        KeyKind::Line => number.parse().ok().and_then(LineNo::new).is_some(),
        KeyKind::Blf => Extension::parse(number).is_some(),
        KeyKind::Speed | KeyKind::Park => {
            (1..=KEY_NUMBER_BYTES_MAX).contains(&number.len()) && number.bytes().all(plain)
        }
    };
    if !good {
        return Err(Bad::KeyNumber);
    }
    let label = label.trim();
    if label.len() > TEXT_MAX {
        return Err(Bad::KeyLabel);
    }
    Ok(Key { kind, number, label })
}

/// The list in the one spelling in which it is stored.
pub(super) fn spelt(text: &str) -> Result<String, Bad> {
    let mut out = String::new();
    for Key { kind, number, label } in keys(text)? {
        if !out.is_empty() {
            out.push_str("; ");
        }
        out.push_str(kind.word());
        out.push(' ');
        // One spelling of a number: an extension or line is read as one.
        out.push_str(number);
        if !label.is_empty() {
            out.push(' ');
            out.push_str(label);
        }
    }
    Ok(out)
}
