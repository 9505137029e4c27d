//! The board loses its power in the middle of a boot storm, again and again.
//!
//! Phones boot at one instant, some of them known and as many new; at a moment that is told by what
//! the phones have been told, the emulator is killed. What counts is what the phones outside heard
//! by then: an address that was acknowledged, credentials in a file, a registration. After the next
//! start every phone boots again, and whatever it had been told must still be so. The box itself is
//! not asked. `KILLS` says how often, in place of three times.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

use image::appliance::Appliance;
use image::can_run;
use lan::net::Host;
use std::collections::{BTreeMap, BTreeSet};

const BOARD: &str = "ast2600-evb";

/// New phones of each storm; three times as many have room in the pool of the board.
const NEW: usize = 50;

/// What some of the phones have been told when the power goes: by then, so many of the new ones.
const MOMENTS: [(&str, usize); 3] = [("given", 20), ("fetched", 20), ("registered", 20)];

/// What a phone was told.
#[derive(Clone, PartialEq, Eq)]
struct Told {
    address: Option<String>,
    credentials: Option<(String, String)>,
    registered: bool,
}

type Office = BTreeMap<String, Told>;

#[test]
fn what_phones_were_told_survives_a_power_cut_in_the_middle_of_a_storm() {
    if !can_run("what_phones_were_told", BOARD) {
        return;
    }
    let kills = std::env::var("KILLS").ok().and_then(|it| it.parse().ok()).unwrap_or(3);
    let mut left = kills;
    while left > 0 {
        let rounds = MOMENTS.len().min(left);
        one_box(rounds, kills - left, kills);
        left -= rounds;
    }
}

/// A new box that is killed once at each of the first moments; `before` counts the kills of others.
fn one_box(rounds: usize, before: usize, kills: usize) {
    let mut appliance = Appliance::new(BOARD);
    appliance.start();
    let phones = appliance.lan().plug("phones", "02:00:00:00:77:02");
    for (round, (step, count)) in MOMENTS.into_iter().take(rounds).enumerate() {
        let known = round * NEW;
        let boot = round * 2;
        eprintln!("kill {} of {kills}, when {count} new phones are {step}", before + round + 1);
        let victim = appliance.pid();
        let moment = [step.to_owned(), (known + count).to_string(), victim.to_string()];
        let told = storm(&phones, known + NEW, boot, &moment);
        appliance.power_cut();
        appliance.start();
        let after = storm(&phones, known + NEW, boot + 1, &[]);
        judge(&told, &after, step);
        assert_eq!(unclean(&mut appliance), [""; 0]);
    }
}

/// What the console says that it must not say; a torn write is what a cut is allowed to leave.
fn unclean(appliance: &mut Appliance) -> Vec<String> {
    let torn = "the last write was cut off by a power loss and was dropped";
    appliance.unclean().into_iter().filter(|line| !line.contains(torn)).collect()
}

/// Boots so many phones at once, and kills a process at a moment if one is given.
fn storm(phones: &Host, count: usize, boot: usize, moment: &[String]) -> Office {
    let mut command = phones.command("timeout");
    command.arg("350").arg(env!("CARGO_BIN_EXE_figures"));
    command.args(["--witness", "eth0", &count.to_string(), &boot.to_string()]).args(moment);
    let said = phones.ended(&mut command);
    assert!(said.good, "{}{}", said.out, said.err);
    said.out.lines().filter_map(told).collect()
}

fn told(line: &str) -> Option<(String, Told)> {
    let mut words = line.strip_prefix("told ")?.split(' ');
    let mac = words.next()?.to_owned();
    let mut word = || words.next().filter(|word| *word != "-").map(str::to_owned);
    let (address, user, password) = (word(), word(), word());
    let registered = words.next()? == "true";
    Some((mac, Told { address, credentials: user.zip(password), registered }))
}

fn judge(before: &Office, after: &Office, step: &str) {
    let count = |of: fn(&Told) -> bool| before.values().filter(|told| of(told)).count();
    let given = count(|told| told.address.is_some());
    let fetched = count(|told| told.credentials.is_some());
    let registered = count(|told| told.registered);
    let all = before.len();
    eprintln!(
        "{step}: {given} of {all} given, {fetched} fetched, {registered} registered, then cut"
    );
    assert!(given > 0 && registered < all, "the cut came before or after the storm");
    for (mac, was) in before {
        let is = &after[mac];
        assert!(is.registered, "{mac} does not register any more");
        assert!(was.address.is_none() || is.address == was.address, "{mac} has another address");
        let same = was.credentials.is_none() || is.credentials == was.credentials;
        assert!(same, "{mac} has another password");
    }
    let addresses: BTreeSet<&String> =
        after.values().filter_map(|it| it.address.as_ref()).collect();
    assert_eq!(addresses.len(), all, "two phones have one address");
}
