//! Bounds of users, their PINs, and the codes by which they claim a phone.

use crate::time::MINUTE_MS;

/// Users of an exchange.
pub const USERS_MAX: usize = 1_000;
/// Digits of a PIN at least.
pub const PIN_DIGITS_MIN: usize = 4;
/// Digits of a PIN at most.
pub const PIN_DIGITS_MAX: usize = 8;
/// Digits of a PIN that the box draws.
pub const PIN_DIGITS_DRAWN: usize = 6;
/// Who guesses PINs or codes, or is guessed at, and is remembered for it.
pub const GUESSERS_MAX: usize = 1_024;
/// Longest wait after a wrong PIN, in seconds; after the third each doubles it up to this.
pub const PIN_WAIT_MAX_S: u64 = 900;
/// Digits of a code that is dialled to say who sits at a phone.
pub const CLAIM_CODE_DIGITS: usize = 6;
/// How long such a code can be dialled.
pub const CLAIM_CODE_MS: u64 = 10 * MINUTE_MS;
/// Such codes at the same time.
pub const CLAIM_CODES_MAX: usize = 8;
/// Wrong ones of all phones together that end all codes there are.
pub const CLAIM_CODES_WRONG_MAX: u16 = 20;
/// Accounts whose password was drawn and not shown yet.
pub const ACCOUNTS_FRESH_MAX: usize = 8;
/// Failed log-ins remembered, by source.
pub const LOGIN_SOURCES_MAX: usize = 256;
/// Longest wait after a wrong password, in seconds; after the third each doubles it up to this.
pub const LOGIN_WAIT_MAX_S: u64 = 60;
