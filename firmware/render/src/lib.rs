//! A template and values in, the file of a phone out.
//!
//! [`Templates`] holds every template the product ships, compiled once, and fills one in for each
//! fetch. It reads no file, opens no socket and knows no clock; which file a handset gets, and with
//! which values, the exchange has decided before it asks.
//!
//! The contract:
//! - A value can never become structure. Each template has a form ([`Form`]), and whatever is put
//!   into it is escaped for that form, always: there is no `safe` filter, and to switch escaping
//!   off inside a template is an error. So a name with a line break adds no line to a `key = value`
//!   file and no element to an XML file.
//! - A misspelt or missing value is an error with the line of the template, never an empty setting.
//! - Work is bounded by fuel and output by [`exchange::limits::FILE_BYTES_MAX`].
//! - On failure the caller's buffer is as it was.
//!
//! The text a macro or a `set` block captures is escaped again when it is printed; in XML, let them
//! compute values, not markup.

#![forbid(unsafe_code)]

pub mod diff;
mod escape;
mod explain;
mod fault;
mod output;
mod own;
mod reads;
mod rehearse;
mod shared;
mod shipped;

pub use escape::Form;
pub use explain::explain;
pub use rehearse::{rehearse, Failed};
pub use shipped::{Shipped, SHIPPED};

use exchange::limits::FILE_BYTES_MAX;
use exchange::render::{Render, Unrendered, Values};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior};
use output::Bounded;
use own::Cache;
use shared::Shared;
use std::cell::RefCell;

/// Steps one rendering may take, and bytes that expressions may print; the largest shipped file of
/// eight lines needs a fifth of them.
const FUEL: u64 = 50_000;

/// Every shipped template, compiled and ready.
pub struct Templates {
    environment: Environment<'static>,
    shared: RefCell<Shared>,
    own: RefCell<Cache>,
}

/// A shipped template that does not compile, found when the templates are set up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Flaw {
    /// Name of the template; empty where the engine itself refused its settings.
    pub template: &'static str,
    /// Line of the template, counted from 1; 0 where it is not known.
    pub line: u32,
}

impl Templates {
    /// Compiles the shipped templates.
    pub fn shipped() -> Result<Templates, Flaw> {
        let mut environment = bare_environment().map_err(|error| flaw("", &error))?;
        for Shipped { name, source, form: _, handset: _ } in SHIPPED {
            environment.add_template(name, source).map_err(|error| flaw(name, &error))?;
        }
        for part in shipped::PARTS {
            let added = match shared::stand_in(part) {
                Some(source) => environment.add_template_owned(part.name, source),
                None => environment.add_template(part.name, part.source),
            };
            added.map_err(|error| flaw(part.name, &error))?;
        }
        let shared = Shared::shipped().map_err(|(name, error)| flaw(name, &error))?;
        Ok(Templates { environment, shared: RefCell::new(shared), own: RefCell::default() })
    }
}

impl Render for Templates {
    fn render(&self, template: &str, values: &Values, out: &mut Vec<u8>) -> Result<(), Unrendered> {
        // Parts are compiled too, but only templates include them.
        if !SHIPPED.iter().any(|shipped| shipped.name == template) {
            return Err(Unrendered::Unknown);
        }
        let context = self.shared.borrow_mut().context(template, values);
        let context = context.map_err(|error| Unrendered::Failed { line: line_of(&error) })?;
        fill_in(&self.environment, template, context, out)
    }

    fn render_own(
        &self,
        template: &str,
        source: &str,
        values: &Values,
        out: &mut Vec<u8>,
    ) -> Result<(), Unrendered> {
        let shipped = shipped::find(template).ok_or(Unrendered::Unknown)?;
        let mut cache = self.own.borrow_mut();
        let own = cache.compiled(shipped, source);
        let own = own.map_err(|fault| Unrendered::Failed { line: fault.line })?;
        fill_in(&own.environment, template, Value::from(Serde(values)), out)
    }
}

fn fill_in(
    environment: &Environment<'_>,
    template: &str,
    context: Value,
    out: &mut Vec<u8>,
) -> Result<(), Unrendered> {
    let compiled = environment.get_template(template).map_err(|_| Unrendered::Unknown)?;
    let before = out.len();
    let mut bounded = Bounded::new(out, FILE_BYTES_MAX);
    let outcome = compiled.render_captured_to(context, &mut bounded);
    let overflowed = bounded.overflowed();
    outcome.map(drop).map_err(|error| {
        out.truncate(before);
        match overflowed {
            true => Unrendered::TooLarge,
            false => Unrendered::Failed { line: line_of(&error) },
        }
    })
}

fn bare_environment() -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build()?,
    );
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_auto_escape_callback(|name| AutoEscape::Custom(shipped::form_of(name).into()));
    environment.set_formatter(escape::write_value);
    for name in ["safe", "escape", "e"] {
        environment.remove_filter(name);
    }
    Ok(environment)
}

fn flaw(template: &'static str, error: &Error) -> Flaw {
    Flaw { template, line: line_of(error) }
}

fn line_of(error: &Error) -> u32 {
    error.line().and_then(|line| u32::try_from(line).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests;
