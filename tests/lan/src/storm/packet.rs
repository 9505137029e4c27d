//! The phones' end of the cable: one packet socket (packet(7)) that sends and hears many frames
//! with one system call.
//!
//! The `unsafe` of the generator is here: `nix` has no safe constructor for the address of a packet
//! socket, and its form of `sendmmsg` and `recvmmsg` allocates for each call.
#![allow(unsafe_code, reason = "packet sockets, sendmmsg and recvmmsg without allocation")]

use super::frame::Batch;
use nix::libc;
use nix::poll::{poll, PollFd, PollFlags, PollTimeout};
use nix::sys::socket::{setsockopt, socket, sockopt, AddressFamily, SockFlag, SockType};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::ptr::null_mut;

/// Frames of one system call.
const BATCH: usize = 64;
/// A frame may be as large as an IPv4 packet: the kernel does not cut a segment up on a veth pair.
const FRAME_BYTES: usize = 66_000;
const RECEIVE_BUFFER_BYTES: usize = 256 * 1024 * 1024;

/// A packet socket on the device of an index.
pub(crate) struct Wire {
    fd: OwnedFd,
    room: Vec<u8>,
}

impl Wire {
    /// Opens the socket in the namespace of the calling thread. Needs `CAP_NET_RAW`.
    pub(crate) fn open(index: u32) -> io::Result<Wire> {
        let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
        let fd = socket(AddressFamily::Packet, SockType::Raw, flags, None)?;
        setsockopt(&fd, sockopt::RcvBufForce, &RECEIVE_BUFFER_BYTES)?;
        setsockopt(&fd, sockopt::SndBufForce, &RECEIVE_BUFFER_BYTES)?;
        let on: libc::c_int = 1;
        // SAFETY: the option's value is a whole int and its size is given.
        let ignoring = unsafe {
            libc::setsockopt(
                fd.as_raw_fd(),
                libc::SOL_PACKET,
                libc::PACKET_IGNORE_OUTGOING,
                std::ptr::from_ref(&on).cast(),
                size_of::<libc::c_int>() as libc::socklen_t,
            )
        };
        let address = libc::sockaddr_ll {
            sll_family: libc::AF_PACKET as u16,
            sll_protocol: (libc::ETH_P_ALL as u16).to_be(),
            sll_ifindex: index as i32,
            sll_hatype: 0,
            sll_pkttype: 0,
            sll_halen: 0,
            sll_addr: [0; 8],
        };
        // SAFETY: `address` is a whole sockaddr_ll and its size is given.
        let bound = unsafe {
            libc::bind(
                fd.as_raw_fd(),
                std::ptr::from_ref(&address).cast(),
                size_of::<libc::sockaddr_ll>() as libc::socklen_t,
            )
        };
        if ignoring < 0 || bound < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(Wire { fd, room: vec![0; BATCH * FRAME_BYTES] })
    }

    /// Waits until a frame was heard, for so many milliseconds at most.
    pub(crate) fn wait(&self, at_most_ms: u16) {
        let mut fds = [PollFd::new(self.fd.as_fd(), PollFlags::POLLIN)];
        // Interrupted or timed out, the caller looks at the clock in any case.
        let _ = poll(&mut fds, PollTimeout::from(at_most_ms));
    }

    /// Hands over the frames that wait, up to a batch of them; says how many there were.
    pub(crate) fn hear(&mut self, hear: &mut dyn FnMut(&[u8])) -> usize {
        let mut slices: [libc::iovec; BATCH] = std::array::from_fn(|place| libc::iovec {
            iov_base: self.room.as_mut_ptr().wrapping_add(place * FRAME_BYTES).cast(),
            iov_len: FRAME_BYTES,
        });
        let base = slices.as_mut_ptr();
        let mut headers: [libc::mmsghdr; BATCH] =
            std::array::from_fn(|place| header(base.wrapping_add(place)));
        // SAFETY: each header points to one slice of `room`, which outlives the call; none overlap.
        let heard = unsafe {
            libc::recvmmsg(
                self.fd.as_raw_fd(),
                headers.as_mut_ptr(),
                BATCH as libc::c_uint,
                libc::MSG_DONTWAIT as _,
                null_mut(),
            )
        };
        let heard = usize::try_from(heard).unwrap_or(0);
        for (place, header) in headers.iter().take(heard).enumerate() {
            let start = place * FRAME_BYTES;
            hear(self.room.get(start..start + header.msg_len as usize).unwrap_or_default());
        }
        heard
    }

    /// Sends all frames of a batch and forgets them; one that cannot leave is lost.
    pub(crate) fn send(&self, batch: &mut Batch) -> io::Result<()> {
        let mut slices: Vec<libc::iovec> = batch
            .frames()
            .map(|frame| libc::iovec {
                iov_base: frame.as_ptr().cast_mut().cast(),
                iov_len: frame.len(),
            })
            .collect();
        let mut headers: Vec<libc::mmsghdr> =
            slices.iter_mut().map(|slice| header(std::ptr::from_mut(slice))).collect();
        let mut sent = 0;
        while let Some(rest) = headers.get_mut(sent..).filter(|rest| !rest.is_empty()) {
            // SAFETY: each header points to one slice, each slice to a frame of `batch`; all
            // outlive the call, which reads only.
            let more = unsafe {
                libc::sendmmsg(
                    self.fd.as_raw_fd(),
                    rest.as_mut_ptr(),
                    rest.len() as libc::c_uint,
                    0,
                )
            };
            match usize::try_from(more) {
                Ok(more) => sent += more,
                Err(_) => {
                    let error = io::Error::last_os_error();
                    if error.kind() != io::ErrorKind::WouldBlock {
                        return Err(error);
                    }
                    std::thread::yield_now();
                }
            }
        }
        batch.clear();
        Ok(())
    }
}

fn header(slice: *mut libc::iovec) -> libc::mmsghdr {
    // SAFETY: all zeros is a valid mmsghdr: no address, no control part.
    let mut header: libc::mmsghdr = unsafe { std::mem::zeroed() };
    header.msg_hdr.msg_iov = slice;
    header.msg_hdr.msg_iovlen = 1;
    header
}
