//! The hands on the board: QEMU's machine protocol (QMP), over a socket beside the test's files.
//!
//! One command at a time; events that come in between are passed over.

use lan::until;
use serde_json::{json, Value};
use std::io::{self, BufRead, BufReader, Error, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// How long the emulator may take to listen, and to answer.
const ANSWERS: Duration = Duration::from_secs(10);

/// A connection to the emulator.
pub struct Qmp(BufReader<UnixStream>);

impl Qmp {
    /// Connects, and agrees to speak.
    pub fn connect(socket: &Path) -> io::Result<Qmp> {
        let stream = until(ANSWERS, || UnixStream::connect(socket).ok());
        let stream = stream.ok_or_else(|| Error::other("the emulator does not listen"))?;
        stream.set_read_timeout(Some(ANSWERS))?;
        let mut qmp = Qmp(BufReader::new(stream));
        qmp.line()?;
        qmp.execute("qmp_capabilities", json!({}))?;
        Ok(qmp)
    }

    /// Runs a command; gives what it returned.
    pub fn execute(&mut self, command: &str, arguments: Value) -> io::Result<Value> {
        let call = json!({ "execute": command, "arguments": arguments });
        writeln!(self.0.get_mut(), "{call}")?;
        loop {
            let mut answer = self.line()?;
            if let Some(why) = answer.get("error") {
                return Err(Error::other(format!("{command}: {why}")));
            }
            if let Some(returned) = answer.get_mut("return") {
                return Ok(returned.take());
            }
        }
    }

    /// Sets a property of a device, such as the level of a pin.
    pub fn set(&mut self, device: &str, property: &str, value: Value) -> io::Result<()> {
        let arguments = json!({ "path": device, "property": property, "value": value });
        self.execute("qom-set", arguments).map(drop)
    }

    /// Presses the reset button. The emulator ends at that, as it does when the box restarts.
    pub fn reset(&mut self) -> io::Result<()> {
        self.execute("system_reset", json!({})).map(drop)
    }

    fn line(&mut self) -> io::Result<Value> {
        let mut line = String::new();
        if self.0.read_line(&mut line)? == 0 {
            return Err(Error::other("the emulator hung up"));
        }
        serde_json::from_str(&line).map_err(Error::from)
    }
}
