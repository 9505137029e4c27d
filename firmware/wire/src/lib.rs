//! Bytes to messages and back, for the protocols a desk phone speaks at boot, and the
//! one by which a browser finds the box. Of TLS the first words are read, and nothing is said;
//! of
//! STUN one question is answered; certificates are read too.
//!
//! No state, no time, no allocation: a parser borrows from the datagram it is given, a writer fills
//! the buffer it is given. Everything here is hostile input; a parser answers with a small, closed,
//! comparable error and never panics. Names on the wire are the RFC's.

#![no_std]
#![forbid(unsafe_code)]

pub mod dhcp;
pub mod mac;
pub mod mdns;
pub mod sip;
pub mod stun;
pub mod tftp;
pub mod tls;
pub mod x509;

pub use mac::Mac;
