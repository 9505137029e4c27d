//! What becomes of an own template that fails although it was tried: a phone for which it failed
//! three times gets the file that the shipped one makes, until the template is changed or the box
//! starts anew. The failures of one phone are no other's concern.

use crate::limits::{TEMPLATE_FAILING_MAX, TEMPLATE_FAILURES_MAX};
use crate::note::Note;
use crate::office::Office;
use crate::sorted::SortedMap;
use crate::template::Place;
use crate::time::Now;
use wire::Mac;

/// How often each own template failed, and for whom; somebody who is not known counts as one phone.
#[derive(Default)]
pub(crate) struct Failing(SortedMap<(Place, Option<Mac>), u8>);

/// What a phone is answered whose own template failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Next {
    /// That its file cannot be made now; it asks again.
    TryAgain,
    /// The file that the shipped template makes.
    Shipped,
}

impl Failing {
    /// Forgets the failures of a template that was changed.
    pub(crate) fn forget(&mut self, place: &Place) {
        self.0.retain(|(of, _), _| of != place);
    }
}

impl Office {
    /// Counts a failure, and says what comes of it.
    pub(crate) fn has_failed(
        &mut self,
        now: Now,
        template: &'static str,
        place: Place,
        asker: Option<Mac>,
    ) -> Next {
        let failing = &mut self.failing.0;
        let key = (place, asker);
        let before = failing.get(&key).copied();
        // Where nobody more can be counted the phone is not left without a file.
        if before.is_none() && failing.len() >= TEMPLATE_FAILING_MAX {
            self.note(now, Note::OwnTemplateGivenUp(template));
            return Next::Shipped;
        }
        let times = before.unwrap_or(0).saturating_add(1);
        failing.insert(key, times);
        if times < TEMPLATE_FAILURES_MAX {
            self.note(now, Note::OwnTemplateFailed(template));
            return Next::TryAgain;
        }
        self.note(now, Note::OwnTemplateGivenUp(template));
        Next::Shipped
    }

    /// Whether an own template is not tried any more for this one.
    pub(crate) fn is_given_up(&self, place: &Place, asker: Option<Mac>) -> bool {
        let times = self.failing.0.get(&(place.clone(), asker));
        times.is_some_and(|times| *times >= TEMPLATE_FAILURES_MAX)
    }

    /// For how many phones an own template is not tried any more.
    pub(crate) fn given_up(&self, place: &Place) -> usize {
        let failed = self.failing.0.iter();
        let failed =
            failed.filter(|((of, _), times)| of == place && **times >= TEMPLATE_FAILURES_MAX);
        failed.count()
    }
}
