//! The corpus: each file says where its bytes come from and what reading them gives.
//!
//! Lines that begin with `#` are `# origin: TEXT`, `# expect: ok` or `# expect: FAULT`, and any
//! number of `# option: CODE HEX`, the whole value as it must be joined. The rest is hex.

use std::path::PathBuf;
use std::{env, fs};

use wire::dhcp::Message;

pub(crate) struct Golden {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) origin: String,
    pub(crate) expect: String,
    pub(crate) options: Vec<(u8, Vec<u8>)>,
}

pub(crate) fn packets() -> Vec<Golden> {
    let folder: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "../../tests/golden/packets/dhcp"].iter().collect();
    let mut packets: Vec<Golden> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "hex"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            read(name, &fs::read_to_string(&path).unwrap())
        })
        .collect();
    packets.sort_by(|one, other| one.name.cmp(&other.name));
    packets
}

fn read(name: String, text: &str) -> Golden {
    let (mut bytes, mut options) = (Vec::new(), Vec::new());
    let (mut origin, mut expect) = (String::new(), String::new());
    for line in text.lines() {
        match line.strip_prefix("# ").and_then(|comment| comment.split_once(": ")) {
            Some(("origin", said)) => origin.push_str(said),
            Some(("expect", said)) => expect.push_str(said),
            Some(("option", said)) => {
                let (code, value) = said.split_once(' ').unwrap();
                options.push((code.parse().unwrap(), hex(value)));
            }
            Some((other, _)) => panic!("{name}: what is \"{other}\"?"),
            None => bytes.extend(hex(line)),
        }
    }
    Golden { name, bytes, origin, expect, options }
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> =
        text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(16).unwrap()).collect();
    assert!(digits.len().is_multiple_of(2), "half a byte in {text}");
    digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()
}

#[test]
fn every_packet_of_the_corpus_gives_what_its_file_says() {
    let packets = packets();
    assert!(packets.len() >= 30, "the corpus is not where it is looked for");
    for packet in packets {
        assert!(!packet.origin.is_empty(), "{}: no origin", packet.name);
        match Message::parse(&packet.bytes) {
            Ok(message) => {
                assert_eq!(packet.expect, "ok", "{}", packet.name);
                for (code, value) in packet.options {
                    let seen = message.option(code);
                    assert_eq!(seen.as_deref(), Some(&value[..]), "{}: {code}", packet.name);
                }
            }
            Err(fault) => assert_eq!(format!("{fault:?}"), packet.expect, "{}", packet.name),
        }
    }
}
