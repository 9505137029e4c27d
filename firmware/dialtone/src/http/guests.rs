//! Who is connected: how many connections there may be, how long each may take over a step, and
//! who has to leave when there is no room. How many and how long stands in [`exchange::limits`].
//!
//! A connection has no timer of its own. It says which step it is at ([`Phase`]), and once a
//! [`TICK`] all are looked at ([`Guests::sweep`]); so a thousand phones that fetch a file at the
//! same moment set no timer at all. When all places are taken, the one that has waited longest
//! without asking for anything makes room.

use crate::sources::Sources;
use crate::tls::Stream;
use exchange::limits::{
    HTTP_BODY_MS, HTTP_HEAD_MS, HTTP_IDLE_MS, HTTP_REQUEST_MS, HTTP_TICK_MS, VISITS_MAX,
    VISITS_PER_SOURCE_MAX,
};
use exchange::names::InterfaceNo;
use exchange::sorted::SortedMap;
use std::io::{self, IoSlice};
use std::net::Ipv4Addr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;

/// How often connections are looked at.
pub(super) const TICK: Duration = Duration::from_millis(HTTP_TICK_MS);

/// Bounds of connections; times are in [`TICK`]s, and one tick may pass unnoticed.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// Connections at the same time.
    pub(crate) all: usize,
    /// Connections at the same time from one address.
    pub(crate) per_source: usize,
    /// A connection on which nothing is asked.
    pub(crate) idle_ticks: u32,
    /// A head of a request, from its first byte on.
    pub(crate) head_ticks: u32,
    /// A request, from the end of its head until its answer has left.
    pub(crate) request_ticks: u32,
    /// The body of a request.
    pub(crate) body: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let ticks = |ms: u64| (ms / HTTP_TICK_MS) as u32;
        Limits {
            all: VISITS_MAX,
            per_source: VISITS_PER_SOURCE_MAX,
            idle_ticks: ticks(HTTP_IDLE_MS),
            head_ticks: ticks(HTTP_HEAD_MS),
            request_ticks: ticks(HTTP_REQUEST_MS),
            body: Duration::from_millis(HTTP_BODY_MS),
        }
    }
}

/// What a connection is at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Phase {
    /// Nothing is asked.
    Idle,
    /// A head has begun.
    Head,
    /// A request is looked at, its body included.
    Asked,
    /// An answer was made and is on its way out.
    Answered,
    /// One that is made piece by piece is on its way out.
    Sending,
    /// It was told to leave.
    Leaving,
}

/// One connection as the table knows it.
pub(crate) struct Visit {
    interface: InterfaceNo,
    source: Ipv4Addr,
    /// And for how many ticks.
    standing: Mutex<(Phase, u32)>,
    leave: Notify,
}

impl Visit {
    /// Goes on from one phase to another; from any other phase nothing happens.
    pub(super) fn advance(&self, from: &[Phase], to: Phase) {
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        if from.contains(&standing.0) {
            // A request and its answer share one time.
            let ticks = if to == Phase::Answered { standing.1 } else { 0 };
            *standing = (to, ticks);
        }
    }

    /// What was asked moves on, in either direction: whoever waits for it waits anew.
    pub(crate) fn moves(&self) {
        self.advance(&[Phase::Asked], Phase::Asked);
        self.advance(&[Phase::Sending], Phase::Sending);
    }

    /// The answer is made piece by piece from now on.
    pub(super) fn sends(&self) {
        self.advance(&[Phase::Asked], Phase::Sending);
    }

    /// Its last piece was made, or nobody takes any more.
    pub(super) fn has_sent(&self) {
        self.advance(&[Phase::Sending], Phase::Answered);
    }

    /// Completes when this connection has to be closed.
    pub(super) async fn overdue(&self) {
        self.leave.notified().await;
    }

    fn standing(&self) -> (Phase, u32) {
        *self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn dismiss(&self) {
        *self.standing.lock().unwrap_or_else(PoisonError::into_inner) = (Phase::Leaving, 0);
        self.leave.notify_one();
    }
}

/// All connections of all network ports.
pub(crate) struct Guests {
    limits: Limits,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    next: u64,
    visits: SortedMap<u64, Arc<Visit>>,
    sources: Sources,
    leaving: usize,
}

/// A place in the table, given back when dropped.
pub(super) struct Guest {
    guests: Arc<Guests>,
    no: u64,
    pub(super) visit: Arc<Visit>,
}

impl Guests {
    pub(crate) fn new(limits: Limits) -> Guests {
        Guests { limits, table: Mutex::default() }
    }

    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    /// A place for a new connection, if its address has not too many; somebody idle makes room.
    pub(super) fn admit(self: &Arc<Self>, at: InterfaceNo, source: Ipv4Addr) -> Option<Guest> {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if !table.sources.enter(source, self.limits.per_source) {
            return None;
        }
        // Whoever was told to leave is gone as soon as its task runs.
        if table.visits.len().saturating_sub(table.leaving) >= self.limits.all && !table.make_room()
        {
            table.sources.leave(source);
            return None;
        }
        let no = table.next;
        table.next += 1;
        let visit = Arc::new(Visit {
            interface: at,
            source,
            standing: Mutex::new((Phase::Idle, 0)),
            leave: Notify::new(),
        });
        table.visits.insert(no, visit.clone());
        Some(Guest { guests: self.clone(), no, visit })
    }

    /// Counts one tick for the connections of a network port, and dismisses those that take too
    /// long over what they are at.
    pub(super) fn sweep(&self, at: InterfaceNo) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let mut dismissed = 0;
        for visit in table.visits.values().filter(|visit| visit.interface == at) {
            let mut standing = visit.standing.lock().unwrap_or_else(PoisonError::into_inner);
            standing.1 += 1;
            let patience = match standing.0 {
                Phase::Idle => self.limits.idle_ticks,
                Phase::Head => self.limits.head_ticks,
                Phase::Asked | Phase::Answered | Phase::Sending => self.limits.request_ticks,
                Phase::Leaving => u32::MAX,
            };
            if standing.1 > patience {
                drop(standing);
                visit.dismiss();
                dismissed += 1;
            }
        }
        table.leaving += dismissed;
    }
}

impl Table {
    /// Dismisses the connection that has waited longest without asking for anything.
    fn make_room(&mut self) -> bool {
        let waiting = self.visits.values().filter_map(|visit| match visit.standing() {
            (Phase::Idle | Phase::Head, ticks) => Some((ticks, visit)),
            (Phase::Asked | Phase::Answered | Phase::Sending | Phase::Leaving, _) => None,
        });
        // Of equals the first in the table is the oldest, and `max_by_key` takes the last.
        let Some((_, visit)) = waiting.rev().max_by_key(|(ticks, _)| *ticks) else { return false };
        visit.dismiss();
        self.leaving += 1;
        true
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut table = self.guests.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.visits.remove(&self.no);
        if self.visit.standing().0 == Phase::Leaving {
            table.leaving = table.leaving.saturating_sub(1);
        }
        table.sources.leave(self.visit.source);
    }
}

/// A connection that notices when a head begins and when an answer has left.
pub(super) struct Watched {
    pub(super) stream: Stream,
    pub(super) visit: Arc<Visit>,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.visit.advance(&[Phase::Idle], Phase::Head);
        }
        read
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// hyper flushes once everything it had is written; TLS may hold some of it back until then.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        if flushed.is_ready() {
            self.visit.advance(&[Phase::Answered], Phase::Idle);
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORT: InterfaceNo = InterfaceNo(0);

    fn guests(all: usize) -> Arc<Guests> {
        Arc::new(Guests::new(Limits { all, per_source: 2, ..Limits::default() }))
    }

    fn address(no: u8) -> Ipv4Addr {
        Ipv4Addr::new(10, 0, 0, no)
    }

    #[test]
    fn one_address_has_so_many_places_and_gets_them_back() {
        let guests = guests(9);
        let first = guests.admit(PORT, address(1));
        let _second = guests.admit(PORT, address(1)).unwrap();
        assert!(guests.admit(PORT, address(1)).is_none());
        assert!(guests.admit(PORT, address(2)).is_some());
        drop(first);
        assert!(guests.admit(PORT, address(1)).is_some());
    }

    #[test]
    fn the_longest_idle_one_makes_room_and_one_that_asked_never_does() {
        let guests = guests(2);
        let busy = guests.admit(PORT, address(1)).unwrap();
        busy.visit.advance(&[Phase::Idle], Phase::Asked);
        let idle = guests.admit(PORT, address(2)).unwrap();
        let third = guests.admit(PORT, address(3)).unwrap();
        assert_eq!(busy.visit.standing().0, Phase::Asked);
        assert_eq!(idle.visit.standing().0, Phase::Leaving);
        third.visit.advance(&[Phase::Idle], Phase::Asked);
        assert!(guests.admit(PORT, address(4)).is_none());
        drop(third);
        assert!(guests.admit(PORT, address(4)).is_some());
    }

    #[test]
    fn every_step_has_its_time() {
        let guests = guests(9);
        let Limits { idle_ticks, head_ticks, request_ticks, .. } = guests.limits();
        let steps =
            [(Phase::Idle, idle_ticks), (Phase::Head, head_ticks), (Phase::Asked, request_ticks)];
        for (phase, ticks) in steps {
            let guest = guests.admit(PORT, address(1)).unwrap();
            guest.visit.advance(&[Phase::Idle], phase);
            (0..ticks).for_each(|_| guests.sweep(PORT));
            guests.sweep(InterfaceNo(1));
            assert_eq!(guest.visit.standing().0, phase);
            guests.sweep(PORT);
            assert_eq!(guest.visit.standing().0, Phase::Leaving);
        }
    }

    #[test]
    fn an_answer_that_nobody_takes_counts_from_the_question() {
        let guests = guests(9);
        let guest = guests.admit(PORT, address(1)).unwrap();
        guest.visit.advance(&[Phase::Idle], Phase::Asked);
        (0..20).for_each(|_| guests.sweep(PORT));
        guest.visit.advance(&[Phase::Asked], Phase::Answered);
        (0..11).for_each(|_| guests.sweep(PORT));
        assert_eq!(guest.visit.standing().0, Phase::Leaving);
    }
}
