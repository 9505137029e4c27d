//! May this one be taken in, be given its file, register, from this side? One pure function, one
//! table.
//!
//! The order of precedence is ban, side mark, known, switches: the rows of [`TABLE`] stand in it,
//! and the first one that fits counts. A handset that is known always re-registers; the switches
//! are not even consulted for it. What a file asks beyond this table is proof that the asker is
//! the device (`provision`, and its table in `tests/golden/policy-doors.txt`); what a registration
//! asks beyond it is the line's password.
//!
//! | profile | LAN creates | WAN creates | assign at phone |
//! |---|---|---|---|
//! | Open | yes | yes, with the key | yes |
//! | Guarded, as shipped | yes | no | yes |
//! | Locked | no | no | no |

use crate::names::Side;
use crate::time::Instant;
use serde::{Deserialize, Serialize};

/// What somebody wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    /// To become a known handset.
    Create,
    /// To be given a file that holds its secrets.
    Fetch,
    /// To register a line.
    Register,
}

/// Whether a hardware address gets nothing here, whatever else is known of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ban {
    /// It gets nothing.
    Banned,
    /// It is like any other.
    Free,
}

/// From which sides a handset may be used; a stranger has no mark and counts as without.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mark {
    /// From the WAN too.
    Remote,
    /// From the LAN only.
    LanOnly,
}

/// Whether somebody is a known handset already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It is in the list of handsets.
    Known,
    /// It is not.
    Stranger,
}

/// Whether new handsets are taken in from the side in question: by its switch, or for some minutes
/// by its gate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Door {
    /// They are.
    Open,
    /// They are not.
    Closed,
}

/// What somebody on the WAN has shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Key {
    /// The secret key of Plug-and-Play.
    Right,
    /// Another one, or none.
    Wrong,
}

/// A switch of the policy, which stands on flash. It is called after what it disables, as
/// installers know it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Switch {
    /// Unknown handsets on the LAN become handsets by themselves.
    LanCreates,
    /// Unknown handsets on the WAN do, with the key.
    WanCreates,
    /// A phone that belongs to nobody asks on the spot to whom it is to belong.
    AssignAtPhone,
}

impl Switch {
    /// All of them, in the order in which they are numbered on flash.
    pub const ALL: [Switch; 3] = [Switch::LanCreates, Switch::WanCreates, Switch::AssignAtPhone];

    /// The switch of one side.
    pub fn creates(side: Side) -> Switch {
        match side {
            Side::Lan => Switch::LanCreates,
            Side::Wan => Switch::WanCreates,
        }
    }

    /// The side of whose new handsets it decides.
    pub fn side(self) -> Option<Side> {
        match self {
            Switch::LanCreates => Some(Side::Lan),
            Switch::WanCreates => Some(Side::Wan),
            Switch::AssignAtPhone => None,
        }
    }

    /// What it says, as installers of the server whose behaviour this follows know it.
    pub fn label(self) -> &'static str {
        match self {
            Switch::LanCreates => "Disable Phone Creates via LAN Plug-and-Play",
            Switch::WanCreates => "Disable Phone Creates via WAN (Remote Phone) Plug-and-Play",
            Switch::AssignAtPhone => "Disable Assign User at Phone",
        }
    }

    /// What it is called in forms and backups.
    pub fn id(self) -> &'static str {
        match self {
            Switch::LanCreates => "lan-creates",
            Switch::WanCreates => "wan-creates",
            Switch::AssignAtPhone => "assign-at-phone",
        }
    }

    /// The switch that is called so.
    pub fn named(id: &str) -> Option<Switch> {
        Switch::ALL.into_iter().find(|switch| switch.id() == id)
    }
}

/// All switches at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Profile {
    /// Whoever comes is taken in; from the WAN with the key.
    Open,
    /// Whoever comes on the LAN is.
    Guarded,
    /// Nobody is.
    Locked,
}

impl Profile {
    /// All of them.
    pub const ALL: [Profile; 3] = [Profile::Open, Profile::Guarded, Profile::Locked];

    /// What it disables, in the order of [`Switch::ALL`].
    pub fn disabled(self) -> [bool; 3] {
        match self {
            Profile::Open => [false, false, false],
            Profile::Guarded => [false, true, false],
            Profile::Locked => [true, true, true],
        }
    }

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Profile::Open => "Open",
            Profile::Guarded => "Guarded",
            Profile::Locked => "Locked",
        }
    }

    /// The profile that is called so.
    pub fn named(name: &str) -> Option<Profile> {
        Profile::ALL.into_iter().find(|profile| profile.name() == name)
    }
}

/// Until when new handsets are taken in although the switch of their side says no. In memory only:
/// a restart closes it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Gates([Option<Instant>; 2]);

impl Gates {
    /// Opens the gate of one side until then, or closes it.
    pub(crate) fn set(&mut self, side: Side, until: Option<Instant>) {
        self.0[side as usize] = until;
    }

    /// Until when the gate of one side is open; `None` while it is closed.
    pub(crate) fn until(&self, side: Side) -> Option<Instant> {
        self.0[side as usize]
    }

    /// Closes what was to be open until now at most.
    pub(crate) fn close_due(&mut self, now: Instant) {
        for gate in &mut self.0 {
            *gate = gate.filter(|until| now < *until);
        }
    }
}

/// What the policy has to know.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Asked {
    /// Whether the hardware address gets nothing.
    pub ban: Ban,
    /// Where it comes from.
    pub side: Side,
    /// Whether it may be used from the WAN.
    pub mark: Mark,
    /// Whether it is a handset.
    pub standing: Standing,
    /// Whether new handsets are taken in.
    pub door: Door,
    /// What it has shown.
    pub key: Key,
}

/// What the policy says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It may.
    Allow,
    /// There is nothing to do: it is known already.
    Already,
    /// It may not, because it is banned.
    Banned,
    /// It may not, because it is a handset of the LAN only.
    NotRemote,
    /// It may not, because new handsets are not taken in.
    Closed,
    /// It may not, because it has not shown the key.
    WrongKey,
    /// It may not, because it is not a known handset.
    Unknown,
}

impl Verdict {
    /// Whether it is, or may become, a handset.
    pub(crate) fn is_welcome(self) -> bool {
        match self {
            Verdict::Allow | Verdict::Already => true,
            Verdict::Banned
            | Verdict::NotRemote
            | Verdict::Closed
            | Verdict::WrongKey
            | Verdict::Unknown => false,
        }
    }
}

/// One row: for whom it is, `None` where that does not matter, and what is said to him when he
/// wants to be created, to fetch, to register.
pub type Row = (
    (Option<Ban>, Option<Side>, Option<Mark>, Option<Standing>, Option<Door>, Option<Key>),
    [Verdict; 3],
);

/// Every question there is, and its answer; the first row that fits counts.
pub const TABLE: [Row; 8] = {
    use Ban::Banned;
    use Door::{Closed, Open};
    use Key::{Right, Wrong};
    use Mark::LanOnly;
    use Side::{Lan, Wan};
    use Standing::{Known, Stranger};
    use Verdict as V;
    const NO: Verdict = Verdict::Unknown;
    [
        ((Some(Banned), None, None, None, None, None), [V::Banned; 3]),
        ((None, Some(Wan), Some(LanOnly), Some(Known), None, None), [V::NotRemote; 3]),
        ((None, None, None, Some(Known), None, None), [V::Already, V::Allow, V::Allow]),
        ((None, Some(Lan), None, Some(Stranger), Some(Open), None), [V::Allow, NO, NO]),
        ((None, None, None, Some(Stranger), Some(Closed), None), [V::Closed, NO, NO]),
        ((None, Some(Wan), None, Some(Stranger), Some(Open), Some(Wrong)), [V::WrongKey, NO, NO]),
        ((None, Some(Wan), None, Some(Stranger), Some(Open), Some(Right)), [V::Allow, NO, NO]),
        // Whatever the rows above forgot.
        ((None, None, None, None, None, None), [NO; 3]),
    ]
};

/// Answers from [`TABLE`].
pub fn admit(asked: Asked, act: Act) -> Verdict {
    let [create, fetch, register] = row(asked).1;
    match act {
        Act::Create => create,
        Act::Fetch => fetch,
        Act::Register => register,
    }
}

/// The row of [`TABLE`] that counts.
pub fn row(asked: Asked) -> Row {
    let Asked { ban, side, mark, standing, door, key } = asked;
    let fits = |((a, b, c, d, e, f), _): &&Row| {
        is(*a, ban)
            && is(*b, side)
            && is(*c, mark)
            && is(*d, standing)
            && is(*e, door)
            && is(*f, key)
    };
    let [.., last] = TABLE;
    TABLE.iter().find(fits).copied().unwrap_or(last)
}

fn is<T: PartialEq>(wanted: Option<T>, is: T) -> bool {
    wanted.is_none_or(|wanted| wanted == is)
}
