//! The real daemon in a namespace: started with a configuration, killed, started again.
//!
//! `DIALTONE_BIN` names the program; without it cargo builds it once, into its usual folder.

use crate::net::{Host, Lan, Running};
use crate::until;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

/// The address of the box on its LAN.
pub const BOX: &str = "192.168.10.1";
/// The hardware address of its port.
pub const BOX_MAC: &str = "02:d1:a1:70:00:01";

/// The address of the box on the WAN, where there is one.
pub const BOX_ON_WAN: &str = "203.0.113.2";

const WAN: &str = r#"
[[interface]]
name = "eth1"
side = "wan"
"#;

const STARTS: Duration = Duration::from_secs(20);
/// How long a box that has never given an address looks who else does before it gives the first.
const LOOKS: Duration = Duration::from_millis(4_200);

/// The box: its host, and the daemon on it.
pub struct Daemon {
    host: Host,
    running: Running,
    starts: u32,
    password: Option<String>,
}

impl Daemon {
    /// Plugs a box with the usual configuration into a network, and starts it.
    pub fn start(lan: &Lan) -> Daemon {
        Daemon::start_with(lan, "")
    }

    /// The same, with more lines at the end of its configuration.
    pub fn start_with(lan: &Lan, more: &str) -> Daemon {
        let host = lan.plug_at("box", BOX_MAC, &format!("{BOX}/24"));
        host.write("dialtone.toml", &format!("{}{more}", configuration(host.dir())));
        Daemon::on(host)
    }

    /// Plugs a box that minds its own network ports into a network; `more` stands in its `[board]`.
    pub fn start_own(lan: &Lan, more: &str) -> Daemon {
        let host = lan.plug("box", BOX_MAC);
        let address = format!("side = \"lan\"\naddress = \"{BOX}/24\"");
        let text = configuration(host.dir()).replacen("side = \"lan\"", &address, 1);
        host.write("dialtone.toml", &format!("{text}[board]\nbring-up = true\n{more}"));
        Daemon::on(host)
    }

    /// Plugs a box between two networks: the LAN, and the WAN, where it has [`BOX_ON_WAN`].
    pub fn start_between(lan: &Lan, wan: &Lan) -> Daemon {
        let host = lan.plug_at("box", BOX_MAC, &format!("{BOX}/24"));
        wan.connect(&host, "eth1", "02:d1:a1:70:00:02");
        host.ip(&["address", "add", &format!("{BOX_ON_WAN}/24"), "dev", "eth1"]);
        host.write("dialtone.toml", &format!("{}{WAN}", configuration(host.dir())));
        Daemon::on(host)
    }

    fn on(host: Host) -> Daemon {
        let running = launch(&host, 1, &[]);
        let mut daemon = Daemon { host, running, starts: 1, password: None };
        daemon.wait();
        std::thread::sleep(LOOKS);
        daemon
    }

    /// Kills it as a power cut would.
    pub fn cut(&mut self) {
        self.running.kill();
    }

    /// Starts it again, on the same state.
    pub fn restart(&mut self) {
        self.running.kill();
        self.starts += 1;
        self.running = launch(&self.host, self.starts, &[]);
        self.wait();
    }

    /// The same, told to leave the flash alone.
    pub fn restart_read_only(&mut self) {
        self.running.kill();
        self.starts += 1;
        self.running = launch(&self.host, self.starts, &["--read-only"]);
        self.wait();
    }

    fn wait(&mut self) {
        let name = name(self.starts);
        let ready = until(STARTS, || {
            let said = self.host.said(&name, "out");
            let first = crate::between(&said, "Password:", "(").map(|it| it.trim().to_owned());
            let chosen = said.contains("Log in with the password you chose");
            let over = !chosen && first.is_none() && !self.is_up();
            (over || first.is_some() || chosen).then_some((first, over))
        });
        let Some((first, false)) = ready else {
            panic!("the daemon did not start:\n{}", self.log());
        };
        self.password = first;
    }

    /// The password for the first log-in, where none was chosen before this start.
    pub fn first_password(&self) -> Option<&str> {
        self.password.as_deref()
    }

    /// The host it runs on.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// All that it has said since its latest start.
    pub fn log(&self) -> String {
        let name = name(self.starts);
        format!("{}{}", self.host.said(&name, "out"), self.host.said(&name, "err"))
    }

    /// Its memory in use at present, in KiB.
    pub fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.running.pid()));
        let status = status.expect("the daemon no longer runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches("kB").trim().parse().unwrap()
    }

    /// Tells it politely to end; `Some(true)` where it did so at once and without complaint.
    pub fn stop(&mut self) -> Option<bool> {
        self.running.signal("TERM");
        self.running.end(Duration::from_secs(3))
    }

    /// Whether it still runs.
    pub fn is_up(&mut self) -> bool {
        self.running.end(Duration::ZERO).is_none()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            let from = lines.len().saturating_sub(40);
            eprintln!("-- the daemon said at the end:\n{}", lines[from..].join("\n"));
        }
    }
}

fn name(start: u32) -> String {
    format!("daemon{start}")
}

fn launch(host: &Host, start: u32, more: &[&str]) -> Running {
    let mut command = host.command(program());
    command.args(["serve", "--config", "dialtone.toml"]).args(more);
    host.spawn(&name(start), &mut command)
}

fn configuration(dir: &Path) -> String {
    let state = dir.join("flash");
    format!(
        r#"state = "{}"

[[interface]]
name = "eth0"
side = "lan"

[[subnet]]
interface = "eth0"
network = "192.168.10.0/24"
pool = ["192.168.10.50", "192.168.10.150"]
router = "192.168.10.254"
dns = ["192.168.10.253", "192.168.10.252"]
domain = "office.example"

"#,
        state.display()
    )
}

/// The program under test.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| match std::env::var_os("DIALTONE_BIN") {
        Some(path) => PathBuf::from(path),
        None => built(),
    })
}

fn built() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo).args(["build", "--quiet", "--package", "dialtone"]).status();
    assert!(built.unwrap().success(), "the daemon did not build");
    // This test lies in PROFILE/deps beside it.
    let own = std::env::current_exe().unwrap();
    own.parent().and_then(Path::parent).unwrap().join("dialtone")
}
