//! A writer that appends to a buffer up to a bound and refuses what goes beyond it.
//!
//! The engine writes a file in pieces; the first piece that does not fit is refused whole, which
//! makes the engine stop. What was written before it stays in the buffer: the caller, who knows how
//! long the buffer was, takes it back. The bound counts bytes appended, not bytes already there.

use std::io::{Error, ErrorKind, Result, Write};

/// Appends to a buffer, at most so many bytes.
pub(crate) struct Bounded<'a> {
    out: &'a mut Vec<u8>,
    left: usize,
    overflowed: bool,
}

impl<'a> Bounded<'a> {
    /// Lets `left` bytes be appended to `out`.
    pub(crate) fn new(out: &'a mut Vec<u8>, left: usize) -> Bounded<'a> {
        Bounded { out, left, overflowed: false }
    }

    /// Whether something did not fit.
    pub(crate) fn overflowed(&self) -> bool {
        self.overflowed
    }
}

impl Write for Bounded<'_> {
    fn write(&mut self, piece: &[u8]) -> Result<usize> {
        self.write_all(piece).map(|()| piece.len())
    }

    fn write_all(&mut self, piece: &[u8]) -> Result<()> {
        match self.left.checked_sub(piece.len()) {
            Some(left) => {
                self.left = left;
                self.out.extend_from_slice(piece);
                Ok(())
            }
            None => {
                self.overflowed = true;
                Err(Error::from(ErrorKind::StorageFull))
            }
        }
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_that_does_not_fit_is_refused_whole() {
        let mut out = b"before ".to_vec();
        let mut bounded = Bounded::new(&mut out, 4);
        assert!(bounded.write_all(b"abc").is_ok() && !bounded.overflowed());
        assert!(bounded.write_all(b"de").is_err() && bounded.overflowed());
        assert_eq!(out, b"before abc");
    }
}
