//! Templates of an admin's own, compiled and kept.
//!
//! Each has an engine of its own in which there is nothing but itself and the parts of its family:
//! it can include those and nothing else. At most [`COMPILED_MAX`] are kept, the one used least
//! recently makes room; the source itself is the key, so a changed one is another one.

use crate::fault::fault;
use crate::{bare_environment, shipped, Shipped};
use exchange::limits::COMPILED_MAX;
use exchange::template::Fault;
use minijinja::Environment;
use std::collections::VecDeque;

/// The compiled ones, the one used last in front.
#[derive(Default)]
pub(crate) struct Cache(VecDeque<Own>);

/// One compiled template.
pub(crate) struct Own {
    name: &'static str,
    source: String,
    pub(crate) environment: Environment<'static>,
}

impl Cache {
    /// The template of this source, compiled now unless it is kept.
    pub(crate) fn compiled(&mut self, shipped: &Shipped, source: &str) -> Result<&Own, Fault> {
        let known = |own: &Own| own.name == shipped.name && own.source == source;
        let own = match self.0.iter().position(known).and_then(|place| self.0.remove(place)) {
            Some(own) => own,
            None => Own::compile(shipped, source)?,
        };
        self.0.truncate(COMPILED_MAX - 1);
        self.0.push_front(own);
        // It was pushed just now.
        self.0.front().ok_or_else(|| Fault { line: 0, column: 0, sentence: String::new() })
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl Own {
    /// Compiles a source in the place of a shipped template.
    pub(crate) fn compile(shipped: &Shipped, source: &str) -> Result<Own, Fault> {
        let failed = |error| fault(&error, shipped.name, source);
        let mut environment = bare_environment().map_err(failed)?;
        for part in shipped::parts_of(shipped.name) {
            environment.add_template(part.name, part.source).map_err(failed)?;
        }
        let added = environment.add_template_owned(shipped.name, source.to_owned());
        added.map_err(failed)?;
        Ok(Own { name: shipped.name, source: source.to_owned(), environment })
    }
}
