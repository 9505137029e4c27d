//! A rehearsal of a changed template: every phone's file is made before any phone gets it.

use crate::diff::diff;
use crate::fault::{fault, too_large};
use crate::output::Bounded;
use crate::own::Own;
use crate::{shipped, Shipped};
use exchange::limits::{FILE_BYTES_MAX, REHEARSED_SHOWN_MAX};
use exchange::render::Values;
use exchange::template::{Fault, Phone, PhoneDiff, Rehearsal, Rehearsed};
use minijinja::value::{Serde, Value};
use serde::{Deserialize, Serialize};

/// Why a changed template is not taken: for whom it fails, in words, and where.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Failed {
    /// The phone, or the made-up one, that its file failed for; empty where nobody's matters.
    pub label: String,
    /// What is wrong.
    pub fault: Fault,
}

/// Makes the files of a rehearsal, and compares those of the first phones with what they are now.
///
/// It takes the memory and the time that the template asks for; who calls it bounds both.
pub fn rehearse(rehearsal: &Rehearsal) -> Result<Rehearsed, Failed> {
    let Rehearsal { template, sources, phones, worst } = rehearsal;
    let nobody = |fault| Failed { label: String::new(), fault };
    let Some(shipped) = shipped::find(template) else {
        let sentence = "No file is made from a template of this name.".to_owned();
        return Err(nobody(Fault { line: 0, column: 0, sentence }));
    };
    let mut made = Makers { shipped, sources, ready: Vec::new() };
    let mut rehearsed = Rehearsed { shown: Vec::new(), more: 0, unchanged: 0 };
    if let Some((source, phones)) = worst {
        for Phone { label, values, .. } in phones {
            made.file(Some(*source), values)
                .map_err(|fault| Failed { label: label.clone(), fault })?;
        }
    }
    for Phone { label, before, after, values } in phones {
        let file = made.file(*after, values);
        let after = file.map_err(|fault| Failed { label: label.clone(), fault })?;
        // One that fails now may be the reason for the change.
        let before = made.file(*before, values).unwrap_or_default();
        if before == after {
            rehearsed.unchanged += 1;
        } else if rehearsed.shown.len() < REHEARSED_SHOWN_MAX {
            let (lines, more) = diff(&before, &after);
            rehearsed.shown.push(PhoneDiff { label: label.clone(), lines, more });
        } else {
            rehearsed.more += 1;
        }
    }
    Ok(rehearsed)
}

/// The sources of a rehearsal, each compiled once.
struct Makers<'a> {
    shipped: &'static Shipped,
    sources: &'a [String],
    ready: Vec<(Option<u16>, Own)>,
}

impl Makers<'_> {
    fn file(&mut self, source: Option<u16>, values: &Values) -> Result<String, Fault> {
        let own = source.and_then(|place| self.sources.get(usize::from(place)));
        let text = own.map_or(self.shipped.source, String::as_str);
        let place = match self.ready.iter().position(|(known, _)| *known == source) {
            Some(place) => place,
            None => {
                self.ready.push((source, Own::compile(self.shipped, text)?));
                self.ready.len() - 1
            }
        };
        let Some((_, own)) = self.ready.get(place) else { return Err(too_large()) };
        rendered(own, self.shipped, text, values)
    }
}

/// One file, or what is wrong.
fn rendered(own: &Own, shipped: &Shipped, source: &str, values: &Values) -> Result<String, Fault> {
    let failed = |error| fault(&error, shipped.name, source);
    let compiled = own.environment.get_template(shipped.name).map_err(failed)?;
    let mut out = Vec::new();
    let mut bounded = Bounded::new(&mut out, FILE_BYTES_MAX);
    let outcome = compiled.render_captured_to(Value::from(Serde(values)), &mut bounded).map(drop);
    if bounded.overflowed() {
        return Err(too_large());
    }
    outcome.map_err(failed)?;
    // The engine writes text only.
    Ok(String::from_utf8(out).unwrap_or_default())
}
