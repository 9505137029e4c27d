//! A backup that is read for a box without a state, and put where that was.
//!
//! It is read as a whole before anything is erased. What is written then is one snapshot on flash
//! that was just formatted: a power cut leaves it whole or an empty state, and it is sent again.

use crate::chip::Chip;
use crate::entropy;
use crate::password::{self, Failed};
use exchange::backup::{self, Refused, Restored};
use exchange::board::Board;
use exchange::state::{Durable, Event};
use journal::mem::MemFlash;
use journal::{Flash, Journal};

/// What a backup is read onto.
#[derive(Clone)]
pub(super) struct Ground {
    /// The board, where it is known.
    pub(super) board: Option<Board>,
    /// How many bytes all facts may take on flash.
    pub(super) room: u32,
}

/// How many bytes all facts may take on such a chip.
pub(super) fn room(chip: &Chip) -> u32 {
    let blank = MemFlash::new(chip.geometry());
    Journal::mount(blank, &mut |_| {}).map_or(0, |(journal, _)| journal.capacity())
}

/// Reads a text as the state of a box that has none; slow where it has sealed passwords.
pub(super) fn read(
    ground: &Ground,
    text: &[u8],
    passphrase: &str,
) -> Result<Result<Restored, Refused>, Failed> {
    let recipe = match backup::recipe(text) {
        Ok(recipe) => recipe.filter(|_| !passphrase.is_empty()),
        Err(refused) => return Ok(Err(refused)),
    };
    let key = recipe.map(|recipe| password::backup_key(passphrase, recipe)).transpose()?;
    let seed = entropy::seed().map_err(|_no_entropy| Failed::Entropy)?;
    let ground = backup::Ground {
        before: &Durable::default(),
        board: ground.board.as_ref(),
        room: u64::from(ground.room),
        network_stays: false,
    };
    Ok(backup::read(text, key.as_ref(), &ground, seed))
}

/// Writes these facts to a chip that was just formatted; where that fails, gives it back and says
/// why.
pub(super) fn write(chip: Chip, facts: &[Event]) -> Option<(Chip, String)> {
    // What does not mount now is told by the next start.
    let Ok((mut journal, _)) = Journal::mount(chip, &mut |_| {}) else { return None };
    let mut record = Vec::new();
    let written = journal.compact(&mut |keep| {
        for fact in facts {
            record.clear();
            fact.encode(&mut record);
            keep(&record);
        }
    });
    let error = written.err()?;
    Some((journal.into_flash(), format!("{error:?}")))
}
