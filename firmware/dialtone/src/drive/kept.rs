//! What the loop and the flash thread say to each other about the state.

use super::{encoded, Driver};
use crate::flash::{Job, Told};
use exchange::names::RecordNo;
use exchange::state::Event;

impl Driver {
    /// Has flash hold another state instead of this one. All that was made true in this one is void
    /// with it, and so is what waits for that.
    pub(super) fn replace(&mut self, facts: &[Event]) -> RecordNo {
        self.drain();
        self.perform();
        self.held.clear();
        self.replaced = true;
        self.made = RecordNo(self.made.0.saturating_add(1));
        self.hands.flash.hand(Job::Replace(facts.iter().map(encoded).collect(), self.made));
        self.made
    }

    /// Takes word from the flash thread; an error ends the loop, and with it all that was not kept.
    pub(super) fn settle(&mut self, told: Told) -> Result<(), String> {
        match told {
            Told::Kept(upto, wear) => {
                self.kept = self.kept.max(upto);
                self.wear = wear;
                self.today.note(self.hands.clock.now(), wear.since_start);
                self.exchange.set_flash_bytes(u64::from(wear.capacity));
                Ok(())
            }
            Told::WantsSnapshot => {
                // What this turn has made true is in the state: it must be numbered and handed over
                // before the state is copied, or it would be told twice.
                self.perform();
                let facts = self.exchange.durable().facts();
                let records = facts.map(|fact| encoded(&fact)).collect();
                self.hands.flash.hand(Job::Snapshot(records, self.made));
                Ok(())
            }
            Told::Failed(why) => Err(why),
        }
    }
}
