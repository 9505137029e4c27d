//! Tries a changed template in a process of its own before any phone gets a file made from it.
//!
//! A template's steps and output are bounded by the engine, its memory is not quite: so the trial
//! is bounded by the kernel. A small process, the *stage*, is split off at the very start, before
//! the state is read, before there are threads, and becomes the same ordinary user as the daemon.
//! For each trial it splits off a child with limits on memory, on CPU time and on time on the wall,
//! that can open no file and start no process; the child makes the files, says what came of it
//! through a pipe, and ends. No program is executed for it: on a box of its own Landlock forbids
//! that, and a process that was split off before has nothing of the state in its memory.
//!
//! What is tried and what comes of it go through one socket, as postcard behind four bytes of
//! length. Nobody waits on the loop: [`Rehearsals::try_out`] is a blocking thread's work.
#![allow(unsafe_code, reason = "to split off a process has no safe form")]

mod child;
#[cfg(test)]
mod tests;

use crate::privilege;
use exchange::limits::REHEARSAL_MEMORY_BYTES_MAX;
use exchange::limits::{REHEARSAL_BYTES_MAX, REHEARSAL_CPU_MAX_S, REHEARSAL_MAX_S};
use exchange::template::{Rehearsal, Rehearsed};
use nix::sys::signal::{kill, signal, SigHandler, Signal};
use nix::sys::wait::waitpid;
use nix::unistd::{fork, ForkResult, Pid};
use render::Failed;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Time beyond a trial's own until the stage counts as lost.
const PATIENCE: Duration = Duration::from_secs(REHEARSAL_MAX_S + 5);

/// What came of a trial.
pub(crate) type Outcome = Result<Rehearsed, Stopped>;

/// Why a trial came to nothing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Stopped {
    /// The template fails.
    Failed(Failed),
    /// It asked for more memory than a trial has.
    Memory,
    /// It took more CPU time than a trial has.
    Cpu,
    /// It took longer than a trial may.
    Time,
    /// There is more to try, or to tell, than fits.
    TooMuch,
    /// The trial ended in another way than it should.
    Broken,
    /// There is no stage any more; a restart of the program makes one.
    NoStage,
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stopped::Failed(Failed { label, fault }) => {
                match (fault.line, fault.column) {
                    (0, _) => (),
                    (line, 0) => write!(f, "Line {line}: ")?,
                    (line, column) => write!(f, "Line {line}, column {column}: ")?,
                }
                f.write_str(&fault.sentence)?;
                match label.is_empty() {
                    true => Ok(()),
                    false => write!(f, " (Tried for {label}.)"),
                }
            }
            Stopped::Memory => write!(
                f,
                "It was stopped when it asked for more than {} MiB of memory.",
                REHEARSAL_MEMORY_BYTES_MAX >> 20
            ),
            Stopped::Cpu => {
                write!(f, "It was stopped after {REHEARSAL_CPU_MAX_S} seconds of work.")
            }
            Stopped::Time => write!(f, "It was stopped after {REHEARSAL_MAX_S} seconds."),
            Stopped::TooMuch => f.write_str("There are too many phones to try it with at once."),
            Stopped::Broken => f.write_str("The trial of it ended badly, so it is not taken."),
            Stopped::NoStage => f.write_str(
                "It cannot be tried: the process for trials has ended. Restart the program.",
            ),
        }
    }
}

/// The way to the stage.
#[derive(Clone)]
pub(crate) struct Rehearsals(Arc<Stage>);

struct Stage {
    socket: Mutex<UnixStream>,
    process: Pid,
}

impl Drop for Stage {
    fn drop(&mut self) {
        // It ends by itself when the socket closes. Landlock may forbid to kill it; then it is not
        // waited for either, since a trial may take its time.
        let socket = self.socket.get_mut().unwrap_or_else(PoisonError::into_inner);
        let _ = socket.shutdown(std::net::Shutdown::Both);
        if kill(self.process, Signal::SIGKILL).is_ok() {
            let _ = waitpid(self.process, None);
        }
    }
}

impl Rehearsals {
    /// Splits the stage off, which becomes this user where one is named. To be called first of all:
    /// what this process has open or in memory by then, the stage has too.
    pub(crate) fn start(user: Option<&str>) -> Result<Rehearsals, String> {
        let failed = |error: io::Error| format!("no process for trials could be started: {error}");
        let (ours, theirs) = UnixStream::pair().map_err(failed)?;
        // SAFETY: the child uses the allocator and system calls only, and never returns.
        match unsafe { fork() }.map_err(|error| failed(error.into()))? {
            ForkResult::Parent { child } => {
                ours.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
                ours.set_write_timeout(Some(PATIENCE)).map_err(failed)?;
                let stage = Stage { socket: Mutex::new(ours), process: child };
                Ok(Rehearsals(Arc::new(stage)))
            }
            ForkResult::Child => {
                drop(ours);
                stage(theirs, user)
            }
        }
    }

    /// Has a changed template tried; takes up to 20 s, so not on the loop.
    pub(crate) fn try_out(&self, rehearsal: &Rehearsal) -> Outcome {
        let asked = postcard::to_allocvec(rehearsal).map_err(|_| Stopped::TooMuch)?;
        if asked.len() > REHEARSAL_BYTES_MAX {
            return Err(Stopped::TooMuch);
        }
        let mut socket = self.0.socket.lock().unwrap_or_else(PoisonError::into_inner);
        let told = send(&mut *socket, &asked).and_then(|()| receive(&mut *socket));
        let Ok(Some(told)) = told else {
            // What it says later would be taken for the answer to another question.
            let _ = socket.shutdown(std::net::Shutdown::Both);
            return Err(Stopped::NoStage);
        };
        postcard::from_bytes(&told).unwrap_or(Err(Stopped::Broken))
    }

    /// The number of the stage's process.
    #[cfg(test)]
    pub(crate) fn pid(&self) -> Pid {
        self.0.process
    }
}

/// The stage: takes one rehearsal after the other until the daemon is gone.
fn stage(mut socket: UnixStream, user: Option<&str>) -> ! {
    // These are for the daemon, by whose name the stage is found too; it ends when the daemon does.
    for ignored in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGUSR1, Signal::SIGPIPE] {
        // SAFETY: no function of ours is called by a signal.
        let _ = unsafe { signal(ignored, SigHandler::SigIgn) };
    }
    child::close_all_but(&socket);
    let confined = user.is_none_or(|user| privilege::drop_to(user).is_ok());
    while let Ok(Some(asked)) = receive(&mut socket) {
        let outcome = match confined {
            true => child::perform(&asked),
            false => Err(Stopped::NoStage),
        };
        let told = postcard::to_allocvec(&outcome).unwrap_or_default();
        if send(&mut socket, &told).is_err() {
            break;
        }
    }
    child::end(0)
}

fn send(to: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    to.write_all(&length.to_le_bytes())?;
    to.write_all(bytes)?;
    to.flush()
}

/// What was sent; `None` where the other end is gone.
fn receive(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Ok(()) => (),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > REHEARSAL_BYTES_MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = Vec::new();
    from.take(length as u64).read_to_end(&mut bytes)?;
    Ok((bytes.len() == length).then_some(bytes))
}
