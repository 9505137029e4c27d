//! The page Phone System > Handsets: every phone at a glance, and what is wrong with which.

use crate::form::AddForm;
use crate::moment::Ago;
use crate::status::{mark, Mark};
use crate::{alarm, asset, html, Html, Viewer};
use alloc::vec::Vec;
use askama::Template;
use exchange::limits::STRANGERS_SHOWN_MAX;
use exchange::note::Note;
use exchange::time::Instant;
use exchange::view::{HandsetRow, Status, StrangerRow, View};

/// Notes listed.
const NOTES_SHOWN_MAX: usize = 8;
/// Bytes of a page without rows, and of one row, for the first allocation.
const PAGE_BYTES: usize = 12 * 1024;
const ROW_BYTES: usize = 320;

/// The whole page; `add` is what was typed into the form to add a handset, with its errors.
pub fn handsets(view: &View, viewer: &Viewer<'_>, add: Option<&AddForm>) -> Html {
    let empty = AddForm::default();
    let page = HandsetsPage { viewer, office: Office::new(view), add: add.unwrap_or(&empty) };
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

    fn mark(&self, row: &HandsetRow) -> Mark {
        mark(row.status)
    }

    fn ago(&self, at: &Instant) -> Ago {
        Ago::new(self.view.now, *at)
    }
}
