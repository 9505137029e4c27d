//! What DHCP servers say to clients on a port, whoever the client is, and who says it.
//!
//! A UDP socket would not do: it is in the way of a DHCP client of the computer, hears nothing
//! through a firewall, and does not tell the hardware address of the sender. The kernel hands over
//! only what a filter lets through; it lets through nothing that the box itself sends, so that a
//! storm of its own answers wakes nobody.

use super::{address_of, LL_BYTES};
use nix::libc;
use nix::sys::socket::{socket, AddressFamily, SockFlag, SockProtocol, SockType};
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsRawFd, OwnedFd};
use wire::dhcp::{CLIENT_PORT, MESSAGE_BYTES_MAX};
use wire::Mac;

/// Most bytes of an IPv4 header and that of UDP.
const HEADERS_BYTES: usize = 60 + 8;
/// The protocol number of UDP (RFC 768).
const UDP: u8 = 17;

/// A socket that hears what servers say to DHCP clients.
pub(crate) struct Ear {
    fd: OwnedFd,
    buffer: Vec<u8>,
}

/// What was heard.
pub(crate) struct Said<'a> {
    /// The hardware address that it came from.
    pub(crate) mac: Mac,
    /// The address that it came from.
    pub(crate) from: SocketAddrV4,
    pub(crate) bytes: &'a [u8],
}

impl Ear {
    /// Opens one on a port. Needs `CAP_NET_RAW`.
    pub(crate) fn open(index: u32) -> io::Result<Ear> {
        let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
        // Without a protocol it hears nothing before it has its filter.
        let fd = socket(AddressFamily::Packet, SockType::Datagram, flags, None::<SockProtocol>)?;
        let mut filter = to_clients();
        let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
        // SAFETY: the option's value is a whole sock_fprog with its size given, and what it points
        // to lives until the kernel has copied it.
        let set = unsafe {
            libc::setsockopt(
                fd.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_ATTACH_FILTER,
                std::ptr::from_ref(&program).cast(),
                size_of::<libc::sock_fprog>() as libc::socklen_t,
            )
        };
        if set < 0 {
            return Err(io::Error::last_os_error());
        }
        let address = address_of(index as i32, super::ETHERTYPE_IPV4, Mac([0; 6]));
        // SAFETY: `address` is a whole sockaddr_ll and its size is given.
        let bound =
            unsafe { libc::bind(fd.as_raw_fd(), std::ptr::from_ref(&address).cast(), LL_BYTES) };
        if bound < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(Ear { fd, buffer: vec![0; HEADERS_BYTES + MESSAGE_BYTES_MAX] })
    }

    pub(crate) fn fd(&self) -> &OwnedFd {
        &self.fd
    }

    /// The next thing heard; `None` when nothing waits, `Some(None)` for what is none.
    pub(crate) fn hear(&mut self) -> Option<Option<Said<'_>>> {
        let mut from = address_of(0, 0, Mac([0; 6]));
        let mut len = LL_BYTES;
        // SAFETY: the buffer and `from` are writable and whole, with their sizes given.
        let read = unsafe {
            libc::recvfrom(
                self.fd.as_raw_fd(),
                self.buffer.as_mut_ptr().cast(),
                self.buffer.len(),
                0,
                std::ptr::from_mut(&mut from).cast(),
                &mut len,
            )
        };
        let packet = self.buffer.get(..usize::try_from(read).ok()?)?;
        let [a, b, c, d, e, f, ..] = from.sll_addr;
        let mac = Mac([a, b, c, d, e, f]);
        Some(to_a_client(packet).map(|(from, bytes)| Said { mac, from, bytes }))
    }
}

const fn instruction(code: u32, yes: u8, no: u8, k: u32) -> libc::sock_filter {
    libc::sock_filter { code: code as u16, jt: yes, jf: no, k }
}

/// Lets UDP to [`CLIENT_PORT`] through that others sent, in whole packets; the offsets are those of
/// RFC 791 and RFC 768.
fn to_clients() -> [libc::sock_filter; 11] {
    use libc::{
        BPF_ABS, BPF_B, BPF_H, BPF_IND, BPF_JEQ, BPF_JMP, BPF_JSET, BPF_K, BPF_LD, BPF_LDX,
    };
    use libc::{BPF_MSH, BPF_RET};
    let kind = (libc::SKF_AD_OFF + libc::SKF_AD_PKTTYPE) as u32;
    let outgoing = u32::from(libc::PACKET_OUTGOING);
    [
        instruction(BPF_LD | BPF_B | BPF_ABS, 0, 0, kind),
        instruction(BPF_JMP | BPF_JEQ | BPF_K, 8, 0, outgoing),
        instruction(BPF_LD | BPF_B | BPF_ABS, 0, 0, 9),
        instruction(BPF_JMP | BPF_JEQ | BPF_K, 0, 6, u32::from(UDP)),
        instruction(BPF_LD | BPF_H | BPF_ABS, 0, 0, 6),
        instruction(BPF_JMP | BPF_JSET | BPF_K, 4, 0, 0x1fff),
        instruction(BPF_LDX | BPF_B | BPF_MSH, 0, 0, 0),
        instruction(BPF_LD | BPF_H | BPF_IND, 0, 0, 2),
        instruction(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, u32::from(CLIENT_PORT)),
        instruction(BPF_RET | BPF_K, 0, 0, u32::MAX),
        instruction(BPF_RET | BPF_K, 0, 0, 0),
    ]
}

/// Who sent an IPv4 packet and what is in it, if that is UDP to a DHCP client. Checksums are not
/// looked at: what is sent within one computer has none yet, and nothing is believed for them.
fn to_a_client(packet: &[u8]) -> Option<(SocketAddrV4, &[u8])> {
    let header_len = match packet.first()? {
        first @ 0x45..=0x4f => usize::from(first & 0xf) * 4,
        _not_ipv4 => return None,
    };
    let whole = usize::from(u16::from_be_bytes([*packet.get(2)?, *packet.get(3)?]));
    let (header, rest) = packet.get(..whole)?.split_at_checked(header_len)?;
    if *header.get(9)? != UDP {
        return None;
    }
    let source: [u8; 4] = header.get(12..16)?.try_into().ok()?;
    let (udp, bytes) = rest.split_first_chunk::<8>()?;
    let [a, b, c, d, high, low, _, _] = *udp;
    let len = usize::from(u16::from_be_bytes([high, low])).checked_sub(udp.len())?;
    if u16::from_be_bytes([c, d]) != CLIENT_PORT {
        return None;
    }
    let from = SocketAddrV4::new(Ipv4Addr::from(source), u16::from_be_bytes([a, b]));
    Some((from, bytes.get(..len)?))
}

#[cfg(test)]
mod tests {
    use super::super::ipv4_udp;
    use super::*;
    use crate::mutation::spoiled;

    fn from(last: u8) -> SocketAddrV4 {
        SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, last), 67)
    }

    fn to(port: u16) -> SocketAddrV4 {
        SocketAddrV4::new(Ipv4Addr::BROADCAST, port)
    }

    #[test]
    fn what_a_server_says_to_a_client_is_read_with_its_sender() {
        let packet = ipv4_udp(from(1), to(68), b"offer");
        assert_eq!(to_a_client(&packet), Some((from(1), &b"offer"[..])));
        // An Ethernet card pads a short frame.
        let padded = [packet.as_slice(), &[0; 20]].concat();
        assert_eq!(to_a_client(&padded), Some((from(1), &b"offer"[..])));
        // Options of IPv4 make the header longer.
        let mut longer = packet.clone();
        longer.splice(20..20, [1, 1, 1, 0]);
        (longer[0], longer[3]) = (0x46, longer[3] + 4);
        assert_eq!(to_a_client(&longer), Some((from(1), &b"offer"[..])));
    }

    #[test]
    fn nothing_else_is_read() {
        let good = ipv4_udp(from(1), to(68), b"offer");
        assert_eq!(to_a_client(&ipv4_udp(from(1), to(67), b"offer")), None);
        let spoilt = |at: usize, value: u8| {
            let mut packet = good.clone();
            packet[at] = value;
            to_a_client(&packet).is_some()
        };
        // IPv6, a header that is too short or too long, TCP, lengths beyond the end.
        assert!(!spoilt(0, 0x65) && !spoilt(0, 0x44) && !spoilt(0, 0x4f) && !spoilt(9, 6));
        assert!(!spoilt(3, 200) && !spoilt(25, 7) && !spoilt(25, 200));
        assert!((0..good.len()).all(|len| to_a_client(&good[..len]).is_none()));
    }

    #[test]
    fn a_million_spoiled_packets_are_read_within_their_bounds() {
        let packets: Vec<Vec<u8>> =
            [0, 5, 300].iter().map(|len| ipv4_udp(from(1), to(68), &vec![7; *len])).collect();
        spoiled(&packets, 3, |packet| {
            let read = to_a_client(packet);
            if let Some((_, bytes)) = read {
                assert!(bytes.len() + 28 <= packet.len());
            }
            read.is_some()
        });
    }
}
