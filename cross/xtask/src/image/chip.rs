//! The whole chip: each slot in its place, everything else blank, and what is written down of it.

use super::board::{Board, Partition};
use super::parts::Parts;
use super::{failed, out, read, write, Trouble};
use crate::shop::{say, Shop};
use crate::tally::Tally;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

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
    kernel: &[u8],
    root: &[u8],
) -> Result<Tally, Trouble> {
    if root.len() > ROOT_MOST {
        return Err(failed(format_args!(
            "The root file system has {} bytes; {ROOT_MOST} is the most.",
            root.len()
        )));
    }
    let mut chip = vec![BLANK; board.flash.bytes as usize];
    for (label, content) in [("kernel", kernel), ("root-a", root)] {
        let partition = board.flash.partition(label).map_err(failed)?;
        place(&mut chip, partition, content).map_err(failed)?;
    }
    let daemon = read(&shop.root.join("target/cross/dialtone"))?;
    let folder = out(shop, &board.name);
    let filled = [("kernel", kernel.len()), ("root-a", root.len())];
    let mut manifest = format!(
        "file = \"flash.img\"\nboard = \"{}\"\nbytes = {}\nsha256 = \"{}\"\n\
         daemon_bytes = {}\ndaemon_sha256 = \"{}\"\nroot_bytes = {}\nroot_bytes_most = {ROOT_MOST}\n\
         root_bytes_aim = {ROOT_AIM}\nkernel = \"{}\"\nuserland = \"{}\"\n",
        board.name,
        chip.len(),
        sha256(&chip),
        daemon.len(),
        sha256(&daemon),
        root.len(),
        parts.kernel_version,
        parts.userland_version,
    );
    for Partition { label, at, bytes } in &board.flash.partitions {
        let used = filled.iter().find(|it| it.0 == label).map_or(0, |it| it.1);
        let _ = writeln!(
            manifest,
            "\n[[partition]]\nlabel = \"{label}\"\nat = {at:#x}\nbytes = {bytes}\nused = {used}"
        );
    }
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
    fn what_does_not_fit_is_refused() {
        let mut chip = [BLANK; 6];
        assert!(place(&mut chip, &slot(0), b"abcde").unwrap_err().contains("room for 4 bytes"));
        assert!(place(&mut chip, &slot(4), b"abc").unwrap_err().contains("the image ends"));
        assert!(content(&chip, &slot(4)).is_err());
    }
}
