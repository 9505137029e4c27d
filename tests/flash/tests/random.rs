//! Long lives with cuts at random; the seeds are fixed, `FLASH_EVENTS` and `FLASH_CUTS` say
//! how long they are.
#![allow(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use flash_proof::random::{desks, live, Wish};
use flash_proof::{count, sizes, smallest};

const MIB: u32 = 1 << 20;

fn long_life(erase_block: u32, seed: u64) {
    let events = count("FLASH_EVENTS", 6_000);
    let geometry = sizes(MIB, erase_block);
    let desks = desks(geometry);
    let cuts = 20;
    let wish =
        Wish { geometry, events, cuts, within: 20_000, seldom: 10, desks, early: 1_000, seed };
    let report = live(wish, &mut |_| true).unwrap();
    println!("1 MiB, blocks of {erase_block}: {report}");
    assert!(report.cuts >= 20 && report.events >= events);
}

#[test]
fn a_long_life_with_cuts_at_random_loses_nothing_in_blocks_of_4_kib() {
    long_life(4_096, 11);
}

#[test]
fn a_long_life_with_cuts_at_random_loses_nothing_in_blocks_of_64_kib() {
    long_life(65_536, 12);
}

#[test]
fn a_short_life_full_of_cuts_loses_nothing() {
    let cuts = count("FLASH_CUTS", 2_000);
    for seed in 21..24 {
        let geometry = smallest(4_096);
        let (desks, early) = (desks(geometry), 1_000);
        let wish = Wish { geometry, events: 0, cuts, within: 600, seldom: 10, desks, early, seed };
        let report = live(wish, &mut |_| true).unwrap();
        println!("8 KiB: {report}");
        assert!(report.snapshots > 100 && report.in_start > cuts / 10);
    }
}
