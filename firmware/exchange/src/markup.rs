//! Forms of makers that are data: patterns with words in braces, and text that stays text in them.

use alloc::string::String;

/// Writes a pattern with each word in braces replaced.
pub(crate) fn fill(out: &mut String, pattern: &str, word: &mut dyn FnMut(&str, &mut String)) {
    let mut rest = pattern;
    while let Some((before, from)) = rest.split_once('{') {
        out.push_str(before);
        let (name, after) = from.split_once('}').unwrap_or((from, ""));
        word(name, out);
        rest = after;
    }
    out.push_str(rest);
}

/// Writes text so that it can only be text; characters that XML 1.0 (2.2) forbids are left out.
pub(crate) fn escape(out: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => (),
            control if control.is_control() => (),
            other => out.push(other),
        }
    }
}
