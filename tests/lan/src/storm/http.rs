//! The one GET of a phone, and the answer to it (HTTP/1.1, a body of stated length only).

use super::frame::Mac;
use std::fmt::Write;
use std::net::Ipv4Addr;

/// The folder that holds a phone's files.
pub(crate) struct Place {
    pub(crate) host: Ipv4Addr,
    pub(crate) port: u16,
    folder: String,
}

impl Default for Place {
    fn default() -> Place {
        Place { host: Ipv4Addr::UNSPECIFIED, port: 80, folder: String::new() }
    }
}

impl Place {
    /// Reads `http://10.0.0.1:8080/folder/`; a host by name is not understood.
    pub(crate) fn read(url: &[u8]) -> Option<Place> {
        let rest = std::str::from_utf8(url).ok()?.trim_end_matches('\0').strip_prefix("http://")?;
        let (host, folder) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = match host.split_once(':') {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (host, 80),
        };
        Some(Place { host: host.parse().ok()?, port, folder: folder.to_owned() })
    }
}

/// The request for `<mac>.cfg`.
pub(crate) fn get(place: &Place, mac: Mac) -> String {
    let mut request = String::with_capacity(220);
    let Place { host, folder, .. } = place;
    let slash = if folder.is_empty() || folder.ends_with('/') { "" } else { "/" };
    let _ = write!(request, "GET /{folder}{slash}");
    for byte in mac {
        let _ = write!(request, "{byte:02x}");
    }
    let _ = write!(
        request,
        ".cfg HTTP/1.1\r\nHost: {host}\r\nUser-Agent: Yealink SIP-T46U 108.86.0.20"
    );
    for (place, byte) in mac.iter().enumerate() {
        let _ = write!(request, "{}{byte:02x}", if place == 0 { ' ' } else { ':' });
    }
    request.push_str("\r\nAccept: */*\r\nConnection: close\r\n\r\n");
    request
}

/// The body of an answer: `None` while some of it is missing, an error for what is no 200.
pub(crate) fn body(answer: &[u8]) -> Result<Option<&[u8]>, &'static str> {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let (head, body) = answer.split_at(end + 4);
    let head = std::str::from_utf8(head).map_err(|_| "the answer's head is no text")?;
    let mut lines = head.split("\r\n");
    if !lines.next().is_some_and(|status| status.starts_with("HTTP/1.1 200")) {
        return Err("the file was refused");
    }
    let value = lines.filter_map(|line| line.split_once(':'));
    let mut value = value.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let len = value.next().and_then(|(_, len)| len.trim().parse().ok());
    let len: usize = len.ok_or("the answer does not say how long it is")?;
    Ok(body.get(..len))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_there_once_all_of_it_is() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
        assert_eq!(body(answer), Ok(Some(&b"abc"[..])));
        assert!((0..answer.len()).all(|len| body(&answer[..len]) == Ok(None)));
        assert!(body(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").is_err());
    }

    #[test]
    fn a_file_is_asked_for_in_the_folder_that_was_named() {
        let place = Place::read(b"http://10.0.0.1:8080/prov/").unwrap();
        assert_eq!((place.host, place.port), (Ipv4Addr::new(10, 0, 0, 1), 8080));
        assert!(get(&place, [0, 0x15, 0x65, 0, 0, 1]).starts_with("GET /prov/001565000001.cfg "));
        let place = Place::read(b"http://10.0.0.1").unwrap();
        assert!(get(&place, [0; 6]).starts_with("GET /000000000000.cfg "));
        assert!(Place::read(b"tftp://10.0.0.1").is_none());
    }
}
