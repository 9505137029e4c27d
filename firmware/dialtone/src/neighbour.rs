//! What the kernel's neighbour table says of an address, by one question over netlink (RFC 3549).
//!
//! Asked for one address at a time: a table of a thousand phones is never read whole. An entry that
//! ARP could not confirm counts as unknown.

use nix::sys::socket::{
    bind, recv, send, socket, AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol,
    SockType,
};
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::{AsRawFd, OwnedFd};
use wire::Mac;

const RTM_GETNEIGH: u16 = 30;
const RTM_NEWNEIGH: u16 = 28;
const NLM_F_REQUEST: u16 = 1;
const NDA_DST: u16 = 1;
const NDA_LLADDR: u16 = 2;
const AF_INET: u8 = 2;
/// INCOMPLETE, FAILED, NOARP: states in which the hardware address is not confirmed.
const NUD_UNCONFIRMED: u16 = 0x01 | 0x20 | 0x40;
/// Header of a netlink message, and of what a neighbour message begins with.
const HEADERS_BYTES: usize = 16 + 12;

/// A socket for questions to the neighbour table.
pub(crate) struct Neighbours {
    fd: OwnedFd,
    asked: u32,
}

impl Neighbours {
    pub(crate) fn open() -> io::Result<Neighbours> {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let route = SockProtocol::NetlinkRoute;
        let fd = socket(AddressFamily::Netlink, SockType::Raw, flags, route)?;
        bind(fd.as_raw_fd(), &NetlinkAddr::new(0, 0))?;
        Ok(Neighbours { fd, asked: 0 })
    }

    /// The device behind an address of the port with this index; `None` where ARP does not know.
    pub(crate) fn find(&mut self, index: u32, address: Ipv4Addr) -> Option<Mac> {
        self.asked = self.asked.wrapping_add(1);
        send(self.fd.as_raw_fd(), &question(self.asked, index, address), MsgFlags::empty()).ok()?;
        let mut answer = [0; 512];
        // Answered within the call; anything older in the queue is passed over.
        for _ in 0..8 {
            let len = recv(self.fd.as_raw_fd(), &mut answer, MsgFlags::MSG_DONTWAIT).ok()?;
            let message = answer.get(..len)?;
            if message.get(8..12)? == self.asked.to_ne_bytes() {
                return hardware_address(message);
            }
        }
        None
    }
}

fn question(number: u32, index: u32, address: Ipv4Addr) -> Vec<u8> {
    let mut message = Vec::with_capacity(HEADERS_BYTES + 8);
    message.extend_from_slice(&((HEADERS_BYTES + 8) as u32).to_ne_bytes());
    message.extend_from_slice(&RTM_GETNEIGH.to_ne_bytes());
    message.extend_from_slice(&NLM_F_REQUEST.to_ne_bytes());
    message.extend_from_slice(&number.to_ne_bytes());
    message.extend_from_slice(&[0; 4]);
    message.extend_from_slice(&[AF_INET, 0, 0, 0]);
    message.extend_from_slice(&index.to_ne_bytes());
    message.extend_from_slice(&[0; 4]);
    message.extend_from_slice(&8u16.to_ne_bytes());
    message.extend_from_slice(&NDA_DST.to_ne_bytes());
    message.extend_from_slice(&address.octets());
    message
}

fn hardware_address(message: &[u8]) -> Option<Mac> {
    let word = |at: usize| Some(u16::from_ne_bytes(message.get(at..at + 2)?.try_into().ok()?));
    if word(4)? != RTM_NEWNEIGH || word(24)? & NUD_UNCONFIRMED != 0 {
        return None;
    }
    let mut rest = message.get(HEADERS_BYTES..)?;
    while rest.len() >= 4 {
        let len = usize::from(u16::from_ne_bytes([rest[0], rest[1]]));
        let kind = u16::from_ne_bytes([rest[2], rest[3]]);
        let value = rest.get(4..len)?;
        if kind == NDA_LLADDR {
            return Some(Mac(value.try_into().ok()?));
        }
        // Attributes are aligned to four bytes.
        rest = rest.get((len + 3) & !3..).unwrap_or_default();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loopback_has_no_neighbours_and_asking_is_harmless() {
        let mut neighbours = Neighbours::open().unwrap();
        assert_eq!(neighbours.find(1, Ipv4Addr::new(127, 0, 0, 2)), None);
        assert_eq!(neighbours.find(9_999, Ipv4Addr::new(10, 0, 0, 2)), None);
    }

    #[test]
    fn a_confirmed_entry_gives_its_hardware_address_and_a_failed_one_does_not() {
        let mut message = vec![0; HEADERS_BYTES];
        message[4..6].copy_from_slice(&RTM_NEWNEIGH.to_ne_bytes());
        message[24..26].copy_from_slice(&0x02u16.to_ne_bytes());
        message
            .extend_from_slice(&[8, 0, 1, 0, 10, 0, 0, 2, 10, 0, 2, 0, 2, 4, 6, 8, 10, 12, 0, 0]);
        assert_eq!(hardware_address(&message), Some(Mac([2, 4, 6, 8, 10, 12])));
        message[24] = 0x20;
        assert_eq!(hardware_address(&message), None);
        message.truncate(30);
        message[24] = 2;
        assert_eq!(hardware_address(&message), None);
    }
}
