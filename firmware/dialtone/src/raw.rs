//! Frames for a client that has no address yet, ARP probes, and what other DHCP servers say: what
//! only packet sockets can do.
//!
//! A packet socket carries IPv4 or ARP without the Ethernet header; the kernel writes that from the
//! hardware address given. The `unsafe` of this crate is here: the kernel's address structure for
//! packet sockets has no safe constructor in `nix`.
#![allow(unsafe_code, reason = "sockaddr_ll has no safe constructor in nix")]

mod ear;

pub(crate) use ear::{Ear, Said};

use nix::libc;
use nix::sys::socket::{socket, AddressFamily, SockFlag, SockProtocol, SockType};
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsRawFd, OwnedFd};
use tokio::io::unix::AsyncFd;
use tokio::io::Interest;
use wire::dhcp::{CLIENT_PORT, SERVER_PORT};
use wire::Mac;

const ETHERTYPE_IPV4: u16 = 0x0800;
const ETHERTYPE_ARP: u16 = 0x0806;
const ARP_BYTES: usize = 28;
/// How ARP for IPv4 over Ethernet begins (RFC 826): hardware, protocol, and how long theirs are.
const ETHERNET_IPV4: [u8; 6] = [0, 1, 8, 0, 6, 4];
const ARP_REQUEST: [u8; 2] = [0, 1];
const BROADCAST: Mac = Mac([0xff; 6]);

/// A packet socket on one network port.
pub(crate) struct RawPort {
    fd: OwnedFd,
    index: i32,
    own: Mac,
}

/// Somebody spoke ARP: he uses this address.
pub(crate) struct Spoke {
    pub(crate) address: Ipv4Addr,
    pub(crate) mac: Mac,
}

impl RawPort {
    /// Opens a socket that hears ARP on this port. Needs `CAP_NET_RAW`.
    pub(crate) fn open(index: u32, own: Mac) -> io::Result<RawPort> {
        let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
        let fd = socket(AddressFamily::Packet, SockType::Datagram, flags, None::<SockProtocol>)?;
        let port = RawPort { fd, index: index as i32, own };
        let address = address_of(port.index, ETHERTYPE_ARP, Mac([0; 6]));
        // SAFETY: `address` is a whole sockaddr_ll and its size is given.
        let bound = unsafe {
            libc::bind(port.fd.as_raw_fd(), std::ptr::from_ref(&address).cast(), LL_BYTES)
        };
        if bound < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(port)
    }

    pub(crate) fn fd(&self) -> &OwnedFd {
        &self.fd
    }

    /// Asks who uses an address (RFC 5227 probe: our own protocol address stays empty).
    pub(crate) fn probe(&self, address: Ipv4Addr) -> io::Result<()> {
        let mut arp = [0; ARP_BYTES];
        arp[..6].copy_from_slice(&ETHERNET_IPV4);
        arp[6..8].copy_from_slice(&ARP_REQUEST);
        arp[8..14].copy_from_slice(&self.own.0);
        arp[24..].copy_from_slice(&address.octets());
        self.send(ETHERTYPE_ARP, BROADCAST, &arp)
    }

    /// What the next ARP packet of somebody else says; `None` when none waits.
    pub(crate) fn hear(&self) -> Option<Option<Spoke>> {
        let mut arp = [0; 128];
        let read = nix::unistd::read(&self.fd, &mut arp).ok()?;
        let told = spoke(arp.get(..read)?).filter(|(_, mac)| *mac != self.own);
        Some(told.map(|(address, mac)| Spoke { address, mac }))
    }

    /// Sends a datagram of a DHCP client that has no address to all servers (RFC 2131 4.1).
    pub(crate) fn ask_servers(&self, bytes: &[u8]) -> io::Result<()> {
        let from = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, CLIENT_PORT);
        let to = SocketAddrV4::new(Ipv4Addr::BROADCAST, SERVER_PORT);
        self.send_udp(from, BROADCAST, to, bytes)
    }

    /// Sends a UDP datagram to a hardware address, whatever ARP knows.
    pub(crate) fn send_udp(
        &self,
        from: SocketAddrV4,
        mac: Mac,
        to: SocketAddrV4,
        bytes: &[u8],
    ) -> io::Result<()> {
        self.send(ETHERTYPE_IPV4, mac, &ipv4_udp(from, to, bytes))
    }

    fn send(&self, ethertype: u16, mac: Mac, packet: &[u8]) -> io::Result<()> {
        let address = address_of(self.index, ethertype, mac);
        // SAFETY: the packet and `address` are whole, with their sizes, and outlive the call.
        let sent = unsafe {
            libc::sendto(
                self.fd.as_raw_fd(),
                packet.as_ptr().cast(),
                packet.len(),
                0,
                std::ptr::from_ref(&address).cast(),
                LL_BYTES,
            )
        };
        if sent < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }
}

/// The kernel's address of a device behind a network port.
fn address_of(index: i32, ethertype: u16, mac: Mac) -> libc::sockaddr_ll {
    let [a, b, c, d, e, f] = mac.0;
    libc::sockaddr_ll {
        sll_family: libc::AF_PACKET as u16,
        sll_protocol: ethertype.to_be(),
        sll_ifindex: index,
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 6,
        sll_addr: [a, b, c, d, e, f, 0, 0],
    }
}

/// Who sent an ARP packet, and which address he uses; `None` where it says neither, such as a probe
/// (RFC 5227 section 1.1) or one that is no ARP for IPv4 over Ethernet. Request or answer, the
/// sender is the same (RFC 826), so the operation is not asked.
fn spoke(arp: &[u8]) -> Option<(Ipv4Addr, Mac)> {
    let rest = arp.strip_prefix(&ETHERNET_IPV4)?.get(ARP_REQUEST.len()..)?;
    let (mac, rest) = rest.split_first_chunk()?;
    let address: &[u8; 4] = rest.first_chunk()?;
    let (mac, address) = (Mac(*mac), Ipv4Addr::from(*address));
    (mac.is_device() && !address.is_unspecified()).then_some((address, mac))
}

/// Lets the runtime wake whoever waits until a descriptor can be read.
pub(crate) fn wakes(fd: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an OwnedFd is open for as long as the AsyncFd holds it, and is always the same one.
    unsafe { AsyncFd::register_with_interest(fd, Interest::READABLE) }.map_err(Into::into)
}

/// Lets what a socket sends to a multicast group leave by the port of this address; `nix` has no
/// safe form of this option.
#[cfg(feature = "demo")]
pub(crate) fn multicast_by(socket: &impl AsRawFd, port: Ipv4Addr) -> io::Result<()> {
    let address = libc::in_addr { s_addr: u32::from(port).to_be() };
    // SAFETY: the option's value is a whole in_addr and its size is given.
    let set = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_IP,
            libc::IP_MULTICAST_IF,
            std::ptr::from_ref(&address).cast(),
            size_of::<libc::in_addr>() as libc::socklen_t,
        )
    };
    if set < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

const LL_BYTES: libc::socklen_t = size_of::<libc::sockaddr_ll>() as libc::socklen_t;

/// An IPv4 packet (RFC 791) with a UDP datagram (RFC 768) in it.
fn ipv4_udp(from: SocketAddrV4, to: SocketAddrV4, bytes: &[u8]) -> Vec<u8> {
    let udp_len = (8 + bytes.len()) as u16;
    let mut packet = Vec::with_capacity(28 + bytes.len());
    packet.extend_from_slice(&[0x45, 0x10]);
    packet.extend_from_slice(&(20 + udp_len).to_be_bytes());
    // Identification 0, don't fragment, TTL 64, UDP, checksum to come.
    packet.extend_from_slice(&[0, 0, 0x40, 0, 64, 17, 0, 0]);
    packet.extend_from_slice(&from.ip().octets());
    packet.extend_from_slice(&to.ip().octets());
    let header = checksum(sum(&packet));
    packet[10..12].copy_from_slice(&header.to_be_bytes());
    let pseudo = sum(&packet[12..20]) + 17 + u32::from(udp_len);
    packet.extend_from_slice(&from.port().to_be_bytes());
    packet.extend_from_slice(&to.port().to_be_bytes());
    packet.extend_from_slice(&udp_len.to_be_bytes());
    packet.extend_from_slice(&[0, 0]);
    packet.extend_from_slice(bytes);
    // RFC 768: a computed zero is sent as all ones, since zero means "none".
    let udp = match checksum(pseudo + sum(&packet[20..])) {
        0 => 0xffff,
        sum => sum,
    };
    packet[26..28].copy_from_slice(&udp.to_be_bytes());
    packet
}

fn sum(bytes: &[u8]) -> u32 {
    let word = |pair: &[u8]| match pair {
        [high, low] => u32::from(u16::from_be_bytes([*high, *low])),
        [high] => u32::from(*high) << 8,
        _ => 0,
    };
    bytes.chunks(2).map(word).sum()
}

fn checksum(mut sum: u32) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutation::{spoiled, unhex};

    const ONE: Mac = Mac([2, 0, 0, 0, 0, 1]);
    const TWO: Mac = Mac([2, 0, 0, 0, 0, 2]);

    /// What tcpdump took off a cable between two Linux hosts, one of them with arping, and who that
    /// shows where.
    fn corpus() -> [(&'static str, Option<(Ipv4Addr, Mac)>); 5] {
        let at = |no| Ipv4Addr::new(10, 9, 0, no);
        [
            // A question, an answer, a probe, an announcement, a question in vain.
            ("00010800060400010200000000020a0900020000000000000a090001", Some((at(2), TWO))),
            ("00010800060400020200000000010a0900010200000000020a090002", Some((at(1), ONE))),
            ("000108000604000102000000000200000000ffffffffffff0a09004d", None),
            ("00010800060400010200000000020a090002ffffffffffff0a090002", Some((at(2), TWO))),
            ("00010800060400010200000000010a0900010000000000000a090063", Some((at(1), ONE))),
        ]
    }

    #[test]
    fn whoever_speaks_arp_shows_his_address_and_a_probe_shows_none() {
        for (packet, shown) in corpus() {
            assert_eq!(spoke(&unhex(packet)), shown, "{packet}");
        }
        // An Ethernet card pads a short frame.
        let mut padded = unhex(corpus()[0].0);
        padded.resize(46, 0);
        assert_eq!(spoke(&padded), corpus()[0].1);
    }

    #[test]
    fn nobody_speaks_as_a_group_as_nothing_or_in_another_protocol() {
        let good = unhex(corpus()[0].0);
        let spoilt = |at: usize, bytes: &[u8]| {
            let mut packet = good.clone();
            packet[at..at + bytes.len()].copy_from_slice(bytes);
            spoke(&packet)
        };
        assert_eq!(spoilt(8, &[0xff; 6]), None);
        assert_eq!(spoilt(8, &[0; 6]), None);
        assert_eq!(spoilt(8, &[1]), None);
        // IEEE 802 hardware, IPv6, lengths of others.
        assert!([spoilt(1, &[6]), spoilt(2, &[0x86, 0xdd]), spoilt(4, &[8]), spoilt(5, &[16])]
            .iter()
            .all(Option::is_none));
        assert!((0..18).all(|len| spoke(&good[..len]).is_none()));
    }

    #[test]
    fn a_million_spoiled_packets_show_nobody_who_is_not_in_them() {
        let packets: Vec<_> = corpus().iter().map(|(packet, _)| unhex(packet)).collect();
        spoiled(&packets, 1, |packet| {
            let shown = spoke(packet);
            if let Some((address, mac)) = shown {
                assert_eq!(packet[..6], ETHERNET_IPV4);
                assert_eq!((&packet[8..14], &packet[14..18]), (&mac.0[..], &address.octets()[..]));
                assert!(mac.is_device() && !address.is_unspecified());
            }
            shown.is_some()
        });
    }

    #[test]
    fn the_checksums_of_a_packet_add_up() {
        let from = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 1), 67);
        let to = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 9), 68);
        for len in [0, 1, 2, 299, 300] {
            let packet = ipv4_udp(from, to, &vec![0xa5; len]);
            assert_eq!(checksum(sum(&packet[..20])), 0, "header, {len} bytes");
            let pseudo = sum(&packet[12..20]) + 17 + (packet.len() as u32 - 20);
            assert_eq!(checksum(pseudo + sum(&packet[20..])), 0, "datagram, {len} bytes");
            assert_eq!(packet.len(), 28 + len);
        }
    }
}
