//! REGISTER: challenge, bind, expire.
//!
//! RFC 3261 section 10.3, step by step: the domain, what is wanted, the password, whether this one
//! may, how long, and in which order; then all of it happens, or nothing does. A line's account is
//! its login, which is the user of the To and of the credentials; an extension is a label and
//! registers nothing. Only what somebody proved changes anything: no header is believed before.
//!
//! Bindings are not stored. A refresh writes nothing to flash and adds nothing to a story; what is
//! remembered is the Contact of a LAN handset, when it changes, and at most once a day for a line.
//!
//! Also RFC 5626 section 6 (a flow is bound by instance and reg-id, and is the way to the phone).
//! Not implemented: Path (RFC 3327) and GRUU (RFC 5627), neither of which is claimed, and
//! third-party registration.

mod bindings;
mod challenge;
mod told;
mod wanted;
mod watch;

use crate::cause::Cause;
use crate::enrol::why;
use crate::limits::{EXPIRES_MIN_S, REWRITE_MS};
use crate::names::{ContactText, HandsetNo, LineNo, Side};
use crate::note::{Note, Table};
use crate::office::Office;
use crate::output::StreamNo;
use crate::policy::{Act, Verdict};
use crate::request::{Reply, Request};
use crate::secret::{LineSecret, LoginId};
use crate::sorted::SortedMap;
use crate::state::Event;
use crate::story::Step;
use crate::time::{Instant, Now};
use alloc::format;
use bindings::{At, Binding, Bindings, Order, OutOfOrder, Update};
pub(crate) use bindings::{Flow, Way};
use challenge::{Challenger, Judgement};
use wanted::{is_same_target, Wanted};
use watch::Watch;
use wire::sip::{Credentials, Essentials, Name, NoCredentials, SipUri, Uri};
use wire::Mac;

/// All registrations.
#[derive(Default)]
pub(crate) struct Registrar {
    challenger: Challenger,
    watch: Watch,
    bindings: Bindings,
    /// When the Contact of a line was last written.
    learnt: SortedMap<At, Instant>,
}

/// What does not go on: the answer, or silence.
type Refused = Option<Reply>;

/// The line whose password was proven.
#[derive(Clone, Copy)]
struct Account {
    at: At,
    mac: Mac,
}

impl Registrar {
    /// Carries out a REGISTER; `None` is silence.
    pub(crate) fn register(
        &mut self,
        office: &mut Office,
        now: Now,
        request: &Request<'_>,
    ) -> Option<Reply> {
        match self.carry_out(office, now, request) {
            Ok(reply) => Some(reply),
            Err(refused) => refused,
        }
    }

    fn carry_out(
        &mut self,
        office: &mut Office,
        now: Now,
        request: &Request<'_>,
    ) -> Result<Reply, Refused> {
        let essentials = request.message.essentials();
        let essentials = essentials.map_err(|bad| Some(Reply::because(bad.code(), bad)))?;
        let asked = address_of_record(&essentials)?;
        if !serves(office, request, &asked) {
            told::other_domain(office, now, request);
            return Err(Some(Reply::new(404)));
        }
        let wanted = Wanted::read(request).map_err(Some)?;
        let account = self.prove(office, now, request, &asked)?;
        let after = office.relies_on(account.mac);
        let refuse = |reply: Reply| Err(Some(reply.proven(after)));
        told::heard(office, now, request, account.mac);
        self.watch.proved(office, now, request, account.at.0, account.mac);
        if wanted.is_too_brief() {
            told::refused(office, now, account.mac, Cause::TooBrief);
            return refuse(Reply::new(423).with(Name::MinExpires, EXPIRES_MIN_S));
        }
        if matches!(wanted, Wanted::List) {
            return Ok(self.bound(office, now, account, request, &wanted));
        }
        let live = self.bindings.of(account.at, now.mono).cloned().collect();
        let order = Order::of(&essentials);
        match Update::of(live, &wanted, order, request, now.mono) {
            Ok(update) => self.commit(office, now, account, update),
            Err(OutOfOrder) => return refuse(Reply::because(500, "CSeq Out Of Order")),
        }
        self.learn(office, now, account, request, &wanted);
        Ok(self.bound(office, now, account, request, &wanted))
    }

    /// Finds out which handset makes a call, by the line that its From names, or what to say to it.
    pub(crate) fn caller(
        &mut self,
        office: &mut Office,
        now: Now,
        request: &Request<'_>,
    ) -> Result<(HandsetNo, Mac), Refused> {
        let essentials = request.message.essentials();
        let essentials = essentials.map_err(|bad| Some(Reply::because(bad.code(), bad)))?;
        let line = essentials.from.parsed_uri().and_then(Uri::sip);
        let line = line.ok_or_else(|| Some(Reply::because(400, "From Is No SIP URI")))?;
        let account = self.prove(office, now, request, &line)?;
        Ok((account.at.0, account.mac))
    }

    /// Finds out who asks, or what to say to him.
    fn prove(
        &mut self,
        office: &mut Office,
        now: Now,
        request: &Request<'_>,
        asked: &SipUri<'_>,
    ) -> Result<Account, Refused> {
        let answer = answer_for(office, request).inspect_err(|_| {
            self.watch.challenged(office, now, request);
        });
        let Some(answer) = answer? else {
            let account = LoginId::parse(asked.user().unwrap_or_default());
            let at = account.and_then(|login| office.durable.line_of(&login));
            let registered = at.is_some_and(|at| self.bindings.of(at, now.mono).next().is_some());
            if !registered {
                told::challenged(office, now, request);
            }
            self.watch.challenged(office, now, request);
            return Err(Some(self.challenger.challenge(office, now.mono, request, None)));
        };
        // RFC 7616 section 3.4.6.
        if !is_same_target(answer.uri, request.uri) {
            if !self.watch.may_go_on(office, now, request, answer.username) {
                return Err(None);
            }
            return Err(Some(Reply::because(400, "Bad Authorization URI")));
        }
        let found = LoginId::parse(answer.username).and_then(|login| found(office, login));
        let method = request.method.as_str();
        let password = found.map(|(_, password)| password);
        let judged = self.challenger.judge(office, now.mono, &answer, method, password);
        match (judged, found) {
            // He knows the password, and hears no more than whoever does not.
            (Judgement::Right, Some((account, _))) if !may_register(office, request, account) => {
                let verdict = office.admit(request.arrival.side, account.mac, Act::Register);
                office.speak_of(now, account.mac);
                let cause = why(verdict, request.arrival.side);
                told::refused(office, now, account.mac, cause);
                Err(self.wrong(office, now, request, (answer.username, None)))
            }
            (Judgement::Right, Some((account, _))) if asked.user_is(answer.username) => Ok(account),
            // Section 10.3 step 4: who he is is clear, and that he is not the one he asks for too.
            (Judgement::Right, Some(_)) => Err(Some(Reply::new(403))),
            (Judgement::Stale, Some((account, _))) if may_register(office, request, account) => {
                Err(Some(self.challenger.challenge(office, now.mono, request, Some(judged))))
            }
            (Judgement::Stale | Judgement::Wrong, _) | (_, None) => {
                let mac = found.map(|(account, _)| account.mac);
                Err(self.wrong(office, now, request, (answer.username, mac)))
            }
        }
    }

    /// Counts a wrong password, tells the story of whose it is, and asks again or keeps silent.
    fn wrong(
        &mut self,
        office: &mut Office,
        now: Now,
        request: &Request<'_>,
        (login, named): (&str, Option<Mac>),
    ) -> Option<Reply> {
        told::wrong_password(office, now, request, named);
        if !self.watch.may_go_on(office, now, request, login) {
            return None;
        }
        Some(self.challenger.challenge(office, now.mono, request, Some(Judgement::Wrong)))
    }

    /// Makes an update true, and tells about it if anything changed.
    fn commit(&mut self, office: &mut Office, now: Now, account: Account, update: Update) {
        let Account { at: (handset, line), mac } = account;
        let before = self.bindings.of(account.at, now.mono).next().is_some();
        let handset_before = self.bindings.any_of(handset, now.mono);
        let until = update.bindings.iter().map(|it| it.expires_at).max();
        self.bindings.put(account.at, update.bindings);
        if update.displaced {
            office.note(now, Note::Full(Table::Contacts));
        }
        match until {
            Some(until) if update.moved || !before => {
                let granted_s = until.since_ms(now.mono).div_ceil(1_000) as u32;
                office.step(now, mac, Step::Registered(line, granted_s));
            }
            Some(_) => {}
            None if before => office.step(now, mac, Step::Unregistered(line)),
            None => {}
        }
        if until.is_some() && !handset_before {
            office.note(now, Note::Registered(mac));
        }
        office.revision += 1;
    }

    /// Remembers the Contact of a LAN handset, so that it can be reached after a restart.
    fn learn(
        &mut self,
        office: &mut Office,
        now: Now,
        account: Account,
        request: &Request<'_>,
        wanted: &Wanted<'_>,
    ) {
        let Account { at: (handset, line), mac } = account;
        if request.arrival.side != Side::Lan || office.read_only {
            return;
        }
        let bound = wanted.contacts().iter().find(|it| it.expires_s > 0);
        let Some(contact) = bound.and_then(|it| ContactText::try_from(it.uri).ok()) else { return };
        let known = office.durable.handset(handset).and_then(|it| it.line(line));
        if known.is_none_or(|known| known.contact == contact.as_str()) {
            return;
        }
        let lately = self.learnt.get(&account.at);
        if lately.is_some_and(|at| now.mono.since_ms(*at) < REWRITE_MS) {
            return;
        }
        let event = Event::ContactLearnt { handset, line, contact };
        // Without room it is bound all the same, and asked for again after a restart.
        if !office.has_room_to_change(&event) {
            return office.note(now, Note::Full(Table::Flash));
        }
        self.learnt.insert(account.at, now.mono);
        office.record(mac, event);
    }

    /// The 200, with all bindings there are (RFC 3261 section 10.3 step 8).
    fn bound(
        &self,
        office: &Office,
        now: Now,
        account: Account,
        request: &Request<'_>,
        wanted: &Wanted<'_>,
    ) -> Reply {
        let bindings = self.bindings.of(account.at, now.mono);
        let mut reply = bindings.fold(Reply::new(200), |reply, binding| {
            reply.with(Name::Contact, contact_value(binding, now.mono))
        });
        if let Some(wall) = now.wall {
            reply = reply.with(Name::Date, told::Date(wall));
        }
        let outbound = "outbound";
        if wanted.binds_flow() && request.supports(outbound) {
            reply = reply.with(Name::Require, outbound);
        }
        reply.proven(office.relies_on(account.mac))
    }
}

/// Whether the policy lets an account register from this side.
fn may_register(office: &Office, request: &Request<'_>, account: Account) -> bool {
    office.admit(request.arrival.side, account.mac, Act::Register) == Verdict::Allow
}

/// What does not come from a phone.
impl Registrar {
    /// Whether a request is heard at all: not one of a banned device, nor most of a scanner's.
    pub(crate) fn hears(&mut self, office: &mut Office, now: Now, request: &Request<'_>) -> bool {
        self.watch.hears(office, now, request)
    }

    /// A connection is gone.
    pub(crate) fn closed(&mut self, stream: StreamNo) {
        self.bindings.closed(stream);
    }

    /// Ends the registrations whose time is over.
    pub(crate) fn tick(&mut self, office: &mut Office, now: Now) {
        while let Some((handset, line)) = self.bindings.expire(now.mono) {
            office.revision += 1;
            let Some(mac) = office.durable.handset(handset).map(|it| it.mac) else { continue };
            office.step(now, mac, Step::Expired(line));
            if !self.bindings.any_of(handset, now.mono) {
                office.note(now, Note::Lost(mac));
            }
        }
    }

    /// When the next binding ends.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.bindings.next_end()
    }

    /// Until when a line is registered.
    pub(crate) fn registered_until(
        &self,
        handset: HandsetNo,
        line: LineNo,
        now: Instant,
    ) -> Option<Instant> {
        self.bindings.of((handset, line), now).map(|it| it.expires_at).max()
    }

    /// Whether any line of a handset is registered.
    pub(crate) fn any_of(&self, handset: HandsetNo, now: Instant) -> bool {
        self.bindings.any_of(handset, now)
    }

    /// The way to a handset that is registered; `None` also where it would be by a connection that
    /// is closed.
    pub(crate) fn way_to(&self, handset: HandsetNo, now: Instant) -> Option<Way> {
        self.bindings.way_to(handset, now)
    }

    /// Ends the registrations of a handset, or of one of its lines.
    pub(crate) fn forget(&mut self, handset: HandsetNo, line: Option<LineNo>) {
        self.bindings.forget(handset, line);
        self.watch.forget(handset);
        self.learnt.retain(|(of, no), _| *of != handset || line.is_some_and(|it| it != *no));
    }
}

/// Whom the bindings are for: the To, of which the user counts (RFC 3261 section 10.3 step 5).
fn address_of_record<'a>(essentials: &Essentials<'a>) -> Result<SipUri<'a>, Refused> {
    let uri = essentials.to.parsed_uri().and_then(Uri::sip);
    uri.ok_or_else(|| Some(Reply::because(400, "To Is No SIP URI")))
}

/// Whether the box keeps bindings for this domain: on the LAN by its own addresses and its realm.
/// Under which name or address the world reaches the box it cannot know.
fn serves(office: &Office, request: &Request<'_>, asked: &SipUri<'_>) -> bool {
    let domain = Uri::parse(request.uri).and_then(Uri::sip);
    request.arrival.side == Side::Wan
        || (domain.is_some_and(|it| office.serves(it.host)) && office.serves(asked.host))
}

/// The answer to a challenge of ours, where there is one. Of several, the first counts.
fn answer_for<'a>(
    office: &Office,
    request: &Request<'a>,
) -> Result<Option<Credentials<'a>>, Refused> {
    for answer in request.message.credentials() {
        match answer {
            Ok(answer) if answer.realm == office.board.site.realm => return Ok(Some(answer)),
            Ok(_) | Err(NoCredentials::OtherScheme) => {}
            Err(NoCredentials::Unreadable) => {
                return Err(Some(Reply::because(400, "Bad Authorization")));
            }
        }
    }
    Ok(None)
}

/// The line of a login, and its password.
fn found(office: &Office, login: LoginId) -> Option<(Account, LineSecret)> {
    let (handset, line) = office.durable.line_of(&login)?;
    let known = office.durable.handset(handset)?;
    let password = known.line(line)?.secret;
    Some((Account { at: (handset, line), mac: known.mac }, password))
}

fn contact_value(binding: &Binding, now: Instant) -> alloc::string::String {
    let expires_s = binding.expires_at.since_ms(now).div_ceil(1_000);
    let mut value = format!("<{}>;expires={expires_s}", binding.contact);
    if let Some(quality) = binding.quality {
        value += &format!(";q={}.{:03}", quality / 1_000, quality % 1_000);
    }
    if let Some(instance) = &binding.instance {
        value += &format!(";+sip.instance=\"<{instance}>\"");
    }
    if let Some(reg_id) = binding.reg_id {
        value += &format!(";reg-id={reg_id}");
    }
    value
}
