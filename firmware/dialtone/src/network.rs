//! The configuration with what an admin has set of the network: the addresses and the sockets that
//! follow from both.
//!
//! Asked once at each start, before anything is opened. Settings that make no sense beside the
//! file, as after a change of the file, are passed over, and why is said in words. Nothing here
//! sets an address.

use crate::config::Port;
use exchange::board::Board;
use exchange::names::{InterfaceNo, Side};
use exchange::network::{check, Wan};
use exchange::state::{Durable, Event};
use std::net::{Ipv4Addr, SocketAddrV4};

/// What the daemon opens and serves. A WAN port that an admin has get its address by DHCP has none
/// here.
pub(crate) struct Network {
    pub(crate) board: Board,
    pub(crate) ports: Vec<Port>,
    pub(crate) web: Vec<(InterfaceNo, SocketAddrV4)>,
    /// Where the first WAN port reaches everything else; only with an address that an admin set.
    pub(crate) gateway: Option<Ipv4Addr>,
    /// Whom the box asks for names, likewise.
    pub(crate) dns: Option<Ipv4Addr>,
    /// Why what an admin has set is not in force, if it is not.
    pub(crate) passed_over: Option<String>,
}

/// Puts the file and the state together. Where nothing can be stored a trial could never end, so it
/// does not begin: what was proposed is left out of the state that was read.
pub(crate) fn in_force(
    durable: &mut Durable,
    stores: bool,
    board: Board,
    ports: Vec<Port>,
    web: Vec<(InterfaceNo, SocketAddrV4)>,
) -> Network {
    if !stores && durable.network_is_proposed() {
        durable.apply(&Event::NetworkReturned);
    }
    let settings = durable.network();
    let nothing = Network { board, ports, web, gateway: None, dns: None, passed_over: None };
    if let Err(flaw) = check(&nothing.board, settings) {
        let why = format!("the network is as the file says; what was set does not fit it: {flaw}");
        return Network { passed_over: Some(why), ..nothing };
    }
    let Network { board, mut ports, mut web, .. } = nothing;
    let board = board.with_network(settings);
    for (port, interface) in ports.iter_mut().zip(&board.interfaces) {
        port.address = interface.address;
    }
    if let Some(lan) = settings.lan.as_ref().zip(board.first(Side::Lan)) {
        for (_, at) in web.iter_mut().filter(|(place, _)| *place == lan.1) {
            at.set_ip(lan.0.address);
        }
    }
    let (gateway, dns) = match settings.wan {
        Some(Wan::Fixed { gateway, dns, .. }) => (gateway, dns),
        Some(Wan::Dhcp) | None => (None, None),
    };
    Network { board, ports, web, gateway, dns, passed_over: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use exchange::network::{Domain, Lan, Settings};

    const EXAMPLE: &str = include_str!("../dialtone.example.toml");

    fn settings(address: [u8; 4], wan: Option<Wan>) -> Settings {
        let [a, b, c, _] = address;
        let lan = Lan {
            address: Ipv4Addr::from(address),
            prefix: 24,
            first: Ipv4Addr::new(a, b, c, 50),
            last: Ipv4Addr::new(a, b, c, 99),
            router: None,
            dns: Default::default(),
            domain: Domain::new(),
        };
        Settings { lan: Some(lan), wan }
    }

    fn start(settings: Settings, stores: bool) -> (Network, Durable) {
        let config = config::read(EXAMPLE, None).unwrap();
        let mut durable = Durable::default();
        durable.apply(&Event::NetworkProposed { settings });
        let network = in_force(&mut durable, stores, config.board, config.ports, config.web);
        (network, durable)
    }

    fn addresses(network: &Network) -> Vec<String> {
        let ports = network.ports.iter().map(|port| port.address.to_string());
        let board = network.board.interfaces.iter().map(|port| port.address.to_string());
        let web = network.web.iter().map(|(_, at)| at.to_string());
        ports.chain(board).chain(web).collect()
    }

    #[test]
    fn what_was_set_is_where_sockets_are_opened_and_pages_are_served() {
        let gateway = Some(Ipv4Addr::new(198, 51, 100, 1));
        let dns = Some(Ipv4Addr::new(9, 9, 9, 9));
        let fixed =
            Wan::Fixed { address: Ipv4Addr::new(198, 51, 100, 7), prefix: 24, gateway, dns };
        let (network, _) = start(settings([10, 7, 0, 1], Some(fixed)), true);
        let expected = ["10.7.0.1", "198.51.100.7", "10.7.0.1", "198.51.100.7", "10.7.0.1:80"];
        assert_eq!(addresses(&network), expected);
        assert_eq!((network.gateway, network.dns), (gateway, dns));
        let (network, durable) = start(settings([10, 7, 0, 1], Some(Wan::Dhcp)), true);
        let expected = ["10.7.0.1", "0.0.0.0", "10.7.0.1", "0.0.0.0", "10.7.0.1:80"];
        assert_eq!(addresses(&network), expected);
        assert_eq!(network.gateway, None);
        assert!(durable.network_is_proposed());
    }

    #[test]
    fn what_does_not_fit_the_file_is_passed_over_in_words() {
        let (network, _) = start(settings([192, 168, 20, 1], None), true);
        let as_written = ["192.168.10.1", "203.0.113.2", "192.168.10.1", "203.0.113.2"];
        assert_eq!(addresses(&network)[..4], as_written);
        assert!(network.passed_over.unwrap().ends_with("subnet of the box already."));
    }

    #[test]
    fn where_nothing_can_be_stored_no_trial_begins() {
        let (network, durable) = start(settings([10, 7, 0, 1], None), false);
        assert_eq!(addresses(&network).last().unwrap(), "192.168.10.1:80");
        assert!(!durable.network_is_proposed() && network.passed_over.is_none());
    }
}
