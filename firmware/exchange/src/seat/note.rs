//! What is worth telling a human about users and who sits where.

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
}

impl SeatNote {
    /// How many kinds there are.
    pub(crate) const KINDS: usize = 6;

    /// Whether whoever is at a phone can cause it, as often as he likes.
    pub(crate) fn is_by_anybody(&self) -> bool {
        match self {
            SeatNote::PinRefused(_) | SeatNote::CodeRefused(_) => true,
            SeatNote::UsersChanged(_)
            | SeatNote::Taken(_)
            | SeatNote::Replaced(..)
            | SeatNote::InstallPinSet(_) => false,
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
        }
    }
}
