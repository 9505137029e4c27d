//! What is written down about a built daemon, and how large it may be.
//!
//! The manifest names everything that two people need to have in common to get the same bytes: the
//! commit, the compiler and where its standard library came from, the linker, the target.

use super::build::{commit, Bench};
use super::toolchain::Library;
use super::{Trouble, BOX};
use crate::shop::Shop;
use sha2::{Digest, Sha256};
use std::fmt;

/// The most that the stripped daemon may measure, in bytes: 2.5 MiB.
const BYTES_MOST: usize = 5 << 19;

/// What it is meant to measure, in bytes: 2.0 MiB.
const BYTES_AIM: usize = 2 << 20;

/// A daemon and what it was built with.
pub(super) struct Manifest {
    bytes: usize,
    sha256: String,
    commit: String,
    /// Whether the tree was as committed.
    clean: bool,
    rustc: String,
    cargo: String,
    library: Library,
    linker: String,
}

impl Manifest {
    /// Asks the tools and git.
    pub(super) fn of(shop: &Shop, bytes: &[u8], bench: &Bench) -> Result<Manifest, Trouble> {
        let status = commit(&shop.root, &["status", "--porcelain"]);
        Ok(Manifest {
            bytes: bytes.len(),
            sha256: sha256(bytes),
            commit: commit(&shop.root, &["rev-parse", "HEAD"]).unwrap_or_default(),
            clean: status.is_ok_and(|it| it.is_empty()),
            rustc: bench.toolchain.version()?,
            cargo: bench.toolchain.cargo_version()?,
            library: bench.toolchain.library,
            linker: bench.linker.version(),
        })
    }

    /// Whether the daemon is larger than it may be.
    pub(super) fn is_too_large(&self) -> bool {
        self.bytes > BYTES_MOST
    }

    /// How large it is beside what it may be and what it is meant to be.
    pub(super) fn size(&self) -> String {
        let (bytes, mib) = (self.bytes, self.bytes as f64 / f64::from(1 << 20));
        let (far, side) =
            (BYTES_AIM.abs_diff(bytes) >> 10, if bytes > BYTES_AIM { "above" } else { "below" });
        format!("{bytes} bytes, {mib:.2} MiB: {far} KiB {side} the aim of 2.0 MiB, 2.5 MiB at most")
    }
}

impl fmt::Display for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Manifest { bytes, sha256, commit, clean, rustc, cargo, library, linker } = self;
        let library = match library {
            Library::Shipped => "shipped with the compiler",
            Library::Source => "built here from the compiler's source",
        };
        writeln!(f, "file = \"dialtone\"")?;
        writeln!(f, "bytes = {bytes}")?;
        writeln!(f, "bytes_most = {BYTES_MOST}")?;
        writeln!(f, "bytes_aim = {BYTES_AIM}")?;
        writeln!(f, "sha256 = \"{sha256}\"")?;
        writeln!(f, "target = \"{BOX}\"")?;
        writeln!(f, "features = []")?;
        writeln!(f, "profile = \"release\"")?;
        writeln!(f, "commit = \"{commit}\"")?;
        writeln!(f, "clean = {clean}")?;
        writeln!(f, "\n[toolchain]")?;
        writeln!(f, "rustc = \"{rustc}\"")?;
        writeln!(f, "cargo = \"{cargo}\"")?;
        writeln!(f, "library = \"{library}\"")?;
        writeln!(f, "linker = \"{linker}\"")
    }
}

/// The SHA-256 of some bytes, in hex.
pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|it| format!("{it:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(bytes: usize) -> Manifest {
        Manifest {
            bytes,
            sha256: sha256(b"abc"),
            commit: "0123".to_owned(),
            clean: true,
            rustc: "rustc 1".to_owned(),
            cargo: "cargo 1".to_owned(),
            library: Library::Source,
            linker: "zig 1".to_owned(),
        }
    }

    #[test]
    fn a_manifest_can_be_read_back() {
        let table: toml::Table = manifest(7).to_string().parse().unwrap();
        assert_eq!(table["bytes"].as_integer(), Some(7));
        assert_eq!(table["toolchain"]["rustc"].as_str(), Some("rustc 1"));
        // FIPS 180-4, the first example.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(table["sha256"].as_str(), Some(abc));
    }

    #[test]
    fn a_byte_over_the_limit_is_too_large() {
        assert!(!manifest(2_621_440).is_too_large());
        assert!(manifest(2_621_441).is_too_large());
    }

    #[test]
    fn the_size_is_said_from_the_aim() {
        let said = manifest(1_048_576).size();
        assert!(said.starts_with("1048576 bytes, 1.00 MiB: 1024 KiB below the aim"), "{said}");
        assert!(manifest(2_200_000).size().contains("KiB above the aim"));
    }
}
