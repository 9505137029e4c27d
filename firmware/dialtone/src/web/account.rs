//! One's own account: log in, log out, choose a password.
//!
//! The log-in page carries a token that its browser also keeps in a cookie, so that nobody can be
//! logged in by a page of elsewhere. A guess is made in turn (see [`Door`](crate::password::Door)):
//! whether this address may try is asked within the turn, so that many guesses at once are slowed
//! as if they had come one after the other. Whatever token a browser had before it logged in is
//! worth nothing afterwards.

use super::body::form;
use super::gate::{cookie, LOGIN_PAGE, SESSION};
use super::{gate, reply, Admin, VERSION};
use crate::call::{Ask, Call, Reply, Told};
use crate::entropy;
use crate::http::{Answered, Visitor};
use crate::password::Turn;
use exchange::access::{LoggedIn, Session, Slowed};
use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::{HeaderMap, StatusCode};
use pages::form::{new_password, password, Fields, PasswordForm};
use pages::{Claim, LoginError, Occasion, Viewer};
use std::fmt::Write;
use std::net::Ipv4Addr;

/// How long a log-in page may stay open.
const LOGIN_PAGE_AGE_S: u32 = 3_600;
/// When to come back while another guess of the same address is looked at.
pub(super) const IN_TURN_AFTER_S: u32 = 1;
/// What is said about the first password in the place of a new one.
const FIRST_AGAIN: &str = "This is the password that the console printed. Choose one of your own.";

/// The log-in page; who is logged in already is sent on.
pub(super) async fn login_page(visitor: &Visitor, parts: &Parts) -> Answered {
    if logged_in(visitor, &parts.headers).await.is_some() {
        return reply::see("/handsets");
    }
    let out = super::office::asked(parts.uri.query().unwrap_or_default(), "done");
    let notice = (out == Some("logged-out")).then_some("You are logged out.");
    page(visitor, parts, StatusCode::OK, None, notice).await
}

async fn page(
    visitor: &Visitor,
    parts: &Parts,
    status: StatusCode,
    error: Option<LoginError>,
    notice: Option<&str>,
) -> Answered {
    let claim = if is_claimed(visitor).await { Claim::Open } else { Claim::Closed };
    with_token(parts, status, notice, |viewer| pages::login(viewer, error, claim))
}

/// Whether somebody in front of the box has opened the way to a new password.
pub(super) async fn is_claimed(visitor: &Visitor) -> bool {
    matches!(visitor.desk.ask_access(Ask::IsClaimed).await, Some(Told::IsClaimed(true)))
}

/// A page for somebody who is not logged in, with a token that his browser keeps as well.
pub(super) fn with_token(
    parts: &Parts,
    status: StatusCode,
    notice: Option<&str>,
    page: impl FnOnce(&Viewer<'_>) -> pages::Html,
) -> Answered {
    // Two log-in pages of one browser share their token.
    let known = cookie(&parts.headers, LOGIN_PAGE).map(str::to_owned);
    let Some(token) = known.or_else(fresh_token) else { return reply::unavailable() };
    let viewer = Viewer { csrf: &token, notice, version: VERSION, trial: None };
    let mut answered = reply::html(status, page(&viewer));
    let kept = format!("{LOGIN_PAGE}={token}");
    reply::keep(&mut answered, &kept, "/login", Some(LOGIN_PAGE_AGE_S));
    answered
}

/// Whether a form was sent by the page that [`with_token`] made.
pub(super) fn has_token(parts: &Parts, fields: &Fields) -> bool {
    cookie(&parts.headers, LOGIN_PAGE).is_some_and(|token| token == fields.csrf())
}

/// A token that nobody can guess.
pub(super) fn fresh_token() -> Option<String> {
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
    let again = |status, error| page(visitor, parts, status, Some(error), None);
    if !has_token(parts, &fields) {
        return again(StatusCode::FORBIDDEN, LoginError::Stale).await;
    }
    let Some(typed) = password(&fields) else {
        return again(StatusCode::FORBIDDEN, LoginError::Wrong).await;
    };
    match guess(visitor, typed).await {
        Guess::Right(session) => {
            // A session that this browser had before is over.
            if let Some(token) = cookie(&parts.headers, SESSION) {
                visitor.desk.ask_access(Ask::LogOut { token: token.to_owned() }).await;
            }
            let mut answered = reply::see("/handsets");
            open(&mut answered, &session);
            forget_token(&mut answered);
            answered
        }
        Guess::Wrong => again(StatusCode::FORBIDDEN, LoginError::Wrong).await,
        Guess::Slowed(seconds) => {
            let error = LoginError::Slowed(seconds);
            let mut answered = again(StatusCode::TOO_MANY_REQUESTS, error).await;
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
    let record = match visitor.desk.ask_access(Ask::MayLogIn { source }).await {
        // The hash of the first password could not be made: nobody's password is wrong.
        Some(Told::MayLogIn(Ok(record))) if record.is_empty() => return Guess::Unanswered,
        Some(Told::MayLogIn(Ok(record))) => record,
        Some(Told::MayLogIn(Err(slowed))) => return Guess::Slowed(seconds(slowed)),
        _other => return Guess::Unanswered,
    };
    let right = turn.is_right(typed.to_owned(), record).await;
    match visitor.desk.ask_access(Ask::LogIn { source, right }).await {
        Some(Told::LoggedIn(Some(session))) => Guess::Right(session),
        Some(Told::LoggedIn(None)) => Guess::Wrong,
        _other => Guess::Unanswered,
    }
}

/// How long somebody has to wait, as a page says it.
pub(super) fn seconds(Slowed { retry_after_ms }: Slowed) -> u32 {
    u32::try_from(retry_after_ms.div_ceil(1_000).max(1)).unwrap_or(u32::MAX)
}

/// Whether a new password is the first one, which was printed for whoever read it.
pub(super) async fn is_first(visitor: &Visitor, turn: &Turn, new: &str) -> bool {
    match visitor.desk.ask_access(Ask::First).await {
        Some(Told::First(Some(record))) => turn.is_right(new.to_owned(), record).await,
        _none_in_force => false,
    }
}

/// What is wrong with the first password in the place of a new one.
pub(super) fn first_again() -> PasswordForm {
    PasswordForm { new_error: Some(FIRST_AGAIN.to_owned()), ..PasswordForm::default() }
}

/// The token of the log-in page is used up.
pub(super) fn forget_token(answered: &mut Answered) {
    reply::keep(answered, &format!("{LOGIN_PAGE}="), "/login", Some(0));
}

/// Hands a session to its browser. It dies with the browser; the exchange ends it earlier.
pub(super) fn open(answered: &mut Answered, session: &Session) {
    reply::keep(answered, &format!("{SESSION}={}", session.token), "/", None);
}

impl Visitor {
    pub(super) fn source(&self) -> Ipv4Addr {
        *self.origin.from.ip()
    }
}

/// Whose request this is, with the token that says so.
pub(super) async fn logged_in(
    visitor: &Visitor,
    headers: &HeaderMap,
) -> Option<(String, LoggedIn)> {
    let token = gate::cookie(headers, gate::SESSION)?.to_owned();
    let call = Call::Check { source: visitor.source(), token: token.clone() };
    match visitor.desk.ask(call).await {
        Some(Reply::Checked(admin)) => admin.map(|admin| (token, admin)),
        _nobody => None,
    }
}

impl Admin<'_> {
    pub(super) async fn log_out(&self) -> Answered {
        self.visitor.desk.ask_access(Ask::LogOut { token: self.token.clone() }).await;
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
        if is_first(self.visitor, &turn, &new).await {
            return refused(first_again());
        }
        let hash = match turn.hash(new).await {
            Ok(hash) => hash,
            Err(error) => {
                log::error!("{error}");
                return reply::unavailable();
            }
        };
        match self.visitor.desk.ask_access(Ask::SetPassword { source, hash }).await {
            Some(Told::PasswordSet(Ok(session))) => {
                let mut answered = reply::see("/handsets?done=password");
                open(&mut answered, &session);
                answered
            }
            Some(Told::PasswordSet(Err(refusal))) => refused(PasswordForm {
                new_error: Some(refusal.to_string()),
                ..PasswordForm::default()
            }),
            _other => reply::unavailable(),
        }
    }
}
