//! A file that behaves as NOR flash does: a program only clears bits, an erase sets a block.
//!
//! What a real chip would refuse, this refuses: a caller that programs over what it has not erased
//! finds out on the host. Every program is synced before it counts, so a power cut of the host is
//! one of the flash too. Page timing can be switched on for measurements.

use crate::chip::PARTITION_BYTES_LEAST;
use journal::mem::MemFlash;
use journal::{Flash, Geometry, Journal};
use nix::fcntl::{Flock, FlockArg};
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, FileTypeExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

/// What is made where there is no file: 1 MiB with 4 KiB blocks and 256-byte pages, as the smallest
/// partition of a board.
const GEOMETRY: Geometry = Geometry { size: 1024 * 1024, erase_block: 4096, page: 256 };
/// The erase blocks that a chip can have, in bytes.
const ERASE_BLOCKS: [u32; 7] = [4_096, 8_192, 16_384, 32_768, 65_536, 131_072, 262_144];
/// The largest file that is taken for a copy of a partition, in bytes.
const BYTES_MOST: u32 = 32 * 1024 * 1024;
/// How a disk is divided for large files, in bytes.
const LARGE_BLOCK: u32 = 64 * 1024;
/// A page takes 0.4 to 0.7 ms on the usual chips.
const PAGE_TIME: Duration = Duration::from_micros(550);
/// A block of 4 KiB takes 45 ms, a larger one longer.
const ERASE_TIME: Duration = Duration::from_millis(45);
const LARGE_ERASE_TIME: Duration = Duration::from_millis(150);

/// The emulated flash.
pub(crate) struct NorFile {
    file: Flock<File>,
    geometry: Geometry,
    timing: Timing,
}

/// Whether the file takes as long as a chip would.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Timing {
    /// As fast as the host writes.
    Host,
    /// As slow as NOR.
    Nor,
}

impl NorFile {
    /// The geometry of a file that is made.
    pub(crate) const GEOMETRY: Geometry = GEOMETRY;

    /// The size of a file with so many bytes; nothing where it can be no state.
    pub(crate) fn sized(bytes: u64) -> Option<u32> {
        let size = u32::try_from(bytes).ok()?;
        let whole = size.is_multiple_of(GEOMETRY.erase_block);
        let fits = (PARTITION_BYTES_LEAST..=BYTES_MOST).contains(&size);
        (whole && fits).then_some(size)
    }

    /// How a file is divided that has these bytes; nothing where it can be no state.
    ///
    /// A copy of a partition does not say how large the erase blocks of its chip are. As long as
    /// the chip has lost none, the state reads alike with any that give the same halves, and the
    /// smallest that agree with what was counted are taken. Otherwise they are those with which
    /// most is proven good.
    pub(crate) fn divided(image: &[u8]) -> Option<Geometry> {
        let size = NorFile::sized(image.len() as u64)?;
        let mut best = (Proof::default(), Geometry { size, ..GEOMETRY });
        for erase_block in ERASE_BLOCKS {
            let geometry = Geometry { size, erase_block, ..GEOMETRY };
            let Some(proof) = Proof::of(geometry, image) else { continue };
            if proof.is_whole() {
                return Some(geometry);
            }
            if proof > best.0 {
                best = (proof, geometry);
            }
        }
        Some(best.1)
    }

    /// Opens the file, makes it blank flash where there is none or nothing in it, and keeps others
    /// from it.
    pub(crate) fn open(path: &Path, timing: Timing) -> io::Result<NorFile> {
        match path.metadata() {
            Ok(there) if there.len() > 0 => (),
            Ok(_empty) => make(path)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => make(path)?,
            Err(error) => return Err(error),
        }
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let file = alone(file)?;
        let len = file.metadata()?.len();
        let other = || {
            let why = format!("it is not a state file of Dialtone ({len} bytes)");
            io::Error::new(io::ErrorKind::InvalidData, why)
        };
        let mut image = vec![0; NorFile::sized(len).ok_or_else(other)? as usize];
        file.read_exact_at(&mut image, 0)?;
        let geometry = NorFile::divided(&image).ok_or_else(other)?;
        Ok(NorFile { file, geometry, timing })
    }

    /// Opens a file or the partition of a disk for large files, in large blocks, and keeps others
    /// from it; one that is missing is made with so many bytes, none of which takes room yet.
    pub(crate) fn of_files(path: &Path, bytes: u64, most: u64) -> io::Result<NorFile> {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = alone(file.open(path)?)?;
        let kind = file.metadata()?.file_type();
        // A disk's partition has no size of its own.
        let mut len = file.seek(SeekFrom::End(0))?;
        if kind.is_file() && len == 0 {
            file.set_len(bytes)?;
            len = bytes;
        } else if !kind.is_file() && !kind.is_block_device() {
            let why = "it is neither a file nor a partition";
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        let size = (len.min(most) as u32) / LARGE_BLOCK * LARGE_BLOCK;
        let geometry = Geometry { size, erase_block: LARGE_BLOCK, page: GEOMETRY.page };
        Ok(NorFile { file, geometry, timing: Timing::Host })
    }
}

/// Keeps others of this program from a file as long as it is open.
fn alone(file: File) -> io::Result<Flock<File>> {
    let busy = |(_, errno): (File, nix::Error)| {
        if errno == nix::Error::EWOULDBLOCK {
            let why = "another Dialtone uses this file";
            return io::Error::new(io::ErrorKind::ResourceBusy, why);
        }
        errno.into()
    };
    Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(busy)
}

/// What speaks for a way to divide a copy, the weightiest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Proof {
    undamaged: bool,
    records: u32,
    /// No more was written than so many blocks of this size hold as were erased.
    counts_agree: bool,
    none_lost: bool,
}

impl Proof {
    /// Nothing where it is no state at all if it is divided so.
    fn of(geometry: Geometry, image: &[u8]) -> Option<Proof> {
        let copy = MemFlash::holding(geometry, image);
        let (mut journal, found) = Journal::mount(copy, &mut |_| {}).ok()?;
        let pending = journal.look().unwrap_or_default();
        let erased = u64::from(journal.erases()) + u64::from(pending);
        let before = journal.written().saturating_sub(u64::from(journal.used()));
        Some(Proof {
            undamaged: found.damaged.is_none(),
            records: found.records,
            counts_agree: before <= erased * u64::from(geometry.erase_block),
            none_lost: journal.retired() == 0,
        })
    }

    /// Tells whether another size could not be better.
    fn is_whole(&self) -> bool {
        self.undamaged && self.counts_agree && self.none_lost
    }
}

/// Makes blank flash under a name of its own first, so that a power cut leaves no half of it: that
/// would be taken for somebody else's file.
fn make(path: &Path) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all_at(&vec![0xff; GEOMETRY.size as usize], 0)?;
    file.sync_all()?;
    match std::fs::hard_link(&new, path) {
        Ok(()) => std::fs::remove_file(&new)?,
        // Another one was faster, and uses its file already; or there is an empty one.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            match path.metadata()?.len() {
                0 => std::fs::rename(&new, path)?,
                _theirs => std::fs::remove_file(&new)?,
            }
        }
        // Not every file system has links.
        Err(_no_links) => std::fs::rename(&new, path)?,
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

impl Flash for NorFile {
    type Error = io::Error;

    fn geometry(&self) -> Geometry {
        self.geometry
    }

    fn read(&mut self, at: u32, buf: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(buf, u64::from(at))
    }

    fn program(&mut self, at: u32, bytes: &[u8]) -> io::Result<()> {
        let mut there = vec![0; bytes.len()];
        self.file.read_exact_at(&mut there, u64::from(at))?;
        if there.iter().zip(bytes).any(|(old, new)| old & new != *new) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "programs over unerased flash",
            ));
        }
        self.file.write_all_at(bytes, u64::from(at))?;
        self.file.sync_data()?;
        if self.timing == Timing::Nor {
            let (first, last) = (at / GEOMETRY.page, (at + bytes.len() as u32 - 1) / GEOMETRY.page);
            std::thread::sleep(PAGE_TIME * (last - first + 1));
        }
        Ok(())
    }

    fn erase(&mut self, at: u32) -> io::Result<()> {
        let block = self.geometry.erase_block;
        self.file.write_all_at(&vec![0xff; block as usize], u64::from(at))?;
        self.file.sync_data()?;
        if self.timing == Timing::Nor {
            let large = block > GEOMETRY.erase_block;
            std::thread::sleep(if large { LARGE_ERASE_TIME } else { ERASE_TIME });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_cleared_stays_cleared_until_it_is_erased() {
        let path = std::env::temp_dir().join(format!("dialtone-nor-{}", std::process::id()));
        let mut flash = NorFile::open(&path, Timing::Host).unwrap();
        flash.program(4096, &[0x0f]).unwrap();
        assert!(flash.program(4096, &[0xf0]).is_err());
        flash.erase(4096).unwrap();
        flash.program(4096, &[0xf0]).unwrap();
        assert!(NorFile::open(&path, Timing::Host).is_err(), "one user at a time");
        drop(flash);
        let mut byte = [0];
        NorFile::open(&path, Timing::Host).unwrap().read(4096, &mut byte).unwrap();
        assert_eq!(byte, [0xf0]);
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_file_has_whole_blocks_and_is_as_large_as_a_partition_may_be() {
        let sized = NorFile::sized;
        for bytes in [262_144, 1_048_576, 4_194_304, 4_194_304 + 4_096, 33_554_432] {
            assert_eq!(sized(u64::from(bytes)), Some(bytes));
        }
        for bytes in [0, 4_096, 262_144 - 4_096, 1_048_577, 33_554_432 + 4_096, 1 << 32, u64::MAX] {
            assert_eq!(sized(bytes), None, "{bytes}");
        }
    }

    #[test]
    fn a_file_whose_making_was_cut_off_is_made_anew() {
        let path = std::env::temp_dir().join(format!("dialtone-nor-cut-{}", std::process::id()));
        let half = path.with_file_name(format!("dialtone-nor-cut-{}.new", std::process::id()));
        std::fs::write(&half, [0xff; 1_000]).unwrap();
        drop(NorFile::open(&path, Timing::Host).unwrap());
        assert!(!half.exists());
        assert_eq!(path.metadata().unwrap().len(), u64::from(GEOMETRY.size));
        std::fs::remove_file(&path).unwrap();
    }
}
