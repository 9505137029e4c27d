//! The linker and the C library for ARM: zig, and the program that puts it in cargo's way.
//!
//! Both are of one fixed version each and are fetched into `target/cross`, by Python's and by
//! cargo's own installer, so that nothing of the machine's changes.

use super::toolchain::said;
use super::{have, Trouble};
use crate::debian::{package, Package};
use crate::shop::{say, succeeds, Shop};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const ZIG: &str = "0.15.2";
const ZIGBUILD: &str = "0.24.1";

/// What Python needs to set up a folder for packages of its own.
const PYTHON: &[Package] = &[package("python3-venv", "/var/lib/dpkg/info/python3-venv.list")];

/// The two programs, and where they lie.
#[derive(Debug)]
pub(super) struct Linker {
    folder: PathBuf,
}

impl Linker {
    /// Finds both in a folder, or puts them there.
    pub(super) fn at(shop: &Shop, folder: &Path) -> Result<Linker, Trouble> {
        let linker = Linker { folder: folder.to_owned() };
        if linker.zig().is_none_or(|it| it != ZIG) {
            linker.fetch_zig(shop)?;
        }
        if linker.zigbuild().is_none_or(|it| !it.ends_with(ZIGBUILD)) {
            linker.fetch_zigbuild(shop)?;
        }
        Ok(linker)
    }

    /// The program that is called as cargo is.
    pub(super) fn program(&self) -> PathBuf {
        self.folder.join("bin/cargo-zigbuild")
    }

    /// Tells a call of that program where zig is, and where both may keep what they made.
    pub(super) fn serve(&self, command: &mut Command, builds: &Path) {
        command.env("CARGO_ZIGBUILD_PYTHON_PATH", self.python());
        command.env("CARGO_ZIGBUILD_CACHE_DIR", builds.join("zigbuild"));
        command.env("ZIG_GLOBAL_CACHE_DIR", builds.join("zig"));
        command.env("ZIG_LOCAL_CACHE_DIR", builds.join("zig"));
    }

    /// The versions of both, in one line.
    pub(super) fn version(&self) -> String {
        format!("zig {ZIG}, cargo-zigbuild {ZIGBUILD}")
    }

    fn python(&self) -> PathBuf {
        self.folder.join("venv/bin/python")
    }

    fn zig(&self) -> Option<String> {
        said(Command::new(self.python()).args(["-m", "ziglang", "version"])).ok()
    }

    fn zigbuild(&self) -> Option<String> {
        said(Command::new(self.program()).arg("--version")).ok()
    }

    fn fetch_zig(&self, shop: &Shop) -> Result<(), Trouble> {
        let folder = self.folder.join("venv");
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(Trouble::failed)?;
        }
        if said(shop.tool("python3").args(["-c", "import ensurepip, venv"])).is_err() {
            have(shop, PYTHON)?;
        }
        say(format_args!("fetching zig {ZIG}"));
        let package = format!("ziglang=={ZIG}");
        let made = succeeds(shop.tool("python3").args(["-m", "venv"]).arg(folder));
        let mut pip = shop.tool(self.python());
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", &package]);
        if made && succeeds(&mut pip) && self.zig().is_some_and(|it| it == ZIG) {
            return Ok(());
        }
        Err(Trouble::Missing(format!("{package} cannot be installed by pip.")))
    }

    fn fetch_zigbuild(&self, shop: &Shop) -> Result<(), Trouble> {
        say(format_args!("building cargo-zigbuild {ZIGBUILD}; it takes two minutes, once"));
        let package = format!("cargo-zigbuild@{ZIGBUILD}");
        let mut install = shop.cargo(&["install", "--quiet", "--locked", "--force", &package]);
        install.arg("--root").arg(&self.folder);
        if succeeds(&mut install) && self.zigbuild().is_some() {
            return Ok(());
        }
        Err(Trouble::Missing(format!("{package} cannot be installed by cargo.")))
    }
}
