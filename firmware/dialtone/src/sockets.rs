//! The UDP sockets: one of each kind for each network port, bound to it, so that what is heard is
//! stamped with the side it came from and what is said leaves by the right one.
//!
//! All of them sit in one epoll set of their own, and the runtime watches only that. Whatever waits
//! is read before anything is answered: a storm is lost in a full receive buffer, not in work.

use crate::call::Origin;
use crate::config::{Device, Port};
use crate::raw::{self, Ear, RawPort, Said, Spoke};
use exchange::limits::{
    DATAGRAMS_A_TURN_MAX, DATAGRAM_BYTES_MAX, RECEIVE_BUFFER_BYTES, ROUNDS_A_TURN_MAX,
};
use exchange::names::{InterfaceNo, Side};
use exchange::sorted::SortedMap;
use exchange::{Departure, Line, To, TransferNo};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::socket::{
    bind, getsockname, recvfrom, sendto, setsockopt, socket, sockopt, AddressFamily,
    IpMembershipRequest, MsgFlags, SockFlag, SockType, SockaddrIn,
};
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use tokio::io::unix::AsyncFd;
use tokio::net::{TcpListener, TcpSocket};
use wire::{mdns, Mac};

/// Where phones ask who configures them.
const PNP_GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 1, 75);

/// All datagram sockets.
pub(crate) struct Sockets {
    epoll: Epoll,
    /// The same epoll set, for the runtime to watch.
    wakes: AsyncFd<OwnedFd>,
    open: SortedMap<u64, Socket>,
    transfers: SortedMap<TransferNo, u64>,
    by_line: SortedMap<(InterfaceNo, Line), u64>,
    raw: SortedMap<InterfaceNo, RawPort>,
    ears: SortedMap<InterfaceNo, Ear>,
    ports: Vec<Port>,
    next: u64,
    /// Whether a socket was left before it was empty.
    unread: bool,
    buffer: Vec<u8>,
}

struct Socket {
    fd: OwnedFd,
    interface: InterfaceNo,
    line: Line,
}

/// What was heard.
pub(crate) enum Heard<'a> {
    /// A datagram.
    Datagram(Origin, Line, &'a [u8]),
    /// Somebody spoke ARP.
    Arp { address: Ipv4Addr, mac: Mac },
    /// A DHCP server said something to a client.
    Server(Origin, Mac, &'a [u8]),
}

impl Sockets {
    /// Opens what the ports call for.
    pub(crate) fn open(ports: Vec<Port>) -> io::Result<Sockets> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let mut sockets = Sockets {
            wakes: raw::wakes(epoll.0.try_clone()?)?,
            epoll,
            open: SortedMap::new(),
            transfers: SortedMap::new(),
            by_line: SortedMap::new(),
            raw: SortedMap::new(),
            ears: SortedMap::new(),
            ports: Vec::new(),
            next: 0,
            unread: false,
            buffer: vec![0; DATAGRAM_BYTES_MAX],
        };
        for (place, port) in ports.iter().enumerate() {
            sockets.open_port(InterfaceNo(place as u8), port).map_err(|error| {
                io::Error::new(error.kind(), format!("on {}: {error}", port.name()))
            })?;
        }
        sockets.ports = ports;
        Ok(sockets)
    }

    fn open_port(&mut self, interface: InterfaceNo, port: &Port) -> io::Result<()> {
        let at = |number: u16| SocketAddrV4::new(port.address, number);
        let sip = udp(port, at(port.sip_port))?;
        self.add(interface, Line::Sip, sip)?;
        if port.side == Side::Wan {
            return Ok(());
        }
        if let Some(device) = &port.device {
            let everywhere = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port.dhcp_port);
            let dhcp = udp(port, everywhere)?;
            setsockopt(&dhcp, sockopt::Broadcast, &true)?;
            self.add(interface, Line::Dhcp, dhcp)?;
            let raw = RawPort::open(device.index, device.mac)?;
            self.watch(raw.fd(), u64::from(interface.0) | RAW_MARK)?;
            self.raw.insert(interface, raw);
            match Ear::open(device.index) {
                Ok(ear) => {
                    self.watch(ear.fd(), u64::from(interface.0) | EAR_MARK)?;
                    self.ears.insert(interface, ear);
                }
                // On a kernel without filters of packets.
                Err(error) => {
                    log::warn!("no look for other DHCP servers on {}: {error}", port.name());
                }
            }
        } else {
            let dhcp = udp(port, at(port.dhcp_port))?;
            self.add(interface, Line::Dhcp, dhcp)?;
        }
        let tftp = udp(port, at(port.tftp_port))?;
        self.add(interface, Line::Tftp, tftp)?;
        let pnp = udp(port, SocketAddrV4::new(PNP_GROUP, port.sip_port))?;
        let membership = IpMembershipRequest::new(PNP_GROUP, Some(port.address));
        setsockopt(&pnp, sockopt::IpAddMembership, &membership)?;
        self.add(interface, Line::SipMulticast, pnp)?;
        if port.device.is_some() {
            match mdns_socket(port) {
                Ok(mdns) => self.add(interface, Line::Mdns, mdns)?,
                // On a computer with a responder of its own that shares with nobody.
                Err(error) => log::warn!("no name by multicast DNS on {}: {error}", port.name()),
            }
        }
        Ok(())
    }

    fn add(&mut self, interface: InterfaceNo, line: Line, fd: OwnedFd) -> io::Result<()> {
        self.next += 1;
        let key = self.next;
        self.watch(&fd, key)?;
        match line {
            Line::Transfer(no) => {
                self.transfers.insert(no, key);
            }
            Line::Dhcp
            | Line::Tftp
            | Line::Sip
            | Line::SipMulticast
            | Line::SipStream(_)
            | Line::Mdns
            | Line::DhcpClient => {
                self.by_line.insert((interface, line), key);
            }
        }
        self.open.insert(key, Socket { fd, interface, line });
        Ok(())
    }

    fn watch(&self, fd: impl AsFd, key: u64) -> io::Result<()> {
        let event = EpollEvent::new(EpollFlags::EPOLLIN, key);
        Ok(self.epoll.add(fd, event)?)
    }

    /// Waits until something was heard.
    pub(crate) async fn heard(&self) -> io::Result<()> {
        // What was left when a socket's turn was over does not wake anybody again.
        if self.unread {
            return Ok(());
        }
        self.wakes.readable().await.map(|mut ready| ready.clear_ready())
    }

    /// Hands over all that waits.
    pub(crate) fn drain(&mut self, hear: &mut dyn FnMut(Heard<'_>)) {
        let mut events = [EpollEvent::empty(); 64];
        self.unread = false;
        for _ in 0..ROUNDS_A_TURN_MAX {
            let ready = self.epoll.wait(&mut events, EpollTimeout::ZERO).unwrap_or(0);
            for event in events.iter().take(ready) {
                self.unread |= !self.drain_one(event.data(), hear);
            }
            if ready < events.len() {
                return;
            }
        }
        self.unread = true;
    }

    /// Reads one socket until it is empty or its turn is over; `false` in the second case.
    fn drain_one(&mut self, key: u64, hear: &mut dyn FnMut(Heard<'_>)) -> bool {
        if key & RAW_MARK != 0 {
            let raw = self.raw.get(&InterfaceNo((key & 0xff) as u8));
            let spoken = |_| raw.and_then(RawPort::hear);
            let mut heard = 0;
            for told in (0..DATAGRAMS_A_TURN_MAX).map_while(spoken) {
                heard += 1;
                if let Some(Spoke { address, mac }) = told {
                    hear(Heard::Arp { address, mac });
                }
            }
            return heard < DATAGRAMS_A_TURN_MAX;
        }
        if key & EAR_MARK != 0 {
            return self.overhear(InterfaceNo((key & 0xff) as u8), hear);
        }
        let Some(socket) = self.open.get(&key) else { return true };
        let Some(port) = self.ports.get(usize::from(socket.interface.0)) else { return true };
        for _ in 0..DATAGRAMS_A_TURN_MAX {
            let received = recvfrom::<SockaddrIn>(socket.fd.as_raw_fd(), &mut self.buffer);
            let (len, from) = match received {
                Ok((len, Some(from))) => (len, SocketAddrV4::from(from)),
                // An ICMP error of an earlier answer; the next datagram may be behind it.
                Ok((_, None)) | Err(nix::Error::ECONNREFUSED | nix::Error::EINTR) => continue,
                Err(_nothing_waits) => return true,
            };
            let bytes = self.buffer.get(..len).unwrap_or_default();
            let origin = Origin { interface: socket.interface, side: port.side, from };
            hear(Heard::Datagram(origin, socket.line, bytes));
        }
        false
    }

    /// Reads what servers say on a port until nothing waits or its turn is over.
    fn overhear(&mut self, interface: InterfaceNo, hear: &mut dyn FnMut(Heard<'_>)) -> bool {
        let Some(ear) = self.ears.get_mut(&interface) else { return true };
        for _ in 0..DATAGRAMS_A_TURN_MAX {
            match ear.hear() {
                Some(Some(Said { mac, from, bytes })) => {
                    hear(Heard::Server(Origin { interface, side: Side::Lan, from }, mac, bytes));
                }
                Some(None) => (),
                None => return true,
            }
        }
        false
    }

    /// The LAN ports by which other DHCP servers can be looked for, with their hardware addresses.
    pub(crate) fn ears(&self) -> Vec<(InterfaceNo, Mac)> {
        let mac = |no: &InterfaceNo| self.ports.get(usize::from(no.0))?.device.as_ref();
        self.ears.keys().filter_map(|no| Some((*no, mac(no)?.mac))).collect()
    }

    /// Sends a datagram; one that cannot leave is lost, as on any network.
    pub(crate) fn send(&mut self, departure: &Departure) -> io::Result<()> {
        let Departure { interface, line, to, bytes } = departure;
        if *line == Line::DhcpClient {
            return self.raw.get(interface).map_or(Ok(()), |raw| raw.ask_servers(bytes));
        }
        if let Line::Transfer(no) = line {
            if !self.transfers.contains_key(no) {
                let Some(port) = self.ports.get(usize::from(interface.0)) else { return Ok(()) };
                let fd = udp(port, SocketAddrV4::new(port.address, 0))?;
                self.add(*interface, *line, fd)?;
            }
        }
        let key = match line {
            Line::Transfer(no) => self.transfers.get(no),
            Line::Dhcp
            | Line::Tftp
            | Line::Sip
            | Line::SipMulticast
            | Line::SipStream(_)
            | Line::Mdns
            | Line::DhcpClient => self.by_line.get(&(*interface, *line)),
        };
        let socket = key.and_then(|key| self.open.get(key));
        let (Some(socket), Some(port)) = (socket, self.ports.get(usize::from(interface.0))) else {
            return Ok(());
        };
        let raw = self.raw.get(interface);
        let address = match (*to, raw, port.client) {
            (To::Peer, ..) => return Ok(()),
            // A demonstration's phones share one socket for DHCP, whatever address they will have.
            (To::Address(_) | To::Broadcast(_) | To::Hardware(..), _, Some(client))
                if *line == Line::Dhcp =>
            {
                client
            }
            (To::Hardware(mac, to), Some(raw), None) => {
                let number = match line {
                    Line::Dhcp => port.dhcp_port,
                    // The socket of a transfer has no other number than the kernel's.
                    Line::Tftp
                    | Line::Transfer(_)
                    | Line::Sip
                    | Line::SipMulticast
                    | Line::SipStream(_)
                    | Line::Mdns
                    | Line::DhcpClient => getsockname::<SockaddrIn>(socket.fd.as_raw_fd())?.port(),
                };
                return raw.send_udp(SocketAddrV4::new(port.address, number), mac, to, bytes);
            }
            (To::Broadcast(number), ..) => SocketAddrV4::new(Ipv4Addr::BROADCAST, number),
            (To::Hardware(_, to), ..) | (To::Address(to), ..) => to,
        };
        sendto(socket.fd.as_raw_fd(), bytes, &SockaddrIn::from(address), MsgFlags::MSG_DONTWAIT)?;
        Ok(())
    }

    /// Closes the socket of a transfer.
    pub(crate) fn close(&mut self, no: TransferNo) {
        if let Some(socket) = self.transfers.remove(&no).and_then(|key| self.open.remove(&key)) {
            // Closing the descriptor takes it out of the set as well; this is for the record.
            let _ = self.epoll.delete(&socket.fd);
        }
    }

    /// How many transfers have a socket.
    #[cfg(test)]
    pub(crate) fn transfers(&self) -> usize {
        self.transfers.len()
    }

    /// Asks a port's link who uses an address.
    pub(crate) fn probe(&self, interface: InterfaceNo, address: Ipv4Addr) {
        if let Some(raw) = self.raw.get(&interface) {
            // A probe that cannot leave finds nobody, as on an unplugged port.
            let _ = raw.probe(address);
        }
    }

    /// The kernel's numbers of all ports, in their order.
    pub(crate) fn indices(&self) -> Vec<Option<u32>> {
        let index = |port: &Port| port.device.as_ref().map(|device| device.index);
        self.ports.iter().map(index).collect()
    }

    /// The kernel's number of a port, where it has neighbours.
    pub(crate) fn index(&self, interface: InterfaceNo) -> Option<u32> {
        let port = self.ports.get(usize::from(interface.0))?;
        port.device.as_ref().map(|device| device.index)
    }
}

/// Keys of packet sockets, apart from those of UDP sockets.
const RAW_MARK: u64 = 1 << 63;
/// Keys of those that hear other DHCP servers.
const EAR_MARK: u64 = 1 << 62;

/// A TCP listener at an address, bound to the port's device where it has one: what comes in by
/// another port is not heard, even if it names this address. Needs a runtime to be entered.
pub(crate) fn tcp(
    at: SocketAddrV4,
    device: Option<&Device>,
    backlog: u32,
) -> io::Result<TcpListener> {
    let listen = || {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind_device(device.map(|device| device.name.as_bytes()))?;
        socket.bind(at.into())?;
        socket.listen(backlog)
    };
    listen().map_err(|error| io::Error::new(error.kind(), format!("{at}: {error}")))
}

/// The socket of multicast DNS on a port; what it sends does not come back to it.
fn mdns_socket(port: &Port) -> io::Result<OwnedFd> {
    let fd = unbound(port)?;
    setsockopt(&fd, sockopt::ReuseAddr, &true)?;
    let at = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, mdns::PORT);
    bind(fd.as_raw_fd(), &SockaddrIn::from(at))?;
    let membership = IpMembershipRequest::new(mdns::GROUP, Some(port.address));
    setsockopt(&fd, sockopt::IpAddMembership, &membership)?;
    setsockopt(&fd, sockopt::IpMulticastLoop, &false)?;
    // RFC 6762 section 11: by this a receiver knows that it came from its own link.
    setsockopt(&fd, sockopt::IpMulticastTtl, &255)?;
    setsockopt(&fd, sockopt::Ipv4Ttl, &255)?;
    Ok(fd)
}

/// A UDP socket at an address, bound to the port's device where it has one.
fn udp(port: &Port, at: SocketAddrV4) -> io::Result<OwnedFd> {
    let fd = unbound(port)?;
    let taken =
        |error: nix::Error| io::Error::new(io::Error::from(error).kind(), format!("{at}: {error}"));
    bind(fd.as_raw_fd(), &SockaddrIn::from(at)).map_err(taken)?;
    Ok(fd)
}

/// A datagram socket of a port, with large ears.
fn unbound(port: &Port) -> io::Result<OwnedFd> {
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    let fd = socket(AddressFamily::Inet, SockType::Datagram, flags, None)?;
    if let Some(device) = &port.device {
        setsockopt(&fd, sockopt::BindToDevice, &device.name)?;
    }
    // Beyond the system's limit only with the capability; else as much as is allowed.
    if setsockopt(&fd, sockopt::RcvBufForce, &RECEIVE_BUFFER_BYTES).is_err() {
        let _ = setsockopt(&fd, sockopt::RcvBuf, &RECEIVE_BUFFER_BYTES);
    }
    Ok(fd)
}
