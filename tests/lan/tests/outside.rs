//! The WAN side: nothing is given out there, nothing is let in from there, and the address of the
//! LAN is no way around it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

use lan::admin::Admin;
use lan::can_run;
use lan::daemon::{Daemon, BOX, BOX_ON_WAN};
use lan::dhcp::{udhcpc, YEALINK};
use lan::files::{get, yealink_account, Account};
use lan::net::Lan;
use lan::sip::{register, register_within, Transport};

const CLIENTS: [&str; 5] = ["ip", "busybox", "curl", "sipp", "tftp"];

#[test]
fn from_the_wan_there_is_no_address_no_file_no_page_and_no_dial_tone() {
    if !can_run("from_the_wan_there_is_no_address", &CLIENTS) {
        return;
    }
    let (lan, wan) = (Lan::new(), Lan::new());
    let mut daemon = Daemon::start_between(&lan, &wan);
    let phone = lan.plug("phone", "00:15:65:11:22:33");
    udhcpc(&phone, &YEALINK).unwrap();
    let own = get(&phone, "/prov/001565112233.cfg");
    let account = yealink_account(&own.body);

    let stranger = wan.plug("stranger", "00:15:65:44:55:66");
    assert!(udhcpc(&stranger, &YEALINK).is_none());
    stranger.address("203.0.113.66/24");
    // Who is on the same wire can address the other side of the box, too.
    stranger.ip(&["route", "add", "192.168.10.0/24", "via", BOX_ON_WAN]);
    for address in [BOX_ON_WAN, BOX] {
        for path in
            ["/", "/login", "/handsets", "/prov/001565112233.cfg", "/prov/y000000000066.cfg"]
        {
            let url = format!("http://{address}{path}");
            let said =
                stranger.run("curl", &["-s", "-m", "2", "-w", "%{http_code}", "-o", "body", &url]);
            assert!(matches!(said.out.as_str(), "000" | "403" | "404"), "{url}: {}", said.out);
        }
        let words = ["-m", "binary", address, "-c", "get", "001565112233.cfg", "stolen"];
        let mut command = stranger.command("timeout");
        let said = stranger.ended(command.args(["2", "tftp"]).args(words));
        assert!(!said.out.contains("Received"), "{}", said.out);
        for by in [Transport::Udp, Transport::Tcp] {
            let server = format!("{address}:5060");
            let wrong = Account { server, password: "no".to_owned(), ..account.clone() };
            let said = register_within(&stranger, "203.0.113.66", &wrong, by, 200, "2s");
            assert!(!said.good, "{address} {by:?} let a stranger in");
        }
    }
    let stolen = std::fs::read_to_string(stranger.dir().join("stolen")).unwrap_or_default();
    assert!(!stolen.contains("account."));
    assert!(daemon.is_up());
}

#[test]
fn a_known_handset_registers_from_the_wan_and_fetches_nothing_there() {
    if !can_run("a_known_handset_registers_from_the_wan", &CLIENTS) {
        return;
    }
    let (lan, wan) = (Lan::new(), Lan::new());
    let daemon = Daemon::start_between(&lan, &wan);
    let phone = lan.plug("phone", "00:15:65:11:22:33");
    udhcpc(&phone, &YEALINK).unwrap();
    let file = get(&phone, "/prov/001565112233.cfg");
    let account = yealink_account(&file.body);
    let outside = wan.plug_at("outside", "00:15:65:11:22:33", "203.0.113.66/24");
    let at = Account { server: format!("{BOX_ON_WAN}:5060"), ..account };
    let said = register_within(&outside, "203.0.113.66", &at, Transport::Udp, 200, "2s");
    assert!(!said.good, "one that is not marked for the WAN registers there");
    Admin::log_in_first(&lan, &daemon).lets_out(&phone.mac12());
    for by in [Transport::Udp, Transport::Tcp] {
        let said = register(&outside, "203.0.113.66", &at, by, 200);
        assert!(said.good, "{by:?}: {}\n{}", said.out, said.err);
    }
    let url = format!("http://{BOX_ON_WAN}/prov/001565112233.cfg");
    let said = outside.run("curl", &["-s", "-m", "2", "-w", "%{http_code}", "-o", "body", &url]);
    assert_ne!(said.out, "200");
}
