//! The only place that reads a clock.

use exchange::time::{Instant, Now, Wall};
use std::time::SystemTime;

/// Wall time before this was never set: 2026-01-01.
const SET_AFTER_S: u64 = 1_767_225_600;

/// The daemon's clock, started once.
#[derive(Clone, Copy)]
pub(crate) struct Clock(std::time::Instant);

impl Clock {
    #[allow(clippy::disallowed_methods, reason = "this is the one clock")]
    pub(crate) fn start() -> Clock {
        Clock(std::time::Instant::now())
    }

    /// The moment now.
    #[allow(clippy::disallowed_methods, reason = "this is the one clock")]
    pub(crate) fn now(self) -> Now {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let wall = since_epoch.ok().map(|since| since.as_secs()).filter(|s| *s >= SET_AFTER_S);
        Now { mono: Instant(self.0.elapsed().as_millis() as u64), wall: wall.map(Wall) }
    }

    /// The same moment for the runtime's timers.
    pub(crate) fn at(self, instant: Instant) -> tokio::time::Instant {
        let after = std::time::Duration::from_millis(instant.0);
        tokio::time::Instant::from_std(self.0 + after)
    }
}

/// Seconds of wall time since a moment, for whatever only needs to know that another second began.
#[allow(clippy::disallowed_methods, reason = "this is the one clock")]
pub(crate) fn wall_seconds(since: SystemTime) -> u64 {
    SystemTime::now().duration_since(since).map(|since| since.as_secs()).unwrap_or_default()
}

/// The moment so long from now, for the runtime's timers.
#[allow(clippy::disallowed_methods, reason = "this is the one clock")]
pub(crate) fn after(wait: std::time::Duration) -> tokio::time::Instant {
    tokio::time::Instant::now() + wait
}
