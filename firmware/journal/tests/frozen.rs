//! Both format versions as they lie on flash in the field, byte for byte: 2 is written and read, 1
//! is read and goes on in its own form until the next compaction.
//!
//! If this fails, do not change the test: flash in the field holds these bytes.

#![allow(clippy::expect_used, reason = "an expectation that fails is how a test fails")]

mod common;

use std::path::Path;

use common::{mount, Records};
use journal::mem::MemFlash;
use journal::{Damage, Geometry, Journal};

const GEOMETRY: Geometry = Geometry { size: 1024, erase_block: 256, page: 64 };

const FROZEN: &str = "If this fails, do not change the test: flash in the field holds these bytes.";

fn frozen(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/journal");
    let path = Path::new(folder).join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn holding(name: &str) -> MemFlash {
    let image = frozen(name);
    assert_eq!(image.len(), GEOMETRY.size as usize, "{name}: {FROZEN}");
    MemFlash::holding(GEOMETRY, &image)
}

fn wrote(journal: &Journal<MemFlash>, name: &str) {
    assert!(journal.flash().bytes() == frozen(name), "{name}: {FROZEN}");
}

/// A mount changes nothing of what it found but for zeros from the log's end to that of a page.
fn settled(journal: &Journal<MemFlash>, name: &str) {
    let (now, then) = (journal.flash().bytes(), frozen(name));
    let changed: Vec<usize> = (0..then.len()).filter(|at| now[*at] != then[*at]).collect();
    assert!(changed.iter().all(|at| (now[*at], then[*at]) == (0, 0xFF)), "{name}: {FROZEN}");
    let tail = changed.first().zip(changed.last());
    let in_a_row = tail.is_some_and(|(first, last)| last - first + 1 == changed.len());
    assert!(in_a_row && changed.len() <= 64, "{name}: {changed:?}");
}

fn fresh() -> Journal<MemFlash> {
    mount(MemFlash::new(GEOMETRY)).0
}

fn forty() -> Vec<u8> {
    (0..40).collect()
}

fn first_three() -> Records {
    vec![b"one".to_vec(), Vec::new(), forty()]
}

/// What the frozen script does after the tear, from one image to the next.
fn compacted(mut journal: Journal<MemFlash>) -> Journal<MemFlash> {
    journal
        .compact(&mut |keep| {
            keep(&forty());
            keep(b"after the cut");
        })
        .expect("compacts");
    journal.append(&[b"generation two"]).expect("appends");
    journal
}

#[test]
fn what_is_written_is_what_version_2_wrote() {
    let mut journal = fresh();
    wrote(&journal, "v2/fresh.bin");
    journal.append(&[b"one"]).expect("appends");
    journal.append(&[b"", &forty()]).expect("appends");
    wrote(&journal, "v2/appended.bin");
    let (mut journal, mounted, found) = mount(holding("v2/torn.bin"));
    assert_eq!((mounted.torn_tail, found), (true, first_three()), "{FROZEN}");
    journal.append(&[b"after the cut"]).expect("appends");
    wrote(&journal, "v2/sealed.bin");
    let mut journal = compacted(journal);
    wrote(&journal, "v2/compacted.bin");
    while journal.idle().expect("erases").is_some() {}
    wrote(&journal, "v2/erased.bin");
}

#[test]
fn what_either_version_wrote_is_read() {
    let three = first_three();
    let sealed: Records = three.iter().cloned().chain([b"after the cut".to_vec()]).collect();
    let second = vec![forty(), b"after the cut".to_vec(), b"generation two".to_vec()];
    for (version, name, wanted, generation, pending) in [
        ("v1", "fresh.bin", Records::new(), 1, 2),
        ("v1", "appended.bin", three.clone(), 1, 2),
        ("v1", "sealed.bin", sealed.clone(), 1, 2),
        ("v1", "compacted.bin", second.clone(), 2, 2),
        ("v1", "erased.bin", second.clone(), 2, 0),
        ("v2", "fresh.bin", Records::new(), 1, 2),
        ("v2", "appended.bin", three, 1, 2),
        ("v2", "sealed.bin", sealed, 1, 2),
        ("v2", "compacted.bin", second.clone(), 2, 2),
        ("v2", "erased.bin", second, 2, 0),
        ("v2", "retired.bin", vec![b"one".to_vec()], 2, 2),
    ] {
        let name = format!("{version}/{name}");
        let (mut journal, mounted, found) = mount(holding(&name));
        assert_eq!(found, wanted, "{name}: {FROZEN}");
        assert_eq!((mounted.torn_tail, mounted.damaged), (false, None), "{name}: {FROZEN}");
        assert_eq!((mounted.generation, journal.look()), (generation, Ok(pending)), "{name}");
        settled(&journal, &name);
    }
}

#[test]
fn what_either_version_called_damage_is_damage() {
    for (name, at) in [("v1/damaged.bin", 44), ("v2/damaged.bin", 96)] {
        let (journal, mounted, found) = mount(holding(name));
        assert_eq!(found, [b"one"], "{name}: {FROZEN}");
        let damage = Damage { at, sequence: 2, in_snapshot: false };
        assert_eq!(mounted.damaged, Some(damage), "{name}: {FROZEN}");
        wrote(&journal, name);
    }
}

#[test]
fn a_bank_of_version_1_goes_on_and_the_next_one_is_of_version_2() {
    let (mut journal, mounted, found) = mount(holding("v1/torn.bin"));
    assert_eq!((mounted.torn_tail, &found), (true, &first_three()), "{FROZEN}");
    journal.append(&[b"after the cut"]).expect("appends");
    let (mut journal, _, found) = mount(compacted(journal).into_flash());
    assert_eq!(found, [&forty()[..], b"after the cut", b"generation two"]);
    let version = |journal: &Journal<MemFlash>, bank: usize| journal.flash().bytes()[bank + 8];
    assert_eq!((version(&journal, 512), journal.look()), (2, Ok(2)));
    while journal.idle().expect("erases").is_some() {}
    journal.compact(&mut |keep| keep(b"third")).expect("compacts");
    assert_eq!((version(&journal, 0), mount(journal.into_flash()).2), (2, vec![b"third".to_vec()]));
}

#[test]
fn what_the_flash_went_through_is_told_by_the_bank() {
    let (mut journal, _, _) = mount(holding("v2/erased.bin"));
    journal.look().expect("reads");
    // Where `sealed.bin` ends.
    let first = 348;
    assert_eq!(journal.written(), first + u64::from(journal.used()));
    assert_eq!((journal.erases(), journal.erases_of_one(), journal.retired()), (4, 1, 0));
    let (mut journal, _, _) = mount(holding("v2/retired.bin"));
    journal.look().expect("reads");
    assert_eq!((journal.erases(), journal.retired()), (1, 1));
    assert_eq!(journal.capacity(), 256 - 80);
}
