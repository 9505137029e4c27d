//! The rules by which phones are taken in: the page Servers > VoIP, the strangers that were turned
//! away, and secrets that are shown to whoever gives his password again.
//!
//! A secret is in the answer to the form with the password and nowhere else: no address of a page
//! leads to it, and no answer is kept by a browser.

use super::account::{seconds, IN_TURN_AFTER_S};
use super::office::{notice, Wish};
use super::{reply, Admin};
use crate::call::{Ask, AskRules, Call, Reply, Told, ToldRules};
use crate::http::Answered;
use exchange::command::Command;
use exchange::note::Shown;
use exchange::view::{RulesView, StrangersView};
use exchange::Revealed;
use hyper::StatusCode;
use pages::form::{install_pin, password, rule, Fields, RuleFields, RuleForm};
use wire::Mac;

/// A page or an action of the rules.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum RuleRoute {
    Voip,
    Switch,
    Profile,
    Gate,
    ShowKey,
    DrawKey,
    Strangers,
    Ban,
    Ignore,
    Remote,
    Lost,
    DeleteAndBan,
    ShowPassword,
    InstallPin,
    ShowPin,
    Reach,
}

/// What became of a wish to be shown a secret.
pub(super) enum Seen {
    Secret(String),
    Wrong,
    Nothing,
    Slowed(u32),
    Unanswered,
}

/// Whether somebody has shown by his password that it is still he.
pub(super) enum Himself {
    Yes,
    No,
    Slowed(u32),
    Unanswered,
}

pub(super) const WRONG: &str = "This is not your password.";
const NOTHING: &str = "There is nothing to show.";

impl Admin<'_> {
    pub(super) async fn show_rules(&self, route: RuleRoute, query: &str) -> Answered {
        match route {
            RuleRoute::Voip => self.voip(StatusCode::OK, notice(query), None).await,
            RuleRoute::Strangers => self.strangers(StatusCode::OK, notice(query), None).await,
            RuleRoute::Switch
            | RuleRoute::Profile
            | RuleRoute::Gate
            | RuleRoute::ShowKey
            | RuleRoute::DrawKey
            | RuleRoute::Ban
            | RuleRoute::Ignore
            | RuleRoute::Remote
            | RuleRoute::Lost
            | RuleRoute::DeleteAndBan
            | RuleRoute::InstallPin
            | RuleRoute::ShowPin
            | RuleRoute::Reach
            | RuleRoute::ShowPassword => reply::unknown(),
        }
    }

    pub(super) async fn change_rules(
        &self,
        route: RuleRoute,
        rest: &str,
        fields: &Fields,
    ) -> Answered {
        match route {
            RuleRoute::Switch => self.rule(RuleFields::Switch, fields, "/voip?done=switched").await,
            RuleRoute::Profile => {
                self.rule(RuleFields::Profile, fields, "/voip?done=switched").await
            }
            RuleRoute::Gate => self.rule(RuleFields::Gate, fields, "/voip?done=gate").await,
            RuleRoute::DrawKey => self.rule(RuleFields::DrawKey, fields, "/voip?done=key").await,
            RuleRoute::Ban => self.rule(RuleFields::Ban, fields, "/strangers?done=ban").await,
            RuleRoute::Ignore => {
                self.rule(RuleFields::Ignore, fields, "/strangers?done=ignored").await
            }
            RuleRoute::Remote | RuleRoute::Lost | RuleRoute::DeleteAndBan => {
                self.change_reach(route, rest, fields).await
            }
            RuleRoute::Reach => {
                let answered = self.rule(RuleFields::Reach, fields, "/voip?done=reach").await;
                // The certificate of the box says it too.
                if let Some(secured) = self.visitor.site.secured() {
                    secured.look_again();
                }
                answered
            }
            RuleRoute::InstallPin => self.set_install_pin(fields).await,
            RuleRoute::ShowPin => self.reveal(fields, "The install PIN", Shown::InstallPin).await,
            RuleRoute::ShowKey => self.show_key(fields).await,
            RuleRoute::ShowPassword => self.show_password(rest, fields).await,
            RuleRoute::Voip | RuleRoute::Strangers => reply::unknown(),
        }
    }

    /// Carries out a form of the pages VoIP and Strangers, and says what is wrong on the same page.
    async fn rule(&self, which: RuleFields, fields: &Fields, done: &'static str) -> Answered {
        let form = match rule(which, fields) {
            Ok(rule) => match self.wish(fields, Command::Rule(rule)).await {
                Wish::Done => return reply::see(done),
                Wish::Refused(refusal) => RuleForm::refused_field(fields, refusal),
                Wish::Unanswered => return reply::unavailable(),
            },
            Err(form) => *form,
        };
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        match which {
            RuleFields::Ban | RuleFields::Ignore => self.strangers(status, None, Some(&form)).await,
            RuleFields::Profile
            | RuleFields::Switch
            | RuleFields::Gate
            | RuleFields::DrawKey
            | RuleFields::Reach
            | RuleFields::Remote(_)
            | RuleFields::Lost(_)
            | RuleFields::DeleteAndBan(_) => self.voip(status, None, Some(&form)).await,
        }
    }

    /// Sets the PIN for replacing phones, or takes it away.
    async fn set_install_pin(&self, fields: &Fields) -> Answered {
        let form = match self.wish(fields, install_pin(fields)).await {
            Wish::Done => return reply::see("/voip?done=install-pin"),
            Wish::Refused(refusal) => RuleForm::refused_field(fields, refusal),
            Wish::Unanswered => return reply::unavailable(),
        };
        self.voip(StatusCode::UNPROCESSABLE_ENTITY, None, Some(&form)).await
    }

    /// Carries out one of these forms of a handset.
    async fn change_reach(&self, route: RuleRoute, rest: &str, fields: &Fields) -> Answered {
        let Some(mac) = Mac::parse(rest.as_bytes()) else { return reply::unknown() };
        let handset = match self.look_at(mac).await {
            Some(view) => view.and_then(|view| view.handset).map(|row| row.handset),
            None => return reply::unavailable(),
        };
        let Some(handset) = handset else { return reply::unknown() };
        let page = pages::device_path(mac);
        let (which, done) = if route == RuleRoute::Lost {
            (RuleFields::Lost(handset), format!("{page}?done=lost"))
        } else if route == RuleRoute::DeleteAndBan {
            (RuleFields::DeleteAndBan(handset), "/handsets?done=deleted-banned".to_owned())
        } else {
            (RuleFields::Remote(handset), format!("{page}?done=remote"))
        };
        let error = match rule(which, fields) {
            Ok(rule) => match self.wish(fields, Command::Rule(rule)).await {
                Wish::Done => return reply::see_made(&done),
                Wish::Refused(refusal) => refusal.to_string(),
                Wish::Unanswered => return reply::unavailable(),
            },
            Err(form) => form.error.unwrap_or_default(),
        };
        reply::message(StatusCode::UNPROCESSABLE_ENTITY, "Not done", &error)
    }

    async fn show_key(&self, fields: &Fields) -> Answered {
        let mut form = RuleForm::default();
        let status = match self.see(fields, Shown::PnpKey).await {
            Seen::Secret(key) => {
                form.shown = Some(key);
                StatusCode::OK
            }
            Seen::Wrong => {
                form.password_error = Some(WRONG.to_owned());
                StatusCode::FORBIDDEN
            }
            Seen::Nothing => {
                form.error = Some(NOTHING.to_owned());
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Seen::Slowed(after_s) => return slowed(after_s),
            Seen::Unanswered => return reply::unavailable(),
        };
        self.voip(status, None, Some(&form)).await
    }

    async fn show_password(&self, rest: &str, fields: &Fields) -> Answered {
        let Some(mac) = Mac::parse(rest.as_bytes()) else { return reply::unknown() };
        let view = match self.look_at(mac).await {
            Some(Some(view)) => view,
            Some(None) => return reply::unknown(),
            None => return reply::unavailable(),
        };
        match self.see(fields, Shown::WebPassword(mac)).await {
            Seen::Secret(secret) => {
                let html = pages::device_shown(&view, &self.viewer(None), &secret);
                reply::html(StatusCode::OK, html)
            }
            Seen::Wrong => reply::message(StatusCode::FORBIDDEN, "Not shown", WRONG),
            Seen::Nothing => reply::unknown(),
            Seen::Slowed(after_s) => slowed(after_s),
            Seen::Unanswered => reply::unavailable(),
        }
    }

    /// Compares the password in a form as at a log-in, in turn and slowed likewise. That it is
    /// wrong the caller has to tell the exchange.
    pub(super) async fn is_himself(&self, fields: &Fields) -> Himself {
        let Some(typed) = password(fields) else { return Himself::No };
        let (visitor, source) = (self.visitor, self.visitor.source());
        let Some(turn) = visitor.site.door().turn(source).await else {
            return Himself::Slowed(IN_TURN_AFTER_S);
        };
        let record = match visitor.desk.ask_access(Ask::MayLogIn { source }).await {
            Some(Told::MayLogIn(Ok(record))) if !record.is_empty() => record,
            Some(Told::MayLogIn(Err(slowed))) => return Himself::Slowed(seconds(slowed)),
            _other => return Himself::Unanswered,
        };
        match turn.is_right(typed.to_owned(), record).await {
            true => Himself::Yes,
            false => Himself::No,
        }
    }

    /// Shows a secret to whoever gives his password again.
    pub(super) async fn see(&self, fields: &Fields, what: Shown) -> Seen {
        let right = match self.is_himself(fields).await {
            Himself::Yes => true,
            Himself::No => false,
            Himself::Slowed(after_s) => return Seen::Slowed(after_s),
            Himself::Unanswered => return Seen::Unanswered,
        };
        let (visitor, source) = (self.visitor, self.visitor.source());
        match visitor.desk.ask_access(Ask::Show { source, right, what }).await {
            Some(Told::Shown(Revealed::Secret(secret))) => Seen::Secret(secret),
            Some(Told::Shown(Revealed::Wrong)) => Seen::Wrong,
            Some(Told::Shown(Revealed::Nothing)) => Seen::Nothing,
            _other => Seen::Unanswered,
        }
    }

    async fn voip(
        &self,
        status: StatusCode,
        notice: Option<&str>,
        form: Option<&RuleForm>,
    ) -> Answered {
        let Some(view) = self.look_at_rules().await else { return reply::unavailable() };
        reply::html(status, pages::voip(&view, &self.viewer(notice), form))
    }

    async fn strangers(
        &self,
        status: StatusCode,
        notice: Option<&str>,
        form: Option<&RuleForm>,
    ) -> Answered {
        let Some(view) = self.look_at_strangers().await else { return reply::unavailable() };
        reply::html(status, pages::strangers(&view, &self.viewer(notice), form))
    }

    async fn look_at_rules(&self) -> Option<Box<RulesView>> {
        match self.visitor.desk.ask(Call::Rules(AskRules::Stand)).await {
            Some(Reply::Rules(ToldRules::Stand(view))) => Some(view),
            _other => None,
        }
    }

    async fn look_at_strangers(&self) -> Option<Box<StrangersView>> {
        match self.visitor.desk.ask(Call::Rules(AskRules::Strangers)).await {
            Some(Reply::Rules(ToldRules::Strangers(view))) => Some(view),
            _other => None,
        }
    }
}

pub(super) fn slowed(after_s: u32) -> Answered {
    let sentence = format!("Too many wrong passwords came from here. Wait {after_s} s.");
    let mut answered = reply::message(StatusCode::TOO_MANY_REQUESTS, "Not just now", &sentence);
    reply::retry_after(&mut answered, after_s);
    answered
}
