//! One storm against a box that was not made here, such as an emulated one: the phones are at this
//! end of a cable that is there already, in the namespace of the caller.
//!
//! The box must have the addresses of this generator; how it got them is the caller's business.

use super::bench::LINK_UP;
use super::generator;
use super::packet::Wire;
use super::phone::{Phone, Told};
use nix::sys::signal::{kill, Signal};
use nix::unistd::Pid;
use std::io::{self, Error};
use std::time::Duration;

/// How long the phones try: an emulated box is slow.
const DEADLINE: Duration = Duration::from_secs(300);

/// Boots so many phones at once on a device, and says how it went; whether all were registered.
pub(super) fn storm(device: &str, phones: u16) -> io::Result<bool> {
    let mut wire = Wire::open(nix::net::if_::if_nametoindex(device)?)?;
    generator::settle(&mut wire, LINK_UP, LINK_UP)?;
    let outcome = generator::storm(&mut wire, phones, 0, DEADLINE)?;
    let last_ms = outcome.done_ns.last().copied().unwrap_or_default() / 1_000_000;
    println!("registered {} of {phones}, the last after {last_ms} ms", outcome.done_ns.len());
    let again = outcome.again;
    println!(
        "said again: DHCP {}, ARP {}, TCP {}, SIP {}",
        again.dhcp, again.arp, again.tcp, again.sip
    );
    outcome.stuck.iter().for_each(|(why, count)| println!("stuck: {count}, {why}"));
    Ok(outcome.done_ns.len() == usize::from(phones))
}

/// A moment of a storm, told by what so many phones have been told.
struct Moment {
    step: fn(&Told) -> bool,
    phones: usize,
    /// Who is killed at that moment.
    victim: Pid,
}

impl Moment {
    /// Reads `given`, `fetched` or `registered`, a number of phones, and that of a process.
    fn read(words: &[String]) -> Option<Moment> {
        let [step, phones, victim] = words else { return None };
        let step: fn(&Told) -> bool = match step.as_str() {
            "given" => |told| told.address.is_some(),
            "fetched" => |told| told.account.is_some(),
            "registered" => |told| told.registered,
            _unknown => return None,
        };
        let victim = victim.parse().ok().filter(|victim| *victim > 1).map(Pid::from_raw)?;
        Some(Moment { step, phones: phones.parse().ok()?, victim })
    }

    fn is_now(&self, phones: &[Phone]) -> bool {
        phones.iter().filter(|phone| (self.step)(&phone.told())).count() >= self.phones
    }
}

/// Boots so many phones at once, and prints what each was told: its hardware address, its address,
/// its user and password, and whether it was registered. Where more words name a moment and a
/// process, that process is killed at that moment.
pub(super) fn witness(device: &str, [phones, boot]: [u16; 2], more: &[String]) -> io::Result<()> {
    let moment = Moment::read(more);
    if moment.is_none() && !more.is_empty() {
        return Err(Error::other("a moment is a step, a number of phones and a process"));
    }
    let mut wire = Wire::open(nix::net::if_::if_nametoindex(device)?)?;
    generator::settle(&mut wire, LINK_UP, LINK_UP)?;
    let mut killed = false;
    let outcome = generator::watched(&mut wire, phones, boot, DEADLINE, &mut |phones| {
        killed = match &moment {
            Some(moment) => moment.is_now(phones) && kill(moment.victim, Signal::SIGKILL).is_ok(),
            None => false,
        };
        killed
    })?;
    if moment.is_some() && !killed {
        return Err(Error::other(format!("the moment never came: {:?}", outcome.stuck)));
    }
    for Told { mac: [a, b, c, d, e, f], address, account, registered } in outcome.told {
        let address = address.map_or("-".to_owned(), |address| address.to_string());
        let (user, password) = account.unwrap_or_else(|| ("-".to_owned(), "-".to_owned()));
        let mac = format!("{a:02x}{b:02x}{c:02x}{d:02x}{e:02x}{f:02x}");
        println!("told {mac} {address} {user} {password} {registered}");
    }
    Ok(())
}
