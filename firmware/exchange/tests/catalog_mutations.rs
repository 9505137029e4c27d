//! Spoiled signs and names of files: what is read of one stands in it, and keeps its bounds.
//!
//! The corpus is `tests/golden/fingerprints.jsonl`. `WIRE_MUTATIONS` says how many each test makes
//! (a million when unset); they begin at 1 and 2, to which `WIRE_SEED` is added.

mod mutation;

use exchange::catalog::{
    Answer, Catalog, Family, FileAsked, Identity, Sign, SignKind, Stage, Text, Weight,
};
use mutation::{total, tried_much, Chance};
use serde_json::Value;
use std::collections::BTreeSet;
use wire::Mac;

const SAMPLES: &str = include_str!("../../../tests/golden/fingerprints.jsonl");

/// What makers put before and behind a hardware address to name a file.
const FORMS: [(&str, &str); 13] = [
    ("", ".cfg"),
    ("", ".boot"),
    ("", ".xml"),
    ("", ".htm"),
    ("", ""),
    ("", "-line.cfg"),
    ("", "-directory.xml"),
    ("", "_Security.enc"),
    ("cfg", ".xml"),
    ("config", ".cfg"),
    ("spa", ".cfg"),
    ("snom720-", ".htm"),
    ("SEP", ".cnf.xml"),
];

/// The genuine strings of one kind, as they travel.
fn genuine(kind: SignKind) -> Vec<Vec<u8>> {
    let name = match kind {
        SignKind::VendorClass => "dhcp_option60",
        SignKind::ParameterList => "dhcp_option55",
        SignKind::UserClass => "dhcp_option77",
        SignKind::HttpUserAgent => "http_user_agent",
        // Of host names there are no samples; some makers' begin as what they say in SIP.
        SignKind::SipUserAgent | SignKind::HostName => "sip_user_agent",
        SignKind::PnpEvent => "pnp_event",
        SignKind::PnpRequestUri => "pnp_request_uri",
        SignKind::FileName => return names(),
        SignKind::Oui => return macs().iter().map(|mac| mac.0.to_vec()).collect(),
    };
    let list = |text: String| text.split(',').filter_map(|code| code.parse().ok()).collect();
    let is_list = kind == SignKind::ParameterList;
    let travels = |text: String| if is_list { list(text) } else { text.into_bytes() };
    strings(name).into_iter().map(travels).collect()
}

fn samples() -> impl Iterator<Item = Value> {
    SAMPLES.lines().filter_map(|line| serde_json::from_str(line).ok())
}

fn strings(kind: &str) -> Vec<String> {
    let all = samples().filter(|sample| sample["kind"] == kind);
    all.filter_map(|sample| Some(sample["string"].as_str()?.to_owned())).collect()
}

/// The hardware addresses of the phones that the strings are from.
fn macs() -> Vec<Mac> {
    samples().filter_map(|sample| Mac::parse(sample["mac"].as_str()?.as_bytes())).collect()
}

/// The genuine names of files, and what makers form of the addresses.
fn names() -> Vec<Vec<u8>> {
    let formed = macs().into_iter().zip(FORMS.into_iter().cycle());
    let formed = formed.map(|(mac, (before, behind))| format!("{before}{}{behind}", mac.bare()));
    strings("filename").into_iter().chain(formed).map(String::into_bytes).collect()
}

fn sign(kind: SignKind, bytes: &[u8]) -> Sign<'_> {
    match kind {
        SignKind::HostName => Sign::HostName(bytes),
        SignKind::ParameterList => Sign::ParameterList(bytes),
        SignKind::Oui => Sign::Oui(Mac(std::array::from_fn(|at| *bytes.get(at).unwrap_or(&0)))),
        SignKind::PnpRequestUri => Sign::PnpRequestUri(bytes),
        SignKind::FileName => Sign::FileName(bytes),
        SignKind::UserClass => Sign::UserClass(bytes),
        SignKind::VendorClass => Sign::VendorClass(bytes),
        SignKind::PnpEvent => Sign::PnpEvent(bytes),
        SignKind::HttpUserAgent => Sign::HttpUserAgent(bytes),
        SignKind::SipUserAgent => Sign::SipUserAgent(bytes),
    }
}

#[test]
fn spoiled_signs_tell_nothing_that_does_not_stand_in_them() {
    let (catalog, total) = (Catalog::new(), total());
    let corpus = SignKind::ALL.map(|kind| (kind, genuine(kind)));
    let mut recognised = [0; SignKind::ALL.len()];
    let mut chance = Chance::new(1);
    for number in 0..total {
        let place = number % corpus.len();
        let (kind, own) = &corpus[place];
        let (_, others) = chance.of(&corpus);
        // What is said in one place is sometimes said in another.
        let from = if chance.below(8) == 0 { others } else { own };
        let mut bytes = chance.of(from).clone();
        let other = chance.of(others);
        chance.spoil(&mut bytes, other);
        let identity = catalog.identify(sign(*kind, &bytes));
        let text = bytes.escape_ascii();
        assert!(stands_in(*kind, &bytes, &identity), "{kind:?} {text}: {identity:?}");
        recognised[place] += usize::from(identity.family.is_some());
    }
    tried_much(recognised.iter().sum(), total);
    assert!(recognised.iter().all(|count| *count > total / 2_000), "{recognised:?}");
}

/// Whether what was read of a sign keeps its bounds and stands in it.
fn stands_in(kind: SignKind, bytes: &[u8], identity: &Identity) -> bool {
    let Identity { family, vendor, model, version, mac, stage, at_most, own } = identity;
    let ours = family.map_or(vendor.is_empty(), |family| {
        Family::ALL.contains(&family) && (!vendor.is_empty() || family.vendor().is_empty())
    });
    let model = model.as_ref().is_none_or(|model| {
        // A list of options stands for a model and does not spell it.
        let spelt = kind == SignKind::ParameterList || has(&letters(bytes), &letters(model));
        is_plain(model) && spelt
    });
    let version = version.as_ref().is_none_or(|it| is_plain(it) && has(bytes, it.as_bytes()));
    let mac = mac.is_none_or(|mac| kind != SignKind::Oui && has_mac(bytes, mac));
    let stage = *stage != Stage::Either || kind == SignKind::HttpUserAgent;
    let weight = kind != SignKind::Oui || family.is_none() || *at_most <= Weight::Weak;
    ours && model && version && mac && stage && weight && !own
}

/// Printable, and neither empty nor longer than a page shows.
fn is_plain(text: &Text) -> bool {
    (1..=40).contains(&text.len()) && text.bytes().all(|byte| (0x20..0x7f).contains(&byte))
}

/// Letters and digits in one case: all that makers' spellings of a model agree in.
fn letters(text: impl AsRef<[u8]>) -> Vec<u8> {
    let letters = text.as_ref().iter().filter(|byte| byte.is_ascii_alphanumeric());
    letters.map(u8::to_ascii_uppercase).collect()
}

fn has(bytes: &[u8], part: &[u8]) -> bool {
    part.is_empty() || bytes.windows(part.len()).any(|window| window == part)
}

/// Whether the twelve digits of an address stand in a row somewhere, separators aside.
fn has_mac(bytes: &[u8], mac: Mac) -> bool {
    let digits = mac.bare().to_string();
    (0..bytes.len()).any(|at| {
        let mut rest = &bytes[at..];
        digits.bytes().all(|digit| loop {
            rest = match rest {
                [b':' | b'-' | b'.', tail @ ..] | [b'%', b'3', b'A' | b'a', tail @ ..] => tail,
                [first, tail @ ..] if first.eq_ignore_ascii_case(&digit) => {
                    rest = tail;
                    break true;
                }
                _another => break false,
            }
        })
    })
}

#[test]
fn spoiled_names_of_files_ask_for_nothing_that_does_not_stand_in_them() {
    let (catalog, corpus, total) = (Catalog::new(), names(), total());
    let templates: BTreeSet<_> = catalog.templates().collect();
    let makers = corpus.iter().filter_map(|name| catalog.identify(Sign::FileName(name)).family);
    let makers = Vec::from_iter(BTreeSet::from_iter(makers));
    let (mut known, mut told, mut chance) = (0, 0, Chance::new(2));
    for number in 0..total {
        let mut bytes = chance.of(&corpus).clone();
        let other = chance.of(&corpus);
        chance.spoil(&mut bytes, other);
        let name = String::from_utf8_lossy(&bytes);
        let alone = catalog.file(&name, None);
        assert!(alone.iter().all(|it| names_it(&name, it, &templates)), "{name:?}: {alone:?}");
        known += usize::from(alone.is_some());
        // Each name walks past every pattern, so not all walk twice.
        if number % 4 != 0 {
            continue;
        }
        let hint = *chance.of(&makers);
        let hinted = catalog.file(&name, Some(hint));
        assert!(hinted.iter().all(|it| names_it(&name, it, &templates)), "{name:?}: {hinted:?}");
        // None: the maker uses the name, but for a file that no phone is given.
        let by_hint = hinted.as_ref().is_none_or(|asked| asked.family == hint);
        assert!(by_hint || hinted == alone, "{name:?}, {hint:?}: {hinted:?}, not {alone:?}");
        told += usize::from(hinted != alone);
    }
    tried_much(known, total);
    assert!(told > total / 5_000, "a hint told {told} of {total}");
}

/// Whether what a name asks for keeps its bounds and stands in the name.
fn names_it(name: &str, asked: &FileAsked, templates: &BTreeSet<&str>) -> bool {
    let FileAsked { family, mac, model, answer } = asked;
    let mac = mac.is_none_or(|mac| mac.0 != [0; 6] && has_mac(name.as_bytes(), mac));
    // Before the number of a model its maker's letters may be put.
    let number = |text: &[u8]| text.iter().copied().filter(u8::is_ascii_digit).collect::<Vec<_>>();
    let model = model.as_ref().is_none_or(|model| {
        is_plain(model) && has(&number(name.as_bytes()), &number(model.as_bytes()))
    });
    let answer = match answer {
        Answer::Handset { template, content_type } | Answer::Common { template, content_type } => {
            templates.contains(template) && content_type.contains('/')
        }
        Answer::Absent(absence) => !absence.reason().is_empty(),
        Answer::Book => family.book().is_some(),
        Answer::Firmware | Answer::Upload => true,
    };
    Family::ALL.contains(family) && mac && model && answer
}
