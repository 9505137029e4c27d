//! SIP over TCP: connections are cut into messages here, bounded in number, size and time; what the
//! messages mean is the exchange's business.

use crate::call::Origin;
use crate::clock;
use crate::config::Port;
use crate::sockets;
use exchange::names::{InterfaceNo, Side};
use exchange::StreamNo;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{timeout, timeout_at};
use wire::sip::{frame, Frame, BODY_MAX, HEADER_MAX, PONG};

/// Connections at the same time, of all and of one address.
const STREAMS_MAX: usize = 512;
const STREAMS_PER_SOURCE_MAX: usize = 8;
/// A message that has begun has to be whole within this time.
const MESSAGE_WITHIN: Duration = Duration::from_secs(10);
/// The first message has to begin within this time; later ones may be a registration apart.
const FIRST_WITHIN: Duration = Duration::from_secs(30);
const IDLE_AT_MOST: Duration = Duration::from_secs(7_200);
/// A reader that takes nothing for so long is gone.
const WRITTEN_WITHIN: Duration = Duration::from_secs(10);
/// Messages that may wait for one connection.
const OUTBOX_MAX: usize = 16;

/// What happened on a connection.
pub(crate) enum Spoken {
    Opened(StreamNo, mpsc::Sender<Vec<u8>>),
    Message { stream: StreamNo, origin: Origin, bytes: Vec<u8> },
    Closed(StreamNo),
}

/// The loop's ends of all connections.
#[derive(Default)]
pub(crate) struct Streams(BTreeMap<StreamNo, mpsc::Sender<Vec<u8>>>);

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

/// Who is connected, counted by address.
#[derive(Clone, Default)]
struct Guests(Arc<Mutex<BTreeMap<Ipv4Addr, usize>>>);

struct Guest {
    guests: Guests,
    source: Ipv4Addr,
}

impl Guests {
    fn admit(&self, source: Ipv4Addr) -> Option<Guest> {
        let mut guests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = guests.values().sum();
        let here = guests.entry(source).or_default();
        if all >= STREAMS_MAX || *here >= STREAMS_PER_SOURCE_MAX {
            return None;
        }
        *here += 1;
        Some(Guest { guests: self.clone(), source })
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut guests = self.guests.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(here) = guests.get_mut(&self.source) {
            *here -= 1;
            if *here == 0 {
                guests.remove(&self.source);
            }
        }
    }
}

/// Takes connections on one network port until the loop ends.
pub(crate) async fn listen(
    listener: TcpListener,
    interface: InterfaceNo,
    side: Side,
    numbers: Arc<std::sync::atomic::AtomicU32>,
    loop_end: mpsc::Sender<Spoken>,
) {
    let guests = Guests::default();
    loop {
        let Ok((connection, SocketAddr::V4(from))) = listener.accept().await else {
            // Out of descriptors, or a connection that died in the queue: let others finish.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let Some(guest) = guests.admit(*from.ip()) else { continue };
        let no = numbers.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let origin = Origin { interface, side, from };
        let loop_end = loop_end.clone();
        tokio::spawn(async move {
            let stream = StreamNo(no);
            let (writer, outbox) = mpsc::channel(OUTBOX_MAX);
            if loop_end.send(Spoken::Opened(stream, writer)).await.is_ok() {
                serve(connection, stream, origin, outbox, &loop_end).await;
                let _ = loop_end.send(Spoken::Closed(stream)).await;
            }
            drop(guest);
        });
    }
}

async fn serve(
    mut connection: TcpStream,
    stream: StreamNo,
    origin: Origin,
    mut outbox: mpsc::Receiver<Vec<u8>>,
    loop_end: &mpsc::Sender<Spoken>,
) {
    let mut buffer: Vec<u8> = Vec::new();
    let mut heard_any = false;
    // One deadline for what is awaited, not one for each byte of it.
    let mut deadline = clock::after(FIRST_WITHIN);
    loop {
        let began = buffer.is_empty();
        let mut piece = [0; 4_096];
        tokio::select! {
            read = timeout_at(deadline, connection.read(&mut piece)) => match read {
                Ok(Ok(len)) if len > 0 => buffer.extend_from_slice(&piece[..len]),
                _closed_failed_or_too_slow => return,
            },
            message = outbox.recv() => {
                let Some(message) = message else { return };
                if !write(&mut connection, &message).await {
                    return;
                }
            }
        }
        let mut whole = false;
        loop {
            match frame(&buffer) {
                Frame::Need if buffer.len() > HEADER_MAX + BODY_MAX => return,
                Frame::Need => break,
                Frame::Ping(len) => {
                    buffer.drain(..len);
                    whole = heard_any;
                    if !write(&mut connection, PONG).await {
                        return;
                    }
                }
                Frame::Blank(len) => drop(buffer.drain(..len)),
                Frame::Message(len) => {
                    let bytes: Vec<u8> = buffer.drain(..len).collect();
                    (heard_any, whole) = (true, true);
                    if loop_end.send(Spoken::Message { stream, origin, bytes }).await.is_err() {
                        return;
                    }
                }
                Frame::Malformed | Frame::TooLarge => return,
            }
        }
        deadline = match (buffer.is_empty(), whole, began) {
            (true, true, _) => clock::after(IDLE_AT_MOST),
            (false, true, _) => clock::after(MESSAGE_WITHIN),
            (false, false, true) => deadline.min(clock::after(MESSAGE_WITHIN)),
            (_, false, _) => deadline,
        };
    }
}

async fn write(connection: &mut TcpStream, bytes: &[u8]) -> bool {
    matches!(timeout(WRITTEN_WITHIN, connection.write_all(bytes)).await, Ok(Ok(())))
}

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 256;

/// Binds the SIP port of a network port for TCP; needs a runtime to be entered.
pub(crate) fn bind(port: &Port) -> std::io::Result<TcpListener> {
    let at = SocketAddrV4::new(port.address, port.sip_port);
    sockets::tcp(at, port.device.as_ref(), BACKLOG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_has_so_many_connections_and_no_more() {
        let guests = Guests::default();
        let here = Ipv4Addr::new(10, 0, 0, 1);
        let kept: Vec<_> = (0..STREAMS_PER_SOURCE_MAX).map(|_| guests.admit(here)).collect();
        assert!(kept.iter().all(Option::is_some) && guests.admit(here).is_none());
        assert!(guests.admit(Ipv4Addr::new(10, 0, 0, 2)).is_some());
        drop(kept);
        assert!(guests.admit(here).is_some());
    }
}
