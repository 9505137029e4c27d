//! Certificates and keys as people carry them about: PEM (RFC 7468). What an admin brings is looked
//! at as a whole before the exchange hears of it.

use super::{provider, split, Believed};
use crate::base64;
use exchange::certificates::{CertificateFlaw, Kept};
use exchange::limits::{CERTIFICATE_BYTES_MAX, CHAIN_BYTES_MAX, PRIVATE_KEY_BYTES_MAX};
use exchange::PrivateKey;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use std::fmt::Write;
use wire::x509::Certificate;

/// What stands in the text of a key that needs a passphrase, whatever its form.
const SEALED: &[u8] = b"ENCRYPTED";
/// Characters of a line (RFC 7468 section 2).
const LINE: usize = 64;

/// A chain and its key out of a text, the key proven to be that of the first certificate.
pub(crate) fn chain_and_key(text: &[u8]) -> Result<Kept, CertificateFlaw> {
    if text.windows(SEALED.len()).any(|part| part == SEALED) {
        return Err(CertificateFlaw::NoKey);
    }
    let chain = certificates(text)?.concat();
    of_version_3(&chain)?;
    if chain.len() > CHAIN_BYTES_MAX {
        return Err(CertificateFlaw::TooLong);
    }
    let mut keys = PrivateKeyDer::pem_slice_iter(text);
    let key = keys.next().and_then(Result::ok).ok_or(CertificateFlaw::NoKey)?;
    if keys.next().is_some() {
        return Err(CertificateFlaw::NoKey);
    }
    let bytes = key.secret_der().to_vec();
    if bytes.len() > PRIVATE_KEY_BYTES_MAX {
        return Err(CertificateFlaw::KeyUnknown);
    }
    let kept = Kept { chain, key: PrivateKey(bytes) };
    belongs(&kept).map(|()| kept)
}

/// Whether a key is that of the first certificate.
pub(crate) fn belongs(kept: &Kept) -> Result<(), CertificateFlaw> {
    let key = PrivateKeyDer::try_from(kept.key.0.clone());
    let key = key.map_err(|_| CertificateFlaw::KeyUnknown)?;
    match CertifiedKey::from_der(split(&kept.chain), key, &provider()) {
        Ok(_) => Ok(()),
        Err(rustls::Error::InconsistentKeys(_)) => Err(CertificateFlaw::KeyOfAnother),
        Err(_) => Err(CertificateFlaw::KeyUnknown),
    }
}

/// The authority in a text, in DER; its key is of a kind that is known.
pub(crate) fn one_authority(text: &[u8]) -> Result<Vec<u8>, CertificateFlaw> {
    let all = certificates(text)?;
    let [one] = &all[..] else { return Err(CertificateFlaw::NotOne) };
    of_version_3(one)?;
    if one.len() > CERTIFICATE_BYTES_MAX {
        return Err(CertificateFlaw::TooLong);
    }
    Believed::can_use(one).map_err(|_| CertificateFlaw::KeyUnknown)?;
    Ok(one.clone())
}

/// Refuses a first certificate that the library of TLS would refuse without saying why.
fn of_version_3(chain: &[u8]) -> Result<(), CertificateFlaw> {
    match Certificate::first(chain) {
        Some((first, _)) if !first.is_v3() => Err(CertificateFlaw::NotVersion3),
        Some(_) | None => Ok(()),
    }
}

fn certificates(text: &[u8]) -> Result<Vec<Vec<u8>>, CertificateFlaw> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    let all: Vec<Vec<u8>> = match all {
        Ok(all) => all.iter().map(|it| it.to_vec()).collect(),
        Err(_) => return Err(CertificateFlaw::NoCertificate),
    };
    let whole = |der: &Vec<u8>| Certificate::first(der).is_some_and(|(_, rest)| rest.is_empty());
    match !all.is_empty() && all.iter().all(whole) {
        true => Ok(all),
        false => Err(CertificateFlaw::NoCertificate),
    }
}

/// Certificates as a text.
pub(crate) fn pem_of(chain: &[u8]) -> String {
    let mut text = String::new();
    for certificate in Certificate::all(chain) {
        text.push_str("-----BEGIN CERTIFICATE-----\n");
        let letters = base64::encoded(certificate.bytes);
        let mut rest = letters.as_str();
        while !rest.is_empty() {
            let (line, behind) = rest.split_at(rest.len().min(LINE));
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{line}");
            rest = behind;
        }
        text.push_str("-----END CERTIFICATE-----\n");
    }
    text
}
