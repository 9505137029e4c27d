//! Ports of a namespace, judged by `ip`.

use super::*;
use crate::netlink::tests::{apart, run};

/// Two ports with a cable between them.
fn cable() {
    run("ip", "link add lan0 address 02:00:00:00:00:01 type veth peer name lan1");
}

/// What `ip` says of the addresses of a port.
fn addresses(device: &str) -> Vec<String> {
    let said = run("ip", &format!("-o -4 address show dev {device}"));
    let words = said.lines().filter_map(|line| line.split_whitespace().nth(3));
    words.map(str::to_owned).collect()
}

#[test]
fn a_port_gets_one_address_whatever_it_had_before() {
    apart("a_port_gets_one_address", &["ip"], || {
        cable();
        let set = |last, prefix| set_address("lan0", Ipv4Addr::new(192, 168, 10, last), prefix);
        for had in ["10.0.0.9/8", "192.168.10.9/24", "192.168.10.8/24", "192.168.10.1/16"] {
            run("ip", &format!("address add {had} dev lan0"));
        }
        run("ip", "address add 172.16.0.1/12 dev lan0 label lan0:old");
        run("ip", "address add 10.9.9.9/32 dev lan1");
        assert_eq!(set(1, 24), Ok(()));
        assert_eq!(addresses("lan0"), ["192.168.10.1/24"]);
        assert!(run("ip", "-4 address show dev lan0").contains("brd 192.168.10.255 scope global"));
        assert_eq!(set(1, 24), Ok(()));
        assert_eq!(addresses("lan0"), ["192.168.10.1/24"]);
        assert_eq!(set(2, 24), Ok(()));
        assert_eq!(addresses("lan0"), ["192.168.10.2/24"]);
        assert_eq!(set(2, 31), Ok(()));
        assert_eq!(addresses("lan0"), ["192.168.10.2/31"]);
        assert_eq!(addresses("lan1"), ["10.9.9.9/32"]);
    });
}

#[test]
fn a_connection_to_the_address_that_stays_is_not_cut() {
    apart("a_connection_to_the_address_that_stays", &["ip"], || {
        cable();
        bring_up("lan0").unwrap();
        let address = Ipv4Addr::new(192, 168, 10, 1);
        set_address("lan0", address, 24).unwrap();
        run("ip", "route add 10.0.0.0/8 via 192.168.10.7 dev lan0");
        set_address("lan0", address, 24).unwrap();
        // Would have gone with the address.
        assert!(run("ip", "route").contains("10.0.0.0/8 via 192.168.10.7"));
    });
}

#[test]
fn ports_are_listed_with_what_is_known_of_them() {
    apart("ports_are_listed", &["ip"], || {
        cable();
        let state = |links: &[Link]| -> Vec<(String, bool, bool)> {
            links.iter().map(|it| (it.name.clone(), it.is_up, it.has_carrier)).collect()
        };
        let told = |up, carrier| ("lan0".to_owned(), up, carrier);
        let find = || {
            let mut links = links().unwrap();
            links.retain(|link| link.name == "lan0");
            links
        };
        assert_eq!(state(&find()), [told(false, false)]);
        assert_eq!(bring_up("lan0"), Ok(()));
        assert_eq!(state(&find()), [told(true, false)]);
        assert_eq!(bring_up("lan1"), Ok(()));
        assert_eq!(bring_up("lan1"), Ok(()));
        set_address("lan0", Ipv4Addr::new(192, 168, 10, 1), 24).unwrap();
        assert_eq!(state(&find()), [told(true, true)]);
        assert_eq!(find()[0].mac, Mac([2, 0, 0, 0, 0, 1]));
        assert_eq!(links().unwrap().len(), 2, "the loopback is no port");
    });
}

#[test]
fn the_way_out_is_replaced_and_must_begin_at_a_port() {
    apart("the_way_out_is_replaced", &["ip"], || {
        cable();
        let gateway = |last| default_route(Ipv4Addr::new(192, 168, 10, last));
        let why = "the gateway 192.168.10.254 is in the network of no port";
        assert_eq!(gateway(254), Err(why.to_owned()));
        bring_up("lan0").unwrap();
        bring_up("lan1").unwrap();
        set_address("lan0", Ipv4Addr::new(192, 168, 10, 1), 24).unwrap();
        for last in [254, 253, 253] {
            assert_eq!(gateway(last), Ok(()));
        }
        let routes = run("ip", "-4 route show default");
        assert_eq!(routes.trim(), "default via 192.168.10.253 dev lan0 proto static");
    });
}

#[test]
fn a_port_that_is_not_there_is_named() {
    let why = Err("there is no network port nowhere9".to_owned());
    assert_eq!(bring_up("nowhere9"), why);
    assert_eq!(set_address("nowhere9", Ipv4Addr::new(10, 0, 0, 1), 8), why);
    assert_eq!(speed_mbit("nowhere9"), None);
}

#[test]
fn what_the_kernel_refuses_is_said_in_words() {
    apart("what_the_kernel_refuses", &["ip"], || {
        cable();
        let refused = set_address("lan0", Ipv4Addr::new(10, 0, 0, 1), 33);
        let why = "lan0: the kernel refuses 10.0.0.1/33: Invalid argument";
        assert_eq!(refused, Err(why.to_owned()));
    });
}
