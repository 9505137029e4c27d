//! How DHCP is served beside others: what is said of it, and whom the box is to answer.

use super::office::{notice, Wish};
use super::{reply, Admin};
use crate::call::{Call, Reply};
use crate::http::Answered;
use exchange::view::DhcpView;
use hyper::StatusCode;
use pages::form::{self, Fields};
use pages::Wanted;

impl Admin<'_> {
    pub(super) async fn dhcp(&self, query: &str) -> Answered {
        let Some(view) = self.look_at_dhcp().await else { return reply::unavailable() };
        let wanted = Fields::parse(query.as_bytes()).map(|fields| form::lines(&fields));
        let wanted = wanted.unwrap_or_default();
        reply::html(StatusCode::OK, pages::dhcp(&view, &self.viewer(notice(query)), wanted, None))
    }

    /// Shows the lines for another server, or has the box answer others from now on.
    pub(super) async fn change_dhcp(&self, fields: &Fields) -> Answered {
        if fields.field("for").is_some() {
            let Some(view) = self.look_at_dhcp().await else { return reply::unavailable() };
            let html = pages::dhcp(&view, &self.viewer(None), form::lines(fields), None);
            return reply::html(StatusCode::OK, html);
        }
        let Some(command) = form::serving(fields) else {
            let sentence = "This form came incomplete.";
            return reply::message(StatusCode::BAD_REQUEST, "Not saved", sentence);
        };
        let refusal = match self.wish(fields, command).await {
            Wish::Done => return reply::see("/network/dhcp?done=serving"),
            Wish::Refused(refusal) => refusal.to_string(),
            Wish::Unanswered => return reply::unavailable(),
        };
        let Some(view) = self.look_at_dhcp().await else { return reply::unavailable() };
        let html = pages::dhcp(&view, &self.viewer(None), Wanted::default(), Some(&refusal));
        reply::html(StatusCode::UNPROCESSABLE_ENTITY, html)
    }

    async fn look_at_dhcp(&self) -> Option<Box<DhcpView>> {
        match self.visitor.desk.ask(Call::LookAtDhcp).await {
            Some(Reply::LookedAtDhcp(view)) => Some(view),
            _other => None,
        }
    }
}
