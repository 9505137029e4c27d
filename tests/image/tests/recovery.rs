//! A box whose state cannot be used: it says so in one line and on a page, and changes nothing that
//! it does not know without being told to.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

use image::appliance::{Appliance, SERVES, STARTS};
use image::can_run;
use image::phone::Phone;
use lan::dhcp::{udhcpc, YEALINK};
use lan::net::Host;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const BOARD: &str = "ast2600-evb";

/// What the console says where the page of a box without a state is.
const PAGE: &str = "Recovery page:";

/// How long erasing the chip may take.
const ERASES: Duration = Duration::from_secs(240);

/// The node of the partition `state` in the device tree, and what it has there.
const NODE: &str = "/ahb/spi@1e620000/flash@0/partitions/partition@3c00000";

/// Starts a box that serves its recovery page; gives the code that its console shows.
fn starts_without_state(appliance: &mut Appliance) -> String {
    appliance.power_on();
    let page = appliance.console().wait_for(PAGE, STARTS);
    assert!(page.is_some(), "no recovery page:\n{}", appliance.console().text());
    let line = appliance.console().wait_for_line("Code:", STARTS).expect("a code");
    let (_, rest) = line.split_once("Code:").expect("a code");
    rest.split_once('(').expect("what it is for").0.trim().to_owned()
}

/// The lines of the console that say that the state cannot be used.
fn complaints(appliance: &mut Appliance) -> Vec<String> {
    let text = appliance.console().text();
    text.lines().filter(|line| line.contains("cannot be used")).map(str::to_owned).collect()
}

/// A page of the box as somebody at a desk gets it, with its status behind it.
fn page(desk: &Host, path: &str, fields: &[&str]) -> String {
    let url = format!("http://{}{path}", lan::daemon::BOX);
    let fields = fields.iter().flat_map(|field| ["--data-urlencode", field]);
    let words: Vec<&str> =
        ["-s", "-m", "20", "-w", " %{http_code}"].into_iter().chain(fields).collect();
    desk.run("curl", &[&words[..], &[&url]].concat()).out
}

/// Bytes that look like nothing.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..bytes).map(|_| next()).collect()
}

#[test]
fn noise_is_kept_until_somebody_with_the_code_of_the_console_erases_it() {
    if !can_run("noise_is_kept", BOARD) {
        return;
    }
    let mut appliance = Appliance::new(BOARD);
    let (_, bytes) = appliance.chip().partition("state");
    let noise = noise(bytes as usize);
    appliance.chip().spoil("state", 0, &noise);
    let code = starts_without_state(&mut appliance);
    assert_eq!(complaints(&mut appliance).len(), 1, "{}", appliance.console().text());
    let desk = appliance.lan().plug_at("desk", "02:00:00:00:09:09", "192.168.10.9/24");
    let shown = page(&desk, "/", &[]);
    let wanted = "it holds something that is not Dialtone's, and is left untouched";
    assert!(shown.contains("No phone is served") && shown.ends_with(" 200"), "{shown}");
    assert!(shown.replace("&#39;", "'").contains(wanted), "{shown}");
    let phone = appliance.lan().plug("yealink", "00:15:65:11:22:33");
    assert!(udhcpc(&phone, &YEALINK).is_none(), "an address was given");
    let wrong = page(&desk, "/recovery/erase", &["code=aaaa-aaaa", "word=erase"]);
    assert!(wrong.contains("This is not the code."), "{wrong}");
    let unmeant = page(&desk, "/recovery/erase", &[&format!("code={code}"), "word=yes"]);
    assert!(unmeant.contains("Type the word"), "{unmeant}");
    // The signal that claims a box in service ends nothing here.
    appliance.console().shell("killall -USR1 dialtone");
    assert!(page(&desk, "/", &[]).ends_with(" 200"));

    appliance.power_cut();
    assert!(appliance.chip().read("state") == noise, "the unknown was written to");
    let code = starts_without_state(&mut appliance);
    let done = page(&desk, "/recovery/erase", &[&format!("code={code}"), "word=erase"]);
    assert!(done.ends_with(" 200"), "{done}");
    let served = appliance.console().wait_for(SERVES, ERASES);
    assert!(served.is_some(), "the box does not serve:\n{}", appliance.console().text());
    assert!(appliance.first_password().is_some());
    let phone = Phone { host: phone };
    let lease = phone.boots();
    phone.registers(lease.ip(), &phone.fetches());
}

/// Starts a box whose partition `state` is cut otherwise, by two numbers in hex: where it begins
/// and how many bytes it has.
fn cut_otherwise(appliance: &mut Appliance, at: &str, bytes: &str) {
    let tree = appliance.dir().join("other.dtb");
    std::fs::copy(appliance.word("-dtb"), &tree).unwrap();
    let reg = ["-tx", tree.to_str().unwrap(), NODE, "reg", at, bytes];
    assert!(Command::new("fdtput").args(reg).status().unwrap().success());
    appliance.replace("-dtb", Path::new(&tree));
    starts_without_state(appliance);
}

#[test]
fn a_partition_that_does_not_fit_is_refused_in_one_line_and_stays_as_it_is() {
    if !can_run("a_partition_that_does_not_fit", BOARD) {
        return;
    }
    let cases = [
        ("3c00000", "20000", "it is too small (131072 bytes; at least 262144 are needed)"),
        ("3c00800", "3ff800", "it is write-protected, or does not begin and end with whole erase"),
    ];
    for (at, bytes, wanted) in cases {
        let mut appliance = Appliance::new(BOARD);
        cut_otherwise(&mut appliance, at, bytes);
        let said = complaints(&mut appliance);
        assert!(said.len() == 1 && said[0].contains(wanted), "{said:?}");
        let desk = appliance.lan().plug_at("desk", "02:00:00:00:09:09", "192.168.10.9/24");
        let shown = page(&desk, "/", &[]);
        assert!(shown.contains(wanted) && !shown.contains("Erase the state"), "{shown}");
        appliance.power_cut();
        assert!(appliance.chip().read("state").iter().all(|byte| *byte == 0xff));
    }
}
