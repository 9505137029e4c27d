//! What is wrong with a template, in a sentence with line and column.
//!
//! The engine's own words name expressions of the template and kinds of values, never a value.

use crate::shipped;
use exchange::limits::FILE_BYTES_MAX;
use exchange::template::Fault;
use minijinja::{Error, ErrorKind};

/// Says what is wrong; `name` and `source` are those of the template that was tried.
pub(crate) fn fault(error: &Error, name: &str, source: &str) -> Fault {
    let line = error.line().and_then(|line| u32::try_from(line).ok()).unwrap_or(0);
    let inside = error.name().filter(|inside| *inside != name);
    let text = match inside {
        Some(part) => shipped::source_of(part).unwrap_or_default(),
        None => source,
    };
    // Where the engine knows the line only, the column is that of its first sign.
    let begins = || begin_of(text, line);
    let at = error.range().map(|range| range.start).or_else(begins);
    let column = at.map_or(0, |at| column(text, at));
    let mut sentence = words(error);
    if let Some(part) = inside {
        sentence = format!("In the part {part}: {sentence}");
    }
    Fault { line, column, sentence }
}

/// Says that the file is larger than a file can be.
pub(crate) fn too_large() -> Fault {
    let sentence = format!("The file would be larger than {FILE_BYTES_MAX} bytes.");
    Fault { line: 0, column: 0, sentence }
}

fn words(error: &Error) -> String {
    let detail = error.detail().map(str::to_owned);
    let kind = error.kind();
    if kind == ErrorKind::OutOfFuel {
        return "It takes more steps than a template may: a loop is too long, or a text grows too \
                large."
            .to_owned();
    }
    if kind == ErrorKind::TemplateNotFound {
        return "There is no such part; a template can include the parts of its own maker only."
            .to_owned();
    }
    let what = match kind == ErrorKind::UndefinedError {
        true => "there is no such value".to_owned(),
        false => kind.to_string(),
    };
    let said = match detail {
        Some(detail) => format!("{what}: {detail}"),
        None => what,
    };
    let mut letters = said.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string());
    let whole = first.unwrap_or_default() + letters.as_str();
    format!("{}.", whole.trim_end_matches('.'))
}

/// Where the first sign of a line stands.
fn begin_of(text: &str, line: u32) -> Option<usize> {
    let number = usize::try_from(line).ok()?.checked_sub(1)?;
    let begin = text.split_inclusive('\n').take(number).map(str::len).sum();
    let line = text.get(begin..)?.lines().next()?;
    Some(begin + line.len() - line.trim_start().len())
}

/// The column of a byte of a text, in characters and counted from 1.
fn column(text: &str, at: usize) -> u32 {
    let before = text.get(..at).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    u32::try_from(line.chars().count() + 1).unwrap_or(0)
}
