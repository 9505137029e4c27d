//! What may be shown of templates. Sources are an admin's own words and hold no secret of a phone;
//! what a file looks like is made of values whose secrets are masked.

use super::{Place, Versions};
use crate::catalog::Family;
use crate::layer::Layer;
use crate::limits::TEMPLATES_BYTES_MAX;
use crate::office::Office;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// All files, and where an own template makes one.
pub struct TemplatesView {
    /// By maker, each file once.
    pub files: Vec<FileRow>,
    /// Bytes of all own sources.
    pub bytes: usize,
    /// Bytes that they may have.
    pub bytes_max: usize,
    /// Whether nothing new is stored.
    pub read_only: bool,
}

/// One file of a maker's phones.
pub struct FileRow {
    /// The maker.
    pub family: Family,
    /// The template, by its path in the shipped set.
    pub template: &'static str,
    /// Whether it is common to the phones of a model.
    pub common: bool,
    /// The own templates for it, the furthest reaching first.
    pub own: Vec<OwnRow>,
}

/// One own template.
#[derive(Clone)]
pub struct OwnRow {
    /// How far it reaches.
    pub layer: Layer,
    /// Bytes of the source in force; `None` where it was removed and can be brought back.
    pub bytes: Option<usize>,
    /// Bytes of the version before; `None` where none is kept.
    pub bytes_before: Option<usize>,
    /// For how many phones it failed so often that they get the shipped one.
    pub given_up: usize,
}

/// The sources at one place.
pub struct Sources {
    /// Where.
    pub place: Place,
    /// What is there.
    pub versions: Versions,
    /// What a form has to send back.
    pub fingerprint: u64,
}

/// A file, line by line, with what made each of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explained {
    /// Its lines.
    pub lines: Vec<ExplainedLine>,
}

/// A line of a file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ExplainedLine {
    /// Its text.
    pub text: String,
    /// The template, or the part of it, that the line was begun by; empty where none was.
    pub template: String,
    /// The line of that template, counted from 1; 0 where it is not known.
    pub line: usize,
    /// The values that it read, as the template writes them, such as `site.ntp_server`.
    pub reads: Vec<String>,
}

/// Why a template makes no file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Fault {
    /// Line of the template, counted from 1; 0 where it is not known.
    pub line: u32,
    /// Column in characters, counted from 1; 0 where it is not known.
    pub column: u32,
    /// What is wrong, in a sentence.
    pub sentence: String,
}

/// What a rehearsal came to.
#[derive(Serialize, Deserialize)]
pub struct Rehearsed {
    /// How the files of the first phones change.
    pub shown: Vec<PhoneDiff>,
    /// How many more phones have another file then.
    pub more: usize,
    /// How many get the same file, byte for byte.
    pub unchanged: usize,
}

/// How the file of a phone changes.
#[derive(Serialize, Deserialize)]
pub struct PhoneDiff {
    /// Who it is, in words.
    pub label: String,
    /// Lines with some around them.
    pub lines: Vec<DiffLine>,
    /// Lines that are left out at the end.
    pub more: usize,
}

/// A line of a comparison.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DiffLine {
    /// What becomes of it.
    pub kind: DiffKind,
    /// Its text; for a gap where it goes on.
    pub text: String,
}

/// What becomes of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum DiffKind {
    /// It stays.
    Same,
    /// It is gone.
    Gone,
    /// It is new.
    New,
    /// Some lines that stay are left out here.
    Gap,
}

/// All files, as the page of templates shows them.
pub(crate) fn view(office: &Office) -> TemplatesView {
    let mut files: Vec<FileRow> = Vec::new();
    for (family, template, common) in office.catalog.all_files() {
        if !files.iter().any(|file| file.template == template) {
            let own = rows(office, template);
            files.push(FileRow { family, template, common, own });
        }
    }
    // One of a newer software, or of none, is shown so that it can be removed.
    let own = office.durable.templates();
    TemplatesView {
        files,
        bytes: own.source_bytes(),
        bytes_max: TEMPLATES_BYTES_MAX,
        read_only: office.read_only,
    }
}

fn rows(office: &Office, template: &str) -> Vec<OwnRow> {
    let all = office.durable.templates().all();
    let mut rows: Vec<OwnRow> = all
        .filter(|(place, _)| place.template == template)
        .map(|(place, versions)| OwnRow {
            layer: place.layer.clone(),
            bytes: versions.now.as_ref().map(String::len),
            bytes_before: versions.before.as_ref().map(String::len),
            given_up: office.given_up(place),
        })
        .collect();
    rows.sort_by(|one, other| one.layer.compare(&other.layer));
    rows
}

/// The sources at a place; none where there is nothing.
pub(crate) fn sources(office: &Office, place: &Place) -> Sources {
    let versions = office.durable.templates().at(place).cloned().unwrap_or_default();
    let fingerprint = versions.fingerprint();
    Sources { place: place.clone(), versions, fingerprint }
}

impl Explained {
    /// The file itself.
    pub fn text(&self) -> String {
        let lines: Vec<&str> = self.lines.iter().map(|line| line.text.as_str()).collect();
        lines.join("\n").to_string()
    }
}
