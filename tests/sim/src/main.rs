//! Lives through the world of one seed: `sim SEED [--trace]`.

use sim::{run_in, Verbosity};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut seed = None;
    let mut verbosity = Verbosity::Tail;
    for argument in std::env::args().skip(1) {
        match (argument.as_str(), argument.parse()) {
            ("--trace", _) => verbosity = Verbosity::All,
            (_, Ok(number)) => seed = Some(number),
            (_, Err(_)) => seed = None,
        }
    }
    let Some(seed) = seed else {
        eprintln!("usage: sim SEED [--trace]");
        return ExitCode::FAILURE;
    };
    match run_in(seed, None, verbosity) {
        Ok(report) => {
            println!("seed {seed} keeps every promise: {report:?}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            println!("{failure}");
            ExitCode::FAILURE
        }
    }
}
