//! Builds views: what may be shown, at the moment somebody looks.

use crate::admin;
use crate::catalog::{Family, Identity, OwnKind, Sign, Weight};
use crate::cause::Cause;
use crate::limits::STRANGERS_IN_VIEW_MAX;
use crate::mdns::Mdns;
use crate::names::{HandsetNo, LineNo, Side};
use crate::network::Trial;
use crate::office::Office;
use crate::others;
use crate::policy::{Act, Verdict};
use crate::seat;
use crate::settings;
use crate::sip::Sip;
use crate::state::Handset;
use crate::time::{Instant, Now, HOUR_MS, MINUTE_MS};
use crate::uploads;
use crate::view::{
    Alarm, BoxView, DeviceView, HandsetRow, LineRow, Remote, SignSeen, SignsView, Status,
    StrangerRow, Tried, View, WanView,
};
use alloc::string::String;
use alloc::vec::Vec;
use wire::Mac;

/// What stands for the maker of what has no hardware address.
const GENERIC: &str = "Generic SIP";
/// How long an alarm is shown after its last cause.
const ALARM_MS: u64 = 24 * HOUR_MS;
/// How long a device counts as booting after it was last heard.
const BOOTING_MS: u64 = 5 * MINUTE_MS;

/// The office at this moment.
pub(crate) fn view(office: &Office, sip: &Sip, now: Now) -> View {
    let mut handsets: Vec<HandsetRow> =
        office.durable.handsets().map(|(no, known)| row(office, sip, now, no, known)).collect();
    handsets.sort_by_key(|row| {
        let extension = row.lines.iter().find_map(|line| line.extension);
        (extension.is_none(), extension, row.address.is_none(), row.address, row.mac)
    });
    View {
        now,
        revision: office.revision,
        handsets,
        strangers: strangers(office, now),
        alarms: alarms(office, now),
        notes: office.notes.iter().rev().copied().collect(),
        lan_creates: office.durable.creates(Side::Lan),
        wan_creates: office.durable.creates(Side::Wan),
        resync_planned: sip.planned(),
        clock: now.wall.map(|wall| office.clock(wall)),
    }
}

/// One device; `None` if it is neither a handset nor was it heard since this start.
pub(crate) fn device(office: &Office, sip: &Sip, now: Now, mac: Mac) -> Option<DeviceView> {
    let known = office.durable.handset_of(mac);
    let met = office.devices.get(&mac);
    if known.is_none() && met.is_none() {
        return None;
    }
    let led_by = met.into_iter().flat_map(|device| device.guess.led_by());
    let mut signs: Vec<SignSeen> =
        led_by.map(|(kind, own)| SignSeen { name: kind.name(), own }).collect();
    signs.reverse();
    let story = met.map(|device| device.story.steps().cloned().collect()).unwrap_or_default();
    let family = office.family(mac).filter(|family| *family != Family::Generic);
    let resync = family.unwrap_or(Family::Generic);
    Some(DeviceView {
        now,
        revision: admin::revision(office, mac),
        mac,
        handset: known.map(|(no, known)| row(office, sip, now, no, known)),
        stranger: known.is_none().then(|| stranger(office, now, mac)).flatten(),
        signs,
        files_proof: family.and_then(Family::files_proof),
        files_unproven: family.map_or("", Family::unproven),
        origin: known.map(|(_, known)| known.origin),
        lines_max: known.map_or(1, |(no, _)| admin::lines_max(office, no)),
        story,
        settings: settings::of_handset(office, mac),
        restarts_apart: resync.restarts_apart(),
        resync_restarts: resync.resync_restarts(),
        stored: uploads::stored(office, mac),
        screen: met.and_then(|device| device.screen.as_ref()).map(|it| (it.at, it.title)),
        people: known.map(|(no, _)| seat::of_handset(office, no)).unwrap_or_default(),
        remote: match known.and_then(|(_, known)| known.remote) {
            None => Remote::No,
            Some(remote) if remote.claimed => Remote::Claimed,
            Some(_) => Remote::Awaited,
        },
        ports: settings::ports_used(office, mac),
        banned: office.durable.rules().bans(mac),
    })
}

/// The signs of an admin's own, and what is made of one that he wants to know of.
pub(crate) fn signs(office: &Office, tried: Option<(OwnKind, &str)>) -> SignsView {
    let all = office.durable.signs().all();
    SignsView {
        signs: all.map(|(sign, means)| (sign.clone(), means.clone())).collect(),
        read_only: office.read_only,
        tried: tried.map(|(kind, text)| try_sign(office, kind, text)),
    }
}

fn try_sign(office: &Office, kind: OwnKind, text: &str) -> Tried {
    let bytes = text.as_bytes();
    let sign = match kind {
        OwnKind::Oui => Sign::Oui(beginning(text)),
        OwnKind::VendorClass => Sign::VendorClass(bytes),
        OwnKind::UserAgent => Sign::HttpUserAgent(bytes),
        OwnKind::FileName => Sign::FileName(bytes),
    };
    let (identity, by) = office.catalog.judge(sign);
    let Identity { family, vendor, model, version, mac: _, stage: _, at_most, own } = identity;
    let plain = |model| family.and_then(|family: Family| family.plain_model(model));
    Tried {
        kind,
        text: String::from(text),
        family,
        vendor,
        model: model.as_deref().and_then(plain).unwrap_or_default(),
        version: version.unwrap_or_default(),
        by: String::from(by),
        own,
        hint: at_most == Weight::Hint && !own,
    }
}

/// A hardware address of which the beginning is known; the rest is zeros.
fn beginning(text: &str) -> Mac {
    let mut mac = Mac([0; 6]);
    let digits = text.chars().filter_map(|letter| letter.to_digit(16)).take(12);
    for (place, digit) in digits.enumerate() {
        if let Some(byte) = mac.0.get_mut(place / 2) {
            *byte |= (digit as u8) << if place % 2 == 0 { 4 } else { 0 };
        }
    }
    mac
}

/// The box itself.
pub(crate) fn the_box(office: &Office, mdns: &Mdns, trial: &Trial, now: Now) -> BoxView {
    let wan = office.board.first(Side::Wan).and_then(|place| office.board.interface(place));
    let wan = wan.map(|port| WanView {
        set: office.durable.network().wan,
        address: Some((port.address, port.prefix)).filter(|(address, _)| !address.is_unspecified()),
    });
    BoxView {
        now,
        lan: office.board.lan(),
        wan,
        trial: trial.until(),
        trial_ms: trial.long_ms(),
        hindrance: trial.hindrance(&office.board),
        name: mdns.host(),
        http_port: office.board.http_port,
        state_bytes: office.durable.record_bytes(),
        flash_bytes: Some(office.flash_bytes).filter(|bytes| *bytes != u64::MAX),
        read_only: office.read_only,
        seals_backups: office.durable.backup_key().is_some(),
        profile: office.durable.rules().profile(),
    }
}

fn row(office: &Office, sip: &Sip, now: Now, no: HandsetNo, known: &Handset) -> HandsetRow {
    let Handset {
        mac,
        origin: _,
        family,
        model,
        firmware,
        web: _,
        lines,
        own: _,
        seat: _,
        remote: _,
    } = known;
    let device = office.devices.get(mac);
    let lines = lines.iter().enumerate().filter_map(|(at, line)| {
        let number = LineNo::new(at as u8 + 1)?;
        Some(LineRow {
            line: number,
            extension: line.extension,
            name: line.name.clone(),
            owner: line.owner,
            registered_until: sip.registered_until(no, number, now.mono),
        })
    });
    let lines: Vec<LineRow> = lines.collect();
    let registered = lines.iter().any(|line| line.registered_until.is_some());
    let heard = device.filter(|device| device.heard);
    let cause = heard.and_then(|device| device.story.cause(now.mono));
    let status = match (registered, cause, heard) {
        (true, ..) => Status::Registered,
        (false, Some(_), _) => Status::Stuck,
        (false, None, Some(device)) if now.mono.since_ms(device.last_seen) < BOOTING_MS => {
            Status::Booting
        }
        (false, None, _) => Status::Away,
    };
    HandsetRow {
        handset: no,
        mac: *mac,
        maker: match known.is_generic() {
            true => GENERIC,
            false => Family::from_code(*family).and_then(maker).unwrap_or("Unknown maker"),
        },
        model: model.clone(),
        firmware: firmware.clone(),
        address: address(office, now.mono, *mac),
        lines,
        status,
        last_seen: heard.map(|device| device.last_seen),
        cause: cause.filter(|cause| !registered || cause.concerns_registered()),
        asked: sip.asked(office, now, no),
    }
}

/// The maker's name; none for phones that are only known to be phones.
fn maker(family: Family) -> Option<&'static str> {
    Some(family.vendor()).filter(|vendor| !vendor.is_empty())
}

/// Where a device is now: by its lease, else where it was heard last, else where it is remembered.
fn address(office: &Office, now: Instant, mac: Mac) -> Option<core::net::Ipv4Addr> {
    let leased = office.leases.of(mac, now).map(|(address, _)| address);
    let heard = || office.devices.get(&mac).and_then(|device| device.address);
    leased.or_else(heard).or_else(|| office.durable.address_of(mac))
}

/// Devices that are no handsets, latest first; those that look like phones before all others.
fn strangers(office: &Office, now: Now) -> Vec<StrangerRow> {
    let strange = office
        .devices
        .iter()
        .filter(|(mac, device)| device.heard && office.durable.handset_of(**mac).is_none());
    let mut macs: Vec<(bool, Instant, Mac)> = strange
        .map(|(mac, device)| (device.guess.family().is_some(), device.last_seen, *mac))
        .collect();
    macs.sort_by(|a, b| b.cmp(a));
    macs.truncate(STRANGERS_IN_VIEW_MAX);
    macs.into_iter().filter_map(|(_, _, mac)| stranger(office, now, mac)).collect()
}

fn stranger(office: &Office, now: Now, mac: Mac) -> Option<StrangerRow> {
    let device = office.devices.get(&mac)?;
    let phone = device.guess.family().filter(|family| *family != Family::Generic);
    let closed = office.admit(Side::Lan, mac, Act::Create) == Verdict::Closed;
    let cause = match (phone, device.story.cause(now.mono)) {
        (Some(_), Some(Cause::AsksNothing | Cause::GoesElsewhere)) if closed => {
            Some(Cause::CreationClosed(Side::Lan))
        }
        // A computer has no reason to ask for a phone's file, nor to go to a voice VLAN.
        (None, Some(Cause::AsksNothing | Cause::GoesElsewhere | Cause::NotInVoiceVlan)) => None,
        // Nor to get its address here, where it is not for phones alone.
        (None, Some(Cause::NoPhoneForDhcp | Cause::DhcpOff)) => None,
        // Nor is it wrong that its browser tries TLS.
        (
            None,
            Some(Cause::SpeaksTls | Cause::TooOldForTls(_) | Cause::TlsTooWeak | Cause::TimeUnset),
        ) => None,
        (_, cause) => cause,
    };
    Some(StrangerRow {
        mac,
        maker: phone.and_then(maker),
        model: office.model(mac),
        address: address(office, now.mono, mac),
        last_seen: device.last_seen,
        cause,
    })
}

fn alarms(office: &Office, now: Now) -> Vec<Alarm> {
    let lately = |at: &Instant| now.mono.since_ms(*at) < ALARM_MS;
    let mut alarms = Vec::new();
    if office.read_only {
        alarms.push(Alarm::ReadOnly);
    }
    let others = others::alarming(office).filter(|other| lately(&other.last));
    alarms.extend(others.map(Alarm::OtherDhcpServer));
    if !office.has_room_for_handset() {
        alarms.push(Alarm::HandsetsFull);
    }
    if office.strangers_capped() {
        alarms.push(Alarm::StrangersCapped);
    }
    for place in office.leases.full_pools(now.mono) {
        if let Some(subnet) = office.board.subnets.get(place) {
            alarms.push(Alarm::PoolFull { network: subnet.network.address() });
        }
    }
    let twice = office.devices.iter().filter_map(|(mac, device)| {
        device.two_places.filter(lately).map(|at| Alarm::TwoPlaces { mac: *mac, at })
    });
    alarms.extend(twice.take(10));
    let taken = office.devices.iter().filter_map(|(holder, device)| {
        let (at, address, by) = device.intruder.filter(|(at, ..)| lately(at))?;
        Some(Alarm::AddressTaken { address, holder: *holder, by, at })
    });
    alarms.extend(taken.take(10));
    alarms
}
