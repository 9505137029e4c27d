//! The pages of templates: all files, one file with its own templates, the form that changes one,
//! what a change comes to before it is made, and a handset's file line by line.

use crate::form::{place_fields, place_query};
use crate::settings::maker;
use crate::{asset, device_path, html, Html, Viewer};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use askama::Template;
use exchange::limits::{TEMPLATE_BYTES_MAX, TEXT_MAX};
use exchange::names::{Mac, Text};
use exchange::view::{
    DiffKind, Explained, ExplainedLine, Family, Fault, FileRow, Layer, OwnRow, Place, Rehearsed,
    TemplatesView,
};

#[derive(Template)]
#[template(path = "templates.html")]
struct TemplatesPage<'a> {
    viewer: &'a Viewer<'a>,
    view: &'a TemplatesView,
}

/// The list of all files, by maker, with the layers that have an own template.
pub fn templates(view: &TemplatesView, viewer: &Viewer<'_>) -> Html {
    html(&TemplatesPage { viewer, view }, 16 * 1024)
}

impl TemplatesPage<'_> {
    /// Makers with their files.
    fn makers(&self) -> Vec<(Family, Vec<&FileRow>)> {
        let mut makers: Vec<(Family, Vec<&FileRow>)> = Vec::new();
        for file in &self.view.files {
            match makers.iter_mut().find(|(family, _)| *family == file.family) {
                Some((_, files)) => files.push(file),
                None => makers.push((file.family, Vec::from([file]))),
            }
        }
        makers
    }
}

/// What of a file is an admin's own.
fn layers(file: &FileRow) -> String {
    let own: Vec<String> = file
        .own
        .iter()
        .filter(|own| own.bytes.is_some())
        .map(|own| own.layer.to_string())
        .collect();
    own.join(", ")
}

#[derive(Template)]
#[template(path = "template-file.html")]
struct FilePage<'a> {
    viewer: &'a Viewer<'a>,
    file: &'a FileRow,
    shipped: &'a str,
    read_only: bool,
    echo: &'a NewForm,
}

/// The form that begins a new own template, as it is shown again.
#[derive(Default, Debug)]
pub struct NewForm {
    /// What was typed, by field.
    pub typed: Vec<(&'static str, String)>,
    /// What is wrong with it.
    pub error: Option<String>,
}

impl NewForm {
    fn typed(&self, name: &str) -> &str {
        let typed = self.typed.iter().find(|(known, _)| *known == name);
        typed.map_or("", |(_, value)| value)
    }
}

/// One file: what is shipped, and the own templates for it.
pub fn template_file(
    file: &FileRow,
    shipped: &str,
    read_only: bool,
    viewer: &Viewer<'_>,
    echo: Option<&NewForm>,
) -> Html {
    let empty = NewForm::default();
    let echo = echo.unwrap_or(&empty);
    html(&FilePage { viewer, file, shipped, read_only, echo }, 16 * 1024)
}

impl FilePage<'_> {
    fn place(&self, own: &OwnRow) -> Place {
        let template = Text::try_from(self.file.template).unwrap_or_default();
        Place { template, layer: own.layer.clone() }
    }

    fn fields(&self, own: &OwnRow) -> Vec<(&'static str, String)> {
        place_fields(&self.place(own))
    }

    fn query(&self, own: &OwnRow) -> String {
        place_query(&self.place(own))
    }

    fn maker(&self) -> String {
        maker(self.file.family)
    }

    fn chosen(&self, layer: &str) -> bool {
        let typed = self.echo.typed("layer");
        typed == layer || typed.is_empty() && layer == "family"
    }
}

/// The form that changes one own template.
pub struct EditForm {
    /// Where it stands.
    pub place: Place,
    /// What stands in the field.
    pub source: String,
    /// What a form sends back to show what its writer saw.
    pub seen: u64,
    /// Whether there is one at this place already.
    pub exists: bool,
    /// What is wrong with it.
    pub error: Option<String>,
}

#[derive(Template)]
#[template(path = "template-edit.html")]
struct EditPage<'a> {
    viewer: &'a Viewer<'a>,
    form: &'a EditForm,
}

/// The form that changes one own template.
pub fn template_edit(form: &EditForm, viewer: &Viewer<'_>) -> Html {
    html(&EditPage { viewer, form }, 16 * 1024 + form.source.len())
}

impl EditPage<'_> {
    fn fields(&self) -> Vec<(&'static str, String)> {
        place_fields(&self.form.place)
    }
}

/// What a change would do, and the token that says which change is meant.
pub struct Preview<'a> {
    /// Where the template stands.
    pub place: &'a Place,
    /// Whether it is removed.
    pub removes: bool,
    /// What it comes to.
    pub rehearsed: &'a Rehearsed,
    /// Says which one is meant when it is applied.
    pub token: &'a str,
}

#[derive(Template)]
#[template(path = "template-preview.html")]
struct PreviewPage<'a> {
    viewer: &'a Viewer<'a>,
    preview: &'a Preview<'a>,
}

/// The page that shows what a change does to the files of the phones it touches.
pub fn template_preview(preview: &Preview<'_>, viewer: &Viewer<'_>) -> Html {
    html(&PreviewPage { viewer, preview }, 16 * 1024)
}

impl PreviewPage<'_> {
    fn summary(&self) -> String {
        let Rehearsed { shown, more, unchanged } = self.preview.rehearsed;
        let changed = shown.len() + more;
        let files = |count: usize| match count {
            1 => "1 file changes".to_string(),
            count => format!("{count} files change"),
        };
        match (changed, *unchanged) {
            (0, 0) => "No phone here has this file; nothing changes for now.".to_string(),
            (0, _) => "The files stay as they are, byte for byte.".to_string(),
            (changed, 0) => format!("{}.", files(changed)),
            (changed, same) => format!("{}; {same} stay as they are.", files(changed)),
        }
    }
}

fn sign(kind: &DiffKind) -> (&'static str, &'static str) {
    match kind {
        DiffKind::Same => ("same", " "),
        DiffKind::Gone => ("gone", "-"),
        DiffKind::New => ("new", "+"),
        DiffKind::Gap => ("gap", "…"),
    }
}

/// One file of a handset, as it is made now.
pub struct HandsetFile {
    /// The template, by its path in the shipped set.
    pub template: &'static str,
    /// Whether it is common to the phones of a model.
    pub common: bool,
    /// The layer of the own template in force.
    pub layer: Option<Layer>,
    /// The layer of one that failed too often for this phone.
    pub given_up: Option<Layer>,
    /// Its lines, or why there are none; none of it if another file is looked at.
    pub made: Option<Result<Explained, Fault>>,
}

#[derive(Template)]
#[template(path = "handset-files.html")]
struct FilesPage<'a> {
    viewer: &'a Viewer<'a>,
    mac: Mac,
    title: &'a str,
    files: &'a [HandsetFile],
    origin: &'a dyn Fn(&str) -> String,
}

/// The files of a handset, one of them line by line with what made each; secrets are masked.
pub fn handset_files(
    mac: Mac,
    title: &str,
    files: &[HandsetFile],
    origin: &dyn Fn(&str) -> String,
    viewer: &Viewer<'_>,
) -> Html {
    html(&FilesPage { viewer, mac, title, files, origin }, 64 * 1024)
}

impl FilesPage<'_> {
    fn back(&self) -> String {
        device_path(self.mac)
    }

    fn layer(&self, file: &HandsetFile) -> String {
        file.layer.as_ref().map_or_else(|| "shipped".to_string(), ToString::to_string)
    }

    /// The template of a line, and whose it is; only what changes from line to line is said.
    fn by(&self, file: &HandsetFile, line: &ExplainedLine) -> String {
        match line.template.is_empty() {
            true => String::new(),
            false if line.template == file.template => {
                format!("{}, line {}", self.layer(file), line.line)
            }
            false => format!("shipped part {}, line {}", line.template, line.line),
        }
    }

    fn reads(&self, line: &ExplainedLine) -> String {
        let one = |path: &String| format!("{path} ({})", (self.origin)(path));
        let all: Vec<String> = line.reads.iter().map(one).collect();
        all.join(", ")
    }
}
