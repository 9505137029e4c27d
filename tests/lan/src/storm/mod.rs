//! The load generator of `cargo xtask bench storm`: what happens when the power comes back and a
//! thousand phones boot at the same instant.
//!
//! One process of its own. It makes two network namespaces and a cable between them, starts the
//! real daemon at one end and is the phones at the other: DORA, a file by HTTP, a digest REGISTER,
//! over one packet socket with its own small TCP, so that the generator costs little. How little is
//! measured against a responder that knows nothing (`empty responder` in the table), which is the
//! least any server could reach here.
//!
//! A phone that nobody has seen has one line. Before the same phones boot again, as known ones, an
//! admin gives each of them eight (`--lines`), by HTTP on the box's own pages, so that they fetch
//! the largest file there is; still they register one line each. Every row says how many bytes its
//! phones fetched.
//!
//! A row is the median of several storms, with the best and the worst beside it. The processor time
//! is the scheduler's count of the daemon's threads; the kernel's work for a frame is counted where
//! the frame was sent, as always on a veth pair. Flash is read off the file from outside. Memory is
//! the peak of the resident set. Times are good for comparisons on one machine, not by themselves.
//!
//! Never touches a network that it has not made, leaves nothing behind, and stops at its deadline.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool speaks to its user")]

mod bench;
mod cable;
mod chip;
mod cleaning;
mod clock;
mod desk;
mod dhcp;
mod frame;
mod generator;
mod guest;
mod http;
mod packet;
mod peers;
mod phone;
mod report;
mod responder;
mod server;
mod sip;
mod stop;
mod wish;

use std::net::Ipv4Addr;
use std::process::ExitCode;

/// The box's device and address.
const BOX_DEVICE: &str = "lan0";
const BOX_ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);
/// The admin's, between two storms.
const DESK_ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 2);
const NETWORK: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 0);
const PREFIX: u8 = 20;
/// 3,072 addresses.
const POOL_FIRST: Ipv4Addr = Ipv4Addr::new(10, 77, 2, 0);
const POOL_LAST: Ipv4Addr = Ipv4Addr::new(10, 77, 13, 255);
/// One of Yealink's blocks of hardware addresses.
const MAC_PREFIX: [u8; 3] = [0x00, 0x15, 0x65];

/// Runs the tool with the words after its name.
pub fn main(words: &[String]) -> ExitCode {
    if words.iter().any(|word| word == "--help" || word == "-h") {
        println!("{}", wish::USAGE);
        return ExitCode::SUCCESS;
    }
    let outcome = match words {
        [mode, bytes] if mode == "--respond" => match bytes.parse() {
            Ok(bytes) => responder::respond(bytes).map_err(|error| error.to_string()),
            Err(_) => Err("--respond takes the bytes of a file".to_owned()),
        },
        [mode, image] if mode == "--cleaning" => cleaned(image),
        [mode, device, phones, boot, more @ ..] if mode == "--witness" => {
            match [phones, boot].map(|number| number.parse()) {
                [Ok(phones), Ok(boot)] => {
                    guest::witness(device, [phones, boot], more).map_err(|error| error.to_string())
                }
                _ => Err("--witness takes a device and two numbers".to_owned()),
            }
        }
        [mode, device, phones] if mode == "--at" => against(device, phones),
        _ => wish::Wish::read(words).and_then(|wish| storm(&wish)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("storm: {why}");
            ExitCode::FAILURE
        }
    }
}

/// One storm against the box that is reached through a device.
fn against(device: &str, phones: &str) -> Result<(), String> {
    let phones = phones.parse().map_err(|_| "--at takes a device and a number".to_owned())?;
    match guest::storm(device, phones) {
        Ok(true) => Ok(()),
        Ok(false) => Err("not every phone was registered".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// How long answers take while the log on this flash is cleaned.
fn cleaned(image: &str) -> Result<(), String> {
    is_root()?;
    stop::listen();
    cleaning::measure(image.as_ref()).map_err(|error| error.to_string())
}

fn is_root() -> Result<(), String> {
    if !nix::unistd::geteuid().is_root() {
        return Err("network namespaces need root; run it with sudo, or in a container".to_owned());
    }
    Ok(())
}

fn storm(wish: &wish::Wish) -> Result<(), String> {
    is_root()?;
    if cfg!(debug_assertions) {
        eprintln!("storm: the generator was built without --release; its own floor will be high");
    }
    stop::listen();
    bench::run(wish).map_err(|error| error.to_string())
}
