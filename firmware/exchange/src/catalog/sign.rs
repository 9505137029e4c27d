//! The signs by which a phone is known, and how much each weighs.

use super::identity::text_of;
use super::maker::{Maker, MAKERS};
use super::Identity;
use core::fmt::Write;
use wire::Mac;

/// One thing a phone said, as raw as it came.
#[derive(Clone, Copy, Debug)]
pub enum Sign<'a> {
    /// Option 60.
    VendorClass(&'a [u8]),
    /// Option 55, its bytes.
    ParameterList(&'a [u8]),
    /// Option 12.
    HostName(&'a [u8]),
    /// Option 77.
    UserClass(&'a [u8]),
    /// The hardware address; only who owns its prefix counts.
    Oui(Mac),
    /// The name of a file it asked for.
    FileName(&'a [u8]),
    /// User-Agent of an HTTP request.
    HttpUserAgent(&'a [u8]),
    /// User-Agent of a SIP request.
    SipUserAgent(&'a [u8]),
    /// Event of a SUBSCRIBE for its profile.
    PnpEvent(&'a [u8]),
    /// Request URI of a SUBSCRIBE for its profile.
    PnpRequestUri(&'a [u8]),
}

/// Kinds of [`Sign`], the most telling last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum SignKind {
    /// Host name, option 12.
    HostName,
    /// List of options asked, option 55.
    ParameterList,
    /// Prefix of the hardware address.
    Oui,
    /// Request URI of a PnP SUBSCRIBE.
    PnpRequestUri,
    /// Name of a file asked.
    FileName,
    /// User class, option 77.
    UserClass,
    /// Vendor class, option 60.
    VendorClass,
    /// Event of a PnP SUBSCRIBE.
    PnpEvent,
    /// HTTP User-Agent.
    HttpUserAgent,
    /// SIP User-Agent.
    SipUserAgent,
}

/// How much a sign counts beside others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Weight {
    /// Shared with devices that are no phones; alone it says nothing.
    Hint,
    /// Shared by makers, or set by people.
    Weak,
    /// Typical of one maker.
    Middle,
    /// The phone says who made it.
    Strong,
    /// An admin of the site says so.
    Own,
}

impl SignKind {
    /// Every kind, the most telling last.
    pub const ALL: [SignKind; 10] = [
        SignKind::HostName,
        SignKind::ParameterList,
        SignKind::Oui,
        SignKind::PnpRequestUri,
        SignKind::FileName,
        SignKind::UserClass,
        SignKind::VendorClass,
        SignKind::PnpEvent,
        SignKind::HttpUserAgent,
        SignKind::SipUserAgent,
    ];

    /// Returns what a page calls it.
    pub const fn name(self) -> &'static str {
        match self {
            SignKind::HostName => "host name",
            SignKind::ParameterList => "options it asks for",
            SignKind::Oui => "hardware address",
            SignKind::PnpRequestUri => "PnP request",
            SignKind::FileName => "file it asks for",
            SignKind::UserClass => "user class",
            SignKind::VendorClass => "vendor class",
            SignKind::PnpEvent => "PnP event",
            SignKind::HttpUserAgent => "HTTP User-Agent",
            SignKind::SipUserAgent => "SIP User-Agent",
        }
    }

    /// Returns how much it counts.
    pub const fn weight(self) -> Weight {
        match self {
            SignKind::HostName | SignKind::ParameterList | SignKind::Oui => Weight::Weak,
            SignKind::PnpRequestUri => Weight::Weak,
            SignKind::FileName => Weight::Middle,
            SignKind::UserClass | SignKind::VendorClass | SignKind::PnpEvent => Weight::Strong,
            SignKind::HttpUserAgent | SignKind::SipUserAgent => Weight::Strong,
        }
    }
}

impl Sign<'_> {
    /// Returns its kind.
    pub const fn kind(&self) -> SignKind {
        match self {
            Sign::VendorClass(_) => SignKind::VendorClass,
            Sign::ParameterList(_) => SignKind::ParameterList,
            Sign::HostName(_) => SignKind::HostName,
            Sign::UserClass(_) => SignKind::UserClass,
            Sign::Oui(_) => SignKind::Oui,
            Sign::FileName(_) => SignKind::FileName,
            Sign::HttpUserAgent(_) => SignKind::HttpUserAgent,
            Sign::SipUserAgent(_) => SignKind::SipUserAgent,
            Sign::PnpEvent(_) => SignKind::PnpEvent,
            Sign::PnpRequestUri(_) => SignKind::PnpRequestUri,
        }
    }
}

/// A list seen whole counts before one that only has the options of a maker in it.
pub(super) fn by_parameter_list(asked: &[u8]) -> Identity {
    let every = || MAKERS.iter().flat_map(|m| m.parameter_list.iter().map(move |l| (m.family, l)));
    let exact = every().find(|(_, list)| !list.exact.is_empty() && list.exact == asked);
    let found = exact.or_else(|| {
        every().find(|(_, list)| {
            !list.has.is_empty() && list.has.iter().all(|code| asked.contains(code))
        })
    });
    let Some((family, list)) = found else { return Identity::UNKNOWN };
    Identity { model: text_of(list.model.bytes()), ..Identity::of(family) }
}

/// A hardware address as twelve upper-case digits.
pub(super) fn digits(mac: Mac) -> heapless::String<12> {
    let mut digits = heapless::String::new();
    for byte in mac.0 {
        // Twelve digits always fit.
        let _ = write!(digits, "{byte:02X}");
    }
    digits
}

/// The family that owns the longest prefix of `mac`, and that prefix.
pub(super) fn by_oui(mac: Mac) -> (Identity, &'static str) {
    let digits = digits(mac);
    let own = |maker: &'static Maker| maker.oui.iter().map(|oui| (*oui, Weight::Weak));
    let shared = |maker: &'static Maker| maker.oui_shared.iter().map(|oui| (*oui, Weight::Hint));
    let owned = MAKERS.iter().flat_map(|maker| {
        let prefixes = own(maker).chain(shared(maker));
        prefixes.map(|(oui, at_most)| (oui, at_most, maker.family))
    });
    let longest =
        owned.filter(|(oui, ..)| digits.starts_with(oui)).max_by_key(|(oui, ..)| oui.len());
    longest.map_or((Identity::UNKNOWN, ""), |(oui, at_most, family)| {
        (Identity { at_most, ..Identity::of(family) }, oui)
    })
}

/// `ua-profile;profile-type="device";vendor="..";model="..";version=".."`, in any order and case.
pub(super) fn by_pnp_event(event: &[u8]) -> Identity {
    let vendor = parameter(event, b"vendor").unwrap_or_default();
    let named = MAKERS.iter().find(|maker| {
        let names = [maker.family.vendor(), maker.family.id()];
        !vendor.is_empty() && names.iter().any(|name| vendor.eq_ignore_ascii_case(name.as_bytes()))
    });
    let stated =
        |name: &[u8]| parameter(event, name).and_then(|value| text_of(value.iter().copied()));
    let known =
        Identity { model: stated(b"model"), version: stated(b"version"), ..Identity::UNKNOWN };
    if let Some(maker) = named {
        let Identity { family, vendor, .. } = Identity::of(maker.family);
        return Identity { family, vendor, ..known };
    }
    let other = MAKERS.iter().find(|maker| {
        maker.pnp_vendor.iter().any(|name| vendor.eq_ignore_ascii_case(name.as_bytes()))
    });
    match other.map(|maker| maker.family) {
        Some(family) => Identity {
            family: Some(family),
            vendor: family.vendor(),
            at_most: Weight::Weak,
            ..known
        },
        None => known,
    }
}

/// One parameter of an Event header, without its quotes.
fn parameter<'e>(event: &'e [u8], name: &[u8]) -> Option<&'e [u8]> {
    event.split(|byte| *byte == b';').skip(1).find_map(|part| {
        let (key, value) = part.split_at(part.iter().position(|byte| *byte == b'=')?);
        let value = value.get(1..)?.trim_ascii();
        let bare = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
        key.trim_ascii().eq_ignore_ascii_case(name).then_some(bare.unwrap_or(value))
    })
}
