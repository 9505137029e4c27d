//! The power is cut at every step of a script: at each byte programmed, and at several points of
//! each erase. The script is run once; the chip is forked at each step.
//!
//! After each cut the state must be the one before the interrupted deed, or the one after some of
//! its records, in order, and never a third. The box then goes on and is started again. Some of the
//! starts are cut too, at each of their writes, and some of the deeds that follow; and some boxes
//! go on with a snapshot into the bank of which only the heading was read at the start.
//!
//! Each processor lives through the whole script and makes its share of the cuts. What chance does
//! in a cut follows from the seed and the cut alone, so the report is the same on any machine.

use crate::chip::{Cells, Chip, ERASE_STEPS};
use crate::dice::Dice;
use crate::life::{enter, entered, fold, goes_on, mount, next, snapshot, Deed, Ended, Found, Log};
use crate::office::{created, encoded, told, Naive, Office};
use exchange::state::{Durable, Event};
use journal::{Geometry, Journal};
use std::collections::BTreeMap;
use std::fmt;

/// What is to be cut.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// The chip's sizes.
    pub geometry: Geometry,
    /// What cuts leave of the cells in flight.
    pub cells: Cells,
    /// How many of a hundred cuts are made; ten times as many at the edges of records, and in
    /// erases all.
    pub percent: u64,
    /// How many times both banks are filled and left.
    pub cycles: u32,
    /// Where chance begins.
    pub seed: u64,
}

/// What was cut, and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Cuts of deeds.
    pub cuts: u64,
    /// Among them, cuts of erases.
    pub in_erase: u64,
    /// Mounts that found a torn tail.
    pub torn: u64,
    /// Cuts of the start that followed.
    pub in_recovery: u64,
    /// Cuts of the deed after that.
    pub second: u64,
    /// Snapshots after a start that followed a cut.
    pub anew: u64,
    /// Snapshots that went to the other bank, without a cut.
    pub snapshots: u32,
    /// What marginal cells have done to the box, and how often; nothing with settled ones.
    pub harm: BTreeMap<String, u64>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { cuts, in_erase, torn, in_recovery, second, anew, snapshots, harm } = self;
        write!(
            f,
            "{cuts} cuts ({in_erase} in an erase), {torn} torn tails, {in_recovery} cuts in the \
             start after, {second} in the deed after that, {anew} times all written anew, \
             {snapshots} snapshots"
        )?;
        harm.iter().try_for_each(|(what, count)| write!(f, "\n{count:>10} {what}"))
    }
}

/// The script as it is lived: the journal, the office, and what both must agree on.
struct Script {
    journal: Journal<Chip>,
    log: Log,
    durable: Durable,
    naive: Naive,
    office: Office,
    dice: Dice,
}

/// A deed with every log that a cut in it may leave: that before it first, that after it last.
struct Scene {
    deed: Deed,
    logs: Vec<Log>,
}

impl Report {
    /// Adds what another one has cut of the same script.
    fn add(&mut self, other: &Report) {
        let Report { cuts, in_erase, torn, in_recovery, second, anew, snapshots, harm } = other;
        self.cuts += cuts;
        self.in_erase += in_erase;
        self.torn += torn;
        self.in_recovery += in_recovery;
        self.second += second;
        self.anew += anew;
        self.snapshots = *snapshots;
        for (what, count) in harm {
            *self.harm.entry(what.clone()).or_default() += count;
        }
    }
}

/// Which of the cuts one processor makes: every `of`-th, from number `no` on.
#[derive(Clone, Copy)]
struct Share {
    no: u64,
    of: u64,
}

/// What is being judged.
struct Judge {
    wish: Wish,
    share: Share,
    report: Report,
    dice: Dice,
    /// How many deeds there were.
    deeds: u64,
    /// The logs that the cut deed may leave.
    known: Vec<Log>,
}

/// Lives through the script and cuts the power everywhere; says what went wrong, if anything did.
pub fn everywhere(wish: Wish) -> Result<Report, String> {
    let of = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let reports: Vec<Result<Report, String>> = std::thread::scope(|scope| {
        let lives: Vec<_> =
            (0..of).map(|no| scope.spawn(move || lived(wish, Share { no, of }))).collect();
        let ended = lives.into_iter().map(|life| life.join());
        ended.map(|life| life.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    let mut all = Report::default();
    for report in reports {
        all.add(&report?);
    }
    Ok(all)
}

fn lived(wish: Wish, share: Share) -> Result<Report, String> {
    let mut chip = Chip::new(wish.geometry);
    chip.leave(wish.cells);
    let found = mount(chip).map_err(|error| format!("blank flash: {error:?}"))?;
    let mut script = Script {
        journal: found.journal,
        log: Log::new(),
        durable: Durable::default(),
        naive: Naive::default(),
        office: Office::new(desks(wish.geometry), wish.seed),
        dice: Dice(wish.seed ^ 1),
    };
    let (report, dice) = (Report::default(), Dice(wish.seed ^ 2));
    let mut judge = Judge { wish, share, report, dice, deeds: 0, known: Vec::new() };
    while judge.report.snapshots < wish.cycles * 2 {
        let fork = script.journal.clone();
        let scene = script.next();
        let before = script.journal.flash().counts();
        scene.deed.perform(&mut script.journal).map_err(|end| format!("no cut, yet {end:?}"))?;
        let steps = script.journal.flash().counts().steps - before.steps;
        judge.report.snapshots += u32::from(matches!(scene.deed, Deed::Snapshot(_)));
        judge.cut(&fork, &scene, steps)?;
        script.log = scene.logs.last().cloned().unwrap_or_default();
        script.agrees(&scene)?;
    }
    Ok(judge.report)
}

/// As many as leave most of a bank free, and at least enough to tell apart.
fn desks(geometry: Geometry) -> usize {
    (geometry.size as usize / 2 / 700).clamp(3, 40)
}

impl Script {
    fn next(&mut self) -> Scene {
        let mut logs = vec![self.log.clone()];
        if self.journal.erase_pending() != Some(0) && self.dice.happens(20) {
            return Scene { deed: Deed::Idle, logs };
        }
        let mut batch = Vec::new();
        for _ in 0..1 + self.dice.below(4) {
            let event = self.office.event();
            self.durable.apply(&event);
            self.naive.hear(&event);
            batch.push(encoded(&event));
        }
        let need: u64 = batch.iter().map(|record| Journal::<Chip>::cost(record.len())).sum();
        if need > u64::from(self.journal.room()) {
            // What waits is in the snapshot, and nothing between is ever on flash.
            let facts = snapshot(&self.durable);
            logs.push(entered(&facts));
            return Scene { deed: Deed::Snapshot(facts), logs };
        }
        let mut log = self.log.clone();
        for record in &batch {
            enter(&mut log, record);
            logs.push(log.clone());
        }
        Scene { deed: Deed::Append(batch), logs }
    }

    /// Judges by the naive fold what the exchange's makes of the events, and of the whole log where
    /// it was written anew.
    fn agrees(&self, scene: &Scene) -> Result<(), String> {
        let wanted = self.naive.told();
        let whole = match &scene.deed {
            Deed::Snapshot(_) => fold(&self.log).map(|durable| told(&durable)),
            Deed::Append(_) | Deed::Idle => Some(told(&self.durable)),
        };
        if whole.as_ref() != Some(&wanted) {
            return Err(format!("the two folds differ after {:?}", scene.deed));
        }
        Ok(())
    }
}

impl Judge {
    fn cut(&mut self, fork: &Journal<Chip>, scene: &Scene, steps: u64) -> Result<(), String> {
        self.known.clone_from(&scene.logs);
        let edges = edges(scene);
        self.deeds += 1;
        for at in 0..steps {
            if (self.deeds + at) % self.share.of != self.share.no {
                continue;
            }
            self.dice = Dice(Dice(self.wish.seed ^ (self.deeds << 32 | at)).draw());
            let edge = edges.iter().any(|edge| at.abs_diff(*edge) <= 1);
            let chosen = match &scene.deed {
                Deed::Append(_) => edge && self.dice.happens(self.wish.percent * 10),
                Deed::Snapshot(_) => at < ERASE_STEPS * 3,
                Deed::Idle => true,
            };
            if !chosen && !self.dice.happens(self.wish.percent) {
                continue;
            }
            let seed = self.dice.draw();
            let mut fork = fork.clone();
            let erased = fork.flash().counts().erases;
            fork.flash_mut().seed(seed);
            fork.flash_mut().cut_after(at);
            let ended = scene.deed.perform(&mut fork);
            if ended != Err(Ended::Off) {
                return Err(format!("cut at {at} of {steps}: {ended:?}"));
            }
            let mut chip = fork.into_flash();
            self.report.cuts += 1;
            self.report.in_erase += u64::from(chip.counts().erases > erased);
            chip.power_on();
            self.judge(chip, scene).map_err(|why| {
                let Wish { geometry, cells, .. } = self.wish;
                let kind = match &scene.deed {
                    Deed::Append(batch) => format!("a batch of {}", batch.len()),
                    Deed::Snapshot(facts) => format!("a snapshot of {}", facts.len()),
                    Deed::Idle => "an idle erase".to_owned(),
                };
                format!("{geometry:?}, {cells:?}, cut at {at} of {steps} in {kind}: {why}")
            })?;
        }
        Ok(())
    }

    fn judge(&mut self, chip: Chip, scene: &Scene) -> Result<(), String> {
        let fork = chip.clone();
        let steps = chip.counts().steps;
        let Some(mut found) = self.found(chip, &scene.logs, "after the cut")? else {
            return Ok(());
        };
        self.report.torn += u64::from(found.mounted.torn_tail);
        let writes = found.journal.flash().counts().steps - steps;
        if writes > 0 && self.dice.happens(20) {
            self.cut_the_start(&fork, scene, writes)?;
        }
        if self.dice.happens(5) {
            self.write_anew(&found)?;
        }
        let next = created(9_000 + self.dice.below(9) as u16, 40_000, self.dice.draw() as u16);
        if self.dice.happens(20) {
            self.cut_again(&found, &next)?;
        }
        if goes_on(&mut found, &next).is_err() {
            return self.harmed("after the cut", "does not go on");
        }
        let wanted = found.log;
        self.found(found.journal.into_flash(), &[wanted], "after going on").map(drop)
    }

    /// Writes all of it to the other bank, in which there may be whatever the cut has left.
    fn write_anew(&mut self, found: &Found) -> Result<(), String> {
        let facts = snapshot(&fold(&found.log).ok_or("a record that nobody wrote")?);
        let mut journal = found.journal.clone();
        self.report.anew += 1;
        let wanted = entered(&facts);
        if Deed::Snapshot(facts).perform(&mut journal).is_err() {
            return self.harmed("after the cut", "is not written anew");
        }
        self.found(journal.into_flash(), &[wanted], "after it was written anew").map(drop)
    }

    /// Mounts and compares; nothing where the start refuses and may.
    fn found(&mut self, mut chip: Chip, logs: &[Log], when: &str) -> Result<Option<Found>, String> {
        chip.power_on();
        let found = match mount(chip) {
            Ok(found) => found,
            Err(error) => {
                return self.harmed(when, &format!("{error:?}")).map(|()| None);
            }
        };
        if let Some(damage) = found.mounted.damaged {
            let what = if damage.in_snapshot { "damaged snapshot" } else { "damaged log" };
            return self.harmed(when, what).map(|()| None);
        }
        if !logs.contains(&found.log) {
            // Even then nothing that was never written may come up.
            let what = if logs.iter().any(|log| log.starts_with(&found.log)) {
                "acknowledged records are gone"
            } else if self.known.contains(&found.log) {
                "acknowledged records are gone with their bank"
            } else {
                return Err(format!("{when}: a third state"));
            };
            return self.harmed(when, what).map(|()| None);
        }
        Ok(Some(found))
    }

    /// What marginal cells can do is counted; with settled ones it is a failure.
    fn harmed(&mut self, when: &str, what: &str) -> Result<(), String> {
        match self.wish.cells {
            Cells::Settled => Err(format!("{when}: {what}")),
            Cells::Marginal => {
                *self.report.harm.entry(format!("{what} {when}")).or_default() += 1;
                Ok(())
            }
        }
    }

    /// Cuts the start after a cut, at the first, the last and two more steps of what it writes.
    fn cut_the_start(&mut self, chip: &Chip, scene: &Scene, writes: u64) -> Result<(), String> {
        for at in [0, self.dice.below(writes), self.dice.below(writes), writes - 1] {
            let mut fork = chip.clone();
            fork.cut_after(at);
            let cut = Journal::mount(&mut fork, &mut |_| {});
            if cut.is_ok() && self.wish.cells == Cells::Settled {
                return Err(format!("a start wrote less the second time, at {at} of {writes}"));
            }
            self.report.in_recovery += 1;
            fork.power_on();
            let Some(mut found) = self.found(fork, &scene.logs, "after a cut start")? else {
                continue;
            };
            if goes_on(&mut found, &created(8_999, 39_999, at as u16)).is_err() {
                self.harmed("after a cut start", "does not go on")?;
                continue;
            }
            let wanted = found.log;
            self.found(found.journal.into_flash(), &[wanted], "after a cut start and more")?;
        }
        Ok(())
    }

    /// Cuts what comes first after the start.
    fn cut_again(&mut self, found: &Found, event: &Event) -> Result<(), String> {
        let Some((deed, log)) = next(found, event) else { return Err("no such fold".to_owned()) };
        let logs = [found.log.clone(), log];
        let mut fork = found.journal.clone();
        fork.flash_mut().seed(self.dice.draw());
        fork.flash_mut().cut_after(self.dice.below(100 + ERASE_STEPS));
        if deed.perform(&mut fork).is_ok() {
            return Ok(());
        }
        self.report.second += 1;
        let mut chip = fork.into_flash();
        chip.power_on();
        let Some(mut found) = self.found(chip, &logs, "after a second cut")? else {
            return Ok(());
        };
        if goes_on(&mut found, &created(8_998, 39_998, 0)).is_err() {
            return self.harmed("after a second cut", "does not go on");
        }
        let wanted = found.log;
        self.found(found.journal.into_flash(), &[wanted], "after a second cut and more").map(drop)
    }
}

/// Where the records of a batch end, in steps from its beginning.
fn edges(scene: &Scene) -> Vec<u64> {
    let Deed::Append(batch) = &scene.deed else { return Vec::new() };
    let ends = batch.iter().scan(0, |at, record| {
        *at += Journal::<Chip>::cost(record.len());
        Some(*at)
    });
    std::iter::once(0).chain(ends).collect()
}
