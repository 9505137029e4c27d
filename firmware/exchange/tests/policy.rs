//! The policy against a table that was written by hand, row by row.

use exchange::names::Side;
use exchange::policy::{admit, Act, Door, Standing, Verdict, TABLE};
use std::collections::BTreeSet;

/// Written from the product's rules, not from the code.
const TEXT: &str = include_str!("../../../tests/golden/policy.txt");

fn rows() -> Vec<[&'static str; 5]> {
    let lines = TEXT.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let words = lines.map(|line| line.split_whitespace().collect::<Vec<_>>());
    words
        .map(|row| row.try_into().unwrap_or_else(|row| panic!("five words a row: {row:?}")))
        .collect()
}

fn sides() -> [(&'static str, Side); 2] {
    [("lan", Side::Lan), ("wan", Side::Wan)]
}

fn standings() -> [(&'static str, Standing); 2] {
    [("known", Standing::Known), ("stranger", Standing::Stranger)]
}

fn doors() -> [(&'static str, Door); 2] {
    [("open", Door::Open), ("closed", Door::Closed)]
}

fn acts() -> [(&'static str, Act); 3] {
    [("create", Act::Create), ("fetch", Act::Fetch), ("register", Act::Register)]
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "allow",
        Verdict::Closed => "closed",
        Verdict::WrongSide => "wrong-side",
        Verdict::Unknown => "unknown",
        Verdict::Already => "already",
    }
}

/// Every question there is, in words and as the policy gives it.
fn questions() -> Vec<([&'static str; 4], Verdict)> {
    let mut all = Vec::new();
    for (side_word, side) in sides() {
        for (standing_word, standing) in standings() {
            for (door_word, door) in doors() {
                for (act_word, act) in acts() {
                    let verdict = admit(side, standing, door, act);
                    all.push(([side_word, standing_word, door_word, act_word], verdict));
                }
            }
        }
    }
    all
}

#[test]
fn the_table_has_every_row_once_and_no_other() {
    let written: Vec<_> = rows().iter().map(|[a, b, c, d, _]| [*a, *b, *c, *d]).collect();
    let once: BTreeSet<_> = written.iter().copied().collect();
    let asked: BTreeSet<_> = questions().iter().map(|(row, _)| *row).collect();
    assert_eq!(written.len(), 24, "a row is missing or written twice");
    assert_eq!(once, asked);
    assert_eq!(TABLE.len(), 24);
}

#[test]
fn every_row_is_what_the_policy_says() {
    for (asked, verdict) in questions() {
        let same = |row: &&[&'static str; 5]| row.iter().take(4).eq(asked.iter());
        let row = rows();
        let written = row.iter().find(same).map(|[.., verdict]| *verdict);
        assert_eq!(Some(word(verdict)), written, "{asked:?}");
    }
}

#[test]
fn a_known_handset_is_never_asked_about_the_switches() {
    for (_, side) in sides() {
        for (_, act) in acts() {
            let open = admit(side, Standing::Known, Door::Open, act);
            assert_eq!(open, admit(side, Standing::Known, Door::Closed, act));
        }
    }
}
