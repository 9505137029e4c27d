//! What a registration adds to stories, and how the time is told to phones.
//!
//! A refused attempt belongs to the device that its source address proves to be, whatever account
//! it names; where nothing is proven, nothing is told. What a phone says again and again is told
//! once.

use crate::catalog::Sign;
use crate::cause::Cause;
use crate::generic::is_made_up;
use crate::office::Office;
use crate::provision;
use crate::request::Request;
use crate::story::Step;
use crate::time::{Now, Wall};
use core::fmt;
use wire::sip::Name;
use wire::Mac;

/// A line that is not registered was asked for its password; told once for every boot.
pub(super) fn challenged(office: &mut Office, now: Now, request: &Request<'_>) {
    let Some(mac) = asker(office, now, request) else { return };
    let steps = office.devices.get(&mac).map(|device| device.story.steps());
    let again = steps.into_iter().flatten().rev().map_while(|(_, step)| of_this_attempt(step));
    let told = again.into_iter().any(|challenge| challenge);
    if !told {
        office.step(now, mac, Step::Challenged);
    }
}

/// Whether a step is the challenge of an attempt to register that goes on; `None` for one before
/// it.
fn of_this_attempt(step: &Step) -> Option<bool> {
    match step {
        Step::Challenged => Some(true),
        Step::Registered(..)
        | Step::RegisterRefused(_)
        | Step::TwoPlaces
        | Step::AddressTaken(..) => Some(false),
        Step::Discover { .. }
        | Step::Offer(..)
        | Step::NoOffer(_)
        | Step::Ack(..)
        | Step::Renew(_)
        | Step::Nak(_)
        | Step::ChoseOther(_)
        | Step::Decline(_)
        | Step::Release(_)
        | Step::Inform(_)
        | Step::Created(_)
        | Step::TurnedAway(_)
        | Step::File(..)
        | Step::TransferDone
        | Step::TransferLost
        | Step::PnpTold
        | Step::PnpSilent(_)
        | Step::Expired(_)
        | Step::Unregistered(_)
        | Step::WasAsked(_)
        | Step::SaysItWill
        | Step::SaysNo(_)
        | Step::SaidNothing
        | Step::CameAsAsked
        | Step::DidNotCome
        | Step::ChangedNetwork(_)
        | Step::Rung(_)
        | Step::SpeaksOther(_)
        | Step::SpokeTls(..) => None,
    }
}

/// A wrong password was given for the account of `named`, or for one that does not exist.
pub(super) fn wrong_password(
    office: &mut Office,
    now: Now,
    request: &Request<'_>,
    named: Option<Mac>,
) {
    let Some(mac) = asker(office, now, request) else { return };
    // Nobody's address proves him to be what has no hardware address.
    let own = named.is_some_and(|it| it == mac || is_made_up(it));
    let cause = if own { Cause::WrongPassword } else { Cause::UnknownAccount };
    refused(office, now, mac, cause);
}

/// Somebody registers for a domain that is not served here.
pub(super) fn other_domain(office: &mut Office, now: Now, request: &Request<'_>) {
    let Some(mac) = asker(office, now, request) else { return };
    refused(office, now, mac, Cause::OtherDomain);
}

/// A device was refused; the same refusal again is not told again.
pub(super) fn refused(office: &mut Office, now: Now, mac: Mac, cause: Cause) {
    let step = Step::RegisterRefused(cause);
    let last = office.devices.get(&mac).and_then(|device| device.story.steps().next_back());
    if last.is_none_or(|(_, last)| *last != step) {
        office.step(now, mac, step);
    }
}

/// A device has proven who it is, and is heard.
pub(super) fn heard(office: &mut Office, now: Now, request: &Request<'_>, mac: Mac) {
    if office.meet(now, mac).is_none() {
        return;
    }
    office.seen_at(mac, *request.arrival.from.ip());
    let agent = request.message.first(Name::UserAgent).filter(|_| !is_made_up(mac));
    if let Some(agent) = agent {
        office.weigh(mac, Sign::SipUserAgent(agent));
        office.remember_make(now, mac);
    }
}

/// The device that the source address proves to be, if anything else is known of it.
fn asker(office: &mut Office, now: Now, request: &Request<'_>) -> Option<Mac> {
    let mac = provision::prove(office, now, &request.arrival).ok()?;
    let known = office.devices.contains_key(&mac) || office.durable.handset_of(mac).is_some();
    (known && office.meet(now, mac).is_some()).then_some(mac)
}

/// The time as RFC 3261 section 20.17 writes it.
pub(super) struct Date(pub(super) Wall);

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Wall(seconds) = self.0;
        let (days, of_day) = (seconds / 86_400, seconds % 86_400);
        let (year, month, day) = civil(days);
        let named = |names: &[&'static str], at: u64| names.get(at as usize).copied();
        let weekday = named(&DAYS, days % 7).unwrap_or_default();
        let month = named(&MONTHS, month).unwrap_or_default();
        let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
        write!(f, "{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
    }
}

/// Year, month (from 0) and day (from 1) of a day counted from 1970-01-01. Years are counted from
/// March on the way, so that a leap day ends its year; 400 of them have 146,097 days.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days.saturating_add(719_468);
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let march_month = (5 * day + 2) / 153;
    let day = day - (153 * march_month + 2) / 5 + 1;
    let month = (march_month + 2) % 12;
    (era * 400 + year + u64::from(month < 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn the_date_is_written_as_the_rfc_does() {
        let written = [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_827_696, "Tue, 29 Feb 2000 12:34:56 GMT"),
            (1_289_690_940, "Sat, 13 Nov 2010 23:29:00 GMT"),
            (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        ];
        for (seconds, text) in written {
            assert_eq!(Date(Wall(seconds)).to_string(), text);
        }
    }
}
