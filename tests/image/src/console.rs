//! The serial console of a box: every line with the time it came, and keys to press.
//!
//! All that is said is kept in memory and in a file beside the test's others. A shell on the
//! console is for hands on the device; [`Console::shell`] presses the key that gives one.

use lan::{now, until};
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long the shell may take to say something.
const ANSWERS: Duration = Duration::from_secs(30);

/// What the console says where a key gives a shell.
const KEY_WANTED: &str = "press Enter to activate this console";

/// A loop that takes commands without echoing or editing them: the console then has nothing but
/// their output.
const PLAIN: &str = "busybox stty -echo; exec sh -c 'echo a-plain-\"shell\"; \
    while read -r line; do eval \"$line\"; done'\n";

/// A console under watch.
pub struct Console {
    keys: ChildStdin,
    said: Arc<Mutex<Said>>,
    /// What was waited for is behind this.
    seen: usize,
    commands: u32,
    has_shell: bool,
}

/// What came, with the moments at which it came.
#[derive(Default)]
struct Said {
    bytes: Vec<u8>,
    /// How many bytes there were at which moment.
    moments: Vec<(usize, Instant)>,
}

impl Console {
    /// Begins to listen, and writes all that is said to a file too.
    pub(crate) fn watch(keys: ChildStdin, mut screen: ChildStdout, log: &Path) -> Console {
        let said = Arc::new(Mutex::new(Said::default()));
        let mut log = File::create(log).expect("the console's log can be written");
        let heard = Arc::clone(&said);
        std::thread::spawn(move || {
            let mut room = [0; 4096];
            while let Ok(length @ 1..) = screen.read(&mut room) {
                let moment = now();
                let mut said = heard.lock().unwrap_or_else(PoisonError::into_inner);
                // The terminal's line ends are nobody's business.
                said.bytes.extend(room[..length].iter().filter(|it| **it != b'\r'));
                let end = said.bytes.len();
                said.moments.push((end, moment));
                let _ = log.write_all(&room[..length]);
            }
        });
        Console { keys, said, seen: 0, commands: 0, has_shell: false }
    }

    /// All that was said.
    pub fn text(&self) -> String {
        self.after(0)
    }

    /// Waits until something is said that was not waited for before; gives the moment it came.
    pub fn wait_for(&mut self, what: &str, patience: Duration) -> Option<Instant> {
        let end = until(patience, || Some(self.seen + ended(&self.after(self.seen), what)?))?;
        self.seen = end;
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.moments.iter().find(|(length, _)| *length >= end).map(|(_, moment)| *moment)
    }

    /// The same; gives the whole line.
    pub fn wait_for_line(&mut self, what: &str, patience: Duration) -> Option<String> {
        let line = until(patience, || {
            let text = self.after(self.seen);
            let whole = text.rsplit_once('\n').map_or("", |it| it.0);
            whole.lines().find(|line| line.contains(what)).map(str::to_owned)
        })?;
        self.wait_for(&line, Duration::ZERO)?;
        Some(line)
    }

    /// Presses keys.
    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("the console takes keys");
        self.keys.flush().expect("the console takes keys");
    }

    /// Runs a command in the shell of the console to its end; gives what it printed.
    pub fn shell(&mut self, command: &str) -> String {
        self.open_shell();
        self.commands += 1;
        let n = self.commands;
        // The console may show what is typed; only the shell makes the marks whole.
        let mark = |sign: char| (format!("{sign}{n}''{sign}"), format!("{sign}{n}{sign}"));
        let ((begin, begun), (end, ended)) = (mark('<'), mark('>'));
        self.press(&format!("echo '{begin}'; {command}; echo '{end}'\n"));
        let from = self.seen;
        let over = self.wait_for(&ended, ANSWERS);
        let text = self.after(from);
        assert!(over.is_some(), "the shell did not end {command}:\n{text}");
        lan::between(&text, &format!("{begun}\n"), &ended).unwrap_or_default().to_owned()
    }

    /// Whether a key press gives a shell here.
    pub fn offers_shell(&self) -> bool {
        self.text().contains(KEY_WANTED)
    }

    fn open_shell(&mut self) {
        if self.has_shell {
            return;
        }
        let offered = until(ANSWERS, || self.offers_shell().then_some(()));
        assert!(offered.is_some(), "no key gives a shell:\n{}", self.text());
        self.press("\n");
        let prompt = self.wait_for("# ", ANSWERS);
        assert!(prompt.is_some(), "a key gave no shell:\n{}", self.text());
        self.press(PLAIN);
        let plain = self.wait_for("a-plain-shell", ANSWERS);
        assert!(plain.is_some(), "the shell takes no commands:\n{}", self.text());
        self.has_shell = true;
    }

    fn after(&self, from: usize) -> String {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(said.bytes.get(from..).unwrap_or_default()).into_owned()
    }
}

/// Where in a text something ends.
fn ended(text: &str, what: &str) -> Option<usize> {
    text.find(what).map(|at| at + what.len())
}
