//! Who on the WAN scans for accounts: he is slowed, then banned for a time, and learns nothing.
//!
//! An address is charged for each challenge that nobody answers rightly, for each time it is not
//! heard, and more for each time it has given so many wrong passwords that it is not answered for a
//! while. Nothing of that depends on whether an account exists. A User-Agent that only scanners
//! have is enough alone.
//!
//! | charged | whoever shows no password is heard | a wrong password |
//! |---|---|---|
//! | little | at once | challenged |
//! | half | when he asks again | challenged |
//! | all, for a quarter of an hour | when he asks for the third time | silence |
//!
//! A right password is always heard. That, and that asking again helps, is for the phone behind
//! the same address: a phone repeats its REGISTER within seconds (RFC 3261 section 17.1.2.2), a
//! scanner goes on to the next account. What these repetitions cost is given back when the phone
//! shows its password. Somebody who forges the address of a site slows its phones
//! down, and locks none out. Which account has asked before is kept by a digest of its name; two
//! that share one are heard sooner, never later.

use crate::limits::{SCANNED_ACCOUNTS_MAX, SCANNERS_MAX, SCANNER_BAN_MS};
use crate::sorted::SortedMap;
use crate::time::{Instant, HOUR_MS};
use alloc::vec;
use alloc::vec::Vec;
use core::net::Ipv4Addr;

/// The time in which charges count together.
const WINDOW_MS: u64 = HOUR_MS;
/// From so many points on an address is slowed, and banned.
const SLOW_AT: u16 = 150;
const BAN_AT: u16 = 300;
/// What it costs to be silenced for wrong passwords.
const SILENCED: u16 = 100;
/// How often a phone is not heard at most before it is.
const UNHEARD: u16 = 2;
/// Asking again within less is the same packet sent twice.
const AGAIN_AFTER_MS: u64 = 400;

/// What a User-Agent or a From of a scanner has in it, in small letters.
const SIGNS: [&[u8]; 13] = [
    b"friendly-scanner",
    b"friendly-request",
    b"sipvicious",
    b"sipcli",
    b"sundayddr",
    b"sip-scan",
    b"sipscan",
    b"siparmyknife",
    b"iwar",
    b"sivus",
    b"pplsip",
    b"sipptk",
    b"vaxsipuseragent",
];

/// Whether a User-Agent or a From is a scanner's.
pub(crate) fn is_scanner(text: &[u8]) -> bool {
    SIGNS
        .iter()
        .any(|sign| text.windows(sign.len()).any(|letters| letters.eq_ignore_ascii_case(sign)))
}

/// The addresses that are watched.
#[derive(Default)]
pub(crate) struct Scanners {
    sources: SortedMap<Ipv4Addr, Source>,
    /// Who has asked before; empty until somebody is slowed.
    asked: Vec<Asked>,
}

#[derive(Clone, Copy)]
struct Source {
    since: Instant,
    points: u16,
    banned_until: Option<Instant>,
}

#[derive(Clone, Copy, Default)]
struct Asked {
    /// When last; zero for never.
    last: Instant,
    times: u8,
    /// What it cost its address that this one was not heard.
    charged: u16,
}

/// How an address stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stand {
    /// It is like any other.
    Free,
    /// It may be a scanner.
    Slowed,
    /// It is one.
    Banned,
}

impl Scanners {
    /// How an address stands now.
    pub(crate) fn stand(&self, now: Instant, address: Ipv4Addr) -> Stand {
        let source = self.sources.get(&address).filter(|source| source.counts(now));
        match source {
            Some(source) if source.banned_until.is_some() => Stand::Banned,
            Some(source) if source.points >= SLOW_AT => Stand::Slowed,
            Some(_) | None => Stand::Free,
        }
    }

    /// Whether somebody who shows no password is heard; `account` is a digest of whom he names.
    pub(crate) fn hears(&mut self, now: Instant, address: Ipv4Addr, account: u64) -> bool {
        let before = match self.stand(now, address) {
            Stand::Free => return true,
            Stand::Slowed => 1,
            Stand::Banned => 2,
        };
        if self.asked.is_empty() {
            self.asked = vec![Asked::default(); SCANNED_ACCOUNTS_MAX];
        }
        let place = account as usize % SCANNED_ACCOUNTS_MAX;
        let Some(asked) = self.asked.get_mut(place) else { return true };
        let since_ms = now.since_ms(asked.last);
        if asked.times == 0 || since_ms > SCANNER_BAN_MS {
            *asked = Asked { last: now, times: 1, charged: 0 };
            return false;
        }
        if since_ms >= AGAIN_AFTER_MS {
            (asked.last, asked.times) = (now, asked.times.saturating_add(1));
        }
        asked.times > before
    }

    /// Somebody was not heard who shows no password; whether his address is banned for that now.
    pub(crate) fn unheard(&mut self, now: Instant, address: Ipv4Addr, account: u64) -> bool {
        if let Some(asked) = self.asked.get_mut(account as usize % SCANNED_ACCOUNTS_MAX) {
            asked.charged = (asked.charged + 1).min(UNHEARD);
        }
        self.charge(now, address, 1)
    }

    /// It was challenged, and has not answered yet; whether it is banned for that now.
    pub(crate) fn challenged(&mut self, now: Instant, address: Ipv4Addr) -> bool {
        self.charge(now, address, 1)
    }

    /// Somebody there has answered rightly for this account.
    pub(crate) fn proved(&mut self, address: Ipv4Addr, account: u64) {
        let asked = self.asked.get_mut(account as usize % SCANNED_ACCOUNTS_MAX);
        let unheard = asked.map_or(0, |asked| core::mem::take(&mut asked.charged));
        if let Some(source) = self.sources.get_mut(&address) {
            source.points = source.points.saturating_sub(1 + unheard);
        }
    }

    /// It has given so many wrong passwords that it is silenced; whether it is banned now.
    pub(crate) fn silenced(&mut self, now: Instant, address: Ipv4Addr) -> bool {
        self.charge(now, address, SILENCED)
    }

    /// It names itself a scanner; whether it is banned just now.
    pub(crate) fn named_itself(&mut self, now: Instant, address: Ipv4Addr) -> bool {
        self.charge(now, address, BAN_AT)
    }

    fn charge(&mut self, now: Instant, address: Ipv4Addr, points: u16) -> bool {
        let known = self.sources.get(&address).filter(|source| source.counts(now)).copied();
        if known.is_none() {
            self.make_room();
        }
        let fresh = Source { since: now, points: 0, banned_until: None };
        let mut source = known.unwrap_or(fresh);
        source.points = source.points.saturating_add(points);
        let bans = source.points >= BAN_AT && source.banned_until.is_none();
        if bans {
            source.banned_until = Some(now.after_ms(SCANNER_BAN_MS));
        }
        self.sources.insert(address, source);
        bans
    }

    fn make_room(&mut self) {
        if self.sources.len() < SCANNERS_MAX {
            return;
        }
        let key = |source: &Source| (source.banned_until, source.since);
        let oldest = self.sources.iter().min_by_key(|(_, source)| key(source));
        if let Some(address) = oldest.map(|(address, _)| *address) {
            self.sources.remove(&address);
        }
    }
}

impl Source {
    /// Whether what it did still matters.
    fn counts(&self, now: Instant) -> bool {
        match self.banned_until {
            Some(until) => now < until,
            None => now.since_ms(self.since) < WINDOW_MS,
        }
    }
}

/// FNV-1a: who is named, so that no name is kept.
pub(crate) fn digest(name: &[u8]) -> u64 {
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    name.iter().fold(0xcbf2_9ce4_8422_2325, mix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    const SITE: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);

    #[test]
    fn an_enumeration_is_slowed_then_banned_for_a_quarter_of_an_hour() {
        let mut scanners = Scanners::default();
        let mut banned = Vec::new();
        for guess in 1..=400u64 {
            if scanners.challenged(Instant(guess), SITE) {
                banned.push(guess);
            }
            let stand = match guess {
                ..150 => Stand::Free,
                150..300 => Stand::Slowed,
                300.. => Stand::Banned,
            };
            assert_eq!(scanners.stand(Instant(guess), SITE), stand, "{guess}");
        }
        assert_eq!(banned, [300]);
        assert_eq!(scanners.stand(Instant(300 + SCANNER_BAN_MS), SITE), Stand::Free);
    }

    #[test]
    fn a_large_site_whose_phones_answer_is_never_slowed() {
        let mut scanners = Scanners::default();
        for phone in 0..10_000u64 {
            assert!(!scanners.challenged(Instant(phone), SITE));
            assert_eq!(scanners.stand(Instant(phone), SITE), Stand::Free);
            scanners.proved(SITE, phone);
        }
    }

    #[test]
    fn what_a_phone_repeats_behind_a_slowed_address_costs_it_nothing() {
        let mut scanners = Scanners::default();
        for guess in 0..u64::from(SLOW_AT) {
            scanners.challenged(Instant(guess), SITE);
        }
        for round in 0..1_000u64 {
            let (phone, at) = (digest(b"phone"), Instant(1_000 + round * 3_000));
            let mut heard = scanners.hears(at, SITE, phone);
            if !heard {
                scanners.unheard(at, SITE, phone);
                heard = scanners.hears(at.after_ms(500), SITE, phone);
            }
            assert!(heard && !scanners.challenged(at, SITE));
            scanners.proved(SITE, phone);
            assert_eq!(scanners.stand(at, SITE), Stand::Slowed);
        }
    }

    #[test]
    fn whoever_is_not_heard_and_goes_on_is_banned() {
        let mut scanners = Scanners::default();
        let mut answered = 0;
        for guess in 0..u64::from(BAN_AT) {
            match scanners.hears(Instant(guess), SITE, guess) {
                true => {
                    answered += 1;
                    scanners.challenged(Instant(guess), SITE);
                }
                false => drop(scanners.unheard(Instant(guess), SITE, guess)),
            }
        }
        assert_eq!((answered, scanners.stand(Instant(400), SITE)), (SLOW_AT, Stand::Banned));
    }

    #[test]
    fn whoever_asks_again_is_heard_and_whoever_goes_on_is_not() {
        let mut scanners = Scanners::default();
        assert!(scanners.named_itself(Instant(0), SITE));
        assert!(!scanners.named_itself(Instant(1), SITE), "told once");
        let phone = digest(b"<sip:aebagbaf@203.0.113.1>");
        let at = [0, 500, 501, 1_500, 3_500].map(|ms| Instant(1_000 + ms));
        let heard = at.map(|at| scanners.hears(at, SITE, phone));
        assert_eq!(heard, [false, false, false, true, true]);
        for extension in 100..200u32 {
            let account = digest(extension.to_string().as_bytes());
            assert!(!scanners.hears(Instant(5_000), SITE, account), "{extension}");
        }
        let beside = Ipv4Addr::new(198, 51, 100, 2);
        assert!(scanners.hears(Instant(5_000), beside, phone));
    }

    #[test]
    fn the_tables_stay_within_their_bounds_and_the_banned_are_forgotten_last() {
        let mut scanners = Scanners::default();
        assert!(scanners.named_itself(Instant(0), SITE));
        for address in 0..10_000u32 {
            scanners.challenged(Instant(1 + u64::from(address)), Ipv4Addr::from(address));
            scanners.hears(Instant(1), SITE, u64::from(address));
        }
        assert_eq!(scanners.sources.len(), SCANNERS_MAX);
        assert_eq!(scanners.asked.len(), SCANNED_ACCOUNTS_MAX);
        assert_eq!(scanners.stand(Instant(9_999), SITE), Stand::Banned);
    }

    #[test]
    fn scanners_are_known_by_their_names() {
        for agent in ["friendly-scanner", "SIPVicious", "sipcli/v1.8", "sundayddr", "iWar"] {
            assert!(is_scanner(agent.as_bytes()), "{agent}");
        }
        for agent in ["Yealink SIP-T46U 108.86.0.20", "snomD785/10.1.169.16", "Zoiper", ""] {
            assert!(!is_scanner(agent.as_bytes()), "{agent}");
        }
    }
}
