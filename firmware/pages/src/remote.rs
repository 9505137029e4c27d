//! What a phone that is used from the WAN needs of the router at its site, in sentences.

use alloc::format;
use alloc::string::{String, ToString};
use exchange::view::{PortsUsed, Transport};

/// What has to be forwarded to the phone, a thing at a time.
pub(crate) fn needs(ports: &PortsUsed) -> [(&'static str, String); 2] {
    [("SIP", signalling(ports)), ("Voice", voice(ports))]
}

fn signalling(ports: &PortsUsed) -> String {
    let by = match ports.transport {
        Transport::Udp => "",
        Transport::Tcp => "TCP",
        Transport::Tls => "TLS",
    };
    match (by, ports.keep_alive_s, ports.sip) {
        ("", Some(seconds), _) => format!(
            "By UDP. Nothing has to be forwarded: the phone keeps its way open every {seconds} \
             seconds, and this box answers by the way that a registration came."
        ),
        ("", None, Some(port)) => format!(
            "By UDP. Forward UDP port {port} to the phone: its files cannot have it keep its way \
             open."
        ),
        ("", None, None) => "By UDP. Forward the UDP port that is set in the phone, mostly 5060: \
             its files can neither set it nor have the phone keep its way open."
            .to_string(),
        (by, _, _) => format!(
            "By {by}. Nothing has to be forwarded: the phone opens a connection to this box and \
             keeps it."
        ),
    }
}

fn voice(ports: &PortsUsed) -> String {
    let what = match ports.voice {
        Some((first, Some(last))) => format!("Forward UDP ports {first} to {last} to the phone"),
        Some((first, None)) => format!(
            "Forward UDP ports from {first} on to the phone, two for each call; its files cannot \
             say where they end"
        ),
        None => "Forward the UDP ports for voice that are set in the phone; its files cannot set \
             them"
            .to_string(),
    };
    format!("{what}. This box carries no voice, phones send it to each other.")
}
