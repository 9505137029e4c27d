//! Every template against the files that a human has read, byte for byte, and against the format's
//! real rules. `UPDATE_GOLDEN=1 cargo test -p render golden` writes the files anew.
//!
//! Three cases: a handset with one line and nobody assigned, one with three lines and names made to
//! break out, and one of eight lines in a zone without summer time, half an hour off the others.

use super::office;
use crate::{Form, Shipped, Templates, SHIPPED};
use exchange::render::{Render, Values};
use std::path::PathBuf;

/// A name made to break out of every format.
const HOSTILE: &str = "Anna & \"Bob\" <x>; {{7*7}} \r\nadmin=1 é";

/// What is added to the file name, and the values.
fn cases(shipped: &Shipped) -> Vec<(&'static str, Values)> {
    if shipped.handset {
        vec![
            ("one-line", office::handset("Europe/Berlin", 1, "")),
            ("three-lines", office::handset("America/New_York", 3, HOSTILE)),
            ("eight-lines", office::handset("Asia/Kolkata", 8, "Anna Schmidt")),
        ]
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
    for shipped in SHIPPED.iter().filter(|shipped| shipped.form == Form::Lines) {
        for (case, values) in cases(shipped) {
            let text = rendered(shipped, &values);
            assert!(text.ends_with('\n') && !text.contains('\r'), "{} {case}", shipped.name);
            for line in text.lines() {
                assert!(is_comment_blank_or_setting(line), "{} {case}: {line}", shipped.name);
            }
            if shipped.name.starts_with("yealink/") {
                assert_eq!(text.lines().next(), Some("#!version:1.0.0.1"), "{case}");
            }
        }
    }
}

fn is_comment_blank_or_setting(line: &str) -> bool {
    if line.is_empty() || line.starts_with('#') {
        return true;
    }
    let Some((key, value)) = line.split_once(" = ") else {
        return false;
    };
    let key_is_plain = key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'_');
    key_is_plain && !key.is_empty() && value == value.trim_start()
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
        for number in 1..=6 {
            for part in ["h7k2m9q4-N", "secret-N-Zt8vR3nLq6Wd", "20N Anna"] {
                let part = part.replace('N', &number.to_string());
                assert_eq!(text.contains(&part), secret, "{} {part}", shipped.name);
            }
        }
    }
}
