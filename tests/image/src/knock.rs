//! A client that only wants to hear the first offer: DISCOVER ten times a second.

use phones::builders;
use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

/// Its hardware address, one of Yealink's.
pub(crate) const MAC: &str = "00:15:65:00:00:01";

/// What is said once an address was offered.
pub(crate) const OFFERED: &str = "offered";

const MAC_BYTES: [u8; 6] = [0x00, 0x15, 0x65, 0x00, 0x00, 0x01];
/// RFC 2131 section 2: answers are to be broadcast, since this client has no address.
const BROADCAST_FLAG_AT: usize = 10;
const PAUSE: Duration = Duration::from_millis(100);

/// Asks until it hears an answer to its own transaction.
pub(crate) fn until_offered() {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 68)).expect("the port is free");
    socket.set_broadcast(true).expect("a broadcast is allowed");
    socket.set_read_timeout(Some(PAUSE)).expect("a pause is set");
    let xid: u32 = 0x6469_616c;
    let mut ask = builders::discover(MAC_BYTES, xid).bytes();
    ask[BROADCAST_FLAG_AT] |= 0x80;
    let mut room = [0; 1500];
    loop {
        // Nobody may be at the other end of the cable yet.
        let _ = socket.send_to(&ask, (Ipv4Addr::BROADCAST, 67));
        while let Ok(length) = socket.recv(&mut room) {
            if room[..length].get(4..8) == Some(&xid.to_be_bytes()[..]) {
                return;
            }
        }
    }
}
