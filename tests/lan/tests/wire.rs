//! One boot of each maker, written down at the box and read by tshark: nothing is malformed, and
//! each maker is told what it reads, in its own form.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

use lan::can_run;
use lan::capture::{Capture, Wire};
use lan::daemon::{Daemon, BOX};
use lan::dhcp::{udhcpc, Asks};
use lan::files::{get, tftp, yealink_account, Tftp};
use lan::net::Lan;
use lan::sip::{register, Transport};

const CLIENTS: [&str; 7] = ["ip", "busybox", "atftp", "curl", "sipp", "tshark", "dumpcap"];

/// The folder of all files.
const FOLDER: &str = "http://192.168.10.1/prov/";

/// A maker's phone, what it asks with, and what it is told: code and value of each option that
/// says where its files are. Everything else in the answer is of the network.
struct Maker {
    label: &'static str,
    mac: &'static str,
    asks: Asks<'static>,
    told: &'static [(u8, &'static [u8])],
}

const MAKERS: [Maker; 6] = [
    Maker {
        label: "yealink",
        mac: "00:15:65:11:22:33",
        asks: lan::dhcp::YEALINK,
        told: &[(66, FOLDER.as_bytes()), (43, FOLDER.as_bytes())],
    },
    Maker {
        label: "polycom",
        mac: "00:04:f2:11:22:33",
        asks: Asks { vendor: "Polycom-VVX410", options: &[1, 28, 160, 66, 3, 4, 42, 2, 6, 15] },
        told: &[(160, FOLDER.as_bytes()), (66, FOLDER.as_bytes())],
    },
    Maker {
        label: "snom",
        mac: "00:04:13:11:22:33",
        asks: Asks { vendor: "snom320", options: &[1, 2, 3, 4, 6, 15, 42, 43, 66, 67, 120] },
        told: &[
            (66, b"http://192.168.10.1"),
            (67, b"prov/{mac}.htm"),
            (43, b"\x42\x14http://192.168.10.1\0\x43\x0fprov/{mac}.htm\0"),
        ],
    },
    Maker {
        label: "grandstrm",
        mac: "00:0b:82:11:22:33",
        asks: Asks {
            vendor: "Grandstream GXP2130 dslforum.org",
            options: &[1, 2, 3, 6, 12, 15, 28, 42, 43, 66, 120, 125],
        },
        told: &[(66, FOLDER.as_bytes())],
    },
    Maker {
        label: "cisco",
        mac: "00:26:99:11:22:33",
        asks: Asks {
            vendor: "Cisco SPA504G",
            options: &[1, 3, 42, 6, 7, 15, 58, 59, 44, 66, 150, 151],
        },
        told: &[(66, b"http://192.168.10.1/prov/spa$PSN.cfg"), (150, &[192, 168, 10, 1])],
    },
    Maker {
        label: "linksys",
        mac: "00:0e:08:11:22:33",
        asks: Asks { vendor: "LINKSYS SPA-942", options: &[1, 3, 42, 6, 7, 15, 58, 59, 44, 66] },
        told: &[(66, b"192.168.10.1")],
    },
];

/// Options by which any maker could be told where its files are.
const WHERE: [u8; 12] = [43, 66, 67, 114, 125, 128, 132, 150, 156, 159, 160, 242];

#[test]
fn each_maker_is_told_where_its_files_are_in_its_own_form_and_nothing_is_malformed() {
    if !can_run("each_maker_is_told_where_its_files_are", &CLIENTS) {
        return;
    }
    let lan = Lan::new();
    let daemon = Daemon::start(&lan);
    let capture = Capture::begin(daemon.host());
    for maker in &MAKERS {
        let phone = lan.plug(maker.label, maker.mac);
        let lease = udhcpc(&phone, &maker.asks).expect(maker.label);
        let name = format!("{}.cfg", phone.mac12());
        match maker.label {
            "yealink" => {
                let file = tftp(&phone, Tftp::Atftp, &name).unwrap();
                let account = yealink_account(&file);
                assert!(register(&phone, lease.ip(), &account, Transport::Udp, 200).good);
                let own = phone.mac12();
                assert!(phone.script("pnp.py", &[lease.ip(), &own, "5061"]).good);
            }
            _other => drop(get(&phone, &format!("/prov/{name}"))),
        }
    }
    let stranger = lan.plug_at("stranger", "02:00:00:00:00:66", "192.168.10.200/24");
    assert!(tftp(&stranger, Tftp::Hpa, "001565112233.cfg").is_err());
    let wire = capture.end();
    for maker in &MAKERS {
        for kind in [2, 5] {
            let told = told(&wire, maker.mac, kind);
            let wanted: Vec<(u8, String)> =
                maker.told.iter().map(|(code, value)| (*code, hex(value))).collect();
            assert_eq!(sorted(told), sorted(wanted), "{} {kind}", maker.label);
        }
    }
    nothing_is_malformed(&wire);
}

/// What one answer of the box told a phone of where its files are, as tshark reads it.
fn told(wire: &Wire<'_>, mac: &str, kind: u8) -> Vec<(u8, String)> {
    let filter = format!("dhcp.option.dhcp == {kind} && dhcp.hw.mac_addr == {mac}");
    let lines = wire.fields(&filter, &["dhcp.option.type", "dhcp.option.value"]);
    let line = lines.first().unwrap_or_else(|| panic!("no answer {kind} to {mac}"));
    let (codes, values) = line.split_once('|').unwrap();
    // The END option has a code and no value.
    let codes = codes.split(';').map(|code| code.parse::<u8>().unwrap());
    let pairs = codes.zip(values.split(';').map(|value| value.replace(':', "")));
    pairs.filter(|(code, _)| WHERE.contains(code)).collect()
}

fn nothing_is_malformed(wire: &Wire<'_>) {
    let ours = format!("ip.src == {BOX}");
    for protocol in ["dhcp", "tftp", "sip"] {
        let all = wire.fields(&format!("{ours} && {protocol}"), &["frame.number"]);
        assert!(!all.is_empty(), "no {protocol} was heard");
    }
    // tshark reads every option 43 as that of a boot ROM; Snom's has a form of its own.
    let flaws = [
        "_ws.malformed",
        "dhcp && dhcp.hw.mac_addr != 00:04:13:11:22:33 && _ws.expert.severity == \"Error\"",
        "(tftp || sip || http) && _ws.expert.severity == \"Error\"",
        // That a TFTP error is one is worth a warning to tshark.
        "(dhcp || sip || tftp.opcode != 5) && _ws.expert.severity == \"Warning\"",
    ];
    for flaw in flaws {
        let found = wire.fields(
            &format!("{ours} && ({flaw})"),
            &["frame.number", "frame.protocols", "_ws.expert.message"],
        );
        assert!(found.is_empty(), "{flaw}: {found:?}");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sorted(mut options: Vec<(u8, String)>) -> Vec<(u8, String)> {
    options.sort();
    options
}
