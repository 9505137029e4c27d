//! The facts about users and who sits where, made true.

use super::{Durable, Event, Handset};
use crate::layer::Layer;
use crate::limits::LINES_MAX;
use crate::names::{Extension, HandsetNo, LineNo, Text, UserNo};
use crate::seat::Seat;
use crate::secret::Pin;
use crate::settings::Setting;
use crate::users::{User, Users};
use alloc::string::String;
use alloc::vec::Vec;

impl Durable {
    /// Makes a fact about users and seats true.
    pub(super) fn make_true_of_people(&mut self, event: &Event) {
        if let Event::UserSet { user, name, extension, pin } = event {
            self.set_user(*user, name, *extension, pin);
        }
        if let Event::UserDeleted { user } = event {
            self.delete_user(*user);
        }
        if let Event::LineOwned { handset, line, user } = event {
            self.own_line(*handset, *line, *user);
        }
        if let Event::SeatChanged { handset, seat } = event {
            self.change_seat(*handset, *seat);
        }
        if let Event::HandsetReplaced { old, new, keys, templates } = event {
            self.replace(*old, *new, keys.as_deref(), *templates);
        }
        if let Event::InstallPinSet { pin } = event {
            self.install_pin = pin.clone();
        }
    }

    pub(super) fn set_user(
        &mut self,
        no: UserNo,
        name: &Text,
        extension: Option<Extension>,
        pin: &Pin,
    ) {
        self.users.set(no, User { name: name.clone(), extension, pin: pin.clone() });
        let lines = self.handsets.values_mut().flat_map(|handset| &mut handset.lines);
        for line in lines.filter(|line| line.owner == Some(no)) {
            line.extension = extension;
            line.name = name.clone();
        }
    }

    pub(super) fn delete_user(&mut self, no: UserNo) {
        self.users.remove(no);
        let lines = self.handsets.values_mut().flat_map(|handset| &mut handset.lines);
        for line in lines.filter(|line| line.owner == Some(no)) {
            line.owner = None;
            line.extension = None;
            line.name = Text::new();
        }
        self.count_handsets();
    }

    pub(super) fn own_line(&mut self, handset: HandsetNo, line: LineNo, no: UserNo) {
        let Some(user) = self.users.get(no).cloned() else { return };
        let Some(line) = self.line_mut(handset, line) else { return };
        line.owner = Some(no);
        line.extension = user.extension;
        line.name = user.name;
    }

    pub(super) fn change_seat(&mut self, handset: HandsetNo, seat: Seat) {
        if let Some(known) = self.handsets.get_mut(&handset) {
            known.seat = seat;
        }
    }

    /// Each line of the new handset keeps its own login and password, so that what the old one has
    /// of passwords is worth nothing any more.
    pub(super) fn replace(
        &mut self,
        old: HandsetNo,
        new: HandsetNo,
        keys: Option<&str>,
        templates: bool,
    ) {
        if old == new || !self.handsets.contains_key(&new) {
            return;
        }
        let Some(gone) = self.handsets.get(&old) else { return };
        let people: Vec<_> =
            gone.lines.iter().map(|line| (line.owner, line.extension, line.name.clone())).collect();
        let values: Vec<(u8, String)> = self.settings.of_handset(old);
        self.settings.forget(new);
        if templates {
            self.templates.hand_over(old, new);
        }
        self.delete(old);
        if let Some(known) = self.handsets.get_mut(&new) {
            known.seat = Seat::Replaced;
            let none = || (None, None, Text::new());
            let people = people.into_iter().chain(core::iter::repeat_with(none));
            for (line, (owner, extension, name)) in known.lines.iter_mut().zip(people) {
                (line.owner, line.extension, line.name) = (owner, extension, name);
            }
        }
        let layer = Layer::Handset(new);
        let others = values.iter().filter(|(code, _)| *code != Setting::Keys.code());
        others.for_each(|(code, value)| self.settings.change(&layer, *code, Some(value)));
        if keys.is_some() {
            self.settings.change(&layer, Setting::Keys.code(), keys);
        }
        self.count_handsets();
    }

    /// Counts anew what the facts about handsets take.
    fn count_handsets(&mut self) {
        let facts = self.handsets.iter().flat_map(|(no, handset)| handset.facts(*no));
        self.handset_bytes = facts.map(|fact| fact.record_bytes()).sum();
    }
}

/// Reading.
impl Durable {
    /// The users.
    pub fn users(&self) -> &Users {
        &self.users
    }

    /// The PIN that allows replacing a phone at the phone; `None` where none is set.
    pub(crate) fn install_pin(&self) -> Option<&Pin> {
        self.install_pin.as_ref()
    }

    /// Whether such a PIN is set.
    pub fn has_install_pin(&self) -> bool {
        self.install_pin.is_some()
    }

    /// The lines of a user.
    pub fn lines_of(&self, user: UserNo) -> impl Iterator<Item = (HandsetNo, LineNo)> + '_ {
        self.handsets.iter().flat_map(move |(no, handset): (&HandsetNo, &Handset)| {
            let lines = (1..=LINES_MAX as u8).filter_map(LineNo::new).zip(&handset.lines);
            let own = lines.filter(move |(_, line)| line.owner == Some(user));
            own.map(|(line, _)| (*no, line))
        })
    }
}
