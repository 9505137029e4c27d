//! "Who configures me?", asked by SIP multicast: told by a URL (RFC 6080 as phone makers made it).
//!
//! ```text
//! phone                                   box
//!   SUBSCRIBE sip:MAC%3a.. (ua-profile) ──▶
//!   ◀── 200 OK (Expires: 0)
//!   ◀── NOTIFY (application/url)  ── the same answer that DHCP gives by its options
//! ```
//!
//! Nothing is kept: every repetition is answered alike. The answer holds no secret, so it is enough
//! that the asker is in the office and that nobody's ARP entry speaks against the address it
//! claims; whether it gets its file is asked again when it comes for it. Both messages go to the
//! address the question came from, by the SIP port. Whoever is not to be told hears nothing:
//! another box on this network may be the one to answer. Not implemented: profiles as bodies,
//! subscriptions that last (every one is over with its NOTIFY), and TLS.

use crate::catalog::Sign;
use crate::enrol::why;
use crate::names::{RecordNo, Side};
use crate::office::Office;
use crate::output::{Line, Neighbour, To};
use crate::policy::{Act, Verdict};
use crate::provision;
use crate::request::{write as write_response, Request};
use crate::story::Step;
use crate::time::Now;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::net::SocketAddrV4;
use sha2::{Digest, Sha256};
use wire::sip::{reply_address, Contact, Essentials, Method, Name, Transport, Writer, SIP_PORT};
use wire::Mac;

/// What the CSeq of the NOTIFY is ahead of its SUBSCRIBE's, as other responders have it.
const CSEQ_AHEAD: u32 = 2;

/// Bytes that a NOTIFY may have beyond the headers it repeats.
const NOTIFY_EXTRA_BYTES: usize = 2 * 1024;

/// Answers a SUBSCRIBE for the `ua-profile` event, or does not.
pub(crate) fn answer(office: &mut Office, now: Now, request: &Request<'_>) {
    let arrival = request.arrival;
    if arrival.side != Side::Lan || !office.board.in_lan(*arrival.from.ip()) {
        return;
    }
    let Ok(essentials) = request.message.essentials() else { return };
    let Some(mac) = asker(office, now, request) else { return };
    if let Neighbour::Is(other) = arrival.neighbour {
        if other != mac {
            return office.two_places(now, mac);
        }
    }
    if office.meet(now, mac).is_none() {
        return;
    }
    office.seen_at(mac, *arrival.from.ip());
    weigh(office, now, request, mac);
    match office.admit(arrival.side, mac, Act::Create) {
        Verdict::Allow | Verdict::Already => {}
        Verdict::Banned => return office.is_banned(now, mac),
        refused @ (Verdict::Closed | Verdict::NotRemote | Verdict::WrongKey | Verdict::Unknown) => {
            let cause = why(refused, arrival.side);
            let from = (arrival.side, Some(*arrival.from.ip()));
            office.count_stranger(now, mac, from, cause);
            return once(office, now, mac, Step::PnpSilent(cause));
        }
    }
    let Some(url) = provision::pnp_url(office, &arrival, mac) else { return };
    let tag = tag(&essentials, mac);
    let (Some(accepted), Some(told)) =
        (accepted(office, request, &tag), notify(office, request, &essentials, &tag, &url))
    else {
        return;
    };
    once(office, now, mac, Step::PnpTold);
    let to = To::Address(reply_address(request.message, arrival.from));
    office.send(arrival.interface, Line::Sip, to, accepted, RecordNo(0));
    let to = To::Address(contact(request).map_or(back(request), |(address, _)| address));
    office.send(arrival.interface, Line::Sip, to, told, RecordNo(0));
}

/// Which device asks: the one it names, else the one its address proves it to be.
fn asker(office: &mut Office, now: Now, request: &Request<'_>) -> Option<Mac> {
    let named = office.catalog.identify(Sign::PnpRequestUri(request.uri.as_bytes())).mac;
    let mac = named.or_else(|| provision::prove(office, now, &request.arrival).ok());
    mac.filter(|mac| mac.is_device())
}

fn weigh(office: &mut Office, now: Now, request: &Request<'_>, mac: Mac) {
    office.weigh(mac, Sign::PnpRequestUri(request.uri.as_bytes()));
    if let Some(event) = request.message.first(Name::Event) {
        office.weigh(mac, Sign::PnpEvent(event));
    }
    if let Some(agent) = request.message.first(Name::UserAgent) {
        office.weigh(mac, Sign::SipUserAgent(agent));
    }
    // A claimed address is no proof, so what it says is remembered only where ARP agrees.
    if request.arrival.neighbour == Neighbour::Is(mac) {
        office.remember_make(now, mac);
    }
}

/// Tells a step unless it was the last one; a phone asks up to five times.
fn once(office: &mut Office, now: Now, mac: Mac, step: Step) {
    let last = office.devices.get(&mac).and_then(|device| device.story.steps().next_back());
    if last.is_none_or(|(_, last)| *last != step) {
        office.step(now, mac, step);
    }
}

/// A tag that is the same for every repetition of a question.
fn tag(essentials: &Essentials<'_>, mac: Mac) -> String {
    let mut hash = Sha256::new();
    hash.update(mac.0);
    hash.update(essentials.call_id.as_bytes());
    let whole: [u8; 32] = hash.finalize().into();
    whole.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

fn accepted(office: &Office, request: &Request<'_>, tag: &str) -> Option<Vec<u8>> {
    write_response(request, 200, "", tag, |writer| {
        writer.header(Name::Expires, 0);
        writer.header(Name::Contact, format_args!("<sip:{}>", here(office, request)));
    })
}

fn notify(
    office: &mut Office,
    request: &Request<'_>,
    essentials: &Essentials<'_>,
    tag: &str,
    url: &str,
) -> Option<Vec<u8>> {
    let message = request.message;
    let copied = [Name::From, Name::To, Name::CallId, Name::Event];
    let length = |name| message.first(name).map_or(0, <[u8]>::len);
    let room = copied.into_iter().map(length).sum::<usize>() + url.len();
    let (_, uri) = contact(request).unwrap_or_else(|| {
        let address = back(request);
        (address, format!("sip:{address}"))
    });
    let mut bytes = vec![0; NOTIFY_EXTRA_BYTES + room + uri.len()];
    let branch = format!("{:016x}", office.chance.number());
    let own = here(office, request);
    let mut writer =
        Writer::request(&mut bytes, Method::Notify, &uri, Transport::Udp, own, &branch);
    writer.copy(message, Name::From);
    let to = String::from_utf8_lossy(message.first(Name::To).unwrap_or_default());
    match essentials.to.tag() {
        Some(_) => writer.header(Name::To, to),
        None => writer.header(Name::To, format_args!("{to};tag={tag}")),
    };
    writer.copy(message, Name::CallId);
    let number = essentials.cseq.number.saturating_add(CSEQ_AHEAD);
    writer.header(Name::CSeq, format_args!("{number} NOTIFY"));
    writer.header(Name::Contact, format_args!("<sip:{own}>"));
    writer.copy(message, Name::Event);
    writer.header(Name::SubscriptionState, "terminated;reason=timeout");
    writer.header(Name::ContentType, "application/url");
    let length = writer.finish(url.as_bytes()).ok()?.len();
    bytes.truncate(length);
    Some(bytes)
}

/// Where the phone wants its NOTIFY, if that is where it is: the address, and its URI as sent.
fn contact(request: &Request<'_>) -> Option<(SocketAddrV4, String)> {
    let contact = request.message.contacts().next()?.ok()?;
    let Contact::At(address) = contact else { return None };
    let uri = address.parsed_uri()?.sip()?;
    let port = uri.port.filter(|port| *port != 0).unwrap_or(SIP_PORT);
    let to = SocketAddrV4::new(uri.ipv4()?, port);
    (to.ip() == request.arrival.from.ip()).then(|| (to, address.uri.into()))
}

/// The way back where no Contact says better.
fn back(request: &Request<'_>) -> SocketAddrV4 {
    reply_address(request.message, request.arrival.from)
}

fn here(office: &Office, request: &Request<'_>) -> SocketAddrV4 {
    let own = provision::own_address(office, &request.arrival);
    SocketAddrV4::new(own, office.board.sip_port)
}
