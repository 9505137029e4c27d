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
    encode_record, record_bytes, Bank, BankHeader, Banks, Heading, Place, Worn, BANK_HEADER,
    FORMAT_VERSION,
};
use crate::mount::{
    choose, prepare, read_heading, retire, settle_header, settle_tail, stale_blocks,
    stale_where_blank, Mounted,
};
use crate::replay::{replay, Ending, Replayed};
use crate::stretch::{Retired, Stretch};

/// How much of a snapshot is collected before it is programmed, in bytes.
const GATHER: usize = 4096;

/// Magic, version and generation of a header: what does not depend on the records behind it.
const HEADER_BEGINNING: usize = 16;

/// Tells a whole state: it hands each record, in order, to the function that it is given.
pub type Snapshot<'s> = dyn FnMut(&mut dyn FnMut(&[u8])) + 's;

/// What a quiet moment is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chore {
    /// Nothing: all is in order.
    None,
    /// To call `idle`: blocks wait to be erased.
    Erase,
    /// To call `compact`: the bank is nearly full.
    Snapshot,
    /// To call `look`: nobody has read yet how many blocks wait to be erased.
    Look,
}

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
    /// Where the snapshot that the bank began with ends.
    snapshot_end: u32,
    /// Blocks of the other bank, from its first on, that are not erased; unknown until somebody
    /// looks.
    stale: Option<u32>,
    /// Bytes programmed before the bank in use was begun.
    written_before: u64,
    erased: u32,
    /// Of so many blocks that were to be erased since, nobody knows yet which are.
    uncounted: u32,
    retired: Retired,
    refused: Option<Refused>,
    buffer: Vec<u8>,
}

impl<F: Flash> Journal<F> {
    /// Finds the newest whole bank and calls `visit` once for each record's payload, in order.
    ///
    /// Blank flash becomes an empty journal; a torn tail is sealed. When it says `damaged`, exactly
    /// the records before the damage were visited and nothing was, or will be, written. Of the
    /// other bank only the heading is read; the rest of it is for `look`.
    pub fn mount(
        mut flash: F,
        visit: &mut dyn FnMut(&[u8]),
    ) -> Result<(Journal<F>, Mounted), MountError<F::Error>> {
        let banks = Banks::of(flash.geometry()).ok_or(MountError::Geometry)?;
        let chosen = choose(&mut flash, banks)?;
        let (bank, header) = (chosen.bank, chosen.header);
        let stretch = Stretch::new(banks, bank, header.retired);
        let replayed = if chosen.formatted {
            // All of it was read just now, and found blank.
            Replayed::nothing(header)
        } else {
            replay(&mut flash, banks, stretch, header, visit).map_err(Fault::Flash)?
        };
        let mut mounted = Mounted {
            records: replayed.next_sequence - 1,
            bytes: replayed.bytes,
            torn_tail: false,
            damaged: None,
            generation: header.generation,
            formatted: chosen.formatted,
        };
        let mut tail = replayed.tail;
        let torn_to = match replayed.ending {
            Ending::Clean => None,
            Ending::Torn { last } => Some(last),
            Ending::Damaged(damage) => {
                mounted.damaged = Some(damage);
                None
            }
        };
        mounted.torn_tail = torn_to.is_some();
        if mounted.damaged.is_none() && !chosen.formatted {
            settle_header(&mut flash, stretch, header, chosen.retire_other)?;
            tail = settle_tail(&mut flash, banks, stretch, tail, torn_to)?;
        }
        let other = Stretch::new(banks, bank.other(), header.retired);
        let stale = chosen.formatted.then(|| stale_where_blank(banks, other));
        let journal = Journal {
            flash,
            banks,
            bank,
            generation: header.generation,
            tail,
            next_sequence: replayed.next_sequence,
            snapshot_end: header.snapshot_end,
            stale,
            written_before: header.worn.written,
            erased: header.worn.erases,
            uncounted: header.worn.to_erase,
            retired: header.retired,
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
        let stretch = self.stretch(self.bank);
        let written = stretch.program(&mut self.flash, self.tail, &self.buffer);
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
    /// once to write. Stale blocks that `idle` has not erased yet are looked for and erased here
    /// first.
    pub fn compact(&mut self, snapshot: &mut Snapshot<'_>) -> Result<(), AppendError<F::Error>> {
        self.writable().map_err(AppendError::Refused)?;
        let mut need = 0;
        snapshot(&mut |record| need += Self::cost(record.len()));
        self.fits(need)?;
        let mut stale = self.counted()?;
        while stale > 0 {
            let erased = self.erase_last_stale(stale);
            self.survive(erased)?;
            stale -= 1;
        }
        // A block that would not erase has made the bank smaller.
        let room = self.fits(need)?;
        // From here on until it is whole, the other bank is to be erased again.
        let (bank, generation) = (self.bank.other(), self.generation + 1);
        self.stale = Some(self.stretch(bank).blocks);
        let copied = self.copy(bank, generation, snapshot);
        let Some((end, next_sequence)) = self.survive(copied)? else {
            return Err(AppendError::Full { need, room });
        };
        let to_erase = self.tail.div_ceil(self.banks.erase_block);
        let worn = Worn { written: self.written(), erases: self.erased, to_erase };
        let committed = self.commit(bank, generation, end, worn);
        self.survive(committed)?;
        (self.bank, self.generation, self.written_before) = (bank, generation, worn.written);
        (self.tail, self.next_sequence, self.snapshot_end) = (end, next_sequence, end);
        self.stale = Some(to_erase);
        Ok(())
    }

    /// Erases one stale block, which may take seconds; returns its offset, or nothing when all are
    /// erased. A block that will not erase is retired, and counts as done with.
    pub fn idle(&mut self) -> Result<Option<u32>, EraseError<F::Error>> {
        self.writable().map_err(EraseError::Refused)?;
        let stale = self.counted()?;
        if stale == 0 {
            return Ok(None);
        }
        let erased = self.erase_last_stale(stale);
        Ok(Some(self.survive(erased)?))
    }

    /// Finds out how many blocks wait to be erased, and returns it: reads all of the other bank,
    /// once after a mount. A damaged journal is looked at too, a poisoned one is not touched.
    pub fn look(&mut self) -> Result<u32, EraseError<F::Error>> {
        match self.refused {
            Some(Refused::Poisoned) => Err(EraseError::Refused(Refused::Poisoned)),
            Some(Refused::Damaged) | None => Ok(self.counted()?),
        }
    }

    /// Returns how many calls of `idle` have something to erase; nothing until somebody looked.
    pub fn erase_pending(&self) -> Option<u32> {
        self.stale
    }

    /// Returns the bytes of flash that a record with `payload` bytes takes.
    pub const fn cost(payload: usize) -> u64 {
        record_bytes(payload)
    }

    /// Returns the bytes of flash that the records of a snapshot may take together, in either bank.
    pub fn capacity(&self) -> u32 {
        let least = self.stretch(Bank::A).bytes().min(self.stretch(Bank::B).bytes());
        least.saturating_sub(BANK_HEADER)
    }

    /// Returns the bytes of flash that are left for records in the bank in use.
    pub fn room(&self) -> u32 {
        self.stretch(self.bank).bytes() - self.tail
    }

    /// Returns what a quiet moment is good for, by the state of the flash alone.
    ///
    /// What waits to be erased is found first and erased next, so that a snapshot, whenever it
    /// must be, only programs. A snapshot is worth its bytes when the bank is nearly full and at
    /// least as much was appended to it as an eighth of it: then a rush of new records finds room.
    pub fn chore(&self) -> Chore {
        let eighth = self.capacity() / 8;
        let appended = self.tail.saturating_sub(self.snapshot_end);
        if self.refused.is_some() {
            return Chore::None;
        }
        match self.stale {
            None => Chore::Look,
            Some(1..) => Chore::Erase,
            Some(0) if self.room() < eighth && appended > eighth => Chore::Snapshot,
            Some(0) => Chore::None,
        }
    }

    /// Returns the bytes of the bank in use that are taken: its header, records and sealed tears.
    pub fn used(&self) -> u32 {
        self.tail
    }

    /// Returns the number of compactions since the format, plus one.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// Returns the bytes that were programmed since the flash was formatted, headings included.
    ///
    /// What a power cut kept from being counted is missing, and so is what format version 1 wrote.
    pub fn written(&self) -> u64 {
        self.written_before + u64::from(self.tail)
    }

    /// Returns how many blocks were erased since the flash was formatted; short of the truth as
    /// `written` is, and by those of the other bank until somebody looked.
    pub fn erases(&self) -> u32 {
        self.erased
    }

    /// Returns how often the block was erased that was erased most often: once for each time its
    /// bank was begun anew.
    pub fn erases_of_one(&self) -> u32 {
        self.generation / 2
    }

    /// Returns how many blocks are not used any more because they would not erase.
    pub fn retired(&self) -> u32 {
        self.retired.blocks().count() as u32
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

    fn stretch(&self, bank: Bank) -> Stretch {
        Stretch::new(self.banks, bank, self.retired)
    }

    /// Returns the room for a snapshot in the other bank, if `need` bytes fit.
    fn fits(&self, need: u64) -> Result<u32, AppendError<F::Error>> {
        let room = self.stretch(self.bank.other()).bytes().saturating_sub(BANK_HEADER);
        if need > u64::from(room) {
            return Err(AppendError::Full { need, room });
        }
        Ok(room)
    }

    /// Poisons the journal when a write has failed: what is on flash now, only a mount can tell.
    fn survive<T>(&mut self, result: Result<T, Fault<F::Error>>) -> Result<T, Fault<F::Error>> {
        if result.is_err() {
            self.refused = self.refused.or(Some(Refused::Poisoned));
        }
        result
    }

    /// Returns how many blocks wait to be erased, which is read off the other bank only once.
    fn counted(&mut self) -> Result<u32, Fault<F::Error>> {
        if let Some(stale) = self.stale {
            return Ok(stale);
        }
        let stretch = self.stretch(self.bank.other());
        let counted = stale_blocks(&mut self.flash, self.banks, stretch);
        let stale = self.survive(counted)?;
        self.erased = self.erased.saturating_add(self.uncounted.saturating_sub(stale));
        self.stale = Some(stale);
        Ok(stale)
    }

    /// Erases from the last stale block to the first, and marks the bank when none is left.
    ///
    /// A block that fails is retired; that is written down with the next bank's header, and until
    /// then found out again after each start.
    fn erase_last_stale(&mut self, stale: u32) -> Result<u32, Fault<F::Error>> {
        let bank = self.bank.other();
        let index = stale.saturating_sub(1);
        let block = self.stretch(bank).block(index);
        let at = block * self.banks.erase_block;
        if let Err(fault) = flash::erase(&mut self.flash, at) {
            // A chip that does not tell what is in use either has more wrong with it than a block.
            let in_use = self.stretch(self.bank).place(0);
            let known = match read_heading(&mut self.flash, in_use)? {
                Heading::Valid(header) => header.generation == self.generation,
                Heading::Newer { .. }
                | Heading::Blank
                | Heading::Prepared
                | Heading::Retired
                | Heading::Spoiled
                | Heading::Foreign => false,
            };
            if !known || !self.retired.add(block) || self.stretch(bank).blocks == 0 {
                return Err(fault);
            }
        }
        self.erased = self.erased.saturating_add(1);
        if index == 0 {
            let stretch = self.stretch(bank);
            prepare(&mut self.flash, stretch)?;
        }
        self.stale = Some(index);
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
        // A cut that leaves only cells that read as 1 must not make the bank look unused: before
        // anything goes to it, the beginning of its header does. It spoils it, so it is erased.
        let header = BankHeader { generation, ..BankHeader::first(self.banks, self.retired) };
        let beginning = &header.encode()[..HEADER_BEGINNING];
        self.stretch(bank).program(&mut self.flash, 0, beginning)?;
        self.buffer.clear();
        let mut copy = Copying {
            stretch: self.stretch(bank),
            flash: &mut self.flash,
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
        worn: Worn,
    ) -> Result<(), Fault<F::Error>> {
        let (version, bank_bytes, retired) = (FORMAT_VERSION, self.banks.bytes, self.retired);
        let header =
            BankHeader { version, generation, bank_bytes, snapshot_end, worn, retired }.encode();
        // The magic stands there since the erase ended, but a cut may have left it half programmed.
        self.stretch(bank).program(&mut self.flash, 0, &header)?;
        let old = self.stretch(self.bank).place(0);
        retire(&mut self.flash, old)
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
    stretch: Stretch,
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
        if taken + record_bytes(record.len()) > u64::from(self.stretch.bytes()) {
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
        match self.stretch.program(self.flash, self.at, self.buffer) {
            Ok(()) => self.at += self.buffer.len() as u32,
            Err(fault) => self.stopped = Some(Stopped::Fault(fault)),
        }
        self.buffer.clear();
    }
}
