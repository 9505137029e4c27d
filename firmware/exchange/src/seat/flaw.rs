//! Why a wish about users and who sits where is refused.

use crate::command::Refusal;
use crate::limits::{PIN_DIGITS_MAX, PIN_DIGITS_MIN, USERS_MAX};
use crate::names::Extension;
use core::fmt;

/// Why a wish about users and who sits where is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flaw {
    /// There is no such user any more.
    NoSuchUser,
    /// There are as many as there can be.
    UsersFull,
    /// A user has no name.
    NoName,
    /// Another user has the extension.
    ExtensionOfUser(Extension),
    /// No extension is free.
    NoExtensionFree,
    /// Somebody else changed a user since the page was opened.
    ChangedMeanwhile,
    /// The line has nobody of whom a user could be made.
    NobodyThere,
    /// It is no PIN.
    BadPin,
    /// A PIN is wrong.
    WrongPin,
    /// The PIN for replacing phones is needed.
    WantsPin,
    /// Too many PINs were wrong lately.
    Slowed {
        /// How long none is looked at.
        seconds: u32,
    },
    /// Users are not assigned at phones.
    NotAtPhone,
    /// The phone is somebody's already.
    Taken,
    /// A phone cannot take its own place.
    Itself,
    /// The phone whose place is to be taken is in use.
    StillRegistered,
    /// One of the two cannot be what the other one is.
    NotCompatible,
    /// As many codes wait to be dialled as there can be.
    CodesFull,
}

impl From<Flaw> for Refusal {
    fn from(flaw: Flaw) -> Refusal {
        Refusal::Seat(flaw)
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Flaw::NoSuchUser => f.write_str("This user does not exist any more."),
            Flaw::UsersFull => write!(f, "There are {USERS_MAX} users, and no more can be."),
            Flaw::NoName => f.write_str("Give the user a name."),
            Flaw::ExtensionOfUser(extension) => {
                write!(f, "Extension {extension} belongs to another user already.")
            }
            Flaw::NoExtensionFree => {
                f.write_str("No extension is free. Give the user one of more digits on the web.")
            }
            Flaw::ChangedMeanwhile => f.write_str(
                "Not done: users were changed meanwhile, by somebody else or in another window. \
                Look at what is saved now, then do it again if you still want to.",
            ),
            Flaw::NobodyThere => {
                f.write_str("This line has no name of which a user could be made.")
            }
            Flaw::BadPin => {
                write!(f, "A PIN has {PIN_DIGITS_MIN} to {PIN_DIGITS_MAX} digits and nothing else.")
            }
            Flaw::WrongPin => f.write_str("This PIN is wrong."),
            Flaw::WantsPin => f.write_str("Replacing a phone needs the install PIN."),
            Flaw::Slowed { seconds } => {
                write!(f, "Too many PINs were wrong. Try again in {seconds} seconds.")
            }
            Flaw::NotAtPhone => {
                f.write_str("Users are not assigned at phones here. An admin does it on the web.")
            }
            Flaw::Taken => f.write_str("This phone is somebody's already."),
            Flaw::Itself => f.write_str("A phone cannot take its own place."),
            Flaw::StillRegistered => f.write_str(
                "The phone to be replaced is still in use. Unplug it, or replace it on the web.",
            ),
            Flaw::NotCompatible => f.write_str("This phone cannot take the place of that one."),
            Flaw::CodesFull => f.write_str(
                "Too many codes wait to be dialled. Use one of them, or wait until they are over.",
            ),
        }
    }
}
