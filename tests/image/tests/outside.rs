//! The reference board between its office and a WAN: its address there, its time, and what nobody
//! out there can reach.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

use image::appliance::Appliance;
use image::can_run;
use lan::capture::Capture;
use lan::net::{Host, Running};
use lan::{until, PYTHON};
use std::time::Duration;

const BOARD: &str = "ast2600-evb";

/// How long the box may take to have an address, under emulation.
const ASKS: Duration = Duration::from_secs(60);

/// What writes down and reads what passes a port.
const CAPTURES: [&str; 2] = ["dumpcap", "tshark"];

/// Asks a time server as RFC 5905 has it; prints leap indicator and stratum, or nothing.
const ASK_TIME: &str = "import socket,sys\n\
s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM);s.settimeout(3)\n\
s.sendto(b'\\x23'+47*b'\\0',(sys.argv[1],123))\n\
try:\n a=s.recv(64);print(a[0]>>6,a[1])\n\
except OSError:pass\n";

/// A DHCP server on the WAN that gives exactly one address.
fn gives(provider: &Host, start: u32, address: &str) -> Running {
    let range = format!("--dhcp-range={address},{address},255.255.255.0,1h");
    let name = format!("dnsmasq{start}");
    let leases = format!("--dhcp-leasefile={}", provider.dir().join(&name).display());
    let mut dnsmasq = provider.command("dnsmasq");
    dnsmasq.args(["--keep-in-foreground", "--port=0", "--no-ping", "--bind-interfaces"]);
    dnsmasq.args(["--interface=eth0", "--dhcp-authoritative", &range, &leases]);
    dnsmasq.args(["--dhcp-option=6,203.0.113.1", "--conf-file=/dev/null"]);
    provider.spawn(&name, &mut dnsmasq)
}

fn time_of(asker: &Host, server: &str) -> String {
    asker.run(PYTHON, &["-c", ASK_TIME, server]).out.trim().to_owned()
}

#[test]
fn the_wan_gives_an_address_and_gets_nothing_but_sip() {
    if !can_run("the_wan_gives_an_address", BOARD) {
        return;
    }
    let mut appliance = Appliance::between(BOARD);
    let provider = appliance.wan().plug_at("provider", "02:00:00:00:00:77", "203.0.113.1/24");
    provider.address("192.168.10.77/24");
    // An address of the office itself is not taken from out there.
    let liar = gives(&provider, 1, "192.168.10.88");
    appliance.start();
    let log = "logread | grep 'which lies on the LAN'";
    let refused = until(ASKS, || {
        let said = appliance.console().shell(log);
        said.contains("192.168.10.88").then_some(())
    });
    assert!(refused.is_some(), "{}", appliance.console().shell("logread | tail -n 20"));
    assert!(!appliance.console().shell("ip address show eth1").contains("192.168.10.88"));
    drop(liar);
    let _honest = gives(&provider, 2, "203.0.113.5");
    let taken = until(ASKS, || {
        let said = appliance.console().shell("ip address show eth1");
        said.contains("203.0.113.5/24").then_some(())
    });
    assert!(taken.is_some(), "{}", appliance.console().shell("logread | tail -n 20"));
    let named = until(ASKS, || {
        let names = appliance.console().shell("cat /etc/resolv.conf");
        names.contains("nameserver 203.0.113.1").then_some(())
    });
    assert!(named.is_some(), "{}", appliance.console().shell("cat /etc/resolv.conf"));

    let knock =
        |path: &str| provider.run("curl", &["-s", "-m", "3", "-w", "%{http_code}", path]).out;
    for path in
        ["http://203.0.113.5/", "http://192.168.10.1/", "tftp://203.0.113.5/y000000000000.cfg"]
    {
        assert!(["", "000"].contains(&knock(path).as_str()), "{path} is answered on the WAN");
    }
    let heard = |path: &str| {
        let url = format!("https://203.0.113.5/{path}");
        provider.run("curl", &["-sk", "-m", "20", "-w", "%{http_code}", &url]).out
    };
    // A file that somebody asks for who shows nothing, as any other.
    assert!(heard("login").ends_with("401"), "{}", heard("login"));
    assert_eq!(heard("login"), heard("nothing"), "the admin's pages exist on the WAN");
    assert_eq!(time_of(&provider, "203.0.113.5"), "", "the time is told on the WAN");
    let options = ["-s", "sip:203.0.113.5", "-v"];
    let sip = provider.run("sipsak", &options);
    assert!(sip.out.contains("SIP/2.0 200"), "no SIP on the WAN: {} {}", sip.out, sip.err);

    let desk = appliance.lan().plug_at("desk", "02:00:00:00:09:09", "192.168.10.9/24");
    // Leap indicator 3: this clock follows nobody (RFC 5905 section 7.3).
    assert_eq!(time_of(&desk, "192.168.10.1"), "3 16", "an unsynchronised clock says so");
    assert_eq!(appliance.unclean(), [""; 0]);
}

/// What is said on the WAN by whoever switches its port on, a few times over.
const WOULD_ASK: Duration = Duration::from_secs(8);

#[test]
fn a_box_that_cannot_shut_its_wan_serves_the_lan_and_leaves_the_port_off() {
    if !can_run("a_box_that_cannot_shut_its_wan", BOARD) || !lan::can_run("capture", &CAPTURES) {
        return;
    }
    let mut appliance = Appliance::between(BOARD);
    appliance.spoil_initrd("modules/nf_tables.ko", b"no module");
    let provider = appliance.wan().plug_at("provider", "02:00:00:00:00:77", "203.0.113.1/24");
    let _gives = gives(&provider, 1, "203.0.113.5");
    let capture = Capture::begin(&provider);
    appliance.start();
    let said = appliance.console().text();
    assert!(said.contains("The module nf_tables was not loaded."), "{said}");
    assert!(said.contains("the WAN stays down"), "{said}");

    let desk = appliance.lan().plug_at("desk", "02:00:00:00:09:09", "192.168.10.9/24");
    let login = desk.run("curl", &["-sk", "-m", "10", "https://192.168.10.1/login"]);
    assert!(login.out.contains("Log in"), "{} {}", login.out, login.err);

    std::thread::sleep(WOULD_ASK);
    let port = appliance.console().shell("ip link show eth1");
    assert!(port.contains("<BROADCAST,MULTICAST>"), "the WAN port is on: {port}");
    assert_eq!(appliance.console().shell("cat /run/wan").trim(), "shut");
    let mac = appliance.console().shell("cat /sys/class/net/eth1/address");
    let heard = capture.end().fields(&format!("eth.src == {}", mac.trim()), &["frame.number"]);
    assert_eq!(heard, [""; 0], "the WAN heard something of the box");
}
