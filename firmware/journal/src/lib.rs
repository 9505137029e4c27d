//! What survives a power cut: opaque records on NOR flash, appended, replayed in order, compacted.
//!
//! Bank A is the first half of the erase blocks, B the next; one is in use. Numbers are
//! little-endian; a record begins on a multiple of 4 bytes, and its padding stays 0xFF.
//!
//! | where | bytes | field | meaning |
//! |---|---|---|---|
//! | bank + 0 | 8 | magic | `DTjrnl\r\n`; alone, all else 0xFF: this bank is wholly erased |
//! | bank + 8 | 4 | version | 2; in every version these 28 bytes keep their places and CRC |
//! | bank + 12 | 4 | generation | 1, then one more per compaction; the records' CRCs include it |
//! | bank + 16 | 4 | bank bytes | so that a partition cut otherwise is recognised |
//! | bank + 20 | 4 | snapshot end | offset in the bank; a bad record before it is never a tear |
//! | bank + 24 | 4 | CRC-32 | of the 24 bytes before; all 28 bytes zero: retired |
//! | bank + 28 | 8 | written | bytes programmed in all banks before this one |
//! | bank + 36 | 4 | erases | blocks erased before this bank was begun |
//! | bank + 40 | 4 | to erase | blocks of the bank before that had to be erased then |
//! | bank + 44 | 32 | retired | 16 block numbers of 2 bytes, ascending, 0xFFFF for none |
//! | bank + 76 | 4 | CRC-32 | of the 76 bytes before |
//! | record + 0 | 3 | length | of the payload |
//! | record + 3 | 1 | tag | 0xB1 first of its batch, 0xB0 further record of the batch |
//! | record + 4 | 4 | sequence | 1, 2, 3 .. within the generation, without a gap |
//! | record + 8 | 4 | CRC-32 | of generation, length and tag, sequence, payload |
//! | record + 12 | | payload | whatever the caller wrote |
//! | void | | zeros | a sealed tear: skipped; it ends with its page |
//!
//! In version 1 a bank has only the first 28 bytes of this, and its first record follows them.
//!
//! *Each record is atomic*; a batch is one program call, so a cut leaves a prefix of it, in order.
//! What was acknowledged was read back. A bank's header is written last, then the old bank is
//! retired; flash is erased in `compact`, `idle` and `format` alone, and only `format` overwrites
//! what is not ours. A block that will not erase is left out from then on: its bank goes on as if
//! it were shorter, and begins with the first block that is left. A bad record is a *tear* when
//! nothing good follows but records of its own batch in the last written page: it is zeroed to the
//! end of the page after that and writing goes on behind. It is *damage* when a good record of a
//! later batch or page follows: the records before it are replayed, and nothing is written any
//! more.
//! A last batch that rots looks like a torn one.
//!
//! Cells that a cut left between 0 and 1 read now so and now otherwise. So each mount programs the
//! last page of records once more as it was read, voids what is left of the page that may have been
//! in flight, and zeroes a header that a cut spoiled: what one mount has found, every later one
//! finds. Of the other bank a mount reads the heading alone; how many of its blocks wait to be
//! erased is found out by `look`, `idle` or `compact`. Not here: quotas, meanings.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod error;
pub mod files;
mod flash;
mod journal;
mod layout;
pub mod mem;
mod mount;
mod replay;
mod stretch;
mod window;

pub use error::{AppendError, EraseError, Fault, MountError, Refused};
pub use flash::{Flash, Geometry};
pub use journal::{Chore, Journal, Snapshot};
pub use layout::FORMAT_VERSION;
pub use mount::{format, Mounted};
pub use replay::Damage;
pub use stretch::RETIRED_MAX;
