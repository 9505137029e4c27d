//! One trial: a child with limits of the kernel's, and how it ended.

use super::Stopped;
use exchange::limits::{
    REHEARSAL_BYTES_MAX, REHEARSAL_CPU_MAX_S, REHEARSAL_MAX_S, REHEARSAL_MEMORY_BYTES_MAX,
};
use exchange::template::{Rehearsal, Rehearsed};
use nix::libc;
use nix::sys::resource::{setrlimit, Resource};
use nix::sys::signal::Signal;
use nix::sys::wait::{waitpid, WaitStatus};
use nix::unistd::{alarm, fork, ForkResult, Pid};
use render::Failed;
use std::fs;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;

/// How a child says that its limits could not be set, and that a bug of ours stopped it.
const UNLIMITED: i32 = 71;
const PANICKED: i32 = 70;
/// How it says that there was no memory left when something stopped it.
const STARVED: i32 = 72;

/// By what a process ends that has no memory: the allocator's way to say so, the kernel's where the
/// stack cannot grow, and the standard library's where there is none left to say anything.
const STARVING: [Signal; 4] = [Signal::SIGABRT, Signal::SIGSEGV, Signal::SIGBUS, Signal::SIGILL];

/// What a trial may take.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub(super) memory_bytes: u64,
    pub(super) cpu_s: u64,
    pub(super) wall_s: u64,
}

pub(super) const LIMITS: Limits = Limits {
    memory_bytes: REHEARSAL_MEMORY_BYTES_MAX,
    cpu_s: REHEARSAL_CPU_MAX_S,
    wall_s: REHEARSAL_MAX_S,
};

/// What the child says through its pipe.
type Said = Result<Rehearsed, Failed>;

/// Ends this process, and nothing of its parent's is run.
pub(super) fn end(code: i32) -> ! {
    // SAFETY: plain number, no memory.
    unsafe { libc::_exit(code) }
}

/// Closes what was open when the process was split off: sockets, locks and the console are none of
/// its business.
pub(super) fn close_all_but(socket: &UnixStream) {
    let kept = socket.as_raw_fd();
    let open = fs::read_dir("/proc/self/fd").map(|all| {
        let numbers = all.flatten().filter_map(|one| one.file_name().to_str()?.parse().ok());
        numbers.collect::<Vec<RawFd>>()
    });
    for number in open.unwrap_or_default().into_iter().filter(|number| *number != kept) {
        // SAFETY: nothing in this process uses them any more.
        unsafe { libc::close(number) };
    }
}

/// Has a child make the files, and says how it ended.
pub(super) fn perform(asked: &[u8]) -> Result<Rehearsed, Stopped> {
    let Ok((mut heard, said)) = std::io::pipe() else { return Err(Stopped::Broken) };
    // SAFETY: the child uses the allocator and system calls only, and never returns.
    let child = match unsafe { fork() } {
        Ok(ForkResult::Parent { child }) => child,
        Ok(ForkResult::Child) => {
            drop(heard);
            try_out(asked, said)
        }
        Err(_no_process) => return Err(Stopped::Broken),
    };
    drop(said);
    let mut bytes = Vec::new();
    let most = REHEARSAL_BYTES_MAX as u64;
    let read = (&mut heard).take(most).read_to_end(&mut bytes);
    // A child that says more than that is stopped by the closed pipe.
    drop(heard);
    ended(child).map_or(Ok(()), Err)?;
    if read.is_err() {
        return Err(Stopped::Broken);
    }
    let said: Result<Said, _> = postcard::from_bytes(&bytes);
    said.map_err(|_too_long| Stopped::TooMuch)?.map_err(Stopped::Failed)
}

/// Waits for a child, and says why it was stopped, where it was.
fn ended(child: Pid) -> Option<Stopped> {
    match waitpid(child, None) {
        Ok(WaitStatus::Exited(_, 0)) => None,
        Ok(WaitStatus::Exited(_, STARVED)) => Some(Stopped::Memory),
        Ok(WaitStatus::Signaled(_, signal, _)) if STARVING.contains(&signal) => {
            Some(Stopped::Memory)
        }
        Ok(WaitStatus::Signaled(_, Signal::SIGXCPU | Signal::SIGKILL, _)) => Some(Stopped::Cpu),
        Ok(WaitStatus::Signaled(_, Signal::SIGALRM, _)) => Some(Stopped::Time),
        Ok(_) | Err(_) => Some(Stopped::Broken),
    }
}

/// Runs something else within limits, and says why it was stopped, where it was.
#[cfg(test)]
pub(super) fn tried(limits: Limits, work: impl FnOnce()) -> Option<Stopped> {
    // SAFETY: as above.
    match unsafe { fork() }.unwrap() {
        ForkResult::Parent { child } => ended(child),
        ForkResult::Child => {
            begin(limits);
            if limit(limits).is_none() {
                end(UNLIMITED);
            }
            work();
            end(0)
        }
    }
}

/// The child.
fn try_out(asked: &[u8], mut said: impl Write) -> ! {
    begin(LIMITS);
    let Ok(rehearsal) = postcard::from_bytes::<Rehearsal>(asked) else { end(PANICKED) };
    if limit(LIMITS).is_none() {
        end(UNLIMITED);
    }
    let made: Said = render::rehearse(&rehearsal);
    let bytes = postcard::to_allocvec(&made).unwrap_or_default();
    let written = said.write_all(&bytes);
    end(if written.is_ok() { 0 } else { PANICKED })
}

/// What comes first in a child: its time runs, and a bug of ours ends it without a word.
fn begin(limits: Limits) {
    alarm::set(u32::try_from(limits.wall_s).unwrap_or(1));
    std::panic::set_hook(Box::new(|_| end(if is_starved() { STARVED } else { PANICKED })));
}

/// Whether the allocator has not even a little left.
fn is_starved() -> bool {
    const LITTLE: usize = 4 << 20;
    // SAFETY: what is had is given back, and null is taken by `free`.
    unsafe {
        let had = libc::malloc(LITTLE);
        libc::free(had);
        had.is_null()
    }
}

/// Sets the limits; `None` where one could not be set.
#[allow(clippy::useless_conversion, reason = "a limit has 32 bits with some C libraries")]
fn limit(limits: Limits) -> Option<()> {
    let Limits { memory_bytes, cpu_s, wall_s: _ } = limits;
    // What the process has already is no template's: its own, and in tests that of many threads.
    let has = size_bytes()?;
    let memory = has.checked_add(memory_bytes)?;
    for (resource, soft, hard) in [
        (Resource::RLIMIT_AS, memory, memory),
        (Resource::RLIMIT_CPU, cpu_s, cpu_s + 1),
        // No file can be opened any more, written, or left behind.
        (Resource::RLIMIT_NOFILE, 0, 0),
        (Resource::RLIMIT_FSIZE, 0, 0),
        (Resource::RLIMIT_CORE, 0, 0),
        (Resource::RLIMIT_NPROC, 0, 0),
    ] {
        setrlimit(resource, soft.try_into().ok()?, hard.try_into().ok()?).ok()?;
    }
    Some(())
}

/// The address space of this process, in bytes.
fn size_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmSize:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    kib.checked_mul(1_024)
}
