//! What must be true, looked at whenever something could have broken it.

use crate::oracle::secrets_of;
use crate::site::{is_pooled, BOX, FIXED};
use crate::swarm::Place;
use crate::world::{Host, World};
use exchange::limits::{HANDSETS_MAX, NOTES_MAX, STORY_STEPS_MAX};
use exchange::note::{Note, Table};
use exchange::state::Event;
use exchange::view::Status;
use pages::Viewer;
use phones::Complaint;
use std::net::Ipv4Addr;
use wire::Mac;

const VIEWER: Viewer<'static> =
    Viewer { csrf: "0123456789", notice: None, version: "0", trial: None };

impl World {
    /// After anything a host heard: no complaint, and an address of its own.
    pub(crate) fn look_at_host(&mut self, host: usize) {
        let (one, misled) = (&self.hosts[host], self.hosts[host].misled);
        // What another server says is no fault of the box, nor is it that an admin opens or closes
        // the door between OFFER and ACK.
        let explained = |complaint: &Complaint| {
            (misled && is_about_dhcp(complaint))
                || (self.door_moved && matches!(complaint, Complaint::DhcpContradiction(_)))
        };
        let new = one.phone.complaints().get(one.complaints..).unwrap_or(&[]);
        let fault = new.iter().find(|complaint| !explained(complaint)).cloned();
        let count = one.phone.complaints().len();
        let address = one.phone.ip().filter(|_| one.powered);
        let changed = address != one.address;
        self.hosts[host].complaints = count;
        self.hosts[host].address = address;
        if let Some(complaint) = fault {
            let who = self.hosts[host].phone.describe();
            self.wrong(format!("host {host} ({who}) complains: {complaint}"));
        }
        if let Some(address) = address.filter(|_| changed) {
            self.address_is_its_own(host, address);
        }
    }

    fn address_is_its_own(&mut self, host: usize, address: Ipv4Addr) {
        if !is_pooled(address) {
            return;
        }
        let fixed = self.swarm.fixed_pc && address == FIXED;
        if address == BOX || fixed {
            self.wrong(format!("host {host} was given {address}, which is in use"));
        }
        let others = self.hosts.iter().enumerate().filter(|(at, _)| *at != host);
        let twin = others
            .clone()
            .find(|(at, other)| other.address == Some(address) && !self.may_be_taken_from(*at));
        if let Some((twin, _)) = twin {
            self.wrong(format!("hosts {host} and {twin} both hold {address}"));
        }
        let right = match self.hosts[host].place {
            Place::Link => address.octets()[0] == 192,
            Place::Relayed => address.octets()[0] == 10,
        };
        if !right {
            self.wrong(format!("host {host} was given {address}, of the wrong network"));
        }
    }

    /// A host was told that an address is its for a while: nobody else may have been told so.
    pub(crate) fn host_was_given(&mut self, host: usize, address: Ipv4Addr, for_s: u32) {
        if !is_pooled(address) {
            return;
        }
        let former = self.oracle.given(self.now, host, address, for_s);
        if let Some(former) = former.filter(|former| !self.may_be_taken_from(*former)) {
            self.wrong(format!("{address} was given to host {host}, and is promised to {former}"));
        }
    }

    /// Whether a full pool may take an address from this host before its time is over: it is no
    /// handset, and nobody can hear from it that it is still there.
    fn may_be_taken_from(&self, host: usize) -> bool {
        let one = &self.hosts[host];
        let unheard = !one.is_reachable() || one.address.is_none();
        unheard && self.boxed.kept.handset_of(one.mac()).is_none()
    }

    /// A phone registers with what it was told: flash must hold it by now.
    pub(crate) fn credentials_are_kept(&mut self, host: usize) {
        let one = &self.hosts[host];
        let mac = one.mac();
        if self.oracle.touched.contains(&mac) {
            return;
        }
        let kept = secrets_of(&self.boxed.kept, mac);
        let lost = one.phone.accounts().iter().any(|account| !kept.contains(&account.password));
        if lost {
            self.wrong(format!("host {host} was told credentials that are not on flash"));
        }
    }

    /// A file, or a part of one, leaves: its secrets are the receiver's own, and on flash.
    pub(crate) fn only_for(&mut self, receiver: Option<Mac>, bytes: &[u8]) {
        if let Some(mac) = self.oracle.leak(bytes, receiver) {
            return self.wrong(format!("a secret of {mac} was sent to {receiver:?}"));
        }
        let Some(mac) = receiver.filter(|mac| !self.oracle.touched.contains(mac)) else { return };
        let told: Vec<&str> = self.oracle.secrets_in(bytes).map(|(secret, _)| secret).collect();
        if told.is_empty() {
            return;
        }
        let kept = secrets_of(&self.boxed.kept, mac);
        let early = told.iter().any(|secret| !kept.contains(*secret));
        if early {
            self.wrong(format!("{mac} was told a secret before it was on flash"));
        }
    }

    /// After a start: every address and every credential that a host was told is still there.
    pub(crate) fn promises_are_kept(&mut self) {
        for host in 0..self.hosts.len() {
            self.credentials_are_kept(host);
            let one = &self.hosts[host];
            let (mac, told) = (one.mac(), one.address.filter(|address| is_pooled(*address)));
            let kept = self.boxed.kept.address_of(mac);
            if let Some(told) = told.filter(|told| kept != Some(*told) && one.is_phone()) {
                self.wrong(format!("host {host} was told {told}, after the start it is {kept:?}"));
            }
        }
    }

    /// Something became true; the oracle learns of new secrets.
    pub(crate) fn fact(&mut self, event: &Event) {
        if self.trace.wanted() {
            self.trace.line(self.now, "fact", name_of(event));
        }
        let Some(running) = &self.boxed.running else { return };
        let durable = running.exchange.durable();
        let owner = |no| durable.handset(exchange::names::HandsetNo(no)).map(|known| known.mac);
        self.oracle.hear(event, owner);
    }

    pub(crate) fn no_secret_in(&mut self, what: &str, bytes: &[u8]) {
        if let Some(mac) = self.oracle.leak(bytes, None) {
            self.wrong(format!("{what} holds a secret of {mac}"));
        }
    }

    /// Looks at every page as an admin would, and at the bounds of the tables.
    pub(crate) fn look(&mut self) {
        let now = self.boxed.now(self.now);
        let Some(exchange) = self.boxed.exchange() else { return };
        let view = exchange.view(now);
        let mut page = pages::handsets(&view, &VIEWER, None);
        let rows = view.handsets.iter().map(|row| row.mac);
        let macs: Vec<Mac> =
            rows.chain(view.strangers.iter().map(|row| row.mac)).take(60).collect();
        let mut long = false;
        for mac in macs {
            if let Some(device) = exchange.device(now, mac) {
                long |= device.story.len() > STORY_STEPS_MAX;
                page.push_str(&pages::device(&device, &VIEWER, None));
            }
        }
        let full = exchange.counters()[Note::Full(Table::Outputs).kind()];
        let told = self.boxed.running.as_ref().map_or(0, |running| running.full_notes);
        self.no_secret_in("a page", page.as_bytes());
        if view.handsets.len() > HANDSETS_MAX || view.notes.len() > NOTES_MAX || long {
            self.wrong("a table is larger than its bound");
        }
        // Each table that is full makes a note, but for the outputs, which are only counted.
        if full > told {
            self.wrong("outputs were thrown away");
        }
    }

    /// Whether every phone believes that all its lines are registered.
    pub(crate) fn all_registered(&self) -> bool {
        self.hosts.iter().filter(|host| host.is_phone()).all(|host| host.phone.is_registered())
    }

    /// Whether the page says so too.
    pub(crate) fn all_shown(&mut self) -> bool {
        let now = self.boxed.now(self.now);
        let Some(exchange) = self.boxed.exchange() else { return false };
        let view = exchange.view(now);
        let shown = |host: &Host| {
            let row = view.handsets.iter().find(|row| row.mac == host.mac());
            row.is_some_and(|row| row.status == Status::Registered)
        };
        self.hosts.iter().filter(|host| host.is_phone()).all(shown)
    }

    /// Says who is not registered, and what the page says of it.
    pub(crate) fn unregistered(&mut self) -> String {
        let now = self.boxed.now(self.now);
        let late: Vec<(usize, Mac)> = self
            .hosts
            .iter()
            .enumerate()
            .filter(|(_, host)| host.is_phone() && !host.phone.is_registered())
            .map(|(at, host)| (at, host.mac()))
            .collect();
        let Some(exchange) = self.boxed.exchange() else { return "the box is off".to_owned() };
        let mut text = String::new();
        for (at, mac) in late {
            let device = exchange.device(now, mac);
            let last = device.as_ref().and_then(|device| device.story.last());
            let last = last.map_or("nothing".to_owned(), |(when, step)| {
                format!("{step} at {}.{:03} since its start", when.0 / 1_000, when.0 % 1_000)
            });
            let cause = device.and_then(|device| match (device.handset, device.stranger) {
                (Some(row), _) => row.cause,
                (None, Some(row)) => row.cause,
                (None, None) => None,
            });
            let cause = cause.map_or("no cause".to_owned(), |cause| cause.to_string());
            text.push_str(&format!("host {at} ({mac}): {last}; {cause} "));
        }
        text
    }
}

fn is_about_dhcp(complaint: &Complaint) -> bool {
    match complaint {
        Complaint::DhcpShort(_)
        | Complaint::DhcpHeader(_)
        | Complaint::DhcpUnknownXid(_)
        | Complaint::DhcpOptions(..)
        | Complaint::DhcpUndecodable(_)
        | Complaint::DhcpMissing(_)
        | Complaint::DhcpForbidden(_)
        | Complaint::DhcpClientId
        | Complaint::DhcpAddress(_)
        | Complaint::DhcpServerId(_)
        | Complaint::DhcpTimes(..)
        | Complaint::DhcpRouter(_)
        | Complaint::DhcpContradiction(_)
        | Complaint::DhcpText(_)
        | Complaint::DhcpType(_) => true,
        Complaint::Tftp(_) | Complaint::File(..) | Complaint::Pnp(_) | Complaint::Sip(_) => false,
    }
}

/// An event as the trace shows it, without what is secret in it.
fn name_of(event: &Event) -> String {
    match event {
        Event::AddressGiven { mac, address } => {
            format!("{} has {}", Mac(*mac), Ipv4Addr::from(*address))
        }
        Event::AddressForgotten { mac } => format!("{} has no address", Mac(*mac)),
        Event::HandsetCreated { handset, mac, family, model, firmware, .. } => {
            let make = format!("maker {family}, {model} {firmware}");
            format!("{} is handset {}, {make}", Mac(*mac), handset.0)
        }
        Event::HandsetRecognised { handset, family, model, firmware } => {
            format!("handset {} is of maker {family}, {model} {firmware}", handset.0)
        }
        Event::HandsetDeleted { handset } | Event::HandsetBanned { handset } => gone(*handset),
        Event::LineAdded { handset, .. } => format!("handset {} has a line more", handset.0),
        Event::LineRemoved { handset } => format!("handset {} has a line less", handset.0),
        Event::LineAssigned { handset, line, .. } => {
            format!("line {} of handset {} is assigned", line.number(), handset.0)
        }
        Event::ContactLearnt { handset, line, contact } => {
            format!("line {} of handset {} is at {contact}", line.number(), handset.0)
        }
        Event::CreationAllowed { side, open } => format!("creation on the {side}: {open}"),
        Event::AdminPasswordSet { .. } => "the admin's password was set".to_owned(),
        Event::HandsetsNumbered { last } => format!("handsets are numbered up to {}", last.0),
        Event::NetworkProposed { settings } => format!("the network is tried as {settings:?}"),
        Event::NetworkKept => "the network stays as it is tried".to_owned(),
        Event::NetworkReturned => "the network is as it was before the trial".to_owned(),
        Event::BackupKeySet { .. } => "the backups have a passphrase".to_owned(),
        Event::SettingChanged { layer, setting, .. } => format!("setting {setting} of {layer:?}"),
        Event::TemplateChanged { place, .. } => {
            format!("the template {} of {} was changed", place.template, place.layer)
        }
        Event::SignChanged { sign, means } => {
            let means = if means.is_some() { "means a phone" } else { "means nothing" };
            format!("the sign {} {means}", sign.pattern)
        }
        Event::OwnFileKept { handset, name, .. } => {
            format!("handset {} keeps {name}", handset.0)
        }
        Event::ServingChosen { serving } => format!("DHCP answers as {}", serving.id()),
        Event::ElderMet { server, .. } => format!("the DHCP server {server:?} was there before"),
        Event::ElderGone { server, .. } => format!("the DHCP server {server:?} is gone"),
        Event::UserSet { user, name, extension, .. } => {
            format!("user {} is {name}, extension {extension:?}", user.0)
        }
        Event::UserDeleted { user } => format!("user {} is deleted", user.0),
        Event::LineOwned { handset, line, user } => {
            format!("line {} of handset {} is user {}'s", line.number(), handset.0, user.0)
        }
        Event::SeatChanged { handset, seat } => format!("handset {} is {seat:?}", handset.0),
        Event::HandsetReplaced { old, new, .. } => {
            format!("handset {} takes the place of handset {}", new.0, old.0)
        }
        Event::InstallPinSet { pin } => format!("an install PIN is set: {}", pin.is_some()),
        Event::CertificateChanged { place, becomes } => {
            let is = if becomes.is_some() { "is" } else { "is no more" };
            format!("a certificate {is} in the place {place:?}")
        }
        Event::SwitchSet { switch, disabled, .. } => format!("{}: {disabled}", switch.label()),
        Event::PnpKeyDrawn { .. } => "the key of Plug-and-Play is new".to_owned(),
        Event::RemoteMarked { handset, mark } => {
            let remote = if mark.is_some() { "may" } else { "may not" };
            format!("handset {} {remote} be used from the WAN", handset.0)
        }
        Event::PasswordsDrawn { handset, .. } => format!("handset {} has new passwords", handset.0),
        Event::MacBanned { mac, banned } => format!("{} is banned: {banned}", Mac(*mac)),
        Event::ReachSet { host } => format!("the box is reached as {host:?}"),
    }
}

fn gone(handset: exchange::names::HandsetNo) -> String {
    format!("handset {} is gone", handset.0)
}
