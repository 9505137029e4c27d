//! A rehearsal: everything that a changed template has to be tried with before it is in force.
//!
//! It holds no secret, since the process that tries it shall have none: a template sees
//! [`MASK`](super::MASK) in the place of each.

use super::files::{port_of, values};
use super::{
    forced, in_force, Change, FileInputs, Forced, Origins, Place, Secrets, Versions, MASK,
};
use crate::catalog::Family;
use crate::limits::{
    CERTIFICATE_BYTES_MAX, DIAL_PLAN_BYTES_MAX, DIAL_RULES_MAX, KEYS_MAX, KEY_NUMBER_BYTES_MAX,
    LINES_MAX, SETTING_HOST_BYTES_MAX, SETTING_URL_BYTES_MAX, TEXT_MAX, WEB_PASSWORD_CHARS,
};
use crate::names::{InterfaceNo, Side};
use crate::office::Office;
use crate::provision;
use crate::render::{
    AuthorityValues, HandsetValues, KeyValues, LanguageValues, LineValues, RuleValues,
    SettingValues, ToneValues, Values,
};
use crate::settings::{Codec, KeyKind, Known, Ports, Transport};
use crate::sorted::SortedSet;
use crate::state::Handset;
use crate::time::Now;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};
use wire::Mac;

/// Everything that a changed template has to be tried with.
#[derive(Serialize, Deserialize)]
pub struct Rehearsal {
    /// The template that it replaces, by its path in the shipped set.
    pub template: String,
    /// The sources that the phones below are given by their place here.
    pub sources: Vec<String>,
    /// The phones whose file is made from another source then.
    pub phones: Vec<Phone>,
    /// The source that nobody may have yet, and made-up phones to try it with: by its place.
    pub worst: Option<(u16, Vec<Phone>)>,
}

/// A phone, or several with the same file.
#[derive(Serialize, Deserialize)]
pub struct Phone {
    /// Who it is, in words.
    pub label: String,
    /// From which source its file is made now; `None` is the shipped one.
    pub before: Option<u16>,
    /// From which one it would be.
    pub after: Option<u16>,
    /// The values, without secrets.
    pub values: Values,
}

/// What a change would have to be tried with.
pub(crate) fn rehearsal(office: &Office, now: Now, place: &Place, change: &Change) -> Rehearsal {
    let own = office.durable.templates();
    let mut versions = own.at(place).cloned().unwrap_or_default();
    versions.change(change);
    let Versions { now: then, before: _ } = &versions;
    let after: Vec<Forced<'_>> = own
        .all()
        .filter(|(other, _)| *other != place)
        .filter_map(|(place, it)| Some(Forced { place, source: it.now.as_deref()? }))
        .chain(then.as_deref().map(|source| Forced { place, source }))
        .collect();
    let common = office.catalog.is_common(&place.template).unwrap_or(false);
    let mut made = Rehearsal {
        template: place.template.to_string(),
        sources: Vec::new(),
        phones: Vec::new(),
        worst: None,
    };
    let mut seen = SortedSet::new();
    for (_, handset) in office.durable.handsets() {
        let known = office.known(handset.mac);
        let family = office.family(handset.mac).unwrap_or(Family::Generic);
        if !office.catalog.files_of(family).any(|(name, _)| name == place.template) {
            continue;
        }
        let whom = known.for_file(common);
        let was = in_force(own, &place.template, whom).map(|it| it.source);
        let will = forced(after.iter().copied(), &place.template, whom).map(|it| it.source);
        if was == will {
            continue;
        }
        // Phones of one model have one common file.
        let port = port_of(office, now, handset.mac);
        let key = (common, known.model.clone(), port, was, will);
        if common && !seen.insert(key) {
            continue;
        }
        let (before, after) = (made.place_of(was), made.place_of(will));
        let label = if common { of_model(family, &known.model) } else { label(handset) };
        let values = values(office, now, handset.mac, common, Secrets::Masked);
        made.phones.push(Phone { label, before, after, values });
    }
    if let Some(source) = then {
        let number = made.place_of(Some(source)).unwrap_or(0);
        let worst = made_up(office, common, &place.template);
        made.worst = Some((number, worst));
    }
    made
}

impl Rehearsal {
    /// The place of a source, which is added where it is new.
    fn place_of(&mut self, source: Option<&str>) -> Option<u16> {
        let source = source?;
        let known = self.sources.iter().position(|known| known == source);
        let place = known.unwrap_or_else(|| {
            self.sources.push(source.to_string());
            self.sources.len() - 1
        });
        u16::try_from(place).ok()
    }
}

fn label(handset: &Handset) -> String {
    let first = handset.lines.first();
    let extension = first.and_then(|line| line.extension).map(|it| it.to_string());
    let name = first.map(|line| line.name.to_string()).filter(|name| !name.is_empty());
    let said: Vec<String> = extension.into_iter().chain(name).collect();
    match said.is_empty() {
        true => handset.mac.to_string(),
        false => format!("{} ({})", said.join(" "), handset.mac),
    }
}

fn of_model(family: Family, model: &str) -> String {
    match model.is_empty() {
        true => format!("all phones of {} whose model is unknown", family.id()),
        false => format!("all phones {model}"),
    }
}

/// Made-up phones at the edges: everything as long as it can be, and nothing at all.
pub(crate) fn made_up(office: &Office, common: bool, template: &str) -> Vec<Phone> {
    let port = office.board.first(Side::Lan).unwrap_or(InterfaceNo(0));
    let maker = template.split('/').next().and_then(Family::from_id);
    let family = maker.unwrap_or(Family::Generic);
    // The letter that grows most where it is escaped.
    let longest = "&".repeat(TEXT_MAX);
    let most = made_up_handset(&longest, &longest, "999999", LINES_MAX as u8);
    let least = made_up_handset("", "", "", 1);
    let cases = [
        ("the longest values there can be", &longest, most),
        ("no value but those that every phone has", &String::new(), least),
    ];
    let phone = |(label, model, handset): (&str, &String, HandsetValues)| {
        let mut values = provision::values(office, port, None, None, family);
        values.model = model.clone();
        values.handset = Some(handset).filter(|_| !common);
        values.line_count = values.handset.as_ref().map_or(0, |it| it.lines.len() as u8);
        values.settings = SettingValues::default();
        if !model.is_empty() {
            values.settings = longest_settings();
            values.site.expires_s = u32::MAX;
            values.site.sip_port = u16::MAX;
            values.site.poll_min = u32::MAX;
            values.site.server = "255.255.255.255".to_string();
            values.site.authority = Some(longest_authority());
        }
        let label = format!("a made-up phone for {template} with {label}");
        Phone { label, before: None, after: None, values }
    };
    cases.into_iter().map(phone).collect()
}

/// What each file of a made-up handset of this make is made from.
pub(crate) fn example(
    office: &Office,
    port: InterfaceNo,
    family: Family,
    model: &str,
) -> Vec<FileInputs> {
    let mut made: Vec<FileInputs> = Vec::new();
    let known =
        Known { family: Some(family), model: crate::names::text(model), ..Known::default() };
    for (template, common) in office.catalog.files_of(family) {
        if made.iter().any(|file| file.template == template) {
            continue;
        }
        let mut values = provision::values(office, port, None, None, family);
        values.model = model.to_string();
        let mut handset = made_up_handset("Ada Lovelace", "Ada Lovelace", "204", 2);
        handset.web_password = MASK.to_string();
        handset.user_password = MASK.to_string();
        handset.lines.iter_mut().for_each(|line| line.password = MASK.to_string());
        values.handset = Some(handset).filter(|_| !common);
        values.line_count = values.handset.as_ref().map_or(0, |it| it.lines.len() as u8);
        let forced = in_force(office.durable.templates(), template, known.for_file(common));
        let own = forced.map(|it| (it.place.layer.clone(), it.source.to_string()));
        let origins = Origins::of(office.durable.settings(), known.for_file(common));
        made.push(FileInputs { template, common, own, given_up: None, values, origins });
    }
    made.sort_by_key(|file| file.common);
    made
}

/// As long as the one of a box can be.
fn longest_authority() -> AuthorityValues {
    let url = || "w".repeat(SETTING_URL_BYTES_MAX);
    let lines = CERTIFICATE_BYTES_MAX / 48 + 1;
    AuthorityValues {
        url: url(),
        der_url: url(),
        lines: (0..lines).map(|_| "w".repeat(64)).collect(),
    }
}

/// Everything set, to the longest value there can be.
fn longest_settings() -> SettingValues {
    let url = || format!("http://{}", "&".repeat(SETTING_URL_BYTES_MAX - "http://".len()));
    let key = |place| KeyValues {
        place,
        kind: KeyKind::Speed.word().to_string(),
        number: "9".repeat(KEY_NUMBER_BYTES_MAX),
        label: "&".repeat(TEXT_MAX),
    };
    let digits = || "x".repeat(DIAL_PLAN_BYTES_MAX / DIAL_RULES_MAX);
    let rule = |_| RuleValues { digits: digits(), open: true };
    let word = || "&".repeat(TEXT_MAX);
    SettingValues {
        keys: (1..=KEYS_MAX as u8).map(key).collect(),
        phone_book_url: url(),
        vlan_id: Some(4_094),
        vlan_priority: Some(7),
        pc_vlan_id: Some(4_094),
        codecs: Codec::ALL.iter().map(|codec| codec.name().to_string()).collect(),
        syslog_server: "w".repeat(SETTING_HOST_BYTES_MAX),
        firmware_url: url(),
        language: Some(LanguageValues { code: "zh".to_string(), name: word(), own: word() }),
        tone: Some(ToneValues { code: "gb".to_string(), three: "GBR".to_string(), name: word() }),
        // The rule by which a phone is claimed comes behind the admin's own.
        dial_plan: (0..=DIAL_RULES_MAX).map(rule).collect(),
        sip_port: Some(58_367),
        rtp: Some(Ports { first: 65_532, last: 65_535 }),
        keep_alive_s: Some(600),
        transport: Transport::Tls,
    }
}

/// A handset that is nobody's.
fn made_up_handset(name: &str, label: &str, extension: &str, lines: u8) -> HandsetValues {
    let mac = Mac([0x02, 0, 0, 0xff, 0xff, 0xff]);
    let line = |number| LineValues {
        number,
        login: "w".repeat(8),
        password: "w".repeat(24),
        extension: extension.to_string(),
        label: format!("{extension} {label}"),
        name: name.to_string(),
    };
    HandsetValues {
        mac: mac.bare().to_string(),
        mac_upper: mac.bare().to_string().to_uppercase(),
        mac_colons: mac.to_string(),
        web_password: "w".repeat(*WEB_PASSWORD_CHARS.end()),
        user_password: "w".repeat(*WEB_PASSWORD_CHARS.end()),
        lines: (1..=lines).map(line).collect(),
    }
}
