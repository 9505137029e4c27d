//! `dialtone demo`, in a namespace of its own, so that its ports are free.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

use lan::daemon::program;
use lan::net::{Host, Lan, Said};
use lan::{can_run, now, until};
use std::collections::BTreeMap;
use std::time::Duration;

fn demo(host: &Host, phones: &str) -> Said {
    let program = program().to_str().unwrap();
    host.run(program, &["demo", "--once", "--phones", phones, "--state", "flash"])
}

/// The address of each phone, as the lines of the demo tell it.
fn addresses(out: &str) -> BTreeMap<String, String> {
    let words = |line: &str| {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let mac = words.iter().find(|word| word.matches(':').count() == 5)?.clone();
        let ip = words.iter().find(|word| word.starts_with("127.77."))?.clone();
        Some((mac, ip))
    };
    out.lines().filter_map(words).collect()
}

#[test]
fn twelve_phones_get_their_dial_tone_and_are_the_same_twelve_the_next_time() {
    if !can_run("twelve_phones_get_their_dial_tone", &["ip"]) {
        return;
    }
    let lan = Lan::new();
    let host = lan.plug("demo", "02:00:00:00:00:01");
    let mut seen = Vec::new();
    for run in 1..=2 {
        let begun = now();
        let said = demo(&host, "12");
        assert!(said.good, "run {run}: {}{}", said.out, said.err);
        assert!(begun.elapsed() < Duration::from_secs(15), "run {run}: {}", said.out);
        let last = said.out.trim_end().lines().last().unwrap_or_default();
        assert!(last.starts_with("registered 12 of 12 in "), "run {run}: {last:?}");
        assert!(last.ends_with(" s"), "{last:?}");
        let news = said.err.matches("became a handset").count();
        assert!(run == 1 || news == 0, "run {run}: {}", said.err);
        seen.push(addresses(&said.out));
    }
    assert_eq!(seen[0].len(), 12, "{seen:?}");
    assert_eq!(seen[0], seen[1]);
}

#[test]
fn a_demo_whose_ports_are_taken_says_so_and_ends() {
    if !can_run("a_demo_whose_ports_are_taken", &["ip"]) {
        return;
    }
    let lan = Lan::new();
    let host = lan.plug("demo", "02:00:00:00:00:01");
    let mut command = host.command(program());
    command.args(["demo", "--phones", "1", "--state", "first"]);
    let _first = host.spawn("first", &mut command);
    let up = until(Duration::from_secs(10), || {
        host.said("first", "out").contains("Ctrl-C ends the demo").then_some(())
    });
    assert!(up.is_some(), "{}", host.said("first", "err"));
    let said = demo(&host, "1");
    assert!(!said.good);
    assert!(said.err.contains("Is another Dialtone running?"), "{}", said.err);
}
