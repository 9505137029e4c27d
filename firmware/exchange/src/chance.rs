//! Chance, drawn from one seed, so that a test can write down the nonce it expects.

use rand_chacha::rand_core::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

/// Thirty-two bytes from which all the exchange's random choices follow. On the device they come
/// from the kernel.
pub struct Seed(pub [u8; 32]);

/// The exchange's generator; cryptographic, because it also makes nonces and secrets.
pub(crate) struct Chance(ChaCha20Rng);

impl Chance {
    pub(crate) fn new(seed: Seed) -> Chance {
        Chance(ChaCha20Rng::from_seed(seed.0))
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.0.next_u64()
    }
}
