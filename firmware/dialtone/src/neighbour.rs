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

/// The confirmed hardware address in an answer of the kernel; `None` where it has none, was never
/// confirmed, or the answer is an error or no answer at all.
fn hardware_address(message: &[u8]) -> Option<Mac> {
    let word = |at: usize| Some(u16::from_ne_bytes(message.get(at..at + 2)?.try_into().ok()?));
    if word(4)? != RTM_NEWNEIGH || word(24)? & NUD_UNCONFIRMED != 0 {
        return None;
    }
    let mut rest = message.get(HEADERS_BYTES..)?;
    while let [len_low, len_high, kind_low, kind_high, ..] = *rest {
        let len = usize::from(u16::from_ne_bytes([len_low, len_high]));
        let kind = u16::from_ne_bytes([kind_low, kind_high]);
        // A length below that of its own heading would never end.
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
    use crate::mutation::{spoiled, unhex};

    #[test]
    fn the_loopback_has_no_neighbours_and_asking_is_harmless() {
        let mut neighbours = Neighbours::open().unwrap();
        assert_eq!(neighbours.find(1, Ipv4Addr::new(127, 0, 0, 2)), None);
        assert_eq!(neighbours.find(9_999, Ipv4Addr::new(10, 0, 0, 2)), None);
    }

    /// What a Linux kernel answered on a little-endian machine, and the last byte of the hardware
    /// address in it, where that is confirmed: an entry that is reachable, permanent, without ARP,
    /// stale, failed, and none.
    const ANSWERS: [(&str, Option<u8>); 6] = [
        (
            "4c0000001c00000001000000f7780000020000000200000002000001080001000a0900020a000200\
             02000000000200000800040001000000140003006a0000006a0000006a00000002000000",
            Some(2),
        ),
        (
            "4c0000001c00000002000000f7780000020000000200000080000001080001000a0900050a000200\
             02000000000500000800040000000000140003009e0100009e0100009e01000001000000",
            Some(5),
        ),
        (
            "4c0000001c00000003000000f7780000020000000200000040000001080001000a0900060a000200\
             02000000000600000800040000000000140003009e0100009e0100009e01000001000000",
            None,
        ),
        (
            "4c0000001c00000004000000f7780000020000000200000004000001080001000a0900070a000200\
             02000000000700000800040000000000140003000e1900009e0100009e01000001000000",
            Some(7),
        ),
        (
            "400000001c00000005000000f7780000020000000200000020000001080001000a09006308000400\
             06000000140003000f1900009f0100006d00000001000000",
            None,
        ),
        (
            "380000000200000006000000f7780000feffffff240000001e000100060000000000000002000000\
             0200000000000000080001000a09007b",
            None,
        ),
    ];

    #[test]
    fn a_confirmed_entry_gives_its_hardware_address_and_no_other_answer_gives_any() {
        for (answer, last) in ANSWERS {
            let wanted = last.map(|last| Mac([2, 0, 0, 0, 0, last]));
            assert_eq!(hardware_address(&unhex(answer)), wanted, "{answer}");
        }
    }

    #[test]
    fn an_answer_that_is_cut_short_or_lies_about_its_lengths_gives_nothing() {
        let good = unhex(ANSWERS[0].0);
        let whole = HEADERS_BYTES + 8 + 10;
        assert!((0..whole).all(|len| hardware_address(&good[..len]).is_none()));
        assert!(hardware_address(&good[..whole]).is_some());
        for len in [0, 1, 3, 9, 11, 200] {
            let mut answer = good.clone();
            answer[HEADERS_BYTES + 8] = len;
            assert_eq!(hardware_address(&answer), None, "{len}");
        }
    }

    #[test]
    fn a_million_spoiled_answers_give_no_address_that_is_not_in_them() {
        let answers: Vec<_> = ANSWERS.iter().map(|(answer, _)| unhex(answer)).collect();
        spoiled(&answers, 2, |answer| {
            let found = hardware_address(answer);
            if let Some(mac) = found {
                assert!(answer[HEADERS_BYTES..].windows(6).any(|bytes| *bytes == mac.0));
                assert_eq!(answer[4..6], RTM_NEWNEIGH.to_ne_bytes());
                assert_eq!(answer[24] & 0x61, 0);
            }
            found.is_some()
        });
    }
}
