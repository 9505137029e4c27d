//! The plan of a benchmark: which storms, against whom, how often, and what is noted of each.
//!
//! Each round has namespaces, a flash and a daemon of its own. The phones that nobody has ever seen
//! come first, once the daemon has probed its addresses ahead; then they are switched off, the
//! admin gives them lines, and they are switched on again, known.

use super::cable::{Cable, Raised};
use super::chip::{self, Image, Written};
use super::generator::{self, Outcome};
use super::packet::Wire;
use super::report::{self, Row, Surroundings};
use super::server::{Server, Used};
use super::wish::{Case, Wish};
use super::{desk, peers, BOX_ADDRESS, BOX_DEVICE, NETWORK, POOL_FIRST, POOL_LAST, PREFIX};
use std::fs;
use std::io::{self, Error};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Silence on the cable that means the daemon has probed its addresses ahead.
pub(crate) const QUIET: Duration = Duration::from_millis(1_200);
/// Time for the kernel to notice that the cable is plugged in.
pub(crate) const LOOKS: Duration = Duration::from_secs(4);
pub(crate) const LINK_UP: Duration = Duration::from_millis(200);
/// How long probing ahead may take.
pub(crate) const PROBING_MAX: Duration = Duration::from_secs(40);
/// What a file had in the peers' benchmark, for a floor that can be compared with theirs.
const USUAL_FILE_BYTES: usize = 12 * 1_024;

/// One storm and what it cost.
pub(crate) struct Storm {
    pub(crate) outcome: Outcome,
    pub(crate) used: Used,
    pub(crate) peak_kib: u64,
    pub(crate) written: Written,
}

/// Runs all that is wished for and prints it.
pub(crate) fn run(wish: &Wish) -> io::Result<()> {
    let program = daemon()?;
    let scratch = Scratch::make(wish.directory.as_deref(), &program)?;
    let _neighbours = Raised::neighbours();
    let sync_us = chip::sync_us(&scratch.0)?;
    let surroundings = Surroundings::note(&program, &scratch.0, sync_us);
    report::head(wish, &surroundings);
    let mut rows: Vec<Row> = Vec::new();
    let mut file_bytes = USUAL_FILE_BYTES;
    for count in &wish.phones {
        for case in &wish.cases {
            let fresh = match case {
                Case::Floor => {
                    let mut sizes = vec![file_bytes, USUAL_FILE_BYTES];
                    sizes.dedup();
                    let floors = sizes.iter().map(|bytes| floor(wish, *count, *bytes, &scratch));
                    floors.collect::<io::Result<Vec<Row>>>()?
                }
                Case::Disk | Case::Nor => against(wish, *count, *case, &program, &scratch)?,
            };
            if *case != Case::Floor {
                file_bytes = fresh.iter().map(Row::file_bytes).max().unwrap_or(file_bytes);
            }
            fresh.iter().for_each(report::line);
            rows.extend(fresh);
        }
        if wish.peers {
            let fresh = peers::rows(wish, (*count, file_bytes), &scratch.0)?;
            fresh.iter().for_each(report::line);
            rows.extend(fresh);
        }
    }
    report::tail(wish, &rows, &surroundings);
    Ok(())
}

/// Storms against a responder that knows nothing.
fn floor(wish: &Wish, count: u16, bytes: usize, scratch: &Scratch) -> io::Result<Row> {
    let mut storms = Vec::new();
    let program = std::env::current_exe()?;
    for round in 0..wish.rounds {
        let cable = Cable::lay()?;
        let log = scratch.0.join("responder.log");
        let words = ["--respond", &bytes.to_string()];
        let server = Server::start(&cable, &program, &words, (log, "ready"))?;
        let mut wire = Wire::open(cable.index)?;
        generator::settle(&mut wire, LINK_UP, LINK_UP)?;
        storms.push(measured(&mut wire, &[server], None, (count, round), wish)?);
    }
    Ok(Row { name: "empty responder", flash: "-", storms })
}

/// Storms against the daemon: phones never seen, then the same phones again.
fn against(
    wish: &Wish,
    count: u16,
    case: Case,
    program: &Path,
    scratch: &Scratch,
) -> io::Result<Vec<Row>> {
    let (mut never_seen, mut known) = (Vec::new(), Vec::new());
    for round in 0..wish.rounds {
        let state = scratch.0.join("flash");
        let config = scratch.0.join("dialtone.toml");
        let _ = fs::remove_file(&state);
        if let Some(image) = &wish.state {
            fs::copy(image, &state)?;
        }
        fs::write(&config, configuration(&state))?;
        let cable = Cable::lay()?;
        let config = config.to_string_lossy();
        let mut words = vec!["serve", "--config", &config];
        if case == Case::Nor {
            words.push("--nor-timing");
        }
        let log = scratch.0.join("dialtone.log");
        let servers = [Server::start(&cable, program, &words, (log, "Admin page"))?];
        let [server] = &servers;
        let mut wire = Wire::open(cable.index)?;
        // A box without a state looks first whether another DHCP server is there.
        std::thread::sleep(LOOKS);
        generator::settle(&mut wire, QUIET, PROBING_MAX)?;
        let boot = round * 2;
        never_seen.push(measured(&mut wire, &servers, Some(&state), (count, boot), wish)?);
        add_lines(&cable, server, &mut wire, (count, wish.lines))?;
        generator::settle(&mut wire, QUIET, PROBING_MAX)?;
        known.push(measured(&mut wire, &servers, Some(&state), (count, boot + 1), wish)?);
        complain(&servers, scratch, never_seen.last(), known.last());
        std::thread::sleep(wish.hold);
    }
    let flash = if case == Case::Nor { "NOR" } else { "disk" };
    Ok(vec![
        Row { name: "never seen", flash, storms: never_seen },
        Row { name: "known", flash, storms: known },
    ])
}

/// Lets the admin give every handset its lines, and says where that did not succeed.
fn add_lines(
    cable: &Cable,
    server: &Server,
    wire: &mut Wire,
    (count, lines): (u16, u16),
) -> io::Result<()> {
    if lines == 1 {
        return Ok(());
    }
    let at = cable.desk()?;
    let done = desk::add_lines(&at, server, count, lines)?;
    if done < count {
        eprintln!("{} of {count} handsets have fewer than {lines} lines", count - done);
    }
    // The last connections close while somebody is there to hear it.
    generator::settle(wire, LINK_UP, PROBING_MAX)
}

/// One storm, with what the programs and the flash went through meanwhile.
pub(crate) fn measured(
    wire: &mut Wire,
    servers: &[Server],
    state: Option<&Path>,
    (count, boot): (u16, u16),
    wish: &Wish,
) -> io::Result<Storm> {
    let used = || servers.iter().fold(Used::default(), |sum, one| sum.and(one.used()));
    let before = state.map(Image::read);
    servers.iter().for_each(Server::forget_peak);
    let began = used();
    let outcome = generator::storm(wire, count, boot, wish.deadline)?;
    let used = used().since(began);
    let written = match (before, state.map(Image::read)) {
        (Some(before), Some(after)) => after.since(&before),
        _ => Written::default(),
    };
    let peak_kib = servers.iter().map(Server::peak_kib).sum();
    Ok(Storm { outcome, used, peak_kib, written })
}

/// Where phones were stuck, what the daemon said may tell why.
fn complain(servers: &[Server], scratch: &Scratch, first: Option<&Storm>, second: Option<&Storm>) {
    let stuck = |storm: Option<&Storm>| storm.is_some_and(|it| !it.outcome.stuck.is_empty());
    if stuck(first) || stuck(second) {
        let said: String = servers.iter().map(Server::said).collect();
        let from = said.lines().count().saturating_sub(8);
        eprintln!("phones were stuck; the end of {}/dialtone.log:", scratch.0.display());
        said.lines().skip(from).for_each(|line| eprintln!("  {line}"));
    }
}

pub(crate) fn configuration(state: &Path) -> String {
    format!(
        "state = \"{}\"\n\n\
         [[interface]]\nname = \"{BOX_DEVICE}\"\nside = \"lan\"\n\
         address = \"{BOX_ADDRESS}/{PREFIX}\"\n\n\
         [[subnet]]\ninterface = \"{BOX_DEVICE}\"\nnetwork = \"{NETWORK}/{PREFIX}\"\n\
         pool = [\"{POOL_FIRST}\", \"{POOL_LAST}\"]\nrouter = \"{BOX_ADDRESS}\"\n\
         dns = [\"{BOX_ADDRESS}\"]\n",
        state.display()
    )
}

/// The daemon's program.
pub(crate) fn daemon() -> io::Result<PathBuf> {
    if let Some(path) = std::env::var_os("DIALTONE_BIN") {
        return Ok(PathBuf::from(path));
    }
    let path = std::env::current_exe()?.with_file_name("dialtone");
    if path.exists() {
        return Ok(path);
    }
    let why = format!(
        "{} is not there; `cargo build --release -p dialtone` makes it, DIALTONE_BIN names another",
        path.display()
    );
    Err(Error::new(io::ErrorKind::NotFound, why))
}

/// A directory for what a run needs, gone with it.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn make(wanted: Option<&Path>, program: &Path) -> io::Result<Scratch> {
        let beside = program.parent().unwrap_or(Path::new("."));
        let root = wanted.unwrap_or(beside);
        let path = root.join(format!("storm-{}", std::process::id()));
        fs::create_dir_all(&path)?;
        Ok(Scratch(fs::canonicalize(path)?))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
