//! From a text to the facts that it stands for, or to all that is wrong with it.

use super::bad::{BadLines, Refused, Wrong};
use super::draft::Draft;
use super::seal::Sealer;
use super::words::entry;
use super::{TITLE, VERSION};
use crate::board::Board;
use crate::chance::{Chance, Seed};
use crate::limits::{BACKUP_BYTES_MAX, BACKUP_LINES_MAX};
use crate::names::text;
use crate::secret::{BackupKey, Recipe};
use crate::state::{Durable, Event};
use alloc::vec::Vec;
use core::net::Ipv4Addr;

/// Onto what a text is read.
pub struct Ground<'a> {
    /// The state that it replaces; what the text leaves out of the secrets stays as it is there.
    pub before: &'a Durable,
    /// The board, where it is known: then the network is put to its other ports as well.
    pub board: Option<&'a Board>,
    /// How many bytes all facts may take on flash.
    pub room: u64,
    /// Whether the settings of the network stay as they are, whatever the text says.
    pub network_stays: bool,
}

/// What a text stands for.
pub struct Restored {
    /// The facts of the new state, in the order in which it tells them itself.
    pub facts: Vec<Event>,
    /// What is another way then.
    pub changes: Changes,
}

/// What a text changes, without anything secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Changes {
    /// The state that it replaces.
    pub was: Summary,
    /// The new state.
    pub will: Summary,
    /// For how many handsets a password was drawn, since it was left out and not known here.
    pub drawn: usize,
    /// Which password an admin logs in with.
    pub admin: AdminPassword,
    /// Whether the passphrase of the backups is from now on that of this one.
    pub passphrase: bool,
    /// Whether the settings of the network stay as they are, whatever the text says.
    pub network_stays: bool,
}

/// Which password an admin logs in with on the new state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AdminPassword {
    /// The one of the text.
    FromBackup,
    /// The one of this box, as before.
    Stays,
    /// Neither has one: a first one is drawn when the box starts.
    First,
}

/// A state in figures.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Summary {
    /// How many handsets there are.
    pub handsets: usize,
    /// How many lines they have together.
    pub lines: usize,
    /// How many devices have an address.
    pub addresses: usize,
    /// The LAN address and the bits of its network part, where an admin set and kept one.
    pub lan: Option<(Ipv4Addr, u8)>,
    /// Whether settings of the network are on trial.
    pub on_trial: bool,
}

impl Summary {
    /// The figures of a state.
    pub fn of(durable: &Durable) -> Summary {
        let lan = durable.network_kept().lan.as_ref();
        Summary {
            handsets: durable.handsets().count(),
            lines: durable.handsets().map(|(_, handset)| handset.lines.len()).sum(),
            addresses: durable.addresses_len(),
            lan: lan.map(|lan| (lan.address, lan.prefix)),
            on_trial: durable.network_is_proposed(),
        }
    }
}

/// The line that says how secrets are sealed, and the key that is right for it.
pub(super) struct Opened<'a> {
    pub(super) at: usize,
    pub(super) key: &'a BackupKey,
    pub(super) sealer: Sealer,
}

/// How the passphrase of a text is made into its key; `None` where nothing in it is sealed.
pub fn recipe(text: &[u8]) -> Result<Option<Recipe>, Refused> {
    Ok(seal(text)?.map(|(_, recipe, _)| recipe))
}

/// Reads a whole text. `key` is what its passphrase makes by its [`recipe`]. Secrets that are
/// neither in the text nor in the state before are drawn from `seed`.
pub fn read(
    text: &[u8],
    key: Option<&BackupKey>,
    ground: &Ground<'_>,
    seed: Seed,
) -> Result<Restored, Refused> {
    let opened = match (seal(text)?, key) {
        (None, _) => None,
        (Some(_), None) => return Err(Refused::NoPassphrase),
        (Some((at, recipe, check)), Some(key)) => {
            let sealer = Sealer::new(key);
            if key.recipe != recipe || !sealer.is_right(&check) {
                return Err(Refused::WrongPassphrase);
            }
            Some(Opened { at, key, sealer })
        }
    };
    let (mut draft, mut bad) = (Draft::default(), BadLines::default());
    for (at, line) in body(text)? {
        let read = entry(line);
        let taken = read.and_then(|entry| match entry {
            Some(entry) => draft.take(at, entry, opened.as_ref()),
            None => Ok(()),
        });
        if let Err(wrong) = taken {
            bad.add(at, wrong);
        }
    }
    draft.check(&mut bad, ground);
    bad.refused()?;
    let admin = match (draft.has_hash(), ground.before.admin_password()) {
        (true, _) => AdminPassword::FromBackup,
        (false, Some(_)) => AdminPassword::Stays,
        (false, None) => AdminPassword::First,
    };
    let (facts, drawn) = draft.facts(ground, opened.as_ref(), &mut Chance::new(seed));
    let mut durable = Durable::default();
    facts.iter().for_each(|fact| durable.apply(fact));
    let bytes = durable.record_bytes();
    if bytes > ground.room {
        return Err(Refused::NoRoom { bytes, room: ground.room });
    }
    let changes = Changes {
        was: Summary::of(ground.before),
        will: Summary::of(&durable),
        drawn,
        admin,
        passphrase: opened.is_some(),
        network_stays: ground.network_stays,
    };
    Ok(Restored { facts: durable.facts().collect(), changes })
}

/// The lines behind the first, with their numbers counted from 1.
fn body(bytes: &[u8]) -> Result<impl Iterator<Item = (usize, &[u8])>, Refused> {
    if bytes.len() > BACKUP_BYTES_MAX {
        return Err(Refused::TooLarge);
    }
    // Some editors begin a text with a mark of its encoding.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let lines = bytes.split(|byte| *byte == b'\n');
    // What ends the last line begins none.
    let ended = usize::from(bytes.ends_with(b"\n"));
    let mut lines = (1..).zip(lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line)));
    if lines.clone().nth(BACKUP_LINES_MAX + ended).is_some() {
        return Err(Refused::TooManyLines);
    }
    let title = lines.next().map(|(_, line)| line.trim_ascii()).unwrap_or_default();
    let title = core::str::from_utf8(title).unwrap_or_default();
    match title.split_once(' ') {
        Some((TITLE, VERSION)) => Ok(lines),
        Some((TITLE, version)) => Err(Refused::Version(text(version))),
        Some(_) | None => Err(Refused::Foreign),
    }
}

/// The line that says how secrets are sealed: its number, the way from passphrase to key, and what
/// tells whether a key is right.
fn seal(text: &[u8]) -> Result<Option<(usize, Recipe, alloc::string::String)>, Refused> {
    for (at, line) in body(text)? {
        let Ok(Some(mut entry)) = entry(line) else { continue };
        if entry.kind != "seal" {
            continue;
        }
        let mut read = || {
            entry.knows(&["memory-kib", "rounds", "salt", "check"])?;
            Ok((entry.recipe()?, entry.want("check")?.into_owned()))
        };
        return match read() {
            Ok((recipe, check)) => Ok(Some((at, recipe, check))),
            Err(wrong) => Err(alone(at, wrong)),
        };
    }
    Ok(None)
}

fn alone(at: usize, wrong: Wrong) -> Refused {
    let mut bad = BadLines::default();
    bad.add(at, wrong);
    Refused::Lines(bad)
}
