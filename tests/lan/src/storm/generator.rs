//! The storm itself: all phones are switched on at the same instant, and the loop runs until the
//! last of them has its dial tone or gives up.
//!
//! One thread and one packet socket. The first frames are made before the clock starts, as a phone
//! makes its own; from then on each turn hears a batch, answers it, and sends all answers together.

use super::clock::Clock;
use super::frame::{Batch, Frame, Mac};
use super::packet::Wire;
use super::phone::{Again, Phone, Step, Told};
use super::{dhcp, stop, MAC_PREFIX};
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

/// How often the phones look at their clocks.
const TICK_NS: u64 = 5_000_000;
/// Time for the last connections to close, after which nothing is counted any more.
const LINGER_NS: u64 = 300_000_000;

/// What a storm was like.
pub(crate) struct Outcome {
    pub(crate) phones: usize,
    /// When each registered phone was, ascending, in nanoseconds since the start.
    pub(crate) done_ns: Vec<u64>,
    /// What had to be sent again.
    pub(crate) again: Again,
    /// Why phones were stuck, and how many.
    pub(crate) stuck: BTreeMap<&'static str, usize>,
    /// The largest file fetched.
    pub(crate) file_bytes: usize,
    /// When the last phone reached each step: an address, the server's place, a file.
    pub(crate) reached_ns: [u64; 3],
    /// What each phone was told, by its number.
    pub(crate) told: Vec<Told>,
}

/// The phones and what they have to say.
struct Office {
    phones: Vec<Phone>,
    by_address: HashMap<Ipv4Addr, usize>,
    out: Batch,
    reached_ns: [u64; 3],
}

/// Boots so many phones at once. `boot` tells this storm from others on the same cable.
pub(crate) fn storm(
    wire: &mut Wire,
    count: u16,
    boot: u16,
    deadline: Duration,
) -> io::Result<Outcome> {
    watched(wire, count, boot, deadline, &mut |_| false)
}

/// The same; `cut` looks at the phones in every turn, and once it says so nobody speaks any more
/// and only what is on its way is still heard.
pub(crate) fn watched(
    wire: &mut Wire,
    count: u16,
    boot: u16,
    deadline: Duration,
    cut: &mut dyn FnMut(&[Phone]) -> bool,
) -> io::Result<Outcome> {
    let phones = (0..count).map(|index| Phone::new(mac(index), index, boot)).collect();
    let by_address = HashMap::with_capacity(usize::from(count));
    let mut office = Office { phones, by_address, out: Batch::default(), reached_ns: [0; 3] };
    let Office { phones, out, .. } = &mut office;
    phones.iter_mut().for_each(|phone| phone.speak(out));
    // What waits is of an earlier storm.
    while wire.hear(&mut |_| ()) > 0 {}
    let clock = Clock::start();
    wire.send(&mut office.out)?;
    let deadline_ns = deadline.as_nanos() as u64;
    let (mut ticked_ns, mut over_ns) = (0, None);
    loop {
        let now_ns = clock.now_ns();
        let heard = wire.hear(&mut |frame| office.hear(now_ns, frame));
        if cut(&office.phones) {
            office.out.clear();
            settle_heard(wire, &mut office, now_ns)?;
            return Ok(office.outcome());
        }
        if now_ns >= ticked_ns + TICK_NS {
            ticked_ns = now_ns;
            stop::check()?;
            let Office { phones, out, .. } = &mut office;
            phones.iter_mut().for_each(|phone| phone.tick(now_ns, out));
            if over_ns.is_none() && office.phones.iter().all(Phone::is_over) {
                over_ns = Some(now_ns + LINGER_NS);
            }
            if now_ns > over_ns.unwrap_or(deadline_ns) {
                return Ok(office.outcome());
            }
        }
        if office.out.len() > 0 {
            wire.send(&mut office.out)?;
        } else if heard == 0 {
            wire.wait(5);
        }
    }
}

/// Hears what is on its way to the phones, and lets none of them answer.
fn settle_heard(wire: &mut Wire, office: &mut Office, now_ns: u64) -> io::Result<()> {
    let clock = Clock::start();
    while clock.now_ns() < LINGER_NS {
        stop::check()?;
        wire.hear(&mut |frame| office.hear(now_ns, frame));
        office.out.clear();
        wire.wait(5);
    }
    Ok(())
}

/// Listens until nobody has spoken for `quiet`, or `at_most` is over.
pub(crate) fn settle(wire: &mut Wire, quiet: Duration, at_most: Duration) -> io::Result<()> {
    let clock = Clock::start();
    let mut last_ns = 0;
    loop {
        stop::check()?;
        let now_ns = clock.now_ns();
        let silent = u128::from(now_ns - last_ns) > quiet.as_nanos();
        if silent || u128::from(now_ns) > at_most.as_nanos() {
            return Ok(());
        }
        if wire.hear(&mut |_| ()) > 0 {
            last_ns = now_ns;
        }
        wire.wait(20);
    }
}

/// The hardware address of a phone by its number.
pub(crate) fn mac(index: u16) -> Mac {
    let [high, low] = index.to_be_bytes();
    let [a, b, c] = MAC_PREFIX;
    [a, b, c, 0x10, high, low]
}

impl Office {
    fn hear(&mut self, now_ns: u64, frame: &[u8]) {
        match Frame::read(frame) {
            Some(Frame::Udp { to: (_, 68), payload }) => self.hear_dhcp(now_ns, payload),
            Some(Frame::Udp { to: (address, _), payload }) => {
                if let Some((phone, out)) = self.at(address) {
                    phone.hear_sip(now_ns, payload, out);
                }
            }
            Some(Frame::Tcp { to: (address, port), segment, payload, .. }) => {
                let Some((phone, out)) = self.at(address) else { return };
                phone.hear_tcp(now_ns, port, segment, payload, out);
                if phone.step == Step::Registering {
                    self.reached_ns[2] = now_ns;
                }
            }
            Some(Frame::IsAt { to: [a, b, c, _, high, low], mac }) if [a, b, c] == MAC_PREFIX => {
                let index = usize::from(u16::from_be_bytes([high, low]));
                let Office { phones, out, reached_ns, .. } = self;
                if let Some(phone) = phones.get_mut(index) {
                    phone.hear_arp(now_ns, mac, out);
                    reached_ns[1] = now_ns;
                }
            }
            Some(Frame::WhoHas { wanted, mac, address }) => {
                if let Some((phone, out)) = self.at(wanted) {
                    out.arp((phone.mac, wanted), Some(mac), address);
                }
            }
            Some(Frame::IsAt { .. }) | None => (),
        }
    }

    fn hear_dhcp(&mut self, now_ns: u64, message: &[u8]) {
        let index = dhcp::xid(message).map(|xid| (xid & 0xffff) as usize);
        let Some(phone) = index.and_then(|index| self.phones.get_mut(index)) else { return };
        phone.hear_dhcp(now_ns, message, &mut self.out);
        if phone.step == Step::Asking {
            // From now on it answers for this address.
            self.by_address.insert(phone.address, index.unwrap_or(0));
            self.reached_ns[0] = now_ns;
        }
    }

    fn at(&mut self, address: Ipv4Addr) -> Option<(&mut Phone, &mut Batch)> {
        let index = self.by_address.get(&address)?;
        Some((self.phones.get_mut(*index)?, &mut self.out))
    }

    fn outcome(self) -> Outcome {
        let mut outcome = Outcome {
            phones: self.phones.len(),
            done_ns: Vec::new(),
            again: Again::default(),
            stuck: BTreeMap::new(),
            file_bytes: 0,
            reached_ns: self.reached_ns,
            told: self.phones.iter().map(Phone::told).collect(),
        };
        for phone in &self.phones {
            let again = &mut outcome.again;
            again.dhcp += phone.again.dhcp;
            again.arp += phone.again.arp;
            again.tcp += phone.again.tcp;
            again.sip += phone.again.sip;
            outcome.file_bytes = outcome.file_bytes.max(phone.file_bytes);
            let why = match phone.step {
                Step::Registered => {
                    outcome.done_ns.push(phone.done_ns);
                    continue;
                }
                Step::Stuck(why) => why,
                Step::Discovering => "no answer to DISCOVER",
                Step::Requesting => "no answer to REQUEST",
                Step::Asking => "no answer to ARP",
                Step::Connecting => "no connection",
                Step::Fetching => "no file",
                Step::Registering => "no answer to REGISTER",
            };
            *outcome.stuck.entry(why).or_default() += 1;
        }
        outcome.done_ns.sort_unstable();
        outcome
    }
}
