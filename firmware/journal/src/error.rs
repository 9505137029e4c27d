//! Why the journal did not do what was asked: small, closed, comparable; the prose is the caller's.
//!
//! A `Fault` is the flash failing; after one the journal is poisoned and only a new mount, which
//! replays what is really there, makes it writable again. A `Refused` is the journal keeping its
//! word.

/// The flash failed while it was read, programmed or erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault<E> {
    /// The driver of the flash reported an error.
    Flash(E),
    /// The flash reported success, yet does not read back what was asked of it from this offset on.
    Unverified {
        /// Offset in the flash, in bytes, of the first difference's chunk.
        at: u32,
    },
}

/// Why nothing is written any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The mount found damage before good records; the damaged copy is kept as it is.
    Damaged,
    /// An earlier write or erase failed, so what is on flash is unknown until the next mount.
    Poisoned,
}

/// Why a batch or a snapshot was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendError<E> {
    /// It does not fit; nothing was programmed or erased.
    Full {
        /// Bytes of flash it would take, record headers and padding included.
        need: u64,
        /// Bytes of flash there are for it.
        room: u32,
    },
    /// The journal writes nothing any more.
    Refused(Refused),
    /// The flash failed, and the journal is poisoned from now on.
    Fault(Fault<E>),
}

/// Why a stale block was not erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EraseError<E> {
    /// The journal writes and erases nothing any more.
    Refused(Refused),
    /// The flash failed, and the journal is poisoned from now on.
    Fault(Fault<E>),
}

/// Why a flash was not mounted; nothing on it was changed unless the flash itself failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MountError<E> {
    /// The geometry holds no two banks, or its page and block sizes do not divide.
    Geometry,
    /// The content is a journal for banks of another size.
    OtherGeometry {
        /// Bank size in bytes that its header states.
        bank_bytes: u32,
    },
    /// The content is a journal of a format that this version cannot read.
    Newer {
        /// Format version that its header states.
        version: u32,
    },
    /// The content is neither blank nor a journal.
    Foreign,
    /// The content is a journal, but no bank's header can be proven (damage, or a `format` that was
    /// cut).
    Headless,
    /// The flash failed.
    Fault(Fault<E>),
}

impl<E> From<Fault<E>> for AppendError<E> {
    fn from(fault: Fault<E>) -> Self {
        AppendError::Fault(fault)
    }
}

impl<E> From<Fault<E>> for EraseError<E> {
    fn from(fault: Fault<E>) -> Self {
        EraseError::Fault(fault)
    }
}

impl<E> From<Fault<E>> for MountError<E> {
    fn from(fault: Fault<E>) -> Self {
        MountError::Fault(fault)
    }
}
