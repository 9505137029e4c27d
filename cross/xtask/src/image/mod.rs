//! The flash image of a board, and its first boot in an emulator.
//!
//! `cargo xtask image BOARD` writes `target/image/BOARD/flash.img`, the whole chip as a programmer
//! would write it, and beside it `manifest.toml` with the size of everything in it. The kernel and
//! its modules are Debian's for 32-bit ARM, the userland is built from Debian's source: fetched
//! with apt, unpacked into `target/image/cache`, never installed. The daemon is what `cargo xtask
//! cross` makes. `cargo xtask qemu BOARD` boots that image.
//!
//! | module | what it knows |
//! |---|---|
//! | `board` | `board.toml`, and that its flash map makes sense |
//! | `parts` | the kernel's package, and what is taken from it |
//! | `userland` | busybox, and how it is built |
//! | `slots` | what goes into the kernel slot and into a root slot |
//! | `chip` | the partitions put together, the manifest, the limits |
//! | `gpt` | the partition table, where the flash is a disk |
//! | `measure` | what the image costs once it runs, and how much it may |
//! | `qemu` | the emulator, and what it needs cut out of the image |
//!
//! Both root slots of a new box hold the same, so that it starts with one of them damaged.

mod board;
mod chip;
mod gpt;
mod measure;
mod parts;
mod qemu;
mod slots;
mod userland;

use crate::cross::{self, Trouble};
use crate::debian::{self, package, Package};
use crate::shop::Shop;
use crate::tally::Tally;
use board::Board;
use parts::Parts;
pub(crate) use qemu::Boot;
use slots::Content;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const TOOLS: &[Package] = &[
    package("squashfs-tools", "mksquashfs"),
    package("cpio", "cpio"),
    package("device-tree-compiler", "fdtput"),
    package("u-boot-tools", "mkimage"),
    package("e2fsprogs", "mke2fs"),
];

const EMULATOR: &[Package] = &[package("qemu-system-arm", "qemu-system-arm")];

/// Builds the image of a board and its manifest.
pub(crate) fn build(shop: &Shop, name: &str) -> Result<Tally, Trouble> {
    let board = Board::read(shop, name)?;
    have(shop, TOOLS)?;
    cross::daemon(shop)?;
    let parts = Parts::of(shop, &board.kernel.package)?;
    let out = out(shop, name);
    fs::create_dir_all(&out).map_err(failed)?;
    let content = Content::make(shop, &board, &parts, &out)?;
    chip::assemble(shop, &board, &parts, &content)
}

/// Builds the image of a board and measures it in the emulator.
pub(crate) fn measured(shop: &Shop, name: &str) -> Result<Tally, Trouble> {
    let mut tally = build(shop, name)?;
    tally += measure::run(shop, name)?;
    Ok(tally)
}

/// The boards there are: the folders with a `board.toml`, by name.
pub(crate) fn boards(shop: &Shop) -> Result<Vec<String>, Trouble> {
    let entries = fs::read_dir(shop.root.join("board")).map_err(failed)?;
    let folders = entries.flatten().map(|it| it.path());
    let boards = folders.filter(|it| it.join("board.toml").is_file());
    let names = boards.filter_map(|it| Some(it.file_name()?.to_str()?.to_owned()));
    let mut names: Vec<String> = names.collect();
    names.sort();
    Ok(names)
}

/// Whether what building and booting an image takes is here, or could be fetched.
pub(crate) fn ready(shop: &Shop) -> Result<(), Trouble> {
    have(shop, TOOLS)?;
    have(shop, EMULATOR)
}

/// Boots the image of a board, which must have been built.
pub(crate) fn boot(shop: &Shop, name: &str, boot: &Boot<'_>) -> Result<Tally, Trouble> {
    let board = Board::read(shop, name)?;
    have(shop, TOOLS)?;
    have(shop, EMULATOR)?;
    qemu::run(shop, &board, boot)
}

/// Where what is made for a board lies.
fn out(shop: &Shop, board: &str) -> PathBuf {
    shop.root.join("target/image").join(board)
}

fn have(shop: &Shop, packages: &'static [Package]) -> Result<(), Trouble> {
    match debian::missing(shop, packages).as_slice() {
        [] => Ok(()),
        missing => Err(Trouble::Missing(format!(
            "missing {}; install them with apt-get.",
            missing.join(" ")
        ))),
    }
}

fn failed(what: impl std::fmt::Display) -> Trouble {
    Trouble::Failed(what.to_string())
}

/// Reads a file; an error names it.
fn read(path: &Path) -> Result<Vec<u8>, Trouble> {
    fs::read(path).map_err(|error| failed(format_args!("{}: {error}", path.display())))
}

/// Writes a file; an error names it.
fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<(), Trouble> {
    fs::write(path, bytes).map_err(|error| failed(format_args!("{}: {error}", path.display())))
}

/// Runs a tool to its end and gives what it printed; what it complained about is the failure.
fn printed(command: &mut Command) -> Result<String, Trouble> {
    printed_from(command, Stdio::null())
}

/// Does so with a tool that asks questions.
fn printed_from(command: &mut Command, answers: Stdio) -> Result<String, Trouble> {
    let program = command.get_program().display().to_string();
    let output = command.stdin(answers).output();
    let output = output.map_err(|error| failed(format_args!("{program}: {error}")))?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(failed(format_args!("{program} failed: {}", why.trim())));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
