//! An image in the emulator.
//!
//! On a board the boot loader loads the kernel slot; the emulator is handed kernel, device tree and
//! initial file system one by one, so they are cut out of the image. The chip is a file of its own,
//! `chip.img`: a boot writes the image's slots to it and leaves the other partitions as they are,
//! so the box knows its phones again after the next boot. Remove the file for a new box.

use super::board::Board;
use super::chip::{content, place};
use super::{failed, out, printed, read, write, Trouble};
use crate::shop::{say, succeeds, Shop};
use crate::tally::Tally;
use std::path::Path;
use std::process::Stdio;

/// The slots that an image fills.
const SLOTS: [&str; 3] = ["kernel", "root-a", "root-b"];

/// The files in the kernel slot, in their order there.
const CUT: [&str; 3] = ["qemu.zImage", "qemu.dtb", "qemu.initrd"];

/// The LAN port without a tap: the admin page on the host's loopback.
const FORWARDED: &str = "user,net=192.168.10.0/24,host=192.168.10.254,dhcpstart=192.168.10.253,\
    restrict=on,hostfwd=tcp:127.0.0.1:8080-192.168.10.1:80";

/// Boots the image with the serial console in the terminal, until the emulator ends.
pub(super) fn run(shop: &Shop, board: &Board, tap: Option<&str>) -> Result<Tally, Trouble> {
    let folder = out(shop, &board.name);
    let image = read(&folder.join("flash.img"))?;
    let slot = board.flash.partition("kernel").map_err(failed)?;
    let slot = content(&image, slot).map_err(failed)?;
    write(&folder.join("qemu.itb"), fit(slot).map_err(failed)?)?;
    for (place, file) in CUT.iter().enumerate() {
        let mut dumpimage = shop.tool("dumpimage");
        dumpimage.current_dir(&folder).args(["-T", "flat_dt", "-p", &place.to_string()]);
        printed(dumpimage.args(["-o", file, "qemu.itb"]))?;
    }
    flashed(board, &image, &folder.join("chip.img"))?;
    let port = match tap {
        Some(tap) => format!("tap,ifname={tap},script=no,downscript=no"),
        None => {
            say("The admin page: http://127.0.0.1:8080/");
            FORWARDED.to_owned()
        }
    };
    say("The serial console; Ctrl-A X ends the emulator.");
    let mut qemu = shop.tool("qemu-system-arm");
    qemu.current_dir(&folder).stdin(Stdio::inherit());
    qemu.args(["-M", &board.machine, "-m", &board.memory, "-nographic", "-no-reboot"]);
    qemu.args(["-kernel", CUT[0], "-dtb", CUT[1], "-initrd", CUT[2]]);
    qemu.args(["-drive", "file=chip.img,format=raw,if=mtd", "-nic", &port]);
    Ok(Tally::one(succeeds(&mut qemu)))
}

/// Writes the slots of an image to the emulated chip, which is made if it is not there.
fn flashed(board: &Board, image: &[u8], chip: &Path) -> Result<(), Trouble> {
    if !chip.exists() {
        return write(chip, image);
    }
    let mut bytes = read(chip)?;
    for label in SLOTS {
        let partition = board.flash.partition(label).map_err(failed)?;
        let slot = content(image, partition).map_err(failed)?;
        place(&mut bytes, partition, slot).map_err(failed)?;
    }
    write(chip, bytes)
}

/// The FIT image at the start of a slot, which tells its own length.
fn fit(slot: &[u8]) -> Result<&[u8], String> {
    let length = match slot {
        [0xd0, 0x0d, 0xfe, 0xed, a, b, c, d, ..] => u32::from_be_bytes([*a, *b, *c, *d]),
        _other => return Err("the kernel slot holds no FIT image".to_owned()),
    };
    slot.get(..length as usize).ok_or_else(|| "the FIT image is longer than its slot".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fit_image_ends_where_it_says() {
        let slot = [0xd0, 0x0d, 0xfe, 0xed, 0, 0, 0, 9, 7, 0xff, 0xff];
        assert_eq!(fit(&slot).unwrap(), &slot[..9]);
        assert!(fit(&slot[..8]).is_err());
        assert!(fit(&[0xff; 16]).is_err());
    }
}
