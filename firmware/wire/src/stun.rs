//! STUN as a server on the SIP port answers it: who asks is told from where he is seen.
//!
//! A phone behind a NAT asks so to keep the NAT's binding open and to notice that it has changed
//! (RFC 5626 section 3.5.2, RFC 8489). [`answer`] takes a datagram and gives the reply, in one call
//! and without state: a Binding request is answered with the mapped address, one with an attribute
//! that has to be understood and is not with 420, everything else with silence. A client of RFC
//! 3489, whose message has no cookie, is told the address as it was told then.
//!
//! Not implemented: authentication, which a keep-alive has none of (its attributes are passed
//! over), the second address of RFC 5780, IPv6, TCP. A reply is at most twice as long as its
//! request, and goes to the address the request came from.

use core::net::SocketAddrV4;
use heapless::Vec;

/// Most bytes of a reply.
pub const REPLY_BYTES_MAX: usize = 64;

const HEADER_BYTES: usize = 20;
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const BINDING: u16 = 0x0001;
const BINDING_SUCCESS: u16 = 0x0101;
const BINDING_ERROR: u16 = 0x0111;
const MAPPED_ADDRESS: u16 = 0x0001;
const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const ERROR_CODE: u16 = 0x0009;
const UNKNOWN_ATTRIBUTES: u16 = 0x000a;
const REALM: u16 = 0x0014;
const NONCE: u16 = 0x0015;
const MESSAGE_INTEGRITY_SHA256: u16 = 0x001c;
const PASSWORD_ALGORITHM: u16 = 0x001d;
const USERHASH: u16 = 0x001e;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;
const FINGERPRINT: u16 = 0x8028;
/// Attributes below this have to be understood (RFC 8489 section 14).
const OPTIONAL: u16 = 0x8000;
const IPV4: u8 = 1;
/// What a fingerprint is mixed with, so that it is no CRC of another protocol (section 14.7).
const STUN: u32 = 0x5354_554e;

/// A reply, ready to be sent.
pub type Reply = Vec<u8, REPLY_BYTES_MAX>;

/// Answers a datagram that came from there; `None` for what is no Binding request of STUN.
pub fn answer(datagram: &[u8], source: SocketAddrV4) -> Option<Reply> {
    let (header, attributes) = datagram.split_first_chunk::<HEADER_BYTES>()?;
    let [kind_high, kind_low, len_high, len_low, transaction @ ..] = header;
    let len = usize::from(u16::from_be_bytes([*len_high, *len_low]));
    if u16::from_be_bytes([*kind_high, *kind_low]) != BINDING
        || len != attributes.len()
        || !len.is_multiple_of(4)
    {
        return None;
    }
    let read = read(datagram, attributes)?;
    let mut reply = Reply::new();
    let kind = if read.unknown.is_some() { BINDING_ERROR } else { BINDING_SUCCESS };
    put(&mut reply, &kind.to_be_bytes())?;
    put(&mut reply, &[0, 0])?;
    put(&mut reply, transaction)?;
    match read.unknown {
        Some(unknown) => {
            // RFC 8489 section 14.8: class 4, number 20.
            attribute(&mut reply, ERROR_CODE, &[0, 0, 4, 20])?;
            let [high, low] = unknown.to_be_bytes();
            // A single one is padded by itself (RFC 3489 section 11.2.10).
            attribute(&mut reply, UNKNOWN_ATTRIBUTES, &[high, low, high, low])?;
        }
        None => mapped(&mut reply, source, transaction.starts_with(&COOKIE))?,
    }
    if read.fingerprint {
        let whole = reply.len() + 8 - HEADER_BYTES;
        set_len(&mut reply, whole);
        let sum = crc32(&reply) ^ STUN;
        attribute(&mut reply, FINGERPRINT, &sum.to_be_bytes())?;
    } else {
        let whole = reply.len() - HEADER_BYTES;
        set_len(&mut reply, whole);
    }
    Some(reply)
}

/// What a request says in its attributes.
struct Read {
    /// The first attribute that has to be understood and is not.
    unknown: Option<u16>,
    fingerprint: bool,
}

/// Walks the attributes; `None` where they do not fill the datagram, or a fingerprint is wrong.
fn read(datagram: &[u8], mut attributes: &[u8]) -> Option<Read> {
    let mut read = Read { unknown: None, fingerprint: false };
    while let [kind_high, kind_low, len_high, len_low, rest @ ..] = attributes {
        let kind = u16::from_be_bytes([*kind_high, *kind_low]);
        let len = usize::from(u16::from_be_bytes([*len_high, *len_low]));
        let value = rest.get(..len)?;
        let begins = datagram.len() - attributes.len();
        attributes = rest.get(len.next_multiple_of(4)..)?;
        match kind {
            FINGERPRINT => {
                let sum = crc32(datagram.get(..begins)?) ^ STUN;
                if value != sum.to_be_bytes() || !attributes.is_empty() {
                    return None;
                }
                read.fingerprint = true;
            }
            USERNAME
            | MESSAGE_INTEGRITY
            | REALM
            | NONCE
            | MESSAGE_INTEGRITY_SHA256
            | PASSWORD_ALGORITHM
            | USERHASH => {}
            OPTIONAL.. => {}
            unknown => read.unknown = read.unknown.or(Some(unknown)),
        }
    }
    attributes.is_empty().then_some(read)
}

fn mapped(reply: &mut Reply, source: SocketAddrV4, has_cookie: bool) -> Option<()> {
    let [port_high, port_low] = source.port().to_be_bytes();
    let [a, b, c, d] = source.ip().octets();
    let plain = [0, IPV4, port_high, port_low, a, b, c, d];
    if !has_cookie {
        return attribute(reply, MAPPED_ADDRESS, &plain);
    }
    // RFC 8489 section 14.2: so that no NAT finds its own address in it and changes it.
    let [e, f, g, h] = COOKIE;
    let mixed = [0, IPV4, port_high ^ e, port_low ^ f, a ^ e, b ^ f, c ^ g, d ^ h];
    attribute(reply, XOR_MAPPED_ADDRESS, &mixed)
}

/// Appends an attribute whose value fills whole words.
fn attribute(reply: &mut Reply, kind: u16, value: &[u8]) -> Option<()> {
    put(reply, &kind.to_be_bytes())?;
    put(reply, &(value.len() as u16).to_be_bytes())?;
    put(reply, value)
}

fn put(reply: &mut Reply, bytes: &[u8]) -> Option<()> {
    reply.extend_from_slice(bytes).ok()
}

fn set_len(reply: &mut Reply, len: usize) {
    if let Some(field) = reply.get_mut(2..4) {
        field.copy_from_slice(&(len as u16).to_be_bytes());
    }
}

/// The CRC of ITU V.42, bit by bit: a keep-alive is short and rare.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |sum: u32, _| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 };
    !bytes.iter().fold(u32::MAX, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), step))
}
