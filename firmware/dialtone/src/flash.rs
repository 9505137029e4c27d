//! The flash thread: the only one that touches the journal, so that the loop never waits for a
//! chip.
//!
//! What waits together is written together: the thread takes everything that has queued up and
//! appends it in one write. When the bank is full it asks for a snapshot of the whole state
//! instead; the state already holds whatever waits, so the snapshot settles it too. A failed write
//! ends the promise: the loop is told, and the daemon starts anew.

use crate::chip::{self, Chip};
use exchange::names::RecordNo;
use exchange::state::{Durable, Event};
use journal::{AppendError, Flash, Journal};
use pages::recovery::Problem;
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

/// Nothing is erased unless the flash had nothing to do for this long.
const QUIET: Duration = Duration::from_secs(10);

/// Work for the thread.
pub(crate) enum Job {
    /// Puts these records on flash, the last of them having this number.
    Append(Vec<Vec<u8>>, RecordNo),
    /// Puts this whole state on flash; it includes every record up to this number.
    Snapshot(Vec<Vec<u8>>, RecordNo),
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

/// What the flash has been through since this start.
#[derive(Clone, Copy, Default)]
pub(crate) struct Wear {
    pub(crate) bytes: u64,
    pub(crate) erases: u64,
    pub(crate) used: u32,
    tidy_above: u32,
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

/// Runs until the loop hangs up.
pub(crate) fn run(mut journal: Journal<Chip>, jobs: &Receiver<Job>, told: &UnboundedSender<Told>) {
    let mut wear = Wear { used: journal.used(), ..Wear::default() };
    // How full it is can be shown before anything was written.
    let _ = told.send(Told::Kept(RecordNo(0), wear));
    // A batch did not fit. What comes after it may not go before it: only a snapshot helps.
    let mut starved = false;
    loop {
        let job = match jobs.recv_timeout(QUIET) {
            Ok(job) => job,
            Err(RecvTimeoutError::Timeout) => {
                if let Err(why) = tidy(&mut journal, starved, &mut wear, told) {
                    let _ = told.send(Told::Failed(why));
                    return;
                }
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return,
        };
        let mut waiting = VecDeque::from([job]);
        waiting.extend(jobs.try_iter());
        let message = match settle(&mut journal, waiting, &mut starved, &mut wear) {
            Ok(Some(message)) => message,
            Ok(None) => continue,
            Err(why) => Told::Failed(why),
        };
        let failed = matches!(message, Told::Failed(_));
        if told.send(message).is_err() || failed {
            return;
        }
    }
}

/// Does everything that waits, in one write where it can be one; `None` while only a snapshot,
/// which was asked for already, can help.
fn settle(
    journal: &mut Journal<Chip>,
    mut waiting: VecDeque<Job>,
    starved: &mut bool,
    wear: &mut Wear,
) -> Result<Option<Told>, String> {
    let mut upto = RecordNo(0);
    // A snapshot holds all that was to be appended before it.
    if let Some(place) = waiting.iter().rposition(|job| matches!(job, Job::Snapshot(..))) {
        waiting.drain(..place);
    }
    match waiting.pop_front() {
        Some(Job::Snapshot(records, no)) => {
            snapshot(journal, &records, wear)?;
            *starved = false;
            upto = no;
        }
        Some(append) => waiting.push_front(append),
        None => return Ok(None),
    }
    if *starved {
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
    let before = journal.used();
    match journal.append(&records) {
        Ok(()) => (),
        Err(AppendError::Full { .. }) => {
            *starved = true;
            return Ok(Some(Told::WantsSnapshot));
        }
        Err(error) => return Err(format!("records could not be written: {error:?}")),
    }
    wear.bytes += u64::from(journal.used() - before);
    wear.used = journal.used();
    Ok(Some(Told::Kept(upto, *wear)))
}

/// Writes the whole state to the other bank.
fn snapshot(
    journal: &mut Journal<Chip>,
    records: &[Vec<u8>],
    wear: &mut Wear,
) -> Result<(), String> {
    wear.erases += u64::from(journal.erase_pending());
    let written = journal.compact(&mut |keep| records.iter().for_each(|one| keep(one)));
    written.map_err(|error| format!("a snapshot could not be written: {error:?}"))?;
    wear.bytes += u64::from(journal.used());
    // A state that fills much of the bank by itself is not worth writing anew for a little.
    wear.tidy_above = journal.used() + half(journal) / 2;
    Ok(())
}

/// In a quiet moment: erases one block that is no longer needed, or asks for a snapshot in time.
fn tidy(
    journal: &mut Journal<Chip>,
    starved: bool,
    wear: &mut Wear,
    told: &UnboundedSender<Told>,
) -> Result<(), String> {
    if journal.refused().is_some() || starved {
        return Ok(());
    }
    if journal.erase_pending() > 0 {
        journal.idle().map_err(|error| format!("a block could not be erased: {error:?}"))?;
        wear.erases += 1;
    } else if journal.used() > wear.tidy_above.max(half(journal)) {
        let _ = told.send(Told::WantsSnapshot);
    }
    Ok(())
}

fn half(journal: &Journal<Chip>) -> u32 {
    (journal.used() + journal.room()) / 2
}

/// The loop's end of the thread.
pub(crate) struct FlashThread {
    jobs: Sender<Job>,
}

impl FlashThread {
    /// Starts the thread; what it has to say comes by `told`.
    pub(crate) fn start(
        journal: Journal<Chip>,
        told: UnboundedSender<Told>,
    ) -> std::io::Result<FlashThread> {
        let (jobs, queue) = std::sync::mpsc::channel();
        std::thread::Builder::new()
            .name("flash".to_owned())
            .spawn(move || run(journal, &queue, &told))?;
        Ok(FlashThread { jobs })
    }

    /// A thread that a test plays.
    #[cfg(test)]
    pub(crate) fn played(jobs: Sender<Job>) -> FlashThread {
        FlashThread { jobs }
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
