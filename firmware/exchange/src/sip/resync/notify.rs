//! The NOTIFY that asks, and the way to the handset.
//!
//! RFC 3261 section 8.1.1 and RFC 6665 section 8.2. The event is the maker's; none of them is a
//! subscription's, so the state is said to be terminated, as other systems that send them say.

use crate::names::{HandsetNo, InterfaceNo, LineNo, Side};
use crate::office::Office;
use crate::registrar::{Flow, Registrar, Way};
use crate::time::Instant;
use alloc::format;
use alloc::vec;
use alloc::vec::Vec;
use core::net::{Ipv4Addr, SocketAddrV4};
use wire::sip::{Method, Name, Transport, Uri, Writer, SIP_PORT};

/// Bytes of a NOTIFY beyond what the way to its phone adds to it.
const NOTIFY_BYTES: usize = 2 * 1_024;

/// The event of Cisco's older phones that says by its body what to do.
const SERVICE_CONTROL: &str = "service-control";

/// What such a phone is told: stamps of zeros mean that all it has is old.
const RESET: &str = "action=reset\nRegisterCallId={}\n\
    ConfigVersionStamp={0000000000000000}\nDialplanVersionStamp={0000000000000000}\n\
    SoftkeyVersionStamp={0000000000000000}\n";

/// The way to a handset: how it registered last, or, where this box has started since and nothing
/// was heard of it yet, the Contact that is remembered, if its address is still leased to it.
pub(in crate::sip) fn way(
    office: &Office,
    registrar: &Registrar,
    no: HandsetNo,
    now: Instant,
) -> Option<Way> {
    let known = office.durable.handset(no)?;
    if registrar.any_of(no, now) {
        return registrar.way_to(no, now);
    }
    let leased = office.leases.of(known.mac, now).map(|(address, _)| address);
    known.lines.iter().enumerate().find_map(|(at, line)| {
        let number = LineNo::new(at as u8 + 1)?;
        let uri = Uri::parse(&line.contact)?.sip()?;
        let by_tcp =
            uri.params.value("transport").is_some_and(|it| !it.eq_ignore_ascii_case("udp"));
        let address = uri.ipv4().filter(|address| leased == Some(*address) && !by_tcp)?;
        let port = uri.port.filter(|port| *port != 0).unwrap_or(SIP_PORT);
        let flow = Flow::Datagram(port_of(office, address)?, SocketAddrV4::new(address, port));
        Some(Way { line: number, contact: line.contact.clone(), flow })
    })
}

/// The network port behind which an address of the LAN is.
fn port_of(office: &Office, address: Ipv4Addr) -> Option<InterfaceNo> {
    let subnet = office.board.subnets.iter().find(|subnet| subnet.network.contains(address))?;
    let port = office.board.interface(subnet.interface)?;
    (port.side == Side::Lan).then_some(subnet.interface)
}

/// How a request goes this way: by which transport, from which address and port of the box.
pub(in crate::sip) fn sent_by(office: &Office, flow: Flow) -> Option<(Transport, SocketAddrV4)> {
    let (interface, transport) = match flow {
        Flow::Datagram(interface, _) => (interface, Transport::Udp),
        Flow::Stream(interface, stream) if office.is_secured(stream) => (interface, Transport::Tls),
        Flow::Stream(interface, _) => (interface, Transport::Tcp),
    };
    let port = match transport {
        Transport::Tls => office.board.sips_port.unwrap_or(office.board.sip_port),
        Transport::Udp | Transport::Tcp => office.board.sip_port,
    };
    let own = office.board.interface(interface)?.address;
    Some((transport, SocketAddrV4::new(own, port)))
}

/// What a URI of the box says of the transport by which it is reached (RFC 3261 section 19.1.1).
pub(in crate::sip) fn parameter(transport: Transport) -> &'static str {
    match transport {
        Transport::Udp => "",
        Transport::Tcp => ";transport=tcp",
        Transport::Tls => ";transport=tls",
    }
}

/// The bytes, and the branch that its answer will have.
pub(super) fn write(
    office: &mut Office,
    no: HandsetNo,
    way: &Way,
    event: &str,
) -> Option<(u64, Vec<u8>)> {
    let login = office.durable.handset(no)?.line(way.line)?.login.text();
    let (transport, own) = sent_by(office, way.flow)?;
    let (branch, tag, call) =
        (office.chance.number(), office.chance.number(), office.chance.number());
    // RFC 3261 section 19.1.1: a Request-URI has no headers.
    let uri = way.contact.split('?').next().unwrap_or_default();
    let mut bytes = vec![0; NOTIFY_BYTES + 2 * uri.len()];
    let branch_text = format!("{branch:016x}");
    let mut writer = Writer::request(&mut bytes, Method::Notify, uri, transport, own, &branch_text);
    let host = own.ip();
    writer.header(Name::From, format_args!("<sip:dialtone@{host}>;tag={tag:016x}"));
    writer.header(Name::To, format_args!("<sip:{login}@{host}>"));
    writer.header(Name::CallId, format_args!("{call:016x}@{host}"));
    writer.header(Name::CSeq, "1 NOTIFY");
    let transport = parameter(transport);
    writer.header(Name::Contact, format_args!("<sip:dialtone@{own}{transport}>"));
    writer.header(Name::Event, event);
    writer.header(Name::SubscriptionState, "terminated");
    let body = if event == SERVICE_CONTROL { RESET } else { "" };
    if !body.is_empty() {
        writer.header(Name::ContentType, "text/plain");
    }
    let length = writer.finish(body.as_bytes()).ok()?.len();
    bytes.truncate(length);
    Some((branch, bytes))
}
