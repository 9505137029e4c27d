//! A cable between two network namespaces of our own: the box at one end, the phones at the other.
//!
//! The namespaces have no name: they live as long as this process or a program started in them, so
//! that nothing is left behind however a run ends. The phones' end has no address, so the kernel
//! there answers nothing; the phones do. The box's side runs on CPU 0, the phones' on CPU 1.

use super::{BOX_ADDRESS, BOX_DEVICE, DESK_ADDRESS, PREFIX};
use nix::sched::{sched_setaffinity, setns, unshare, CloneFlags, CpuSet};
use nix::unistd::Pid;
use std::fs::File;
use std::io::{self, Error};
use std::process::{Command, Stdio};

/// The processor of the box, and that of the phones.
const BOX_CPU: usize = 0;
const PHONES_CPU: usize = 1;
const PHONES_DEVICE: &str = "phones0";

/// Two namespaces and the cable between them.
pub(crate) struct Cable {
    home: File,
    server: File,
    phones: File,
    /// The kernel's number of the phones' device, in their namespace.
    pub(crate) index: u32,
}

impl Cable {
    /// Makes both and stays in the phones' namespace, on their processor. Needs root.
    pub(crate) fn lay() -> io::Result<Cable> {
        let home = here()?;
        let server = fresh()?;
        let phones = fresh()?;
        let mut cable = Cable { home, server, phones, index: 0 };
        cable.at_box(|cable| {
            quiet_ipv6();
            let there = named(&cable.phones);
            let pair = ["type", "veth", "peer", "name", PHONES_DEVICE, "netns", &there];
            ip(&[&["link", "add", BOX_DEVICE], &pair[..]].concat())?;
            ip(&["address", "add", &format!("{BOX_ADDRESS}/{PREFIX}"), "dev", BOX_DEVICE])?;
            ip(&["link", "set", "lo", "up"])?;
            ip(&["link", "set", BOX_DEVICE, "up"])
        })?;
        quiet_ipv6();
        ip(&["link", "set", PHONES_DEVICE, "up"])?;
        cable.index = nix::net::if_::if_nametoindex(PHONES_DEVICE)?;
        pin(PHONES_CPU);
        Ok(cable)
    }

    /// Does something in the box's namespace and on its processor, and comes back.
    pub(crate) fn at_box<T>(&self, what: impl FnOnce(&Cable) -> io::Result<T>) -> io::Result<T> {
        enter(&self.server)?;
        pin(BOX_CPU);
        let outcome = what(self);
        pin(PHONES_CPU);
        enter(&self.phones)?;
        outcome
    }

    /// Puts a computer beside the phones for as long as what it gives is kept.
    pub(crate) fn desk(&self) -> io::Result<Desk> {
        ip(&["address", "add", &desk(), "dev", PHONES_DEVICE])?;
        Ok(Desk)
    }
}

/// An address of the phones' end, gone when dropped; while it is there the kernel answers for it,
/// and for nobody else.
pub(crate) struct Desk;

impl Drop for Desk {
    fn drop(&mut self) {
        // With the namespace it goes in any case.
        let _ = ip(&["address", "del", &desk(), "dev", PHONES_DEVICE]);
    }
}

fn desk() -> String {
    format!("{DESK_ADDRESS}/{PREFIX}")
}

impl Drop for Cable {
    fn drop(&mut self) {
        // Without it the next cable begins here, which is harmless.
        let _ = enter(&self.home);
    }
}

fn here() -> io::Result<File> {
    File::open("/proc/thread-self/ns/net")
}

fn fresh() -> io::Result<File> {
    unshare(CloneFlags::CLONE_NEWNET)?;
    here()
}

fn enter(namespace: &File) -> io::Result<()> {
    Ok(setns(namespace, CloneFlags::CLONE_NEWNET)?)
}

fn named(namespace: &File) -> String {
    use std::os::fd::AsRawFd;
    format!("/proc/{}/fd/{}", std::process::id(), namespace.as_raw_fd())
}

/// Binds the calling thread, and what it starts, to a processor; one CPU has to do where there are
/// not two.
fn pin(cpu: usize) {
    let mut set = CpuSet::new();
    if set.set(cpu).is_ok() {
        let _ = sched_setaffinity(Pid::from_raw(0), &set);
    }
}

/// Keeps the kernel's own neighbour discovery off the cable.
fn quiet_ipv6() {
    for which in ["all", "default"] {
        // A kernel without IPv6 is quiet already.
        let _ = std::fs::write(format!("/proc/sys/net/ipv6/conf/{which}/disable_ipv6"), "1");
    }
}

fn ip(words: &[&str]) -> io::Result<()> {
    let output = Command::new("ip").args(words).stdin(Stdio::null()).output();
    let output = output.map_err(|error| Error::new(error.kind(), format!("ip: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let why = String::from_utf8_lossy(&output.stderr);
    Err(Error::other(format!("ip {}: {}", words.join(" "), why.trim())))
}

/// Settings of the kernel that are one for all namespaces; the old values come back when dropped.
pub(crate) struct Raised(Vec<(String, String)>);

impl Raised {
    /// Makes room for the neighbours of a large storm: the usual limit is 1,024.
    pub(crate) fn neighbours() -> Raised {
        let limits = [("gc_thresh3", "16384"), ("gc_thresh2", "8192"), ("gc_thresh1", "4096")];
        let path = |name| format!("/proc/sys/net/ipv4/neigh/default/{name}");
        Raised::all(limits.map(|(name, value)| (path(name), value)))
    }

    /// Gives large ears to sockets that do not ask for them.
    pub(crate) fn ears() -> Raised {
        Raised::all([("/proc/sys/net/core/rmem_default".to_owned(), "8388608")])
    }

    /// Sets what may be set; the rest stays as it is.
    fn all<const N: usize>(wanted: [(String, &str); N]) -> Raised {
        let raised = wanted.into_iter().filter_map(|(path, value)| {
            let old = std::fs::read_to_string(&path).ok()?;
            std::fs::write(&path, value).ok()?;
            Some((path, old))
        });
        Raised(raised.collect())
    }
}

impl Drop for Raised {
    fn drop(&mut self) {
        for (path, old) in self.0.iter().rev() {
            let _ = std::fs::write(path, old);
        }
    }
}
