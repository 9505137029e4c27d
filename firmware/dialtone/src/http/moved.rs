//! What is answered on the LAN without TLS of what is over TLS: where it is, and the certificate of
//! the authority by which a browser or a phone can trust it.

use super::{files, Answered, Visitor};
use crate::web::host_of;
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderValue, LOCATION};
use hyper::{Method, Request, StatusCode};

/// Where the authority's certificate is.
pub(super) const AUTHORITY: &str = "/dialtone-ca.crt";
/// RFC 2585 section 4 knows DER only; browsers take PEM by this name too.
const CERTIFICATE: &str = "application/x-x509-ca-cert";

/// The same place over TLS. What a form carried has been sent in clear already, so it is not sent
/// again: the browser gets the first page, since not every form's place has one.
pub(super) fn to_tls(visitor: &Visitor, request: &Request<Incoming>, port: u16) -> Answered {
    let path = request.uri().path_and_query().map_or("/", |it| it.as_str());
    let (status, path) = match *request.method() {
        Method::GET | Method::HEAD => (StatusCode::PERMANENT_REDIRECT, path),
        _ => (StatusCode::SEE_OTHER, "/"),
    };
    let host = host_of(request.headers(), visitor.own).unwrap_or_else(|| visitor.own.to_string());
    let port = if port == 443 { String::new() } else { format!(":{port}") };
    let mut answered = files::plain(status);
    if let Ok(value) = HeaderValue::try_from(format!("https://{host}{port}{path}")) {
        answered.headers_mut().insert(LOCATION, value);
    }
    answered
}

/// The certificate of the box's authority, where it has one by now.
pub(super) fn authority(visitor: &Visitor) -> Answered {
    let pem = visitor.site.secured().and_then(|secured| secured.authority());
    match pem {
        Some(pem) => files::file(Bytes::from(pem.to_string()), CERTIFICATE),
        None => files::come_again(),
    }
}
