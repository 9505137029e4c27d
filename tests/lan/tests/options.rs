//! What `dialtone options` prints is what others read in the very message: tshark takes the OFFER
//! apart, for one phone of every maker.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

use lan::can_run;
use lan::daemon::program;
use lan::net::{Host, Lan};

/// A phone of each family: its address, its vendor class, and what it asks for.
const PHONES: [(&str, &str, &str); 17] = [
    ("00:15:65:11:22:33", "yealink", "1,3,6,12,15,28,42,43,66,160"),
    ("00:04:13:11:22:33", "snom320", "1,2,3,6,7,12,15,42,66,67,100,101"),
    ("00:04:f2:11:22:33", "Polycom-VVX300", "1,2,3,6,15,42,43,66,150,160"),
    ("00:0b:82:11:22:33", "Grandstream GXP2130 dslforum.org", "1,3,6,15,42,43,66,120,125"),
    ("00:0e:08:11:22:33", "LINKSYS SPA-942", "1,3,6,15,42,66,150,159,160"),
    ("00:07:0e:11:22:33", "Cisco Systems, Inc. IP Phone CP-7960G", "1,3,6,15,35,66,150"),
    ("00:a2:89:11:22:33", "Cisco CP-8851-3PCC", "1,3,6,12,15,42,66,125,150,159,160"),
    ("00:08:5d:11:22:33", "AastraIPPhone6739i", "1,3,6,15,42,43,66,159,160"),
    ("0c:38:3e:11:22:33", "Fanvil", "1,3,6,15,42,43,66,128"),
    ("08:00:23:11:22:33", "Panasonic", "1,3,6,15,42,66,159,160"),
    ("7c:2f:80:11:22:33", "Gigaset_DE900", "1,3,6,15,42,66,114"),
    ("00:04:0d:11:22:33", "ccp.avaya.com", "1,3,6,7,15,26,42,43,242"),
    ("00:1f:c1:11:22:33", "Htek", "1,3,6,15,42,43,66"),
    ("0c:11:05:11:22:33", "Akuvox", "1,3,6,15,42,43,66"),
    ("00:80:9f:11:22:33", "alcatel.noe.0", "1,3,6,15,42,43,66,67"),
    ("3c:97:0e:11:22:33", "MSFT 5.0", "1,3,6,15,31,33,43,44,46,47,121,249"),
    ("3c:97:0e:11:22:34", "dhcpcd", "1,3,6,12,15,26,28,42,66,150"),
];

/// The option number and the bytes of each option, as tshark reads them.
fn by_tshark(host: &Host, packet: &str) -> Vec<(String, String)> {
    let bytes: Vec<String> = packet
        .as_bytes()
        .chunks(2)
        .map(|pair| String::from_utf8_lossy(pair).into_owned())
        .collect();
    host.write("offer.txt", &format!("000000 {}\n", bytes.join(" ")));
    let made = host.run("text2pcap", &["-q", "-u", "67,68", "offer.txt", "offer.pcap"]);
    assert!(made.good, "{}", made.err);
    let words = ["-n", "-r", "offer.pcap", "-T", "pdml"];
    let said = host.run("tshark", &words);
    assert!(said.good, "{}", said.err);
    // One element for each option, of which `value` is its code, length and bytes in hex.
    let options = said.out.lines().filter(|line| line.contains("name=\"dhcp.option.type\""));
    let part = |line: &str, name: &str| {
        lan::between(line, &format!(" {name}=\""), "\"").unwrap_or_default().to_owned()
    };
    let read = options.map(|line| (part(line, "show"), part(line, "value")));
    read.filter(|(code, _)| code != "255" && code != "0").collect()
}

#[test]
fn what_is_printed_of_every_maker_is_what_tshark_reads() {
    if !can_run("what_is_printed_is_what_tshark_reads", &["ip", "tshark", "text2pcap"]) {
        return;
    }
    let lan = Lan::new();
    let host = lan.plug("reader", "02:00:00:00:00:77");
    let program = program();
    let program = program.to_str().unwrap();
    for (mac, class, list) in PHONES {
        let words = ["options", "--mac", mac, "--vendor-class", class, "--request-list", list];
        let told = host.run(program, &words);
        assert!(told.good, "{class}: {}", told.err);
        let packet = host.run(program, &[&words[..], &["--packet"]].concat());
        let sent = told.out.split("\nNot sent:").next().unwrap_or_default();
        let mut printed = Vec::new();
        let mut code = String::new();
        for line in sent.lines() {
            match line.strip_prefix("      hex  ") {
                Some(hex) => printed.push((code.clone(), hex.to_owned())),
                None if !line.starts_with("      ") => {
                    code = line.split_whitespace().next().unwrap_or_default().to_owned();
                }
                None => {}
            }
        }
        let read = by_tshark(&host, packet.out.trim());
        assert!(printed.len() >= 6, "{class}: {}", told.out);
        let read: Vec<(String, String)> = read
            .into_iter()
            .map(|(code, value)| (code, value.get(4..).unwrap_or_default().to_owned()))
            .collect();
        assert_eq!(printed, read, "{class}");
        assert_eq!(sent.matches("      why  ").count(), printed.len(), "{class}");
    }
}
