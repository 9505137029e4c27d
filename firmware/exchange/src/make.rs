//! What make a device is: the signs that speak for it, and what is remembered of a handset.

use crate::catalog::{Family, Sign, SignKind};
use crate::device::fingerprint;
use crate::limits::{REWRITE_MS, SAID_BEFORE_MAX};
use crate::names::{text, Text};
use crate::office::Office;
use crate::state::Event;
use crate::time::Now;
use wire::Mac;

impl Office {
    /// Weighs one more sign of what a device is. A phone says the same things over and over; what
    /// it said last of each kind is not looked up again.
    pub(crate) fn weigh(&mut self, mac: Mac, sign: Sign<'_>) {
        let (kind, digest) = (sign.kind(), fingerprint(&sign));
        let Some(device) = self.devices.get_mut(&mac) else { return };
        if core::mem::replace(&mut device.said[kind as usize], digest) == digest {
            return;
        }
        let identity = match self.said_before.get(&digest) {
            Some(identity) => identity.clone(),
            None => self.catalog.identify(sign),
        };
        device.guess.add(kind, &identity);
        // Other signs name the phone itself and are not said again by another.
        let of_model =
            matches!(kind, SignKind::VendorClass | SignKind::ParameterList | SignKind::UserClass);
        if of_model && self.said_before.len() < SAID_BEFORE_MAX {
            self.said_before.insert(digest, identity);
        }
    }

    /// The maker of a device: what it says itself, else what is remembered, else what it looks
    /// like.
    pub(crate) fn family(&self, mac: Mac) -> Option<Family> {
        let device = self.devices.get(&mac);
        let said = device.filter(|device| device.says_its_maker());
        let known = || {
            let (_, handset) = self.durable.handset_of(mac)?;
            Family::from_code(handset.family).filter(|family| *family != Family::Generic)
        };
        let said = said.and_then(|device| device.guess.family());
        said.or_else(known).or_else(|| device.and_then(|device| device.guess.family()))
    }

    /// The model of a device: what it shows, else what is remembered.
    pub(crate) fn model(&self, mac: Mac) -> Text {
        let guess = self.devices.get(&mac).and_then(|device| device.guess.model());
        let known = || self.durable.handset_of(mac).map(|(_, handset)| handset.model.clone());
        guess.map(text).or_else(known).unwrap_or_default()
    }

    /// Remembers a known handset's make if it differs from what is stored, not too often.
    pub(crate) fn remember_make(&mut self, now: Now, mac: Mac) {
        // What has no hardware address is what the admin says it is.
        let known = self.durable.handset_of(mac).filter(|(_, known)| !known.is_generic());
        let Some((handset, known)) = known else { return };
        let Some(device) = self.devices.get(&mac) else { return };
        let generic = known.family == Family::Generic.code();
        if !generic && !device.says_its_maker() {
            return;
        }
        let model = device.guess.model().map_or_else(|| known.model.clone(), text);
        let firmware = device.guess.version().map_or_else(|| known.firmware.clone(), text);
        let family = device.guess.family().map_or(known.family, |family| family.code());
        if (family, &model, &firmware) == (known.family, &known.model, &known.firmware) {
            return;
        }
        // To fill in what was not known yet happens once; only a change has to wait its day.
        let fills = |old: &Text, new: &Text| old.is_empty() || old == new;
        let completes = (generic || family == known.family)
            && fills(&known.model, &model)
            && fills(&known.firmware, &firmware);
        if self.read_only || !(completes || self.may_rewrite(now, mac)) {
            return;
        }
        let event = Event::HandsetRecognised { handset, family, model, firmware };
        if self.has_room_to_change(&event) {
            self.record(mac, event);
        }
    }

    /// Whether something that changes by itself may be written for this device again; asking
    /// counts as writing.
    pub(crate) fn may_rewrite(&mut self, now: Now, mac: Mac) -> bool {
        let Some(device) = self.devices.get_mut(&mac) else { return false };
        let allowed = device.rewritten.is_none_or(|at| now.mono.since_ms(at) >= REWRITE_MS);
        if allowed {
            device.rewritten = Some(now.mono);
        }
        allowed
    }
}
