//! The log: one line a note on standard error, never more than a few of one kind a second, so that
//! a flood of packets is not a flood of lines.

use crate::say::complain;
use exchange::note::Note;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::UNIX_EPOCH;

/// Lines of one kind in one second; what is beyond is only counted.
const LINES_A_SECOND: u32 = 20;

struct Sink;

static SINK: Sink = Sink;

impl log::Log for Sink {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.level() <= log::Level::Info
    }

    fn log(&self, record: &log::Record<'_>) {
        // Only what is ours: a library's own chatter may carry what it was given.
        if self.enabled(record.metadata()) && record.target().starts_with("dialtone") {
            complain(*record.args());
        }
    }

    fn flush(&self) {}
}

/// Switches the log on.
pub(crate) fn start() {
    if log::set_logger(&SINK).is_ok() {
        log::set_max_level(log::LevelFilter::Info);
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
