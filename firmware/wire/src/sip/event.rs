//! What a subscription is about: the Event header (RFC 6665 section 8.2.1).
//!
//! For a phone that looks for its configuration (RFC 6080 section 5) this names its maker, model
//! and version. A parameter that comes twice counts once: the first.

use super::text::{find, is_token, text, Params};

/// The value of an Event header.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// The event package, such as `ua-profile`; compare it without regard to case.
    pub package: &'a str,
    /// The parameters, such as `vendor`, `model` and `version`.
    pub params: Params<'a>,
}

impl<'a> Event<'a> {
    /// Reads the value; `None` when it breaks the grammar.
    pub fn parse(value: &'a [u8]) -> Option<Event<'a>> {
        let value = value.trim_ascii();
        let end = find(value, b';').unwrap_or(value.len());
        let (package, params) = value.split_at_checked(end)?;
        let package = package.trim_ascii();
        let package = text(is_token(package).then_some(package)?)?;
        Some(Event { package, params: Params::read(params)? })
    }
}
