//! Who may import whom, read from the manifests; and what the pure crates are made of.
//!
//! The table below is the figure in ARCHITECTURE.md. It counts every kind of dependency, that of
//! tests and build scripts too: an arrow is an arrow. The list of what a pure crate may use of
//! others' work counts only what ends up in the box.

use super::scan::words;
use super::source::Source;
use super::{Finding, Tree};
use toml::{Table, Value};

/// A crate of ours: its name, what of ours it imports, and what only as an option.
struct Layer(&'static str, &'static [&'static str], &'static [&'static str]);

const LAYERS: [Layer; 12] = [
    Layer("wire", &[], &[]),
    Layer("journal", &[], &[]),
    Layer("exchange", &["wire"], &[]),
    Layer("pages", &["exchange"], &[]),
    Layer("render", &["exchange"], &[]),
    Layer("dialtone", &["wire", "exchange", "journal", "pages", "render"], &["phones"]),
    Layer("phones", &[], &[]),
    Layer("sim", &["wire", "exchange", "journal", "pages", "render", "phones"], &[]),
    Layer("flash-proof", &["journal", "exchange"], &[]),
    Layer("lan", &["phones"], &[]),
    Layer("image", &["lan", "phones"], &[]),
    Layer("xtask", &[], &[]),
];

const PURE: [&str; 4] = ["wire", "exchange", "journal", "pages"];

/// What a pure crate may use of others' work; `pages` may use askama as well.
const PURE_MAY_USE: [&str; 10] = [
    "heapless",
    "serde",
    "postcard",
    "md-5",
    "sha2",
    "hmac",
    "subtle",
    "rand_chacha",
    "chacha20poly1305",
    "crc32fast",
];

/// What in the manifests and the heads of the crates breaks the layers.
pub(super) fn check(tree: &Tree, sources: &[Source<'_>]) -> Vec<Finding> {
    let Some(root) = tree.text("Cargo.toml") else { return Vec::new() };
    let workspace = match root.parse::<Table>() {
        Ok(table) => table,
        Err(error) => return vec![unread("Cargo.toml", &error)],
    };
    let members = at(&workspace, &["workspace", "members"]).and_then(Value::as_array);
    let folders = members.into_iter().flatten().filter_map(Value::as_str);
    let mut found = Vec::new();
    for folder in folders {
        let path = format!("{folder}/Cargo.toml");
        let Some(text) = tree.text(&path) else { continue };
        match text.parse::<Table>() {
            Ok(table) => {
                let member = Member { path: &path, text, table: &table };
                found.extend(member.check(root, &workspace));
                found.extend(heads(tree, &member, folder));
            }
            Err(error) => found.push(unread(&path, &error)),
        }
    }
    found.extend(no_allocation(sources));
    found
}

fn unread(path: &str, error: &toml::de::Error) -> Finding {
    Finding::new(path, 1, "layers", format!("It cannot be read: {}.", error.message()))
}

fn at<'a>(table: &'a Table, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(table.get(*first)?, |value, name| value.get(*name))
}

/// One manifest of the workspace.
struct Member<'a> {
    path: &'a str,
    text: &'a str,
    table: &'a Table,
}

/// One dependency of a manifest.
struct Arrow<'a> {
    key: &'a str,
    /// What it is called where it comes from.
    package: &'a str,
    value: &'a Value,
    /// Whether it ends up in what is built, not only in its tests or its build script.
    shipped: bool,
}

impl<'a> Member<'a> {
    fn name(&self) -> &'a str {
        at(self.table, &["package", "name"]).and_then(Value::as_str).unwrap_or_default()
    }

    fn check(&self, root: &str, workspace: &Table) -> Vec<Finding> {
        let mut found = self.layer();
        found.extend(self.network());
        if PURE.contains(&self.name()) {
            found.extend(self.purity(root, workspace));
        }
        found
    }

    fn arrows(&self) -> Vec<Arrow<'a>> {
        let targets = self.table.get("target").and_then(Value::as_table);
        let targets = targets.into_iter().flat_map(Table::values).filter_map(Value::as_table);
        let mut found = Vec::new();
        for table in std::iter::once(self.table).chain(targets) {
            for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
                let entries = table.get(kind).and_then(Value::as_table);
                found.extend(entries.into_iter().flatten().map(|(key, value)| Arrow {
                    key,
                    package: value.get("package").and_then(Value::as_str).unwrap_or(key),
                    value,
                    shipped: kind == "dependencies",
                }));
            }
        }
        found
    }

    fn finding(&self, key: &str, rule: &'static str, advice: String) -> Finding {
        Finding::new(self.path, line_of(self.text, key), rule, advice)
    }

    /// What of ours it imports and should not.
    fn layer(&self) -> Vec<Finding> {
        let name = self.name();
        let Some(Layer(_, always, optional)) = LAYERS.iter().find(|it| it.0 == name) else {
            let advice = format!("`{name}` has no place yet; add it to the table of layers.");
            return vec![self.finding("name", "layers", advice)];
        };
        let ours = self.arrows().into_iter().filter(|it| LAYERS.iter().any(|l| l.0 == it.package));
        let wrong = ours.filter_map(|arrow| {
            let package = arrow.package;
            let is_optional = arrow.value.get("optional").and_then(Value::as_bool) == Some(true);
            // The simulated phones are a judge from outside; any crate's tests may call on them.
            let judge = package == "phones" && !arrow.shipped;
            if judge || always.contains(&package) || is_optional && optional.contains(&package) {
                return None;
            }
            let advice = if optional.contains(&package) {
                format!("`{name}` imports `{package}` as an option only; say `optional = true`.")
            } else {
                format!("`{name}` does not import `{package}`; move what both need further down.")
            };
            Some(self.finding(arrow.key, "layers", advice))
        });
        wrong.collect()
    }

    /// Where tokio or hyper comes in by a side door.
    fn network(&self) -> Vec<Finding> {
        if self.name() == "dialtone" {
            return Vec::new();
        }
        let family =
            |name: &str| name.split('-').next().is_some_and(|it| it == "tokio" || it == "hyper");
        let arrows = self.arrows().into_iter().filter(|it| family(it.package));
        let advice = |name| format!("`{name}` is for `dialtone` only; decide here, act there.");
        arrows.map(|it| self.finding(it.key, "layers", advice(it.package))).collect()
    }

    /// What a pure crate uses that would make it impure.
    fn purity(&self, root: &str, workspace: &Table) -> Vec<Finding> {
        let name = self.name();
        let mut found = Vec::new();
        for arrow in self.arrows() {
            let (key, package) = (arrow.key, arrow.package);
            if !arrow.shipped || LAYERS.iter().any(|it| it.0 == package) {
                continue;
            }
            let listed = PURE_MAY_USE.contains(&package) || name == "pages" && package == "askama";
            if !listed {
                let advice = format!("`{name}` does not use `{package}`; a new one is a Decision.");
                found.push(self.finding(key, "dependency", advice));
            }
            if arrow.value.get("workspace").and_then(Value::as_bool) != Some(true) {
                let advice =
                    "Write it in [workspace.dependencies] and say `workspace = true` here.";
                found.push(self.finding(key, "dependency", advice.to_owned()));
            }
            if wants_std(arrow.value) {
                let advice = format!("`{key}` is used without std; take that feature out.");
                found.push(self.finding(key, "features", advice));
            }
            let Some(shared) = at(workspace, &["workspace", "dependencies", key]) else { continue };
            let bare = shared.get("default-features").and_then(Value::as_bool) == Some(false);
            if !bare || wants_std(shared) {
                let advice =
                    format!("`{key}` is for pure crates; default-features = false, no std.");
                found.push(Finding::new("Cargo.toml", line_of(root, key), "features", advice));
            }
        }
        found
    }
}

fn wants_std(value: &Value) -> bool {
    let features = value.get("features").and_then(Value::as_array);
    let mut names = features.into_iter().flatten().filter_map(Value::as_str);
    names.any(|it| it == "std" || it == "default")
        || value.get("default-features").and_then(Value::as_bool) == Some(true)
}

/// The line on which a key of a manifest stands; 1 where it is not found.
fn line_of(text: &str, key: &str) -> usize {
    let stands = |line: &str| {
        let rest = line.trim_start().strip_prefix(key)?;
        rest.starts_with([' ', '=', '.']).then_some(())
    };
    let in_table = |line: &str| line.starts_with('[') && line.ends_with(&format!(".{key}]"));
    let mut lines = (1..).zip(text.lines());
    lines.find(|(_, line)| stands(line).is_some() || in_table(line)).map_or(1, |it| it.0)
}

/// What the head of a pure crate must say.
fn heads(tree: &Tree, member: &Member<'_>, folder: &str) -> Vec<Finding> {
    let path = format!("{folder}/src/lib.rs");
    let Some(text) = tree.text(&path).filter(|_| PURE.contains(&member.name())) else {
        return Vec::new();
    };
    let wanted = ["#![no_std]", "#![forbid(unsafe_code)]"];
    let missing = wanted.into_iter().filter(|want| !text.lines().any(|line| line == *want));
    let advice = |want| format!("Say `{want}`; a pure crate proves it.");
    missing.map(|want| Finding::new(&path, 1, "pure", advice(want))).collect()
}

/// Where `wire` asks for the heap, or a pure crate for std.
fn no_allocation(sources: &[Source<'_>]) -> Vec<Finding> {
    let mut found = Vec::new();
    for source in sources {
        let mut parts = source.path.split('/');
        let (Some("firmware"), Some(name)) = (parts.next(), parts.next()) else { continue };
        let banned: &[&str] = match name {
            "wire" => &["extern crate alloc", "extern crate std"],
            "exchange" | "journal" | "pages" => &["extern crate std"],
            _ => &[],
        };
        let asked = banned.iter().flat_map(|it| words(&source.code, it));
        let asked = asked.filter(|&it| !source.is_test(it));
        let advice = format!("`{name}` does without; borrow, or take the buffer from the caller.");
        found.extend(asked.map(|it| Finding::new(source.path, source.line(it), "pure", &*advice)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "[workspace]\nmembers = [\"a\"]\n[workspace.dependencies]\n\
        serde = { version = \"1\", default-features = false }\n\
        sha2 = \"1\"\naskama = { version = \"1\", default-features = false }\n\
        hmac = { version = \"1\", default-features = false, features = [\"std\"] }\n";
    const HEAD: &str = "//! A.\n#![no_std]\n#![forbid(unsafe_code)]\n";

    fn found(name: &str, rest: &str, head: &str) -> Vec<(String, usize, &'static str)> {
        let manifest = format!("[package]\nname = \"{name}\"\n{rest}");
        let tree =
            Tree::of(&[("Cargo.toml", ROOT), ("a/Cargo.toml", &manifest), ("a/src/lib.rs", head)]);
        let found = check(&tree, &Source::all(&tree)).into_iter();
        found.map(|it| (it.path, it.line, it.rule)).collect()
    }

    /// The rules that a crate with these dependencies breaks.
    fn rules(name: &str, rest: &str) -> Vec<&'static str> {
        found(name, rest, HEAD).into_iter().map(|it| it.2).collect()
    }

    fn imports(name: &str, package: &str) -> bool {
        rules(name, &format!("[dependencies]\n{package}.workspace = true\n")).is_empty()
    }

    #[test]
    fn nothing_is_imported_but_what_the_figure_shows() {
        let mut allowed: Vec<String> = Vec::new();
        for Layer(from, ..) in LAYERS {
            let to = LAYERS.iter().map(|it| it.0).filter(|to| imports(from, to));
            allowed.push(format!("{from}: {}", to.collect::<Vec<_>>().join(" ")));
        }
        assert_eq!(
            allowed,
            [
                "wire: ",
                "journal: ",
                "exchange: wire",
                "pages: exchange",
                "render: exchange",
                "dialtone: wire journal exchange pages render",
                "phones: ",
                "sim: wire journal exchange pages render phones",
                "flash-proof: journal exchange",
                "lan: phones",
                "image: phones lan",
                "xtask: ",
            ]
        );
    }

    #[test]
    fn the_daemon_may_leave_the_phones_out() {
        let phones = |value| rules("dialtone", &format!("[dependencies]\nphones = {value}\n"));
        assert_eq!(phones("{ workspace = true, optional = true }"), [""; 0]);
        assert_eq!(phones("{ workspace = true }"), ["layers"]);
    }

    #[test]
    fn an_arrow_is_an_arrow_in_a_test_and_under_another_name() {
        for text in [
            "[dev-dependencies]\nexchange.workspace = true\n",
            "[build-dependencies]\nexchange.workspace = true\n",
            "[target.'cfg(unix)'.dependencies]\nexchange.workspace = true\n",
            "[dependencies.exchange]\nworkspace = true\n",
            "[dev-dependencies]\nother = { package = \"exchange\", path = \"b\" }\n",
        ] {
            assert_eq!(rules("journal", text), ["layers"], "{text}");
        }
    }

    #[test]
    fn the_simulated_phones_may_judge_in_any_test_and_ship_with_the_daemon_only() {
        assert_eq!(rules("exchange", "[dev-dependencies]\nphones.workspace = true\n"), [""; 0]);
        assert_eq!(rules("exchange", "[dependencies]\nphones.workspace = true\n"), ["layers"]);
    }

    #[test]
    fn a_finding_names_the_line_of_the_arrow() {
        let rest = "[dependencies]\nwire.workspace = true\npages.workspace = true\n";
        assert_eq!(found("exchange", rest, HEAD), [("a/Cargo.toml".to_owned(), 5, "layers")]);
    }

    #[test]
    fn a_crate_without_a_place_is_found() {
        assert_eq!(rules("gateway", ""), ["layers"]);
    }

    #[test]
    fn the_network_is_for_the_daemon() {
        for package in ["tokio", "hyper", "hyper-util", "tokio-util"] {
            assert!(!imports("render", package), "{package}");
            assert!(imports("dialtone", package), "{package}");
        }
        assert_eq!(rules("wire", "[dev-dependencies]\ntokio.workspace = true\n"), ["layers"]);
    }

    #[test]
    fn a_pure_crate_uses_what_is_listed_and_without_std() {
        let wire = |line: &str| rules("wire", &format!("[dependencies]\n{line}\n"));
        assert_eq!(wire("serde.workspace = true"), [""; 0]);
        assert_eq!(wire("regex.workspace = true"), ["dependency"]);
        assert_eq!(wire("askama.workspace = true"), ["dependency"]);
        assert!(imports("pages", "askama"));
        assert_eq!(wire("subtle = \"2\""), ["dependency"]);
        assert_eq!(wire("serde = { workspace = true, features = [\"std\"] }"), ["features"]);
        assert_eq!(wire("sha2.workspace = true"), ["features"]);
        assert_eq!(wire("hmac.workspace = true"), ["features"]);
        assert_eq!(rules("wire", "[dev-dependencies]\nregex = \"1\"\n"), [""; 0]);
        assert_eq!(rules("render", "[dependencies]\nregex = \"1\"\n"), [""; 0]);
    }

    #[test]
    fn the_head_of_a_pure_crate_says_so() {
        let rules = |head| found("wire", "", head).into_iter().map(|it| it.2).collect::<Vec<_>>();
        assert_eq!(rules("//! A.\n#![no_std]\n"), ["pure"]);
        assert_eq!(rules("//! A.\n#![forbid(unsafe_code)]\n"), ["pure"]);
        assert_eq!(rules("//! A.\n#![cfg_attr(not(test), no_std)]\n"), ["pure", "pure"]);
        assert_eq!(found("render", "", "//! A.\n"), []);
    }

    #[test]
    fn wire_does_not_allocate() {
        let rules = |path, text| {
            let tree = Tree::of(&[(path, text)]);
            no_allocation(&Source::all(&tree)).len()
        };
        assert_eq!(rules("firmware/wire/src/a.rs", "extern crate alloc;\n"), 1);
        assert_eq!(rules("firmware/wire/src/a.rs", "#[cfg(test)]\nextern crate alloc;\n"), 0);
        assert_eq!(rules("firmware/exchange/src/lib.rs", "extern crate alloc;\n"), 0);
        assert_eq!(rules("firmware/exchange/src/lib.rs", "extern crate std;\n"), 1);
    }

    #[test]
    fn a_manifest_that_cannot_be_read_is_a_finding() {
        let tree = Tree::of(&[("Cargo.toml", "members = [")]);
        assert_eq!(check(&tree, &[]).len(), 1);
    }
}
