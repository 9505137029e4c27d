//! What all own templates of another state have to be tried with before that state is in force.

use super::{rehearsal, Change, Place, Rehearsal};
use crate::board::Board;
use crate::chance::{Chance, Seed};
use crate::limits::TRIAL_PHONES_MAX;
use crate::office::Office;
use crate::state::{Durable, Event};
use crate::time::Now;
use alloc::vec::{IntoIter, Vec};

/// Each own template of a state, both versions of it, with the phones that it is for in that state.
///
/// Of those the first [`TRIAL_PHONES_MAX`] are taken, and made-up ones at the edges: a state is not
/// refused because it is large.
pub struct Trials {
    /// The state, without any own template.
    office: Office,
    now: Now,
    left: IntoIter<(Place, Change)>,
}

impl Trials {
    /// What is to be tried of a state that these facts make.
    pub fn new(board: Board, now: Now, facts: &[Event]) -> Trials {
        let mut durable = Durable::default();
        let mut left = Vec::new();
        for fact in facts {
            let Event::TemplateChanged { place, change } = fact else {
                durable.apply(fact);
                continue;
            };
            if matches!(change, Change::Set(_)) {
                left.push((place.clone(), change.clone()));
            }
        }
        let office = Office::new(board, durable, Chance::new(Seed([0; 32])));
        // One for a file that no phone gets any more is never filled in.
        left.retain(|(place, _)| office.catalog.is_common(&place.template).is_some());
        Trials { office, now, left: left.into_iter() }
    }

    /// Whether there is nothing to try.
    pub fn is_empty(&self) -> bool {
        self.left.len() == 0
    }
}

impl Iterator for Trials {
    type Item = (Place, Rehearsal);

    fn next(&mut self) -> Option<(Place, Rehearsal)> {
        let (place, change) = self.left.next()?;
        let mut rehearsal = rehearsal(&self.office, self.now, &place, &change);
        rehearsal.phones.truncate(TRIAL_PHONES_MAX);
        Some((place, rehearsal))
    }
}
