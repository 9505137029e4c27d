//! What the owner of a journal may rely on while nothing is cut.

mod common;

use common::{mount, script, try_mount, Step, SMALL, TINY};
use journal::mem::{MemError, MemFlash};
use journal::{AppendError, Chore, Flash, Geometry, Journal, MountError, Refused};

#[test]
fn blank_flash_becomes_an_empty_journal_without_an_erase() {
    let (journal, mounted, found) = mount(MemFlash::new(SMALL));
    assert!(mounted.formatted && found.is_empty());
    assert_eq!((mounted.generation, journal.used()), (1, 80));
    assert!(journal.flash().erases().iter().all(|n| *n == 0));
    assert!(!mount(journal.into_flash()).1.formatted);
}

#[test]
fn blank_flash_is_read_once_and_the_next_start_finds_what_was_begun() {
    let mut flash = Counting { flash: MemFlash::new(SMALL), bytes: 0 };
    let (mut journal, mounted) =
        Journal::mount(&mut flash, &mut |_| panic!("a record on blank flash")).expect("mounts");
    assert!(mounted.formatted);
    // All of it once, and besides that headings alone.
    let read = journal.flash_mut().bytes;
    assert!(read <= u64::from(SMALL.size) + 1_024, "{read}");
    journal.append(&[b"first"]).expect("there is room");
    let to_erase = journal.erase_pending();
    let (mut journal, mounted, found) = mount(flash.flash);
    assert!(!mounted.formatted && !mounted.torn_tail);
    assert_eq!(found, [b"first"]);
    assert_eq!(journal.look().ok(), to_erase);
}

#[test]
fn a_start_reads_the_bank_in_use_and_only_whoever_looks_reads_the_other() {
    let geometry = Geometry { erase_block: 1_024, ..SMALL };
    let mut flash = Counting { flash: MemFlash::new(geometry), bytes: 0 };
    let (mut journal, _) = Journal::mount(&mut flash, &mut |_| {}).expect("mounts");
    journal.append(&[&[1; 5000]]).expect("appends");
    journal.compact(&mut |keep| keep(b"kept")).expect("compacts");
    let (erases, to_erase) = (journal.erases(), journal.erase_pending());
    journal.idle().expect("erases");
    journal.idle().expect("erases");
    let bank = u64::from(SMALL.size / 2);
    flash.bytes = 0;
    let (mut journal, _) = Journal::mount(&mut flash, &mut |_| {}).expect("mounts");
    let read = journal.flash_mut().bytes;
    assert!((bank..bank + 2_048).contains(&read), "{read}");
    assert_eq!(
        (journal.chore(), journal.erase_pending(), journal.erases()),
        (Chore::Look, None, erases)
    );
    journal.append(&[b"that can wait"]).expect("appends");
    assert_eq!(journal.erase_pending(), None);
    // That above the highest written one may be half-erased.
    let left = to_erase.map(|all| all - 1);
    assert_eq!((journal.look().ok(), journal.erase_pending()), (left, left));
    assert_eq!((journal.chore(), journal.erases()), (Chore::Erase, erases + 1));
    let read = journal.flash_mut().bytes;
    assert!((2 * bank..2 * bank + 3_072).contains(&read), "{read}");
    journal.look().expect("knows");
    assert_eq!(journal.flash_mut().bytes, read);
}

#[test]
fn a_compaction_and_an_erase_look_for_themselves() {
    let (mut journal, _, _) = mount(MemFlash::new(SMALL));
    journal.append(&[&[1; 5000]]).expect("appends");
    journal.compact(&mut |keep| keep(b"kept")).expect("compacts");
    let flash = journal.into_flash();
    let (mut journal, _, _) = mount(flash.clone());
    assert_eq!(journal.idle(), Ok(Some(4096)));
    assert_eq!(journal.erase_pending(), Some(1));
    let (mut journal, _, _) = mount(flash);
    let before = journal.flash().erases()[..2].to_vec();
    journal.compact(&mut |keep| keep(b"again")).expect("compacts");
    let after: Vec<u32> = before.iter().map(|erases| erases + 1).collect();
    assert_eq!((journal.flash().erases()[..2].to_vec(), journal.erases()), (after, 4));
    assert_eq!(mount(journal.into_flash()).2, [b"again"]);
}

/// A flash that counts the bytes that are read of it.
struct Counting {
    flash: MemFlash,
    bytes: u64,
}

impl Flash for &mut Counting {
    type Error = MemError;

    fn geometry(&self) -> Geometry {
        self.flash.geometry()
    }

    fn read(&mut self, at: u32, buf: &mut [u8]) -> Result<(), MemError> {
        self.bytes += buf.len() as u64;
        self.flash.read(at, buf)
    }

    fn program(&mut self, at: u32, bytes: &[u8]) -> Result<(), MemError> {
        self.flash.program(at, bytes)
    }

    fn erase(&mut self, at: u32) -> Result<(), MemError> {
        self.flash.erase(at)
    }
}

#[test]
fn records_come_back_in_order_each_as_it_was() {
    let (mut journal, _, _) = mount(MemFlash::new(SMALL));
    journal.append(&[b"one", b"", b"three"]).expect("appends");
    journal.append(&[]).expect("appends nothing");
    journal.append(&[&[0xFF; 300], &[0; 300]]).expect("appends");
    let (_, mounted, found) = mount(journal.into_flash());
    let wanted: [&[u8]; 5] = [b"one", b"", b"three", &[0xFF; 300], &[0; 300]];
    assert_eq!(found, wanted);
    assert_eq!((mounted.records, mounted.bytes, mounted.torn_tail), (5, 608, false));
}

#[test]
fn a_batch_is_one_program_call() {
    let (mut journal, _, _) = mount(MemFlash::new(SMALL));
    let before = journal.flash().program_calls();
    journal.append(&[&[1; 700], &[2; 700], &[3; 700]]).expect("appends");
    assert_eq!(journal.flash().program_calls(), before + 1);
}

#[test]
fn full_is_said_before_anything_is_programmed() {
    let (mut journal, _, _) = mount(MemFlash::new(TINY));
    journal.append(&[&[7; 850]]).expect("appends");
    let before = journal.clone();
    let room = journal.room();
    let full = AppendError::Full { need: 2 * Journal::<MemFlash>::cost(30), room };
    assert_eq!(journal.append(&[&[8; 30], &[9; 30]]), Err(full));
    assert_eq!(journal.flash().spent(), before.flash().spent());
    assert_eq!(journal.refused(), None);
    journal.append(&[&[8; 30]]).expect("one still fits");
    let rest = journal.room() as usize - 12;
    journal.append(&[&vec![1; rest]]).expect("to the last byte");
    assert_eq!((journal.room(), mount(journal.into_flash()).2.len()), (0, 3));
}

#[test]
fn a_snapshot_too_large_is_refused_before_anything_is_erased() {
    let (mut journal, _, _) = mount(MemFlash::new(TINY));
    journal.append(&[b"kept"]).expect("appends");
    journal.compact(&mut |keep| keep(b"kept")).expect("compacts");
    let before = journal.flash().spent();
    let refused = journal.compact(&mut |keep| (0..20).for_each(|_| keep(&[1; 100])));
    assert!(matches!(refused, Err(AppendError::Full { need: 2240, room: 944 })));
    assert_eq!(journal.flash().spent(), before);
    assert_eq!(mount(journal.into_flash()).2, [b"kept"]);
}

#[test]
fn a_snapshot_that_grows_while_it_is_told_leaves_the_old_state() {
    let (mut journal, _, _) = mount(MemFlash::new(TINY));
    journal.append(&[b"kept"]).expect("appends");
    let mut tellings = 0;
    let refused = journal.compact(&mut |keep| {
        tellings += 1;
        (0..tellings * 15).for_each(|_| keep(&[1; 50]));
    });
    assert!(matches!(refused, Err(AppendError::Full { .. })));
    assert_eq!((journal.generation(), journal.erase_pending()), (1, Some(2)));
    journal.append(&[b"and on"]).expect("appends");
    assert_eq!(mount(journal.clone().into_flash()).2, [&b"kept"[..], b"and on"]);
    journal.compact(&mut |keep| keep(b"new")).expect("compacts");
    assert_eq!(mount(journal.into_flash()).2, [b"new"]);
}

#[test]
fn flash_is_erased_in_compact_and_idle_only() {
    let erases = |journal: &Journal<MemFlash>| journal.flash().erases().iter().sum::<u32>();
    let (mut journal, _, mut state) = mount(MemFlash::new(TINY));
    for step in script(TINY, 6, 60) {
        let (before, pending) = (erases(&journal), journal.look().expect("looks"));
        assert!(step.perform(&mut journal, &state));
        state = step.after(&state);
        let erased = erases(&journal) - before;
        match step {
            Step::Append(_) => assert_eq!(erased, 0),
            Step::Compact(_) => assert_eq!(erased, pending),
            Step::Idle => assert_eq!(erased, pending.min(1)),
        }
        let before = erases(&journal);
        assert_eq!(erases(&mount(journal.clone().into_flash()).0), before);
    }
}

#[test]
fn a_compaction_after_idle_time_erases_nothing_even_after_a_restart() {
    let (mut journal, _, _) = mount(MemFlash::new(SMALL));
    journal.append(&[&[1; 5000]]).expect("appends");
    journal.compact(&mut |keep| keep(b"kept")).expect("compacts");
    assert_eq!(journal.erase_pending(), Some(2));
    assert_eq!(journal.idle(), Ok(Some(4096)));
    assert_eq!(journal.idle(), Ok(Some(0)));
    assert_eq!(journal.idle(), Ok(None));
    let (mut journal, _, _) = mount(journal.into_flash());
    assert_eq!(journal.look(), Ok(0));
    let before = journal.flash().erases().to_vec();
    journal.compact(&mut |keep| keep(b"kept")).expect("compacts");
    assert_eq!(journal.flash().erases(), before);
    assert_eq!(journal.generation(), 3);
}

#[test]
fn foreign_content_is_refused_until_a_format_is_asked_for() {
    let mut flash = MemFlash::holding(SMALL, b"\x7fELF");
    let mounted = Journal::mount(&mut flash, &mut |_| {});
    assert!(matches!(mounted, Err(MountError::Foreign)));
    assert_eq!(&flash.bytes()[..5], b"\x7fELF\xFF");
    journal::format(&mut flash).expect("formats");
    let (mut journal, mounted, found) = mount(flash);
    assert!(found.is_empty() && !mounted.formatted);
    assert_eq!(journal.look(), Ok(0));
}

#[test]
fn a_single_byte_anywhere_on_blank_flash_is_not_ours_to_overwrite() {
    for at in [0, 5, 27, 28, 79, 80, 1023, 1024, 2047] {
        let mut flash = MemFlash::new(TINY);
        flash.bytes_mut()[at] = 0;
        assert_eq!(try_mount(flash).err(), Some(MountError::Foreign), "at {at}");
    }
}

#[test]
fn a_newer_format_is_refused_by_its_number_in_either_bank() {
    for bank in [0, TINY.size as usize / 2] {
        let (mut journal, _, _) = mount(MemFlash::new(TINY));
        journal.append(&[b"of today"]).expect("appends");
        let mut flash = journal.into_flash();
        let mut header: Vec<u8> = flash.bytes()[..28].to_vec();
        header[8] = 3;
        let crc = crc32fast::hash(&header[..24]);
        header[24..].copy_from_slice(&crc.to_le_bytes());
        flash.bytes_mut()[bank..bank + 28].copy_from_slice(&header);
        let before = flash.bytes().to_vec();
        let mounted = Journal::mount(&mut flash, &mut |_| panic!("read a newer format"));
        assert!(matches!(mounted, Err(MountError::Newer { version: 3 })));
        assert_eq!(flash.bytes(), before);
    }
}

#[test]
fn a_partition_of_another_size_is_refused_by_its_size() {
    let flash = mount(MemFlash::new(SMALL)).0.into_flash();
    let larger = MemFlash::holding(Geometry { size: 32 * 1024, ..SMALL }, flash.bytes());
    let refused = try_mount(larger).err();
    assert_eq!(refused, Some(MountError::OtherGeometry { bank_bytes: 8192 }));
}

#[test]
fn a_geometry_without_two_banks_is_refused() {
    for (size, erase_block, page) in [
        (0, 0, 0),
        (4096, 4096, 256),
        (8192, 4096, 0),
        (8192, 4096, 6),
        (8192, 1000, 256),
        (64, 32, 4),
        (u32::MAX, 1 << 25, 256),
    ] {
        let refused = Journal::mount(NoFlash(Geometry { size, erase_block, page }), &mut |_| {});
        assert!(matches!(refused, Err(MountError::Geometry)), "{size} {erase_block} {page}");
    }
}

#[test]
fn a_flash_that_forgets_what_it_programmed_is_found_out_before_the_promise() {
    let (journal, _, _) = mount(MemFlash::new(TINY));
    let mut journal =
        Journal::mount(Forgetful(journal.into_flash(), false), &mut |_| {}).expect("mounts").0;
    journal.flash_mut().1 = true;
    assert!(matches!(journal.append(&[b"x"]), Err(AppendError::Fault(_))));
    assert_eq!(journal.refused(), Some(Refused::Poisoned));
}

/// Has a geometry and nothing else.
struct NoFlash(Geometry);

impl Flash for NoFlash {
    type Error = ();

    fn geometry(&self) -> Geometry {
        self.0
    }

    fn read(&mut self, _: u32, _: &mut [u8]) -> Result<(), ()> {
        Err(())
    }

    fn program(&mut self, _: u32, _: &[u8]) -> Result<(), ()> {
        Err(())
    }

    fn erase(&mut self, _: u32) -> Result<(), ()> {
        Err(())
    }
}

/// Once it is told to forget: says that it programmed and did not.
struct Forgetful(MemFlash, bool);

impl Flash for Forgetful {
    type Error = MemError;

    fn geometry(&self) -> Geometry {
        self.0.geometry()
    }

    fn read(&mut self, at: u32, buf: &mut [u8]) -> Result<(), MemError> {
        self.0.read(at, buf)
    }

    fn program(&mut self, at: u32, bytes: &[u8]) -> Result<(), MemError> {
        if self.1 {
            return Ok(());
        }
        self.0.program(at, bytes)
    }

    fn erase(&mut self, at: u32) -> Result<(), MemError> {
        self.0.erase(at)
    }
}
