//! The screens by which somebody says at an unassigned phone who sits there: what is shown, and
//! what follows.
//!
//! ```text
//! start ─▶ Who uses this phone? ─┬▶ NOW ─┬▶ a user without a phone ────────────▶ assigned
//!                                │       ├▶ another user: extension ─▶ his PIN ─▶ assigned
//!                                │       ├▶ a new user: his name ──────────────▶ assigned
//!                                │       └▶ REPLACE a phone ─▶ yes, or the PIN ─▶ replaced
//!                                ├▶ LATER       until it starts again
//!                                └▶ VIA WEB     for good
//! ```
//!
//! A [`Screen`] is data; a maker's form of it ([`crate::catalog::ScreenForm`]) is data of his TOML
//! file, like that of the phone book. Where a dialogue has come to stands in the addresses that a
//! screen leads to ([`Place`]), so that the box has nothing to remember for a phone but when it was
//! shown which screen last. Each step looks anew whether it may be taken: an address that somebody
//! makes up leads nowhere that the screens do not.
//!
//! What is typed is hostile, and may be a PIN: it is read here and told nobody.
//!
//! Limits: 10,000 bytes of a screen, 64 characters of an item, which are those of the makers whose
//! phones take least.

mod flow;
mod form;
mod place;
#[cfg(test)]
mod tests;

pub(crate) use flow::{next, put_off, typed, Denied, Done, Person, Seating, Standing};
pub(crate) use form::write;
pub(crate) use place::Place;

use alloc::string::String;
use alloc::vec::Vec;

/// What a phone shows.
pub(crate) struct Screen {
    /// What stands above it, and what the page of the handset says it shows.
    pub(crate) title: &'static str,
    pub(crate) body: Body,
}

/// What stands on a screen.
pub(crate) enum Body {
    /// Something to read; nothing follows.
    Text(String),
    /// Something to choose from.
    Menu(Vec<Choice>),
    /// The same, page by page.
    List {
        choices: Vec<Choice>,
        /// The place of the first that is shown, counted from 1.
        first: u16,
        /// Where the page is that begins with another.
        page: PageAt,
        back: Place,
    },
    /// Something to type.
    Input {
        prompt: String,
        typing: Typing,
        /// Where it is sent.
        to: Place,
    },
}

/// Where the page of a list is that begins with this place, counted from 1.
pub(crate) type PageAt = fn(u16) -> Place;

/// An item of a menu.
pub(crate) struct Choice {
    pub(crate) label: String,
    pub(crate) to: Place,
}

/// What is typed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Typing {
    Digits,
    /// Digits that nobody beside is to see.
    Hidden,
    Letters,
}

impl Choice {
    pub(crate) fn new(label: impl Into<String>, to: Place) -> Choice {
        Choice { label: label.into(), to }
    }
}
