//! A handset as the facts that make it.

use super::{origin_number, Event, Handset, Line};
use crate::limits::LINES_MAX;
use crate::names::{ContactText, HandsetNo, LineNo};
use crate::seat::Seat;

impl Handset {
    /// The facts that make it from nothing.
    pub(super) fn facts(&self, handset: HandsetNo) -> impl Iterator<Item = Event> + '_ {
        let created = self.lines.first().map(|first| Event::HandsetCreated {
            handset,
            mac: self.mac.0,
            origin: origin_number(self.origin),
            family: self.family,
            model: self.model.clone(),
            firmware: self.firmware.clone(),
            web: self.web,
            login: first.login,
            secret: first.secret,
        });
        let added = self.lines.iter().skip(1).map(move |line| Event::LineAdded {
            handset,
            login: line.login,
            secret: line.secret,
        });
        let lines = self.lines.iter().take(LINES_MAX).enumerate();
        let lines = lines.filter_map(|(at, line)| Some((LineNo::new(at as u8 + 1)?, line)));
        let told = lines.flat_map(move |(number, line)| line.facts(handset, number));
        let own = self.own.iter().map(move |(name, content)| {
            let (name, content) = (name.clone(), content.clone());
            Event::OwnFileKept { handset, name, content }
        });
        let seat = Some(self.seat).filter(|seat| *seat != Seat::New);
        let seat = seat.map(|seat| Event::SeatChanged { handset, seat });
        let mark = self.remote.map(|remote| Event::RemoteMarked { handset, mark: Some(remote) });
        created.into_iter().chain(added).chain(told).chain(own).chain(seat).chain(mark)
    }
}

impl Line {
    fn facts(&self, handset: HandsetNo, line: LineNo) -> impl Iterator<Item = Event> {
        let assigned = match self.owner {
            Some(user) => Some(Event::LineOwned { handset, line, user }),
            None => self.is_assigned().then(|| Event::LineAssigned {
                handset,
                line,
                extension: self.extension,
                name: self.name.clone(),
            }),
        };
        let contact = ContactText::try_from(self.contact.as_str()).ok();
        let contact = contact
            .filter(|contact| !contact.is_empty())
            .map(|contact| Event::ContactLearnt { handset, line, contact });
        assigned.into_iter().chain(contact)
    }
}
