//! Files on flash of their own: whole or not there, at every byte of a power cut.

#![allow(clippy::expect_used, reason = "an expectation that fails is how a test fails")]

use journal::files::{erase, FileNo, Files, NoFiles, NotBegun, NotKept, FILES_MAX};
use journal::mem::{MemError, MemFlash, Tear};
use journal::{Fault, Flash, Geometry};
use sha2::{Digest, Sha256};

/// Two blocks of directory and six of files.
const SMALL: Geometry = Geometry { size: 8 * 4_096, erase_block: 4_096, page: 256 };
const BLOCK: u32 = SMALL.erase_block;

type Store = Files<MemFlash>;
/// Names and contents.
type Held = Vec<(String, Vec<u8>)>;

fn blank() -> Store {
    mounted(MemFlash::new(SMALL))
}

fn mounted(flash: MemFlash) -> Store {
    Files::mount(flash).expect("a store")
}

fn content(seed: u8, bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (at as u8).wrapping_mul(31) ^ seed).collect()
}

/// Puts a file in, piece by piece.
fn put(store: &mut Store, name: &str, bytes: &[u8]) -> Result<FileNo, NotKept<MemError>> {
    store.begin(name, b"remark", bytes.len() as u64).expect("room");
    for piece in bytes.chunks(700) {
        store.write(piece)?;
    }
    store.finish().map(|file| file.no)
}

/// What there is, each compared with its digest.
fn held(store: &mut Store) -> Held {
    let files = store.files().to_vec();
    let read = files.into_iter().map(|file| {
        let mut bytes = vec![0; file.bytes as usize + 9];
        let len = store.read(file.no, 0, &mut bytes).expect("flash").expect("there");
        bytes.truncate(len);
        assert_eq!(<[u8; 32]>::from(Sha256::digest(&bytes)), file.digest, "{}", file.name);
        assert_eq!(file.remark, b"remark");
        (file.name, bytes)
    });
    read.collect()
}

#[test]
fn a_file_is_there_once_it_is_whole_and_after_a_restart() {
    let mut store = blank();
    assert_eq!((store.room().largest, store.room().all), (6 * BLOCK, 6 * BLOCK));
    store.begin("a.rom", b"remark", 5_000).expect("room");
    store.write(&content(1, 3_000)).expect("written");
    assert!(store.files().is_empty() && store.room().free == 4 * BLOCK);
    store.write(&content(2, 1_000)).expect("written");
    // Less came than was announced: what is not taken is free again.
    let file = store.finish().expect("kept");
    assert_eq!((file.bytes, store.room().free), (4_000, 5 * BLOCK));
    let mut store = mounted(store.into_flash());
    let whole = [content(1, 3_000), content(2, 1_000)].concat();
    assert_eq!(held(&mut store), [("a.rom".to_string(), whole.clone())]);
    let mut middle = [0; 20];
    assert_eq!(store.read(FileNo(1), 2_990, &mut middle), Ok(Some(20)));
    assert_eq!(middle, whole[2_990..3_010]);
    assert_eq!(store.read(FileNo(1), 3_990, &mut middle), Ok(Some(10)));
    assert_eq!(store.read(FileNo(1), u32::MAX, &mut middle), Ok(Some(0)));
    assert_eq!(store.read(FileNo(7), 0, &mut middle), Ok(None));
}

#[test]
fn exactly_the_room_fits_and_one_byte_more_is_told_as_missing() {
    let mut store = blank();
    let room = store.room().largest;
    let more = store.begin("a", b"remark", u64::from(room) + 1);
    assert_eq!(more, Err(NotBegun::TooLarge { missing: 1 }));
    let huge = store.begin("a", b"remark", u64::MAX);
    assert_eq!(huge, Err(NotBegun::TooLarge { missing: u64::MAX - u64::from(room) }));
    let all = content(3, room as usize);
    put(&mut store, "a", &all).expect("kept");
    assert_eq!((store.room().largest, store.room().free), (0, 0));
    assert_eq!(store.begin("b", b"", 1), Err(NotBegun::TooLarge { missing: 1 }));
    assert!(held(&mut store)[0].1 == all);
    // More than was announced is refused, and nothing of it stays.
    assert_eq!(store.delete(FileNo(1)), Ok(true));
    store.begin("b", b"remark", 10).expect("room");
    assert_eq!(store.write(&[7; 11]), Err(NotKept::Unannounced));
    assert_eq!(store.finish(), Err(NotKept::Unannounced));
    assert_eq!((store.files().len(), store.room().free), (0, room));
}

#[test]
fn a_file_of_the_same_name_takes_the_place_of_the_one_before_and_its_number_is_void() {
    let mut store = blank();
    let first = put(&mut store, "a", &content(1, 5_000)).expect("kept");
    let second = put(&mut store, "a", &content(2, 100)).expect("kept");
    assert_ne!(first, second);
    assert_eq!(held(&mut store), [("a".to_string(), content(2, 100))]);
    assert_eq!(store.read(first, 0, &mut [0; 4]), Ok(None));
    assert_eq!((store.delete(first), store.delete(second)), (Ok(false), Ok(true)));
    assert_eq!(store.room().free, 6 * BLOCK);
}

#[test]
fn room_in_pieces_is_told_apart_and_the_smallest_gap_is_taken() {
    let mut store = blank();
    let nos: Vec<FileNo> = ["a", "b", "c"]
        .map(|name| put(&mut store, name, &content(1, BLOCK as usize)).expect("kept"))
        .into();
    store.delete(nos[0]).expect("flash");
    assert_eq!((store.room().free, store.room().largest), (4 * BLOCK, 3 * BLOCK));
    put(&mut store, "d", &content(4, 10)).expect("kept");
    assert_eq!((store.room().free, store.room().largest), (3 * BLOCK, 3 * BLOCK));
}

#[test]
fn names_and_files_have_their_bounds() {
    let mut store =
        Files::mount(MemFlash::new(Geometry { size: 64 * BLOCK, ..SMALL })).expect("a store");
    let long = "n".repeat(64);
    for (name, remark, bytes) in
        [("", &[][..], 1), (&long[..], &[0; 65], 1), ("a", &[], 0), (&"n".repeat(65), &[], 1)]
    {
        assert_eq!(store.begin(name, remark, bytes), Err(NotBegun::Unnamed), "{name}");
    }
    for no in 0..FILES_MAX {
        let name = format!("{no:0>64}");
        store.begin(&name, &[7; 64], 1).expect("room");
        assert_eq!(store.begin("other", &[], 1), Err(NotBegun::Busy));
        store.write(&[no as u8]).expect("written");
        store.finish().expect("kept");
    }
    assert_eq!(store.begin(&long, &[], 1), Err(NotBegun::TooMany));
    assert_eq!(store.begin(&format!("{:0>64}", 3), &[], 1), Ok(()), "in place of another");
    store.abandon();
    let store = mounted(store.into_flash());
    assert_eq!((store.files().len(), store.files()[19].remark.len()), (FILES_MAX, 64));
}

#[test]
fn what_is_no_store_is_left_alone_until_it_is_erased() {
    let foreign = MemFlash::holding(SMALL, &content(5, SMALL.size as usize));
    assert_eq!(Files::mount(foreign.clone()).err(), Some(NoFiles::Foreign));
    let mut flash = foreign;
    erase(&mut flash).expect("flash");
    let mut store = mounted(flash);
    put(&mut store, "a", &content(1, 9_000)).expect("kept, over what was there");
    assert_eq!(held(&mut store).len(), 1);
    // A new disk is all zeros.
    let mut zeros = mounted(MemFlash::holding(SMALL, &[0; 8 * 4_096]));
    put(&mut zeros, "a", &content(1, 9_000)).expect("kept");
    // Somebody else's first block, or that of a newer version, is not taken for a torn one.
    let version = |no: u8| [b"DTfile\r\n".as_slice(), &[no, 0, 0, 0], &[0xFF; 4_084]].concat();
    for block_0 in [content(5, 4_096), version(2), version(3)] {
        let flash = MemFlash::holding(SMALL, &block_0);
        assert_eq!(Files::mount(flash).err(), Some(NoFiles::Foreign));
    }
    for (size, erase_block) in [(2 * 4_096, 4_096), (64 * 1_024, 2_048), (0, 4_096)] {
        let flash = MemFlash::new(Geometry { size, erase_block, page: 256 });
        assert_eq!(Files::mount(flash).err(), Some(NoFiles::Geometry));
    }
}

#[test]
fn a_damaged_directory_is_never_believed() {
    let mut store = blank();
    put(&mut store, "a", &content(1, 5_000)).expect("kept");
    put(&mut store, "b", &content(2, 5_000)).expect("kept");
    let whole = store.into_flash();
    // The latest directory is in block 1: without it the one before counts, with `a` alone.
    for bit in 0..8 * 368_u64 {
        let mut flash = whole.clone();
        flash.flip(u64::from(BLOCK) * 8 + bit);
        let names: Vec<String> =
            mounted(flash).files().iter().map(|file| file.name.clone()).collect();
        assert_eq!(names, ["a"], "bit {bit}");
    }
}

#[test]
fn a_block_that_fails_is_passed_over() {
    let mut flash = MemFlash::new(SMALL);
    flash.wear_out(3);
    let mut store = mounted(flash);
    let broken = put(&mut store, "a", &content(1, 9_000));
    assert_eq!(broken, Err(NotKept::Fault(Fault::Flash(MemError::Broken))));
    assert_eq!((store.room().free, store.room().largest), (5 * BLOCK, 4 * BLOCK));
    put(&mut store, "a", &content(1, 9_000)).expect("kept elsewhere");
    assert_eq!(held(&mut store).len(), 1);
}

/// A life of a store, up to where the flash fails; what was in force then, and what was to be.
fn live(store: &mut Store) -> Option<(Held, Held)> {
    let steps: [(&str, Option<Vec<u8>>); 5] = [
        ("a", Some(content(1, 300))),
        ("b", Some(content(2, 4_200))),
        ("a", Some(content(3, 500))),
        ("b", None),
        ("c", Some(content(4, 100))),
    ];
    let mut now = Held::new();
    for (name, bytes) in steps {
        let mut then: Held = now.iter().filter(|(known, _)| known != name).cloned().collect();
        let failed = match bytes {
            Some(bytes) => {
                then.push((name.to_string(), bytes.clone()));
                put(store, name, &bytes).is_err()
            }
            None => {
                let no = store.files().iter().find(|file| file.name == name).map(|file| file.no);
                store.delete(no.expect("there")).is_err()
            }
        };
        if failed {
            return Some((now, then));
        }
        now = then;
    }
    assert_eq!(held(store), now);
    None
}

#[test]
fn a_cut_at_any_byte_leaves_the_files_before_or_after() {
    let mut whole = blank();
    assert!(live(&mut whole).is_none());
    let all = whole.into_flash().spent();
    assert!(all > 6_000, "{all}");
    for fuel in 0..all {
        let mut flash = MemFlash::new(SMALL);
        flash.seed(fuel);
        flash.tear(if fuel % 2 == 0 { Tear::Byte } else { Tear::Page });
        flash.cut_after(fuel);
        let mut store = mounted(flash);
        let (before, after) = live(&mut store).expect("a cut");
        let mut flash = store.into_flash();
        assert!(flash.is_off());
        flash.power_on();
        let mut store = mounted(flash);
        let found = held(&mut store);
        assert!(found == before || found == after, "after {fuel}");
        // What was under way is free room, and the store goes on.
        let taken: u32 = found.iter().map(|(_, it)| (it.len() as u32).div_ceil(BLOCK)).sum();
        assert_eq!(store.room().free, (6 - taken) * BLOCK);
        put(&mut store, "z", &content(9, 4_097)).expect("kept");
        assert_eq!(held(&mut store).len(), found.len() + 1);
    }
}

#[test]
fn the_bytes_of_a_directory_are_as_the_table_says() {
    let mut store = blank();
    put(&mut store, "x.rom", b"abc").expect("kept");
    let mut flash = store.into_flash();
    let mut head = [0; 20 + 172 + 4];
    flash.read(0, &mut head).expect("flash");
    let (directory, crc) = head.split_at(192);
    assert_eq!(&directory[..28], b"DTfile\r\n\x01\0\0\0\x01\0\0\0\x01\0\0\0\x02\0\0\0\x03\0\0\0");
    assert_eq!(directory[28..60], Sha256::digest(b"abc")[..]);
    assert_eq!(&directory[60..67], b"\x05\x06x.rom");
    assert_eq!(&directory[126..132], b"remark");
    assert!(directory[67..126].iter().chain(&directory[132..]).all(|byte| *byte == 0));
    assert_eq!(crc, crc32fast::hash(directory).to_le_bytes());
}
