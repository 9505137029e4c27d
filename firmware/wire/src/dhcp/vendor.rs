//! What lies inside the options that have an inside: 82, 124 and 125.
//!
//! Each reader checks the length at its own level and stops where a length no longer fits; what
//! came before it is still given. Nothing here judges whether a relay agent may be believed.
//! RFC 3046 (82), 3527 (sub-option 5), 5107 (sub-option 11), 3925 (124, 125).

use core::iter;
use core::net::Ipv4Addr;

/// What a relay agent added to a message (RFC 3046), as it stands on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RelayAgent<'a>(pub &'a [u8]);

impl<'a> RelayAgent<'a> {
    /// The whole option, to be echoed byte for byte.
    pub fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// The port or circuit the client hangs on (sub-option 1).
    pub fn circuit_id(self) -> Option<&'a [u8]> {
        self.sub_option(1)
    }

    /// The relay agent's name for the client's end (sub-option 2).
    pub fn remote_id(self) -> Option<&'a [u8]> {
        self.sub_option(2)
    }

    /// The subnet to serve from, when it is not that of `giaddr` (sub-option 5, RFC 3527).
    pub fn link_selection(self) -> Option<Ipv4Addr> {
        self.address(5)
    }

    /// The address that replies shall name as the server (sub-option 11, RFC 5107).
    pub fn server_override(self) -> Option<Ipv4Addr> {
        self.address(11)
    }

    /// The first sub-option with this code.
    pub fn sub_option(self, code: u8) -> Option<&'a [u8]> {
        coded(self.0).find(|(other, _)| *other == code).map(|(_, value)| value)
    }

    fn address(self, code: u8) -> Option<Ipv4Addr> {
        let bytes = <[u8; 4]>::try_from(self.sub_option(code)?).ok()?;
        Some(bytes.into())
    }
}

/// What one enterprise says within option 124 or 125.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Enterprise<'v> {
    /// The enterprise number that IANA gave.
    pub number: u32,
    /// Everything the enterprise says.
    pub body: &'v [u8],
}

impl<'v> Enterprise<'v> {
    /// The items of a vendor class (option 124, RFC 3925 section 3).
    pub fn items(self) -> impl Iterator<Item = &'v [u8]> + 'v {
        let mut rest = self.body;
        iter::from_fn(move || {
            let (item, tail) = counted(rest)?;
            rest = tail;
            Some(item)
        })
    }

    /// The enterprise's own options, code and value (option 125, RFC 3925 section 4).
    pub fn options(self) -> impl Iterator<Item = (u8, &'v [u8])> + 'v {
        coded(self.body)
    }
}

/// The enterprises in the joined value of option 124 or 125, in their order.
pub fn enterprises(value: &[u8]) -> impl Iterator<Item = Enterprise<'_>> + '_ {
    let mut rest = value;
    iter::from_fn(move || {
        let (number, tail) = rest.split_first_chunk::<4>()?;
        let (body, tail) = counted(tail)?;
        rest = tail;
        Some(Enterprise { number: u32::from_be_bytes(*number), body })
    })
}

/// Code, length, value, repeated.
fn coded(value: &[u8]) -> impl Iterator<Item = (u8, &[u8])> + '_ {
    let mut rest = value;
    iter::from_fn(move || {
        let (code, tail) = rest.split_first()?;
        let (value, tail) = counted(tail)?;
        rest = tail;
        Some((*code, value))
    })
}

/// A length octet and as many bytes, and what follows them.
fn counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, tail) = bytes.split_first()?;
    tail.split_at_checked(usize::from(*len))
}
