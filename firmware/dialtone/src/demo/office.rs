//! The phones' side: sockets and time for many simulated phones, in a thread of its own.

use super::report;
use crate::clock::Clock;
use phones::{reply_xid, DhcpTo, Input, Kind, Output, Phone, Settings, Step};
use std::collections::{BTreeMap, HashMap};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, UdpSocket};
use tokio::sync::{mpsc, oneshot};

/// Where phones ask who configures them.
const PNP_GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 1, 75);
/// Largest file a phone takes.
const FILE_BYTES_MAX: usize = 1024 * 1024;
/// Connections under way at once; phones in a real office do not share one kernel.
const FETCHES_MAX: usize = 64;
/// Phones are plugged in this far apart, so that the screen can be followed.
const APART_MS: u64 = 5;

/// Something that happened to the phone of this number.
enum Event {
    Udp { phone: usize, local_port: u16, from: SocketAddrV4, bytes: Vec<u8> },
    Http { phone: usize, id: u32, status: u16, body: Vec<u8> },
}

/// All phones.
pub(super) struct Office {
    phones: Vec<Phone>,
    last: Vec<Option<Step>>,
    done: Vec<bool>,
}

struct Wires {
    dhcp: UdpSocket,
    box_dhcp: SocketAddrV4,
    sockets: HashMap<(usize, u16), (Arc<UdpSocket>, tokio::task::AbortHandle)>,
    by_xid: BTreeMap<u32, usize>,
    events: mpsc::UnboundedSender<Event>,
    fetches: Arc<tokio::sync::Semaphore>,
}

impl Office {
    pub(super) fn new(count: u32, sip_port: u16, tftp_port: u16, http_port: u16) -> Office {
        let settings = Settings {
            dhcp_first_retry_ms: 1_000,
            pnp_target: SocketAddrV4::new(PNP_GROUP, sip_port),
            pnp_wait_ms: 3_000,
            tftp_port,
            http_port,
            retry_ms: 5_000,
            ..Settings::default()
        };
        let phone = |index: u32| {
            let kind = Kind::PHONES[index as usize % Kind::PHONES.len()];
            Phone::with(kind, index, 0xd1a1_70fe ^ u64::from(index), settings.clone())
        };
        let phones: Vec<Phone> = (0..count).map(phone).collect();
        let len = phones.len();
        Office { phones, last: vec![None; len], done: vec![false; len] }
    }

    /// Boots all phones and lives their lives. With `once` it ends when all are registered or the
    /// time is over; `Err` says why not all are.
    pub(super) fn run(
        self,
        box_dhcp: SocketAddrV4,
        clients: SocketAddrV4,
        once: Option<Duration>,
        stop: oneshot::Sender<()>,
    ) -> Result<(), String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| format!("the phones did not start: {error}"))?;
        let outcome = runtime.block_on(self.live(box_dhcp, clients, once));
        // Whatever came of it, the box is told to stop; if it has stopped already, nobody listens.
        let _ = stop.send(());
        outcome
    }

    async fn live(
        mut self,
        box_dhcp: SocketAddrV4,
        clients: SocketAddrV4,
        once: Option<Duration>,
    ) -> Result<(), String> {
        let bound = UdpSocket::bind(clients).await;
        let dhcp = bound.map_err(|error| format!("the phones' DHCP port {clients}: {error}"))?;
        let (events, mut happened) = mpsc::unbounded_channel();
        let mut wires = Wires {
            dhcp,
            box_dhcp,
            sockets: HashMap::new(),
            by_xid: BTreeMap::new(),
            events,
            fetches: Arc::new(tokio::sync::Semaphore::new(FETCHES_MAX)),
        };
        let clock = Clock::start();
        let mut plugged = 0;
        let mut datagram = vec![0; 2_048];
        loop {
            let now = clock.now().mono;
            while plugged < self.phones.len() && plugged as u64 * APART_MS <= now.0 {
                self.phones[plugged].start(now.0);
                self.carry_out(plugged, &mut wires, clock).await;
                plugged += 1;
            }
            let due = self.tick(&mut wires, clock).await;
            if let Some(outcome) = self.outcome(once, clock) {
                return outcome;
            }
            let next_plug = (plugged < self.phones.len()).then_some(plugged as u64 * APART_MS);
            let wake = due.unwrap_or(u64::MAX).min(next_plug.unwrap_or(u64::MAX)).min(now.0 + 500);
            tokio::select! {
                Ok((len, _)) = wires.dhcp.recv_from(&mut datagram) => {
                    let bytes = datagram.get(..len).unwrap_or_default();
                    let xid = reply_xid(bytes);
                    if let Some(phone) = xid.and_then(|xid| wires.by_xid.get(&xid).copied()) {
                        self.phones[phone].receive(clock.now().mono.0, Input::Dhcp(bytes));
                        self.carry_out(phone, &mut wires, clock).await;
                    }
                }
                Some(event) = happened.recv() => self.hear(event, &mut wires, clock).await,
                () = tokio::time::sleep_until(clock.at(exchange::time::Instant(wake))) => (),
            }
        }
    }

    async fn tick(&mut self, wires: &mut Wires, clock: Clock) -> Option<u64> {
        let mut earliest: Option<u64> = None;
        for place in 0..self.phones.len() {
            let now = clock.now().mono.0;
            if self.phones[place].next_deadline().is_some_and(|due| due <= now) {
                self.phones[place].tick(now);
                self.carry_out(place, wires, clock).await;
            }
            let due = self.phones[place].next_deadline();
            earliest = earliest.into_iter().chain(due).min();
        }
        earliest
    }

    /// With `--once`: whether it is over, and how it went.
    fn outcome(&self, once: Option<Duration>, clock: Clock) -> Option<Result<(), String>> {
        let deadline = once?;
        let since = Duration::from_millis(clock.now().mono.0);
        let registered = self.done.iter().filter(|done| **done).count();
        if registered == self.phones.len() {
            report::summary(registered, self.phones.len(), since);
            return Some(Ok(()));
        }
        if since < deadline {
            return None;
        }
        report::summary(registered, self.phones.len(), since);
        let late = self.done.iter().position(|done| !done)?;
        let word = report::last_word(&self.phones[late], self.last[late].as_ref());
        Some(Err(format!("not all phones are registered within the deadline; {word}")))
    }

    async fn hear(&mut self, event: Event, wires: &mut Wires, clock: Clock) {
        let now = clock.now().mono.0;
        let phone = match event {
            Event::Udp { phone, local_port, from, bytes } => {
                self.phones[phone].receive(now, Input::Udp { local_port, from, bytes: &bytes });
                phone
            }
            Event::Http { phone, id, status, body } => {
                self.phones[phone].receive(now, Input::Http { id, status, body: &body });
                phone
            }
        };
        self.carry_out(phone, wires, clock).await;
    }

    async fn carry_out(&mut self, place: usize, wires: &mut Wires, clock: Clock) {
        while let Some(output) = self.phones[place].poll_output() {
            let ip = self.phones[place].ip();
            match output {
                Output::Dhcp { bytes, to } => {
                    wires.by_xid.insert(self.phones[place].xid(), place);
                    let to = match to {
                        DhcpTo::Broadcast => wires.box_dhcp,
                        DhcpTo::Server(server) => SocketAddrV4::new(server, wires.box_dhcp.port()),
                    };
                    // Lost like any datagram; the phone asks again.
                    let _ = wires.dhcp.send_to(&bytes, to).await;
                }
                Output::UdpOpen { local_port } => self.open(place, ip, local_port, wires),
                Output::UdpClose { local_port } => {
                    if let Some((_, reader)) = wires.sockets.remove(&(place, local_port)) {
                        reader.abort();
                    }
                }
                Output::Udp { local_port, to, bytes } => {
                    if let Some((socket, _)) = wires.sockets.get(&(place, local_port)) {
                        let _ = socket.send_to(&bytes, to).await;
                    }
                }
                Output::HttpGet { id, server, path, user_agent } => {
                    let Some(ip) = ip else { continue };
                    let (events, fetches) = (wires.events.clone(), wires.fetches.clone());
                    tokio::spawn(async move {
                        let _turn = fetches.acquire().await;
                        let (status, body) =
                            fetch(ip, server, &path, &user_agent).await.unwrap_or((0, Vec::new()));
                        let _ = events.send(Event::Http { phone: place, id, status, body });
                    });
                }
                Output::Log(step) => self.last[place] = Some(step),
                Output::Registered => {
                    self.done[place] = true;
                    report::registered(
                        Duration::from_millis(clock.now().mono.0),
                        &self.phones[place],
                    );
                }
                Output::Failed(why) => {
                    let since = Duration::from_millis(clock.now().mono.0);
                    report::stuck(since, &self.phones[place], &why);
                }
            }
        }
    }

    fn open(&self, place: usize, ip: Option<Ipv4Addr>, local_port: u16, wires: &mut Wires) {
        let Some(ip) = ip else { return };
        let Ok(socket) = udp(ip, local_port) else { return };
        let socket = Arc::new(socket);
        let (reader, events) = (socket.clone(), wires.events.clone());
        let task = tokio::spawn(async move {
            let mut bytes = vec![0; 4_096];
            while let Ok((len, from)) = reader.recv_from(&mut bytes).await {
                let SocketAddr::V4(from) = from else { continue };
                let bytes = bytes.get(..len).unwrap_or_default().to_vec();
                if events.send(Event::Udp { phone: place, local_port, from, bytes }).is_err() {
                    return;
                }
            }
        });
        wires.sockets.insert((place, local_port), (socket, task.abort_handle()));
    }
}

/// A socket at the phone's own address; what it sends to the group stays on the loopback.
fn udp(ip: Ipv4Addr, port: u16) -> std::io::Result<UdpSocket> {
    let socket = std::net::UdpSocket::bind(SocketAddrV4::new(ip, port))?;
    socket.set_nonblocking(true)?;
    crate::raw::multicast_by(&socket, Ipv4Addr::LOCALHOST)?;
    UdpSocket::from_std(socket)
}

/// HTTP/1.1, one request, from the phone's own address.
async fn fetch(
    ip: Ipv4Addr,
    server: SocketAddrV4,
    path: &str,
    user_agent: &str,
) -> Option<(u16, Vec<u8>)> {
    let socket = TcpSocket::new_v4().ok()?;
    socket.bind(SocketAddrV4::new(ip, 0).into()).ok()?;
    let patience = Duration::from_secs(15);
    let answer = tokio::time::timeout(patience, async move {
        let mut connection = socket.connect(server.into()).await.ok()?;
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {server}\r\nUser-Agent: {user_agent}\r\n\
             Accept: */*\r\nConnection: close\r\n\r\n"
        );
        connection.write_all(request.as_bytes()).await.ok()?;
        let mut answer = Vec::new();
        connection.take(FILE_BYTES_MAX as u64).read_to_end(&mut answer).await.ok()?;
        Some(answer)
    });
    let answer = answer.await.ok()??;
    let head_len = answer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let status =
        answer.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok())?;
    Some((status, answer.get(head_len..)?.to_vec()))
}
