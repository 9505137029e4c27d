//! A script of appends, compactions and idle erases, and what must be on flash before and after
//! each step.
#![allow(dead_code, reason = "each test binary uses its own part of this")]
#![allow(clippy::expect_used, reason = "an expectation that fails is how a test fails")]

use journal::mem::{MemError, MemFlash};
use journal::{Geometry, Journal, Mounted};

pub(crate) type Records = Vec<Vec<u8>>;

/// Bytes of a bank's header.
pub(crate) const HEADER: u64 = 80;
pub(crate) const SMALL: Geometry = Geometry { size: 16 * 1024, erase_block: 4 * 1024, page: 256 };
pub(crate) const TINY: Geometry = Geometry { size: 2048, erase_block: 512, page: 64 };

/// One thing that the owner of a journal does.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Append(Records),
    /// Keeps the last so many records.
    Compact(usize),
    Idle,
}

impl Step {
    /// Returns what must be on flash once the step is acknowledged.
    pub(crate) fn after(&self, before: &[Vec<u8>]) -> Records {
        match self {
            Step::Append(batch) => before.iter().chain(batch).cloned().collect(),
            Step::Compact(keep) => before[before.len().saturating_sub(*keep)..].to_vec(),
            Step::Idle => before.to_vec(),
        }
    }

    /// Tells whether a cut within the step may leave `found`.
    pub(crate) fn may_leave(&self, before: &[Vec<u8>], found: &[Vec<u8>]) -> bool {
        let after = self.after(before);
        match self {
            Step::Append(_) => found.len() >= before.len() && after.starts_with(found),
            Step::Compact(_) | Step::Idle => found == before || found == after,
        }
    }

    /// Does it; `false` when the flash failed. Anything else that goes wrong is a bug.
    pub(crate) fn perform(&self, journal: &mut Journal<MemFlash>, before: &[Vec<u8>]) -> bool {
        let after = self.after(before);
        match self {
            Step::Append(batch) => {
                let batch: Vec<&[u8]> = batch.iter().map(Vec::as_slice).collect();
                succeeded(journal.append(&batch))
            }
            Step::Compact(_) => succeeded(journal.compact(&mut |keep| {
                after.iter().for_each(|record| keep(record));
            })),
            Step::Idle => match journal.idle() {
                Ok(_) => true,
                Err(journal::EraseError::Fault(_)) => false,
                Err(refused) => panic!("{refused:?}"),
            },
        }
    }
}

fn succeeded(result: Result<(), journal::AppendError<MemError>>) -> bool {
    match result {
        Ok(()) => true,
        Err(journal::AppendError::Fault(journal::Fault::Flash(
            MemError::PowerCut | MemError::Broken,
        ))) => false,
        Err(other) => panic!("{other:?}"),
    }
}

/// Returns a record that no other number gives, of 4 to 4 + `longest` bytes.
pub(crate) fn record(number: u32, longest: u64) -> Vec<u8> {
    let mut dice = Dice(u64::from(number));
    let length = dice.below(longest + 1) as usize;
    let mut bytes = number.to_le_bytes().to_vec();
    // Runs of 0x00 and 0xFF are what blank flash and voids look like.
    let fill = dice.below(4);
    bytes.extend((0..length).map(|_| match fill {
        0 => 0x00,
        1 => 0xFF,
        _ => dice.draw() as u8,
    }));
    bytes
}

/// Writes a script that fills the bank in use and moves to the other one, `turns` times.
pub(crate) fn script(geometry: Geometry, turns: u32, longest: u64) -> Vec<Step> {
    let bank = u64::from(geometry.size / 2);
    let mut dice = Dice(7);
    let mut number = 0;
    let mut steps = Vec::new();
    let mut used = HEADER;
    for turn in 0..turns {
        let mut sizes = Vec::new();
        loop {
            let batch: Records = (0..1 + dice.below(4))
                .map(|_| {
                    number += 1;
                    record(number, longest)
                })
                .collect();
            let need: u64 = batch.iter().map(|r| Journal::<MemFlash>::cost(r.len())).sum();
            if used + need > bank {
                break;
            }
            used += need;
            sizes.extend(batch.iter().map(|r| Journal::<MemFlash>::cost(r.len())));
            steps.push(Step::Append(batch));
            // Every other bank is erased while there is time, the rest when it must be.
            if turn % 2 == 1 && dice.below(4) == 0 {
                steps.push(Step::Idle);
            }
        }
        let keep = sizes.len() / 4;
        used = HEADER + sizes[sizes.len() - keep..].iter().sum::<u64>();
        steps.push(Step::Compact(keep));
    }
    steps
}

/// Mounts and collects; the flash must be one that mounts.
pub(crate) fn mount(flash: MemFlash) -> (Journal<MemFlash>, Mounted, Records) {
    try_mount(flash).expect("mounts")
}

pub(crate) fn try_mount(
    flash: MemFlash,
) -> Result<(Journal<MemFlash>, Mounted, Records), journal::MountError<MemError>> {
    let mut found = Records::new();
    let (journal, mounted) = Journal::mount(flash, &mut |record| found.push(record.to_vec()))?;
    assert_eq!(mounted.records as usize, found.len());
    assert_eq!(mounted.bytes, found.iter().map(|r| r.len() as u64).sum::<u64>());
    assert_eq!(mounted.damaged.is_some(), journal.refused().is_some());
    Ok((journal, mounted, found))
}

/// Appends `record`, after a compaction to the last few where it does not fit, and mounts again.
pub(crate) fn goes_on(mut journal: Journal<MemFlash>, mut found: Records, record: &[u8]) {
    if u64::from(journal.room()) < Journal::<MemFlash>::cost(record.len()) {
        let step = Step::Compact(3);
        assert!(step.perform(&mut journal, &found));
        found = step.after(&found);
    }
    journal.append(&[record]).expect("appends");
    found.push(record.to_vec());
    let (_, mounted, again) = mount(journal.into_flash());
    assert!(again == found, "{} of {} records", again.len(), found.len());
    assert!(!mounted.torn_tail && mounted.damaged.is_none(), "{mounted:?}");
}

/// SplitMix64.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.draw() % bound
    }
}
