//! The values of all layers, as they are on flash.

use super::Setting;
use crate::layer::{Layer, Whom};
use crate::names::HandsetNo;
use crate::sorted::SortedMap;
use crate::state::Event;
use alloc::string::String;
use alloc::vec::Vec;

/// The values of all layers.
///
/// A setting that only newer software knows is kept by its number, and means nothing here.
#[derive(Default)]
pub struct Store {
    layers: SortedMap<Layer, SortedMap<u8, String>>,
    len: usize,
    bytes: u64,
}

impl Store {
    /// Takes a value in, or away. [`crate::state::Durable::apply`] alone does so.
    pub(crate) fn change(&mut self, layer: &Layer, code: u8, value: Option<&str>) {
        if let Some(old) = self.layers.get_mut(layer).and_then(|values| values.remove(&code)) {
            self.len -= 1;
            self.bytes = self.bytes.saturating_sub(record_bytes(layer, code, &old));
        }
        match value {
            Some(value) => {
                self.len += 1;
                self.bytes += record_bytes(layer, code, value);
                let values = self.layers.get_or_insert_with(layer.clone(), Default::default);
                values.insert(code, String::from(value));
            }
            None => self.layers.retain(|_, values| !values.is_empty()),
        }
    }

    /// Forgets all that is set of a handset.
    pub(crate) fn forget(&mut self, handset: HandsetNo) {
        let layer = Layer::Handset(handset);
        let Some(gone) = self.layers.remove(&layer) else { return };
        for (code, value) in gone {
            self.len -= 1;
            self.bytes = self.bytes.saturating_sub(record_bytes(&layer, code, &value));
        }
    }

    /// All that is set of a handset alone, by the settings' numbers.
    pub(crate) fn of_handset(&self, handset: HandsetNo) -> Vec<(u8, String)> {
        let values = self.layers.get(&Layer::Handset(handset)).into_iter().flatten();
        values.map(|(code, value)| (*code, value.clone())).collect()
    }

    /// The value that a layer itself has.
    pub fn get(&self, layer: &Layer, setting: Setting) -> Option<&str> {
        self.layers.get(layer)?.get(&setting.code()).map(String::as_str)
    }

    /// The layers with values that reach somebody, the nearest first. Of two ranges of firmware
    /// that both fit, the one that begins later is nearer.
    pub fn reaching(&self, whom: Whom<'_>) -> Vec<&Layer> {
        // Layers of handsets come last and are many; only one of them can reach anybody.
        let shared = self.layers.range(..Layer::Handset(HandsetNo(0)));
        let mut layers: Vec<&Layer> =
            shared.map(|(layer, _)| layer).filter(|layer| layer.reaches(whom)).collect();
        layers.sort_by(|one, other| other.compare(one));
        let own = whom.handset.map(Layer::Handset);
        let own = own.and_then(|own| self.layers.range(&own..=&own).next()).map(|(layer, _)| layer);
        own.into_iter().chain(layers).collect()
    }

    /// Every layer that has a value, the site's first.
    pub fn layers(&self) -> impl Iterator<Item = &Layer> {
        self.layers.keys()
    }

    /// Every value: layer, number of the setting, value.
    pub fn all(&self) -> impl Iterator<Item = (&Layer, u8, &str)> {
        self.layers.iter().flat_map(|(layer, values)| {
            values.iter().map(move |(code, value)| (layer, *code, value.as_str()))
        })
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many bytes of flash they take together.
    pub fn record_bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn facts(&self) -> impl Iterator<Item = Event> + '_ {
        self.all().map(|(layer, code, value)| event(layer, code, value))
    }
}

fn event(layer: &Layer, code: u8, value: &str) -> Event {
    let value = Some(String::from(value));
    Event::SettingChanged { layer: layer.clone(), setting: code, value }
}

fn record_bytes(layer: &Layer, code: u8, value: &str) -> u64 {
    event(layer, code, value).record_bytes()
}
