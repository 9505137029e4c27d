//! Beside dnsmasq as the other DHCP server: there before the box, later than the box, and given the
//! lines that the box prints for it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

use lan::admin::{Admin, Page};
use lan::can_run;
use lan::capture::Capture;
use lan::daemon::{Daemon, BOX};
use lan::dhcp::{udhcpc, Asks, YEALINK};
use lan::net::{Host, Lan, Running};
use std::time::Duration;

const CLIENTS: [&str; 4] = ["ip", "busybox", "curl", "dnsmasq"];
const OTHER: &str = "192.168.10.9";
/// A router of MikroTik's, by its prefix.
const OTHER_MAC: &str = "00:0c:42:00:00:09";
/// A computer, and what Windows asks for.
const COMPUTER: &str = "3c:52:82:11:22:33";
const WINDOWS: Asks<'_> = Asks { vendor: "MSFT 5.0", options: &[1, 3, 6, 15, 31, 33, 43, 121] };

/// Runs dnsmasq with a pool of its own, and these lines.
fn dnsmasq(host: &Host, lines: &str) -> Running {
    let own = "port=0\ninterface=eth0\nbind-interfaces\ndhcp-authoritative\nno-ping\n\
        dhcp-range=192.168.10.200,192.168.10.220,255.255.255.0,1h\ndhcp-leasefile=leases\n";
    host.write("dnsmasq.conf", &format!("{own}{lines}"));
    let words = ["--keep-in-foreground", "--conf-file=dnsmasq.conf", "--log-facility=-"];
    let mut command = host.command("dnsmasq");
    let running = host.spawn("dnsmasq", command.args(words).args(["--user=root", "--pid-file="]));
    let up = || host.said("dnsmasq", "err").contains("DHCP, IP range").then_some(());
    lan::until(Duration::from_secs(10), up).expect("dnsmasq did not start");
    running
}

fn router(lan: &Lan) -> Host {
    lan.plug_at("router", OTHER_MAC, &format!("{OTHER}/24"))
}

/// The page once it says something.
fn until_said(admin: &Admin, sentence: &str) -> Page {
    let ask = || Some(admin.get("/network/dhcp")).filter(|page| page.text().contains(sentence));
    let said = lan::until(Duration::from_secs(15), ask);
    said.unwrap_or_else(|| panic!("{}", admin.get("/network/dhcp").text()))
}

#[test]
fn beside_a_server_that_was_there_before_phones_come_up_and_computers_are_left_to_it() {
    if !can_run("beside_a_server_that_was_there_before", &CLIENTS) {
        return;
    }
    let lan = Lan::new();
    let other = router(&lan);
    let mut served = dnsmasq(&other, "");
    let mut daemon = Daemon::start(&lan);
    let admin = Admin::log_in_first(&lan, &daemon);
    let elder = format!("Only phones are answered: the server {OTHER} was here before");
    let page = until_said(&admin, &elder);
    assert!(
        page.text().contains(&format!("{OTHER} (MikroTik, MAC {OTHER_MAC})")),
        "{}",
        page.text()
    );
    assert!(!admin.handsets().text().contains("Another DHCP server answers"));
    for no in 0..3 {
        let computer = lan.plug(&format!("pc{no}"), &format!("3c:52:82:11:22:3{no}"));
        assert_eq!(udhcpc(&computer, &WINDOWS).unwrap().get("serverid"), OTHER);
    }
    // Which one is the faster is chance; with the other one away only the box is left.
    served.kill();
    let computer = lan.plug("computer", COMPUTER);
    assert!(udhcpc(&computer, &WINDOWS).is_none());
    let phone = lan.plug("phone", "00:15:65:11:22:33");
    assert_eq!(udhcpc(&phone, &YEALINK).unwrap().get("serverid"), BOX);
    // The box remembers who was there, whoever is faster after a power cut.
    daemon.cut();
    daemon.restart();
    assert!(udhcpc(&computer, &WINDOWS).is_none());
    assert_eq!(udhcpc(&phone, &YEALINK).unwrap().get("serverid"), BOX);
}

#[test]
fn a_server_that_comes_later_raises_the_alarm_and_all_are_still_served() {
    if !can_run("a_server_that_comes_later", &CLIENTS) {
        return;
    }
    let lan = Lan::new();
    let mut daemon = Daemon::start(&lan);
    let phone = lan.plug("phone", "00:15:65:11:22:33");
    let first = udhcpc(&phone, &YEALINK).unwrap();
    let other = router(&lan);
    let mut served = dnsmasq(&other, "");
    // It looks when it starts.
    daemon.restart();
    let admin = Admin::log_in_first(&lan, &daemon);
    until_said(&admin, "although another server answers too: it came after");
    let alarm =
        format!("Another DHCP server answers on the LAN: {OTHER} (MikroTik, MAC {OTHER_MAC})");
    assert!(admin.handsets().text().contains(&alarm), "{}", admin.handsets().text());
    served.kill();
    phone.forget_address();
    assert_eq!(udhcpc(&phone, &YEALINK).unwrap().ip(), first.ip());
    let computer = lan.plug("computer", COMPUTER);
    assert_eq!(udhcpc(&computer, &WINDOWS).unwrap().get("serverid"), BOX);
}

#[test]
fn the_box_asks_by_its_own_hardware_address_and_takes_nothing() {
    if !can_run("the_box_asks_by_its_own_hardware_address", &["ip", "dnsmasq", "tshark"]) {
        return;
    }
    let lan = Lan::new();
    let other = router(&lan);
    let _served = dnsmasq(&other, "log-dhcp\n");
    let capture = Capture::begin(&other);
    let _daemon = Daemon::start(&lan);
    let asked = || other.said("dnsmasq", "err").contains("DHCPOFFER").then_some(());
    lan::until(Duration::from_secs(10), asked).expect("nobody asked");
    std::thread::sleep(Duration::from_secs(4));
    let wire = capture.end();
    let asks = wire.fields("dhcp.option.dhcp == 1", &["eth.src", "dhcp.hw.mac_addr", "ip.src"]);
    assert!((1..=3).contains(&asks.len()), "{asks:?}");
    let own = format!("{0}|{0}|0.0.0.0", lan::daemon::BOX_MAC);
    assert!(asks.iter().all(|line| *line == own), "{asks:?}");
    assert_eq!(wire.fields("dhcp.option.dhcp == 3", &["eth.src"]), [] as [String; 0]);
}

/// What the box prints for another server and the phones of a maker.
fn lines(admin: &Admin, server: &str, maker: &str) -> String {
    let page = admin.get(&format!("/network/dhcp?for={server}&maker={maker}"));
    let source = lan::between(&page.html, "<pre class=\"card code\" tabindex=\"0\">", "</pre>");
    let source = source.unwrap_or_else(|| panic!("{}", page.text())).to_owned();
    source.replace("&#34;", "\"").replace("&#39;", "'").replace("&amp;", "&")
}

/// Hardware address, vendor class, what is asked for, and what of it is told.
type Phone = (&'static str, &'static str, &'static str, &'static [u8], &'static [&'static str]);

const PHONES: [Phone; 6] = [
    ("yealink", "00:15:65:11:22:33", "yealink", &[1, 3, 6, 66], &["66 http://192.168.10.1/prov/"]),
    (
        "snom",
        "00:04:13:11:22:33",
        "snom320",
        &[1, 3, 66, 67],
        &["66 http://192.168.10.1", "67 prov/{mac}.htm"],
    ),
    ("polycom", "00:04:f2:11:22:33", "Polycom-VVX300", &[1, 3], &["160 http://192.168.10.1/prov/"]),
    (
        "cisco_enterprise",
        "00:07:0e:11:22:33",
        "Cisco Systems, Inc. IP Phone CP-7960G",
        &[1, 3, 66, 150],
        &["66 192.168.10.1", "150 \u{c0}\u{a8}\u{a}\u{1}"],
    ),
    (
        "aastra_mitel",
        "00:08:5d:11:22:33",
        "AastraIPPhone6739i",
        &[1, 3, 43, 66],
        &["66 http://192.168.10.1/prov", "43 \u{2}\u{18}http://192.168.10.1/prov\u{3}\u{1}\u{0}"],
    ),
    (
        "avaya",
        "00:04:0d:11:22:33",
        "ccp.avaya.com",
        &[1, 3, 242],
        &["242 HTTPSRVR=192.168.10.1,HTTPPORT=80,HTTPDIR=/prov,DES_STAT=0"],
    ),
];

#[test]
fn the_lines_for_dnsmasq_make_a_real_one_tell_phones_where_the_box_is() {
    if !can_run("the_lines_for_dnsmasq", &[&CLIENTS[..], &["tshark"]].concat()) {
        return;
    }
    let lan = Lan::new();
    let daemon = Daemon::start(&lan);
    let admin = Admin::log_in_first(&lan, &daemon);
    let page = admin.get("/network/dhcp");
    let page = admin.post("/network/dhcp", &[("serve", "off")], &page);
    assert!(page.text().contains("Nobody is answered, as it is set below."), "{}", page.text());
    let other = router(&lan);
    let all: String = PHONES.iter().map(|(maker, ..)| lines(&admin, "dnsmasq", maker)).collect();
    let _served = dnsmasq(&other, &all);
    let capture = Capture::begin(&other);
    for (no, (maker, mac, vendor, options, _)) in PHONES.iter().enumerate() {
        let phone = lan.plug(&format!("phone{no}"), mac);
        let lease = udhcpc(&phone, &Asks { vendor, options }).expect(maker);
        assert_eq!(lease.get("serverid"), OTHER, "{maker}");
    }
    let wire = capture.end();
    for (maker, mac, _, _, told) in PHONES {
        let filter = format!("dhcp.option.dhcp == 5 && dhcp.hw.mac_addr == {mac}");
        let packets = wire.fields(&filter, &["udp.payload"]);
        let packet = unhex(packets.first().expect(maker));
        for expected in told {
            let (code, text) = expected.split_once(' ').unwrap();
            let value: Vec<u8> = text.chars().map(|letter| letter as u8).collect();
            let sent = option(&packet, code.parse().unwrap()).expect(expected);
            // dnsmasq puts a NUL behind a text, which every phone takes for its end.
            let ended = [&value[..], &[0]].concat();
            assert!(sent == value || sent == ended, "{maker} {code}: {sent:?}");
        }
    }
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter_map(|it| Some(it.to_digit(16)? as u8)).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn option(packet: &[u8], wanted: u8) -> Option<Vec<u8>> {
    let mut at = 240;
    loop {
        let (code, len) = (*packet.get(at)?, usize::from(*packet.get(at + 1)?));
        if code == wanted {
            return packet.get(at + 2..at + 2 + len).map(<[u8]>::to_vec);
        }
        at += 2 + len;
    }
}

#[test]
fn the_lines_for_kea_are_taken_by_kea() {
    if !can_run("the_lines_for_kea", &["ip", "kea-dhcp4", "curl"]) {
        return;
    }
    let lan = Lan::new();
    let daemon = Daemon::start(&lan);
    let admin = Admin::log_in_first(&lan, &daemon);
    for (maker, ..) in PHONES.iter().chain(&[("alcatel", "", "", &[][..], &[][..])]) {
        let lines = lines(&admin, "kea", maker);
        let host = admin.host();
        host.write("kea.json", &format!("{{ \"Dhcp4\": {{\n{lines}}} }}\n"));
        let said = host.run("kea-dhcp4", &["-t", "kea.json"]);
        assert!(said.good, "{maker}: {}{}\n{lines}", said.out, said.err);
        host.write("kea.json", "{ \"Dhcp4\": { \"client-classes\": [ { \"nme\": 1 } ] } }");
        assert!(!host.run("kea-dhcp4", &["-t", "kea.json"]).good, "Kea takes anything");
    }
}
