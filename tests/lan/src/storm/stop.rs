//! Ctrl-C: the run ends at its next step, and everything made is taken away on the way out.

use nix::sys::signal::{SigSet, Signal};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);

/// Takes the signals that ask for an end; call it before any other thread is started.
pub(crate) fn listen() {
    let mut signals = SigSet::empty();
    [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP].into_iter().for_each(|it| signals.add(it));
    if signals.thread_block().is_err() {
        return;
    }
    std::thread::spawn(move || {
        if signals.wait().is_ok() {
            ASKED.store(true, Ordering::Relaxed);
        }
    });
}

/// An error once an end was asked for.
pub(crate) fn check() -> io::Result<()> {
    if ASKED.load(Ordering::Relaxed) {
        return Err(io::Error::other("interrupted"));
    }
    Ok(())
}
