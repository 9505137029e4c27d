//! Flash that is damaged rather than cut: flipped bits, arbitrary bytes, operations that fail.
//!
//! What a mount hands on must be the beginning of what was written, or the mount refuses. A failed
//! operation must be told to the owner, and what was acknowledged before it must be there after the
//! next start.

use crate::chip::{Chip, Worn};
use crate::dice::Dice;
use crate::life::{enter, entered, fold, goes_on, mount, snapshot, Deed, Ended, Log};
use crate::office::{created, encoded, Office};
use exchange::state::Durable;
use journal::{Flash, Geometry, Journal};
use std::collections::BTreeMap;

/// A chip as a life has left it, and what is on it.
#[derive(Clone)]
pub struct Image {
    /// The chip.
    pub chip: Chip,
    /// The records on it.
    pub log: Log,
}

/// What became of damaged images.
pub type Tally = BTreeMap<&'static str, u64>;

/// Chips at every deed of a life of `snapshots` snapshots.
pub fn images(geometry: Geometry, snapshots: u32, seed: u64) -> Result<Vec<Image>, String> {
    let mut images = Vec::new();
    life(geometry, snapshots, seed, &mut |journal, log| {
        images.push(Image { chip: journal.flash().clone(), log: log.to_vec() });
        Ok(())
    })?;
    Ok(images)
}

/// Is shown a journal and the records on it.
type Show<'s> = dyn FnMut(&Journal<Chip>, &[u8]) -> Result<(), String> + 's;

/// Lives without trouble, and shows the journal and its records after each deed.
fn life(geometry: Geometry, snapshots: u32, seed: u64, show: &mut Show<'_>) -> Result<(), String> {
    let found = mount(Chip::new(geometry)).map_err(|error| format!("{error:?}"))?;
    let (mut journal, mut log) = (found.journal, found.log);
    let desks = (geometry.size as usize / 2 / 900).clamp(3, 400);
    let mut office = Office::new(desks, seed);
    let mut durable = Durable::default();
    let mut dice = Dice(seed ^ 5);
    let mut left = snapshots;
    while left > 0 {
        let events: Vec<_> = (0..1 + dice.below(3)).map(|_| office.event()).collect();
        events.iter().for_each(|event| durable.apply(event));
        let batch: Vec<Vec<u8>> = events.iter().map(encoded).collect();
        let need: u64 = batch.iter().map(|record| Journal::<Chip>::cost(record.len())).sum();
        let deed = if need > u64::from(journal.room()) {
            left -= 1;
            let facts = snapshot(&durable);
            log = entered(&facts);
            Deed::Snapshot(facts)
        } else {
            batch.iter().for_each(|record| enter(&mut log, record));
            Deed::Append(batch)
        };
        deed.perform(&mut journal).map_err(|end| format!("{end:?}"))?;
        show(&journal, &log)?;
        if journal.erase_pending() != Some(0) && dice.happens(10) {
            Deed::Idle.perform(&mut journal).map_err(|end| format!("{end:?}"))?;
            show(&journal, &log)?;
        }
    }
    Ok(())
}

/// Flips one to three bits, or overwrites one to three words, anywhere.
pub fn flip(chip: &mut Chip, dice: &mut Dice) {
    let size = u64::from(chip.geometry().size);
    for _ in 0..1 + dice.below(3) {
        let at = dice.below(size / 4) as usize * 4;
        match dice.below(3) {
            0 => chip.flip(dice.below(size * 8)),
            1 => (0..4).for_each(|byte| chip.poke(at + byte, dice.draw() as u8)),
            _ => {
                let value = [0, 0xFF][dice.place(2)];
                (0..4).for_each(|byte| chip.poke(at + byte, value));
            }
        }
    }
}

/// Does to an image what no chip does: runs of anything, copies, zeros, blanks, at worst all of it.
pub fn mangle(chip: &mut Chip, dice: &mut Dice) {
    let size = chip.geometry().size as usize;
    for _ in 0..1 + dice.below(4) {
        let (at, from) = (dice.place(size), dice.place(size));
        let longest = [8, 64, 600, size][dice.place(4)].min(size - at.max(from));
        let kind = dice.below(5);
        for offset in 0..dice.place(longest + 1) {
            let value = match kind {
                0 => 0,
                1 => 0xFF,
                2 => chip.peek(from + offset),
                _ => dice.draw() as u8,
            };
            chip.poke(at + offset, value);
        }
        flip(chip, dice);
    }
}

/// Mounts so many damaged copies of the images. Each gives the beginning of what was written, and
/// goes on from there unless it is read-only, or it refuses.
pub fn damaged(
    images: &[Image],
    count: u64,
    seed: u64,
    damage: fn(&mut Chip, &mut Dice),
) -> Result<Tally, String> {
    let mut tally = Tally::new();
    for number in 0..count {
        let mut dice = Dice(seed ^ number << 20);
        let image = &images[dice.place(images.len())];
        let mut chip = image.chip.clone();
        damage(&mut chip, &mut dice);
        let before = chip.clone();
        let what = judge(chip, &before, image).map_err(|why| format!("image {number}: {why}"))?;
        *tally.entry(what).or_default() += 1;
    }
    Ok(tally)
}

fn judge(chip: Chip, before: &Chip, image: &Image) -> Result<&'static str, String> {
    let Ok(mut found) = mount(chip) else { return Ok("refused") };
    if !image.log.starts_with(&found.log) {
        return Err("records that were never written".to_owned());
    }
    if fold(&found.log).is_none() {
        return Err("half a record".to_owned());
    }
    if found.mounted.damaged.is_some() {
        if !found.journal.flash().holds_the_same(before) {
            return Err("a damaged image was written to".to_owned());
        }
        return Ok("read-only");
    }
    let kind = match (found.log.len() == image.log.len(), found.mounted.torn_tail) {
        (true, _) => "whole",
        (false, true) => "taken for torn",
        (false, false) => "shorter",
    };
    goes_on(&mut found, &created(9_000, 40_000, 0)).map_err(|end| format!("{kind}: {end:?}"))?;
    let wanted = found.log;
    let again = mount(found.journal.into_flash()).map_err(|error| format!("{error:?}"))?;
    if again.log != wanted || again.mounted.damaged.is_some() {
        return Err(format!("{kind}, and then {:?}", again.mounted));
    }
    Ok(kind)
}

/// Lets every single program and erase of a life fail, half done, one at a time.
pub fn every_failure(geometry: Geometry, seed: u64) -> Result<u64, String> {
    let mut failures = 0;
    let mut earlier: Option<(Journal<Chip>, Log)> = None;
    life(geometry, 4, seed, &mut |journal, log| {
        if let Some((before, before_log)) = earlier.replace((journal.clone(), log.to_vec())) {
            failures += fail_each(&before, &before_log, log)?;
        }
        Ok(())
    })?;
    Ok(failures)
}

fn fail_each(before: &Journal<Chip>, old: &[u8], new: &[u8]) -> Result<u64, String> {
    let appended = new.strip_prefix(old).filter(|more| !more.is_empty());
    let records = |log: &[u8]| split(log);
    let deed = match appended {
        Some(more) => Deed::Append(records(more)),
        None if old == new => Deed::Idle,
        None => Deed::Snapshot(records(new)),
    };
    for operation in 0.. {
        let mut journal = before.clone();
        journal.flash_mut().fail_after(operation);
        match deed.perform(&mut journal) {
            Ok(()) => return Ok(operation),
            Err(Ended::Failed) => {}
            Err(end) => return Err(format!("operation {operation} failed, and then {end:?}")),
        }
        if journal.refused().is_none() {
            return Err("a journal that failed is not poisoned".to_owned());
        }
        let mut chip = journal.into_flash();
        chip.power_on();
        let mut found = mount(chip).map_err(|error| format!("{error:?}"))?;
        let is_between = new.starts_with(old) && new.starts_with(&found.log);
        let is_one = found.log == old || found.log == new;
        if found.mounted.damaged.is_some() || !(is_one || is_between && found.log.len() > old.len())
        {
            return Err(format!("a third state after operation {operation} failed"));
        }
        goes_on(&mut found, &created(9_001, 40_001, 0)).map_err(|end| format!("{end:?}"))?;
        let wanted = found.log;
        let again = mount(found.journal.into_flash()).map_err(|error| format!("{error:?}"))?;
        if again.log != wanted {
            return Err("what came after the failure was lost".to_owned());
        }
    }
    Ok(0)
}

fn split(log: &[u8]) -> Vec<Vec<u8>> {
    let mut records = Vec::new();
    let mut rest = log;
    while let Some((length, behind)) = rest.split_first_chunk() {
        let length = (u32::from_le_bytes(*length) as usize).min(behind.len());
        records.push(behind[..length].to_vec());
        rest = &behind[length..];
    }
    records
}

/// What becomes of a box one block of which never erases again: each block in turn, both ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WornBoxes {
    /// Boxes that lived on.
    pub lived: u32,
    /// Boxes that said that they cannot write, with everything acknowledged still on flash.
    pub stopped: u32,
}

/// Wears each block out in turn and lives on to the next snapshot but one.
pub fn worn(geometry: Geometry, seed: u64) -> Result<WornBoxes, String> {
    let images = images(geometry, 1, seed)?;
    let image = images.last().ok_or("no image")?;
    let mut boxes = WornBoxes::default();
    for block in 0..geometry.size / geometry.erase_block {
        for how in [Worn::Said, Worn::Silent] {
            let mut chip = image.chip.clone();
            chip.wear_out(block, how);
            let lived = live_on(chip).map_err(|why| format!("block {block}, {how:?}: {why}"))?;
            boxes.lived += u32::from(lived);
            boxes.stopped += u32::from(!lived);
        }
    }
    Ok(boxes)
}

/// Whether a box writes for two snapshots more; what it acknowledged is there in any case.
fn live_on(chip: Chip) -> Result<bool, String> {
    let mut found = mount(chip).map_err(|error| format!("{error:?}"))?;
    let mut office = Office::new(3, 77);
    let mut snapshots = 0;
    let (mut generation, mut starts) = (found.journal.generation(), 0);
    while snapshots < 2 {
        let before = found.log.clone();
        let (deed, log) = crate::life::next(&found, &office.event()).ok_or("no fold")?;
        match deed.perform(&mut found.journal) {
            Ok(()) => found.log = log,
            Err(Ended::Failed) => {
                starts += 1;
                let chip = found.journal.into_flash();
                found = mount(chip).map_err(|error| format!("{error:?}"))?;
                if found.log != before {
                    return Err("an acknowledged record is gone".to_owned());
                }
                if starts == 4 {
                    return Ok(false);
                }
            }
            Err(end) => return Err(format!("{end:?}")),
        }
        if found.journal.generation() != generation {
            (generation, snapshots) = (found.journal.generation(), snapshots + 1);
        }
    }
    Ok(true)
}
