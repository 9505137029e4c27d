//! Turns the makers' TOML files into constant tables, and refuses what would not work.
//!
//! An unknown key, a pattern that does not compile, a prefix that is not hex, a family without a
//! code, two of one code: each stops the build with the file's name. The families themselves are
//! made of these files too, so that a new maker is one file more and nothing else in Rust.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

extern crate alloc;

#[path = "src/pattern/mod.rs"]
#[allow(dead_code, unreachable_pub, reason = "the build only compiles patterns, it never matches")]
mod pattern;
#[path = "src/catalog/shorthand.rs"]
mod shorthand;

type Built<T> = Result<T, String>;

/// Keys of a file, apart from `file` and `option`.
const KEYS: [&str; 37] = [
    "id",
    "name",
    "code",
    "vendor",
    "form",
    "proof",
    "files_proof",
    "unproven",
    "oui",
    "oui_shared",
    "vendor_class",
    "user_class",
    "host_name",
    "http_user_agent",
    "sip_user_agent",
    "pnp_request_uri",
    "pnp_vendor",
    "parameter_list",
    "model",
    "lines",
    "lines_of",
    "keys_of",
    "resync",
    "reboot",
    "cannot",
    "cannot_of",
    "sha256",
    "loader_fetches",
    "firmware_folder",
    "pnp_url",
    "book",
    "screens",
    "option",
    "file",
    "other_protocol",
    "trust",
    "trusts",
];
/// Kinds of pattern, in the order of the struct.
const SIGNS: [&str; 6] = [
    "vendor_class",
    "user_class",
    "host_name",
    "http_user_agent",
    "sip_user_agent",
    "pnp_request_uri",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let catalog = Path::new("src/catalog");
    println!("cargo::rerun-if-changed=src/catalog");
    println!("cargo::rerun-if-changed=src/pattern");
    println!("cargo::rerun-if-changed=build.rs");
    let files: BTreeSet<PathBuf> = std::fs::read_dir(catalog)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ext| ext == "toml"))
        .collect();
    let mut families: BTreeMap<u8, Entry> = BTreeMap::new();
    for path in &files {
        let named = |flaw: String| format!("{}: {flaw}", path.display());
        let text = std::fs::read_to_string(path)?;
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let (code, entry) = entry(stem, &text).map_err(named)?;
        if let Some(other) = families.values().find(|other| other.name == entry.name) {
            return Err(named(format!("{} is called {} too", other.id, entry.name)).into());
        }
        if let Some(other) = families.insert(code, entry) {
            return Err(named(format!("{} has the code {code} already", other.id)).into());
        }
    }
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("families.rs"), family_table(&families))?;
    std::fs::write(out.join("makers.rs"), table(&families))?;
    Ok(())
}

/// One maker, as it becomes Rust.
struct Entry {
    id: String,
    vendor: String,
    name: String,
    maker: String,
}

/// The lines of the enum's macro: code, variant, id, vendor and name.
fn family_table(families: &BTreeMap<u8, Entry>) -> String {
    let mut lines = String::new();
    for (code, Entry { id, vendor, name, maker: _ }) in families {
        let _ = writeln!(lines, "    {code} {} {id:?} {vendor:?} {name:?},", variant(id));
    }
    format!("families! {{\n{lines}}}\n")
}

/// `cisco_spa` as `CiscoSpa`.
fn variant(id: &str) -> String {
    let word = |word: &str| {
        let (first, rest) = word.split_at_checked(1).unwrap_or_default();
        first.to_uppercase() + rest
    };
    id.split('_').map(word).collect()
}

/// The table in the order of the codes, so that the makers best known are tried first.
fn table(families: &BTreeMap<u8, Entry>) -> String {
    let mut statics = String::new();
    let mut names = String::new();
    for Entry { id, maker, .. } in families.values() {
        let name = id.to_uppercase();
        let _ = writeln!(statics, "static {name}: Maker = {maker};");
        let _ = writeln!(names, "    &{name},");
    }
    format!("{statics}\npub(super) static MAKERS: &[&Maker] = &[\n{names}];\n")
}

fn entry(stem: &str, text: &str) -> Built<(u8, Entry)> {
    let maker: Table = text.parse().map_err(|flaw: toml::de::Error| flaw.to_string())?;
    known_keys(&maker, &KEYS)?;
    let id = string(&maker, "id")?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    if id != stem || !id.bytes().all(plain) {
        return Err("the id is not the file's name in lower case".into());
    }
    let code = maker.get("code").and_then(Value::as_integer).unwrap_or(0);
    let code = u8::try_from(code).ok().filter(|code| *code > 0);
    let code = code.ok_or("code is the next number from 1 to 255")?;
    let vendor = optional(&maker, "vendor")?.to_owned();
    // Where one vendor has several families, or a family has none, it needs a name of its own.
    let name = match optional(&maker, "name")? {
        "" if vendor.is_empty() => return Err("it has neither vendor nor name".into()),
        "" => vendor.clone(),
        name => name.to_owned(),
    };
    Ok((code, Entry { id: id.to_owned(), vendor, name, maker: written(&maker, id)? }))
}

/// A maker's row of the table.
fn written(maker: &Table, id: &str) -> Built<String> {
    let variant = variant(id);
    let mut out = format!("Maker {{ family: Family::{variant}, ");
    for key in ["proof", "resync", "reboot"] {
        let _ = write!(out, "{key}: {:?}, ", string(maker, key)?);
    }
    out.push_str(&files_proof(maker)?);
    for key in ["oui", "oui_shared"] {
        let _ = write!(out, "{key}: &{:?}, ", prefixes(maker, key)?);
    }
    for sign in SIGNS {
        let _ = write!(out, "{sign}: &[{}], ", rules(maker, sign)?);
    }
    let _ = write!(out, "pnp_vendor: &{:?}, ", strings(maker, "pnp_vendor")?);
    let _ = write!(out, "parameter_list: &[{}], ", lists(maker)?);
    out.push_str(&model(maker)?);
    let _ = write!(out, "options: &[{}], ", options(maker)?);
    let _ = write!(out, "files: &[{}], ", file_rules(maker)?);
    let _ = write!(out, "other_protocols: &[{}], ", other_protocols(maker)?);
    let lines = maker.get("lines").and_then(Value::as_integer).unwrap_or(1);
    let _ = write!(out, "lines: {}, lines_of: &[{}], ", line_count(lines)?, lines_of(maker)?);
    let _ = write!(out, "keys_of: &[{}], ", keys_of(maker)?);
    let cannot = strings(maker, "cannot")?;
    let _ = write!(out, "cannot: &{cannot:?}, cannot_of: &[{}], ", cannot_of(maker)?);
    for key in ["sha256", "loader_fetches", "firmware_folder"] {
        let _ = write!(out, "{key}: {}, ", flag(maker, key)?);
    }
    let _ = write!(out, "pnp_url: {:?}, ", optional(maker, "pnp_url")?);
    let _ = write!(out, "book: {}, screens: {} }}", book(maker)?, screens(maker)?);
    Ok(out)
}

fn known_keys(table: &Table, known: &[&str]) -> Built<()> {
    let unknown = table.keys().find(|key| !known.contains(&key.as_str()));
    unknown.map_or(Ok(()), |key| Err(format!("unknown key {key}")))
}

fn string<'t>(table: &'t Table, key: &str) -> Built<&'t str> {
    table.get(key).and_then(Value::as_str).ok_or(format!("{key} is missing or no text"))
}

fn optional<'t>(table: &'t Table, key: &str) -> Built<&'t str> {
    match table.get(key) {
        None => Ok(""),
        Some(value) => value.as_str().ok_or(format!("{key} is no text")),
    }
}

fn flag(table: &Table, key: &str) -> Built<bool> {
    match table.get(key) {
        None => Ok(false),
        Some(value) => value.as_bool().ok_or(format!("{key} is neither true nor false")),
    }
}

fn array<'t>(table: &'t Table, key: &str) -> Built<&'t [Value]> {
    match table.get(key) {
        None => Ok(&[]),
        Some(value) => value.as_array().map(Vec::as_slice).ok_or(format!("{key} is no list")),
    }
}

fn tables<'t>(table: &'t Table, key: &str) -> Built<Vec<&'t Table>> {
    let each = |value: &'t Value| value.as_table().ok_or(format!("{key} holds no tables"));
    array(table, key)?.iter().map(each).collect()
}

fn strings<'t>(table: &'t Table, key: &str) -> Built<Vec<&'t str>> {
    let each = |value: &'t Value| value.as_str().ok_or(format!("{key} holds no texts"));
    array(table, key)?.iter().map(each).collect()
}

fn compiles(source: &str) -> Built<&str> {
    pattern::Pattern::new(&shorthand::expanded(source))
        .map(|_| source)
        .map_err(|flaw| format!("{source}: {flaw:?}"))
}

fn prefixes<'t>(maker: &'t Table, key: &str) -> Built<Vec<&'t str>> {
    let prefixes = strings(maker, key)?;
    let good = |oui: &&&str| {
        let upper = |b: u8| b.is_ascii_digit() || (b'A'..=b'F').contains(&b);
        (6..=9).contains(&oui.len()) && oui.bytes().all(upper)
    };
    match prefixes.iter().find(|oui| !good(oui)) {
        Some(oui) => Err(format!("{oui} is not 6 to 9 upper-case hex digits")),
        None => Ok(prefixes),
    }
}

fn rules(maker: &Table, sign: &str) -> Built<String> {
    let mut out = String::new();
    for value in array(maker, sign)? {
        let (source, vendor) = match (value.as_str(), value.as_table()) {
            (Some(source), _) => (source, ""),
            (None, Some(table)) => {
                known_keys(table, &["pattern", "vendor"])?;
                (string(table, "pattern")?, string(table, "vendor")?)
            }
            (None, None) => return Err(format!("{sign} holds neither text nor table")),
        };
        let _ = write!(out, "Rule {{ pattern: {:?}, vendor: {vendor:?} }}, ", compiles(source)?);
    }
    Ok(out)
}

fn lists(maker: &Table) -> Built<String> {
    let mut out = String::new();
    for list in tables(maker, "parameter_list")? {
        known_keys(list, &["exact", "has", "model"])?;
        let exact = optional(list, "exact")?.split(',').filter(|code| !code.is_empty());
        let exact: Result<Vec<u8>, _> = exact.map(str::parse).collect();
        let exact = exact.map_err(|_| "exact is not a list of options")?;
        let code = |value: &Value| value.as_integer().and_then(|code| u8::try_from(code).ok());
        let has: Option<Vec<u8>> = array(list, "has")?.iter().map(code).collect();
        let has = has.ok_or("has is not a list of options")?;
        let model = optional(list, "model")?;
        let _ = write!(out, "List {{ exact: &{exact:?}, has: &{has:?}, model: {model:?} }}, ");
    }
    Ok(out)
}

fn model(maker: &Table) -> Built<String> {
    let none = Table::new();
    let model = maker.get("model").and_then(Value::as_table).unwrap_or(&none);
    known_keys(model, &["delete", "space", "upper", "strip", "prefix"])?;
    let mut out = format!("model_upper: {}, ", flag(model, "upper")?);
    for key in ["delete", "space", "strip", "prefix"] {
        let _ = write!(out, "model_{key}: {:?}, ", optional(model, key)?);
    }
    Ok(out)
}

fn options(maker: &Table) -> Built<String> {
    let mut out = String::new();
    for option in tables(maker, "option")? {
        known_keys(option, &["code", "value", "parts", "class", "only_asked", "why"])?;
        let (code, parts) = (option_code(option)?, parts(option)?);
        let (value, class) = (optional(option, "value")?, optional(option, "class")?);
        if value.is_empty() == parts.is_empty() {
            return Err(format!("option {code} has neither a value nor parts, or both"));
        }
        let (asked, why) = (flag(option, "only_asked")?, string(option, "why")?);
        let _ = write!(
            out,
            "OptionRule {{ code: {code}, value: {value:?}, parts: &{parts:?}, class: {class:?}, \
             only_asked: {asked}, why: {why:?} }}, "
        );
    }
    Ok(out)
}

fn parts(option: &Table) -> Built<Vec<(u8, &str)>> {
    let parts = tables(option, "parts")?;
    parts.iter().try_for_each(|part| known_keys(part, &["code", "value"]))?;
    parts.into_iter().map(|part| Ok((option_code(part)?, string(part, "value")?))).collect()
}

fn option_code(option: &Table) -> Built<u8> {
    let code = option.get("code").and_then(Value::as_integer);
    code.and_then(|code| u8::try_from(code).ok()).ok_or("an option has no code".into())
}

/// A maker whose files are written says how their form is known, another does not.
fn files_proof(maker: &Table) -> Built<String> {
    let files = tables(maker, "file")?;
    let written = files.iter().any(|f| f.contains_key("handset") || f.contains_key("common"));
    let (proof, unproven) = (optional(maker, "files_proof")?, optional(maker, "unproven")?);
    let forms = ["lines", "colons", "quoted", "markup"];
    let form = optional(maker, "form")?;
    if written != forms.contains(&form) || written == form.is_empty() {
        return Err(format!("a maker whose files are written has a form, one of {forms:?}"));
    }
    if written == proof.is_empty() || (proof.is_empty() && !unproven.is_empty()) {
        return Err("files_proof and files that are written go together".into());
    }
    let (trust, trusts) = (optional(maker, "trust")?, compiles(optional(maker, "trusts")?)?);
    if trust.is_empty() && !trusts.is_empty() {
        return Err("models that trust the box without a sentence that says how".into());
    }
    Ok(format!(
        "files_proof: {proof:?}, unproven: {unproven:?}, trust: {trust:?}, trusts: {trusts:?}, "
    ))
}

fn file_rules(maker: &Table) -> Built<String> {
    let mut out = String::new();
    for file in tables(maker, "file")? {
        let source = compiles(string(file, "pattern")?)?;
        let (role, shared) = (role(file)?, flag(file, "shared")?);
        let _ = write!(
            out,
            "FileRule {{ pattern: {source:?}, role: Role::{role}, shared: {shared} }}, "
        );
    }
    Ok(out)
}

fn role(file: &Table) -> Built<String> {
    let roles = ["handset", "common", "absent", "firmware", "book", "upload", "known"];
    known_keys(file, &[&roles[..], &["pattern", "shared", "content_type", "form"]].concat())?;
    let mut named = roles.into_iter().filter(|role| file.contains_key(*role));
    let (Some(role), None) = (named.next(), named.next()) else {
        return Err("a file has none of the roles, or two".into());
    };
    let templated = |name: &str| -> Built<String> {
        let (template, content_type) = (string(file, role)?, string(file, "content_type")?);
        Ok(format!("{name} {{ template: {template:?}, content_type: {content_type:?} }}"))
    };
    match role {
        "handset" => templated("Handset"),
        "common" => templated("Common"),
        "absent" => Ok(format!("Absent(Absence::{})", string(file, role)?)),
        "firmware" => Ok("Firmware".into()),
        "book" => Ok("Book".into()),
        "upload" => Ok("Upload".into()),
        _ => Ok("Known".into()),
    }
}

/// Devices of a maker that speak no SIP at all.
fn other_protocols(maker: &Table) -> Built<String> {
    let mut out = String::new();
    for row in tables(maker, "other_protocol")? {
        known_keys(row, &["vendor_class", "name", "todo"])?;
        let class = compiles(string(row, "vendor_class")?)?;
        let (name, todo) = (string(row, "name")?, string(row, "todo")?);
        let _ = write!(out, "({class:?}, OtherProtocol {{ name: {name:?}, todo: {todo:?} }}), ");
    }
    Ok(out)
}

/// The form of a phone book; a maker has one exactly if he has a file that is one.
fn book(maker: &Table) -> Built<String> {
    let asked = tables(maker, "file")?.iter().any(|file| file.contains_key("book"));
    let Some(book) = maker.get("book").and_then(Value::as_table) else {
        return if asked {
            Err("a file is a book without a form".into())
        } else {
            Ok("None".into())
        };
    };
    known_keys(book, &["url", "content_type", "page_max", "head", "entry", "next", "tail"])?;
    if !asked {
        return Err("no file is the book".into());
    }
    let page_max = book.get("page_max").and_then(Value::as_integer).unwrap_or(0);
    let page_max = u16::try_from(page_max).map_err(|_| "page_max is no number of entries")?;
    let mut out = format!("Some(&BookForm {{ page_max: {page_max}, ");
    for key in ["content_type", "head", "entry", "tail"] {
        let _ = write!(out, "{key}: {:?}, ", string(book, key)?);
    }
    for key in ["url", "next"] {
        let _ = write!(out, "{key}: {:?}, ", optional(book, key)?);
    }
    if page_max == 0 && book.contains_key("next") {
        return Err("a book without pages has no next one".into());
    }
    out.push_str("})");
    Ok(out)
}

/// The form of the screens that a phone shows.
fn screens(maker: &Table) -> Built<String> {
    let Some(screens) = maker.get("screens").and_then(Value::as_table) else {
        return Ok("None".into());
    };
    let texts = ["content_type", "menu", "item", "input", "digits", "hidden", "letters", "text"];
    known_keys(screens, &[&texts[..], &["page_max"]].concat())?;
    let page_max = screens.get("page_max").and_then(Value::as_integer).unwrap_or(0);
    // Two items lead on and back.
    let page_max = u16::try_from(page_max).ok().filter(|most| (6..=100).contains(most));
    let page_max = page_max.ok_or("page_max of screens is 6 to 100 items")?;
    let mut out = format!("Some(&ScreenForm {{ page_max: {page_max}, ");
    for key in texts {
        let _ = write!(out, "{key}: {:?}, ", string(screens, key)?);
    }
    out.push_str("})");
    Ok(out)
}

fn line_count(lines: i64) -> Built<u8> {
    let lines = u8::try_from(lines).ok().filter(|lines| (1..=8).contains(lines));
    lines.ok_or("lines are 1 to 8".into())
}

fn lines_of(maker: &Table) -> Built<String> {
    let mut out = String::new();
    for row in tables(maker, "lines_of")? {
        known_keys(row, &["model", "lines"])?;
        let lines = row.get("lines").and_then(Value::as_integer).unwrap_or(0);
        let _ = write!(out, "({:?}, {}), ", compiles(string(row, "model")?)?, line_count(lines)?);
    }
    Ok(out)
}

fn keys_of(maker: &Table) -> Built<String> {
    let mut out = String::new();
    for row in tables(maker, "keys_of")? {
        known_keys(row, &["model", "keys"])?;
        let keys = row.get("keys").and_then(Value::as_integer);
        let keys = keys.and_then(|keys| u8::try_from(keys).ok()).ok_or("keys are 0 to 255")?;
        let _ = write!(out, "({:?}, {keys}), ", compiles(string(row, "model")?)?);
    }
    Ok(out)
}

fn cannot_of(maker: &Table) -> Built<String> {
    let mut out = String::new();
    for row in tables(maker, "cannot_of")? {
        known_keys(row, &["model", "cannot"])?;
        let (model, cannot) = (compiles(string(row, "model")?)?, strings(row, "cannot")?);
        let _ = write!(out, "({model:?}, &{cannot:?}), ");
    }
    Ok(out)
}
