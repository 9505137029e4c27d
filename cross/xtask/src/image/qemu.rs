//! An image in the emulator.
//!
//! On a board the boot loader loads the kernel slot; the emulator is handed kernel, device tree and
//! initial file system one by one, so they are cut out of the image. The chip is a file of its own,
//! `chip.img`: a boot writes the image's slots to it and leaves the other partitions as they are,
//! so the box knows its phones again after the next boot. Remove the file for a new box.
//!
//! `--print` is for the tests: they call the emulator as it is called here, and add only what they
//! watch it by.

use super::board::{Board, Emulator};
use super::chip::{content, place};
use super::{failed, out, printed, read, write, Trouble};
use crate::shop::{say, succeeds, Shop};
use crate::tally::Tally;
use std::path::Path;
use std::process::{Command, Stdio};

/// The slots that an image fills.
const SLOTS: [&str; 3] = ["kernel", "root-a", "root-b"];

/// What is cut out of the kernel slot.
const KERNEL: &str = "qemu.zImage";
const TREE: &str = "qemu.dtb";
const INITRD: &str = "qemu.initrd";

/// The LAN port without a tap: the admin page on the host's loopback.
const FORWARDED: &str = "user,net=192.168.10.0/24,host=192.168.10.254,dhcpstart=192.168.10.253,\
    restrict=on,hostfwd=tcp:127.0.0.1:8080-192.168.10.1:80";

/// The WAN port without a tap: an address by DHCP, and nobody to speak to.
const ALONE: &str = "user,net=10.0.2.0/24,restrict=on";

/// How an image is booted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Boot<'a> {
    /// The tap of the host that the LAN port is put on; the host's loopback where there is none.
    pub(crate) tap: Option<&'a str>,
    /// The tap of the host that the WAN port is put on.
    pub(crate) wan: Option<&'a str>,
    /// The file of the emulated chip; `chip.img` beside the image where none is named.
    pub(crate) chip: Option<&'a str>,
    /// Whether the call is only printed, a word a line.
    pub(crate) print: bool,
}

impl<'a> Boot<'a> {
    /// Reads the words after the name of the board; `None` where one is not understood.
    pub(crate) fn read(words: &[&'a str]) -> Option<Boot<'a>> {
        let mut boot = Boot::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "--tap" => boot.tap = Some(words.next()?),
                "--wan" => boot.wan = Some(words.next()?),
                "--chip" => boot.chip = Some(words.next()?),
                "--print" => boot.print = true,
                _unknown => return None,
            }
        }
        Some(boot)
    }
}

/// Boots the image with the serial console in the terminal, until the emulator ends; or makes all
/// that it needs, and prints how it is called.
pub(super) fn run(shop: &Shop, board: &Board, boot: &Boot<'_>) -> Result<Tally, Trouble> {
    let folder = out(shop, &board.name);
    let image = read(&folder.join("flash.img"))?;
    cut(shop, board, &folder, &image)?;
    let chip = boot.chip.map_or_else(|| folder.join("chip.img"), |it| shop.root.join(it));
    flashed(board, &image, &chip)?;
    let mut qemu = command(shop, board, &folder, &chip, boot);
    if boot.print {
        let words = [qemu.get_program()].into_iter().chain(qemu.get_args());
        words.for_each(|word| say(word.display()));
        return Ok(Tally::PASSED);
    }
    if boot.tap.is_none() {
        say("The admin page: http://127.0.0.1:8080/");
    }
    say("The serial console; Ctrl-A X ends the emulator.");
    Ok(Tally::one(succeeds(qemu.stdin(Stdio::inherit()))))
}

/// Cuts what the boot loader would load out of the kernel slot.
fn cut(shop: &Shop, board: &Board, folder: &Path, image: &[u8]) -> Result<(), Trouble> {
    let slot = board.flash.partition("kernel").map_err(failed)?;
    let slot = content(image, slot).map_err(failed)?;
    write(&folder.join("qemu.itb"), fit(slot).map_err(failed)?)?;
    for (place, file) in in_slot(board).enumerate() {
        let mut dumpimage = shop.tool("dumpimage");
        dumpimage.current_dir(folder).args(["-T", "flat_dt", "-p", &place.to_string()]);
        printed(dumpimage.args(["-o", file, "qemu.itb"]))?;
    }
    Ok(())
}

/// The files in the kernel slot, in their order there.
fn in_slot(board: &Board) -> impl Iterator<Item = &'static str> {
    let tree = board.kernel.device_tree.is_some().then_some(TREE);
    [Some(KERNEL), tree, Some(INITRD)].into_iter().flatten()
}

/// The one way in which an image is booted: by a person, and by the tests.
fn command(shop: &Shop, board: &Board, folder: &Path, chip: &Path, boot: &Boot<'_>) -> Command {
    let Emulator { machine, memory, options, drive, nics } = &board.emulator;
    let drive = format!("file={},format=raw,{drive}", chip.display());
    let mut qemu = shop.tool("qemu-system-arm");
    qemu.args(["-M", machine, "-m", memory, "-nographic", "-no-reboot"]).args(options);
    qemu.arg("-kernel").arg(folder.join(KERNEL)).arg("-initrd").arg(folder.join(INITRD));
    match board.kernel.device_tree {
        Some(_) => qemu.arg("-dtb").arg(folder.join(TREE)),
        // It says how the kernel is started where there is one.
        None => qemu.args(["-append", &board.kernel.command_line]),
    };
    qemu.args(["-drive", &drive]);
    for (place, (tap, else_to)) in [(boot.tap, FORWARDED), (boot.wan, ALONE)].iter().enumerate() {
        let tap = tap.map(|tap| format!("tap,ifname={tap},script=no,downscript=no"));
        let to = tap.unwrap_or_else(|| (*else_to).to_owned());
        match nics.get(place) {
            Some(device) => {
                qemu.args(["-netdev", &format!("{to},id=port{place}")]);
                qemu.args(["-device", &format!("{device},netdev=port{place}")])
            }
            None => qemu.args(["-nic", &to]),
        };
    }
    qemu
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

    #[test]
    fn a_boot_is_asked_for_in_words() {
        let boot = Boot { tap: Some("tap0"), wan: Some("tap1"), chip: Some("a.img"), print: true };
        let words = ["--chip", "a.img", "--print", "--tap", "tap0", "--wan", "tap1"];
        assert_eq!(Boot::read(&words), Some(boot));
        assert_eq!(Boot::read(&[]), Some(Boot::default()));
        assert_eq!(Boot::read(&["--tap"]), None);
        assert_eq!(Boot::read(&["--tea"]), None);
    }
}
