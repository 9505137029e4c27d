//! The admin at a desk: pages by curl, with its cookies, as a browser without scripts reads them.

use crate::between;
use crate::daemon::{Daemon, BOX};
use crate::net::{Host, Lan};

/// What the tests choose as password.
pub const PASSWORD: &str = "four blue herons on a wire";

/// An admin who has logged in.
pub struct Admin {
    host: Host,
    base: String,
}

/// A page as it came.
pub struct Page {
    /// The HTTP status.
    pub status: u16,
    /// Where it was in the end, after redirects.
    pub url: String,
    /// The HTML.
    pub html: String,
}

impl Admin {
    /// An admin's computer with a fixed address, not logged in.
    pub fn at_desk(lan: &Lan) -> Admin {
        Admin::at(lan, "desk", "192.168.10.9")
    }

    /// The same at another desk, with another fixed address.
    pub fn at(lan: &Lan, label: &str, ip: &str) -> Admin {
        let last = ip.rsplit('.').next().unwrap_or_default();
        let mac = format!("02:00:00:00:09:{:02x}", last.parse::<u8>().unwrap());
        let host = lan.plug_at(label, &mac, &format!("{ip}/24"));
        Admin { host, base: format!("https://{BOX}") }
    }

    /// An admin who has logged in for the first time and chosen [`PASSWORD`].
    pub fn log_in_first(lan: &Lan, daemon: &Daemon) -> Admin {
        let admin = Admin::at_desk(lan);
        let first = daemon.first_password().expect("a first password was printed");
        let page = admin.log_in(first);
        assert!(page.html.contains("Choose a password"), "{}", page.text());
        let page = admin.post("/password", &[("new", PASSWORD), ("again", PASSWORD)], &page);
        assert!(page.url.contains("/handsets"), "{} {}\n{}", page.status, page.url, page.text());
        admin
    }

    /// Logs in with a password; gives the page that follows.
    pub fn log_in(&self, password: &str) -> Page {
        let form = self.get("/login");
        self.post("/login", &[("password", password)], &form)
    }

    /// From now on asks the box at another address; the computer has one in that network too.
    pub fn moves(&mut self, own: &str, to: &str) {
        self.host.address(&format!("{own}/24"));
        let scheme = self.base.split("://").next().unwrap_or_default();
        self.base = format!("{scheme}://{to}");
        self.forget();
    }

    /// Loses all cookies, as a browser that was started anew.
    pub fn forget(&self) {
        // There are none before the first page.
        let _ = std::fs::remove_file(self.host.dir().join("jar"));
    }

    /// A page.
    pub fn get(&self, path: &str) -> Page {
        self.call(&[], path)
    }

    /// Sends one of the forms of `page`, with its hidden proof.
    pub fn post(&self, path: &str, fields: &[(&str, &str)], page: &Page) -> Page {
        let csrf = between(&page.html, "name=\"csrf\" value=\"", "\"");
        let csrf = format!("csrf={}", csrf.unwrap_or_else(|| panic!("no form in {}", page.text())));
        let mut words = vec!["--data-urlencode".to_owned(), csrf];
        for (name, value) in fields {
            words.extend(["--data-urlencode".to_owned(), format!("{name}={value}")]);
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.call(&words, path)
    }

    /// Sends a backup to be looked at, with the hidden proof of `page`.
    pub fn restore(&self, text: &str, passphrase: &str, page: &Page) -> Page {
        self.host.write("backup.txt", text);
        let csrf = between(&page.html, "name=\"csrf\" value=\"", "\"").expect("a form");
        let fields = [
            format!("csrf={csrf}"),
            "file=@backup.txt;type=text/plain".to_owned(),
            format!("passphrase={passphrase}"),
        ];
        let words: Vec<&str> = fields.iter().flat_map(|field| ["-F", field]).collect();
        self.call(&words, "/system/backup/restore")
    }

    /// Sends a file of this computer, behind fields such as `name=value`, with the hidden proof of
    /// `page`.
    pub fn upload(&self, path: &str, fields: &[&str], file: &str, page: &Page) -> Page {
        let csrf = between(&page.html, "name=\"csrf\" value=\"", "\"").expect("a form");
        let (csrf, file) = (format!("csrf={csrf}"), format!("file=@{file}"));
        let parts = [&csrf[..]].into_iter().chain(fields.iter().copied()).chain([&file[..]]);
        let words: Vec<&str> = parts.flat_map(|part| ["-F", part]).collect();
        self.call(&words, path)
    }

    fn call(&self, more: &[&str], path: &str) -> Page {
        let url = format!("{}{path}", self.base);
        // Whose certificate it is has tests of its own.
        let fixed = ["-s", "-k", "-L", "-m", "15", "-b", "jar", "-c", "jar"];
        let tail = ["-w", "\n%{http_code} %{url_effective}", &url];
        let said = self.host.run("curl", &[&fixed[..], more, &tail].concat());
        let (html, last) = said.out.rsplit_once('\n').unwrap_or_default();
        let (status, url) = last.split_once(' ').unwrap_or_default();
        Page { status: status.parse().unwrap_or(0), url: url.to_owned(), html: html.to_owned() }
    }

    /// Lets a handset be used from the WAN.
    pub fn lets_out(&self, mac12: &str) {
        let page = self.device(mac12);
        let seen = between(&page.html, "name=\"seen\" value=\"", "\"").expect("a form");
        let fields = [("remote", "yes"), ("seen", seen)];
        let page = self.post(&format!("/handsets/{mac12}/remote"), &fields, &page);
        assert_eq!(page.status, 200, "{} {}", page.url, page.text());
    }

    /// The page of all handsets.
    pub fn handsets(&self) -> Page {
        self.get("/handsets")
    }

    /// The page of one device.
    pub fn device(&self, mac12: &str) -> Page {
        self.get(&format!("/handsets/{mac12}"))
    }

    /// The computer itself.
    pub fn host(&self) -> &Host {
        &self.host
    }
}

impl Page {
    /// The row of one handset in the table of all; empty where it has none.
    pub fn row(&self, mac12: &str) -> &str {
        let table = between(&self.html, "<tbody>", "</table>").unwrap_or_default();
        let link = format!("/handsets/{mac12}\"");
        table.split("<tr").find(|row| row.contains(&link)).unwrap_or_default()
    }

    /// How many rows the table of handsets has.
    pub fn rows(&self) -> usize {
        let section = between(&self.html, "<section id=\"handsets\"", "</section>");
        section.unwrap_or_default().matches("/handsets/").count()
    }

    /// The text without its tags, entities resolved as far as our pages use them.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (number, piece) in self.html.split('<').enumerate() {
            let shown =
                if number == 0 { piece } else { piece.split_once('>').map_or("", |it| it.1) };
            text.push_str(shown);
        }
        text.replace("&#39;", "'").replace("&#34;", "\"").replace("&amp;", "&")
    }
}
