//! The phones' side: every address is a file's name, and the exchange knows who may have which.
//!
//! A name is percent-decoded once and then handed over as it is; what cannot be a name is refused
//! there. Each refusal is the same for every reason, to the byte. What a phone wants to store is
//! taken off the line up to a bound, and only its end is held; then it is stored or refused.

use super::kept::{self, Kept};
use super::{Answered, Visitor};
use crate::base64;
use crate::call::{Call, Came, Reply, Sent};
use exchange::limits::{
    CREDENTIALS_CHARS_MAX, FILE_QUERY_MAX, LOG_BYTES_MAX, UPLOAD_BYTES_MAX, USER_AGENT_BYTES_MAX,
};
use exchange::Answer;
use http_body_util::{BodyExt, Either, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    HeaderName, HeaderValue, ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, EXPECT, ORIGIN,
    RETRY_AFTER, USER_AGENT, WWW_AUTHENTICATE,
};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};

/// The header by which a browser tells whose page made it ask (Fetch Metadata).
const SENT_BY: &str = "sec-fetch-site";
/// When a phone should ask again for a file that could not be made.
const RETRY_AFTER_S: &str = "5";
/// What a phone is asked for that has proven nothing (RFC 7617); who that is, the exchange knows.
const BASIC: &str = "Basic realm=\"provisioning\", charset=\"UTF-8\"";

/// Answers a request for, or of, a file.
pub(super) async fn answer(visitor: &Visitor, request: Request<Incoming>) -> Answered {
    // A browser says by whom it was sent, a phone never does. No page anywhere may make the
    // computers that load it ask for a phone's file in their own name.
    if [SENT_BY, ORIGIN.as_str()].iter().any(|name| request.headers().contains_key(*name)) {
        return plain(StatusCode::FORBIDDEN);
    }
    let upload = match *request.method() {
        Method::GET | Method::HEAD => false,
        Method::PUT | Method::POST => true,
        _ => {
            let mut answered = plain(StatusCode::METHOD_NOT_ALLOWED);
            set(&mut answered, ALLOW, "GET, HEAD");
            return answered;
        }
    };
    let (method, headers) = (request.method().clone(), request.headers().clone());
    let query = request.uri().query().filter(|query| query.len() <= FILE_QUERY_MAX);
    let (mut name, query) = (name(request.uri().path()), query.and_then(name));
    // Behind a name that holds a question mark itself no query can stand.
    if let (Some(name), Some(query)) = (&mut name, query) {
        if !name.contains('?') {
            name.push('?');
            name.push_str(&query);
        }
    }
    let user_agent = request.headers().get(USER_AGENT).map(HeaderValue::as_bytes);
    let user_agent = user_agent.unwrap_or_default();
    let user_agent = user_agent.get(..USER_AGENT_BYTES_MAX).unwrap_or(user_agent).to_vec();
    let came = came(visitor, &headers);
    let came = &came;
    let ask = |name: Option<String>, upload: Option<Sent>| {
        let user_agent = user_agent.clone();
        async move {
            let Some(name) = name else { return Some(Answer::BadName) };
            let came = came.clone();
            let call = Call::Fetch { origin: visitor.origin, name, user_agent, upload, came };
            match visitor.desk.ask(call).await {
                Some(Reply::Fetched(answer)) => Some(answer),
                _other => None,
            }
        }
    };
    let upload = match upload {
        // One that asks first (RFC 9110 section 10.1.1) is spared the sending in vain.
        true if headers.contains_key(EXPECT) => {
            let not_sent = Sent { bytes: Sent::NOT_WHOLE, ..Sent::default() };
            match ask(name.clone(), Some(not_sent)).await {
                Some(Answer::TooLarge) => Some(sent(visitor, request.into_body()).await),
                refused => return answered(refused.unwrap_or(Answer::Unavailable)),
            }
        }
        true => Some(sent(visitor, request.into_body()).await),
        false => None,
    };
    match ask(name, upload).await {
        Some(Answer::Kept { file, bytes, digest }) => {
            kept::answer(visitor, &method, &headers, &Kept { file, bytes, digest })
        }
        answer => {
            let answer = answer.unwrap_or(Answer::Unavailable);
            if let Some(secured) = visitor.site.secured().filter(|_| visitor.tls) {
                if matches!(answer, Answer::File { .. }) {
                    secured.proved(visitor.origin.side, *visitor.origin.from.ip());
                }
            }
            answered(answer)
        }
    }
}

/// How a request came, and by what it says who asks.
fn came(visitor: &Visitor, headers: &HeaderMap) -> Came {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().filter(|_| visitor.tls).and_then(|value| value.to_str().ok());
    let credentials = value.filter(|_| values.next().is_none()).and_then(basic);
    Came { tls: visitor.tls, credentials, certified: visitor.certified }
}

/// User and password by the Basic scheme (RFC 7617 section 2).
fn basic(value: &str) -> Option<(String, String)> {
    let (scheme, token) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") || token.len() > CREDENTIALS_CHARS_MAX {
        return None;
    }
    let pair = String::from_utf8(base64::decoded(token.trim())?).ok()?;
    let (user, password) = pair.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

fn answered(answer: Answer) -> Answered {
    match answer {
        Answer::File { bytes, content_type } => file(Bytes::from(bytes), content_type),
        Answer::Book { bytes, content_type } => file(Bytes::from_owner(bytes), content_type),
        Answer::NotFound => plain(StatusCode::NOT_FOUND),
        Answer::Forbidden => plain(StatusCode::FORBIDDEN),
        Answer::Unauthorized => {
            let mut answered = plain(StatusCode::UNAUTHORIZED);
            set(&mut answered, WWW_AUTHENTICATE, BASIC);
            answered
        }
        Answer::BadName => plain(StatusCode::BAD_REQUEST),
        Answer::Stored => plain(StatusCode::OK),
        Answer::TooLarge => plain(StatusCode::PAYLOAD_TOO_LARGE),
        Answer::Kept { .. } | Answer::Unavailable => come_again(),
    }
}

/// Not just now.
pub(super) fn come_again() -> Answered {
    let mut answered = plain(StatusCode::SERVICE_UNAVAILABLE);
    set(&mut answered, RETRY_AFTER, RETRY_AFTER_S);
    answered
}

pub(super) fn file(bytes: Bytes, content_type: &'static str) -> Answered {
    let mut answered = Response::new(Either::Left(Full::new(bytes)));
    set(&mut answered, CONTENT_TYPE, content_type);
    set(&mut answered, CACHE_CONTROL, "no-store");
    answered
}

/// A status and its name, nothing else.
pub(super) fn plain(status: StatusCode) -> Answered {
    let words = status.canonical_reason().unwrap_or_default();
    let mut answered = Response::new(Either::Left(Full::new(Bytes::from_static(words.as_bytes()))));
    *answered.status_mut() = status;
    set(&mut answered, CONTENT_TYPE, "text/plain; charset=utf-8");
    set(&mut answered, CACHE_CONTROL, "no-store");
    answered
}

fn set(answered: &mut Answered, name: HeaderName, value: &'static str) {
    answered.headers_mut().insert(name, HeaderValue::from_static(value));
}

/// Takes what a phone sends off the line, up to a bound, so that it has sent all before it hears
/// what came of it.
async fn sent(visitor: &Visitor, mut body: Incoming) -> Sent {
    let mut sent = Sent::default();
    let all = async {
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return false };
            let piece = frame.into_data().unwrap_or_default();
            sent.bytes += piece.len() as u64;
            sent.end.extend_from_slice(&piece);
            sent.end.drain(..sent.end.len().saturating_sub(LOG_BYTES_MAX));
            if sent.bytes > UPLOAD_BYTES_MAX as u64 {
                break;
            }
        }
        true
    };
    let whole = tokio::time::timeout(visitor.limits.body, all).await;
    if !matches!(whole, Ok(true)) {
        sent.bytes = Sent::NOT_WHOLE;
    }
    sent
}

/// The name of the file that a path asks for; `None` where a percent sign is followed by no two hex
/// digits, or what comes out holds NUL or is not UTF-8.
fn name(path: &str) -> Option<String> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = match (first, tail) {
            (b'%', [high, low, tail @ ..]) => {
                let (high, low) = ((*high as char).to_digit(16)?, (*low as char).to_digit(16)?);
                bytes.push((high << 4 | low) as u8);
                tail
            }
            (b'%', _) => return None,
            (plain, tail) => {
                bytes.push(*plain);
                tail
            }
        };
    }
    let name = String::from_utf8(bytes).ok()?;
    (!name.contains('\0')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::name;
    use crate::mutation::spoiled;

    #[test]
    fn a_name_is_decoded_once_and_no_more() {
        let names = [
            ("/prov/001565123456.cfg", Some("prov/001565123456.cfg")),
            ("/a%20b", Some("a b")),
            ("/%2e%2e%2fetc", Some("../etc")),
            ("/%252e%252e", Some("%2e%2e")),
            ("//x", Some("/x")),
            ("/", Some("")),
            ("*", Some("*")),
            ("/%", None),
            ("/%4", None),
            ("/%zz", None),
            ("/a%00b", None),
            ("/%ff", None),
        ];
        for (path, expected) in names {
            assert_eq!(name(path).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn no_name_holds_nul_whichever_way_it_came() {
        assert_eq!(name("/a%00b"), None);
        assert_eq!(name("/a%20b\0"), None);
        assert_eq!(name("/ab\0"), None);
    }

    #[test]
    fn a_million_spoiled_paths_are_decoded_once_or_refused_for_a_reason() {
        let paths = [
            "/prov/001565123456.cfg",
            "/a%20b%2Fc%C3%A4.cfg",
            "/%2e%2e%2fetc/passwd",
            "/%252e%252e%252fetc%2500",
            "/cfg%4000%0d%0a%7f.xml",
        ];
        let paths = paths.map(|path| path.as_bytes().to_vec());
        spoiled(&paths, 3, |path| {
            let path = String::from_utf8_lossy(path);
            let decoded = once(&path);
            match name(&path) {
                Some(name) => {
                    assert_eq!(decoded.as_deref(), Some(name.as_bytes()), "{path:?}");
                    assert!(!name.contains('\0'), "{path:?}");
                    true
                }
                None => {
                    let bad =
                        |bytes: Vec<u8>| bytes.contains(&0) || String::from_utf8(bytes).is_err();
                    assert!(decoded.is_none_or(bad), "{path:?} is refused");
                    false
                }
            }
        });
    }

    /// The bytes of a path: what stands behind a percent sign is two digits and the rest of its
    /// piece, so nothing that was decoded is looked at again.
    fn once(path: &str) -> Option<Vec<u8>> {
        let mut pieces = path.strip_prefix('/').unwrap_or(path).split('%');
        let mut bytes = pieces.next()?.as_bytes().to_vec();
        for piece in pieces {
            let (digits, rest) = piece.as_bytes().split_at_checked(2)?;
            let digits = digits.iter().map(|digit| match digit {
                b'0'..=b'9' => Some(digit - b'0'),
                b'a'..=b'f' => Some(digit - b'a' + 10),
                b'A'..=b'F' => Some(digit - b'A' + 10),
                _no_digit => None,
            });
            let value = digits.reduce(|high, low| Some(high? * 16 + low?))??;
            bytes.push(value);
            bytes.extend_from_slice(rest);
        }
        Some(bytes)
    }
}
