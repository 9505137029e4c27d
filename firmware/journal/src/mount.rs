//! Finds the bank in use, starts a journal on blank flash, and formats flash when told to.
//!
//! Which bank is in use is read from the two headings alone, and nothing more of the other bank:
//! what of it must be erased is counted when somebody asks. Flash that holds something else, or a
//! journal whose headings prove nothing, is refused and left as it is.

use crate::error::{Fault, MountError};
use crate::flash::{self, Flash};
use crate::layout::{Bank, BankHeader, Banks, Heading, BANK_HEADER, HEADER_CORE, MAGIC};
use crate::replay::Damage;
use crate::stretch::{Retired, Stretch, RETIRED_MAX};
use crate::window::Window;

/// What a mount found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mounted {
    /// How many records were replayed.
    pub records: u32,
    /// How many bytes their payloads had.
    pub bytes: u64,
    /// Whether a power cut had torn the last write; its remains were dropped and sealed.
    pub torn_tail: bool,
    /// Where good records end before the end of the log; the journal is read-only then.
    pub damaged: Option<Damage>,
    /// How many compactions there were since the format, plus one.
    pub generation: u32,
    /// Whether the flash was blank and a new journal was begun on it.
    pub formatted: bool,
}

/// Makes an empty journal, whatever the flash holds; what was there is gone.
///
/// A block that will not erase is retired. A cut on the way leaves flash that `mount` refuses: no
/// half of the old state comes back.
pub fn format<F: Flash>(flash: &mut F) -> Result<(), MountError<F::Error>> {
    let banks = Banks::of(flash.geometry()).ok_or(MountError::Geometry)?;
    for bank in [Bank::A, Bank::B] {
        let found = heading(flash, banks, bank)?;
        match found.heading {
            Heading::Valid(_) | Heading::Newer { .. } => retire(flash, found.at)?,
            Heading::Blank
            | Heading::Prepared
            | Heading::Retired
            | Heading::Spoiled
            | Heading::Foreign => {}
        }
    }
    let mut retired = Retired::NONE;
    // B is marked before A is erased: flash that reads blank throughout was never half-erased here.
    for bank in [Bank::B, Bank::A] {
        for block in (0..banks.blocks()).rev() {
            let at = banks.base(bank) + block * banks.erase_block;
            if let Err(fault) = flash::erase(flash, at) {
                // A chip that does not answer at all has more wrong with it than a block.
                read_heading(flash, at)?;
                let placed = retired.add(at / banks.erase_block);
                if !placed || Stretch::new(banks, bank, retired).blocks == 0 {
                    return Err(fault.into());
                }
            }
        }
        let stretch = Stretch::new(banks, bank, retired);
        match bank {
            Bank::B => prepare(flash, stretch)?,
            Bank::A => begin(flash, banks, stretch, retired)?,
        }
    }
    Ok(())
}

/// The bank to replay.
pub(crate) struct Chosen {
    pub(crate) bank: Bank,
    pub(crate) header: BankHeader,
    /// Where the other bank still has a header of the generation before, or one that a cut spoiled.
    pub(crate) retire_other: Option<u32>,
    pub(crate) formatted: bool,
}

pub(crate) fn choose<F: Flash>(
    flash: &mut F,
    banks: Banks,
) -> Result<Chosen, MountError<F::Error>> {
    let (at_a, at_b) = (heading(flash, banks, Bank::A)?, heading(flash, banks, Bank::B)?);
    let (a, b) = (at_a.heading, at_b.heading);
    for heading in [a, b] {
        match heading {
            Heading::Newer { version } => return Err(MountError::Newer { version }),
            Heading::Valid(BankHeader { bank_bytes, .. }) if bank_bytes != banks.bytes => {
                return Err(MountError::OtherGeometry { bank_bytes });
            }
            Heading::Valid(_)
            | Heading::Blank
            | Heading::Prepared
            | Heading::Retired
            | Heading::Spoiled
            | Heading::Foreign => {}
        }
    }
    let chosen =
        |bank, header, retire_other| Ok(Chosen { bank, header, retire_other, formatted: false });
    match (a, b) {
        (Heading::Valid(a), Heading::Valid(b)) if a.generation == b.generation + 1 => {
            chosen(Bank::A, a, Some(at_b.at))
        }
        (Heading::Valid(a), Heading::Valid(b)) if b.generation == a.generation + 1 => {
            chosen(Bank::B, b, Some(at_a.at))
        }
        (Heading::Valid(_), Heading::Valid(_)) => Err(MountError::Headless),
        (Heading::Valid(a), other) => chosen(Bank::A, a, unsure(other, at_b.at)),
        (other, Heading::Valid(b)) => chosen(Bank::B, b, unsure(other, at_a.at)),
        (_, _) => start(flash, banks, [a, b]),
    }
}

/// Where a heading is to be retired that a cut has spoiled: its cells may read otherwise next time,
/// and it must not turn out to be a newer generation then.
fn unsure(heading: Heading, at: u32) -> Option<u32> {
    match heading {
        Heading::Spoiled => Some(at),
        Heading::Foreign
        | Heading::Blank
        | Heading::Prepared
        | Heading::Valid(_)
        | Heading::Newer { .. }
        | Heading::Retired => None,
    }
}

/// Makes sure of the header that was chosen, and that the other bank's is not chosen any more.
///
/// Cells that a cut left between 0 and 1 read now so and now otherwise. Those that are read as 0
/// are programmed once more, which makes them so for good.
pub(crate) fn settle_header<F: Flash>(
    flash: &mut F,
    stretch: Stretch,
    header: BankHeader,
    retire_other: Option<u32>,
) -> Result<(), Fault<F::Error>> {
    if let Some(at) = retire_other {
        strengthen(flash, stretch, 0, header.bytes())?;
        retire(flash, at)?;
    }
    Ok(())
}

/// Makes sure of the end of the log; returns where it goes on.
///
/// The page that was in flight when the power was cut is the one behind which nothing is written:
/// where good records end, or where something torn does, or the next. What is good of it is
/// programmed once more and the rest voided, so that nothing new is ever written to cells of which
/// nobody knows what they are.
pub(crate) fn settle_tail<F: Flash>(
    flash: &mut F,
    banks: Banks,
    stretch: Stretch,
    tail: u32,
    torn_to: Option<u32>,
) -> Result<u32, Fault<F::Error>> {
    let page = banks.page;
    strengthen(flash, stretch, tail.saturating_sub(1) / page * page, tail)?;
    // What is torn may go on behind its last written byte, with ones.
    let in_flight = torn_to.map_or(tail, |to| to + page) / page * page;
    let end = (in_flight + page).min(stretch.bytes());
    stretch.void(flash, tail, end)?;
    Ok(end)
}

/// How often cells that do not read twice alike are read.
const READS_MAX: u32 = 64;

/// Programs what is read once more, until it reads so twice.
///
/// A cell between 0 and 1 was on its way to 0, so to read it once as 0 is enough.
fn strengthen<F: Flash>(
    flash: &mut F,
    stretch: Stretch,
    from: u32,
    to: u32,
) -> Result<(), Fault<F::Error>> {
    let mut at = from;
    let mut reads = 0;
    while at < to {
        let mut bytes = [0; flash::CHUNK];
        let piece = &mut bytes[..flash::CHUNK.min((to - at) as usize)];
        stretch.read(flash, at, piece).map_err(Fault::Flash)?;
        match stretch.program(flash, at, piece) {
            Ok(()) => (at, reads) = (at + piece.len() as u32, 0),
            Err(Fault::Unverified { .. }) if reads < READS_MAX => reads += 1,
            Err(fault) => return Err(fault),
        }
    }
    Ok(())
}

/// Begins a journal where no bank has a header, if nothing at all is there.
fn start<F: Flash>(
    flash: &mut F,
    banks: Banks,
    headings: [Heading; 2],
) -> Result<Chosen, MountError<F::Error>> {
    if is_blank(flash, banks)? {
        let header = BankHeader::first(banks, Retired::NONE);
        begin(flash, banks, whole(banks, Bank::A), Retired::NONE)?;
        return Ok(Chosen { bank: Bank::A, header, retire_other: None, formatted: true });
    }
    let foreign = headings.iter().all(|heading| match heading {
        Heading::Blank | Heading::Foreign => true,
        Heading::Prepared
        | Heading::Valid(_)
        | Heading::Newer { .. }
        | Heading::Retired
        | Heading::Spoiled => false,
    });
    Err(if foreign { MountError::Foreign } else { MountError::Headless })
}

/// Tells whether all is blank, but for as much of the first header as a cut may have left of it.
fn is_blank<F: Flash>(flash: &mut F, banks: Banks) -> Result<bool, MountError<F::Error>> {
    let mut window = Window::new(flash, whole(banks, Bank::A));
    let first = window.bytes(0, BANK_HEADER).map_err(Fault::Flash)?;
    let wanted = BankHeader::first(banks, Retired::NONE).encode();
    // A program only clears bits, so what can still become the first header has all of its ones.
    let can_become = first.iter().zip(wanted).all(|(now, wanted)| now & wanted == wanted);
    // What is counted begins at zero, which anything can become; but no cut writes only there.
    let (core, rest) = first.split_at(first.len().min(HEADER_CORE as usize));
    let blank = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0xFF);
    let can_become = can_become && (blank(rest) || !blank(core));
    if !can_become || window.last_written(BANK_HEADER).map_err(Fault::Flash)?.is_some() {
        return Ok(false);
    }
    let mut window = Window::new(flash, whole(banks, Bank::B));
    Ok(window.last_written(0).map_err(Fault::Flash)?.is_none())
}

/// Counts the blocks of a stale bank, from its first on, that must be erased before it is used
/// again.
///
/// Blocks are erased from the last to the first, and then the magic is written. So without the
/// magic the first block may be half-erased even where it reads blank, and so may the block above
/// the highest written one.
pub(crate) fn stale_blocks<F: Flash>(
    flash: &mut F,
    banks: Banks,
    stretch: Stretch,
) -> Result<u32, Fault<F::Error>> {
    let prepared = read_heading(flash, stretch.place(0))? == Heading::Prepared;
    let mut window = Window::new(flash, stretch);
    let last = window.last_written(0).map_err(Fault::Flash)?.unwrap_or(0);
    if prepared && last < MAGIC.len() as u32 {
        return Ok(0);
    }
    Ok(stale_up_to(banks, stretch, last))
}

/// The same of a bank that is known to read blank throughout.
pub(crate) fn stale_where_blank(banks: Banks, stretch: Stretch) -> u32 {
    stale_up_to(banks, stretch, 0)
}

fn stale_up_to(banks: Banks, stretch: Stretch, last: u32) -> u32 {
    (last / banks.erase_block + 2).min(stretch.blocks)
}

/// Takes the header at a place on the flash out of every later choice.
pub(crate) fn retire<F: Flash>(flash: &mut F, at: u32) -> Result<(), Fault<F::Error>> {
    flash::program(flash, at, &[0; HEADER_CORE as usize])
}

/// Says that every block of the bank has been erased to the end.
pub(crate) fn prepare<F: Flash>(flash: &mut F, stretch: Stretch) -> Result<(), Fault<F::Error>> {
    stretch.program(flash, 0, &MAGIC)
}

fn begin<F: Flash>(
    flash: &mut F,
    banks: Banks,
    stretch: Stretch,
    retired: Retired,
) -> Result<(), Fault<F::Error>> {
    stretch.program(flash, 0, &BankHeader::first(banks, retired).encode())
}

/// A bank of which nothing is known to be retired.
fn whole(banks: Banks, bank: Bank) -> Stretch {
    Stretch::new(banks, bank, Retired::NONE)
}

/// A heading, and where on the flash it was found.
struct Found {
    heading: Heading,
    at: u32,
}

/// Finds a bank's heading: in its first block, or behind blocks that it says are retired.
fn heading<F: Flash>(flash: &mut F, banks: Banks, bank: Bank) -> Result<Found, Fault<F::Error>> {
    let base = banks.base(bank);
    let first = read_heading(flash, base)?;
    for block in 0..banks.blocks().min(RETIRED_MAX as u32 + 1) {
        let at = base + block * banks.erase_block;
        let heading = read_heading(flash, at)?;
        match heading {
            Heading::Valid(header) if Stretch::new(banks, bank, header.retired).place(0) == at => {
                return Ok(Found { heading, at });
            }
            Heading::Valid(_)
            | Heading::Newer { .. }
            | Heading::Blank
            | Heading::Prepared
            | Heading::Retired
            | Heading::Spoiled
            | Heading::Foreign => {}
        }
    }
    Ok(Found { heading: first, at: base })
}

pub(crate) fn read_heading<F: Flash>(flash: &mut F, at: u32) -> Result<Heading, Fault<F::Error>> {
    let mut bytes = [0xFF; BANK_HEADER as usize];
    flash.read(at, &mut bytes).map_err(Fault::Flash)?;
    Ok(Heading::decode(&bytes))
}
