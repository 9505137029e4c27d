//! The users, and what is shown only after the admin's password was given again.

use super::account::{seconds, IN_TURN_AFTER_S};
use super::office::{notice, Wish};
use super::route::UserRoute;
use super::{reply, Admin};
use crate::call::{Ask, Call, Reply, Told};
use crate::http::Answered;
use exchange::command::Command;
use exchange::seat::Hidden;
use exchange::view::UsersView;
use hyper::StatusCode;
use pages::form::{self, Fields, UserForm};
use wire::Mac;

/// What became of wanting to see a secret.
enum Shown {
    Secret(String),
    Nothing,
    Wrong,
    Slowed(u32),
    Unanswered,
}

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

    /// Shows a PIN.
    pub(super) async fn reveal_of_users(&self, fields: &Fields) -> Answered {
        let Some(what) = form::hidden(fields) else { return reply::unknown() };
        let title = match what {
            Hidden::PinOf(_) => "The user's PIN",
            Hidden::InstallPin => "The install PIN",
            Hidden::WebPassword(_) => "The password of the phone's page",
        };
        self.reveal(fields, title, what).await
    }

    /// Shows the password of a phone's own page.
    pub(super) async fn reveal_of_handset(&self, mac: &str, fields: &Fields) -> Answered {
        let Some(mac) = Mac::parse(mac.as_bytes()) else { return reply::unknown() };
        let handset = match self.look_at(mac).await {
            Some(view) => view.and_then(|view| view.handset).map(|row| row.handset),
            None => return reply::unavailable(),
        };
        let Some(handset) = handset else { return reply::unknown() };
        let title = "The password of the phone's page";
        self.reveal(fields, title, Hidden::WebPassword(handset)).await
    }

    async fn reveal(&self, fields: &Fields, title: &str, what: Hidden) -> Answered {
        let refused = |status, sentence: &str| reply::message(status, "Not shown", sentence);
        match self.shown(fields, what).await {
            Shown::Secret(secret) => reply::message(StatusCode::OK, title, &secret),
            Shown::Nothing => refused(StatusCode::NOT_FOUND, "There is none."),
            Shown::Wrong => refused(StatusCode::FORBIDDEN, "The admin password is wrong."),
            Shown::Slowed(seconds) => {
                let sentence = format!("Too many wrong passwords. Try again in {seconds} seconds.");
                let mut answered = refused(StatusCode::TOO_MANY_REQUESTS, &sentence);
                reply::retry_after(&mut answered, seconds);
                answered
            }
            Shown::Unanswered => reply::unavailable(),
        }
    }

    /// Compares the password as for a log-in, and slows wrong ones alike.
    async fn shown(&self, fields: &Fields, what: Hidden) -> Shown {
        let desk = &self.visitor.desk;
        let source = self.visitor.source();
        let Some(typed) = form::password(fields) else { return Shown::Wrong };
        let Some(turn) = self.visitor.site.door().turn(source).await else {
            return Shown::Slowed(IN_TURN_AFTER_S);
        };
        let record = match desk.ask_access(Ask::MayLogIn { source }).await {
            Some(Told::MayLogIn(Ok(record))) => record,
            Some(Told::MayLogIn(Err(slowed))) => return Shown::Slowed(seconds(slowed)),
            _other => return Shown::Unanswered,
        };
        if !turn.is_right(typed.to_owned(), record).await {
            desk.ask_access(Ask::LogIn { source, right: false }).await;
            return Shown::Wrong;
        }
        match desk.ask_access(Ask::Reveal { source, what }).await {
            Some(Told::Revealed(Some(secret))) => Shown::Secret(secret),
            Some(Told::Revealed(None)) => Shown::Nothing,
            _other => Shown::Unanswered,
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
        UserRoute::InstallPin => (form::install_pin(fields), "install-pin"),
        UserRoute::Delete => (form::delete_user(fields).ok_or_else(incomplete)?, "user-deleted"),
        UserRoute::Code => (form::code(fields).ok_or_else(incomplete)?, "code"),
    })
}
