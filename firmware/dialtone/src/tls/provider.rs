//! What of cryptography the box speaks TLS with: ring's, of which only so much is taken as phones
//! and browsers need, since the rest is an eighth of a megabyte.
//!
//! Keys are agreed on over P-256 (RFC 8422), which every client has. Certificates, the box's and
//! those of phones, are signed by RSA or by P-256; P-384 and Ed25519, which no maker of phones and
//! no public authority asks for, are not known. AES-256 is left out, since nothing here is
//! kept longer than AES-128 holds.

use super::issue;
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{EcdsaKeyPair, KeyPair as _, ECDSA_P256_SHA256_ASN1_SIGNING};
use rustls::crypto::ring::cipher_suite::{
    TLS13_AES_128_GCM_SHA256, TLS13_CHACHA20_POLY1305_SHA256,
    TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
};
use rustls::crypto::ring::kx_group::SECP256R1;
use rustls::crypto::ring::sign::RsaSigningKey;
use rustls::crypto::{
    CryptoProvider, GetRandomFailed, KeyProvider, SecureRandom, WebPkiSupportedAlgorithms,
};
use rustls::pki_types::{alg_id, PrivateKeyDer, SubjectPublicKeyInfoDer};
use rustls::sign::{public_key_to_spki, Signer, SigningKey};
use rustls::{Error, SignatureAlgorithm, SignatureScheme};
use std::sync::Arc;
use webpki::ring as known;

/// By whom a certificate, and who holds it, may be proven.
pub(super) static PROOFS: WebPkiSupportedAlgorithms = WebPkiSupportedAlgorithms {
    all: &[
        known::ECDSA_P256_SHA256,
        known::ECDSA_P256_SHA384,
        known::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
        known::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
        known::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
        known::RSA_PKCS1_2048_8192_SHA256,
        known::RSA_PKCS1_2048_8192_SHA384,
        known::RSA_PKCS1_2048_8192_SHA512,
    ],
    mapping: &[
        (SignatureScheme::ECDSA_NISTP256_SHA256, &[known::ECDSA_P256_SHA256]),
        (SignatureScheme::RSA_PSS_SHA512, &[known::RSA_PSS_2048_8192_SHA512_LEGACY_KEY]),
        (SignatureScheme::RSA_PSS_SHA384, &[known::RSA_PSS_2048_8192_SHA384_LEGACY_KEY]),
        (SignatureScheme::RSA_PSS_SHA256, &[known::RSA_PSS_2048_8192_SHA256_LEGACY_KEY]),
        (SignatureScheme::RSA_PKCS1_SHA512, &[known::RSA_PKCS1_2048_8192_SHA512]),
        (SignatureScheme::RSA_PKCS1_SHA384, &[known::RSA_PKCS1_2048_8192_SHA384]),
        (SignatureScheme::RSA_PKCS1_SHA256, &[known::RSA_PKCS1_2048_8192_SHA256]),
    ],
};

/// All of it, for rustls.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(CryptoProvider {
        cipher_suites: vec![
            TLS13_AES_128_GCM_SHA256,
            TLS13_CHACHA20_POLY1305_SHA256,
            TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
            TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
            TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
            TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        ],
        kx_groups: vec![SECP256R1],
        signature_verification_algorithms: PROOFS,
        secure_random: &Ours,
        key_provider: &Ours,
    })
}

/// Where chance and keys come from.
#[derive(Debug)]
struct Ours;

impl SecureRandom for Ours {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), GetRandomFailed> {
        SystemRandom::new().fill(bytes).map_err(|_| GetRandomFailed)
    }
}

impl KeyProvider for Ours {
    fn load_private_key(&self, der: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, Error> {
        match RsaSigningKey::new(&der) {
            Ok(key) => Ok(Arc::new(key)),
            Err(_not_rsa) => Ok(Arc::new(Curve::read(&der)?)),
        }
    }
}

/// A private key on P-256; ring shows none of it.
#[derive(Clone, Debug)]
struct Curve(Arc<EcdsaKeyPair>);

/// What stands before a key by itself (RFC 5915) in one that says its kind (RFC 5958): version 0,
/// and the algorithm id-ecPublicKey on prime256v1.
const KIND: &[u8] = &[
    0x02, 1, 0, 0x30, 0x13, 0x06, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 0x06, 8, 0x2a, 0x86, 0x48,
    0xce, 0x3d, 3, 1, 7,
];

impl Curve {
    fn read(der: &PrivateKeyDer<'_>) -> Result<Curve, Error> {
        let wrapped;
        let pkcs8 = if let PrivateKeyDer::Sec1(key) = der {
            wrapped = issue::element(issue::OCTETS, key.secret_sec1_der());
            &issue::sequence(&[KIND, &wrapped])
        } else {
            der.secret_der()
        };
        let kind = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let key = EcdsaKeyPair::from_pkcs8(kind, pkcs8, &SystemRandom::new());
        let key = key.map_err(|_| Error::General("no key of RSA or on P-256".to_owned()))?;
        Ok(Curve(Arc::new(key)))
    }
}

impl SigningKey for Curve {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let known = offered.contains(&self.scheme());
        known.then(|| Box::new(self.clone()) as Box<dyn Signer>)
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        Some(public_key_to_spki(&alg_id::ECDSA_P256, self.0.public_key()))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ECDSA
    }
}

impl Signer for Curve {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let signature = self.0.sign(&SystemRandom::new(), message);
        let signature = signature.map_err(|_| Error::General("it cannot be signed".to_owned()))?;
        Ok(signature.as_ref().to_vec())
    }

    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ECDSA_NISTP256_SHA256
    }
}
