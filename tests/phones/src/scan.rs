//! Tolerant readers of the makers' file forms: `key = value` lines, XML attributes, XML elements.
//!
//! They find what a phone looks for and pass over the rest, as phones do. They hold nothing and
//! run in one pass over the text.

use std::borrow::Cow;

/// The `key = value` lines of a text, without comments (`#`) and empty lines.
pub(crate) fn key_values(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter_map(|line| {
        let line = line.trim();
        if line.starts_with('#') {
            return None;
        }
        let (key, value) = line.split_once('=')?;
        Some((key.trim(), value.trim()))
    })
}

/// The `name: value` lines of the old Snom text form, without the marks after the name.
pub(crate) fn colon_values(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter_map(|line| {
        let (key, value) = line.trim().split_once(':')?;
        Some((key.trim_end_matches(['!', '&', '$']), value.trim()))
    })
}

/// An XML element's start: its name, its attributes and the text up to the next tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Element<'a> {
    pub(crate) name: &'a str,
    pub(crate) attributes: &'a str,
    pub(crate) text: &'a str,
}

impl<'a> Element<'a> {
    /// The value of one attribute.
    pub(crate) fn attribute(&self, name: &str) -> Option<Cow<'a, str>> {
        attributes(self.attributes).find(|(have, _)| *have == name).map(|(_, value)| value)
    }
}

/// Every element of a document in the order of their start tags, whatever their depth.
pub(crate) fn elements(text: &str) -> impl Iterator<Item = Element<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || loop {
        let (_, after) = rest.split_once('<')?;
        if let Some(comment) = after.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, tail)| tail);
            continue;
        }
        let end = tag_end(after)?;
        let (tag, tail) = after.split_at(end);
        rest = tail.strip_prefix('>').unwrap_or(tail);
        if tag.starts_with(['/', '?', '!']) {
            continue;
        }
        let tag = tag.strip_suffix('/').unwrap_or(tag);
        let (name, attributes) = match tag.find(char::is_whitespace) {
            Some(at) => tag.split_at(at),
            None => (tag, ""),
        };
        let text = rest.split('<').next().unwrap_or("").trim();
        return Some(Element { name, attributes, text });
    })
}

/// Where the tag ends: the first `>` outside quotes.
fn tag_end(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), close) if open == close => quote = None,
            (None | Some(_), _) => {}
        }
    }
    None
}

/// The attributes of a start tag.
pub(crate) fn attributes(tag: &str) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
    let mut rest = tag;
    std::iter::from_fn(move || {
        let (name, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let quote = after.chars().next().filter(|letter| matches!(letter, '"' | '\''))?;
        let (value, tail) = after.strip_prefix(quote)?.split_once(quote)?;
        rest = tail;
        Some((name.trim(), unescape(value)))
    })
}

/// Replaces the five named entities and numeric references.
pub(crate) fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let known = after.split_once(';').and_then(|(name, tail)| Some((entity(name)?, tail)));
        match known {
            Some((letter, tail)) => {
                out.push(letter);
                rest = tail;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        other => {
            let number = other.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_at_any_depth_and_comments_are_not() {
        let text =
            "<?xml version=\"1.0\"?><a><!-- <no/> --><b x='1>2' y=\"&amp;\">t&lt;</b><c/></a>";
        let found: Vec<_> = elements(text).collect();
        let names: Vec<_> = found.iter().map(|element| element.name).collect();
        assert_eq!(names, ["a", "b", "c"]);
        let b = found.get(1).expect("b");
        assert_eq!(b.attribute("x").as_deref(), Some("1>2"));
        assert_eq!(b.attribute("y").as_deref(), Some("&"));
        assert_eq!(unescape(b.text), "t<");
    }

    #[test]
    fn broken_markup_ends_quietly() {
        for text in ["<", "<a", "<a b=\"", "<!-- ", "a<b c='d'", "&#xFFFFFFFF;&#x41;&;"] {
            assert!(elements(text).count() <= 1, "{text}");
        }
        assert_eq!(unescape("&#xFFFFFFFF;&#x41;&;"), "&#xFFFFFFFF;A&;");
    }

    #[test]
    fn lines_are_read_in_both_forms() {
        let lines: Vec<_> = key_values("#!v\n a.b = c = d \nnothing\n").collect();
        assert_eq!(lines, [("a.b", "c = d")]);
        let lines: Vec<_> = colon_values("user_name1!: 201\nuser_host1: 10.0.0.1:5060").collect();
        assert_eq!(lines, [("user_name1", "201"), ("user_host1", "10.0.0.1:5060")]);
    }
}
