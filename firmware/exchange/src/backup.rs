//! The state as text: what survives a power cut, a fact a line, for people, for `diff`, and for
//! another box.
//!
//! ```text
//! dialtone-state 1
//! seal memory-kib=16384 rounds=64 salt=.. check=..
//! admin password-hash=sealed:..
//! lan address=192.168.10.1/24 first=192.168.10.50 last=192.168.10.250
//! dhcp serve=phones-only
//! address mac=00:15:65:12:34:56 ip=192.168.10.50
//! handset number=1 mac=00:15:65:12:34:56 maker=yealink model="T46U" web-password=sealed:..
//! line handset=1 place=1 login=aebagbaf password=sealed:.. extension=204 name="Zoë"
//! setting layer=site name=codecs value="G722 PCMA"
//! ```
//!
//! The first line says the version. Every other one is a word for what it is about and pairs
//! `key=value`, in any order; a value with spaces stands in quotation marks. Blank lines, and those
//! that begin with `#`, say nothing. [`write()`] gives the same text for the same state, in the
//! order of the facts. [`read()`] looks at all of it before anything comes of it, and says each bad
//! line with its number.
//!
//! A secret stands there in one of three ways (see [`Secrets`]): left out, `clear:` or `sealed:`.
//! `seal` in this tree says how it is sealed. The key of the backups itself is in no text.
//!
//! Pure: nothing here opens a file, and the slow way from a passphrase to a key is the caller's.

mod bad;
mod beside;
mod certificates;
mod draft;
mod footing;
mod own;
mod parts;
mod people;
mod read;
mod rules;
mod seal;
mod settings;
mod signs;
mod templates;
#[cfg(test)]
mod tests;
mod words;
mod write;

pub use crate::secret::{BackupKey, Recipe};
pub use bad::{BadLine, BadLines, Refused, Wrong};
pub use footing::Footing;
pub use read::{read, recipe, AdminPassword, Changes, Ground, Restored, Summary};
pub use write::{write, Secrets};

/// The first word of the first line.
const TITLE: &str = "dialtone-state";
/// The version of the format that is written and read.
const VERSION: &str = "1";
