//! Room on flash: what all facts take never outgrows it, and full is an answer in words.

mod support;

use exchange::command::{Command, Refusal, Rule};
use exchange::limits::{FLASH_RESERVE_BYTES, SITE_RECORD_BYTES_MAX};
use exchange::names::{Extension, HandsetNo, Text};
use exchange::policy::{Profile, Switch};
use support::sip::{account, Wish};
use support::{address, boards, from, line, own_file, Dice, Office, PHONE};
use wire::Mac;

const FLASH: u64 = FLASH_RESERVE_BYTES + 8 * 1_024;

fn add(no: u32) -> Command {
    let [_, a, b, c] = no.to_be_bytes();
    Command::AddHandset {
        mac: Mac([0x00, 0x15, 0x65, a, b, c]),
        extension: None,
        name: Text::new(),
    }
}

fn taken(office: &Office) -> u64 {
    office.exchange.durable().facts().map(|fact| fact.record_bytes()).sum()
}

fn handsets(office: &Office) -> Vec<HandsetNo> {
    office.exchange.durable().handsets().map(|(no, _)| no).collect()
}

/// An office whose flash takes no further handset.
fn full() -> Office {
    let mut office = Office::new(boards::plain);
    office.exchange.set_flash_bytes(FLASH);
    for no in 0..10_000 {
        match office.command(add(no)) {
            Ok(_) => (),
            Err(refusal) => {
                assert_eq!(refusal, Refusal::HandsetsFull);
                assert!(no > 10, "only {no} fit");
                return office;
            }
        }
    }
    panic!("no handset was refused");
}

fn named(no: HandsetNo, number: u8, extension: u32, name: &str) -> Command {
    Command::AssignLine {
        handset: no,
        line: line(number),
        extension: Extension::parse(&extension.to_string()),
        name: exchange::names::text(name),
    }
}

#[test]
fn what_a_snapshot_takes_is_never_more_than_was_reckoned() {
    let mut office = Office::new(boards::plain);
    let mut dice = Dice(7);
    for step in 0..600_u32 {
        let some = handsets(&office);
        let one = some.get(dice.below(some.len().max(1))).copied().unwrap_or(HandsetNo(1));
        let command = match dice.below(8) {
            0..=2 => add(step),
            3 => Command::DeleteHandset { handset: one },
            4 => Command::AddLine { handset: one },
            5 => Command::RemoveLine { handset: one },
            _assign => {
                let name = "a name of some length".get(..dice.below(20)).unwrap_or_default();
                named(one, 1 + dice.below(2) as u8, 200 + step, name)
            }
        };
        let _ = office.command(command);
        let (told, real) = (office.exchange.durable().record_bytes(), taken(&office));
        assert!(
            real <= told && told <= real + SITE_RECORD_BYTES_MAX,
            "step {step}: {real} taken, {told} reckoned"
        );
    }
    assert!(handsets(&office).len() > 50);
}

#[test]
fn a_full_flash_refuses_what_is_new_and_what_exists_can_be_changed_and_deleted() {
    let mut office = full();
    let all = handsets(&office);
    let more = |handset: &HandsetNo| Command::AddLine { handset: *handset };
    let refusals: Vec<_> = all.iter().filter_map(|no| office.command(more(no)).err()).collect();
    assert!(refusals.len() > 10 && refusals.iter().all(|it| *it == Refusal::FlashFull));
    office.command(named(all[0], 1, 300, "Ann")).unwrap();
    for gone in all.iter().skip(1).take(10) {
        office.command(Command::DeleteHandset { handset: *gone }).unwrap();
    }
    office.command(more(&all[all.len() - 1])).unwrap();
    office.command(add(20_000)).unwrap();
}

#[test]
fn changes_end_where_the_flash_ends_and_nothing_outgrows_it() {
    let mut office = Office::new(boards::plain);
    office.exchange.set_flash_bytes(FLASH);
    for no in 0..9 {
        office.command(add(no)).unwrap();
    }
    // So much that the reserve itself has room for two lines.
    let size = taken(&office) + SITE_RECORD_BYTES_MAX + 80;
    office.exchange.set_flash_bytes(size);
    let mut refused = 0;
    for (at, no) in handsets(&office).into_iter().enumerate() {
        match office.command(named(no, 1, 300 + at as u32, "somebody with a name")) {
            Ok(_) => assert_eq!(refused, 0),
            Err(refusal) => {
                assert_eq!(refusal, Refusal::FlashFull);
                refused += 1;
            }
        }
        assert!(office.exchange.durable().record_bytes() <= size);
    }
    assert!((1..9).contains(&refused), "{refused}");
}

#[test]
fn on_a_full_flash_a_stranger_is_served_unremembered_and_a_phone_still_registers() {
    let mut office = Office::new(boards::plain);
    office.boots(PHONE);
    let (_, file) = office.fetch(from(address(10), 5060), &own_file(PHONE));
    let account = account(&file, 1);
    office.exchange.set_flash_bytes(taken(&office));
    let at = from(address(10), 5060);
    assert_eq!(office.registers(at, &account, Wish::default()), 200, "bound, if not remembered");
    let stranger = [0x00, 0x15, 0x65, 0xaa, 0xbb, 0xcc];
    let before = office.facts.len();
    office.boots(stranger);
    assert_eq!(office.facts.len(), before, "its address is lent, not written");
    assert!(!office.knows(stranger));
}

#[test]
fn without_room_for_all_switches_none_is_set_and_the_wan_is_never_open_without_a_key() {
    let profile = || Rule::SetProfile(Profile::Open);
    let switch = || Rule::SetSwitch { switch: Switch::WanCreates, disabled: false };
    for wish in [&profile as &dyn Fn() -> Rule, &switch] {
        let mut office = Office::new(boards::plain);
        office.command(Command::Rule(Rule::SetProfile(Profile::Locked))).unwrap();
        let (before, taken) = (office.facts.len(), office.exchange.durable().record_bytes());
        for spare in 0.. {
            office.exchange.set_flash_bytes(taken + spare);
            match office.command(Command::Rule(wish())) {
                Ok(_) => break,
                Err(refusal) => assert_eq!(refusal, Refusal::FlashFull),
            }
            let rules = office.exchange.durable().rules();
            assert_eq!((office.facts.len(), rules.profile()), (before, Some(Profile::Locked)));
        }
        assert!(office.exchange.rules_view(office.now()).has_key);
    }
}
