//! What is worth telling a human about users and who sits where.

use crate::names::UserNo;
use core::fmt;
use core::net::Ipv4Addr;
use wire::Mac;

/// Something worth telling about users and who sits where.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SeatNote {
    /// An admin at this address made, changed or deleted a user.
    UsersChanged(Ipv4Addr),
    /// A user was assigned to a handset.
    Taken(Mac),
    /// A handset took the place of another: the one that was, and the one that is.
    Replaced(Mac, Mac),
    /// Somebody at this address typed a wrong PIN.
    PinRefused(Ipv4Addr),
    /// An admin at this address set the PIN for replacing phones, or took it away.
    InstallPinSet(Ipv4Addr),
    /// At a handset a code was dialled that is none.
    CodeRefused(Mac),
    /// An admin at this address had something secret shown after giving his password again.
    Revealed(Ipv4Addr, Revealed),
}

/// What secret was shown to an admin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Revealed {
    /// The PIN of a user.
    PinOf(UserNo),
    /// The PIN for replacing phones.
    InstallPin,
    /// The password of a phone's own page.
    WebPassword(Mac),
}

impl SeatNote {
    /// How many kinds there are.
    pub(crate) const KINDS: usize = 7;

    /// Whether whoever is at a phone can cause it, as often as he likes.
    pub(crate) fn is_by_anybody(&self) -> bool {
        match self {
            SeatNote::PinRefused(_) | SeatNote::CodeRefused(_) => true,
            SeatNote::UsersChanged(_)
            | SeatNote::Taken(_)
            | SeatNote::Replaced(..)
            | SeatNote::InstallPinSet(_)
            | SeatNote::Revealed(..) => false,
        }
    }

    /// Which kind this is, below [`SeatNote::KINDS`].
    pub(crate) fn kind(&self) -> usize {
        match self {
            SeatNote::UsersChanged(_) => 0,
            SeatNote::Taken(_) => 1,
            SeatNote::Replaced(..) => 2,
            SeatNote::PinRefused(_) => 3,
            SeatNote::InstallPinSet(_) => 4,
            SeatNote::CodeRefused(_) => 5,
            SeatNote::Revealed(..) => 6,
        }
    }
}

impl fmt::Display for SeatNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SeatNote::UsersChanged(from) => write!(f, "{from} changed the users"),
            SeatNote::Taken(mac) => write!(f, "{mac} was assigned to a user"),
            SeatNote::Replaced(old, new) => write!(f, "{new} took the place of {old}"),
            SeatNote::PinRefused(from) => write!(f, "{from} gave a wrong PIN"),
            SeatNote::InstallPinSet(from) => write!(f, "{from} changed the install PIN"),
            SeatNote::CodeRefused(mac) => write!(f, "{mac} dialled a wrong code"),
            SeatNote::Revealed(from, what) => write!(f, "{from} was shown {what}"),
        }
    }
}

impl fmt::Display for Revealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Revealed::PinOf(user) => write!(f, "the PIN of user {}", user.0),
            Revealed::InstallPin => f.write_str("the install PIN"),
            Revealed::WebPassword(mac) => write!(f, "the password of the page of {mac}"),
        }
    }
}
