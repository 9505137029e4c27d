//! Flash that was damaged, not cut: what is replayed is a proven prefix, or the mount refuses.
//!
//! `JOURNAL_MUTATIONS` sets how many mutated images are mounted (20,000 unless it is set).

#![allow(clippy::expect_used, reason = "an expectation that fails is how a test fails")]

mod common;

use common::{goes_on, mount, record, script, try_mount, Dice, Records, Step, SMALL, TINY};
use journal::mem::MemFlash;
use journal::{AppendError, Chore, Damage, EraseError, Geometry, Journal, MountError, Refused};

type Image = (MemFlash, Records);

/// Returns the flash after every step of the script, with what is on it.
fn images(geometry: Geometry, turns: u32, longest: u64) -> Vec<Image> {
    let (mut journal, _, mut state) = mount(MemFlash::new(geometry));
    let mut images = vec![(journal.clone().into_flash(), state.clone())];
    for step in script(geometry, turns, longest) {
        assert!(step.perform(&mut journal, &state));
        state = step.after(&state);
        images.push((journal.clone().into_flash(), state.clone()));
    }
    images
}

/// Three records of one page each in a fresh journal; returns where each begins.
fn three_records() -> (MemFlash, Records, [u32; 3]) {
    let (mut journal, _, _) = mount(MemFlash::new(SMALL));
    let records: Records = (1..4).map(|n| vec![n; 100]).collect();
    let mut starts = [0; 3];
    for (record, start) in records.iter().zip(&mut starts) {
        *start = journal.used();
        journal.append(&[record]).expect("appends");
    }
    (journal.into_flash(), records, starts)
}

fn mutate(bytes: &mut [u8], dice: &mut Dice) {
    let size = bytes.len() as u64;
    let at = dice.below(size) as usize;
    let length = (dice.below(300) as usize).min(bytes.len() - at);
    let from = dice.below(size - length as u64) as usize;
    match dice.below(7) {
        0 => bytes[at] ^= 1 << dice.below(8),
        1 => bytes[at] = dice.draw() as u8,
        2 => bytes[at / 4 * 4..at / 4 * 4 + 4].fill(0),
        3 => bytes[at..at + length].fill(0),
        4 => bytes[at..at + length].fill(0xFF),
        5 => bytes.copy_within(from..from + length, at),
        _ => bytes[at..at + length].iter_mut().for_each(|b| *b = dice.draw() as u8),
    }
}

#[test]
fn any_mutated_image_gives_a_proven_prefix_or_a_refusal() {
    let count = std::env::var("JOURNAL_MUTATIONS").ok().and_then(|n| n.parse().ok());
    let count: u64 = count.unwrap_or(20_000);
    let images = images(TINY, 5, 60);
    let mut dice = Dice(5);
    let (mut refused, mut damaged, mut torn, mut whole) = (0, 0, 0, 0);
    for number in 0..count {
        let (flash, state) = &images[dice.below(images.len() as u64) as usize];
        let mut flash = flash.clone();
        for _ in 0..1 + dice.below(4) {
            mutate(flash.bytes_mut(), &mut dice);
        }
        let before = flash.bytes().to_vec();
        match try_mount(flash) {
            Err(_) => refused += 1,
            Ok((journal, mounted, found)) => {
                assert!(state.starts_with(&found), "image {number}");
                if mounted.damaged.is_some() {
                    assert_eq!(journal.flash().bytes(), before, "image {number}");
                    damaged += 1;
                    continue;
                }
                torn += u64::from(mounted.torn_tail);
                whole += u64::from(found.len() == state.len());
                goes_on(journal, found, b"after the damage");
            }
        }
    }
    println!("{count} images: {refused} refused, {damaged} damaged, {torn} torn, {whole} whole");
}

#[test]
fn bytes_that_were_never_a_journal_are_refused_and_left_alone() {
    let mut dice = Dice(6);
    for _ in 0..500 {
        let mut flash = MemFlash::new(TINY);
        for _ in 0..1 + dice.below(40) {
            mutate(flash.bytes_mut(), &mut dice);
        }
        flash.bytes_mut()[700] = 0;
        let before = flash.bytes().to_vec();
        let mounted = Journal::mount(&mut flash, &mut |_| panic!("a record from nowhere"));
        assert!(matches!(mounted, Err(MountError::Foreign | MountError::Headless)));
        assert_eq!(flash.bytes(), before);
    }
}

#[test]
fn one_flipped_bit_anywhere_costs_at_most_the_last_batch_without_saying_damage() {
    let (mut refused, mut damaged, mut torn) = (0, 0, 0);
    let steps = script(TINY, 4, 60);
    for (index, (flash, state)) in images(TINY, 4, 60).iter().enumerate().step_by(7) {
        let last_batch = match steps.get(index.wrapping_sub(1)) {
            Some(Step::Append(batch)) => batch.len(),
            Some(Step::Compact(_) | Step::Idle) | None => 4,
        };
        for bit in 0..u64::from(TINY.size) * 8 {
            let mut flash = flash.clone();
            flash.flip(bit);
            let Ok((journal, mounted, found)) = try_mount(flash) else {
                refused += 1;
                continue;
            };
            assert!(state.starts_with(&found), "bit {bit}");
            if mounted.damaged.is_some() {
                damaged += 1;
                continue;
            }
            let lost = state.len() - found.len();
            assert!(lost == 0 || mounted.torn_tail && lost <= last_batch, "bit {bit}: {lost}");
            torn += u64::from(mounted.torn_tail);
            assert_eq!(journal.refused(), None);
        }
    }
    println!("{refused} refused, {damaged} damaged, {torn} taken for torn");
}

#[test]
fn a_bad_record_before_good_ones_stops_all_writing_and_keeps_the_copy() {
    let (mut flash, records, starts) = three_records();
    flash.flip(u64::from(starts[1] + 40) * 8);
    let before = flash.bytes().to_vec();
    let (mut journal, mounted, found) = mount(flash);
    let damage = Damage { at: starts[1], sequence: 2, in_snapshot: false };
    assert_eq!(mounted.damaged, Some(damage));
    assert!(!mounted.torn_tail);
    assert_eq!(found, records[..1]);
    assert_eq!(journal.append(&[b"x"]), Err(AppendError::Refused(Refused::Damaged)));
    assert_eq!(journal.compact(&mut |_| {}), Err(AppendError::Refused(Refused::Damaged)));
    assert_eq!(journal.idle(), Err(EraseError::Refused(Refused::Damaged)));
    // To look at it is no harm, but not to be done unasked.
    assert_eq!((journal.chore(), journal.look()), (Chore::None, Ok(2)));
    assert_eq!(journal.flash().bytes(), before);
}

#[test]
fn a_bad_length_or_a_zeroed_record_before_good_ones_is_damage_too() {
    let (flash, _, [_, second, third]) = three_records();
    let mut lengths = flash.clone();
    lengths.flip(u64::from(second) * 8 + 9);
    assert_eq!(mount(lengths).1.damaged.map(|d| d.at), Some(second));
    let mut zeroed = flash.clone();
    zeroed.bytes_mut()[second as usize..third as usize].fill(0);
    assert_eq!(mount(zeroed).1.damaged.map(|d| d.sequence), Some(2));
    let mut blanked = flash;
    blanked.bytes_mut()[second as usize..third as usize].fill(0xFF);
    assert_eq!(mount(blanked).1.damaged.map(|d| d.sequence), Some(2));
}

#[test]
fn a_record_zeroed_to_the_end_of_its_page_is_missed_by_the_one_behind_it() {
    let (mut journal, _, _) = mount(MemFlash::new(SMALL));
    let to_the_page = SMALL.page - journal.used() - 12;
    journal.append(&[&vec![1; to_the_page as usize]]).expect("appends");
    journal.append(&[&[2; 244]]).expect("appends");
    journal.append(&[&[3; 20]]).expect("appends");
    let mut flash = journal.into_flash();
    flash.bytes_mut()[256..512].fill(0);
    let (_, mounted, found) = mount(flash);
    assert_eq!((found.len(), mounted.damaged.map(|d| d.sequence)), (1, Some(2)));
}

#[test]
fn a_bad_last_record_is_taken_for_a_power_cut_and_said() {
    let (mut flash, records, starts) = three_records();
    flash.flip(u64::from(starts[2] + 40) * 8);
    let (journal, mounted, found) = mount(flash);
    assert_eq!((mounted.torn_tail, mounted.damaged), (true, None));
    assert_eq!(found, records[..2]);
    assert_eq!(journal.used() % SMALL.page, 0);
    goes_on(journal, found, b"after it");
}

#[test]
fn the_last_record_of_a_snapshot_cannot_pass_for_a_power_cut() {
    let (mut journal, _, _) = mount(MemFlash::new(SMALL));
    journal.compact(&mut |keep| (0..3).for_each(|n| keep(&[n; 50]))).expect("compacts");
    let last = journal.used() - 8;
    let mut flash = journal.into_flash();
    flash.flip(u64::from(SMALL.size / 2 + last) * 8);
    let (_, mounted, found) = mount(flash);
    assert_eq!(found.len(), 2);
    assert!(mounted.damaged.is_some_and(|damage| damage.in_snapshot));
}

#[test]
fn a_snapshot_whose_end_reads_as_a_void_is_damaged() {
    let (mut journal, _, _) = mount(MemFlash::new(SMALL));
    journal.compact(&mut |keep| [60, 92].iter().for_each(|n| keep(&vec![1; *n]))).expect("fits");
    assert_eq!(journal.used(), SMALL.page);
    let mut flash = journal.into_flash();
    let bank = SMALL.size as usize / 2;
    flash.bytes_mut()[bank + 152..bank + 256].fill(0);
    let (_, mounted, found) = mount(flash);
    assert_eq!((found.len(), mounted.damaged.map(|d| d.in_snapshot)), (1, Some(true)));
}

#[test]
fn a_bad_record_of_a_batch_is_damage_once_a_later_page_or_batch_is_good() {
    let (journal, _, _) = mount(MemFlash::new(SMALL));
    let batch: Records = (1..7).map(|n| record(n, 10)).collect();
    let long: Records = (1..9).map(|n| vec![n; 90]).collect();
    let flipped = |records: &[Vec<u8>], more: &[Vec<u8>]| {
        let mut journal = journal.clone();
        for batch in [records, more] {
            let batch: Vec<&[u8]> = batch.iter().map(Vec::as_slice).collect();
            journal.append(&batch).expect("appends");
        }
        let mut flash = journal.into_flash();
        flash.flip(8 * 92);
        let (_, mounted, found) = mount(flash);
        assert!(found.is_empty());
        (mounted.torn_tail, mounted.damaged.is_some())
    };
    assert_eq!(flipped(&batch, &[]), (true, false), "one page, which may have been cut");
    assert_eq!(flipped(&long, &[]), (false, true), "a page is only begun behind a whole one");
    assert_eq!(flipped(&batch, &batch[..1]), (false, true), "a batch only behind another");
}

#[test]
fn a_newest_header_that_rots_does_not_bring_back_the_old_generation() {
    let (mut journal, _, _) = mount(MemFlash::new(SMALL));
    journal.append(&[b"old"]).expect("appends");
    journal.compact(&mut |keep| keep(b"new")).expect("compacts");
    let flash = journal.into_flash();
    for bit in 0..80 * 8 {
        let mut flash = flash.clone();
        flash.flip(u64::from(SMALL.size / 2) * 8 + bit);
        assert_eq!(try_mount(flash).err(), Some(MountError::Headless), "bit {bit}");
    }
}

#[test]
fn an_image_made_of_nothing_but_plausible_headers_is_judged_quickly() {
    let geometry = Geometry { size: 1 << 20, erase_block: 64 * 1024, page: 256 };
    let mut flash = mount(MemFlash::new(geometry)).0.into_flash();
    for (index, header) in flash.bytes_mut()[80..512 * 1024].chunks_mut(12).enumerate() {
        let mut bytes = [0; 12];
        bytes[..4].copy_from_slice(&(0xB100_0000 | (400_000 - index as u32)).to_le_bytes());
        bytes[4..8].copy_from_slice(&(index as u32 + 1).to_le_bytes());
        header.copy_from_slice(&bytes[..header.len()]);
    }
    let (_, mounted, found) = mount(flash);
    assert!(found.is_empty() && mounted.damaged.is_some());
}
