//! Signs of an admin's own: what he knows of phones and the shipped catalogue does not.
//!
//! They are facts of the state, survive updates, and count before all that is shipped. Each kind of
//! sign is compared with the own ones of its kind alone; of several that fit, the longest counts.
//! Like every sign they choose a form of answer and never a right: a phone that sends such a sign
//! gets no file that its hardware address does not get.
//!
//! The work is bounded: [`SIGNS_MAX`] signs of [`SIGN_BYTES_MAX`] bytes each, whose patterns run on
//! [`crate::pattern`] and have [`SIGN_STEPS_MAX`] instructions together.

use super::identity::caught;
use super::{shorthand, Family, Identity, Sign};
use crate::limits::{SIGNS_MAX, SIGN_BYTES_MAX, SIGN_STEPS_MAX};
use crate::names::Text;
use crate::pattern::{Flaw, Pattern};
use crate::sorted::SortedMap;
use crate::state::Event;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use serde::{Deserialize, Serialize};
use wire::Mac;

/// What an own sign is compared with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum OwnKind {
    /// The beginning of the hardware address: 6, 7 or 9 hex digits.
    Oui,
    /// Option 60.
    VendorClass,
    /// The User-Agent of HTTP and of SIP.
    UserAgent,
    /// The name of a file that it asks for.
    FileName,
}

/// One own sign.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct OwnSign {
    /// What it is compared with.
    pub kind: OwnKind,
    /// Upper-case hex digits, or a pattern as the catalogue writes it.
    pub pattern: String,
}

/// What an own sign says of a phone.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Meaning {
    /// Whose phone it is.
    pub family: Family,
    /// Its model; empty where the pattern's group `model` says it, or nothing does.
    pub model: Text,
    /// Its firmware, likewise by the group `version`.
    pub version: Text,
}

/// What is wrong with an own sign.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SignFlaw {
    /// A prefix is not 6, 7 or 9 hex digits.
    Prefix,
    /// There is no pattern.
    Empty,
    /// A pattern is longer than [`SIGN_BYTES_MAX`].
    TooLong,
    /// A pattern has control characters.
    Control,
    /// A text is no pattern.
    Pattern(Flaw),
    /// A pattern fits every text.
    FitsAll,
    /// There are [`SIGNS_MAX`] already.
    TooMany,
    /// All patterns together have more than [`SIGN_STEPS_MAX`] instructions.
    TooCostly,
    /// It is there already and says the same.
    Same,
    /// It is not there any more.
    NoneHere,
}

impl OwnKind {
    /// Every kind.
    pub const ALL: [OwnKind; 4] =
        [OwnKind::Oui, OwnKind::VendorClass, OwnKind::UserAgent, OwnKind::FileName];

    /// Returns the word for it in backups and forms.
    pub const fn id(self) -> &'static str {
        match self {
            OwnKind::Oui => "oui",
            OwnKind::VendorClass => "vendor-class",
            OwnKind::UserAgent => "user-agent",
            OwnKind::FileName => "file-name",
        }
    }

    /// Returns the kind of this word.
    pub fn from_id(id: &str) -> Option<OwnKind> {
        OwnKind::ALL.into_iter().find(|kind| kind.id() == id)
    }

    /// Returns what a page calls it.
    pub const fn name(self) -> &'static str {
        match self {
            OwnKind::Oui => "MAC address prefix",
            OwnKind::VendorClass => "Vendor class (DHCP option 60)",
            OwnKind::UserAgent => "User-Agent",
            OwnKind::FileName => "Name of a file it asks for",
        }
    }
}

impl OwnSign {
    /// Reads a sign as typed; a prefix in any spelling of hardware addresses.
    pub fn read(kind: OwnKind, typed: &str) -> Result<OwnSign, SignFlaw> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Err(SignFlaw::Empty);
        }
        if typed.len() > SIGN_BYTES_MAX {
            return Err(SignFlaw::TooLong);
        }
        let pattern = match kind {
            OwnKind::Oui => {
                let bare = typed.chars().filter(|letter| !matches!(letter, ':' | '-' | '.' | ' '));
                bare.map(|letter| letter.to_ascii_uppercase()).collect()
            }
            OwnKind::VendorClass | OwnKind::UserAgent | OwnKind::FileName => String::from(typed),
        };
        let sign = OwnSign { kind, pattern };
        sign.steps()?;
        Ok(sign)
    }

    /// Instructions of its pattern, or what is wrong with it.
    fn steps(&self) -> Result<usize, SignFlaw> {
        if self.kind == OwnKind::Oui {
            let hex = self.pattern.bytes().all(|byte| byte.is_ascii_hexdigit());
            let good = hex && matches!(self.pattern.len(), 6 | 7 | 9);
            return if good { Ok(0) } else { Err(SignFlaw::Prefix) };
        }
        if self.pattern.chars().any(char::is_control) {
            return Err(SignFlaw::Control);
        }
        let pattern = self.compiled().map_err(SignFlaw::Pattern)?;
        match pattern.matches(b"") {
            true => Err(SignFlaw::FitsAll),
            false => Ok(pattern.steps()),
        }
    }

    fn compiled(&self) -> Result<Pattern, Flaw> {
        Pattern::new(&shorthand::expanded(&self.pattern))
    }
}

/// The own signs as they survive: a fold of facts, total and without refusal.
#[derive(Default)]
pub struct OwnSigns {
    signs: SortedMap<OwnSign, Meaning>,
    record_bytes: u64,
}

impl OwnSigns {
    /// Makes a fact true.
    pub(crate) fn apply(&mut self, sign: &OwnSign, means: Option<&Meaning>) {
        match means {
            Some(means) => self.signs.insert(sign.clone(), means.clone()),
            None => self.signs.remove(sign),
        };
        self.record_bytes = self.facts().map(|fact| fact.record_bytes()).sum();
    }

    /// What is wrong with a change, where something is.
    pub(crate) fn check(&self, sign: &OwnSign, means: Option<&Meaning>) -> Result<(), SignFlaw> {
        let known = self.signs.get(sign);
        let Some(means) = means else { return known.map(drop).ok_or(SignFlaw::NoneHere) };
        let more = sign.steps()?;
        match known {
            Some(known) if known == means => return Err(SignFlaw::Same),
            Some(_) => return Ok(()),
            None if self.signs.len() >= SIGNS_MAX => return Err(SignFlaw::TooMany),
            None => (),
        }
        let steps: usize = self.signs.keys().filter_map(|sign| sign.steps().ok()).sum();
        match steps + more > SIGN_STEPS_MAX {
            true => Err(SignFlaw::TooCostly),
            false => Ok(()),
        }
    }

    /// The facts that make these from nothing.
    pub(crate) fn facts(&self) -> impl Iterator<Item = Event> + '_ {
        self.all().map(|(sign, means)| Event::SignChanged {
            sign: sign.clone(),
            means: Some(means.clone()),
        })
    }

    /// Bytes of flash that their facts take.
    pub(crate) fn record_bytes(&self) -> u64 {
        self.record_bytes
    }

    /// All of them, by kind.
    pub fn all(&self) -> impl Iterator<Item = (&OwnSign, &Meaning)> {
        self.signs.iter()
    }

    /// The family that an own prefix gives to a hardware address.
    pub(crate) fn owner(&self, mac: Mac) -> Option<Family> {
        let digits = super::sign::digits(mac);
        let fits = |(sign, means): (&OwnSign, &Meaning)| {
            let fits = sign.kind == OwnKind::Oui && digits.starts_with(&sign.pattern);
            fits.then_some((sign.pattern.len(), means.family))
        };
        self.all().filter_map(fits).max_by_key(|(length, _)| *length).map(|(_, family)| family)
    }
}

/// An own sign, ready to be compared.
pub(super) struct Ready {
    sign: OwnSign,
    /// `None` for a prefix.
    pattern: Option<Pattern>,
    means: Meaning,
}

/// All own signs, ready to be compared, the longest first. One that does not compile any more is
/// left out: a later release may read patterns in another way, and must start all the same.
pub(super) fn ready(signs: &OwnSigns) -> Vec<Ready> {
    let one = |(sign, means): (&OwnSign, &Meaning)| {
        let pattern = match sign.kind {
            OwnKind::Oui => None,
            OwnKind::VendorClass | OwnKind::UserAgent | OwnKind::FileName => {
                Some(sign.compiled().ok()?)
            }
        };
        Some(Ready { sign: sign.clone(), pattern, means: means.clone() })
    };
    let mut ready: Vec<Ready> = signs.all().filter_map(one).collect();
    ready.sort_by_key(|ready| core::cmp::Reverse(ready.sign.pattern.len()));
    ready
}

/// What the own signs make of one that a phone sent, and which of them it was.
pub(super) fn judge<'c>(own: &'c [Ready], sign: Sign<'_>) -> Option<(Identity, &'c str)> {
    let (kind, bytes) = match sign {
        Sign::Oui(mac) => {
            let digits = super::sign::digits(mac);
            let mut prefixes = own.iter().filter(|ready| ready.pattern.is_none());
            let found = prefixes.find(|ready| digits.starts_with(&ready.sign.pattern))?;
            return Some((found.tells(Identity::of(found.means.family)), &found.sign.pattern));
        }
        Sign::VendorClass(bytes) => (OwnKind::VendorClass, super::unpadded(bytes)),
        Sign::HttpUserAgent(bytes) | Sign::SipUserAgent(bytes) => (OwnKind::UserAgent, bytes),
        Sign::FileName(bytes) => (OwnKind::FileName, super::file::bare(bytes)),
        Sign::ParameterList(_)
        | Sign::HostName(_)
        | Sign::UserClass(_)
        | Sign::PnpEvent(_)
        | Sign::PnpRequestUri(_) => return None,
    };
    own.iter().filter(|ready| ready.sign.kind == kind).find_map(|ready| {
        let found = ready.pattern.as_ref()?.find(bytes)?;
        let family = ready.means.family;
        Some((ready.tells(caught(family, family.vendor(), &found)), ready.sign.pattern.as_str()))
    })
}

impl Ready {
    fn tells(&self, caught: Identity) -> Identity {
        let Meaning { family: _, model, version } = &self.means;
        let said = |text: &Text| Some(text.clone()).filter(|text| !text.is_empty());
        Identity {
            model: said(model).or(caught.model),
            version: said(version).or(caught.version),
            own: true,
            ..caught
        }
    }
}

impl fmt::Display for SignFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SignFlaw::Prefix => f.write_str(
                "A prefix is the first 6, 7 or 9 characters of a MAC address, 0 to 9 and A to F, \
                 such as 00:15:65.",
            ),
            SignFlaw::Empty => f.write_str("Nothing is typed here."),
            SignFlaw::TooLong => write!(f, "This is longer than {SIGN_BYTES_MAX} bytes."),
            SignFlaw::Control => f.write_str("There are characters in it that cannot be seen."),
            SignFlaw::Pattern(flaw) => f.write_str(match flaw {
                Flaw::TooLarge => "This pattern comes to too many steps. Count less far in it.",
                Flaw::TooManyGroups => "This pattern has too many groups.",
                Flaw::Unclosed => {
                    "A bracket of this pattern is not closed, or closed without being open. Write \
                     \\( for a bracket that is meant itself."
                }
                Flaw::Unknown => {
                    "This pattern has a backslash, or a ? behind a bracket, with something behind \
                     it that means nothing here."
                }
                Flaw::Repetition => {
                    "This pattern repeats nothing, or counts too far: * + ? and {2,5} stand behind \
                     what is repeated, at most 64 times."
                }
            }),
            SignFlaw::FitsAll => f.write_str(
                "This pattern fits every device, phone or not. Say more of what the phone sends.",
            ),
            SignFlaw::TooMany => {
                write!(f, "There are {SIGNS_MAX} signs of your own. Remove one first.")
            }
            SignFlaw::TooCostly => f.write_str(
                "All your patterns together take too long to compare. Remove one, or count less \
                 far in it.",
            ),
            SignFlaw::Same => f.write_str("This sign is there already and says the same."),
            SignFlaw::NoneHere => f.write_str("This sign is not there any more."),
        }
    }
}

#[cfg(test)]
mod tests;
