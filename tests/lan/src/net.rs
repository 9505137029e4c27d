//! Network namespaces: one for the switch, one for each device, all made and removed here.
//!
//! Names begin with `dtlan` and the process id, so that tests may run side by side and the leavings
//! of a dead run are known. Every device has one port, `eth0`, with a hardware address chosen by
//! the test, and a cable to the switch.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::Once;
use std::time::Duration;

const PREFIX: &str = "dtlan";
/// No client needs longer; one that hangs must not hang the suite.
const PATIENCE: &str = "40";

static COUNTER: AtomicU32 = AtomicU32::new(0);
static SWEPT: Once = Once::new();

/// An office network: a switch, and what was plugged in. Dropping it removes all.
pub struct Lan {
    name: String,
    switch: Netns,
    ports: AtomicU32,
    dir: PathBuf,
}

/// A device on the network, in a namespace of its own.
pub struct Host {
    netns: Netns,
    dir: PathBuf,
    mac: String,
}

/// A namespace, removed on drop.
struct Netns(String);

/// A program that runs beside the test; killed on drop.
pub struct Running(Child);

/// What a program that has ended said.
pub struct Said {
    /// Whether it ended with 0.
    pub good: bool,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
}

impl Lan {
    /// A switch without anything plugged in.
    pub fn new() -> Lan {
        SWEPT.call_once(sweep);
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let name = format!("{PREFIX}{}x{number}", std::process::id());
        let dir = std::env::temp_dir().join(&name);
        fs::create_dir_all(&dir).unwrap();
        let switch = Netns::new(format!("{name}switch"));
        ip(&["-n", &switch.0, "link", "add", "br0", "type", "bridge", "mcast_snooping", "0"]);
        ip(&["-n", &switch.0, "link", "set", "br0", "up"]);
        Lan { name, switch, ports: AtomicU32::new(0), dir }
    }

    /// A device with this hardware address, switched on and without an IP address.
    pub fn plug(&self, label: &str, mac: &str) -> Host {
        let netns = Netns::new(format!("{}{label}", self.name));
        ip(&["-n", &netns.0, "link", "set", "lo", "up"]);
        let dir = self.dir.join(label);
        fs::create_dir_all(&dir).unwrap();
        let host = Host { netns, dir, mac: mac.to_owned() };
        self.connect(&host, "eth0", mac);
        host
    }

    /// Gives a device, of this or of another network, a further port on this switch.
    pub fn connect(&self, host: &Host, port: &str, mac: &str) {
        let number = self.ports.fetch_add(1, Ordering::Relaxed);
        let (switch, end, netns) = (&self.switch.0, format!("p{number}"), &host.netns.0);
        let pair = ["link", "add", &end, "type", "veth", "peer", "name", port, "netns", netns];
        ip(&[&["-n", switch], &pair[..]].concat());
        ip(&["-n", switch, "link", "set", &end, "master", "br0", "up"]);
        ip(&["-n", netns, "link", "set", port, "address", mac, "up"]);
    }

    /// A device with a fixed address, such as `192.168.10.200/24`.
    pub fn plug_at(&self, label: &str, mac: &str, address: &str) -> Host {
        let host = self.plug(label, mac);
        host.address(address);
        host
    }
}

impl Default for Lan {
    fn default() -> Self {
        Lan::new()
    }
}

impl Drop for Lan {
    fn drop(&mut self) {
        // What a failed test wrote is worth reading.
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.dir);
        }
    }
}

impl Host {
    /// Gives it a further address, such as `192.168.10.200/24`.
    pub fn address(&self, address: &str) {
        ip(&["-n", &self.netns.0, "address", "replace", address, "dev", "eth0"]);
    }

    /// Takes all its addresses from it, as a restart would.
    pub fn forget_address(&self) {
        ip(&["-n", &self.netns.0, "-4", "address", "flush", "dev", "eth0"]);
    }

    /// A call of `ip` inside it.
    pub fn ip(&self, words: &[&str]) {
        ip(&[&["-n", &self.netns.0], words].concat());
    }

    /// Its hardware address as it was chosen.
    pub fn mac(&self) -> &str {
        &self.mac
    }

    /// Its hardware address as file names have it: twelve digits in small letters.
    pub fn mac12(&self) -> String {
        self.mac.replace(':', "").to_lowercase()
    }

    /// Where its files may lie.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Writes one of its files.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// A program to be run on it, in its folder.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.netns.0]).arg(program);
        command.current_dir(&self.dir).stdin(Stdio::null());
        command
    }

    /// Runs a program on it to its end, which comes after 40 s at the latest.
    pub fn run(&self, program: &str, words: &[&str]) -> Said {
        self.ended(self.command("timeout").args(["-k", "1", PATIENCE, program]).args(words))
    }

    /// Runs a prepared call to its end.
    pub fn ended(&self, command: &mut Command) -> Said {
        let Output { status, stdout, stderr } = command.output().unwrap();
        Said {
            good: status.success(),
            out: String::from_utf8_lossy(&stdout).into_owned(),
            err: String::from_utf8_lossy(&stderr).into_owned(),
        }
    }

    /// Starts a program on it that runs beside the test; what it says lands in two files of its
    /// folder, `NAME.out` and `NAME.err`.
    pub fn spawn(&self, name: &str, command: &mut Command) -> Running {
        let file = |end: &str| fs::File::create(self.dir.join(format!("{name}.{end}"))).unwrap();
        Running(command.stdout(file("out")).stderr(file("err")).spawn().unwrap())
    }

    /// What a program started as `NAME` has said so far, on `out` or `err`.
    pub fn said(&self, name: &str, end: &str) -> String {
        let bytes = fs::read(self.dir.join(format!("{name}.{end}"))).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Runs a Python script that lies in `scripts/` of this crate.
    pub fn script(&self, name: &str, words: &[&str]) -> Said {
        let path = script(name);
        let all = [&[path.to_str().unwrap()], words].concat();
        self.run(crate::PYTHON, &all)
    }
}

/// Where a script of this crate lies.
pub fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts").join(name)
}

impl Running {
    /// Its process.
    pub fn pid(&self) -> u32 {
        self.0.id()
    }

    /// Waits for its end; `None` where it does not come in time.
    pub fn end(&mut self, patience: Duration) -> Option<bool> {
        crate::until(patience, || self.0.try_wait().unwrap().map(|status| status.success()))
    }

    /// Ends it at once, as a power cut would.
    pub fn kill(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    /// Sends it a signal, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.0.id().to_string()]).status();
        assert!(sent.unwrap().success(), "signal {name}");
    }
}

impl From<Child> for Running {
    fn from(child: Child) -> Running {
        Running(child)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Netns {
    fn new(name: String) -> Netns {
        ip(&["netns", "add", &name]);
        Netns(name)
    }
}

impl Drop for Netns {
    fn drop(&mut self) {
        remove(&self.0);
    }
}

/// Removes a namespace with what still runs in it: only that keeps its devices alive.
fn remove(name: &str) {
    let listed = Command::new("ip").args(["netns", "pids", name]).output();
    let listed = listed.map(|output| output.stdout).unwrap_or_default();
    let pids = String::from_utf8_lossy(&listed).into_owned();
    let pids: Vec<&str> = pids.split_whitespace().collect();
    if !pids.is_empty() {
        let _ = Command::new("kill").arg("-9").args(pids).stderr(Stdio::null()).status();
    }
    let _ = Command::new("ip").args(["netns", "delete", name]).status();
}

/// Removes what runs that are no more have left behind: namespaces, and the files of failed tests.
fn sweep() {
    for name in leavings(Path::new("/run/netns")) {
        remove(&name);
    }
    let temporary = std::env::temp_dir();
    for name in leavings(&temporary) {
        // Another run may be sweeping as well.
        let _ = fs::remove_dir_all(temporary.join(name));
    }
}

fn leavings(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    let is_dead = |name: &String| {
        let pid = name.strip_prefix(PREFIX).and_then(|rest| rest.split_once('x'));
        pid.is_some_and(|(pid, _)| !Path::new("/proc").join(pid).exists())
    };
    names.filter(is_dead).collect()
}

fn ip(words: &[&str]) {
    let output = Command::new("ip").args(words).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "ip {}: {said}", words.join(" "));
}

/// Whether this runs as root.
pub fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|it| it.uid() == 0)
}

/// Whether a program, or a path, is there; in the folders of the administrator too.
pub fn is_program(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"].map(PathBuf::from);
    Path::new(name).is_absolute() && Path::new(name).exists()
        || std::env::split_paths(&path).chain(usual).any(|folder| folder.join(name).is_file())
}
