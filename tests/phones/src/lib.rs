//! Simulated office phones, sockets apart: what they send, and how they read what the box answers.
//!
//! A [`Phone`] is a state machine without input or output of its own. A driver gives it packets,
//! file contents and the time in milliseconds, and carries out what [`Phone::poll_output`] yields.
//! The same phone therefore runs in the demo, in the simulation and in the load generator.
//!
//! Contract: one call in ([`Phone::start`], [`Phone::receive`], [`Phone::tick`]), then drain
//! `poll_output` to the end, then the next call. A phone with the same kind, number, seed and
//! input says the same bytes. Nothing here reads a clock, draws entropy or opens a socket.
//!
//! What a maker's phone says comes from `tests/golden/phones/<maker>.toml`, where each field names
//! its origin. What the box answers is judged by code that shares nothing with the box: DHCP by
//! `dhcproto` after a scan of the raw options, SIP, TFTP and the phone files by small readers of
//! this crate. A fault in an answer is a [`Complaint`]; the phone then does what a phone would do.
//!
//! RFC 2131 section 4.4 (client side; INFORM and DECLINE only through [`builders`]), RFC 3396,
//! RFC 1350 with 2347 to 2349 (no 7440), RFC 3261 sections 10 and 17.1.2 over UDP, RFC 3581,
//! RFC 2617 and 7616 (`qop=auth`; no `-sess`, no `auth-int`). No calls, no TLS, no TCP SIP, no DNS:
//! a server given by name instead of number is reported, not resolved.

#![forbid(unsafe_code)]

mod account;
pub mod browser;
pub mod builders;
mod complaint;
mod dhcp;
mod digest;
mod fixtures;
mod judge;
mod output;
mod phone;
mod place;
mod plan;
mod pnp;
mod register;
mod rng;
mod scan;
mod server;
mod settings;
mod sip;
mod tftp;

pub use account::Account;
pub use complaint::Complaint;
pub use digest::Algorithm;
pub use fixtures::{Kind, Maker};
pub use judge::{reply_mac, reply_xid};
pub use output::{DhcpTo, Input, Line, Output, Reason, Step, Tally};
pub use phone::Phone;
pub use settings::{AlgorithmPolicy, KeepsAddress, Settings};

#[cfg(test)]
mod tests;
