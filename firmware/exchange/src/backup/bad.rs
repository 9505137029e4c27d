//! What is wrong with a text, in sentences.
//!
//! A sentence may say a mistyped word again; it never says a value again that could be a secret.

use crate::catalog::SignFlaw;
use crate::certificates::CertificateFlaw;
use crate::limits::{
    ADDRESSES_MAX, BACKUP_BAD_LINES_MAX, BACKUP_BYTES_MAX, BACKUP_LINES_MAX, BACKUP_LINE_BYTES_MAX,
    ELDERS_MAX, HANDSETS_MAX, LINES_MAX, OWN_FILES_OF_HANDSET_MAX, OWN_FILE_BYTES_MAX,
    PASSWORD_MEMORY_KIB_MAX, PASSWORD_ROUNDS_MAX, TEMPLATES_BYTES_MAX, TEMPLATES_MAX,
    TEMPLATE_BYTES_MAX, TEXT_MAX, USERS_MAX,
};
use crate::names::Text;
use crate::network::Flaw;
use crate::settings::Bad;
use alloc::vec::Vec;
use core::fmt;

/// Why nothing comes of a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refused {
    /// Its first line is not that of a state.
    Foreign,
    /// It is in a version of the format that is not known here.
    Version(Text),
    /// It is longer than [`BACKUP_BYTES_MAX`].
    TooLarge,
    /// It has more than [`BACKUP_LINES_MAX`] lines.
    TooManyLines,
    /// There are secrets sealed in it, and no passphrase came with it.
    NoPassphrase,
    /// They were sealed with another passphrase.
    WrongPassphrase,
    /// All of it together does not fit the flash.
    NoRoom {
        /// Bytes that it takes.
        bytes: u64,
        /// Bytes that there are.
        room: u64,
    },
    /// Some lines are bad.
    Lines(BadLines),
}

/// The bad lines of a text, in their order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BadLines {
    /// The first of them, at most [`BACKUP_BAD_LINES_MAX`].
    pub lines: Vec<BadLine>,
    /// How many more there are.
    pub more: usize,
}

/// One bad line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadLine {
    /// Its number, counted from 1.
    pub number: usize,
    /// What is wrong.
    pub wrong: Wrong,
}

impl BadLines {
    pub(super) fn add(&mut self, number: usize, wrong: Wrong) {
        match self.lines.len() < BACKUP_BAD_LINES_MAX {
            true => self.lines.push(BadLine { number, wrong }),
            false => self.more += 1,
        }
    }

    /// In the order of their numbers, if there are any.
    pub(super) fn refused(mut self) -> Result<(), Refused> {
        if self.lines.is_empty() {
            return Ok(());
        }
        self.lines.sort_by_key(|line| line.number);
        Err(Refused::Lines(self))
    }
}

/// What is wrong with a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wrong {
    /// It is longer than [`BACKUP_LINE_BYTES_MAX`].
    TooLong,
    /// It is not UTF-8, or has control characters.
    NotText,
    /// It has more pairs than any fact.
    TooManyPairs,
    /// Something is no pair of a key and a value.
    NoPair,
    /// A quotation mark is where none can be, or missing.
    Quotes,
    /// A backslash stands before something that is not escaped so.
    Escape,
    /// A key is there twice.
    KeyTwice(Text),
    /// It begins with a word that is not known; and the nearest that is.
    UnknownKind(Text, Option<&'static str>),
    /// A key is not known for such a line; and the nearest that is.
    UnknownKey(Text, Option<&'static str>),
    /// This key has to be there.
    Missing(&'static str),
    /// The value of this key is not what it has to be, said in words.
    Value(&'static str, &'static str),
    /// What must be there once only is there already.
    Again {
        /// What it is.
        what: &'static str,
        /// The line where it is, counted from 1.
        line: usize,
    },
    /// It is about a handset that no line before it makes.
    NoHandset,
    /// The handset's next line has another place.
    Place(u8),
    /// The handset has no line.
    NoLine,
    /// The handset has more lines than there can be.
    LinesFull,
    /// There are more handsets than there can be.
    HandsetsFull,
    /// There are more addresses than there can be.
    AddressesFull,
    /// There are more DHCP servers than can be remembered.
    EldersFull,
    /// Something sealed stands before the line that says how.
    NotYetSealed,
    /// Something sealed does not open although the passphrase is right.
    Unsealed,
    /// The settings of the network make no sense.
    Network(Flaw),
    /// The line `wan` says both, or neither, of how the port gets its address.
    WanWay,
    /// A setting is not known; and the nearest that is.
    UnknownSetting(Text, Option<&'static str>),
    /// The value of a setting makes no sense.
    Setting(Bad),
    /// There are more settings than there can be.
    SettingsFull,
    /// No template's line is before this line of a source.
    NoTemplate,
    /// A template has no source.
    NoSource,
    /// A template is larger than there can be.
    TemplateTooLarge,
    /// There are more templates, or larger ones together, than there can be.
    TemplatesFull,
    /// A sign of an admin's own makes no sense, or is one too many.
    Sign(SignFlaw),
    /// A handset has more own changes here than there can be.
    OwnFilesFull,
    /// A line is a user's that no line before it makes.
    NoUser,
    /// A user's line has an extension or a name beside the user's.
    OwnedAndNamed,
    /// There are more users than there can be.
    UsersFull,
    /// A certificate cannot be so.
    Certificate(CertificateFlaw),
    /// There are more bans than there can be.
    BansFull,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Foreign => f.write_str(
                "This is not the state of a Dialtone: its first line would be `dialtone-state 1`.",
            ),
            Refused::Version(version) => write!(
                f,
                "This was written by newer software, in version `{version}` of the format; this \
                 software reads version 1."
            ),
            Refused::TooLarge => write!(f, "It is larger than {BACKUP_BYTES_MAX} bytes."),
            Refused::TooManyLines => write!(f, "It has more than {BACKUP_LINES_MAX} lines."),
            Refused::NoPassphrase => f.write_str(
                "The passwords in it are sealed: the passphrase that it was made with is needed.",
            ),
            Refused::WrongPassphrase => f.write_str("It was made with another passphrase."),
            Refused::NoRoom { bytes, room } => {
                write!(f, "All of it together takes {bytes} bytes of flash, and there are {room}.")
            }
            Refused::Lines(bad) => write!(f, "Bad lines: {}.", bad.lines.len() + bad.more),
        }
    }
}

impl fmt::Display for BadLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for BadLine { number, wrong } in &self.lines {
            writeln!(f, "line {number}: {wrong}")?;
        }
        match self.more {
            0 => Ok(()),
            1 => f.write_str("and 1 more\n"),
            more => writeln!(f, "and {more} more"),
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wrong::UnknownKind(word, nearest) => unknown(f, word, "no line here", *nearest),
            Wrong::UnknownKey(word, nearest) => unknown(f, word, "no key of such a line", *nearest),
            Wrong::UnknownSetting(word, nearest) => unknown(f, word, "no setting", *nearest),
            Wrong::Setting(bad) => bad.fmt(f),
            Wrong::KeyTwice(key) => write!(f, "`{key}` is there twice."),
            Wrong::Missing(key) => write!(f, "`{key}` is missing."),
            Wrong::Value(key, wanted) => write!(f, "`{key}` has to be {wanted}."),
            Wrong::Again { what, line } => write!(f, "{what} is in line {line} already."),
            Wrong::Place(next) => write!(f, "The next place of this handset is {next}."),
            Wrong::Network(flaw) => flaw.fmt(f),
            Wrong::TooLong => write!(f, "It is longer than {BACKUP_LINE_BYTES_MAX} bytes."),
            Wrong::HandsetsFull => write!(f, "There are more than {HANDSETS_MAX} handsets."),
            Wrong::LinesFull => write!(f, "This handset has more than {LINES_MAX} lines."),
            Wrong::AddressesFull => write!(f, "There are more than {ADDRESSES_MAX} addresses."),
            Wrong::EldersFull => write!(f, "There are more than {ELDERS_MAX} DHCP servers."),
            Wrong::OwnFilesFull => write!(
                f,
                "This handset has more than {OWN_FILES_OF_HANDSET_MAX} files, or more than \
                 {OWN_FILE_BYTES_MAX} bytes in them."
            ),
            Wrong::SettingsFull
            | Wrong::NotText
            | Wrong::TooManyPairs
            | Wrong::NoPair
            | Wrong::Quotes
            | Wrong::Escape
            | Wrong::NoHandset
            | Wrong::NoLine
            | Wrong::NotYetSealed
            | Wrong::Unsealed
            | Wrong::WanWay
            | Wrong::BansFull
            | Wrong::NoTemplate
            | Wrong::NoSource
            | Wrong::NoUser
            | Wrong::OwnedAndNamed => f.write_str(self.sentence()),
            Wrong::UsersFull => write!(f, "There are more than {USERS_MAX} users."),
            Wrong::TemplateTooLarge => {
                write!(f, "This template is larger than {TEMPLATE_BYTES_MAX} bytes.")
            }
            Wrong::TemplatesFull => write!(
                f,
                "There are more than {TEMPLATES_MAX} templates, or they have more than \
                 {TEMPLATES_BYTES_MAX} bytes together."
            ),
            Wrong::Sign(flaw) => flaw.fmt(f),
            Wrong::Certificate(flaw) => flaw.fmt(f),
        }
    }
}

impl Wrong {
    /// The sentence of what is always said alike; empty for the rest.
    fn sentence(&self) -> &'static str {
        match self {
            Wrong::NotText => "It is no plain text in UTF-8.",
            Wrong::TooManyPairs => "It has more pairs than any line can have.",
            Wrong::NoPair => {
                "Behind the first word come pairs such as `name=\"Ann\"`, with spaces between."
            }
            Wrong::Quotes => "A quotation mark is missing, or one too many.",
            Wrong::Escape => "Behind `\\` comes `\"`, `\\` or a character such as `u{e9}`.",
            Wrong::NoHandset => "No line before this one makes this handset.",
            Wrong::NoLine => "This handset has no `line`; it needs one at least.",
            Wrong::NotYetSealed => "The line `seal` has to come before what is sealed.",
            Wrong::Unsealed => {
                "What is sealed here was changed, or belongs to another line; or the MAC address or \
                 login beside it was changed."
            }
            Wrong::WanWay => "Either `by=dhcp` or `address` has to be there.",
            Wrong::SettingsFull => "There are more settings than fit.",
            Wrong::BansFull => "There are more bans than there can be.",
            Wrong::NoTemplate => "No line `template` is before this line of one.",
            Wrong::NoSource => "Behind this line its source has to come, in lines `source`.",
            Wrong::NoUser => "No line before this one makes this user.",
            Wrong::OwnedAndNamed => "A user's line has no extension and no name of its own.",
            Wrong::TooLong
            | Wrong::OwnFilesFull
            | Wrong::UsersFull
            | Wrong::UnknownSetting(..)
            | Wrong::Setting(_)
            | Wrong::KeyTwice(_)
            | Wrong::UnknownKind(..)
            | Wrong::UnknownKey(..)
            | Wrong::Missing(_)
            | Wrong::Value(..)
            | Wrong::Again { .. }
            | Wrong::Place(_)
            | Wrong::HandsetsFull
            | Wrong::LinesFull
            | Wrong::AddressesFull
            | Wrong::EldersFull
            | Wrong::Network(_)
            | Wrong::TemplateTooLarge
            | Wrong::TemplatesFull
            | Wrong::Sign(_)
            | Wrong::Certificate(_) => "",
        }
    }
}

fn unknown(
    f: &mut fmt::Formatter<'_>,
    word: &str,
    what: &str,
    nearest: Option<&str>,
) -> fmt::Result {
    write!(f, "`{word}` is {what}")?;
    match nearest {
        Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
        None => f.write_str("."),
    }
}

// The words in which values are wanted name these.
const _: () = assert!(PASSWORD_MEMORY_KIB_MAX == 16_384 && PASSWORD_ROUNDS_MAX == 64);
const _: () = assert!(LINES_MAX == 8 && TEXT_MAX == 40);
