//! The door to the screens: who may see one, and what becomes of it.
//!
//! The asker is proven as for its own file; nobody else learns which users there are. A phone comes
//! by one of the entrances, which its files name; a place further on counts only for so long after
//! it was shown a screen ([`WAITS_MS`]), so that no single question that somebody makes a
//! phone ask assigns anybody. What is remembered of it stands with its device, for as long as that
//! is remembered.

use super::{told, Ask};
use crate::command::Refusal;
use crate::device::Shown;
use crate::limits::FILE_QUERY_MAX;
use crate::names::{Extension, HandsetNo, InterfaceNo, RecordNo, Text, UserNo};
use crate::note::Note;
use crate::office::Office;
use crate::output::{Answer, Fetched};
use crate::screen::{self, Denied, Done, Person, Place, Screen, Seating, Standing};
use crate::seat::{self, Flaw, Hand, Seat};
use crate::sip::Sip;
use crate::story::{FileAnswer, Step};
use crate::time::{Now, MINUTE_MS};
use crate::users::User;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::Ipv4Addr;
use wire::Mac;

/// How long a phone may wait on one screen; what comes later is answered with the menu again.
const WAITS_MS: u64 = 10 * MINUTE_MS;

/// Answers a question for a screen; `None` where something else is asked for.
pub(crate) fn answer(
    (office, sip): (&mut Office, &mut Sip),
    now: Now,
    ask: &Ask<'_>,
) -> Option<Fetched> {
    let place = Place::read(&super::plain_name(office, ask.name)?)?;
    let fetched = answer_at((office, sip), now, ask, place);
    sip.settle(office, now);
    Some(fetched)
}

fn answer_at(
    (office, sip): (&mut Office, &mut Sip),
    now: Now,
    ask: &Ask<'_>,
    place: Place,
) -> Fetched {
    let nothing = |answer| Fetched { answer, after: RecordNo(0) };
    let name = place.to_string();
    let mac = match super::prove_free(office, now, &ask.arrival) {
        Ok(mac) => mac,
        Err(cause) => {
            office.note(now, Note::FileRefused(*ask.arrival.from.ip()));
            super::refused_to(office, now, ask.door, &name, cause, None);
            return nothing(super::denied(office, ask));
        }
    };
    if office.meet(now, mac).is_some() {
        office.seen_at(mac, *ask.arrival.from.ip());
    }
    let known = office.durable.handset_of(mac).map(|(handset, _)| handset);
    let form = office.family(mac).and_then(|family| family.screens());
    let (Some(handset), Some(form)) = (known, form) else {
        let why = "Screens are for handsets of this box that have a browser.";
        told(office, now, Some(mac), ask.door, &name, FileAnswer::Absent(why));
        return nothing(Answer::NotFound);
    };
    if !seat::may_assign(office) {
        let why = "Users are not assigned at phones here.";
        told(office, now, Some(mac), ask.door, &name, FileAnswer::Absent(why));
        return nothing(Answer::NotFound);
    }
    let (screen, done) = shown((office, sip), now, ask, (mac, handset), place);
    let folder = super::values::folder_url(office, ask.arrival.interface);
    let bytes = screen::write(form, &screen, &folder).into_bytes();
    tell(office, now, ask, (mac, &name), &screen, done);
    let after = if done.is_some() { office.relies_on(mac) } else { RecordNo(0) };
    Fetched { answer: Answer::File { bytes, content_type: form.content_type }, after }
}

/// What is shown at this place, unless the phone comes there out of nothing.
fn shown(
    (office, sip): (&mut Office, &mut Sip),
    now: Now,
    ask: &Ask<'_>,
    (mac, handset): (Mac, HandsetNo),
    place: Place,
) -> (Screen, Option<Done>) {
    let device = office.devices.get(&mac);
    let last = device.and_then(|device| device.screen.as_ref());
    let waits = last.is_some_and(|last| now.mono.since_ms(last.at) <= WAITS_MS);
    let place = if waits || place.is_entrance() { place } else { Place::Menu };
    let open = matches!(seat::seat(office, handset), Some(Seat::New | Seat::Later));
    if place == Place::Start && open && device.is_some_and(|device| device.is_put_off()) {
        return (screen::put_off(), None);
    }
    let query = if ask.query.len() > FILE_QUERY_MAX { "" } else { ask.query };
    let typed = screen::typed(query);
    let source = *ask.arrival.from.ip();
    let mut seats = AtPhone { office, sip, now, handset, source };
    screen::next(&mut seats, place, typed.as_deref())
}

/// Writes down what the phone shows. Somebody who leafs through the screens must not wash out the
/// story; what was decided is always told.
fn tell(
    office: &mut Office,
    now: Now,
    ask: &Ask<'_>,
    (mac, name): (Mac, &str),
    screen: &Screen,
    done: Option<Done>,
) {
    let Some(device) = office.devices.get_mut(&mac) else { return };
    device.screen = Some(Shown { at: now.mono, title: screen.title });
    if done == Some(Done::Later) {
        device.put_off = Some(now.mono);
    }
    let last = device.story.steps().next_back();
    let leafs =
        last.is_some_and(|(_, step)| matches!(step, Step::File(_, _, FileAnswer::Screen(_))));
    if done.is_some() || !leafs {
        told(office, now, Some(mac), ask.door, name, FileAnswer::Screen(screen.title));
    }
}

/// The folder of the screens as the file of this handset names it; empty where it shows none.
pub(super) fn folder(
    office: &Office,
    interface: InterfaceNo,
    (handset, family): (HandsetNo, crate::catalog::Family),
) -> String {
    let asks = matches!(seat::seat(office, handset), Some(Seat::New | Seat::Later));
    match asks && seat::may_assign(office) && family.screens().is_some() {
        true => format!("{}screen/", super::values::folder_url(office, interface)),
        false => String::new(),
    }
}

/// Who sits where, as somebody at this phone asks and changes it.
struct AtPhone<'a> {
    office: &'a mut Office,
    sip: &'a mut Sip,
    now: Now,
    handset: HandsetNo,
    source: Ipv4Addr,
}

impl AtPhone<'_> {
    fn of(&self, no: UserNo, user: &User) -> Person {
        let is_free = self.office.durable.lines_of(no).next().is_none();
        Person { no, label: called(user.extension, &user.name), is_free }
    }
}

/// What somebody is called on a screen.
fn called(extension: Option<Extension>, name: &Text) -> String {
    match extension {
        Some(extension) if name.is_empty() => extension.to_string(),
        Some(extension) => format!("{extension} {name}"),
        None => name.to_string(),
    }
}

fn denied(refusal: Refusal) -> Denied {
    if let Refusal::Seat(Flaw::Slowed { seconds }) = refusal {
        return Denied::Slowed(u64::from(seconds));
    }
    match matches!(refusal, Refusal::Seat(Flaw::WrongPin | Flaw::WantsPin)) {
        true => Denied::Wrong,
        false => Denied::For(refusal.to_string()),
    }
}

impl Seating for AtPhone<'_> {
    fn standing(&self) -> Standing {
        match seat::seat(self.office, self.handset) {
            Some(Seat::New | Seat::Later) => Standing::Open,
            Some(Seat::ViaWeb) | None => Standing::ViaWeb,
            Some(Seat::Replaced) => Standing::Replaced,
            Some(Seat::Assigned) => {
                let known = self.office.durable.handset(self.handset);
                let line = known.and_then(|known| known.lines.iter().find(|it| it.is_assigned()));
                let whose = line.map(|line| called(line.extension, &line.name));
                Standing::Assigned(whose.unwrap_or_default())
            }
        }
    }

    fn free(&self) -> Vec<Person> {
        let free = seat::free_users(self.office).into_iter();
        let one = |(no, user): (UserNo, &User)| Person {
            no,
            label: called(user.extension, &user.name),
            is_free: true,
        };
        free.map(one).collect()
    }

    fn person(&self, user: UserNo) -> Option<Person> {
        Some(self.of(user, self.office.durable.users().get(user)?))
    }

    fn at(&self, extension: Extension) -> Option<UserNo> {
        self.office.durable.users().of_extension(extension)
    }

    fn check_pin(&mut self, user: UserNo, typed: &str) -> Result<(), Denied> {
        let whom = (self.source, user);
        let checked = seat::check_pin(self.office, self.now, whom, typed);
        checked.map_err(|refused| denied(refused.refusal()))
    }

    fn take(&mut self, user: UserNo) -> Result<(), Denied> {
        seat::take_seat(self.office, self.now, self.handset, user).map_err(denied)
    }

    fn add(&mut self, name: &str) -> Result<String, Denied> {
        let name = match (name.trim(), seat::next_extension(self.office)) {
            ("", Some(extension)) => crate::names::text(&format!("User {extension}")),
            (name, _) => crate::names::text(name),
        };
        let user = seat::new_user(self.office, self.now, self.handset, name).map_err(denied)?;
        let person = self.person(user);
        Ok(person.map(|person| person.label).unwrap_or_default())
    }

    fn later(&mut self) -> Result<(), Denied> {
        seat::later(self.office, self.handset).map_err(denied)
    }

    fn via_web(&mut self) -> Result<(), Denied> {
        seat::via_web(self.office, self.handset).map_err(denied)
    }

    fn replaceable(&self) -> Vec<(HandsetNo, String)> {
        let with_pin = self.office.durable.has_install_pin();
        let registered = |no| self.sip.is_registered(no, self.now.mono);
        let all = seat::replaceable(self.office, self.handset, with_pin, &registered);
        let label = |no: HandsetNo| {
            let known = self.office.durable.handset(no)?;
            let line = known.lines.iter().find(|line| line.is_assigned())?;
            let whose = called(line.extension, &line.name);
            let model = known.model.as_str();
            Some((no, if model.is_empty() { whose } else { format!("{whose}, {model}") }))
        };
        all.into_iter().filter_map(label).collect()
    }

    fn wants_pin(&self, _: HandsetNo) -> bool {
        self.office.durable.has_install_pin()
    }

    fn replace(&mut self, old: HandsetNo, typed: &str) -> Result<(), Denied> {
        let (sip, now, source) = (&*self.sip, self.now, self.source);
        let registered = |no| sip.is_registered(no, now.mono);
        let pin = Some(typed).filter(|typed| !typed.is_empty());
        let hand = Hand::AtPhone { source, pin, registered: &registered };
        seat::replace(self.office, now, (old, self.handset), &hand).map_err(denied)?;
        self.sip.forget(old, None);
        Ok(())
    }
}
