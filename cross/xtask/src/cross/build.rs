//! How cargo is called so that the same sources give the same bytes, wherever they lie.
//!
//! What a compiler would otherwise write into a program: the folder of the sources, of the crates
//! they build on and of the standard library (all three get a fixed name), a build id (there is
//! none), the time (that of the commit). What would otherwise change it: flags and profiles from
//! the environment (they are taken away; the list of crates and where to get them stays).

use super::linker::Linker;
use super::toolchain::{said, Toolchain};
use super::{Trouble, BARE, BOX, COUNTS, FOREIGN, LONG, PURE, SUITE};
use crate::shop::{succeeds, Shop};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Variables that change what cargo builds, or how, by how their names begin.
const MEDDLERS: [&str; 11] = [
    "CARGO_BUILD_",
    "CARGO_ENCODED_",
    "CARGO_INCREMENTAL",
    "CARGO_PROFILE_",
    "CARGO_TARGET_",
    "CARGO_UNSTABLE_",
    "DIALTONE_BUILD",
    "LD_LIBRARY_PATH",
    "RUSTC",
    "RUSTDOC",
    "RUSTFLAGS",
];

/// Whether a program keeps the names of its functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Symbols {
    Stripped,
    Kept,
}

/// Which tests are run as programs for the box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tests {
    /// Those that stand beside what they test.
    OfUnits,
    /// Those in programs of their own too: it takes a quarter of an hour to build and run them.
    All,
}

/// All that builds programs for the box.
#[derive(Debug)]
pub(super) struct Bench {
    pub(super) toolchain: Toolchain,
    pub(super) linker: Linker,
}

impl Bench {
    /// Builds the daemon from a copy of the tree, puts it where it is wanted and reads it.
    pub(super) fn daemon(
        &self,
        tree: &Path,
        builds: &Path,
        symbols: Symbols,
        to: &Path,
    ) -> Result<Vec<u8>, Trouble> {
        // A panic ends the daemon, so nothing walks its stack.
        let mut cargo = self.cargo(tree, builds, &["force-unwind-tables=no"])?;
        cargo.args(["zigbuild", "--locked", "--release", "--target", BOX]);
        cargo.args(["--package", "dialtone", "--no-default-features"]);
        // A library without what walks and prints the stack, of which a stripped program has no
        // names: a fifteenth of the daemon. A panic still says where it was.
        cargo.env("CARGO_UNSTABLE_BUILD_STD_FEATURES", "optimize_for_size");
        // What the daemon says of itself: the commit, and whether the tree was as committed.
        let name = ["describe", "--always", "--exclude=*", "--abbrev=12", "--dirty=-changed"];
        if let Ok(name) = commit(tree, &name) {
            cargo.env("DIALTONE_BUILD", name);
        }
        if symbols == Symbols::Kept {
            cargo.env("CARGO_PROFILE_RELEASE_STRIP", "none");
        }
        if !succeeds(&mut cargo) {
            return Err(Trouble::Failed("The daemon does not build for the box.".to_owned()));
        }
        fs::copy(builds.join(BOX).join("release/dialtone"), to).map_err(Trouble::failed)?;
        fs::read(to).map_err(Trouble::failed)
    }

    /// A run of tests as programs for the box, under an emulator.
    pub(super) fn suite(
        &self,
        shop: &Shop,
        builds: &Path,
        tests: Tests,
    ) -> Result<Command, Trouble> {
        let mut cargo = self.cargo(&shop.root, builds, &[])?;
        cargo.args(["test", "--locked", "--no-fail-fast", "--target", BOX]);
        cargo.args(SUITE.iter().flat_map(|name| ["--package", name]));
        cargo.args(match tests {
            Tests::OfUnits => &["--lib", "--bins", "--"][..],
            Tests::All => &["--lib", "--bins", "--tests", "--"],
        });
        cargo.args(LONG.iter().chain(&FOREIGN).flat_map(|name| ["--skip", name]));
        let runner = format!("CARGO_TARGET_{}_RUNNER", BOX.to_uppercase().replace('-', "_"));
        cargo.env(runner, "qemu-arm-static");
        // Nobody debugs these, and what a debugger wants is most of the time that linking takes.
        cargo.env("CARGO_PROFILE_DEV_DEBUG", "none");
        cargo.envs(COUNTS.into_iter().filter(|(name, _)| env::var_os(name).is_none()));
        Ok(cargo)
    }

    fn cargo(&self, tree: &Path, builds: &Path, more: &[&str]) -> Result<Command, Trouble> {
        let mut cargo = quiet(self.linker.program(), tree, builds);
        self.toolchain.serve(&mut cargo, "std,panic_abort");
        self.linker.serve(&mut cargo, builds);
        let mut flags = remapped(tree, &self.toolchain)?;
        // Thumb-2 is a fifth smaller; the linker brings its own start files and C library.
        let always = [
            "target-feature=+thumb-mode",
            "link-self-contained=no",
            "link-arg=-Wl,--build-id=none",
        ];
        for flag in always.iter().chain(more) {
            flags.extend(["-C".to_owned(), (*flag).to_owned()]);
        }
        cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
        Ok(cargo)
    }
}

/// Builds the pure crates for a chip without an operating system.
pub(super) fn bare(shop: &Shop, toolchain: &Toolchain, builds: &Path) -> Result<(), Trouble> {
    let mut cargo = quiet(&toolchain.cargo, &shop.root, builds);
    toolchain.serve(&mut cargo, "core,alloc");
    cargo.args(["build", "--locked", "--lib", "--target", BARE]);
    cargo.args(PURE.iter().flat_map(|name| ["--package", name]));
    if succeeds(&mut cargo) {
        return Ok(());
    }
    Err(Trouble::Failed(format!("A pure crate does not build for {BARE}.")))
}

/// A call that nothing in the environment changes.
fn quiet(program: impl AsRef<std::ffi::OsStr>, tree: &Path, builds: &Path) -> Command {
    let mut cargo = Command::new(program);
    cargo.current_dir(tree).stdin(Stdio::null());
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if MEDDLERS.iter().any(|it| text.starts_with(it)) {
            cargo.env_remove(&name);
        }
    }
    cargo.env("CARGO_TARGET_DIR", builds);
    if let Ok(seconds) = commit(tree, &["log", "-1", "--format=%ct"]) {
        cargo.env("SOURCE_DATE_EPOCH", seconds);
    }
    cargo
}

/// What git says about a copy of the tree.
pub(super) fn commit(tree: &Path, arguments: &[&str]) -> Result<String, Trouble> {
    said(Command::new("git").arg("-C").arg(tree).args(arguments))
}

/// Fixed names for folders; of two that fit, the compiler takes the later one.
fn remapped(tree: &Path, toolchain: &Toolchain) -> Result<Vec<String>, Trouble> {
    let mut names = vec![(tree.to_owned(), "/dialtone")];
    if let Some(home) = cargo_home() {
        // The folder inside is called after the place that the crates were fetched from.
        let fetched = fs::read_dir(home.join("registry/src")).into_iter().flatten().flatten();
        let mut fetched: Vec<PathBuf> = fetched.map(|it| it.path()).collect();
        fetched.sort();
        names.extend([home].into_iter().chain(fetched).map(|it| (it, "/cargo")));
    }
    names.extend(toolchain.library_folders()?.into_iter().map(|it| (it, "/rust")));
    let flag = |(folder, name): &(PathBuf, &str)| {
        format!("--remap-path-prefix={}={name}", folder.display())
    };
    Ok(names.iter().map(flag).collect())
}

fn cargo_home() -> Option<PathBuf> {
    let usual = || env::var_os("HOME").map(|it| PathBuf::from(it).join(".cargo"));
    env::var_os("CARGO_HOME").map(PathBuf::from).or_else(usual)
}
