//! What may be shown. No type in here can hold a secret, and none is made from one: every row is
//! built by naming each field of what it shows, so a new field cannot leak by default.
//!
//! A view is built when somebody looks, from the state at that moment; nothing is kept up to date
//! for a page that nobody has open.

mod dhcp;

mod rules;

mod setup;

pub use crate::backup::{
    AdminPassword, BadLine, BadLines, Changes, Refused as BackupRefused, Summary, Wrong,
};
pub use crate::beside::Serving;
pub use crate::catalog::{Elsewhere, Family, Meaning, OwnKind, OwnSign};
use crate::cause::Cause;
pub use crate::certificates::{CertificatePlace, CertificateView, CertificatesView};
use crate::command::Refusal;
use crate::generic::is_made_up;
pub use crate::layer::{Firmware, Layer};
use crate::names::{Extension, HandsetNo, LineNo, Text, UserNo};
pub use crate::network::{Lan, Wan};
use crate::note::Note;
use crate::output::FileNo;
pub use crate::policy::{Profile, Switch};
pub use crate::resync::{Asked, ClockTime, Progress};
pub use crate::seat::{Carried, CodeRow, PeopleView, Seat, UserRow, UsersView};
pub use crate::settings::{
    Bad as BadValue, Codec, Ground, KeyKind, Kind as ValueKind, Origin as ValueOrigin, Setting,
    Transport,
};
pub use crate::state::SetBy;
use crate::story::Step;
pub use crate::template::{
    DiffKind, DiffLine, Explained, ExplainedLine, Fault, FileRow, OwnRow, PhoneDiff, Place,
    Rehearsed, TemplatesView,
};
use crate::time::{Instant, Now, Wall};
use alloc::string::String;
use alloc::vec::Vec;
use core::net::Ipv4Addr;
pub use dhcp::{DhcpView, LanServed, OtherServer, Whom};
pub use rules::{PortsUsed, Remote, RulesView, StrangersView, SwitchRow, TurnedAwayRow};
pub use setup::SetupView;
use wire::Mac;

/// The office at one moment, as the Handsets page shows it.
pub struct View {
    /// When it was built.
    pub now: Now,
    /// Grows with every change; two views of the same number are equal but for `now`.
    pub revision: u64,
    /// Known handsets, in the order of their extension, then of their address.
    pub handsets: Vec<HandsetRow>,
    /// Devices that look like phones but are not known handsets, latest first.
    pub strangers: Vec<StrangerRow>,
    /// What needs somebody's attention.
    pub alarms: Vec<Alarm>,
    /// The latest notes, newest first.
    pub notes: Vec<(Instant, Note)>,
    /// Whether new handsets are taken in on the LAN.
    pub lan_creates: bool,
    /// Whether new handsets are taken in from the WAN.
    pub wan_creates: bool,
    /// When handsets are to be asked that wait for the quiet hour; `None` where none do.
    pub resync_planned: Option<ClockTime>,
    /// What the site's clock shows; `None` while the box does not know the time.
    pub clock: Option<ClockTime>,
}

/// The phone book, as its page shows it.
pub struct BookView {
    /// Who has which extension, in the order of the book.
    pub entries: Vec<BookEntry>,
    /// How many more there are than the book has room for.
    pub left_out: usize,
    /// The makers whose phones read it.
    pub readers: Vec<BookReader>,
    /// Where phones read it.
    pub url: String,
}

/// An entry of the phone book.
pub struct BookEntry {
    /// Whose it is; the number where nobody said.
    pub name: String,
    /// The extension.
    pub number: Extension,
}

/// A maker whose phones read the phone book.
pub struct BookReader {
    /// Which.
    pub family: Family,
    /// How many entries at a time; 0 is all.
    pub page_max: u16,
    /// Whether its files name the address; if not, it asks by a name of its own.
    pub is_told: bool,
}

/// The box itself, as the Network and the System page show it.
pub struct BoxView {
    /// When it was built.
    pub now: Now,
    /// The first LAN port and its own subnet as they are; `None` where only the configuration file
    /// can set them.
    pub lan: Option<Lan>,
    /// The first WAN port; `None` where the board has none.
    pub wan: Option<WanView>,
    /// Until when the settings in force are on trial; `None` while they are not.
    pub trial: Option<Instant>,
    /// How long settings are on trial.
    pub trial_ms: u64,
    /// Why neither can anything of the network be changed nor the box be started anew, where it is
    /// so.
    pub hindrance: Option<Refusal>,
    /// The name by which multicast DNS finds it on the LAN, without `.local`; `None` where it has
    /// none, or not yet.
    pub name: Option<String>,
    /// Port of the pages, as it is in a URL.
    pub http_port: u16,
    /// Bytes that the state would take on flash if it were written anew.
    pub state_bytes: u64,
    /// Bytes that it may take; `None` where nobody has said.
    pub flash_bytes: Option<u64>,
    /// Whether nothing new is stored.
    pub read_only: bool,
    /// Whether a passphrase is set under which backups are sealed.
    pub seals_backups: bool,
    /// The profile by which phones are taken in; `None` for one of nobody's.
    pub profile: Option<Profile>,
}

/// How the first WAN port stands.
pub struct WanView {
    /// What an admin has set; `None` where the configuration file says it.
    pub set: Option<Wan>,
    /// Its address and the bits of its network part when the box started, if it had one.
    pub address: Option<(Ipv4Addr, u8)>,
}

/// One handset in the list.
#[derive(Clone)]
pub struct HandsetRow {
    /// Its number in this exchange.
    pub handset: HandsetNo,
    /// Its hardware address.
    pub mac: Mac,
    /// Maker's name, such as `Yealink`; `Unknown maker` where not recognised.
    pub maker: &'static str,
    /// Model, empty where unknown.
    pub model: Text,
    /// Firmware version, empty where unknown.
    pub firmware: Text,
    /// Its address, while it has one.
    pub address: Option<Ipv4Addr>,
    /// Its lines, at least one.
    pub lines: Vec<LineRow>,
    /// How it stands.
    pub status: Status,
    /// When anything was last heard of it since this start; `None` if nothing was.
    pub last_seen: Option<Instant>,
    /// Why it is stuck, where it is.
    pub cause: Option<Cause>,
    /// What it was lately asked, and what came of it.
    pub asked: Option<Asked>,
}

impl HandsetRow {
    /// Whether it has no hardware address of its own: it is configured by hand.
    pub fn is_generic(&self) -> bool {
        is_made_up(self.mac)
    }
}

/// One line of a handset.
#[derive(Clone)]
pub struct LineRow {
    /// Position on the phone.
    pub line: LineNo,
    /// The number people dial, where somebody is assigned.
    pub extension: Option<Extension>,
    /// Who is assigned; empty while nobody is.
    pub name: Text,
    /// The user whose it is, where it is one's.
    pub owner: Option<UserNo>,
    /// Until when it is registered; `None` if it is not.
    pub registered_until: Option<Instant>,
}

/// How a handset stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// All lines that it uses are registered.
    Registered,
    /// Something was heard of it lately, and it is on its way.
    Booting,
    /// It does not get further by itself; the row says why.
    Stuck,
    /// Nothing was heard of it since this start, or its lease ran out.
    Away,
}

/// A device that is not a known handset.
#[derive(Clone)]
pub struct StrangerRow {
    /// Its hardware address.
    pub mac: Mac,
    /// Maker as guessed; `None` where it does not look like a phone.
    pub maker: Option<&'static str>,
    /// Model as guessed, empty where unknown.
    pub model: Text,
    /// Its address, while it has one.
    pub address: Option<Ipv4Addr>,
    /// When it was last heard.
    pub last_seen: Instant,
    /// Why it is not a handset.
    pub cause: Option<Cause>,
}

/// One handset or device with its boot story.
pub struct DeviceView {
    /// When it was built.
    pub now: Now,
    /// What this page's forms must send back, so that two admins do not overwrite each other.
    pub revision: u64,
    /// Its hardware address.
    pub mac: Mac,
    /// The row, if it is a known handset.
    pub handset: Option<HandsetRow>,
    /// The row, if it is not.
    pub stranger: Option<StrangerRow>,
    /// Signs by which it was recognised, strongest first.
    pub signs: Vec<SignSeen>,
    /// How the form of its files is known: documented, or a rule of other servers; `None` where it
    /// gets a file for people to read.
    pub files_proof: Option<&'static str>,
    /// What of that form nobody has published; empty where nothing is.
    pub files_unproven: &'static str,
    /// How it came here; `None` for a device that is no handset.
    pub origin: Option<Origin>,
    /// Most lines its model carries.
    pub lines_max: u8,
    /// What it did, oldest first.
    pub story: Vec<(Instant, Step)>,
    /// What is set of it; empty for a device that is no handset.
    pub settings: Vec<SettingRow>,
    /// Whether it can be asked to restart beside being asked to fetch its files.
    pub restarts_apart: bool,
    /// Whether phones of its maker restart when they are asked to fetch their files.
    pub resync_restarts: bool,
    /// What it has stored here.
    pub stored: Vec<StoredRow>,
    /// The screen that it was shown last of those that ask who sits there, and when.
    pub screen: Option<(Instant, &'static str)>,
    /// Users, and phones whose place it can take.
    pub people: PeopleView,
    /// Whether it may be used from the WAN.
    pub remote: Remote,
    /// Which ports it uses at its site; `None` for one that is kept to the LAN.
    pub ports: Option<PortsUsed>,
    /// Whether its hardware address is banned.
    pub banned: bool,
}

/// A file that a phone has stored.
#[derive(Clone)]
pub struct StoredRow {
    /// Its name.
    pub name: String,
    /// When it came; `None` for changes that are kept on flash.
    pub at: Option<Instant>,
    /// How many bytes the phone sent.
    pub bytes: u64,
    /// Whether only its end is kept.
    pub cut: bool,
    /// Its lines, but for those that may have a password in them.
    pub text: String,
    /// How many lines are left out for that.
    pub hidden: usize,
}

/// A sign that speaks for what a device is thought to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SignSeen {
    /// The kind of sign, in words.
    pub name: &'static str,
    /// Whether an admin's own sign says so.
    pub own: bool,
}

/// The signs of phones of an admin's own.
pub struct SignsView {
    /// All of them, by kind.
    pub signs: Vec<(OwnSign, Meaning)>,
    /// Whether nothing new is stored.
    pub read_only: bool,
    /// What is made of a text that somebody wants to know of.
    pub tried: Option<Tried>,
}

/// What is made of one sign.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tried {
    /// What it is.
    pub kind: OwnKind,
    /// The sign itself.
    pub text: String,
    /// Whose phone it is; `None` where nothing is known of it.
    pub family: Option<Family>,
    /// The maker's name; empty where many share a family.
    pub vendor: &'static str,
    /// The model, in its family's one spelling; empty where the sign does not say it.
    pub model: Text,
    /// The firmware, likewise.
    pub version: Text,
    /// The prefix or pattern that fits; empty where none does.
    pub by: String,
    /// Whether that is an admin's own.
    pub own: bool,
    /// Whether it is too weak to count alone: devices that are no phones have it too.
    pub hint: bool,
}

/// What is set of phones, as one layer has it.
pub struct SettingsView {
    /// When it was built.
    pub now: Now,
    /// What this page's forms must send back.
    pub revision: u64,
    /// Which layer.
    pub layer: Layer,
    /// Every setting.
    pub rows: Vec<SettingRow>,
    /// The layers that have a value, those of handsets aside.
    pub set: Vec<Layer>,
    /// Makers and models of the handsets there are.
    pub kinds: Vec<(Family, Text)>,
}

/// One setting, as one layer has it and as it is in force there.
#[derive(Clone)]
pub struct SettingRow {
    /// Which one.
    pub setting: Setting,
    /// Whether this layer has a value.
    pub is_set: bool,
    /// That value; empty for a secret.
    pub own: Option<String>,
    /// The value in force; empty for a secret, `None` where the phone stays as it is.
    pub value: Option<String>,
    /// Where the value in force comes from.
    pub origin: ValueOrigin,
    /// What of it the maker's files cannot say.
    pub unsaid: Vec<Unsaid>,
}

/// What of a setting a maker's files cannot say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unsaid {
    /// Nothing of it.
    All,
    /// Keys of this kind.
    Key(KeyKind),
    /// What comes behind the first codec.
    MoreCodecs,
    /// This codec.
    Codec(Codec),
    /// Where the ports for voice end.
    LastPort,
}

/// The firmware of phones that is on the box.
pub struct FirmwareView {
    /// When it was built.
    pub now: Now,
    /// Every file, in the order in which they came.
    pub files: Vec<FirmwareRow>,
    /// Makers and models of the handsets there are.
    pub kinds: Vec<(Family, Text)>,
    /// Whether nothing new is stored.
    pub read_only: bool,
}

/// One file of firmware.
pub struct FirmwareRow {
    /// Its number, good until the next start.
    pub no: FileNo,
    /// Its name.
    pub name: String,
    /// The maker and the model that it is for; `None` where it is for whoever asks for it.
    pub model: Option<(Family, Text)>,
    /// Its size in bytes.
    pub bytes: u32,
    /// SHA-256 of its content.
    pub digest: [u8; 32],
    /// When it came, where the box knew the time.
    pub since: Option<Wall>,
    /// Whether phones of that model are told of it.
    pub is_told: bool,
}

/// How a handset came to be known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// It was plugged in on the LAN.
    LanPlugAndPlay,
    /// It came from the WAN with the key.
    WanPlugAndPlay,
    /// An admin added it.
    ByHand,
}

/// What needs attention, newest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Alarm {
    /// Another DHCP server answers on a LAN.
    OtherDhcpServer(OtherServer),
    /// One hardware address was heard from two places at once.
    TwoPlaces {
        /// The address concerned.
        mac: Mac,
        /// When it was last noticed.
        at: Instant,
    },
    /// The address leased to one device is used by another.
    AddressTaken {
        /// The address concerned.
        address: Ipv4Addr,
        /// Whose it is.
        holder: Mac,
        /// Who uses it.
        by: Mac,
        /// When it was last noticed.
        at: Instant,
    },
    /// A pool has no address left to give.
    PoolFull {
        /// Network of the pool.
        network: Ipv4Addr,
    },
    /// There is no room for another handset.
    HandsetsFull,
    /// Unknown devices caused so many changes that their addresses are not remembered for now.
    StrangersCapped,
    /// The state on flash is damaged; nothing new is stored.
    ReadOnly,
}
