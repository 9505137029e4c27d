//! The daemon for the box, and the pure crates for a chip without an operating system.
//!
//! `cargo xtask cross` writes `target/cross/dialtone`, one static file for 32-bit ARM, and beside
//! it `manifest.toml`, which says what it is and what it was built with. What is missing is
//! fetched: Debian packages as root, the rest into `target/cross`, which is also where all of it
//! is built, so nothing here rebuilds what the other verbs have built.
//!
//! | module | what it knows |
//! |---|---|
//! | `toolchain` | whose compiler, and where the standard library for a target comes from |
//! | `linker` | the linker and the C library for ARM |
//! | `build` | how cargo is called so that the same sources give the same bytes |
//! | `elf` | what must be true of the file's headers |
//! | `trial` | what the file must answer under an emulator |
//! | `manifest` | what is written down, and how large the daemon may be |
//! | `verify` | that two clean clones give the same bytes |

mod build;
mod elf;
mod linker;
mod manifest;
mod toolchain;
mod trial;
mod verify;

use crate::debian;
use crate::shop::{counted, say, Shop};
use crate::tally::Tally;
pub(crate) use build::Tests;
use build::{Bench, Symbols};
use linker::Linker;
use manifest::Manifest;
use std::fs;
use std::path::PathBuf;
use toolchain::Toolchain;

/// The box: Linux on ARMv7-A with hardware floating point, its C library linked in.
const BOX: &str = "armv7-unknown-linux-musleabihf";

/// A chip without an operating system: what is built for it can name no socket, clock or file.
const BARE: &str = "thumbv7em-none-eabihf";

/// The crates that decide and do not act.
const PURE: [&str; 4] = ["wire", "exchange", "journal", "pages"];

/// The crates whose tests are run as ARM programs: those that read bytes, those that decide, and
/// the daemon, which knows the kernel's structures.
const SUITE: [&str; 4] = ["wire", "exchange", "journal", "dialtone"];

/// How much the tests with an adjustable count do under an emulator, which is ten times as slow.
const COUNTS: [(&str, &str); 2] = [("WIRE_MUTATIONS", "5000"), ("JOURNAL_MUTATIONS", "500")];

/// What the names of the tests begin with that take minutes each under an emulator: those that try
/// every byte, send a hundred thousand packets or make states of every size. They run in `cargo
/// xtask test`, as programs for the machine that runs them.
const LONG: [&str; 10] = [
    "a_cut_at_every_byte",
    "a_handset_learns_nothing",
    "a_flood_of",
    "a_scan_of",
    "a_state_in_clear_or_sealed",
    "a_stranger_learns_nothing",
    "as_much_as_there_can_be",
    "memory_is_flat",
    "one_flipped_bit_anywhere",
    "two_hundred_thousand",
];

/// What the names of the tests begin with that ask a kernel for what the emulator does not pass on,
/// such as a packet filter, which the stories of the image have on a kernel for ARM; or that set
/// limits on memory, which the emulator takes for itself.
const FOREIGN: [&str; 9] = [
    "firewall::tests::a_second_installation",
    "firewall::tests::a_transaction_of_which_one",
    "firewall::tests::the_kernel_holds",
    "link::tests::a_connection_to_the_address",
    "link::tests::a_port_gets_one_address",
    "link::tests::ports_are_listed",
    "link::tests::the_way_out_is_replaced",
    "link::tests::what_the_kernel_refuses",
    "rehearsal::tests::a_trial_that_takes",
];

/// Why there is no result.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// Something that is needed is not here and could not be fetched.
    Missing(String),
    /// It went wrong.
    Failed(String),
}

impl Trouble {
    fn failed(what: impl std::fmt::Display) -> Trouble {
        Trouble::Failed(what.to_string())
    }
}

/// Says how it went, and counts it.
pub(crate) fn told(result: Result<Tally, Trouble>) -> Tally {
    match result {
        Ok(tally) => tally,
        Err(Trouble::Missing(what)) => {
            say(format_args!("skipped: {what}"));
            Tally::SKIPPED
        }
        Err(Trouble::Failed(what)) => {
            say(what);
            Tally::FAILED
        }
    }
}

/// Builds the daemon as it is shipped, tries it, and writes its manifest.
pub(crate) fn daemon(shop: &Shop) -> Result<Tally, Trouble> {
    let bench = bench(shop)?;
    let program = out(shop).join("dialtone");
    let bytes = bench.daemon(&shop.root, &builds(shop), Symbols::Stripped, &program)?;
    faultless(&bytes, Symbols::Stripped)?;
    trial::run(shop, &program)?;
    let manifest = Manifest::of(shop, &bytes, &bench)?;
    fs::write(out(shop).join("manifest.toml"), manifest.to_string()).map_err(Trouble::failed)?;
    say(&manifest);
    say(manifest.size());
    if manifest.is_too_large() {
        return Err(Trouble::Failed("The daemon is too large.".to_owned()));
    }
    Ok(Tally::PASSED)
}

/// Builds the daemon with its symbols, for a debugger or a profiler; it is not the shipped one.
pub(crate) fn with_symbols(shop: &Shop) -> Result<Tally, Trouble> {
    let bench = bench(shop)?;
    let program = out(shop).join("dialtone.symbols");
    let bytes = bench.daemon(&shop.root, &builds(shop), Symbols::Kept, &program)?;
    faultless(&bytes, Symbols::Kept)?;
    trial::run(shop, &program)?;
    say(format_args!("{}: {} bytes with symbols", program.display(), bytes.len()));
    Ok(Tally::PASSED)
}

/// Builds the committed daemon in two clean clones and compares the bytes.
pub(crate) fn verify(shop: &Shop) -> Result<Tally, Trouble> {
    verify::run(shop, &bench(shop)?)
}

/// Runs tests as ARM programs under an emulator.
pub(crate) fn suite(shop: &Shop, tests: Tests) -> Result<Tally, Trouble> {
    let bench = bench(shop)?;
    Ok(counted(&mut bench.suite(shop, &builds(shop), tests)?))
}

/// Builds the pure crates for a chip without an operating system.
pub(crate) fn bare(shop: &Shop) -> Result<Tally, Trouble> {
    let toolchain = Toolchain::with(shop, BARE)?;
    build::bare(shop, &toolchain, &builds(shop))?;
    say(format_args!("{} are built for {BARE} by {}", PURE.join(", "), toolchain.version()?));
    Ok(Tally::PASSED)
}

/// Everything that is needed to build the daemon and to try it.
fn bench(shop: &Shop) -> Result<Bench, Trouble> {
    fs::create_dir_all(out(shop)).map_err(Trouble::failed)?;
    have(shop, trial::EMULATOR)?;
    let toolchain = Toolchain::with(shop, BOX)?;
    let linker = Linker::at(shop, &out(shop))?;
    Ok(Bench { toolchain, linker })
}

fn faultless(bytes: &[u8], symbols: Symbols) -> Result<(), Trouble> {
    match elf::faults(bytes, symbols).as_slice() {
        [] => Ok(()),
        faults => Err(Trouble::Failed(format!("The daemon is not {}.", faults.join(", not ")))),
    }
}

/// Installs Debian packages where it may.
fn have(shop: &Shop, packages: &'static [debian::Package]) -> Result<(), Trouble> {
    match debian::missing(shop, packages).as_slice() {
        [] => Ok(()),
        missing => {
            let missing = missing.join(" ");
            Err(Trouble::Missing(format!("missing {missing}; install them with apt-get.")))
        }
    }
}

/// Where what is made here lies.
fn out(shop: &Shop) -> PathBuf {
    shop.root.join("target/cross")
}

/// What cargo keeps between two builds.
fn builds(shop: &Shop) -> PathBuf {
    out(shop).join("build")
}
