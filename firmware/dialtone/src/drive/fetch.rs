//! A question for a file, handed to the exchange with the way it came.

use super::Driver;
use crate::call::{Came, Origin, Reply, Sent};
use exchange::names::RecordNo;
use exchange::time::Now;
use exchange::{Fetch, Fetched};

impl Driver {
    pub(super) fn fetch(
        &mut self,
        now: Now,
        origin: Origin,
        (name, user_agent): (&str, &[u8]),
        (upload, came): (Option<&Sent>, &Came),
    ) -> (Reply, RecordNo) {
        let arrival = self.hands.arrival(origin);
        let (upload, way) = (upload.map(Sent::upload), came.way());
        let fetch = Fetch { arrival, name, user_agent, upload, way };
        let Fetched { answer, after } = self.exchange.fetch(now, &fetch);
        (Reply::Fetched(answer), after)
    }
}
