//! The bytes of a directory.

use super::{File, FileNo, FILES_MAX, NAME_BYTES_MAX, REMARK_BYTES_MAX};
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

const MAGIC: &[u8; 8] = b"DTfile\r\n";
const VERSION: u32 = 1;
const HEAD_BYTES: usize = 20;
const ENTRY_BYTES: usize = 172;
const CRC_BYTES: usize = 4;
/// Bytes of the largest directory; an erase block has to hold it.
pub(super) const BYTES_MAX: usize = HEAD_BYTES + FILES_MAX * ENTRY_BYTES + CRC_BYTES;

const _: () = assert!(BYTES_MAX <= 4_096);
const _: () = assert!(42 + NAME_BYTES_MAX + REMARK_BYTES_MAX + 2 == ENTRY_BYTES);

/// The directory as it goes to flash.
pub(super) fn write(sequence: u32, files: &[File]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(BYTES_MAX);
    bytes.extend_from_slice(MAGIC);
    for number in [VERSION, sequence, files.len() as u32] {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    for file in files {
        let end = bytes.len() + ENTRY_BYTES;
        bytes.extend_from_slice(&file.first.to_le_bytes());
        bytes.extend_from_slice(&file.bytes.to_le_bytes());
        bytes.extend_from_slice(&file.digest);
        bytes.extend_from_slice(&[file.name.len() as u8, file.remark.len() as u8]);
        for (field, len) in
            [(file.name.as_bytes(), NAME_BYTES_MAX), (&file.remark, REMARK_BYTES_MAX)]
        {
            bytes.extend_from_slice(field);
            bytes.resize(bytes.len() + len - field.len(), 0);
        }
        bytes.resize(end, 0);
    }
    let crc = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&crc.to_le_bytes());
    bytes
}

/// Its sequence number and files; `None` for anything else, and for one that names blocks which are
/// not those of files, or twice.
pub(super) fn read(bytes: &[u8], blocks: Range<u32>, block: u32) -> Option<(u32, Vec<File>)> {
    let (version, sequence) = (number(bytes, 8)?, number(bytes, 12)?);
    let count = number(bytes, 16)? as usize;
    if !bytes.starts_with(MAGIC) || version != VERSION || count > FILES_MAX {
        return None;
    }
    let end = HEAD_BYTES + count * ENTRY_BYTES;
    if number(bytes, end)? != crc32fast::hash(bytes.get(..end)?) {
        return None;
    }
    let entries = bytes.get(HEAD_BYTES..end)?.chunks_exact(ENTRY_BYTES);
    let files: Vec<File> = entries.map(entry).collect::<Option<_>>()?;
    let mut taken: Vec<Range<u32>> = Vec::new();
    for File { first, bytes, .. } in &files {
        let range = *first..first.checked_add(bytes.div_ceil(block))?;
        let apart = |other: &Range<u32>| range.end <= other.start || other.end <= range.start;
        if range.start < blocks.start || range.end > blocks.end || !taken.iter().all(apart) {
            return None;
        }
        taken.push(range);
    }
    Some((sequence, files))
}

/// Whether a directory may have been under way here when the power was cut: programming clears bits
/// and sets none, so whatever is not written yet has ones where the directory has them. One that
/// says another version as a whole is not torn.
pub(super) fn may_be_torn(bytes: &[u8]) -> bool {
    let begin = MAGIC.iter().copied().chain(VERSION.to_le_bytes());
    let newer = number(bytes, 8).is_none_or(|it| it > VERSION && it <= u32::from(u16::MAX));
    !newer && bytes.iter().zip(begin).all(|(have, want)| have & want == want)
}

fn entry(bytes: &[u8]) -> Option<File> {
    let field = |at: usize, len: u8| bytes.get(at..at + usize::from(len));
    let name = field(42, *bytes.get(40)?).filter(|name| name.len() <= NAME_BYTES_MAX)?;
    let remark = field(42 + NAME_BYTES_MAX, *bytes.get(41)?);
    Some(File {
        no: FileNo(0),
        name: String::from(core::str::from_utf8(name).ok()?),
        remark: remark.filter(|remark| remark.len() <= REMARK_BYTES_MAX)?.to_vec(),
        bytes: number(bytes, 4)?,
        digest: bytes.get(8..40)?.try_into().ok()?,
        first: number(bytes, 0)?,
    })
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}
