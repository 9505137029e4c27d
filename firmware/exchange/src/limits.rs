//! The bounds of the exchange, and how they relate; connections are bounded beside their sockets.
//!
//! Nothing a packet says can make a table grow past these. Full is a case with an answer and a
//! note, never a crash. Tables are ordered maps that refuse a new entry at their bound; they are
//! not allocated ahead, so that a small office costs a small box little memory.

use crate::catalog::LEASE_OTHER_S;
use crate::time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};

/// Handsets an exchange can hold.
pub const HANDSETS_MAX: usize = 1_024;
/// SIP accounts of one handset.
pub const LINES_MAX: usize = 8;
/// Addresses remembered for devices of any kind.
pub const ADDRESSES_MAX: usize = 4_096;
/// Network ports of a board, VLANs among them.
pub const INTERFACES_MAX: usize = 32;
/// LAN subnets, each with one pool.
pub const SUBNETS_MAX: usize = 16;
/// Devices whose boot story is kept in memory; the least recently seen stranger makes room.
pub const DEVICES_MAX: usize = 2_048;
/// Steps a boot story keeps; older ones are dropped.
pub const STORY_STEPS_MAX: usize = 64;
/// Notes kept for the page.
pub const NOTES_MAX: usize = 64;
/// Outputs one call may queue before it has to be drained.
pub const OUTPUTS_MAX: usize = 4_096;

/// Most bytes a rendered file may have.
pub const FILE_BYTES_MAX: usize = 64 * 1024;
/// Characters of a name, a model or a firmware version.
pub const TEXT_MAX: usize = 40;
/// Characters of a file name as asked.
pub const FILE_NAME_MAX: usize = 128;
/// Characters of a Contact URI that is remembered.
pub const CONTACT_MAX: usize = 128;

/// TFTP transfers at the same time.
pub const TRANSFERS_MAX: usize = 1_024;
/// TFTP transfers at the same time for one address.
pub const TRANSFERS_PER_SOURCE_MAX: usize = 8;
/// Bytes all transfers may hold together.
pub const TRANSFER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// SIP bindings of one line (RFC 3261 section 10: several contacts per address of record).
pub const CONTACTS_PER_LINE_MAX: usize = 4;
/// SIP transactions remembered so that a retransmission gets the same answer.
pub const TRANSACTIONS_MAX: usize = 4_096;
/// Answers of SIP kept for strangers, and as many again for those with a password.
pub const SHELF_ANSWERS_MAX: usize = TRANSACTIONS_MAX / 2;
/// Bytes of such answers together.
pub const SHELF_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Bytes of one such answer; no phone's comes near.
pub const ANSWER_BYTES_MAX: usize = 8 * 1024;
/// Bytes of a Contact URI that is bound.
pub const URI_BYTES_MAX: usize = 512;
/// Bytes of an instance that is bound; a `urn:uuid` has 45.
pub const INSTANCE_BYTES_MAX: usize = 128;
/// Wrong SIP passwords of one source within a minute that are let pass.
pub const GUESSES_MAX: u8 = 10;
/// Nonces whose count is followed; an older one is answered `stale`.
pub const NONCES_MAX: usize = 4_096;
/// Shortest registration granted, in seconds; less is answered 423 (RFC 3261 10.2.8).
pub const EXPIRES_MIN_S: u32 = 60;
/// Longest registration granted, in seconds.
pub const EXPIRES_MAX_S: u32 = 3_600;
/// How long a nonce may be used.
pub const NONCE_LIFE_MS: u64 = 5 * MINUTE_MS;

/// Sessions of admins at the same time.
pub const SESSIONS_MAX: usize = 32;
/// A session ends after this long without a request.
pub const SESSION_IDLE_MS: u64 = 30 * MINUTE_MS;
/// A session ends after this long whatever happens.
pub const SESSION_MS: u64 = 12 * HOUR_MS;
/// Failed log-ins remembered, by source.
pub const LOGIN_SOURCES_MAX: usize = 256;

/// How long an offered address is kept for the client to ask for it.
pub const OFFER_MS: u64 = 60 * SECOND_MS;
/// How long an offered address is kept even if no other is left for somebody else.
pub const OFFER_FIRM_MS: u64 = 2 * SECOND_MS;
/// How long a declined or conflicting address is left alone.
pub const QUARANTINE_MS: u64 = 24 * HOUR_MS;
/// Most addresses of one subnet in quarantine; a flood of DECLINEs must not empty the pool.
pub const QUARANTINE_MAX: usize = 32;
/// How long a probe waits for the address to answer.
pub const PROBE_WAIT_MS: u64 = 400;
/// How long a probed address counts as free.
pub const PROBE_FRESH_MS: u64 = HOUR_MS;
/// How long after a probe an address is probed again, so that it never stops counting as free.
pub const PROBE_AGAIN_MS: u64 = 50 * MINUTE_MS;
/// Addresses of one subnet kept probed ahead.
pub const PROBED_AHEAD_MAX: usize = 1_024;
/// Probes under way at the same time.
pub const PROBES_MAX: usize = 64;

/// Heading of a record on flash, in bytes, and what its length is rounded up to; the journal's.
pub const RECORD_HEADING_BYTES: u64 = 12;
/// What the length of a record is rounded up to, in bytes.
pub const RECORD_ALIGN_BYTES: u64 = 4;
/// What a remembered address takes on flash, in bytes.
pub const ADDRESS_RECORD_BYTES: u64 = 24;
/// What the facts about the site take on flash at most, in bytes: switches, password, numbering.
pub const SITE_RECORD_BYTES_MAX: u64 = 512;
/// What a new handset takes on flash at most, in bytes, with its address and its first contact.
pub const HANDSET_RECORD_BYTES_MAX: u64 = 512;
/// Flash that new things leave alone, in bytes: what exists can be changed when there is no room
/// for more.
pub const FLASH_RESERVE_BYTES: u64 = 16 * 1_024;
/// Records that unknown devices may cause at once; as many as there can be handsets, twice, since
/// a new phone writes its address and itself.
pub const STRANGER_RECORDS_BURST: u32 = 2 * HANDSETS_MAX as u32;
/// Records that unknown devices may cause in an hour once the burst is used up.
pub const STRANGER_RECORDS_PER_HOUR: u32 = 60;
/// A changed model, firmware or Contact of one handset is written at most this often.
pub const REWRITE_MS: u64 = DAY_MS;

const _: () = assert!(ADDRESSES_MAX >= HANDSETS_MAX);
const _: () = assert!(DEVICES_MAX >= HANDSETS_MAX);
const _: () = assert!(TRANSFER_BYTES_MAX >= TRANSFERS_PER_SOURCE_MAX * FILE_BYTES_MAX);
const _: () = assert!(EXPIRES_MIN_S < EXPIRES_MAX_S);
const _: () = assert!(OFFER_MS < LEASE_OTHER_S as u64 * SECOND_MS && PROBE_WAIT_MS < OFFER_MS);
const _: () = assert!(PROBES_MAX <= PROBED_AHEAD_MAX);
// A whole pool is probed again, some at a time and looked after once a minute, before it is stale.
const _: () = assert!(PROBE_AGAIN_MS + 5 * MINUTE_MS <= PROBE_FRESH_MS);
