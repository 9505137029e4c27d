//! The doors of the exchange to users and seats, beside [`crate::command::Command::Seat`].

use super::{reveal, view, Hidden, UsersView};
use crate::time::Now;
use crate::Exchange;
use alloc::string::String;
use core::net::Ipv4Addr;

impl Exchange {
    /// The users as they may be shown.
    pub fn users_view(&self, now: Now) -> UsersView {
        view::view(&self.office, now)
    }

    /// Shows a secret to an admin at this address who has just given his password again; `None`
    /// where there is none. That he did is noted.
    pub fn reveal(&mut self, now: Now, source: Ipv4Addr, what: Hidden) -> Option<String> {
        reveal::reveal(&mut self.office, now, source, what)
    }
}
