//! A DHCPv4 datagram as a [`Message`], and a [`Reply`] as a datagram (RFC 2131, 2132).
//!
//! [`Message::parse`] reads what a phone, a relay agent or another server sent. It checks the whole
//! datagram once: the fixed header, every option's length, and that a value joined from several
//! parts (RFC 3396) stays within [`VALUE_BYTES_MAX`]. After that no getter can fail on a length.
//! [`Reply::encode`] writes what we answer, within the size the client can take (option 57), with
//! overload of `file` and `sname` when needed (option 52) and the relay agent's option 82 last.
//!
//! Options stay raw bytes: they reach phones as they stand in the catalogue. A pad octet (0) is
//! legal anywhere between options. A missing end octet (255) is tolerated, in each area, when the
//! last option ends exactly where the area ends; a cut option is an error.
//!
//! It keeps no state, knows no clock, allocates nothing, and never answers: a malformed datagram is
//! a small comparable [`Malformed`], to be counted and dropped.
//!
//! Read: RFC 2131 sections 2 and 4.1, 2132 section 9, 3046 (82), 3396, 3527, 3925 (124, 125), 5107.
//! Not read: BOOTP without option 53 (RFC 951), FORCERENEW and LEASEQUERY (RFC 3203, 4388),
//! authentication (RFC 3118), hardware other than Ethernet.

mod options;
mod reply;
mod vendor;

pub use options::{code, Value, VALUE_BYTES_MAX};
pub use reply::{Codes, Encoded, NoRoom, Reply, REPLY_BYTES_MIN};
pub use vendor::{enterprises, Enterprise, RelayAgent};

use core::net::Ipv4Addr;

use crate::Mac;
use options::{Totals, Walk};

/// The UDP port on which servers and relay agents listen.
pub const SERVER_PORT: u16 = 67;
/// The UDP port on which clients listen.
pub const CLIENT_PORT: u16 = 68;
/// Most bytes of a datagram that [`Message::parse`] reads; no client has a use for more.
pub const MESSAGE_BYTES_MAX: usize = 4096;

/// The bytes before the options: the BOOTP header and the cookie.
const HEADER_BYTES: usize = 240;
const COOKIE: [u8; 4] = [99, 130, 83, 99];
const ETHERNET: u8 = 1;
const BROADCAST: u16 = 0x8000;

/// The direction of a message (RFC 2131 section 2, field `op`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Op {
    /// From a client to a server.
    BootRequest = 1,
    /// From a server to a client.
    BootReply = 2,
}

/// The kind of a message (RFC 2132 section 9.6).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MessageType {
    /// A client looks for servers.
    Discover = 1,
    /// A server offers an address.
    Offer,
    /// A client asks for the offered address, or to keep its own.
    Request,
    /// A client found its address in use.
    Decline,
    /// A server grants.
    Ack,
    /// A server refuses.
    Nak,
    /// A client gives its address back.
    Release,
    /// A client with an address of its own asks for the other options.
    Inform,
}

impl MessageType {
    fn from_wire(value: u8) -> Result<Self, Malformed> {
        Ok(match value {
            1 => Self::Discover,
            2 => Self::Offer,
            3 => Self::Request,
            4 => Self::Decline,
            5 => Self::Ack,
            6 => Self::Nak,
            7 => Self::Release,
            8 => Self::Inform,
            other => return Err(Malformed::MessageType(other)),
        })
    }

    /// The direction in which this kind travels.
    fn op(self) -> Op {
        match self {
            Self::Discover | Self::Request | Self::Decline | Self::Release | Self::Inform => {
                Op::BootRequest
            }
            Self::Offer | Self::Ack | Self::Nak => Op::BootReply,
        }
    }
}

/// Why a datagram is not a DHCP message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Malformed {
    /// Fewer bytes than the header has.
    Short {
        /// Bytes of the header.
        need: usize,
        /// Bytes of the datagram.
        have: usize,
    },
    /// More than [`MESSAGE_BYTES_MAX`] bytes.
    TooLong {
        /// Bytes of the datagram.
        have: usize,
    },
    /// `op` is neither 1 nor 2.
    Op(u8),
    /// `htype` is not 1 (Ethernet).
    HardwareType(u8),
    /// `hlen` is not 6.
    HardwareLength(u8),
    /// `chaddr` is zero, broadcast or multicast.
    NotADevice,
    /// The options do not begin with 99, 130, 83, 99.
    Cookie,
    /// An option reaches beyond the end of its area.
    Truncated,
    /// Option 52 has another value than 1, 2 or 3.
    Overload(u8),
    /// An option, joined from its parts, has a length that its RFC or our bound does not allow.
    OptionLength {
        /// The option.
        code: u8,
        /// Its bytes, all parts together.
        len: u16,
    },
    /// No option 53: a BOOTP client.
    NoMessageType,
    /// Option 53 more than once.
    TwoMessageTypes,
    /// Option 53 has a value that is not a [`MessageType`].
    MessageType(u8),
    /// The message type does not travel in the direction that `op` says.
    Direction(MessageType),
    /// Option 82 more than once: it cannot be told which one a relay agent wrote.
    TwoRelayAgents,
}

/// A DHCP message, checked, borrowing the datagram it came in.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The direction.
    pub op: Op,
    /// Relay agents passed.
    pub hops: u8,
    /// The transaction, chosen by the client.
    pub xid: u32,
    /// Seconds since the client began.
    pub secs: u16,
    /// The flags; see [`Message::broadcast`].
    pub flags: u16,
    /// The client's address, when it can already answer ARP for it.
    pub ciaddr: Ipv4Addr,
    /// The address given to the client.
    pub yiaddr: Ipv4Addr,
    /// The next server to boot from.
    pub siaddr: Ipv4Addr,
    /// The relay agent, or 0.0.0.0.
    pub giaddr: Ipv4Addr,
    /// The client's hardware address.
    pub chaddr: Mac,
    /// What is asked or answered (option 53).
    pub kind: MessageType,
    sname: &'a [u8],
    file: &'a [u8],
    /// Where options lie, in the order in which they are joined: `options`, `file`, `sname`.
    areas: [&'a [u8]; 3],
}

impl<'a> Message<'a> {
    /// Reads a datagram and checks all of it.
    pub fn parse(datagram: &'a [u8]) -> Result<Self, Malformed> {
        let have = datagram.len();
        if have > MESSAGE_BYTES_MAX {
            return Err(Malformed::TooLong { have });
        }
        let (header, options) = datagram
            .split_first_chunk::<HEADER_BYTES>()
            .ok_or(Malformed::Short { need: HEADER_BYTES, have })?;
        let (op, chaddr) = sender(header)?;

        let (sname, file) = (&header[44..108], &header[108..236]);
        let (uses_file, uses_sname) = overload(options)?;
        let areas =
            [options, if uses_file { file } else { &[] }, if uses_sname { sname } else { &[] }];
        Totals::of(areas)?.check()?;
        let kind = message_type(areas)?;
        if kind.op() != op {
            return Err(Malformed::Direction(kind));
        }

        Ok(Self {
            op,
            hops: header[3],
            xid: u32::from_be_bytes(quad(header, 4)),
            secs: u16::from_be_bytes([header[8], header[9]]),
            flags: u16::from_be_bytes([header[10], header[11]]),
            ciaddr: quad(header, 12).into(),
            yiaddr: quad(header, 16).into(),
            siaddr: quad(header, 20).into(),
            giaddr: quad(header, 24).into(),
            chaddr,
            kind,
            sname: if uses_sname { &[] } else { text(sname) },
            file: if uses_file { &[] } else { text(file) },
            areas,
        })
    }

    /// Whether the client can only hear a broadcast (RFC 2131 section 4.1).
    pub fn broadcast(&self) -> bool {
        self.flags & BROADCAST != 0
    }

    /// The `sname` field up to its first NUL; empty when it carries options.
    pub fn sname(&self) -> &'a [u8] {
        self.sname
    }

    /// The `file` field up to its first NUL; empty when it carries options.
    pub fn file(&self) -> &'a [u8] {
        self.file
    }

    /// Every option part as it stands on the wire, in the order `options`, `file`, `sname`.
    pub fn parts(&self) -> impl Iterator<Item = (u8, &'a [u8])> + 'a {
        self.areas.into_iter().flat_map(Walk::over).flatten()
    }

    /// The value of an option, its parts joined in order (RFC 3396 section 7).
    pub fn option(&self, code: u8) -> Option<Value<'a>> {
        Value::join(self.parts().filter(|(other, _)| *other == code).map(|(_, part)| part))
    }

    /// The address the client would like (option 50).
    pub fn requested_ip(&self) -> Option<Ipv4Addr> {
        self.fixed::<4>(code::REQUESTED_IP).map(Ipv4Addr::from)
    }

    /// The lease time in seconds, `u32::MAX` for ever (option 51).
    pub fn lease_time(&self) -> Option<u32> {
        self.fixed::<4>(code::LEASE_TIME).map(u32::from_be_bytes)
    }

    /// The server that is meant, or that speaks (option 54).
    pub fn server_id(&self) -> Option<Ipv4Addr> {
        self.fixed::<4>(code::SERVER_ID).map(Ipv4Addr::from)
    }

    /// The codes the client asks for, in its order of preference (option 55).
    pub fn parameters(&self) -> Option<Value<'a>> {
        self.option(code::PARAMETERS)
    }

    /// The longest IP datagram the client takes, as it said, in bytes (option 57).
    pub fn max_size(&self) -> Option<u16> {
        self.fixed::<2>(code::MAX_SIZE).map(u16::from_be_bytes)
    }

    /// The vendor class as sent, trailing NUL and all (option 60).
    pub fn vendor_class(&self) -> Option<Value<'a>> {
        self.option(code::VENDOR_CLASS)
    }

    /// The client identifier, to be echoed unaltered (option 61, RFC 6842).
    pub fn client_id(&self) -> Option<Value<'a>> {
        self.option(code::CLIENT_ID)
    }

    /// The client's name for itself (option 12); an empty one counts as none.
    pub fn host_name(&self) -> Option<Value<'a>> {
        self.option(code::HOST_NAME).filter(|name| !name.is_empty())
    }

    /// The user class as sent: RFC 3004 asks for counted items, phones send bare text (option 77).
    pub fn user_class(&self) -> Option<Value<'a>> {
        self.option(code::USER_CLASS)
    }

    /// The vendor classes by enterprise, for [`enterprises`] (option 124, RFC 3925 section 3).
    pub fn enterprise_classes(&self) -> Option<Value<'a>> {
        self.option(code::ENTERPRISE_CLASSES)
    }

    /// The vendor options by enterprise, for [`enterprises`] (option 125, RFC 3925 section 4).
    pub fn enterprise_options(&self) -> Option<Value<'a>> {
        self.option(code::ENTERPRISE_OPTIONS)
    }

    /// What the relay agent added (option 82, RFC 3046); looked for in the options field only.
    pub fn relay_agent(&self) -> Option<RelayAgent<'a>> {
        let [options, ..] = self.areas;
        Walk::over(options)
            .flatten()
            .find(|(code, _)| *code == code::RELAY_AGENT)
            .map(|(_, value)| RelayAgent(value))
    }

    fn fixed<const N: usize>(&self, code: u8) -> Option<[u8; N]> {
        self.option(code).and_then(|value| <[u8; N]>::try_from(&*value).ok())
    }
}

/// Who speaks, from the part of the header that must be right before anything else counts.
fn sender(header: &[u8; HEADER_BYTES]) -> Result<(Op, Mac), Malformed> {
    let op = match header[0] {
        1 => Op::BootRequest,
        2 => Op::BootReply,
        other => return Err(Malformed::Op(other)),
    };
    if header[1] != ETHERNET {
        return Err(Malformed::HardwareType(header[1]));
    }
    if header[2] != 6 {
        return Err(Malformed::HardwareLength(header[2]));
    }
    if quad(header, 236) != COOKIE {
        return Err(Malformed::Cookie);
    }
    let [a, b, c, d] = quad(header, 28);
    let chaddr = Mac([a, b, c, d, header[32], header[33]]);
    if !chaddr.is_device() {
        return Err(Malformed::NotADevice);
    }
    Ok((op, chaddr))
}

/// Four bytes at a constant offset.
fn quad(header: &[u8; HEADER_BYTES], at: usize) -> [u8; 4] {
    [header[at], header[at + 1], header[at + 2], header[at + 3]]
}

fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// Whether `file` and `sname` carry options (RFC 2132 section 9.3); only the options field may say.
fn overload(options: &[u8]) -> Result<(bool, bool), Malformed> {
    for part in Walk::over(options) {
        if let (code::OVERLOAD, value) = part? {
            return match value {
                [1] => Ok((true, false)),
                [2] => Ok((false, true)),
                [3] => Ok((true, true)),
                [other] => Err(Malformed::Overload(*other)),
                wrong => Err(Malformed::OptionLength {
                    code: code::OVERLOAD,
                    len: wrong.len() as u16, // at most 255: one part
                }),
            };
        }
    }
    Ok((false, false))
}

/// The one option 53; [`Totals::check`] has seen that there is exactly one and it has one byte.
fn message_type(areas: [&[u8]; 3]) -> Result<MessageType, Malformed> {
    let mut parts = areas.into_iter().flat_map(Walk::over).flatten();
    match parts.find(|(code, _)| *code == code::MESSAGE_TYPE) {
        Some((_, [value, ..])) => MessageType::from_wire(*value),
        Some((_, [])) | None => Err(Malformed::NoMessageType),
    }
}
