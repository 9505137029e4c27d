//! Whose compiler builds for a target, and where the target's standard library comes from.
//!
//! The one that called this tool, where it has the target or rustup can add it. Otherwise Debian's,
//! which brings the source of the standard library and builds it along; cargo calls that unstable,
//! which is why the compiler has to be told that it may.

use super::{have, Trouble};
use crate::debian::{package, Package};
use crate::shop::{say, Shop};
use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A compiler of 1.88 or later, with the source of its standard library. The package of this name
/// in the release itself may be older than that; the one among its security updates is not.
const RUST: &[Package] = &[
    package("rustc-web", "/var/lib/dpkg/info/rustc-web.list"),
    package("cargo-web", "/var/lib/dpkg/info/cargo-web.list"),
    package("rust-web-src", "/var/lib/dpkg/info/rust-web-src.list"),
];

/// How long rustup may try, in seconds: long enough for 30 MB, short enough to wait for.
const PATIENCE: &str = "90";

/// Where a toolchain's standard library comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Library {
    /// It was built by those who built the compiler.
    Shipped,
    /// It is built here, from its source.
    Source,
}

/// A cargo and the compiler it is to call.
#[derive(Debug)]
pub(super) struct Toolchain {
    pub(super) cargo: OsString,
    pub(super) rustc: OsString,
    pub(super) library: Library,
}

impl Toolchain {
    /// The first that can build for a target.
    pub(super) fn with(shop: &Shop, target: &str) -> Result<Toolchain, Trouble> {
        let own = Toolchain {
            cargo: shop.cargo(&[]).get_program().to_owned(),
            rustc: env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()),
            library: Library::Shipped,
        };
        if own.knows(target) || added(shop, target) && own.knows(target) {
            return Ok(own);
        }
        have(shop, RUST)?;
        Ok(Toolchain {
            cargo: "/usr/bin/cargo".into(),
            rustc: "/usr/bin/rustc".into(),
            library: Library::Source,
        })
    }

    /// Makes this the toolchain that a call of cargo uses, itself or through another program.
    pub(super) fn serve(&self, command: &mut Command, source: &str) {
        command.env("CARGO", &self.cargo).env("RUSTC", &self.rustc);
        if self.library == Library::Source {
            command.env("RUSTC_BOOTSTRAP", "1").env("CARGO_UNSTABLE_BUILD_STD", source);
        }
    }

    /// The folders that the standard library's sources may be called by, most general first.
    pub(super) fn library_folders(&self) -> Result<Vec<PathBuf>, Trouble> {
        let named = PathBuf::from(self.printed("sysroot", None)?).join("lib/rustlib/src/rust");
        let real = named.canonicalize().ok().filter(|it| *it != named);
        Ok([named].into_iter().chain(real).collect())
    }

    /// The compiler and its version, in one line.
    pub(super) fn version(&self) -> Result<String, Trouble> {
        said(Command::new(&self.rustc).arg("--version"))
    }

    /// Cargo and its version, in one line.
    pub(super) fn cargo_version(&self) -> Result<String, Trouble> {
        said(Command::new(&self.cargo).arg("--version"))
    }

    fn knows(&self, target: &str) -> bool {
        let libraries = self.printed("target-libdir", Some(target));
        libraries.is_ok_and(|it| PathBuf::from(it).exists())
    }

    fn printed(&self, what: &str, target: Option<&str>) -> Result<String, Trouble> {
        let target = target.map(|it| ["--target", it]);
        let mut command = Command::new(&self.rustc);
        command.args(["--print", what]).args(target.iter().flatten());
        said(&mut command)
    }
}

/// What a program prints, without the space around it.
pub(super) fn said(command: &mut Command) -> Result<String, Trouble> {
    let name = command.get_program().display().to_string();
    command.env_remove("LD_LIBRARY_PATH").stdin(Stdio::null()).stderr(Stdio::null());
    match command.output() {
        Ok(output) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        }
        Ok(output) => Err(Trouble::Failed(format!("{name} ended with {}", output.status))),
        Err(error) => Err(Trouble::Failed(format!("{name} cannot be started: {error}"))),
    }
}

/// Whether rustup, where it is in use, could add a target.
fn added(shop: &Shop, target: &str) -> bool {
    let mut rustup = shop.tool("timeout");
    rustup.args([PATIENCE, "rustup", "target", "add", target]);
    let added = said(&mut rustup).is_ok();
    if !added {
        say(format_args!("rustup does not give {target} here; taking Debian's Rust."));
    }
    added
}
