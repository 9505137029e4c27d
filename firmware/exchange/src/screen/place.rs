//! The addresses of screens: what stands behind the folder of a phone's files.

use crate::names::{HandsetNo, UserNo};
use core::fmt;
use core::str::FromStr;

/// The folder of screens within that of a phone's files.
const FOLDER: &str = "screen/";

/// Where a dialogue has come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// What the phone opens by itself when it has started.
    Start,
    /// What somebody opens by a key.
    Menu,
    /// What stands on an idle display, on which nothing can be chosen.
    Idle,
    Now,
    Later,
    ViaWeb,
    /// Users without a phone, from this place in their list on.
    Free(u16),
    /// This user, who has no phone, is chosen.
    Take(UserNo),
    /// An extension is asked for.
    Other,
    /// The PIN of this user is asked for.
    Pin(UserNo),
    /// The name of a new user is asked for.
    New,
    /// Phones that can be replaced, from this place in their list on.
    Replace(u16),
    /// Whether this one is to be replaced is asked, or the site's PIN.
    Replacing(HandsetNo),
    /// This one is to be replaced.
    Replaced(HandsetNo),
}

impl Place {
    /// Reads the name of a file; `None` for one that is no screen, whether there is such a user or
    /// handset or not.
    pub(crate) fn read(name: &str) -> Option<Place> {
        let path = name.strip_prefix(FOLDER)?;
        let (word, number) = path.split_once('/').unwrap_or((path, ""));
        let at_one = || -> Option<u16> {
            let plain = number.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| u16::from_str(number).ok()).flatten()
        };
        let place = match word {
            "start" => Place::Start,
            "menu" => Place::Menu,
            "idle" => Place::Idle,
            "now" => Place::Now,
            "later" => Place::Later,
            "web" => Place::ViaWeb,
            "other" => Place::Other,
            "new" => Place::New,
            "free" => return at_one().map(Place::Free),
            "take" => return at_one().map(|user| Place::Take(UserNo(user))),
            "pin" => return at_one().map(|user| Place::Pin(UserNo(user))),
            "replace" => return at_one().map(Place::Replace),
            "replacing" => return at_one().map(|no| Place::Replacing(HandsetNo(no))),
            "replaced" => return at_one().map(|no| Place::Replaced(HandsetNo(no))),
            _ => return None,
        };
        (path == word).then_some(place)
    }

    /// Whether a phone may come there without having been shown a screen before.
    pub(crate) fn is_entrance(self) -> bool {
        matches!(self, Place::Start | Place::Menu | Place::Idle)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(FOLDER)?;
        match self {
            Place::Start => f.write_str("start"),
            Place::Menu => f.write_str("menu"),
            Place::Idle => f.write_str("idle"),
            Place::Now => f.write_str("now"),
            Place::Later => f.write_str("later"),
            Place::ViaWeb => f.write_str("web"),
            Place::Free(first) => write!(f, "free/{first}"),
            Place::Take(user) => write!(f, "take/{}", user.0),
            Place::Other => f.write_str("other"),
            Place::Pin(user) => write!(f, "pin/{}", user.0),
            Place::New => f.write_str("new"),
            Place::Replace(first) => write!(f, "replace/{first}"),
            Place::Replacing(no) => write!(f, "replacing/{}", no.0),
            Place::Replaced(no) => write!(f, "replaced/{}", no.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn every_place_is_read_as_it_was_written_and_nothing_else_is() {
        let places = [
            Place::Start,
            Place::Menu,
            Place::Idle,
            Place::Now,
            Place::Later,
            Place::ViaWeb,
            Place::Free(21),
            Place::Take(UserNo(65_535)),
            Place::Other,
            Place::Pin(UserNo(7)),
            Place::New,
            Place::Replace(1),
            Place::Replacing(HandsetNo(3)),
            Place::Replaced(HandsetNo(3)),
        ];
        for place in places {
            assert_eq!(Place::read(&place.to_string()), Some(place));
        }
        let wrong = ["screen", "screen/", "menu", "screen/now/1", "screen/now/", "screen/take"];
        let numbers = ["screen/take/", "screen/take/+1", "screen/take/65536", "screen/pin/1/1234"];
        for name in wrong.into_iter().chain(numbers).chain(["screen/free/x", "Screen/menu"]) {
            assert_eq!(Place::read(name), None, "{name}");
        }
    }
}
