//! What happens to the office: who is plugged in when, what breaks, what an admin does.

use crate::appliance::{Promise, Stop};
use crate::attack::file_of;
use crate::site::{BOX, BOX_MAC, LAN};
use crate::swarm::Place;
use crate::world::{Act, Host, ToBox, World};
use exchange::command::{By, Command, Errand, Rule, SeatWish, Selection};
use exchange::names::{text, Extension, LineNo, Side, UserNo};
use phones::{builders, KeepsAddress, Kind, Phone};
use std::net::{Ipv4Addr, SocketAddrV4};
use wire::Mac;

/// Where the admin sits.
pub(crate) const ADMIN: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 200);
/// How often pages and tables are looked at during the trouble.
const LOOK_EVERY_MS: u64 = 20_000;

impl World {
    /// Puts everything on the agenda that the swarm has in store.
    pub(crate) fn plan(&mut self) {
        self.act_at(0, Act::Boot);
        for host in 0..self.hosts.len() {
            let at = self.chance.within(0, self.swarm.plug_in_ms);
            self.act_at(at, Act::PlugIn(host));
        }
        let storm_ms = self.swarm.storm_ms;
        for _ in 0..self.swarm.cuts {
            let at = self.chance.below(storm_ms);
            let act = match self.chance.happens(600) {
                true => Act::CutInWrite(self.chance.below(300)),
                false => Act::Cut,
            };
            self.act_at(at, act);
        }
        for _ in 0..self.swarm.reboots {
            let keeps = if self.chance.happens(500) { KeepsAddress::Yes } else { KeepsAddress::No };
            let (at, host) = self.somebody();
            self.act_at(at, Act::Unplug(host, keeps));
            let off = self.chance.within(10, 20_000);
            self.act_at(at + off, Act::PlugIn(host));
        }
        for _ in 0..self.swarm.pulls {
            let (at, host) = self.somebody();
            self.act_at(at, Act::CableOut(host));
            let off = self.chance.within(10, 60_000);
            self.act_at(at + off, Act::CableIn(host));
        }
        for _ in 0..self.swarm.moves {
            let (at, host) = self.somebody();
            self.act_at(at, Act::Unplug(host, KeepsAddress::Yes));
            self.act_at(at, Act::Move(host));
            self.act_at(at + 3_000, Act::PlugIn(host));
        }
        let strangers = [
            (self.swarm.attacks, Act::Attack),
            (self.swarm.outside, Act::Outside),
            (self.swarm.garbage, Act::Garbage),
            (self.swarm.admin_acts, Act::Admin),
            (self.swarm.flood, Act::Flood),
            (self.swarm.broken_writes, Act::BreakWrite),
        ];
        for (times, act) in strangers {
            for _ in 0..times {
                let at = self.chance.below(storm_ms);
                self.act_at(at, act);
            }
        }
        self.plan_pcs(storm_ms);
        for at in (LOOK_EVERY_MS..storm_ms).step_by(LOOK_EVERY_MS as usize) {
            self.act_at(at, Act::Look);
            for second in 0..10 {
                self.act_at(at + second * 1_000 + 1, Act::Idle);
            }
        }
    }

    fn plan_pcs(&mut self, storm_ms: u64) {
        let pcs: Vec<usize> =
            (0..self.hosts.len()).filter(|at| !self.hosts[*at].is_phone()).collect();
        if pcs.is_empty() {
            return;
        }
        for _ in 0..self.swarm.changing_pcs {
            let (at, pc) = (self.chance.below(storm_ms), self.chance.place(pcs.len()));
            self.act_at(at, Act::ChangePc(pcs[pc]));
        }
    }

    fn somebody(&mut self) -> (u64, usize) {
        (self.chance.below(self.swarm.storm_ms), self.chance.place(self.hosts.len()))
    }

    pub(crate) fn act(&mut self, act: Act) {
        if !matches!(act, Act::Look | Act::Idle) {
            self.trace.line(self.now, "world", format_args!("{act:?}"));
        }
        match act {
            Act::PlugIn(host) => self.plug_in(host),
            Act::Unplug(host, keeps) => {
                self.hosts[host].powered = false;
                self.hosts[host].phone.forget(keeps);
                self.after_host(host);
            }
            Act::CableOut(host) => self.hosts[host].cabled = false,
            Act::CableIn(host) => self.hosts[host].cabled = true,
            Act::ChangePc(host) => self.change_pc(host),
            Act::Cut if self.storm => self.cut("at rest"),
            // Armed in the last moment of the trouble.
            Act::Cut => (),
            Act::CutInWrite(bytes) => {
                self.boxed.arm(bytes);
                self.act_at(self.now + 2_000, Act::Cut);
            }
            Act::BreakWrite => self.boxed.break_write(),
            Act::Move(host) => {
                // Elsewhere it can have no use for its address.
                self.oracle.given_back(host);
                let place = &mut self.hosts[host].place;
                *place = match place {
                    Place::Link => Place::Relayed,
                    Place::Relayed => Place::Link,
                };
            }
            Act::Flood => self.flood(),
            Act::Boot => self.boot(),
            Act::Attack => self.attack(),
            Act::Outside => self.outside(),
            Act::Garbage => self.garbage(),
            Act::Admin => self.admin(),
            Act::Idle => self.tidy(),
            Act::Look => self.look(),
        }
    }

    pub(crate) fn plug_in(&mut self, host: usize) {
        if !std::mem::replace(&mut self.hosts[host].powered, true) {
            self.hosts[host].phone.start(self.now);
        }
        self.after_host(host);
    }

    /// A PC leaves properly, and one nobody has seen comes.
    fn change_pc(&mut self, host: usize) {
        if !self.hosts[host].powered {
            return;
        }
        self.hosts[host].phone.release(self.now);
        self.after_host(host);
        self.oracle.given_back(host);
        self.next_pc += 1;
        let place = self.hosts[host].place;
        let seed = self.chance.below(u64::MAX);
        self.hosts[host] = Host::new(Phone::new(Kind::Pc, self.next_pc, seed), place);
        self.plug_in(host);
    }

    /// The box loses its power and gets it back a little later.
    pub(crate) fn cut(&mut self, when: &str) {
        if !self.boxed.is_on() {
            return;
        }
        self.trace.line(self.now, "box", format_args!("loses its power {when}"));
        self.boxed.cut();
        let off = self.chance.within(100, 8_000);
        self.act_at(self.now + off, Act::Boot);
    }

    fn boot(&mut self) {
        if self.boxed.is_on() {
            return;
        }
        // A restart closes the gate.
        self.wan_gate_until = 0;
        let seed = self.chance.seed();
        let booted = self.boxed.boot(self.now, seed);
        let wrong = matches!(&booted, Err(Stop::Wrong(_)));
        self.stopped(booted);
        if !wrong {
            self.trace.line(self.now, "box", "is up");
            self.promises_are_kept();
            if self.swarm.looks {
                self.call(|exchange, now| exchange.look_for_others(now, &[(LAN, BOX_MAC)]));
            }
        }
    }

    /// The trouble ends: the network is good, everybody has power, new phones are taken in. Phones
    /// whose handset was deleted or changed are restarted, and so are those that came while no new
    /// ones were taken in: they were told nothing, and wait for their next renewal.
    pub(crate) fn heal(&mut self) {
        self.storm = false;
        self.trace.line(self.now, "world", "the trouble is over");
        self.boxed.disarm();
        self.boot();
        self.command(Command::AllowCreation { side: Side::Lan, open: true });
        self.keep_to_the_lan();
        for host in 0..self.hosts.len() {
            self.hosts[host].cabled = true;
            let one = &self.hosts[host];
            let touched = self.oracle.touched.contains(&one.mac());
            let turned_away = self.door_moved && one.phone.accounts().is_empty();
            if one.powered && (touched || turned_away) {
                self.hosts[host].powered = false;
                self.hosts[host].phone.forget(KeepsAddress::Yes);
                self.after_host(host);
            }
            self.plug_in(host);
        }
    }

    /// What took the place of a remote phone is remote since, and here it stands on the LAN.
    fn keep_to_the_lan(&mut self) {
        let here = |mac| self.hosts.iter().any(|host| host.mac() == mac);
        let all = self.boxed.kept.handsets();
        let remote = all.filter(|(_, handset)| handset.is_remote() && here(handset.mac));
        let remote: Vec<_> = remote.map(|(no, handset)| (no, handset.mac)).collect();
        for (handset, mac) in remote {
            self.oracle.touched.insert(mac);
            self.command(Command::Rule(Rule::MarkRemote { handset, remote: false }));
        }
    }

    pub(crate) fn command(&mut self, command: Command) {
        let by = By { side: Side::Lan, source: ADMIN, seen: None };
        let now = self.boxed.now(self.now);
        let Some(exchange) = self.boxed.exchange() else { return };
        let (after, told) = match exchange.command(now, &by, command) {
            Ok(after) => (after, Ok(())),
            Err(refusal) => (exchange::names::RecordNo(0), Err(refusal)),
        };
        self.boxed.promise(after, Promise::Told(told));
        self.after_call();
    }

    /// An admin does one of the things an admin can do.
    fn admin(&mut self) {
        let now = self.boxed.now(self.now);
        let Some(exchange) = self.boxed.exchange() else { return };
        let rows = exchange.view(now).handsets;
        let row = rows.get(self.chance.place(rows.len()));
        let host = self.chance.place(self.hosts.len());
        let mac = match self.chance.happens(500) {
            true => self.hosts[host].mac(),
            false => Mac([0x02, 0xad, 0, 0, self.chance.byte(), self.chance.byte()]),
        };
        let extension = Extension::parse(&self.chance.within(200, 230).to_string());
        let name = text(["Ada", "Zoë <b>", "\u{202e}';--", ""][self.chance.place(4)]);
        let other = rows.get(self.chance.place(rows.len()));
        let user = UserNo(self.chance.within(1, 5) as u16);
        let command = match (self.chance.below(12), row) {
            (0, _) => {
                self.door_moved = true;
                Command::AllowCreation { side: Side::Lan, open: self.chance.happens(500) }
            }
            (1, _) | (_, None) => Command::AddHandset { mac, extension, name },
            (2 | 3, Some(row)) => Command::AddLine { handset: row.handset },
            (4, Some(row)) => {
                self.oracle.touched.insert(row.mac);
                Command::RemoveLine { handset: row.handset }
            }
            (5, Some(row)) => {
                self.oracle.touched.insert(row.mac);
                Command::DeleteHandset { handset: row.handset }
            }
            (6, Some(_)) => {
                let errand =
                    if self.chance.happens(500) { Errand::Resync } else { Errand::Restart };
                Command::Resync { whom: Selection::All, errand, when: None }
            }
            (7, Some(_)) => Command::Seat(SeatWish::AddUser { name, extension }),
            (8, Some(row)) => {
                let (handset, line) = (row.handset, LineNo::FIRST);
                Command::Seat(SeatWish::Assign { handset, line, user })
            }
            (9, Some(row)) => {
                let old = other.unwrap_or(row);
                self.oracle.touched.insert(old.mac);
                Command::Seat(SeatWish::Replace { old: old.handset, new: row.handset })
            }
            (10, Some(row)) => Command::Seat(SeatWish::Clear { handset: row.handset }),
            (_, Some(row)) => {
                let line = LineNo::new(self.chance.within(1, 3) as u8).unwrap_or(LineNo::FIRST);
                Command::AssignLine { handset: row.handset, line, extension, name }
            }
        };
        let concerned = row.map(|row| row.mac);
        self.command(command);
        // Its phone happens to ask for its file at this very moment.
        let there = |host: &Host| Some(host.mac()) == concerned && host.is_reachable();
        let at = self.hosts.iter().position(there);
        if let Some((host, address)) = at.and_then(|at| Some((at, self.hosts[at].address?))) {
            let one = &self.hosts[host];
            let name = file_of(one.phone.kind(), one.mac());
            self.strange_fetch(host, SocketAddrV4::new(address, 40_000), name);
        }
    }

    /// A device nobody has seen asks for an address, and takes what is ready for it.
    fn flood(&mut self) {
        let mac = [2, 0xdd, self.chance.byte(), self.chance.byte(), self.chance.byte(), 1];
        let from = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 68);
        let discover = builders::discover(mac, 1).bytes();
        let wanted = Ipv4Addr::new(192, 168, 1, 100 + self.chance.below(50) as u8);
        let request = builders::request_selecting(mac, 1, BOX, wanted).bytes();
        for bytes in [discover, request] {
            let (wan, mac, port, multicast) = (false, None, 67, false);
            self.strange(ToBox { wan, from, mac, port, multicast, bytes });
        }
    }

    /// An admin's wish from the WAN, which must be refused.
    pub(crate) fn command_from_wan(&mut self) {
        let by = By { side: Side::Wan, source: BOX, seen: None };
        let wish = Command::AllowCreation { side: Side::Wan, open: true };
        if self.call(|exchange, now| exchange.command(now, &by, wish).is_ok()) == Some(true) {
            self.wrong("an admin's command was taken from the WAN");
        }
    }
}
