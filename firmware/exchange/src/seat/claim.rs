//! Claim codes: digits that somebody dials at a phone to say who sits there.
//!
//! An admin has a code made for a user; it is good for [`CLAIM_CODE_MS`], once, and one user has
//! one at a time. It is dialled behind [`CLAIM_PREFIX`], which no maker's phones keep to themselves
//! and every dial plan that is rendered passes on. The INVITE that brings it must be of a line
//! whose password the phone has proven; whoever has the code needs no PIN, so that none is dialled.
//!
//! A phone that dials wrong codes waits longer each time, and [`CLAIM_CODES_WRONG_MAX`] wrong ones
//! of all phones together end all codes there are. They are in memory only.

use super::SeatNote;
use super::{is_open, own_line, Flaw};
use crate::command::Refusal;
use crate::limits::{CLAIM_CODES_MAX, CLAIM_CODES_WRONG_MAX, CLAIM_CODE_DIGITS, CLAIM_CODE_MS};
use crate::names::{HandsetNo, LineNo, UserNo};
use crate::note::Note;
use crate::office::Office;
use crate::slow::Slow;
use crate::time::{Instant, Now};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use subtle::ConstantTimeEq;

/// What is dialled before a code.
pub const CLAIM_PREFIX: &str = "*44";

/// All that is dialled, as a dial plan says it.
pub const CLAIM_RULE: &str = "*44xxxxxx";

const _: () = assert!(CLAIM_RULE.len() == CLAIM_PREFIX.len() + CLAIM_CODE_DIGITS);

/// The codes that wait to be dialled.
#[derive(Default)]
pub(crate) struct Codes {
    codes: Vec<Code>,
    phones: Slow,
    /// How many were wrong since there was no code.
    wrong: u16,
}

struct Code {
    digits: String,
    user: UserNo,
    until: Instant,
}

/// What came of a code that was dialled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Dialled {
    /// The phone is the user's now.
    Assigned,
    /// There is no such code, or no more.
    Wrong,
    /// This phone has to wait before another is looked at.
    Slowed,
    /// The phone cannot be assigned so.
    Refused(Refusal),
}

/// Makes a code for a user, in place of an earlier one.
pub(super) fn make(office: &mut Office, now: Now, user: UserNo) -> Result<(), Refusal> {
    if office.durable.users().get(user).is_none() {
        return Err(Flaw::NoSuchUser.into());
    }
    if !super::may_assign(office) {
        return Err(Flaw::NotAtPhone.into());
    }
    let codes = &mut office.seats.codes;
    codes.codes.retain(|code| code.until > now.mono && code.user != user);
    if codes.codes.len() >= CLAIM_CODES_MAX {
        return Err(Flaw::CodesFull.into());
    }
    if codes.codes.is_empty() {
        codes.wrong = 0;
    }
    let digits = loop {
        let number = office.chance.number() % 10u64.pow(CLAIM_CODE_DIGITS as u32);
        let digits = format!("{number:0width$}", width = CLAIM_CODE_DIGITS);
        if codes.codes.iter().all(|code| code.digits != digits) {
            break digits;
        }
    };
    codes.codes.push(Code { digits, user, until: now.mono.after_ms(CLAIM_CODE_MS) });
    office.revision += 1;
    Ok(())
}

/// The codes that can be dialled now, each with its user and its end.
pub(super) fn codes(office: &Office, now: Now) -> impl Iterator<Item = (&str, UserNo, Instant)> {
    let live = office.seats.codes.codes.iter().filter(move |code| code.until > now.mono);
    live.map(|code| (code.digits.as_str(), code.user, code.until))
}

/// Somebody dialled a code at a phone that has proven to be this handset.
pub(crate) fn dial(office: &mut Office, now: Now, handset: HandsetNo, digits: &str) -> Dialled {
    if let Err(refusal) = is_open(office, handset) {
        return Dialled::Refused(refusal);
    }
    let codes = &mut office.seats.codes;
    let phone = u32::from(handset.0);
    if codes.phones.wait_ms(now.mono, phone) > 0 {
        return Dialled::Slowed;
    }
    let is = |code: &Code| bool::from(code.digits.as_bytes().ct_eq(digits.as_bytes()));
    let place = codes.codes.iter().position(|code| code.until > now.mono && is(code));
    let Some(place) = place else {
        codes.phones.wrong(now.mono, phone);
        codes.wrong = codes.wrong.saturating_add(1);
        if codes.wrong >= CLAIM_CODES_WRONG_MAX {
            codes.codes.clear();
        }
        if let Some(mac) = office.durable.handset(handset).map(|known| known.mac) {
            office.note(now, Note::Seat(SeatNote::CodeRefused(mac)));
        }
        return Dialled::Wrong;
    };
    let Some(user) = codes.codes.get(place).map(|code| code.user) else { return Dialled::Wrong };
    codes.phones.right(phone);
    match own_line(office, now, (handset, LineNo::FIRST), user) {
        Ok(()) => {
            office.seats.codes.codes.remove(place);
            Dialled::Assigned
        }
        // Nothing came of it: the code can be dialled again.
        Err(refusal) => Dialled::Refused(refusal),
    }
}
