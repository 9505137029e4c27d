//! How DHCP is served, as its page shows it.

use crate::beside::Serving;
use crate::board::Network;
use crate::catalog::{BoxAddresses, Elsewhere, Family};
pub use crate::others::Whom;
use crate::time::{Instant, Now};
use alloc::string::String;
use alloc::vec::Vec;
use core::net::Ipv4Addr;
use wire::Mac;

/// How DHCP is served, and who else serves it.
pub struct DhcpView {
    /// When it was built.
    pub now: Now,
    /// What an admin has chosen.
    pub serving: Serving,
    /// What comes of it in each network of the LAN.
    pub lans: Vec<LanServed>,
    /// Other servers that were heard, at most [`crate::limits::OTHERS_MAX`].
    pub others: Vec<OtherServer>,
    /// Whether nothing new is stored.
    pub read_only: bool,
    /// Port on which phones fetch their files.
    pub http_port: u16,
    /// Directory under which phones find their files, without slashes.
    pub directory: String,
    /// The makers of the phones that are known or were heard.
    pub makers: Vec<Family>,
}

/// A network of the LAN.
pub struct LanServed {
    /// Which.
    pub network: Network,
    /// Whether its clients are behind a relay.
    pub relayed: bool,
    /// First address of the pool.
    pub first: Ipv4Addr,
    /// Last address of the pool.
    pub last: Ipv4Addr,
    /// The address of the box by which its clients reach it.
    pub server: Option<Ipv4Addr>,
    /// Whom the box answers there at this moment.
    pub whom: Whom,
    /// The server that was there before the box.
    pub elder: Option<Ipv4Addr>,
    /// Whether the box looks for others there.
    pub looks: bool,
}

/// Another DHCP server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OtherServer {
    /// Its address, as it or a client of it named it.
    pub server: Ipv4Addr,
    /// Its hardware address; `None` where only a client has named it.
    pub mac: Option<Mac>,
    /// Who made it, where the hardware address tells.
    pub maker: Option<&'static str>,
    /// Whether it was there before the box.
    pub elder: bool,
    /// When it was first heard of since this start.
    pub since: Instant,
    /// When it was last heard of.
    pub last: Instant,
}

impl DhcpView {
    /// The lines that another server wants for the phones of a maker, or of all that are known
    /// here; empty where there is nothing to say.
    pub fn lines(&self, server: Elsewhere, maker: Option<Family>) -> String {
        let Some(lan) = self.lans.iter().find(|lan| !lan.relayed) else { return String::new() };
        let Some(address) = lan.server else { return String::new() };
        let addresses = BoxAddresses {
            server: address,
            http_port: self.http_port,
            tftp_port: wire::tftp::PORT,
            directory: &self.directory,
        };
        let picked = maker.map(|family| [family]);
        let makers = picked.as_ref().map_or(self.makers.as_slice(), |one| one.as_slice());
        match makers {
            [] => String::new(),
            makers => server.lines(makers, &addresses, lan.network.address()),
        }
    }
}
