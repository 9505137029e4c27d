//! What a request's headers say about where it comes from: its host, its origin, its cookies.

use crate::host;
use exchange::limits::TOKEN_CHARS_MAX;
use hyper::header::{AsHeaderName, COOKIE, HOST, ORIGIN};
use hyper::http::request::Parts;
use hyper::HeaderMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Name of the cookie that holds a session's token.
pub(super) const SESSION: &str = "dialtone";
/// Name of the cookie that holds the token of a log-in page.
pub(super) const LOGIN_PAGE: &str = "dialtone-login";

/// Whether a request is meant for us. A page of elsewhere can point its own name at our address
/// (DNS rebinding), but it cannot make a browser say another name than its own.
pub(super) fn names_us(parts: &Parts, own: Ipv4Addr) -> bool {
    let Some(host) = only(&parts.headers, HOST) else { return false };
    let agrees = parts.uri.authority().is_none_or(|asked| asked.as_str() == host);
    let Some(name) = without_port(host).filter(|_| agrees) else { return false };
    if let Some(bracketed) = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return bracketed.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback());
    }
    match name.parse() {
        Ok(IpAddr::V4(address)) => {
            let near = address.is_loopback() || address.is_private() || address.is_link_local();
            near || address == own
        }
        Ok(IpAddr::V6(_)) => false,
        Err(_) => host::is_ours(name),
    }
}

/// Whether a form was sent by a page of ours, as far as the browser says: all that are still
/// maintained name the page's origin, and a page cannot forge that.
pub(super) fn is_from_our_page(headers: &HeaderMap) -> bool {
    let site = headers.get_all("sec-fetch-site").iter();
    let near = site.into_iter().all(|value| *value == "same-origin" || *value == "none");
    let host = only(headers, HOST).unwrap_or_default();
    let same = headers.get_all(ORIGIN).iter().all(|origin| {
        let origin = origin.to_str().unwrap_or_default();
        let named = origin.strip_prefix("http://").or(origin.strip_prefix("https://"));
        named.is_some_and(|named| named.eq_ignore_ascii_case(host))
    });
    near && same
}

/// The value of a cookie that can be a token.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(known, _)| known.trim() == name)?;
    let value = value.trim();
    let plain = value.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (plain && (1..=TOKEN_CHARS_MAX).contains(&value.len())).then_some(value)
}

/// The value of a header that is there exactly once.
fn only(headers: &HeaderMap, name: impl AsHeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

fn without_port(host: &str) -> Option<&str> {
    match host.rsplit_once(':') {
        // The colons of an IPv6 address stand in brackets.
        Some((name, port)) if !port.ends_with(']') => {
            port.bytes().all(|byte| byte.is_ascii_digit()).then_some(name)
        }
        Some(_) | None => Some(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderName;
    use hyper::Request;

    const OWN: Ipv4Addr = Ipv4Addr::new(141, 20, 1, 1);

    fn parts(headers: &[(HeaderName, &str)]) -> Parts {
        let mut request = Request::builder().uri("/handsets");
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn the_box_has_its_addresses_and_two_names() {
        let ours = [
            "127.0.0.1",
            "127.0.0.1:8080",
            "192.168.1.1",
            "10.0.0.1:80",
            "141.20.1.1",
            "localhost",
            "LOCALHOST:8080",
            "dialtone.local",
            "[::1]:8080",
            "[::1]",
            "169.254.3.4",
        ];
        for host in ours {
            assert!(names_us(&parts(&[(HOST, host)]), OWN), "{host}");
        }
        let foreign = [
            "",
            ":80",
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "141.20.1.2",
            "8.8.8.8",
            "evil.example:127.0.0.1",
            "127.0.0.1@evil.example",
            "[::2]",
            "127.1",
            "0x7f000001",
            "dialtone.local.evil",
            "localhost:x",
            "192.168.1.1:80:80",
        ];
        for host in foreign {
            assert!(!names_us(&parts(&[(HOST, host)]), OWN), "{host}");
        }
        assert!(!names_us(&parts(&[]), OWN));
        assert!(!names_us(&parts(&[(HOST, "localhost"), (HOST, "localhost")]), OWN));
    }

    #[test]
    fn a_form_comes_from_the_page_that_the_host_served() {
        let site = || HeaderName::from_static("sec-fetch-site");
        let from = |headers: &[(HeaderName, &str)]| {
            let mut all = vec![(HOST, "10.0.0.1:8080")];
            all.extend_from_slice(headers);
            is_from_our_page(&parts(&all).headers)
        };
        assert!(from(&[]));
        assert!(from(&[(ORIGIN, "http://10.0.0.1:8080"), (site(), "same-origin")]));
        assert!(from(&[(site(), "none")]));
        for origin in ["null", "http://10.0.0.1", "http://evil.example", "http://10.0.0.1:8080.e"] {
            assert!(!from(&[(ORIGIN, origin)]), "{origin}");
        }
        assert!(!from(&[(ORIGIN, "http://10.0.0.1:8080"), (ORIGIN, "http://evil.example")]));
        for kind in ["cross-site", "same-site", ""] {
            assert!(!from(&[(site(), kind)]), "{kind}");
        }
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let read =
            |line: &str| cookie(&parts(&[(COOKIE, line)]).headers, SESSION).map(str::to_owned);
        assert_eq!(read("a=b; dialtone=00ff ;c=d").as_deref(), Some("00ff"));
        for line in
            ["", "dialtone", "dialtone=", "xdialtone=1", "dialtone-login=1", "dialtone=\"1\""]
        {
            assert_eq!(read(line), None, "{line}");
        }
        assert_eq!(read(&format!("dialtone={}", "a".repeat(65))), None);
    }
}
