//! The headers every request must have, and the ones a registrar asks for by name.
//!
//! RFC 3261 section 8.1.1: To, From, CSeq, Call-ID and Via. (Max-Forwards is mandatory too, but
//! phones of RFC 2543 leave it out, and the box forwards nothing.) What is missing, repeated or
//! unreadable is told apart, so that a server can answer 400 with what there is.

use core::fmt;

use super::address::{Contact, NameAddr, EXPIRES_DEFAULT};
use super::auth::{Credentials, NoCredentials};
use super::event::Event;
use super::message::{Message, Method, Start};
use super::name::Name;
use super::text::{is_plain, number, text, Pieces};
use super::via::Via;

/// What is wrong with a message whose headers could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bad {
    /// A version of SIP that is not 2.0.
    Version,
    /// A Request-URI that breaks the grammar, or white space where none belongs.
    RequestLine,
    /// A mandatory header is not there.
    Missing(Name<'static>),
    /// A header that may come once comes twice.
    Repeated(Name<'static>),
    /// A header that breaks its grammar; Content-Length also when it lies.
    Unreadable(Name<'static>),
    /// The method of the CSeq is not the method of the request.
    OtherMethod,
}

impl Bad {
    /// The code to answer a request with; a response is dropped, an ACK never answered.
    pub fn code(self) -> u16 {
        match self {
            Bad::Version => 505,
            Bad::RequestLine
            | Bad::Missing(_)
            | Bad::Repeated(_)
            | Bad::Unreadable(_)
            | Bad::OtherMethod => 400,
        }
    }
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Bad::Version => f.write_str("Version Not Supported"),
            Bad::RequestLine => f.write_str("Bad Request-Line"),
            Bad::Missing(name) => write!(f, "Missing {name}"),
            Bad::Repeated(name) => write!(f, "Repeated {name}"),
            Bad::Unreadable(name) => write!(f, "Bad {name}"),
            Bad::OtherMethod => f.write_str("CSeq Has Another Method"),
        }
    }
}

/// A sequence number (RFC 3261 section 20.16).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CSeq<'a> {
    /// The number.
    pub number: u32,
    /// The method it counts.
    pub method: Method<'a>,
}

impl<'a> CSeq<'a> {
    /// Reads the value; `None` when it breaks the grammar or the number does not fit.
    pub fn parse(value: &'a [u8]) -> Option<CSeq<'a>> {
        let value = value.trim_ascii();
        let end = value.iter().position(u8::is_ascii_whitespace)?;
        let (digits, method) = value.split_at_checked(end)?;
        Some(CSeq { number: number(digits)?, method: Method::parse(method.trim_ascii())? })
    }
}

/// The mandatory headers of a message.
#[derive(Clone, Copy, Debug)]
pub struct Essentials<'a> {
    /// The topmost hop.
    pub via: Via<'a>,
    /// Who sent it; a phone of RFC 2543 gives no tag.
    pub from: NameAddr<'a>,
    /// Whom it is for; for REGISTER, the address-of-record.
    pub to: NameAddr<'a>,
    /// The call it belongs to.
    pub call_id: &'a str,
    /// Its place in the call.
    pub cseq: CSeq<'a>,
    /// The hops it has left; `None` when absent or not a number of 0 to 255.
    pub max_forwards: Option<u8>,
}

impl<'a> Message<'a> {
    /// The method of a request; `None` for a response.
    pub fn method(&self) -> Option<Method<'a>> {
        match self.start {
            Start::Request { method, .. } => Some(method),
            Start::Response { .. } => None,
        }
    }

    /// The mandatory headers, or the first thing that is wrong.
    ///
    /// A method nobody knows is not compared with its CSeq: 501 tells more than 400 (RFC 4475
    /// section 3.1.2.18).
    pub fn essentials(&self) -> Result<Essentials<'a>, Bad> {
        if let Some(flaw) = self.flaw {
            return Err(flaw);
        }
        let via = self.via()?;
        let from = self.address(Name::From)?;
        let to = self.address(Name::To)?;
        let call_id = self.single(Name::CallId)?;
        let call_id = text(call_id).filter(|id| !id.is_empty() && is_unspaced(id.as_bytes()));
        let call_id = call_id.ok_or(Bad::Unreadable(Name::CallId))?;
        let cseq = self.single(Name::CSeq)?;
        let cseq = CSeq::parse(cseq).ok_or(Bad::Unreadable(Name::CSeq))?;
        match self.method() {
            None | Some(Method::Other(_)) => {}
            Some(method) if method == cseq.method => {}
            Some(_) => return Err(Bad::OtherMethod),
        }
        if self.all(Name::MaxForwards).nth(1).is_some() {
            return Err(Bad::Repeated(Name::MaxForwards));
        }
        let max_forwards = self.first(Name::MaxForwards).and_then(number);
        let max_forwards = max_forwards.and_then(|hops| u8::try_from(hops).ok());
        Ok(Essentials { via, from, to, call_id, cseq, max_forwards })
    }

    /// The values of every header of that name, in their order.
    pub fn all<'m>(&'m self, name: Name<'m>) -> impl Iterator<Item = &'a [u8]> + 'm {
        self.headers.iter().filter(move |header| header.name == name).map(|header| header.value)
    }

    /// The value of the first header of that name.
    pub fn first(&self, name: Name<'_>) -> Option<&'a [u8]> {
        self.headers.iter().find(|header| header.name == name).map(|header| header.value)
    }

    /// The value of the first header of that name, when it is UTF-8; a fold is still in it.
    pub fn text(&self, name: Name<'_>) -> Option<&'a str> {
        self.first(name).and_then(text)
    }

    /// The elements of every comma-separated header of that name.
    pub fn list<'m>(&'m self, name: Name<'m>) -> impl Iterator<Item = &'a [u8]> + 'm {
        self.all(name).flat_map(Pieces::of_list)
    }

    /// The topmost hop, or what is wrong with it.
    pub fn via(&self) -> Result<Via<'a>, Bad> {
        let top = self.list(Name::Via).next().ok_or(Bad::Missing(Name::Via))?;
        Via::parse(top).ok_or(Bad::Unreadable(Name::Via))
    }

    /// Every value of the Contact headers.
    pub fn contacts(&self) -> impl Iterator<Item = Result<Contact<'a>, Bad>> + '_ {
        let read = |value| Contact::parse(value).ok_or(Bad::Unreadable(Name::Contact));
        self.list(Name::Contact).map(read)
    }

    /// The Expires header in seconds; one that cannot be read counts as an hour.
    pub fn expires(&self) -> Option<u32> {
        self.first(Name::Expires).map(|value| number(value).unwrap_or(EXPIRES_DEFAULT))
    }

    /// The Event header, or what is wrong with it.
    pub fn event(&self) -> Result<Event<'a>, Bad> {
        let value = self.single(Name::Event)?;
        Event::parse(value).ok_or(Bad::Unreadable(Name::Event))
    }

    /// The Authorization headers, each read or refused.
    pub fn credentials(&self) -> impl Iterator<Item = Result<Credentials<'a>, NoCredentials>> + '_ {
        self.all(Name::Authorization).map(Credentials::parse)
    }

    fn address(&self, name: Name<'static>) -> Result<NameAddr<'a>, Bad> {
        NameAddr::parse(self.single(name)?).ok_or(Bad::Unreadable(name))
    }

    fn single(&self, name: Name<'static>) -> Result<&'a [u8], Bad> {
        let mut values = self.all(name);
        match (values.next(), values.next()) {
            (Some(value), None) => Ok(value),
            (None, _) => Err(Bad::Missing(name)),
            (Some(_), Some(_)) => Err(Bad::Repeated(name)),
        }
    }
}

/// Whether the bytes hold no white space or controls; a Call-ID may hold quotes and brackets.
fn is_unspaced(bytes: &[u8]) -> bool {
    bytes.split(|byte| b"\"<>".contains(byte)).all(is_plain)
}
