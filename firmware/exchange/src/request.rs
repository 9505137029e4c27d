//! A request as the doors hand it on, and what is said to it.

use crate::names::RecordNo;
use crate::office::Office;
use crate::output::{Arrival, Line, StreamNo, To};
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt::Display;
use wire::sip::{reply_address, Message, Method, Name, Transport, Writer};

/// Bytes that an answer may have beyond those of its request, most of which it repeats.
const ANSWER_EXTRA_BYTES: usize = 4 * 1024;

impl Office {
    /// Whether a connection is over TLS.
    pub(crate) fn is_secured(&self, stream: StreamNo) -> bool {
        self.secured.contains(&stream)
    }
}

/// A request, and how it came.
pub(crate) struct Request<'a> {
    pub(crate) message: &'a Message<'a>,
    pub(crate) method: Method<'a>,
    /// The Request-URI as sent.
    pub(crate) uri: &'a str,
    pub(crate) arrival: Arrival,
    pub(crate) line: Line,
}

impl Request<'_> {
    pub(crate) fn transport(&self) -> Transport {
        match self.line {
            Line::SipStream(_) => Transport::Tcp,
            Line::Dhcp
            | Line::Tftp
            | Line::Transfer(_)
            | Line::Sip
            | Line::SipMulticast
            | Line::Mdns
            | Line::DhcpClient => Transport::Udp,
        }
    }

    /// Whether the sender says that he knows an extension.
    pub(crate) fn supports(&self, tag: &str) -> bool {
        self.message.list(Name::Supported).any(|it| it.eq_ignore_ascii_case(tag.as_bytes()))
    }
}

/// What is said to a request.
pub(crate) struct Reply {
    code: u16,
    /// Empty for the usual phrase.
    reason: String,
    headers: Vec<(Name<'static>, String)>,
    /// The fact it relies on.
    pub(crate) after: RecordNo,
    /// Whether the asker has proven that he knows a password.
    pub(crate) proven: bool,
}

impl Reply {
    /// A reply with the usual phrase.
    pub(crate) fn new(code: u16) -> Reply {
        let after = RecordNo(0);
        Reply { code, reason: String::new(), headers: Vec::new(), after, proven: false }
    }

    /// A reply that says why.
    pub(crate) fn because(code: u16, reason: impl Display) -> Reply {
        Reply { reason: reason.to_string(), ..Reply::new(code) }
    }

    /// The same with one more header.
    pub(crate) fn with(mut self, name: Name<'static>, value: impl Display) -> Reply {
        self.headers.push((name, value.to_string()));
        self
    }

    /// The same, said to somebody who has proven who he is, once a fact is on flash.
    pub(crate) fn proven(self, after: RecordNo) -> Reply {
        Reply { after, proven: true, ..self }
    }

    /// The bytes; `None` when they would be too many.
    pub(crate) fn write(&self, office: &mut Office, request: &Request<'_>) -> Option<Vec<u8>> {
        let tag = u32::from_be_bytes(office.chance.bytes());
        write(request, self.code, &self.reason, &alloc::format!("{tag:08x}"), |writer| {
            for (name, value) in &self.headers {
                writer.header(*name, value);
            }
        })
    }
}

/// The bytes of a response with the headers that `add` gives it; `None` when they are too many.
pub(crate) fn write(
    request: &Request<'_>,
    code: u16,
    reason: &str,
    to_tag: &str,
    add: impl FnOnce(&mut Writer<'_>),
) -> Option<Vec<u8>> {
    let headers = request.message.headers.iter().map(|header| header.value.len());
    let mut bytes = vec![0; ANSWER_EXTRA_BYTES + headers.sum::<usize>()];
    let from = request.arrival.from;
    let mut writer = Writer::respond(&mut bytes, request.message, code, reason, from, to_tag);
    add(&mut writer);
    let length = writer.finish(b"").ok()?.len();
    bytes.truncate(length);
    bytes.shrink_to_fit();
    Some(bytes)
}

/// Sends a response the way its request came (RFC 3261 section 18.2.2).
pub(crate) fn send(office: &mut Office, request: &Request<'_>, bytes: Vec<u8>, after: RecordNo) {
    let Arrival { interface, from, .. } = request.arrival;
    match request.transport() {
        Transport::Tcp | Transport::Tls => {
            office.send(interface, request.line, To::Peer, bytes, after)
        }
        Transport::Udp => {
            let to = To::Address(reply_address(request.message, from));
            office.send(interface, Line::Sip, to, bytes, after);
        }
    }
}
