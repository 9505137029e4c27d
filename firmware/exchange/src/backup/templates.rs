//! An admin's own templates in a text: a line `template` says where one stands, and behind it each
//! line of its source is a line `source`, so that two backups can be compared line by line.
//!
//! ```text
//! template for=yealink/mac.cfg layer=model maker=yealink model="T46U" from="86.0"
//! source text="account.1.enable = 1"
//! source
//! template for=snom/mac.htm layer=handset handset=7 version=before
//! ```
//!
//! A line of the source that is longer than fits is cut, and each piece but its last has
//! `goes-on=yes`. Of two versions the one before comes first. One that was removed and can be
//! brought back is there as `version=before` alone.

use super::bad::Wrong;
use super::words::{pair, quoted, Entry};
use super::{parts, BadLines};
use crate::catalog::Family;
use crate::layer::{Firmware, Layer};
use crate::limits::{TEMPLATES_BYTES_MAX, TEMPLATES_MAX, TEMPLATE_BYTES_MAX};
use crate::names::{HandsetNo, Text};
use crate::sorted::SortedMap;
use crate::state::Event;
use crate::template::{Change, OwnTemplates, Place, Versions};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

const TEMPLATE_KEYS: [&str; 8] =
    ["for", "layer", "maker", "model", "from", "to", "handset", "version"];
/// Characters of a piece: escaped, each may take as many as eight bytes.
const PIECE_CHARS: usize = 200;

/// The lines of all own templates, without their ends.
pub(super) fn lines(own: &OwnTemplates) -> Vec<String> {
    let mut lines = Vec::new();
    for (place, Versions { now, before }) in own.all() {
        let versions = [(before, " version=before"), (now, "")];
        for (source, version) in versions {
            let Some(source) = source else { continue };
            lines.push(head(place) + version);
            for line in source.split_inclusive('\n') {
                lines.extend(pieces(line));
            }
        }
    }
    lines
}

fn head(place: &Place) -> String {
    let Place { template, layer } = place;
    let mut line = format!("template for={template}");
    match layer {
        Layer::Site => pair(&mut line, "layer", "site"),
        Layer::Family(family) => {
            pair(&mut line, "layer", "family");
            pair(&mut line, "maker", family.id());
        }
        Layer::Model { family, model, firmware: Firmware { from, to } } => {
            pair(&mut line, "layer", "model");
            pair(&mut line, "maker", family.id());
            quoted(&mut line, "model", model);
            quoted(&mut line, "from", from);
            quoted(&mut line, "to", to);
        }
        Layer::Handset(handset) => {
            pair(&mut line, "layer", "handset");
            pair(&mut line, "handset", handset.0);
        }
    }
    line
}

/// One line of a source as lines of the text.
fn pieces(line: &str) -> Vec<String> {
    let whole = line.ends_with('\n');
    let letters: Vec<char> = line.trim_end_matches('\n').chars().collect();
    let mut made: Vec<String> = Vec::new();
    let mut chunks = letters.chunks(PIECE_CHARS).peekable();
    if chunks.peek().is_none() {
        made.push(String::from("source"));
    }
    while let Some(chunk) = chunks.next() {
        let mut piece = String::from("source");
        quoted(&mut piece, "text", &chunk.iter().collect::<String>());
        if chunks.peek().is_some() || !whole {
            pair(&mut piece, "goes-on", "yes");
        }
        made.push(piece);
    }
    made
}

/// The templates as far as a text was read.
#[derive(Default)]
pub(super) struct Draft {
    read: Vec<Source>,
    /// Whether the lines `source` that come now belong to one that is bad itself.
    spoilt: bool,
    bytes: usize,
}

struct Source {
    at: usize,
    place: Place,
    before: bool,
    text: String,
}

impl Draft {
    /// Takes a line `template`.
    pub(super) fn template(&mut self, at: usize, mut entry: Entry<'_>) -> Result<(), Wrong> {
        self.spoilt = true;
        entry.knows(&TEMPLATE_KEYS)?;
        let (place, before) = (entry.place_of_template()?, entry.is_before()?);
        if let Some(known) = self.read.iter().find(|it| it.place == place && it.before == before) {
            return Err(Wrong::Again { what: "This version of this template", line: known.at });
        }
        // Two versions of each place.
        if self.read.len() >= 2 * TEMPLATES_MAX {
            return Err(Wrong::TemplatesFull);
        }
        self.spoilt = false;
        self.read.push(Source { at, place, before, text: String::new() });
        Ok(())
    }

    /// Takes a line `source`.
    pub(super) fn source(&mut self, mut entry: Entry<'_>) -> Result<(), Wrong> {
        if self.spoilt {
            return Ok(());
        }
        entry.knows(&["text", "goes-on"])?;
        let goes_on = entry.switch("goes-on")?.unwrap_or(false);
        let text = entry.take("text").unwrap_or_default();
        let last = self.read.last_mut().ok_or(Wrong::NoTemplate)?;
        let end = if goes_on { "" } else { "\n" };
        self.bytes += text.len() + end.len();
        if last.text.len() + text.len() + end.len() > TEMPLATE_BYTES_MAX {
            self.spoilt = true;
            return Err(Wrong::TemplateTooLarge);
        }
        if self.bytes > TEMPLATES_BYTES_MAX {
            self.spoilt = true;
            return Err(Wrong::TemplatesFull);
        }
        last.text.push_str(&text);
        last.text.push_str(end);
        Ok(())
    }

    /// What is wrong only once all lines are known.
    pub(super) fn check(&self, bad: &mut BadLines, exists: impl Fn(HandsetNo) -> bool) {
        for Source { at, place, text, .. } in &self.read {
            let gone = matches!(place.layer, Layer::Handset(handset) if !exists(handset));
            let odd = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\t');
            if gone {
                bad.add(*at, Wrong::NoHandset);
            } else if text.trim().is_empty() {
                bad.add(*at, Wrong::NoSource);
            } else if text.contains(odd) {
                bad.add(*at, Wrong::NotText);
            }
        }
        let places: SortedMap<&Place, usize> =
            self.read.iter().map(|it| (&it.place, it.at)).collect();
        if let Some(at) = places.values().max().filter(|_| places.len() > TEMPLATES_MAX) {
            bad.add(*at, Wrong::TemplatesFull);
        }
    }

    /// Their facts.
    pub(super) fn facts(self) -> impl Iterator<Item = Event> {
        let mut places: SortedMap<Place, [Option<String>; 2]> = SortedMap::new();
        for Source { place, before, text, .. } in self.read {
            let [was, is] = places.get_or_insert_with(place, Default::default);
            *(if before { was } else { is }) = Some(text);
        }
        places.into_iter().flat_map(|(place, [was, is])| {
            let last = is.map_or(Change::Removed, Change::Set);
            let changes = was.map(Change::Set).into_iter().chain([last]);
            let event = move |change| Event::TemplateChanged { place: place.clone(), change };
            changes.map(event).collect::<Vec<_>>()
        })
    }
}

impl Entry<'_> {
    fn place_of_template(&mut self) -> Result<Place, Wrong> {
        let plain = |text: &str| {
            let good = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte);
            Text::try_from(text).ok().filter(|name| !name.is_empty() && name.bytes().all(good))
        };
        let name = "the name of a file's template such as yealink/mac.cfg";
        let template = self.read_wanted("for", name, plain)?;
        let layers = "site, family, model or handset";
        let word = |text: &str| {
            ["site", "family", "model", "handset"].into_iter().find(|known| *known == text)
        };
        let layer = match self.read_wanted("layer", layers, word)? {
            "site" => Layer::Site,
            "family" => Layer::Family(self.family()?),
            "model" => Layer::Model {
                family: self.family()?,
                model: self.text("model")?,
                firmware: Firmware { from: self.text("from")?, to: self.text("to")? },
            },
            _handset => Layer::Handset(self.handset("handset")?),
        };
        Ok(Place { template, layer })
    }

    fn family(&mut self) -> Result<Family, Wrong> {
        self.read_wanted("maker", parts::MAKER, Family::from_id)
    }

    fn is_before(&mut self) -> Result<bool, Wrong> {
        let word = |text: &str| match text {
            "before" => Some(true),
            "now" => Some(false),
            _other => None,
        };
        Ok(self.read("version", "before or now", word)?.unwrap_or(false))
    }
}
