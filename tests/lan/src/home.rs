//! A phone at somebody's home: behind a router that translates addresses, at the far side of the
//! WAN of a box between two networks.

use crate::daemon::{Daemon, BOX, BOX_ON_WAN};
use crate::files::{asked, Fetched};
use crate::net::{Host, Lan};
use std::fs;

/// The phone's hardware address, as file names have it.
pub const MAC12: &str = "001565aabbcc";

/// The phone's address there.
pub const ADDRESS: &str = "192.168.77.9";

/// A phone, its network, and the router to the WAN.
pub struct Home {
    /// The phone.
    pub phone: Host,
    _router: Host,
    _lan: Lan,
}

impl Home {
    /// One whose router stands on this WAN.
    pub fn on(wan: &Lan) -> Home {
        let lan = Lan::new();
        let router = lan.plug_at("router", "02:00:00:00:00:71", "192.168.77.1/24");
        wan.connect(&router, "eth1", "02:00:00:00:00:72");
        router.ip(&["address", "add", "203.0.113.77/24", "dev", "eth1"]);
        let rules = "echo 1 > /proc/sys/net/ipv4/ip_forward && nft -f - << END\n\
            table ip home {\n chain after {\n type nat hook postrouting priority 100;\n \
            oifname eth1 masquerade\n }\n }\nEND";
        let said = router.run("bash", &["-c", rules]);
        assert!(said.good, "{}", said.err);
        let phone = lan.plug_at("phone", "00:15:65:aa:bb:cc", &format!("{ADDRESS}/24"));
        phone.ip(&["route", "add", "default", "via", "192.168.77.1"]);
        Home { phone, _router: router, _lan: lan }
    }

    /// What the phone is answered over TLS, whoever has signed the certificate.
    pub fn https(&self, more: &[&str], path: &str) -> Fetched {
        let url = format!("https://{BOX_ON_WAN}{path}");
        asked(&self.phone, &[&["-k"], more].concat(), &url)
    }
}

/// A box that minds its own network ports, between two networks.
pub fn box_between(lan: &Lan, wan: &Lan) -> Daemon {
    let mut daemon = Daemon::start_between(lan, wan);
    let path = daemon.host().dir().join("dialtone.toml");
    let text = fs::read_to_string(&path).expect("the configuration is there");
    let own = format!("side = \"lan\"\naddress = \"{BOX}/24\"");
    let text = text.replacen("side = \"lan\"", &own, 1);
    let text = format!("{text}\n[board]\nbring-up = true\n");
    fs::write(&path, text).expect("it can be written");
    daemon.restart();
    daemon
}
