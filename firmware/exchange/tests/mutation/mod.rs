//! What the tests with spoiled bytes share: how many they make, and seeded changes of a corpus.
//!
//! `WIRE_MUTATIONS` says how many a test makes (a million when unset). `WIRE_SEED` (0 when unset)
//! is added to the number where each test begins.
#![allow(dead_code, reason = "each test file uses its own part of this module")]
#![allow(clippy::expect_used, reason = "what is missing here should fail its test")]

use std::env;

/// What a byte is where a length or a count ends.
const EDGES: [u8; 5] = [0, 1, 0x7f, 0x80, 0xff];

/// Marsaglia's xorshift with 64 bits of state.
pub(crate) struct Chance(u64);

impl Chance {
    /// A generator that gives the same numbers for the same seed.
    pub(crate) fn new(seed: u64) -> Chance {
        let seed = seed.wrapping_add(number("WIRE_SEED", 0));
        Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below a bound; 0 where there is none.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // The same number where `usize` has 32 bits.
        ((self.0 >> 11) % bound.max(1) as u64) as usize
    }

    /// One of several; panics where there is none.
    pub(crate) fn of<'a, T>(&mut self, several: &'a [T]) -> &'a T {
        &several[self.below(several.len())]
    }

    /// Changes bytes in one or two of the ways in which bytes go wrong; a piece of others of
    /// their kind may come in.
    pub(crate) fn spoil(&mut self, bytes: &mut Vec<u8>, other: &[u8]) {
        for _ in 0..=self.below(2) {
            let at = self.below(bytes.len());
            let value = self.below(256) as u8;
            let from = self.below(other.len());
            let most = self.below(12);
            let piece = &other[from..(from + 1 + self.below(most)).min(other.len())];
            let end = (at + piece.len()).min(bytes.len());
            match self.below(11) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, value),
                2 => drop(bytes.drain(at..(at + 1).min(bytes.len()))),
                3 => bytes.extend_from_within(at..end),
                4 => drop(bytes.splice(at..at, piece.iter().copied())),
                5 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << (value & 7)),
                // Lengths and counts at their edges.
                6 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = EDGES[at % 5]),
                7 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = value),
                // What can be read most often: something of the same kind in its place.
                _ => drop(bytes.splice(at..end, piece.iter().copied())),
            }
        }
    }
}

/// How many mutations a test makes.
pub(crate) fn total() -> usize {
    number("WIRE_MUTATIONS", 1_000_000) as usize
}

/// Fails a test that could read hardly anything, or nearly all: then nothing much was tried.
pub(crate) fn tried_much(readable: usize, total: usize) {
    let rare = total / 50;
    assert!((rare..total - rare).contains(&readable), "{readable} of {total} could be read");
}

fn number(name: &str, unset: u64) -> u64 {
    env::var(name).map_or(unset, |text| text.parse().expect("a number"))
}
