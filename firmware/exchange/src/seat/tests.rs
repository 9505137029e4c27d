//! What somebody at a phone may do, and what not.

use super::*;
use crate::board::{Board, Interface, Site};
use crate::chance::{Chance, Seed};
use crate::layer::Layer;
use crate::names::{text, Side};
use crate::settings::Setting;
use crate::state::Durable;
use crate::time::{Instant, MINUTE_MS};
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use wire::Mac;

const AT: Ipv4Addr = Ipv4Addr::new(10, 1, 0, 20);

fn office() -> Office {
    let port = Interface { side: Side::Lan, address: AT, prefix: 24, has_arp: true };
    let site =
        Site { time_zone: String::new(), ntp_server: None, poll_min: 0, realm: String::new() };
    let board = Board {
        interfaces: vec![port],
        subnets: Vec::new(),
        http_port: 80,
        https_port: None,
        sip_port: 5_060,
        sips_port: None,
        directory: String::new(),
        site,
    };
    Office::new(board, Durable::default(), Chance::new(Seed([7; 32])))
}

fn at(ms: u64) -> Now {
    Now { mono: Instant(ms), wall: None }
}

/// A Yealink that came by itself.
fn phone(office: &mut Office, last: u8, model: &str) -> HandsetNo {
    made(office, [0x00, 0x15, 0x65, 0, 0, last], Family::Yealink, model)
}

fn made(office: &mut Office, mac: [u8; 6], family: Family, model: &str) -> HandsetNo {
    let handset = office.enrol(Mac(mac), Origin::LanPlugAndPlay).unwrap();
    let (model, firmware) = (text(model), Text::new());
    office.record_site(Event::HandsetRecognised {
        handset,
        family: family.code(),
        model,
        firmware,
    });
    handset
}

fn extension(office: &Office, handset: HandsetNo) -> Option<u32> {
    let line = office.durable.handset(handset)?.line(LineNo::FIRST)?;
    line.extension.map(Extension::number)
}

fn name(office: &Office, handset: HandsetNo, line: u8) -> &str {
    let line = LineNo::new(line).unwrap();
    office.durable.handset(handset).unwrap().line(line).map_or("", |line| &line.name)
}

fn pin(office: &Office, user: UserNo) -> String {
    office.durable.users().get(user).unwrap().pin.text().to_string()
}

fn set(office: &mut Office, handset: HandsetNo, setting: Setting, value: &str) {
    let layer = Layer::Handset(handset);
    let value = Some(setting.read(value).unwrap());
    office.record_site(Event::SettingChanged { layer, setting: setting.code(), value });
}

fn facts(office: &mut Office) -> usize {
    let outputs = core::iter::from_fn(|| office.poll_output());
    outputs.filter(|output| matches!(output, crate::Output::Record(..))).count()
}

#[test]
fn a_phone_is_new_until_somebody_says_something() {
    let mut office = office();
    let no = phone(&mut office, 1, "T46U");
    assert_eq!(seat(&office, no), Some(Seat::New));
    later(&mut office, no).unwrap();
    assert_eq!(seat(&office, no), Some(Seat::Later));
    via_web(&mut office, no).unwrap();
    assert_eq!(seat(&office, no), Some(Seat::ViaWeb));
    let user = new_user(&mut office, at(0), no, text("Zoë")).unwrap();
    assert_eq!(seat(&office, no), Some(Seat::Assigned));
    assert_eq!((extension(&office, no), name(&office, no, 1)), (Some(100), "Zoë"));
    for refused in [later(&mut office, no), via_web(&mut office, no)] {
        assert_eq!(refused, Err(Flaw::Taken.into()));
    }
    assert_eq!(take_seat(&mut office, at(0), no, user), Err(Flaw::Taken.into()));
    assert_eq!(seat(&office, HandsetNo(99)), None);
    assert_eq!(later(&mut office, HandsetNo(99)), Err(Refusal::NoSuchHandset));
}

#[test]
fn saying_later_a_thousand_times_is_written_once() {
    let mut office = office();
    let no = phone(&mut office, 1, "T46U");
    facts(&mut office);
    for _ in 0..1_000 {
        later(&mut office, no).unwrap();
    }
    assert_eq!(facts(&mut office), 1);
}

#[test]
fn one_that_was_added_by_hand_asks_nobody() {
    let mut office = office();
    let no = office.enrol(Mac([0x00, 0x15, 0x65, 0, 0, 9]), Origin::ByHand).unwrap();
    assert_eq!(seat(&office, no), Some(Seat::ViaWeb));
}

#[test]
fn a_new_user_gets_the_next_extension_that_nobody_needs_for_help() {
    let mut office = office();
    for number in 0..12 {
        let no = phone(&mut office, number, "T46U");
        new_user(&mut office, at(0), no, text("somebody")).unwrap();
    }
    let numbers: Vec<u32> =
        users(&office).iter().filter_map(|(_, user)| Some(user.extension?.number())).collect();
    let expected: Vec<u32> = (100..110).chain(120..122).collect();
    assert_eq!(numbers, expected);
    // They are all in use.
    assert!(free_users(&office).is_empty());
    let no = phone(&mut office, 99, "T46U");
    assert_eq!(new_user(&mut office, at(0), no, text(" ")), Err(Flaw::NoName.into()));
    assert_eq!(seat(&office, no), Some(Seat::New));
}

#[test]
fn a_user_without_a_phone_is_listed_until_he_has_one() {
    let mut office = office();
    let number = Extension::new(204);
    let zoe = add_user(&mut office, text("Zoë"), number).unwrap();
    let ann = add_user(&mut office, text("ann"), None).unwrap();
    let listed = |office: &Office| free_users(office).iter().map(|it| it.0).collect::<Vec<_>>();
    assert_eq!(listed(&office), [ann, zoe]);
    let again = add_user(&mut office, text("Eve"), number);
    assert_eq!(again, Err(Flaw::ExtensionOfUser(number.unwrap()).into()));
    let (one, two) = (phone(&mut office, 1, "T46U"), phone(&mut office, 2, "T46U"));
    take_seat(&mut office, at(0), one, zoe).unwrap();
    assert_eq!(listed(&office), [ann]);
    // A user may have several phones.
    take_seat(&mut office, at(0), two, zoe).unwrap();
    assert_eq!((extension(&office, one), extension(&office, two)), (Some(204), Some(204)));
    assert_eq!(office.seats.resyncs, [one, two]);
}

#[test]
fn whoever_guesses_a_pin_waits_and_the_right_one_ends_it() {
    let mut office = office();
    let zoe = add_user(&mut office, text("Zoë"), None).unwrap();
    let right = pin(&office, zoe);
    let wrong = if right == "000000" { "111111" } else { "000000" };
    let other = Ipv4Addr::new(10, 1, 0, 99);
    assert_eq!(check_pin(&mut office, at(0), (AT, zoe), &right), Ok(()));
    assert_eq!(check_pin(&mut office, at(0), (AT, UserNo(9)), "1"), Err(PinRefused::NoSuchUser));
    for _ in 0..3 {
        assert_eq!(check_pin(&mut office, at(0), (AT, zoe), wrong), Err(PinRefused::Wrong));
    }
    let slowed = Err(PinRefused::Slowed { retry_after_ms: 2_000 });
    assert_eq!(check_pin(&mut office, at(0), (AT, zoe), &right), slowed);
    // Another address is no way around it, and the guesser has to wait with others too.
    assert_eq!(check_pin(&mut office, at(0), (other, zoe), &right), slowed);
    let ann = add_user(&mut office, text("Ann"), None).unwrap();
    let anns = pin(&office, ann);
    assert_eq!(check_pin(&mut office, at(0), (AT, ann), &anns), slowed);
    assert_eq!(check_pin(&mut office, at(0), (other, ann), &anns), Ok(()));
    assert_eq!(check_pin(&mut office, at(2_000), (AT, zoe), &right), Ok(()));
    // A week of guessing, as fast as one may.
    let (mut now, mut guesses) = (0, 0);
    while now < 7 * 24 * 60 * MINUTE_MS {
        match check_pin(&mut office, at(now), (AT, zoe), wrong) {
            Err(PinRefused::Wrong) => guesses += 1,
            Err(PinRefused::Slowed { retry_after_ms }) => now += retry_after_ms,
            other => panic!("{other:?}"),
        }
    }
    assert!((600..700).contains(&guesses), "{guesses}");
}

#[test]
fn a_phone_takes_over_all_of_another_one_and_says_what_it_could_not() {
    let mut office = office();
    let (old, new) = (phone(&mut office, 1, "T46U"), phone(&mut office, 2, "T21"));
    let (login, secret) = office.draw_line();
    for _ in 0..2 {
        let (login, secret) = office.draw_line();
        office.record_site(Event::LineAdded { handset: old, login, secret });
    }
    let zoe = new_user(&mut office, at(0), old, text("Zoë")).unwrap();
    for (line, who) in [(2, "Door"), (3, "Fax")] {
        let (line, extension) = (LineNo::new(line).unwrap(), None);
        let name = text(who);
        office.record_site(Event::LineAssigned { handset: old, line, extension, name });
    }
    set(&mut office, old, Setting::Keys, "blf 204 A; blf 205 B; park 70");
    set(&mut office, old, Setting::VlanId, "42");
    let logins: Vec<_> =
        office.durable.handset(new).unwrap().lines.iter().map(|line| line.login).collect();
    let carried = replace(&mut office, at(0), (old, new), &Hand::Admin).unwrap();
    // A T21 has two lines and no key beside them.
    assert_eq!((carried.lines_lost, carried.keys_lost), (1, 2));
    assert!(carried.to_string().contains("no place for 1 of the lines"));
    assert_eq!((name(&office, new, 1), name(&office, new, 2)), ("Zoë", "Door"));
    assert_eq!(office.durable.lines_of(zoe).collect::<Vec<_>>(), [(new, LineNo::FIRST)]);
    let store = office.durable.settings();
    assert_eq!(store.get(&Layer::Handset(new), Setting::VlanId), Some("42"));
    assert_eq!(store.get(&Layer::Handset(new), Setting::Keys), Some("blf 204 A"));
    assert!(office.durable.handset(old).is_none());
    let line = office.durable.handset(new).unwrap().line(LineNo::FIRST).unwrap();
    assert!(line.login == logins[0] && line.login != login && line.secret != secret);
    // It is done when the phone has its file.
    assert_eq!(seat(&office, new), Some(Seat::Replaced));
    came(&mut office, new);
    assert_eq!(seat(&office, new), Some(Seat::Assigned));
    let before = facts(&mut office);
    came(&mut office, new);
    assert!(before > 0 && facts(&mut office) == 0);
}

#[test]
fn across_makers_what_the_new_one_cannot_say_is_told() {
    let mut office = office();
    let old = phone(&mut office, 1, "T46U");
    let new = made(&mut office, [0x00, 0x0b, 0x82, 0, 0, 1], Family::Akuvox, "SP-R50P");
    new_user(&mut office, at(0), old, text("Zoë")).unwrap();
    set(&mut office, old, Setting::Keys, "blf 204 A");
    let carried = replace(&mut office, at(0), (old, new), &Hand::Admin).unwrap();
    let unsaid: Vec<Setting> = carried.unsaid.iter().map(|(setting, _)| *setting).collect();
    assert_eq!(unsaid, [Setting::Keys]);
    assert!(carried.to_string().contains("Keys: the new phone's files cannot say"));
    assert_eq!(office.seats.carried.get(&new), Some(&carried));
}

#[test]
fn at_a_phone_only_the_right_hand_replaces_one_that_is_in_use() {
    let mut office = office();
    let (old, new) = (phone(&mut office, 1, "T46U"), phone(&mut office, 2, "T46U"));
    let foreign = made(&mut office, [0x00, 0x04, 0x13, 0, 0, 1], Family::Snom, "D785");
    let empty = phone(&mut office, 3, "T46U");
    new_user(&mut office, at(0), old, text("Zoë")).unwrap();
    new_user(&mut office, at(0), foreign, text("Ann")).unwrap();
    let (in_use, free) = (&|_| true, &|_| false);
    assert_eq!(replaceable(&office, new, false, free), [old]);
    assert!(replaceable(&office, new, false, in_use).is_empty());
    assert_eq!(replaceable(&office, new, true, in_use), [old]);
    fn at_phone<'a>(pin: Option<&'a str>, registered: &'a dyn Fn(HandsetNo) -> bool) -> Hand<'a> {
        Hand::AtPhone { source: AT, pin, registered }
    }
    let mut tries = |ms, old, pin, registered: &dyn Fn(HandsetNo) -> bool, install: &str| {
        office.record_site(Event::InstallPinSet { pin: Pin::parse(install) });
        let refused = replace(&mut office, at(ms), (old, new), &at_phone(pin, registered));
        refused.map(|_| ())
    };
    for (old, flaw) in [
        (foreign, Flaw::NotCompatible),
        (empty, Flaw::NotCompatible),
        (new, Flaw::Itself),
        (old, Flaw::StillRegistered),
    ] {
        assert_eq!(tries(0, old, Some("4321"), in_use, ""), Err(flaw.into()));
    }
    assert_eq!(tries(0, old, None, free, "4321"), Err(Flaw::WantsPin.into()));
    for _ in 0..3 {
        assert_eq!(tries(0, old, Some("1234"), free, "4321"), Err(Flaw::WrongPin.into()));
    }
    let slowed = Err(Flaw::Slowed { seconds: 2 }.into());
    assert_eq!(tries(0, old, Some("4321"), in_use, "4321"), slowed);
    assert_eq!(tries(2_000, old, Some("4321"), in_use, "4321"), Ok(()));
    assert!(office.durable.handset(old).is_none());
    assert_eq!(replaceable(&office, empty, true, free), [new]);
}

#[test]
fn whoever_takes_over_a_remote_phone_is_remote_under_a_token_of_its_own() {
    let mut office = office();
    let (old, new) = (phone(&mut office, 1, "T46U"), phone(&mut office, 2, "T46U"));
    new_user(&mut office, at(0), old, text("Zoë")).unwrap();
    office.mark(old, Mac([0x00, 0x15, 0x65, 0, 0, 1]), true);
    let mark = |office: &Office, no| office.durable.handset(no).and_then(|known| known.remote);
    let before = mark(&office, old).unwrap();
    let carried = replace(&mut office, at(0), (old, new), &Hand::Admin).unwrap();
    assert!(carried.is_everything());
    let after = mark(&office, new).unwrap();
    assert!(after.token != before.token && !after.claimed);
    assert!(office.durable.handset_by(&before.token).is_none());
    // One that is remote already stays what it is.
    let third = phone(&mut office, 3, "T46U");
    office.mark(third, Mac([0x00, 0x15, 0x65, 0, 0, 3]), true);
    let before = mark(&office, third).unwrap();
    replace(&mut office, at(0), (new, third), &Hand::Admin).unwrap();
    assert!(mark(&office, third) == Some(before));
}

/// Leaves room for so many more bytes.
fn fill(office: &mut Office, spare: u64) {
    office.flash_bytes = office.durable.record_bytes() + spare;
}

#[test]
fn without_room_for_all_of_it_a_phone_takes_over_nothing() {
    let mut office = office();
    let (old, new) = (phone(&mut office, 1, "T46U"), phone(&mut office, 2, "T46U"));
    for _ in 0..2 {
        let (login, secret) = office.draw_line();
        office.record_site(Event::LineAdded { handset: old, login, secret });
    }
    let (line, extension, name) = (LineNo::new(3).unwrap(), None, text("Fax"));
    office.record_site(Event::LineAssigned { handset: old, line, extension, name });
    facts(&mut office);
    let mut spare = 0;
    loop {
        fill(&mut office, spare);
        let outcome = replace(&mut office, at(0), (old, new), &Hand::Admin);
        let made = facts(&mut office);
        if outcome.is_ok() {
            assert_eq!(made, 3);
            break;
        }
        assert_eq!((outcome.err(), made), (Some(Refusal::FlashFull), 0), "{spare}");
        spare += 1;
    }
    assert!(spare > 60, "{spare} bytes for three facts");
}

#[test]
fn a_code_that_came_to_nothing_can_be_dialled_again() {
    let mut office = office();
    let no = phone(&mut office, 1, "T46U");
    let zoe = add_user(&mut office, text("Zoë"), None).unwrap();
    claim::make(&mut office, at(0), zoe).unwrap();
    let digits = claim::codes(&office, at(0)).map(|(digits, ..)| digits.to_string()).next();
    let digits = digits.unwrap();
    fill(&mut office, 0);
    assert_eq!(dial(&mut office, at(1), no, &digits), Dialled::Refused(Refusal::FlashFull));
    office.flash_bytes = u64::MAX;
    assert_eq!(dial(&mut office, at(2), no, &digits), Dialled::Assigned);
    assert_eq!(claim::codes(&office, at(3)).count(), 0, "once");
}
