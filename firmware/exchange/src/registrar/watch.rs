//! Who is heard, and how often somebody may be wrong: by his address and, on the WAN, by the
//! account that he names. Also notices where handsets on the WAN come from.

use crate::guesses::{Earns, Guesses};
use crate::names::{HandsetNo, Side};
use crate::note::{Note, RuleNote};
use crate::office::Office;
use crate::request::Request;
use crate::scanners::{digest, is_scanner, Scanners, Stand};
use crate::sorted::SortedMap;
use crate::time::Now;
use core::net::Ipv4Addr;
use wire::sip::Name;
use wire::Mac;

/// What was noticed of those who register.
#[derive(Default)]
pub(super) struct Watch {
    sources: Guesses<Ipv4Addr>,
    accounts: Guesses<u64>,
    scanners: Scanners,
    /// From where handsets on the WAN registered last, and a digest of their User-Agent.
    came: SortedMap<HandsetNo, (Ipv4Addr, u64)>,
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
        // Whoever shows a password is judged by it.
        if request.message.credentials().next().is_some() {
            return true;
        }
        let named = request.message.first(Name::To).unwrap_or_default();
        self.scanners.hears(now.mono, source, digest(named))
    }

    /// Somebody was asked for his password.
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
        self.scanners.proved(source);
        let agent = digest(request.message.first(Name::UserAgent).unwrap_or_default());
        // As many as there are handsets.
        if let Some((address, former)) = self.came.insert(handset, (source, agent)) {
            if address != source {
                office.note(now, Note::Rule(RuleNote::RemoteMoved(mac, source)));
            }
            if former != agent {
                office.note(now, Note::Rule(RuleNote::RemoteAgent(mac)));
            }
        }
    }

    /// A handset is no more, or has other passwords.
    pub(super) fn forget(&mut self, handset: HandsetNo) {
        self.came.remove(&handset);
    }
}

fn tell(office: &mut Office, now: Now, source: Ipv4Addr, banned: bool) {
    if banned {
        office.note(now, Note::Rule(RuleNote::Scanner(source)));
    }
}
