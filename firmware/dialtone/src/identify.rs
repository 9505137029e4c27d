//! `dialtone identify`: what the catalogue makes of a sign, one JSON line in, one out.

use crate::config::bytes_of;
use exchange::catalog::{Catalog, Identity, OwnSigns, Sign};
use exchange::limits::IDENTIFY_LINE_BYTES_MAX;
use serde::{Deserialize, Serialize};
use std::io::{BufRead, Read, Write};
use wire::Mac;

/// What a line looks like, for whoever sent another.
const WANTED: &str = r#"wanted is a line such as {"kind":"dhcp_option60","string":"yealink"}; kinds are dhcp_option60, dhcp_option55, dhcp_option77, http_user_agent, sip_user_agent, pnp_event, pnp_request_uri, filename, oui"#;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    kind: Kind,
    string: Option<String>,
    hex: Option<String>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Kind {
    DhcpOption60,
    DhcpOption55,
    DhcpOption77,
    HttpUserAgent,
    SipUserAgent,
    PnpEvent,
    PnpRequestUri,
    Filename,
    Oui,
}

#[derive(Serialize)]
struct Verdict<'a> {
    family: Option<&'static str>,
    vendor: Option<&'a str>,
    model: Option<&'a str>,
    version: Option<&'a str>,
    mac: Option<String>,
}

/// Answers every line of `questions`, also by an admin's `own` signs; `Err` is a broken pipe or an
/// unreadable input.
pub(crate) fn run(
    own: &OwnSigns,
    questions: impl Read,
    mut answers: impl Write,
) -> std::io::Result<()> {
    let mut catalog = Catalog::new();
    catalog.learn(own);
    let mut questions = std::io::BufReader::new(questions);
    let mut line = Vec::new();
    let mut number = 0u64;
    loop {
        line.clear();
        let read = questions.by_ref().take(IDENTIFY_LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
        if read == 0 {
            return answers.flush();
        }
        number += 1;
        let cut = line.last() != Some(&b'\n') && read as u64 == IDENTIFY_LINE_BYTES_MAX;
        if cut {
            questions.skip_until(b'\n')?;
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let said = if cut {
            Err("this line is longer than 256 KiB".to_owned())
        } else {
            answer(&catalog, &line)
        };
        match said {
            Ok(json) => writeln!(answers, "{json}")?,
            Err(why) => {
                let why = format!("line {number}: {why}");
                writeln!(answers, "{}", serde_json::json!({ "error": why }))?;
            }
        }
    }
}

fn answer(catalog: &Catalog, line: &[u8]) -> Result<String, String> {
    if line.trim_ascii_start().first() != Some(&b'{') {
        return Err(WANTED.to_owned());
    }
    let question: Question = serde_json::from_slice(line).map_err(|error| {
        let said = error.to_string();
        // The parser counts lines within this one.
        let said = said.rsplit_once(" at line ").map_or(said.as_str(), |(what, _)| what);
        format!("{said}; {WANTED}")
    })?;
    let bytes = match (question.string, question.hex) {
        (Some(string), None) => string.into_bytes(),
        (None, Some(hex)) => bytes_of(&hex).ok_or("hex wants pairs of hex digits")?,
        (Some(_), Some(_)) | (None, None) => return Err("wants either string or hex".to_owned()),
    };
    let identity = identify(catalog, question.kind, &bytes);
    serde_json::to_string(&verdict(&identity)).map_err(|error| error.to_string())
}

fn identify(catalog: &Catalog, kind: Kind, bytes: &[u8]) -> Identity {
    match kind {
        Kind::DhcpOption60 => catalog.identify(Sign::VendorClass(bytes)),
        Kind::DhcpOption55 => catalog.identify(Sign::ParameterList(&parameters(bytes))),
        Kind::DhcpOption77 => catalog.identify(Sign::UserClass(bytes)),
        Kind::HttpUserAgent => catalog.identify(Sign::HttpUserAgent(bytes)),
        Kind::SipUserAgent => catalog.identify(Sign::SipUserAgent(bytes)),
        Kind::PnpEvent => catalog.identify(Sign::PnpEvent(bytes)),
        Kind::PnpRequestUri => catalog.identify(Sign::PnpRequestUri(bytes)),
        Kind::Filename => catalog.identify(Sign::FileName(bytes)),
        Kind::Oui => match padded_mac(bytes) {
            Some(mac) => Identity { mac: None, ..catalog.identify(Sign::Oui(mac)) },
            None => Identity::UNKNOWN,
        },
    }
}

/// Option 55 as people write it, `1,3,6`; else the bytes themselves.
fn parameters(bytes: &[u8]) -> Vec<u8> {
    let numbers = std::str::from_utf8(bytes).ok().map(|text| {
        text.split(',').map(|number| number.trim().parse().ok()).collect::<Option<Vec<u8>>>()
    });
    numbers.flatten().unwrap_or_else(|| bytes.to_vec())
}

/// A hardware address of which 6 to 12 digits are known; the rest is filled with zeros.
fn padded_mac(bytes: &[u8]) -> Option<Mac> {
    let digits = bytes.iter().filter(|byte| byte.is_ascii_hexdigit()).copied();
    let mut digits: Vec<u8> = digits.collect();
    if !(6..=12).contains(&digits.len()) {
        return None;
    }
    digits.resize(12, b'0');
    Mac::parse(&digits)
}

fn verdict(identity: &Identity) -> Verdict<'_> {
    Verdict {
        family: identity.family.map(|family| family.id()),
        vendor: Some(identity.vendor).filter(|vendor| !vendor.is_empty()),
        model: identity.model.as_deref(),
        version: identity.version.as_deref(),
        mac: identity.mac.map(|mac| mac.bare().to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(questions: &str) -> Vec<String> {
        let mut answers = Vec::new();
        run(&OwnSigns::default(), questions.as_bytes(), &mut answers).unwrap();
        String::from_utf8(answers).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_sign_is_answered_with_what_it_tells_and_null_for_the_rest() {
        let answers = said(concat!(
            r#"{"kind":"http_user_agent","string":"Yealink SIP-T46G 28.72.0.1 00:15:65:4a:a9:37"}"#,
            "\n",
            r#"{"kind":"dhcp_option60","hex":"7965616c696e6b"}"#,
            "\n",
            r#"{"kind":"oui","string":"000413"}"#,
            "\n",
            r#"{"kind":"dhcp_option60","string":"MSFT 5.0"}"#,
            "\n",
        ));
        assert_eq!(
            answers[0],
            r#"{"family":"yealink","vendor":"Yealink","model":"T46G","version":"28.72.0.1","mac":"0015654aa937"}"#
        );
        assert!(answers[1].starts_with(r#"{"family":"yealink","vendor":"Yealink","model":null"#));
        assert!(answers[2].starts_with(r#"{"family":"snom""#));
        assert!(answers[3].starts_with(r#"{"family":null,"vendor":null"#));
    }

    #[test]
    fn a_line_that_is_no_question_is_said_to_be_none_and_the_next_is_answered() {
        let answers = said("{\n\n{\"kind\":\"oui\"}\n{\"kind\":\"oui\",\"string\":\"001565\"}");
        assert!(answers[0].starts_with(r#"{"error":"#) && answers[1].contains("string or hex"));
        assert!(answers[2].contains("yealink"));
    }

    #[test]
    fn a_line_that_is_refused_is_told_its_own_number_and_what_is_wanted() {
        let answers = said("\nYealink SIP-T46G\n{\"kind\":\"oui\",\"hex\":\"0x303031353635\"}\n[]");
        assert!(answers[0].starts_with(r#"{"error":"line 2: wanted is a line such as"#));
        assert!(answers[1].contains("yealink"), "{}", answers[1]);
        assert!(answers[2].contains("line 4: wanted"));
        let long = format!("{{\"kind\":\"{}\"}}\n{{\"kind\":\"oui\"}}\n", "x".repeat(300_000));
        let answers = said(&long);
        assert_eq!(answers[0], r#"{"error":"line 1: this line is longer than 256 KiB"}"#);
        assert!(answers[1].contains("line 2: wants either string or hex"));
    }
}
