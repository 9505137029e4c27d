//! Digest authentication, the client's half (RFC 2617 section 3, RFC 7616 section 3).
//!
//! MD5 and SHA-256, with `qop=auth` or without `qop` at all. No `-sess`, no `auth-int`.

use md5::{Digest, Md5};
use sha2::Sha256;

/// A digest algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// MD5, 32 hexadecimal digits.
    Md5,
    /// SHA-256, 64 hexadecimal digits.
    Sha256,
}

impl Algorithm {
    /// The token of RFC 7616 section 6.1.
    pub fn token(self) -> &'static str {
        match self {
            Algorithm::Md5 => "MD5",
            Algorithm::Sha256 => "SHA-256",
        }
    }

    /// The algorithm of a token, in any case of letters.
    pub(crate) fn of_token(token: &str) -> Option<Self> {
        [Algorithm::Md5, Algorithm::Sha256]
            .into_iter()
            .find(|algorithm| algorithm.token().eq_ignore_ascii_case(token))
    }

    /// The hash of `parts` joined by colons, in hexadecimal.
    fn hash(self, parts: &[&str]) -> String {
        match self {
            Algorithm::Md5 => hash::<Md5>(parts),
            Algorithm::Sha256 => hash::<Sha256>(parts),
        }
    }
}

fn hash<D: Digest>(parts: &[&str]) -> String {
    let mut hasher = D::new();
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            hasher.update(b":");
        }
        hasher.update(part.as_bytes());
    }
    hex(&hasher.finalize())
}

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Everything a digest response is made of.
#[derive(Clone, Debug)]
pub(crate) struct Question<'a> {
    pub(crate) algorithm: Algorithm,
    pub(crate) username: &'a str,
    pub(crate) realm: &'a str,
    pub(crate) password: &'a str,
    pub(crate) method: &'a str,
    pub(crate) uri: &'a str,
    pub(crate) nonce: &'a str,
    /// The client nonce and count of `qop=auth`.
    pub(crate) counted: Option<(&'a str, u32)>,
}

/// The `response` value.
pub(crate) fn answer(question: &Question<'_>) -> String {
    let Question { algorithm, username, realm, password, method, uri, nonce, counted } = question;
    let secret = algorithm.hash(&[username, realm, password]);
    let request = algorithm.hash(&[method, uri]);
    match counted {
        Some((cnonce, nc)) => {
            let nc = format!("{nc:08x}");
            algorithm.hash(&[&secret, nonce, &nc, cnonce, "auth", &request])
        }
        None => algorithm.hash(&[&secret, nonce, &request]),
    }
}

/// One challenge of a WWW-Authenticate header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Challenge {
    pub(crate) algorithm: Algorithm,
    pub(crate) realm: String,
    pub(crate) nonce: String,
    pub(crate) opaque: Option<String>,
    pub(crate) qop_auth: bool,
    pub(crate) stale: bool,
}

impl Challenge {
    /// Reads a header value; `None` when this phone cannot answer it.
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let (scheme, rest) = value.trim().split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("Digest") {
            return None;
        }
        let mut challenge = Challenge {
            algorithm: Algorithm::Md5,
            realm: String::new(),
            nonce: String::new(),
            opaque: None,
            qop_auth: false,
            stale: false,
        };
        let mut offers_qop = false;
        for (name, value) in parameters(rest, ',') {
            match name.to_ascii_lowercase().as_str() {
                "algorithm" => challenge.algorithm = Algorithm::of_token(value)?,
                "realm" => challenge.realm = value.to_owned(),
                "nonce" => challenge.nonce = value.to_owned(),
                "opaque" => challenge.opaque = Some(value.to_owned()),
                "stale" => challenge.stale = value.eq_ignore_ascii_case("true"),
                "qop" => {
                    offers_qop = true;
                    challenge.qop_auth =
                        value.split(',').any(|token| token.trim().eq_ignore_ascii_case("auth"));
                }
                _unknown => {}
            }
        }
        (!challenge.nonce.is_empty() && (challenge.qop_auth || !offers_qop)).then_some(challenge)
    }
}

/// The `name=value` pairs of a header, quotes taken off; `mark` between quotes does not separate.
pub(crate) fn parameters(text: &str, mark: char) -> impl Iterator<Item = (&str, &str)> {
    split_outside_quotes(text, mark).filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        Some((name.trim(), value.trim().trim_matches('"')))
    })
}

/// The parts of `text` between `mark`s that stand outside quotes and angle brackets.
pub(crate) fn split_outside_quotes(text: &str, mark: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut angled) = (false, false);
    text.split(move |letter: char| {
        match letter {
            '"' => quoted = !quoted,
            '<' if !quoted => angled = true,
            '>' if !quoted => angled = false,
            _other => {}
        }
        letter == mark && !quoted && !angled
    })
    .map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_2617_section_3_5_comes_out() {
        let question = Question {
            algorithm: Algorithm::Md5,
            username: "Mufasa",
            realm: "testrealm@host.com",
            password: "Circle Of Life",
            method: "GET",
            uri: "/dir/index.html",
            nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
            counted: Some(("0a4f113b", 1)),
        };
        assert_eq!(answer(&question), "6629fae49393a05397450978507c4ef1");
    }

    #[test]
    fn both_examples_of_rfc_7616_section_3_9_1_come_out() {
        let mut question = Question {
            algorithm: Algorithm::Md5,
            username: "Mufasa",
            realm: "http-auth@example.org",
            password: "Circle of Life",
            method: "GET",
            uri: "/dir/index.html",
            nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            counted: Some(("f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", 1)),
        };
        assert_eq!(answer(&question), "8ca523f5e9506fed4657c9700eebdbec");
        question.algorithm = Algorithm::Sha256;
        let expected = "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1";
        assert_eq!(answer(&question), expected);
    }

    #[test]
    fn a_comma_between_quotes_does_not_end_a_parameter() {
        let header = "Digest realm=\"a, b\", nonce=\"n\", qop=\"auth-int, auth\", stale=TRUE";
        let challenge = Challenge::parse(header).expect("a challenge");
        assert_eq!(challenge.realm, "a, b");
        assert!(challenge.qop_auth && challenge.stale);
        assert_eq!(Challenge::parse("Digest nonce=\"n\", qop=\"auth-int\""), None);
        assert_eq!(Challenge::parse("Digest nonce=\"n\", algorithm=SHA-512-256"), None);
        assert_eq!(Challenge::parse("Basic realm=\"x\""), None);
    }
}
