//! The journal on a model of a flash chip: that nothing acknowledged is lost, and what it costs.
//!
//! The chip, its power and its meter are here, outside of what is measured; the events are those of
//! the exchange, and what a mount gives is judged by a fold of our own. Everything follows from
//! seeds.
//!
//! | module | what it gives |
//! |---|---|
//! | `chip` | a NOR chip that is cut, worn, flipped, timed and counted, and cheap to fork |
//! | `office` | events of a small office, and the naive fold of them |
//! | `life` | one thing that a journal's owner does, and what a cut in it may leave |
//! | `cuts` | the power cut at every step of a script, in recovery too, and twice in a row |
//! | `random` | a long life with cuts at random |
//! | `soak` | many such lives, up to a million cuts |
//! | `damage` | flipped bits, arbitrary bytes, and operations that fail |
//! | `year` | what a year of an office writes, kept in two ways |
//! | `bench` | the table of costs with their limits |
//!
//! A test does as much as `FLASH_PERCENT` (of all cuts), `FLASH_EVENTS` and `FLASH_CUTS` (of a
//! random life) and `FLASH_MUTATIONS` (of images) say; little where they are not set. `cargo xtask
//! soak` does most.

#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a tool speaks to its user")]

pub mod bench;
pub mod chip;
pub mod cuts;
pub mod damage;
pub mod dice;
pub mod life;
pub mod office;
pub mod random;
pub mod soak;
pub mod year;

use journal::Geometry;

/// How much of something a test does: what the environment says, or `usually`.
pub fn count(name: &str, usually: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usually)
}

/// A chip's sizes: bytes in all and bytes of an erase block, with pages of 256 bytes.
pub const fn sizes(size: u32, erase_block: u32) -> Geometry {
    Geometry { size, erase_block, page: 256 }
}

/// The smallest partition with such erase blocks on which a journal can be.
pub fn smallest(erase_block: u32) -> Geometry {
    let mut geometry = sizes(erase_block, erase_block);
    // One that is refused for ever ends at a size no journal refuses for its smallness.
    while geometry.size < 64 * erase_block
        && journal::Journal::mount(chip::Chip::new(geometry), &mut |_| {}).is_err()
    {
        geometry.size += erase_block;
    }
    geometry
}
