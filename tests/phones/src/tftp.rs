//! A TFTP read, block by block (RFC 1350, options of RFC 2347 to 2349, window of one).

use crate::builders;
use crate::complaint::Complaint;
use crate::dhcp::Part;
use std::net::{Ipv4Addr, SocketAddrV4};

/// The most octets a phone takes.
pub(crate) const FILE_MAX: usize = 1 << 20;
const FIRST_WAIT_MS: u64 = 1_000;
const WAIT_MAX_MS: u64 = 8_000;
const TRIES_MAX: u32 = 5;
const ERROR_ACCESS: u16 = 2;
const ERROR_NOT_FOUND: u16 = 1;

/// How a transfer ended, in the words of HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// One read in progress.
#[derive(Clone, Debug)]
pub(crate) struct Transfer {
    pub(crate) local_port: u16,
    server: Ipv4Addr,
    /// The server's address with the port of this transfer; the request's until the first answer.
    peer: SocketAddrV4,
    answered: bool,
    last: Vec<u8>,
    expected: u16,
    block_size: usize,
    total: Option<usize>,
    body: Vec<u8>,
    wait_ms: u64,
    tries: u32,
    at_ms: u64,
}

impl Transfer {
    /// Sends the read request.
    pub(crate) fn begin(
        now: u64,
        local_port: u16,
        server: SocketAddrV4,
        name: &str,
        part: &mut Part<'_>,
    ) -> Self {
        let options: Vec<(&str, &str)> =
            part.who.fixture.tftp.options.value.iter().map(|(k, v)| (&**k, &**v)).collect();
        let last = builders::request(1, name, "octet", &options);
        part.out.udp(local_port, server, last.clone());
        Transfer {
            local_port,
            server: *server.ip(),
            peer: server,
            answered: false,
            last,
            expected: 1,
            block_size: 512,
            total: None,
            body: Vec::new(),
            wait_ms: FIRST_WAIT_MS,
            tries: 1,
            at_ms: now.saturating_add(FIRST_WAIT_MS),
        }
    }

    pub(crate) fn deadline(&self) -> u64 {
        self.at_ms
    }

    pub(crate) fn tick(&mut self, now: u64, part: &mut Part<'_>) -> Option<Ended> {
        if now < self.at_ms {
            return None;
        }
        if self.tries >= TRIES_MAX {
            return Some(Ended { status: 0, body: Vec::new() });
        }
        self.tries += 1;
        self.wait_ms = self.wait_ms.saturating_mul(2).min(WAIT_MAX_MS);
        self.at_ms = now.saturating_add(self.wait_ms);
        part.out.tally.tftp_resent += 1;
        part.out.udp(self.local_port, self.peer, self.last.clone());
        None
    }

    pub(crate) fn receive(
        &mut self,
        now: u64,
        from: SocketAddrV4,
        bytes: &[u8],
        part: &mut Part<'_>,
    ) -> Option<Ended> {
        if *from.ip() != self.server {
            return None;
        }
        if self.answered && from != self.peer {
            // RFC 1350 section 4: a foreign TID gets error 5, and the transfer goes on.
            part.out.udp(self.local_port, from, builders::error(5, "Unknown transfer ID"));
            return None;
        }
        if !self.answered && from == self.peer {
            part.out.complain(Complaint::Tftp("answers from the well-known port"));
        }
        match bytes {
            [0, 3, high, low, data @ ..] => {
                self.take(from);
                self.data(now, u16::from_be_bytes([*high, *low]), data, part)
            }
            [0, 6, options @ ..] if self.expected == 1 && self.body.is_empty() => {
                self.take(from);
                self.agree(options, part);
                self.send(now, builders::ack(0), part);
                None
            }
            [0, 5, high, low, ..] => {
                let status = match u16::from_be_bytes([*high, *low]) {
                    ERROR_NOT_FOUND => 404,
                    ERROR_ACCESS => 403,
                    _other => 0,
                };
                Some(Ended { status, body: Vec::new() })
            }
            _other => {
                part.out.complain(Complaint::Tftp("sends what is no DATA, OACK or ERROR"));
                None
            }
        }
    }

    fn take(&mut self, from: SocketAddrV4) {
        self.answered = true;
        self.peer = from;
    }

    fn data(&mut self, now: u64, block: u16, data: &[u8], part: &mut Part<'_>) -> Option<Ended> {
        if block != self.expected {
            // RFC 1123 section 4.2.3.1: an old block is acknowledged again, never a future one.
            if block == self.expected.wrapping_sub(1) {
                part.out.udp(self.local_port, self.peer, self.last.clone());
            }
            return None;
        }
        if data.len() > self.block_size {
            part.out.complain(Complaint::Tftp("a block is longer than agreed"));
        }
        if self.body.len().saturating_add(data.len()) > FILE_MAX {
            part.out.udp(self.local_port, self.peer, builders::error(3, "File too long"));
            return Some(Ended { status: 0, body: Vec::new() });
        }
        self.body.extend_from_slice(data);
        self.expected = self.expected.wrapping_add(1);
        self.send(now, builders::ack(block), part);
        if data.len() >= self.block_size {
            return None;
        }
        if self.total.is_some_and(|total| total != self.body.len()) {
            part.out.complain(Complaint::Tftp("tsize is not the size of the file"));
        }
        Some(Ended { status: 200, body: std::mem::take(&mut self.body) })
    }

    /// Takes an OACK: only what was asked, within what was asked.
    fn agree(&mut self, options: &[u8], part: &mut Part<'_>) {
        let asked = &part.who.fixture.tftp.options.value;
        let mut words = options.split(|byte| *byte == 0).map(String::from_utf8_lossy);
        while let (Some(key), Some(value)) = (words.next(), words.next()) {
            let wanted = asked.iter().find(|(have, _)| have.eq_ignore_ascii_case(&key));
            let (Some((_, wanted)), Ok(number)) = (wanted, value.parse::<usize>()) else {
                part.out.complain(Complaint::Tftp("OACK holds an option nobody asked for"));
                continue;
            };
            let limit = wanted.parse::<usize>().unwrap_or(0);
            match key.to_ascii_lowercase().as_str() {
                "blksize" if (8..=limit).contains(&number) => self.block_size = number,
                "tsize" => self.total = Some(number),
                "timeout" if number == limit => {}
                _other => part.out.complain(Complaint::Tftp("OACK answers beyond what was asked")),
            }
        }
    }

    fn send(&mut self, now: u64, bytes: Vec<u8>, part: &mut Part<'_>) {
        self.last = bytes;
        self.tries = 1;
        self.wait_ms = FIRST_WAIT_MS;
        self.at_ms = now.saturating_add(self.wait_ms);
        part.out.udp(self.local_port, self.peer, self.last.clone());
    }
}
