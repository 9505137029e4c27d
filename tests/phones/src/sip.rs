//! SIP messages, as a phone reads them.
//!
//! Borrowed from the datagram; compact header names are known (RFC 3261 section 7.3.3). Folded
//! lines are passed over, since no answer to a phone needs them.

use std::fmt::Write;

/// What a message begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start<'a> {
    /// A request with this method.
    Request(&'a str),
    /// A response with this status.
    Response(u16),
}

/// A message of at least a start line and headers.
#[derive(Clone, Debug)]
pub(crate) struct Message<'a> {
    pub(crate) start: Start<'a>,
    headers: Vec<(&'a str, &'a str)>,
    pub(crate) body: &'a str,
}

impl<'a> Message<'a> {
    /// Reads a datagram; `None` for keep-alives and what is no SIP.
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let (head, body) = text.split_once("\r\n\r\n")?;
        let mut lines = head.split("\r\n");
        let first = lines.next()?;
        let start = match first.strip_prefix("SIP/2.0 ") {
            Some(rest) => Start::Response(rest.get(..3)?.parse().ok()?),
            None => {
                let (method, rest) = first.split_once(' ')?;
                rest.ends_with(" SIP/2.0").then_some(Start::Request(method))?
            }
        };
        let headers = lines
            .filter(|line| !line.starts_with([' ', '\t']))
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (long(name.trim()), value.trim()))
            .collect();
        Some(Message { start, headers, body })
    }

    /// The first header of this name.
    pub(crate) fn header(&self, name: &str) -> Option<&'a str> {
        self.all(name).next()
    }

    /// Every header of this name, in order.
    pub(crate) fn all<'n>(&self, name: &'n str) -> impl Iterator<Item = &'a str> + use<'_, 'a, 'n> {
        let matching = move |(have, _): &&(&str, &str)| have.eq_ignore_ascii_case(name);
        self.headers.iter().filter(matching).map(|(_, value)| *value)
    }

    /// The sequence number and the method of CSeq.
    pub(crate) fn cseq(&self) -> Option<(u32, &'a str)> {
        let (number, method) = self.header("CSeq")?.split_once(' ')?;
        Some((number.parse().ok()?, method.trim()))
    }

    /// A header parameter that stands outside the angle brackets.
    pub(crate) fn parameter(&self, header: &str, name: &str) -> Option<&'a str> {
        parameter(self.header(header)?, name)
    }
}

/// The value of `;name=value`, or an empty value for `;name`, outside angle brackets.
pub(crate) fn parameter<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let tail = header.rsplit_once('>').map_or(header, |(_, tail)| tail);
    tail.split(';').skip(1).find_map(|part| {
        let (have, value) = part.split_once('=').unwrap_or((part, ""));
        have.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"'))
    })
}

fn long(name: &str) -> &str {
    match name {
        "v" => "Via",
        "f" => "From",
        "t" => "To",
        "i" => "Call-ID",
        "m" => "Contact",
        "l" => "Content-Length",
        "c" => "Content-Type",
        "o" => "Event",
        other => other,
    }
}

/// A response to a request without a body (RFC 3261 section 8.2.6).
pub(crate) fn respond(request: &Message<'_>, status: &str, tag: &str, agent: &str) -> Vec<u8> {
    let mut out = format!("SIP/2.0 {status}\r\n");
    for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
        for value in request.all(name) {
            // Writing to a String cannot fail.
            let _ = write!(out, "{name}: {value}");
            if name == "To" && parameter(value, "tag").is_none() {
                let _ = write!(out, ";tag={tag}");
            }
            out.push_str("\r\n");
        }
    }
    let _ = write!(out, "User-Agent: {agent}\r\nContent-Length: 0\r\n\r\n");
    out.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compact_names_and_parameters_outside_brackets_are_read() {
        let text = "SIP/2.0 200 OK\r\nv: SIP/2.0/UDP 10.0.0.1;rport=5060\r\n\
                    t: <sip:1@x;tag=no>;tag=yes\r\nCSeq: 7 REGISTER\r\n\r\nbody";
        let message = Message::parse(text.as_bytes()).expect("a message");
        assert_eq!(message.start, Start::Response(200));
        assert_eq!(message.parameter("To", "tag"), Some("yes"));
        assert_eq!(message.parameter("Via", "rport"), Some("5060"));
        assert_eq!(message.cseq(), Some((7, "REGISTER")));
        assert_eq!(message.body, "body");
    }

    #[test]
    fn what_is_no_sip_is_no_message() {
        for bytes in [&b"\r\n\r\n"[..], b"GET / HTTP/1.1\r\n\r\n", b"\xff\r\n\r\n", b"SIP/2.0 2"] {
            assert!(Message::parse(bytes).is_none());
        }
    }
}
