//! What is to be typed into a handset that has no hardware address, as its page Setup shows it.

use crate::names::{Extension, Text};
use crate::time::Now;
use alloc::string::String;
use wire::Mac;

/// How an app or a device without a hardware address is set up; its password is not here.
pub struct SetupView {
    /// When it was built.
    pub now: Now,
    /// What this page's forms must send back.
    pub revision: u64,
    /// The hardware address that was made up for it.
    pub mac: Mac,
    /// What it is, in the admin's words; may be empty.
    pub what: Text,
    /// The number people dial.
    pub extension: Option<Extension>,
    /// Who is assigned; may be empty.
    pub name: Text,
    /// The user name of its account.
    pub login: String,
    /// The box on the LAN; `None` where it has no address there.
    pub lan: Option<String>,
    /// The box as it is reached from elsewhere; `None` for a handset of the LAN only, or while the
    /// box has no address there.
    pub wan: Option<String>,
    /// Port for SIP over UDP and TCP.
    pub sip_port: u16,
    /// Port for SIP over TLS; `None` where there is none.
    pub sips_port: Option<u16>,
    /// Whether it may be used from the WAN.
    pub is_remote: bool,
    /// Whether it is registered.
    pub is_registered: bool,
    /// Whether nothing new is stored.
    pub read_only: bool,
}
