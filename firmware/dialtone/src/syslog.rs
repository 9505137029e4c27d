//! Lines for the system's log, in the shape of RFC 3164 as a local log daemon takes it: priority,
//! tag, text.
//!
//! A line is one datagram of at most [`LINE_BYTES`] and never waits for anybody: while the log
//! daemon is not there, or does not keep up, the next [`LINES_WAITING`] lines wait in memory, in
//! order; further ones are counted, and how many were lost is said once there is room again.
//! Nothing is stamped: the log daemon does that when it hears a line (section 4.3.3), by the same
//! clock. Control characters are written out, so that what a phone says cannot end a line, begin
//! another one, or speak to the terminal of whoever reads.
//!
//! What is logged is decided elsewhere; nothing here knows a secret from another word.

use crate::logging::severity;
use log::Level;
use std::collections::VecDeque;
use std::fmt::{self, Write};
use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Longest line with its head (RFC 3164 section 4.1).
const LINE_BYTES: usize = 1_024;
/// What shows that a line was longer.
const CUT: &str = "...";
/// Lines that may wait for the log daemon.
const LINES_WAITING: usize = 64;

/// The way to the log daemon.
pub(crate) struct Syslog {
    socket: UnixDatagram,
    path: PathBuf,
    waiting: Mutex<Waiting>,
}

/// What the log daemon has not taken yet.
#[derive(Default)]
struct Waiting {
    lines: VecDeque<String>,
    /// Lines for which there was no room since the last that was taken.
    lost: u32,
}

impl Syslog {
    /// Makes the way ready; the log daemon need not run yet, and may be started anew.
    pub(crate) fn open(path: &Path) -> io::Result<Syslog> {
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        Ok(Syslog { socket, path: path.to_owned(), waiting: Mutex::default() })
    }

    /// Logs a line.
    pub(crate) fn write(&self, level: Level, text: fmt::Arguments<'_>) {
        let line = line(level, text);
        let mut waiting = self.hand_over();
        if waiting.is_empty() && self.send(&line) {
            return;
        }
        if waiting.lines.len() < LINES_WAITING && waiting.lost == 0 {
            waiting.lines.push_back(line);
        } else {
            waiting.lost = waiting.lost.saturating_add(1);
        }
    }

    /// Tries again with what waits.
    pub(crate) fn flush(&self) {
        drop(self.hand_over());
    }

    /// Sends as much of what waits as is taken.
    fn hand_over(&self) -> MutexGuard<'_, Waiting> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(first) = waiting.lines.front() {
            if !self.send(first) {
                return waiting;
            }
            waiting.lines.pop_front();
        }
        let lost = waiting.lost;
        if lost > 0
            && self.send(&line(Level::Warn, format_args!("{lost} lines of the log were lost")))
        {
            waiting.lost = 0;
        }
        waiting
    }

    /// By its path each time: a log daemon that was started anew has another socket there.
    fn send(&self, line: &str) -> bool {
        self.socket.send_to(line.as_bytes(), &self.path).is_ok()
    }
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.lost == 0
    }
}

/// Facility `daemon` (RFC 3164 section 4.1.1).
const FACILITY: u8 = 3;

fn line(level: Level, text: fmt::Arguments<'_>) -> String {
    let priority = FACILITY * 8 + severity(level);
    let mut line = Line(format!("<{priority}>dialtone: "));
    // It fails where the line is full, and then shows so itself.
    let _ = line.write_fmt(text);
    line.0
}

/// A line that is printable and short, whatever is written into it.
struct Line(String);

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for letter in text.chars() {
            let before = self.0.len();
            if is_plain(letter) {
                self.0.push(letter);
            } else {
                self.0.extend(letter.escape_default());
            }
            if self.0.len() > LINE_BYTES - CUT.len() {
                self.0.truncate(before);
                self.0.push_str(CUT);
                return Err(fmt::Error);
            }
        }
        Ok(())
    }
}

/// Whether a letter shows as itself: no control character, and none that turns the direction of
/// what follows or ends the line.
fn is_plain(letter: char) -> bool {
    let turns = matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(letter, '\u{2066}'..='\u{2069}');
    !letter.is_control() && !turns && !matches!(letter, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A log daemon, and where it listens.
    struct Daemon(UnixDatagram, PathBuf);

    impl Daemon {
        fn place(test: &str) -> PathBuf {
            let place =
                std::env::temp_dir().join(format!("dialtone-{}-{test}", std::process::id()));
            let _ = std::fs::remove_file(&place);
            place
        }

        fn start(place: &Path) -> Daemon {
            let socket = UnixDatagram::bind(place).unwrap();
            socket.set_nonblocking(true).unwrap();
            Daemon(socket, place.to_owned())
        }

        fn hears(&self) -> Vec<String> {
            let mut bytes = [0; 4_096];
            let next = || self.0.recv(&mut bytes).ok().map(|len| bytes[..len].to_vec());
            std::iter::from_fn(next).map(|line| String::from_utf8(line).unwrap()).collect()
        }
    }

    impl Drop for Daemon {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.1);
        }
    }

    fn logged(text: &str) -> String {
        line(Level::Info, format_args!("{text}"))
    }

    #[test]
    fn a_line_has_its_priority_and_its_tag() {
        assert_eq!(logged("a phone came up"), "<30>dialtone: a phone came up");
        let head = |level| line(level, format_args!("a"));
        assert_eq!(head(Level::Error), "<27>dialtone: a");
        assert_eq!(head(Level::Warn), "<28>dialtone: a");
    }

    #[test]
    fn what_a_phone_says_can_neither_forge_a_line_nor_speak_to_a_terminal() {
        let said = logged("agent \"a\n<24>root\0<24>b\x1b[2J\u{9b}\u{202e}é\u{2028}\"");
        let wanted = "agent \"a\\n<24>root\\u{0}<24>b\\u{1b}[2J\\u{9b}\\u{202e}é\\u{2028}\"";
        assert_eq!(said, format!("<30>dialtone: {wanted}"));
    }

    #[test]
    fn a_line_that_is_too_long_is_cut_between_letters_and_shows_it() {
        for text in ["x".repeat(5_000), "é".repeat(5_000), "\n".repeat(5_000)] {
            let said = logged(&text);
            assert!(said.len() <= LINE_BYTES && said.len() > LINE_BYTES - 8, "{}", said.len());
            assert!(said.ends_with(CUT), "{said}");
        }
        let room = LINE_BYTES - CUT.len() - logged("").len();
        assert!(logged(&"x".repeat(room)).ends_with('x'));
    }

    #[test]
    fn lines_wait_in_order_for_a_log_daemon_that_starts_later_or_anew() {
        let place = Daemon::place("later");
        let syslog = Syslog::open(&place).unwrap();
        syslog.write(Level::Info, format_args!("one"));
        syslog.write(Level::Info, format_args!("two"));
        let daemon = Daemon::start(&place);
        syslog.write(Level::Info, format_args!("three"));
        let wanted = ["one", "two", "three"].map(logged);
        assert_eq!(daemon.hears(), wanted);
        drop(daemon);
        syslog.write(Level::Info, format_args!("four"));
        let daemon = Daemon::start(&place);
        syslog.flush();
        assert_eq!(daemon.hears(), [logged("four")]);
    }

    #[test]
    fn a_log_daemon_that_sleeps_costs_lines_and_no_time_and_they_are_counted() {
        let place = Daemon::place("asleep");
        let daemon = Daemon::start(&place);
        let syslog = Syslog::open(&place).unwrap();
        let all = 5_000;
        for number in 0..all {
            syslog.write(Level::Info, format_args!("{number}"));
        }
        let mut heard = Vec::new();
        for _ in 0..LINES_WAITING {
            heard.extend(daemon.hears());
            syslog.flush();
        }
        let last = heard.pop().unwrap();
        let lost = last.strip_prefix("<28>dialtone: ").and_then(|rest| rest.split(' ').next());
        let lost: usize = lost.and_then(|count| count.parse().ok()).expect(&last);
        assert_eq!(heard.len() + lost, all);
        assert!(heard.len() > LINES_WAITING && lost > 0, "{lost} lost");
        let wanted: Vec<String> =
            (0..heard.len()).map(|number| logged(&number.to_string())).collect();
        assert_eq!(heard, wanted);
    }
}
