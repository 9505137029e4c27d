//! The least that a kernel can start: one program that says one word and waits for ever.
//!
//! It is written here byte by byte, because any compiler's would have a library in it: an ELF file
//! for 32-bit ARM with one segment and eight instructions, in a newc archive (cpio(5)) of its own.

use crate::cpio::{self, Entry};
use std::fs;
use std::path::{Path, PathBuf};

/// What the program says.
pub(crate) const SAYS: &str = "An empty first program.";

/// Where the program is loaded.
const AT: u32 = 0x1_0000;
/// The ELF header and one program header.
const HEADS: u32 = 52 + 32;

/// Writes the archive to a file of a folder and gives its path.
pub(crate) fn initrd(folder: &Path) -> PathBuf {
    let path = folder.join("empty.cpio");
    fs::write(&path, archive(&program())).expect("the folder can be written");
    path
}

/// The program.
fn program() -> Vec<u8> {
    let text = format!("{SAYS}\n");
    let code = [
        0xe3a0_0001,                     // mov r0, #1: the console
        0xe28f_1014,                     // add r1, pc, #20: the text behind this code
        0xe3a0_2000 | text.len() as u32, // mov r2, its length
        0xe3a0_7004,                     // mov r7, #4: write
        0xef00_0000,                     // svc 0
        0xe3a0_701d,                     // mov r7, #29: pause
        0xef00_0000,                     // svc 0
        0xeaff_fffc,                     // b to the pause
    ];
    let bytes = HEADS + 4 * code.len() as u32 + text.len() as u32;
    let mut program = b"\x7fELF\x01\x01\x01".to_vec();
    program.resize(16, 0);
    // An executable for ARM, version 1; its entry, its program header, no sections; EABI 5.
    let half = |program: &mut Vec<u8>, value: u16| program.extend(value.to_le_bytes());
    let word = |program: &mut Vec<u8>, value: u32| program.extend(value.to_le_bytes());
    [2, 40].iter().for_each(|it| half(&mut program, *it));
    [1, AT + HEADS, 52, 0, 0x0500_0000].iter().for_each(|it| word(&mut program, *it));
    [52, 32, 1, 0, 0, 0].iter().for_each(|it| half(&mut program, *it));
    // All of the file is loaded, to be read and executed.
    [1, 0, AT, AT, bytes, bytes, 5, 0x1000].iter().for_each(|it| word(&mut program, *it));
    code.iter().for_each(|it| word(&mut program, *it));
    program.extend(text.as_bytes());
    program
}

/// An archive with a console and the program as `/init`.
fn archive(program: &[u8]) -> Vec<u8> {
    cpio::archive(&[
        // A folder; a character device 5:1 (devices(5)); a program.
        Entry::file("dev", 0o040_755, b""),
        Entry { device: (5, 1), ..Entry::file("dev/console", 0o020_600, b"") },
        Entry::file("init", 0o100_755, program),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_loads_all_of_itself_and_finds_its_text() {
        let program = program();
        assert_eq!(program[68..72], (program.len() as u32).to_le_bytes());
        // pc is two instructions ahead; the text comes after the eighth.
        let text = HEADS as usize + 4 + 8 + 20;
        assert_eq!(&program[text..], format!("{SAYS}\n").as_bytes());
    }

    #[test]
    fn the_archive_is_made_of_whole_words_and_ends() {
        let archive = archive(b"abcde");
        assert_eq!(archive.len() % 4, 0);
        let text = String::from_utf8_lossy(&archive);
        assert_eq!(text.matches("070701").count(), 4);
        assert!(text.contains("TRAILER!!!"));
    }
}
