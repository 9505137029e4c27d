//! What a request of the admin's carries, read within bounds of size and time.

use super::reply;
use crate::http::{Answered, Visitor};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::{HeaderMap, StatusCode};
use pages::form::{Fields, FormError, FORM_BYTES_MAX};

/// Reads a form; an answer instead, if it is none, too long or too slow.
pub(super) async fn form(
    visitor: &Visitor,
    headers: &HeaderMap,
    body: Incoming,
) -> Result<Fields, Box<Answered>> {
    form_within(visitor, headers, body, FORM_BYTES_MAX).await
}

/// The same with another bound.
pub(super) async fn form_within(
    visitor: &Visitor,
    headers: &HeaderMap,
    body: Incoming,
    bytes_max: usize,
) -> Result<Fields, Box<Answered>> {
    let no = |status, sentence: &str| Err(Box::new(reply::message(status, "Not saved", sentence)));
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return no(StatusCode::UNSUPPORTED_MEDIA_TYPE, &FormError::Garbled.to_string());
    }
    let bytes = body_of(visitor, body, bytes_max).await?;
    Fields::parse_within(&bytes, bytes_max)
        .or_else(|error| no(StatusCode::BAD_REQUEST, &error.to_string()))
}

/// All that a request carries, if it is not more than so many bytes and comes in time; an answer
/// instead, if not.
pub(super) async fn body_of(
    visitor: &Visitor,
    body: Incoming,
    bytes_max: usize,
) -> Result<Bytes, Box<Answered>> {
    let no = |status, sentence: &str| Err(Box::new(reply::message(status, "Not saved", sentence)));
    let too_large = || no(StatusCode::PAYLOAD_TOO_LARGE, &FormError::TooLarge.to_string());
    // Said before anything is read, so that nobody has to send it all.
    if body.size_hint().lower() > bytes_max as u64 {
        return too_large();
    }
    let whole = Limited::new(body, bytes_max).collect();
    match tokio::time::timeout(visitor.limits.body, whole).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => too_large(),
        Ok(Err(_broken)) => no(StatusCode::BAD_REQUEST, &FormError::Garbled.to_string()),
        Err(_too_slow) => no(StatusCode::REQUEST_TIMEOUT, "This form took too long to arrive."),
    }
}
