//! A file that is kept on flash of its own, sent piece by piece, or the range of it that was asked
//! for (RFC 9110 section 14).
//!
//! One range in bytes is served; of a list of ranges, or of one that makes no sense, nothing is
//! taken notice, as section 14.2 allows. With `If-Range` the range counts only where the validator
//! is ours (section 13.1.5): it is made of the content's digest, so a file that was replaced is
//! fetched anew. How fast a phone takes the pieces is its own business, as long as it takes one
//! every half minute.

use super::guests::Visit;
use super::{files, Answered, Body, Visitor};
use crate::firmware::Shelf;
use exchange::limits::FIRMWARE_PIECE_BYTES;
use exchange::FileNo;
use http_body_util::channel::Channel;
use http_body_util::{Either, Full};
use hyper::header::{
    HeaderName, HeaderValue, ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_TYPE, ETAG, IF_RANGE, RANGE,
};
use hyper::{HeaderMap, Method, Response, StatusCode};
use std::io;
use std::ops::Range;
use std::sync::Arc;

/// A file as the exchange names it.
pub(super) struct Kept {
    pub(super) file: FileNo,
    pub(super) bytes: u32,
    pub(super) digest: [u8; 32],
}

/// Answers a request for such a file.
pub(super) fn answer(
    visitor: &Visitor,
    method: &Method,
    headers: &HeaderMap,
    kept: &Kept,
) -> Answered {
    let Some(shelf) = visitor.site.firmware() else { return files::plain(StatusCode::NOT_FOUND) };
    let etag = validator(kept.digest);
    let same = headers.get(IF_RANGE).is_none_or(|value| value.as_bytes() == etag.as_bytes());
    let range = headers.get(RANGE).filter(|_| same && *method == Method::GET);
    let range = range.and_then(|value| value.to_str().ok());
    let (status, part) = match range.map_or(Wanted::Whole, |range| wanted(range, kept.bytes)) {
        Wanted::Whole => (StatusCode::OK, 0..kept.bytes),
        Wanted::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
        Wanted::Nothing => {
            let mut answered = files::plain(StatusCode::RANGE_NOT_SATISFIABLE);
            set(&mut answered, CONTENT_RANGE, &format!("bytes */{}", kept.bytes));
            return answered;
        }
    };
    let body = match *method == Method::HEAD {
        true => Either::Left(Full::default()),
        false => match send(visitor, shelf, kept.file, part.clone()) {
            Some(body) => body,
            None => return files::come_again(),
        },
    };
    let mut answered = Response::new(body);
    *answered.status_mut() = status;
    if status == StatusCode::PARTIAL_CONTENT {
        let range = format!("bytes {}-{}/{}", part.start, part.end - 1, kept.bytes);
        set(&mut answered, CONTENT_RANGE, &range);
    }
    set(&mut answered, CONTENT_LENGTH, &part.len().to_string());
    set(&mut answered, CONTENT_TYPE, "application/octet-stream");
    set(&mut answered, ACCEPT_RANGES, "bytes");
    set(&mut answered, CACHE_CONTROL, "no-store");
    set(&mut answered, ETAG, &etag);
    answered
}

fn set(answered: &mut Answered, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answered.headers_mut().insert(name, value);
    }
}

/// By which a copy is known to be of the same content.
fn validator(digest: [u8; 32]) -> String {
    let digits: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{digits}\"")
}

/// What a `Range` asks for.
#[derive(PartialEq, Eq, Debug)]
enum Wanted {
    Whole,
    Part(Range<u32>),
    /// A range in which the file has no byte.
    Nothing,
}

fn wanted(range: &str, bytes: u32) -> Wanted {
    let Some((unit, set)) = range.split_once('=') else { return Wanted::Whole };
    let Some((first, last)) = set.trim().split_once('-') else { return Wanted::Whole };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Wanted::Whole;
    }
    let digits = |text: &str| {
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // A number that is too large for us is behind the end of any file.
        plain.then(|| text.parse().unwrap_or(u64::MAX))
    };
    let size = u64::from(bytes);
    let part = match (digits(first), digits(last)) {
        (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(size),
        (Some(first), None) if last.is_empty() => first..size,
        (None, Some(last)) if first.is_empty() => size.saturating_sub(last)..size,
        _no_range => return Wanted::Whole,
    };
    match part.start < part.end {
        true => Wanted::Part(part.start as u32..part.end as u32),
        false => Wanted::Nothing,
    }
}

/// Sends a part of a file; `None` where too many are fetching already.
fn send(visitor: &Visitor, shelf: &Shelf, file: FileNo, part: Range<u32>) -> Option<Body> {
    let place = shelf.place()?;
    let (mut sender, body) = Channel::new(1);
    let (shelf, visit) = (shelf.clone(), Sending::begin(&visitor.visit));
    tokio::spawn(async move {
        let _held = place;
        let mut at = part.start;
        while at < part.end {
            let len = (part.end - at).min(FIRMWARE_PIECE_BYTES as u32);
            let piece = shelf.read(file, at, len).await.filter(|it| it.len() == len as usize);
            let Some(piece) = piece else {
                sender.abort(io::Error::other("the file is gone"));
                return;
            };
            // Who went away is nobody's loss.
            if sender.send_data(piece).await.is_err() {
                return;
            }
            visit.0.moves();
            at += len;
        }
    });
    Some(Either::Right(body))
}

/// A connection on which an answer is on its way piece by piece.
struct Sending(Arc<Visit>);

impl Sending {
    fn begin(visit: &Arc<Visit>) -> Sending {
        visit.sends();
        Sending(visit.clone())
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.0.has_sent();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_as_section_14_says() {
        for (range, expected) in [
            ("bytes=0-499", Wanted::Part(0..500)),
            ("bytes=500-999", Wanted::Part(500..1_000)),
            ("bytes=500-", Wanted::Part(500..1_000)),
            ("bytes=-500", Wanted::Part(500..1_000)),
            ("bytes=-5000", Wanted::Part(0..1_000)),
            ("Bytes = 999-", Wanted::Part(999..1_000)),
            ("bytes=0-99999999999999999999999", Wanted::Part(0..1_000)),
            ("bytes=1000-", Wanted::Nothing),
            ("bytes=1000-2000", Wanted::Nothing),
            ("bytes=99999999999999999999-", Wanted::Nothing),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=0-0,-1", Wanted::Whole),
            ("bytes=5-4", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("bytes=+1-2", Wanted::Whole),
            ("bytes=a-b", Wanted::Whole),
            ("bytes", Wanted::Whole),
            ("lines=0-1", Wanted::Whole),
            ("", Wanted::Whole),
        ] {
            assert_eq!(wanted(range, 1_000), expected, "{range}");
        }
    }
}
