//! The table holds together, and a value is read as it is meant or refused.

extern crate std;

use super::*;
use crate::catalog::{Catalog, Family};
use crate::layer::{Firmware, Layer, Whom};
use crate::limits::{KEYS_MAX, SETTING_BYTES_MAX};
use crate::names::{text, HandsetNo};
use std::collections::BTreeSet;
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

#[test]
fn the_numbers_and_names_of_settings_are_those_of_the_first_release() {
    // If this fails, do not change the test: append the new setting instead.
    let ids = [
        "keys",
        "phone_book_url",
        "time_zone",
        "summer_time",
        "ntp_server",
        "vlan_id",
        "vlan_priority",
        "pc_vlan_id",
        "codecs",
        "syslog_server",
        "web_admin_password",
        "web_user_password",
        "provisioning_interval",
        "firmware_url",
        "language",
        "tone_country",
        "dial_plan",
        "sip_port",
        "rtp_ports",
        "keep_alive",
        "transport",
    ];
    for (code, id) in (1u8..).zip(ids) {
        assert_eq!(Setting::from_code(code).map(Setting::id), Some(id));
        assert_eq!(Setting::from_id(id).map(Setting::code), Some(code));
    }
    assert_eq!((TABLE.len(), Setting::from_code(0), Setting::from_code(22)), (21, None, None));
    for entry in &TABLE {
        assert!(entry.setting.entry().id == entry.id && !entry.reach.is_empty(), "{}", entry.id);
        if let Ground::Shipped(value) = entry.ground {
            assert_eq!(entry.setting.read(value).as_deref(), Ok(value), "{}", entry.id);
        }
    }
}

#[test]
fn a_value_is_stored_in_one_spelling() {
    for (setting, typed, stored) in [
        (Setting::SummerTime, " No ", "no"),
        (Setting::VlanId, "0042", "42"),
        (Setting::NtpServer, "Time.Example.COM", "time.example.com"),
        (Setting::NtpServer, "10.1.0.9", "10.1.0.9"),
        (Setting::PhoneBookUrl, "http://10.1.0.1/b.xml?a=1&b=2", "http://10.1.0.1/b.xml?a=1&b=2"),
        (Setting::TimeZone, "Europe/Berlin", "Europe/Berlin"),
        (Setting::Language, "DE", "de"),
        (Setting::ToneCountry, "Ch", "ch"),
        (Setting::Codecs, "g722, pcma  OPUS", "G722 PCMA OPUS"),
        (Setting::Keys, "BLF  204  Zoë ;;park 70; line 2 ", "blf 204 Zoë; park 70; line 2"),
        (Setting::DialPlan, "[1-9]XX | 0x. ", "[1-9]xx|0x."),
        (Setting::WebUserPassword, "a.b-c_d!", "a.b-c_d!"),
        (Setting::SipPort, "05062", "5062"),
        (Setting::RtpPorts, " 20000 - 20009", "20000-20009"),
        (Setting::Transport, "TLS ", "tls"),
    ] {
        assert_eq!(setting.read(typed).as_deref(), Ok(stored), "{typed}");
        assert_eq!(setting.read(stored).as_deref(), Ok(stored), "{stored} is read as itself");
    }
}

#[test]
fn what_is_no_value_is_refused_with_its_reason() {
    let long = "x".repeat(SETTING_BYTES_MAX + 1);
    let many = ["park 70"; KEYS_MAX + 1].join(";");
    let plans = ["1xx"; 9].join("|");
    for (setting, typed, bad) in [
        (Setting::VlanId, "", Bad::Empty),
        (Setting::Keys, " ; ; ", Bad::Empty),
        (Setting::Keys, long.as_str(), Bad::TooLong(SETTING_BYTES_MAX)),
        (Setting::Keys, "blf 204 A\nadmin=1", Bad::Letter),
        (Setting::Keys, "blf 204 \u{202e}A", Bad::Letter),
        (Setting::Keys, "blf 204 \"A\"", Bad::Letter),
        (Setting::Keys, many.as_str(), Bad::TooManyKeys),
        (Setting::Keys, "call 204", Bad::KeyKind),
        (Setting::Keys, "blf", Bad::KeyNumber),
        (Setting::Keys, "blf 0204", Bad::KeyNumber),
        (Setting::Keys, "line 9", Bad::KeyNumber),
        (Setting::Keys, "speed 12#", Bad::KeyNumber),
        (Setting::SummerTime, "maybe", Bad::YesNo),
        (Setting::VlanId, "4095", Bad::Number(0, 4_094)),
        (Setting::VlanId, "-1", Bad::Number(0, 4_094)),
        (Setting::NtpServer, "10.1.0.256", Bad::Host),
        (Setting::NtpServer, "a b", Bad::Host),
        (Setting::NtpServer, "-a.example", Bad::Host),
        (Setting::FirmwareUrl, "ftp://a/", Bad::Url),
        (Setting::FirmwareUrl, "http://", Bad::Url),
        (Setting::FirmwareUrl, "http://a/b c", Bad::Url),
        (Setting::FirmwareUrl, "http://a/#b", Bad::Url),
        (Setting::TimeZone, "Europe/Atlantis", Bad::Zone),
        (Setting::Language, "xx", Bad::Language),
        (Setting::ToneCountry, "atlantis", Bad::Country),
        (Setting::Codecs, "G722 G723", Bad::Codec),
        (Setting::Codecs, "G722 g722", Bad::Codec),
        (Setting::DialPlan, "1xx|", Bad::Rule),
        (Setting::DialPlan, "[9-1]x", Bad::Rule),
        (Setting::DialPlan, "[]x", Bad::Rule),
        (Setting::DialPlan, "1..", Bad::Rule),
        (Setting::DialPlan, "^.*$", Bad::Rule),
        (Setting::DialPlan, "[1-9]xx|*xx", Bad::RuleHidesClaim),
        (Setting::DialPlan, "*[3-5]4x", Bad::RuleHidesClaim),
        (Setting::DialPlan, "*44xxxxx", Bad::RuleHidesClaim),
        (Setting::DialPlan, plans.as_str(), Bad::TooManyRules),
        (Setting::RtpPorts, "16385-16400", Bad::Ports),
        (Setting::Transport, "sctp", Bad::Transport),
        (Setting::WebAdminPassword, "short", Bad::Password),
        (Setting::WebAdminPassword, "pass:word#1", Bad::Password),
    ] {
        assert_eq!(setting.read(typed), Err(bad), "{typed}");
        let said = bad.to_string();
        assert!(said.ends_with('.') && (typed.len() < 8 || !said.contains(typed)), "{said}");
    }
}

#[test]
fn a_plan_that_leaves_claim_codes_alone_is_taken() {
    for typed in ["*xx.", "*5x", "*[1-3]x", "[1-9]xx", "*44xxxxxx", "*44xxxxxxx", "x", "44x"] {
        assert!(Setting::DialPlan.read(typed).is_ok(), "{typed}");
    }
}

#[test]
fn whatever_is_typed_is_refused_or_stored_so_that_it_reads_as_itself() {
    let pieces = ["blf 204 A", ";", "|", "1xx", "[1-9]", ".", "http://a", "/", " ", "é", "G722"];
    let controls = ["\n", "\r", "\0", "\u{85}", "\u{2028}", "\"", "\\", "#", "'", "<", "&"];
    let pieces: Vec<&str> = pieces.into_iter().chain(controls).collect();
    let mut state = 1u64;
    let mut stored = 0;
    for _ in 0..20_000 {
        let mut typed = String::new();
        for _ in 0..1 + state % 5 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            typed.push_str(pieces[(state >> 33) as usize % pieces.len()]);
        }
        for entry in &TABLE {
            let Ok(value) = entry.setting.read(&typed) else { continue };
            stored += 1;
            assert!(
                !value.contains(|c: char| c.is_control() || matches!(c, '"' | '\\')),
                "{typed}"
            );
            assert!(value.len() <= SETTING_BYTES_MAX);
            assert_eq!(entry.setting.read(&value).as_deref(), Ok(value.as_str()), "{typed}");
        }
    }
    assert!(stored > 1_000, "{stored}");
}

fn whom(firmware: &'static str) -> Whom<'static> {
    let (family, model) = (Some(Family::Yealink), "T46U");
    Whom { handset: Some(HandsetNo(7)), family, model, firmware }
}

#[test]
fn the_nearest_layer_that_says_something_wins_setting_by_setting() {
    let range = |from: &str, to: &str| {
        let firmware = Firmware { from: text(from), to: text(to) };
        Layer::Model { family: Family::Yealink, model: text("T46U"), firmware }
    };
    let layers = [
        Layer::Site,
        Layer::Family(Family::Yealink),
        range("", ""),
        range("80", ""),
        range("84", "86"),
        Layer::Handset(HandsetNo(7)),
    ];
    let mut store = Store::default();
    store.change(&Layer::Handset(HandsetNo(8)), Setting::VlanId.code(), Some("99"));
    store.change(&Layer::Family(Family::Snom), Setting::VlanId.code(), Some("98"));
    assert_eq!(store.resolve(whom("85"), Setting::VlanId), (None, Origin::Ground(Ground::Phone)));
    for (at, layer) in layers.iter().enumerate() {
        store.change(layer, Setting::VlanId.code(), Some(&at.to_string()));
        let origin = Origin::Layer(layer.clone());
        assert_eq!(store.resolve(whom("85"), Setting::VlanId), (Some(&*at.to_string()), origin));
    }
    assert_eq!(store.resolve(whom("85"), Setting::Codecs).0, None);
    for (at, layer) in layers.iter().enumerate().rev() {
        assert_eq!(store.resolve(whom("85"), Setting::VlanId).0, Some(&*at.to_string()));
        store.change(layer, Setting::VlanId.code(), None);
    }
    assert_eq!((store.len(), store.layers().count()), (2, 2));
    store.forget(HandsetNo(8));
    store.change(&Layer::Family(Family::Snom), Setting::VlanId.code(), None);
    assert_eq!((store.len(), store.record_bytes(), store.layers().count()), (0, 0, 0));
}

#[test]
fn what_a_maker_cannot_say_is_told_by_names_that_there_are() {
    let known: BTreeSet<&str> = TABLE.iter().map(|entry| entry.id).chain(PARTS).collect();
    let catalog = Catalog::new();
    for family in Family::ALL {
        for model in ["", "N510 IP PRO", "Maxwell 3", "7960"] {
            let cannot = catalog.cannot(family, model);
            let told: BTreeSet<&str> = cannot.iter().copied().collect();
            assert_eq!(told.len(), cannot.len(), "{} says it twice", family.id());
            assert!(told.is_subset(&known), "{}: {:?}", family.id(), told.difference(&known));
            // A whole says it for its parts.
            let parts = |of: &str| told.iter().any(|part| part.starts_with(of));
            let twice = (told.contains("keys") && parts("key_"))
                || (told.contains("codecs") && (parts("codec_") || parts("more_codecs")))
                || (told.contains("rtp_ports") && parts("last_rtp_port"))
                || (told.contains("transport") && parts("transport_"));
            assert!(!twice, "{}", family.id());
        }
    }
    let kinds = KeyKind::ALL.map(|kind| format!("key_{}", kind.word()));
    assert!(kinds.iter().all(|kind| PARTS.contains(&kind.as_str())));
}
