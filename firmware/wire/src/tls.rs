//! The first words of somebody who speaks TLS, read without speaking it.
//!
//! A record (RFC 5246 section 6.2.1) that holds a ClientHello (section 7.4.1.2; RFC 8446 section
//! 4.1.2) or an alert in clear (section 7.2). What is read of a hello is the highest version that
//! it offers, in `supported_versions` (RFC 8446 section 4.2.1) if it has that, and the time by its
//! sender's clock, which stacks of before TLS 1.3 put into the random. Not here: hellos in the form
//! of SSL 2 (RFC 5246 appendix E.2), and hellos in more than one record.
//!
//! A record is at most [`RECORD_MAX`] bytes for this reader; a longer one is malformed.

use core::fmt;

/// The longest record that is read, in bytes; hellos of phones have some hundred.
pub const RECORD_MAX: usize = 4_096;

const HEADING: usize = 5;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const SUPPORTED_VERSIONS: u16 = 43;

/// A version as it is on the wire; those of TLS are ordered as they came.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Version(pub u16);

impl Version {
    /// RFC 2246.
    pub const TLS_1_0: Version = Version(0x0301);
    /// RFC 4346.
    pub const TLS_1_1: Version = Version(0x0302);
    /// RFC 5246.
    pub const TLS_1_2: Version = Version(0x0303);
    /// RFC 8446.
    pub const TLS_1_3: Version = Version(0x0304);
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.checked_sub(Version::TLS_1_0.0) {
            Some(minor) => write!(f, "TLS 1.{minor}"),
            None => write!(f, "SSL 3.0"),
        }
    }
}

/// What was said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Spoken {
    /// Somebody begins.
    Hello {
        /// The highest version that is offered.
        version: Version,
        /// The first four bytes of the random: seconds since 1970, if the sender is old enough to
        /// put them there, and any number if not.
        time: u32,
    },
    /// Somebody gives up, or has something to say, by this code (RFC 5246 section 7.2).
    Alert(u8),
}

/// Why bytes are no beginning of TLS.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Malformed {
    /// More has to come.
    Short,
    /// It is something else.
    NotTls,
}

/// Whether bytes begin as a record of TLS does and nothing else that is spoken to this box.
pub fn begins(bytes: &[u8]) -> bool {
    matches!(bytes, [ALERT | HANDSHAKE, 3, ..] | [ALERT | HANDSHAKE])
}

/// Reads the first record.
pub fn first(bytes: &[u8]) -> Result<Spoken, Malformed> {
    let heading = bytes.get(..HEADING).ok_or(match begins(bytes) || bytes.is_empty() {
        true => Malformed::Short,
        false => Malformed::NotTls,
    })?;
    let &[kind, major, _, high, low] = heading else { return Err(Malformed::NotTls) };
    let len = usize::from(u16::from_be_bytes([high, low]));
    if major != 3 || len > RECORD_MAX - HEADING {
        return Err(Malformed::NotTls);
    }
    let body = bytes.get(HEADING..HEADING + len).ok_or(Malformed::Short)?;
    match (kind, body) {
        (ALERT, &[1 | 2, code]) => Ok(Spoken::Alert(code)),
        (HANDSHAKE, _) => hello(body).ok_or(Malformed::NotTls),
        (_, _) => Err(Malformed::NotTls),
    }
}

fn hello(body: &[u8]) -> Option<Spoken> {
    let mut rest = Reader(body);
    if rest.byte()? != CLIENT_HELLO {
        return None;
    }
    let [top, high, low] = rest.array()?;
    let len = u32::from_be_bytes([0, top, high, low]);
    let mut rest = Reader(rest.take(usize::try_from(len).ok()?)?);
    let legacy = rest.array().filter(|[major, _]: &[u8; 2]| *major == 3)?;
    let legacy = Version(u16::from_be_bytes(legacy));
    let time = u32::from_be_bytes(rest.array()?);
    rest.take(28)?;
    let session = rest.byte()?;
    rest.take(usize::from(session))?;
    let suites = rest.two()?;
    rest.take(usize::from(suites))?;
    let compressions = rest.byte()?;
    rest.take(usize::from(compressions))?;
    // Old hellos end here.
    if rest.0.is_empty() {
        return Some(Spoken::Hello { version: legacy, time });
    }
    let len = rest.two()?;
    let mut extensions = Reader(rest.take(usize::from(len))?);
    let mut version = legacy;
    while !extensions.0.is_empty() {
        let (kind, len) = (extensions.two()?, extensions.two()?);
        let value = extensions.take(usize::from(len))?;
        if kind == SUPPORTED_VERSIONS {
            version = highest(value)?;
        }
    }
    Some(Spoken::Hello { version, time })
}

/// The highest version of a list; those that are made up to keep readers tolerant (RFC 8701) are no
/// versions.
fn highest(list: &[u8]) -> Option<Version> {
    let (len, versions) = list.split_first()?;
    if usize::from(*len) != versions.len() || versions.len() % 2 != 0 {
        return None;
    }
    let known = versions.chunks_exact(2).filter_map(|two| match two {
        [3, minor] => Some(Version(0x0300 | u16::from(*minor))),
        _made_up => None,
    });
    known.max()
}

/// What is not read yet.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn byte(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    fn two(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }
}
