//! Room on flash. A snapshot holds every fact, so what all facts take together must not outgrow the
//! flash; this is asked before a fact is made, and full is an answer in words.
//!
//! What is new leaves a reserve alone, so that what exists can still be changed when nothing more
//! fits; what makes the state smaller is never refused.

use crate::limits::{FLASH_RESERVE_BYTES, HANDSET_RECORD_BYTES_MAX};
use crate::office::Office;
use crate::state::Event;

impl Office {
    /// Whether there is a number and room for one more handset, with its address and contact.
    pub(crate) fn has_room_for_handset(&self) -> bool {
        self.durable.free_handset().is_some() && self.leaves_reserve(HANDSET_RECORD_BYTES_MAX)
    }

    /// Whether a fact about something new fits.
    pub(crate) fn has_room_for(&self, event: &Event) -> bool {
        self.leaves_reserve(event.record_bytes())
    }

    /// Whether a fact fits that changes what there is.
    pub(crate) fn has_room_to_change(&self, event: &Event) -> bool {
        self.durable.record_bytes().saturating_add(event.record_bytes()) <= self.flash_bytes
    }

    /// Whether all of these facts fit, which change what there is: a wish that makes several is
    /// refused before the first.
    pub(crate) fn has_room_to_change_all(&self, events: &[Event]) -> bool {
        let bytes: u64 = events.iter().map(Event::record_bytes).sum();
        self.durable.record_bytes().saturating_add(bytes) <= self.flash_bytes
    }

    fn leaves_reserve(&self, bytes: u64) -> bool {
        let wanted = self.durable.record_bytes().saturating_add(bytes);
        // A small flash has a small reserve.
        let reserve = FLASH_RESERVE_BYTES.min(self.flash_bytes / 8);
        wanted.saturating_add(reserve) <= self.flash_bytes
    }
}
