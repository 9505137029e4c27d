//! Who sits at a phone: assigned, put off, or another phone's place taken over.
//!
//! ```text
//!            NOW, or the web
//!   New ───────────────────────▶ Assigned ◀── its file fetched ── Replaced
//!    │ ▲                            ▲  ▲                             ▲
//!    │ └── asked again at each boot │  │ NOW, or the web             │ takes over another's place
//!    ├── LATER ───▶ Later ──────────┘  │                             │ (from any of the others)
//!    └── VIA WEB ─▶ ViaWeb ────────────┘
//! ```
//!
//! That somebody is assigned is read off the lines; only the others are stored. A handset that an
//! admin added is set up by him and asks nobody. What is said at a phone counts only while users
//! may be assigned at phones ([`may_assign`]), and for a phone that has proven to be itself; that
//! proof is the caller's. PINs are compared in constant time, and whoever guesses waits.
//!
//! What a phone can cause to be written: it is put off once ([`later`]), and assigned once, by
//! which at most one user is made. Nothing here has a clock of its own or sends anything; a phone
//! whose files changed is listed in [`Seats::resyncs`] and asked to come by `sip/resync`.

mod carried;
mod claim;
mod doors;
mod flaw;
mod note;
mod replace;
#[cfg(test)]
mod tests;
mod view;
mod wish;

pub use carried::Carried;
pub(crate) use claim::{dial, Dialled};
pub use claim::{CLAIM_PREFIX, CLAIM_RULE};
pub use flaw::Flaw;
pub use note::SeatNote;
#[allow(unused_imports, reason = "as above")]
pub(crate) use replace::{replace, replaceable, Hand};
pub(crate) use view::of_handset;
pub use view::{CodeRow, PeopleView, UserRow, UsersView};
pub use wish::Wish;
pub(crate) use wish::{carry_out, revision};

use crate::catalog::Family;
use crate::command::Refusal;
use crate::limits::USERS_MAX;
use crate::names::{Extension, HandsetNo, LineNo, RecordNo, Text, UserNo};
use crate::note::Note;
use crate::office::Office;
use crate::secret::Pin;
use crate::slow::Slow;
use crate::sorted::{SortedMap, SortedSet};
use crate::state::{Event, Line};
use crate::time::{Now, SECOND_MS};
use crate::users::User;
use crate::view::Origin;
use alloc::vec::Vec;
use core::net::Ipv4Addr;
use serde::{Deserialize, Serialize};

/// How it stands with who sits at a handset. Its place in the list is on flash.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Seat {
    /// Nobody was asked yet.
    #[default]
    New,
    /// Somebody is assigned.
    Assigned,
    /// It took over another phone's place, and has not fetched its file since.
    Replaced,
    /// Somebody there said: later. It asks again when it starts.
    Later,
    /// Somebody there said: by the web. It asks no more.
    ViaWeb,
}

/// Why a PIN was not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PinRefused {
    /// There is no such user.
    NoSuchUser,
    /// It is wrong.
    Wrong,
    /// Too many were wrong lately; for so long none is looked at.
    Slowed {
        /// How long to wait, in milliseconds.
        retry_after_ms: u64,
    },
}

/// What is known of users and seats in memory only.
#[derive(Default)]
pub(crate) struct Seats {
    guessed: Guessed,
    codes: claim::Codes,
    /// The last fact about a user, since this start.
    pub(crate) users_changed: RecordNo,
    /// Handsets whose files changed by what somebody did who expects to see it on the phone.
    pub(crate) resyncs: Vec<HandsetNo>,
    /// What did not carry over to handsets that took another one's place.
    pub(crate) carried: SortedMap<HandsetNo, Carried>,
}

/// Who guessed PINs.
#[derive(Default)]
struct Guessed {
    users: Slow,
    sources: Slow,
    install: Slow,
}

/// Numbers that call for help somewhere; nobody is given one as an extension by the box.
const EMERGENCY: [core::ops::RangeInclusive<u32>; 5] =
    [110..=119, 911..=911, 933..=933, 988..=988, 999..=999];
/// Where extensions begin in an office that has none yet.
const FIRST_EXTENSION: u32 = 100;

/// How it stands with who sits at a handset; `None` for one that is not known.
pub(crate) fn seat(office: &Office, handset: HandsetNo) -> Option<Seat> {
    let known = office.durable.handset(handset)?;
    Some(match known.seat {
        Seat::Replaced => Seat::Replaced,
        Seat::New | Seat::Assigned | Seat::Later | Seat::ViaWeb if known.is_assigned() => {
            Seat::Assigned
        }
        // Whoever added it by hand sets it up himself.
        _unassigned if known.origin == Origin::ByHand => Seat::ViaWeb,
        Seat::Later => Seat::Later,
        Seat::ViaWeb => Seat::ViaWeb,
        Seat::New | Seat::Assigned => Seat::New,
    })
}

/// Whether users may be assigned at the phones themselves.
pub(crate) fn may_assign(office: &Office) -> bool {
    office.durable.assigns_at_phone()
}

/// All users, sorted by name without regard to case, then by number.
pub(crate) fn users(office: &Office) -> Vec<(UserNo, &User)> {
    let mut users: Vec<_> = office.durable.users().all().collect();
    users.sort_by_cached_key(|(no, user)| (user.name.to_lowercase(), *no));
    users
}

/// The users who own no phone yet, likewise.
pub(crate) fn free_users(office: &Office) -> Vec<(UserNo, &User)> {
    let lines = office.durable.handsets().flat_map(|(_, handset)| &handset.lines);
    let owners: SortedSet<UserNo> = lines.filter_map(|line| line.owner).collect();
    users(office).into_iter().filter(|(no, _)| !owners.contains(no)).collect()
}

/// Compares what somebody at this address typed with a user's PIN. Wrong ones slow down both the
/// address and whoever tries this user.
pub(crate) fn check_pin(
    office: &mut Office,
    now: Now,
    (source, user): (Ipv4Addr, UserNo),
    typed: &str,
) -> Result<(), PinRefused> {
    let (from, whom) = (source.to_bits(), u32::from(user.0));
    let guessed = &mut office.seats.guessed;
    let wait = guessed.users.wait_ms(now.mono, whom).max(guessed.sources.wait_ms(now.mono, from));
    if wait > 0 {
        return Err(PinRefused::Slowed { retry_after_ms: wait });
    }
    let known = office.durable.users().get(user).ok_or(PinRefused::NoSuchUser)?;
    if known.pin.is(typed) {
        guessed.users.right(whom);
        guessed.sources.right(from);
        return Ok(());
    }
    guessed.users.wrong(now.mono, whom);
    guessed.sources.wrong(now.mono, from);
    office.note(now, Note::Seat(SeatNote::PinRefused(source)));
    Err(PinRefused::Wrong)
}

/// The same with the PIN for replacing phones; `None` where none is set.
pub(crate) fn check_install_pin(
    office: &mut Office,
    now: Now,
    source: Ipv4Addr,
    typed: &str,
) -> Option<Result<(), PinRefused>> {
    let pin = office.durable.install_pin()?;
    let from = source.to_bits();
    let slow = &mut office.seats.guessed.install;
    // Address 0 stands for all of them together.
    let wait = slow.wait_ms(now.mono, from).max(slow.wait_ms(now.mono, 0));
    if wait > 0 {
        return Some(Err(PinRefused::Slowed { retry_after_ms: wait }));
    }
    if pin.is(typed) {
        slow.right(from);
        slow.right(0);
        return Some(Ok(()));
    }
    slow.wrong(now.mono, from);
    slow.wrong(now.mono, 0);
    office.note(now, Note::Seat(SeatNote::PinRefused(source)));
    Some(Err(PinRefused::Wrong))
}

/// Somebody at the phone is this user: its first line becomes his. That he is must have been
/// checked, where he owns a phone already.
pub(crate) fn take_seat(
    office: &mut Office,
    now: Now,
    handset: HandsetNo,
    user: UserNo,
) -> Result<(), Refusal> {
    is_open(office, handset)?;
    own_line(office, now, (handset, LineNo::FIRST), user)
}

/// Somebody new is at the phone: makes a user with the next free extension, and the first line his.
pub(crate) fn new_user(
    office: &mut Office,
    now: Now,
    handset: HandsetNo,
    name: Text,
) -> Result<UserNo, Refusal> {
    is_open(office, handset)?;
    let extension = next_extension(office).ok_or(Flaw::NoExtensionFree)?;
    let user = add_user(office, name, Some(extension))?;
    own_line(office, now, (handset, LineNo::FIRST), user)?;
    Ok(user)
}

/// Somebody at the phone puts it off: it asks again when it starts.
pub(crate) fn later(office: &mut Office, handset: HandsetNo) -> Result<(), Refusal> {
    put_off(office, handset, Seat::Later)
}

/// Somebody at the phone leaves it to the web: it asks no more.
pub(crate) fn via_web(office: &mut Office, handset: HandsetNo) -> Result<(), Refusal> {
    put_off(office, handset, Seat::ViaWeb)
}

fn put_off(office: &mut Office, handset: HandsetNo, to: Seat) -> Result<(), Refusal> {
    is_open(office, handset)?;
    let known = office.durable.handset(handset).ok_or(Refusal::NoSuchHandset)?;
    if known.seat == to {
        return Ok(());
    }
    let mac = known.mac;
    let event = Event::SeatChanged { handset, seat: to };
    store(office, event, |office, event| office.record(mac, event))
}

/// Whether what is said at this phone counts now.
pub(super) fn is_open(office: &Office, handset: HandsetNo) -> Result<(), Refusal> {
    if !may_assign(office) {
        return Err(Flaw::NotAtPhone.into());
    }
    match seat(office, handset).ok_or(Refusal::NoSuchHandset)? {
        Seat::New | Seat::Later | Seat::ViaWeb => Ok(()),
        Seat::Assigned | Seat::Replaced => Err(Flaw::Taken.into()),
    }
}

/// Makes a line a user's, whatever it was before.
pub(crate) fn own_line(
    office: &mut Office,
    now: Now,
    (handset, line): (HandsetNo, LineNo),
    user: UserNo,
) -> Result<(), Refusal> {
    let known = office.durable.handset(handset).ok_or(Refusal::NoSuchHandset)?;
    let (mac, owner) = (known.mac, known.line(line).ok_or(Refusal::NoSuchLine)?.owner);
    if office.durable.users().get(user).is_none() {
        return Err(Flaw::NoSuchUser.into());
    }
    if owner == Some(user) {
        return Ok(());
    }
    office.speak_of(now, mac);
    let event = Event::LineOwned { handset, line, user };
    store(office, event, |office, event| office.record(mac, event))?;
    office.note(now, Note::Seat(SeatNote::Taken(mac)));
    office.seats.resyncs.push(handset);
    Ok(())
}

/// Makes a user; his PIN is drawn.
pub(crate) fn add_user(
    office: &mut Office,
    name: Text,
    extension: Option<Extension>,
) -> Result<UserNo, Refusal> {
    if name.trim().is_empty() {
        return Err(Flaw::NoName.into());
    }
    free_for_user(office, extension, None)?;
    draw_user(office, name, extension)
}

/// The same, where it is known that the extension can be his.
pub(super) fn draw_user(
    office: &mut Office,
    name: Text,
    extension: Option<Extension>,
) -> Result<UserNo, Refusal> {
    if office.durable.users().len() >= USERS_MAX {
        return Err(Flaw::UsersFull.into());
    }
    let user = office.durable.users().free();
    let pin = Pin::drawn(office.chance.number());
    let event = Event::UserSet { user, name, extension, pin };
    if office.read_only {
        return Err(Refusal::NotStored);
    }
    if !office.has_room_for(&event) {
        return Err(Refusal::FlashFull);
    }
    office.record_site(event);
    Ok(user)
}

/// Records a fact that changes what there is, if there is room.
pub(super) fn store(
    office: &mut Office,
    event: Event,
    record: impl FnOnce(&mut Office, Event),
) -> Result<(), Refusal> {
    if office.read_only {
        return Err(Refusal::NotStored);
    }
    if !office.has_room_to_change(&event) {
        return Err(Refusal::FlashFull);
    }
    record(office, event);
    Ok(())
}

/// Whether an extension can be this user's: no other user has it, nor a line that is not his.
pub(crate) fn free_for_user(
    office: &Office,
    extension: Option<Extension>,
    user: Option<UserNo>,
) -> Result<(), Refusal> {
    let Some(extension) = extension else { return Ok(()) };
    if office.durable.users().of_extension(extension).is_some_and(|whose| Some(whose) != user) {
        return Err(Flaw::ExtensionOfUser(extension).into());
    }
    let foreign = |line: &&Line| line.extension == Some(extension) && line.owner != user;
    let unowned = |line: &&Line| line.extension == Some(extension) && line.owner.is_none();
    let mut lines = office.durable.handsets().flat_map(|(_, handset)| &handset.lines);
    let taken = match user {
        Some(_) => lines.find(foreign),
        None => lines.find(unowned),
    };
    taken.map_or(Ok(()), |_| Err(Refusal::ExtensionTaken(extension)))
}

/// The lowest free number from the site's lowest one on, of as many digits; numbers that call for
/// help somewhere are left alone.
pub(crate) fn next_extension(office: &Office) -> Option<Extension> {
    let lines = office.durable.handsets().flat_map(|(_, handset)| &handset.lines);
    let lines = lines.filter_map(|line| line.extension);
    let users = office.durable.users().all().filter_map(|(_, user)| user.extension);
    let taken: SortedSet<u32> = lines.chain(users).map(Extension::number).collect();
    let first = taken.first().copied().unwrap_or(FIRST_EXTENSION);
    let digits = first.ilog10();
    let helps = |number: &u32| EMERGENCY.iter().any(|range| range.contains(number));
    let mut numbers = first..10u32.pow(digits + 1);
    numbers.find(|number| !taken.contains(number) && !helps(number)).and_then(Extension::new)
}

/// A handset was given its own file: where it took over another one's place, it has it now.
pub(crate) fn came(office: &mut Office, handset: HandsetNo) {
    let Some(known) = office.durable.handset(handset) else { return };
    let (mac, replaced) = (known.mac, known.seat == Seat::Replaced);
    let event = Event::SeatChanged { handset, seat: Seat::New };
    if replaced && !office.read_only && office.has_room_to_change(&event) {
        office.record(mac, event);
    }
}

/// The maker of a known handset, as far as its files go.
fn family_of(office: &Office, handset: HandsetNo) -> Option<Family> {
    Family::from_code(office.durable.handset(handset)?.family)
}

impl PinRefused {
    /// The same as an answer to a wish.
    pub(crate) fn refusal(self) -> Refusal {
        match self {
            PinRefused::NoSuchUser => Flaw::NoSuchUser.into(),
            PinRefused::Wrong => Flaw::WrongPin.into(),
            PinRefused::Slowed { retry_after_ms } => {
                Flaw::Slowed { seconds: retry_after_ms.div_ceil(SECOND_MS) as u32 }.into()
            }
        }
    }
}
