//! Whether the parts of a file make sense together.
//!
//! Each part is good in itself when it gets here. What is refused is what cannot work or cannot be
//! meant: names and networks that are there twice, networks that nobody on their port can reach,
//! pools that hold no address to give out. An address that is not known yet, as when only the file
//! is checked, is not held against anybody.

use super::{File, Ports};
use exchange::board::{Interface, Network, Subnet};
use std::net::Ipv4Addr;

/// Checks what the file says by itself.
pub(super) fn file(file: &File) -> Result<(), String> {
    if file.state.as_os_str().is_empty() {
        return Err("state wants a file name".to_owned());
    }
    let Ports { http, https, sip, sips, tftp, dhcp } = file.ports;
    let connections = [("http", http), ("https", https), ("sip", sip), ("sips", sips)];
    let secured = |name| matches!(name, "https" | "sips");
    for (name, port) in connections.into_iter().chain([("tftp", tftp), ("dhcp", dhcp)]) {
        if port == 0 && !secured(name) {
            return Err(format!("ports: {name} wants 1 to 65535"));
        }
    }
    for (place, (name, port)) in connections.iter().enumerate() {
        let twin = connections.iter().take(place).find(|(_, other)| other == port && *port != 0);
        if let Some((other, _)) = twin {
            return Err(format!("ports: {other} and {name} are the same"));
        }
    }
    for (place, entry) in file.interface.iter().enumerate() {
        if file.interface.iter().take(place).any(|other| other.name == entry.name) {
            return Err(format!("interface {} is there twice", entry.name));
        }
    }
    if file.subnet.is_empty() {
        return Err("no [[subnet]]: nobody gets an address".to_owned());
    }
    Ok(())
}

/// Checks the ports and subnets against each other; `names` are the ports'.
pub(super) fn board(
    names: &[String],
    interfaces: &[Interface],
    subnets: &[Subnet],
    written: &[String],
) -> Result<(), String> {
    let ports: Vec<_> = names.iter().zip(interfaces).collect();
    for (place, (name, port)) in ports.iter().enumerate() {
        let twin = ports.iter().take(place).find(|(_, other)| meet(known(port), known(other)));
        if let Some((other, _)) = twin {
            return Err(format!("interfaces {other} and {name} are in the same network"));
        }
    }
    let subnets: Vec<_> = written.iter().zip(subnets).collect();
    for (place, (network, subnet)) in subnets.iter().enumerate() {
        let mut before = subnets.iter().take(place);
        let same = |other: &Subnet| meet(Some(subnet.network), Some(other.network));
        match before.find(|(_, other)| same(other)) {
            Some((other, _)) if other == network => {
                return Err(format!("subnet {network} is there twice"));
            }
            Some((other, _)) => return Err(format!("subnets {other} and {network} overlap")),
            None => (),
        }
        if !has_address_to_give(subnet, interfaces) {
            return Err(format!("subnet {network}: the pool holds no address to give out"));
        }
        let Some((name, port)) = ports.get(usize::from(subnet.interface.0)) else { continue };
        let reached = subnet.relayed
            || port.address.is_unspecified()
            || subnet.network.contains(port.address);
        if !reached {
            return Err(format!(
                "subnet {network}: {name} is {}/{} and not in it; \
                 set relayed = true if it is behind a relay",
                port.address, port.prefix
            ));
        }
    }
    Ok(())
}

/// The network of a port whose address is known.
fn known(port: &Interface) -> Option<Network> {
    let address = Some(port.address).filter(|address| !address.is_unspecified());
    address.and_then(|address| Network::new(address, port.prefix))
}

/// Whether two networks have an address in common: one then lies within the other.
fn meet(one: Option<Network>, other: Option<Network>) -> bool {
    one.zip(other)
        .is_some_and(|(one, other)| one.contains(other.address()) || other.contains(one.address()))
}

fn has_address_to_give(subnet: &Subnet, interfaces: &[Interface]) -> bool {
    let network = subnet.network;
    let taken = |address: Ipv4Addr| {
        address == network.address()
            || address == network.broadcast()
            || subnet.router == Some(address)
            || interfaces.iter().any(|port| port.address == address)
    };
    (0..subnet.pool_len()).any(|place| !taken(subnet.pool_at(place)))
}

#[cfg(test)]
mod tests {
    use crate::config::tests::{refusal, EXAMPLE};

    #[test]
    fn what_is_there_twice_or_cannot_be_reached_is_refused() {
        let wrong = |from: &str, to: &str| refusal(&EXAMPLE.replace(from, to));
        assert_eq!(wrong("192.168.20", "192.168.10"), "subnet 192.168.10.0/24 is there twice");
        let said = wrong("192.168.10.1/24", "192.168.99.1/24");
        assert!(said.starts_with("subnet 192.168.10.0/24: eth0 is 192.168.99.1/24 and not in it"));
        assert_eq!(wrong("eth1", "eth0"), "interface eth0 is there twice");
        let said = wrong("203.0.113.2/30", "192.168.10.2/24");
        assert_eq!(said, "interfaces eth0 and eth1 are in the same network");
        assert_eq!(
            wrong("192.168.20.0/24", "192.168.0.0/16"),
            "subnets 192.168.10.0/24 and 192.168.0.0/16 overlap"
        );
    }

    #[test]
    fn a_pool_may_touch_the_ends_of_its_network_but_must_hold_something() {
        let pool = "pool = [\"192.168.10.50\", \"192.168.10.250\"]";
        let with = |first: &str, last: &str| {
            let wanted = format!("pool = [\"192.168.10.{first}\", \"192.168.10.{last}\"]");
            EXAMPLE.replace(pool, &wanted)
        };
        assert!(crate::config::read(&with("0", "255"), None).is_ok());
        assert!(refusal(&with("0", "1")).ends_with("the pool holds no address to give out"));
    }

    #[test]
    fn ports_state_and_subnets_must_be_there() {
        let from = EXAMPLE.find("[[subnet]]").unwrap();
        let to = EXAMPLE.find("[site]").unwrap();
        let none = format!("{}{}", &EXAMPLE[..from], &EXAMPLE[to..]);
        assert_eq!(refusal(&none), "no [[subnet]]: nobody gets an address");
        let zero = format!("{EXAMPLE}\n[ports]\nhttp = 0\n");
        assert_eq!(refusal(&zero), "ports: http wants 1 to 65535");
        let none = format!("{EXAMPLE}\n[ports]\nhttps = 0\nsips = 0\n");
        let config = crate::config::read(&none, None).unwrap();
        assert_eq!((config.board.https_port, config.board.sips_port), (None, None));
        let nowhere = EXAMPLE.replace("/var/lib/dialtone/flash", "");
        assert_eq!(refusal(&nowhere), "state wants a file name");
    }
}
