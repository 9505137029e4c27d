//! A message taken apart: start line, headers, body, each still where it was.

use heapless::Vec;

use super::essentials::Bad;
use super::name::Name;
use super::text::{around, cut, find, is_plain, is_token, number, text};
use super::uri::Uri;

/// Most header fields in a message; more of them is [`Malformed::TooManyHeaders`].
pub const HEADERS_MAX: usize = 64;

/// How a message came, which decides what its Content-Length means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// One message per datagram.
    Udp,
    /// Messages one after the other, cut by [`super::frame()`].
    Tcp,
    /// The same over TLS.
    Tls,
}

impl Transport {
    /// The name that stands in a Via.
    pub fn as_str(self) -> &'static str {
        match self {
            Transport::Udp => "UDP",
            Transport::Tcp => "TCP",
            Transport::Tls => "TLS",
        }
    }
}

/// Why bytes are not a message; there is nothing in them to answer, so nothing is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// Nothing but line ends: some phones send these to keep a NAT binding open.
    Empty,
    /// The first line is neither a request line nor a status line with a code of 100 to 699.
    NotSip,
    /// No empty line ends the headers.
    Truncated,
    /// A header line without a colon, or with a name that is no token.
    HeaderLine,
    /// More than [`HEADERS_MAX`] headers.
    TooManyHeaders,
}

/// The method of a request; methods are told apart by case (RFC 3261 section 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method<'a> {
    /// `REGISTER`.
    Register,
    /// `SUBSCRIBE`.
    Subscribe,
    /// `NOTIFY`.
    Notify,
    /// `OPTIONS`.
    Options,
    /// `INVITE`.
    Invite,
    /// `ACK`, which is never answered.
    Ack,
    /// `BYE`.
    Bye,
    /// `CANCEL`.
    Cancel,
    /// `MESSAGE`.
    Message,
    /// `INFO`.
    Info,
    /// `PUBLISH`.
    Publish,
    /// `REFER`.
    Refer,
    /// `PRACK`.
    Prack,
    /// `UPDATE`.
    Update,
    /// A token this list does not know.
    Other(&'a str),
}

const METHODS: [(&str, Method<'static>); 14] = [
    ("REGISTER", Method::Register),
    ("SUBSCRIBE", Method::Subscribe),
    ("NOTIFY", Method::Notify),
    ("OPTIONS", Method::Options),
    ("INVITE", Method::Invite),
    ("ACK", Method::Ack),
    ("BYE", Method::Bye),
    ("CANCEL", Method::Cancel),
    ("MESSAGE", Method::Message),
    ("INFO", Method::Info),
    ("PUBLISH", Method::Publish),
    ("REFER", Method::Refer),
    ("PRACK", Method::Prack),
    ("UPDATE", Method::Update),
];

impl<'a> Method<'a> {
    /// Reads a method; `None` when it is no token.
    pub fn parse(bytes: &'a [u8]) -> Option<Method<'a>> {
        let token = text(is_token(bytes).then_some(bytes)?)?;
        let known = METHODS.iter().find(|(name, _)| *name == token);
        Some(known.map_or(Method::Other(token), |(_, method)| *method))
    }

    /// The method as it stands on the wire.
    pub fn as_str(self) -> &'a str {
        if let Method::Other(token) = self {
            return token;
        }
        METHODS.iter().find(|(_, known)| *known == self).map_or("", |(name, _)| name)
    }
}

/// The first line of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start<'a> {
    /// A request.
    Request {
        /// What is asked.
        method: Method<'a>,
        /// Of whom: the Request-URI as sent.
        uri: &'a str,
    },
    /// A response.
    Response {
        /// The status code, 100 to 699.
        code: u16,
    },
}

/// A header field; its value is trimmed and may hold folds and bytes that are no UTF-8.
#[derive(Clone, Copy, Debug)]
pub struct Header<'a> {
    /// The name.
    pub name: Name<'a>,
    /// The value as sent, where a fold is still CR LF and white space.
    pub value: &'a [u8],
}

/// A message that borrows from the bytes it was read from.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    /// The first line.
    pub start: Start<'a>,
    /// The headers, in their order.
    pub headers: Vec<Header<'a>, HEADERS_MAX>,
    /// The body, as long as Content-Length says.
    pub body: &'a [u8],
    /// What is wrong with the first line or the length: told by [`Message::essentials`], so that a
    /// request with readable headers can be answered.
    pub(super) flaw: Option<Bad>,
}

impl<'a> Message<'a> {
    /// Reads one message: a whole datagram, or as many bytes of a stream as `frame` said.
    pub fn parse(bytes: &'a [u8], transport: Transport) -> Result<Message<'a>, Malformed> {
        // RFC 3261 section 7.5: line ends before a message are to be ignored.
        let blank = bytes.iter().position(|byte| !b"\r\n".contains(byte));
        let bytes = blank.and_then(|at| bytes.get(at..)).ok_or(Malformed::Empty)?;
        let mut lines = Lines::new(bytes);
        let (start, mut flaw) = start_line(lines.next().ok_or(Malformed::Truncated)?)?;
        let mut headers = Vec::new();
        let mut length = Length::Absent;
        loop {
            let line = lines.next().ok_or(Malformed::Truncated)?;
            if line.is_empty() {
                break;
            }
            let header = header_line(line).ok_or(Malformed::HeaderLine)?;
            if header.name == Name::ContentLength {
                length = length.and(header.value);
            }
            headers.push(header).map_err(|_| Malformed::TooManyHeaders)?;
        }
        let rest = lines.rest();
        let body = length.body(rest, transport);
        if body.is_none() {
            flaw = flaw.or(Some(Bad::Unreadable(Name::ContentLength)));
        }
        Ok(Message { start, headers, body: body.unwrap_or(rest), flaw })
    }
}

/// What the Content-Length headers read so far say.
#[derive(Clone, Copy)]
enum Length {
    Absent,
    Known(usize),
    Broken,
}

impl Length {
    fn and(self, value: &[u8]) -> Length {
        match (self, number(value).and_then(|it| usize::try_from(it).ok())) {
            (Length::Absent, Some(now)) => Length::Known(now),
            (Length::Known(before), Some(now)) if before == now => self,
            (Length::Absent | Length::Known(_) | Length::Broken, _) => Length::Broken,
        }
    }

    /// RFC 3261 section 18.3: a datagram may go on after its message, never end before it.
    fn body(self, rest: &[u8], transport: Transport) -> Option<&[u8]> {
        match (self, transport) {
            (Length::Absent, Transport::Udp) => Some(rest),
            (Length::Absent, Transport::Tcp | Transport::Tls) | (Length::Broken, _) => None,
            (Length::Known(length), _) => rest.get(..length),
        }
    }
}

/// The logical lines of a header section: folds joined to their line, line ends cut off.
///
/// A bare LF ends a line too, since some senders write their last line end so.
pub(super) struct Lines<'a> {
    rest: &'a [u8],
}

impl<'a> Lines<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Lines<'a> {
        Lines { rest: bytes }
    }

    /// What has not been read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next line; `None` when no line end is left.
    pub(super) fn next(&mut self) -> Option<&'a [u8]> {
        let mut end = find(self.rest, b'\n')?;
        loop {
            let (line, rest) = around(self.rest, end)?;
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let folded = !line.is_empty() && matches!(rest.first(), Some(b' ' | b'\t'));
            if !folded {
                self.rest = rest;
                return Some(line);
            }
            end = end.checked_add(find(rest, b'\n')?)?.checked_add(1)?;
        }
    }
}

/// Reads a header line; white space before the colon is allowed and means nothing.
fn header_line(line: &[u8]) -> Option<Header<'_>> {
    let (name, value) = cut(line, b':')?;
    let spaces = name.iter().rev().take_while(|byte| b" \t".contains(byte)).count();
    let name = name.get(..name.len().checked_sub(spaces)?)?;
    let name = text(is_token(name).then_some(name)?)?;
    Some(Header { name: Name::of(name), value: value.trim_ascii() })
}

/// What a line says about the length of the body: `None` when it is another header,
/// `Some(None)` when the number cannot be read.
pub(super) fn content_length(line: &[u8]) -> Option<Option<usize>> {
    let header = header_line(line).filter(|header| header.name == Name::ContentLength)?;
    Some(number(header.value).and_then(|length| usize::try_from(length).ok()))
}

/// Reads the first line; a flaw is something that can still be answered.
fn start_line(line: &[u8]) -> Result<(Start<'_>, Option<Bad>), Malformed> {
    let read = match line.strip_prefix(b"SIP/2.0 ") {
        Some(status) => status_line(status).map(|start| (start, None)),
        None => request_line(line),
    };
    read.ok_or(Malformed::NotSip)
}

fn status_line(status: &[u8]) -> Option<Start<'_>> {
    let end = find(status, b' ').unwrap_or(status.len());
    let code = number(status.get(..end).filter(|digits| digits.len() == 3)?)?;
    let code = u16::try_from(code).ok().filter(|code| (100..700).contains(code))?;
    Some(Start::Response { code })
}

fn request_line(line: &[u8]) -> Option<(Start<'_>, Option<Bad>)> {
    let trimmed = line.trim_ascii_end();
    let (method, rest) = cut(trimmed, b' ')?;
    let last = rest.iter().rposition(|&byte| byte == b' ')?;
    let (uri, version) = around(rest, last)?;
    let method = Method::parse(method)?;
    let uri = text(uri)?;
    let numbers = version.get(4..)?;
    let (major, minor) = cut(numbers, b'.')?;
    let sip = version.get(..4)?.eq_ignore_ascii_case(b"SIP/");
    if !sip || number(major).is_none() || number(minor).is_none() {
        return None;
    }
    let sound = is_plain(uri.as_bytes()) && trimmed.len() == line.len();
    let flaw = if numbers != b"2.0" {
        Some(Bad::Version)
    } else if sound && is_request_uri(uri) {
        None
    } else {
        Some(Bad::RequestLine)
    };
    Some((Start::Request { method, uri }, flaw))
}

/// Whether a request may be for this URI; RFC 3261 section 19.1.1 allows no headers in it.
fn is_request_uri(uri: &str) -> bool {
    match Uri::parse(uri) {
        Some(Uri::Sip(uri)) => uri.headers.is_none(),
        Some(Uri::Other(_)) => true,
        None => false,
    }
}
