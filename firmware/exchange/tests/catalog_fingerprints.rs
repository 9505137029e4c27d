//! Every string of `tests/golden/fingerprints.jsonl`, and of a file for each newer maker in the
//! folder of that name, is recognised for what its source says it is.
//!
//! Each line names its origin: `quoted` and `transcribed` were sent by phones or stand in others'
//! tests, `rule` and `rule-part` are what production DHCP servers test for. None was made up here.

use exchange::catalog::{Catalog, Identity, Sign};
use serde_json::Value;
use std::collections::BTreeMap;
use wire::Mac;

const SAMPLES: &str = include_str!("../../../tests/golden/fingerprints.jsonl");

/// None of these was seen: each is how a maker's next model or version would say it.
const TOMORROW: &str = include_str!("../../../tests/golden/tomorrow.txt");

/// All samples, a line each.
fn samples() -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/fingerprints");
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let more = files.map(|file| std::fs::read_to_string(file.path()));
    let texts = std::iter::once(Ok(SAMPLES.to_owned())).chain(more);
    texts.flat_map(|text| text.map_or_else(|it| panic!("{it}"), |text| read(&text))).collect()
}

fn read(text: &str) -> Vec<Value> {
    let one = |line| serde_json::from_str(line).unwrap_or_else(|it| panic!("{line}: {it}"));
    text.lines().map(one).collect()
}

/// What a kind of sign scored.
#[derive(Default, Debug)]
struct Score {
    right: usize,
    wrong_family: usize,
    no_family: usize,
    wrong_detail: usize,
}

fn identified(catalog: &Catalog, kind: &str, text: &str) -> Identity {
    let bytes = text.as_bytes();
    let list: Vec<u8> = text.split(',').filter_map(|code| code.parse().ok()).collect();
    catalog.identify(match kind {
        "dhcp_option60" => Sign::VendorClass(bytes),
        "dhcp_option55" => Sign::ParameterList(&list),
        "dhcp_option77" => Sign::UserClass(bytes),
        "http_user_agent" => Sign::HttpUserAgent(bytes),
        "sip_user_agent" => Sign::SipUserAgent(bytes),
        "pnp_event" => Sign::PnpEvent(bytes),
        "pnp_request_uri" => Sign::PnpRequestUri(bytes),
        "filename" => Sign::FileName(bytes),
        other => panic!("no such kind: {other}"),
    })
}

/// The details of `sample` that `identity` does not say as it does.
fn differences(sample: &Value, identity: &Identity) -> Vec<String> {
    let Identity { vendor, model, version, mac, .. } = identity;
    let mac = mac.map(|mac| mac.bare().to_string());
    let have = [
        ("vendor", Some(*vendor).filter(|vendor| !vendor.is_empty())),
        ("model", model.as_deref()),
        ("version", version.as_deref()),
        ("mac", mac.as_deref()),
    ];
    let differs = have.into_iter().filter(|(key, have)| sample[*key].as_str() != *have);
    differs.map(|(key, have)| format!("{key} {have:?}, not {}", sample[key])).collect()
}

#[test]
fn every_genuine_string_is_recognised_as_its_source_says() {
    let catalog = Catalog::new();
    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    let mut complaints = Vec::new();
    for sample in samples() {
        let (kind, text) = (sample["kind"].as_str().unwrap(), sample["string"].as_str().unwrap());
        let identity = identified(&catalog, kind, text);
        let score = scores.entry(kind.to_owned()).or_default();
        let family = identity.family.map(|family| family.id());
        let details = differences(&sample, &identity);
        match (family, sample["family"].as_str()) {
            (have, wanted) if have == wanted && details.is_empty() => score.right += 1,
            (have, wanted) if have == wanted => score.wrong_detail += 1,
            (None, _) => score.no_family += 1,
            (Some(_), _) => score.wrong_family += 1,
        }
        if family != sample["family"].as_str() || !details.is_empty() {
            complaints.push(format!("{kind} {text:?}: family {family:?}; {details:?}"));
        }
    }
    for (kind, score) in &scores {
        println!("{kind}: {score:?}");
    }
    assert_eq!(complaints, Vec::<String>::new());
}

#[test]
fn the_next_models_and_versions_of_a_maker_are_recognised_too() {
    let catalog = Catalog::new();
    let mut scores: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut complaints = Vec::new();
    for row in TOMORROW.lines().filter(|row| !row.starts_with('#')) {
        let [kind, text, family, model, version] = row.split('|').collect::<Vec<_>>()[..] else {
            panic!("five columns: {row}");
        };
        let identity = identified(&catalog, kind, text);
        let have = (
            identity.family.map_or("", |family| family.id()),
            identity.model.as_deref().unwrap_or(""),
            identity.version.as_deref().unwrap_or(""),
        );
        let (right, all) = scores.entry(kind).or_default();
        *all += 1;
        if have == (family, model, version) {
            *right += 1;
        } else {
            complaints.push(format!("{kind} {text:?}: {have:?}"));
        }
    }
    for (kind, (right, all)) in &scores {
        println!("{kind}: {right} of {all} right");
    }
    assert_eq!(complaints, Vec::<String>::new());
}

#[test]
fn what_is_no_desk_phone_is_not_taken_for_one() {
    let catalog = Catalog::new();
    for (kind, text) in [
        ("sip_user_agent", "friendly-scanner"),
        ("sip_user_agent", "Asterisk PBX 18.2"),
        ("sip_user_agent", "Cisco-SIPGateway/IOS-15.2"),
        ("sip_user_agent", "snomONE/5.0.10"),
        ("sip_user_agent", "Mitel-5000-ICP-5.0"),
        ("sip_user_agent", "Grandstream Wave"),
        ("http_user_agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"),
        ("http_user_agent", "curl/8.5.0"),
        ("dhcp_option60", "Cisco Systems, Inc. Access Point"),
        ("dhcp_option60", "android-dhcp-13"),
        ("dhcp_option60", "PXEClient:Arch:00000:UNDI:002001"),
        ("dhcp_option55", "1,3,6,15,31,33,43,44,46,47,119,121,249,252"),
        ("pnp_event", "ua-profile;profile-type=\"device\""),
        ("pnp_request_uri", "sip:MAC%3a020000000001@224.0.1.75"),
        ("filename", "favicon.ico"),
        ("filename", "020000000001.cfg"),
        ("filename", ""),
    ] {
        assert_eq!(identified(&catalog, kind, text).family, None, "{kind} {text}");
    }
}

#[test]
fn an_address_prefix_tells_its_owner_by_its_longest_match() {
    let catalog = Catalog::new();
    let owner = |text: &str| {
        let mac = Mac::parse(text.as_bytes()).unwrap();
        catalog.identify(Sign::Oui(mac)).family.map(|family| family.id())
    };
    assert_eq!(owner("00:15:65:00:00:01"), Some("yealink"));
    assert_eq!(owner("00:0e:08:00:00:01"), Some("cisco_spa"));
    assert_eq!(owner("02:00:00:00:00:01"), None);
}

#[test]
fn hostile_bytes_are_answered_and_not_feared() {
    let catalog = Catalog::new();
    let long = vec![b'a'; 64 * 1024];
    let mut nul = b"yealink".to_vec();
    nul.extend([0; 200]);
    for bytes in [&long[..], &[0xff; 255], &[0; 255], b"", b"\0", b"ua-profile;;;=;vendor=;\"\""] {
        for sign in [
            Sign::VendorClass(bytes),
            Sign::ParameterList(bytes),
            Sign::HostName(bytes),
            Sign::UserClass(bytes),
            Sign::FileName(bytes),
            Sign::HttpUserAgent(bytes),
            Sign::SipUserAgent(bytes),
            Sign::PnpEvent(bytes),
            Sign::PnpRequestUri(bytes),
        ] {
            assert_eq!(catalog.identify(sign).mac, None);
        }
    }
    let family = catalog.identify(Sign::VendorClass(&nul)).family;
    assert_eq!(family.map(|family| family.id()), Some("yealink"), "trailing NULs are nothing");
    let odd = b"AVAYA/SIP12x0\xff/04.00.04.00";
    assert!(catalog.identify(Sign::HttpUserAgent(odd)).family.is_some(), "not UTF-8");
}
