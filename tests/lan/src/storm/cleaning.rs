//! How long answers take while the box cleans its log: on a flash that is all but full, with the
//! timing of NOR, one new phone comes, and the box must write everything anew before it may answer
//! it. Meanwhile a phone at the desk asks what needs no record: a REGISTER without credentials,
//! which is answered with a challenge.

use super::bench::{self, Scratch, LINK_UP, PROBING_MAX, QUIET};
use super::cable::Cable;
use super::chip::Image;
use super::clock::Clock;
use super::generator;
use super::packet::Wire;
use super::server::Server;
use super::{BOX_ADDRESS, DESK_ADDRESS};
use phones::builders::RegisterDraft;
use serde_json::json;
use std::fs;
use std::io::{self, Error};
use std::net::{SocketAddrV4, UdpSocket};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often the desk asks.
const PAUSE: Duration = Duration::from_millis(2);
/// How long it waits for an answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long the new phone may wait: every block of a bank is erased before it has its answer.
const DEADLINE: Duration = Duration::from_secs(60);
/// The desk's SIP port.
const PORT: u16 = 5_060;

/// Runs it on a copy of a flash and prints what was measured as one line of JSON.
pub(super) fn measure(image: &Path) -> io::Result<()> {
    let program = bench::daemon()?;
    let scratch = Scratch::make(None, &program)?;
    let (state, config) = (scratch.0.join("flash"), scratch.0.join("dialtone.toml"));
    fs::copy(image, &state)?;
    fs::write(&config, bench::configuration(&state))?;
    let cable = Cable::lay()?;
    let words = ["serve", "--config", &config.to_string_lossy(), "--nor-timing"];
    let log = scratch.0.join("dialtone.log");
    let _server = Server::start(&cable, &program, &words, (log, "Admin page"))?;
    let mut wire = Wire::open(cable.index)?;
    generator::settle(&mut wire, QUIET, PROBING_MAX)?;
    let _desk = cable.desk()?;
    let socket = UdpSocket::bind(SocketAddrV4::new(DESK_ADDRESS, PORT))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let before = Image::read(&state);
    let over = AtomicBool::new(false);
    let (outcome, asked) = std::thread::scope(|scope| {
        let asking = scope.spawn(|| ask(&socket, &over));
        // The first answers are of a box that does nothing else.
        std::thread::sleep(LINK_UP);
        let outcome = generator::storm(&mut wire, 1, 0, DEADLINE);
        over.store(true, Ordering::Relaxed);
        (outcome, asking.join())
    });
    let outcome = outcome?;
    let mut took_ns = asked.map_err(|_| Error::other("the desk stopped"))??;
    let Some(waited_ns) = outcome.done_ns.first() else {
        return Err(Error::other(format!("the new phone was stuck: {:?}", outcome.stuck)));
    };
    took_ns.sort_unstable();
    let at = |part: usize| took_ns.get(took_ns.len() * part / 1_000).copied().unwrap_or(u64::MAX);
    let most_ns = took_ns.last().copied().unwrap_or(u64::MAX);
    let ms = |ns: u64| (ns as f64 / 1e4).round() / 1e2;
    let line = json!({
        "bench": "cleaning",
        "answers": took_ns.len(),
        "p50_ms": ms(at(500)),
        "p99_ms": ms(at(990)),
        "most_ms": ms(most_ns),
        "erases": Image::read(&state).since(&before).erases,
        "new_phone_waited_ms": ms(*waited_ns),
    });
    println!("{line}");
    Ok(())
}

/// Asks until it is over; how long each answer took.
fn ask(socket: &UdpSocket, over: &AtomicBool) -> io::Result<Vec<u64>> {
    let clock = Clock::start();
    let mut took_ns = Vec::new();
    let mut room = [0; 2_048];
    while !over.load(Ordering::Relaxed) {
        let name = format!("desk{}", took_ns.len());
        let asked_ns = clock.now_ns();
        socket.send_to(question(&name).as_bytes(), (BOX_ADDRESS, PORT))?;
        loop {
            let length = socket.recv(&mut room)?;
            let answer = String::from_utf8_lossy(room.get(..length).unwrap_or_default());
            if answer.contains(&name) && answer.starts_with("SIP/2.0 ") {
                break;
            }
        }
        took_ns.push(clock.now_ns() - asked_ns);
        std::thread::sleep(PAUSE);
    }
    Ok(took_ns)
}

fn question(name: &str) -> String {
    RegisterDraft {
        domain: &BOX_ADDRESS.to_string(),
        user: "nobody",
        display: "",
        local: SocketAddrV4::new(DESK_ADDRESS, PORT),
        branch: name,
        tag: name,
        call_id: name,
        cseq: 1,
        expires_s: 3_600,
        user_agent: "Yealink SIP-T46U 108.86.0.20",
        authorization: None,
        more: "",
    }
    .text()
}
