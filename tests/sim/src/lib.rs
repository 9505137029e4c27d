//! The whole appliance and a simulated office, one seed.
//!
//! [`run`] lives through one world: the real exchange, journal, templates and pages, simulated
//! phones of every maker, a network that loses, doubles and delays, power cuts of box and phones,
//! strangers, and an admin. Then the trouble ends, and every phone must come up. There is no
//! socket, no clock and no chance beside the seed: the same seed gives the same run, to the last
//! byte.
//!
//! Always true: no two live hosts hold one address; what was acknowledged survives every power cut;
//! nothing leaves before the fact it relies on is on flash; a phone's secrets go to that phone
//! alone and onto no page; nobody on the WAN is registered or given a file; no independent decoder
//! finds fault with an answer; time never stands still. Eventually true: everybody is registered,
//! and the page says so. In quiet hours nothing is written to flash.
//!
//! `cargo xtask sim SEED` repeats a failure, with `--trace` line by line.

#![forbid(unsafe_code)]

mod agenda;
mod appliance;
mod attack;
mod binding;
mod chance;
mod dhcp_raw;
mod lan;
mod oracle;
mod outside;
mod promises;
mod site;
mod swarm;
mod trace;
mod world;

pub use swarm::{Place, Swarm};
pub use trace::Verbosity;
pub use world::Report;

use std::fmt;
use std::panic::{catch_unwind, AssertUnwindSafe};
use world::{Act, World};

/// How long phones may take once the trouble is over. Ten minutes are the promise; a phone that was
/// refused for long waits up to twelve and a half by itself before it asks again.
const HEAL_MS: u64 = (10 + 13) * 60_000;
/// How long the page may take to show what phones believe: after a start of the box the bindings
/// come back with the next refresh, at half of an hour.
const SHOWN_MS: u64 = 40 * 60_000;
/// How long is waited before a quiet time begins: what changes by itself is written at most once a
/// day, so what changed last in the trouble may be written a day later.
const SETTLE_MS: u64 = 25 * 3_600_000;

/// A promise that was broken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// The seed that shows it.
    pub seed: u64,
    /// When, in milliseconds of the simulation.
    pub at_ms: u64,
    /// What.
    pub what: String,
    /// The last lines of the trace.
    pub trace: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.trace {
            writeln!(f, "{line}")?;
        }
        writeln!(f, "at {}.{:03} s: {}", self.at_ms / 1_000, self.at_ms % 1_000, self.what)?;
        write!(f, "cargo xtask sim {}", self.seed)
    }
}

/// Lives through the world of a seed; a failure is repeated to have its trace.
pub fn run(seed: u64) -> Result<Report, Failure> {
    run_in(seed, None, Verbosity::Silent).or_else(|_| run_in(seed, None, Verbosity::Tail))
}

/// Lives through a world of one's own choice.
pub fn run_swarm(seed: u64, swarm: &Swarm) -> Result<Report, Failure> {
    run_in(seed, Some(swarm.clone()), Verbosity::Tail)
}

/// Lives through a world, writing down what happens.
pub fn run_in(seed: u64, swarm: Option<Swarm>, verbosity: Verbosity) -> Result<Report, Failure> {
    let mut world = World::new(seed, swarm, verbosity);
    let lived = catch_unwind(AssertUnwindSafe(|| live(&mut world)));
    if let Err(panic) = lived {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("no text");
        world.wrong(format!("a panic: {text}"));
    }
    world.outcome().map_err(|(at_ms, what, trace)| Failure { seed, at_ms, what, trace })
}

fn live(world: &mut World) {
    world.plan();
    let storm_ms = world.swarm.storm_ms;
    world.live_until(storm_ms, |_| false);
    if world.is_wrong() {
        return;
    }
    world.heal();
    let healed = world.now;
    world.live_until(healed + HEAL_MS, World::all_registered);
    if !world.is_wrong() && !world.all_registered() {
        let late = world.unregistered();
        return world.wrong(format!("not registered in time: {late}"));
    }
    world.report.healed_after_ms = world.now - healed;
    shown(world);
    if world.swarm.quiet_hours > 0 && !world.is_wrong() {
        quiet(world);
    }
    world.look();
}

/// The page must come to say what the phones believe.
fn shown(world: &mut World) {
    let until = world.now + SHOWN_MS;
    while !world.is_wrong() && !world.all_shown() {
        if world.now >= until {
            return world.wrong("a registered phone is not shown as registered");
        }
        let next = world.now + 10_000;
        world.live_until(next, |_| false);
    }
}

/// A quiet office writes no flash.
fn quiet(world: &mut World) {
    for second in 0..20 {
        world.act_at(world.now + second * 1_000, Act::Idle);
    }
    let settled = world.now + SETTLE_MS;
    world.live_until(settled, |_| false);
    let before = world.boxed.programmed();
    let end = world.now + world.swarm.quiet_hours * 3_600_000;
    world.live_until(end, |_| false);
    let written = world.boxed.programmed() - before;
    if written > 0 && !world.is_wrong() {
        world.wrong(format!("{written} bytes were written to flash while nothing happened"));
    }
    if !world.is_wrong() && !world.all_registered() {
        let late = world.unregistered();
        world.wrong(format!("not registered any more after quiet hours: {late}"));
    }
}
