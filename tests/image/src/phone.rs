//! A Yealink on the LAN port, as real clients play it: udhcpc, curl, SIPp.

use crate::appliance::Appliance;
use lan::dhcp::{udhcpc, Lease, YEALINK};
use lan::files::{get, yealink_account, Account};
use lan::net::Host;
use lan::sip::{register_within, Transport};

/// How long SIPp waits for the box under emulation.
const PATIENCE: &str = "30s";

/// A phone.
pub struct Phone {
    /// Its place on the network.
    pub host: Host,
}

impl Phone {
    /// Plugs a Yealink into the office's switch; it is not switched on.
    pub fn plug(at: &Appliance, label: &str, mac: &str) -> Phone {
        Phone { host: at.lan().plug(label, mac) }
    }

    /// Boots as far as an address, forgetting any it had.
    pub fn boots(&self) -> Lease {
        self.host.forget_address();
        udhcpc(&self.host, &YEALINK).expect("the phone was given no address")
    }

    /// Fetches its file by HTTP; gives the account in it.
    pub fn fetches(&self) -> Account {
        let file = get(&self.host, &format!("/prov/{}.cfg", self.host.mac12()));
        assert_eq!(file.status, 200, "{file:?}");
        yealink_account(&file.body)
    }

    /// Registers from an address, which must succeed.
    pub fn registers(&self, ip: &str, account: &Account) {
        let said = register_within(&self.host, ip, account, Transport::Udp, 200, PATIENCE);
        assert!(said.good, "{}\n{}", said.out, said.err);
    }
}
