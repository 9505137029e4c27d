//! Reads the bank in use from its first record to its end, and judges how it ends.
//!
//! It only reads. Each record that is handed on has a proven CRC and the sequence number that
//! follows the one before, so what was handed on is always a prefix of what was once appended,
//! unaltered.

use crate::flash::Flash;
use crate::layout::{BankHeader, Banks, Place, RecordHeader, RECORD_HEADER};
use crate::stretch::Stretch;
use crate::window::Window;

/// Where good records end although more were written behind them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Offset in the flash, in bytes, of the first thing that cannot be proven.
    pub at: u32,
    /// Sequence number of the first record that was not replayed; all before it were.
    pub sequence: u32,
    /// Whether it lies within the snapshot, so that the replayed state is one that never was.
    pub in_snapshot: bool,
}

/// How a bank ends.
pub(crate) enum Ending {
    Clean,
    /// A power cut; `last` is the offset in the bank of the last byte that is written.
    Torn {
        last: u32,
    },
    Damaged(Damage),
}

pub(crate) struct Replayed {
    /// Offset in the bank behind the last good record or void.
    pub(crate) tail: u32,
    pub(crate) next_sequence: u32,
    pub(crate) bytes: u64,
    pub(crate) ending: Ending,
}

impl Replayed {
    /// What is found behind the heading of a bank that is blank.
    pub(crate) fn nothing(header: BankHeader) -> Replayed {
        Replayed { tail: header.bytes(), next_sequence: 1, bytes: 0, ending: Ending::Clean }
    }
}

pub(crate) fn replay<F: Flash>(
    flash: &mut F,
    banks: Banks,
    stretch: Stretch,
    header: BankHeader,
    visit: &mut dyn FnMut(&[u8]),
) -> Result<Replayed, F::Error> {
    let window = Window::new(flash, stretch);
    let (page, end) = (banks.page, stretch.bytes());
    let mut log = Log { window, page, end, header, at: header.bytes(), next: 1, bytes: 0 };
    let ending = loop {
        match log.step(visit)? {
            Step::On => {}
            Step::End => break Ending::Clean,
            Step::Bad => break log.judge(stretch)?,
        }
    };
    Ok(Replayed { tail: log.at, next_sequence: log.next, bytes: log.bytes, ending })
}

enum Step {
    On,
    End,
    Bad,
}

struct Log<'f, F> {
    window: Window<'f, F>,
    page: u32,
    /// Where the bank ends.
    end: u32,
    header: BankHeader,
    at: u32,
    next: u32,
    bytes: u64,
}

impl<F: Flash> Log<'_, F> {
    fn step(&mut self, visit: &mut dyn FnMut(&[u8])) -> Result<Step, F::Error> {
        let in_snapshot = self.at < self.header.snapshot_end;
        if self.end - self.at < RECORD_HEADER {
            return Ok(if in_snapshot { Step::Bad } else { Step::End });
        }
        match self.window.word(self.at)? {
            // A void never lies in a snapshot, and an unfinished one does not reach its page's end.
            0 => {
                let end = self.window.end_of_zeros(self.at)?;
                if in_snapshot || !end.is_multiple_of(self.page) {
                    return Ok(Step::Bad);
                }
                self.at = end;
                Ok(Step::On)
            }
            u32::MAX => {
                let blank = !in_snapshot && self.window.last_written(self.at)?.is_none();
                Ok(if blank { Step::End } else { Step::Bad })
            }
            1..u32::MAX => self.record(visit),
        }
    }

    fn record(&mut self, visit: &mut dyn FnMut(&[u8])) -> Result<Step, F::Error> {
        let (at, next, generation) = (self.at, self.next, self.header.generation);
        let Some(header) = self.plausible(at)?.filter(|header| header.sequence == next) else {
            return Ok(Step::Bad);
        };
        let size = header.size() as u32;
        let Some(payload) = header.prove(generation, self.window.bytes(at, size)?) else {
            return Ok(Step::Bad);
        };
        visit(payload);
        self.at += size;
        self.next += 1;
        self.bytes += u64::from(header.length);
        Ok(Step::On)
    }

    /// Returns the header at `at` if such a record could be there at all.
    fn plausible(&mut self, at: u32) -> Result<Option<RecordHeader>, F::Error> {
        let left = u64::from(self.end - at);
        let most = self.end / RECORD_HEADER;
        let header = RecordHeader::decode(self.window.bytes(at, RECORD_HEADER)?);
        Ok(header.filter(|h| h.size() <= left && (1..=most).contains(&h.sequence)))
    }

    fn judge(&mut self, stretch: Stretch) -> Result<Ending, F::Error> {
        let in_snapshot = self.at < self.header.snapshot_end;
        let last = self.window.last_written(self.at)?.unwrap_or(self.at);
        if in_snapshot || self.acknowledged_after(last)? {
            let (at, sequence) = (stretch.place(self.at), self.next);
            return Ok(Ending::Damaged(Damage { at, sequence, in_snapshot }));
        }
        Ok(Ending::Torn { last })
    }

    /// Tells whether something up to `last` proves that the record at `self.at` was once whole.
    ///
    /// A chip fills the cells of one page in any order, so in the page that was cut, later records
    /// of the cut batch may be good where an earlier one is not. Pages before it were whole, and
    /// another batch only began when the one before was acknowledged.
    fn acknowledged_after(&mut self, last: u32) -> Result<bool, F::Error> {
        let cut_page = last / self.page * self.page;
        // A bank made of nothing but plausible headers would take the square of its size to read.
        let mut budget = u64::from(self.end) * 8;
        for at in (self.at..=last).step_by(4) {
            let Some(header) = self.plausible(at)? else { continue };
            let same_cut = match header.place {
                Place::First => false,
                Place::Further => at > cut_page,
            };
            // Cells between 0 and 1 may read as the record that they did not read as before.
            let itself = at == self.at && header.sequence == self.next;
            if same_cut || itself {
                continue;
            }
            let Some(left) = budget.checked_sub(header.size()) else { return Ok(true) };
            budget = left;
            let record = self.window.bytes(at, header.size() as u32)?;
            if header.prove(self.header.generation, record).is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
