//! DHCP replies, read by code that shares nothing with the box.
//!
//! First the raw option list is walked here (RFC 2131 section 4.1, RFC 3396), then the rebuilt
//! list goes through `dhcproto`, which must be able to decode every option. What it is known to
//! get wrong is kept from it: option 37, option 150 with several addresses, 151 to 157, and a
//! hardware address longer than its field.

use crate::complaint::Complaint;
use crate::output::Outbox;
use dhcproto::v4::{DhcpOption, Message, OptionCode};
use dhcproto::{Decodable, Decoder};
use std::net::Ipv4Addr;

const HEADER: usize = 236;
const OPTIONS_AT: usize = 240;
const COOKIE: [u8; 4] = [99, 130, 83, 99];
const REPLY_MIN: usize = 300;
const OFFER: u8 = 2;
const ACK: u8 = 5;
const NAK: u8 = 6;

/// The hardware address a BOOTREPLY is meant for, if it has six octets.
pub fn reply_mac(bytes: &[u8]) -> Option<[u8; 6]> {
    if bytes.first() != Some(&2) || bytes.get(2) != Some(&6) {
        return None;
    }
    bytes.get(28..34)?.try_into().ok()
}

/// The transaction number of a DHCP message.
pub fn reply_xid(bytes: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(4..8)?.try_into().ok()?))
}

/// What the phone sent, as far as the reply must match it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) flags: u16,
    pub(crate) client_id: Option<[u8; 7]>,
}

/// A reply that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) message_type: u8,
    pub(crate) ciaddr: u32,
    pub(crate) yiaddr: u32,
    pub(crate) server: u32,
    pub(crate) mask: u32,
    pub(crate) lease_s: u32,
    pub(crate) t1_s: u32,
    pub(crate) t2_s: u32,
    pub(crate) options: Vec<(u8, Vec<u8>)>,
}

impl Reply {
    /// The value of an option, joined from its parts.
    pub(crate) fn option(&self, code: u8) -> Option<&[u8]> {
        find(&self.options, code)
    }
}

fn find(options: &[(u8, Vec<u8>)], code: u8) -> Option<&[u8]> {
    options.iter().find(|(have, _)| *have == code).map(|(_, value)| value.as_slice())
}

/// Reads a reply to this phone; `None` when a client would throw it away.
pub(crate) fn judge(bytes: &[u8], asked: &Asked, out: &mut Outbox) -> Option<Reply> {
    if bytes.len() < OPTIONS_AT {
        out.complain(Complaint::DhcpShort(bytes.len()));
        return None;
    }
    if bytes.len() < REPLY_MIN {
        out.complain(Complaint::DhcpShort(bytes.len()));
    }
    if bytes.get(HEADER..OPTIONS_AT) != Some(&COOKIE[..]) {
        out.complain(Complaint::DhcpHeader("cookie"));
        return None;
    }
    let options = walk(bytes, out);
    let reply = decode(bytes, options, out)?;
    check_header(bytes, asked, &reply, out);
    match reply.message_type {
        OFFER | ACK => check_grant(&reply, out),
        NAK => check_nak(&reply, out),
        other => {
            out.complain(Complaint::DhcpType(other));
            return None;
        }
    }
    let echoed = reply.option(61);
    if echoed != asked.client_id.as_ref().map(|id| id.as_slice()) {
        out.complain(Complaint::DhcpClientId);
    }
    Some(reply)
}

/// Walks the option areas in the order of RFC 2131 section 4.1 and joins split options.
fn walk(bytes: &[u8], out: &mut Outbox) -> Vec<(u8, Vec<u8>)> {
    let mut options = Vec::with_capacity(24);
    walk_area(bytes.get(OPTIONS_AT..).unwrap_or(&[]), &mut options, out);
    let overload = find(&options, 52).and_then(|value| value.first().copied()).unwrap_or(0);
    if overload & 1 != 0 {
        walk_area(bytes.get(108..HEADER).unwrap_or(&[]), &mut options, out);
    }
    if overload & 2 != 0 {
        walk_area(bytes.get(44..108).unwrap_or(&[]), &mut options, out);
    }
    options
}

fn walk_area(area: &[u8], options: &mut Vec<(u8, Vec<u8>)>, out: &mut Outbox) {
    let mut rest = area;
    loop {
        match rest {
            [] => return out.complain(Complaint::DhcpOptions("no END", 255)),
            [255, ..] => return,
            [0, tail @ ..] => rest = tail,
            [code] => return out.complain(Complaint::DhcpOptions("cut off", *code)),
            [code, len, tail @ ..] => {
                let Some((value, tail)) = tail.split_at_checked(usize::from(*len)) else {
                    return out.complain(Complaint::DhcpOptions("cut off", *code));
                };
                match options.iter_mut().find(|(have, _)| have == code) {
                    // RFC 3396 section 5: a part that is not full is no split value.
                    Some((_, have)) => {
                        if have.is_empty() || have.len() % 255 != 0 {
                            out.complain(Complaint::DhcpOptions("sent twice", *code));
                        }
                        have.extend_from_slice(value);
                    }
                    None => options.push((*code, value.to_vec())),
                }
                rest = tail;
            }
        }
    }
}

/// Whether `dhcproto` is trusted with this option.
fn decodable(code: u8, value: &[u8]) -> bool {
    !(code == 37 || code == 52 || (151..=157).contains(&code) || (code == 150 && value.len() != 4))
}

/// The length of an option of fixed size (RFC 2132 and those that added to it). `dhcproto` reads
/// past or short of a value of another length, or asserts.
fn fixed_length(code: u8) -> Option<usize> {
    match code {
        80 => Some(0),
        19 | 20 | 23 | 27 | 29 | 30 | 31 | 34 | 36 | 37 | 39 | 46 | 52 | 53 | 116 => Some(1),
        13 | 22 | 26 | 57 | 93 => Some(2),
        94 => Some(3),
        1 | 2 | 24 | 28 | 32 | 35 | 38 | 50 | 51 | 54 | 58 | 59 | 91 | 108 => Some(4),
        _variable => None,
    }
}

fn decode(bytes: &[u8], options: Vec<(u8, Vec<u8>)>, out: &mut Outbox) -> Option<Reply> {
    let hlen = bytes.get(2).copied().unwrap_or(255);
    if hlen > 16 {
        out.complain(Complaint::DhcpHeader("hlen"));
        return None;
    }
    let mut clean = bytes.get(..OPTIONS_AT)?.to_vec();
    let mut given = Vec::with_capacity(options.len());
    for (code, value) in options.iter().filter(|(code, value)| decodable(*code, value)) {
        // Option 81 begins with three octets (RFC 4702 section 2.1); less trips an assertion.
        let least = if *code == 81 { 3 } else { 1 };
        if fixed_length(*code).map_or(value.len() < least, |len| value.len() != len) {
            out.complain(Complaint::DhcpUndecodable(*code));
            continue;
        }
        given.push(*code);
        for part in value.chunks(255) {
            clean.push(*code);
            clean.push(u8::try_from(part.len()).unwrap_or(u8::MAX));
            clean.extend_from_slice(part);
        }
    }
    clean.push(255);
    let Ok(message) = Message::decode(&mut Decoder::new(&clean)) else {
        out.complain(Complaint::DhcpHeader("form"));
        return None;
    };
    // The decoder stops silently at the first option it cannot read.
    if let Some(code) = given.iter().find(|code| !message.opts().contains((**code).into())) {
        out.complain(Complaint::DhcpUndecodable(*code));
    }
    let Some(message_type) = message.opts().msg_type() else {
        out.complain(Complaint::DhcpMissing(53));
        return None;
    };
    let seconds = |code: OptionCode| match message.opts().get(code) {
        Some(
            DhcpOption::AddressLeaseTime(s) | DhcpOption::Renewal(s) | DhcpOption::Rebinding(s),
        ) => Some(*s),
        _ => None,
    };
    let number = |code: OptionCode| match message.opts().get(code) {
        Some(DhcpOption::ServerIdentifier(ip) | DhcpOption::SubnetMask(ip)) => u32::from(*ip),
        _ => 0,
    };
    let lease_s = seconds(OptionCode::AddressLeaseTime).unwrap_or(0);
    Some(Reply {
        message_type: message_type.into(),
        ciaddr: message.ciaddr().into(),
        yiaddr: message.yiaddr().into(),
        server: number(OptionCode::ServerIdentifier),
        mask: number(OptionCode::SubnetMask),
        lease_s,
        // RFC 2131 section 4.4.5: the defaults are 0.5 and 0.875 of the lease.
        t1_s: seconds(OptionCode::Renewal).unwrap_or(lease_s / 2),
        t2_s: seconds(OptionCode::Rebinding).unwrap_or(lease_s - lease_s / 8),
        options,
    })
}

fn check_header(bytes: &[u8], asked: &Asked, reply: &Reply, out: &mut Outbox) {
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    let word = |at: usize| u16::from_be_bytes([byte(at), byte(at + 1)]);
    // A relay passes giaddr on to the client, and its NAKs carry the broadcast flag.
    let relayed = bytes.get(24..28).is_some_and(|giaddr| giaddr != [0, 0, 0, 0]);
    let flags_free = relayed && reply.message_type == NAK;
    let faults = [
        (byte(0) != 2, "op"),
        (byte(1) != 1, "htype"),
        (byte(2) != 6, "hlen"),
        (byte(3) != 0, "hops"),
        (word(8) != 0, "secs"),
        (word(10) != asked.flags && !flags_free, "flags"),
        (reply.message_type != ACK && reply.ciaddr != 0, "ciaddr"),
    ];
    for (_, what) in faults.iter().filter(|(wrong, _)| *wrong) {
        out.complain(Complaint::DhcpHeader(what));
    }
    if reply.server == 0 {
        out.complain(Complaint::DhcpMissing(54));
    }
}

/// RFC 2131 table 3 for OFFER and ACK, and what makes the values usable.
fn check_grant(reply: &Reply, out: &mut Outbox) {
    for code in [51, 1] {
        if reply.option(code).is_none() {
            out.complain(Complaint::DhcpMissing(code));
        }
    }
    for code in [50, 55, 57, 82] {
        if reply.option(code).is_some() {
            out.complain(Complaint::DhcpForbidden(code));
        }
    }
    if reply.yiaddr == 0 {
        out.complain(Complaint::DhcpAddress(Ipv4Addr::UNSPECIFIED));
    }
    let infinite = reply.lease_s == u32::MAX;
    let ordered = reply.t1_s <= reply.t2_s && (reply.t2_s < reply.lease_s || infinite);
    if reply.option(51).is_some() && (reply.lease_s == 0 || !ordered) {
        out.complain(Complaint::DhcpTimes(reply.t1_s, reply.t2_s, reply.lease_s));
    }
    let router = reply.option(3).and_then(|value| value.get(..4)).and_then(|v| v.try_into().ok());
    if let Some(octets) = router {
        let router = u32::from_be_bytes(octets);
        if router & reply.mask != reply.yiaddr & reply.mask {
            out.complain(Complaint::DhcpRouter(router.into()));
        }
    }
    for code in [12, 15, 66, 67, 160] {
        let clean = |value: &[u8]| !value.iter().any(|byte| *byte < 0x20 || *byte == 0x7F);
        if reply.option(code).is_some_and(|value| value.is_empty() || !clean(value)) {
            out.complain(Complaint::DhcpText(code));
        }
    }
}

/// RFC 2131 table 3 for NAK; RFC 6842 adds option 61.
fn check_nak(reply: &Reply, out: &mut Outbox) {
    let allowed = |code: u8| matches!(code, 53 | 54 | 56 | 61);
    for (code, _) in reply.options.iter().filter(|(code, _)| !allowed(*code)) {
        out.complain(Complaint::DhcpForbidden(*code));
    }
    if reply.yiaddr != 0 {
        out.complain(Complaint::DhcpAddress(reply.yiaddr.into()));
    }
}
