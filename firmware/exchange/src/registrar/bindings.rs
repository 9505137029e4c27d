//! Which line is reached where, until when.
//!
//! A line's bindings are replaced as a whole, once every contact of a request was found in order,
//! so a request is carried out completely or not at all (RFC 3261 section 10.3 step 7). Bindings
//! live in memory only. A connection that closes takes no binding with it, only the way back: the
//! phone may still be reached at its Contact, and it says so itself before its time is over.

use super::wanted::{is_same_uri, Wanted, WantedContact};
use crate::limits::CONTACTS_PER_LINE_MAX;
use crate::names::{HandsetNo, InterfaceNo, LineNo, Side};
use crate::output::{Line, StreamNo};
use crate::request::Request;
use crate::sorted::{SortedMap, SortedSet};
use crate::time::{Instant, SECOND_MS};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::SocketAddrV4;
use sha2::{Digest, Sha256};
use wire::sip::{reply_address, Essentials, Uri, SIP_PORT};

/// A line of a handset.
pub(super) type At = (HandsetNo, LineNo);

/// One way to reach a line.
#[derive(Clone)]
pub(crate) struct Binding {
    /// The Contact URI as sent.
    pub(crate) contact: String,
    pub(crate) instance: Option<String>,
    pub(crate) reg_id: Option<u32>,
    pub(crate) quality: Option<u16>,
    /// By which port of the board the last request came, and from where.
    interface: InterfaceNo,
    pub(crate) source: SocketAddrV4,
    /// Where answers to a phone on the WAN go by UDP; `None` on the LAN.
    answered: Option<SocketAddrV4>,
    /// The connection it came over, while that is open.
    pub(crate) stream: Option<StreamNo>,
    /// Whether it came over a connection at all.
    by_stream: bool,
    pub(crate) expires_at: Instant,
    order: Order,
    renewed: Instant,
}

/// How a handset that is registered can be asked something.
pub(crate) struct Way {
    /// The line that registered last.
    pub(crate) line: LineNo,
    /// Its Contact URI as sent.
    pub(crate) contact: String,
    pub(crate) flow: Flow,
}

/// Where a request to a handset goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Flow {
    Datagram(InterfaceNo, SocketAddrV4),
    Stream(InterfaceNo, StreamNo),
}

/// A request's place among others of its call; the call as a hash, since it may be long.
#[derive(Clone, Copy)]
pub(super) struct Order {
    call: [u8; 32],
    cseq: u32,
}

impl Order {
    pub(super) fn of(essentials: &Essentials<'_>) -> Order {
        let call = Sha256::digest(essentials.call_id.as_bytes()).into();
        Order { call, cseq: essentials.cseq.number }
    }

    /// Whether a request comes after the one a binding was made by.
    fn follows(&self, binding: &Binding) -> bool {
        self.call != binding.order.call || self.cseq > binding.order.cseq
    }
}

/// What becomes of a line's bindings.
pub(super) struct Update {
    pub(super) bindings: Vec<Binding>,
    /// Whether a contact is new, or its phone is now at another address.
    pub(super) moved: bool,
    /// Whether a binding had to make room.
    pub(super) displaced: bool,
}

/// A request that came after a later one of its call.
pub(super) struct OutOfOrder;

impl Update {
    /// Works out what a request does to the bindings there are, without doing it.
    pub(super) fn of(
        live: Vec<Binding>,
        wanted: &Wanted<'_>,
        order: Order,
        request: &Request<'_>,
        now: Instant,
    ) -> Result<Update, OutOfOrder> {
        let in_order = match wanted {
            Wanted::List => true,
            Wanted::None => live.iter().all(|it| order.follows(it)),
            Wanted::Contacts(contacts) => contacts.iter().all(|contact| {
                let of_contact = |it: &&Binding| it.is_for(contact);
                live.iter().find(of_contact).is_none_or(|it| order.follows(it))
            }),
        };
        if !in_order {
            return Err(OutOfOrder);
        }
        let mut update = Update { bindings: live, moved: false, displaced: false };
        if matches!(wanted, Wanted::None) {
            update.bindings.clear();
        }
        for contact in wanted.contacts() {
            update.apply(contact, order, request, now);
        }
        Ok(update)
    }

    fn apply(
        &mut self,
        contact: &WantedContact<'_>,
        order: Order,
        request: &Request<'_>,
        now: Instant,
    ) {
        let at = self.bindings.iter().position(|it| it.is_for(contact));
        let former = at.map(|at| self.bindings.remove(at));
        if contact.expires_s == 0 {
            return;
        }
        let source = request.arrival.from;
        let binding = Binding {
            contact: contact.uri.to_string(),
            instance: contact.instance.map(ToString::to_string),
            reg_id: contact.reg_id,
            quality: contact.quality,
            interface: request.arrival.interface,
            source,
            answered: (request.arrival.side == Side::Wan)
                .then(|| reply_address(request.message, source)),
            stream: stream_of(request.line),
            by_stream: stream_of(request.line).is_some(),
            expires_at: now.after_ms(u64::from(contact.expires_s) * SECOND_MS),
            order,
            renewed: now,
        };
        self.moved |=
            former.is_none_or(|it| it.source.ip() != source.ip() || it.contact != binding.contact);
        if self.bindings.len() >= CONTACTS_PER_LINE_MAX {
            self.displace(&binding);
        }
        self.bindings.push(binding);
    }

    /// Takes the binding away that the new one most likely stands for: of the same instance, else
    /// of the same sender, else the one that was not renewed for longest.
    fn displace(&mut self, by: &Binding) {
        let worth = |it: &Binding| {
            let twin = by.instance.is_some() && it.instance == by.instance;
            (!twin, it.source != by.source, it.renewed)
        };
        let least = self.bindings.iter().enumerate().min_by_key(|(_, it)| worth(it));
        if let Some(at) = least.map(|(at, _)| at) {
            self.bindings.remove(at);
            self.displaced = true;
        }
    }
}

impl Binding {
    /// Where it is reached: by its connection while that is open, at its Contact if that is at the
    /// address it registered from; and else there, since a NAT may lie between.
    ///
    /// On the WAN a Contact says nothing that a NAT would not change. A phone that asks for `rport`
    /// (RFC 3581) hears where it speaks and keeps that way open; of another one the router has to
    /// forward the port that its Via names, and answers go there already.
    fn flow(&self) -> Option<Flow> {
        if self.by_stream {
            return self.stream.map(|stream| Flow::Stream(self.interface, stream));
        }
        // RFC 5626 section 5.3: what is bound by its flow is reached by it and by nothing else.
        if self.reg_id.is_some() {
            return Some(Flow::Datagram(self.interface, self.source));
        }
        if let Some(to) = self.answered {
            return Some(Flow::Datagram(self.interface, to));
        }
        let uri = Uri::parse(&self.contact).and_then(Uri::sip)?;
        let port = uri.port.filter(|port| *port != 0).unwrap_or(SIP_PORT);
        let to = match uri.ipv4() {
            Some(address) if address == *self.source.ip() => SocketAddrV4::new(address, port),
            Some(_) | None => self.source,
        };
        Some(Flow::Datagram(self.interface, to))
    }

    /// Whether a contact means this binding: by its flow where it has one (RFC 5626 section 6),
    /// else by its URI.
    fn is_for(&self, contact: &WantedContact<'_>) -> bool {
        match (self.reg_id, contact.reg_id) {
            (Some(ours), Some(theirs)) => {
                ours == theirs && self.instance.as_deref() == contact.instance
            }
            (None, None) => is_same_uri(&self.contact, contact.uri),
            (Some(_), None) | (None, Some(_)) => false,
        }
    }
}

fn stream_of(line: Line) -> Option<StreamNo> {
    match line {
        Line::SipStream(stream) => Some(stream),
        Line::Dhcp
        | Line::Tftp
        | Line::Transfer(_)
        | Line::Sip
        | Line::SipMulticast
        | Line::Mdns
        | Line::DhcpClient => None,
    }
}

/// The bindings of all lines.
#[derive(Default)]
pub(super) struct Bindings {
    lines: SortedMap<At, Vec<Binding>>,
    /// When the first binding of a line ends.
    due: SortedSet<(Instant, At)>,
    /// Which lines were registered over a connection that is open.
    streams: SortedSet<(StreamNo, At)>,
}

impl Bindings {
    /// A line's bindings that still hold.
    pub(super) fn of(&self, at: At, now: Instant) -> impl Iterator<Item = &Binding> {
        let bindings = self.lines.get(&at).map(Vec::as_slice).unwrap_or_default();
        bindings.iter().filter(move |it| it.expires_at > now)
    }

    /// Whether any line of a handset is registered.
    pub(super) fn any_of(&self, handset: HandsetNo, now: Instant) -> bool {
        let lines = self.lines.range((handset, LineNo::FIRST)..);
        let mut lines = lines.take_while(|((of, _), _)| *of == handset);
        lines.any(|(_, bindings)| bindings.iter().any(|it| it.expires_at > now))
    }

    /// The way to a handset by what it registered last and can still be reached by.
    pub(super) fn way_to(&self, handset: HandsetNo, now: Instant) -> Option<Way> {
        let lines = self.lines.range((handset, LineNo::FIRST)..);
        let lines = lines.take_while(|((of, _), _)| *of == handset);
        let live = lines.flat_map(|((_, line), bindings)| {
            let live = bindings.iter().filter(|it| it.expires_at > now);
            live.filter_map(|it| Some((it.renewed, *line, it, it.flow()?)))
        });
        let (_, line, binding, flow) = live.max_by_key(|(renewed, line, ..)| {
            // Of several lines that registered at once the first one.
            (*renewed, core::cmp::Reverse(*line))
        })?;
        Some(Way { line, contact: binding.contact.clone(), flow })
    }

    /// Replaces a line's bindings.
    pub(super) fn put(&mut self, at: At, bindings: Vec<Binding>) {
        if let Some(due) = self.lines.get(&at).and_then(|it| first_end(it)) {
            self.due.remove(&(due, at));
        }
        self.streams.extend(bindings.iter().filter_map(|it| Some((it.stream?, at))));
        match first_end(&bindings) {
            Some(due) => {
                self.due.insert((due, at));
                self.lines.insert(at, bindings);
            }
            None => drop(self.lines.remove(&at)),
        }
    }

    /// Ends what is over; gives the next line that is no longer registered because of it.
    pub(super) fn expire(&mut self, now: Instant) -> Option<At> {
        loop {
            let (_, at) = *self.due.first().filter(|(due, _)| *due <= now)?;
            let left: Vec<Binding> = self.of(at, now).cloned().collect();
            let lost = left.is_empty();
            self.put(at, left);
            if lost {
                return Some(at);
            }
        }
    }

    /// When the next binding ends.
    pub(super) fn next_end(&self) -> Option<Instant> {
        self.due.first().map(|(due, _)| *due)
    }

    /// Forgets the way over a connection.
    pub(super) fn closed(&mut self, stream: StreamNo) {
        let first = (stream, (HandsetNo(0), LineNo::FIRST));
        while let Some(&(of, at)) = self.streams.range(first..).next() {
            if of != stream {
                return;
            }
            self.streams.remove(&(of, at));
            let bindings = self.lines.get_mut(&at).into_iter().flatten();
            bindings.filter(|it| it.stream == Some(stream)).for_each(|it| it.stream = None);
        }
    }

    /// Ends all bindings of a handset, or of one of its lines.
    pub(super) fn forget(&mut self, handset: HandsetNo, line: Option<LineNo>) {
        let lines = self.lines.range((handset, LineNo::FIRST)..);
        let lines = lines.map(|(at, _)| *at).take_while(|(of, _)| *of == handset);
        let lines: Vec<At> = lines.filter(|(_, no)| line.is_none_or(|it| it == *no)).collect();
        for at in lines {
            self.put(at, Vec::new());
        }
    }
}

fn first_end(bindings: &[Binding]) -> Option<Instant> {
    bindings.iter().map(|it| it.expires_at).min()
}
