//! An office under test: one exchange, a clock that is moved by hand, and what came of each call.
//!
//! [`Office`] makes one call into the exchange and drains it, as the daemon does; [`Heard`] is all
//! that came out. On the way it checks the exchange's contract: records are numbered without a gap,
//! and nothing is sent before the record that it relies on. Every record goes through its bytes, so
//! that [`Office::restart`] starts from what flash would hold. DHCP replies are read by `dhcproto`
//! and a walk of the raw options, never by the product's own codec.
#![allow(dead_code, reason = "each test file uses its own part of this module")]

pub(crate) mod boards;
pub(crate) mod dhcp;
pub(crate) mod files;
pub(crate) mod sip;
pub(crate) mod tftp;

use exchange::board::Board;
use exchange::cause::Cause;
use exchange::command::{By, Command, Refusal};
use exchange::limits::LOG_BYTES_MAX;
use exchange::names::{InterfaceNo, LineNo, RecordNo, Side};
use exchange::note::Note;
use exchange::render::Render;
use exchange::state::{Durable, Event};
use exchange::time::{Instant, Now, Wall};
use exchange::view::{DeviceView, HandsetRow};
use exchange::{
    Answer, Arrival, Departure, Exchange, Fetch, FileNo, Line, Neighbour, Output, PasswordHash,
    Seed, TransferNo, Upload, Way,
};
use files::Plain;
use phones::builders::DhcpDraft;
use std::net::{Ipv4Addr, SocketAddrV4};
use wire::Mac;

/// The box on its LAN.
pub(crate) const SERVER: Ipv4Addr = Ipv4Addr::new(10, 1, 0, 1);
/// A Yealink, by its prefix.
pub(crate) const PHONE: [u8; 6] = [0x00, 0x15, 0x65, 0x00, 0x00, 0x01];
/// Another Yealink.
pub(crate) const PHONE_2: [u8; 6] = [0x00, 0x15, 0x65, 0x00, 0x00, 0x02];
/// A computer.
pub(crate) const PC: [u8; 6] = [0x3c, 0x97, 0x0e, 0x00, 0x00, 0x01];

/// The exchange, its clock, and what it put on flash.
pub(crate) struct Office {
    pub(crate) exchange: Exchange,
    pub(crate) now_ms: u64,
    pub(crate) wall: Option<Wall>,
    pub(crate) facts: Vec<Vec<u8>>,
    records: u64,
    board: fn() -> Board,
    render: fn() -> Box<dyn Render>,
}

/// Everything that came of one call.
#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) sent: Vec<(Departure, RecordNo)>,
    pub(crate) records: Vec<Event>,
    pub(crate) notes: Vec<Note>,
    pub(crate) probes: Vec<Ipv4Addr>,
    pub(crate) closed: Vec<Line>,
    pub(crate) restarts: usize,
    pub(crate) reads: Vec<(TransferNo, FileNo, u32, usize)>,
}

impl Office {
    /// Opens an office whose files are plain text.
    pub(crate) fn new(board: fn() -> Board) -> Office {
        Office::with_render(board, || Box::new(Plain))
    }

    /// Opens an office with other files.
    pub(crate) fn with_render(board: fn() -> Board, render: fn() -> Box<dyn Render>) -> Office {
        Office {
            exchange: start(board(), Durable::default(), render()),
            now_ms: 1_000,
            wall: None,
            facts: Vec::new(),
            records: 0,
            board,
            render,
        }
    }

    /// Pulls the plug and starts again from the bytes of all records.
    pub(crate) fn restart(&mut self) {
        let mut durable = Durable::default();
        for bytes in &self.facts {
            let Some(event) = Event::decode(bytes) else { panic!("a record cannot be read") };
            durable.apply(&event);
        }
        self.exchange = start((self.board)(), durable, (self.render)());
        self.now_ms = 1_000;
        self.records = 0;
    }

    /// Starts again from facts made up by a test.
    pub(crate) fn restart_with(&mut self, facts: &[Event]) {
        for event in facts {
            self.keep(event);
        }
        self.restart();
    }

    pub(crate) fn now(&self) -> Now {
        Now { mono: Instant(self.now_ms), wall: self.wall }
    }

    /// Lets time pass without doing what was due.
    pub(crate) fn wait_ms(&mut self, ms: u64) {
        self.now_ms += ms;
    }

    /// Does what is due by now.
    pub(crate) fn tick(&mut self) -> Heard {
        let now = self.now();
        self.exchange.tick(now);
        self.drain()
    }

    /// Lets time pass and does what is due at its end.
    pub(crate) fn after_ms(&mut self, ms: u64) -> Heard {
        self.wait_ms(ms);
        self.tick()
    }

    /// A DHCP message by broadcast, or by unicast if the client has an address.
    pub(crate) fn hears(&mut self, draft: &DhcpDraft) -> Heard {
        self.hears_on(InterfaceNo(0), draft)
    }

    /// The same on another port.
    pub(crate) fn hears_on(&mut self, interface: InterfaceNo, draft: &DhcpDraft) -> Heard {
        let from = match draft.giaddr.is_unspecified() {
            true => SocketAddrV4::new(draft.ciaddr, 68),
            false => SocketAddrV4::new(draft.giaddr, 67),
        };
        let neighbour = Neighbour::Unknown;
        let arrival = Arrival { side: Side::Lan, interface, from, neighbour };
        self.datagram(arrival, Line::Dhcp, &draft.bytes())
    }

    pub(crate) fn datagram(&mut self, arrival: Arrival, line: Line, bytes: &[u8]) -> Heard {
        let now = self.now();
        self.exchange.datagram(now, arrival, line, bytes);
        self.drain()
    }

    /// Somebody answers a probe.
    pub(crate) fn answered(&mut self, address: Ipv4Addr, mac: [u8; 6]) -> Heard {
        let now = self.now();
        self.exchange.answered(now, address, Mac(mac));
        self.drain()
    }

    /// A file asked over HTTP: the answer in short, and its bytes.
    pub(crate) fn fetch(&mut self, arrival: Arrival, name: &str) -> (String, Vec<u8>) {
        self.fetch_as(arrival, name, "")
    }

    /// The same with a User-Agent.
    pub(crate) fn fetch_as(
        &mut self,
        arrival: Arrival,
        name: &str,
        agent: &str,
    ) -> (String, Vec<u8>) {
        self.fetch_by(arrival, name, agent, Way::default())
    }

    /// The same in some way.
    pub(crate) fn fetch_by(
        &mut self,
        arrival: Arrival,
        name: &str,
        agent: &str,
        way: Way<'_>,
    ) -> (String, Vec<u8>) {
        let now = self.now();
        let user_agent = agent.as_bytes();
        let fetch = Fetch { arrival, name, user_agent, upload: None, way };
        let fetched = self.exchange.fetch(now, &fetch);
        let after = fetched.after;
        self.drain();
        assert!(after.0 <= self.records, "an answer relies on a record that was not made");
        match fetched.answer {
            Answer::File { bytes, content_type } => (format!("file {content_type}"), bytes),
            Answer::Book { bytes, content_type } => {
                (format!("book {content_type}"), bytes.to_vec())
            }
            Answer::NotFound => ("not found".into(), Vec::new()),
            Answer::Forbidden => ("forbidden".into(), Vec::new()),
            Answer::Unauthorized => ("unauthorized".into(), Vec::new()),
            Answer::BadName => ("bad name".into(), Vec::new()),
            Answer::Unavailable => ("unavailable".into(), Vec::new()),
            Answer::Stored | Answer::TooLarge => panic!("nothing was sent"),
            Answer::Kept { file, bytes, .. } => (format!("kept {} of {bytes}", file.0), Vec::new()),
        }
    }

    /// A file sent over HTTP: the answer in short.
    pub(crate) fn puts(&mut self, arrival: Arrival, name: &str, bytes: &[u8]) -> &'static str {
        let now = self.now();
        let end = bytes.get(bytes.len().saturating_sub(LOG_BYTES_MAX)..).unwrap_or_default();
        let upload = Some(Upload { end, bytes: bytes.len() as u64 });
        let fetched = self.exchange.fetch(
            now,
            &Fetch { arrival, name, user_agent: b"", upload, way: exchange::Way::default() },
        );
        self.drain();
        assert!(fetched.after.0 <= self.records, "an answer relies on a record that was not made");
        match fetched.answer {
            Answer::Stored => "stored",
            Answer::TooLarge => "too large",
            Answer::Unavailable => "unavailable",
            Answer::Forbidden => "forbidden",
            Answer::File { .. }
            | Answer::Book { .. }
            | Answer::Kept { .. }
            | Answer::NotFound
            | Answer::Unauthorized
            | Answer::BadName => "else",
        }
    }

    /// An admin at the office's LAN wants this.
    pub(crate) fn command(&mut self, command: Command) -> Result<RecordNo, Refusal> {
        self.command_by(&By { side: Side::Lan, source: address(200), seen: None }, command)
    }

    pub(crate) fn command_by(&mut self, by: &By, command: Command) -> Result<RecordNo, Refusal> {
        let now = self.now();
        let outcome = self.exchange.command(now, by, command);
        self.drain();
        outcome
    }

    pub(crate) fn device(&self, mac: [u8; 6]) -> DeviceView {
        let Some(device) = self.exchange.device(self.now(), Mac(mac)) else {
            panic!("nobody knows {}", Mac(mac));
        };
        device
    }

    /// The row of a handset that is known.
    pub(crate) fn handset(&self, mac: [u8; 6]) -> HandsetRow {
        let Some(row) = self.device(mac).handset else { panic!("{} is no handset", Mac(mac)) };
        row
    }

    pub(crate) fn knows(&self, mac: [u8; 6]) -> bool {
        self.exchange.durable().handset_of(Mac(mac)).is_some()
    }

    /// Why a device is stuck, handset or not.
    pub(crate) fn cause(&self, mac: [u8; 6]) -> Option<Cause> {
        let device = self.device(mac);
        let row = device.handset.and_then(|row| row.cause);
        row.or(device.stranger.and_then(|row| row.cause))
    }

    /// The steps of a device, one line each.
    pub(crate) fn story(&self, mac: [u8; 6]) -> Vec<String> {
        self.device(mac).story.iter().map(|(_, step)| step.to_string()).collect()
    }

    /// How often a note of this kind was made.
    pub(crate) fn count(&self, note: Note) -> u64 {
        self.exchange.counters().get(note.kind()).copied().unwrap_or(0)
    }

    fn keep(&mut self, event: &Event) {
        let mut bytes = Vec::new();
        event.encode(&mut bytes);
        self.facts.push(bytes);
    }

    /// Takes everything the last call brought about, in order.
    pub(crate) fn drain(&mut self) -> Heard {
        let mut heard = Heard::default();
        while let Some(output) = self.exchange.poll_output() {
            match output {
                Output::Record(no, event) => {
                    self.records += 1;
                    assert_eq!(no, RecordNo(self.records), "records have a gap");
                    self.keep(&event);
                    heard.records.push(event);
                }
                Output::Send(departure, after) => {
                    assert!(after.0 <= self.records, "sent before the record it relies on");
                    heard.sent.push((departure, after));
                }
                Output::Close(line) => heard.closed.push(line),
                Output::Probe(_, address) => heard.probes.push(address),
                Output::Note(note) => {
                    assert!(!note.to_string().is_empty());
                    heard.notes.push(note);
                }
                Output::Read(no, file, at, len) => heard.reads.push((no, file, at, len)),
                Output::Restart(after) => {
                    assert!(after.0 <= self.records, "restarted before the record it relies on");
                    heard.restarts += 1;
                }
            }
        }
        heard
    }
}

impl Heard {
    /// What was said by DHCP, one short line each.
    pub(crate) fn says(&self) -> Vec<String> {
        self.sent.iter().map(|(departure, _)| dhcp::said(departure)).collect()
    }

    /// Expects exactly these DHCP messages.
    #[track_caller]
    pub(crate) fn answers<const N: usize>(&self, expected: [&str; N]) -> &Heard {
        assert_eq!(self.says(), expected);
        self
    }

    /// The only DHCP message that was sent.
    #[track_caller]
    pub(crate) fn reply(&self) -> dhcp::Told {
        let [(departure, _)] = self.sent.as_slice() else {
            panic!("expected one message, got {:?}", self.says());
        };
        dhcp::read(&departure.bytes)
    }

    /// The kinds of records, in order.
    pub(crate) fn facts(&self) -> Vec<&'static str> {
        self.records.iter().map(kind).collect()
    }
}

fn start(board: Board, durable: Durable, render: Box<dyn Render>) -> Exchange {
    let hash = PasswordHash::try_from("first").unwrap_or_default();
    let board = board.with_network(durable.network());
    Exchange::new(board, durable, Seed([7; 32]), render, hash)
}

/// The name of an event.
pub(crate) fn kind(event: &Event) -> &'static str {
    match event {
        Event::AddressGiven { .. } => "AddressGiven",
        Event::AddressForgotten { .. } => "AddressForgotten",
        Event::HandsetCreated { .. } => "HandsetCreated",
        Event::HandsetRecognised { .. } => "HandsetRecognised",
        Event::HandsetDeleted { .. } => "HandsetDeleted",
        Event::LineAdded { .. } => "LineAdded",
        Event::LineRemoved { .. } => "LineRemoved",
        Event::LineAssigned { .. } => "LineAssigned",
        Event::ContactLearnt { .. } => "ContactLearnt",
        Event::CreationAllowed { .. } => "CreationAllowed",
        Event::AdminPasswordSet { .. } => "AdminPasswordSet",
        Event::HandsetsNumbered { .. } => "HandsetsNumbered",
        Event::NetworkProposed { .. } => "NetworkProposed",
        Event::NetworkKept => "NetworkKept",
        Event::NetworkReturned => "NetworkReturned",
        Event::BackupKeySet { .. } => "BackupKeySet",
        Event::SettingChanged { .. } => "SettingChanged",
        Event::TemplateChanged { .. } => "TemplateChanged",
        Event::SignChanged { .. } => "SignChanged",
        Event::OwnFileKept { .. } => "OwnFileKept",
        Event::ServingChosen { .. } => "ServingChosen",
        Event::ElderMet { .. } => "ElderMet",
        Event::ElderGone { .. } => "ElderGone",
        Event::UserSet { .. } => "UserSet",
        Event::UserDeleted { .. } => "UserDeleted",
        Event::LineOwned { .. } => "LineOwned",
        Event::SeatChanged { .. } => "SeatChanged",
        Event::HandsetReplaced { .. } => "HandsetReplaced",
        Event::InstallPinSet { .. } => "InstallPinSet",
        Event::CertificateChanged { .. } => "CertificateChanged",
        Event::SwitchSet { .. } => "SwitchSet",
        Event::PnpKeyDrawn { .. } => "PnpKeyDrawn",
        Event::RemoteMarked { .. } => "RemoteMarked",
        Event::PasswordsDrawn { .. } => "PasswordsDrawn",
        Event::MacBanned { .. } => "MacBanned",
        Event::HandsetBanned { .. } => "HandsetBanned",
        Event::ReachSet { .. } => "ReachSet",
    }
}

/// An address of the office's LAN.
pub(crate) fn address(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 1, 0, last)
}

/// A datagram from an address of the LAN, about whose hardware nothing is known.
pub(crate) fn from(address: Ipv4Addr, port: u16) -> Arrival {
    Arrival {
        side: Side::Lan,
        interface: InterfaceNo(0),
        from: SocketAddrV4::new(address, port),
        neighbour: Neighbour::Unknown,
    }
}

/// The same where ARP found this device.
pub(crate) fn from_neighbour(address: Ipv4Addr, port: u16, mac: [u8; 6]) -> Arrival {
    Arrival { neighbour: Neighbour::Is(Mac(mac)), ..from(address, port) }
}

/// The name of a Yealink's own file.
pub(crate) fn own_file(mac: [u8; 6]) -> String {
    format!("{}.cfg", Mac(mac).bare())
}

/// A line by its number.
pub(crate) fn line(number: u8) -> LineNo {
    let Some(line) = LineNo::new(number) else { panic!("there is no line {number}") };
    line
}

/// Bytes written as hex digits, beside lines that begin with `#`.
pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let digits: String = text.lines().filter(|line| !line.starts_with('#')).collect();
    let pairs = digits.as_bytes().chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).unwrap_or_default();
        u8::from_str_radix(pair, 16).unwrap_or_else(|_| panic!("{pair:?} is no hex"))
    });
    pairs.collect()
}

/// Numbers that look random and are the same in every run (splitmix64).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.roll() % end.max(1) as u64) as usize
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.roll() as u8)
    }

    /// Spoils a packet in one to eight places, or its length.
    pub(crate) fn spoil(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(8) {
            let at = self.below(bytes.len());
            let byte = self.roll() as u8;
            match (self.below(6), bytes.get_mut(at)) {
                (0, _) => bytes.truncate(at),
                (1, _) => bytes.insert(at.min(bytes.len()), byte),
                (2, Some(_)) => drop(bytes.remove(at)),
                (3, Some(spoilt)) => *spoilt ^= 1 << (byte & 7),
                (_, Some(spoilt)) => *spoilt = byte,
                (_, None) => bytes.push(byte),
            }
        }
    }
}
