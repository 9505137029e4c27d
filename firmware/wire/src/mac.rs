//! The hardware address by which an office knows a phone.

use core::fmt;

/// An Ethernet hardware address (IEEE EUI-48).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// Reads the spellings that phones, labels and people use: twelve hex digits of either case,
    /// bare or separated by `:`, `-` or `.`; `%3A` counts as `:`. Anything else is `None`.
    pub fn parse(text: &[u8]) -> Option<Mac> {
        let mut mac = [0u8; 6];
        let mut digits = 0;
        let mut rest = text;
        while let [first, tail @ ..] = rest {
            rest = match (first, tail) {
                (b':' | b'-' | b'.', tail) if digits % 2 == 0 && digits > 0 && digits < 12 => tail,
                (b'%', [b'3', b'A' | b'a', tail @ ..]) if digits % 2 == 0 && digits > 0 => tail,
                (digit, tail) => {
                    let value = (*digit as char).to_digit(16)? as u8;
                    let byte = mac.get_mut(digits / 2)?;
                    *byte = (*byte << 4) | value;
                    digits += 1;
                    tail
                }
            };
        }
        (digits == 12).then_some(Mac(mac))
    }

    /// Whether this can be one device: not broadcast or multicast, not all zero.
    pub fn is_device(self) -> bool {
        self.0[0] & 1 == 0 && self.0 != [0; 6]
    }

    /// Twelve lower-case hex digits without separators, as most makers name files.
    pub fn bare(self) -> Bare {
        Bare(self)
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A [`Mac`] that prints without separators.
#[derive(Clone, Copy, Debug)]
pub struct Bare(Mac);

impl fmt::Display for Bare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0 .0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    extern crate std;
    use std::string::ToString;

    #[test]
    fn a_mac_is_read_in_every_spelling_that_phones_use() {
        let expected = Some(Mac([0x00, 0x15, 0x65, 0xf4, 0xf9, 0xe1]));
        for spelling in [
            "001565f4f9e1",
            "001565F4F9E1",
            "00:15:65:f4:f9:e1",
            "00-15-65-F4-F9-E1",
            "0015.65f4.f9e1",
            "00%3a15%3A65%3af4%3af9%3ae1",
        ] {
            assert_eq!(Mac::parse(spelling.as_bytes()), expected, "{spelling}");
        }
    }

    #[test]
    fn what_is_not_a_mac_is_refused() {
        for text in [
            "",
            "001565f4f9e",
            "001565f4f9e12",
            "00:15:65:f4:f9:",
            ":001565f4f9e1",
            "0:01565f4f9e1",
            "001565f4f9g1",
            "00::1565f4f9e1x",
            "00%3",
        ] {
            assert_eq!(Mac::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn it_prints_both_ways() {
        let mac = Mac([0, 0x15, 0x65, 0xf4, 0xf9, 0xe1]);
        assert_eq!(mac.to_string(), "00:15:65:f4:f9:e1");
        assert_eq!(mac.bare().to_string(), "001565f4f9e1");
    }
}
