//! Crafted requests for table tests: DHCP of each type, TFTP read requests, SIP REGISTER.
//!
//! The phones build their own messages with the same functions, so a table test and a phone agree
//! about what a well-formed request looks like. Every field can be set to nonsense on purpose.

mod dhcp;
mod sip;
mod tftp;

pub use dhcp::{
    decline, discover, inform, release, request_init_reboot, request_renewing, request_selecting,
    DhcpDraft,
};
pub use sip::{authorization, AuthorizationDraft, RegisterDraft};
pub use tftp::{ack, data, error, request};
