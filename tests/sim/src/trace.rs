//! What happened, one event per line, in fixed columns and simulated seconds.

use std::collections::VecDeque;
use std::fmt::Display;

/// Lines kept when the trace is not printed as it grows.
const KEPT: usize = 120;

/// How much of a run is written down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verbosity {
    /// Nothing: fastest.
    Silent,
    /// The last lines, for a failure.
    Tail,
    /// Every line, printed at once.
    All,
}

/// The record of a run.
pub(crate) struct Trace {
    verbosity: Verbosity,
    lines: VecDeque<String>,
}

impl Trace {
    pub(crate) fn new(verbosity: Verbosity) -> Trace {
        Trace { verbosity, lines: VecDeque::new() }
    }

    /// Whether anybody reads it; to be asked before work is put into a line.
    pub(crate) fn wanted(&self) -> bool {
        self.verbosity != Verbosity::Silent
    }

    pub(crate) fn line(&mut self, now_ms: u64, who: impl Display, what: impl Display) {
        if !self.wanted() {
            return;
        }
        let line = format!("{:>7}.{:03}  {who:<14}  {what}", now_ms / 1_000, now_ms % 1_000);
        if self.verbosity == Verbosity::All {
            println!("{line}");
        }
        if self.lines.len() >= KEPT {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    pub(crate) fn into_lines(self) -> Vec<String> {
        self.lines.into()
    }
}
