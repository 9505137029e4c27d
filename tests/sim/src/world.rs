//! One office with its box, its phones and its troubles, in one thread and on one clock.
//!
//! Time jumps to whatever is due next: a datagram, something on the agenda, a phone, the box.
//! Everything that happens at one moment happens in an order that the seed fixes. The first thing
//! that goes wrong ends the run.

use crate::appliance::{Appliance, Done, Promise, Stop};
use crate::chance::Chance;
use crate::oracle::Oracle;
use crate::outside::OUTSIDERS;
use crate::swarm::{Place, Swarm};
use crate::trace::{Trace, Verbosity};
use exchange::time::Now;
use exchange::Exchange;
use phones::{AlgorithmPolicy, Phone, Settings};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddrV4};
use wire::Mac;

/// Steps at one moment before the world counts as standing still.
const STEPS_AT_ONCE_MAX: u32 = 20_000;

/// A phone or PC and how it is plugged in.
pub(crate) struct Host {
    pub(crate) phone: Phone,
    pub(crate) place: Place,
    pub(crate) powered: bool,
    pub(crate) cabled: bool,
    pub(crate) deadline: Option<u64>,
    /// The address it had when it was last asked.
    pub(crate) address: Option<Ipv4Addr>,
    /// Complaints already looked at.
    pub(crate) complaints: usize,
    /// Whether another DHCP server spoke to it.
    pub(crate) misled: bool,
}

impl Host {
    pub(crate) fn mac(&self) -> Mac {
        Mac(self.phone.mac())
    }

    /// Whether anything reaches it.
    pub(crate) fn is_reachable(&self) -> bool {
        self.powered && self.cabled
    }
}

/// Who asks for a file: the place of the host, its hardware address and its address at the time.
#[derive(Clone, Copy)]
pub(crate) struct Asker {
    pub(crate) host: usize,
    /// `None` for somebody on the WAN.
    pub(crate) mac: Option<Mac>,
    pub(crate) from: SocketAddrV4,
}

/// Something on its way.
#[derive(Clone)]
pub(crate) enum Parcel {
    /// To a port of the box.
    ToBox(ToBox),
    /// From a port of the box to an address.
    ToAddress { from_port: u16, to: SocketAddrV4, bytes: Vec<u8> },
    /// A DHCP message to one host.
    ToHost { host: usize, bytes: Vec<u8> },
    /// A question for a file to the box.
    Fetch { asker: Asker, id: u32, path: String, agent: String },
    /// Its answer.
    File { asker: Asker, id: u32, status: u16, body: Vec<u8> },
    /// Somebody uses an address that was probed.
    Arp { address: Ipv4Addr, mac: Mac },
}

/// A datagram on its way to the box.
#[derive(Clone)]
pub(crate) struct ToBox {
    pub(crate) wan: bool,
    pub(crate) from: SocketAddrV4,
    pub(crate) mac: Option<Mac>,
    pub(crate) port: u16,
    pub(crate) multicast: bool,
    pub(crate) bytes: Vec<u8>,
}

/// Something on the agenda.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    PlugIn(usize),
    Unplug(usize, phones::KeepsAddress),
    CableOut(usize),
    CableIn(usize),
    /// A PC leaves and another comes to its place.
    ChangePc(usize),
    Cut,
    CutInWrite(u64),
    BreakWrite,
    /// A phone is carried to the other network while it has no power.
    Move(usize),
    Flood,
    Boot,
    Attack,
    /// Somebody comes from the WAN for a file, or an admin changes the rules for that.
    Outside,
    Garbage,
    Admin,
    Idle,
    /// Looks at pages and tables.
    Look,
}

pub(crate) enum Happening {
    Parcel(Parcel),
    Act(Act),
}

/// What a run was like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Phones in the world.
    pub phones: usize,
    /// Calls and deliveries.
    pub steps: u64,
    /// How long it was, in milliseconds.
    pub simulated_ms: u64,
    /// Starts of the box.
    pub boots: u32,
    /// Snapshots, of a full journal or in a quiet moment.
    pub compactions: u32,
    /// Datagrams the box sent.
    pub sent: u64,
    /// How long after the end of the trouble the last phone was registered, in milliseconds.
    pub healed_after_ms: u64,
    /// DHCP servers that, by its flash, were there before the box.
    pub elders: usize,
    /// Devices on the LAN that are no phones and have an address from the box.
    pub served: usize,
    /// How often somebody was registered from the WAN who may be.
    pub bound_outside: u64,
}

/// The world.
pub(crate) struct World {
    pub(crate) now: u64,
    pub(crate) chance: Chance,
    pub(crate) swarm: Swarm,
    pub(crate) storm: bool,
    pub(crate) trace: Trace,
    pub(crate) boxed: Appliance,
    pub(crate) hosts: Vec<Host>,
    pub(crate) oracle: Oracle,
    pub(crate) report: Report,
    /// Datagrams heard, to be mutated or replayed.
    pub(crate) heard: Vec<ToBox>,
    pub(crate) next_pc: u32,
    /// Whether an admin opened or closed the door for new handsets.
    pub(crate) door_moved: bool,
    /// Until when the gate of the WAN is open.
    pub(crate) wan_gate_until: u64,
    /// What the box said last by SIP on the WAN.
    pub(crate) world_said: Vec<u8>,
    /// Accounts that were rightly registered from there at some time.
    pub(crate) rightly: BTreeSet<String>,
    queue: BTreeMap<(u64, u64), Happening>,
    queued: u64,
    wrong: Option<String>,
    at_once: u32,
}

/// What the state of such an office takes on flash at most, in bytes.
fn state_bytes(swarm: &Swarm) -> u32 {
    let devices = swarm.changing_pcs + swarm.flood;
    let outsiders = if swarm.outside > 0 { 240 * OUTSIDERS + 256 } else { 0 };
    160 * swarm.hosts.len() as u32 + 60 * swarm.admin_acts + 24 * devices + outsiders
}

/// What differs between phones of one maker.
fn habits(chance: &mut Chance) -> Settings {
    Settings {
        dhcp_broadcast_flag: chance.happens(200),
        algorithms: match chance.happens(200) {
            true => AlgorithmPolicy::PreferSha256,
            false => AlgorithmPolicy::Md5Only,
        },
        ..Settings::default()
    }
}

impl World {
    pub(crate) fn new(seed: u64, swarm: Option<Swarm>, verbosity: Verbosity) -> World {
        let mut chance = Chance::new(seed);
        let swarm = swarm.unwrap_or_else(|| Swarm::drawn(&mut chance));
        let hosts: Vec<Host> = swarm
            .hosts
            .iter()
            .enumerate()
            .map(|(at, (kind, place))| {
                let settings = habits(&mut chance);
                Host::new(Phone::with(*kind, at as u32 + 1, seed, settings), *place)
            })
            .collect();
        World {
            now: 0,
            boxed: Appliance::new(swarm.pool, state_bytes(&swarm), chance.below(u64::MAX)),
            report: Report {
                phones: hosts.iter().filter(|h| h.is_phone()).count(),
                ..Report::default()
            },
            next_pc: 1_000,
            door_moved: false,
            wan_gate_until: 0,
            world_said: Vec::new(),
            rightly: BTreeSet::new(),
            chance,
            swarm,
            storm: true,
            trace: Trace::new(verbosity),
            hosts,
            oracle: Oracle::default(),
            heard: Vec::new(),
            queue: BTreeMap::new(),
            queued: 0,
            wrong: None,
            at_once: 0,
        }
    }

    /// Puts something at a moment, behind everything that is there already.
    pub(crate) fn at(&mut self, due_ms: u64, happening: Happening) {
        self.queued += 1;
        self.queue.insert((due_ms.max(self.now), self.queued), happening);
    }

    pub(crate) fn act_at(&mut self, due_ms: u64, act: Act) {
        self.at(due_ms, Happening::Act(act));
    }

    /// Something that must not happen has happened; the first such thing counts.
    pub(crate) fn wrong(&mut self, what: impl Into<String>) {
        let what = what.into();
        self.trace.line(self.now, "WRONG", &what);
        self.wrong.get_or_insert(what);
    }

    pub(crate) fn is_wrong(&self) -> bool {
        self.wrong.is_some()
    }

    /// How it went, and the last lines of the trace.
    pub(crate) fn outcome(mut self) -> Result<Report, (u64, String, Vec<String>)> {
        self.report.simulated_ms = self.now;
        self.report.boots = self.boxed.boots;
        self.report.compactions = self.boxed.compactions;
        let kept = &self.boxed.kept;
        let pcs = self.hosts.iter().filter(|host| !host.is_phone());
        self.report.served = pcs.filter(|host| kept.address_of(host.mac()).is_some()).count();
        self.report.elders = kept.beside().elders().len();
        match self.wrong {
            None => Ok(self.report),
            Some(what) => Err((self.now, what, self.trace.into_lines())),
        }
    }

    /// Lives until a moment, or until something goes wrong, or until `over` says so.
    pub(crate) fn live_until(&mut self, end_ms: u64, mut over: impl FnMut(&World) -> bool) {
        while !self.is_wrong() && !over(self) {
            let Some(due) = self.next_due().filter(|due| *due <= end_ms) else {
                self.now = end_ms;
                return;
            };
            self.at_once = if due > self.now { 0 } else { self.at_once + 1 };
            if self.at_once > STEPS_AT_ONCE_MAX {
                return self.wrong("time stands still");
            }
            self.now = self.now.max(due);
            self.step();
        }
    }

    fn next_due(&self) -> Option<u64> {
        let queue = self.queue.keys().next().map(|(due, _)| *due);
        let hosts = self.hosts.iter().filter_map(|host| host.deadline).min();
        let boxed = self.boxed.deadline(self.now);
        [queue, hosts, boxed].into_iter().flatten().min()
    }

    /// Does one thing that is due now.
    fn step(&mut self) {
        self.report.steps += 1;
        if self.queue.keys().next().is_some_and(|(due, _)| *due <= self.now) {
            if let Some((_, happening)) = self.queue.pop_first() {
                return match happening {
                    Happening::Parcel(parcel) => self.deliver(parcel),
                    Happening::Act(act) => self.act(act),
                };
            }
        }
        let due = |host: &Host| host.deadline.is_some_and(|at| at <= self.now);
        if let Some(host) = self.hosts.iter().position(due) {
            let now = self.now;
            self.hosts[host].phone.tick(now);
            return self.after_host(host);
        }
        if self.boxed.flush_at.is_some_and(|at| at <= self.now) {
            return self.flush();
        }
        if self.boxed.deadline(self.now).is_some_and(|at| at <= self.now) {
            self.call(|exchange, now| exchange.tick(now));
            let waiting = self.boxed.flush_at.is_some();
            if !waiting && self.boxed.deadline(self.now).is_some_and(|at| at <= self.now) {
                self.wrong("next_deadline does not move although tick was called");
            }
        }
    }

    /// One call into the box, then the drain.
    pub(crate) fn call<T>(&mut self, door: impl FnOnce(&mut Exchange, Now) -> T) -> Option<T> {
        let now = self.boxed.now(self.now);
        let answer = door(self.boxed.exchange()?, now);
        self.after_call();
        Some(answer)
    }

    /// Drains the box, and puts records on flash now or a little later.
    pub(crate) fn after_call(&mut self) {
        let mut done = Vec::new();
        let clean = self.boxed.drain(&mut done);
        self.perform(done);
        if !clean && self.boxed.flush_at.is_none() && self.boxed.is_on() {
            let delay = self.chance.within(0, self.swarm.flush_ms);
            self.boxed.flush_at = Some(self.now + delay);
            if delay == 0 {
                self.flush();
            }
        }
    }

    pub(crate) fn flush(&mut self) {
        let mut done = Vec::new();
        let flushed = self.boxed.flush(&mut done);
        self.stopped(flushed);
        self.perform(done);
    }

    /// A quiet moment of the flash.
    pub(crate) fn tidy(&mut self) {
        let mut done = Vec::new();
        let tidied = self.boxed.tidy(&mut done);
        self.stopped(tidied);
        self.perform(done);
    }

    /// Deals with a box that stopped by itself.
    pub(crate) fn stopped(&mut self, outcome: Result<(), Stop>) {
        match outcome {
            Ok(()) => (),
            Err(Stop::Cut) => self.cut("in a write"),
            Err(Stop::Broken) => self.cut("because a write failed"),
            Err(Stop::Wrong(what)) => self.wrong(what),
        }
    }

    fn perform(&mut self, done: Vec<Done>) {
        for one in done {
            match one {
                Done::Leaves(Promise::Datagram(departure)) => self.leave(departure),
                Done::Leaves(Promise::File { asker, id, status, body }) => {
                    self.file_leaves(asker, id, status, body);
                }
                Done::Leaves(Promise::Told(answer)) => {
                    self.trace.line(self.now, "admin", format_args!("is told {answer:?}"));
                }
                Done::Probe(interface, address) => self.probed(interface, address),
                Done::Note(note) => {
                    let text = note.to_string();
                    self.trace.line(self.now, "box", &text);
                    self.no_secret_in("a note", text.as_bytes());
                }
                Done::Fact(event) => self.fact(&event),
            }
        }
    }
}
