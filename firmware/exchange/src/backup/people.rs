//! The users in a text, a line each, and the PIN for replacing phones.
//!
//! ```text
//! install-pin pin=sealed:...
//! user number=7 name="Zoë" extension=204 pin=sealed:...
//! line handset=1 place=1 login=aebagbaf password=sealed:... owner=7
//! ```
//!
//! A user's line has no extension and no name of its own. A PIN that is left out stays as this box
//! has it for the user of the same number and name, and is drawn anew for others.

use super::bad::Wrong;
use super::parts;
use super::seal::Sealer;
use super::words::{pair, quoted, Entry};
use crate::chance::Chance;
use crate::limits::USERS_MAX;
use crate::names::{Extension, HandsetNo, LineNo, Text, UserNo};
use crate::seat::Seat;
use crate::secret::Pin;
use crate::sorted::{SortedMap, SortedSet};
use crate::state::{Durable, Event};
use crate::users::User;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Under which name the PIN for replacing phones is sealed.
pub(super) const INSTALL: &str = "install-pin";

const SEATS: [(Seat, &str); 4] = [
    (Seat::Later, "later"),
    (Seat::ViaWeb, "via-web"),
    (Seat::Replaced, "replaced"),
    (Seat::Assigned, "assigned"),
];

/// Under which name a user's PIN is sealed.
pub(super) fn of_user(no: UserNo) -> String {
    format!("pin of user {}", no.0)
}

/// A user's line but for his PIN.
pub(super) fn line(no: UserNo, user: &User) -> String {
    let mut line = String::from("user");
    pair(&mut line, "number", no.0);
    quoted(&mut line, "name", &user.name);
    if let Some(extension) = user.extension {
        pair(&mut line, "extension", extension);
    }
    line
}

/// Adds how it stands with who sits at a handset, unless nobody was asked.
pub(super) fn seat(line: &mut String, seat: Seat) {
    if let Some((_, word)) = SEATS.iter().find(|(known, _)| *known == seat) {
        pair(line, "seat", word);
    }
}

/// The users as far as a text was read.
#[derive(Default)]
pub(super) struct Draft {
    users: SortedMap<UserNo, Read>,
    /// Users whose own line is bad: that they are missing is no fault of their phones' lines.
    spoilt: SortedSet<UserNo>,
    extensions: SortedMap<Extension, usize>,
    /// Whether there is a PIN for replacing phones, and which.
    install: Option<Option<Pin>>,
}

struct Read {
    at: usize,
    name: Text,
    extension: Option<Extension>,
    pin: Option<Pin>,
}

impl Draft {
    /// Takes a line `user` in.
    pub(super) fn user(
        &mut self,
        at: usize,
        mut entry: Entry<'_>,
        sealer: Option<&Sealer>,
    ) -> Result<(), Wrong> {
        let no = entry.user("number")?.ok_or(Wrong::Missing("number"))?;
        let made = self.make(at, no, entry, sealer);
        if made.is_err() {
            self.spoilt.insert(no);
        }
        made
    }

    fn make(
        &mut self,
        at: usize,
        no: UserNo,
        mut entry: Entry<'_>,
        sealer: Option<&Sealer>,
    ) -> Result<(), Wrong> {
        entry.knows(&["number", "name", "extension", "pin"])?;
        let again = |what, line| Wrong::Again { what, line };
        if let Some(known) = self.users.get(&no) {
            return Err(again("A user of this number", known.at));
        }
        if self.users.len() >= USERS_MAX {
            return Err(Wrong::UsersFull);
        }
        let name = entry.text("name")?;
        let extension = entry.extension()?;
        let pin = entry.pin(&of_user(no), sealer)?;
        if name.trim().is_empty() {
            return Err(Wrong::Missing("name"));
        }
        if let Some(extension) = extension {
            if let Some(line) = self.extensions.insert(extension, at) {
                return Err(again("This extension of a user", line));
            }
        }
        self.users.insert(no, Read { at, name, extension, pin });
        Ok(())
    }

    /// Takes the line `install-pin` in.
    pub(super) fn install(
        &mut self,
        mut entry: Entry<'_>,
        sealer: Option<&Sealer>,
    ) -> Result<(), Wrong> {
        entry.knows(&["pin"])?;
        self.install = Some(entry.pin(INSTALL, sealer)?);
        Ok(())
    }

    /// Whether a line of a phone may be this user's.
    pub(super) fn check(&self, no: UserNo) -> Result<(), Wrong> {
        let known = self.users.contains_key(&no) || self.spoilt.contains(&no);
        if known {
            Ok(())
        } else {
            Err(Wrong::NoUser)
        }
    }

    /// In which line a user has an extension that a phone's line has by itself. One whose name is
    /// that of the line too may be left of a cut while a user was made of it.
    pub(super) fn has(&self, extension: Extension, name: &Text) -> Option<usize> {
        let at = *self.extensions.get(&extension)?;
        let same = |user: &Read| user.extension == Some(extension) && user.name == *name;
        (!self.users.values().any(same)).then_some(at)
    }

    /// Adds the facts.
    pub(super) fn facts(self, before: &Durable, chance: &mut Chance, facts: &mut Vec<Event>) {
        let install = self.install.map(|pin| {
            let pin = pin.or_else(|| before.install_pin().cloned());
            pin.unwrap_or_else(|| Pin::drawn(chance.number()))
        });
        facts.extend(install.map(|pin| Event::InstallPinSet { pin: Some(pin) }));
        for (user, Read { at: _, name, extension, pin }) in self.users {
            let known = before.users().get(user).filter(|known| known.name == name);
            let pin = pin.or_else(|| known.map(|known| known.pin.clone()));
            let pin = pin.unwrap_or_else(|| Pin::drawn(chance.number()));
            facts.push(Event::UserSet { user, name, extension, pin });
        }
    }
}

/// What a line of a phone says about who is assigned.
pub(super) fn assigned(
    handset: HandsetNo,
    line: LineNo,
    owner: Option<UserNo>,
    (extension, name): (Option<Extension>, Text),
) -> Option<Event> {
    match owner {
        Some(user) => Some(Event::LineOwned { handset, line, user }),
        None if extension.is_some() || !name.is_empty() => {
            Some(Event::LineAssigned { handset, line, extension, name })
        }
        None => None,
    }
}

impl Entry<'_> {
    /// Reads the number of a user, where it is there.
    pub(super) fn user(&mut self, key: &'static str) -> Result<Option<UserNo>, Wrong> {
        let number = |text: &str| {
            let number: u16 = text.parse().ok().filter(|number| *number > 0)?;
            (format!("{number}") == text).then_some(UserNo(number))
        };
        self.read(key, "a number from 1 to 65535", number)
    }

    /// Reads how it stands with who sits at a handset.
    pub(super) fn seat(&mut self) -> Result<Seat, Wrong> {
        let known = |text: &str| SEATS.iter().find(|(_, word)| *word == text);
        let wanted = "later, via-web or replaced";
        let seat = self.read("seat", wanted, |text| known(text).map(|(seat, _)| *seat))?;
        Ok(seat.unwrap_or_default())
    }

    fn pin(&mut self, name: &str, sealer: Option<&Sealer>) -> Result<Option<Pin>, Wrong> {
        let bytes = self.opened("pin", name, sealer, |text| Some(text.as_bytes().to_vec()))?;
        let read = |bytes: Vec<u8>| core::str::from_utf8(&bytes).ok().and_then(Pin::parse);
        bytes.map(|bytes| read(bytes).ok_or(Wrong::Value("pin", parts::SECRET))).transpose()
    }
}
