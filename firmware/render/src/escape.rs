//! What may become of a value when it is printed into a file.
//!
//! | form | printed as | dropped |
//! |---|---|---|
//! | lines | itself | line breaks and all other control characters |
//! | colons | itself | the same, and `#`, at which its reader ends a value |
//! | quoted | itself, between quotation marks of the template | the same, and `"` and `\` |
//! | markup | its five signs as references | the same, and what XML 1.0 (2.2) forbids |
//!
//! All forms drop the same characters, among them U+0085, U+2028 and U+2029, which some readers
//! take for line breaks. Only texts, numbers and truth values can be printed: a template that
//! prints a list, a record or nothing at all has a fault, and says so.

use crate::shared::Ready;
use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Error, ErrorKind, Output, State, Value};
use std::fmt::Write;

/// The kinds of file, by how a value is kept from becoming structure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// `key = value` and comment lines.
    Lines,
    /// `key: value` lines, where a `#` begins a comment anywhere.
    Colons,
    /// Lines with a key and a value in double quotation marks.
    Quoted,
    /// XML 1.0, in text and in quoted attributes.
    Markup,
}

impl Form {
    /// The name by which the engine carries this form.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Form::Lines => "lines",
            Form::Colons => "colons",
            Form::Quoted => "quoted",
            Form::Markup => "markup",
        }
    }
}

/// Prints one value in the form of the template at hand.
pub(crate) fn write_value(
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    let AutoEscape::Custom(form) = state.auto_escape() else {
        return Err(refused("the form of escaping is the file's and cannot be changed"));
    };
    match (value.as_str(), value.kind()) {
        (Some(text), _) if text.bytes().all(is_plain) => out.write_str(text)?,
        (Some(text), _) => match ends_of(form.as_ref()) {
            Some(ends) => write_line(out, text, ends)?,
            None => write_markup(out, text)?,
        },
        (None, ValueKind::Number) if value.is_integer() => write_integer(out, value)?,
        (None, ValueKind::Number | ValueKind::Bool) => write!(out, "{value}")?,
        (None, _) => match value.downcast_object_ref::<Ready>() {
            Some(Ready(text)) => out.write_str(text)?,
            None => return Err(refused("only texts, numbers and truth values can be printed")),
        },
    }
    Ok(())
}

/// What else a form drops of a line; `None` for markup, which drops nothing that it can hold.
fn ends_of(form: &str) -> Option<&'static [char]> {
    match form {
        "lines" => Some(&[]),
        "colons" => Some(&['#']),
        "quoted" => Some(&['"', '\\']),
        _markup => None,
    }
}

/// An integer; most are small, and most of what a file prints are such ones.
fn write_integer(out: &mut impl Write, value: &Value) -> std::fmt::Result {
    match value.as_usize() {
        Some(small @ 0..=99) => {
            let digits = [b'0' + (small / 10) as u8, b'0' + (small % 10) as u8];
            let digits = if small < 10 { &digits[1..] } else { &digits[..] };
            out.write_str(std::str::from_utf8(digits).unwrap_or_default())
        }
        Some(_) | None => write!(out, "{value}"),
    }
}

fn refused(why: &'static str) -> Error {
    Error::new(ErrorKind::InvalidOperation, why)
}

/// Whether this byte is itself in every form.
const fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && !matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\'' | b'#' | b'\\')
}

fn is_dropped(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}')
}

/// A value of one line, without what would end it.
fn write_line(out: &mut impl Write, text: &str, ends: &[char]) -> std::fmt::Result {
    let dropped = |c: char| is_dropped(c) || ends.contains(&c);
    text.split(dropped).try_for_each(|piece| out.write_str(piece))
}

fn write_markup(out: &mut impl Write, text: &str) -> std::fmt::Result {
    text.chars().filter(|c| !is_dropped(*c)).try_for_each(|c| match c {
        '&' => out.write_str("&amp;"),
        '<' => out.write_str("&lt;"),
        '>' => out.write_str("&gt;"),
        '"' => out.write_str("&quot;"),
        '\'' => out.write_str("&#39;"),
        other => out.write_char(other),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_loses_its_breaks_and_nothing_else() {
        let mut out = String::new();
        write_line(&mut out, "Anna\r\nadmin=1\u{2028}\u{85}\0 & <é> \"x\"\t", &[]).unwrap();
        assert_eq!(out, "Annaadmin=1 & <é> \"x\"");
    }

    #[test]
    fn a_value_loses_what_its_reader_takes_for_its_end() {
        let mut out = String::new();
        write_line(&mut out, "Lift #2", &['#']).unwrap();
        write_line(&mut out, "; a \"b\" \\", &['"', '\\']).unwrap();
        assert_eq!(out, "Lift 2; a b ");
    }

    #[test]
    fn markup_keeps_every_character_that_xml_can_hold() {
        let mut out = String::new();
        write_markup(&mut out, "a\n<b c='d' e=\"f\">&\u{ffff}\u{1b}é😀").unwrap();
        assert_eq!(out, "a&lt;b c=&#39;d&#39; e=&quot;f&quot;&gt;&amp;é😀");
    }

    #[test]
    fn a_plain_byte_needs_no_care_in_any_form() {
        for byte in (0..=u8::MAX).filter(|byte| is_plain(*byte)) {
            let text = char::from(byte).to_string();
            let (mut line, mut markup) = (String::new(), String::new());
            write_line(&mut line, &text, &['#', '"', '\\']).unwrap();
            write_markup(&mut markup, &text).unwrap();
            assert_eq!((line.as_str(), markup.as_str()), (text.as_str(), text.as_str()));
        }
    }
}
