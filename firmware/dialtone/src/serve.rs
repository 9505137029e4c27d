//! Starting: flash, exchange, sockets and web are put together here, and run until the end.

use crate::call;
use crate::chip::Chip;
use crate::clock::Clock;
use crate::config::{Hardware, Port};
use crate::drive::{Driver, Ended, Wakes};
use crate::entropy;
use crate::flash::{self, FlashThread};
use crate::http;
use crate::logging;
use crate::nor_file::Timing;
use crate::password;
use crate::say::{complain, say};
use crate::sockets::Sockets;
use crate::stream::{self, Streams};
use crate::web::WebSite;
use exchange::board::Board;
use exchange::names::{InterfaceNo, Side};
use exchange::note::Note;
use exchange::Exchange;
use std::net::SocketAddrV4;
use std::path::PathBuf;
use std::sync::atomic::AtomicU32;
use std::sync::Arc;
#[cfg(feature = "demo")]
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot};

/// Messages of TCP connections that may wait for the loop.
const SPOKEN_MAX: usize = 256;

/// What to start with.
pub(crate) struct Start {
    pub(crate) state: PathBuf,
    pub(crate) timing: Timing,
    pub(crate) ports: Vec<Port>,
    pub(crate) web: Vec<(InterfaceNo, SocketAddrV4)>,
    pub(crate) board: Board,
    pub(crate) hardware: Hardware,
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
        let (driver, wakes) = open(start, logging::quiet, stopped).await?;
        let companion = companion(stop)?;
        tokio::select! {
            ended = driver.run(wakes) => said(ended)?,
            () = interrupted() => return Ok(()),
        }
        companion.join().unwrap_or_else(|_| Err("the phones' thread ended badly".to_owned()))
    })
}

/// Serves until the process is told to end.
pub(crate) fn appliance(start: Start) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("the runtime did not start: {error}"))?;
    runtime.block_on(async move {
        let (_stop, stopped) = oneshot::channel();
        let (driver, wakes) = open(start, logging::note, stopped).await?;
        tokio::select! {
            ended = driver.run(wakes) => said(ended),
            () = interrupted() => Ok(()),
        }
    })
}

fn said(ended: Ended) -> Result<(), String> {
    match ended {
        Ended::Stopped => Ok(()),
        Ended::FlashFailed(why) => Err(why),
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

async fn open(
    start: Start,
    notes: fn(Note),
    stop: oneshot::Receiver<()>,
) -> Result<(Driver, Wakes), String> {
    crate::device::open_many_descriptors();
    let Start { state, timing, ports, web, board, hardware: _ } = start;
    let hint = if demonstrates(&ports) { "; choose another with --state FILE" } else { "" };
    let on_flash = |why: String| format!("the state file {}: {why}{hint}", state.display());
    let nor = Chip::open(&state, timing).map_err(|error| on_flash(error.to_string()))?;
    let flash::Opened { journal, durable, found } = flash::open(nor).map_err(on_flash)?;
    if found.torn_tail {
        complain(format_args!("the last write was cut off by a power loss and was dropped"));
    }
    let seed = entropy::seed().map_err(|error| format!("the kernel gives no entropy: {error}"))?;
    let (shown, hash) =
        password::first().map_err(|error| format!("no first password could be drawn: {error}"))?;
    let password_set = durable.admin_password().is_some();
    let render = render::Templates::shipped()
        .map_err(|flaw| format!("template {} fails in line {}", flaw.template, flaw.line))?;
    let room = u64::from(journal.capacity());
    let overfull = durable.record_bytes() > room;
    let mut exchange = Exchange::new(board, durable, seed, Box::new(render), hash);
    exchange.set_flash_bytes(room);
    if overfull {
        complain(format_args!(
            "the state is larger than this flash holds; known phones are served, nothing new is \
             stored"
        ));
        exchange.set_read_only();
    }
    if found.damaged.is_some() {
        complain(format_args!(
            "the state is damaged; known phones are served from what is proven good, \
             nothing new is stored"
        ));
        exchange.set_read_only();
    }
    let (told, flash_wake) = mpsc::unbounded_channel();
    let flash = FlashThread::start(journal, told)
        .map_err(|error| format!("the flash thread did not start: {error}"))?;
    let streams_wake = listen_sip(&ports)?;
    let web_wake = listen_web(&web, &ports, password_set, &shown)?;
    let sockets = Sockets::open(ports).map_err(in_use)?;
    let clock = Clock::start();
    let driver = Driver::new(exchange, clock, sockets, Streams::default(), flash, notes);
    Ok((driver, Wakes { web: web_wake, streams: streams_wake, flash: flash_wake, stop }))
}

fn listen_sip(ports: &[Port]) -> Result<mpsc::Receiver<stream::Spoken>, String> {
    let (spoken, wake) = mpsc::channel(SPOKEN_MAX);
    let numbers = Arc::new(AtomicU32::new(1));
    for (place, port) in ports.iter().enumerate() {
        let listener = stream::bind(port).map_err(in_use)?;
        let interface = InterfaceNo(place as u8);
        let (side, numbers, spoken) = (port.side, numbers.clone(), spoken.clone());
        tokio::spawn(stream::listen(listener, interface, side, numbers, spoken));
    }
    Ok(wake)
}

fn listen_web(
    web: &[(InterfaceNo, SocketAddrV4)],
    ports: &[Port],
    password_set: bool,
    first_password: &str,
) -> Result<mpsc::Receiver<call::Asked>, String> {
    let (desk, wake) = call::desk();
    let site = Arc::new(WebSite::new());
    for (interface, at) in web {
        let device = ports.get(usize::from(interface.0)).and_then(|port| port.device.as_ref());
        let listener =
            http::Listener::bind(*at, device).map_err(|error| web_in_use(error, web, ports))?;
        let serving = http::serve(listener, *interface, Side::Lan, desk.clone(), site.clone());
        tokio::spawn(serving);
        let port = if at.port() == 80 { String::new() } else { format!(":{}", at.port()) };
        say(format_args!("Admin page: http://{}{port}/", at.ip()));
    }
    if password_set {
        say(format_args!("Log in with the password you chose.\n"));
    } else {
        say(format_args!(
            "Password:   {first_password}   (for the first log-in; you choose your own then)\n"
        ));
    }
    Ok(wake)
}

/// Whether phones are simulated on the loopback, and the command line says where things are.
fn demonstrates(ports: &[Port]) -> bool {
    ports.iter().any(|port| port.client.is_some())
}

/// The port of the pages is the one that a demonstration can choose.
fn web_in_use(
    error: std::io::Error,
    web: &[(InterfaceNo, SocketAddrV4)],
    ports: &[Port],
) -> String {
    let Some((_, at)) = web.first().filter(|_| demonstrates(ports)) else {
        return in_use(error);
    };
    if error.kind() == std::io::ErrorKind::AddrNotAvailable {
        return format!("this machine has no address {}", at.ip());
    }
    if error.kind() != std::io::ErrorKind::AddrInUse {
        return in_use(error);
    }
    let said = error.to_string();
    let taken = place(&said);
    let other = SocketAddrV4::new(*at.ip(), at.port().checked_add(1).unwrap_or(8_081));
    format!("{taken} is taken by another program. Choose another one: --web {other}")
}

fn in_use(error: std::io::Error) -> String {
    let said = error.to_string();
    if error.kind() == std::io::ErrorKind::AddrInUse {
        let taken = place(&said);
        return format!("{taken} is taken. Is another Dialtone running? Stop it first.");
    }
    let hint = if error.kind() == std::io::ErrorKind::PermissionDenied {
        ". Serving on this port needs root, or its capabilities."
    } else {
        ""
    };
    format!("{said}{hint}")
}

/// The address that an error is about: what stands before the system's own words.
fn place(said: &str) -> &str {
    let ends = [": EADDRINUSE", ": Address already in use"];
    let end = ends.iter().filter_map(|words| said.find(words)).min();
    end.and_then(|end| said.get(..end)).unwrap_or(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_is_taken_is_named_without_the_systems_words() {
        let taken = |said: &str| std::io::Error::new(std::io::ErrorKind::AddrInUse, said);
        let error = taken("on eth0: 10.0.0.1:67: EADDRINUSE: Address already in use");
        let wanted = "on eth0: 10.0.0.1:67 is taken. Is another Dialtone running? Stop it first.";
        assert_eq!(in_use(error), wanted);
        let error = taken("10.0.0.1:80: Address already in use (os error 98)");
        let wanted = "10.0.0.1:80 is taken. Is another Dialtone running? Stop it first.";
        assert_eq!(web_in_use(error, &[], &[]), wanted);
    }
}
