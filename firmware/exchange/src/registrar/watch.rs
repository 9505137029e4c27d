//! Who is heard, and how often somebody may be wrong: by his address and, on the WAN, by the
//! account that he names. Also notices where handsets on the WAN come from.

use super::answer_for;
use crate::guesses::{Earns, Guesses};
use crate::limits::REMOTE_TOLD_MS;
use crate::names::{HandsetNo, Side};
use crate::note::{Note, RuleNote};
use crate::office::Office;
use crate::request::Request;
use crate::scanners::{digest, is_scanner, Scanners, Stand};
use crate::sorted::SortedMap;
use crate::time::{Instant, Now};
use core::net::Ipv4Addr;
use wire::sip::{Method, Name};
use wire::Mac;

/// What was noticed of those who register.
#[derive(Default)]
pub(super) struct Watch {
    sources: Guesses<Ipv4Addr>,
    accounts: Guesses<u64>,
    scanners: Scanners,
    /// How handsets on the WAN came last.
    came: SortedMap<HandsetNo, Came>,
}

/// How a handset on the WAN came last: whence, with which User-Agent as a digest, and when it was
/// told last that one of both changed.
#[derive(Clone, Copy)]
struct Came {
    address: Ipv4Addr,
    agent: u64,
    told_address: Option<Instant>,
    told_agent: Option<Instant>,
}

impl Watch {
    /// Whether a request is heard at all.
    pub(super) fn hears(&mut self, office: &mut Office, now: Now, request: &Request<'_>) -> bool {
        let arrival = &request.arrival;
        if arrival.side == Side::Lan {
            return !office.is_banned_at(now, arrival);
        }
        let source = *arrival.from.ip();
        let said = [Name::UserAgent, Name::From].map(|name| request.message.first(name));
        if said.into_iter().flatten().any(is_scanner) {
            let banned = self.scanners.named_itself(now.mono, source);
            tell(office, now, source, banned);
            return false;
        }
        // Whoever shows a password is judged by it, if it is one for here and is looked at.
        let answers = matches!(answer_for(office, request), Ok(Some(_)));
        if answers && request.method == Method::Register {
            return true;
        }
        let account = named(request);
        if self.scanners.hears(now.mono, source, account) {
            return true;
        }
        let banned = self.scanners.unheard(now.mono, source, account);
        tell(office, now, source, banned);
        false
    }

    /// Somebody was asked for his password, or showed what is none.
    pub(super) fn challenged(&mut self, office: &mut Office, now: Now, request: &Request<'_>) {
        if request.arrival.side == Side::Wan {
            let source = *request.arrival.from.ip();
            let banned = self.scanners.challenged(now.mono, source);
            tell(office, now, source, banned);
        }
    }

    /// Counts a wrong password; whether he may try another one.
    pub(super) fn may_go_on(
        &mut self,
        office: &mut Office,
        now: Now,
        request: &Request<'_>,
        login: &str,
    ) -> bool {
        let source = *request.arrival.from.ip();
        let earned = self.sources.wrong(now.mono, source);
        if earned == Earns::FirstChallenge {
            office.note(now, Note::RegisterRefused(source));
        }
        if request.arrival.side == Side::Lan {
            return earned != Earns::Silence;
        }
        if earned == Earns::LastChallenge {
            let banned = self.scanners.silenced(now.mono, source);
            tell(office, now, source, banned);
        }
        let account = self.accounts.wrong(now.mono, digest(login.as_bytes()));
        let silent = [earned, account].contains(&Earns::Silence);
        !silent && self.scanners.stand(now.mono, source) != Stand::Banned
    }

    /// A handset has shown its password: where it comes from is told when it is another place.
    pub(super) fn proved(
        &mut self,
        office: &mut Office,
        now: Now,
        request: &Request<'_>,
        handset: HandsetNo,
        mac: Mac,
    ) {
        if request.arrival.side == Side::Lan {
            return;
        }
        let source = *request.arrival.from.ip();
        self.scanners.proved(source, named(request));
        let agent = digest(request.message.first(Name::UserAgent).unwrap_or_default());
        // As many as there are handsets.
        let fresh = Came { address: source, agent, told_address: None, told_agent: None };
        let came = self.came.get_or_insert_with(handset, || fresh);
        // A site with two ways to the net changes its address with every refresh.
        let again = |told: &mut Option<Instant>| {
            let lately = told.is_some_and(|at| now.mono.since_ms(at) < REMOTE_TOLD_MS);
            *told = told.filter(|_| lately).or(Some(now.mono));
            lately
        };
        let moved = core::mem::replace(&mut came.address, source) != source;
        if moved && !again(&mut came.told_address) {
            office.note(now, Note::Rule(RuleNote::RemoteMoved(mac, source)));
        }
        let other = core::mem::replace(&mut came.agent, agent) != agent;
        if other && !again(&mut came.told_agent) {
            office.note(now, Note::Rule(RuleNote::RemoteAgent(mac)));
        }
    }

    /// A handset is no more, or has other passwords.
    pub(super) fn forget(&mut self, handset: HandsetNo) {
        self.came.remove(&handset);
    }
}

/// A digest of whom a request names.
fn named(request: &Request<'_>) -> u64 {
    digest(request.message.first(Name::To).unwrap_or_default())
}

fn tell(office: &mut Office, now: Now, source: Ipv4Addr, banned: bool) {
    if banned {
        office.note(now, Note::Rule(RuleNote::Scanner(source)));
    }
}
