//! The flash that holds the state: a partition of a chip, or a file that behaves like one.
//!
//! What a path names is looked at before it is opened for writing: nothing is ever made among the
//! devices, and what is neither NOR flash nor a file of the right size is left as it is.

use crate::mtd::Mtd;
use crate::nor_file::{NorFile, Timing};
use crate::state;
use journal::mem::{MemError, MemFlash};
use journal::{Fault, Flash, Geometry, MountError};
use nix::errno::Errno;
use pages::recovery::Problem;
use std::io;
use std::path::Path;

/// Least size in bytes of a partition: two banks that each hold some two hundred handsets.
pub(crate) const PARTITION_BYTES_LEAST: u32 = 256 * 1024;
/// Where the devices are; a name that is missing there is a partition that is missing.
pub(crate) const DEVICES: &str = "/dev";

/// Either kind.
pub(crate) enum Chip {
    /// A partition, through the kernel.
    Mtd(Mtd),
    /// A file.
    File(NorFile),
    /// A copy in memory of either, for a start that must not write; what is written to it is lost.
    Copy(MemFlash),
}

impl Chip {
    /// Opens what the path names, if it can hold a state at all; a file that is missing is made.
    pub(crate) fn open(path: &Path, timing: Timing) -> Result<Chip, Problem> {
        let chip = match path.metadata() {
            Ok(_) if Mtd::is(path) => Chip::partition(path)?,
            Ok(found) if found.is_file() => Chip::file(path, timing, found.len())?,
            Ok(_neither) => return Err(Problem::NotFlash),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(fault(&error)),
            Err(_missing) if path.parent() == Some(Path::new(DEVICES)) => {
                return Err(Problem::Missing);
            }
            Err(_missing) => Chip::file(path, timing, 0)?,
        };
        fit(chip.geometry())?;
        Ok(chip)
    }

    /// Copies what the path names into memory; the flash itself is read only.
    pub(crate) fn copy(path: &Path) -> Result<Chip, Problem> {
        let (geometry, image) = state::image(path)?;
        fit(geometry)?;
        Ok(Chip::Copy(MemFlash::holding(geometry, &image)))
    }

    pub(crate) fn partition(path: &Path) -> Result<Chip, Problem> {
        use io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem, ResourceBusy};
        let mtd = Mtd::open(path).map_err(|error| {
            // The kernel denies writing to everybody where a partition cuts through a block.
            let denied = matches!(error.kind(), PermissionDenied | ReadOnlyFilesystem);
            if denied {
                Problem::WriteProtected
            } else if error.kind() == ResourceBusy {
                Problem::InUse
            } else {
                fault(&error)
            }
        })?;
        if !mtd.clears_single_bits() {
            return Err(Problem::NotFlash);
        }
        Ok(Chip::Mtd(mtd))
    }

    fn file(path: &Path, timing: Timing, bytes: u64) -> Result<Chip, Problem> {
        let opened = NorFile::open(path, timing).map_err(|error| {
            let kind = error.kind();
            if kind == io::ErrorKind::ResourceBusy {
                Problem::InUse
            } else if kind == io::ErrorKind::InvalidData {
                Problem::FileSize { bytes }
            } else {
                fault(&error)
            }
        })?;
        Ok(Chip::File(opened))
    }
}

/// Tells whether two banks of whole blocks lie in a partition, and enough in each. What else the
/// journal asks of sizes it says itself when it is mounted.
fn fit(geometry: Geometry) -> Result<(), Problem> {
    let Geometry { size, erase_block, page } = geometry;
    if size < PARTITION_BYTES_LEAST {
        return Err(Problem::TooSmall { bytes: size, wanted: PARTITION_BYTES_LEAST });
    }
    let whole_pages = page != 0 && erase_block != 0 && erase_block.is_multiple_of(page);
    if !whole_pages || size / erase_block < 2 {
        return Err(Problem::EraseBlocks { bytes: erase_block });
    }
    Ok(())
}

/// Why a chip that could be opened holds no state that can be used.
pub(crate) fn unmounted<E>(error: &MountError<E>, fault: impl Fn(&E) -> Problem) -> Problem {
    match error {
        // Too small and badly divided ones were not opened.
        MountError::Geometry => Problem::TooLarge,
        MountError::OtherGeometry { bank_bytes } => Problem::OtherBanks { bytes: *bank_bytes },
        MountError::Newer { version } => {
            Problem::Newer { version: *version, known: journal::FORMAT_VERSION }
        }
        MountError::Foreign => Problem::Foreign,
        MountError::Headless => Problem::Headless,
        MountError::Fault(Fault::Flash(error)) => fault(error),
        MountError::Fault(Fault::Unverified { .. }) => {
            Problem::Fault { said: "it does not read back what was written" }
        }
    }
}

/// What the system says of a failure, in its words.
pub(crate) fn fault(error: &io::Error) -> Problem {
    let said = error.raw_os_error().map(|number| Errno::from_raw(number).desc());
    Problem::Fault { said: said.unwrap_or("the driver gives no reason") }
}

impl Flash for Chip {
    type Error = io::Error;

    fn geometry(&self) -> Geometry {
        match self {
            Chip::Mtd(mtd) => mtd.geometry(),
            Chip::File(file) => file.geometry(),
            Chip::Copy(copy) => copy.geometry(),
        }
    }

    fn read(&mut self, at: u32, buf: &mut [u8]) -> io::Result<()> {
        match self {
            Chip::Mtd(mtd) => mtd.read(at, buf),
            Chip::File(file) => file.read(at, buf),
            Chip::Copy(copy) => copy.read(at, buf).map_err(outside),
        }
    }

    fn program(&mut self, at: u32, bytes: &[u8]) -> io::Result<()> {
        match self {
            Chip::Mtd(mtd) => mtd.program(at, bytes),
            Chip::File(file) => file.program(at, bytes),
            Chip::Copy(copy) => copy.program(at, bytes).map_err(outside),
        }
    }

    fn erase(&mut self, at: u32) -> io::Result<()> {
        match self {
            Chip::Mtd(mtd) => mtd.erase(at),
            Chip::File(file) => file.erase(at),
            Chip::Copy(copy) => copy.erase(at).map_err(outside),
        }
    }
}

/// A copy fails only where it is asked for what no chip would do.
fn outside(error: MemError) -> io::Error {
    io::Error::other(format!("{error:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn refusal(path: &Path) -> Option<Problem> {
        Chip::open(path, Timing::Host).err()
    }

    fn own_file(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("dialtone-chip-{name}-{}", std::process::id()))
    }

    #[test]
    fn a_partition_that_is_missing_is_not_made_as_a_file() {
        let missing = Path::new("/dev/no-such-partition-of-dialtone");
        assert_eq!(refusal(missing), Some(Problem::Missing));
        assert!(!missing.exists());
    }

    #[test]
    fn what_is_neither_flash_nor_a_file_is_not_touched() {
        for path in ["/dev/null", "/dev", "/proc"] {
            assert_eq!(refusal(Path::new(path)), Some(Problem::NotFlash), "{path}");
        }
    }

    #[test]
    fn a_file_of_another_size_is_refused_and_stays_as_it_is() {
        let path = own_file("size");
        for bytes in [1usize, 512, 128 * 1024, 1024 * 1024 - 1, 1024 * 1024 + 1] {
            std::fs::write(&path, vec![7; bytes]).unwrap();
            assert_eq!(refusal(&path), Some(Problem::FileSize { bytes: bytes as u64 }));
            assert_eq!(std::fs::read(&path).unwrap(), vec![7; bytes]);
        }
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_copy_takes_what_is_written_and_the_file_does_not() {
        let path = own_file("copy");
        drop(Chip::open(&path, Timing::Host).unwrap_or_else(|why| panic!("{why}")));
        let before = std::fs::read(&path).unwrap();
        let mut copy = Chip::copy(&path).unwrap_or_else(|why| panic!("{why}"));
        copy.program(4_096, &[1, 2, 3]).unwrap();
        let mut there = [0; 3];
        copy.read(4_096, &mut there).unwrap();
        assert_eq!((there, copy.program(4_096, &[0xff]).is_err()), ([1, 2, 3], true));
        assert!(copy.erase(1).is_err() && copy.erase(4_096).is_ok());
        assert_eq!(std::fs::read(&path).unwrap(), before);
        std::fs::remove_file(&path).unwrap();
        assert!(Chip::copy(&path).is_err());
    }

    #[test]
    fn a_file_that_is_held_by_another_is_in_use() {
        let path = own_file("held");
        let held = Chip::open(&path, Timing::Host).unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(refusal(&path), Some(Problem::InUse));
        drop(held);
        assert_eq!(refusal(&path), None);
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn erase_blocks_of_every_usual_size_are_good_and_others_are_named() {
        let of = |size, erase_block| fit(Geometry { size, erase_block, page: 256 });
        for kib in [4, 32, 64, 128, 256] {
            assert_eq!(of(4 * 1024 * 1024, kib * 1024), Ok(()), "{kib} KiB");
        }
        assert_eq!(of(512 * 1024, 256 * 1024), Ok(()));
        for (size, bytes) in [(262_144, 262_144), (262_144, 0), (1_048_576, 4_095), (300_000, 1)] {
            assert_eq!(of(size, bytes), Err(Problem::EraseBlocks { bytes }));
        }
        let wanted = PARTITION_BYTES_LEAST;
        for bytes in [0, 4_096, wanted - 1] {
            assert_eq!(of(bytes, 4_096), Err(Problem::TooSmall { bytes, wanted }));
        }
    }

    #[test]
    fn the_systems_words_are_kept() {
        let said = fault(&io::Error::from_raw_os_error(nix::libc::EIO)).to_string();
        assert_eq!(said, "it cannot be read (I/O error)");
        let said = fault(&io::Error::other("anything")).to_string();
        assert_eq!(said, "it cannot be read (the driver gives no reason)");
    }
}
