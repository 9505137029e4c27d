//! The only place that draws chance, from the kernel.

use exchange::Seed;

/// Fills a seed; an error when the kernel has no entropy to give.
pub(crate) fn seed() -> Result<Seed, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(Seed(bytes))
}

/// Sixteen random bytes.
pub(crate) fn salt() -> Result<[u8; 16], getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}
