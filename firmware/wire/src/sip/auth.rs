//! What a phone answers to a challenge: `Authorization: Digest ..`.
//!
//! RFC 7616 section 3.4 and RFC 3261 section 22. Parameters are read in any order, quoted or not,
//! since phones disagree on both; one that comes twice makes the whole header unreadable, because
//! whoever checks the first and whoever uses the second would be fooled. Unknown parameters are
//! passed over. Not implemented: `userhash`, `username*` and `auth-int`. Nothing is checked here.

use super::text::{split_param, text, Pieces};

/// Why an Authorization header holds no credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoCredentials {
    /// Another scheme than Digest, which counts as no header at all.
    OtherScheme,
    /// A Digest header with a parameter missing, repeated or unreadable.
    Unreadable,
}

/// A digest answer as sent: quotes removed, backslashes kept, nothing believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credentials<'a> {
    /// Who the sender claims to be.
    pub username: &'a str,
    /// The realm answered for.
    pub realm: &'a str,
    /// The nonce answered.
    pub nonce: &'a str,
    /// The URI hashed, which must match the request's.
    pub uri: &'a str,
    /// The hash, in hex digits.
    pub response: &'a str,
    /// The algorithm; absent means MD5.
    pub algorithm: Option<&'a str>,
    /// The sender's own nonce.
    pub cnonce: Option<&'a str>,
    /// The quality of protection.
    pub qop: Option<&'a str>,
    /// The nonce count in hex digits, as it was hashed.
    pub nc: Option<&'a str>,
    /// What the challenge asked to be given back.
    pub opaque: Option<&'a str>,
}

impl<'a> Credentials<'a> {
    /// Reads the value of an Authorization header.
    pub fn parse(value: &'a [u8]) -> Result<Credentials<'a>, NoCredentials> {
        let value = value.trim_ascii();
        let end = value.iter().position(u8::is_ascii_whitespace).unwrap_or(value.len());
        let (scheme, rest) = value.split_at_checked(end).ok_or(NoCredentials::Unreadable)?;
        if !scheme.eq_ignore_ascii_case(b"digest") {
            return Err(NoCredentials::OtherScheme);
        }
        Fields::read(rest).and_then(Fields::complete).ok_or(NoCredentials::Unreadable)
    }

    /// The nonce count, which is exactly eight hex digits (RFC 7616 section 3.4).
    pub fn nonce_count(&self) -> Option<u32> {
        let nc = self.nc?;
        let digits = nc.len() == 8 && nc.bytes().all(|byte| byte.is_ascii_hexdigit());
        u32::from_str_radix(digits.then_some(nc)?, 16).ok()
    }
}

const FIELDS: [&str; 10] =
    ["username", "realm", "nonce", "uri", "response", "algorithm", "cnonce", "qop", "nc", "opaque"];

/// The known parameters, in the order of [`FIELDS`].
struct Fields<'a>([Option<&'a str>; FIELDS.len()]);

impl<'a> Fields<'a> {
    fn read(list: &'a [u8]) -> Option<Fields<'a>> {
        let mut fields = Fields([None; FIELDS.len()]);
        // An empty element, such as a trailing comma leaves, is allowed (RFC 9110 section 5.6.1.2).
        for piece in Pieces::of_list(list).filter(|piece| !piece.is_empty()) {
            let (name, value) = split_param(piece)?;
            let known = FIELDS.iter().position(|it| name.eq_ignore_ascii_case(it.as_bytes()));
            let Some(slot) = known.and_then(|at| fields.0.get_mut(at)) else { continue };
            if slot.replace(text(value?)?).is_some() {
                return None;
            }
        }
        Some(fields)
    }

    fn complete(self) -> Option<Credentials<'a>> {
        let [username, realm, nonce, uri, response, algorithm, cnonce, qop, nc, opaque] = self.0;
        Some(Credentials {
            username: username?,
            realm: realm?,
            nonce: nonce?,
            uri: uri?,
            response: response?,
            algorithm,
            cnonce,
            qop,
            nc,
            opaque,
        })
    }
}
