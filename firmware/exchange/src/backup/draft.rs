//! The state as far as its text was read: each line put to the others, and what they make together.

mod handset;

use super::bad::{BadLines, Wrong};
use super::own;
use super::read::{Ground, Opened};
use super::seal::Sealer;
use super::words::{nearest, Entry};
use super::{beside, certificates, parts, people, settings};
use super::{rules, signs, templates};
use crate::board::{Board, Interface, Site};
use crate::chance::Chance;
use crate::limits::{ADDRESSES_MAX, HANDSETS_MAX, LINES_MAX};
use crate::names::{text, ContactText, Extension, HandsetNo, LineNo, Side, Text, UserNo};
use crate::network::{check_lan, check_wan, Settings};
use crate::seat::Seat;
use crate::secret::{LineSecret, LoginId, PasswordHash, Remote, RemoteToken, WebSecret};
use crate::sorted::{SortedMap, SortedSet};
use crate::state::{Durable, Event};
use alloc::string::String;
use alloc::vec::Vec;
use core::net::Ipv4Addr;
use wire::Mac;

const KINDS: [&str; 27] = [
    "seal",
    "new-phones",
    "admin",
    "lan",
    "wan",
    "trial",
    "trial-lan",
    "trial-wan",
    "numbered",
    "address",
    "handset",
    "line",
    "setting",
    "template",
    "source",
    "sign",
    "own-file",
    "dhcp",
    "elder",
    "user",
    "install-pin",
    "certificate",
    "certificate-key",
    "switch",
    "pnp-key",
    "ban",
    "reach",
];
const HANDSET_KEYS: [&str; 10] = [
    "number",
    "mac",
    "maker",
    "model",
    "firmware",
    "origin",
    "web-password",
    "remote",
    "remote-token",
    "seat",
];
const LINE_KEYS: [&str; 8] =
    ["handset", "place", "login", "password", "extension", "name", "contact", "owner"];
const LAN_KEYS: [&str; 6] = ["address", "first", "last", "router", "dns", "domain"];
const WAN_KEYS: [&str; 4] = ["by", "address", "gateway", "dns"];

/// What the lines so far say. A map that ends in a number says in which line something is.
#[derive(Default)]
pub(super) struct Draft {
    once: SortedMap<&'static str, usize>,
    lan_creates: Option<bool>,
    wan_creates: Option<bool>,
    hash: Option<PasswordHash>,
    kept: Settings,
    proposed: Option<Settings>,
    last: Option<HandsetNo>,
    addresses: SortedMap<Mac, Ipv4Addr>,
    handsets: SortedMap<HandsetNo, Handset>,
    /// Handsets whose own line is bad: that they are missing is no fault of their lines.
    spoilt: SortedSet<HandsetNo>,
    held_by: SortedMap<Mac, usize>,
    holders: SortedMap<Ipv4Addr, usize>,
    macs: SortedMap<Mac, usize>,
    logins: SortedMap<LoginId, usize>,
    extensions: SortedMap<Extension, usize>,
    settings: settings::Settings,
    templates: templates::Draft,
    signs: signs::Draft,
    beside: beside::Draft,
    people: people::Draft,
    certificates: certificates::Draft,
    rules: rules::Draft,
}

struct Handset {
    at: usize,
    mac: Mac,
    family: u8,
    model: Text,
    firmware: Text,
    origin: u8,
    web: Option<WebSecret>,
    lines: Vec<Line>,
    own: own::Files,
    seat: Seat,
    /// Whether it may be used from the WAN: whether it has had its file, and its token.
    remote: Option<(bool, Option<RemoteToken>)>,
    /// How many lines it has, bad ones among them.
    told: usize,
}

struct Line {
    login: LoginId,
    secret: Option<LineSecret>,
    extension: Option<Extension>,
    name: Text,
    owner: Option<UserNo>,
    contact: Option<ContactText>,
}

impl Draft {
    /// Takes one line in.
    pub(super) fn take(
        &mut self,
        at: usize,
        mut entry: Entry<'_>,
        opened: Option<&Opened<'_>>,
    ) -> Result<(), Wrong> {
        let sealer = opened.filter(|opened| opened.at < at).map(|opened| &opened.sealer);
        match entry.kind {
            // It was read before all others.
            "seal" => match opened {
                Some(opened) if opened.at != at => Err(again("`seal`", opened.at)),
                Some(_) | None => Ok(()),
            },
            "new-phones" => {
                entry.knows(&["lan", "wan"])?;
                self.only("`new-phones`", at)?;
                (self.lan_creates, self.wan_creates) = (entry.switch("lan")?, entry.switch("wan")?);
                Ok(())
            }
            "admin" => {
                entry.knows(&["password-hash"])?;
                self.only("`admin`", at)?;
                self.hash = entry.hash(sealer)?;
                Ok(())
            }
            "lan" | "wan" | "trial" | "trial-lan" | "trial-wan" => self.network(at, entry),
            "numbered" => {
                entry.knows(&["last"])?;
                self.only("`numbered`", at)?;
                self.last = Some(entry.last()?);
                Ok(())
            }
            "address" => self.address(at, entry),
            "handset" => self.handset(at, entry, sealer),
            "line" => self.line(at, entry, sealer),
            "setting" => self.setting(at, entry, sealer),
            "template" => self.templates.template(at, entry),
            "source" => self.templates.source(entry),
            "sign" => self.signs.take(at, entry),
            "own-file" => self.own_file(at, entry, sealer),
            "dhcp" => {
                self.only("`dhcp`", at)?;
                self.beside.serving(entry)
            }
            "elder" => self.beside.elder(at, entry),
            "user" => self.people.user(at, entry, sealer),
            "install-pin" => {
                self.only("`install-pin`", at)?;
                self.people.install(entry, sealer)
            }
            "certificate" => self.certificates.chain(at, entry),
            "certificate-key" => self.certificates.key(at, entry, sealer),
            "switch" | "pnp-key" | "ban" | "reach" => self.rules.take(at, entry, sealer),
            other => Err(Wrong::UnknownKind(text(other), nearest(other, &KINDS))),
        }
    }

    fn only(&mut self, what: &'static str, at: usize) -> Result<(), Wrong> {
        match self.once.insert(what, at) {
            Some(line) => Err(again(what, line)),
            None => Ok(()),
        }
    }

    fn network(&mut self, at: usize, mut entry: Entry<'_>) -> Result<(), Wrong> {
        match entry.kind {
            "lan" => {
                entry.knows(&LAN_KEYS)?;
                self.only("`lan`", at)?;
                self.kept.lan = Some(entry.lan()?);
            }
            "wan" => {
                entry.knows(&WAN_KEYS)?;
                self.only("`wan`", at)?;
                self.kept.wan = Some(entry.wan()?);
            }
            "trial-lan" => {
                entry.knows(&LAN_KEYS)?;
                self.only("`trial-lan`", at)?;
                self.proposed.get_or_insert_default().lan = Some(entry.lan()?);
            }
            "trial-wan" => {
                entry.knows(&WAN_KEYS)?;
                self.only("`trial-wan`", at)?;
                self.proposed.get_or_insert_default().wan = Some(entry.wan()?);
            }
            _trial => {
                entry.knows(&[])?;
                self.only("`trial`", at)?;
                self.proposed.get_or_insert_default();
            }
        }
        Ok(())
    }

    fn address(&mut self, at: usize, mut entry: Entry<'_>) -> Result<(), Wrong> {
        entry.knows(&["mac", "ip"])?;
        let (mac, ip) = (entry.any_mac()?, entry.ip()?);
        if self.addresses.len() >= ADDRESSES_MAX {
            return Err(Wrong::AddressesFull);
        }
        unused("The address of this MAC address", &self.held_by, &mac)?;
        unused("The holder of this IP address", &self.holders, &ip)?;
        self.held_by.insert(mac, at);
        self.holders.insert(ip, at);
        self.addresses.insert(mac, ip);
        Ok(())
    }

    fn handset(
        &mut self,
        at: usize,
        mut entry: Entry<'_>,
        sealer: Option<&Sealer>,
    ) -> Result<(), Wrong> {
        let number = entry.handset("number")?;
        let made = self.make(at, number, entry, sealer);
        if made.is_err() {
            self.spoilt.insert(number);
        }
        made
    }

    fn make(
        &mut self,
        at: usize,
        number: HandsetNo,
        mut entry: Entry<'_>,
        sealer: Option<&Sealer>,
    ) -> Result<(), Wrong> {
        entry.knows(&HANDSET_KEYS)?;
        let mac = entry.handset_mac()?;
        let token = entry.secret("remote-token", &parts::of_token(mac), sealer)?;
        let token = token.map(RemoteToken);
        let handset = Handset {
            at,
            mac,
            family: entry.maker()?,
            model: entry.text("model")?,
            firmware: entry.text("firmware")?,
            origin: entry.origin()?,
            web: entry.secret("web-password", &parts::of_web(mac), sealer)?.map(WebSecret),
            lines: Vec::new(),
            own: own::Files::default(),
            seat: entry.seat()?,
            remote: entry.remote()?.map(|claimed| (claimed, token)),
            told: 0,
        };
        if self.handsets.len() >= HANDSETS_MAX {
            return Err(Wrong::HandsetsFull);
        }
        unused("This MAC address", &self.macs, &mac)?;
        if let Some(known) = self.handsets.get(&number) {
            return Err(again("A handset of this number", known.at));
        }
        self.macs.insert(mac, at);
        self.handsets.insert(number, handset);
        Ok(())
    }

    fn line(
        &mut self,
        at: usize,
        mut entry: Entry<'_>,
        sealer: Option<&Sealer>,
    ) -> Result<(), Wrong> {
        let number = entry.handset("handset")?;
        let Some(handset) = self.handsets.get_mut(&number) else {
            return if self.spoilt.contains(&number) { Ok(()) } else { Err(Wrong::NoHandset) };
        };
        handset.told += 1;
        let next = handset.told;
        entry.knows(&LINE_KEYS)?;
        let (place, login) = (entry.place()?, entry.login()?);
        if next > LINES_MAX {
            return Err(Wrong::LinesFull);
        }
        if usize::from(place) != next {
            return Err(Wrong::Place(next as u8));
        }
        let name = parts::of_line(handset.mac, &login);
        let line = Line {
            login,
            secret: entry.secret("password", &name, sealer)?.map(LineSecret),
            extension: entry.extension()?,
            name: entry.text("name")?,
            owner: entry.user("owner")?,
            contact: entry.contact()?,
        };
        if let Some(owner) = line.owner {
            self.people.check(owner)?;
            if line.extension.is_some() || !line.name.is_empty() {
                return Err(Wrong::OwnedAndNamed);
            }
        }
        unused("This login", &self.logins, &login)?;
        if let Some(extension) = &line.extension {
            unused("This extension", &self.extensions, extension)?;
            self.extensions.insert(*extension, at);
        }
        self.logins.insert(login, at);
        handset.lines.push(line);
        Ok(())
    }

    fn own_file(
        &mut self,
        at: usize,
        mut entry: Entry<'_>,
        sealer: Option<&Sealer>,
    ) -> Result<(), Wrong> {
        let number = entry.handset("handset")?;
        let Some(handset) = self.handsets.get_mut(&number) else {
            return if self.spoilt.contains(&number) { Ok(()) } else { Err(Wrong::NoHandset) };
        };
        handset.own.take(at, entry, handset.mac, sealer)
    }

    fn setting(
        &mut self,
        at: usize,
        entry: Entry<'_>,
        sealer: Option<&Sealer>,
    ) -> Result<(), Wrong> {
        let handsets = &self.handsets;
        let mut excused = false;
        let mac = |number| {
            // The line that should make the handset is what is wrong.
            excused = self.spoilt.contains(&number);
            handsets.get(&number).map(|it| it.mac).ok_or(Wrong::NoHandset)
        };
        match self.settings.take(at, entry, sealer, mac) {
            Err(Wrong::NoHandset) if excused => Ok(()),
            taken => taken,
        }
    }

    /// What is wrong only once all lines are known.
    pub(super) fn check(&self, bad: &mut BadLines, ground: &Ground<'_>) {
        self.settings.check(bad);
        for handset in self.handsets.values().filter(|handset| handset.told == 0) {
            bad.add(handset.at, Wrong::NoLine);
        }
        self.check_extensions(bad);
        let exists = |number| self.handsets.contains_key(&number) || self.spoilt.contains(&number);
        self.templates.check(bad, exists);
        self.certificates.check(|at, wrong| bad.add(at, wrong));
        let any_board = any_board();
        if ground.network_stays {
            return;
        }
        let board = ground.board.unwrap_or(&any_board);
        let kept = (&self.kept, "`lan`", "`wan`");
        let proposed = self.proposed.iter().map(|it| (it, "`trial-lan`", "`trial-wan`"));
        for (settings, lan, wan) in core::iter::once(kept).chain(proposed) {
            for (word, checked) in
                [(lan, check_lan(board, settings)), (wan, check_wan(board, settings))]
            {
                if let (Err(flaw), Some(at)) = (checked, self.once.get(word)) {
                    bad.add(*at, Wrong::Network(flaw));
                }
            }
        }
    }

    /// A user's extension is on no line that is not his.
    fn check_extensions(&self, bad: &mut BadLines) {
        for line in self.handsets.values().flat_map(|handset| &handset.lines) {
            let Some(extension) = line.extension else { continue };
            let Some(at) = self.extensions.get(&extension) else { continue };
            if let Some(user) = self.people.has(extension, &line.name) {
                let (first, second) = (user.min(*at), user.max(*at));
                bad.add(second, again("This extension", first));
            }
        }
    }

    /// Whether it says what the admin's password is.
    pub(super) fn has_hash(&self) -> bool {
        self.hash.is_some()
    }

    /// The facts in their order, and for how many handsets something secret was drawn. What the
    /// text leaves out stays as this box has it for the same phone and login.
    pub(super) fn facts(
        self,
        ground: &Ground<'_>,
        opened: Option<&Opened<'_>>,
        chance: &mut Chance,
    ) -> (Vec<Event>, usize) {
        let before = ground.before;
        let mut facts = Vec::new();
        let new = Durable::default();
        for (side, open) in [(Side::Lan, self.lan_creates), (Side::Wan, self.wan_creates)] {
            let open = open.unwrap_or(new.creates(side));
            facts.push(Event::CreationAllowed { side, open });
        }
        facts.extend(self.rules.facts(before.rules()));
        let hash = self.hash.or_else(|| before.admin_password().cloned());
        facts.extend(hash.map(|hash| Event::AdminPasswordSet { hash }));
        let key = opened.map(|opened| opened.key).or(before.backup_key());
        facts.extend(key.map(|key| Event::BackupKeySet { key: key.clone() }));
        let (kept, proposed) = match ground.network_stays {
            true => (before.network_kept().clone(), before.network_proposed().cloned()),
            false => (self.kept, self.proposed),
        };
        if kept != Settings::default() {
            facts.extend([Event::NetworkProposed { settings: kept }, Event::NetworkKept]);
        }
        facts.extend(proposed.map(|settings| Event::NetworkProposed { settings }));
        facts.extend(self.beside.facts());
        let addresses = self.addresses.into_iter();
        facts.extend(
            addresses.map(|(mac, ip)| Event::AddressGiven { mac: mac.0, address: ip.octets() }),
        );
        self.people.facts(before, chance, &mut facts);
        let mut drawn = 0;
        let was = |(number, it): (&HandsetNo, &Handset)| {
            before.handset_of(it.mac).map(|(was, _)| (*number, was))
        };
        let was = self.handsets.iter().filter_map(was).collect();
        for (number, handset) in self.handsets {
            drawn += usize::from(handset.facts(number, before, chance, &mut facts));
        }
        facts.extend(self.last.map(|last| Event::HandsetsNumbered { last }));
        facts.extend(self.settings.facts(before, &was, chance));
        facts.extend(self.templates.facts());
        facts.extend(self.signs.facts());
        facts.extend(self.certificates.facts(before));
        (facts, drawn)
    }
}

fn again(what: &'static str, line: usize) -> Wrong {
    Wrong::Again { what, line }
}

fn unused<K: Ord>(what: &'static str, known: &SortedMap<K, usize>, key: &K) -> Result<(), Wrong> {
    known.get(key).map_or(Ok(()), |line| Err(again(what, *line)))
}

/// A board of which nothing is known but that it has both sides.
fn any_board() -> Board {
    let port = |side| Interface { side, address: Ipv4Addr::UNSPECIFIED, prefix: 32, has_arp: true };
    let site =
        Site { time_zone: String::new(), ntp_server: None, poll_min: 0, realm: String::new() };
    Board {
        interfaces: [Side::Lan, Side::Wan].map(port).into(),
        subnets: Vec::new(),
        http_port: 0,
        https_port: None,
        sips_port: None,
        sip_port: 0,
        directory: String::new(),
        site,
    }
}
