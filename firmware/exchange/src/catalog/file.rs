//! Which file a name stands for, whose it is, and what to answer.
//!
//! A name may be used by several makers (`<mac>.cfg` by six). Then the one already recognised
//! counts, else the owner of the address in the name, else the only maker who uses it; where none
//! of that decides, the answer is the generic file of that name. A name that an admin's own sign
//! knows is answered with the file of its family: of the phone whose address it holds, else the one
//! that is common to all.

use super::identity::{caught, text_of};
use super::maker::{maker, Role};
use super::own;
use super::{Catalog, Family, Identity, Sign, Text};
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
    /// Changes made on the phone, of which none are stored here.
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
    /// A file in a form that is not written here.
    OtherForm,
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
            Absence::OtherForm => {
                "It reads a form of its own that this box does not write; set its account by hand, \
                 on its own web page."
            }
        }
    }
}

/// One rule that knows a name.
struct Candidate {
    family: Family,
    role: Role,
    shared: bool,
    pattern: &'static str,
    identity: Identity,
}

impl Catalog {
    /// Returns what `name` asks for, `None` where no maker uses such a name.
    ///
    /// `name` has no leading slash and no directory of ours. `hint` is the family already
    /// recognised by other signs.
    pub fn file(&self, name: &str, hint: Option<Family>) -> Option<FileAsked> {
        let own = |family| self.candidates(name.as_bytes(), Some(family)).next();
        let chosen = self.own_file(name.as_bytes()).or_else(|| hint.and_then(own));
        let chosen = chosen.or_else(|| self.decided(name.as_bytes()));
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

    /// Tells whether some maker's phones ask for anything but firmware by this name.
    pub(crate) fn makes(&self, name: &str) -> bool {
        self.candidates(name.as_bytes(), None).any(|candidate| match candidate.role {
            Role::Handset { .. }
            | Role::Common { .. }
            | Role::Absent(_)
            | Role::Book
            | Role::Upload => true,
            Role::Firmware | Role::Known => false,
        })
    }

    /// What a file name alone tells, and the pattern that does. The model is as the name spells it.
    pub(super) fn by_file_name(&self, name: &[u8]) -> (Identity, &'static str) {
        let name = bare(name);
        if let Some(candidate) = self.decided(name) {
            return (candidate.identity, candidate.pattern);
        }
        let any = self.candidates(name, None).next();
        let mac = any.and_then(|candidate| candidate.identity.mac);
        (Identity { mac, ..Identity::UNKNOWN }, "")
    }

    /// What an own sign makes of a name.
    fn own_file(&self, name: &[u8]) -> Option<Candidate> {
        let (identity, _) = own::judge(&self.own, Sign::FileName(name))?;
        let family = identity.family?;
        if identity.mac.is_some_and(|mac| mac.0 == [0; 6]) {
            return None;
        }
        let of_handset = identity.mac.is_some();
        let role = maker(family).files.iter().map(|rule| rule.role).find(|role| match role {
            Role::Handset { .. } => of_handset,
            Role::Common { .. } => !of_handset,
            Role::Absent(_) | Role::Firmware | Role::Book | Role::Upload | Role::Known => false,
        });
        let role = role.unwrap_or(Role::Known);
        Some(Candidate { family, role, shared: false, pattern: "", identity })
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
            let (role, shared, pattern) = (rule.role, rule.shared, rule.pattern);
            Some(Candidate { family: *family, role, shared, pattern, identity })
        })
    }

    /// The maker whom a name points to by itself: the owner of the address in it, if he uses such
    /// names, or the only one who does.
    fn decided(&self, name: &[u8]) -> Option<Candidate> {
        let makers: Vec<Candidate> =
            self.candidates(name, None).filter(|candidate| !candidate.shared).collect();
        let first = makers.first()?.family;
        let owner = makers.iter().find_map(|c| c.identity.mac).and_then(|mac| self.owner(mac));
        let owned = makers.iter().position(|c| Some(c.family) == owner);
        let alone = makers.iter().all(|candidate| candidate.family == first).then_some(0);
        makers.into_iter().nth(owned.or(alone)?)
    }
}

/// A name without the slashes before it.
pub(super) fn bare(name: &[u8]) -> &[u8] {
    let name = name.iter().position(|byte| *byte != b'/').and_then(|at| name.get(at..));
    name.unwrap_or_default()
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
