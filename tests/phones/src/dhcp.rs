//! The DHCP client of a phone: RFC 2131 figure 5.
//!
//! States and what moves them: Selecting (OFFER), Requesting and Rebooting (ACK, NAK), Bound (T1),
//! Renewing (ACK, NAK, T2), Rebinding (ACK, NAK, end of the lease). It takes the first offer, as
//! phones do, and probes nothing.

use crate::builders::{self, DhcpDraft};
use crate::complaint::Complaint;
use crate::fixtures::Identity;
use crate::judge::{self, judge, Asked, Reply};
use crate::output::{DhcpTo, Outbox, Output, Step};
use crate::rng::Rng;
use crate::settings::Settings;
use std::net::Ipv4Addr;

const OFFER: u8 = 2;
const NAK: u8 = 6;
/// RFC 2131 section 4.1: no wait is longer than 64 s.
const RETRY_MAX_MS: u64 = 64_000;
/// RFC 2131 section 4.4.5: renewals are not repeated faster than once a minute.
const RENEW_AGAIN_MS: u64 = 60_000;
const REQUESTS_MAX: u32 = 4;
const REBOOTS_MAX: u32 = 2;
/// Transactions whose late replies are no fault of the box.
const OLD_XIDS: usize = 8;

/// What the phone has to know about its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// The phone has an address it did not have a moment ago.
    Gained,
    /// The phone may no longer use its address.
    Lost,
}

#[derive(Clone, Debug)]
struct Retry {
    at_ms: u64,
    interval_ms: u64,
    tries: u32,
}

#[derive(Clone, Debug)]
struct Lease {
    ip: Ipv4Addr,
    server: Ipv4Addr,
    t1_at_ms: u64,
    t2_at_ms: u64,
    end_at_ms: u64,
}

#[derive(Clone, Debug)]
enum State {
    Off,
    Selecting(Retry),
    Requesting(Retry, Box<Reply>),
    Rebooting(Retry, Ipv4Addr),
    Bound(Lease),
    Renewing(Retry, Lease),
    Rebinding(Retry, Lease),
}

/// One phone's DHCP client.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    state: State,
    xid: u32,
    old_xids: [u32; OLD_XIDS],
    began_ms: u64,
    client_id: Option<[u8; 7]>,
    flags: u16,
    /// The last ACK, from which the server's options are read.
    pub(crate) granted: Option<Box<Reply>>,
}

impl Client {
    pub(crate) fn new(who: &Identity, settings: &Settings) -> Self {
        let [a, b, c, d, e, f] = who.mac;
        let client_id = who.fixture.dhcp.client_id.value.then_some([1, a, b, c, d, e, f]);
        let flags = if settings.dhcp_broadcast_flag { 0x8000 } else { 0 };
        Client {
            state: State::Off,
            xid: 0,
            old_xids: [0; OLD_XIDS],
            began_ms: 0,
            client_id,
            flags,
            granted: None,
        }
    }

    pub(crate) fn xid(&self) -> u32 {
        self.xid
    }

    pub(crate) fn ip(&self) -> Option<Ipv4Addr> {
        match &self.state {
            State::Bound(lease) | State::Renewing(_, lease) | State::Rebinding(_, lease) => {
                Some(lease.ip)
            }
            State::Off | State::Selecting(_) | State::Requesting(..) | State::Rebooting(..) => None,
        }
    }

    pub(crate) fn deadline(&self) -> Option<u64> {
        match &self.state {
            State::Off => None,
            State::Selecting(retry) | State::Requesting(retry, _) | State::Rebooting(retry, _) => {
                Some(retry.at_ms)
            }
            State::Bound(lease) => Some(lease.t1_at_ms),
            State::Renewing(retry, lease) => Some(retry.at_ms.min(lease.t2_at_ms)),
            State::Rebinding(retry, lease) => Some(retry.at_ms.min(lease.end_at_ms)),
        }
    }

    /// Begins, in INIT-REBOOT when an address is remembered.
    pub(crate) fn start(&mut self, now: u64, remembered: Option<Ipv4Addr>, part: &mut Part<'_>) {
        self.began_ms = now;
        self.new_xid(part.rng);
        match remembered {
            Some(ip) => {
                let retry = self.retry(now, part);
                self.state = State::Rebooting(retry, ip);
                part.out.log(Step::Request(ip));
                self.send(now, builders::request_init_reboot(part.who.mac, self.xid, ip), part);
            }
            None => self.select(now, part),
        }
    }

    /// Falls silent, with a RELEASE when `release` is set and there is something to give back.
    pub(crate) fn stop(&mut self, release: bool, part: &mut Part<'_>) {
        if let (true, State::Bound(lease) | State::Renewing(_, lease)) = (release, &self.state) {
            let (server, ip) = (lease.server, lease.ip);
            self.new_xid(part.rng);
            let draft = builders::release(part.who.mac, self.xid, server, ip);
            let bytes = self.with_client_id(draft).bytes();
            part.out.tally.dhcp_sent += 1;
            part.out.push(Output::Dhcp { bytes, to: DhcpTo::Server(server) });
        }
        self.state = State::Off;
        self.granted = None;
    }

    pub(crate) fn tick(&mut self, now: u64, part: &mut Part<'_>) -> Option<Change> {
        if self.deadline().is_none_or(|at| now < at) {
            return None;
        }
        match std::mem::replace(&mut self.state, State::Off) {
            State::Off => {}
            State::Selecting(retry) => {
                self.state = State::Selecting(self.again(now, retry, part));
                self.send(now, builders::discover(part.who.mac, self.xid), part);
            }
            State::Requesting(retry, _) if retry.tries >= REQUESTS_MAX => self.restart(now, part),
            State::Requesting(retry, offer) => {
                let (server, ip) = (offer.server.into(), offer.yiaddr.into());
                self.state = State::Requesting(self.again(now, retry, part), offer);
                let draft = builders::request_selecting(part.who.mac, self.xid, server, ip);
                self.send(now, draft, part);
            }
            State::Rebooting(retry, _) if retry.tries >= REBOOTS_MAX => self.restart(now, part),
            State::Rebooting(retry, ip) => {
                self.state = State::Rebooting(self.again(now, retry, part), ip);
                self.send(now, builders::request_init_reboot(part.who.mac, self.xid, ip), part);
            }
            State::Bound(lease) | State::Renewing(_, lease) | State::Rebinding(_, lease) => {
                return self.keep(now, lease, part);
            }
        }
        None
    }

    /// Asks to keep the lease, the way its age demands.
    fn keep(&mut self, now: u64, lease: Lease, part: &mut Part<'_>) -> Option<Change> {
        if now >= lease.end_at_ms {
            part.out.log(Step::Expired);
            self.granted = None;
            self.restart(now, part);
            return Some(Change::Lost);
        }
        self.new_xid(part.rng);
        let draft = builders::request_renewing(part.who.mac, self.xid, lease.ip);
        let bytes = self.finish(draft, now, part).bytes();
        let (to, until) = if now >= lease.t2_at_ms {
            (DhcpTo::Broadcast, lease.end_at_ms)
        } else {
            (DhcpTo::Server(lease.server), lease.t2_at_ms)
        };
        let wait = (until.saturating_sub(now) / 2).max(RENEW_AGAIN_MS);
        let retry = Retry { at_ms: now.saturating_add(wait), interval_ms: wait, tries: 1 };
        part.out.tally.dhcp_sent += 1;
        part.out.push(Output::Dhcp { bytes, to });
        self.state = match to {
            DhcpTo::Broadcast => State::Rebinding(retry, lease),
            DhcpTo::Server(_) => State::Renewing(retry, lease),
        };
        None
    }

    pub(crate) fn receive(
        &mut self,
        now: u64,
        bytes: &[u8],
        part: &mut Part<'_>,
    ) -> Option<Change> {
        if judge::reply_mac(bytes) != Some(part.who.mac) {
            return None;
        }
        let xid = judge::reply_xid(bytes)?;
        if xid != self.xid || matches!(self.state, State::Off) {
            if xid != self.xid && !self.old_xids.contains(&xid) {
                part.out.complain(Complaint::DhcpUnknownXid(xid));
            }
            return None;
        }
        let asked = Asked { flags: self.flags, client_id: self.client_id };
        let reply = judge(bytes, &asked, part.out)?;
        match (&self.state, reply.message_type) {
            (State::Off, _) => None,
            (State::Selecting(_), OFFER) => self.take_offer(now, reply, part),
            // A repeated OFFER is the network's doing, or a second server's.
            (State::Requesting(..), OFFER) => None,
            // So is a repeated answer to what is settled.
            (State::Bound(_), _) => None,
            (State::Selecting(_), other) | (State::Rebooting(..), other @ OFFER) => {
                part.out.complain(Complaint::DhcpType(other));
                None
            }
            (State::Renewing(..) | State::Rebinding(..), OFFER) => {
                part.out.complain(Complaint::DhcpType(OFFER));
                None
            }
            (_, NAK) => self.take_nak(now, part),
            (_, _) => self.take_ack(now, reply, part),
        }
    }

    fn take_offer(&mut self, now: u64, offer: Reply, part: &mut Part<'_>) -> Option<Change> {
        if offer.yiaddr == 0 || offer.server == 0 {
            return None;
        }
        let (server, ip) = (Ipv4Addr::from(offer.server), Ipv4Addr::from(offer.yiaddr));
        part.out.log(Step::Offered(ip));
        part.out.log(Step::Request(ip));
        let retry = self.retry(now, part);
        self.state = State::Requesting(retry, Box::new(offer));
        self.send(now, builders::request_selecting(part.who.mac, self.xid, server, ip), part);
        None
    }

    fn take_nak(&mut self, now: u64, part: &mut Part<'_>) -> Option<Change> {
        let had = self.ip().is_some();
        part.out.log(Step::Refused);
        self.granted = None;
        self.restart(now, part);
        had.then_some(Change::Lost)
    }

    fn take_ack(&mut self, now: u64, ack: Reply, part: &mut Part<'_>) -> Option<Change> {
        let (wanted, had) = match &self.state {
            State::Requesting(_, offer) => {
                compare(offer, &ack, part.out);
                (Ipv4Addr::from(offer.yiaddr), None)
            }
            State::Rebooting(_, ip) => (*ip, None),
            State::Renewing(_, lease) | State::Rebinding(_, lease) => {
                if ack.ciaddr != u32::from(lease.ip) {
                    part.out.complain(Complaint::DhcpHeader("ciaddr"));
                }
                (lease.ip, Some(lease.ip))
            }
            State::Off | State::Selecting(_) | State::Bound(_) => return None,
        };
        let ip = Ipv4Addr::from(ack.yiaddr);
        if ip != wanted {
            part.out.complain(Complaint::DhcpAddress(ip));
        }
        if ack.yiaddr == 0 || ack.server == 0 || ack.lease_s == 0 {
            return None;
        }
        let after = |seconds: u32| now.saturating_add(u64::from(seconds) * 1_000);
        part.out.log(Step::Bound(ip, ack.lease_s));
        self.state = State::Bound(Lease {
            ip,
            server: ack.server.into(),
            t1_at_ms: after(ack.t1_s.max(1)),
            t2_at_ms: after(ack.t2_s.max(1)),
            end_at_ms: after(ack.lease_s),
        });
        self.granted = Some(Box::new(ack));
        (had != Some(ip)).then_some(Change::Gained)
    }

    /// Back to INIT, after a pause so that a server which always refuses is not hammered.
    fn restart(&mut self, now: u64, part: &mut Part<'_>) {
        self.new_xid(part.rng);
        let pause = part.rng.around(part.settings.dhcp_first_retry_ms / 4);
        let at_ms = now.saturating_add(pause);
        self.state = State::Selecting(Retry { at_ms, interval_ms: pause.max(1), tries: 0 });
    }

    fn select(&mut self, now: u64, part: &mut Part<'_>) {
        let retry = self.retry(now, part);
        self.state = State::Selecting(retry);
        part.out.log(Step::Discover);
        self.send(now, builders::discover(part.who.mac, self.xid), part);
    }

    fn retry(&self, now: u64, part: &mut Part<'_>) -> Retry {
        let interval_ms = part.settings.dhcp_first_retry_ms.max(1);
        Retry { at_ms: now.saturating_add(part.rng.around(interval_ms)), interval_ms, tries: 1 }
    }

    fn again(&self, now: u64, last: Retry, part: &mut Part<'_>) -> Retry {
        if last.tries == 0 {
            part.out.log(Step::Discover);
            return self.retry(now, part);
        }
        part.out.tally.dhcp_resent += 1;
        let interval_ms = last.interval_ms.saturating_mul(2).min(RETRY_MAX_MS);
        let at_ms = now.saturating_add(part.rng.around(interval_ms));
        Retry { at_ms, interval_ms, tries: last.tries + 1 }
    }

    fn new_xid(&mut self, rng: &mut Rng) {
        self.old_xids.rotate_right(1);
        if let Some(first) = self.old_xids.first_mut() {
            *first = self.xid;
        }
        self.xid = rng.next_u32();
    }

    fn send(&mut self, now: u64, draft: DhcpDraft, part: &mut Part<'_>) {
        let bytes = self.finish(draft, now, part).bytes();
        part.out.tally.dhcp_sent += 1;
        part.out.push(Output::Dhcp { bytes, to: DhcpTo::Broadcast });
    }

    /// Adds what every message of this maker carries.
    fn finish(&self, draft: DhcpDraft, now: u64, part: &Part<'_>) -> DhcpDraft {
        let mut draft = self.with_client_id(draft);
        let waited_s = now.saturating_sub(self.began_ms) / 1_000;
        draft.secs = u16::try_from(waited_s).unwrap_or(u16::MAX);
        draft.flags = self.flags;
        draft
            .option(60, part.who.option60.as_bytes())
            .option(55, &part.who.fixture.dhcp.option55.value)
    }

    fn with_client_id(&self, draft: DhcpDraft) -> DhcpDraft {
        match &self.client_id {
            Some(id) => draft.option(61, id),
            None => draft,
        }
    }
}

/// What the parts of a phone share during one call.
pub(crate) struct Part<'a> {
    pub(crate) who: &'a Identity,
    pub(crate) settings: &'a Settings,
    pub(crate) rng: &'a mut Rng,
    pub(crate) out: &'a mut Outbox,
}

/// RFC 2131 section 4.3.1: the ACK must not contradict the OFFER.
fn compare(offer: &Reply, ack: &Reply, out: &mut Outbox) {
    if offer.server != ack.server {
        out.complain(Complaint::DhcpServerId(ack.server.into()));
    }
    for code in [1, 3, 6, 15, 43, 66, 67, 150, 160] {
        if offer.option(code) != ack.option(code) {
            out.complain(Complaint::DhcpContradiction(code));
        }
    }
}
