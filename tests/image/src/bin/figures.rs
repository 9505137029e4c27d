//! Measures the image of a board, `figures BOARD`, and prints what it found as lines of TOML.
//!
//! `--knock`, `--storm` and `--witness` are for the calls that it and the tests make of it in the
//! namespaces of phones.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool speaks to its user")]

use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["--knock"] => image::figures::knock(),
        ["--storm", device, phones] => {
            let words = ["--at", device, phones].map(str::to_owned);
            return lan::storm::main(&words);
        }
        ["--witness", ..] => {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            return lan::storm::main(&words);
        }
        [board] if image::can_run("figures", board) => print!("{}", image::figures::measure(board)),
        [_board] => return ExitCode::FAILURE,
        _ => {
            eprintln!("figures BOARD");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
