//! `dialtone state export` and `import`: the state as text, and a text as the state.
//!
//! An export is told from a copy, as the rest of `dialtone state` is. An import holds the flash as
//! a daemon does, so that none runs on it meanwhile. It reads the text as a whole before anything
//! is written; then the new state goes into the other bank, where the old one stays whole until the
//! last byte of the new one is there.

use super::Looked;
use crate::chip::Chip;
use crate::entropy;
use crate::flash;
use crate::mtd::Mtd;
use crate::nor_file::{NorFile, Timing};
use crate::password;
use crate::rehearsal::Rehearsals;
use crate::rendering::example_board;
use exchange::backup::{
    self, AdminPassword, BackupKey, Changes, Ground, Refused, Restored, Secrets, Summary,
};
use exchange::limits::{BACKUP_BYTES_MAX, PASSPHRASE_FILE_BYTES_MAX};
use exchange::state::{Durable, Event};
use exchange::template::{Place, Trials};
use exchange::time::{Instant, Now};
use journal::mem::MemFlash;
use journal::Flash as _;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Which secrets an export has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wanted {
    LeftOut,
    Clear,
    Sealed,
}

impl Looked {
    /// The state as text; with what is wrong, where not all of it is there.
    pub(crate) fn export(&self, wanted: Wanted) -> Result<(String, Option<String>), String> {
        let secrets = match (wanted, self.durable.backup_key()) {
            (Wanted::LeftOut, _) => Secrets::LeftOut,
            (Wanted::Clear, _) => Secrets::Clear,
            (Wanted::Sealed, Some(key)) => Secrets::Sealed(key),
            (Wanted::Sealed, None) => return Err("no backup passphrase is set".to_owned()),
        };
        Ok((backup::write(&self.durable, secrets), self.verdict().err()))
    }
}

/// Reads a text and makes it the state of a file or partition; says what that was and is.
pub(crate) fn import(
    flash: &Path,
    text: &Path,
    passphrase: Option<&Path>,
) -> Result<String, String> {
    let named = |path: &Path, why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let bytes = bounded(text, BACKUP_BYTES_MAX).map_err(|why| named(text, &why))?;
    let refused = |refused: Refused| said(text, &refused);
    let key = match (backup::recipe(&bytes).map_err(refused)?, passphrase) {
        (Some(recipe), Some(path)) => {
            let passphrase = passphrase_in(path).map_err(|why| named(path, &why))?;
            Some(password::backup_key(&passphrase, recipe).map_err(|why| why.to_string())?)
        }
        (Some(_), None) | (None, _) => None,
    };
    let unusable = |problem: pages::recovery::Problem| named(flash, &problem);
    // Held from here on; what is missing is made only when all else is known to be good.
    let held = is_there(flash).then(|| Chip::open(flash, Timing::Host)).transpose();
    let held = held.map_err(unusable)?;
    let (before, room) = match &held {
        Some(_) => {
            let looked = Looked::into(flash).map_err(unusable)?;
            looked.verdict().map_err(|why| named(flash, &why))?;
            let room = looked.journal.capacity();
            (looked.durable, room)
        }
        None => (Durable::default(), blank_room().map_err(unusable)?),
    };
    let restored = read(&bytes, key.as_ref(), &before, room).map_err(|why| match why {
        Failed::Refused(why) => said(text, &why),
        Failed::Entropy(why) => why,
    })?;
    tried(&restored).map_err(|why| named(text, &format_args!("nothing was changed. {why}")))?;
    let chip = held.map_or_else(|| Chip::open(flash, Timing::Host), Ok).map_err(unusable)?;
    let size = chip.geometry().size;
    let mut journal = flash::open(chip).map_err(unusable)?.journal;
    let records: Vec<Vec<u8>> = restored.facts.iter().map(encoded).collect();
    let written = journal.compact(&mut |keep| records.iter().for_each(|one| keep(one)));
    written.map_err(|error| named(flash, &format_args!("it could not be written: {error:?}")))?;
    Ok(format!("flash: {size} bytes\n{}", told(&restored.changes)))
}

enum Failed {
    Refused(Refused),
    Entropy(String),
}

fn read(
    bytes: &[u8],
    key: Option<&BackupKey>,
    before: &Durable,
    room: u32,
) -> Result<Restored, Failed> {
    let seed = entropy::seed()
        .map_err(|error| Failed::Entropy(format!("the kernel gives no entropy: {error}")))?;
    let ground = Ground { before, board: None, room: u64::from(room), network_stays: false };
    backup::read(bytes, key, &ground, seed).map_err(Failed::Refused)
}

/// Tries the templates of a state before it is in force, as a restore on the page does.
fn tried(restored: &Restored) -> Result<(), String> {
    let now = Now { mono: Instant(0), wall: None };
    let trials = Trials::new(example_board(), now, &restored.facts);
    if trials.is_empty() {
        return Ok(());
    }
    let stage = Rehearsals::start(None)?;
    for (Place { template, layer }, rehearsal) in trials {
        stage
            .try_out(&rehearsal)
            .map_err(|stopped| format!("Its template {template} for {layer} fails: {stopped}"))?;
    }
    Ok(())
}

/// Why nothing was changed, line by line where it is lines.
fn said(text: &Path, refused: &Refused) -> String {
    let mut said = format!("{}: nothing was changed.", text.display());
    match refused {
        Refused::Lines(bad) => {
            let _ = write!(said, "\n{}", bad.to_string().trim_end());
        }
        Refused::Foreign
        | Refused::Version(_)
        | Refused::TooLarge
        | Refused::TooManyLines
        | Refused::NoPassphrase
        | Refused::WrongPassphrase
        | Refused::NoRoom { .. } => {
            let _ = write!(said, " {refused}");
        }
    }
    said
}

/// What became of the state, a sentence a line.
fn told(changes: &Changes) -> String {
    let Changes { was, will, drawn, admin, passphrase, network_stays: _ } = changes;
    let figures = |it: &Summary| {
        format!("handsets {}, lines {}, addresses {}", it.handsets, it.lines, it.addresses)
    };
    let mut told = format!("was: {}\nis:  {}", figures(was), figures(will));
    if let Some((address, prefix)) = will.lan {
        let _ = write!(told, "\nThe LAN address is {address}/{prefix}.");
    }
    if *drawn > 0 {
        let _ = write!(
            told,
            "\nNew passwords were drawn, for handsets: {drawn}. These phones have to fetch their file \
             anew; restart them."
        );
    }
    told.push_str(match admin {
        AdminPassword::FromBackup => "\nThe admin's password is that of the text.",
        AdminPassword::Stays => "\nThe admin's password is as it was.",
        AdminPassword::First => {
            "\nThere is no admin's password: the console says a first one at the next start."
        }
    });
    if *passphrase {
        told.push_str("\nThe backup passphrase is that of the text.");
    }
    told
}

fn is_there(flash: &Path) -> bool {
    Mtd::is(flash) || flash.metadata().is_ok_and(|found| !found.is_file() || found.len() > 0)
}

/// How much fits a file that is yet to be made.
fn blank_room() -> Result<u32, pages::recovery::Problem> {
    let blank = MemFlash::new(NorFile::GEOMETRY);
    let (journal, _, _) = flash::read(blank, |_| super::OUT_OF_PLACE)?;
    Ok(journal.capacity())
}

fn encoded(event: &Event) -> Vec<u8> {
    let mut bytes = Vec::new();
    event.encode(&mut bytes);
    bytes
}

/// The bytes of a file, or a few more than may be.
fn bounded(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The first line of a file.
fn passphrase_in(path: &Path) -> Result<String, String> {
    let bytes = bounded(path, PASSPHRASE_FILE_BYTES_MAX).map_err(|error| error.to_string())?;
    if bytes.len() > PASSPHRASE_FILE_BYTES_MAX {
        return Err("it is too long for a passphrase".to_owned());
    }
    let text = String::from_utf8(bytes).map_err(|_| "this is no text in UTF-8".to_owned())?;
    let line = text.lines().next().unwrap_or_default();
    match line.is_empty() {
        true => Err("its first line is empty; the passphrase has to be there".to_owned()),
        false => Ok(line.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use exchange::backup::Recipe;
    use std::path::PathBuf;

    /// A folder that goes with its test.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            let path = std::env::temp_dir().join(format!("dialtone-{name}-{}", std::process::id()));
            let _ = std::fs::remove_dir_all(&path);
            std::fs::create_dir(&path).unwrap();
            Folder(path)
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.join(name)
        }

        fn write(&self, name: &str, text: &str) -> PathBuf {
            std::fs::write(self.path(name), text).unwrap();
            self.path(name)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn golden(name: &str) -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/state").join(name)
    }

    fn exported(flash: &Path, wanted: Wanted) -> String {
        let looked = Looked::into(flash).unwrap_or_else(|why| panic!("{why}"));
        let (text, damaged) = looked.export(wanted).unwrap();
        assert_eq!(damaged, None);
        text
    }

    /// Chooses a passphrase, hashed less slowly than a box does.
    fn choose(flash: &Path, passphrase: &str) {
        let recipe = Recipe { salt: [1; 16], memory_kib: 64, rounds: 1 };
        let key = password::backup_key(passphrase, recipe).unwrap();
        let chip = Chip::open(flash, Timing::Host).unwrap_or_else(|why| panic!("{why}"));
        let mut journal = flash::open(chip).unwrap_or_else(|why| panic!("{why}")).journal;
        journal.append(&[&encoded(&Event::BackupKeySet { key })]).unwrap();
    }

    #[test]
    fn a_text_becomes_a_state_on_flash_and_the_state_the_same_text() {
        let folder = Folder::new("import");
        let (flash, clear) = (folder.path("flash"), golden("clear.txt"));
        let told = import(&flash, &clear, None).unwrap();
        let said = "flash: 1048576 bytes\n\
            was: handsets 0, lines 0, addresses 0\n\
            is:  handsets 2, lines 3, addresses 2\n\
            The LAN address is 10.1.7.1/24.\n\
            The admin's password is that of the text.";
        assert_eq!(told, said);
        assert_eq!(exported(&flash, Wanted::Clear), std::fs::read_to_string(&clear).unwrap());
        let looked = Looked::into(&flash).unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(looked.export(Wanted::Sealed).err().unwrap(), "no backup passphrase is set");
        // The same again, onto what is there: what the text leaves out stays.
        let told = import(&flash, &golden("left-out.txt"), None).unwrap();
        assert!(told.contains("The admin's password is as it was.") && !told.contains("drawn"));
        assert_eq!(exported(&flash, Wanted::Clear), std::fs::read_to_string(&clear).unwrap());

        let other = folder.path("other");
        let told = import(&other, &golden("left-out.txt"), None).unwrap();
        assert!(told.contains("New passwords were drawn, for handsets: 2."), "{told}");
        assert!(told.contains("the console says a first one"), "{told}");
        // What a phone had stored is not known here, and nobody can draw it.
        let left_out = std::fs::read_to_string(golden("left-out.txt")).unwrap();
        let known = left_out.lines().filter(|line| !line.starts_with("own-file "));
        let known: String = known.map(|line| format!("{line}\n")).collect();
        assert_eq!(exported(&other, Wanted::LeftOut), known);
        assert_ne!(exported(&other, Wanted::Clear), exported(&flash, Wanted::Clear));
    }

    #[test]
    fn the_copy_of_a_larger_partition_takes_a_text_and_keeps_its_size() {
        let folder = Folder::new("import-4-mib");
        let (flash, clear) = (folder.path("flash"), golden("clear.txt"));
        std::fs::write(&flash, vec![0xff; 4 << 20]).unwrap();
        let told = import(&flash, &clear, None).unwrap();
        assert!(told.starts_with("flash: 4194304 bytes\nwas: handsets 0"), "{told}");
        assert_eq!(flash.metadata().unwrap().len(), 4 << 20);
        assert_eq!(exported(&flash, Wanted::Clear), std::fs::read_to_string(&clear).unwrap());
        let told = import(&flash, &clear, None).unwrap();
        assert!(told.starts_with("flash: 4194304 bytes\nwas: handsets 2"), "{told}");
    }

    #[test]
    fn sealed_passwords_are_restored_by_their_passphrase_and_by_no_other() {
        let folder = Folder::new("sealed");
        let (flash, other) = (folder.path("flash"), folder.path("other"));
        import(&flash, &golden("clear.txt"), None).unwrap();
        choose(&flash, "four blue herons");
        let sealed = folder.write("sealed.txt", &exported(&flash, Wanted::Sealed));
        let right = folder.write("right", "four blue herons\n");
        for (passphrase, said) in [
            (Some("four blue heron\n"), "It was made with another passphrase."),
            (Some("\nfour blue herons"), "its first line is empty"),
            (None, "the passphrase that it was made with is needed."),
        ] {
            let file = passphrase.map(|text| folder.write("wrong", text));
            let why = import(&other, &sealed, file.as_deref()).unwrap_err();
            assert!(why.contains(said), "{why}");
            assert!(!other.exists());
        }
        let told = import(&other, &sealed, Some(&right)).unwrap();
        assert!(told.ends_with("The backup passphrase is that of the text."), "{told}");
        for wanted in [Wanted::Clear, Wanted::Sealed] {
            assert_eq!(exported(&other, wanted), exported(&flash, wanted));
        }
    }

    #[test]
    fn a_text_with_a_template_that_fails_changes_nothing() {
        let folder = Folder::new("template");
        let flash = folder.path("flash");
        let with = |source: &str| {
            let text = format!("template for=snom/mac.htm layer=site\nsource text=\"{source}\"\n");
            folder.write("template.txt", &format!("dialtone-state 1\n{text}"))
        };
        let why = import(&flash, &with("{{ no.such }}"), None).unwrap_err();
        let said =
            "template.txt: nothing was changed. Its template snom/mac.htm for the site fails";
        assert!(why.contains(said) && !flash.exists(), "{why}");
        import(&flash, &with("plain"), None).unwrap();
        assert!(exported(&flash, Wanted::LeftOut).contains("snom/mac.htm"));
    }

    #[test]
    fn nothing_is_changed_by_a_bad_text_or_on_flash_that_is_not_free_or_not_sound() {
        let folder = Folder::new("refused");
        let flash = folder.path("flash");
        let bad = folder.write("bad.txt", "dialtone-state 1\nfoo\nline handset=1\n");
        let why = import(&flash, &bad, None).unwrap_err();
        let said = "bad.txt: nothing was changed.\n\
            line 2: `foo` is no line here; did you mean `lan`?\n\
            line 3: No line before this one makes this handset.";
        assert!(why.ends_with(said) && !flash.exists(), "{why}");
        import(&flash, &golden("clear.txt"), None).unwrap();
        let good = std::fs::read(&flash).unwrap();
        assert!(import(&flash, &bad, None).is_err());
        assert_eq!(std::fs::read(&flash).unwrap(), good);

        let held = Chip::open(&flash, Timing::Host).unwrap_or_else(|why| panic!("{why}"));
        let why = import(&flash, &golden("left-out.txt"), None).unwrap_err();
        assert!(why.ends_with("another Dialtone uses this file"), "{why}");
        drop(held);

        let begins = good.len() / 2 + 80 + 12;
        let mut damaged = good.clone();
        damaged[begins] &= 0;
        for (bytes, said) in [(damaged, "damaged at byte"), (vec![7; good.len()], "not Dialtone's")]
        {
            std::fs::write(&flash, &bytes).unwrap();
            let why = import(&flash, &golden("clear.txt"), None).unwrap_err();
            assert!(why.contains(said), "{why}");
            assert_eq!(std::fs::read(&flash).unwrap(), bytes);
        }
        let blank = vec![0xff; good.len()];
        std::fs::write(&flash, blank).unwrap();
        import(&flash, &golden("clear.txt"), None).unwrap();
    }
}
