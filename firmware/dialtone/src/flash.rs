//! The flash thread: the only one that touches the journal, so that the loop never waits for a
//! chip.
//!
//! What waits together is written together: the thread takes everything that has queued up and
//! appends it in one write. When the bank is full it asks for a snapshot of the whole state
//! instead; the state already holds whatever waits, so the snapshot settles it too. A failed write
//! ends the promise: the loop is told, and the daemon starts anew.

#[cfg(test)]
mod tests;

use crate::chip::{self, Chip};
use crate::clock::Clock;
use crate::wear::Wear;
use exchange::names::RecordNo;
use exchange::state::{Durable, Event};
use exchange::time::Instant;
use journal::{AppendError, Chore, Flash, Journal};
use pages::recovery::Problem;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

/// Nothing is erased, nor a snapshot made in time, unless for this long the flash had nothing to do
/// and no phone looked for an address: while a chip erases it cannot store what a boot promises.
/// Where space runs out that cannot be waited for, see [`Keeper::overdue`].
const QUIET_MS: u64 = 10_000;
/// Between two erases, so that what arrives meanwhile has its turn.
const BREATH: Duration = Duration::from_secs(1);
/// The same where it was quiet for long, or where the bank is nearly full.
const SHORT_BREATH: Duration = Duration::from_millis(100);
/// What has been quiet for so long may well stay so.
const LONG_QUIET_MS: u64 = 2 * QUIET_MS;
/// How long the thread sleeps when there is nothing to tidy either.
const SLEEP: Duration = Duration::from_secs(60 * 60);

/// Work for the thread.
pub(crate) enum Job {
    /// Puts these records on flash, the last of them having this number.
    Append(Vec<Vec<u8>>, RecordNo),
    /// Puts this whole state on flash; it includes every record up to this number.
    Snapshot(Vec<Vec<u8>>, RecordNo),
    /// Puts another state on flash in the place of this one, as it is or not at all; it is there
    /// when everything up to this number is kept. Nothing else that waits is written any more.
    Replace(Vec<Vec<u8>>, RecordNo),
}

/// What the thread has to say.
pub(crate) enum Told {
    /// Everything up to this record is on flash.
    Kept(RecordNo, Wear),
    /// There is no room for more records; a snapshot is wanted.
    WantsSnapshot,
    /// Flash failed; nothing more can be promised.
    Failed(String),
}

/// What a mount found.
pub(crate) struct Opened {
    pub(crate) journal: Journal<Chip>,
    pub(crate) durable: Durable,
    pub(crate) found: journal::Mounted,
}

/// Reads the journal and folds it into the state, or says why it cannot be used.
pub(crate) fn open(flash: Chip) -> Result<Opened, Problem> {
    let (journal, durable, found) = read(flash, chip::fault)?;
    Ok(Opened { journal, durable, found })
}

/// The same of any flash, whose own errors are put into words by `fault`.
pub(crate) fn read<F: Flash>(
    flash: F,
    fault: impl Fn(&F::Error) -> Problem,
) -> Result<(Journal<F>, Durable, journal::Mounted), Problem> {
    let mut durable = Durable::default();
    let mut unknown = 0u32;
    let mut visit = |record: &[u8]| match Event::decode(record) {
        Some(event) => durable.apply(&event),
        None => unknown += 1,
    };
    let (journal, found) =
        Journal::mount(flash, &mut visit).map_err(|error| chip::unmounted(&error, fault))?;
    if unknown > 0 {
        return Err(Problem::NewerRecords { count: unknown });
    }
    Ok((journal, durable, found))
}

/// When a phone last looked for an address, in milliseconds of the clock; 0 for never.
type Rush = Arc<AtomicU64>;

/// The thread's end of things.
struct Keeper {
    journal: Journal<Chip>,
    told: UnboundedSender<Told>,
    clock: Clock,
    rush: Rush,
    /// Bytes that had been programmed when the thread began.
    at_start: u64,
    /// When the flash last had something to do.
    busy: Instant,
    /// A batch did not fit. What comes after it may not go before it: only a snapshot helps.
    starved: bool,
    /// The state does not fit the other bank any more.
    too_large: bool,
}

impl Keeper {
    fn new(journal: Journal<Chip>, told: UnboundedSender<Told>, clock: Clock) -> Keeper {
        Keeper {
            at_start: journal.written(),
            journal,
            told,
            clock,
            rush: Rush::default(),
            busy: clock.now().mono,
            starved: false,
            too_large: false,
        }
    }

    /// Runs until the loop hangs up.
    fn run(mut self, jobs: &Receiver<Job>) {
        // How full it is can be shown before anything was written.
        let _ = self.told.send(Told::Kept(RecordNo(0), self.wear()));
        loop {
            let pause = match self.journal.chore() {
                Chore::None => SLEEP,
                Chore::Snapshot => BREATH,
                Chore::Erase | Chore::Look => self.breath(self.clock.now().mono),
            };
            let heard = jobs.recv_timeout(pause);
            let now = self.clock.now().mono;
            let done = match heard {
                Ok(job) => {
                    let mut waiting = VecDeque::from([job]);
                    waiting.extend(jobs.try_iter());
                    let done = self.settle(waiting);
                    self.busy = self.clock.now().mono;
                    done
                }
                Err(RecvTimeoutError::Timeout) if self.is_quiet(now) => self.tidy(),
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let message = match done {
                Ok(Some(message)) => message,
                Ok(None) => continue,
                Err(why) => Told::Failed(why),
            };
            if !self.tell(message) || !self.catch_up() {
                return;
            }
        }
    }

    /// Tells the loop something; `false` when that is the last of it.
    fn tell(&self, message: Told) -> bool {
        let failed = matches!(message, Told::Failed(_));
        self.told.send(message).is_ok() && !failed
    }

    /// Does what is overdue; `false` when the loop is gone or the chip failed.
    fn catch_up(&mut self) -> bool {
        loop {
            let done = match self.overdue() {
                Chore::Look => self.look(),
                Chore::Erase => self.erase(),
                Chore::None | Chore::Snapshot => return true,
            };
            if !self.tell(done.unwrap_or_else(Told::Failed)) {
                return false;
            }
        }
    }

    /// Does everything that waits, in one write where it can be one; `None` while only a snapshot,
    /// which was asked for already, can help.
    fn settle(&mut self, mut waiting: VecDeque<Job>) -> Result<Option<Told>, String> {
        let replaces = waiting.iter().position(|job| matches!(job, Job::Replace(..)));
        let replaces = replaces.and_then(|place| waiting.remove(place));
        if let Some(Job::Replace(records, no)) = replaces {
            self.replace(&records)?;
            return Ok(Some(Told::Kept(no, self.wear())));
        }
        let mut upto = RecordNo(0);
        // A snapshot holds all that was to be appended before it.
        if let Some(place) = waiting.iter().rposition(|job| matches!(job, Job::Snapshot(..))) {
            let superseded: Vec<Job> = waiting.drain(..place).collect();
            if let Some(Job::Snapshot(records, no)) = waiting.pop_front() {
                if self.snapshot(&records)? {
                    upto = no;
                } else {
                    superseded.into_iter().rev().for_each(|job| waiting.push_front(job));
                }
            }
        }
        if self.starved {
            return Ok(None);
        }
        let mut batch: Vec<Vec<u8>> = Vec::new();
        for job in waiting {
            if let Job::Append(records, no) = job {
                batch.extend(records);
                upto = no;
            }
        }
        let records: Vec<&[u8]> = batch.iter().map(Vec::as_slice).collect();
        match self.journal.append(&records) {
            Ok(()) => Ok(Some(Told::Kept(upto, self.wear()))),
            Err(AppendError::Full { .. }) => {
                self.starved = true;
                Ok(Some(Told::WantsSnapshot))
            }
            Err(error) => Err(format!("records could not be written: {error:?}")),
        }
    }

    /// Writes the whole state to the other bank; `false` where that was only meant to be in time,
    /// and the state is larger than what blocks that will not erase have left of the bank.
    fn snapshot(&mut self, records: &[Vec<u8>]) -> Result<bool, String> {
        match self.journal.compact(&mut |keep| records.iter().for_each(|record| keep(record))) {
            Ok(()) => self.starved = false,
            Err(AppendError::Full { .. }) if !self.starved => {
                self.too_large = true;
                return Ok(false);
            }
            Err(error) => return Err(format!("a snapshot could not be written: {error:?}")),
        }
        Ok(true)
    }

    /// Writes another state to the other bank; where that fails, the one there was is the state.
    fn replace(&mut self, records: &[Vec<u8>]) -> Result<(), String> {
        let snapshot = &mut |keep: &mut dyn FnMut(&[u8])| records.iter().for_each(|it| keep(it));
        let written = self.journal.compact(snapshot);
        written.map_err(|error| format!("another state could not be written: {error:?}"))
    }

    fn is_quiet(&self, now: Instant) -> bool {
        self.quiet_ms(now) >= QUIET_MS
    }

    fn quiet_ms(&self, now: Instant) -> u64 {
        let since_rush = match self.rush.load(Ordering::Relaxed) {
            0 => u64::MAX,
            last => now.since_ms(Instant(last)),
        };
        now.since_ms(self.busy).min(since_rush)
    }

    /// How long the chip rests before the next thing to tidy: a bank that fills up before the other
    /// one is erased has to wait for all that is left to erase.
    fn breath(&self, now: Instant) -> Duration {
        let nearly_full = self.journal.room() < self.journal.capacity() / 4;
        match nearly_full || self.quiet_ms(now) >= LONG_QUIET_MS {
            true => SHORT_BREATH,
            false => BREATH,
        }
    }

    /// What a write leaves to be done before the next one. Where space runs out, that is, where the
    /// last quarter of the bank fills and the other bank is not erased, blocks are erased in step
    /// with what is written, so that nobody waits for all of them once the bank is full.
    fn overdue(&self) -> Chore {
        let block = u64::from(self.journal.flash().geometry().erase_block);
        let (bank, room) = (u64::from(self.journal.capacity()), u64::from(self.journal.room()));
        match self.journal.erase_pending() {
            _ if self.starved || room >= bank / 4 => Chore::None,
            None => Chore::Look,
            Some(pending) if u64::from(pending) * block > 4 * room => Chore::Erase,
            Some(_) => Chore::None,
        }
    }

    /// Erases one block that is no longer needed.
    fn erase(&mut self) -> Result<Told, String> {
        let retired = self.journal.retired();
        let erased = self.journal.idle();
        erased.map_err(|error| format!("a block could not be erased: {error:?}"))?;
        if self.journal.retired() > retired {
            log::error!("a block of the flash will not erase any more, and is done without");
        }
        Ok(Told::Kept(RecordNo(0), self.wear()))
    }

    /// In a quiet moment: finds out what is to be erased, erases one block that is no longer
    /// needed, or asks for a snapshot in time.
    fn tidy(&mut self) -> Result<Option<Told>, String> {
        match self.journal.chore() {
            Chore::Erase if !self.starved => self.erase().map(Some),
            Chore::Snapshot if !self.starved && !self.too_large => {
                self.busy = self.clock.now().mono;
                Ok(Some(Told::WantsSnapshot))
            }
            Chore::Look if !self.starved => self.look().map(Some),
            Chore::None | Chore::Erase | Chore::Snapshot | Chore::Look => Ok(None),
        }
    }

    /// Finds out what is to be erased.
    fn look(&mut self) -> Result<Told, String> {
        let looked = self.journal.look();
        looked.map_err(|error| format!("a bank could not be read: {error:?}"))?;
        Ok(Told::Kept(RecordNo(0), self.wear()))
    }

    fn wear(&self) -> Wear {
        Wear::of(&self.journal, self.at_start)
    }
}

/// The loop's end of the thread.
pub(crate) struct FlashThread {
    jobs: Sender<Job>,
    rush: Rush,
}

impl FlashThread {
    /// Starts the thread; what it has to say comes by `told`.
    pub(crate) fn start(
        journal: Journal<Chip>,
        told: UnboundedSender<Told>,
        clock: Clock,
    ) -> std::io::Result<FlashThread> {
        let (jobs, queue) = std::sync::mpsc::channel();
        let keeper = Keeper::new(journal, told, clock);
        let rush = Arc::clone(&keeper.rush);
        std::thread::Builder::new().name("flash".to_owned()).spawn(move || keeper.run(&queue))?;
        Ok(FlashThread { jobs, rush })
    }

    /// A thread that a test plays.
    #[cfg(test)]
    pub(crate) fn played(jobs: Sender<Job>) -> FlashThread {
        FlashThread { jobs, rush: Rush::default() }
    }

    /// Says that a phone looked for an address: it will soon have something to be stored.
    pub(crate) fn rush(&self, at: Instant) {
        self.rush.store(at.0.max(1), Ordering::Relaxed);
    }

    /// Hands over work; a thread that has ended has said why.
    pub(crate) fn hand(&self, job: Job) {
        let _ = self.jobs.send(job);
    }
}
