//! Real DHCP, TFTP, HTTP and SIP clients against the real daemon in network namespaces.
//!
//! Each test builds an office of its own: [`net::Lan`] makes the namespaces, a switch and the
//! cables; [`daemon::Daemon`] starts the program in one of them; [`dhcp`], [`files`] and [`sip`]
//! drive clients that we did not write; [`admin`] reads the pages as a browser without scripts
//! would; [`capture`] lets tshark read what was said. Nothing of it knows our codecs: what the
//! box says is read by others.
//!
//! Everything made is removed when it is dropped, also by a test that panics; what a killed test
//! run left behind is removed by the next one.
//!
//! A machine that lacks root or a program skips a test aloud, with a line `test skipped: ..` on
//! stderr; with `CI=true` it fails instead. [`can_run`] decides.
//!
//! [`storm`] is the load generator of `cargo xtask bench storm`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

pub mod admin;
pub mod browser;
pub mod capture;
pub mod daemon;
pub mod dhcp;
pub mod files;
pub mod home;
pub mod net;
pub mod sip;
pub mod storm;

use std::io::Write;
use std::time::{Duration, Instant};

/// Debian's own Python: scapy lives there.
pub const PYTHON: &str = "/usr/bin/python3";

/// Whether a test can run here: as root, with these programs. Says aloud that it cannot, and fails
/// where `CI` is `true`.
pub fn can_run(test: &str, programs: &[&str]) -> bool {
    let Some(lack) = lack(programs) else { return true };
    let strict = std::env::var("CI").is_ok_and(|it| it == "true");
    assert!(!strict, "this test must run here: {lack}");
    // Past libtest, which would keep it to itself.
    let _ = writeln!(std::io::stderr(), "test skipped: {test}: {lack}");
    false
}

fn lack(programs: &[&str]) -> Option<String> {
    if !net::is_root() {
        return Some("network namespaces need root".to_owned());
    }
    let missing: Vec<&str> =
        programs.iter().copied().filter(|name| !net::is_program(name)).collect();
    (!missing.is_empty()).then(|| format!("missing {}", missing.join(", ")))
}

/// Asks again and again until there is an answer or the time is over.
pub fn until<T>(patience: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let begun = now();
    loop {
        if let Some(answer) = ask() {
            return Some(answer);
        }
        if begun.elapsed() > patience {
            return None;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The time, for tests that measure.
#[allow(clippy::disallowed_methods, reason = "a test of the real thing measures real time")]
pub fn now() -> Instant {
    Instant::now()
}

/// The text between two marks, the first one.
pub fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after)?.0)
}
