//! A made-up maker, added to a copy of the tree as CONTRIBUTING.md says it: one entry of the
//! catalogue, one folder of templates, and golden files. Nothing else is changed in the copy, so
//! that whatever would need an edit elsewhere fails here.
//!
//! `tests/maker/` is laid over the copy as it lies; the copy is `target/maker`. It has a build
//! folder of its own: cargo knows a package by its place in the tree, and would take what it built
//! of the copy for what it built of the tree.

use crate::shop::{counted, say, succeeds, Shop};
use crate::tally::Tally;
use crate::tidy::Tree;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Where the files of the made-up maker lie, each at its place in the tree.
const MADE_UP: &str = "tests/maker/";

/// The only places where a maker may have files.
const PLACES: [&str; 4] = [
    "firmware/exchange/src/catalog/",
    "firmware/render/templates/",
    "tests/golden/files/",
    "tests/golden/fingerprints/",
];

/// Adds the maker and lets the tests ask for it.
pub(crate) fn added(shop: &Shop) -> Tally {
    let copy = match copied(shop) {
        Ok(copy) => copy,
        Err(error) => {
            say(format_args!("the made-up maker cannot be added: {error}"));
            return Tally::FAILED;
        }
    };
    let call = |arguments: &[&str]| {
        let mut cargo = shop.cargo(arguments);
        cargo.current_dir(&copy);
        cargo.env("CARGO_TARGET_DIR", shop.root.join("target/maker-builds"));
        // Nobody debugs these.
        cargo.env("CARGO_PROFILE_DEV_DEBUG", "none");
        cargo
    };
    // That he stands in the table of README.md is asked of makers that exist.
    let known = [
        "test",
        "--package",
        "exchange",
        "--test",
        "catalog_fingerprints",
        "--test",
        "catalog_answers",
        "--",
        "--skip",
        "the_readme_says",
    ];
    let mut tally = counted(&mut call(&known));
    tally += counted(&mut call(&["test", "--package", "render", "--lib"]));
    tally += Tally::one(succeeds(&mut call(&["check", "--package", "dialtone"])));
    tally
}

/// The tree with the maker in it.
fn copied(shop: &Shop) -> io::Result<PathBuf> {
    let copy = shop.root.join("target/maker");
    let tree = Tree::read(&shop.root)?;
    let mut kept = Vec::new();
    for file in &tree.files {
        let place = match file.path.strip_prefix(MADE_UP) {
            Some(place) if PLACES.iter().any(|known| place.starts_with(known)) => place,
            Some(place) => return Err(io::Error::other(format!("{place} is no maker's file"))),
            None => &file.path,
        };
        let place = copy.join(place);
        if kept.contains(&place) {
            return Err(io::Error::other(format!("{} is there twice", place.display())));
        }
        write_changed(&place, &file.text)?;
        kept.push(place);
    }
    forget_others(&copy, &kept)?;
    Ok(copy)
}

/// Leaves a file alone that says the same, so that cargo does not compile it again.
fn write_changed(path: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}

/// Removes what an earlier copy had and the tree has no more.
fn forget_others(folder: &Path, kept: &[PathBuf]) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            forget_others(&path, kept)?;
        } else if !kept.contains(&path) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}
