//! Beginnings of TLS. On the port that has it, the handshake; on the other one, somebody's first
//! words are heard, so that the story of the phone can say it, and the connection is closed.

use super::guests::{Guest, Phase};
use super::Visitor;
use crate::call::Call;
use crate::tls::Stream;
use exchange::note::Protocol;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use wire::tls::{begins, first, Malformed, RECORD_MAX};

/// The connection after a handshake; `None` where nothing came of it.
pub(super) async fn begin(
    stream: TcpStream,
    guest: &Guest,
    visitor: &mut Visitor,
) -> Option<Stream> {
    guest.visit.advance(&[Phase::Idle], Phase::Head);
    let secured = visitor.site.secured()?;
    let origin = visitor.origin;
    let shaken = tokio::select! {
        shaken = secured.accept(origin.side, *origin.from.ip(), stream) => shaken,
        () = guest.visit.overdue() => Err(None),
    };
    match shaken {
        Ok((stream, certified)) => {
            visitor.certified = certified;
            guest.visit.advance(&[Phase::Head], Phase::Idle);
            Some(stream)
        }
        Err(words) => {
            if let Some(bytes) = words {
                tell(visitor, Protocol::Https, bytes).await;
            }
            None
        }
    }
}

/// The connection, where it does not begin as TLS does; otherwise the first record is heard, as
/// long as it is no longer than phones' are and comes in time.
pub(super) async fn heard(
    mut stream: TcpStream,
    guest: &Guest,
    visitor: &Visitor,
) -> Option<Stream> {
    let mut byte = [0];
    let begun = tokio::select! {
        peeked = stream.peek(&mut byte) => matches!(peeked, Ok(1)) && begins(&byte),
        () = guest.visit.overdue() => return None,
    };
    if !begun {
        return Some(Stream::Plain(stream));
    }
    guest.visit.advance(&[Phase::Idle], Phase::Head);
    let mut bytes = Vec::new();
    while first(&bytes) == Err(Malformed::Short) && bytes.len() < RECORD_MAX {
        let more = tokio::select! {
            read = stream.read_buf(&mut bytes) => read.unwrap_or(0),
            () = guest.visit.overdue() => 0,
        };
        if more == 0 {
            return None;
        }
    }
    tell(visitor, Protocol::Http, bytes).await;
    None
}

async fn tell(visitor: &Visitor, at: Protocol, bytes: Vec<u8>) {
    // A loop that has ended needs to know nothing.
    let _ = visitor.desk.ask(Call::SpokeTls { origin: visitor.origin, at, bytes }).await;
}
