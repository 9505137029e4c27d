//! Who and where: the values of From, To and Contact.
//!
//! Both forms of RFC 3261 section 20.10: `"name" <uri>;params` and `uri;params`, where what follows
//! the `;` of the second form belongs to the header and not to the URI. A display name without
//! quotes may hold any characters but `,`, `;`, quotes and angle brackets, since phones send their
//! owners' names as typed. A URI with `?` or `,` needs its brackets (RFC 4475 section 3.1.2.13).

use super::text::{around, find, is_plain, number, quoted, text, Params};
use super::uri::Uri;

/// Seconds that stand in for an expiry that cannot be read (RFC 3261 section 20.10).
pub const EXPIRES_DEFAULT: u32 = 3600;

/// An address with the parameters that follow it.
#[derive(Clone, Copy, Debug)]
pub struct NameAddr<'a> {
    /// The display name without its quotes but with its backslashes; often empty, any bytes.
    pub display: &'a [u8],
    /// The URI as sent, without its brackets.
    pub uri: &'a str,
    /// The header parameters (`tag`, `expires`, ..).
    pub params: Params<'a>,
}

impl<'a> NameAddr<'a> {
    /// Reads one address; `None` when it breaks the grammar.
    pub fn parse(value: &'a [u8]) -> Option<NameAddr<'a>> {
        let value = value.trim_ascii();
        if value.first() == Some(&b'"') {
            let (display, rest) = quoted(value)?;
            let (b'<', rest) = rest.trim_ascii_start().split_first()? else { return None };
            return NameAddr::bracketed(display, rest);
        }
        let stop = value.iter().position(|byte| b"<\";".contains(byte)).unwrap_or(value.len());
        let (before, rest) = value.split_at_checked(stop)?;
        let before = before.trim_ascii();
        match rest {
            [b'<', rest @ ..] if !before.contains(&b',') => NameAddr::bracketed(before, rest),
            [] | [b';', ..] if !before.iter().any(|byte| b",?".contains(byte)) => {
                NameAddr::assembled(&[], before, rest)
            }
            _ => None,
        }
    }

    fn bracketed(display: &'a [u8], rest: &'a [u8]) -> Option<NameAddr<'a>> {
        let (uri, params) = around(rest, find(rest, b'>')?)?;
        NameAddr::assembled(display, uri, params)
    }

    fn assembled(display: &'a [u8], uri: &'a [u8], params: &'a [u8]) -> Option<NameAddr<'a>> {
        let named = !uri.is_empty() && is_plain(uri);
        let params = Params::read(params)?;
        Some(NameAddr { display, uri: text(named.then_some(uri)?)?, params })
    }

    /// The URI taken apart; `None` when it breaks the grammar.
    pub fn parsed_uri(&self) -> Option<Uri<'a>> {
        Uri::parse(self.uri)
    }

    /// The `tag` of a From or To.
    pub fn tag(&self) -> Option<&'a str> {
        self.params.value("tag")
    }

    /// The `expires` of a Contact in seconds; one that cannot be read counts as an hour.
    pub fn expires(&self) -> Option<u32> {
        let param = self.params.find("expires")?;
        Some(param.value.and_then(number_of).unwrap_or(EXPIRES_DEFAULT))
    }

    /// The `q` of a Contact in thousandths, 0 to 1000; `None` when absent or not a quality.
    pub fn quality(&self) -> Option<u16> {
        let value = self.params.value("q")?;
        let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
        if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let digits = fraction.bytes().chain(*b"000").take(3);
        let thousandths = digits.fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
        match (whole, thousandths) {
            ("0" | "", thousandths) => Some(thousandths),
            ("1", 0) => Some(1000),
            _ => None,
        }
    }

    /// The `+sip.instance` of a Contact (RFC 5626 section 4.1), without quotes and brackets.
    pub fn instance(&self) -> Option<&'a str> {
        let value = self.params.value("+sip.instance")?;
        Some(value.strip_prefix('<').and_then(|it| it.strip_suffix('>')).unwrap_or(value))
    }

    /// The `reg-id` of a Contact (RFC 5626 section 4.2), which is at least 1.
    pub fn reg_id(&self) -> Option<u32> {
        number_of(self.params.value("reg-id")?).filter(|&id| id > 0)
    }
}

fn number_of(value: &str) -> Option<u32> {
    number(value.as_bytes())
}

/// One value of a Contact header.
#[derive(Clone, Copy, Debug)]
pub enum Contact<'a> {
    /// `*`: every binding, allowed only alone and with `Expires: 0`.
    Star,
    /// An address at which the sender can be reached.
    At(NameAddr<'a>),
}

impl<'a> Contact<'a> {
    /// Reads one element of a Contact header.
    pub fn parse(value: &'a [u8]) -> Option<Contact<'a>> {
        match value.trim_ascii() {
            b"*" => Some(Contact::Star),
            address => NameAddr::parse(address).map(Contact::At),
        }
    }
}
