//! What is known of one device since this start: what it said, what it did, where it was heard.
//!
//! Nothing of it survives a power cut, and none of it is more than the device's own word; what it
//! may do follows from [`crate::policy`] and [`crate::provision`], never from here.

use crate::catalog::{Guess, Sign, SignKind, Weight};
use crate::names::{InterfaceNo, RecordNo};
use crate::story::{Step, Story};
use crate::time::Instant;
use crate::uploads::Hour;
use core::net::Ipv4Addr;
use wire::Mac;

/// What a phone shows on its display.
pub(crate) struct Shown {
    pub(crate) at: Instant,
    pub(crate) title: &'static str,
}

/// What is known of a device since this start.
pub(crate) struct Device {
    pub(crate) story: Story,
    pub(crate) guess: Guess,
    /// What it said last, by kind of sign, as a fingerprint; 0 for nothing.
    pub(crate) said: [u64; SignKind::ALL.len()],
    /// Whether anything was ever heard of it, and not only said about it.
    pub(crate) heard: bool,
    pub(crate) last_seen: Instant,
    pub(crate) address: Option<Ipv4Addr>,
    /// The last fact about it; what is promised to it waits for that.
    pub(crate) relies_on: RecordNo,
    /// When its model, firmware or Contact was last written.
    pub(crate) rewritten: Option<Instant>,
    /// Where it was heard by DHCP: port and relay.
    pub(crate) place: Option<(InterfaceNo, Ipv4Addr, Instant)>,
    /// Where it was heard before that, and when last.
    pub(crate) left: Option<(InterfaceNo, Ipv4Addr, Instant)>,
    pub(crate) two_places: Option<Instant>,
    /// Who uses its address beside it, and when that was last noticed.
    pub(crate) intruder: Option<(Instant, Ipv4Addr, Mac)>,
    /// When it was last given its own file.
    pub(crate) given_file: Option<Instant>,
    /// When it was first given its own file by the key of Plug-and-Play.
    pub(crate) keyed: Option<Instant>,
    /// What its own changes have made of facts.
    pub(crate) stored: Hour,
    /// The screen it was shown last.
    pub(crate) screen: Option<Shown>,
    /// When somebody at it said: later.
    pub(crate) put_off: Option<Instant>,
}

impl Device {
    /// Whether it has told by itself who made it, or an admin has, and it does not merely look like
    /// it.
    pub(crate) fn says_its_maker(&self) -> bool {
        self.guess.led_by().any(|(kind, own)| own || kind.weight() == Weight::Strong)
    }

    /// Whether somebody said: later, and it has not started since, as far as that is seen: it has
    /// neither looked for an address nor fetched its file.
    pub(crate) fn is_put_off(&self) -> bool {
        let Some(since) = self.put_off else { return false };
        let looked = self
            .story
            .steps()
            .any(|(at, step)| *at > since && matches!(step, Step::Discover { .. } | Step::Ack(..)));
        !looked && self.given_file.is_none_or(|at| at <= since)
    }

    /// A device met for the first time relies on whatever was made true before: facts about it may
    /// be among that.
    pub(crate) fn new(now: Instant, records: RecordNo) -> Device {
        Device {
            story: Story::default(),
            guess: Guess::default(),
            said: [0; SignKind::ALL.len()],
            heard: false,
            last_seen: now,
            address: None,
            relies_on: records,
            rewritten: None,
            place: None,
            left: None,
            two_places: None,
            intruder: None,
            given_file: None,
            keyed: None,
            stored: Hour::default(),
            screen: None,
            put_off: None,
        }
    }
}

/// FNV-1a over the kind and the bytes of a sign; it only saves looking up the same thing again, and
/// what a sign says is never more than a guess.
pub(crate) fn fingerprint(sign: &Sign<'_>) -> u64 {
    let mac;
    let bytes = match sign {
        Sign::Oui(address) => {
            mac = address.0;
            mac.get(..5).unwrap_or_default()
        }
        Sign::VendorClass(bytes)
        | Sign::ParameterList(bytes)
        | Sign::HostName(bytes)
        | Sign::UserClass(bytes)
        | Sign::FileName(bytes)
        | Sign::HttpUserAgent(bytes)
        | Sign::SipUserAgent(bytes)
        | Sign::PnpEvent(bytes)
        | Sign::PnpRequestUri(bytes) => bytes,
    };
    let seed = 0xcbf2_9ce4_8422_2325 ^ (sign.kind() as u64 + 1);
    bytes.iter().fold(seed, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
