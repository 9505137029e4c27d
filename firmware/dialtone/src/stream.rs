//! SIP over TCP: connections are cut into messages here, bounded in number, size and time; what the
//! messages mean is the exchange's business.
//!
//! RFC 3261 section 18.3, with the keep-alive of RFC 5626 section 3.5.1. A connection that breaks a
//! bound is closed without a word. Each wait has one deadline, not one for each byte of what is
//! awaited, so that nobody stays by dripping; a keep-alive before the first message extends
//! nothing. Over TLS (section 26.2) it is the same by a port of its own, from the handshake on;
//! whoever begins with TLS on the other one is heard once and gets no answer.

#[cfg(test)]
mod tests;

use crate::call::Origin;
use crate::clock;
use crate::config::Port;
use crate::sockets;
use crate::sources::Sources;
use crate::tls::{Secured, Stream};
use exchange::limits::{
    ACCEPT_AGAIN_MS, STREAMS_MAX, STREAMS_PER_SOURCE_MAX, STREAMS_WAN_MAX,
    STREAMS_WAN_PER_SOURCE_MAX, STREAM_BACKLOG, STREAM_FIRST_MS, STREAM_IDLE_MS, STREAM_MESSAGE_MS,
    STREAM_OUTBOX_MAX, STREAM_PIECE_BYTES, STREAM_WRITE_MS,
};
use exchange::names::{InterfaceNo, Side};
use exchange::note::Protocol;
use exchange::sorted::SortedMap;
use exchange::StreamNo;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{timeout, timeout_at};
use wire::sip::{frame, Frame, PONG};
use wire::tls;

/// What happened on a connection.
pub(crate) enum Spoken {
    /// It is there; what is put into the queue is sent.
    Opened { stream: StreamNo, writer: mpsc::Sender<Vec<u8>>, secured: bool },
    /// One whole message came.
    Message { stream: StreamNo, origin: Origin, bytes: Vec<u8> },
    /// It spoke TLS in vain, by these words.
    Tls { origin: Origin, at: Protocol, bytes: Vec<u8> },
    /// It is gone.
    Closed(StreamNo),
}

/// The loop's ends of all connections.
#[derive(Default)]
pub(crate) struct Streams(SortedMap<StreamNo, mpsc::Sender<Vec<u8>>>);

impl Streams {
    pub(crate) fn opened(&mut self, stream: StreamNo, writer: mpsc::Sender<Vec<u8>>) {
        self.0.insert(stream, writer);
    }

    pub(crate) fn closed(&mut self, stream: StreamNo) {
        self.0.remove(&stream);
    }

    /// Queues a message; a connection whose queue is full is not read by anybody and is closed.
    pub(crate) fn send(&mut self, stream: StreamNo, bytes: &[u8]) {
        let full =
            self.0.get(&stream).is_some_and(|writer| writer.try_send(bytes.to_vec()).is_err());
        if full {
            self.close(stream);
        }
    }

    /// Hanging up the queue closes the connection.
    pub(crate) fn close(&mut self, stream: StreamNo) {
        self.0.remove(&stream);
    }
}

/// What all network ports share: the numbers of connections, and who has how many on which side.
#[derive(Default)]
pub(crate) struct Lobby {
    numbers: AtomicU32,
    lan: Mutex<Sources>,
    wan: Mutex<Sources>,
}

/// A place in the lobby, given back when dropped.
struct Guest {
    lobby: Arc<Lobby>,
    side: Side,
    source: Ipv4Addr,
}

impl Lobby {
    fn admit(self: &Arc<Self>, side: Side, source: Ipv4Addr) -> Option<Guest> {
        let (sources, at_most) = self.sources(side);
        let of_one = match side {
            Side::Lan => STREAMS_PER_SOURCE_MAX,
            Side::Wan => STREAMS_WAN_PER_SOURCE_MAX,
        };
        let mut sources = sources.lock().unwrap_or_else(PoisonError::into_inner);
        let admitted = sources.all() < at_most && sources.enter(source, of_one);
        admitted.then(|| Guest { lobby: self.clone(), side, source })
    }

    fn sources(&self, side: Side) -> (&Mutex<Sources>, usize) {
        match side {
            Side::Lan => (&self.lan, STREAMS_MAX),
            Side::Wan => (&self.wan, STREAMS_WAN_MAX),
        }
    }

    fn number(&self) -> StreamNo {
        StreamNo(self.numbers.fetch_add(1, Ordering::Relaxed))
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let (sources, _) = self.lobby.sources(self.side);
        sources.lock().unwrap_or_else(PoisonError::into_inner).leave(self.source);
    }
}

/// Takes connections on one network port until the loop ends.
pub(crate) async fn listen(
    listener: TcpListener,
    (interface, side): (InterfaceNo, Side),
    lobby: Arc<Lobby>,
    loop_end: mpsc::Sender<Spoken>,
    secured: Option<Arc<Secured>>,
) {
    loop {
        let Ok((connection, SocketAddr::V4(from))) = listener.accept().await else {
            // Out of descriptors, or a connection that died in the queue: let others finish.
            tokio::time::sleep(Duration::from_millis(ACCEPT_AGAIN_MS)).await;
            continue;
        };
        let Some(guest) = lobby.admit(side, *from.ip()) else { continue };
        let stream = lobby.number();
        let origin = Origin { interface, side, from };
        let (loop_end, secured) = (loop_end.clone(), secured.clone());
        tokio::spawn(async move {
            let begun = begun(connection, origin, &loop_end, secured.as_deref()).await;
            if let Some(connection) = begun {
                attend(connection, (stream, secured.is_some()), origin, &loop_end).await;
            }
            drop(guest);
        });
    }
}

/// The connection as it is spoken on, once a handshake is over where there is one.
async fn begun(
    connection: TcpStream,
    origin: Origin,
    loop_end: &mpsc::Sender<Spoken>,
    secured: Option<&Secured>,
) -> Option<Stream> {
    let Some(secured) = secured else { return Some(Stream::Plain(connection)) };
    match secured.accept(origin.side, *origin.from.ip(), connection).await {
        Ok((stream, _)) => Some(stream),
        Err(words) => {
            let words = words.map(|bytes| Spoken::Tls { origin, at: Protocol::Sips, bytes });
            if let Some(words) = words {
                // A loop that has ended needs to know nothing.
                let _ = loop_end.send(words).await;
            }
            None
        }
    }
}

/// Serves one connection from its first byte to its last, and tells the loop of both ends.
async fn attend(
    connection: impl AsyncRead + AsyncWrite + Unpin,
    (stream, secured): (StreamNo, bool),
    origin: Origin,
    loop_end: &mpsc::Sender<Spoken>,
) {
    let (writer, outbox) = mpsc::channel(STREAM_OUTBOX_MAX);
    if loop_end.send(Spoken::Opened { stream, writer, secured }).await.is_ok() {
        serve(connection, stream, origin, outbox, loop_end).await;
        // A loop that has ended needs to know nothing.
        let _ = loop_end.send(Spoken::Closed(stream)).await;
    }
}

async fn serve(
    mut connection: impl AsyncRead + AsyncWrite + Unpin,
    stream: StreamNo,
    origin: Origin,
    mut outbox: mpsc::Receiver<Vec<u8>>,
    loop_end: &mpsc::Sender<Spoken>,
) {
    let mut buffer: Vec<u8> = Vec::new();
    let mut heard_any = false;
    let mut deadline = clock::after(Duration::from_millis(STREAM_FIRST_MS));
    loop {
        let begins = buffer.is_empty();
        // As much as is read next and no more; most connections of an office hold nothing.
        buffer.shrink_to(STREAM_PIECE_BYTES);
        buffer.reserve_exact(STREAM_PIECE_BYTES);
        tokio::select! {
            read = timeout_at(deadline, connection.read_buf(&mut buffer)) => match read {
                Ok(Ok(len)) if len > 0 => (),
                _closed_failed_or_too_slow => return,
            },
            message = outbox.recv() => {
                let Some(message) = message else { return };
                if !write(&mut connection, &message).await {
                    return;
                }
                continue;
            }
        }
        if !heard_any && tls::begins(&buffer) {
            // What is half a record goes on by the deadline of a first message.
            if tls::first(&buffer) == Err(tls::Malformed::Short) && buffer.len() < tls::RECORD_MAX {
                continue;
            }
            // A loop that has ended needs to know nothing.
            let at = Protocol::Sip;
            let _ = loop_end.send(Spoken::Tls { origin, at, bytes: buffer }).await;
            return;
        }
        let mut whole = false;
        loop {
            match take(&mut buffer) {
                Taken::Nothing => break,
                Taken::Ping => {
                    whole |= heard_any;
                    if !write(&mut connection, PONG).await {
                        return;
                    }
                }
                Taken::Message(bytes) => {
                    (heard_any, whole) = (true, true);
                    if loop_end.send(Spoken::Message { stream, origin, bytes }).await.is_err() {
                        return;
                    }
                }
                Taken::Lost => return,
            }
        }
        let message_ends = clock::after(Duration::from_millis(STREAM_MESSAGE_MS));
        deadline = match (buffer.is_empty(), whole) {
            (true, true) => clock::after(Duration::from_millis(STREAM_IDLE_MS)),
            (false, true) => message_ends,
            (false, false) if begins => deadline.min(message_ends),
            (true | false, false) => deadline,
        };
    }
}

/// What was taken off the start of a buffer.
#[derive(Debug, PartialEq, Eq)]
enum Taken {
    /// Nothing; more has to come.
    Nothing,
    /// A keep-alive, which is answered.
    Ping,
    /// A message.
    Message(Vec<u8>),
    /// Nothing, ever: where a message ends cannot be told any more.
    Lost,
}

fn take(buffer: &mut Vec<u8>) -> Taken {
    loop {
        match frame(buffer) {
            Frame::Need => return Taken::Nothing,
            Frame::Blank(len) => drop(buffer.drain(..len)),
            Frame::Ping(len) => {
                buffer.drain(..len);
                return Taken::Ping;
            }
            Frame::Message(len) => return Taken::Message(buffer.drain(..len).collect()),
            Frame::Malformed | Frame::TooLarge => return Taken::Lost,
        }
    }
}

async fn write(connection: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> bool {
    let within = Duration::from_millis(STREAM_WRITE_MS);
    let written = async {
        connection.write_all(bytes).await?;
        // What is sealed may wait inside of TLS until the socket takes it.
        connection.flush().await
    };
    matches!(timeout(within, written).await, Ok(Ok(())))
}

/// Binds a network port for SIP over TCP, with TLS or without; needs a runtime to be entered.
pub(crate) fn bind(port: &Port, number: u16) -> std::io::Result<TcpListener> {
    let at = SocketAddrV4::new(port.address, number);
    sockets::tcp(at, port.device.as_ref(), STREAM_BACKLOG)
}
