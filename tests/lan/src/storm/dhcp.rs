//! What a Yealink says in DHCP, and what it reads in the answers.

use super::frame::Mac;
use phones::builders::{self, DhcpDraft};
use std::net::Ipv4Addr;

/// Message types of option 53 (RFC 2132 section 9.6).
pub(crate) const OFFER: u8 = 2;
pub(crate) const ACK: u8 = 5;
pub(crate) const NAK: u8 = 6;

/// Option 55 of a Yealink, as in the simulated phones' fixture.
const WANTED: [u8; 14] = [1, 2, 3, 4, 6, 7, 12, 15, 28, 42, 66, 67, 43, 120];
/// The fixed part of a message and the cookie.
const OPTIONS_AT: usize = 240;

/// DHCPDISCOVER.
pub(crate) fn discover(mac: Mac, xid: u32) -> DhcpDraft {
    dressed(builders::discover(mac, xid), mac)
}

/// DHCPREQUEST for what was offered.
pub(crate) fn request(mac: Mac, xid: u32, server: Ipv4Addr, address: Ipv4Addr) -> DhcpDraft {
    dressed(builders::request_selecting(mac, xid, server, address), mac)
}

fn dressed(draft: DhcpDraft, mac: Mac) -> DhcpDraft {
    let [a, b, c, d, e, f] = mac;
    draft.option(60, b"yealink").option(61, &[1, a, b, c, d, e, f]).option(55, &WANTED)
}

/// What a phone reads in a reply.
pub(crate) struct Reply<'a> {
    pub(crate) kind: u8,
    pub(crate) address: Ipv4Addr,
    pub(crate) server: Ipv4Addr,
    /// Option 66.
    pub(crate) url: &'a [u8],
}

/// The transaction of a reply.
pub(crate) fn xid(message: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(message.get(4..8)?.try_into().ok()?))
}

impl<'a> Reply<'a> {
    /// Reads a reply to this phone.
    pub(crate) fn read(message: &'a [u8], mac: Mac) -> Option<Reply<'a>> {
        let address = <[u8; 4]>::try_from(message.get(16..20)?).ok()?;
        if message.first() != Some(&2) || message.get(28..34)? != mac {
            return None;
        }
        let nobody = Ipv4Addr::UNSPECIFIED;
        let mut reply = Reply { kind: 0, address: address.into(), server: nobody, url: b"" };
        let mut rest = message.get(OPTIONS_AT..)?;
        while let Some((&code, after)) = rest.split_first() {
            match code {
                0 => {
                    rest = after;
                    continue;
                }
                255 => break,
                _option => (),
            }
            let (&len, after) = after.split_first()?;
            let value = after.get(..usize::from(len))?;
            rest = after.get(usize::from(len)..)?;
            match code {
                53 => reply.kind = *value.first()?,
                54 => reply.server = <[u8; 4]>::try_from(value).ok()?.into(),
                66 => reply.url = value,
                _other => (),
            }
        }
        Some(reply)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_for_the_phone_it_names() {
        let server = Ipv4Addr::new(10, 0, 0, 1);
        let mut draft = builders::discover([2; 6], 7).option(54, &server.octets());
        draft.op = 2;
        draft.yiaddr = Ipv4Addr::new(10, 0, 0, 9);
        let bytes = draft.option(66, b"http://10.0.0.1/").bytes();
        let reply = Reply::read(&bytes, [2; 6]).unwrap();
        assert_eq!((reply.kind, reply.server, reply.address), (1, server, [10, 0, 0, 9].into()));
        assert_eq!(reply.url, b"http://10.0.0.1/");
        assert!(Reply::read(&bytes, [4; 6]).is_none());
        // Cut off within the fixed part there is nothing to read.
        assert!((0..240).all(|len| Reply::read(&bytes[..len], [2; 6]).is_none()));
    }
}
