//! Phones on the WAN, as the tests of them speak.

#![allow(dead_code, reason = "no test uses all of it")]

use crate::support::{address, boards, files, from_neighbour, Office, PHONE};
use exchange::command::{Command, Rule};
use exchange::names::{text, Extension, InterfaceNo, Side};
use exchange::note::Shown;
use exchange::policy::Switch;
use exchange::{Arrival, Revealed, Way};
use std::net::{Ipv4Addr, SocketAddrV4};
use wire::Mac;

/// How the phone calls itself.
pub(crate) const AGENT: &str = "Yealink SIP-T46U 108.86.0.20 00:15:65:00:00:01";

/// Somebody on the WAN.
pub(crate) fn wan(last: u8) -> Arrival {
    let from = SocketAddrV4::new(Ipv4Addr::new(198, 51, 100, last), 40_000);
    let neighbour = exchange::Neighbour::Unknown;
    Arrival { side: Side::Wan, interface: InterfaceNo(1), from, neighbour }
}

/// The phone on the LAN.
pub(crate) fn lan() -> Arrival {
    from_neighbour(address(200), 5_060, PHONE)
}

/// An office whose box speaks TLS on both sides.
pub(crate) fn office() -> Office {
    Office::new(boards::secured)
}

/// Has a rule set, which must go well.
pub(crate) fn rule(office: &mut Office, rule: Rule) {
    assert!(office.command(Command::Rule(rule)).is_ok());
}

/// Lets phones of the WAN in by the key; gives the key.
pub(crate) fn open_wan(office: &mut Office) -> String {
    rule(office, Rule::SetSwitch { switch: Switch::WanCreates, disabled: false });
    key(office)
}

/// The key as an admin is shown it.
pub(crate) fn key(office: &mut Office) -> String {
    reveal(office, Shown::PnpKey)
}

/// A secret as an admin is shown it.
pub(crate) fn reveal(office: &mut Office, what: Shown) -> String {
    let now = office.now();
    let shown = office.exchange.show(now, address(200), true, what);
    office.drain();
    let Revealed::Secret(secret) = shown else { panic!("there is nothing to show") };
    secret
}

/// Asks over TLS with this password.
pub(crate) fn with(
    office: &mut Office,
    at: Arrival,
    name: &str,
    password: &str,
) -> (String, Vec<u8>) {
    let way = Way { tls: true, credentials: Some(("", password)), certified: None };
    office.fetch_by(at, name, AGENT, way)
}

/// Asks over TLS and shows nothing but what stands in the name.
pub(crate) fn over_tls(office: &mut Office, at: Arrival, name: &str) -> (String, Vec<u8>) {
    office.fetch_by(at, name, AGENT, Way { tls: true, ..Way::default() })
}

/// The token in the address that a file names.
pub(crate) fn token(file: &[u8]) -> String {
    let url = files::value(file, "url").unwrap_or_default();
    let Some(rest) = url.strip_prefix("https://203.0.113.1/prov/") else { panic!("{url}") };
    rest.trim_end_matches('/').to_owned()
}

/// A handset that is added by hand.
pub(crate) fn prestage(mac: [u8; 6], remote: bool) -> Rule {
    let (extension, name) = (Extension::parse("204"), text("Ann"));
    Rule::Prestage { mac: Mac(mac), extension, name, make: None, remote, sure: false }
}
