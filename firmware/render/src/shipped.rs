//! The templates that come with the product, by the names the exchange asks for.
//!
//! A template lives in the folder of its family; a part (its name begins with `_`) is included by
//! others of that folder and cannot be asked for. To add a template: the file, its line here, and
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
    /// Whether the file is for one handset; if not, it holds nothing secret.
    pub handset: bool,
}

macro_rules! shipped {
    ($name:literal, $form:ident, $handset:literal) => {
        Shipped {
            name: $name,
            source: include_str!(concat!("../templates/", $name)),
            form: Form::$form,
            handset: $handset,
        }
    };
}

/// Every template that can be asked for.
pub static SHIPPED: &[Shipped] = &[
    shipped!("aastra_mitel/common.cfg", Colons, false),
    shipped!("aastra_mitel/mac.cfg", Colons, true),
    shipped!("akuvox/common.cfg", Lines, false),
    shipped!("akuvox/mac.cfg", Lines, true),
    shipped!("alcatel/mac.xml", Markup, true),
    shipped!("alcatel/model.xml", Markup, false),
    shipped!("avaya/46xxsettings.txt", Quoted, false),
    shipped!("avaya/mac.txt", Quoted, true),
    shipped!("avaya/upgrade.txt", Quoted, false),
    shipped!("cisco_enterprise/sep.xml", Markup, true),
    shipped!("cisco_enterprise/sipdefault.cnf", Quoted, false),
    shipped!("cisco_enterprise/sipmac.cnf", Quoted, true),
    shipped!("cisco_mpp/mac.xml", Markup, true),
    shipped!("cisco_mpp/model.xml", Markup, false),
    shipped!("cisco_spa/mac.xml", Markup, true),
    shipped!("cisco_spa/model.cfg", Markup, false),
    shipped!("fanvil/common.cfg", Markup, false),
    shipped!("fanvil/mac.cfg", Markup, true),
    shipped!("generic/mac.cfg", Lines, true),
    shipped!("generic/mac.xml", Markup, true),
    shipped!("gigaset/mac.xml", Markup, true),
    shipped!("grandstream/common.xml", Markup, false),
    shipped!("grandstream/mac.xml", Markup, true),
    shipped!("htek/common.xml", Markup, false),
    shipped!("htek/mac.xml", Markup, true),
    shipped!("panasonic/mac.cfg", Quoted, true),
    shipped!("panasonic/model.cfg", Quoted, false),
    shipped!("polycom/default.cfg", Markup, false),
    shipped!("polycom/mac-line.cfg", Markup, true),
    shipped!("polycom/mac.cfg", Markup, true),
    shipped!("polycom/site.cfg", Markup, false),
    shipped!("snom/mac.htm", Markup, true),
    shipped!("snom/model.htm", Markup, false),
    shipped!("yealink/common.cfg", Lines, false),
    shipped!("yealink/mac.cfg", Lines, true),
];

/// What templates include.
pub(crate) static PARTS: &[Shipped] = &[
    shipped!("aastra_mitel/_site.cfg", Colons, false),
    shipped!("akuvox/_site.cfg", Lines, false),
    shipped!("alcatel/_site.xml", Markup, false),
    shipped!("avaya/_site.txt", Quoted, false),
    shipped!("cisco_enterprise/_site.cnf", Quoted, false),
    shipped!("cisco_mpp/_site.xml", Markup, false),
    shipped!("cisco_spa/_site.xml", Markup, false),
    shipped!("fanvil/_site.xml", Markup, false),
    shipped!("gigaset/_maxwell.xml", Markup, false),
    shipped!("gigaset/_n510.xml", Markup, false),
    shipped!("gigaset/_n670.xml", Markup, false),
    shipped!("grandstream/_site.xml", Markup, false),
    shipped!("htek/_site.xml", Markup, false),
    shipped!("panasonic/_site.cfg", Quoted, false),
    shipped!("polycom/_site.xml", Markup, false),
    shipped!("snom/_site.xml", Markup, false),
    shipped!("yealink/_site.cfg", Lines, false),
];

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
