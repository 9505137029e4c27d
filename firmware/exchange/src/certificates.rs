//! Certificates: which there are, what the box's own one has to say, and which one an admin may
//! bring. They are made and checked by whoever can sign; what they have to hold is decided here.
//!
//! The box is its own authority, made once and kept, so that a phone that trusts it does so for as
//! long as the box lives. What it shows is signed by that authority and not kept: it is made anew
//! at each start, when the addresses change, and a month before its end. Where the box does not
//! know the time it shows one that holds as long as the authority, until it knows it. An admin can
//! install another certificate, which is shown instead, and authorities of makers, by whose
//! certificates phones prove who they are.

use crate::command::Refusal;
use crate::limits::{
    CERTIFICATE_BYTES_MAX, CERTIFICATE_NAMES_SHOWN_MAX, CHAIN_BYTES_MAX, PHONE_AUTHORITIES_MAX,
    PRIVATE_KEY_BYTES_MAX,
};
use crate::names::{RecordNo, Side};
use crate::note::Note;
use crate::office::Office;
use crate::secret::PrivateKey;
use crate::sorted::SortedMap;
use crate::state::Event;
use crate::time::{Now, DAY_MS, SECOND_MS};
use crate::Exchange;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::net::Ipv4Addr;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wire::x509::{Certificate, Name};

/// From when on what the box makes holds: 2026-01-01, before which no box was made.
pub const MADE_FROM: u64 = 1_767_225_600;
/// Until when its authority holds: the last second of 2049, which every reader of dates can read.
pub const AUTHORITY_UNTIL: u64 = 2_524_607_999;

const DAY_S: u64 = DAY_MS / SECOND_MS;
/// How long one that the box shows holds; browsers refuse longer ones.
const LEAF_DAYS: u64 = 397;
/// How long before its end the next one is made.
const RENEWED_DAYS: u64 = 30;
/// How far before now it begins to hold, since clocks of phones differ.
const BEFORE_DAYS: u64 = 2;
/// The name by which the box is found while nobody has said another one.
const USUAL_NAME: &str = "dialtone";

/// Where a certificate stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum CertificatePlace {
    /// The authority that the box made for itself.
    Authority,
    /// The one that an admin installed, to be shown instead of one of the box's own.
    Installed,
    /// An authority that signs certificates of phones, by a number from 0 on.
    Phones(u8),
}

/// A certificate that is kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Itself, and behind it those that lead to an authority, in DER.
    pub chain: Vec<u8>,
    /// Its key; empty where the box has none.
    pub key: PrivateKey,
}

/// All that are kept.
#[derive(Default)]
pub struct Certificates(SortedMap<CertificatePlace, Kept>);

/// What a certificate that the box makes for itself has to say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Leaf {
    /// Names it is for.
    pub names: Vec<String>,
    /// Addresses it is for.
    pub addresses: Vec<Ipv4Addr>,
    /// From when on it holds, in seconds since 1970.
    pub from: u64,
    /// Until when, in seconds since 1970.
    pub until: u64,
}

/// What is to be shown and believed from now on.
pub struct Wanted {
    /// The authority of the box; `None` where none was made yet.
    pub authority: Option<Kept>,
    /// What is shown instead of a certificate of the box's own.
    pub installed: Option<Kept>,
    /// Authorities that sign certificates of phones, in DER.
    pub phones: Vec<Vec<u8>>,
    /// What the next certificate of the box's own has to say; `None` where the one that is shown
    /// is good.
    pub leaf: Option<Leaf>,
}

/// Why a certificate cannot be installed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CertificateFlaw {
    /// There is none.
    NoCertificate,
    /// There is no key with it, or more than one.
    NoKey,
    /// The key is of another certificate.
    KeyOfAnother,
    /// The key is of a kind that is not used here.
    KeyUnknown,
    /// It is longer than what there is room for.
    TooLong,
    /// It held until some day before now.
    Expired,
    /// It is of an old version.
    NotVersion3,
    /// It is no authority.
    NoAuthority,
    /// There is more than one.
    NotOne,
    /// It is there already.
    There,
    /// As many authorities of phones are there as there may be.
    PhonesFull,
    /// It is not there any more.
    Gone,
    /// The box speaks no TLS.
    NoTls,
}

impl fmt::Display for CertificateFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CertificateFlaw::NoCertificate => {
                "There is no certificate in this file. It begins with -----BEGIN CERTIFICATE-----."
            }
            CertificateFlaw::NoKey => {
                "There has to be one private key with the certificate, without a passphrase."
            }
            CertificateFlaw::KeyOfAnother => "The private key belongs to another certificate.",
            CertificateFlaw::KeyUnknown => {
                "The private key is of a kind that is not used here. Take ECDSA with P-256 or \
                P-384, or RSA with 2,048 to 4,096 bits."
            }
            CertificateFlaw::TooLong => "The certificates are longer than what there is room for.",
            CertificateFlaw::Expired => "This certificate has expired.",
            CertificateFlaw::NotVersion3 => {
                "This is a certificate of an old version of X.509 (1 or 2), which cannot be used. \
                Make one of version 3."
            }
            CertificateFlaw::NoAuthority => {
                "This certificate is no authority: no phone's certificate can be signed with it."
            }
            CertificateFlaw::NotOne => "Install one authority at a time.",
            CertificateFlaw::There => "This authority is installed already.",
            CertificateFlaw::PhonesFull => {
                "There is no room for another authority. Remove one that is no longer needed."
            }
            CertificateFlaw::Gone => "This certificate is not there any more.",
            CertificateFlaw::NoTls => "This box speaks no TLS, so a certificate has no use for it.",
        })
    }
}

impl Certificates {
    /// Makes it so that one is kept in a place, or none.
    pub(crate) fn apply(&mut self, place: CertificatePlace, becomes: Option<&Kept>) {
        match becomes {
            Some(kept) => drop(self.0.insert(place, kept.clone())),
            None => drop(self.0.remove(&place)),
        }
    }

    /// The facts that make these from nothing.
    pub(crate) fn facts(&self) -> impl Iterator<Item = Event> + '_ {
        self.0.iter().map(|(place, kept)| Event::CertificateChanged {
            place: *place,
            becomes: Some(kept.clone()),
        })
    }

    /// How many bytes of flash they take.
    pub(crate) fn record_bytes(&self) -> u64 {
        self.facts().map(|fact| fact.record_bytes()).sum()
    }

    /// All of them.
    pub(crate) fn all(&self) -> impl Iterator<Item = (CertificatePlace, &Kept)> {
        self.0.iter().map(|(place, kept)| (*place, kept))
    }

    /// The one in a place.
    pub(crate) fn get(&self, place: CertificatePlace) -> Option<&Kept> {
        self.0.get(&place)
    }

    fn phones(&self) -> impl Iterator<Item = (u8, &Kept)> {
        self.0.iter().filter_map(|(place, kept)| match place {
            CertificatePlace::Phones(number) => Some((*number, kept)),
            CertificatePlace::Authority | CertificatePlace::Installed => None,
        })
    }

    /// Whether one may be kept in a place; how long it holds is not looked at.
    pub(crate) fn check(
        &self,
        place: CertificatePlace,
        kept: &Kept,
    ) -> Result<(), CertificateFlaw> {
        let Kept { chain, key: PrivateKey(key) } = kept;
        let mut read = Certificate::all(chain);
        let first = read.next().ok_or(CertificateFlaw::NoCertificate)?;
        let count = 1 + read.count();
        let len: usize = Certificate::all(chain).map(|it| it.bytes.len()).sum();
        if len != chain.len() {
            return Err(CertificateFlaw::NoCertificate);
        }
        if !first.is_v3() {
            return Err(CertificateFlaw::NotVersion3);
        }
        match place {
            CertificatePlace::Authority | CertificatePlace::Installed => {
                if chain.len() > CHAIN_BYTES_MAX || key.len() > PRIVATE_KEY_BYTES_MAX {
                    return Err(CertificateFlaw::TooLong);
                }
                if key.is_empty() {
                    return Err(CertificateFlaw::NoKey);
                }
                if place == CertificatePlace::Authority && !first.is_authority() {
                    return Err(CertificateFlaw::NoAuthority);
                }
            }
            CertificatePlace::Phones(number) => {
                if count > 1 {
                    return Err(CertificateFlaw::NotOne);
                }
                if chain.len() > CERTIFICATE_BYTES_MAX || !key.is_empty() {
                    return Err(CertificateFlaw::TooLong);
                }
                if !first.is_authority() {
                    return Err(CertificateFlaw::NoAuthority);
                }
                if usize::from(number) >= PHONE_AUTHORITIES_MAX {
                    return Err(CertificateFlaw::PhonesFull);
                }
                if self.phones().any(|(_, known)| known.chain == *chain) {
                    return Err(CertificateFlaw::There);
                }
            }
        }
        Ok(())
    }

    /// A number that no authority of phones has.
    fn free(&self) -> Option<u8> {
        let taken = |number: &u8| self.0.contains_key(&CertificatePlace::Phones(*number));
        (0..PHONE_AUTHORITIES_MAX as u8).find(|number| !taken(number))
    }
}

/// What an admin does with a certificate.
pub enum CertificateWish {
    /// This one is shown from now on.
    Install(Kept),
    /// This authority signs certificates of phones.
    Trust(Vec<u8>),
    /// What stands in this place goes.
    Remove(CertificatePlace),
}

/// Does what an admin wants, or says why not.
pub(crate) fn change(
    office: &mut Office,
    now: Now,
    source: Ipv4Addr,
    wish: CertificateWish,
) -> Result<(), Refusal> {
    let refused = |flaw| Err(Refusal::Certificate(flaw));
    let certificates = office.durable.certificates();
    let (place, becomes) = match wish {
        CertificateWish::Install(kept) => (CertificatePlace::Installed, Some(kept)),
        CertificateWish::Trust(chain) => {
            let Some(number) = certificates.free() else {
                return refused(CertificateFlaw::PhonesFull);
            };
            let key = PrivateKey(Vec::new());
            (CertificatePlace::Phones(number), Some(Kept { chain, key }))
        }
        CertificateWish::Remove(place) => (place, None),
    };
    match &becomes {
        Some(kept) => {
            certificates.check(place, kept).map_err(Refusal::Certificate)?;
            let first = Certificate::all(&kept.chain).next();
            if first.zip(now.wall).is_some_and(|(it, wall)| it.not_after < wall.0) {
                return refused(CertificateFlaw::Expired);
            }
        }
        // Without its authority the box would only make another one, which no phone trusts.
        None if place == CertificatePlace::Authority || certificates.get(place).is_none() => {
            return refused(CertificateFlaw::Gone);
        }
        None => (),
    }
    let event = Event::CertificateChanged { place, becomes };
    if !office.has_room_to_change(&event) {
        return Err(Refusal::FlashFull);
    }
    office.record_site(event);
    office.note(now, Note::CertificateChanged(source));
    Ok(())
}

/// What is to be shown, believed and made.
impl Exchange {
    /// The addresses that ports have got since the start, where they had none: remote phones are
    /// told the one that is of no LAN.
    pub fn ports_have(&mut self, found: &[Ipv4Addr]) {
        let board = &self.office.board;
        self.office.found_on_wan = found.iter().copied().find(|it| !board.in_lan(*it));
    }

    /// What is to be shown and believed from now on. `found` are the addresses that the ports have
    /// by now, and `shown` is what the certificate says that the box made last.
    pub fn certificates_wanted(
        &self,
        now: Now,
        found: &[Ipv4Addr],
        shown: Option<&Leaf>,
    ) -> Wanted {
        let kept = self.office.durable.certificates();
        let name = self.mdns.host().unwrap_or_else(|| USUAL_NAME.to_string());
        let leaf = leaf(&self.office, now, name, found);
        Wanted {
            authority: kept.get(CertificatePlace::Authority).cloned(),
            installed: kept.get(CertificatePlace::Installed).cloned(),
            phones: kept.phones().map(|(_, kept)| kept.chain.clone()).collect(),
            leaf: (!shown.is_some_and(|shown| is_good(shown, &leaf, now))).then_some(leaf),
        }
    }

    /// The box has made its authority; one that it has already stays.
    pub fn authority_made(&mut self, kept: Kept) -> RecordNo {
        let office = &mut self.office;
        let place = CertificatePlace::Authority;
        let known = office.durable.certificates().get(place).is_some();
        let good = office.durable.certificates().check(place, &kept).is_ok();
        let event = Event::CertificateChanged { place, becomes: Some(kept) };
        if !known && good && !office.read_only && office.has_room_to_change(&event) {
            office.record_site(event);
        }
        office.latest_record()
    }

    /// The certificates as they may be shown; `shown` is the one that is shown just now, in DER.
    pub fn certificates_view(&self, now: Now, shown: Option<&[u8]>) -> CertificatesView {
        let office = &self.office;
        let kept = office.durable.certificates();
        let one = |place| kept.get(place).and_then(|kept: &Kept| CertificateView::of(&kept.chain));
        let phones = kept.phones();
        CertificatesView {
            now,
            authority: one(CertificatePlace::Authority),
            installed: one(CertificatePlace::Installed),
            shown: shown.and_then(CertificateView::of),
            phones: phones
                .filter_map(|(number, kept)| Some((number, CertificateView::of(&kept.chain)?)))
                .collect(),
            address: office.board.lan_address(),
            http_port: office.board.http_port,
            speaks_tls: office.board.https_port.or(office.board.sips_port).is_some(),
            read_only: office.read_only,
        }
    }
}

/// What a certificate of the box's own has to say now.
fn leaf(office: &Office, now: Now, name: String, found: &[Ipv4Addr]) -> Leaf {
    let fixed = office.board.interfaces.iter().map(|port| port.address);
    let mut addresses: Vec<Ipv4Addr> = Vec::new();
    let reach = office.durable.reach();
    let told = reach.and_then(|host| host.parse::<Ipv4Addr>().ok());
    for address in fixed.chain(found.iter().copied()).chain(told) {
        if !address.is_unspecified() && !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    let (from, until) = match now.wall {
        Some(wall) => {
            let today = wall.0 / DAY_S;
            let from = today.saturating_sub(BEFORE_DAYS) * DAY_S;
            (from.max(MADE_FROM), from + LEAF_DAYS * DAY_S)
        }
        None => (MADE_FROM, AUTHORITY_UNTIL),
    };
    let named = reach.filter(|_| told.is_none()).map(String::from);
    let names = core::iter::once(format!("{name}.local")).chain(named).collect();
    Leaf { names, addresses, from, until }
}

/// Whether what one says does as well as what another one would.
fn is_good(shown: &Leaf, wanted: &Leaf, now: Now) -> bool {
    let same = shown.names == wanted.names && shown.addresses == wanted.addresses;
    let Some(wall) = now.wall else { return same };
    let renewed = shown.until.saturating_sub(RENEWED_DAYS * DAY_S);
    let long = shown.until.saturating_sub(shown.from) > LEAF_DAYS * DAY_S;
    same && shown.from <= wall.0 && wall.0 < renewed && !long
}

/// A certificate as it may be shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CertificateView {
    /// Whom it is for; may be empty.
    pub subject: String,
    /// Who signed it; may be empty.
    pub issuer: String,
    /// Names and addresses it is for; at most so many.
    pub names: Vec<String>,
    /// Until when it holds, in seconds since 1970.
    pub until: u64,
    /// SHA-256 of its bytes, by which it is compared.
    pub fingerprint: [u8; 32],
}

impl CertificateView {
    /// The first one of a chain.
    pub fn of(chain: &[u8]) -> Option<CertificateView> {
        let first = Certificate::all(chain).next()?;
        let names = first.names().map(|name| match name {
            Name::Dns(name) => name.to_string(),
            Name::Ip(address) => address.to_string(),
        });
        Some(CertificateView {
            subject: first.subject().to_string(),
            issuer: first.issuer().to_string(),
            names: names.take(CERTIFICATE_NAMES_SHOWN_MAX).collect(),
            until: first.not_after,
            fingerprint: Sha256::digest(first.bytes).into(),
        })
    }
}

/// All certificates as the page shows them.
pub struct CertificatesView {
    /// When it was built.
    pub now: Now,
    /// The box's own authority.
    pub authority: Option<CertificateView>,
    /// The one that an admin installed.
    pub installed: Option<CertificateView>,
    /// The one that is shown just now.
    pub shown: Option<CertificateView>,
    /// Authorities that sign certificates of phones, by their numbers.
    pub phones: Vec<(u8, CertificateView)>,
    /// The box's address on the LAN, where it has one.
    pub address: Option<Ipv4Addr>,
    /// Port on which a certificate can be fetched without one.
    pub http_port: u16,
    /// Whether there is a port on which certificates are shown.
    pub speaks_tls: bool,
    /// Whether nothing new is stored.
    pub read_only: bool,
}

impl crate::board::Board {
    /// The address of the first port on the LAN.
    fn lan_address(&self) -> Option<Ipv4Addr> {
        let port = self.first(Side::Lan).and_then(|place| self.interface(place))?;
        Some(port.address).filter(|address| !address.is_unspecified())
    }
}
