//! One client transaction that is no INVITE (RFC 3261 section 17.1.2).
//!
//! | state | event | what happens |
//! |---|---|---|
//! | Trying | timer E | sent again, E doubles up to T2 |
//! | Trying | 1xx | Proceeding: E is T2 from now on |
//! | Proceeding | timer E | sent again |
//! | either | 2xx to 6xx | Completed, which here is the end of it |
//! | either | timer F | Terminated without an answer |
//!
//! Over a stream there is no timer E. Completed needs no timer K: whatever comes later finds no
//! transaction and is dropped.

use crate::names::RecordNo;
use crate::office::Office;
use crate::output::{Arrival, Line, To};
use crate::registrar::Flow;
use crate::resync::ANSWER_MS;
use crate::time::Instant;
use alloc::format;
use alloc::vec::Vec;
use wire::sip::{CSeq, Message, Method, Name, BRANCH_COOKIE};

/// RFC 3261 section 17.1.1.1.
const T1_MS: u64 = 500;
/// RFC 3261 section 17.1.2.2.
const T2_MS: u64 = 4_000;

/// A request that waits for its answer.
pub(super) struct Transaction {
    flow: Flow,
    branch: u64,
    bytes: Vec<u8>,
    /// The fact it relies on.
    after: RecordNo,
    again: Option<Again>,
    over: Instant,
}

/// Timer E.
struct Again {
    at: Instant,
    interval_ms: u64,
    proceeding: bool,
}

/// What a response means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Heard {
    Provisional,
    Good,
    Bad,
}

impl Transaction {
    /// Sends a request for the first time.
    pub(super) fn begin(
        office: &mut Office,
        now: Instant,
        (flow, after): (Flow, RecordNo),
        branch: u64,
        bytes: Vec<u8>,
    ) -> Transaction {
        let again = match flow {
            Flow::Datagram(..) => {
                Some(Again { at: now.after_ms(T1_MS), interval_ms: T1_MS, proceeding: false })
            }
            Flow::Stream(..) => None,
        };
        let over = now.after_ms(ANSWER_MS);
        let transaction = Transaction { flow, branch, bytes, after, again, over };
        transaction.send(office);
        transaction
    }

    /// Sends it again if it is time.
    pub(super) fn resend(&mut self, office: &mut Office, now: Instant) {
        let over = self.is_over(now);
        let Some(again) = self.again.as_mut().filter(|again| again.at <= now && !over) else {
            return;
        };
        let doubled = again.interval_ms.saturating_mul(2).min(T2_MS);
        again.interval_ms = if again.proceeding { T2_MS } else { doubled };
        again.at = now.after_ms(again.interval_ms);
        self.send(office);
    }

    /// Whether no answer is expected any more.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.over <= now
    }

    /// When it has to be looked at.
    pub(super) fn next_deadline(&self) -> Instant {
        self.again.as_ref().map_or(self.over, |again| again.at.min(self.over))
    }

    /// What a response means for it; `None` if it is none to this request, which is told by the
    /// branch and the method of the CSeq (section 17.1.3). It must also have come by the way that
    /// the request went.
    pub(super) fn hear(
        &mut self,
        now: Instant,
        arrival: Arrival,
        line: Line,
        message: &Message<'_>,
        code: u16,
    ) -> Option<Heard> {
        let branch = message.via().ok()?.branch()?;
        let cseq = CSeq::parse(message.first(Name::CSeq)?)?;
        let by_way = match self.flow {
            Flow::Datagram(interface, to) => {
                line == Line::Sip && arrival.interface == interface && arrival.from.ip() == to.ip()
            }
            Flow::Stream(_, stream) => line == Line::SipStream(stream),
        };
        let ours = branch == format!("{BRANCH_COOKIE}{:016x}", self.branch);
        if !ours || !by_way || cseq.method != Method::Notify || cseq.number != 1 {
            return None;
        }
        Some(match code {
            ..200 => {
                if let Some(again) = self.again.as_mut().filter(|again| !again.proceeding) {
                    again.proceeding = true;
                    again.interval_ms = T2_MS;
                    again.at = now.after_ms(T2_MS);
                }
                Heard::Provisional
            }
            200..300 => Heard::Good,
            300.. => Heard::Bad,
        })
    }

    fn send(&self, office: &mut Office) {
        let (interface, line, to) = match self.flow {
            Flow::Datagram(interface, to) => (interface, Line::Sip, To::Address(to)),
            Flow::Stream(interface, stream) => (interface, Line::SipStream(stream), To::Peer),
        };
        office.send(interface, line, to, self.bytes.clone(), self.after);
    }
}
