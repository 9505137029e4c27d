//! Those who want what is not theirs: somebody on the WAN, a PC on the LAN, and noise.

use crate::site::{BOX_WAN, NOISE, NOISE_MAC, STRANGER};
use crate::swarm::Place;
use crate::world::{Host, ToBox, World};
use exchange::{Arrival, Line, Neighbour, StreamNo};
use phones::builders::{self, RegisterDraft};
use phones::{Algorithm, Kind};
use std::net::SocketAddrV4;
use wire::Mac;

impl World {
    /// One attack, from the WAN or from a PC on the LAN.
    pub(crate) fn attack(&mut self) {
        let victim = self.chance.place(self.hosts.len());
        let mac = self.hosts[victim].mac();
        let name = file_of(self.hosts[victim].phone.kind(), mac);
        match self.chance.below(8) {
            0 => self.register_from_wan(victim),
            1 => self.replay_from_wan(),
            2 => self.strange_fetch(usize::MAX, stranger(), name),
            3 => {
                let bytes = builders::request(1, name.trim_start_matches('/'), "octet", &[]);
                self.send_from_wan(69, bytes);
            }
            4 => {
                let bytes = builders::discover([2, 0xee, 0, 0, 0, self.chance.byte()], 7).bytes();
                self.send_from_wan(67, bytes);
            }
            5 => self.command_from_wan(),
            _ => self.intrude(&name),
        }
    }

    fn send_from_wan(&mut self, port: u16, bytes: Vec<u8>) {
        let multicast = false;
        self.strange(ToBox { wan: true, from: stranger(), mac: None, port, multicast, bytes });
    }

    /// A REGISTER for a real account with a guessed password, with and without credentials.
    fn register_from_wan(&mut self, victim: usize) {
        let accounts = self.hosts[victim].phone.accounts();
        let user = accounts.first().map_or("201", |account| account.user.as_str());
        let domain = BOX_WAN.to_string();
        let nonce = format!("{:016x}", self.chance.below(u64::MAX));
        let credentials = builders::authorization(&builders::AuthorizationDraft {
            algorithm: Algorithm::Md5,
            username: user,
            realm: "dialtone",
            password: "1234",
            method: "REGISTER",
            uri: &format!("sip:{domain}"),
            nonce: &nonce,
            opaque: None,
            counted: Some(("abcd", 1)),
        });
        let with = self.chance.happens(500);
        let draft = RegisterDraft {
            domain: &domain,
            user,
            display: "",
            local: stranger(),
            branch: &nonce,
            tag: "t",
            call_id: &nonce,
            cseq: 1,
            expires_s: 3_600,
            user_agent: "friendly-scanner",
            authorization: with.then_some(credentials.as_str()),
            more: "",
        };
        let bytes = draft.text().into_bytes();
        self.send_from_wan(5060, bytes);
    }

    /// Somebody who could listen sends a phone's own REGISTER again, from elsewhere, with his own
    /// branch and address in it.
    fn replay_from_wan(&mut self) {
        let heard = self.heard.iter().rev().find(|heard| {
            heard.bytes.starts_with(b"REGISTER")
                && String::from_utf8_lossy(&heard.bytes).contains("Digest")
        });
        let Some(heard) = heard else { return };
        let text = String::from_utf8_lossy(&heard.bytes);
        let text = text.replace("branch=z9hG4bK", "branch=z9hG4bKx");
        let text = text.replace(&heard.from.to_string(), &stranger().to_string());
        self.send_from_wan(5060, text.into_bytes());
    }

    /// A PC with a lease of its own asks for the file of a phone, and registers at random.
    fn intrude(&mut self, name: &str) {
        let pcs = |host: &Host| {
            host.phone.kind() == Kind::Pc && host.is_reachable() && host.address.is_some()
        };
        let Some(pc) = self.hosts.iter().position(pcs) else { return };
        let Some(address) = self.hosts[pc].address else { return };
        let own = (self.hosts[pc].place == Place::Link).then(|| self.hosts[pc].mac());
        if self.chance.happens(500) {
            return self.strange_fetch(pc, SocketAddrV4::new(address, 41_000), name.to_owned());
        }
        let name = name.trim_start_matches('/');
        let bytes = builders::request(1, name, "octet", &[("blksize", "1024")]);
        let from = SocketAddrV4::new(address, 41_001);
        self.strange(ToBox { wan: false, from, mac: own, port: 69, multicast: false, bytes });
    }

    /// What the world hears from the box: never that somebody is registered who may not be.
    pub(crate) fn world_hears(&mut self, line: Line, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        let sip = matches!(line, Line::Sip | Line::SipMulticast | Line::SipStream(_));
        if sip {
            self.world_said = bytes.to_vec();
        }
        let rightly = self.rightly.iter().any(|login| text.contains(&format!("sip:{login}@")));
        if sip && text.starts_with("SIP/2.0 200") && text.contains("REGISTER") && !rightly {
            self.wrong("somebody on the WAN was registered");
        }
        if !sip && bytes.get(1) == Some(&3) {
            self.wrong("a file was sent to the WAN");
        }
        self.no_secret_in("a datagram to the WAN", bytes);
    }

    /// A datagram that was heard before, with some bytes changed, to any door.
    pub(crate) fn garbage(&mut self) {
        let Some(heard) = self.heard.get(self.chance.place(self.heard.len())).cloned() else {
            return;
        };
        let mut bytes = heard.bytes;
        for _ in 0..self.chance.within(1, 8) {
            self.mutate(&mut bytes);
        }
        let dhcp = heard.port == 67;
        if dhcp {
            // Not in a phone's name: what the box then tells the phone would be no fault of its.
            let stranger = [2, 0xbb, self.chance.byte(), 0, 0, self.chance.byte() | 1];
            if let Some(chaddr) = bytes.get_mut(28..34) {
                chaddr.copy_from_slice(&stranger);
            }
            if let Some(ciaddr) = bytes.get_mut(12..16) {
                ciaddr.fill(0);
            }
        }
        let wan = self.chance.happens(200);
        let line = match self.chance.below(8) {
            0 => Line::Dhcp,
            1 => Line::Tftp,
            2 => Line::Sip,
            3 => Line::SipMulticast,
            4 => Line::SipStream(StreamNo(self.chance.below(4) as u32)),
            5 if self.chance.happens(500) => Line::Mdns,
            _ if dhcp => Line::Dhcp,
            _ if heard.port == 69 => Line::Tftp,
            _ if heard.multicast => Line::SipMulticast,
            _ => Line::Sip,
        };
        let from = if wan { stranger() } else { SocketAddrV4::new(NOISE, 6_000) };
        let arrival = Arrival {
            side: if wan { exchange::names::Side::Wan } else { exchange::names::Side::Lan },
            interface: if wan { crate::site::WAN } else { crate::site::LAN },
            from,
            neighbour: Neighbour::Is(NOISE_MAC),
        };
        self.call(|exchange, now| exchange.datagram(now, arrival, line, &bytes));
        if let Line::SipStream(stream) = line {
            self.call(|exchange, now| exchange.closed(now, stream));
        }
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        let at = self.chance.place(bytes.len());
        match self.chance.below(5) {
            0 => bytes.truncate(at),
            1 => {
                let again: Vec<u8> = bytes.iter().skip(at).take(40).copied().collect();
                let place = self.chance.place(bytes.len());
                bytes.splice(place..place, again);
            }
            2 => {
                let byte = self.chance.byte();
                bytes.insert(at, byte);
            }
            _ => {
                let byte = self.chance.byte();
                if let Some(place) = bytes.get_mut(at) {
                    *place = byte;
                }
            }
        }
    }
}

fn stranger() -> SocketAddrV4 {
    SocketAddrV4::new(STRANGER, 5_062)
}

/// The name of the file with the secrets of a phone of this kind.
pub(crate) fn file_of(kind: Kind, mac: Mac) -> String {
    let bare = mac.bare();
    match kind {
        Kind::YealinkPnp | Kind::YealinkHttp => format!("/p/{bare}.cfg"),
        Kind::SnomPnp | Kind::SnomHttp => format!("/p/{}.htm", bare.to_string().to_uppercase()),
        Kind::Polycom => format!("/p/{bare}-line.cfg"),
        Kind::GrandstreamPnp | Kind::Grandstream => format!("/p/cfg{bare}.xml"),
        Kind::Aastra => format!("/p/{}.cfg", bare.to_string().to_uppercase()),
        Kind::CiscoSpa | Kind::LinksysTftp | Kind::Pc => format!("/p/{bare}.xml"),
    }
}
