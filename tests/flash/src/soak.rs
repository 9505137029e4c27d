//! The long count: lives with cuts at random on 1 MiB, so many cuts with either size of blocks.
//!
//! A count is made of many lives, each with a seed of its own: the processors share them, and one
//! that goes wrong is lived again by `flash life`. Once a minute a line says how far it is.

use crate::random::{live, Report, Wish};
use crate::sizes;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The sizes of erase blocks, in bytes.
const BLOCKS: [u32; 2] = [4_096, 65_536];
/// How many cuts a life has; it wraps the partition some hundred times.
const CUTS_OF_A_LIFE: u64 = 20_000;
/// The offices that take turns, by the number of their phones.
const DESKS: [usize; 3] = [25, 100, 400];
/// The seed of the first life.
const FIRST_SEED: u64 = 1_000;
/// A line comes as often as this.
const MINUTE: Duration = Duration::from_secs(60);

/// How far it is.
struct Count {
    /// How many cuts there are to be with each size of blocks.
    wanted: u64,
    /// How many there were.
    cuts: [AtomicU64; BLOCKS.len()],
    /// The next life to be lived.
    next: AtomicU64,
    /// One went wrong: the others end too.
    over: AtomicBool,
    begun: Instant,
}

/// Makes so many cuts with either size of blocks; says what went wrong, if anything did.
pub fn run(cuts: u64) -> Result<(), String> {
    let count = Count {
        wanted: cuts,
        cuts: Default::default(),
        next: AtomicU64::new(0),
        over: AtomicBool::new(false),
        begun: now(),
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let told: Mutex<Vec<Result<[Report; BLOCKS.len()], String>>> = Mutex::default();
    let ended = Condvar::new();
    let reports = std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                let end = std::panic::catch_unwind(|| count.work());
                let end = end.unwrap_or_else(|_| Err("it panicked, as said above".to_owned()));
                count.over.fetch_or(end.is_err(), Ordering::Relaxed);
                told.lock().unwrap_or_else(PoisonError::into_inner).push(end);
                ended.notify_one();
            });
        }
        let mut guard = told.lock().unwrap_or_else(PoisonError::into_inner);
        while guard.len() < workers {
            let waited = ended.wait_timeout(guard, MINUTE);
            let (again, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            guard = again;
            if timeout.timed_out() {
                println!("{count}");
            }
        }
        std::mem::take(&mut *guard)
    });
    let mut all = [Report::default(); BLOCKS.len()];
    for reports in reports {
        all.iter_mut().zip(reports?).for_each(|(all, report)| all.add(&report));
    }
    println!("{count}");
    for (erase_block, report) in BLOCKS.into_iter().zip(all) {
        println!("1 MiB, blocks of {erase_block}: {report}");
    }
    Ok(())
}

/// Lives one of those lives again, by the size of its blocks and its seed.
pub fn again(erase_block: u32, seed: u64) -> Result<(), String> {
    let report = live(wish(erase_block, CUTS_OF_A_LIFE, seed), &mut |_| true)?;
    println!("1 MiB, blocks of {erase_block}, seed {seed}: {report}");
    Ok(())
}

impl Count {
    /// Lives as long as there is another life, with each size of blocks in turn.
    fn work(&self) -> Result<[Report; BLOCKS.len()], String> {
        let mut reports = [Report::default(); BLOCKS.len()];
        let sizes_of_blocks = BLOCKS.len() as u64;
        loop {
            let life = self.next.fetch_add(1, Ordering::Relaxed);
            let (no, kind) = (life / sizes_of_blocks, (life % sizes_of_blocks) as usize);
            let left = self.wanted.saturating_sub(no * CUTS_OF_A_LIFE);
            if left == 0 || self.over.load(Ordering::Relaxed) {
                return Ok(reports);
            }
            let cuts = left.min(CUTS_OF_A_LIFE);
            let seed = FIRST_SEED + no;
            let wish = wish(BLOCKS[kind], cuts, seed);
            let mut counted = 0;
            let told = &mut |report: &Report| {
                self.cuts[kind].fetch_add(report.cuts - counted, Ordering::Relaxed);
                counted = report.cuts;
                !self.over.load(Ordering::Relaxed)
            };
            let blocks = BLOCKS[kind];
            let report =
                live(wish, told).map_err(|why| format!("`flash life {blocks} {seed}`: {why}"))?;
            reports[kind].add(&report);
        }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.begun.elapsed().as_secs_f64() / 60.0;
        write!(f, "{minutes:.1} min")?;
        for (erase_block, cuts) in BLOCKS.iter().zip(&self.cuts) {
            let (cuts, wanted) = (cuts.load(Ordering::Relaxed), self.wanted);
            write!(f, ", blocks of {erase_block}: {cuts} of {wanted} cuts")?;
        }
        let life = self.next.load(Ordering::Relaxed).saturating_sub(1);
        write!(f, ", at seed {}", FIRST_SEED + life / BLOCKS.len() as u64)
    }
}

fn wish(erase_block: u32, cuts: u64, seed: u64) -> Wish {
    let geometry = sizes(1 << 20, erase_block);
    // Small offices change often what fills the bank, large ones fill half of it with what stays.
    let desks = DESKS[seed as usize % DESKS.len()];
    Wish { geometry, events: 0, cuts, within: 4_000, seldom: 50, desks, early: 200, seed }
}

#[allow(clippy::disallowed_methods, reason = "a long count says how long it took")]
fn now() -> Instant {
    Instant::now()
}
