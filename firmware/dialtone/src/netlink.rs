//! Orders to the kernel over netlink (RFC 3549): how a message is built, and what became of it.
//!
//! The kernel carries an order out within the call that hands it over, so its answer lies ready at
//! once and nothing here waits. Numbers are in the byte order of the machine, as netlink wants
//! them; what an attribute holds is the caller's business.
//!
//! Never subscribes to anything and never reads tables; [`crate::neighbour`] asks its own question.

use nix::errno::Errno;
use nix::sys::socket::{
    bind, recv, send, socket, AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol,
    SockType,
};
use std::os::fd::AsRawFd;

/// `NLM_F_REQUEST`: the message wants something of the kernel; every order has it.
const REQUEST: u16 = 0x001;
/// `NLM_F_ACK`: the kernel says what became of it.
pub(crate) const ACK: u16 = 0x004;
/// `NLM_F_REPLACE`: what is there already is changed.
pub(crate) const REPLACE: u16 = 0x100;
/// `NLM_F_CREATE`: what is not there is made.
pub(crate) const CREATE: u16 = 0x400;
/// `NLM_F_APPEND`: after what is there already.
pub(crate) const APPEND: u16 = 0x800;

/// `NLA_F_NESTED`: an attribute that holds attributes.
const NESTED: u16 = 0x8000;
/// `NLMSG_ERROR`: the type of an answer; it is also how success is told.
const NLMSG_ERROR: u16 = 2;
const HEADER_BYTES: usize = 16;
const ATTRIBUTE_HEADER_BYTES: usize = 4;
/// An answer repeats what it answers; only its beginning is read.
const ANSWER_BYTES: usize = 8_192;

/// One order before it has a number.
pub(crate) struct Message {
    /// Which order of its family.
    pub(crate) kind: u16,
    /// [`ACK`], [`REPLACE`] and their like; that it is a request need not be said.
    pub(crate) flags: u16,
    /// The family's fixed part, then the attributes.
    pub(crate) body: Vec<u8>,
}

/// Hands orders over together, and gives the first error the kernel had with them. At least one
/// wants [`ACK`]: the last such is the one whose answer ends it.
pub(crate) fn order(family: SockProtocol, messages: &[Message]) -> Result<(), Errno> {
    let awaited = messages.iter().rposition(|message| message.flags & ACK != 0);
    let awaited = awaited.map_or(0, sequence);
    let flags = SockFlag::SOCK_CLOEXEC;
    let fd = socket(AddressFamily::Netlink, SockType::Raw, flags, family)?;
    bind(fd.as_raw_fd(), &NetlinkAddr::new(0, 0))?;
    send(fd.as_raw_fd(), &bytes(messages), MsgFlags::empty())?;
    let mut buffer = vec![0; ANSWER_BYTES];
    loop {
        let read = recv(fd.as_raw_fd(), &mut buffer, MsgFlags::MSG_DONTWAIT)?;
        match outcome(buffer.get(..read).unwrap_or_default(), awaited) {
            Some(Ok(())) => return Ok(()),
            Some(Err(error)) => return Err(error),
            None => {}
        }
    }
}

/// All orders as they travel: numbered from one, each padded to four bytes.
fn bytes(messages: &[Message]) -> Vec<u8> {
    let mut all = Vec::new();
    for (place, Message { kind, flags, body }) in messages.iter().enumerate() {
        all.extend_from_slice(&((HEADER_BYTES + body.len()) as u32).to_ne_bytes());
        all.extend_from_slice(&kind.to_ne_bytes());
        all.extend_from_slice(&(flags | REQUEST).to_ne_bytes());
        all.extend_from_slice(&sequence(place).to_ne_bytes());
        // From whom: the kernel knows.
        all.extend_from_slice(&[0; 4]);
        all.extend_from_slice(body);
        pad(&mut all);
    }
    all
}

fn sequence(place: usize) -> u32 {
    place as u32 + 1
}

/// What one datagram of answers says: an error, that the awaited order was carried out, or nothing
/// of either.
fn outcome(mut answers: &[u8], awaited: u32) -> Option<Result<(), Errno>> {
    while let Some(header) = answers.first_chunk::<HEADER_BYTES>() {
        let [l0, l1, l2, l3, k0, k1, _, _, s0, s1, s2, s3, ..] = *header;
        if u16::from_ne_bytes([k0, k1]) == NLMSG_ERROR {
            let error = answers.get(HEADER_BYTES..)?.first_chunk().copied()?;
            match i32::from_ne_bytes(error) {
                0 if u32::from_ne_bytes([s0, s1, s2, s3]) == awaited => return Some(Ok(())),
                0 => {}
                error => return Some(Err(Errno::from_raw(error.saturating_neg()))),
            }
        }
        // In 32 bits the greatest length, rounded up, is none, and the loop would stand still.
        let len = u32::from_ne_bytes([l0, l1, l2, l3]).max(HEADER_BYTES as u32);
        answers = answers.get(len.checked_next_multiple_of(4)? as usize..)?;
    }
    None
}

/// An attribute: its length, its kind, its value, padded to four bytes.
pub(crate) fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(ATTRIBUTE_HEADER_BYTES + value.len().next_multiple_of(4));
    // The longest in use, a rule of the firewall, has some hundreds of bytes.
    bytes.extend_from_slice(&((ATTRIBUTE_HEADER_BYTES + value.len()) as u16).to_ne_bytes());
    bytes.extend_from_slice(&kind.to_ne_bytes());
    bytes.extend_from_slice(value);
    pad(&mut bytes);
    bytes
}

/// An attribute that holds others.
pub(crate) fn nest(kind: u16, inside: &[Vec<u8>]) -> Vec<u8> {
    attribute(kind | NESTED, &inside.concat())
}

fn pad(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}

#[cfg(test)]
pub(crate) mod tests;
