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
pub(crate) fn names_us(parts: &Parts, own: Ipv4Addr) -> bool {
    let Some(host) = only(&parts.headers, HOST) else { return false };
    let agrees = parts.uri.authority().is_none_or(|asked| asked.as_str() == host);
    agrees && without_port(host).is_some_and(|name| is_ours(name, own))
}

/// The name or address by which a request names the box, without a port; `None` where it names
/// somebody else.
pub(crate) fn host_of(headers: &HeaderMap, own: Ipv4Addr) -> Option<String> {
    let name = without_port(only(headers, HOST)?)?;
    is_ours(name, own).then(|| name.to_owned())
}

fn is_ours(name: &str, own: Ipv4Addr) -> bool {
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
    let host = only(headers, HOST);
    let same = headers.get_all(ORIGIN).iter().all(|origin| {
        let origin = origin.to_str().unwrap_or_default();
        let named = origin.strip_prefix("http://").or(origin.strip_prefix("https://"));
        named.zip(host).is_some_and(|(named, host)| named.eq_ignore_ascii_case(host))
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
    use crate::mutation::spoiled;
    use exchange::limits::MDNS_NAMES_MAX;
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

    #[test]
    fn an_origin_is_not_ours_where_no_host_or_more_than_one_is_named() {
        assert!(!is_from_our_page(&parts(&[(ORIGIN, "http://")]).headers));
        let twice = [(HOST, "a"), (HOST, "b"), (ORIGIN, "http://")];
        assert!(!is_from_our_page(&parts(&twice).headers));
    }

    /// A request by the lines of its head: what it asks for, then its headers.
    fn heard(head: &[u8]) -> Option<Parts> {
        let mut lines = head.split(|byte| *byte == b'\n');
        let mut request = Request::builder().uri(lines.next()?);
        for line in lines {
            let (name, value) = line.split_at(line.iter().position(|byte| *byte == b':')?);
            request = request.header(name, value[1..].trim_ascii());
        }
        Some(request.body(()).ok()?.into_parts().0)
    }

    /// What the lines of a head give for a header.
    fn said<'a>(head: &'a [u8], name: &str) -> Vec<&'a [u8]> {
        let lines = head.split(|byte| *byte == b'\n').skip(1);
        let named = lines.filter_map(|line| line.split_at_checked(name.len()));
        let named = named.filter(|(start, _)| start.eq_ignore_ascii_case(name.as_bytes()));
        named.filter_map(|(_, rest)| rest.strip_prefix(b":")).map(<[u8]>::trim_ascii).collect()
    }

    /// Whether an address is spelt as addresses are, and of a network of its own or ours.
    fn is_near(name: &str) -> bool {
        let parts: Vec<u8> = name.split('.').filter_map(|part| part.parse().ok()).collect();
        let spelt = parts.iter().map(u8::to_string).collect::<Vec<_>>().join(".") == name;
        let near = matches!(
            parts[..],
            [127 | 10, _, _, _] | [192, 168, _, _] | [169, 254, _, _] | [172, 16..=31, _, _]
        );
        spelt && (near || parts == OWN.octets())
    }

    #[test]
    fn a_million_spoiled_heads_are_meant_for_us_by_an_address_or_a_name_of_ours_only() {
        let numbered = (2..=MDNS_NAMES_MAX).map(|number| format!("dialtone-{number}.local"));
        let names = ["localhost", "dialtone.local"].map(str::to_owned);
        let names: Vec<_> = names.into_iter().chain(numbered).collect();
        let heads = [
            "/handsets\nHost: 192.168.1.1:8080\nCookie: dialtone=00ff",
            "/handsets\nhost: 141.20.1.1\nHost: 141.20.1.1",
            "http://dialtone-2.local:80/\nHost: dialtone-2.local:80",
            "http://evil.example/\nHost: localhost.",
            "/\nHost: [::1]:8080\nOrigin: http://[::1]:8080",
            "/\nHost: 141.20.1.1.evil.example",
            "/\nHost: 172.16.0.1:80",
        ];
        spoiled(&heads.map(|head| head.as_bytes().to_vec()), 5, |head| {
            let Some(parts) = heard(head) else { return false };
            if !names_us(&parts, OWN) {
                return false;
            }
            let hosts = said(head, "host");
            let host = std::str::from_utf8(hosts[0]).unwrap();
            let digits = |letter: char| letter.is_ascii_digit();
            let name = host.trim_end_matches(digits).strip_suffix(':').unwrap_or(host);
            let bare = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
            // The loopback of IPv6 is nothing but a one at its end.
            let sixth = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
            let loops = sixth.is_some_and(|it| it.trim_start_matches(['0', ':', '.']) == "1");
            assert!(names.contains(&bare) || is_near(name) || loops, "{host}");
            let agrees = parts.uri.authority().is_none_or(|asked| asked.as_str() == host);
            assert!(hosts.len() == 1 && agrees, "{}", head.escape_ascii());
            true
        });
    }

    #[test]
    fn a_million_spoiled_heads_are_of_our_page_where_all_origins_are_the_host() {
        let heads = [
            "/\nHost: 10.0.0.1:8080\nOrigin: http://10.0.0.1:8080\nSec-Fetch-Site: same-origin",
            "/\nHost: dialtone.local\nSec-Fetch-Site: none\nOrigin: https://Dialtone.local",
            "/\nHost: a\nOrigin: http://a\nOrigin: http://a\nSec-Fetch-Site: cross-site",
            "/\nOrigin: http://\nHost: b",
        ];
        spoiled(&heads.map(|head| head.as_bytes().to_vec()), 6, |head| {
            let Some(parts) = heard(head) else { return false };
            if !is_from_our_page(&parts.headers) {
                return false;
            }
            let hosts = said(head, "host");
            let ours = |origin: &[u8]| {
                let [host] = hosts[..] else { return false };
                let pages = [&b"http://"[..], b"https://"].map(|scheme| [scheme, host].concat());
                pages.iter().any(|page| page.eq_ignore_ascii_case(origin))
            };
            let near = |site: &[u8]| site == b"same-origin" || site == b"none";
            assert!(said(head, "origin").into_iter().all(ours), "{}", head.escape_ascii());
            assert!(said(head, "sec-fetch-site").into_iter().all(near), "{}", head.escape_ascii());
            true
        });
    }

    #[test]
    fn a_million_spoiled_cookies_are_tokens_of_their_name_or_none() {
        let long = |len| format!("/\nCookie: dialtone={}; dialtone-login=f", "a1".repeat(len));
        let heads = [
            "/\nCookie: a=b; dialtone=00ff ;dialtone-login=7f".to_owned(),
            "/\ncookie: dialtone-login=\"x\"; dialtone = Zz9\nCookie: dialtone-login=12".to_owned(),
            long(TOKEN_CHARS_MAX / 2),
            long(TOKEN_CHARS_MAX / 2 + 1),
        ];
        spoiled(&heads.map(String::into_bytes), 7, |head| {
            let Some(parts) = heard(head) else { return false };
            let found = [SESSION, LOGIN_PAGE].map(|name| (name, cookie(&parts.headers, name)));
            let found = found.into_iter().filter_map(|(name, token)| Some((name, token?)));
            found.fold(false, |_, (name, token)| {
                assert!((1..=64).contains(&token.len()), "{token}");
                assert!(token.chars().all(|letter| letter.is_ascii_alphanumeric()), "{token}");
                let lines = said(head, "cookie");
                let mut pairs = lines.iter().flat_map(|line| line.split(|byte| *byte == b';'));
                let is = |pair: &[u8]| {
                    let rest = pair.trim_ascii().strip_prefix(name.as_bytes())?.trim_ascii();
                    Some(rest.strip_prefix(b"=")?.trim_ascii() == token.as_bytes())
                };
                assert!(pairs.any(|pair| is(pair) == Some(true)), "{}", head.escape_ascii());
                true
            })
        });
    }
}
