//! A program at the box's end of the cable: started there, waited for, measured from outside, and
//! ended when dropped, with all it has started. It ends too when this process is killed; only a
//! peer that changes its own privileges, such as dnsmasq, would then be left.

use super::cable::Cable;
use super::clock::Clock;
use nix::sys::signal::{kill, Signal};
use nix::unistd::Pid;
use std::fs;
use std::io::{self, Error};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How long a program may take to get ready.
const READY_NS: u64 = 10_000_000_000;
/// How long it may take to end once all it has started is gone.
const END_NS: u64 = 1_000_000_000;
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

    /// What it and all it has started have used so far.
    pub(crate) fn used(&self) -> Used {
        let mut used = Used::default();
        for pid in self.family() {
            used.add_one(&format!("/proc/{pid}"));
        }
        used
    }

    /// Its number, and those of all that descend from it.
    fn family(&self) -> Vec<u32> {
        let numbers = fs::read_dir("/proc").into_iter().flatten().flatten();
        let numbers = numbers.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let parents: Vec<(u32, u32)> =
            numbers.filter_map(|pid: u32| Some((pid, parent(pid)?))).collect();
        let mut family = vec![self.child.id()];
        let mut next = 0;
        while let Some(one) = family.get(next).copied() {
            let children = parents.iter().filter(|(_, parent)| *parent == one);
            family.extend(children.map(|(pid, _)| *pid));
            next += 1;
        }
        family
    }

    /// The peak of resident memory in KiB, since the start or the last call of
    /// [`forget_peak`](Server::forget_peak); of several processes the sum, what they share counted
    /// for each.
    pub(crate) fn peak_kib(&self) -> u64 {
        let one = |pid: u32| {
            let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
            line.split_whitespace().next()?.parse::<u64>().ok()
        };
        self.family().into_iter().filter_map(one).sum()
    }

    /// Lets the peak of memory begin anew.
    pub(crate) fn forget_peak(&self) {
        for pid in self.family() {
            let _ = fs::write(format!("/proc/{pid}/clear_refs"), "5");
        }
    }
}

impl Used {
    fn add_one(&mut self, root: &str) {
        let tasks = fs::read_dir(format!("{root}/task")).into_iter().flatten().flatten();
        for task in tasks {
            let line = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
            let ran_ns: f64 =
                line.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or_default();
            self.cpu_ms += ran_ns / 1e6;
        }
        // The timer's counts are fields 14 and 15.
        let stat = fields(root);
        let mut times = stat.split_whitespace().skip(11).map(|ticks| ticks.parse::<f64>());
        let mut next = || times.next().and_then(Result::ok).unwrap_or_default() * TICK_MS;
        self.user_ms += next();
        self.system_ms += next();
    }

    /// What was used between an earlier moment and this one.
    pub(crate) fn since(self, earlier: Used) -> Used {
        Used {
            cpu_ms: self.cpu_ms - earlier.cpu_ms,
            user_ms: self.user_ms - earlier.user_ms,
            system_ms: self.system_ms - earlier.system_ms,
        }
    }

    /// What two have used together.
    pub(crate) fn and(self, other: Used) -> Used {
        Used {
            cpu_ms: self.cpu_ms + other.cpu_ms,
            user_ms: self.user_ms + other.user_ms,
            system_ms: self.system_ms + other.system_ms,
        }
    }
}

/// The fields of a process from the third on; its name, in parentheses, may hold anything.
fn fields(root: &str) -> String {
    let stat = fs::read_to_string(format!("{root}/stat")).unwrap_or_default();
    stat.rsplit_once(')').map_or(String::new(), |(_, rest)| rest.to_owned())
}

fn parent(pid: u32) -> Option<u32> {
    fields(&format!("/proc/{pid}")).split_whitespace().nth(1)?.parse().ok()
}

impl Drop for Server {
    fn drop(&mut self) {
        // What it has started goes first, so that it can wait for them; then it ends by itself.
        let descendants: Vec<u32> = self.family().into_iter().skip(1).collect();
        for pid in &descendants {
            let _ = kill(Pid::from_raw(*pid as i32), Signal::SIGKILL);
        }
        let clock = Clock::start();
        while !descendants.is_empty() && clock.now_ns() < END_NS {
            match self.child.try_wait() {
                Ok(None) => std::thread::sleep(Duration::from_millis(5)),
                Ok(Some(_)) | Err(_) => break,
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
