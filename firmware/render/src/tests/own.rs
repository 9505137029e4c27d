//! Templates of an admin's own: what they may do, what is said of one that fails, and what a file
//! made from one tells of itself.

use super::office;
use crate::{explain, rehearse, shipped, Failed, Templates, SHIPPED};
use exchange::limits::{COMPILED_MAX, FILE_BYTES_MAX};
use exchange::render::{Render, Unrendered};
use exchange::template::{DiffKind, Fault, Phone, Rehearsal};

const FILE: &str = "yealink/mac.cfg";

fn own(source: &str) -> Result<String, Unrendered> {
    let values = office::handset("Europe/Berlin", 2, "Anna\n=1");
    let mut out = b"kept ".to_vec();
    let outcome = Templates::shipped().unwrap().render_own(FILE, source, &values, &mut out);
    let text = String::from_utf8(out).unwrap();
    assert!(outcome.is_ok() || text == "kept ");
    outcome.map(|()| text)
}

fn fault(source: &str) -> Fault {
    let values = office::handset("Europe/Berlin", 2, "Anna");
    explain(FILE, Some(source), &values).unwrap_err()
}

#[test]
fn an_own_template_is_filled_in_as_a_shipped_one_is() {
    let text = own("x = {{ handset.lines[0].name }}\n").unwrap();
    assert_eq!(text, "kept x = Anna=1\n");
    let text = own("{% include 'yealink/_site.cfg' %}").unwrap();
    assert!(text.contains("192.168.1.1"), "{text}");
    let shipped = shipped::find(FILE).unwrap().source;
    let values = office::handset("Asia/Tokyo", 8, "Anna");
    let templates = Templates::shipped().unwrap();
    let (mut one, mut other) = (Vec::new(), Vec::new());
    templates.render(FILE, &values, &mut one).unwrap();
    templates.render_own(FILE, shipped, &values, &mut other).unwrap();
    assert!(one == other && !one.is_empty());
}

#[test]
fn nothing_but_the_parts_of_its_maker_can_be_included() {
    for name in ["snom/_site.xml", "snom/mac.htm", "yealink/common.cfg", "/etc/passwd", "../a"] {
        let source = format!("a\n{{% include '{name}' %}}\n");
        assert_eq!(own(&source), Err(Unrendered::Failed { line: 2 }), "{name}");
        assert!(fault(&source).sentence.contains("parts of its own maker"), "{name}");
    }
    assert!(own("{% include 'yealink/mac.cfg' %}").is_err(), "it includes itself for ever");
}

#[test]
fn what_is_wrong_is_said_with_line_and_column() {
    let cases = [
        ("a\n  {{ site.servr }}\n", 2, 6, "There is no such value: `site.servr` is undefined."),
        ("{% if %}", 1, 7, "Syntax error: unexpected end of block."),
        ("a\nb\n{{ model | frob }}", 3, 12, "Unknown filter: filter frob is unknown."),
        (
            "é {{ site }}",
            1,
            6,
            "Invalid operation: only texts, numbers and truth values can be printed.",
        ),
    ];
    for (source, line, column, sentence) in cases {
        let found = fault(source);
        let said = (found.line, found.column, found.sentence.as_str());
        assert_eq!(said, (line, column, sentence), "{source}");
    }
}

#[test]
fn one_that_loops_and_one_that_doubles_a_text_are_stopped() {
    let loops = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}";
    let doubles = "{% set n = namespace(a='x') %}{% for i in range(60) %}{% set n.a = n.a ~ n.a %}\
                   {% endfor %}{{ n.a }}";
    let plainly = format!("{{% set a = 'xxxxxxxx' %}}{}", "{% set a = a ~ a %}".repeat(40));
    for source in [loops, doubles, &plainly] {
        assert_eq!(own(source), Err(Unrendered::Failed { line: 1 }));
        assert!(fault(source).sentence.starts_with("It takes more steps"), "{source}");
    }
    let long = "x".repeat(40_000);
    let large = format!("{long}{{# #}}{long}");
    assert_eq!(own(&large), Err(Unrendered::TooLarge));
    assert!(large.len() > FILE_BYTES_MAX && fault(&large).sentence.contains("larger"));
}

#[test]
fn only_so_many_compiled_ones_are_kept() {
    let templates = Templates::shipped().unwrap();
    let values = office::handset("Europe/Berlin", 1, "Anna");
    for number in 0..COMPILED_MAX + 10 {
        let mut out = Vec::new();
        templates.render_own(FILE, &format!("{number}"), &values, &mut out).unwrap();
        assert_eq!(out, number.to_string().into_bytes());
    }
    assert_eq!(templates.own.borrow().len(), COMPILED_MAX);
}

#[test]
fn every_line_of_every_shipped_file_is_explained() {
    let values = office::handset("Europe/Berlin", 3, "Anna");
    for shipped in SHIPPED {
        let explained = explain(shipped.name, None, &values).unwrap();
        let mut out = Vec::new();
        Templates::shipped().unwrap().render(shipped.name, &values, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(explained.text() == text.trim_end_matches('\n'), "{}", shipped.name);
        let family = shipped.name.split_once('/').unwrap().0;
        for line in &explained.lines {
            assert!(line.template.starts_with(family) && line.line > 0, "{line:?}");
            let source = shipped::source_of(&line.template).unwrap();
            assert!(line.line <= source.lines().count(), "{line:?}");
            let rooted = |path: &String| {
                let roots = ["handset", "site", "model", "settings", "line_count", "screens_url"];
                roots.contains(&path.split('.').next().unwrap())
            };
            assert!(line.reads.iter().all(rooted), "{}: {line:?}", shipped.name);
        }
    }
}

#[test]
fn a_line_names_the_template_and_the_values_that_it_read() {
    let values = office::handset("Europe/Berlin", 2, "Anna");
    let explained = explain(FILE, None, &values).unwrap();
    let line =
        |text: &str| explained.lines.iter().find(|line| line.text.starts_with(text)).unwrap();
    let server = line("account.2.sip_server.1.address = 192");
    assert_eq!((server.template.as_str(), server.line), (FILE, 17));
    assert_eq!(server.reads, ["handset.lines", "handset.lines.number", "site.server"]);
    assert!(line("# ---- Lines").reads.is_empty());
    let ntp = line("local_time.ntp_server1");
    assert_eq!(ntp.template, "yealink/_site.cfg");
    assert_eq!(ntp.reads, ["site.ntp_server"]);
    let name = line("account.1.display_name");
    let read =
        ["handset.lines", "handset.lines.label", "handset.lines.name", "handset.lines.number"];
    assert_eq!(name.reads, read);
}

fn phone(label: &str, name: &str, before: Option<u16>, after: Option<u16>) -> Phone {
    let values = office::handset("Europe/Berlin", 1, name);
    Phone { label: label.into(), before, after, values }
}

#[test]
fn a_rehearsal_shows_what_changes_for_whom() {
    let sources = vec!["a\nname = {{ handset.lines[0].name }}\n".to_owned(), "a\n".to_owned()];
    let phones: Vec<Phone> = (0..12)
        .map(|number| phone(&format!("phone {number}"), "Anna", Some(1), Some(0)))
        .chain([phone("same", "", Some(0), Some(0))])
        .collect();
    let worst = Some((0, vec![phone("worst", &"&".repeat(40), None, None)]));
    let made = Rehearsal { template: FILE.into(), sources, phones, worst };
    let rehearsed = rehearse(&made).unwrap();
    assert_eq!((rehearsed.shown.len(), rehearsed.more, rehearsed.unchanged), (8, 4, 1));
    let lines = &rehearsed.shown[0].lines;
    assert_eq!(lines.len(), 2);
    assert_eq!((lines[1].kind, lines[1].text.as_str()), (DiffKind::New, "name = Anna"));
}

#[test]
fn a_template_that_fails_for_one_phone_or_at_the_edge_fails_the_rehearsal() {
    let source = "{{ 1 // (handset.lines[0].name | length) }}\n".to_owned();
    let rehearsal = |phones, worst| Rehearsal {
        template: FILE.into(),
        sources: vec![source.clone()],
        phones,
        worst: Some((0, worst)),
    };
    let good = || phone("204 Anna", "Anna", None, Some(0));
    let bad = || phone("nobody", "", None, Some(0));
    assert!(rehearse(&rehearsal(vec![good()], vec![good()])).is_ok());
    for made in [rehearsal(vec![good(), bad()], vec![]), rehearsal(vec![good()], vec![bad()])] {
        let Some(Failed { label, fault }) = rehearse(&made).err() else { panic!("it was taken") };
        assert_eq!((label.as_str(), fault.line), ("nobody", 1));
    }
}
