//! The templates that come with the product, by the names the exchange asks for.
//!
//! A template lives in the folder of its family; a part (its name begins with `_`) is included by
//! others of that folder and cannot be asked for. It is included where nothing else stands on the
//! line, and reads the values, never a name that the one who includes it has set.
//!
//! To add a template: the file, the rule in the maker's entry of the catalogue that names it, and
//! its golden files, which a test asks for.

use crate::escape::Form;

/// One template.
pub struct Shipped {
    /// Path in the shipped set, such as `yealink/mac.cfg`.
    pub name: &'static str,
    /// The template itself.
    pub source: &'static str,
    /// How values are kept from becoming structure.
    pub form: Form,
    /// Whether the file is for one handset, or the part reads one; if not, it holds nothing secret,
    /// and what is made of a part is kept and serves many files.
    pub handset: bool,
}

include!(concat!(env!("OUT_DIR"), "/shipped.rs"));

/// The template of this name, if a file is made from it.
pub(crate) fn find(name: &str) -> Option<&'static Shipped> {
    SHIPPED.iter().find(|shipped| shipped.name == name)
}

/// The parts that a template of this name may include: those of its family.
pub(crate) fn parts_of(name: &str) -> impl Iterator<Item = &'static Shipped> + '_ {
    let family = |name: &str| name.split_once('/').map(|(family, _)| family.to_owned());
    let own = family(name);
    PARTS.iter().filter(move |part| family(part.name) == own)
}

/// The source of a template or a part.
pub(crate) fn source_of(name: &str) -> Option<&'static str> {
    let known = SHIPPED.iter().chain(PARTS).find(|shipped| shipped.name == name);
    known.map(|shipped| shipped.source)
}

/// The name of a template's form. A name not in the tables gets markup, whose escaping is a line's
/// and more.
pub(crate) fn form_of(name: &str) -> &'static str {
    let known = SHIPPED.iter().chain(PARTS).find(|shipped| shipped.name == name);
    known.map_or(Form::Markup, |shipped| shipped.form).name()
}
