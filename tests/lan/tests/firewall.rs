//! The WAN port with the firewall of a box that minds its own network ports: silent but for what is
//! offered there, open to what the box itself asks, and without any meaning for the LAN.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

use lan::admin::Admin;
use lan::capture::Capture;
use lan::daemon::{Daemon, BOX, BOX_ON_WAN};
use lan::dhcp::{udhcpc, YEALINK};
use lan::files::{get, tftp, yealink_account, Account, Tftp};
use lan::net::{Host, Lan, Running};
use lan::sip::{register, Transport};
use lan::{can_run, until};
use std::fs;
use std::time::Duration;

const CLIENTS: [&str; 9] =
    ["ip", "nft", "busybox", "bash", "curl", "sipp", "tftp", "dumpcap", "tshark"];
const STRANGER: &str = "203.0.113.66";
const BOX_MAC_ON_WAN: &str = "02:d1:a1:70:00:02";
/// An address of IPv6, which its kernel would answer for.
const BOX_BY_IPV6: &str = "fd00::2";
const PATIENCE: Duration = Duration::from_secs(10);

/// Lets the box mind its ports from its next start on, which is now.
fn shut(daemon: &mut Daemon) {
    let path = daemon.host().dir().join("dialtone.toml");
    let text = fs::read_to_string(&path).unwrap();
    let text =
        text.replacen("side = \"lan\"", &format!("side = \"lan\"\naddress = \"{BOX}/24\""), 1);
    fs::write(&path, format!("{text}\n[board]\nbring-up = true\n")).unwrap();
    daemon.restart();
    let rules = rules(daemon);
    assert!(rules.contains("iifname \"eth1\""), "no firewall:\n{rules}\n{}", daemon.log());
}

fn shut_box(lan: &Lan, wan: &Lan) -> Daemon {
    let mut daemon = Daemon::start_between(lan, wan);
    shut(&mut daemon);
    daemon
}

/// What the kernel of the box holds, with counters at zero.
fn rules(daemon: &Daemon) -> String {
    let said = daemon.host().run("nft", &["-s", "list", "ruleset"]);
    assert!(said.good, "{}", said.err);
    said.out
}

/// Knocks on the box from outside in all ways that are not offered, and gives all that the box said
/// to it, by protocol.
fn answers_to_knocks(stranger: &Host) -> Vec<String> {
    let capture = Capture::begin(stranger);
    for port in ["80", "8443", "8080", "23456"] {
        stranger.run("curl", &["-s", "-m", "1", &format!("http://{BOX_ON_WAN}:{port}/")]);
    }
    // One after the other: the kernel limits how many errors it sends in a second.
    for port in ["67", "69", "53", "5353", "23456"] {
        let knock = format!("echo x > /dev/udp/{BOX_ON_WAN}/{port}; sleep 0.1");
        stranger.run("bash", &["-c", &knock]);
    }
    stranger.run("busybox", &["ping", "-c", "1", "-W", "1", BOX_ON_WAN]);
    stranger.run("busybox", &["ping", "-6", "-c", "1", "-W", "1", BOX_BY_IPV6]);
    let wire = capture.end();
    // The box's own routine on a link with IPv6 is no answer.
    let filter = format!("eth.src == {BOX_MAC_ON_WAN} && (ip || icmpv6.type in {{129, 136}})");
    wire.fields(&filter, &["_ws.col.Protocol", "tcp.flags.str", "icmp.type", "icmpv6.type"])
}

#[test]
fn what_is_not_offered_on_the_wan_is_dropped_without_a_word() {
    if !can_run("what_is_not_offered_on_the_wan", &CLIENTS) {
        return;
    }
    let (lan, wan) = (Lan::new(), Lan::new());
    let mut daemon = Daemon::start_between(&lan, &wan);
    let stranger = wan.plug_at("stranger", "02:00:00:00:00:66", &format!("{STRANGER}/24"));
    // Without the wait in which somebody else could claim them.
    let by_ipv6 = |host: &Host, address: &str, port: &str| {
        host.ip(&["address", "add", address, "dev", port, "nodad"]);
    };
    by_ipv6(daemon.host(), &format!("{BOX_BY_IPV6}/64"), "eth1");
    by_ipv6(&stranger, "fd00::66/64", "eth0");
    let open = answers_to_knocks(&stranger).join("\n");
    for refusal in ["TCP", "ICMP||3|", "ICMP||0|", "ICMPv6|||129"] {
        assert!(open.contains(refusal), "the knocks themselves do not work: {refusal} in\n{open}");
    }
    shut(&mut daemon);
    assert_eq!(answers_to_knocks(&stranger), [""; 0]);
    let counted = daemon.host().run("nft", &["list", "chain", "inet", "dialtone", "from-wan"]);
    assert!(!counted.out.contains("packets 0 "), "{}", counted.out);
    let first = rules(&daemon);
    daemon.restart();
    assert_eq!(rules(&daemon), first, "a further start leaves other rules");
    daemon.cut();
    assert_eq!(answers_to_knocks(&stranger), [""; 0], "the box opens when the daemon dies");
}

#[test]
fn what_is_offered_is_reached_from_both_sides_and_the_kernel_remembers_nobody() {
    if !can_run("what_is_offered_is_reached", &CLIENTS) {
        return;
    }
    let (lan, wan) = (Lan::new(), Lan::new());
    let daemon = shut_box(&lan, &wan);
    let phone = lan.plug("phone", "00:15:65:11:22:33");
    let lease = udhcpc(&phone, &YEALINK).unwrap();
    let file = get(&phone, "/prov/001565112233.cfg");
    assert_eq!(file.status, 200);
    assert!(tftp(&phone, Tftp::Hpa, "001565112233.cfg").is_ok());
    assert!(phone.run("busybox", &["ping", "-c", "1", "-W", "2", BOX]).good);
    let account = yealink_account(&file.body);
    Admin::log_in_first(&lan, &daemon).lets_out(&phone.mac12());
    let outside = wan.plug_at("outside", "00:15:65:11:22:33", &format!("{STRANGER}/24"));
    let at = Account { server: format!("{BOX_ON_WAN}:5060"), ..account.clone() };
    for by in [Transport::Udp, Transport::Tcp] {
        let said = register(&phone, lease.ip(), &account, by, 200);
        assert!(said.good, "LAN {by:?}: {}\n{}", said.out, said.err);
        let said = register(&outside, STRANGER, &at, by, 200);
        assert!(said.good, "WAN {by:?}: {}\n{}", said.out, said.err);
    }
    let count = "/proc/sys/net/netfilter/nf_conntrack_count";
    assert_eq!(daemon.host().run("cat", &[count]).out.trim(), "0");
}

/// Somebody on the WAN who gives addresses and answers questions for names.
fn provider(wan: &Lan) -> (Host, Running) {
    let host = wan.plug_at("provider", "02:00:00:00:00:07", "203.0.113.1/24");
    let mut command = host.command("dnsmasq");
    command.args(["--no-daemon", "--no-resolv", "--no-hosts", "--conf-file=/dev/null"]);
    command.args(["--user=root", "--leasefile-ro", "--log-dhcp", "--address=/time.example/"]);
    command.args(["--host-record=pool.example,203.0.113.9"]);
    command.args(["--dhcp-range=203.0.113.20,203.0.113.20,2m", "--interface=eth0"]);
    let running = host.spawn("dnsmasq", &mut command);
    (host, running)
}

/// udhcpc's script on the box: the address, and a line for each time that it was told one.
const TOLD: &str = r#"#!/bin/sh
case "$1" in
bound | renew)
    ip address replace "$ip/$mask" dev "$interface"
    echo "$1 $ip" >> told ;;
esac
"#;

#[test]
fn what_the_box_asks_on_the_wan_is_answered() {
    let clients = [&CLIENTS[..], &["dnsmasq", "udhcpc"]].concat();
    if !can_run("what_the_box_asks_on_the_wan", &clients) {
        return;
    }
    let (lan, wan) = (Lan::new(), Lan::new());
    let (provider, _names) = provider(&wan);
    let daemon = shut_box(&lan, &wan);
    let host = daemon.host();
    assert!(host.run("busybox", &["ping", "-c", "1", "-W", "2", "203.0.113.1"]).good);
    let asked = until(PATIENCE, || {
        let said = host.run("busybox", &["nslookup", "pool.example", "203.0.113.1"]);
        said.out.contains("203.0.113.9").then_some(())
    });
    assert!(asked.is_some(), "no answer of dnsmasq: {}", provider.said("dnsmasq", "err"));
    // A connection to DNS over TCP, to somebody who takes it.
    let connect = |port| {
        let open = format!("exec 3<>/dev/tcp/203.0.113.1/{port} && echo open");
        host.run("timeout", &["3", "bash", "-c", &open])
    };
    assert_eq!(connect(53).out.trim(), "open");
    // Where nobody listens the refusal comes back at once.
    assert!(connect(9).err.contains("Connection refused"));
    let script = host.write("wan.sh", TOLD);
    host.run("chmod", &["+x", "wan.sh"]);
    let mut command = host.command("udhcpc");
    command.args(["-f", "-i", "eth1", "-t", "9", "-T", "1", "-s"]).arg(script);
    let client = host.spawn("udhcpc", &mut command);
    let told = |line: &str| {
        until(PATIENCE, || {
            let told = fs::read_to_string(host.dir().join("told")).unwrap_or_default();
            told.contains(line).then_some(())
        })
    };
    assert!(told("bound 203.0.113.20").is_some(), "{}", host.said("udhcpc", "err"));
    // A renewal goes from address to address, past the packet socket.
    client.signal("USR1");
    assert!(told("renew 203.0.113.20").is_some(), "{}", host.said("udhcpc", "err"));
}

#[test]
fn nothing_passes_through_the_box_even_where_its_kernel_would_let_it() {
    if !can_run("nothing_passes_through_the_box", &CLIENTS) {
        return;
    }
    let (lan, wan) = (Lan::new(), Lan::new());
    let mut daemon = Daemon::start_between(&lan, &wan);
    let desk = lan.plug_at("desk", "02:00:00:00:00:09", "192.168.10.9/24");
    let stranger = wan.plug_at("stranger", "02:00:00:00:00:66", &format!("{STRANGER}/24"));
    desk.ip(&["route", "add", "default", "via", BOX]);
    stranger.ip(&["route", "add", "192.168.10.0/24", "via", BOX_ON_WAN]);
    let forward = "echo 1 > /proc/sys/net/ipv4/ip_forward";
    assert!(daemon.host().run("sh", &["-c", forward]).good);
    let passes =
        |from: &Host, to: &str| from.run("busybox", &["ping", "-c", "1", "-W", "1", to]).good;
    assert!(passes(&stranger, "192.168.10.9") && passes(&desk, STRANGER));
    shut(&mut daemon);
    assert!(!passes(&stranger, "192.168.10.9") && !passes(&desk, STRANGER));
    assert!(passes(&desk, BOX));
}
