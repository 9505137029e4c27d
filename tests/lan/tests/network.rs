//! What happens to a network: addresses that are taken, cables that are pulled or bad, a box that
//! is stopped or started twice.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

use lan::admin::Admin;
use lan::daemon::{program, Daemon, BOX};
use lan::dhcp::{udhcpc, YEALINK};
use lan::files::{curl, get, tftp, Tftp};
use lan::net::Lan;
use lan::{can_run, now};
use std::time::Duration;

const CLIENTS: [&str; 5] = ["ip", "busybox", "curl", "tftp", "atftp"];

#[test]
fn an_address_that_somebody_uses_already_is_given_to_nobody() {
    if !can_run("an_address_that_somebody_uses_already", &CLIENTS) {
        return;
    }
    let lan = Lan::new();
    let _squatter = lan.plug_at("squatter", "02:00:00:00:00:50", "192.168.10.50/24");
    let _other = lan.plug_at("other", "02:00:00:00:00:51", "192.168.10.51/24");
    let _daemon = Daemon::start(&lan);
    let phone = lan.plug("phone", "00:15:65:11:22:33");
    let begun = now();
    let lease = udhcpc(&phone, &YEALINK).unwrap();
    assert_eq!(lease.ip(), "192.168.10.52");
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}

#[test]
fn a_phone_boots_after_the_cable_of_the_box_was_pulled_and_plugged_in_again() {
    if !can_run("a_phone_boots_after_the_cable", &["ip", "busybox", "curl", "tftp", lan::PYTHON]) {
        return;
    }
    let lan = Lan::new();
    let mut daemon = Daemon::start(&lan);
    daemon.host().ip(&["link", "set", "eth0", "down"]);
    let phone = lan.plug("phone", "00:15:65:11:22:33");
    assert!(udhcpc(&phone, &YEALINK).is_none());
    daemon.host().ip(&["link", "set", "eth0", "up"]);
    assert!(daemon.is_up(), "{}", daemon.log());
    let lease = udhcpc(&phone, &YEALINK).unwrap();
    assert_eq!(get(&phone, "/prov/001565112233.cfg").status, 200);
    assert!(tftp(&phone, Tftp::Hpa, "001565112233.cfg").is_ok());
    let said = phone.script("pnp.py", &[lease.ip(), &phone.mac12(), "5060"]);
    assert!(said.out.contains("NOTIFY"), "{}", said.out);
}

/// Loses every eighth datagram on its way in; by counting, so that each run is the same.
const LOSS: [&str; 3] = [
    "add table ip cable",
    "add chain ip cable in { type filter hook input priority 0 ; }",
    "add rule ip cable in meta l4proto udp numgen inc mod 8 == 5 drop",
];

#[test]
fn a_bad_cable_slows_a_transfer_and_spoils_nothing() {
    if !can_run("a_bad_cable_slows_a_transfer", &[&CLIENTS[..], &["nft"]].concat()) {
        return;
    }
    let lan = Lan::new();
    let daemon = Daemon::start(&lan);
    let phone = lan.plug("phone", "00:15:65:11:22:33");
    udhcpc(&phone, &YEALINK).unwrap();
    let whole = get(&phone, "/prov/001565112233.cfg").body;
    for (end, rule) in
        [&phone, daemon.host()].into_iter().flat_map(|it| LOSS.map(|rule| (it, rule)))
    {
        let words: Vec<&str> = rule.split(' ').collect();
        let said = end.run("nft", &words);
        assert!(said.good, "{rule}: {}", said.err);
    }
    for client in [Tftp::Atftp, Tftp::Hpa] {
        let got = tftp(&phone, client, "001565112233.cfg");
        assert_eq!(got.as_ref(), Ok(&whole), "{client:?}");
    }
}

#[test]
fn a_box_that_is_told_to_stop_stops_and_no_second_one_may_use_its_state() {
    if !can_run("a_box_that_is_told_to_stop", &CLIENTS) {
        return;
    }
    let lan = Lan::new();
    let mut daemon = Daemon::start(&lan);
    let second = lan.plug_at("second", "02:00:00:00:00:02", "192.168.10.2/24");
    let words = ["serve", "--config", daemon.host().dir().join("dialtone.toml").to_str().unwrap()]
        .map(str::to_owned);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let said = second.run(program().to_str().unwrap(), &words);
    assert!(!said.good && said.err.contains("another Dialtone uses this file"), "{}", said.err);
    let phone = lan.plug("phone", "00:15:65:11:22:33");
    let lease = udhcpc(&phone, &YEALINK).unwrap();
    assert_eq!(daemon.stop(), Some(true), "{}", daemon.log());
    daemon.restart();
    phone.forget_address();
    assert_eq!(udhcpc(&phone, &YEALINK).unwrap().ip(), lease.ip());
}

#[test]
fn old_and_odd_http_clients_get_their_files() {
    if !can_run("old_and_odd_http_clients", &CLIENTS) {
        return;
    }
    let lan = Lan::new();
    let daemon = Daemon::start(&lan);
    let phone = lan.plug("phone", "00:15:65:aa:bb:cc");
    udhcpc(&phone, &YEALINK).unwrap();
    let own = "/prov/001565aabbcc.cfg";
    let usual = get(&phone, own);
    assert_eq!(usual.status, 200);
    let odd: [&[&str]; 6] = [
        &["--http1.0"],
        &["--http1.0", "-H", "Host:"],
        &["-H", "Connection: close"],
        &["-H", "Range: bytes=0-10"],
        &["-H", "If-Modified-Since: Mon, 01 Jan 2024 00:00:00 GMT"],
        &["--proxy", "http://192.168.10.1:80"],
    ];
    for words in odd {
        let got = curl(&phone, words, own);
        assert_eq!((got.status, &got.body), (200, &usual.body), "{words:?}");
    }
    let head = curl(&phone, &["-I"], own);
    assert!(head.status == 200 && head.head.contains("content-length"), "{head:?}");
    for name in ["/prov/001565AABBCC.cfg", "/001565aabbcc.cfg", "/prov//001565aabbcc.cfg"] {
        let got = get(&phone, name);
        assert_eq!((got.status, &got.body), (200, &usual.body), "{name}");
    }
    let url = format!("http://{BOX}{own}");
    let twice =
        phone.run("curl", &["-s", "-w", "%{num_connects} ", "-o", "a", &url, "-o", "b", &url]);
    assert_eq!(twice.out, "1 0 ", "the connection was not kept");
    let admin = Admin::log_in_first(&lan, &daemon);
    assert_eq!(admin.handsets().rows(), 1);
}
