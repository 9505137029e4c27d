//! The power is cut everywhere on the smallest partitions, with both sizes of erase blocks.
#![allow(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use flash_proof::chip::Cells;
use flash_proof::cuts::{everywhere, Report, Wish};
use flash_proof::{count, smallest};

fn cut(erase_block: u32, cells: Cells, percent: u64) -> Report {
    let geometry = smallest(erase_block);
    let wish = Wish { geometry, cells, percent, cycles: 2, seed: 1 };
    let report = everywhere(wish).unwrap();
    println!("{} bytes, blocks of {erase_block}, {cells:?}: {report}", geometry.size);
    assert!(report.torn > report.cuts / 4 && report.in_erase > 0 && report.second > 0);
    assert!(report.anew > report.cuts / 40);
    report
}

#[test]
fn blocks_of_4_kib_lose_nothing() {
    assert!(cut(4_096, Cells::Settled, 100).cuts > 15_000);
}

#[test]
fn blocks_of_64_kib_lose_nothing() {
    cut(65_536, Cells::Settled, count("FLASH_PERCENT", 1));
}

/// How many of a thousand cuts, with all that is tried after each, may do harm where cells stay
/// between 0 and 1. What is left are second cuts, while a start voids the record that the first one
/// tore: should it read whole after that, cells of it that were on their way to 0 ought to be 1.
const HARM_PERMILLE: u64 = 1;

#[test]
fn cells_between_0_and_1_do_no_more_harm_than_is_known() {
    let report = cut(4_096, Cells::Marginal, 100);
    let harm: u64 = report.harm.values().sum();
    assert!(harm * 1_000 <= report.cuts * HARM_PERMILLE, "{harm} of {}", report.cuts);
}
