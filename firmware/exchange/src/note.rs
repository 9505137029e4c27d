//! What is worth telling a human. One closed list feeds the log line, the counter, the latest notes
//! on the page, and the tests that assert something was said.

use crate::beside::Serving;
mod rules;

use crate::catalog::Family;
use crate::names::Side;
use crate::seat::SeatNote;
use crate::settings::Setting;
use core::fmt;
use core::net::Ipv4Addr;
pub use rules::{RuleNote, Shown};
use wire::Mac;

/// Something worth telling.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Note {
    /// A datagram was not understood and dropped; which protocol, and from where.
    Malformed(Protocol, Ipv4Addr),
    /// A datagram came through a door that does not take it.
    WrongSide(Protocol, Side),
    /// Something came in on the LAN from an address that no network of the LAN has, and was
    /// dropped.
    Outsider(Protocol, Ipv4Addr),
    /// A new handset was taken in.
    Created(Mac, Side),
    /// A new handset was turned away by policy.
    TurnedAway(Mac, Side),
    /// A handset got its first line registered.
    Registered(Mac),
    /// A handset's registration ran out.
    Lost(Mac),
    /// Somebody was refused the file of a handset.
    FileRefused(Ipv4Addr),
    /// Somebody gave a wrong password for a SIP account.
    RegisterRefused(Ipv4Addr),
    /// Another DHCP server was noticed.
    OtherDhcpServer(Ipv4Addr),
    /// A client found its address in use.
    Declined(Ipv4Addr),
    /// A probe was answered: somebody uses an address that should be free.
    Conflict(Ipv4Addr, Mac),
    /// A pool has no address left.
    PoolFull(Ipv4Addr),
    /// A table is full and something was turned away.
    Full(Table),
    /// A relay's option 82 did not fit the reply and was left out.
    RelayOptionDropped,
    /// An option did not fit a reply and was left out.
    OptionDropped(u8),
    /// One hardware address was heard from two places.
    TwoPlaces(Mac),
    /// A template failed.
    FileNotMade(&'static str),
    /// An admin logged in.
    LoggedIn(Ipv4Addr),
    /// A wrong admin password was given.
    LogInRefused(Ipv4Addr),
    /// Somebody in front of the box opened the way to a new admin password.
    Claimed,
    /// An admin password was set without the old one, from this address.
    PasswordClaimed(Ipv4Addr),
    /// An admin at this address changed the settings of the network; they are on trial.
    NetworkProposed(Ipv4Addr),
    /// An admin at this address kept the settings of the network that were on trial.
    NetworkKept(Ipv4Addr),
    /// Nobody kept the settings of the network that were on trial.
    NetworkReturned,
    /// An admin at this address has the daemon started anew.
    Restarting(Ipv4Addr),
    /// An admin at this address chose a passphrase for the backups.
    PassphraseSet(Ipv4Addr),
    /// An admin at this address downloaded a backup.
    BackedUp(Ipv4Addr),
    /// An admin at this address has the whole state replaced by a backup.
    Restoring(Ipv4Addr),
    /// Strangers caused more records than allowed; their addresses are not remembered for now.
    StrangersCapped,
    /// An admin at this address changed a setting of phones; which one and for whom, not its value.
    SettingChanged(Ipv4Addr, Setting, Whose),
    /// An admin at this address has so many handsets asked to fetch their files or to restart.
    ResyncAsked(Ipv4Addr, u16),
    /// A template of an admin's own failed for a phone.
    OwnTemplateFailed(&'static str),
    /// It failed so often for a phone that the phone gets the file of the shipped one.
    OwnTemplateGivenUp(&'static str),
    /// An admin at this address changed a template of his own.
    TemplateChanged(Ipv4Addr),
    /// An admin at this address changed a sign of his own by which phones are known.
    SignChanged(Ipv4Addr),
    /// An admin at this address put a file of firmware on the box, or deleted one.
    FirmwareChanged(Ipv4Addr),
    /// Another DHCP server was on the LAN before the box.
    OtherDhcpFirst(Ipv4Addr),
    /// It was not heard for a long time.
    OtherDhcpGone(Ipv4Addr),
    /// An admin at this address chose whom the box answers by DHCP.
    ServingChosen(Ipv4Addr, Serving),
    /// Something about users and who sits where.
    Seat(SeatNote),
    /// An admin at this address changed what the box shows or believes of certificates.
    CertificateChanged(Ipv4Addr),
    /// Something about the rules by which phones are taken in.
    Rule(RuleNote),
}

/// For whom a setting was changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whose {
    /// The whole site.
    Site,
    /// The phones of a maker.
    Family(Family),
    /// One model of a maker.
    ModelOf(Family),
    /// One handset.
    Handset(Mac),
}

/// The protocols a datagram may speak.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Protocol {
    /// RFC 2131.
    Dhcp,
    /// RFC 1350.
    Tftp,
    /// RFC 3261.
    Sip,
    /// RFC 9112.
    Http,
    /// The same over TLS (RFC 9110 section 4.2.2).
    Https,
    /// RFC 3261 over TLS.
    Sips,
}

/// The bounded tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Table {
    /// Known handsets.
    Handsets,
    /// Remembered addresses.
    Addresses,
    /// TFTP transfers.
    Transfers,
    /// SIP bindings of a line.
    Contacts,
    /// Sessions of admins.
    Sessions,
    /// Outputs of one call.
    Outputs,
    /// Facts on flash.
    Flash,
}

impl Note {
    /// How many kinds there are.
    pub const KINDS: usize = 41 + SeatNote::KINDS + RuleNote::KINDS;

    /// Whether whoever can send a packet can cause it, as often as he likes.
    pub fn is_by_anybody(&self) -> bool {
        match self {
            Note::Malformed(..)
            | Note::WrongSide(..)
            | Note::Outsider(..)
            | Note::TurnedAway(..)
            | Note::FileRefused(_)
            | Note::RegisterRefused(_)
            | Note::OtherDhcpServer(_)
            | Note::Declined(_)
            | Note::Conflict(..)
            | Note::PoolFull(_)
            | Note::Full(_)
            | Note::RelayOptionDropped
            | Note::OptionDropped(_)
            | Note::TwoPlaces(_)
            | Note::FileNotMade(_)
            | Note::LogInRefused(_)
            | Note::OwnTemplateFailed(_)
            | Note::OwnTemplateGivenUp(_) => true,
            Note::Created(..)
            | Note::Registered(_)
            | Note::Lost(_)
            | Note::LoggedIn(_)
            | Note::Claimed
            | Note::PasswordClaimed(_)
            | Note::NetworkProposed(_)
            | Note::NetworkKept(_)
            | Note::NetworkReturned
            | Note::Restarting(_)
            | Note::PassphraseSet(_)
            | Note::BackedUp(_)
            | Note::Restoring(_)
            | Note::StrangersCapped
            | Note::SettingChanged(..)
            | Note::ResyncAsked(..)
            | Note::TemplateChanged(_)
            | Note::SignChanged(_)
            | Note::FirmwareChanged(_)
            | Note::OtherDhcpFirst(_)
            | Note::OtherDhcpGone(_)
            | Note::ServingChosen(..)
            | Note::CertificateChanged(_) => false,
            Note::Seat(note) => note.is_by_anybody(),
            Note::Rule(note) => note.is_by_anybody(),
        }
    }

    /// Which kind this is, below [`Note::KINDS`]; the place of its counter.
    pub fn kind(&self) -> usize {
        match self {
            Note::Malformed(..) => 0,
            Note::WrongSide(..) => 1,
            Note::Created(..) => 2,
            Note::TurnedAway(..) => 3,
            Note::Registered(_) => 4,
            Note::Lost(_) => 5,
            Note::FileRefused(_) => 6,
            Note::RegisterRefused(_) => 7,
            Note::OtherDhcpServer(_) => 8,
            Note::Declined(_) => 9,
            Note::Conflict(..) => 10,
            Note::PoolFull(_) => 11,
            Note::Full(_) => 12,
            Note::RelayOptionDropped => 13,
            Note::OptionDropped(_) => 14,
            Note::TwoPlaces(_) => 15,
            Note::FileNotMade(_) => 16,
            Note::LoggedIn(_) => 17,
            Note::LogInRefused(_) => 18,
            Note::StrangersCapped => 19,
            Note::Outsider(..) => 20,
            Note::Claimed => 21,
            Note::PasswordClaimed(_) => 22,
            Note::NetworkProposed(_) => 23,
            Note::NetworkKept(_) => 24,
            Note::NetworkReturned => 25,
            Note::Restarting(_) => 26,
            Note::PassphraseSet(_) => 27,
            Note::BackedUp(_) => 28,
            Note::Restoring(_) => 29,
            Note::SettingChanged(..) => 30,
            Note::ResyncAsked(..) => 31,
            Note::OwnTemplateFailed(_) => 32,
            Note::OwnTemplateGivenUp(_) => 33,
            Note::TemplateChanged(_) => 34,
            Note::SignChanged(_) => 35,
            Note::FirmwareChanged(_) => 36,
            Note::OtherDhcpFirst(_) => 37,
            Note::OtherDhcpGone(_) => 38,
            Note::ServingChosen(..) => 39,
            Note::CertificateChanged(_) => 40,
            Note::Seat(note) => 41 + note.kind(),
            Note::Rule(note) => 41 + SeatNote::KINDS + note.kind(),
        }
    }
}

const CLAIMED: &str = "a new admin password may be set from the LAN for two minutes";
const STRANGERS_CAPPED: &str = "unknown devices changed too often; they are not remembered for now";

impl Note {
    /// What is told of other DHCP servers; of nothing else.
    fn about_dhcp(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Note::OtherDhcpFirst(server) = self {
            write!(f, "the DHCP server {server} was here first; it goes on serving the others")?;
        }
        if let Note::OtherDhcpGone(server) = self {
            write!(f, "the DHCP server {server} was not heard for a day and counts as gone")?;
        }
        if let Note::ServingChosen(from, serving) = self {
            write!(f, "{from} chose whom DHCP answers: {}", serving.id())?;
        }
        Ok(())
    }
}

const NOBODY_KEPT: &str =
    "nobody kept the new settings of the network; the box starts anew with the old";

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::Malformed(protocol, from) => {
                write!(f, "{protocol} from {from} was not understood and dropped")
            }
            Note::WrongSide(protocol, side) => write!(f, "{protocol} is not served on the {side}"),
            Note::Outsider(protocol, from) => {
                write!(f, "{protocol} from {from}, which is of no network of the LAN, was dropped")
            }
            Note::Created(mac, side) => write!(f, "{mac} became a handset on the {side}"),
            Note::TurnedAway(mac, side) => write!(f, "{mac} was turned away on the {side}"),
            Note::Registered(mac) => write!(f, "{mac} has registered"),
            Note::Lost(mac) => write!(f, "{mac} is no longer registered"),
            Note::FileRefused(from) => write!(f, "{from} was refused a handset's file"),
            Note::RegisterRefused(from) => write!(f, "{from} was refused a registration"),
            Note::OtherDhcpServer(server) => write!(f, "another DHCP server answers: {server}"),
            Note::Declined(address) => write!(f, "a client found {address} in use"),
            Note::Conflict(address, mac) => {
                write!(f, "{address} is used by {mac}, to which it was not given")
            }
            Note::PoolFull(network) => write!(f, "the pool of {network} has no address left"),
            Note::Full(table) => write!(f, "no room for more {table}"),
            Note::RelayOptionDropped => f.write_str("a relay's option 82 did not fit the reply"),
            Note::OptionDropped(code) => write!(f, "option {code} did not fit a reply"),
            Note::TwoPlaces(mac) => write!(f, "{mac} was heard from two places at once"),
            Note::FileNotMade(template) => write!(f, "the template {template} failed"),
            Note::LoggedIn(from) => write!(f, "an admin logged in from {from}"),
            Note::LogInRefused(from) => write!(f, "{from} gave a wrong admin password"),
            Note::Claimed => f.write_str(CLAIMED),
            Note::PasswordClaimed(from) => {
                write!(f, "{from} set a new admin password without the old one")
            }
            Note::NetworkProposed(from) => {
                write!(f, "{from} changed the network; the box starts anew with it, on trial")
            }
            Note::NetworkKept(from) => write!(f, "{from} kept the new settings of the network"),
            Note::NetworkReturned => f.write_str(NOBODY_KEPT),
            Note::Restarting(from) => write!(f, "{from} has the program started anew"),
            Note::PassphraseSet(from) => write!(f, "{from} chose a new passphrase for the backups"),
            Note::BackedUp(from) => write!(f, "{from} downloaded a backup"),
            Note::Restoring(from) => {
                write!(f, "{from} replaces the whole state by a backup; the program ends")
            }
            Note::StrangersCapped => f.write_str(STRANGERS_CAPPED),
            Note::SettingChanged(from, setting, whose) => {
                write!(f, "{from} changed the setting {} {whose}", setting.entry().title)
            }
            Note::ResyncAsked(from, 1) => write!(f, "{from} has a handset asked to come again"),
            Note::ResyncAsked(from, many) => {
                write!(f, "{from} has {many} handsets asked to come again")
            }
            Note::OwnTemplateFailed(template) => write!(f, "the own template for {template} failed"),
            Note::OwnTemplateGivenUp(template) => write!(
                f,
                "the own template for {template} failed again and again for a phone, which gets the \
                 shipped one now"
            ),
            Note::TemplateChanged(from) => write!(f, "{from} changed a template"),
            Note::SignChanged(from) => write!(f, "{from} changed a sign of phones"),
            Note::FirmwareChanged(from) => write!(f, "{from} changed the firmware files"),
            Note::OtherDhcpFirst(_) | Note::OtherDhcpGone(_) | Note::ServingChosen(..) => {
                self.about_dhcp(f)
            }
            Note::Seat(note) => note.fmt(f),
            Note::CertificateChanged(from) => write!(f, "{from} changed the certificates"),
            Note::Rule(note) => note.fmt(f),
        }
    }
}

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Whose::Site => f.write_str("of the site"),
            Whose::Family(family) => write!(f, "of the maker {}", family.id()),
            Whose::ModelOf(family) => write!(f, "of a model of {}", family.id()),
            Whose::Handset(mac) => write!(f, "of {mac}"),
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Protocol::Dhcp => "DHCP",
            Protocol::Tftp => "TFTP",
            Protocol::Sip => "SIP",
            Protocol::Http => "HTTP",
            Protocol::Https => "HTTPS",
            Protocol::Sips => "SIP over TLS",
        })
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Side::Lan => "LAN",
            Side::Wan => "WAN",
        })
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Table::Handsets => "handsets",
            Table::Addresses => "addresses",
            Table::Transfers => "transfers",
            Table::Contacts => "contacts of a line",
            Table::Sessions => "sessions",
            Table::Outputs => "outputs",
            Table::Flash => "records on flash",
        })
    }
}
