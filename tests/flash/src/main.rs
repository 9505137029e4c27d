//! `flash bench [STORM]` prints the table of costs; `flash soak [CUTS]` lives through a million
//! cuts.

use flash_proof::{bench, soak};
use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "flash bench [STORM] | flash soak [CUTS] | flash life BLOCKS SEED";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["bench"] => bench::run(None),
        ["bench", storm] => bench::run(Some(Path::new(storm))),
        ["soak"] => soak::run(1_000_000).map(|()| true),
        ["soak", cuts] => match cuts.parse() {
            Ok(cuts) => soak::run(cuts).map(|()| true),
            Err(_) => Err(format!("{cuts} is no number of cuts")),
        },
        ["life", blocks, seed] => match (blocks.parse(), seed.parse()) {
            (Ok(blocks), Ok(seed)) => soak::again(blocks, seed).map(|()| true),
            _ => Err(USAGE.to_owned()),
        },
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            println!("flash: {why}");
            ExitCode::FAILURE
        }
    }
}
