//! As much of DHCP as a relay agent and another server need, read without any of the box's code.

use phones::builders::DhcpDraft;
use std::net::Ipv4Addr;

const OPTIONS_AT: usize = 240;

/// The value of an option of a message that is not split.
pub(crate) fn option(bytes: &[u8], wanted: u8) -> Option<&[u8]> {
    let at = find(bytes, wanted)?;
    let len = usize::from(*bytes.get(at + 1)?);
    bytes.get(at + 2..at + 2 + len)
}

/// Where an option begins; END is one too.
fn find(bytes: &[u8], wanted: u8) -> Option<usize> {
    let mut at = OPTIONS_AT;
    loop {
        let code = *bytes.get(at)?;
        if code == wanted {
            return Some(at);
        }
        at += match code {
            0 => 1,
            255 => return None,
            _ => 2 + usize::from(*bytes.get(at + 1)?),
        };
    }
}

/// The hardware address in a message.
pub(crate) fn chaddr(bytes: &[u8]) -> Option<[u8; 6]> {
    bytes.get(28..34)?.try_into().ok()
}

/// The address given in a message.
pub(crate) fn yiaddr(bytes: &[u8]) -> Option<Ipv4Addr> {
    address(bytes.get(16..20)?)
}

fn address(octets: &[u8]) -> Option<Ipv4Addr> {
    Some(Ipv4Addr::from(<[u8; 4]>::try_from(octets).ok()?))
}

/// A client's message as a relay agent passes it on: its own address, one more hop, and option 82
/// behind all others (RFC 1542 4.1.1, RFC 3046 2.1).
pub(crate) fn relayed(bytes: &[u8], relay: Ipv4Addr, circuit: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let Some(end) = find(bytes, 255) else { return out };
    out.truncate(end);
    if let Some(hops) = out.get_mut(3) {
        *hops += 1;
    }
    if let Some(giaddr) = out.get_mut(24..28) {
        giaddr.copy_from_slice(&relay.octets());
    }
    out.extend_from_slice(&[82, circuit.len() as u8]);
    out.extend_from_slice(circuit);
    out.push(255);
    out.resize(out.len().max(300), 0);
    out
}

/// A server's reply as a relay agent hands it to the client; what is wrong with it if its option 82
/// is not the one that was sent, or not the last.
pub(crate) fn unrelayed(bytes: &[u8], circuit: &[u8]) -> Result<Vec<u8>, &'static str> {
    if option(bytes, 82) != Some(circuit) {
        return Err("option 82 did not come back as it was sent");
    }
    let at = find(bytes, 82).ok_or("no option 82")?;
    if bytes.get(at + 2 + circuit.len()) != Some(&255) {
        return Err("option 82 is not the last one");
    }
    let mut out = bytes.get(..at).ok_or("no option 82")?.to_vec();
    out.push(255);
    out.resize(out.len().max(300), 0);
    Ok(out)
}

/// What another DHCP server answers, if it does; it gives leases of two minutes.
pub(crate) fn rogue_answer(bytes: &[u8], server: Ipv4Addr) -> Option<Vec<u8>> {
    let mac = chaddr(bytes)?;
    let xid = u32::from_be_bytes(bytes.get(4..8)?.try_into().ok()?);
    let kind = match (option(bytes, 53)?, option(bytes, 54)) {
        ([1], _) => 2,
        ([3], Some(chosen)) if chosen == server.octets() => 5,
        _ => return None,
    };
    let last = 10 + mac.iter().fold(0u8, |sum, byte| sum.wrapping_mul(7).wrapping_add(*byte)) % 60;
    let [a, b, c, _] = server.octets();
    let mut reply = DhcpDraft::new(kind, mac, xid);
    reply.op = 2;
    reply.flags = u16::from_be_bytes(bytes.get(10..12)?.try_into().ok()?);
    reply.yiaddr = Ipv4Addr::new(a, b, c, last);
    let mut reply = reply
        .option(54, &server.octets())
        .option(51, &120u32.to_be_bytes())
        .option(1, &[255, 255, 255, 0])
        .option(3, &server.octets());
    if let Some(id) = option(bytes, 61) {
        reply = reply.option(61, id);
    }
    Some(reply.bytes())
}
