//! A copy of the state, to be worked with away from the exchange.

use super::{read, write, BackupKey, Ground, Refused, Restored, Secrets};
use crate::board::Board;
use crate::chance::Seed;
use crate::state::{Durable, Event};
use crate::template::Trials;
use crate::time::Now;
use alloc::string::String;
use alloc::vec::Vec;

/// What a backup is made of, and onto what another one is read. It has secrets in it.
pub struct Footing {
    pub(crate) facts: Vec<Event>,
    pub(crate) board: Board,
    pub(crate) room: u64,
    pub(crate) network_stays: bool,
}

impl Footing {
    /// The state as text: sealed under the key of the backups, or without secrets where there is
    /// none.
    pub fn text(&self) -> String {
        let durable = self.durable();
        write(&durable, durable.backup_key().map_or(Secrets::LeftOut, Secrets::Sealed))
    }

    /// Reads a text onto it; see [`read()`](super::read()).
    pub fn read(
        &self,
        text: &[u8],
        key: Option<&BackupKey>,
        seed: Seed,
    ) -> Result<Restored, Refused> {
        let Footing { facts: _, board, room, network_stays } = self;
        let (room, network_stays) = (*room, *network_stays);
        let ground = Ground { before: &self.durable(), board: Some(board), room, network_stays };
        read(text, key, &ground, seed)
    }

    /// Has what the own templates of a text have to be tried with made, one after the other.
    pub fn trials(&self, now: Now, restored: &Restored) -> Trials {
        Trials::new(self.board.clone(), now, &restored.facts)
    }

    fn durable(&self) -> Durable {
        let mut durable = Durable::default();
        self.facts.iter().for_each(|fact| durable.apply(fact));
        durable
    }
}
