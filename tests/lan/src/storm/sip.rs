//! A phone's account, and its REGISTER with the answer to a digest challenge.

use super::frame::Mac;
use phones::builders::{authorization, AuthorizationDraft, RegisterDraft};
use phones::Algorithm;
use std::net::{Ipv4Addr, SocketAddrV4};

/// Challenges a phone answers before it gives up.
const CHALLENGES_MAX: u32 = 3;

/// The first line of a Yealink's file.
pub(crate) struct Account {
    pub(crate) server: Ipv4Addr,
    pub(crate) port: u16,
    user: String,
    login: String,
    password: String,
}

impl Default for Account {
    fn default() -> Account {
        let none = String::new();
        let server = Ipv4Addr::UNSPECIFIED;
        Account { server, port: 5060, user: none.clone(), login: none.clone(), password: none }
    }
}

impl Account {
    /// Its user and its password; nothing before a file was read.
    pub(crate) fn credentials(&self) -> Option<(String, String)> {
        let known = !self.login.is_empty();
        known.then(|| (self.login.clone(), self.password.clone()))
    }

    /// Reads the account in a file; `None` where a part of it is missing.
    pub(crate) fn read(file: &[u8]) -> Option<Account> {
        let mut account = Account::default();
        let mut server = None;
        for line in std::str::from_utf8(file).ok()?.lines() {
            let Some(setting) = line.strip_prefix("account.1.") else { continue };
            let Some((name, value)) = setting.split_once('=') else { continue };
            let value = value.trim();
            match name.trim_end() {
                "user_name" => value.clone_into(&mut account.user),
                "auth_name" => value.clone_into(&mut account.login),
                "password" => value.clone_into(&mut account.password),
                "sip_server.1.address" => server = value.parse().ok(),
                "sip_server.1.port" => account.port = value.parse().ok()?,
                _other => (),
            }
        }
        account.server = server?;
        (!account.login.is_empty() && !account.password.is_empty()).then_some(account)
    }
}

/// What an answer meant.
pub(crate) enum Heard {
    Nothing,
    Challenged,
    Registered,
    Refused(&'static str),
}

/// A phone's talk with its registrar.
pub(crate) struct Talk {
    pub(crate) account: Account,
    /// Tells this boot of this phone from all others.
    name: String,
    /// Number of the request that waits for an answer.
    cseq: u32,
    challenge: Option<Challenge>,
}

struct Challenge {
    realm: String,
    nonce: String,
    opaque: Option<String>,
    algorithm: Algorithm,
    counted: bool,
}

impl Talk {
    pub(crate) fn new(mac: Mac, boot: u16) -> Talk {
        let [a, b, c, d, e, f] = mac;
        let name = format!("{a:02x}{b:02x}{c:02x}{d:02x}{e:02x}{f:02x}{boot:04x}");
        Talk { account: Account::default(), name, cseq: 1, challenge: None }
    }

    /// The request as it stands, with the answer to the challenge if there was one.
    pub(crate) fn register(&self, address: Ipv4Addr) -> String {
        let Talk { account, name, cseq, .. } = self;
        let domain = account.server.to_string();
        let uri = format!("sip:{domain}");
        let answer = self.challenge.as_ref().map(|challenge| {
            authorization(&AuthorizationDraft {
                algorithm: challenge.algorithm,
                username: &account.login,
                realm: &challenge.realm,
                password: &account.password,
                method: "REGISTER",
                uri: &uri,
                nonce: &challenge.nonce,
                opaque: challenge.opaque.as_deref(),
                counted: challenge.counted.then_some((name, 1)),
            })
        });
        RegisterDraft {
            domain: &domain,
            user: &account.user,
            display: "",
            local: SocketAddrV4::new(address, 5060),
            branch: &format!("{name}{cseq}"),
            tag: name,
            call_id: name,
            cseq: *cseq,
            expires_s: 3_600,
            user_agent: "Yealink SIP-T46U 108.86.0.20",
            authorization: answer.as_deref(),
            more: "",
        }
        .text()
    }

    /// Hears an answer; after a challenge the next request is ready.
    pub(crate) fn hear(&mut self, answer: &[u8]) -> Heard {
        let Ok(text) = std::str::from_utf8(answer) else { return Heard::Nothing };
        let status = text.get(8..11);
        let number = header(text, "CSeq").and_then(|cseq| cseq.split(' ').next()?.parse().ok());
        if number != Some(self.cseq) {
            return Heard::Nothing;
        }
        match status {
            Some("200") => Heard::Registered,
            Some("401") if self.cseq < CHALLENGES_MAX => {
                match header(text, "WWW-Authenticate").and_then(Challenge::read) {
                    Some(challenge) => {
                        self.challenge = Some(challenge);
                        self.cseq += 1;
                        Heard::Challenged
                    }
                    None => Heard::Refused("the challenge is not understood"),
                }
            }
            Some("401") => Heard::Refused("challenged again and again"),
            Some(provisional) if provisional.starts_with('1') => Heard::Nothing,
            Some("503") => Heard::Refused("REGISTER answered 503"),
            Some("403") => Heard::Refused("REGISTER answered 403"),
            _other => Heard::Refused("REGISTER refused"),
        }
    }
}

impl Challenge {
    fn read(value: &str) -> Option<Challenge> {
        let value = value.strip_prefix("Digest ")?;
        Some(Challenge {
            realm: parameter(value, "realm")?,
            nonce: parameter(value, "nonce")?,
            opaque: parameter(value, "opaque"),
            algorithm: match parameter(value, "algorithm").as_deref() {
                None | Some("MD5") => Algorithm::Md5,
                Some("SHA-256") => Algorithm::Sha256,
                Some(_) => return None,
            },
            counted: parameter(value, "qop").is_some(),
        })
    }
}

fn header<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let fields = text.split("\r\n").filter_map(|line| line.split_once(':'));
    let mut named = fields.filter(|(field, _)| field.eq_ignore_ascii_case(name));
    named.next().map(|(_, value)| value.trim())
}

/// A parameter of a challenge, with or without quotes; none here holds a comma.
fn parameter(value: &str, name: &str) -> Option<String> {
    let pairs = value.split(',').filter_map(|pair| pair.split_once('='));
    let mut named = pairs.filter(|(key, _)| key.trim().eq_ignore_ascii_case(name));
    named.next().map(|(_, value)| value.trim().trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: &str, cseq: u32, more: &str) -> Vec<u8> {
        format!("SIP/2.0 {status}\r\nCSeq: {cseq} REGISTER\r\n{more}\r\n").into_bytes()
    }

    #[test]
    fn a_challenge_is_answered_and_an_old_answer_is_passed_over() {
        let file = b"account.1.user_name = 201\naccount.1.auth_name = a\n\
            account.1.password = s\naccount.1.sip_server.1.address = 10.0.0.1\n";
        let mut talk = Talk::new([2; 6], 1);
        talk.account = Account::read(file).unwrap();
        assert!(!talk.register([10, 0, 0, 9].into()).contains("Authorization"));
        let more = "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\n";
        assert!(matches!(talk.hear(&answer("401 No", 1, more)), Heard::Challenged));
        let text = talk.register([10, 0, 0, 9].into());
        assert!(text.contains("Digest username=\"a\", realm=\"r\", nonce=\"n\""), "{text}");
        assert!(matches!(talk.hear(&answer("401 No", 1, more)), Heard::Nothing));
        assert!(matches!(talk.hear(&answer("200 OK", 2, "")), Heard::Registered));
    }

    #[test]
    fn a_file_without_a_password_is_no_account() {
        let file = b"account.1.auth_name = a\naccount.1.sip_server.1.address = 10.0.0.1\n";
        assert!(Account::read(file).is_none());
    }
}
