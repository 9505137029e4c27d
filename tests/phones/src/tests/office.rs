//! The scripted box: DHCP by `dhcproto`, files from a table, a registrar that checks MD5.

use crate::digest::{answer, parameters, Algorithm, Question};
use crate::sip::{Message as Sip, Start};
use crate::{builders, DhcpTo, Input, Kind, Output, Phone, Reason, Settings};
use dhcproto::v4::{DhcpOption, Message, MessageType, Opcode, OptionCode, UnknownOption};
use dhcproto::{Decodable, Decoder, Encodable, Encoder};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};

pub(super) const BOX: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 1);
pub(super) const PHONE: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 50);

/// A box with one phone.
pub(super) struct Office {
    pub(super) now: u64,
    pub(super) phone: Phone,
    /// Provisioning options put into OFFER and ACK.
    pub(super) options: Vec<(u8, Vec<u8>)>,
    pub(super) files: BTreeMap<String, Result<String, u16>>,
    pub(super) pnp_url: Option<String>,
    pub(super) lease_s: u32,
    /// Changes a DHCP reply before it leaves.
    pub(super) spoil_dhcp: fn(&mut Vec<u8>),
    /// Changes a SIP response before it leaves.
    pub(super) spoil_sip: fn(String) -> String,
    pub(super) password: &'static str,
    pub(super) challenge: &'static str,
    pub(super) min_expires: u32,
    /// Answers that are lost before one gets through.
    pub(super) lose: u32,
    pub(super) asked: Vec<String>,
    pub(super) agents: Vec<String>,
    pub(super) dhcp_types: Vec<(u8, bool)>,
    pub(super) failures: Vec<Reason>,
    pub(super) registered: u32,
    nonce: u32,
    tftp: Option<(u16, Vec<u8>, usize)>,
}

impl Office {
    pub(super) fn new(kind: Kind) -> Self {
        Office {
            now: 1_000,
            phone: Phone::with(kind, 0, 7, Settings::default()),
            options: Vec::new(),
            files: BTreeMap::new(),
            pnp_url: None,
            lease_s: 604_800,
            spoil_dhcp: |_| {},
            spoil_sip: |text| text,
            password: "secret",
            challenge: "algorithm=MD5, qop=\"auth\"",
            min_expires: 60,
            lose: 0,
            asked: Vec::new(),
            agents: Vec::new(),
            dhcp_types: Vec::new(),
            failures: Vec::new(),
            registered: 0,
            nonce: 0,
            tftp: None,
        }
    }

    pub(super) fn option(mut self, code: u8, value: &str) -> Self {
        self.options.push((code, value.as_bytes().to_vec()));
        self
    }

    pub(super) fn file(mut self, path: &str, text: &str) -> Self {
        self.files.insert(path.to_owned(), Ok(text.to_owned()));
        self
    }

    /// Starts the phone and runs for so many milliseconds.
    pub(super) fn boot(&mut self, for_ms: u64) {
        self.phone.start(self.now);
        self.run(for_ms);
    }

    pub(super) fn run(&mut self, for_ms: u64) {
        let until = self.now + for_ms;
        for _ in 0..100_000 {
            self.drain();
            match self.phone.next_deadline().filter(|at| *at <= until) {
                Some(at) => self.now = self.now.max(at),
                None => break,
            }
            self.phone.tick(self.now);
        }
        self.now = until;
        self.phone.tick(self.now);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.phone.poll_output() {
            match output {
                Output::Dhcp { bytes, to } => self.dhcp(&bytes, to),
                Output::HttpGet { id, path, user_agent, .. } => {
                    self.agents.push(user_agent);
                    let (status, body) = self.lookup(&path);
                    let input = Input::Http { id, status, body: body.as_bytes() };
                    self.phone.receive(self.now, input);
                }
                Output::Udp { local_port, to, bytes } => self.udp(local_port, to, &bytes),
                Output::Registered => self.registered += 1,
                Output::Failed(reason) => self.failures.push(reason),
                Output::UdpOpen { .. } | Output::UdpClose { .. } | Output::Log(_) => {}
            }
        }
    }

    fn lookup(&mut self, path: &str) -> (u16, String) {
        self.asked.push(path.to_owned());
        match self.files.get(path) {
            Some(Ok(text)) => (200, text.clone()),
            Some(Err(status)) => (*status, String::new()),
            None => (404, String::new()),
        }
    }

    fn dhcp(&mut self, bytes: &[u8], to: DhcpTo) {
        let asked = Message::decode(&mut Decoder::new(bytes)).expect("a DHCP message");
        let kind = asked.opts().msg_type().expect("a type");
        self.dhcp_types.push((kind.into(), to == DhcpTo::Broadcast));
        if self.lose > 0 {
            self.lose -= 1;
            return;
        }
        let answer = if kind == MessageType::Discover {
            MessageType::Offer
        } else if kind == MessageType::Request {
            MessageType::Ack
        } else {
            return;
        };
        let mut bytes = self.reply(&asked, answer);
        (self.spoil_dhcp)(&mut bytes);
        self.phone.receive(self.now, Input::Dhcp(&bytes));
    }

    fn reply(&self, asked: &Message, answer: MessageType) -> Vec<u8> {
        let mut reply = Message::default();
        reply.set_opcode(Opcode::BootReply).set_xid(asked.xid()).set_flags(asked.flags());
        reply.set_chaddr(asked.chaddr()).set_ciaddr(asked.ciaddr()).set_yiaddr(PHONE);
        let options = reply.opts_mut();
        options.insert(DhcpOption::MessageType(answer));
        options.insert(DhcpOption::ServerIdentifier(BOX));
        options.insert(DhcpOption::AddressLeaseTime(self.lease_s));
        options.insert(DhcpOption::SubnetMask(Ipv4Addr::new(255, 255, 255, 0)));
        options.insert(DhcpOption::Router(vec![BOX]));
        if let Some(id) = asked.opts().get(OptionCode::ClientIdentifier) {
            options.insert(id.clone());
        }
        for (code, value) in &self.options {
            let option = match code {
                43 => DhcpOption::VendorExtensions(value.clone()),
                66 => DhcpOption::TFTPServerName(value.clone()),
                67 => DhcpOption::BootfileName(value.clone()),
                _ => DhcpOption::Unknown(UnknownOption::new((*code).into(), value.clone())),
            };
            options.insert(option);
        }
        let mut bytes = Vec::new();
        reply.encode(&mut Encoder::new(&mut bytes)).expect("encodes");
        bytes.resize(bytes.len().max(300), 0);
        bytes
    }

    fn udp(&mut self, local_port: u16, to: SocketAddrV4, bytes: &[u8]) {
        if to.ip() == &BOX && bytes.first() == Some(&0) {
            return self.tftp(local_port, bytes);
        }
        let Some(message) = Sip::parse(bytes) else { panic!("neither TFTP nor SIP") };
        match message.start {
            Start::Request("SUBSCRIBE") => self.pnp(local_port, &message),
            Start::Request("REGISTER") => {
                let text = (self.spoil_sip)(self.registrar(&message));
                self.sip_to(local_port, &text);
            }
            Start::Request(_) | Start::Response(_) => {}
        }
    }

    pub(super) fn sip_to(&mut self, local_port: u16, text: &str) {
        let from = SocketAddrV4::new(BOX, 5060);
        let input = Input::Udp { local_port, from, bytes: text.as_bytes() };
        self.phone.receive(self.now, input);
    }

    fn pnp(&mut self, local_port: u16, asked: &Sip<'_>) {
        let Some(url) = self.pnp_url.clone() else { return };
        let head = |name: &str| format!("{name}: {}\r\n", asked.header(name).unwrap_or(""));
        let ids = [head("Via"), head("From"), head("Call-ID")].concat();
        let to = asked.header("To").unwrap_or("");
        let cseq = head("CSeq");
        self.sip_to(local_port, &format!("SIP/2.0 200 OK\r\n{ids}To: {to};tag=box\r\n{cseq}\r\n"));
        let notify = format!(
            "NOTIFY sip:x SIP/2.0\r\n{ids}To: {to};tag=box\r\nCSeq: 3 NOTIFY\r\n\
             Content-Type: application/url\r\nSubscription-State: terminated;reason=timeout\r\n\
             Event: ua-profile\r\nContent-Length: {}\r\n\r\n{url}",
            url.len()
        );
        self.sip_to(local_port, &notify);
    }

    fn registrar(&mut self, asked: &Sip<'_>) -> String {
        let verdict = match asked.header("Authorization") {
            None => Err(""),
            Some(value) => self.verify(value),
        };
        let expires: u32 = asked.header("Expires").unwrap_or("").parse().unwrap_or(0);
        let (status, more) = match verdict {
            Err(stale) => {
                self.nonce += 1;
                let head = format!("Digest realm=\"office\", nonce=\"n{}\"", self.nonce);
                ("401 Unauthorized", format!("WWW-Authenticate: {head}, {}{stale}", self.challenge))
            }
            Ok(()) if expires < self.min_expires => {
                ("423 Interval Too Brief", format!("Min-Expires: {}", self.min_expires))
            }
            Ok(()) => {
                let contact = asked.header("Contact").unwrap_or("");
                ("200 OK", format!("Contact: {contact};expires={expires}"))
            }
        };
        let head = |name: &str| format!("{name}: {}\r\n", asked.header(name).unwrap_or(""));
        let via = asked
            .header("Via")
            .unwrap_or("")
            .replace(";rport", ";rport=5060;received=192.168.1.50");
        let to = asked.header("To").unwrap_or("");
        format!(
            "SIP/2.0 {status}\r\nVia: {via}\r\n{}{}{}To: {to};tag=box\r\n{more}\r\n\r\n",
            head("From"),
            head("Call-ID"),
            head("CSeq")
        )
    }

    fn verify(&self, value: &str) -> Result<(), &'static str> {
        let get = |name: &str| {
            parameters(value.trim_start_matches("Digest "), ',')
                .find(|(have, _)| *have == name)
                .map_or("", |(_, value)| value)
        };
        if get("nonce") != format!("n{}", self.nonce) {
            return Err(", stale=true");
        }
        let counted = (get("qop") == "auth")
            .then(|| (get("cnonce"), u32::from_str_radix(get("nc"), 16).expect("hex nc")));
        let expected = answer(&Question {
            algorithm: Algorithm::of_token(get("algorithm")).expect("an algorithm"),
            username: "a201",
            realm: "office",
            password: self.password,
            method: "REGISTER",
            uri: get("uri"),
            nonce: get("nonce"),
            counted,
        });
        if expected == get("response") {
            Ok(())
        } else {
            Err("")
        }
    }

    /// A plain RFC 1350 server that knows no options.
    fn tftp(&mut self, local_port: u16, bytes: &[u8]) {
        let from = SocketAddrV4::new(BOX, 30_000);
        let packet = match bytes {
            [0, 1, rest @ ..] => {
                let name = rest.split(|byte| *byte == 0).next().unwrap_or(&[]);
                let (status, body) = self.lookup(&String::from_utf8_lossy(name));
                if status != 200 {
                    builders::error(1, "File not found")
                } else {
                    self.tftp = Some((1, body.into_bytes(), 0));
                    self.next_block()
                }
            }
            [0, 4, high, low] => {
                let Some((block, body, sent)) = &mut self.tftp else { return };
                assert_eq!(u16::from_be_bytes([*high, *low]), *block);
                *block += 1;
                *sent += 512;
                if *sent > body.len() {
                    self.tftp = None;
                    return;
                }
                self.next_block()
            }
            _ => return,
        };
        let input = Input::Udp { local_port, from, bytes: &packet };
        self.phone.receive(self.now, input);
    }

    fn next_block(&self) -> Vec<u8> {
        let Some((block, body, sent)) = &self.tftp else { return Vec::new() };
        let mut packet = vec![0, 3];
        packet.extend(block.to_be_bytes());
        packet.extend(body.iter().skip(*sent).take(512));
        packet
    }
}
