//! Which DHCP options a phone is sent to find its files, in the form its maker reads.
//!
//! Nothing here is sent to a device that is not a phone, unless it asks for 66 or 150 itself, and
//! then in the plain form of the RFCs. Values have no trailing NUL, except inside option 43 where
//! the maker wants it. No value holds a secret: everybody on the wire can read it.

use super::maker::{maker, Maker, OptionRule};
use super::{cisco_spa, Family};
use core::fmt::Write;
use core::net::Ipv4Addr;

/// Lease of an Avaya phone: it restarts when a lease ends, so six weeks.
pub const LEASE_AVAYA_S: u32 = 42 * 24 * 3600;
/// Lease of any other handset: a week.
pub const LEASE_HANDSET_S: u32 = 7 * 24 * 3600;
/// Lease of everything else: a working day.
pub const LEASE_OTHER_S: u32 = 8 * 3600;

/// Where this box is found by the phone that asks.
#[derive(Clone, Copy, Debug)]
pub struct BoxAddresses<'a> {
    /// Address of this box on the phone's network.
    pub server: Ipv4Addr,
    /// Port of its HTTP door; left out of URLs when it is 80.
    pub http_port: u16,
    /// Port of its TFTP door; the forms that name a host cannot say it, so phones look at 69.
    pub tftp_port: u16,
    /// First part of every path, without slashes; may be empty.
    pub directory: &'a str,
}

/// One option to send, not longer than an option can be (RFC 2132).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BootOption {
    /// Its number.
    pub code: u8,
    /// Its value.
    pub bytes: heapless::Vec<u8, 255>,
    /// Why it is sent, in words a page can print.
    pub reason: &'static str,
}

/// The options of one answer; no maker has more than eight.
pub type OptionList = heapless::Vec<BootOption, 8>;

/// Appends what `family` is sent to find its files.
///
/// `asked` is option 55 as sent, empty where there was none; `vendor_class` is option 60. A rule
/// whose value would not fit into an option is left out.
pub fn boot_options(
    family: Option<Family>,
    addresses: &BoxAddresses<'_>,
    asked: &[u8],
    vendor_class: Option<&[u8]>,
    out: &mut OptionList,
) {
    let known = source_of(family, vendor_class);
    for rule in known.options.iter().filter(|rule| is_wanted(rule, asked, vendor_class)) {
        if out.iter().any(|sent| sent.code == rule.code) {
            continue;
        }
        let linksys = known.family == Family::CiscoSpa && cisco_spa::reads_hosts_only(vendor_class);
        let value = if linksys && rule.value.contains("{url}") { "{host}" } else { rule.value };
        push(out, rule.code, value_of(rule, value, addresses), rule.why);
    }
}

/// The bytes of an option; `None` where they do not fit.
pub(super) fn value_of(
    rule: &OptionRule,
    value: &str,
    addresses: &BoxAddresses<'_>,
) -> Option<heapless::Vec<u8, 255>> {
    match rule.parts {
        [] => filled::<255>(value, addresses),
        parts => encapsulated(parts, addresses),
    }
}

/// Whose rules hold: the maker's, or those for any phone.
fn source_of(family: Option<Family>, vendor_class: Option<&[u8]>) -> &'static Maker {
    let family = family.unwrap_or(Family::Generic);
    let plain = family == Family::CiscoSpa && !cisco_spa::is_surely_a_phone(vendor_class);
    let known = maker(family);
    match plain || known.options.is_empty() {
        true => maker(Family::Generic),
        false => known,
    }
}

fn is_wanted(rule: &OptionRule, asked: &[u8], vendor_class: Option<&[u8]>) -> bool {
    (!rule.only_asked || asked.contains(&rule.code)) && begins(vendor_class, rule.class)
}

/// Returns why an option of [`boot_options`] is sent; `None` for one that is none of these.
pub fn offered_why(
    family: Option<Family>,
    asked: &[u8],
    vendor_class: Option<&[u8]>,
    code: u8,
) -> Option<&'static str> {
    let mut rules = source_of(family, vendor_class).options.iter();
    let sent = |rule: &&OptionRule| rule.code == code && is_wanted(rule, asked, vendor_class);
    rules.find(sent).map(|rule| rule.why)
}

/// Returns what [`boot_options`] leaves out because it was not asked for, and what it is for.
pub fn withheld<'a>(
    family: Option<Family>,
    asked: &'a [u8],
    vendor_class: Option<&'a [u8]>,
) -> impl Iterator<Item = (u8, &'static str)> + 'a {
    let rules = source_of(family, vendor_class).options.iter();
    let left = rules.filter(move |rule| {
        rule.only_asked && !asked.contains(&rule.code) && begins(vendor_class, rule.class)
    });
    left.map(|rule| (rule.code, rule.why))
}

/// Whether option 60 begins so, in any case; everything begins with nothing.
pub(super) fn begins(vendor_class: Option<&[u8]>, with: &str) -> bool {
    let class = vendor_class.unwrap_or_default();
    class.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with.as_bytes()))
}

/// Options inside an option: code, length and text of each; `None` where they do not fit.
fn encapsulated(
    parts: &[(u8, &str)],
    addresses: &BoxAddresses<'_>,
) -> Option<heapless::Vec<u8, 255>> {
    let mut out = heapless::Vec::new();
    for (code, value) in parts {
        let text = filled::<253>(value, addresses)?;
        out.push(*code).ok()?;
        out.push(u8::try_from(text.len()).ok()?).ok()?;
        out.extend_from_slice(&text).ok()?;
    }
    Some(out)
}

/// Returns the URL that a PnP NOTIFY names; `None` where it would be too long.
///
/// A maker's own macros, such as Snom's `{mac}`, stay in it for the phone to fill.
pub fn pnp_url(
    family: Option<Family>,
    addresses: &BoxAddresses<'_>,
) -> Option<heapless::String<255>> {
    let url = maker(family.unwrap_or(Family::Generic)).pnp_url;
    let url = if url.is_empty() { "{url}" } else { url };
    heapless::String::from_utf8(filled::<255>(url, addresses)?).ok()
}

/// Returns the address of the phone book as the files of this maker name it; `None` where his
/// phones are told none, or where it would be too long.
pub fn book_url(family: Family, addresses: &BoxAddresses<'_>) -> Option<heapless::String<255>> {
    let url = maker(family).book.map(|book| book.url).filter(|url| !url.is_empty())?;
    heapless::String::from_utf8(filled::<255>(url, addresses)?).ok()
}

/// Returns how long a lease lasts, in seconds; `None` is a device that is not a phone.
pub fn lease_s(family: Option<Family>) -> u32 {
    match family {
        Some(Family::Avaya) => LEASE_AVAYA_S,
        Some(_) => LEASE_HANDSET_S,
        None => LEASE_OTHER_S,
    }
}

fn push(
    out: &mut OptionList,
    code: u8,
    bytes: Option<heapless::Vec<u8, 255>>,
    reason: &'static str,
) {
    if let Some(bytes) = bytes {
        // Eight are more than any maker has; a ninth would be left out.
        let _ = out.push(BootOption { code, bytes, reason });
    }
}

/// A value with its placeholders filled; `None` where it is longer than `N` bytes.
fn filled<const N: usize>(
    value: &str,
    addresses: &BoxAddresses<'_>,
) -> Option<heapless::Vec<u8, N>> {
    if value == "{addresses}" {
        return heapless::Vec::from_slice(&addresses.server.octets()).ok();
    }
    let mut out = heapless::String::<N>::new();
    let mut rest = value;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        out.push_str(before).ok()?;
        let (name, after) = from.split_at(from.find('}')? + 1);
        match name {
            "{host}" => write!(out, "{}", addresses.server).ok()?,
            "{port}" => write!(out, "{}", addresses.http_port).ok()?,
            "{directory}" => out.push_str(addresses.directory).ok()?,
            "{base}" => base(&mut out, addresses)?,
            "{path}" => path(&mut out, addresses)?,
            "{url}" => {
                base(&mut out, addresses)?;
                out.push('/').ok()?;
                path(&mut out, addresses)?;
            }
            macro_of_the_phone => out.push_str(macro_of_the_phone).ok()?,
        }
        rest = after;
    }
    out.push_str(rest).ok()?;
    Some(out.into_bytes())
}

/// `http://192.0.2.1` or `http://192.0.2.1:8080`.
fn base<const N: usize>(out: &mut heapless::String<N>, addresses: &BoxAddresses<'_>) -> Option<()> {
    write!(out, "http://{}", addresses.server).ok()?;
    match addresses.http_port {
        80 => Some(()),
        port => write!(out, ":{port}").ok(),
    }
}

/// `prov/`, or nothing.
fn path<const N: usize>(out: &mut heapless::String<N>, addresses: &BoxAddresses<'_>) -> Option<()> {
    if addresses.directory.is_empty() {
        return Some(());
    }
    write!(out, "{}/", addresses.directory).ok()
}
