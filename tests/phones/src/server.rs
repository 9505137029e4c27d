//! Where a phone's files are, as its DHCP options say: which options a maker reads, in which form.
//!
//! A value that cannot be used gives way to the next option; it is the reason when none can.

use crate::dhcp::Part;
use crate::fixtures::Maker;
use crate::judge::Reply;
use crate::output::{Reason, Step};
use crate::place::{Place, Scheme};
use crate::settings::Settings;
use std::net::Ipv4Addr;

/// The protocol of a server that is given without one.
fn bare_scheme(maker: Maker) -> Option<Scheme> {
    match maker {
        Maker::Yealink | Maker::Snom | Maker::CiscoSpa | Maker::Linksys | Maker::Aastra => {
            Some(Scheme::Tftp)
        }
        // The method of P212, which the fact files do not give a factory value for.
        Maker::Grandstream => Some(Scheme::Http),
        // A factory-fresh Polycom would use FTP.
        Maker::Polycom | Maker::Pc => None,
    }
}

/// Reads the server from the options this maker reads, in its order.
pub(crate) fn find_server(reply: &Reply, part: &mut Part<'_>) -> Result<Place, Reason> {
    let maker = part.who.kind.maker();
    let mut unusable = None;
    for code in &part.who.fixture.dhcp.reads.value {
        let Some(raw) = reply.option(*code) else { continue };
        let Some((text, file)) = server_text(maker, *code, raw, reply) else { continue };
        part.out.log(Step::ReadsOption(*code, text.clone()));
        let found = Place::parse(&text, bare_scheme(maker), part.settings)
            .and_then(|place| with_file(place, file.as_deref(), part.settings));
        match found {
            Some(place) => return Ok(place),
            None => unusable = Some(Reason::UnusableServer(text)),
        }
    }
    Err(unusable.unwrap_or(Reason::NoServer))
}

fn with_file(place: Place, file: Option<&str>, settings: &Settings) -> Option<Place> {
    match file {
        Some(file) => place.join(file, settings),
        None => Some(place),
    }
}

/// The server and, for Snom, the file that options 66 and 67 name.
fn server_text(
    maker: Maker,
    code: u8,
    raw: &[u8],
    reply: &Reply,
) -> Option<(String, Option<String>)> {
    let text = |raw: &[u8]| String::from_utf8_lossy(raw).trim_end_matches('\0').to_owned();
    match (maker, code) {
        (Maker::Snom, 43) => {
            let server = text(sub_option(raw, 66)?);
            Some((server, sub_option(raw, 67).map(text)))
        }
        (Maker::Snom, _) => {
            let server = text(raw);
            // Option 66 alone may hold a complete URL.
            let whole = server.split_once("://").is_some_and(|(_, rest)| rest.contains('/'));
            let file = reply.option(67).map(text).filter(|_| !whole);
            Some((server, file))
        }
        (Maker::Aastra, 43) => sub_option(raw, 2).map(|server| (text(server), None)),
        (_, 150) => {
            let octets: [u8; 4] = raw.get(..4)?.try_into().ok()?;
            Some((Ipv4Addr::from(octets).to_string(), None))
        }
        (_, 43) => Some(text(raw)).filter(|text| text.contains("://")).map(|text| (text, None)),
        (_, _) => Some((text(raw), None)),
    }
}

/// One sub-option of option 43.
fn sub_option(raw: &[u8], wanted: u8) -> Option<&[u8]> {
    let mut rest = raw;
    while let [code, len, tail @ ..] = rest {
        let (value, tail) = tail.split_at_checked(usize::from(*len))?;
        if *code == wanted {
            return Some(value);
        }
        rest = tail;
    }
    None
}
