//! A box that knows nothing: it answers every phone with bytes made in advance, and so shows how
//! fast the phones, the kernel and the cable are by themselves.
//!
//! It uses the same kinds of sockets as the daemon. An address follows from the hardware address; a
//! file is the same for all; a first REGISTER is challenged and any second one is welcome.

use super::{BOX_ADDRESS, BOX_DEVICE, MAC_PREFIX, POOL_FIRST};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::socket::{
    accept4, bind, listen, recvfrom, sendto, setsockopt, socket, sockopt, AddressFamily, Backlog,
    MsgFlags, SockFlag, SockType, SockaddrIn,
};
use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

const EARS_BYTES: usize = 8 * 1024 * 1024;
const WAITING_MAX: i32 = 4_096;
const DHCP: u64 = 1;
const SIP: u64 = 2;
const WEB: u64 = 3;

struct Responder {
    epoll: Epoll,
    dhcp: OwnedFd,
    sip: OwnedFd,
    web: OwnedFd,
    guests: BTreeMap<u64, OwnedFd>,
    file: Vec<u8>,
    room: Vec<u8>,
}

/// Answers until the process is ended.
pub(crate) fn respond(file_bytes: usize) -> io::Result<()> {
    let mut responder = Responder {
        epoll: Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?,
        dhcp: udp(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 67))?,
        sip: udp(SocketAddrV4::new(BOX_ADDRESS, 5060))?,
        web: web()?,
        guests: BTreeMap::new(),
        file: file(file_bytes),
        room: vec![0; 65_536],
    };
    let Responder { epoll, dhcp, sip, web, .. } = &responder;
    for (fd, key) in [(dhcp, DHCP), (sip, SIP), (web, WEB)] {
        epoll.add(fd, EpollEvent::new(EpollFlags::EPOLLIN, key))?;
    }
    println!("ready");
    let mut events = [EpollEvent::empty(); 256];
    loop {
        let ready = responder.epoll.wait(&mut events, EpollTimeout::NONE).unwrap_or(0);
        for event in events.iter().take(ready) {
            match event.data() {
                DHCP => responder.answer_dhcp(),
                SIP => responder.answer_sip(),
                WEB => responder.accept(),
                guest => responder.serve(guest),
            }
        }
    }
}

impl Responder {
    fn answer_dhcp(&mut self) {
        while let Ok((len, _)) = recvfrom::<SockaddrIn>(self.dhcp.as_raw_fd(), &mut self.room) {
            let reply = self.room.get(..len).and_then(dhcp_reply);
            let everybody = SockaddrIn::from(SocketAddrV4::new(Ipv4Addr::BROADCAST, 68));
            let reply = reply.unwrap_or_default();
            let _ = sendto(self.dhcp.as_raw_fd(), &reply, &everybody, MsgFlags::empty());
        }
    }

    fn answer_sip(&mut self) {
        loop {
            let Ok((len, Some(from))) =
                recvfrom::<SockaddrIn>(self.sip.as_raw_fd(), &mut self.room)
            else {
                return;
            };
            let asked = self.room.get(..len).unwrap_or_default();
            let answered = asked.windows(15).any(|word| word == b"\r\nAuthorization");
            let answer = if answered { WELCOME } else { CHALLENGE };
            let _ = sendto(self.sip.as_raw_fd(), answer, &from, MsgFlags::empty());
        }
    }

    fn accept(&mut self) {
        let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
        while let Ok(fd) = accept4(self.web.as_raw_fd(), flags) {
            let guest = owned(fd);
            let key = 16 + fd as u64;
            let event = EpollEvent::new(EpollFlags::EPOLLIN, key);
            if self.epoll.add(&guest, event).is_ok() {
                self.guests.insert(key, guest);
            }
        }
    }

    fn serve(&mut self, key: u64) {
        let Some(guest) = self.guests.remove(&key) else { return };
        if nix::unistd::read(&guest, &mut self.room).is_ok_and(|len| len > 0) {
            let _ = nix::unistd::write(&guest, &self.file);
        }
    }
}

/// Takes a descriptor that the kernel has just made.
#[allow(unsafe_code, reason = "nix gives an accepted connection as a bare number")]
fn owned(fd: i32) -> OwnedFd {
    // SAFETY: the descriptor is open, fresh from accept4, and nobody else has it.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

fn udp(at: SocketAddrV4) -> io::Result<OwnedFd> {
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    let fd = socket(AddressFamily::Inet, SockType::Datagram, flags, None)?;
    setsockopt(&fd, sockopt::RcvBufForce, &EARS_BYTES)?;
    setsockopt(&fd, sockopt::Broadcast, &true)?;
    setsockopt(&fd, sockopt::BindToDevice, &BOX_DEVICE.into())?;
    bind(fd.as_raw_fd(), &SockaddrIn::from(at))?;
    Ok(fd)
}

fn web() -> io::Result<OwnedFd> {
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    let fd = socket(AddressFamily::Inet, SockType::Stream, flags, None)?;
    bind(fd.as_raw_fd(), &SockaddrIn::from(SocketAddrV4::new(BOX_ADDRESS, 80)))?;
    listen(&fd, Backlog::new(WAITING_MAX)?)?;
    Ok(fd)
}

/// The same answer as to anybody, with this phone's address in it.
fn dhcp_reply(request: &[u8]) -> Option<Vec<u8>> {
    let mac = request.get(28..34)?;
    let kind = match request.get(242)? {
        1 => 2,
        _request => 5,
    };
    if mac.get(..3)? != MAC_PREFIX {
        return None;
    }
    let index = u16::from_be_bytes(mac.get(4..)?.try_into().ok()?);
    let address = Ipv4Addr::from(u32::from(POOL_FIRST) + u32::from(index));
    let mut reply = vec![0; 240];
    reply.get_mut(..8)?.copy_from_slice(request.get(..8)?);
    *reply.first_mut()? = 2;
    reply.get_mut(16..20)?.copy_from_slice(&address.octets());
    reply.get_mut(28..44)?.copy_from_slice(request.get(28..44)?);
    reply.get_mut(236..240)?.copy_from_slice(&[99, 130, 83, 99]);
    let folder = format!("http://{BOX_ADDRESS}/prov/");
    reply.extend_from_slice(&[53, 1, kind, 54, 4]);
    reply.extend_from_slice(&BOX_ADDRESS.octets());
    reply.extend_from_slice(&[1, 4, 255, 255, 240, 0, 51, 4, 0, 9, 58, 128, 66]);
    reply.push(folder.len() as u8);
    reply.extend_from_slice(folder.as_bytes());
    reply.push(255);
    reply.resize(reply.len().max(300), 0);
    Some(reply)
}

const CHALLENGE: &[u8] =
    b"SIP/2.0 401 Unauthorized\r\nCSeq: 1 REGISTER\r\nWWW-Authenticate: Digest \
    realm=\"dialtone\", nonce=\"0123456789abcdef0123456789abcdef\", qop=\"auth\", algorithm=MD5\r\n\
    Content-Length: 0\r\n\r\n";
const WELCOME: &[u8] = b"SIP/2.0 200 OK\r\nCSeq: 2 REGISTER\r\nContent-Length: 0\r\n\r\n";

/// An answer with a body of so many bytes.
fn file(bytes: usize) -> Vec<u8> {
    let body = body(bytes);
    let len = body.len();
    format!("HTTP/1.1 200 OK\r\nContent-Length: {len}\r\nConnection: close\r\n\r\n{body}").into()
}

/// A file of so many bytes with an account, the same for every phone.
pub(crate) fn body(bytes: usize) -> String {
    let mut body = format!(
        "account.1.user_name = a\naccount.1.auth_name = a\naccount.1.password = s\n\
         account.1.sip_server.1.address = {BOX_ADDRESS}\naccount.1.sip_server.1.port = 5060\n"
    );
    while body.len() < bytes {
        body.push_str("# nothing of interest to anybody, of the length of a usual line\n");
    }
    body.truncate(bytes);
    body
}
