//! The flash thread: the only one that touches the journal, so that the loop never waits for a
//! chip.
//!
//! What waits together is written together: the thread takes everything that has queued up and
//! appends it in one write. When the bank is full it asks for a snapshot of the whole state
//! instead; the state already holds whatever waits, so the snapshot settles it too. A failed write
//! ends the promise: the loop is told, and the daemon starts anew.

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
            let failed = matches!(message, Told::Failed(_));
            if self.told.send(message).is_err() || failed {
                return;
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

    /// In a quiet moment: finds out what is to be erased, erases one block that is no longer
    /// needed, or asks for a snapshot in time.
    fn tidy(&mut self) -> Result<Option<Told>, String> {
        match self.journal.chore() {
            Chore::Erase if !self.starved => {
                let retired = self.journal.retired();
                let erased = self.journal.idle();
                erased.map_err(|error| format!("a block could not be erased: {error:?}"))?;
                if self.journal.retired() > retired {
                    log::error!(
                        "a block of the flash will not erase any more, and is done without"
                    );
                }
                Ok(Some(Told::Kept(RecordNo(0), self.wear())))
            }
            Chore::Snapshot if !self.starved && !self.too_large => {
                self.busy = self.clock.now().mono;
                Ok(Some(Told::WantsSnapshot))
            }
            Chore::Look if !self.starved => {
                let looked = self.journal.look();
                looked.map_err(|error| format!("a bank could not be read: {error:?}"))?;
                Ok(Some(Told::Kept(RecordNo(0), self.wear())))
            }
            Chore::None | Chore::Erase | Chore::Snapshot | Chore::Look => Ok(None),
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use journal::mem::MemFlash;

    /// The thread on a blank file, removed with the test; nothing runs by itself.
    struct Bench {
        path: std::path::PathBuf,
        keeper: Keeper,
    }

    impl Bench {
        fn new(name: &str) -> Bench {
            let path = std::env::temp_dir().join(format!("dialtone-{name}-{}", std::process::id()));
            let _ = std::fs::remove_file(&path);
            let keeper = Bench::keeper(&path);
            Bench { path, keeper }
        }

        fn keeper(path: &std::path::Path) -> Keeper {
            let chip = Chip::open(path, crate::nor_file::Timing::Host);
            let journal = open(chip.unwrap_or_else(|why| panic!("{why}")));
            let journal = journal.unwrap_or_else(|why| panic!("{why}")).journal;
            let (told, _) = tokio::sync::mpsc::unbounded_channel();
            Keeper::new(journal, told, Clock::start())
        }

        /// The power goes, and comes back: on a copy of the file, since this one is still held.
        fn start_again(self) -> Bench {
            let path = self.path.with_extension("again");
            std::fs::copy(&self.path, &path).unwrap();
            let keeper = Bench::keeper(&path);
            Bench { path, keeper }
        }

        /// Appends records until so many bytes are left.
        fn fill(&mut self, room: u32) {
            while self.keeper.journal.room() > room {
                self.keeper.journal.append(&[&[7; 500]]).unwrap();
            }
        }
    }

    impl Drop for Bench {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.path);
        }
    }

    #[test]
    fn another_state_is_there_alone_or_not_at_all() {
        let mut bench = Bench::new("replace");
        let records = |bench: &Bench| {
            let mut found = Vec::new();
            let image = std::fs::read(&bench.path).unwrap();
            let copy = MemFlash::holding(crate::nor_file::NorFile::GEOMETRY, &image);
            let _ = Journal::mount(copy, &mut |record: &[u8]| found.push(record.to_vec()));
            found
        };
        let append = |byte, no| Job::Append(vec![vec![byte; 20]], RecordNo(no));
        bench.keeper.settle([append(1, 1)].into()).unwrap();
        let replace = Job::Replace(vec![vec![9; 20]], RecordNo(3));
        let told = bench.keeper.settle([append(2, 2), replace, append(4, 4)].into());
        assert!(matches!(told, Ok(Some(Told::Kept(RecordNo(3), _)))));
        assert_eq!(records(&bench), [vec![9; 20]]);
        let large = vec![vec![8; 500]; 2_000];
        assert!(bench.keeper.settle([Job::Replace(large, RecordNo(5))].into()).is_err());
        assert_eq!(records(&bench), [vec![9; 20]]);
    }

    #[test]
    fn it_is_quiet_when_neither_the_flash_nor_a_phone_did_anything_for_a_while() {
        let mut bench = Bench::new("quiet");
        bench.keeper.busy = Instant(5_000);
        let quiet = |bench: &Bench, at| bench.keeper.is_quiet(Instant(at));
        assert!(!quiet(&bench, 14_999) && quiet(&bench, 15_000));
        let thread =
            FlashThread { jobs: std::sync::mpsc::channel().0, rush: bench.keeper.rush.clone() };
        thread.rush(Instant(14_000));
        assert!(!quiet(&bench, 15_000) && !quiet(&bench, 23_999) && quiet(&bench, 24_000));
        bench.keeper.busy = Instant(24_000);
        assert!(!quiet(&bench, 30_000));
    }

    #[test]
    fn erases_follow_each_other_faster_the_longer_it_was_quiet_or_the_fuller_the_bank_is() {
        let mut bench = Bench::new("breath");
        bench.keeper.busy = Instant(5_000);
        let breath = |bench: &Bench, at| bench.keeper.breath(Instant(at));
        assert_eq!((breath(&bench, 24_999), breath(&bench, 25_000)), (BREATH, SHORT_BREATH));
        bench.keeper.rush.store(24_000, Ordering::Relaxed);
        assert_eq!((breath(&bench, 25_000), breath(&bench, 44_000)), (BREATH, SHORT_BREATH));
        bench.fill(100_000);
        // Nothing is erased any sooner for it: that takes its quiet.
        let quiet = bench.keeper.is_quiet(Instant(25_000));
        assert_eq!((breath(&bench, 25_000), quiet), (SHORT_BREATH, false));
    }

    #[test]
    fn a_quiet_moment_is_for_a_snapshot_in_time_and_then_for_erasing() {
        let mut bench = Bench::new("tidy");
        // Of blank flash, nobody knows whether the other bank is erased to the end.
        while bench.keeper.journal.erase_pending() != Some(0) {
            assert!(matches!(bench.keeper.tidy(), Ok(Some(Told::Kept(..)))));
        }
        bench.fill(120_000);
        assert!(matches!(bench.keeper.tidy(), Ok(None)));
        bench.fill(20_000);
        assert!(matches!(bench.keeper.tidy(), Ok(Some(Told::WantsSnapshot))));
        let snapshot = Job::Snapshot(vec![vec![1; 50]], RecordNo(9));
        let told = bench.keeper.settle(VecDeque::from([snapshot]));
        assert!(matches!(told, Ok(Some(Told::Kept(RecordNo(9), _)))));
        let pending = bench.keeper.journal.erase_pending().unwrap();
        assert!(matches!(bench.keeper.tidy(), Ok(Some(Told::Kept(..)))));
        let left = bench.keeper.journal.erase_pending();
        assert_eq!((pending > 100, left), (true, Some(pending - 1)));
    }

    #[test]
    fn what_is_to_be_erased_is_looked_for_in_the_first_quiet_moment_after_a_start() {
        let mut bench = Bench::new("look");
        bench.fill(20_000);
        let mut fact = Vec::new();
        Event::AddressGiven { mac: [2; 6], address: [10, 0, 0, 1] }.encode(&mut fact);
        bench.keeper.settle([Job::Snapshot(vec![fact], RecordNo(1))].into()).unwrap();
        let (erases, pending) = (bench.keeper.wear().erases, bench.keeper.journal.erase_pending());
        bench.keeper.tidy().unwrap();
        bench.keeper.tidy().unwrap();
        let mut bench = bench.start_again();
        let Wear { erases: before, counted, .. } = bench.keeper.wear();
        assert_eq!((before, counted), (erases, false));
        assert!(matches!(bench.keeper.tidy(), Ok(Some(Told::Kept(..)))));
        let Wear { erases: after, counted, .. } = bench.keeper.wear();
        assert_eq!((after, counted), (erases + 1, true));
        // Of the two that were erased the lower one could be half-erased for all that can be read.
        let left = bench.keeper.journal.erase_pending();
        assert_eq!(left, pending.map(|pending| pending - 1));
        assert!(matches!(bench.keeper.tidy(), Ok(Some(Told::Kept(..)))));
        assert_eq!(bench.keeper.wear().erases, erases + 2);
    }

    #[test]
    fn a_snapshot_that_no_longer_fits_costs_nothing_of_what_waits() {
        let mut bench = Bench::new("large");
        bench.fill(20_000);
        let told = bench.keeper.settle(VecDeque::from([
            Job::Append(vec![vec![1; 50]], RecordNo(3)),
            Job::Snapshot(vec![vec![2; 300_000]; 2], RecordNo(3)),
            Job::Append(vec![vec![3; 50]], RecordNo(4)),
        ]));
        assert!(matches!(told, Ok(Some(Told::Kept(RecordNo(4), _)))));
        assert!(bench.keeper.too_large && !bench.keeper.starved);
        assert!(matches!(bench.keeper.tidy(), Ok(Some(Told::Kept(..)) | None)));
        let told =
            bench.keeper.settle(VecDeque::from([Job::Append(vec![vec![4; 30_000]], RecordNo(5))]));
        assert!(matches!(told, Ok(Some(Told::WantsSnapshot))), "now it must be");
        let snapshot = Job::Snapshot(vec![vec![2; 300_000]; 2], RecordNo(5));
        assert!(bench.keeper.settle(VecDeque::from([snapshot])).is_err());
    }

    #[test]
    fn the_exchange_reckons_a_record_as_large_as_the_journal_makes_it() {
        for address in [[0, 0, 0, 0], [10, 0, 0, 1]] {
            let event = Event::AddressGiven { mac: [2; 6], address };
            let mut bytes = Vec::new();
            event.encode(&mut bytes);
            assert_eq!(event.record_bytes(), Journal::<MemFlash>::cost(bytes.len()));
            assert_eq!(event.record_bytes(), exchange::limits::ADDRESS_RECORD_BYTES);
        }
        for letters in 0..40 {
            let name = exchange::names::text(&"x".repeat(letters));
            let (handset, line) = (exchange::names::HandsetNo(900), exchange::names::LineNo::FIRST);
            let event = Event::LineAssigned { handset, line, extension: None, name };
            let mut bytes = Vec::new();
            event.encode(&mut bytes);
            assert_eq!(event.record_bytes(), Journal::<MemFlash>::cost(bytes.len()));
        }
    }
}
