//! Finds the bank in use, starts a journal on blank flash, and formats flash when told to.
//!
//! Which bank is in use is read from the two headings alone. Flash that holds something else, or a
//! journal whose headings prove nothing, is refused and left as it is.

use crate::error::{Fault, MountError};
use crate::flash::{self, Flash};
use crate::layout::{Bank, BankHeader, Banks, Heading, BANK_HEADER, MAGIC};
use crate::replay::Damage;
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
/// A cut on the way leaves flash that `mount` refuses: no half of the old state comes back.
pub fn format<F: Flash>(flash: &mut F) -> Result<(), MountError<F::Error>> {
    let banks = Banks::of(flash.geometry()).ok_or(MountError::Geometry)?;
    for bank in [Bank::A, Bank::B] {
        match heading(flash, banks, bank)? {
            Heading::Valid(_) | Heading::Newer { .. } => retire(flash, banks, bank)?,
            Heading::Blank
            | Heading::Prepared
            | Heading::Retired
            | Heading::Spoiled
            | Heading::Foreign => {}
        }
    }
    // B is marked before A is erased: flash that reads blank throughout was never half-erased here.
    for bank in [Bank::B, Bank::A] {
        for block in (0..banks.bytes / banks.erase_block).rev() {
            flash::erase(flash, banks.base(bank) + block * banks.erase_block)?;
        }
        match bank {
            Bank::B => prepare(flash, banks, bank)?,
            Bank::A => begin(flash, banks)?,
        }
    }
    Ok(())
}

/// The bank to replay.
pub(crate) struct Chosen {
    pub(crate) bank: Bank,
    pub(crate) header: BankHeader,
    /// The other bank still has the header of the generation before.
    pub(crate) retire_other: bool,
    pub(crate) formatted: bool,
}

pub(crate) fn choose<F: Flash>(
    flash: &mut F,
    banks: Banks,
) -> Result<Chosen, MountError<F::Error>> {
    let (a, b) = (heading(flash, banks, Bank::A)?, heading(flash, banks, Bank::B)?);
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
    let only = |bank, header| Chosen { bank, header, retire_other: false, formatted: false };
    let both = |bank, header| Chosen { bank, header, retire_other: true, formatted: false };
    match (a, b) {
        (Heading::Valid(a), Heading::Valid(b)) if a.generation == b.generation + 1 => {
            Ok(both(Bank::A, a))
        }
        (Heading::Valid(a), Heading::Valid(b)) if b.generation == a.generation + 1 => {
            Ok(both(Bank::B, b))
        }
        (Heading::Valid(_), Heading::Valid(_)) => Err(MountError::Headless),
        (Heading::Valid(a), _) => Ok(only(Bank::A, a)),
        (_, Heading::Valid(b)) => Ok(only(Bank::B, b)),
        (_, _) => start(flash, banks, [a, b]),
    }
}

/// Begins a journal where no bank has a header, if nothing at all is there.
fn start<F: Flash>(
    flash: &mut F,
    banks: Banks,
    headings: [Heading; 2],
) -> Result<Chosen, MountError<F::Error>> {
    if is_blank(flash, banks)? {
        begin(flash, banks)?;
        let header = BankHeader::first(banks);
        return Ok(Chosen { bank: Bank::A, header, retire_other: false, formatted: true });
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
    let mut window = Window::new(flash, banks, Bank::A);
    let first = window.bytes(0, BANK_HEADER).map_err(Fault::Flash)?;
    let wanted = BankHeader::first(banks).encode();
    // A program only clears bits, so what can still become the first header has all of its ones.
    let can_become = first.iter().zip(wanted).all(|(now, wanted)| now & wanted == wanted);
    if !can_become || window.last_written(BANK_HEADER).map_err(Fault::Flash)?.is_some() {
        return Ok(false);
    }
    let mut window = Window::new(flash, banks, Bank::B);
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
    bank: Bank,
) -> Result<u32, MountError<F::Error>> {
    let prepared = heading(flash, banks, bank)? == Heading::Prepared;
    let mut window = Window::new(flash, banks, bank);
    let last = window.last_written(0).map_err(Fault::Flash)?.unwrap_or(0);
    if prepared && last < MAGIC.len() as u32 {
        return Ok(0);
    }
    Ok((last / banks.erase_block + 2).min(banks.bytes / banks.erase_block))
}

pub(crate) fn retire<F: Flash>(
    flash: &mut F,
    banks: Banks,
    bank: Bank,
) -> Result<(), Fault<F::Error>> {
    flash::void(flash, banks.base(bank), banks.base(bank) + BANK_HEADER)
}

/// Says that every block of the bank has been erased to the end.
pub(crate) fn prepare<F: Flash>(
    flash: &mut F,
    banks: Banks,
    bank: Bank,
) -> Result<(), Fault<F::Error>> {
    flash::program(flash, banks.base(bank), &MAGIC)
}

fn begin<F: Flash>(flash: &mut F, banks: Banks) -> Result<(), Fault<F::Error>> {
    flash::program(flash, banks.base(Bank::A), &BankHeader::first(banks).encode())
}

fn heading<F: Flash>(flash: &mut F, banks: Banks, bank: Bank) -> Result<Heading, Fault<F::Error>> {
    let mut bytes = [0xFF; BANK_HEADER as usize];
    flash.read(banks.base(bank), &mut bytes).map_err(Fault::Flash)?;
    Ok(Heading::decode(&bytes))
}
