//! A [`Reply`] as the bytes of a datagram.
//!
//! Everything in the datagram comes from the reply; the rest of the buffer's bytes that are sent
//! are zero. The options are given in order of importance. All go into the options field when they
//! fit; else those that do not go whole into `file`, then `sname`, if these are free (RFC 2131
//! section 4.1, option 52); what finds no room at all is left out and named in [`Encoded`].
//! A value of more than 255 bytes is split (RFC 3396 section 6), within one area.
//!
//! The relay agent's option 82 has its room reserved first, stands last before the end octet of the
//! options field, is never split and never overloaded (RFC 3046 section 2.2).
//! A short reply is padded to the 300 bytes that BOOTP relay agents expect (RFC 1542 section 2.1).

use core::fmt;
use core::mem;
use core::net::Ipv4Addr;

use super::{code, MessageType, Op, COOKIE, ETHERNET, HEADER_BYTES};
use crate::Mac;

/// Least bytes of the buffer for a reply: what every client takes (RFC 2131 section 2).
pub const REPLY_BYTES_MIN: usize = DATAGRAM_MIN - IP_AND_UDP_BYTES;

/// The IP datagram that every client takes, and the least honest value of option 57.
const DATAGRAM_MIN: usize = 576;
/// Option 57 counts the IP and UDP headers too (RFC 2131 section 2: 312 bytes of options in 576).
const IP_AND_UDP_BYTES: usize = 28;
const BOOTP_BYTES: usize = 300;
const SNAME_BYTES: usize = 64;
const FILE_BYTES: usize = 128;
const OVERLOAD_BYTES: usize = 3;
const PART_BYTES_MAX: usize = 255;

/// What a server answers; `hops` and `secs` are always 0.
#[derive(Clone, Copy, Debug)]
pub struct Reply<'a> {
    /// Offer, Ack or Nak; it is written as option 53, before all other options.
    pub kind: MessageType,
    /// The transaction, from the request.
    pub xid: u32,
    /// The flags, from the request.
    pub flags: u16,
    /// The client's address, from the request, in an Ack.
    pub ciaddr: Ipv4Addr,
    /// The address given to the client.
    pub yiaddr: Ipv4Addr,
    /// The next server to boot from.
    pub siaddr: Ipv4Addr,
    /// The relay agent, from the request.
    pub giaddr: Ipv4Addr,
    /// The client's hardware address, from the request.
    pub chaddr: Mac,
    /// Codes and whole values, the most important first. Codes 0, 52, 53, 82 and 255 are the
    /// encoder's own; these and the second of two equal codes are left out.
    pub options: &'a [(u8, &'a [u8])],
    /// The relay agent's option 82, at most 255 bytes.
    pub relay_agent: Option<&'a [u8]>,
    /// The server's name, at most 63 bytes; an empty one leaves the field free for options.
    pub sname: &'a [u8],
    /// The boot file, at most 127 bytes; an empty one leaves the field free for options.
    pub file: &'a [u8],
    /// The client's option 57, which counts IP and UDP headers; less than 576 is read as 576.
    pub max_size: usize,
}

/// Why a reply cannot be written at all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoRoom {
    /// The buffer has fewer than [`REPLY_BYTES_MIN`] bytes.
    Buffer,
    /// The server's name does not fit `sname`.
    Sname,
    /// The boot file does not fit `file`.
    File,
}

/// What was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Encoded {
    /// Bytes of the datagram, from the start of the buffer.
    pub len: usize,
    /// The options that were left out.
    pub dropped: Codes,
    /// Whether the relay agent's option was left out.
    pub relay_agent_dropped: bool,
}

/// A set of option codes.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Codes([u128; 2]);

impl Codes {
    /// Whether no code is in the set.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a code is in the set.
    pub fn contains(&self, code: u8) -> bool {
        let [low, high] = self.0;
        let half = if code < 128 { low } else { high };
        half >> (code % 128) & 1 == 1
    }

    /// The codes, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u8> + '_ {
        (0..=255).filter(|code| self.contains(*code))
    }

    /// Adds a code; false when it was in the set already.
    fn insert(&mut self, code: u8) -> bool {
        let new = !self.contains(code);
        let [low, high] = &mut self.0;
        *(if code < 128 { low } else { high }) |= 1 << (code % 128);
        new
    }
}

impl fmt::Debug for Codes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl Reply<'_> {
    /// Writes the reply to the start of `out`, as long as the client and `out` allow.
    pub fn encode(&self, out: &mut [u8]) -> Result<Encoded, NoRoom> {
        if self.sname.len() >= SNAME_BYTES {
            return Err(NoRoom::Sname);
        }
        if self.file.len() >= FILE_BYTES {
            return Err(NoRoom::File);
        }
        let limit = self.max_size.max(DATAGRAM_MIN).saturating_sub(IP_AND_UDP_BYTES);
        let limit = limit.min(out.len());
        let out = out.get_mut(..limit).unwrap_or_default();
        if out.len() < REPLY_BYTES_MIN {
            return Err(NoRoom::Buffer);
        }
        out.fill(0);

        let relay_agent = self.relay_agent.filter(|value| value.len() <= PART_BYTES_MAX);
        let room = self.room(limit, relay_agent);
        let mut head = Tail(out);
        self.header(&mut head);
        let mut areas = Areas {
            sname: head.take(SNAME_BYTES),
            file: head.take(FILE_BYTES),
            options: {
                head.put(&COOKIE);
                head
            },
        };
        let dropped = self.options(room, &mut areas);
        if let Some(value) = relay_agent {
            areas.options.option(code::RELAY_AGENT, value);
        }
        areas.options.put(&[code::END]);

        let len = limit.saturating_sub(areas.options.0.len()).max(BOOTP_BYTES);
        let relay_agent_dropped = relay_agent.is_none() && self.relay_agent.is_some();
        Ok(Encoded { len, dropped, relay_agent_dropped })
    }

    fn header(&self, head: &mut Tail<'_>) {
        head.put(&[Op::BootReply as u8, ETHERNET, 6, 0]);
        head.put(&self.xid.to_be_bytes());
        head.put(&[0, 0]);
        head.put(&self.flags.to_be_bytes());
        for address in [self.ciaddr, self.yiaddr, self.siaddr, self.giaddr] {
            head.put(&address.octets());
        }
        head.put(&self.chaddr.0);
        head.put(&[0; 10]);
    }

    /// The better of two plans, without and with overload: the most important option that finds
    /// room in only one of them decides. Overload costs three bytes, so it is not always better.
    fn room(&self, limit: usize, relay_agent: Option<&[u8]>) -> Room {
        let reserved = HEADER_BYTES + 3 + relay_agent.map_or(0, |value| value.len() + 2) + 1;
        let plain = Room { options: limit.saturating_sub(reserved), file: 0, sname: 0 };
        // RFC 2131 table 3: the fields of a NAK are not used.
        let usable = self.kind != MessageType::Nak;
        let free = |field: &[u8], bytes| if usable && field.is_empty() { bytes - 1 } else { 0 };
        let overloaded = Room {
            options: plain.options.saturating_sub(OVERLOAD_BYTES),
            file: free(self.file, FILE_BYTES),
            sname: free(self.sname, SNAME_BYTES),
        };
        let (mut plainly, mut overloading) = (plain, overloaded);
        for (code, value) in self.options {
            if is_ours(*code) {
                continue;
            }
            let bytes = size(value);
            match (plainly.place(bytes).is_some(), overloading.place(bytes).is_some()) {
                (true, false) => return plain,
                (false, true) => return overloaded,
                (true, true) | (false, false) => {}
            }
        }
        plain
    }

    /// Writes option 53 and all options that find room, then what `sname` and `file` hold.
    fn options(&self, mut room: Room, areas: &mut Areas<'_>) -> Codes {
        let (file, sname) = (room.file, room.sname);
        let mut seen = Codes::default();
        let mut dropped = Codes::default();
        areas.options.option(code::MESSAGE_TYPE, &[self.kind as u8]);
        for (code, value) in self.options {
            let place =
                if is_ours(*code) || !seen.insert(*code) { None } else { room.place(size(value)) };
            match place {
                Some(Place::Options) => areas.options.option(*code, value),
                Some(Place::File) => areas.file.option(*code, value),
                Some(Place::Sname) => areas.sname.option(*code, value),
                None => {
                    dropped.insert(*code);
                }
            }
        }
        let (file, sname) = (room.file < file, room.sname < sname);
        let overload = u8::from(file) | u8::from(sname) << 1;
        if overload != 0 {
            areas.options.option(code::OVERLOAD, &[overload]);
        }
        areas.file.put(if file { &[code::END] } else { self.file });
        areas.sname.put(if sname { &[code::END] } else { self.sname });
        dropped
    }
}

/// The codes that only the encoder writes.
fn is_ours(code: u8) -> bool {
    matches!(code, code::PAD | code::OVERLOAD | code::MESSAGE_TYPE | code::RELAY_AGENT | code::END)
}

/// The bytes of an option on the wire, with a code and a length for each part.
fn size(value: &[u8]) -> usize {
    value.len() + 2 * value.len().div_ceil(PART_BYTES_MAX).max(1)
}

/// Bytes left for options in each area.
#[derive(Clone, Copy)]
struct Room {
    options: usize,
    file: usize,
    sname: usize,
}

enum Place {
    Options,
    File,
    Sname,
}

impl Room {
    /// The first area with room for so many bytes, which are then taken.
    fn place(&mut self, bytes: usize) -> Option<Place> {
        let areas = [
            (&mut self.options, Place::Options),
            (&mut self.file, Place::File),
            (&mut self.sname, Place::Sname),
        ];
        areas.into_iter().find_map(|(left, place)| {
            *left = left.checked_sub(bytes)?;
            Some(place)
        })
    }
}

struct Areas<'b> {
    options: Tail<'b>,
    file: Tail<'b>,
    sname: Tail<'b>,
}

/// The part of a buffer that is not written yet.
struct Tail<'b>(&'b mut [u8]);

impl<'b> Tail<'b> {
    /// Cuts off the next bytes, all that are left when there are fewer.
    fn take(&mut self, bytes: usize) -> Tail<'b> {
        let rest = mem::take(&mut self.0);
        let (head, tail) = rest.split_at_mut(bytes.min(rest.len()));
        self.0 = tail;
        Tail(head)
    }

    /// Writes bytes; [`Room`] has seen that they fit.
    fn put(&mut self, bytes: &[u8]) {
        let Tail(head) = self.take(bytes.len());
        head.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    }

    /// Writes an option, in as many parts as its length needs.
    fn option(&mut self, code: u8, value: &[u8]) {
        if value.is_empty() {
            self.put(&[code, 0]);
        }
        for part in value.chunks(PART_BYTES_MAX) {
            self.put(&[code, part.len() as u8]); // a chunk has at most 255 bytes
            self.put(part);
        }
    }
}
