//! What a year of an office writes, and the same records kept in two ways.
//!
//! The year is a plain model of the facts, not a simulation of packets: 200 phones restart every
//! morning, all at once, and each has a new Contact by then (the worst that the daily limit of the
//! exchange lets through); every working day two people move, five visitors take addresses out of a
//! pool of 400, each week a phone comes and one goes, and twice a year all get new firmware. A day
//! has quiet hours. A renewal or a registration that changes nothing is no fact and not here.
//!
//! [`Flip`] is the journal as the daemon drives it: batches, a snapshot where one does not fit, and
//! in a quiet moment what its chore is. [`Move`] is a model of the other way: a ring of blocks, 256
//! KiB of it kept erased; the records of the oldest block that still count are written anew at the
//! head before it is erased. It counts; it keeps no bytes.

use crate::chip::{Chip, Counts};
use crate::dice::Dice;
use crate::life::{mount, snapshot, Deed};
use crate::office::{created, encoded, mac, Naive};
use exchange::names::{text, ContactText, Extension, HandsetNo, LineNo};
use exchange::state::{Durable, Event};
use journal::{Chore, Geometry, Journal};
use std::collections::{BTreeSet, VecDeque};

/// Phones of the office.
pub const PHONES: u16 = 200;
/// Addresses of its pool.
const POOL: u64 = 400;
/// What the other way keeps erased, in bytes.
const ERASED_BYTES: u64 = 256 * 1_024;
/// What the other way says at the head of each block, in bytes; as much as a bank's.
const BLOCK_HEADER: u64 = 28;

/// What keeping a year's records came to.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    /// Bytes of the records when they came, with their headers.
    pub came: u64,
    /// Bytes programmed.
    pub programmed: u64,
    /// Erases.
    pub erases: u64,
    /// Erases of the most worn block.
    pub most: u64,
    /// Bytes of an erase block.
    pub block: u64,
}

impl Kept {
    /// Bytes programmed for each byte that came.
    pub fn amplification(&self) -> f64 {
        self.programmed as f64 / self.came as f64
    }

    /// Bytes erased for each byte that came.
    pub fn erased(&self) -> f64 {
        (self.erases * self.block) as f64 / self.came as f64
    }

    /// Years until the most worn block has been erased 100,000 times.
    pub fn years(&self) -> f64 {
        100_000.0 / self.most.max(1) as f64
    }
}

/// Whoever keeps records.
pub trait Keeper {
    /// Keeps a batch.
    fn keep(&mut self, batch: &[Event]) -> Result<(), String>;
    /// Has ten seconds of nothing to do.
    fn rest(&mut self) -> Result<(), String>;
}

/// The office in its year.
struct Office {
    dice: Dice,
    /// The handset of each desk, and the phone on it.
    desks: Vec<(u16, u16)>,
    next: u16,
}

/// Lets a year happen; the phones come on its first day.
pub fn year(seed: u64, keeper: &mut dyn Keeper) -> Result<(), String> {
    let mut office = Office { dice: Dice(seed), desks: Vec::new(), next: 0 };
    for _ in 0..PHONES {
        let batch = office.comes();
        keeper.keep(&batch)?;
    }
    for day in 0..365 {
        rest(keeper)?;
        let contacts: Vec<Event> = (0..office.desks.len()).map(|at| office.contact(at)).collect();
        // Some dozens are under way at once when all restart.
        for batch in contacts.chunks(16) {
            keeper.keep(batch)?;
        }
        if day % 7 < 5 {
            for batch in office.working_day() {
                keeper.keep(&batch)?;
                keeper.rest()?;
            }
        }
        if day % 7 == 0 {
            let (gone, _) = office.desks.remove(office.dice.place(usize::from(PHONES)));
            keeper.keep(&[Event::HandsetDeleted { handset: HandsetNo(gone) }])?;
            let batch = office.comes();
            keeper.keep(&batch)?;
        }
        if day % 180 == 90 {
            for (handset, _) in office.desks.clone() {
                keeper.keep(&[recognised(handset, day)])?;
            }
        }
    }
    rest(keeper)
}

/// A night: more quiet moments than there can be blocks to erase.
fn rest(keeper: &mut dyn Keeper) -> Result<(), String> {
    (0..300).try_for_each(|_| keeper.rest())
}

fn recognised(handset: u16, day: u64) -> Event {
    let firmware = text(&format!("108.86.0.{}", 20 + day / 90));
    let (model, family) = (text("T46U"), 1);
    Event::HandsetRecognised { handset: HandsetNo(handset), family, model, firmware }
}

impl Office {
    fn comes(&mut self) -> Vec<Event> {
        self.next += 1;
        let no = self.next;
        self.desks.push((no, no));
        let at = self.desks.len() - 1;
        vec![self.address(mac(no)), created(no, no, 0), self.assigned(at), self.contact(at)]
    }

    fn address(&mut self, mac: [u8; 6]) -> Event {
        let [.., high, low] = self.dice.below(POOL).to_be_bytes();
        Event::AddressGiven { mac, address: [10, 77, high, low] }
    }

    fn assigned(&mut self, at: usize) -> Event {
        let names = ["Ada Lovelace", "Konrad Zuse", "Grace Hopper", "Emil Berliner", "Zoë Ho"];
        Event::LineAssigned {
            handset: HandsetNo(self.desks[at].0),
            line: LineNo::FIRST,
            extension: Extension::parse(&(200 + at).to_string()),
            name: text(names[self.dice.place(names.len())]),
        }
    }

    fn contact(&mut self, at: usize) -> Event {
        let port = 10_000 + self.dice.below(50_000);
        let uri = format!("sip:abcdefgh@10.77.0.{}:{port};transport=TCP", at % 250);
        let (handset, line) = (HandsetNo(self.desks[at].0), LineNo::FIRST);
        let contact = ContactText::try_from(uri.as_str()).unwrap_or_default();
        Event::ContactLearnt { handset, line, contact }
    }

    fn working_day(&mut self) -> Vec<Vec<Event>> {
        let mut batches = Vec::new();
        for _ in 0..2 {
            let at = self.dice.place(self.desks.len());
            batches.push(vec![self.assigned(at)]);
        }
        for _ in 0..5 {
            let [a, b, c, d, ..] = self.dice.draw().to_be_bytes();
            batches.push(vec![self.address([2, 0xdd, a, b, c, d])]);
        }
        batches
    }
}

/// The journal, driven as the daemon drives it.
pub struct Flip {
    journal: Journal<Chip>,
    durable: Durable,
    came: u64,
    block: u64,
}

impl Flip {
    /// On a blank chip.
    pub fn new(geometry: Geometry) -> Result<Flip, String> {
        let found = mount(Chip::new(geometry)).map_err(|error| format!("{error:?}"))?;
        let block = u64::from(geometry.erase_block);
        let durable = Durable::default();
        Ok(Flip { journal: found.journal, durable, came: 0, block })
    }

    /// What it came to.
    pub fn kept(&self) -> Kept {
        let Counts { programmed, erases, .. } = self.journal.flash().counts();
        let most = self.journal.flash().erases().iter().max().map_or(0, |most| u64::from(*most));
        Kept { came: self.came, programmed, erases, most, block: self.block }
    }

    fn snapshot(&mut self) -> Result<(), String> {
        let deed = Deed::Snapshot(snapshot(&self.durable));
        deed.perform(&mut self.journal).map_err(|end| format!("a snapshot: {end:?}"))
    }
}

impl Keeper for Flip {
    fn keep(&mut self, batch: &[Event]) -> Result<(), String> {
        batch.iter().for_each(|event| self.durable.apply(event));
        let records: Vec<Vec<u8>> = batch.iter().map(encoded).collect();
        let need: u64 = records.iter().map(|record| Journal::<Chip>::cost(record.len())).sum();
        self.came += need;
        if need > u64::from(self.journal.room()) {
            return self.snapshot();
        }
        let deed = Deed::Append(records);
        deed.perform(&mut self.journal).map_err(|end| format!("a batch: {end:?}"))
    }

    fn rest(&mut self) -> Result<(), String> {
        match self.journal.chore() {
            Chore::None => Ok(()),
            Chore::Erase => Deed::Idle.perform(&mut self.journal).map_err(|end| format!("{end:?}")),
            Chore::Snapshot => self.snapshot(),
            Chore::Look => self.journal.look().map(drop).map_err(|end| format!("{end:?}")),
        }
    }
}

/// The other way: a ring whose oldest block is emptied by moving what still counts.
pub struct Move {
    naive: Naive,
    /// Blocks in use, the oldest first, each with its records: their number and bytes.
    ring: VecDeque<Vec<(u64, u64)>>,
    blocks: u64,
    block: u64,
    /// Bytes written of the newest block.
    head: u64,
    came: u64,
    programmed: u64,
    erases: u64,
}

impl Move {
    /// On a blank chip.
    pub fn new(geometry: Geometry) -> Move {
        let block = u64::from(geometry.erase_block);
        Move {
            naive: Naive::default(),
            ring: VecDeque::new(),
            blocks: u64::from(geometry.size) / block,
            block,
            head: block,
            came: 0,
            programmed: 0,
            erases: 0,
        }
    }

    /// What it came to; a ring wears its blocks alike.
    pub fn kept(&self) -> Kept {
        let most = self.erases.div_ceil(self.blocks);
        let Move { came, programmed, erases, block, .. } = *self;
        Kept { came, programmed, erases, most, block }
    }

    fn write(&mut self, number: u64, bytes: u64) {
        if self.head + bytes > self.block {
            self.ring.push_back(Vec::new());
            self.head = BLOCK_HEADER;
            self.programmed += BLOCK_HEADER;
        }
        self.head += bytes;
        self.programmed += bytes;
        if let Some(newest) = self.ring.back_mut() {
            newest.push((number, bytes));
        }
    }

    /// Empties blocks until enough is erased.
    fn clean(&mut self) {
        let least = ERASED_BYTES.div_ceil(self.block);
        while self.blocks - (self.ring.len() as u64) < least && self.ring.len() > 1 {
            let live: BTreeSet<u64> = self.naive.live().collect();
            let oldest = self.ring.pop_front().unwrap_or_default();
            for (number, bytes) in oldest {
                if live.contains(&number) {
                    self.write(number, bytes);
                }
            }
            self.erases += 1;
        }
    }
}

impl Keeper for Move {
    fn keep(&mut self, batch: &[Event]) -> Result<(), String> {
        for event in batch {
            self.naive.hear(event);
            let bytes = Journal::<Chip>::cost(encoded(event).len());
            self.came += bytes;
            self.write(self.naive.heard(), bytes);
        }
        Ok(())
    }

    fn rest(&mut self) -> Result<(), String> {
        self.clean();
        Ok(())
    }
}
