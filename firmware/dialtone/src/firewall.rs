//! Shuts the WAN: what comes in there is dropped without an answer, but for what is offered there.
//!
//! [`install`] gives the kernel's nf_tables one table of ours, `inet dialtone`, in one transaction:
//! the old table is in force until the new one is. It stays when the daemon ends. Ports are named,
//! not numbered, so it can and should be installed before a WAN port is switched on.
//!
//! | from the WAN | becomes of it |
//! |---|---|
//! | an answer to what the box asked, and ICMP errors about that | let in |
//! | what is asked of an offered port | let in |
//! | ICMP "fragmentation needed" (RFC 1191) | let in |
//! | all else: other ports, echo requests, all of IPv6 | dropped and counted |
//! | what is for others, and what others have for the WAN | dropped and counted; no router |
//!
//! Echo requests go unanswered: nothing of ours needs them, and a box that keeps silent is not
//! found by a scan. IPv6 goes with its neighbour discovery, since the box speaks IPv4 only.
//!
//! The LAN is not filtered. Of the kernel's connection tracking only what the box itself asks on
//! the WAN is kept: the table is small (some thousand entries in 256 MiB of memory), and when it is
//! full the kernel drops what is new. A thousand phones that boot, or a stranger who floods an
//! offered port from made-up addresses, must not fill it. A DHCP client hears its first offers by a
//! packet socket, before all this, and is answered like any asker when it renews.
//!
//! Needs `CAP_NET_ADMIN`, and of the kernel nf_tables with the `inet` family and connection
//! tracking (in modules: `nf_tables`, `nf_conntrack`, `nft_ct`). Tables of others are not touched.

mod nft;

use crate::netlink::{order, Message};
use nft::{Chain, Hook, Step};
use nix::errno::Errno;
use nix::sys::socket::SockProtocol;

/// The table that is ours.
const TABLE: &str = "dialtone";
/// Where packets are sorted that come in from the WAN.
const FROM_WAN: &str = "from-wan";
/// Where it is said which of them the kernel remembers.
const ASKED_ON_WAN: &str = "asked-on-wan";
/// The same for those that leave.
const SAID_ON_WAN: &str = "said-on-wan";

/// How a service is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// Datagrams.
    Udp,
    /// Connections.
    Tcp,
}

/// Shuts these ports but for what is offered there, in place of what was said before. Without a WAN
/// port the table is removed, which a kernel without nf_tables does not mind.
pub(crate) fn install(wan_devices: &[&str], offered: &[(Transport, u16)]) -> Result<(), String> {
    for device in wan_devices {
        if device.is_empty() || device.len() >= nft::IFNAMSIZ || device.contains('\0') {
            return Err(format!("{device:?} is no name of a network port"));
        }
    }
    match order(SockProtocol::NetlinkNetFilter, &table(wan_devices, offered)) {
        Ok(()) => Ok(()),
        Err(Errno::EPROTONOSUPPORT | Errno::EOPNOTSUPP) if wan_devices.is_empty() => Ok(()),
        Err(error) => Err(format!("the WAN cannot be shut: {}", words(error))),
    }
}

/// The whole table as one transaction.
fn table(wan_devices: &[&str], offered: &[(Transport, u16)]) -> Vec<Message> {
    if wan_devices.is_empty() {
        nft::removal(TABLE)
    } else {
        nft::replacement(TABLE, &chains(wan_devices, offered))
    }
}

/// What is to be done with packets.
fn chains<'a>(wan: &[&'a str], offered: &[(Transport, u16)]) -> Vec<Chain<'a>> {
    let from_wan = |then: &[Step<'a>]| each(wan, Step::CameBy, then);
    let to_wan = |then: &[Step<'a>]| each(wan, Step::LeavesBy, then);
    let asked = |then: &[Step<'a>]| each(offered, |(by, port)| Step::Asks(by, port), then);
    let answered = |then: &[Step<'a>]| each(offered, |(by, port)| Step::Answers(by, port), then);
    let always = |steps: &[Step<'a>]| vec![steps.to_vec()];
    let chain = |name, hook, rules: &[Vec<Vec<Step<'a>>>]| {
        let rules = rules.concat();
        Chain { name, hook, rules }
    };
    let accept = always(&[Step::Accept]);
    let untrack = always(&[Step::Untrack]);
    let untracked = [Step::Untrack, Step::Accept];
    let drop = [Step::Count, Step::Drop];
    let known = always(&[Step::Known, Step::Accept]);
    let too_big = always(&[Step::FragmentationNeeded, Step::Accept]);
    vec![
        chain(ASKED_ON_WAN, None, &[asked(&untracked), accept.clone()]),
        chain(SAID_ON_WAN, None, &[answered(&untracked), accept]),
        chain("come", Some(Hook::Come), &[from_wan(&[Step::Jump(ASKED_ON_WAN)]), untrack.clone()]),
        chain("leave", Some(Hook::Leave), &[to_wan(&[Step::Jump(SAID_ON_WAN)]), untrack]),
        chain(FROM_WAN, None, &[known, asked(&[Step::Accept]), too_big, always(&drop)]),
        chain("input", Some(Hook::Input), &[from_wan(&[Step::Jump(FROM_WAN)])]),
        chain("forward", Some(Hook::Forward), &[from_wan(&drop), to_wan(&drop)]),
    ]
}

/// A rule for each: where its condition holds, these steps.
fn each<'a, T: Copy>(
    all: &[T],
    condition: impl Fn(T) -> Step<'a>,
    then: &[Step<'a>],
) -> Vec<Vec<Step<'a>>> {
    all.iter().map(|one| [&[condition(*one)], then].concat()).collect()
}

/// Why the kernel did not do it.
fn words(error: Errno) -> String {
    let lacks = [Errno::EPROTONOSUPPORT, Errno::EOPNOTSUPP, Errno::EAFNOSUPPORT, Errno::ENOENT];
    if !lacks.contains(&error) {
        return error.desc().to_owned();
    }
    let lack = "this kernel lacks nf_tables, its inet family or its connection tracking";
    format!("{lack} ({})", error.desc())
}

#[cfg(test)]
mod tests;
