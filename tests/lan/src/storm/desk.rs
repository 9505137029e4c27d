//! The admin at a desk between two storms: gives every handset more lines on the box's own pages,
//! so that a known phone fetches a file as large as an office's can be.
//!
//! A browser without scripts, in as much as the box can tell: it logs in with the password that the
//! daemon printed, chooses another, and sends the form `Add a line` of each handset, over several
//! connections that stay open. It follows no redirect: where one leads is enough of an answer.
//!
//! The desk stands at the phones' end of the cable, since the daemon hears only what comes from
//! there, and its address is taken away before the next storm. HTTP/1.1 with bodies of stated
//! length only.

use super::cable::Desk;
use super::frame::Mac;
use super::server::Server;
use super::{generator, stop, BOX_ADDRESS};
use crate::between;
use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Error, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

/// Connections at once; the box allows 16 from one address.
const CONNECTIONS: usize = 12;
/// How long an answer may take, hashing a password included.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often the daemon is asked for the password it prints, 10 ms apart.
const LOOKS_MAX: u32 = 100;
/// Largest answer read.
const BODY_BYTES_MAX: usize = 1 << 20;
/// The password that the admin chooses.
const CHOSEN: &str = "four blue herons on a wire";

/// Gives each of the first `count` phones lines until it has `lines`, one being there already; says
/// how many handsets have them now. The desk's address must be there.
pub(crate) fn add_lines(_at: &Desk, server: &Server, count: u16, lines: u16) -> io::Result<u16> {
    let admin = Admin::log_in_first(&first_password(server)?)?;
    let (next, done) = (AtomicU16::new(0), AtomicU16::new(0));
    let take = || {
        let index = next.fetch_add(1, Ordering::Relaxed);
        (index < count).then(|| generator::mac(index))
    };
    let work = || -> io::Result<()> {
        let mut browser = Browser::open()?;
        while let Some(mac) = take() {
            stop::check()?;
            let has_all = admin.add_lines(&mut browser, mac, lines)?;
            done.fetch_add(u16::from(has_all), Ordering::Relaxed);
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let hands: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(work)).collect();
        let ends = hands.into_iter().map(|hand| hand.join());
        // All are waited for, whatever became of the first.
        let ends: Vec<io::Result<()>> = ends
            .map(|end| end.unwrap_or_else(|_| Err(Error::other("the admin fell ill"))))
            .collect();
        ends.into_iter().collect::<io::Result<()>>()
    })?;
    Ok(done.into_inner())
}

/// The password for the first log-in; the daemon prints it last.
fn first_password(server: &Server) -> io::Result<String> {
    for _ in 0..LOOKS_MAX {
        if let Some(password) = between(&server.said(), "Password:", "(") {
            return Ok(password.trim().to_owned());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Err(Error::other("the daemon printed no password"))
}

/// Somebody who is logged in.
struct Admin {
    cookie: String,
    csrf: String,
}

impl Admin {
    fn log_in_first(password: &str) -> io::Result<Admin> {
        let mut browser = Browser::open()?;
        let page = browser.get("/login", "")?;
        let form = format!("csrf={}&password={password}", page.csrf()?);
        let cookie = browser.post("/login", &page.cookie, &form)?.seen("log-in")?.cookie;
        let page = browser.get("/password", &cookie)?;
        let chosen = CHOSEN.replace(' ', "+");
        let form = format!("csrf={}&new={chosen}&again={chosen}", page.csrf()?);
        let cookie = browser.post("/password", &cookie, &form)?.seen("new password")?.cookie;
        let csrf = browser.get("/password", &cookie)?.csrf()?.to_owned();
        Ok(Admin { cookie, csrf })
    }

    /// Whether the handset has all lines now.
    fn add_lines(&self, browser: &mut Browser, mac: Mac, lines: u16) -> io::Result<bool> {
        let mut path = "/handsets/".to_owned();
        for byte in mac {
            // Writing to a String cannot fail.
            let _ = write!(path, "{byte:02x}");
        }
        path.push_str("/add-line");
        let form = format!("csrf={}", self.csrf);
        for _ in 1..lines {
            if browser.post(&path, &self.cookie, &form)?.status != 303 {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// One connection.
struct Browser(BufReader<TcpStream>);

/// An answer.
#[derive(Debug)]
struct Page {
    status: u16,
    /// The last cookie that it sets, as it is sent back.
    cookie: String,
    html: String,
}

impl Browser {
    fn open() -> io::Result<Browser> {
        let stream = TcpStream::connect((BOX_ADDRESS, 80))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Browser(BufReader::new(stream)))
    }

    fn get(&mut self, path: &str, cookie: &str) -> io::Result<Page> {
        self.call("GET", path, cookie, "")
    }

    fn post(&mut self, path: &str, cookie: &str, form: &str) -> io::Result<Page> {
        let len = form.len();
        let kind = "Content-Type: application/x-www-form-urlencoded";
        self.call("POST", path, cookie, &format!("{kind}\r\nContent-Length: {len}\r\n\r\n{form}"))
    }

    /// Asks and reads the answer; `rest` follows the common part of the head.
    fn call(&mut self, method: &str, path: &str, cookie: &str, rest: &str) -> io::Result<Page> {
        let rest = if rest.is_empty() { "\r\n" } else { rest };
        let ask = format!(
            "{method} {path} HTTP/1.1\r\nHost: {BOX_ADDRESS}\r\nCookie: {cookie}\r\n{rest}"
        );
        self.0.get_mut().write_all(ask.as_bytes())?;
        Page::read(&mut self.0)
    }
}

impl Page {
    fn read(from: &mut impl BufRead) -> io::Result<Page> {
        let garbled = || Error::other("an answer of the admin's pages is garbled");
        let mut line = String::new();
        from.read_line(&mut line)?;
        let status = line.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
        let (mut cookie, mut len) = (String::new(), None);
        loop {
            line.clear();
            from.read_line(&mut line)?;
            let Some((name, value)) = line.split_once(':') else { break };
            let value = value.trim();
            if name.eq_ignore_ascii_case("set-cookie") {
                let pair = value.split(';').next().unwrap_or_default();
                // One without a value is taken away.
                if !pair.ends_with('=') {
                    pair.clone_into(&mut cookie);
                }
            } else if name.eq_ignore_ascii_case("content-length") {
                len = value.parse().ok();
            }
        }
        let len = len.filter(|len| *len <= BODY_BYTES_MAX).ok_or_else(garbled)?;
        let mut body = vec![0; len];
        from.read_exact(&mut body)?;
        let html = String::from_utf8(body).map_err(|_| garbled())?;
        Ok(Page { status: status.ok_or_else(garbled)?, cookie, html })
    }

    /// The proof in the page's forms that they are the box's own.
    fn csrf(&self) -> io::Result<&str> {
        let csrf = between(&self.html, "name=\"csrf\" value=\"", "\"");
        csrf.ok_or_else(|| Error::other(format!("a page without a form, status {}", self.status)))
    }

    /// Itself, where the form was taken.
    fn seen(self, what: &str) -> io::Result<Page> {
        match self.status {
            303 => Ok(self),
            status => Err(Error::other(format!("the {what} was answered with {status}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(answer: &str) -> io::Result<Page> {
        Page::read(&mut answer.as_bytes())
    }

    #[test]
    fn an_answer_has_a_status_a_cookie_and_as_much_text_as_it_says() {
        let page = read(
            "HTTP/1.1 303 See Other\r\nset-cookie: dialtone=00ff; Path=/\r\n\
             Set-Cookie: dialtone-login=; Max-Age=0\r\ncontent-length: 3\r\n\r\nabcHTTP",
        );
        let page = page.unwrap().seen("form").unwrap();
        assert_eq!((page.cookie.as_str(), page.html.as_str()), ("dialtone=00ff", "abc"));
        assert!(page.csrf().is_err());
        let form = "<input name=\"csrf\" value=\"12ab\">";
        let page =
            read(&format!("HTTP/1.1 422 No\r\nContent-Length: {}\r\n\r\n{form}", form.len()));
        let page = page.unwrap();
        assert_eq!(page.csrf().unwrap(), "12ab");
        assert!(page.seen("form").is_err());
    }

    #[test]
    fn an_answer_that_is_cut_off_or_no_http_is_an_error() {
        for answer in [
            "",
            "HTTP/1.1 200 OK\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc",
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n",
            "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        ] {
            assert!(read(answer).is_err(), "{answer}");
        }
    }
}
