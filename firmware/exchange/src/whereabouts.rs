//! Where a device was heard, and the alarms about two that are in one place or one that is in two.

use crate::note::Note;
use crate::office::Office;
use crate::story::Step;
use crate::time::{Now, MINUTE_MS};
use core::net::Ipv4Addr;
use wire::Mac;

impl Office {
    /// Notes that a device was heard from this address.
    pub(crate) fn seen_at(&mut self, mac: Mac, address: Ipv4Addr) {
        if let Some(device) = self.devices.get_mut(&mac) {
            device.address = Some(address);
        }
    }

    /// Raises the alarm that one hardware address is used by two devices; once a minute at most.
    pub(crate) fn two_places(&mut self, now: Now, mac: Mac) {
        self.recall(now, mac);
        let Some(device) = self.devices.get_mut(&mac) else { return };
        let lately = device.two_places.is_some_and(|at| now.mono.since_ms(at) < MINUTE_MS);
        device.two_places = Some(now.mono);
        if !lately {
            self.step(now, mac, Step::TwoPlaces);
            self.note(now, Note::TwoPlaces(mac));
        }
    }

    /// Raises the alarm that the address leased to one device is used by another; once a minute at
    /// most for each.
    pub(crate) fn address_taken(&mut self, now: Now, holder: Mac, address: Ipv4Addr, by: Mac) {
        self.recall(now, holder);
        let Some(device) = self.devices.get_mut(&holder) else { return };
        let lately = device.intruder.is_some_and(|(at, ..)| now.mono.since_ms(at) < MINUTE_MS);
        device.intruder = Some((now.mono, address, by));
        if !lately {
            self.step(now, holder, Step::AddressTaken(address, by));
            self.note(now, Note::Conflict(address, by));
        }
    }

    /// Makes room for the story of a device that is remembered, though it was not heard since the
    /// start.
    fn recall(&mut self, now: Now, mac: Mac) {
        let durable = &self.durable;
        if durable.address_of(mac).is_some() || durable.handset_of(mac).is_some() {
            self.speak_of(now, mac);
        }
    }
}
