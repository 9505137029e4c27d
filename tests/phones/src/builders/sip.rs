//! SIP REGISTER as a phone sends it (RFC 3261 section 10.2, RFC 2617 section 3.2.2).

use crate::digest::{answer, Algorithm, Question};
use std::fmt::Write;
use std::net::SocketAddrV4;

/// The parts of a REGISTER; every one may be set to nonsense.
#[derive(Clone, Debug)]
pub struct RegisterDraft<'a> {
    /// The domain of the request URI, From and To.
    pub domain: &'a str,
    /// The user of From, To and Contact.
    pub user: &'a str,
    /// The text between quotes in From; none when empty.
    pub display: &'a str,
    /// The address in Via and Contact.
    pub local: SocketAddrV4,
    /// The branch after `z9hG4bK`.
    pub branch: &'a str,
    /// The From tag.
    pub tag: &'a str,
    /// The Call-ID.
    pub call_id: &'a str,
    /// The CSeq number.
    pub cseq: u32,
    /// The wanted expiry in seconds; 0 takes the binding away.
    pub expires_s: u32,
    /// The User-Agent; no header when empty.
    pub user_agent: &'a str,
    /// A whole Authorization value; no header when `None`.
    pub authorization: Option<&'a str>,
    /// More header lines, each ended by CRLF.
    pub more: &'a str,
}

impl RegisterDraft<'_> {
    /// The request as sent.
    pub fn text(&self) -> String {
        let mut out = String::with_capacity(900);
        let RegisterDraft { domain, user, local, branch, tag, call_id, cseq, .. } = self;
        // Writing to a String cannot fail.
        let _ = write!(
            out,
            "REGISTER sip:{domain} SIP/2.0\r\n\
             Via: SIP/2.0/UDP {local};branch=z9hG4bK{branch};rport\r\n"
        );
        if self.display.is_empty() {
            let _ = write!(out, "From: <sip:{user}@{domain}>;tag={tag}\r\n");
        } else {
            let _ = write!(out, "From: \"{}\" <sip:{user}@{domain}>;tag={tag}\r\n", self.display);
        }
        let _ = write!(
            out,
            "To: <sip:{user}@{domain}>\r\nCall-ID: {call_id}\r\nCSeq: {cseq} REGISTER\r\n\
             Contact: <sip:{user}@{local}>\r\nMax-Forwards: 70\r\nExpires: {}\r\n",
            self.expires_s
        );
        if let Some(value) = self.authorization {
            let _ = write!(out, "Authorization: {value}\r\n");
        }
        if !self.user_agent.is_empty() {
            let _ = write!(out, "User-Agent: {}\r\n", self.user_agent);
        }
        out.push_str(self.more);
        out.push_str("Content-Length: 0\r\n\r\n");
        out
    }
}

/// What goes into an Authorization header.
#[derive(Clone, Debug)]
pub struct AuthorizationDraft<'a> {
    /// The algorithm; MD5 is written out too.
    pub algorithm: Algorithm,
    /// The login.
    pub username: &'a str,
    /// The realm of the challenge.
    pub realm: &'a str,
    /// The password; only its digest is sent.
    pub password: &'a str,
    /// The request method.
    pub method: &'a str,
    /// The digest URI.
    pub uri: &'a str,
    /// The nonce of the challenge.
    pub nonce: &'a str,
    /// The opaque value of the challenge, if it had one.
    pub opaque: Option<&'a str>,
    /// The client nonce and its count; `None` answers a challenge without `qop` (RFC 2069).
    pub counted: Option<(&'a str, u32)>,
}

/// The value of an Authorization header.
pub fn authorization(draft: &AuthorizationDraft<'_>) -> String {
    let question = Question {
        algorithm: draft.algorithm,
        username: draft.username,
        realm: draft.realm,
        password: draft.password,
        method: draft.method,
        uri: draft.uri,
        nonce: draft.nonce,
        counted: draft.counted,
    };
    let response = answer(&question);
    let AuthorizationDraft { username, realm, nonce, uri, .. } = draft;
    let mut out = format!(
        "Digest username=\"{username}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", \
         response=\"{response}\", algorithm={}",
        draft.algorithm.token()
    );
    if let Some((cnonce, nc)) = draft.counted {
        let _ = write!(out, ", qop=auth, cnonce=\"{cnonce}\", nc={nc:08x}");
    }
    if let Some(opaque) = draft.opaque {
        let _ = write!(out, ", opaque=\"{opaque}\"");
    }
    out
}
