//! DHCP requests with arbitrary fields and options (RFC 2131 section 2).

use std::net::Ipv4Addr;

const BOOTREQUEST: u8 = 1;
const COOKIE: [u8; 4] = [99, 130, 83, 99];
const END: u8 = 255;

/// A DHCP message in the making; every field may be set to nonsense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DhcpDraft {
    /// 1 for a request, 2 for a reply.
    pub op: u8,
    /// 1 for Ethernet.
    pub htype: u8,
    /// The length of the hardware address in octets.
    pub hlen: u8,
    /// Relay hops.
    pub hops: u8,
    /// The transaction.
    pub xid: u32,
    /// Seconds since the client began.
    pub secs: u16,
    /// The flags; 0x8000 asks for a broadcast answer.
    pub flags: u16,
    /// The address the client has.
    pub ciaddr: Ipv4Addr,
    /// The address the client is given.
    pub yiaddr: Ipv4Addr,
    /// The next server.
    pub siaddr: Ipv4Addr,
    /// The relay.
    pub giaddr: Ipv4Addr,
    /// The hardware address, zero-filled.
    pub chaddr: [u8; 16],
    /// The `sname` field, cut or zero-filled to 64 octets.
    pub sname: Vec<u8>,
    /// The `file` field, cut or zero-filled to 128 octets.
    pub file: Vec<u8>,
    /// Options in the order sent; a value over 255 octets is split (RFC 3396).
    pub options: Vec<(u8, Vec<u8>)>,
    /// Whether the option list is closed with END.
    pub end: bool,
    /// The least length of the message, reached with zeros; 300 by RFC 1542 section 2.1.
    pub pad_to: usize,
}

impl DhcpDraft {
    /// Begins a request of this message type (option 53) from `mac`.
    pub fn new(message_type: u8, mac: [u8; 6], xid: u32) -> Self {
        let mut chaddr = [0; 16];
        for (slot, byte) in chaddr.iter_mut().zip(mac) {
            *slot = byte;
        }
        DhcpDraft {
            op: BOOTREQUEST,
            htype: 1,
            hlen: 6,
            hops: 0,
            xid,
            secs: 0,
            flags: 0,
            ciaddr: Ipv4Addr::UNSPECIFIED,
            yiaddr: Ipv4Addr::UNSPECIFIED,
            siaddr: Ipv4Addr::UNSPECIFIED,
            giaddr: Ipv4Addr::UNSPECIFIED,
            chaddr,
            sname: Vec::new(),
            file: Vec::new(),
            options: vec![(53, vec![message_type])],
            end: true,
            pad_to: 300,
        }
    }

    /// Appends an option with this value.
    #[must_use]
    pub fn option(mut self, code: u8, value: &[u8]) -> Self {
        self.options.push((code, value.to_vec()));
        self
    }

    /// Sets the broadcast flag.
    #[must_use]
    pub fn broadcast(mut self) -> Self {
        self.flags |= 0x8000;
        self
    }

    /// Makes it look relayed by `giaddr`, one hop away.
    #[must_use]
    pub fn relayed_by(mut self, giaddr: Ipv4Addr) -> Self {
        self.giaddr = giaddr;
        self.hops = 1;
        self
    }

    /// The message as sent.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.pad_to.max(320));
        out.extend_from_slice(&[self.op, self.htype, self.hlen, self.hops]);
        out.extend_from_slice(&self.xid.to_be_bytes());
        out.extend_from_slice(&self.secs.to_be_bytes());
        out.extend_from_slice(&self.flags.to_be_bytes());
        for address in [self.ciaddr, self.yiaddr, self.siaddr, self.giaddr] {
            out.extend_from_slice(&address.octets());
        }
        out.extend_from_slice(&self.chaddr);
        fill(&mut out, &self.sname, 64);
        fill(&mut out, &self.file, 128);
        out.extend_from_slice(&COOKIE);
        for (code, value) in &self.options {
            push_option(&mut out, *code, value);
        }
        if self.end {
            out.push(END);
        }
        if out.len() < self.pad_to {
            out.resize(self.pad_to, 0);
        }
        out
    }
}

fn fill(out: &mut Vec<u8>, value: &[u8], width: usize) {
    let end = out.len() + width;
    out.extend(value.iter().take(width));
    out.resize(end, 0);
}

fn push_option(out: &mut Vec<u8>, code: u8, value: &[u8]) {
    if value.is_empty() {
        out.extend_from_slice(&[code, 0]);
    }
    for part in value.chunks(255) {
        out.push(code);
        out.push(u8::try_from(part.len()).unwrap_or(u8::MAX));
        out.extend_from_slice(part);
    }
}

/// DHCPDISCOVER.
pub fn discover(mac: [u8; 6], xid: u32) -> DhcpDraft {
    DhcpDraft::new(1, mac, xid)
}

/// DHCPREQUEST in SELECTING: options 50 and 54, no `ciaddr`.
pub fn request_selecting(mac: [u8; 6], xid: u32, server: Ipv4Addr, address: Ipv4Addr) -> DhcpDraft {
    DhcpDraft::new(3, mac, xid).option(50, &address.octets()).option(54, &server.octets())
}

/// DHCPREQUEST in INIT-REBOOT: option 50, no option 54, no `ciaddr`.
pub fn request_init_reboot(mac: [u8; 6], xid: u32, address: Ipv4Addr) -> DhcpDraft {
    DhcpDraft::new(3, mac, xid).option(50, &address.octets())
}

/// DHCPREQUEST in RENEWING or REBINDING: `ciaddr`, neither option 50 nor 54.
pub fn request_renewing(mac: [u8; 6], xid: u32, address: Ipv4Addr) -> DhcpDraft {
    DhcpDraft { ciaddr: address, ..DhcpDraft::new(3, mac, xid) }
}

/// DHCPDECLINE: options 50 and 54, no `ciaddr`.
pub fn decline(mac: [u8; 6], xid: u32, server: Ipv4Addr, address: Ipv4Addr) -> DhcpDraft {
    DhcpDraft::new(4, mac, xid).option(50, &address.octets()).option(54, &server.octets())
}

/// DHCPRELEASE: `ciaddr` and option 54.
pub fn release(mac: [u8; 6], xid: u32, server: Ipv4Addr, address: Ipv4Addr) -> DhcpDraft {
    let draft = DhcpDraft { ciaddr: address, ..DhcpDraft::new(7, mac, xid) };
    draft.option(54, &server.octets())
}

/// DHCPINFORM: `ciaddr` only.
pub fn inform(mac: [u8; 6], xid: u32, address: Ipv4Addr) -> DhcpDraft {
    DhcpDraft { ciaddr: address, ..DhcpDraft::new(8, mac, xid) }
}
