//! The box is found by name: a resolver is told its address, tshark reads what it says of itself,
//! and a browser that goes there by that name is let in.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

use lan::capture::Capture;
use lan::daemon::{Daemon, BOX};
use lan::net::{Host, Lan};
use lan::{can_run, until};
use std::time::Duration;

const CLIENTS: [&str; 5] = ["ip", "dig", "curl", "tshark", "dumpcap"];

/// What a resolver is told of a name at this address.
fn dig(host: &Host, server: &str, name: &str, kind: &str) -> String {
    let at = format!("@{server}");
    let asks = ["+tries=1", "+time=2", "+noall", "+answer", "-p", "5353", &at, name, kind];
    host.run("dig", &asks).out.trim().to_owned()
}

#[test]
fn the_box_is_found_as_dialtone_local_and_nothing_that_it_says_of_itself_is_malformed() {
    if !can_run("the_box_is_found_as_dialtone_local", &CLIENTS) {
        return;
    }
    let lan = Lan::new();
    let pc = lan.plug_at("pc", "02:00:00:00:00:70", "192.168.10.201/24");
    let capture = Capture::begin(&pc);
    let _daemon = Daemon::start(&lan);
    let told = until(Duration::from_secs(10), || {
        let told = dig(&pc, BOX, "dialtone.local", "A");
        told.starts_with("dialtone").then_some(told)
    });
    let told: Vec<String> =
        told.expect("no answer").split_whitespace().map(str::to_owned).collect();
    assert_eq!(told, ["dialtone.local.", "10", "IN", "A", BOX]);
    assert!(!dig(&pc, BOX, "printer.local", "A").starts_with("printer"));
    let page = pc.run(
        "curl",
        &[
            "-sSk",
            "-o",
            "/dev/null",
            "-w",
            "%{http_code}",
            "--resolve",
            "dialtone.local:443:192.168.10.1",
            "https://dialtone.local/login",
        ],
    );
    assert_eq!(page.out, "200", "{}", page.err);
    std::thread::sleep(Duration::from_secs(2));
    let wire = capture.end();
    let fields =
        ["ip.ttl", "ip.dst", "dns.flags.response", "dns.qry.name", "dns.resp.name", "dns.a"];
    let heard = wire.fields(&format!("ip.src == {BOX} && mdns && ip.dst == 224.0.0.251"), &fields);
    let probe = "255|224.0.0.251|False|dialtone.local|dialtone.local|192.168.10.1";
    let announced = "255|224.0.0.251|True||dialtone.local;dialtone.local|192.168.10.1";
    let plain = |line: &String| line.replace("|0|", "|False|").replace("|1|", "|True|");
    let heard: Vec<String> = heard.iter().map(plain).collect();
    assert_eq!(heard, [probe, probe, probe, announced, announced]);
    let wrong =
        wire.fields(&format!("ip.src == {BOX} && mdns && _ws.malformed"), &["frame.number"]);
    assert!(wrong.is_empty(), "{wrong:?}");
}
