//! An admin's own signs in a text, a line each.
//!
//! ```text
//! sign kind=oui pattern="805EC01" maker=yealink model="T46U"
//! sign kind=user-agent pattern="^Acme (?P<model>[A-Z0-9]+)" maker=generic
//! ```

use super::bad::Wrong;
use super::parts;
use super::words::{pair, quoted, Entry};
use crate::catalog::{Family, Meaning, OwnKind, OwnSign, OwnSigns};
use crate::sorted::SortedMap;
use crate::state::Event;
use alloc::string::String;

/// The line of one own sign, without its end.
pub(super) fn line(sign: &OwnSign, means: &Meaning) -> String {
    let (OwnSign { kind, pattern }, Meaning { family, model, version }) = (sign, means);
    let mut line = String::from("sign");
    pair(&mut line, "kind", kind.id());
    quoted(&mut line, "pattern", pattern);
    pair(&mut line, "maker", family.id());
    quoted(&mut line, "model", model);
    quoted(&mut line, "version", version);
    line
}

/// The own signs as far as a text was read.
#[derive(Default)]
pub(super) struct Draft {
    signs: OwnSigns,
    lines: SortedMap<OwnSign, usize>,
}

impl Draft {
    /// Takes a line `sign`.
    pub(super) fn take(&mut self, at: usize, mut entry: Entry<'_>) -> Result<(), Wrong> {
        entry.knows(&["kind", "pattern", "maker", "model", "version"])?;
        let kinds = "oui, vendor-class, user-agent or file-name";
        let kind = entry.read_wanted("kind", kinds, OwnKind::from_id)?;
        let sign = OwnSign::read(kind, &entry.want("pattern")?).map_err(Wrong::Sign)?;
        let means = Meaning {
            family: entry.read_wanted("maker", parts::MAKER, Family::from_id)?,
            model: entry.text("model")?,
            version: entry.text("version")?,
        };
        if let Some(line) = self.lines.get(&sign) {
            return Err(Wrong::Again { what: "This sign", line: *line });
        }
        self.signs.check(&sign, Some(&means)).map_err(Wrong::Sign)?;
        self.signs.apply(&sign, Some(&means));
        self.lines.insert(sign, at);
        Ok(())
    }

    /// Their facts.
    pub(super) fn facts(&self) -> impl Iterator<Item = Event> + '_ {
        self.signs.facts()
    }
}
