//! What goes in through the doors and comes out again.

use crate::names::{InterfaceNo, RecordNo, Side};
use crate::note::Note;
use crate::state::Event;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::{Ipv4Addr, SocketAddrV4};
use wire::Mac;

/// Where a datagram came from, stamped by the socket that received it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Arrival {
    /// Which side of the box.
    pub side: Side,
    /// Which port of the board.
    pub interface: InterfaceNo,
    /// Who sent it, by its own word.
    pub from: SocketAddrV4,
    /// What the kernel's neighbour table says about the sender.
    pub neighbour: Neighbour,
}

/// What is known of the hardware behind an on-link address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Neighbour {
    /// Nobody knows, or the address is not on-link.
    Unknown,
    /// ARP found this device.
    Is(Mac),
}

/// The socket a datagram came through or leaves by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Line {
    /// The DHCP server's port.
    Dhcp,
    /// The TFTP server's port; only requests come through it, nothing leaves by it.
    Tftp,
    /// The port of one TFTP transfer (RFC 1350 section 4: a transfer has its own).
    Transfer(TransferNo),
    /// The SIP port, UDP.
    Sip,
    /// The SIP port, joined to the multicast group 224.0.1.75.
    SipMulticast,
    /// The port of multicast DNS, joined to the group 224.0.0.251.
    Mdns,
    /// A SIP connection over TCP.
    SipStream(StreamNo),
    /// The port of DHCP clients on the LAN: what servers say to others is heard there, and by it
    /// the box looks for them. It is heard with the hardware address of who sent it.
    DhcpClient,
}

/// A TFTP transfer; the daemon opens a socket for it when the first datagram leaves, and closes it
/// on [`Output::Close`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct TransferNo(pub u32);

/// A file that is kept elsewhere; numbered by the daemon, never twice since its start.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct FileNo(pub u32);

/// A TCP connection; numbered by the daemon.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct StreamNo(pub u32);

/// Where a datagram goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum To {
    /// Everybody on the link, at this port.
    Broadcast(u16),
    /// One device whatever ARP knows: its hardware address, and the address that it is to have or
    /// that it was proven to have.
    Hardware(Mac, SocketAddrV4),
    /// An address.
    Address(SocketAddrV4),
    /// The other end of the connection.
    Peer,
}

/// A datagram on its way out.
pub struct Departure {
    /// By which port of the board.
    pub interface: InterfaceNo,
    /// By which socket.
    pub line: Line,
    /// To whom.
    pub to: To,
    /// What.
    pub bytes: Vec<u8>,
}

/// What the exchange wants done, in this order.
pub enum Output {
    /// This fact is to be put on flash.
    Record(RecordNo, Event),
    /// This is to be sent, once the fact it relies on is on flash.
    Send(Departure, RecordNo),
    /// The socket of a transfer, or a connection, is no longer needed.
    Close(Line),
    /// Does anybody on this port use this address? An answer comes back by
    /// [`crate::Exchange::answered`]; silence is the good news.
    Probe(InterfaceNo, Ipv4Addr),
    /// This is worth telling a human.
    Note(Note),
    /// The daemon is to end and be started anew: once this fact is on flash, and answers that wait
    /// for it have had [`crate::limits::LEAVE_MS`] to leave.
    Restart(RecordNo),
    /// A transfer needs so many bytes of a file that is kept elsewhere, or what there is of them,
    /// from an offset on; they come back by [`crate::Exchange::piece`].
    Read(TransferNo, FileNo, u32, usize),
}

/// How a question came over HTTP, and what came with it to prove by whom it is asked.
#[derive(Clone, Copy, Default)]
pub struct Way<'a> {
    /// Whether it came over TLS.
    pub tls: bool,
    /// User and password by the Basic scheme (RFC 7617); hostile.
    pub credentials: Option<(&'a str, &'a str)>,
    /// The hardware address in the certificate that the asker has shown to hold, where an installed
    /// authority has signed it.
    pub certified: Option<Mac>,
}

/// A question for a file over HTTP.
pub struct Fetch<'a> {
    /// Who asks, and whence.
    pub arrival: Arrival,
    /// Path as asked, without the leading slash, percent-decoded once; a query behind a `?`.
    pub name: &'a str,
    /// The User-Agent header, empty where there is none.
    pub user_agent: &'a [u8],
    /// What it wants to store, instead of getting a file.
    pub upload: Option<Upload<'a>>,
    /// How it came.
    pub way: Way<'a>,
}

/// What a phone wants to store.
pub struct Upload<'a> {
    /// Its end, of at most [`crate::limits::LOG_BYTES_MAX`] bytes.
    pub end: &'a [u8],
    /// How many bytes it has as a whole; as many as there can be where it did not come whole.
    pub bytes: u64,
}

/// The answer to a [`Fetch`], to be handed over once `after` is on flash.
pub struct Fetched {
    /// What to answer.
    pub answer: Answer,
    /// The last fact the answer relies on.
    pub after: RecordNo,
}

/// What becomes of a question for a file.
pub enum Answer {
    /// The file.
    File {
        /// Its bytes.
        bytes: Vec<u8>,
        /// Its type for HTTP.
        content_type: &'static str,
    },
    /// A file that is kept elsewhere, to be sent piece by piece.
    Kept {
        /// Which one.
        file: FileNo,
        /// Its size in bytes.
        bytes: u32,
        /// SHA-256 of its content, by which a copy is known to be the same.
        digest: [u8; 32],
    },
    /// The phone book, or a page of it; all who ask share one copy.
    Book {
        /// Its bytes.
        bytes: Arc<[u8]>,
        /// Its type for HTTP.
        content_type: &'static str,
    },
    /// There is no such file.
    NotFound,
    /// The asker may not have it; the same for every reason.
    Forbidden,
    /// The asker may not have it; he may show a user and a password by the Basic scheme. The same
    /// for every reason.
    Unauthorized,
    /// What was asked cannot be a file's name.
    BadName,
    /// It cannot be made, or stored, just now.
    Unavailable,
    /// It was stored.
    Stored,
    /// It is larger than what there is room for.
    TooLarge,
}
