//! SIP: what a phone says to find its configuration and to register, and how it is answered.
//!
//! ```text
//! datagram ─────────────┐
//! stream ── frame() ────┴─▶ Message::parse ─▶ essentials(), contacts(), event(), credentials()
//!                                      └───▶ Writer::respond / Writer::request ─▶ bytes
//! ```
//!
//! [`Message::parse`] fails only where nothing can be answered. Whatever else is wrong is told by
//! [`Message::essentials`], with the code to answer, and [`Writer::respond`] copies what there is.
//! Values are bytes: names of people come in any character set, and a message is not refused for
//! that. Parts that are compared or stored (URIs, tags, Call-IDs, parameters) are text, and a part
//! that is no UTF-8 counts as unreadable or, for a parameter, as absent.
//!
//! Nothing here keeps state, knows the time or believes a header: the address a packet came from is
//! an argument. A parser reads each byte a fixed number of times and holds at most [`HEADERS_MAX`]
//! headers; a value may be as long as the datagram.
//!
//! RFC 3261 sections 7, 8.1.1, 18.2, 18.3, 19.1, 20 and 25, RFC 3581, RFC 5626 sections 3.5.1 and
//! 4, RFC 6665 section 8.2, RFC 7616 section 3.4. Not implemented: `maddr`, whole-URI comparison,
//! bodies (they are bytes), TLS, IPv6 addresses as anything but text.

mod address;
mod auth;
mod essentials;
mod event;
mod frame;
mod message;
mod name;
mod text;
mod uri;
mod via;
mod write;

pub use address::{Contact, NameAddr, EXPIRES_DEFAULT};
pub use auth::{Credentials, NoCredentials};
pub use essentials::{Bad, CSeq, Essentials};
pub use event::Event;
pub use frame::{frame, Frame, BODY_MAX, HEADER_MAX, PONG};
pub use message::{Header, Malformed, Message, Method, Start, Transport, HEADERS_MAX};
pub use name::Name;
pub use text::{unescaped, Param, Params, Pieces};
pub use uri::{percent_decoded, SipUri, Uri};
pub use via::{Rport, Via, BRANCH_COOKIE, SIP_PORT};
pub use write::{reason_phrase, reply_address, NoRoom, Writer};
