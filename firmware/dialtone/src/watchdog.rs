//! The watchdog: starts the box anew when the loop no longer turns.
//!
//! Opened, it runs. The loop pets it at each turn and turns at least as often as
//! [`Watchdog::every`]; when it does not for [`PATIENCE_S`] seconds the hardware resets the box.
//! It is never stopped: closing it without the magic letter lets it run on, so a daemon that has
//! ended and is not started again has the box started anew too. The device is root's, and is
//! opened before root is given up.
//!
//! The ioctls are those of the kernel's `linux/watchdog.h`.
#![allow(unsafe_code, reason = "ioctls have no safe form")]

use exchange::time::Instant;
use nix::libc::c_int;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::time::Duration;

/// How long the loop may hang, in seconds; far above the slowest turn, below what people wait.
const PATIENCE_S: c_int = 30;
/// Pettings that fit into the patience, so that one that comes late does no harm.
const PETTINGS: u64 = 3;

mod ioctl {
    use super::c_int;

    nix::ioctl_read!(keep_alive, b'W', 5, c_int);
    nix::ioctl_readwrite!(set_timeout, b'W', 6, c_int);
    nix::ioctl_read!(timeout, b'W', 7, c_int);
}

/// A watchdog that runs.
pub(crate) struct Watchdog {
    file: File,
    rhythm: Rhythm,
}

impl Watchdog {
    /// Opens it, which starts it; an error where the path is no watchdog or somebody else has it.
    pub(crate) fn open(path: &Path) -> io::Result<Watchdog> {
        let file = OpenOptions::new().write(true).open(path)?;
        let patience_s = patience(&file)?;
        Ok(Watchdog { file, rhythm: Rhythm::of(patience_s) })
    }

    /// The longest that the loop may sleep.
    pub(crate) fn every(&self) -> Duration {
        Duration::from_millis(self.rhythm.every_ms)
    }

    /// Shows it that the loop turns; told at each turn, it bothers the hardware as often as needed.
    pub(crate) fn pet(&mut self, now: Instant) {
        if !self.rhythm.is_due(now) {
            return;
        }
        let mut ignored = 0;
        // SAFETY: the kernel takes no more than one int, and `ignored` is one.
        if let Err(error) = unsafe { ioctl::keep_alive(self.file.as_raw_fd(), &raw mut ignored) } {
            // Not much to do but to say why the box will restart.
            log::error!("the watchdog does not listen: {error}");
        }
    }
}

/// Sets how long it waits, and says how long it will: a device may round, or have one time only.
fn patience(file: &File) -> io::Result<c_int> {
    let mut seconds = PATIENCE_S;
    // SAFETY: the kernel reads and writes one int, and `seconds` is one.
    let set = unsafe { ioctl::set_timeout(file.as_raw_fd(), &raw mut seconds) };
    if set.is_err() {
        // SAFETY: the kernel writes one int, and `seconds` is one.
        unsafe { ioctl::timeout(file.as_raw_fd(), &raw mut seconds) }?;
    }
    Ok(seconds)
}

/// When to pet.
struct Rhythm {
    every_ms: u64,
    next: Instant,
}

impl Rhythm {
    fn of(patience_s: c_int) -> Rhythm {
        // A watchdog that claims no patience at all is petted each second.
        let patience_s = u64::try_from(patience_s).unwrap_or(0).max(PETTINGS);
        Rhythm { every_ms: patience_s * 1_000 / PETTINGS, next: Instant(0) }
    }

    /// Whether it is time. A turn a little early counts, or the next one would come too late.
    fn is_due(&mut self, now: Instant) -> bool {
        if now < self.next {
            return false;
        }
        self.next = Instant(now.0 + self.every_ms / 2);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_loop_bothers_the_hardware_seldom_and_an_idle_one_often_enough() {
        for sleep_ms in [1, 20, 700, 10_000] {
            let mut rhythm = Rhythm::of(PATIENCE_S);
            let day = (0..3_600_000).step_by(sleep_ms);
            let petted: Vec<u64> = day.filter(|ms| rhythm.is_due(Instant(*ms))).collect();
            assert!(petted.len() <= 3_600 / 5, "{sleep_ms} ms: {} times", petted.len());
            let longest = petted.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
            assert!(longest <= 10_000, "{sleep_ms} ms: {longest} ms unpetted");
        }
    }

    #[test]
    fn the_first_turn_pets_and_the_rhythm_follows_what_the_device_can() {
        assert!(Rhythm::of(PATIENCE_S).is_due(Instant(0)));
        let every_ms = [30, 60, 10, 1, 0, -1].map(|patience_s| Rhythm::of(patience_s).every_ms);
        assert_eq!(every_ms, [10_000, 20_000, 3_333, 1_000, 1_000, 1_000]);
    }

    #[test]
    fn what_is_no_watchdog_is_refused() {
        assert!(Watchdog::open(Path::new("/dev/null")).is_err());
        assert!(Watchdog::open(Path::new("/nowhere")).is_err());
    }

    #[test]
    fn the_requests_are_numbered_as_the_kernel_numbers_them() {
        // Some C libraries take them as signed.
        assert_eq!(nix::request_code_read!(b'W', 5, size_of::<c_int>()) as u32, 0x8004_5705);
        assert_eq!(nix::request_code_readwrite!(b'W', 6, size_of::<c_int>()) as u32, 0xc004_5706);
        assert_eq!(nix::request_code_read!(b'W', 7, size_of::<c_int>()) as u32, 0x8004_5707);
    }
}
