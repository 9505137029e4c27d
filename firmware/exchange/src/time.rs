//! Time, as the exchange knows it: an argument, never a question.
//!
//! [`Instant`] runs from the start of the daemon and is what every decision uses. [`Wall`] is a
//! label for people: the box may have no clock battery, so no decision ever depends on it.

/// Milliseconds since the daemon started.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Instant(pub u64);

impl Instant {
    /// The moment `ms` milliseconds later.
    #[must_use]
    pub fn after_ms(self, ms: u64) -> Instant {
        Instant(self.0.saturating_add(ms))
    }

    /// Milliseconds that have passed since `earlier`; 0 if it lies ahead.
    pub fn since_ms(self, earlier: Instant) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Seconds since 1970-01-01 UTC, for people to read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Wall(pub u64);

/// The moment a call into the exchange happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Now {
    /// What decisions use.
    pub mono: Instant,
    /// What people read; `None` while the box does not know the time.
    pub wall: Option<Wall>,
}

/// One second in milliseconds.
pub const SECOND_MS: u64 = 1_000;
/// One minute in milliseconds.
pub const MINUTE_MS: u64 = 60 * SECOND_MS;
/// One hour in milliseconds.
pub const HOUR_MS: u64 = 60 * MINUTE_MS;
/// One day in milliseconds.
pub const DAY_MS: u64 = 24 * HOUR_MS;
