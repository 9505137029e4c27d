//! An independent codec, dhcproto, reads what we write and writes what we read.
//!
//! Where it is known to differ, it is not asked: it scans no overloaded field by itself (here it is
//! given each as an area of its own), and its types do not hold two addresses in option 150.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use dhcproto::v4::{self, DhcpOption, DhcpOptions, OptionCode, UnknownOption};
use dhcproto::{Decodable, Encodable};
use wire::dhcp::{Message, MessageType, Reply};
use wire::Mac;

use crate::chance::Chance;
use crate::datagrams::MAC;

/// Codes of lists of addresses, of text, of seconds, and of bytes.
const ADDRESSES: [u8; 4] = [3, 6, 7, 42];
const TEXTS: [u8; 5] = [12, 15, 66, 67, 100];
const SECONDS: [u8; 3] = [51, 58, 59];
const BYTES: [u8; 4] = [43, 61, 160, 242];

fn address(chance: &mut Chance) -> Ipv4Addr {
    (chance.next() as u32).into()
}

fn random_option(chance: &mut Chance) -> (u8, Vec<u8>) {
    let mut bytes = |len: usize| -> Vec<u8> { (0..len).map(|_| chance.next() as u8).collect() };
    let kind = bytes(2);
    let (kind, which) = (kind[0] % 4, usize::from(kind[1]));
    let len = usize::from(bytes(1)[0]);
    match kind {
        0 => (ADDRESSES[which % 4], bytes(4 + len % 5 * 4)),
        1 => {
            let text = bytes(1 + len % 90).into_iter().map(|byte| b'a' + byte % 26).collect();
            (TEXTS[which % 5], text)
        }
        2 => (SECONDS[which % 3], bytes(4)),
        _ => (BYTES[which % 4], bytes(2 + len * (which % 5) / 2)),
    }
}

/// The value of an option as the other codec understood it, its parts joined.
fn value_of(option: &DhcpOption) -> Vec<u8> {
    let encoded = option.to_vec().unwrap();
    let mut value = Vec::new();
    let mut rest = &encoded[..];
    while let [_, len, tail @ ..] = rest {
        let (part, tail) = tail.split_at(usize::from(*len));
        value.extend_from_slice(part);
        rest = tail;
    }
    value
}

fn check_header(reply: &Reply<'_>, theirs: &v4::Message) {
    assert_eq!(theirs.opcode(), v4::Opcode::BootReply);
    assert_eq!((theirs.htype(), theirs.hlen(), theirs.hops()), (v4::HType::Eth, 6, 0));
    assert_eq!((theirs.xid(), theirs.secs()), (reply.xid, 0));
    assert_eq!(u16::from(theirs.flags()), reply.flags);
    assert_eq!(theirs.ciaddr(), reply.ciaddr);
    assert_eq!(theirs.yiaddr(), reply.yiaddr);
    assert_eq!(theirs.siaddr(), reply.siaddr);
    assert_eq!(theirs.giaddr(), reply.giaddr);
    assert_eq!(theirs.chaddr(), reply.chaddr.0);
}

/// A name field without the NUL that the other codec keeps.
fn string(field: Option<&[u8]>) -> &[u8] {
    field.unwrap_or_default().strip_suffix(b"\0").unwrap_or_default()
}

/// Encodes one random reply and compares what the other codec reads; gives the overload.
fn compare_reply(chance: &mut Chance) -> u8 {
    let wanted: BTreeMap<u8, Vec<u8>> =
        (0..chance.below(24)).map(|_| random_option(chance)).collect();
    let options: Vec<(u8, &[u8])> =
        wanted.iter().map(|(code, value)| (*code, &value[..])).collect();
    let agent = [1, 3, b'p', chance.next() as u8, 0, 2, 2, b'r', b's', 5, 4, 10, 0, 0, 0];
    let kinds = [MessageType::Offer, MessageType::Ack];
    let reply = Reply {
        kind: kinds[chance.below(2)],
        xid: chance.next() as u32,
        flags: chance.next() as u16,
        ciaddr: address(chance),
        yiaddr: address(chance),
        siaddr: address(chance),
        giaddr: address(chance),
        chaddr: Mac(MAC),
        options: &options,
        relay_agent: (chance.below(2) == 0).then_some(&agent),
        sname: [&b""[..], b"", b"exchange"][chance.below(3)],
        file: [&b""[..], b"", b"boot.cfg"][chance.below(3)],
        max_size: [0, 0, 700, 1500][chance.below(4)],
    };
    let mut out = [0xaa; 1472];
    let encoded = reply.encode(&mut out).unwrap();
    let datagram = &out[..encoded.len];
    let theirs = v4::Message::from_bytes(datagram).unwrap();
    check_header(&reply, &theirs);

    let mut read = theirs.opts().clone();
    let overload = match read.remove(OptionCode::OptionOverload) {
        Some(DhcpOption::OptionOverload(fields)) => fields,
        _ => 0,
    };
    match overload & 1 {
        0 => assert_eq!(string(theirs.fname()), reply.file),
        _ => read.extend_from(&datagram[108..236]),
    }
    match overload & 2 {
        0 => assert_eq!(string(theirs.sname()), reply.sname),
        _ => read.extend_from(&datagram[44..108]),
    }
    let kind = read.remove(OptionCode::MessageType).map(|option| value_of(&option));
    assert_eq!(kind, Some(vec![reply.kind as u8]));
    let agent = read.remove(OptionCode::RelayAgentInformation).map(|option| value_of(&option));
    assert_eq!(agent.as_deref(), reply.relay_agent);

    let expected: BTreeMap<u8, Vec<u8>> =
        wanted.into_iter().filter(|(code, _)| !encoded.dropped.contains(*code)).collect();
    let seen: BTreeMap<u8, Vec<u8>> =
        read.iter().map(|(code, option)| (u8::from(*code), value_of(option))).collect();
    assert_eq!(seen, expected);
    overload
}

/// Adds the options of another area.
trait ExtendFrom {
    fn extend_from(&mut self, area: &[u8]);
}

impl ExtendFrom for DhcpOptions {
    fn extend_from(&mut self, area: &[u8]) {
        for (_, option) in DhcpOptions::from_bytes(area).unwrap() {
            self.insert(option);
        }
    }
}

#[test]
fn another_codec_reads_in_our_replies_what_we_meant() {
    let mut chance = Chance::new(2);
    let mut overloads = [0; 4];
    for _ in 0..10_000 {
        overloads[usize::from(compare_reply(&mut chance))] += 1;
    }
    assert!(overloads.iter().all(|count| *count > 20), "overload was hardly tried: {overloads:?}");
}

fn random_request(chance: &mut Chance) -> v4::Message {
    let kinds = [
        v4::MessageType::Discover,
        v4::MessageType::Request,
        v4::MessageType::Decline,
        v4::MessageType::Release,
        v4::MessageType::Inform,
    ];
    let (ciaddr, yiaddr) = (address(chance), address(chance));
    let (siaddr, giaddr) = (address(chance), address(chance));
    let mut theirs = v4::Message::new(ciaddr, yiaddr, siaddr, giaddr, &MAC);
    theirs.set_xid(chance.next() as u32).set_hops(chance.next() as u8);
    theirs.set_secs(chance.next() as u16).set_flags((chance.next() as u16).into());
    theirs.set_fname(b"boot.cfg");
    let mut bytes = |len: usize| -> Vec<u8> { (0..len).map(|_| chance.next() as u8).collect() };
    let asked = bytes(20).into_iter().map(OptionCode::from).collect();
    let (class, id, long) = (bytes(20), bytes(7), bytes(700));
    let options = theirs.opts_mut();
    options.insert(DhcpOption::ParameterRequestList(asked));
    options.insert(DhcpOption::ClassIdentifier(class));
    options.insert(DhcpOption::ClientIdentifier(id));
    options.insert(DhcpOption::VendorExtensions(long));
    options.insert(DhcpOption::Unknown(UnknownOption::new(OptionCode::from(125), bytes(9))));
    options.insert(DhcpOption::Hostname("desk-17".into()));
    options.insert(DhcpOption::UserClass(b"phone".to_vec()));
    options.insert(DhcpOption::MessageType(kinds[chance.below(5)]));
    options.insert(DhcpOption::RequestedIpAddress(address(chance)));
    options.insert(DhcpOption::ServerIdentifier(address(chance)));
    options.insert(DhcpOption::AddressLeaseTime(chance.next() as u32));
    options.insert(DhcpOption::MaxMessageSize(chance.next() as u16));
    theirs
}

#[test]
fn we_read_in_another_codecs_requests_what_it_meant() {
    let mut chance = Chance::new(3);
    for _ in 0..2_000 {
        let theirs = random_request(&mut chance);
        let datagram = theirs.to_vec().unwrap();
        let ours = Message::parse(&datagram).unwrap();
        assert_eq!((ours.xid, ours.hops, ours.secs), (theirs.xid(), theirs.hops(), theirs.secs()));
        assert_eq!(ours.flags, u16::from(theirs.flags()));
        assert_eq!(ours.broadcast(), theirs.flags().broadcast());
        assert_eq!((ours.ciaddr, ours.yiaddr), (theirs.ciaddr(), theirs.yiaddr()));
        assert_eq!((ours.siaddr, ours.giaddr), (theirs.siaddr(), theirs.giaddr()));
        assert_eq!(&ours.chaddr.0, theirs.chaddr());
        assert_eq!(Some(ours.file()), theirs.fname());
        let kind = theirs.opts().msg_type().map(u8::from);
        assert_eq!(Some(ours.kind as u8), kind);
        for (code, option) in theirs.opts().iter() {
            let value = ours.option(u8::from(*code));
            assert_eq!(value.as_deref(), Some(&value_of(option)[..]), "{code:?}");
        }
        let get = |code| theirs.opts().get(code).cloned();
        let requested = ours.requested_ip().map(DhcpOption::RequestedIpAddress);
        assert_eq!(requested, get(OptionCode::RequestedIpAddress));
        let server = ours.server_id().map(DhcpOption::ServerIdentifier);
        assert_eq!(server, get(OptionCode::ServerIdentifier));
        let lease = ours.lease_time().map(DhcpOption::AddressLeaseTime);
        assert_eq!(lease, get(OptionCode::AddressLeaseTime));
        let size = ours.max_size().map(DhcpOption::MaxMessageSize);
        assert_eq!(size, get(OptionCode::MaxMessageSize));
    }
}
