//! Each setting either is in the files of a maker or is named by his list of what they cannot say,
//! and never both: it is set another way, and the files are compared.

use super::office;
use crate::{Templates, SHIPPED};
use exchange::catalog::{Catalog, Family};
use exchange::render::{Render, SettingValues, Values};
use exchange::settings::{KeyKind, Ports, Setting, Transport, PARTS, TABLE};
use std::collections::BTreeSet;

/// A form of a maker's files: the models that get it, and the files of one handset together.
struct Form {
    family: Family,
    model: &'static str,
    templates: Vec<&'static str>,
}

fn forms() -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    for shipped in SHIPPED.iter().filter(|shipped| shipped.handset) {
        let (folder, _) = shipped.name.split_once('/').unwrap();
        let family = Family::from_id(folder).unwrap();
        let models: &[&str] = match shipped.name {
            "cisco_enterprise/sipmac.cnf" => &["7960"],
            "alcatel/sipconfig.txt" => &["4028"],
            "avaya/mac12.cfg" => &["1220"],
            "gigaset/mac.xml" => &["N670 IP PRO", "Maxwell 3", "N510 IP PRO"],
            _ => &[""],
        };
        for model in models {
            // A Polycom reads both of its files; each of the others is all that a phone reads.
            let known = forms.iter_mut().find(|form| form.family == family);
            match known.filter(|_| family == Family::Polycom) {
                Some(form) => form.templates.push(shipped.name),
                None => forms.push(Form { family, model, templates: vec![shipped.name] }),
            }
        }
    }
    forms
}

impl Form {
    fn files(&self, templates: &Templates, mut values: Values) -> String {
        values.model = self.model.into();
        let mut out = Vec::new();
        for name in &self.templates {
            if let Err(unrendered) = templates.render(name, &values, &mut out) {
                panic!("{name}: {unrendered:?}");
            }
        }
        String::from_utf8(out).unwrap()
    }
}

fn plain() -> Values {
    office::handset("America/New_York", 2, "Anna Schmidt")
}

fn set(change: impl FnOnce(&mut SettingValues)) -> Values {
    let mut values = plain();
    change(&mut values.settings);
    values
}

fn codecs(names: &[&str]) -> Values {
    set(|settings| settings.codecs = names.iter().map(|name| (*name).into()).collect())
}

/// Two handsets that differ in one thing only.
fn pair_of(setting: Setting) -> (Values, Values) {
    let everything = office::everything();
    let with = match setting {
        Setting::Keys => set(|it| it.keys = everything.keys),
        Setting::PhoneBookUrl => set(|it| it.phone_book_url = everything.phone_book_url),
        Setting::TimeZone => Values { site: office::site("Asia/Tokyo"), ..plain() },
        Setting::SummerTime => {
            let mut values = plain();
            let zone = &mut values.site.zone;
            (zone.posix, zone.posix_plain) = ("EST5".into(), "EST5".into());
            zone.summer = None;
            values
        }
        Setting::NtpServer => {
            let mut values = plain();
            values.site.ntp_server = "time.marker.example".into();
            values
        }
        Setting::VlanId => set(|it| it.vlan_id = everything.vlan_id),
        Setting::VlanPriority => set(|it| it.vlan_priority = everything.vlan_priority),
        Setting::PcVlanId => set(|it| it.pc_vlan_id = everything.pc_vlan_id),
        Setting::Codecs => return (codecs(&["PCMU"]), codecs(&["PCMA"])),
        Setting::SyslogServer => set(|it| it.syslog_server = everything.syslog_server),
        Setting::WebAdminPassword => password(|handset| &mut handset.web_password),
        Setting::WebUserPassword => password(|handset| &mut handset.user_password),
        Setting::ProvisioningInterval => {
            let mut values = plain();
            values.site.poll_min = 4_321;
            values
        }
        Setting::FirmwareUrl => set(|it| it.firmware_url = everything.firmware_url),
        Setting::Language => set(|it| it.language = everything.language),
        Setting::ToneCountry => set(|it| it.tone = everything.tone),
        Setting::DialPlan => set(|it| it.dial_plan = everything.dial_plan),
        Setting::SipPort => set(|it| it.sip_port = everything.sip_port),
        Setting::RtpPorts => set(|it| it.rtp = everything.rtp),
        Setting::KeepAlive => set(|it| it.keep_alive_s = everything.keep_alive_s),
        Setting::Transport => set(|it| it.transport = Transport::Tcp),
    };
    (with, plain())
}

fn voice(last: u16) -> Values {
    set(|settings| settings.rtp = Some(Ports { first: 17_654, last }))
}

fn carried(transport: Transport) -> Values {
    set(|settings| settings.transport = transport)
}

fn password(field: fn(&mut exchange::render::HandsetValues) -> &mut String) -> Values {
    let mut values = plain();
    if let Some(handset) = &mut values.handset {
        *field(handset) = "another-1".into();
    }
    values
}

fn pair_of_part(part: &str) -> (Values, Values) {
    match part {
        "more_codecs" => (codecs(&["PCMA", "PCMU"]), codecs(&["PCMA"])),
        "codec_g729" => (codecs(&["G729", "PCMA"]), codecs(&["PCMA"])),
        "codec_opus" => (codecs(&["OPUS", "PCMA"]), codecs(&["PCMA"])),
        "last_rtp_port" => (voice(17_663), voice(17_673)),
        "transport_tcp" => (carried(Transport::Tcp), carried(Transport::Udp)),
        "transport_tls" => (carried(Transport::Tls), carried(Transport::Udp)),
        key => {
            let kind = KeyKind::ALL.into_iter().find(|kind| key == format!("key_{}", kind.word()));
            let kind = kind.unwrap().word();
            let number = if kind == "line" { "2" } else { "2204" };
            let key = office::key(kind, number, "Marker");
            (set(|it| it.keys = vec![key]), plain())
        }
    }
}

/// The setting that a part is of.
fn whole_of(part: &str) -> &'static str {
    match part.split('_').next() {
        Some("key") => "keys",
        Some("last") => "rtp_ports",
        Some("transport") => "transport",
        _codec => "codecs",
    }
}

#[test]
fn each_setting_is_in_the_files_of_a_maker_or_in_his_list_and_never_in_both() {
    let (templates, catalog) = (Templates::shipped().unwrap(), Catalog::new());
    let mut wrong = Vec::new();
    for form in forms() {
        let cannot = catalog.cannot(form.family, form.model);
        let differs =
            |(with, without)| form.files(&templates, with) != form.files(&templates, without);
        let mut judge = |what: &str, said: bool, listed: bool| {
            if said == listed {
                let found = if said { "said and listed" } else { "neither said nor listed" };
                wrong.push(format!("{} {:?}: {what} is {found}", form.family.id(), form.model));
            }
        };
        for entry in TABLE.iter().filter(|entry| entry.setting != Setting::Keys) {
            let said = differs(pair_of(entry.setting));
            judge(entry.id, said, cannot.contains(&entry.id));
        }
        for part in PARTS {
            let whole = whole_of(part);
            let listed = cannot.contains(&part) || cannot.contains(&whole);
            judge(part, differs(pair_of_part(part)), listed);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_family_with_files_of_its_own_is_asked() {
    let asked: BTreeSet<Family> = forms().iter().map(|form| form.family).collect();
    let own = Family::ALL.into_iter().filter(|family| family.files_proof().is_some());
    assert_eq!(asked, own.collect());
    assert!(asked.len() >= 16 && forms().len() >= asked.len() + 4);
}

#[test]
fn what_a_maker_can_say_is_found_again_in_his_file_as_it_was_set() {
    let (templates, catalog) = (Templates::shipped().unwrap(), Catalog::new());
    let markers = [
        (Setting::PhoneBookUrl, "phone_book_url", "book.marker.example/b.xml"),
        (Setting::NtpServer, "ntp_server", "time.marker.example"),
        (Setting::VlanId, "vlan_id", "4077"),
        (Setting::PcVlanId, "pc_vlan_id", "4078"),
        (Setting::SyslogServer, "syslog_server", "log.marker.example"),
        (Setting::WebUserPassword, "web_user_password", "user-marker1"),
        (Setting::FirmwareUrl, "firmware_url", "firmware.marker.example/f"),
        (Setting::SipPort, "sip_port", "5987"),
        (Setting::RtpPorts, "rtp_ports", "17654"),
        (Setting::KeepAlive, "keep_alive", "593"),
        (Setting::Keys, "key_blf", "2204"),
        (Setting::Keys, "key_speed", "030123456"),
        (Setting::Keys, "key_park", "7070"),
    ];
    for form in forms() {
        let cannot = catalog.cannot(form.family, form.model);
        let file = form.files(&templates, office::everything_set(2));
        for (setting, id, marker) in markers {
            let listed = cannot.contains(&id) || cannot.contains(&setting.id());
            assert_eq!(file.contains(marker), !listed, "{} {} {id}", form.family.id(), form.model);
        }
    }
}

#[test]
fn any_one_codec_alone_and_no_key_at_all_make_a_file() {
    let templates = Templates::shipped().unwrap();
    for form in forms() {
        for codec in ["G722", "PCMA", "PCMU", "G729", "OPUS"] {
            form.files(&templates, codecs(&[codec]));
        }
        for zero in [Some(0), Some(1)] {
            form.files(&templates, set(|it| (it.vlan_id, it.pc_vlan_id) = (zero, zero)));
        }
    }
}
