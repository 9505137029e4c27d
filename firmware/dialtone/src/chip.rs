//! The flash that holds the state: a partition of a chip, or a file that behaves like one.

use crate::mtd::Mtd;
use crate::nor_file::{NorFile, Timing};
use journal::{Flash, Geometry};
use std::io;
use std::path::Path;

/// Either kind.
pub(crate) enum Chip {
    /// A partition, through the kernel.
    Mtd(Mtd),
    /// A file.
    File(NorFile),
}

impl Chip {
    /// Opens what the path names.
    pub(crate) fn open(path: &Path, timing: Timing) -> io::Result<Chip> {
        if Mtd::is(path) {
            return Mtd::open(path).map(Chip::Mtd);
        }
        NorFile::open(path, timing).map(Chip::File)
    }
}

impl Flash for Chip {
    type Error = io::Error;

    fn geometry(&self) -> Geometry {
        match self {
            Chip::Mtd(mtd) => mtd.geometry(),
            Chip::File(file) => file.geometry(),
        }
    }

    fn read(&mut self, at: u32, buf: &mut [u8]) -> io::Result<()> {
        match self {
            Chip::Mtd(mtd) => mtd.read(at, buf),
            Chip::File(file) => file.read(at, buf),
        }
    }

    fn program(&mut self, at: u32, bytes: &[u8]) -> io::Result<()> {
        match self {
            Chip::Mtd(mtd) => mtd.program(at, bytes),
            Chip::File(file) => file.program(at, bytes),
        }
    }

    fn erase(&mut self, at: u32) -> io::Result<()> {
        match self {
            Chip::Mtd(mtd) => mtd.erase(at),
            Chip::File(file) => file.erase(at),
        }
    }
}
