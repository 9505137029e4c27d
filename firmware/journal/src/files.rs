//! A few large files on NOR flash of their own, such as firmware of phones: each in one piece, and
//! there only once it is there as a whole.
//!
//! The first two erase blocks hold the directory, one of them the one in force; the others hold
//! files. Numbers are little-endian.
//!
//! | where | bytes | field | meaning |
//! |---|---|---|---|
//! | block 0 or 1 | 8 | magic | `DTfile\r\n` |
//! | + 8 | 4 | version | 1 |
//! | + 12 | 4 | sequence | 1, then one more per change; of two good directories the higher counts |
//! | + 16 | 4 | files | how many entries follow |
//! | + 20 | 172 each | entry | see below |
//! | behind them | 4 | CRC-32 | of all before |
//! | entry + 0 | 4 | first | number of the block with which the file begins |
//! | + 4 | 4 | bytes | its size |
//! | + 8 | 32 | digest | SHA-256 of its content |
//! | + 40 | 2 | lengths | of name and remark, one byte each |
//! | + 42 | 64 | name | UTF-8, filled up with zeros |
//! | + 106 | 64 | remark | whatever the caller wrote, filled up with zeros |
//! | + 170 | 2 | | zeros |
//!
//! A file is written to blocks that no entry names, each erased when its first byte comes, and read
//! back piece by piece; then the directory is written anew to the block that is not in force. So a
//! cut at any byte leaves the directory before or the one after, and of a file that was under way
//! nothing but free room. The first directory ever goes to block 0, unerased where it is blank: a
//! torn one there, which has each one bit of the magic and of version 1, beside a blank block 1 is
//! an empty store. Blank is all ones or, as on a new disk, all zeros. Whatever else is there is
//! somebody else's.
//!
//! A block that fails is passed over until the next mount, which does not know it; the next file
//! that needs it finds out again. Files are rare, so wear is not levelled. What was kept is not
//! read through at a mount: whoever wants to know whether it still is what it was compares the
//! digest.

mod layout;

use crate::error::Fault;
use crate::flash::{self, Flash};
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;
use sha2::{Digest, Sha256};

/// Files at the same time.
pub const FILES_MAX: usize = 20;
/// Bytes of a name.
pub const NAME_BYTES_MAX: usize = 64;
/// Bytes of a caller's remark on a file.
pub const REMARK_BYTES_MAX: usize = 64;
/// Blocks of the directory; all behind them are of files.
const DIRECTORY_BLOCKS: u32 = 2;

/// Which file; a number that was used since the mount is not used again, so that nobody who reads a
/// file that was deleted reads another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileNo(pub u32);

/// A file that is there as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its number since the mount.
    pub no: FileNo,
    /// Its name; no two have the same.
    pub name: String,
    /// What the caller wrote about it.
    pub remark: Vec<u8>,
    /// Its size in bytes.
    pub bytes: u32,
    /// SHA-256 of its content.
    pub digest: [u8; 32],
    /// The block with which it begins.
    first: u32,
}

/// How much more fits, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// The largest file that fits.
    pub largest: u32,
    /// All that is free, in however many pieces.
    pub free: u32,
    /// What all files together may take.
    pub all: u32,
}

/// Why a file was not begun; nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotBegun {
    /// It is larger than what is free in one piece.
    TooLarge {
        /// Bytes that are missing.
        missing: u64,
    },
    /// There are as many files as there can be.
    TooMany,
    /// Its name or the remark is empty or longer than it may be, or it has no bytes.
    Unnamed,
    /// Another one is being written.
    Busy,
}

/// Why a flash holds no files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoFiles<E> {
    /// Its blocks are too small for a directory, or too few.
    Geometry,
    /// It is neither blank nor a store of files, or its directory is damaged.
    Foreign,
    /// It failed.
    Fault(Fault<E>),
}

/// Why a file that was begun did not come to be; what it took is free again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotKept<E> {
    /// More bytes came than were announced, or none was begun.
    Unannounced,
    /// The flash failed; a block that did is passed over from now on.
    Fault(Fault<E>),
}

impl<E> From<Fault<E>> for NotKept<E> {
    fn from(fault: Fault<E>) -> Self {
        NotKept::Fault(fault)
    }
}

/// The file under way.
struct Writing {
    name: String,
    remark: Vec<u8>,
    first: u32,
    /// Bytes that may come, and that have come.
    announced: u32,
    bytes: u32,
    /// The next block to be erased.
    next: u32,
    digest: Sha256,
}

/// A flash with files on it.
pub struct Files<F> {
    flash: F,
    files: Vec<File>,
    sequence: u32,
    /// The block of the directory in force.
    half: u32,
    last_no: u32,
    writing: Option<Writing>,
    /// Blocks that failed since the mount.
    bad: Vec<u32>,
}

impl<F: Flash> Files<F> {
    /// Reads the directory; writes nothing.
    pub fn mount(mut flash: F) -> Result<Files<F>, NoFiles<F::Error>> {
        let geometry = flash.geometry();
        let block = geometry.erase_block;
        if (block as usize) < layout::BYTES_MAX || geometry.size / block <= DIRECTORY_BLOCKS {
            return Err(NoFiles::Geometry);
        }
        let mut found = Vec::new();
        let mut empty = true;
        for half in 0..DIRECTORY_BLOCKS {
            let mut bytes = vec![0; block as usize];
            let read = flash.read(half * block, &mut bytes);
            read.map_err(|error| NoFiles::Fault(Fault::Flash(error)))?;
            // An erase of a new disk that was cut leaves some of both.
            let blank = bytes.iter().all(|byte| matches!(byte, 0xFF | 0));
            empty &= blank || half == 0 && layout::may_be_torn(&bytes);
            let blocks = DIRECTORY_BLOCKS..geometry.size / block;
            if let Some((sequence, files)) = layout::read(&bytes, blocks, block) {
                found.push((sequence, half, files));
            }
        }
        found.sort_by_key(|(sequence, ..)| *sequence);
        let (sequence, half, mut files) = match found.pop() {
            Some(latest) => latest,
            None if empty => (0, 1, Vec::new()),
            None => return Err(NoFiles::Foreign),
        };
        (1..).zip(&mut files).for_each(|(no, file)| file.no = FileNo(no));
        let last_no = files.len() as u32;
        Ok(Files { flash, files, sequence, half, last_no, writing: None, bad: Vec::new() })
    }

    /// All files, in the order in which they came.
    pub fn files(&self) -> &[File] {
        &self.files
    }

    /// How much more fits.
    pub fn room(&self) -> Room {
        let block = self.block_bytes();
        let gaps = self.gaps();
        let blocks = |gap: &Range<u32>| gap.end - gap.start;
        let all = self.blocks().len() as u32;
        Room {
            largest: gaps.iter().map(blocks).max().unwrap_or(0) * block,
            free: gaps.iter().map(blocks).sum::<u32>() * block,
            all: all * block,
        }
    }

    /// Begins a file of at most so many bytes; one of the same name stays until this one is whole.
    pub fn begin(&mut self, name: &str, remark: &[u8], bytes: u64) -> Result<(), NotBegun> {
        let named = (1..=NAME_BYTES_MAX).contains(&name.len()) && remark.len() <= REMARK_BYTES_MAX;
        if !named || bytes == 0 {
            return Err(NotBegun::Unnamed);
        }
        if self.writing.is_some() {
            return Err(NotBegun::Busy);
        }
        if self.files.len() >= FILES_MAX && !self.files.iter().any(|file| file.name == name) {
            return Err(NotBegun::TooMany);
        }
        let largest = u64::from(self.room().largest);
        if bytes > largest {
            return Err(NotBegun::TooLarge { missing: bytes - largest });
        }
        let announced = bytes as u32;
        let blocks = announced.div_ceil(self.block_bytes());
        // The smallest gap that it fits keeps large ones whole.
        let mut gaps = self.gaps();
        gaps.sort_by_key(|gap| gap.end - gap.start);
        let gap = gaps.into_iter().find(|gap| gap.end - gap.start >= blocks);
        let Some(Range { start: first, .. }) = gap else { return Err(NotBegun::Busy) };
        self.writing = Some(Writing {
            name: String::from(name),
            remark: remark.to_vec(),
            first,
            announced,
            bytes: 0,
            next: first,
            digest: Sha256::new(),
        });
        Ok(())
    }

    /// Writes the next bytes of the file that was begun, erasing each block before its first; they
    /// have been read back when this returns. After an error the file is given up.
    pub fn write(&mut self, piece: &[u8]) -> Result<(), NotKept<F::Error>> {
        let written = self.write_piece(piece);
        if written.is_err() {
            if let Some(Writing { next, .. }) = self.writing.take() {
                // The block at which it stopped.
                if matches!(written, Err(NotKept::Fault(_))) {
                    self.bad.push(next.saturating_sub(1));
                }
            }
        }
        written
    }

    fn write_piece(&mut self, piece: &[u8]) -> Result<(), NotKept<F::Error>> {
        let block = self.block_bytes();
        let writing = self.writing.as_mut().ok_or(NotKept::Unannounced)?;
        let mut rest = piece;
        if piece.len() as u64 > u64::from(writing.announced - writing.bytes) {
            return Err(NotKept::Unannounced);
        }
        while !rest.is_empty() {
            let at = writing.first * block + writing.bytes;
            if at.is_multiple_of(block) {
                writing.next = at / block + 1;
                flash::erase(&mut self.flash, at)?;
            }
            let len = rest.len().min((block - at % block) as usize);
            let (now, later) = rest.split_at(len);
            flash::program(&mut self.flash, at, now)?;
            writing.digest.update(now);
            writing.bytes += len as u32;
            rest = later;
        }
        Ok(())
    }

    /// Makes what was written a file, in the place of one of the same name; one without a byte is
    /// none.
    pub fn finish(&mut self) -> Result<File, NotKept<F::Error>> {
        let writing = self.writing.take().filter(|writing| writing.bytes > 0);
        let Writing { name, remark, first, bytes, digest, .. } =
            writing.ok_or(NotKept::Unannounced)?;
        let no = FileNo(self.last_no + 1);
        let file = File { no, name, remark, bytes, digest: digest.finalize().into(), first };
        let others = self.files.iter().filter(|other| other.name != file.name);
        let files = others.chain([&file]).cloned().collect();
        self.put(files)?;
        self.last_no += 1;
        Ok(file)
    }

    /// Gives up the file under way, if there is one.
    pub fn abandon(&mut self) {
        self.writing = None;
    }

    /// Deletes a file; tells whether there was one.
    pub fn delete(&mut self, no: FileNo) -> Result<bool, Fault<F::Error>> {
        let others: Vec<File> = self.files.iter().filter(|file| file.no != no).cloned().collect();
        if others.len() == self.files.len() {
            return Ok(false);
        }
        self.put(others)?;
        Ok(true)
    }

    /// Fills the buffer with bytes of a file from `at` on; tells how many there were, `None` where
    /// there is no such file any more.
    pub fn read(
        &mut self,
        no: FileNo,
        at: u32,
        buffer: &mut [u8],
    ) -> Result<Option<usize>, Fault<F::Error>> {
        let block = self.block_bytes();
        let Some(file) = self.files.iter().find(|file| file.no == no) else { return Ok(None) };
        let len = buffer.len().min(file.bytes.saturating_sub(at) as usize);
        let (wanted, _) = buffer.split_at_mut(len);
        if !wanted.is_empty() {
            self.flash.read(file.first * block + at, wanted).map_err(Fault::Flash)?;
        }
        Ok(Some(len))
    }

    /// Gives the flash back.
    pub fn into_flash(self) -> F {
        self.flash
    }

    /// Writes another directory to the block that is not in force; until its last byte is there the
    /// old one counts.
    fn put(&mut self, files: Vec<File>) -> Result<(), Fault<F::Error>> {
        let half = 1 - self.half;
        let sequence = self.sequence + 1;
        let bytes = layout::write(sequence, &files);
        let at = half * self.block_bytes();
        // A cut erase can leave anything, and the first directory has no other one beside it.
        let begun = sequence == 1 && flash::program(&mut self.flash, at, &bytes).is_ok();
        if !begun {
            flash::erase(&mut self.flash, at)?;
            flash::program(&mut self.flash, at, &bytes)?;
        }
        (self.files, self.sequence, self.half) = (files, sequence, half);
        Ok(())
    }

    fn block_bytes(&self) -> u32 {
        self.flash.geometry().erase_block
    }

    fn blocks(&self) -> Range<u32> {
        DIRECTORY_BLOCKS..self.flash.geometry().size / self.block_bytes()
    }

    /// What no file, bad block or file under way takes, in ascending order.
    fn gaps(&self) -> Vec<Range<u32>> {
        let block = self.block_bytes();
        let extent = |first: u32, bytes: u32| first..first + bytes.div_ceil(block);
        let mut taken: Vec<Range<u32>> =
            self.files.iter().map(|file| extent(file.first, file.bytes)).collect();
        taken.extend(self.writing.iter().map(|it| extent(it.first, it.announced)));
        taken.extend(self.bad.iter().map(|bad| *bad..bad + 1));
        taken.sort_by_key(|range| range.start);
        let Range { start, end } = self.blocks();
        let mut gaps = Vec::new();
        let mut from = start;
        for range in taken.into_iter().chain(core::iter::once(end..end)) {
            if range.start > from {
                gaps.push(from..range.start);
            }
            from = from.max(range.end);
        }
        gaps
    }
}

/// Makes an empty store of whatever a flash holds.
pub fn erase<F: Flash>(flash: &mut F) -> Result<(), Fault<F::Error>> {
    let block = flash.geometry().erase_block;
    (0..DIRECTORY_BLOCKS).try_for_each(|half| flash::erase(flash, half * block))
}
