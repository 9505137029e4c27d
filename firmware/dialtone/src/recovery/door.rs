//! Who may come in: connections of the box's own network, bounded in number and in time.
//!
//! A connection asks once and is closed. There is no table that grows, and nobody waits for a place
//! that somebody silent holds for long.

use super::answer::{Page, Visitor};
use exchange::limits::{
    ACCEPT_AGAIN_MS, HTTP_HEAD_BYTES_MAX, HTTP_HEAD_MS, RECOVERY_DOWNLOAD_MS, RECOVERY_VISITS_MAX,
    RECOVERY_VISITS_PER_SOURCE_MAX, RECOVERY_VISIT_MS,
};
use exchange::sorted::SortedMap;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::Request;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// A head, from the moment of the connection; a connection as a whole; a download; and how long
/// nothing is accepted after an error, such as being out of descriptors.
const HEAD_TIME: Duration = Duration::from_millis(HTTP_HEAD_MS);
const CONNECTION_TIME: Duration = Duration::from_millis(RECOVERY_VISIT_MS);
const DOWNLOAD_TIME: Duration = Duration::from_millis(RECOVERY_DOWNLOAD_MS);
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(ACCEPT_AGAIN_MS);

/// A bound port, and the network that it stands in.
pub(super) struct Door {
    pub(super) listener: TcpListener,
    pub(super) address: Ipv4Addr,
    pub(super) prefix: u8,
}

impl Door {
    fn is_near(&self, source: Ipv4Addr) -> bool {
        let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix.min(32))).unwrap_or_default();
        (u32::from(self.address) ^ u32::from(source)) & mask == 0
    }

    /// Lets visitors in; never returns.
    pub(super) async fn attend(self, page: Arc<Page>, places: Arc<Places>) {
        loop {
            let (stream, source) = match self.listener.accept().await {
                Ok((stream, SocketAddr::V4(from))) => (stream, *from.ip()),
                Ok((_, SocketAddr::V6(_))) => continue,
                Err(_) => {
                    tokio::time::sleep(ACCEPT_AGAIN_AFTER).await;
                    continue;
                }
            };
            if !self.is_near(source) {
                continue;
            }
            let Some(place) = places.take(source) else { continue };
            let visitor = Visitor {
                source,
                own: self.address,
                prefix: self.prefix,
                lingers: AtomicBool::new(false),
            };
            tokio::spawn(converse(stream, place, page.clone(), visitor));
        }
    }
}

async fn converse(stream: TcpStream, place: Place, page: Arc<Page>, visitor: Visitor) {
    let _held = place;
    let _ = stream.set_nodelay(true);
    let answer = service_fn(|request: Request<Incoming>| async {
        Ok::<_, Infallible>(page.answer(&visitor, request).await)
    });
    let connection = http1::Builder::new()
        .max_buf_size(HTTP_HEAD_BYTES_MAX)
        .auto_date_header(false)
        .half_close(true)
        .keep_alive(false)
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .serve_connection(TokioIo::new(stream), answer);
    let mut connection = pin!(connection);
    let ended = timeout(CONNECTION_TIME, connection.as_mut()).await;
    if ended.is_err() && visitor.lingers.load(Ordering::Relaxed) {
        // How it ends, whole or not, the browser sees by the length.
        let _ = timeout(DOWNLOAD_TIME, connection).await;
    }
}

/// How many are connected, by address.
#[derive(Default)]
pub(super) struct Places {
    taken: Mutex<SortedMap<Ipv4Addr, usize>>,
}

/// A place, given back when dropped.
pub(super) struct Place {
    places: Arc<Places>,
    source: Ipv4Addr,
}

impl Places {
    fn take(self: &Arc<Self>, source: Ipv4Addr) -> Option<Place> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let of_one = taken.get(&source).copied().unwrap_or_default();
        if of_one >= RECOVERY_VISITS_PER_SOURCE_MAX
            || taken.values().sum::<usize>() >= RECOVERY_VISITS_MAX
        {
            return None;
        }
        taken.insert(source, of_one + 1);
        Some(Place { places: self.clone(), source })
    }

    /// Tells whether nobody is connected.
    pub(super) fn are_free(&self) -> bool {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(of_one) = taken.get_mut(&self.source) {
            *of_one = of_one.saturating_sub(1);
            if *of_one == 0 {
                taken.remove(&self.source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_for_one_and_for_all_and_come_back() {
        let places = Arc::new(Places::default());
        let source = |no| Ipv4Addr::new(10, 0, 0, no);
        let mut held: Vec<Place> = (0..4).filter_map(|_| places.take(source(1))).collect();
        assert!(places.take(source(1)).is_none());
        for no in 2..=8 {
            held.extend((0..4).filter_map(|_| places.take(source(no))));
        }
        assert_eq!((held.len(), places.take(source(9)).is_some()), (32, false));
        held.truncate(31);
        assert!(places.take(source(9)).is_some());
        drop(held);
        assert!(places.are_free());
    }
}
