//! That two clean clones of the commit, in different folders and with nothing built before, give
//! the same daemon. What is not committed is not looked at.

use super::build::{Bench, Symbols};
use super::manifest::sha256;
use super::Trouble;
use crate::shop::{say, succeeds, Shop};
use crate::tally::Tally;
use std::env;
use std::fs;
use std::path::Path;
use std::process;

/// Two folders whose names have not even their length in common.
const FOLDERS: [&str; 2] = ["one", "another/and a longer one"];

/// Builds in both and compares; where the bytes differ, both clones are left to be looked at.
pub(super) fn run(shop: &Shop, bench: &Bench) -> Result<Tally, Trouble> {
    let place = env::temp_dir().join(format!("dialtone-verify-{}", process::id()));
    // Both before anything is built: what is committed meanwhile is not looked at either.
    for folder in FOLDERS {
        cloned(shop, &place.join(folder))?;
    }
    let mut sums = Vec::new();
    for folder in FOLDERS {
        let sum = built(bench, &place.join(folder))?;
        say(format_args!("{sum}  {}", place.join(folder).display()));
        sums.push(sum);
    }
    if sums.windows(2).any(|pair| pair[0] != pair[1]) {
        return Err(Trouble::Failed("The two daemons differ.".to_owned()));
    }
    fs::remove_dir_all(place).map_err(Trouble::failed)?;
    say("Both clones gave the same bytes.");
    Ok(Tally::PASSED)
}

fn cloned(shop: &Shop, clone: &Path) -> Result<(), Trouble> {
    let mut git = shop.tool("git");
    git.args(["clone", "--quiet"]).arg(&shop.root).arg(clone);
    match succeeds(&mut git) {
        true => Ok(()),
        false => Err(Trouble::Failed("git cannot clone the tree.".to_owned())),
    }
}

fn built(bench: &Bench, clone: &Path) -> Result<String, Trouble> {
    let builds = clone.join("target/cross/build");
    let bytes = bench.daemon(clone, &builds, Symbols::Stripped, &clone.join("target/dialtone"))?;
    Ok(sha256(&bytes))
}
