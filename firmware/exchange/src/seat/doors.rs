//! The doors of the exchange to users and seats, beside [`crate::command::Command::Seat`].

use super::{view, UsersView};
use crate::time::Now;
use crate::Exchange;

impl Exchange {
    /// The users as they may be shown.
    pub fn users_view(&self, now: Now) -> UsersView {
        view::view(&self.office, now)
    }
}
