//! Whoever comes from the WAN for a file, with the right key, a wrong one, a token or nothing; and
//! an admin who meanwhile changes the rules. The oracle: nothing from the WAN is created or given a
//! file unless the rules say so, by a second reading of them that shares no code with the box.
//!
//! Those who come are made-up phones of their own, since a phone of the office that is marked as
//! remote looks for the box on the WAN from then on.

use crate::world::World;
use exchange::command::{Command, Rule};
use exchange::names::{Side, Text};
use exchange::policy::{Profile, Switch};
use exchange::state::Event;
use exchange::{is_made_up, Answer, Arrival, Fetch, Fetched, Neighbour, Way};
use std::net::{Ipv4Addr, SocketAddrV4};
use wire::Mac;

/// How many made-up phones there are.
pub(crate) const OUTSIDERS: u32 = 6;

/// What the facts say about one made-up phone and the rules that concern it.
#[derive(Default)]
pub(crate) struct Rules {
    open: bool,
    key: Option<String>,
    pub(crate) banned: bool,
    pub(crate) known: bool,
    /// Its token, and whether it was claimed, where it is remote.
    pub(crate) remote: Option<(String, bool)>,
    /// Whether it has no hardware address, and so no file.
    generic: bool,
}

/// What somebody shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Shows {
    Nothing,
    Key,
    WrongKey,
    Token,
    TokenOfAnother,
}

pub(crate) fn outsider(number: u8) -> Mac {
    Mac([0x00, 0x15, 0x65, 0x09, 0x09, number])
}

impl World {
    /// Something happens that concerns the WAN.
    pub(crate) fn outside(&mut self) {
        match self.chance.below(20) {
            0..=5 => self.rule(),
            6 => self.change_generic(),
            7..=12 => self.register_from_outside(),
            _more => self.come_from_outside(),
        }
    }

    /// An admin changes a rule.
    fn rule(&mut self) {
        let now = self.boxed.now(self.now);
        let mac = outsider(self.chance.below(u64::from(OUTSIDERS)) as u8);
        let Some(exchange) = self.boxed.exchange() else { return };
        let handset = exchange.device(now, mac).and_then(|device| device.handset);
        let yes = self.chance.happens(500);
        let rule = match (self.chance.below(9), handset) {
            (0 | 1, _) => Rule::SetSwitch { switch: Switch::WanCreates, disabled: yes },
            (2, _) => Rule::SetSwitch { switch: Switch::AssignAtPhone, disabled: yes },
            (3, _) => {
                let minutes = self.chance.below(3) as u16;
                self.wan_gate_until = self.now + u64::from(minutes) * 60_000;
                Rule::OpenGate { side: Side::Wan, minutes }
            }
            (4, _) => Rule::DrawKey,
            (5, _) => Rule::Ban { mac, banned: yes },
            (6, Some(row)) => Rule::MarkRemote { handset: row.handset, remote: yes },
            (7, Some(row)) if yes => Rule::DrawPasswords { handset: row.handset },
            (7, Some(row)) => Rule::DeleteAndBan { handset: row.handset },
            (_, Some(row)) if yes => {
                return self.command(Command::DeleteHandset { handset: row.handset })
            }
            (8, _) => {
                self.door_moved = true;
                Rule::SetProfile(Profile::ALL[self.chance.place(3)])
            }
            (_, _) => {
                let (extension, name, make) = (None, Text::new(), None);
                Rule::Prestage { mac, extension, name, make, remote: yes, sure: true }
            }
        };
        self.command(Command::Rule(rule));
    }

    pub(crate) fn rules_of(&self, mac: Mac) -> Rules {
        let mut rules = Rules::default();
        let Some(running) = &self.boxed.running else { return rules };
        let mut number = None;
        for fact in running.exchange.durable().facts() {
            if let Event::CreationAllowed { side: Side::Wan, open } = fact {
                rules.open = open;
            } else if let Event::SwitchSet { switch: Switch::WanCreates, disabled, .. } = fact {
                rules.open = !disabled;
            } else if let Event::PnpKeyDrawn { key } = fact {
                rules.key = Some(key.text());
            } else if let Event::MacBanned { mac: of, banned } = fact {
                rules.banned |= of == mac.0 && banned;
            } else if let Event::HandsetCreated { handset, mac: of, .. } = fact {
                number = if of == mac.0 { Some(handset) } else { number };
            } else if let Event::RemoteMarked { handset, mark: Some(mark) } = fact {
                if Some(handset) == number {
                    rules.remote = Some((mark.token.text(), mark.claimed));
                }
            }
        }
        rules.known = number.is_some();
        rules.generic = is_made_up(mac);
        rules.open |= self.now < self.wan_gate_until;
        rules
    }

    /// Somebody on the WAN asks for the file of a made-up phone.
    fn come_from_outside(&mut self) {
        let number = self.chance.below(u64::from(OUTSIDERS)) as u8;
        let other = outsider((number + 1) % OUTSIDERS as u8);
        let generic = self.generics().first().copied().filter(|_| number == 0);
        let mac = generic.unwrap_or_else(|| outsider(number));
        let rules = self.rules_of(mac);
        let all = [
            Shows::Nothing,
            Shows::Key,
            Shows::Key,
            Shows::WrongKey,
            Shows::Token,
            Shows::TokenOfAnother,
        ];
        let shows = all[self.chance.place(all.len())];
        let secret = match shows {
            Shows::Nothing => None,
            Shows::Key => rules.key.clone(),
            Shows::WrongKey => Some("abcdefghijkmnpqr".to_owned()),
            Shows::Token => rules.remote.clone().map(|(token, _)| token),
            Shows::TokenOfAnother => self.rules_of(other).remote.map(|(token, _)| token),
        };
        let tls = !self.chance.happens(100);
        let in_url = self.chance.happens(500);
        let may = tls && secret.is_some() && rules.allow(shows);
        let name = match &secret {
            Some(secret) if in_url => format!("p/{secret}/{}.cfg", mac.bare()),
            Some(_) | None => format!("p/{}.cfg", mac.bare()),
        };
        let credentials = secret.as_deref().filter(|_| !in_url).map(|secret| ("any", secret));
        // From ever another address, so that nobody is slowed.
        let from = Ipv4Addr::from(0xc612_0000 + self.chance.below(0x1_0000) as u32);
        let arrival = Arrival {
            side: Side::Wan,
            interface: crate::site::WAN,
            from: SocketAddrV4::new(from, 40_000),
            neighbour: Neighbour::Unknown,
        };
        let way = Way { tls, credentials, certified: None };
        let fetch = Fetch { arrival, name: &name, user_agent: b"", upload: None, way };
        let asked = self.call(|exchange, now| exchange.fetch(now, &fetch));
        let Some(Fetched { answer, after: _ }) = asked else { return };
        self.trace.line(self.now, "outside", format_args!("{mac} shows {shows:?}, tls {tls}"));
        self.judge(mac, &rules, may, answer);
    }

    fn judge(&mut self, mac: Mac, before: &Rules, may: bool, answer: Answer) {
        let after = self.rules_of(mac);
        if after.known && !before.known && !may {
            self.wrong(format!("{mac} was created from the WAN"));
        }
        match answer {
            Answer::File { bytes, .. } => {
                if !may {
                    self.wrong(format!("{mac} was given its file on the WAN"));
                }
                if self.oracle.leak(&bytes, Some(mac)).is_some() {
                    self.wrong(format!("{mac} was given a secret of another on the WAN"));
                }
            }
            Answer::Forbidden | Answer::Unauthorized => {
                // A new one may find no room; one that is known is always served, unless it was
                // just found that it has been served by the key for long enough.
                let claimed = |rules: &Rules| rules.remote.as_ref().is_some_and(|(_, it)| *it);
                let spent = claimed(&after) && !claimed(before);
                if may && before.known && !spent {
                    self.wrong(format!("{mac} was refused its file on the WAN"));
                }
            }
            Answer::Kept { .. }
            | Answer::Book { .. }
            | Answer::NotFound
            | Answer::BadName
            | Answer::Unavailable
            | Answer::Stored
            | Answer::TooLarge => self.wrong(format!("{mac} was told something on the WAN")),
        }
    }
}

impl Rules {
    /// Whether somebody who shows this over TLS is given the file of the phone.
    fn allow(&self, shows: Shows) -> bool {
        if self.banned || self.generic {
            return false;
        }
        match shows {
            Shows::Nothing | Shows::WrongKey | Shows::TokenOfAnother => false,
            Shows::Token => self.remote.is_some(),
            Shows::Key => match &self.remote {
                Some((_, claimed)) => !claimed,
                None => !self.known && self.open,
            },
        }
    }
}
