//! Starting: flash, exchange, sockets and web are put together here, and run until the end.
//!
//! The order matters. What needs root comes first: the state, since it says which addresses the
//! ports have, the addresses, the sockets, the watchdog, the button. Then root is given up, and
//! only then are there threads: what a thread may do is settled when it starts.

mod bring_up;
mod words;

use crate::button::{self, Button};
use crate::call::{self, Desk};
use crate::chip::Chip;
use crate::clock::Clock;
use crate::config::{ButtonEntry, Hardware, Port};
use crate::device;
use crate::drive::{Driver, Ended, Hands, Wakes};
use crate::entropy;
use crate::firmware::{self, Shelf, Store};
use crate::flash::{self, FlashThread};
use crate::host;
use crate::http;
use crate::logging;
use crate::neighbour::Neighbours;
use crate::network::{self, Network};
use crate::nor_file::Timing;
use crate::password;
use crate::privilege;
use crate::recovery::{Entrance, Recovery};
use crate::rehearsal::Rehearsals;
use crate::release;
use crate::say::{complain, say};
use crate::sockets::Sockets;
use crate::stream::{self, Lobby, Streams};
use crate::tls::{self, Secured};
use crate::watchdog::Watchdog;
use crate::web::{Facts, WebSite};
use bring_up::WayOut;
use exchange::board::Board;
use exchange::limits::SPOKEN_MAX;
use exchange::names::{InterfaceNo, Side};
use exchange::note::Note;
use exchange::state::Durable;
use exchange::{Exchange, PasswordHash};
use journal::files::Files;
use pages::recovery::Problem;
use std::net::SocketAddrV4;
use std::path::PathBuf;
use std::sync::Arc;
#[cfg(feature = "demo")]
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot};
use words::{demonstrates, in_use, tls_in_use, web_in_use};

/// What to start with.
pub(crate) struct Start {
    pub(crate) state: PathBuf,
    pub(crate) timing: Timing,
    /// The flash is read and never written: writing to it failed before.
    pub(crate) read_only: bool,
    pub(crate) ports: Vec<Port>,
    pub(crate) web: Vec<(InterfaceNo, SocketAddrV4)>,
    pub(crate) board: Board,
    pub(crate) hardware: Hardware,
    /// Where changed templates are tried; `None` where that could not be started.
    pub(crate) rehearsals: Option<Rehearsals>,
}

/// A companion thread that decides when to stop, such as a demonstration's phones.
#[cfg(feature = "demo")]
pub(crate) type Companion = JoinHandle<Result<(), String>>;

/// Serves until stopped, with a companion that is started once everything is open.
#[cfg(feature = "demo")]
pub(crate) fn run(
    start: Start,
    companion: impl FnOnce(oneshot::Sender<()>) -> Result<Companion, String>,
) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("the runtime did not start: {error}"))?;
    runtime.block_on(async move {
        let (stop, stopped) = oneshot::channel();
        let opened = opened(&start).map_err(|problem| unusable(&start, problem))?;
        let (driver, wakes) = open(start, opened, logging::quiet, stopped)?;
        let companion = companion(stop)?;
        tokio::select! {
            ended = driver.run(wakes) => {
                // The phones know another state; they end with the process.
                let replaced = matches!(ended, Ended::Restored);
                said(ended).map_err(|failure| failure.to_string())?;
                if replaced {
                    return Ok(());
                }
            }
            () = interrupted() => return Ok(()),
        }
        companion.join().unwrap_or_else(|_| Err("the phones' thread ended badly".to_owned()))
    })
}

/// Serves until the process is told to end.
pub(crate) fn appliance(start: Start) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("the runtime did not start: {error}"))?;
    runtime.block_on(async move {
        let (_stop, stopped) = oneshot::channel();
        button::outlive_signal();
        if let Some(path) = &start.hardware.log {
            logging::to_syslog(path)?;
        }
        let opened = match opened(&start) {
            Ok(opened) => opened,
            Err(problem) if start.hardware.name.is_some() && problem != Problem::InUse => {
                return Ok(recover(&start, problem).await?);
            }
            Err(problem) => return Err(unusable(&start, problem).into()),
        };
        let (driver, wakes) = open(start, opened, logging::note, stopped)?;
        tokio::select! {
            ended = driver.run(wakes) => said(ended),
            () = interrupted() => Ok(()),
        }
    })
}

/// Reads the state.
fn opened(start: &Start) -> Result<flash::Opened, Problem> {
    let chip = match start.read_only {
        true => Chip::copy(&start.state)?,
        false => Chip::open(&start.state, start.timing)?,
    };
    flash::open(chip)
}

fn unusable(start: &Start, problem: Problem) -> String {
    let hint = if demonstrates(&start.ports) { "; choose another with --state FILE" } else { "" };
    format!("the state file {}: {problem}{hint}", start.state.display())
}

/// Serves the page that says why no phone is served, until a new start is wanted.
async fn recover(start: &Start, problem: Problem) -> Result<(), String> {
    let Start { state, timing, read_only: _, ports, web, board, hardware, rehearsals: _ } = start;
    let entrance = |(no, at): &(InterfaceNo, SocketAddrV4)| {
        let prefix = board.interface(*no).map(|port| port.prefix)?;
        let device = ports.get(usize::from(no.0)).and_then(|port| port.device.clone());
        Some(Entrance { at: *at, prefix, device })
    };
    if hardware.bring_up {
        bring_up::bring_up(hardware, ports, board, WayOut::default())?;
    }
    let entrances: Vec<Entrance> = web.iter().filter_map(entrance).collect();
    let recovery = Recovery::open(&entrances, state, *timing, problem, Some(board.clone()))?;
    let mut watchdog = watchdog(hardware);
    give_up_root(hardware)?;
    let clock = Clock::start();
    let beat = || {
        if let Some(watchdog) = &mut watchdog {
            watchdog.pet(clock.now().mono);
        }
        log::logger().flush();
    };
    tokio::select! {
        () = recovery.serve(beat) => Ok(()),
        () = interrupted() => Ok(()),
    }
}

/// The board's watchdog; a box without one serves all the same.
fn watchdog(hardware: &Hardware) -> Option<Watchdog> {
    let opened = hardware.watchdog.as_deref().map(Watchdog::open)?;
    opened.map_err(|error| log::error!("the watchdog cannot be opened: {error}")).ok()
}

fn give_up_root(hardware: &Hardware) -> Result<(), String> {
    if let Some(user) = &hardware.user {
        let dropped = privilege::drop_to(user)?;
        log::info!("{dropped}");
    }
    Ok(())
}

fn said(ended: Ended) -> Result<(), Failure> {
    match ended {
        Ended::Stopped | Ended::Restart => Ok(()),
        Ended::Restored => {
            say(format_args!(
                "The state was restored from a backup: Dialtone starts anew with it."
            ));
            Ok(())
        }
        Ended::FlashFailed(why) => Err(Failure::Flash(why)),
        Ended::Failed(why) => Err(Failure::Other(why)),
    }
}

/// Why an appliance does not serve any more.
pub(crate) enum Failure {
    /// Its flash could not be written.
    Flash(String),
    /// Anything else.
    Other(String),
}

impl From<String> for Failure {
    fn from(why: String) -> Failure {
        Failure::Other(why)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Failure::Flash(why) | Failure::Other(why)) = self;
        f.write_str(why)
    }
}

/// Ctrl-C, or the polite signal of whoever supervises.
async fn interrupted() {
    use tokio::signal::unix::{signal, SignalKind};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => (),
        _ = tokio::signal::ctrl_c() => (),
    }
}

/// Opens everything, gives root up, and puts the parts together. Needs a runtime to be entered.
fn open(
    start: Start,
    opened: flash::Opened,
    notes: fn(Note),
    stop: oneshot::Receiver<()>,
) -> Result<(Driver, Wakes), String> {
    device::open_many_descriptors();
    let Start { read_only, ports, web, board, hardware, rehearsals, .. } = start;
    let flash::Opened { journal, mut durable, found } = opened;
    let room = u64::from(journal.capacity());
    let stores = stores(&found, durable.record_bytes(), room, read_only);
    let Network { board, ports, web, gateway, dns, passed_over } =
        network::in_force(&mut durable, stores, board, ports, web);
    if let Some(why) = passed_over {
        complain(format_args!("{why}"));
    }
    if hardware.bring_up {
        bring_up::bring_up(&hardware, &ports, &board, WayOut { gateway, dns })?;
    }
    let password_set = durable.admin_password().is_some();
    let clock = Clock::start();
    let mut exchange = exchange(board, durable, room)?;
    exchange.be_found(clock.now(), host::NAME);
    if !stores {
        exchange.set_read_only();
    }
    if hardware.bring_up {
        exchange.set_appliance(hardware.trial_ms());
    }
    let (kept, nowhere) = firmware_of(&hardware, demonstrates(&ports));
    if let Some(kept) = &kept {
        exchange.firmware_kept(firmware::stock(kept).files);
    }
    let (spoken, streams_wake) = mpsc::channel(SPOKEN_MAX);
    let secured = Arc::new(Secured::new(clock));
    listen_sip(&ports, &spoken, &secured)?;
    let (desk, web_wake) = call::desk();
    let facts = Facts { board: hardware.name.clone(), slot: release::slot(), ports: ports.clone() };
    let (shelf, queue) = Shelf::new(clock);
    let shelf = Some(shelf).filter(|_| kept.is_some());
    let store = shelf.clone().map_or(nowhere, Store::Shelf);
    let site = WebSite::new().of(facts, rehearsals, store);
    let https = ports.iter().find_map(|port| port.https_port);
    let site = Arc::new(site.secured_by(secured.clone(), https));
    listen_web(&web, &ports, &desk, &site)?;
    let speaks = |port: &Port| port.https_port.or(port.sips_port).is_some();
    let ours = ports.iter().any(speaks).then(|| ports.clone());
    let sockets = Sockets::open(ports).map_err(in_use)?;
    exchange.look_for_others(clock.now(), &sockets.ears());
    // Without it, e.g. for want of netlink, a lease alone is the proof.
    let neighbours = Neighbours::open().ok();
    let watchdog = watchdog(&hardware);
    let button = hardware.button.as_ref().and_then(button_of);
    give_up_root(&hardware)?;
    let (told, flash_wake) = mpsc::unbounded_channel();
    let flash = FlashThread::start(journal, told, clock)
        .map_err(|error| format!("the flash thread did not start: {error}"))?;
    if let Some(kept) = kept {
        queue.start(kept).map_err(|error| format!("the firmware thread did not start: {error}"))?;
    }
    let firmware = shelf.map(|shelf| (shelf, desk.clone()));
    announce(&web, https);
    log_in(password_set, &site, desk.clone())?;
    ours.map(|ports| tokio::spawn(tls::keep_up(secured, desk.clone(), ports)));
    tokio::spawn(button::claims(button, desk));
    let streams = Streams::default();
    let hands = Hands { clock, sockets, streams, neighbours, flash, firmware, watchdog, notes };
    let wakes = Wakes { web: web_wake, streams: streams_wake, flash: flash_wake, stop };
    Ok((Driver::new(exchange, hands), wakes))
}

/// Whether new facts can be stored; says why not, and what else was found.
fn stores(found: &journal::Mounted, bytes: u64, room: u64, read_only: bool) -> bool {
    if found.torn_tail {
        complain(format_args!("the last write was cut off by a power loss and was dropped"));
    }
    let why = match (&found.damaged, bytes > room) {
        (None, false) if read_only => "writing to the flash failed again and again",
        (None, false) => return true,
        (Some(_), _) => "the state is damaged, and what is proven good is in force",
        (None, true) => "the state is larger than this flash holds",
    };
    complain(format_args!("{why}: known phones are served, nothing new is stored"));
    false
}

/// Where firmware of phones is kept, or that it is kept nowhere, and why.
fn firmware_of(hardware: &Hardware, in_memory: bool) -> (Option<Files<Chip>>, Store) {
    let Some(path) = &hardware.firmware else {
        return (in_memory.then(firmware::in_memory).flatten(), Store::Nowhere);
    };
    match firmware::open(path) {
        Ok(kept) => (Some(kept), Store::Nowhere),
        Err(why) => {
            let why = format!("firmware of phones is not kept in {}: {why}", path.display());
            complain(format_args!("{why}"));
            (None, Store::Unusable(why))
        }
    }
}

/// The exchange as its state makes it.
fn exchange(board: Board, durable: Durable, room: u64) -> Result<Exchange, String> {
    let seed = entropy::seed().map_err(|error| format!("the kernel gives no entropy: {error}"))?;
    let render = render::Templates::shipped()
        .map_err(|flaw| format!("template {} fails in line {}", flaw.template, flaw.line))?;
    let none_yet = PasswordHash::new();
    let mut exchange = Exchange::new(board, durable, seed, Box::new(render), none_yet);
    exchange.set_flash_bytes(room);
    Ok(exchange)
}

/// The board's button; one that cannot be opened is a nuisance, not a reason to serve nobody.
fn button_of(entry: &ButtonEntry) -> Option<Button> {
    let opened = Button::open(&entry.chip, entry.line, entry.active_low);
    opened.map_err(|error| log::error!("the button cannot be read: {error}")).ok()
}

fn listen_sip(
    ports: &[Port],
    spoken: &mpsc::Sender<stream::Spoken>,
    secured: &Arc<Secured>,
) -> Result<(), String> {
    let lobby = Arc::new(Lobby::default());
    for (place, port) in ports.iter().enumerate() {
        let plain = (port.sip_port, None);
        let sips = port.sips_port.map(|number| (number, Some(secured.clone())));
        for (number, secured) in std::iter::once(plain).chain(sips) {
            let over_tls = secured.is_some();
            let listener = stream::bind(port, number).map_err(|error| {
                if over_tls {
                    tls_in_use(error, "sips")
                } else {
                    in_use(error)
                }
            })?;
            let at = (InterfaceNo(place as u8), port.side);
            let (lobby, spoken) = (lobby.clone(), spoken.clone());
            tokio::spawn(stream::listen(listener, at, lobby, spoken, secured));
        }
    }
    Ok(())
}

fn listen_web(
    web: &[(InterfaceNo, SocketAddrV4)],
    ports: &[Port],
    desk: &Desk,
    site: &Arc<WebSite>,
) -> Result<(), String> {
    for (interface, at) in web {
        let device = ports.get(usize::from(interface.0)).and_then(|port| port.device.as_ref());
        let listener =
            http::Listener::bind(*at, device).map_err(|error| web_in_use(error, web, ports))?;
        let at = (*interface, Side::Lan);
        tokio::spawn(http::serve(listener, at, false, desk.clone(), site.clone()));
    }
    // Over TLS on both sides.
    for (place, port) in ports.iter().enumerate() {
        let Some(number) = port.https_port else { continue };
        let at = SocketAddrV4::new(port.address, number);
        let listener = http::Listener::bind(at, port.device.as_ref())
            .map_err(|error| tls_in_use(error, "https"))?;
        let at = (InterfaceNo(place as u8), port.side);
        tokio::spawn(http::serve(listener, at, true, desk.clone(), site.clone()));
    }
    Ok(())
}

/// Says with which password to log in.
fn log_in(is_set: bool, site: &Arc<WebSite>, desk: Desk) -> Result<(), String> {
    match is_set {
        true => say(format_args!("Log in with the password you chose.\n")),
        false => first_password(site, desk)?,
    }
    Ok(())
}

/// Says where the pages are; by then all doors are open.
fn announce(web: &[(InterfaceNo, SocketAddrV4)], https: Option<u16>) {
    for (_, at) in web {
        let (scheme, port, usual) = match https {
            Some(port) if !at.ip().is_loopback() => ("https", port, 443),
            Some(_) | None => ("http", at.port(), 80),
        };
        let port = if port == usual { String::new() } else { format!(":{port}") };
        say(format_args!("Admin page: {scheme}://{}{port}/", at.ip()));
    }
}

/// Draws the first password, says it on the console and nowhere else, and has it hashed.
fn first_password(site: &WebSite, desk: Desk) -> Result<(), String> {
    let first =
        password::first().map_err(|error| format!("no first password could be drawn: {error}"))?;
    say(format_args!("Password:   {first}   (for the first log-in; you choose your own then)\n"));
    password::make_first(site.door(), first, desk);
    Ok(())
}
