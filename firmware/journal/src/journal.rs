//! The mounted journal: append, compact, and erase in idle time.
//!
//! It is written to by one owner through `&mut`. Every write is read back before it is
//! acknowledged. After the first fault it touches the flash no more; after damage it only ever was
//! read.

use alloc::vec::Vec;
use core::fmt;

use crate::error::{AppendError, EraseError, Fault, MountError, Refused};
use crate::flash::{self, Flash};
use crate::layout::{
    encode_record, record_bytes, Bank, BankHeader, Banks, Place, BANK_HEADER, MAGIC,
};
use crate::mount::{choose, prepare, retire, stale_blocks, Mounted};
use crate::replay::{replay, Ending};

/// How much of a snapshot is collected before it is programmed, in bytes.
const GATHER: usize = 4096;

/// Tells a whole state: it hands each record, in order, to the function that it is given.
pub type Snapshot<'s> = dyn FnMut(&mut dyn FnMut(&[u8])) + 's;

/// An append-only log of opaque records on a flash of its own.
#[derive(Clone)]
pub struct Journal<F> {
    flash: F,
    banks: Banks,
    bank: Bank,
    generation: u32,
    /// Offset in the bank where the next record goes.
    tail: u32,
    next_sequence: u32,
    /// Blocks of the other bank, from its first on, that are not erased.
    stale: u32,
    refused: Option<Refused>,
    buffer: Vec<u8>,
}

impl<F: Flash> Journal<F> {
    /// Finds the newest whole bank and calls `visit` once for each record's payload, in order.
    ///
    /// Blank flash becomes an empty journal; a torn tail is sealed. When it says `damaged`, exactly
    /// the records before the damage were visited and nothing was, or will be, written.
    pub fn mount(
        mut flash: F,
        visit: &mut dyn FnMut(&[u8]),
    ) -> Result<(Journal<F>, Mounted), MountError<F::Error>> {
        let banks = Banks::of(flash.geometry()).ok_or(MountError::Geometry)?;
        let chosen = choose(&mut flash, banks)?;
        let (bank, header) = (chosen.bank, chosen.header);
        let replayed = replay(&mut flash, banks, bank, header, visit).map_err(Fault::Flash)?;
        let mut mounted = Mounted {
            records: replayed.next_sequence - 1,
            bytes: replayed.bytes,
            torn_tail: false,
            damaged: None,
            generation: header.generation,
            formatted: chosen.formatted,
        };
        let mut tail = replayed.tail;
        match replayed.ending {
            Ending::Clean => {}
            Ending::Torn { seal_to } => {
                let base = banks.base(bank);
                flash::void(&mut flash, base + tail, base + seal_to)?;
                tail = seal_to;
                mounted.torn_tail = true;
            }
            Ending::Damaged(damage) => mounted.damaged = Some(damage),
        }
        if chosen.retire_other && mounted.damaged.is_none() {
            retire(&mut flash, banks, bank.other())?;
        }
        let stale = stale_blocks(&mut flash, banks, bank.other())?;
        let journal = Journal {
            flash,
            banks,
            bank,
            generation: header.generation,
            tail,
            next_sequence: replayed.next_sequence,
            stale,
            refused: mounted.damaged.map(|_| Refused::Damaged),
            buffer: Vec::new(),
        };
        Ok((journal, mounted))
    }

    /// Appends the records as one batch, in one program call; `Ok` means that they outlive any cut.
    ///
    /// Each record is atomic, and a cut leaves a prefix of the batch: what must not be divided
    /// belongs into one record. `Full` is said before anything is programmed.
    pub fn append(&mut self, records: &[&[u8]]) -> Result<(), AppendError<F::Error>> {
        self.writable().map_err(AppendError::Refused)?;
        let need = records.iter().map(|record| Self::cost(record.len())).sum();
        let room = self.room();
        if need > u64::from(room) {
            return Err(AppendError::Full { need, room });
        }
        self.buffer.clear();
        let mut sequence = self.next_sequence;
        let mut place = Place::First;
        for record in records {
            encode_record(&mut self.buffer, self.generation, sequence, place, record);
            place = Place::Further;
            sequence += 1;
        }
        let at = self.banks.base(self.bank) + self.tail;
        let written = flash::program(&mut self.flash, at, &self.buffer);
        self.survive(written)?;
        self.tail += self.buffer.len() as u32;
        self.next_sequence = sequence;
        Ok(())
    }

    /// Writes a snapshot to the other bank and makes it the one in use; a cut leaves the old or the
    /// new.
    ///
    /// `snapshot` hands each record to the function it is given. It is called twice and must say
    /// the same both times: once to measure, so that `Full` is said before anything is erased, and
    /// once to write. Stale blocks that `idle` has not erased yet are erased here first.
    pub fn compact(&mut self, snapshot: &mut Snapshot<'_>) -> Result<(), AppendError<F::Error>> {
        self.writable().map_err(AppendError::Refused)?;
        let mut need = 0;
        snapshot(&mut |record| need += Self::cost(record.len()));
        let room = self.capacity();
        if need > u64::from(room) {
            return Err(AppendError::Full { need, room });
        }
        while self.stale > 0 {
            let erased = self.erase_last_stale();
            self.survive(erased)?;
        }
        // From here on until it is whole, the other bank is to be erased again.
        self.stale = self.banks.bytes / self.banks.erase_block;
        let (bank, generation) = (self.bank.other(), self.generation + 1);
        let copied = self.copy(bank, generation, snapshot);
        let Some((end, next_sequence)) = self.survive(copied)? else {
            return Err(AppendError::Full { need, room });
        };
        let committed = self.commit(bank, generation, end);
        self.survive(committed)?;
        self.stale = self.tail.div_ceil(self.banks.erase_block);
        (self.bank, self.generation) = (bank, generation);
        (self.tail, self.next_sequence) = (end, next_sequence);
        Ok(())
    }

    /// Erases one stale block, which may take seconds; returns its offset, or nothing when all are
    /// erased.
    pub fn idle(&mut self) -> Result<Option<u32>, EraseError<F::Error>> {
        self.writable().map_err(EraseError::Refused)?;
        if self.stale == 0 {
            return Ok(None);
        }
        let erased = self.erase_last_stale();
        Ok(Some(self.survive(erased)?))
    }

    /// Returns how many calls of `idle` have something to erase.
    pub fn erase_pending(&self) -> u32 {
        self.stale
    }

    /// Returns the bytes of flash that a record with `payload` bytes takes.
    pub const fn cost(payload: usize) -> u64 {
        record_bytes(payload)
    }

    /// Returns the bytes of flash that the records of a snapshot may take together.
    pub fn capacity(&self) -> u32 {
        self.banks.bytes - BANK_HEADER
    }

    /// Returns the bytes of flash that are left for records in the bank in use.
    pub fn room(&self) -> u32 {
        self.banks.bytes - self.tail
    }

    /// Returns the bytes of the bank in use that are taken: its header, records and sealed tears.
    pub fn used(&self) -> u32 {
        self.tail
    }

    /// Returns the number of compactions since the format, plus one.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// Returns why nothing is written any more, if so.
    pub fn refused(&self) -> Option<Refused> {
        self.refused
    }

    /// Shows the flash, for its counters.
    pub fn flash(&self) -> &F {
        &self.flash
    }

    /// Lends the flash, to arm a fault in a test; what is programmed through it is not the
    /// journal's.
    pub fn flash_mut(&mut self) -> &mut F {
        &mut self.flash
    }

    /// Ends the journal and returns its flash.
    pub fn into_flash(self) -> F {
        self.flash
    }

    fn writable(&self) -> Result<(), Refused> {
        self.refused.map_or(Ok(()), Err)
    }

    /// Poisons the journal when a write has failed: what is on flash now, only a mount can tell.
    fn survive<T>(&mut self, result: Result<T, Fault<F::Error>>) -> Result<T, Fault<F::Error>> {
        if result.is_err() {
            self.refused = Some(Refused::Poisoned);
        }
        result
    }

    /// Erases from the last stale block to the first, and marks the bank when none is left.
    fn erase_last_stale(&mut self) -> Result<u32, Fault<F::Error>> {
        let bank = self.bank.other();
        let block = self.stale.saturating_sub(1);
        let at = self.banks.base(bank) + block * self.banks.erase_block;
        flash::erase(&mut self.flash, at)?;
        if block == 0 {
            prepare(&mut self.flash, self.banks, bank)?;
        }
        self.stale = block;
        Ok(at)
    }

    /// Writes the snapshot's records; returns where they end and the next sequence number, or
    /// nothing when the second telling was longer than fits.
    fn copy(
        &mut self,
        bank: Bank,
        generation: u32,
        snapshot: &mut Snapshot<'_>,
    ) -> Result<Option<(u32, u32)>, Fault<F::Error>> {
        self.buffer.clear();
        let mut copy = Copying {
            flash: &mut self.flash,
            base: self.banks.base(bank),
            end: self.banks.bytes,
            generation,
            at: BANK_HEADER,
            next_sequence: 1,
            buffer: &mut self.buffer,
            stopped: None,
        };
        snapshot(&mut |record| copy.push(record));
        copy.flush();
        match copy.stopped {
            Some(Stopped::Fault(fault)) => Err(fault),
            Some(Stopped::Full) => Ok(None),
            None => Ok(Some((copy.at, copy.next_sequence))),
        }
    }

    /// Makes the copied bank the newest, then takes the old one out of the choice for good: were
    /// its header left, a later fault in the new header would bring back a state long gone.
    fn commit(
        &mut self,
        bank: Bank,
        generation: u32,
        snapshot_end: u32,
    ) -> Result<(), Fault<F::Error>> {
        let bank_bytes = self.banks.bytes;
        let header = BankHeader { generation, bank_bytes, snapshot_end }.encode();
        // The magic stands there since the erase ended.
        let rest = MAGIC.len();
        let at = self.banks.base(bank) + rest as u32;
        flash::program(&mut self.flash, at, &header[rest..])?;
        retire(&mut self.flash, self.banks, self.bank)
    }
}

impl<F> fmt::Debug for Journal<F> {
    /// Shows where it stands, and nothing of what it holds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal")
            .field("generation", &self.generation)
            .field("tail", &self.tail)
            .field("stale", &self.stale)
            .field("refused", &self.refused)
            .finish_non_exhaustive()
    }
}

enum Stopped<E> {
    Full,
    Fault(Fault<E>),
}

/// A snapshot on its way to the other bank.
struct Copying<'j, F: Flash> {
    flash: &'j mut F,
    base: u32,
    end: u32,
    generation: u32,
    /// Offset in the bank of what is in the buffer.
    at: u32,
    next_sequence: u32,
    buffer: &'j mut Vec<u8>,
    stopped: Option<Stopped<F::Error>>,
}

impl<F: Flash> Copying<'_, F> {
    fn push(&mut self, record: &[u8]) {
        if self.stopped.is_some() {
            return;
        }
        let taken = u64::from(self.at) + self.buffer.len() as u64;
        if taken + record_bytes(record.len()) > u64::from(self.end) {
            self.stopped = Some(Stopped::Full);
            return;
        }
        let place = if self.next_sequence == 1 { Place::First } else { Place::Further };
        encode_record(self.buffer, self.generation, self.next_sequence, place, record);
        self.next_sequence += 1;
        if self.buffer.len() >= GATHER {
            self.flush();
        }
    }

    fn flush(&mut self) {
        if self.stopped.is_some() || self.buffer.is_empty() {
            return;
        }
        match flash::program(self.flash, self.base + self.at, self.buffer) {
            Ok(()) => self.at += self.buffer.len() as u32,
            Err(fault) => self.stopped = Some(Stopped::Fault(fault)),
        }
        self.buffer.clear();
    }
}
