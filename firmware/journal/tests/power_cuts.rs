//! The power is cut at every byte, torn bytewise and pagewise, in recovery too, and twice in a row.
//!
//! The script is run once; at each step the flash is forked for every unit of fuel the step burns.

#![allow(clippy::expect_used, reason = "an expectation that fails is how a test fails")]

mod common;

use common::{goes_on, mount, record, script, try_mount, Dice, Records, Step, SMALL, TINY};
use journal::mem::{MemFlash, Tear};
use journal::{Flash, Geometry, Journal, MountError};

const NEW: &[u8] = b"written after the cut";

/// Calls `judge` with the flash after each cut, powered on again, and with what the cut may have
/// left.
fn cut_everywhere(
    geometry: Geometry,
    tear: Tear,
    steps: &[Step],
    judge: &mut dyn FnMut(MemFlash, &Step, &Records),
) -> (u64, u32) {
    let mut flash = MemFlash::new(geometry);
    flash.tear(tear);
    let (mut journal, _, mut state) = mount(flash);
    let mut cuts = 0;
    for step in steps {
        let fork = journal.clone();
        let before = journal.flash().spent();
        assert!(step.perform(&mut journal, &state));
        for fuel in 0..journal.flash().spent() - before {
            let mut fork = fork.clone();
            fork.flash_mut().seed(cuts);
            fork.flash_mut().cut_after(fuel);
            assert!(!step.perform(&mut fork, &state));
            assert_eq!(fork.refused(), Some(journal::Refused::Poisoned));
            let mut flash = fork.into_flash();
            assert!(flash.is_off());
            flash.power_on();
            judge(flash, step, &state);
            cuts += 1;
        }
        state = step.after(&state);
    }
    assert_eq!(mount(journal.clone().into_flash()).2, state);
    (cuts, journal.generation())
}

fn nothing_is_lost(geometry: Geometry, tear: Tear, turns: u32, longest: u64) {
    let steps = script(geometry, turns, longest);
    let mut torn = 0;
    let (cuts, generation) = cut_everywhere(geometry, tear, &steps, &mut |flash, step, before| {
        let (journal, mounted, found) = mount(flash);
        assert!(step.may_leave(before, &found), "{step:?}");
        assert_eq!(mounted.damaged, None, "{step:?}");
        torn += u64::from(mounted.torn_tail);
        goes_on(journal, found, NEW);
    });
    println!("{cuts} cuts, {torn} torn tails, {generation} generations, {tear:?}");
    assert!(generation > turns && torn > cuts / 3);
}

#[test]
fn a_cut_at_every_byte_loses_nothing_that_was_acknowledged() {
    nothing_is_lost(SMALL, Tear::Byte, 4, 200);
}

#[test]
fn a_cut_that_tears_a_whole_page_loses_nothing_either() {
    nothing_is_lost(TINY, Tear::Page, 12, 60);
}

#[test]
fn the_smallest_banks_of_one_block_wrap_under_cuts_too() {
    nothing_is_lost(Geometry { size: 1024, erase_block: 512, page: 512 }, Tear::Page, 8, 40);
    nothing_is_lost(Geometry { size: 1024, erase_block: 512, page: 4 }, Tear::Byte, 8, 40);
}

#[test]
fn a_cut_at_every_byte_of_the_recovery_changes_nothing_of_what_is_found() {
    for tear in [Tear::Byte, Tear::Page] {
        let mut cuts = 0;
        cut_everywhere(TINY, tear, &script(TINY, 1, 90), &mut |flash, step, before| {
            let fork = flash.clone();
            let spent = flash.spent();
            let (journal, _, found) = mount(flash);
            assert!(step.may_leave(before, &found));
            let used = journal.used();
            for fuel in 0..journal.flash().spent() - spent {
                let mut flash = fork.clone();
                flash.cut_after(fuel);
                let mut seen = Records::new();
                let cut = Journal::mount(&mut flash, &mut |r| seen.push(r.to_vec()));
                assert!(matches!(cut, Err(MountError::Fault(_))));
                flash.power_on();
                let (journal, mounted, again) = mount(flash);
                assert_eq!((again == found, mounted.damaged), (true, None));
                // Cells that a cut may have touched are not written to again.
                assert!(journal.used() >= used);
                goes_on(journal, again, NEW);
                cuts += 1;
            }
        });
        println!("{cuts} cuts during recovery, {tear:?}");
        assert!(cuts > 10_000);
    }
}

#[test]
fn a_second_cut_in_the_next_append_loses_nothing_either() {
    let mut dice = Dice(3);
    let mut cuts = 0;
    cut_everywhere(TINY, Tear::Page, &script(TINY, 4, 60), &mut |flash, step, before| {
        let (journal, _, found) = mount(flash);
        assert!(step.may_leave(before, &found));
        let next = Step::Append(vec![record(9_000, 30), record(9_001, 30)]);
        let next = if journal.room() < 100 { Step::Compact(2) } else { next };
        for _ in 0..4 {
            let mut fork = journal.clone();
            fork.flash_mut().seed(dice.draw());
            fork.flash_mut().cut_after(dice.below(70));
            if next.perform(&mut fork, &found) {
                continue;
            }
            let mut flash = fork.into_flash();
            flash.power_on();
            let (journal, mounted, again) = mount(flash);
            assert_eq!((next.may_leave(&found, &again), mounted.damaged), (true, None));
            goes_on(journal, again, NEW);
            cuts += 1;
        }
    });
    println!("{cuts} second cuts");
}

#[test]
fn many_cuts_in_a_row_at_random_points_lose_nothing() {
    let mut dice = Dice(11);
    let mut flash = MemFlash::new(TINY);
    flash.tear(Tear::Page);
    let (mut journal, _, mut state) = mount(flash);
    for number in 0..20_000 {
        journal.flash_mut().cut_after(dice.below(600));
        let step = loop {
            let batch: Records = (0..1 + dice.below(3)).map(|_| record(number, 60)).collect();
            let need: u64 = batch.iter().map(|r| Journal::<MemFlash>::cost(r.len())).sum();
            let step = match dice.below(8) {
                0 => Step::Idle,
                _ if need > u64::from(journal.room()) => Step::Compact(dice.below(4) as usize),
                _ => Step::Append(batch),
            };
            if !step.perform(&mut journal, &state) {
                break step;
            }
            state = step.after(&state);
        };
        let mut flash = journal.into_flash();
        flash.power_on();
        let (again, mounted, found) = mount(flash);
        assert!(step.may_leave(&state, &found), "cut {number} in {step:?}");
        assert_eq!(mounted.damaged, None, "cut {number} in {step:?}");
        (journal, state) = (again, found);
    }
    println!("generation {}, erases {:?}", journal.generation(), journal.flash().erases());
}

#[test]
fn a_first_start_that_is_cut_is_a_first_start_again() {
    for tear in [Tear::Byte, Tear::Page] {
        for fuel in 0..common::HEADER {
            let mut flash = MemFlash::new(TINY);
            flash.tear(tear);
            flash.seed(fuel);
            flash.cut_after(fuel);
            let cut = Journal::mount(&mut flash, &mut |_| {});
            assert!(matches!(cut, Err(MountError::Fault(_))));
            flash.power_on();
            let (journal, mounted, found) = mount(flash);
            assert_eq!((mounted.records, mounted.torn_tail), (0, false));
            goes_on(journal, found, NEW);
        }
    }
}

#[test]
fn a_format_that_is_cut_leaves_all_or_nothing_of_the_old_state() {
    for turns in [1, 2] {
        let (mut journal, _, mut state) = mount(MemFlash::new(TINY));
        let mut steps = script(TINY, turns, 60);
        assert!(matches!(steps.pop(), Some(Step::Compact(_))), "the bank in use is full");
        for step in steps {
            assert!(step.perform(&mut journal, &state));
            state = step.after(&state);
        }
        let whole = journal.into_flash();
        let mut formatted = whole.clone();
        journal::format(&mut formatted).expect("formats");
        let mut refused = 0;
        let cost = formatted.spent() - whole.spent();
        for seed in 0..cost * 20 {
            let mut flash = whole.clone();
            flash.seed(seed);
            flash.cut_after(seed % cost);
            assert!(journal::format(&mut flash).is_err());
            flash.power_on();
            match try_mount(flash.clone()) {
                Ok((_, mounted, found)) => {
                    assert!((found == state || found.is_empty()) && mounted.damaged.is_none());
                }
                Err(error) => {
                    assert!(matches!(error, MountError::Headless | MountError::Foreign));
                    refused += 1;
                }
            }
            journal::format(&mut flash).expect("formats");
            goes_on(mount(flash).0, Records::new(), NEW);
        }
        assert!(refused > 20);
    }
}

#[test]
fn a_cut_before_the_old_bank_is_retired_leaves_that_to_the_next_mount() {
    let (mut journal, _, _) = mount(MemFlash::new(TINY));
    journal.append(&[b"old"]).expect("appends");
    while journal.idle().expect("erases").is_some() {}
    let header = |flash: &MemFlash| flash.bytes()[..28].to_vec();
    let old = header(journal.flash());
    let mut whole = 0;
    for seed in 0..100 {
        let mut fork = journal.clone();
        fork.flash_mut().seed(seed);
        fork.flash_mut().cut_after(16 + 16 + 80);
        assert!(!Step::Compact(1).perform(&mut fork, &[b"old".to_vec()]));
        let mut flash = fork.into_flash();
        flash.power_on();
        // Some draws clear no bit of the first byte: then both headers are whole.
        let both = header(&flash) == old;
        let (fork, mounted, found) = mount(flash);
        assert_eq!((mounted.generation, found), (2, vec![b"old".to_vec()]));
        assert!(!both || header(fork.flash()) == [0; 28]);
        whole += u32::from(both);
    }
    assert!(whole > 10);
}

#[test]
fn a_program_that_fails_ends_the_promise_an_erase_costs_a_block_and_nothing_is_lost() {
    let steps = script(TINY, 4, 60);
    let (mut journal, _, mut state) = mount(MemFlash::new(TINY));
    let (mut failures, mut retired) = (0, 0);
    for step in &steps {
        for operation in 0.. {
            let mut fork = journal.clone();
            fork.flash_mut().fail_after(operation);
            if step.perform(&mut fork, &state) {
                if fork.retired() == 0 {
                    break;
                }
                // What will not erase is done without, and nothing has failed.
                goes_on(mount(fork.into_flash()).0, step.after(&state), NEW);
                retired += 1;
                continue;
            }
            let untouched = fork.flash().bytes().to_vec();
            let refused = journal::Refused::Poisoned;
            assert_eq!(fork.append(&[b"x"]), Err(journal::AppendError::Refused(refused)));
            assert_eq!(fork.idle(), Err(journal::EraseError::Refused(refused)));
            assert_eq!(fork.flash().bytes(), untouched);
            let (again, mounted, found) = mount(fork.into_flash());
            assert!(step.may_leave(&state, &found) && mounted.damaged.is_none());
            goes_on(again, found, NEW);
            failures += 1;
        }
        assert!(step.perform(&mut journal, &state));
        state = step.after(&state);
    }
    assert!(failures > steps.len() && retired > 4, "{failures}, {retired}");
    assert_eq!(journal.flash().geometry(), TINY);
}
