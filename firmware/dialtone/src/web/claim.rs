//! A new password without the old one, for whoever has his hands on the box.
//!
//! The way is opened by the button or the signal (see [`button`](crate::button)), for two minutes
//! and one password; whether it is open is decided by the exchange, before the password is hashed
//! and again when it is set. Attempts are made in turn and slowed as log-ins are.

use super::account::{
    first_again, forget_token, has_token, is_claimed, is_first, open, seconds, with_token,
    IN_TURN_AFTER_S,
};
use super::body::form;
use super::reply;
use crate::call::{Ask, Told};
use crate::http::{Answered, Visitor};
use exchange::access::{Session, Unclaimed};
use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::StatusCode;
use pages::form::{new_password, PasswordForm};
use pages::{Claim, Occasion};

/// The form for a new password, or the page that says how to get it.
pub(super) async fn page(visitor: &Visitor, parts: &Parts) -> Answered {
    match is_claimed(visitor).await {
        true => form_page(parts, StatusCode::OK, None),
        false => reply::html(StatusCode::OK, pages::claim(Claim::Closed)),
    }
}

fn form_page(parts: &Parts, status: StatusCode, form: Option<&PasswordForm>) -> Answered {
    let occasion = Occasion::Claimed;
    with_token(parts, status, None, |viewer| pages::change_password(viewer, occasion, form))
}

/// Takes the form.
pub(super) async fn set_password(visitor: &Visitor, parts: &Parts, body: Incoming) -> Answered {
    let fields = match form(visitor, &parts.headers, body).await {
        Ok(fields) => fields,
        Err(refused) => return *refused,
    };
    if !has_token(parts, &fields) {
        return reply::foreign();
    }
    let tried = match new_password(&fields) {
        Ok(new) => attempt(visitor, new).await,
        Err(form) => Attempt::Refused(form),
    };
    match tried {
        Attempt::Set(session) => {
            let mut answered = reply::see("/handsets?done=password");
            open(&mut answered, &session);
            forget_token(&mut answered);
            answered
        }
        Attempt::Refused(form) => form_page(parts, StatusCode::UNPROCESSABLE_ENTITY, Some(&form)),
        Attempt::Late => reply::html(StatusCode::FORBIDDEN, pages::claim(Claim::Late)),
        Attempt::Slowed(seconds) => {
            let page = pages::claim(Claim::Slowed(seconds));
            let mut answered = reply::html(StatusCode::TOO_MANY_REQUESTS, page);
            reply::retry_after(&mut answered, seconds);
            answered
        }
        Attempt::Unanswered => reply::unavailable(),
    }
}

/// What became of an attempt.
enum Attempt {
    Set(Session),
    Refused(PasswordForm),
    Late,
    Slowed(u32),
    Unanswered,
}

async fn attempt(visitor: &Visitor, new: &str) -> Attempt {
    let (side, source) = (visitor.origin.side, visitor.source());
    let Some(turn) = visitor.site.door().turn(source).await else {
        return Attempt::Slowed(IN_TURN_AFTER_S);
    };
    match visitor.desk.ask_access(Ask::MayClaim { side, source }).await {
        Some(Told::MayClaim(Ok(()))) => (),
        Some(Told::MayClaim(Err(unclaimed))) => return refused(unclaimed),
        _other => return Attempt::Unanswered,
    }
    if is_first(visitor, &turn, new).await {
        return Attempt::Refused(first_again());
    }
    let hash = match turn.hash(new.to_owned()).await {
        Ok(hash) => hash,
        Err(error) => {
            log::error!("{error}");
            return Attempt::Unanswered;
        }
    };
    match visitor.desk.ask_access(Ask::SetClaimed { side, source, hash }).await {
        Some(Told::ClaimedSet(Ok(session))) => Attempt::Set(session),
        Some(Told::ClaimedSet(Err(unclaimed))) => refused(unclaimed),
        _other => Attempt::Unanswered,
    }
}

fn refused(unclaimed: Unclaimed) -> Attempt {
    match unclaimed {
        Unclaimed::Closed => Attempt::Late,
        Unclaimed::Slowed(slowed) => Attempt::Slowed(seconds(slowed)),
        Unclaimed::Refused(refusal) => Attempt::Refused(PasswordForm {
            new_error: Some(refusal.to_string()),
            ..PasswordForm::default()
        }),
    }
}
