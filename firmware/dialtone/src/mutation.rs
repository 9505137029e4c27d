//! Spoiled packets for the tests of what reads ARP, netlink and requests: seeded changes of a
//! corpus.
//!
//! `WIRE_MUTATIONS` says how many a test makes, as for the parsers of `wire`; the seed stands where
//! the test calls [`spoiled`].

/// Marsaglia's xorshift with 64 bits of state.
pub(crate) struct Chance(u64);

impl Chance {
    /// A generator that always gives the same numbers for the same seed.
    pub(crate) fn new(seed: u64) -> Chance {
        Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below a bound; 0 where there is none.
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 8) as usize % bound.max(1)
    }

    /// Changes a packet in one of the ways in which packets go wrong.
    fn spoil(&mut self, bytes: &mut Vec<u8>) {
        let at = self.below(bytes.len());
        let value = self.below(256) as u8;
        match self.below(8) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, value),
            2 => drop(bytes.drain(at..(at + 1).min(bytes.len()))),
            3 => bytes.extend_from_within(at..(at + self.below(24)).min(bytes.len())),
            // Lengths and counts at their edges.
            4 => bytes.iter_mut().skip(at).take(2).for_each(|byte| *byte = 0),
            5 => bytes.iter_mut().skip(at).take(2).for_each(|byte| *byte = 0xff),
            6 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << (value & 7)),
            _ => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = value),
        }
    }
}

/// Hands a million spoiled packets of a corpus to a reader, which says whether it could read each;
/// between one in fifty and all but one in fifty have to be readable, or nothing much is tried.
pub(crate) fn spoiled(corpus: &[Vec<u8>], seed: u64, mut reads: impl FnMut(&[u8]) -> bool) {
    let total = std::env::var("WIRE_MUTATIONS").map_or(1_000_000, |text| text.parse().unwrap());
    let mut chance = Chance::new(seed);
    let mut bytes = Vec::new();
    let mut readable = 0_usize;
    for _ in 0..total {
        bytes.clear();
        bytes.extend_from_slice(&corpus[chance.below(corpus.len())]);
        for _ in 0..=chance.below(3) {
            chance.spoil(&mut bytes);
        }
        readable += usize::from(reads(&bytes));
    }
    let rare = total / 50;
    assert!((rare..total - rare).contains(&readable), "{readable} of {total} could be read");
}

/// Bytes from their hex digits.
pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter_map(|it| Some(it.to_digit(16)? as u8)).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}
