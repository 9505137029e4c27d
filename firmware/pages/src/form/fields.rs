//! The fields of a form as a browser sends them: `application/x-www-form-urlencoded`, as the URL
//! Standard defines it, read strictly and within bounds.
//!
//! Not read: other encodings than UTF-8, `multipart/form-data` (see [`Upload`](super::Upload)), and
//! a `%` that two hex digits do not follow (the standard would keep it; no browser sends it).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// Most bytes of a form.
pub const FORM_BYTES_MAX: usize = 16 * 1024;
/// Most fields of a form.
pub const FIELDS_MAX: usize = 32;

/// A form that was read; no name occurs twice.
pub struct Fields {
    fields: Vec<(String, String)>,
}

/// Why a form was not read at all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FormError {
    /// It is longer than [`FORM_BYTES_MAX`].
    TooLarge,
    /// It has more than [`FIELDS_MAX`] fields.
    TooManyFields,
    /// A field is there twice.
    Twice,
    /// It is not in the encoding that browsers use.
    Garbled,
}

impl fmt::Display for FormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FormError::TooLarge => "This form is too long.",
            FormError::TooManyFields => "This form has too many fields.",
            FormError::Twice => "This form has a field twice.",
            FormError::Garbled => "This form was not sent in a way that can be read.",
        })
    }
}

impl Fields {
    /// Reads the body of a request.
    pub fn parse(body: &[u8]) -> Result<Fields, FormError> {
        Fields::parse_within(body, FORM_BYTES_MAX)
    }

    /// Reads the body of a request with another bound.
    pub fn parse_within(body: &[u8], bytes_max: usize) -> Result<Fields, FormError> {
        if body.len() > bytes_max {
            return Err(FormError::TooLarge);
        }
        let mut fields: Vec<(String, String)> = Vec::new();
        for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = decode(halves.next().unwrap_or_default())?;
            let value = decode(halves.next().unwrap_or_default())?;
            if fields.iter().any(|(known, _)| *known == name) {
                return Err(FormError::Twice);
            }
            if fields.len() == FIELDS_MAX {
                return Err(FormError::TooManyFields);
            }
            fields.push((name, value));
        }
        Ok(Fields { fields })
    }

    /// The value of a field; `None` if there is none of that name.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All fields, in their order.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The token that proves the form came from one of our pages; empty if it has none. The caller
    /// compares it, in constant time, before anything else in the form is looked at.
    pub fn csrf(&self) -> &str {
        self.field("csrf").unwrap_or_default()
    }

    /// The revision of the handset that the page showed; `None` if the form has none.
    pub fn seen(&self) -> Option<u64> {
        self.field("seen").and_then(|text| text.parse().ok())
    }
}

fn decode(text: &[u8]) -> Result<String, FormError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        rest = match (first, tail) {
            (b'+', tail) => {
                bytes.push(b' ');
                tail
            }
            (b'%', [high, low, tail @ ..]) => {
                bytes.push(hex(*high)? << 4 | hex(*low)?);
                tail
            }
            (b'%', _) => return Err(FormError::Garbled),
            (plain, tail) => {
                bytes.push(*plain);
                tail
            }
        };
    }
    String::from_utf8(bytes).map_err(|_| FormError::Garbled)
}

fn hex(digit: u8) -> Result<u8, FormError> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        b'A'..=b'F' => Ok(digit - b'A' + 10),
        _ => Err(FormError::Garbled),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    fn refused(body: &[u8]) -> Option<FormError> {
        Fields::parse(body).err()
    }

    #[test]
    fn a_form_is_read_as_a_browser_sends_it() {
        let fields =
            Fields::parse(b"name=J%C3%BCrgen+O%27Hara&extension=204&empty=&&bare").unwrap();
        assert_eq!(fields.field("name"), Some("J\u{fc}rgen O'Hara"));
        assert_eq!(fields.field("extension"), Some("204"));
        assert_eq!((fields.field("empty"), fields.field("bare")), (Some(""), Some("")));
        assert_eq!(fields.field("other"), None);
    }

    #[test]
    fn an_equals_sign_in_a_value_stays() {
        assert_eq!(Fields::parse(b"csrf=YWI=").unwrap().csrf(), "YWI=");
    }

    #[test]
    fn a_field_that_comes_twice_is_refused_however_it_is_spelt() {
        assert_eq!(refused(b"line=1&line=2"), Some(FormError::Twice));
        assert_eq!(refused(b"line=1&l%69ne=2"), Some(FormError::Twice));
    }

    #[test]
    fn what_is_not_url_encoded_text_is_refused() {
        for body in [&b"a=%"[..], b"a=%4", b"a=%zz", b"a=%ff", b"%C3=1", b"a=\xff", b"a=%+1"] {
            assert_eq!(refused(body), Some(FormError::Garbled), "{body:?}");
        }
    }

    #[test]
    fn the_bounds_hold_to_the_byte_and_to_the_field() {
        let mut body = alloc::vec![b'a'; FORM_BYTES_MAX];
        assert_eq!(refused(&body), None);
        body.push(b'a');
        assert_eq!(refused(&body), Some(FormError::TooLarge));

        let many = |count: usize| (0..count).map(|no| format!("f{no}=&")).collect::<String>();
        assert_eq!(refused(many(FIELDS_MAX).as_bytes()), None);
        assert_eq!(refused(many(FIELDS_MAX + 1).as_bytes()), Some(FormError::TooManyFields));
    }

    #[test]
    fn a_revision_is_a_number_or_nothing() {
        let seen = |body: &[u8]| Fields::parse(body).unwrap().seen();
        assert_eq!(seen(b"seen=18446744073709551615"), Some(u64::MAX));
        for body in [&b""[..], b"seen=", b"seen=-1", b"seen=18446744073709551616", b"seen=1x"] {
            assert_eq!(seen(body), None);
        }
    }
}
