//! Options as they lie on the wire: walked once, measured, joined (RFC 2132, RFC 3396).
//!
//! [`Walk`] goes over one area and stops at its end octet. [`Totals`] adds up what all areas hold,
//! so that each rule about a length is checked once, at parse. [`Value`] is the joined value.

use core::ops::Deref;

use heapless::Vec;

use super::Malformed;

/// Most bytes of an option's value, all its parts together.
pub const VALUE_BYTES_MAX: usize = 1024;

/// Option codes that a phone, a relay agent or this server writes (RFC 2132 unless said otherwise).
pub mod code {
    /// Filler without a length.
    pub const PAD: u8 = 0;
    /// Subnet mask.
    pub const SUBNET_MASK: u8 = 1;
    /// Seconds east of UTC; deprecated by RFC 4833, phones still ask for it.
    pub const TIME_OFFSET: u8 = 2;
    /// Routers.
    pub const ROUTER: u8 = 3;
    /// Domain name servers.
    pub const DNS: u8 = 6;
    /// Log servers.
    pub const LOG_SERVER: u8 = 7;
    /// Host name.
    pub const HOST_NAME: u8 = 12;
    /// Domain name.
    pub const DOMAIN_NAME: u8 = 15;
    /// Broadcast address.
    pub const BROADCAST_ADDRESS: u8 = 28;
    /// NTP servers.
    pub const NTP: u8 = 42;
    /// Vendor options, in the form of the vendor class of option 60.
    pub const VENDOR_OPTIONS: u8 = 43;
    /// Requested address.
    pub const REQUESTED_IP: u8 = 50;
    /// Lease time, in seconds.
    pub const LEASE_TIME: u8 = 51;
    /// Whether `file` and `sname` hold options.
    pub const OVERLOAD: u8 = 52;
    /// Message type.
    pub const MESSAGE_TYPE: u8 = 53;
    /// Server identifier.
    pub const SERVER_ID: u8 = 54;
    /// Parameter request list.
    pub const PARAMETERS: u8 = 55;
    /// A text for people, in a NAK or a DECLINE.
    pub const MESSAGE: u8 = 56;
    /// Longest message the sender takes.
    pub const MAX_SIZE: u8 = 57;
    /// T1, in seconds.
    pub const RENEWAL_TIME: u8 = 58;
    /// T2, in seconds.
    pub const REBINDING_TIME: u8 = 59;
    /// Vendor class.
    pub const VENDOR_CLASS: u8 = 60;
    /// Client identifier.
    pub const CLIENT_ID: u8 = 61;
    /// TFTP server, as text; phones also read a URL in it.
    pub const TFTP_SERVER_NAME: u8 = 66;
    /// Boot file.
    pub const BOOTFILE: u8 = 67;
    /// User class (RFC 3004).
    pub const USER_CLASS: u8 = 77;
    /// Fully qualified name (RFC 4702).
    pub const FQDN: u8 = 81;
    /// Relay agent (RFC 3046).
    pub const RELAY_AGENT: u8 = 82;
    /// POSIX time zone (RFC 4833).
    pub const POSIX_TIMEZONE: u8 = 100;
    /// Time zone by name (RFC 4833).
    pub const TZDB_TIMEZONE: u8 = 101;
    /// URL for several makers' provisioning; "captive portal" in its first life (RFC 8910).
    pub const URL: u8 = 114;
    /// Subnet selection (RFC 3011).
    pub const SUBNET_SELECTION: u8 = 118;
    /// SIP servers (RFC 3361).
    pub const SIP_SERVERS: u8 = 120;
    /// Static routes (RFC 3442).
    pub const CLASSLESS_ROUTES: u8 = 121;
    /// Vendor classes by enterprise (RFC 3925 section 3).
    pub const ENTERPRISE_CLASSES: u8 = 124;
    /// Vendor options by enterprise (RFC 3925 section 4).
    pub const ENTERPRISE_OPTIONS: u8 = 125;
    /// TFTP servers, as addresses (RFC 5859).
    pub const TFTP_ADDRESSES: u8 = 150;
    /// End of an area.
    pub const END: u8 = 255;
}

/// Goes over the options of one area, to its end octet or its edge.
#[derive(Clone)]
pub(super) struct Walk<'a> {
    rest: &'a [u8],
}

impl<'a> Walk<'a> {
    pub(super) fn over(area: &'a [u8]) -> Self {
        Self { rest: area }
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = Result<(u8, &'a [u8]), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.rest {
                [] => return None,
                [code::PAD, tail @ ..] => self.rest = tail,
                [code::END, ..] => self.rest = &[],
                [code, len, tail @ ..] if tail.len() >= usize::from(*len) => {
                    let (value, tail) = tail.split_at(usize::from(*len));
                    self.rest = tail;
                    return Some(Ok((*code, value)));
                }
                [_, ..] => {
                    self.rest = &[];
                    return Some(Err(Malformed::Truncated));
                }
            }
        }
    }
}

/// How often each option occurs in all areas, and with how many bytes.
///
/// A datagram has at most [`MESSAGE_BYTES_MAX`](super::MESSAGE_BYTES_MAX) bytes, so neither sum can
/// overflow.
pub(super) struct Totals {
    parts: [u16; 256],
    bytes: [u16; 256],
}

impl Totals {
    pub(super) fn of(areas: [&[u8]; 3]) -> Result<Self, Malformed> {
        let mut totals = Self { parts: [0; 256], bytes: [0; 256] };
        for part in areas.into_iter().flat_map(Walk::over) {
            let (code, value) = part?;
            let (parts, bytes) = totals.slot(code);
            *parts += 1;
            *bytes += value.len() as u16; // at most 255: one length octet
            if usize::from(*bytes) > VALUE_BYTES_MAX {
                return Err(Malformed::OptionLength { code, len: *bytes });
            }
        }
        Ok(totals)
    }

    /// The rules that need all parts: occurrences of 53 and 82, and lengths.
    pub(super) fn check(&mut self) -> Result<(), Malformed> {
        match *self.slot(code::MESSAGE_TYPE).0 {
            0 => return Err(Malformed::NoMessageType),
            1 => {}
            2.. => return Err(Malformed::TwoMessageTypes),
        }
        if *self.slot(code::RELAY_AGENT).0 > 1 {
            return Err(Malformed::TwoRelayAgents);
        }
        for (code, min, max) in LENGTHS {
            let (parts, len) = self.slot(code);
            if *parts > 0 && !(min..=max).contains(len) {
                return Err(Malformed::OptionLength { code, len: *len });
            }
        }
        Ok(())
    }

    /// A `u8` is always a valid index into 256 entries.
    fn slot(&mut self, code: u8) -> (&mut u16, &mut u16) {
        (&mut self.parts[usize::from(code)], &mut self.bytes[usize::from(code)])
    }
}

/// The options whose length decides whether a message makes sense: code, least, most bytes.
///
/// An empty host name (12) is not among them: phones send it, and it hurts nobody.
const LENGTHS: [(u8, u16, u16); 14] = [
    (code::SUBNET_MASK, 4, 4),
    (code::REQUESTED_IP, 4, 4),
    (code::LEASE_TIME, 4, 4),
    (code::OVERLOAD, 1, 1),
    (code::MESSAGE_TYPE, 1, 1),
    (code::SERVER_ID, 4, 4),
    (code::PARAMETERS, 1, VALUE_BYTES_MAX as u16),
    (code::MAX_SIZE, 2, 2),
    (code::RENEWAL_TIME, 4, 4),
    (code::REBINDING_TIME, 4, 4),
    (code::VENDOR_CLASS, 1, VALUE_BYTES_MAX as u16),
    (code::CLIENT_ID, 2, VALUE_BYTES_MAX as u16),
    (code::RELAY_AGENT, 2, 255),
    (code::SUBNET_SELECTION, 4, 4),
];

/// An option's whole value; it derefs to its bytes.
#[derive(Clone, Debug)]
pub struct Value<'a>(Bytes<'a>);

#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "there is no allocator to box the rare joined value")]
enum Bytes<'a> {
    One(&'a [u8]),
    Joined(Vec<u8, VALUE_BYTES_MAX>),
}

impl<'a> Value<'a> {
    /// Joins parts in their order; a single one stays borrowed.
    pub(super) fn join(mut parts: impl Iterator<Item = &'a [u8]>) -> Option<Self> {
        let first = parts.next()?;
        let Some(second) = parts.next() else { return Some(Self(Bytes::One(first))) };
        let mut joined = Vec::new();
        for part in [first, second].into_iter().chain(parts) {
            joined.extend_from_slice(part).ok()?; // parse has bounded the sum
        }
        Some(Self(Bytes::Joined(joined)))
    }
}

impl Deref for Value<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Bytes::One(bytes) => bytes,
            Bytes::Joined(bytes) => bytes,
        }
    }
}

impl PartialEq for Value<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Value<'_> {}
