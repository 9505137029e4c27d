//! How a secret is sealed: XChaCha20-Poly1305 under a key made of the site's passphrase.
//!
//! The nonce is made of what is sealed and of the field's name (HMAC-SHA-256 under a key of its
//! own, cut to 24 bytes), so that the same state gives the same text and no nonce is ever used for
//! two different secrets. What can be learnt from a text is therefore which secrets did not change
//! since another one. The field's name is authenticated with it: a value that was moved to another
//! field, phone or login does not open.

use crate::secret::{spell, unspell, BackupKey};
use alloc::string::String;
use alloc::vec::Vec;
use chacha20poly1305::aead::{AeadInOut, KeyInit, Tag};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;

/// What nothing is sealed under, to tell whether a key is the right one.
const CHECK: &str = "check";

/// Seals and opens under one key.
pub(super) struct Sealer {
    cipher: XChaCha20Poly1305,
    nonce_key: [u8; 32],
}

impl Sealer {
    pub(super) fn new(key: &BackupKey) -> Sealer {
        let sealing = hmac(&key.key, &[b"dialtone backup, sealing"]);
        let nonce_key = hmac(&key.key, &[b"dialtone backup, nonces"]);
        Sealer { cipher: XChaCha20Poly1305::new(&sealing.into()), nonce_key }
    }

    /// Letters and digits from which nobody without the key learns more than the length.
    pub(super) fn seal(&self, name: &str, secret: &[u8]) -> String {
        let nonce = self.nonce(name, secret);
        let mut bytes = Vec::with_capacity(NONCE_BYTES + secret.len() + TAG_BYTES);
        bytes.extend_from_slice(secret);
        let sealed = self.cipher.encrypt_inout_detached(
            &nonce,
            name.as_bytes(),
            bytes.as_mut_slice().into(),
        );
        // It fails for what is longer than 256 GiB. No secret must ever be written as it is.
        let Ok(tag) = sealed else { return String::new() };
        spell(&[nonce.as_slice(), &bytes, tag.as_slice()].concat())
    }

    /// What was sealed under this name; `None` for anything else.
    pub(super) fn open(&self, name: &str, text: &str) -> Option<Vec<u8>> {
        let bytes = unspell(text)?;
        let (nonce, rest) = bytes.split_at_checked(NONCE_BYTES)?;
        let (sealed, tag) = rest.split_at_checked(rest.len().checked_sub(TAG_BYTES)?)?;
        let (nonce, tag) = (XNonce::try_from(nonce).ok()?, Tag::<XChaCha20Poly1305>::try_from(tag));
        let mut secret = sealed.to_vec();
        let buffer = secret.as_mut_slice().into();
        let opened =
            self.cipher.decrypt_inout_detached(&nonce, name.as_bytes(), buffer, &tag.ok()?);
        opened.ok().filter(|()| self.nonce(name, &secret) == nonce).map(|()| secret)
    }

    /// What stands in the head of a text, so that a wrong passphrase is told from a changed line.
    pub(super) fn check(&self) -> String {
        self.seal(CHECK, &[])
    }

    /// Whether a text's check was made under this key.
    pub(super) fn is_right(&self, check: &str) -> bool {
        self.open(CHECK, check).is_some_and(|nothing| nothing.is_empty())
    }

    fn nonce(&self, name: &str, secret: &[u8]) -> XNonce {
        let len = (name.len() as u64).to_be_bytes();
        let hash = hmac(&self.nonce_key, &[&len, name.as_bytes(), secret]);
        let mut nonce = XNonce::default();
        nonce.iter_mut().zip(hash).for_each(|(byte, made)| *byte = made);
        nonce
    }
}

fn hmac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    // Padded with zeros to its block (RFC 2104 section 2), so that no length can be wrong.
    let mut block = [0; 64];
    let (start, _) = block.split_at_mut(key.len());
    start.copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}
