//! The bytes of format version 2, and of 1 for reading: bank headers and records, both ways. The
//! table is in the crate's docs.
//!
//! Nothing here touches flash. Decoding is total: any bytes give an answer, none of them a panic.

use alloc::vec::Vec;
use crc32fast::Hasher;

use crate::flash::Geometry;
use crate::stretch::Retired;

/// The format that this version writes.
pub const FORMAT_VERSION: u32 = 2;

pub(crate) const MAGIC: [u8; 8] = *b"DTjrnl\r\n";
/// What a header has in every version; version 1 has no more.
pub(crate) const HEADER_CORE: u32 = 28;
/// A whole header as it is written.
pub(crate) const BANK_HEADER: u32 = HEADER_CORE + 16 + Retired::BYTES as u32 + 4;
pub(crate) const RECORD_HEADER: u32 = 12;

/// A record's length has three bytes, so no bank may be larger than they can say.
const BANK_BYTES_MAX: u32 = 1 << 24;
const TAG_FIRST: u8 = 0xB1;
const TAG_FURTHER: u8 = 0xB0;

/// Which half of the flash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bank {
    A,
    B,
}

impl Bank {
    pub(crate) fn other(self) -> Bank {
        match self {
            Bank::A => Bank::B,
            Bank::B => Bank::A,
        }
    }
}

/// How the geometry is cut into two banks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Banks {
    pub(crate) bytes: u32,
    pub(crate) erase_block: u32,
    pub(crate) page: u32,
}

impl Banks {
    pub(crate) fn of(geometry: Geometry) -> Option<Banks> {
        let Geometry { size, erase_block, page } = geometry;
        let whole = page >= 4
            && page.is_multiple_of(4)
            && erase_block.checked_rem(page) == Some(0)
            && erase_block >= BANK_HEADER + RECORD_HEADER;
        if !whole {
            return None;
        }
        let bytes = size / erase_block / 2 * erase_block;
        (bytes > 0 && bytes < BANK_BYTES_MAX).then_some(Banks { bytes, erase_block, page })
    }

    /// How many blocks a bank has.
    pub(crate) fn blocks(self) -> u32 {
        self.bytes / self.erase_block
    }

    pub(crate) fn base(self, bank: Bank) -> u32 {
        match bank {
            Bank::A => 0,
            Bank::B => self.bytes,
        }
    }
}

/// What a bank says of itself once it is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BankHeader {
    pub(crate) version: u32,
    pub(crate) generation: u32,
    pub(crate) bank_bytes: u32,
    pub(crate) snapshot_end: u32,
    pub(crate) worn: Worn,
    pub(crate) retired: Retired,
}

/// What the flash had been through when a bank was begun; version 1 did not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Worn {
    /// Bytes programmed in all banks before this one.
    pub(crate) written: u64,
    /// Blocks erased.
    pub(crate) erases: u32,
    /// Blocks of the bank before that were to be erased from then on.
    pub(crate) to_erase: u32,
}

/// What the first bytes of a bank turn out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heading {
    Blank,
    /// The magic alone: the erase before it had ended.
    Prepared,
    Valid(BankHeader),
    Newer {
        version: u32,
    },
    /// All zeros: a newer generation is whole.
    Retired,
    /// Our magic, but nothing else that can be believed.
    Spoiled,
    Foreign,
}

impl BankHeader {
    /// The header of a bank that was never compacted.
    pub(crate) fn first(banks: Banks, retired: Retired) -> BankHeader {
        BankHeader {
            version: FORMAT_VERSION,
            generation: 1,
            bank_bytes: banks.bytes,
            snapshot_end: BANK_HEADER,
            worn: Worn::default(),
            retired,
        }
    }

    /// How many bytes it takes; the first record follows.
    pub(crate) fn bytes(&self) -> u32 {
        if self.version == 1 {
            HEADER_CORE
        } else {
            BANK_HEADER
        }
    }

    /// Writes it as this version does.
    pub(crate) fn encode(self) -> [u8; BANK_HEADER as usize] {
        let BankHeader { version: _, generation, bank_bytes, snapshot_end, worn, retired } = self;
        let Worn { written, erases, to_erase } = worn;
        let mut out = [0; BANK_HEADER as usize];
        out[..8].copy_from_slice(&MAGIC);
        out[8..12].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
        out[12..16].copy_from_slice(&generation.to_le_bytes());
        out[16..20].copy_from_slice(&bank_bytes.to_le_bytes());
        out[20..24].copy_from_slice(&snapshot_end.to_le_bytes());
        let crc = crc32fast::hash(&out[..24]);
        out[24..28].copy_from_slice(&crc.to_le_bytes());
        out[28..36].copy_from_slice(&written.to_le_bytes());
        out[36..40].copy_from_slice(&erases.to_le_bytes());
        out[40..44].copy_from_slice(&to_erase.to_le_bytes());
        out[44..76].copy_from_slice(&retired.encode());
        // Over all of it: this half cannot come from another header.
        let crc = crc32fast::hash(&out[..76]);
        out[76..].copy_from_slice(&crc.to_le_bytes());
        out
    }
}

impl Heading {
    pub(crate) fn decode(bytes: &[u8; BANK_HEADER as usize]) -> Heading {
        let (core, rest) = bytes.split_at(HEADER_CORE as usize);
        if core.iter().all(|b| *b == 0xFF) {
            return Heading::Blank;
        }
        if core.iter().all(|b| *b == 0) {
            return Heading::Retired;
        }
        if core[..8] != MAGIC {
            return Heading::Foreign;
        }
        if core[8..].iter().all(|b| *b == 0xFF) {
            return Heading::Prepared;
        }
        if crc32fast::hash(&core[..24]) != word(core, 24) {
            return Heading::Spoiled;
        }
        let (worn, retired) = match word(core, 8) {
            0 => return Heading::Spoiled,
            1 => (Worn::default(), Retired::NONE),
            FORMAT_VERSION => {
                let whole = crc32fast::hash(&bytes[..76]) == word(bytes, 76);
                let Some(retired) = Retired::decode(&rest[16..48]).filter(|_| whole) else {
                    return Heading::Spoiled;
                };
                let written = u64::from(word(rest, 0)) | u64::from(word(rest, 4)) << 32;
                (Worn { written, erases: word(rest, 8), to_erase: word(rest, 12) }, retired)
            }
            version => return Heading::Newer { version },
        };
        let header = BankHeader {
            version: word(core, 8),
            generation: word(core, 12),
            bank_bytes: word(core, 16),
            snapshot_end: word(core, 20),
            worn,
            retired,
        };
        // The generation after the last one would not be newer, so the last one is not ours either.
        let sane = header.generation != 0
            && header.generation != u32::MAX
            && (header.bytes()..=header.bank_bytes).contains(&header.snapshot_end);
        if sane {
            Heading::Valid(header)
        } else {
            Heading::Spoiled
        }
    }
}

/// Where in its batch a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    First,
    Further,
}

/// The fixed part of a record, not yet proven by its CRC.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordHeader {
    pub(crate) place: Place,
    pub(crate) length: u32,
    pub(crate) sequence: u32,
    crc: u32,
}

impl RecordHeader {
    pub(crate) fn decode(bytes: &[u8]) -> Option<RecordHeader> {
        let first = word(bytes, 0);
        let place = match (first >> 24) as u8 {
            TAG_FIRST => Place::First,
            TAG_FURTHER => Place::Further,
            0..TAG_FURTHER | 0xB2..=0xFF => return None,
        };
        let length = first & 0x00FF_FFFF;
        Some(RecordHeader { place, length, sequence: word(bytes, 4), crc: word(bytes, 8) })
    }

    /// Returns the bytes that the record takes on flash.
    pub(crate) fn size(self) -> u64 {
        record_bytes(self.length as usize)
    }

    /// Returns the payload of `record`, which begins with this header, if the CRC proves it.
    pub(crate) fn prove(self, generation: u32, record: &[u8]) -> Option<&[u8]> {
        let head = record.first_chunk()?;
        let start = RECORD_HEADER as usize;
        let payload = record.get(start..start.checked_add(self.length as usize)?)?;
        (record_crc(generation, head, payload) == self.crc).then_some(payload)
    }
}

/// Returns the bytes that a payload of `length` takes on flash: header, payload, padding to 4.
pub(crate) const fn record_bytes(length: usize) -> u64 {
    (length as u64 + RECORD_HEADER as u64 + 3) & !3
}

/// Puts one record behind `out`; the caller has checked that its length fits a bank.
pub(crate) fn encode_record(
    out: &mut Vec<u8>,
    generation: u32,
    sequence: u32,
    place: Place,
    payload: &[u8],
) {
    let tag = match place {
        Place::First => TAG_FIRST,
        Place::Further => TAG_FURTHER,
    };
    let mut head = [0; 8];
    head[..4].copy_from_slice(&(payload.len() as u32 | u32::from(tag) << 24).to_le_bytes());
    head[4..].copy_from_slice(&sequence.to_le_bytes());
    out.extend_from_slice(&head);
    out.extend_from_slice(&record_crc(generation, &head, payload).to_le_bytes());
    out.extend_from_slice(payload);
    out.resize(out.len().next_multiple_of(4), 0xFF);
}

/// Returns the little-endian word at `at`, or all ones where there is none, as on blank flash.
pub(crate) fn word(bytes: &[u8], at: usize) -> u32 {
    let four = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>());
    four.map_or(u32::MAX, |four| u32::from_le_bytes(*four))
}

/// The generation is in it so that no record can come back from a bank's earlier life.
fn record_crc(generation: u32, head: &[u8; 8], payload: &[u8]) -> u32 {
    // In one piece with the head: a start asks for it once for each record.
    let mut before = [0; 12];
    before[..4].copy_from_slice(&generation.to_le_bytes());
    before[4..].copy_from_slice(head);
    let mut hasher = Hasher::new();
    hasher.update(&before);
    hasher.update(payload);
    hasher.finalize()
}
