//! The telephone exchange: decides everything, does no IO.
//!
//! What the exchange knows, plus one thing that just happened, plus the time, gives what it now
//! knows and a short list of things to do. Sockets, clocks, flash and chance stay outside.
//!
//! # The contract
//!
//! One call in, then drain [`Exchange::poll_output`] to the end, then the next call. Outputs come
//! in the order in which they are to be done. An [`Output::Send`] leaves only when the
//! [`Output::Record`] it names is on flash; one that names an older record, or none, need not wait.
//! The answers of [`Exchange::fetch`] and [`Exchange::command`] obey the same rule. If a record
//! cannot be put on flash, the rest of the drain is thrown away and the daemon starts anew: nothing
//! was promised.
//!
//! # The modules, in the order a phone meets them
//!
//! [`catalog`] says what it is, `dhcp` gives it an address and says where to look next, `provision`
//! answers which file it gets, `tftp` carries it, `pnp` is the same question by another door,
//! `registrar` binds its lines, [`policy`] says who may do what from which side, [`state`] is what
//! survives, [`view`] what may be shown.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod access;
mod admin;
pub mod backup;
pub mod beside;
pub mod board;
mod book;
pub mod catalog;
pub mod cause;
pub mod certificates;
mod chance;
pub mod command;
mod device;
mod dhcp;
pub mod digest;
mod enrol;
mod fallback;
pub mod firmware;
mod generic;
mod guesses;
mod keeping;
pub mod layer;
mod leases;
pub mod limits;
mod look;
mod make;
mod markup;
mod mdns;
pub mod names;
pub mod network;
pub mod note;
mod office;
pub mod others;
mod output;
pub mod pattern;
mod pnp;
pub mod policy;
mod provision;
mod registrar;
pub mod render;
mod request;
pub mod resync;
mod room;
mod rules;
mod scanners;
mod screen;
pub mod seat;
mod secret;
pub mod settings;
mod sip;
mod slow;
pub mod sorted;
pub mod state;
pub mod story;
mod strangers;
pub mod template;
mod templating;
mod tftp;
pub mod time;
mod tls;
mod uploads;
pub mod users;
pub mod view;
mod whereabouts;
pub mod zone;

use access::{Access, LoggedIn, Session, Slowed, Unclaimed};
use alloc::boxed::Box;
use alloc::vec::Vec;
use backup::{BackupKey, Footing};
use board::Board;
use catalog::OwnKind;
use chance::Chance;
use command::{By, Command, Refusal};
use core::net::Ipv4Addr;
use firmware::{About, Firmware, NotFirmware, Offered};
use layer::Layer;
use names::{InterfaceNo, RecordNo, Side};
use note::{Note, Protocol};
use office::Office;
use provision::{screens, Ask};
use render::Render;
use state::{Durable, Event};
use story::Door;
use time::{Instant, Now};
use view::{BookView, BoxView, DeviceView, DhcpView, FirmwareView, SettingsView, SignsView, View};
use wire::Mac;

pub use chance::Seed;
pub use generic::{is_made_up, Account};
pub use output::{
    Answer, Arrival, Departure, Fetch, Fetched, FileNo, Line, Neighbour, Output, StreamNo, To,
    TransferNo, Upload, Way,
};
pub use rules::Revealed;
pub use secret::{OwnFile, PasswordHash, Pin, PnpKey, PrivateKey, Remote, RemoteToken};

/// The whole appliance but for its sockets, clock, entropy and flash.
pub struct Exchange {
    office: Office,
    access: Access,
    dhcp: dhcp::Dhcp,
    tftp: tftp::Tftp,
    sip: sip::Sip,
    mdns: mdns::Mdns,
    trial: network::Trial,
    render: Box<dyn Render>,
}

impl Exchange {
    /// Starts from what survived, with the hash of the first password that is in force until an
    /// admin sets one; an empty one if [`Exchange::first_password_made`] will bring it.
    pub fn new(
        board: Board,
        durable: Durable,
        seed: Seed,
        render: Box<dyn Render>,
        first_password: PasswordHash,
    ) -> Exchange {
        Exchange {
            trial: network::Trial::new(&durable),
            office: Office::new(board, durable, Chance::new(seed)),
            access: Access::new(first_password),
            dhcp: dhcp::Dhcp::default(),
            tftp: tftp::Tftp::default(),
            sip: sip::Sip::default(),
            mdns: mdns::Mdns::default(),
            render,
        }
    }

    /// Says how many bytes of records the flash holds; without this there is no bound but those of
    /// [`limits`].
    pub fn set_flash_bytes(&mut self, bytes: u64) {
        self.office.flash_bytes = bytes;
    }

    /// From now on the box is found by multicast DNS as `<name>.local` on the LAN, or as
    /// `<name>-2.local` where somebody else has that name.
    pub fn be_found(&mut self, now: Now, name: &str) {
        self.mdns.be_found(&self.office, now, name);
    }

    /// From now on the box looks for other DHCP servers by these LAN ports, as these MACs.
    pub fn look_for_others(&mut self, now: Now, ports: &[(InterfaceNo, Mac)]) {
        others::begin(&mut self.office, now, ports);
    }

    /// Says that the box is this program's own: it sets the addresses at its start, and is started
    /// anew when it ends. Without this nobody can change the network here, or restart anything.
    /// Changed settings of the network are on trial for so many milliseconds from the start.
    pub fn set_appliance(&mut self, trial_ms: u64) {
        self.trial.be_ours(trial_ms);
    }

    /// From now on nothing new is stored: known phones are served, new ones refused.
    pub fn set_read_only(&mut self) {
        self.office.read_only = true;
    }
}

/// The doors in.
impl Exchange {
    /// Takes a datagram, or one message of a stream, heard on a socket.
    pub fn datagram(&mut self, now: Now, arrival: Arrival, line: Line, bytes: &[u8]) {
        let office = &mut self.office;
        office.gates.close_due(now.mono);
        match line {
            Line::Dhcp => self.dhcp.datagram(office, now, arrival, bytes),
            Line::Tftp => {
                self.tftp.request(office, &*self.render, now, arrival, bytes);
                self.sip.settle(office, now);
            }
            Line::Transfer(no) => self.tftp.transfer(office, now, no, arrival.from, bytes),
            Line::Sip | Line::SipMulticast | Line::SipStream(_) => {
                self.sip.datagram(office, now, arrival, line, bytes);
            }
            Line::Mdns => self.mdns.datagram(office, now, arrival, bytes),
            Line::DhcpClient => others::datagram(office, now, &arrival, bytes),
        }
    }

    /// Somebody has begun to speak TLS on a connection to the port of this protocol, which has
    /// none; `bytes` are his first words.
    pub fn spoke_tls(&mut self, now: Now, arrival: Arrival, at: Protocol, bytes: &[u8]) {
        tls::heard(&mut self.office, now, &arrival, at, bytes);
    }

    /// A connection of SIP was opened over TLS.
    pub fn opened_secured(&mut self, stream: StreamNo) {
        if self.office.secured.len() < limits::STREAMS_MAX + limits::STREAMS_WAN_MAX {
            self.office.secured.insert(stream);
        }
    }

    /// The other end closed a connection.
    pub fn closed(&mut self, now: Now, stream: StreamNo) {
        self.office.secured.remove(&stream);
        self.sip.closed(&mut self.office, now, stream);
    }

    /// Somebody answered from an address that was probed.
    pub fn answered(&mut self, now: Now, address: Ipv4Addr, mac: Mac) {
        self.dhcp.answered(&mut self.office, now, address, mac);
    }

    /// Answers a question for a file over HTTP.
    pub fn fetch(&mut self, now: Now, fetch: &Fetch<'_>) -> Fetched {
        let (name, query) = fetch.name.split_once('?').unwrap_or((fetch.name, ""));
        let ask = Ask {
            arrival: fetch.arrival,
            door: Door::Http,
            name,
            query,
            user_agent: fetch.user_agent,
            way: fetch.way,
        };
        self.office.gates.close_due(now.mono);
        if let Some(upload) = &fetch.upload {
            let office = &mut self.office;
            let (answer, after) = match uploads::may_store(office, now, &ask) {
                Some(storing) => uploads::store(office, now, &ask, &storing, upload),
                None => (provision::denied(office, &ask), RecordNo(0)),
            };
            return Fetched { answer, after };
        }
        if let Some(fetched) = screens::answer((&mut self.office, &mut self.sip), now, &ask) {
            return fetched;
        }
        let (answer, after, _) = provision::answer(&mut self.office, &*self.render, now, &ask);
        self.sip.settle(&mut self.office, now);
        Fetched { answer, after }
    }

    /// Brings what [`Output::Read`] asked for; `None` where the file is not there any more.
    pub fn piece(&mut self, now: Now, transfer: TransferNo, bytes: Option<Vec<u8>>) {
        self.tftp.piece(&mut self.office, now, transfer, bytes);
    }

    /// Does what an admin wants, or says why not; the outcome is to be told once the record
    /// returned is on flash.
    pub fn command(&mut self, now: Now, by: &By, command: Command) -> Result<RecordNo, Refusal> {
        self.office.gates.close_due(now.mono);
        let ground = (&mut self.office, &mut self.trial, &mut self.sip);
        let ended = admin::carry_out(ground, now, by, command)?;
        if let Some((handset, line)) = ended {
            self.sip.forget(handset, line);
        }
        self.sip.settle(&mut self.office, now);
        Ok(self.office.latest_record())
    }

    /// Does what was due by now.
    pub fn tick(&mut self, now: Now) {
        self.office.gates.close_due(now.mono);
        self.dhcp.tick(&mut self.office, now);
        self.tftp.tick(&mut self.office, now);
        self.sip.tick(&mut self.office, now);
        self.mdns.tick(&mut self.office, now);
        self.trial.tick(&mut self.office, now);
    }

    /// When somebody on the LAN last looked for an address. What a phone is promised within the
    /// next seconds has to be stored: flash is better not erased meanwhile.
    pub fn last_discover(&self) -> Option<Instant> {
        self.dhcp.discovered
    }

    /// When [`Exchange::tick`] has something to do.
    pub fn next_deadline(&self, now: Instant) -> Instant {
        let dhcp = self.dhcp.next_deadline(&self.office);
        let tftp = self.tftp.next_deadline().unwrap_or(dhcp);
        let sip = self.sip.next_deadline(now).unwrap_or(dhcp);
        let mdns = self.mdns.next_deadline().unwrap_or(dhcp);
        let trial = self.trial.next_deadline(&self.office).unwrap_or(dhcp);
        dhcp.min(tftp).min(sip).min(mdns).min(trial)
    }
}

/// Who may use the admin's doors.
impl Exchange {
    /// Brings the hash of the first password, which is slow to make.
    pub fn first_password_made(&mut self, hash: PasswordHash) {
        self.access.first_password_made(hash);
    }

    /// The hash of the first password, while it is in force: it must not become the second.
    pub fn first_password(&self) -> Option<&PasswordHash> {
        let set = self.office.durable.admin_password().is_some();
        self.access.first_password().filter(|_| !set)
    }

    /// The hash to compare a password with, if this source may try one now; empty, and so of no
    /// password, while the first one's was not brought yet.
    pub fn may_log_in(&self, now: Now, source: Ipv4Addr) -> Result<PasswordHash, Slowed> {
        self.access.may_try(now.mono, source, self.office.durable.admin_password())
    }

    /// The outcome of comparing: opens a session, or slows this source.
    pub fn log_in(&mut self, now: Now, source: Ipv4Addr, right: bool) -> Option<Session> {
        if !right {
            self.access.failed(now.mono, source);
            self.office.note(now, Note::LogInRefused(source));
            return None;
        }
        self.office.note(now, Note::LoggedIn(source));
        Some(self.access.open(now.mono, source, &mut self.office.chance))
    }

    /// Whose request this is, by the token in its cookie.
    pub fn logged_in(&mut self, now: Now, source: Ipv4Addr, token: &str) -> Option<LoggedIn> {
        let set = self.office.durable.admin_password().is_some();
        self.access.check(now.mono, source, token, set)
    }

    /// Ends a session.
    pub fn log_out(&mut self, token: &str) {
        self.access.close(token);
    }

    /// Sets the admin's password by its hash and opens a new session in place of all others.
    pub fn set_password(
        &mut self,
        now: Now,
        source: Ipv4Addr,
        hash: PasswordHash,
    ) -> Result<(Session, RecordNo), Refusal> {
        if self.office.read_only {
            return Err(Refusal::NotStored);
        }
        self.office.record_site(Event::AdminPasswordSet { hash });
        self.access.close_all();
        self.access.end_claim();
        let session = self.access.open(now.mono, source, &mut self.office.chance);
        Ok((session, self.office.latest_record()))
    }

    /// Somebody has his hands on the box: for two minutes a password may be set from the LAN
    /// without the old one, once.
    pub fn claim(&mut self, now: Now) {
        self.access.claim(now.mono);
        self.office.note(now, Note::Claimed);
    }

    /// Whether [`Exchange::set_claimed_password`] would find the box claimed.
    pub fn is_claimed(&self, now: Now) -> bool {
        self.access.is_claimed(now.mono)
    }

    /// Whether this source may set a password without the old one now; asking in vain slows it as
    /// a wrong password does.
    pub fn may_claim(&mut self, now: Now, side: Side, source: Ipv4Addr) -> Result<(), Unclaimed> {
        if !self.admits_admin(side, source) {
            return Err(Unclaimed::Refused(Refusal::WrongSide));
        }
        self.access.may_claim(now.mono, source)
    }

    /// Sets the admin's password of a claimed box, as [`Exchange::set_password`] does; handsets and
    /// everything else stay as they are, and the claim is used up.
    pub fn set_claimed_password(
        &mut self,
        now: Now,
        side: Side,
        source: Ipv4Addr,
        hash: PasswordHash,
    ) -> Result<(Session, RecordNo), Unclaimed> {
        // Hashing took its time, and somebody else may have been faster.
        self.may_claim(now, side, source)?;
        let done = self.set_password(now, source, hash).map_err(Unclaimed::Refused)?;
        self.office.note(now, Note::PasswordClaimed(source));
        Ok(done)
    }
}

/// The doors out.
impl Exchange {
    /// The next thing to do, in order; `None` when this call's are all done.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.office.poll_output()
    }

    /// The office as it may be shown.
    pub fn view(&self, now: Now) -> View {
        look::view(&self.office, &self.sip, now)
    }

    /// One device as it may be shown; `None` if nobody knows it.
    pub fn device(&self, now: Now, mac: Mac) -> Option<DeviceView> {
        look::device(&self.office, &self.sip, now, mac)
    }

    /// The box itself as it may be shown.
    pub fn box_view(&self, now: Now) -> BoxView {
        look::the_box(&self.office, &self.mdns, &self.trial, now)
    }

    /// What is set of phones, as one layer has it and as it is in force there.
    pub fn settings_view(&self, now: Now, layer: Layer) -> SettingsView {
        settings::view(&self.office, now, layer)
    }

    /// The signs of phones of an admin's own, and what is made of a sign that he wants to know of.
    pub fn signs_view(&self, tried: Option<(OwnKind, &str)>) -> SignsView {
        look::signs(&self.office, tried)
    }

    /// How DHCP is served, and who else serves it, as it may be shown.
    pub fn dhcp_view(&self, now: Now) -> DhcpView {
        others::view(&self.office, now)
    }

    /// The phone book as it may be shown, at the address that phones of the first LAN port ask.
    pub fn book_view(&self) -> BookView {
        book::view(&self.office, provision::book_address(&self.office))
    }

    /// Grows whenever something that a view shows has changed.
    pub fn revision(&self) -> u64 {
        self.office.revision
    }

    /// How often each kind of note was made, by [`Note::kind`].
    pub fn counters(&self) -> &[u64; Note::KINDS] {
        &self.office.counters
    }

    /// Whether an address may use the admin's pages: the LAN only.
    pub fn admits_admin(&self, side: Side, source: Ipv4Addr) -> bool {
        side == Side::Lan && (source.is_loopback() || self.office.board.in_lan(source))
    }

    /// Everything that survives, for a snapshot.
    pub fn durable(&self) -> &Durable {
        &self.office.durable
    }
}
