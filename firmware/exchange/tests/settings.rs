//! What is set of phones: it reaches those it is meant for, survives, and is refused in words.

mod support;

use exchange::catalog::Family;
use exchange::command::{By, Command, Refusal};
use exchange::layer::{Firmware, Layer};
use exchange::limits::{FLASH_RESERVE_BYTES, SETTINGS_BYTES_MAX, SETTING_VALUES_MAX};
use exchange::names::{text, HandsetNo, Side};
use exchange::note::{Note, Whose};
use exchange::settings::{Bad, Ground, KeyKind, Origin, Setting};
use exchange::state::Event;
use exchange::view::Unsaid;
use std::net::Ipv4Addr;
use support::files::value;
use support::{address, boards, from, own_file, Office, PHONE};

/// An office with one phone that has its first file.
fn office() -> (Office, HandsetNo) {
    let mut office = Office::new(boards::plain);
    office.boots(PHONE);
    office.fetch(from(address(10), 1), &own_file(PHONE));
    let handset = office.handset(PHONE).handset;
    (office, handset)
}

fn change(layer: Layer, setting: Setting, value: Option<&str>) -> Command {
    Command::ChangeSetting { layer, setting, value: value.map(String::from) }
}

fn set(office: &mut Office, layer: Layer, setting: Setting, value: &str) {
    let done = office.command(change(layer, setting, Some(value)));
    assert!(done.is_ok(), "{value}: {:?}", done.err());
}

fn file(office: &mut Office) -> Vec<u8> {
    office.fetch(from(address(10), 1), &own_file(PHONE)).1
}

fn every(office: &mut Office, word: &str) -> Option<String> {
    value(&file(office), word).map(String::from)
}

#[test]
fn a_value_reaches_the_file_from_the_nearest_layer_and_goes_back_to_what_lies_below() {
    let (mut office, handset) = office();
    let row = office.handset(PHONE);
    assert_eq!((row.maker, every(&mut office, "vlan")), ("Yealink", None));
    let model =
        |firmware| Layer::Model { family: Family::Yealink, model: row.model.clone(), firmware };
    let layers = [
        Layer::Site,
        Layer::Family(Family::Yealink),
        model(Firmware::default()),
        Layer::Handset(handset),
    ];
    for (at, layer) in layers.iter().enumerate() {
        set(&mut office, layer.clone(), Setting::VlanId, &at.to_string());
        assert_eq!(every(&mut office, "vlan"), Some(at.to_string()), "{layer:?}");
    }
    set(&mut office, Layer::Family(Family::Snom), Setting::VlanId, "99");
    office.restart();
    office.boots(PHONE);
    assert_eq!(every(&mut office, "vlan"), Some("3".to_string()), "after a start");
    for (at, layer) in layers.iter().enumerate().rev() {
        assert_eq!(every(&mut office, "vlan"), Some(at.to_string()));
        office.command(change(layer.clone(), Setting::VlanId, None)).unwrap();
    }
    assert_eq!(every(&mut office, "vlan"), None);
}

#[test]
fn what_the_site_had_in_its_file_can_be_set_for_some() {
    let (mut office, handset) = office();
    let before = every(&mut office, "zone");
    set(&mut office, Layer::Handset(handset), Setting::TimeZone, "Europe/Berlin");
    assert_eq!(every(&mut office, "zone").as_deref(), Some("CET-1CEST,M3.5.0,M10.5.0/3"));
    set(&mut office, Layer::Site, Setting::SummerTime, "no");
    assert_eq!(every(&mut office, "zone").as_deref(), Some("CET-1"));
    set(&mut office, Layer::Site, Setting::ProvisioningInterval, "77");
    assert_eq!(every(&mut office, "every").as_deref(), Some("77"));
    for (layer, setting) in
        [(Layer::Handset(handset), Setting::TimeZone), (Layer::Site, Setting::SummerTime)]
    {
        office.command(change(layer, setting, None)).unwrap();
    }
    assert_eq!(every(&mut office, "zone"), before);
}

#[test]
fn summer_time_can_be_left_out_of_every_zone() {
    let (mut office, _) = office();
    set(&mut office, Layer::Site, Setting::SummerTime, "no");
    for zone in exchange::zone::all() {
        let done = office.command(change(Layer::Site, Setting::TimeZone, Some(zone.name)));
        assert!(done.is_ok(), "{}", zone.name);
        let posix = every(&mut office, "zone").unwrap();
        let standard = zone.posix.split(',').next().unwrap();
        assert!(standard.starts_with(&posix) && !posix.contains(','), "{} {posix}", zone.name);
        assert!(posix.ends_with(|last: char| last.is_ascii_digit()), "{} {posix}", zone.name);
    }
}

#[test]
fn a_password_goes_to_the_file_and_to_no_view_and_no_note() {
    let (mut office, handset) = office();
    let drawn = every(&mut office, "user");
    assert_eq!(drawn, every(&mut office, "web"));
    set(&mut office, Layer::Site, Setting::WebUserPassword, "hunter22");
    assert_eq!(every(&mut office, "user").as_deref(), Some("hunter22"));
    assert_eq!(every(&mut office, "web"), drawn, "the administrator keeps his own");
    let rows = office.exchange.device(office.now(), wire::Mac(PHONE)).unwrap().settings;
    let row = rows.iter().find(|row| row.setting == Setting::WebUserPassword).unwrap();
    assert_eq!((row.is_set, row.value.as_deref()), (false, Some("")));
    assert_eq!(row.origin, Origin::Layer(Layer::Site));
    let view = office.exchange.settings_view(office.now(), Layer::Site);
    assert!(view.rows.iter().all(|row| row.own.as_deref() != Some("hunter22")));
    let notes = office.exchange.view(office.now()).notes;
    let (_, note) = notes.first().unwrap();
    let source = Ipv4Addr::new(10, 1, 0, 5);
    let expected = Note::SettingChanged(source, Setting::WebUserPassword, Whose::Site);
    assert!(
        matches!(note, Note::SettingChanged(_, Setting::WebUserPassword, Whose::Site)),
        "{note}"
    );
    assert!(expected.to_string().ends_with("User password of the phone of the site"));
    let handset = Layer::Handset(handset);
    set(&mut office, handset, Setting::WebUserPassword, "hunter33");
    assert_eq!(every(&mut office, "user").as_deref(), Some("hunter33"));
}

#[test]
fn a_list_of_keys_counts_as_a_whole_and_what_the_maker_cannot_say_is_named() {
    let (mut office, handset) = office();
    set(&mut office, Layer::Site, Setting::Keys, "blf 204 Zoë; park 70; line 2");
    assert_eq!(every(&mut office, "key").as_deref(), Some("1 blf 204 Zoë"));
    set(&mut office, Layer::Handset(handset), Setting::Keys, "speed 0301234");
    let own = String::from_utf8(file(&mut office)).unwrap();
    assert!(own.contains("key 1 speed 0301234 0301234\n") && !own.contains("key 2"), "{own}");

    let unsaid = |office: &Office, family| {
        let view = office.exchange.settings_view(office.now(), Layer::Family(family));
        let row = view.rows.into_iter().find(|row| row.setting == Setting::Keys).unwrap();
        row.unsaid
    };
    assert_eq!(unsaid(&office, Family::Yealink), []);
    assert_eq!(unsaid(&office, Family::Polycom), [Unsaid::Key(KeyKind::Park)]);
    assert_eq!(unsaid(&office, Family::Htek), [Unsaid::All]);
    assert_eq!(unsaid(&office, Family::Obihai), [], "it gets the generic file");
}

#[test]
fn a_setting_that_makes_no_sense_or_reaches_too_far_changes_nothing() {
    let (mut office, _) = office();
    for (layer, setting, value, refusal) in [
        (Layer::Site, Setting::VlanId, Some("4095"), Refusal::Setting(Bad::Number(0, 4_094))),
        (Layer::Site, Setting::Keys, Some("blf 204 A\nadmin=1"), Refusal::Setting(Bad::Letter)),
        (Layer::Site, Setting::FirmwareUrl, Some("http://a/"), Refusal::Setting(Bad::Reach)),
        (Layer::Site, Setting::VlanId, None, Refusal::Unchanged),
        (Layer::Handset(HandsetNo(999)), Setting::VlanId, Some("1"), Refusal::NoSuchHandset),
    ] {
        let refused = office.command(change(layer, setting, value)).err();
        assert_eq!(refused, Some(refusal));
    }
    set(&mut office, Layer::Site, Setting::VlanId, "7");
    let again = office.command(change(Layer::Site, Setting::VlanId, Some("007"))).err();
    assert_eq!(again, Some(Refusal::Unchanged));
    assert_eq!(office.exchange.durable().settings().len(), 1);
}

#[test]
fn who_has_an_old_page_before_him_changes_nothing() {
    let (mut office, handset) = office();
    let view = office.exchange.settings_view(office.now(), Layer::Site);
    let by = |seen| By { side: Side::Lan, source: Ipv4Addr::new(10, 1, 0, 5), seen: Some(seen) };
    let ask = |office: &mut Office, seen, layer, value| {
        let now = office.now();
        let done =
            office.exchange.command(now, &by(seen), change(layer, Setting::VlanId, Some(value)));
        office.drain();
        done.map(|_| ())
    };
    assert_eq!(ask(&mut office, view.revision, Layer::Site, "1"), Ok(()));
    let late = ask(&mut office, view.revision, Layer::Family(Family::Snom), "2");
    assert_eq!(late, Err(Refusal::SettingsChangedMeanwhile));
    let own = office.exchange.device(office.now(), wire::Mac(PHONE)).unwrap().revision;
    assert_eq!(ask(&mut office, own, Layer::Handset(handset), "3"), Ok(()));
    let late = ask(&mut office, own, Layer::Handset(handset), "4");
    assert_eq!(late, Err(Refusal::ChangedMeanwhile));
}

#[test]
fn a_deleted_handset_takes_its_settings_with_it() {
    let (mut office, handset) = office();
    set(&mut office, Layer::Site, Setting::VlanId, "7");
    let before = office.exchange.durable().record_bytes();
    set(&mut office, Layer::Handset(handset), Setting::Keys, "blf 204 Zoë");
    assert!(office.exchange.durable().record_bytes() > before);
    office.command(Command::DeleteHandset { handset }).unwrap();
    let store = office.exchange.durable().settings();
    assert_eq!((store.len(), store.layers().count()), (1, 1));
    let facts: u64 = office.exchange.durable().settings().all().count() as u64;
    assert_eq!(facts, 1);
}

#[test]
fn when_there_is_no_room_for_more_what_is_set_can_still_be_changed_and_set_back() {
    let (mut office, _) = office();
    let model = |no: usize| Layer::Model {
        family: Family::Yealink,
        model: text(&format!("T{no}")),
        firmware: Firmware::default(),
    };
    let mut last = 0;
    let refused = (0..10_000).find_map(|no| {
        let done = office.command(change(model(no), Setting::VlanId, Some("7")));
        last = no;
        done.err()
    });
    assert_eq!(refused, Some(Refusal::SettingsFull));
    let store = office.exchange.durable().settings();
    assert!(store.len() <= SETTING_VALUES_MAX && store.record_bytes() <= SETTINGS_BYTES_MAX);
    assert_eq!(store.len(), last);
    set(&mut office, model(0), Setting::VlanId, "8");
    office.command(change(model(1), Setting::VlanId, None)).unwrap();
    set(&mut office, model(last), Setting::VlanId, "7");

    let taken = office.exchange.durable().record_bytes();
    office.exchange.set_flash_bytes(taken + FLASH_RESERVE_BYTES);
    office.command(change(model(0), Setting::VlanId, None)).unwrap();
    office.exchange.set_flash_bytes(office.exchange.durable().record_bytes() + 64);
    let full = office.command(change(model(0), Setting::VlanId, Some("7"))).err();
    assert_eq!(full, Some(Refusal::FlashFull));
    set(&mut office, model(2), Setting::VlanId, "8");
    office.command(change(model(2), Setting::VlanId, None)).unwrap();
}

#[test]
fn a_setting_of_newer_software_is_kept_and_means_nothing() {
    let (mut office, _) = office();
    let value = Some(String::from("from tomorrow"));
    let newer = Event::SettingChanged { layer: Layer::Site, setting: 200, value };
    let facts: Vec<Event> = office.exchange.durable().facts().chain([newer]).collect();
    office.restart_with(&facts);
    office.boots(PHONE);
    assert!(file(&mut office).starts_with(b"template yealink/mac.cfg"));
    let kept = office.exchange.durable().settings().all().next();
    assert_eq!(kept.map(|(_, code, value)| (code, value)), Some((200, "from tomorrow")));
    let view = office.exchange.settings_view(office.now(), Layer::Site);
    let row = view.rows.iter().find(|row| row.setting == Setting::SummerTime).unwrap();
    assert_eq!(row.origin, Origin::Ground(Ground::Shipped("yes")));
}
