//! Messages on their way out: responses to a request, and requests of the box's own.
//!
//! A [`Writer`] fills a buffer and never panics: what does not fit is left out and makes
//! [`Writer::finish`] fail, so that a cut message is never sent. No value can break out of its
//! line, since every CR and LF in it becomes a space: what a phone wrote about itself may be copied
//! without looking at it. RFC 3261 sections 8.2.6.2, 17.1.1.3 and 18.2.1, RFC 3581 section 4.
//! Not implemented: the Timestamp of a 100, since the box sends none, and compact names.

use core::fmt;
use core::net::SocketAddrV4;

use super::message::{Message, Method, Transport};
use super::name::Name;
use super::text::split_param;
use super::via::{Rport, Via, BRANCH_COOKIE};

/// The message did not fit into the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRoom;

/// Writes one message, header by header.
#[derive(Debug)]
pub struct Writer<'b> {
    out: &'b mut [u8],
    length: usize,
    overflow: bool,
}

impl<'b> Writer<'b> {
    /// Begins a response to `request`, which came from `source`.
    ///
    /// Copies every Via (the topmost with the address and port the request really came from), From,
    /// To, Call-ID and CSeq, as many of them as there are. `to_tag` goes to a To without a tag,
    /// but for a 100. An empty `reason` is the usual one.
    pub fn respond(
        out: &'b mut [u8],
        request: &Message<'_>,
        code: u16,
        reason: &str,
        source: SocketAddrV4,
        to_tag: &str,
    ) -> Writer<'b> {
        let mut writer = Writer { out, length: 0, overflow: false };
        let reason = if reason.is_empty() { reason_phrase(code) } else { reason };
        writer.line(format_args!("SIP/2.0 {code} {reason}"));
        for (place, via) in request.list(Name::Via).enumerate() {
            writer.raw(b"Via: ");
            match Via::parse(via) {
                Some(top) if place == 0 => writer.received(via, &top, source),
                Some(_) | None => writer.clean(via),
            }
            writer.raw(b"\r\n");
        }
        writer.copy(request, Name::From);
        if let Some(to) = request.first(Name::To) {
            writer.raw(b"To: ");
            writer.clean(to);
            let address = super::NameAddr::parse(to);
            if code != 100 && address.is_some_and(|address| address.tag().is_none()) {
                writer.raw(b";tag=");
                writer.clean(to_tag.as_bytes());
            }
            writer.raw(b"\r\n");
        }
        writer.copy(request, Name::CallId);
        writer.copy(request, Name::CSeq);
        writer
    }

    /// Begins a request of the box's own, up to Max-Forwards; From, To, Call-ID and CSeq follow.
    ///
    /// `branch` is what makes the transaction unique; the cookie is put before it.
    pub fn request(
        out: &'b mut [u8],
        method: Method<'_>,
        uri: &str,
        transport: Transport,
        sent_by: SocketAddrV4,
        branch: &str,
    ) -> Writer<'b> {
        let mut writer = Writer { out, length: 0, overflow: false };
        writer.line(format_args!("{} {uri} SIP/2.0", method.as_str()));
        let transport = transport.as_str();
        let via =
            format_args!("SIP/2.0/{transport} {sent_by};branch={BRANCH_COOKIE}{branch};rport");
        writer.header(Name::Via, via);
        writer.header(Name::MaxForwards, 70);
        writer
    }

    /// Adds a header.
    pub fn header(&mut self, name: Name<'_>, value: impl fmt::Display) -> &mut Self {
        self.line(format_args!("{name}: {value}"));
        self
    }

    /// Adds the first header of that name as `message` has it; nothing when it has none.
    pub fn copy(&mut self, message: &Message<'_>, name: Name<'_>) -> &mut Self {
        if let Some(value) = message.first(name) {
            self.clean(name.as_str().as_bytes());
            self.raw(b": ");
            self.clean(value);
            self.raw(b"\r\n");
        }
        self
    }

    /// Adds Content-Length and the body, and gives the message.
    pub fn finish(mut self, body: &[u8]) -> Result<&'b [u8], NoRoom> {
        self.header(Name::ContentLength, body.len());
        self.raw(b"\r\n");
        self.raw(body);
        if self.overflow {
            return Err(NoRoom);
        }
        let out: &'b [u8] = self.out;
        out.get(..self.length).ok_or(NoRoom)
    }

    /// Copies the topmost Via with what the network says about its sender in place of what he says.
    fn received(&mut self, raw: &[u8], via: &Via<'_>, source: SocketAddrV4) {
        let fixed = raw.split(|&byte| byte == b';').next().unwrap_or(raw);
        self.clean(fixed.trim_ascii_end());
        for piece in via.params.pieces() {
            match split_param(piece) {
                Some((name, _)) if name.eq_ignore_ascii_case(b"received") => {}
                Some((name, _)) if name.eq_ignore_ascii_case(b"rport") => {}
                Some(_) | None => {
                    self.raw(b";");
                    self.clean(piece);
                }
            }
        }
        let asked = via.rport() == Rport::Asked;
        if asked {
            self.text(format_args!(";rport={}", source.port()));
        }
        if asked || !via.is_from(*source.ip()) {
            self.text(format_args!(";received={}", source.ip()));
        }
    }

    fn line(&mut self, text: fmt::Arguments<'_>) {
        self.text(text);
        self.raw(b"\r\n");
    }

    fn text(&mut self, text: fmt::Arguments<'_>) {
        if fmt::Write::write_fmt(&mut Clean(self), text).is_err() {
            self.overflow = true;
        }
    }

    /// Writes a value on one line: line ends, and the white space around them, become one space.
    fn clean(&mut self, bytes: &[u8]) {
        let is_end = |byte: &u8| *byte == b'\r' || *byte == b'\n';
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(is_end) {
            let (before, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            self.raw(before.trim_ascii_end());
            self.raw(b" ");
            rest = after.trim_ascii_start();
        }
        self.raw(rest);
    }

    fn raw(&mut self, bytes: &[u8]) {
        let end = self.length.saturating_add(bytes.len());
        match self.out.get_mut(self.length..end) {
            Some(room) if !self.overflow => {
                room.copy_from_slice(bytes);
                self.length = end;
            }
            Some(_) | None => self.overflow = true,
        }
    }
}

/// The writer as formatted text sees it.
struct Clean<'w, 'b>(&'w mut Writer<'b>);

impl fmt::Write for Clean<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.clean(text.as_bytes());
        Ok(())
    }
}

/// Where the response to a request over UDP goes (RFC 3261 section 18.2.2, RFC 3581 section 4).
///
/// Always the address the request came from; its port when `rport` asks for it or the Via is
/// unreadable, else the port of the Via. Over TCP a response goes back on its connection.
pub fn reply_address(request: &Message<'_>, source: SocketAddrV4) -> SocketAddrV4 {
    request.via().map_or(source, |via| via.reply_address(source))
}

/// The usual phrase for a code, or for its class.
pub fn reason_phrase(code: u16) -> &'static str {
    match code {
        100 => "Trying",
        180 => "Ringing",
        200 => "OK",
        202 => "Accepted",
        302 => "Moved Temporarily",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        413 => "Request Entity Too Large",
        414 => "Request-URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Unsupported URI Scheme",
        420 => "Bad Extension",
        421 => "Extension Required",
        423 => "Interval Too Brief",
        439 => "First Hop Lacks Outbound Support",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        482 => "Loop Detected",
        483 => "Too Many Hops",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        489 => "Bad Event",
        491 => "Request Pending",
        500 => "Server Internal Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        504 => "Server Time-out",
        505 => "Version Not Supported",
        513 => "Message Too Large",
        _ => match code / 100 {
            1 => "Progress",
            2 => "OK",
            3 => "Redirection",
            4 => "Request Failure",
            5 => "Server Failure",
            _ => "Global Failure",
        },
    }
}
