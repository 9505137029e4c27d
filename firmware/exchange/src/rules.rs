//! What an admin wants of the policy: switches, gates, the key, bans, and handsets that may be used
//! from the WAN; and what he is shown of it.

use crate::admin::{self, Ended};
use crate::catalog::Family;
use crate::command::{By, Refusal};
use crate::limits::{BANS_MAX, GATE_MINUTES_MAX};
use crate::names::{Extension, HandsetNo, Side, Text};
use crate::note::{Note, RuleNote, Shown};
use crate::office::Office;
use crate::policy::{Profile, Switch};
use crate::provision;
use crate::secret::PnpKey;
use crate::settings;
use crate::state::Event;
use crate::strangers;
use crate::time::{Now, Wall, MINUTE_MS};
use crate::view::{RulesView, StrangersView, SwitchRow};
use crate::Exchange;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::net::Ipv4Addr;
use wire::Mac;

/// A wish of an admin that concerns the policy.
pub enum Rule {
    /// Sets a switch of the policy.
    SetSwitch {
        /// Which one.
        switch: Switch,
        /// Whether it disables what it is called after.
        disabled: bool,
    },
    /// Sets all switches of the policy.
    SetProfile(Profile),
    /// Takes new handsets in from one side for a while, whatever its switch says.
    OpenGate {
        /// Which side.
        side: Side,
        /// For how many minutes; 0 closes it.
        minutes: u16,
    },
    /// Draws a new key of Plug-and-Play; handsets that are known are not concerned.
    DrawKey,
    /// Makes a handset known before it comes, with all that is known of it.
    Prestage {
        /// Its hardware address.
        mac: Mac,
        /// The number people dial, if somebody is to be assigned.
        extension: Option<Extension>,
        /// Who is to be assigned; may be empty.
        name: Text,
        /// Its maker and model, where they were said.
        make: Option<(Family, Text)>,
        /// Whether it may be used from the WAN.
        remote: bool,
        /// Whether the hardware address was compared with that of a stranger that is nearly it.
        sure: bool,
    },
    /// Lets a handset be used from the WAN, or no longer. Said again, it is to be claimed anew.
    MarkRemote {
        /// Which one.
        handset: HandsetNo,
        /// Whether it may.
        remote: bool,
    },
    /// Draws all passwords of a handset anew, since the phone was lost.
    DrawPasswords {
        /// Which one.
        handset: HandsetNo,
    },
    /// Bans a hardware address, or lifts its ban.
    Ban {
        /// Which one.
        mac: Mac,
        /// Whether it gets nothing from now on.
        banned: bool,
    },
    /// Forgets a handset and bans its hardware address.
    DeleteAndBan {
        /// Which one.
        handset: HandsetNo,
    },
    /// Sets the name or address by which remote phones reach the box.
    SetReach {
        /// As typed; empty for the box's own address on the WAN.
        host: String,
    },
    /// Sets aside a stranger that was turned away, or brings him back, until the next start.
    IgnoreStranger {
        /// Which one.
        mac: Mac,
        /// Whether he is set aside.
        ignored: bool,
    },
}

/// Why nothing comes of such a wish.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RuleFlaw {
    /// A stranger that was turned away has this hardware address, which differs in one digit.
    NearStranger(Mac),
    /// The hardware address is banned.
    MacBanned,
    /// There is no room for another ban.
    BansFull,
    /// A gate cannot be open for as long.
    GateTooLong,
    /// This stranger is not remembered any more.
    NoSuchStranger,
    /// The box has no port to the WAN.
    NoWan,
    /// The handset gets its passwords by its file.
    HasFiles,
    /// The handset has no hardware address that could be banned.
    NoMac,
    /// The box cannot be reached by this name or address.
    BadReach,
}

impl fmt::Display for RuleFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RuleFlaw::NearStranger(mac) => write!(
                f,
                "A phone with the MAC address {mac} was turned away, which differs in one \
                 character. Compare it with the label on the phone.",
            ),
            RuleFlaw::MacBanned => {
                f.write_str("This MAC address is banned. Lift the ban on the Strangers page first.")
            }
            RuleFlaw::BansFull => write!(
                f,
                "There are {BANS_MAX} bans already, as many as there can be. Lift some first.",
            ),
            RuleFlaw::GateTooLong => {
                write!(f, "A number of minutes is from 1 to {GATE_MINUTES_MAX}.")
            }
            RuleFlaw::NoSuchStranger => f.write_str("This stranger is not on the list any more."),
            RuleFlaw::NoWan => f.write_str("This box has no port to the WAN."),
            RuleFlaw::HasFiles => {
                f.write_str("This phone gets its passwords with its configuration.")
            }
            RuleFlaw::BadReach => f.write_str(
                "This has to be an IP address by which phones can reach the box, or a name such as \
                phones.example.com.",
            ),
            RuleFlaw::NoMac => {
                f.write_str("This handset has no MAC address that could be banned. Delete it.")
            }
        }
    }
}

/// What somebody gets who wants to be shown a secret.
pub enum Revealed {
    /// His password is wrong.
    Wrong,
    /// There is no such secret.
    Nothing,
    /// It is this one.
    Secret(String),
}

impl Exchange {
    /// The rules by which phones are taken in, as they may be shown.
    pub fn rules_view(&self, now: Now) -> RulesView {
        view(&self.office, now)
    }

    /// The strangers that were turned away, and who is banned.
    pub fn strangers_view(&self, now: Now) -> StrangersView {
        strangers::view(&self.office, now)
    }

    /// An admin at this address has given his password again to be shown a secret; whether it was
    /// `right` came out of the comparison that [`Exchange::may_log_in`] has begun.
    pub fn show(&mut self, now: Now, source: Ipv4Addr, right: bool, what: Shown) -> Revealed {
        if !right {
            self.access.failed(now.mono, source);
            self.office.note(now, Note::LogInRefused(source));
            return Revealed::Wrong;
        }
        let secret = match what {
            Shown::PnpKey => self.office.durable.rules().key().map(|key| key.text()),
            Shown::WebPassword(mac) => provision::web_password(&self.office, mac),
            Shown::PinOf(user) => {
                self.office.durable.users().get(user).map(|known| known.pin.text().to_string())
            }
            Shown::InstallPin => {
                self.office.durable.install_pin().map(|pin| pin.text().to_string())
            }
            // That one is shown once, to whoever had it drawn.
            Shown::Account(_) => None,
        };
        let Some(secret) = secret else { return Revealed::Nothing };
        self.office.note(now, Note::Rule(RuleNote::SecretShown(source, what)));
        Revealed::Secret(secret)
    }
}

/// Does what the admin wants, or says why not; a refused command changes nothing.
pub(crate) fn carry_out(
    office: &mut Office,
    now: Now,
    by: &By,
    rule: Rule,
) -> Result<Ended, Refusal> {
    match rule {
        Rule::SetSwitch { switch, disabled } => set(office, now, by, switch, disabled)?,
        Rule::SetProfile(profile) => set_profile(office, now, by, profile)?,
        Rule::OpenGate { side, minutes } => open_gate(office, now, by, side, minutes)?,
        Rule::DrawKey => draw_key(office, now, by.source)?,
        Rule::Prestage { mac, extension, name, make, remote, sure } => {
            let who = (extension, name);
            prestage(office, now, mac, who, make, (remote, sure))?;
        }
        Rule::MarkRemote { handset, remote } => return mark(office, now, by, handset, remote),
        Rule::DrawPasswords { handset } => {
            let mac = admin::unchanged(office, now, by, handset)?;
            office.draw_passwords(handset, mac);
            office.note(now, Note::Rule(RuleNote::PasswordsDrawn(by.source, mac)));
            return Ok(Some((handset, None)));
        }
        Rule::Ban { mac, banned } => return ban(office, now, by.source, mac, banned),
        Rule::DeleteAndBan { handset } => return delete_and_ban(office, now, by, handset),
        Rule::SetReach { host } => set_reach(office, now, by.source, host.trim())?,
        Rule::IgnoreStranger { mac, ignored } => {
            if !office.turned_away.ignore(mac, ignored) {
                return Err(Refusal::Rule(RuleFlaw::NoSuchStranger));
            }
            office.revision += 1;
        }
    }
    Ok(None)
}

/// Sets a switch; the same again changes nothing, not even who set it.
pub(crate) fn set(
    office: &mut Office,
    now: Now,
    by: &By,
    switch: Switch,
    disabled: bool,
) -> Result<(), Refusal> {
    set_all(office, now, by, &[(switch, disabled)])
}

fn set_profile(office: &mut Office, now: Now, by: &By, profile: Profile) -> Result<(), Refusal> {
    let all = Switch::ALL.into_iter().zip(profile.disabled());
    set_all(office, now, by, &all.collect::<Vec<_>>())
}

/// Sets switches, all of them or none. Before the WAN is opened there is a key.
fn set_all(
    office: &mut Office,
    now: Now,
    by: &By,
    wished: &[(Switch, bool)],
) -> Result<(), Refusal> {
    let rules = office.durable.rules();
    let is_new = |(switch, disabled): &&(Switch, bool)| rules.disabled(*switch) != *disabled;
    let changed: Vec<(Switch, bool)> = wished.iter().filter(is_new).copied().collect();
    let draws = changed.contains(&(Switch::WanCreates, false)) && rules.key().is_none();
    let at = now.wall.map(|Wall(seconds)| seconds);
    let mut facts = Vec::new();
    if draws {
        facts.push(Event::PnpKeyDrawn { key: PnpKey(office.chance.bytes()) });
    }
    facts.extend(changed.iter().map(|(switch, disabled)| {
        let (switch, disabled) = (*switch, *disabled);
        Event::SwitchSet { switch, disabled, by: by.source.octets(), at }
    }));
    if !office.has_room_to_change_all(&facts) {
        return Err(Refusal::FlashFull);
    }
    facts.into_iter().for_each(|fact| office.record_site(fact));
    if draws {
        office.note(now, Note::Rule(RuleNote::KeyDrawn(by.source)));
    }
    for (switch, disabled) in changed {
        office.note(now, Note::Rule(RuleNote::SwitchSet(by.source, switch, disabled)));
    }
    // Whoever closes the door means the gate beside it too.
    for (switch, _) in wished.iter().filter(|(_, disabled)| *disabled) {
        match switch {
            Switch::LanCreates => office.gates.set(Side::Lan, None),
            Switch::WanCreates => office.gates.set(Side::Wan, None),
            Switch::AssignAtPhone => (),
        }
    }
    Ok(())
}

fn open_gate(
    office: &mut Office,
    now: Now,
    by: &By,
    side: Side,
    minutes: u16,
) -> Result<(), Refusal> {
    if minutes > GATE_MINUTES_MAX {
        return Err(Refusal::Rule(RuleFlaw::GateTooLong));
    }
    if side == Side::Wan && minutes > 0 && office.durable.rules().key().is_none() {
        if office.read_only {
            return Err(Refusal::NotStored);
        }
        draw_key(office, now, by.source)?;
    }
    let until = now.mono.after_ms(u64::from(minutes) * MINUTE_MS);
    office.gates.set(side, Some(until).filter(|_| minutes > 0));
    office.note(now, Note::Rule(RuleNote::GateOpened(by.source, side, minutes)));
    Ok(())
}

fn draw_key(office: &mut Office, now: Now, source: Ipv4Addr) -> Result<(), Refusal> {
    let key = PnpKey(office.chance.bytes());
    store(office, Event::PnpKeyDrawn { key })?;
    office.note(now, Note::Rule(RuleNote::KeyDrawn(source)));
    Ok(())
}

fn prestage(
    office: &mut Office,
    now: Now,
    mac: Mac,
    (extension, name): (Option<Extension>, Text),
    make: Option<(Family, Text)>,
    (remote, sure): (bool, bool),
) -> Result<(), Refusal> {
    if remote && office.board.first(Side::Wan).is_none() {
        return Err(Refusal::Rule(RuleFlaw::NoWan));
    }
    let near = office.turned_away.nearly(mac).filter(|_| !sure);
    if let Some(near) = near.filter(|_| office.durable.handset_of(mac).is_none()) {
        return Err(Refusal::Rule(RuleFlaw::NearStranger(near)));
    }
    let handset = admin::add(office, now, mac, extension, name)?;
    if let Some((family, model)) = make {
        let firmware = Text::new();
        let family = family.code();
        office.record(mac, Event::HandsetRecognised { handset, family, model, firmware });
    }
    if remote {
        office.mark(handset, mac, false);
    }
    Ok(())
}

fn mark(
    office: &mut Office,
    now: Now,
    by: &By,
    handset: HandsetNo,
    remote: bool,
) -> Result<Ended, Refusal> {
    let mac = admin::unchanged(office, now, by, handset)?;
    match remote {
        true if office.board.first(Side::Wan).is_none() => {
            return Err(Refusal::Rule(RuleFlaw::NoWan))
        }
        true => {
            let blank = Event::RemoteMarked { handset, mark: None };
            if !office.has_room_to_change(&blank) {
                return Err(Refusal::FlashFull);
            }
            office.mark(handset, mac, false);
        }
        false => office.record(mac, Event::RemoteMarked { handset, mark: None }),
    }
    office.note(now, Note::Rule(RuleNote::RemoteMarked(by.source, mac, remote)));
    // Whatever was registered from the WAN ends with the mark.
    Ok(Some((handset, None)).filter(|_| !remote))
}

fn ban(
    office: &mut Office,
    now: Now,
    source: Ipv4Addr,
    mac: Mac,
    banned: bool,
) -> Result<Ended, Refusal> {
    if !mac.is_device() {
        return Err(Refusal::MacUnusable);
    }
    let rules = office.durable.rules();
    if rules.bans(mac) == banned {
        return Err(Refusal::Unchanged);
    }
    if banned && rules.banned().len() >= BANS_MAX {
        return Err(Refusal::Rule(RuleFlaw::BansFull));
    }
    let event = Event::MacBanned { mac: mac.0, banned };
    if banned && !office.has_room_for(&event) {
        return Err(Refusal::FlashFull);
    }
    office.record_site(event);
    office.turned_away.forget(mac);
    office.note(now, Note::Rule(RuleNote::MacBanned(source, mac, banned)));
    let known = office.durable.handset_of(mac).map(|(handset, _)| (handset, None));
    Ok(known.filter(|_| banned))
}

/// One fact, so that no power cut leaves the phone banned and known, or gone and free to come back.
fn delete_and_ban(
    office: &mut Office,
    now: Now,
    by: &By,
    handset: HandsetNo,
) -> Result<Ended, Refusal> {
    let mac = admin::unchanged(office, now, by, handset)?;
    if !mac.is_device() {
        return Err(Refusal::Rule(RuleFlaw::NoMac));
    }
    let rules = office.durable.rules();
    if !rules.bans(mac) && rules.banned().len() >= BANS_MAX {
        return Err(Refusal::Rule(RuleFlaw::BansFull));
    }
    // The handset takes more room than its ban.
    office.record(mac, Event::HandsetBanned { handset });
    office.forget(mac);
    office.turned_away.forget(mac);
    office.note(now, Note::Rule(RuleNote::MacBanned(by.source, mac, true)));
    Ok(Some((handset, None)))
}

fn set_reach(office: &mut Office, now: Now, source: Ipv4Addr, typed: &str) -> Result<(), Refusal> {
    let host = match typed {
        "" => None,
        typed => Some(reach(typed).ok_or(Refusal::Rule(RuleFlaw::BadReach))?),
    };
    if office.durable.reach() == host.as_deref() {
        return Err(Refusal::Unchanged);
    }
    store(office, Event::ReachSet { host })?;
    office.note(now, Note::Rule(RuleNote::ReachSet(source)));
    Ok(())
}

/// A name or address of the box in its one spelling; `None` for what cannot be one, and for an
/// address by which nobody is reached.
pub(crate) fn reach(typed: &str) -> Option<String> {
    let host = settings::host(typed).ok()?;
    let of_nobody = |it: Ipv4Addr| {
        it.is_unspecified() || it.is_loopback() || it.is_multicast() || it.is_broadcast()
    };
    let address = host.parse::<Ipv4Addr>().ok();
    (!address.is_some_and(of_nobody)).then_some(host)
}

fn store(office: &mut Office, event: Event) -> Result<(), Refusal> {
    if !office.has_room_to_change(&event) {
        return Err(Refusal::FlashFull);
    }
    office.record_site(event);
    Ok(())
}

fn view(office: &Office, now: Now) -> RulesView {
    let rules = office.durable.rules();
    let until = |side| office.gates.until(side).filter(|until| now.mono < *until);
    let remote = office.durable.handsets().filter(|(_, handset)| handset.is_remote()).count();
    RulesView {
        now,
        switches: Switch::ALL.map(|switch| SwitchRow {
            switch,
            disabled: rules.disabled(switch),
            by: rules.set_by(switch),
        }),
        profile: rules.profile(),
        lan_gate: until(Side::Lan),
        wan_gate: until(Side::Wan),
        has_key: rules.key().is_some(),
        wan_url: provision::wan_url(office),
        reach: office.durable.reach().map(String::from),
        wan_address: provision::wan_address(office),
        has_install_pin: office.durable.has_install_pin(),
        has_wan: office.board.first(Side::Wan).is_some(),
        remote,
        read_only: office.read_only,
    }
}
