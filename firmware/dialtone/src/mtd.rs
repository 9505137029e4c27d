//! NOR flash through the kernel's MTD character device.
//!
//! `MEMGETINFO` tells the geometry, `MEMERASE` erases, reads and programs are plain `pread` and
//! `pwrite`. Some chips start write-protected; `MEMUNLOCK` lifts that where the driver has it. An
//! erase can block for seconds: this is for the flash thread only.
#![allow(unsafe_code, reason = "ioctls have no safe form")]

use journal::{Flash, Geometry};
use nix::fcntl::{Flock, FlockArg};
use nix::libc;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt};
use std::path::Path;

/// Major device number of MTD character devices.
const MTD_MAJOR: u64 = 90;
/// Smallest piece programmed at once where the chip does not say: a page of the usual NOR chips.
const PAGE_BYTES: u32 = 256;
/// Flags of the kernel: it can be written, and each bit of it can be cleared by itself. Flash with
/// error correction or pages that are written once has only the first.
const WRITEABLE: u32 = 0x400;
const BIT_WRITEABLE: u32 = 0x800;

/// `struct mtd_info_user` of the kernel.
#[repr(C)]
#[derive(Default)]
pub(crate) struct ChipFacts {
    kind: u8,
    flags: u32,
    size: u32,
    erase_size: u32,
    write_size: u32,
    oob_size: u32,
    padding: u64,
}

/// `struct erase_info_user` of the kernel.
#[repr(C)]
pub(crate) struct Region {
    start: u32,
    length: u32,
}

mod ioctl {
    nix::ioctl_read!(get_info, b'M', 1, super::ChipFacts);
    nix::ioctl_write_ptr!(erase, b'M', 2, super::Region);
    nix::ioctl_write_ptr!(unlock, b'M', 6, super::Region);
}

const _: () = assert!(size_of::<ChipFacts>() == 32 && size_of::<Region>() == 8);

/// A partition of a flash chip.
pub(crate) struct Mtd {
    file: Flock<File>,
    geometry: Geometry,
    flags: u32,
}

impl Mtd {
    /// Whether a path is such a partition, and not a file that stands for one.
    pub(crate) fn is(path: &Path) -> bool {
        path.metadata().is_ok_and(|found| {
            found.file_type().is_char_device() && u64::from(libc::major(found.rdev())) == MTD_MAJOR
        })
    }

    /// The geometry of a partition that is only to be looked at.
    pub(crate) fn look(path: &Path) -> io::Result<Geometry> {
        Ok(facts(&File::open(path)?)?.geometry())
    }

    /// Opens a partition, keeps others of this program from it, and makes it writable.
    pub(crate) fn open(path: &Path) -> io::Result<Mtd> {
        let file = alone(OpenOptions::new().read(true).write(true).open(path)?)?;
        let info = facts(&file)?;
        let all = Region { start: 0, length: info.size };
        // SAFETY: the kernel reads a whole `erase_info_user`, which `Region` is. A chip that knows
        // no lock answers that it does not, which is as good.
        let _ = unsafe { ioctl::unlock(file.as_raw_fd(), &raw const all) };
        Ok(Mtd { file, geometry: info.geometry(), flags: info.flags })
    }

    /// Tells whether it behaves as NOR flash does, which the journal relies on.
    pub(crate) fn clears_single_bits(&self) -> bool {
        is_nor(self.flags)
    }
}

/// Holds a partition as long as it is open; a state that is imported must not be written beside a
/// daemon that goes on from the old one.
fn alone(partition: File) -> io::Result<Flock<File>> {
    let busy = |(_, errno): (File, nix::Error)| match errno == nix::Error::EWOULDBLOCK {
        true => io::Error::from(io::ErrorKind::ResourceBusy),
        false => errno.into(),
    };
    Flock::lock(partition, FlockArg::LockExclusiveNonblock).map_err(busy)
}

fn facts(partition: &File) -> io::Result<ChipFacts> {
    let mut info = ChipFacts::default();
    // SAFETY: the kernel fills a whole `mtd_info_user`, which `ChipFacts` is.
    unsafe { ioctl::get_info(partition.as_raw_fd(), &raw mut info) }?;
    Ok(info)
}

impl ChipFacts {
    fn geometry(&self) -> Geometry {
        let page = self.write_size.max(PAGE_BYTES);
        Geometry { size: self.size, erase_block: self.erase_size, page }
    }
}

fn is_nor(flags: u32) -> bool {
    flags & (WRITEABLE | BIT_WRITEABLE) == WRITEABLE | BIT_WRITEABLE
}

impl Flash for Mtd {
    type Error = io::Error;

    fn geometry(&self) -> Geometry {
        self.geometry
    }

    fn read(&mut self, at: u32, buf: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(buf, u64::from(at))
    }

    fn program(&mut self, at: u32, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, u64::from(at))
    }

    fn erase(&mut self, at: u32) -> io::Result<()> {
        let block = Region { start: at, length: self.geometry.erase_block };
        // SAFETY: the kernel reads a whole `erase_info_user`, which `Region` is.
        unsafe { ioctl::erase(self.file.as_raw_fd(), &raw const block) }?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_and_another_device_are_no_partition_of_flash() {
        assert!(!Mtd::is(Path::new("/dev/null")) && !Mtd::is(Path::new("/etc/hostname")));
        assert!(!Mtd::is(Path::new("/nowhere")));
        assert!(Mtd::open(Path::new("/dev/null")).is_err());
    }

    #[test]
    fn a_partition_is_held_by_one_at_a_time() {
        let path = std::env::temp_dir().join(format!("dialtone-mtd-{}", std::process::id()));
        std::fs::write(&path, []).unwrap();
        let open = || File::open(&path).and_then(alone);
        let held = open().unwrap();
        assert_eq!(open().err().map(|error| error.kind()), Some(io::ErrorKind::ResourceBusy));
        drop(held);
        assert!(open().is_ok());
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn only_flash_whose_single_bits_can_be_cleared_is_good() {
        // MTD_CAP_NORFLASH and MTD_CAP_RAM; then MTD_CAP_NANDFLASH and MTD_CAP_ROM.
        assert!(is_nor(0xc00) && is_nor(0x1c00));
        assert!(!is_nor(0x400) && !is_nor(0) && !is_nor(0x800));
    }

    #[test]
    fn the_requests_are_numbered_as_the_kernel_numbers_them() {
        assert_eq!(nix::request_code_read!(b'M', 1, size_of::<ChipFacts>()) as u32, 0x8020_4d01);
        assert_eq!(nix::request_code_write!(b'M', 2, size_of::<Region>()) as u32, 0x4008_4d02);
        assert_eq!(nix::request_code_write!(b'M', 6, size_of::<Region>()) as u32, 0x4008_4d06);
    }
}
