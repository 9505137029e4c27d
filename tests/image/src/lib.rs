//! The flash images of the boards, booted in an emulator, with real clients on their ports.
//!
//! An [`appliance::Appliance`] is a box with a flash chip of its own on an office network of its
//! own: a test switches it on, plugs phones in, cuts its power and reads its serial console. The
//! emulator is called as `cargo xtask qemu` calls it, because that verb is asked for the call; the
//! image is what `cargo xtask image BOARD` has made. The clients and the namespaces are those of
//! the crate `lan`.
//!
//! | module | what it gives |
//! |---|---|
//! | `appliance` | the box, its network, on and off |
//! | `chip` | its flash: what lies where, and how to spoil it |
//! | `console` | the serial console: what was said, when, and a shell on it |
//! | `qmp` | the hands on the board: its button, its reset |
//! | `clean` | what a console must never say |
//! | `phone` | a Yealink that boots as far as its dial tone |
//! | `figures` | what the image costs: memory, and the time to the first offer |
//!
//! One box is switched on at a time: two emulators on a small machine make each other's times
//! meaningless. Times under emulation say nothing of a real board; ratios and sizes do.
//!
//! Nothing outlives a test: the emulator is killed when dropped, and dies with its parent.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

pub mod appliance;
pub mod chip;
pub mod clean;
pub mod console;
mod cpio;
mod empty;
pub mod figures;
mod knock;
pub mod phone;
pub mod qmp;
mod spoilt;

use std::path::{Path, PathBuf};

/// What every test here calls.
const PROGRAMS: [&str; 7] =
    ["ip", "qemu-system-arm", "setpriv", "/dev/net/tun", "busybox", "curl", "sipp"];

/// Whether the image of a board can be booted here. Says aloud that it cannot, and fails where `CI`
/// is `true`.
pub fn can_run(test: &str, board: &str) -> bool {
    let image = image(board);
    let image = image.to_str().expect("the tree lies at a path in UTF-8");
    lan::can_run(test, &[&PROGRAMS[..], &[image]].concat())
}

/// Where the image of a board lies.
fn image(board: &str) -> PathBuf {
    root().join("target/image").join(board).join("flash.img")
}

/// The root of the tree.
fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).expect("this crate lies two folders below the root")
}
