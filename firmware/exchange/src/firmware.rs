//! Firmware of phones that an admin has put on the box: which files there are, for which phones,
//! and whether another one may come.
//!
//! The bytes themselves are elsewhere, on flash of their own, and so is their list: what is known
//! here was told by [`Exchange::firmware_kept`](crate::Exchange::firmware_kept). A file is for a
//! model, or for whoever asks for its name. Where it is for a model it takes the place of the
//! setting `firmware_url` of that model's phones, unless an admin has set that for the model or the
//! handset. Only a device that was proven to hold its address gets it, as with a file of its own:
//! whole megabytes are for no stranger.

use crate::catalog::Family;
use crate::layer::{Layer, Whom};
use crate::limits::FIRMWARE_NAME_MAX;
use crate::names::{text, InterfaceNo, Text};
use crate::office::Office;
use crate::output::FileNo;
use crate::provision;
use crate::settings::{Origin, Setting};
use crate::sorted::SortedSet;
use crate::time::{Now, Wall};
use crate::view::{FirmwareRow, FirmwareView};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// A file of firmware that the box has.
#[derive(Clone, Debug)]
pub struct Firmware {
    /// Which one; the number is good until the next start.
    pub no: FileNo,
    /// Its name, by which phones ask for it.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u32,
    /// SHA-256 of its content.
    pub digest: [u8; 32],
    /// For whom it is, and since when it is here.
    pub about: About,
}

/// What is written down about a file beside itself.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct About {
    /// The maker and the model that it is for; `None` where it is for whoever asks for it.
    pub model: Option<(Family, Text)>,
    /// When it came, where the box knew the time.
    pub since: Option<Wall>,
}

/// Why a file of firmware may not come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotFirmware {
    /// Its name is empty, too long, or has letters that not every phone can ask for.
    Name,
    /// Phones ask for other things by this name, which the box makes or knows to be missing.
    NameTaken,
    /// A model was named and no maker, or a maker and no model.
    Half,
    /// Nothing new can be stored.
    NotStored,
}

impl fmt::Display for NotFirmware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotFirmware::Name => write!(
                f,
                "The name of such a file has letters, digits and . _ - + ~ ( ) only, begins with a \
                 letter or a digit, and is at most {FIRMWARE_NAME_MAX} characters long."
            ),
            NotFirmware::NameTaken => f.write_str(
                "Phones ask for their configuration by this name, so no other file can have it.",
            ),
            NotFirmware::Half => f.write_str("Name both the maker and the model, or neither."),
            NotFirmware::NotStored => {
                f.write_str("Nothing new can be stored: the flash memory needs attention.")
            }
        }
    }
}

impl About {
    /// Its bytes: maker, seconds of the wall clock, model; zeros for what is not known.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::from([self.model.as_ref().map_or(0, |(family, _)| family.code())]);
        bytes.extend_from_slice(&self.since.map_or(0, |wall| wall.0).to_le_bytes());
        bytes.extend_from_slice(self.model.as_ref().map_or(&[], |(_, model)| model.as_bytes()));
        bytes
    }

    /// Reads what [`About::encode`] wrote; what only newer software knows counts as not known.
    pub fn decode(bytes: &[u8]) -> About {
        let Some((code, rest)) = bytes.split_first() else { return About::default() };
        let Some((since, model)) = rest.split_first_chunk::<8>() else { return About::default() };
        let model = core::str::from_utf8(model).ok().filter(|model| !model.is_empty()).map(text);
        let since = Some(u64::from_le_bytes(*since)).filter(|seconds| *seconds > 0);
        About { model: Family::from_code(*code).zip(model), since: since.map(Wall) }
    }
}

/// What an admin wants to put on the box, but for the bytes.
pub struct Offered<'a> {
    /// Its name.
    pub name: &'a str,
    /// The maker it is for.
    pub family: Option<Family>,
    /// The model it is for, as typed; may be empty.
    pub model: &'a str,
}

impl Office {
    /// Says whether such a file may come, and what is to be written down about it.
    pub(crate) fn may_keep(&self, now: Now, offered: &Offered<'_>) -> Result<About, NotFirmware> {
        let Offered { name, family, model } = *offered;
        if self.read_only {
            return Err(NotFirmware::NotStored);
        }
        if !is_name(name) {
            return Err(NotFirmware::Name);
        }
        if self.catalog.makes(name) {
            return Err(NotFirmware::NameTaken);
        }
        let model = match (family, model.trim()) {
            (None, "") => None,
            (Some(family), model) if !model.is_empty() => {
                let spelt = family.plain_model(model).unwrap_or_else(|| text(model));
                Some((family, spelt))
            }
            (Some(_) | None, _) => return Err(NotFirmware::Half),
        };
        Ok(About { model, since: now.wall })
    }

    /// The file of this name.
    pub(crate) fn firmware_named(&self, name: &str) -> Option<&Firmware> {
        self.firmware.iter().find(|file| file.name == name)
    }

    /// The file that is for this one's model and not overruled by an admin's own setting.
    fn firmware_for(&self, whom: Whom<'_>) -> Option<&Firmware> {
        let (family, model) = (whom.family?, whom.model);
        // Of two for one model the later came last.
        let mine = |file: &&Firmware| {
            file.about.model.as_ref().is_some_and(|(of, name)| *of == family && name == model)
        };
        let file = self.firmware.iter().rev().find(mine)?;
        match self.durable.settings().resolve(whom, Setting::FirmwareUrl).1 {
            Origin::Layer(Layer::Model { .. } | Layer::Handset(_)) => None,
            Origin::Layer(Layer::Site | Layer::Family(_)) | Origin::Ground(_) => Some(file),
        }
    }

    /// Where this one finds the firmware that is here for it, in the form that its maker's phones
    /// read: the file, or the folder in which they look for a name they know.
    pub(crate) fn firmware_url(&self, interface: InterfaceNo, whom: Whom<'_>) -> Option<String> {
        let file = self.firmware_for(whom)?;
        let folder = provision::directory_path(self, interface);
        let name = match whom.family.is_some_and(Family::firmware_is_folder) {
            true => "",
            false => &file.name,
        };
        Some(format!("http://{folder}{name}"))
    }

    /// Whether the firmware that this one is told of is a file of the box.
    pub(crate) fn has_firmware_for(&self, whom: Whom<'_>) -> bool {
        self.firmware_for(whom).is_some()
    }

    /// The files as they may be shown, and for what others could be.
    pub(crate) fn firmware_view(&self, now: Now) -> FirmwareView {
        let kinds: SortedSet<_> = self
            .durable
            .handsets()
            .filter_map(|(_, handset)| {
                let family = Family::from_code(handset.family)?;
                Some((family, handset.model.clone())).filter(|(_, model)| !model.is_empty())
            })
            .collect();
        let row = |file: &Firmware| {
            let whom = file.about.model.as_ref().map(|(family, model)| Whom {
                handset: None,
                family: Some(*family),
                model,
                firmware: "",
            });
            let told = whom.and_then(|whom| self.firmware_for(whom));
            FirmwareRow {
                no: file.no,
                name: file.name.clone(),
                model: file.about.model.clone(),
                bytes: file.bytes,
                digest: file.digest,
                since: file.about.since,
                is_told: told.is_some_and(|told| told.no == file.no),
            }
        };
        FirmwareView {
            now,
            files: self.firmware.iter().map(row).collect(),
            kinds: kinds.into_iter().collect(),
            read_only: self.read_only,
        }
    }
}

/// What every phone can ask for, and what means the same in a URL, in XML and in a line of text.
fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-+~()".contains(&byte);
    let begins = name.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric());
    begins && name.len() <= FIRMWARE_NAME_MAX && name.bytes().all(plain)
}
