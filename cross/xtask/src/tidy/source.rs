//! One Rust file as the rules see it: its text, its code, its lines, and which of it is test code.
//!
//! Test code is what lies in a `tests`, `benches` or `examples` folder (all of the top folder
//! `tests` does), a file called `tests.rs`, the item after a `#[cfg(test)]` or `#[test]`, and the
//! file of a module declared under `#[cfg(test)]`.

use super::scan::{closing, is_ident, scan, words, Scan};
use super::Tree;
use std::collections::BTreeSet;

/// A Rust file of the tree.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    /// Where it lies, from the root of the tree.
    pub(crate) path: &'a str,
    /// What it says.
    pub(crate) text: &'a str,
    /// What it says, comments and literals blanked; same offsets.
    pub(crate) code: String,
    starts: Vec<usize>,
    literals: Vec<(usize, usize)>,
    tests: Vec<(usize, usize)>,
    all_test: bool,
}

impl<'a> Source<'a> {
    /// Reads every Rust file of the tree.
    pub(crate) fn all(tree: &'a Tree) -> Vec<Source<'a>> {
        let rust = tree.files.iter().filter(|it| it.path.ends_with(".rs"));
        let mut sources: Vec<_> = rust.map(|it| Source::new(&it.path, &it.text)).collect();
        let declared: BTreeSet<String> = sources.iter().flat_map(Source::test_modules).collect();
        for source in &mut sources {
            source.all_test |= declared.contains(source.path);
        }
        sources
    }

    fn new(path: &'a str, text: &'a str) -> Source<'a> {
        let Scan { code, literals } = scan(text);
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        let starts = std::iter::once(0).chain(breaks).collect();
        let tests = test_items(&code);
        let mut folders = path.split('/').rev();
        let all_test = folders.next() == Some("tests.rs")
            || folders.any(|it| matches!(it, "tests" | "benches" | "examples"));
        Source { path, text, code, starts, literals, tests, all_test }
    }

    /// The line of an offset, from 1.
    pub(crate) fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|&start| start <= offset)
    }

    /// Whether the code at an offset runs in tests only.
    pub(crate) fn is_test(&self, offset: usize) -> bool {
        self.all_test || self.tests.iter().any(|&(from, to)| (from..=to).contains(&offset))
    }

    /// Whether a line holds a string or a character, or a part of one.
    pub(crate) fn has_literal(&self, line: usize) -> bool {
        let from = self.starts.get(line - 1).copied().unwrap_or_default();
        let to = self.starts.get(line).copied().unwrap_or(self.text.len());
        self.literals.iter().any(|&(begin, end)| begin < to && end > from)
    }

    /// The crate folder and the module path of a file below `src`: `dhcp/mod.rs` is `["dhcp"]`.
    pub(crate) fn module(&self, folder: &str) -> Option<Vec<&'a str>> {
        let inside = self.path.strip_prefix(folder)?.strip_prefix("/src/")?;
        let mut parts: Vec<_> = inside.strip_suffix(".rs")?.split('/').collect();
        if matches!(parts.last(), Some(&("mod" | "lib" | "main"))) {
            parts.pop();
        }
        Some(parts)
    }

    /// The files in which the modules that are declared for tests only may lie.
    fn test_modules(&self) -> Vec<String> {
        let Some((folder, file)) = self.path.rsplit_once('/') else { return Vec::new() };
        let stem = file.trim_end_matches(".rs");
        let inside = match stem {
            "lib" | "main" | "mod" => folder.to_owned(),
            _ => format!("{folder}/{stem}"),
        };
        let declares = |&(from, to): &(usize, usize)| {
            let item = self.code.get(from..to)?;
            let at = words(item, "mod").next()?;
            let name = item.get(at + 3..)?.trim();
            name.bytes().all(is_ident).then_some(name)
        };
        let names = self.tests.iter().filter_map(declares);
        names
            .flat_map(|name| [format!("{inside}/{name}.rs"), format!("{inside}/{name}/mod.rs")])
            .collect()
    }
}

/// The items that are compiled for tests only, from their attribute to their last byte.
fn test_items(code: &str) -> Vec<(usize, usize)> {
    let attributes = code.match_indices("#[").map(|(at, _)| at);
    attributes
        .filter_map(|at| {
            let end = closing(code, at + 1)?;
            let inside = code.get(at + 2..end)?.trim();
            let under_test = inside == "test"
                || inside.starts_with("cfg(")
                    && words(inside, "test").next().is_some()
                    && words(inside, "not").next().is_none();
            under_test.then(|| (at, item_end(code, end + 1)))
        })
        .collect()
}

/// The end of the item that begins at or after `from`: its semicolon or its closing brace.
fn item_end(code: &str, from: usize) -> usize {
    let mut at = from;
    while let Some(byte) = code.as_bytes().get(at) {
        match byte {
            b';' => return at,
            b'{' => return closing(code, at).unwrap_or(code.len()),
            b'(' | b'[' => at = closing(code, at).map_or(code.len(), |end| end + 1),
            _ => at += 1,
        }
    }
    code.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "fn a() {}\n#[cfg(test)]\nmod b {\n fn c() {}\n}\nfn d() {}\n";

    fn sources(tree: &Tree) -> Vec<(&str, bool)> {
        Source::all(tree).into_iter().map(|it| (it.path, it.is_test(0))).collect()
    }

    #[test]
    fn what_is_compiled_for_tests_is_test_code() {
        let source = Source::new("firmware/wire/src/a.rs", TEXT);
        let is_test = |what| source.is_test(TEXT.find(what).unwrap());
        assert_eq!(["fn a", "fn c", "fn d"].map(is_test), [false, true, false]);
        let not = Source::new("a.rs", "#[cfg(not(test))]\nfn a() {}");
        assert!(!not.is_test(20));
    }

    #[test]
    fn a_module_declared_for_tests_is_a_test_file() {
        let tree = Tree::of(&[
            ("firmware/wire/src/lib.rs", "mod plain;\n#[cfg(test)]\nmod proofs;\n"),
            ("firmware/wire/src/plain.rs", ""),
            ("firmware/wire/src/proofs.rs", ""),
        ]);
        let paths = sources(&tree);
        assert_eq!(paths.iter().map(|it| it.1).collect::<Vec<_>>(), [false, false, true]);
    }

    #[test]
    fn a_folder_of_tests_is_test_code() {
        let tree = Tree::of(&[
            ("firmware/wire/tests/a.rs", ""),
            ("tests/sim/src/lib.rs", ""),
            ("firmware/wire/src/tests.rs", ""),
            ("firmware/wire/src/tests_of.rs", ""),
        ]);
        assert_eq!(sources(&tree).iter().filter(|it| it.1).count(), 3);
    }

    #[test]
    fn a_line_knows_its_number_and_its_strings() {
        let source = Source::new("a.rs", "a\nb \"c\nd\" e\nf");
        assert_eq!(source.line(0), 1);
        assert_eq!(source.line(2), 2);
        assert_eq!([1, 2, 3, 4].map(|line| source.has_literal(line)), [false, true, true, false]);
    }

    #[test]
    fn a_file_knows_its_module() {
        let module = |path| Source::new(path, "").module("firmware/exchange");
        assert_eq!(module("firmware/exchange/src/dhcp/mod.rs"), Some(vec!["dhcp"]));
        assert_eq!(module("firmware/exchange/src/dhcp/probe.rs"), Some(vec!["dhcp", "probe"]));
        assert_eq!(module("firmware/exchange/src/lib.rs"), Some(vec![]));
        assert_eq!(module("firmware/wire/src/dhcp.rs"), None);
    }
}
