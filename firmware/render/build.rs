//! Makes the table of the shipped templates of what lies in `templates/`: a folder for each maker.
//!
//! How values are kept from becoming structure, and whether a file is one handset's, stand in the
//! maker's entry of the catalogue; a template that no entry names, and is no part, stops the build.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

type Built<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Built<()> {
    let catalog = Path::new("../exchange/src/catalog");
    let templates = Path::new("templates");
    println!("cargo::rerun-if-changed={}", catalog.display());
    println!("cargo::rerun-if-changed={}", templates.display());
    println!("cargo::rerun-if-changed=build.rs");
    let (mut shipped, mut parts) = (String::new(), String::new());
    for folder in sorted(templates)? {
        let family = name(&folder)?;
        let entry = catalog.join(format!("{family}.toml"));
        let entry = std::fs::read_to_string(&entry)
            .map_err(|flaw| format!("templates/{family} has no {}: {flaw}", entry.display()))?;
        let maker: Table = entry.parse()?;
        let form = maker.get("form").and_then(Value::as_str).unwrap_or_default();
        let files = files(&maker);
        for path in sorted(&folder)? {
            let file = name(&path)?;
            let full = format!("{family}/{file}");
            let rule = files.get(&full);
            let own = rule.and_then(|rule| rule.form.as_deref());
            let form = form_of(own.unwrap_or(form), &path);
            let form = form.ok_or(format!("{full} has no form"))?;
            let (table, handset) = match (file.starts_with('_'), rule) {
                (true, _) => (&mut parts, std::fs::read_to_string(&path)?.contains("handset.")),
                (false, Some(rule)) => (&mut shipped, rule.handset),
                (false, None) => return Err(format!("no file is made from {full}").into()),
            };
            // Named without the place of the tree, so that the same tree gives the same program.
            let source = format!("/templates/{full}");
            writeln!(
                table,
                "    Shipped {{ name: {full:?}, \
                 source: include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {source:?})), \
                 form: Form::{form}, handset: {handset} }},"
            )?;
        }
    }
    let table = format!(
        "/// Every template that can be asked for.\n\
         pub static SHIPPED: &[Shipped] = &[\n{shipped}];\n\n\
         /// What templates include.\n\
         pub(crate) static PARTS: &[Shipped] = &[\n{parts}];\n"
    );
    std::fs::write(PathBuf::from(std::env::var("OUT_DIR")?).join("shipped.rs"), table)?;
    Ok(())
}

/// What a maker's entry says of a file.
struct Rule {
    handset: bool,
    /// Its form, where it is not that of the maker's others.
    form: Option<String>,
}

/// The files that a maker's entry has a template for, by that template.
fn files(maker: &Table) -> BTreeMap<String, Rule> {
    let rules = maker.get("file").and_then(Value::as_array).map(Vec::as_slice);
    let one = |rule: &Value| {
        let text = |key| Some(rule.get(key)?.as_str()?.to_owned());
        let (template, handset) = match text("handset") {
            Some(template) => (template, true),
            None => (text("common")?, false),
        };
        Some((template, Rule { handset, form: text("form") }))
    };
    rules.unwrap_or_default().iter().filter_map(one).collect()
}

/// The variant of the maker's form; a name that ends as markup does is markup whatever the others
/// of the maker are.
fn form_of(form: &str, template: &Path) -> Option<&'static str> {
    if template.extension().is_some_and(|ext| ext == "xml" || ext == "htm") {
        return Some("Markup");
    }
    let forms =
        [("lines", "Lines"), ("colons", "Colons"), ("quoted", "Quoted"), ("markup", "Markup")];
    forms.into_iter().find(|(word, _)| *word == form).map(|(_, variant)| variant)
}

fn sorted(folder: &Path) -> Built<BTreeSet<PathBuf>> {
    let entries = std::fs::read_dir(folder)?;
    Ok(entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?)
}

fn name(path: &Path) -> Built<&str> {
    let name = path.file_name().and_then(|name| name.to_str());
    Ok(name.ok_or_else(|| format!("{} is no name", path.display()))?)
}
