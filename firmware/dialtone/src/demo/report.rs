//! What the demonstration tells whoever watches it: one line a phone, and one at the end.

use crate::say::say;
use phones::{Phone, Reason, Step};
use std::fmt::Arguments;
use std::time::Duration;

/// One phone's line on the screen.
pub(super) fn registered(since_start: Duration, phone: &Phone) {
    line(since_start, phone, format_args!("registered"));
}

pub(super) fn stuck(since_start: Duration, phone: &Phone, why: &Reason) {
    line(since_start, phone, format_args!("stuck, {why}"));
}

fn line(since_start: Duration, phone: &Phone, what: Arguments<'_>) {
    let seconds = since_start.as_secs_f64();
    let address = phone.ip().map_or_else(|| "-".to_owned(), |ip| ip.to_string());
    let (title, mac) = (phone.title(), mac(phone));
    say(format_args!("{seconds:6.2} s  {title:<20} {mac}  {address:<13} {what}"));
}

/// How far a phone has come, for the reason at the end.
pub(super) fn last_word(phone: &Phone, step: Option<&Step>) -> String {
    let (title, mac) = (phone.title(), mac(phone));
    match step {
        Some(step) => format!("the first of them, {title} {mac}, was at: {step}"),
        None => format!("the first of them, {title} {mac}, says nothing"),
    }
}

fn mac(phone: &Phone) -> String {
    let pairs: Vec<String> = phone.mac().iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(":")
}

pub(super) fn summary(registered: usize, of: usize, since_start: Duration) {
    say(format_args!("registered {registered} of {of} in {:.1} s", since_start.as_secs_f64()));
}
