//! The page Phone book: who stands in it, and whose phones read it how.

use crate::settings::maker;
use crate::{asset, html, Html, Viewer};
use alloc::format;
use alloc::string::String;
use askama::Template;
use exchange::view::{BookReader, BookView, Family};

#[derive(Template)]
#[template(path = "book.html")]
struct BookPage<'a> {
    viewer: &'a Viewer<'a>,
    view: &'a BookView,
}

/// The whole page.
pub fn book(view: &BookView, viewer: &Viewer<'_>) -> Html {
    html(&BookPage { viewer, view }, 4 * 1024 + 64 * view.entries.len())
}

impl BookPage<'_> {
    fn who(&self, reader: &BookReader) -> String {
        if reader.family == Family::Generic {
            return String::from("Any other that asks");
        }
        maker(reader.family)
    }

    fn reads(&self, reader: &BookReader) -> String {
        match (reader.is_told, reader.page_max) {
            (false, _) => String::from(
                "once, into the phone's own directory, while that is empty; later changes do not \
                 reach it",
            ),
            (true, 0) => String::from("as a whole"),
            (true, most) => format!("{most} at a time"),
        }
    }
}
