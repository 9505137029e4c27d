//! Where something is in SIP: URIs, and the host and port that URIs and Vias share.
//!
//! RFC 3261 section 19.1. Nothing is unescaped in place: escapes are undone once, on comparison,
//! and never twice (RFC 4475 section 3.1.1.3). IPv6 references are recognised by their shape, so
//! that a message that holds one is read; no address is made of them, since the box speaks IPv4
//! only. Not implemented: the comparison of whole URIs (section 19.1.4), which a registrar that
//! keys on the user part does not need, and resolution of any kind.

use core::net::Ipv4Addr;

use super::text::{around, cut, find, is_plain, number, text, Params};

/// A URI, as far as a telephone exchange wants to know it.
#[derive(Clone, Copy, Debug)]
pub enum Uri<'a> {
    /// `sip:` or `sips:`.
    Sip(SipUri<'a>),
    /// Another scheme, by its name; the rest is opaque (answer: 416).
    Other(&'a str),
}

impl<'a> Uri<'a> {
    /// Reads a URI without angle brackets; `None` when it breaks the grammar.
    pub fn parse(uri: &'a str) -> Option<Uri<'a>> {
        let (scheme, rest) = uri.split_once(':')?;
        let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
        let named = scheme.starts_with(|first: char| first.is_ascii_alphabetic());
        if !named || !scheme.bytes().all(letters) || !is_plain(rest.as_bytes()) {
            return None;
        }
        if scheme.eq_ignore_ascii_case("sip") {
            return SipUri::read(rest, false).map(Uri::Sip);
        }
        if scheme.eq_ignore_ascii_case("sips") {
            return SipUri::read(rest, true).map(Uri::Sip);
        }
        Some(Uri::Other(scheme))
    }

    /// The parts of a SIP URI; `None` for another scheme.
    pub fn sip(self) -> Option<SipUri<'a>> {
        match self {
            Uri::Sip(uri) => Some(uri),
            Uri::Other(_) => None,
        }
    }
}

/// The parts of a `sip:` or `sips:` URI, all as sent.
#[derive(Clone, Copy, Debug)]
pub struct SipUri<'a> {
    /// Whether the scheme was `sips`.
    pub secure: bool,
    /// All that stands before the `@`, a password included.
    ///
    /// Some phones write their address here as `MAC:0004..`, by the grammar a password.
    pub userinfo: Option<&'a str>,
    /// The host: a name, an IPv4 address or an IPv6 reference with its brackets.
    pub host: &'a str,
    /// The port, when one is written.
    pub port: Option<u16>,
    /// The URI parameters.
    pub params: Params<'a>,
    /// What follows the `?`, when there is one.
    pub headers: Option<&'a str>,
}

impl<'a> SipUri<'a> {
    fn read(rest: &'a str, secure: bool) -> Option<SipUri<'a>> {
        let (userinfo, rest) = match rest.split_once('@') {
            Some((userinfo, rest)) => (Some(userinfo), rest),
            None => (None, rest),
        };
        let (rest, headers) = match rest.split_once('?') {
            Some((rest, headers)) => (rest, Some(headers)),
            None => (rest, None),
        };
        let end = find(rest.as_bytes(), b';').unwrap_or(rest.len());
        let (host_port, params) = rest.split_at_checked(end)?;
        let (host, port) = host_port_of(host_port.as_bytes())?;
        let broken = userinfo.is_some_and(|it| it.is_empty() || it.starts_with(':'));
        if broken || rest.contains('@') || headers.is_some_and(|it| it.contains('@')) {
            return None;
        }
        let params = Params::read(params.as_bytes())?;
        Some(SipUri { secure, userinfo, host, port, params, headers })
    }

    /// The user as sent, without a password.
    pub fn user(&self) -> Option<&'a str> {
        Some(self.userinfo?.split(':').next().unwrap_or_default())
    }

    /// Whether the user, with its escapes undone once, is exactly `wanted`.
    pub fn user_is(&self, wanted: &str) -> bool {
        self.user().is_some_and(|user| percent_decoded(user).eq(wanted.bytes()))
    }

    /// The host as an IPv4 address, when it is written as one.
    pub fn ipv4(&self) -> Option<Ipv4Addr> {
        self.host.parse().ok()
    }
}

/// The bytes of a URI part with each `%` and two hex digits undone once; any other `%` is itself.
pub fn percent_decoded(part: &str) -> impl Iterator<Item = u8> + '_ {
    let mut rest = part.as_bytes();
    core::iter::from_fn(move || {
        let (&first, tail) = rest.split_first()?;
        if let (b'%', [high, low, after @ ..]) = (first, tail) {
            if let (Some(high), Some(low)) = (hex(*high), hex(*low)) {
                rest = after;
                return Some((high << 4) | low);
            }
        }
        rest = tail;
        Some(first)
    })
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// Splits `host [: port]`, white space around the colon allowed as a Via allows it.
pub(super) fn host_port_of(bytes: &[u8]) -> Option<(&str, Option<u16>)> {
    let bytes = bytes.trim_ascii();
    let (host, rest) = if bytes.first() == Some(&b'[') {
        let (address, rest) = around(bytes, find(bytes, b']')?)?;
        let inner = address.get(1..).filter(|inner| is_ipv6_shaped(inner))?;
        let host = bytes.get(..inner.len().checked_add(2)?)?;
        (host, rest.trim_ascii())
    } else {
        let end = find(bytes, b':').unwrap_or(bytes.len());
        let (host, rest) = bytes.split_at_checked(end)?;
        (host.trim_ascii(), rest)
    };
    let named = |&byte: &u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    if host.is_empty() || !(host.starts_with(b"[") || host.iter().all(named)) {
        return None;
    }
    let port = match cut(rest, b':') {
        Some(([], port)) => Some(u16::try_from(number(port.trim_ascii())?).ok()?),
        Some(_) => return None,
        None if rest.is_empty() => None,
        None => return None,
    };
    Some((text(host)?, port))
}

/// Whether the bytes could be an IPv6 address; three colons in a row pass (RFC 5118 section 4.10).
fn is_ipv6_shaped(bytes: &[u8]) -> bool {
    bytes.contains(&b':')
        && bytes.iter().all(|byte| byte.is_ascii_hexdigit() || b":.".contains(byte))
}
