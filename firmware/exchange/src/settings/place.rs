//! Where a value comes from.

use super::{Ground, Setting, Store};
use crate::layer::{Layer, Whom};

/// Where a value comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// No layer says anything.
    Ground(Ground),
    /// This layer says it.
    Layer(Layer),
}

impl Store {
    /// The value that is in force for somebody and where it comes from; `None` for what only the
    /// ground can say.
    pub fn resolve(&self, whom: Whom<'_>, setting: Setting) -> (Option<&str>, Origin) {
        for layer in self.reaching(whom) {
            if let Some(value) = self.get(layer, setting) {
                return (Some(value), Origin::Layer(layer.clone()));
            }
        }
        let ground = setting.entry().ground;
        let shipped = match ground {
            Ground::Shipped(value) => Some(value),
            Ground::Phone | Ground::File | Ground::Drawn | Ground::OfBox | Ground::Remote => None,
        };
        (shipped, Origin::Ground(ground))
    }
}

impl Layer {
    /// Whom a page of this layer speaks of: nobody nearer than it.
    pub fn whom(&self) -> Whom<'_> {
        let anybody = Whom { handset: None, family: None, model: "", firmware: "" };
        match self {
            Layer::Site => anybody,
            Layer::Family(family) => Whom { family: Some(*family), ..anybody },
            Layer::Model { family, model, firmware } => {
                let version = if firmware.from.is_empty() { &firmware.to } else { &firmware.from };
                Whom { family: Some(*family), model, firmware: version, ..anybody }
            }
            Layer::Handset(handset) => Whom { handset: Some(*handset), ..anybody },
        }
    }
}
