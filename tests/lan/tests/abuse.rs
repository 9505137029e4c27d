//! What else there is on a LAN: a second DHCP server, slow clients, junk.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

use lan::admin::Admin;
use lan::daemon::{Daemon, BOX};
use lan::dhcp::{dhclient, udhcpc, YEALINK};
use lan::files::{get, yealink_account};
use lan::net::{script, Host, Lan, Running};
use lan::sip::{register, Transport};
use lan::{can_run, now, until, PYTHON};
use std::time::Duration;

const CLIENTS: [&str; 5] = ["ip", "busybox", "curl", "sipp", PYTHON];

/// Boots a phone of this number from nothing to its dial tone; gives the time it took, without
/// that of SIPp, which waits before it begins.
fn boots(lan: &Lan, number: u8) -> Duration {
    let phone = lan.plug(&format!("phone{number}"), &format!("00:15:65:11:22:{number:02x}"));
    boots_again(&phone)
}

/// The same for a phone that is plugged in.
fn boots_again(phone: &Host) -> Duration {
    let begun = now();
    let lease = udhcpc(phone, &YEALINK).expect("an address");
    let file = get(phone, &format!("/prov/{}.cfg", phone.mac12()));
    let took = begun.elapsed();
    let account = yealink_account(&file.body);
    let said = register(phone, lease.ip(), &account, Transport::Udp, 200);
    assert!(said.good, "{}\n{}", said.out, said.err);
    took
}

#[test]
fn a_second_dhcp_server_is_noticed_and_named() {
    if !can_run("a_second_dhcp_server_is_noticed", &["ip", "dhclient", "dnsmasq", "curl"]) {
        return;
    }
    let lan = Lan::new();
    let daemon = Daemon::start(&lan);
    let rogue = lan.plug_at("rogue", "02:00:00:00:00:03", "192.168.10.3/24");
    let mut command = rogue.command("dnsmasq");
    command.args(["--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--no-ping"]);
    command.args(["--interface=eth0", "--user=root", "--pid-file=", "--dhcp-leasefile=leases"]);
    command.arg("--dhcp-range=192.168.10.201,192.168.10.209,1h");
    let _running = rogue.spawn("dnsmasq", &mut command);
    let phone = lan.plug("phone", "00:15:65:11:22:33");
    let configuration =
        format!("reject {BOX};\nsend vendor-class-identifier \"yealink\";\nrequest subnet-mask;\n");
    let (lease, _client) = dhclient(&phone, &configuration);
    assert!(lease.ip().starts_with("192.168.10.20"), "{lease:?}");
    let admin = Admin::log_in_first(&lan, &daemon);
    let text = admin.handsets().text();
    assert!(text.contains("Another DHCP server answers on the LAN: 192.168.10.3."), "{text}");
    let text = admin.device(&phone.mac12()).text();
    assert!(text.contains("It took its address from another DHCP server, 192.168.10.3."), "{text}");
}

fn holds(host: &Host, name: &str, words: &[&str]) -> Running {
    let mut command = host.command(PYTHON);
    let running = host.spawn(name, command.arg(script("idle.py")).args(words));
    let holding =
        until(Duration::from_secs(30), || host.said(name, "out").contains("holding").then_some(()));
    assert!(holding.is_some(), "{}", host.said(name, "err"));
    running
}

#[test]
fn hundreds_of_slow_connections_do_not_keep_a_phone_from_its_dial_tone() {
    if !can_run("hundreds_of_slow_connections", &CLIENTS) {
        return;
    }
    let lan = Lan::new();
    let mut daemon = Daemon::start(&lan);
    let slow = lan.plug_at("slow", "02:00:00:00:00:66", "192.168.10.200/24");
    let _silent = holds(&slow, "http", &[BOX, "80", "200"]);
    let _half = holds(&slow, "half", &[BOX, "80", "100", "GET /login HTTP/1.1\r\nHost: a\r\nX: "]);
    let _sip = holds(&slow, "sip", &[BOX, "5060", "100", "REGISTER sip:192.168.10.1 SIP/2.0\r\n"]);
    let took = boots(&lan, 1);
    assert!(took < Duration::from_secs(4), "{took:?}");
    let admin = Admin::log_in_first(&lan, &daemon);
    let row = admin.handsets();
    assert!(row.row("001565112201").contains(">Registered<"), "{}", row.text());
    assert!(daemon.is_up());
}

#[test]
fn a_sip_message_that_drips_in_is_cut_off_after_ten_seconds() {
    if !can_run("a_sip_message_that_drips_in", &["ip", PYTHON]) {
        return;
    }
    let lan = Lan::new();
    let mut daemon = Daemon::start(&lan);
    let slow = lan.plug_at("slow", "02:00:00:00:00:66", "192.168.10.200/24");
    let said = slow.script("slow.py", &[BOX]);
    let seconds: f64 =
        said.out.trim().parse().unwrap_or_else(|_| panic!("{}{}", said.out, said.err));
    assert!((10.0..15.0).contains(&seconds), "{seconds} s");
    assert!(daemon.is_up());
}

/// Datagrams of junk for each port.
const JUNK: &str = "20000";
/// How much memory they may cost.
const GROWTH_MAX_KIB: u64 = 4 * 1024;

#[test]
fn junk_on_every_port_costs_little_memory_and_a_phone_boots_at_once_after_it() {
    if !can_run("junk_on_every_port", &CLIENTS) {
        return;
    }
    let lan = Lan::new();
    let mut daemon = Daemon::start(&lan);
    let known = lan.plug("known", "00:15:65:44:55:66");
    boots_again(&known);
    let before = daemon.resident_kib();
    let vandal = lan.plug_at("vandal", "02:00:00:00:00:66", "192.168.10.200/24");
    let said = vandal.script("junk.py", &[BOX, JUNK, "8147", "67", "69", "5060"]);
    assert!(said.good, "{}", said.err);
    let waiting = || daemon.host().run("ss", &["-H", "-u", "-n", "-a"]).out;
    let eaten = |line: &str| line.split_whitespace().nth(1) == Some("0");
    let quiet = until(Duration::from_secs(5), || waiting().lines().all(eaten).then_some(()));
    assert!(quiet.is_some(), "it has not got through yet:\n{}", waiting());
    let took = boots_again(&known);
    assert!(took < Duration::from_secs(2), "the known phone took {took:?}");
    assert!(daemon.is_up());
    let grown = daemon.resident_kib().saturating_sub(before);
    assert!(grown < GROWTH_MAX_KIB, "{before} KiB grew by {grown} KiB");
    let took = boots(&lan, 2);
    // What was offered to nobody is kept for two seconds.
    assert!(took < Duration::from_secs(5), "the new phone took {took:?}");
}
