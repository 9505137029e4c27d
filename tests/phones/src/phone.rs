//! One simulated phone: address, then server, then files, then its lines.
//!
//! It runs a DHCP client all the time, one stage of finding its files, and a registration per
//! line. Losing the address ends everything else; a NOTIFY `check-sync` begins the files again and
//! leaves the lines alone when their accounts did not change. A line whose account vanished is
//! dropped without an unREGISTER, as after a power cut.
//!
//! Calls follow the contract in the crate's documentation; time given out of order counts as the
//! latest time given.

mod view;

use crate::account::Account;
use crate::dhcp::{Change, Client, Part};
use crate::fixtures::{Identity, Kind};
use crate::output::{Input, Outbox, Output, Reason, Step};
use crate::place::{socket, Place, Scheme};
use crate::plan::Plan;
use crate::pnp::{self, Answer, Question};
use crate::register::{Registration, Turn};
use crate::rng::Rng;
use crate::server::find_server;
use crate::settings::{KeepsAddress, Settings};
use crate::sip::{respond, Message, Start};
use crate::tftp::{Transfer, FILE_MAX};
use std::net::{Ipv4Addr, SocketAddrV4};

const RETRY_MAX_MS: u64 = 600_000;

/// Where the phone is on its way.
#[derive(Clone, Debug)]
enum Stage {
    /// Has no address, or is a PC and wants nothing more.
    Idle,
    /// Asks by multicast.
    Asking(Question),
    /// Fetches files.
    Fetching(Box<Plan>, Fetch),
    /// Has its accounts.
    Provisioned,
    /// Found no account; looks again then.
    Stuck { at_ms: u64 },
}

#[derive(Clone, Debug)]
enum Fetch {
    Http { id: u32, until_ms: u64 },
    Tftp(Transfer),
}

/// One simulated phone.
#[derive(Clone, Debug)]
pub struct Phone {
    who: Identity,
    settings: Settings,
    rng: Rng,
    out: Outbox,
    dhcp: Client,
    stage: Stage,
    lines: Vec<Registration>,
    remembered: Option<Ipv4Addr>,
    next_http: u32,
    failures: u32,
    sip_open: bool,
    told_registered: bool,
    now: u64,
}

/// Lends the shared parts of a phone to one of its machines.
macro_rules! part {
    ($phone:ident) => {
        &mut Part {
            who: &$phone.who,
            settings: &$phone.settings,
            rng: &mut $phone.rng,
            out: &mut $phone.out,
        }
    };
}

impl Phone {
    /// Makes the phone number `index` of a kind with the settings of a real LAN.
    ///
    /// The low 20 bits of `index` end its MAC; two phones of a kind need different ones.
    pub fn new(kind: Kind, index: u32, seed: u64) -> Self {
        Phone::with(kind, index, seed, Settings::default())
    }

    /// Makes a phone with settings of its own.
    pub fn with(kind: Kind, index: u32, seed: u64, settings: Settings) -> Self {
        let who = Identity::new(kind, index);
        let own = who.mac.iter().fold(0, |sum: u64, byte| (sum << 8) | u64::from(*byte));
        Phone {
            dhcp: Client::new(&who, &settings),
            rng: Rng::new(seed ^ own.wrapping_mul(0x2545_F491_4F6C_DD1D)),
            who,
            settings,
            out: Outbox::default(),
            stage: Stage::Idle,
            lines: Vec::new(),
            remembered: None,
            next_http: 1,
            failures: 0,
            sip_open: false,
            told_registered: false,
            now: 0,
        }
    }

    /// Plugs the phone in; it asks for the address it remembers, if it does.
    pub fn start(&mut self, now_ms: u64) {
        self.now = self.now.max(now_ms);
        let remembered = self.remembered;
        self.dhcp.start(self.now, remembered, part!(self));
    }

    /// Pulls the plug: everything is lost but, when `keeps_address`, the address.
    ///
    /// Call [`Phone::start`] to plug it in again.
    pub fn forget(&mut self, keeps_address: KeepsAddress) {
        self.remembered = match keeps_address {
            KeepsAddress::Yes => self.dhcp.ip().or(self.remembered),
            KeepsAddress::No => None,
        };
        self.dhcp.stop(false, part!(self));
        self.drop_address();
    }

    /// Gives the address back with DHCPRELEASE and falls silent.
    pub fn release(&mut self, now_ms: u64) {
        self.now = self.now.max(now_ms);
        self.remembered = None;
        self.dhcp.stop(true, part!(self));
        self.drop_address();
    }

    /// Takes what arrived; drain [`Phone::poll_output`] afterwards.
    pub fn receive(&mut self, now_ms: u64, input: Input<'_>) {
        self.now = self.now.max(now_ms);
        match input {
            Input::Dhcp(bytes) => {
                let change = self.dhcp.receive(self.now, bytes, part!(self));
                self.address_changed(change);
            }
            Input::Udp { local_port, from, bytes } => self.datagram(local_port, from, bytes),
            Input::Http { id, status, body } => self.http(id, status, body),
        }
    }

    /// Lets the time that has passed take effect; drain [`Phone::poll_output`] afterwards.
    pub fn tick(&mut self, now_ms: u64) {
        self.now = self.now.max(now_ms);
        let change = self.dhcp.tick(self.now, part!(self));
        self.address_changed(change);
        self.tick_stage();
        for at in 0..self.lines.len() {
            if let Some(line) = self.lines.get_mut(at) {
                let turn = line.tick(self.now, part!(self));
                self.turned(turn);
            }
        }
    }

    /// When [`Phone::tick`] is due next, in the milliseconds of the caller; `None` means never.
    pub fn next_deadline(&self) -> Option<u64> {
        let stage = match &self.stage {
            Stage::Idle | Stage::Provisioned => None,
            Stage::Asking(question) => Some(question.deadline()),
            Stage::Fetching(_, Fetch::Http { until_ms, .. }) => Some(*until_ms),
            Stage::Fetching(_, Fetch::Tftp(transfer)) => Some(transfer.deadline()),
            Stage::Stuck { at_ms } => Some(*at_ms),
        };
        let lines = self.lines.iter().map(Registration::deadline).min();
        [self.dhcp.deadline(), stage, lines].into_iter().flatten().min()
    }

    /// The next thing the driver has to do.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.out.pop()
    }

    fn address_changed(&mut self, change: Option<Change>) {
        match change {
            None => {}
            Some(Change::Lost) => self.drop_address(),
            Some(Change::Gained) => {
                self.drop_address();
                self.remembered = self.dhcp.ip();
                if self.who.kind != Kind::Pc {
                    self.look();
                }
            }
        }
    }

    fn drop_address(&mut self) {
        self.close_stage();
        self.lines.clear();
        self.failures = 0;
        self.told_registered = false;
        if std::mem::take(&mut self.sip_open) {
            self.out.push(Output::UdpClose { local_port: self.settings.sip_port });
        }
    }

    /// Ends what the phone is at, and closes its port.
    fn close_stage(&mut self) {
        let local_port = match std::mem::replace(&mut self.stage, Stage::Idle) {
            Stage::Asking(question) if question.local_port != self.settings.sip_port => {
                question.local_port
            }
            Stage::Fetching(_, Fetch::Tftp(transfer)) => transfer.local_port,
            Stage::Asking(_)
            | Stage::Fetching(_, Fetch::Http { .. })
            | Stage::Idle
            | Stage::Provisioned
            | Stage::Stuck { .. } => return,
        };
        self.out.push(Output::UdpClose { local_port });
    }

    /// Looks for a server: by multicast if this kind does, else in the DHCP options.
    fn look(&mut self) {
        let Some(ip) = self.dhcp.ip() else { return };
        let Some(local_port) = pnp::local_port(&self.who, &self.settings) else {
            return self.look_in_options();
        };
        self.open(local_port);
        let question = Question::begin(self.now, ip, local_port, part!(self));
        self.stage = Stage::Asking(question);
    }

    fn open(&mut self, local_port: u16) {
        if local_port == self.settings.sip_port {
            if self.sip_open {
                return;
            }
            self.sip_open = true;
        }
        self.out.push(Output::UdpOpen { local_port });
    }

    fn look_in_options(&mut self) {
        let Some(granted) = self.dhcp.granted.clone() else { return };
        match find_server(&granted, part!(self)) {
            Ok(place) => self.fetch_from(place),
            Err(reason) => self.stuck(reason),
        }
    }

    fn fetch_from(&mut self, place: Place) {
        let plan = Plan::new(&self.who, place);
        self.fetch_next(Box::new(plan));
    }

    fn fetch_next(&mut self, mut plan: Box<Plan>) {
        let Some(place) = plan.next().cloned() else {
            return match plan.outcome() {
                Ok(accounts) => self.provisioned(accounts),
                Err(reason) => self.stuck(reason),
            };
        };
        self.out.log(Step::Asks(place.path.clone()));
        self.out.tally.files_asked += 1;
        let fetch = match place.scheme {
            Scheme::Http => self.get(place),
            Scheme::Tftp => self.read(place),
        };
        self.stage = Stage::Fetching(plan, fetch);
    }

    fn get(&mut self, place: Place) -> Fetch {
        let id = self.next_http;
        self.next_http = self.next_http.wrapping_add(1);
        let user_agent = self.who.http_agent.clone();
        self.out.push(Output::HttpGet { id, server: place.server, path: place.path, user_agent });
        Fetch::Http { id, until_ms: self.now.saturating_add(self.settings.http_wait_ms) }
    }

    fn read(&mut self, place: Place) -> Fetch {
        let local_port = 49_152 + u16::try_from(self.rng.below(16_000)).unwrap_or(0);
        self.out.push(Output::UdpOpen { local_port });
        // The SPA rule is /spa$PSN.cfg, slash and all; other makers ask for bare names.
        let name = match self.who.kind {
            Kind::CiscoSpa | Kind::LinksysTftp => place.path.as_str(),
            Kind::YealinkPnp
            | Kind::YealinkHttp
            | Kind::SnomPnp
            | Kind::SnomHttp
            | Kind::Polycom
            | Kind::GrandstreamPnp
            | Kind::Grandstream
            | Kind::Aastra
            | Kind::Pc => place.path.trim_start_matches('/'),
        };
        let transfer = Transfer::begin(self.now, local_port, place.server, name, part!(self));
        Fetch::Tftp(transfer)
    }

    fn http(&mut self, id: u32, status: u16, body: &[u8]) {
        match &self.stage {
            Stage::Fetching(_, Fetch::Http { id: asked, .. }) if *asked == id => {
                let body = body.get(..FILE_MAX).unwrap_or(body);
                self.fetched(status, body);
            }
            // The answer to a question the phone has given up.
            Stage::Fetching(..)
            | Stage::Idle
            | Stage::Asking(_)
            | Stage::Provisioned
            | Stage::Stuck { .. } => {}
        }
    }

    fn fetched(&mut self, status: u16, body: &[u8]) {
        let stage = std::mem::replace(&mut self.stage, Stage::Idle);
        let Stage::Fetching(mut plan, fetch) = stage else { return };
        if let Fetch::Tftp(transfer) = fetch {
            self.out.push(Output::UdpClose { local_port: transfer.local_port });
        }
        plan.answer(status, body, part!(self));
        self.fetch_next(plan);
    }

    fn stuck(&mut self, reason: Reason) {
        let doubled = self.settings.retry_ms.saturating_mul(1 << self.failures.min(10));
        self.failures = self.failures.saturating_add(1);
        let wait = self.rng.around(doubled.min(RETRY_MAX_MS)).max(1);
        self.stage = Stage::Stuck { at_ms: self.now.saturating_add(wait) };
        self.out.push(Output::Failed(reason));
    }

    fn provisioned(&mut self, accounts: Vec<Account>) {
        self.stage = Stage::Provisioned;
        self.failures = 0;
        if self.accounts() == accounts {
            return;
        }
        let Some(ip) = self.dhcp.ip() else { return };
        let local = SocketAddrV4::new(ip, self.settings.sip_port);
        self.open(local.port());
        self.told_registered = false;
        self.lines.clear();
        let mut unusable = Vec::new();
        for account in accounts {
            let target = match &account.outbound {
                Some(outbound) => socket(outbound, 5060),
                None => account.server.parse().ok().map(|ip| SocketAddrV4::new(ip, account.port)),
            };
            match target.filter(|_| account.udp) {
                Some(server) => {
                    let registration =
                        Registration::begin(self.now, account, local, server, part!(self));
                    self.lines.push(registration);
                }
                None => unusable.push(Reason::UnusableRegistrar(account.line, account.server)),
            }
        }
        // Without a single line the phone looks for better files later.
        if let Some(last) = unusable.pop() {
            unusable.into_iter().for_each(|reason| self.out.push(Output::Failed(reason)));
            match self.lines.is_empty() {
                true => self.stuck(last),
                false => self.out.push(Output::Failed(last)),
            }
        }
    }

    fn tick_stage(&mut self) {
        match &mut self.stage {
            Stage::Idle | Stage::Provisioned => {}
            Stage::Asking(question) => {
                let answer = question.tick(self.now, part!(self));
                self.answered(answer);
            }
            Stage::Fetching(_, Fetch::Http { until_ms, .. }) => {
                if self.now >= *until_ms {
                    self.fetched(0, &[]);
                }
            }
            Stage::Fetching(_, Fetch::Tftp(transfer)) => {
                if let Some(ended) = transfer.tick(self.now, part!(self)) {
                    self.fetched(ended.status, &ended.body);
                }
            }
            Stage::Stuck { at_ms } => {
                if self.now >= *at_ms {
                    self.stage = Stage::Idle;
                    self.look();
                }
            }
        }
    }

    fn answered(&mut self, answer: Option<Answer>) {
        let Some(answer) = answer else { return };
        self.close_stage();
        match answer {
            Answer::Nothing => self.look_in_options(),
            Answer::Url(url) => match Place::parse(&url, None, &self.settings) {
                Some(place) => self.fetch_from(place),
                None => self.stuck(Reason::UnusableServer(url)),
            },
        }
    }

    fn datagram(&mut self, local_port: u16, from: SocketAddrV4, bytes: &[u8]) {
        if let Stage::Fetching(_, Fetch::Tftp(transfer)) = &mut self.stage {
            if transfer.local_port == local_port {
                if let Some(ended) = transfer.receive(self.now, from, bytes, part!(self)) {
                    self.fetched(ended.status, &ended.body);
                }
                return;
            }
        }
        let Some(message) = Message::parse(bytes) else { return };
        if let Stage::Asking(question) = &mut self.stage {
            if question.local_port == local_port {
                let answer = question.receive(from, &message, part!(self));
                return self.answered(answer);
            }
        }
        match message.start {
            Start::Response(status) => self.response(status, &message),
            Start::Request("ACK") => {}
            Start::Request(method) => self.request(method, local_port, from, &message),
        }
    }

    fn response(&mut self, status: u16, message: &Message<'_>) {
        let call_id = message.header("Call-ID");
        let line = self.lines.iter_mut().find(|line| call_id == Some(line.call_id()));
        if let Some(line) = line {
            let turn = line.receive(self.now, status, message, part!(self));
            self.turned(turn);
        }
    }

    fn request(
        &mut self,
        method: &str,
        local_port: u16,
        from: SocketAddrV4,
        message: &Message<'_>,
    ) {
        let known = matches!(method, "NOTIFY" | "OPTIONS");
        let status = if known { "200 OK" } else { "405 Method Not Allowed" };
        let tag = self.rng.hex();
        let bytes = respond(message, status, &tag, &self.who.sip_agent);
        self.out.udp(local_port, from, bytes);
        let event = message.header("Event").unwrap_or("");
        let resync = ["check-sync", "resync"].iter().any(|name| event.starts_with(name));
        if method == "NOTIFY" && resync && matches!(self.stage, Stage::Provisioned) {
            self.out.log(Step::Resync);
            self.look();
        }
    }

    fn turned(&mut self, turn: Turn) {
        match turn {
            Turn::None => {}
            Turn::Failed(reason) => self.out.push(Output::Failed(reason)),
            Turn::Held => {
                if !self.told_registered && self.is_registered() {
                    self.told_registered = true;
                    self.out.push(Output::Registered);
                }
            }
        }
    }
}
