//! What many files have in common, made once and kept.
//!
//! A part that reads nothing of one handset gives the same text for every phone of a model with the
//! same settings and as many lines. It is filled in alone, without the handset, and put into each
//! file as it is: in the engine that makes files its name stands for a template that prints the
//! text made before. A part that reads a handset after all fails, and the tests with it.
//!
//! What was made is found again by everything it was made from, so a change of a setting cannot
//! meet an old text. At most [`KINDS_MAX`] kinds of phone are kept, the one used least recently
//! makes room.

use crate::{bare_environment, shipped, Shipped};
use exchange::limits::FILE_BYTES_MAX;
use exchange::render::{SettingValues, SiteValues, Values};
use minijinja::value::{Object, Serde, Value};
use minijinja::{Environment, Error};
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

/// Kinds of phone whose parts are kept. An office has a handful; of a part there are some 4 KiB.
const KINDS_MAX: usize = 16;

/// The parts that are made alone, and what was made of them.
pub(crate) struct Shared {
    pub(crate) environment: Environment<'static>,
    kinds: VecDeque<Kind>,
}

/// What is the same for all phones of one kind.
struct Kind {
    model: String,
    line_count: u8,
    screens_url: String,
    site: SiteValues,
    settings: SettingValues,
    site_value: Value,
    settings_value: Value,
    made: Vec<(&'static str, Value)>,
}

/// A text that was escaped when it was made.
#[derive(Debug)]
pub(crate) struct Ready(pub(crate) String);

impl Object for Ready {
    fn render(self: &Arc<Self>, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// What a template may read, by name.
#[derive(Debug)]
struct Fields(Vec<(&'static str, Value)>);

impl Object for Fields {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.0.iter().find(|(name, _)| *name == key).map(|(_, value)| value.clone())
    }
}

impl Shared {
    /// Compiles the parts that read no handset.
    pub(crate) fn shipped() -> Result<Shared, (&'static str, Error)> {
        let mut environment = bare_environment().map_err(|error| ("", error))?;
        for part in shipped::PARTS.iter().filter(|part| !part.handset) {
            let added = environment.add_template(part.name, part.source);
            added.map_err(|error| (part.name, error))?;
        }
        Ok(Shared { environment, kinds: VecDeque::new() })
    }

    /// Everything that the template of this name may read, with the texts of the parts that it
    /// includes.
    pub(crate) fn context(&mut self, template: &str, values: &Values) -> Result<Value, Error> {
        let place = self.kinds.iter().position(|kind| kind.is_of(values));
        let kind = place.and_then(|place| self.kinds.remove(place));
        let mut kind = kind.unwrap_or_else(|| Kind::of(values));
        let mut fields = kind.fields();
        if let Some(handset) = &values.handset {
            // Its secrets are in here and nowhere in what is kept.
            fields.push(("handset", Value::from(Serde(handset))));
        }
        for (name, key) in includes(template) {
            fields.push((key, kind.made(&self.environment, name)?));
        }
        self.kinds.truncate(KINDS_MAX - 1);
        self.kinds.push_front(kind);
        Ok(Value::from_object(Fields(fields)))
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.kinds.len()
    }
}

impl Kind {
    fn of(values: &Values) -> Kind {
        let Values { handset: _, model, line_count, screens_url, site, settings } = values;
        Kind {
            model: model.clone(),
            line_count: *line_count,
            screens_url: screens_url.clone(),
            site_value: Value::from(Serde(site.clone())),
            settings_value: Value::from(Serde(settings.clone())),
            site: site.clone(),
            settings: settings.clone(),
            made: Vec::new(),
        }
    }

    fn is_of(&self, values: &Values) -> bool {
        let Values { handset: _, model, line_count, screens_url, site, settings } = values;
        self.line_count == *line_count
            && self.screens_url == *screens_url
            && self.model == *model
            && self.site == *site
            && self.settings == *settings
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("model", Value::from(self.model.as_str())),
            ("line_count", Value::from(self.line_count)),
            ("screens_url", Value::from(self.screens_url.as_str())),
            ("site", self.site_value.clone()),
            ("settings", self.settings_value.clone()),
        ]
    }

    /// The text of a part, made now unless it is kept.
    fn made(&mut self, parts: &Environment<'_>, name: &'static str) -> Result<Value, Error> {
        if let Some((_, text)) = self.made.iter().find(|(made, _)| *made == name) {
            return Ok(text.clone());
        }
        let mut text = Vec::new();
        let mut bounded = crate::Bounded::new(&mut text, FILE_BYTES_MAX);
        let context = Value::from_object(Fields(self.fields()));
        parts.get_template(name)?.render_captured_to(context, &mut bounded)?;
        let ready = Value::from_object(Ready(String::from_utf8_lossy(&text).into_owned()));
        self.made.push((name, ready.clone()));
        Ok(ready)
    }
}

/// What stands in the place of a part in the engine that makes files.
pub(crate) fn stand_in(part: &Shipped) -> Option<String> {
    (!part.handset).then(|| format!("{{{{ {} }}}}", key_of(part.name)))
}

/// The shared parts that a shipped template includes, and under which names their texts are found.
fn includes(template: &str) -> impl Iterator<Item = (&'static str, &'static str)> + '_ {
    let source = shipped::source_of(template).unwrap_or_default();
    let parts = shipped::parts_of(template).filter(|part| !part.handset);
    let included = parts.filter(move |part| source.contains(part.name));
    included.map(|part| (part.name, key_of(part.name)))
}

/// `yealink/_site.cfg` is found under `_site`.
fn key_of(part: &'static str) -> &'static str {
    let file = part.rsplit('/').next().unwrap_or(part);
    file.split('.').next().unwrap_or(file)
}
