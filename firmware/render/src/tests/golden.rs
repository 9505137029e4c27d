//! Every template against the files that a human has read, byte for byte, and against the format's
//! real rules. `UPDATE_GOLDEN=1 cargo test -p render golden` writes the files anew.
//!
//! Three cases: a handset with one line and nobody assigned, one with three lines and names made to
//! break out, and one of eight lines in a zone without summer time, half an hour off the others.
//! A maker who gives several forms of file one name has a case more for each, and everything that
//! can be set is set in one more. A handset that nobody has asks at its display, if it can.

use super::office;
use crate::{Form, Shipped, Templates, SHIPPED};
use exchange::catalog::Family;
use exchange::render::{Render, Values};
use std::path::PathBuf;

/// A name made to break out of every format.
const HOSTILE: &str = "Anna & \"Bob\" <x>; {{7*7}} \r\nadmin=1 é";

/// What is added to the file name, and the values.
fn cases(shipped: &Shipped) -> Vec<(&'static str, Values)> {
    if shipped.handset {
        let mut cases = vec![
            ("one-line", office::handset("Europe/Berlin", 1, "")),
            ("three-lines", office::handset("America/New_York", 3, HOSTILE)),
            ("eight-lines", office::handset("Asia/Kolkata", 8, "Anna Schmidt")),
        ];
        cases.extend(office::models(shipped.name).iter().map(|(case, model)| {
            let values = office::handset("Europe/Berlin", 2, "Anna Schmidt");
            (*case, Values { model: (*model).into(), ..values })
        }));
        cases.push(("everything", office::everything_set(2)));
        cases.push(("remote", office::remote(2)));
        let family = shipped.name.split('/').next().and_then(Family::from_id);
        if family.and_then(Family::screens).is_some() && shipped.name != "polycom/mac.cfg" {
            cases.push(("asking", office::asking(2)));
        }
        cases
    } else {
        vec![
            ("summer", office::common("Europe/Berlin")),
            ("no-summer", office::common("Asia/Kolkata")),
        ]
    }
}

fn rendered(shipped: &Shipped, values: &Values) -> String {
    let mut out = Vec::new();
    Templates::shipped().unwrap().render(shipped.name, values, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// `yealink/mac.cfg` and `one-line` give `yealink/mac.one-line.cfg`.
fn golden_path(name: &str, case: &str) -> PathBuf {
    let (stem, extension) = name.rsplit_once('.').unwrap();
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/golden/files")
        .join(format!("{stem}.{case}.{extension}"))
}

#[test]
fn every_template_renders_as_its_golden_files_say() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    for shipped in SHIPPED {
        for (case, values) in cases(shipped) {
            let path = golden_path(shipped.name, case);
            let text = rendered(shipped, &values);
            if update {
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(&path, &text).unwrap();
            }
            let golden = std::fs::read_to_string(&path)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert!(golden == text, "{} differs; set UPDATE_GOLDEN=1, read it", path.display());
        }
    }
}

#[test]
fn no_golden_file_is_left_over() {
    let mut known = Vec::new();
    for shipped in SHIPPED {
        known.extend(cases(shipped).iter().map(|(case, _)| golden_path(shipped.name, case)));
    }
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/files");
    for family in std::fs::read_dir(root).unwrap() {
        for file in std::fs::read_dir(family.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            assert!(known.contains(&path), "{} has no template", path.display());
        }
    }
}

#[test]
fn xml_is_well_formed_and_gives_hostile_names_back_whole() {
    for shipped in SHIPPED.iter().filter(|shipped| shipped.form == Form::Markup) {
        for (case, values) in cases(shipped) {
            let text = rendered(shipped, &values);
            let document = roxmltree::Document::parse(&text)
                .unwrap_or_else(|error| panic!("{} {case}: {error}", shipped.name));
            let kept = HOSTILE.replace("\r\n", "");
            let seen = document.descendants().any(|node| {
                node.text() == Some(kept.as_str())
                    || node.attributes().any(|attribute| attribute.value() == kept)
            });
            // Polycom's master file and the common files name no people.
            let named = shipped.handset && shipped.name != "polycom/mac.cfg";
            assert_eq!(seen, named && case == "three-lines", "{} {case}", shipped.name);
        }
    }
}

#[test]
fn key_and_value_files_hold_nothing_but_comments_blanks_and_settings() {
    for shipped in SHIPPED.iter().filter(|shipped| shipped.form != Form::Markup) {
        for (case, values) in cases(shipped) {
            let text = rendered(shipped, &values);
            assert!(text.ends_with('\n') && !text.contains('\r'), "{} {case}", shipped.name);
            for line in text.lines() {
                let good = is_comment_or_blank(line) || is_setting(shipped.form, line);
                assert!(good, "{} {case}: {line}", shipped.name);
            }
            let first = match shipped.name.split_once('/') {
                Some(("yealink" | "akuvox", _)) => "#!version:1.0.0.1",
                Some(("panasonic", _)) => {
                    "# Panasonic SIP Phone Standard Format File # DO NOT CHANGE THIS LINE!"
                }
                _ => continue,
            };
            assert_eq!(text.lines().next(), Some(first), "{} {case}", shipped.name);
        }
    }
}

fn is_comment_or_blank(line: &str) -> bool {
    line.is_empty() || line.starts_with('#')
}

fn is_setting(form: Form, line: &str) -> bool {
    let parts = match form {
        Form::Lines => line.split_once(" = ").or_else(|| line.split_once('=')),
        Form::Colons => line.split_once(": ").or_else(|| line.strip_suffix(':').map(|l| (l, ""))),
        Form::Quoted => return is_quoted_setting(line),
        Form::Markup => None,
    };
    let section = line.strip_prefix('[').and_then(|line| line.strip_suffix(']'));
    let Some((key, value)) = parts.or(section.map(|name| (name, ""))) else { return false };
    let key = key.trim_end();
    let own: &[u8] = if form == Form::Colons { b" ^[]|" } else { b"._" };
    let key_is_plain = key.bytes().all(|b| b.is_ascii_alphanumeric() || own.contains(&b));
    let ends = form == Form::Colons && value.contains('#');
    key_is_plain && !key.is_empty() && value == value.trim_start() && !ends
}

/// `NAME="value"`, `name: "value"`, `SET NAME "value"`, `NAME value`, or a word of the maker's
/// without a value.
fn is_quoted_setting(line: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_$. ".contains(&b);
    let name = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    // `NAME value` and `[SECTION]`, as the Avaya 1100 and 1200 read them.
    let spaced = line.split_once(' ').is_some_and(|(key, value)| {
        key.bytes().all(name) && !value.is_empty() && !value.contains(['"', ' '])
    });
    let section = line.strip_prefix('[').and_then(|line| line.strip_suffix(']'));
    if spaced || section.is_some_and(|section| section.bytes().all(name)) {
        return true;
    }
    let mut parts = line.split('"');
    let key = parts.next().unwrap_or_default();
    let key = key.strip_suffix(['=', ' ']).unwrap_or(key);
    let key = key.strip_suffix(':').unwrap_or(key);
    let rest: Vec<&str> = parts.collect();
    let closed = matches!(rest[..], [] | [_, ""]);
    closed && !key.is_empty() && key.bytes().all(plain) && !line.contains('\\')
}

#[test]
fn files_common_to_all_phones_hold_nothing_of_a_handset() {
    for shipped in SHIPPED.iter().filter(|shipped| !shipped.handset) {
        let with = rendered(shipped, &office::handset("Europe/Berlin", 3, HOSTILE));
        let without = rendered(shipped, &office::common("Europe/Berlin"));
        assert!(with == without, "{}", shipped.name);
    }
}

#[test]
fn every_time_zone_can_be_written_for_every_maker() {
    let templates = Templates::shipped().unwrap();
    for zone in exchange::zone::all() {
        let values = office::handset(zone.name, 1, "Anna");
        for shipped in SHIPPED {
            let outcome = templates.render(shipped.name, &values, &mut Vec::new());
            assert_eq!(outcome, Ok(()), "{} {}", shipped.name, zone.name);
        }
    }
}

#[test]
fn a_handset_file_carries_each_line_and_the_passwords() {
    for shipped in SHIPPED.iter().filter(|shipped| shipped.handset) {
        let text = rendered(shipped, &office::handset("Europe/Berlin", 6, "Anna"));
        let secret = shipped.name != "polycom/mac.cfg";
        assert_eq!(text.contains("web-7Hq2mKp9xW"), secret, "{}", shipped.name);
        for number in 1..=office::accounts(shipped.name).min(6) {
            for part in ["h7k2m9q4-N", "secret-N-Zt8vR3nLq6Wd", "20N Anna"] {
                let part = part.replace('N', &number.to_string());
                assert_eq!(text.contains(&part), secret, "{} {part}", shipped.name);
            }
        }
    }
}
