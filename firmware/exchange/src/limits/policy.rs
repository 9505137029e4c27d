//! Bounds of who is turned away, banned, or let in for a while.

use crate::time::{HOUR_MS, MINUTE_MS};

/// What a banned hardware address takes on flash, in bytes.
pub const BAN_RECORD_BYTES: u64 = 20;
/// Hardware addresses that can be banned.
pub const BANS_MAX: usize = 256;
/// Strangers that were turned away and are remembered, in memory.
pub const TURNED_AWAY_MAX: usize = 256;
/// Those of them that came from the WAN.
pub const TURNED_AWAY_WAN_MAX: usize = TURNED_AWAY_MAX / 4;
/// Minutes for which a gate can be opened that lets new handsets in.
pub const GATE_MINUTES_MAX: u16 = 240;
/// How long a phone that was given its first file by the key of Plug-and-Play gets its files by it
/// while it has not shown its token.
pub const KEY_GOOD_MS: u64 = HOUR_MS;
/// Addresses on the WAN that are watched for scanning.
pub const SCANNERS_MAX: usize = 256;
/// Accounts at the same time that are heard although their address is thought to be a scanner's.
pub const SCANNED_ACCOUNTS_MAX: usize = 1_024;
/// How often it is told at most that a handset on the WAN comes from elsewhere, or says that it is
/// something else.
pub const REMOTE_TOLD_MS: u64 = HOUR_MS;
/// How long the address of a scanner hears nothing.
pub const SCANNER_BAN_MS: u64 = 15 * MINUTE_MS;
