//! Certificates of phones: who holds one is asked for it, and whom it proves him to be.
//!
//! Phones send the certificate of their maker whether or not we know who signed it, and some have
//! one that ran out. So none is a reason to end a handshake but a false signature: that the other
//! end holds the key is proven there, and whom the certificate names counts only where an installed
//! authority has signed it.

use super::Trouble;
use crate::clock::Clock;
use exchange::certificates::MADE_FROM;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::WebPkiClientVerifier;
use rustls::{DigitallySignedStruct, DistinguishedName, RootCertStore, SignatureScheme};
use std::sync::Arc;
use std::time::Duration;
use wire::x509::Certificate;
use wire::Mac;

/// Authorities that sign certificates of phones.
#[derive(Debug)]
pub(super) struct Believed(Arc<dyn ClientCertVerifier>);

impl Believed {
    /// `None` where there is none that can be used; then no phone is asked for a certificate.
    pub(super) fn new(phones: &[Vec<u8>], provider: &Arc<CryptoProvider>) -> Option<Believed> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(phones.iter().map(|it| CertificateDer::from(&it[..])));
        let builder =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
        builder.build().ok().map(Believed)
    }

    /// Whether an authority can be used at all: its key is of a kind that is known.
    pub(super) fn can_use(authority: &[u8]) -> Result<(), Trouble> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(authority)).map_err(|_| Trouble::NotMade)
    }

    /// The hardware address in a certificate that one of the authorities has signed, whose holder
    /// has proven to hold it.
    pub(super) fn mac(&self, clock: Clock, proof: &[CertificateDer<'_>]) -> Option<Mac> {
        let (first, between) = proof.split_first()?;
        // While the box does not know the time it takes it for the earliest that it can be.
        let seconds = clock.now().wall.map_or(MADE_FROM, |wall| wall.0);
        let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        self.0.verify_client_cert(first, between, now).ok()?;
        Certificate::first(first).and_then(|(it, _)| it.mac())
    }
}

impl ClientCertVerifier for Believed {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.0.root_hint_subjects()
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
        self.0.verify_tls12_signature(message, first, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        first: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, first, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}
