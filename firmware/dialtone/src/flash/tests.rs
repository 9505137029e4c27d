//! The thread on a file, with nothing that runs by itself.

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
        let mut fact = Vec::new();
        Event::AddressGiven { mac: [2; 6], address: [10, 0, 0, 1] }.encode(&mut fact);
        while self.keeper.journal.room() > room {
            self.keeper.journal.append(&[&fact[..]; 20]).unwrap();
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

/// All of one bank is to be erased, and in the other one so many bytes are left.
fn rushed(name: &str, room: u32) -> Bench {
    let mut bench = Bench::new(name);
    while bench.keeper.journal.erase_pending() != Some(0) {
        bench.keeper.tidy().unwrap();
    }
    bench.fill(1_000);
    bench.keeper.settle([Job::Snapshot(Vec::new(), RecordNo(1))].into()).unwrap();
    bench.fill(room);
    bench
}

#[test]
fn where_space_runs_out_blocks_are_erased_in_step_with_what_is_written() {
    let mut bench = rushed("overdue", 140_000);
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    bench.keeper.told = told;
    let pending = |bench: &Bench| bench.keeper.journal.erase_pending().unwrap();
    assert!(bench.keeper.catch_up());
    assert_eq!((pending(&bench), heard.try_recv().is_err()), (128, true));
    let mut most = 0;
    while bench.keeper.journal.room() > 600 {
        let before = pending(&bench);
        bench.keeper.settle([Job::Append(vec![vec![7; 500]], RecordNo(2))].into()).unwrap();
        assert!(bench.keeper.catch_up());
        most = most.max(before - pending(&bench));
    }
    assert_eq!((most, pending(&bench)), (1, 0));
    assert!(matches!(heard.try_recv(), Ok(Told::Kept(RecordNo(0), _))));
}

#[test]
fn what_is_erased_in_a_rush_after_a_start_is_looked_for_first() {
    let mut bench = rushed("overdue-look", 100_000).start_again();
    let (told, _heard) = tokio::sync::mpsc::unbounded_channel();
    bench.keeper.told = told;
    assert_eq!(bench.keeper.journal.erase_pending(), None);
    assert!(matches!(bench.keeper.overdue(), Chore::Look) && bench.keeper.catch_up());
    let room = bench.keeper.journal.room();
    let pending = bench.keeper.journal.erase_pending();
    assert_eq!(pending, Some(4 * room / 4_096));
    // What only a snapshot can help waits for that alone.
    bench.keeper.starved = true;
    bench.fill(1_000);
    assert!(bench.keeper.catch_up());
    assert_eq!(bench.keeper.journal.erase_pending(), pending);
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
