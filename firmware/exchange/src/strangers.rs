//! Strangers that were turned away: who came, whence, how often, and why he is no handset.
//!
//! In memory only, and bounded: whoever makes up hardware addresses pushes out others of his own
//! side, writes no flash, and on the WAN never has more than a quarter of the rows. What an admin
//! does with a row is a command: to add it as a handset, to ignore it, or to ban it. That one is
//! ignored is forgotten with the row, and with a restart.

use crate::catalog::Family;
use crate::cause::Cause;
use crate::limits::{TURNED_AWAY_MAX, TURNED_AWAY_WAN_MAX};
use crate::names::{Side, Text};
use crate::note::{Note, RuleNote};
use crate::office::Office;
use crate::output::{Arrival, Neighbour};
use crate::provision;
use crate::sorted::SortedMap;
use crate::story::Step;
use crate::time::{Instant, Now};
use crate::view::{StrangersView, TurnedAwayRow};
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::net::Ipv4Addr;
use wire::Mac;

/// The strangers.
#[derive(Default)]
pub(crate) struct TurnedAway {
    rows: SortedMap<Mac, Row>,
}

/// One of them, as he came last.
#[derive(Clone)]
pub(crate) struct Came {
    pub(crate) side: Side,
    pub(crate) address: Option<Ipv4Addr>,
    pub(crate) family: Option<Family>,
    pub(crate) model: Text,
    pub(crate) cause: Cause,
}

struct Row {
    came: Came,
    count: u32,
    last: Instant,
    ignored: bool,
}

impl TurnedAway {
    /// Counts one; where there is no room, the one of his side that came least recently goes.
    ///
    /// Whoever is heard on the LAN is there. What is said from the WAN under his hardware address
    /// proves nothing and changes nothing; once he comes to the LAN himself, that is where he is.
    pub(crate) fn add(&mut self, now: Instant, mac: Mac, came: Came) {
        if let Some(row) = self.rows.get_mut(&mac) {
            if (row.came.side, came.side) == (Side::Lan, Side::Wan) {
                return;
            }
            row.count = row.count.saturating_add(1);
            (row.came, row.last) = (came, now);
            return;
        }
        let of_wan = self.rows.values().filter(|row| row.came.side == Side::Wan).count();
        let crowded = came.side == Side::Wan && of_wan >= TURNED_AWAY_WAN_MAX;
        if crowded || self.rows.len() >= TURNED_AWAY_MAX {
            let same = |row: &Row| row.came.side == came.side;
            let oldest = self.rows.iter().min_by_key(|(_, row)| (!same(row), row.last));
            if let Some(oldest) = oldest.map(|(mac, _)| *mac) {
                self.rows.remove(&oldest);
            }
        }
        self.rows.insert(mac, Row { came, count: 1, last: now, ignored: false });
    }

    /// Is one no more.
    pub(crate) fn forget(&mut self, mac: Mac) {
        self.rows.remove(&mac);
    }

    /// Sets aside one that an admin does not care about, or brings him back; whether he is there.
    pub(crate) fn ignore(&mut self, mac: Mac, ignored: bool) -> bool {
        self.rows.get_mut(&mac).map(|row| row.ignored = ignored).is_some()
    }

    /// One whose hardware address is this one but for a digit.
    pub(crate) fn nearly(&self, mac: Mac) -> Option<Mac> {
        self.rows.keys().copied().find(|other| is_one_digit_off(*other, mac))
    }
}

/// Whether two hardware addresses differ in exactly one hex digit.
fn is_one_digit_off(one: Mac, other: Mac) -> bool {
    let digits = one.0.iter().zip(other.0).map(|(a, b)| {
        let differ = a ^ b;
        u8::from(differ & 0xf0 != 0) + u8::from(differ & 0x0f != 0)
    });
    digits.sum::<u8>() == 1
}

impl Office {
    /// A banned device asks for something: it gets nothing, and its story says so once.
    pub(crate) fn is_banned(&mut self, now: Now, mac: Mac) {
        self.note(now, Note::Rule(RuleNote::BannedCame(mac)));
        let step = Step::TurnedAway(Cause::Banned);
        let last = self.devices.get(&mac).and_then(|device| device.story.steps().next_back());
        if last.is_none_or(|(_, last)| *last != step) {
            self.step(now, mac, step);
        }
    }

    /// Whether what was heard comes from a banned device, as far as that can be told.
    pub(crate) fn is_banned_at(&mut self, now: Now, arrival: &Arrival) -> bool {
        if arrival.side == Side::Wan || self.durable.rules().banned().len() == 0 {
            return false;
        }
        let near = match arrival.neighbour {
            Neighbour::Is(mac) => Some(mac),
            Neighbour::Unknown => provision::prove(self, now, arrival).ok(),
        };
        let banned = near.filter(|mac| self.durable.rules().bans(*mac));
        banned.map(|mac| self.is_banned(now, mac)).is_some()
    }

    /// Remembers that a stranger was turned away, with what is known of him.
    pub(crate) fn count_stranger(
        &mut self,
        now: Now,
        mac: Mac,
        (side, address): (Side, Option<Ipv4Addr>),
        cause: Cause,
    ) {
        let family = self.family(mac).filter(|family| *family != Family::Generic);
        let model = self.model(mac);
        self.turned_away.add(now.mono, mac, Came { side, address, family, model, cause });
        self.revision += 1;
    }
}

/// The strangers as they may be shown, and who is banned.
pub(crate) fn view(office: &Office, now: Now) -> StrangersView {
    let rows = office.turned_away.rows.iter().map(|(mac, row)| {
        let Row { came, count, last, ignored } = row;
        let Came { side, address, family, model, cause } = came;
        TurnedAwayRow {
            mac: *mac,
            maker: family.map(Family::vendor).filter(|vendor| !vendor.is_empty()),
            model: model.clone(),
            side: *side,
            address: *address,
            count: *count,
            last: *last,
            cause: *cause,
            ignored: *ignored,
        }
    });
    let mut rows: Vec<TurnedAwayRow> = rows.collect();
    rows.sort_by_key(|row| (row.ignored, Reverse(row.last), row.mac));
    StrangersView {
        now,
        rows,
        banned: office.durable.rules().banned().collect(),
        read_only: office.read_only,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mac(number: u32) -> Mac {
        let [a, b, c, d] = number.to_be_bytes();
        Mac([2, 0, a, b, c, d])
    }

    fn from(side: Side) -> Came {
        let model = Text::new();
        Came { side, address: None, family: None, model, cause: Cause::CreationClosed(side) }
    }

    fn of_wan(away: &TurnedAway) -> usize {
        away.rows.values().filter(|row| row.came.side == Side::Wan).count()
    }

    #[test]
    fn a_flood_from_the_wan_pushes_nobody_of_the_lan_out() {
        let mut away = TurnedAway::default();
        for number in 0..100 {
            away.add(Instant(u64::from(number)), mac(number), from(Side::Lan));
        }
        for number in 1_000..9_000 {
            away.add(Instant(u64::from(number)), mac(number), from(Side::Wan));
        }
        assert_eq!((away.rows.len() - of_wan(&away), of_wan(&away)), (100, TURNED_AWAY_WAN_MAX));
        assert!(away.rows.contains_key(&mac(8_999)) && !away.rows.contains_key(&mac(1_000)));
    }

    #[test]
    fn a_flood_on_the_lan_stays_within_the_bound() {
        let mut away = TurnedAway::default();
        away.add(Instant(0), mac(1), from(Side::Wan));
        for number in 1_000..9_000 {
            away.add(Instant(u64::from(number)), mac(number), from(Side::Lan));
        }
        assert_eq!(away.rows.len(), TURNED_AWAY_MAX);
        assert_eq!(of_wan(&away), 1);
    }

    #[test]
    fn whoever_waits_on_the_lan_is_not_changed_by_what_is_said_from_the_wan() {
        let mut away = TurnedAway::default();
        away.add(Instant(0), mac(1), from(Side::Lan));
        away.add(Instant(9), mac(1), from(Side::Wan));
        let row = away.rows.get(&mac(1)).unwrap();
        assert_eq!((row.came.side, row.count, row.last), (Side::Lan, 1, Instant(0)));
        away.add(Instant(1), mac(2), from(Side::Wan));
        away.add(Instant(2), mac(2), from(Side::Lan));
        let row = away.rows.get(&mac(2)).unwrap();
        assert_eq!((row.came.side, row.count, row.last), (Side::Lan, 2, Instant(2)));
        // Nor is that a way past the bound of those from the WAN.
        for number in 100..200 {
            away.add(Instant(u64::from(number)), mac(number), from(Side::Lan));
        }
        for number in 100..200 {
            away.add(Instant(u64::from(number)), mac(number), from(Side::Wan));
        }
        assert_eq!(of_wan(&away), 0);
    }

    #[test]
    fn a_wrong_digit_is_one_digit() {
        let label = Mac([0x00, 0x15, 0x65, 0x12, 0x34, 0x56]);
        for near in [[0x00, 0x15, 0x65, 0x12, 0x34, 0x57], [0x10, 0x15, 0x65, 0x12, 0x34, 0x56]] {
            assert!(is_one_digit_off(label, Mac(near)));
        }
        for far in
            [label.0, [0x00, 0x15, 0x65, 0x12, 0x34, 0x65], [0, 0x15, 0x65, 0x12, 0x44, 0x57]]
        {
            assert!(!is_one_digit_off(label, Mac(far)));
        }
    }
}
