//! What one sign says of its sender.

use super::maker::maker;
use super::{Family, Weight};
use crate::pattern::Found;
use wire::Mac;

/// A model or a version as a phone states it: printable ASCII, cut at 40 bytes.
pub type Text = heapless::String<40>;

/// Which of a phone's programs spoke.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Stage {
    /// The loader or updater, whose version is not the phone's.
    Loader,
    /// One of both, it does not say which.
    Either,
    /// The program that makes calls.
    Application,
}

/// What one sign says of its sender; forged as easily as sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    /// Whose phone it is.
    pub family: Option<Family>,
    /// The maker's name as people write it; empty where unknown.
    pub vendor: &'static str,
    /// The model as this sign spells it; [`Family::plain_model`] makes the spellings one.
    pub model: Option<Text>,
    /// Version of the firmware, or of the loader where [`Identity::stage`] says so.
    pub version: Option<Text>,
    /// The hardware address it claims.
    pub mac: Option<Mac>,
    /// Whose version it is.
    pub stage: Stage,
    /// The most this sign may weigh, whatever its kind.
    pub at_most: Weight,
    /// Whether a sign of an admin's own says so; then its family counts before all that is shipped.
    pub own: bool,
}

impl Identity {
    /// Nothing is known.
    pub const UNKNOWN: Identity = Identity {
        family: None,
        vendor: "",
        model: None,
        version: None,
        mac: None,
        stage: Stage::Application,
        at_most: Weight::Strong,
        own: false,
    };

    /// The family is known and nothing else.
    pub(super) fn of(family: Family) -> Identity {
        Identity { family: Some(family), vendor: family.vendor(), ..Identity::UNKNOWN }
    }
}

/// What the named groups of a match say.
pub(super) fn caught(family: Family, vendor: &'static str, found: &Found<'_, '_>) -> Identity {
    let tidy = maker(family);
    let model = found.group("model").and_then(|bytes| {
        let kept = bytes.iter().filter(|byte| !tidy.model_delete.as_bytes().contains(byte));
        let spaced = kept.map(|byte| match tidy.model_space.as_bytes().contains(byte) {
            true => b' ',
            false => *byte,
        });
        let mut model = text_of(spaced)?;
        if tidy.model_upper {
            model.make_ascii_uppercase();
        }
        Some(model)
    });
    Identity {
        vendor,
        model,
        version: found.group("version").and_then(|bytes| text_of(bytes.iter().copied())),
        mac: found.group("mac").and_then(Mac::parse),
        stage: match found.group("stage") {
            Some(b"Updater" | b"BootROM" | b"BootBlock") => Stage::Loader,
            Some(_) => Stage::Application,
            None => Stage::Either,
        },
        ..Identity::of(family)
    }
}

/// Printable ASCII as text, cut where [`Text`] ends; `None` for anything else and for nothing.
pub(super) fn text_of(bytes: impl Iterator<Item = u8>) -> Option<Text> {
    let mut text = Text::new();
    for byte in bytes {
        if !(0x20..0x7f).contains(&byte) {
            return None;
        }
        if text.push(char::from(byte)).is_err() {
            break;
        }
    }
    (!text.is_empty()).then_some(text)
}
