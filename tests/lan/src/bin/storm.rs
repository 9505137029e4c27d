//! `cargo xtask bench storm`: see [`lan::storm`].

use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    lan::storm::main(&words)
}
