//! What the box does when it cannot use its state: one page on the LAN that says so.
//!
//! No phone is served here, by no protocol. The page is seen without log-in, since who may log in
//! stands in the state; each of its actions asks for a code that is drawn at each start and shown
//! on the console: download the partition's bytes, restart, restore a backup, erase the state and
//! start anew. Nothing is erased but by the last two, with the code and a typed word, and only
//! where an empty state is what is missing: a partition that is too small stays as it is. A backup
//! is read as a whole before that.
//!
//! Everything that needs a privilege is opened by [`Recovery::open`]; [`Recovery::serve`] needs
//! none. It returns when somebody has asked for a new start: the process ends with success, and
//! whoever supervises it starts it again.

mod answer;
mod code;
mod desk;
mod door;
mod raw;
mod restore;
#[cfg(test)]
mod tests;

use crate::chip::{self, Chip};
use crate::config::Device;
use crate::nor_file::Timing;
use crate::say::say;
use crate::sockets;
use answer::Page;
use code::Code;
use desk::Desk;
use door::{Door, Places};
use exchange::board::Board;
use exchange::limits::RECOVERY_BACKLOG;
use exchange::state::Event;
use journal::{Fault, MountError};
use pages::recovery::{neighbour, Problem};
use raw::Raw;
use restore::Ground;
use std::net::SocketAddrV4;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::MissedTickBehavior;

/// How often the caller is told that the page is still served.
const BEAT: Duration = Duration::from_secs(1);
/// How long answers that are on their way may take before the process ends.
const LINGER: Duration = Duration::from_secs(3);
/// How often it is looked whether they have left.
const LOOK: Duration = Duration::from_millis(20);

/// Where the page is served.
pub(crate) struct Entrance {
    /// Its address in the LAN, and the port of the pages.
    pub(crate) at: SocketAddrV4,
    /// Length of that network's prefix, in bits; visitors come from there only.
    pub(crate) prefix: u8,
    /// The network port that it is bound to.
    pub(crate) device: Option<Device>,
}

/// What was granted, to be done by whoever holds the chip.
enum Granted {
    Restarting,
    Erasing,
    /// This whole state in the place of what is there.
    Restoring(Vec<Event>),
}

/// A box without a state, with everything open that its page needs.
pub(crate) struct Recovery {
    doors: Vec<Door>,
    page: Arc<Page>,
    granted: mpsc::Receiver<Granted>,
    /// What an erasing erases; `None` where none is offered.
    chip: Option<Chip>,
}

impl Recovery {
    /// Opens the page's ports and the partition, and says on the console what is wrong, where the
    /// page is, and the code. Needs a runtime to be entered; an error when no port can be opened.
    pub(crate) fn open(
        entrances: &[Entrance],
        state: &Path,
        timing: Timing,
        problem: Problem,
        board: Option<Board>,
    ) -> Result<Recovery, String> {
        let (chip, problem) = chip(state, timing, problem);
        let ground = Ground { board, room: chip.as_ref().map_or(0, restore::room) };
        let raw = Raw::open(state);
        let code = Code::draw().map_err(|error| format!("the kernel gives no entropy: {error}"))?;
        let partition = state.display().to_string();
        log::error!("the state in {partition} cannot be used: {problem}; no phone is served");
        let doors = doors(entrances)?;
        say(format_args!("Code:   {code}   (for what the recovery page offers)\n"));
        let (sender, granted) = mpsc::channel(1);
        let desk = Desk::new(code, problem, raw.is_some());
        let page = Arc::new(Page::new(partition, problem, raw, desk, ground, sender));
        Ok(Recovery { doors, page, granted, chip })
    }

    /// Serves the page until a new start is asked for, or the state has been erased. Calls `beat`
    /// once a second, also while the chip is being erased, so that a watchdog can be kept content.
    pub(crate) async fn serve(self, mut beat: impl FnMut()) {
        let Recovery { doors, page, mut granted, mut chip } = self;
        let places = Arc::new(Places::default());
        // They end with this function.
        let mut attending = JoinSet::new();
        for door in doors {
            attending.spawn(door.attend(page.clone(), places.clone()));
        }
        let mut ticks = tokio::time::interval(BEAT);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut erasing = None;
        loop {
            tokio::select! {
                _ = ticks.tick() => beat(),
                granted = granted.recv() => match (granted, chip.take()) {
                    (Some(Granted::Erasing), Some(chip)) => erasing = Some(erase(chip, None)),
                    (Some(Granted::Restoring(facts)), Some(chip)) => {
                        erasing = Some(erase(chip, Some(facts)));
                    }
                    (Some(Granted::Restarting) | None, _) => break,
                    // Nothing to erase was opened, so there is nothing to start anew from either.
                    (Some(Granted::Erasing | Granted::Restoring(_)), None) => break,
                },
                erased = finished(&mut erasing) => match erased {
                    Erased::Done => break,
                    Erased::Failed(again, why) => {
                        log::error!("{why}");
                        page.desk().has_failed(why);
                        (chip, erasing) = (Some(again), None);
                    }
                },
            }
        }
        let left = async {
            while !places.are_free() {
                tokio::time::sleep(LOOK).await;
            }
        };
        // Who still has not taken his answer by then goes without.
        let _ = tokio::time::timeout(LINGER, left).await;
    }

    /// The code as the console shows it.
    #[cfg(test)]
    fn code(&self) -> String {
        self.page.desk().code().to_string()
    }
}

/// The chip to erase, where an erasing would end the problem and it can be opened for it.
fn chip(state: &Path, timing: Timing, problem: Problem) -> (Option<Chip>, Problem) {
    if !problem.ends_with_erasing() {
        return (None, problem);
    }
    match Chip::open(state, timing) {
        Ok(chip) => (Some(chip), problem),
        Err(worse) => (None, worse),
    }
}

/// Binds as many of the ports as can be bound, at least one, and says where they are.
fn doors(entrances: &[Entrance]) -> Result<Vec<Door>, String> {
    let mut doors = Vec::new();
    for Entrance { at, prefix, device } in entrances {
        let listener = match sockets::tcp(*at, device.as_ref(), RECOVERY_BACKLOG) {
            Ok(listener) => listener,
            Err(error) => {
                log::error!("the recovery page is not served there: {error}");
                continue;
            }
        };
        let port = if at.port() == 80 { String::new() } else { format!(":{}", at.port()) };
        let advice = neighbour(*at.ip(), *prefix)
            .map(|other| format!("   (your PC needs a fixed address, such as {other}/{prefix})"));
        say(format_args!("Recovery page: http://{}{port}/{}", at.ip(), advice.unwrap_or_default()));
        doors.push(Door { listener, address: *at.ip(), prefix: *prefix });
    }
    match doors.is_empty() {
        true => Err("the recovery page cannot be served anywhere".to_owned()),
        false => Ok(doors),
    }
}

/// What became of an erasing.
enum Erased {
    /// An empty journal is there, or one that holds what was restored.
    Done,
    /// It failed, and may be tried again.
    Failed(Chip, String),
}

/// Makes an empty journal, or one with these facts, on a thread of its own: a chip takes a minute
/// for some megabytes.
fn erase(mut chip: Chip, facts: Option<Vec<Event>>) -> JoinHandle<Erased> {
    tokio::task::spawn_blocking(move || match (journal::format(&mut chip), facts) {
        (Ok(()), None) => Erased::Done,
        (Ok(()), Some(facts)) => match restore::write(chip, &facts) {
            None => Erased::Done,
            Some((chip, why)) => {
                Erased::Failed(chip, format!("The backup could not be written: {why}"))
            }
        },
        (Err(error), _) => {
            let why = format!("The state could not be erased: {}", why(&error));
            Erased::Failed(chip, why)
        }
    })
}

fn why(error: &MountError<std::io::Error>) -> String {
    match error {
        MountError::Fault(Fault::Flash(error)) => format!("the chip reports: {error}"),
        MountError::Fault(Fault::Unverified { at }) => {
            format!("it does not read back what was written, from byte {at} on")
        }
        MountError::Geometry
        | MountError::OtherGeometry { .. }
        | MountError::Newer { .. }
        | MountError::Foreign
        | MountError::Headless => chip::unmounted(error, chip::fault).to_string(),
    }
}

/// Completes when an erasing has ended, if there is one.
async fn finished(erasing: &mut Option<JoinHandle<Erased>>) -> Erased {
    match erasing {
        // A thread that is lost has left the chip as a power cut would: the next start says so.
        Some(thread) => thread.await.unwrap_or(Erased::Done),
        None => std::future::pending().await,
    }
}
