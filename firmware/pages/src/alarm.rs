//! What needs attention, as one sentence and one next step each.

use crate::dhcp;
use alloc::format;
use alloc::string::String;
use exchange::time::Instant;
use exchange::view::Alarm;

/// One alarm in words.
pub(crate) struct AlarmText {
    pub(crate) sentence: String,
    pub(crate) next_step: &'static str,
    pub(crate) at: Option<Instant>,
}

pub(crate) fn words(alarm: &Alarm) -> AlarmText {
    let (sentence, next_step, at) = match alarm {
        Alarm::OtherDhcpServer(other) => (
            format!("Another DHCP server answers on the LAN: {}.", dhcp::named(other)),
            "Switch it off, or choose on the page DHCP, under Network, whom this box answers.",
            Some(other.last),
        ),
        Alarm::TwoPlaces { mac, at } => (
            format!("The MAC address {mac} was heard from two places at once."),
            "Unplug one of the two devices; if both stay, somebody may be copying this phone.",
            Some(*at),
        ),
        Alarm::AddressTaken { address, holder, by, at } => (
            format!("The address {address} was given to {holder} and is used by {by}."),
            "Find the second device and set it to DHCP; it gets nothing of the first one's.",
            Some(*at),
        ),
        Alarm::PoolFull { network } => (
            format!("The network {network} has no free address left."),
            "Give it a larger pool in the configuration file, or remove devices from it.",
            None,
        ),
        Alarm::HandsetsFull => (
            String::from("There is no room for another handset."),
            "Delete handsets that are no longer used.",
            None,
        ),
        Alarm::StrangersCapped => (
            String::from(
                "Unknown devices come and go too often; \
                their addresses are not remembered for now.",
            ),
            "Look for a device on the LAN that keeps changing its MAC address.",
            None,
        ),
        Alarm::ReadOnly => (
            String::from(
                "The flash memory is damaged: nothing new is stored. \
                Known phones go on working.",
            ),
            "Tell whoever looks after this box.",
            None,
        ),
    };
    AlarmText { sentence, next_step, at }
}
