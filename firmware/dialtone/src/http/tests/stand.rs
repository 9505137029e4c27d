//! The whole HTTP side on a real loopback port, before a real exchange on a thread of its own, and
//! clients that can say anything, from any address of 127/8.

use crate::call::{
    answer_access, answer_certificates, answer_firmware, answer_rules, answer_templates, desk, Ask,
    Asked, Call, Desk, Origin, Reply, Sent,
};
use crate::clock::Clock;
use crate::firmware::{Shelf, Store};
use crate::http::{converse, serve, Limits, Listener, Visitor};
use crate::password;
use crate::rehearsal::Rehearsals;
use crate::tls::Stream;
use crate::web::{Facts, WebSite};
use exchange::board::{Board, Interface, Network, Site, Subnet};
use exchange::command::{By, Command, Rule};
use exchange::names::{InterfaceNo, Side, Text};
use exchange::network::Settings;
use exchange::state::{Durable, Event};
use exchange::time::{Instant, Now};
use exchange::view::HandsetRow;
use exchange::{Arrival, Exchange, Fetch, Neighbour, Output, PasswordHash, Seed};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use wire::Mac;

pub(crate) const HOME: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 1);
pub(crate) const FIRST_PASSWORD: &str = "abcd-efgh-ijkm-npqr";

/// The address at which ARP would find the phone with [`phone_mac`] of the same number.
pub(crate) fn phone(no: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 2, no)
}

/// A Yealink's hardware address.
pub(crate) fn phone_mac(no: u8) -> Mac {
    Mac([0x00, 0x15, 0x65, 0, 0, no])
}

/// A running box.
pub(crate) struct Stand {
    pub(crate) at: SocketAddrV4,
    /// Its clock, in ms.
    pub(crate) now: Arc<AtomicU64>,
    desk: Desk,
    site: Arc<WebSite>,
}

impl Stand {
    pub(crate) fn up() -> Stand {
        Stand::with(Limits::default(), Side::Lan)
    }

    pub(crate) fn with(limits: Limits, side: Side) -> Stand {
        Stand::of(limits, side, || exchange(Durable::default()))
    }

    /// A box that sets its own addresses; these settings of the network are on trial.
    pub(crate) fn appliance(on_trial: Option<Settings>) -> Stand {
        Stand::of(Limits::default(), Side::Lan, || {
            let mut durable = Durable::default();
            if let Some(settings) = on_trial {
                durable.apply(&Event::NetworkProposed { settings });
            }
            let mut exchange = exchange(durable);
            exchange.set_appliance(exchange::limits::NETWORK_CONFIRM_MS);
            exchange
        })
    }

    /// A box that can try templates.
    pub(crate) fn with_stage() -> Stand {
        let stage = Rehearsals::start(None).unwrap();
        let make = || exchange(Durable::default());
        // A process for trials only for those that have something to try.
        let facts = |site: WebSite| site.of(Facts::default(), Some(stage), Store::Nowhere);
        Stand::on(Limits::default(), Side::Lan, make, facts)
    }

    /// A box with a place for firmware of phones: 64 KiB in 16 blocks, two of them its directory.
    pub(crate) fn with_shelf() -> Stand {
        let geometry = journal::Geometry { size: 64 * 1024, erase_block: 4_096, page: 256 };
        let chip = crate::chip::Chip::Copy(journal::mem::MemFlash::new(geometry));
        let (shelf, queue) = Shelf::new(Clock::start());
        queue.start(journal::files::Files::mount(chip).ok().unwrap()).unwrap();
        let make = || exchange(Durable::default());
        let facts = |site: WebSite| site.of(Facts::default(), None, Store::Shelf(shelf));
        Stand::on(Limits::default(), Side::Lan, make, facts)
    }

    /// A box whose place for firmware of phones cannot be used.
    pub(crate) fn with_flaw(why: &str) -> Stand {
        let make = || exchange(Durable::default());
        let store = Store::Unusable(why.to_owned());
        Stand::on(Limits::default(), Side::Lan, make, |site| site.of(Facts::default(), None, store))
    }

    /// A box with one remote handset, and the token of that.
    pub(crate) fn with_remote() -> (Stand, String) {
        let mut board = board();
        board.interfaces.push(Interface {
            side: Side::Wan,
            address: Ipv4Addr::new(203, 0, 113, 1),
            prefix: 24,
            has_arp: false,
        });
        let mut box_of_then = exchange_on(board, Durable::default());
        let (mac, extension, name, make) = (phone_mac(1), None, Text::new(), None);
        let wish = Rule::Prestage { mac, extension, name, make, remote: true, sure: true };
        let by = By { side: Side::Lan, source: HOME, seen: None };
        let now = Now { mono: Instant(1), wall: None };
        box_of_then.command(now, &by, Command::Rule(wish)).unwrap();
        let outputs = std::iter::from_fn(|| box_of_then.poll_output());
        let fact = |output| if let Output::Record(_, event) = output { Some(event) } else { None };
        let facts: Vec<Event> = outputs.filter_map(fact).collect();
        let token = facts.iter().find_map(|fact| {
            let Event::RemoteMarked { mark: Some(mark), .. } = fact else { return None };
            Some(mark.token.text())
        });
        let make = move || restarted(&facts);
        (Stand::of(Limits::default(), Side::Wan, make), token.unwrap())
    }

    /// Asks for a file from the WAN over TLS; the handshake before that is left out.
    pub(crate) async fn fetch_over_tls(&self, path: &str) -> String {
        let listener = TcpListener::bind((HOME, 0)).await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, SocketAddr::V4(from)) = listener.accept().await.unwrap() else {
            panic!("it is no IPv4");
        };
        let guests = self.site.guests();
        let guest = guests.admit(InterfaceNo(0), *from.ip()).unwrap();
        let visitor = Visitor {
            origin: Origin { interface: InterfaceNo(0), side: Side::Wan, from },
            own: HOME,
            tls: true,
            certified: None,
            limits: guests.limits(),
            desk: self.desk.clone(),
            site: self.site.clone(),
            visit: guest.visit.clone(),
        };
        tokio::spawn(async move { converse(Stream::Plain(stream), guest, &visitor).await });
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        client.write_all(request.as_bytes()).await.unwrap();
        until_closed(&mut client).await
    }

    fn of(limits: Limits, side: Side, make: impl FnOnce() -> Exchange + Send + 'static) -> Stand {
        Stand::on(limits, side, make, |site| site)
    }

    fn on(
        limits: Limits,
        side: Side,
        make: impl FnOnce() -> Exchange + Send + 'static,
        facts: impl FnOnce(WebSite) -> WebSite,
    ) -> Stand {
        let listener = Listener::bind(SocketAddrV4::new(HOME, 0), None).unwrap();
        let at = listener.address();
        let (desk, questions) = desk();
        let now = Arc::new(AtomicU64::new(1_000));
        let clock = now.clone();
        std::thread::spawn(move || exchange_thread(make(), questions, &clock));
        let site = Arc::new(facts(WebSite::with(limits, password::Door::weak())));
        let place = (InterfaceNo(0), side);
        tokio::spawn(serve(listener, place, false, desk.clone(), site.clone()));
        Stand { at, now, desk, site }
    }

    /// Somebody holds the box's button.
    pub(crate) async fn claim(&self) {
        assert!(self.desk.ask_access(Ask::Claim).await.is_some());
    }

    pub(crate) async fn connect(&self, source: Ipv4Addr) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::V4(SocketAddrV4::new(source, 0))).unwrap();
        socket.connect(SocketAddr::V4(self.at)).await.unwrap()
    }

    /// Sends bytes and reads until the other end closes.
    pub(crate) async fn say(&self, source: Ipv4Addr, bytes: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect(source).await;
        // A box that has had enough closes before it has read all.
        let _ = stream.write_all(bytes.as_ref()).await;
        until_closed(&mut stream).await
    }

    /// A handset as it is shown now.
    pub(crate) async fn handset(&self, no: u8) -> HandsetRow {
        match self.desk.ask(Call::LookAt(phone_mac(no))).await {
            Some(Reply::LookedAt(Some(view))) => view.handset.expect("it is a handset"),
            _other => panic!("nobody knows it"),
        }
    }

    /// Asks for a file as a phone does.
    pub(crate) async fn fetch(&self, source: Ipv4Addr, path: &str) -> String {
        self.say(source, format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
            .await
    }
}

pub(crate) async fn until_closed(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // A thousand at once take their time under an emulator on a busy machine.
    let read = timeout(Duration::from_secs(90), stream.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "the connection stays open");
    String::from_utf8_lossy(&answer).into_owned()
}

/// The status of an answer; 0 if there is none.
pub(crate) fn status(answer: &str) -> u16 {
    answer.get(9..12).and_then(|digits| digits.parse().ok()).unwrap_or_default()
}

pub(crate) fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let (head, _) = answer.split_once("\r\n\r\n")?;
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

pub(crate) fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

fn exchange(durable: Durable) -> Exchange {
    exchange_on(board(), durable)
}

fn exchange_on(board: Board, durable: Durable) -> Exchange {
    let templates = render::Templates::shipped().ok().unwrap();
    let board = board.with_network(durable.network());
    Exchange::new(board, durable, Seed([7; 32]), Box::new(templates), first_hash())
}

fn exchange_thread(
    mut exchange: Exchange,
    mut questions: mpsc::Receiver<Asked>,
    clock: &AtomicU64,
) {
    while let Some(Asked { call, answer }) = questions.blocking_recv() {
        let now = Now { mono: Instant(clock.load(Ordering::Relaxed)), wall: None };
        let reply = reply(&mut exchange, now, call);
        while exchange.poll_output().is_some() {}
        let _ = answer.send(reply);
    }
}

/// Cheap to compare with: these tests are not about how slow it is.
fn first_hash() -> PasswordHash {
    password::record(FIRST_PASSWORD, [1; 16], 8, 1).unwrap()
}

/// ARP finds the phones.
fn found(origin: Origin) -> Arrival {
    let [.., third, no] = origin.from.ip().octets();
    let is_phone = third == 2;
    origin.arrival(if is_phone { Neighbour::Is(phone_mac(no)) } else { Neighbour::Unknown })
}

fn reply(exchange: &mut Exchange, now: Now, call: Call) -> Reply {
    match call {
        Call::Fetch { origin, name, user_agent, upload, came } => {
            let arrival = found(origin);
            let upload = upload.as_ref().map(Sent::upload);
            let fetch =
                Fetch { arrival, name: &name, user_agent: &user_agent, upload, way: came.way() };
            Reply::Fetched(exchange.fetch(now, &fetch).answer)
        }
        Call::SpokeTls { origin, at, bytes } => {
            exchange.spoke_tls(now, found(origin), at, &bytes);
            Reply::Heard
        }
        Call::Admits { side, source } => Reply::Admits(exchange.admits_admin(side, source)),
        Call::Check { source, token } => Reply::Checked(exchange.logged_in(now, source, &token)),
        Call::Look => Reply::Looked(Box::new(exchange.view(now))),
        Call::LookAt(mac) => Reply::LookedAt(exchange.device(now, mac).map(Box::new)),
        Call::LookAtBox => {
            Reply::LookedAtBox(Box::new(exchange.box_view(now)), Default::default(), None)
        }
        Call::LookAtSettings(layer) => {
            Reply::LookedAtSettings(Box::new(exchange.settings_view(now, layer)))
        }
        Call::LookAtDhcp => Reply::LookedAtDhcp(Box::new(exchange.dhcp_view(now))),
        Call::LookAtBook => Reply::LookedAtBook(Box::new(exchange.book_view())),
        Call::LookAtUsers => Reply::LookedAtUsers(Box::new(exchange.users_view(now))),
        Call::Do { by, command } => Reply::Done(exchange.command(now, &by, command).map(|_| ())),
        Call::Access(ask) => Reply::Access(answer_access(exchange, now, ask).0),
        Call::CopyState { for_backup_of } => {
            if let Some(source) = for_backup_of {
                exchange.backed_up(now, source);
            }
            Reply::StateCopied(Box::new(exchange.footing()))
        }
        Call::Restore { source, facts } => Reply::Done(
            exchange.may_be_replaced(now, source).map(|()| *exchange = self::restarted(&facts)),
        ),
        Call::Templates(ask) => Reply::Templates(answer_templates(exchange, now, ask)),
        Call::Rules(ask) => Reply::Rules(answer_rules(exchange, now, ask)),
        Call::LookAtSigns(tried) => {
            let tried = tried.as_ref().map(|(kind, text)| (*kind, text.as_str()));
            Reply::LookedAtSigns(Box::new(exchange.signs_view(tried)))
        }
        Call::Firmware(ask) => Reply::Firmware(answer_firmware(exchange, now, ask)),
        Call::Certificates(ask) => Reply::Certificates(answer_certificates(exchange, now, ask).0),
        Call::Piece(transfer, piece) => {
            exchange.piece(now, transfer, piece);
            Reply::Done(Ok(()))
        }
    }
}

/// A box that has started anew with another state.
fn restarted(facts: &[Event]) -> Exchange {
    let mut durable = Durable::default();
    facts.iter().for_each(|fact| durable.apply(fact));
    exchange(durable)
}

fn board() -> Board {
    let network = Network::new(Ipv4Addr::new(127, 0, 0, 0), 16).unwrap();
    Board {
        interfaces: vec![Interface { side: Side::Lan, address: HOME, prefix: 16, has_arp: true }],
        subnets: vec![Subnet {
            interface: InterfaceNo(0),
            relayed: false,
            network,
            first: Ipv4Addr::new(127, 0, 200, 1),
            last: Ipv4Addr::new(127, 0, 200, 99),
            router: None,
            dns: Vec::new(),
            domain: None,
            ntp: Vec::new(),
            options: Vec::new(),
            reservations: Vec::new(),
        }],
        http_port: 80,
        https_port: None,
        sips_port: None,
        sip_port: 5060,
        directory: "prov".to_owned(),
        site: Site {
            time_zone: "UTC".to_owned(),
            ntp_server: None,
            poll_min: 1_440,
            realm: "dialtone".to_owned(),
        },
    }
}
