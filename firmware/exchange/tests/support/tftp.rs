//! A TFTP client that does as it is told, and its packets in words.

use super::{address, from, Heard, Office};
use exchange::{Arrival, Line, To, TransferNo};
use phones::builders::{ack, request};

/// One transfer as its client sees it.
pub(crate) struct Reader {
    pub(crate) at: Arrival,
    /// The server's port of this transfer.
    pub(crate) no: TransferNo,
    /// The last answer.
    pub(crate) heard: Vec<String>,
}

impl Reader {
    /// Asks for a file with options.
    pub(crate) fn asks(
        office: &mut Office,
        at: Arrival,
        name: &str,
        options: &[(&str, &str)],
    ) -> Reader {
        Reader::asks_in(office, at, name, "octet", options)
    }

    /// Asks for a file in a mode.
    pub(crate) fn asks_in(
        office: &mut Office,
        at: Arrival,
        name: &str,
        mode: &str,
        options: &[(&str, &str)],
    ) -> Reader {
        let heard = office.datagram(at, Line::Tftp, &request(1, name, mode, options));
        let Some((departure, _)) = heard.sent.first() else { panic!("no answer to {name}") };
        let Line::Transfer(no) = departure.line else { panic!("not by a port of its own") };
        Reader { at, no, heard: says(&heard) }
    }

    /// Acknowledges a block and hears what follows.
    pub(crate) fn acks(&mut self, office: &mut Office, block: u16) -> Vec<String> {
        self.sends(office, &ack(block))
    }

    /// Sends anything to the transfer's port.
    pub(crate) fn sends(&mut self, office: &mut Office, bytes: &[u8]) -> Vec<String> {
        let heard = office.datagram(self.at, Line::Transfer(self.no), bytes);
        self.heard = says(&heard);
        self.heard.clone()
    }
}

/// A client at an address of the LAN.
pub(crate) fn client(last: u8, port: u16) -> Arrival {
    from(address(last), port)
}

/// Each packet in words, to whom if it is not obvious.
pub(crate) fn says(heard: &Heard) -> Vec<String> {
    let sent = heard.sent.iter().map(|(departure, _)| {
        assert!(
            matches!(departure.to, To::Address(_) | To::Hardware(..))
                && matches!(departure.line, Line::Transfer(_))
        );
        packet(&departure.bytes)
    });
    let closed = heard.closed.iter().map(|_| "closed".to_string());
    sent.chain(closed).collect()
}

/// A packet in words.
pub(crate) fn packet(bytes: &[u8]) -> String {
    match bytes {
        [0, 3, high, low, rest @ ..] => {
            format!("DATA {} of {}", u16::from_be_bytes([*high, *low]), rest.len())
        }
        [0, 4, high, low] => format!("ACK {}", u16::from_be_bytes([*high, *low])),
        [0, 5, 0, code, text @ .., 0] => format!("ERROR {code} {}", String::from_utf8_lossy(text)),
        [0, 6, rest @ .., 0] => {
            let words: Vec<_> =
                rest.split(|byte| *byte == 0).map(String::from_utf8_lossy).collect();
            format!("OACK {}", words.join(" "))
        }
        other => panic!("not a packet of a server: {other:?}"),
    }
}

/// The bytes of a block.
pub(crate) fn block(bytes: &[u8]) -> &[u8] {
    bytes.get(4..).unwrap_or_default()
}
