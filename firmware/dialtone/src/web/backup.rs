//! Backup and restore: the passphrase, the text that goes out, and the text that comes in.
//!
//! What is slow or large, making a key, writing a text, reading one, is done off the loop and one
//! at a time, by the same door as passwords (see [`Door`](crate::password::Door)).
//!
//! A restore has two steps. The text is read as a whole, and what it would change is shown; nothing
//! has changed by then. Its own templates are tried as a change of each would be; one that fails is
//! named, and nothing comes of all of it. What was read waits in memory, one restore at a time, for
//! ten minutes, and only for the session that sent it. Once it is confirmed the loop ends all else
//! and puts it on flash; the answer leaves when it is there, and then the daemon ends.

use super::account::fresh_token;
use super::body::body_of;
use super::office::notice;
use super::{reply, Admin};
use crate::call::{Ask, Call, Reply, Told};
use crate::entropy;
use crate::http::Answered;
use crate::password::{self, Failed};
use crate::tls;
use exchange::backup::{self, Footing, Refused, Restored};
use exchange::certificates::{CertificateFlaw, CertificatePlace};
use exchange::limits::{BACKUP_BYTES_MAX, RESTORE_WAITS_MS};
use exchange::state::Event;
use exchange::template::Trials;
use exchange::time::Instant;
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::{HeaderMap, StatusCode};
use pages::backup::NotRestored;
use pages::form::{new_password, Fields, PasswordForm, Upload, FORM_BYTES_MAX, PASSWORD_CHARS_MAX};
use pages::{Leaving, Viewer};
use std::net::Ipv4Addr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// What was looked at and waits to be confirmed; there is room for one.
pub(super) struct Restores {
    /// Who may send a backup now: it is large.
    sending: Semaphore,
    waiting: Mutex<Option<Waiting>>,
}

struct Waiting {
    /// Which one is meant.
    token: String,
    /// Whose it is.
    session: String,
    until: Instant,
    facts: Vec<Event>,
    /// The LAN address of the box from then on, if it is another one.
    moves_to: Option<Ipv4Addr>,
}

impl Restores {
    pub(super) fn new() -> Restores {
        Restores { sending: Semaphore::new(1), waiting: Mutex::default() }
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

impl Admin<'_> {
    pub(super) fn backup(&self, query: &str) -> Answered {
        self.backup_page(StatusCode::OK, &self.viewer(notice(query)), None, None)
    }

    fn backup_page(
        &self,
        status: StatusCode,
        viewer: &Viewer<'_>,
        passphrase: Option<&PasswordForm>,
        not_restored: Option<&NotRestored>,
    ) -> Answered {
        let html = pages::backup::backup(&self.the_box, viewer, passphrase, not_restored);
        reply::html(status, html)
    }

    fn not_restored(&self, why: &NotRestored) -> Answered {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        self.backup_page(status, &self.viewer(None), None, Some(why))
    }

    /// Makes a passphrase the key of the backups from now on.
    pub(super) async fn set_passphrase(&self, fields: &Fields) -> Answered {
        let refused = |form: PasswordForm| {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            self.backup_page(status, &self.viewer(None), Some(&form), None)
        };
        let new = match new_password(fields) {
            Ok(new) => new.to_owned(),
            Err(form) => return refused(form),
        };
        let source = self.visitor.source();
        let Some(turn) = self.visitor.site.door().turn(source).await else {
            return reply::unavailable();
        };
        let key = match turn.new_backup_key(new).await {
            Ok(key) => key,
            Err(error) => {
                log::error!("{error}");
                return reply::unavailable();
            }
        };
        match self.visitor.desk.ask_access(Ask::SetBackupKey { source, key }).await {
            Some(Told::BackupKeySet(Ok(()))) => reply::see("/system/backup?done=passphrase"),
            Some(Told::BackupKeySet(Err(refusal))) => refused(PasswordForm {
                new_error: Some(refusal.to_string()),
                ..PasswordForm::default()
            }),
            _other => reply::unavailable(),
        }
    }

    /// The state as text, to be kept elsewhere.
    pub(super) async fn download(&self) -> Answered {
        let source = self.visitor.source();
        let Some(turn) = self.visitor.site.door().turn(source).await else {
            return reply::unavailable();
        };
        let Some(footing) = self.footing(Some(source)).await else { return reply::unavailable() };
        match turn.apart(move || footing.text()).await {
            Some(text) => reply::file(&pages::backup::file_name(self.the_box.now), text),
            None => reply::unavailable(),
        }
    }

    async fn footing(&self, for_backup_of: Option<Ipv4Addr>) -> Option<Box<Footing>> {
        match self.visitor.desk.ask(Call::CopyState { for_backup_of }).await {
            Some(Reply::StateCopied(footing)) => Some(footing),
            _other => None,
        }
    }

    /// Takes a backup and says what it would change.
    pub(super) async fn look_at_backup(&self, headers: &HeaderMap, body: Incoming) -> Answered {
        let restores = &self.visitor.site.restores;
        let Ok(_sending) = restores.sending.try_acquire() else { return reply::unavailable() };
        let bytes = match body_of(self.visitor, body, BACKUP_BYTES_MAX + FORM_BYTES_MAX).await {
            Ok(bytes) => bytes,
            Err(refused) => return *refused,
        };
        let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let upload = match Upload::parse(kind.unwrap_or_default(), &bytes) {
            Ok(upload) => upload,
            Err(error) => {
                return reply::message(StatusCode::BAD_REQUEST, "Not done", &error.to_string());
            }
        };
        if !self.session.sent(upload.csrf()) {
            return reply::foreign();
        }
        let Some(text) = upload.bytes("file").filter(|text| !text.is_empty()) else {
            return self.not_restored(&NotRestored::NoFile);
        };
        let typed = upload.field("passphrase").filter(|typed| !typed.is_empty());
        let passphrase = typed.filter(|typed| typed.chars().count() <= PASSWORD_CHARS_MAX);
        match self.read(text.to_vec(), passphrase.map(str::to_owned)).await {
            Ok(Ok((restored, trials))) => {
                if let Err(flaw) = keys_belong(&restored.facts) {
                    return self.not_restored(&NotRestored::Certificate(flaw.to_string()));
                }
                match self.try_all(trials).await {
                    Ok(()) => self.keep(restored),
                    Err(Some(why)) => self.not_restored(&why),
                    Err(None) => reply::unavailable(),
                }
            }
            Ok(Err(refused)) => self.not_restored(&NotRestored::Refused(refused)),
            Err(Failed::Entropy | Failed::Hash) => reply::unavailable(),
        }
    }

    /// Reads a text onto the state as it is now, off the loop.
    async fn read(
        &self,
        text: Vec<u8>,
        passphrase: Option<String>,
    ) -> Result<Result<(Restored, Trials), Refused>, Failed> {
        let now = self.the_box.now;
        let turn = self.visitor.site.door().turn(self.visitor.source()).await;
        let turn = turn.ok_or(Failed::Hash)?;
        let footing = self.footing(None).await.ok_or(Failed::Hash)?;
        let seed = entropy::seed().map_err(|_no_entropy| Failed::Entropy)?;
        let read = move || {
            let key = match (backup::recipe(&text), passphrase) {
                (Ok(Some(recipe)), Some(passphrase)) => {
                    Some(password::backup_key(&passphrase, recipe)?)
                }
                (Ok(_), _) => None,
                (Err(refused), _) => return Ok(Err(refused)),
            };
            let restored = footing.read(&text, key.as_ref(), seed);
            Ok(restored.map(|restored| {
                let trials = footing.trials(now, &restored);
                (restored, trials)
            }))
        };
        turn.apart(read).await.unwrap_or(Err(Failed::Hash))
    }

    /// Has a new state wait, and shows what it would change.
    fn keep(&self, restored: Restored) -> Answered {
        let Restored { facts, changes } = restored;
        let Some(token) = fresh_token() else { return reply::unavailable() };
        let html = pages::backup::restore(&changes, &self.the_box, &self.viewer(None), &token);
        let is = self.the_box.lan.as_ref().map(|lan| lan.address);
        let will = changes.will.lan.map(|(address, _)| address);
        let site = self.visitor.site.clone();
        site.restores.keep(Waiting {
            token: token.clone(),
            session: self.token.clone(),
            until: self.the_box.now.mono.after_ms(RESTORE_WAITS_MS),
            facts,
            moves_to: will.filter(|will| !changes.network_stays && Some(*will) != is),
        });
        // Its passwords are not left lying about.
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(RESTORE_WAITS_MS)).await;
            drop(site.restores.take(&token));
        });
        reply::html(StatusCode::OK, html)
    }

    /// Makes what was looked at the state.
    pub(super) async fn confirm_restore(&self, fields: &Fields) -> Answered {
        let token = fields.field("restore").unwrap_or_default();
        let waiting = self.visitor.site.restores.take(token);
        let now = self.the_box.now.mono;
        let own = |it: &Waiting| it.session == self.token && now <= it.until;
        let Some(Waiting { facts, moves_to, .. }) = waiting.filter(own) else {
            return self.not_restored(&NotRestored::Late);
        };
        let call = Call::Restore { source: self.visitor.source(), facts };
        match self.visitor.desk.ask(call).await {
            Some(Reply::Done(Ok(()))) => {
                let leaving = Leaving::Restored {
                    moved: moves_to.map(|to| (to, self.the_box.http_port)),
                    by_itself: self.the_box.hindrance.is_none(),
                };
                reply::html(StatusCode::OK, pages::leaving(leaving, self.the_box.trial_ms))
            }
            Some(Reply::Done(Err(refusal))) => {
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                reply::message(status, "Not restored", &refusal.to_string())
            }
            _other => reply::unavailable(),
        }
    }
}

/// Whether the box could show the certificates of a new state: each key is that of its certificate.
/// Otherwise nobody would come in by TLS any more, the admin neither.
fn keys_belong(facts: &[Event]) -> Result<(), CertificateFlaw> {
    let mut kept = facts.iter().filter_map(|fact| {
        let Event::CertificateChanged { place, becomes } = fact else { return None };
        becomes.as_ref().filter(|_| !matches!(place, CertificatePlace::Phones(_)))
    });
    kept.try_for_each(tls::belongs)
}
