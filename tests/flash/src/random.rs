//! A long life with cuts at random moments: in deeds, in starts, several in a row.
//!
//! The owner behaves as the daemon does: batches, a snapshot where they do not fit or a bank is
//! more than half full, an erase now and then. After each cut the log must be the one before the
//! interrupted deed, or that and some of its records, in order; what is known of the office goes
//! back to that point, and life goes on.

use crate::chip::{Chip, ERASE_STEPS};
use crate::dice::Dice;
use crate::life::{enter, entered, fold, mount, snapshot, Deed, Ended, Log};
use crate::office::{encoded, told, Naive, Office};
use exchange::state::{Durable, Event};
use journal::{Geometry, Journal};
use std::fmt;

/// How long a life is, and how troubled.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// The chip's sizes.
    pub geometry: Geometry,
    /// It ends after so many events.
    pub events: u64,
    /// And after so many cuts at least.
    pub cuts: u64,
    /// A cut comes after as many steps at most.
    pub within: u64,
    /// One in so many cuts comes after a hundred times as many steps at most.
    pub seldom: u64,
    /// How many phones the office has.
    pub desks: usize,
    /// Once half of the bank is taken, one deed in so many writes all anew before it must be.
    pub early: u64,
    /// Where chance begins.
    pub seed: u64,
}

/// As many phones as leave most of a bank free.
pub fn desks(geometry: Geometry) -> usize {
    (geometry.size as usize / 2 / 900).clamp(3, 400)
}

/// What a life was like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Events that were acknowledged.
    pub events: u64,
    /// Cuts of deeds.
    pub cuts: u64,
    /// Cuts of starts.
    pub in_start: u64,
    /// Snapshots.
    pub snapshots: u64,
    /// Erases begun.
    pub erases: u64,
    /// The erases of the most and of the least worn block.
    pub wear: (u32, u32),
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { events, cuts, in_start, snapshots, erases, wear: (most, least) } = self;
        write!(
            f,
            "{events} events, {cuts} cuts and {in_start} in starts, {snapshots} snapshots, \
             {erases} erases ({least} to {most} of a block)"
        )
    }
}

/// What is told apart by a whole fold after a cut; the others are compared by their records alone.
const FOLDED_IN_100: u64 = 2;

/// The box, and all that it has acknowledged.
struct Life {
    wish: Wish,
    journal: Journal<Chip>,
    log: Log,
    office: Office,
    durable: Durable,
    naive: Naive,
    dice: Dice,
    report: Report,
    /// A snapshot that was cut and has left nothing: it is due again, and would be the same.
    due: Option<Plan>,
}

/// What is done next, and what is acknowledged by it.
struct Plan {
    deed: Deed,
    events: Vec<Event>,
    /// The office after all of the events.
    office: Office,
    /// The log once it is done, where it is written anew.
    log: Option<Log>,
}

impl Report {
    /// Adds another life; of the wear there is the most and the least that a block had in one.
    pub fn add(&mut self, other: &Report) {
        let Report { events, cuts, in_start, snapshots, erases, wear: (most, least) } = other;
        let first = self.erases == 0;
        self.events += events;
        self.cuts += cuts;
        self.in_start += in_start;
        self.snapshots += snapshots;
        self.erases += erases;
        self.wear = match (first, self.wear) {
            (true, _) => (*most, *least),
            (false, (high, low)) => (high.max(*most), low.min(*least)),
        };
    }
}

/// Lives; says what went wrong, if anything did. After each cut `heard` is told how far it is, and
/// says whether it goes on.
pub fn live(wish: Wish, heard: &mut dyn FnMut(&Report) -> bool) -> Result<Report, String> {
    let found = mount(Chip::new(wish.geometry)).map_err(|error| format!("{error:?}"))?;
    let mut life = Life {
        wish,
        journal: found.journal,
        log: found.log,
        office: Office::new(wish.desks, wish.seed),
        durable: Durable::default(),
        naive: Naive::default(),
        dice: Dice(wish.seed ^ 3),
        report: Report::default(),
        due: None,
    };
    life.arm();
    while life.report.events < wish.events || life.report.cuts < wish.cuts {
        let plan = life.plan()?;
        match plan.deed.perform(&mut life.journal) {
            Ok(()) => life.acknowledged(plan),
            Err(Ended::Off) => {
                life = life.start(plan)?;
                if !heard(&life.report) {
                    break;
                }
            }
            Err(end) => return Err(format!("{end:?} after {}", life.report)),
        }
    }
    let mut chip = life.journal.into_flash();
    chip.power_on();
    let mut report = life.report;
    report.erases = chip.counts().erases;
    let (most, least) = (chip.erases().iter().max(), chip.erases().iter().min());
    report.wear = (most.copied().unwrap_or(0), least.copied().unwrap_or(0));
    let found = mount(chip).map_err(|error| format!("at the end: {error:?}"))?;
    match found.log == life.log {
        true => Ok(report),
        false => Err("a third state at the end".to_owned()),
    }
}

impl Life {
    /// Arms the next cut.
    fn arm(&mut self) {
        // Most come soon; without some that leave time, no large snapshot would ever be whole.
        let late = self.dice.below(self.wish.seldom) == 0;
        let within = if late { self.wish.within * 100 } else { self.wish.within };
        let steps = self.dice.below(within);
        let seed = self.dice.draw();
        self.journal.flash_mut().seed(seed);
        self.journal.flash_mut().cut_after(steps);
    }

    fn plan(&mut self) -> Result<Plan, String> {
        let journal = &self.journal;
        if journal.erase_pending() != Some(0) && self.dice.happens(10) {
            let office = self.office.clone();
            return Ok(Plan { deed: Deed::Idle, events: Vec::new(), office, log: None });
        }
        if let Some(due) = self.due.take() {
            return Ok(due);
        }
        let mut office = self.office.clone();
        let events: Vec<Event> = (0..1 + self.dice.below(4)).map(|_| office.event()).collect();
        let batch: Vec<Vec<u8>> = events.iter().map(encoded).collect();
        let need = batch.iter().map(|record| Journal::<Chip>::cost(record.len())).sum::<u64>();
        // A state that fills half a bank by itself is not written anew again and again.
        let early = journal.used() > journal.room() && self.dice.below(self.wish.early) == 0;
        if need <= u64::from(journal.room()) && !early {
            return Ok(Plan { deed: Deed::Append(batch), events, office, log: None });
        }
        let mut after = fold(&self.log).ok_or("a record that nobody wrote")?;
        let mut naive = self.naive.clone();
        for event in &events {
            after.apply(event);
            naive.hear(event);
        }
        if told(&after) != naive.told() {
            return Err(format!("the two folds differ after {}", self.report));
        }
        let facts = snapshot(&after);
        let log = Some(entered(&facts));
        Ok(Plan { deed: Deed::Snapshot(facts), events, office, log })
    }

    fn acknowledged(&mut self, plan: Plan) {
        match (plan.log, &plan.deed) {
            (Some(log), _) => {
                self.log = log;
                self.report.snapshots += 1;
            }
            (None, Deed::Append(batch)) => {
                batch.iter().for_each(|record| enter(&mut self.log, record));
            }
            (None, Deed::Snapshot(_) | Deed::Idle) => {}
        }
        plan.events.iter().for_each(|event| self.happened(event));
        self.office = plan.office;
    }

    fn happened(&mut self, event: &Event) {
        self.durable.apply(event);
        self.naive.hear(event);
        self.report.events += 1;
    }

    /// Starts again, perhaps cut at it too, and takes over what the flash holds.
    fn start(mut self, plan: Plan) -> Result<Life, String> {
        self.report.cuts += 1;
        let mut chip = self.journal.into_flash();
        chip.power_on();
        while self.dice.happens(30) {
            chip.cut_after(self.dice.below(64 + ERASE_STEPS));
            let started = Journal::mount(&mut chip, &mut |_| {});
            self.report.in_start += u64::from(started.is_err());
            chip.power_on();
        }
        let found = mount(chip).map_err(|error| format!("{error:?} after {}", self.report))?;
        if let Some(damage) = found.mounted.damaged {
            return Err(format!("{damage:?} after {}", self.report));
        }
        self.journal = found.journal;
        self.arm();
        if Some(&found.log) == plan.log.as_ref() {
            self.acknowledged(plan);
        } else {
            self.take_over_a_part(plan, &found.log)?;
        }
        if self.dice.happens(FOLDED_IN_100) {
            let whole = fold(&found.log).ok_or("a record that nobody wrote")?;
            if told(&whole) != self.naive.told() || told(&self.durable) != self.naive.told() {
                return Err(format!("the folds differ after {}", self.report));
            }
        }
        Ok(self)
    }

    /// Of what was under way nothing is there, or the first records of a batch.
    fn take_over_a_part(&mut self, plan: Plan, found: &[u8]) -> Result<(), String> {
        match &plan.deed {
            Deed::Snapshot(_) => self.due = Some(plan),
            Deed::Idle => {}
            Deed::Append(batch) => {
                for (record, event) in batch.iter().zip(&plan.events) {
                    if found.len() <= self.log.len() {
                        break;
                    }
                    enter(&mut self.log, record);
                    self.happened(event);
                    // What happens follows from the office before it: this is that event again.
                    let _ = self.office.event();
                }
            }
        }
        match found == self.log {
            true => Ok(()),
            false => Err(format!("a third state after {}", self.report)),
        }
    }
}
