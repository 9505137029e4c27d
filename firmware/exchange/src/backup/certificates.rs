//! Certificates in a text: a line for each, and one for its key, which is a secret.
//!
//! ```text
//! certificate place=authority chain=caqdae...
//! certificate-key place=authority key=sealed:...
//! certificate place=phones-0 chain=caqdae...
//! ```
//!
//! One whose key is neither in the text nor here is left out. Where a text says nothing of an
//! authority of the box, or not its key, that of this box stays: phones trust it.

#[cfg(test)]
pub(super) mod tests;

use super::bad::Wrong;
use super::seal::Sealer;
use super::words::Entry;
use crate::certificates::{CertificatePlace, Certificates, Kept};
use crate::limits::PHONE_AUTHORITIES_MAX;
use crate::secret::{unspell, PrivateKey};
use crate::sorted::SortedMap;
use crate::state::{Durable, Event};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

const PLACE: &str = "authority, installed, or phones-0 and so on";
const CHAIN: &str = "the letters and digits that Dialtone wrote for a certificate";
const PHONES: &str = "phones-";

/// A place in a word.
pub(super) fn word(place: CertificatePlace) -> String {
    match place {
        CertificatePlace::Authority => String::from("authority"),
        CertificatePlace::Installed => String::from("installed"),
        CertificatePlace::Phones(number) => format!("{PHONES}{number}"),
    }
}

/// Under which name the key of a certificate is sealed.
pub(super) fn of_key(place: CertificatePlace) -> String {
    format!("certificate-key {}", word(place))
}

fn place(text: &str) -> Option<CertificatePlace> {
    let all = (0..PHONE_AUTHORITIES_MAX as u8).map(CertificatePlace::Phones);
    let mut all = [CertificatePlace::Authority, CertificatePlace::Installed].into_iter().chain(all);
    all.find(|place| word(*place) == text)
}

/// The certificates as far as a text was read, each with the line where it is.
#[derive(Default)]
pub(super) struct Draft {
    chains: SortedMap<CertificatePlace, (usize, Vec<u8>)>,
    keys: SortedMap<CertificatePlace, (usize, Option<Vec<u8>>)>,
}

impl Draft {
    /// Takes a line `certificate`.
    pub(super) fn chain(&mut self, at: usize, mut entry: Entry<'_>) -> Result<(), Wrong> {
        entry.knows(&["place", "chain"])?;
        let place = entry.read_wanted("place", PLACE, place)?;
        let chain = entry.read_wanted("chain", CHAIN, unspell)?;
        match self.chains.insert(place, (at, chain)) {
            Some((line, _)) => Err(Wrong::Again { what: "A certificate in this place", line }),
            None => Ok(()),
        }
    }

    /// Takes a line `certificate-key`.
    pub(super) fn key(
        &mut self,
        at: usize,
        mut entry: Entry<'_>,
        sealer: Option<&Sealer>,
    ) -> Result<(), Wrong> {
        entry.knows(&["place", "key"])?;
        let place = entry.read_wanted("place", PLACE, place)?;
        let key = entry.opened("key", &of_key(place), sealer, unspell)?;
        match self.keys.insert(place, (at, key)) {
            Some((line, _)) => Err(Wrong::Again { what: "A key in this place", line }),
            None => Ok(()),
        }
    }

    /// What is wrong with each, once all lines are known.
    pub(super) fn check(&self, mut bad: impl FnMut(usize, Wrong)) {
        let mut others = Certificates::default();
        for (place, (at, chain)) in &self.chains {
            let key = self.keys.get(place).and_then(|(_, key)| key.clone());
            // A key that is left out is no fault; whatever it is, it has its length.
            let stand_in = || match place {
                CertificatePlace::Phones(_) => Vec::new(),
                CertificatePlace::Authority | CertificatePlace::Installed => Vec::from([0]),
            };
            let key = PrivateKey(key.unwrap_or_else(stand_in));
            let kept = Kept { chain: chain.clone(), key };
            match others.check(*place, &kept) {
                Ok(()) => others.apply(*place, Some(&kept)),
                Err(flaw) => bad(*at, Wrong::Certificate(flaw)),
            }
        }
    }

    /// Their facts.
    pub(super) fn facts(mut self, before: &Durable) -> Vec<Event> {
        let known = before.certificates();
        let mut facts = Vec::new();
        for (place, (_, chain)) in self.chains {
            let told = self.keys.remove(&place).and_then(|(_, key)| key).map(PrivateKey);
            let same = known.get(place).filter(|kept| kept.chain == chain);
            let key = told.or_else(|| same.map(|kept| kept.key.clone()));
            let key = match place {
                CertificatePlace::Phones(_) => Some(PrivateKey(Vec::new())),
                CertificatePlace::Authority | CertificatePlace::Installed => key,
            };
            facts.extend(key.map(|key| changed(place, Kept { chain, key })));
        }
        let of_box = CertificatePlace::Authority;
        let told = |fact: &Event| {
            let Event::CertificateChanged { place, .. } = fact else { return false };
            *place == of_box
        };
        if !facts.iter().any(told) {
            facts.extend(known.get(of_box).map(|kept| changed(of_box, kept.clone())));
        }
        facts
    }
}

fn changed(place: CertificatePlace, kept: Kept) -> Event {
    Event::CertificateChanged { place, becomes: Some(kept) }
}
