//! A file line by line: which template wrote each, and which values it read.

use crate::fault::{fault, too_large};
use crate::own::Own;
use crate::reads::Reads;
use crate::shipped;
use exchange::limits::FILE_BYTES_MAX;
use exchange::render::Values;
use exchange::sorted::SortedSet;
use exchange::template::{Explained, ExplainedLine, Fault};
use minijinja::value::{Serde, Value};
use minijinja::{OutputSpan, OutputSpanKind};

/// Renders a file and says of each line where it comes from; `own` is an admin's source in the
/// place of the shipped one.
///
/// It costs many times what [`exchange::render::Render`] does and is for people who look.
pub fn explain(template: &str, own: Option<&str>, values: &Values) -> Result<Explained, Fault> {
    let Some(shipped) = shipped::find(template) else {
        let sentence = "No file is made from a template of this name.".to_owned();
        return Err(Fault { line: 0, column: 0, sentence });
    };
    let source = own.unwrap_or(shipped.source);
    let environment = Own::compile(shipped, source)?.environment;
    let failed = |error| fault(&error, shipped.name, source);
    let compiled = environment.get_template(shipped.name).map_err(failed)?;
    let (text, spans) = compiled.render_with_spans(Value::from(Serde(values))).map_err(failed)?;
    if text.len() > FILE_BYTES_MAX {
        return Err(too_large());
    }
    let mut reads = Reads::default();
    reads.add(shipped.name, source);
    shipped::parts_of(shipped.name).for_each(|part| reads.add(part.name, part.source));
    let source_of = |name: &str| match name == shipped.name {
        true => source,
        false => shipped::source_of(name).unwrap_or_default(),
    };
    let mut lines = Vec::new();
    let mut begin = 0;
    for piece in text.split_inclusive('\n') {
        let end = begin + piece.len();
        // Spans follow each other; those before this line are over for good.
        let over = spans.partition_point(|span| span.output_range().end <= begin);
        let within = spans.iter().skip(over).take_while(|span| span.output_range().start < end);
        let mut line =
            ExplainedLine { text: piece.trim_end_matches('\n').to_owned(), ..Default::default() };
        let mut read = SortedSet::new();
        for span in within {
            let from = source_at(span, begin);
            if line.template.is_empty() {
                line.template = span.name().to_owned();
                line.line = 1 + count_lines(source_of(span.name()), from);
            }
            read.extend(reads.around(span.name(), from));
            if span.kind() == OutputSpanKind::Expression {
                let expression = source_of(span.name()).get(span.source_range());
                read.extend(reads.by(expression.unwrap_or_default(), span.name(), from));
            }
        }
        line.reads = read.into_iter().collect();
        lines.push(line);
        begin = end;
    }
    Ok(Explained { lines })
}

/// Where in the source the part of a span lies that a line begins with.
fn source_at(span: &OutputSpan, line: usize) -> usize {
    let (from, out) = (span.source_range().start, span.output_range());
    // What an expression gives has no place of its own in the source.
    match span.kind() == OutputSpanKind::Raw {
        true => from + line.saturating_sub(out.start),
        false => from,
    }
}

fn count_lines(source: &str, before: usize) -> usize {
    source.bytes().take(before).filter(|byte| *byte == b'\n').count()
}
