//! Damaged chips and failing ones; `FLASH_MUTATIONS` says how many damaged images are mounted.
#![allow(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use flash_proof::damage::{damaged, every_failure, flip, images, mangle, worn};
use flash_proof::{count, sizes, smallest};

#[test]
fn flipped_bits_and_words_never_make_another_state() {
    let count = count("FLASH_MUTATIONS", 5_000);
    let images = images(smallest(4_096), 5, 31).unwrap();
    let tally = damaged(&images, count, 32, flip).unwrap();
    println!("{count} flipped: {tally:?}");
    assert!(tally["read-only"] > 0 && tally["whole"] > 0 && tally["taken for torn"] > 0);
}

#[test]
fn arbitrary_bytes_never_make_another_state() {
    let count = count("FLASH_MUTATIONS", 5_000);
    let images = images(smallest(4_096), 5, 33).unwrap();
    let tally = damaged(&images, count, 34, mangle).unwrap();
    println!("{count} mangled: {tally:?}");
    assert!(tally["refused"] > 0 && tally["read-only"] > 0 && tally["taken for torn"] > 0);
}

#[test]
fn every_operation_that_fails_is_told_and_loses_nothing() {
    for geometry in [smallest(4_096), smallest(65_536)] {
        let failures = every_failure(geometry, 35).unwrap();
        println!("{geometry:?}: {failures} failures");
        assert!(failures > 100);
    }
}

#[test]
fn a_block_that_never_erases_again_loses_nothing() {
    for geometry in [smallest(4_096), sizes(64 * 1_024, 4_096)] {
        let boxes = worn(geometry, 36).unwrap();
        println!("{geometry:?}: {boxes:?}");
        let blocks = geometry.size / geometry.erase_block;
        assert_eq!(boxes.lived + boxes.stopped, 2 * blocks);
    }
}
