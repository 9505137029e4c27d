//! Whatever state there is, its text makes it again; and whatever is wrong with a text is said.

mod beside;
mod golden;
mod people;
mod policy;
mod settings;
mod signs;
mod templates;

extern crate std;

use super::*;
use crate::catalog::Family;
use crate::chance::{Chance, Seed};
use crate::limits::{BACKUP_BYTES_MAX, HANDSETS_MAX, LINES_MAX};
use crate::names::{self, ContactText, Extension, HandsetNo, LineNo, Side};
use crate::network::{Domain, Lan, Settings, Wan};
use crate::secret::{LineSecret, LoginId, OwnFile, PasswordHash, WebSecret};
use crate::state::{Durable, Event};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::string::{String, ToString};
use std::{format, vec, vec::Vec};

const LETTERS: [char; 12] =
    ['a', 'Z', ' ', '"', '\\', '=', '#', 'é', '漢', '\u{202e}', '\u{7}', '\u{feff}'];
const HASH: &str = "$argon2id$v=19$m=16384,t=64,p=1$BwcHBwcHBwcHBwcHBwcHBw$nf65EOgLrQMR";

pub(super) fn key() -> BackupKey {
    let recipe = Recipe { salt: [3; 16], memory_kib: 16_384, rounds: 64 };
    BackupKey { recipe, key: [9; 32] }
}

fn below(chance: &mut Chance, end: usize) -> usize {
    (chance.number() % end as u64) as usize
}

fn any_text(chance: &mut Chance) -> names::Text {
    let mut made = names::Text::new();
    for _ in 0..below(chance, 14) {
        let _ = made.push(LETTERS[below(chance, LETTERS.len())]);
    }
    made
}

fn lan(third: u8) -> Lan {
    Lan {
        address: [10, 1, third, 1].into(),
        prefix: 24,
        first: [10, 1, third, 50].into(),
        last: [10, 1, third, 99].into(),
        router: (third > 4).then_some([10, 1, third, 254].into()),
        dns: (0..third % 4).map(|last| [9, 9, 9, last + 1].into()).collect(),
        domain: Domain::try_from(["", "office.example"][usize::from(third % 2)]).unwrap(),
    }
}

fn any_settings(chance: &mut Chance) -> Settings {
    let gateway = [None, Some([192, 0, 2, 1].into())][below(chance, 2)];
    let dns = [None, Some([9, 9, 9, 9].into())][below(chance, 2)];
    let fixed = Wan::Fixed { address: [192, 0, 2, 7].into(), prefix: 28, gateway, dns };
    Settings {
        lan: (below(chance, 3) > 0).then(|| lan(below(chance, 9) as u8)),
        wan: [None, Some(Wan::Dhcp), Some(fixed)][below(chance, 3)],
    }
}

fn site(chance: &mut Chance) -> Vec<Event> {
    let mut facts = beside::any(chance);
    let open = |chance: &mut Chance| below(chance, 2) == 0;
    let sides = [Side::Lan, Side::Wan];
    facts.extend(sides.map(|side| Event::CreationAllowed { side, open: open(chance) }));
    if open(chance) {
        facts.push(Event::AdminPasswordSet { hash: PasswordHash::try_from(HASH).unwrap() });
    }
    if open(chance) {
        facts.push(Event::NetworkProposed { settings: any_settings(chance) });
        facts.push(Event::NetworkKept);
    }
    if below(chance, 3) == 0 {
        facts.push(Event::NetworkProposed { settings: any_settings(chance) });
    }
    for last in 0..below(chance, 9) as u8 {
        let mac = [2, 0, 0, 0, 1, last];
        facts.push(Event::AddressGiven { mac, address: [10, 1, 0, last + 50] });
    }
    facts
}

fn handset(chance: &mut Chance, number: u16, taken: &mut BTreeSet<u32>) -> Vec<Event> {
    let no = HandsetNo(number);
    let families: Vec<u8> =
        Family::ALL.into_iter().map(Family::code).chain([0, 200, 255]).collect();
    let [high, low] = number.to_be_bytes();
    let mut facts = vec![Event::HandsetCreated {
        handset: no,
        mac: [0, 0x15, 0x65, 1, high, low],
        origin: below(chance, 3) as u8,
        family: families[below(chance, families.len())],
        model: any_text(chance),
        firmware: any_text(chance),
        web: WebSecret(chance.bytes()),
        login: LoginId(chance.bytes()),
        secret: LineSecret(chance.bytes()),
    }];
    let lines = 1 + below(chance, LINES_MAX) as u8;
    for _ in 1..lines {
        let (login, secret) = (LoginId(chance.bytes()), LineSecret(chance.bytes()));
        facts.push(Event::LineAdded { handset: no, login, secret });
    }
    for line in (1..=lines).filter_map(LineNo::new) {
        let number = 10 + below(chance, 999_990) as u32;
        let extension =
            (!number.is_multiple_of(3) && taken.insert(number)).then(|| number.to_string());
        let extension = extension.and_then(|digits| Extension::parse(&digits));
        let name = any_text(chance);
        facts.push(Event::LineAssigned { handset: no, line, extension, name });
        let contact = ContactText::try_from(any_text(chance).as_str()).unwrap();
        facts.push(Event::ContactLearnt { handset: no, line, contact });
    }
    if below(chance, 2) == 0 {
        let (name, content) = (format!("{number}-local.cfg"), OwnFile(chance.bytes::<40>().into()));
        facts.push(Event::OwnFileKept { handset: no, name, content });
    }
    facts
}

/// A state that an office can come to.
fn any_state(seed: u64) -> Durable {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    let mut chance = Chance::new(Seed(bytes));
    let mut facts = site(&mut chance);
    let mut taken = BTreeSet::new();
    for _ in 0..below(&mut chance, 6) {
        let number = 1 + below(&mut chance, 65_535) as u16;
        facts.extend(handset(&mut chance, number, &mut taken));
        facts.extend(people::any(&mut chance, HandsetNo(number)));
        for _ in 0..below(&mut chance, 4) {
            facts.push(settings::any(&mut chance, HandsetNo(number)));
        }
        if below(&mut chance, 5) == 0 {
            facts.push(Event::HandsetDeleted { handset: HandsetNo(number) });
        }
    }
    state_of(&facts)
}

pub(super) fn state_of(facts: &[Event]) -> Durable {
    let mut durable = Durable::default();
    facts.iter().for_each(|fact| durable.apply(fact));
    durable
}

fn bytes_of<'a>(facts: impl IntoIterator<Item = &'a Event>) -> Vec<Vec<u8>> {
    let encoded = |fact: &Event| {
        let mut bytes = Vec::new();
        fact.encode(&mut bytes);
        bytes
    };
    facts.into_iter().map(encoded).collect()
}

fn facts_of(durable: &Durable) -> Vec<Vec<u8>> {
    bytes_of(&durable.facts().collect::<Vec<_>>())
}

fn read_onto(text: &str, key: Option<&BackupKey>, before: &Durable) -> Result<Restored, Refused> {
    let ground = Ground { before, board: None, room: 512 * 1_024, network_stays: false };
    read(text.as_bytes(), key, &ground, Seed([5; 32]))
}

/// All that is wrong with a text, as it is printed.
pub(super) fn wrong(text: &str) -> String {
    match read_onto(text, Some(&key()), &Durable::default()) {
        Err(Refused::Lines(bad)) => bad.to_string(),
        Err(refused) => refused.to_string(),
        Ok(_) => panic!("it was read: {text}"),
    }
}

#[test]
fn a_state_in_clear_or_sealed_is_read_as_it_was_written_event_for_event() {
    for seed in 0..1_000 {
        let state = any_state(seed);
        let clear = write(&state, Secrets::Clear);
        let read =
            read_onto(&clear, None, &Durable::default()).unwrap_or_else(|it| panic!("{it:?}"));
        assert_eq!(bytes_of(&read.facts), facts_of(&state), "seed {seed}:\n{clear}");
        assert_eq!(read.changes.drawn, 0);

        let mut keyed = state_of(&state.facts().collect::<Vec<_>>());
        keyed.apply(&Event::BackupKeySet { key: key() });
        let sealed = write(&keyed, Secrets::Sealed(&key()));
        let read = read_onto(&sealed, Some(&key()), &Durable::default());
        let read = read.unwrap_or_else(|it| panic!("{it:?}\n{sealed}"));
        assert_eq!(bytes_of(&read.facts), facts_of(&keyed), "seed {seed}:\n{sealed}");
        // The same state, the same text.
        assert_eq!(write(&state_of(&read.facts), Secrets::Sealed(&key())), sealed);
    }
}

#[test]
fn without_secrets_the_box_keeps_its_own_and_draws_what_it_does_not_know() {
    let mut kept = 0;
    for seed in 0..300 {
        let mut state = any_state(seed);
        state.apply(&Event::BackupKeySet { key: key() });
        let text = write(&state, Secrets::LeftOut);
        let read = read_onto(&text, None, &state).unwrap_or_else(|it| panic!("{it:?}\n{text}"));
        assert_eq!((bytes_of(&read.facts), read.changes.drawn), (facts_of(&state), 0));

        let read =
            read_onto(&text, None, &Durable::default()).unwrap_or_else(|it| panic!("{it:?}"));
        let blank = state_of(&read.facts);
        assert_eq!(read.changes.drawn, state.handsets().count());
        assert_eq!(read.changes.admin, AdminPassword::First);
        assert!(blank.admin_password().is_none() && blank.backup_key().is_none());
        // What is not known here cannot be drawn.
        let known = text
            .lines()
            .filter(|line| !line.ends_with("name=setting-200") && !line.starts_with("own-file "));
        let known = known.map(|line| line.to_string() + "\n").collect::<String>();
        let again = write(&blank, Secrets::LeftOut);
        assert_eq!(
            again.trim_end(),
            known.trim_end_matches("\n\n# What is set of phones\n").trim_end()
        );
        for ((_, one), (_, other)) in state.handsets().zip(blank.handsets()) {
            assert!(one.web != other.web);
            assert!(one.lines.iter().zip(&other.lines).all(|(a, b)| a.secret != b.secret));
            kept += 1;
        }
    }
    assert!(kept > 100, "nothing was compared");
}

#[test]
fn no_text_but_a_clear_one_says_a_secret_and_none_the_key() {
    for seed in 0..100 {
        let mut state = any_state(seed);
        state.apply(&Event::BackupKeySet { key: key() });
        let texts = [Secrets::LeftOut, Secrets::Sealed(&key())].map(|how| write(&state, how));
        let clear = write(&state, Secrets::Clear);
        let spelt_key = crate::secret::spell(&key().key);
        assert!(!clear.contains(&spelt_key) && !clear.contains("\nseal "));
        for text in texts {
            assert!(!text.contains(&spelt_key) && !text.contains(HASH));
            for (_, handset) in state.handsets() {
                assert!(!text.contains(&handset.web.text()));
                assert!(clear.contains(&handset.web.text()));
                for line in &handset.lines {
                    assert!(!text.contains(&line.secret.text()));
                    assert!(clear.contains(&line.secret.text()));
                }
            }
        }
    }
}

/// An office to be read by people.
fn example() -> Durable {
    let text = |text: &str| names::text(text);
    let mac = |last| [0x00, 0x15, 0x65, 0x12, 0x34, last];
    let contact = |text| ContactText::try_from(text).unwrap();
    let created = |handset, last, model: &str, seed: u8| Event::HandsetCreated {
        handset: HandsetNo(handset),
        mac: mac(last),
        origin: (handset % 3) as u8,
        family: Family::Yealink.code(),
        model: text(model),
        firmware: text("108.86.0.20"),
        web: WebSecret([seed; 10]),
        login: LoginId([seed; 5]),
        secret: LineSecret([seed; 15]),
    };
    let assigned = |handset, line, number: &str, name: &str| Event::LineAssigned {
        handset: HandsetNo(handset),
        line: LineNo::new(line).unwrap(),
        extension: Extension::parse(number),
        name: text(name),
    };
    let (login, secret) = (LoginId([0x33; 5]), LineSecret([0x44; 15]));
    let settings = Settings { lan: Some(lan(7)), wan: Some(Wan::Dhcp) };
    let handset = HandsetNo(3);
    let facts = [
        Event::CreationAllowed { side: Side::Lan, open: false },
        Event::AdminPasswordSet { hash: PasswordHash::try_from(HASH).unwrap() },
        Event::BackupKeySet { key: key() },
        Event::NetworkProposed { settings },
        Event::NetworkKept,
        Event::NetworkProposed { settings: Settings { lan: Some(lan(8)), wan: None } },
        Event::AddressGiven { mac: mac(1), address: [10, 1, 7, 50] },
        Event::AddressGiven { mac: [0x3c, 0x97, 0x0e, 0, 0, 1], address: [10, 1, 7, 51] },
        created(1, 1, "T46U", 0x11),
        assigned(1, 1, "204", "Zoë \"Zo\" O'Hara"),
        created(3, 3, "", 0x22),
        Event::LineAdded { handset, login, secret },
        assigned(3, 2, "", "Door"),
        Event::ContactLearnt {
            handset,
            line: LineNo::FIRST,
            contact: contact("sip:eeeeeeee@10.1.7.51:5060;transport=udp"),
        },
        Event::OwnFileKept {
            handset,
            name: String::from("001565123403-local.cfg"),
            content: OwnFile(b"account.1.password = a quiet evening\n".to_vec()),
        },
        Event::HandsetsNumbered { last: HandsetNo(9) },
    ];
    let facts = facts.into_iter().chain(settings::some(handset)).chain(templates::some(handset));
    let facts = facts.chain(signs::some()).chain(beside::some()).chain(people::some(handset));
    state_of(&facts.collect::<Vec<Event>>())
}

#[test]
fn a_wrong_passphrase_is_told_from_a_changed_line() {
    let text = write(&example(), Secrets::Sealed(&key()));
    let other = BackupKey { key: [8; 32], ..key() };
    let blank = Durable::default();
    let read = |key| read_onto(&text, key, &blank).err();
    assert_eq!(read(Some(&other)), Some(Refused::WrongPassphrase));
    assert_eq!(read(None), Some(Refused::NoPassphrase));
    assert_eq!(recipe(text.as_bytes()), Ok(Some(key().recipe)));

    // Each sealed value in turn: a letter changed, or put in the place of another.
    let lines: Vec<&str> = text.lines().collect();
    let sealed = |line: &str| Some(line.split_once("sealed:")?.1.split(' ').next()?.to_string());
    let values: Vec<(usize, String)> =
        (0..).zip(&lines).filter_map(|(at, line)| Some((at, sealed(line)?))).collect();
    assert_eq!(values.len(), 11);
    for (at, value) in &values {
        let flipped = if value.ends_with('a') { "b" } else { "a" };
        let changed = format!("{}{flipped}", &value[..value.len() - 1]);
        let others = values.iter().map(|(_, other)| other.clone()).filter(|other| other != value);
        for new in others.chain([changed]) {
            let spoilt = text.replacen(value, &new, 1);
            assert_eq!(wrong(&spoilt), format!("line {}: {}\n", at + 1, Wrong::Unsealed));
        }
    }
    // A phone of somebody else in the place of the one whose passwords these are.
    let stolen = text.replace("00:15:65:12:34:01", "00:15:65:66:66:66");
    let told = wrong(&stolen);
    assert!(
        told.lines().count() == 1 && told.ends_with(&format!("{}\n", Wrong::Unsealed)),
        "{told}"
    );
}

#[test]
fn every_bad_line_is_said_with_its_number() {
    let text = "dialtone-state 1\n\
        handset number=1 mac=00:15:65:00:00:01 maker=yealnk\n\
        line handset=1 place=1 login=aebagbaf\n\
        handset number=2 mac=00:15:65:00:00:02 maker=yealink extention=20\n\
        handset number=3 mac=00:15:65:00:00:03 maker=snom\n\
        line handset=3 place=2 login=aebagbaf\n\
        line handset=3 place=2 login=aebagbag extension=204\n\
        handset number=3 mac=00:15:65:00:00:04 maker=snom\n\
        handset number=4 mac=00:15:65:00:00:03 maker=snom\n\
        handset number=5 mac=00:15:65:00:00:05 maker=snom\n\
        line handset=9 place=1 login=aebagbah\n\
        # a comment\n\n\
        handset number=6 mac=01:15:65:00:00:05 maker=snom\n\
        handset number=7 mac=00:15:65:00:00:07 maker=snom web-password=hunter2\n\
        handset number=8 mac=00:15:65:00:00:08 maker=snom\n\
        line handset=8 place=1 login=aebagbag\n\
        line handset=8 place=2 login=aebagbai extension=204 name=\"Ann\n\
        adress mac=00:15:65:00:00:01 ip=10.0.0.1\n\
        address mac=00:15:65:00:00:01 ip=10.0.0.1\n\
        address mac=00:15:65:00:00:02 ip=10.0.0.1\n\
        lan address=10.0.0.1/24 first=10.0.1.50 last=10.0.1.60\n\
        numbered last=70000\n\
        line handset=8 place=2 login=aebagbai extension=204 password=sealed:aaaa\n";
    let expected = "\
line 2: `maker` has to be a maker as Dialtone calls it, such as yealink, or generic.
line 4: `extention` is no key of such a line; did you mean `origin`?
line 6: The next place of this handset is 1.
line 8: A handset of this number is in line 5 already.
line 9: This MAC address is in line 5 already.
line 10: This handset has no `line`; it needs one at least.
line 11: No line before this one makes this handset.
line 14: `mac` has to be a MAC address such as 00:15:65:12:34:56.
line 15: `web-password` has to be `clear:` or `sealed:` and the letters and digits that Dialtone wrote.
line 17: This login is in line 7 already.
line 18: A quotation mark is missing, or one too many.
line 19: `adress` is no line here; did you mean `address`?
line 21: The holder of this IP address is in line 20 already.
line 22: This address is outside the network.
line 23: `last` has to be a number up to 65535.
line 24: The line `seal` has to come before what is sealed.
";
    let told = wrong(text);
    assert!(!told.contains("hunter2"));
    for (told, expected) in told.lines().zip(expected.lines()) {
        assert_eq!(told, expected);
    }
    assert_eq!(told.lines().count(), expected.lines().count());
}

#[test]
fn what_is_no_state_or_too_large_is_refused_as_a_whole() {
    for foreign in
        ["", "\n", "hello", "dialtone-state", "# x\ndialtone-state 1\n", "dialtone-state\t1"]
    {
        assert_eq!(wrong(foreign), Refused::Foreign.to_string(), "{foreign:?}");
    }
    assert!(wrong("dialtone-state 2\nwhatever\n").contains("newer software, in version `2`"));
    let longest = "\n".repeat(crate::limits::BACKUP_LINES_MAX - 1);
    let title = "dialtone-state 1\n";
    assert!(read_onto(&format!("{title}{longest}"), None, &Durable::default()).is_ok());
    let more = format!("{title}{longest}\n");
    assert_eq!(wrong(&more), Refused::TooManyLines.to_string());
    let large = format!("{title}#{}", "x".repeat(BACKUP_BYTES_MAX));
    assert_eq!(wrong(&large), Refused::TooLarge.to_string());
    let bad = "x\n".repeat(1_000);
    let told = wrong(&format!("{title}{bad}"));
    assert!(told.lines().count() == 41 && told.ends_with("and 960 more\n"), "{told}");
    // From an editor of Windows.
    let read = read_onto("\u{feff}dialtone-state 1\r\n\r\nnew-phones lan=no\r\n", None, &example());
    let read = read.unwrap_or_else(|it| panic!("{it:?}"));
    assert!(
        !state_of(&read.facts).creates(Side::Lan) && read.changes.admin == AdminPassword::Stays
    );
    assert_eq!((read.changes.was.handsets, read.changes.will.handsets), (2, 0));
}

#[test]
fn as_much_as_there_can_be_fits_a_text_and_what_outgrows_the_flash_is_refused() {
    let mut facts = Vec::new();
    let longest = names::text(&"\"".repeat(crate::limits::TEXT_MAX));
    let contact = ContactText::try_from("\\".repeat(crate::limits::CONTACT_MAX).as_str()).unwrap();
    for number in 1..=HANDSETS_MAX as u16 {
        let [high, low] = number.to_be_bytes();
        let handset = HandsetNo(number);
        facts.push(Event::HandsetCreated {
            handset,
            mac: [0, 0x15, 0x65, 0, high, low],
            origin: 2,
            family: Family::CiscoEnterprise.code(),
            model: longest.clone(),
            firmware: longest.clone(),
            web: WebSecret([1; 10]),
            login: LoginId([1, 1, 1, high, low]),
            secret: LineSecret([1; 15]),
        });
        for line in (1..=LINES_MAX as u8).filter_map(LineNo::new) {
            if line != LineNo::FIRST {
                let login = LoginId([2, 2, line.number(), high, low]);
                facts.push(Event::LineAdded { handset, login, secret: LineSecret([2; 15]) });
            }
            let extension = 100_000 + u32::from(number) * 8 + u32::from(line.number());
            let extension = Extension::parse(&extension.to_string());
            facts.push(Event::LineAssigned { handset, line, extension, name: longest.clone() });
            facts.push(Event::ContactLearnt { handset, line, contact: contact.clone() });
        }
    }
    for number in 0..crate::limits::ADDRESSES_MAX as u16 {
        let [high, low] = number.to_be_bytes();
        let (mac, address) = ([2, 0, 0, 0, high, low], [10, 1, high, low]);
        facts.push(Event::AddressGiven { mac, address });
    }
    facts.extend(settings::as_many_as_fit());
    facts.extend(signs::as_many_as_fit().chain(people::as_many_as_fit()));
    let state = state_of(&facts);
    let text = write(&state, Secrets::Sealed(&key()));
    assert!(text.len() <= BACKUP_BYTES_MAX, "{} bytes", text.len());
    assert!(text.lines().all(|line| line.len() <= crate::limits::BACKUP_LINE_BYTES_MAX));
    let blank = Durable::default();
    let room = state.record_bytes();
    let read_with = |room| {
        let ground = Ground { before: &blank, board: None, room, network_stays: false };
        read(text.as_bytes(), Some(&key()), &ground, Seed([5; 32]))
    };
    let read = read_with(room).unwrap_or_else(|it| panic!("{it:?}"));
    assert_eq!(
        (read.changes.will.handsets, read.changes.will.lines),
        (HANDSETS_MAX, HANDSETS_MAX * LINES_MAX)
    );
    assert_eq!(read_with(room - 1).err(), Some(Refused::NoRoom { bytes: room, room: room - 1 }));
    let more = format!(
        "{text}handset number=60000 mac=02:00:00:00:99:99 maker=snom\n\
        address mac=02:00:00:00:99:99 ip=10.9.9.9\n"
    );
    let told = wrong(&more);
    assert!(told.contains("There are more than 1024 handsets."), "{told}");
    assert!(told.contains("There are more than 4096 addresses."), "{told}");
}

#[test]
fn settings_of_the_network_are_put_to_each_other_and_to_the_board() {
    let text = "dialtone-state 1\nlan address=10.0.0.1/24 first=10.0.0.50 last=10.0.0.60\n\
        wan address=10.0.0.9/29\ntrial-wan by=dhcp address=10.9.9.1/24\n";
    let said = "line 2: The WAN port is in this network already.\n\
        line 3: A LAN port is in this network already.\n\
        line 4: Either `by=dhcp` or `address` has to be there.\n";
    assert_eq!(wrong(text), said);
}
