//! What a client is told, and where the telling goes.

use super::{lease_most_s, Question};
use crate::catalog::{self, BoxAddresses, Family, OptionList};
use crate::cause::Cause;
use crate::leases::Lease;
use crate::limits::{DHCP_REPLY_BYTES_MAX, OFFER_MS};
use crate::names::{RecordNo, Side};
use crate::note::{Note, Table};
use crate::office::Office;
use crate::others;
use crate::output::{Line, To};
use crate::policy::{Act, Verdict};
use crate::state::Event;
use crate::story::{OptionCodes, Step};
use crate::time::{Now, SECOND_MS};
use crate::zone;
use alloc::vec::Vec;
use core::net::{Ipv4Addr, SocketAddrV4};
use wire::dhcp::{code, MessageType, Reply, CLIENT_PORT, SERVER_PORT};
use wire::Mac;

/// Message size of a client that does not state one (RFC 2131 section 2).
const MESSAGE_BYTES_DEFAULT: usize = 576;
/// Shortest lease granted to a client that asks for a short one.
const LEASE_MIN_S: u32 = 600;

/// Offers an address and keeps it for a while.
pub(crate) fn offer(office: &mut Office, now: Now, question: &Question<'_>, address: Ipv4Addr) {
    let mac = question.message.chaddr;
    office.leases.offer(mac, address, now.mono.after_ms(OFFER_MS));
    let options = options(office, question, Some(lease_s(office, question)));
    let codes = codes(&options);
    let after = office.relies_on(mac);
    send(office, now, question, MessageType::Offer, address, &options, after);
    office.step(now, mac, Step::Offer(address, codes));
}

/// Binds an address to the device and says so once that is on flash.
pub(crate) fn bind(office: &mut Office, now: Now, question: &Question<'_>, address: Ipv4Addr) {
    let mac = question.message.chaddr;
    let held = office.leases.at(address, now.mono).filter(|lease| lease.mac == mac);
    let renewal = held.filter(|_| !question.message.ciaddr.is_unspecified());
    let lease_s = lease_s(office, question);
    let lease = Lease {
        mac,
        until: now.mono.after_ms(u64::from(lease_s) * SECOND_MS),
        // A renewal is unicast past the relay.
        relay: renewal.map_or(Some(question.link()), |lease| lease.relay),
        seen: now.mono,
    };
    office.leases.put(address, lease);
    if let Some(device) = office.devices.get_mut(&mac) {
        device.address = Some(address);
    }
    remember(office, now, mac, address);
    if office.board.subnets.get(question.subnet).is_some_and(|subnet| !subnet.relayed) {
        others::leased(office, question.arrival.interface);
    }
    let options = options(office, question, Some(lease_s));
    let codes = codes(&options);
    let after = office.relies_on(mac);
    send(office, now, question, MessageType::Ack, address, &options, after);
    let step = if renewal.is_some() { Step::Renew(address) } else { Step::Ack(address, codes) };
    office.step(now, mac, step);
    // Without options it has nothing to ask for, so this is all that is heard of it.
    let phone = office.family(mac).is_some_and(|family| family != Family::Generic);
    if phone && office.admit(Side::Lan, mac, Act::Create) == Verdict::Closed {
        let cause = Cause::CreationClosed(Side::Lan);
        office.count_stranger(now, mac, (Side::Lan, Some(address)), cause);
    }
    let class = question.message.vendor_class().filter(|_| renewal.is_none());
    let spoken = class.and_then(|class| office.catalog.other_protocol(&class));
    if let Some(spoken) = spoken {
        office.step(now, mac, Step::SpeaksOther(spoken));
    }
}

/// Writes down a new address. A stranger beyond its cap keeps it for this lease only.
fn remember(office: &mut Office, now: Now, mac: Mac, address: Ipv4Addr) {
    if office.durable.address_of(mac) == Some(address) {
        return;
    }
    if office.durable.address_of(mac).is_none()
        && office.durable.addresses_len() >= crate::limits::ADDRESSES_MAX
    {
        return office.note(now, Note::Full(Table::Addresses));
    }
    let event = Event::AddressGiven { mac: mac.0, address: address.octets() };
    let fits = match office.durable.handset_of(mac) {
        Some(_) => office.has_room_to_change(&event),
        None => office.has_room_for(&event),
    };
    if !fits {
        return office.note(now, Note::Full(Table::Flash));
    }
    // A handset's first address is always written; one that moves and moves is capped like a
    // stranger.
    let first =
        office.durable.handset_of(mac).is_some() && office.durable.address_of(mac).is_none();
    if (first && !office.read_only) || office.spend(now) {
        office.record(mac, event);
    }
}

/// Tells a client that the address it wants is not for it.
pub(crate) fn nak(office: &mut Office, now: Now, question: &Question<'_>, wanted: Ipv4Addr) {
    let mac = question.message.chaddr;
    let options = [(code::MESSAGE, b"this address is not for you here".to_vec())];
    let none = Ipv4Addr::UNSPECIFIED;
    send(office, now, question, MessageType::Nak, none, &options, RecordNo(0));
    office.step(now, mac, Step::Nak(wanted));
}

/// Tells a client that has an address from elsewhere the options only (RFC 2131 4.3.5).
pub(crate) fn inform(office: &mut Office, now: Now, question: &Question<'_>) {
    let options = options(office, question, None);
    let none = Ipv4Addr::UNSPECIFIED;
    send(office, now, question, MessageType::Ack, none, &options, RecordNo(0));
}

/// What the device gets, or less if it asks for less.
fn lease_s(office: &Office, question: &Question<'_>) -> u32 {
    let most = lease_most_s(office, question.message.chaddr);
    question.message.lease_time().map_or(most, |asked| asked.clamp(LEASE_MIN_S, most))
}

/// All options of a reply in the order of their importance: should they not fit, the last are left
/// out.
fn options(office: &Office, question: &Question<'_>, lease_s: Option<u32>) -> Vec<(u8, Vec<u8>)> {
    let asked = question.message.parameters();
    let asked: &[u8] = asked.as_deref().unwrap_or(&[]);
    let Some(subnet) = office.board.subnets.get(question.subnet) else { return Vec::new() };
    let server = server_id(office, question);
    let mut options: Vec<(u8, Vec<u8>)> = Vec::with_capacity(24);
    if let Some(seconds) = lease_s {
        options.push((code::LEASE_TIME, seconds.to_be_bytes().to_vec()));
        options.push((code::RENEWAL_TIME, (seconds / 2).to_be_bytes().to_vec()));
        options.push((code::REBINDING_TIME, (seconds / 8 * 7).to_be_bytes().to_vec()));
    }
    options.push((code::SUBNET_MASK, subnet.network.mask().octets().to_vec()));
    if let Some(router) = subnet.router {
        options.push((code::ROUTER, router.octets().to_vec()));
    }
    if !subnet.dns.is_empty() {
        options.push((code::DNS, addresses(&subnet.dns)));
    }
    for (code, value) in &subnet.options {
        options.push((*code, value.clone()));
    }
    for (code, value) in maker_options(office, question, asked) {
        push_new(&mut options, code, value);
    }
    for code in asked {
        if let Some(value) = asked_option(office, question, server, *code) {
            push_new(&mut options, *code, value);
        }
    }
    options
}

fn push_new(options: &mut Vec<(u8, Vec<u8>)>, code: u8, value: Vec<u8>) {
    if !value.is_empty() && !options.iter().any(|(sent, _)| *sent == code) {
        options.push((code, value));
    }
}

/// What a client asked for and this site has.
fn asked_option(
    office: &Office,
    question: &Question<'_>,
    server: Ipv4Addr,
    code: u8,
) -> Option<Vec<u8>> {
    let subnet = office.board.subnets.get(question.subnet)?;
    let zone = || zone::find(&office.board.site.time_zone);
    match code {
        code::DOMAIN_NAME => subnet.domain.as_ref().map(|name| name.as_bytes().to_vec()),
        code::BROADCAST_ADDRESS => Some(subnet.network.broadcast().octets().to_vec()),
        code::NTP if subnet.ntp.is_empty() => Some(server.octets().to_vec()),
        code::NTP => Some(addresses(&subnet.ntp)),
        // RFC 2132 3.4, deprecated by RFC 4833, and still what most phones ask for.
        code::TIME_OFFSET => zone().map(|zone| zone.values().offset_s.to_be_bytes().to_vec()),
        code::POSIX_TIMEZONE => zone().map(|zone| zone.posix.as_bytes().to_vec()),
        code::TZDB_TIMEZONE => zone().map(|zone| zone.name.as_bytes().to_vec()),
        _not_ours_to_say => None,
    }
}

/// The options by which a phone finds its configuration, in the form its maker reads. A stranger
/// that the policy would not take in is not told.
fn maker_options(office: &Office, question: &Question<'_>, asked: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mac = question.message.chaddr;
    match office.admit(Side::Lan, mac, Act::Create) {
        Verdict::Allow | Verdict::Already => (),
        Verdict::Banned
        | Verdict::NotRemote
        | Verdict::Closed
        | Verdict::WrongKey
        | Verdict::Unknown => return Vec::new(),
    }
    let addresses = BoxAddresses {
        server: server_id(office, question),
        http_port: office.board.http_port,
        tftp_port: wire::tftp::PORT,
        directory: &office.board.directory,
    };
    let class = question.message.vendor_class();
    let mut list = OptionList::new();
    catalog::boot_options(office.family(mac), &addresses, asked, class.as_deref(), &mut list);
    list.into_iter().map(|option| (option.code, option.bytes.to_vec())).collect()
}

fn addresses(list: &[Ipv4Addr]) -> Vec<u8> {
    list.iter().flat_map(|address| address.octets()).collect()
}

fn codes(options: &[(u8, Vec<u8>)]) -> OptionCodes {
    options.iter().map(|(code, _)| *code).take(24).collect()
}

/// The address of ours that this client can reach (RFC 2131 4.1): the one its relay names for
/// us (RFC 5107) if it is ours, else that of the port it was heard on.
fn server_id(office: &Office, question: &Question<'_>) -> Ipv4Addr {
    let relay = question.message.relay_agent().and_then(|agent| agent.server_override());
    let port = office.board.interface(question.arrival.interface);
    let own = port.map_or(Ipv4Addr::UNSPECIFIED, |port| port.address);
    relay.filter(|address| office.board.is_own(*address)).unwrap_or(own)
}

fn send(
    office: &mut Office,
    now: Now,
    question: &Question<'_>,
    kind: MessageType,
    yiaddr: Ipv4Addr,
    options: &[(u8, Vec<u8>)],
    after: RecordNo,
) {
    let message = question.message;
    let server = server_id(office, question);
    let server_octets = server.octets();
    let client_id = message.client_id();
    let mut all: Vec<(u8, &[u8])> = Vec::with_capacity(options.len() + 2);
    all.push((code::SERVER_ID, &server_octets));
    // RFC 6842: echoed unaltered in every reply, NAK too.
    if let Some(id) = client_id.as_deref() {
        all.push((code::CLIENT_ID, id));
    }
    all.extend(options.iter().map(|(code, value)| (*code, value.as_slice())));
    let nak = kind == MessageType::Nak;
    // RFC 2131 4.3.2: a relayed NAK has the broadcast bit set, for the relay to broadcast it.
    let flags = if nak && !message.giaddr.is_unspecified() { 0x8000 } else { message.flags };
    let reply = Reply {
        kind,
        xid: message.xid,
        flags,
        ciaddr: if kind == MessageType::Ack { message.ciaddr } else { Ipv4Addr::UNSPECIFIED },
        yiaddr,
        siaddr: if nak { Ipv4Addr::UNSPECIFIED } else { server },
        giaddr: message.giaddr,
        chaddr: message.chaddr,
        options: &all,
        // RFC 3046 2.1: option 82 without a relay comes from an untrusted circuit.
        relay_agent: (!message.giaddr.is_unspecified())
            .then(|| message.relay_agent().map(|agent| agent.bytes()))
            .flatten(),
        sname: &[],
        file: &[],
        max_size: message.max_size().map_or(MESSAGE_BYTES_DEFAULT, usize::from),
    };
    let mut bytes = [0; DHCP_REPLY_BYTES_MAX];
    let Ok(encoded) = reply.encode(&mut bytes) else { return };
    if encoded.relay_agent_dropped {
        office.note(now, Note::RelayOptionDropped);
    }
    for code in encoded.dropped.iter() {
        office.note(now, Note::OptionDropped(code));
    }
    let to = destination(question, kind, yiaddr);
    let bytes = bytes[..encoded.len].to_vec();
    office.send(question.arrival.interface, Line::Dhcp, to, bytes, after);
}

/// RFC 2131 4.1: a relay, else the address the client has, else its hardware address or everybody.
fn destination(question: &Question<'_>, kind: MessageType, yiaddr: Ipv4Addr) -> To {
    let message = question.message;
    if !message.giaddr.is_unspecified() {
        To::Address(SocketAddrV4::new(message.giaddr, SERVER_PORT))
    } else if kind == MessageType::Nak {
        To::Broadcast(CLIENT_PORT)
    } else if !message.ciaddr.is_unspecified() {
        To::Address(SocketAddrV4::new(message.ciaddr, CLIENT_PORT))
    } else if message.broadcast() {
        To::Broadcast(CLIENT_PORT)
    } else {
        To::Hardware(message.chaddr, SocketAddrV4::new(yiaddr, CLIENT_PORT))
    }
}
