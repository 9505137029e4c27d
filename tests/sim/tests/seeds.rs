//! Many seeds, each a world of its own. `SIM_SEEDS` says how many (200 unless told), `SIM_FIRST`
//! where to begin.

use std::sync::atomic::{AtomicU64, Ordering};

/// Threads beside each other; each world lives in one.
const THREADS: usize = 2;
/// Failures that are printed before giving up.
const SHOWN: usize = 3;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn two_hundred_seeds_keep_every_promise() {
    let first = number("SIM_FIRST", 1);
    let end = first + number("SIM_SEEDS", 200);
    let next = AtomicU64::new(first);
    let work = || {
        let mut failures = Vec::new();
        while failures.len() < SHOWN {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= end {
                break;
            }
            if let Err(failure) = sim::run(seed) {
                failures.push(failure.to_string());
            }
        }
        failures
    };
    let failures: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a world's thread")).collect()
    });
    assert!(failures.is_empty(), "{} worlds failed:\n{}", failures.len(), failures.join("\n\n"));
}

#[test]
fn the_same_seed_lives_the_same_life() {
    for seed in [3, 8, 21] {
        assert_eq!(sim::run(seed), sim::run(seed));
    }
}
