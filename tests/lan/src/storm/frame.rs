//! Ethernet frames as the phones send and hear them: ARP (RFC 826), IPv4 (RFC 791), UDP (RFC 768)
//! and the part of TCP (RFC 9293) that a client fetching one file needs.
//!
//! Frames to be sent are laid back to back into one [`Batch`], so that a storm costs one system
//! call for many. Checksums are written and not checked: on a veth pair the sender's kernel leaves
//! them to hardware that is not there. Fragments and IP options are not understood.

use std::net::Ipv4Addr;

/// A hardware address.
pub(crate) type Mac = [u8; 6];
/// Everybody on the link.
pub(crate) const BROADCAST: Mac = [0xff; 6];

/// TCP's flags.
pub(crate) const FIN: u8 = 0x01;
pub(crate) const SYN: u8 = 0x02;
pub(crate) const RST: u8 = 0x04;
pub(crate) const PSH: u8 = 0x08;
pub(crate) const ACK: u8 = 0x10;

/// Frames waiting to be sent, back to back.
#[derive(Default)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

/// The two ends of a datagram or segment.
#[derive(Clone, Copy)]
pub(crate) struct Ends {
    pub(crate) from_mac: Mac,
    pub(crate) to_mac: Mac,
    pub(crate) from: (Ipv4Addr, u16),
    pub(crate) to: (Ipv4Addr, u16),
}

/// What a TCP segment says besides its payload.
#[derive(Clone, Copy)]
pub(crate) struct Segment {
    pub(crate) seq: u32,
    pub(crate) ack: u32,
    pub(crate) flags: u8,
}

/// A frame, understood.
pub(crate) enum Frame<'a> {
    /// Somebody asks who has `wanted`.
    WhoHas { wanted: Ipv4Addr, mac: Mac, address: Ipv4Addr },
    /// Somebody tells `to` where an address is.
    IsAt { to: Mac, mac: Mac },
    /// A datagram.
    Udp { to: (Ipv4Addr, u16), payload: &'a [u8] },
    /// A segment.
    Tcp { to: (Ipv4Addr, u16), segment: Segment, payload: &'a [u8] },
}

impl Batch {
    /// The frames in order.
    pub(crate) fn frames(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).filter_map(|(start, end)| self.bytes.get(start..*end))
    }

    /// How many frames wait.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Forgets the frames, keeping their room.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// Adds an ARP packet: a request to everybody, or an answer to `to_mac`.
    pub(crate) fn arp(
        &mut self,
        (mac, address): (Mac, Ipv4Addr),
        answered: Option<Mac>,
        about: Ipv4Addr,
    ) {
        self.ethernet(answered.unwrap_or(BROADCAST), mac, 0x0806);
        let operation = if answered.is_some() { 2 } else { 1 };
        self.bytes.extend_from_slice(&[0, 1, 8, 0, 6, 4, 0, operation]);
        self.bytes.extend_from_slice(&mac);
        self.bytes.extend_from_slice(&address.octets());
        self.bytes.extend_from_slice(&answered.unwrap_or([0; 6]));
        self.bytes.extend_from_slice(&about.octets());
        self.ends.push(self.bytes.len());
    }

    /// Adds a UDP datagram.
    pub(crate) fn udp(&mut self, ends: &Ends, payload: &[u8]) {
        let start = self.ipv4(ends, 17, 8 + payload.len());
        self.bytes.extend_from_slice(&ends.from.1.to_be_bytes());
        self.bytes.extend_from_slice(&ends.to.1.to_be_bytes());
        self.bytes.extend_from_slice(&((8 + payload.len()) as u16).to_be_bytes());
        self.bytes.extend_from_slice(&[0, 0]);
        self.bytes.extend_from_slice(payload);
        self.finish(ends, 17, start, 6);
    }

    /// Adds a TCP segment; one with SYN says that 1,460 bytes fit (RFC 9293 section 3.7.1).
    pub(crate) fn tcp(&mut self, ends: &Ends, segment: Segment, payload: &[u8]) {
        let options: &[u8] = if segment.flags & SYN != 0 { &[2, 4, 0x05, 0xb4] } else { &[] };
        let start = self.ipv4(ends, 6, 20 + options.len() + payload.len());
        self.bytes.extend_from_slice(&ends.from.1.to_be_bytes());
        self.bytes.extend_from_slice(&ends.to.1.to_be_bytes());
        self.bytes.extend_from_slice(&segment.seq.to_be_bytes());
        self.bytes.extend_from_slice(&segment.ack.to_be_bytes());
        let words = ((20 + options.len()) / 4) as u8;
        self.bytes.extend_from_slice(&[words << 4, segment.flags, 0xff, 0xff, 0, 0, 0, 0]);
        self.bytes.extend_from_slice(options);
        self.bytes.extend_from_slice(payload);
        self.finish(ends, 6, start, 16);
    }

    fn ethernet(&mut self, to: Mac, from: Mac, kind: u16) {
        self.bytes.extend_from_slice(&to);
        self.bytes.extend_from_slice(&from);
        self.bytes.extend_from_slice(&kind.to_be_bytes());
    }

    /// Writes the headers below a transport's; gives where the transport's begins.
    fn ipv4(&mut self, ends: &Ends, protocol: u8, len: usize) -> usize {
        self.ethernet(ends.to_mac, ends.from_mac, 0x0800);
        let mut header = [0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, protocol, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        header[2..4].copy_from_slice(&((20 + len) as u16).to_be_bytes());
        header[12..16].copy_from_slice(&ends.from.0.octets());
        header[16..20].copy_from_slice(&ends.to.0.octets());
        let check = folded(sum(&header));
        header[10..12].copy_from_slice(&check.to_be_bytes());
        self.bytes.extend_from_slice(&header);
        self.bytes.len()
    }

    /// Writes the checksum of the transport that began at `start`, and ends the frame.
    fn finish(&mut self, ends: &Ends, protocol: u8, start: usize, check_at: usize) {
        let transport = self.bytes.get(start..).unwrap_or_default();
        let pseudo = sum(&ends.from.0.octets()) + sum(&ends.to.0.octets());
        let total = pseudo + u64::from(protocol) + transport.len() as u64 + sum(transport);
        let check = match folded(total) {
            0 => 0xffff,
            check => check,
        };
        if let Some(place) = self.bytes.get_mut(start + check_at..start + check_at + 2) {
            place.copy_from_slice(&check.to_be_bytes());
        }
        self.ends.push(self.bytes.len());
    }
}

impl<'a> Frame<'a> {
    /// Understands a frame; `None` where it is nothing for a phone.
    pub(crate) fn read(frame: &'a [u8]) -> Option<Frame<'a>> {
        match word(frame, 12)? {
            0x0806 => arp(frame.get(14..42)?),
            0x0800 => ipv4(frame.get(14..)?),
            _other => None,
        }
    }
}

fn arp(packet: &[u8]) -> Option<Frame<'static>> {
    let mac = packet.get(8..14)?.try_into().ok()?;
    let to = packet.get(18..24)?.try_into().ok()?;
    match word(packet, 6)? {
        1 => {
            Some(Frame::WhoHas { wanted: address(packet, 24)?, mac, address: address(packet, 14)? })
        }
        2 => Some(Frame::IsAt { to, mac }),
        _other => None,
    }
}

fn ipv4(packet: &[u8]) -> Option<Frame<'_>> {
    let header = usize::from(packet.first()? & 0x0f) * 4;
    let to = address(packet, 16)?;
    let transport = packet.get(header..usize::from(word(packet, 2)?))?;
    let port = word(transport, 2)?;
    match packet.get(9)? {
        17 => Some(Frame::Udp { to: (to, port), payload: transport.get(8..)? }),
        6 => {
            let start = usize::from(transport.get(12)? >> 4) * 4;
            let number =
                |at: usize| Some(u32::from_be_bytes(transport.get(at..at + 4)?.try_into().ok()?));
            let segment = Segment { seq: number(4)?, ack: number(8)?, flags: *transport.get(13)? };
            Some(Frame::Tcp { to: (to, port), segment, payload: transport.get(start..)? })
        }
        _other => None,
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn address(bytes: &[u8], at: usize) -> Option<Ipv4Addr> {
    Some(Ipv4Addr::from(<[u8; 4]>::try_from(bytes.get(at..at + 4)?).ok()?))
}

fn sum(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<2>();
    let last = rest.first().map_or(0, |byte| u64::from(*byte) << 8);
    words.iter().map(|pair| u64::from(u16::from_be_bytes(*pair))).sum::<u64>() + last
}

fn folded(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDS: Ends = Ends {
        from_mac: [2; 6],
        to_mac: [4; 6],
        from: (Ipv4Addr::new(10, 0, 0, 9), 5060),
        to: (Ipv4Addr::new(10, 0, 0, 1), 80),
    };

    fn checks(frame: &[u8], protocol: u64) {
        assert_eq!(folded(sum(&frame[14..34])), 0, "header");
        let transport = &frame[34..];
        let pseudo = sum(&frame[26..34]) + protocol + transport.len() as u64;
        assert_eq!(folded(pseudo + sum(transport)), 0, "transport");
    }

    #[test]
    fn a_datagram_and_a_segment_are_read_as_written_and_their_checksums_add_up() {
        let mut batch = Batch::default();
        batch.udp(&ENDS, b"abc");
        batch.tcp(&ENDS, Segment { seq: 7, ack: 0, flags: SYN }, b"");
        batch.tcp(&ENDS, Segment { seq: 8, ack: 9, flags: ACK | PSH }, b"abcd");
        let frames: Vec<&[u8]> = batch.frames().collect();
        checks(frames[0], 17);
        checks(frames[1], 6);
        checks(frames[2], 6);
        let Some(Frame::Udp { to: (_, 80), payload: b"abc" }) = Frame::read(frames[0]) else {
            panic!("not the datagram")
        };
        let Some(Frame::Tcp { segment, payload, .. }) = Frame::read(frames[2]) else {
            panic!("not the segment")
        };
        assert_eq!((segment.seq, segment.ack, payload), (8, 9, &b"abcd"[..]));
    }

    #[test]
    fn whoever_asks_for_an_address_is_told_to_his_own() {
        let (mac, address) = ([2; 6], Ipv4Addr::new(10, 0, 0, 9));
        let mut batch = Batch::default();
        batch.arp((mac, address), None, Ipv4Addr::new(10, 0, 0, 1));
        batch.arp((mac, address), Some([4; 6]), Ipv4Addr::new(10, 0, 0, 1));
        let frames: Vec<&[u8]> = batch.frames().collect();
        let Some(Frame::WhoHas { wanted, .. }) = Frame::read(frames[0]) else {
            panic!("a request")
        };
        assert_eq!(wanted, Ipv4Addr::new(10, 0, 0, 1));
        let Some(Frame::IsAt { to: [4, 4, 4, 4, 4, 4], .. }) = Frame::read(frames[1]) else {
            panic!("an answer")
        };
    }

    #[test]
    fn a_cut_off_frame_is_nothing() {
        let mut batch = Batch::default();
        batch.tcp(&ENDS, Segment { seq: 8, ack: 9, flags: ACK }, b"abcd");
        let frame = batch.frames().next().unwrap();
        assert!((0..frame.len()).all(|len| Frame::read(&frame[..len]).is_none()));
    }
}
