//! Where one message ends on a TCP connection, and the next begins.
//!
//! RFC 3261 sections 7.5, 18.3 and 20.14, RFC 5626 section 3.5.1. The caller keeps a buffer of
//! [`HEADER_MAX`] + [`BODY_MAX`] bytes per connection, asks here what stands at its start, drops
//! what was used and asks again. A stream whose framing is lost cannot be mended: after
//! [`Frame::Malformed`] and [`Frame::TooLarge`] the connection is closed.

use super::message::{content_length, Lines};
use super::text::is_token_byte;

/// Most bytes from the first of a message to its body, on a stream.
pub const HEADER_MAX: usize = 8 * 1024;

/// Most bytes in a body, on a stream.
pub const BODY_MAX: usize = 8 * 1024;

/// What answers a [`Frame::Ping`].
pub const PONG: &[u8] = b"\r\n";

/// What stands at the start of a stream's buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Not enough to tell: read more.
    Need,
    /// That many bytes ask whether anybody is there: drop them and send [`PONG`].
    Ping(usize),
    /// That many bytes mean nothing (a stray or answering CRLF): drop them.
    Blank(usize),
    /// That many bytes are one message, ready to be parsed.
    Message(usize),
    /// No SIP, or no readable Content-Length: close the connection.
    Malformed,
    /// More than [`HEADER_MAX`] or [`BODY_MAX`]: close the connection.
    TooLarge,
}

/// Says what stands at the start of the buffer.
pub fn frame(buffer: &[u8]) -> Frame {
    match buffer {
        [] | [b'\r'] | [b'\r', b'\n'] | [b'\r', b'\n', b'\r'] => return Frame::Need,
        [b'\r', b'\n', b'\r', b'\n', ..] => return Frame::Ping(4),
        [b'\r', b'\n', ..] => return Frame::Blank(2),
        [first, ..] if !is_token_byte(*first) => return Frame::Malformed,
        [..] => {}
    }
    let header = buffer.get(..HEADER_MAX).unwrap_or(buffer);
    let mut lines = Lines::new(header);
    let mut length = None;
    while let Some(line) = lines.next() {
        if line.is_empty() {
            let header = header.len() - lines.rest().len();
            return length.map_or(Frame::Malformed, |body| whole(buffer, header, body));
        }
        match (content_length(line), length) {
            (None, _) => {}
            (Some(Some(now)), None) => length = Some(now),
            (Some(Some(now)), Some(before)) if now == before => {}
            (Some(_), _) => return Frame::Malformed,
        }
    }
    if buffer.len() < HEADER_MAX {
        Frame::Need
    } else {
        Frame::TooLarge
    }
}

fn whole(buffer: &[u8], header: usize, body: usize) -> Frame {
    match header.checked_add(body) {
        Some(_) if body > BODY_MAX => Frame::TooLarge,
        Some(length) if length <= buffer.len() => Frame::Message(length),
        Some(_) => Frame::Need,
        None => Frame::TooLarge,
    }
}
