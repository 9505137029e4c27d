//! What the tests of the SIP doors share: an office with one box, and phones that talk to it.
//!
//! Requests and answers are plain text here and digests are computed by hand, so that nothing of
//! the firmware's own codec judges itself.
#![allow(dead_code, reason = "each test file uses its own part of this")]
#![allow(clippy::expect_used, reason = "what is missing here should fail its test")]

pub(crate) mod asking;

use exchange::board::{Board, Interface, Network, Site, Subnet};
use exchange::command::{By, Command, Rule};
use exchange::names::{HandsetNo, InterfaceNo, LineNo, RecordNo, Side};
use exchange::note::Note;
use exchange::render::{Render, Unrendered, Values};
use exchange::state::{Durable, Event};
use exchange::story::Step;
use exchange::time::{Instant, Now, Wall};
use exchange::{
    Arrival, Exchange, Fetch, Line, Neighbour, Output, PasswordHash, Seed, StreamNo, To,
};
use md5::{Digest, Md5};
use std::cell::RefCell;
use std::fmt::Write;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use wire::Mac;

pub(crate) const BOX: Ipv4Addr = Ipv4Addr::new(192, 168, 7, 1);
pub(crate) const REALM: &str = "dialtone";
pub(crate) const LAN: InterfaceNo = InterfaceNo(0);
pub(crate) const WAN: InterfaceNo = InterfaceNo(1);

/// The logins and passwords of the file that was rendered last.
type Accounts = Rc<RefCell<Vec<(String, String)>>>;

struct Reader(Accounts);

impl Render for Reader {
    fn render(&self, _: &str, values: &Values, out: &mut Vec<u8>) -> Result<(), Unrendered> {
        if let Some(handset) = &values.handset {
            let lines = handset.lines.iter();
            *self.0.borrow_mut() =
                lines.map(|line| (line.login.clone(), line.password.clone())).collect();
        }
        out.extend_from_slice(b"file");
        Ok(())
    }

    fn render_own(
        &self,
        template: &str,
        _: &str,
        values: &Values,
        out: &mut Vec<u8>,
    ) -> Result<(), Unrendered> {
        self.render(template, values, out)
    }
}

/// One message on its way out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Sent {
    pub(crate) line: Line,
    pub(crate) to: To,
    pub(crate) text: String,
    pub(crate) after: RecordNo,
}

impl Sent {
    pub(crate) fn code(&self) -> u16 {
        self.text.get(8..11).and_then(|code| code.parse().ok()).unwrap_or(0)
    }

    /// The values of a header, in their order.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let lines = self.text.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(of, _)| *of == name).map(|(_, value)| value).collect()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.all(name).first().copied().unwrap_or("")
    }

    /// A parameter of the first challenge.
    pub(crate) fn challenge(&self, name: &str) -> String {
        let value = self.header("WWW-Authenticate");
        let start = value.find(&format!("{name}=\"")).expect("the parameter") + name.len() + 2;
        value[start..].split('"').next().unwrap_or("").to_string()
    }
}

/// What one call brought about.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) sent: Vec<Sent>,
    pub(crate) records: Vec<Event>,
    pub(crate) notes: Vec<Note>,
}

impl Outcome {
    pub(crate) fn answer(&self) -> &Sent {
        assert_eq!(self.sent.len(), 1, "one answer: {:?}", self.sent);
        &self.sent[0]
    }
}

/// The office: a box with a LAN and a WAN.
pub(crate) struct SmallOffice {
    pub(crate) exchange: Exchange,
    pub(crate) now: Now,
    accounts: Accounts,
}

impl Default for SmallOffice {
    fn default() -> SmallOffice {
        SmallOffice::with(Durable::default(), 1)
    }
}

impl SmallOffice {
    pub(crate) fn with(durable: Durable, seed: u8) -> SmallOffice {
        SmallOffice::on(board(), durable, seed)
    }

    /// An office with room on its LAN for millions of addresses.
    #[allow(dead_code, reason = "not every test needs it")]
    pub(crate) fn wide() -> SmallOffice {
        let mut board = board();
        board.interfaces[0].prefix = 8;
        SmallOffice::on(board, Durable::default(), 1)
    }

    /// An office that speaks SIP over TLS too.
    #[allow(dead_code, reason = "not every test needs it")]
    pub(crate) fn secured() -> SmallOffice {
        let board = Board { sips_port: Some(5_061), ..board() };
        SmallOffice::on(board, Durable::default(), 1)
    }

    fn on(board: Board, durable: Durable, seed: u8) -> SmallOffice {
        let accounts = Accounts::default();
        let render = Box::new(Reader(accounts.clone()));
        let seed = Seed([seed; 32]);
        let exchange = Exchange::new(board, durable, seed, render, PasswordHash::new());
        let now = Now { mono: Instant(1_000), wall: None };
        SmallOffice { exchange, now, accounts }
    }

    pub(crate) fn wait(&mut self, ms: u64) -> Outcome {
        self.now.mono = self.now.mono.after_ms(ms);
        self.exchange.tick(self.now);
        self.drain()
    }

    pub(crate) fn drain(&mut self) -> Outcome {
        let mut outcome = Outcome::default();
        while let Some(output) = self.exchange.poll_output() {
            match output {
                Output::Send(departure, after) => {
                    let text = String::from_utf8_lossy(&departure.bytes).into_owned();
                    let (line, to) = (departure.line, departure.to);
                    outcome.sent.push(Sent { line, to, text, after });
                }
                Output::Record(_, event) => outcome.records.push(event),
                Output::Note(note) => outcome.notes.push(note),
                Output::Close(_) | Output::Probe(..) | Output::Restart(_) | Output::Read(..) => {}
            }
        }
        outcome
    }

    pub(crate) fn hears(&mut self, arrival: Arrival, line: Line, bytes: &[u8]) -> Outcome {
        self.exchange.datagram(self.now, arrival, line, bytes);
        self.drain()
    }

    /// A phone that has fetched its file and with it its first account.
    pub(crate) fn phone(&mut self, last: u8) -> Phone {
        let mac = Mac([0x00, 0x15, 0x65, 0, 0, last]);
        let mut phone = Phone::new(mac, SocketAddrV4::new(Ipv4Addr::new(192, 168, 7, last), 5_062));
        self.fetch(&mut phone);
        phone
    }

    pub(crate) fn fetch(&mut self, phone: &mut Phone) {
        let name = format!("{}.cfg", phone.mac.bare());
        let arrival = phone.arrival();
        let fetch = Fetch {
            arrival,
            name: &name,
            user_agent: b"",
            upload: None,
            way: exchange::Way::default(),
        };
        self.exchange.fetch(self.now, &fetch);
        self.drain();
        phone.accounts = self.accounts.borrow().clone();
        assert!(!phone.accounts.is_empty(), "the phone got its file");
    }

    /// Gives a phone one more line, and its file again.
    pub(crate) fn add_line(&mut self, phone: &mut Phone) {
        let handset = self.handset(phone);
        self.command(Command::AddLine { handset });
        self.fetch(phone);
    }

    pub(crate) fn command(&mut self, command: Command) {
        let by = By { side: Side::Lan, source: BOX, seen: None };
        assert!(self.exchange.command(self.now, &by, command).is_ok());
        self.drain();
    }

    /// Lets a phone be used from the WAN, and puts it there.
    pub(crate) fn send_away(&mut self, phone: &mut Phone, from: SocketAddrV4) {
        let handset = self.handset(phone);
        self.command(Command::Rule(Rule::MarkRemote { handset, remote: true }));
        (phone.side, phone.address) = (Side::Wan, from);
    }

    pub(crate) fn handset(&self, phone: &Phone) -> HandsetNo {
        self.exchange.durable().handset_of(phone.mac).expect("a handset").0
    }

    /// Until when a line is registered, by the page.
    pub(crate) fn registered_until(&self, phone: &Phone, line: u8) -> Option<Instant> {
        let device = self.exchange.device(self.now, phone.mac).expect("a device");
        let lines = device.handset.expect("a handset").lines;
        let line = LineNo::new(line).expect("a line");
        lines.iter().find(|row| row.line == line).and_then(|row| row.registered_until)
    }

    pub(crate) fn is_registered(&self, phone: &Phone) -> bool {
        self.registered_until(phone, 1).is_some()
    }

    /// The steps of a phone's story from its first SIP on.
    pub(crate) fn story(&self, phone: &Phone) -> Vec<Step> {
        let device = self.exchange.device(self.now, phone.mac).expect("a device");
        let steps = device.story.into_iter().map(|(_, step)| step);
        steps.skip_while(|step| matches!(step, Step::Created(_) | Step::File(..))).collect()
    }

    /// Says a REGISTER, answers the challenge, and gives what came of it.
    pub(crate) fn register(&mut self, phone: &mut Phone, contacts: &[&str]) -> Outcome {
        let nonce = self.challenge(phone);
        let message = phone.answers(&nonce, contacts);
        self.hears(phone.arrival(), phone.line, message.as_bytes())
    }

    /// Asks for a nonce.
    pub(crate) fn challenge(&mut self, phone: &mut Phone) -> String {
        let message = phone.says(&[], "");
        let outcome = self.hears(phone.arrival(), phone.line, message.as_bytes());
        assert_eq!(outcome.answer().code(), 401, "{:?}", outcome.sent);
        outcome.answer().challenge("nonce")
    }
}

/// A phone as it talks.
#[derive(Clone)]
pub(crate) struct Phone {
    pub(crate) mac: Mac,
    pub(crate) address: SocketAddrV4,
    pub(crate) side: Side,
    pub(crate) line: Line,
    pub(crate) accounts: Vec<(String, String)>,
    /// Which of its accounts it speaks for.
    pub(crate) account: usize,
    pub(crate) call_id: String,
    pub(crate) cseq: u32,
    pub(crate) branch: u32,
    /// Header lines that every REGISTER has, each with its line end.
    pub(crate) extra: String,
}

impl Phone {
    pub(crate) fn new(mac: Mac, address: SocketAddrV4) -> Phone {
        Phone {
            mac,
            address,
            side: Side::Lan,
            line: Line::Sip,
            accounts: Vec::new(),
            account: 0,
            call_id: format!("call-{}@phone", mac.bare()),
            cseq: 0,
            branch: 0,
            extra: String::new(),
        }
    }

    pub(crate) fn arrival(&self) -> Arrival {
        let (interface, neighbour) = match self.side {
            Side::Lan => (LAN, Neighbour::Is(self.mac)),
            Side::Wan => (WAN, Neighbour::Unknown),
        };
        Arrival { side: self.side, interface, from: self.address, neighbour }
    }

    pub(crate) fn login(&self) -> &str {
        &self.accounts[self.account].0
    }

    pub(crate) fn password(&self) -> &str {
        &self.accounts[self.account].1
    }

    /// A REGISTER with these Contact values and these further header lines.
    pub(crate) fn says(&mut self, contacts: &[&str], more: &str) -> String {
        self.cseq += 1;
        self.branch += 1;
        let transport = if matches!(self.line, Line::SipStream(_)) { "TCP" } else { "UDP" };
        let (login, address) = (self.accounts[self.account].0.clone(), self.address);
        let mut text = format!("REGISTER sip:{BOX} SIP/2.0\r\n");
        let branch = format!("z9hG4bK{}x{}", self.mac.bare(), self.branch);
        let _ = write!(text, "Via: SIP/2.0/{transport} {address};branch={branch};rport\r\n");
        let _ = write!(text, "From: <sip:{login}@{BOX}>;tag=1\r\nTo: <sip:{login}@{BOX}>\r\n");
        let _ = write!(text, "Call-ID: {}\r\nCSeq: {} REGISTER\r\n", self.call_id, self.cseq);
        for contact in contacts {
            let _ = write!(text, "Contact: {contact}\r\n");
        }
        let _ = write!(text, "Max-Forwards: 70\r\n{}{more}Content-Length: 0\r\n\r\n", self.extra);
        text
    }

    /// A REGISTER that answers a challenge.
    pub(crate) fn answers(&mut self, nonce: &str, contacts: &[&str]) -> String {
        let uri = format!("sip:{BOX}");
        let header = self.authorization(nonce, &uri, 1);
        self.says(contacts, &header)
    }

    /// The Authorization line with `qop`.
    pub(crate) fn authorization(&self, nonce: &str, uri: &str, count: u32) -> String {
        let (login, password) = (self.login(), self.password());
        let ha1 = md5_hex(&format!("{login}:{REALM}:{password}"));
        let ha2 = md5_hex(&format!("REGISTER:{uri}"));
        let response = md5_hex(&format!("{ha1}:{nonce}:{count:08x}:0a4f113b:auth:{ha2}"));
        format!(
            "Authorization: Digest username=\"{login}\", realm=\"{REALM}\", nonce=\"{nonce}\", \
             uri=\"{uri}\", response=\"{response}\", algorithm=MD5, qop=auth, nc={count:08x}, \
             cnonce=\"0a4f113b\"\r\n"
        )
    }

    pub(crate) fn contact(&self) -> String {
        format!("<sip:{}@{}>", self.login(), self.address)
    }
}

pub(crate) fn md5_hex(text: &str) -> String {
    let digest = Md5::digest(text.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A stream's line.
pub(crate) fn stream(no: u32) -> Line {
    Line::SipStream(StreamNo(no))
}

/// The folder of messages with a stated origin.
pub(crate) fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/packets/sip")
}

pub(crate) fn at_nine() -> Wall {
    Wall(1_289_690_940)
}

fn board() -> Board {
    let interface = |side, address| Interface { side, address, prefix: 24, has_arp: true };
    let network = Network::new(BOX, 24).expect("a network");
    let subnet = Subnet {
        interface: LAN,
        relayed: false,
        network,
        first: Ipv4Addr::new(192, 168, 7, 100),
        last: Ipv4Addr::new(192, 168, 7, 199),
        router: None,
        dns: Vec::new(),
        domain: None,
        ntp: Vec::new(),
        options: Vec::new(),
        reservations: Vec::new(),
    };
    Board {
        interfaces: vec![
            interface(Side::Lan, BOX),
            interface(Side::Wan, Ipv4Addr::new(203, 0, 113, 2)),
        ],
        subnets: vec![subnet],
        http_port: 80,
        https_port: None,
        sips_port: None,
        sip_port: 5_060,
        directory: "p".into(),
        site: Site {
            time_zone: "Europe/Berlin".into(),
            ntp_server: None,
            poll_min: 60,
            realm: REALM.into(),
        },
    }
}
