//! The users, and what is shown only after the admin's password was given again.

use super::office::{notice, Wish};
use super::route::UserRoute;
use super::rules::{slowed, Seen, WRONG};
use super::{reply, Admin};
use crate::call::{Call, Reply};
use crate::http::Answered;
use exchange::command::Command;
use exchange::note::Shown;
use exchange::view::UsersView;
use hyper::StatusCode;
use pages::form::{self, Fields, UserForm};

impl Admin<'_> {
    pub(super) async fn users(&self, query: &str) -> Answered {
        let Some(view) = self.look_at_users().await else { return reply::unavailable() };
        reply::html(StatusCode::OK, pages::users(&view, &self.viewer(notice(query)), None))
    }

    /// Takes one of the forms of the users' page.
    pub(super) async fn change_users(&self, route: UserRoute, fields: &Fields) -> Answered {
        let form = match read(route, fields) {
            Ok((command, done)) => match self.wish(fields, command).await {
                Wish::Done => return reply::see_made(&format!("/users?done={done}")),
                Wish::Refused(refusal) => UserForm::refused(fields, refusal),
                Wish::Unanswered => return reply::unavailable(),
            },
            Err(form) => *form,
        };
        let Some(view) = self.look_at_users().await else { return reply::unavailable() };
        let html = pages::users(&view, &self.viewer(None), Some(&form));
        reply::html(StatusCode::UNPROCESSABLE_ENTITY, html)
    }

    /// Shows a user's PIN.
    pub(super) async fn reveal_of_users(&self, fields: &Fields) -> Answered {
        match form::hidden(fields) {
            Some(what) => self.reveal(fields, "The user's PIN", what).await,
            None => reply::unknown(),
        }
    }

    /// Shows a secret that has no page of its own.
    pub(super) async fn reveal(&self, fields: &Fields, title: &str, what: Shown) -> Answered {
        let refused = |status, sentence: &str| reply::message(status, "Not shown", sentence);
        match self.see(fields, what).await {
            Seen::Secret(secret) => reply::message(StatusCode::OK, title, &secret),
            Seen::Nothing => refused(StatusCode::NOT_FOUND, "There is none."),
            Seen::Wrong => refused(StatusCode::FORBIDDEN, WRONG),
            Seen::Slowed(after_s) => slowed(after_s),
            Seen::Unanswered => reply::unavailable(),
        }
    }

    async fn look_at_users(&self) -> Option<Box<UsersView>> {
        match self.visitor.desk.ask(Call::LookAtUsers).await {
            Some(Reply::LookedAtUsers(view)) => Some(view),
            _other => None,
        }
    }
}

/// The command of a form, and the word for its being done.
fn read(route: UserRoute, fields: &Fields) -> Result<(Command, &'static str), Box<UserForm>> {
    let incomplete = || {
        let form_error = Some("This form came incomplete.".to_owned());
        Box::new(UserForm { form_error, ..UserForm::default() })
    };
    Ok(match route {
        UserRoute::Add => (form::add_user(fields)?, "user-added"),
        UserRoute::Change => (form::change_user(fields)?, "user-changed"),
        UserRoute::Delete => (form::delete_user(fields).ok_or_else(incomplete)?, "user-deleted"),
        UserRoute::Code => (form::code(fields).ok_or_else(incomplete)?, "code"),
    })
}
