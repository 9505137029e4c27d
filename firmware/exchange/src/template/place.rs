//! Where an own template stands: the file that it is for, and a layer.

use crate::catalog::{Catalog, Family};
use crate::layer::{Firmware, Layer};
use crate::names::{HandsetNo, Text};
use core::fmt;
use serde::{Deserialize, Serialize};

/// Where an own template stands.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Place {
    /// The template that it replaces, by its path in the shipped set, such as `yealink/mac.cfg`.
    pub template: Text,
    /// How far it reaches.
    pub layer: Layer,
}

/// Why a layer is none for a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PlaceFlaw {
    /// The file is common to the phones of a model, and a handset's layer reaches it for nobody.
    Common,
    /// Phones of this maker never get it.
    OtherMaker,
    /// No model is named.
    NoModel,
    /// The highest firmware is lower than the lowest.
    Firmware,
    /// There is no such handset.
    NoHandset,
}

impl fmt::Display for PlaceFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PlaceFlaw::Common => {
                "This file is common to all phones of a model; it cannot be one handset's."
            }
            PlaceFlaw::OtherMaker => "Phones of this maker do not get this file.",
            PlaceFlaw::NoModel => "Name the model, such as T46U.",
            PlaceFlaw::Firmware => "The highest firmware is lower than the lowest.",
            PlaceFlaw::NoHandset => "There is no such handset.",
        })
    }
}

impl Place {
    /// Tells whether a template can be for this file and layer; handsets are known by `exists`.
    pub(crate) fn check(
        &self,
        catalog: &Catalog,
        maker_of: impl Fn(HandsetNo) -> Option<Option<Family>>,
    ) -> Result<(), super::Flaw> {
        let flaw = |flaw| Err(super::Flaw::Place(flaw));
        let Some(common) = catalog.is_common(&self.template) else {
            return Err(super::Flaw::NoSuchFile);
        };
        let gets = |family| catalog.files_of(family).any(|(name, _)| name == self.template);
        match &self.layer {
            Layer::Site => Ok(()),
            Layer::Family(family) if gets(*family) => Ok(()),
            Layer::Model { family, model, firmware } if gets(*family) => {
                let Firmware { from, to } = firmware;
                let backwards = !from.is_empty() && !to.is_empty() && !firmware.contains(from);
                match (model.is_empty(), backwards) {
                    (true, _) => flaw(PlaceFlaw::NoModel),
                    (false, true) => flaw(PlaceFlaw::Firmware),
                    (false, false) => Ok(()),
                }
            }
            Layer::Family(_) | Layer::Model { .. } => flaw(PlaceFlaw::OtherMaker),
            Layer::Handset(_) if common => flaw(PlaceFlaw::Common),
            Layer::Handset(handset) => match maker_of(*handset) {
                None => flaw(PlaceFlaw::NoHandset),
                Some(family) if gets(family.unwrap_or(Family::Generic)) => Ok(()),
                Some(_) => flaw(PlaceFlaw::OtherMaker),
            },
        }
    }
}

/// The layer in words, as behind "the template of".
impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Layer::Site => f.write_str("the site"),
            Layer::Family(family) => write!(f, "all {} phones", family.name()),
            Layer::Model { family, model, firmware: Firmware { from, to } } => {
                write!(f, "all {} {model}", family.name())?;
                match (from.is_empty(), to.is_empty()) {
                    (true, true) => Ok(()),
                    (false, true) => write!(f, " from firmware {from}"),
                    (true, false) => write!(f, " up to firmware {to}"),
                    (false, false) => write!(f, " of firmware {from} to {to}"),
                }
            }
            Layer::Handset(number) => write!(f, "handset {}", number.0),
        }
    }
}
