//! What a phone wants done, what it is told, and how it tells its story.
//!
//! [`Output`] is for the driver, [`Step`] and [`Reason`] are for humans and tests, [`Tally`] is for
//! benchmarks. No password ever appears in any of them.

use crate::complaint::Complaint;
use std::collections::VecDeque;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddrV4};

/// The most complaints one phone remembers.
const COMPLAINTS_MAX: usize = 64;

/// Where a DHCP message goes, from port 68 to port 67.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DhcpTo {
    /// To 255.255.255.255, from a client that may have no address yet.
    Broadcast,
    /// Straight to this server, from the phone's own address.
    Server(Ipv4Addr),
}

/// One thing the driver has to do for the phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send this DHCP message.
    Dhcp {
        /// The UDP payload.
        bytes: Vec<u8>,
        /// The destination.
        to: DhcpTo,
    },
    /// Bind this UDP port on the phone's address and hand in what arrives there.
    UdpOpen {
        /// The port on the phone's address.
        local_port: u16,
    },
    /// Release this UDP port.
    UdpClose {
        /// The port on the phone's address.
        local_port: u16,
    },
    /// Send this datagram from an open port.
    Udp {
        /// The port on the phone's address.
        local_port: u16,
        /// The destination.
        to: SocketAddrV4,
        /// The UDP payload.
        bytes: Vec<u8>,
    },
    /// Fetch this file by HTTP/1.1 GET and hand in the answer under the same `id`.
    HttpGet {
        /// The number to give back in [`Input::Http`].
        id: u32,
        /// The server, always by number.
        server: SocketAddrV4,
        /// The request target, beginning with `/`.
        path: String,
        /// The User-Agent header.
        user_agent: String,
    },
    /// A step of the phone's story.
    Log(Step),
    /// Every line of the phone is registered, for the first time since it started.
    Registered,
    /// The phone is stuck; it tries again by itself later.
    Failed(Reason),
}

/// One thing that happened to the phone.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// A DHCP message arrived; those for other phones are passed over.
    Dhcp(&'a [u8]),
    /// A datagram arrived on an open port.
    Udp {
        /// The port on the phone's address.
        local_port: u16,
        /// The sender.
        from: SocketAddrV4,
        /// The UDP payload.
        bytes: &'a [u8],
    },
    /// The answer to an [`Output::HttpGet`].
    Http {
        /// The number of the request.
        id: u32,
        /// The status code; 0 when no connection or no answer came about.
        status: u16,
        /// The body; at most 1 MiB is read.
        body: &'a [u8],
    },
}

/// One step of a phone's boot, for a line on a screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Asks for any address.
    Discover,
    /// Was offered this address.
    Offered(Ipv4Addr),
    /// Asks for this address.
    Request(Ipv4Addr),
    /// Has this address for so many seconds.
    Bound(Ipv4Addr, u32),
    /// Was told that its address is no longer good.
    Refused,
    /// The lease ran out.
    Expired,
    /// Asks by multicast who configures it.
    AsksPnp,
    /// Was told this URL by PnP.
    Told(String),
    /// Reads its server from this DHCP option.
    ReadsOption(u8, String),
    /// Asks for this file.
    Asks(String),
    /// Got this status and so many bytes for the file; TFTP errors appear as 404, 403 or 0.
    Answered(String, u16, usize),
    /// Registers this line (1 to 8).
    Registers(u8),
    /// This line is registered for so many seconds.
    LineRegistered(u8, u32),
    /// Was told by NOTIFY to fetch its files again.
    Resync,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Discover => write!(f, "asks for an address"),
            Step::Offered(ip) => write!(f, "is offered {ip}"),
            Step::Request(ip) => write!(f, "asks for {ip}"),
            Step::Bound(ip, seconds) => write!(f, "has {ip} for {seconds} s"),
            Step::Refused => write!(f, "must give its address back"),
            Step::Expired => write!(f, "has lost its address: the lease ran out"),
            Step::AsksPnp => write!(f, "asks by multicast who configures it"),
            Step::Told(url) => write!(f, "is told {url}"),
            Step::ReadsOption(code, value) => write!(f, "reads option {code}: {value}"),
            Step::Asks(name) => write!(f, "asks for {name}"),
            Step::Answered(name, status, bytes) => write!(f, "{name}: {status}, {bytes} bytes"),
            Step::Registers(line) => write!(f, "registers line {line}"),
            Step::LineRegistered(line, seconds) => {
                write!(f, "line {line} is registered for {seconds} s")
            }
            Step::Resync => write!(f, "is told to fetch its files again"),
        }
    }
}

/// Why a phone is stuck.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Neither PnP nor any DHCP option this maker reads named a server.
    NoServer,
    /// The server was named in a form this phone cannot use.
    UnusableServer(String),
    /// This file was refused with 401 or 403, or TFTP error 2.
    FileRefused(String, u16),
    /// The server did not answer for this file.
    FileUnanswered(String),
    /// No file of this phone exists on the server.
    NoFile,
    /// Files came, but none held a usable account.
    NoAccount,
    /// The registrar of this line is not given by number or not reached over UDP.
    UnusableRegistrar(u8, String),
    /// The registrar refused this line with this status.
    RegistrationRefused(u8, u16),
    /// The registrar refused the credentials of this line, fresh nonce and all.
    CredentialsRefused(u8),
    /// The registrar did not answer for 32 s.
    RegistrarUnanswered(u8),
    /// The registrar challenged this line with nothing the phone can answer.
    ChallengeUnusable(u8),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::NoServer => write!(f, "nobody named a provisioning server"),
            Reason::UnusableServer(value) => write!(f, "cannot use the server '{value}'"),
            Reason::FileRefused(name, status) => write!(f, "{name} was refused ({status})"),
            Reason::FileUnanswered(name) => write!(f, "no answer for {name}"),
            Reason::NoFile => write!(f, "the server has no file for this phone"),
            Reason::NoAccount => write!(f, "the files hold no usable account"),
            Reason::UnusableRegistrar(line, value) => {
                write!(f, "line {line} cannot use the registrar '{value}'")
            }
            Reason::RegistrationRefused(line, status) => {
                write!(f, "line {line} was refused by the registrar ({status})")
            }
            Reason::CredentialsRefused(line) => {
                write!(f, "the registrar does not accept the password of line {line}")
            }
            Reason::RegistrarUnanswered(line) => write!(f, "no registrar answers line {line}"),
            Reason::ChallengeUnusable(line) => {
                write!(f, "line {line} has no algorithm that the registrar offers")
            }
        }
    }
}

/// What a phone has sent so far, for benchmarks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// DHCP messages, first sendings and retransmissions.
    pub dhcp_sent: u32,
    /// DHCP retransmissions.
    pub dhcp_resent: u32,
    /// Files asked for, by HTTP or TFTP.
    pub files_asked: u32,
    /// TFTP retransmissions.
    pub tftp_resent: u32,
    /// SIP requests, first sendings and retransmissions.
    pub sip_sent: u32,
    /// SIP retransmissions, those of PnP among them.
    pub sip_resent: u32,
}

/// What a line of a phone looks like from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The line, from 1.
    pub number: u8,
    /// The user of the address of record.
    pub user: String,
    /// The registrar as the phone's file names it.
    pub server: String,
    /// Whether a binding is believed to stand.
    pub registered: bool,
}

/// Where all parts of a phone leave what they want done.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outbox {
    queue: VecDeque<Output>,
    pub(crate) complaints: Vec<Complaint>,
    pub(crate) complaints_dropped: u32,
    pub(crate) tally: Tally,
}

impl Outbox {
    pub(crate) fn push(&mut self, output: Output) {
        self.queue.push_back(output);
    }

    pub(crate) fn log(&mut self, step: Step) {
        self.push(Output::Log(step));
    }

    pub(crate) fn complain(&mut self, complaint: Complaint) {
        if self.complaints.len() < COMPLAINTS_MAX {
            self.complaints.push(complaint);
        } else {
            self.complaints_dropped = self.complaints_dropped.saturating_add(1);
        }
    }

    pub(crate) fn udp(&mut self, local_port: u16, to: SocketAddrV4, bytes: Vec<u8>) {
        self.push(Output::Udp { local_port, to, bytes });
    }

    pub(crate) fn pop(&mut self) -> Option<Output> {
        self.queue.pop_front()
    }
}
