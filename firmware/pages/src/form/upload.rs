//! The fields of a form that carries a file: `multipart/form-data` (RFC 7578, RFC 2046 section
//! 5.1), as browsers send it, read strictly and within bounds.
//!
//! Nothing is copied. Not read: anything before the first boundary, nested parts, transfer
//! encodings, `filename*`; no browser sends any of these with such a form.

use super::{FormError, FIELDS_MAX};
use alloc::vec::Vec;

/// Most bytes of the headings of one part.
pub(super) const HEADINGS_MAX: usize = 1_024;
/// Most characters of a boundary (RFC 2046 section 5.1.1).
const BOUNDARY_MAX: usize = 70;

/// A form that was read; no name occurs twice.
pub struct Upload<'a> {
    parts: Vec<(&'a str, &'a [u8])>,
}

impl<'a> Upload<'a> {
    /// Reads the body of a request with this `Content-Type`. The caller bounds its length.
    pub fn parse(content_type: &str, body: &'a [u8]) -> Result<Upload<'a>, FormError> {
        let boundary = boundary(content_type).ok_or(FormError::Garbled)?;
        let mut parts: Vec<(&str, &[u8])> = Vec::new();
        let mut rest = body
            .strip_prefix(b"--")
            .and_then(|rest| rest.strip_prefix(boundary))
            .ok_or(FormError::Garbled)?;
        while !is_end(rest) {
            let part = rest.strip_prefix(b"\r\n").ok_or(FormError::Garbled)?;
            let (name, content) = headed(part).ok_or(FormError::Garbled)?;
            let (content, after) = until(content, boundary).ok_or(FormError::Garbled)?;
            if parts.iter().any(|(known, _)| *known == name) {
                return Err(FormError::Twice);
            }
            if parts.len() == FIELDS_MAX {
                return Err(FormError::TooManyFields);
            }
            parts.push((name, content));
            rest = after;
        }
        Ok(Upload { parts })
    }

    /// The bytes of a field or file; `None` if there is none of that name.
    pub fn bytes(&self, name: &str) -> Option<&'a [u8]> {
        self.parts.iter().find(|(known, _)| *known == name).map(|(_, content)| *content)
    }

    /// The text of a field; `None` if there is none of that name, or it is no UTF-8.
    pub fn field(&self, name: &str) -> Option<&'a str> {
        core::str::from_utf8(self.bytes(name)?).ok()
    }

    /// The token that proves the form came from one of our pages; empty if it has none. The caller
    /// compares it before anything else in the form is looked at.
    pub fn csrf(&self) -> &'a str {
        self.field("csrf").unwrap_or_default()
    }
}

/// The boundary that a `Content-Type` names.
pub(super) fn boundary(content_type: &str) -> Option<&[u8]> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let mut pairs = parameters.split(';').filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.eq_ignore_ascii_case("boundary"))?;
    let bare = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=?".contains(&byte);
    let sound = (1..=BOUNDARY_MAX).contains(&bare.len()) && bare.bytes().all(plain);
    sound.then_some(bare.as_bytes())
}

/// Whether the last boundary was the last one.
fn is_end(rest: &[u8]) -> bool {
    matches!(rest, b"--" | b"--\r\n")
}

/// The name of a part, and what comes behind its headings.
pub(super) fn headed(part: &[u8]) -> Option<(&str, &[u8])> {
    let near = part.get(..HEADINGS_MAX).unwrap_or(part);
    let end = near.windows(4).position(|four| four == b"\r\n\r\n")?;
    let (headings, rest) = part.split_at(end);
    let headings = core::str::from_utf8(headings).ok()?;
    let disposition = headings.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then_some(value.trim())
    })?;
    let (kind, parameters) = disposition.split_once(';')?;
    let (name, _) = parameters.trim_start().strip_prefix("name=\"")?.split_once('"')?;
    kind.eq_ignore_ascii_case("form-data").then_some((name, rest.get(4..)?))
}

/// What comes before the next boundary, and what behind it.
fn until<'a>(content: &'a [u8], boundary: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let mut from = 0;
    loop {
        let at = from + content.get(from..)?.iter().position(|byte| *byte == b'\r')?;
        let (before, rest) = content.split_at(at);
        let after = rest.strip_prefix(b"\r\n--").and_then(|rest| rest.strip_prefix(boundary));
        match after {
            // A longer word that only begins like the boundary belongs to the content.
            Some(after) if after.starts_with(b"\r\n") || is_end(after) => {
                return Some((before, after))
            }
            Some(_) | None => from = at + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::String;

    const KIND: &str = "multipart/form-data; boundary=----WebKitFormBoundary7MA4";

    fn part(name: &str, more: &str, content: &str) -> String {
        format!(
            "------WebKitFormBoundary7MA4\r\nContent-Disposition: form-data; \
             name=\"{name}\"{more}\r\n\r\n{content}\r\n"
        )
    }

    fn whole(parts: &[String]) -> String {
        format!("{}------WebKitFormBoundary7MA4--\r\n", parts.concat())
    }

    fn refused(kind: &str, body: &str) -> Option<FormError> {
        Upload::parse(kind, body.as_bytes()).err()
    }

    #[test]
    fn a_form_with_a_file_is_read_as_a_browser_sends_it() {
        let text = "dialtone-state 1\r\n\r\n--\r\n------WebKitFormBoundary7MA4x\r\n";
        let file = "; filename=\"a \\\"b\\\".txt\"\r\nContent-Type: text/plain";
        let body = whole(&[part("csrf", "", "00ff"), part("file", file, text), part("no", "", "")]);
        let upload = Upload::parse(KIND, body.as_bytes()).unwrap();
        assert_eq!(upload.csrf(), "00ff");
        assert_eq!(upload.bytes("file"), Some(text.as_bytes()));
        assert_eq!((upload.field("no"), upload.field("other")), (Some(""), None));
        let quoted = KIND.replace("=----WebKitFormBoundary7MA4", "=\"----WebKitFormBoundary7MA4\"");
        assert!(Upload::parse(&quoted, body.as_bytes()).is_ok());
        // Bytes that are no text are a file's business.
        let bytes = [body.replace("00ff", "").as_bytes(), b""].concat();
        assert_eq!(Upload::parse(KIND, &bytes).unwrap().csrf(), "");
    }

    #[test]
    fn what_no_browser_sends_is_refused() {
        let good = whole(&[part("a", "", "1")]);
        assert_eq!(refused(KIND, &good), None);
        for kind in [
            "",
            "text/plain",
            "multipart/form-data",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=a b",
            "multipart/mixed; boundary=----WebKitFormBoundary7MA4",
        ] {
            assert_eq!(refused(kind, &good), Some(FormError::Garbled), "{kind}");
        }
        for body in [
            "",
            "------WebKitFormBoundary7MA4",
            "------WebKitFormBoundary7MA4\r\n",
            &good[1..],
            &format!("x{good}"),
            &good[..good.len() - 5],
            &good.replace("form-data; ", "form-data "),
            &good.replace("name=", "nam="),
            &good.replace("\r\n\r\n", "\r\n"),
            &part("a", "", &"x".repeat(2_000)),
            &whole(&[part("a", &"x".repeat(HEADINGS_MAX), "1")]),
        ] {
            assert_eq!(refused(KIND, body), Some(FormError::Garbled), "{body:?}");
        }
        let twice = whole(&[part("a", "", "1"), part("a", "", "2")]);
        assert_eq!(refused(KIND, &twice), Some(FormError::Twice));
        let many = |count: usize| {
            whole(&(0..count).map(|no| part(&format!("f{no}"), "", "")).collect::<Vec<_>>())
        };
        assert_eq!(refused(KIND, &many(FIELDS_MAX)), None);
        assert_eq!(refused(KIND, &many(FIELDS_MAX + 1)), Some(FormError::TooManyFields));
    }
}
