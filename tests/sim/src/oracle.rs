//! What was promised, by what hosts were told and nothing else: addresses with their expiry,
//! credentials, and who may own which secret.
//!
//! It never asks the box what it thinks. It is told of every secret when it is drawn, so that it
//! can recognise one where none may be.

use exchange::state::{Durable, Event};
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use wire::Mac;

/// Letters of a line's password; no other word in any file is as long and made of the same letters.
const PASSWORD_LEN: usize = 24;
/// Letters of the password of a phone's own web page.
const WEB_PASSWORD_LEN: usize = 16;
/// Letters of the token of a handset that is used from the WAN.
const TOKEN_LEN: usize = 26;

/// An address as it was promised.
#[derive(Clone, Copy)]
struct Lease {
    host: usize,
    until_ms: u64,
}

/// The naive second model.
#[derive(Default)]
pub(crate) struct Oracle {
    secrets: BTreeMap<String, Mac>,
    leases: BTreeMap<Ipv4Addr, Lease>,
    /// Devices whose handset an admin deleted, or took a line from; what they hold may be dead.
    pub(crate) touched: BTreeSet<Mac>,
}

impl Oracle {
    /// Learns which secrets exist.
    pub(crate) fn hear(&mut self, event: &Event, owner_of: impl Fn(u16) -> Option<Mac>) {
        match event {
            Event::HandsetCreated { mac, web, secret, .. } => {
                self.secrets.insert(web.text(), Mac(*mac));
                self.secrets.insert(secret.text(), Mac(*mac));
            }
            Event::LineAdded { handset, secret, .. } => {
                if let Some(mac) = owner_of(handset.0) {
                    self.secrets.insert(secret.text(), mac);
                }
            }
            Event::PasswordsDrawn { handset, web, lines } => {
                let texts = lines.iter().map(|line| line.text()).chain([web.text()]);
                if let Some(mac) = owner_of(handset.0) {
                    self.secrets.extend(texts.map(|text| (text, mac)));
                }
            }
            Event::RemoteMarked { handset, mark: Some(mark) } => {
                let owner = owner_of(handset.0);
                self.secrets.extend(owner.map(|mac| (mark.token.text(), mac)));
            }
            // Nobody's own: it may be nowhere.
            Event::PnpKeyDrawn { key } => {
                self.secrets.insert(key.text(), Mac([0; 6]));
            }
            Event::AddressGiven { .. }
            | Event::AddressForgotten { .. }
            | Event::HandsetRecognised { .. }
            | Event::HandsetDeleted { .. }
            | Event::LineRemoved { .. }
            | Event::LineAssigned { .. }
            | Event::ContactLearnt { .. }
            | Event::CreationAllowed { .. }
            | Event::AdminPasswordSet { .. }
            | Event::HandsetsNumbered { .. }
            | Event::NetworkProposed { .. }
            | Event::NetworkKept
            | Event::NetworkReturned
            | Event::BackupKeySet { .. }
            | Event::SettingChanged { .. }
            | Event::TemplateChanged { .. }
            | Event::SignChanged { .. }
            | Event::OwnFileKept { .. }
            | Event::ServingChosen { .. }
            | Event::ElderMet { .. }
            | Event::ElderGone { .. }
            | Event::UserSet { .. }
            | Event::UserDeleted { .. }
            | Event::LineOwned { .. }
            | Event::SeatChanged { .. }
            | Event::HandsetReplaced { .. }
            | Event::InstallPinSet { .. }
            | Event::CertificateChanged { .. }
            | Event::SwitchSet { .. }
            | Event::RemoteMarked { mark: None, .. }
            | Event::MacBanned { .. }
            | Event::HandsetBanned { .. }
            | Event::ReachSet { .. } => (),
        }
    }

    /// The secrets that stand in these bytes as words, each with its owner.
    pub(crate) fn secrets_in<'a>(
        &'a self,
        bytes: &'a [u8],
    ) -> impl Iterator<Item = (&'a str, Mac)> + 'a {
        let words = bytes.split(|byte| !byte.is_ascii_alphanumeric());
        let likely =
            words.filter(|word| matches!(word.len(), PASSWORD_LEN | WEB_PASSWORD_LEN | TOKEN_LEN));
        likely.filter_map(|word| {
            let word = std::str::from_utf8(word).ok()?;
            Some((word, *self.secrets.get(word)?))
        })
    }

    /// The owner of a secret in these bytes, if it is not `allowed`.
    pub(crate) fn leak(&self, bytes: &[u8], allowed: Option<Mac>) -> Option<Mac> {
        let owners = self.secrets_in(bytes).map(|(_, owner)| owner);
        owners.into_iter().find(|owner| Some(*owner) != allowed)
    }

    /// A host was given an address, and gives up what it had; the host that holds the address by an
    /// earlier promise, if there is one.
    pub(crate) fn given(
        &mut self,
        now_ms: u64,
        host: usize,
        address: Ipv4Addr,
        for_s: u32,
    ) -> Option<usize> {
        let until_ms = now_ms + u64::from(for_s) * 1_000;
        self.given_back(host);
        let former = self.leases.insert(address, Lease { host, until_ms });
        former.filter(|lease| lease.host != host && lease.until_ms > now_ms).map(|lease| lease.host)
    }

    /// A host no longer has what it had.
    pub(crate) fn given_back(&mut self, host: usize) {
        self.leases.retain(|_, lease| lease.host != host);
    }
}

/// The secrets of a device in a state.
pub(crate) fn secrets_of(durable: &Durable, mac: Mac) -> BTreeSet<String> {
    let mut own = None;
    let mut found = BTreeSet::new();
    for fact in durable.facts() {
        match fact {
            Event::HandsetCreated { handset, mac: of, web, secret, .. } if of == mac.0 => {
                own = Some(handset);
                found.insert(web.text());
                found.insert(secret.text());
            }
            Event::LineAdded { handset, secret, .. } if own == Some(handset) => {
                found.insert(secret.text());
            }
            Event::RemoteMarked { handset, mark: Some(mark) } if own == Some(handset) => {
                found.insert(mark.token.text());
            }
            Event::HandsetCreated { .. }
            | Event::LineAdded { .. }
            | Event::AddressGiven { .. }
            | Event::AddressForgotten { .. }
            | Event::HandsetRecognised { .. }
            | Event::HandsetDeleted { .. }
            | Event::LineRemoved { .. }
            | Event::LineAssigned { .. }
            | Event::ContactLearnt { .. }
            | Event::CreationAllowed { .. }
            | Event::AdminPasswordSet { .. }
            | Event::HandsetsNumbered { .. }
            | Event::NetworkProposed { .. }
            | Event::NetworkKept
            | Event::NetworkReturned
            | Event::BackupKeySet { .. }
            | Event::SettingChanged { .. }
            | Event::TemplateChanged { .. }
            | Event::SignChanged { .. }
            | Event::OwnFileKept { .. }
            | Event::ServingChosen { .. }
            | Event::ElderMet { .. }
            | Event::ElderGone { .. }
            | Event::UserSet { .. }
            | Event::UserDeleted { .. }
            | Event::LineOwned { .. }
            | Event::SeatChanged { .. }
            | Event::HandsetReplaced { .. }
            | Event::InstallPinSet { .. }
            | Event::CertificateChanged { .. }
            | Event::SwitchSet { .. }
            | Event::PnpKeyDrawn { .. }
            | Event::RemoteMarked { .. }
            | Event::PasswordsDrawn { .. }
            | Event::MacBanned { .. }
            | Event::HandsetBanned { .. }
            | Event::ReachSet { .. } => (),
        }
    }
    found
}
