//! Which certificate a form means.

use super::Fields;
use exchange::view::CertificatePlace;

/// The place of a certificate that is to go: `installed`, or the number of an authority of phones.
/// `None` for anything else.
pub fn certificate_place(fields: &Fields) -> Option<CertificatePlace> {
    match fields.field("place")? {
        "installed" => Some(CertificatePlace::Installed),
        number => {
            let plain = number.bytes().all(|it| it.is_ascii_digit()) && number.len() <= 2;
            number.parse().ok().filter(|_| plain).map(CertificatePlace::Phones)
        }
    }
}
