//! A phone is rung so that somebody finds it: an INVITE without an offer, taken back after ten
//! seconds.
//!
//! RFC 3261 sections 9.1, 13.2 and 17.1.1. No call comes of it, whatever the phone answers:
//!
//! | state | event | what happens |
//! |---|---|---|
//! | Calling | timer A | the INVITE again; A doubles |
//! | Calling | 1xx | Proceeding |
//! | Proceeding | ten seconds are over | CANCEL; one cannot be sent before a 1xx (9.1) |
//! | Cancelling | timer E | the CANCEL again |
//! | any of these | 3xx to 6xx | ACK; that is the end |
//! | any of these, Leaving | 2xx | ACK, whose answer takes no stream; then BYE: Leaving |
//! | Leaving | timer E | the BYE again, until an answer to it |
//! | any | 32 seconds after what was sent last | given up |
//!
//! A final answer that comes again is acknowledged again, until the row is dropped. Over a stream
//! nothing is repeated. What a phone says about it is told in its story and believed of nobody.

use super::resync::{parameter, sent_by, way};
use crate::command::Refusal;
use crate::limits::{OFFERED_STREAMS_MAX, RINGS_AT_ONCE, RING_MS, URI_BYTES_MAX};
use crate::names::HandsetNo;
use crate::office::Office;
use crate::output::{Arrival, Line, To};
use crate::registrar::{Flow, Registrar};
use crate::resync::{Rung, ANSWER_MS};
use crate::sorted::SortedMap;
use crate::story::Step;
use crate::time::{Instant, Now};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt::Write;
use core::net::SocketAddrV4;
use wire::sip::{CSeq, Contact, Message, Method, Name, Transport, Writer, BRANCH_COOKIE};
use wire::Mac;

/// RFC 3261 section 17.1.1.1.
const T1_MS: u64 = 500;
/// RFC 3261 section 17.1.2.2.
const T2_MS: u64 = 4_000;
/// Bytes of a request beyond what the phone's own words add to it.
const REQUEST_BYTES: usize = 2 * 1_024;

/// The phones that are rung.
#[derive(Default)]
pub(super) struct Ring {
    calls: SortedMap<HandsetNo, Call>,
}

/// One phone that is rung.
struct Call {
    mac: Mac,
    flow: Flow,
    transport: Transport,
    own: SocketAddrV4,
    /// Whom the requests name, as they begin; after a 2xx the Contact in it.
    target: String,
    to: String,
    call_id: String,
    tag: u64,
    /// Of the INVITE, and so of its CANCEL and of an ACK that ends it.
    branch: u64,
    state: State,
    /// When it is taken back.
    until: Instant,
    over: Instant,
    again: Option<Again>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Calling,
    Proceeding,
    Cancelling,
    /// The branch of the BYE.
    Leaving(u64),
    /// Over; a repeated final answer is still acknowledged.
    Over,
}

/// What is sent again, and when.
struct Again {
    bytes: Vec<u8>,
    at: Instant,
    interval_ms: u64,
    most_ms: u64,
}

impl Ring {
    /// Rings a handset.
    pub(super) fn ring(
        &mut self,
        office: &mut Office,
        registrar: &Registrar,
        now: Now,
        no: HandsetNo,
    ) -> Result<(), Refusal> {
        let known = office.durable.handset(no).ok_or(Refusal::NoSuchHandset)?;
        let mac = known.mac;
        let found = way(office, registrar, no, now.mono).ok_or(Refusal::NotReachable)?;
        let line = office.durable.handset(no).and_then(|known| known.line(found.line));
        let login = line.ok_or(Refusal::NoSuchLine)?.login.text();
        self.calls.retain(|_, call| call.over > now.mono);
        let busy = self.calls.get(&no).is_some_and(|call| call.state != State::Over);
        if busy || self.calls.len() >= RINGS_AT_ONCE {
            return Err(Refusal::AskedAlready);
        }
        let (transport, own) = sent_by(office, found.flow).ok_or(Refusal::NotReachable)?;
        let host = own.ip();
        let mut call = Call {
            mac,
            flow: found.flow,
            transport,
            own,
            // RFC 3261 section 19.1.1: a Request-URI has no headers.
            target: found.contact.split('?').next().unwrap_or_default().to_string(),
            to: format!("<sip:{login}@{host}>"),
            call_id: format!("{:016x}@{host}", office.chance.number()),
            tag: office.chance.number(),
            branch: office.chance.number(),
            state: State::Calling,
            until: now.mono.after_ms(RING_MS),
            over: now.mono.after_ms(ANSWER_MS),
            again: None,
        };
        let invite = call.write(Method::Invite, 1, call.branch, "").ok_or(Refusal::NotReachable)?;
        office.speak_of(now, mac);
        office.step(now, mac, Step::Rung(Rung::Begins));
        call.send(office, now.mono, invite, Some(u64::MAX));
        self.calls.insert(no, call);
        Ok(())
    }

    /// Forgets a handset that is no more.
    pub(super) fn forget(&mut self, no: HandsetNo) {
        self.calls.remove(&no);
    }

    /// Whether a request of a phone belongs to what it was rung with.
    pub(super) fn has(&self, call_id: &str) -> bool {
        self.calls.values().any(|call| call.call_id == call_id)
    }

    /// A response came; `false` if it is none to what is sent here.
    pub(super) fn response(
        &mut self,
        office: &mut Office,
        now: Now,
        (arrival, line): (Arrival, Line),
        (message, code): (&Message<'_>, u16),
    ) -> bool {
        let Some(branch) = message.via().ok().and_then(|via| via.branch()) else { return false };
        let cseq = message.first(Name::CSeq).and_then(CSeq::parse);
        let Some(method) = cseq.map(|cseq| cseq.method) else { return false };
        let theirs = |call: &&mut Call| call.is_to(branch, method) && call.came_by(arrival, line);
        let Some(call) = self.calls.values_mut().find(theirs) else { return false };
        if method == Method::Invite {
            call.invited(office, now, message, code);
        } else if code >= 200 {
            // After a CANCEL the INVITE itself is still answered.
            call.again = None;
            if method == Method::Bye {
                call.state = State::Over;
            }
        }
        true
    }

    /// Sends again, takes back, gives up.
    pub(super) fn tick(&mut self, office: &mut Office, now: Now) {
        for call in self.calls.values_mut() {
            call.tick(office, now);
        }
        self.calls.retain(|_, call| call.over > now.mono);
    }

    /// When [`Ring::tick`] has something to do.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let each = self.calls.values().map(|call| {
            let again = call.again.as_ref().map(|again| again.at);
            let back = Some(call.until).filter(|_| call.state == State::Proceeding);
            again.into_iter().chain(back).fold(call.over, Instant::min)
        });
        each.min()
    }
}

impl Call {
    /// Whether a response with this branch and method is one to what was sent.
    fn is_to(&self, branch: &str, method: Method<'_>) -> bool {
        let own = match (method, self.state) {
            (Method::Invite | Method::Cancel, _) => self.branch,
            (Method::Bye, State::Leaving(branch)) => branch,
            _other => return false,
        };
        branch == format!("{BRANCH_COOKIE}{own:016x}")
    }

    fn came_by(&self, arrival: Arrival, line: Line) -> bool {
        match self.flow {
            Flow::Datagram(interface, to) => {
                line == Line::Sip && arrival.interface == interface && arrival.from.ip() == to.ip()
            }
            Flow::Stream(_, stream) => line == Line::SipStream(stream),
        }
    }

    /// The INVITE is answered.
    fn invited(&mut self, office: &mut Office, now: Now, message: &Message<'_>, code: u16) {
        match (code, self.state) {
            (..200, State::Calling) => {
                (self.again, self.state) = (None, State::Proceeding);
                self.over = now.mono.after_ms(RING_MS + ANSWER_MS);
                self.take_back(office, now);
            }
            (..200, _) => (),
            (200..300, _) => self.leave(office, now, message),
            (300.., state) => {
                if state != State::Over {
                    let taken_back = state == State::Cancelling;
                    let rung = if taken_back { Rung::Ended } else { Rung::Refused(code) };
                    office.step(now, self.mac, Step::Rung(rung));
                }
                self.hear_to(message);
                if let Some(ack) = self.write(Method::Ack, 1, self.branch, "") {
                    self.send(office, now.mono, ack, None);
                }
                (self.again, self.state) = (None, State::Over);
                self.over = now.mono.after_ms(ANSWER_MS);
            }
        }
    }

    /// Somebody took the handset off, or the phone answers by itself: it is hung up at once.
    fn leave(&mut self, office: &mut Office, now: Now, message: &Message<'_>) {
        self.hear_to(message);
        let contact = message.contacts().flatten().find_map(|contact| match contact {
            Contact::At(address) => Some(address.uri),
            Contact::Star => None,
        });
        let target = contact.filter(|uri| is_plain(uri, ""));
        if let Some(target) = target {
            self.target = target.split('?').next().unwrap_or_default().to_string();
        }
        let ack = self.write(Method::Ack, 1, office.chance.number(), &turned_down(message.body));
        if let Some(ack) = ack {
            self.send(office, now.mono, ack, None);
        }
        if matches!(self.state, State::Leaving(_) | State::Over) {
            return;
        }
        office.step(now, self.mac, Step::Rung(Rung::Answered));
        let branch = office.chance.number();
        self.state = State::Leaving(branch);
        self.over = now.mono.after_ms(ANSWER_MS);
        if let Some(bye) = self.write(Method::Bye, 2, branch, "") {
            self.send(office, now.mono, bye, Some(T2_MS));
        }
    }

    /// The To of a final answer has the tag that later requests name.
    fn hear_to(&mut self, message: &Message<'_>) {
        let to = message.text(Name::To).filter(|to| is_plain(to, " <>"));
        if let Some(to) = to {
            self.to = to.to_string();
        }
    }

    fn tick(&mut self, office: &mut Office, now: Now) {
        if self.over <= now.mono && self.state == State::Calling {
            office.step(now, self.mac, Step::Rung(Rung::Silent));
        }
        // It rang, and did not even say that it stopped.
        if self.over <= now.mono && self.state == State::Cancelling {
            office.step(now, self.mac, Step::Rung(Rung::Ended));
        }
        self.take_back(office, now);
        let due = self.again.as_mut().filter(|again| again.at <= now.mono);
        let Some(again) = due.filter(|_| self.over > now.mono) else { return };
        again.interval_ms = again.interval_ms.saturating_mul(2).min(again.most_ms);
        again.at = now.mono.after_ms(again.interval_ms);
        let bytes = again.bytes.clone();
        self.depart(office, bytes);
    }

    fn take_back(&mut self, office: &mut Office, now: Now) {
        if self.state != State::Proceeding || self.until > now.mono {
            return;
        }
        self.state = State::Cancelling;
        self.over = now.mono.after_ms(ANSWER_MS);
        if let Some(cancel) = self.write(Method::Cancel, 1, self.branch, "") {
            self.send(office, now.mono, cancel, Some(T2_MS));
        }
    }

    /// Sends a request, and again with twice the time between each time up to `most_ms`.
    fn send(&mut self, office: &mut Office, now: Instant, bytes: Vec<u8>, most_ms: Option<u64>) {
        if let (Some(most_ms), Flow::Datagram(..)) = (most_ms, self.flow) {
            let (at, bytes) = (now.after_ms(T1_MS), bytes.clone());
            self.again = Some(Again { bytes, at, interval_ms: T1_MS, most_ms });
        }
        self.depart(office, bytes);
    }

    fn depart(&self, office: &mut Office, bytes: Vec<u8>) {
        let (interface, line, to) = match self.flow {
            Flow::Datagram(interface, to) => (interface, Line::Sip, To::Address(to)),
            Flow::Stream(interface, stream) => (interface, Line::SipStream(stream), To::Peer),
        };
        let after = office.relies_on(self.mac);
        office.send(interface, line, to, bytes, after);
    }

    /// The bytes of a request; `None` where they would be too many.
    fn write(&self, method: Method<'_>, cseq: u32, branch: u64, sdp: &str) -> Option<Vec<u8>> {
        let words = 2 * self.target.len() + self.to.len() + sdp.len();
        let mut bytes = vec![0; REQUEST_BYTES + words];
        let (own, host) = (self.own, self.own.ip());
        let branch = format!("{branch:016x}");
        let target = self.target.as_str();
        let mut writer = Writer::request(&mut bytes, method, target, self.transport, own, &branch);
        let tag = self.tag;
        writer.header(
            Name::From,
            format_args!("\"Find this phone\" <sip:dialtone@{host}>;tag={tag:016x}"),
        );
        writer.header(Name::To, &self.to);
        writer.header(Name::CallId, &self.call_id);
        writer.header(Name::CSeq, format_args!("{cseq} {}", method.as_str()));
        if method == Method::Invite {
            let by = parameter(self.transport);
            writer.header(Name::Contact, format_args!("<sip:dialtone@{own}{by}>"));
            writer.header(Name::Allow, super::ALLOW);
        }
        if !sdp.is_empty() {
            writer.header(Name::ContentType, "application/sdp");
        }
        let length = writer.finish(sdp.as_bytes()).ok()?.len();
        bytes.truncate(length);
        Some(bytes)
    }
}

/// Whether what a phone said may stand in a request to it: nothing in it ends a line, or is one of
/// these letters that it may not have.
fn is_plain(said: &str, may: &str) -> bool {
    let odd = |letter: char| {
        letter.is_control() || (matches!(letter, ' ' | '<' | '>') && !may.contains(letter))
    };
    said.len() <= URI_BYTES_MAX && !said.contains(odd)
}

/// The answer to an offer that takes none of its streams (RFC 3264 section 6): each with port 0.
/// Empty where there is no offer.
fn turned_down(offer: &[u8]) -> String {
    let mut answer = String::new();
    let lines =
        offer.split(|byte| *byte == b'\n').filter_map(|line| core::str::from_utf8(line).ok());
    let streams = lines.filter_map(|line| line.trim_end().strip_prefix("m="));
    for stream in streams.take(OFFERED_STREAMS_MAX) {
        let mut words = stream.split(' ');
        let (Some(media), Some(_port), Some(by)) = (words.next(), words.next(), words.next())
        else {
            continue;
        };
        let Some(format) = words.next() else { continue };
        if answer.is_empty() {
            answer.push_str(
                "v=0\r\no=dialtone 1 1 IN IP4 0.0.0.0\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n",
            );
        }
        // Writing to a String cannot fail.
        let _ = write!(answer, "m={media} 0 {by} {format}\r\n");
    }
    answer
}
