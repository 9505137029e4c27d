//! Spoiled facts: what of them can be read can be written again, and whatever facts come in
//! whatever order, the state that they make is sound.
//!
//! The corpus is `tests/golden/journal/events/v1`. `WIRE_MUTATIONS` says how many facts each test
//! spoils (a million when unset); they begin at 1 and 2, to which `WIRE_SEED` is added.

mod mutation;
mod support;

use exchange::limits::{LINES_MAX, RECORD_ALIGN_BYTES, RECORD_HEADING_BYTES};
use exchange::names::LineNo;
use exchange::state::{Durable, Event};
use mutation::{total, tried_much, Chance};
use std::collections::BTreeSet;
use std::path::PathBuf;
use support::{boards, kind, unhex, Office};

/// Facts that are applied to one state, and how many of them between two looks at it.
const CHAIN: usize = 500;
const LOOK: usize = 100;

/// The bytes that are in the field, in the order of their names.
fn frozen() -> Vec<Vec<u8>> {
    let folder =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/journal/events/v1");
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let paths: BTreeSet<PathBuf> = files.map(|file| file.path()).collect();
    let texts = paths.iter().filter_map(|path| std::fs::read_to_string(path).ok());
    texts.map(|text| unhex(&text)).collect()
}

/// The same facts about sixteen handsets, each with hardware address and login of its own. Lines
/// are added to two of them and taken from one of these: the other has no place for more in the
/// end.
fn about_sixteen(corpus: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for (bytes, more) in corpus.iter().flat_map(|bytes| (0..16).map(move |more| (bytes, more))) {
        // Settings, fact 16, are of one handset at most, and signs, fact 18, of none: once is
        // enough beside all the others.
        if matches!(bytes[0], 16 | 18) && more > 0 {
            continue;
        }
        let mut bytes = bytes.clone();
        // Handset 300 as a varint, behind the number of the fact.
        if bytes.get(1..3) == Some(&[0xac, 2]) {
            bytes[1] += more;
        }
        // Fact 2 is a handset, 5 a line, 4 and 6 the end of them; a login and a password of 15
        // bytes end the first two.
        let login = bytes.len().saturating_sub(20);
        match bytes[0] {
            2 => (bytes[8], bytes[login]) = (more, 0x80 + more),
            5 => (bytes[1], bytes[login]) = (0xac + more % 2, 0xc0 + more),
            4 | 6 => bytes[1] = 0xac + more.max(1),
            _no_line => {}
        }
        // Twice as many lines, so that eight of them come together beside all else.
        if bytes[0] == 5 {
            let mut second = bytes.clone();
            second[login] = 0xe0 + more;
            all.push(second);
        }
        all.push(bytes);
    }
    all
}

fn bytes_of(event: &Event) -> Vec<u8> {
    let mut bytes = Vec::new();
    event.encode(&mut bytes);
    bytes
}

fn state_of(facts: &[Event]) -> Durable {
    let mut durable = Durable::default();
    facts.iter().for_each(|event| durable.apply(event));
    durable
}

/// A state as the bytes of its facts.
fn facts_of(durable: &Durable) -> Vec<Vec<u8>> {
    durable.facts().map(|event| bytes_of(&event)).collect()
}

/// One fact of the corpus, spoiled.
fn spoiled(chance: &mut Chance, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = chance.of(corpus).clone();
    let other = chance.of(corpus);
    chance.spoil(&mut bytes, other);
    bytes
}

#[test]
fn a_spoiled_fact_that_can_be_read_is_written_as_what_was_read() {
    let (corpus, total) = (frozen(), total());
    let mut chance = Chance::new(1);
    let mut kinds = BTreeSet::new();
    let mut readable = 0;
    for _ in 0..total {
        let bytes = spoiled(&mut chance, &corpus);
        let Some(event) = Event::decode(&bytes) else { continue };
        readable += 1;
        kinds.insert(kind(&event));
        let written = bytes_of(&event);
        // A number may be spelt longer than it is written.
        assert!(written.len() <= bytes.len(), "{}", bytes.escape_ascii());
        assert!(Event::decode(&bytes[..bytes.len() - 1]).is_none(), "the last byte is not read");
        let Some(again) = Event::decode(&written) else { panic!("{}", bytes.escape_ascii()) };
        assert!(kind(&again) == kind(&event) && bytes_of(&again) == written);
        let record = RECORD_HEADING_BYTES + written.len() as u64;
        assert_eq!(event.record_bytes(), record.next_multiple_of(RECORD_ALIGN_BYTES));
        sound(&state_of(&[event]));
    }
    tried_much(readable, total);
    assert_eq!(kinds.len(), 37, "{kinds:?}");
}

#[test]
fn spoiled_facts_in_any_order_make_a_sound_state_that_a_box_starts_with() {
    let (corpus, total) = (about_sixteen(&frozen()), total());
    let mut chance = Chance::new(2);
    let (mut durable, mut restarted) = (Durable::default(), Durable::default());
    let (mut handsets, mut lines) = (0, 0);
    for number in 1..=total {
        if let Some(event) = Event::decode(&spoiled(&mut chance, &corpus)) {
            durable.apply(&event);
            restarted.apply(&event);
        }
        if number % LOOK == 0 {
            sound(&durable);
            let facts: Vec<Event> = durable.facts().collect();
            assert!(facts_of(&restarted) == facts_of(&durable), "a restart made a difference");
            restarted = state_of(&facts);
        }
        if number % CHAIN == 0 {
            handsets += durable.handsets().count();
            let most = durable.handsets().map(|(_, handset)| handset.lines.len()).max();
            lines = most.unwrap_or(0).max(lines);
            starts(&durable);
            (durable, restarted) = (Durable::default(), Durable::default());
        }
    }
    assert!(handsets > total / CHAIN, "{handsets} handsets were known");
    assert!(lines == LINES_MAX || total < 100 * CHAIN, "{lines} lines were the most");
}

/// Fails where a state contradicts itself or its own facts.
fn sound(durable: &Durable) {
    let facts: Vec<Event> = durable.facts().collect();
    let again = state_of(&facts);
    assert!(facts_of(&again) == facts_of(durable), "the facts of a state make another");
    for (mac, address) in durable.addresses() {
        assert_eq!(durable.holder_of(address), Some(mac));
        assert_eq!(again.address_of(mac), Some(address));
    }
    for (no, handset) in durable.handsets() {
        assert!(LineNo::new(handset.lines.len() as u8).is_some(), "{no:?} has no line or too many");
        assert_eq!(durable.handset_of(handset.mac).map(|(no, _)| no), Some(no));
    }
    assert!(durable.handsets().map(|(no, _)| no).eq(again.handsets().map(|(no, _)| no)));
    assert!(durable.free_handset().is_none_or(|no| no.0 != 0 && durable.handset(no).is_none()));
    let taken: u64 = facts.iter().map(Event::record_bytes).sum();
    assert!(durable.record_bytes() >= taken, "{taken} bytes are more than was reckoned");
    assert_eq!(durable.record_bytes(), again.record_bytes());
}

/// Fails where an office with this state does not open and serve.
fn starts(durable: &Durable) {
    let facts: Vec<Event> = durable.facts().collect();
    let mut office = Office::new(boards::plain);
    office.restart_with(&facts);
    let view = office.exchange.view(office.now());
    assert_eq!(view.handsets.len(), durable.handsets().count());
    // Beside another server, or where an admin wants it, a stranger is not answered.
    let may_be_silent = |fact: &Event| {
        matches!(
            fact,
            Event::ServingChosen { .. } | Event::ElderMet { .. } | Event::MacBanned { .. }
        )
    };
    let answers = office.discovers([2, 0, 0, 0, 0, 1]).says().len();
    assert!(answers == 1 || facts.iter().any(may_be_silent), "it goes on serving");
}
