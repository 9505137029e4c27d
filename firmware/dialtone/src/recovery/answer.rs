//! What a request is answered with: the page, its files, and its forms.
//!
//! Whoever asks for anything else gets the page too, with 503: a person sees at once what is wrong
//! under any address of the box, and a phone reads no page as its configuration. Every answer
//! carries the headers of the admin's pages.

use super::desk::{Denied, Desk, Wish};
use super::raw::{Raw, RawBytes};
use super::restore::{self, Ground};
use super::Granted;
use crate::clock::Clock;
use crate::web::names_us;
use exchange::limits::{BACKUP_BYTES_MAX, HTTP_BODY_MS, RECOVERY_FORM_BYTES_MAX};
use http_body_util::{BodyExt, Either, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderName, HeaderValue, CONTENT_TYPE, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use hyper::{Method, Request, Response, StatusCode};
use pages::backup::NotRestored;
use pages::form::{Fields, Upload, PASSWORD_CHARS_MAX};
use pages::recovery::{leaving, recovery, Asked, Leaving, Problem, Recovery, Refused};
use pages::recovery::{COPY, ERASE, RESTART, RESTORE};
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, Semaphore};

/// An answer; only the partition's bytes are not complete before it is sent.
pub(super) type Answered = Response<Either<Full<Bytes>, RawBytes>>;

/// What every answer carries, as the admin's pages do.
const ALWAYS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, pages::CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
];
/// How long a form may take to arrive.
const FORM_TIME: Duration = Duration::from_millis(HTTP_BODY_MS);
/// When a phone should ask again.
const RETRY_AFTER_S: u32 = 60;
/// When the page after an erasing looks for the box again.
const REFRESH: &str = "15; url=/";

/// Who asks, and by which door he came.
pub(super) struct Visitor {
    pub(super) source: Ipv4Addr,
    /// The box's own address there.
    pub(super) own: Ipv4Addr,
    pub(super) prefix: u8,
    /// Set once the partition's bytes are on their way to him, or his backup is read.
    pub(super) lingers: AtomicBool,
}

/// The page and what it is about.
pub(super) struct Page {
    partition: String,
    problem: Problem,
    raw: Option<Raw>,
    desk: Mutex<Desk>,
    clock: Clock,
    ground: Ground,
    /// Who may send a backup now: it is large.
    sending: Semaphore,
    granted: mpsc::Sender<Granted>,
}

impl Page {
    /// Puts the page together; what has been granted comes by `granted`.
    pub(super) fn new(
        partition: String,
        problem: Problem,
        raw: Option<Raw>,
        desk: Desk,
        ground: Ground,
        granted: mpsc::Sender<Granted>,
    ) -> Page {
        let (desk, clock, sending) = (Mutex::new(desk), Clock::start(), Semaphore::new(1));
        Page { partition, problem, raw, desk, clock, ground, sending, granted }
    }

    /// The desk at which wishes are judged.
    pub(super) fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers one request.
    pub(super) async fn answer(&self, visitor: &Visitor, request: Request<Incoming>) -> Answered {
        let (parts, body) = request.into_parts();
        // Nobody may disagree with us on where a request ends (RFC 9112 section 6.3).
        if parts.headers.contains_key(TRANSFER_ENCODING) {
            return plain(StatusCode::LENGTH_REQUIRED);
        }
        if !names_us(&parts, visitor.own) {
            return plain(StatusCode::MISDIRECTED_REQUEST);
        }
        match (&parts.method, parts.uri.path()) {
            (&Method::POST, path @ (COPY | RESTART | ERASE)) => match form(&parts, body).await {
                Ok(fields) => self.obey(visitor, path, &fields),
                Err(status) => plain(status),
            },
            (&Method::POST, RESTORE) => self.restore(visitor, &parts, body).await,
            (&Method::GET | &Method::HEAD, "/") => self.page(visitor, StatusCode::OK, None, None),
            (&Method::GET | &Method::HEAD, path) => match asset(path) {
                Some(answered) => answered,
                None => self.closed(visitor),
            },
            _other => self.closed(visitor),
        }
    }

    /// Anything that is not served here.
    fn closed(&self, visitor: &Visitor) -> Answered {
        let mut answered = self.page(visitor, StatusCode::SERVICE_UNAVAILABLE, None, None);
        answered.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S));
        answered
    }

    fn page(
        &self,
        visitor: &Visitor,
        status: StatusCode,
        refused: Option<(Asked, Refused)>,
        not_restored: Option<&NotRestored>,
    ) -> Answered {
        let desk = self.desk();
        if let Some(leaving) = desk.leaving() {
            return leaves(visitor, leaving, visitor.own);
        }
        let page = Recovery {
            partition: &self.partition,
            problem: self.problem,
            bytes: self.raw.as_ref().map(Raw::bytes),
            address: visitor.own,
            prefix: visitor.prefix,
            failed: desk.failed(),
            refused,
            not_restored,
        };
        html(status, recovery(&page))
    }

    fn obey(&self, visitor: &Visitor, path: &str, fields: &Fields) -> Answered {
        let field = |name| fields.field(name).unwrap_or_default();
        let wish = match path {
            COPY => Wish::Copy,
            RESTART => Wish::Restart,
            _erase => Wish::Erase { word: field("word") },
        };
        if let Some(denied) = self.denied(visitor, field("code"), wish) {
            return denied;
        }
        match wish {
            Wish::Copy => self.copy(visitor),
            Wish::Restart => self.leave(visitor, Granted::Restarting, visitor.own),
            Wish::Erase { .. } | Wish::Restore { .. } => {
                self.leave(visitor, Granted::Erasing, visitor.own)
            }
        }
    }

    /// Has the desk judge a wish; the answer where it is not granted.
    fn denied(&self, visitor: &Visitor, code: &str, wish: Wish<'_>) -> Option<Answered> {
        let now = self.clock.now().mono;
        // The desk is free again before any page is made of the outcome.
        let outcome = self.desk().grant(now, visitor.source, code, wish);
        outcome.err().map(|denied| match denied {
            Denied::NotOffered => self.page(visitor, StatusCode::CONFLICT, None, None),
            Denied::Leaving(leaving) => leaves(visitor, leaving, visitor.own),
            Denied::Typed(refused) => self.refuse(visitor, wish, refused),
        })
    }

    /// Takes a backup; if it is good, it is put in the place of the state.
    async fn restore(&self, visitor: &Visitor, parts: &Parts, body: Incoming) -> Answered {
        let Ok(_sending) = self.sending.try_acquire() else {
            return plain(StatusCode::SERVICE_UNAVAILABLE);
        };
        let bytes = match arrived(body, BACKUP_BYTES_MAX + RECOVERY_FORM_BYTES_MAX).await {
            Ok(bytes) => bytes,
            Err(status) => return plain(status),
        };
        let kind = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let Ok(upload) = Upload::parse(kind.unwrap_or_default(), &bytes) else {
            return plain(StatusCode::BAD_REQUEST);
        };
        let field = |name| upload.field(name).unwrap_or_default();
        let wish = Wish::Restore { word: field("word") };
        if let Some(denied) = self.denied(visitor, field("code"), wish) {
            return denied;
        }
        let mut reading = Reading { page: self, good: false };
        let text = upload.bytes("file").unwrap_or_default();
        if text.is_empty() {
            drop(reading);
            return self.not_restored(visitor, &NotRestored::NoFile);
        }
        let passphrase = Some(field("passphrase"));
        let passphrase = passphrase.filter(|typed| typed.chars().count() <= PASSWORD_CHARS_MAX);
        // To make the key of a sealed one may take longer than a visit.
        visitor.lingers.store(true, Ordering::Relaxed);
        let (ground, text) = (self.ground.clone(), text.to_vec());
        let passphrase = passphrase.unwrap_or_default().to_owned();
        let read = move || restore::read(&ground, &text, &passphrase);
        let read = tokio::task::spawn_blocking(read).await;
        reading.good = matches!(read, Ok(Ok(Ok(_))));
        drop(reading);
        match read {
            Ok(Ok(Ok(restored))) => {
                let moves_to = restored.changes.will.lan.map(|(address, _)| address);
                let address = moves_to.unwrap_or(visitor.own);
                self.leave(visitor, Granted::Restoring(restored.facts), address)
            }
            Ok(Ok(Err(refused))) => self.not_restored(visitor, &NotRestored::Refused(refused)),
            Ok(Err(_)) | Err(_) => plain(StatusCode::SERVICE_UNAVAILABLE),
        }
    }

    fn not_restored(&self, visitor: &Visitor, why: &NotRestored) -> Answered {
        self.page(visitor, StatusCode::UNPROCESSABLE_ENTITY, None, Some(why))
    }

    fn refuse(&self, visitor: &Visitor, wish: Wish<'_>, refused: Refused) -> Answered {
        let status = match refused {
            Refused::Code => StatusCode::FORBIDDEN,
            Refused::Slowed(_) => StatusCode::TOO_MANY_REQUESTS,
            Refused::Word => StatusCode::UNPROCESSABLE_ENTITY,
            Refused::CopyUnderWay => StatusCode::CONFLICT,
        };
        let mut answered = self.page(visitor, status, Some((wish.asked(), refused)), None);
        if let Refused::Slowed(seconds) = refused {
            answered.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        answered
    }

    fn copy(&self, visitor: &Visitor) -> Answered {
        let raw = self.raw.as_ref();
        let Some((raw, bytes)) = raw.and_then(|raw| Some((raw, raw.read()?))) else {
            return self.refuse(visitor, Wish::Copy, Refused::CopyUnderWay);
        };
        visitor.lingers.store(true, Ordering::Relaxed);
        let mut answered = answer(StatusCode::OK, Either::Right(bytes));
        // So that the browser notices if it does not get them all.
        answered.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(raw.bytes()));
        set(&mut answered, CONTENT_TYPE, "application/octet-stream");
        let name = "attachment; filename=\"dialtone-state.bin\"";
        set(&mut answered, header::CONTENT_DISPOSITION, name);
        answered
    }

    fn leave(&self, visitor: &Visitor, granted: Granted, address: Ipv4Addr) -> Answered {
        let how = match &granted {
            Granted::Restarting => Leaving::Restarting,
            Granted::Erasing => Leaving::Erasing,
            Granted::Restoring(_) => Leaving::Restoring,
        };
        // The desk grants it once, so there is room.
        let _ = self.granted.try_send(granted);
        leaves(visitor, how, address)
    }
}

/// A backup that is being read: the box stays unless it is good, also where the visitor hangs up.
struct Reading<'p> {
    page: &'p Page,
    good: bool,
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        if !self.good {
            self.page.desk().stay();
        }
    }
}

/// The page that says what the box is about to do.
fn leaves(visitor: &Visitor, how: Leaving, address: Ipv4Addr) -> Answered {
    let mut answered = html(StatusCode::OK, leaving(how, visitor.own, address));
    if address == visitor.own {
        set(&mut answered, header::REFRESH, REFRESH);
    }
    answered
}

async fn form(parts: &Parts, body: Incoming) -> Result<Fields, StatusCode> {
    let kind = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    let bytes = arrived(body, RECOVERY_FORM_BYTES_MAX).await?;
    Fields::parse(&bytes).map_err(|_garbled| StatusCode::BAD_REQUEST)
}

async fn arrived(body: Incoming, bytes_max: usize) -> Result<Bytes, StatusCode> {
    let whole = Limited::new(body, bytes_max).collect();
    let arrived = tokio::time::timeout(FORM_TIME, whole).await;
    let collected = arrived.map_err(|_too_slow| StatusCode::REQUEST_TIMEOUT)?;
    Ok(collected.map_err(|_too_long| StatusCode::PAYLOAD_TOO_LARGE)?.to_bytes())
}

fn html(status: StatusCode, html: pages::Html) -> Answered {
    let mut answered = answer(status, Either::Left(Full::new(Bytes::from(html))));
    set(&mut answered, CONTENT_TYPE, "text/html; charset=utf-8");
    answered
}

/// A status and its name, nothing else.
fn plain(status: StatusCode) -> Answered {
    let words = Bytes::from_static(status.canonical_reason().unwrap_or_default().as_bytes());
    let mut answered = answer(status, Either::Left(Full::new(words)));
    set(&mut answered, CONTENT_TYPE, "text/plain; charset=utf-8");
    answered
}

fn asset(path: &str) -> Option<Answered> {
    let asset = pages::assets().into_iter().find(|asset| asset.path == path)?;
    let bytes = Either::Left(Full::new(Bytes::from_static(asset.bytes)));
    let mut answered = answer(StatusCode::OK, bytes);
    set(&mut answered, CONTENT_TYPE, asset.content_type);
    Some(answered)
}

fn answer(status: StatusCode, body: Either<Full<Bytes>, RawBytes>) -> Answered {
    let mut answered = Response::new(body);
    *answered.status_mut() = status;
    for (name, value) in ALWAYS {
        set(&mut answered, name, value);
    }
    answered
}

fn set(answered: &mut Answered, name: HeaderName, value: &'static str) {
    answered.headers_mut().insert(name, HeaderValue::from_static(value));
}
