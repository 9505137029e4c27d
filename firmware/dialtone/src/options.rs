//! `dialtone options`: what a phone that says such things would be offered by DHCP, and why.
//!
//! A box that exists nowhere is asked by a real DISCOVER, and its OFFER is taken apart: what is
//! printed are the bytes that would go out. Nothing is sent or stored.

use crate::config::bytes_of;
use crate::rendering::example_board;
use exchange::board::Board;
use exchange::catalog::{offered_why, withheld, Catalog, Guess, Sign};
use exchange::limits::OPTION_BYTES_MAX;
use exchange::names::{InterfaceNo, Side};
use exchange::note::Note;
use exchange::state::Durable;
use exchange::time::{Instant, Now};
use exchange::{Arrival, Exchange, Fetch, Line, Neighbour, Output, PasswordHash, Seed, Way};
use std::fmt::Write;
use std::net::{Ipv4Addr, SocketAddrV4};
use wire::dhcp::{code, Message};
use wire::Mac;

/// What the command line says of the phone.
#[derive(Default)]
pub(crate) struct Asker {
    mac: Option<Mac>,
    vendor_class: Option<Vec<u8>>,
    user_class: Option<Vec<u8>>,
    user_agent: Option<Vec<u8>>,
    request_list: Vec<u8>,
    max_size: Option<u16>,
    /// Whether only the message is wanted, in hex.
    packet: bool,
    /// A configuration to take the network from.
    pub(crate) config: Option<String>,
}

/// The network where no configuration names another.
const BOX: Ipv4Addr = Ipv4Addr::new(192, 168, 10, 1);

impl Asker {
    /// Reads the words after `options`.
    pub(crate) fn read(words: &[&str]) -> Result<Asker, String> {
        let mut asker = Asker::default();
        let mut rest = words.iter();
        while let Some(word) = rest.next() {
            let mut value = || rest.next().copied().ok_or(format!("{word} wants a value"));
            match *word {
                "--mac" => {
                    let mac = Mac::parse(value()?.as_bytes()).filter(|mac| mac.is_device());
                    asker.mac =
                        Some(mac.ok_or("--mac wants an address such as 00:15:65:12:34:56")?);
                }
                "--vendor-class" => asker.vendor_class = Some(text(word, value()?)?),
                "--user-class" => asker.user_class = Some(text(word, value()?)?),
                "--user-agent" => asker.user_agent = Some(text(word, value()?)?),
                "--request-list" => asker.request_list = list(value()?)?,
                "--max-size" => {
                    let size = value()?.parse().ok().filter(|size| *size >= 576);
                    asker.max_size = Some(size.ok_or("--max-size wants 576 to 65535 bytes")?);
                }
                "--packet" => asker.packet = true,
                "--config" => asker.config = Some(value()?.to_owned()),
                other => return Err(format!("`{other}` is not understood")),
            }
        }
        match asker.mac {
            Some(_) => Ok(asker),
            None => Err("options wants --mac MAC".to_owned()),
        }
    }

    /// What would be offered, in words or as the bytes of the message.
    pub(crate) fn answer(&self, board: Option<Board>) -> Result<String, String> {
        let mac = self.mac.ok_or("options wants --mac MAC")?;
        let board = board.unwrap_or_else(board_of_no_box);
        let offer = self.offered(board, mac).ok_or("no address would be offered to it")?;
        if self.packet {
            return Ok(hex(&offer.bytes));
        }
        let message = Message::parse(&offer.bytes).map_err(|why| format!("{why:?}"))?;
        let mut out = String::new();
        self.head(&mut out, mac, &message);
        for (number, value) in message.parts() {
            let why = self.why(mac, number, &offer);
            let _ = writeln!(out, "{number:>3} {}", name(number));
            let _ = writeln!(out, "      hex  {}", hex(value));
            if let Some(text) = readable(number, value) {
                let _ = writeln!(out, "      text {text}");
            }
            let _ = writeln!(out, "      why  {why}");
        }
        self.left_out(&mut out, mac, &message, &offer);
        Ok(out)
    }

    fn head(&self, out: &mut String, mac: Mac, message: &Message<'_>) {
        let guess = self.guess(mac);
        let vendor = guess.family().map_or("", |family| family.vendor());
        let model = guess.model().unwrap_or_default();
        let by: Vec<&str> = guess.led_by().map(|(kind, _)| kind.name()).collect();
        let taken = match (vendor, by.is_empty()) {
            (_, true) => "no phone".to_owned(),
            ("", false) => format!("a phone of no known maker, by {}", by.join(", ")),
            (vendor, false) => format!("{} by {}", named(vendor, model), by.join(", ")),
        };
        let _ = writeln!(out, "{mac} is taken for {taken}.");
        let _ = writeln!(out, "It would be offered {} with these options:\n", message.yiaddr);
    }

    /// What could be sent and is not, each with its reason.
    fn left_out(&self, out: &mut String, mac: Mac, message: &Message<'_>, offer: &Offer) {
        let sent: Vec<u8> = message.parts().map(|(number, _)| number).collect();
        let mut rows: Vec<(u8, String)> = Vec::new();
        for number in &offer.dropped {
            rows.push((*number, "there is no room for it in a message as it takes".to_owned()));
        }
        let family = self.guess(mac).family();
        for (number, why) in withheld(family, &self.request_list, self.vendor_class.as_deref()) {
            rows.push((number, format!("it did not ask for it; it would be for this: {why}")));
        }
        for number in &self.request_list {
            rows.push((*number, "it asked, and this box has nothing to say about it".to_owned()));
        }
        let mut told: Vec<u8> = Vec::new();
        for (number, why) in rows {
            if sent.contains(&number) || told.contains(&number) {
                continue;
            }
            if told.is_empty() {
                let _ = writeln!(out, "\nNot sent:\n");
            }
            told.push(number);
            let _ = writeln!(out, "{number:>3} {}\n      why  {why}", name(number));
        }
    }

    fn why(&self, mac: Mac, number: u8, offer: &Offer) -> String {
        let every = |why: &str| why.to_owned();
        match number {
            code::MESSAGE_TYPE => every("Says what the message is."),
            code::SERVER_ID => every("Names this box, for the client to take its offer."),
            code::CLIENT_ID => every("Repeats what the client calls itself (RFC 6842)."),
            code::LEASE_TIME => every("For how many seconds the address is its own."),
            code::RENEWAL_TIME => every("After how many seconds it renews: half of the lease."),
            code::REBINDING_TIME => {
                every("After how many seconds it asks any server: seven eighths of the lease.")
            }
            code::SUBNET_MASK => every("The network it is in; every client is told."),
            code::ROUTER => every("The way out of its network, as it is set here."),
            code::DNS => every("The name servers, as they are set here."),
            number if offer.of_site.contains(&number) => {
                every("Set for this network in the configuration file.")
            }
            number => {
                let (family, class) = (self.guess(mac).family(), self.vendor_class.as_deref());
                let why = offered_why(family, &self.request_list, class, number);
                why.map_or_else(|| every("It asked for it."), every)
            }
        }
    }

    fn guess(&self, mac: Mac) -> Guess {
        let catalog = Catalog::new();
        let mut guess = Guess::default();
        let list = Some(self.request_list.as_slice()).filter(|list| !list.is_empty());
        let signs = [
            Some(Sign::Oui(mac)),
            self.vendor_class.as_deref().map(Sign::VendorClass),
            list.map(Sign::ParameterList),
            self.user_class.as_deref().map(Sign::UserClass),
            self.user_agent.as_deref().map(Sign::HttpUserAgent),
        ];
        for sign in signs.into_iter().flatten() {
            guess.add(sign.kind(), &catalog.identify(sign));
        }
        guess
    }
}

/// What came of the question.
struct Offer {
    bytes: Vec<u8>,
    /// Options that did not fit.
    dropped: Vec<u8>,
    /// Options of the network's own.
    of_site: Vec<u8>,
}

impl Asker {
    fn offered(&self, board: Board, mac: Mac) -> Option<Offer> {
        let of_site = board.subnets.iter().flat_map(|subnet| subnet.options.iter());
        let of_site = of_site.map(|(number, _)| *number).collect();
        let hash = PasswordHash::default();
        let render = Box::new(render::Templates::shipped().ok()?);
        let mut exchange = Exchange::new(board, Durable::default(), Seed([0; 32]), render, hash);
        let mut now = Now { mono: Instant(1_000), wall: None };
        if let Some(agent) = &self.user_agent {
            // It is heard when the phone asks for a file, and for that it needs an address.
            let (offer, _) = self.ask(&mut exchange, &mut now, mac, None)?;
            let given = Message::parse(&offer).ok()?.yiaddr;
            self.ask(&mut exchange, &mut now, mac, Some(given))?;
            let arrival = Arrival { from: SocketAddrV4::new(given, 1_024), ..arrival() };
            let (name, way) = ("-", Way::default());
            let fetch = Fetch { arrival, name, user_agent: agent, upload: None, way };
            exchange.fetch(now, &fetch);
            while exchange.poll_output().is_some() {}
        }
        let (bytes, dropped) = self.ask(&mut exchange, &mut now, mac, None)?;
        Some(Offer { bytes, dropped, of_site })
    }

    /// A DISCOVER, or a REQUEST for what was offered; and the answer, once the address was probed.
    fn ask(
        &self,
        exchange: &mut Exchange,
        now: &mut Now,
        mac: Mac,
        wanted: Option<Ipv4Addr>,
    ) -> Option<(Vec<u8>, Vec<u8>)> {
        let server = exchange.box_view(*now).lan.map_or(BOX, |lan| lan.address);
        let datagram = self.datagram(mac, wanted.map(|address| (server, address)));
        exchange.datagram(*now, arrival(), Line::Dhcp, &datagram);
        let (mut answer, mut dropped) = (None, Vec::new());
        for _ in 0..50 {
            while let Some(output) = exchange.poll_output() {
                match output {
                    Output::Send(departure, _) if departure.line == Line::Dhcp => {
                        answer = Some(departure.bytes);
                    }
                    Output::Note(Note::OptionDropped(number)) => dropped.push(number),
                    Output::Send(..)
                    | Output::Note(_)
                    | Output::Record(..)
                    | Output::Close(_)
                    | Output::Probe(..)
                    | Output::Restart(_)
                    | Output::Read(..) => {}
                }
            }
            if answer.is_some() {
                break;
            }
            now.mono = exchange.next_deadline(now.mono).max(now.mono.after_ms(1));
            exchange.tick(*now);
        }
        now.mono = now.mono.after_ms(1_000);
        Some((answer?, dropped))
    }

    /// RFC 2131 section 2, with the options that the command line says.
    fn datagram(&self, mac: Mac, take: Option<(Ipv4Addr, Ipv4Addr)>) -> Vec<u8> {
        let mut bytes = vec![0; 236];
        bytes.splice(..8, [1, 1, 6, 0, 0, 0, 0, 1]);
        bytes.splice(28..34, mac.0);
        bytes.extend([99, 130, 83, 99]);
        let mut put = |number: u8, value: &[u8]| {
            bytes.extend([number, value.len() as u8]);
            bytes.extend_from_slice(value);
        };
        put(code::MESSAGE_TYPE, &[if take.is_some() { 3 } else { 1 }]);
        if let Some((server, address)) = take {
            put(code::SERVER_ID, &server.octets());
            put(code::REQUESTED_IP, &address.octets());
        }
        let size = self.max_size.map(u16::to_be_bytes);
        let texts = [
            (code::VENDOR_CLASS, self.vendor_class.as_deref()),
            (code::USER_CLASS, self.user_class.as_deref()),
            (code::MAX_SIZE, size.as_ref().map(<[u8; 2]>::as_slice)),
        ];
        for (number, value) in texts {
            if let Some(value) = value {
                put(number, value);
            }
        }
        if !self.request_list.is_empty() {
            put(code::PARAMETERS, &self.request_list);
        }
        bytes.push(code::END);
        bytes
    }
}

fn arrival() -> Arrival {
    Arrival {
        side: Side::Lan,
        interface: InterfaceNo(0),
        from: SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 68),
        neighbour: Neighbour::Unknown,
    }
}

fn board_of_no_box() -> Board {
    let mut board = example_board();
    for subnet in &mut board.subnets {
        subnet.first = Ipv4Addr::new(192, 168, 10, 20);
        (subnet.router, subnet.dns) = (Some(BOX), vec![BOX]);
    }
    board.site.time_zone = "UTC".to_owned();
    board
}

/// An option's text; `hex:` before digits stands for bytes.
fn text(word: &str, typed: &str) -> Result<Vec<u8>, String> {
    let bytes = match typed.strip_prefix("hex:") {
        Some(digits) => bytes_of(digits).ok_or(format!("{word} wants pairs of hex digits"))?,
        None => typed.as_bytes().to_vec(),
    };
    match bytes.len() {
        1..=OPTION_BYTES_MAX => Ok(bytes),
        _ => Err(format!("{word} wants 1 to {OPTION_BYTES_MAX} bytes")),
    }
}

fn list(typed: &str) -> Result<Vec<u8>, String> {
    let numbers = typed.split(',').map(|number| number.trim().parse().ok());
    let numbers: Option<Vec<u8>> = numbers.collect();
    let why = "--request-list wants numbers of options with commas between, such as 1,3,66";
    numbers.filter(|list| list.len() <= OPTION_BYTES_MAX).ok_or(why.to_owned())
}

fn named(vendor: &str, model: &str) -> String {
    format!("{vendor} {model}").trim_end().to_owned()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The value as people read it: a number, addresses, or a text.
fn readable(number: u8, value: &[u8]) -> Option<String> {
    match (number, value) {
        (code::MESSAGE_TYPE, [2]) => Some("OFFER".to_owned()),
        (code::LEASE_TIME | code::RENEWAL_TIME | code::REBINDING_TIME, [a, b, c, d]) => {
            Some(format!("{} s", u32::from_be_bytes([*a, *b, *c, *d])))
        }
        (code::TIME_OFFSET, [a, b, c, d]) => {
            Some(format!("{} s", i32::from_be_bytes([*a, *b, *c, *d])))
        }
        (
            code::SUBNET_MASK
            | code::ROUTER
            | code::DNS
            | code::NTP
            | code::BROADCAST_ADDRESS
            | code::SERVER_ID,
            value,
        ) => Some(quads(value)),
        (code::TFTP_ADDRESSES, value) if value.len() % 4 == 0 && !printable(value) => {
            Some(quads(value))
        }
        (_, value) if printable(value) => Some(format!("\"{}\"", String::from_utf8_lossy(value))),
        (code::VENDOR_OPTIONS, value) => inside(value),
        _ => None,
    }
}

fn printable(value: &[u8]) -> bool {
    !value.is_empty() && value.iter().all(|byte| (0x20..0x7f).contains(byte))
}

fn quads(value: &[u8]) -> String {
    let quads = value.chunks(4).filter_map(|quad| <[u8; 4]>::try_from(quad).ok());
    quads.map(|quad| Ipv4Addr::from(quad).to_string()).collect::<Vec<_>>().join(" ")
}

/// Options inside an option (RFC 2132 section 8.4).
fn inside(mut value: &[u8]) -> Option<String> {
    let mut parts = Vec::new();
    while let [number, length, rest @ ..] = value {
        let (part, after) = rest.split_at_checked(usize::from(*length))?;
        let text = part.strip_suffix(b"\0").unwrap_or(part);
        parts.push(match printable(text) {
            true => format!("{number} \"{}\"", String::from_utf8_lossy(text)),
            false => format!("{number} {}", hex(part)),
        });
        value = after;
    }
    value.is_empty().then(|| parts.join(", "))
}

fn name(number: u8) -> &'static str {
    match number {
        code::SUBNET_MASK => "subnet mask",
        code::TIME_OFFSET => "seconds east of UTC",
        code::ROUTER => "router",
        code::DNS => "name servers",
        code::HOST_NAME => "host name",
        code::DOMAIN_NAME => "domain",
        code::BROADCAST_ADDRESS => "broadcast address",
        code::NTP => "time servers",
        code::VENDOR_OPTIONS => "vendor options",
        code::LEASE_TIME => "lease time",
        code::MESSAGE_TYPE => "message type",
        code::SERVER_ID => "server identifier",
        code::RENEWAL_TIME => "renewal time",
        code::REBINDING_TIME => "rebinding time",
        code::VENDOR_CLASS => "vendor class",
        code::CLIENT_ID => "client identifier",
        code::TFTP_SERVER_NAME => "TFTP server name",
        code::BOOTFILE => "boot file",
        code::POSIX_TIMEZONE => "POSIX time zone",
        code::TZDB_TIMEZONE => "time zone by name",
        code::URL => "URL (captive portal)",
        code::SIP_SERVERS => "SIP servers",
        code::CLASSLESS_ROUTES => "static routes",
        code::ENTERPRISE_CLASSES => "vendor classes by enterprise",
        code::ENTERPRISE_OPTIONS => "vendor options by enterprise",
        code::TFTP_ADDRESSES => "TFTP servers by address",
        _site_specific => "option of a maker's or a site's own",
    }
}

#[cfg(test)]
mod tests;
