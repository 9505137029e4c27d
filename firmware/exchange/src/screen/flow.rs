//! What a screen shows, and what follows from what is chosen or typed on it.
//!
//! Pure: who sits where is asked and changed through [`Seating`].

use super::{Body, Choice, Place, Screen, Typing};
use crate::names::{text, Extension, HandsetNo, UserNo};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

/// Who sits where, as it is asked and changed at one phone.
pub(crate) trait Seating {
    /// How the phone stands.
    fn standing(&self) -> Standing;
    /// The users who own no phone, in the order in which they are shown.
    fn free(&self) -> Vec<Person>;
    /// A user.
    fn person(&self, user: UserNo) -> Option<Person>;
    /// Whose an extension is.
    fn at(&self, extension: Extension) -> Option<UserNo>;
    /// Whether this is the PIN of a user; guesses are slowed.
    fn check_pin(&mut self, user: UserNo, typed: &str) -> Result<(), Denied>;
    /// Gives the phone to a user.
    fn take(&mut self, user: UserNo) -> Result<(), Denied>;
    /// Gives it to a new user of this name, and says what he is called.
    fn add(&mut self, name: &str) -> Result<String, Denied>;
    /// Has it asked again when the phone has started again.
    fn later(&mut self) -> Result<(), Denied>;
    /// Has it never asked again.
    fn via_web(&mut self) -> Result<(), Denied>;
    /// The phones whose place it can take, and what each is called.
    fn replaceable(&self) -> Vec<(HandsetNo, String)>;
    /// Whether the site's PIN is asked for to replace this one.
    fn wants_pin(&self, old: HandsetNo) -> bool;
    /// Has it take the place of another; `typed` is empty where no PIN is asked for.
    fn replace(&mut self, old: HandsetNo, typed: &str) -> Result<(), Denied>;
}

/// How a phone stands.
pub(crate) enum Standing {
    /// Nobody was chosen; the screens ask.
    Open,
    /// It is assigned, to whom this says.
    Assigned(String),
    /// It has taken the place of another and has to start again.
    Replaced,
    /// An admin assigns it.
    ViaWeb,
}

/// A user.
pub(crate) struct Person {
    pub(crate) no: UserNo,
    /// Extension and name.
    pub(crate) label: String,
    /// Whether he owns no phone.
    pub(crate) is_free: bool,
}

/// Why something was not done.
pub(crate) enum Denied {
    /// The PIN is wrong.
    Wrong,
    /// There were too many guesses; another may be made after so many seconds.
    Slowed(u64),
    /// For this reason, in a sentence.
    For(String),
}

/// What was decided at the phone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Done {
    /// Who sits there.
    Assigned,
    /// Whose place it takes.
    Replaced,
    /// To be asked later.
    Later,
    /// To be assigned on the web.
    ViaWeb,
}

/// What the phone shows at this place, and what was decided on the way; `typed` is there where
/// something was typed, be it nothing.
pub(crate) fn next(
    seats: &mut dyn Seating,
    place: Place,
    typed: Option<&str>,
) -> (Screen, Option<Done>) {
    match seats.standing() {
        Standing::Open => (),
        Standing::Assigned(whose) => return shown(assigned(&whose)),
        Standing::Replaced => return shown(replaced()),
        Standing::ViaWeb => return shown(via_web()),
    }
    match place {
        Place::Start | Place::Menu => shown(menu()),
        Place::Idle => shown(idle()),
        Place::Now => shown(now()),
        Place::Free(first) => shown(free(&*seats, first)),
        Place::Other => other(seats, typed),
        Place::Take(user) => match seats.person(user) {
            // Whoever owns a phone shows by his PIN that it is he.
            Some(person) if person.is_free => take(seats, &person),
            Some(person) => shown(ask_pin(&person, "PIN")),
            None => shown(gone("This user does not exist any more.")),
        },
        Place::Pin(user) => match seats.person(user) {
            Some(person) => pin(seats, &person, typed),
            None => shown(gone("This user does not exist any more.")),
        },
        Place::New => new(seats, typed),
        Place::Replace(first) => shown(replaceable(&*seats, first)),
        Place::Replacing(old) => shown(replacing(&*seats, old, "PIN of the installer")),
        Place::Replaced(old) => replace(seats, old, typed),
        Place::Later => match seats.later() {
            Ok(()) => (later(), Some(Done::Later)),
            Err(denied) => shown(refused(denied)),
        },
        Place::ViaWeb => match seats.via_web() {
            Ok(()) => (via_web(), Some(Done::ViaWeb)),
            Err(denied) => shown(refused(denied)),
        },
    }
}

/// What was typed, as it stands in the query of a URL that was percent-decoded; `None` where
/// nothing was.
pub(crate) fn typed(query: &str) -> Option<String> {
    let value = match query.strip_prefix("value=") {
        Some(value) => value,
        None => query.split_once("&value=")?.1,
    };
    // An ampersand may be typed too; only one before another field ends it.
    let ends = value.match_indices('&').find(|(at, _)| {
        let (word, rest) = value.get(at + 1..).unwrap_or_default().split_once('=').unzip();
        let name = |word: &str| word.bytes().all(|byte| byte.is_ascii_alphanumeric());
        rest.is_some() && word.is_some_and(|word| !word.is_empty() && name(word))
    });
    let value = ends.map_or(value, |(at, _)| value.get(..at).unwrap_or_default());
    // Forms of XHTML write a space so.
    Some(value.replace('+', " ").trim().to_string())
}

fn shown(screen: Screen) -> (Screen, Option<Done>) {
    (screen, None)
}

fn read(title: &'static str, text: impl Into<String>) -> Screen {
    Screen { title, body: Body::Text(text.into()) }
}

fn menu() -> Screen {
    let choices = vec![
        Choice::new("NOW, at this phone", Place::Now),
        Choice::new("LATER, when it starts again", Place::Later),
        Choice::new("VIA WEB, by an admin", Place::ViaWeb),
    ];
    Screen { title: "Who uses this phone?", body: Body::Menu(choices) }
}

/// What stands on a display on which nothing can be chosen.
fn idle() -> Screen {
    read("Nobody uses this phone yet", "Press Applications or Services to set it up.")
}

/// What a phone shows that opens its screen by itself again after LATER.
pub(crate) fn put_off() -> Screen {
    read("Nobody uses this phone yet", "It asks again when it starts again.")
}

fn now() -> Screen {
    let choices = vec![
        Choice::new("A user without a phone", Place::Free(1)),
        Choice::new("Another user", Place::Other),
        Choice::new("A new user", Place::New),
        Choice::new("REPLACE a phone", Place::Replace(1)),
        Choice::new("Back", Place::Menu),
    ];
    Screen { title: "Assign this phone", body: Body::Menu(choices) }
}

fn free(seats: &dyn Seating, first: u16) -> Screen {
    let one = |person: Person| Choice::new(person.label, Place::Take(person.no));
    let choices: Vec<Choice> = seats.free().into_iter().map(one).collect();
    if choices.is_empty() {
        return nobody("Every user has a phone");
    }
    let body = Body::List { choices, first, page: Place::Free, back: Place::Now };
    Screen { title: "Users without a phone", body }
}

/// An empty list, with the way back.
fn nobody(title: &'static str) -> Screen {
    Screen { title, body: Body::Menu(vec![Choice::new("Back", Place::Now)]) }
}

/// What was chosen is not there any more.
fn gone(sentence: &str) -> Screen {
    read("Not done", sentence)
}

fn refused(denied: Denied) -> Screen {
    match denied {
        Denied::For(sentence) => read("Not done", sentence),
        Denied::Wrong => read("Not done", "The PIN is wrong."),
        Denied::Slowed(seconds) => read("Not done", slowed(seconds)),
    }
}

fn slowed(seconds: u64) -> String {
    format!("Too many wrong PINs. Wait {seconds} s")
}

fn other(seats: &mut dyn Seating, typed: Option<&str>) -> (Screen, Option<Done>) {
    let ask = |prompt: String| {
        let body = Body::Input { prompt, typing: Typing::Digits, to: Place::Other };
        shown(Screen { title: "Another user", body })
    };
    let Some(typed) = typed else { return ask("Extension".to_string()) };
    let Some(extension) = Extension::parse(typed) else {
        return ask("That is no extension. Extension".to_string());
    };
    let user = seats.at(extension);
    match user.and_then(|user| seats.person(user)) {
        Some(person) if person.is_free => take(seats, &person),
        Some(person) => shown(ask_pin(&person, &format!("PIN of {}", person.label))),
        None => ask(format!("No user has {extension}. Extension")),
    }
}

fn ask_pin(person: &Person, prompt: &str) -> Screen {
    let (prompt, to) = (prompt.to_string(), Place::Pin(person.no));
    Screen { title: "PIN of the user", body: Body::Input { prompt, typing: Typing::Hidden, to } }
}

fn pin(seats: &mut dyn Seating, person: &Person, typed: Option<&str>) -> (Screen, Option<Done>) {
    let Some(typed) = typed else { return shown(ask_pin(person, "PIN")) };
    match seats.check_pin(person.no, typed) {
        Ok(()) => take(seats, person),
        Err(Denied::Wrong) => shown(ask_pin(person, "Wrong PIN. PIN")),
        Err(Denied::Slowed(seconds)) => shown(ask_pin(person, &slowed(seconds))),
        Err(denied) => shown(refused(denied)),
    }
}

fn take(seats: &mut dyn Seating, person: &Person) -> (Screen, Option<Done>) {
    match seats.take(person.no) {
        Ok(()) => (assigned(&person.label), Some(Done::Assigned)),
        Err(denied) => shown(refused(denied)),
    }
}

fn new(seats: &mut dyn Seating, typed: Option<&str>) -> (Screen, Option<Done>) {
    let Some(typed) = typed else {
        let prompt = "Name, or nothing".to_string();
        let body = Body::Input { prompt, typing: Typing::Letters, to: Place::New };
        return shown(Screen { title: "A new user", body });
    };
    match seats.add(&text(typed)) {
        Ok(whose) => (assigned(&whose), Some(Done::Assigned)),
        Err(denied) => shown(refused(denied)),
    }
}

fn assigned(whose: &str) -> Screen {
    let text = format!("This phone is for {whose}. If it does not say so soon, restart it.");
    read("This phone is assigned", text)
}

fn replaceable(seats: &dyn Seating, first: u16) -> Screen {
    let one = |(old, label): (HandsetNo, String)| Choice::new(label, Place::Replacing(old));
    let choices: Vec<Choice> = seats.replaceable().into_iter().map(one).collect();
    if choices.is_empty() {
        return nobody("No phone to replace");
    }
    let body = Body::List { choices, first, page: Place::Replace, back: Place::Now };
    Screen { title: "REPLACE which phone?", body }
}

/// Asks whether a phone is to be replaced: for the PIN where one is set, else by yes and no.
fn replacing(seats: &dyn Seating, old: HandsetNo, prompt: &str) -> Screen {
    let all = seats.replaceable();
    let Some((_, label)) = all.into_iter().find(|(no, _)| *no == old) else {
        return gone("This phone cannot be replaced any more.");
    };
    let to = Place::Replaced(old);
    if seats.wants_pin(old) {
        let (prompt, typing) = (prompt.to_string(), Typing::Hidden);
        return Screen { title: "REPLACE a phone", body: Body::Input { prompt, typing, to } };
    }
    let yes = Choice::new(format!("Yes: {label}"), to);
    let choices = vec![yes, Choice::new("Back", Place::Replace(1))];
    Screen { title: "REPLACE this phone?", body: Body::Menu(choices) }
}

fn replace(seats: &mut dyn Seating, old: HandsetNo, typed: Option<&str>) -> (Screen, Option<Done>) {
    if typed.is_none() && seats.wants_pin(old) {
        return shown(replacing(seats, old, "PIN of the installer"));
    }
    match seats.replace(old, typed.unwrap_or_default()) {
        Ok(()) => (replaced(), Some(Done::Replaced)),
        Err(Denied::Wrong) => shown(replacing(seats, old, "Wrong PIN. PIN of the installer")),
        Err(Denied::Slowed(seconds)) => shown(replacing(seats, old, &slowed(seconds))),
        Err(denied) => shown(refused(denied)),
    }
}

fn replaced() -> Screen {
    read("This phone replaces another", "It is done when this phone has started again.")
}

fn later() -> Screen {
    read("LATER", "This phone asks again when it starts again.")
}

fn via_web() -> Screen {
    read("VIA WEB", "An admin assigns this phone on the Handsets page.")
}
