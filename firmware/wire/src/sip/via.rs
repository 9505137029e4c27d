//! The way a request came, which is the way its response goes back.
//!
//! RFC 3261 sections 18.2.1, 18.2.2 and 20.42, and RFC 3581 section 4. Not implemented on purpose:
//! `maddr` and the `received` a sender wrote himself. A reply goes only to the address its request
//! came from, so that nobody can have the box throw packets at a third party.

use core::net::{Ipv4Addr, SocketAddrV4};

use super::text::{cut, find, is_token, is_token_byte, text, Params};
use super::uri::host_port_of;

/// The port of SIP over UDP and TCP when none is written.
pub const SIP_PORT: u16 = 5060;

/// What the branch of every transaction of RFC 3261 begins with (section 8.1.1.7).
pub const BRANCH_COOKIE: &str = "z9hG4bK";

/// One hop of a request.
#[derive(Clone, Copy, Debug)]
pub struct Via<'a> {
    /// The transport as sent: `UDP`, `TCP`, ..
    pub transport: &'a str,
    /// The host the sender calls himself: a name, an IPv4 address or an IPv6 reference.
    pub host: &'a str,
    /// The port the sender names, if he does.
    pub port: Option<u16>,
    /// The parameters.
    pub params: Params<'a>,
}

/// What a sender said about `rport` (RFC 3581 section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rport {
    /// The parameter is absent.
    Absent,
    /// The parameter is there, which asks for symmetric responses; a value in it is not believed.
    Asked,
}

impl<'a> Via<'a> {
    /// Reads one element of a Via header; `None` when it breaks the grammar.
    pub fn parse(value: &'a [u8]) -> Option<Via<'a>> {
        let (protocol, rest) = cut(value, b'/')?;
        let (version, rest) = cut(rest, b'/')?;
        let rest = rest.trim_ascii_start();
        let end = rest.iter().position(|&byte| !is_token_byte(byte))?;
        let (transport, rest) = rest.split_at_checked(end)?;
        let separated = rest.first().is_some_and(u8::is_ascii_whitespace);
        let tokens = [protocol.trim_ascii(), version.trim_ascii(), transport];
        if !separated || !tokens.iter().all(|token| is_token(token)) {
            return None;
        }
        let end = find(rest, b';').unwrap_or(rest.len());
        let (sent_by, params) = rest.split_at_checked(end)?;
        let (host, port) = host_port_of(sent_by)?;
        Some(Via { transport: text(transport)?, host, port, params: Params::read(params)? })
    }

    /// The `branch` that names a transaction of RFC 3261.
    ///
    /// `None` without a branch, without the cookie, or with nothing after it (RFC 4475 section
    /// 3.2.1): such a request is matched by the rules of RFC 2543 (RFC 3261 section 17.2.3).
    pub fn branch(&self) -> Option<&'a str> {
        let branch = self.params.value("branch")?;
        let (cookie, id) = branch.split_at_checked(BRANCH_COOKIE.len())?;
        (cookie.eq_ignore_ascii_case(BRANCH_COOKIE) && !id.is_empty()).then_some(branch)
    }

    /// Whether symmetric responses are asked for.
    pub fn rport(&self) -> Rport {
        match self.params.find("rport") {
            Some(_) => Rport::Asked,
            None => Rport::Absent,
        }
    }

    /// The port of the sender, or the default one; a port of 0 is as good as none.
    pub fn port_or_default(&self) -> u16 {
        self.port.filter(|&port| port != 0).unwrap_or(SIP_PORT)
    }

    /// Whether the sender calls himself by the address his packet came from.
    pub fn is_from(&self, source: Ipv4Addr) -> bool {
        self.host.parse() == Ok(source)
    }

    /// Where a response over UDP goes, for a request that came from `source`.
    pub fn reply_address(&self, source: SocketAddrV4) -> SocketAddrV4 {
        match self.rport() {
            Rport::Asked => source,
            Rport::Absent => SocketAddrV4::new(*source.ip(), self.port_or_default()),
        }
    }
}
