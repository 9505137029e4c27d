//! DHCP replies, read by `dhcproto` and by a walk of the raw options.

use super::{Heard, Office, SERVER};
use dhcproto::v4::{Message, MessageType};
use dhcproto::{Decodable, Decoder};
use exchange::{Departure, To};
use phones::builders::{discover, request_selecting, DhcpDraft};
use std::net::Ipv4Addr;

/// A reply that was read.
pub(crate) struct Told {
    pub(crate) kind: &'static str,
    pub(crate) message: Message,
    /// As they came, in order, not joined.
    pub(crate) options: Vec<(u8, Vec<u8>)>,
}

impl Told {
    pub(crate) fn option(&self, code: u8) -> Option<&[u8]> {
        let found = self.options.iter().find(|(of, _)| *of == code);
        found.map(|(_, value)| value.as_slice())
    }

    pub(crate) fn number(&self, code: u8) -> Option<u32> {
        Some(u32::from_be_bytes(self.option(code)?.try_into().ok()?))
    }

    pub(crate) fn text(&self, code: u8) -> Option<String> {
        self.option(code).map(|value| String::from_utf8_lossy(value).into_owned())
    }

    pub(crate) fn codes(&self) -> Vec<u8> {
        self.options.iter().map(|(code, _)| *code).collect()
    }
}

/// Reads a reply; panics where a client would throw it away.
pub(crate) fn read(bytes: &[u8]) -> Told {
    assert!(bytes.len() >= 300, "shorter than BOOTP allows (RFC 1542 section 2.1)");
    let options = walk(bytes.get(240..).unwrap_or_default());
    let mut plain = bytes.get(..240).unwrap_or_default().to_vec();
    for (code, value) in &options {
        // Some makers read a URL from 150, which is a list of addresses to dhcproto.
        let code = if *code == 150 && value.len() != 4 { 224 } else { *code };
        plain.push(code);
        plain.push(value.len() as u8);
        plain.extend_from_slice(value);
    }
    plain.push(255);
    let message = match Message::decode(&mut Decoder::new(&plain)) {
        Ok(message) => message,
        Err(error) => panic!("dhcproto cannot read it: {error}"),
    };
    let kind = match message.opts().msg_type() {
        Some(MessageType::Offer) => "OFFER",
        Some(MessageType::Ack) => "ACK",
        Some(MessageType::Nak) => "NAK",
        other => panic!("a server never says {other:?}"),
    };
    Told { kind, message, options }
}

fn walk(mut area: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut options: Vec<(u8, Vec<u8>)> = Vec::new();
    loop {
        match area {
            [255, rest @ ..] => {
                assert!(rest.iter().all(|byte| *byte == 0), "something follows END");
                return options;
            }
            [0, rest @ ..] => area = rest,
            [code, len, rest @ ..] => {
                let Some((value, rest)) = rest.split_at_checked(usize::from(*len)) else {
                    panic!("option {code} is cut off");
                };
                options.push((*code, value.to_vec()));
                area = rest;
            }
            [_] | [] => panic!("there is no END"),
        }
    }
}

/// A reply in one short line: what, which address, to where.
pub(crate) fn said(departure: &Departure) -> String {
    let told = read(&departure.bytes);
    let address = told.message.yiaddr();
    let what = match address.is_unspecified() {
        true => told.kind.to_string(),
        false => format!("{} {address}", told.kind),
    };
    match departure.to {
        To::Broadcast(68) => format!("{what} to all"),
        To::Broadcast(port) => format!("{what} to all at {port}"),
        To::Hardware(mac, to) => format!("{what} to {mac} as {to}"),
        To::Address(to) => format!("{what} to {to}"),
        To::Peer => panic!("DHCP has no peer"),
    }
}

impl Office {
    /// A client looks for an address and takes the one that it is offered.
    pub(crate) fn boots(&mut self, mac: [u8; 6]) -> Ipv4Addr {
        self.boots_as(mac, |draft| draft)
    }

    /// The same with more in its messages.
    pub(crate) fn boots_as(&mut self, mac: [u8; 6], more: fn(DhcpDraft) -> DhcpDraft) -> Ipv4Addr {
        let address = self.hears(&more(discover(mac, 1))).reply().message.yiaddr();
        let taken = self.hears(&more(request_selecting(mac, 2, SERVER, address)));
        assert_eq!(taken.reply().kind, "ACK");
        address
    }

    /// What a DISCOVER of this device is offered.
    pub(crate) fn discovers(&mut self, mac: [u8; 6]) -> Heard {
        self.hears(&discover(mac, 1))
    }
}
