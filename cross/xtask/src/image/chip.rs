//! The whole chip: each slot in its place, everything else blank, and what is written down of it.
//!
//! `flash.img` is all of it, for an empty chip and for the emulator. `slots.img` is only what is
//! ours, for a board whose boot loader is to stay.

use super::board::{Board, Kind, Partition};
use super::parts::Parts;
use super::slots::{seal, Content, SEAL_BYTES};
use super::{failed, gpt, out, read, write, Trouble};
use crate::shop::{say, Shop};
use crate::tally::Tally;
use sha2::{Digest, Sha256};
use std::fmt::{self, Write as _};
use toml::{Table, Value};

/// The most that the root file system may measure, in bytes: 4 MiB.
const ROOT_MOST: usize = 4 << 20;

/// What it is meant to measure, in bytes: 2 MiB.
const ROOT_AIM: usize = 2 << 20;

/// What erased flash reads as.
const BLANK: u8 = 0xff;

/// Writes `flash.img` and `manifest.toml`.
pub(super) fn assemble(
    shop: &Shop,
    board: &Board,
    parts: &Parts,
    content: &Content,
) -> Result<Tally, Trouble> {
    let Content { kernel, root, state } = content;
    if root.len() > ROOT_MOST {
        return Err(failed(format_args!(
            "The root file system has {} bytes; {ROOT_MOST} is the most.",
            root.len()
        )));
    }
    let filled = [("kernel", kernel), ("root-a", root), ("root-b", root), ("state", state)];
    let chip = filled_chip(board, &filled).map_err(failed)?;
    let daemon = Daemon::read(shop)?;
    let folder = out(shop, &board.name);
    let mut manifest = format!(
        "file = \"flash.img\"\nboard = \"{}\"\nbytes = {}\nsha256 = \"{}\"\n{daemon}\
         root_bytes = {}\nroot_bytes_most = {ROOT_MOST}\nroot_bytes_aim = {ROOT_AIM}\n\
         kernel = \"{}\"\nuserland = \"{}\"\n",
        board.name,
        chip.len(),
        sha256(&chip),
        root.len(),
        parts.kernel_version,
        parts.userland_version(),
    );
    for Partition { label, at, bytes } in &board.flash.partitions {
        let used = filled.iter().find(|it| it.0 == label).map_or(0, |it| it.1.len());
        let _ = writeln!(
            manifest,
            "\n[[partition]]\nlabel = \"{label}\"\nat = {at:#x}\nbytes = {bytes}\nused = {used}"
        );
    }
    let slots = slots(&chip, &board.flash.partitions).map_err(failed)?;
    let _ = writeln!(
        manifest,
        "\n[slots]\nfile = \"slots.img\"\nat = {:#x}\nbytes = {}\nsha256 = \"{}\"",
        slots.at,
        slots.bytes.len(),
        sha256(slots.bytes),
    );
    write(&folder.join("slots.img"), slots.bytes)?;
    write(&folder.join("flash.img"), &chip)?;
    write(&folder.join("manifest.toml"), &manifest)?;
    say(&manifest);
    say(format_args!(
        "{}: kernel slot {} bytes, root file system {} bytes of {ROOT_MOST} at most",
        folder.join("flash.img").display(),
        kernel.len(),
        root.len()
    ));
    Ok(Tally::PASSED)
}

/// The bytes of a whole chip or disk, with what fills its partitions.
fn filled_chip(board: &Board, filled: &[(&str, &Vec<u8>)]) -> Result<Vec<u8>, String> {
    let mut chip = vec![BLANK; board.flash.bytes as usize];
    for (label, content) in filled {
        let partition = board.flash.partition(label)?;
        place(&mut chip, partition, content)?;
        if label.starts_with("root-") {
            sealed(&mut chip, partition, content)?;
        }
    }
    match board.flash.kind {
        Kind::Chip { .. } => {}
        Kind::Disk => gpt::write(&mut chip, &board.flash)?,
    }
    Ok(chip)
}

/// A slot holds a file system of whole blocks: the first program reads it block by block.
const SLOT_BLOCK_BYTES: usize = 4_096;

/// Puts the seal of what a slot holds at its end.
fn sealed(chip: &mut [u8], slot: &Partition, content: &[u8]) -> Result<(), String> {
    let room = (slot.bytes as usize).checked_sub(SEAL_BYTES);
    let Some(rest) = room.filter(|room| content.len() <= *room) else {
        return Err(format!("{} has no room for its seal", slot.label));
    };
    if !content.len().is_multiple_of(SLOT_BLOCK_BYTES) {
        let (label, bytes) = (&slot.label, content.len());
        return Err(format!("{label}: {bytes} bytes are no whole blocks of {SLOT_BLOCK_BYTES}"));
    }
    let end = Partition {
        label: slot.label.clone(),
        at: slot.at + rest as u32,
        bytes: SEAL_BYTES as u32,
    };
    place(chip, &end, &seal(content))
}

/// What is written to a board that has its boot loader already: kernel and root slots in one
/// piece.
struct Slots<'a> {
    at: u32,
    bytes: &'a [u8],
}

fn slots<'a>(chip: &'a [u8], partitions: &[Partition]) -> Result<Slots<'a>, String> {
    let of_ours = |it: &Partition| it.label == "kernel" || it.label.starts_with("root-");
    let first = partitions.iter().position(of_ours).ok_or("there is no kernel slot")?;
    let (_, from) = partitions.split_at(first);
    let count = from.iter().take_while(|it| of_ours(it)).count();
    if partitions.iter().filter(|it| of_ours(it)).count() != count {
        return Err("the slots do not lie side by side".to_owned());
    }
    let bytes = from.iter().take(count).map(|it| it.bytes).sum();
    let at = from.first().map_or(0, |it| it.at);
    let whole = Partition { label: "slots".to_owned(), at, bytes };
    Ok(Slots { at, bytes: content(chip, &whole)? })
}

/// The daemon in an image, as its own manifest has it.
struct Daemon {
    bytes: Vec<u8>,
    most: i64,
    aim: i64,
}

impl Daemon {
    fn read(shop: &Shop) -> Result<Daemon, Trouble> {
        let folder = shop.root.join("target/cross");
        let manifest = String::from_utf8_lossy(&read(&folder.join("manifest.toml"))?).into_owned();
        let manifest: Table = manifest.parse().map_err(failed)?;
        let limit = |key: &str| {
            let number = manifest.get(key).and_then(Value::as_integer);
            number.ok_or_else(|| failed(format_args!("the daemon's manifest has no {key}")))
        };
        let bytes = read(&folder.join("dialtone"))?;
        Ok(Daemon { bytes, most: limit("bytes_most")?, aim: limit("bytes_aim")? })
    }
}

impl fmt::Display for Daemon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Daemon { bytes, most, aim } = self;
        writeln!(f, "daemon_bytes = {}", bytes.len())?;
        writeln!(f, "daemon_bytes_most = {most}")?;
        writeln!(f, "daemon_bytes_aim = {aim}")?;
        writeln!(f, "daemon_sha256 = \"{}\"", sha256(bytes))
    }
}

/// What a partition holds in an image.
pub(super) fn content<'a>(chip: &'a [u8], partition: &Partition) -> Result<&'a [u8], String> {
    let at = partition.at as usize;
    chip.get(at..at.saturating_add(partition.bytes as usize))
        .ok_or_else(|| format!("the image ends before {} does", partition.label))
}

/// Puts something at the start of a partition of an image.
pub(super) fn place(chip: &mut [u8], partition: &Partition, bytes: &[u8]) -> Result<(), String> {
    let Partition { label, at, bytes: room } = partition;
    if bytes.len() > *room as usize {
        return Err(format!("{label} has room for {room} bytes, and {} are to go in", bytes.len()));
    }
    let at = *at as usize;
    let target = chip.get_mut(at..at.saturating_add(bytes.len()));
    let target = target.ok_or_else(|| format!("the image ends before {label} does"))?;
    target.copy_from_slice(bytes);
    Ok(())
}

/// The SHA-256 of some bytes, in hex.
fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|it| format!("{it:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(at: u32) -> Partition {
        Partition { label: "root-a".to_owned(), at, bytes: 4 }
    }

    #[test]
    fn what_is_placed_is_cut_out_again_with_blank_flash_behind_it() {
        let mut chip = [BLANK; 12];
        place(&mut chip, &slot(4), b"abc").unwrap();
        assert_eq!(content(&chip, &slot(4)), Ok(&b"abc\xff"[..]));
        assert_eq!(content(&chip, &slot(8)), Ok(&[BLANK; 4][..]));
    }

    #[test]
    fn a_slot_ends_with_its_seal() {
        let mut chip = [BLANK; 8_200];
        let slot = Partition { bytes: 8_192, ..slot(4) };
        sealed(&mut chip, &slot, &[7; 4_096]).unwrap();
        assert_eq!(chip[4 + 7_680..8_196], seal(&[7; 4_096]));
        assert!(sealed(&mut chip, &slot, b"abc").unwrap_err().contains("no whole blocks"));
        assert!(sealed(&mut chip, &slot, &[0; 7_681]).unwrap_err().contains("no room"));
    }

    #[test]
    fn the_slots_are_one_piece_between_the_boot_loader_and_the_rest() {
        let labels = ["u-boot", "kernel", "root-a", "root-b", "state"];
        let mut map: Vec<Partition> = labels
            .iter()
            .zip(0..)
            .map(|(label, place)| Partition { label: (*label).to_owned(), ..slot(4 * place) })
            .collect();
        let chip: Vec<u8> = (0..20).collect();
        let Slots { at, bytes } = slots(&chip, &map).unwrap();
        assert_eq!((at, bytes), (4, &chip[4..16]));
        map.swap(3, 4);
        assert!(slots(&chip, &map).err().unwrap().contains("side by side"));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut chip = [BLANK; 6];
        assert!(place(&mut chip, &slot(0), b"abcde").unwrap_err().contains("room for 4 bytes"));
        assert!(place(&mut chip, &slot(4), b"abc").unwrap_err().contains("the image ends"));
        assert!(content(&chip, &slot(4)).is_err());
    }
}
