//! The page of the users, and what a handset's page says of people, in every state worth a look.

use crate::office::{registered_device, NOW, VIEWER};
use exchange::command::SeatFlaw;
use exchange::names::{text, Extension, HandsetNo, LineNo, Mac, UserNo};
use exchange::settings::Setting;
use exchange::time::MINUTE_MS;
use exchange::view::{Carried, CodeRow, DeviceView, PeopleView, Seat, Unsaid, UserRow, UsersView};
use pages::form::{Fields, UserForm};
use pages::Html;

fn user(no: u16, name: &str, extension: &str, lines: &[(u8, u8)]) -> UserRow {
    let line = |(last, line): &(u8, u8)| {
        (Mac([0x00, 0x15, 0x65, 0, 0, *last]), LineNo::new(*line).unwrap())
    };
    UserRow {
        user: UserNo(no),
        name: text(name),
        extension: Extension::parse(extension),
        lines: lines.iter().map(line).collect(),
    }
}

pub(crate) fn view() -> UsersView {
    UsersView {
        now: NOW,
        revision: 12,
        users: vec![user(3, "Ann <b> Bee", "204", &[(1, 1), (2, 3)]), user(1, "Zoë", "", &[])],
        codes: vec![CodeRow {
            dialled: "*44012345".to_string(),
            user: UserNo(1),
            name: text("Zoë"),
            until: NOW.mono.after_ms(9 * MINUTE_MS),
        }],
        next: Extension::parse("205"),
        at_phone: true,
        read_only: false,
    }
}

fn bare() -> UsersView {
    let (users, codes) = (Vec::new(), Vec::new());
    UsersView { users, codes, ..view() }
}

/// A phone that took another one's place, with a user at its first line.
pub(crate) fn device() -> DeviceView {
    let mut view = registered_device();
    if let Some(line) = view.handset.as_mut().and_then(|row| row.lines.first_mut()) {
        line.owner = Some(UserNo(3));
    }
    let carried = Carried {
        lines_lost: 1,
        keys_lost: 2,
        unsaid: vec![(Setting::Keys, vec![Unsaid::All])],
        templates_lost: true,
        own_changes_lost: true,
    };
    let users = vec![(UserNo(3), "204 Ann Bee".to_string()), (UserNo(1), "Zoë".to_string())];
    let carried = Some(carried);
    view.people = PeopleView { seat: Seat::Replaced, users, replaceable: Vec::new(), carried };
    view
}

fn unassigned() -> DeviceView {
    let mut view = registered_device();
    for line in view.handset.iter_mut().flat_map(|row| &mut row.lines) {
        (line.extension, line.name) = (None, text(""));
    }
    let replaceable = vec![(HandsetNo(7), "204 Ann, T46U 00:15:65:00:00:07".to_string())];
    view.people = PeopleView { seat: Seat::Later, replaceable, ..PeopleView::default() };
    view
}

pub(crate) fn all() -> Vec<(&'static str, Html)> {
    let page = |view: &UsersView, echo| pages::users(view, &VIEWER, echo);
    let bad = Fields::parse(b"name=Eve&extension=204").unwrap();
    let taken = SeatFlaw::ExtensionOfUser(Extension::parse("204").unwrap());
    let bad = UserForm::refused(&bad, taken.into());
    let gone = Fields::parse(b"user=9&name=Eve").unwrap();
    let gone = UserForm::refused(&gone, SeatFlaw::NoSuchUser.into());
    let fixed = UsersView { read_only: true, at_phone: false, ..view() };
    vec![
        ("users", page(&view(), None)),
        ("users-none", page(&bare(), None)),
        ("users-bad", page(&view(), Some(&bad))),
        ("users-gone", page(&view(), Some(&gone))),
        ("users-read-only", page(&fixed, None)),
        ("device-replaced", pages::device(&device(), &VIEWER, None)),
        ("device-unassigned", pages::device(&unassigned(), &VIEWER, None)),
    ]
}

#[test]
fn a_line_of_a_user_cannot_be_changed_on_the_phones_page() {
    let page = pages::device(&device(), &VIEWER, None);
    assert!(page.contains("It belongs to <a href=\"/users\">a user</a>"));
    assert!(!page.contains("id=\"extension-1\"") && page.contains("id=\"extension-2\""));
}
