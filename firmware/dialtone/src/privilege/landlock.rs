//! Landlock: from here on this process may read below a few folders, and nothing else in the file
//! system; nor may it open a TCP port, call somebody by TCP, or send a signal to others.
//!
//! What is open stays open with all its rights, and connections may still be accepted. Which of it
//! the kernel can guard is its ABI number; what it does not know is left out. Paths of sockets are
//! not guarded, so the log can be reached.
//!
//! Three system calls without a C library's wrapper. The numbers and structures are those of the
//! kernel's `linux/landlock.h`, which never change.

use nix::libc;
use std::fmt;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// `LANDLOCK_CREATE_RULESET_VERSION`: asks for the ABI instead of making a set of rules.
const ASK_VERSION: libc::c_ulong = 1;
/// `LANDLOCK_RULE_PATH_BENEATH`.
const PATH_BENEATH: libc::c_int = 1;
/// `LANDLOCK_ACCESS_FS_READ_FILE`.
const READ_FILE: u64 = 1 << 2;

/// Whether the kernel guards the files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Confinement {
    /// It does, by this ABI of Landlock.
    Landlock(u32),
    /// It knows no Landlock; the permissions of files are the only guard.
    Permissions,
}

impl fmt::Display for Confinement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Confinement::Landlock(abi) => write!(f, "no file can be written (Landlock {abi})"),
            Confinement::Permissions => {
                f.write_str("this kernel has no Landlock, so permissions alone guard the files")
            }
        }
    }
}

/// `struct landlock_ruleset_attr` of the kernel: what is forbidden unless a rule allows it.
#[repr(C)]
#[derive(PartialEq, Eq, Debug)]
struct Forbidden {
    files: u64,
    network: u64,
    scoped: u64,
}

/// `struct landlock_path_beneath_attr` of the kernel, packed there too.
#[repr(C, packed)]
struct Beneath {
    allowed: u64,
    parent: libc::c_int,
}

/// Confines this thread and all that it will start; it must not be able to gain privileges.
pub(super) fn confine(readable: &[&str]) -> io::Result<Confinement> {
    let Some(abi) = abi()? else { return Ok(Confinement::Permissions) };
    let rules = create(&forbidden(abi))?;
    for folder in readable {
        allow_reading(&rules, folder)?;
    }
    // SAFETY: a descriptor that is open and flags; no memory.
    let done = unsafe { libc::syscall(libc::SYS_landlock_restrict_self, rules.as_raw_fd(), 0) };
    if done < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(Confinement::Landlock(abi))
}

/// The kernel's ABI, from 1; `None` where it has no Landlock or was started without it.
fn abi() -> io::Result<Option<u32>> {
    let none = std::ptr::null::<Forbidden>();
    // SAFETY: asked for its version the kernel takes a null pointer and size 0, and reads nothing.
    let said =
        unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, none, 0_usize, ASK_VERSION) };
    match u32::try_from(said) {
        Ok(abi) => Ok(Some(abi)),
        Err(_negative) => {
            let error = io::Error::last_os_error();
            let lacking = [libc::ENOSYS, libc::EOPNOTSUPP];
            let lacks = error.raw_os_error().is_some_and(|number| lacking.contains(&number));
            lacks.then_some(None).ok_or(error)
        }
    }
}

/// All that a kernel of this ABI can forbid: in the file system, of TCP, and across processes.
fn forbidden(abi: u32) -> Forbidden {
    let bits = |count: u32| (1_u64 << count) - 1;
    // Execute to make-symlink; then refer (2), truncate (3), ioctl of devices (5).
    let files = match abi {
        0 => 0,
        1 => bits(13),
        2 => bits(14),
        3 | 4 => bits(15),
        _later => bits(16),
    };
    // TCP: bind, connect (4). Abstract sockets, signals (6).
    let network = if abi >= 4 { bits(2) } else { 0 };
    let scoped = if abi >= 6 { bits(2) } else { 0 };
    Forbidden { files, network, scoped }
}

fn create(forbidden: &Forbidden) -> io::Result<OwnedFd> {
    let size = size_of::<Forbidden>();
    let at = std::ptr::from_ref(forbidden);
    // SAFETY: the kernel reads a whole `Forbidden`, whose size is given; an older one takes the
    // longer structure as long as the end that it does not know is zero.
    let made = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, at, size, 0) };
    match libc::c_int::try_from(made) {
        // SAFETY: a descriptor just made for us, and owned by nobody else.
        Ok(fd) if fd >= 0 => Ok(unsafe { OwnedFd::from_raw_fd(fd) }),
        _failed => Err(io::Error::last_os_error()),
    }
}

fn allow_reading(rules: &OwnedFd, folder: &str) -> io::Result<()> {
    let parent = match File::open(folder) {
        Ok(parent) => parent,
        // What is not there needs no rule.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let beneath = Beneath { allowed: READ_FILE, parent: parent.as_raw_fd() };
    // SAFETY: the kernel reads a whole `Beneath`, and both descriptors are open.
    let added = unsafe {
        libc::syscall(
            libc::SYS_landlock_add_rule,
            rules.as_raw_fd(),
            PATH_BENEATH,
            &raw const beneath,
            0,
        )
    };
    if added < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernel_is_asked_to_forbid_what_its_abi_knows_and_nothing_beyond() {
        let of = |abi| {
            let Forbidden { files, network, scoped } = forbidden(abi);
            (files, network, scoped)
        };
        assert_eq!(of(1), (0x1fff, 0, 0));
        assert_eq!(of(2), (0x3fff, 0, 0));
        assert_eq!(of(3), (0x7fff, 0, 0));
        assert_eq!(of(4), (0x7fff, 3, 0));
        assert_eq!(of(5), (0xffff, 3, 0));
        assert_eq!(of(6), (0xffff, 3, 3));
        // A later kernel is asked for no more than is known here.
        assert_eq!(of(99), of(6));
    }

    #[test]
    fn the_structures_are_as_long_as_the_kernels() {
        assert_eq!((size_of::<Forbidden>(), size_of::<Beneath>()), (24, 12));
    }
}
