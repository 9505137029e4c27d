//! How long a file takes, for every shipped template and for a file of 12 KiB: a table with limits,
//! in microseconds; ends with 1 where one is past its limit. `cargo xtask bench render`.
//!
//! The median of many runs after some that warm up, of one thread. A shipped template is filled in
//! for a handset of eight lines; the file of 12 KiB is made by an own template, as an admin's is.
#![allow(dead_code, clippy::expect_used, reason = "the values are those of the crate's tests")]

#[path = "../src/tests/office.rs"]
mod office;

use exchange::render::{Render, Unrendered};
use render::{Templates, SHIPPED};
use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

const AT_MOST: Duration = Duration::from_micros(100);
const AIM: Duration = Duration::from_micros(35);
const RUNS: usize = 2_001;
const WARM: usize = 200;
/// The file of the requirement, in bytes.
const LARGE: usize = 12 * 1_024;

fn main() -> ExitCode {
    match table() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            let _ = writeln!(std::io::stderr(), "render: {why}");
            ExitCode::FAILURE
        }
    }
}

fn table() -> Result<bool, String> {
    let templates = Templates::shipped().map_err(|flaw| format!("{flaw:?}"))?;
    let values = office::handset("Europe/Berlin", 8, "Anna Schmidt");
    let mut out = std::io::stdout().lock();
    let mut row = |name: &str, bytes: usize, took: Duration| {
        let verdict = match (took <= AT_MOST, took <= AIM) {
            (false, _) => "  FAILED",
            (true, false) => "  aim missed",
            (true, true) => "",
        };
        let us = took.as_secs_f64() * 1e6;
        let (most, aim) = (AT_MOST.as_micros(), AIM.as_micros());
        let line = format!("{name:<34} {bytes:>7} {most:>9} {aim:>9} {us:>9.1}{verdict}");
        writeln!(out, "{line}").map_err(|error| error.to_string())
    };
    let mut good = true;
    for shipped in SHIPPED {
        let make = |file: &mut Vec<u8>| templates.render(shipped.name, &values, file);
        let (took, bytes) = time(make)?;
        row(shipped.name, bytes, took)?;
        good &= took <= AT_MOST;
    }
    let source = large(&templates)?;
    let make = |file: &mut Vec<u8>| templates.render_own("yealink/mac.cfg", &source, &values, file);
    let (took, bytes) = time(make)?;
    row("an own template, 12 KiB", bytes, took)?;
    writeln!(out, "{:<34} {:>7} {:>9} {:>9} {:>9}", "", "bytes", "at most", "aim", "reached, us")
        .map_err(|error| error.to_string())?;
    Ok(good && took <= AT_MOST && bytes >= LARGE)
}

/// The shipped template of a Yealink with more of its own kind of lines, until it makes 12 KiB.
fn large(templates: &Templates) -> Result<String, String> {
    let values = office::handset("Europe/Berlin", 8, "Anna Schmidt");
    let shipped = SHIPPED.iter().find(|shipped| shipped.name == "yealink/mac.cfg");
    let mut source = shipped.ok_or("there is no template of Yealink")?.source.to_owned();
    for number in 1.. {
        let mut file = Vec::new();
        templates
            .render_own("yealink/mac.cfg", &source, &values, &mut file)
            .map_err(|unrendered| format!("{unrendered:?}"))?;
        if file.len() >= LARGE {
            break;
        }
        source += &format!("programablekey.{number}.label = {{{{ handset.lines[0].label }}}}\n");
    }
    Ok(source)
}

/// The median of many runs, and the file's bytes.
fn time(
    mut make: impl FnMut(&mut Vec<u8>) -> Result<(), Unrendered>,
) -> Result<(Duration, usize), String> {
    let mut file = Vec::with_capacity(64 * 1_024);
    let mut times = Vec::with_capacity(RUNS);
    for run in 0..WARM + RUNS {
        file.clear();
        let begun = now();
        make(&mut file).map_err(|unrendered| format!("{unrendered:?}"))?;
        if run >= WARM {
            times.push(begun.elapsed());
        }
    }
    times.sort_unstable();
    let middle = times.get(RUNS / 2).copied().unwrap_or(Duration::MAX);
    Ok((middle, file.len()))
}

#[allow(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn now() -> Instant {
    Instant::now()
}
