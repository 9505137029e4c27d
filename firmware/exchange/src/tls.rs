//! Phones that speak TLS to this box in vain: what their first words tell, or their last ones.
//!
//! A ClientHello says which versions a phone offers, and that of an old stack what time it is by
//! the phone's clock (RFC 5246 section 7.4.1.2); an alert in clear says what it did not like.
//! A port that has no TLS answers nothing; one that has it brings here what it could not go on
//! with, an alert that came sealed among it.

use crate::cause::Cause;
use crate::names::Side;
use crate::note::Protocol;
use crate::office::Office;
use crate::output::Arrival;
use crate::provision::prove;
use crate::story::Step;
use crate::time::Now;
use core::fmt;
use wire::tls::{first, Spoken, Version};

/// Where clocks begin that nobody has set: 1970 and 2000, in seconds since 1970.
const EPOCHS: [u32; 2] = [0, 946_684_800];
/// How long after that a clock counts as unset, in seconds. Of hellos that have chance in that
/// place one of three thousand would be taken for such a one.
const UNSET_S: u32 = 8 * 24 * 3_600;

/// Somebody has spoken TLS to the port of a protocol.
pub(crate) fn heard(
    office: &mut Office,
    now: Now,
    arrival: &Arrival,
    protocol: Protocol,
    bytes: &[u8],
) {
    let address = *arrival.from.ip();
    if arrival.side == Side::Wan || !office.board.in_lan(address) {
        return;
    }
    let (Ok(spoken), Ok(mac)) = (first(bytes), prove(office, now, arrival)) else { return };
    let Some(device) = office.devices.get(&mac) else { return };
    // Phones try again and again; that must not wash out the story.
    let before = device.story.steps().next_back();
    let again = before.is_some_and(|(_, step)| {
        matches!(step, Step::SpokeTls(at, before)
            if *at == protocol && cause(*at, *before) == cause(protocol, spoken))
    });
    if !again {
        office.seen_at(mac, address);
        office.step(now, mac, Step::SpokeTls(protocol, spoken));
    }
}

/// Why such a phone does not get further.
pub(crate) fn cause(at: Protocol, spoken: Spoken) -> Option<Cause> {
    match spoken {
        Spoken::Hello { version, .. } if version < Version::TLS_1_2 => {
            Some(Cause::TooOldForTls(version))
        }
        // It was not answered for want of a cipher that both know, which is nobody's clock.
        Spoken::Hello { .. } if is_secured(at) => Some(Cause::TlsTooWeak),
        // What speaks 1.3 has chance in the place of the time (RFC 8446 section 4.1.2).
        Spoken::Hello { version: Version::TLS_1_2, time } if is_unset(time) => {
            Some(Cause::TimeUnset)
        }
        Spoken::Hello { .. } => Some(Cause::SpeaksTls),
        // bad, unsupported, revoked, expired and unknown certificate, unknown CA.
        Spoken::Alert(42..=46 | 48) => Some(Cause::CertificateRefused),
        Spoken::Alert(_) => None,
    }
}

/// Whether a port of this protocol has TLS.
fn is_secured(at: Protocol) -> bool {
    match at {
        Protocol::Https | Protocol::Sips => true,
        Protocol::Dhcp | Protocol::Tftp | Protocol::Sip | Protocol::Http => false,
    }
}

fn is_unset(time: u32) -> bool {
    EPOCHS.iter().any(|epoch| time.checked_sub(*epoch).is_some_and(|since| since < UNSET_S))
}

/// What was said, for a boot story.
pub(crate) fn say(at: Protocol, spoken: Spoken, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match spoken {
        Spoken::Hello { version, .. } if is_secured(at) && version < Version::TLS_1_2 => {
            write!(f, "Was refused TLS on the port of {at}: it offers {version} at most")
        }
        Spoken::Hello { .. } if is_secured(at) => {
            write!(f, "Was refused TLS on the port of {at}: it knows no cipher that is used there")
        }
        Spoken::Hello { version, .. } => {
            write!(f, "Spoke TLS to the port of {at}, which has none; it offers {version} at most")
        }
        Spoken::Alert(code) => {
            let words = match code {
                42 => " (bad certificate)",
                43 => " (unsupported certificate)",
                44 => " (certificate revoked)",
                45 => " (certificate expired)",
                46 => " (certificate unknown)",
                48 => " (unknown CA)",
                70 => " (protocol version)",
                _other => "",
            };
            write!(f, "Gave up TLS on the port of {at} by alert {code}{words}")
        }
    }
}
