//! What is said of ports that cannot be opened.

use crate::config::Port;
use exchange::names::InterfaceNo;
use std::net::SocketAddrV4;

/// Whether phones are simulated on the loopback, and the command line says where things are.
pub(super) fn demonstrates(ports: &[Port]) -> bool {
    ports.iter().any(|port| port.client.is_some())
}

/// The port of the pages is the one that a demonstration can choose.
pub(super) fn web_in_use(
    error: std::io::Error,
    web: &[(InterfaceNo, SocketAddrV4)],
    ports: &[Port],
) -> String {
    let Some((_, at)) = web.first().filter(|_| demonstrates(ports)) else {
        return in_use(error);
    };
    if error.kind() == std::io::ErrorKind::AddrNotAvailable {
        return format!("this machine has no address {}", at.ip());
    }
    if error.kind() != std::io::ErrorKind::AddrInUse {
        return in_use(error);
    }
    let said = error.to_string();
    let taken = place(&said);
    let other = SocketAddrV4::new(*at.ip(), at.port().checked_add(1).unwrap_or(8_081));
    format!("{taken} is taken by another program. Choose another one: --web {other}")
}

pub(super) fn in_use(error: std::io::Error) -> String {
    let said = error.to_string();
    if error.kind() == std::io::ErrorKind::AddrInUse {
        let taken = place(&said);
        return format!("{taken} is taken. Is another Dialtone running? Stop it first.");
    }
    let hint = if error.kind() == std::io::ErrorKind::PermissionDenied {
        ". Serving on this port needs root, or its capabilities."
    } else {
        ""
    };
    format!("{said}{hint}")
}

/// The same of a port that need not be there; `name` is its own in the configuration.
pub(super) fn tls_in_use(error: std::io::Error, name: &str) -> String {
    let is_taken = error.kind() == std::io::ErrorKind::AddrInUse;
    let said = in_use(error);
    match is_taken {
        true => format!("{said} Or set {name} under [ports] to another one, or to 0 for none."),
        false => said,
    }
}

/// The address that an error is about: what stands before the system's own words.
fn place(said: &str) -> &str {
    let ends = [": EADDRINUSE", ": Address already in use"];
    let end = ends.iter().filter_map(|words| said.find(words)).min();
    end.and_then(|end| said.get(..end)).unwrap_or(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_is_taken_is_named_without_the_systems_words() {
        let taken = |said: &str| std::io::Error::new(std::io::ErrorKind::AddrInUse, said);
        let error = taken("on eth0: 10.0.0.1:67: EADDRINUSE: Address already in use");
        let wanted = "on eth0: 10.0.0.1:67 is taken. Is another Dialtone running? Stop it first.";
        assert_eq!(in_use(error), wanted);
        let error = taken("10.0.0.1:443: Address already in use (os error 98)");
        let wanted = "10.0.0.1:443 is taken. Is another Dialtone running? Stop it first. Or set \
                      https under [ports] to another one, or to 0 for none.";
        assert_eq!(tls_in_use(error, "https"), wanted);
        let error = taken("10.0.0.1:80: Address already in use (os error 98)");
        let wanted = "10.0.0.1:80 is taken. Is another Dialtone running? Stop it first.";
        assert_eq!(web_in_use(error, &[], &[]), wanted);
    }
}
