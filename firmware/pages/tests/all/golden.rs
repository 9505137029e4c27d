//! Every page is as a person last read it. `UPDATE_GOLDEN=1` writes the files anew; read the diff.

use crate::sheet;
use std::collections::BTreeSet;
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/pages")
}

#[test]
fn every_page_is_as_its_golden_file() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    for (name, html) in sheet::all() {
        let path = folder().join(format!("{name}.html"));
        if update {
            std::fs::create_dir_all(folder()).unwrap();
            std::fs::write(&path, without_hashes(&html)).unwrap();
        }
        let golden = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            golden == without_hashes(&html),
            "{name}.html differs; UPDATE_GOLDEN=1 cargo test -p pages, then read the diff"
        );
    }
}

#[test]
fn no_golden_file_is_left_over() {
    let pages: BTreeSet<String> =
        sheet::all().into_iter().map(|(name, _)| format!("{name}.html")).collect();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(pages.contains(&name), "{name} belongs to no page");
    }
}

/// A changed colour should not change every golden page.
fn without_hashes(html: &str) -> String {
    pages::assets().iter().fold(html.to_string(), |html, asset| {
        let (stem, rest) = asset.path.split_once('.').unwrap();
        let (_, end) = rest.split_once('.').unwrap();
        html.replace(asset.path, &format!("{stem}.HASH.{end}"))
    })
}
