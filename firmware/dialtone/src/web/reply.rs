//! Answers of the admin's side, each with the headers that keep a browser from being misled.

use super::Takes;
use crate::http::Answered;
use http_body_util::{Either, Full};
use hyper::body::Bytes;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{HeaderMap, Response, StatusCode};
use pages::Html;

/// What every answer carries. The referrer policy is not `no-referrer`: browsers would then send
/// forms with `Origin: null`, which says nothing.
const ALWAYS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, pages::CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
];

/// Assets have their content's hash in their name.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// A page.
pub(super) fn html(status: StatusCode, html: Html) -> Answered {
    let mut answered = answer(status, Bytes::from(html));
    set(&mut answered, header::CONTENT_TYPE, "text/html; charset=utf-8");
    answered
}

/// A page with nothing but a title and a sentence.
pub(super) fn message(status: StatusCode, title: &str, sentence: &str) -> Answered {
    html(status, pages::message(status.as_u16(), title, sentence))
}

/// Go and get that page.
pub(super) fn see(path: &'static str) -> Answered {
    let mut answered = answer(StatusCode::SEE_OTHER, Bytes::new());
    set(&mut answered, header::LOCATION, path);
    answered
}

/// Go and get that page; `path` is made of our own words and a hardware address.
pub(super) fn see_made(path: &str) -> Answered {
    let mut answered = see("/handsets");
    if let Ok(value) = HeaderValue::from_str(path) {
        answered.headers_mut().insert(header::LOCATION, value);
    }
    answered
}

/// No page or device is there.
pub(super) fn unknown() -> Answered {
    message(StatusCode::NOT_FOUND, "Not found", "There is nothing here, or not any more.")
}

/// A form that no page of ours sent.
pub(super) fn foreign() -> Answered {
    let sentence = "This was not sent from a page of this box, or the page was open for too long. \
        Open the page again and repeat what you did.";
    message(StatusCode::FORBIDDEN, "Not done", sentence)
}

/// The exchange does not answer.
pub(super) fn unavailable() -> Answered {
    let mut answered = message(
        StatusCode::SERVICE_UNAVAILABLE,
        "Not just now",
        "The box cannot do this just now. Try again in a few seconds.",
    );
    set(&mut answered, header::RETRY_AFTER, "5");
    answered
}

pub(super) fn not_allowed(takes: Takes) -> Answered {
    let mut answered = message(
        StatusCode::METHOD_NOT_ALLOWED,
        "Not this way",
        "This address cannot be asked in this way.",
    );
    let methods = match takes {
        Takes::Get => "GET, HEAD",
        Takes::Post => "POST",
        Takes::Both => "GET, HEAD, POST",
    };
    set(&mut answered, header::ALLOW, methods);
    answered
}

/// A file that pages refer to.
pub(super) fn asset(path: &str) -> Answered {
    let Some(asset) = pages::assets().into_iter().find(|asset| asset.path == path) else {
        return unknown();
    };
    let mut answered = answer(StatusCode::OK, Bytes::from_static(asset.bytes));
    set(&mut answered, header::CONTENT_TYPE, asset.content_type);
    set(&mut answered, header::CACHE_CONTROL, FOR_EVER);
    answered
}

/// A text to be kept as a file; `name` is one of ours.
pub(super) fn file(name: &str, text: String) -> Answered {
    let mut answered = answer(StatusCode::OK, Bytes::from(text));
    set(&mut answered, header::CONTENT_TYPE, "text/plain; charset=utf-8");
    if let Ok(value) = HeaderValue::try_from(format!("attachment; filename={name}")) {
        answered.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    answered
}

/// Has the browser keep a cookie for this path; `value` is a token of ours. It goes with the
/// browser if `max_age_s` is not given.
pub(super) fn keep(answered: &mut Answered, cookie: &str, path: &str, max_age_s: Option<u32>) {
    let age = max_age_s.map(|age_s| format!("; Max-Age={age_s}")).unwrap_or_default();
    let line = format!("{cookie}; Path={path}; HttpOnly; SameSite=Strict{age}");
    if let Ok(value) = HeaderValue::try_from(line) {
        answered.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// Says when to come back.
pub(super) fn retry_after(answered: &mut Answered, seconds: u32) {
    answered.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
}

fn answer(status: StatusCode, bytes: Bytes) -> Answered {
    let mut answered = Response::new(Either::Left(Full::new(bytes)));
    *answered.status_mut() = status;
    let mut headers = HeaderMap::with_capacity(ALWAYS.len() + 3);
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    *answered.headers_mut() = headers;
    answered
}

fn set(answered: &mut Answered, name: HeaderName, value: &'static str) {
    answered.headers_mut().insert(name, HeaderValue::from_static(value));
}
