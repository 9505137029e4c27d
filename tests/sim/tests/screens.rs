//! Who sits at this phone, asked at its own display: walked as each maker's phone would, page by
//! page, from its own file on.

#![allow(clippy::unwrap_used, reason = "a test stops where it is wrong")]

mod screens {
    pub(crate) mod office;
}

use exchange::command::{Command, SeatWish};
use exchange::names::{text, Side, UserNo};
use phones::browser::{Field, Page};
use screens::office::{entrance, Make, Office, MAKES};

/// Names that try to break out, and one that is written from the right.
const NAMES: [&str; 4] =
    ["Ölmez & Söhne <Lift>", "Bob \"B\" O'Hara", "\u{202e}tfirhcS", "]]></Title>&#0;{url}"];

/// An office with users, of whom nobody has a phone.
fn office(users: usize) -> Office {
    let mut office = Office::new();
    for at in 0..users {
        let name = NAMES.get(at).map_or(format!("User number {at}"), |name| (*name).to_string());
        office.user(&format!("{}", 2_000 + at), &name);
    }
    office
}

fn set_pin(office: &mut Office, user: u16, extension: &str, name: &str, pin: &str) {
    let wish = SeatWish::ChangeUser {
        user: UserNo(user),
        name: text(name),
        extension: exchange::names::Extension::parse(extension),
        pin: Some(pin.to_string()),
    };
    office.wish(wish).unwrap();
}

/// A phone of the same make with another address.
fn other(make: Make, last: u8) -> Make {
    let mut mac = make.mac;
    mac[5] = 0x40 + last;
    Make { mac, ..make }
}

#[test]
fn a_user_without_a_phone_is_chosen_from_the_list() {
    for make in MAKES {
        let mut office = office(60);
        let (phone, file) = office.boots(make);
        let menu = office.enters(phone, &file);
        assert_eq!(menu.title(), "Who uses this phone?", "{make:?}", make = make.browser);
        let mut page = office.chooses(phone, menu, &["NOW", "A user without"]);
        while page.choose("2055").is_none() {
            page = office.chooses(phone, page, &["More"]);
        }
        let done = office.chooses(phone, page, &["2055"]);
        let Page::Text { title, text } = done else { panic!("{:?}", make.browser) };
        assert_eq!(title, "This phone is assigned");
        assert!(text.contains("2055 User number 55"), "{text}");
        assert_eq!(office.sits(make), "2055 User number 55");
        let file = office.file(phone);
        assert_eq!(entrance(make, &file), None, "its file names the menu no more");
        assert!(file.contains("2055 User number 55"), "{:?}", make.browser);
    }
}

#[test]
fn names_that_try_to_break_out_are_shown_as_they_are() {
    for make in MAKES {
        for (at, name) in NAMES.iter().enumerate() {
            let mut office = office(NAMES.len());
            let (phone, file) = office.boots(make);
            let menu = office.enters(phone, &file);
            let page = office.chooses(phone, menu, &["NOW", "A user without"]);
            let shown: String = name.chars().filter(|it| *it != '\u{202e}').collect();
            let label = format!("{} {shown}", 2_000 + at);
            assert!(page.choose(&label).is_some(), "{label} is not on {page:?}");
            office.chooses(phone, page, &[&label]);
            assert_eq!(office.sits(make), format!("{} {name}", 2_000 + at));
        }
    }
}

#[test]
fn a_user_who_has_a_phone_shows_his_pin_and_guesses_are_slowed() {
    for make in MAKES {
        let mut office = office(1);
        set_pin(&mut office, 1, "2000", "Anna", "4711");
        let (first, file) = office.boots(other(make, 1));
        let menu = office.enters(first, &file);
        office.chooses(first, menu, &["NOW", "A user without", "2000"]);
        let (phone, file) = office.boots(make);
        let menu = office.enters(phone, &file);
        let now = office.chooses(phone, menu, &["NOW"]);
        let nobody = office.chooses(phone, now.clone(), &["A user without"]);
        assert_eq!(nobody.title(), "Every user has a phone");
        let asks = office.chooses(phone, now, &["Another user"]);
        let again = office.types(phone, &asks, "2001");
        assert!(
            matches!(&again, Page::Question { prompt, .. } if prompt.contains("No user has 2001"))
        );
        let mut pin = office.types(phone, &again, "2000");
        for _ in 0..3 {
            let Page::Question { field, .. } = &pin else { panic!("{pin:?}") };
            assert_eq!(*field, Field::Hidden, "{:?}", make.browser);
            pin = office.types(phone, &pin, "9999");
        }
        let slowed = office.types(phone, &pin, "4711");
        let Page::Question { prompt, .. } = &slowed else { panic!("{slowed:?}") };
        assert!(prompt.starts_with("Too many wrong PINs"), "{prompt}");
        assert_eq!(office.sits(make), "");
        office.waits(60_000);
        let done = office.types(phone, &slowed, "4711");
        assert_eq!(done.title(), "This phone is assigned", "{done:?}");
        assert_eq!(office.sits(make), "2000 Anna");
        let told = office.told(make);
        assert!(!told.contains("9999") && !told.contains("4711"), "{told}");
    }
}

#[test]
fn a_new_user_gets_the_next_extension_with_a_name_or_without() {
    for make in MAKES {
        let mut office = office(2);
        let (phone, file) = office.boots(make);
        let menu = office.enters(phone, &file);
        let asks = office.chooses(phone, menu, &["NOW", "A new user"]);
        let done = office.types(phone, &asks, "Zoë & <b> \"x\"");
        assert_eq!(done.title(), "This phone is assigned");
        assert_eq!(office.sits(make), "2002 Zoë & <b> \"x\"");
        let (second, file) = office.boots(other(make, 2));
        let menu = office.enters(second, &file);
        let asks = office.chooses(second, menu, &["NOW", "A new user"]);
        office.types(second, &asks, "");
        assert_eq!(office.sits(other(make, 2)), "2003 User 2003");
    }
}

#[test]
fn later_asks_again_at_the_next_start_and_via_web_never_again() {
    for make in MAKES {
        let mut office = office(1);
        let (phone, file) = office.boots(make);
        let menu = office.enters(phone, &file);
        assert_eq!(office.chooses(phone, menu, &["LATER"]).title(), "LATER");
        let by_itself = entrance(make, &file).unwrap();
        if by_itself.ends_with("start") {
            let page = office.opens(phone, &by_itself).unwrap();
            assert_eq!(page.title(), "Nobody uses this phone yet", "{page:?}");
        }
        let (phone, file) = office.boots(make);
        let menu = office.enters(phone, &file);
        assert_eq!(menu.title(), "Who uses this phone?", "{:?}", make.browser);
        assert_eq!(office.chooses(phone, menu, &["VIA WEB"]).title(), "VIA WEB");
        let (phone, file) = office.boots(make);
        assert_eq!(entrance(make, &file), None);
        assert_eq!(office.opens(phone, &by_itself).unwrap().title(), "VIA WEB");
        assert_eq!(office.sits(make), "");
    }
}

#[test]
fn a_phone_takes_the_place_of_another_that_is_away() {
    for make in MAKES {
        let mut office = office(2);
        let old = other(make, 7);
        let (first, file) = office.boots(old);
        let menu = office.enters(first, &file);
        office.chooses(first, menu, &["NOW", "A user without", "2001"]);
        let (phone, file) = office.boots(make);
        let menu = office.enters(phone, &file);
        let page = office.chooses(phone, menu.clone(), &["NOW", "REPLACE", "2001"]);
        assert_eq!(page.title(), "REPLACE this phone?");
        let page = office.chooses(phone, page, &["Back"]);
        let done = office.chooses(phone, page, &["2001", "Yes"]);
        assert_eq!(done.title(), "This phone replaces another", "{done:?}");
        assert_eq!(office.sits(make), "2001 Bob \"B\" O'Hara");
        assert!(!office.knows(old), "the old one is no handset any more");
        let (_, file) = office.boots(make);
        assert_eq!(entrance(make, &file), None);
        assert!(file.contains("2001"), "{:?}", make.browser);
    }
}

#[test]
fn the_install_pin_is_asked_for_where_one_is_set() {
    for make in MAKES {
        let mut office = office(1);
        office.wish(SeatWish::SetInstallPin { pin: Some("081500".into()) }).unwrap();
        let (first, file) = office.boots(other(make, 7));
        let menu = office.enters(first, &file);
        office.chooses(first, menu, &["NOW", "A user without", "2000"]);
        let (phone, file) = office.boots(make);
        let menu = office.enters(phone, &file);
        let asks = office.chooses(phone, menu, &["NOW", "REPLACE", "2000"]);
        let again = office.types(phone, &asks, "081501");
        let Page::Question { prompt, field, .. } = &again else { panic!("{again:?}") };
        assert!(prompt.starts_with("Wrong PIN"), "{prompt}");
        assert_eq!(*field, Field::Hidden);
        let done = office.types(phone, &again, "081500");
        assert_eq!(done.title(), "This phone replaces another", "{done:?}");
        let told = office.told(make);
        assert!(!told.contains("08150"), "{told}");
    }
}

#[test]
fn a_thousand_users_and_none_are_walked_by_every_phone() {
    let mut office = office(1_000);
    for make in MAKES {
        let (phone, file) = office.boots(make);
        let menu = office.enters(phone, &file);
        let mut page = office.chooses(phone, menu, &["NOW", "A user without"]);
        let mut seen = 0;
        loop {
            let Page::Menu { items, .. } = &page else { panic!("{page:?}") };
            seen += items.iter().filter(|(label, _)| label.starts_with('2')).count();
            let Some(next) = page.choose("More").map(str::to_string) else { break };
            page = office.opens(phone, &next).unwrap();
        }
        assert_eq!(seen, 1_000, "{:?}", make.browser);
    }
    let mut office = self::office(0);
    let (phone, file) = office.boots(MAKES[0]);
    let menu = office.enters(phone, &file);
    let now = office.chooses(phone, menu, &["NOW"]);
    let none = office.chooses(phone, now.clone(), &["A user without"]);
    assert_eq!(none.title(), "Every user has a phone");
    assert_eq!(office.chooses(phone, now, &["REPLACE"]).title(), "No phone to replace");
}

#[test]
fn nobody_else_sees_the_screens_and_no_address_alone_assigns_anybody() {
    let make = MAKES[0];
    let mut office = office(2);
    let (phone, file) = office.boots(make);
    let start = "prov/screen/start";
    assert_eq!(office.asks([10, 1, 0, 77].into(), start), Err("forbidden"), "nobody is there");
    assert_eq!(office.asks_on(Side::Wan, phone.address, start), Err("forbidden"));
    let computer = office.address([0x3c, 0x97, 0x0e, 0, 0, 1], "");
    assert_eq!(office.asks(computer, start), Err("not found"), "it is no handset");
    let before = office.asks(phone.address, "prov/screen/take/1").unwrap().1;
    assert!(String::from_utf8(before).unwrap().contains("Who uses this phone?"));
    assert_eq!(office.sits(make), "", "a place out of nothing is answered with the menu");
    office.waits(11 * 60_000);
    let menu = office.enters(phone, &file);
    office.chooses(phone, menu, &["NOW", "A user without"]);
    office.waits(11 * 60_000);
    let late = office.opens(phone, "http://10.1.0.1/prov/screen/take/1").unwrap();
    assert_eq!((late.title(), office.sits(make).as_str()), ("Who uses this phone?", ""));
    let late = office.opens(phone, "http://10.1.0.1/prov/screen/take/1").unwrap();
    assert_eq!(late.title(), "This phone is assigned");
    let after = office.opens(phone, "http://10.1.0.1/prov/screen/take/2").unwrap();
    assert_eq!(after.title(), "This phone is assigned");
    assert_ne!(office.sits(make), format!("2001 {}", NAMES[1]), "one who sits there stays");
    let shown = office.device(make).screen.map(|(_, title)| title);
    assert_eq!(shown, Some("This phone is assigned"));
    let told = office.told(make).matches("its display shows").count();
    assert!((1..=4).contains(&told), "{told} screens are told");
}

#[test]
fn a_handset_that_was_added_by_hand_never_sees_the_menu() {
    for make in MAKES {
        let mut office = office(1);
        let (mac, name) = (wire::Mac(make.mac), text(""));
        office.command(Command::AddHandset { mac, extension: None, name }).unwrap();
        let (phone, file) = office.boots(make);
        assert_eq!(entrance(make, &file), None, "{:?}", make.class);
        let told = office.opens(phone, "http://10.1.0.1/prov/screen/menu").unwrap();
        assert_eq!(told.title(), "VIA WEB");
    }
}
