//! The pattern language against its own table, and against patterns and inputs made to be slow.

use exchange::pattern::{Flaw, Pattern, INPUT_MAX};

/// The match as text, with the group `a` where there is one.
fn found(pattern: &str, input: &str) -> Option<String> {
    let compiled = Pattern::new(pattern).unwrap_or_else(|flaw| panic!("{pattern}: {flaw:?}"));
    let wrapped = Pattern::new(&format!("(?P<all>{pattern})")).ok()?;
    let found = wrapped.find(input.as_bytes())?;
    let all = String::from_utf8_lossy(found.group("all")?).into_owned();
    assert!(compiled.matches(input.as_bytes()));
    let group = found.group("a").map(|a| format!("|{}", String::from_utf8_lossy(a)));
    Some(all + &group.unwrap_or_default())
}

#[test]
fn the_language_means_what_regular_expressions_mean() {
    for (pattern, input, expected) in [
        ("", "abc", Some("")),
        ("b", "abc", Some("b")),
        ("^b", "abc", None),
        ("^a", "abc", Some("a")),
        ("c$", "abc", Some("c")),
        ("a$", "abc", None),
        ("^$", "", Some("")),
        ("a|b", "cb", Some("b")),
        ("ab|abc", "abc", Some("ab")),
        ("(?:ab|abc)$", "abc", Some("abc")),
        ("a*", "baa", Some("")),
        ("a+", "baa", Some("aa")),
        ("a+?", "baa", Some("a")),
        ("a??b", "ab", Some("ab")),
        ("a{2}", "aaa", Some("aa")),
        ("a{2,}", "aaaa", Some("aaaa")),
        ("a{1,2}?", "aaa", Some("a")),
        ("a{0}b", "ab", Some("b")),
        ("(?P<a>a{1,2})a*", "aaaa", Some("aaaa|aa")),
        ("(?P<a>.*?)x", "aaxx", Some("aax|aa")),
        ("(?P<a>.*)x", "aaxx", Some("aaxx|aax")),
        ("(?P<a>b)?c", "c", Some("c")),
        ("(?P<a>x)|(?P<a>y)", "y", Some("y|y")),
        ("(?<a>a|b)+", "abab", Some("abab|b")),
        ("(a*)*b", "aaab", Some("aaab")),
        ("(a|b|)+c", "abc", Some("abc")),
        ("[a-c]+", "xabcd", Some("abc")),
        ("[^a-c]+", "abxyc", Some("xy")),
        ("[]a]+", "]a", Some("]a")),
        ("[a-]+", "-a", Some("-a")),
        (r"[\d.-]+", "x1.2-3", Some("1.2-3")),
        (r"[\x41-\x43]+", "zABCD", Some("ABC")),
        (r"\w+\s\W", "ab_1 !", Some("ab_1 !")),
        (r"\bno\b", "nono no", Some("no")),
        (r"\Bb", "ab", Some("b")),
        (r"\.\(\[\\", r".([\", Some(r".([\")),
        ("(?i)yeaLINK", "YEAlink", Some("YEAlink")),
        ("(?i:a)b", "Ab", Some("Ab")),
        ("(?i:a)b", "AB", None),
        ("((?i)a)b", "AB", None),
        ("(?i)[^a]", "Ab", Some("b")),
        ("a.b", "a\nb", None),
        ("(?s)a.b", "a\nb", Some("a\nb")),
        ("ä", "xä", Some("ä")),
    ] {
        assert_eq!(found(pattern, input).as_deref(), expected, "{pattern} on {input:?}");
    }
}

#[test]
fn what_is_no_pattern_is_refused_with_its_flaw() {
    let deep = "(".repeat(40) + &")".repeat(40);
    let named: String = (0..9).map(|n| format!("(?P<g{n}>a)")).collect();
    for (source, flaw) in [
        ("(", Flaw::Unclosed),
        (")", Flaw::Unclosed),
        ("[", Flaw::Unclosed),
        ("[]", Flaw::Unclosed),
        ("a{2", Flaw::Unclosed),
        ("\\", Flaw::Unclosed),
        ("(?P<", Flaw::Unclosed),
        (r"\q", Flaw::Unknown),
        (r"\1", Flaw::Unknown),
        ("(?=a)", Flaw::Unknown),
        ("(?P<>a)", Flaw::Unknown),
        (r"\xg0", Flaw::Unknown),
        ("*", Flaw::Repetition),
        ("a**", Flaw::Repetition),
        ("a{,2}", Flaw::Repetition),
        ("a{3,2}", Flaw::Repetition),
        ("a{65}", Flaw::Repetition),
        ("a{99999999999}", Flaw::Repetition),
        ("[b-a]", Flaw::Repetition),
        ("((a{64}){64}){64}", Flaw::TooLarge),
        (deep.as_str(), Flaw::TooManyGroups),
        (named.as_str(), Flaw::TooManyGroups),
        ("a".repeat(513).as_str(), Flaw::TooLarge),
    ] {
        assert_eq!(Pattern::new(source).err(), Some(flaw), "{source}");
    }
}

#[test]
fn bytes_that_are_not_text_are_matched_as_bytes() {
    let pattern = Pattern::new(r"(?s)^P.(?P<rest>[\x80-\xff]+)$").unwrap();
    let found = pattern.find(b"P\0\xff\xfe").unwrap();
    assert_eq!(found.group("rest"), Some(&b"\xff\xfe"[..]));
    assert_eq!(found.group("other"), None);
}

#[test]
fn an_input_longer_than_the_bound_never_matches() {
    let pattern = Pattern::new("a").unwrap();
    assert!(pattern.matches(&[b'a'; INPUT_MAX]));
    assert!(!pattern.matches(&[b'a'; INPUT_MAX + 1]));
}

#[test]
fn patterns_that_drown_backtracking_matchers_end() {
    // A backtracking matcher would take longer than the universe for each of these.
    for source in ["(a*)*(a*)*(a*)*b", "(a|a|aa)+$x", "(?:a?){64}a{64}c", "(.*)(.*)(.*)(.*)x"] {
        let pattern = Pattern::new(source).unwrap();
        assert!(!pattern.matches(&[b'a'; INPUT_MAX]), "{source}");
    }
}

#[test]
fn no_text_makes_the_compiler_panic() {
    // Every string of up to three of these pieces, which are all the special ones there are.
    let pieces = [
        "a", "(", ")", "[", "]", "{", "}", "|", "*", "?", "+", "^", "$", "-", ",", "1", "\\", "b",
        "(?", "(?i)", "(?P<a>", "{1,2}", "[^", ".", "\\x4", "\\d",
    ];
    for first in pieces {
        for second in pieces {
            for third in pieces {
                let source = format!("{first}{second}{third}");
                if let Ok(pattern) = Pattern::new(&source) {
                    pattern.matches(b"ab1-,(\xff");
                }
            }
        }
    }
}
