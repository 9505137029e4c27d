//! Who is this phone: what it sends tells its maker, model and firmware, and the maker tells which
//! options and files it wants.
//!
//! A maker is one TOML file beside this one, compiled in by `build.rs`; a maker that does something
//! no table can say has a Rust file of the same name. [`Catalog::identify`] judges one sign,
//! [`Guess`] weighs several, [`boot_options`] and [`Catalog::file`] answer in the form that maker
//! reads.
//!
//! What an admin adds ([`OwnSigns`]) counts before what is shipped.
//!
//! Every sign is sent by the phone and can be forged by anybody: a verdict chooses a form of
//! answer, it never authorises one.
//!
//! Signs and their RFCs: options 12, 55 and 60 (RFC 2132), option 77 (RFC 3004), User-Agent (RFC
//! 9110 section 10.1.5 and RFC 3261 section 20.41), the `ua-profile` event (RFC 6080), options 124
//! and 125 (RFC 3925), of which the second names the product class of a phone that speaks TR-111.

mod cisco_spa;
mod elsewhere;
mod family;
mod file;
mod guess;
mod identity;
mod maker;
mod options;
mod own;
mod shorthand;
mod sign;

pub use elsewhere::Elsewhere;
pub use family::Family;
pub use file::{Absence, Answer, FileAsked};
pub use guess::Guess;
pub use identity::{Identity, Stage, Text};
pub use maker::{BookForm, ScreenForm};
pub use options::{
    book_url, boot_options, lease_s, offered_why, pnp_url, withheld, BootOption, BoxAddresses,
    OptionList, LEASE_AVAYA_S, LEASE_HANDSET_S, LEASE_OTHER_S,
};
pub use own::{Meaning, OwnKind, OwnSign, OwnSigns, SignFlaw};
pub use sign::{Sign, SignKind, Weight};

use crate::pattern::{Flaw, Pattern};
use alloc::vec::Vec;
use core::fmt;
use identity::{caught, text_of};
use maker::{maker, FileRule, Maker, Role, Rule, MAKERS};

/// The family that the maker's part of a hardware address points to.
pub(crate) fn family_by_oui(own: &OwnSigns, mac: wire::Mac) -> Option<Family> {
    own.owner(mac).or_else(|| sign::by_oui(mac).0.family)
}

/// What a phone speaks that is not SIP, and what can be done about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OtherProtocol {
    /// Its name.
    pub name: &'static str,
    /// What to do, in one imperative sentence.
    pub todo: &'static str,
}

impl fmt::Display for OtherProtocol {
    /// The cause of a phone that speaks it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name;
        write!(f, "It speaks {name}, and not SIP: it can register here only with other firmware.")
    }
}

/// What this box knows of phones, with its patterns ready to match.
pub struct Catalog {
    vendor_class: Vec<Known>,
    user_class: Vec<Known>,
    host_name: Vec<Known>,
    http_user_agent: Vec<Known>,
    sip_user_agent: Vec<Known>,
    pnp_request_uri: Vec<Known>,
    files: Vec<(Family, &'static FileRule, Pattern)>,
    lines: Vec<(Family, Pattern, u8)>,
    cannot: Vec<(Family, Pattern, &'static [&'static str])>,
    other_protocols: Vec<(Pattern, &'static OtherProtocol)>,
    /// An admin's own signs, which count before all others.
    own: Vec<own::Ready>,
}

/// A compiled pattern and whom it proves.
struct Known {
    family: Family,
    vendor: &'static str,
    source: &'static str,
    pattern: Pattern,
}

impl Catalog {
    /// Compiles the shipped patterns; done once, at start.
    pub fn new() -> Catalog {
        let mut lines = Vec::new();
        let mut files = Vec::new();
        let mut cannot = Vec::new();
        let mut other_protocols = Vec::new();
        for maker in MAKERS {
            let ready = |(model, lines): &(&str, u8)| {
                compiled(model).ok().map(|pattern| (maker.family, pattern, *lines))
            };
            lines.extend(maker.lines_of.iter().filter_map(ready));
            let ready = |rule: &'static FileRule| {
                compiled(rule.pattern).ok().map(|pattern| (maker.family, rule, pattern))
            };
            files.extend(maker.files.iter().filter_map(ready));
            cannot.extend(maker.cannot_of.iter().filter_map(|(model, cannot)| {
                compiled(model).ok().map(|pattern| (maker.family, pattern, *cannot))
            }));
            other_protocols.extend(maker.other_protocols.iter().filter_map(|(class, spoken)| {
                compiled(class).ok().map(|pattern| (pattern, spoken))
            }));
        }
        Catalog {
            vendor_class: known(|maker| maker.vendor_class),
            user_class: known(|maker| maker.user_class),
            host_name: known(|maker| maker.host_name),
            http_user_agent: known(|maker| maker.http_user_agent),
            sip_user_agent: known(|maker| maker.sip_user_agent),
            pnp_request_uri: known(|maker| maker.pnp_request_uri),
            files,
            lines,
            cannot,
            other_protocols,
            own: Vec::new(),
        }
    }

    /// Takes an admin's own signs in place of those that it had.
    pub fn learn(&mut self, own: &OwnSigns) {
        self.own = own::ready(own);
    }

    /// Says what one sign tells of its sender; what it does not tell is `None`.
    pub fn identify(&self, sign: Sign<'_>) -> Identity {
        self.judge(sign).0
    }

    /// Says what one sign tells of its sender, and by which prefix or pattern; empty where none
    /// decides.
    pub fn judge(&self, sign: Sign<'_>) -> (Identity, &str) {
        let (mut identity, by) = self.read(sign);
        let may_be_loader = sign.kind() == SignKind::HttpUserAgent
            && identity.family.is_some_and(|family| maker(family).loader_fetches);
        if identity.stage == Stage::Either && !may_be_loader {
            identity.stage = Stage::Application;
        }
        (identity, by)
    }

    fn read(&self, sign: Sign<'_>) -> (Identity, &str) {
        if let Some(told) = own::judge(&self.own, sign) {
            return told;
        }
        match sign {
            Sign::VendorClass(bytes) => first(&[&self.vendor_class], unpadded(bytes)),
            Sign::UserClass(bytes) => first(&[&self.user_class], unpadded(bytes)),
            Sign::HostName(bytes) => first(&[&self.host_name], unpadded(bytes)),
            // Most makers send the same text over both protocols.
            Sign::HttpUserAgent(bytes) => {
                first(&[&self.http_user_agent, &self.sip_user_agent], bytes)
            }
            Sign::SipUserAgent(bytes) => {
                first(&[&self.sip_user_agent, &self.http_user_agent], bytes)
            }
            Sign::ParameterList(bytes) => (sign::by_parameter_list(bytes), ""),
            Sign::Oui(mac) => sign::by_oui(mac),
            Sign::PnpEvent(bytes) => (sign::by_pnp_event(bytes), ""),
            Sign::PnpRequestUri(bytes) => (self.by_pnp_request_uri(bytes), ""),
            Sign::FileName(bytes) => self.by_file_name(bytes),
        }
    }

    /// Returns what a device of this vendor class speaks, where that is not SIP.
    pub fn other_protocol(&self, vendor_class: &[u8]) -> Option<&'static OtherProtocol> {
        let class = unpadded(vendor_class);
        let found = self.other_protocols.iter().find(|(pattern, _)| pattern.matches(class));
        found.map(|(_, spoken)| *spoken)
    }

    /// Returns how many SIP accounts a model has, from 1 to 8; its family's where it is unknown.
    pub fn lines_max(&self, family: Family, model: Option<&str>) -> u8 {
        let model = model.unwrap_or("").as_bytes();
        let mut own = self.lines.iter().filter(|(of, _, _)| *of == family);
        let found = own.find(|(_, pattern, _)| pattern.matches(model));
        found.map_or(maker(family).lines, |(_, _, lines)| *lines)
    }

    /// Returns whether a model is known to come to trust the box over TLS 1.2.
    pub fn trusts(&self, family: Family, model: &str) -> bool {
        let pattern = maker(family).trusts;
        let fits = || compiled(pattern).is_ok_and(|it| it.matches(model.as_bytes()));
        !pattern.is_empty() && fits()
    }

    /// Returns how many keys a model has beside its display, those of its lines among them; `None`
    /// where that is not known.
    pub fn keys(&self, family: Family, model: &str) -> Option<u8> {
        let fits = |(pattern, _): &&(&str, u8)| {
            compiled(pattern).is_ok_and(|pattern| pattern.matches(model.as_bytes()))
        };
        maker(family).keys_of.iter().find(fits).map(|(_, keys)| *keys)
    }

    /// Returns what the files of a model cannot say: settings by their ids, and
    /// [`crate::settings::PARTS`] of them. A maker without files of its own gets the generic one.
    pub fn cannot(&self, family: Family, model: &str) -> &'static [&'static str] {
        if maker(family).files_proof.is_empty() {
            return maker(Family::Generic).cannot;
        }
        let mut own = self.cannot.iter().filter(|(of, _, _)| *of == family);
        let found = own.find(|(_, pattern, _)| pattern.matches(model.as_bytes()));
        found.map_or(maker(family).cannot, |(_, _, cannot)| cannot)
    }

    /// Returns the name of every template that a file of any maker is made from.
    pub fn templates(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.files.iter().filter_map(|(_, rule, _)| match rule.role {
            Role::Handset { template, .. } | Role::Common { template, .. } => Some(template),
            Role::Absent(_) | Role::Firmware | Role::Book | Role::Upload | Role::Known => None,
        })
    }

    /// Returns each file that the phones of a maker get, by its template, and whether it is common
    /// to the phones of a model; a file of several names comes as often as it has names.
    pub fn files_of(&self, family: Family) -> impl Iterator<Item = (&'static str, bool)> + '_ {
        let of = |family| move |(own, ..): &(Family, &str, bool)| *own == family;
        let own = self.all_files().any(|file| of(family)(&file));
        let family = if own { family } else { Family::Generic };
        self.all_files().filter(of(family)).map(|(_, template, common)| (template, common))
    }

    /// Returns each file of each maker, likewise.
    pub fn all_files(&self) -> impl Iterator<Item = (Family, &'static str, bool)> + '_ {
        self.files.iter().filter_map(|(family, rule, _)| match rule.role {
            Role::Handset { template, .. } => Some((*family, template, false)),
            Role::Common { template, .. } => Some((*family, template, true)),
            Role::Absent(_) | Role::Firmware | Role::Book | Role::Upload | Role::Known => None,
        })
    }

    /// Returns whether a template makes a file that is common to the phones of a model; `None`
    /// where no file is made from it.
    pub fn is_common(&self, template: &str) -> Option<bool> {
        self.all_files().find(|(_, known, _)| *known == template).map(|(.., common)| common)
    }

    /// The request URI of a PnP SUBSCRIBE: the twelve digits before the `@` are the address.
    fn by_pnp_request_uri(&self, uri: &[u8]) -> Identity {
        let (mut identity, _) = first(&[&self.pnp_request_uri], uri);
        let at = uri.iter().position(|byte| *byte == b'@').unwrap_or(0);
        let digits = at.checked_sub(12).and_then(|from| uri.get(from..at));
        identity.mac = digits.and_then(wire::Mac::parse);
        if let (None, Some(mac)) = (identity.family, identity.mac) {
            identity = Identity { mac: Some(mac), ..self.identify(Sign::Oui(mac)) };
        }
        identity
    }

    /// The family that owns the longest prefix of an address, when it is worth a guess.
    fn owner(&self, mac: wire::Mac) -> Option<Family> {
        self.identify(Sign::Oui(mac)).family
    }
}

impl Default for Catalog {
    fn default() -> Self {
        Catalog::new()
    }
}

impl Family {
    /// Returns how its recognition is known: genuine strings, documented, or a rule of others.
    pub fn proof(self) -> &'static str {
        maker(self).proof
    }

    /// Returns how the form of its files is known: genuine strings, documented, or a rule of
    /// others; `None` where it gets the generic file.
    pub fn files_proof(self) -> Option<&'static str> {
        Some(maker(self).files_proof).filter(|proof| !proof.is_empty())
    }

    /// Returns what of its files nobody has published, in words a page can print; empty where
    /// nothing is.
    pub fn unproven(self) -> &'static str {
        maker(self).unproven
    }

    /// Returns how its phones come to trust the box over TLS, in words a page can print; `None`
    /// where nothing is known of that.
    pub fn trust(self) -> Option<&'static str> {
        Some(maker(self).trust).filter(|trust| !trust.is_empty())
    }

    /// Returns the form in which its phones read a phone book; `None` where none is known.
    pub fn book(self) -> Option<&'static BookForm> {
        maker(self).book
    }

    /// Returns the form of the screens that its phones show; `None` where none is known.
    pub fn screens(self) -> Option<&'static ScreenForm> {
        maker(self).screens
    }

    /// Returns the Event header of a NOTIFY that makes it fetch its files again.
    pub fn resync_event(self) -> &'static str {
        maker(self).resync
    }

    /// Returns the Event header of a NOTIFY that makes it restart.
    pub fn reboot_event(self) -> &'static str {
        maker(self).reboot
    }

    /// Returns whether a URL of firmware is that of a folder, in which its phones look for a name
    /// that they know.
    pub fn firmware_is_folder(self) -> bool {
        maker(self).firmware_folder
    }

    /// Returns whether it obeys one event to fetch its files and another to restart.
    pub fn restarts_apart(self) -> bool {
        self.resync_event() != self.reboot_event()
    }

    /// Returns whether its phones restart when they are asked to fetch their files.
    pub fn resync_restarts(self) -> bool {
        self.resync_event().ends_with("reboot=true")
    }

    /// Returns whether its phones cope with a SHA-256 challenge beside the MD5 one (RFC 8760).
    pub fn wants_sha256(self) -> bool {
        maker(self).sha256
    }

    /// Returns the model in the one spelling that pages and templates use, whichever sign told it.
    ///
    /// `720`, not `snom720`; `SPA504G`, not `504G`; `GXP2130`, not `gxp2130`. Placeholders such as
    /// `OEM` are `None`.
    pub fn plain_model(self, model: &str) -> Option<Text> {
        let Maker { model_strip, model_prefix, .. } = maker(self);
        let own = model.strip_prefix(model_strip).unwrap_or(model);
        let digit = own.starts_with(|c: char| c.is_ascii_digit());
        let prefix = if digit { model_prefix } else { "" };
        let mut plain = text_of(prefix.bytes().chain(own.bytes()))?;
        if !own.bytes().any(|byte| byte.is_ascii_uppercase()) {
            plain.make_ascii_uppercase();
        }
        (plain != "OEM").then_some(plain)
    }
}

/// A pattern of the catalogue, its short names written out.
fn compiled(source: &str) -> Result<Pattern, Flaw> {
    Pattern::new(&shorthand::expanded(source))
}

/// One kind of pattern of all makers. One that does not compile is left out; the build refuses it.
fn known(kind: fn(&Maker) -> &'static [Rule]) -> Vec<Known> {
    let mut known = Vec::new();
    for maker in MAKERS {
        known.extend(kind(maker).iter().filter_map(|rule| {
            let vendor = if rule.vendor.is_empty() { maker.family.vendor() } else { rule.vendor };
            let pattern = compiled(rule.pattern).ok()?;
            Some(Known { family: maker.family, vendor, source: rule.pattern, pattern })
        }));
    }
    known
}

/// The identity by the first pattern that matches, and that pattern.
fn first(lists: &[&Vec<Known>], bytes: &[u8]) -> (Identity, &'static str) {
    let all = lists.iter().flat_map(|list| list.iter());
    let found = all.into_iter().find_map(|known| Some((known, known.pattern.find(bytes)?)));
    let Some((known, found)) = found else { return (Identity::UNKNOWN, "") };
    (caught(known.family, known.vendor, &found), known.source)
}

/// Options may end in NUL or blanks that mean nothing.
fn unpadded(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| !matches!(byte, 0 | b' ' | b'\r' | b'\n'));
    bytes.get(..end.map_or(0, |at| at + 1)).unwrap_or_default()
}
