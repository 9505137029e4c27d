//! Bounds of files: firmware of phones, what they store, and their book.

/// Entries of the phone book.
pub const BOOK_ENTRIES_MAX: usize = 1_000;
/// Most bytes a file of the phone book may have; all who ask for it share one copy.
pub const BOOK_BYTES_MAX: usize = 192 * 1024;
/// Files of the phone book that are kept ready.
pub const BOOKS_KEPT: usize = 16;
/// Characters of the name of a file of firmware.
pub const FIRMWARE_NAME_MAX: usize = 64;
/// Bytes of such a file that are read or written at once.
pub const FIRMWARE_PIECE_BYTES: usize = 16 * 1_024;
/// Bytes of an upload that is refused which are taken off the line all the same, so that the
/// browser hears why.
pub const FIRMWARE_SENT_MAX: u64 = 256 * 1_024 * 1_024;
/// Bytes of a field beside such a file in its form.
pub const FIRMWARE_FIELD_BYTES_MAX: usize = 256;
/// Such files that are sent over HTTP at the same time; who comes later is told to come again.
pub const FIRMWARE_READERS_MAX: usize = 64;
/// Bytes of the logs of one handset that are kept in memory, the newest.
pub const LOG_BYTES_MAX: usize = 16 * 1_024;
/// Logs of one handset.
pub const LOGS_OF_HANDSET_MAX: usize = 4;
/// Bytes of the logs of all handsets.
pub const LOGS_BYTES_MAX: usize = 2 * 1_024 * 1_024;
/// Bytes of what one handset has stored of its own changes, on flash.
pub const OWN_FILE_BYTES_MAX: usize = 4 * 1_024;
/// Files of one handset with its own changes.
pub const OWN_FILES_OF_HANDSET_MAX: usize = 4;
/// Bytes of the own changes of all handsets.
pub const OWN_FILES_BYTES_MAX: usize = 128 * 1_024;
/// Facts that own changes of one handset make within an hour.
pub const OWN_FILE_RECORDS_PER_HOUR_OF_HANDSET: u16 = 6;
/// The same of all handsets.
pub const OWN_FILE_RECORDS_PER_HOUR: u16 = 240;
/// Bytes of an upload that are taken off the line before it is refused; a phone's log is smaller.
pub const UPLOAD_BYTES_MAX: usize = 256 * 1_024;
