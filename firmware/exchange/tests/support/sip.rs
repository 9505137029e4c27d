//! A phone's account, as it stands in its file, and its REGISTER.

use super::{files, Heard, Office};
use exchange::{Arrival, Line};
use phones::builders::{authorization, AuthorizationDraft, RegisterDraft};
use phones::Algorithm;

/// A SIP account.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) login: String,
    pub(crate) password: String,
}

/// The account of a line in a plain file.
pub(crate) fn account(file: &[u8], line: u8) -> Account {
    let found = files::value(file, &format!("line {line}")).and_then(|pair| pair.split_once(' '));
    let Some((login, password)) = found else { panic!("the file has no line {line}") };
    Account { login: login.into(), password: password.into() }
}

/// What is asked for in a REGISTER, beside the account.
#[derive(Clone, Copy)]
pub(crate) struct Wish<'a> {
    pub(crate) domain: &'a str,
    pub(crate) expires_s: u32,
    pub(crate) user_agent: &'a str,
}

impl Default for Wish<'_> {
    fn default() -> Self {
        Wish { domain: "10.1.0.1", expires_s: 3_600, user_agent: "" }
    }
}

impl Office {
    /// Registers with an account and says how that ended, such as `200`; `0` is silence.
    pub(crate) fn registers(&mut self, at: Arrival, account: &Account, wish: Wish<'_>) -> u16 {
        let asked = self.register(at, account, wish, None);
        let Some(nonce) = quoted(&asked, "nonce=\"") else { return status(&asked) };
        let uri = format!("sip:{}", wish.domain);
        let value = authorization(&AuthorizationDraft {
            algorithm: Algorithm::Md5,
            username: &account.login,
            realm: "dialtone",
            password: &account.password,
            method: "REGISTER",
            uri: &uri,
            nonce: &nonce,
            opaque: None,
            counted: Some(("c0ffee", 1)),
        });
        status(&self.register(at, account, wish, Some(&value)))
    }

    /// Sends one REGISTER and gives the answer's text; empty where there is none.
    pub(crate) fn register(
        &mut self,
        at: Arrival,
        account: &Account,
        wish: Wish<'_>,
        authorization: Option<&str>,
    ) -> String {
        self.now_ms += 1;
        let branch = format!("b{}", self.now_ms);
        let text = RegisterDraft {
            domain: wish.domain,
            user: &account.login,
            display: "",
            local: at.from,
            branch: &branch,
            tag: "t1",
            call_id: &format!("call-{}", at.from),
            cseq: (self.now_ms & 0x7fff_ffff) as u32,
            expires_s: wish.expires_s,
            user_agent: wish.user_agent,
            authorization,
            more: "",
        };
        answer(&self.datagram(at, Line::Sip, text.text().as_bytes()))
    }
}

/// A SUBSCRIBE that asks by multicast who configures this phone.
pub(crate) fn subscribe(at: Arrival, mac: [u8; 6]) -> String {
    let digits = wire::Mac(mac).bare().to_string();
    let from = at.from;
    format!(
        "SUBSCRIBE sip:MAC%3a{digits}@224.0.1.75 SIP/2.0\r\n\
         Via: SIP/2.0/UDP {from};branch=z9hG4bKpnp{digits};rport\r\n\
         From: <sip:MAC%3a{digits}@224.0.1.75>;tag=1\r\n\
         To: <sip:MAC%3a{digits}@224.0.1.75>\r\n\
         Call-ID: pnp-{digits}\r\nCSeq: 1 SUBSCRIBE\r\nMax-Forwards: 70\r\n\
         Contact: <sip:{from}>\r\n\
         Event: ua-profile;profile-type=\"device\";vendor=\"Yealink\";model=\"T46U\";version=\"1\"\r\n\
         Expires: 0\r\nContent-Length: 0\r\n\r\n"
    )
}

fn answer(heard: &Heard) -> String {
    let first = heard.sent.first().map(|(departure, _)| departure.bytes.as_slice());
    String::from_utf8_lossy(first.unwrap_or_default()).into_owned()
}

fn quoted(text: &str, before: &str) -> Option<String> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once('"')?.0.to_string())
}

fn status(text: &str) -> u16 {
    let code = text.split(' ').nth(1).unwrap_or("0");
    code.parse().unwrap_or(0)
}
