//! One phone: a Yealink from DISCOVER to registered, as little of it as the box can tell apart.
//!
//! It broadcasts DISCOVER and REQUEST (RFC 2131), asks by ARP where its server is, fetches
//! `<mac>.cfg` from the folder that option 66 names by a TCP of its own, reads its account there
//! and answers the digest challenge of its REGISTER (RFC 3261 section 22). Its bytes for DHCP and
//! SIP are those of the simulated phones. What gets no answer is sent again: DHCP and TCP after
//! 1 s, SIP after 0.5 s and then after twice as long each time.

use super::frame::{Batch, Ends, Mac, Segment, ACK, BROADCAST, FIN, PSH, RST, SYN};
use super::{dhcp, http, sip};
use phones::builders;
use std::net::Ipv4Addr;

const SECOND_NS: u64 = 1_000_000_000;
const SIP_T1_NS: u64 = SECOND_NS / 2;
const SIP_PORT: u16 = 5060;
const ANYBODY: (Ipv4Addr, u16) = (Ipv4Addr::BROADCAST, 67);

/// How far a phone is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Has sent DISCOVER.
    Discovering,
    /// Has sent REQUEST.
    Requesting,
    /// Has asked where its server is.
    Asking,
    /// Has sent SYN.
    Connecting,
    /// Has sent GET.
    Fetching,
    /// Has sent REGISTER.
    Registering,
    /// Has its dial tone.
    Registered,
    /// Was told something it cannot go on with.
    Stuck(&'static str),
}

/// What had to be sent again.
#[derive(Clone, Copy, Default)]
pub(crate) struct Again {
    pub(crate) dhcp: u32,
    pub(crate) arp: u32,
    pub(crate) tcp: u32,
    pub(crate) sip: u32,
}

/// What a phone was told, and so relies on.
#[derive(Clone)]
pub(crate) struct Told {
    pub(crate) mac: Mac,
    /// The address of an ACK.
    pub(crate) address: Option<Ipv4Addr>,
    /// The user and the password in its file.
    pub(crate) account: Option<(String, String)>,
    /// Whether its REGISTER was answered with 200.
    pub(crate) registered: bool,
}

/// The connection to the web server, sequence numbers of RFC 9293.
#[derive(Default)]
struct Connection {
    port: u16,
    next: u32,
    awaited: u32,
    /// Bytes of the request.
    sent: u32,
    closing: bool,
}

/// One phone.
pub(crate) struct Phone {
    pub(crate) mac: Mac,
    pub(crate) step: Step,
    pub(crate) address: Ipv4Addr,
    pub(crate) done_ns: u64,
    pub(crate) again: Again,
    pub(crate) file_bytes: usize,
    xid: u32,
    server: Ipv4Addr,
    server_mac: Mac,
    due_ns: u64,
    pause_ns: u64,
    url: http::Place,
    connection: Connection,
    received: Vec<u8>,
    sip: sip::Talk,
}

impl Phone {
    /// A phone that is switched off; `boot` tells one boot of it from the next.
    pub(crate) fn new(mac: Mac, index: u16, boot: u16) -> Phone {
        Phone {
            mac,
            step: Step::Discovering,
            address: Ipv4Addr::UNSPECIFIED,
            done_ns: 0,
            again: Again::default(),
            file_bytes: 0,
            xid: u32::from(boot) << 16 | u32::from(index),
            server: Ipv4Addr::UNSPECIFIED,
            server_mac: BROADCAST,
            due_ns: SECOND_NS,
            pause_ns: SECOND_NS,
            url: http::Place::default(),
            connection: Connection { port: 20_000 + boot, ..Connection::default() },
            received: Vec::new(),
            sip: sip::Talk::new(mac, boot),
        }
    }

    /// Whether nothing more will come of this phone.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.step, Step::Registered | Step::Stuck(_))
    }

    /// What it was told so far.
    pub(crate) fn told(&self) -> Told {
        let given = match self.step {
            Step::Discovering | Step::Requesting => false,
            Step::Asking
            | Step::Connecting
            | Step::Fetching
            | Step::Registering
            | Step::Registered
            | Step::Stuck(_) => true,
        };
        Told {
            mac: self.mac,
            address: given.then_some(self.address),
            account: self.sip.account.credentials(),
            registered: self.step == Step::Registered,
        }
    }

    /// Says the first word, or the last one again.
    pub(crate) fn speak(&mut self, out: &mut Batch) {
        match self.step {
            Step::Discovering => self.dhcp(&dhcp::discover(self.mac, self.xid), out),
            Step::Requesting => {
                let request = dhcp::request(self.mac, self.xid, self.server, self.address);
                self.dhcp(&request, out);
            }
            Step::Asking => out.arp((self.mac, self.address), None, self.url.host),
            Step::Connecting => {
                let seq = self.connection.next.wrapping_sub(1);
                self.segment(Segment { seq, ack: 0, flags: SYN }, b"", out);
            }
            Step::Fetching => self.get(out),
            Step::Registering => self.register(out),
            Step::Registered | Step::Stuck(_) => (),
        }
    }

    /// Repeats what got no answer in time.
    pub(crate) fn tick(&mut self, now_ns: u64, out: &mut Batch) {
        if now_ns < self.due_ns || self.is_over() {
            return;
        }
        match self.step {
            Step::Discovering | Step::Requesting => self.again.dhcp += 1,
            Step::Asking => self.again.arp += 1,
            Step::Connecting | Step::Fetching => self.again.tcp += 1,
            Step::Registering => {
                self.again.sip += 1;
                self.pause_ns = (self.pause_ns * 2).min(4 * SECOND_NS);
            }
            Step::Registered | Step::Stuck(_) => (),
        }
        self.due_ns = now_ns + self.pause_ns;
        self.speak(out);
    }

    fn go(&mut self, step: Step, now_ns: u64, out: &mut Batch) {
        self.step = step;
        self.pause_ns = if step == Step::Registering { SIP_T1_NS } else { SECOND_NS };
        self.due_ns = now_ns + self.pause_ns;
        self.speak(out);
    }

    /// Hears a DHCP reply with its transaction.
    pub(crate) fn hear_dhcp(&mut self, now_ns: u64, reply: &[u8], out: &mut Batch) {
        let Some(reply) = dhcp::Reply::read(reply, self.mac) else { return };
        match (self.step, reply.kind) {
            (Step::Discovering, dhcp::OFFER) => {
                (self.server, self.address) = (reply.server, reply.address);
                self.go(Step::Requesting, now_ns, out);
            }
            (Step::Requesting, dhcp::ACK) if reply.address == self.address => {
                match http::Place::read(reply.url) {
                    Some(place) => {
                        self.url = place;
                        self.go(Step::Asking, now_ns, out);
                    }
                    None => self.step = Step::Stuck("an ACK names no place of files"),
                }
            }
            (Step::Requesting, dhcp::NAK) => self.go(Step::Discovering, now_ns, out),
            _ => (),
        }
    }

    /// Is told where its server is.
    pub(crate) fn hear_arp(&mut self, now_ns: u64, mac: Mac, out: &mut Batch) {
        if self.step == Step::Asking {
            self.server_mac = mac;
            self.connection.next = self.xid.wrapping_mul(0x9e37_79b9) | 1;
            self.go(Step::Connecting, now_ns, out);
        }
    }

    /// Hears a segment of its connection.
    pub(crate) fn hear_tcp(
        &mut self,
        now_ns: u64,
        port: u16,
        segment: Segment,
        payload: &[u8],
        out: &mut Batch,
    ) {
        if port != self.connection.port {
            return;
        }
        if segment.flags & RST != 0 {
            if matches!(self.step, Step::Connecting | Step::Fetching) {
                self.step = Step::Stuck("the connection was refused or reset");
            }
            return;
        }
        if segment.flags & SYN != 0 {
            if self.step == Step::Connecting && segment.ack == self.connection.next {
                self.connection.awaited = segment.seq.wrapping_add(1);
                self.go(Step::Fetching, now_ns, out);
            }
            return;
        }
        let fin = segment.flags & FIN != 0;
        if segment.seq != self.connection.awaited {
            // Something is missing, or came twice: say again what is awaited.
            if !payload.is_empty() || fin {
                self.acknowledge(ACK, out);
            }
            return;
        }
        if payload.is_empty() && !fin {
            return;
        }
        self.connection.awaited =
            self.connection.awaited.wrapping_add(payload.len() as u32 + u32::from(fin));
        self.received.extend_from_slice(payload);
        if fin && !self.connection.closing {
            self.connection.closing = true;
            self.acknowledge(FIN | ACK, out);
        } else {
            self.acknowledge(ACK, out);
        }
        if self.step == Step::Fetching {
            self.hear_file(now_ns, fin, out);
        }
    }

    fn hear_file(&mut self, now_ns: u64, ended: bool, out: &mut Batch) {
        match http::body(&self.received) {
            Ok(Some(body)) => {
                self.file_bytes = body.len();
                match sip::Account::read(body) {
                    Some(account) => {
                        self.sip.account = account;
                        self.go(Step::Registering, now_ns, out);
                    }
                    None => self.step = Step::Stuck("the file carries no account"),
                }
                self.received.clear();
            }
            Ok(None) if ended => self.step = Step::Stuck("the file was cut off"),
            Ok(None) => (),
            Err(why) => self.step = Step::Stuck(why),
        }
    }

    /// Hears an answer to its REGISTER.
    pub(crate) fn hear_sip(&mut self, now_ns: u64, answer: &[u8], out: &mut Batch) {
        if self.step != Step::Registering {
            return;
        }
        match self.sip.hear(answer) {
            sip::Heard::Nothing => (),
            sip::Heard::Challenged => self.go(Step::Registering, now_ns, out),
            sip::Heard::Registered => {
                self.step = Step::Registered;
                self.done_ns = now_ns;
            }
            sip::Heard::Refused(why) => self.step = Step::Stuck(why),
        }
    }

    fn dhcp(&self, message: &builders::DhcpDraft, out: &mut Batch) {
        let ends = Ends {
            from_mac: self.mac,
            to_mac: BROADCAST,
            from: (Ipv4Addr::UNSPECIFIED, 68),
            to: ANYBODY,
        };
        out.udp(&ends, &message.bytes());
    }

    fn ends(&self, own: u16, host: Ipv4Addr, port: u16) -> Ends {
        Ends {
            from_mac: self.mac,
            to_mac: self.server_mac,
            from: (self.address, own),
            to: (host, port),
        }
    }

    fn segment(&self, segment: Segment, payload: &[u8], out: &mut Batch) {
        let ends = self.ends(self.connection.port, self.url.host, self.url.port);
        out.tcp(&ends, segment, payload);
    }

    fn get(&mut self, out: &mut Batch) {
        let request = http::get(&self.url, self.mac);
        self.connection.sent = request.len() as u32;
        let seq = self.connection.next;
        let segment = Segment { seq, ack: self.connection.awaited, flags: ACK | PSH };
        self.segment(segment, request.as_bytes(), out);
    }

    fn acknowledge(&mut self, flags: u8, out: &mut Batch) {
        // A FIN counts as one, once it was sent.
        let after_fin = u32::from(self.connection.closing && flags & FIN == 0);
        let seq = self.connection.next.wrapping_add(self.connection.sent + after_fin);
        self.segment(Segment { seq, ack: self.connection.awaited, flags }, b"", out);
    }

    fn register(&mut self, out: &mut Batch) {
        let text = self.sip.register(self.address);
        let (host, port) = (self.sip.account.server, self.sip.account.port);
        out.udp(&self.ends(SIP_PORT, host, port), text.as_bytes());
    }
}
