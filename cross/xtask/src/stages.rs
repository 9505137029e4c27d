//! The stages of `cargo xtask check` and `cargo xtask test`, in the order in which they run.
//!
//! A stage that fails does not keep the later ones from running. Formatting, clippy, tidy and the
//! licences count as one test each; the others count the tests that cargo ran. A suite that cannot
//! run on this machine counts as one skipped test, and says why.

use crate::cross;
use crate::debian;
use crate::image;
use crate::licences;
use crate::maker;
use crate::shop::{counted, say, succeeds, Shop};
use crate::tally::Tally;
use crate::tidy::{findings, Tree};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;
use std::{env, io};

/// How thorough a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Before every commit, in under three minutes.
    Quick,
    /// What CI runs.
    Full,
}

impl Depth {
    /// How much the tests with an adjustable count do; what the caller has set wins.
    fn counts(self) -> [(&'static str, &'static str); 7] {
        match self {
            Depth::Quick => [
                ("WIRE_MUTATIONS", "20000"),
                ("JOURNAL_MUTATIONS", "2000"),
                ("SIM_SEEDS", "200"),
                ("FLASH_PERCENT", "1"),
                ("FLASH_EVENTS", "6000"),
                ("FLASH_CUTS", "1000"),
                ("FLASH_MUTATIONS", "3000"),
            ],
            Depth::Full => [
                ("WIRE_MUTATIONS", "1000000"),
                ("JOURNAL_MUTATIONS", "1000000"),
                ("SIM_SEEDS", "1000"),
                ("FLASH_PERCENT", "100"),
                ("FLASH_EVENTS", "1000000"),
                ("FLASH_CUTS", "5000"),
                ("FLASH_MUTATIONS", "1000000"),
            ],
        }
    }
}

/// Which runs a stage is part of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Runs {
    /// All of them.
    All,
    /// Those that leave nothing out.
    Full,
}

/// One stage: its name, the runs that it is part of, and what it does.
struct Stage {
    name: &'static str,
    part_of: Runs,
    run: fn(&Shop, Depth) -> Tally,
}

/// The stage that runs beside the one behind it: it keeps a processor busy and has a build folder
/// of its own, where the other one waits for clocks most of the time.
const BESIDE: &str = "arm";

const STAGES: &[Stage] = &[
    Stage { name: "fmt", part_of: Runs::All, run: |shop, _| fmt(shop) },
    Stage { name: "clippy", part_of: Runs::All, run: |shop, _| clippy(shop) },
    Stage { name: "tidy", part_of: Runs::All, run: |shop, _| Tally::one(tidy(shop)) },
    Stage {
        name: "licences",
        part_of: Runs::All,
        run: |shop, _| Tally::one(licences::check(shop)),
    },
    Stage { name: "workspace", part_of: Runs::All, run: workspace },
    Stage { name: "maker", part_of: Runs::Full, run: |shop, _| maker::added(shop) },
    Stage { name: "flash", part_of: Runs::Full, run: flash },
    Stage { name: "bare", part_of: Runs::Full, run: |shop, _| cross::told(cross::bare(shop)) },
    Stage { name: "cross", part_of: Runs::Full, run: |shop, _| cross::told(cross::daemon(shop)) },
    Stage { name: "arm", part_of: Runs::Full, run: |shop, _| arm(shop) },
    Stage { name: "lan", part_of: Runs::Full, run: |shop, _| lan(shop) },
    Stage { name: "image", part_of: Runs::Full, run: |shop, _| image(shop) },
];

/// The crates whose tests need more than cargo; each has a stage of its own.
const SUITES: [&str; 2] = ["image", "lan"];

/// The crate whose tests have a stage of their own where nothing is left out.
const PROOF: &str = "flash-proof";

/// The names that `--only` takes.
pub(crate) fn names() -> String {
    STAGES.iter().map(|it| it.name).collect::<Vec<_>>().join(", ")
}

/// Runs the stages of a depth, or the one called `only`, and prints the count as the last line.
/// `None` where no stage is called so; otherwise whether all went well.
pub(crate) fn run(shop: &Shop, depth: Depth, only: Option<&str>) -> Option<bool> {
    let wanted = |stage: &&Stage| match only {
        Some(name) => stage.name == name,
        None => match stage.part_of {
            Runs::All => true,
            Runs::Full => depth == Depth::Full,
        },
    };
    let stages: Vec<&Stage> = STAGES.iter().filter(wanted).collect();
    if stages.is_empty() {
        return None;
    }
    let mut total = Tally::default();
    let mut lines = Vec::new();
    let mut ended = |name: &str, begun: Instant, tally: Tally| {
        let seconds = begun.elapsed().as_secs_f64();
        lines.push(format!("{name:<10} {seconds:>7.1} s  {tally}"));
        total += tally;
    };
    let mut beside = None;
    for stage in stages {
        if stage.name == BESIDE && only.is_none() {
            match Beside::start(shop) {
                Ok(started) => beside = Some(started),
                Err(error) => {
                    say(format_args!("{BESIDE} cannot be started: {error}"));
                    ended(BESIDE, now(), Tally::FAILED);
                }
            }
            continue;
        }
        say(format_args!("\n== {}", stage.name));
        let begun = now();
        let tally = (stage.run)(shop, depth);
        ended(stage.name, begun, tally);
        if let Some(Beside { child, output, begun }) = beside.take() {
            say(format_args!("\n== {BESIDE}"));
            ended(BESIDE, begun, Beside::end(child, &output));
        }
    }
    say("\n== summary");
    lines.iter().for_each(say);
    say(total);
    let strict = env::var_os("CI").is_some_and(|it| it == "true");
    Some(total.is_good(strict))
}

/// A stage under way in a process of its own, whose words are kept until it is its turn.
struct Beside {
    child: Child,
    output: PathBuf,
    begun: Instant,
}

impl Beside {
    fn start(shop: &Shop) -> io::Result<Beside> {
        let output = shop.root.join("target").join(BESIDE).with_extension("txt");
        let file = File::create(&output)?;
        let mut command = shop.tool(env::current_exe()?);
        command.args(["test", "--only", BESIDE]).stdout(file.try_clone()?).stderr(file);
        Ok(Beside { child: command.spawn()?, output, begun: now() })
    }

    /// Waits for its end, lets its words through, and counts as it counted.
    fn end(mut child: Child, output: &Path) -> Tally {
        let good = child.wait().is_ok_and(|status| status.success());
        let words = fs::read(output).unwrap_or_default();
        let words = String::from_utf8_lossy(&words);
        let (words, count) = words.trim_end().rsplit_once('\n').unwrap_or_default();
        say(words);
        match Tally::told(count) {
            Some(tally) if good || tally.failed + tally.skipped > 0 => tally,
            Some(_) | None => Tally::FAILED,
        }
    }
}

#[allow(clippy::disallowed_methods, reason = "the tool times its own stages")]
fn now() -> Instant {
    Instant::now()
}

/// Whether the tree keeps the rules of the house; prints what does not.
pub(crate) fn tidy(shop: &Shop) -> bool {
    match Tree::read(&shop.root) {
        Ok(tree) => {
            let found = findings(&tree);
            found.iter().for_each(say);
            found.is_empty()
        }
        Err(error) => {
            say(format_args!("the tree cannot be read: {error}"));
            false
        }
    }
}

fn fmt(shop: &Shop) -> Tally {
    component(shop, "fmt", "rustfmt", &["fmt", "--all", "--check"])
}

fn clippy(shop: &Shop) -> Tally {
    let arguments = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
    component(shop, "clippy", "clippy", &arguments)
}

/// Runs a part of the toolchain that some installations leave out.
fn component(shop: &Shop, verb: &str, name: &str, arguments: &[&str]) -> Tally {
    let mut probe = shop.cargo(&[verb, "--version"]);
    let there = probe.stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !there.is_ok_and(|it| it.success()) {
        say(format_args!("{name} is missing: rustup component add {name}"));
        return Tally::FAILED;
    }
    Tally::one(succeeds(&mut shop.cargo(arguments)))
}

/// The unit tests of what the box runs, as programs for its processor.
fn arm(shop: &Shop) -> Tally {
    cross::told(cross::suite(shop, cross::Tests::OfUnits))
}

/// `cargo test` for every crate but the suites that have a stage of their own.
fn tests(shop: &Shop) -> Command {
    let mut command = shop.cargo(&["test", "--workspace", "--no-fail-fast"]);
    let suites = SUITES.iter().filter(|name| shop.has(&format!("tests/{name}/Cargo.toml")));
    suites.for_each(|name| {
        command.args(["--exclude", name]);
    });
    command
}

fn workspace(shop: &Shop, depth: Depth) -> Tally {
    // Without it the test that needs it says so.
    let _ = debian::missing(shop, debian::PARSERS);
    let mut command = tests(shop);
    match depth {
        Depth::Quick => {}
        // In full it has a stage of its own.
        Depth::Full => drop(command.args(["--exclude", PROOF])),
    }
    counted(command.envs(unset(depth)))
}

/// The journal on the model of a chip: power cuts, damage, wear. In a profile of its own, as it has
/// millions of starts to live through.
fn flash(shop: &Shop, depth: Depth) -> Tally {
    let call = ["test", "--profile", "proof", "--package", PROOF, "--no-fail-fast"];
    let mut command = shop.cargo(&call);
    counted(command.envs(unset(depth)))
}

/// The counts of a depth, but for those that the caller has set.
fn unset(depth: Depth) -> impl Iterator<Item = (&'static str, &'static str)> {
    depth.counts().into_iter().filter(|(name, _)| env::var_os(name).is_none())
}

/// Writes the golden files anew; a person reads the difference.
pub(crate) fn golden(shop: &Shop) -> bool {
    let mut command = tests(shop);
    let tally = counted(command.arg("golden").env("UPDATE_GOLDEN", "1"));
    say("Read every line of `git diff tests/golden` before you commit it.");
    tally.is_good(false)
}

/// Real clients against the real daemon, in network namespaces.
fn lan(shop: &Shop) -> Tally {
    if let Some(lack) = without_namespaces(shop) {
        say(format_args!("skipped: {lack}"));
        return Tally::SKIPPED;
    }
    if !succeeds(&mut shop.cargo(&["build", "--package", "dialtone"])) {
        return Tally::FAILED;
    }
    match shop.daemon("debug") {
        Ok(daemon) => {
            let mut command = shop.cargo(&["test", "--package", "lan", "--no-fail-fast"]);
            counted(command.env("DIALTONE_BIN", daemon))
        }
        Err(error) => {
            say(format_args!("the daemon cannot be found: {error}"));
            Tally::FAILED
        }
    }
}

/// The image of every board, built and booted in the emulator, with real clients on its ports.
fn image(shop: &Shop) -> Tally {
    if let Some(lack) = without_namespaces(shop) {
        say(format_args!("skipped: {lack}"));
        return Tally::SKIPPED;
    }
    let boards = match image::ready(shop).and_then(|()| image::boards(shop)) {
        Ok(boards) => boards,
        Err(trouble) => return cross::told(Err(trouble)),
    };
    let mut tally = Tally::default();
    for board in boards {
        tally += cross::told(image::build(shop, &board));
    }
    // Without an image there is nothing to boot; what is missing has been said.
    if tally.failed + tally.skipped > 0 {
        return tally;
    }
    match env::current_exe() {
        Ok(xtask) => {
            let mut command = shop.cargo(&["test", "--package", "image", "--no-fail-fast"]);
            tally += counted(command.env("DIALTONE_XTASK", xtask));
        }
        Err(error) => {
            say(format_args!("this tool does not find itself: {error}"));
            tally += Tally::FAILED;
        }
    }
    tally
}

/// Why there can be no namespaces with real clients here; `None` where there can.
fn without_namespaces(shop: &Shop) -> Option<String> {
    if !debian::is_root() {
        return Some("network namespaces with real clients need root.".to_owned());
    }
    let missing = debian::missing(shop, debian::CLIENTS);
    if !missing.is_empty() {
        return Some(format!("missing {}; install them with apt-get.", missing.join(" ")));
    }
    let mut probe = shop.tool("unshare");
    (!succeeds(probe.args(["--net", "--mount", "true"])))
        .then(|| "this machine does not let root make network namespaces.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_has_a_name_of_its_own() {
        let all =
            "fmt, clippy, tidy, licences, workspace, maker, flash, bare, cross, arm, lan, image";
        assert_eq!(names(), all);
    }

    #[test]
    fn what_runs_beside_another_is_a_stage_and_not_the_last() {
        let place = STAGES.iter().position(|stage| stage.name == BESIDE);
        assert!(place.is_some_and(|place| place + 1 < STAGES.len()));
    }

    #[test]
    fn a_suite_has_a_stage() {
        assert!(SUITES.iter().all(|suite| STAGES.iter().any(|stage| stage.name == *suite)));
    }

    #[test]
    fn a_quick_run_does_less_of_everything() {
        let number = |text: &str| text.parse::<u64>().unwrap();
        for (quick, full) in Depth::Quick.counts().into_iter().zip(Depth::Full.counts()) {
            assert_eq!(quick.0, full.0);
            assert!(number(quick.1) < number(full.1), "{}", quick.0);
        }
    }
}
