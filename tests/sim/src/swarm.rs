//! What one world is like: how many phones, how bad the network, what goes wrong and when.
//!
//! Each seed draws its own mixture, so that some worlds have no loss and many restarts and others
//! the reverse; a world where everything goes wrong at once hides more than it finds.

use crate::chance::Chance;
use phones::Kind;

/// Where a host is plugged in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// On the box's own network.
    Link,
    /// Behind a relay agent, on a network of its own.
    Relayed,
}

/// One world before it begins.
#[derive(Clone, Debug)]
pub struct Swarm {
    /// The phones and PCs, and where they are plugged in.
    pub hosts: Vec<(Kind, Place)>,
    /// Within how many milliseconds of the beginning all of them are switched on.
    pub plug_in_ms: u64,
    /// How long things go wrong, in milliseconds.
    pub storm_ms: u64,
    /// Datagrams lost, in a thousand.
    pub loss_permille: u32,
    /// Datagrams that arrive twice, in a thousand.
    pub duplicate_permille: u32,
    /// The longest a datagram takes, in milliseconds.
    pub delay_ms: u64,
    /// The longest that records wait for flash, in milliseconds.
    pub flush_ms: u64,
    /// Addresses of each pool.
    pub pool: u8,
    /// Power cuts of the box.
    pub cuts: u32,
    /// Power cuts and restarts of phones.
    pub reboots: u32,
    /// Writes to flash that fail although the power is on; the daemon starts anew.
    pub broken_writes: u32,
    /// Phones carried to the other network.
    pub moves: u32,
    /// Devices with random hardware addresses that ask for an address once.
    pub flood: u32,
    /// Cables pulled and put back.
    pub pulls: u32,
    /// PCs that give their address back and return with another hardware address.
    pub changing_pcs: u32,
    /// Whether a PC has a fixed address inside the pool.
    pub fixed_pc: bool,
    /// Whether another DHCP server answers during the storm.
    pub rogue: bool,
    /// Attacks from the WAN and from a PC on the LAN.
    pub attacks: u32,
    /// Comings from the WAN for a file, and changes of the rules that concern them.
    pub outside: u32,
    /// Mutated datagrams.
    pub garbage: u32,
    /// Things an admin does.
    pub admin_acts: u32,
    /// How many simulated hours are watched for flash writes once all is well.
    pub quiet_hours: u64,
    /// Whether the box looks for other DHCP servers.
    pub looks: bool,
    /// When the other DHCP server is switched on, in milliseconds.
    pub rogue_from_ms: u64,
}

impl Swarm {
    /// The world of a seed.
    pub(crate) fn drawn(chance: &mut Chance) -> Swarm {
        let wanted = if chance.happens(100) { 40 } else { 16 };
        let phones = chance.within(3, wanted);
        let relayed_permille = if chance.happens(400) { 300 } else { 0 };
        let mut hosts: Vec<(Kind, Place)> = (0..phones)
            .map(|_| (Kind::PHONES[chance.place(Kind::PHONES.len())], Place::Link))
            .collect();
        hosts.extend((0..chance.below(5)).map(|_| (Kind::Pc, Place::Link)));
        for (_, place) in &mut hosts {
            if chance.happens(relayed_permille) {
                *place = Place::Relayed;
            }
        }
        let rough = chance.happens(700);
        let mut sometimes = |permille: u32, most: u64| match chance.happens(permille) {
            true => chance.below(most + 1) as u32,
            false => 0,
        };
        Swarm {
            hosts,
            plug_in_ms: u64::from(sometimes(700, 60_000)),
            storm_ms: 120_000 + u64::from(sometimes(500, 300_000)),
            loss_permille: if rough { sometimes(700, 200) } else { 0 },
            duplicate_permille: if rough { sometimes(500, 50) } else { 0 },
            delay_ms: u64::from(sometimes(600, 200)),
            flush_ms: u64::from(sometimes(700, 5)),
            pool: 50 + sometimes(300, 100) as u8,
            cuts: sometimes(600, 4),
            reboots: sometimes(500, 10),
            broken_writes: sometimes(200, 3),
            moves: if relayed_permille > 0 { sometimes(500, 4) } else { 0 },
            flood: sometimes(200, 60),
            pulls: sometimes(300, 5),
            changing_pcs: sometimes(200, 80),
            fixed_pc: sometimes(400, 1) == 1,
            rogue: sometimes(200, 1) == 1,
            attacks: sometimes(500, 40),
            outside: sometimes(500, 60),
            garbage: sometimes(500, 200),
            admin_acts: sometimes(500, 20),
            // Not a day, after which a server that was there first counts as gone: that is written.
            quiet_hours: u64::from(sometimes(100, 22)),
            looks: sometimes(600, 1) == 1,
            rogue_from_ms: u64::from(sometimes(500, 100_000)),
        }
    }

    /// A world in which nothing goes wrong.
    pub fn calm(hosts: Vec<(Kind, Place)>) -> Swarm {
        Swarm {
            hosts,
            plug_in_ms: 0,
            storm_ms: 1_000,
            loss_permille: 0,
            duplicate_permille: 0,
            delay_ms: 0,
            flush_ms: 0,
            pool: 60,
            cuts: 0,
            reboots: 0,
            broken_writes: 0,
            moves: 0,
            flood: 0,
            pulls: 0,
            changing_pcs: 0,
            fixed_pc: false,
            rogue: false,
            attacks: 0,
            outside: 0,
            garbage: 0,
            admin_acts: 0,
            quiet_hours: 0,
            looks: false,
            rogue_from_ms: 0,
        }
    }
}
