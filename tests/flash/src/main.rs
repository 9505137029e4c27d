//! `flash bench [STORM]` prints the table of costs; `flash soak` lives through a million cuts.

use flash_proof::chip::Cells;
use flash_proof::random::{live, Wish};
use flash_proof::{bench, cuts, sizes, smallest};
use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "flash bench [STORM] | flash soak [CUTS]";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["bench"] => bench::run(None),
        ["bench", storm] => bench::run(Some(Path::new(storm))),
        ["soak"] => soak(1_000_000),
        ["soak", cuts] => match cuts.parse() {
            Ok(cuts) => soak(cuts),
            Err(_) => Err(format!("{cuts} is no number of cuts")),
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

/// Every cut of the smallest partitions, then so many cuts at random on 1 MiB.
fn soak(cuts: u64) -> Result<bool, String> {
    for erase_block in [4_096, 65_536] {
        let geometry = smallest(erase_block);
        let wish =
            cuts::Wish { geometry, cells: Cells::Settled, percent: 100, cycles: 2, seed: 51 };
        println!("{} bytes, blocks of {erase_block}: {}", geometry.size, cuts::everywhere(wish)?);
    }
    let lives = [4_096, 65_536].map(|erase_block| {
        std::thread::spawn(move || {
            let geometry = sizes(1 << 20, erase_block);
            let wish = Wish { geometry, events: 0, cuts, within: 4_000, seed: 52 };
            live(wish).map(|report| println!("1 MiB, blocks of {erase_block}: {report}"))
        })
    });
    for life in lives {
        life.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    }
    Ok(true)
}
