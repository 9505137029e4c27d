//! The SIP door: which messages are heard, from whom, and who answers them.
//!
//! ```text
//! datagram ─▶ side ─▶ parse ─▶ heard before? ─▶ may it be asked? ─┬▶ registrar  REGISTER
//!                                  └▶ the same bytes again        ├▶ pnp        ua-profile
//!                                                                 └▶ a fixed answer
//! ```
//!
//! A request gets one answer, and its repetitions get the same bytes (RFC 3261 section 17.2.2),
//! held back by the same fact where the first was. The multicast group hears nothing but phones
//! that look for their configuration. A reply goes to the address its request came from and nowhere
//! else.
//!
//! RFC 3261 sections 8.2, 11, 17.2 and 18.2, RFC 3581, RFC 5626 section 3.5, RFC 6665 section
//! 4.2. Not implemented: 482, which is for servers that a fork of proxies can reach twice;
//! repeating the answer to an INVITE until its ACK, since the caller repeats the INVITE as long as
//! he hears nothing (section 8.2.7); 415, since no request served here has a body worth reading.
//! Keep-alives through a NAT are answered: line ends over TCP, STUN over UDP ([`wire::stun`]).
//! The requests that the box makes are NOTIFYs, to a phone that looks for its configuration, which
//! asks again if it missed it, so that its response is not waited for, and those of `resync`; and
//! what `ring` needs.

mod answers;
mod claim;
mod resync;
mod ring;

use crate::command::Refusal;
use crate::names::{HandsetNo, LineNo, RecordNo, Side};
use crate::note::{Note, Protocol};
use crate::office::Office;
use crate::output::{Arrival, Line, StreamNo, To};
use crate::pnp;
use crate::registrar::Registrar;
use crate::request::{self, Reply, Request};
use crate::resync::{Asked, ClockTime, Errand, Selection};
use crate::time::{Instant, Now};
use alloc::string::String;
use alloc::vec::Vec;
use answers::{Answers, Key};
use resync::Resync;
use ring::Ring;
use wire::sip::{Bad, Malformed, Message, Method, Name, Start, Transport, Uri, PONG};

/// What the box answers with anything but 405 or 501 (RFC 3261 section 20.5).
const ALLOW: &str = "ACK, BYE, CANCEL, INVITE, NOTIFY, OPTIONS, REGISTER, SUBSCRIBE";

/// The only event a phone can ask for here (RFC 6080).
pub(crate) const UA_PROFILE: &str = "ua-profile";

/// The extension that a REGISTER may require (RFC 5626).
const OUTBOUND: &str = "outbound";

/// Everything that speaks SIP.
#[derive(Default)]
pub(crate) struct Sip {
    answers: Answers,
    registrar: Registrar,
    resync: Resync,
    ring: Ring,
}

/// The doors.
impl Sip {
    /// Takes a datagram, or one message of a stream.
    pub(crate) fn datagram(
        &mut self,
        office: &mut Office,
        now: Now,
        arrival: Arrival,
        line: Line,
        bytes: &[u8],
    ) {
        if arrival.side == Side::Lan && !office.board.in_lan(*arrival.from.ip()) {
            return office.note(now, Note::Outsider(Protocol::Sip, *arrival.from.ip()));
        }
        let stream = matches!(line, Line::SipStream(_));
        if stream && bytes == b"\r\n\r\n" {
            let pong = PONG.to_vec();
            return office.send(arrival.interface, line, To::Peer, pong, RecordNo(0));
        }
        let transport = if stream { Transport::Tcp } else { Transport::Udp };
        match Message::parse(bytes, transport) {
            Ok(message) => match message.start {
                Start::Request { method, uri } => {
                    let request = Request { message: &message, method, uri, arrival, line };
                    self.request(office, now, &request);
                }
                Start::Response { code } => {
                    let (came, said) = ((arrival, line), (&message, code));
                    if !self.ring.response(office, now, came, said) {
                        self.resync.response(office, &self.registrar, now, came, said);
                    }
                }
            },
            // Line ends keep a NAT binding open, and so does STUN, whose first bytes are 0 and 1.
            Err(Malformed::Empty) => {}
            Err(_) if matches!(bytes, [0 | 1, ..]) => told_by_stun(office, arrival, line, bytes),
            Err(
                Malformed::NotSip
                | Malformed::Truncated
                | Malformed::HeaderLine
                | Malformed::TooManyHeaders,
            ) => {
                let note = Note::Malformed(Protocol::Sip, *arrival.from.ip());
                office.note(now, note);
            }
        }
    }

    /// The other end closed a connection: what was registered over it stays, without a way to it.
    pub(crate) fn closed(&mut self, _office: &mut Office, _now: Now, stream: StreamNo) {
        self.registrar.closed(stream);
    }

    /// Ends the registrations whose time is over, and goes on with what handsets are asked.
    pub(crate) fn tick(&mut self, office: &mut Office, now: Now) {
        self.registrar.tick(office, now);
        self.resync.tick(office, &self.registrar, now);
        self.ring.tick(office, now);
    }

    /// When [`Sip::tick`] has something to do.
    pub(crate) fn next_deadline(&self, now: Instant) -> Option<Instant> {
        let ends = self.registrar.next_deadline();
        let asked = self.resync.next_deadline(now);
        ends.into_iter().chain(asked).chain(self.ring.next_deadline()).min()
    }

    /// Until when a line is registered; `None` when it is not.
    pub(crate) fn registered_until(
        &self,
        handset: HandsetNo,
        line: LineNo,
        now: Instant,
    ) -> Option<Instant> {
        self.registrar.registered_until(handset, line, now)
    }

    /// Ends the registrations of a handset, or of one of its lines, that is no more.
    pub(crate) fn forget(&mut self, handset: HandsetNo, line: Option<LineNo>) {
        self.registrar.forget(handset, line);
        if line.is_none() {
            self.resync.forget(handset);
            self.ring.forget(handset);
        }
    }

    /// Has handsets asked to fetch their files again or to restart; says how many.
    pub(crate) fn ask(
        &mut self,
        office: &mut Office,
        now: Now,
        whom: &Selection,
        errand: Errand,
        when: Option<ClockTime>,
    ) -> Result<usize, Refusal> {
        self.resync.ask(office, &self.registrar, now, (whom, errand, when))
    }

    /// Rings a handset for ten seconds, so that somebody finds it.
    pub(crate) fn ring(
        &mut self,
        office: &mut Office,
        now: Now,
        handset: HandsetNo,
    ) -> Result<(), Refusal> {
        self.ring.ring(office, &self.registrar, now, handset)
    }

    /// Takes back whatever handsets were not asked yet.
    pub(crate) fn call_off(&mut self, office: &mut Office) -> Result<(), Refusal> {
        self.resync.call_off(office)
    }

    /// Looks whether those that were asked came for their files, and asks those whose files were
    /// changed by somebody who waits for it.
    pub(crate) fn settle(&mut self, office: &mut Office, now: Now) {
        self.resync.settle(office, &self.registrar, now);
        for handset in core::mem::take(&mut office.seats.resyncs) {
            // One that cannot be asked has it when it starts; one that is asked already comes.
            let _ = self.ask(office, now, &Selection::One(handset), Errand::Resync, None);
        }
    }

    /// Whether any line of a handset is registered.
    pub(crate) fn is_registered(&self, handset: HandsetNo, now: Instant) -> bool {
        self.registrar.any_of(handset, now)
    }

    /// What a handset was last asked, and what came of it.
    pub(crate) fn asked(&self, office: &Office, now: Now, handset: HandsetNo) -> Option<Asked> {
        self.resync.asked(office, now, handset)
    }

    /// When the quiet hour is for which handsets are planned.
    pub(crate) fn planned(&self) -> Option<ClockTime> {
        self.resync.planned()
    }
}

/// One request.
impl Sip {
    fn request(&mut self, office: &mut Office, now: Now, request: &Request<'_>) {
        // RFC 3261 section 17: there is no response to an ACK.
        if request.method == Method::Ack || !self.registrar.hears(office, now, request) {
            return;
        }
        if request.line == Line::SipMulticast {
            if is_for_pnp(request) && request.message.essentials().is_ok() {
                pnp::answer(office, now, request);
            }
            return;
        }
        let essentials = match request.message.essentials() {
            Ok(essentials) => essentials,
            Err(bad) => return self.malformed(office, now, request, bad),
        };
        let key = Key::of(request, &essentials);
        if let Some((bytes, after)) = self.answers.again(&key, now.mono) {
            return request::send(office, request, bytes.to_vec(), after);
        }
        let Some(reply) = self.answer(office, now, request) else { return };
        let Some(bytes) = reply.write(office, request) else { return };
        // RFC 3261 section 17.2.2: nothing is repeated over a transport that loses nothing.
        if request.transport() == Transport::Udp {
            self.answers.keep(key, now.mono, &bytes, &reply);
        }
        request::send(office, request, bytes, reply.after);
        // Behind the answer: a phone that dialled who sits there comes for its file then.
        if !office.seats.resyncs.is_empty() {
            self.settle(office, now);
        }
    }

    /// Answers a request whose essential headers cannot be used with what there is.
    fn malformed(&mut self, office: &mut Office, now: Now, request: &Request<'_>, bad: Bad) {
        office.note(now, Note::Malformed(Protocol::Sip, *request.arrival.from.ip()));
        // Without a Via no answer would find its request.
        if bad == Bad::Missing(Name::Via) {
            return;
        }
        let reply = Reply::because(bad.code(), bad);
        if let Some(bytes) = reply.write(office, request) {
            request::send(office, request, bytes, reply.after);
        }
    }

    /// Decides what to say; `None` is silence.
    fn answer(&mut self, office: &mut Office, now: Now, request: &Request<'_>) -> Option<Reply> {
        let refused = || refusal(office, request);
        match request.method {
            Method::Register => refused().or_else(|| self.registrar.register(office, now, request)),
            Method::Subscribe => match refused() {
                Some(refused) => Some(refused),
                None => subscribe(office, now, request),
            },
            Method::Options => Some(refused().unwrap_or_else(options)),
            // Calls are not made here yet. 480 says "not now" about whoever was dialled, known or
            // not; 503 would make phones look for another server, and 404 blame the caller.
            Method::Invite => match refused() {
                Some(refused) => Some(refused),
                None => claim::answer(&mut self.registrar, office, now, request)
                    .unwrap_or_else(|| Some(Reply::new(480))),
            },
            // Who was rung and answered may be the first to hang up.
            Method::Bye
                if self.ring.has(request.message.text(Name::CallId).unwrap_or_default()) =>
            {
                Some(Reply::new(200))
            }
            // There is no other dialog or call of the box's that these could belong to.
            Method::Bye | Method::Cancel | Method::Notify => Some(Reply::new(481)),
            Method::Message
            | Method::Info
            | Method::Publish
            | Method::Refer
            | Method::Prack
            | Method::Update => Some(Reply::new(405).with(Name::Allow, ALLOW)),
            Method::Other(_) => Some(Reply::new(501).with(Name::Allow, ALLOW)),
            Method::Ack => None,
        }
    }
}

/// What no request may have, whatever it asks (RFC 3261 sections 8.2.2.1, 8.2.2.3 and 16.3).
fn refusal(office: &Office, request: &Request<'_>) -> Option<Reply> {
    let uri = match Uri::parse(request.uri) {
        Some(Uri::Sip(uri)) if !uri.secure || came_by_tls(office, request.line) => uri,
        // `sips` promises TLS on the whole way, which is broken already.
        Some(Uri::Sip(_) | Uri::Other(_)) => return Some(Reply::new(416)),
        None => return Some(Reply::new(400)),
    };
    // RFC 4475 section 3.3.11: whoever is meant takes no notice; others would have to pass it on.
    let spent = request.message.essentials().is_ok_and(|it| it.max_forwards == Some(0));
    if spent && !office.serves(uri.host) {
        return Some(Reply::new(483));
    }
    let unknown = request.message.list(Name::Require).filter(|tag| {
        !(request.method == Method::Register && tag.eq_ignore_ascii_case(OUTBOUND.as_bytes()))
    });
    let unsupported: Vec<_> = unknown.map(String::from_utf8_lossy).collect();
    let unsupported = unsupported.join(", ");
    (!unsupported.is_empty()).then(|| Reply::new(420).with(Name::Unsupported, unsupported))
}

fn came_by_tls(office: &Office, line: Line) -> bool {
    match line {
        Line::SipStream(stream) => office.is_secured(stream),
        Line::Dhcp
        | Line::DhcpClient
        | Line::Tftp
        | Line::Transfer(_)
        | Line::Sip
        | Line::SipMulticast
        | Line::Mdns => false,
    }
}

/// RFC 3261 section 11.2. The body named is the one that every caller assumes where none is named.
fn options() -> Reply {
    Reply::new(200)
        .with(Name::Allow, ALLOW)
        .with(Name::Accept, "application/sdp")
        .with(Name::Supported, OUTBOUND)
        .with(Name::AllowEvents, UA_PROFILE)
}

fn subscribe(office: &mut Office, now: Now, request: &Request<'_>) -> Option<Reply> {
    match request.message.event() {
        Err(bad) if bad != Bad::Missing(Name::Event) => Some(Reply::because(bad.code(), bad)),
        Err(_) => Some(bad_event()),
        Ok(_) if !is_for_pnp(request) => Some(bad_event()),
        Ok(_) => {
            pnp::answer(office, now, request);
            None
        }
    }
}

/// RFC 6665 section 4.2.1.1.
fn bad_event() -> Reply {
    Reply::new(489).with(Name::AllowEvents, UA_PROFILE)
}

/// Whether this is a phone that looks for its configuration.
fn is_for_pnp(request: &Request<'_>) -> bool {
    let about_profile =
        || request.message.event().is_ok_and(|it| it.package.eq_ignore_ascii_case(UA_PROFILE));
    request.method == Method::Subscribe && request.transport() == Transport::Udp && about_profile()
}

/// Tells whoever asks by STUN from where he is seen, by the same socket.
fn told_by_stun(office: &mut Office, arrival: Arrival, line: Line, bytes: &[u8]) {
    let reply = wire::stun::answer(bytes, arrival.from).filter(|_| line == Line::Sip);
    if let Some(reply) = reply {
        let to = To::Address(arrival.from);
        office.send(arrival.interface, line, to, reply.to_vec(), RecordNo(0));
    }
}
