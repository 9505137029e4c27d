//! A program at the box's end of the cable: started there, waited for, measured from outside, and
//! ended when dropped or when this process ends, however that comes about.

use super::cable::Cable;
use super::clock::Clock;
use std::fs;
use std::io::{self, Error};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How long a program may take to get ready.
const READY_NS: u64 = 10_000_000_000;
/// The unit of the times in `/proc/PID/stat` (proc(5)).
const TICK_MS: f64 = 10.0;

/// A running program.
pub(crate) struct Server {
    child: Child,
    log: PathBuf,
}

/// What a program has used.
#[derive(Clone, Copy, Default)]
pub(crate) struct Used {
    /// Time on the processor by the scheduler's count, in milliseconds.
    pub(crate) cpu_ms: f64,
    /// The same by the timer's count, in its own code and in the kernel's; coarse.
    pub(crate) user_ms: f64,
    pub(crate) system_ms: f64,
}

impl Server {
    /// Starts a program and waits until its output has `mark` in it.
    pub(crate) fn start(
        cable: &Cable,
        program: &Path,
        words: &[&str],
        (log, mark): (PathBuf, &str),
    ) -> io::Result<Server> {
        let output = fs::File::create(&log)?;
        // Ends with us, even where we are killed.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(program).args(words);
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let child = cable.at_box(|_| command.spawn())?;
        let mut server = Server { child, log };
        let clock = Clock::start();
        while !server.said().contains(mark) {
            if server.child.try_wait()?.is_some() || clock.now_ns() > READY_NS {
                let said = server.said();
                return Err(Error::other(format!("{} did not start: {said}", program.display())));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(server)
    }

    /// What it has written.
    pub(crate) fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// What it has used since it started.
    pub(crate) fn used(&self) -> Used {
        let mut used = Used::default();
        let root = format!("/proc/{}", self.child.id());
        let tasks = fs::read_dir(format!("{root}/task")).into_iter().flatten().flatten();
        for task in tasks {
            let line = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
            let ran_ns: f64 =
                line.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or_default();
            used.cpu_ms += ran_ns / 1e6;
        }
        let stat = fs::read_to_string(format!("{root}/stat")).unwrap_or_default();
        // The name in parentheses may hold anything; utime and stime are fields 14 and 15.
        let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let mut times = fields.split_whitespace().skip(11).map(|ticks| ticks.parse::<f64>());
        let mut next = || times.next().and_then(Result::ok).unwrap_or_default() * TICK_MS;
        (used.user_ms, used.system_ms) = (next(), next());
        used
    }

    /// Its peak of resident memory in KiB, since the start or the last call of
    /// [`forget_peak`](Server::forget_peak).
    pub(crate) fn peak_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        number.unwrap_or_default()
    }

    /// Lets the peak of memory begin anew.
    pub(crate) fn forget_peak(&self) {
        let _ = fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
