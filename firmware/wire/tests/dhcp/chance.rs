//! A small generator of numbers, so that every run of a test is the same run.

/// Marsaglia's xorshift with 64 bits of state.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 8
    }

    /// A number from 0 to `bound - 1`; 0 when there is none.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    /// Changes a datagram in one of the ways in which datagrams go wrong.
    pub(crate) fn spoil(&mut self, bytes: &mut Vec<u8>) {
        let near_the_end = bytes.len().saturating_sub(64);
        let at = match self.below(2) {
            0 => self.below(bytes.len()),
            _ => near_the_end + self.below(bytes.len() - near_the_end),
        };
        match self.below(8) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, self.next() as u8),
            2 if !bytes.is_empty() => {
                bytes.remove(at);
            }
            3 => {
                let piece = at..(at + self.below(40)).min(bytes.len());
                bytes.extend_from_within(piece);
            }
            4 => bytes.extend([0, 255, 52, 1, 3, self.next() as u8].iter().take(at % 7)),
            kind => {
                let value = self.next() as u8;
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = if kind == 5 { *byte ^ (1 << (value & 7)) } else { value };
                }
            }
        }
    }
}

/// How many mutations a test makes: `WIRE_MUTATIONS`, or a million.
pub(crate) fn mutations() -> usize {
    std::env::var("WIRE_MUTATIONS").map_or(1_000_000, |text| text.parse().unwrap())
}
