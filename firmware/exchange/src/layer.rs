//! How far a setting or a template reaches: the whole site, a maker, a model, or one handset.
//!
//! What is shipped is the ground that all layers lie on. The higher layer wins, setting by setting;
//! of two models that both fit, the one that names a range of firmware does. A layer is chosen by
//! what the phone says of itself, which can be forged: it decides a form, never a right.

use crate::catalog::Family;
use crate::names::{HandsetNo, Text};
use core::cmp::Ordering;
use serde::{Deserialize, Serialize};

/// How far something reaches.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Layer {
    /// Every handset of the site.
    Site,
    /// Every handset of a maker.
    Family(Family),
    /// Every handset of a model.
    Model {
        /// Its maker.
        family: Family,
        /// The model in the family's one spelling, such as `T46U`.
        model: Text,
        /// The firmware it is meant for.
        firmware: Firmware,
    },
    /// One handset.
    Handset(HandsetNo),
}

/// A range of firmware versions, both ends within; an empty end is open.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub struct Firmware {
    /// The lowest version.
    pub from: Text,
    /// The highest version; `84` has all of `84.1` and `84.2` within.
    pub to: Text,
}

/// The one that a layer may fit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Whom<'a> {
    /// Its number; `None` for a file that is common to many.
    pub handset: Option<HandsetNo>,
    /// Its maker, where known.
    pub family: Option<Family>,
    /// Its model in the family's one spelling; empty where unknown.
    pub model: &'a str,
    /// Its firmware; empty where unknown.
    pub firmware: &'a str,
}

impl Layer {
    /// Tells whether it reaches this one.
    pub fn reaches(&self, whom: Whom<'_>) -> bool {
        match self {
            Layer::Site => true,
            Layer::Family(family) => whom.family == Some(*family),
            Layer::Model { family, model, firmware } => {
                whom.family == Some(*family)
                    && model == whom.model
                    && firmware.contains(whom.firmware)
            }
            Layer::Handset(handset) => whom.handset == Some(*handset),
        }
    }

    /// Compares two layers that reach the same one: the greater wins. Of two ranges of firmware it
    /// is the one that begins later.
    pub fn compare(&self, other: &Layer) -> Ordering {
        self.rank().cmp(&other.rank()).then_with(|| compare(self.begins(), other.begins()))
    }

    fn begins(&self) -> &str {
        match self {
            Layer::Model { firmware, .. } => &firmware.from,
            Layer::Site | Layer::Family(_) | Layer::Handset(_) => "",
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Layer::Site => 1,
            Layer::Family(_) => 2,
            Layer::Model { firmware, .. } if firmware.is_open() => 3,
            Layer::Model { .. } => 4,
            Layer::Handset(_) => 5,
        }
    }
}

impl Firmware {
    /// Tells whether every version is within, an unknown one too.
    pub fn is_open(&self) -> bool {
        self.from.is_empty() && self.to.is_empty()
    }

    /// Tells whether a version is within; an unknown one only is where both ends are open.
    pub fn contains(&self, version: &str) -> bool {
        if self.is_open() || version.is_empty() {
            return self.is_open();
        }
        let begun = self.from.is_empty() || compare(version, &self.from) != Ordering::Less;
        let ended = !self.to.is_empty()
            && compare(version, &self.to) == Ordering::Greater
            && !is_within(version, &self.to);
        begun && !ended
    }
}

/// Compares two versions part by part: by number where both parts are numbers, else as text.
pub fn compare(one: &str, other: &str) -> Ordering {
    let (mut one, mut other) = (parts(one), parts(other));
    loop {
        let order = match (one.next(), other.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(one), Some(other)) => match (number(one), number(other)) {
                (Some(one), Some(other)) => one.cmp(&other),
                (Some(_), None) | (None, Some(_)) | (None, None) => one.cmp(other),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// Tells whether a version is one of those that begin with all parts of another.
fn is_within(version: &str, whole: &str) -> bool {
    let mut version = parts(version);
    parts(whole).all(|part| version.next().is_some_and(|own| compare(own, part).is_eq()))
}

fn parts(version: &str) -> impl Iterator<Item = &str> {
    version.split(['.', '-', '_', ' ']).filter(|part| !part.is_empty())
}

fn number(part: &str) -> Option<u64> {
    part.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::text;

    fn range(from: &str, to: &str) -> Firmware {
        Firmware { from: text(from), to: text(to) }
    }

    #[test]
    fn versions_are_compared_by_number() {
        for (one, other) in [
            ("66.86.0.15", "66.86.0.160"),
            ("1.0.9.108", "1.0.11.2"),
            ("8.9.3.48", "10.1.20.0"),
            ("10.1", "10.1.0"),
            ("7.3.5a", "7.3.5b"),
        ] {
            assert_eq!(compare(one, other), Ordering::Less, "{one} {other}");
            assert_eq!(compare(other, one), Ordering::Greater, "{one} {other}");
        }
        assert_eq!(compare("66.086.0", "66.86.0"), Ordering::Equal);
    }

    #[test]
    fn a_range_has_both_of_its_ends_within() {
        let firmware = range("84", "86");
        for inside in ["84", "84.0.1", "85.9", "86", "86.0.150"] {
            assert!(firmware.contains(inside), "{inside}");
        }
        for outside in ["", "83.99", "87", "860"] {
            assert!(!firmware.contains(outside), "{outside}");
        }
        assert!(range("84", "").contains("99") && !range("84", "").contains("83"));
        assert!(Firmware::default().contains("") && Firmware::default().contains("1"));
    }

    #[test]
    fn the_nearer_layer_wins_and_reaches_only_its_own() {
        let model =
            |firmware| Layer::Model { family: Family::Yealink, model: text("T46U"), firmware };
        let layers = [
            Layer::Site,
            Layer::Family(Family::Yealink),
            model(Firmware::default()),
            model(range("84", "")),
            Layer::Handset(HandsetNo(7)),
        ];
        assert!(layers.windows(2).all(|pair| pair[0].rank() < pair[1].rank()));
        let whom = Whom {
            handset: Some(HandsetNo(7)),
            family: Some(Family::Yealink),
            model: "T46U",
            firmware: "84.1",
        };
        assert!(layers.iter().all(|layer| layer.reaches(whom)));
        let other = Whom { handset: Some(HandsetNo(8)), firmware: "83.0", ..whom };
        assert_eq!(layers.iter().filter(|layer| layer.reaches(other)).count(), 3);
        let later = model(range("84.1", ""));
        assert_eq!(later.compare(&layers[3]), Ordering::Greater);
        let other = Whom { family: Some(Family::Snom), model: "T46U", ..other };
        assert_eq!(layers.iter().filter(|layer| layer.reaches(other)).count(), 1);
    }
}
