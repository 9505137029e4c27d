//! The partition table of a disk (UEFI 2.10, chapter 5), so that the kernel finds the partitions by
//! their labels as it does on a chip.
//!
//! Identities are drawn from the labels: two images of the same map are the same bytes. A map must
//! leave the first and the last 17 KiB of the disk free.

use super::board::{Flash, Partition};
use super::chip::place;
use sha2::{Digest, Sha256};

const SECTOR_BYTES: usize = 512;
const ENTRIES: u32 = 128;
const ENTRY_BYTES: usize = 128;
const TABLE_SECTORS: u64 = 32;

/// The type "Linux filesystem data", as it stands on the disk.
const LINUX: [u8; 16] = [
    0xaf, 0x3d, 0xc6, 0x0f, 0x83, 0x84, 0x72, 0x47, 0x8e, 0x79, 0x3d, 0x69, 0xd8, 0x47, 0x7d, 0xe4,
];

/// Writes both copies of the table to a disk.
pub(super) fn write(disk: &mut [u8], flash: &Flash) -> Result<(), String> {
    let sectors = (disk.len() / SECTOR_BYTES) as u64;
    let last = sectors.checked_sub(1).ok_or("the disk is smaller than a sector")?;
    let table = entries(&flash.partitions);
    let copy_at = last.saturating_sub(TABLE_SECTORS);
    put(disk, 0, &protective(last))?;
    put(disk, 1, &header(1, last, 2, sectors, &table))?;
    put(disk, 2, &table)?;
    put(disk, copy_at, &table)?;
    put(disk, last, &header(last, 1, copy_at, sectors, &table))
}

fn put(disk: &mut [u8], sector: u64, bytes: &[u8]) -> Result<(), String> {
    let at = u32::try_from(sector * SECTOR_BYTES as u64).map_err(|_| "the disk is too large")?;
    let target = Partition { label: "the table".to_owned(), at, bytes: bytes.len() as u32 };
    place(disk, &target, bytes)
}

/// The sector that keeps away programs that do not know such tables.
fn protective(last: u64) -> Vec<u8> {
    let mut sector = vec![0; 446];
    sector.extend([0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff, 1, 0, 0, 0]);
    sector.extend((last as u32).to_le_bytes());
    sector.resize(SECTOR_BYTES - 2, 0);
    sector.extend([0x55, 0xaa]);
    sector
}

/// Table 5-5: one copy's header, with the place of the other.
fn header(own: u64, other: u64, table_at: u64, sectors: u64, table: &[u8]) -> Vec<u8> {
    let usable = [2 + TABLE_SECTORS, sectors.saturating_sub(2 + TABLE_SECTORS)];
    let with_sum = |sum: u32| {
        let mut header = b"EFI PART\0\0\x01\0\x5c\0\0\0".to_vec();
        header.extend(sum.to_le_bytes());
        header.extend([0; 4]);
        for place in [own, other, usable[0], usable[1]] {
            header.extend(place.to_le_bytes());
        }
        header.extend(identity("disk"));
        header.extend(table_at.to_le_bytes());
        header.extend(ENTRIES.to_le_bytes());
        header.extend((ENTRY_BYTES as u32).to_le_bytes());
        header.extend(crc32(table).to_le_bytes());
        header
    };
    with_sum(crc32(&with_sum(0)))
}

/// Table 5-6: one entry for each partition.
fn entries(partitions: &[Partition]) -> Vec<u8> {
    let mut table = Vec::new();
    for (place, Partition { label, at, bytes }) in partitions.iter().enumerate() {
        let first = u64::from(*at) / SECTOR_BYTES as u64;
        let last = first + u64::from(*bytes) / SECTOR_BYTES as u64 - 1;
        table.extend(LINUX);
        table.extend(identity(label));
        table.extend(first.to_le_bytes());
        table.extend(last.to_le_bytes());
        table.extend([0; 8]);
        table.extend(label.encode_utf16().flat_map(u16::to_le_bytes));
        table.resize((place + 1) * ENTRY_BYTES, 0);
    }
    table.resize(ENTRIES as usize * ENTRY_BYTES, 0);
    table
}

/// A random identity (RFC 9562 version 4 in form) that is the same for the same name.
fn identity(name: &str) -> [u8; 16] {
    let drawn = Sha256::digest(format!("dialtone {name}"));
    let mut identity = [0; 16];
    identity.iter_mut().zip(drawn).for_each(|(to, from)| *to = from);
    identity[7] = identity[7] & 0x0f | 0x40;
    identity[8] = identity[8] & 0x3f | 0x80;
    identity
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut sum = !0u32;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = (sum >> 1) ^ (0xedb8_8320 * (sum & 1));
        }
    }
    !sum
}

#[cfg(test)]
mod tests {
    use super::super::board::Kind;
    use super::*;

    fn flash() -> Flash {
        let slot = |label: &str, at| Partition { label: label.to_owned(), at, bytes: 0x1000 };
        let partitions = vec![slot("kernel", 0x10_0000), slot("state", 0x10_1000)];
        Flash { kind: Kind::Disk, bytes: 0x40_0000, erase_bytes: 0x1000, partitions }
    }

    #[test]
    fn the_sum_is_that_of_the_standard() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn both_copies_name_each_other_and_the_partitions() {
        let mut disk = vec![0xff; 0x40_0000];
        write(&mut disk, &flash()).unwrap();
        let number = |at: usize| u64::from_le_bytes(disk[at..at + 8].try_into().unwrap());
        let last = 0x40_0000 - 512;
        assert_eq!((&disk[510..512], &disk[512..520]), (&[0x55, 0xaa][..], &b"EFI PART"[..]));
        assert_eq!((number(512 + 24), number(512 + 32)), (1, 8191));
        assert_eq!((number(last + 24), number(last + 32)), (8191, 1));
        // The second entry: from the sector of 0x101000 to the last of its 4 KiB, and its label.
        assert_eq!((number(1024 + 128 + 32), number(1024 + 128 + 40)), (0x808, 0x80f));
        assert_eq!(&disk[1024 + 128 + 56..][..10], b"s\0t\0a\0t\0e\0");
        assert!(disk[0x10_0000..0x10_2000].iter().all(|byte| *byte == 0xff));
    }

    #[test]
    fn a_disk_without_room_for_a_table_is_refused() {
        assert!(write(&mut [0; 1024], &flash()).is_err());
        assert!(write(&mut [], &flash()).is_err());
    }
}
