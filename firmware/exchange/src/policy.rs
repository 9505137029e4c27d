//! May this one be taken in, be given its file, register, from this side? One pure function, one
//! table.
//!
//! A handset that is known always re-registers; the switches are not consulted for it. What a file
//! asks beyond this table is proof that the asker holds the hardware address
//! ([`crate::provision`]); what a registration asks beyond it is the line's password.

use crate::names::Side;

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

/// Whether somebody is a known handset already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It is in the list of handsets.
    Known,
    /// It is not.
    Stranger,
}

/// Whether the switch of the side in question takes in new handsets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Door {
    /// It does.
    Open,
    /// It does not.
    Closed,
}

/// What the policy says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It may.
    Allow,
    /// It may not, because new handsets are not taken in.
    Closed,
    /// It may not, because that is never done from this side.
    WrongSide,
    /// It may not, because it is not a known handset.
    Unknown,
    /// There is nothing to do: it is known already.
    Already,
}

/// Every question there is, and its answer. A row missing here does not compile into silence: the
/// function below finds each combination in the table or refuses.
pub const TABLE: [(Side, Standing, Door, Act, Verdict); 24] = {
    use Act::{Create, Fetch, Register};
    use Door::{Closed, Open};
    use Side::{Lan, Wan};
    use Standing::{Known, Stranger};
    [
        (Lan, Known, Open, Create, Verdict::Already),
        (Lan, Known, Open, Fetch, Verdict::Allow),
        (Lan, Known, Open, Register, Verdict::Allow),
        (Lan, Known, Closed, Create, Verdict::Already),
        (Lan, Known, Closed, Fetch, Verdict::Allow),
        (Lan, Known, Closed, Register, Verdict::Allow),
        (Lan, Stranger, Open, Create, Verdict::Allow),
        (Lan, Stranger, Open, Fetch, Verdict::Unknown),
        (Lan, Stranger, Open, Register, Verdict::Unknown),
        (Lan, Stranger, Closed, Create, Verdict::Closed),
        (Lan, Stranger, Closed, Fetch, Verdict::Unknown),
        (Lan, Stranger, Closed, Register, Verdict::Unknown),
        (Wan, Known, Open, Create, Verdict::Already),
        (Wan, Known, Open, Fetch, Verdict::WrongSide),
        (Wan, Known, Open, Register, Verdict::Allow),
        (Wan, Known, Closed, Create, Verdict::Already),
        (Wan, Known, Closed, Fetch, Verdict::WrongSide),
        (Wan, Known, Closed, Register, Verdict::Allow),
        (Wan, Stranger, Open, Create, Verdict::WrongSide),
        (Wan, Stranger, Open, Fetch, Verdict::WrongSide),
        (Wan, Stranger, Open, Register, Verdict::Unknown),
        (Wan, Stranger, Closed, Create, Verdict::Closed),
        (Wan, Stranger, Closed, Fetch, Verdict::WrongSide),
        (Wan, Stranger, Closed, Register, Verdict::Unknown),
    ]
};

/// Answers from [`TABLE`].
pub fn admit(side: Side, standing: Standing, door: Door, act: Act) -> Verdict {
    TABLE
        .iter()
        .find(|row| (row.0, row.1, row.2, row.3) == (side, standing, door, act))
        .map_or(Verdict::Unknown, |row| row.4)
}
