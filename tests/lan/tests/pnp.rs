//! SIP Plug-and-Play: a phone that asks a group of the network who configures it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

use lan::can_run;
use lan::daemon::{Daemon, BOX};
use lan::dhcp::{udhcpc, Asks};
use lan::files::get;
use lan::net::{script, Lan};

#[test]
fn a_snom_that_asks_by_plug_and_play_is_told_a_url_and_no_password() {
    if !can_run("a_snom_that_asks_by_plug_and_play", &["ip", "busybox", "curl", lan::PYTHON]) {
        return;
    }
    let lan = Lan::new();
    let _daemon = Daemon::start(&lan);
    let phone = lan.plug("snom", "00:04:13:11:22:33");
    let asks = Asks { vendor: "snom320", options: &[1, 3, 6, 12, 15, 42] };
    let lease = udhcpc(&phone, &asks).unwrap();
    let said = phone.script("pnp.py", &[lease.ip(), &phone.mac12(), "5060"]);
    assert!(said.good, "{}", said.err);
    let answers: Vec<&str> = said.out.split("---- from ").skip(1).collect();
    let [accepted, notify] = answers.as_slice() else { panic!("{}", said.out) };
    assert!(accepted.contains("SIP/2.0 200 OK"), "{accepted}");
    assert!(notify.contains(&format!("NOTIFY sip:{}:5060", lease.ip())), "{notify}");
    assert!(notify.contains("Content-Type: application/url"), "{notify}");
    let body = notify.replace('\r', "");
    let url = body.split_once("\n\n").unwrap().1.trim();
    assert_eq!(url, format!("http://{BOX}/prov/{{mac}}.htm"));
    let path = url.trim_start_matches("http://192.168.10.1").replace("{mac}", "000413112233");
    let file = get(&phone, &path);
    assert_eq!(file.status, 200, "{file:?}");
    for field in ["user_pass idx=\"1\"", "http_pass"] {
        let rest = file.body.split_once(field).unwrap_or_else(|| panic!("{}", file.body)).1;
        let secret = lan::between(rest, ">", "<").unwrap();
        assert!(secret.len() >= 8 && !said.out.contains(secret), "{field}: {secret}");
    }
}

#[test]
fn a_stranger_that_asks_for_another_phone_gets_no_more_than_that_phone_does() {
    if !can_run("a_stranger_that_asks_for_another", &["ip", "busybox", "curl", lan::PYTHON]) {
        return;
    }
    let lan = Lan::new();
    let _daemon = Daemon::start(&lan);
    let stranger = lan.plug_at("stranger", "02:00:00:00:00:66", "192.168.10.200/24");
    assert!(script("pnp.py").is_file());
    let said = stranger.script("pnp.py", &["192.168.10.200", "000413112233", "5060"]);
    assert!(!said.out.contains("pass"), "{}", said.out);
    assert_eq!(get(&stranger, "/prov/000413112233.htm").status, 403);
}
