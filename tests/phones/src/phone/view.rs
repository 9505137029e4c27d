//! What can be seen of a phone from outside, without disturbing it.

use super::Phone;
use crate::account::Account;
use crate::complaint::Complaint;
use crate::fixtures::Kind;
use crate::output::{Line, Tally};
use crate::register::Registration;
use std::net::Ipv4Addr;

impl Phone {
    /// Maker, model, version and MAC in one line.
    pub fn describe(&self) -> String {
        let (maker, model) = (&self.who.fixture.name, self.who.model);
        format!("{maker} {} {} {}", model.name, model.version, self.who.mac_colons())
    }

    /// Maker and model as people write them.
    pub fn title(&self) -> String {
        format!("{} {}", self.who.kind.maker(), self.who.model.name)
    }

    /// The kind of the phone.
    pub fn kind(&self) -> Kind {
        self.who.kind
    }

    /// The hardware address.
    pub fn mac(&self) -> [u8; 6] {
        self.who.mac
    }

    /// The address, while a lease stands.
    pub fn ip(&self) -> Option<Ipv4Addr> {
        self.dhcp.ip()
    }

    /// The transaction number of the phone's DHCP messages.
    pub fn xid(&self) -> u32 {
        self.dhcp.xid()
    }

    /// The lines the phone found in its files.
    pub fn lines(&self) -> Vec<Line> {
        let line = |registration: &Registration| Line {
            number: registration.account.line,
            user: registration.account.user.clone(),
            server: registration.account.server.clone(),
            registered: registration.is_held(self.now),
        };
        self.lines.iter().map(line).collect()
    }

    /// The accounts the phone found in its files, passwords among them.
    pub fn accounts(&self) -> Vec<Account> {
        self.lines.iter().map(|line| line.account.clone()).collect()
    }

    /// Whether the phone has lines and every one is registered.
    pub fn is_registered(&self) -> bool {
        !self.lines.is_empty() && self.lines.iter().all(|line| line.is_held(self.now))
    }

    /// What the box did wrong so far; at most 64 are kept.
    pub fn complaints(&self) -> &[Complaint] {
        &self.out.complaints
    }

    /// How many complaints did not fit.
    pub fn complaints_dropped(&self) -> u32 {
        self.out.complaints_dropped
    }

    /// What the phone has sent so far.
    pub fn tally(&self) -> Tally {
        self.out.tally
    }
}
