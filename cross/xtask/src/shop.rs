//! The workshop: where the tree lies, how a tool is called in it, and how it is spoken about.
//!
//! Nothing called from here reads from the terminal; everything is called at the root of the tree.

use crate::tally::Tally;
use std::env;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The tree and the tools.
pub(crate) struct Shop {
    /// The root of the tree.
    pub(crate) root: PathBuf,
    cargo: OsString,
}

impl Shop {
    /// The tree that this tool was called in.
    pub(crate) fn open() -> io::Result<Shop> {
        let here = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let root = here.map_or_else(|| PathBuf::from("."), |it| it.join("../.."));
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        Ok(Shop { root: root.canonicalize()?, cargo })
    }

    /// A call of cargo.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = self.tool(&self.cargo);
        command.args(arguments);
        command
    }

    /// A call of any program.
    pub(crate) fn tool(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).stdin(Stdio::null());
        command
    }

    /// Whether a path is there, from the root of the tree.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }

    /// Where cargo puts the binary of the daemon: `debug` or `release`, beside this tool's own.
    pub(crate) fn daemon(&self, profile: &str) -> io::Result<PathBuf> {
        let own = env::current_exe()?;
        let builds = own.parent().and_then(Path::parent).unwrap_or(&self.root);
        Ok(builds.join(profile).join("dialtone"))
    }
}

/// Prints a line; that nobody reads it is no reason to stop.
pub(crate) fn say(line: impl std::fmt::Display) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Runs a command to its end; one that cannot be started is said and has failed.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    match command.status() {
        Ok(status) => status.success(),
        Err(error) => {
            say(format_args!("{} cannot be started: {error}", command.get_program().display()));
            false
        }
    }
}

/// Runs a `cargo test` to its end, lets its lines through, and counts them. One that fails without
/// saying which test did counts as one failure.
pub(crate) fn counted(command: &mut Command) -> Tally {
    heard(command, &mut |line| say(line))
}

fn heard(command: &mut Command, hear: &mut dyn FnMut(&str)) -> Tally {
    let mut tally = Tally::default();
    let ended = listened(command, &mut |line| {
        hear(line);
        tally += Tally::read(line).unwrap_or_default();
        if line.starts_with(SKIPPED) {
            tally.passed = tally.passed.saturating_sub(1);
            tally += Tally::SKIPPED;
        }
    });
    match ended {
        Ok(true) => {}
        Ok(false) => tally.failed = tally.failed.max(1),
        Err(error) => {
            hear(&format!("{} stopped: {error}", command.get_program().display()));
            tally += Tally::FAILED;
        }
    }
    tally
}

fn listened(command: &mut Command, hear: &mut dyn FnMut(&str)) -> io::Result<bool> {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let complaints = child.stderr.take().map(|stderr| std::thread::spawn(|| passed_on(stderr)));
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).split(b'\n') {
            hear(&String::from_utf8_lossy(&line?));
        }
    }
    // A test that skips itself says so there, past the harness, which counts it as passed.
    let skips = complaints.and_then(|thread| thread.join().ok()).unwrap_or_default();
    skips.iter().for_each(|line| hear(line));
    Ok(child.wait()?.success())
}

/// Lets standard error through, and keeps the lines by which tests say that they skip themselves.
fn passed_on(stderr: impl Read) -> Vec<String> {
    let mut skips = Vec::new();
    for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line).into_owned();
        if line.starts_with(SKIPPED) {
            skips.push(line);
        } else {
            let _ = writeln!(io::stderr(), "{line}");
        }
    }
    skips
}

/// How a test begins the line by which it says that it skips itself.
const SKIPPED: &str = "test skipped: ";

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs without printing: these lines would be counted with those of this very test.
    fn run(command: &mut Command) -> Tally {
        heard(command, &mut |_| {})
    }

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_run_is_counted_by_its_lines() {
        let tally = run(&mut shell("echo 'test result: ok. 2 passed; 0 failed; 1 ignored'"));
        assert_eq!(tally, Tally { passed: 2, failed: 0, skipped: 1 });
    }

    #[test]
    fn a_test_that_skips_itself_has_not_passed() {
        let said = "echo 'test skipped: a: no curl' >&2; \
            echo 'test result: ok. 2 passed; 0 failed; 0 ignored'";
        assert_eq!(run(&mut shell(said)), Tally { passed: 1, failed: 0, skipped: 1 });
    }

    #[test]
    fn a_run_that_fails_without_a_word_is_one_failure() {
        assert_eq!(run(&mut shell("exit 101")), Tally::FAILED);
        assert_eq!(run(&mut Command::new("no such program")), Tally::FAILED);
        let said = "echo 'test result: FAILED. 2 passed; 3 failed; 0 ignored'; exit 101";
        assert_eq!(run(&mut shell(said)), Tally { passed: 2, failed: 3, skipped: 0 });
    }
}
