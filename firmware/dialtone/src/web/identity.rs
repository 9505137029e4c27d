//! How phones are recognised: the signs of an admin's own, and what is made of one.

use super::office::{notice, Wish};
use super::{reply, Admin};
use crate::call::{Call, Reply};
use crate::http::Answered;
use exchange::catalog::OwnKind;
use exchange::view::SignsView;
use hyper::StatusCode;
use pages::form::{self, Fields, SignForm};

impl Admin<'_> {
    pub(super) async fn identity(&self, query: &str) -> Answered {
        let Some(view) = self.look_at_signs(None).await else { return reply::unavailable() };
        reply::html(StatusCode::OK, pages::identity(&view, &self.viewer(notice(query)), None))
    }

    /// Says what is made of a sign; nothing changes.
    pub(super) async fn try_sign(&self, fields: &Fields) -> Answered {
        let tried = form::tried(fields);
        let Some(view) = self.look_at_signs(tried).await else { return reply::unavailable() };
        reply::html(StatusCode::OK, pages::identity(&view, &self.viewer(None), None))
    }

    /// Adds a sign, or removes one.
    pub(super) async fn change_sign(&self, fields: &Fields) -> Answered {
        let form = match form::sign(fields) {
            Ok(command) => match self.wish(fields, command).await {
                Wish::Done if fields.field("remove").is_some() => {
                    return reply::see("/identity?done=sign-removed");
                }
                Wish::Done => return reply::see("/identity?done=sign-added"),
                Wish::Refused(refusal) => SignForm::refused(fields, refusal),
                Wish::Unanswered => return reply::unavailable(),
            },
            Err(form) => *form,
        };
        let Some(view) = self.look_at_signs(None).await else { return reply::unavailable() };
        let html = pages::identity(&view, &self.viewer(None), Some(&form));
        reply::html(StatusCode::UNPROCESSABLE_ENTITY, html)
    }

    async fn look_at_signs(&self, tried: Option<(OwnKind, String)>) -> Option<Box<SignsView>> {
        match self.visitor.desk.ask(Call::LookAtSigns(tried)).await {
            Some(Reply::LookedAtSigns(view)) => Some(view),
            _other => None,
        }
    }
}
