//! Chance for one phone, repeatable from its seed.
//!
//! SplitMix64: small, fast and good enough for transaction numbers and jitter. It is not a
//! cryptographic generator, and nothing here is a secret.

/// A repeatable stream of numbers.
#[derive(Clone, Debug)]
pub(crate) struct Rng(u64);

impl Rng {
    /// Starts the stream of `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        Rng(seed)
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// The next 32 bits.
    pub(crate) fn next_u32(&mut self) -> u32 {
        (self.next() >> 32) as u32
    }

    /// A number below `bound`; 0 when `bound` is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next().checked_rem(bound).unwrap_or(0)
    }

    /// `value_ms` plus or minus up to a quarter, as clients spread their retries.
    pub(crate) fn around(&mut self, value_ms: u64) -> u64 {
        let span = value_ms / 4;
        value_ms.saturating_sub(span).saturating_add(self.below(span.saturating_mul(2) + 1))
    }

    /// Sixteen hexadecimal digits, for tags and branches.
    pub(crate) fn hex(&mut self) -> String {
        format!("{:016x}", self.next())
    }
}
