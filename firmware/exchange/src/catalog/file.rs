//! Which file a name stands for, whose it is, and what to answer.
//!
//! A name may be used by several makers (`<mac>.cfg` by six). Then the one already recognised
//! counts, else the owner of the address in the name, else the only maker who uses it; where none
//! of that decides, the answer is the generic file of that name.

use super::identity::{caught, text_of};
use super::maker::Role;
use super::sign::owner;
use super::{Catalog, Family, Identity, Text};
use crate::pattern::Found;
use alloc::vec::Vec;
use wire::Mac;

/// What a file name asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileAsked {
    /// In whose form it is answered.
    pub family: Family,
    /// Whose file it is; proves nothing about who asks.
    pub mac: Option<Mac>,
    /// The model named, in the family's one spelling.
    pub model: Option<Text>,
    /// What to answer.
    pub answer: Answer,
}

/// What to answer to one who asks for a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Holds credentials; only for the handset it names.
    Handset {
        /// Path of the template in the shipped set.
        template: &'static str,
        /// Content-Type of the answer over HTTP.
        content_type: &'static str,
    },
    /// Holds no secrets; for anyone on the LAN.
    Common {
        /// Path of the template in the shipped set.
        template: &'static str,
        /// Content-Type of the answer over HTTP.
        content_type: &'static str,
    },
    /// Deliberately not there.
    Absent(Absence),
    /// Firmware of the phone.
    Firmware,
    /// The phone book, in the form of the family; only for a handset.
    Book,
    /// Something the phone writes, and asks for only to see whether it can.
    Upload,
}

/// Why a file is deliberately absent; in each case the phone goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Absence {
    /// A list of files, which would replace the names every firmware knows.
    BootListUnused,
    /// Changes made on the phone, stored nowhere yet.
    OwnOverrides,
    /// The binary form, asked before the readable one.
    BinaryFirst,
    /// A key or an encrypted form, where files are not encrypted.
    NotEncrypted,
    /// A protocol or a call manager that is not this box.
    OtherProtocol,
    /// What a call server of its maker would keep.
    CallServer,
    /// Something a phone can do without.
    Optional,
}

impl Absence {
    /// Returns the sentence a boot story prints.
    pub const fn reason(self) -> &'static str {
        match self {
            Absence::BootListUnused => {
                "It asks for a list of files first; there is none, so it asks for its own file \
                 next."
            }
            Absence::OwnOverrides => {
                "It asks for changes made on the phone itself; none are stored, which is normal."
            }
            Absence::BinaryFirst => {
                "It asks for the binary form first; there is none, so it asks for the readable \
                 one next."
            }
            Absence::NotEncrypted => {
                "It asks for a key, or for an encrypted form; files are not encrypted here, so it \
                 goes on without."
            }
            Absence::OtherProtocol => {
                "It looks for a Cisco call manager, which this box is not: it did not take the \
                 address of its files from option 66."
            }
            Absence::CallServer => {
                "It asks for what a call server of its maker keeps; here each phone with SIP \
                 firmware has a file of its own."
            }
            Absence::Optional => "It asks for something it can do without; none is kept here.",
        }
    }
}

/// One rule that knows a name.
struct Candidate {
    family: Family,
    role: Role,
    shared: bool,
    identity: Identity,
}

impl Catalog {
    /// Returns what `name` asks for, `None` where no maker uses such a name.
    ///
    /// `name` has no leading slash and no directory of ours. `hint` is the family already
    /// recognised by other signs.
    pub fn file(&self, name: &str, hint: Option<Family>) -> Option<FileAsked> {
        let own = |family| self.candidates(name.as_bytes(), Some(family)).next();
        let chosen = hint.and_then(own).or_else(|| self.decided(name.as_bytes()));
        let generic = || own(Family::Generic);
        let Candidate { family, role, identity, .. } = match chosen {
            Some(Candidate { role: Role::Known, family, identity, .. }) => {
                Candidate { family, identity, ..generic()? }
            }
            Some(candidate) => candidate,
            None => generic()?,
        };
        let answer = match role {
            Role::Handset { template, content_type } => Answer::Handset { template, content_type },
            Role::Common { template, content_type } => Answer::Common { template, content_type },
            Role::Absent(absence) => Answer::Absent(absence),
            Role::Firmware => Answer::Firmware,
            Role::Book => Answer::Book,
            Role::Upload => Answer::Upload,
            Role::Known => return None,
        };
        let model = identity.model.as_ref().and_then(|model| family.plain_model(model));
        Some(FileAsked { family, mac: identity.mac, model, answer })
    }

    /// What a file name alone tells. The model is as the name spells it.
    pub(super) fn by_file_name(&self, name: &[u8]) -> Identity {
        let name = name.iter().position(|byte| *byte != b'/').and_then(|at| name.get(at..));
        let name = name.unwrap_or_default();
        if let Some(candidate) = self.decided(name) {
            return candidate.identity;
        }
        let any = self.candidates(name, None).next();
        let mac = any.and_then(|candidate| candidate.identity.mac);
        Identity { mac, ..Identity::UNKNOWN }
    }

    /// The rules that know a name: those of one family, or all.
    fn candidates<'c>(
        &'c self,
        name: &'c [u8],
        of: Option<Family>,
    ) -> impl Iterator<Item = Candidate> + 'c {
        let rules = self.files.iter().filter(move |(family, ..)| of.is_none_or(|of| of == *family));
        rules.filter_map(move |(family, rule, pattern)| {
            let identity = stated(*family, &pattern.find(name)?)?;
            Some(Candidate { family: *family, role: rule.role, shared: rule.shared, identity })
        })
    }

    /// The maker whom a name points to by itself: the owner of the address in it, if he uses such
    /// names, or the only one who does.
    fn decided(&self, name: &[u8]) -> Option<Candidate> {
        let makers: Vec<Candidate> =
            self.candidates(name, None).filter(|candidate| !candidate.shared).collect();
        let first = makers.first()?.family;
        let owner = makers.iter().find_map(|c| c.identity.mac).and_then(owner);
        let owned = makers.iter().position(|c| Some(c.family) == owner);
        let alone = makers.iter().all(|candidate| candidate.family == first).then_some(0);
        makers.into_iter().nth(owned.or(alone)?)
    }
}

/// What a file name says; all zeros in place of an address are none, and then the rule is not met.
fn stated(family: Family, found: &Found<'_, '_>) -> Option<Identity> {
    let identity = caught(family, family.vendor(), found);
    if identity.mac.is_some_and(|mac| mac.0 == [0; 6]) {
        return None;
    }
    let model = found.group("model").and_then(|model| text_of(model.iter().copied()));
    Some(Identity { model, ..identity })
}
