//! Blocks that will not erase any more: the journal does without them, and nothing is lost.

#![allow(clippy::expect_used, reason = "an expectation that fails is how a test fails")]

mod common;

use common::{goes_on, mount, record, Dice, Records, Step};
use journal::mem::{MemFlash, Tear};
use journal::{AppendError, Geometry, Journal, RETIRED_MAX};

/// Eight blocks a bank.
const EIGHT: Geometry = Geometry { size: 16 * 512, erase_block: 512, page: 64 };

fn journal() -> (Journal<MemFlash>, Records) {
    let (journal, _, state) = mount(MemFlash::new(EIGHT));
    (journal, state)
}

/// Appends until nothing fits, then moves to the other bank; returns what is on flash.
fn turn(journal: &mut Journal<MemFlash>, mut state: Records, number: &mut u32) -> Records {
    loop {
        *number += 1;
        let one = record(*number, 60);
        if u64::from(journal.room()) < Journal::<MemFlash>::cost(one.len()) {
            break;
        }
        journal.append(&[&one]).expect("appends");
        state.push(one);
    }
    let step = Step::Compact(8);
    assert!(step.perform(journal, &state));
    step.after(&state)
}

#[test]
fn any_block_may_wear_out_and_is_done_without_for_good() {
    for block in 0..16 {
        let (mut journal, mut state) = journal();
        let mut number = 0;
        state = turn(&mut journal, state, &mut number);
        journal.flash_mut().wear_out(block);
        for _ in 0..4 {
            state = turn(&mut journal, state, &mut number);
            let erases = journal.flash().erases().to_vec();
            let (again, mounted, found) = mount(journal.into_flash());
            assert!(found == state && mounted.damaged.is_none(), "block {block}");
            assert_eq!(again.flash().erases(), erases);
            journal = again;
        }
        assert_eq!(journal.retired(), 1, "block {block}");
        assert_eq!(journal.capacity(), 7 * 512 - 80);
        // It is written down: it is not even tried again.
        let tried = journal.flash().erases()[block as usize];
        state = turn(&mut journal, state, &mut number);
        assert_eq!(journal.flash().erases()[block as usize], tried);
        goes_on(journal, state, b"and on");
    }
}

#[test]
fn one_bad_erase_in_idle_time_is_no_failure() {
    let (mut journal, state) = journal();
    let state = turn(&mut journal, state, &mut 0);
    journal.flash_mut().wear_out(3);
    let mut done = 0;
    while journal.idle().expect("goes on").is_some() {
        done += 1;
    }
    assert_eq!((done, journal.retired(), journal.refused()), (8, 1, None));
    goes_on(journal, state, b"and on");
}

#[test]
fn what_no_longer_fits_is_refused_before_it_is_copied() {
    let (mut journal, _) = journal();
    let large = vec![7; 7 * 512];
    journal.append(&[&large]).expect("fits eight blocks");
    journal.flash_mut().wear_out(9);
    let before = journal.used();
    let refused = journal.compact(&mut |keep| keep(&large));
    let room = 7 * 512 - 80;
    assert_eq!(refused, Err(AppendError::Full { need: 7 * 512 + 12, room }));
    journal.append(&[b"a little more"]).expect("still fits");
    assert!(journal.used() > before);
    assert_eq!(mount(journal.into_flash()).2, [large, b"a little more".to_vec()]);
}

#[test]
fn a_flash_that_is_worn_out_altogether_poisons_and_keeps_what_it_holds() {
    let geometry = Geometry { size: 64 * 512, erase_block: 512, page: 64 };
    let (mut journal, _, _) = mount(MemFlash::new(geometry));
    for _bank in 0..2 {
        journal.append(&[&[7; 31 * 512]]).expect("fills it");
        journal.compact(&mut |keep| keep(b"kept")).expect("compacts");
    }
    (32..64).for_each(|block| journal.flash_mut().wear_out(block));
    let mut calls = 0;
    let journal = loop {
        let step = Step::Compact(1);
        let done = step.perform(&mut journal, &[b"kept".to_vec()]);
        assert!(!done, "nothing can be erased");
        calls += 1;
        if calls > 2 {
            break journal;
        }
        journal = mount(journal.into_flash()).0;
    };
    assert_eq!(journal.retired() as usize, RETIRED_MAX);
    assert_eq!(mount(journal.into_flash()).2, [b"kept"]);
}

#[test]
fn a_cut_at_any_byte_beside_retired_blocks_loses_nothing() {
    let mut dice = Dice(21);
    let mut cuts = 0;
    for worn in [[0, 8], [0, 1], [8, 9], [3, 11], [4, 12], [2, 8]] {
        let (mut journal, mut state) = journal();
        journal.flash_mut().tear(Tear::Page);
        worn.iter().for_each(|block| journal.flash_mut().wear_out(*block));
        let mut number = 0;
        for _ in 0..3 {
            let batch: Records = (0..10).map(|n| record(number + n, 300)).collect();
            number += 10;
            for step in [Step::Append(batch), Step::Compact(5), Step::Idle, Step::Idle] {
                let before = journal.clone();
                assert!(step.perform(&mut journal, &state));
                for fuel in 0..journal.flash().spent() - before.flash().spent() {
                    let mut fork = before.clone();
                    fork.flash_mut().seed(dice.draw());
                    fork.flash_mut().cut_after(fuel);
                    if step.perform(&mut fork, &state) {
                        continue;
                    }
                    let mut flash = fork.into_flash();
                    flash.power_on();
                    let (again, mounted, found) = mount(flash);
                    assert!(step.may_leave(&state, &found), "{worn:?} {step:?}");
                    assert_eq!(mounted.damaged, None, "{worn:?} {step:?}");
                    goes_on(again, found, b"written after the cut");
                    cuts += 1;
                }
                state = step.after(&state);
            }
        }
        assert!(journal.retired() > 0);
    }
    println!("{cuts} cuts");
    assert!(cuts > 10_000);
}
