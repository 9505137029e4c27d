//! What the loop promises, with the real exchange and real sockets on the loopback; flash is played
//! by the test, or is a real file that fails.

mod restart;
mod restore;

use super::*;
use crate::chip::Chip;
use crate::config::Port;
use crate::flash;
use crate::nor_file::Timing;
use exchange::board::{Board, Interface, Network, Site, Subnet};
use exchange::command::{By, Command};
use exchange::names::{InterfaceNo, Side, Text};
use exchange::state::Durable;
use exchange::{PasswordHash, Seed, StreamNo, To};
use phones::builders::{discover, request, request_renewing, request_selecting};
use std::net::{SocketAddrV4, UdpSocket};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc::Receiver;
use std::time::Duration;
use tokio::task::LocalSet;
use tokio::time::timeout;
use wire::Mac;

const DHCP: u16 = 6_767;
const TFTP: u16 = 6_969;
const PHONE: [u8; 6] = [0x00, 0x15, 0x65, 0, 0, 1];
const PHONE_2: [u8; 6] = [0x00, 0x15, 0x65, 0, 0, 2];
/// A file that nobody has: it is refused at once, whatever flash does.
const NOTHING: &str = "nothing.bin";

/// A network of the loopback that no other test uses at the same time, whoever runs it.
fn network() -> (Ipv4Addr, u16) {
    static TESTS: AtomicU16 = AtomicU16::new(0);
    let test = TESTS.fetch_add(1, Ordering::Relaxed);
    let place = (std::process::id() as u16).wrapping_mul(16).wrapping_add(test);
    let [high, low] = place.to_be_bytes();
    // The multicast socket has no address of its own to be told apart by.
    (Ipv4Addr::new(127, 64 | high, low, 0), 20_000 + place % 20_000)
}

fn host(network: Ipv4Addr, no: u8) -> Ipv4Addr {
    let [a, b, c, _] = network.octets();
    Ipv4Addr::new(a, b, c, no)
}

fn board(network: Ipv4Addr) -> Board {
    Board {
        interfaces: vec![Interface {
            side: Side::Lan,
            address: host(network, 1),
            prefix: 24,
            has_arp: false,
        }],
        subnets: vec![Subnet {
            interface: InterfaceNo(0),
            relayed: false,
            network: Network::new(network, 24).unwrap(),
            first: host(network, 100),
            last: host(network, 199),
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
        sip_port: 5_060,
        directory: "prov".to_owned(),
        site: Site {
            time_zone: "UTC".to_owned(),
            ntp_server: None,
            poll_min: 1_440,
            realm: "dialtone".to_owned(),
        },
    }
}

/// The loop before it runs, and the phones around it.
struct Bench {
    driver: Driver,
    network: Ipv4Addr,
    /// Where all DHCP clients listen.
    dhcp: UdpSocket,
}

impl Bench {
    /// Needs a runtime to be entered.
    fn new(flash: FlashThread) -> Bench {
        let (network, sip_port) = network();
        let dhcp = client(host(network, 2));
        let port = Port {
            side: Side::Lan,
            address: host(network, 1),
            device: None,
            dhcp_port: DHCP,
            tftp_port: TFTP,
            sip_port,
            https_port: None,
            sips_port: None,
            client: Some(address_of(&dhcp)),
        };
        let templates = render::Templates::shipped().ok().unwrap();
        let exchange = Exchange::new(
            board(network),
            Durable::default(),
            Seed([7; 32]),
            Box::new(templates),
            PasswordHash::default(),
        );
        let hands = Hands {
            clock: Clock::start(),
            sockets: Sockets::open(vec![port]).unwrap(),
            streams: Streams::default(),
            neighbours: None,
            flash,
            firmware: None,
            watchdog: None,
            notes: |_| (),
        };
        Bench { driver: Driver::new(exchange, hands), network, dhcp }
    }

    /// The same with a flash thread that the test plays.
    fn played() -> (Bench, Receiver<Job>) {
        let (jobs, queue) = std::sync::mpsc::channel();
        (Bench::new(FlashThread::played(jobs)), queue)
    }

    fn server(&self) -> Ipv4Addr {
        host(self.network, 1)
    }

    fn says(&self, phone: &UdpSocket, port: u16, bytes: &[u8]) {
        phone.send_to(bytes, SocketAddrV4::new(self.server(), port)).unwrap();
    }

    fn asks_dhcp(&self, bytes: &[u8]) {
        self.says(&self.dhcp, DHCP, bytes);
    }

    /// One turn of the loop: all that has arrived is answered.
    fn turn(&mut self) {
        self.driver.listen();
        self.driver.tick();
        self.driver.perform();
    }

    /// Flash has kept everything up to a record.
    fn kept(&mut self, upto: RecordNo) {
        let wear = Wear { capacity: u32::MAX, ..Wear::default() };
        self.driver.settle(Told::Kept(upto, wear)).unwrap();
        self.turn();
    }

    /// A phone asks for an address; gives the one it was offered. The acknowledgement waits.
    fn requests(&mut self, mac: [u8; 6]) -> Ipv4Addr {
        self.asks_dhcp(&discover(mac, 1).bytes());
        self.turn();
        let offer = hears(&self.dhcp).unwrap();
        assert_eq!(kind(&offer), OFFER);
        let offered = Ipv4Addr::new(offer[16], offer[17], offer[18], offer[19]);
        self.asks_dhcp(&request_selecting(mac, 2, self.server(), offered).bytes());
        self.turn();
        offered
    }

    /// A phone has its address; gives a socket there.
    fn boots(&mut self, mac: [u8; 6], flash: &Receiver<Job>) -> UdpSocket {
        let address = self.requests(mac);
        let (_, no) = appended(flash);
        self.kept(no);
        assert_eq!(kind(&hears(&self.dhcp).unwrap()), ACK);
        client(address)
    }

    /// Whether what needs no record is answered all the same.
    fn still_serves(&mut self) -> bool {
        let other = client(host(self.network, 3));
        self.says(&other, TFTP, &request(1, NOTHING, "octet", &[]));
        self.turn();
        hears(&other).is_some_and(|packet| packet.starts_with(&[0, 5]))
    }
}

const OFFER: u8 = 2;
const ACK: u8 = 5;

fn client(address: Ipv4Addr) -> UdpSocket {
    let socket = UdpSocket::bind((address, 0)).unwrap();
    socket.set_nonblocking(true).unwrap();
    socket
}

fn address_of(socket: &UdpSocket) -> SocketAddrV4 {
    let std::net::SocketAddr::V4(at) = socket.local_addr().unwrap() else { panic!("no IPv4") };
    at
}

/// The next datagram; on the loopback it is there as soon as it was sent.
fn hears(socket: &UdpSocket) -> Option<Vec<u8>> {
    let mut bytes = vec![0; 2_048];
    let len = socket.recv(&mut bytes).ok()?;
    bytes.truncate(len);
    Some(bytes)
}

/// The DHCP message type (option 53).
fn kind(message: &[u8]) -> u8 {
    let mut options = &message[240..];
    while let [code, len, rest @ ..] = options {
        if *code == 53 {
            return rest[0];
        }
        options = &rest[usize::from(*len)..];
    }
    0
}

/// What is to be appended next: how many records, and the last one's number.
#[track_caller]
fn appended(flash: &Receiver<Job>) -> (usize, RecordNo) {
    match flash.try_recv().unwrap() {
        Job::Append(records, no) => (records.len(), no),
        Job::Snapshot(..) | Job::Replace(..) => panic!("a snapshot that nobody asked for"),
    }
}

fn adds_handset(mac: [u8; 6], office: Ipv4Addr) -> Call {
    let by = By { side: Side::Lan, source: host(office, 50), seen: None };
    let command = Command::AddHandset { mac: Mac(mac), extension: None, name: Text::default() };
    Call::Do { by, command }
}

/// A question of the web, and where its answer will be.
fn question(call: Call) -> (Asked, oneshot::Receiver<Reply>) {
    let (answer, reply) = oneshot::channel();
    (Asked { call, answer }, reply)
}

fn departure(line: Line) -> Departure {
    let to = To::Address(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 9));
    Departure { interface: InterfaceNo(0), line, to, bytes: vec![0; 4] }
}

#[tokio::test]
async fn a_lease_is_acknowledged_once_it_is_on_flash_and_others_are_served_meanwhile() {
    let (mut bench, flash) = Bench::played();
    bench.requests(PHONE);
    let (records, no) = appended(&flash);
    assert_eq!((records, no), (1, RecordNo(1)));
    assert!(hears(&bench.dhcp).is_none() && bench.still_serves());
    bench.kept(RecordNo(0));
    assert!(hears(&bench.dhcp).is_none());
    bench.kept(no);
    assert_eq!(kind(&hears(&bench.dhcp).unwrap()), ACK);
    assert!(hears(&bench.dhcp).is_none() && flash.try_recv().is_err());
}

#[tokio::test]
async fn a_page_hears_that_it_is_done_once_it_is_on_flash_and_another_may_look_meanwhile() {
    let (mut bench, flash) = Bench::played();
    let (wish, mut done) = question(adds_handset(PHONE, bench.network));
    let (look, mut looked) = question(Call::Look);
    bench.driver.answer(wish);
    bench.driver.answer(look);
    bench.turn();
    assert!(matches!(looked.try_recv(), Ok(Reply::Looked(_))));
    assert!(done.try_recv().is_err());
    let (_, no) = appended(&flash);
    bench.kept(no);
    assert!(matches!(done.try_recv(), Ok(Reply::Done(Ok(())))));
}

#[tokio::test]
async fn what_arrived_together_is_written_together_and_each_waits_for_its_own() {
    let (mut bench, flash) = Bench::played();
    let addresses = [PHONE, PHONE_2].map(|mac| {
        bench.asks_dhcp(&discover(mac, 1).bytes());
        bench.turn();
        let offer = hears(&bench.dhcp).unwrap();
        Ipv4Addr::new(offer[16], offer[17], offer[18], offer[19])
    });
    for (mac, address) in [PHONE, PHONE_2].into_iter().zip(addresses) {
        bench.asks_dhcp(&request_selecting(mac, 2, bench.server(), address).bytes());
    }
    bench.turn();
    assert_eq!(appended(&flash), (2, RecordNo(2)));
    bench.kept(RecordNo(1));
    let first = hears(&bench.dhcp).unwrap();
    assert_eq!(&first[28..34], &PHONE);
    assert!(hears(&bench.dhcp).is_none());
    bench.kept(RecordNo(2));
    assert_eq!(&hears(&bench.dhcp).unwrap()[28..34], &PHONE_2);
}

#[tokio::test]
async fn the_end_of_a_transfer_drops_what_of_it_still_waits() {
    let (mut bench, flash) = Bench::played();
    let phone = bench.boots(PHONE, &flash);
    let name = format!("{}.cfg", Mac(PHONE).bare());
    // The handset is new: its file waits for it. The second question ends the first transfer.
    bench.says(&phone, TFTP, &request(1, &name, "octet", &[]));
    bench.turn();
    let (_, created) = appended(&flash);
    bench.says(&phone, TFTP, &request(1, &name, "octet", &[("tsize", "0")]));
    bench.turn();
    assert!(hears(&phone).is_none() && bench.still_serves());
    bench.kept(created);
    let mut packets = std::iter::from_fn(|| hears(&phone)).peekable();
    assert!(packets.peek().is_some(), "the second transfer begins");
    assert!(packets.all(|packet| packet.starts_with(&[0, 6])), "of the first, nothing comes");
    let open = bench.driver.hands.sockets.transfers();
    assert_eq!(open, 1, "the first has no socket any more");
}

#[tokio::test]
async fn a_close_drops_what_waits_and_lets_go_what_does_not() {
    let (mut bench, _flash) = Bench::played();
    let phone = client(host(bench.network, 9));
    let (waits, free) = (RecordNo(1), RecordNo(0));
    let to_phone = |no: u32, text: &[u8]| Departure {
        to: To::Address(address_of(&phone)),
        bytes: text.to_vec(),
        ..departure(Line::Transfer(TransferNo(no)))
    };
    bench.driver.made = waits;
    bench.driver.outputs = vec![
        Output::Send(to_phone(1, b"goes"), free),
        Output::Send(to_phone(1, b"waits"), waits),
        Output::Send(to_phone(2, b"another's"), waits),
        Output::Close(Line::Transfer(TransferNo(1))),
    ];
    bench.driver.perform();
    assert_eq!((hears(&phone), hears(&phone)), (Some(b"goes".to_vec()), None));
    assert_eq!(bench.driver.hands.sockets.transfers(), 0);
    bench.kept(waits);
    assert_eq!((hears(&phone), hears(&phone)), (Some(b"another's".to_vec()), None));
}

#[tokio::test]
async fn so_much_waits_for_flash_and_no_more_and_who_needs_none_is_answered_all_the_same() {
    let (mut bench, flash) = Bench::played();
    bench.driver.made = RecordNo(1);
    let line = Line::SipStream(StreamNo(7));
    let flood = || Output::Send(departure(line), RecordNo(1));
    bench.driver.outputs.extend(std::iter::repeat_with(flood).take(HELD_MAX + 500));
    bench.driver.perform();
    assert_eq!(bench.driver.held.len(), HELD_MAX);
    assert!(bench.still_serves());
    let (wish, mut done) = question(adds_handset(PHONE, bench.network));
    bench.driver.answer(wish);
    bench.turn();
    let (_, no) = appended(&flash);
    bench.kept(no);
    assert!(bench.driver.held.is_empty());
    assert!(matches!(done.try_recv(), Ok(Reply::Done(Ok(())))));
}

#[tokio::test]
async fn a_snapshot_holds_all_that_was_made_and_nothing_of_it_is_told_again() {
    let (mut bench, flash) = Bench::played();
    let (wish, mut done) = question(adds_handset(PHONE, bench.network));
    bench.driver.answer(wish);
    // The flash asks before this turn's records were handed over.
    bench.driver.settle(Told::WantsSnapshot).unwrap();
    let (_, no) = appended(&flash);
    let Ok(Job::Snapshot(facts, upto)) = flash.try_recv() else { panic!("no snapshot") };
    assert_eq!(upto, no);
    let mut durable = Durable::default();
    facts.iter().for_each(|fact| durable.apply(&Event::decode(fact).unwrap()));
    assert!(durable.handset_of(Mac(PHONE)).is_some());
    bench.turn();
    assert!(flash.try_recv().is_err() && done.try_recv().is_err());
    bench.kept(upto);
    assert!(matches!(done.try_recv(), Ok(Reply::Done(Ok(())))));
}

/// A state file that can be made to fail.
struct StateFile(PathBuf);

impl StateFile {
    fn new(name: &str) -> StateFile {
        let file = format!("dialtone-drive-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(file);
        let _ = std::fs::remove_file(&path);
        StateFile(path)
    }

    /// The flash thread on it, and the ends that the loop needs.
    fn thread(&self) -> (FlashThread, mpsc::UnboundedReceiver<Told>) {
        let chip = Chip::open(&self.0, Timing::Host).unwrap_or_else(|why| panic!("{why}"));
        let journal = flash::open(chip).unwrap_or_else(|why| panic!("{why}")).journal;
        let (told, wake) = mpsc::unbounded_channel();
        (FlashThread::start(journal, told, Clock::start()).unwrap(), wake)
    }

    /// What it holds, once the flash thread, which ends a little after the loop, has let go of it.
    async fn durable(&self) -> Durable {
        let let_go = async {
            loop {
                match Chip::open(&self.0, Timing::Host) {
                    Ok(chip) => break chip,
                    Err(_in_use) => tokio::time::sleep(Duration::from_millis(5)).await,
                }
            }
        };
        let chip = timeout(Duration::from_secs(20), let_go).await.unwrap();
        flash::open(chip).unwrap_or_else(|why| panic!("{why}")).durable
    }

    /// From now on every access fails.
    fn fails(&self) {
        let file = std::fs::OpenOptions::new().write(true).open(&self.0).unwrap();
        file.set_len(0).unwrap();
    }
}

impl Drop for StateFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Runs the loop on a real flash thread, asks for a handset, and gives the answer and the end.
async fn runs(file: &StateFile, fails: bool) -> (Option<Reply>, UdpSocket, Ended) {
    let (flash, flash_wake) = file.thread();
    let mut bench = Bench::new(flash);
    if fails {
        file.fails();
    }
    let (desk, web) = call::desk();
    let (_spoken, streams) = mpsc::channel(1);
    let (stop, stopped) = oneshot::channel();
    let wakes = Wakes { web, streams, flash: flash_wake, stop: stopped };
    bench.requests(PHONE);
    let Bench { driver, network, dhcp } = bench;
    let here = LocalSet::new();
    let ended = here.spawn_local(driver.run(wakes));
    let asks = async {
        let reply = desk.ask(adds_handset(PHONE_2, network)).await;
        let _ = stop.send(());
        (reply, ended.await.unwrap())
    };
    let all = timeout(Duration::from_secs(20), here.run_until(asks)).await;
    let (reply, ended) = all.unwrap_or_else(|_| panic!("the loop hangs"));
    (reply, dhcp, ended)
}

#[tokio::test]
async fn the_loop_runs_until_it_is_told_to_stop_and_keeps_what_it_promised() {
    let file = StateFile::new("runs");
    let (reply, dhcp, ended) = runs(&file, false).await;
    assert!(matches!(reply, Some(Reply::Done(Ok(())))) && matches!(ended, Ended::Stopped));
    assert_eq!(kind(&hears(&dhcp).unwrap()), ACK);
    let durable = file.durable().await;
    assert!(durable.handset_of(Mac(PHONE_2)).is_some() && durable.addresses_len() == 1);
}

#[tokio::test]
async fn a_failed_write_ends_the_loop_and_nothing_that_relied_on_it_has_left() {
    let file = StateFile::new("fails");
    let (reply, dhcp, ended) = runs(&file, true).await;
    assert!(reply.is_none(), "the page was told that it is done");
    assert!(hears(&dhcp).is_none(), "the address was acknowledged");
    let Ended::FlashFailed(why) = ended else { panic!("the loop goes on") };
    assert!(why.starts_with("records could not be written"), "{why}");
}

#[tokio::test]
async fn a_phone_that_renews_while_its_first_lease_is_written_waits_too_and_nothing_is_written() {
    let (mut bench, flash) = Bench::played();
    let address = bench.requests(PHONE);
    let (_, no) = appended(&flash);
    bench.asks_dhcp(&request_renewing(PHONE, 3, address).bytes());
    bench.turn();
    assert!(hears(&bench.dhcp).is_none() && flash.try_recv().is_err());
    bench.kept(no);
    let acknowledged = std::iter::from_fn(|| hears(&bench.dhcp)).map(|it| kind(&it));
    assert_eq!(acknowledged.collect::<Vec<_>>(), [ACK, ACK]);
}
