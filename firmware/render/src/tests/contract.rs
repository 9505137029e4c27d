//! What the crate promises, each promise with a template or a value that tries to break it.

use super::office;
use crate::{bare_environment, Templates, FUEL, SHIPPED};
use exchange::render::{Render, Unrendered};

/// Renders a template of the test's own, as Jinja text, in the form of lines.
fn with_source(source: &'static str) -> Result<String, Unrendered> {
    let mut environment = bare_environment().unwrap();
    environment.add_template("generic/mac.cfg", source).unwrap();
    let mut out = b"kept ".to_vec();
    let templates = Templates { environment, ..Templates::shipped().unwrap() };
    let outcome =
        templates.render("generic/mac.cfg", &office::handset("Asia/Tokyo", 1, "Anna"), &mut out);
    match outcome {
        Ok(()) => Ok(String::from_utf8(out).unwrap()),
        Err(unrendered) => {
            assert_eq!(out, b"kept ", "a failure leaves the buffer as it was");
            Err(unrendered)
        }
    }
}

#[test]
fn a_misspelt_or_missing_value_fails_with_its_line() {
    assert_eq!(with_source("a\nb = {{ site.servr }}\n"), Err(Unrendered::Failed { line: 2 }));
    assert_eq!(with_source("{{ nothing }}"), Err(Unrendered::Failed { line: 1 }));
    assert_eq!(with_source("\n\n{{ site.zone.summer }}"), Err(Unrendered::Failed { line: 3 }));
    assert_eq!(with_source("{{ handset.lines }}"), Err(Unrendered::Failed { line: 1 }));
}

#[test]
fn a_template_cannot_switch_escaping_off() {
    let off = "{% autoescape false %}{{ site.server }}{% endautoescape %}";
    assert_eq!(with_source(off), Err(Unrendered::Failed { line: 1 }));
    let html = "{% autoescape 'html' %}{{ site.server }}{% endautoescape %}";
    assert_eq!(with_source(html), Err(Unrendered::Failed { line: 1 }));
    let captured = "{% set x %}a{{ '\n' }}{% endset %}{{ x ~ '\r\nadmin=1' }}";
    assert_eq!(with_source(captured).as_deref(), Ok("kept aadmin=1"));
    for filter in ["safe", "e", "escape"] {
        let source = format!("{{{{ site.server | {filter} }}}}");
        assert!(with_source(source.leak()).is_err(), "{filter}");
    }
}

#[test]
fn a_template_that_never_ends_runs_out_of_fuel() {
    let loops = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}";
    assert_eq!(with_source(loops), Err(Unrendered::Failed { line: 1 }));
    let doubling = "{% set n = namespace(a='xxxxxxxx') %}{% for i in range(60) %}\
                    {% set n.a = n.a ~ n.a %}{% endfor %}{{ n.a }}";
    assert_eq!(with_source(doubling), Err(Unrendered::Failed { line: 1 }));
}

#[test]
fn a_file_that_grows_too_large_is_refused_and_the_buffer_is_as_before() {
    let templates = Templates::shipped().unwrap();
    let mut out = b"kept".to_vec();
    let long = office::handset("Asia/Tokyo", 1, &"x".repeat(40 * 1024));
    assert_eq!(templates.render("yealink/mac.cfg", &long, &mut out), Err(Unrendered::TooLarge));
    assert_eq!(out, b"kept");
    let short = office::handset("Asia/Tokyo", 1, "Anna");
    templates.render("yealink/mac.cfg", &short, &mut out).unwrap();
    assert!(out.starts_with(b"kept#!version:1.0.0.1\n"));
}

#[test]
fn names_that_are_no_template_are_unknown_and_parts_cannot_be_asked_for() {
    let templates = Templates::shipped().unwrap();
    let values = office::handset("Asia/Tokyo", 1, "Anna");
    let mut out = Vec::new();
    for name in ["", "yealink/_site.cfg", "yealink", "../yealink/mac.cfg", "/etc/passwd"] {
        let outcome = templates.render(name, &values, &mut out);
        assert_eq!(outcome, Err(Unrendered::Unknown), "{name}");
    }
}

#[test]
fn a_file_of_one_handset_cannot_be_made_without_the_handset() {
    let templates = Templates::shipped().unwrap();
    let nobody = office::common("Asia/Tokyo");
    for shipped in SHIPPED {
        let outcome = templates.render(shipped.name, &nobody, &mut Vec::new());
        // Polycom's master file names others and holds nothing of its own.
        let needs_handset = shipped.handset && shipped.name != "polycom/mac.cfg";
        assert_eq!(outcome.is_err(), needs_handset, "{}", shipped.name);
    }
}

#[test]
fn the_largest_file_needs_a_fifth_of_the_fuel() {
    let mut templates = Templates::shipped().unwrap();
    templates.environment.set_fuel(Some(FUEL / 5));
    templates.shared.get_mut().environment.set_fuel(Some(FUEL / 5));
    let values = office::handset("Europe/Berlin", 8, "Anna Schmidt");
    let mut full = office::everything_set(8);
    full.settings.keys = office::all_keys();
    for shipped in SHIPPED {
        for values in [&values, &full] {
            let outcome = templates.render(shipped.name, values, &mut Vec::new());
            assert_eq!(outcome, Ok(()), "{}", shipped.name);
        }
    }
}
