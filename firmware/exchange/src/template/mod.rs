//! An admin's own templates: which there are, whom each reaches, and what a file is made from.
//!
//! A file of a phone is made from the template that is shipped, or from an own one that replaces
//! it whole. An own one stands at a [`Place`]: the file whose template it replaces, and a layer. Of
//! those that reach a phone the nearest is in force ([`Layer::rank`]); a file that is common to the
//! phones of a model is nobody's own, so no handset's layer reaches it. What templates include is
//! always shipped.
//!
//! At each place the version before is kept, so that the last change is taken back in one step. It
//! counts like any other source in [`TEMPLATES_BYTES_MAX`] until it is forgotten.
//!
//! Nothing here renders. Whether a source makes a file at all is tried by the daemon, in a process
//! of its own, with a [`Rehearsal`].

mod files;
mod origins;
mod own;
mod place;
mod rehearsal;
mod shown;
mod trials;

pub use files::{FileInputs, Secrets, MASK};
pub use origins::Origins;
pub use own::{OwnTemplates, Versions};
pub use place::{Place, PlaceFlaw};
pub use rehearsal::{Phone, Rehearsal};
pub use shown::{
    DiffKind, DiffLine, Explained, ExplainedLine, Fault, FileRow, OwnRow, PhoneDiff, Rehearsed,
    Sources, TemplatesView,
};
pub use trials::Trials;

pub(crate) use files::{forced, in_force, inputs, Forced};
pub(crate) use rehearsal::{example, rehearsal};
pub(crate) use shown::{sources, view};

use crate::limits::{TEMPLATES_BYTES_MAX, TEMPLATES_MAX, TEMPLATE_BYTES_MAX};
use alloc::string::String;
use core::fmt;
use serde::{Deserialize, Serialize};

/// What becomes of an own template.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// This is its source from now on.
    Set(String),
    /// It is no longer in force; what lies below is.
    Removed,
    /// The version before is in force again, and this one is kept in its stead.
    Returned,
    /// The version before is no longer kept.
    Forgotten,
}

/// Why an own template is not as an admin wished.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flaw {
    /// No file is made from a template of this name.
    NoSuchFile,
    /// The layer is none for this file.
    Place(PlaceFlaw),
    /// There is nothing in it.
    Empty,
    /// It is larger than [`TEMPLATE_BYTES_MAX`].
    TooLarge {
        /// How large it is, in bytes.
        bytes: usize,
    },
    /// It has a control character that is neither a line break nor a tab.
    Control,
    /// All of them together would be larger than [`TEMPLATES_BYTES_MAX`].
    AllTooLarge {
        /// How large they would be, in bytes.
        bytes: usize,
    },
    /// There are own templates at [`TEMPLATES_MAX`] places already.
    TooMany,
    /// There is none at this place.
    NoneHere,
    /// No version before is kept.
    NothingBefore,
    /// It is in force already.
    Same,
    /// Somebody else changed it since the page was opened.
    ChangedMeanwhile,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Flaw::NoSuchFile => f.write_str("No file is made from a template of this name."),
            Flaw::Place(flaw) => flaw.fmt(f),
            Flaw::Empty => f.write_str("There is nothing in it."),
            Flaw::TooLarge { bytes } => {
                write!(f, "It has {bytes} bytes; a template has at most {TEMPLATE_BYTES_MAX}.")
            }
            Flaw::Control => f.write_str(
                "It has a control character in it; only line breaks and tabs can be there.",
            ),
            Flaw::AllTooLarge { bytes } => write!(
                f,
                "All own templates would have {bytes} bytes then; they have at most \
                 {TEMPLATES_BYTES_MAX}, with the versions before, which are kept for going back. \
                 Remove one that is no longer used, or forget a version before."
            ),
            Flaw::TooMany => write!(
                f,
                "There are {TEMPLATES_MAX} own templates already. Remove one that is no longer \
                 used, and forget the version that is kept of it."
            ),
            Flaw::NoneHere => f.write_str("There is no own template here any more."),
            Flaw::NothingBefore => f.write_str("There is no version before to go back to."),
            Flaw::Same => f.write_str("This is the template already; nothing was changed."),
            Flaw::ChangedMeanwhile => f.write_str(
                "Not done: this template was changed meanwhile, by somebody else or in another \
                 window. Look at what is saved now, then do it again if you still want to.",
            ),
        }
    }
}

/// A source as it is kept: browsers end lines with CR and LF, files here with LF.
pub fn plain_source(typed: &str) -> String {
    let mut plain = typed.replace("\r\n", "\n").replace('\r', "\n");
    if !plain.is_empty() && !plain.ends_with('\n') {
        plain.push('\n');
    }
    plain
}

/// What is wrong with a source by itself, whatever else there is.
pub(crate) fn check_source(source: &str) -> Result<(), Flaw> {
    if source.trim().is_empty() {
        return Err(Flaw::Empty);
    }
    if source.len() > TEMPLATE_BYTES_MAX {
        return Err(Flaw::TooLarge { bytes: source.len() });
    }
    let odd = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\t');
    match source.contains(odd) {
        true => Err(Flaw::Control),
        false => Ok(()),
    }
}
