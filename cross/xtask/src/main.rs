//! The one tool: `cargo xtask`.
//!
//! Everything that is done to the tree from outside is a verb here, so that there is one place to
//! look and nothing to remember. It calls cargo and reads files; it needs no network but what cargo
//! and, for the suites with real clients, apt need. It never commits and never changes a source.

#![forbid(unsafe_code)]

mod cross;
mod debian;
mod image;
mod licences;
mod maker;
mod shop;
mod stages;
mod tally;
mod tidy;

use shop::{say, succeeds, Shop};
use stages::Depth;
use std::env;
use std::io;
use std::process::{ExitCode, Stdio};
use tally::Tally;

const USAGE: &str = "\
cargo xtask <verb>

  check               what to run before every commit: formatting, clippy, tidy, licences, tests
  test [--only NAME]  everything, as CI runs it; NAME is one of its stages
  tidy                the rules of the house: layers, lengths, banned calls, documents
  golden              write the golden files anew; read the difference
  sim SEED            replay one day of the simulated office
  bench storm ..      many phones boot at the same instant; `--help` says more
  bench flash         what the state costs, a table with limits; fails past one
  bench render        what a file costs, a table with limits; fails past one
  soak                a million power cuts at random, and 20 kills of an emulated box in a storm;
                      --cuts or --kills does only that half
  deny                licences and advisories of what we build on
  cross               the daemon for the box: target/cross/dialtone and its manifest;
                      --keep-symbols for a debugger, --test runs unit tests as ARM programs,
                      --verify builds two clean clones and compares them
  image BOARD         the flash image of a board: target/image/BOARD/flash.img and its manifest;
                      --measure boots it and adds memory and starting time to the manifest
  qemu BOARD          boots that image; --tap IF puts its LAN port on a tap of the host,
                      --chip FILE is its flash, --print prints the call, a word a line
  bare                the pure crates for a chip without an operating system";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match Shop::open().and_then(|shop| run(&shop, &arguments)) {
        Ok(Outcome::Good) => ExitCode::SUCCESS,
        Ok(Outcome::Bad) => ExitCode::FAILURE,
        Ok(Outcome::Unknown(what)) => {
            say(what);
            ExitCode::from(2)
        }
        Err(error) => {
            say(format_args!("cargo xtask: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// How a verb ended.
enum Outcome {
    Good,
    Bad,
    /// It was not understood; this is what to say.
    Unknown(String),
}

impl From<bool> for Outcome {
    fn from(good: bool) -> Outcome {
        if good {
            Outcome::Good
        } else {
            Outcome::Bad
        }
    }
}

fn run(shop: &Shop, arguments: &[&str]) -> io::Result<Outcome> {
    Ok(match arguments {
        ["check"] => staged(shop, Depth::Quick, None),
        ["test"] => staged(shop, Depth::Full, None),
        ["test", "--only", name] => staged(shop, Depth::Full, Some(name)),
        ["tidy"] => stages::tidy(shop).into(),
        ["golden"] => stages::golden(shop).into(),
        ["deny"] => licences::deny(shop).into(),
        ["sim", rest @ ..] => {
            let call = ["run", "--quiet", "--release", "--package", "sim", "--bin", "sim", "--"];
            succeeds(shop.cargo(&call).args(rest)).into()
        }
        ["bench", "storm", rest @ ..] => storm(shop, rest)?,
        ["bench", "flash"] => flash(shop)?.into(),
        ["soak"] => (soak_cuts(shop) & soak_kills(shop)?).into(),
        ["soak", "--cuts"] => soak_cuts(shop).into(),
        ["soak", "--kills"] => soak_kills(shop)?.into(),
        ["bench", "render"] => {
            succeeds(&mut shop.cargo(&["bench", "--quiet", "--package", "render"])).into()
        }
        ["cross"] => sole(cross::daemon(shop)),
        ["cross", "--keep-symbols"] => sole(cross::with_symbols(shop)),
        ["cross", "--test"] => sole(cross::suite(shop, cross::Tests::All)),
        ["cross", "--verify"] => sole(cross::verify(shop)),
        ["image", board] => sole(image::build(shop, board)),
        ["image", board, "--measure"] => sole(image::measured(shop, board)),
        ["qemu", board, rest @ ..] => match image::Boot::read(rest) {
            Some(boot) => sole(image::boot(shop, board, &boot)),
            None => Outcome::Unknown(USAGE.to_owned()),
        },
        ["bare"] => sole(cross::bare(shop)),
        [] | ["help" | "--help" | "-h"] => {
            say(USAGE);
            Outcome::Good
        }
        _ => Outcome::Unknown(USAGE.to_owned()),
    })
}

fn staged(shop: &Shop, depth: Depth, only: Option<&str>) -> Outcome {
    match stages::run(shop, depth, only) {
        Some(good) => good.into(),
        None => Outcome::Unknown(format!("There is no such stage; there are {}.", stages::names())),
    }
}

/// What was asked for by name and could not be had is a failure.
fn sole(result: Result<Tally, cross::Trouble>) -> Outcome {
    cross::told(result).is_good(true).into()
}

/// Builds the daemon as it is shipped and lets the load generator loose on it.
fn storm(shop: &Shop, arguments: &[&str]) -> io::Result<Outcome> {
    let build = ["build", "--release", "--package", "dialtone"];
    if !succeeds(&mut shop.cargo(&build)) {
        return Ok(Outcome::Bad);
    }
    let call = ["run", "--release", "--package", "lan", "--bin", "storm", "--"];
    let mut storm = shop.cargo(&call);
    storm.args(arguments).env("DIALTONE_BIN", shop.daemon("release")?);
    Ok(succeeds(&mut storm).into())
}

/// Builds the daemon as it is shipped, the load generator and the model of a chip, and lets them
/// fill the table of what the state costs.
fn flash(shop: &Shop) -> io::Result<bool> {
    let build = ["build", "--release", "--package", "dialtone", "--package", "lan"];
    let build = [&build[..], &["--package", "flash-proof"]].concat();
    if !succeeds(&mut shop.cargo(&build)) {
        return Ok(false);
    }
    let daemon = shop.daemon("release")?;
    // Where others work on the processors too, times would say how much they do.
    let mut probe = shop.tool("chrt");
    let probe = probe.args(["-f", "20", "true"]).stdout(Stdio::null()).stderr(Stdio::null());
    let own = daemon.with_file_name("flash");
    let mut bench = match probe.status().is_ok_and(|it| it.success()) {
        true => {
            let mut bench = shop.tool("chrt");
            bench.args(["-f", "20"]).arg(own);
            bench
        }
        false => shop.tool(own),
    };
    bench.arg("bench").arg(daemon.with_file_name("storm")).env("DIALTONE_BIN", daemon);
    Ok(succeeds(&mut bench))
}

/// The long counts: power cuts on the model of a chip, a million with either size of blocks.
fn soak_cuts(shop: &Shop) -> bool {
    let call = ["run", "--profile", "proof", "--package", "flash-proof", "--bin", "flash"];
    succeeds(shop.cargo(&call).args(["--", "soak"]))
}

/// Kills of the reference board in the middle of a storm.
fn soak_kills(shop: &Shop) -> io::Result<bool> {
    let kills = ["test", "--package", "image", "--test", "kills", "--", "--nocapture"];
    let mut killed = shop.cargo(&kills);
    killed.env("KILLS", "20").env("DIALTONE_XTASK", env::current_exe()?);
    Ok(succeeds(&mut killed))
}
