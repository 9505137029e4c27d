//! What a phone takes over from another one, and what it cannot.

use crate::settings::Setting;
use crate::view::Unsaid;
use alloc::vec::Vec;
use core::fmt;

/// What did not carry over from the phone that was to the one that took its place.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Carried {
    /// Assigned lines for which the new phone has no place.
    pub lines_lost: u8,
    /// Keys for which it has none; those from the beginning of the list are kept.
    pub keys_lost: u8,
    /// Settings of the phone of which its maker's files cannot say all: these stay as the phone has
    /// them.
    pub unsaid: Vec<(Setting, Vec<Unsaid>)>,
    /// Whether the old phone had templates of its own; they are for files that the new one has not.
    pub templates_lost: bool,
    /// Whether changes that were made on the old phone itself are gone with it.
    pub own_changes_lost: bool,
}

impl Carried {
    /// Whether everything did.
    pub fn is_everything(&self) -> bool {
        *self == Carried::default()
    }
}

/// Sentences for a page, a line each.
impl fmt::Display for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Carried { lines_lost, keys_lost, unsaid, templates_lost, own_changes_lost } = self;
        if self.is_everything() {
            return f.write_str("Everything was taken over.");
        }
        if *lines_lost > 0 {
            writeln!(f, "The new phone has no place for {lines_lost} of the lines.")?;
        }
        if *keys_lost > 0 {
            writeln!(f, "The new phone has no place for the last {keys_lost} of the keys.")?;
        }
        for (setting, parts) in unsaid {
            let title = setting.entry().title;
            match parts.contains(&Unsaid::All) {
                true => writeln!(f, "{title}: the new phone's files cannot say it.")?,
                false => writeln!(f, "{title}: the new phone's files cannot say all of it.")?,
            }
        }
        if *templates_lost {
            f.write_str("The old phone's own templates are for files that the new one has not.\n")?;
        }
        if *own_changes_lost {
            f.write_str("Changes that were made on the old phone itself are gone.\n")?;
        }
        Ok(())
    }
}
