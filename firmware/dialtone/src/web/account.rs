//! One's own account: log in, log out, choose a password.
//!
//! The log-in page carries a token that its browser also keeps in a cookie, so that nobody can be
//! logged in by a page of elsewhere. A guess is made in turn (see [`Door`](crate::password::Door)):
//! whether this address may try is asked within the turn, so that many guesses at once are slowed
//! as if they had come one after the other. Whatever token a browser had before it logged in is
//! worth nothing afterwards.

use super::gate::{cookie, LOGIN_PAGE, SESSION};
use super::{form, logged_in, reply, Admin, VERSION};
use crate::call::{Call, Reply};
use crate::entropy;
use crate::http::{Answered, Visitor};
use exchange::access::{Session, Slowed};
use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::StatusCode;
use pages::form::{new_password, password, Fields, PasswordForm};
use pages::{LoginError, Occasion, Viewer};
use std::fmt::Write;

/// How long a log-in page may stay open.
const LOGIN_PAGE_AGE_S: u32 = 3_600;
/// When to come back while another guess of the same address is looked at.
const IN_TURN_AFTER_S: u32 = 1;

/// The log-in page; who is logged in already is sent on.
pub(super) async fn login_page(visitor: &Visitor, parts: &Parts) -> Answered {
    if logged_in(visitor, &parts.headers).await.is_some() {
        return reply::see("/handsets");
    }
    let out = super::office::asked(parts.uri.query().unwrap_or_default(), "done");
    let notice = (out == Some("logged-out")).then_some("You are logged out.");
    page(parts, StatusCode::OK, None, notice)
}

fn page(
    parts: &Parts,
    status: StatusCode,
    error: Option<LoginError>,
    notice: Option<&str>,
) -> Answered {
    // Two log-in pages of one browser share their token.
    let known = cookie(&parts.headers, LOGIN_PAGE).map(str::to_owned);
    let Some(token) = known.or_else(fresh_token) else { return reply::unavailable() };
    let viewer = Viewer { csrf: &token, notice, version: VERSION };
    let mut answered = reply::html(status, pages::login(&viewer, error));
    let kept = format!("{LOGIN_PAGE}={token}");
    reply::keep(&mut answered, &kept, "/login", Some(LOGIN_PAGE_AGE_S));
    answered
}

fn fresh_token() -> Option<String> {
    let bytes = entropy::salt().ok()?;
    Some(bytes.iter().fold(String::new(), |mut token, byte| {
        // Writing to a String cannot fail.
        let _ = write!(token, "{byte:02x}");
        token
    }))
}

/// Takes the log-in form.
pub(super) async fn log_in(visitor: &Visitor, parts: &Parts, body: Incoming) -> Answered {
    let fields = match form(visitor, &parts.headers, body).await {
        Ok(fields) => fields,
        Err(refused) => return *refused,
    };
    let again = |status, error| page(parts, status, Some(error), None);
    if cookie(&parts.headers, LOGIN_PAGE).is_none_or(|token| token != fields.csrf()) {
        return again(StatusCode::FORBIDDEN, LoginError::Stale);
    }
    let Some(typed) = password(&fields) else {
        return again(StatusCode::FORBIDDEN, LoginError::Wrong);
    };
    match guess(visitor, typed).await {
        Guess::Right(session) => {
            // A session that this browser had before is over.
            if let Some(token) = cookie(&parts.headers, SESSION) {
                visitor.desk.ask(Call::LogOut { token: token.to_owned() }).await;
            }
            let mut answered = reply::see("/handsets");
            open(&mut answered, &session);
            reply::keep(&mut answered, &format!("{LOGIN_PAGE}="), "/login", Some(0));
            answered
        }
        Guess::Wrong => again(StatusCode::FORBIDDEN, LoginError::Wrong),
        Guess::Slowed(seconds) => {
            let mut answered = again(StatusCode::TOO_MANY_REQUESTS, LoginError::Slowed(seconds));
            reply::retry_after(&mut answered, seconds);
            answered
        }
        Guess::Unanswered => reply::unavailable(),
    }
}

/// What became of a guess.
enum Guess {
    Right(Session),
    Wrong,
    Slowed(u32),
    Unanswered,
}

async fn guess(visitor: &Visitor, typed: &str) -> Guess {
    let source = visitor.source();
    let Some(turn) = visitor.site.door().turn(source).await else {
        return Guess::Slowed(IN_TURN_AFTER_S);
    };
    let record = match visitor.desk.ask(Call::MayLogIn { source }).await {
        Some(Reply::MayLogIn(Ok(record))) => record,
        Some(Reply::MayLogIn(Err(Slowed { retry_after_ms }))) => {
            let seconds = retry_after_ms.div_ceil(1_000).max(1);
            return Guess::Slowed(u32::try_from(seconds).unwrap_or(u32::MAX));
        }
        _other => return Guess::Unanswered,
    };
    let right = turn.is_right(typed.to_owned(), record).await;
    match visitor.desk.ask(Call::LogIn { source, right }).await {
        Some(Reply::LoggedIn(Some(session))) => Guess::Right(session),
        Some(Reply::LoggedIn(None)) => Guess::Wrong,
        _other => Guess::Unanswered,
    }
}

/// Hands a session to its browser. It dies with the browser; the exchange ends it earlier.
fn open(answered: &mut Answered, session: &Session) {
    reply::keep(answered, &format!("{SESSION}={}", session.token), "/", None);
}

impl Admin<'_> {
    pub(super) async fn log_out(&self) -> Answered {
        self.visitor.desk.ask(Call::LogOut { token: self.token.clone() }).await;
        let mut answered = reply::see("/login?done=logged-out");
        reply::keep(&mut answered, &format!("{SESSION}="), "/", Some(0));
        answered
    }

    pub(super) fn password_page(&self) -> Answered {
        self.password_again(StatusCode::OK, None)
    }

    fn password_again(&self, status: StatusCode, form: Option<&PasswordForm>) -> Answered {
        let occasion = match self.session.must_change_password {
            true => Occasion::FirstLogIn,
            false => Occasion::Wish,
        };
        reply::html(status, pages::change_password(&self.viewer(None), occasion, form))
    }

    /// Sets a new password; all sessions end, and this browser gets a new one.
    pub(super) async fn set_password(&self, fields: &Fields) -> Answered {
        let refused = |form| self.password_again(StatusCode::UNPROCESSABLE_ENTITY, Some(&form));
        let new = match new_password(fields) {
            Ok(new) => new.to_owned(),
            Err(form) => return refused(form),
        };
        let source = self.visitor.source();
        let Some(turn) = self.visitor.site.door().turn(source).await else {
            return reply::unavailable();
        };
        let hash = match turn.hash(new).await {
            Ok(hash) => hash,
            Err(error) => {
                log::error!("{error}");
                return reply::unavailable();
            }
        };
        match self.visitor.desk.ask(Call::SetPassword { source, hash }).await {
            Some(Reply::PasswordSet(Ok(session))) => {
                let mut answered = reply::see("/handsets?done=password");
                open(&mut answered, &session);
                answered
            }
            Some(Reply::PasswordSet(Err(refusal))) => refused(PasswordForm {
                new_error: Some(refusal.to_string()),
                ..PasswordForm::default()
            }),
            _other => reply::unavailable(),
        }
    }
}
