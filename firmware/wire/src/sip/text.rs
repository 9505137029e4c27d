//! The small pieces of every SIP grammar rule: white space, tokens, quotes, lists, parameters.
//!
//! Everything works on borrowed bytes. A fold (RFC 3261 section 7.3.1) stays in the bytes as CR LF
//! and counts as white space here, so no other file has to know about folding.

use core::str;

/// Whether a byte may stand in a `token` (RFC 3261 section 25.1).
pub(super) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&byte)
}

/// Whether the bytes form a non-empty `token`.
pub(super) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|&byte| is_token_byte(byte))
}

/// Whether the bytes are free of white space, controls, quotes and angle brackets.
pub(super) fn is_plain(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| byte > b' ' && byte != 0x7f && !b"\"<>".contains(&byte))
}

/// Where a byte first stands.
pub(super) fn find(bytes: &[u8], wanted: u8) -> Option<usize> {
    bytes.iter().position(|&byte| byte == wanted)
}

/// What stands before and after the byte at `at`, without it.
pub(super) fn around(bytes: &[u8], at: usize) -> Option<(&[u8], &[u8])> {
    let (before, rest) = bytes.split_at_checked(at)?;
    let (_, after) = rest.split_first()?;
    Some((before, after))
}

/// What stands before and after the first `separator`, or `None` without one.
pub(super) fn cut(bytes: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    around(bytes, find(bytes, separator)?)
}

/// The bytes as text, when they are UTF-8.
pub(super) fn text(bytes: &[u8]) -> Option<&str> {
    str::from_utf8(bytes).ok()
}

/// A decimal number with any leading zeros; `None` when it does not fit or is not one.
pub(super) fn number(bytes: &[u8]) -> Option<u32> {
    if bytes.is_empty() {
        return None;
    }
    bytes.iter().try_fold(0u32, |sum, byte| {
        let digit = byte.is_ascii_digit().then(|| u32::from(byte - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}

/// Splits a string that starts with `"` into what it quotes and what follows the closing quote.
pub(super) fn quoted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (b'"', inner) = bytes.split_first()? else { return None };
    let mut escaped = false;
    let end = inner.iter().position(|&byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    })?;
    around(inner, end)
}

/// Where `separator` first stands outside quotes and angle brackets.
fn find_outside(bytes: &[u8], separator: u8) -> Option<usize> {
    let (mut quoting, mut escaped, mut bracketed) = (false, false, false);
    bytes.iter().position(|&byte| {
        if quoting {
            quoting = escaped || byte != b'"';
            escaped = byte == b'\\' && !escaped;
            return false;
        }
        match byte {
            b'"' if !bracketed => quoting = true,
            b'<' => bracketed = true,
            b'>' => bracketed = false,
            found => return found == separator && !bracketed,
        }
        false
    })
}

/// The trimmed pieces of a header value between separators outside quotes and angle brackets.
///
/// An unclosed quote or bracket takes the rest of the value with it. Two separators in a row give
/// an empty piece, which the caller's rule for a piece then refuses.
#[derive(Clone, Debug)]
pub struct Pieces<'a> {
    rest: Option<&'a [u8]>,
    separator: u8,
}

impl<'a> Pieces<'a> {
    /// The elements of a comma-separated header value; none at all for an empty one.
    pub fn of_list(value: &'a [u8]) -> Pieces<'a> {
        Pieces::new(value, b',')
    }

    pub(super) fn new(value: &'a [u8], separator: u8) -> Pieces<'a> {
        let value = value.trim_ascii();
        Pieces { rest: (!value.is_empty()).then_some(value), separator }
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest.take()?;
        let split = find_outside(rest, self.separator).and_then(|at| around(rest, at));
        let Some((piece, rest)) = split else { return Some(rest.trim_ascii()) };
        self.rest = Some(rest);
        Some(piece.trim_ascii())
    }
}

/// One `;name=value` of a header or of a URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param<'a> {
    /// The name as sent; compare it without regard to case.
    pub name: &'a str,
    /// The value without quotes but with backslashes (see [`unescaped`]); `None` without `=`.
    pub value: Option<&'a str>,
}

/// The parameters of a header or of a URI, already known to be well formed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Params<'a>(&'a [u8]);

impl<'a> Params<'a> {
    /// Reads what follows the last fixed part of a value: nothing, or `;` and parameters.
    pub(super) fn read(raw: &'a [u8]) -> Option<Params<'a>> {
        match raw.trim_ascii() {
            [] => Some(Params(&[])),
            [b';', rest @ ..] => {
                let read = |piece| split_param(piece).is_some();
                let sound = !rest.is_empty() && Pieces::new(rest, b';').all(read);
                sound.then_some(Params(rest))
            }
            _ => None,
        }
    }

    /// All parameters in order; one that is not UTF-8 is left out.
    pub fn iter(&self) -> impl Iterator<Item = Param<'a>> + 'a {
        Pieces::new(self.0, b';').filter_map(|piece| {
            let (name, value) = split_param(piece)?;
            let value = match value {
                Some(value) => Some(text(value)?),
                None => None,
            };
            Some(Param { name: text(name)?, value })
        })
    }

    /// The first parameter of that name, whatever its case.
    pub fn find(&self, name: &str) -> Option<Param<'a>> {
        self.iter().find(|param| param.name.eq_ignore_ascii_case(name))
    }

    /// The value of the first parameter of that name; `None` also for one without a value.
    pub fn value(&self, name: &str) -> Option<&'a str> {
        self.find(name)?.value
    }

    /// The parameters as sent, without the first `;`, for those who copy them.
    pub(super) fn pieces(&self) -> Pieces<'a> {
        Pieces::new(self.0, b';')
    }
}

/// Splits `name`, `name=value` or `name="value"`, and refuses anything else.
pub(super) fn split_param(piece: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    let Some((name, value)) = cut(piece, b'=') else {
        return (!piece.is_empty() && is_plain(piece)).then_some((piece, None));
    };
    let (name, value) = (name.trim_ascii(), value.trim_ascii());
    if name.is_empty() || !is_plain(name) {
        return None;
    }
    if value.first() == Some(&b'"') {
        let (inner, after) = quoted(value)?;
        return after.is_empty().then_some((name, Some(inner)));
    }
    let bare = !value.iter().any(|&byte| byte == b'"' || byte.is_ascii_whitespace());
    bare.then_some((name, Some(value)))
}

/// The characters of a quoted value with its backslash escapes undone.
pub fn unescaped(value: &str) -> impl Iterator<Item = char> + '_ {
    let mut escaped = false;
    value.chars().filter(move |&character| {
        escaped = character == '\\' && !escaped;
        !escaped
    })
}
