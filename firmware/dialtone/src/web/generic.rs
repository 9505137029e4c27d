//! Handsets without a hardware address: adding one, and the page that says what to type into it.
//!
//! Its password is in the answer to the form that had it drawn and nowhere else.

use super::office::Wish;
use super::rules::Himself;
use super::{reply, Admin};
use crate::call::{Ask, AskRules, Call, Reply, Told, ToldRules};
use crate::http::Answered;
use exchange::view::SetupView;
use hyper::StatusCode;
use pages::form::{self, Fields, GenericForm};
use wire::Mac;

/// What is done about such a handset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum GenericRoute {
    Add,
    Setup,
    Draw,
}

impl Admin<'_> {
    pub(super) async fn show_setup(&self, rest: &str) -> Answered {
        self.setup(rest, StatusCode::OK, None).await
    }

    pub(super) async fn change_generic(
        &self,
        route: GenericRoute,
        rest: &str,
        fields: &Fields,
    ) -> Answered {
        match route {
            GenericRoute::Add => self.add_generic(fields).await,
            GenericRoute::Draw => self.draw(rest, fields).await,
            GenericRoute::Setup => reply::unknown(),
        }
    }

    async fn add_generic(&self, fields: &Fields) -> Answered {
        let form = match form::add_generic(fields) {
            Ok(command) => match self.wish(fields, command).await {
                Wish::Done => return self.account().await,
                Wish::Refused(refusal) => GenericForm::refused(fields, refusal),
                Wish::Unanswered => return reply::unavailable(),
            },
            Err(form) => *form,
        };
        let Some(view) = self.look().await else { return reply::unavailable() };
        let html = pages::handsets_generic(&view, &self.viewer(None), &form);
        reply::html(StatusCode::UNPROCESSABLE_ENTITY, html)
    }

    /// Draws a password anew for whoever gives his own again.
    async fn draw(&self, rest: &str, fields: &Fields) -> Answered {
        let Some(mac) = Mac::parse(rest.as_bytes()) else { return reply::unknown() };
        let handset = match self.look_at(mac).await {
            Some(view) => view.and_then(|view| view.handset).map(|row| row.handset),
            None => return reply::unavailable(),
        };
        let Some(handset) = handset else { return reply::unknown() };
        match self.is_himself(fields).await {
            Himself::Yes => (),
            Himself::No => {
                let source = self.visitor.source();
                self.visitor.desk.ask_access(Ask::LogIn { source, right: false }).await;
                return self.setup(rest, StatusCode::FORBIDDEN, Some(super::rules::WRONG)).await;
            }
            Himself::Slowed(after_s) => return super::rules::slowed(after_s),
            Himself::Unanswered => return reply::unavailable(),
        }
        match self.wish(fields, form::draw(handset)).await {
            Wish::Done => self.account().await,
            Wish::Refused(refusal) => {
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                self.setup(rest, status, Some(&refusal.to_string())).await
            }
            Wish::Unanswered => reply::unavailable(),
        }
    }

    /// The page with the password that this admin has just had drawn.
    async fn account(&self) -> Answered {
        let source = self.visitor.source();
        let account = match self.visitor.desk.ask_access(Ask::Account { source }).await {
            Some(Told::Account(Some(account))) => account,
            Some(Told::Account(None)) => return reply::see("/handsets?done=added"),
            _other => return reply::unavailable(),
        };
        let Some(view) = self.look_at_setup(account.mac).await else {
            return reply::unavailable();
        };
        let html = pages::setup_shown(&view, &self.viewer(None), &account.password);
        reply::html(StatusCode::OK, html)
    }

    async fn setup(&self, rest: &str, status: StatusCode, wrong: Option<&str>) -> Answered {
        let Some(mac) = Mac::parse(rest.as_bytes()) else { return reply::unknown() };
        let Some(view) = self.look_at_setup(mac).await else { return reply::unknown() };
        reply::html(status, pages::setup(&view, &self.viewer(None), wrong))
    }

    async fn look_at_setup(&self, mac: Mac) -> Option<Box<SetupView>> {
        match self.visitor.desk.ask(Call::Rules(AskRules::Setup(mac))).await {
            Some(Reply::Rules(ToldRules::Setup(view))) => view,
            _other => None,
        }
    }
}
