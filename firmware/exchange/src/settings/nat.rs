//! Ports and transports, as they are typed and as templates read them.

use core::fmt;
use serde::{Deserialize, Serialize};

/// The least port that may be used; those below are for servers.
const PORT_MIN: u16 = 1_024;
/// How many ports at least: of two calls, since one may wait while another is made.
const PORTS_MIN: u16 = 4;

/// A range of UDP ports for voice, written as `16384-16393`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Ports {
    /// The first, which is even (RFC 3550 section 11).
    pub first: u16,
    /// The last.
    pub last: u16,
}

impl Ports {
    /// How many there are.
    pub fn count(self) -> u16 {
        self.last.saturating_sub(self.first).saturating_add(1)
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

/// Reads a range of ports.
pub fn ports(text: &str) -> Option<Ports> {
    let (first, last) = text.split_once('-')?;
    let port = |text: &str| text.trim().parse::<u16>().ok().filter(|port| *port >= PORT_MIN);
    let ports = Ports { first: port(first)?, last: port(last)? };
    let wide = ports.first <= ports.last && ports.count() >= PORTS_MIN;
    (wide && ports.first.is_multiple_of(2)).then_some(ports)
}

/// By what SIP is carried from a phone to the box.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// UDP.
    #[default]
    Udp,
    /// TCP.
    Tcp,
    /// TLS (RFC 3261 section 26.2.1).
    Tls,
}

impl Transport {
    /// Reads one in lower case.
    pub fn read(text: &str) -> Option<Transport> {
        let all = [Transport::Udp, Transport::Tcp, Transport::Tls];
        all.into_iter().find(|it| it.word() == text)
    }

    /// Its name as it is set and as a template reads it.
    pub const fn word(self) -> &'static str {
        match self {
            Transport::Udp => "udp",
            Transport::Tcp => "tcp",
            Transport::Tls => "tls",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn ports_are_two_of_which_the_first_is_even() {
        let read = |text| ports(text).map(|it| (it.first, it.last, it.count()));
        assert_eq!(read("16384-16393"), Some((16_384, 16_393, 10)));
        assert_eq!(read(" 1024 - 65535 "), Some((1_024, 65_535, 64_512)));
        assert_eq!(read("5004-5007"), Some((5_004, 5_007, 4)));
        for bad in ["", "-", "16384", "16385-16400", "16384-16386", "16400-16384", "1022-2000"] {
            assert_eq!(read(bad), None, "{bad}");
        }
        for bad in ["16384-65536", "16384-16393-16400", "a-b", "16384-", "-16393", "16384--1"] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!(ports("16384 -16393").map(|it| it.to_string()).as_deref(), Some("16384-16393"));
    }
}
