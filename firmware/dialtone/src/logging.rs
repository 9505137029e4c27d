//! The log: one line a note, never more than a few of one kind a second, so that a flood of packets
//! is not a flood of lines.
//!
//! Lines go to the system's log where [`to_syslog`] has named one, else to standard error. The
//! console keeps the start, what [`crate::say`] is told to print, and lines of the level `error`,
//! which are for both: they say why the box will restart.

use crate::say::complain;
use crate::syslog::Syslog;
use exchange::note::Note;
use log::Level;
use std::path::Path;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::OnceLock;
use std::time::UNIX_EPOCH;

/// Lines of one kind in one second; what is beyond is only counted.
const LINES_A_SECOND: u32 = 20;

struct Sink;

static SINK: Sink = Sink;
static SYSLOG: OnceLock<Syslog> = OnceLock::new();

impl log::Log for Sink {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        // Only what is ours: a library's own chatter may carry what it was given.
        metadata.level() <= Level::Info && metadata.target().starts_with("dialtone")
    }

    fn log(&self, record: &log::Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let syslog = SYSLOG.get();
        if let Some(syslog) = syslog {
            syslog.write(record.level(), *record.args());
        }
        if syslog.is_none() || record.level() == Level::Error {
            complain(*record.args());
        }
    }

    fn flush(&self) {
        if let Some(syslog) = SYSLOG.get() {
            syslog.flush();
        }
    }
}

/// Switches the log on.
pub(crate) fn start() {
    if log::set_logger(&SINK).is_ok() {
        log::set_max_level(log::LevelFilter::Info);
    }
}

/// Sends all further lines to the log daemon that listens at this path, or will; once for all.
pub(crate) fn to_syslog(path: &Path) -> Result<(), String> {
    let syslog = Syslog::open(path)
        .map_err(|error| format!("no socket for the log {}: {error}", path.display()))?;
    SYSLOG.set(syslog).map_err(|_second| "the log was already opened".to_owned())
}

/// The severity of a level (RFC 3164 section 4.1.1).
pub(crate) fn severity(level: Level) -> u8 {
    match level {
        Level::Error => 3,
        Level::Warn => 4,
        Level::Info => 6,
        Level::Debug | Level::Trace => 7,
    }
}

static SECOND: AtomicU64 = AtomicU64::new(0);
static LINES: [AtomicU32; Note::KINDS] = [const { AtomicU32::new(0) }; Note::KINDS];

/// Writes a note.
pub(crate) fn note(note: Note) {
    let since = crate::clock::wall_seconds(UNIX_EPOCH);
    if SECOND.swap(since, Ordering::Relaxed) != since {
        LINES.iter().for_each(|lines| lines.store(0, Ordering::Relaxed));
    }
    let lines = LINES.get(note.kind()).map_or(0, |lines| lines.fetch_add(1, Ordering::Relaxed));
    match lines.cmp(&LINES_A_SECOND) {
        std::cmp::Ordering::Less => log::info!("{note}"),
        std::cmp::Ordering::Equal => log::info!("{note} (and more like this)"),
        std::cmp::Ordering::Greater => (),
    }
}

/// Writes nothing: a demonstration's screen belongs to its phones.
#[cfg(feature = "demo")]
pub(crate) fn quiet(_note: Note) {}
