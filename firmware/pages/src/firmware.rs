//! The page of the firmware of phones: what is on the box, how much more fits, the form that
//! uploads a file, and the way to delete one.

use crate::moment::civil;
use crate::settings::maker;
use crate::{asset, html, Html, Viewer};
use alloc::format;
use alloc::string::{String, ToString};
use askama::Template;
use core::borrow::Borrow;
use core::fmt::Write;
use exchange::limits::{FIRMWARE_NAME_MAX, TEXT_MAX};
use exchange::time::{DAY_MS, SECOND_MS};
use exchange::view::{Family, FirmwareRow, FirmwareView};

/// How much more fits, in bytes.
#[derive(Clone, Copy)]
pub struct Room {
    /// The largest file that fits.
    pub largest: u64,
    /// All that is free.
    pub free: u64,
    /// What all files together may take.
    pub all: u64,
}

/// The place on this box for such files.
#[derive(Clone, Copy)]
pub enum Place<'a> {
    /// There is one, with so much room.
    Room(Room),
    /// There is one that cannot be used; why, as the console says it.
    Unusable(&'a str),
    /// There is none.
    Nowhere,
}

/// What was typed into the form, and what is wrong with it.
#[derive(Default)]
pub struct FirmwareForm {
    /// The name as typed.
    pub name: String,
    /// The maker as chosen, by its id.
    pub maker: String,
    /// The model as typed.
    pub model: String,
    /// Why nothing was stored, in a sentence.
    pub error: Option<String>,
}

#[derive(Template)]
#[template(path = "firmware.html")]
struct FirmwarePage<'a> {
    viewer: &'a Viewer<'a>,
    view: &'a FirmwareView,
    place: Place<'a>,
    form: &'a FirmwareForm,
}

/// The whole page.
pub fn firmware(
    view: &FirmwareView,
    place: Place<'_>,
    viewer: &Viewer<'_>,
    form: &FirmwareForm,
) -> Html {
    html(&FirmwarePage { viewer, view, place, form }, 12 * 1024)
}

/// Why a file does not fit, with the bytes that are missing.
pub fn too_large(missing: u64) -> String {
    format!(
        "This file is too large: {} bytes are missing. Delete files that are no longer needed, or \
         name the URL of another server instead.",
        grouped(missing)
    )
}

impl FirmwarePage<'_> {
    /// Every maker, by id and name.
    fn makers(&self) -> impl Iterator<Item = (&'static str, String)> {
        let known = Family::ALL.into_iter().filter(|family| *family != Family::Generic);
        known.map(|family| (family.id(), maker(family)))
    }
}

/// Whether what is free is more than the largest file that fits.
fn is_in_pieces(room: &Room) -> bool {
    room.largest < room.free
}

/// For whom a file is, in words.
fn whom(row: &FirmwareRow) -> String {
    match &row.model {
        Some((family, model)) => format!("{} {model}", family.vendor()),
        None => "whoever asks for it".to_string(),
    }
}

/// The day on which it came.
fn since(row: &FirmwareRow) -> String {
    match row.since {
        Some(wall) => {
            let (year, month, day) = civil(wall.0 / (DAY_MS / SECOND_MS));
            format!("{year}-{month:02}-{day:02}")
        }
        None => "not known".to_string(),
    }
}

fn digest(row: &FirmwareRow) -> String {
    row.digest.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn size(row: &FirmwareRow) -> String {
    grouped(u64::from(row.bytes))
}

/// A number with its digits in threes.
fn grouped(number: impl Borrow<u64>) -> String {
    let number = *number.borrow();
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn digits_stand_in_threes() {
        for (number, text) in
            [(0_u64, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")]
        {
            assert_eq!(grouped(number), text);
        }
    }
}
