//! Which licences the packages we build on have, against the list in `deny.toml`.
//!
//! `cargo deny` checks more (advisories, sources, duplicates) and is asked where it is installed;
//! this small check needs nothing but cargo, so it is part of every run.

use crate::shop::{say, succeeds, Shop};
use std::collections::BTreeSet;
use std::fs;
use std::process::Stdio;

/// Runs `cargo deny` where it is installed, the small check otherwise.
pub(crate) fn deny(shop: &Shop) -> bool {
    let mut probe = shop.cargo(&["deny", "--version"]);
    let installed = probe.stdout(Stdio::null()).stderr(Stdio::null()).status();
    if installed.is_ok_and(|it| it.success()) {
        return succeeds(&mut shop.cargo(&["deny", "--all-features", "check"]));
    }
    say("cargo-deny is not installed; checking licences only.");
    check(shop)
}

/// Whether every package of others that is built here can be used under a listed licence.
pub(crate) fn check(shop: &Shop) -> bool {
    match refused(shop) {
        Ok(refused) => {
            refused.iter().for_each(say);
            refused.is_empty()
        }
        Err(why) => {
            say(format_args!("licences cannot be checked: {why}"));
            false
        }
    }
}

fn refused(shop: &Shop) -> Result<Vec<String>, String> {
    let allowed = allowed(shop)?;
    let mut tree = shop.cargo(&["tree", "--workspace", "--edges", "all", "--prefix", "none"]);
    let output = tree.args(["--format", "{p}\t{l}"]).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err("`cargo tree` failed".to_owned());
    }
    let text = String::from_utf8_lossy(&output.stdout);
    // A package whose tree was printed before is marked so at the end of its line.
    let lines = text.lines().map(|line| line.trim_end().trim_end_matches(" (*)"));
    let packages: BTreeSet<(&str, &str)> = lines.filter_map(|it| it.split_once('\t')).collect();
    if packages.is_empty() {
        return Err("`cargo tree` listed nothing".to_owned());
    }
    let bad = packages.into_iter().filter(|(_, licence)| !satisfied(licence, &allowed));
    let advice = |(package, licence)| format!("{package}: `{licence}` is not allowed by deny.toml");
    Ok(bad.map(advice).collect())
}

fn allowed(shop: &Shop) -> Result<Vec<String>, String> {
    let text = fs::read_to_string(shop.root.join("deny.toml")).map_err(|it| it.to_string())?;
    let table: toml::Table = text.parse().map_err(|it: toml::de::Error| it.to_string())?;
    let list = table.get("licenses").and_then(|it| it.get("allow")).and_then(|it| it.as_array());
    let list = list.ok_or("deny.toml has no list `allow` under [licenses]")?;
    Ok(list.iter().filter_map(|it| it.as_str()).map(str::to_owned).collect())
}

/// Whether an SPDX expression can be satisfied from the list; an old `/` means `OR`.
fn satisfied(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader { words: words.into_iter().peekable(), allowed };
    let satisfied = reader.any();
    satisfied && reader.words.next().is_none()
}

struct Reader<'a, I: Iterator<Item = &'a str>> {
    words: std::iter::Peekable<I>,
    allowed: &'a [String],
}

impl<'a, I: Iterator<Item = &'a str>> Reader<'a, I> {
    /// Alternatives; `OR` binds weaker than `AND`.
    fn any(&mut self) -> bool {
        let mut satisfied = self.all();
        while self.words.next_if_eq(&"OR").is_some() {
            satisfied |= self.all();
        }
        satisfied
    }

    fn all(&mut self) -> bool {
        let mut satisfied = self.one();
        while self.words.next_if_eq(&"AND").is_some() {
            satisfied &= self.one();
        }
        satisfied
    }

    fn one(&mut self) -> bool {
        match self.words.next() {
            Some("(") => {
                let satisfied = self.any();
                self.words.next_if_eq(&")").is_some() && satisfied
            }
            Some(licence) => {
                let name = match self.words.next_if_eq(&"WITH") {
                    Some(_) => format!("{licence} WITH {}", self.words.next().unwrap_or_default()),
                    None => licence.to_owned(),
                };
                self.allowed.contains(&name)
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(expression: &str) -> bool {
        satisfied(expression, &["MIT".to_owned(), "Zlib".to_owned(), "A WITH B".to_owned()])
    }

    #[test]
    fn one_of_several_licences_is_enough() {
        assert!(allows("MIT"));
        assert!(allows("GPL-3.0 OR MIT"));
        assert!(allows("GPL-3.0/MIT"));
        assert!(!allows("GPL-3.0"));
    }

    #[test]
    fn where_all_apply_all_must_be_listed() {
        assert!(allows("(MIT OR GPL-3.0) AND Zlib"));
        assert!(!allows("(MIT OR Zlib) AND GPL-3.0"));
        assert!(allows("GPL-3.0 AND MIT OR Zlib"));
    }

    #[test]
    fn an_exception_is_part_of_the_licence() {
        assert!(allows("A WITH B"));
        assert!(!allows("A"));
        assert!(!allows("MIT WITH C"));
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        for broken in ["", "MIT MIT", "(MIT", "MIT)", "OR", "MIT AND"] {
            assert!(!allows(broken), "{broken:?}");
        }
    }
}
