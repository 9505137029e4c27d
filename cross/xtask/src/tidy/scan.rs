//! Tells the code of a Rust file from its comments, strings and characters.
//!
//! This is no parser. It knows as much of Rust's lexical grammar as is needed to blank what is not
//! code: line and nested block comments, strings with escapes, raw strings with any number of `#`,
//! byte and C strings, characters as opposed to lifetimes, raw identifiers. Everything keeps its
//! offset and its line, so that a rule that looks at code can say where. What does not compile,
//! such as a string without an end, is blanked somehow.

/// A Rust text with everything that is not code blanked.
#[derive(Debug)]
pub(crate) struct Scan {
    /// The text with comments and the insides of strings and characters as spaces.
    pub(crate) code: String,
    /// The offsets between which a string or a character lies, quotes included.
    pub(crate) literals: Vec<(usize, usize)>,
}

/// Blanks what is not code in `text`.
pub(crate) fn scan(text: &str) -> Scan {
    let bytes = text.as_bytes();
    let mut code = bytes.to_vec();
    let mut literals = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let (end, kind) = piece(bytes, at);
        match kind {
            Kind::Code => {}
            Kind::Comment => blank(&mut code, at, end),
            Kind::Literal { inside, quote } => {
                blank(&mut code, inside, end.saturating_sub(quote).max(inside));
                literals.push((at, end));
            }
        }
        at = end;
    }
    Scan { code: String::from_utf8_lossy(&code).into_owned(), literals }
}

/// Whether a byte can be part of an identifier.
pub(crate) fn is_ident(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// The offsets at which `word` stands in `code`, not as part of a longer identifier.
pub(crate) fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let bytes = code.as_bytes();
    let ident_at = move |at: usize| bytes.get(at).is_some_and(|&it| is_ident(it));
    // Two bytes that could be of one identifier are of one.
    let joined = move |at: usize| at > 0 && ident_at(at - 1) && ident_at(at);
    let offsets = code.match_indices(word).map(|(at, _)| at);
    offsets.filter(move |&at| !joined(at) && !joined(at + word.len()))
}

/// The offset of the bracket that closes the one at `open`, in blanked code.
pub(crate) fn closing(code: &str, open: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (at, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

enum Kind {
    Code,
    Comment,
    /// From `inside` on it is blanked, but for the `quote` bytes at its end.
    Literal {
        inside: usize,
        quote: usize,
    },
}

/// The end and the kind of the piece that begins at `at`.
fn piece(bytes: &[u8], at: usize) -> (usize, Kind) {
    let rest = bytes.get(at..).unwrap_or_default();
    if rest.starts_with(b"//") {
        let length = rest.iter().position(|&it| it == b'\n').unwrap_or(rest.len());
        return (at + length, Kind::Comment);
    }
    if rest.starts_with(b"/*") {
        return (block_comment(bytes, at), Kind::Comment);
    }
    match rest.first() {
        Some(b'"') => (string(bytes, at), Kind::Literal { inside: at + 1, quote: 1 }),
        Some(b'\'') => quote(bytes, at),
        Some(&first) if is_ident(first) => word(bytes, at),
        Some(_) | None => (at + 1, Kind::Code),
    }
}

/// An identifier, or the prefix of a string and the string.
fn word(bytes: &[u8], at: usize) -> (usize, Kind) {
    let length = bytes.iter().skip(at).take_while(|&&it| is_ident(it)).count();
    let end = at + length;
    let prefix = bytes.get(at..end).unwrap_or_default();
    let hashes = bytes.iter().skip(end).take_while(|&&it| it == b'#').count();
    let opens = bytes.get(end + hashes) == Some(&b'"');
    match prefix {
        b"r" | b"br" | b"cr" if opens => {
            let literal = Kind::Literal { inside: end + hashes + 1, quote: 1 + hashes };
            (raw_string(bytes, end + hashes + 1, hashes), literal)
        }
        b"b" | b"c" if hashes == 0 && opens => {
            (string(bytes, end), Kind::Literal { inside: end + 1, quote: 1 })
        }
        _ => (end, Kind::Code),
    }
}

/// A character, or the tick of a lifetime.
fn quote(bytes: &[u8], at: usize) -> (usize, Kind) {
    let inside = at + 1;
    let literal = |end: usize| (end, Kind::Literal { inside, quote: 1 });
    match bytes.get(inside) {
        Some(b'\\') => {
            let tail = bytes.iter().skip(inside + 2).position(|&it| it == b'\'');
            literal(tail.map_or(bytes.len(), |it| inside + 2 + it + 1))
        }
        Some(&first) => {
            let length = match first {
                0xF0.. => 4,
                0xE0.. => 3,
                0xC0.. => 2,
                0.. => 1,
            };
            let closed = bytes.get(inside + length) == Some(&b'\'');
            if closed {
                literal(inside + length + 1)
            } else {
                (inside, Kind::Code)
            }
        }
        None => (inside, Kind::Code),
    }
}

/// The end of the string whose opening quote is at `at`.
fn string(bytes: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The end of the raw string whose inside begins at `at`.
fn raw_string(bytes: &[u8], at: usize, hashes: usize) -> usize {
    let closes = |from: usize| {
        bytes.get(from) == Some(&b'"')
            && bytes.iter().skip(from + 1).take_while(|&&it| it == b'#').count() >= hashes
    };
    (at..bytes.len()).find(|&from| closes(from)).map_or(bytes.len(), |from| from + 1 + hashes)
}

/// The end of the block comment that begins at `at`; they nest.
fn block_comment(bytes: &[u8], at: usize) -> usize {
    let (mut depth, mut at) = (0usize, at);
    while let Some(pair) = bytes.get(at..at + 2) {
        match pair {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    bytes.len()
}

fn blank(code: &mut [u8], from: usize, to: usize) {
    for byte in code.iter_mut().take(to).skip(from) {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> String {
        scan(text).code.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_are_no_code() {
        assert_eq!(code("a // b { \"c\nd /* e /* f */ } */ g"), "a d g");
        assert_eq!(code("a /* never closed {"), "a");
        assert_eq!(code("a / b"), "a / b");
    }

    #[test]
    fn strings_keep_their_quotes_only() {
        assert_eq!(code(r#"a("b \" } \\", c)"#), r#"a(" ", c)"#);
        assert_eq!(code("a(r\"b\\\", c)"), "a(r\" \", c)");
        assert_eq!(code("r##\"a\"# }\"## b"), "r##\" \"## b");
        assert_eq!(code("b\"}\" c\"}\" br#\"}\"# d"), "b\" \" c\" \" br#\" \"# d");
    }

    #[test]
    fn a_lifetime_is_no_character() {
        assert_eq!(code("fn a<'b>(c: &'b str) { '{' }"), "fn a<'b>(c: &'b str) { ' ' }");
        assert_eq!(code(r"['\'', '\u{7d}', b'}', 'é', '\\'] 'a: loop"), {
            "[' ', ' ', b' ', ' ', ' '] 'a: loop"
        });
    }

    #[test]
    fn a_raw_identifier_is_code_and_an_r_in_a_word_opens_nothing() {
        assert_eq!(code("r#fn + for\"a\""), "r#fn + for\" \"");
    }

    #[test]
    fn every_byte_keeps_its_place() {
        let text = "é \"ü\" // ö\n'x' r#\"\n\"# z";
        let scan = scan(text);
        assert_eq!(scan.code.len(), text.len());
        assert_eq!(scan.code.lines().count(), text.lines().count());
        assert_eq!(scan.code.find('z'), text.find('z'));
    }

    #[test]
    fn a_word_stands_alone() {
        let found = |word| words("fn a_fn(fn_: Fn) fn", word).collect::<Vec<_>>();
        assert_eq!(found("fn"), [0, 17]);
        assert_eq!(found("Fn"), [13]);
    }

    #[test]
    fn a_bracket_is_closed_by_its_own() {
        assert_eq!(closing("a { b(c) { } } d", 2), Some(13));
        assert_eq!(closing("a { b", 2), None);
    }
}
