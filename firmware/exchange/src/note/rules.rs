//! What is worth telling about the rules by which phones are taken in: who changed them, who was
//! shown a secret, and who came in vain.

use crate::names::{Side, UserNo};
use crate::policy::Switch;
use core::fmt;
use core::net::Ipv4Addr;
use wire::Mac;

/// Something worth telling about them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RuleNote {
    /// An admin at this address set a switch of the policy; whether it disables now.
    SwitchSet(Ipv4Addr, Switch, bool),
    /// An admin at this address lets new handsets in from one side for so many minutes.
    GateOpened(Ipv4Addr, Side, u16),
    /// An admin at this address has a new key of Plug-and-Play.
    KeyDrawn(Ipv4Addr),
    /// An admin at this address was shown a secret after he gave his password again.
    SecretShown(Ipv4Addr, Shown),
    /// An admin at this address lets a handset be used from the WAN, or no longer.
    RemoteMarked(Ipv4Addr, Mac, bool),
    /// An admin at this address has the passwords of a handset drawn anew.
    PasswordsDrawn(Ipv4Addr, Mac),
    /// An admin at this address banned a hardware address, or lifted its ban.
    MacBanned(Ipv4Addr, Mac, bool),
    /// Somebody on the WAN has shown a wrong key of Plug-and-Play.
    WrongKey(Ipv4Addr),
    /// A banned device asks for something.
    BannedCame(Mac),
    /// An address on the WAN behaves like a scanner and hears nothing for a while.
    Scanner(Ipv4Addr),
    /// A handset registers from another address on the WAN than before.
    RemoteMoved(Mac, Ipv4Addr),
    /// A handset on the WAN names another User-Agent than before.
    RemoteAgent(Mac),
    /// An admin at this address set how remote phones reach the box.
    ReachSet(Ipv4Addr),
}

/// What an admin was shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shown {
    /// The secret key of Plug-and-Play.
    PnpKey,
    /// The password of a handset's own web page.
    WebPassword(Mac),
    /// The password of an account that was just drawn.
    Account(Mac),
    /// The PIN of a user.
    PinOf(UserNo),
    /// The PIN for replacing phones.
    InstallPin,
}

impl RuleNote {
    /// How many kinds there are.
    pub(super) const KINDS: usize = 13;

    /// Whether whoever can send a packet can cause it.
    pub(super) fn is_by_anybody(&self) -> bool {
        match self {
            RuleNote::WrongKey(_) | RuleNote::BannedCame(_) | RuleNote::Scanner(_) => true,
            RuleNote::SwitchSet(..)
            | RuleNote::GateOpened(..)
            | RuleNote::KeyDrawn(_)
            | RuleNote::SecretShown(..)
            | RuleNote::RemoteMarked(..)
            | RuleNote::PasswordsDrawn(..)
            | RuleNote::MacBanned(..)
            | RuleNote::RemoteMoved(..)
            | RuleNote::RemoteAgent(_)
            | RuleNote::ReachSet(_) => false,
        }
    }

    /// Which kind this is, below [`RuleNote::KINDS`].
    pub(super) fn kind(&self) -> usize {
        match self {
            RuleNote::SwitchSet(..) => 0,
            RuleNote::GateOpened(..) => 1,
            RuleNote::KeyDrawn(_) => 2,
            RuleNote::SecretShown(..) => 3,
            RuleNote::RemoteMarked(..) => 4,
            RuleNote::PasswordsDrawn(..) => 5,
            RuleNote::MacBanned(..) => 6,
            RuleNote::WrongKey(_) => 7,
            RuleNote::BannedCame(_) => 8,
            RuleNote::Scanner(_) => 9,
            RuleNote::RemoteMoved(..) => 10,
            RuleNote::RemoteAgent(_) => 11,
            RuleNote::ReachSet(_) => 12,
        }
    }
}

impl fmt::Display for RuleNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RuleNote::SwitchSet(from, switch, disabled) => {
                let set = if *disabled { "on" } else { "off" };
                write!(f, "{from} switched {set}: {}", switch.label())
            }
            RuleNote::GateOpened(from, side, 0) => {
                write!(f, "{from} closed the gate of the {side}")
            }
            RuleNote::GateOpened(from, side, minutes) => {
                write!(f, "{from} lets new phones in from the {side} for {minutes} minutes")
            }
            RuleNote::KeyDrawn(from) => write!(f, "{from} has a new secret key of Plug-and-Play"),
            RuleNote::SecretShown(from, what) => write!(f, "{from} was shown {what}"),
            RuleNote::RemoteMarked(from, mac, true) => {
                write!(f, "{from} lets {mac} come from the WAN")
            }
            RuleNote::RemoteMarked(from, mac, false) => write!(f, "{from} keeps {mac} to the LAN"),
            RuleNote::PasswordsDrawn(from, mac) => {
                write!(f, "{from} had all passwords of {mac} drawn anew")
            }
            RuleNote::MacBanned(from, mac, true) => write!(f, "{from} banned {mac}"),
            RuleNote::MacBanned(from, mac, false) => write!(f, "{from} lifted the ban of {mac}"),
            RuleNote::WrongKey(from) => write!(f, "{from} showed a wrong key of Plug-and-Play"),
            RuleNote::BannedCame(mac) => write!(f, "{mac} is banned and asks for something"),
            RuleNote::Scanner(from) => {
                write!(f, "{from} behaves like a scanner of SIP and hears nothing for a while")
            }
            RuleNote::RemoteMoved(mac, from) => {
                write!(f, "{mac} registers from {from}, where it was not before")
            }
            RuleNote::RemoteAgent(mac) => write!(f, "{mac} names another User-Agent than before"),
            RuleNote::ReachSet(from) => {
                write!(f, "{from} changed how remote phones reach the box")
            }
        }
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Shown::PnpKey => f.write_str("the secret key of Plug-and-Play"),
            Shown::WebPassword(mac) => write!(f, "the web password of {mac}"),
            Shown::Account(mac) => write!(f, "the new password of {mac}"),
            Shown::PinOf(user) => write!(f, "the PIN of user {}", user.0),
            Shown::InstallPin => f.write_str("the install PIN"),
        }
    }
}
