//! What came of asking for a file, in words, and what has to follow.

use super::{Awaits, ASKS_WITHIN_MS, REGISTERS_WITHIN_MS, TRIES_NAMES_WITHIN_MS};
use crate::cause::Cause;
use core::fmt;

/// What came of asking for a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileAnswer {
    /// Its own configuration, so many bytes.
    Own(u32),
    /// A file common to many phones, so many bytes.
    Common(u32),
    /// No such file, on purpose, with the reason.
    Absent(&'static str),
    /// No such file; nobody knows the name.
    Unknown,
    /// Refused.
    Refused(Cause),
    /// What it wanted to store was refused.
    UploadRefused,
    /// Firmware that the box keeps, so many bytes.
    Firmware(u32),
    /// Its own changes, that it had stored here, so many bytes.
    OwnChanges(u32),
    /// What it wanted to store was stored, so many bytes.
    Stored(u32),
    /// The phone book, so many bytes.
    Book(u32),
    /// A screen with this title.
    Screen(&'static str),
}

impl FileAnswer {
    pub(super) fn awaits(&self) -> Option<Awaits> {
        match self {
            FileAnswer::Own(_) => Some(Awaits::Within(REGISTERS_WITHIN_MS, Cause::NeverRegistered)),
            FileAnswer::Common(_) | FileAnswer::Absent(_) => {
                Some(Awaits::Within(ASKS_WITHIN_MS, Cause::AsksNothing))
            }
            FileAnswer::Unknown => Some(Awaits::Within(TRIES_NAMES_WITHIN_MS, Cause::UnknownFile)),
            FileAnswer::Refused(cause) => Some(Awaits::Within(0, *cause)),
            FileAnswer::UploadRefused
            | FileAnswer::Firmware(_)
            | FileAnswer::OwnChanges(_)
            | FileAnswer::Stored(_)
            | FileAnswer::Book(_)
            | FileAnswer::Screen(_) => None,
        }
    }
}

impl fmt::Display for FileAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FileAnswer::Own(bytes) => write!(f, "its own configuration, {bytes} bytes"),
            FileAnswer::Common(bytes) => write!(f, "a file for all phones, {bytes} bytes"),
            FileAnswer::Absent(reason) => write!(f, "no such file, on purpose. {reason}"),
            FileAnswer::Unknown => f.write_str("no such file; no phone in the catalogue uses it"),
            FileAnswer::Refused(cause) => write!(f, "refused: {cause}"),
            FileAnswer::UploadRefused => f.write_str("storing a file here is not allowed"),
            FileAnswer::Firmware(bytes) => write!(f, "firmware, {bytes} bytes"),
            FileAnswer::OwnChanges(bytes) => {
                write!(f, "the changes that it had stored here, {bytes} bytes")
            }
            FileAnswer::Stored(bytes) => write!(f, "it stored {bytes} bytes here"),
            FileAnswer::Book(bytes) => write!(f, "the phone book, {bytes} bytes"),
            FileAnswer::Screen(title) => write!(f, "its display shows \"{title}\""),
        }
    }
}
