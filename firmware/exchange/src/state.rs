//! What survives a power cut, and the only code that writes it.
//!
//! [`Durable`] is the fold of all [`Event`]s through [`Durable::apply`]: total, without clock or
//! chance. Live and replay are the same path. Events are stored as postcard, which has no field
//! names: variants are only ever appended, never reordered, never given a new field; a changed
//! fact is a new variant.

mod event;
mod facts;
mod network;
mod people;
mod reading;
mod rules;

use crate::beside::Beside;
use crate::catalog::OwnSigns;
use crate::certificates::Certificates;
use crate::layer::Layer;
use crate::limits::{ADDRESS_RECORD_BYTES, HANDSETS_MAX, SITE_RECORD_BYTES_MAX};
use crate::names::{Extension, HandsetNo, LineNo, Text, UserNo};
use crate::network::Settings;
use crate::seat::Seat;
use crate::secret::{
    BackupKey, LineSecret, LoginId, OwnFile, PasswordHash, Pin, Remote, RemoteToken, WebSecret,
};
use crate::settings::Store;
use crate::sorted::SortedMap;
use crate::template::OwnTemplates;
use crate::users::Users;
use crate::view::Origin;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::Ipv4Addr;
use wire::Mac;

pub(crate) use event::origin_number;
use event::origin_of;
pub use event::Event;
pub use rules::{Rules, SetBy};

/// Everything that survives a power cut.
pub struct Durable {
    addresses: SortedMap<Mac, Ipv4Addr>,
    holders: SortedMap<Ipv4Addr, Mac>,
    handsets: SortedMap<HandsetNo, Handset>,
    by_mac: SortedMap<Mac, HandsetNo>,
    by_login: SortedMap<LoginId, (HandsetNo, LineNo)>,
    by_token: SortedMap<RemoteToken, HandsetNo>,
    last_handset: HandsetNo,
    rules: Rules,
    admin_password: Option<PasswordHash>,
    network_kept: Settings,
    network_proposed: Option<Settings>,
    backup_key: Option<BackupKey>,
    settings: Store,
    templates: OwnTemplates,
    signs: OwnSigns,
    beside: Beside,
    users: Users,
    install_pin: Option<Pin>,
    certificates: Certificates,
    /// Bytes of flash that the facts about handsets take.
    handset_bytes: u64,
}

/// A known handset.
pub struct Handset {
    /// Its hardware address.
    pub mac: Mac,
    /// How it came to be known.
    pub origin: Origin,
    /// Its maker, by the catalogue's number.
    pub family: u8,
    /// Its model, empty where unknown.
    pub model: Text,
    /// Its firmware, empty where unknown.
    pub firmware: Text,
    /// Password of its own web page.
    pub(crate) web: WebSecret,
    /// Its lines, at least one and at most [`crate::limits::LINES_MAX`].
    pub lines: Vec<Line>,
    /// Changes made on the phone itself that it keeps here, by the name of the file.
    pub(crate) own: SortedMap<String, OwnFile>,
    /// What was said about who sits there, while nobody is assigned; see
    /// [`crate::seat::seat`].
    pub(crate) seat: Seat,
    /// By what it is known on the WAN; `None` where it may not be used from there.
    pub(crate) remote: Option<Remote>,
}

/// One SIP account of a handset.
pub struct Line {
    /// User name.
    pub(crate) login: LoginId,
    /// Password.
    pub(crate) secret: LineSecret,
    /// The number people dial.
    pub extension: Option<Extension>,
    /// Who is assigned; empty while nobody is.
    pub name: Text,
    /// Whose it is, where it is a user's; the extension and the name are his then.
    pub owner: Option<UserNo>,
    /// The last Contact URI, as sent; empty before the first.
    pub contact: String,
}

impl Handset {
    /// One of its lines.
    pub fn line(&self, line: LineNo) -> Option<&Line> {
        self.lines.get(line.index())
    }

    /// Whether somebody is assigned to any of its lines.
    pub fn is_assigned(&self) -> bool {
        self.lines.iter().any(Line::is_assigned)
    }
}

impl Line {
    /// Whether somebody is assigned to it.
    pub fn is_assigned(&self) -> bool {
        self.owner.is_some() || self.extension.is_some() || !self.name.is_empty()
    }
}

impl Default for Durable {
    fn default() -> Self {
        Durable {
            addresses: SortedMap::new(),
            holders: SortedMap::new(),
            handsets: SortedMap::new(),
            by_mac: SortedMap::new(),
            by_login: SortedMap::new(),
            by_token: SortedMap::new(),
            last_handset: HandsetNo(0),
            rules: Rules::default(),
            admin_password: None,
            network_kept: Settings::default(),
            network_proposed: None,
            backup_key: None,
            settings: Store::default(),
            templates: OwnTemplates::default(),
            signs: OwnSigns::default(),
            beside: Beside::default(),
            users: Users::default(),
            install_pin: None,
            certificates: Certificates::default(),
            handset_bytes: 0,
        }
    }
}

impl Durable {
    /// Makes the fact true. Facts about things that do not exist change nothing.
    pub fn apply(&mut self, event: &Event) {
        let about = event.handset();
        let before = about.map_or(0, |handset| self.bytes_of(handset));
        self.make_true(event);
        let after = about.map_or(0, |handset| self.bytes_of(handset));
        self.handset_bytes = (self.handset_bytes + after).saturating_sub(before);
    }

    fn make_true(&mut self, event: &Event) {
        match event {
            Event::AddressGiven { mac, address } => {
                self.give(Mac(*mac), Ipv4Addr::from(*address));
            }
            Event::AddressForgotten { mac } => self.forget(Mac(*mac)),
            Event::HandsetCreated { .. } => self.create(event),
            Event::HandsetRecognised { handset, family, model, firmware } => {
                if let Some(known) = self.handsets.get_mut(handset) {
                    known.family = *family;
                    known.model = model.clone();
                    known.firmware = firmware.clone();
                }
            }
            Event::HandsetDeleted { handset } => self.delete(*handset),
            Event::LineAdded { handset, login, secret } => {
                self.add_line(*handset, *login, *secret);
            }
            Event::LineRemoved { handset } => self.remove_line(*handset),
            Event::LineAssigned { handset, line, extension, name } => {
                if let Some(line) = self.line_mut(*handset, *line) {
                    line.extension = *extension;
                    line.name = name.clone();
                    line.owner = None;
                }
            }
            Event::ContactLearnt { handset, line, contact } => {
                if let Some(line) = self.line_mut(*handset, *line) {
                    line.contact = String::from(contact.as_str());
                }
            }
            Event::AdminPasswordSet { hash } => self.admin_password = Some(hash.clone()),
            Event::HandsetsNumbered { last } => self.last_handset = *last,
            Event::NetworkProposed { settings } => self.network_proposed = Some(settings.clone()),
            Event::NetworkKept => {
                if let Some(settings) = self.network_proposed.take() {
                    self.network_kept = settings;
                }
            }
            Event::NetworkReturned => self.network_proposed = None,
            Event::BackupKeySet { key } => self.backup_key = Some(key.clone()),
            Event::SettingChanged { layer, setting, value } => {
                self.change_setting(layer, *setting, value.as_deref());
            }
            Event::TemplateChanged { place, change } => self.templates.apply(place, change),
            Event::SignChanged { sign, means } => self.signs.apply(sign, means.as_ref()),
            Event::OwnFileKept { handset, name, content } => self.keep(*handset, name, content),
            Event::ServingChosen { .. } | Event::ElderMet { .. } | Event::ElderGone { .. } => {
                self.beside.apply(event);
            }
            Event::CertificateChanged { place, becomes } => {
                self.certificates.apply(*place, becomes.as_ref());
            }
            Event::UserSet { .. }
            | Event::UserDeleted { .. }
            | Event::LineOwned { .. }
            | Event::SeatChanged { .. }
            | Event::HandsetReplaced { .. }
            | Event::InstallPinSet { .. } => self.make_true_of_people(event),
            Event::CreationAllowed { .. }
            | Event::SwitchSet { .. }
            | Event::PnpKeyDrawn { .. }
            | Event::MacBanned { .. }
            | Event::RemoteMarked { .. }
            | Event::PasswordsDrawn { .. }
            | Event::HandsetBanned { .. }
            | Event::ReachSet { .. } => self.make_true_of_rules(event),
        }
    }

    fn change_setting(&mut self, layer: &Layer, setting: u8, value: Option<&str>) {
        let known = match layer {
            Layer::Handset(handset) => self.handsets.contains_key(handset),
            Layer::Site | Layer::Family(_) | Layer::Model { .. } => true,
        };
        if known {
            self.settings.change(layer, setting, value);
        }
    }

    fn keep(&mut self, handset: HandsetNo, name: &str, content: &OwnFile) {
        let Some(known) = self.handsets.get_mut(&handset) else { return };
        known.own.remove(name);
        if !content.0.is_empty() {
            known.own.insert(String::from(name), content.clone());
        }
    }

    /// Bytes of flash that the facts about one handset take.
    fn bytes_of(&self, handset: HandsetNo) -> u64 {
        let known = self.handsets.get(&handset);
        known.map_or(0, |known| known.facts(handset).map(|fact| fact.record_bytes()).sum())
    }

    fn give(&mut self, mac: Mac, address: Ipv4Addr) {
        if let Some(former) = self.holders.insert(address, mac) {
            if former != mac {
                self.addresses.remove(&former);
            }
        }
        if let Some(old) = self.addresses.insert(mac, address) {
            if old != address {
                self.holders.remove(&old);
            }
        }
    }

    fn forget(&mut self, mac: Mac) {
        if let Some(address) = self.addresses.remove(&mac) {
            self.holders.remove(&address);
        }
    }

    fn create(&mut self, event: &Event) {
        let Event::HandsetCreated {
            handset,
            mac,
            origin,
            family,
            model,
            firmware,
            web,
            login,
            secret,
        } = event
        else {
            return;
        };
        let mac = Mac(*mac);
        let known = self.by_mac.contains_key(&mac) || self.handsets.contains_key(handset);
        // Without a login of its own it would be a handset without a line.
        if known || self.by_login.contains_key(login) {
            return;
        }
        self.by_mac.insert(mac, *handset);
        self.last_handset = *handset;
        self.handsets.insert(
            *handset,
            Handset {
                mac,
                origin: origin_of(*origin),
                family: *family,
                model: model.clone(),
                firmware: firmware.clone(),
                web: *web,
                lines: Vec::new(),
                own: SortedMap::new(),
                seat: Seat::New,
                remote: None,
            },
        );
        self.add_line(*handset, *login, *secret);
    }

    fn delete(&mut self, handset: HandsetNo) {
        if let Some(gone) = self.handsets.remove(&handset) {
            self.by_mac.remove(&gone.mac);
            if let Some(remote) = gone.remote {
                self.by_token.remove(&remote.token);
            }
            self.settings.forget(handset);
            self.templates.forget(handset);
            for line in &gone.lines {
                self.by_login.remove(&line.login);
            }
        }
    }

    fn add_line(&mut self, handset: HandsetNo, login: LoginId, secret: LineSecret) {
        // A login belongs to one line for ever; the same fact again changes nothing.
        if self.by_login.contains_key(&login) {
            return;
        }
        let Some(known) = self.handsets.get_mut(&handset) else { return };
        let Some(number) = LineNo::new(known.lines.len() as u8 + 1) else { return };
        known.lines.push(Line {
            login,
            secret,
            extension: None,
            name: Text::new(),
            owner: None,
            contact: String::new(),
        });
        self.by_login.insert(login, (handset, number));
    }

    fn remove_line(&mut self, handset: HandsetNo) {
        let Some(known) = self.handsets.get_mut(&handset) else { return };
        if known.lines.len() > 1 {
            if let Some(line) = known.lines.pop() {
                self.by_login.remove(&line.login);
            }
        }
    }

    fn line_mut(&mut self, handset: HandsetNo, line: LineNo) -> Option<&mut Line> {
        self.handsets.get_mut(&handset)?.lines.get_mut(line.index())
    }

    /// The events that make this state from nothing: what a snapshot holds.
    pub fn facts(&self) -> impl Iterator<Item = Event> + '_ {
        let password =
            self.admin_password.iter().map(|hash| Event::AdminPasswordSet { hash: hash.clone() });
        let addresses = self
            .addresses
            .iter()
            .map(|(mac, address)| Event::AddressGiven { mac: mac.0, address: address.octets() });
        let handsets = self.handsets.iter().flat_map(|(no, handset)| handset.facts(*no));
        // Behind the handsets, which count too.
        let counted = self.last_handset != HandsetNo(0) || !self.handsets.is_empty();
        let numbered = counted.then_some(Event::HandsetsNumbered { last: self.last_handset });
        let network = self.network_facts();
        let key = self.backup_key.iter().map(|key| Event::BackupKeySet { key: key.clone() });
        let pin =
            self.install_pin.iter().map(|pin| Event::InstallPinSet { pin: Some(pin.clone()) });
        let site = self
            .rules
            .facts()
            .chain(password)
            .chain(key)
            .chain(network)
            .chain(self.beside.facts())
            .chain(pin);
        // Before the handsets, whose lines may be theirs.
        let site = site.chain(self.users.facts());
        // Behind the handsets, since some are of one.
        let settings = self.settings.facts();
        let own = settings.chain(self.templates.facts()).chain(self.signs.facts());
        let own = own.chain(self.certificates.facts());
        site.chain(addresses).chain(handsets).chain(numbered).chain(own)
    }
}
