//! Certificates of phones: who holds one is asked for it, and whom it proves him to be.
//!
//! Phones send the certificate of their maker whether or not we know who signed it, and some have
//! one that ran out. So none is a reason to end a handshake but a false signature: that the other
//! end holds the key is proven there, and whom the certificate names counts only where an installed
//! authority has signed it.

use super::provider::PROOFS;
use super::Trouble;
use crate::clock::Clock;
use exchange::certificates::MADE_FROM;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, SignatureScheme};
use std::time::Duration;
use webpki::{anchor_from_trusted_cert, EndEntityCert, KeyUsage};
use wire::x509::Certificate;
use wire::Mac;

/// Authorities that sign certificates of phones.
#[derive(Debug)]
pub(super) struct Believed {
    authorities: Vec<TrustAnchor<'static>>,
    names: Vec<DistinguishedName>,
}

impl Believed {
    /// `None` where there is none that can be used; then no phone is asked for a certificate.
    pub(super) fn new(phones: &[Vec<u8>]) -> Option<Believed> {
        let authorities: Vec<_> = phones.iter().filter_map(|it| read(it)).collect();
        let name = |it: &TrustAnchor<'_>| DistinguishedName::in_sequence(&it.subject);
        let names = authorities.iter().map(name).collect();
        (!authorities.is_empty()).then_some(Believed { authorities, names })
    }

    /// Whether an authority can be used at all.
    pub(super) fn can_use(authority: &[u8]) -> Result<(), Trouble> {
        read(authority).map(drop).ok_or(Trouble::NotMade)
    }

    /// The hardware address in a certificate that one of the authorities has signed, whose holder
    /// has proven to hold it.
    pub(super) fn mac(&self, clock: Clock, proof: &[CertificateDer<'_>]) -> Option<Mac> {
        let (first, between) = proof.split_first()?;
        // While the box does not know the time it takes it for the earliest that it can be.
        let seconds = clock.now().wall.map_or(MADE_FROM, |wall| wall.0);
        let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let usage = KeyUsage::client_auth();
        let read = EndEntityCert::try_from(first).ok()?;
        read.verify_for_usage(PROOFS.all, &self.authorities, between, now, usage, None, None)
            .ok()?;
        Certificate::first(first).and_then(|(it, _)| it.mac())
    }
}

fn read(authority: &[u8]) -> Option<TrustAnchor<'static>> {
    let certificate = CertificateDer::from(authority);
    anchor_from_trusted_cert(&certificate).ok().map(|it| it.to_owned())
}

impl ClientCertVerifier for Believed {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.names
    }

    fn verify_client_cert(
        &self,
        _first: &CertificateDer<'_>,
        _between: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        // Whom it proves is asked once the handshake is over.
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        first: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, first, signed, &PROOFS)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        first: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, first, signed, &PROOFS)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        PROOFS.supported_schemes()
    }
}
