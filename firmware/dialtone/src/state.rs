//! `dialtone state`: what a state on flash holds and whether it is sound, told from a copy; and as
//! text, out and in.
//!
//! Works on a partition and on a file, also while a daemon uses it: nothing is written, no lock is
//! taken, and what a start would mend (a torn tail) is mended in the copy only. Only an import
//! writes, and needs the flash for itself. No secret is told but to whoever asks for it in words.

mod text;

pub(crate) use text::{import, Wanted};

use crate::chip;
use crate::flash;
use crate::mtd::Mtd;
use crate::nor_file::NorFile;
use exchange::limits::{ADDRESSES_MAX, HANDSETS_MAX};
use exchange::state::Durable;
use journal::mem::MemFlash;
use journal::{Damage, Geometry, Journal, Mounted};
use pages::recovery::Problem;
use std::fmt::Write as _;
use std::io;
use std::path::Path;

/// A copy in memory fails only where it is asked for what lies outside of it.
const OUT_OF_PLACE: Problem = Problem::Fault { said: "the copy ends too early" };

/// A state that was read from a copy.
pub(crate) struct Looked {
    geometry: Geometry,
    journal: Journal<MemFlash>,
    durable: Durable,
    found: Mounted,
    /// Blocks of the other bank that are not erased yet.
    to_erase: u32,
}

impl Looked {
    /// Reads what a path names, or says why it holds no state that can be read.
    pub(crate) fn into(path: &Path) -> Result<Looked, Problem> {
        let (geometry, image) = image(path)?;
        let copy = MemFlash::holding(geometry, &image);
        let (mut journal, durable, found) = flash::read(copy, |_| OUT_OF_PLACE)?;
        // A start leaves the other bank for later; whoever looks here looks at all of it.
        let to_erase = journal.look().map_err(|_| OUT_OF_PLACE)?;
        Ok(Looked { geometry, journal, durable, found, to_erase })
    }

    /// The state alone.
    pub(crate) fn into_durable(self) -> Durable {
        self.durable
    }

    /// How many bytes of the bank in use are taken, and how many there are.
    pub(crate) fn used(&self) -> (u32, u32) {
        (self.journal.used(), self.journal.capacity())
    }

    /// What it holds, a fact a line.
    pub(crate) fn stat(&self) -> String {
        let Looked { geometry, durable, found, .. } = self;
        let (used, bank) = self.used();
        let lines: usize = durable.handsets().map(|(_, handset)| handset.lines.len()).sum();
        let named = durable.handsets().flat_map(|(_, handset)| &handset.lines);
        let named = named.filter(|line| line.extension.is_some()).count();
        let mut text = String::new();
        let mut fact = |name: &str, value: std::fmt::Arguments<'_>| {
            let _ = writeln!(text, "{name:<12}{value}");
        };
        fact("flash", format_args!("{} bytes, blocks of {}", geometry.size, geometry.erase_block));
        fact("bank", format_args!("{used} bytes used, {} free", bank.saturating_sub(used)));
        fact("other bank", format_args!("{} blocks to be erased", self.to_erase));
        fact("generation", format_args!("{}", found.generation));
        fact("records", format_args!("{} with {} bytes of facts", found.records, found.bytes));
        fact("anew", format_args!("{} bytes at most", durable.record_bytes()));
        fact("handsets", format_args!("{} of {HANDSETS_MAX}", durable.handsets().count()));
        fact("lines", format_args!("{lines}, {named} with an extension"));
        fact("addresses", format_args!("{} of {ADDRESSES_MAX}", durable.addresses_len()));
        fact("verdict", format_args!("{}", self.verdict().unwrap_or_else(|why| why)));
        text
    }

    /// Whether it is sound: in words either way.
    pub(crate) fn verdict(&self) -> Result<String, String> {
        let Mounted { records, torn_tail, damaged, formatted, .. } = &self.found;
        if let Some(Damage { at, sequence: _, in_snapshot }) = damaged {
            let state = if *in_snapshot { "; what they make was never in force" } else { "" };
            return Err(format!(
                "damaged at byte {at}: the {records} records before it are proven good{state}"
            ));
        }
        if *formatted {
            return Ok("blank: a first start makes an empty state of it".to_owned());
        }
        let torn = if *torn_tail { "; the last write was cut off, and is dropped" } else { "" };
        Ok(format!("good: {records} records{torn}"))
    }
}

/// The bytes of a partition or file, and how they are divided. Nothing else is read, and nothing
/// that is larger than it may be.
pub(crate) fn image(path: &Path) -> Result<(Geometry, Vec<u8>), Problem> {
    let fault = |error: io::Error| chip::fault(&error);
    if Mtd::is(path) {
        let geometry = Mtd::look(path).map_err(fault)?;
        return Ok((geometry, std::fs::read(path).map_err(fault)?));
    }
    let there = path.metadata().map_err(fault)?;
    if !there.is_file() {
        return Err(Problem::NotFlash);
    }
    let other = Problem::FileSize { bytes: there.len() };
    NorFile::sized(there.len()).ok_or(other)?;
    let image = std::fs::read(path).map_err(fault)?;
    Ok((NorFile::divided(&image).ok_or(other)?, image))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chip::Chip;
    use crate::nor_file::Timing;
    use exchange::state::Event;
    use std::path::PathBuf;

    /// A file with one address in it, removed with the test.
    struct Own(PathBuf);

    impl Own {
        fn new(name: &str) -> Own {
            let path = std::env::temp_dir().join(format!("dialtone-{name}-{}", std::process::id()));
            let _ = std::fs::remove_file(&path);
            Own(path)
        }

        fn with_one_address(name: &str) -> Own {
            let own = Own::new(name);
            let chip = Chip::open(&own.0, Timing::Host).unwrap_or_else(|why| panic!("{why}"));
            let mut journal = flash::open(chip).unwrap_or_else(|why| panic!("{why}")).journal;
            for last in 1..=3 {
                let mut record = Vec::new();
                Event::AddressGiven { mac: [2; 6], address: [10, 0, 0, last] }.encode(&mut record);
                journal.append(&[&record]).unwrap();
            }
            own
        }

        fn looked(&self) -> Result<Looked, Problem> {
            Looked::into(&self.0)
        }
    }

    impl Drop for Own {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    #[test]
    fn a_state_is_told_fact_by_fact_and_left_as_it_is() {
        let own = Own::with_one_address("stat");
        let before = std::fs::read(&own.0).unwrap();
        let looked = own.looked().unwrap_or_else(|why| panic!("{why}"));
        let told = looked.stat();
        for line in [
            "flash       1048576 bytes, blocks of 4096",
            "other bank  2 blocks to be erased",
            "generation  1",
            "records     3 with 33 bytes of facts",
            "handsets    0 of 1024",
            "lines       0, 0 with an extension",
            "addresses   1 of 4096",
            "verdict     good: 3 records",
        ] {
            assert!(told.lines().any(|it| it == line), "{line:?} is not in\n{told}");
        }
        assert_eq!(std::fs::read(&own.0).unwrap(), before);
    }

    #[test]
    fn a_cut_tail_is_good_and_damage_before_good_records_is_not() {
        let own = Own::with_one_address("verify");
        let whole = std::fs::read(&own.0).unwrap();
        let end = whole.iter().rposition(|byte| *byte != 0xff).unwrap();
        let mut torn = whole.clone();
        torn[end - 4] &= 0;
        std::fs::write(&own.0, &torn).unwrap();
        let verdict = own.looked().unwrap_or_else(|why| panic!("{why}")).verdict();
        let said = "good: 2 records; the last write was cut off, and is dropped";
        assert_eq!(verdict, Ok(said.to_owned()));
        let mut damaged = whole;
        damaged[80 + 13] &= 0;
        std::fs::write(&own.0, &damaged).unwrap();
        let verdict = own.looked().unwrap_or_else(|why| panic!("{why}")).verdict();
        let said = "damaged at byte 80: the 0 records before it are proven good";
        assert_eq!(verdict, Err(said.to_owned()));
    }

    /// What a board with 4 MiB and larger erase blocks holds after a year or so.
    fn of_a_board(erase_block: u32) -> Vec<u8> {
        let geometry = Geometry { size: 4 << 20, erase_block, page: 256 };
        let (mut journal, _) = Journal::mount(MemFlash::new(geometry), &mut |_| {}).unwrap();
        let given = |last| Event::AddressGiven { mac: [2; 6], address: [10, 0, 0, last] };
        for last in 1..=3 {
            let mut record = Vec::new();
            given(last).encode(&mut record);
            journal.compact(&mut |keep| keep(&record)).unwrap();
        }
        journal.into_flash().bytes().to_vec()
    }

    #[test]
    fn the_copy_of_a_boards_partition_is_read_whatever_its_size() {
        let own = Own::new("copy-of-4-mib");
        for erase_block in [4_096, 65_536] {
            std::fs::write(&own.0, of_a_board(erase_block)).unwrap();
            let looked = own.looked().unwrap_or_else(|why| panic!("{why}"));
            let told = looked.stat();
            assert!(told.starts_with("flash       4194304 bytes, blocks of 4096\n"), "{told}");
            assert!(told.contains("generation  4\nrecords     1 with 11 bytes"), "{told}");
            assert_eq!(looked.verdict(), Ok("good: 1 records".to_owned()));
            let (text, damaged) = looked.export(Wanted::Clear).unwrap();
            assert!(text.contains("10.0.0.3") && damaged.is_none(), "{text}");
        }
        // Half of it is the state of another size.
        std::fs::write(&own.0, &of_a_board(4_096)[..2 << 20]).unwrap();
        assert!(own.looked().is_err());
    }

    fn facts(durable: &Durable) -> Vec<Vec<u8>> {
        durable.facts().map(|fact| encoded(&fact)).collect()
    }

    /// What a chip of 1 MiB holds that has lost these blocks in some years, and what that means.
    fn of_a_worn_chip(erase_block: u32, lost: &[u32]) -> (MemFlash, Vec<Vec<u8>>) {
        let geometry = Geometry { size: 1 << 20, erase_block, page: 256 };
        let mut flash = MemFlash::new(geometry);
        lost.iter().for_each(|block| flash.wear_out(*block));
        let (mut journal, _) = Journal::mount(flash, &mut |_| {}).unwrap();
        let mut durable = Durable::default();
        let mut record = Vec::new();
        for turn in 0..=6 {
            // The last bank stays two thirds full.
            let room = if turn == 6 { journal.room() / 3 } else { 100 };
            for no in 0u32.. {
                if journal.room() < room {
                    break;
                }
                let [.., high, low] = (no % 400).to_be_bytes();
                let address = [10, turn, high, low];
                let event = Event::AddressGiven { mac: [2, 0, 0, 0, high, low], address };
                record.clear();
                event.encode(&mut record);
                durable.apply(&event);
                journal.append(&[&record]).unwrap();
            }
            if turn < 6 {
                let facts = facts(&durable);
                journal.compact(&mut |keep| facts.iter().for_each(|fact| keep(fact))).unwrap();
            }
        }
        assert_eq!(journal.retired() as usize, lost.len());
        (journal.into_flash(), facts(&durable))
    }

    fn encoded(event: &Event) -> Vec<u8> {
        let mut bytes = Vec::new();
        event.encode(&mut bytes);
        bytes
    }

    #[test]
    fn the_copy_of_a_chip_that_has_lost_blocks_is_divided_as_the_chip_is() {
        for erase_block in [4_096, 32_768, 65_536] {
            let blocks = (1 << 20) / erase_block;
            let half = blocks / 2;
            for lost in [&[][..], &[0], &[half], &[3, half + 2], &[1, 2, half, half + 1]] {
                let own = Own::new("worn");
                let (flash, wanted) = of_a_worn_chip(erase_block, lost);
                std::fs::write(&own.0, flash.bytes()).unwrap();
                let looked = own.looked().unwrap_or_else(|why| panic!("{why}"));
                let told = looked.stat();
                let first = format!("flash       1048576 bytes, blocks of {erase_block}\n");
                assert!(told.starts_with(&first), "{lost:?} of {erase_block}: {told}");
                assert!(looked.verdict().is_ok_and(|said| said.starts_with("good: ")), "{told}");
                assert_eq!(facts(&looked.durable), wanted);
                // What is written to the copy can be read of the chip.
                let chip = Chip::open(&own.0, Timing::Host).unwrap_or_else(|why| panic!("{why}"));
                let mut journal = flash::open(chip).unwrap_or_else(|why| panic!("{why}")).journal;
                let given = Event::AddressGiven { mac: [4; 6], address: [10, 9, 9, 9] };
                journal.compact(&mut |keep| keep(&encoded(&given))).unwrap();
                drop(journal);
                let geometry = Geometry { size: 1 << 20, erase_block, page: 256 };
                let copy = MemFlash::holding(geometry, &std::fs::read(&own.0).unwrap());
                let mut found = Vec::new();
                Journal::mount(copy, &mut |record| found.push(record.to_vec())).unwrap();
                assert_eq!(found, [encoded(&given)]);
            }
        }
    }

    #[test]
    fn what_is_no_state_is_named() {
        let own = Own::new("none");
        let missing = own.looked().err().map(|why| why.to_string());
        assert_eq!(missing.as_deref(), Some("it cannot be read (No such file or directory)"));
        assert_eq!(Looked::into(Path::new("/dev/zero")).err(), Some(Problem::NotFlash));
        std::fs::write(&own.0, [7; 100]).unwrap();
        assert_eq!(own.looked().err(), Some(Problem::FileSize { bytes: 100 }));
        std::fs::write(&own.0, vec![7; NorFile::GEOMETRY.size as usize]).unwrap();
        assert_eq!(own.looked().err(), Some(Problem::Foreign));
        std::fs::write(&own.0, vec![0xff; NorFile::GEOMETRY.size as usize]).unwrap();
        let blank = own.looked().unwrap_or_else(|why| panic!("{why}"));
        assert!(blank.verdict().is_ok_and(|said| said.starts_with("blank")));
    }
}
