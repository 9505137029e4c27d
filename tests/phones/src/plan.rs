//! Which files a phone asks for, in the order of its maker, and what it takes from them.
//!
//! Yealink: boot files with includes, else the common file and the MAC's. Snom: model and MAC
//! file, chained by `setting-files`. Polycom: master file, then `CONFIG_FILES` from left to right,
//! the left one winning, then overrides. Grandstream: the first of four names. Cisco and Linksys:
//! the profile rule and the rules its file sets. Aastra: common, model's and the MAC's, the last
//! winning.
//!
//! At most 32 files are asked for. A missing file is no fault; a refused one is remembered as the
//! reason when no account turns up.

use crate::account::{matters, Account, Bag};
use crate::complaint::Complaint;
use crate::dhcp::Part;
use crate::fixtures::{Identity, Maker};
use crate::output::{Reason, Step};
use crate::place::{Place, Scheme};
use crate::scan;
use std::collections::VecDeque;

/// The most files one round asks for.
const FILES_MAX: u32 = 32;
/// Every Yealink file begins with this line.
const YEALINK_FIRST: &str = "#!version:1.0.0.1";

/// What a file is to the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// A Yealink boot file.
    Boot,
    /// A Polycom master file.
    Master,
    /// The binary form of a Grandstream file, which this phone cannot read.
    Binary,
    /// Settings in the maker's form.
    Config,
    /// Asked for and not read: firmware, directory, licence.
    Ignored,
}

/// A file to ask for, and those to ask for when it is missing.
#[derive(Clone, Debug)]
struct Want {
    place: Place,
    role: Role,
    if_missing: Vec<Want>,
}

/// One round of provisioning.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    maker: Maker,
    queue: VecDeque<Want>,
    current: Option<Want>,
    asked: u32,
    seen: Vec<Place>,
    bag: Bag,
    found: bool,
    refused: Option<Reason>,
}

impl Plan {
    /// Plans the round that begins at `place`.
    pub(crate) fn new(who: &Identity, place: Place) -> Self {
        let maker = who.kind.maker();
        let queue = match maker {
            Maker::Yealink => yealink(who, place),
            Maker::Snom => snom(who, place),
            Maker::Polycom => polycom(who, place),
            Maker::Grandstream => grandstream(who, place),
            Maker::CiscoSpa => spa(who, place),
            Maker::Linksys => spa(who, place),
            Maker::Aastra => aastra(who, place),
            Maker::Pc => Vec::new(),
        };
        Plan {
            maker,
            queue: queue.into(),
            current: None,
            asked: 0,
            seen: Vec::new(),
            bag: Bag::default(),
            found: false,
            refused: None,
        }
    }

    /// The next file to ask for; `None` when the round is over.
    pub(crate) fn next(&mut self) -> Option<&Place> {
        self.current = loop {
            let want = self.queue.pop_front()?;
            if self.asked >= FILES_MAX {
                return None;
            }
            if !self.seen.contains(&want.place) {
                break Some(want);
            }
        };
        self.asked += 1;
        let place = &self.current.as_ref()?.place;
        self.seen.push(place.clone());
        Some(place)
    }

    /// Takes the answer for the file asked for last.
    pub(crate) fn answer(&mut self, status: u16, body: &[u8], part: &mut Part<'_>) {
        let Some(want) = self.current.take() else { return };
        let name = want.place.path.clone();
        part.out.log(Step::Answered(name.clone(), status, body.len()));
        match status {
            200 => {
                let text = String::from_utf8_lossy(body);
                if want.role != Role::Ignored {
                    self.found = true;
                }
                self.read(&want, &text, part);
            }
            0 | 500..=599 => {
                self.queue.clear();
                self.refused = Some(Reason::FileUnanswered(name));
            }
            401 | 403 => {
                if want.role != Role::Ignored {
                    self.refused.get_or_insert(Reason::FileRefused(name, status));
                }
                self.push_front(want.if_missing);
            }
            _missing => self.push_front(want.if_missing),
        }
    }

    /// What the round brought.
    pub(crate) fn outcome(self) -> Result<Vec<Account>, Reason> {
        let accounts = self.bag.accounts(self.maker);
        match (accounts.is_empty(), self.refused) {
            (false, _) => Ok(accounts),
            (true, Some(reason)) => Err(reason),
            (true, None) if self.found => Err(Reason::NoAccount),
            (true, None) => Err(Reason::NoFile),
        }
    }

    fn push_front(&mut self, wants: Vec<Want>) {
        for want in wants.into_iter().rev() {
            self.queue.push_front(want);
        }
    }

    fn read(&mut self, want: &Want, text: &str, part: &mut Part<'_>) {
        match want.role {
            Role::Boot => self.read_boot(want, text, part),
            Role::Master => self.read_master(want, text, part),
            Role::Binary => {
                let name = want.place.path.clone();
                part.out.complain(Complaint::File(name, "text under the name of a binary file"));
                self.push_front(want.if_missing.clone());
            }
            Role::Config => self.read_config(want, text, part),
            Role::Ignored => {}
        }
    }

    fn read_config(&mut self, want: &Want, text: &str, part: &mut Part<'_>) {
        match self.maker {
            Maker::Yealink => self.read_yealink(want, text, part),
            Maker::Snom => self.read_snom(want, text, part),
            Maker::Polycom => self.read_polycom(text),
            Maker::Grandstream => self.read_grandstream(want, text, part),
            Maker::CiscoSpa | Maker::Linksys => self.read_spa(want, text, part),
            Maker::Aastra => self.read_aastra(text),
            Maker::Pc => {}
        }
    }

    fn read_boot(&mut self, want: &Want, text: &str, part: &mut Part<'_>) {
        check_first_line(want, text, part);
        let includes = text.lines().filter_map(|line| line.trim().strip_prefix("include:config"));
        let wants = includes
            .filter_map(|rest| {
                let name = rest.trim().trim_matches(['"', '<', '>']);
                let place = want.place.join(name, part.settings)?;
                Some(Want { place, role: Role::Config, if_missing: Vec::new() })
            })
            .collect();
        self.push_front(wants);
    }

    fn read_yealink(&mut self, want: &Want, text: &str, part: &mut Part<'_>) {
        check_first_line(want, text, part);
        for (key, value) in scan::key_values(text).filter(|(key, _)| matters(self.maker, key)) {
            let value = if value == "%NULL%" { "" } else { value };
            self.bag.put(key, value);
        }
    }

    /// XML settings, a list of further files, or the old text form.
    fn read_snom(&mut self, want: &Want, text: &str, part: &mut Part<'_>) {
        if !text.trim_start().starts_with('<') {
            for (key, value) in scan::colon_values(text) {
                let name = key.trim_end_matches(|letter: char| letter.is_ascii_digit());
                let index = key.strip_prefix(name).unwrap_or("");
                if matters(self.maker, name) {
                    self.bag.put(&format!("{name}.{index}"), value);
                }
            }
            return;
        }
        let mut wants = Vec::new();
        for element in scan::elements(text) {
            if element.name == "file" {
                let url = element.attribute("url").unwrap_or_default();
                let url = url.replace("{mac}", &part.who.mac_upper);
                if let Some(place) = want.place.join(&url, part.settings) {
                    wants.push(Want { place, role: Role::Config, if_missing: Vec::new() });
                }
            } else if matters(self.maker, element.name) {
                let index = element.attribute("idx").unwrap_or_default();
                let value = scan::unescape(element.text);
                self.bag.put(&format!("{}.{index}", element.name), &value);
            }
        }
        self.push_front(wants);
    }

    fn read_master(&mut self, want: &Want, text: &str, part: &mut Part<'_>) {
        let name = || want.place.path.clone();
        let Some(master) = scan::elements(text).find(|element| element.name == "APPLICATION")
        else {
            part.out.complain(Complaint::File(name(), "a master file without APPLICATION"));
            return self.read_polycom(text);
        };
        let mut wants = Vec::new();
        let firmware = master.attribute("APP_FILE_PATH").unwrap_or_default();
        let files = master.attribute("CONFIG_FILES").unwrap_or_default();
        let firmware = Some((firmware.trim(), Role::Ignored));
        let files = files.split(',').map(|file| (file.trim(), Role::Config));
        for (file, role) in firmware.into_iter().chain(files) {
            let file = file
                .replace("[PHONE_MAC_ADDRESS]", &part.who.mac_lower)
                .replace("[PHONE_MODEL]", &part.who.model.short);
            let place = want.place.join(&file, part.settings).filter(|_| !file.is_empty());
            if let Some(place) = place {
                wants.push(Want { place, role, if_missing: Vec::new() });
            }
        }
        self.push_front(wants);
    }

    /// Settings are attributes of any element; an earlier file wins.
    fn read_polycom(&mut self, text: &str) {
        let mut round = Bag::default();
        for element in scan::elements(text) {
            for (key, value) in scan::attributes(element.attributes) {
                if matters(self.maker, key) {
                    round.put(key, &value);
                }
            }
        }
        self.bag.fill_from(round);
    }

    fn read_grandstream(&mut self, want: &Want, text: &str, part: &mut Part<'_>) {
        let stranger = scan::elements(text)
            .find(|element| element.name == "mac")
            .is_some_and(|element| !element.text.eq_ignore_ascii_case(&part.who.mac_lower));
        if stranger {
            let name = want.place.path.clone();
            part.out.complain(Complaint::File(name, "the MAC inside is another phone's"));
            return;
        }
        for element in scan::elements(text).filter(|e| matters(self.maker, e.name)) {
            self.bag.put(element.name, &scan::unescape(element.text));
        }
    }

    /// A `^` or `!` before a name says how the setting stands to what was typed on the phone.
    fn read_aastra(&mut self, text: &str) {
        for (key, value) in scan::colon_values(text) {
            let key = key.trim_start_matches(['^', '!']);
            if matters(self.maker, key) {
                self.bag.put(key, value.split('#').next().unwrap_or("").trim());
            }
        }
    }

    fn read_spa(&mut self, want: &Want, text: &str, part: &mut Part<'_>) {
        if !scan::elements(text).any(|element| element.name == "flat-profile") {
            let name = want.place.path.clone();
            part.out.complain(Complaint::File(name, "no flat-profile"));
        }
        let mut wants = Vec::new();
        for element in scan::elements(text) {
            let value = scan::unescape(element.text);
            if element.name.starts_with("Profile_Rule") && !value.is_empty() {
                let rule = spa_macros(part.who, &value);
                // `[--uid U --pwd P]` may stand before the URL.
                let rule = rule.rsplit_once(']').map_or(rule.as_str(), |(_, rule)| rule);
                if let Some(place) = want.place.join(rule.trim(), part.settings) {
                    wants.push(Want { place, role: Role::Config, if_missing: Vec::new() });
                }
            } else if matters(self.maker, element.name) {
                self.bag.put(element.name, &value);
            }
        }
        self.queue.extend(wants);
    }
}

fn check_first_line(want: &Want, text: &str, part: &mut Part<'_>) {
    if text.lines().next().map(str::trim_end) != Some(YEALINK_FIRST) {
        let name = want.place.path.clone();
        part.out.complain(Complaint::File(name, "the first line is not #!version:1.0.0.1"));
    }
}

/// The files named in the maker's fixture, in its order, beside `folder`.
fn named<'a>(who: &'a Identity, folder: &'a Place) -> impl Iterator<Item = Place> + 'a {
    who.fixture.files.names.value.iter().map(|form| {
        let path = format!("{}{}", folder.path, who.expand(form, &[]));
        Place { path, ..folder.clone() }
    })
}

fn want(place: Place, role: Role) -> Want {
    Want { place, role, if_missing: Vec::new() }
}

fn yealink(who: &Identity, place: Place) -> Vec<Want> {
    if place.is_file() {
        return vec![want(place, Role::Config)];
    }
    let folder = place.folder();
    let mut boot = Vec::new();
    let mut old = Vec::new();
    for place in named(who, &folder) {
        match place.path.ends_with(".boot") {
            true => boot.push(want(place, Role::Boot)),
            false => old.push(want(place, Role::Config)),
        }
    }
    boot.into_iter().rfold(old, |if_missing, boot| vec![Want { if_missing, ..boot }])
}

fn snom(who: &Identity, mut place: Place) -> Vec<Want> {
    if !place.path.ends_with('/') {
        place.path = place.path.replace("{mac}", &who.mac_upper);
        return vec![want(place, Role::Config)];
    }
    named(who, &place).map(|place| want(place, Role::Config)).collect()
}

fn polycom(who: &Identity, place: Place) -> Vec<Want> {
    let folder = match place.is_file() {
        true => {
            let path = place.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            Place { path: format!("{path}/"), ..place.clone() }
        }
        false => place.clone().folder(),
    };
    let mut files = named(who, &folder);
    let mut master = want(files.next().unwrap_or_else(|| folder.clone()), Role::Master);
    master.if_missing = files.next().map(|place| want(place, Role::Master)).into_iter().collect();
    if place.is_file() {
        master = want(place, Role::Master);
    }
    let mut wants = vec![master];
    for place in files {
        let role = match place.path.ends_with(".cfg") && !place.path.ends_with("-license.cfg") {
            true => Role::Config,
            false => Role::Ignored,
        };
        match wants.last_mut().filter(|last| last.place.path.ends_with("-directory.xml")) {
            Some(own) => own.if_missing.push(want(place, role)),
            None => wants.push(want(place, role)),
        }
    }
    // The overrides are normally absent and say nothing about whether the phone is known.
    wants
}

fn grandstream(who: &Identity, place: Place) -> Vec<Want> {
    let folder = place.folder();
    let wants: Vec<Want> = named(who, &folder)
        .map(|place| {
            let role = if place.path.ends_with(".xml") { Role::Config } else { Role::Binary };
            want(place, role)
        })
        .collect();
    wants.into_iter().rfold(Vec::new(), |if_missing, first| vec![Want { if_missing, ..first }])
}

fn aastra(who: &Identity, place: Place) -> Vec<Want> {
    named(who, &place.folder()).map(|place| want(place, Role::Config)).collect()
}

fn spa(who: &Identity, place: Place) -> Vec<Want> {
    if place.path == "/" && place.scheme == Scheme::Tftp {
        return named(who, &place).map(|place| want(place, Role::Config)).collect();
    }
    let path = spa_macros(who, &place.path);
    vec![want(Place { path, ..place }, Role::Config)]
}

/// Expands `$MA`, `$MAU`, `$MAC`, `$PN`, `$PSN` and `$SN`, the longer names first.
fn spa_macros(who: &Identity, text: &str) -> String {
    if !text.contains('$') {
        return text.to_owned();
    }
    text.replace("$MAU", &who.mac_upper)
        .replace("$MAC", &who.mac_colons())
        .replace("$MA", &who.mac_lower)
        .replace("$PSN", &who.model.psn)
        .replace("$PN", &who.model.name)
        .replace("$SN", &who.expand("{serial}", &[]))
}
