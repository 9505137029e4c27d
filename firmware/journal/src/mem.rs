//! A NOR flash in memory that can be cut, flipped, broken and counted: for tests and the
//! simulation.
//!
//! It is stricter than a chip. Setting a bit by programming is an error, and so is programming a
//! block whose last erase was cut: that block may read blank now and not tomorrow. Fuel is spent
//! per byte programmed and once per erase; the operation that finds none is cut part-way, and the
//! power is off until `power_on`. What a cut leaves is drawn from the seed, so a run can be
//! repeated. Reads are free.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use crate::flash::{Flash, Geometry};

/// What a cut does to the program in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tear {
    /// Bytes go one after the other; of the byte at the cut, some bits are cleared.
    Byte,
    /// The chip fills a page at once; of the page at the cut, some bits are cleared anywhere.
    Page,
}

/// Why the flash did not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemError {
    /// The power is off.
    PowerCut,
    /// The operation was chosen to fail by `fail_after`.
    Broken,
    /// The program would set a bit of the byte at this offset.
    SetsBits {
        /// Offset in bytes.
        at: u32,
    },
    /// The program goes to a block whose last erase was cut.
    HalfErased {
        /// Offset in bytes of the block.
        at: u32,
    },
    /// It lies outside the flash, or an erase does not begin on a block.
    OutOfRange,
}

/// The flash.
#[derive(Clone)]
pub struct MemFlash {
    geometry: Geometry,
    bytes: Vec<u8>,
    half_erased: Vec<bool>,
    worn_out: Vec<bool>,
    erases: Vec<u32>,
    programmed: u64,
    program_calls: u64,
    fuel: Option<u64>,
    fail_after: Option<u64>,
    off: bool,
    tear: Tear,
    seed: u64,
}

impl MemFlash {
    /// Makes a blank flash.
    pub fn new(geometry: Geometry) -> MemFlash {
        let blocks = geometry.size.checked_div(geometry.erase_block).unwrap_or(0) as usize;
        MemFlash {
            geometry,
            bytes: vec![0xFF; geometry.size as usize],
            half_erased: vec![false; blocks],
            worn_out: vec![false; blocks],
            erases: vec![0; blocks],
            programmed: 0,
            program_calls: 0,
            fuel: None,
            fail_after: None,
            off: false,
            tear: Tear::Byte,
            seed: 0,
        }
    }

    /// Makes a flash that holds `image`, cut or filled up with 0xFF to the size of the geometry.
    pub fn holding(geometry: Geometry, image: &[u8]) -> MemFlash {
        let mut flash = MemFlash::new(geometry);
        for (byte, from) in flash.bytes.iter_mut().zip(image) {
            *byte = *from;
        }
        flash
    }

    /// Returns what it holds.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Lends what it holds, for damage of any kind.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// Cuts the power once `fuel` more bytes are programmed or blocks erased.
    pub fn cut_after(&mut self, fuel: u64) {
        self.fuel = Some(fuel);
    }

    /// Chooses how a program is torn; byte by byte unless told.
    pub fn tear(&mut self, tear: Tear) {
        self.tear = tear;
    }

    /// Chooses what cuts leave behind.
    pub fn seed(&mut self, seed: u64) {
        self.seed = seed;
    }

    /// Lets the given number of programs and erases succeed and the next one fail, half done, once.
    pub fn fail_after(&mut self, operations: u64) {
        self.fail_after = Some(operations);
    }

    /// Wears a block out: from now on no erase of it succeeds.
    pub fn wear_out(&mut self, block: u32) {
        if let Some(worn_out) = self.worn_out.get_mut(block as usize) {
            *worn_out = true;
        }
    }

    /// Gives the power back, with no cut or failure to come.
    pub fn power_on(&mut self) {
        (self.off, self.fuel, self.fail_after) = (false, None, None);
    }

    /// Tells whether a cut has happened since the power was last on.
    pub fn is_off(&self) -> bool {
        self.off
    }

    /// Inverts one bit, counted from the lowest of the first byte; one outside is ignored.
    pub fn flip(&mut self, bit: u64) {
        if let Some(byte) = self.bytes.get_mut((bit / 8) as usize) {
            *byte ^= 1 << (bit % 8);
        }
    }

    /// Returns how many bytes were programmed in all.
    pub fn programmed(&self) -> u64 {
        self.programmed
    }

    /// Returns how many calls of `program` there were.
    pub fn program_calls(&self) -> u64 {
        self.program_calls
    }

    /// Returns how often each block was erased.
    pub fn erases(&self) -> &[u32] {
        &self.erases
    }

    /// Returns the fuel that was spent in all: bytes programmed and blocks erased.
    pub fn spent(&self) -> u64 {
        self.programmed + self.erases.iter().map(|n| u64::from(*n)).sum::<u64>()
    }

    /// Takes fuel for `wanted` units; returns how many there are power for.
    fn burn(&mut self, wanted: u64) -> u64 {
        let Some(fuel) = self.fuel else { return wanted };
        let granted = fuel.min(wanted);
        self.fuel = Some(fuel - granted);
        self.off = granted < wanted;
        granted
    }

    /// Returns whether this operation is the one that fails.
    fn breaks(&mut self) -> bool {
        let breaks = self.fail_after == Some(0);
        self.fail_after = self.fail_after.and_then(|left| left.checked_sub(1));
        breaks
    }

    /// SplitMix64.
    fn draw(&mut self) -> u64 {
        self.seed = self.seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Returns where `len` bytes from `at` on are held.
    fn range(&self, at: u32, len: usize) -> Result<core::ops::Range<usize>, MemError> {
        let end = (at as usize).checked_add(len).ok_or(MemError::OutOfRange)?;
        if end > self.bytes.len() {
            return Err(MemError::OutOfRange);
        }
        Ok(at as usize..end)
    }

    fn check_program(&self, at: u32, wanted: &[u8]) -> Result<(), MemError> {
        let range = self.range(at, wanted.len())?;
        for (offset, (now, wanted)) in (at..).zip(self.bytes[range].iter().zip(wanted)) {
            if now & wanted != *wanted {
                return Err(MemError::SetsBits { at: offset });
            }
            let block = offset / self.geometry.erase_block;
            if self.half_erased.get(block as usize) == Some(&true) {
                return Err(MemError::HalfErased { at: block * self.geometry.erase_block });
            }
        }
        Ok(())
    }

    /// Programs the first `whole` bytes and tears the page, or the byte, behind them.
    fn tear_off(&mut self, at: usize, wanted: &[u8], whole: usize) {
        let page = self.geometry.page.max(1) as usize;
        let cut = at + whole;
        let torn = match self.tear {
            Tear::Byte => cut..cut + 1,
            Tear::Page => cut / page * page..(cut / page + 1) * page,
        };
        for (offset, wanted) in (at..).zip(wanted) {
            let mask = match (torn.contains(&offset), offset < cut) {
                (true, _) => self.draw() as u8,
                (false, true) => 0,
                (false, false) => break,
            };
            self.bytes[offset] &= wanted | mask;
        }
    }

    /// Leaves a block as a cut erase may: untouched, blank at first sight, or any mixture.
    fn half_erase(&mut self, range: core::ops::Range<usize>) {
        let kind = self.draw() % 5;
        let middle = range.start + (self.draw() as usize) % range.len();
        for offset in range {
            let drawn = self.draw() as u8;
            let byte = self.bytes[offset];
            self.bytes[offset] = match kind {
                0 => byte,
                1 => 0xFF,
                2 => byte | drawn,
                // Many chips program a block to zeros before they erase it.
                3 => byte & drawn,
                _ if offset < middle => 0xFF,
                _ => drawn,
            };
        }
    }
}

impl Flash for MemFlash {
    type Error = MemError;

    fn geometry(&self) -> Geometry {
        self.geometry
    }

    fn read(&mut self, at: u32, buf: &mut [u8]) -> Result<(), MemError> {
        if self.off {
            return Err(MemError::PowerCut);
        }
        let range = self.range(at, buf.len())?;
        buf.copy_from_slice(&self.bytes[range]);
        Ok(())
    }

    fn program(&mut self, at: u32, bytes: &[u8]) -> Result<(), MemError> {
        if self.off {
            return Err(MemError::PowerCut);
        }
        self.check_program(at, bytes)?;
        self.program_calls += 1;
        let broken = self.breaks();
        let wanted = if broken { &bytes[..bytes.len() / 2] } else { bytes };
        let granted = self.burn(wanted.len() as u64);
        self.programmed += granted;
        let start = at as usize;
        if self.off {
            self.tear_off(start, wanted, granted as usize);
            return Err(MemError::PowerCut);
        }
        for (now, wanted) in self.bytes[start..].iter_mut().zip(wanted) {
            *now &= wanted;
        }
        if broken {
            return Err(MemError::Broken);
        }
        Ok(())
    }

    fn erase(&mut self, at: u32) -> Result<(), MemError> {
        if self.off {
            return Err(MemError::PowerCut);
        }
        let block = at.checked_div(self.geometry.erase_block).ok_or(MemError::OutOfRange)? as usize;
        let range = self.range(at, self.geometry.erase_block as usize)?;
        if !at.is_multiple_of(self.geometry.erase_block) || block >= self.erases.len() {
            return Err(MemError::OutOfRange);
        }
        let broken = self.breaks() || self.worn_out[block];
        if broken || self.burn(1) == 0 {
            self.half_erased[block] = true;
            self.half_erase(range);
            return Err(if broken { MemError::Broken } else { MemError::PowerCut });
        }
        self.bytes[range].fill(0xFF);
        self.half_erased[block] = false;
        self.erases[block] += 1;
        Ok(())
    }
}

impl fmt::Debug for MemFlash {
    /// Shows its size and counts, not its bytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemFlash")
            .field("geometry", &self.geometry)
            .field("programmed", &self.programmed)
            .field("erases", &self.erases)
            .field("off", &self.off)
            .finish_non_exhaustive()
    }
}
