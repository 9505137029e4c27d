//! Certificates (RFC 5280), as far as this box has to read them: whose they are, how long they
//! hold, and which phone is named in one.
//!
//! Read strictly by the distinguished encoding (X.690 section 10), and never further than the bytes
//! that are there. Whether a signature is right is not for here to say.

use crate::Mac;
use core::net::Ipv4Addr;

const BOOLEAN: u8 = 0x01;
const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const OBJECT: u8 = 0x06;
const UTF8: u8 = 0x0c;
const PRINTABLE: u8 = 0x13;
const TELETEX: u8 = 0x14;
const IA5: u8 = 0x16;
const UTC_TIME: u8 = 0x17;
const GENERAL_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;
/// `dNSName` and `iPAddress` of a `GeneralName` (RFC 5280 section 4.2.1.6).
const DNS_NAME: u8 = 0x82;
const IP_ADDRESS: u8 = 0x87;

/// 2.5.4.3, 2.5.4.8 and 2.5.4.10.
const COMMON_NAME: &[u8] = &[0x55, 4, 3];
const STATE: &[u8] = &[0x55, 4, 8];
const ORGANISATION: &[u8] = &[0x55, 4, 10];
/// 2.5.29.17 and 2.5.29.19.
const ALTERNATIVE_NAMES: &[u8] = &[0x55, 0x1d, 17];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 19];

/// A certificate, as it lies in the bytes it was read from.
#[derive(Clone, Copy)]
pub struct Certificate<'a> {
    /// All of it.
    pub bytes: &'a [u8],
    /// From when on it holds, in seconds since 1970.
    pub not_before: u64,
    /// Until when, in seconds since 1970.
    pub not_after: u64,
    version: u8,
    issuer: &'a [u8],
    subject: &'a [u8],
    extensions: &'a [u8],
}

/// A name that a certificate is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Name<'a> {
    /// A domain name, or a pattern of them.
    Dns(&'a str),
    /// An address.
    Ip(Ipv4Addr),
}

impl<'a> Certificate<'a> {
    /// Reads the certificate that bytes begin with, and returns what is behind it; `None` where
    /// they begin with something else.
    pub fn first(bytes: &'a [u8]) -> Option<(Certificate<'a>, &'a [u8])> {
        let mut rest = Der(bytes);
        let mut outer = Der(rest.take(SEQUENCE)?);
        let whole = bytes.get(..bytes.len() - rest.0.len())?;
        let mut body = Der(outer.take(SEQUENCE)?);
        outer.take(SEQUENCE)?;
        let version = body.version()?;
        body.take(INTEGER)?;
        body.take(SEQUENCE)?;
        let issuer = body.take(SEQUENCE)?;
        let mut validity = Der(body.take(SEQUENCE)?);
        let (not_before, not_after) = (validity.time()?, validity.time()?);
        let subject = body.take(SEQUENCE)?;
        body.take(SEQUENCE)?;
        let mut extensions: &[u8] = &[];
        while !body.0.is_empty() {
            let (tag, content) = body.next()?;
            if tag == EXTENSIONS {
                extensions = Der(content).take(SEQUENCE)?;
            }
        }
        let read = Certificate {
            bytes: whole,
            not_before,
            not_after,
            version,
            issuer,
            subject,
            extensions,
        };
        Some((read, rest.0))
    }

    /// All certificates of a chain that lie one behind the other; nothing behind what is none.
    pub fn all(chain: &'a [u8]) -> impl Iterator<Item = Certificate<'a>> {
        let mut rest = chain;
        core::iter::from_fn(move || {
            let (read, behind) = Certificate::first(rest)?;
            rest = behind;
            Some(read)
        })
    }

    /// Whether it is of version 3: older ones have no extensions, and so neither names nor a word
    /// on whether they are an authority (RFC 5280 section 4.1.2.1).
    pub fn is_v3(&self) -> bool {
        self.version == 3
    }

    /// Whom it is for, in words: the common name, else the organisation, else nothing.
    pub fn subject(&self) -> &'a str {
        called(self.subject)
    }

    /// Whom it is for, as it is written: the content of a `Name`.
    pub fn name(&self) -> &'a [u8] {
        self.subject
    }

    /// Who signed it, in words.
    pub fn issuer(&self) -> &'a str {
        called(self.issuer)
    }

    /// Whether it says that it was signed by its own key.
    pub fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    /// Whether others may be signed with its key (RFC 5280 section 4.2.1.9).
    pub fn is_authority(&self) -> bool {
        let constraints = self.extension(BASIC_CONSTRAINTS).map(Der);
        let content = constraints.and_then(|mut it| it.take(SEQUENCE)).map(Der);
        content.and_then(|mut it| it.take(BOOLEAN)) == Some(&[0xff])
    }

    /// The names and IPv4 addresses it is for, in the extension; those of other kinds are left out.
    pub fn names(&self) -> impl Iterator<Item = Name<'a>> {
        let list = self.extension(ALTERNATIVE_NAMES).and_then(|it| Der(it).take(SEQUENCE));
        elements(list.unwrap_or_default()).filter_map(|(tag, value)| match tag {
            DNS_NAME => core::str::from_utf8(value).ok().map(Name::Dns),
            IP_ADDRESS => <[u8; 4]>::try_from(value).ok().map(|it| Name::Ip(it.into())),
            _other => None,
        })
    }

    /// The hardware address that it names: as its common name, bare or behind `SEP` as phones of
    /// Cisco write it, as an alternative name, or as the state in which older ones of Cisco put it.
    pub fn mac(&self) -> Option<Mac> {
        let text = |wanted| attributes(self.subject).filter(move |(kind, _)| *kind == wanted);
        let named = text(COMMON_NAME).map(|(_, value)| value).find_map(mac_in);
        let alternative = || {
            self.names().find_map(|name| match name {
                Name::Dns(name) => mac_in(name),
                Name::Ip(_) => None,
            })
        };
        let state = || text(STATE).map(|(_, value)| value).find_map(mac_in);
        named.or_else(alternative).or_else(state)
    }

    /// The content of an extension.
    fn extension(&self, wanted: &[u8]) -> Option<&'a [u8]> {
        elements(self.extensions).find_map(|(tag, content)| {
            let mut fields = Der(content);
            let is_it = tag == SEQUENCE && fields.take(OBJECT)? == wanted;
            fields.skip(BOOLEAN)?;
            is_it.then(|| fields.take(OCTETS))?
        })
    }
}

/// Seconds since 1970 of a moment of the Gregorian calendar in UTC; `None` for one before.
pub fn seconds([year, month, day, hour, minute, second]: [u32; 6]) -> Option<u64> {
    let (year, month, day) = (u64::from(year), u64::from(month), u64::from(day));
    if year < 1970 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // Years that begin in March have the leap day at their end.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leaps = year / 4 - year / 100 + year / 400;
    let days = 365 * year + leaps + (153 * month + 2) / 5 + day - 1;
    // 1970-01-01, reckoned likewise.
    let days = days.checked_sub(719_468)?;
    Some(days * 86_400 + u64::from(hour * 3_600 + minute * 60 + second))
}

fn mac_in(text: &str) -> Option<Mac> {
    let bare = text.rsplit_once("SEP").map_or(text, |(_, behind)| behind);
    Mac::parse(bare.as_bytes()).filter(|mac| mac.is_device())
}

fn called(name: &[u8]) -> &str {
    let last = |wanted: &[u8]| attributes(name).filter(|(kind, _)| *kind == wanted).last();
    last(COMMON_NAME).or_else(|| last(ORGANISATION)).map_or("", |(_, value)| value)
}

/// The attributes of a name that are text, by the object that says which one each is.
fn attributes(name: &[u8]) -> impl Iterator<Item = (&[u8], &str)> {
    let sets = elements(name).filter(|(tag, _)| *tag == SET);
    sets.flat_map(|(_, set)| elements(set)).filter_map(|(tag, pair)| {
        let mut pair = Der(pair);
        let kind = pair.take(OBJECT).filter(|_| tag == SEQUENCE)?;
        let (form, value) = pair.next()?;
        let text = matches!(form, UTF8 | PRINTABLE | TELETEX | IA5);
        Some((kind, core::str::from_utf8(value).ok().filter(|_| text)?))
    })
}

/// What stands one behind the other; nothing behind what is malformed.
fn elements(content: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut rest = Der(content);
    core::iter::from_fn(move || rest.next())
}

/// What is not read yet.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The tag and the content of the next element. Tags of more than one byte, and elements of
    /// 64 KiB and more, are malformed for this reader.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (tag, rest) = self.0.split_first()?;
        let (len, rest) = match rest {
            [len, rest @ ..] if *len < 0x80 => (usize::from(*len), rest),
            [0x81, len, rest @ ..] if *len >= 0x80 => (usize::from(*len), rest),
            [0x82, high, low, rest @ ..] if *high > 0 => {
                (usize::from(u16::from_be_bytes([*high, *low])), rest)
            }
            _other => return None,
        };
        let (content, rest) = rest.split_at_checked(len)?;
        self.0 = rest;
        (tag & 0x1f != 0x1f).then_some((*tag, content))
    }

    fn take(&mut self, wanted: u8) -> Option<&'a [u8]> {
        self.next().filter(|(tag, _)| *tag == wanted).map(|(_, content)| content)
    }

    /// Passes over an element that may be missing.
    fn skip(&mut self, tag: u8) -> Option<()> {
        match self.0.first() {
            Some(first) if *first == tag => self.next().map(drop),
            Some(_) | None => Some(()),
        }
    }

    /// RFC 5280 section 4.1.2.1: counted from 0 where it is said, and the first where it is not.
    fn version(&mut self) -> Option<u8> {
        match self.0.first() {
            Some(&VERSION) => match Der(self.take(VERSION)?).take(INTEGER)? {
                [version] => version.checked_add(1),
                _longer => None,
            },
            Some(_) | None => Some(1),
        }
    }

    /// RFC 5280 section 4.1.2.5: to the second, in UTC.
    fn time(&mut self) -> Option<u64> {
        let (tag, text) = self.next()?;
        let digits = text.strip_suffix(b"Z")?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let two = |at: usize| {
            let pair = digits.get(at..at + 2)?;
            Some(u32::from(pair[0] - b'0') * 10 + u32::from(pair[1] - b'0'))
        };
        let (year, at) = match (tag, digits.len()) {
            (UTC_TIME, 12) => (two(0)? + if two(0)? < 50 { 2_000 } else { 1_900 }, 2),
            (GENERAL_TIME, 14) => (two(0)? * 100 + two(2)?, 4),
            (_, _) => return None,
        };
        seconds([year, two(at)?, two(at + 2)?, two(at + 4)?, two(at + 6)?, two(at + 8)?])
    }
}
