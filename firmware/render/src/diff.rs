//! Two files compared line by line: the longest common run of lines stays, the rest is gone or new.
//!
//! The work is bounded: where two files have nothing in common that can be found with a table of
//! [`CELLS`], all between their common beginning and end counts as replaced.

use exchange::limits::REHEARSED_LINES_MAX;
use exchange::template::{DiffKind, DiffLine};

/// Entries of the table; two files of 1,500 lines that differ from the first to the last.
const CELLS: usize = 2_250_000;
/// Lines that are shown around a change.
const AROUND: usize = 3;

/// The lines of a comparison, and how many are left out at its end.
pub fn diff(before: &str, after: &str) -> (Vec<DiffLine>, usize) {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let all = whole(&old, &new);
    let mut lines = shortened(&all);
    let more = lines.len().saturating_sub(REHEARSED_LINES_MAX);
    lines.truncate(REHEARSED_LINES_MAX);
    (lines, more)
}

fn whole<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(DiffKind, &'a str)> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (old.get(head..), new.get(head..));
    let (old_rest, new_rest) = (old_rest.unwrap_or_default(), new_rest.unwrap_or_default());
    let ends = old_rest.iter().rev().zip(new_rest.iter().rev());
    let tail = ends.take_while(|(a, b)| a == b).count();
    let old_middle = old_rest.get(..old_rest.len() - tail).unwrap_or_default();
    let new_middle = new_rest.get(..new_rest.len() - tail).unwrap_or_default();
    let same = |lines: &[&'a str]| -> Vec<(DiffKind, &'a str)> {
        lines.iter().map(|line| (DiffKind::Same, *line)).collect()
    };
    let mut all = same(old.get(..head).unwrap_or_default());
    all.extend(middle(old_middle, new_middle));
    all.extend(same(old_rest.get(old_rest.len() - tail..).unwrap_or_default()));
    all
}

/// What stays of two runs of lines is their longest common subsequence.
fn middle<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(DiffKind, &'a str)> {
    let (gone, made) = (DiffKind::Gone, DiffKind::New);
    let wide = new.len() + 1;
    if (old.len() + 1).saturating_mul(wide) > CELLS {
        let old = old.iter().map(|line| (gone, *line));
        return old.chain(new.iter().map(|line| (made, *line))).collect();
    }
    // How much the rests from here on have in common.
    let mut common = vec![0_u16; (old.len() + 1) * wide];
    let at = |row: usize, column: usize| row * wide + column;
    for (row, line) in old.iter().enumerate().rev() {
        for (column, other) in new.iter().enumerate().rev() {
            common[at(row, column)] = match line == other {
                true => common[at(row + 1, column + 1)] + 1,
                false => common[at(row + 1, column)].max(common[at(row, column + 1)]),
            };
        }
    }
    let (mut row, mut column) = (0, 0);
    let mut all = Vec::with_capacity(old.len() + new.len());
    loop {
        match (old.get(row), new.get(column)) {
            (Some(line), Some(other)) if line == other => {
                all.push((DiffKind::Same, *line));
                (row, column) = (row + 1, column + 1);
            }
            (Some(line), other)
                if other.is_none()
                    || common[at(row + 1, column)] >= common[at(row, column + 1)] =>
            {
                all.push((gone, *line));
                row += 1;
            }
            (_, Some(other)) => {
                all.push((made, *other));
                column += 1;
            }
            (_, None) => return all,
        }
    }
}

/// Changes with some lines around them.
fn shortened(all: &[(DiffKind, &str)]) -> Vec<DiffLine> {
    let changed = |at: usize| all.get(at).is_some_and(|(kind, _)| *kind != DiffKind::Same);
    let mut near = vec![false; all.len()];
    for at in (0..all.len()).filter(|at| changed(*at)) {
        let around = at.saturating_sub(AROUND)..(at + AROUND + 1).min(all.len());
        near.get_mut(around).unwrap_or_default().fill(true);
    }
    let mut lines = Vec::new();
    let mut left_out = false;
    for ((kind, text), near) in all.iter().zip(near) {
        if !near {
            left_out = true;
            continue;
        }
        if std::mem::take(&mut left_out) {
            lines.push(DiffLine { kind: DiffKind::Gap, text: String::new() });
        }
        lines.push(DiffLine { kind: *kind, text: (*text).to_owned() });
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(before: &str, after: &str) -> Vec<String> {
        let sign = |kind| match kind {
            DiffKind::Same => ' ',
            DiffKind::Gone => '-',
            DiffKind::New => '+',
            DiffKind::Gap => '~',
        };
        let (lines, _) = diff(before, after);
        lines.iter().map(|line| format!("{}{}", sign(line.kind), line.text)).collect()
    }

    #[test]
    fn what_changed_is_told_with_some_lines_around_it() {
        assert_eq!(told("a\nb\nc\n", "a\nx\nc\n"), [" a", "-b", "+x", " c"]);
        let long: String = (0..20).map(|line| format!("{line}\n")).collect();
        let other = long.replace("\n10\n", "\n");
        assert_eq!(told(&long, &other), ["~", " 7", " 8", " 9", "-10", " 11", " 12", " 13"]);
        assert_eq!(told("a\nb\nc\nd\n", "b\nd\ne\n"), ["-a", " b", "-c", " d", "+e"]);
        assert!(told(&long, &long).is_empty());
        assert_eq!((told("", "a\n"), told("a\n", "")), (vec!["+a".into()], vec!["-a".into()]));
    }

    #[test]
    fn a_comparison_that_is_applied_makes_the_other_file() {
        let mut dice = 7_u64;
        let mut roll = |sides: u64| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (dice >> 33) % sides
        };
        for _ in 0..500 {
            let mut file =
                || -> Vec<String> { (0..roll(12)).map(|_| roll(4).to_string()).collect() };
            let (old, new) = (file(), file());
            let (old, new): (Vec<&str>, Vec<&str>) = (
                old.iter().map(String::as_str).collect(),
                new.iter().map(String::as_str).collect(),
            );
            let all = whole(&old, &new);
            let side = |kind| -> Vec<&str> {
                let kept = all.iter().filter(|line| line.0 == DiffKind::Same || line.0 == kind);
                kept.map(|line| line.1).collect()
            };
            assert_eq!((side(DiffKind::Gone), side(DiffKind::New)), (old, new));
        }
    }

    #[test]
    fn files_that_are_too_long_to_compare_are_replaced_as_a_whole() {
        let file =
            |letter: char| -> String { (0..1_600).map(|no| format!("{letter}{no}\n")).collect() };
        let (lines, more) = diff(&file('a'), &file('b'));
        assert_eq!((lines.len(), more), (REHEARSED_LINES_MAX, 3_200 - REHEARSED_LINES_MAX));
        assert!(lines.iter().all(|line| line.kind == DiffKind::Gone));
    }
}
