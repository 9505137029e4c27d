//! Writes every page, and one of 1,000 handsets, to `pages-preview` below the target folder's
//! `tmp` (or to `PAGES_PREVIEW`), to be looked at in a browser.

use crate::{office, sheet};
use std::path::PathBuf;

#[test]
fn every_page_can_be_looked_at_in_a_browser() {
    let folder = std::env::var_os("PAGES_PREVIEW").map_or_else(
        || PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pages-preview"),
        From::from,
    );
    std::fs::create_dir_all(folder.join("assets")).unwrap();
    for asset in pages::assets() {
        std::fs::write(folder.join(asset.path.trim_start_matches('/')), asset.bytes).unwrap();
    }
    let large = pages::handsets(&office::large_office(1_000), &office::VIEWER, None);
    for (name, html) in sheet::all().into_iter().chain([("handsets-1000", large)]) {
        // From a file, an address that begins with a slash would lead to the root of the disk.
        let html = html.replace("\"/assets/", "\"assets/");
        assert!(!html.contains("\"/assets/"));
        std::fs::write(folder.join(format!("{name}.html")), html).unwrap();
    }
    println!("pages to look at: {}", folder.display());
}
