//! Addresses and boot options: udhcpc, dhclient, and a relay made with scapy.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

use lan::admin::Admin;
use lan::can_run;
use lan::capture::Capture;
use lan::daemon::{Daemon, BOX};
use lan::dhcp::{dhclient, udhcpc, udhcpc_stays, Asks, YEALINK};
use lan::net::Lan;
use std::time::Duration;

const CLIENTS: [&str; 3] = ["ip", "busybox", "curl"];

#[test]
fn a_yealink_gets_its_network_and_option_66_as_the_url_of_its_folder() {
    if !can_run("a_yealink_gets_its_network", &["ip", "busybox", "tshark"]) {
        return;
    }
    let lan = Lan::new();
    let _daemon = Daemon::start(&lan);
    let phone = lan.plug("phone", "00:15:65:11:22:33");
    let capture = Capture::begin(&phone);
    let lease = udhcpc(&phone, &YEALINK).unwrap();
    let wire = capture.end();
    assert!(lease.ip().starts_with("192.168.10."), "{lease:?}");
    assert_eq!(lease.get("mask"), "24");
    assert_eq!(lease.get("router"), "192.168.10.254");
    assert_eq!(lease.get("dns"), "192.168.10.253 192.168.10.252");
    assert_eq!(lease.get("domain"), "office.example");
    assert_eq!(lease.get("serverid"), BOX);
    assert_eq!(lease.get("lease"), "604800");
    // busybox shows option 66 only if it is the name of a host.
    let answers = "dhcp.option.dhcp == 2 || dhcp.option.dhcp == 5";
    let told = wire.fields(answers, &["dhcp.option.tftp_server_name"]);
    assert_eq!(told, ["http://192.168.10.1/prov/"; 2]);
}

#[test]
fn a_computer_gets_an_address_and_nothing_that_is_meant_for_phones() {
    if !can_run("a_computer_gets_an_address", &CLIENTS) {
        return;
    }
    let lan = Lan::new();
    let daemon = Daemon::start(&lan);
    let computer = lan.plug("computer", "3c:52:82:11:22:33");
    let options = &[1, 3, 6, 15, 31, 33, 43, 44, 46, 47, 119, 121, 249, 252];
    let lease = udhcpc(&computer, &Asks { vendor: "MSFT 5.0", options }).unwrap();
    assert!(lease.ip().starts_with("192.168.10."), "{lease:?}");
    assert_eq!((lease.get("router"), lease.get("lease")), ("192.168.10.254", "28800"));
    for name in ["tftp", "bootfile", "opt43", "opt150", "opt160", "boot_file"] {
        assert_eq!(lease.get(name), "", "{name}");
    }
    let admin = Admin::log_in_first(&lan, &daemon);
    assert_eq!(admin.handsets().rows(), 0);
}

#[test]
fn the_same_phone_gets_the_same_address_after_a_release_and_after_a_power_cut() {
    if !can_run("the_same_phone_gets_the_same_address", &CLIENTS) {
        return;
    }
    let lan = Lan::new();
    let mut daemon = Daemon::start(&lan);
    let phone = lan.plug("phone", "00:15:65:11:22:33");
    let other = lan.plug("other", "00:15:65:44:55:66");
    let (first, mut running) = udhcpc_stays(&phone, &YEALINK);
    running.signal("USR2");
    std::thread::sleep(Duration::from_millis(200));
    running.kill();
    phone.forget_address();
    let second = udhcpc(&other, &YEALINK).unwrap();
    assert_ne!(second.ip(), first.ip());
    assert_eq!(udhcpc(&phone, &YEALINK).unwrap().ip(), first.ip());
    daemon.cut();
    daemon.restart();
    phone.forget_address();
    other.forget_address();
    assert_eq!(udhcpc(&other, &YEALINK).unwrap().ip(), second.ip());
    assert_eq!(udhcpc(&phone, &YEALINK).unwrap().ip(), first.ip());
}

const POLYCOM: &str = r#"
option polycom-160 code 160 = text;
send vendor-class-identifier "Polycom-VVX410";
request subnet-mask, time-offset, polycom-160, tftp-server-name, routers, domain-name-servers,
    ntp-servers, domain-name;
"#;

#[test]
fn a_polycom_by_dhclient_gets_option_160_and_66() {
    if !can_run("a_polycom_by_dhclient", &["ip", "dhclient"]) {
        return;
    }
    let lan = Lan::new();
    let _daemon = Daemon::start(&lan);
    let phone = lan.plug("phone", "00:04:f2:11:22:33");
    let (lease, _running) = dhclient(&phone, POLYCOM);
    assert!(lease.ip().starts_with("192.168.10."), "{lease:?}");
    assert_eq!(lease.get("new_polycom_160"), "http://192.168.10.1/prov/");
    assert_eq!(lease.get("new_tftp_server_name"), "http://192.168.10.1/prov/");
    assert_eq!(lease.get("new_routers"), "192.168.10.254");
    assert_eq!(lease.get("new_ntp_servers"), BOX);
}

const RELAYED: &str = r#"
[[subnet]]
interface = "eth0"
relayed = true
network = "192.168.20.0/24"
pool = ["192.168.20.50", "192.168.20.60"]
router = "192.168.20.1"
"#;

#[test]
fn a_relay_gets_its_answer_at_giaddr_with_option_82_untouched_and_last() {
    if !can_run("a_relay_gets_its_answer", &["ip", "/usr/lib/python3/dist-packages/scapy"]) {
        return;
    }
    let lan = Lan::new();
    let daemon = Daemon::start_with(&lan, RELAYED);
    let relay = lan.plug_at("relay", "02:00:00:00:00:02", "192.168.10.2/24");
    relay.address("192.168.20.1/24");
    daemon.host().ip(&["route", "add", "192.168.20.0/24", "via", "192.168.10.2"]);
    let said = relay.script("relay.py", &[BOX, "192.168.20.1", "00:15:65:11:22:33"]);
    assert!(said.good, "{}{}", said.out, said.err);
    let lines: Vec<&str> = said.out.lines().collect();
    let [offer, ack] = lines.as_slice() else { panic!("{lines:?}") };
    // Circuit "port 7", remote "tower", and a sub-option that nobody knows.
    let echoed = "52120106706f7274203702 05746f776572 fe0100";
    let echoed = echoed.replace(' ', "");
    for (line, kind) in [(offer, "offer"), (ack, "ack")] {
        let words: Vec<&str> = line.split(' ').collect();
        assert_eq!(words[..5], [kind, "192.168.20.1:67", BOX, "192.168.20.50", "192.168.20.1"]);
        assert_eq!(words[5], echoed);
        assert_eq!(words[6], "http://192.168.10.1/prov/");
    }
}
