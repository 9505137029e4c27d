//! Somebody speaks TLS to this port, which has none: his first words are heard, so that the story
//! of the phone can say it, and the connection is closed.

use super::guests::{Guest, Phase};
use super::Visitor;
use crate::call::Call;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use wire::tls::{begins, first, Malformed, RECORD_MAX};

/// Whether the first byte is one of TLS; `None` where the visitor has to leave before it comes.
pub(super) async fn is_begun(stream: &TcpStream, guest: &Guest) -> Option<bool> {
    let mut byte = [0];
    tokio::select! {
        peeked = stream.peek(&mut byte) => Some(matches!(peeked, Ok(1)) && begins(&byte)),
        () = guest.visit.overdue() => None,
    }
}

/// Hears the first record, as long as it is no longer than phones' are and comes in time.
pub(super) async fn hear(stream: &mut TcpStream, guest: &Guest, visitor: &Visitor) {
    guest.visit.advance(&[Phase::Idle], Phase::Head);
    let mut bytes = Vec::new();
    while first(&bytes) == Err(Malformed::Short) && bytes.len() < RECORD_MAX {
        let more = tokio::select! {
            read = stream.read_buf(&mut bytes) => read.unwrap_or(0),
            () = guest.visit.overdue() => 0,
        };
        if more == 0 {
            return;
        }
    }
    let call = Call::SpokeTls { origin: visitor.origin, bytes };
    // A loop that has ended needs to know nothing.
    let _ = visitor.desk.ask(call).await;
}
