//! One line's registration: REGISTER, the digest, and again at half the expiry.
//!
//! RFC 3261 sections 10.2 and 17.1.2 over UDP: T1 500 ms, doubling to T2 4 s, over after 32 s.
//! A `stale` nonce is answered with the new one, 423 with the longer expiry, a refusal with
//! patience. A refreshing REGISTER carries the last nonce with a higher count.

use crate::account::Account;
use crate::builders::{authorization, AuthorizationDraft, RegisterDraft};
use crate::complaint::Complaint;
use crate::dhcp::Part;
use crate::digest::{split_outside_quotes, Algorithm, Challenge};
use crate::output::{Reason, Step};
use crate::settings::AlgorithmPolicy;
use crate::sip::{parameter, Message};
use std::net::SocketAddrV4;

const T1_MS: u64 = 500;
const T2_MS: u64 = 4_000;
const TIMER_F_MS: u64 = 64 * T1_MS;
const RETRY_MAX_MS: u64 = 600_000;
/// How many challenges one registration answers before it gives up.
const CHALLENGES_MAX: u32 = 4;

/// What a call changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Nothing the phone has to know.
    None,
    /// The line is registered.
    Held,
    /// The line is refused or unanswered; it tries again by itself.
    Failed(Reason),
}

#[derive(Clone, Debug)]
struct Transaction {
    branch: String,
    text: Vec<u8>,
    again_at_ms: u64,
    wait_ms: u64,
    until_ms: u64,
    sent_nonce: Option<String>,
}

#[derive(Clone, Debug)]
enum Stage {
    Asking(Transaction),
    Held { refresh_at_ms: u64 },
    Waiting { at_ms: u64 },
}

/// One line's registration.
#[derive(Clone, Debug)]
pub(crate) struct Registration {
    pub(crate) account: Account,
    /// When the binding ends, if there is one.
    pub(crate) bound_until_ms: Option<u64>,
    server: SocketAddrV4,
    local: SocketAddrV4,
    domain: String,
    call_id: String,
    tag: String,
    cseq: u32,
    expires_s: u32,
    challenge: Option<Challenge>,
    nonce_count: u32,
    challenges: u32,
    failures: u32,
    stage: Stage,
}

impl Registration {
    /// Begins to register `account` from `local` at `server`.
    pub(crate) fn begin(
        now: u64,
        account: Account,
        local: SocketAddrV4,
        server: SocketAddrV4,
        part: &mut Part<'_>,
    ) -> Self {
        let standard = account.port == 5060;
        let domain = match standard {
            true => account.server.clone(),
            false => format!("{}:{}", account.server, account.port),
        };
        let mut registration = Registration {
            bound_until_ms: None,
            server,
            local,
            domain,
            call_id: format!("{}@{}", part.rng.hex(), local.ip()),
            tag: part.rng.hex(),
            cseq: 0,
            expires_s: account.expires_s,
            challenge: None,
            nonce_count: 0,
            challenges: 0,
            failures: 0,
            stage: Stage::Waiting { at_ms: now },
            account,
        };
        registration.ask(now, part);
        registration
    }

    pub(crate) fn call_id(&self) -> &str {
        &self.call_id
    }

    pub(crate) fn is_held(&self, now: u64) -> bool {
        self.bound_until_ms.is_some_and(|until| now < until)
    }

    pub(crate) fn deadline(&self) -> u64 {
        match &self.stage {
            Stage::Asking(transaction) => transaction.again_at_ms.min(transaction.until_ms),
            Stage::Held { refresh_at_ms } => *refresh_at_ms,
            Stage::Waiting { at_ms } => *at_ms,
        }
    }

    pub(crate) fn tick(&mut self, now: u64, part: &mut Part<'_>) -> Turn {
        if now < self.deadline() {
            return Turn::None;
        }
        match &mut self.stage {
            Stage::Asking(transaction) if now >= transaction.until_ms => {
                let reason = Reason::RegistrarUnanswered(self.account.line);
                self.fail(now, reason, None, part)
            }
            Stage::Asking(transaction) => {
                transaction.wait_ms = transaction.wait_ms.saturating_mul(2).min(T2_MS);
                transaction.again_at_ms = now.saturating_add(transaction.wait_ms);
                let text = transaction.text.clone();
                part.out.tally.sip_sent += 1;
                part.out.tally.sip_resent += 1;
                part.out.udp(self.local.port(), self.server, text);
                Turn::None
            }
            Stage::Held { .. } | Stage::Waiting { .. } => {
                self.challenges = 0;
                self.ask(now, part);
                Turn::None
            }
        }
    }

    /// Sends a new REGISTER, with credentials when a nonce is known.
    fn ask(&mut self, now: u64, part: &mut Part<'_>) {
        self.cseq = self.cseq.wrapping_add(1);
        let branch = part.rng.hex();
        let credentials = self.credentials(part);
        let draft = RegisterDraft {
            domain: &self.domain,
            user: &self.account.user,
            display: &self.account.display,
            local: self.local,
            branch: &branch,
            tag: &self.tag,
            call_id: &self.call_id,
            cseq: self.cseq,
            expires_s: self.expires_s,
            user_agent: &part.who.sip_agent,
            authorization: credentials.as_deref(),
            more: "",
        };
        let text = draft.text().into_bytes();
        part.out.log(Step::Registers(self.account.line));
        part.out.tally.sip_sent += 1;
        part.out.udp(self.local.port(), self.server, text.clone());
        self.stage = Stage::Asking(Transaction {
            branch: format!("z9hG4bK{branch}"),
            text,
            again_at_ms: now.saturating_add(T1_MS),
            wait_ms: T1_MS,
            until_ms: now.saturating_add(TIMER_F_MS),
            sent_nonce: self.challenge.as_ref().map(|challenge| challenge.nonce.clone()),
        });
    }

    fn credentials(&mut self, part: &mut Part<'_>) -> Option<String> {
        let challenge = self.challenge.as_ref()?;
        self.nonce_count = self.nonce_count.saturating_add(1);
        let cnonce = part.rng.hex();
        Some(authorization(&AuthorizationDraft {
            algorithm: challenge.algorithm,
            username: &self.account.login,
            realm: &challenge.realm,
            password: &self.account.password,
            method: "REGISTER",
            uri: &format!("sip:{}", self.domain),
            nonce: &challenge.nonce,
            opaque: challenge.opaque.as_deref(),
            counted: challenge.qop_auth.then_some((cnonce.as_str(), self.nonce_count)),
        }))
    }

    /// Takes a response with this line's Call-ID.
    pub(crate) fn receive(
        &mut self,
        now: u64,
        status: u16,
        message: &Message<'_>,
        part: &mut Part<'_>,
    ) -> Turn {
        let Stage::Asking(transaction) = &mut self.stage else { return Turn::None };
        match message.cseq() {
            Some((number, "REGISTER")) if number == self.cseq => {}
            // A repeated answer to an earlier request.
            Some((number, "REGISTER")) if number < self.cseq => return Turn::None,
            Some(_) | None => {
                part.out.complain(Complaint::Sip("the answer's CSeq is not the request's"));
                return Turn::None;
            }
        }
        if status < 200 {
            transaction.wait_ms = T2_MS;
            return Turn::None;
        }
        let sent_nonce = transaction.sent_nonce.take();
        check(message, &transaction.branch, &self.tag, self.local, part);
        match status {
            200..=299 => self.hold(now, message, part),
            401 => self.challenged(now, message, sent_nonce, part),
            423 => self.lengthen(now, message, part),
            _refused => {
                let after = message.header("Retry-After").and_then(leading_number);
                let reason = Reason::RegistrationRefused(self.account.line, status);
                self.fail(now, reason, after, part)
            }
        }
    }

    fn hold(&mut self, now: u64, message: &Message<'_>, part: &mut Part<'_>) -> Turn {
        let own = format!("@{}", self.local);
        let contact = message
            .all("Contact")
            .flat_map(|value| split_outside_quotes(value, ','))
            .find(|contact| contact.contains(&own) && contact.contains(&self.account.user));
        if contact.is_none() {
            part.out.complain(Complaint::Sip("the 200 does not list the phone's contact"));
        }
        let granted = contact
            .and_then(|contact| parameter(contact, "expires"))
            .or_else(|| message.header("Expires"))
            .and_then(leading_number);
        if granted.is_none() {
            part.out.complain(Complaint::Sip("the 200 gives no expiry"));
        }
        let granted_s = granted.unwrap_or(self.expires_s);
        if granted_s > self.expires_s {
            part.out.complain(Complaint::Sip("the expiry is longer than asked"));
        }
        self.failures = 0;
        self.challenges = 0;
        self.bound_until_ms = Some(now.saturating_add(u64::from(granted_s) * 1_000));
        let half_ms = (u64::from(granted_s) * 500).max(1_000);
        self.stage = Stage::Held { refresh_at_ms: now.saturating_add(half_ms) };
        part.out.log(Step::LineRegistered(self.account.line, granted_s));
        Turn::Held
    }

    fn challenged(
        &mut self,
        now: u64,
        message: &Message<'_>,
        sent_nonce: Option<String>,
        part: &mut Part<'_>,
    ) -> Turn {
        let line = self.account.line;
        let known: Vec<Challenge> =
            message.all("WWW-Authenticate").filter_map(Challenge::parse).collect();
        let with = |wanted: Algorithm| known.iter().find(|have| have.algorithm == wanted);
        let chosen = match part.settings.algorithms {
            AlgorithmPolicy::Md5Only => with(Algorithm::Md5),
            AlgorithmPolicy::PreferSha256 => {
                with(Algorithm::Sha256).or_else(|| with(Algorithm::Md5))
            }
        };
        let Some(chosen) = chosen.cloned() else {
            if message.header("WWW-Authenticate").is_none() {
                part.out.complain(Complaint::Sip("a 401 without a challenge"));
            }
            return self.fail(now, Reason::ChallengeUnusable(line), None, part);
        };
        let refused = sent_nonce.is_some() && !chosen.stale;
        if sent_nonce.as_ref() == Some(&chosen.nonce) && chosen.stale {
            part.out.complain(Complaint::Sip("a nonce called stale is offered again"));
        }
        // A first challenge to a nonce of an earlier registration may be a restart of the box.
        let earlier = self.challenges == 0 && self.bound_until_ms.is_some();
        self.challenges = self.challenges.saturating_add(1);
        self.nonce_count = 0;
        self.challenge = Some(chosen);
        if (refused && !earlier) || self.challenges > CHALLENGES_MAX {
            self.challenge = None;
            return self.fail(now, Reason::CredentialsRefused(line), None, part);
        }
        self.ask(now, part);
        Turn::None
    }

    /// RFC 3261 section 10.2.8: 423 names the least expiry.
    fn lengthen(&mut self, now: u64, message: &Message<'_>, part: &mut Part<'_>) -> Turn {
        let least = message.header("Min-Expires").and_then(leading_number);
        self.challenges = self.challenges.saturating_add(1);
        match least.filter(|least| *least > self.expires_s) {
            Some(least) if self.challenges <= CHALLENGES_MAX => {
                self.expires_s = least;
                self.ask(now, part);
                Turn::None
            }
            Some(_) | None => {
                part.out.complain(Complaint::Sip("a 423 whose Min-Expires is no help"));
                let reason = Reason::RegistrationRefused(self.account.line, 423);
                self.fail(now, reason, None, part)
            }
        }
    }

    fn fail(
        &mut self,
        now: u64,
        reason: Reason,
        retry_after_s: Option<u32>,
        part: &mut Part<'_>,
    ) -> Turn {
        let doubled = part.settings.retry_ms.saturating_mul(1 << self.failures.min(10));
        let wait_ms = match retry_after_s {
            Some(seconds) => (u64::from(seconds) * 1_000).clamp(1_000, RETRY_MAX_MS),
            None => part.rng.around(doubled.min(RETRY_MAX_MS)).max(1),
        };
        self.failures = self.failures.saturating_add(1);
        if !self.is_held(now) {
            self.bound_until_ms = None;
        }
        self.stage = Stage::Waiting { at_ms: now.saturating_add(wait_ms) };
        Turn::Failed(reason)
    }
}

/// What every final response must carry over from its request (RFC 3261 8.2.6, RFC 3581).
fn check(message: &Message<'_>, branch: &str, tag: &str, local: SocketAddrV4, part: &mut Part<'_>) {
    let received = message.parameter("Via", "received");
    let own_ip = received.is_some_and(|ip| ip == local.ip().to_string());
    let rport = message.parameter("Via", "rport");
    let own_port = rport.and_then(|port| port.parse().ok()) == Some(local.port());
    let faults = [
        (message.parameter("Via", "branch") != Some(branch), "the answer's branch was changed"),
        (message.parameter("From", "tag") != Some(tag), "the answer's From tag was changed"),
        (message.parameter("To", "tag").is_none_or(str::is_empty), "the answer has no To tag"),
        (rport.is_none_or(str::is_empty), "the answer does not fill rport"),
        (received.is_none(), "the answer has rport without received"),
        (own_ip && !own_port, "the answer's rport is not the port it came from"),
    ];
    for (_, what) in faults.into_iter().filter(|(wrong, _)| *wrong) {
        part.out.complain(Complaint::Sip(what));
    }
}

fn leading_number(text: &str) -> Option<u32> {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    text.get(..end)?.parse().ok()
}
