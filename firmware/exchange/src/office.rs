//! The ground on which the protocols meet: durable state, devices and their stories, leases, and
//! what is to be sent. `dhcp`, `tftp`, `pnp` and `registrar` know this and not each other.

use crate::board::Board;
use crate::book::Books;
use crate::catalog::{Catalog, Identity};
use crate::chance::Chance;
use crate::device::Device;
use crate::fallback::Failing;
use crate::firmware::Firmware;
use crate::generic::{self, Fresh};
use crate::guesses::Guesses;
use crate::layer::{Layer, Whom};
use crate::leases::Leases;
use crate::limits::{
    DEVICES_MAX, FORGOTTEN_AT_ONCE, NOTES_MAX, OUTPUTS_MAX, STRANGER_RECORDS_BURST,
    STRANGER_RECORDS_PER_HOUR,
};
use crate::names::{HandsetNo, InterfaceNo, RecordNo};
use crate::note::{Note, Table};
use crate::others::Others;
use crate::output::{Departure, Line, Output, StreamNo, To};
use crate::policy::Gates;
use crate::resync::ClockTime;
use crate::seat::Seats;
use crate::settings;
use crate::sorted::{SortedMap, SortedSet};
use crate::state::{Durable, Event};
use crate::story::Step;
use crate::strangers::TurnedAway;
use crate::time::{Instant, Now, Wall, HOUR_MS, SECOND_MS};
use crate::uploads::{Hour, Logs};
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::net::Ipv4Addr;
use wire::Mac;

/// The shared ground.
pub(crate) struct Office {
    pub(crate) board: Board,
    pub(crate) catalog: Catalog,
    pub(crate) durable: Durable,
    pub(crate) leases: Leases,
    pub(crate) chance: Chance,
    pub(crate) devices: SortedMap<Mac, Box<Device>>,
    pub(crate) notes: VecDeque<(Instant, Note)>,
    pub(crate) counters: [u64; Note::KINDS],
    pub(crate) others: Others,
    /// Whether the journal takes no more facts; known phones are served all the same.
    pub(crate) read_only: bool,
    /// Bytes that all facts may take on flash.
    pub(crate) flash_bytes: u64,
    pub(crate) revision: u64,
    /// What signs meant that were heard before; phones of one model say the same.
    pub(crate) said_before: SortedMap<u64, Identity>,
    out: VecDeque<Output>,
    records: RecordNo,
    /// The last fact of an admin's about each handset, since this start.
    changed: SortedMap<HandsetNo, RecordNo>,
    /// The last fact of an admin's about what is set of more than one handset.
    pub(crate) settings_changed: RecordNo,
    /// When a note that anybody can cause was last passed on, by its kind.
    complained: [Option<Instant>; Note::KINDS],
    strangers: Budget,
    /// Templates of an admin's own that failed, and for whom.
    pub(crate) failing: Failing,
    /// Firmware of phones that is kept elsewhere, in the order in which it came.
    pub(crate) firmware: Vec<Firmware>,
    /// What phones have logged.
    pub(crate) logs: Logs,
    /// What their own changes may still make of facts.
    pub(crate) stored: Hour,
    /// Files of the phone book that are ready.
    pub(crate) books: Books,
    /// Users and seats.
    pub(crate) seats: Seats,
    /// The address that the port to the WAN has got since the start, where it had none.
    pub(crate) found_on_wan: Option<Ipv4Addr>,
    /// Connections over TLS that are open.
    pub(crate) secured: SortedSet<StreamNo>,
    /// Where new handsets are taken in for some minutes.
    pub(crate) gates: Gates,
    /// Strangers that were turned away.
    pub(crate) turned_away: TurnedAway,
    /// Who on the WAN has shown wrong keys.
    pub(crate) key_guesses: Guesses<Ipv4Addr>,
    /// Accounts whose password was drawn and not shown yet.
    pub(crate) fresh: Fresh,
}

/// How many records strangers may still cause.
struct Budget {
    left: u32,
    refilled: Instant,
    told: bool,
}

impl Office {
    pub(crate) fn new(board: Board, durable: Durable, chance: Chance) -> Office {
        let leases = Leases::new(&board, &durable);
        let mut catalog = Catalog::new();
        catalog.learn(durable.signs());
        Office {
            board,
            catalog,
            durable,
            leases,
            chance,
            devices: SortedMap::new(),
            notes: VecDeque::new(),
            counters: [0; Note::KINDS],
            others: Others::default(),
            read_only: false,
            flash_bytes: u64::MAX,
            revision: 0,
            said_before: SortedMap::new(),
            out: VecDeque::new(),
            records: RecordNo(0),
            changed: SortedMap::new(),
            settings_changed: RecordNo(0),
            complained: [None; Note::KINDS],
            strangers: Budget { left: STRANGER_RECORDS_BURST, refilled: Instant(0), told: false },
            failing: Failing::default(),
            firmware: Vec::new(),
            logs: Logs::default(),
            stored: Hour::default(),
            books: Books::default(),
            seats: Seats::default(),
            found_on_wan: None,
            secured: SortedSet::new(),
            gates: Gates::default(),
            turned_away: TurnedAway::default(),
            key_guesses: Guesses::default(),
            fresh: Fresh::default(),
        }
    }

    /// Makes a fact true and has it put on flash. Whatever is sent about `about` from now on waits
    /// for that.
    pub(crate) fn record(&mut self, about: Mac, event: Event) {
        self.record_site(event);
        if let Some(device) = self.devices.get_mut(&about) {
            device.relies_on = self.records;
        }
    }

    /// Makes a fact about the site true.
    pub(crate) fn record_site(&mut self, event: Event) {
        self.durable.apply(&event);
        self.revision += 1;
        self.records = RecordNo(self.records.0 + 1);
        if event.changes_book() {
            self.books.forget();
        }
        self.notice_change(&event);
        self.push(Output::Record(self.records, event));
    }

    /// Keeps track of what an admin would overwrite; what a phone changes by itself is not that.
    fn notice_change(&mut self, event: &Event) {
        match event {
            Event::HandsetCreated { handset, .. }
            | Event::LineAdded { handset, .. }
            | Event::LineRemoved { handset }
            | Event::LineAssigned { handset, .. }
            | Event::LineOwned { handset, .. }
            | Event::SeatChanged { handset, .. }
            | Event::RemoteMarked { handset, .. }
            | Event::PasswordsDrawn { handset, .. }
            | Event::SettingChanged { layer: Layer::Handset(handset), .. } => {
                self.changed.insert(*handset, self.records);
            }
            Event::HandsetDeleted { handset } | Event::HandsetBanned { handset } => {
                self.changed.remove(handset);
                self.seats.carried.remove(handset);
            }
            Event::HandsetReplaced { old, new, .. } => {
                self.changed.remove(old);
                self.changed.insert(*new, self.records);
            }
            Event::UserSet { .. } | Event::UserDeleted { .. } => {
                self.seats.users_changed = self.records
            }
            Event::SettingChanged { .. } => self.settings_changed = self.records,
            Event::SignChanged { .. } => self.learn_signs(),
            Event::AddressGiven { .. }
            | Event::AddressForgotten { .. }
            | Event::HandsetRecognised { .. }
            | Event::ContactLearnt { .. }
            | Event::CreationAllowed { .. }
            | Event::AdminPasswordSet { .. }
            | Event::HandsetsNumbered { .. }
            | Event::NetworkProposed { .. }
            | Event::NetworkKept
            | Event::NetworkReturned
            | Event::BackupKeySet { .. }
            | Event::TemplateChanged { .. }
            | Event::OwnFileKept { .. }
            | Event::ServingChosen { .. } => (),
            Event::ElderMet { .. }
            | Event::ElderGone { .. }
            | Event::InstallPinSet { .. }
            | Event::CertificateChanged { .. }
            | Event::SwitchSet { .. }
            | Event::PnpKeyDrawn { .. }
            | Event::MacBanned { .. }
            | Event::ReachSet { .. } => (),
        }
    }

    /// Has what phones say next judged anew, by the own signs that there are now.
    fn learn_signs(&mut self) {
        self.catalog.learn(self.durable.signs());
        self.said_before.clear();
        self.devices.values_mut().for_each(|device| device.said = Default::default());
    }

    /// Which fact last changed what an admin sets of a handset, since this start; what a form sends
    /// back to show what its writer saw.
    pub(crate) fn changed(&self, mac: Mac) -> u64 {
        let handset = self.durable.handset_of(mac).map(|(handset, _)| handset);
        handset.and_then(|handset| self.changed.get(&handset)).map_or(0, |record| record.0)
    }

    /// The number of the latest fact.
    pub(crate) fn latest_record(&self) -> RecordNo {
        self.records
    }

    /// The fact that a promise to this device relies on.
    pub(crate) fn relies_on(&self, mac: Mac) -> RecordNo {
        self.devices.get(&mac).map_or(self.records, |device| device.relies_on)
    }

    pub(crate) fn send(
        &mut self,
        interface: InterfaceNo,
        line: Line,
        to: To,
        bytes: Vec<u8>,
        after: RecordNo,
    ) {
        self.push(Output::Send(Departure { interface, line, to, bytes }, after));
    }

    pub(crate) fn push(&mut self, output: Output) {
        // Only a caller that does not drain can get here. What is sent or said is asked for again,
        // everything else never.
        let spare = match output {
            Output::Send(..) | Output::Note(_) | Output::Probe(..) => true,
            Output::Record(..) | Output::Close(_) | Output::Restart(_) | Output::Read(..) => false,
        };
        if self.out.len() >= OUTPUTS_MAX && spare {
            self.counters[Note::Full(Table::Outputs).kind()] += 1;
            return;
        }
        self.out.push_back(output);
    }

    pub(crate) fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// Tells something worth telling. What anybody can cause by a packet is told once a second at
    /// most and otherwise only counted: a scan must not wash out the page or the log.
    pub(crate) fn note(&mut self, now: Now, note: Note) {
        let kind = note.kind();
        self.counters[kind] = self.counters[kind].saturating_add(1);
        if note.is_by_anybody() {
            let lately = self.complained[kind];
            if lately.is_some_and(|at| now.mono.since_ms(at) < SECOND_MS) {
                return;
            }
            self.complained[kind] = Some(now.mono);
        }
        if self.notes.len() >= NOTES_MAX {
            self.notes.pop_front();
        }
        self.notes.push_back((now.mono, note));
        self.revision += 1;
        self.push(Output::Note(note));
    }

    /// The device of this hardware address, met at this moment. The strangers heard least recently
    /// make room for new ones; `None` when there is no stranger left to do so.
    pub(crate) fn meet(&mut self, now: Now, mac: Mac) -> Option<&mut Device> {
        if !self.devices.contains_key(&mac) && self.devices.len() >= DEVICES_MAX {
            self.forget_strangers();
            if self.devices.len() >= DEVICES_MAX {
                return None;
            }
        }
        let records = self.records;
        let device =
            self.devices.get_or_insert_with(mac, || Box::new(Device::new(now.mono, records)));
        device.last_seen = now.mono;
        device.heard = true;
        Some(device)
    }

    /// Forgets the strangers heard least recently, several at once: a flood of new ones must not
    /// make us look for the oldest each time.
    fn forget_strangers(&mut self) {
        let strangers =
            self.devices.iter().filter(|(mac, _)| self.durable.handset_of(**mac).is_none());
        let mut oldest: Vec<(Instant, Mac)> =
            strangers.map(|(mac, device)| (device.last_seen, *mac)).collect();
        oldest.sort_unstable();
        for (_, mac) in oldest.into_iter().take(FORGOTTEN_AT_ONCE) {
            self.devices.remove(&mac);
        }
    }

    /// Makes room for a device that an admin speaks of, without its having been heard.
    pub(crate) fn speak_of(&mut self, now: Now, mac: Mac) {
        let before = self.devices.get(&mac).map(|device| (device.heard, device.last_seen));
        if let Some(device) = self.meet(now, mac) {
            (device.heard, device.last_seen) = before.unwrap_or((false, now.mono));
        }
    }

    /// A handset is known no more. What has no hardware address of its own is no device either.
    pub(crate) fn forget(&mut self, mac: Mac) {
        self.logs.forget(mac);
        if generic::is_made_up(mac) {
            self.devices.remove(&mac);
        }
    }

    /// Adds a step to the story of a device that was met.
    pub(crate) fn step(&mut self, now: Now, mac: Mac, step: Step) {
        if let Some(device) = self.devices.get_mut(&mac) {
            device.story.add(now.mono, step);
            self.revision += 1;
        }
    }

    /// Takes one record from what strangers may cause; `false` when nothing is left.
    pub(crate) fn spend(&mut self, now: Now) -> bool {
        if self.read_only {
            return false;
        }
        let budget = &mut self.strangers;
        let hours = now.mono.since_ms(budget.refilled) / HOUR_MS;
        if hours > 0 {
            let more = STRANGER_RECORDS_PER_HOUR.saturating_mul(hours.min(1_000) as u32);
            // The burst is for once; afterwards only the hourly part comes back.
            budget.left = budget.left.max(more.min(STRANGER_RECORDS_PER_HOUR));
            budget.refilled = budget.refilled.after_ms(hours * HOUR_MS);
            budget.told = false;
        }
        if budget.left > 0 {
            budget.left -= 1;
            return true;
        }
        if !budget.told {
            budget.told = true;
            self.note(now, Note::StrangersCapped);
        }
        false
    }

    /// Whether a host is the box itself or the domain it serves.
    pub(crate) fn serves(&self, host: &str) -> bool {
        let own = host.parse().is_ok_and(|address| self.board.is_own(address));
        own || host.eq_ignore_ascii_case(&self.board.site.realm)
    }

    /// What the clock on the wall of the site shows.
    pub(crate) fn clock(&self, wall: Wall) -> ClockTime {
        let nobody = Whom { handset: None, family: None, model: "", firmware: "" };
        let store = self.durable.settings();
        let (zone, _summer) = settings::site_zone(store, &self.board.site, nobody);
        ClockTime::of_local(zone.local(wall))
    }

    /// Whether strangers have used up what they may cause.
    pub(crate) fn strangers_capped(&self) -> bool {
        self.strangers.told
    }
}
