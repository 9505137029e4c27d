//! Gives up root for good, once everything that needs it is open.
//!
//! [`drop_to`] makes the process an ordinary user's and leaves nothing by which it could become
//! more again: no group but the user's own, no capability in any set, no privilege from a program
//! that it might start, no file system beyond [`READABLE`], and no look into its memory for others
//! of the same user. What the kernel has made of it is then read back from the kernel; where one
//! promise is not kept the daemon does not serve.
//!
//! Open before: the TCP listeners, the UDP sockets on the low ports, the packet sockets, the flash,
//! the watchdog, the button; and the network ports have their addresses. Opened afterwards, and
//! free for everybody: the socket of a TFTP transfer, which is bound to its network port
//! (`SO_BINDTODEVICE` without a capability, Linux 5.7), netlink sockets for questions, and
//! datagrams to the log.
//!
//! Landlock and "no new privileges" are properties of a thread that its children inherit; therefore
//! [`drop_to`] refuses to run beside other threads.
//!
//! Needs Linux 5.7. From 5.13 on Landlock guards the files, from 6.7 on TCP as well; where the
//! kernel lacks it the permissions of files are the only guard, and [`Dropped`] says so.
#![allow(unsafe_code, reason = "capset, and the bounding set, have no safe form in nix")]

mod landlock;

use nix::libc;
use nix::sys::prctl;
use nix::unistd::{setgroups, setresgid, setresuid, Gid, Uid, User};
use std::fmt;
use std::fs;
use std::io;

pub(crate) use landlock::Confinement;

/// What may be read while serving: the daemon's own figures, notes of the box's other programs,
/// what the kernel knows of the network ports.
const READABLE: [&str; 3] = ["/proc", "/run", "/sys/devices"];
/// No kernel has more capabilities than fit into the two words of its interface.
const CAPABILITIES: libc::c_ulong = 64;
/// `_LINUX_CAPABILITY_VERSION_3`: capabilities in two words.
const CAPABILITY_VERSION: u32 = 0x2008_0522;

/// What has become of the process.
#[derive(Debug)]
pub(crate) struct Dropped {
    user: String,
    uid: Uid,
    files: Confinement,
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Dropped { user, uid, files } = self;
        write!(f, "runs as {user} (user {uid}) without capabilities; {files}")
    }
}

/// Becomes an ordinary user for good; an error where anything of it could not be done, and then the
/// process may be half-way and must end.
pub(crate) fn drop_to(user: &str) -> Result<Dropped, String> {
    let found = User::from_name(user)
        .map_err(|error| format!("the user {user} cannot be looked up: {error}"))?
        .ok_or(format!("there is no user {user} on this box"))?;
    let User { uid, gid, .. } = found;
    if uid.is_root() || gid.as_raw() == 0 {
        return Err(format!("{user} is as mighty as root; name a user of its own"));
    }
    alone()?;
    let failed =
        |what: &str, why: io::Error| Err(format!("root could not be given up: {what}: {why}"));
    shrink_bounding_set();
    if let Err(why) = become_user(uid, gid) {
        return failed("the user could not be changed", why);
    }
    if let Err(why) = clear_capabilities() {
        return failed("capabilities could not be cleared", why);
    }
    if let Err(why) = prctl::set_no_new_privs().and_then(|()| prctl::set_dumpable(false)) {
        return failed("the process could not be sealed", why.into());
    }
    // Before files are out of reach; nothing below can give anything back.
    verify(uid, gid)?;
    match landlock::confine(&READABLE) {
        Ok(files) => Ok(Dropped { user: user.to_owned(), uid, files }),
        Err(why) => failed("Landlock failed", why),
    }
}

/// Whether this thread is the only one: no other would be confined.
fn alone() -> Result<(), String> {
    let threads = fs::read_dir("/proc/self/task").map(Iterator::count);
    let threads = threads.map_err(|error| format!("/proc does not tell the threads: {error}"))?;
    if threads == 1 {
        return Ok(());
    }
    Err(format!("root must be given up before threads are started, and {threads} run"))
}

/// Takes away what a started program could be given. Without root there is nothing to take: then
/// that programs gain nothing is up to "no new privileges" alone.
fn shrink_bounding_set() {
    for capability in 0..CAPABILITIES {
        // SAFETY: plain numbers, no memory. The kernel refuses numbers that it does not know.
        unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) };
    }
}

/// Changes user and groups, all of their kinds; nothing to do where the process is that user.
fn become_user(uid: Uid, gid: Gid) -> io::Result<()> {
    if Uid::current() == uid && Uid::effective() == uid {
        return Ok(());
    }
    setgroups(&[])?;
    setresgid(gid, gid, gid)?;
    setresuid(uid, uid, uid)?;
    Ok(())
}

/// `struct __user_cap_header_struct` of the kernel.
#[repr(C)]
struct CapabilityHeader {
    version: u32,
    pid: libc::c_int,
}

/// `struct __user_cap_data_struct` of the kernel, one for each word.
#[repr(C)]
#[derive(Clone, Copy)]
struct CapabilityWord {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// Empties the sets of this thread. A change of user empties most of them, but not what is
/// inheritable.
fn clear_capabilities() -> io::Result<()> {
    let header = CapabilityHeader { version: CAPABILITY_VERSION, pid: 0 };
    let none = [CapabilityWord { effective: 0, permitted: 0, inheritable: 0 }; 2];
    // SAFETY: the kernel reads a whole header and, as its version says, two whole words.
    let set = unsafe { libc::syscall(libc::SYS_capset, &raw const header, none.as_ptr()) };
    if set < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Asks the kernel what is left, and tries to become root again.
fn verify(uid: Uid, gid: Gid) -> Result<(), String> {
    let status = fs::read_to_string("/proc/self/status")
        .map_err(|error| format!("/proc does not tell who the daemon is: {error}"))?;
    if let Some(left) = left(&status, uid.as_raw(), gid.as_raw()) {
        return Err(format!("root was not given up: the kernel still says {left:?}"));
    }
    let root = Uid::from_raw(0);
    if setresuid(root, root, root).is_ok() {
        return Err("root was given up and could be taken back".to_owned());
    }
    Ok(())
}

/// The first line of `/proc/PID/status` that shows more than an ordinary user has; the name of a
/// line where the kernel does not write it.
fn left(status: &str, uid: u32, gid: u32) -> Option<String> {
    let ids = |id: u32| [id, id, id, id].map(|id| id.to_string()).join("\t");
    let nothing = "0000000000000000".to_owned();
    let wanted = [
        ("Uid:", ids(uid)),
        ("Gid:", ids(gid)),
        ("NoNewPrivs:", "1".to_owned()),
        ("CapInh:", nothing.clone()),
        ("CapPrm:", nothing.clone()),
        ("CapEff:", nothing.clone()),
        ("CapAmb:", nothing),
    ];
    for (name, wanted) in wanted {
        let Some(said) = status.lines().find_map(|line| line.strip_prefix(name)) else {
            return Some(name.to_owned());
        };
        if said.trim() != wanted {
            return Some(format!("{name} {}", said.trim()));
        }
    }
    None
}

#[cfg(test)]
mod tests;
