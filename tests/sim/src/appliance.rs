//! The box as its daemon drives it: one call in, then drain; records to flash in batches; a promise
//! leaves only when what it relies on is on flash.
//!
//! Beside the real journal it keeps the state that the flash must hold, folded from what was
//! acknowledged. After a cut the two are compared, fact by fact.

use crate::site;
use crate::world::Asker;
use exchange::command::Refusal;
use exchange::names::{InterfaceNo, RecordNo};
use exchange::note::Note;
use exchange::render::{Render, Unrendered, Values};
use exchange::state::{Durable, Event};
use exchange::time::{Instant, Now, Wall};
use exchange::{Departure, Exchange, Line, Output, PasswordHash, Seed, TransferNo};
use journal::mem::{MemError, MemFlash, Tear};
use journal::{AppendError, Chore, EraseError, Fault, Geometry, Journal};
use render::Templates;
use std::collections::{BTreeMap, VecDeque};
use std::net::Ipv4Addr;
use std::rc::Rc;

/// Erase blocks of the flash, in bytes; small, so that a bank can be made to fit an office tightly.
const ERASE_BLOCK: u32 = 1_024;
/// First port of TFTP transfers.
const TRANSFER_PORTS: u16 = 20_000;

/// Something the box lets go once flash has what it relies on.
pub(crate) enum Promise {
    /// A datagram.
    Datagram(Departure),
    /// The answer to a question for a file: to whom, which of its questions, status, body.
    File { asker: Asker, id: u32, status: u16, body: Vec<u8> },
    /// What an admin is told.
    Told(Result<(), Refusal>),
}

/// What a call into the box leads to.
pub(crate) enum Done {
    /// This leaves now.
    Leaves(Promise),
    /// Does anybody use this address?
    Probe(InterfaceNo, Ipv4Addr),
    /// This is told to a human.
    Note(Note),
    /// This became true.
    Fact(Event),
}

/// Why the box stopped.
pub(crate) enum Stop {
    /// Its power was cut in the middle of a write.
    Cut,
    /// A write failed: the daemon exits and is started anew.
    Broken,
    /// Something that must not happen.
    Wrong(String),
}

/// The templates, compiled once for all starts of all boxes of a thread.
struct Shared(Rc<Templates>);

impl Render for Shared {
    fn render(&self, name: &str, values: &Values, out: &mut Vec<u8>) -> Result<(), Unrendered> {
        self.0.render(name, values, out)
    }

    fn render_own(
        &self,
        name: &str,
        source: &str,
        values: &Values,
        out: &mut Vec<u8>,
    ) -> Result<(), Unrendered> {
        self.0.render_own(name, source, values, out)
    }
}

thread_local! {
    static TEMPLATES: Option<Rc<Templates>> = Templates::shipped().ok().map(Rc::new);
}

/// The running box.
pub(crate) struct Running {
    pub(crate) exchange: Exchange,
    booted_ms: u64,
    pending: Vec<(RecordNo, Event)>,
    on_flash: RecordNo,
    held: VecDeque<(RecordNo, Promise)>,
    ports: BTreeMap<u16, TransferNo>,
    /// Notes that a table is full.
    pub(crate) full_notes: u64,
}

/// The box with its flash, running or not.
pub(crate) struct Appliance {
    pool: u8,
    journal: Option<Journal<MemFlash>>,
    pub(crate) running: Option<Running>,
    /// What the flash must hold.
    pub(crate) kept: Durable,
    pub(crate) flush_at: Option<u64>,
    pub(crate) compactions: u32,
    pub(crate) boots: u32,
    flash: Option<MemFlash>,
}

/// Every fact of a state as it is stored.
pub(crate) fn facts(durable: &Durable) -> Vec<Vec<u8>> {
    durable.facts().map(|fact| encoded(&fact)).collect()
}

fn encoded(event: &Event) -> Vec<u8> {
    let mut bytes = Vec::new();
    event.encode(&mut bytes);
    bytes
}

fn copy(durable: &Durable) -> Durable {
    let mut copy = Durable::default();
    durable.facts().for_each(|fact| copy.apply(&fact));
    copy
}

impl Appliance {
    /// A box with pools of so many addresses, and a flash of two banks that each hold `state_bytes`
    /// and little more, so that they fill up now and then.
    pub(crate) fn new(pool: u8, state_bytes: u32, seed: u64) -> Appliance {
        // The box keeps an eighth for changes, and asks for room for a whole handset.
        let bank = state_bytes + state_bytes / 7 + 2_048;
        let size = bank.div_ceil(ERASE_BLOCK) * ERASE_BLOCK * 2;
        let mut flash = MemFlash::new(Geometry { size, erase_block: ERASE_BLOCK, page: 256 });
        flash.seed(seed);
        flash.tear(if seed.is_multiple_of(2) { Tear::Byte } else { Tear::Page });
        Appliance {
            pool,
            journal: None,
            running: None,
            kept: Durable::default(),
            flush_at: None,
            compactions: 0,
            boots: 0,
            flash: Some(flash),
        }
    }

    /// How many bytes were ever programmed.
    pub(crate) fn programmed(&self) -> u64 {
        let on = self.journal.as_ref().map(|journal| journal.flash().programmed());
        on.or(self.flash.as_ref().map(MemFlash::programmed)).unwrap_or(0)
    }

    pub(crate) fn now(&self, now_ms: u64) -> Now {
        let booted = self.running.as_ref().map_or(now_ms, |running| running.booted_ms);
        Now { mono: Instant(now_ms - booted), wall: Some(Wall(1_800_000_000 + now_ms / 1_000)) }
    }

    /// When the box wants to be called, in the world's time.
    pub(crate) fn deadline(&self, now_ms: u64) -> Option<u64> {
        let running = self.running.as_ref().filter(|_| self.is_on())?;
        let due = running.exchange.next_deadline(self.now(now_ms).mono);
        let due = running.booted_ms.saturating_add(due.0);
        Some(self.flush_at.map_or(due, |flush| flush.min(due)))
    }

    /// The transfer behind a port.
    pub(crate) fn transfer(&self, port: u16) -> Option<TransferNo> {
        let running = self.running.as_ref().filter(|_| self.is_on())?;
        running.ports.get(&port).copied()
    }

    /// Gives the power back; what the flash holds must be what was acknowledged, or that and some
    /// of what was being written, in order.
    pub(crate) fn boot(&mut self, now_ms: u64, seed: [u8; 32]) -> Result<(), Stop> {
        let Some(mut flash) = self.flash.take() else { return Ok(()) };
        flash.power_on();
        let mut found = Durable::default();
        let mut unread = 0;
        let mounted = Journal::mount(flash, &mut |record| match Event::decode(record) {
            Some(event) => found.apply(&event),
            None => unread += 1,
        });
        let (journal, mounted) = mounted
            .map_err(|error| Stop::Wrong(format!("the flash cannot be mounted: {error:?}")))?;
        if unread > 0 {
            return Err(Stop::Wrong(format!("{unread} records cannot be read")));
        }
        if let Some(damage) = mounted.damaged {
            return Err(Stop::Wrong(format!("a power cut left damage: {damage:?}")));
        }
        self.compare(&found)?;
        self.kept = copy(&found);
        let Some(templates) = TEMPLATES.with(Clone::clone) else {
            return Err(Stop::Wrong("the shipped templates do not compile".to_owned()));
        };
        let board = site::board(self.pool);
        let render = Box::new(Shared(templates));
        let mut exchange = Exchange::new(board, found, Seed(seed), render, PasswordHash::new());
        exchange.set_flash_bytes(u64::from(journal.capacity()));
        self.boots += 1;
        self.journal = Some(journal);
        self.running = Some(Running {
            exchange,
            booted_ms: now_ms,
            pending: Vec::new(),
            on_flash: RecordNo(0),
            held: VecDeque::new(),
            ports: BTreeMap::new(),
            full_notes: 0,
        });
        Ok(())
    }

    /// Compares what a mount found with what was acknowledged before the cut, and with each state
    /// on the way to what was being written.
    fn compare(&mut self, found: &Durable) -> Result<(), Stop> {
        let found = facts(found);
        let under_way = self.running.take().map(|running| running.pending).unwrap_or_default();
        let mut state = copy(&self.kept);
        if facts(&state) == found {
            return Ok(());
        }
        for (_, event) in &under_way {
            state.apply(event);
            if facts(&state) == found {
                return Ok(());
            }
        }
        Err(Stop::Wrong(format!(
            "after a power cut the flash holds {} facts that are neither the state before the last \
             write nor one on the way through its {} records",
            found.len(),
            under_way.len()
        )))
    }

    /// Cuts the power: everything is lost but the flash, and what was on its way to it is kept in
    /// mind for the comparison.
    pub(crate) fn cut(&mut self) {
        if let Some(journal) = self.journal.take() {
            self.flash = Some(journal.into_flash());
        }
        self.flush_at = None;
    }

    /// Whether the box has power.
    pub(crate) fn is_on(&self) -> bool {
        self.journal.is_some()
    }

    /// The exchange, while the box has power.
    pub(crate) fn exchange(&mut self) -> Option<&mut Exchange> {
        let on = self.is_on();
        self.running.as_mut().filter(|_| on).map(|running| &mut running.exchange)
    }

    /// Lets the next write fail.
    pub(crate) fn break_write(&mut self) {
        if let Some(journal) = &mut self.journal {
            journal.flash_mut().fail_after(0);
        }
    }

    /// Takes an armed cut or failure back.
    pub(crate) fn disarm(&mut self) {
        if let Some(journal) = &mut self.journal {
            journal.flash_mut().power_on();
        }
    }

    /// Arms a cut after so many more bytes on flash.
    pub(crate) fn arm(&mut self, bytes: u64) {
        if let Some(journal) = &mut self.journal {
            journal.flash_mut().cut_after(bytes);
        }
    }

    /// Holds a promise back until flash has what it relies on.
    pub(crate) fn promise(&mut self, after: RecordNo, promise: Promise) {
        if let Some(running) = &mut self.running {
            running.held.push_back((after, promise));
        }
    }

    /// Takes everything the exchange wants done after a call; `false` when records now wait.
    pub(crate) fn drain(&mut self, done: &mut Vec<Done>) -> bool {
        let Some(running) = &mut self.running else { return true };
        let mut closing = Vec::new();
        while let Some(output) = running.exchange.poll_output() {
            match output {
                Output::Record(no, event) => {
                    done.push(Done::Fact(event.clone()));
                    running.pending.push((no, event));
                }
                Output::Send(departure, after) => {
                    if let Line::Transfer(no) = departure.line {
                        running.ports.insert(port_of(no), no);
                    }
                    running.held.push_back((after, Promise::Datagram(departure)));
                }
                Output::Close(Line::Transfer(no)) => closing.push(port_of(no)),
                Output::Close(_) => (),
                Output::Probe(interface, address) => done.push(Done::Probe(interface, address)),
                Output::Note(note) => {
                    running.full_notes += u64::from(matches!(note, Note::Full(_)));
                    done.push(Done::Note(note));
                }
                // Nothing starts a simulated box anew but its power.
                // Nobody puts firmware on a box of the simulation.
                Output::Restart(_) | Output::Read(..) => (),
            }
        }
        for port in closing {
            running.ports.remove(&port);
        }
        self.let_go(done);
        self.running.as_ref().is_none_or(|running| running.pending.is_empty())
    }

    /// Lets go what relies on nothing that still waits.
    fn let_go(&mut self, done: &mut Vec<Done>) {
        let Some(running) = &mut self.running else { return };
        let mut kept = VecDeque::new();
        while let Some((after, promise)) = running.held.pop_front() {
            if after <= running.on_flash {
                done.push(Done::Leaves(promise));
            } else {
                kept.push_back((after, promise));
            }
        }
        running.held = kept;
    }

    /// Puts all waiting records on flash in one write, or the whole state if there is no room, then
    /// lets go what waited for them.
    pub(crate) fn flush(&mut self, done: &mut Vec<Done>) -> Result<(), Stop> {
        self.flush_at = None;
        let (Some(running), Some(journal)) = (&mut self.running, &mut self.journal) else {
            return Ok(());
        };
        let records: Vec<Vec<u8>> =
            running.pending.iter().map(|(_, event)| encoded(event)).collect();
        let records: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
        match journal.append(&records) {
            Err(AppendError::Full { .. }) => self.snapshot(done),
            written => {
                written.map_err(stop)?;
                self.is_kept(done)
            }
        }
    }

    /// Puts the whole state on flash, which settles all that waits.
    fn snapshot(&mut self, done: &mut Vec<Done>) -> Result<(), Stop> {
        let (Some(running), Some(journal)) = (&mut self.running, &mut self.journal) else {
            return Ok(());
        };
        self.compactions += 1;
        self.flush_at = None;
        let snapshot = facts(running.exchange.durable());
        journal
            .compact(&mut |keep| snapshot.iter().for_each(|record| keep(record)))
            .map_err(stop)?;
        self.is_kept(done)
    }

    /// Everything that waited is on flash.
    fn is_kept(&mut self, done: &mut Vec<Done>) -> Result<(), Stop> {
        let Some(running) = &mut self.running else { return Ok(()) };
        for (no, event) in running.pending.drain(..) {
            if no.0 != running.on_flash.0 + 1 {
                return Err(Stop::Wrong(format!("record {} follows {}", no.0, running.on_flash.0)));
            }
            self.kept.apply(&event);
            running.on_flash = no;
        }
        if facts(&self.kept) != facts(running.exchange.durable()) {
            return Err(Stop::Wrong("live state and replayed state differ".to_owned()));
        }
        self.let_go(done);
        Ok(())
    }

    /// In a quiet moment: erases one block that is no longer needed, else writes a snapshot if the
    /// bank is nearly full.
    pub(crate) fn tidy(&mut self, done: &mut Vec<Done>) -> Result<(), Stop> {
        let Some(journal) = &mut self.journal else { return Ok(()) };
        match journal.chore() {
            Chore::None => Ok(()),
            Chore::Erase => journal.idle().map(drop).map_err(|error| match error {
                EraseError::Fault(fault) => stop(AppendError::Fault(fault)),
                EraseError::Refused(refused) => stop(AppendError::Refused(refused)),
            }),
            Chore::Snapshot => self.snapshot(done),
            Chore::Look => journal.look().map(drop).map_err(|error| match error {
                EraseError::Fault(fault) => stop(AppendError::Fault(fault)),
                EraseError::Refused(refused) => stop(AppendError::Refused(refused)),
            }),
        }
    }
}

fn stop(error: AppendError<MemError>) -> Stop {
    match error {
        AppendError::Fault(Fault::Flash(MemError::PowerCut)) => Stop::Cut,
        AppendError::Fault(Fault::Flash(MemError::Broken)) => Stop::Broken,
        other @ (AppendError::Full { .. } | AppendError::Refused(_) | AppendError::Fault(_)) => {
            Stop::Wrong(format!("the journal failed: {other:?}"))
        }
    }
}

/// The port of a transfer.
pub(crate) fn port_of(no: TransferNo) -> u16 {
    TRANSFER_PORTS + (no.0 % 40_000) as u16
}
