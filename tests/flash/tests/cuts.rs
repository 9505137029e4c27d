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

#[test]
fn cells_between_0_and_1() {
    cut(4_096, Cells::Marginal, 100);
}
