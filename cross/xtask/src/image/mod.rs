//! The flash image of a board, and its first boot in an emulator.
//!
//! `cargo xtask image BOARD` writes `target/image/BOARD/flash.img`, the whole chip as a programmer
//! would write it, and beside it `manifest.toml` with the size of everything in it. The kernel, its
//! modules and the userland are Debian's for 32-bit ARM: fetched with apt, unpacked into
//! `target/image/cache`, never installed. The daemon is what `cargo xtask cross` makes.
//! `cargo xtask qemu BOARD` boots that image.
//!
//! | module | what it knows |
//! |---|---|
//! | `board` | `board.toml`, and that its flash map makes sense |
//! | `parts` | the packages of the kernel and of the userland |
//! | `slots` | what goes into the kernel slot and into a root slot |
//! | `chip` | the partitions put together, the manifest, the limits |
//! | `qemu` | the emulator, and what it needs cut out of the image |
//!
//! The second root slot stays empty: there is no update yet that would fill it.

mod board;
mod chip;
mod parts;
mod qemu;
mod slots;

use crate::cross::{self, Trouble};
use crate::debian::{self, package, Package};
use crate::shop::Shop;
use crate::tally::Tally;
use board::Board;
use parts::Parts;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const TOOLS: &[Package] = &[
    package("squashfs-tools", "mksquashfs"),
    package("cpio", "cpio"),
    package("device-tree-compiler", "fdtput"),
    package("u-boot-tools", "mkimage"),
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
    let kernel = slots::kernel(shop, &board, &parts, &out)?;
    let root = slots::root(shop, &parts, &out)?;
    chip::assemble(shop, &board, &parts, &kernel, &root)
}

/// Boots the image of a board, which must have been built.
pub(crate) fn boot(shop: &Shop, name: &str, tap: Option<&str>) -> Result<Tally, Trouble> {
    let board = Board::read(shop, name)?;
    have(shop, TOOLS)?;
    have(shop, EMULATOR)?;
    qemu::run(shop, &board, tap)
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
    let program = command.get_program().display().to_string();
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| failed(format_args!("{program}: {error}")))?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(failed(format_args!("{program} failed: {}", why.trim())));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
