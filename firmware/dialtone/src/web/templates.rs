//! Templates: the list, one file, the form that changes an own template, the trial of a change with
//! a look at what it does, and a handset's files line by line.
//!
//! A change is tried in a process of its own ([`crate::rehearsal`]) before it can be applied, and
//! then waits for somebody to apply it; there is room for one. To go back to the version before is
//! one step, since that one was tried when it was set.

use super::account::fresh_token;
use super::office::{asked, notice, Wish};
use super::{reply, Admin};
use crate::call::{AskTemplates, Call, Reply, ToldTemplates};
use crate::http::Answered;
use crate::rehearsal::{Rehearsals, Stopped};
use exchange::command::{By, Command, Refusal};
use exchange::layer::Layer;
use exchange::limits::{TEMPLATE_WAITS_MS, TRIALS_MS};
use exchange::template::{
    plain_source, Change, FileInputs, FileRow, Origins, Place, Rehearsal, Rehearsed, Sources,
    TemplatesView, Trials,
};
use exchange::time::Instant;
use hyper::StatusCode;
use pages::backup::NotRestored;
use pages::form::{self, Fields, TypedPlace};
use pages::template::{self, EditForm, HandsetFile, NewForm, Preview};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use wire::Mac;

/// What was looked at and waits to be applied, and where it was tried.
pub(super) struct Drafts {
    rehearsals: Option<Rehearsals>,
    /// Who may have something tried now.
    trying: Semaphore,
    waiting: Mutex<Option<Waiting>>,
}

struct Waiting {
    token: String,
    session: String,
    until: Instant,
    place: Place,
    change: Change,
    seen: u64,
}

impl Drafts {
    pub(super) fn new(rehearsals: Option<Rehearsals>) -> Drafts {
        Drafts { rehearsals, trying: Semaphore::new(1), waiting: Mutex::default() }
    }

    fn keep(&self, waiting: Waiting) {
        *self.waiting.lock().unwrap_or_else(PoisonError::into_inner) = Some(waiting);
    }

    /// Takes out what waits, if it is this one.
    fn take(&self, token: &str) -> Option<Waiting> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.take_if(|waiting| waiting.token == token)
    }
}

/// Why a change is not looked at.
enum NotTried {
    Refused(Refusal),
    Stopped(Stopped),
    Unanswered,
}

impl Admin<'_> {
    pub(super) async fn templates(&self, query: &str) -> Answered {
        let Some(view) = self.all_templates().await else { return reply::unavailable() };
        reply::html(StatusCode::OK, template::templates(&view, &self.viewer(notice(query))))
    }

    pub(super) async fn template_file(&self, query: &str) -> Answered {
        let name = asked(query, "template").unwrap_or_default().to_owned();
        self.file_page(StatusCode::OK, &name, notice(query), None).await
    }

    async fn file_page(
        &self,
        status: StatusCode,
        name: &str,
        notice: Option<&str>,
        echo: Option<&NewForm>,
    ) -> Answered {
        let Some(view) = self.all_templates().await else { return reply::unavailable() };
        let named = |file: &&FileRow| file.template == name;
        let (Some(file), Some(shipped)) = (view.files.iter().find(named), shipped(name)) else {
            return reply::unknown();
        };
        let viewer = self.viewer(notice);
        let html = template::template_file(file, shipped, view.read_only, &viewer, echo);
        reply::html(status, html)
    }

    /// The form for an own template, asked for by its address or by the form of a new one.
    pub(super) async fn edit_template(&self, fields: &Fields) -> Answered {
        let typed = ["layer", "model", "from", "to", "mac"]
            .map(|name| (name, fields.field(name).unwrap_or_default().to_owned()));
        let place = match self.place(fields).await {
            Ok(place) => place,
            Err(error) => {
                let echo = NewForm { typed: typed.into(), error: Some(error) };
                let name = fields.field("template").unwrap_or_default();
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                return self.file_page(status, name, None, Some(&echo)).await;
            }
        };
        let Some(Sources { versions, fingerprint, .. }) = self.sources(&place).await else {
            return reply::unavailable();
        };
        let Some(shipped) = shipped(&place.template) else { return reply::unknown() };
        let exists = versions.now.is_some();
        let source = versions.now.or(versions.before);
        let form = EditForm {
            source: source.unwrap_or_else(|| shipped.to_owned()),
            place,
            seen: fingerprint,
            exists,
            error: None,
        };
        reply::html(StatusCode::OK, template::template_edit(&form, &self.viewer(None)))
    }

    /// Has a change of a source tried, and shows what it does.
    pub(super) async fn preview_template(&self, fields: &Fields) -> Answered {
        let source = plain_source(fields.field("source").unwrap_or_default());
        let place = match self.place(fields).await {
            Ok(place) => place,
            Err(error) => return not_done(&error),
        };
        let change = Change::Set(source.clone());
        let seen = fields.seen().unwrap_or(0);
        match self.try_out(&place, &change, seen).await {
            Ok(rehearsed) => self.keep_change(place, change, seen, &rehearsed),
            Err(why) => self.edit_again(place, source, seen, why),
        }
    }

    /// The form with what is wrong, and everything typed still in it.
    fn edit_again(&self, place: Place, source: String, seen: u64, why: NotTried) -> Answered {
        let error = match why {
            NotTried::Refused(refusal) => refusal.to_string(),
            NotTried::Stopped(stopped) => stopped.to_string(),
            NotTried::Unanswered => return reply::unavailable(),
        };
        let form = EditForm { place, source, seen, exists: seen != 0, error: Some(error) };
        let html = template::template_edit(&form, &self.viewer(None));
        reply::html(StatusCode::UNPROCESSABLE_ENTITY, html)
    }

    /// Shows what it does to remove an own template.
    pub(super) async fn remove_template(&self, fields: &Fields) -> Answered {
        let place = match self.place(fields).await {
            Ok(place) => place,
            Err(error) => return not_done(&error),
        };
        let Some(Sources { fingerprint, .. }) = self.sources(&place).await else {
            return reply::unavailable();
        };
        match self.try_out(&place, &Change::Removed, fingerprint).await {
            Ok(rehearsed) => self.keep_change(place, Change::Removed, fingerprint, &rehearsed),
            Err(NotTried::Refused(refusal)) => not_done(&refusal.to_string()),
            Err(NotTried::Stopped(stopped)) => not_done(&stopped.to_string()),
            Err(NotTried::Unanswered) => reply::unavailable(),
        }
    }

    /// Goes back to the version before, or forgets it.
    pub(super) async fn change_at_once(&self, fields: &Fields, change: Change) -> Answered {
        let place = match self.place(fields).await {
            Ok(place) => place,
            Err(error) => return not_done(&error),
        };
        let done = if matches!(change, Change::Returned) { "returned" } else { "forgotten" };
        let page = format!("/templates/file?template={}&done={done}", place.template);
        match self.wish(fields, Command::ChangeTemplate { place, change }).await {
            Wish::Done => reply::see_made(&page),
            Wish::Refused(refusal) => not_done(&refusal.to_string()),
            Wish::Unanswered => reply::unavailable(),
        }
    }

    /// Makes what was looked at the template.
    pub(super) async fn apply_template(&self, fields: &Fields) -> Answered {
        let token = fields.field("change").unwrap_or_default();
        let waiting = self.visitor.site.drafts.take(token);
        let now = self.the_box.now.mono;
        let own = |it: &Waiting| it.session == self.token && now <= it.until;
        let Some(Waiting { place, change, seen, .. }) = waiting.filter(own) else {
            let late = "It was looked at too long ago, or another change since. Do it again.";
            return not_done(late);
        };
        let done = if matches!(change, Change::Removed) { "removed" } else { "applied" };
        let page = format!("/templates/file?template={}&done={done}", place.template);
        let by = By { seen: Some(seen), ..self.by(fields) };
        let command = Command::ChangeTemplate { place, change };
        match self.visitor.desk.ask(Call::Do { by, command }).await {
            Some(Reply::Done(Ok(()))) => reply::see_made(&page),
            Some(Reply::Done(Err(refusal))) => not_done(&refusal.to_string()),
            _other => reply::unavailable(),
        }
    }

    /// The files of a handset, one of them line by line.
    pub(super) async fn handset_files(&self, mac: &str, query: &str) -> Answered {
        let Some(mac) = Mac::parse(mac.as_bytes()) else { return reply::unknown() };
        let Some(ToldTemplates::Files(inputs)) = self.ask(AskTemplates::Files(mac)).await else {
            return reply::unavailable();
        };
        let Some(first) = inputs.first().map(|file| file.template) else {
            return reply::unknown();
        };
        let wanted = asked(query, "template").unwrap_or(first).to_owned();
        if !inputs.iter().any(|file| file.template == wanted) {
            return reply::unknown();
        }
        // A template that is in force was tried; to explain it takes milliseconds all the same.
        let made = tokio::task::spawn_blocking(move || explained(inputs, &wanted)).await;
        let Ok((files, origins)) = made else { return reply::unavailable() };
        let origin = |path: &str| {
            origins.as_ref().map_or_else(String::new, |told| told.words(path).to_owned())
        };
        let title = mac.to_string();
        let viewer = self.viewer(None);
        let html = template::handset_files(mac, &title, &files, &origin, &viewer);
        reply::html(StatusCode::OK, html)
    }

    /// The place that a form means; a handset may be named by its hardware address.
    async fn place(&self, fields: &Fields) -> Result<Place, String> {
        match form::template_place(fields)? {
            TypedPlace::Whole(place) => Ok(place),
            TypedPlace::OfHandset { template, mac } => {
                let view = self.look_at(mac).await.flatten();
                let handset = view.and_then(|view| view.handset).map(|row| row.handset);
                let handset = handset.ok_or("There is no handset with this MAC address.")?;
                Ok(Place { template, layer: Layer::Handset(handset) })
            }
        }
    }

    async fn ask(&self, ask: AskTemplates) -> Option<ToldTemplates> {
        match self.visitor.desk.ask(Call::Templates(ask)).await {
            Some(Reply::Templates(told)) => Some(told),
            _other => None,
        }
    }

    async fn all_templates(&self) -> Option<Box<TemplatesView>> {
        match self.ask(AskTemplates::All).await {
            Some(ToldTemplates::All(view)) => Some(view),
            _other => None,
        }
    }

    async fn sources(&self, place: &Place) -> Option<Sources> {
        match self.ask(AskTemplates::At(place.clone())).await {
            Some(ToldTemplates::At(sources)) => Some(*sources),
            _other => None,
        }
    }

    /// Tries a change with every phone that it touches, off the loop.
    async fn try_out(
        &self,
        place: &Place,
        change: &Change,
        seen: u64,
    ) -> Result<Rehearsed, NotTried> {
        let drafts = &self.visitor.site.drafts;
        let Ok(_trying) = drafts.trying.try_acquire() else { return Err(NotTried::Unanswered) };
        let (place, change) = (place.clone(), change.clone());
        let ask = AskTemplates::Rehearse { seen: Some(seen), place, change };
        let rehearsal: Box<Rehearsal> = match self.ask(ask).await {
            Some(ToldTemplates::Rehearse(Ok(rehearsal))) => rehearsal,
            Some(ToldTemplates::Rehearse(Err(refusal))) => return Err(NotTried::Refused(refusal)),
            _other => return Err(NotTried::Unanswered),
        };
        let stage = drafts.rehearsals.clone();
        let stage = stage.ok_or(NotTried::Stopped(Stopped::NoStage))?;
        let tried = tokio::task::spawn_blocking(move || stage.try_out(&rehearsal)).await;
        tried.map_err(|_lost| NotTried::Unanswered)?.map_err(NotTried::Stopped)
    }

    /// Tries all templates of a backup, off the loop; why nothing comes of it, if one fails.
    pub(super) async fn try_all(&self, trials: Trials) -> Result<(), Option<NotRestored>> {
        if trials.is_empty() {
            return Ok(());
        }
        let drafts = &self.visitor.site.drafts;
        let Ok(_trying) = drafts.trying.try_acquire() else { return Err(None) };
        let stage = drafts.rehearsals.clone();
        let in_time = tokio::time::sleep(Duration::from_millis(TRIALS_MS));
        let in_time = tokio::spawn(in_time);
        let tried = tokio::task::spawn_blocking(move || {
            for (place, rehearsal) in trials {
                let outcome = match (&stage, in_time.is_finished()) {
                    (None, _) => Err(Stopped::NoStage),
                    (Some(_), true) => Err(Stopped::Time),
                    (Some(stage), false) => stage.try_out(&rehearsal).map(drop),
                };
                let Place { template, layer } = place;
                let which = || format!("{template} for {layer}");
                outcome.map_err(|stopped| (which(), stopped.to_string()))?;
            }
            Ok(())
        });
        match tried.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err((which, sentence))) => Err(Some(NotRestored::Template { which, sentence })),
            Err(_lost) => Err(None),
        }
    }

    /// Has a change wait, and shows what it does.
    fn keep_change(
        &self,
        place: Place,
        change: Change,
        seen: u64,
        rehearsed: &Rehearsed,
    ) -> Answered {
        let Some(token) = fresh_token() else { return reply::unavailable() };
        let removes = matches!(change, Change::Removed);
        let preview = Preview { place: &place, removes, rehearsed, token: &token };
        let html = template::template_preview(&preview, &self.viewer(None));
        let site = self.visitor.site.clone();
        site.drafts.keep(Waiting {
            token: token.clone(),
            session: self.token.clone(),
            until: self.the_box.now.mono.after_ms(TEMPLATE_WAITS_MS),
            place,
            change,
            seen,
        });
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(TEMPLATE_WAITS_MS)).await;
            drop(site.drafts.take(&token));
        });
        reply::html(StatusCode::OK, html)
    }
}

fn not_done(sentence: &str) -> Answered {
    reply::message(StatusCode::UNPROCESSABLE_ENTITY, "Not done", sentence)
}

/// The source of a shipped template.
fn shipped(name: &str) -> Option<&'static str> {
    render::SHIPPED.iter().find(|shipped| shipped.name == name).map(|shipped| shipped.source)
}

/// The files as the page shows them, with the values that the explained one was made from.
fn explained(inputs: Vec<FileInputs>, wanted: &str) -> (Vec<HandsetFile>, Option<Origins>) {
    let mut told = None;
    let mut files = Vec::new();
    for FileInputs { template, common, own, given_up, values: read, origins } in inputs {
        let made = (template == wanted).then(|| {
            let source = own.as_ref().map(|(_, source)| source.as_str());
            let made = render::explain(template, source, &read);
            told = Some(origins);
            made
        });
        let layer = own.map(|(layer, _)| layer);
        files.push(HandsetFile { template, common, layer, given_up, made });
    }
    (files, told)
}
