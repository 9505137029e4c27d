//! How long a file takes: `cargo test --release -p render speed -- --nocapture`.
//!
//! The bound holds in the shipped profile only; elsewhere the figures are just printed.

use super::office;
use crate::{Templates, SHIPPED};
use exchange::render::{Render, Values};
use std::time::{Duration, Instant};

const RUNS: u32 = 2_000;

#[test]
fn a_file_of_twelve_kilobytes_takes_at_most_100_microseconds() {
    let templates = Templates::shipped().unwrap();
    let mut out = Vec::with_capacity(64 * 1024);
    for shipped in SHIPPED {
        let plain = office::handset("Europe/Berlin", 8, "Anna Schmidt");
        let (best, bytes) = time(&templates, shipped.name, &plain, &mut out);
        let (set, more) = time(&templates, shipped.name, &office::everything_set(8), &mut out);
        println!("{:24} {bytes:6} B {best:9.1?}, all set {more:6} B {set:9.1?}", shipped.name);
        let allowed = Duration::from_micros(100);
        assert!(cfg!(debug_assertions) || best <= allowed, "{} took {best:?}", shipped.name);
    }
}

// The quickest of many runs: what the work costs, without what the machine did meanwhile.
#[allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]
fn time(
    templates: &Templates,
    name: &str,
    values: &Values,
    out: &mut Vec<u8>,
) -> (Duration, usize) {
    let runs = if cfg!(debug_assertions) { 1 } else { RUNS };
    let mut best = Duration::MAX;
    for _ in 0..runs {
        out.clear();
        let start = Instant::now();
        templates.render(name, values, out).unwrap();
        best = best.min(start.elapsed());
    }
    (best, out.len())
}
