//! Where a file lies: scheme, server and path, made from what DHCP, PnP or another file said.
//!
//! Servers are given by number; a name is unusable here, since these phones resolve none. HTTPS
//! and FTP are unusable too.

use crate::settings::Settings;
use std::net::{Ipv4Addr, SocketAddrV4};

/// The protocol of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Tftp,
}

/// A file or, when the path ends in `/`, a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) scheme: Scheme,
    pub(crate) server: SocketAddrV4,
    /// Always begins with `/`.
    pub(crate) path: String,
}

impl Place {
    /// Reads a URL, or `host[:port][/path]` when the maker has a protocol for that.
    pub(crate) fn parse(text: &str, bare: Option<Scheme>, settings: &Settings) -> Option<Self> {
        let text = text.trim().trim_end_matches('\0');
        let (scheme, rest) = match text.split_once("://") {
            Some((name, rest)) if name.eq_ignore_ascii_case("http") => (Scheme::Http, rest),
            Some((name, rest)) if name.eq_ignore_ascii_case("tftp") => (Scheme::Tftp, rest),
            Some(_) => return None,
            None => (bare?, text),
        };
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let standard = match scheme {
            Scheme::Http => settings.http_port,
            Scheme::Tftp => settings.tftp_port,
        };
        let server = socket(host, standard)?;
        Some(Place { scheme, server, path: path.to_owned() })
    }

    /// The place of `text` as found in this file: a URL, an absolute path, or a name beside it.
    pub(crate) fn join(&self, text: &str, settings: &Settings) -> Option<Self> {
        if text.contains("://") {
            return Place::parse(text, None, settings);
        }
        let path = if text.starts_with('/') {
            text.to_owned()
        } else {
            let bare = self.path.split(['?', '#']).next().unwrap_or("/");
            let folder = bare.rsplit_once('/').map_or("", |(folder, _)| folder);
            format!("{folder}/{text}")
        };
        Some(Place { path, ..self.clone() })
    }

    /// The same place as a directory.
    pub(crate) fn folder(mut self) -> Self {
        if !self.path.ends_with('/') {
            self.path.push('/');
        }
        self
    }

    /// Whether the path names a file rather than a directory.
    pub(crate) fn is_file(&self) -> bool {
        let last = self.path.rsplit('/').next().unwrap_or("");
        last.contains('.') || self.path.contains('?')
    }
}

/// `number[:port]`.
pub(crate) fn socket(text: &str, standard_port: u16) -> Option<SocketAddrV4> {
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (text, standard_port),
    };
    let ip: Ipv4Addr = host.parse().ok()?;
    (port != 0).then(|| SocketAddrV4::new(ip, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, bare: Option<Scheme>) -> Option<(Scheme, String, String)> {
        let place = Place::parse(text, bare, &Settings::default())?;
        Some((place.scheme, place.server.to_string(), place.path))
    }

    #[test]
    fn urls_and_bare_hosts_are_read() {
        let http =
            |server: &str, path: &str| Some((Scheme::Http, server.to_owned(), path.to_owned()));
        assert_eq!(at("http://10.0.0.1", None), http("10.0.0.1:80", "/"));
        assert_eq!(at("HTTP://u:p@10.0.0.1:8667/a/b?c", None), http("10.0.0.1:8667", "/a/b?c"));
        let tftp = Some((Scheme::Tftp, "10.0.0.1:69".to_owned(), "/".to_owned()));
        assert_eq!(at("10.0.0.1", Some(Scheme::Tftp)), tftp);
        for bad in ["10.0.0.1", "https://10.0.0.1/", "http://pbx/", "http://10.0.0.1:x/", ""] {
            assert_eq!(at(bad, None), None, "{bad}");
        }
    }

    #[test]
    fn names_are_resolved_beside_the_file_that_holds_them() {
        let settings = Settings::default();
        let base = Place::parse("http://10.0.0.1/a/b.boot?x=/", None, &settings).expect("a place");
        let path = |text: &str| base.join(text, &settings).map(|place| place.path);
        assert_eq!(path("c.cfg").as_deref(), Some("/a/c.cfg"));
        assert_eq!(path("/c.cfg").as_deref(), Some("/c.cfg"));
        assert_eq!(path("http://10.0.0.2/d").as_deref(), Some("/d"));
    }
}
