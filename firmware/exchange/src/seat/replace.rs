//! One phone takes over what another one was: its users, what is set of it, its own templates.
//!
//! All of it is one fact, so that no power cut leaves two phones with one half each. The old phone
//! is not known any more from then on: its passwords are worth nothing, and if it is plugged in
//! again it is as new as any other. The new phone keeps its own logins; where it needs more lines
//! they are added before, and so is that it may be used from the WAN, where the old one may.

use super::SeatNote;
use super::{check_install_pin, family_of, is_open, may_assign, seat, Carried, Flaw, Seat};
use crate::admin;
use crate::catalog::Family;
use crate::command::Refusal;
use crate::layer::Layer;
use crate::limits::KEYS_MAX;
use crate::names::HandsetNo;
use crate::note::Note;
use crate::office::Office;
use crate::secret::{LineSecret, LoginId};
use crate::settings::{self, Setting};
use crate::state::Event;
use crate::time::Now;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::Ipv4Addr;

/// By whose hand a phone is replaced.
pub(crate) enum Hand<'a> {
    /// Somebody's at the new phone, with what he typed of the install PIN.
    AtPhone {
        /// Address of the phone.
        source: Ipv4Addr,
        /// As typed; `None` where nothing was.
        pin: Option<&'a str>,
        /// Tells whether a handset is registered.
        registered: &'a dyn Fn(HandsetNo) -> bool,
    },
    /// An admin's on his page.
    Admin,
}

/// The handsets whose place somebody at this one may take: of the same maker, with somebody
/// assigned. A registered one is among them only for whoever gave the install PIN.
pub(crate) fn replaceable(
    office: &Office,
    handset: HandsetNo,
    with_pin: bool,
    registered: &dyn Fn(HandsetNo) -> bool,
) -> Vec<HandsetNo> {
    let family = family_of(office, handset).filter(|family| *family != Family::Generic);
    let Some(family) = family.filter(|_| may_assign(office)) else { return Vec::new() };
    let fits = |no: &HandsetNo| {
        *no != handset
            && family_of(office, *no) == Some(family)
            && office.durable.handset(*no).is_some_and(|known| known.is_assigned())
            && (with_pin || !registered(*no))
    };
    office.durable.handsets().map(|(no, _)| no).filter(fits).collect()
}

/// Has a handset take over what another one is, and says what did not carry over. The caller ends
/// the old one's registrations.
pub(crate) fn replace(
    office: &mut Office,
    now: Now,
    (old, new): (HandsetNo, HandsetNo),
    hand: &Hand<'_>,
) -> Result<Carried, Refusal> {
    if old == new {
        return Err(Flaw::Itself.into());
    }
    for no in [old, new] {
        let known = office.durable.handset(no).ok_or(Refusal::NoSuchHandset)?;
        if known.is_generic() {
            return Err(Flaw::NotCompatible.into());
        }
    }
    match hand {
        Hand::Admin => match seat(office, new).ok_or(Refusal::NoSuchHandset)? {
            Seat::New | Seat::Later | Seat::ViaWeb => (),
            Seat::Assigned | Seat::Replaced => return Err(Flaw::Taken.into()),
        },
        Hand::AtPhone { source, pin, registered } => {
            is_open(office, new)?;
            let with_pin = may_replace(office, now, *source, *pin)?;
            if !replaceable(office, new, true, registered).contains(&old) {
                return Err(Flaw::NotCompatible.into());
            }
            if !with_pin && registered(old) {
                return Err(Flaw::StillRegistered.into());
            }
        }
    }
    if office.read_only {
        return Err(Refusal::NotStored);
    }
    take_over(office, now, old, new)
}

/// Whether the install PIN was given; it has to be where one is set.
fn may_replace(
    office: &mut Office,
    now: Now,
    source: Ipv4Addr,
    pin: Option<&str>,
) -> Result<bool, Refusal> {
    let Some(pin) = pin else {
        let wanted = office.durable.has_install_pin();
        return if wanted { Err(Flaw::WantsPin.into()) } else { Ok(false) };
    };
    match check_install_pin(office, now, source, pin) {
        None => Ok(false),
        Some(Ok(())) => Ok(true),
        Some(Err(refused)) => Err(refused.refusal()),
    }
}

fn take_over(
    office: &mut Office,
    now: Now,
    old: HandsetNo,
    new: HandsetNo,
) -> Result<Carried, Refusal> {
    let mut carried = Carried::default();
    let places = usize::from(admin::lines_max(office, new));
    let gone = office.durable.handset(old).ok_or(Refusal::NoSuchHandset)?;
    let known = office.durable.handset(new).ok_or(Refusal::NoSuchHandset)?;
    let (old_mac, mac) = (gone.mac, known.mac);
    let becomes_remote = gone.is_remote() && !known.is_remote();
    let wanted = gone.lines.iter().rposition(|line| line.is_assigned()).map_or(1, |last| last + 1);
    let has = wanted.min(places).max(known.lines.len());
    let lost = gone.lines.iter().skip(has).filter(|line| line.is_assigned()).count();
    carried.lines_lost = lost as u8;
    carried.own_changes_lost = !gone.own.is_empty();
    let missing = has - known.lines.len();
    let templates = gone.family == known.family;
    carried.templates_lost = !templates && office.durable.templates().any_of(old);
    let (keys, keys_lost) = keys_for(office, old, new, has);
    carried.keys_lost = keys_lost;
    office.speak_of(now, mac);
    let mut facts = lines(office, new, missing);
    if becomes_remote {
        // Under a token of its own, which it learns on the LAN or by the key.
        facts.push(office.marked(new, false));
    }
    facts.push(Event::HandsetReplaced { old, new, keys, templates });
    if !office.has_room_to_change_all(&facts) {
        return Err(Refusal::FlashFull);
    }
    facts.into_iter().for_each(|fact| office.record(mac, fact));
    office.forget(old_mac);
    office.note(now, Note::Seat(SeatNote::Replaced(old_mac, mac)));
    let rows = settings::of_handset(office, mac);
    let unsaid = rows.into_iter().filter(|row| row.is_set && !row.unsaid.is_empty());
    carried.unsaid = unsaid.map(|row| (row.setting, row.unsaid)).collect();
    office.seats.resyncs.push(new);
    office.seats.carried.remove(&old);
    office.seats.carried.insert(new, carried.clone());
    Ok(carried)
}

/// More lines for a handset, each under a login that nobody has.
fn lines(office: &mut Office, handset: HandsetNo, count: usize) -> Vec<Event> {
    let mut drawn: Vec<(LoginId, LineSecret)> = Vec::new();
    while drawn.len() < count {
        let (login, secret) = office.draw_line();
        if drawn.iter().all(|(known, _)| *known != login) {
            drawn.push((login, secret));
        }
    }
    let drawn = drawn.into_iter();
    drawn.map(|(login, secret)| Event::LineAdded { handset, login, secret }).collect()
}

/// The keys of the old handset for which the new one has a place, from the beginning of the list,
/// which is where a phone's first key is, and how many are left over.
fn keys_for(office: &Office, old: HandsetNo, new: HandsetNo, lines: usize) -> (Option<String>, u8) {
    let text = office.durable.settings().get(&Layer::Handset(old), Setting::Keys);
    let Some(text) = text else { return (None, 0) };
    let model = office.durable.handset(new).map(|known| known.model.as_str()).unwrap_or_default();
    let places = family_of(office, new).and_then(|family| office.catalog.keys(family, model));
    // Those of its lines come before.
    let places = places.map_or(KEYS_MAX, |keys| usize::from(keys).saturating_sub(lines));
    let all: Vec<&str> = text.split("; ").collect();
    let kept = all.len().min(places);
    let keys = all.get(..kept).filter(|kept| !kept.is_empty()).map(|kept| kept.join("; "));
    (keys, (all.len() - kept) as u8)
}
