//! A headless Chromium, spoken to in its own protocol over a pair of pipes: no driver in between.
//!
//! Chromium reads commands from descriptor 3 and answers on 4, as JSON objects that end with a
//! NUL; a line of shell turns its standard input and output into these.

use crate::net::{Host, Running};
use crate::until;
use serde_json::{json, Value};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{ChildStdin, Stdio};
use std::sync::mpsc::{channel, Receiver};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);

/// Turns standard input and output into the pipes.
const PIPES: &str = "exec 3<&0 4>&1 0</dev/null 1>&2; exec \"$@\"";

const CHROMIUM: [&str; 15] = [
    "chromium",
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--hide-scrollbars",
    "--user-data-dir=profile",
    "--remote-debugging-pipe",
];

/// A browser with one page open.
pub struct Browser {
    commands: ChildStdin,
    answers: Receiver<Value>,
    session: String,
    number: u64,
    complaints: Vec<String>,
    _running: Running,
}

impl Browser {
    /// Starts one on a host, with a profile of its own.
    pub fn start(host: &Host) -> Browser {
        let mut command = host.command("sh");
        command.args(["-c", PIPES, "sh"]).args(CHROMIUM);
        command.env("HOME", host.dir()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let complaints = fs::File::create(host.dir().join("chromium.err")).unwrap();
        let mut child = command.stderr(complaints).spawn().unwrap();
        let (commands, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (heard, answers) = channel();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            let mut message = Vec::new();
            while output.read_until(0, &mut message).is_ok_and(|len| len > 0) {
                message.pop();
                let Ok(value) = serde_json::from_slice(&message) else { return };
                message.clear();
                if heard.send(value).is_err() {
                    return;
                }
            }
        });
        let mut browser = Browser {
            commands,
            answers,
            session: String::new(),
            number: 0,
            complaints: Vec::new(),
            _running: Running::from(child),
        };
        let page = browser.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": page["targetId"], "flatten": true });
        let session = browser.call("Target.attachToTarget", attach);
        browser.session = session["sessionId"].as_str().unwrap().to_owned();
        for domain in ["Page.enable", "Runtime.enable", "Log.enable"] {
            browser.call(domain, json!({}));
        }
        browser
    }

    /// One command that must succeed, and its answer.
    fn call(&mut self, method: &str, params: Value) -> Value {
        let answer = self.ask(method, params);
        answer.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// One command, and its answer or the browser's error.
    fn ask(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        self.number += 1;
        let mut command = json!({ "id": self.number, "method": method, "params": params });
        if !self.session.is_empty() {
            command["sessionId"] = json!(self.session);
        }
        self.commands.write_all(format!("{command}\0").as_bytes()).unwrap();
        loop {
            let answer = self.answers.recv_timeout(PATIENCE);
            let mut answer = answer.unwrap_or_else(|why| panic!("{method}: {why}"));
            if answer["id"] == json!(self.number) {
                let error = answer["error"].take();
                return if error.is_null() { Ok(answer["result"].take()) } else { Err(error) };
            }
            self.hear(&answer);
        }
    }

    fn hear(&mut self, event: &Value) {
        let entry = &event["params"]["entry"];
        let logged = event["method"] == "Log.entryAdded" && entry["level"] == "error";
        if logged || event["method"] == "Runtime.exceptionThrown" {
            self.complaints.push(event["params"].to_string());
        }
    }

    /// What the browser complained of so far: scripts that failed, files that were missing, what
    /// the page's own policy forbids.
    pub fn complaints(&self) -> &[String] {
        &self.complaints
    }

    /// Opens an address.
    pub fn open(&mut self, url: &str) {
        self.call("Page.navigate", json!({ "url": url }));
        self.wait("document.readyState === 'complete'");
    }

    /// The value of an expression in the page.
    pub fn value(&mut self, expression: &str) -> Value {
        let value = self.evaluate(expression);
        value.unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    fn evaluate(&mut self, expression: &str) -> Result<Value, Value> {
        let asked = json!({ "expression": expression, "returnByValue": true });
        Ok(self.ask("Runtime.evaluate", asked)?["result"]["value"].take())
    }

    /// Waits until an expression holds in the page, whichever page it is by then. A page that
    /// gives way to the next while it is asked has no answer; the next one is asked again.
    pub fn wait(&mut self, expression: &str) {
        let come = until(PATIENCE, || (self.evaluate(expression) == Ok(json!(true))).then_some(()));
        if come.is_none() {
            let text = self.value("location.href + '\\n' + document.body.innerText");
            panic!("never became true: {expression}\n{}", text.as_str().unwrap_or_default());
        }
    }

    /// Waits for a text on the page.
    pub fn wait_for(&mut self, text: &str) {
        self.wait(&format!("document.body.innerText.includes({})", json!(text)));
    }

    /// Types into a field, in place of what is there.
    pub fn fill(&mut self, selector: &str, text: &str) {
        let focus = format!("{{ const it = document.querySelector({}); it.focus(); it.select(); document.activeElement === it }}", json!(selector));
        assert_eq!(self.value(&focus), json!(true), "{selector} cannot be typed into");
        self.call("Input.insertText", json!({ "text": text }));
    }

    /// Clicks on something.
    pub fn click(&mut self, selector: &str) {
        let click = format!("document.querySelector({}).click(), true", json!(selector));
        assert_eq!(self.value(&click), json!(true), "{selector} is not there");
    }

    /// Makes the window as wide as this, and a picture of the page; gives how wide its content is.
    pub fn picture(&mut self, width: u32, file: &Path) -> u64 {
        let size =
            json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", size);
        let asked = json!({ "format": "png", "captureBeyondViewport": true });
        let picture = self.call("Page.captureScreenshot", asked);
        fs::write(file, decoded(picture["data"].as_str().unwrap())).unwrap();
        self.value("document.documentElement.scrollWidth").as_u64().unwrap()
    }
}

/// Base64 (RFC 4648 section 4).
fn decoded(text: &str) -> Vec<u8> {
    let value = |letter: u8| match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        _slash => 63,
    };
    let letters: Vec<u8> = text.bytes().filter(|letter| *letter != b'=').collect();
    let mut bytes = Vec::with_capacity(letters.len() * 3 / 4);
    for four in letters.chunks(4) {
        let bits = four.iter().fold(0_u32, |bits, letter| bits << 6 | u32::from(value(*letter)));
        let bits = bits << (6 * (4 - four.len()));
        bytes.extend(bits.to_be_bytes().into_iter().skip(1).take(four.len() - 1));
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_rfc_4648_decode() {
        let vectors =
            [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg==", "foob")];
        for (text, plain) in vectors {
            assert_eq!(decoded(text), plain.as_bytes());
        }
        assert_eq!(decoded("+/+/"), [0xfb, 0xff, 0xbf]);
    }
}
