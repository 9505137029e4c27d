//! The page of strangers that were turned away, and of hardware addresses that are banned.

use crate::form::RuleForm;
use crate::moment::Ago;
use crate::{asset, html, Html, Viewer};
use alloc::string::String;
use askama::Template;
use exchange::limits::BANS_MAX;
use exchange::names::Side;
use exchange::time::Instant;
use exchange::view::{StrangersView, TurnedAwayRow};

#[derive(Template)]
#[template(path = "strangers.html")]
struct StrangersPage<'a> {
    viewer: &'a Viewer<'a>,
    view: &'a StrangersView,
    echo: &'a RuleForm,
}

/// The whole page; `echo` is what is wrong with one of its forms.
pub fn strangers(view: &StrangersView, viewer: &Viewer<'_>, echo: Option<&RuleForm>) -> Html {
    let empty = RuleForm::default();
    let page = StrangersPage { viewer, view, echo: echo.unwrap_or(&empty) };
    html(&page, 8 * 1024 + 900 * view.rows.len())
}

impl StrangersPage<'_> {
    fn ago(&self, at: &Instant) -> Ago {
        Ago::new(self.view.now, *at)
    }

    fn is_remote(&self, row: &TurnedAwayRow) -> bool {
        row.side == Side::Wan
    }
}

/// What it looks like, in a few words.
fn phone(row: &TurnedAwayRow) -> String {
    let mut words = String::from(row.maker.unwrap_or("Unknown maker"));
    if !row.model.is_empty() {
        words.push(' ');
        words.push_str(&row.model);
    }
    words
}
