//! The people of the office: a name, an extension, and a PIN by which somebody shows at a phone
//! that he is this one.
//!
//! A user may have any number of lines, on any number of phones; the extension and the name of such
//! a line are the user's and follow him ([`crate::state::Line::owner`]). What was assigned by a
//! name and an extension alone belongs to no user.
//!
//! Limits: [`crate::limits::USERS_MAX`].

use crate::names::{Extension, Text, UserNo};
use crate::secret::Pin;
use crate::sorted::SortedMap;
use crate::state::Event;

/// A user.
#[derive(Clone)]
pub struct User {
    /// The name; never empty.
    pub name: Text,
    /// The number people dial.
    pub extension: Option<Extension>,
    /// What he types at a phone.
    pub(crate) pin: Pin,
}

/// All users.
#[derive(Default)]
pub struct Users {
    all: SortedMap<UserNo, User>,
    bytes: u64,
}

impl Users {
    /// Takes a user in, or changes one. [`crate::state::Durable::apply`] alone does so.
    pub(crate) fn set(&mut self, no: UserNo, user: User) {
        self.remove(no);
        self.bytes += user.fact(no).record_bytes();
        self.all.insert(no, user);
    }

    /// Forgets a user, likewise.
    pub(crate) fn remove(&mut self, no: UserNo) {
        if let Some(gone) = self.all.remove(&no) {
            self.bytes = self.bytes.saturating_sub(gone.fact(no).record_bytes());
        }
    }

    /// A user by his number.
    pub fn get(&self, no: UserNo) -> Option<&User> {
        self.all.get(&no)
    }

    /// All users, in the order of their numbers.
    pub fn all(&self) -> impl Iterator<Item = (UserNo, &User)> {
        self.all.iter().map(|(no, user)| (*no, user))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whose an extension is.
    pub fn of_extension(&self, extension: Extension) -> Option<UserNo> {
        self.all().find(|(_, user)| user.extension == Some(extension)).map(|(no, _)| no)
    }

    /// A number for a new user: the one behind the highest, as long as there is one.
    pub(crate) fn free(&self) -> UserNo {
        let highest = self.all.keys().next_back().map_or(0, |no| no.0);
        let behind = highest.checked_add(1).map(UserNo);
        let gap = || (1..=u16::MAX).map(UserNo).find(|no| !self.all.contains_key(no));
        // Far fewer users can be than there are numbers.
        behind.or_else(gap).unwrap_or(UserNo(u16::MAX))
    }

    /// How many bytes of flash they take together.
    pub fn record_bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn facts(&self) -> impl Iterator<Item = Event> + '_ {
        self.all().map(|(no, user)| user.fact(no))
    }
}

impl User {
    fn fact(&self, user: UserNo) -> Event {
        let User { name, extension, pin } = self.clone();
        Event::UserSet { user, name, extension, pin }
    }
}
