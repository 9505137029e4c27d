//! The knobs of a simulated phone: times, ports and habits that differ between uses.
//!
//! The defaults are those of a real phone on a real LAN. The demo moves the ports above 1024, the
//! load generator shortens the first DHCP retry to one second.

use std::net::{Ipv4Addr, SocketAddrV4};

/// Which digest algorithm a phone answers with when it is offered several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlgorithmPolicy {
    /// Knows MD5 only and passes over every other challenge (most desk phones).
    Md5Only,
    /// Takes SHA-256 when it is offered, else MD5 (RFC 8760 section 2.4).
    PreferSha256,
}

/// The knobs of one phone; all times are milliseconds.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The wait before the first DHCP retransmission; doubles each time up to 64 s, plus or minus
    /// a quarter (RFC 2131 section 4.1 has 4 s and one second of spread).
    pub dhcp_first_retry_ms: u64,
    /// Whether the phone sets the broadcast flag of its DHCP messages.
    pub dhcp_broadcast_flag: bool,
    /// The port SIP is spoken from, and the one given in Contact.
    pub sip_port: u16,
    /// Overrides the local port of the PnP request of the maker's fixture.
    pub pnp_port: Option<u16>,
    /// Where the PnP request goes; 224.0.1.75:5060 on a real LAN.
    pub pnp_target: SocketAddrV4,
    /// How long the phone waits for a PnP answer before it looks at its DHCP options.
    pub pnp_wait_ms: u64,
    /// The TFTP port of a server that is given without one.
    pub tftp_port: u16,
    /// The HTTP port of a URL that is given without one.
    pub http_port: u16,
    /// How long an HTTP answer may take.
    pub http_wait_ms: u64,
    /// The first wait after failed provisioning or a refused registration; doubles up to 10 min.
    pub retry_ms: u64,
    /// Which digest algorithms the phone knows.
    pub algorithms: AlgorithmPolicy,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            dhcp_first_retry_ms: 4_000,
            dhcp_broadcast_flag: false,
            sip_port: 5060,
            pnp_port: None,
            pnp_target: SocketAddrV4::new(Ipv4Addr::new(224, 0, 1, 75), 5060),
            pnp_wait_ms: 5_000,
            tftp_port: 69,
            http_port: 80,
            http_wait_ms: 20_000,
            retry_ms: 30_000,
            algorithms: AlgorithmPolicy::Md5Only,
        }
    }
}

/// Whether a phone that lost power remembers its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeepsAddress {
    /// It asks for the same address again (INIT-REBOOT).
    Yes,
    /// It asks for any address (INIT).
    No,
}
