//! Users and seats as they may be shown. The PINs are in none of this; a code that waits to be
//! dialled is, since it is made to be read.

use super::{claim, may_assign, next_extension, revision, users, Carried, Seat, CLAIM_PREFIX};
use crate::names::{Extension, HandsetNo, LineNo, Text, UserNo};
use crate::office::Office;
use crate::state::Handset;
use crate::time::{Instant, Now};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use wire::Mac;

/// The users, as their page shows them.
pub struct UsersView {
    /// When it was built.
    pub now: Now,
    /// What this page's forms must send back.
    pub revision: u64,
    /// Every user, by name.
    pub users: Vec<UserRow>,
    /// The codes that wait to be dialled.
    pub codes: Vec<CodeRow>,
    /// The extension that the next user would get; `None` where none is free.
    pub next: Option<Extension>,
    /// Whether users may be assigned at phones.
    pub at_phone: bool,
    /// Whether nothing new is stored.
    pub read_only: bool,
}

/// One user.
#[derive(Clone)]
pub struct UserRow {
    /// His number.
    pub user: UserNo,
    /// His name.
    pub name: Text,
    /// The number people dial.
    pub extension: Option<Extension>,
    /// The lines that are his, each with its phone.
    pub lines: Vec<(Mac, LineNo)>,
}

/// A code that waits to be dialled.
#[derive(Clone)]
pub struct CodeRow {
    /// All that is dialled.
    pub dialled: String,
    /// Whose the phone becomes.
    pub user: UserNo,
    /// His name.
    pub name: Text,
    /// Until when it can be dialled.
    pub until: Instant,
}

/// What a handset's page needs to know of people and of other phones.
#[derive(Clone, Default)]
pub struct PeopleView {
    /// How it stands with who sits there.
    pub seat: Seat,
    /// Users who can be assigned, each in words.
    pub users: Vec<(UserNo, String)>,
    /// Handsets whose place it can take, each in words; none where it is somebody's already.
    pub replaceable: Vec<(HandsetNo, String)>,
    /// What did not carry over when it took another one's place, since this start.
    pub carried: Option<Carried>,
}

/// The users at this moment.
pub(crate) fn view(office: &Office, now: Now) -> UsersView {
    let row = |(no, user): (UserNo, &crate::users::User)| {
        let lines = office.durable.lines_of(no);
        let lines =
            lines.filter_map(|(handset, line)| Some((office.durable.handset(handset)?.mac, line)));
        let (name, extension) = (user.name.clone(), user.extension);
        UserRow { user: no, name, extension, lines: lines.collect() }
    };
    let code = |(digits, user, until): (&str, UserNo, Instant)| {
        let name = office.durable.users().get(user)?.name.clone();
        Some(CodeRow { dialled: format!("{CLAIM_PREFIX}{digits}"), user, name, until })
    };
    UsersView {
        now,
        revision: revision(office).0,
        users: users(office).into_iter().map(row).collect(),
        codes: claim::codes(office, now).filter_map(code).collect(),
        next: next_extension(office),
        at_phone: may_assign(office),
        read_only: office.read_only,
    }
}

/// What a handset's page needs to know.
pub(crate) fn of_handset(office: &Office, handset: HandsetNo) -> PeopleView {
    let seat = super::seat(office, handset).unwrap_or_default();
    let users = users(office).into_iter();
    let users = users.map(|(no, user)| (no, in_words(&user.name, user.extension)));
    let taken = matches!(seat, Seat::Assigned | Seat::Replaced);
    let generic = office.durable.handset(handset).is_some_and(Handset::is_generic);
    let others = office.durable.handsets().filter(|(no, known)| {
        *no != handset && known.is_assigned() && !known.is_generic() && !taken && !generic
    });
    PeopleView {
        seat,
        users: users.collect(),
        replaceable: others.map(|(no, known)| (no, of_phone(known))).collect(),
        carried: office.seats.carried.get(&handset).cloned(),
    }
}

fn in_words(name: &str, extension: Option<Extension>) -> String {
    match extension {
        Some(extension) if name.is_empty() => extension.to_string(),
        Some(extension) => format!("{extension} {name}"),
        None => name.to_string(),
    }
}

fn of_phone(known: &Handset) -> String {
    let line = known.lines.iter().find(|line| line.is_assigned());
    let who = line.map(|line| in_words(&line.name, line.extension)).unwrap_or_default();
    let model = &known.model;
    format!("{who}, {model} {}", known.mac).replace(",  ", ", ")
}
