//! The file of `dialtone serve`: facts of the board, and what the site starts with.
//!
//! What the file says and what the program believes are two things: [`File`] is the first, checked
//! word by word while it is read (an unknown key is refused with its line and the nearest known
//! one), [`Config`] is the second, checked for sense. Nothing here reads the network; which address
//! a port has is asked when the daemon starts.

mod hardware;
mod sense;
mod words;

pub(crate) use hardware::{ButtonEntry, Hardware};

use exchange::board::{Board, Interface, Network, Site, Subnet};
use exchange::limits::{ADDRESSES_MAX, INTERFACES_MAX, SUBNETS_MAX};
use exchange::names::{InterfaceNo, Side};
use exchange::zone;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::PathBuf;
use wire::Mac;

/// The file as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    state: PathBuf,
    #[serde(default)]
    board: Hardware,
    #[serde(default)]
    ports: Ports,
    interface: Vec<InterfaceEntry>,
    #[serde(default)]
    subnet: Vec<SubnetEntry>,
    #[serde(default)]
    site: SiteEntry,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct Ports {
    http: u16,
    https: u16,
    sip: u16,
    sips: u16,
    tftp: u16,
    dhcp: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct InterfaceEntry {
    name: String,
    side: SideEntry,
    address: Option<String>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum SideEntry {
    Lan,
    Wan,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct SubnetEntry {
    interface: String,
    network: String,
    pool: [Ipv4Addr; 2],
    #[serde(default)]
    relayed: bool,
    router: Option<Ipv4Addr>,
    #[serde(default)]
    dns: Vec<Ipv4Addr>,
    domain: Option<String>,
    #[serde(default)]
    ntp: Vec<Ipv4Addr>,
    #[serde(default)]
    options: Vec<OptionEntry>,
    #[serde(default)]
    reservations: BTreeMap<String, Ipv4Addr>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct OptionEntry {
    code: u8,
    text: Option<String>,
    addresses: Option<Vec<Ipv4Addr>>,
    hex: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct SiteEntry {
    time_zone: String,
    ntp_server: Option<String>,
    poll_minutes: u32,
}

impl Default for Ports {
    fn default() -> Self {
        Ports { http: 80, https: 443, sip: 5060, sips: 5061, tftp: 69, dhcp: 67 }
    }
}

impl Default for SiteEntry {
    fn default() -> Self {
        SiteEntry { time_zone: "UTC".to_owned(), ntp_server: None, poll_minutes: 1_440 }
    }
}

/// What the daemon is started with.
pub(crate) struct Config {
    /// Where the flash is.
    pub(crate) state: PathBuf,
    /// The network ports, in the order of the board.
    pub(crate) ports: Vec<Port>,
    /// Where the pages and files are served.
    pub(crate) web: Vec<(InterfaceNo, SocketAddrV4)>,
    /// What the exchange has to know.
    pub(crate) board: Board,
    /// What else the box has.
    pub(crate) hardware: Hardware,
}

/// One network port as the sockets need it.
#[derive(Clone)]
pub(crate) struct Port {
    pub(crate) side: Side,
    pub(crate) address: Ipv4Addr,
    /// The kernel's device; `None` on the loopback of a demonstration.
    pub(crate) device: Option<Device>,
    pub(crate) dhcp_port: u16,
    pub(crate) tftp_port: u16,
    pub(crate) sip_port: u16,
    /// Pages and files over TLS, if it is spoken.
    pub(crate) https_port: Option<u16>,
    /// SIP over TLS, if it is spoken.
    pub(crate) sips_port: Option<u16>,
    /// Where a demonstration's DHCP clients listen, all of them.
    pub(crate) client: Option<SocketAddrV4>,
}

/// A network device of the kernel.
#[derive(Clone)]
pub(crate) struct Device {
    pub(crate) name: std::ffi::OsString,
    pub(crate) index: u32,
    pub(crate) mac: Mac,
}

impl Port {
    /// What a message calls it.
    pub(crate) fn name(&self) -> String {
        match &self.device {
            Some(device) => device.name.to_string_lossy().into_owned(),
            None => self.address.to_string(),
        }
    }
}

/// What the kernel says of a network device.
pub(crate) struct Found {
    pub(crate) address: Option<(Ipv4Addr, u8)>,
    pub(crate) device: Device,
}

/// Asks the kernel what it knows of a network device of this name.
pub(crate) type Finder = dyn Fn(&str) -> Result<Found, String>;

/// Reads and checks a file. `find` says what the kernel knows of a device; without it only the file
/// is checked, and every device is taken to have the address its subnet suggests.
pub(crate) fn read(text: &str, find: Option<&Finder>) -> Result<Config, String> {
    let file: File = toml::from_str(text).map_err(|error| words::in_words(text, &error))?;
    sense::file(&file)?;
    let mut ports = Vec::new();
    let mut interfaces = Vec::new();
    for entry in &file.interface {
        let (port, prefix) = port(entry, &file, find)?;
        interfaces.push(Interface {
            side: port.side,
            address: port.address,
            prefix,
            has_arp: true,
        });
        ports.push(port);
    }
    if !ports.iter().any(|port| port.side == Side::Lan) {
        return Err("no [[interface]] has side = \"lan\": there is nobody to serve".to_owned());
    }
    if file.interface.len() > INTERFACES_MAX {
        return Err(format!("more than {INTERFACES_MAX} [[interface]]s"));
    }
    if file.subnet.len() > SUBNETS_MAX {
        return Err(format!("more than {SUBNETS_MAX} [[subnet]]s"));
    }
    let subnets: Result<Vec<Subnet>, String> = file
        .subnet
        .iter()
        .map(|entry| {
            subnet(entry, &file.interface).map_err(|why| format!("subnet {}: {why}", entry.network))
        })
        .collect();
    let subnets = subnets?;
    if let Some(flaw) = file.board.flaw() {
        return Err(flaw);
    }
    let names: Vec<String> = file.interface.iter().map(|entry| entry.name.clone()).collect();
    let written: Vec<String> = file.subnet.iter().map(|entry| entry.network.clone()).collect();
    sense::board(&names, &interfaces, &subnets, &written)?;
    let lan = ports.iter().enumerate().filter(|(_, port)| port.side == Side::Lan);
    let web = lan.map(|(place, port)| {
        (InterfaceNo(place as u8), SocketAddrV4::new(port.address, file.ports.http))
    });
    Ok(Config {
        web: web.collect(),
        board: Board {
            interfaces,
            subnets,
            http_port: file.ports.http,
            https_port: wanted(file.ports.https),
            sips_port: wanted(file.ports.sips),
            sip_port: file.ports.sip,
            directory: "prov".to_owned(),
            site: site(&file.site)?,
        },
        ports,
        state: file.state,
        hardware: file.board,
    })
}

fn port(entry: &InterfaceEntry, file: &File, find: Option<&Finder>) -> Result<(Port, u8), String> {
    let name = &entry.name;
    let written = entry.address.as_deref().map(|text| {
        prefixed(text).ok_or(format!("interface {name}: address wants the form 192.168.1.1/24"))
    });
    let written = written.transpose()?;
    let found = find.map(|find| find(name)).transpose()?;
    // What a port that is ours has was given by somebody else for a time, or by ourselves when an
    // admin had set it otherwise: it is no fact.
    let ours = file.board.bring_up;
    let here = found.as_ref().and_then(|found| found.address).filter(|_| !ours);
    // A WAN port may get its address later, by DHCP; its sockets are bound to the port itself.
    let later = (find.is_none() && !ours) || matches!(entry.side, SideEntry::Wan);
    let fallback = || later.then_some((Ipv4Addr::UNSPECIFIED, 32));
    let (address, prefix) = written
        .or(here)
        .or_else(fallback)
        .ok_or(format!("interface {name} has no address yet; give it one in the file"))?;
    let port = Port {
        side: match entry.side {
            SideEntry::Lan => Side::Lan,
            SideEntry::Wan => Side::Wan,
        },
        address,
        device: found.map(|found| found.device),
        dhcp_port: file.ports.dhcp,
        tftp_port: file.ports.tftp,
        sip_port: file.ports.sip,
        https_port: wanted(file.ports.https),
        sips_port: wanted(file.ports.sips),
        client: None,
    };
    Ok((port, prefix))
}

/// A port that need not be there.
fn wanted(port: u16) -> Option<u16> {
    Some(port).filter(|port| *port != 0)
}

fn subnet(entry: &SubnetEntry, interfaces: &[InterfaceEntry]) -> Result<Subnet, String> {
    let place = interfaces.iter().position(|port| port.name == entry.interface);
    let place = place.ok_or(format!("no [[interface]] is named {}", entry.interface))?;
    if matches!(interfaces[place].side, SideEntry::Wan) {
        return Err("addresses are given out on the LAN only".to_owned());
    }
    let network = prefixed(&entry.network).and_then(|(ip, prefix)| Network::new(ip, prefix));
    let network = network.ok_or("network wants the form 192.168.1.0/24")?;
    let [first, last] = entry.pool;
    if !network.contains(first) || !network.contains(last) || first > last {
        return Err("the pool wants a first and a last address of this network".to_owned());
    }
    if (u32::from(last) - u32::from(first)) as usize >= ADDRESSES_MAX {
        return Err(format!("the pool is larger than {ADDRESSES_MAX} addresses"));
    }
    if entry.router.is_some_and(|router| !network.contains(router)) {
        return Err("the router lies outside this network".to_owned());
    }
    let options: Result<Vec<_>, String> = entry.options.iter().map(option).collect();
    let reservations = entry.reservations.iter().map(|(mac, address)| {
        let mac = Mac::parse(mac.as_bytes()).ok_or(format!("{mac} is no MAC address"))?;
        let inside = network.contains(*address);
        inside.then_some((mac, *address)).ok_or(format!("{address} is not of this network"))
    });
    Ok(Subnet {
        interface: InterfaceNo(place as u8),
        relayed: entry.relayed,
        network,
        first,
        last,
        router: entry.router,
        dns: entry.dns.clone(),
        domain: entry.domain.clone(),
        ntp: entry.ntp.clone(),
        options: options?,
        reservations: reservations.collect::<Result<_, String>>()?,
    })
}

fn option(entry: &OptionEntry) -> Result<(u8, Vec<u8>), String> {
    let code = entry.code;
    // The protocol's own options are the server's business.
    if matches!(code, 0 | 50..=55 | 57..=59 | 61 | 82 | 255) {
        return Err(format!("option {code} cannot be set"));
    }
    let value = match (&entry.text, &entry.addresses, &entry.hex) {
        (Some(text), None, None) => text.as_bytes().to_vec(),
        (None, Some(list), None) => list.iter().flat_map(|address| address.octets()).collect(),
        (None, None, Some(hex)) => bytes_of(hex).ok_or(format!("option {code}: hex is not hex"))?,
        _more_or_none => {
            return Err(format!("option {code} wants one of text, addresses, hex"));
        }
    };
    if value.is_empty() || value.len() > 1_024 {
        return Err(format!("option {code} wants 1 to 1,024 bytes"));
    }
    Ok((code, value))
}

fn site(entry: &SiteEntry) -> Result<Site, String> {
    if zone::find(&entry.time_zone).is_none() {
        let hint = zone::nearest(&entry.time_zone);
        let hint = match hint {
            Some(zone) => format!("; did you mean {}?", zone.name),
            None => "; it wants a name such as Europe/Berlin".to_owned(),
        };
        return Err(format!("site: time-zone {:?} is not known{hint}", entry.time_zone));
    }
    if !(5..=10_080).contains(&entry.poll_minutes) {
        return Err("site: poll-minutes wants 5 to 10080".to_owned());
    }
    Ok(Site {
        time_zone: entry.time_zone.clone(),
        ntp_server: entry.ntp_server.clone(),
        poll_min: entry.poll_minutes,
        realm: "dialtone".to_owned(),
    })
}

/// `192.168.1.1/24`.
fn prefixed(text: &str) -> Option<(Ipv4Addr, u8)> {
    let (address, prefix) = text.split_once('/')?;
    let prefix = prefix.parse().ok().filter(|bits| (1..=32).contains(bits))?;
    Some((address.parse().ok()?, prefix))
}

/// Hex digits in pairs, spaces and colons and a leading 0x aside.
pub(crate) fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    let hex = hex.trim_start();
    let hex = hex.strip_prefix("0x").unwrap_or(hex);
    let digits: Vec<u8> = hex.bytes().filter(|byte| !matches!(byte, b' ' | b':')).collect();
    let nibble = |digit: u8| (digit as char).to_digit(16).map(|value| value as u8);
    digits.len().is_multiple_of(2).then_some(())?;
    digits.chunks(2).map(|pair| Some(nibble(pair[0])? << 4 | nibble(pair[1])?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) const EXAMPLE: &str = include_str!("../dialtone.example.toml");

    pub(super) fn refusal(text: &str) -> String {
        read(text, None).err().unwrap()
    }

    #[test]
    fn the_example_that_is_shipped_is_good() {
        let config = read(EXAMPLE, None).unwrap();
        assert_eq!(config.board.subnets.len(), 2);
        assert_eq!(config.board.site.time_zone, "Europe/Berlin");
    }

    #[test]
    fn a_mistyped_key_is_refused_with_its_line_and_the_nearest_one() {
        let text = EXAMPLE.replace("time-zone", "timezone");
        let line = text.lines().position(|line| line.starts_with("timezone")).unwrap() + 1;
        let said = format!("line {line}: `timezone` is no key here; did you mean `time-zone`?");
        assert_eq!(refusal(&text), said);
    }

    #[test]
    fn what_makes_no_sense_is_refused_in_words() {
        let wrong = |from: &str, to: &str| refusal(&EXAMPLE.replacen(from, to, 1));
        assert!(wrong("Europe/Berlin", "Europe/Belrin").ends_with("did you mean Europe/Berlin?"));
        assert!(wrong("side = \"lan\"", "side = \"wan\"").contains("lan"));
        assert!(wrong("192.168.10.50", "192.168.11.50").contains("the pool wants"));
        assert!(wrong("code = 7", "code = 53").contains("option 53 cannot be set"));
        assert!(wrong("192.168.10.0/24", "192.168.10.0/33").contains("192.168.1.0/24"));
        // A port that is ours has no address but the file's.
        let own = |more: &str| {
            let text = EXAMPLE.replacen("address = \"192.168.10.1/24\"", "", 1);
            refusal(&format!("{text}\n[board]\nbring-up = true\n{more}"))
        };
        assert!(own("").ends_with("has no address yet; give it one in the file"), "{}", own(""));
        let said = refusal(&format!("{EXAMPLE}\n[board]\ntrial-seconds = 5\n"));
        assert_eq!(said, "trial-seconds = 5: it wants 10 to 3600");
    }

    #[test]
    fn what_the_parser_says_of_types_is_said_in_plain_words() {
        let wrong = |from: &str, to: &str| refusal(&EXAMPLE.replacen(from, to, 1));
        let said = wrong("poll-minutes = 1440", "poll-minutes = \"often\"");
        assert!(said.ends_with("a whole number up to 4,294,967,295"), "{said}");
        let said = wrong("dns = [\"192.168.10.254\"]", "dns = \"192.168.10.254\"");
        assert!(said.ends_with("wanted is a list in [ ]"), "{said}");
        let said = wrong("[\"192.168.10.50\", \"192.168.10.250\"]", "[\"192.168.10.50\"]");
        assert!(said.ends_with("wanted is a first and a last address in [ ]"), "{said}");
        let said = wrong("side = \"lan\"", "side = \"wlan\"");
        assert!(said.ends_with("`wlan` is not `lan` or `wan`"), "{said}");
        assert_eq!(wrong("state = \"/var/lib/dialtone/flash\"", ""), "`state` is missing");
        let said = wrong("[[interface]]", "[interface]");
        assert!(said.contains("[[interface]]"), "{said}");
        let said = refusal(&format!("{EXAMPLE}\n[ports]\nhttp = 99999\n"));
        assert!(said.ends_with("a whole number up to 65,535"), "{said}");
    }
}
