//! What the journal asks of a NOR flash, and the two checked changes it makes through it.
//!
//! The implementation splits calls at pages and blocks as its chip needs, and programs them in
//! ascending order: the journal relies on the pages before the one in flight being whole.

use crate::error::Fault;

/// Sizes of a flash partition, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// The whole partition; a remainder that is no whole pair of blocks stays unused.
    pub size: u32,
    /// The smallest piece that can be erased; a multiple of `page`.
    pub erase_block: u32,
    /// The most that the chip programs at once; a multiple of 4.
    pub page: u32,
}

/// A NOR flash: a program only clears bits, an erase sets all bits of a block.
pub trait Flash {
    /// What its driver reports.
    type Error;

    /// Returns the sizes, which never change.
    fn geometry(&self) -> Geometry;

    /// Fills `buf` with the bytes from `at` on.
    fn read(&mut self, at: u32, buf: &mut [u8]) -> Result<(), Self::Error>;

    /// Clears bits from `at` on so that the bytes read as `bytes`, page after page in ascending
    /// order.
    fn program(&mut self, at: u32, bytes: &[u8]) -> Result<(), Self::Error>;

    /// Sets all bytes of the block that begins at `at` to 0xFF.
    fn erase(&mut self, at: u32) -> Result<(), Self::Error>;
}

impl<F: Flash + ?Sized> Flash for &mut F {
    type Error = F::Error;

    fn geometry(&self) -> Geometry {
        (**self).geometry()
    }

    fn read(&mut self, at: u32, buf: &mut [u8]) -> Result<(), Self::Error> {
        (**self).read(at, buf)
    }

    fn program(&mut self, at: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        (**self).program(at, bytes)
    }

    fn erase(&mut self, at: u32) -> Result<(), Self::Error> {
        (**self).erase(at)
    }
}

/// How much the checks read at a time, on the stack.
pub(crate) const CHUNK: usize = 256;

/// Programs `bytes` in one call and reads them back.
pub(crate) fn program<F: Flash>(
    flash: &mut F,
    at: u32,
    bytes: &[u8],
) -> Result<(), Fault<F::Error>> {
    flash.program(at, bytes).map_err(Fault::Flash)?;
    let mut from = at;
    for wanted in bytes.chunks(CHUNK) {
        from = expect(flash, from, wanted)?;
    }
    Ok(())
}

/// Erases the block at `at` and reads back that it is blank.
pub(crate) fn erase<F: Flash>(flash: &mut F, at: u32) -> Result<(), Fault<F::Error>> {
    flash.erase(at).map_err(Fault::Flash)?;
    let end = at + flash.geometry().erase_block;
    let mut from = at;
    while from < end {
        let len = CHUNK.min((end - from) as usize);
        from = expect(flash, from, &[0xFF; CHUNK][..len])?;
    }
    Ok(())
}

/// Reads back at most `CHUNK` bytes; returns where the next ones begin.
fn expect<F: Flash>(flash: &mut F, at: u32, wanted: &[u8]) -> Result<u32, Fault<F::Error>> {
    let mut buffer = [0; CHUNK];
    let read = &mut buffer[..wanted.len().min(CHUNK)];
    flash.read(at, read).map_err(Fault::Flash)?;
    if read != wanted {
        return Err(Fault::Unverified { at });
    }
    Ok(at + wanted.len() as u32)
}
