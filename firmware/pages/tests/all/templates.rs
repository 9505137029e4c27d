//! The pages of templates, in every state worth looking at, and with hostile words in every place.

use crate::office::VIEWER;
use crate::tags::opening_tags;
use exchange::catalog::Family;
use exchange::layer::{Firmware, Layer};
use exchange::names::{text, HandsetNo, Mac};
use exchange::template::{
    DiffKind, DiffLine, Explained, ExplainedLine, Fault, FileRow, OwnRow, PhoneDiff, Place,
    Rehearsed, TemplatesView,
};
use pages::template::{
    handset_files, template_edit, template_file, template_preview, templates, EditForm,
    HandsetFile, NewForm, Preview,
};
use pages::{Html, Viewer};

const MAC: Mac = Mac([0x00, 0x15, 0x65, 0x2f, 0, 1]);

pub(crate) fn all() -> Vec<(&'static str, Html)> {
    let [yealink, ..] = files();
    let shipped = "# Made by Dialtone\naccount.1.label = {{ handset.lines[0].label }}\n";
    let echo = NewForm {
        typed: vec![("layer", "model".into()), ("model", "".into()), ("from", "86".into())],
        error: Some("Name the model, such as T46U.".into()),
    };
    let failed = EditForm {
        error: Some("Line 2, column 4: There is no such value: `site.servr` is undefined.".into()),
        ..edit("account.1.label = x\na = {{ site.servr }}\n")
    };
    vec![
        ("templates", templates(&view(), &VIEWER)),
        ("template-file", template_file(&yealink, shipped, false, &VIEWER, None)),
        ("template-file-refused", template_file(&yealink, shipped, false, &VIEWER, Some(&echo))),
        ("template-file-read-only", template_file(&yealink, shipped, true, &VIEWER, None)),
        ("template-edit", template_edit(&edit(shipped), &VIEWER)),
        ("template-edit-failed", template_edit(&failed, &VIEWER)),
        ("template-preview", preview(&rehearsed(), false)),
        ("template-preview-remove", preview(&none(), true)),
        ("handset-files", files_of(&VIEWER, Ok(explained()))),
        ("handset-files-failed", files_of(&VIEWER, Err(fault()))),
    ]
}

fn own(layer: Layer, bytes: Option<usize>, bytes_before: Option<usize>) -> OwnRow {
    OwnRow { layer, bytes, bytes_before, given_up: 0 }
}

fn model() -> Layer {
    let firmware = Firmware { from: text("86.0"), to: text("") };
    Layer::Model { family: Family::Yealink, model: text("T46U"), firmware }
}

fn files() -> [FileRow; 3] {
    let failing = OwnRow { given_up: 2, ..own(model(), Some(2_117), None) };
    let all = vec![
        own(Layer::Family(Family::Yealink), Some(2_048), Some(1_990)),
        failing,
        own(Layer::Handset(HandsetNo(7)), None, Some(300)),
    ];
    let row = |family, template, common, own| FileRow { family, template, common, own };
    [
        row(Family::Yealink, "yealink/mac.cfg", false, all),
        row(Family::Yealink, "yealink/common.cfg", true, Vec::new()),
        row(Family::CiscoSpa, "cisco_spa/mac.xml", false, Vec::new()),
    ]
}

fn view() -> TemplatesView {
    TemplatesView { files: files().into(), bytes: 6_455, bytes_max: 131_072, read_only: false }
}

fn place() -> Place {
    Place { template: text("yealink/mac.cfg"), layer: model() }
}

fn edit(source: &str) -> EditForm {
    EditForm { place: place(), source: source.into(), seen: 7, exists: true, error: None }
}

fn line(kind: DiffKind, text: &str) -> DiffLine {
    DiffLine { kind, text: text.into() }
}

fn rehearsed() -> Rehearsed {
    let lines = vec![
        line(DiffKind::Gap, ""),
        line(DiffKind::Same, "account.1.enable = 1"),
        line(DiffKind::Gone, "account.1.label = 201 Anna Weber"),
        line(DiffKind::New, "account.1.label = Anna Weber"),
        line(DiffKind::Same, "account.1.password = ********"),
    ];
    let phone = |label: &str, more| PhoneDiff { label: label.into(), lines: lines.clone(), more };
    let shown = vec![phone("201 Anna Weber (00:15:65:2f:00:01)", 0), phone("203 Desk", 12)];
    Rehearsed { shown, more: 31, unchanged: 2 }
}

fn none() -> Rehearsed {
    Rehearsed { shown: Vec::new(), more: 0, unchanged: 0 }
}

fn preview(rehearsed: &Rehearsed, removes: bool) -> Html {
    let preview = Preview { place: &place(), removes, rehearsed, token: "0123abcd" };
    template_preview(&preview, &VIEWER)
}

fn explained() -> Explained {
    let line = |text: &str, template: &str, line, reads: &[&str]| ExplainedLine {
        text: text.into(),
        template: template.into(),
        line,
        reads: reads.iter().map(|read| (*read).to_string()).collect(),
    };
    let label = ["handset.lines", "handset.lines.label"];
    let lines = vec![
        line("#!version:1.0.0.1", "yealink/mac.cfg", 1, &[]),
        line("account.1.label = 201 Anna Weber", "yealink/mac.cfg", 11, &label),
        line("", "yealink/mac.cfg", 12, &[]),
        line("local_time.ntp_server1 = 192.168.10.1", "yealink/_site.cfg", 3, &["site.ntp_server"]),
    ];
    Explained { lines }
}

fn fault() -> Fault {
    Fault { line: 3, column: 9, sentence: "There is no such value.".into() }
}

fn files_of(viewer: &Viewer<'_>, made: Result<Explained, Fault>) -> Html {
    let own = HandsetFile {
        template: "yealink/mac.cfg",
        common: false,
        layer: Some(model()),
        given_up: None,
        made: Some(made),
    };
    let common = HandsetFile {
        template: "yealink/common.cfg",
        common: true,
        layer: None,
        given_up: Some(Layer::Site),
        made: None,
    };
    let origin = |path: &str| {
        String::from(if path.starts_with("site") { "the site" } else { "the handset" })
    };
    handset_files(MAC, "201 Anna Weber", &[own, common], &origin, viewer)
}

#[test]
fn hostile_words_on_a_page_of_templates_are_text() {
    const EVIL: &str = "</textarea></pre><script>alert(1)</script>\"'&";
    let viewer = Viewer { csrf: EVIL, notice: Some(EVIL), version: EVIL, trial: None };
    let firmware = Firmware { from: text("<b>"), to: text("\"'&") };
    let layer = Layer::Model { family: Family::Yealink, model: text("<script>x"), firmware };
    let place = Place { template: text("<script>/y"), layer: layer.clone() };
    let [mut file, ..] = files();
    file.own = vec![own(layer, Some(1), Some(1))];
    let typed = vec![("layer", EVIL.into()), ("model", EVIL.into()), ("mac", EVIL.into())];
    let echo = NewForm { typed, error: Some(EVIL.into()) };
    let form = EditForm {
        place: place.clone(),
        source: EVIL.into(),
        seen: 0,
        exists: false,
        error: Some(EVIL.into()),
    };
    let lines = vec![line(DiffKind::New, EVIL)];
    let shown = vec![PhoneDiff { label: EVIL.into(), lines, more: 1 }];
    let rehearsed = Rehearsed { shown, more: 1, unchanged: 1 };
    let preview = Preview { place: &place, removes: false, rehearsed: &rehearsed, token: EVIL };
    let mut made = explained();
    for line in &mut made.lines {
        (line.text, line.template) = (EVIL.into(), EVIL.into());
        line.reads = vec![EVIL.into()];
    }
    let fault = Fault { line: 1, column: 1, sentence: EVIL.into() };
    for html in [
        template_file(&file, EVIL, false, &viewer, Some(&echo)),
        template_edit(&form, &viewer),
        template_preview(&preview, &viewer),
        files_of(&viewer, Ok(made)),
        files_of(&viewer, Err(fault)),
    ] {
        assert!(!html.contains("<script>") && !html.contains("</textarea></pre>"), "{html}");
        let scripts = opening_tags(&html).into_iter().filter(|tag| tag.name == "script");
        assert!(scripts.into_iter().all(|tag| tag.attribute("src").is_some()));
    }
}
