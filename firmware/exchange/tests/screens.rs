//! The screens of an unassigned phone at the door: who is let in, what is stored, and that it is
//! asked to come for its new file. `tests/sim/tests/screens.rs` walks them as phones would.

#![allow(clippy::unwrap_used, reason = "a test stops where it is wrong")]

mod support;

use exchange::command::{Command, SeatWish};
use exchange::names::{text, Extension};
use exchange::{Answer, Fetch, Way};
use phones::browser::{Browser, Page};
use support::sip::{account, Wish};
use support::{boards, from, kind, own_file, Heard, Office, PHONE, PHONE_2};

/// An office with a user, and a Yealink that is registered and that nobody has.
fn office() -> (Office, exchange::Arrival) {
    let mut office = Office::new(boards::plain);
    let add = SeatWish::AddUser { name: text("Anna"), extension: Extension::parse("201") };
    office.command(Command::Seat(add)).unwrap();
    let at = from(office.boots(PHONE), 5060);
    let (_, file) = office.fetch(at, &own_file(PHONE));
    assert_eq!(office.registers(at, &account(&file, 1), Wish::default()), 200);
    (office, at)
}

/// Opens a screen: what it shows, and what else came of it.
fn opens(office: &mut Office, at: exchange::Arrival, name: &str) -> (Page, Heard) {
    office.wait_ms(300);
    let name = format!("prov/screen/{name}");
    let fetch =
        Fetch { arrival: at, name: &name, user_agent: b"", upload: None, way: Way::default() };
    let now = office.now();
    let Answer::File { bytes, content_type } = office.exchange.fetch(now, &fetch).answer else {
        panic!("{name} is no screen");
    };
    let heard = office.drain();
    (Browser::Yealink.read(content_type, &bytes).unwrap(), heard)
}

fn asked_to_come(heard: &Heard) -> bool {
    heard.sent.iter().any(|(departure, _)| departure.bytes.starts_with(b"NOTIFY "))
}

#[test]
fn whoever_is_chosen_is_stored_and_the_phone_is_asked_to_come_for_its_file() {
    let (mut office, at) = office();
    let (menu, heard) = opens(&mut office, at, "start");
    assert_eq!(menu.title(), "Who uses this phone?");
    assert!(heard.records.is_empty() && heard.sent.is_empty(), "to look stores nothing");
    let (done, heard) = opens(&mut office, at, "take/1");
    assert_eq!(done.title(), "This phone is assigned");
    assert_eq!(heard.facts(), ["LineOwned"]);
    assert!(asked_to_come(&heard));
    let (_, file) = office.fetch(at, &own_file(PHONE));
    assert!(String::from_utf8(file).unwrap().contains("label 201 Anna"));
    office.restart();
    let at = from(office.boots(PHONE), 5060);
    let (again, heard) = opens(&mut office, at, "menu");
    assert_eq!(again.title(), "This phone is assigned");
    assert!(heard.records.is_empty());
}

#[test]
fn what_is_put_off_is_stored_once_however_often_it_is_said() {
    let (mut office, at) = office();
    opens(&mut office, at, "start");
    let (_, heard) = opens(&mut office, at, "later");
    assert_eq!(heard.facts(), ["SeatChanged"]);
    assert!(!asked_to_come(&heard), "its file is the same");
    for _ in 0..5 {
        let (page, heard) = opens(&mut office, at, "later");
        assert_eq!((page.title(), heard.records.len()), ("LATER", 0));
    }
    let (page, _) = opens(&mut office, at, "start");
    assert_eq!(page.title(), "Nobody uses this phone yet");
    let (page, _) = opens(&mut office, at, "menu");
    assert_eq!(page.title(), "Who uses this phone?", "a key asks at once");
    office.restart();
    let at = from(office.boots(PHONE), 5060);
    assert_eq!(opens(&mut office, at, "start").0.title(), "Who uses this phone?");
    let (_, heard) = opens(&mut office, at, "web");
    assert_eq!(heard.records.iter().map(kind).collect::<Vec<_>>(), ["SeatChanged"]);
    office.restart();
    let at = from(office.boots(PHONE), 5060);
    assert_eq!(opens(&mut office, at, "start").0.title(), "VIA WEB");
}

#[test]
fn a_pin_is_in_no_story_no_note_and_no_view() {
    let (mut office, at) = office();
    opens(&mut office, at, "start");
    opens(&mut office, at, "take/1");
    let second = from(office.boots(PHONE_2), 5060);
    office.fetch(second, &own_file(PHONE_2));
    opens(&mut office, second, "start");
    for typed in ["pin/1?value=83475926", "pin/1?x=1&value=83475926&y=2", "other?value=83475926"] {
        let (page, heard) = opens(&mut office, second, typed);
        assert!(matches!(page, Page::Question { .. }), "{page:?}");
        let notes: Vec<String> = heard.notes.iter().map(|note| note.to_string()).collect();
        assert!(!notes.concat().contains("8347"), "{notes:?}");
    }
    let story = office.story(PHONE_2).concat();
    assert!(story.contains("screen/start") && !story.contains("8347"), "{story}");
    let name = format!("prov/screen/pin/1/{}", "83475926");
    assert_eq!(office.fetch(second, &name).0, "not found", "no address holds a PIN");
}

#[test]
fn a_screen_is_for_a_handset_with_a_browser_at_its_own_address() {
    let (mut office, _) = office();
    let grandstream = [0x00, 0x0b, 0x82, 0, 0, 1];
    let at = from(office.boots(grandstream), 5060);
    assert_eq!(office.fetch(at, "prov/screen/start").0, "not found", "no handset yet");
    assert!(office.fetch(at, "cfg000b82000001.xml").0.starts_with("file"));
    assert_eq!(office.fetch(at, "prov/screen/start").0, "not found", "it has no browser");
    let nobody = from(support::address(50), 5060);
    assert_eq!(office.fetch(nobody, "prov/screen/start").0, "forbidden");
    assert_eq!(office.fetch(nobody, "prov/screen/free/1").0, "forbidden");
}
