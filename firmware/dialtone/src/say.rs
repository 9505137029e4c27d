//! The console. `println!` ends the process when nobody reads it any more; this does not.

use std::fmt::Arguments;
use std::io::Write;

/// Prints a line for whoever watches.
pub(crate) fn say(line: Arguments<'_>) {
    let mut out = std::io::stdout().lock();
    // A closed pipe is no reason to stop giving dial tone.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Prints a line about something wrong.
pub(crate) fn complain(line: Arguments<'_>) {
    let _ = writeln!(std::io::stderr().lock(), "dialtone: {line}");
}
