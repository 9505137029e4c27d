//! Spoiled texts of a state: reading one never panics, a bad line has a number that the text has,
//! and whatever is read makes a state whose own text is read as the same state.
//!
//! The corpus is `tests/golden/state`. Of what `WIRE_MUTATIONS` says (a million when unset) each
//! test spoils a sixth, since a text has as many lines as a day has messages; they begin at 1 and
//! 2, to which `WIRE_SEED` is added.

mod mutation;

use exchange::backup::{
    read, recipe, write, BackupKey, Ground, Recipe, Refused, Restored, Secrets,
};
use exchange::limits::BACKUP_BAD_LINES_MAX;
use exchange::state::{Durable, Event};
use exchange::Seed;
use mutation::{total, tried_much, Chance};
use std::path::PathBuf;

/// One in so many of what messages get.
const TEXTS: usize = 6;

fn text(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/state");
    let path = folder.join(format!("{name}.txt"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The key that the golden text was sealed with.
fn key() -> BackupKey {
    let recipe = Recipe { salt: [3; 16], memory_kib: 16_384, rounds: 64 };
    BackupKey { recipe, key: [9; 32] }
}

fn state_of(facts: &[Event]) -> Durable {
    let mut durable = Durable::default();
    facts.iter().for_each(|event| durable.apply(event));
    durable
}

fn bytes_of(facts: impl Iterator<Item = Event>) -> Vec<u8> {
    let mut bytes = Vec::new();
    facts.for_each(|event| event.encode(&mut bytes));
    bytes
}

fn read_blank(text: &[u8]) -> Result<Restored, Refused> {
    let before = Durable::default();
    let ground = Ground { before: &before, board: None, room: 65_536, network_stays: false };
    read(text, Some(&key()), &ground, Seed([5; 32]))
}

/// Spoils texts of a corpus, and says how many of them could be read all the same.
fn spoil(corpus: &[Vec<u8>], seed: u64) -> usize {
    let mut chance = Chance::new(seed);
    let mut readable = 0;
    for _ in 0..total() / TEXTS {
        let mut bytes = chance.of(corpus).clone();
        let other = chance.of(corpus);
        chance.spoil(&mut bytes, other);
        let lines = bytes.split(|byte| *byte == b'\n').count();
        match read_blank(&bytes) {
            Err(Refused::Lines(bad)) => {
                assert!(!bad.lines.is_empty() && bad.lines.len() <= BACKUP_BAD_LINES_MAX);
                assert!(bad.lines.iter().all(|line| (2..=lines).contains(&line.number)));
                assert!(bad.lines.is_sorted_by_key(|line| line.number));
                assert!(bad.lines.iter().all(|line| line.wrong.to_string().len() > 10));
            }
            Err(refused) => assert!(refused.to_string().len() > 10),
            Ok(restored) => {
                readable += 1;
                assert!(recipe(&bytes).is_ok());
                let state = state_of(&restored.facts);
                let again = read_blank(write(&state, Secrets::Clear).as_bytes());
                let again = again.unwrap_or_else(|refused| panic!("{refused:?}"));
                let key = |event: &Event| !matches!(event, Event::BackupKeySet { .. });
                let expected = bytes_of(restored.facts.into_iter().filter(key));
                assert_eq!(bytes_of(again.facts.into_iter()), expected);
            }
        }
    }
    readable
}

#[test]
fn a_million_spoiled_texts_are_read_as_some_state_or_refused_in_words() {
    let readable = spoil(&[text("clear"), text("left-out")], 1);
    tried_much(readable, total() / TEXTS);
}

#[test]
fn a_million_spoiled_sealed_texts_are_read_as_some_state_or_refused_in_words() {
    let readable = spoil(&[text("sealed")], 2);
    tried_much(readable, total() / TEXTS);
}
