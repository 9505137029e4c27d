//! One thing that a journal's owner does, and what a cut in the middle of it may leave.

use crate::chip::{Chip, ChipError};
use exchange::state::{Durable, Event};
use journal::{AppendError, EraseError, Fault, Flash, Journal, MountError};

/// Records one after the other, each with its length before it. What they make is a function of
/// them alone, so two equal logs are one state.
pub type Log = Vec<u8>;

/// A mounted journal, and what was found on it.
pub struct Found {
    /// The journal.
    pub journal: Journal<Chip>,
    /// The records it handed on.
    pub log: Log,
    /// What the mount says of itself.
    pub mounted: journal::Mounted,
}

/// Mounts, and keeps what is handed on.
pub fn mount(chip: Chip) -> Result<Found, MountError<ChipError>> {
    // As much as a bank can hold, in all but the strangest cases.
    let mut log = Log::with_capacity(chip.geometry().size as usize / 2);
    let (journal, mounted) = Journal::mount(chip, &mut |record| enter(&mut log, record))?;
    Ok(Found { journal, log, mounted })
}

/// Puts a record behind the others.
pub fn enter(log: &mut Log, record: &[u8]) {
    log.extend((record.len() as u32).to_le_bytes());
    log.extend(record);
}

/// Records as a log.
pub fn entered(records: &[Vec<u8>]) -> Log {
    let mut log = Log::new();
    records.iter().for_each(|record| enter(&mut log, record));
    log
}

/// Folds a log as the daemon does; nothing where a record is none of the exchange's.
pub fn fold(log: &[u8]) -> Option<Durable> {
    let mut durable = Durable::default();
    let mut rest = log;
    while let Some((length, behind)) = rest.split_first_chunk() {
        let (record, behind) = behind.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        durable.apply(&Event::decode(record)?);
        rest = behind;
    }
    rest.is_empty().then_some(durable)
}

/// The facts of a snapshot, as bytes.
pub fn snapshot(durable: &Durable) -> Vec<Vec<u8>> {
    durable.facts().map(|fact| crate::office::encoded(&fact)).collect()
}

/// One thing that the owner does.
#[derive(Clone, Debug)]
pub enum Deed {
    /// These records, in one batch.
    Append(Vec<Vec<u8>>),
    /// This whole state.
    Snapshot(Vec<Vec<u8>>),
    /// One block is erased in a quiet moment.
    Idle,
}

/// How a deed ended where it did not succeed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// The power went.
    Off,
    /// The chip failed, or did not read back what was asked of it.
    Failed,
    /// The journal refused.
    Refused,
}

impl Deed {
    /// Does it. The flash's own complaint about a wrong order is a bug, and so is never an end.
    pub fn perform(&self, journal: &mut Journal<Chip>) -> Result<(), Ended> {
        match self {
            Deed::Append(batch) => {
                let batch: Vec<&[u8]> = batch.iter().map(Vec::as_slice).collect();
                journal.append(&batch).map_err(why)
            }
            Deed::Snapshot(facts) => {
                let told = journal.compact(&mut |keep| facts.iter().for_each(|fact| keep(fact)));
                told.map_err(why)
            }
            Deed::Idle => journal.idle().map(drop).map_err(|error| match error {
                EraseError::Fault(fault) => why(AppendError::Fault(fault)),
                EraseError::Refused(refused) => why(AppendError::Refused(refused)),
            }),
        }
    }
}

fn why(error: AppendError<ChipError>) -> Ended {
    match error {
        AppendError::Fault(Fault::Flash(ChipError::Off)) => Ended::Off,
        AppendError::Fault(Fault::Flash(ChipError::Io) | Fault::Unverified { .. }) => Ended::Failed,
        AppendError::Full { .. } | AppendError::Refused(_) => Ended::Refused,
        AppendError::Fault(Fault::Flash(
            wrong @ (ChipError::SetsBits(_) | ChipError::HalfErased(_) | ChipError::OutOfRange),
        )) => panic!("the journal asked the chip for what it cannot do: {wrong:?}"),
    }
}

/// Puts one more record behind, or the whole state where it does not fit. Where the log is none of
/// the exchange's records there is no whole state, and that is refused.
pub fn goes_on(found: &mut Found, event: &Event) -> Result<(), Ended> {
    let (deed, log) = next(found, event).ok_or(Ended::Refused)?;
    deed.perform(&mut found.journal)?;
    found.log = log;
    Ok(())
}

/// The deed that puts an event behind what was found, and the log that it leaves.
pub fn next(found: &Found, event: &Event) -> Option<(Deed, Log)> {
    let record = crate::office::encoded(event);
    if u64::from(found.journal.room()) < Journal::<Chip>::cost(record.len()) {
        let mut durable = fold(&found.log)?;
        durable.apply(event);
        let facts = snapshot(&durable);
        let log = entered(&facts);
        return Some((Deed::Snapshot(facts), log));
    }
    let mut log = found.log.clone();
    enter(&mut log, &record);
    Some((Deed::Append(vec![record]), log))
}
