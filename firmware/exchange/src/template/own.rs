//! The own templates as they survive: a fold of changes, total and without refusal.

use super::{Change, Flaw, Place};
use crate::layer::Layer;
use crate::limits::{TEMPLATES_BYTES_MAX, TEMPLATES_MAX};
use crate::names::HandsetNo;
use crate::sorted::SortedMap;
use crate::state::Event;
use alloc::string::String;
use alloc::vec::Vec;

/// All own templates, by their place.
#[derive(Default)]
pub struct OwnTemplates {
    places: SortedMap<Place, Versions>,
    record_bytes: u64,
}

/// What is at one place; never nothing at all.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Versions {
    /// The source in force; `None` where it was removed.
    pub now: Option<String>,
    /// The source before; `None` where nothing is kept.
    pub before: Option<String>,
}

impl Versions {
    /// A number that changes with the source in force; what a form sends back to show what its
    /// writer saw. 0 where none is in force. FNV-1a: it keeps two admins apart, nobody out.
    pub fn fingerprint(&self) -> u64 {
        let Some(source) = &self.now else { return 0 };
        let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        source.bytes().fold(0xcbf2_9ce4_8422_2325, step).max(1)
    }

    fn bytes(&self) -> usize {
        [&self.now, &self.before].into_iter().flatten().map(String::len).sum()
    }

    pub(super) fn change(&mut self, change: &Change) {
        match change {
            // The same fact again is the same fact.
            Change::Set(source) if self.now.as_ref() == Some(source) => (),
            Change::Set(source) => self.before = self.now.replace(source.clone()),
            Change::Removed => {
                if let Some(now) = self.now.take() {
                    self.before = Some(now);
                }
            }
            Change::Returned => core::mem::swap(&mut self.now, &mut self.before),
            Change::Forgotten => self.before = None,
        }
    }

    /// The changes that make this from nothing.
    fn changes(&self) -> impl Iterator<Item = Change> + '_ {
        let before = self.before.iter().map(|source| Change::Set(source.clone()));
        let now = match &self.now {
            Some(source) => Change::Set(source.clone()),
            None => Change::Removed,
        };
        before.chain(core::iter::once(now))
    }
}

impl OwnTemplates {
    /// Makes a change true.
    pub(crate) fn apply(&mut self, place: &Place, change: &Change) {
        let mut versions = self.places.remove(place).unwrap_or_default();
        versions.change(change);
        if versions != Versions::default() {
            self.places.insert(place.clone(), versions);
        }
        self.reckon();
    }

    /// A handset is gone, and what was its alone with it.
    pub(crate) fn forget(&mut self, handset: HandsetNo) {
        let before = self.places.len();
        self.places.retain(|place, _| place.layer != Layer::Handset(handset));
        if self.places.len() != before {
            self.reckon();
        }
    }

    /// A handset takes over what was another one's alone, in place of what was its own.
    pub(crate) fn hand_over(&mut self, old: HandsetNo, new: HandsetNo) {
        self.places.retain(|place, _| place.layer != Layer::Handset(new));
        let of_old = |place: &&Place| place.layer == Layer::Handset(old);
        let places: Vec<Place> = self.places.keys().filter(of_old).cloned().collect();
        for place in places {
            if let Some(versions) = self.places.remove(&place) {
                let place = Place { layer: Layer::Handset(new), ..place };
                self.places.insert(place, versions);
            }
        }
        self.reckon();
    }

    /// Whether any is of this handset alone.
    pub(crate) fn any_of(&self, handset: HandsetNo) -> bool {
        self.places.keys().any(|place| place.layer == Layer::Handset(handset))
    }

    fn reckon(&mut self) {
        self.record_bytes = self.facts().map(|fact| fact.record_bytes()).sum();
    }

    /// What is wrong with a change, where something is.
    pub(crate) fn check(&self, place: &Place, change: &Change) -> Result<(), Flaw> {
        let known = self.places.get(place);
        match change {
            Change::Set(source) => {
                super::check_source(source)?;
                if known.is_some_and(|known| known.now.as_ref() == Some(source)) {
                    return Err(Flaw::Same);
                }
                if known.is_none() && self.places.len() >= TEMPLATES_MAX {
                    return Err(Flaw::TooMany);
                }
                let (has, keeps) = known.map_or((0, 0), |known| {
                    (known.bytes(), known.now.as_ref().map_or(0, String::len))
                });
                let bytes = self.source_bytes() - has + keeps + source.len();
                match bytes > TEMPLATES_BYTES_MAX {
                    true => Err(Flaw::AllTooLarge { bytes }),
                    false => Ok(()),
                }
            }
            Change::Removed => {
                let now = known.and_then(|known| known.now.as_ref());
                now.map(drop).ok_or(Flaw::NoneHere)
            }
            Change::Returned => known.map(drop).ok_or(Flaw::NothingBefore),
            Change::Forgotten => {
                let before = known.and_then(|known| known.before.as_ref());
                before.map(drop).ok_or(Flaw::NothingBefore)
            }
        }
    }

    /// The facts that make these from nothing.
    pub(crate) fn facts(&self) -> impl Iterator<Item = Event> + '_ {
        self.places.iter().flat_map(|(place, versions)| {
            let event = |change| Event::TemplateChanged { place: place.clone(), change };
            versions.changes().map(event)
        })
    }

    /// Bytes of flash that their facts take.
    pub(crate) fn record_bytes(&self) -> u64 {
        self.record_bytes
    }

    /// Bytes of all sources, those kept for going back among them.
    pub fn source_bytes(&self) -> usize {
        self.places.values().map(Versions::bytes).sum()
    }

    /// What is at a place.
    pub fn at(&self, place: &Place) -> Option<&Versions> {
        self.places.get(place)
    }

    /// All places that have something.
    pub fn all(&self) -> impl Iterator<Item = (&Place, &Versions)> {
        self.places.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::text;
    use alloc::borrow::ToOwned;
    use alloc::vec::Vec;

    fn place(template: &str) -> Place {
        Place { template: text(template), layer: Layer::Site }
    }

    fn set(source: &str) -> Change {
        Change::Set(source.to_owned())
    }

    fn after(changes: &[Change]) -> (Option<String>, Option<String>) {
        let mut own = OwnTemplates::default();
        changes.iter().for_each(|change| own.apply(&place("a"), change));
        let versions = own.at(&place("a")).cloned().unwrap_or_default();
        (versions.now, versions.before)
    }

    fn has(now: &str, before: &str) -> (Option<String>, Option<String>) {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        (some(now), some(before))
    }

    #[test]
    fn the_last_change_is_taken_back_in_one_step_whatever_it_was() {
        use Change::{Forgotten, Removed, Returned};
        assert_eq!(after(&[set("1"), Returned]), has("", "1"));
        assert_eq!(after(&[set("1"), set("2")]), has("2", "1"));
        assert_eq!(after(&[set("1"), set("2"), Returned]), has("1", "2"));
        assert_eq!(after(&[set("1"), set("2"), Returned, Returned]), has("2", "1"));
        assert_eq!(after(&[set("1"), Removed]), has("", "1"));
        assert_eq!(after(&[set("1"), Removed, Returned]), has("1", ""));
        assert_eq!(after(&[set("1"), set("2"), Forgotten]), has("2", ""));
        assert_eq!(after(&[set("1"), Removed, Forgotten]), has("", ""));
        assert_eq!(after(&[set("1"), set("1")]), has("1", ""));
    }

    #[test]
    fn what_its_facts_make_is_the_same_again() {
        use Change::{Removed, Returned};
        for changes in [
            [set("1"), set("2"), set("3")],
            [set("1"), set("2"), Removed],
            [set("1"), Removed, Returned],
            [set("1"), Returned, set("2")],
        ] {
            let mut own = OwnTemplates::default();
            changes.iter().for_each(|change| own.apply(&place("a"), change));
            let mut again = OwnTemplates::default();
            for fact in
                own.facts().collect::<Vec<_>>().iter().chain(&own.facts().collect::<Vec<_>>())
            {
                if let Event::TemplateChanged { place, change } = fact {
                    again.apply(place, change);
                }
            }
            assert!(own.at(&place("a")) == again.at(&place("a")));
            assert_eq!(own.record_bytes(), again.record_bytes());
        }
    }

    #[test]
    fn the_version_before_counts_until_it_is_forgotten() {
        let mut own = OwnTemplates::default();
        let source = |letter: &str| set(&letter.repeat(crate::limits::TEMPLATE_BYTES_MAX));
        for (template, letter) in [("a", "x"), ("a", "y"), ("b", "x")] {
            assert_eq!(own.check(&place(template), &source(letter)), Ok(()));
            own.apply(&place(template), &source(letter));
        }
        assert_eq!(own.source_bytes(), 96 * 1_024);
        // In place of one that keeps one: the one before it goes.
        assert_eq!(own.check(&place("a"), &source("z")), Ok(()));
        own.apply(&place("b"), &source("y"));
        let full = Err(Flaw::AllTooLarge { bytes: 128 * 1_024 + 2 });
        assert_eq!(own.check(&place("c"), &set("z\n")), full);
        own.apply(&place("b"), &Change::Forgotten);
        assert_eq!(own.check(&place("c"), &set("z\n")), Ok(()));
        let long = "x".repeat(crate::limits::TEMPLATE_BYTES_MAX + 1);
        assert_eq!(own.check(&place("c"), &set(&long)), Err(Flaw::TooLarge { bytes: long.len() }));
        assert_eq!(own.check(&place("c"), &set(" \n")), Err(Flaw::Empty));
        assert_eq!(own.check(&place("c"), &set("a\u{7}")), Err(Flaw::Control));
    }

    #[test]
    fn there_are_so_many_places_and_no_more() {
        let mut own = OwnTemplates::default();
        for number in 0..TEMPLATES_MAX {
            let place = place(&alloc::format!("{number}"));
            assert_eq!(own.check(&place, &set("x")), Ok(()));
            own.apply(&place, &set("x"));
        }
        assert_eq!(own.check(&place("a"), &set("x")), Err(Flaw::TooMany));
        assert_eq!(own.check(&place("1"), &set("y")), Ok(()));
        assert_eq!(own.check(&place("1"), &set("x")), Err(Flaw::Same));
    }
}
