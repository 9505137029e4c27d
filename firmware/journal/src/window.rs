//! One bank read in order through a buffer, so that a mount costs few reads and each byte one.
//!
//! Offsets are within the bank. The buffer grows to the longest record asked for, at most a bank.

use alloc::vec::Vec;

use crate::flash::Flash;
use crate::layout::word;
use crate::stretch::Stretch;

/// How much is read at a time, in bytes.
const AHEAD: u32 = 16 * 1024;

pub(crate) struct Window<'f, F> {
    flash: &'f mut F,
    stretch: Stretch,
    end: u32,
    buffer: Vec<u8>,
    start: u32,
}

impl<'f, F: Flash> Window<'f, F> {
    pub(crate) fn new(flash: &'f mut F, stretch: Stretch) -> Self {
        Window { flash, stretch, end: stretch.bytes(), buffer: Vec::new(), start: 0 }
    }

    /// Returns `len` bytes from `at` on; fewer at the end of the bank.
    #[inline]
    pub(crate) fn bytes(&mut self, at: u32, len: u32) -> Result<&[u8], F::Error> {
        let at = at.min(self.end);
        let len = len.min(self.end - at);
        let loaded = self.start + self.buffer.len() as u32;
        if at < self.start || at + len > loaded {
            self.load(at, len.max(AHEAD).min(self.end - at))?;
        }
        let from = (at - self.start) as usize;
        Ok(self.buffer.get(from..from + len as usize).unwrap_or_default())
    }

    #[cold]
    fn load(&mut self, at: u32, ahead: u32) -> Result<(), F::Error> {
        self.buffer.clear();
        self.buffer.resize(ahead as usize, 0xFF);
        self.start = at;
        self.stretch.read(self.flash, at, &mut self.buffer)
    }

    pub(crate) fn word(&mut self, at: u32) -> Result<u32, F::Error> {
        Ok(word(self.bytes(at, 4)?, 0))
    }

    /// Returns where the run of zero words that begins at `at` ends.
    pub(crate) fn end_of_zeros(&mut self, mut at: u32) -> Result<u32, F::Error> {
        while at < self.end && self.word(at)? == 0 {
            at += 4;
        }
        Ok(at.min(self.end))
    }

    /// Returns the last byte at or behind `at` that is not blank.
    pub(crate) fn last_written(&mut self, mut at: u32) -> Result<Option<u32>, F::Error> {
        let mut last = None;
        while at < self.end {
            let loaded = self.start + self.buffer.len() as u32;
            // What is in the buffer anyway comes first; then whole buffers.
            let len = if (self.start..loaded).contains(&at) { loaded - at } else { AHEAD };
            let bytes = self.bytes(at, len)?;
            if let Some(index) = last_not_blank(bytes) {
                last = Some(at + index as u32);
            }
            at += bytes.len().max(1) as u32;
        }
        Ok(last)
    }
}

/// Returns the place of the last byte that is not blank. Most of a bank is blank, and a start reads
/// all of it, so blank bytes are passed over by eights.
fn last_not_blank(bytes: &[u8]) -> Option<usize> {
    let eights = bytes.rchunks_exact(8).take_while(|eight| **eight == [0xFF; 8]).count();
    let rest = bytes.get(..bytes.len() - 8 * eights)?;
    rest.iter().rposition(|byte| *byte != 0xFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_byte_that_is_not_blank_is_found_wherever_it_lies() {
        for len in 0..=40 {
            let blank = alloc::vec![0xFF_u8; len];
            assert_eq!(last_not_blank(&blank), None);
            for at in 0..len {
                let mut bytes = blank.clone();
                bytes[at] = 0xFE;
                assert_eq!(last_not_blank(&bytes), Some(at), "{len}");
                bytes[0] = 0;
                assert_eq!(last_not_blank(&bytes), Some(at), "{len}");
            }
        }
    }
}
