//! Users, their PINs and their lines in a text.

use super::*;
use crate::limits::USERS_MAX;
use crate::names::UserNo;
use crate::seat::Seat;
use crate::secret::Pin;

fn user(number: u16, name: &str, extension: &str, pin: &str) -> Event {
    let (name, extension) = (names::Text::try_from(name).unwrap(), Extension::parse(extension));
    Event::UserSet { user: UserNo(number), name, extension, pin: Pin::parse(pin).unwrap() }
}

/// A user who owns a line of this handset, and a PIN for replacing phones.
pub(super) fn some(handset: HandsetNo) -> [Event; 4] {
    [
        Event::InstallPinSet { pin: Pin::parse("90817263") },
        user(7, "Ann \"A\" Bee", "207", "706050"),
        Event::LineOwned { handset, line: LineNo::FIRST, user: UserNo(7) },
        Event::SeatChanged { handset, seat: Seat::Replaced },
    ]
}

/// Something about people, one of whom may sit at this handset.
pub(super) fn any(chance: &mut Chance, handset: HandsetNo) -> Vec<Event> {
    let mut facts = Vec::new();
    for _ in 0..below(chance, 3) {
        let number = 1 + below(chance, 65_535) as u16;
        let mut name = names::text("u");
        name.push_str(&any_text(chance)).unwrap();
        // No line has one that is divided by three.
        let extension = Extension::new(100_002 + 3 * u32::from(number));
        let extension = extension.filter(|_| below(chance, 3) > 0);
        let (no, pin) = (UserNo(number), Pin::drawn(chance.number()));
        facts.push(Event::UserSet { user: no, name, extension, pin });
        let line = LineNo::new(1 + below(chance, LINES_MAX) as u8).unwrap();
        facts.push(Event::LineOwned { handset, line, user: no });
        if below(chance, 6) == 0 {
            facts.push(Event::UserDeleted { user: no });
        }
    }
    let seats = [Seat::New, Seat::Later, Seat::ViaWeb, Seat::Replaced];
    facts.push(Event::SeatChanged { handset, seat: seats[below(chance, seats.len())] });
    if below(chance, 4) == 0 {
        facts.push(Event::InstallPinSet { pin: Some(Pin::drawn(chance.number())) });
    }
    facts
}

/// As many as there can be, as long as they can be.
pub(super) fn as_many_as_fit() -> impl Iterator<Item = Event> {
    let name = "\"".repeat(crate::limits::TEXT_MAX);
    (1..=USERS_MAX as u16).map(move |number| user(number, &name, "", "12345678"))
}

#[test]
fn a_pin_is_in_a_clear_text_only_and_is_drawn_where_it_is_left_out() {
    let state = example();
    let clear = write(&state, Secrets::Clear);
    for pin in ["706050", "90817263"] {
        assert!(clear.contains(pin));
        for how in [Secrets::LeftOut, Secrets::Sealed(&key())] {
            assert!(!write(&state, how).contains(pin));
        }
    }
    let text = write(&state, Secrets::LeftOut);
    let pin = |facts: &[Event]| state_of(facts).users().get(UserNo(7)).map(|it| it.pin.clone());
    let own = read_onto(&text, None, &state).unwrap_or_else(|it| panic!("{it:?}"));
    assert!(pin(&own.facts) == Pin::parse("706050"));
    let other = read_onto(&text, None, &Durable::default()).unwrap_or_else(|it| panic!("{it:?}"));
    assert!(pin(&other.facts).is_some() && pin(&other.facts) != Pin::parse("706050"));
    assert!(state_of(&other.facts).has_install_pin());
    // Somebody else of the same number has a PIN of his own.
    let renamed = text.replace("Ann", "Eve");
    let eve = read_onto(&renamed, None, &state).unwrap_or_else(|it| panic!("{it:?}"));
    assert!(pin(&eve.facts) != Pin::parse("706050"));
}

#[test]
fn what_is_wrong_with_users_is_told_with_its_line() {
    let head = "dialtone-state 1\n\
        handset number=1 mac=00:15:65:00:00:01 maker=yealink";
    let text = format!(
        "{head} seat=never\n\
        user number=1 name=\"Ann\" extension=204 pin=clear:1234\n\
        user number=1 name=\"Bea\"\n\
        user number=2 name=\" \"\n\
        user number=3 name=\"Cay\" extension=204\n\
        user number=4 name=\"Dot\" pin=clear:12\n\
        user number=0 name=\"Eve\"\n\
        install-pin pin=clear:1\n\
        handset number=2 mac=00:15:65:00:00:02 maker=yealink\n\
        line handset=2 place=1 login=aebagbaf owner=9\n\
        line handset=2 place=2 login=aebagbag owner=1 name=\"Ann\"\n\
        line handset=2 place=3 login=aebagbah owner=4\n"
    );
    let secret = "has to be `clear:` or `sealed:` and the letters and digits that Dialtone wrote.";
    let expected = format!(
        "line 2: `seat` has to be later, via-web or replaced.\n\
        line 4: A user of this number is in line 3 already.\n\
        line 5: `name` is missing.\n\
        line 6: This extension of a user is in line 3 already.\n\
        line 7: `pin` {secret}\n\
        line 8: `number` has to be a number from 1 to 65535.\n\
        line 9: `pin` {secret}\n\
        line 11: No line before this one makes this user.\n\
        line 12: A user's line has no extension and no name of its own.\n"
    );
    assert_eq!(wrong(&text), expected);
    let many = (1..=USERS_MAX + 1).map(|no| format!("user number={no} name=u\n"));
    let told = wrong(&format!("dialtone-state 1\n{}", many.collect::<String>()));
    assert_eq!(told, format!("line {}: There are more than {USERS_MAX} users.\n", USERS_MAX + 2));
}

#[test]
fn an_extension_is_a_users_or_that_of_a_line_which_is_not_his() {
    let text = |user: &str, line: &str| {
        format!(
            "dialtone-state 1\n\
            user number=1 name=\"{user}\" extension=204\n\
            handset number=1 mac=00:15:65:00:00:01 maker=yealink\n\
            line handset=1 place=1 login=aebagbaf {line}\n\
            user number=2 name=\"Bea\" extension=205\n"
        )
    };
    let read = |text: &str| read_onto(text, None, &Durable::default()).is_ok();
    assert_eq!(
        wrong(&text("Ann", "extension=204 name=\"Door\"")),
        "line 4: This extension is in line 2 already.\n"
    );
    assert_eq!(
        wrong(&text("Ann", "extension=205")),
        "line 5: This extension is in line 4 already.\n"
    );
    for line in ["owner=1", "extension=206 name=\"Ann\"", "name=\"Ann\""] {
        assert!(read(&text("Ann", line)), "{line}");
    }
    // The power went while a user was made of the line.
    assert!(read(&text("Ann", "extension=204 name=\"Ann\"")));
}
