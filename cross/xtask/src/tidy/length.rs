//! A file has at most 500 lines, a function 70, a line 100 columns: what one sitting can read.
//!
//! A function is counted from its `fn` line to its closing brace, comments and blank lines with it.
//! A line that holds a string is not measured: rustfmt cannot break it.

use super::scan::{closing, is_ident, words};
use super::source::Source;
use super::Finding;

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;
const LINE_COLUMNS_MAX: usize = 100;

/// What is too long in one Rust file.
pub(super) fn check(source: &Source<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let lines = source.text.lines().count();
    if lines > FILE_LINES_MAX {
        let advice =
            format!("{lines} lines, {FILE_LINES_MAX} at most; make a module of what has one name.");
        found.push(Finding::new(source.path, 1, "file-length", advice));
    }
    for Function { name, first, last } in functions(source) {
        let lines = last - first + 1;
        if lines > FUNCTION_LINES_MAX {
            let advice = format!(
                "`{name}` has {lines} lines, {FUNCTION_LINES_MAX} at most; \
                 keep the match here and call its arms."
            );
            found.push(Finding::new(source.path, first, "function-length", advice));
        }
    }
    for (line, text) in (1..).zip(source.text.lines()) {
        let columns = text.chars().count();
        if columns > LINE_COLUMNS_MAX && !source.has_literal(line) {
            let advice = format!("{columns} columns, {LINE_COLUMNS_MAX} at most; break the line.");
            found.push(Finding::new(source.path, line, "line-length", advice));
        }
    }
    found
}

/// A function that has a body.
#[derive(Debug, PartialEq, Eq)]
struct Function<'a> {
    name: &'a str,
    first: usize,
    last: usize,
}

fn functions<'a>(source: &'a Source<'_>) -> Vec<Function<'a>> {
    let code = source.code.as_str();
    let function = |at: usize| {
        let name = name_after(code, at + 2)?;
        let open = body(code, at)?;
        let last = source.line(closing(code, open).unwrap_or(code.len()));
        Some(Function { name, first: source.line(at), last })
    };
    words(code, "fn").filter_map(function).collect()
}

/// The identifier that follows; `None` for the type `fn(..)`.
pub(super) fn name_after(code: &str, at: usize) -> Option<&str> {
    let rest = code.get(at..)?.trim_start();
    let length = rest.bytes().take_while(|&it| is_ident(it)).count();
    rest.get(..length).filter(|it| !it.is_empty())
}

/// The opening brace of the body of the function at `at`; `None` where a semicolon comes first.
fn body(code: &str, at: usize) -> Option<usize> {
    let mut at = at;
    loop {
        match code.as_bytes().get(at)? {
            b'{' => return Some(at),
            b';' => return None,
            b'(' | b'[' => at = closing(code, at)? + 1,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::broken;
    use super::super::Tree;
    use super::*;

    const PATH: &str = "cross/xtask/src/a.rs";

    fn lengths(text: &str) -> Vec<(String, usize)> {
        let tree = Tree::of(&[(PATH, text)]);
        let sources = Source::all(&tree);
        let all = functions(&sources[0]).into_iter();
        all.map(|it| (it.name.to_owned(), it.last - it.first + 1)).collect()
    }

    fn of(name: &str, lines: usize) -> (String, usize) {
        (name.to_owned(), lines)
    }

    #[test]
    fn a_function_is_counted_from_its_name_to_its_brace() {
        assert_eq!(lengths("fn a() {}\n\nfn b()\nwhere\n{\n}\n"), [of("a", 1), of("b", 4)]);
        assert_eq!(lengths("fn a() {\n fn b() {\n }\n}\n"), [of("a", 4), of("b", 2)]);
    }

    #[test]
    fn braces_in_strings_comments_and_characters_count_for_nothing() {
        let text =
            "fn a() {\n \"}\"; '}'; // }\n /* } */ r#\"\"}\"#;\n '\\''; \"\\\"}\"\n}\nfn b() {}";
        assert_eq!(lengths(text), [of("a", 5), of("b", 1)]);
    }

    #[test]
    fn a_function_without_a_body_has_no_length() {
        assert_eq!(lengths("trait A { fn b(c: [u8; { 1 }]);\n fn d() {} }\nfn e() {}"), {
            [of("d", 1), of("e", 1)]
        });
        assert_eq!(lengths("type A = fn(u8) -> u8;\n"), []);
    }

    #[test]
    fn a_long_function_is_found_where_it_begins() {
        let text = |inside: usize| format!("\nfn a() {{\n{}}}\n", "b();\n".repeat(inside));
        assert_eq!(broken(PATH, &text(68)), []);
        assert_eq!(broken(PATH, &text(69)), [(2, "function-length")]);
    }

    #[test]
    fn a_long_file_is_found() {
        assert_eq!(broken(PATH, &"\n".repeat(500)), []);
        assert_eq!(broken(PATH, &"\n".repeat(501)), [(1, "file-length")]);
    }

    #[test]
    fn a_long_line_is_found_unless_it_holds_a_string() {
        let long = "a".repeat(101);
        assert_eq!(broken(PATH, &format!("\n// {long}\n")), [(2, "line-length")]);
        assert_eq!(broken(PATH, &format!("const A: &str = \"{long}\";\n")), []);
        assert_eq!(broken(PATH, &"é".repeat(100)), []);
    }
}
