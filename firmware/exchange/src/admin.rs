//! What becomes of an admin's wish: checked against limits and rules, then recorded.

use crate::catalog::{Family, Meaning, OwnSign, Sign};
use crate::certificates;
use crate::command::{By, Command, Refusal, Rule, RuleFlaw, SeatFlaw};
use crate::generic;
use crate::layer::Layer;
use crate::limits::{LINES_MAX, SETTINGS_BYTES_MAX, SETTING_VALUES_MAX};
use crate::names::{Extension, HandsetNo, LineNo, Side, Text};
use crate::network::Trial;
use crate::note::{Note, Whose};
use crate::office::Office;
use crate::others;
use crate::policy::Switch;
use crate::rules;
use crate::seat;
use crate::settings::{Bad, Reach, Setting};
use crate::sip::Sip;
use crate::state::Event;
use crate::templating;
use crate::time::Now;
use crate::view::Origin;
use alloc::string::String;
use wire::Mac;

/// What besides the durable state a command ends: the bindings of a handset, or of one line.
pub(crate) type Ended = Option<(HandsetNo, Option<LineNo>)>;

/// Does what the admin wants, or says why not; a refused command changes nothing.
pub(crate) fn carry_out(
    (office, trial, sip): (&mut Office, &mut Trial, &mut Sip),
    now: Now,
    by: &By,
    command: Command,
) -> Result<Ended, Refusal> {
    if by.side != Side::Lan {
        return Err(Refusal::WrongSide);
    }
    // These store nothing, and may be what a box in trouble needs.
    let stores = !matches!(
        command,
        Command::Restart
            | Command::Resync { .. }
            | Command::CallResyncOff
            | Command::Ring { .. }
            | Command::Rule(Rule::OpenGate { .. } | Rule::IgnoreStranger { .. })
    );
    if office.read_only && stores {
        return Err(Refusal::NotStored);
    }
    match command {
        Command::AddHandset { mac, extension, name } => {
            add(office, now, mac, extension, name).map(|_| None)
        }
        Command::DeleteHandset { handset } => delete(office, now, by, handset),
        Command::AssignLine { handset, line, extension, name } => {
            assign_line(office, now, by, (handset, line), (extension, name)).map(|()| None)
        }
        Command::AddLine { handset } => add_line(office, now, by, handset),
        Command::RemoveLine { handset } => remove_line(office, now, by, handset),
        Command::AllowCreation { side, open } => {
            rules::set(office, now, by, Switch::creates(side), !open).map(|()| None)
        }
        Command::ProposeLan(lan) => trial.propose_lan(office, now, by.source, lan).map(|()| None),
        Command::ProposeWan(wan) => trial.propose_wan(office, now, by.source, wan).map(|()| None),
        Command::KeepNetwork { through } => {
            trial.keep(office, now, by.source, through).map(|()| None)
        }
        Command::Restart => trial.restart(office, now, by.source).map(|()| None),
        Command::ChangeSetting { layer, setting, value } => {
            change_setting(office, now, by, layer, setting, value).map(|()| None)
        }
        Command::Resync { whom, errand, when } => {
            let asked = sip.ask(office, now, &whom, errand, when)?;
            office.note(now, Note::ResyncAsked(by.source, asked as u16));
            Ok(None)
        }
        Command::CallResyncOff => sip.call_off(office).map(|()| None),
        Command::ChangeTemplate { place, change } => {
            templating::change(office, now, by, place, change).map(|()| None)
        }
        Command::ChangeSign { sign, means } => {
            change_sign(office, now, by, sign, means).map(|()| None)
        }
        Command::ChooseServing(serving) => {
            others::choose(office, now, by.source, serving).map(|()| None)
        }
        Command::Ring { handset } => sip.ring(office, now, handset).map(|()| None),
        Command::Seat(wish) => seat::carry_out(office, now, by, wish),
        Command::ChangeCertificate(wish) => {
            certificates::change(office, now, by.source, wish).map(|()| None)
        }
        Command::Rule(rule) => rules::carry_out(office, now, by, rule),
        Command::Generic(wish) => generic::carry_out(office, now, by, wish),
    }
}

/// The number by which a page and its forms know whether a handset changed in between.
pub(crate) fn revision(office: &Office, mac: Mac) -> u64 {
    office.changed(mac)
}

pub(crate) fn add(
    office: &mut Office,
    now: Now,
    mac: Mac,
    extension: Option<Extension>,
    name: Text,
) -> Result<HandsetNo, Refusal> {
    if !mac.is_device() {
        return Err(Refusal::MacUnusable);
    }
    if office.durable.rules().bans(mac) {
        return Err(Refusal::Rule(RuleFlaw::MacBanned));
    }
    if office.durable.handset_of(mac).is_some() {
        return Err(Refusal::MacTaken);
    }
    take_in(office, now, mac, extension, name)
}

/// The same where it is known that the hardware address is good and no handset's.
pub(crate) fn take_in(
    office: &mut Office,
    now: Now,
    mac: Mac,
    extension: Option<Extension>,
    name: Text,
) -> Result<HandsetNo, Refusal> {
    free_for(office, extension, None)?;
    if !office.has_room_for_handset() {
        return Err(Refusal::HandsetsFull);
    }
    office.speak_of(now, mac);
    office.weigh(mac, Sign::Oui(mac));
    let handset = office.enrol(mac, Origin::ByHand).ok_or(Refusal::HandsetsFull)?;
    if extension.is_some() || !name.is_empty() {
        let line = LineNo::FIRST;
        // There was room for the whole handset.
        office.record(mac, Event::LineAssigned { handset, line, extension, name });
    }
    Ok(handset)
}

fn assign_line(
    office: &mut Office,
    now: Now,
    by: &By,
    (handset, line): (HandsetNo, LineNo),
    (extension, name): (Option<Extension>, Text),
) -> Result<(), Refusal> {
    let mac = unchanged(office, now, by, handset)?;
    free_for(office, extension, Some((handset, line)))?;
    if office.durable.handset(handset).and_then(|known| known.line(line)).is_none() {
        return Err(Refusal::NoSuchLine);
    }
    assign(office, mac, Event::LineAssigned { handset, line, extension, name })
}

fn assign(office: &mut Office, mac: Mac, event: Event) -> Result<(), Refusal> {
    if !office.has_room_to_change(&event) {
        return Err(Refusal::FlashFull);
    }
    office.record(mac, event);
    Ok(())
}

fn delete(office: &mut Office, now: Now, by: &By, handset: HandsetNo) -> Result<Ended, Refusal> {
    let mac = unchanged(office, now, by, handset)?;
    office.record(mac, Event::HandsetDeleted { handset });
    office.forget(mac);
    Ok(Some((handset, None)))
}

fn add_line(office: &mut Office, now: Now, by: &By, handset: HandsetNo) -> Result<Ended, Refusal> {
    let mac = unchanged(office, now, by, handset)?;
    let known = office.durable.handset(handset).ok_or(Refusal::NoSuchHandset)?;
    if known.lines.len() >= usize::from(lines_max(office, handset)) {
        return Err(Refusal::LinesFull);
    }
    let (login, secret) = office.draw_line();
    let event = Event::LineAdded { handset, login, secret };
    if !office.has_room_for(&event) {
        return Err(Refusal::FlashFull);
    }
    office.record(mac, event);
    Ok(None)
}

fn remove_line(
    office: &mut Office,
    now: Now,
    by: &By,
    handset: HandsetNo,
) -> Result<Ended, Refusal> {
    let mac = unchanged(office, now, by, handset)?;
    let known = office.durable.handset(handset).ok_or(Refusal::NoSuchHandset)?;
    let last = LineNo::new(known.lines.len() as u8).filter(|last| *last != LineNo::FIRST);
    let last = last.ok_or(Refusal::LastLine)?;
    office.record(mac, Event::LineRemoved { handset });
    Ok(Some((handset, Some(last))))
}

fn change_setting(
    office: &mut Office,
    now: Now,
    by: &By,
    layer: Layer,
    setting: Setting,
    value: Option<String>,
) -> Result<(), Refusal> {
    let (whose, mac) = match &layer {
        Layer::Site => (Whose::Site, None),
        Layer::Family(family) => (Whose::Family(*family), None),
        Layer::Model { family, .. } => (Whose::ModelOf(*family), None),
        Layer::Handset(handset) => {
            let mac = unchanged(office, now, by, *handset)?;
            (Whose::Handset(mac), Some(mac))
        }
    };
    if mac.is_none() && by.seen.is_some_and(|seen| seen != office.settings_changed.0) {
        return Err(Refusal::SettingsChangedMeanwhile);
    }
    let value = value.map(|typed| setting.read(&typed)).transpose().map_err(Refusal::Setting)?;
    let store = office.durable.settings();
    let old = store.get(&layer, setting).map(String::from);
    if old == value {
        return Err(Refusal::Unchanged);
    }
    let sets = value.is_some();
    let event = Event::SettingChanged { layer, setting: setting.code(), value };
    if sets {
        if !setting.entry().reach.contains(&whose.reach()) {
            return Err(Refusal::Setting(Bad::Reach));
        }
        let more = store.record_bytes() + event.record_bytes();
        if store.len() >= SETTING_VALUES_MAX && old.is_none() || more > SETTINGS_BYTES_MAX {
            return Err(Refusal::SettingsFull);
        }
        let fits = match old {
            Some(_) => office.has_room_to_change(&event),
            None => office.has_room_for(&event),
        };
        if !fits {
            return Err(Refusal::FlashFull);
        }
    }
    match mac {
        Some(mac) => office.record(mac, event),
        None => office.record_site(event),
    }
    office.note(now, Note::SettingChanged(by.source, setting, whose));
    Ok(())
}

fn change_sign(
    office: &mut Office,
    now: Now,
    by: &By,
    sign: OwnSign,
    means: Option<Meaning>,
) -> Result<(), Refusal> {
    office.durable.signs().check(&sign, means.as_ref()).map_err(Refusal::Sign)?;
    let adds = means.is_some();
    let event = Event::SignChanged { sign, means };
    if adds && !office.has_room_for(&event) {
        return Err(Refusal::FlashFull);
    }
    office.record_site(event);
    office.note(now, Note::SignChanged(by.source));
    Ok(())
}

impl Whose {
    fn reach(self) -> Reach {
        match self {
            Whose::Site => Reach::Site,
            Whose::Family(_) => Reach::Family,
            Whose::ModelOf(_) => Reach::Model,
            Whose::Handset(_) => Reach::Handset,
        }
    }
}

/// How many lines the handset's model carries.
pub(crate) fn lines_max(office: &Office, handset: HandsetNo) -> u8 {
    let known = office.durable.handset(handset).filter(|known| !known.is_generic());
    let Some(known) = known else { return 1 };
    let family = Family::from_code(known.family).unwrap_or(Family::Generic);
    let model = Some(known.model.as_str()).filter(|model| !model.is_empty());
    office.catalog.lines_max(family, model).clamp(1, LINES_MAX as u8)
}

/// The handset's hardware address, if it still is as the admin saw it.
pub(crate) fn unchanged(
    office: &mut Office,
    now: Now,
    by: &By,
    handset: HandsetNo,
) -> Result<Mac, Refusal> {
    let mac = office.durable.handset(handset).ok_or(Refusal::NoSuchHandset)?.mac;
    // So that what is recorded about it holds back what is told to it.
    office.speak_of(now, mac);
    match by.seen {
        Some(seen) if seen != office.changed(mac) => Err(Refusal::ChangedMeanwhile),
        Some(_) | None => Ok(mac),
    }
}

fn free_for(
    office: &Office,
    extension: Option<Extension>,
    line: Option<(HandsetNo, LineNo)>,
) -> Result<(), Refusal> {
    let Some(extension) = extension else { return Ok(()) };
    if office.durable.users().of_extension(extension).is_some() {
        return Err(SeatFlaw::ExtensionOfUser(extension).into());
    }
    match office.durable.line_at(extension) {
        Some(taken) if Some(taken) != line => Err(Refusal::ExtensionTaken(extension)),
        Some(_) | None => Ok(()),
    }
}
