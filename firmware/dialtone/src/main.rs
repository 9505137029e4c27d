//! The daemon: sockets, clock, entropy, flash, hyper. Decides nothing.
//!
//! This file reads the command line; [`serve`] puts the parts together, [`drive`] is the loop.

mod call;
mod chip;
mod clock;
mod config;
#[cfg(feature = "demo")]
mod demo;
mod device;
mod drive;
mod entropy;
mod flash;
mod http;
mod identify;
mod logging;
mod mtd;
mod neighbour;
mod nor_file;
mod password;
mod raw;
mod say;
mod serve;
mod sockets;
mod stream;
mod web;

use nor_file::Timing;
use say::{complain, say};
use std::process::ExitCode;

const USAGE: &str = "\
Dialtone gives every desk phone on the LAN its dial tone.

  dialtone demo [--phones N] [--once] [--deadline SECONDS] [--web ADDRESS:PORT] [--state FILE]
      the daemon on loopback and N simulated phones (12; at most 1,000), no root needed;
      --once ends when all are registered, with 1 if they are not within the deadline (60 s)
  dialtone serve --config FILE
      the appliance
  dialtone check-config FILE
      reads a configuration and says what is wrong with it
  dialtone identify
      reads JSON lines {\"kind\": ..., \"string\": ...} and says which phone each sign is of
  dialtone --version";

fn main() -> ExitCode {
    logging::start();
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["demo", rest @ ..] => demonstrate(rest),
        ["serve", "--config", file] => serve(file, Timing::Host),
        ["serve", "--config", file, "--nor-timing"] => serve(file, Timing::Nor),
        ["check-config", file] => check_config(file),
        ["identify"] => identify::run(std::io::stdin(), std::io::stdout().lock())
            .map_err(|error| error.to_string()),
        ["--version" | "-V"] => {
            say(format_args!("dialtone {}", env!("CARGO_PKG_VERSION")));
            Ok(())
        }
        ["--help" | "-h"] => {
            say(format_args!("{USAGE}"));
            Ok(())
        }
        _unknown => {
            complain(format_args!("this is not understood\n\n{USAGE}"));
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            complain(format_args!("{why}"));
            ExitCode::FAILURE
        }
    }
}

fn serve(file: &str, timing: Timing) -> Result<(), String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    let config =
        config::read(&text, Some(&device::find)).map_err(|why| format!("{file}: {why}"))?;
    device::widen_neighbour_table();
    let config::Config { state, ports, web, board } = config;
    serve::appliance(serve::Start { state, timing, ports, web, board })
}

fn check_config(file: &str) -> Result<(), String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    let config = config::read(&text, None).map_err(|why| format!("{file}: {why}"))?;
    let (ports, subnets) = (config.ports.len(), config.board.subnets.len());
    say(format_args!("{file} is good: {ports} network ports, {subnets} subnets"));
    Ok(())
}

#[cfg(not(feature = "demo"))]
fn demonstrate(_words: &[&str]) -> Result<(), String> {
    Err("this build carries no simulated phones".to_owned())
}

#[cfg(feature = "demo")]
fn demonstrate(words: &[&str]) -> Result<(), String> {
    let mut wish = demo::Wish::default();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let mut value = || rest.next().ok_or(format!("{word} wants a value"));
        match *word {
            "--once" => wish.once = true,
            "--phones" => {
                let count = value()?.parse().ok().filter(|n| (1..=demo::PHONES_MAX).contains(n));
                wish.phones = count
                    .ok_or(format!("--phones wants a number from 1 to {}", demo::PHONES_MAX))?;
            }
            "--deadline" => {
                let seconds = value()?.parse().ok().filter(|seconds| *seconds > 0);
                let seconds = seconds.ok_or("--deadline wants seconds, at least 1")?;
                wish.deadline = std::time::Duration::from_secs(seconds);
            }
            "--web" => {
                wish.web = value()?
                    .parse()
                    .map_err(|_| "--web wants ADDRESS:PORT, such as 127.0.0.1:8080")?;
            }
            "--state" => wish.state = value()?.into(),
            other => return Err(format!("{other} is not understood\n\n{USAGE}")),
        }
    }
    demo::run(&wish)
}
