//! The page of the users: who there is, which phones are whose, and the codes that wait to be
//! dialled. No PIN is on it.

use crate::form::UserForm;
use crate::moment::Left;
use crate::{asset, html, Html, Viewer};
use askama::Template;
use exchange::limits::{CLAIM_CODES_MAX, PIN_DIGITS_MAX, TEXT_MAX, USERS_MAX};
use exchange::time::Instant;
use exchange::view::{UserRow, UsersView};

#[derive(Template)]
#[template(path = "users.html")]
struct UsersPage<'a> {
    viewer: &'a Viewer<'a>,
    view: &'a UsersView,
    echo: &'a UserForm,
}

/// The whole page; `echo` is what was typed into the form that adds a user, with its errors.
pub fn users(view: &UsersView, viewer: &Viewer<'_>, echo: Option<&UserForm>) -> Html {
    let empty = UserForm::default();
    let echo = echo.unwrap_or(&empty);
    html(&UsersPage { viewer, view, echo }, 4 * 1024 + view.users.len() * 2 * 1024)
}

impl UsersPage<'_> {
    fn left(&self, until: &Instant) -> Left {
        Left { now: self.view.now, until: *until }
    }

    fn extension(&self, row: &UserRow) -> alloc::string::String {
        row.extension.map(|it| alloc::format!("{it}")).unwrap_or_default()
    }

    fn next(&self) -> alloc::string::String {
        match (self.echo.is_refused(), self.view.next) {
            (true, _) => self.echo.extension.clone(),
            (false, Some(next)) => alloc::format!("{next}"),
            (false, None) => alloc::string::String::new(),
        }
    }

    fn has_room(&self) -> bool {
        self.view.users.len() < USERS_MAX && !self.view.read_only
    }
}
