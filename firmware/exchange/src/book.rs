//! The phone book: who has which extension, in the form that a maker's phones read.
//!
//! The entries are the assigned extensions with their names, sorted by name. A maker's form is data
//! of his TOML file ([`BookForm`]), and every value in it is escaped as XML text (XML 1.0 section
//! 2.4), so that no name can become structure.
//! A phone that reads pages asks for the next one by `?first=33`; some ask for a number of entries
//! too, or for those of a name or a number only.
//!
//! Limits: [`BOOK_ENTRIES_MAX`] entries, [`BOOK_BYTES_MAX`] bytes of a file, and as many files
//! ready as there can be makers ([`BOOKS_KEPT`]). All askers share one copy of a file, but for
//! phones on the WAN where it has pages: the next one is at an address that is theirs alone.

use crate::catalog::{BookForm, Family};
use crate::limits::{BOOKS_KEPT, BOOK_BYTES_MAX, BOOK_ENTRIES_MAX};
use crate::markup::{escape, fill};
use crate::names::InterfaceNo;
use crate::office::Office;
use crate::state::Durable;
use crate::view::{BookEntry, BookReader, BookView};
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt::Write;

/// Which entries a phone asks for.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Wanted<'a> {
    /// The place of the first one, counted from 1; 0 is the first too.
    first: usize,
    /// How many at most; 0 is no wish.
    count: usize,
    /// How a word of the name begins.
    name: &'a str,
    /// The number.
    number: &'a str,
}

impl<'a> Wanted<'a> {
    /// Reads the query of a URL, percent-decoded; what is not understood is not there.
    pub(crate) fn read(query: &'a str) -> Wanted<'a> {
        let mut wanted = Wanted::default();
        for (key, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            match (key, value) {
                (_, "" | "*") => (),
                ("first", place) => wanted.first = place.parse().unwrap_or(0),
                ("count", number) => wanted.count = number.parse().unwrap_or(0),
                ("ln" | "fn", name) => wanted.name = name.trim_end_matches('*'),
                ("hm" | "nr", number) => wanted.number = number,
                (_, _) => (),
            }
        }
        wanted
    }

    fn is_search(&self) -> bool {
        !(self.name.is_empty() && self.number.is_empty())
    }

    fn meets(&self, entry: &BookEntry) -> bool {
        let named = || {
            let sought = self.name.to_lowercase();
            let mut words = entry.name.split_whitespace();
            words.any(|word| word.to_lowercase().starts_with(&sought))
        };
        (self.name.is_empty() || named())
            && (self.number.is_empty() || entry.number.to_string() == self.number)
    }
}

/// Files of the phone book that are ready.
#[derive(Default)]
pub(crate) struct Books(Vec<(Key, Arc<[u8]>)>);

/// What makes one file another than the next.
type Key = (Family, InterfaceNo, usize, usize);

impl Books {
    /// Somebody's extension or name has changed.
    pub(crate) fn forget(&mut self) {
        self.0.clear();
    }
}

/// The phone book for a phone of this maker, heard on this port. `url` is where its further pages
/// are, and `own` says that this is so for this phone alone.
pub(crate) fn file(
    office: &mut Office,
    form: &BookForm,
    (family, interface): (Family, InterfaceNo),
    wanted: &Wanted<'_>,
    (url, own): (&str, bool),
) -> Arc<[u8]> {
    let (first, count) = match form.page_max {
        0 => (0, 0),
        _ => (wanted.first, wanted.count),
    };
    let key = (family, interface, first, count);
    let shared = !wanted.is_search() && (!own || form.page_max == 0);
    let known = office.books.0.iter().find(|(known, _)| *known == key && shared);
    if let Some((_, bytes)) = known {
        return bytes.clone();
    }
    let mut all = entries(&office.durable);
    all.truncate(BOOK_ENTRIES_MAX);
    all.retain(|entry| wanted.meets(entry));
    let bytes: Arc<[u8]> = page(form, &all, first, count, url).into_bytes().into();
    if shared {
        if office.books.0.len() >= BOOKS_KEPT {
            office.books.0.remove(0);
        }
        office.books.0.push((key, bytes.clone()));
    }
    bytes
}

/// Everybody with an extension, sorted by name, without regard to case, then by number.
pub(crate) fn entries(durable: &Durable) -> Vec<BookEntry> {
    let lines = durable.handsets().flat_map(|(_, handset)| &handset.lines);
    let assigned = lines.filter_map(|line| {
        let number = line.extension?;
        let name = if line.name.is_empty() { number.to_string() } else { line.name.to_string() };
        Some((name.to_lowercase(), BookEntry { name, number }))
    });
    let mut entries: Vec<(String, BookEntry)> = assigned.collect();
    entries
        .sort_by(|(one, first), (other, second)| (one, first.number).cmp(&(other, second.number)));
    // A user may have several lines.
    entries.dedup_by(|(_, one), (_, other)| one.number == other.number);
    entries.into_iter().map(|(_, entry)| entry).collect()
}

/// One file of the book.
fn page(form: &BookForm, all: &[BookEntry], first: usize, count: usize, url: &str) -> String {
    let from = first.saturating_sub(1).min(all.len());
    let wished = if count == 0 { usize::MAX } else { count };
    let at_most = match form.page_max {
        0 => usize::MAX,
        most => usize::from(most).min(wished),
    };
    let mut body = String::new();
    let mut to = from;
    for entry in all.iter().skip(from).take(at_most) {
        let before = body.len();
        fill(&mut body, form.entry, &mut |word, out| of_entry(entry, word, out));
        if body.len() > BOOK_BYTES_MAX - AROUND_BYTES {
            body.truncate(before);
            break;
        }
        to += 1;
    }
    let mut next = String::new();
    if to < all.len() && form.page_max > 0 {
        fill(&mut next, form.next, &mut |word, out| match word {
            "url" => {
                escape(out, url);
                let _ = write!(out, "?first={}", to + 1);
            }
            other => out.push_str(other),
        });
    }
    let mut file = String::with_capacity(body.len() + AROUND_BYTES);
    let mut around = |word: &str, out: &mut String| {
        let _ = match word {
            "next" => out.write_str(&next),
            "total" => write!(out, "{}", all.len()),
            "from" => write!(out, "{}", all.len().min(from + 1)),
            "to" => write!(out, "{to}"),
            other => out.write_str(other),
        };
    };
    fill(&mut file, form.head, &mut around);
    file.push_str(&body);
    fill(&mut file, form.tail, &mut around);
    file
}

/// What stands before and behind the entries; a test holds the makers' forms against it.
const AROUND_BYTES: usize = 1_024;

fn of_entry(entry: &BookEntry, word: &str, out: &mut String) {
    let (first, last) = entry.name.rsplit_once(' ').unwrap_or(("", &entry.name));
    match word {
        "name" => escape(out, &entry.name),
        "first_name" => escape(out, first),
        "last_name" => escape(out, last),
        "number" => {
            let _ = write!(out, "{}", entry.number);
        }
        other => out.push_str(other),
    }
}

/// The phone book as it may be shown.
pub(crate) fn view(office: &Office, url: String) -> BookView {
    let mut entries = entries(&office.durable);
    let left_out = entries.len().saturating_sub(BOOK_ENTRIES_MAX);
    entries.truncate(BOOK_ENTRIES_MAX);
    let reader = |family: Family| {
        let form = family.book()?;
        Some(BookReader { family, page_max: form.page_max, is_told: !form.url.is_empty() })
    };
    let readers = Family::ALL.into_iter().filter_map(reader).collect();
    BookView { entries, left_out, readers, url }
}

#[cfg(test)]
mod tests;
