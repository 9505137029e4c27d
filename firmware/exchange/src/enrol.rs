//! How a device becomes a handset, and what secrets are drawn for it: the policy's table put to
//! what the office knows.

use crate::catalog::Family;
use crate::cause::Cause;
use crate::generic::is_made_up;
use crate::limits::KEY_GOOD_MS;
use crate::names::{text, HandsetNo, Side};
use crate::note::{Note, Table};
use crate::office::Office;
use crate::policy::{self, Act, Asked, Ban, Door, Key, Mark, Standing, Verdict};
use crate::secret::{LineSecret, LoginId, Remote, RemoteToken, WebSecret};
use crate::state::{origin_number, Event};
use crate::story::Step;
use crate::time::Now;
use crate::view::Origin;
use alloc::vec::Vec;
use core::net::Ipv4Addr;
use wire::Mac;

impl Office {
    /// What the policy says about this device, on this side, without the key.
    pub(crate) fn admit(&self, side: Side, mac: Mac, act: Act) -> Verdict {
        policy::admit(self.asked(side, mac, Key::Wrong), act)
    }

    /// What the policy says about this device if it is, or wants to become, a handset.
    pub(crate) fn welcome(&self, side: Side, mac: Mac, key: Key) -> Verdict {
        policy::admit(self.asked(side, mac, key), Act::Create)
    }

    /// What the policy has to know of a device.
    fn asked(&self, side: Side, mac: Mac, key: Key) -> Asked {
        let known = self.durable.handset_of(mac);
        let ban = if self.durable.rules().bans(mac) { Ban::Banned } else { Ban::Free };
        let remote = known.is_some_and(|(_, handset)| handset.is_remote());
        let mark = if remote { Mark::Remote } else { Mark::LanOnly };
        let standing = if known.is_some() { Standing::Known } else { Standing::Stranger };
        Asked { ban, side, mark, standing, door: self.door(side), key }
    }

    /// Whether new handsets are taken in from one side, by its switch or its gate.
    pub(crate) fn door(&self, side: Side) -> Door {
        match self.durable.creates(side) || self.gates.until(side).is_some() {
            true => Door::Open,
            false => Door::Closed,
        }
    }

    /// Makes a device a handset by Plug-and-Play; the caller has its proof of being that device.
    pub(crate) fn create(
        &mut self,
        now: Now,
        (side, address): (Side, Ipv4Addr),
        mac: Mac,
        key: Key,
    ) -> Result<HandsetNo, Cause> {
        match policy::admit(self.asked(side, mac, key), Act::Create) {
            Verdict::Already => {
                let known = self.durable.handset_of(mac).map(|(no, _)| no);
                return known.ok_or(Cause::HandsetsFull);
            }
            Verdict::Allow => (),
            refused @ (Verdict::Banned
            | Verdict::NotRemote
            | Verdict::Closed
            | Verdict::WrongKey
            | Verdict::Unknown) => {
                return self.turn_away(now, (side, address), mac, why(refused, side));
            }
        }
        if !self.has_room_for_handset() {
            self.note(now, Note::Full(Table::Handsets));
            return Err(Cause::HandsetsFull);
        }
        if !self.spend(now) {
            return Err(if self.read_only { Cause::NotStored } else { Cause::StrangersCapped });
        }
        let origin = match side {
            Side::Lan => Origin::LanPlugAndPlay,
            Side::Wan => Origin::WanPlugAndPlay,
        };
        let handset = self.enrol(mac, origin).ok_or(Cause::HandsetsFull)?;
        if side == Side::Wan {
            self.mark(handset, mac, false);
        }
        self.step(now, mac, Step::Created(side));
        self.note(now, Note::Created(mac, side));
        Ok(handset)
    }

    fn turn_away(
        &mut self,
        now: Now,
        (side, address): (Side, Ipv4Addr),
        mac: Mac,
        cause: Cause,
    ) -> Result<HandsetNo, Cause> {
        self.step(now, mac, Step::TurnedAway(cause));
        self.note(now, Note::TurnedAway(mac, side));
        if cause == Cause::CreationClosed(side) || cause == Cause::WrongKey {
            self.count_stranger(now, mac, (side, Some(address)), cause);
        }
        Err(cause)
    }

    /// Draws a handset's secrets and records it; `None` when there is no room.
    pub(crate) fn enrol(&mut self, mac: Mac, origin: Origin) -> Option<HandsetNo> {
        let handset = self.durable.free_handset()?;
        let (login, secret) = self.draw_line();
        let family = self.family(mac).unwrap_or(Family::Generic);
        let firmware = self.devices.get(&mac).and_then(|device| device.guess.version());
        let event = Event::HandsetCreated {
            handset,
            mac: mac.0,
            origin: origin_number(origin),
            family: family.code(),
            model: self.model(mac),
            firmware: firmware.map(text).unwrap_or_default(),
            web: WebSecret(self.chance.bytes()),
            login,
            secret,
        };
        self.record(mac, event);
        self.turned_away.forget(mac);
        Some(handset)
    }

    /// A login that no line has yet, and a password.
    pub(crate) fn draw_line(&mut self) -> (LoginId, LineSecret) {
        let mut login = LoginId(self.chance.bytes());
        while self.durable.line_of(&login).is_some() {
            login = LoginId(self.chance.bytes());
        }
        (login, LineSecret(self.chance.bytes()))
    }

    /// Lets a handset be used from the WAN, under a token of its own that nobody had before.
    pub(crate) fn mark(&mut self, handset: HandsetNo, mac: Mac, claimed: bool) {
        // Where there is no file, nothing is to be claimed.
        let event = self.marked(handset, claimed || is_made_up(mac));
        self.record(mac, event);
        if let Some(device) = self.devices.get_mut(&mac) {
            device.keyed = None;
        }
    }

    /// The fact that a handset may be used from the WAN.
    pub(crate) fn marked(&mut self, handset: HandsetNo, claimed: bool) -> Event {
        let mut token = RemoteToken(self.chance.bytes());
        while self.durable.handset_by(&token).is_some() {
            token = RemoteToken(self.chance.bytes());
        }
        Event::RemoteMarked { handset, mark: Some(Remote { token, claimed }) }
    }

    /// Draws every password of a handset anew and keeps it to the LAN: what a lost phone knows is
    /// worth nothing from then on, nor is the certificate that its maker built into it.
    pub(crate) fn draw_passwords(&mut self, handset: HandsetNo, mac: Mac) {
        let Some(known) = self.durable.handset(handset) else { return };
        let (count, remote) = (known.lines.len(), known.is_remote());
        let web = WebSecret(self.chance.bytes());
        let lines: Vec<LineSecret> = (0..count).map(|_| LineSecret(self.chance.bytes())).collect();
        self.record(mac, Event::PasswordsDrawn { handset, web, lines });
        if remote {
            self.record(mac, Event::RemoteMarked { handset, mark: None });
        }
    }

    /// A handset that may be used from the WAN has its file: the key of Plug-and-Play is worth
    /// nothing to it from now on.
    pub(crate) fn claim(&mut self, mac: Mac) {
        let known = self.durable.handset_of(mac).map(|(no, known)| (no, known.remote));
        let Some((handset, Some(Remote { token, claimed: false }))) = known else { return };
        let event = Event::RemoteMarked { handset, mark: Some(Remote { token, claimed: true }) };
        if !self.read_only && self.has_room_to_change(&event) {
            self.record(mac, event);
        }
    }

    /// Whether the key has served a handset for as long as it may; what was given by it then counts
    /// as having come there.
    pub(crate) fn is_key_spent(&mut self, now: Now, mac: Mac) -> bool {
        let since = self.devices.get(&mac).and_then(|device| device.keyed);
        let spent = since.is_some_and(|since| now.mono.since_ms(since) >= KEY_GOOD_MS);
        if spent {
            self.claim(mac);
        }
        spent
    }
}

/// The cause that a verdict is for whoever was refused.
pub(crate) fn why(refused: Verdict, side: Side) -> Cause {
    match refused {
        Verdict::Banned => Cause::Banned,
        Verdict::NotRemote => Cause::NotRemote,
        Verdict::WrongKey => Cause::WrongKey,
        Verdict::Closed | Verdict::Unknown | Verdict::Allow | Verdict::Already => {
            Cause::CreationClosed(side)
        }
    }
}
