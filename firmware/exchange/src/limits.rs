//! Every bound of the product (tables, queues, connections, sizes, times), and how they relate.
//!
//! Nothing that is said to the box can make anything in it grow past these. Full is a case with an
//! answer and a note, never a crash. Tables are ordered maps that refuse a new entry at their
//! bound; they are not allocated ahead, so that a small office costs a small box little memory.
//!
//! Those of sockets and connections are kept by the crate `dialtone`; they stand here because they
//! hold only together with the others. Not here is what a format fixes: the bounds of the parsers
//! in `wire`, of the patterns in `catalog`, of a form in `pages`, of a bank in `journal`.

mod files;
mod people;
mod policy;
mod secured;

pub use files::*;
pub use people::*;
pub use policy::*;
pub use secured::*;

use crate::catalog::LEASE_OTHER_S;
use crate::time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};
use wire::sip::{BODY_MAX, HEADER_MAX};

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
/// Devices that were never set up and are forgotten at once when there is no room for another.
pub const FORGOTTEN_AT_ONCE: usize = 64;
/// Such devices in a view; there can be more of them, no page need be longer.
pub const STRANGERS_IN_VIEW_MAX: usize = 100;
/// Such devices on the page of handsets.
pub const STRANGERS_SHOWN_MAX: usize = 50;
/// Meanings of signs kept for the next phone of the same model.
pub const SAID_BEFORE_MAX: usize = 256;
/// Steps a boot story keeps; older ones are dropped.
pub const STORY_STEPS_MAX: usize = 64;
/// Notes kept for the page.
pub const NOTES_MAX: usize = 64;
/// Outputs one call may queue before it has to be drained.
pub const OUTPUTS_MAX: usize = 4_096;

/// Most bytes a rendered file may have.
pub const FILE_BYTES_MAX: usize = 64 * 1024;
/// Bytes of the query behind the name of a file; a longer one is not there.
pub const FILE_QUERY_MAX: usize = 512;
/// Characters of a name, a model or a firmware version.
pub const TEXT_MAX: usize = 40;
/// Signs of phones of an admin's own.
pub const SIGNS_MAX: usize = 64;
/// Bytes of one of their patterns.
pub const SIGN_BYTES_MAX: usize = 200;
/// Instructions of all their patterns together: what a phone sends is compared with each.
pub const SIGN_STEPS_MAX: usize = 4_096;
/// Bytes of a sign that somebody tries; a longer one fits no pattern.
pub const SIGN_TRIED_BYTES_MAX: usize = crate::pattern::INPUT_MAX;
/// Values of settings that all layers have together.
pub const SETTING_VALUES_MAX: usize = 2_048;
/// Bytes of flash that they take together.
pub const SETTINGS_BYTES_MAX: u64 = 128 * 1_024;
/// Bytes of one value of a setting, a list of keys among them.
pub const SETTING_BYTES_MAX: usize = 1_024;
/// Bytes of a URL that is set for phones.
pub const SETTING_URL_BYTES_MAX: usize = 200;
/// Bytes of a host that is set for phones.
pub const SETTING_HOST_BYTES_MAX: usize = 64;
/// Keys of a phone, besides those of its lines.
pub const KEYS_MAX: usize = 24;
/// Digits of a key's number.
pub const KEY_NUMBER_BYTES_MAX: usize = 24;
/// Numbers of a dial plan.
pub const DIAL_RULES_MAX: usize = 8;
/// Bytes of a dial plan.
pub const DIAL_PLAN_BYTES_MAX: usize = 200;
/// Characters of a password that is typed for a phone's own page; some makers take no more.
pub const WEB_PASSWORD_CHARS: core::ops::RangeInclusive<usize> = 8..=31;
/// Characters of a file name as asked.
pub const FILE_NAME_MAX: usize = 128;
/// Characters of a Contact URI that is remembered.
pub const CONTACT_MAX: usize = 128;

/// DNS servers that an admin can set for the LAN; more can stand in the configuration file.
pub const DNS_SERVERS_MAX: usize = 3;
/// Characters of a domain that an admin can set for the LAN.
pub const DOMAIN_MAX: usize = 64;

/// Bytes of a time zone's name that is compared for a suggestion; none in the table is longer.
pub const ZONE_NAME_MAX: usize = 40;
/// Characters of the name of a slot of the flash; no board's is longer.
pub const SLOT_CHARS_MAX: usize = 16;
/// Bytes of a line that `dialtone identify` reads.
pub const IDENTIFY_LINE_BYTES_MAX: u64 = 256 * 1024;

/// Bytes of one DHCP option (RFC 2132 section 2).
pub const OPTION_BYTES_MAX: usize = 255;
/// Bytes of a DHCP reply, a little less than an Ethernet frame carries.
pub const DHCP_REPLY_BYTES_MAX: usize = 1_472;

/// TFTP transfers at the same time.
pub const TRANSFERS_MAX: usize = 1_024;
/// TFTP transfers at the same time for one address.
pub const TRANSFERS_PER_SOURCE_MAX: usize = 8;
/// TFTP transfers whose windows are sent again at once; more have to wait for one another.
pub const TRANSFERS_A_TICK_MAX: usize = 128;
/// Bytes all transfers may hold together.
pub const TRANSFER_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes of a TFTP block: an Ethernet frame less the headings of IP, UDP and TFTP.
pub const TFTP_BLOCK_BYTES_MAX: u16 = 1_468;
/// Blocks of a TFTP window (RFC 7440).
pub const TFTP_WINDOW_MAX: u16 = 16;
/// Repetitions before a TFTP transfer is given up.
pub const TFTP_REPEATS_MAX: u8 = 4;
/// Longest time between them, unless the client asks for more.
pub const TFTP_REPEAT_AFTER_MAX_MS: u64 = 8 * SECOND_MS;

/// Bytes of a file kept elsewhere that a TFTP transfer holds at once; a whole window is in them.
pub const TFTP_PIECE_BYTES: usize = 32 * 1_024;

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

/// Handsets that are asked at once to fetch their files or to restart; the others wait.
pub const RESYNCS_AT_ONCE: usize = 10;
/// How long the next one waits for one that was asked and does not come.
pub const RESYNC_SLOT_MS: u64 = 60 * SECOND_MS;
/// How long a handset that was asked has to come for its file; some restart in between.
pub const RESYNC_COMES_MS: u64 = 5 * MINUTE_MS;
/// Handsets that are rung at the same time so that somebody finds them.
pub const RINGS_AT_ONCE: usize = 8;
/// How long one is.
pub const RING_MS: u64 = 10 * SECOND_MS;
/// Streams of an offer that are turned down one by one; no phone offers as many.
pub const OFFERED_STREAMS_MAX: usize = 8;
/// How long it is shown what came of it.
pub const RESYNC_SHOWN_MS: u64 = DAY_MS;
/// Ranges of extensions that one wish can name.
pub const EXTENSION_RANGES_MAX: usize = 32;

/// How often a name is asked for before it counts as free (RFC 6762 section 8.1).
pub const MDNS_PROBES: u8 = 3;
/// Names tried before the box gives up being found by name.
pub const MDNS_NAMES_MAX: u32 = 20;

/// Sessions of admins at the same time.
pub const SESSIONS_MAX: usize = 32;
/// A session ends after this long without a request.
pub const SESSION_IDLE_MS: u64 = 30 * MINUTE_MS;
/// A session ends after this long whatever happens.
pub const SESSION_MS: u64 = 12 * HOUR_MS;
/// How long a new password may be set without the old one, once somebody in front of the box has
/// claimed it.
pub const CLAIM_MS: u64 = 2 * MINUTE_MS;
/// Memory that a password's hash from flash may ask for, in KiB; a damaged one must not take the
/// box.
pub const PASSWORD_MEMORY_KIB_MAX: u32 = 16 * 1_024;
/// How often such a hash may go over it.
pub const PASSWORD_ROUNDS_MAX: u32 = 64;
/// How long somebody waits at most for his turn to have a password hashed.
pub const PASSWORD_TURN_MS: u64 = 20 * SECOND_MS;
/// Bytes of a backup that is read; one of as many handsets with as many lines as there can be, all
/// of their texts as long as can be, is smaller.
pub const BACKUP_BYTES_MAX: usize = 6 * 1_024 * 1_024;
/// Bytes of one line of it.
pub const BACKUP_LINE_BYTES_MAX: usize = 8_192;
/// Pairs of a line of it; no fact has as many.
pub const BACKUP_PAIRS_MAX: usize = 16;
/// Lines of it, comments among them.
pub const BACKUP_LINES_MAX: usize = 170 * 1_024;
/// Bad lines of it that are told one by one.
pub const BACKUP_BAD_LINES_MAX: usize = 40;
/// Bytes of a file from which the passphrase of a backup is read.
pub const PASSPHRASE_FILE_BYTES_MAX: usize = 1_024;
/// How long a backup that was looked at waits for somebody to say that it is to be restored.
pub const RESTORE_WAITS_MS: u64 = 10 * MINUTE_MS;
/// How long the button is held, in ms, until somebody is taken to stand in front of the box.
pub const BUTTON_HELD_MS: u64 = 3 * SECOND_MS;
/// Characters of a token in a cookie or a form; anything longer is none.
pub const TOKEN_CHARS_MAX: usize = 64;

/// Bytes of a socket's receive buffer: ears for a storm of a thousand phones and some.
pub const RECEIVE_BUFFER_BYTES: usize = 8 * 1024 * 1024;
/// Bytes of a datagram that is read; more than any phone sends.
pub const DATAGRAM_BYTES_MAX: usize = 65_536;
/// Datagrams taken from one socket before the others get their turn.
pub const DATAGRAMS_A_TURN_MAX: usize = 2_048;
/// Rounds through the sockets that are ready before something else gets its turn.
pub const ROUNDS_A_TURN_MAX: usize = 64;
/// Datagrams and answers that may wait for flash; a storm of a thousand phones needs a few each.
pub const HELD_MAX: usize = 16_384;
/// How long nothing is accepted after an error, such as being out of descriptors.
pub const ACCEPT_AGAIN_MS: u64 = 20;

/// SIP connections of the LAN at the same time; as many as there are handsets, and some.
pub const STREAMS_MAX: usize = 1_100;
/// SIP connections of the WAN at the same time; strangers there take no place of the LAN's.
pub const STREAMS_WAN_MAX: usize = 512;
/// SIP connections of one address of the LAN at the same time.
pub const STREAMS_PER_SOURCE_MAX: usize = 8;
/// The same of the WAN: behind one address there may be a branch office.
pub const STREAMS_WAN_PER_SOURCE_MAX: usize = 48;
/// SIP connections of one network port that may wait to be accepted; all phones may come in the
/// same moment.
pub const STREAM_BACKLOG: u32 = 2_048;
/// The first SIP message of a connection has to begin within this time.
pub const STREAM_FIRST_MS: u64 = 30 * SECOND_MS;
/// A SIP message that has begun has to be whole within this time.
pub const STREAM_MESSAGE_MS: u64 = 10 * SECOND_MS;
/// Between two SIP messages there is at most this time; a registration's, twice.
pub const STREAM_IDLE_MS: u64 = 2 * EXPIRES_MAX_S as u64 * SECOND_MS;
/// Who takes nothing of what he is sent for so long is gone.
pub const STREAM_WRITE_MS: u64 = 10 * SECOND_MS;
/// SIP messages that may wait to be sent on one connection.
pub const STREAM_OUTBOX_MAX: usize = 16;
/// Bytes read from a SIP connection at once.
pub const STREAM_PIECE_BYTES: usize = 1_024;
/// SIP messages of all connections that may wait for the loop.
pub const SPOKEN_MAX: usize = 256;

/// HTTP connections at the same time; as many as there are handsets, and some browsers.
pub const VISITS_MAX: usize = 1_100;
/// HTTP connections of one address at the same time.
pub const VISITS_PER_SOURCE_MAX: usize = 16;
/// HTTP connections of one network port that may wait to be accepted, likewise.
pub const HTTP_BACKLOG: u32 = 2_048;
/// How often HTTP connections are looked at; any of their times may be so much longer.
pub const HTTP_TICK_MS: u64 = SECOND_MS;
/// An HTTP connection on which nothing is asked is closed after this time.
pub const HTTP_IDLE_MS: u64 = 15 * SECOND_MS;
/// The head of an HTTP request has to be whole within this time.
pub const HTTP_HEAD_MS: u64 = 10 * SECOND_MS;
/// The body of an HTTP request has to be whole within this time.
pub const HTTP_BODY_MS: u64 = 10 * SECOND_MS;
/// An HTTP request has to be answered, and the answer taken, within this time.
pub const HTTP_REQUEST_MS: u64 = 30 * SECOND_MS;
/// Bytes of the head of an HTTP request.
pub const HTTP_HEAD_BYTES_MAX: usize = 16 * 1_024;
/// Bytes of an HTTP User-Agent that are looked at.
pub const USER_AGENT_BYTES_MAX: usize = 256;
/// Questions of HTTP that may wait for the loop; more make HTTP wait, not the loop.
pub const QUESTIONS_MAX: usize = 2_048;

/// HTTP connections at the same time while there is no state and only its page is served.
pub const RECOVERY_VISITS_MAX: usize = 32;
/// Such connections of one address.
pub const RECOVERY_VISITS_PER_SOURCE_MAX: usize = 4;
/// Such connections that may wait to be accepted.
pub const RECOVERY_BACKLOG: u32 = 64;
/// Such a connection as a whole is over after this time.
pub const RECOVERY_VISIT_MS: u64 = 30 * SECOND_MS;
/// One by which the partition is downloaded is over after this time.
pub const RECOVERY_DOWNLOAD_MS: u64 = 600 * SECOND_MS;
/// Bytes of a form of that page.
pub const RECOVERY_FORM_BYTES_MAX: usize = 4 * 1_024;

/// How long changed settings of the network are on trial, from the start with them, unless the
/// board says otherwise: whoever reaches the box by its new address has to say so before.
pub const NETWORK_CONFIRM_MS: u64 = 5 * MINUTE_MS;
/// The least and the most that a board may say instead, in seconds.
pub const NETWORK_CONFIRM_S: core::ops::RangeInclusive<u32> = 10..=3_600;
/// How long the answer has to leave before the daemon is started anew.
pub const LEAVE_MS: u64 = SECOND_MS;

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

/// How long newcomers wait at most for the box to find out, on a LAN where it has given no lease
/// yet, whether another DHCP server is there; some ask by ping for three seconds before they offer.
pub const LOOK_MS: u64 = 4 * SECOND_MS;
/// DISCOVERs that the box sends at the start to find other servers.
pub const LOOKS_AT_START: u8 = 3;
/// How long it waits between these.
pub const LOOK_AGAIN_MS: u64 = 1_500;
/// How long it counts that it found nobody on such a LAN; a phone that got no answer asks again
/// within that time (RFC 2131 section 4.1).
pub const LOOKED_FRESH_MS: u64 = 70 * SECOND_MS;
/// How often it looks for them afterwards.
pub const LOOK_EVERY_MS: u64 = 10 * MINUTE_MS;
/// How long a server that was there before the box may be silent before it counts as gone.
pub const ELDER_GONE_MS: u64 = 24 * HOUR_MS;
/// Servers remembered on flash that were there before the box.
pub const ELDERS_MAX: usize = 4;
/// Other DHCP servers that are shown.
pub const OTHERS_MAX: usize = 8;

/// Heading of a record on flash, in bytes, and what its length is rounded up to; the journal's.
pub const RECORD_HEADING_BYTES: u64 = 12;
/// What the length of a record is rounded up to, in bytes.
pub const RECORD_ALIGN_BYTES: u64 = 4;
/// What a remembered address takes on flash, in bytes.
pub const ADDRESS_RECORD_BYTES: u64 = 24;
/// What the facts about the site take on flash at most, in bytes: switches, password, keys of the
/// backups and of Plug-and-Play, numbering, the install PIN, the network as it is kept and as it is
/// proposed, how DHCP is served, and how remote phones reach the box.
pub const SITE_RECORD_BYTES_MAX: u64 = 800 + 16 + 80 + ELDERS_MAX as u64 * 28;
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

/// Characters of user and password by which a phone says who it is, as they are sent.
pub const CREDENTIALS_CHARS_MAX: usize = 512;

const _: () = assert!(CHAIN_BYTES_MAX * 8 / 5 + 256 <= BACKUP_LINE_BYTES_MAX);
const _: () = assert!(PRIVATE_KEY_BYTES_MAX <= CHAIN_BYTES_MAX);
const _: () = assert!(CERTIFICATE_FILE_BYTES_MAX > 2 * (CHAIN_BYTES_MAX + PRIVATE_KEY_BYTES_MAX));
const _: () = assert!(ADDRESSES_MAX >= HANDSETS_MAX);
// Nobody makes the box forget that a user was guessed at by guessing at others.
const _: () = assert!(GUESSERS_MAX >= USERS_MAX && GUESSERS_MAX >= HANDSETS_MAX);
const _: () = assert!(PIN_DIGITS_MIN <= PIN_DIGITS_DRAWN && PIN_DIGITS_DRAWN <= PIN_DIGITS_MAX);
// Guesses at codes that are dialled find one in less than a thousand times; and of a PIN that is
// drawn nobody finds a hundredth part in a week of guessing.
const CODES: u64 = 10u64.pow(CLAIM_CODE_DIGITS as u32);
const _: () = assert!(CLAIM_CODES_MAX as u64 * CLAIM_CODES_WRONG_MAX as u64 <= CODES / 1_000);
const _: () = assert!(7 * 24 * 3_600 / PIN_WAIT_MAX_S <= 10u64.pow(PIN_DIGITS_DRAWN as u32) / 100);
const _: () = assert!(DEVICES_MAX >= HANDSETS_MAX);
// A value and its layer stand in one line, sealed and spelt in letters of five bits.
const _: () = assert!(SETTING_BYTES_MAX * 8 / 5 + 256 <= BACKUP_LINE_BYTES_MAX);
// So do the own changes of a handset.
const _: () = assert!(OWN_FILE_BYTES_MAX * 8 / 5 + 512 <= BACKUP_LINE_BYTES_MAX);
// What is taken off the line of an upload has all of the largest that is kept.
const _: () = assert!(OWN_FILE_BYTES_MAX <= LOG_BYTES_MAX && LOG_BYTES_MAX <= UPLOAD_BYTES_MAX);
// All that there can be, a line each, and as many comments; and of templates that are nothing but
// line breaks a line each.
const _: () = assert!(
    BACKUP_LINES_MAX
        >= 2 * (HANDSETS_MAX * (1 + LINES_MAX)
            + ADDRESSES_MAX
            + USERS_MAX
            + SETTING_VALUES_MAX
            + SIGNS_MAX
            + OWN_FILES_OF_HANDSET_MAX * HANDSETS_MAX
            + 2 * TEMPLATES_MAX)
            + TEMPLATES_BYTES_MAX
);
const _: () = assert!(TRANSFER_BYTES_MAX >= TRANSFERS_PER_SOURCE_MAX * FILE_BYTES_MAX);
const _: () = assert!(TRANSFER_BYTES_MAX >= TRANSFERS_PER_SOURCE_MAX * BOOK_BYTES_MAX);
// What is sent again at once fits what one call may queue.
const _: () = assert!(TRANSFERS_A_TICK_MAX * (TFTP_WINDOW_MAX as usize + 2) <= OUTPUTS_MAX);
const _: () = assert!(TFTP_WINDOW_MAX as usize * TFTP_BLOCK_BYTES_MAX as usize <= TFTP_PIECE_BYTES);
// What is on its way to all who fetch firmware over HTTP, a piece read and one being sent each.
const _: () = assert!(FIRMWARE_READERS_MAX * 2 * FIRMWARE_PIECE_BYTES <= 4 * 1_024 * 1_024);
const _: () = assert!(EXPIRES_MIN_S < EXPIRES_MAX_S);
// Whoever waits does not wait for one whose answer may still come.
const _: () = assert!(RESYNC_SLOT_MS > 32 * SECOND_MS && RESYNC_SLOT_MS <= RESYNC_COMES_MS);
const _: () = assert!(OFFER_MS < LEASE_OTHER_S as u64 * SECOND_MS && PROBE_WAIT_MS < OFFER_MS);
const _: () = assert!(PROBES_MAX <= PROBED_AHEAD_MAX);
// A whole pool is probed again, some at a time and looked after once a minute, before it is stale.
const _: () = assert!(PROBE_AGAIN_MS + 5 * MINUTE_MS <= PROBE_FRESH_MS);
const _: () = assert!(FORGOTTEN_AT_ONCE <= DEVICES_MAX - HANDSETS_MAX);
const _: () = assert!(STRANGERS_SHOWN_MAX <= STRANGERS_IN_VIEW_MAX);
// Both fit an Ethernet frame, with the headings of IP, UDP and, of the second, TFTP.
const _: () = assert!(28 + DHCP_REPLY_BYTES_MAX <= 1_500);
const _: () = assert!(28 + 4 + TFTP_BLOCK_BYTES_MAX as usize <= 1_500);
// Every handset may hold a connection to register by, and fetch its file by another.
const _: () = assert!(STREAMS_MAX >= HANDSETS_MAX && VISITS_MAX >= HANDSETS_MAX);
const _: () = assert!(STREAM_BACKLOG >= HANDSETS_MAX as u32 && HTTP_BACKLOG >= HANDSETS_MAX as u32);
// One address alone never takes a tenth of the places.
const _: () = assert!(STREAMS_WAN_PER_SOURCE_MAX * 10 <= STREAMS_WAN_MAX);
const _: () = assert!(STREAMS_PER_SOURCE_MAX * 10 <= STREAMS_MAX);
const _: () = assert!(VISITS_PER_SOURCE_MAX * 10 <= VISITS_MAX);
// Whoever holds a connection has one question at a time, and its answer may wait for flash.
const _: () = assert!(QUESTIONS_MAX >= VISITS_MAX && HELD_MAX >= OUTPUTS_MAX + VISITS_MAX);
// A phone that says nothing between two registrations stays connected.
const _: () = assert!(STREAM_IDLE_MS > EXPIRES_MAX_S as u64 * SECOND_MS);
const _: () = assert!(STREAM_MESSAGE_MS < STREAM_FIRST_MS && STREAM_FIRST_MS < STREAM_IDLE_MS);
// Whoever waited for his turn in vain is still told so.
const _: () = assert!(PASSWORD_TURN_MS < HTTP_REQUEST_MS);
// A request takes its body's time before it can be answered.
const _: () = assert!(HTTP_HEAD_MS < HTTP_REQUEST_MS && HTTP_BODY_MS < HTTP_REQUEST_MS);
const _: () = assert!(HTTP_TICK_MS <= HTTP_HEAD_MS && HTTP_TICK_MS <= HTTP_IDLE_MS);
// Nothing larger comes by TCP than could have come by UDP.
const _: () = assert!(STREAM_BYTES_MAX <= DATAGRAM_BYTES_MAX);
const _: () = assert!((STREAMS_MAX + STREAMS_WAN_MAX) * STREAM_BYTES_MAX <= 32 * 1024 * 1024);
const _: () = assert!(VISITS_MAX * HTTP_HEAD_BYTES_MAX <= 32 * 1024 * 1024);
// All of it open at once is what a kernel grants a process that does not ask for more: eight
// sockets for each network port, one for each transfer and connection, and a few for the rest.
const _: () = assert!(
    8 * INTERFACES_MAX + TRANSFERS_MAX + STREAMS_MAX + STREAMS_WAN_MAX + VISITS_MAX + 64 <= 4_096
);

/// Bytes that one SIP connection can make the box hold while a message is not whole.
const STREAM_BYTES_MAX: usize = HEADER_MAX + BODY_MAX + STREAM_PIECE_BYTES;

/// Bytes of the source of one template of an admin's own.
pub const TEMPLATE_BYTES_MAX: usize = 32 * 1_024;
/// Bytes of all of them, those kept for going back among them.
pub const TEMPLATES_BYTES_MAX: usize = 128 * 1_024;
/// Phones with which a template of a backup is tried.
pub const TRIAL_PHONES_MAX: usize = 64;
/// Trials of a backup's templates begin within this time, all together.
pub const TRIALS_MS: u64 = 8 * SECOND_MS;
/// Places, each a file and a layer, that can have a template of an admin's own.
pub const TEMPLATES_MAX: usize = 64;
/// How often a template of an admin's own may fail for one phone before the phone gets the file
/// that the shipped one makes.
pub const TEMPLATE_FAILURES_MAX: u8 = 3;
/// Phones whose failures are counted; as many as there can be handsets.
pub const TEMPLATE_FAILING_MAX: usize = HANDSETS_MAX;
/// Bytes of a form with a template in it: each byte of it may come as three.
pub const TEMPLATE_FORM_BYTES_MAX: usize = 3 * TEMPLATE_BYTES_MAX + 8 * 1_024;
/// How long a change of a template that was looked at waits for somebody to apply it.
pub const TEMPLATE_WAITS_MS: u64 = 10 * MINUTE_MS;
/// Phones whose files are compared line by line before a template is applied; the others are
/// counted.
pub const REHEARSED_SHOWN_MAX: usize = 8;
/// Lines of one such comparison.
pub const REHEARSED_LINES_MAX: usize = 400;
/// Memory that the trial of a template may take beside what its process has when it begins, in
/// bytes.
pub const REHEARSAL_MEMORY_BYTES_MAX: u64 = 32 * 1_024 * 1_024;
/// CPU time that it may take, in seconds.
pub const REHEARSAL_CPU_MAX_S: u64 = 10;
/// Time on the wall that it may take, in seconds.
pub const REHEARSAL_MAX_S: u64 = 20;
/// Bytes of what is to be tried, and of what came of it.
pub const REHEARSAL_BYTES_MAX: usize = 8 * 1_024 * 1_024;
/// Compiled templates of an admin's own that are kept; as many as can be in force.
pub const COMPILED_MAX: usize = TEMPLATES_MAX;

const _: () = assert!(TEMPLATE_BYTES_MAX <= TEMPLATES_BYTES_MAX);
// Whoever waits for a trial is told how it ended.
const _: () = assert!(REHEARSAL_CPU_MAX_S < REHEARSAL_MAX_S);
const _: () = assert!(REHEARSAL_MAX_S * SECOND_MS < HTTP_REQUEST_MS);
const _: () = assert!(TRIALS_MS + REHEARSAL_MAX_S * SECOND_MS < HTTP_REQUEST_MS);
// All DISCOVERs of the start are answered before newcomers are.
const _: () = assert!((LOOKS_AT_START as u64 - 1) * LOOK_AGAIN_MS < LOOK_MS);
// Those that were there before are never pushed out by others.
const _: () = assert!(ELDERS_MAX < OTHERS_MAX);
