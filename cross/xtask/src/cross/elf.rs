//! What must be true of the daemon's headers, read from the file itself.
//!
//! ELF for 32-bit ARM as the "ELF for the Arm Architecture" and the generic ABI describe it: the
//! file header, the program headers (who asks for an interpreter is not static) and the section
//! headers (who has a table of symbols is not stripped). Not looked at: what is in the sections.

use super::build::Symbols;

const ARM: u16 = 40;
const EXECUTABLE: u16 = 2;
const RELOCATABLE_EXECUTABLE: u16 = 3;
const EABI: u32 = 0xFF00_0000;
const EABI_5: u32 = 0x0500_0000;
const HARD_FLOAT: u32 = 0x400;
const INTERPRETER: u32 = 3;
const SYMBOL_TABLE: u32 = 2;

/// What a file should be and is not; none where it is what the box runs.
pub(super) fn faults(bytes: &[u8], symbols: Symbols) -> Vec<&'static str> {
    let Some(header) = Header::read(bytes) else {
        return vec!["an ELF file of 32 bits, lowest byte first"];
    };
    let interpreted = header.segments.contains(&INTERPRETER);
    let named = header.sections.contains(&SYMBOL_TABLE);
    let wanted = [
        (matches!(header.kind, EXECUTABLE | RELOCATABLE_EXECUTABLE), "a program"),
        (header.machine == ARM, "for ARM"),
        (header.flags & EABI == EABI_5, "of the EABI, version 5"),
        (header.flags & HARD_FLOAT != 0, "with hardware floating point"),
        (!header.segments.is_empty() && !interpreted, "static"),
        (named == (symbols == Symbols::Kept), symbols.wanted()),
    ];
    wanted.into_iter().filter(|it| !it.0).map(|it| it.1).collect()
}

impl Symbols {
    fn wanted(self) -> &'static str {
        match self {
            Symbols::Stripped => "stripped",
            Symbols::Kept => "with symbols",
        }
    }
}

/// The parts of the headers that are asked about.
struct Header {
    kind: u16,
    machine: u16,
    flags: u32,
    /// The kind of each segment and of each section.
    segments: Vec<u32>,
    sections: Vec<u32>,
}

impl Header {
    fn read(bytes: &[u8]) -> Option<Header> {
        if !bytes.starts_with(b"\x7FELF\x01\x01") {
            return None;
        }
        let table = |start, size, count, kind| {
            let (start, size) = (word(bytes, start)? as usize, usize::from(half(bytes, size)?));
            let entry = |number| word(bytes, start.checked_add(number * size + kind)?);
            (0..usize::from(half(bytes, count)?)).map(entry).collect::<Option<Vec<u32>>>()
        };
        Some(Header {
            kind: half(bytes, 16)?,
            machine: half(bytes, 18)?,
            flags: word(bytes, 36)?,
            segments: table(28, 42, 44, 0)?,
            sections: table(32, 46, 48, 4)?,
        })
    }
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u16::from_le_bytes(*bytes))
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with one segment and one section, each of a given kind.
    fn file(machine: u8, flags: u32, segment: u8, section: u8) -> Vec<u8> {
        let mut bytes = vec![0; 52];
        bytes[..6].copy_from_slice(b"\x7FELF\x01\x01");
        bytes[16] = 2;
        bytes[18] = machine;
        bytes[28] = 52;
        bytes[32] = 84;
        bytes[36..40].copy_from_slice(&flags.to_le_bytes());
        (bytes[42], bytes[44], bytes[46], bytes[48]) = (32, 1, 40, 1);
        bytes.resize(52 + 32 + 40, 0);
        (bytes[52], bytes[88]) = (segment, section);
        bytes
    }

    #[test]
    fn what_the_box_runs_has_no_faults() {
        assert_eq!(faults(&file(40, 0x0500_0400, 1, 1), Symbols::Stripped), [""; 0]);
        assert_eq!(faults(&file(40, 0x0500_0400, 1, 2), Symbols::Kept), [""; 0]);
    }

    #[test]
    fn what_the_box_does_not_run_is_named() {
        let stripped = |bytes: &[u8]| faults(bytes, Symbols::Stripped);
        assert_eq!(stripped(&file(62, 0x0500_0400, 1, 1)), ["for ARM"]);
        assert_eq!(stripped(&file(40, 0x0500_0200, 1, 1)), ["with hardware floating point"]);
        assert_eq!(stripped(&file(40, 0x0400_0400, 1, 1)), ["of the EABI, version 5"]);
        assert_eq!(stripped(&file(40, 0x0500_0400, 3, 1)), ["static"]);
        assert_eq!(stripped(&file(40, 0x0500_0400, 1, 2)), ["stripped"]);
        let wide = b"\x7FELF\x02\x01";
        assert_eq!(stripped(wide), ["an ELF file of 32 bits, lowest byte first"]);
    }

    #[test]
    fn a_file_that_ends_early_is_none() {
        let whole = file(40, 0x0500_0400, 1, 1);
        for length in 0..92 {
            assert_eq!(faults(&whole[..length], Symbols::Stripped).len(), 1, "{length}");
        }
    }
}
