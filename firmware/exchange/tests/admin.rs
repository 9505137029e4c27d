//! What an admin may ask for, every reason to refuse it, and that no page can show a secret.

mod support;

use exchange::command::{By, Command, Refusal};
use exchange::limits::HANDSETS_MAX;
use exchange::names::{Extension, HandsetNo, Side, Text};
use exchange::view::{
    DeviceView, HandsetRow, Origin, PeopleView, SettingRow, Status, StoredRow, StrangerRow, View,
};
use exchange::PasswordHash;
use support::sip::{account, Account, Wish};
use support::{address, boards, files, from, line, own_file, Office, PC, PHONE, PHONE_2};
use wire::Mac;

fn ext(text: &str) -> Extension {
    let Some(extension) = Extension::parse(text) else { panic!("{text} is no extension") };
    extension
}

fn add(mac: [u8; 6]) -> Command {
    Command::AddHandset { mac: Mac(mac), extension: None, name: Text::new() }
}

fn assign(handset: HandsetNo, number: u8, extension: &str, name: &str) -> Command {
    let extension = Extension::parse(extension);
    Command::AssignLine {
        handset,
        line: line(number),
        extension,
        name: exchange::names::text(name),
    }
}

/// PHONE is a handset with its lease, and its account.
fn office() -> (Office, HandsetNo, Account) {
    let mut office = Office::new(boards::plain);
    office.boots(PHONE);
    let (_, file) = office.fetch(at(), &own_file(PHONE));
    let handset = office.handset(PHONE).handset;
    (office, handset, account(&file, 1))
}

fn at() -> exchange::Arrival {
    from(address(10), 5060)
}

#[test]
fn a_handset_is_added_by_hand_and_counts_as_known() {
    let mut office = Office::new(boards::plain);
    office.command(Command::AllowCreation { side: Side::Lan, open: false }).unwrap();
    let name = exchange::names::text("Ann");
    let add = Command::AddHandset { mac: Mac(PHONE), extension: Some(ext("204")), name };
    office.command(add).unwrap();
    let device = office.device(PHONE);
    assert_eq!(device.origin, Some(Origin::ByHand));
    let row = office.handset(PHONE);
    assert_eq!((row.maker, row.status, row.last_seen), ("Yealink", Status::Away, None));
    assert_eq!(
        row.lines.first().map(|line| (line.extension, line.name.as_str())),
        Some((Some(ext("204")), "Ann"))
    );
    office.boots(PHONE);
    let (answer, file) = office.fetch(at(), &own_file(PHONE));
    assert!(answer.starts_with("file"));
    assert_eq!(files::value(&file, "label"), Some("204 Ann"));
    assert_eq!(office.registers(at(), &account(&file, 1), Wish::default()), 200);
    assert_eq!(office.handset(PHONE).status, Status::Registered);
}

#[test]
fn a_line_is_assigned_at_once_and_its_label_follows_with_the_next_file() {
    let (mut office, handset, account) = office();
    assert_eq!(office.registers(at(), &account, Wish::default()), 200);
    office.command(assign(handset, 1, "204", "Zoë")).unwrap();
    let row = office.handset(PHONE);
    assert_eq!(row.lines.first().and_then(|line| line.extension), Some(ext("204")));
    assert!(row.lines.first().is_some_and(|line| line.registered_until.is_some()), "still bound");
    let (_, file) = office.fetch(at(), &own_file(PHONE));
    assert_eq!(files::value(&file, "label"), Some("204 Zoë"));
    office.command(assign(handset, 1, "", "")).unwrap();
    assert_eq!(office.handset(PHONE).lines.first().and_then(|line| line.extension), None);
    office.restart();
    assert_eq!(office.handset(PHONE).lines.first().and_then(|line| line.extension), None);
}

#[test]
fn lines_come_and_go_with_accounts_of_their_own() {
    let (mut office, handset, first) = office();
    let most = office.device(PHONE).lines_max;
    for number in 2..=most {
        office.command(Command::AddLine { handset }).unwrap();
        assert_eq!(office.handset(PHONE).lines.len(), usize::from(number));
    }
    assert_eq!(office.command(Command::AddLine { handset }), Err(Refusal::LinesFull));
    let (_, file) = office.fetch(at(), &own_file(PHONE));
    let last = account(&file, most);
    assert!(last != first && account(&file, 1) == first);
    assert_eq!(office.registers(at(), &last, Wish::default()), 200);
    office.command(Command::RemoveLine { handset }).unwrap();
    assert_ne!(office.registers(at(), &last, Wish::default()), 200, "its account is gone");
    for _ in 2..most {
        office.command(Command::RemoveLine { handset }).unwrap();
    }
    assert_eq!(office.command(Command::RemoveLine { handset }), Err(Refusal::LastLine));
}

#[test]
fn a_deleted_handset_is_gone_at_once_and_comes_back_as_a_new_one() {
    let (mut office, handset, account) = office();
    assert_eq!(office.registers(at(), &account, Wish::default()), 200);
    office.command(assign(handset, 1, "204", "Ann")).unwrap();
    office.command(Command::DeleteHandset { handset }).unwrap();
    assert!(!office.knows(PHONE));
    assert_ne!(office.registers(at(), &account, Wish::default()), 200);
    let (answer, file) = office.fetch(at(), &own_file(PHONE));
    assert!(answer.starts_with("file"));
    let again = support::sip::account(&file, 1);
    assert!(again.login != account.login && again.password != account.password);
    let row = office.handset(PHONE);
    assert_ne!(row.handset, handset);
    assert_eq!(
        row.lines.first().map(|line| (line.extension, line.registered_until)),
        Some((None, None))
    );
    assert_eq!(office.registers(at(), &again, Wish::default()), 200);
    office.command(add(PHONE_2)).unwrap();
    let other = office.handset(PHONE_2).handset;
    office.command(assign(other, 1, "204", "")).unwrap();
}

#[test]
fn a_deleted_handset_stays_away_while_new_ones_are_not_taken_in() {
    let (mut office, handset, _) = office();
    office.command(Command::AllowCreation { side: Side::Lan, open: false }).unwrap();
    office.command(Command::DeleteHandset { handset }).unwrap();
    assert_eq!(office.fetch(at(), &own_file(PHONE)).0, "forbidden");
    assert_eq!(office.command(Command::DeleteHandset { handset }), Err(Refusal::NoSuchHandset));
}

#[test]
fn every_refusal_changes_nothing() {
    let (mut office, handset, _) = office();
    office.command(add(PC)).unwrap();
    office.command(assign(handset, 1, "204", "")).unwrap();
    let gone = HandsetNo(999);
    let taken = Refusal::ExtensionTaken(ext("204"));
    let with = |extension| Command::AddHandset {
        mac: Mac(PHONE_2),
        extension: Some(ext(extension)),
        name: Text::new(),
    };
    let other = office.handset(PC).handset;
    let table = [
        (assign(gone, 1, "205", ""), Refusal::NoSuchHandset),
        (Command::DeleteHandset { handset: gone }, Refusal::NoSuchHandset),
        (Command::AddLine { handset: gone }, Refusal::NoSuchHandset),
        (Command::RemoveLine { handset: gone }, Refusal::NoSuchHandset),
        (assign(handset, 8, "205", ""), Refusal::NoSuchLine),
        (add(PHONE), Refusal::MacTaken),
        (add([0xff; 6]), Refusal::MacUnusable),
        (add([0; 6]), Refusal::MacUnusable),
        (add([1, 0, 0x5e, 0, 0, 1]), Refusal::MacUnusable),
        (with("204"), taken),
        (assign(other, 1, "204", ""), taken),
        (Command::AddLine { handset: other }, Refusal::LinesFull),
        (Command::RemoveLine { handset: other }, Refusal::LastLine),
    ];
    let (records, devices) =
        (office.facts.len(), office.exchange.view(office.now()).strangers.len());
    for (command, refusal) in table {
        assert_eq!(office.command(command), Err(refusal), "{refusal}");
        assert!(refusal.to_string().ends_with('.'));
    }
    assert_eq!(office.facts.len(), records);
    assert_eq!(office.exchange.view(office.now()).strangers.len(), devices);
    assert_eq!(office.command(assign(handset, 1, "204", "Ann")).map(|_| ()), Ok(()), "its own");
}

#[test]
fn nothing_is_done_for_the_wan_or_while_nothing_can_be_stored() {
    let (mut office, handset, _) = office();
    let all = || {
        let commands = [add(PC), assign(handset, 1, "", ""), Command::DeleteHandset { handset }];
        let more = [Command::AddLine { handset }, Command::RemoveLine { handset }];
        let switch = [Command::AllowCreation { side: Side::Wan, open: true }];
        commands.into_iter().chain(more).chain(switch)
    };
    let records = office.facts.len();
    for command in all() {
        let by = By { side: Side::Wan, source: address(200), seen: None };
        assert_eq!(office.command_by(&by, command), Err(Refusal::WrongSide));
    }
    office.exchange.set_read_only();
    for command in all() {
        assert_eq!(office.command(command), Err(Refusal::NotStored));
    }
    let hash = PasswordHash::default();
    let now = office.now();
    let refused = office.exchange.set_password(now, address(200), hash).err();
    assert_eq!(refused, Some(Refusal::NotStored));
    assert_eq!(office.facts.len(), records);
}

#[test]
fn there_is_room_for_as_many_handsets_as_the_limit_says() {
    let mut office = Office::new(boards::plain);
    for no in 0..HANDSETS_MAX as u32 {
        let [_, a, b, c] = no.to_be_bytes();
        office.command(add([2, 0, 0, a, b, c])).unwrap();
    }
    assert_eq!(office.command(add(PHONE)), Err(Refusal::HandsetsFull));
    assert!(office.exchange.device(office.now(), Mac(PHONE)).is_none(), "nothing came of it");
    assert_eq!(office.exchange.view(office.now()).handsets.len(), HANDSETS_MAX);
}

/// As a form does: with what its writer saw.
fn by(office: &Office, mac: [u8; 6]) -> By {
    By { side: Side::Lan, source: address(200), seen: Some(office.device(mac).revision) }
}

#[test]
fn two_admins_do_not_overwrite_each_other() {
    for restarted in [false, true] {
        let (mut office, handset, _) = office();
        if restarted {
            office.restart();
        }
        let (ann, bob) = (by(&office, PHONE), by(&office, PHONE));
        assert!(office.command_by(&ann, assign(handset, 1, "204", "Ann")).is_ok());
        let late = office.command_by(&bob, assign(handset, 1, "205", "Bob"));
        assert_eq!(late, Err(Refusal::ChangedMeanwhile), "restarted: {restarted}");
        for command in [
            Command::AddLine { handset },
            Command::RemoveLine { handset },
            Command::DeleteHandset { handset },
        ] {
            assert_eq!(office.command_by(&bob, command), Err(Refusal::ChangedMeanwhile));
        }
        let looked_again = by(&office, PHONE);
        assert!(office.command_by(&looked_again, assign(handset, 1, "205", "Bob")).is_ok());
    }
}

#[test]
fn a_phone_that_registers_meanwhile_is_nobody_else() {
    let (mut office, handset, account) = office();
    let seen = by(&office, PHONE);
    assert_eq!(office.registers(at(), &account, Wish::default()), 200);
    office.fetch_as(at(), &own_file(PHONE), "Yealink SIP-T46U 108.86.0.20 00:15:65:00:00:01");
    assert!(office.command_by(&seen, assign(handset, 1, "204", "Ann")).is_ok());
}

#[test]
fn a_switch_that_stands_as_wanted_writes_nothing() {
    let mut office = Office::new(boards::plain);
    office.command(Command::AllowCreation { side: Side::Lan, open: true }).unwrap();
    assert!(office.facts.is_empty());
    office.command(Command::AllowCreation { side: Side::Wan, open: true }).unwrap();
    let view = office.exchange.view(office.now());
    assert!(view.lan_creates && view.wan_creates);
    assert_eq!(office.facts.len(), 2, "the switch, and the first key");
}

#[test]
fn only_the_lan_sees_the_admins_pages() {
    let office = Office::new(boards::campus);
    assert!(office.exchange.admits_admin(Side::Lan, address(200)));
    assert!(office.exchange.admits_admin(Side::Lan, std::net::Ipv4Addr::LOCALHOST));
    assert!(!office.exchange.admits_admin(Side::Wan, address(200)));
    assert!(!office.exchange.admits_admin(Side::Lan, std::net::Ipv4Addr::new(172, 16, 0, 1)));
}

/// Everything a page could print of a handset. A field added to the view must be added here.
fn of_handset(row: &HandsetRow) -> String {
    let HandsetRow {
        handset,
        mac,
        maker,
        model,
        firmware,
        address,
        lines,
        status,
        last_seen,
        cause,
        asked,
    } = row;
    let mut text = format!("{handset:?} {mac} {maker} {model} {firmware} {address:?} {status:?} {last_seen:?} {cause:?}");
    text += &asked.map(|asked| format!("{asked} {asked:?}")).unwrap_or_default();
    for line in lines {
        let exchange::view::LineRow { line, extension, name, owner, registered_until } = line;
        text += &format!("{line:?} {extension:?} {name} {owner:?} {registered_until:?}");
    }
    text
}

fn of_stranger(row: &StrangerRow) -> String {
    let StrangerRow { mac, maker, model, address, last_seen, cause } = row;
    format!("{mac} {maker:?} {model} {address:?} {last_seen:?} {cause:?}")
}

fn of_device(device: &DeviceView) -> String {
    let DeviceView {
        now,
        revision,
        mac,
        handset,
        stranger,
        signs,
        files_proof,
        files_unproven,
        origin,
        lines_max,
        story,
        settings,
        restarts_apart,
        resync_restarts,
        stored,
        people: PeopleView { seat, users, replaceable, carried },
        screen,
        remote,
        ports,
        banned,
    } = device;
    let mut text = format!("{now:?} {revision} {mac} {signs:?} {origin:?} {lines_max}");
    text += &format!("{restarts_apart} {resync_restarts} {screen:?}");
    text += &format!("{seat:?} {users:?} {replaceable:?} {carried:?}");
    text += &format!("{files_proof:?} {files_unproven}");
    text += &handset.as_ref().map(of_handset).unwrap_or_default();
    text += &stranger.as_ref().map(of_stranger).unwrap_or_default();
    for row in settings {
        let SettingRow { setting, is_set, own, value, origin, unsaid } = row;
        text += &format!("{setting:?} {is_set} {own:?} {value:?} {origin:?} {unsaid:?}");
    }
    for (at, step) in story {
        text += &format!("{at:?} {step} {step:?}");
    }
    text += &format!("{remote:?} {ports:?} {banned}");
    for StoredRow { name, at, bytes, cut, text: lines, hidden } in stored {
        text += &format!("{name} {at:?} {bytes} {cut} {lines} {hidden}");
    }
    text
}

fn of_view(view: &View) -> String {
    let View {
        now,
        revision,
        handsets,
        strangers,
        alarms,
        notes,
        lan_creates,
        wan_creates,
        resync_planned,
        clock,
    } = view;
    let mut text = format!("{now:?} {revision} {alarms:?} {lan_creates} {wan_creates}");
    text += &format!("{resync_planned:?} {clock:?}");
    handsets.iter().for_each(|row| text += &of_handset(row));
    strangers.iter().for_each(|row| text += &of_stranger(row));
    notes.iter().for_each(|(at, note)| text += &format!("{at:?} {note} {note:?}"));
    text
}

#[test]
fn no_page_can_show_a_secret() {
    let (mut office, handset, first) = office();
    office.command(Command::AddLine { handset }).unwrap();
    office.command(assign(handset, 1, "204", "Ann")).unwrap();
    let (_, file) = office.fetch(at(), &own_file(PHONE));
    let accounts = [first, account(&file, 2)];
    for account in &accounts {
        office.registers(at(), account, Wish::default());
        let wrong = Account { password: "wrong".into(), ..account.clone() };
        office.registers(at(), &wrong, Wish::default());
    }
    let [first, second] = &accounts;
    let local = format!("x.login = y\n{}\naccount.1.passwd={}\n", first.password, second.login);
    let name = own_file(PHONE).replace(".cfg", "-local.cfg");
    assert_eq!(office.puts(at(), &name, local.as_bytes()), "stored");
    office.boots(PC);
    let shown = of_view(&office.exchange.view(office.now()))
        + &of_device(&office.device(PHONE))
        + &of_device(&office.device(PC));
    assert!(
        shown.contains("x.login = y")
            && shown.contains("204")
            && shown.contains("00:15:65:00:00:01")
    );
    let web = files::value(&file, "web").unwrap_or_default();
    assert_eq!(web.len(), 16);
    for secret in
        accounts.iter().flat_map(|account| [&*account.login, &*account.password]).chain([web])
    {
        assert!(!shown.contains(secret), "a secret is shown");
    }
}
