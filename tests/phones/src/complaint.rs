//! What the box did wrong, in the phone's opinion.
//!
//! A complaint is a fault of an answer, never of the weather: a lost packet or a late duplicate
//! gives none. Tests assert that a run ends without any.

use std::fmt;
use std::net::Ipv4Addr;

/// One fault of one answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Complaint {
    /// A DHCP reply is shorter than its fixed part, or shorter than 300 octets (RFC 1542 2.1).
    DhcpShort(usize),
    /// A DHCP reply to this MAC is no BOOTREPLY, or htype, hlen or the cookie are wrong.
    DhcpHeader(&'static str),
    /// A DHCP reply to this MAC answers no transaction of the phone.
    DhcpUnknownXid(u32),
    /// The raw option list is cut off, has no END or repeats a code that was not split.
    DhcpOptions(&'static str, u8),
    /// An option's value cannot be decoded by an independent decoder.
    DhcpUndecodable(u8),
    /// An option that the reply must carry is missing (RFC 2131 table 3).
    DhcpMissing(u8),
    /// An option that the reply must not carry is there (RFC 2131 table 3).
    DhcpForbidden(u8),
    /// The client identifier was not returned unaltered (RFC 6842 section 3).
    DhcpClientId,
    /// The reply's `yiaddr` is zero where an address is due, or not the one asked for.
    DhcpAddress(Ipv4Addr),
    /// The server identifier is zero or changed between OFFER and ACK.
    DhcpServerId(Ipv4Addr),
    /// T1, T2 and the lease time are not in order, or the lease time is zero (RFC 2131 4.4.5).
    DhcpTimes(u32, u32, u32),
    /// The router is not in the subnet of the address and mask given.
    DhcpRouter(Ipv4Addr),
    /// The ACK contradicts the OFFER in this option (RFC 2131 section 4.3.1).
    DhcpContradiction(u8),
    /// A text option ends in NUL or is not text.
    DhcpText(u8),
    /// A DHCP message type that no server sends, or that does not answer the phone's state.
    DhcpType(u8),
    /// A TFTP server broke RFC 1350 or 2347 to 2349 in this way.
    Tftp(&'static str),
    /// A provisioning file breaks the maker's form in this way.
    File(String, &'static str),
    /// A PnP answer breaks the practice of the makers in this way.
    Pnp(&'static str),
    /// A SIP response breaks RFC 3261, 3581 or 7616 in this way.
    Sip(&'static str),
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Complaint::DhcpShort(len) => write!(f, "DHCP reply of only {len} octets"),
            Complaint::DhcpHeader(what) => write!(f, "DHCP reply with a wrong {what}"),
            Complaint::DhcpUnknownXid(xid) => write!(f, "DHCP reply to unknown xid {xid:08x}"),
            Complaint::DhcpOptions(what, code) => write!(f, "DHCP option {code}: {what}"),
            Complaint::DhcpUndecodable(code) => write!(f, "DHCP option {code} cannot be decoded"),
            Complaint::DhcpMissing(code) => write!(f, "DHCP option {code} is missing"),
            Complaint::DhcpForbidden(code) => write!(f, "DHCP option {code} must not be there"),
            Complaint::DhcpClientId => write!(f, "the DHCP client identifier was not echoed"),
            Complaint::DhcpAddress(ip) => write!(f, "DHCP yiaddr {ip} was not expected"),
            Complaint::DhcpServerId(ip) => write!(f, "DHCP server identifier {ip} is wrong"),
            Complaint::DhcpTimes(t1, t2, lease) => {
                write!(f, "DHCP times out of order: T1 {t1}, T2 {t2}, lease {lease}")
            }
            Complaint::DhcpRouter(ip) => write!(f, "router {ip} is outside the subnet"),
            Complaint::DhcpContradiction(code) => {
                write!(f, "DHCP option {code} differs between OFFER and ACK")
            }
            Complaint::DhcpText(code) => write!(f, "DHCP option {code} is not clean text"),
            Complaint::DhcpType(kind) => write!(f, "DHCP message type {kind} was not expected"),
            Complaint::Tftp(what) => write!(f, "TFTP: {what}"),
            Complaint::File(name, what) => write!(f, "{name}: {what}"),
            Complaint::Pnp(what) => write!(f, "PnP: {what}"),
            Complaint::Sip(what) => write!(f, "SIP: {what}"),
        }
    }
}
