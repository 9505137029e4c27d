//! The exchange's doors for templates of an admin's own: what there is, what a change would have to
//! be tried with, and the change itself.

use crate::catalog::Family;
use crate::command::Refusal;
use crate::names::{HandsetNo, InterfaceNo};
use crate::note::Note;
use crate::office::Office;
use crate::state::Event;
use crate::template::Rehearsal;
use crate::template::{self, Change, FileInputs, Flaw, Place, Secrets, Sources, TemplatesView};
use crate::time::Now;
use crate::{By, Exchange};
use alloc::vec::Vec;
use wire::Mac;

impl Exchange {
    /// All files and their own templates, as they may be shown.
    pub fn templates(&self) -> TemplatesView {
        template::view(&self.office)
    }

    /// What is at one place.
    pub fn template_sources(&self, place: &Place) -> Sources {
        template::sources(&self.office, place)
    }

    /// What each file of a handset is made from.
    pub fn file_inputs(&self, now: Now, mac: Mac, secrets: Secrets) -> Vec<FileInputs> {
        template::inputs(&self.office, now, mac, secrets)
    }

    /// What each file of a made-up handset of this make is made from, with masked secrets.
    pub fn example_inputs(&self, family: Family, model: &str) -> Vec<FileInputs> {
        template::example(&self.office, InterfaceNo(0), family, model)
    }

    /// What a change would have to be tried with before it is made; why it cannot be made at all.
    pub fn rehearsal(
        &self,
        now: Now,
        seen: Option<u64>,
        place: &Place,
        change: &Change,
    ) -> Result<Rehearsal, Refusal> {
        check(&self.office, seen, place, change)?;
        Ok(template::rehearsal(&self.office, now, place, change))
    }
}

/// Changes an own template.
pub(crate) fn change(
    office: &mut Office,
    now: Now,
    by: &By,
    place: Place,
    change: Change,
) -> Result<(), Refusal> {
    check(office, by.seen, &place, &change)?;
    office.failing.forget(&place);
    office.record_site(Event::TemplateChanged { place, change });
    office.note(now, Note::TemplateChanged(by.source));
    Ok(())
}

fn check(
    office: &Office,
    seen: Option<u64>,
    place: &Place,
    change: &Change,
) -> Result<(), Refusal> {
    let own = office.durable.templates();
    let known = own.at(place);
    let maker_of = |handset: HandsetNo| {
        let known = office.durable.handset(handset)?;
        Some(office.family(known.mac))
    };
    // What is there can be removed, whatever has become of its file.
    if matches!(change, Change::Set(_)) || known.is_none() {
        place.check(&office.catalog, maker_of).map_err(Refusal::Template)?;
    }
    let fingerprint = known.map_or(0, template::Versions::fingerprint);
    if seen.is_some_and(|seen| seen != fingerprint) {
        return Err(Refusal::Template(Flaw::ChangedMeanwhile));
    }
    own.check(place, change).map_err(Refusal::Template)?;
    let event = Event::TemplateChanged { place: place.clone(), change: change.clone() };
    let fits = match change {
        Change::Set(_) => office.has_room_for(&event),
        // A few bytes, and the state grows by no more.
        Change::Removed | Change::Returned => office.has_room_to_change(&event),
        Change::Forgotten => true,
    };
    if fits {
        Ok(())
    } else {
        Err(Refusal::FlashFull)
    }
}
