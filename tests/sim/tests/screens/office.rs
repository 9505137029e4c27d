//! A real box with the shipped templates, and phones that are only their browser: each finds the
//! entrance in its own file and follows what it is shown.

use exchange::board::{Board, Interface, Network, Site, Subnet};
use exchange::command::{By, Command, Refusal, SeatWish};
use exchange::limits::EXPIRES_MAX_S;
use exchange::names::{text, Extension, InterfaceNo, Side};
use exchange::render::Render;
use exchange::state::Durable;
use exchange::time::{Instant, Now};
use exchange::view::DeviceView;
use exchange::{
    Answer, Arrival, Exchange, Fetch, Line, Neighbour, Output, PasswordHash, Seed, Way,
};
use phones::browser::{Browser, Page};
use phones::builders::{discover, request_selecting, DhcpDraft};
use std::net::{Ipv4Addr, SocketAddrV4};
use wire::Mac;

/// The box on its LAN.
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 1, 0, 1);

/// A maker's phone as far as its screens go.
#[derive(Clone, Copy)]
pub(crate) struct Make {
    pub(crate) browser: Browser,
    pub(crate) mac: [u8; 6],
    /// Option 60.
    pub(crate) class: &'static str,
    /// What it asks for as its own file, but for its address.
    pub(crate) file: fn(&str) -> String,
    /// What stands before the address that it opens by itself, or the one that a key opens.
    pub(crate) opens: &'static str,
}

fn lower(before: &str, mac: &str, after: &str) -> String {
    format!("{before}{mac}{after}")
}

/// One phone of each form.
pub(crate) const MAKES: [Make; 9] = [
    Make {
        browser: Browser::Yealink,
        mac: [0x00, 0x15, 0x65, 0, 0, 1],
        class: "yealink",
        file: |mac| lower("", mac, ".cfg"),
        opens: "action_url.setup_completed = ",
    },
    Make {
        browser: Browser::Snom,
        mac: [0x00, 0x04, 0x13, 0, 0, 1],
        class: "snomD785",
        file: |mac| format!("snomD785-{}.htm", mac.to_uppercase()),
        opens: "<action_setup_url perm=\"R\">",
    },
    Make {
        browser: Browser::Polycom,
        mac: [0x00, 0x04, 0xf2, 0, 0, 1],
        class: "Polycom-VVX410",
        file: |mac| lower("", mac, "-line.cfg"),
        opens: "mb.main.home=\"",
    },
    Make {
        browser: Browser::Aastra,
        mac: [0x00, 0x08, 0x5d, 0, 0, 1],
        class: "AastraIPPhone6867i",
        file: |mac| format!("{}.cfg", mac.to_uppercase()),
        opens: "action uri startup: ",
    },
    Make {
        browser: Browser::Cisco,
        mac: [0x00, 0x18, 0x73, 0, 0, 1],
        class: "Cisco Systems, Inc. IP Phone CP-7965G\0",
        file: |mac| format!("SEP{}.cnf.xml", mac.to_uppercase()),
        opens: "<idleURL>",
    },
    Make {
        browser: Browser::Cisco,
        mac: [0x00, 0x18, 0x73, 0, 0, 2],
        class: "Cisco Systems, Inc. IP Phone CP-7960G\0",
        file: |mac| format!("SIP{}.cnf", mac.to_uppercase()),
        opens: "services_url: \"",
    },
    Make {
        browser: Browser::Cisco,
        mac: [0x00, 0x0e, 0x08, 0, 0, 1],
        class: "Cisco SPA504G",
        file: |mac| lower("", mac, ".xml"),
        opens: "<XML_Application_Service_URL>",
    },
    Make {
        browser: Browser::Cisco,
        mac: [0xd0, 0xec, 0x35, 0, 0, 1],
        class: "CP-8841-3PCC",
        file: |mac| lower("", mac, ".xml"),
        opens: "<XML_Application_Service_URL>",
    },
    Make {
        browser: Browser::Fanvil,
        mac: [0x0c, 0x38, 0x3e, 0, 0, 1],
        class: "",
        file: |mac| lower("", mac, ".cfg"),
        opens: "<Value>http",
    },
];

/// The box.
pub(crate) struct Office {
    pub(crate) exchange: Exchange,
    pub(crate) now_ms: u64,
}

/// A phone that has an address.
#[derive(Clone, Copy)]
pub(crate) struct Phone {
    pub(crate) make: Make,
    pub(crate) address: Ipv4Addr,
}

impl Office {
    pub(crate) fn new() -> Office {
        let network = Network::new(Ipv4Addr::new(10, 1, 0, 0), 24).unwrap();
        let port = Interface { side: Side::Lan, address: SERVER, prefix: 24, has_arp: false };
        let subnet = Subnet {
            interface: InterfaceNo(0),
            network,
            first: Ipv4Addr::new(10, 1, 0, 10),
            last: Ipv4Addr::new(10, 1, 0, 99),
            router: None,
            dns: Vec::new(),
            domain: None,
            ntp: Vec::new(),
            options: Vec::new(),
            reservations: Vec::new(),
            relayed: false,
        };
        let site = Site {
            time_zone: "Europe/Berlin".into(),
            ntp_server: None,
            poll_min: 1_440,
            realm: "dialtone".into(),
        };
        let board = Board {
            interfaces: vec![port],
            subnets: vec![subnet],
            http_port: 80,
            https_port: None,
            sip_port: 5060,
            sips_port: None,
            directory: "prov".into(),
            site,
        };
        let templates = render::Templates::shipped().unwrap();
        let render: Box<dyn Render> = Box::new(templates);
        let hash = PasswordHash::try_from("first").unwrap();
        let exchange = Exchange::new(board, Durable::default(), Seed([7; 32]), render, hash);
        Office { exchange, now_ms: 1_000 }
    }

    fn now(&self) -> Now {
        Now { mono: Instant(self.now_ms), wall: None }
    }

    /// Takes all that comes out; what is sent, in order.
    fn drain(&mut self) -> Vec<Vec<u8>> {
        let mut sent = Vec::new();
        while let Some(output) = self.exchange.poll_output() {
            if let Output::Send(departure, _) = output {
                sent.push(departure.bytes);
            }
        }
        sent
    }

    pub(crate) fn wish(&mut self, wish: SeatWish) -> Result<(), Refusal> {
        self.command(Command::Seat(wish))
    }

    pub(crate) fn command(&mut self, command: Command) -> Result<(), Refusal> {
        let by = By { side: Side::Lan, source: Ipv4Addr::new(10, 1, 0, 200), seen: None };
        let done = self.exchange.command(self.now(), &by, command).map(drop);
        self.drain();
        done
    }

    /// Makes a user.
    pub(crate) fn user(&mut self, extension: &str, name: &str) {
        let extension = Extension::parse(extension);
        self.wish(SeatWish::AddUser { name: text(name), extension }).unwrap();
    }

    /// A device gets an address.
    pub(crate) fn address(&mut self, mac: [u8; 6], class: &str) -> Ipv4Addr {
        let now = self.now();
        let arrival = Arrival {
            side: Side::Lan,
            interface: InterfaceNo(0),
            from: SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 68),
            neighbour: Neighbour::Unknown,
        };
        let with = |draft: DhcpDraft| match class {
            "" => draft,
            class => draft.option(60, class.as_bytes()),
        };
        let ask = with(discover(mac, 7)).bytes();
        self.exchange.datagram(now, arrival, Line::Dhcp, &ask);
        let offer = self.drain().remove(0);
        let given = Ipv4Addr::new(offer[16], offer[17], offer[18], offer[19]);
        let ask = with(request_selecting(mac, 7, SERVER, given)).bytes();
        self.exchange.datagram(now, arrival, Line::Dhcp, &ask);
        self.drain();
        given
    }

    /// A phone starts: it looks for an address and fetches its file.
    pub(crate) fn boots(&mut self, make: Make) -> (Phone, String) {
        self.now_ms += 5_000;
        let address = self.address(make.mac, make.class);
        self.now_ms += 1_000;
        let phone = Phone { make, address };
        let file = self.file(phone);
        (phone, file)
    }

    /// Its own file.
    pub(crate) fn file(&mut self, phone: Phone) -> String {
        let name = (phone.make.file)(&Mac(phone.make.mac).bare().to_string());
        let (_, bytes) = self.asks(phone.address, &format!("prov/{name}")).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    /// A question over HTTP: type and bytes of the answer, or why there are none.
    pub(crate) fn asks(
        &mut self,
        from: Ipv4Addr,
        name: &str,
    ) -> Result<(String, Vec<u8>), &'static str> {
        self.asks_on(Side::Lan, from, name)
    }

    /// The same from one side or the other.
    pub(crate) fn asks_on(
        &mut self,
        side: Side,
        from: Ipv4Addr,
        name: &str,
    ) -> Result<(String, Vec<u8>), &'static str> {
        self.now_ms += 200;
        let arrival = Arrival {
            side,
            interface: InterfaceNo(0),
            from: SocketAddrV4::new(from, 40_000),
            neighbour: Neighbour::Unknown,
        };
        let fetch = Fetch { arrival, name, user_agent: b"", upload: None, way: Way::default() };
        let answer = self.exchange.fetch(self.now(), &fetch).answer;
        self.drain();
        match answer {
            Answer::File { bytes, content_type } => Ok((content_type.to_string(), bytes)),
            Answer::NotFound => Err("not found"),
            Answer::Unauthorized | Answer::Forbidden => Err("forbidden"),
            Answer::Kept { .. }
            | Answer::Book { .. }
            | Answer::BadName
            | Answer::Unavailable
            | Answer::Stored
            | Answer::TooLarge => Err("something else"),
        }
    }

    /// Opens an address as the phone does, decoded as the daemon decodes it.
    pub(crate) fn opens(&mut self, phone: Phone, address: &str) -> Result<Page, String> {
        let path =
            address.strip_prefix("http://10.1.0.1/").ok_or(format!("{address} is elsewhere"))?;
        let (content_type, bytes) =
            self.asks(phone.address, &decoded(path)).map_err(str::to_string)?;
        let page = phone.make.browser.read(&content_type, &bytes);
        page.map_err(|flaw| format!("{flaw}\n{}", String::from_utf8_lossy(&bytes)))
    }

    /// The entrance that the phone's file names, opened.
    pub(crate) fn enters(&mut self, phone: Phone, file: &str) -> Page {
        let address = entrance(phone.make, file)
            .unwrap_or_else(|| panic!("no entrance in the file of {:?}", phone.make.class));
        self.opens(phone, &address).unwrap()
    }

    /// Chooses one item after the other.
    pub(crate) fn chooses(&mut self, phone: Phone, mut page: Page, labels: &[&str]) -> Page {
        for label in labels {
            let address = page.choose(label).unwrap_or_else(|| panic!("no {label} on {page:?}"));
            page = self.opens(phone, address).unwrap();
        }
        page
    }

    /// Types something and sends it.
    pub(crate) fn types(&mut self, phone: Phone, page: &Page, typed: &str) -> Page {
        let address = page.type_in(typed).unwrap_or_else(|| panic!("no field on {page:?}"));
        self.opens(phone, &address).unwrap()
    }

    pub(crate) fn device(&self, make: Make) -> DeviceView {
        self.exchange.device(self.now(), Mac(make.mac)).unwrap()
    }

    /// Whether it is a handset.
    pub(crate) fn knows(&self, make: Make) -> bool {
        let device = self.exchange.device(self.now(), Mac(make.mac));
        device.is_some_and(|device| device.handset.is_some())
    }

    /// The extension and the name of the phone's first line.
    pub(crate) fn sits(&self, make: Make) -> String {
        let row = self.device(make).handset.unwrap();
        let line = &row.lines[0];
        let extension = line.extension.map(|it| it.to_string()).unwrap_or_default();
        format!("{extension} {}", line.name).trim().to_string()
    }

    /// Whatever the box tells of this phone to people.
    pub(crate) fn told(&self, make: Make) -> String {
        let steps = self.device(make).story;
        let story: Vec<String> = steps.iter().map(|(_, step)| step.to_string()).collect();
        let view = self.exchange.view(self.now());
        let notes: Vec<String> = view.notes.iter().map(|(_, note)| note.to_string()).collect();
        story.join("\n") + &notes.join("\n")
    }

    /// Time passes.
    pub(crate) fn waits(&mut self, ms: u64) {
        assert!(ms < u64::from(EXPIRES_MAX_S) * 1_000);
        self.now_ms += ms;
        self.exchange.tick(self.now());
        self.drain();
    }
}

/// The address of an entrance in a phone's own file.
pub(crate) fn entrance(make: Make, file: &str) -> Option<String> {
    let at = file.find(make.opens)? + make.opens.len();
    let rest = file.get(at..)?;
    let end = rest.find(['<', '"', '\n']).unwrap_or(rest.len());
    let address = rest.get(..end)?;
    // Of a Fanvil's keys the type of one is all that tells it.
    let address =
        if make.opens.ends_with("http") { format!("http{address}") } else { address.into() };
    address.contains("screen/").then_some(address)
}

/// Path and query, each percent-decoded once.
fn decoded(path: &str) -> String {
    let mut out = Vec::new();
    let mut rest = path.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if let (b'%', [high, low, tail @ ..]) = (first, tail) {
            let digit = |byte: &u8| (*byte as char).to_digit(16).unwrap() as u8;
            out.push(digit(high) << 4 | digit(low));
            rest = tail;
        } else {
            out.push(*first);
        }
    }
    String::from_utf8(out).unwrap()
}
