//! A browser that does what it is told: it keeps cookies, and sends what a form would.

use crate::http::tests::stand::{body, status, until_closed, Stand, FIRST_PASSWORD, HOME};
use std::net::Ipv4Addr;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

pub(super) struct Browser<'a> {
    stand: &'a Stand,
    pub(super) source: Ipv4Addr,
    pub(super) host: String,
    pub(super) cookies: Vec<(String, String)>,
    /// Further header lines, each with its end.
    pub(super) extra: String,
    pub(super) content_type: &'static str,
    /// Token of the last page that had one.
    pub(super) csrf: String,
}

impl Browser<'_> {
    pub(super) fn new(stand: &Stand) -> Browser<'_> {
        Browser {
            stand,
            source: HOME,
            host: stand.at.to_string(),
            cookies: Vec::new(),
            extra: String::new(),
            content_type: "application/x-www-form-urlencoded",
            csrf: String::new(),
        }
    }

    pub(super) async fn get(&mut self, path: &str) -> String {
        let request = format!("GET {path} HTTP/1.1\r\n{}\r\n", self.headers());
        self.answer(request).await
    }

    pub(super) async fn post(&mut self, path: &str, form: &str) -> String {
        self.answer(self.form(path, form)).await
    }

    /// Sends a form with the token of the last page.
    pub(super) async fn send(&mut self, path: &str, form: &str) -> String {
        let form = format!("csrf={}&{form}", self.csrf);
        self.post(path, &form).await
    }

    /// A connection on which a form was sent and no answer read yet.
    pub(super) async fn connected(&mut self, path: &str, form: &str) -> TcpStream {
        let mut stream = self.stand.connect(self.source).await;
        stream.write_all(self.form(path, form).as_bytes()).await.unwrap();
        stream
    }

    /// The token and the form with which a password would be sent.
    pub(super) async fn login_form(&mut self, password: &str) -> (String, String) {
        self.get("/login").await;
        let form = format!("csrf={}&password={}", self.csrf, password.replace(' ', "+"));
        (self.csrf.clone(), form)
    }

    pub(super) async fn log_in(&mut self, password: &str) -> String {
        let (_, form) = self.login_form(password).await;
        let answer = self.post("/login", &form).await;
        if status(&answer) == 303 {
            self.get("/password").await;
        }
        answer
    }

    /// Logs in while logged in, with a log-in page from another window.
    pub(super) async fn post_login_again(&mut self, password: &str) {
        let mut window = Browser::new(self.stand);
        let (token, form) = window.login_form(password).await;
        self.cookies.push(("dialtone-login".to_owned(), token));
        self.post("/login", &form).await;
        self.get("/password").await;
    }

    /// Logs in and replaces the first password.
    pub(super) async fn log_in_for_good(&mut self) {
        self.log_in(FIRST_PASSWORD).await;
        self.send("/password", "new=three+odd+words&again=three+odd+words").await;
        assert_eq!(status(&self.get("/handsets").await), 200);
    }

    pub(super) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    fn form(&self, path: &str, form: &str) -> String {
        let (headers, kind, len) = (self.headers(), self.content_type, form.len());
        format!(
            "POST {path} HTTP/1.1\r\n{headers}Content-Type: {kind}\r\nContent-Length: {len}\r\n\r\n{form}"
        )
    }

    fn headers(&self) -> String {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = match cookies.is_empty() {
            true => String::new(),
            false => format!("Cookie: {}\r\n", cookies.join("; ")),
        };
        format!("Host: {}\r\nConnection: close\r\n{cookies}{}", self.host, self.extra)
    }

    async fn answer(&mut self, request: String) -> String {
        let answer = self.stand.say(self.source, request).await;
        for line in answer.lines().filter_map(|line| line.strip_prefix("set-cookie: ")) {
            let pair = line.split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            if !line.contains("Max-Age=0") {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        if let Some(csrf) = value(body(&answer), "csrf") {
            self.csrf = csrf;
        }
        answer
    }
}

pub(super) async fn answer_of(mut stream: TcpStream) -> String {
    until_closed(&mut stream).await
}

/// The value of a hidden field of a page.
pub(super) fn value(page: &str, name: &str) -> Option<String> {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\""))?;
    rest.split_once('"').map(|(value, _)| value.to_owned())
}
