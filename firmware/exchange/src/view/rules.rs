//! What may be shown of the rules by which phones are taken in, and of whom they turned away.

use crate::cause::Cause;
use crate::names::{Side, Text};
use crate::policy::{Profile, Switch};
use crate::settings::Transport;
use crate::state::SetBy;
use crate::time::{Instant, Now};
use alloc::string::String;
use alloc::vec::Vec;
use core::net::Ipv4Addr;
use wire::Mac;

/// The rules by which phones are taken in, as the page Servers > VoIP shows them.
pub struct RulesView {
    /// When it was built.
    pub now: Now,
    /// Every switch.
    pub switches: [SwitchRow; Switch::ALL.len()],
    /// The profile that they make together; `None` for one of nobody's.
    pub profile: Option<Profile>,
    /// Until when new handsets are let in from the LAN whatever its switch says.
    pub lan_gate: Option<Instant>,
    /// The same of the WAN.
    pub wan_gate: Option<Instant>,
    /// Whether there is a key of Plug-and-Play.
    pub has_key: bool,
    /// Where a phone on the WAN asks for its configuration, with the place of the key in it;
    /// `None` while nobody is given any there.
    pub wan_url: Option<String>,
    /// The name or address that remote phones are told of the box, where an admin has set one.
    pub reach: Option<String>,
    /// The box's own address on the WAN, where it has one.
    pub wan_address: Option<Ipv4Addr>,
    /// Whether a PIN is set for replacing phones.
    pub has_install_pin: bool,
    /// Whether the board has a port to the WAN.
    pub has_wan: bool,
    /// How many handsets may be used from the WAN.
    pub remote: usize,
    /// Whether nothing new is stored.
    pub read_only: bool,
}

/// One switch of the policy.
#[derive(Clone, Copy)]
pub struct SwitchRow {
    /// Which one.
    pub switch: Switch,
    /// Whether it disables what it is called after.
    pub disabled: bool,
    /// Who set it; `None` where it stands as shipped.
    pub by: Option<SetBy>,
}

/// The strangers that were turned away, and who is banned.
pub struct StrangersView {
    /// When it was built.
    pub now: Now,
    /// The strangers, latest first, those that are ignored last.
    pub rows: Vec<TurnedAwayRow>,
    /// The hardware addresses that get nothing.
    pub banned: Vec<Mac>,
    /// Whether nothing new is stored.
    pub read_only: bool,
}

/// A stranger that was turned away.
#[derive(Clone)]
pub struct TurnedAwayRow {
    /// Its hardware address.
    pub mac: Mac,
    /// Maker as guessed.
    pub maker: Option<&'static str>,
    /// Model as guessed, empty where unknown.
    pub model: Text,
    /// From where it came last.
    pub side: Side,
    /// Its address then, where it had one.
    pub address: Option<Ipv4Addr>,
    /// How often it came.
    pub count: u32,
    /// When it came last.
    pub last: Instant,
    /// Why it was turned away.
    pub cause: Cause,
    /// Whether an admin does not care.
    pub ignored: bool,
}

/// Whether a handset may be used from the WAN.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Remote {
    /// It may not.
    No,
    /// It may, and has not shown yet that it has its file.
    Awaited,
    /// It may, and has had its file.
    Claimed,
}

/// What a phone that is used from the WAN needs of its site's router, as far as the files of its
/// maker can say it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PortsUsed {
    /// By what its lines reach the box.
    pub transport: Transport,
    /// Its UDP port for SIP.
    pub sip: Option<u16>,
    /// How often it keeps its way to the box open, in seconds.
    pub keep_alive_s: Option<u16>,
    /// The first UDP port for voice, and the last where that can be said.
    pub voice: Option<(u16, Option<u16>)>,
}
