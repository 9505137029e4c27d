//! Snom reads option 43 as options 66 and 67 once more, each with its NUL counted.

use super::maker::maker;
use super::options::filled;
use super::{BoxAddresses, Family};

/// Why a Snom is sent option 43.
pub(super) const WHY_43: &str = "Snom prefers 66 and 67 tunnelled in option 43; it asked for it";

/// Option 43: code, length and text with a trailing NUL, for 66 and for 67.
pub(super) fn tunnelled(addresses: &BoxAddresses<'_>) -> Option<heapless::Vec<u8, 255>> {
    let mut out = heapless::Vec::new();
    for rule in maker(Family::Snom).options.iter().filter(|rule| matches!(rule.code, 66 | 67)) {
        let mut text = filled::<254>(rule.value, addresses)?;
        text.push(0).ok()?;
        out.push(rule.code).ok()?;
        out.push(u8::try_from(text.len()).ok()?).ok()?;
        out.extend_from_slice(&text).ok()?;
    }
    Some(out)
}
