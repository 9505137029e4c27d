//! What an admin has set of the policy: its switches, the key of Plug-and-Play from the WAN, and
//! which hardware addresses get nothing.

use super::{Durable, Event, Handset};
use crate::limits::BAN_RECORD_BYTES;
use crate::names::{HandsetNo, Side};
use crate::policy::{Profile, Switch};
use crate::secret::{LineSecret, PnpKey, Remote, RemoteToken, WebSecret};
use crate::sorted::SortedSet;
use crate::time::Wall;
use alloc::string::String;
use core::net::Ipv4Addr;
use wire::Mac;

/// The rules of this site.
pub struct Rules {
    switches: [Set; Switch::ALL.len()],
    key: Option<PnpKey>,
    bans: SortedSet<Mac>,
    reach: Option<String>,
}

#[derive(Clone, Copy)]
struct Set {
    disabled: bool,
    by: Option<SetBy>,
}

/// Who set a switch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SetBy {
    /// The address of the browser.
    pub source: Ipv4Addr,
    /// When, where the box knew the time.
    pub at: Option<Wall>,
}

impl SetBy {
    pub(super) fn of(source: [u8; 4], at: Option<u64>) -> SetBy {
        SetBy { source: Ipv4Addr::from(source), at: at.map(Wall) }
    }
}

impl Default for Rules {
    fn default() -> Rules {
        let switches = Profile::Guarded.disabled().map(|disabled| Set { disabled, by: None });
        Rules { switches, key: None, bans: SortedSet::new(), reach: None }
    }
}

impl Rules {
    /// Lets a switch stand like this from now on.
    pub(super) fn set(&mut self, switch: Switch, disabled: bool, by: Option<SetBy>) {
        self.switches[switch as usize] = Set { disabled, by };
    }

    pub(super) fn set_key(&mut self, key: PnpKey) {
        self.key = Some(key);
    }

    /// Bans a hardware address, or no longer.
    pub(super) fn ban(&mut self, mac: Mac, banned: bool) {
        match banned {
            true => self.bans.insert(mac),
            false => self.bans.remove(&mac),
        };
    }

    /// The events that make them from nothing.
    pub(super) fn facts(&self) -> impl Iterator<Item = Event> + '_ {
        let switches = Switch::ALL.into_iter().filter_map(|switch| {
            let Set { disabled, by } = self.switches[switch as usize];
            match (by, switch.side()) {
                (Some(SetBy { source, at }), _) => Some(Event::SwitchSet {
                    switch,
                    disabled,
                    by: source.octets(),
                    at: at.map(|Wall(seconds)| seconds),
                }),
                (None, Some(side)) => Some(Event::CreationAllowed { side, open: !disabled }),
                (None, None) => None,
            }
        });
        let key = self.key.map(|key| Event::PnpKeyDrawn { key });
        let bans = self.bans.iter().map(|mac| Event::MacBanned { mac: mac.0, banned: true });
        let reach = self.reach.iter().map(|host| Event::ReachSet { host: Some(host.clone()) });
        switches.chain(key).chain(bans).chain(reach)
    }

    /// Bytes of flash that the bans take.
    pub(super) fn bans_bytes(&self) -> u64 {
        self.bans.len() as u64 * BAN_RECORD_BYTES
    }

    /// Whether what a switch is called after is disabled.
    pub fn disabled(&self, switch: Switch) -> bool {
        self.switches[switch as usize].disabled
    }

    /// Who set a switch; `None` where it stands as shipped, or was set before that was told.
    pub fn set_by(&self, switch: Switch) -> Option<SetBy> {
        self.switches[switch as usize].by
    }

    /// The profile that the switches make together; `None` for one of nobody's.
    pub fn profile(&self) -> Option<Profile> {
        let disabled = self.switches.map(|set| set.disabled);
        Profile::ALL.into_iter().find(|profile| profile.disabled() == disabled)
    }

    /// Whether a hardware address gets nothing.
    pub fn bans(&self, mac: Mac) -> bool {
        self.bans.contains(&mac)
    }

    /// All hardware addresses that get nothing, in their order.
    pub fn banned(&self) -> impl ExactSizeIterator<Item = Mac> + '_ {
        self.bans.iter().copied()
    }

    /// The name or address by which remote phones reach the box; `None` where it is the box's own.
    pub(crate) fn reach(&self) -> Option<&str> {
        self.reach.as_deref()
    }

    /// The secret key of Plug-and-Play from the WAN; `None` before the first was drawn.
    pub(crate) fn key(&self) -> Option<PnpKey> {
        self.key
    }
}

impl Durable {
    /// Makes a fact about the policy true.
    pub(super) fn make_true_of_rules(&mut self, event: &Event) {
        if let Event::CreationAllowed { side, open } = event {
            self.rules.set(Switch::creates(*side), !open, None);
        }
        if let Event::SwitchSet { switch, disabled, by, at } = event {
            self.rules.set(*switch, *disabled, Some(SetBy::of(*by, *at)));
        }
        if let Event::PnpKeyDrawn { key } = event {
            self.rules.set_key(*key);
        }
        if let Event::MacBanned { mac, banned } = event {
            self.rules.ban(Mac(*mac), *banned);
        }
        if let Event::RemoteMarked { handset, mark } = event {
            self.mark(*handset, *mark);
        }
        if let Event::PasswordsDrawn { handset, web, lines } = event {
            self.draw(*handset, *web, lines);
        }
        if let Event::HandsetBanned { handset } = event {
            self.ban(*handset);
        }
        if let Event::ReachSet { host } = event {
            self.rules.reach = host.clone();
        }
    }

    /// The rules of this site.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Whether the switch of one side lets new handsets in.
    pub fn creates(&self, side: Side) -> bool {
        !self.rules.disabled(Switch::creates(side))
    }

    /// Whether a phone that belongs to nobody may ask, on its own screen or by a code that is
    /// dialled, to whom it is to belong.
    pub fn assigns_at_phone(&self) -> bool {
        !self.rules.disabled(Switch::AssignAtPhone)
    }

    /// The handset in whose provisioning URL this stands.
    pub(crate) fn handset_by(&self, token: &RemoteToken) -> Option<(HandsetNo, &Handset)> {
        let no = *self.by_token.get(token)?;
        Some((no, self.handset(no)?))
    }

    /// The name or address by which remote phones reach the box, where an admin has set one.
    pub(crate) fn reach(&self) -> Option<&str> {
        self.rules.reach()
    }

    /// A handset is no longer known, and gets nothing.
    pub(super) fn ban(&mut self, handset: HandsetNo) {
        let Some(mac) = self.handsets.get(&handset).map(|known| known.mac) else { return };
        self.delete(handset);
        self.rules.ban(mac, true);
    }

    /// A handset has other passwords.
    pub(super) fn draw(&mut self, handset: HandsetNo, web: WebSecret, lines: &[LineSecret]) {
        let Some(known) = self.handsets.get_mut(&handset) else { return };
        known.web = web;
        known.lines.iter_mut().zip(lines).for_each(|(line, secret)| line.secret = *secret);
    }

    /// Lets a handset be used from the WAN, or not.
    pub(super) fn mark(&mut self, handset: HandsetNo, mark: Option<Remote>) {
        let Some(known) = self.handsets.get_mut(&handset) else { return };
        if let Some(former) = core::mem::replace(&mut known.remote, mark) {
            self.by_token.remove(&former.token);
        }
        if let Some(mark) = mark {
            self.by_token.insert(mark.token, handset);
        }
    }
}

impl Handset {
    /// Whether it may be used from the WAN.
    pub fn is_remote(&self) -> bool {
        self.remote.is_some()
    }
}
