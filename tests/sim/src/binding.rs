//! Whoever registers from the WAN, with the right password, a wrong one, or that of another; the
//! oracle: nothing from the WAN is bound unless the rules say so, by the second reading of them.
//!
//! Those who register are the made-up phones of `outside.rs`, and what an admin adds meanwhile that
//! has no hardware address.

use crate::outside::{outsider, Rules, OUTSIDERS};
use crate::site::BOX_WAN;
use crate::world::World;
use exchange::command::{Command, GenericWish};
use exchange::names::{text, Side, Text};
use exchange::state::Event;
use exchange::{is_made_up, Arrival, Line, Neighbour};
use phones::builders::{self, RegisterDraft};
use phones::Algorithm;
use std::net::{Ipv4Addr, SocketAddrV4};
use wire::Mac;

/// Handsets without a hardware address that are there at a time.
const GENERIC_MAX: usize = 3;

/// What somebody gives as the password of an account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Gives {
    Right,
    Wrong,
    OfAnother,
}

impl World {
    /// An admin adds or deletes what has no hardware address, or has its password drawn anew.
    pub(crate) fn change_generic(&mut self) {
        let all = self.generics();
        let one = all.get(self.chance.place(all.len().max(1))).copied();
        let yes = self.chance.happens(500);
        let now = self.boxed.now(self.now);
        let row = |world: &mut World, mac| {
            world.boxed.exchange()?.device(now, mac)?.handset.map(|row| row.handset)
        };
        let handset = one.and_then(|mac| row(self, mac));
        let command = match (self.chance.below(4), handset) {
            (0, Some(handset)) => Command::DeleteHandset { handset },
            (1, Some(handset)) => Command::Generic(GenericWish::Draw { handset }),
            (_, _) if all.len() >= GENERIC_MAX => return,
            (_, _) => {
                let (what, name) = (text("An app"), Text::new());
                Command::Generic(GenericWish::Add { what, extension: None, name, remote: yes })
            }
        };
        self.command(command);
        // As the page does that shows the password.
        self.call(|exchange, now| exchange.account_made(now, crate::agenda::ADMIN));
    }

    pub(crate) fn generics(&self) -> Vec<Mac> {
        let Some(running) = &self.boxed.running else { return Vec::new() };
        let all = running.exchange.durable().handsets();
        all.map(|(_, known)| known.mac).filter(|mac| is_made_up(*mac)).collect()
    }

    /// Login and password of the first line of a handset, by the facts.
    fn account_of(&self, mac: Mac) -> Option<(String, String)> {
        let running = self.boxed.running.as_ref()?;
        running.exchange.durable().facts().find_map(|fact| {
            let Event::HandsetCreated { mac: of, login, secret, .. } = fact else { return None };
            (of == mac.0).then(|| (login.text(), secret.text()))
        })
    }

    /// Somebody on the WAN registers the line of a made-up phone.
    pub(crate) fn register_from_outside(&mut self) {
        let number = self.chance.below(u64::from(OUTSIDERS)) as u8;
        let generics = self.generics();
        let mac = match self.chance.happens(500) {
            true => generics.get(self.chance.place(generics.len().max(1))).copied(),
            false => None,
        };
        let mac = mac.unwrap_or_else(|| outsider(number));
        let rules = self.rules_of(mac);
        let nobodys = || ("aebagbaf".to_owned(), "a".repeat(24));
        let (login, right) = self.account_of(mac).unwrap_or_else(nobodys);
        let gives = [Gives::Right, Gives::Right, Gives::Wrong, Gives::OfAnother];
        let gives = gives[self.chance.place(4)];
        let other = outsider((number + 1) % OUTSIDERS as u8);
        let password = match gives {
            Gives::Right => right,
            Gives::Wrong => "1234".to_owned(),
            Gives::OfAnother => self.account_of(other).map_or("none".to_owned(), |it| it.1),
        };
        let before = self.is_bound(mac);
        // From a few addresses only, since a line has room for a few contacts.
        let place = self.chance.below(3) as u8;
        let from = SocketAddrV4::new(Ipv4Addr::new(198, 18, mac.0[5], place), 5_060);
        self.world_said.clear();
        self.rightly.extend((rules.bind() && gives == Gives::Right).then(|| login.clone()));
        self.registers(from, &login, 1, None);
        let Some(nonce) = challenge_in(&self.world_said) else { return };
        let uri = format!("sip:{BOX_WAN}");
        let answer = builders::authorization(&builders::AuthorizationDraft {
            algorithm: Algorithm::Md5,
            username: &login,
            realm: "dialtone",
            password: &password,
            method: "REGISTER",
            uri: &uri,
            nonce: &nonce,
            opaque: None,
            counted: Some(("abcd", 1)),
        });
        self.registers(from, &login, 2, Some(&answer));
        self.trace.line(self.now, "outside", format_args!("{mac} registers, {gives:?}"));
        let bound = self.is_bound(mac);
        if bound && !rules.bind() {
            self.wrong(format!("{mac} is bound from the WAN"));
        }
        if bound && !before {
            self.report.bound_outside += 1;
            if gives != Gives::Right {
                self.wrong(format!("{mac} was bound from the WAN with {gives:?}"));
            }
        }
    }

    fn registers(&mut self, from: SocketAddrV4, login: &str, cseq: u32, answer: Option<&str>) {
        let (call, domain) = (format!("o{}-{}", self.now, from.ip()), BOX_WAN.to_string());
        let branch = format!("{call}{cseq}");
        let draft = RegisterDraft {
            domain: &domain,
            user: login,
            display: "",
            local: from,
            branch: &branch,
            tag: "o",
            call_id: &call,
            cseq,
            expires_s: 600,
            user_agent: "An app",
            authorization: answer,
            more: "",
        };
        let bytes = draft.text().into_bytes();
        let (side, interface) = (Side::Wan, crate::site::WAN);
        let arrival = Arrival { side, interface, from, neighbour: Neighbour::Unknown };
        self.call(|exchange, now| exchange.datagram(now, arrival, Line::Sip, &bytes));
    }

    fn is_bound(&mut self, mac: Mac) -> bool {
        let now = self.boxed.now(self.now);
        let device = self.boxed.exchange().and_then(|exchange| exchange.device(now, mac));
        let row = device.and_then(|device| device.handset);
        row.is_some_and(|row| row.lines.iter().any(|line| line.registered_until.is_some()))
    }
}

impl Rules {
    /// Whether whoever knows the password may register from the WAN.
    fn bind(&self) -> bool {
        self.known && !self.banned && self.remote.is_some()
    }
}

/// The nonce of a challenge.
fn challenge_in(said: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(said);
    let behind = text.strip_prefix("SIP/2.0 401")?.split("nonce=\"").nth(1)?;
    Some(behind.split('"').next()?.to_owned())
}
