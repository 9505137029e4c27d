//! Every page in every state worth looking at, by name.

use crate::office::*;
use exchange::command::Refusal;
use exchange::names::Extension;
use exchange::view::{BookEntry, BookReader, BookView, Family};
use pages::form::{self, AddForm, AssignForm, Fields};
use pages::{Claim, Html, LoginError, Occasion, Viewer};

pub(crate) fn all() -> Vec<(&'static str, Html)> {
    let mut pages = accounts();
    pages.extend(lists());
    pages.extend(devices());
    pages.extend(crate::settings::all());
    pages.extend(crate::machine::all());
    pages.extend(crate::recovery::all());
    pages.extend(crate::templates::all());
    pages.extend(crate::identity::all());
    pages.extend(crate::users::all());
    pages.extend(crate::firmware::all());
    pages.extend(crate::dhcp::all());
    pages.extend(crate::certificates::all());
    pages.extend(crate::rules::all());
    pages.extend(crate::rules::remote());
    pages.extend(crate::generic::all());
    pages
}

fn fields(body: &str) -> Fields {
    Fields::parse(body.as_bytes()).unwrap()
}

fn accounts() -> Vec<(&'static str, Html)> {
    let rejected = |body| form::new_password(&fields(body)).unwrap_err();
    let common = rejected("new=password1&again=password1");
    let login = |error| pages::login(&VIEWER, error, Claim::Closed);
    let unlike = rejected("new=a+quiet+morning&again=a+quite+morning");
    vec![
        ("login", login(None)),
        ("login-wrong", login(Some(LoginError::Wrong))),
        ("login-slowed", login(Some(LoginError::Slowed(30)))),
        ("login-stale", login(Some(LoginError::Stale))),
        ("login-claimed", pages::login(&VIEWER, None, Claim::Open)),
        ("claim", pages::claim(Claim::Closed)),
        ("claim-late", pages::claim(Claim::Late)),
        ("claim-slowed", pages::claim(Claim::Slowed(30))),
        ("password-first", pages::change_password(&VIEWER, Occasion::FirstLogIn, None)),
        ("password-common", pages::change_password(&VIEWER, Occasion::FirstLogIn, Some(&common))),
        ("password-claimed", pages::change_password(&VIEWER, Occasion::Claimed, None)),
        ("password-unlike", pages::change_password(&VIEWER, Occasion::Wish, Some(&unlike))),
        ("message-404", pages::message(404, "Not here", "There is no page of this name.")),
    ]
}

fn lists() -> Vec<(&'static str, Html)> {
    let bad = form::add(&fields("mac=00%3A15%3A65&extension=0204&name=Zo%C3%AB")).err().unwrap();
    let taken = Refusal::ExtensionTaken(Extension::parse("203").unwrap());
    let refused = AddForm::refused(&fields("mac=001565aabbcc&extension=203&name=Zoe"), taken);
    let bad_resync =
        form::resync(&fields("extensions=21x&at=99%3A99&errand=resync")).err().unwrap();
    let noticed = Viewer { notice: Some("Extension 203 now rings at Front desk."), ..VIEWER };
    vec![
        ("handsets", pages::handsets(&office(), &VIEWER, None)),
        ("handsets-quiet", pages::handsets(&quiet_office(), &noticed, None)),
        ("handsets-none", pages::handsets(&empty_office(), &VIEWER, None)),
        ("handsets-none-closed", pages::handsets(&closed_office(), &VIEWER, None)),
        ("handsets-bad-add", pages::handsets(&quiet_office(), &VIEWER, Some(&bad))),
        ("handsets-refused", pages::handsets(&quiet_office(), &VIEWER, Some(&refused))),
        ("handsets-fragment", pages::handsets_fragment(&office())),
        ("handsets-asked", pages::handsets(&asking_office(), &VIEWER, None)),
        ("handsets-planned", pages::handsets(&planned_office(), &VIEWER, None)),
        ("phone-book", pages::book(&book(4, 0), &VIEWER)),
        ("phone-book-empty", pages::book(&book(0, 0), &VIEWER)),
        ("phone-book-full", pages::book(&book(2, 3), &VIEWER)),
        ("handsets-bad-resync", pages::handsets_resync(&quiet_office(), &VIEWER, &bad_resync)),
    ]
}

/// A phone book of as many entries, for which so many more had no room.
fn book(entries: usize, left_out: usize) -> BookView {
    let people = [("Anna Schmidt", "201"), ("Bert <b>", "202"), ("2040", "2040"), ("Öz", "203")];
    let entry = |(name, number): (&str, &str)| BookEntry {
        name: name.into(),
        number: Extension::parse(number).unwrap(),
    };
    let reader = |family: Family| {
        Some(BookReader {
            family,
            page_max: family.book()?.page_max(),
            is_told: family != Family::Polycom,
        })
    };
    BookView {
        entries: people.into_iter().take(entries).map(entry).collect(),
        left_out,
        readers: Family::ALL.into_iter().filter_map(reader).collect(),
        url: "http://192.168.1.1/p/book.xml".into(),
    }
}

fn devices() -> Vec<(&'static str, Html)> {
    let taken = Refusal::ExtensionTaken(Extension::parse("203").unwrap());
    let typed = fields("line=2&extension=203&name=Sales+and+more&seen=9");
    let refused = AssignForm::refused(&typed, taken);
    let changed = AssignForm::refused(&typed, Refusal::ChangedMeanwhile);
    vec![
        ("device", pages::device(&registered_device(), &VIEWER, None)),
        ("device-stuck", pages::device(&stuck_device(), &VIEWER, None)),
        ("device-away", pages::device(&away_device(), &VIEWER, None)),
        ("device-stranger", pages::device(&stranger_device(), &VIEWER, None)),
        ("device-refused", pages::device(&registered_device(), &VIEWER, Some(&refused))),
        ("device-changed", pages::device(&registered_device(), &VIEWER, Some(&changed))),
        ("device-fragment", pages::device_fragment(&stuck_device())),
        ("device-asked", pages::device(&asked_device(), &VIEWER, None)),
        ("device-never-came", pages::device(&restarting_device(), &VIEWER, None)),
    ]
}
