//! What a file is made of: everything a template may read, and where the box is for whoever asks.

use super::{authority, host, phone_book, remote, screens};
use crate::catalog::{self, Family};
use crate::layer::Whom;
use crate::limits::EXPIRES_MAX_S;
use crate::names::{HandsetNo, InterfaceNo};
use crate::office::Office;
use crate::output::Arrival;
use crate::render::{HandsetValues, LineValues, SiteValues, Values};
use crate::settings::{self, Setting, Store, Transport};
use crate::state::{Handset, Line};
use alloc::format;
use alloc::string::{String, ToString};
use core::net::Ipv4Addr;
use wire::Mac;

/// The directory from which a phone heard on this port fetches its files, without a scheme.
pub(crate) fn directory_path(office: &Office, interface: InterfaceNo) -> String {
    let server = address_at(office, interface);
    let directory = &office.board.directory;
    match office.board.http_port {
        80 => format!("{server}/{directory}/"),
        port => format!("{server}:{port}/{directory}/"),
    }
}

/// The same as a URL.
pub(super) fn folder_url(office: &Office, interface: InterfaceNo) -> String {
    format!("http://{}", directory_path(office, interface))
}

/// The box's address on the port something was heard on.
pub(crate) fn own_address(office: &Office, arrival: &Arrival) -> Ipv4Addr {
    address_at(office, arrival.interface)
}

pub(super) fn address_at(office: &Office, interface: InterfaceNo) -> Ipv4Addr {
    let port = office.board.interface(interface);
    port.map_or(Ipv4Addr::UNSPECIFIED, |port| port.address)
}

/// Everything a template may read, for one handset or for all; the file is in the form of this
/// family.
pub(crate) fn values(
    office: &Office,
    interface: InterfaceNo,
    asker: Option<Mac>,
    handset: Option<HandsetNo>,
    family: Family,
) -> Values {
    let place = remote::place(office, interface, asker, None);
    values_at(office, (interface, &place), asker, handset, family)
}

/// The same for whoever is at this place.
pub(super) fn values_at(
    office: &Office,
    (interface, place): (InterfaceNo, &remote::Place),
    asker: Option<Mac>,
    handset: Option<HandsetNo>,
    family: Family,
) -> Values {
    let known = asker.map(|mac| office.known(mac)).unwrap_or_default();
    let known = settings::Known { handset, family: Some(family), ..known };
    let whom = known.whom();
    // From the WAN nobody is asked who sits there.
    let near = handset.filter(|_| !place.is_remote);
    let screens_url = near.map(|no| screens::folder(office, interface, (no, family)));
    let handset = handset.and_then(|handset| office.durable.handset(handset));
    let mut settings = settings::in_force(office, whom);
    if let Some(url) = office.firmware_url(interface, whom) {
        settings.firmware_url = place.moved(url);
    }
    if settings.phone_book_url.is_empty() {
        let url = phone_book::url(office, interface, family).unwrap_or_default();
        settings.phone_book_url = place.moved(url);
    }
    Values {
        handset: handset.map(|handset| handset_values(office.durable.settings(), whom, handset)),
        model: known.model.to_string(),
        line_count: handset.map_or(0, |handset| handset.lines.len() as u8),
        screens_url: screens_url.unwrap_or_default(),
        site: site_values(office, interface, place, whom, settings.transport),
        settings,
    }
}

fn site_values(
    office: &Office,
    interface: InterfaceNo,
    place: &remote::Place,
    whom: Whom<'_>,
    transport: Transport,
) -> SiteValues {
    let server = match place.is_remote {
        true => host::wan_host(office).unwrap_or_default(),
        false => address_at(office, place.interface).to_string(),
    };
    let (site, store) = (&office.board.site, office.durable.settings());
    let (zone, summer) = settings::site_zone(store, site, whom);
    let mut zone = zone.values();
    if !summer {
        zone.stop_summer();
    }
    let set = |setting| store.resolve(whom, setting).0;
    let interval = set(Setting::ProvisioningInterval).and_then(|minutes| minutes.parse().ok());
    let ntp = set(Setting::NtpServer).map(String::from).or_else(|| site.ntp_server.clone());
    // The box tells nobody on the WAN the time.
    let ntp = ntp.or_else(|| (!place.is_remote).then(|| server.clone()));
    SiteValues {
        sip_port: office.board.sip_port_of(transport),
        expires_s: EXPIRES_MAX_S,
        provision_url: format!("{}{}", place.scheme, place.path),
        provision_path: place.path.trim_end_matches('/').to_string(),
        ntp_server: ntp.unwrap_or_default(),
        server,
        zone,
        poll_min: interval.unwrap_or(site.poll_min),
        authority: authority::values(office, interface, place, transport),
    }
}

fn handset_values(store: &Store, whom: Whom<'_>, handset: &Handset) -> HandsetValues {
    let mac = handset.mac.bare().to_string();
    let lines = handset.lines.iter().enumerate();
    let set = |setting| store.resolve(whom, setting).0.map(String::from);
    let web_password = set(Setting::WebAdminPassword).unwrap_or_else(|| handset.web.text());
    HandsetValues {
        mac_upper: mac.to_uppercase(),
        mac_colons: handset.mac.to_string(),
        user_password: set(Setting::WebUserPassword).unwrap_or_else(|| web_password.clone()),
        web_password,
        lines: lines.map(|(at, line)| line_values(at as u8 + 1, line, &mac)).collect(),
        mac,
    }
}

fn line_values(number: u8, line: &Line, mac: &str) -> LineValues {
    let name = sayable(&line.name);
    let extension = line.extension.map(|extension| extension.to_string()).unwrap_or_default();
    let label = match (extension.is_empty(), name.is_empty()) {
        (true, true) => mac.get(6..).unwrap_or(mac).to_string(),
        (false, true) => extension.clone(),
        (true, false) => name.clone(),
        (false, false) => format!("{extension} {name}"),
    };
    LineValues {
        number,
        login: line.login.text(),
        password: line.secret.text(),
        extension,
        label,
        name,
    }
}

/// A name without what phones put into a quoted display name as it is (RFC 3261 25.1): one that
/// does not escape a quotation mark would never register.
fn sayable(name: &str) -> String {
    name.chars().filter(|letter| !matches!(letter, '"' | '\\')).collect()
}

/// The password of a handset's own web page, as it is in its file.
pub(crate) fn web_password(office: &Office, mac: Mac) -> Option<String> {
    let (_, handset) = office.durable.handset_of(mac)?;
    let known = office.known(mac);
    let values = handset_values(office.durable.settings(), known.whom(), handset);
    Some(values.web_password)
}

/// The maker's own form of "your configuration is here", for SIP Plug-and-Play.
pub(crate) fn pnp_url(office: &Office, arrival: &Arrival, mac: Mac) -> Option<String> {
    let url = catalog::pnp_url(office.family(mac), &addresses(office, arrival.interface))?;
    Some(url.as_str().to_string())
}

/// Where the box is for whoever is heard on this port.
pub(super) fn addresses(office: &Office, interface: InterfaceNo) -> catalog::BoxAddresses<'_> {
    catalog::BoxAddresses {
        server: address_at(office, interface),
        http_port: office.board.http_port,
        tftp_port: wire::tftp::PORT,
        directory: &office.board.directory,
    }
}
