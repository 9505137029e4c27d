//! Format version 1 as it lies on flash in the field, byte for byte, written and read.
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
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/journal/v1");
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
fn what_is_written_is_what_version_1_wrote() {
    let mut journal = fresh();
    wrote(&journal, "fresh.bin");
    journal.append(&[b"one"]).expect("appends");
    journal.append(&[b"", &forty()]).expect("appends");
    wrote(&journal, "appended.bin");
    let (mut journal, mounted, found) = mount(holding("torn.bin"));
    assert_eq!((mounted.torn_tail, found), (true, first_three()), "{FROZEN}");
    journal.append(&[b"after the cut"]).expect("appends");
    wrote(&journal, "sealed.bin");
    let mut journal = compacted(journal);
    wrote(&journal, "compacted.bin");
    while journal.idle().expect("erases").is_some() {}
    wrote(&journal, "erased.bin");
}

#[test]
fn what_version_1_wrote_is_read() {
    let three = first_three();
    let sealed: Records = three.iter().cloned().chain([b"after the cut".to_vec()]).collect();
    let second = vec![forty(), b"after the cut".to_vec(), b"generation two".to_vec()];
    for (name, wanted, generation, pending) in [
        ("fresh.bin", Records::new(), 1, 2),
        ("appended.bin", three, 1, 2),
        ("sealed.bin", sealed, 1, 2),
        ("compacted.bin", second.clone(), 2, 2),
        ("erased.bin", second, 2, 0),
    ] {
        let (journal, mounted, found) = mount(holding(name));
        assert_eq!(found, wanted, "{name}: {FROZEN}");
        assert_eq!((mounted.torn_tail, mounted.damaged), (false, None), "{name}: {FROZEN}");
        assert_eq!((mounted.generation, journal.erase_pending()), (generation, pending));
        wrote(&journal, name);
    }
}

#[test]
fn what_version_1_called_damage_is_damage() {
    let (journal, mounted, found) = mount(holding("damaged.bin"));
    assert_eq!(found, [b"one"], "{FROZEN}");
    let damage = Damage { at: 44, sequence: 2, in_snapshot: false };
    assert_eq!(mounted.damaged, Some(damage), "{FROZEN}");
    wrote(&journal, "damaged.bin");
}
