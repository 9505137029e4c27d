//! Bounds of TLS and of certificates.

use crate::time::{MINUTE_MS, SECOND_MS};

/// Bytes of one certificate that an admin has the box believe.
pub const CERTIFICATE_BYTES_MAX: usize = 2_560;
/// Authorities that sign certificates of phones.
pub const PHONE_AUTHORITIES_MAX: usize = 8;
/// Bytes of a certificate that is shown, with those behind it that lead to an authority.
pub const CHAIN_BYTES_MAX: usize = 4_864;
/// Bytes of its private key; one of RSA with 4,096 bits has 2,400.
pub const PRIVATE_KEY_BYTES_MAX: usize = 2_560;
/// Bytes of a file in which an admin brings certificates: Base64, and words between.
pub const CERTIFICATE_FILE_BYTES_MAX: usize = 24 * 1_024;
/// Names of a certificate that are shown.
pub const CERTIFICATE_NAMES_SHOWN_MAX: usize = 8;
/// Handshakes of TLS that one address on the WAN may begin within a minute; behind one there may be
/// an office.
pub const HANDSHAKES_PER_SOURCE: u16 = 60;
/// Handshakes of TLS that are begun from the WAN within a minute: each costs ten milliseconds of a
/// slow processor.
pub const HANDSHAKES_WAN: u16 = 300;
/// Handshakes of TLS that one address on the LAN may begin within a minute: twenty in a second,
/// more than any browser needs, are a fifth of a slow processor.
pub const HANDSHAKES_LAN_PER_SOURCE: u16 = 1_200;
/// Addresses on the WAN that have proven themselves lately and are therefore not counted among all.
pub const HANDSHAKES_PROVEN_MAX: usize = 256;
/// How long these are counted together.
pub const HANDSHAKES_MS: u64 = MINUTE_MS;
/// How long a handshake may take.
pub const HANDSHAKE_MS: u64 = 10 * SECOND_MS;
/// Sessions of TLS that are remembered, so that the next handshake is cheap.
pub const TLS_SESSIONS_MAX: usize = 256;
/// Bytes that a connection over TLS holds sealed until the other end takes them; a record has
/// 16 KiB.
pub const TLS_OUTBOX_BYTES: usize = 17 * 1_024;
/// How often what certificates have to say is looked at.
pub const CERTIFICATES_LOOKED_AT_MS: u64 = MINUTE_MS;
