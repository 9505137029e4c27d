//! What is written for people: module docs, the length of documents, and what no text may name.
//!
//! A tree that is cloned elsewhere names neither a folder of the machine it was written on nor the
//! host of a package registry: both would be wrong there. The lock file, which Cargo writes, names
//! the one registry that Cargo asks when it is told nothing else.

use super::scan::words;
use super::{Finding, Tree};

/// The most lines a document may have, by the end of its path.
const DOCUMENTS: [(&str, usize); 8] = [
    ("README.md", 100),
    ("ARCHITECTURE.md", 250),
    ("CONTRIBUTING.md", 150),
    ("MEASUREMENTS.md", 100),
    ("cross/README.md", 15),
    ("tests/README.md", 15),
    ("rootfs/README.md", 15),
    ("board/README.md", 15),
];

/// Hosts of package registries, in pieces, so that this list names none of them.
const HOSTS: [[&str; 2]; 16] = [
    ["crates", ".io"],
    ["npmjs", ".org"],
    ["npmjs", ".com"],
    ["yarnpkg", ".com"],
    ["pypi", ".org"],
    ["pythonhosted", ".org"],
    ["rubygems", ".org"],
    ["packagist", ".org"],
    ["proxy.golang", ".org"],
    ["repo.maven", ".apache.org"],
    ["repo1.maven", ".org"],
    ["deb.debian", ".org"],
    ["docker", ".io"],
    ["hub.docker", ".com"],
    ["ghcr", ".io"],
    ["quay", ".io"],
];

/// Folders of the machine a text was written on, in pieces for the same reason.
const FOLDERS: [[&str; 2]; 2] = [["/wo", "rk/"], ["/ro", "ot/"]];

/// What the texts of the tree say and should not, or do not say and should.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in &tree.files {
        found.extend(docs(&file.path, &file.text));
        found.extend(document(&file.path, &file.text));
        found.extend(hosts(&file.path, &file.text));
        found.extend(folders(&file.path, &file.text));
    }
    found
}

fn docs(path: &str, text: &str) -> Option<Finding> {
    let module = path.starts_with("firmware/") && path.ends_with(".rs");
    let first = text.lines().map(str::trim).find(|it| !it.is_empty()).unwrap_or_default();
    let advice = "Begin with `//!`: what the reader gets, the contract, what it never does.";
    (module && !first.starts_with("//!")).then(|| Finding::new(path, 1, "docs", advice))
}

fn document(path: &str, text: &str) -> Option<Finding> {
    let &(_, most) = DOCUMENTS.iter().find(|it| it.0 == path)?;
    let lines = text.lines().count();
    let advice = format!("{lines} lines, {most} at most; say what the code cannot, and link.");
    (lines > most).then(|| Finding::new(path, most + 1, "document-length", advice))
}

fn hosts(path: &str, text: &str) -> Vec<Finding> {
    let advice = "Name the package, not the host it comes from.";
    let hosts = HOSTS.map(|it| it.concat());
    let named = |line: &str| hosts.iter().any(|host| words(line, host).next().is_some());
    let lines = (1..).zip(text.lines());
    let lines = lines.filter(|(_, line)| named(line) && !(path == "Cargo.lock" && is_usual(line)));
    lines.map(|(line, _)| Finding::new(path, line, "host", advice)).collect()
}

/// Whether a line of the lock file names the registry that Cargo asks unless told otherwise.
fn is_usual(line: &str) -> bool {
    let [name, end] = HOSTS[0];
    line == format!("source = \"registry+https://github.com/rust-lang/{name}{end}-index\"")
}

fn folders(path: &str, text: &str) -> Vec<Finding> {
    let folders = FOLDERS.map(|it| it.concat());
    let absolute = |line: &str, folder: &str| {
        line.match_indices(folder).any(|(at, _)| {
            let before = line.get(..at).and_then(|it| it.bytes().next_back());
            !before.is_some_and(|it| it.is_ascii_alphanumeric() || b"_-.}/>)".contains(&it))
        })
    };
    let lines = (1..).zip(text.lines());
    let lines = lines.filter(|(_, line)| folders.iter().any(|folder| absolute(line, folder)));
    let advice = "This folder is on one machine only; name it from the root of the tree.";
    lines.map(|(line, _)| Finding::new(path, line, "folder", advice)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::broken;
    use super::*;

    #[test]
    fn a_module_of_the_firmware_begins_with_its_docs() {
        assert_eq!(broken("firmware/wire/src/a.rs", "fn a() {}\n"), [(1, "docs")]);
        assert_eq!(broken("firmware/wire/src/a.rs", "// A.\n//! B.\n"), [(1, "docs")]);
        assert_eq!(broken("firmware/wire/src/a.rs", "\n//! A.\nfn a() {}\n"), []);
        assert_eq!(broken("tests/sim/src/a.rs", "fn a() {}\n"), []);
    }

    #[test]
    fn a_document_has_an_end() {
        for (path, most) in DOCUMENTS {
            assert_eq!(broken(path, &"a\n".repeat(most)), []);
            assert_eq!(broken(path, &"a\n".repeat(most + 1)), [(most + 1, "document-length")]);
        }
        assert_eq!(broken("tests/golden/README.md", &"a\n".repeat(300)), []);
    }

    #[test]
    fn no_text_names_the_host_of_a_registry() {
        for host in HOSTS.map(|it| it.concat()) {
            assert_eq!(broken("a.md", &format!("a\nsee https://{host}/b\n")), [(2, "host")]);
        }
        assert_eq!(broken("a.md", "the crates are\nioctl, npm\n"), []);
    }

    #[test]
    fn the_lock_file_names_the_usual_registry_only() {
        let usual = "source = \"registry+https://github.com/rust-lang/crates";
        assert_eq!(broken("Cargo.lock", &format!("{usual}{}\"\n", ".io-index")), []);
        let other = format!("source = \"sparse+https://index.crates{}/\"\n", ".io");
        assert_eq!(broken("Cargo.lock", &other), [(1, "host")]);
    }

    #[test]
    fn no_text_names_a_folder_of_one_machine() {
        for folder in FOLDERS.map(|it| it.concat()) {
            assert_eq!(broken("a.toml", &format!("a\nb = \"{folder}c\"\n")), [(2, "folder")]);
            assert_eq!(broken("a.toml", &format!("{folder}c\n")), [(1, "folder")]);
            assert_eq!(broken("a.toml", &format!("b = \"c{folder}d\"\n")), []);
        }
    }
}
