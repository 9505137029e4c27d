//! The box: a chip, a network, and a power switch.
//!
//! The box stands in a namespace of its own. Its LAN port is a tap there, bridged to the cable that
//! leads to the office's switch, so a phone plugged into [`Appliance::lan`] reaches it as it would
//! reach a box under the desk.

use crate::chip::Chip;
use crate::console::Console;
use crate::qmp::Qmp;
use crate::root;
use crate::spoilt;
use lan::net::{Host, Lan, Running};
use lan::until;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a box may take from power-on until it serves, on a busy machine.
pub const STARTS: Duration = Duration::from_secs(90);

/// What the daemon says once it serves.
pub const SERVES: &str = "Admin page:";

/// The host's ends of the LAN and of the WAN port.
const TAP: &str = "tap0";
const WAN_TAP: &str = "tap1";

/// One box at a time.
static TURN: Mutex<()> = Mutex::new(());

/// A box with a flash chip, on a network of its own; off at first.
pub struct Appliance {
    call: Vec<String>,
    starts: u32,
    on: Option<On>,
    stand: Host,
    lan: Lan,
    wan: Option<Lan>,
    chip: Chip,
    _turn: MutexGuard<'static, ()>,
}

/// A box that is switched on.
struct On {
    emulator: Running,
    console: Console,
    qmp: PathBuf,
}

impl Appliance {
    /// A box whose chip is as the image of the board has it: nothing but the slots is written. Its
    /// WAN port leads nowhere.
    pub fn new(board: &str) -> Appliance {
        Appliance::plugged(board, None)
    }

    /// The same between two networks: the office's, and one that its WAN port is plugged into.
    pub fn between(board: &str) -> Appliance {
        Appliance::plugged(board, Some(Lan::new()))
    }

    fn plugged(board: &str, wan: Option<Lan>) -> Appliance {
        // A test that failed has left nothing that harms the next one.
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let lan = Lan::new();
        let stand = lan.plug("box", "02:d1:a1:70:00:01");
        bridge(&stand, "br0", "eth0", TAP);
        if let Some(wan) = &wan {
            wan.connect(&stand, "eth1", "02:d1:a1:70:00:02");
            bridge(&stand, "br1", "eth1", WAN_TAP);
        }
        let file = stand.dir().join("chip.img");
        let mut ports = vec!["--tap", TAP];
        if wan.is_some() {
            ports.extend(["--wan", WAN_TAP]);
        }
        let call = call(board, &ports, &file);
        let chip = Chip::of(board, file);
        Appliance { call, starts: 0, on: None, stand, lan, wan, chip, _turn: turn }
    }

    /// Its flash chip, to be looked at and spoilt while the box is off.
    pub fn chip(&self) -> &Chip {
        &self.chip
    }

    /// The word of the emulator's call that follows `option`.
    pub fn word(&self, option: &str) -> &str {
        let place = self.call.iter().position(|it| it == option).expect("an option of the call");
        &self.call[place + 1]
    }

    /// Replaces a word of the emulator's call: the one that follows `option`.
    pub fn replace(&mut self, option: &str, value: &Path) {
        let place = self.call.iter().position(|it| it == option).expect("an option of the call");
        value.to_str().expect("a path in UTF-8").clone_into(&mut self.call[place + 1]);
    }

    /// Replaces a file of its initial file system.
    pub fn spoil_initrd(&mut self, name: &str, content: &[u8]) {
        let path = spoilt::initrd(Path::new(self.word("-initrd")), self.dir(), name, content);
        self.replace("-initrd", &path);
    }

    /// Switches it on, with the chip as it is now.
    pub fn power_on(&mut self) {
        self.power_cut();
        self.starts += 1;
        let name = format!("box{}", self.starts);
        let qmp = self.stand.dir().join(format!("{name}.qmp"));
        let mut command = self.stand.command("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).args(&self.call);
        command.args(["-qmp", &format!("unix:{},server=on,wait=off", qmp.display())]);
        let complaints = self.stand.dir().join(format!("{name}.err"));
        command.stderr(std::fs::File::create(complaints).unwrap());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (keys, screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let console = Console::watch(keys, screen, &self.stand.dir().join(format!("{name}.log")));
        self.on = Some(On { emulator: Running::from(child), console, qmp });
    }

    /// Switches it on and waits until it serves.
    pub fn start(&mut self) {
        self.power_on();
        let served = until(STARTS, || {
            let ended = self.has_ended();
            let served = self.console().wait_for(SERVES, Duration::ZERO).is_some();
            (served || ended).then_some(served)
        });
        assert!(served == Some(true), "the box does not serve:\n{}", self.console().text());
    }

    /// Takes its power away at once; what is on the chip stays.
    pub fn power_cut(&mut self) {
        if let Some(mut on) = self.on.take() {
            on.emulator.kill();
        }
    }

    /// The process that is the box while it is on.
    pub fn pid(&self) -> u32 {
        self.on.as_ref().expect("the box is on").emulator.pid()
    }

    /// Waits until the box has restarted by itself, at which the emulator ends; whether it did in
    /// time. It is off then.
    pub fn restarts_within(&mut self, patience: Duration) -> bool {
        until(patience, || self.has_ended().then_some(())).is_some()
    }

    fn has_ended(&mut self) -> bool {
        self.on.as_mut().is_none_or(|on| on.emulator.end(Duration::ZERO).is_some())
    }

    /// Its serial console.
    pub fn console(&mut self) -> &mut Console {
        &mut self.on.as_mut().expect("the box is on").console
    }

    /// The hands on the board.
    pub fn hands(&self) -> Qmp {
        Qmp::connect(&self.on.as_ref().expect("the box is on").qmp).expect("the emulator listens")
    }

    /// The password for the first log-in that the console shows; `None` where one was chosen.
    pub fn first_password(&mut self) -> Option<String> {
        let line = self.console().wait_for_line("assword", STARTS)?;
        let (_, rest) = line.split_once("Password:")?;
        Some(rest.split_once('(')?.0.trim().to_owned())
    }

    /// Where files of this box may lie; they are removed with it.
    pub fn dir(&self) -> &Path {
        self.stand.dir()
    }

    /// The office's switch, to plug devices in.
    pub fn lan(&self) -> &Lan {
        &self.lan
    }

    /// What its WAN port is plugged into.
    pub fn wan(&self) -> &Lan {
        self.wan.as_ref().expect("the box stands between two networks")
    }

    /// What its console says that it must not say.
    pub fn unclean(&mut self) -> Vec<String> {
        crate::clean::unclean(&self.console().text())
    }
}

impl Drop for Appliance {
    fn drop(&mut self) {
        if std::thread::panicking() {
            if let Some(on) = &self.on {
                let text = on.console.text();
                let lines: Vec<&str> = text.lines().collect();
                let from = lines.len().saturating_sub(40);
                eprintln!("-- the console said at the end:\n{}", lines[from..].join("\n"));
            }
        }
        self.power_cut();
    }
}

/// Puts a cable and a port of the box on one switch.
fn bridge(stand: &Host, name: &str, cable: &str, tap: &str) {
    stand.ip(&["link", "add", name, "type", "bridge", "mcast_snooping", "0"]);
    stand.ip(&["tuntap", "add", tap, "mode", "tap"]);
    for port in [cable, tap] {
        stand.ip(&["link", "set", port, "master", name]);
    }
    for port in [tap, name] {
        stand.ip(&["link", "set", port, "up"]);
    }
}

/// How the emulator is called: what `cargo xtask qemu` says.
fn call(board: &str, ports: &[&str], chip: &Path) -> Vec<String> {
    let mut xtask = match std::env::var_os("DIALTONE_XTASK") {
        Some(program) => Command::new(program),
        None => {
            let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
            cargo.arg("xtask");
            cargo
        }
    };
    xtask.current_dir(root()).args(["qemu", board, "--print"]).args(ports).arg("--chip").arg(chip);
    let output = xtask.stdin(Stdio::null()).output().expect("xtask can be called");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let why = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo xtask qemu {board} --print: {said}{why}");
    said.lines().map(str::to_owned).collect()
}
