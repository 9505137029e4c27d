//! What an admin may ask for, and why it can be refused.
//!
//! A command is a wish; it is checked against limits and rules before anything changes, and the
//! answer is `Ok` or a [`Refusal`] that a page can print beside the field it concerns.

pub use crate::beside::Serving;
pub use crate::catalog::{Meaning, OwnKind, OwnSign, SignFlaw};
pub use crate::certificates::{CertificateFlaw, CertificatePlace, CertificateWish};
pub use crate::generic::Wish as GenericWish;
use crate::layer::Layer;
use crate::names::{Extension, HandsetNo, LineNo, Side, Text};
pub use crate::network::{DnsServers, Domain, Flaw, Lan, Wan};
pub use crate::resync::{ClockTime, Errand, Selection};
pub use crate::rules::{Rule, RuleFlaw};
pub use crate::seat::{Flaw as SeatFlaw, Wish as SeatWish};
use crate::settings::{Bad, Setting};
use crate::template::{self, Change, Place};
use alloc::string::String;
use core::fmt;
use core::net::Ipv4Addr;
use wire::Mac;

/// A wish of an admin.
pub enum Command {
    /// Makes a handset known before, or without, its coming by itself.
    AddHandset {
        /// Its hardware address.
        mac: Mac,
        /// The number people dial, if somebody is to be assigned.
        extension: Option<Extension>,
        /// Who is to be assigned; may be empty.
        name: Text,
    },
    /// Forgets a handset; its binding and secrets die at once.
    DeleteHandset {
        /// Which one.
        handset: HandsetNo,
    },
    /// Assigns a line to an extension and a name, or to nobody.
    AssignLine {
        /// Which handset.
        handset: HandsetNo,
        /// Which of its lines.
        line: LineNo,
        /// The number people dial; `None` takes it away.
        extension: Option<Extension>,
        /// Who is assigned; may be empty.
        name: Text,
    },
    /// Gives a handset one more line.
    AddLine {
        /// Which handset.
        handset: HandsetNo,
    },
    /// Takes a handset's last line away; the first one stays.
    RemoveLine {
        /// Which handset.
        handset: HandsetNo,
    },
    /// Opens or closes the door for new handsets on one side.
    AllowCreation {
        /// Which side.
        side: Side,
        /// Whether new handsets are taken in there.
        open: bool,
    },
    /// Sets the first LAN port and its subnet, on trial; the box starts anew.
    ProposeLan(Lan),
    /// Sets how the first WAN port gets its address, on trial; the box starts anew.
    ProposeWan(Wan),
    /// Keeps the settings of the network that are on trial.
    KeepNetwork {
        /// The address of the box by which the wish came.
        through: Ipv4Addr,
    },
    /// Starts the daemon anew; nothing that is stored changes.
    Restart,
    /// Sets something of phones, or sets it back to what lies below.
    ChangeSetting {
        /// How far it reaches.
        layer: Layer,
        /// What is set.
        setting: Setting,
        /// The value as typed; `None` to set it back.
        value: Option<String>,
    },
    /// Asks handsets by SIP to fetch their files again, or to restart; nothing is stored.
    Resync {
        /// Which ones.
        whom: Selection,
        /// What they are asked.
        errand: Errand,
        /// From when on, by the site's clock; `None` for at once.
        when: Option<ClockTime>,
    },
    /// Takes back what handsets were to be asked and were not yet.
    CallResyncOff,
    /// Changes a template of an admin's own; whoever asks has tried it before.
    ChangeTemplate {
        /// Where it stands.
        place: Place,
        /// What becomes of it.
        change: Change,
    },
    /// Changes what a sign of an admin's own says of phones, or removes it.
    ChangeSign {
        /// Which sign.
        sign: OwnSign,
        /// What it says; `None` to remove it.
        means: Option<Meaning>,
    },
    /// Chooses whom the box answers by DHCP.
    ChooseServing(Serving),
    /// Something about users and who sits where.
    Seat(SeatWish),
    /// Rings a handset so that somebody finds it; nothing is stored.
    Ring {
        /// Which one.
        handset: HandsetNo,
    },
    /// Changes what the box shows and believes of certificates.
    ChangeCertificate(CertificateWish),
    /// Changes the rules by which phones are taken in, or what is kept under them.
    Rule(Rule),
    /// Something about a handset without a hardware address.
    Generic(GenericWish),
}

/// Who asks, from where, and what he had in front of him.
pub struct By {
    /// Which side the request came through.
    pub side: Side,
    /// Address of the browser.
    pub source: Ipv4Addr,
    /// Revision of the handset on the page whose form was sent; `None` where it does not matter.
    pub seen: Option<u64>,
}

/// Why a command changed nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// Nothing of this number exists any more.
    NoSuchHandset,
    /// The handset has no such line.
    NoSuchLine,
    /// The hardware address belongs to a handset already.
    MacTaken,
    /// The hardware address cannot be a device's.
    MacUnusable,
    /// The extension rings at another line already.
    ExtensionTaken(Extension),
    /// There is no room for another handset.
    HandsetsFull,
    /// The flash memory has no room for it.
    FlashFull,
    /// The model carries no further line.
    LinesFull,
    /// A handset keeps its first line.
    LastLine,
    /// Somebody else changed this handset since the page was opened.
    ChangedMeanwhile,
    /// Nothing new can be stored.
    NotStored,
    /// Only the LAN may do this.
    WrongSide,
    /// The settings of the network make no sense.
    Network(Flaw),
    /// The settings of the network are these already.
    Unchanged,
    /// Nothing of the network is on trial.
    NothingOnTrial,
    /// The wish did not come by the LAN address that is on trial.
    NotByNewAddress,
    /// The first LAN port has no subnet of its own that could be set.
    NetworkInFile,
    /// The box is simulated on the loopback of a computer.
    Demonstration,
    /// The computer it runs on sets its addresses, and starts it.
    NotAppliance,
    /// The value of a setting makes no sense.
    Setting(Bad),
    /// All layers together have as many values as there can be.
    SettingsFull,
    /// Somebody else changed the settings since the page was opened.
    SettingsChangedMeanwhile,
    /// No handset is meant.
    NobodyMeant,
    /// The handset cannot be asked anything: there is no way to it by SIP.
    NotReachable,
    /// All that are meant are being asked, or will be.
    AskedAlready,
    /// Handsets are to be asked at this time already.
    OtherQuietHour(ClockTime),
    /// There is nothing left to take back.
    NothingToCallOff,
    /// The box does not know the time.
    ClockUnknown,
    /// A template is not as it has to be.
    Template(template::Flaw),
    /// A sign of an admin's own is not as it has to be.
    Sign(SignFlaw),
    /// It is not possible with these users, or at this phone.
    Seat(SeatFlaw),
    /// A certificate cannot be so.
    Certificate(CertificateFlaw),
    /// The rules by which phones are taken in do not allow it.
    Rule(RuleFlaw),
}

const NOT_STORED: &str = "Nothing new can be stored: the flash memory needs attention.";
const NOTHING_TO_CALL_OFF: &str = "There was nothing left to call off: all were asked already.";

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::NoSuchHandset => f.write_str("This handset does not exist any more."),
            Refusal::NoSuchLine => f.write_str("This handset has no such line any more."),
            Refusal::MacTaken => f.write_str("A handset with this MAC address exists already."),
            Refusal::MacUnusable => f.write_str("This MAC address cannot belong to a phone. Check it against the label."),
            Refusal::ExtensionTaken(extension) => {
                write!(f, "Extension {extension} is assigned to another line already.")
            }
            Refusal::HandsetsFull => f.write_str("There is no room for another handset."),
            Refusal::FlashFull => f.write_str(
                "The flash memory is full. Delete handsets or lines that are no longer used, then do it again.",
            ),
            Refusal::LinesFull => f.write_str("This handset has no room for another line."),
            Refusal::LastLine => f.write_str("A handset keeps its first line."),
            Refusal::ChangedMeanwhile => f.write_str(
                "Not done: this handset was changed meanwhile, by somebody else or in another window. \
                Look at what is saved now, then do it again if you still want to.",
            ),
            Refusal::NotStored => f.write_str(NOT_STORED),
            Refusal::WrongSide => f.write_str("This can be done from the LAN only."),
            Refusal::Network(flaw) => flaw.fmt(f),
            Refusal::Unchanged => f.write_str("These are the settings already; nothing was changed."),
            Refusal::NothingOnTrial => f.write_str(
                "No new settings are waiting to be kept: they are kept already, or went back.",
            ),
            Refusal::NotByNewAddress => f.write_str(
                "This can be done only on a page that was opened by the new LAN address itself.",
            ),
            Refusal::NetworkInFile => f.write_str(
                "The LAN port has no subnet of its own here; the configuration file says why.",
            ),
            Refusal::Demonstration => f.write_str(
                "This is a demonstration on the loopback of a computer: it has no network of its \
                own to set, and nobody to start it anew.",
            ),
            Refusal::NotAppliance => f.write_str(
                "The computer that this program runs on sets its own addresses and starts the \
                program: change its settings and the configuration file there.",
            ),
            Refusal::Setting(bad) => bad.fmt(f),
            Refusal::SettingsFull => f.write_str(
                "There is no room for more settings. Set some back that are no longer needed.",
            ),
            Refusal::SettingsChangedMeanwhile => f.write_str(
                "Not done: settings were changed meanwhile, by somebody else or in another window. \
                Look at what is saved now, then do it again if you still want to.",
            ),
            Refusal::NobodyMeant => f.write_str("No handset has such an extension."),
            Refusal::NotReachable => f.write_str(
                "This handset is not registered, so it cannot be asked. It fetches its \
                configuration when it starts: pull its cable and plug it in again.",
            ),
            Refusal::AskedAlready => f.write_str(
                "This is asked already; look at what comes of it before asking again.",
            ),
            Refusal::OtherQuietHour(time) => {
                write!(f, "Handsets are to be asked at {time} already. Call that off first.")
            }
            Refusal::NothingToCallOff => f.write_str(NOTHING_TO_CALL_OFF),
            Refusal::ClockUnknown => f.write_str(
                "The box does not know the time, so it cannot wait for an hour of the day.",
            ),
            Refusal::Template(flaw) => flaw.fmt(f),
            Refusal::Sign(flaw) => flaw.fmt(f),
            Refusal::Seat(flaw) => flaw.fmt(f),
            Refusal::Certificate(flaw) => flaw.fmt(f),
            Refusal::Rule(flaw) => flaw.fmt(f),
        }
    }
}
