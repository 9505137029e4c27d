//! A line of the text taken apart into its word and its pairs, and put together again.
//!
//! Any text survives: what could be taken for something else, or cannot be seen, is escaped.

use super::bad::Wrong;
use crate::limits::{BACKUP_LINE_BYTES_MAX, BACKUP_PAIRS_MAX};
use crate::names::text;
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Display, Write};
use core::str::Chars;

/// One line: what it is about, and its pairs that were not asked for yet.
pub(super) struct Entry<'a> {
    pub(super) kind: &'a str,
    pairs: Vec<(&'a str, Cow<'a, str>)>,
}

/// Takes a line apart; `None` for one that says nothing.
pub(super) fn entry(line: &[u8]) -> Result<Option<Entry<'_>>, Wrong> {
    if line.len() > BACKUP_LINE_BYTES_MAX {
        return Err(Wrong::TooLong);
    }
    let line = core::str::from_utf8(line).map_err(|_| Wrong::NotText)?;
    let line = line.trim_matches([' ', '\t']);
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    if line.chars().any(|letter| letter.is_control() && letter != '\t') {
        return Err(Wrong::NotText);
    }
    let (kind, mut rest) = line.split_once([' ', '\t']).unwrap_or((line, ""));
    let mut entry = Entry { kind, pairs: Vec::new() };
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        if rest.is_empty() {
            return Ok(Some(entry));
        }
        let (key, value) = rest.split_once('=').ok_or(Wrong::NoPair)?;
        // Anything else may be a secret whose key is missing, and is not said again.
        let plain = |letter: char| letter.is_ascii_lowercase() || letter == '-';
        if key.is_empty() || !key.chars().all(plain) {
            return Err(Wrong::NoPair);
        }
        if entry.pairs.iter().any(|(known, _)| *known == key) {
            return Err(Wrong::KeyTwice(text(key)));
        }
        if entry.pairs.len() == BACKUP_PAIRS_MAX {
            return Err(Wrong::TooManyPairs);
        }
        let (value, after) = self::value(value)?;
        entry.pairs.push((key, value));
        rest = after;
    }
}

/// The value at the beginning, and what comes after it.
fn value(rest: &str) -> Result<(Cow<'_, str>, &str), Wrong> {
    let Some(quoted) = rest.strip_prefix('"') else {
        let end = rest.find([' ', '\t']).unwrap_or(rest.len());
        let (bare, after) = rest.split_at(end);
        return match bare.contains('"') {
            true => Err(Wrong::Quotes),
            false => Ok((Cow::Borrowed(bare), after)),
        };
    };
    let mut made = String::new();
    let mut letters = quoted.chars();
    loop {
        match letters.next().ok_or(Wrong::Quotes)? {
            '"' => break,
            '\\' => made.push(escaped(&mut letters).ok_or(Wrong::Escape)?),
            plain => made.push(plain),
        }
    }
    let after = letters.as_str();
    match after.is_empty() || after.starts_with([' ', '\t']) {
        true => Ok((Cow::Owned(made), after)),
        false => Err(Wrong::Quotes),
    }
}

/// The character that is written as what follows a backslash.
fn escaped(letters: &mut Chars<'_>) -> Option<char> {
    match letters.next()? {
        same @ ('"' | '\\') => Some(same),
        'u' => {
            let (hex, after) = letters.as_str().strip_prefix('{')?.split_once('}')?;
            let plain = hex.bytes().all(|digit| digit.is_ascii_hexdigit());
            let code = u32::from_str_radix(hex, 16).ok().filter(|_| plain)?;
            *letters = after.chars();
            char::from_u32(code)
        }
        _other => None,
    }
}

impl<'a> Entry<'a> {
    /// Takes the value of a key, where it is there.
    pub(super) fn take(&mut self, key: &str) -> Option<Cow<'a, str>> {
        let place = self.pairs.iter().position(|(known, _)| *known == key)?;
        Some(self.pairs.swap_remove(place).1)
    }

    /// Takes the value of a key that has to be there.
    pub(super) fn want(&mut self, key: &'static str) -> Result<Cow<'a, str>, Wrong> {
        self.take(key).ok_or(Wrong::Missing(key))
    }

    /// Refuses a key that is none of these.
    pub(super) fn knows(&self, keys: &[&'static str]) -> Result<(), Wrong> {
        match self.pairs.iter().find(|(key, _)| !keys.contains(key)) {
            Some((key, _)) => Err(Wrong::UnknownKey(text(key), nearest(key, keys))),
            None => Ok(()),
        }
    }
}

/// The nearest of some words to one that was mistyped.
pub(super) fn nearest(word: &str, known: &[&'static str]) -> Option<&'static str> {
    // Of a long word only the beginning is compared; none of ours is longer.
    let word: String = word.chars().take(24).collect();
    known.iter().copied().min_by_key(|known| distance(&word, known))
}

/// How many letters must be added, removed or changed to make one word of the other.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (place, letter) in one.chars().enumerate() {
        let mut above = place;
        let mut left = place + 1;
        for (known, is) in other.chars().zip(row.iter_mut().skip(1)) {
            let changed = above + usize::from(known != letter);
            above = *is;
            left = changed.min(above + 1).min(left + 1);
            *is = left;
        }
        if let Some(first) = row.first_mut() {
            *first = place + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

/// Adds ` key=value` for a value that is one word of plain letters.
pub(super) fn pair(line: &mut String, key: &str, value: impl Display) {
    // Writing to a String cannot fail.
    let _ = write!(line, " {key}={value}");
}

/// Adds ` key="value"` for any text, unless it is empty.
pub(super) fn quoted(line: &mut String, key: &str, value: &str) {
    if !value.is_empty() {
        pair(line, key, Quoted(value));
    }
}

struct Quoted<'a>(&'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for letter in self.0.chars() {
            match letter {
                '"' | '\\' => write!(f, "\\{letter}")?,
                hidden if is_hidden(hidden) => write!(f, "\\u{{{:x}}}", u32::from(hidden))?,
                plain => f.write_char(plain)?,
            }
        }
        f.write_char('"')
    }
}

/// Whether a letter cannot be seen, or changes how others are seen.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(letter, '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Vec<(String, String)>, Wrong> {
        let entry = entry(line.as_bytes())?;
        let pairs = entry.into_iter().flat_map(|entry| entry.pairs);
        Ok(pairs.map(|(key, value)| (key.into(), value.into_owned())).collect())
    }

    #[test]
    fn any_text_is_read_as_it_was_written() {
        let texts =
            ["a", "a b", "\"", "\\", "\\\"x\"\\", "Zoë", "a=b", "#", "\u{202e}\u{feff}", "😀"];
        let controls: String = (0..0x20u8).map(char::from).chain(['\u{7f}', '\u{9f}']).collect();
        for text in texts.into_iter().chain([controls.as_str()]) {
            let mut line = String::from("line");
            quoted(&mut line, "name", text);
            pair(&mut line, "place", 1);
            assert!(!line.contains(is_hidden), "{line}");
            let expected = [("name", text), ("place", "1")];
            let expected = expected.map(|(key, value)| (key.into(), value.into()));
            assert_eq!(read(&line), Ok(expected.to_vec()), "{line}");
        }
    }

    #[test]
    fn what_is_no_pair_is_refused() {
        for (line, wrong) in [
            ("a b", Wrong::NoPair),
            ("a =b", Wrong::NoPair),
            ("a secret\"=b", Wrong::NoPair),
            ("a B=c", Wrong::NoPair),
            ("a b=\"c", Wrong::Quotes),
            ("a b=\"c\"d=e", Wrong::Quotes),
            ("a b=c\"d", Wrong::Quotes),
            ("a b=\"\\n\"", Wrong::Escape),
            ("a b=\"\\u{d800}\"", Wrong::Escape),
            ("a b=\"\\u{+1}\"", Wrong::Escape),
            ("a b=\"\\u{}\"", Wrong::Escape),
            ("a b=\u{7}", Wrong::NotText),
            ("a b=c b=d", Wrong::KeyTwice(text("b"))),
        ] {
            assert_eq!(read(line), Err(wrong), "{line}");
        }
        let letters = (b'a'..).take(BACKUP_PAIRS_MAX + 1).map(char::from);
        let many =
            letters.fold(String::from("kind"), |line, key| line + " " + &String::from(key) + "=1");
        assert_eq!(read(&many), Err(Wrong::TooManyPairs));
        let long = "x".repeat(BACKUP_LINE_BYTES_MAX + 1);
        assert_eq!(read(&long), Err(Wrong::TooLong));
        assert!(entry(b"a b=\xff").err() == Some(Wrong::NotText));
    }

    #[test]
    fn the_nearest_word_is_the_one_with_the_fewest_other_letters() {
        let known = ["extension", "name", "password", "place"];
        for (word, meant) in [
            ("extention", "extension"),
            ("Name", "name"),
            ("plase", "place"),
            ("passwrd", "password"),
        ] {
            assert_eq!(nearest(word, &known), Some(meant), "{word}");
        }
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!((distance("", "abc"), distance("abc", "")), (3, 3));
    }
}
