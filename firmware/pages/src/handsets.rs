//! The page Phone System > Handsets: every phone at a glance, and what is wrong with which.

use crate::form::{AddForm, GenericForm, ResyncForm};
use crate::moment::Ago;
use crate::status::{mark, Mark};
use crate::{alarm, asset, html, Html, Viewer};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use askama::Template;
use exchange::limits::{RESYNCS_AT_ONCE, STRANGERS_SHOWN_MAX};
use exchange::note::Note;
use exchange::time::Instant;
use exchange::view::{HandsetRow, Progress, Status, StrangerRow, View};

/// Notes listed.
const NOTES_SHOWN_MAX: usize = 8;
/// Bytes of a page without rows, and of one row, for the first allocation.
const PAGE_BYTES: usize = 12 * 1024;
const ROW_BYTES: usize = 320;

/// The whole page; `add` is what was typed into the form to add a handset, with its errors.
pub fn handsets(view: &View, viewer: &Viewer<'_>, add: Option<&AddForm>) -> Html {
    let empty = AddForm::default();
    let add = add.unwrap_or(&empty);
    page(view, viewer, add, &GenericForm::default(), &ResyncForm::default())
}

/// The whole page with what was typed into the form that adds what has no hardware address, and its
/// errors.
pub fn handsets_generic(view: &View, viewer: &Viewer<'_>, generic: &GenericForm) -> Html {
    page(view, viewer, &AddForm::default(), generic, &ResyncForm::default())
}

/// The whole page with what was typed into the form that has handsets asked, and its errors.
pub fn handsets_resync(view: &View, viewer: &Viewer<'_>, resync: &ResyncForm) -> Html {
    page(view, viewer, &AddForm::default(), &GenericForm::default(), resync)
}

fn page(
    view: &View,
    viewer: &Viewer<'_>,
    add: &AddForm,
    generic: &GenericForm,
    resync: &ResyncForm,
) -> Html {
    let page = HandsetsPage { viewer, office: Office::new(view), add, generic, resync };
    html(&page, PAGE_BYTES + ROW_BYTES * view.handsets.len())
}

/// The parts of the page that change by themselves, for the script of an open page. They contain
/// no form, so that replacing them loses nothing that somebody types.
pub fn handsets_fragment(view: &View) -> Html {
    let fragment = HandsetsFragment { office: Office::new(view) };
    html(&fragment, PAGE_BYTES + ROW_BYTES * view.handsets.len())
}

#[derive(Template)]
#[template(path = "handsets.html")]
struct HandsetsPage<'a> {
    viewer: &'a Viewer<'a>,
    office: Office<'a>,
    add: &'a AddForm,
    generic: &'a GenericForm,
    resync: &'a ResyncForm,
}

#[derive(Template)]
#[template(path = "office.html")]
struct HandsetsFragment<'a> {
    office: Office<'a>,
}

/// A view with what a template cannot reckon.
struct Office<'a> {
    view: &'a View,
    counts: [Count; 5],
    first_stuck: Option<&'a HandsetRow>,
}

/// How many there are of a kind.
struct Count {
    number: usize,
    mark: Mark,
    href: &'static str,
}

impl<'a> Office<'a> {
    fn new(view: &'a View) -> Office<'a> {
        let of = |status| view.handsets.iter().filter(|row| row.status == status).count();
        let count = |status| Count { number: of(status), mark: mark(status), href: "#handsets" };
        let strangers = Count {
            number: view.strangers.len(),
            mark: Mark { class: "new", word: "Strangers" },
            href: "#strangers",
        };
        Office {
            view,
            counts: [
                count(Status::Registered),
                count(Status::Booting),
                Count { href: "#stuck", ..count(Status::Stuck) },
                count(Status::Away),
                strangers,
            ],
            first_stuck: view.handsets.iter().find(|row| row.status == Status::Stuck),
        }
    }

    fn alarms(&self) -> Vec<alarm::AlarmText> {
        self.view.alarms.iter().map(alarm::words).collect()
    }

    fn strangers(&self) -> &[StrangerRow] {
        let shown = self.view.strangers.len().min(STRANGERS_SHOWN_MAX);
        self.view.strangers.get(..shown).unwrap_or_default()
    }

    fn strangers_left_out(&self) -> usize {
        self.view.strangers.len().saturating_sub(STRANGERS_SHOWN_MAX)
    }

    fn notes(&self) -> impl Iterator<Item = &(Instant, Note)> {
        self.view.notes.iter().take(NOTES_SHOWN_MAX)
    }

    fn is_first_stuck(&self, row: &HandsetRow) -> bool {
        self.first_stuck.is_some_and(|first| first.handset == row.handset)
    }

    /// What came of asking handsets, in numbers; `None` where none was asked lately.
    fn asked(&self) -> Option<String> {
        let of = |counts: fn(Progress) -> bool| {
            let asked = self.view.handsets.iter().filter_map(|row| row.asked);
            asked.filter(|asked| counts(asked.progress)).count()
        };
        let all = [
            (of(|it| it == Progress::Confirmed), "confirmed"),
            (of(|it| matches!(it, Progress::Refused(_))), "refused"),
            (of(|it| matches!(it, Progress::Silent | Progress::NeverCame)), "did not answer"),
            (of(|it| it == Progress::NotRegistered), "not registered"),
            (
                of(|it| matches!(it, Progress::Asked | Progress::Acknowledged)),
                "asked, not here yet",
            ),
            (of(|it| it == Progress::Waiting), "waiting for their turn"),
            (of(|it| matches!(it, Progress::Planned(_))), "waiting for the quiet hour"),
        ];
        let said = all.iter().filter(|(number, _)| *number > 0);
        let said: Vec<String> = said.map(|(number, word)| format!("{number} {word}")).collect();
        (!said.is_empty()).then(|| said.join(", "))
    }

    /// Whether there is anything left to call off.
    fn may_call_off(&self) -> bool {
        let mut asked = self.view.handsets.iter().filter_map(|row| row.asked);
        asked.any(|asked| asked.is_before_sending())
    }

    fn mark(&self, row: &HandsetRow) -> Mark {
        mark(row.status)
    }

    fn ago(&self, at: &Instant) -> Ago {
        Ago::new(self.view.now, *at)
    }
}
