//! What the daemon for the box must answer, asked under an emulator of its processor.
//!
//! Three questions that need neither a network nor a board: who it is, which phone a sign is of,
//! and whether the configuration that is shipped is good. Whether it serves phones is for the tests
//! of the image; speed under an emulator says nothing.

use super::Trouble;
use crate::debian::{package, Package};
use crate::shop::Shop;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

/// The emulator, as a program that runs programs.
pub(super) const EMULATOR: &[Package] = &[package("qemu-user-static", "qemu-arm-static")];

/// How long one answer may take, in seconds.
const PATIENCE: &str = "60";

/// A question, what is said to it, and what the answer must contain.
struct Question {
    arguments: &'static [&'static str],
    input: &'static str,
    answer: &'static str,
}

const QUESTIONS: [Question; 3] = [
    Question {
        arguments: &["--version"],
        input: "",
        answer: concat!("dialtone ", env!("CARGO_PKG_VERSION")),
    },
    Question {
        arguments: &["identify"],
        input: "{\"kind\": \"dhcp_option60\", \"string\": \"yealink\"}\n",
        answer: "\"family\":\"yealink",
    },
    Question {
        arguments: &["check-config", "firmware/dialtone/dialtone.example.toml"],
        input: "",
        answer: " is good: ",
    },
];

/// Asks them all.
pub(super) fn run(shop: &Shop, program: &Path) -> Result<(), Trouble> {
    QUESTIONS.iter().try_for_each(|question| question.ask(shop, program))
}

impl Question {
    fn ask(&self, shop: &Shop, program: &Path) -> Result<(), Trouble> {
        let said = self.answer(shop, program).map_err(Trouble::failed)?;
        if said.contains(self.answer) {
            return Ok(());
        }
        let (asked, wanted) = (self.arguments.join(" "), self.answer);
        Err(Trouble::Failed(format!("`dialtone {asked}` on ARM says {said:?}, not {wanted:?}.")))
    }

    fn answer(&self, shop: &Shop, program: &Path) -> std::io::Result<String> {
        let mut emulator = shop.tool("timeout");
        emulator.args([PATIENCE, "qemu-arm-static"]).arg(program).args(self.arguments);
        let mut child = emulator.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        if let Some(mut input) = child.stdin.take() {
            // One that asks for nothing may have ended before it is spoken to.
            let _ = input.write_all(self.input.as_bytes());
        }
        let output = child.wait_with_output()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok(if output.status.success() { said } else { format!("{said}({})", output.status) })
    }
}
