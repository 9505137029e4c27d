//! The networks: who hears what, and what gets lost on the way.
//!
//! Datagrams are lost, doubled and delayed each for itself, which also puts them out of order.
//! HTTP runs over TCP and only fails as a whole. A relay agent stands before the second network;
//! multicast and broadcasts do not pass it.

use crate::appliance::port_of;
use crate::dhcp_raw;
use crate::site::{
    BOX, BOX_WAN, FIXED, FIXED_MAC, LAN, NOISE, NOISE_MAC, RELAY, ROGUE, ROGUE_MAC, WAN,
};
use crate::swarm::Place;
use crate::world::{Asker, Happening, Host, Parcel, ToBox, World};
use exchange::names::{InterfaceNo, Side};
use exchange::{Answer, Arrival, Departure, Fetch, Fetched, Line, Neighbour, To};
use phones::{DhcpTo, Input, Kind, Output, Phone, Step};
use std::net::{Ipv4Addr, SocketAddrV4};
use wire::Mac;

/// How long nobody answering takes to be noticed by a TCP client.
const REFUSED_AFTER_MS: u64 = 1_000;
/// Datagrams kept to be mutated.
const HEARD_MAX: usize = 64;

impl Host {
    pub(crate) fn new(phone: Phone, place: Place) -> Host {
        Host {
            phone,
            place,
            powered: false,
            cabled: true,
            deadline: None,
            address: None,
            complaints: 0,
            misled: false,
        }
    }

    pub(crate) fn is_phone(&self) -> bool {
        self.phone.kind() != Kind::Pc
    }
}

/// What a relay says of the port a host hangs on.
fn circuit(host: usize) -> Vec<u8> {
    let name = format!("ge-0/{host}");
    [&[1, name.len() as u8], name.as_bytes(), &[2, 2, 0xab, host as u8]].concat()
}

impl World {
    /// Sends a datagram on its way, through the weather.
    fn carry(&mut self, parcel: &Parcel) {
        let copies = match self.storm {
            true if self.chance.happens(self.swarm.loss_permille) => 0,
            true if self.chance.happens(self.swarm.duplicate_permille) => 2,
            true | false => 1,
        };
        for _ in 0..copies {
            self.send_on(parcel.clone());
        }
    }

    /// Sends something on its way that arrives for certain.
    fn send_on(&mut self, parcel: Parcel) {
        let delay = if self.storm { self.chance.within(0, self.swarm.delay_ms) } else { 0 };
        self.at(self.now + delay, Happening::Parcel(parcel));
    }

    pub(crate) fn deliver(&mut self, parcel: Parcel) {
        match parcel {
            Parcel::ToBox(to_box) => self.box_hears(to_box),
            Parcel::ToAddress { from_port, to, bytes } => self.address_hears(from_port, to, &bytes),
            Parcel::ToHost { host, bytes } => {
                if self.hosts[host].is_reachable() {
                    self.hosts[host].phone.receive(self.now, Input::Dhcp(&bytes));
                    self.after_host(host);
                }
            }
            Parcel::Fetch { asker, id, path, agent } => {
                self.box_is_asked(asker, id, &path, &agent);
            }
            Parcel::File { asker, id, status, body } => {
                // Another device may have come to its place meanwhile.
                let there = |host: &&Host| host.is_reachable() && Some(host.mac()) == asker.mac;
                if self.hosts.get(asker.host).filter(there).is_some() {
                    let input = Input::Http { id, status, body: &body };
                    self.hosts[asker.host].phone.receive(self.now, input);
                    self.after_host(asker.host);
                }
            }
            Parcel::Arp { address, mac } => {
                self.trace.line(self.now, mac, format_args!("answers that it uses {address}"));
                self.call(|exchange, now| exchange.answered(now, address, mac));
            }
        }
    }

    fn box_hears(&mut self, parcel: ToBox) {
        let line = match parcel.port {
            67 => Line::Dhcp,
            69 => Line::Tftp,
            68 => Line::DhcpClient,
            5353 => Line::Mdns,
            5060 if parcel.multicast => Line::SipMulticast,
            5060 => Line::Sip,
            port => match self.boxed.transfer(port) {
                Some(no) => Line::Transfer(no),
                None => return,
            },
        };
        let arrival = arrival(parcel.wan, parcel.from, parcel.mac);
        if self.heard.len() < HEARD_MAX {
            self.heard.push(parcel.clone());
        } else if self.chance.happens(200) {
            let place = self.chance.place(HEARD_MAX);
            self.heard[place] = parcel.clone();
        }
        self.call(|exchange, now| exchange.datagram(now, arrival, line, &parcel.bytes));
    }

    fn box_is_asked(&mut self, asker: Asker, id: u32, path: &str, agent: &str) {
        let on_link = asker.from.ip().octets().starts_with(&[192, 168, 1]);
        let mac = asker.mac.filter(|_| on_link);
        // The kernel does not always know its neighbour yet.
        let mac = mac.filter(|_| !self.chance.happens(100));
        let arrival = arrival(asker.mac.is_none(), asker.from, mac);
        let path = path.split('?').next().unwrap_or("");
        let name = path.strip_prefix('/').unwrap_or(path);
        let fetch = Fetch {
            arrival,
            name,
            user_agent: agent.as_bytes(),
            upload: None,
            way: exchange::Way::default(),
        };
        let now = self.boxed.now(self.now);
        let Some(exchange) = self.boxed.exchange() else {
            let nothing = Parcel::File { asker, id, status: 0, body: Vec::new() };
            return self.at(self.now + REFUSED_AFTER_MS, Happening::Parcel(nothing));
        };
        let Fetched { answer, after } = exchange.fetch(now, &fetch);
        let (status, body) = match answer {
            Answer::File { bytes, content_type: _ } => (200, bytes),
            Answer::Book { bytes, content_type: _ } => (200, bytes.to_vec()),
            Answer::NotFound => (404, Vec::new()),
            Answer::Forbidden => (403, Vec::new()),
            Answer::Unauthorized => (401, Vec::new()),
            Answer::BadName => (400, Vec::new()),
            Answer::Kept { .. } | Answer::Unavailable => (503, Vec::new()),
            Answer::Stored => (200, Vec::new()),
            Answer::TooLarge => (413, Vec::new()),
        };
        let promise = crate::appliance::Promise::File { asker, id, status, body };
        self.boxed.promise(after, promise);
        self.after_call();
    }

    /// A file leaves the box: no secret in it may be another's than the asker's.
    pub(crate) fn file_leaves(&mut self, asker: Asker, id: u32, status: u16, body: Vec<u8>) {
        self.only_for(asker.mac, &body);
        if asker.mac.is_none() && status == 200 {
            self.wrong("a file was given to the WAN");
        }
        self.send_on(Parcel::File { asker, id, status, body });
    }

    /// A datagram leaves the box.
    pub(crate) fn leave(&mut self, departure: Departure) {
        self.report.sent += 1;
        let Departure { interface, line, to, bytes } = departure;
        if self.trace.wanted() {
            let first = bytes.split(|byte| *byte == b'\r').next().unwrap_or(&[]);
            let first = match line {
                Line::Sip | Line::SipMulticast | Line::SipStream(_) => {
                    String::from_utf8_lossy(first)
                }
                Line::Dhcp | Line::DhcpClient => {
                    format!("type {:?}", dhcp_raw::option(&bytes, 53)).into()
                }
                Line::Tftp | Line::Transfer(_) | Line::Mdns => {
                    format!("{:?}", bytes.get(..4)).into()
                }
            };
            let text = format!("{line:?} -> {to:?}, {} bytes, {first}", bytes.len());
            self.trace.line(self.now, "box", text);
        }
        let from_port = match line {
            Line::Dhcp => 67,
            Line::Tftp => 69,
            Line::Transfer(no) => port_of(no),
            Line::Sip | Line::SipMulticast | Line::SipStream(_) => 5060,
            Line::Mdns => 5353,
            Line::DhcpClient => 68,
        };
        if interface == WAN {
            return self.world_hears(line, &bytes);
        }
        if line == Line::DhcpClient {
            return self.others_hear(&bytes);
        }
        if line == Line::Dhcp {
            self.was_recorded(&bytes);
            self.is_not_anothers(&bytes);
        }
        match to {
            To::Broadcast(68) => self.send_to_mac(dhcp_raw::chaddr(&bytes), bytes),
            To::Hardware(mac, _) if line == Line::Dhcp => self.send_to_mac(Some(mac.0), bytes),
            To::Hardware(mac, to) => {
                self.only_for(Some(mac), &bytes);
                let here = |host: &Host| host.mac() == mac && host.address == Some(*to.ip());
                if self.hosts.iter().any(here) || (mac, *to.ip()) == (NOISE_MAC, NOISE) {
                    self.carry(&Parcel::ToAddress { from_port, to, bytes });
                }
            }
            To::Address(to) if *to.ip() == RELAY && to.port() == 67 => self.relay_hears(&bytes),
            To::Address(to) => {
                let there = self.hosts.iter().find(|host| host.address == Some(*to.ip()));
                let noise = (*to.ip() == NOISE).then_some(NOISE_MAC);
                self.only_for(there.map(Host::mac).or(noise), &bytes);
                self.carry(&Parcel::ToAddress { from_port, to, bytes });
            }
            To::Broadcast(_) | To::Peer => (),
        }
    }

    /// An ACK that gives an address must rely on a fact that is on flash.
    fn was_recorded(&mut self, bytes: &[u8]) {
        let (Some(&[5]), Some(mac)) = (dhcp_raw::option(bytes, 53), dhcp_raw::chaddr(bytes)) else {
            return;
        };
        let given = dhcp_raw::yiaddr(bytes).filter(|address| !address.is_unspecified());
        let kept = self.boxed.kept.address_of(Mac(mac));
        if let Some(given) = given.filter(|given| kept != Some(*given)) {
            self.wrong(format!("{given} was given to {}, flash has {kept:?}", Mac(mac)));
        }
    }

    /// The box looks for other DHCP servers; the one that there may be answers by broadcast.
    fn others_hear(&mut self, bytes: &[u8]) {
        let there = self.storm && self.swarm.rogue && self.now >= self.swarm.rogue_from_ms;
        if let Some(bytes) = dhcp_raw::rogue_answer(bytes, ROGUE).filter(|_| there) {
            let from = SocketAddrV4::new(ROGUE, 67);
            let (wan, mac, port, multicast) = (false, Some(ROGUE_MAC), 68, false);
            self.carry(&Parcel::ToBox(ToBox { wan, from, mac, port, multicast, bytes }));
        }
    }

    /// Where a server was before the box, the box gives nothing to whoever is no phone of its own.
    fn is_not_anothers(&mut self, bytes: &[u8]) {
        let Some(mac) = dhcp_raw::chaddr(bytes) else { return };
        let pc =
            |host: &Host| host.phone.mac() == mac && host.place == Place::Link && !host.is_phone();
        let kept = &self.boxed.kept;
        let known = kept.handset_of(Mac(mac)).is_some();
        if known || kept.beside().elders().is_empty() || !self.hosts.iter().any(pc) {
            return;
        }
        // A computer that has asked for phones' files passes for a phone.
        let now = self.boxed.now(self.now);
        let exchange = self.boxed.exchange();
        let passes = exchange.and_then(|it| it.device(now, Mac(mac))?.stranger?.maker).is_some();
        if !passes {
            self.wrong(format!("{} was answered beside a server that was there first", Mac(mac)));
        }
    }

    fn send_to_mac(&mut self, mac: Option<[u8; 6]>, bytes: Vec<u8>) {
        let here = |host: &Host| host.place == Place::Link && Some(host.phone.mac()) == mac;
        if let Some(host) = self.hosts.iter().position(here) {
            self.carry(&Parcel::ToHost { host, bytes });
        }
    }

    fn relay_hears(&mut self, bytes: &[u8]) {
        let mac = dhcp_raw::chaddr(bytes);
        let behind = |host: &Host| host.place == Place::Relayed && Some(host.phone.mac()) == mac;
        let Some(host) = self.hosts.iter().position(behind) else { return };
        match dhcp_raw::unrelayed(bytes, &circuit(host)) {
            Ok(bytes) => self.carry(&Parcel::ToHost { host, bytes }),
            Err(what) => self.wrong(format!("to the relay for host {host}: {what}")),
        }
    }

    fn address_hears(&mut self, from_port: u16, to: SocketAddrV4, bytes: &[u8]) {
        let there = |host: &Host| host.is_reachable() && host.address == Some(*to.ip());
        let Some(host) = self.hosts.iter().position(there) else { return };
        let from = SocketAddrV4::new(BOX, from_port);
        let input = match to.port() {
            68 => Input::Dhcp(bytes),
            local_port => Input::Udp { local_port, from, bytes },
        };
        self.hosts[host].phone.receive(self.now, input);
        self.after_host(host);
    }

    /// Whoever uses a probed address says so. ARP is asked often enough to be heard.
    pub(crate) fn probed(&mut self, interface: InterfaceNo, address: Ipv4Addr) {
        if interface != LAN {
            return self.wrong("a probe on the wrong port");
        }
        let uses = |host: &&Host| {
            host.place == Place::Link && host.is_reachable() && host.address == Some(address)
        };
        let fixed = (self.swarm.fixed_pc && address == FIXED).then_some(FIXED_MAC);
        if let Some(mac) = fixed.or(self.hosts.iter().find(uses).map(Host::mac)) {
            let delay = self.chance.within(0, 20);
            self.at(self.now + delay, Happening::Parcel(Parcel::Arp { address, mac }));
        }
    }

    /// Does what a phone wants done, and looks at what has become of it.
    pub(crate) fn after_host(&mut self, host: usize) {
        while let Some(output) = self.hosts[host].phone.poll_output() {
            match output {
                Output::Dhcp { bytes, to } => self.host_asks(host, bytes, to),
                Output::Udp { local_port, to, bytes } => {
                    self.host_sends(host, local_port, to, bytes)
                }
                Output::HttpGet { id, server, path, user_agent } => {
                    self.host_fetches(host, id, server, path, user_agent);
                }
                Output::Log(step) => self.host_says(host, &step),
                Output::Registered => self.trace.line(self.now, host, "is registered"),
                Output::Failed(reason) => self.trace.line(self.now, host, reason),
                Output::UdpOpen { .. } | Output::UdpClose { .. } => (),
            }
        }
        self.look_at_host(host);
        let one = &mut self.hosts[host];
        one.deadline = one.phone.next_deadline().filter(|_| one.powered);
    }

    fn host_says(&mut self, host: usize, step: &Step) {
        self.trace.line(self.now, host, step);
        match step {
            Step::Bound(address, for_s) => self.host_was_given(host, *address, *for_s),
            Step::Registers(_) => self.credentials_are_kept(host),
            Step::Discover
            | Step::Offered(_)
            | Step::Request(_)
            | Step::Refused
            | Step::Expired
            | Step::AsksPnp
            | Step::Told(_)
            | Step::ReadsOption(..)
            | Step::Asks(_)
            | Step::Answered(..)
            | Step::LineRegistered(..)
            | Step::Resync => (),
        }
    }

    fn host_asks(&mut self, host: usize, bytes: Vec<u8>, to: DhcpTo) {
        let Host { place, address, .. } = self.hosts[host];
        if !self.hosts[host].is_reachable() && address.is_none() {
            return;
        }
        let own = SocketAddrV4::new(address.unwrap_or(Ipv4Addr::UNSPECIFIED), 68);
        let datagram = |from, bytes| {
            let (wan, mac, port, multicast) = (false, None, 67, false);
            Parcel::ToBox(ToBox { wan, from, mac, port, multicast, bytes })
        };
        match (to, place) {
            (DhcpTo::Server(BOX), _) => self.carry(&datagram(own, bytes)),
            (DhcpTo::Server(_), _) => (),
            (DhcpTo::Broadcast, Place::Relayed) => {
                let bytes = dhcp_raw::relayed(&bytes, RELAY, &circuit(host));
                self.carry(&datagram(SocketAddrV4::new(RELAY, 67), bytes));
            }
            (DhcpTo::Broadcast, Place::Link) => {
                if self.storm && self.swarm.rogue && self.now >= self.swarm.rogue_from_ms {
                    if let Some(bytes) = dhcp_raw::rogue_answer(&bytes, ROGUE) {
                        self.hosts[host].misled = true;
                        self.carry(&Parcel::ToHost { host, bytes });
                    }
                }
                self.carry(&datagram(own, bytes));
            }
        }
    }

    fn host_sends(&mut self, host: usize, local_port: u16, to: SocketAddrV4, bytes: Vec<u8>) {
        let one = &self.hosts[host];
        let (Some(address), true) = (one.phone.ip().or(one.address), one.is_reachable()) else {
            return;
        };
        let multicast = to.ip().is_multicast();
        if *to.ip() != BOX && !(multicast && one.place == Place::Link) {
            return;
        }
        let mac = (one.place == Place::Link).then(|| one.mac());
        let from = SocketAddrV4::new(address, local_port);
        let to_box = ToBox { wan: false, from, mac, port: to.port(), multicast, bytes };
        self.carry(&Parcel::ToBox(to_box));
    }

    fn host_fetches(
        &mut self,
        host: usize,
        id: u32,
        server: SocketAddrV4,
        path: String,
        agent: String,
    ) {
        let one = &self.hosts[host];
        let fails = self.storm && self.chance.happens(self.swarm.loss_permille / 4);
        let address = one.phone.ip().filter(|_| one.is_reachable());
        let from = SocketAddrV4::new(address.unwrap_or(Ipv4Addr::UNSPECIFIED), 40_000);
        let asker = Asker { host, mac: Some(one.mac()), from };
        match address {
            Some(_) if server == SocketAddrV4::new(BOX, 80) && !fails => {
                self.send_on(Parcel::Fetch { asker, id, path, agent });
            }
            Some(_) | None => {
                let nothing = Parcel::File { asker, id, status: 0, body: Vec::new() };
                self.at(self.now + REFUSED_AFTER_MS, Happening::Parcel(nothing));
            }
        }
    }

    /// Sends a datagram of somebody who is no simulated phone.
    pub(crate) fn strange(&mut self, to_box: ToBox) {
        self.carry(&Parcel::ToBox(to_box));
    }

    /// Asks for a file on behalf of somebody who is no simulated phone, or not the one named.
    pub(crate) fn strange_fetch(&mut self, host: usize, from: SocketAddrV4, path: String) {
        let agent = "curl/8".to_owned();
        let asker = Asker { host, mac: self.hosts.get(host).map(Host::mac), from };
        self.send_on(Parcel::Fetch { asker, id: u32::MAX, path, agent });
    }
}

fn arrival(wan: bool, from: SocketAddrV4, mac: Option<Mac>) -> Arrival {
    let (side, interface) = if wan { (Side::Wan, WAN) } else { (Side::Lan, LAN) };
    debug_assert!(!wan || *from.ip() != BOX_WAN);
    Arrival { side, interface, from, neighbour: mac.map_or(Neighbour::Unknown, Neighbour::Is) }
}
