//! Settings in the text: `setting layer=site name=vlan_id value="42"`.
//!
//! A password stands under `secret` instead of `value`, as other secrets do. A setting that only
//! newer software knows could be a password and is treated as one.

use super::bad::{BadLines, Wrong};
use super::parts;
use super::seal::Sealer;
use super::words::{nearest, pair, quoted, Entry};
use crate::catalog::Family;
use crate::chance::Chance;
use crate::layer::{Firmware, Layer};
use crate::limits::{SETTINGS_BYTES_MAX, SETTING_BYTES_MAX, SETTING_VALUES_MAX};
use crate::names::{text, HandsetNo};
use crate::secret::{spell, unspell};
use crate::settings::{Bad, Reach, Setting, TABLE};
use crate::sorted::SortedMap;
use crate::state::{Durable, Event};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use wire::Mac;

const KEYS: [&str; 9] =
    ["layer", "maker", "model", "from", "to", "handset", "name", "value", "secret"];
/// As many as a phone's own password has that is drawn for it.
const WEB_SECRET_BYTES: usize = 10;
const LAYERS: &str = "site, family, model or handset";
/// Before the number of a setting that is not known here.
const NUMBERED: &str = "setting-";

/// The line of one value, but for a secret, and under which name such a one is sealed.
pub(super) fn line(layer: &Layer, mac: Option<Mac>, code: u8, value: &str) -> (String, String) {
    let mut line = String::from("setting");
    match layer {
        Layer::Site => pair(&mut line, "layer", "site"),
        Layer::Family(family) => {
            pair(&mut line, "layer", "family");
            pair(&mut line, "maker", family.id());
        }
        Layer::Model { family, model, firmware } => {
            pair(&mut line, "layer", "model");
            pair(&mut line, "maker", family.id());
            quoted(&mut line, "model", model);
            quoted(&mut line, "from", &firmware.from);
            quoted(&mut line, "to", &firmware.to);
        }
        Layer::Handset(handset) => {
            pair(&mut line, "layer", "handset");
            pair(&mut line, "handset", handset.0);
        }
    }
    let setting = Setting::from_code(code);
    match setting {
        Some(setting) => pair(&mut line, "name", setting.id()),
        None => pair(&mut line, "name", format_args!("{NUMBERED}{code}")),
    }
    if setting.is_some_and(|setting| !setting.is_secret()) {
        quoted(&mut line, "value", value);
    }
    (line, place(layer, mac, code))
}

/// Whether a value stands sealed in its line.
pub(super) fn is_secret(code: u8) -> bool {
    Setting::from_code(code).is_none_or(Setting::is_secret)
}

/// How a secret value stands there in clear.
pub(super) fn spelt(code: u8, value: &[u8]) -> String {
    match (Setting::from_code(code), core::str::from_utf8(value)) {
        (Some(_), Ok(text)) => String::from(text),
        (Some(_) | None, _) => spell(value),
    }
}

/// Under which name a secret value is sealed: that of a handset goes with its hardware address.
fn place(layer: &Layer, mac: Option<Mac>, code: u8) -> String {
    match (layer, mac) {
        (Layer::Handset(_), Some(mac)) => format!("setting {code} {mac}"),
        (Layer::Site | Layer::Handset(_), _) => format!("setting {code} site"),
        (Layer::Family(family), _) => format!("setting {code} {}", family.id()),
        (Layer::Model { family, model, firmware }, _) => {
            let Firmware { from, to } = firmware;
            format!("setting {code} {} {model}\n{from}\n{to}", family.id())
        }
    }
}

/// The settings as far as a text was read.
#[derive(Default)]
pub(super) struct Settings {
    values: SortedMap<(Layer, u8), (usize, Option<String>)>,
}

impl Settings {
    /// Takes a line in; `mac` is that of a handset which the text has made already.
    pub(super) fn take(
        &mut self,
        at: usize,
        mut entry: Entry<'_>,
        sealer: Option<&Sealer>,
        mac: impl FnOnce(HandsetNo) -> Result<Mac, Wrong>,
    ) -> Result<(), Wrong> {
        entry.knows(&KEYS)?;
        let layer = layer(&mut entry)?;
        let mac = match &layer {
            Layer::Handset(handset) => Some(mac(*handset)?),
            Layer::Site | Layer::Family(_) | Layer::Model { .. } => None,
        };
        let (code, setting) = named(&mut entry)?;
        if setting.is_some_and(|it| !it.entry().reach.contains(&Reach::of(&layer))) {
            return Err(Wrong::Setting(Bad::Reach));
        }
        let value =
            match setting.filter(|setting| !setting.is_secret()) {
                Some(setting) => Some(setting.read(&entry.want("value")?).map_err(Wrong::Setting)?),
                None => {
                    let bytes =
                        entry.opened("secret", &place(&layer, mac, code), sealer, |text| {
                            match setting {
                                Some(_) => Some(text.as_bytes().to_vec()),
                                None => unspell(text),
                            }
                        })?;
                    bytes.map(|bytes| secret(setting, bytes)).transpose()?
                }
            };
        if self.values.len() >= SETTING_VALUES_MAX {
            return Err(Wrong::SettingsFull);
        }
        if let Some((line, _)) = self.values.get(&(layer.clone(), code)) {
            return Err(Wrong::Again { what: "This setting", line: *line });
        }
        self.values.insert((layer, code), (at, value));
        Ok(())
    }

    /// What is wrong only once all lines are known.
    pub(super) fn check(&self, bad: &mut BadLines) {
        let mut bytes = 0;
        for ((layer, setting), (at, value)) in &self.values {
            let (layer, value) = (layer.clone(), value.clone());
            bytes += Event::SettingChanged { layer, setting: *setting, value }.record_bytes();
            if bytes > SETTINGS_BYTES_MAX {
                bad.add(*at, Wrong::SettingsFull);
                return;
            }
        }
    }

    /// The facts. A password that was left out stays as this box has it for the same place, and is
    /// drawn where it has none; `was` is the number that a handset had before.
    pub(super) fn facts(
        self,
        before: &Durable,
        was: &SortedMap<HandsetNo, HandsetNo>,
        chance: &mut Chance,
    ) -> Vec<Event> {
        let old = |layer: &Layer, code: u8| {
            let before_it = match layer {
                Layer::Handset(handset) => Layer::Handset(*was.get(handset)?),
                Layer::Site | Layer::Family(_) | Layer::Model { .. } => layer.clone(),
            };
            let found =
                before.settings().all().find(|(at, it, _)| (*at, *it) == (&before_it, code));
            found.map(|(_, _, value)| String::from(value))
        };
        let each = self.values.into_iter().filter_map(|((layer, setting), (_, value))| {
            let mut draw = || spell(&chance.bytes::<WEB_SECRET_BYTES>());
            let drawn = || Setting::from_code(setting).map(|_| draw());
            let value = value.or_else(|| old(&layer, setting)).or_else(drawn);
            value.map(|value| Event::SettingChanged { layer, setting, value: Some(value) })
        });
        each.collect()
    }
}

fn layer(entry: &mut Entry<'_>) -> Result<Layer, Wrong> {
    let word = entry.want("layer")?;
    Ok(match &*word {
        "site" => Layer::Site,
        "family" => Layer::Family(family(entry)?),
        "model" => Layer::Model {
            family: family(entry)?,
            model: entry.text("model")?,
            firmware: Firmware { from: entry.text("from")?, to: entry.text("to")? },
        },
        "handset" => Layer::Handset(entry.handset("handset")?),
        _other => return Err(Wrong::Value("layer", LAYERS)),
    })
}

fn family(entry: &mut Entry<'_>) -> Result<Family, Wrong> {
    let word = entry.want("maker")?;
    Family::from_id(&word).ok_or(Wrong::Value("maker", parts::MAKER))
}

fn named(entry: &mut Entry<'_>) -> Result<(u8, Option<Setting>), Wrong> {
    let word = entry.want("name")?;
    if let Some(setting) = Setting::from_id(&word) {
        return Ok((setting.code(), Some(setting)));
    }
    let number = word.strip_prefix(NUMBERED).and_then(|number| number.parse().ok());
    let number = number.filter(|code| Setting::from_code(*code).is_none());
    let ids: Vec<&'static str> = TABLE.iter().map(|entry| entry.id).collect();
    let unknown = || Wrong::UnknownSetting(text(&word), nearest(&word, &ids));
    number.map(|code| (code, None)).ok_or_else(unknown)
}

fn secret(setting: Option<Setting>, bytes: Vec<u8>) -> Result<String, Wrong> {
    let bad = Wrong::Value("secret", parts::SECRET);
    let text = String::from_utf8(bytes).map_err(|_| bad.clone())?;
    match setting {
        Some(setting) => setting.read(&text).map_err(Wrong::Setting),
        None if text.len() <= SETTING_BYTES_MAX => Ok(text),
        None => Err(bad),
    }
}
