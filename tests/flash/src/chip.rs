//! A NOR flash chip that can be cut, worn, broken, flipped, timed and counted; the meter is here,
//! outside of what is measured.
//!
//! A program only clears bits, an erase sets all bits of a block; whoever asks for something else
//! is told so. A fork shares every tile of 4 KiB until one of both writes to it, so that a chip can
//! be forked at each step of a long script.
//!
//! | power goes off during | what is left |
//! |---|---|
//! | a program | the pages before whole; of the page in flight any subset of the bits to clear |
//! | an erase | the block reads as any mixture of what it held and of ones, or of zeros first |
//!
//! With [`Cells::Marginal`] some of the cells in flight are left between 0 and 1, until they are
//! programmed to 0 or erased: as long as the power stays on all read as 0, or all as 1, or each
//! anew at every read. A half-erased block reads differently every time. A cut is asked for in
//! steps: one for each byte programmed, and [`ERASE_STEPS`] for each erase.

use crate::dice::Dice;
use journal::{Flash, Geometry};
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

/// How many points there are within one erase at which the power can go.
pub const ERASE_STEPS: u64 = 4;
/// What forks share until it is written to, in bytes.
const TILE: usize = 4_096;
/// A page takes 0.4 to 0.7 ms on the usual chips.
const PAGE_US: u64 = 550;

/// What a cut leaves of the cells that it found in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cells {
    /// Each reads as 0 or as 1 from then on.
    Settled,
    /// Some read as either, until they are programmed or erased.
    Marginal,
}

/// How a block no longer erases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worn {
    /// The chip reports it.
    Said,
    /// The chip reports success, and some bits stay 0.
    Silent,
}

/// Why the chip did not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChipError {
    /// The power is off.
    Off,
    /// The operation failed, half done.
    Io,
    /// The program would set a bit of the byte at this offset.
    SetsBits(u32),
    /// The program goes to the half-erased block that begins at this offset.
    HalfErased(u32),
    /// It lies outside the chip, or an erase does not begin on a block.
    OutOfRange,
}

/// What the chip has been through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Bytes programmed.
    pub programmed: u64,
    /// Pages touched by programs, each time they were.
    pub pages: u64,
    /// Programs asked for.
    pub programs: u64,
    /// Erases begun.
    pub erases: u64,
    /// Bytes read.
    pub read: u64,
    /// Reads asked for.
    pub reads: u64,
    /// How long a real chip would have been busy with programs and erases, in microseconds.
    pub busy_us: u64,
    /// Steps at which the power could have gone.
    pub steps: u64,
}

/// The chip.
#[derive(Clone)]
pub struct Chip {
    geometry: Geometry,
    tiles: Vec<Rc<[u8; TILE]>>,
    /// Marginal bits, by the offset of their byte.
    weak: BTreeMap<u32, u8>,
    /// Blocks whose last erase did not end.
    half_erased: BTreeMap<u32, ()>,
    worn: BTreeMap<u32, Worn>,
    erases: Vec<u32>,
    counts: Counts,
    cells: Cells,
    cut: Option<u64>,
    fail: Option<u64>,
    off: bool,
    mood: Mood,
    dice: Dice,
}

/// What cells between 0 and 1 read as until the power goes.
#[derive(Clone, Copy, Debug)]
enum Mood {
    Zeros,
    Ones,
    Either,
}

impl Chip {
    /// A blank chip; its size is cut to whole tiles.
    pub fn new(geometry: Geometry) -> Chip {
        let blank = Rc::new([0xFF; TILE]);
        let blocks = geometry.size.checked_div(geometry.erase_block).unwrap_or(0) as usize;
        Chip {
            geometry,
            tiles: vec![blank; geometry.size as usize / TILE],
            weak: BTreeMap::new(),
            half_erased: BTreeMap::new(),
            worn: BTreeMap::new(),
            erases: vec![0; blocks],
            counts: Counts::default(),
            cells: Cells::Settled,
            cut: None,
            fail: None,
            off: false,
            mood: Mood::Either,
            dice: Dice(0),
        }
    }

    /// Chooses what cuts leave of the cells in flight; settled ones unless told.
    pub fn leave(&mut self, cells: Cells) {
        self.cells = cells;
    }

    /// Chooses what cuts leave, and what marginal cells read as.
    pub fn seed(&mut self, seed: u64) {
        self.dice = Dice(seed);
    }

    /// Takes the power away after so many more steps.
    pub fn cut_after(&mut self, steps: u64) {
        self.cut = Some(steps);
    }

    /// Lets so many programs and erases succeed and the next one fail, half done, once.
    pub fn fail_after(&mut self, operations: u64) {
        self.fail = Some(operations);
    }

    /// The block with this number never erases again.
    pub fn wear_out(&mut self, block: u32, how: Worn) {
        self.worn.insert(block, how);
    }

    /// Gives the power back, with no cut or failure to come.
    pub fn power_on(&mut self) {
        (self.off, self.cut, self.fail) = (false, None, None);
        self.mood = [Mood::Zeros, Mood::Ones, Mood::Either][self.dice.place(3)];
    }

    /// Whether the power is off.
    pub fn is_off(&self) -> bool {
        self.off
    }

    /// What the chip has been through.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// How often each block's erase was begun.
    pub fn erases(&self) -> &[u32] {
        &self.erases
    }

    /// Inverts one bit, counted from the lowest of the first byte; one outside is ignored.
    pub fn flip(&mut self, bit: u64) {
        if let Some(byte) = self.byte_mut((bit / 8) as usize) {
            *byte ^= 1 << (bit % 8);
        }
    }

    /// Puts a byte where it is, as no chip could be told to; one outside is ignored.
    pub fn poke(&mut self, at: usize, value: u8) {
        if let Some(byte) = self.byte_mut(at) {
            *byte = value;
        }
    }

    /// What the cells hold; marginal ones count as 1.
    pub fn peek(&self, at: usize) -> u8 {
        self.tiles.get(at / TILE).map_or(0xFF, |tile| tile[at % TILE])
    }

    /// Whether two chips hold the same.
    pub fn holds_the_same(&self, other: &Chip) -> bool {
        self.tiles == other.tiles
    }

    fn byte_mut(&mut self, at: usize) -> Option<&mut u8> {
        Some(&mut Rc::make_mut(self.tiles.get_mut(at / TILE)?)[at % TILE])
    }

    /// Takes steps; returns how many of them there is power for.
    fn step(&mut self, wanted: u64) -> u64 {
        let granted = self.cut.map_or(wanted, |left| left.min(wanted));
        self.cut = self.cut.map(|left| left - granted);
        self.off = granted < wanted;
        self.counts.steps += granted;
        granted
    }

    /// Whether this operation is the one that fails.
    fn fails(&mut self) -> bool {
        let fails = self.fail == Some(0);
        self.fail = self.fail.and_then(|left| left.checked_sub(1));
        fails
    }

    fn check(&self, at: u32, len: usize) -> Result<(), ChipError> {
        let end = (at as usize).checked_add(len).ok_or(ChipError::OutOfRange)?;
        if end > self.tiles.len() * TILE {
            return Err(ChipError::OutOfRange);
        }
        Ok(())
    }

    fn check_program(&self, at: u32, wanted: &[u8]) -> Result<(), ChipError> {
        self.check(at, wanted.len())?;
        let block = self.geometry.erase_block;
        let last = at + wanted.len().saturating_sub(1) as u32;
        if let Some((half, ())) = self.half_erased.range(at / block..=last / block).next() {
            return Err(ChipError::HalfErased(half * block));
        }
        let mut done = 0;
        while let Some(rest) = wanted.get(done..).filter(|rest| !rest.is_empty()) {
            let from = at as usize + done;
            let len = (TILE - from % TILE).min(rest.len());
            let cells = &self.tiles[from / TILE][from % TILE..from % TILE + len];
            let sets = |(cell, wanted): (&u8, &u8)| cell & wanted != *wanted;
            if let Some(place) = cells.iter().zip(rest).position(sets) {
                return Err(ChipError::SetsBits((from + place) as u32));
            }
            done += len;
        }
        Ok(())
    }

    /// Clears all bits that are to be 0; those are marginal no more.
    fn clear(&mut self, at: u32, wanted: &[u8]) {
        let mut done = 0;
        while let Some(rest) = wanted.get(done..).filter(|rest| !rest.is_empty()) {
            let from = at as usize + done;
            let len = (TILE - from % TILE).min(rest.len());
            if let Some(tile) = self.tiles.get_mut(from / TILE) {
                let cells = Rc::make_mut(tile)[from % TILE..].iter_mut();
                cells.zip(&rest[..len]).for_each(|(cell, wanted)| *cell &= wanted);
            }
            done += len;
        }
        if !self.weak.is_empty() {
            for (at, wanted) in (at..).zip(wanted) {
                if let Some(weak) = self.weak.get_mut(&at) {
                    *weak &= wanted;
                }
            }
            self.weak.retain(|_, weak| *weak != 0);
        }
    }

    /// Leaves a program half done: `whole` bytes were due when the power went.
    fn tear(&mut self, at: u32, wanted: &[u8], whole: usize) {
        let page = self.geometry.page.max(1) as usize;
        let cut = at as usize + whole;
        let start = (cut / page * page).max(at as usize);
        self.clear(at, &wanted[..start - at as usize]);
        let in_page = &wanted[start - at as usize..];
        let in_page = &in_page[..in_page.len().min((cut / page + 1) * page - start)];
        // Some chips go through a page byte by byte, others begin everywhere at once.
        let bytewise = self.dice.happens(30);
        let density = self.dice.below(5);
        let few = self.cells == Cells::Marginal && !bytewise && self.dice.happens(40);
        for (offset, wanted) in (start..).zip(in_page) {
            let drawn = self.dice.draw().to_le_bytes();
            let thick = |mask: u8| match density {
                0 => 0xFF,
                1 => mask | drawn[1],
                2 => mask,
                3 => mask & drawn[1],
                _ => mask & drawn[1] & drawn[2],
            };
            let spared = match (bytewise, offset < cut) {
                (true, true) => 0,
                (true, false) if offset == cut => drawn[0],
                (true, false) => 0xFF,
                (false, _) => thick(drawn[0]),
            };
            let sparse = drawn[3] & drawn[4] & drawn[5] & drawn[6];
            let (spared, weak) = match (few, density > 2) {
                // All but done, and all but untouched.
                (true, true) => (sparse, sparse),
                (true, false) => (0xFF, sparse),
                (false, _) => (spared, spared & drawn[3] & drawn[4]),
            };
            let between = weak & !wanted & self.peek(offset);
            self.clear(offset as u32, &[wanted | spared]);
            if self.cells == Cells::Marginal && between != 0 && !(bytewise && offset > cut) {
                *self.weak.entry(offset as u32).or_default() |= between;
            }
        }
    }

    /// Leaves a block as an erase does that did not end.
    fn half_erase(&mut self, at: u32) {
        let end = (at + self.geometry.erase_block) as usize;
        let kind = self.dice.below(5);
        let middle = at as usize + self.dice.place(end - at as usize);
        for offset in at as usize..end {
            let drawn = if kind > 1 { self.dice.draw() as u8 } else { 0 };
            let Some(byte) = self.byte_mut(offset) else { return };
            *byte = match kind {
                0 => *byte,
                1 => 0xFF,
                2 => *byte | drawn,
                // Many chips program a block to zeros before they erase it.
                3 => *byte & drawn,
                _ if offset < middle => 0xFF,
                _ => drawn,
            };
        }
        self.half_erased.insert(at / self.geometry.erase_block, ());
    }

    /// What a read of cells that are between 0 and 1 gives this time.
    fn blur(&mut self, at: u32, buf: &mut [u8]) {
        let end = at + buf.len() as u32;
        for (offset, weak) in self.weak.range(at..end) {
            let byte = &mut buf[(offset - at) as usize];
            *byte &= !match self.mood {
                Mood::Zeros => *weak,
                Mood::Ones => 0,
                Mood::Either => weak & self.dice.draw() as u8,
            };
        }
        if self.cells == Cells::Settled || self.half_erased.is_empty() {
            return;
        }
        let block = self.geometry.erase_block;
        for (half, ()) in &self.half_erased {
            let from = (half * block).clamp(at, end) - at;
            let to = ((half + 1) * block).clamp(at, end) - at;
            let mask = self.dice.draw();
            for piece in buf[from as usize..to as usize].chunks_mut(8) {
                let drawn = (self.dice.draw() & mask).to_le_bytes();
                piece.iter_mut().zip(drawn).for_each(|(byte, drawn)| *byte |= drawn);
            }
        }
    }

    fn erase_us(&self) -> u64 {
        if self.geometry.erase_block > 4_096 {
            150_000
        } else {
            45_000
        }
    }
}

impl Flash for Chip {
    type Error = ChipError;

    fn geometry(&self) -> Geometry {
        self.geometry
    }

    fn read(&mut self, at: u32, buf: &mut [u8]) -> Result<(), ChipError> {
        if self.off {
            return Err(ChipError::Off);
        }
        self.check(at, buf.len())?;
        self.counts.reads += 1;
        self.counts.read += buf.len() as u64;
        let mut done = 0;
        while done < buf.len() {
            let from = at as usize + done;
            let len = (TILE - from % TILE).min(buf.len() - done);
            let tile = &self.tiles[from / TILE];
            buf[done..done + len].copy_from_slice(&tile[from % TILE..from % TILE + len]);
            done += len;
        }
        if !self.weak.is_empty() || !self.half_erased.is_empty() {
            self.blur(at, buf);
        }
        Ok(())
    }

    fn program(&mut self, at: u32, bytes: &[u8]) -> Result<(), ChipError> {
        if self.off {
            return Err(ChipError::Off);
        }
        self.check_program(at, bytes)?;
        let page = self.geometry.page.max(1);
        if let Some(last) = (bytes.len() as u32).checked_sub(1) {
            let pages = u64::from((at + last) / page - at / page + 1);
            self.counts.pages += pages;
            self.counts.busy_us += pages * PAGE_US;
        }
        self.counts.programs += 1;
        let fails = self.fails();
        let wanted = if fails { bytes.len() / 2 } else { bytes.len() };
        let granted = self.step(wanted as u64) as usize;
        self.counts.programmed += granted as u64;
        if self.off || fails {
            self.tear(at, bytes, granted.min(bytes.len().saturating_sub(1)));
            return Err(if self.off { ChipError::Off } else { ChipError::Io });
        }
        self.clear(at, bytes);
        Ok(())
    }

    fn erase(&mut self, at: u32) -> Result<(), ChipError> {
        if self.off {
            return Err(ChipError::Off);
        }
        let block = at.checked_div(self.geometry.erase_block).ok_or(ChipError::OutOfRange)?;
        let bytes = self.geometry.erase_block;
        self.check(at, bytes as usize)?;
        let Some(count) = self.erases.get_mut(block as usize) else {
            return Err(ChipError::OutOfRange);
        };
        if !at.is_multiple_of(bytes) {
            return Err(ChipError::OutOfRange);
        }
        *count += 1;
        self.counts.erases += 1;
        self.counts.busy_us += self.erase_us();
        let fails = self.fails();
        if self.step(ERASE_STEPS) < ERASE_STEPS || fails {
            self.half_erase(at);
            return Err(if self.off { ChipError::Off } else { ChipError::Io });
        }
        self.weak.retain(|offset, _| !(at..at + bytes).contains(offset));
        self.half_erased.remove(&block);
        let tiles = at as usize / TILE..(at + bytes) as usize / TILE;
        let blank = Rc::new([0xFF; TILE]);
        self.tiles[tiles].fill(blank);
        match self.worn.get(&block) {
            None => Ok(()),
            Some(Worn::Said) => Err(ChipError::Io),
            Some(Worn::Silent) => {
                let stuck = at as usize + self.dice.place(bytes as usize);
                self.poke(stuck, 0xFE);
                Ok(())
            }
        }
    }
}

impl fmt::Debug for Chip {
    /// Shows its size and counts, not its bytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chip")
            .field("geometry", &self.geometry)
            .field("counts", &self.counts)
            .field("off", &self.off)
            .finish_non_exhaustive()
    }
}
