//! Clients that fetch files: curl, tftp-hpa and atftp; and what a phone finds in them.

use crate::between;
use crate::daemon::BOX;
use crate::net::Host;
use std::fs;

/// Who asks by HTTP, as the phone calls itself.
pub const YEALINK_AGENT: &str = "Yealink SIP-T46S 66.86.0.15";

/// An answer to a fetch, whatever the door.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fetched {
    /// The HTTP status; 0 where there was no answer.
    pub status: u16,
    /// Its head, without the date.
    pub head: String,
    /// Its body.
    pub body: String,
}

/// GET of a path by curl, exactly as written.
pub fn get(host: &Host, path: &str) -> Fetched {
    curl(host, &["-A", YEALINK_AGENT], path)
}

/// A call of curl with more words.
pub fn curl(host: &Host, more: &[&str], path: &str) -> Fetched {
    asked(host, more, &format!("http://{BOX}{path}"))
}

/// The same over TLS, whoever has signed the certificate.
pub fn curl_over_tls(host: &Host, more: &[&str], path: &str) -> Fetched {
    asked(host, &[&["-k"], more].concat(), &format!("https://{BOX}{path}"))
}

/// The same of any place.
pub fn asked(host: &Host, more: &[&str], url: &str) -> Fetched {
    let fixed =
        ["-s", "-m", "10", "--path-as-is", "-D", "head", "-o", "body", "-w", "%{http_code}"];
    for name in ["head", "body"] {
        let _ = fs::remove_file(host.dir().join(name));
    }
    let said = host.run("curl", &[&fixed[..], more, &[url]].concat());
    let read = |name: &str| {
        let bytes = fs::read(host.dir().join(name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let head = read("head").to_lowercase();
    let head: Vec<&str> = head.lines().filter(|line| !line.starts_with("date:")).collect();
    Fetched {
        status: said.out.trim().parse().unwrap_or(0),
        head: head.join("\n"),
        body: read("body"),
    }
}

/// A file by one of the TFTP clients; `Err` is what it said instead.
pub fn tftp(host: &Host, client: Tftp, name: &str) -> Result<String, String> {
    let _ = fs::remove_file(host.dir().join("tftp-got"));
    let url = format!("tftp://{BOX}/{name}");
    let said = match client {
        Tftp::Hpa => host.run("tftp", &["-m", "binary", BOX, "-c", "get", name, "tftp-got"]),
        Tftp::Atftp => host.run(
            "atftp",
            &[
                "--option",
                "blksize 1428",
                "--option",
                "windowsize 8",
                "--option",
                "tsize 0",
                "-g",
                "-r",
                name,
                "-l",
                "tftp-got",
                BOX,
            ],
        ),
        Tftp::Curl => host.run("curl", &["-sS", "-m", "10", "-o", "tftp-got", &url]),
    };
    let words = format!("{}{}", said.out, said.err);
    match fs::read_to_string(host.dir().join("tftp-got")) {
        Ok(text) if !text.is_empty() && !words.contains("rror") => Ok(text),
        Ok(_) | Err(_) => Err(words),
    }
}

/// A TFTP client.
#[derive(Clone, Copy, Debug)]
pub enum Tftp {
    /// tftp-hpa, without options.
    Hpa,
    /// atftp with blksize, tsize and windowsize (RFC 2348, 2349, 7440).
    Atftp,
    /// curl, which asks for options of its own.
    Curl,
}

/// A SIP account as a phone finds it in its file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// Where to register.
    pub server: String,
    /// With which name.
    pub login: String,
    /// With which password.
    pub password: String,
}

/// The first account of a Yealink's file.
pub fn yealink_account(file: &str) -> Account {
    let value = |name: &str| {
        let key = format!("account.1.{name} = ");
        let line = file.lines().find_map(|line| line.strip_prefix(&key));
        line.unwrap_or_else(|| panic!("no {name} in\n{file}")).trim().to_owned()
    };
    let port = value("sip_server.1.port");
    Account {
        server: format!("{}:{port}", value("sip_server.1.address")),
        login: value("auth_name"),
        password: value("password"),
    }
}

/// The first account of a Grandstream's file: P47 server, P36 login, P34 password.
pub fn grandstream_account(file: &str) -> Account {
    let value = |name: &str| {
        let found = between(file, &format!("<{name}>"), &format!("</{name}>"));
        found.unwrap_or_else(|| panic!("no {name} in\n{file}")).to_owned()
    };
    Account { server: value("P47"), login: value("P36"), password: value("P34") }
}
