//! Resync: who is asked when, and what came of it.
//!
//! So many handsets are under way at once ([`RESYNCS_AT_ONCE`]); the others wait in the order of
//! their numbers. One is under way until it came for its file, has refused, was silent, or for
//! [`RESYNC_SLOT_MS`] at most: the office is not asked faster than the phones come, and one that
//! never comes does not hold the others up for long. Whether it comes is watched for longer,
//! [`RESYNC_COMES_MS`] from when it was asked, and whatever it had said before.
//!
//! What is planned for a quiet hour lives in memory only: a restart of the box calls it off, and
//! the page says so. Whether the hour has come is looked at by the clock as it is then, so that a
//! clock that was set meanwhile, or summer time, moves it.
//!
//! A NOTIFY is sent out of any dialog, to the Contact of the handset's latest registration; that a
//! phone takes it without a password is for its files to say. Not implemented: digest for phones
//! that insist on one (that is a refusal, and told as one).

mod notify;
mod transaction;

pub(super) use notify::{parameter, sent_by, way};

use crate::catalog::Family;
use crate::command::Refusal;
use crate::limits::{RESYNCS_AT_ONCE, RESYNC_COMES_MS, RESYNC_SHOWN_MS, RESYNC_SLOT_MS};
use crate::names::HandsetNo;
use crate::office::Office;
use crate::output::{Arrival, Line};
use crate::registrar::Registrar;
use crate::resync::{Asked, ClockTime, Errand, Progress, Selection};
use crate::sorted::SortedMap;
use crate::story::Step;
use crate::time::{Instant, Now, Wall, DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use transaction::{Heard, Transaction};
use wire::sip::Message;
use wire::Mac;

/// How often it is looked whether the quiet hour has come, by a clock that may be set.
const LOOK_AGAIN_MS: u64 = 10 * MINUTE_MS;
/// How late it may be by the clock and is still taken to be the quiet hour.
const LATE_MS: u64 = HOUR_MS;

/// Everything that handsets were asked.
#[derive(Default)]
pub(crate) struct Resync {
    rows: SortedMap<HandsetNo, Row>,
    /// Whose turn comes next.
    queue: VecDeque<HandsetNo>,
    plan: Option<Plan>,
    under_way: SortedMap<HandsetNo, UnderWay>,
}

/// What one handset was last asked.
struct Row {
    errand: Errand,
    progress: Progress,
    at: Instant,
}

/// The quiet hour, and when to look whether it has come.
struct Plan {
    time: ClockTime,
    look_at: Instant,
}

/// A handset that was asked and is watched.
struct UnderWay {
    mac: Mac,
    asked: Instant,
    /// Until an answer is there, or none is expected any more.
    transaction: Option<Transaction>,
}

impl UnderWay {
    /// Until when the next one waits for this one.
    fn holds_until(&self, progress: Progress) -> Instant {
        match progress {
            Progress::Asked | Progress::Acknowledged => self.asked.after_ms(RESYNC_SLOT_MS),
            Progress::Planned(_)
            | Progress::Waiting
            | Progress::NotRegistered
            | Progress::Refused(_)
            | Progress::Silent
            | Progress::NeverCame
            | Progress::Confirmed => self.asked,
        }
    }

    fn comes_until(&self) -> Instant {
        self.asked.after_ms(RESYNC_COMES_MS)
    }
}

/// What an admin wants.
impl Resync {
    /// Has handsets asked, now or in the quiet hour; says how many. Those that are asked already
    /// are left to that.
    pub(super) fn ask(
        &mut self,
        office: &mut Office,
        registrar: &Registrar,
        now: Now,
        (whom, errand, when): (&Selection, Errand, Option<ClockTime>),
    ) -> Result<usize, Refusal> {
        // What has no file is not asked to fetch it.
        let known = office.durable.handsets().filter(|(_, known)| !known.is_generic());
        let known = known.filter(|(no, known)| {
            let extensions = known.lines.iter().filter_map(|line| line.extension);
            whom.means(*no, extensions)
        });
        let meant: Vec<HandsetNo> = known.map(|(no, _)| no).collect();
        if meant.is_empty() {
            let one = matches!(whom, Selection::One(_));
            return Err(if one { Refusal::NoSuchHandset } else { Refusal::NobodyMeant });
        }
        if let (Selection::One(no), None) = (whom, when) {
            if way(office, registrar, *no, now.mono).is_none() {
                return Err(Refusal::NotReachable);
            }
        }
        let free = |no: &HandsetNo| self.rows.get(no).is_none_or(|row| row.progress.is_over());
        let meant: Vec<HandsetNo> = meant.into_iter().filter(free).collect();
        if meant.is_empty() {
            return Err(Refusal::AskedAlready);
        }
        if let Some(time) = when {
            self.plan(office, now, time)?;
        }
        let progress = when.map_or(Progress::Waiting, Progress::Planned);
        for no in &meant {
            // What it was asked before is over; its coming is no longer looked for.
            self.under_way.remove(no);
            self.rows.insert(*no, Row { errand, progress, at: now.mono });
        }
        if when.is_none() {
            self.queue.extend(&meant);
        }
        office.revision += 1;
        self.take_turns(office, registrar, now);
        Ok(meant.len())
    }

    /// Takes back whatever was not sent yet.
    pub(super) fn call_off(&mut self, office: &mut Office) -> Result<(), Refusal> {
        let before = self.rows.len();
        self.rows.retain(|_, row| !is_before_sending(row.progress));
        self.queue.clear();
        self.plan = None;
        office.revision += 1;
        if self.rows.len() == before {
            return Err(Refusal::NothingToCallOff);
        }
        Ok(())
    }

    /// Forgets a handset that is no more.
    pub(super) fn forget(&mut self, handset: HandsetNo) {
        self.rows.remove(&handset);
        self.under_way.remove(&handset);
        self.queue.retain(|no| *no != handset);
    }

    fn plan(&mut self, office: &Office, now: Now, time: ClockTime) -> Result<(), Refusal> {
        let Some(wall) = now.wall else { return Err(Refusal::ClockUnknown) };
        match &self.plan {
            Some(plan) if plan.time != time => return Err(Refusal::OtherQuietHour(plan.time)),
            Some(_) | None => {}
        }
        let look_at = now.mono.after_ms(until_ms(office, wall, time).min(LOOK_AGAIN_MS));
        self.plan = Some(Plan { time, look_at });
        Ok(())
    }
}

/// What a page shows.
impl Resync {
    /// What a handset was last asked, for a day after it was over.
    pub(super) fn asked(&self, office: &Office, now: Now, handset: HandsetNo) -> Option<Asked> {
        let Row { errand, progress, at } = *self.rows.get(&handset)?;
        let since_ms = now.mono.since_ms(at);
        if progress.is_over() && since_ms > RESYNC_SHOWN_MS {
            return None;
        }
        let wall = now.wall.and_then(|wall| wall.0.checked_sub(since_ms / SECOND_MS));
        let clock = wall.map(|wall| office.clock(Wall(wall)));
        Some(Asked { errand, progress, at, clock })
    }

    /// When the quiet hour is for which handsets are planned.
    pub(super) fn planned(&self) -> Option<ClockTime> {
        self.plan.as_ref().map(|plan| plan.time)
    }
}

/// What happens by itself.
impl Resync {
    /// A response came.
    pub(super) fn response(
        &mut self,
        office: &mut Office,
        registrar: &Registrar,
        now: Now,
        (arrival, line): (Arrival, Line),
        (message, code): (&Message<'_>, u16),
    ) {
        let told = self.under_way.iter_mut().find_map(|(no, one)| {
            let transaction = one.transaction.as_mut()?;
            Some((*no, transaction.hear(now.mono, arrival, line, message, code)?))
        });
        let Some((no, heard)) = told else { return };
        let (progress, step) = match heard {
            Heard::Provisional => return,
            Heard::Good => (Progress::Acknowledged, Step::SaysItWill),
            Heard::Bad => (Progress::Refused(code), Step::SaysNo(code)),
        };
        self.answered(office, now, no, progress, step);
        self.take_turns(office, registrar, now);
    }

    /// Looks whether handsets under way have been given their own file since they were asked.
    pub(super) fn settle(&mut self, office: &mut Office, registrar: &Registrar, now: Now) {
        let came = |one: &UnderWay| {
            let device = office.devices.get(&one.mac);
            device.is_some_and(|device| device.given_file.is_some_and(|at| at >= one.asked))
        };
        let came: Vec<HandsetNo> =
            self.under_way.iter().filter(|(_, one)| came(one)).map(|(no, _)| *no).collect();
        if came.is_empty() {
            return;
        }
        for no in came {
            self.answered(office, now, no, Progress::Confirmed, Step::CameAsAsked);
            self.under_way.remove(&no);
        }
        self.take_turns(office, registrar, now);
    }

    /// Sends again, gives up, and gives the next ones their turn.
    pub(super) fn tick(&mut self, office: &mut Office, registrar: &Registrar, now: Now) {
        for one in self.under_way.values_mut() {
            if let Some(transaction) = &mut one.transaction {
                transaction.resend(office, now.mono);
            }
        }
        let silent = |one: &UnderWay| {
            one.transaction.as_ref().is_some_and(|transaction| transaction.is_over(now.mono))
        };
        for no in self.those(silent) {
            self.answered(office, now, no, Progress::Silent, Step::SaidNothing);
        }
        for no in self.those(|one| one.comes_until() <= now.mono) {
            if self.progress(no) == Some(Progress::Acknowledged) {
                self.answered(office, now, no, Progress::NeverCame, Step::DidNotCome);
            }
            self.under_way.remove(&no);
        }
        self.look_at_clock(office, now);
        self.take_turns(office, registrar, now);
    }

    /// When [`Resync::tick`] has something to do.
    pub(super) fn next_deadline(&self, now: Instant) -> Option<Instant> {
        let of_one = self.under_way.iter().map(|(no, one)| {
            let talk = one.transaction.as_ref().map(Transaction::next_deadline);
            let turn = (!self.queue.is_empty()).then(|| self.holds_until(*no, one));
            let turn = turn.filter(|turn| *turn > now);
            let first = [talk, turn].into_iter().flatten().min();
            first.map_or(one.comes_until(), |first| first.min(one.comes_until()))
        });
        of_one.chain(self.plan.as_ref().map(|plan| plan.look_at)).min()
    }

    fn those(&self, which: impl Fn(&UnderWay) -> bool) -> Vec<HandsetNo> {
        self.under_way.iter().filter(|(_, one)| which(one)).map(|(no, _)| *no).collect()
    }

    fn progress(&self, no: HandsetNo) -> Option<Progress> {
        self.rows.get(&no).map(|row| row.progress)
    }

    fn holds_until(&self, no: HandsetNo, one: &UnderWay) -> Instant {
        one.holds_until(self.progress(no).unwrap_or(Progress::Confirmed))
    }

    fn answered(
        &mut self,
        office: &mut Office,
        now: Now,
        no: HandsetNo,
        progress: Progress,
        step: Step,
    ) {
        let Some(one) = self.under_way.get_mut(&no) else { return };
        one.transaction = None;
        office.step(now, one.mac, step);
        office.revision += 1;
        if let Some(row) = self.rows.get_mut(&no) {
            (row.progress, row.at) = (progress, now.mono);
        }
    }

    /// Lets those that are planned queue once their hour has come.
    fn look_at_clock(&mut self, office: &mut Office, now: Now) {
        let Some(plan) = self.plan.as_mut().filter(|plan| plan.look_at <= now.mono) else { return };
        match now.wall.map(|wall| until_ms(office, wall, plan.time)) {
            Some(ms) if 0 < ms && ms <= DAY_MS - LATE_MS => {
                plan.look_at = now.mono.after_ms(ms.min(LOOK_AGAIN_MS));
            }
            Some(_) | None => {
                let time = plan.time;
                let planned = self.rows.iter_mut();
                let planned = planned.filter(|(_, row)| row.progress == Progress::Planned(time));
                for (no, row) in planned {
                    (row.progress, row.at) = (Progress::Waiting, now.mono);
                    self.queue.push_back(*no);
                }
                self.plan = None;
                office.revision += 1;
            }
        }
    }

    fn take_turns(&mut self, office: &mut Office, registrar: &Registrar, now: Now) {
        let hold = |(no, one): (&HandsetNo, &UnderWay)| self.holds_until(*no, one) > now.mono;
        let mut held = self.under_way.iter().filter(|it| hold(*it)).count();
        while held < RESYNCS_AT_ONCE {
            let Some(no) = self.queue.pop_front() else { return };
            held += usize::from(self.begin(office, registrar, now, no));
        }
    }

    /// Asks one handset; `false` if there is no way to it.
    fn begin(
        &mut self,
        office: &mut Office,
        registrar: &Registrar,
        now: Now,
        no: HandsetNo,
    ) -> bool {
        let Some(row) = self.rows.get_mut(&no) else { return false };
        row.at = now.mono;
        office.revision += 1;
        let way = way(office, registrar, no, now.mono);
        let mac = office.durable.handset(no).map(|known| known.mac);
        let Some((way, mac)) = way.zip(mac) else {
            row.progress = Progress::NotRegistered;
            return false;
        };
        let family = office.family(mac).unwrap_or(Family::Generic);
        let event = match row.errand {
            Errand::Resync => family.resync_event(),
            Errand::Restart => family.reboot_event(),
        };
        let Some((branch, bytes)) = notify::write(office, no, &way, event) else {
            row.progress = Progress::NotRegistered;
            return false;
        };
        row.progress = Progress::Asked;
        office.speak_of(now, mac);
        if let Some(device) = office.devices.get_mut(&mac) {
            // What it fetched before is no answer to this.
            device.given_file = None;
        }
        office.step(now, mac, Step::WasAsked(row.errand));
        let after = office.relies_on(mac);
        let transaction = Transaction::begin(office, now.mono, (way.flow, after), branch, bytes);
        let one = UnderWay { mac, asked: now.mono, transaction: Some(transaction) };
        self.under_way.insert(no, one);
        true
    }
}

fn is_before_sending(progress: Progress) -> bool {
    matches!(progress, Progress::Planned(_) | Progress::Waiting)
}

/// How long until the site's clock shows a time; 0 while it does.
fn until_ms(office: &Office, wall: Wall, time: ClockTime) -> u64 {
    let minutes = u64::from(office.clock(wall).minutes_until(time));
    (minutes * MINUTE_MS).saturating_sub(if minutes > 0 { wall.0 % 60 * SECOND_MS } else { 0 })
}
