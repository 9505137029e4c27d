//! What phones keep here of their own changes, in the text: `own-file handset=7
//! name="001565000001-local.cfg" content=sealed:...`.
//!
//! The content stands there as a secret does, since there can be passwords in it. Where a text
//! leaves it out, what this box has of the same phone and name stays.

use super::bad::Wrong;
use super::parts;
use super::seal::Sealer;
use super::words::Entry;
use crate::limits::{OWN_FILES_OF_HANDSET_MAX, OWN_FILE_BYTES_MAX};
use crate::names::HandsetNo;
use crate::secret::{unspell, OwnFile};
use crate::sorted::SortedMap;
use crate::state::{Event, Handset};
use alloc::string::String;
use alloc::vec::Vec;
use wire::Mac;

/// The files of one handset, each with the line where it is.
#[derive(Default)]
pub(super) struct Files(SortedMap<String, (usize, Option<Vec<u8>>)>);

impl Files {
    /// Takes a line in, of which the handset was read.
    pub(super) fn take(
        &mut self,
        at: usize,
        mut entry: Entry<'_>,
        mac: Mac,
        sealer: Option<&Sealer>,
    ) -> Result<(), Wrong> {
        entry.knows(&["handset", "name", "content"])?;
        let name = entry.own_name()?;
        let content = entry.opened("content", &parts::of_own(mac, &name), sealer, unspell)?;
        if let Some((line, _)) = self.0.get(&name) {
            return Err(Wrong::Again { what: "This file of the handset", line: *line });
        }
        let others = self.0.values().flat_map(|(_, content)| content);
        let bytes: usize = others.chain(&content).map(Vec::len).sum();
        if self.0.len() >= OWN_FILES_OF_HANDSET_MAX || bytes > OWN_FILE_BYTES_MAX {
            return Err(Wrong::OwnFilesFull);
        }
        self.0.insert(name, (at, content));
        Ok(())
    }

    /// The facts; `known` is the same phone as this box has it.
    pub(super) fn facts(self, handset: HandsetNo, known: Option<&Handset>) -> Vec<Event> {
        let kept = |name: &str| known.and_then(|known| known.own.get(name)).cloned();
        let each = self.0.into_iter().filter_map(|(name, (_, content))| {
            let content = content.map(OwnFile).or_else(|| kept(&name))?;
            Some(Event::OwnFileKept { handset, name, content })
        });
        each.collect()
    }
}
