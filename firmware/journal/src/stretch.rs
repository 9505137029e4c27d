//! The blocks of one bank that still erase, as one stretch of bytes without a gap.
//!
//! A block that will not erase any more is retired for good: the bank goes on without it, and is
//! that much smaller. Offsets within a bank are offsets in its stretch; only here are they turned
//! into places on the flash.

use crate::error::Fault;
use crate::flash::{self, Flash};
use crate::layout::{Bank, Banks};

/// How many blocks may be retired, both banks together.
pub const RETIRED_MAX: usize = 16;

/// No block.
const NONE: u16 = u16::MAX;

/// Blocks of the flash that will not erase, ascending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Retired([u16; RETIRED_MAX]);

impl Retired {
    pub(crate) const NONE: Retired = Retired([NONE; RETIRED_MAX]);
    pub(crate) const BYTES: usize = 2 * RETIRED_MAX;

    /// Retires one more; `false` when there is no place for it.
    #[must_use]
    pub(crate) fn add(&mut self, block: u32) -> bool {
        let Ok(block) = u16::try_from(block) else { return false };
        let last = &mut self.0[RETIRED_MAX - 1];
        if *last != NONE || block == NONE {
            return false;
        }
        *last = block;
        self.0.sort_unstable();
        true
    }

    pub(crate) fn blocks(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().filter(|block| **block != NONE).map(|block| u32::from(*block))
    }

    pub(crate) fn encode(self) -> [u8; Retired::BYTES] {
        let mut out = [0; Retired::BYTES];
        for (two, block) in out.chunks_exact_mut(2).zip(self.0) {
            two.copy_from_slice(&block.to_le_bytes());
        }
        out
    }

    /// Reads what `encode` wrote; `None` unless it ascends without a block twice.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Retired> {
        let mut blocks = [NONE; RETIRED_MAX];
        for (block, two) in blocks.iter_mut().zip(bytes.chunks_exact(2)) {
            *block = u16::from_le_bytes([*two.first()?, *two.get(1)?]);
        }
        let ascends = blocks.windows(2).all(|two| two[0] < two[1] || two[1] == NONE);
        ascends.then_some(Retired(blocks))
    }
}

/// What can be used of a bank.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch {
    first: u32,
    /// How many blocks can be used.
    pub(crate) blocks: u32,
    erase_block: u32,
    retired: Retired,
}

impl Stretch {
    pub(crate) fn new(banks: Banks, bank: Bank, retired: Retired) -> Stretch {
        let (first, count) = (banks.base(bank) / banks.erase_block, banks.blocks());
        let gone = retired.blocks().filter(|block| (first..first + count).contains(block)).count();
        Stretch { first, blocks: count - gone as u32, erase_block: banks.erase_block, retired }
    }

    /// How many bytes it has.
    pub(crate) fn bytes(&self) -> u32 {
        self.blocks * self.erase_block
    }

    /// Returns which block of the flash is the bank's `index`-th that can be used.
    pub(crate) fn block(&self, index: u32) -> u32 {
        let mut block = self.first + index;
        for retired in self.retired.blocks().filter(|retired| *retired >= self.first) {
            if retired <= block {
                block += 1;
            }
        }
        block
    }

    /// Returns where on the flash an offset lies.
    pub(crate) fn place(&self, at: u32) -> u32 {
        self.block(at / self.erase_block) * self.erase_block + at % self.erase_block
    }

    /// Returns how many bytes from `at` on lie side by side on the flash, at most `len`.
    fn side_by_side(&self, at: u32, len: u32) -> u32 {
        let mut end = (at / self.erase_block + 1) * self.erase_block;
        while end < at + len && self.place(end) == self.place(end - 1) + 1 {
            end += self.erase_block;
        }
        len.min(end - at)
    }

    /// Fills `buf` from `at` on; the caller stays within the stretch.
    pub(crate) fn read<F: Flash>(
        &self,
        flash: &mut F,
        mut at: u32,
        mut buf: &mut [u8],
    ) -> Result<(), F::Error> {
        while !buf.is_empty() {
            let here = self.side_by_side(at, buf.len() as u32);
            let (now, later) = buf.split_at_mut(here as usize);
            flash.read(self.place(at), now)?;
            (at, buf) = (at + here, later);
        }
        Ok(())
    }

    /// Programs `bytes` in ascending order, in one call where they lie side by side, and reads them
    /// back.
    pub(crate) fn program<F: Flash>(
        &self,
        flash: &mut F,
        mut at: u32,
        mut bytes: &[u8],
    ) -> Result<(), Fault<F::Error>> {
        while !bytes.is_empty() {
            let here = self.side_by_side(at, bytes.len() as u32);
            let (now, later) = bytes.split_at(here as usize);
            flash::program(flash, self.place(at), now)?;
            (at, bytes) = (at + here, later);
        }
        Ok(())
    }

    /// Programs zeros from `at` up to `to`; allowed on any content, and as often as a cut makes it
    /// needed.
    pub(crate) fn void<F: Flash>(
        &self,
        flash: &mut F,
        at: u32,
        to: u32,
    ) -> Result<(), Fault<F::Error>> {
        let mut from = at;
        while from < to {
            let len = flash::CHUNK.min((to - from) as usize);
            self.program(flash, from, &[0; flash::CHUNK][..len])?;
            from += len as u32;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flash::Geometry;

    fn banks() -> Banks {
        let geometry = Geometry { size: 16 * 256, erase_block: 256, page: 64 };
        Banks::of(geometry).unwrap_or_else(|| unreachable!("it divides"))
    }

    fn retired(blocks: &[u32]) -> Retired {
        let mut retired = Retired::NONE;
        assert!(blocks.iter().all(|block| retired.add(*block)));
        retired
    }

    #[test]
    fn a_retired_block_is_stepped_over() {
        let retired = retired(&[9, 3, 0, 4]);
        let a = Stretch::new(banks(), Bank::A, retired);
        let b = Stretch::new(banks(), Bank::B, retired);
        assert_eq!((a.blocks, b.blocks, b.bytes()), (5, 7, 7 * 256));
        assert!((0..5).map(|index| a.block(index)).eq([1, 2, 5, 6, 7]));
        assert!((0..7).map(|index| b.block(index)).eq([8, 10, 11, 12, 13, 14, 15]));
        assert_eq!((a.place(0), a.place(2 * 256 + 7)), (256, 5 * 256 + 7));
        assert_eq!(a.side_by_side(10, 1_000), 2 * 256 - 10);
        assert_eq!(a.side_by_side(2 * 256, 100), 100);
        assert_eq!(a.side_by_side(2 * 256, 3 * 256), 3 * 256);
    }

    #[test]
    fn the_list_is_read_as_it_was_written_and_no_other_way() {
        let some = retired(&[300, 2]);
        assert_eq!(Retired::decode(&some.encode()), Some(some));
        assert_eq!(Retired::decode(&Retired::NONE.encode()), Some(Retired::NONE));
        let mut twice = some.encode();
        twice.copy_within(0..2, 2);
        assert_eq!(Retired::decode(&twice), None);
    }

    #[test]
    fn no_more_are_retired_than_there_is_place_for() {
        let mut full = Retired::NONE;
        assert!((0..RETIRED_MAX as u32).all(|block| full.add(block)));
        assert!(!full.add(99) && !full.add(u32::from(u16::MAX)));
        assert_eq!(full.blocks().last(), Some(15));
    }
}
