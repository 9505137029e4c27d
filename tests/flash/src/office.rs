//! A small office that changes, and a naive fold of what was said of it.
//!
//! [`Office`] makes real events of the exchange: phones come, get addresses and names, change hands
//! and go. [`Naive`] folds the same events in a way of its own, so that what a mount gives is not
//! judged by the code that made it.

use crate::dice::Dice;
use exchange::names::{text, ContactText, Extension, HandsetNo, LineNo};
use exchange::state::{Durable, Event};
use std::collections::BTreeMap;

/// What a fact is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum About {
    Address([u8; 6]),
    Handset(u16),
    Make(u16),
    Line(u16),
    Contact(u16),
}

/// All facts, each with its length before it, in one order.
pub type Told = Vec<u8>;

/// The fold of events that knows nothing but which of them replace which.
#[derive(Clone, Default)]
pub struct Naive {
    facts: BTreeMap<About, (Event, u64)>,
    /// Who has an address.
    holders: BTreeMap<[u8; 4], [u8; 6]>,
    heard: u64,
}

impl Naive {
    /// Makes an event true.
    pub fn hear(&mut self, event: &Event) {
        self.heard += 1;
        let fact = (event.clone(), self.heard);
        match event {
            Event::AddressGiven { mac, address: new } => {
                self.forget_address(*mac);
                if let Some(other) = self.holders.insert(*new, *mac) {
                    self.facts.remove(&About::Address(other));
                }
                self.facts.insert(About::Address(*mac), fact);
            }
            Event::AddressForgotten { mac } => self.forget_address(*mac),
            Event::HandsetCreated { handset, .. } => {
                self.facts.entry(About::Handset(handset.0)).or_insert(fact);
            }
            Event::HandsetDeleted { handset } => {
                let HandsetNo(no) = *handset;
                for about in [About::Handset, About::Make, About::Line, About::Contact] {
                    self.facts.remove(&about(no));
                }
            }
            Event::HandsetRecognised { handset, .. } => self.tell(*handset, About::Make, fact),
            Event::LineAssigned { handset, .. } => self.tell(*handset, About::Line, fact),
            Event::ContactLearnt { handset, .. } => self.tell(*handset, About::Contact, fact),
            // The offices here say nothing else, and a snapshot only what is so from the start.
            Event::LineAdded { .. }
            | Event::LineRemoved { .. }
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
            | Event::ReachSet { .. } => {}
        }
    }

    fn forget_address(&mut self, mac: [u8; 6]) {
        if let Some((Event::AddressGiven { address, .. }, _)) =
            self.facts.remove(&About::Address(mac))
        {
            self.holders.remove(&address);
        }
    }

    fn tell(&mut self, handset: HandsetNo, about: fn(u16) -> About, fact: (Event, u64)) {
        if self.facts.contains_key(&About::Handset(handset.0)) {
            self.facts.insert(about(handset.0), fact);
        }
    }

    /// How many events it has heard.
    pub fn heard(&self) -> u64 {
        self.heard
    }

    /// The events that still count, by their number among those heard.
    pub fn live(&self) -> impl Iterator<Item = u64> + '_ {
        self.facts.values().map(|(_, number)| *number)
    }

    /// Everything it knows.
    pub fn told(&self) -> Told {
        in_one_order(self.facts.values().map(|(fact, _)| fact.clone()))
    }
}

/// Everything that the exchange's own fold knows of phones.
pub fn told(durable: &Durable) -> Told {
    let of_phones = |event: &Event| match event {
        Event::CreationAllowed { .. } | Event::HandsetsNumbered { .. } => false,
        Event::AddressGiven { .. }
        | Event::AddressForgotten { .. }
        | Event::HandsetCreated { .. }
        | Event::HandsetRecognised { .. }
        | Event::HandsetDeleted { .. }
        | Event::LineAdded { .. }
        | Event::LineRemoved { .. }
        | Event::LineAssigned { .. }
        | Event::ContactLearnt { .. }
        | Event::AdminPasswordSet { .. }
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
        | Event::ReachSet { .. } => true,
    };
    in_one_order(durable.facts().filter(of_phones))
}

fn in_one_order(facts: impl Iterator<Item = Event>) -> Told {
    let mut facts: Vec<Vec<u8>> = facts.map(|fact| encoded(&fact)).collect();
    facts.sort();
    let mut told = Told::new();
    for fact in facts {
        told.extend((fact.len() as u32).to_le_bytes());
        told.extend(fact);
    }
    told
}

/// The bytes of an event.
pub fn encoded(event: &Event) -> Vec<u8> {
    let mut bytes = Vec::new();
    event.encode(&mut bytes);
    bytes
}

/// A phone of Yealink's by its number, taken in for the first time or again; the number of times
/// tells its logins apart.
pub fn created(phone: u16, handset: u16, times: u16) -> Event {
    let [high, low] = phone.to_be_bytes();
    let mut dice = Dice(u64::from(phone) << 32 | u64::from(handset) << 16 | u64::from(times));
    let mut secret = [0; 30];
    secret.iter_mut().for_each(|byte| *byte = dice.draw() as u8);
    // The login's beginning: the exchange takes in no handset with a login that another one has.
    secret[10..12].copy_from_slice(&[high, low]);
    let mac = [0x00, 0x15, 0x65, 0, high, low];
    // The third kind of event; origin 0, Yealink's number 1. The secrets' types have no name
    // outside the exchange, but their bytes are frozen.
    let head = (2u8, handset, mac, 0u8, 1u8, "T46U", "108.86.0.20");
    let mut bytes = postcard::to_allocvec(&head).unwrap_or_default();
    bytes.extend(secret);
    Event::decode(&bytes).unwrap_or(Event::HandsetDeleted { handset: HandsetNo(handset) })
}

/// The hardware address of such a phone.
pub fn mac(phone: u16) -> [u8; 6] {
    let [high, low] = phone.to_be_bytes();
    [0x00, 0x15, 0x65, 0, high, low]
}

/// An office of phones that come and go.
#[derive(Clone)]
pub struct Office {
    dice: Dice,
    /// Which handset each phone is now, and how often it was taken in.
    phones: Vec<(Option<u16>, u16)>,
    next_handset: u16,
}

impl Office {
    /// An empty office with so many desks.
    pub fn new(desks: usize, seed: u64) -> Office {
        Office { dice: Dice(seed), phones: vec![(None, 0); desks], next_handset: 1 }
    }

    /// What happens next.
    pub fn event(&mut self) -> Event {
        let place = self.dice.place(self.phones.len());
        let phone = place as u16;
        let (known, times) = self.phones[place];
        let Some(no) = known else {
            if self.dice.happens(30) {
                return self.address(phone);
            }
            let no = self.next_handset;
            self.next_handset = no.wrapping_add(1).max(1);
            self.phones[place] = (Some(no), times.wrapping_add(1));
            return created(phone, no, times);
        };
        let handset = HandsetNo(no);
        let line = LineNo::FIRST;
        match self.dice.below(12) {
            0..4 => {
                let extension = Extension::parse(&(200 + self.dice.below(700)).to_string());
                let letters = 1 + self.dice.place(24);
                let name = text(&"Ada Lovelace, room 2nd floor"[..letters]);
                Event::LineAssigned { handset, line, extension, name }
            }
            4..8 => {
                let port = 1_024 + self.dice.below(60_000);
                let uri = format!("sip:abcdefgh@192.168.1.{}:{port}", place % 250 + 1);
                let contact = ContactText::try_from(uri.as_str()).unwrap_or_default();
                Event::ContactLearnt { handset, line, contact }
            }
            8..10 => self.address(phone),
            10 => Event::AddressForgotten { mac: mac(phone) },
            _ => {
                self.phones[place].0 = None;
                Event::HandsetDeleted { handset }
            }
        }
    }

    fn address(&mut self, phone: u16) -> Event {
        let host = self.dice.below(self.phones.len() as u64 * 2) as u16;
        let [high, low] = host.to_be_bytes();
        Event::AddressGiven { mac: mac(phone), address: [10, 77, high, low] }
    }
}
