//! The rules of the house that no compiler checks, read from the files of the tree.
//!
//! | module | rule |
//! |---|---|
//! | `layers` | who may import whom; what the pure crates are made of |
//! | `imports` | which modules may name which, inside `exchange` and from `pages` |
//! | `length` | how long a file, a function and a line may be |
//! | `banned` | calls, macros, attributes and names that are not used here |
//! | `bounds` | where the bounds of the product stand |
//! | `prose` | module docs, the length of documents, what no committed text may name |
//!
//! Every finding is one line that says where, which rule, and what to do instead. There is no list
//! of exceptions to add to; a rule that is wrong is changed. What is generated, and what git
//! ignores, is not looked at.

mod banned;
mod bounds;
mod imports;
mod layers;
mod length;
mod prose;
mod scan;
mod source;
mod tree;

pub(crate) use tree::Tree;

use source::Source;
use std::fmt;

/// One line of one file that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    path: String,
    line: usize,
    rule: &'static str,
    advice: String,
}

impl Finding {
    fn new(path: &str, line: usize, rule: &'static str, advice: impl Into<String>) -> Finding {
        Finding { path: path.to_owned(), line, rule, advice: advice.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding { path, line, rule, advice } = self;
        write!(f, "{path}:{line}: {rule}: {advice}")
    }
}

/// Everything in the tree that breaks a rule, by file and line.
pub(crate) fn findings(tree: &Tree) -> Vec<Finding> {
    let sources = Source::all(tree);
    let mut found = layers::check(tree, &sources);
    for source in &sources {
        found.extend(imports::check(source));
        found.extend(length::check(source));
        found.extend(banned::check(source));
        found.extend(bounds::check(source));
    }
    found.extend(prose::check(tree));
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines and rules that one made-up file breaks.
    pub(super) fn broken(path: &str, text: &str) -> Vec<(usize, &'static str)> {
        let tree = Tree::of(&[(path, text)]);
        findings(&tree).into_iter().map(|it| (it.line, it.rule)).collect()
    }

    #[test]
    fn a_finding_is_one_line() {
        let finding = Finding::new("a/b.rs", 7, "length", "Split it.");
        assert_eq!(finding.to_string(), "a/b.rs:7: length: Split it.");
    }

    #[test]
    fn findings_come_in_order_and_once() {
        let text = "//! A.\nfn b() { dbg!(dbg!(1)); }\nfn a() { todo!() }\n";
        assert_eq!(broken("firmware/wire/src/a.rs", text), [(2, "macro"), (3, "macro")]);
    }
}
