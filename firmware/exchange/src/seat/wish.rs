//! What an admin may ask for about users and who sits where.

use super::replace::{replace, Hand};
use super::SeatNote;
use super::{add_user, claim, draw_user, free_for_user, own_line, store, Flaw, Seat};
use crate::admin::{unchanged, Ended};
use crate::command::{By, Refusal};
use crate::limits::LINES_MAX;
use crate::names::{Extension, HandsetNo, LineNo, RecordNo, Text, UserNo};
use crate::note::Note;
use crate::office::Office;
use crate::secret::Pin;
use crate::state::Event;
use crate::time::Now;
use crate::users::User;
use alloc::string::String;
use alloc::vec::Vec;

/// A wish of an admin about users and who sits where.
pub enum Wish {
    /// Makes a user; his PIN is drawn.
    AddUser {
        /// The name.
        name: Text,
        /// The number people dial.
        extension: Option<Extension>,
    },
    /// Changes a user; the lines that are his follow.
    ChangeUser {
        /// Which one.
        user: UserNo,
        /// The name.
        name: Text,
        /// The number people dial.
        extension: Option<Extension>,
        /// His new PIN as typed; `None` where it stays, empty where one is drawn.
        pin: Option<String>,
    },
    /// Forgets a user; nobody is assigned to the lines that were his.
    DeleteUser {
        /// Which one.
        user: UserNo,
    },
    /// Makes a line a user's.
    Assign {
        /// Which handset.
        handset: HandsetNo,
        /// Which of its lines.
        line: LineNo,
        /// Whose it becomes.
        user: UserNo,
    },
    /// Makes a user of the name and the extension that a line has.
    MakeUser {
        /// Which handset.
        handset: HandsetNo,
        /// Which of its lines.
        line: LineNo,
    },
    /// Takes everybody from a handset; it is as if nobody had been asked there.
    Clear {
        /// Which handset.
        handset: HandsetNo,
    },
    /// Has a handset take over what another one is, which is not known any more then.
    Replace {
        /// The one that was.
        old: HandsetNo,
        /// The one that takes over.
        new: HandsetNo,
    },
    /// Makes a code that is dialled at a phone to assign it to a user; nothing is stored.
    MakeCode {
        /// Whose the phone becomes.
        user: UserNo,
    },
    /// Sets the PIN that allows replacing a phone at the phone.
    SetInstallPin {
        /// As typed; `None` where none is wanted.
        pin: Option<String>,
    },
}

/// Does what the admin wants, or says why not; a refused wish changes nothing.
pub(crate) fn carry_out(
    office: &mut Office,
    now: Now,
    by: &By,
    wish: Wish,
) -> Result<Ended, Refusal> {
    match wish {
        Wish::AddUser { name, extension } => {
            add_user(office, name, extension)?;
            office.note(now, Note::Seat(SeatNote::UsersChanged(by.source)));
        }
        Wish::ChangeUser { user, name, extension, pin } => {
            change_user(office, by, user, name, extension, pin)?;
            office.note(now, Note::Seat(SeatNote::UsersChanged(by.source)));
        }
        Wish::DeleteUser { user } => {
            known(office, by, user)?;
            follow(office, user);
            office.record_site(Event::UserDeleted { user });
            office.note(now, Note::Seat(SeatNote::UsersChanged(by.source)));
        }
        Wish::Assign { handset, line, user } => {
            unchanged(office, now, by, handset)?;
            own_line(office, now, (handset, line), user)?;
        }
        Wish::MakeUser { handset, line } => make_user(office, now, by, handset, line)?,
        Wish::Clear { handset } => clear(office, now, by, handset)?,
        Wish::Replace { old, new } => {
            unchanged(office, now, by, new)?;
            replace(office, now, (old, new), &Hand::Admin)?;
            return Ok(Some((old, None)));
        }
        Wish::MakeCode { user } => claim::make(office, now, user)?,
        Wish::SetInstallPin { pin } => {
            let pin = pin.map(|typed| Pin::parse(&typed).ok_or(Flaw::BadPin)).transpose()?;
            let event = Event::InstallPinSet { pin };
            store(office, event, Office::record_site)?;
            office.note(now, Note::Seat(SeatNote::InstallPinSet(by.source)));
        }
    }
    Ok(None)
}

/// The user, if all users still are as the admin saw them.
fn known(office: &Office, by: &By, user: UserNo) -> Result<User, Refusal> {
    if by.seen.is_some_and(|seen| seen != office.seats.users_changed.0) {
        return Err(Flaw::ChangedMeanwhile.into());
    }
    Ok(office.durable.users().get(user).cloned().ok_or(Flaw::NoSuchUser)?)
}

fn change_user(
    office: &mut Office,
    by: &By,
    no: UserNo,
    name: Text,
    extension: Option<Extension>,
    pin: Option<String>,
) -> Result<(), Refusal> {
    let before = known(office, by, no)?;
    if name.trim().is_empty() {
        return Err(Flaw::NoName.into());
    }
    free_for_user(office, extension, Some(no))?;
    let pin = match pin.as_deref().map(str::trim) {
        None => before.pin.clone(),
        Some("") => Pin::drawn(office.chance.number()),
        Some(typed) => Pin::parse(typed).ok_or(Flaw::BadPin)?,
    };
    let shows = (&before.name, before.extension) != (&name, extension);
    let event = Event::UserSet { user: no, name, extension, pin };
    store(office, event, Office::record_site)?;
    if shows {
        follow(office, no);
    }
    Ok(())
}

/// Has the phones of a user come for what changed.
fn follow(office: &mut Office, user: UserNo) {
    let handsets = office.durable.lines_of(user).map(|(handset, _)| handset);
    let mut handsets: Vec<HandsetNo> = handsets.collect();
    handsets.dedup();
    office.seats.resyncs.extend(handsets);
}

fn make_user(
    office: &mut Office,
    now: Now,
    by: &By,
    handset: HandsetNo,
    line: LineNo,
) -> Result<(), Refusal> {
    let mac = unchanged(office, now, by, handset)?;
    let known = office.durable.handset(handset).and_then(|known| known.line(line));
    let known = known.ok_or(Refusal::NoSuchLine)?;
    if known.owner.is_some() || known.name.is_empty() {
        return Err(Flaw::NobodyThere.into());
    }
    let (name, extension) = (known.name.clone(), known.extension);
    // This very line has the extension. A cut behind the first fact leaves a user with an extension
    // that still rings where it did.
    if let Some(extension) = extension.filter(|it| is_users(office, *it)) {
        return Err(Flaw::ExtensionOfUser(extension).into());
    }
    let user = draw_user(office, name, extension)?;
    office.record(mac, Event::LineOwned { handset, line, user });
    office.note(now, Note::Seat(SeatNote::UsersChanged(by.source)));
    Ok(())
}

fn is_users(office: &Office, extension: Extension) -> bool {
    office.durable.users().of_extension(extension).is_some()
}

fn clear(office: &mut Office, now: Now, by: &By, handset: HandsetNo) -> Result<(), Refusal> {
    let mac = unchanged(office, now, by, handset)?;
    let known = office.durable.handset(handset).ok_or(Refusal::NoSuchHandset)?;
    let lines = (1..=LINES_MAX as u8).filter_map(LineNo::new).zip(&known.lines);
    let taken = lines.filter(|(_, line)| line.is_assigned()).map(|(line, _)| line);
    let taken: Vec<LineNo> = taken.collect();
    let seat = known.seat;
    for line in taken {
        let (extension, name) = (None, Text::new());
        office.record(mac, Event::LineAssigned { handset, line, extension, name });
    }
    if seat != Seat::New {
        office.record(mac, Event::SeatChanged { handset, seat: Seat::New });
    }
    office.seats.resyncs.push(handset);
    Ok(())
}

/// Which fact last changed a user, since this start.
pub(crate) fn revision(office: &Office) -> RecordNo {
    office.seats.users_changed
}
