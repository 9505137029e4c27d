//! The certificate of the box's authority, for phones whose files name it so that they trust what
//! the box shows over TLS.
//!
//! It is no secret: whoever is answered at all gets it, from the WAN over TLS whoever shows the key
//! or a token. A phone that does not trust the box yet can only fetch it on the LAN, so a file
//! that is asked for there names an address without TLS, wherever the phone is used later.

use super::remote::Place;
use super::values::folder_url;
use crate::certificates::CertificatePlace;
use crate::names::{InterfaceNo, Side};
use crate::office::Office;
use crate::output::Answer;
use crate::render::AuthorityValues;
use crate::settings::Transport;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use wire::x509::Certificate;

/// Its names, as PEM (RFC 7468) and as DER.
const PEM: &str = "dialtone-ca.crt";
const DER: &str = "dialtone-ca.der";
/// RFC 2585 section 4 knows DER only; phones take PEM by this name too.
const CONTENT_TYPE: &str = "application/x-x509-ca-cert";

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// Bytes of a line of 64 digits (RFC 7468 section 2).
const LINE: usize = 48;

/// The file of this name; `None` where it is another one, or there is no authority yet.
pub(super) fn file(office: &Office, name: &str) -> Option<Answer> {
    let bytes = match name {
        PEM => pem(certificate(office)?),
        DER => certificate(office)?.to_vec(),
        _other => return None,
    };
    Some(Answer::File { bytes, content_type: CONTENT_TYPE })
}

/// What the files of a phone say of it; `None` where it has no use for it.
pub(super) fn values(
    office: &Office,
    interface: InterfaceNo,
    place: &Place,
    transport: Transport,
) -> Option<AuthorityValues> {
    let used = place.is_remote || transport == Transport::Tls;
    let certificate = certificate(office).filter(|_| used)?;
    let side = office.board.interface(interface).map(|port| port.side);
    let folder = match side {
        Some(Side::Wan) => format!("{}{}", place.scheme, place.path),
        Some(Side::Lan) | None => folder_url(office, interface),
    };
    Some(AuthorityValues {
        url: format!("{folder}{PEM}"),
        der_url: format!("{folder}{DER}"),
        lines: lines(certificate),
    })
}

fn certificate(office: &Office) -> Option<&[u8]> {
    let kept = office.durable.certificates().get(CertificatePlace::Authority)?;
    Certificate::all(&kept.chain).next().map(|first| first.bytes)
}

fn pem(certificate: &[u8]) -> Vec<u8> {
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in lines(certificate) {
        text.push_str(&line);
        text.push('\n');
    }
    text.push_str("-----END CERTIFICATE-----\n");
    text.into_bytes()
}

/// The base64 digits (RFC 4648 section 4), 64 a line.
fn lines(bytes: &[u8]) -> Vec<String> {
    bytes.chunks(LINE).map(|line| line.chunks(3).flat_map(digits).collect()).collect()
}

fn digits(bytes: &[u8]) -> [char; 4] {
    let at = |place: usize| u32::from(bytes.get(place).copied().unwrap_or_default());
    let all = at(0) << 16 | at(1) << 8 | at(2);
    core::array::from_fn(|place| {
        let digit = all >> (18 - 6 * place) & 63;
        let known = DIGITS.get(digit as usize).filter(|_| place <= bytes.len());
        known.map_or('=', |digit| char::from(*digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_as_rfc_4648_section_10_has_them() {
        for (bytes, text) in [
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(lines(bytes.as_bytes()), [text]);
        }
        assert!(lines(b"").is_empty());
        let long = lines(&[0xff; 100]);
        assert_eq!(long.iter().map(String::len).collect::<Vec<_>>(), [64, 64, 8]);
    }
}
