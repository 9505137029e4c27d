//! What was on the wire, as others read it: written by dumpcap, decoded by tshark.

use crate::net::{Host, Running};
use crate::until;
use std::path::PathBuf;
use std::time::Duration;

/// A capture under way on one host.
pub struct Capture<'a> {
    host: &'a Host,
    running: Running,
    file: PathBuf,
}

/// A finished capture.
pub struct Wire<'a> {
    host: &'a Host,
    file: PathBuf,
}

impl Capture<'_> {
    /// Begins to write down all that passes the host's port.
    pub fn begin(host: &Host) -> Capture<'_> {
        let file = host.dir().join("wire.pcapng");
        let mut command = host.command("dumpcap");
        command.args(["-q", "-i", "eth0", "-w"]).arg(&file);
        let running = host.spawn("dumpcap", &mut command);
        let ready = until(Duration::from_secs(10), || {
            host.said("dumpcap", "err").contains("File:").then_some(())
        });
        assert!(ready.is_some(), "dumpcap: {}", host.said("dumpcap", "err"));
        Capture { host, running, file }
    }
}

impl<'a> Capture<'a> {
    /// Ends it, once the last packets are in the file.
    pub fn end(mut self) -> Wire<'a> {
        // dumpcap hands over what it has at the latest after 100 ms.
        std::thread::sleep(Duration::from_millis(300));
        self.running.signal("INT");
        assert!(self.running.end(Duration::from_secs(10)).is_some(), "dumpcap did not end");
        Wire { host: self.host, file: self.file.clone() }
    }
}

impl Wire<'_> {
    /// The packets that a display filter of tshark lets through, a line each with these fields,
    /// separated by `|`; several values of one field by `;`.
    pub fn fields(&self, filter: &str, fields: &[&str]) -> Vec<String> {
        let mut words = vec!["-n", "-r", self.file.to_str().unwrap(), "-Y", filter, "-T", "fields"];
        words.extend(["-E", "separator=|", "-E", "aggregator=;", "-E", "occurrence=a"]);
        for field in fields {
            words.extend(["-e", field]);
        }
        let said = self.host.run("tshark", &words);
        assert!(said.good, "tshark: {}", said.err);
        said.out.lines().map(str::to_owned).collect()
    }

    /// Where it lies.
    pub fn path(&self) -> &str {
        self.file.to_str().unwrap()
    }
}
